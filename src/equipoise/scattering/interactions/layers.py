r"""Layers of constant potential between impedances, and how two of them become one.

With :math:`\psi'' = x\psi`, :math:`x = 2m(u - E)`, a layer is described by the Green's function of its two ends between
media of one real impedance z,

.. math:: B = (z + iN)^{-1}, \qquad N: \psi(\text{ends}) \mapsto \partial_{\text{outward}}\psi(\text{ends}) .

Every channel is open to the impedance, so that :math:`2zB - 1` is unitary: nothing grows through a barrier, nothing is
singular at a threshold or at a node of the wave function (unlike the log-derivative N alone). Deviations from a
diagonal reference are carried with it, never obtained by subtraction, so that a weak potential keeps its digits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from equipoise._checks import Array, ComplexArray, RealArray

SERIES_TERMS = 14
"""Of the power series of an overlap for |sigma a| <= 3: the next term is below 1e-17."""


class Waveforms(NamedTuple):
    r"""`c = cosh(kappa a)` and `s = sinh(kappa a) / kappa` times `exp(-growth)`, and what they are divided by in B."""

    c: RealArray
    s: RealArray
    growth: RealArray
    even: ComplexArray
    odd: ComplexArray


def waveforms(x: RealArray, half: Array, impedance: RealArray) -> Waveforms:
    """Even and odd solutions at distance `half` from the middle of a layer, scaled so that they do not overflow."""
    root = np.sqrt(np.abs(x))
    argument = root * half
    safe = np.where(root > 0, root, 1.0)
    closed = x > 0
    decay = np.exp(np.where(closed, -2 * argument, 0.0))
    c = np.where(closed, 0.5 * (1 + decay), np.cos(argument))
    s = np.where(closed, -0.5 * np.expm1(np.where(closed, -2 * argument, 0.0)), np.sin(argument)) / safe
    s = np.where(root > 0, s, half)
    growth = np.where(closed, argument, 0.0)
    return Waveforms(c, s, growth, impedance * c + 1j * x * s, impedance * s + 1j * c)


def reflection_and_transmission(waves: Waveforms) -> tuple[ComplexArray, ComplexArray]:
    """Diagonal and off-diagonal block of B of a symmetric layer."""
    reflected = 0.5 * (waves.c / waves.even + waves.s / waves.odd)
    # (c/even - s/odd)/2 with c^2 - x s^2 = 1: without it a thick barrier would transmit rounding errors.
    transmitted = 0.5j * np.exp(-2 * waves.growth) / (waves.even * waves.odd)
    return reflected, transmitted


def divided_differences(
    x: RealArray, y: RealArray, half: Array, of_x: Waveforms, of_y: Waveforms
) -> tuple[ComplexArray, ComplexArray]:
    r"""`(f(x) - f(y)) / (x - y)` of both blocks of B, accurate however near x and y are.

    .. math:: B_e[x,y] = -i\,\frac{\int_0^a c_x c_y}{e_x e_y}, \qquad B_o[x,y] = -i\,\frac{\int_0^a s_x s_y}{o_x o_y}.
    """
    even_overlap, odd_overlap = _overlaps(x, y, half, of_x, of_y)
    even = -1j * even_overlap / (of_x.even * of_y.even)
    odd = -1j * odd_overlap / (of_x.odd * of_y.odd)
    return 0.5 * (even + odd), 0.5 * (even - odd)


def _overlaps(x: RealArray, y: RealArray, a: Array, of_x: Waveforms, of_y: Waveforms) -> tuple[RealArray, RealArray]:
    """`int_0^a c_x c_y` and `int_0^a s_x s_y`, scaled by `exp(-growth)` of both."""
    x, y, a, cx, cy, sx, sy, growth = np.broadcast_arrays(
        x, y, a, of_x.c, of_y.c, of_x.s, of_y.s, of_x.growth + of_y.growth
    )
    difference = x - y
    # Green's identity; it divides by x - y, so only where that is not small relative to the rounding of its terms.
    apart = np.abs(difference) * a > 0.5 * (np.sqrt(np.maximum(np.abs(x), np.abs(y))) + 1.0 / np.where(a > 0, a, 1.0))
    divisor = np.where(apart, difference, 1.0)
    even = (x * cy * sx - y * cx * sy) / divisor
    odd = (sy * cx - sx * cy) / divisor
    near = ~apart
    if near.any():
        even[near], odd[near] = _near_overlaps(x[near], y[near], a[near], growth[near])
    return even, odd


def _near_overlaps(x: RealArray, y: RealArray, a: RealArray, growth: RealArray) -> tuple[RealArray, RealArray]:
    kappa, lamda = np.sqrt(x.astype(complex)), np.sqrt(y.astype(complex))
    total, difference = (_sinhc(w, a, growth) for w in (kappa + lamda, kappa - lamda))
    even = 0.5 * (total + difference).real
    product = kappa * lamda
    small = np.abs(product) * a**2 < 1
    odd = (0.5 * (total - difference) / np.where(small, 1.0, product)).real
    if small.any():
        odd[small] = _odd_overlap_series(x[small], y[small], a[small]) * np.exp(-growth[small])
    return even, odd


def _sinhc(w: ComplexArray, a: RealArray, growth: RealArray) -> ComplexArray:
    """`sinh(w a) / w * exp(-growth)`."""
    small = np.abs(w) * a < 1
    inside = np.where(small & (w != 0), w, 1.0)
    near = np.where(w != 0, np.sinh(inside * a) / inside, a) * np.exp(-growth)
    outside = np.where(small, 1.0, w)
    far = 0.5 * (np.exp(outside * a - growth) - np.exp(-outside * a - growth)) / outside
    return np.asarray(np.where(small, near, far))


def _odd_overlap_series(x: RealArray, y: RealArray, a: RealArray) -> RealArray:
    r"""`int_0^a s_x s_y` for small x a^2 and y a^2.

    It is :math:`2(\phi(\sigma^2) - \phi(\delta^2))/(\sigma^2 - \delta^2)`, :math:`\phi(w) = \sinh(\sqrt w a)/\sqrt w`:
    complete symmetric polynomials of :math:`\sigma^2, \delta^2`, whose sum is 2 (x + y) and product (x - y)^2.
    """
    e1, e2 = 2 * (x + y), (x - y) ** 2
    before, symmetric = np.zeros_like(x), np.ones_like(x)
    factor = 2 * a**3 / 6
    total = factor * symmetric
    for n in range(2, SERIES_TERMS):
        before, symmetric = symmetric, e1 * symmetric - e2 * before
        factor = factor * a**2 / (2 * n * (2 * n + 1))
        total = total + factor * symmetric
    return total


def _times(A: Array, B: Array) -> Array:
    """Products of deviations; a number is a matrix of one row and one column."""
    return A * B if A.shape[-1] == 1 else A @ B


def _left(diagonal: Array, A: Array) -> Array:
    return diagonal[..., :, None] * A


def _right(A: Array, diagonal: Array) -> Array:
    return A * diagonal[..., None, :]


def _full(diagonal: Array, A: Array) -> Array:
    """The sum of a reference and its deviation."""
    if A.shape[-1] == 1:
        return np.asarray(diagonal[..., None] + A)
    total = A.copy()
    index = np.arange(A.shape[-1])
    total[..., index, index] += diagonal
    return total


def glued(A: Array, C: Array, w: Array) -> Array:
    r"""B of two diagonal layers, A on the left of C; `w = 2 z - i g` for a contact potential of jump g between them.

    The first two axes, of length 2, are the left and the right end.
    """
    (A11, A12), (A21, A22) = A
    (C11, C12), (C21, C22) = C
    K = A22 + C11 - C11 * w * A22
    into_left, into_right = (C11 * w - 1) * A21 / K, C12 / K
    return np.array(
        [
            [A11 + A12 * into_left, A12 * into_right],
            [C21 * A21 / K, C22 + C21 * (w * A22 - 1) * into_right],
        ]
    )


def glued_deviation(A: Array, C: Array, w: Array, dA: Array, dC: Array, dw: Array | None) -> Array:
    """Change of B of two layers glued, by the deviations dA, dC of each and dw of their contact, exactly.

    Deviations are matrices, references their diagonals. Every term has one factor that is a deviation: no difference of
    nearly equal numbers is taken.
    """
    (_, A12), (A21, A22) = A
    (C11, C12), (C21, _) = C
    (dA11, dA12), (dA21, dA22) = dA
    (dC11, dC12), (dC21, dC22) = dC
    K = A22 + C11 - C11 * w * A22
    whole_A21, whole_A22 = _full(A21, dA21), _full(A22, dA22)
    # G = C11 w - 1 and H = w A22 - 1.
    G, H, dG, dH = C11 * w - 1, w * A22 - 1, _right(dC11, w), _left(w, dA22)
    if dw is not None:
        dG = dG + _times(_full(C11, dC11), dw)
        dH = dH + _times(dw, whole_A22)
    dK = dA22 + dC11 - _times(dG, whole_A22) - _left(C11 * w, dA22)
    into_left, into_right = G * A21 / K, C12 / K
    dP = _times(dG, whole_A21) + _left(G, dA21)
    sources = np.concatenate([dP - _right(dK, into_left), dC12 - _right(dK, into_right)], axis=-1)
    whole_K = _full(K, dK)
    d_left, d_right = np.split(sources / whole_K if K.shape[-1] == 1 else np.linalg.solve(whole_K, sources), 2, axis=-1)
    whole_left, whole_right = _full(into_left, d_left), _full(into_right, d_right)
    # V = H into_right; Z = A21 / K, by C11 on the side of C.
    dV = _times(dH, whole_right) + _left(H, d_right)
    dZ = _left(w, dA21) + _times(dH, whole_left) + _left(H, d_left)
    if dw is not None:
        dZ = dZ + _times(dw, whole_A21)
    return np.array(
        [
            [dA11 + _times(dA12, whole_left) + _left(A12, d_left), _times(dA12, whole_right) + _left(A12, d_right)],
            [
                _times(dC21, _full(A21 / K, dZ)) + _left(C21, dZ),
                dC22 + _times(dC21, _full(H * into_right, dV)) + _left(C21, dV),
            ],
        ]
    )
