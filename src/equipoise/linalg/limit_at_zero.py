r"""Limits v -> 0+ of functions that are only known as computed numbers.

A function written as `1 - exp(-v)` has lost all its digits at v = 1e-17, and one written with `expm1` has not. The
function is therefore asked on a ladder of frequencies that halve, over the whole range of doubles, at neighbouring
points each: their differences of high order measure its rounding. The limit is extrapolated from the rungs below the
largest value of abs(v^2 f) down to where rounding takes over, and no rung further down may contradict it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from equipoise._checks import ROUND_OFF, InputError, NumericalError, RealArray
from equipoise.linalg.quadrature import BoolArray

OCTAVES = 990
"""Halvings on either side of 1: the squares of the frequencies still fit into doubles twice over."""

STEPS = np.concatenate([2.8749e-4 * np.arange(-2, 3), 0.02137 * np.array([-3, -2, -1, 1, 2, 3])])
"""Neighbours of a rung: the near ones measure rounding (a smooth function has a fourth difference of 1e-14 of itself),
the far ones also that of a function which takes few values. None is a short binary fraction, which is not rounded."""

NEAR = np.concatenate([[1.0, -4.0, 6.0, -4.0, 1.0], np.zeros(6)])
FAR = np.array([0.0, 0.0, -20.0, 0.0, 0.0, 1.0, -6.0, 15.0, 15.0, -6.0, 1.0])

LEGIBLE = 1e-4
"""Rounding, relative to the value, beyond which a rung says nothing."""

RUN = 6
"""Least number of rungs in a row that are extrapolated."""

DEPTH = 10
"""Columns of the extrapolation: corrections v, v^2, ... removed at most."""

FLAT = 1e-3
"""A power law |p| below this is read as a finite limit."""

RESOLVED = 1e-3
"""Relative error of the limit beyond which it is refused."""


@dataclass(frozen=True)
class LimitAtZero:
    """The limit: 0, a finite value, or infinity; and the error that extrapolation and rounding leave of it."""

    value: float
    error: float


def limit_at_zero(function: Callable[[RealArray], RealArray], what: str) -> LimitAtZero:
    """Limit v -> 0+ of a function of one sign, which may refuse some frequencies.

    Raises
    ------
    NumericalError
        If the values at small frequencies agree on no limit.

    Examples
    --------
    >>> import numpy as np
    >>> found = limit_at_zero(lambda v: (1 - np.exp(-v)) / v, "The slope")
    >>> abs(found.value - 1) <= found.error < 1e-9
    True
    >>> limit_at_zero(lambda v: v**0.5, "The slope").value
    0.0
    """
    v: RealArray = np.asarray(1.3194829 * 2.0 ** np.arange(OCTAVES, -OCTAVES - 1, -1), dtype=np.float64)
    values = _tolerant(function, (v[:, None] * (1 + STEPS)).ravel()).reshape(v.size, -1)
    with np.errstate(all="ignore"):
        f, logarithms = values[:, 2], np.log(np.abs(values))
        relative = np.maximum(np.abs(logarithms @ NEAR) / np.linalg.norm(NEAR), ROUND_OFF)
        rounding = np.maximum(relative, np.abs(logarithms @ FAR) / np.linalg.norm(FAR))
        legible = np.isfinite(rounding) & (rounding <= LEGIBLE)
        legible = _in_long_runs(legible)
        size = np.where(legible, 2 * np.log(v) + np.log(np.abs(f)), -np.inf)
    if not np.isfinite(values).any():
        function(v)  # it refuses all of them, and says why
    if not legible.any():
        if np.all(f[np.isfinite(f)] == 0) and np.isfinite(f).any():
            return LimitAtZero(0.0, 0.0)
        raise _unresolved(what)
    top = int(np.argmax(size >= size.max() - np.log(4)))
    below = np.flatnonzero(~legible[top:])
    end = top + int(below[0]) if below.size else v.size
    f, relative = f[top:end], 4 * np.maximum.accumulate(relative[top:end])
    if end < v.size and np.any(values[end] == 0) and (relative[-1] < FLAT**3 or abs(f[-1]) < 1e-100 * np.abs(f).max()):
        return LimitAtZero(0.0, 0.0)  # a gap, or a value that has underflowed: not rounded away
    power = _extrapolated(np.log2(f[:-1] / f[1:]), 2 * (relative[:-1] + relative[1:]))
    if not np.isfinite(power.error):
        raise _unresolved(what)
    if abs(power.value) > FLAT + 3 * power.error:
        return LimitAtZero(0.0 if power.value > 0 else np.inf, 0.0)
    found = _extrapolated(f, relative * np.abs(f))
    if not found.error <= RESOLVED * abs(found.value):
        raise _unresolved(what)
    return found


def _extrapolated(f: RealArray, noise: RealArray) -> LimitAtZero:
    """Neville's limit of rungs that halve, where truncation and rounding cross; no later rung contradicts it."""
    table, error = [f], [np.append(np.inf, np.abs(np.diff(f))) + noise]
    amplified = noise
    for j in range(1, min(DEPTH, f.size)):
        last = table[-1]
        factor = 2.0**j - 1
        new = np.full(f.shape, np.nan)
        new[j:] = last[j:] + (last[j:] - last[j - 1 : -1]) / factor
        # The rung above has the smaller rounding, that of this one is amplified most.
        amplified = amplified * (1 + 2 / factor)
        apart = np.full(f.shape, np.inf)
        near = (last[j:], last[j - 1 : -1], np.append(np.inf, new[j:-1]))
        apart[j:] = np.max([np.abs(new[j:] - other) for other in near], axis=0)
        table.append(new)
        error.append(apart + amplified)
    entries, errors = np.array(table), np.array(error)
    first = 0
    while True:
        allowed = errors[:, first:]
        if not np.isfinite(allowed).any():
            return LimitAtZero(np.nan, np.inf)
        column, rung = np.unravel_index(int(np.nanargmin(allowed)), allowed.shape)
        at = first + int(rung)
        value, bound = float(entries[column, at]), float(errors[column, at])
        apart = np.abs(f[at + 1 :] - value)
        contradicted = np.flatnonzero(apart > 2 * abs(f[at] - value) + 2 * bound + 8 * noise[at + 1 :])
        if not contradicted.size:
            return LimitAtZero(value, bound)
        first = at + 1 + int(contradicted[0])
        # Entries that reach above this rung belong to another scale.
        for j in range(1, len(table)):
            errors[j, first : first + j] = np.inf


def _in_long_runs(legible: BoolArray) -> BoolArray:
    """Those of at least RUN rungs in a row: fewer are legible by chance, or on the flank of a peak."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], legible, [False]])))
    kept = np.zeros(legible.shape, dtype=bool)
    for start, stop in edges.reshape(-1, 2):
        kept[start:stop] = stop - start >= RUN
    return kept


def _tolerant(function: Callable[[RealArray], RealArray], points: RealArray) -> RealArray:
    """Values, NaN where the function refuses: found by halving the points."""
    try:
        with np.errstate(all="ignore"):
            return np.asarray(function(points), dtype=float)
    except (InputError, NumericalError, ArithmeticError, ValueError):
        if points.size <= STEPS.size:
            return np.full(points.shape, np.nan)
    middle = points.size // STEPS.size // 2 * STEPS.size
    return np.concatenate([_tolerant(function, points[:middle]), _tolerant(function, points[middle:])])


def _unresolved(what: str) -> NumericalError:
    return NumericalError(
        f"{what} as omega -> 0+ cannot be read off the function: its values at small frequencies agree on no "
        "limit, or are rounded away. Write differences that cancel there with expm1 or log1p, or give a closed form."
    )
