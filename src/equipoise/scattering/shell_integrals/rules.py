"""Quadrature rules on [-1, 1] that hold one another: Gauss's of 10 nodes, Kronrod's of 21, Patterson's of 43."""

from __future__ import annotations

import numpy as np

from equipoise._checks import RealArray

_KRONROD = np.array(
    (
        0.9956571630258081,
        0.9739065285171717,
        0.9301574913557082,
        0.8650633666889845,
        0.7808177265864169,
        0.6794095682990244,
        0.5627571346686047,
        0.4333953941292472,
        0.2943928627014602,
        0.1488743389816312,
        0.0,
    )
)
_KRONROD_WEIGHTS = np.array(
    (
        0.01169463886737187,
        0.03255816230796473,
        0.0547558965743520,
        0.07503967481091995,
        0.0931254545836976,
        0.1093871588022976,
        0.1234919762620659,
        0.1347092173114733,
        0.1427759385770601,
        0.1477391049013385,
        0.1494455540029169,
    )
)
_GAUSS_WEIGHTS = np.array(
    (
        0.06667134430868814,
        0.1494513491505806,
        0.2190863625159820,
        0.2692667193099964,
        0.2955242247147529,
    )
)

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
_PATTERSON_WEIGHTS = np.array(
    (
        0.001844477640212414,
        0.01079868958589165,
        0.02189536386779543,
        0.03259746397534569,
        0.04216313793519181,
        0.05074193960018458,
        0.05837939554261925,
        0.06474640495144589,
        0.06956619791235648,
        0.07282444147183321,
        0.07450775101417512,
    )
)
_PATTERSON_WEIGHTS_OF_KRONROD = np.array(
    (
        0.005768556059769796,
        0.01629673428966656,
        0.02737189059324884,
        0.03752287612086950,
        0.04656082691042883,
        0.05469490205825544,
        0.06174499520144256,
        0.06735541460947809,
        0.07138726726869340,
        0.07387019963239395,
        0.07472214751740301,
    )
)

NODES = np.concatenate([-_KRONROD[:-1], _KRONROD[::-1]])
"""Twenty-one nodes of Kronrod's rule on [-1, 1], ascending."""

WEIGHTS = np.concatenate([_KRONROD_WEIGHTS[:-1], _KRONROD_WEIGHTS[::-1]])
"""Weights of Kronrod's rule."""

DIFFERENCE = WEIGHTS.copy()
"""Weights of Kronrod's rule less those of Gauss's on ten of its nodes."""
DIFFERENCE[1::2] -= np.concatenate([_GAUSS_WEIGHTS, _GAUSS_WEIGHTS[::-1]])

MORE_NODES = np.concatenate([-_PATTERSON, _PATTERSON[::-1]])
"""Twenty-two nodes that make Patterson's rule of 43 out of Kronrod's."""

MORE_WEIGHTS = np.concatenate([_PATTERSON_WEIGHTS, _PATTERSON_WEIGHTS[::-1]])
"""Their weights in it."""

EXTENDED_WEIGHTS = np.concatenate([_PATTERSON_WEIGHTS_OF_KRONROD[:-1], _PATTERSON_WEIGHTS_OF_KRONROD[::-1]])
"""Weights in it of Kronrod's nodes."""

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
