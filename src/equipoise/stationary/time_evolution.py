"""Time evolution of a state by a generator: exact, sector by sector, to any time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import Array, ComplexArray, RealArray, hermitian_matrix, require_memory
from equipoise._printed import amount, counted, described, table
from equipoise.generators import Generator
from equipoise.generators.generator import require_generator
from equipoise.linalg.exponential import checked_times, matrix_action, rate_matrix_action
from equipoise.spectrum import Spectrum
from equipoise.stationary.sectors import (
    coherence_exponents,
    coherence_sectors,
    components,
    log_population_rates,
    resonant_sector,
    zero_frequency_sector,
)
from equipoise.stationary.state import DensityMatrix, StationaryState, density_in, density_of_elements


@dataclass(frozen=True, eq=False)
class Coherences:
    """Matrix elements between energy states along an evolution, in O(d^2 + T n) memory for n coupled elements.

    Parameters
    ----------
    initial : ComplexArray, shape (d, d)
        At time zero, of the elements that evolve alone; zero elsewhere and on the diagonal.
    exponents : ComplexArray, shape (d, d)
        They are `initial exp(exponents t)`.
    coupled : tuple of (rows, columns, values)
        Elements that evolve together: `values`, shape (T, n), at `[rows, columns]`.
    """

    initial: ComplexArray
    exponents: ComplexArray
    coupled: tuple[tuple[np.ndarray, np.ndarray, ComplexArray], ...]

    def elements(self, time: float, index: int) -> ComplexArray:
        """All of them at one time, the index-th, shape (d, d), zero on the diagonal."""
        out = self.initial * np.exp(self.exponents * time)
        for rows, columns, values in self.coupled:
            out[rows, columns] = values[index]
        return np.asarray(out)


@dataclass(frozen=True, eq=False)
class Evolution:
    """A state along time: populations of every energy state, and coherences if it has any.

    Parameters
    ----------
    spectrum : Spectrum
    times : RealArray, shape (T,)
    populations : RealArray, shape (T, d)
        `<i| rho(t) |i>` of each energy state i.
    coherences : Coherences or None
        None if the state is diagonal in the energy basis at all times.
    is_relative : bool
        Whether each population has full relative accuracy (populations that evolve by rates alone). Otherwise the
        error is a fraction of the largest, and a population that should vanish may be -1e-17.
    """

    spectrum: Spectrum
    times: RealArray
    populations: RealArray
    coherences: Coherences | None
    is_relative: bool

    @cached_property
    def log_populations(self) -> RealArray:
        """Natural logarithms of the populations, shape (T, d); -inf for an empty state."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(self.populations > 0, np.log(self.populations), -np.inf))

    def elements(self, k: int) -> ComplexArray:
        """Density matrix at the k-th time in the energy basis, shape (d, d)."""
        diagonal = np.diag(self.populations[k]).astype(complex)
        return diagonal if self.coherences is None else diagonal + self.coherences.elements(float(self.times[k]), k)

    def state(self, k: int) -> DensityMatrix:
        """The state at the k-th time; with logarithmic weights where it is diagonal in the energy basis."""
        if self.coherences is None:
            return DensityMatrix(self.spectrum, self.log_populations[k])
        return density_of_elements(self.spectrum, self.elements(k))

    def matrix(self, k: int) -> ComplexArray:
        """Density matrix at the k-th time in the given basis, shape (d, d)."""
        return np.asarray(self.spectrum.to_given_basis(self.elements(k)), dtype=complex)

    def expectation(self, operator: Array) -> RealArray:
        """`Tr[A rho(t)]` of a Hermitian operator in the given basis, shape (T,)."""
        A = self.spectrum.to_energy_basis(hermitian_matrix(operator, "operator", self.spectrum.dimension))
        values = self.populations @ np.diag(A).real
        if self.coherences is not None:
            moving = (self.coherences.elements(float(t), k) for k, t in enumerate(self.times))
            values = values + np.array([np.vdot(A, elements).real for elements in moving])
        return np.asarray(values)

    def __repr__(self) -> str:
        chosen = np.unique(np.linspace(0, self.times.size - 1, min(self.times.size, 6)).round().astype(int))
        rows = [[amount(self.times[k]), *(amount(p) for p in self.populations[k])] for k in chosen]
        columns = ["time", *(f"p[{i}]" for i in range(self.populations.shape[1]))]
        kind = "populations" if self.coherences is None else "populations and coherences"
        title = f"{kind} of the {counted(self.spectrum.dimension, 'state')} at {counted(self.times.size, 'time')}"
        return described(title, below=table(columns, rows))


def evolution(generator: Generator, state: StationaryState | DensityMatrix | ArrayLike, times: ArrayLike) -> Evolution:
    """The state `exp(L t) rho` at every given time, without time steps: 1e-6 and 1e9 in one call.

    For a secular generator (weak coupling, rates) the elements of the density matrix that rotate at one Bohr
    frequency evolve alone. A coherence between levels of a generic spectrum is one exponential::

        rho_mn(t) = rho_mn(0) exp(-i (e_m - e_n + Delta_m - Delta_n) t - G_mn t),
        G_mn      = half the sum of all rates out of m and out of n (and of the pure dephasing),

    the populations obey a rate equation and keep their relative accuracy, at 1e-250 as at 1; degenerate levels and
    coinciding gaps couple small groups of elements, which are exponentiated by repeated squaring. Any other
    generator evolves as a whole, d^2 x d^2, which only small systems can afford.

    Parameters
    ----------
    generator : Generator
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        At time zero; a matrix is in the given basis.
    times : array_like, shape (T,)
        Finite, >= 0, in any order; in the inverse unit of the Hamiltonian.

    Returns
    -------
    Evolution

    Raises
    ------
    InputError
        Times that are negative or not finite; a matrix that is not a state; a generator that is not secular and too
        large for its superoperator.
    NumericalError
        Coupled elements that still move when their phases are lost in round-off.

    Notes
    -----
    Populations and rates below 1e-308 are zero. The phase of a coherence is known to round-off times `w t`.

    References
    ----------
    Accardi & Imafuku (2002), (23)-(24), corrected: (23a) has `-i Delta_mn`, and (23c) is half the sum.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> relaxation = evolution(rate_equation([[0, 3], [1, 0]]), [[0, 0], [0, 1]], [0.0, 0.1, 1e9])
    >>> relaxation.populations[:, 0]
    array([0.        , 0.24725997, 0.75      ])
    """
    require_generator(generator)
    points = checked_times(times, "The stationary state is at infinity: stationary_state(generator).")
    density = density_in(generator.spectrum, state)
    if not generator.is_secular:
        return _as_a_whole(generator, density, points)
    populations, within, is_relative = _zero_frequency(generator, density, points)
    is_diagonal = density.is_diagonal and not any(rows.size for rows, _, _ in within)
    moving = None if is_diagonal else _between_levels(generator, density.elements, points, within)
    return Evolution(generator.spectrum, points, populations, moving, is_relative)


CoupledElements = list[tuple[np.ndarray, np.ndarray, ComplexArray]]
"""Groups of elements that evolve together: rows, columns, values of shape (T, n)."""


def _zero_frequency(
    generator: Generator, density: DensityMatrix, times: RealArray
) -> tuple[RealArray, CoupledElements, bool]:
    """Populations, coherences at frequency zero, and whether the populations evolved by themselves."""
    crossing = _crosses_levels(generator, density)
    if not generator.spectrum.is_degenerate and not crossing:
        return _by_rates(generator, density, times), [], True
    zero = resonant_sector(generator) if crossing else zero_frequency_sector(generator)
    elements = density.elements
    populations = np.zeros((times.size, generator.dimension))
    coherences: CoupledElements = []
    is_relative = True
    for part in components(zero):
        start = elements[part.rows, part.columns]
        diagonal = part.rows == part.columns
        if diagonal.all():
            # Of the whole rate equation these states are a closed part.
            states = part.rows
            populations[:, states] = _by_rates(generator, density, times, states)
        elif np.any(start):
            # A part that holds populations conserves their sum.
            trace = diagonal.astype(float) if diagonal.any() else None
            values = matrix_action(part.matrix, start, times, trace)
            populations[:, part.rows[diagonal]] = values[:, diagonal].real
            coherences.append((part.rows[~diagonal], part.columns[~diagonal], values[:, ~diagonal]))
            is_relative = is_relative and trace is None
    return populations, coherences, is_relative


def _by_rates(
    generator: Generator, density: DensityMatrix, times: RealArray, states: np.ndarray | None = None
) -> RealArray:
    at = np.arange(generator.dimension) if states is None else states
    rates = np.exp(log_population_rates(generator)[np.ix_(at, at)])
    return rate_matrix_action(rates, density.populations[at], times)


def _crosses_levels(generator: Generator, density: DensityMatrix) -> bool:
    """Whether there are coherences between levels of one energy that jumps of frequency zero may couple."""
    if density.is_diagonal or generator.is_rate_equation:
        return False
    spectrum = generator.spectrum
    level = spectrum.level_of
    resonant = spectrum.state_frequency_labels == 0
    return bool(np.any(density.elements[resonant & (level[:, None] != level[None, :])]))


def _between_levels(
    generator: Generator, elements: ComplexArray, times: RealArray, within: CoupledElements
) -> Coherences:
    """Coherences between levels: one exponential each, or by sector where gaps coincide or levels are degenerate."""
    level = generator.spectrum.level_of
    alone = (elements != 0) & (level[:, None] != level[None, :])
    coupled = [entry for entry in within if entry[0].size]
    for rows, columns, _ in coupled:
        alone[rows, columns] = False
    for sector in coherence_sectors(generator, 2):
        alone[sector.rows, sector.columns] = alone[sector.columns, sector.rows] = False
        for part in components(sector) if np.any(elements[sector.rows, sector.columns]) else ():
            start = elements[part.rows, part.columns]
            if np.any(start):
                values = matrix_action(part.matrix, start, times)
                coupled.append((part.rows, part.columns, values))
                coupled.append((part.columns, part.rows, values.conj()))
    exponents = np.where(alone, coherence_exponents(generator), 0.0)
    return Coherences(np.where(alone, elements, 0.0), exponents, tuple(coupled))


def _as_a_whole(generator: Generator, density: DensityMatrix, times: RealArray) -> Evolution:
    d = generator.dimension
    require_memory(
        4, d * d, "generator", "Only a secular generator (weak_coupling, rate_equation) evolves sector by sector."
    )
    start = density.matrix().ravel()
    values = matrix_action(generator.superoperator(), start, times, np.eye(d).ravel())
    in_energy_basis = [generator.spectrum.to_energy_basis(row.reshape(d, d)) for row in values]
    elements = np.array(in_energy_basis, dtype=complex).reshape(times.size, d, d)
    populations = np.einsum("tii->ti", elements).real
    rows, columns = np.nonzero(~np.eye(d, dtype=bool))
    coupled = ((rows, columns, elements[:, rows, columns]),)
    zeros = np.zeros((d, d), dtype=complex)
    return Evolution(generator.spectrum, times, populations, Coherences(zeros, zeros, coupled), False)
