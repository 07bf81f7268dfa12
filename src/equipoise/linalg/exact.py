"""Linear algebra that decides: matrices of doubles taken as exact numbers, modulo a prime and in ball arithmetic.

A double is an integer times a power of two. A matrix of such numbers has an exact rank, found modulo a large prime in
ordinary integers, and an exact solution, found in ball arithmetic at as many digits as it needs. `python-flint` does
the arithmetic; it is imported when the first question of this kind is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from equipoise._checks import ComplexArray, NumericalError, RealArray

PRIME = 4611686018427387817
"""Largest prime below 2^62 that is 1 modulo 4, so that -1 has a square root: `IMAGINARY_UNIT`."""

IMAGINARY_UNIT = 4490822397581186023
"""Its square is -1 modulo `PRIME`."""

FIRST_PRECISION = 192
"""Bits with which ball arithmetic starts; they are doubled until the answer is known."""

LAST_PRECISION = 1 << 15
"""Bits at which ball arithmetic gives up: numbers of e^-5000 next to one another, and their products, need fewer."""

_BITS = 53
_LOG_2 = float(np.log(2.0))


@dataclass(frozen=True, eq=False)
class Dyadic:
    """Complex numbers `(real + i imaginary) 2^exponents` with integer parts: doubles, and products of doubles, exactly.

    Parameters
    ----------
    real, imaginary : ndarray of Python int
        Integer parts, of one shape.
    exponents : ndarray of Python int
        Powers of two, of the same shape.
    """

    real: np.ndarray
    imaginary: np.ndarray
    exponents: np.ndarray

    @classmethod
    def of(cls, values: ComplexArray, log_scale: RealArray | None = None) -> Dyadic:
        """The numbers `values`, times `exp(log_scale)` rounded to a double times a power of two; -inf gives zero."""
        values = np.asarray(values, dtype=complex)
        if log_scale is None:
            log_scale = np.zeros(values.shape)
        nothing = np.isneginf(log_scale)
        steps = np.where(nothing, 0, np.floor(np.where(nothing, 0.0, log_scale) / _LOG_2))
        factors = np.where(nothing, 0.0, np.exp(np.where(nothing, 0.0, log_scale - steps * _LOG_2)))
        factor, own = _integers(factors)
        real, first = _integers(values.real)
        imaginary, second = _integers(values.imag)
        # Both parts on the smaller power of two: shifting an integer to the left is exact.
        first, second = np.where(real == 0, second, first), np.where(imaginary == 0, first, second)
        common = np.minimum(first, second)
        real = real * 2 ** (first - common)
        imaginary = imaginary * 2 ** (second - common)
        return cls(real * factor, imaginary * factor, common + own + steps.astype(int).astype(object))

    def modular(self) -> tuple[np.ndarray, np.ndarray]:
        """The numbers and their complex conjugates modulo `PRIME`, as arrays of Python int."""
        powers = _power_of_two(self.exponents)
        along = self.imaginary * IMAGINARY_UNIT
        return (self.real + along) * powers % PRIME, (self.real - along) * powers % PRIME

    def balls(self) -> tuple[np.ndarray, np.ndarray]:
        """The numbers and their complex conjugates as complex balls, rounded to the precision in force."""
        import flint

        def ball(real: int, imaginary: int, exponent: int) -> tuple[Any, Any]:
            re, im = flint.arb((real, exponent)), flint.arb((imaginary, exponent))
            return flint.acb(re, im), flint.acb(re, -im)

        out = np.frompyfunc(ball, 3, 1)(self.real, self.imaginary, self.exponents)
        return np.frompyfunc(lambda pair: pair[0], 1, 1)(out), np.frompyfunc(lambda pair: pair[1], 1, 1)(out)


def _integers(values: RealArray) -> tuple[np.ndarray, np.ndarray]:
    """Integers m and powers k with `values = m 2^k`, exactly, as arrays of Python int."""
    mantissas, powers = np.frexp(values)
    return np.ldexp(mantissas, _BITS).astype(np.int64).astype(object), (powers - _BITS).astype(int).astype(object)


_power_of_two = np.frompyfunc(lru_cache(maxsize=1 << 14)(lambda exponent: pow(2, int(exponent), PRIME)), 1, 1)


@dataclass(frozen=True, eq=False)
class Echelon:
    """Rank of a square matrix modulo a prime, and rows and columns in which the rank is attained.

    Parameters
    ----------
    rows, columns : ndarray of int, shape (rank,)
        The matrix restricted to them is regular.
    free : ndarray of int, shape (n - rank,)
        The other columns: each gives one null vector.
    """

    rows: np.ndarray
    columns: np.ndarray
    free: np.ndarray

    @property
    def nullity(self) -> int:
        """Dimension of the null space."""
        return int(self.free.size)


def rank_modulo_prime(matrix: np.ndarray) -> int:
    """Rank of a matrix of Python int modulo `PRIME`.

    It is never above the rank of the exact matrix, so that full rank proves itself; it is below with a probability of
    about the size of the matrix over 2^62.
    """
    return int(_modular_matrix(matrix).rank())


def echelon(matrix: np.ndarray) -> Echelon:
    """Regular rows and columns of a square matrix of Python int modulo `PRIME`."""
    columns = _pivots(_modular_matrix(matrix))
    rows = _pivots(_modular_matrix(matrix[:, columns].T)) if columns.size else columns
    return Echelon(rows, columns, np.setdiff1d(np.arange(len(matrix)), columns))


def _modular_matrix(matrix: np.ndarray) -> Any:
    import flint

    rows, columns = matrix.shape
    return flint.nmod_mat(rows, columns, [int(x) for x in matrix.ravel()], PRIME)


def _pivots(matrix: Any) -> np.ndarray:
    reduced, rank = matrix.rref()
    columns, at = [], 0
    for row in range(rank):
        while int(reduced[row, at]) == 0:
            at += 1
        columns.append(at)
    return np.array(columns, dtype=int)


def solve_modulo_prime(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The solution of a regular system modulo `PRIME`, Python int, shape of `right` (n, k)."""
    found = _modular_matrix(matrix).solve(_modular_matrix(right))
    return np.array([[int(x) for x in row] for row in found.tolist()], dtype=object)


def solve_in_balls(matrix: np.ndarray, right: np.ndarray) -> np.ndarray | None:
    """The solution of a system of balls, real or complex, (n, n) and (n, k); None if these digits do not decide."""
    import flint

    if not right.size:
        return right
    make: Any = flint.acb_mat if isinstance(matrix.flat[0], flint.acb) else flint.arb_mat
    try:
        found = make(*matrix.shape, matrix.ravel().tolist()).solve(make(*right.shape, right.ravel().tolist()))
    except ZeroDivisionError:
        return None
    out = np.empty(right.shape, dtype=object)
    for k, x in enumerate(found.entries()):
        out.flat[k] = x
    return out


def at_rising_precision(attempt: Callable[[], Any | None], what: str) -> Any:
    """Result of `attempt` at the first precision at which it is not None: 192 bits, doubled each time.

    Raises
    ------
    NumericalError
        If 32768 bits do not decide.
    """
    import flint

    precision = FIRST_PRECISION
    while precision <= LAST_PRECISION:
        with flint.ctx.workprec(precision):
            found = attempt()
        if found is not None:
            return found
        precision *= 2
    raise NumericalError(
        f"{what} is not decided by {LAST_PRECISION} bits of ball arithmetic: rates of this generator lie more than "
        f"e^{LAST_PRECISION // 6} apart. Treat the slow and the fast part by themselves."
    )


# Positive matrices with eigenvalues of any size


@dataclass(frozen=True, eq=False)
class GradedEigenvalues:
    """Eigenvalues of a positive matrix, each to relative accuracy, as logarithms.

    Parameters
    ----------
    log_values : RealArray, shape (k,)
        Logarithms of the eigenvalues that are not zero, descending.
    vectors : ComplexArray, shape (n, n)
        Orthonormal columns; the first k belong to `log_values`, the others span the null space.
    """

    log_values: RealArray
    vectors: ComplexArray


def graded_eigenvalues(matrix: np.ndarray, rank: int) -> GradedEigenvalues | None:
    """Eigenvalues of a positive matrix of complex balls (n, n) of known rank; None if these digits do not decide.

    Cholesky's factorisation with the largest pivot first, in balls, gives `matrix = G G^dagger` with columns
    `exp(l_k) u_k`. Rotations of pairs of columns (one-sided Jacobi) then make them orthogonal, with the sizes held as
    logarithms: an eigenvalue of exp(-2000) next to one of order one keeps its digits.

    Raises
    ------
    ArithmeticError
        If the matrix has a negative eigenvalue.
    """
    n = len(matrix)
    rest: Any = matrix.copy()
    left = list(range(n))
    logs, columns = np.zeros(rank), np.zeros((n, rank), dtype=complex)
    for k in range(rank):
        at = max(left, key=lambda i: rest[i, i].real.mid())
        left.remove(at)
        pivot = rest[at, at].real
        if pivot < 0:
            raise ArithmeticError
        if not pivot > 0 or pivot.rel_accuracy_bits() < _PIVOT_BITS:
            return None
        # rest -= c c^dagger / pivot with c the column of the pivot.
        column = rest[:, at].copy()
        conjugate = rest[at, :].copy()
        logs[k] = 0.5 * float(pivot.log())
        columns[:, k] = [complex(x / pivot) for x in column]
        rest = rest - np.multiply.outer(column / pivot, conjugate)
    if any(rest[i, i].real < 0 for i in left):
        raise ArithmeticError
    lengths = np.linalg.norm(columns, axis=0)
    return _orthogonalised(columns / lengths, logs + np.log(lengths))


_PIVOT_BITS = 64
"""Bits that a pivot must have: a few more than a double."""

_SWEEPS = 40


def _orthogonalised(columns: ComplexArray, logs: RealArray) -> GradedEigenvalues:
    """Rotate unit columns `u_k` of sizes `exp(logs[k])` until they are orthogonal: singular values are the sizes."""
    U, sizes = columns.copy(), logs.copy()
    n, rank = U.shape
    for _ in range(_SWEEPS):
        turned = 0.0
        for i in range(rank):
            for j in range(i + 1, rank):
                first, second = (i, j) if sizes[i] >= sizes[j] else (j, i)
                turned = max(turned, _rotate(U, sizes, first, second))
        if turned <= n * 2.0**-52:
            break
    order = np.argsort(-sizes, kind="stable")
    vectors = U[:, order]
    if rank < n:
        # A full QR keeps the span of the columns and adds its complement.
        vectors = np.hstack([vectors, np.linalg.qr(vectors, mode="complete")[0][:, rank:]])
    return GradedEigenvalues(2 * sizes[order], vectors)


def _rotate(U: ComplexArray, sizes: RealArray, first: int, second: int) -> float:
    """Make columns `first` (the larger) and `second` orthogonal; the cosine of the angle they had is returned."""
    u, v = U[:, first], U[:, second]
    overlap = complex(np.vdot(u, v))
    cosine = abs(overlap)
    if cosine <= 2.0**-53:
        return 0.0
    v = v * (overlap.conjugate() / cosine)
    ratio = float(np.exp(sizes[second] - sizes[first]))
    # Jacobi's rotation of the Gram matrix [[1, r c], [r c, r^2]]; t = tan of its angle, written as r times `slope`.
    spread = 0.5 * (1.0 - ratio**2) / cosine
    slope = 1.0 / (spread + np.hypot(spread, ratio)) if spread > 0 or ratio > 0 else 1.0
    tangent = ratio * slope
    norm = np.hypot(1.0, tangent)
    large = (u + tangent * ratio * v) / norm
    # In units of exp(sizes[second]): (v - slope u) / norm, since t / r = slope.
    small = (v - slope * u) / norm
    for index, vector, base in ((first, large, sizes[first]), (second, small, sizes[second])):
        length = float(np.linalg.norm(vector))
        U[:, index] = vector / length
        sizes[index] = base + np.log(length)
    return cosine
