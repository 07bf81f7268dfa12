"""Barycentric rational interpolation of smooth arrays on any grid.

Floater & Hormann, "Barycentric rational interpolation with no poles and high rates of approximation" (2007): blends of
polynomials of degree d have no pole on the real line and an error of order h^(d+1).
"""

from __future__ import annotations

import numpy as np

from equipoise._checks import Array, RealArray

DEGREE = 8
"""Of the blended polynomials: rounding is amplified by 2^8 at most, next to the ends of the grid."""


def barycentric_weights(x: RealArray) -> RealArray:
    r"""Weights :math:`w_k = (-1)^k \sum_i \prod_j |x_k - x_j|^{-1}` over windows of d + 1 nodes with node k."""
    n = x.size
    degree = min(DEGREE, n - 1)
    windows = np.arange(n - degree)[:, None] + np.arange(degree + 1)[None, :]
    nodes = x[windows]
    nodes = nodes * degree / (nodes[:, -1] - nodes[:, 0]).mean() if degree else nodes
    distances = np.abs(nodes[:, :, None] - nodes[:, None, :]) + np.eye(degree + 1)
    weights = np.zeros(n)
    np.add.at(weights, windows, 1.0 / distances.prod(axis=2))
    return np.asarray(weights * (-1.0) ** np.arange(n) / weights.max())


def interpolated(x: RealArray, weights: RealArray, values: Array, at: RealArray) -> Array:
    """Values, shape (n, ...), of nodes x at other points."""
    difference = at[:, None] - x[None, :]
    hit = difference == 0
    terms = weights / np.where(hit, 1.0, difference)
    on_node = hit.any(axis=1)
    terms[on_node] = hit[on_node]
    terms /= terms.sum(axis=1, keepdims=True)
    return np.asarray((terms @ values.reshape(x.size, -1)).reshape(at.size, *values.shape[1:]))
