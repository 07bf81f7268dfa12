"""Sectors of a secular generator: matrix elements of the state that rotate at one Bohr frequency evolve alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from equipoise._checks import ComplexArray, RealArray, require_memory
from equipoise.generators import FrequencyResolved, Generator
from equipoise.spectrum import Spectrum


@dataclass(frozen=True, eq=False)
class Sector:
    """The elements `rho[rows, columns]` (energy basis) that rotate at one frequency, and how they evolve.

    Parameters
    ----------
    frequency : float
        `e_i - e_i'` of its elements (cluster mean); 0 holds the populations.
    rows, columns : ndarray of int, shape (n,)
    matrix : ComplexArray, shape (n, n)
        `d rho[rows, columns]/dt = matrix rho[rows, columns]`, rotation included.
    """

    frequency: float
    rows: np.ndarray
    columns: np.ndarray
    matrix: ComplexArray


def log_rates_of_dissipators(generator: Generator) -> RealArray:
    """Logarithm of the rate j -> i that each dissipator causes between states of the energy basis, (R, d, d).

    -inf on the diagonal. Without degenerate levels these rates are the whole dynamics of the populations.
    """
    tables = np.full((len(generator.dissipators), generator.dimension, generator.dimension), -np.inf)
    for table, part in zip(tables, generator.dissipators, strict=True):
        if isinstance(part.representation, FrequencyResolved):
            np.logaddexp.reduce(part.representation.log_transition_rates, out=table)
        np.fill_diagonal(table, -np.inf)
    return tables


def log_population_rates(generator: Generator) -> RealArray:
    """Logarithm of the total rate j -> i between states of the energy basis, shape (d, d); -inf on the diagonal."""
    return np.asarray(np.logaddexp.reduce(log_rates_of_dissipators(generator)))


def zero_frequency_sector(generator: Generator) -> Sector:
    """Populations, and coherences within degenerate levels: dimension sum(degeneracy^2)."""
    level_of = generator.spectrum.level_of
    rows, columns = np.nonzero(level_of[:, None] == level_of[None, :])
    return Sector(0.0, rows, columns, _matrix(generator, _effective(generator), rows, columns))


def resonant_sector(generator: Generator) -> Sector:
    """Every element that does not rotate: the zero-frequency sector and what lies between levels of equal energy.

    Levels of exactly one energy are told apart by a superselection rule, and coherences between them, which it
    forbids, are in no other sector.
    """
    rows, columns = np.nonzero(_labels_of_elements(generator.spectrum) == 0)
    return Sector(0.0, rows, columns, _matrix(generator, _effective(generator), rows, columns))


def coherence_sectors(generator: Generator, smallest: int = 1) -> Iterator[Sector]:
    """The sectors of coherences between levels, one for each positive Bohr frequency; conjugates carry the rest.

    A generic spectrum has one element in each; coinciding gaps couple several. Coherences between different levels of
    exactly one energy (told apart by a superselection rule) are in none. Sectors of fewer than `smallest` elements are
    left out.
    """
    spectrum = generator.spectrum
    label = _labels_of_elements(spectrum).ravel()
    order = np.argsort(label, kind="stable")
    order = order[np.searchsorted(label[order], 1) :]
    _, first, count = np.unique(label[order], return_index=True, return_counts=True)
    effective = _effective(generator)
    for index in np.nonzero(count >= smallest)[0]:
        rows, columns = np.divmod(order[first[index] : first[index] + count[index]], spectrum.dimension)
        frequency = float(spectrum.bohr_frequencies[label[order[first[index]]] - 1])
        yield Sector(frequency, rows, columns, _matrix(generator, effective, rows, columns))


def components(sector: Sector) -> Iterator[Sector]:
    """Parts of a sector that no matrix element connects, in either direction: each evolves alone."""
    from scipy.sparse.csgraph import connected_components

    count, part_of = connected_components(csr_array(sector.matrix != 0), directed=False)
    for part in range(count):
        at = np.nonzero(part_of == part)[0]
        yield Sector(sector.frequency, sector.rows[at], sector.columns[at], sector.matrix[np.ix_(at, at)])


def coherence_exponents(generator: Generator) -> ComplexArray:
    """`d rho_ij/dt = exponents[i, j] rho_ij` of the coherences that evolve alone, shape (d, d), energy basis.

    `-i (e_i - e_j + Delta_i - Delta_j) - G_ij`, G_ij half the sum of the rates out of i and out of j plus pure
    dephasing. Every coherence of a generic spectrum is such; elsewhere only the sectors of one element are.
    """
    energies = generator.spectrum.state_energies
    own = np.diag(_effective(generator))
    exponents = own[:, None] + own[None, :].conj() - 1j * (energies[:, None] - energies[None, :])
    for part in generator.dissipators:
        if isinstance(part.representation, FrequencyResolved):
            a = part.representation.dephasing
            exponents += a.T @ a.conj()
    return np.asarray(exponents)


def _labels_of_elements(spectrum: Spectrum) -> np.ndarray:
    """Label of the Bohr frequency `e_i - e_j` at which the element [i, j] rotates, shape (d, d)."""
    # frequency_labels[m, n] names e_n - e_m.
    return spectrum.state_frequency_labels.T


def _effective(generator: Generator) -> ComplexArray:
    """`-sum_r (M_r / 2 + i Delta_r)` in the energy basis, shape (d, d): decay and coherent terms, no rotation."""
    spectrum = generator.spectrum
    effective = np.zeros((spectrum.dimension,) * 2, dtype=complex)
    for part in generator.dissipators:
        if isinstance(part.representation, FrequencyResolved):
            effective = effective - 0.5 * part.representation.decay
        if part.coherent is not None:
            effective = effective - 1j * spectrum.within_levels(spectrum.to_energy_basis(part.coherent))
    return np.asarray(effective)


def _matrix(generator: Generator, effective: ComplexArray, rows: np.ndarray, columns: np.ndarray) -> ComplexArray:
    """`M[p, q]` for the elements p, q: jumps of one Bohr frequency on both sides, decay, coherent terms, rotation."""
    n = rows.size
    require_memory(1, n, "generator", "Lift the degeneracy by a symmetry: treat one symmetry sector at a time.")
    matrix = np.zeros((n, n), dtype=complex)
    for part in generator.dissipators:
        if isinstance(part.representation, FrequencyResolved):
            matrix += part.representation.gain_between(rows, columns)
    matrix += np.where(columns[:, None] == columns[None, :], effective[np.ix_(rows, rows)], 0)
    matrix += np.where(rows[:, None] == rows[None, :], effective[np.ix_(columns, columns)].conj(), 0)
    # Energies enter as differences only: a Lamb shift of 1e-12 of the energies must keep its digits.
    energies = generator.spectrum.state_energies
    matrix[np.diag_indices(n)] -= 1j * (energies[rows] - energies[columns])
    return matrix
