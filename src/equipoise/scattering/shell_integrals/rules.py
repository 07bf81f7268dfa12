"""Quadrature rules on [-1, 1] that hold one another: Gauss's of 10 nodes, Kronrod's of 21, Patterson's of 43."""

from __future__ import annotations

import numpy as np

from equipoise._checks import RealArray

_GAUSS, _GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(10)

_KRONROD = np.array(
    (
        0.9956571630258081,
        0.9301574913557082,
        0.7808177265864169,
        0.5627571346686047,
        0.2943928627014602,
        0.0,
    )
)
"""What Kronrod's rule adds to the nodes of Gauss's, and their negatives."""

_PATTERSON = np.array(
    (
        0.9993333609019321,
        0.9874334029080889,
        0.9548079348142663,
        0.9001486957483283,
        0.8251983149831142,
        0.7321483889893050,
        0.6228479705377252,
        0.4994795740710565,
        0.3649016613465808,
        0.2222549197766013,
        0.07465061746138332,
    )
)
"""What Patterson's rule adds to those of Kronrod's, and their negatives."""


def _weights(nodes: RealArray) -> RealArray:
    r"""Weights that make a rule exact for polynomials through its nodes: :math:`\sum_j w_j P_n(x_j) = 2\delta_{n0}`."""
    moments = np.zeros(nodes.size)
    moments[0] = 2.0
    return np.asarray(np.linalg.solve(np.polynomial.legendre.legvander(nodes, nodes.size - 1).T, moments))


NODES = np.sort(np.concatenate([_GAUSS, _KRONROD, -_KRONROD[:-1]]))
"""Twenty-one nodes of Kronrod's rule on [-1, 1], ascending."""

WEIGHTS = _weights(NODES)
"""Weights of Kronrod's rule."""

DIFFERENCE = WEIGHTS.copy()
"""Weights of Kronrod's rule less those of Gauss's on ten of its nodes."""
DIFFERENCE[1::2] -= _GAUSS_WEIGHTS

MORE_NODES = np.concatenate([-_PATTERSON, _PATTERSON[::-1]])
"""Twenty-two nodes that make Patterson's rule of 43 out of Kronrod's."""

EXTENDED_WEIGHTS, MORE_WEIGHTS = np.split(_weights(np.concatenate([NODES, MORE_NODES])), [NODES.size])
"""Weights in it of Kronrod's nodes, and of those added."""

RULE = np.stack([WEIGHTS, DIFFERENCE, EXTENDED_WEIGHTS])
"""Kronrod's integral, its difference from Gauss's, and what its nodes add to Patterson's."""


def _extrapolation(nodes: RealArray) -> RealArray:
    """Values of the interpolating polynomial at -1 and +1 from those at its nodes, shape (2, n)."""
    itself = np.eye(nodes.size, dtype=bool)
    distance = np.where(itself, 1.0, nodes[:, None] - nodes[None, :])
    return np.stack([np.where(itself, 1.0, (end - nodes[None, :]) / distance).prod(axis=1) for end in (-1.0, 1.0)])


EXTRAPOLATION = _extrapolation(NODES)
"""Values of the polynomial through Kronrod's nodes at -1 and +1, shape (2, 21)."""

EXTENDED_EXTRAPOLATION, MORE_EXTRAPOLATION = np.split(
    _extrapolation(np.concatenate([NODES, MORE_NODES])), [NODES.size], axis=1
)
"""Values of the polynomial through Patterson's nodes at -1 and +1: from Kronrod's nodes, and from those added."""
