"""Action of the exponential of a rate matrix, or of any small matrix, at many times at once, without time steps.

Both kinds climb one ladder: the exponential over one unit of time, then its square, the square of that, and so
on; a time is the product of the rungs named by its binary digits. The ladder ends where squaring changes nothing
any more, so the largest time costs no more than reaching the stationary state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import expm

from equipoise._checks import ROUND_OFF, Array, ComplexArray, NumericalError, RealArray, real_array, require
from equipoise.linalg.graphs import rate_matrix

MOST_JUMPS = 120
"""Order at which the Taylor series of one unit of time ends at the latest: 120 jumps weigh 1 / 120! = 1e-199."""

MOST_RUNGS = 1020
"""Rungs above the first: hardly a double is longer than 2^1020 units of time."""

MOST_MOVING_RUNGS = 48
"""Rungs after which what still moves is known to less than a tenth: round-off doubles at each."""


def rate_matrix_action(rates: ArrayLike, weights: ArrayLike, times: ArrayLike) -> RealArray:
    r"""Weights :math:`p(t) = e^{Gt} p(0)` of a Markov chain, each to high *relative* accuracy, at many times.

    ``G = W - diag(column sums of W)``. With s the largest exit rate, :math:`e^{Gt} = e^{-st} e^{(G + s)t}` is a
    series of non-negative terms, and squares of non-negative matrices only add and multiply: nothing is ever
    subtracted, so a weight of 1e-250 has as many digits as one of order one. Each square is divided by its column
    sums, which a round-off would otherwise double at each rung. The error is some d round-offs for each of the
    log2(s t) rungs, beyond the conditioning of an exponential decay itself (s t round-offs).

    A matrix product is made for each doubling of the time up to the largest one, or until the chain is stationary;
    memory is O(d^2 + T d).

    The rate j -> i is ``W[i, j]`` >= 0, the weights `p(0)` >= 0 have any sum, the T times are >= 0 in any order. The
    result, shape (T, d), is non-negative, each row with the sum of `weights`. A weight below 1e-308 is zero, and so may
    be one below 1e-199 that is first reached after more than 120 jumps.

    Examples
    --------
    A qubit in a cold reservoir, at times fifteen decades apart:

    >>> rates = [[0.0, 1.0], [1e-200, 0.0]]
    >>> [f"{weight:.6g}" for weight in rate_matrix_action(rates, [1.0, 0.0], [1e-6, 1e9])[:, 1]]
    ['1e-206', '1e-200']
    """
    W, start, points = _checked(rates, weights, times)
    with np.errstate(over="ignore"):
        exits = W.sum(axis=0)
    scale = float(exits.max(initial=0.0))
    is_finite, remedy = bool(scale < np.inf), "Use another unit of time."
    require(is_finite, "rates", "have finite column sums", f"a column sum is {scale}", remedy)
    if scale == 0.0:
        return np.tile(start, (points.size, 1))
    positive = _without_subtraction(W, exits, scale)

    part = partial(_positive_series, positive)
    total = start.sum()
    with np.errstate(under="ignore"):
        columns = _climb(_first_rung(positive), start, _in_units(points, scale), part, _normalised, _is_positive_limit)
    sums = columns.sum(axis=0)
    return np.asarray((columns * (total / np.where(sums > 0, sums, 1.0))).T)


def rate_matrix_propagators(rates: ArrayLike) -> Iterator[tuple[float, RealArray]]:
    """Transition probabilities of a Markov chain over times `2^k / s`, k = 0, 1, 2, ..., s the largest exit rate.

    Each element to relative accuracy, as `rate_matrix_action`; there is no end to them unless all rates are zero.

    Examples
    --------
    >>> ladder = rate_matrix_propagators([[0.0, 1.0], [1.0, 0.0]])
    >>> [(time, round(float(P[0, 0]), 6)) for time, P in (next(ladder), next(ladder))]
    [(1.0, 0.567668), (2.0, 0.509158)]
    """
    W = rate_matrix(rates)
    exits = W.sum(axis=0)
    scale = float(exits.max(initial=0.0))
    if scale == 0.0:
        return
    time, rung = 1.0 / scale, _first_rung(_without_subtraction(W, exits, scale))
    while True:
        yield time, rung
        time, rung = 2 * time, _normalised(rung @ rung)


def matrix_action(
    matrix: ArrayLike, vector: ArrayLike, times: ArrayLike, conserved: ArrayLike | None = None
) -> ComplexArray:
    """Vectors `exp(M t) x` of a small matrix whose semigroup is bounded, at many times, without time steps.

    The ladder of `rate_matrix_action`, over scipy's exponential of one unit of time. The error is absolute,
    relative to the largest element: round-off times the product of time and norm of M while parts of the vector
    still move, and round-off once it is stationary. What moves slower than the round-off of the fastest counts as
    stationary.

    The matrix has the shape (n, n), the T times are >= 0 in any order, and the result has the shape (T, n). A row
    vector `conserved`, shape (n,), with `conserved @ M = 0` (the trace) is kept to the last digit at each rung, without
    which round-off would double at each.

    Raises
    ------
    NumericalError
        Parts that still move at a time at which round-off has grown to the size of the vector.

    Examples
    --------
    >>> bool(np.allclose(matrix_action([[-1 + 2j]], [1.0], [3.0]), np.exp(-3 + 6j)))
    True
    """
    M, start = np.array(matrix, dtype=complex), np.asarray(vector, dtype=complex)
    require(M.ndim == 2 and M.shape[0] == M.shape[1], "matrix", "have shape (n, n)", f"has shape {M.shape}")
    require(start.shape == M.shape[:1], "vector", f"have shape ({len(M)},)", f"has shape {start.shape}")
    require(bool(np.isfinite(M).all() and np.isfinite(start).all()), "matrix", "be finite", "has infinities or NaN")
    points = checked_times(times)
    # The rotation that all elements share is a phase, exactly.
    rotation = 1j * float(np.mean(np.diag(M).imag)) if conserved is None and start.size else 0.0
    M[np.diag_indices_from(M)] -= rotation
    scale = float(np.abs(M).sum(axis=0).max(initial=0.0))
    phases = np.exp(rotation * points)[:, None]
    if scale == 0.0:
        return np.asarray(phases * start)
    M /= scale

    def corrected(rung: Array) -> Array:
        if conserved is None:
            return rung
        row = np.asarray(conserved, dtype=complex)
        # A rank-one correction along the functional itself, of the size of the round-off it removes.
        return np.asarray(rung + np.outer(row.conj() / np.vdot(row, row), row - row @ rung))

    rungs = 0

    def is_limit(square: Array, rung: Array) -> bool:
        nonlocal rungs
        rungs += 1
        if _is_limit(square, rung):
            return True
        if rungs > MOST_MOVING_RUNGS:
            raise NumericalError(
                f"The vector still moves after {2.0**rungs / scale:.3g} units of time, {2.0**rungs:.1g} times the "
                "inverse norm of the matrix: its phases are lost in round-off. Ask for shorter times, or take the "
                "fast rotation out (an interaction picture)."
            )
        return False

    columns = _climb(corrected(expm(M)), start, _in_units(points, scale), partial(_series, M), corrected, is_limit)
    return np.asarray(phases * columns.T)


def _in_units(times: RealArray, scale: float) -> RealArray:
    """Times in units of `1 / scale`, as far as doubles go: nothing moves after so many."""
    with np.errstate(over="ignore"):
        return np.asarray(np.minimum(times * scale, 2.0**MOST_RUNGS))


def _climb(
    rung: Array,
    start: Array,
    lengths: RealArray,
    part: Callable[[Array, RealArray], Array],
    corrected: Callable[[Array], Array],
    is_limit: Callable[[Array, Array], bool],
) -> Array:
    """Columns `exp(M x) start`, shape (n, T), for lengths x in units of time of which `rung` is the exponential."""
    whole = np.floor(lengths)
    columns = part(np.repeat(start[:, None], lengths.size, axis=1), lengths - whole)
    for _ in range(MOST_RUNGS + 1):
        if not np.any(whole > 0):
            break
        # Exact in floating point: halving, rounding down, and the last digit.
        odd = whole != 2 * np.floor(whole / 2)
        columns[:, odd] = rung @ columns[:, odd]
        whole = np.floor(whole / 2)
        if not np.any(whole > 0):
            break
        square = corrected(rung @ rung)
        if is_limit(square, rung):
            columns[:, whole > 0] = square @ columns[:, whole > 0]
            break
        rung = square
    return columns


def _without_subtraction(W: RealArray, exits: RealArray, scale: float) -> RealArray:
    """`1 + G / s >= 0`, s the largest exit rate: the diagonal is one minus exits that are at most one."""
    positive = W / scale
    positive[np.diag_indices_from(positive)] = (scale - exits) / scale
    return np.asarray(positive)


def _first_rung(positive: RealArray) -> RealArray:
    """The exponential over one unit of time."""
    return _normalised(_positive_series(positive, np.eye(len(positive)), np.ones(len(positive))))


def _normalised(rung: RealArray) -> RealArray:
    """Columns with sum one, which round-off would miss by twice as much at each rung."""
    return np.asarray(rung / rung.sum(axis=0))


def _is_positive_limit(square: Array, rung: Array) -> bool:
    """Whether squaring changes no element beyond its own round-off."""
    return bool(np.all(np.abs(square - rung) <= 16 * ROUND_OFF * np.sqrt(len(rung)) * square))


def _is_limit(square: Array, rung: Array) -> bool:
    """Whether squaring changes nothing beyond round-off of the largest element, or all has decayed."""
    size = float(np.abs(square).max())
    return size == 0.0 or float(np.abs(square - rung).max()) <= 4 * ROUND_OFF * np.sqrt(len(rung)) * size


def _positive_series(positive: RealArray, vectors: RealArray, lengths: RealArray) -> RealArray:
    """`exp((A - 1) x) v` for A >= 0 with column sums one and 0 <= x <= 1: every element to its own round-off."""
    term, total = vectors.copy(), vectors.copy()
    for order in range(1, MOST_JUMPS + 1):
        term = (positive @ term) * (lengths / order)
        total += term
        # An element that a jump has just reached is not converged: its term is all of it.
        if np.all(term <= 0.125 * ROUND_OFF * total):
            break
    return np.asarray(total * np.exp(-lengths))


def _series(matrix: Array, vectors: Array, lengths: RealArray) -> Array:
    """`exp(M x) v` for a matrix of norm one and 0 <= x <= 1."""
    term, total = vectors.copy(), vectors.copy()
    for order in range(1, 24):
        term = (matrix @ term) * (lengths / order)
        total += term
    return total


def checked_times(times: ArrayLike, remedy: str = "") -> RealArray:
    """Finite times >= 0 in any order, shape (T,), as a new array."""
    points = real_array(times, "times")
    require(points.ndim == 1, "times", "be a list of times, shape (T,)", f"has shape {points.shape}")
    bad = points[~(np.isfinite(points) & (points >= 0))]
    require(not bad.size, "times", "be finite and >= 0", f"holds {bad[0] if bad.size else 0.0}", remedy)
    return points


def _checked(rates: ArrayLike, weights: ArrayLike, times: ArrayLike) -> tuple[RealArray, RealArray, RealArray]:
    W, start = rate_matrix(rates), real_array(weights, "weights")
    require(start.shape == W.shape[:1], "weights", f"have shape ({len(W)},)", f"has shape {start.shape}")
    require(bool(np.all(np.isfinite(start) & (start >= 0))), "weights", "be finite and >= 0", f"got {start.min()}")
    return W, start, checked_times(times)
