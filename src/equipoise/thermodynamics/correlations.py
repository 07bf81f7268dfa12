"""Two-time correlation functions in a stationary state, and what time reversal does to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import Array, ComplexArray, RealArray, require, require_memory, square_matrix
from equipoise._printed import amount, described
from equipoise.fluxes.generator_at_state import GeneratorAtState, State, at_state
from equipoise.generators import Generator
from equipoise.linalg.exponential import matrix_action
from equipoise.stationary import DensityMatrix
from equipoise.stationary.sectors import (
    Sector,
    coherence_exponents,
    coherence_sectors,
    components,
    resonant_sector,
)
from equipoise.tolerances import UNITARY


def two_time_correlation(
    generator: Generator | GeneratorAtState,
    state: State | None,
    first: ArrayLike,
    second: ArrayLike,
    times: ArrayLike,
    *,
    symmetric: bool = False,
) -> ComplexArray:
    """Correlation function `C_AB(t) = Tr[sigma A(t) B]` of two operators, t >= 0, by the regression formula.

    `A(t) = exp(L^adjoint t) A` in the Heisenberg picture, so `C_AB(t) = Tr[A exp(L t)(B sigma)]`; for a secular
    generator sector by sector, without time steps, each exact to any time.

    The symmetric one is `K_AB(t) = Tr[sigma^(1/2) A(t) sigma^(1/2) B]`, the canonical correlation of the KMS product
    `<A^dagger, .>`: real for Hermitian A and B, and equal to that with A and B exchanged for all A, B if and only if
    the generator is self-adjoint in the KMS product.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
    state : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        sigma, stationary; None: the one of the pair, or the stationary state of the generator.
    first, second : array_like, shape (d, d)
        A and B in the given basis, Hermitian or not.
    times : array_like, shape (T,)
        Finite, >= 0.
    symmetric : bool
        K in place of C.

    Returns
    -------
    ndarray, shape (T,)
        Complex: the order of A and B matters, and `C_AB(t)` differs from `C_BA(t)` in general, already at t = 0 by
        `Tr sigma [A, B]`.

    Raises
    ------
    InputError
        Operators or times of the wrong shape, negative times; a large generator that is not secular.

    References
    ----------
    Lax (1963); Gardiner & Zoller (2004).

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> decay = rate_equation([[0, 3.0], [1.0, 0]])
    >>> sigma = np.diag([0.75, 0.25])
    >>> up = np.diag([0.0, 1.0])
    >>> found = two_time_correlation(decay, sigma, up, up, [0.0, 0.5])
    >>> bool(np.allclose(found, 0.25**2 + 0.25 * 0.75 * np.exp([0.0, -2.0])))
    True
    """
    pair = at_state(generator, state)
    spectrum, density = pair.generator.spectrum, pair.density
    A = spectrum.to_energy_basis(square_matrix(first, "first", spectrum.dimension))
    B = spectrum.to_energy_basis(square_matrix(second, "second", spectrum.dimension))
    points = np.array(times, dtype=float)
    require(points.ndim == 1, "times", "be a list of times, shape (T,)", f"has shape {points.shape}")
    bad = points[~(np.isfinite(points) & (points >= 0))]
    require(
        not bad.size, "times", "be finite and >= 0", f"holds {bad[0] if bad.size else 0.0}", "C_AB(-t) = C_BA(t)^*."
    )
    X = half_weighted(density, B) if symmetric else B @ density.elements
    return correlate(pair.generator, A, X, points)


def half_weighted(density: DensityMatrix, X: Array) -> ComplexArray:
    """`sigma^(1/2) X sigma^(1/2)` in the energy basis."""
    root = np.exp(0.5 * density.log_weights)
    if density.basis is None:
        return np.asarray(root[:, None] * X * root[None, :], dtype=complex)
    half = (density.basis * root) @ density.basis.conj().T
    return np.asarray(half @ X @ half)


@dataclass(frozen=True, kw_only=True)
class ReversalSymmetry:
    """How far correlation functions are from three statements of their symmetry in time.

    Parameters
    ----------
    kms : float
        Largest `|K_AB(t) - K_BA(t)|` of the symmetric correlation function: zero for all A, B if the generator is
        self-adjoint in the KMS product, its Hamiltonian included.
    exchanged : float
        Largest `|C_AB(t) - C_BA(t)|` of `C_AB = Tr[sigma A(t) B]`: not zero in general, even in detailed balance;
        zero there if A or B commutes with H and sigma.
    reversed_in_time : float
        Largest `|C_AB(t) - C_B'A'(t)|` with `X' = theta X^dagger theta^-1`: zero if detailed balance holds and theta
        commutes with the jumps' and the Hamiltonian's action, Hamiltonian included. For A, B of parities eps_A, eps_B
        it says `C_AB(t) = eps_A eps_B C_BA(t)`.
    scale : float
        Largest modulus of the correlation functions.
    """

    kms: float
    exchanged: float
    reversed_in_time: float
    scale: float

    def __repr__(self) -> str:
        return described(
            "correlation functions against their reverse",
            ("KMS, A <-> B", f"{self.kms:.3g}"),
            ("A <-> B", f"{self.exchanged:.3g}"),
            ("reversed in time", f"{self.reversed_in_time:.3g}"),
            ("largest value", amount(self.scale)),
        )


def reversal_symmetry(
    generator: Generator | GeneratorAtState,
    state: State | None,
    first: ArrayLike,
    second: ArrayLike,
    times: ArrayLike,
    *,
    time_reversal: ArrayLike | None = None,
) -> ReversalSymmetry:
    """Compare correlation functions with their time-reversed partners, in the three forms that can hold.

    Parameters
    ----------
    generator, state, first, second, times
        As in `two_time_correlation`.
    time_reversal : array_like, shape (d, d), optional
        Unitary U of `theta = U K`, K complex conjugation in the given basis; default U = 1.

    Returns
    -------
    ReversalSymmetry

    Raises
    ------
    InputError
        As `two_time_correlation`; a time reversal that is not unitary.

    References
    ----------
    Agarwal (1973); Carmichael & Walls (1976); Fagnola & Umanita (2010).

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> cycle = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> A, B = np.diag([1.0, 0, 0]), np.diag([0, 1.0, 0])
    >>> found = reversal_symmetry(cycle, np.eye(3) / 3, A, B, [0.1])
    >>> found.exchanged > 0.01, bool(np.isclose(found.kms, found.exchanged))
    (True, True)
    """
    pair = at_state(generator, state)
    d = pair.generator.dimension
    A, B = square_matrix(first, "first", d), square_matrix(second, "second", d)
    U = np.eye(d, dtype=complex) if time_reversal is None else square_matrix(time_reversal, "time_reversal", d)
    defect = float(np.abs(U @ U.conj().T - np.eye(d)).max())
    require(defect <= UNITARY, "time_reversal", "be unitary", f"|U U^dagger - 1| reaches {defect:.3g}")
    plain = two_time_correlation(pair, None, A, B, times)
    swapped = two_time_correlation(pair, None, B, A, times)
    turned = two_time_correlation(pair, None, U @ B.T @ U.conj().T, U @ A.T @ U.conj().T, times)
    kms = two_time_correlation(pair, None, A, B, times, symmetric=True)
    kms_swapped = two_time_correlation(pair, None, B, A, times, symmetric=True)
    return ReversalSymmetry(
        kms=_largest(kms - kms_swapped),
        exchanged=_largest(plain - swapped),
        reversed_in_time=_largest(plain - turned),
        scale=max(_largest(plain), _largest(swapped), _largest(kms)),
    )


def _largest(values: Array) -> float:
    return float(np.abs(values).max(initial=0.0))


def correlate(generator: Generator, A: Array, X: Array, times: RealArray) -> ComplexArray:
    """`Tr[A exp(L t)(X)]` at every time for any matrices A, X in the energy basis, shape (T,)."""
    row = A.T
    if not generator.is_secular:
        d = generator.dimension
        require_memory(
            4, d * d, "generator", "Only a secular generator (weak_coupling, rate_equation) evolves sector by sector."
        )
        given = generator.spectrum.to_given_basis(X)
        values = matrix_action(generator.superoperator(), given.ravel(), times, np.eye(d).ravel())
        return np.asarray(values @ generator.spectrum.to_given_basis(A).T.ravel())
    total = np.zeros(times.size, dtype=complex)
    alone = (row * X) != 0
    for sector in (resonant_sector(generator), *coherence_sectors(generator, 2)):
        for turned in (False, True) if sector.frequency != 0.0 else (False,):
            total += _of_sector(sector, row, X, times, alone, turned=turned)
    exponents = coherence_exponents(generator)
    products = (row * X)[alone]
    return np.asarray(total + np.exp(np.outer(times, exponents[alone])) @ products)


def _of_sector(
    sector: Sector, row: Array, X: Array, times: RealArray, alone: np.ndarray, *, turned: bool
) -> ComplexArray:
    """Contribution of a sector, or of its conjugate, that of the elements [column, row]; marks its elements as done."""
    total = np.zeros(times.size, dtype=complex)
    for part in components(sector):
        i, j = (part.columns, part.rows) if turned else (part.rows, part.columns)
        alone[i, j] = False
        start, end = X[i, j], row[i, j]
        if np.any(start) and np.any(end):
            matrix = part.matrix.conj() if turned else part.matrix
            # A closed part of the populations keeps its trace; what rotates has none.
            trace = (i == j).astype(float) if sector.frequency == 0.0 and np.any(i == j) else None
            total += matrix_action(matrix, start, times, trace) @ end
    return total
