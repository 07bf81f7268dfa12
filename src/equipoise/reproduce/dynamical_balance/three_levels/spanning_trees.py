"""Spanning trees and cycles of three levels, over many points at once: no subtraction, in numbers or in logarithms.

Arrays have the reservoirs first, the transitions 21, 31, 32 second and the points last; the strengths may be the same
for all points. Where every rate and every product of three is far from the ends of double range the trees are sums of
products; elsewhere, sums in logarithms.
"""

from __future__ import annotations

import numpy as np

from equipoise._checks import RealArray
from equipoise.reservoirs import Statistics

LARGEST_EXPONENT = 100.0
"""Below it, and with strengths within exp(-60) .. exp(60), products of three rates stay within 1e-209 .. 1e209."""

SMALLEST_EXPONENT = 1e-30
"""Of a bosonic field, whose occupation is 1/x there: its cube, with three strengths, stays below 1e209 too."""

LARGEST_LOG_STRENGTH = 60.0

Solution = tuple[RealArray, RealArray, RealArray]
"""log p (3, B), currents up the transitions (R, 3, B), net current of the cycle 1 -> 3 -> 2 -> 1 (B,)."""


def solve(log_strengths: RealArray, x: RealArray, statistics: Statistics) -> Solution:
    """Stationary state and microcurrents of the points of one chunk; NaN where the state is not unique."""
    size = np.abs(log_strengths).max(where=log_strengths > -np.inf, initial=0.0)
    least = -LARGEST_EXPONENT if statistics is Statistics.FERMION else SMALLEST_EXPONENT
    if size <= LARGEST_LOG_STRENGTH and least <= x.min(initial=1.0) and x.max(initial=1.0) <= LARGEST_EXPONENT:
        return _in_numbers(np.exp(log_strengths), x, statistics)
    return _in_logarithms(*log_rates(log_strengths, x, statistics), x)


def log_rates(log_strengths: RealArray, x: RealArray, statistics: Statistics) -> tuple[RealArray, RealArray]:
    """Logarithms of the rates down and up."""
    size = np.abs(x)
    if statistics is Statistics.BOSON:
        with np.errstate(divide="ignore"):
            complement = np.where(size < 0.7, np.log(-np.expm1(-size)), np.log1p(-np.exp(-size)))
    else:
        complement = np.log1p(np.exp(-size))
    larger = log_strengths - complement
    # A closed transition stays closed: -inf minus an infinite exponent is -inf.
    smaller = larger - size
    return np.where(x < 0, smaller, larger), np.where(x < 0, larger, smaller)


def _in_numbers(g: RealArray, x: RealArray, statistics: Statistics) -> Solution:
    if statistics is Statistics.BOSON:
        up = g / np.expm1(x)
        down = g + up
    else:
        e = np.exp(x)
        up = g / (1 + e)
        down = up * e
    (d21, d31, d32), (u21, u31, u32) = (rates[0] if len(rates) == 1 else rates.sum(axis=0) for rates in (down, up))
    p = np.empty(x.shape[1:])
    out_of_2 = d31 + d32
    p[0] = d21 * out_of_2 + d31 * u32
    p[1] = u21 * out_of_2 + u31 * d32
    p[2] = u31 * (d21 + u32) + u21 * u32
    norm = p[0] + p[1] + p[2]
    with np.errstate(invalid="ignore", divide="ignore"):
        per_norm = 1 / norm
        p *= per_norm
        log_p = np.log(p)
        J = _pair_currents(up, down, x, np.array([out_of_2, d21 + u32, u21 + u31]) * per_norm)
        C = _add_cycles(J, up, down * per_norm, down, x)
    return log_p, J, C


def _pair_currents(up: RealArray, down: RealArray, x: RealArray, out_of_third: RealArray) -> RealArray:
    """Currents by pairs of reservoirs on one transition: up by r, down by s, minus the reverse."""
    J = np.zeros(x.shape)
    for r in range(len(x)):
        for s in range(r):
            net = np.expm1(x[r] - x[s])
            net *= up[r]
            net *= down[s]
            net *= out_of_third
            J[r] -= net
            J[s] += net
    return J


def _add_cycles(J: RealArray, up: RealArray, down: RealArray, down_32: RealArray, x: RealArray) -> RealArray:
    """Add the cycle 1 -> 3 -> 2 -> 1 driven by each choice of reservoirs; return its current. One point one number."""
    C = np.zeros(x.shape[2:])
    for r in range(len(x)):
        for q in range(len(x)):
            falling = down[r, 0] * down_32[q, 2]
            exponent = x[r, 0] + x[q, 2]
            for s in range(len(x)):
                net = np.expm1(x[s, 1] - exponent)
                net *= falling
                net *= up[s, 1]
                C -= net
                J[r, 0] += net
                J[s, 1] -= net
                J[q, 2] += net
    return C


def _in_logarithms(down: RealArray, up: RealArray, x: RealArray) -> Solution:
    (d21, d31, d32), (u21, u31, u32) = log_sum(down), log_sum(up)
    trees = [
        [d21 + d31, d21 + d32, d31 + u32],
        [u21 + d31, u21 + d32, u31 + d32],
        [u31 + d21, u31 + u32, u21 + u32],
    ]
    log_trees = log_sum(np.array(trees).swapaxes(0, 1))
    norm = log_sum(log_trees)
    norm[norm == -np.inf] = np.nan
    out_of_third = log_sum(np.array([[d31, d21, u21], [d32, u32, u31]])) - norm
    J = np.zeros(x.shape)
    for r in range(len(x)):
        for s in range(r):
            net = _net(up[r] + down[s] + out_of_third, down[r] + up[s] + out_of_third, _without_nan(x[s], -x[r]))
            J[r] += net
            J[s] -= net
    forward = (down[:, None, None, 0] - norm) + (up[None, :, None, 1] + down[None, None, :, 2])
    backward = (up[:, None, None, 0] - norm) + (down[None, :, None, 1] + up[None, None, :, 2])
    # The cycle 1 -> 3 -> 2 -> 1, driven by reservoirs r, s, q on 21, 31, 32 at C[r, s, q].
    C = _net(forward, backward, _without_nan(x[:, None, None, 0], -x[None, :, None, 1], x[None, None, :, 2]))
    J[:, 0] -= C.sum(axis=(1, 2))
    J[:, 1] += C.sum(axis=(0, 2))
    J[:, 2] -= C.sum(axis=(0, 1))
    return log_trees - norm, J, C.sum(axis=(0, 1, 2))


def _without_nan(*terms: RealArray) -> RealArray:
    """A sum; 0 where opposite infinities meet: there both directions are closed, and nothing flows."""
    with np.errstate(invalid="ignore"):
        total = np.asarray(sum(terms))
    return np.where(np.isnan(total), 0.0, total) if np.isnan(total.max(initial=0.0)) else total


def _net(log_forward: RealArray, log_backward: RealArray, affinity: RealArray) -> RealArray:
    """`exp(forward) - exp(backward)` where the affinity `forward - backward` has more digits than either."""
    size = np.exp(np.maximum(log_forward, log_backward))
    return np.asarray(np.copysign(size * -np.expm1(-np.abs(affinity)), affinity))


def log_sum(logs: RealArray) -> RealArray:
    """Logarithm of the sum over the first axis; several times faster here than numpy.logaddexp."""
    top = logs.max(axis=0)
    finite = np.where(top == -np.inf, 0.0, top)
    with np.errstate(divide="ignore"):
        return np.asarray(finite + np.log(np.exp(logs - finite).sum(axis=0)))
