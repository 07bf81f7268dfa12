"""Principal values in many digits, slow and obvious: a symmetric window around the pole, then quadrature."""

from itertools import pairwise

import mpmath as mp


def principal_value(function, pole, lower, upper, breaks, digits=30):
    """P int_lower^upper function(v)/(v - pole) dv; `breaks` are the points where the function changes."""
    with mp.workdps(digits):
        pole, lower, upper = mp.mpf(float(pole)), mp.mpf(lower), mp.mpf(upper)
        points = sorted({mp.mpf(float(x)) for x in breaks if lower < x < upper} | {lower, upper})
        total = mp.mpf(0)
        pieces = list(pairwise(points))
        if lower < pole < upper:
            half = min([abs(pole - p) for p in points if mp.isfinite(p) and p != pole] + [mp.mpf(10) ** 6]) / 2
            total += mp.quad(
                lambda u: (function(pole + u) - function(pole - u)) / u, [0, half / 8, half]
            )  # tanh-sinh nodes stay off u = 0
            ends = sorted({*points, pole - half, pole + half})
            pieces = [(a, b) for a, b in pairwise(ends) if not pole - half <= a < b <= pole + half]
        for a, b in pieces:
            total += mp.quad(lambda v: function(v) / (v - pole), _graded(a, b, pole))
        return total


def _graded(a, b, pole):
    """Ends of subintervals of (a, b) that grow geometrically away from the pole, or towards infinity."""
    if mp.isinf(b):
        scale = max(abs(a - pole), abs(a), mp.mpf("1e-3"))
        return [a, *(a + scale * 4**k for k in range(12)), b]
    if mp.isinf(a):
        scale = max(abs(b - pole), abs(b), mp.mpf("1e-3"))
        return [a, *(b - scale * 4**k for k in reversed(range(12))), b]
    near, far = (a, b) if abs(a - pole) < abs(b - pole) else (b, a)
    step, ends = abs(near - pole), {a, b}
    while 0 < step < b - a:
        ends.add(near + (step if far > near else -step))
        step *= 3
    return sorted(ends)


def bose(x):
    return 1 / mp.expm1(x)


def fermi(x):
    return 1 / (mp.exp(x) + 1)
