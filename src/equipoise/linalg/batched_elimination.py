"""Stationary weights of many small rate matrices at once, for sweeps.

The elimination of :mod:`equipoise.linalg.elimination`, with the points of the sweep as the last, contiguous
axis, so that every step is one vectorised operation over thousands of points.
"""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import InputError, RealArray, real_array, require
from equipoise.linalg._linear_elimination import TINY
from equipoise.linalg.elimination import normalised, stationary_classes

_CHUNK_ELEMENTS = 1 << 16
"""Rates treated at a time: 512 kB, so that the work arrays stay in the second-level cache."""


def stationary_log_weights_batch(log_rates: ArrayLike) -> RealArray:
    """Return the logarithms of the stationary populations of each rate matrix in a stack.

    Parameters
    ----------
    log_rates : array_like, shape (..., d, d)
        ``log W[i, j]`` for the rate j -> i, ``-inf`` where there is none. The diagonals are ignored. Meant
        for small d, say up to 16; for large d call
        :func:`~equipoise.linalg.elimination.stationary_log_weights` in a loop.

    Returns
    -------
    array, shape (..., d)
        log p, normalised over the last axis; ``-inf`` for transient states.

    Raises
    ------
    InputError
        Not a stack of square matrices of floats below ``+inf``, or a matrix (the first one is named) with several
        closed classes: its stationary distribution is not unique.

    Examples
    --------
    A qubit whose excitation rate is exp(-x) of its decay rate, for two values of x:

    >>> import numpy as np
    >>> x = np.array([1.0, 900.0])
    >>> logs = np.zeros((2, 2, 2))
    >>> logs[:, 1, 0] = -x
    >>> stationary_log_weights_batch(logs)[:, 1] + np.log1p(np.exp(-x))
    array([  -1., -900.])
    """
    logs = real_array(log_rates, "log_rates")
    is_stack = logs.ndim >= 2 and logs.shape[-1] == logs.shape[-2] and logs.shape[-1] > 0
    square = "be a stack of square matrices of shape (..., d, d), d > 0"
    require(is_stack, "log_rates", square, f"has shape {logs.shape}")
    dimension, batch = logs.shape[-1], logs.shape[:-2]
    stack = logs.reshape(-1, dimension**2)
    result = np.empty((len(stack), dimension))
    step = max(1, _CHUNK_ELEMENTS // dimension**2)
    for start in range(0, len(stack), step):
        chunk = np.ascontiguousarray(stack[start : start + step].T).reshape(dimension, dimension, -1)
        np.einsum("iik->ik", chunk)[:] = -np.inf
        _refuse_infinite(chunk, start, batch)
        weights, unsolved = _solve(chunk)
        result[start : start + step] = weights.T
        for point in np.flatnonzero(unsolved):
            result[start + point] = _only_class(chunk[:, :, point], start + int(point), batch)
    return result.reshape(*batch, dimension)


def _solve(logs: RealArray) -> tuple[RealArray, NDArray[np.bool_]]:
    """Return log p of shape (d, points), and which points met a state without exit (their log p is void)."""
    with np.errstate(all="ignore"):
        top = logs.max(axis=0)
        top[top == -np.inf] = 0.0  # no exit, nothing to scale
        scaled = logs - top
        least: RealArray = scaled.min(axis=(0, 1), where=scaled > -np.inf, initial=0.0)
        np.exp(scaled, out=scaled)
        safe = _is_safe(-float(least.min(initial=0.0)), len(logs))
        weights, exits, trusted = _eliminate(scaled, None if safe else np.exp(least))
        log_p = normalised(np.log(weights) - top)
        unsolved: NDArray[np.bool_] = np.any(~(exits > 0), axis=0)
        again = np.flatnonzero(~trusted)
        if again.size:
            log_p[:, again], unsolved[again] = _eliminate_logarithms(logs[:, :, again])
    return log_p, unsolved


def _is_safe(spread: float, dimension: int) -> bool:
    """Return whether rates between exp(-spread) and one keep every factor and population in double range.

    A factor is at least one path of at most d - 1 rates over d - 2 exits (each at most d), a ratio of
    populations at least one spanning tree over all trees, an exit times a population the product of the two.
    """
    return 2 * (dimension - 1) * spread + 2 * dimension * log(dimension) <= -log(TINY)


def _eliminate(rates: RealArray, least: RealArray | None) -> tuple[RealArray, RealArray, NDArray[np.bool_]]:
    """Eliminate in place; return weights and exits, shape (d, points), and which points stayed in range.

    `least` holds the least positive rate of each point, or is None if there is nothing to check. The
    condition for one point is that of :mod:`equipoise.linalg._linear_elimination`, a little stricter: no
    rate, and no product of a factor in column n and one in row n, may come near underflow, whatever it is
    added to.
    """
    dimension, points = len(rates), rates.shape[-1]
    exits, weights = np.ones((dimension, points)), np.ones((dimension, points))
    for n in range(dimension - 1, 0, -1):
        column, row = rates[:n, n], rates[n, :n]
        column.sum(axis=0, out=exits[n])
        column /= exits[n]
        if least is not None:
            least_column = np.where(column > 0, column, 1.0).min(axis=0)
            least_row = np.where(row > 0, row, 1.0).min(axis=0)
            np.minimum(least, least_column * np.minimum(least_row, exits[n]), out=least)
        rates[:n, :n] += column[:, None] * row
    for n in range(1, dimension):
        np.divide((rates[n, :n] * weights[:n]).sum(axis=0), exits[n], out=weights[n])
    if least is None:
        return weights, exits, np.ones(points, dtype=bool)
    in_range = ((weights * exits).min(axis=0) >= TINY) & (weights.max(axis=0) <= 1 / TINY)
    return weights, exits, (least >= TINY) & in_range


def _eliminate_logarithms(logs: RealArray) -> tuple[RealArray, NDArray[np.bool_]]:
    """Return log p and which points met a state without exit; the same steps over logarithms."""
    dimension, points = len(logs), logs.shape[-1]
    logs, exits, weights = logs.copy(), np.zeros((dimension, points)), np.zeros((dimension, points))
    for n in range(dimension - 1, 0, -1):
        exits[n] = np.logaddexp.reduce(logs[:n, n], axis=0)
        column = logs[:n, n] - exits[n]
        logs[:n, :n] = np.logaddexp(logs[:n, :n], column[:, None] + logs[n, :n])
    for n in range(1, dimension):
        weights[n] = np.logaddexp.reduce(logs[n, :n] + weights[:n], axis=0) - exits[n]
    return normalised(weights), (exits == -np.inf).any(axis=0)


def _only_class(logs: RealArray, point: int, batch: tuple[int, ...]) -> RealArray:
    """Solve a matrix whose first state is transient, or refuse it when its stationary state is not unique."""
    classes = stationary_classes(logs)
    require(
        len(classes) == 1,
        f"log_rates{_index(point, batch)}",
        "have a single closed class",
        f"has {len(classes)}",
        "Use `stationary_classes`, which treats each class.",
    )
    return classes[0].log_weights


def _refuse_infinite(logs: RealArray, start: int, batch: tuple[int, ...]) -> None:
    # The maximum is NaN if any element is.
    if float(logs.max()) < np.inf:
        return
    point, i, j = np.argwhere(np.moveaxis(~(logs < np.inf), -1, 0))[0]
    raise InputError(
        f"Argument `log_rates{_index(start + int(point), batch)}` must have elements below +inf (-inf for an "
        f"absent transition), but element [{i}, {j}] is {logs[i, j, point]}."
    )


def _index(point: int, batch: tuple[int, ...]) -> str:
    return str([int(k) for k in np.unravel_index(point, batch)]) if batch else ""
