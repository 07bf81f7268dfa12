"""Functions of one variable by their monotone pieces: turning points, inversion, derivative."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise._checks import ROUND_OFF, RealArray

IntArray = NDArray[np.intp]
RealFunction = Callable[[RealArray], RealArray]

GRID = 2001
"""Points at which a function is searched for turning points: it may have a few hundred."""

DECADES = 8
"""Half-width, in decades around 1, of the logarithmic grid on an infinite range."""

MAXIMUM_ITERATIONS = 1200
"""Bisection alone, from 1 to the smallest double, needs 1100; interpolation makes it about 10."""

STEP = 1e-2
"""Largest step of a numerical derivative, relative to the distance from the ends of the range."""

_STENCIL = np.array([1.0, -9.0, 45.0]) / 60  # sixth-order central difference: f(+-3h), f(+-2h), f(+-h)


@dataclass(frozen=True)
class MonotonePieces:
    """A function between turning points.

    Attributes
    ----------
    ends : ndarray, shape (n + 1,)
        Increasing: the ends of the range and the turning points between them; the last may be infinite.
    values : ndarray, shape (n + 1,)
        The function there; the last is its limit.
    """

    function: RealFunction
    ends: RealArray
    values: RealArray

    def preimages(self, targets: RealArray) -> list[tuple[IntArray, RealArray]]:
        """Return for each piece the indices of the targets that it takes, and where it takes them."""
        found = []
        for i in range(self.ends.size - 1):
            low, high = sorted(self.values[i : i + 2])
            chosen = np.flatnonzero((targets >= low) & (targets <= high) & (low < high))
            if chosen.size:
                found.append((chosen, self._invert(i, targets[chosen])))
        return found

    def _invert(self, piece: int, targets: RealArray) -> RealArray:
        start, stop = self.ends[piece : piece + 2]
        below, above = self.values[piece] - targets, self.values[piece + 1] - targets
        left, right = np.full(targets.shape, start), np.full(targets.shape, stop)
        if not np.isfinite(stop):
            right, above = self._bracket(start, targets, below)
        return _bracketed_roots(lambda x, rows: self.function(x) - targets[rows], left, right, below, above)

    def _bracket(self, start: float, targets: RealArray, below: RealArray) -> tuple[RealArray, RealArray]:
        """Upper ends beyond which an infinite piece has passed its targets."""
        right = np.full(targets.shape, max(2 * abs(start), 1.0))
        above = self.function(right) - targets
        while np.any(short := (np.sign(above) == np.sign(below)) & (right < 1e250)):
            right = np.where(short, 4 * right, right)
            above = np.where(short, self.function(right) - targets, above)
        return right, above


def monotone_pieces(function: RealFunction, lower: float, upper: float) -> MonotonePieces:
    """Find the turning points of `function` from `lower` to `upper` (which may be infinite) on a grid."""
    if np.isfinite(upper):
        grid = np.linspace(lower, upper, GRID)
    else:
        grid = np.append(lower, lower + np.logspace(-DECADES, DECADES, GRID - 1))
    values = function(grid)
    slopes = np.sign(np.diff(values))
    turns = np.flatnonzero(slopes[:-1] * slopes[1:] < 0) + 1
    points = [_refined(function, grid[i - 1], grid[i + 1], slopes[i]) for i in turns]
    ends = np.concatenate([[lower], points, [upper]])
    if np.isfinite(upper):
        return MonotonePieces(function, ends, function(ends))
    inner = function(ends[:-1])
    return MonotonePieces(function, ends, np.append(inner, _limit(function)))


def derivative(function: RealFunction, points: RealArray, lower: float, upper: float) -> RealArray:
    """Return the derivative by sixth-order differences, with the step at which two of them agree best."""
    room = np.minimum(points - lower, upper - points) if np.isfinite(upper) else points - lower
    steps = STEP * room[None, :] * 10.0 ** -np.arange(4)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        estimates = np.array([_difference(function, points, h) for h in steps])
    changes = np.abs(np.diff(estimates, axis=0))
    best = np.argmin(np.where(np.isnan(changes), np.inf, changes), axis=0)
    return np.asarray(estimates[best, np.arange(points.size)])


def _difference(function: RealFunction, points: RealArray, step: RealArray) -> RealArray:
    rise = [function(points + m * step) - function(points - m * step) for m in (3, 2, 1)]
    return np.asarray(np.tensordot(_STENCIL, rise, axes=1) / step)


def _refined(function: RealFunction, left: float, right: float, sign: float) -> float:
    """Turning point in a bracket: its value to round-off. `sign` is +1 for a minimum."""
    from scipy.optimize import minimize_scalar

    result = minimize_scalar(
        lambda x: sign * float(function(np.array([x]))[0]),
        bounds=(left, right),
        method="bounded",
        options={"xatol": 1e-10 * (right - left)},
    )
    return float(result.x)


def _limit(function: RealFunction) -> float:
    """Limit at infinity: infinite if the function still changes between 10^12 and 10^16."""
    near, far = function(np.array([1e12, 1e16]))
    if abs(far - near) <= 1e-6 * max(abs(near), abs(far)):
        return float(far)
    return float(np.copysign(np.inf, far - near))


def _bracketed_roots(
    function: Callable[[RealArray, IntArray], RealArray],
    left: RealArray,
    right: RealArray,
    at_left: RealArray,
    at_right: RealArray,
) -> RealArray:
    """Roots by Chandrupatla's method (1997), element by element, to the spacing of doubles.

    Inverse quadratic interpolation where it is safe, else bisection. a is the newest point, b the other end
    of the bracket, c the point before.
    """
    a, b, fa, fb = right.copy(), left.copy(), at_right.copy(), at_left.copy()
    best = np.where(np.abs(fa) < np.abs(fb), a, b)
    active = np.flatnonzero((fa != 0) & (fb != 0))
    t = np.full(a.shape, 0.5)
    c, fc = a.copy(), fa.copy()
    for _ in range(MAXIMUM_ITERATIONS):
        if active.size == 0:
            break
        i = active
        x = a[i] + t[i] * (b[i] - a[i])
        fx = function(x, i)
        same = np.sign(fx) == np.sign(fa[i])
        c[i], fc[i] = np.where(same, a[i], b[i]), np.where(same, fa[i], fb[i])
        b[i], fb[i] = np.where(same, b[i], a[i]), np.where(same, fb[i], fa[i])
        a[i], fa[i] = x, fx
        best[i] = np.where(np.abs(fa[i]) < np.abs(fb[i]), a[i], b[i])
        width = np.abs(b[i] - a[i])
        tolerance = 2 * ROUND_OFF * np.abs(best[i]) / np.where(width == 0, 1.0, width)
        going = (tolerance < 0.5) & (fx != 0) & (width > np.finfo(float).tiny)
        active = i[going]
        points, values = (a[active], b[active], c[active]), (fa[active], fb[active], fc[active])
        t[active] = _chandrupatla_step(points, values, tolerance[going])
    return best


def _chandrupatla_step(
    points: tuple[RealArray, RealArray, RealArray],
    values: tuple[RealArray, RealArray, RealArray],
    tolerance: RealArray,
) -> RealArray:
    """Next point, as a fraction of the way from a to b."""
    (a, b, c), (fa, fb, fc) = points, values
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        safe = (phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi)
        t = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    return np.asarray(np.clip(np.where(safe & np.isfinite(t), t, 0.5), tolerance, 1 - tolerance))
