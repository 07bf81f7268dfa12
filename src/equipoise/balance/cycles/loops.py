"""Persistent currents: the net currents of a stationary state as a sum of loops that all run along them.

Stationary net currents neither begin nor end. The loop that carries the most is taken out first, then the largest of
the rest, until nothing above round-off remains. Where loops share transitions this choice is one of several.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from equipoise._checks import RealArray
from equipoise.balance.cycles.tree import from_lowest


def widest_loops(net: RealArray, noise: RealArray, most: int | None) -> list[tuple[tuple[int, ...], float]]:
    """Loops of levels that the net currents are a sum of, each with the current it carries, in descending order.

    Parameters
    ----------
    net : RealArray, shape (L, L)
        Net current n -> m, [m, n], antisymmetric and conserved at every level.
    noise : RealArray, shape (L, L)
        Round-off of it: what is no larger counts as zero.
    most : int or None
        Loops after which to stop.
    """
    left = np.where(net > noise, net, 0.0)
    found: list[tuple[tuple[int, ...], float]] = []
    width = np.inf
    while most is None or len(found) < most:
        cycle = _widest_cycle(left, width)
        if cycle is None:
            break
        starts, ends = np.array(list(pairwise([*cycle, cycle[0]]))).T
        width = float(left[ends, starts].min())
        left[ends, starts] -= width
        # A remainder below the round-off of the difference of two sums is zero.
        left[ends, starts] = np.where(left[ends, starts] > noise[ends, starts], left[ends, starts], 0.0)
        found.append((cycle, width))
    return sorted(found, key=lambda loop: -loop[1])


def _widest_cycle(current: RealArray, width: float) -> tuple[int, ...] | None:
    """The cycle of n -> m with the largest smallest `current[m, n]`, no wider than `width`; None if there is none."""
    from scipy.sparse.csgraph import breadth_first_order

    values = np.unique(current[current > 0])
    # The next width is near the last one: gallop down to one at which a cycle exists, then bisect.
    high = int(np.searchsorted(values, width, side="right")) - 1
    low, stride = high, 1
    while low >= 0 and _on_a_cycle(current >= values[low]) is None:
        high, low, stride = low - 1, max(low - stride, 0) if low > 0 else -1, 2 * stride
    if low < 0:
        return None
    while low < high:
        middle = (low + high + 1) // 2
        if _on_a_cycle(current >= values[middle]) is None:
            high = middle - 1
        else:
            low = middle
    edges = current >= values[low]
    step = _on_a_cycle(edges & (current == values[low]), edges) or _on_a_cycle(edges)
    assert step is not None
    m, n = step
    # n -> m, and the shortest way back.
    _, parent = breadth_first_order(csr_array(edges.T), m)
    way = [n]
    while way[-1] != m:
        way.append(int(parent[way[-1]]))
    # `way` runs backwards from n to m.
    return from_lowest(way[::-1])


def _on_a_cycle(edges: np.ndarray, within: np.ndarray | None = None) -> tuple[int, int] | None:
    """An edge (m, n), n -> m, of those given that lies on a cycle of the graph `within` (itself by default)."""
    from scipy.sparse.csgraph import connected_components

    graph = edges if within is None else within
    _, part = connected_components(csr_array(graph.T), directed=True, connection="strong")
    m, n = np.nonzero(edges & (part[:, None] == part[None, :]))
    return (int(m[0]), int(n[0])) if m.size else None
