"""Levels, eigenprojectors and Bohr frequencies of a Hamiltonian, with stated clustering tolerances.

A *state* is one vector of the energy basis (index i, j: 0 .. d-1), a *level* is a distinct energy (index
m, n: 0 .. L-1). Two energies belong to one level, and two Bohr frequencies are equal, when they are linked by
steps no longer than the tolerance (single linkage); the default tolerance is 1e-10 of the spectral spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import csr_array

from equipoise._checks import (
    ROUND_OFF,
    Array,
    ComplexArray,
    RealArray,
    finite_real,
    hermitian_matrix,
    real_array,
    require,
    square_matrix,
)
from equipoise._printed import counted, described, energies, named
from equipoise.tolerances import EQUAL_COUNTS, EQUAL_LEVELS

UNSAFE_FACTOR = 1e3
"""A gap within this factor of the tolerance, on either side, is too near it for the clustering to be safe."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Energies, energy basis and clustered levels of a Hamiltonian `H = sum_m e_m P_m`.

    Parameters
    ----------
    energies : RealArray, shape (d,)
        Energy of each state of the basis, in the Hamiltonian's unit.
    vectors : Array, shape (d, d), or None
        Columns are the energy basis in the basis in which operators are given; None if the two coincide up to
        the reordering `order`.
    order : ndarray of int, shape (d,)
        When `vectors` is None: state i is the given basis vector `order[i]`.
    level_of : ndarray of int, shape (d,)
        Level to which each state belongs.
    tolerance : float
        Absolute clustering tolerance of levels and Bohr frequencies.
    labels : tuple of str
        A name for each level.
    given : ComplexArray, shape (d, d), or None
        The Hamiltonian as it was given; None: put it together from energies and vectors, which rounds it.
    """

    energies: RealArray
    vectors: Array | None
    order: np.ndarray
    level_of: np.ndarray
    tolerance: float
    labels: tuple[str, ...]
    given: ComplexArray | None = None

    @property
    def dimension(self) -> int:
        """Dimension d of the Hilbert space."""
        return int(self.energies.size)

    @property
    def size(self) -> int:
        """Number L of distinct levels."""
        return len(self.labels)

    @cached_property
    def degeneracies(self) -> np.ndarray:
        """Number of states in each level, shape (L,)."""
        return np.bincount(self.level_of, minlength=self.size)

    @property
    def is_degenerate(self) -> bool:
        """Whether some level holds more than one state."""
        return self.size < self.dimension

    @cached_property
    def levels(self) -> RealArray:
        """Energy e_m of each level (mean over its states), shape (L,)."""
        totals = np.bincount(self.level_of, weights=self.energies, minlength=self.size)
        # A level of one state keeps its energy to the last bit; dividing by one does that.
        return np.asarray(totals / self.degeneracies)

    @cached_property
    def state_energies(self) -> RealArray:
        """Energy of the level of each state, shape (d,): exactly equal within a level."""
        return np.asarray(self.levels[self.level_of])

    @cached_property
    def hamiltonian(self) -> ComplexArray:
        """The Hamiltonian in the given basis, shape (d, d): as it was given, to the last digit, where it was."""
        if self.given is not None:
            return self.given
        return self.to_given_basis(np.diag(self.energies).astype(complex))

    @cached_property
    def basis(self) -> Array:
        """The energy basis as columns in the given basis, shape (d, d): `U[i, k] = <i|k>`."""
        return np.eye(self.dimension)[:, self.order] if self.vectors is None else self.vectors

    @cached_property
    def mixing(self) -> RealArray:
        """How much of one state rounding may put into another, at most 1, shape (d, d).

        A diagonalisation gives the states of `H + E` with `||E||` up to about `4 sqrt(d) eps ||H||`, which to first
        order mixes two of them by `|E_ij| / |e_i - e_j|`. Zero where the energy basis is given, not computed.
        """
        gaps = np.abs(self.energies[:, None] - self.energies[None, :])
        if self.vectors is None:
            return np.zeros_like(gaps)
        error = 4 * np.sqrt(self.dimension) * ROUND_OFF * np.abs(self.energies).max()
        mixed = np.divide(error, gaps, out=np.ones_like(gaps), where=gaps > error)
        np.fill_diagonal(mixed, 0.0)
        return np.asarray(mixed)

    @property
    def mixing_of_levels(self) -> RealArray:
        """The same between states of different levels; those of one level are any basis of it, shape (d, d).

        Levels of one energy are told apart by a symmetry, which mixing respects.
        """
        energies = self.state_energies
        return np.where(energies[:, None] == energies[None, :], 0.0, self.mixing)

    def to_energy_basis(self, operator: Array) -> Array:
        """Matrix elements `V^dagger A V` in the energy basis; exact (no arithmetic) when the bases coincide."""
        if self.vectors is None:
            return np.asarray(operator[np.ix_(self.order, self.order)])
        return np.asarray(self.vectors.conj().T @ (operator @ self.vectors))

    def to_given_basis(self, operator: Array) -> Array:
        """The operator `V A V^dagger` in the given basis, from its elements in the energy basis."""
        if self.vectors is None:
            inverse = np.argsort(self.order)
            return np.asarray(operator[np.ix_(inverse, inverse)])
        return np.asarray(self.vectors @ operator @ self.vectors.conj().T)

    def within_levels(self, operator: Array) -> Array:
        """The part `sum_m P_m A P_m` of an operator given in the energy basis."""
        if not self.is_degenerate:
            return np.diag(np.diag(operator))
        return np.where(self.level_of[:, None] == self.level_of[None, :], operator, 0)

    def sum_over_levels(self, table: Array) -> Array:
        """Sum a (..., d, d) table of state pairs to a (..., L, L) table of level pairs."""
        if not self.is_degenerate:
            return table
        member = (self.level_of[:, None] == np.arange(self.size)[None, :]).astype(float)
        return np.asarray(member.T @ table @ member)

    @cached_property
    def bohr_frequencies(self) -> RealArray:
        """Distinct positive Bohr frequencies e_m - e_n, ascending (cluster means)."""
        positive, label = self._positive_frequencies
        if not positive.size:
            return np.zeros(0)
        return np.asarray(np.bincount(label, weights=positive) / np.bincount(label))

    @cached_property
    def _positive_frequencies(self) -> tuple[RealArray, np.ndarray]:
        upper, lower = self._positive_pairs
        frequencies = self.levels[upper] - self.levels[lower]
        return frequencies, clusters(frequencies, self.tolerance)

    @cached_property
    def _positive_pairs(self) -> tuple[np.ndarray, np.ndarray]:
        difference = self.levels[:, None] - self.levels[None, :]
        upper, lower = np.nonzero(difference > 0)
        return upper, lower

    @cached_property
    def frequency_labels(self) -> np.ndarray:
        """Label of the Bohr frequency e_n - e_m given up in n -> m, shape (L, L), indexed [m, n].

        0 for frequency zero, +c for `bohr_frequencies[c - 1]`, -c for its negative.
        """
        upper, lower = self._positive_pairs
        _, label = self._positive_frequencies
        table = np.zeros((self.size, self.size), dtype=np.int64)
        table[lower, upper] = label + 1
        table[upper, lower] = -(label + 1)
        return table

    @cached_property
    def state_frequency_labels(self) -> np.ndarray:
        """`frequency_labels` of pairs of states [i, j], shape (d, d)."""
        return np.asarray(self.frequency_labels[np.ix_(self.level_of, self.level_of)])

    @cached_property
    def unsafe_gaps(self) -> tuple[tuple[int, int, float], ...]:
        """Neighbouring states whose energy gap is too near the tolerance: (state, state, gap)."""
        order = np.argsort(self.energies, kind="stable")
        gaps = np.diff(self.energies[order])
        lower = self.tolerance / UNSAFE_FACTOR
        if self.vectors is not None:
            # Eigenvalues of a matrix that differ by round-off are equal for all anyone can tell.
            lower = max(lower, _round_off(self.energies))
        near = (gaps > lower) & (gaps < self.tolerance * UNSAFE_FACTOR)
        return tuple((int(order[k]), int(order[k + 1]), float(gaps[k])) for k in np.nonzero(near)[0])

    def __repr__(self) -> str:
        levels = counted(self.size, "level")
        title = levels if self.size == self.dimension else f"{levels} of {counted(self.dimension, 'state')}"
        return described(title, ("energies", energies(self.levels)), ("labels", named(self.labels)))


def pairs_by_label(
    label: np.ndarray, present: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], list[tuple[np.ndarray, np.ndarray]]]:
    """Pairs of states sorted by a label of theirs, such as their Bohr frequency.

    Parameters
    ----------
    label : ndarray of int, shape (d, d)
    present : ndarray of bool, shape (d, d)
        The pairs that count.

    Returns
    -------
    single : (rows, columns)
        Pairs whose label no other pair has.
    shared : list of (rows, columns)
        The pairs of each label that several have.
    """
    pairs = np.nonzero(present.ravel())[0]
    order = pairs[np.argsort(label.ravel()[pairs], kind="stable")]
    _, first, count = np.unique(label.ravel()[order], return_index=True, return_counts=True)
    single = np.divmod(order[first[count == 1]], label.shape[0])
    ends = zip(first[count > 1], count[count > 1], strict=True)
    return single, [np.divmod(order[start : start + size], label.shape[0]) for start, size in ends]


def clusters(values: RealArray, tolerance: float) -> np.ndarray:
    """Label values by single linkage: sorted neighbours within `tolerance` share a label, labels ascend."""
    order = np.argsort(values, kind="stable")
    label = np.empty(values.size, dtype=np.int64)
    if values.size:
        label[order] = np.concatenate([[0], np.cumsum(np.diff(values[order]) > tolerance)])
    return label


def _round_off(energies: RealArray) -> float:
    """Error expected of the eigenvalues of a matrix of this size."""
    return 64 * ROUND_OFF * float(np.abs(energies).max(initial=0.0))


def _clustering_tolerance(energies: RealArray, tolerance: float | None) -> float:
    if tolerance is None:
        # Never below the round-off of the energies themselves, or a fully degenerate matrix would fall apart.
        return max(EQUAL_LEVELS * float(np.ptp(energies)), _round_off(energies))
    value = finite_real(tolerance, "tolerance")
    require(value >= 0, "tolerance", "be >= 0 (an energy)", f"got {value}")
    return value


def _level_labels(count: int) -> tuple[str, ...]:
    return tuple(str(index) for index in range(count))


def _named_levels(level_of: np.ndarray, order: np.ndarray, names: Sequence[str] | None) -> tuple[str, ...]:
    """Names of levels made of given basis states: theirs, joined by +; numbers if they have none."""
    count = int(level_of.max()) + 1
    if names is None:
        return _level_labels(count)
    return tuple(" + ".join(names[k] for k in order[level_of == level]) for level in range(count))


def spectrum_of_levels(levels: object, tolerance: float | None = None, labels: Sequence[str] | None = None) -> Spectrum:
    """Spectrum of a Hamiltonian given as a list of energies, diagonal in the basis of its operators.

    Parameters
    ----------
    levels : array_like of float, shape (d,)
        Energies in any order; equal ones form a degenerate level.
    tolerance : float, optional
        Absolute clustering tolerance; default 1e-10 of the spread.
    labels : sequence of str, optional
        A name for each of the given states; a degenerate level is named after all of its states.

    Raises
    ------
    InputError
        If the list is empty or holds a number that is not finite.

    Examples
    --------
    >>> spectrum_of_levels([0.0, 1.0, 2.0]).bohr_frequencies
    array([1., 2.])
    """
    energies = real_array(levels, "levels")
    require(energies.ndim == 1 and energies.size > 0, "levels", "be a list of energies", f"has shape {energies.shape}")
    require(bool(np.isfinite(energies).all()), "levels", "be finite", f"got {energies[~np.isfinite(energies)][:1]}")
    order = np.argsort(energies, kind="stable")
    ascending = energies[order]
    width = _clustering_tolerance(ascending, tolerance)
    level_of = clusters(ascending, width)
    _require_names(labels, energies.size)
    return Spectrum(ascending, None, order, level_of, width, _named_levels(level_of, order, labels))


def _require_names(labels: Sequence[str] | None, count: int) -> None:
    given = count if labels is None else len(labels)
    require(given == count, "labels", f"name each of the {count} states", f"has {given} entries")


def spectrum_of_states(energies: Sequence[float] | RealArray, labels: Sequence[str] | None = None) -> Spectrum:
    """Spectrum in which every state is a level of its own, in the given order, whatever its energy.

    This is the spectrum of a classical rate matrix: its states are distinct sites even at equal energy.
    """
    values = real_array(energies, "energies")
    require(values.ndim == 1 and values.size > 0, "energies", "be a list of energies", f"has shape {values.shape}")
    require(bool(np.isfinite(values).all()), "energies", "be finite", f"got {values[~np.isfinite(values)][:1]}")
    _require_names(labels, values.size)
    names = _level_labels(values.size) if labels is None else tuple(labels)
    states = np.arange(values.size)
    return Spectrum(values, None, states, states, 0.0, names)


def spectrum_of_matrix(
    hamiltonian: object, tolerance: float | None = None, labels: Sequence[str] | None = None
) -> Spectrum:
    """Spectrum of a Hermitian matrix (dense or scipy sparse).

    Blocks of the matrix that no element connects are diagonalised separately, so that a symmetry visible in the
    given basis (a particle number, a parity) is exact in the energy basis and costs nothing.

    Parameters
    ----------
    hamiltonian : array_like or sparse array, shape (d, d)
        Hermitian to 64 round-offs of its largest entry.
    tolerance : float, optional
        Absolute clustering tolerance; default 1e-10 of the spread.
    labels : sequence of str, optional
        A name for each of the given states; used where the matrix is diagonal, since a level that mixes states is
        none of them.

    Raises
    ------
    InputError
        If the matrix is not square, not finite or not Hermitian (by how much, and where).

    Examples
    --------
    >>> spectrum = spectrum_of_matrix([[0.0, 1.0], [1.0, 0.0]])
    >>> [round(float(level), 12) for level in spectrum.levels]
    [-1.0, 1.0]
    """
    from scipy.sparse.csgraph import connected_components

    matrix = hermitian_matrix(hamiltonian, "hamiltonian")
    require(matrix.size > 0, "hamiltonian", "have at least one state", "is empty")
    count, block_of = connected_components(csr_array(matrix != 0), directed=False)
    if count == matrix.shape[0]:
        return spectrum_of_levels(np.diag(matrix).real, tolerance, labels)
    _require_names(labels, matrix.shape[0])
    real = not np.any(matrix.imag)
    work = matrix.real if real else matrix
    energies, vectors = _diagonalise_blocks(work, count, block_of)
    width = _clustering_tolerance(energies, tolerance)
    level_of = clusters(energies, width)
    order = np.arange(energies.size)
    given = square_matrix(hamiltonian, "hamiltonian")
    return Spectrum(energies, vectors, order, level_of, width, _level_labels(int(level_of[-1]) + 1), given)


def resolved_by_number(spectrum: Spectrum, number: ComplexArray, labels: Sequence[str] | None = None) -> Spectrum:
    """The same spectrum with states of one energy and different particle number as levels of their own.

    Where a superselection rule forbids coherence between particle numbers, a jump between two such states is a
    transition (at Bohr frequency zero) and not an event within a level. States of one level are rotated to have a
    definite number and given exactly one energy.

    Parameters
    ----------
    spectrum : Spectrum
    number : ComplexArray, shape (d, d)
        In the given basis; commutes with the Hamiltonian.
    labels : sequence of str, optional
        Names of the given states.
    """
    if not spectrum.is_degenerate:
        return spectrum
    N = spectrum.within_levels(spectrum.to_energy_basis(number))
    vectors = spectrum.vectors
    counts = np.diag(N).real.copy()
    if np.any(N - np.diag(np.diag(N))):
        rotation = np.zeros_like(N)
        for level in range(spectrum.size):
            states = np.nonzero(spectrum.level_of == level)[0]
            counts[states], rotation[np.ix_(states, states)] = eigh(N[np.ix_(states, states)])
        vectors = rotation[np.argsort(spectrum.order)] if vectors is None else vectors @ rotation
    # A number differs by one or by rounding.
    number_of = clusters(counts, EQUAL_COUNTS)
    keys = spectrum.level_of * (number_of.max() + 1) + number_of
    _, level_of = np.unique(keys, return_inverse=True)
    order = np.argsort(level_of, kind="stable")
    energies = spectrum.state_energies[order]
    if vectors is None:
        given = spectrum.order[order]
        names = _named_levels(level_of[order], given, labels)
        return Spectrum(energies, None, given, level_of[order], spectrum.tolerance, names)
    names = _level_labels(int(level_of.max()) + 1)
    states = np.arange(order.size)
    return Spectrum(energies, vectors[:, order], states, level_of[order], spectrum.tolerance, names, spectrum.given)


def _diagonalise_blocks(matrix: Array, count: int, block_of: np.ndarray) -> tuple[RealArray, Array]:
    if count == 1:
        # 'evr' is up to twice as fast as the default 'evd' for the sizes at which it matters.
        energies, vectors = eigh(matrix, driver="evr", check_finite=False)
        return energies, vectors
    energies = np.empty(matrix.shape[0])
    vectors = np.zeros_like(matrix)
    start = 0
    for block in range(count):
        states = np.nonzero(block_of == block)[0]
        columns = np.arange(start, start + states.size)
        energies[columns], vectors[np.ix_(states, columns)] = eigh(matrix[np.ix_(states, states)], driver="evr")
        start += states.size
    order = np.argsort(energies, kind="stable")
    return energies[order], vectors[:, order]


def element_rounding(spectrum: Spectrum) -> RealArray:
    """Error of `<i|D|j>`, relative to the norm of D, where H was given as a matrix: shape (d, d).

    Products round, and eigenvectors mix by `eps ||H|| / gap`.
    """
    base = 4 * np.sqrt(spectrum.dimension) * ROUND_OFF
    largest = spectrum.mixing_of_levels.max(axis=1)
    return np.asarray(base + largest[:, None] + largest[None, :])


def rounding_of(operators: Array, spectrum: Spectrum) -> RealArray:
    """Rounding of the elements of operators, (K, d, d), that were taken to the energy basis, as their eigenvectors mix.

    To first order `|M| |D| + |D| |M|` and the rounding of the products, M the mixing of levels.
    """
    sizes, mixing = np.abs(operators), spectrum.mixing_of_levels
    products = 4 * np.sqrt(spectrum.dimension) * ROUND_OFF * np.linalg.norm(operators, axis=(1, 2))
    return np.asarray(mixing @ sizes + sizes @ mixing + products[:, None, None])
