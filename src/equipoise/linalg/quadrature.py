r"""Adaptive panels: functions with edges, cusps and tails as piecewise Legendre series.

The line is cut at anchors: ends of the support and points where the function is not smooth. Between two
anchors each takes half of the way, with the variable s of :math:`v = p + \sigma s^2` counted from its anchor
p on the side sigma. In s a square-root edge is smooth, distances from p keep their digits, and bisection
towards s = 0 resolves any other power law. A half line to infinity is cut in panels that double in s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise._checks import ROUND_OFF, NumericalError, RealArray

IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

ORDER = 20
"""Nodes per panel: a power law on a panel [s, 2 s] converges like 5.8^-k, hence to round-off."""

RESOLVED = 1e-14
"""A panel is resolved when its last three Legendre coefficients are this small relative to its largest."""

NEGLIGIBLE = 1e-19
"""... or this small relative to the whole, weighted by what they add to the integral."""

UNDERFLOWING = 1e-300
"""... or absolutely: a function this small has lost its digits to underflow."""

NOISE, NOISE_OF_WHOLE = 1e-8, 1e-13
"""Coefficients that stagnate below this, relative to the panel or to the whole, are noise, not structure."""

ROUNDED_AWAY = 1e-4
"""Noise from the rounding of v beyond which a panel at an anchor shows nothing."""

SINGULAR_PART = 1e-6
"""Least value of s f at s = 0, relative to its largest, of an inverse square root."""

UNRESOLVED, TOO_NOISY = 1e-9, 1e-6
"""Error, relative to the whole, beyond which a singular or a noisy integral is a numerical failure."""

DIVERGENT_DECAY = 1e-3
"""Relative decrease from panel to panel, far out, below which an integral to infinity is taken to diverge."""

EXPLORED = 2.0 ** -np.arange(1, 11)
"""Where, as fractions of the panel at an anchor, a function of unknown scales is compared with its series."""

DEVIATION = 1e-9
"""Relative deviation there beyond which such a panel is not resolved, whatever its coefficients say."""

SILENCE = 2.0**20
"""How far out, in s relative to the first panel, a function that is zero so far is still asked."""

MAXIMUM_PANELS = 50_000
"""Evaluated panels beyond which the function counts as unresolvable: 10^6 values, seconds of work."""

SMALLEST, LARGEST = 1e-140, 1e140
"""Range of s: its square must neither underflow nor overflow."""

NODES, WEIGHTS = np.polynomial.legendre.leggauss(ORDER)
LEGENDRE_AT_NODES = np.polynomial.legendre.legvander(NODES, ORDER - 1)

# Coefficients from values at the nodes. By inversion: Gauss's sum (k + 1/2) sum_j w_j P_k(x_j) f(x_j) is the
# same on paper, but leaves 1e-13 at the ends of the panel, where the two sides of a pole must cancel.
_TO_LEGENDRE = np.linalg.inv(LEGENDRE_AT_NODES)
_SIGNS = 1.0 - 2.0 * (np.arange(ORDER) % 2)  # P_k(-1)


@dataclass(frozen=True)
class Panels:
    r"""Function f on panels: :math:`f(p + \sigma s^2) = \sum_k c_k P_k(x)`, |x| < 1 for start < s < stop.

    Where `singular` (panels at s = 0 only) it is the series of s f, for an inverse square root at the anchor.

    Attributes
    ----------
    size : float
        Largest contribution of one panel, the scale for negligible ones; 0 if f vanishes.
    anchor, side, start, stop : ndarray, shape (n_panels,)
        p, sigma = +-1 and the ends in s.
    junction : ndarray, shape (n_panels,)
        v at which the panel meets the half of the next anchor; NaN for the other panels.
    singular : ndarray of bool, shape (n_panels,)
    coefficients, nodes, weighted : ndarray, shape (n_panels, ORDER)
        Legendre coefficients c; the nodes in s; f dv at the nodes.
    """

    size: float
    anchor: RealArray
    side: RealArray
    start: RealArray
    stop: RealArray
    junction: RealArray
    singular: BoolArray
    coefficients: RealArray
    nodes: RealArray
    weighted: RealArray

    def value_at_start(self, index: int) -> float:
        """Return the series of panel `index` at its start."""
        return float(_SIGNS @ self.coefficients[index])


@dataclass(frozen=True)
class _Half:
    """One side of one anchor: up to s = end, where v = junction; and the distance to the nearest target."""

    anchor: float
    side: int
    end: float
    junction: float
    distance: float


def adaptive_panels(
    function: Callable[[RealArray], RealArray],
    anchors: Sequence[float],
    lower: float,
    upper: float,
    targets: RealArray,
    *,
    what: str,
    explore: bool = False,
) -> Panels:
    r"""Resolve f from `lower` to `upper` for integrals :math:`\int f(v)/(v - w)\,dv` at the targets w.

    f takes a one-dimensional array strictly between the ends. The anchors, increasing, hold the finite ends; inner ones
    mark where f is not smooth or changes on a new scale. The targets decide which panels matter. With `explore` panels
    at anchors are compared with the function further in, for functions whose scales are unknown.

    Raises
    ------
    NumericalError
        If f is not integrable at an end, or cannot be resolved; the message says where.
    """
    halves = _halves(anchors, lower, upper, targets)
    table = np.array([(h.anchor, h.side, h.end, h.junction, h.distance) for h in halves]).T
    index, start, stop = _initial_panels(function, halves, targets, what)
    before = np.full(index.shape, np.inf)  # tail of the panel that this one was split from
    stagnant = np.zeros(index.shape, dtype=int)
    done: list[tuple[Any, ...]] = []
    size, error, noise, total = 0.0, 0.0, 0.0, 0
    while index.size:
        total += index.size
        anchor, side, end, junction, distance = table[:, index]
        nodes = (start + stop)[:, None] / 2 + (stop - start)[:, None] / 2 * NODES
        values, distances = _sample(function, anchor, side, nodes)
        _require_integrable(anchor[~np.all(np.isfinite(values), axis=1)], what)
        coefficients, singular, tail, largest = _expand(values, distances, start, stop, anchor)
        # What a unit of f on the panel adds to the integral for the target nearest to its anchor.
        weight = (stop**2 - start**2) / np.maximum(stop**2, distance)
        peak = np.max(np.abs(values), axis=1)
        size = max(size, float(np.max(peak * weight)))
        quiet = (tail <= NOISE * largest) | (tail * weight <= NOISE_OF_WHOLE * size)
        stagnant = np.where(quiet & (tail > 0.5 * before), stagnant + 1, 0)
        resolved = (tail <= RESOLVED * largest) | (tail * weight <= NEGLIGIBLE * size) | (tail < UNDERFLOWING)
        if explore:
            hidden = _deviates(function, anchor, side, stop, coefficients, singular)
            resolved &= ~((start == 0) & hidden & (weight * peak > NEGLIGIBLE * size))
        smallest = (stop - start <= 16 * ROUND_OFF * stop) | (stop**2 <= 8 * ROUND_OFF * np.abs(anchor))
        _require_integrable(anchor[~resolved & (stop < SMALLEST)], what)
        # A function of v - p cannot be smoother than the rounding of v makes it.
        rounded = (start > 0) & (tail * start**2 <= 8 * ROUND_OFF * np.abs(anchor) * largest)
        given_up = ~resolved & (smallest | rounded | (stagnant >= 2))
        noise += float(np.sum((tail * weight)[given_up & ~smallest]))
        error += float(np.sum((peak * weight)[given_up & smallest]))
        junction = np.where(stop == end, junction, np.nan)
        # f dv from the series, which belongs to the nodes: dv = 2 s ds, or of the series of s f, 2 ds.
        weighted = coefficients @ LEGENDRE_AT_NODES.T * np.where(singular[:, None], 1.0, nodes)
        weighted *= (stop - start)[:, None] * WEIGHTS
        columns = (anchor, side, start, stop, junction, singular, coefficients, nodes, weighted)
        keep = (resolved | given_up) & (peak > 0)
        done.append(tuple(column[keep] for column in columns))
        split = ~(resolved | given_up)
        _require_budget(total, what, anchor[split] + side[split] * start[split] ** 2)
        middle = (start + stop)[split] / 2
        index, before, stagnant = (np.tile(column[split], 2) for column in (index, tail, stagnant))
        start, stop = np.append(start[split], middle), np.append(middle, stop[split])
    _require_accuracy(error / UNRESOLVED, noise / TOO_NOISY, size, what)
    return Panels(size, *(np.concatenate(column) for column in zip(*done, strict=True)))


def _sample(
    function: Callable[[RealArray], RealArray], anchor: RealArray, side: RealArray, s: RealArray
) -> tuple[RealArray, RealArray]:
    """f(p + sigma s^2), s of shape (n_panels, n_points); and s of the doubles at which f was asked."""
    origin = np.broadcast_to(anchor[:, None], s.shape)
    points = origin + side[:, None] * s**2
    # Where s^2 is lost beside p, the next number: f may be infinite at p itself.
    points = np.where(points == origin, np.nextafter(origin, side[:, None] * np.inf), points)
    return np.asarray(function(points.ravel())).reshape(s.shape), np.sqrt(np.abs(points - origin))


def _expand(
    values: RealArray, distances: RealArray, start: RealArray, stop: RealArray, anchor: RealArray
) -> tuple[RealArray, BoolArray, RealArray, RealArray]:
    """Legendre coefficients of f, or of s f where only that is smooth at s = 0; their tail, their largest."""
    regular = _legendre(values, distances, start, stop)
    product = _legendre(values * distances, distances, start, stop)
    tail, largest = np.abs(regular[:, -3:]).max(axis=1), np.abs(regular).max(axis=1)
    product_tail, product_largest = np.abs(product[:, -3:]).max(axis=1), np.abs(product).max(axis=1)
    # A function that rounds v - p to eps p has, as an inverse square root, this much noise in the
    # coefficients, from its first node (and a twentieth of it in the integral).
    noise = 2 * ROUND_OFF * np.abs(anchor) / distances[:, 0] ** 2 * WEIGHTS[0] * ORDER
    singular = (start == 0) & (tail > NOISE * largest) & (noise < ROUNDED_AWAY)
    singular &= product_tail <= (RESOLVED + noise) * product_largest
    singular &= np.abs(product @ _SIGNS) > SINGULAR_PART * product_largest
    return (
        np.where(singular[:, None], product, regular),
        singular,
        np.where(singular, 0.0, tail),
        np.where(singular, product_largest, largest),
    )


def _legendre(values: RealArray, distances: RealArray, start: RealArray, stop: RealArray) -> RealArray:
    """Legendre coefficients from values at `distances`: the nodes in s, displaced by the rounding of v."""
    coefficients = values @ _TO_LEGENDRE.T
    x = (2 * distances - (start + stop)[:, None]) / (stop - start)[:, None]
    displaced = np.max(np.abs(x - NODES), axis=1)
    moved = np.flatnonzero((displaced > 8 * ROUND_OFF) & (displaced < 0.1 * (1 - NODES[-1])))
    if moved.size:
        matrices = np.polynomial.legendre.legvander(x[moved], ORDER - 1)
        # The defect shrinks by ORDER^2 times the displacement each time; a solve would leave more round-off.
        for _ in range(12):
            defect = values[moved] - np.einsum("ijk,ik->ij", matrices, coefficients[moved])
            coefficients[moved] += defect @ _TO_LEGENDRE.T
    return np.asarray(coefficients)


def _deviates(
    function: Callable[[RealArray], RealArray],
    anchor: RealArray,
    side: RealArray,
    stop: RealArray,
    coefficients: RealArray,
    singular: BoolArray,
) -> BoolArray:
    """Whether the series of panels that start at their anchor miss the function close to it."""
    s = stop[:, None] * EXPLORED
    values, distances = _sample(function, anchor, side, s)
    values = values * np.where(singular[:, None], distances, 1.0)
    series = coefficients @ np.polynomial.legendre.legvander(2 * EXPLORED - 1, ORDER - 1).T
    rounded = 64 * ROUND_OFF * np.abs(anchor)[:, None] / distances**2
    allowed = (DEVIATION + rounded) * np.max(np.abs(coefficients), axis=1)[:, None]
    return np.asarray(np.any(np.abs(values - series) > allowed, axis=1))


def _require_integrable(anchors: RealArray, what: str) -> None:
    if anchors.size:
        raise NumericalError(
            f"{what} diverges: its integrand is not integrable at v = {anchors[0]:.6g}. "
            "The spectral density must vanish there faster than the occupation grows."
        )


def _require_budget(total: int, what: str, unresolved: RealArray) -> None:
    if total > MAXIMUM_PANELS and unresolved.size:
        raise NumericalError(
            f"{what} did not converge: {MAXIMUM_PANELS} panels leave its integrand unresolved near "
            f"v = {unresolved[0]:.6g}. Smooth the spectral density, or name the frequencies of its structure."
        )


def _require_accuracy(error: float, noise: float, size: float, what: str) -> None:
    if max(error, noise) > size:
        raise NumericalError(
            f"{what} cannot be resolved: its integrand is {'singular' if error > noise else 'noisy'}, which "
            f"leaves a relative error of {max(error * UNRESOLVED, noise * TOO_NOISY) / size:.1e}. "
            "Smooth the spectral density, or name the frequencies of its structure."
        )


def _halves(anchors: Sequence[float], lower: float, upper: float, targets: RealArray) -> list[_Half]:
    points = [float(point) for point in anchors]
    halves = []
    for i, point in enumerate(points):
        distance = float(np.min(np.abs(targets - point), initial=np.inf))
        if point > lower:
            meet = (points[i - 1] + point) / 2 if i else -np.inf
            halves.append(_Half(point, -1, float(np.sqrt(point - meet)), meet, distance))
        if point < upper:
            meet = (point + points[i + 1]) / 2 if i + 1 < len(points) else np.inf
            halves.append(_Half(point, 1, float(np.sqrt(meet - point)), meet, distance))
    return halves


def _initial_panels(
    function: Callable[[RealArray], RealArray],
    halves: list[_Half],
    targets: RealArray,
    what: str,
) -> tuple[IntArray, RealArray, RealArray]:
    """Index of the half, start and stop in s of the panels to begin with."""
    finite = [half.end for half in halves if np.isfinite(half.end)]
    index: list[int] = []
    start: list[float] = []
    stop: list[float] = []
    for i, half in enumerate(halves):
        first, outer = half.end, []
        if not np.isfinite(first):
            # The neighbouring scale; a lone anchor is measured by its own frequency, or 1 if that is 0.
            first = max(finite, default=float(np.sqrt(abs(half.anchor))) or 1.0)
            outer = _doubling(function, half, first, targets, what)
        ends = [0.0, first, *outer]
        index += [i] * (len(ends) - 1)
        start += ends[:-1]
        stop += ends[1:]
    return np.array(index, dtype=np.intp), np.array(start), np.array(stop)


def _doubling(
    function: Callable[[RealArray], RealArray], half: _Half, first: float, targets: RealArray, what: str
) -> list[float]:
    """Ends of the panels first * 2^k, out to where f matters to no target any more."""
    farthest = 4 * float(np.sqrt(np.max(np.abs(targets - half.anchor), initial=0.0)))
    ends, peaks = [first], [0.0]
    while ends[-1] < LARGEST:
        fresh = ends[-1] * 2.0 ** np.arange(1, 5)
        nodes = fresh[:, None] * (0.75 + 0.25 * NODES)
        values = np.abs(function((half.anchor + half.side * nodes**2).ravel())).reshape(nodes.shape)
        ends += [float(end) for end in fresh]
        peaks += [float(peak) for peak in values.max(axis=1)]
        # The integral at the farthest target is smaller than the peak by its distance.
        silent = max(peaks) == 0 and ends[-1] < SILENCE * first
        if not silent and peaks[-1] * max(1.0, farthest / first) ** 2 <= NEGLIGIBLE * max(peaks):
            return ends[1:]
        settled = ends[-1] > 2.0**40 * max(farthest, first)
        if settled and peaks[-1] > (1 - DIVERGENT_DECAY) * peaks[-2]:
            break
    raise NumericalError(
        f"{what} diverges: its integrand does not vanish towards v = {half.side * np.inf:+}. "
        "Give the band finite edges, or the spectral density a cutoff."
    )
