"""The relaxation spectrum: every eigenvalue of a generator, populations and coherences told apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import ComplexArray, RealArray, require_memory
from equipoise._printed import amount, amounts, described
from equipoise.generators import Generator
from equipoise.generators.generator import require_generator
from equipoise.linalg.exact import rank_modulo_prime
from equipoise.linalg.null_space import null_space
from equipoise.linalg.relaxation_rates import relaxation_eigenvalues
from equipoise.stationary.jump_model import JumpModel, jump_model, modular_arithmetic
from equipoise.stationary.sectors import (
    Sector,
    coherence_exponents,
    coherence_sectors,
    components,
    log_population_rates,
    zero_frequency_sector,
)
from equipoise.stationary.structure import MODULAR_UNKNOWNS
from equipoise.tolerances import OSCILLATION


@dataclass(frozen=True, eq=False)
class RelaxationSpectrum:
    """Eigenvalues of a generator; `exp(eigenvalue t)` is how each mode evolves.

    Parameters
    ----------
    populations : ComplexArray, shape (P,)
        Of populations, and coherences within degenerate levels; zero for each conserved quantity. By ascending
        decay rate.
    coherences : ComplexArray, shape (C,)
        Of coherences between levels that rotate at a positive Bohr frequency, rotation `-i w` included; those at
        the negative one are the complex conjugates. By ascending decay rate.
    frequencies : RealArray, shape (C,)
        Bohr frequency of each of `coherences`.
    mixed : ComplexArray, shape (M,)
        Of a generator that is not secular: of everything, or of the coherences alone where the populations obey a rate
        equation of their own; else empty.
    """

    populations: ComplexArray
    coherences: ComplexArray
    frequencies: RealArray
    mixed: ComplexArray

    @cached_property
    def eigenvalues(self) -> ComplexArray:
        """All of them, conjugate coherences included, by ascending decay rate."""
        whole = np.concatenate([self.populations, self.coherences, self.coherences.conj(), self.mixed])
        return np.asarray(whole[np.argsort(-whole.real, kind="stable")])

    @property
    def gap(self) -> float:
        """Spectral gap: the smallest decay rate of anything that is not conserved; infinite if all is."""
        return _slowest(self.eigenvalues)

    @property
    def population_gap(self) -> float:
        """The smallest decay rate of the populations of a secular generator; infinite if there is none."""
        return _slowest(self.populations)

    @property
    def coherence_gap(self) -> float:
        """The smallest decay rate of coherences between levels; infinite if there is none."""
        return _slowest(self.coherences)

    @property
    def is_oscillating(self) -> bool:
        """Whether populations swing on their way to the stationary state: a complex pair among their eigenvalues.

        Detailed balance forbids it. Where populations are not told from coherences: whether any eigenvalue is complex.
        """
        values = self.populations if self.populations.size else self.mixed
        return bool(np.any(np.abs(values.imag) > OSCILLATION * np.abs(values)))

    def __repr__(self) -> str:
        facts = [
            (name, amounts(values[np.argsort(-values.real, kind="stable")]))
            for name, values in (
                ("populations", self.populations),
                ("coherences", self.coherences),
                ("all", self.mixed),
            )
            if values.size
        ]
        # A coherence rotates in any state; only what populations do says something of detailed balance.
        swings = self.populations.size > 0 and self.is_oscillating
        swing = ", off detailed balance: populations oscillate" if swings else ""
        facts.append(("slowest decay", f"{amount(self.gap)}{swing}"))
        return described("eigenvalues of a generator, slowest decay first", *facts)


def _slowest(values: ComplexArray) -> float:
    # Adding zero turns a rate of minus zero, of what only rotates, into zero.
    return float(np.min(-values.real[values != 0], initial=np.inf)) + 0.0


def relaxation_spectrum(generator: Generator) -> RelaxationSpectrum:
    """Every eigenvalue of a generator, from its sectors.

    Populations that obey a rate equation have theirs to about eleven digits, also a slow one far below the
    round-off of the fast ones; coherences of a generic spectrum are one exponent each. Degenerate levels and
    coinciding gaps have those of their sectors, to round-off of the largest in a sector. Coherences between levels of
    one energy that a particle number tells apart are forbidden, and left out.

    Parameters
    ----------
    generator : Generator

    Returns
    -------
    RelaxationSpectrum

    Raises
    ------
    InputError
        A generator that is not secular and too large for its superoperator.

    References
    ----------
    Accardi & Imafuku (2002), (23) and (104), corrected: off detailed balance the populations may have a complex
    pair, of which only the real parts are positive (of `-eigenvalue`).

    Examples
    --------
    Three states driven around relax in a spiral:

    >>> from equipoise.generators import rate_equation
    >>> spectrum = relaxation_spectrum(rate_equation([[0, 0, 1], [1, 0, 0], [0, 1, 0]]))
    >>> spectrum.is_oscillating, round(spectrum.population_gap, 12)
    (True, 1.5)
    """
    require_generator(generator)
    none = np.zeros(0, dtype=complex)
    if not generator.is_secular:
        populations, mixed = _of_jumps(generator)
        return RelaxationSpectrum(populations, none, np.zeros(0), mixed)
    coherences, frequencies = _of_coherences(generator)
    return RelaxationSpectrum(_of_populations(generator), coherences, frequencies, none)


def _of_jumps(generator: Generator) -> tuple[ComplexArray, ComplexArray]:
    """Eigenvalues of populations that obey a rate equation of their own, if they do, and of all else."""
    from scipy.sparse.csgraph import connected_components

    d = generator.dimension
    require_memory(4, d * d, "generator", "Only a secular generator (weak_coupling) decomposes into sectors.")
    model, none = jump_model(generator), np.zeros(0, dtype=complex)
    superoperator = None if model is None else model.superoperator
    if model is None or superoperator is None:
        return none, _of_matrix(generator.superoperator(), conserves=True)
    rows, columns = np.divmod(np.arange(d * d), d)
    count, part_of = connected_components(superoperator != 0, directed=False)
    populations, mixed = [none], [none]
    for part in range(count):
        at = np.nonzero(part_of == part)[0]
        matrix, diagonal = superoperator[at][:, at].toarray(), rows[at] == columns[at]
        if diagonal.all() and model.is_completely_positive:
            populations.append(relaxation_eigenvalues(matrix.real - np.diag(np.diag(matrix.real))))
        elif at.size == 1:
            mixed.append(matrix[0])
        else:
            values = np.linalg.eigvals(matrix)
            nullity = at.size - _rank(model, rows[at], columns[at], matrix)
            values[np.argsort(np.abs(values))[:nullity]] = 0.0
            mixed.append(values)
    return _by_decay(np.concatenate(populations)), _by_decay(np.concatenate(mixed))


def _by_decay(values: ComplexArray) -> ComplexArray:
    return np.asarray(values[np.argsort(-values.real, kind="stable")])


def _rank(model: JumpModel, rows: np.ndarray, columns: np.ndarray, matrix: ComplexArray) -> int:
    if rows.size > MODULAR_UNKNOWNS:
        return int(rows.size) - null_space(matrix).dimension
    return rank_modulo_prime(model.evolution(rows, columns, modular_arithmetic()))


def _of_populations(generator: Generator) -> ComplexArray:
    rates = np.exp(log_population_rates(generator))
    if not generator.spectrum.is_degenerate:
        return relaxation_eigenvalues(rates)
    zero, found = zero_frequency_sector(generator), []
    for part in components(zero):
        diagonal = part.rows == part.columns
        if diagonal.all():
            found.append(relaxation_eigenvalues(rates[np.ix_(part.rows, part.rows)]))
        else:
            found.append(_of_matrix(part.matrix, conserves=True))
    values = np.concatenate(found)
    return _by_decay(values)


def _of_coherences(generator: Generator) -> tuple[ComplexArray, RealArray]:
    """Eigenvalues and frequencies of the sectors of positive Bohr frequency."""
    spectrum = generator.spectrum
    label = spectrum.state_frequency_labels.T.copy()
    values, frequencies = [], []
    for sector in coherence_sectors(generator, 2):
        label[sector.rows, sector.columns] = 0
        found = np.concatenate([_of_sector(part) for part in components(sector)])
        values.append(found)
        frequencies.append(np.full(found.size, sector.frequency))
    rows, columns = np.nonzero(label > 0)
    values.append(coherence_exponents(generator)[rows, columns])
    frequencies.append(spectrum.bohr_frequencies[label[rows, columns] - 1])
    if generator.is_rate_equation:
        # States of one energy are levels of their own: each coherence between two of them decays by itself.
        rows, columns = np.nonzero((label == 0) & np.triu(np.ones(label.shape, dtype=bool), 1))
        values.append(coherence_exponents(generator)[rows, columns])
        frequencies.append(np.zeros(rows.size))
    eigenvalues, places = np.concatenate(values), np.concatenate(frequencies)
    order = np.argsort(-eigenvalues.real, kind="stable")
    return np.asarray(eigenvalues[order]), np.asarray(places[order])


def _of_sector(sector: Sector) -> ComplexArray:
    """Eigenvalues of a sector with its rotation taken out and put back, which would round its decay."""
    n = len(sector.matrix)
    rotation = -1j * sector.frequency
    return np.asarray(_of_matrix(sector.matrix - rotation * np.eye(n), conserves=False) + rotation)


def _of_matrix(matrix: ComplexArray, *, conserves: bool) -> ComplexArray:
    """Eigenvalues by ascending decay rate; one exact zero for each null vector where something is conserved."""
    values = np.linalg.eigvals(matrix)
    if conserves:
        values[np.argsort(np.abs(values))[: null_space(matrix).dimension]] = 0.0
    return np.asarray(values[np.argsort(-values.real, kind="stable")])
