r"""Coherent term of the universal Lindblad equation, one principal-value integral of a matrix.

With `L(v)[i, j] = sqrt(rate(v + e_j - e_i)) B[i, j]`, the sum of `f(w1, w2) B_w1^dagger B_w2` over all pairs of Bohr
frequencies is

    K = -(1 / 2 pi) int_0^inf ( L(v)^dagger L(v) - L(-v)^dagger L(-v) ) dv / v,

so d x d matrices at the nodes of one quadrature replace an integral for each pair.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial.legendre import leggauss, legvander

from equipoise._checks import ComplexArray, NumericalError, RealArray
from equipoise.generators._one_sided import Exchange
from equipoise.spectrum import Spectrum

ACCURACY = 1e-9
"""Error of K aimed at by a pessimistic estimate, relative to the integral of the modulus of its integrand."""

LARGEST_PANELS = 1 << 17
"""Panels evaluated in all before the integral counts as divergent."""

SMALLEST_PANEL = 1e-40
"""End of a panel at zero, relative to the scale, beyond which an integrand that still matters is not integrable."""

CHUNK = 1 << 20
"""Matrix elements held at once (16 MB)."""

EDGES = 1 << 8
"""Panel edges laid at frequencies where a rate may not be smooth; closer ones are left to refinement."""

# Kronrod's rule of 15 nodes and the Gauss rule of 7 within it (QUADPACK, qk15).
_POSITIVE = np.array(
    [
        0.991455371120812639206854697526329,
        0.949107912342758524526189684047851,
        0.864864423359769072789712788640926,
        0.741531185599394439863864773280788,
        0.586087235467691130294144691693013,
        0.405845151377397166906606412076961,
        0.207784955007898467600689403773245,
    ]
)
NODES = np.concatenate([-_POSITIVE, [0.0], _POSITIVE[::-1]])
# The weights integrate the first 15 Legendre polynomials, of which only P_0 = 1 has an integral, 2.
KRONROD = np.linalg.solve(legvander(NODES, 14).T, 2.0 * np.eye(15)[0])
GAUSS = np.zeros(15)
GAUSS[1::2] = leggauss(7)[1]


def geometric_shift(spectrum: Spectrum, found: list[Exchange]) -> ComplexArray:
    """`sum f(w1, w2) B_w1^dagger B_w2` of all exchanges of a reservoir, energy basis, shape (d, d)."""
    total = np.zeros((spectrum.dimension, spectrum.dimension), dtype=complex)
    for exchange in found:
        total -= _integral(spectrum, exchange) / (2 * np.pi)
    return total


def _integral(spectrum: Spectrum, exchange: Exchange) -> ComplexArray:
    """`int_0^inf (F(v) - F(-v)) dv / v`: panels in v up to a scale, in scale / v beyond it."""
    energies = spectrum.state_energies
    frequencies = energies[None, :] - energies[:, None]
    active = exchange.operator != 0
    d = spectrum.dimension
    if not active.any():
        return np.zeros((d, d), dtype=complex)
    edges, scale = _edges(exchange, np.unique(frequencies[active]))
    start = np.concatenate([edges[:-1], [0.0]])
    stop = np.concatenate([edges[1:], [1.0]])
    is_tail = np.append(np.zeros(len(edges) - 1, dtype=bool), True)
    total = np.zeros((d, d), dtype=complex)
    modulus, error, evaluated = 0.0, 0.0, 0
    while start.size:
        evaluated += start.size
        singular = (start == 0) & (stop < SMALLEST_PANEL * np.where(is_tail, 1.0, scale))
        if evaluated > LARGEST_PANELS or singular.any():
            worst = int(np.argmax(singular))
            _diverges(exchange, np.inf if is_tail[worst] and start[worst] == 0 else float(start[worst]))
        values, errors, sizes = _panels(exchange, frequencies, start, stop, is_tail, scale)
        modulus = max(modulus, float(sizes.sum()))
        # Each panel may err by its share of the accuracy, or by what is below the round-off of the whole.
        good = (errors <= ACCURACY * np.maximum(1e-3 * modulus, sizes)) | (stop - start <= 1e-14 * stop)
        total += values[good].sum(axis=0)
        error += float(errors[good].sum())
        start, stop, is_tail = start[~good], stop[~good], is_tail[~good]
        middle = 0.5 * (start + stop)
        start, stop, is_tail = np.append(start, middle), np.append(middle, stop), np.tile(is_tail, 2)
    if error > 1e3 * ACCURACY * modulus:
        _diverges(exchange, scale)
    return total


def _panels(
    exchange: Exchange,
    frequencies: RealArray,
    start: RealArray,
    stop: RealArray,
    is_tail: np.ndarray,
    scale: float,
) -> tuple[ComplexArray, RealArray, RealArray]:
    """Kronrod sums, their distance from Gauss's, and sums of moduli, of each panel."""
    d = len(frequencies)
    values = np.empty((start.size, d, d), dtype=complex)
    errors, sizes = np.empty(start.size), np.empty(start.size)
    step = max(1, CHUNK // (2 * NODES.size * d * d))
    for k in range(0, start.size, step):
        part = slice(k, k + step)
        half = 0.5 * (stop[part] - start[part])[:, None]
        x = 0.5 * (stop[part] + start[part])[:, None] + half * NODES
        v = np.where(is_tail[part][:, None], scale / x, x)
        # dv / v = dx / x for v = x and, up to the direction, for v = scale / x.
        F = (_square(exchange, frequencies, v) - _square(exchange, frequencies, -v)) * (half / x)[..., None, None]
        values[part] = np.einsum("n,pnij->pij", KRONROD, F)
        apart = np.linalg.norm(values[part] - np.einsum("n,pnij->pij", GAUSS, F), axis=(1, 2))
        sizes[part] = np.einsum("n,pn->p", KRONROD, np.linalg.norm(F, axis=(2, 3)))
        # QUADPACK's estimate: Kronrod's rule has twice the order of Gauss's, and their distance is the error of that.
        ratio = 200 * apart / np.where(sizes[part] > 0, sizes[part], 1.0)
        errors[part] = sizes[part] * np.minimum(1.0, ratio**1.5)
    return values, errors, sizes


def _square(exchange: Exchange, frequencies: RealArray, v: RealArray) -> ComplexArray:
    """`L(v)^dagger L(v)` at each v, shape (..., d, d)."""
    rates = np.zeros((*v.shape, *frequencies.shape))
    active = exchange.operator != 0
    rates[..., active] = exchange.rate(v[..., None] + frequencies[active])
    L = np.sqrt(rates) * exchange.operator
    return np.asarray(L.conj().swapaxes(-1, -2) @ L)


def _edges(exchange: Exchange, frequencies: RealArray) -> tuple[RealArray, float]:
    """Panel edges: where `rate(+-v + w)` may not be smooth, on a grid that is fine enough not to miss a line."""
    density, distribution = exchange.reservoir.spectral_density, exchange.reservoir.distribution
    assert density is not None
    assert distribution is not None
    points = [0.0, *density.structure_points(), *distribution.structure_points()]
    points += [edge for edge in density.support if np.isfinite(edge)]
    structure = np.unique(np.concatenate([points, np.negative(points)]))
    shifted = np.unique(np.abs(structure[:, None] - frequencies[None, :]).ravel())
    scale = 2 * float(max(shifted.max(), np.abs(structure).max(), np.finfo(float).tiny))
    grid = np.concatenate([[0.0], scale * np.geomspace(1e-6, 1.0, 60)])
    edges = np.unique(np.concatenate([grid, shifted[shifted < scale]]))
    # A coupling of many levels has more Bohr frequencies than panels are worth: then refinement finds them.
    apart = np.diff(edges) > (1e-7 * edges[1:] if edges.size <= EDGES else scale / EDGES)
    laid: RealArray = np.concatenate([[0.0], edges[1:-1][apart[:-1]], [scale]])
    return laid, scale


def _diverges(exchange: Exchange, frequency: float) -> None:
    raise NumericalError(
        f"The coherent term of the universal Lindblad equation for reservoir {exchange.reservoir.name!r} did not "
        f"converge near the frequency {frequency:.3g}: its integral diverges (a band without edges, a spectral density "
        "that falls off too slowly or jumps), or the density has structure on very many scales. Give the band an "
        "edge, or pass lamb_shift=False."
    )
