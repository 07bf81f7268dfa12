r"""Principal-value integrals :math:`P\!\int f(v)/(v - w)\,dv` of a piecewise analytic f, for many w at once.

Panels far from w are summed by Gauss's rule. On those near it the pole is integrated analytically against the
Legendre series of f: :math:`P\!\int_{-1}^{1} P_k(x)/(x - z)\,dx = -2 Q_k(z)`, with Q_k the Legendre functions
of the second kind, real on the cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from equipoise._checks import ComplexArray, NumericalError, RealArray
from equipoise.linalg.quadrature import LEGENDRE_AT_NODES, ORDER, WEIGHTS, IntArray, Panels, adaptive_panels

NEAR_REAL, NEAR_IMAGINARY = 1.5, 1.15
"""Half-axes, in half-widths of a panel, of the region of poles where Gauss's rule is not exact to round-off.

The ellipse of parameter rho = 2.6: the rule of 20 nodes leaves rho^-40 = 2e-17."""

POLE_FLOOR = 1e-20
"""Distance of a pole from the end of a panel, relative to its frequency, that stands for none: the logarithms
on the two sides of the end cancel, so its value is free, but both sides must use the same."""

JUMP = 1e-7
"""Jump of f at an anchor, relative to its size, beyond which the integral at a pole there diverges."""

SEARCHED, SEARCHED_DECADES = 2000, 6
"""Points, and decades on either side of 1, on which a function of unknown scales is searched for its peak."""

CHUNK = 1 << 19
"""Entries of the pole-by-node matrix held at once (4 MB)."""


def principal_value(
    function: Callable[[RealArray], RealArray],
    omega: RealArray,
    *,
    lower: float,
    upper: float,
    points: Sequence[float] = (),
    what: str = "The integral",
    remedy: str = "",
    explore: bool = False,
) -> RealArray:
    r"""Return :math:`P\!\int_{lower}^{upper} f(v)/(v - \omega)\,dv` at each `omega`.

    Reaches round-off times the condition of the sum for functions that are analytic between the points, with
    any power law at them and any decay at infinity.

    f is vectorised, and finite between the ends, which may be infinite; the poles lie inside or outside. At the
    frequencies `points` f is not smooth, or they mark its scales; those outside the ends are ignored. `what` and
    `remedy` name the integral, and what to do where it diverges. With `explore` a peak is looked for, and structure at
    all scales below the spacing of the points: for functions of unknown scales.

    Raises
    ------
    NumericalError
        If the integral diverges, at an end or at a pole (named), or cannot be resolved.

    Examples
    --------
    >>> import numpy as np
    >>> value = principal_value(lambda v: np.sqrt(1 - v**2), np.array([0.25]), lower=-1.0, upper=1.0)
    >>> bool(abs(value[0] + np.pi * 0.25) < 1e-14)
    True
    """
    poles, inverse = np.unique(np.asarray(omega, dtype=float), return_inverse=True)
    if poles.size == 0:
        return np.zeros(np.shape(omega))
    anchors = _anchors(points, lower, upper)
    if explore:
        anchors = sorted([*anchors, *_peak(function, anchors, lower, upper)])
    panels = adaptive_panels(function, anchors, lower, upper, poles, what=what, explore=explore)
    if panels.size == 0:
        return np.zeros(np.shape(omega))
    _require_no_jump(panels, poles, what, remedy)
    step = max(1, CHUNK // panels.nodes.size)
    values = [_transform(panels, poles[i : i + step]) for i in range(0, poles.size, step)]
    return np.concatenate(values)[inverse].reshape(np.shape(omega))


def _anchors(points: Sequence[float], lower: float, upper: float) -> list[float]:
    """Finite ends and inner points, increasing, none so close to another that they cannot be told apart."""
    ends = [end for end in (lower, upper) if np.isfinite(end)]
    inner = sorted(float(point) for point in points if lower < point < upper)
    anchors = list(ends)
    for point in inner:
        if all(abs(point - other) > 1e-13 * max(abs(point), abs(other)) for other in anchors):
            anchors.append(point)
    return sorted(anchors) or [0.0]


def _peak(function: Callable[[RealArray], RealArray], anchors: list[float], lower: float, upper: float) -> list[float]:
    """Where abs(f) is largest, unless that is at an anchor; on an even grid between ends, else by decades."""
    if np.isfinite(lower) and np.isfinite(upper):
        grid = lower + (upper - lower) * (np.arange(SEARCHED) + 0.5) / SEARCHED
    else:
        decades = np.logspace(-SEARCHED_DECADES, SEARCHED_DECADES, SEARCHED)
        origin = max(lower, min(upper, 0.0))
        sides = (lower < origin) * [origin - decades[::-1]] + (upper > origin) * [origin + decades]
        grid = np.concatenate(sides)
    values = np.abs(function(grid))
    i = int(np.clip(np.argmax(values), 3, grid.size - 4))
    if values[i] < np.max(values) or any(grid[i - 3] <= anchor <= grid[i + 3] for anchor in anchors):
        return []
    return [float(grid[i])]


def _require_no_jump(panels: Panels, poles: RealArray, what: str, remedy: str) -> None:
    """There is no principal value at an anchor where the one-sided limits of f differ, or one is infinite."""
    first = np.flatnonzero(panels.start == 0)
    for anchor in np.unique(panels.anchor[first]):
        if anchor not in poles:
            continue
        limits = {1.0: 0.0, -1.0: 0.0}
        infinite = False
        for index in first[panels.anchor[first] == anchor]:
            infinite |= bool(panels.singular[index])
            limits[float(panels.side[index])] = panels.value_at_start(int(index))
        jump = abs(limits[1.0] - limits[-1.0])
        if infinite or jump > JUMP * panels.size:
            raise NumericalError(
                f"{what} diverges at omega = {anchor:.6g}, where its integrand jumps or is infinite: a band "
                f"edge, a sharp Fermi level, or omega = 0 of an Ohmic bath.{' ' + remedy if remedy else ''}"
            )


def _transform(panels: Panels, poles: RealArray) -> RealArray:
    offset = panels.side * (poles[:, None] - panels.anchor)  # c = sigma (w - p), poles by panels
    root = np.sqrt(np.abs(offset))
    middle, half = (panels.start + panels.stop) / 2, (panels.stop - panels.start) / 2
    near = np.where(
        offset >= 0,
        np.abs(root - middle) < NEAR_REAL * half,
        (root < NEAR_IMAGINARY * half) & (middle < NEAR_REAL * half),
    )
    distance = (panels.anchor - poles[:, None])[:, :, None] + (panels.side[:, None] * panels.nodes**2)
    distance[near] = np.inf
    np.divide(1.0, distance, out=distance)
    result = distance.reshape(poles.size, -1) @ panels.weighted.ravel()
    rows, columns = np.nonzero(near)
    if rows.size:
        result += np.bincount(rows, _near(panels, poles[rows], columns), poles.size)
    return np.asarray(result)


def _near(panels: Panels, poles: RealArray, columns: IntArray) -> RealArray:
    r"""Contribution of panel columns[i] to the pole poles[i].

    With c = sigma (w - p) and y = sqrt(c), :math:`\sigma\int f\,2s\,ds/(s^2 - c)` is
    :math:`\sigma\int f\,[1/(s - y) + 1/(s + y)]\,ds`, or for a series of s f
    :math:`(\sigma/y)\int s f\,[1/(s - y) - 1/(s + y)]\,ds`. Where c < 0 the two poles are conjugate.
    """
    offset = panels.side[columns] * (poles - panels.anchor[columns])
    # Never zero, and a function of the pole alone: both sides of the end of a panel must use the same.
    floor = np.maximum(POLE_FLOOR * np.abs(poles), np.finfo(float).tiny)
    y = np.sqrt(np.maximum(np.abs(offset), floor))
    result = np.empty(poles.shape)
    for inside in (True, False):
        chosen = np.flatnonzero((offset >= 0) == inside)
        column, root = columns[chosen], y[chosen]
        singular = panels.singular[column]
        if inside:
            right = _cauchy_right(panels, column, root, poles[chosen], offset[chosen], floor[chosen])
            left = _cauchy_left(panels, column, root)
            result[chosen] = np.where(singular, (right - left) / root, right + left)
        else:
            value = _cauchy_imaginary(panels, column, root)
            result[chosen] = 2 * np.where(singular, value.imag / root, value.real)
    return np.asarray(panels.side[columns] * result)


def _cauchy_right(
    panels: Panels, column: IntArray, y: RealArray, poles: RealArray, offset: RealArray, floor: RealArray
) -> RealArray:
    """P int g ds/(s - y), y > 0 on or near the panel; g is the function of the series."""
    start, stop, junction = panels.start[column], panels.stop[column], panels.junction[column]
    # y^2 - s^2 rather than y - s, and w - v at a junction: the numbers that the adjacent panel uses too.
    meets = np.isfinite(junction)
    to_stop = np.where(meets, panels.side[column] * (poles - np.where(meets, junction, 0.0)), offset - stop**2)
    to_start = np.maximum(np.abs(offset - start**2), floor) / (y + start)
    to_stop = np.maximum(np.abs(to_stop), floor) / (y + stop)
    z = (2 * y - start - stop) / (stop - start)
    return np.asarray(-2 * _series(panels.coefficients[column], z, 0.5 * np.log(to_start / to_stop)))


def _cauchy_left(panels: Panels, column: IntArray, y: RealArray) -> RealArray:
    """Int g ds/(s + y), y > 0: by the series near the panel, by Gauss's rule where Q_k recurs unstably."""
    start, stop = panels.start[column], panels.stop[column]
    z = -(2 * y + start + stop) / (stop - start)
    near = z > -NEAR_REAL
    result = np.empty(y.shape)
    far = ~near
    values = panels.coefficients[column[far]] @ LEGENDRE_AT_NODES.T
    half = (stop - start)[far] / 2
    result[far] = half * np.sum(WEIGHTS * values / (panels.nodes[column[far]] + y[far, None]), axis=1)
    zeroth = 0.5 * np.log((y + start) / (y + stop))
    result[near] = -2 * _series(panels.coefficients[column[near]], z[near], zeroth[near])
    return result


def _cauchy_imaginary(panels: Panels, column: IntArray, y: RealArray) -> ComplexArray:
    """Int g ds/(s - iy), y > 0."""
    start, stop = panels.start[column], panels.stop[column]
    z = (2j * y - start - stop) / (stop - start)
    zeroth = 0.5 * (np.log(1j * y - start) - np.log(1j * y - stop))
    return np.asarray(-2 * _series(panels.coefficients[column], z, zeroth))


def _series(coefficients: RealArray, z: Any, zeroth: Any) -> Any:
    """Sum of c_k Q_k(z) by the forward recurrence from Q_0, stable enough this near to the cut."""
    previous, current = zeroth, z * zeroth - 1
    total = coefficients[:, 0] * previous + coefficients[:, 1] * current
    for k in range(1, ORDER - 1):
        previous, current = current, ((2 * k + 1) * z * current - k * previous) / (k + 1)
        total = total + coefficients[:, k + 1] * current
    return total
