"""Kolmogorov's criterion: affinities of cycles of transitions, and the distance from a gradient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from equipoise._checks import RealArray
from equipoise._printed import amount, counted, described


@dataclass(frozen=True, eq=False)
class CycleAffinities:
    """Fundamental cycles of the maximum-traffic spanning tree, each with its affinity.

    The affinity of a cycle is `sum log(rate forward / rate backward)` once around: all zero if and only if the
    rates satisfy detailed balance (Kolmogorov). The *maximum over all cycles* is not computed (it is NP-hard).

    Parameters
    ----------
    chords : ndarray of int, shape (C, 2)
        Edge (m, n) that closes each cycle; the cycle runs n -> m and back through the tree.
    affinities : RealArray, shape (C,)
        Dimensionless. A two-way chord between trees (disconnected graph) does not exist by construction.
    parents : ndarray of int, shape (L,)
        Tree: parent of each level, -1 at the root of each component.
    depths : ndarray of int, shape (L,)
    one_way : ndarray of int, shape (O, 2)
        Transitions n -> m, rows (m, n), whose reverse has rate zero: their affinity is infinite.
    defect : float
        Root mean square, over two-way edges, of `log(w_mn / w_nm)` minus its least-squares gradient.
    """

    chords: np.ndarray
    affinities: RealArray
    parents: np.ndarray
    depths: np.ndarray
    one_way: np.ndarray
    defect: float

    @cached_property
    def largest(self) -> float:
        """Largest modulus of an affinity of a fundamental cycle; 0 for a tree."""
        return float(np.abs(self.affinities).max(initial=0.0))

    def cycle(self, index: int) -> list[int]:
        """Levels of a fundamental cycle in the direction of positive affinity, starting at the lowest level."""
        m, n = (int(k) for k in self.chords[index])
        left, right = [m], [n]
        while left[-1] != right[-1]:
            if self.depths[left[-1]] >= self.depths[right[-1]]:
                left.append(int(self.parents[left[-1]]))
            else:
                right.append(int(self.parents[right[-1]]))
        # n -> m along the chord, m -> ... -> apex -> ... -> n through the tree.
        loop = left[:-1] + right[::-1]
        if self.affinities[index] < 0:
            loop = loop[::-1]
        start = loop.index(min(loop))
        return loop[start:] + loop[:start]

    def largest_cycle(self) -> list[int]:
        """The fundamental cycle of the largest affinity, [] for a tree."""
        return self.cycle(int(np.argmax(np.abs(self.affinities)))) if self.affinities.size else []

    def __repr__(self) -> str:
        facts = [("largest", amount(self.largest))]
        if self.affinities.size:
            loop = self.largest_cycle()
            facts.append(
                ("on the levels", " -> ".join(str(m) for m in [*loop, loop[0]]) if len(loop) <= 12 else str(len(loop)))
            )
        facts.append(("defect", amount(self.defect)))
        if len(self.one_way):
            facts.append(("one way only", counted(len(self.one_way), "transition")))
        return described(f"affinities of {counted(self.affinities.size, 'independent cycle')}", *facts)


def cycle_affinities(log_rates: RealArray, log_traffic: RealArray) -> CycleAffinities:
    """Affinities of the fundamental cycles of the maximum-traffic spanning tree, O(L^2) beside the defect.

    Parameters
    ----------
    log_rates : RealArray, shape (L, L)
        `log w[m, n]` of n -> m; -inf where there is none. Logarithms keep affinities exact at any size of rates.
    log_traffic : RealArray, shape (L, L)
        Logarithm of the flow of both directions, which ranks the edges; its size does not enter an affinity.

    Returns
    -------
    CycleAffinities

    References
    ----------
    Accardi & Imafuku (2002), (26), for three levels; Schnakenberg (1976).

    Examples
    --------
    >>> with np.errstate(divide="ignore"):
    ...     log_rates = np.log([[0.0, 1.0, 2.0], [2.0, 0.0, 1.0], [1.0, 2.0, 0.0]])
    >>> found = cycle_affinities(log_rates, log_rates + log_rates.T)
    >>> round(float(found.largest / np.log(2)), 12), found.largest_cycle()
    (3.0, [0, 1, 2])
    """
    from scipy.sparse.csgraph import minimum_spanning_tree

    L = log_rates.shape[0]
    forward = np.isfinite(log_rates)
    np.fill_diagonal(forward, False)
    two_way = forward & forward.T
    ratio = np.where(two_way, np.where(two_way, log_rates, 0.0) - np.where(two_way, log_rates.T, 0.0), 0.0)
    m, n = np.nonzero(np.triu(two_way, 1))
    # Rank the edges by traffic, most first: the tree depends on the order only, and ranks cannot be zero or inf.
    traffic = log_traffic[m, n]
    rank = np.empty(m.size)
    rank[np.argsort(-traffic, kind="stable")] = np.arange(1, m.size + 1)
    tree = minimum_spanning_tree(csr_array((rank, (m, n)), shape=(L, L)))
    parents, depths, potential = _descend(tree, ratio)
    in_tree = (parents[m] == n) | (parents[n] == m)
    chords = np.stack([m[~in_tree], n[~in_tree]], axis=1)
    affinities = ratio[m, n][~in_tree] - (potential[m] - potential[n])[~in_tree]
    one_way = np.argwhere(forward & ~forward.T)
    return CycleAffinities(chords, affinities, parents, depths, one_way, _gradient_defect(ratio, two_way))


def largest_three_cycle(log_rates: RealArray) -> tuple[tuple[int, int, int] | None, float]:
    """The cycle of three levels with the largest affinity, directly from all of them, O(L^3) time and O(L^2) memory.

    Kolmogorov's criterion in the form of the paper: `w_ml w_lk w_km = w_lm w_kl w_mk` for all m, l, k. It decides
    detailed balance where every pair of levels is connected; a ring of four has no three-cycle, and there the
    fundamental cycles of `cycle_affinities` decide.

    Parameters
    ----------
    log_rates : RealArray, shape (L, L)
        `log w[m, n]` of n -> m; -inf where there is none. A pair with one direction only is in no cycle.

    Returns
    -------
    cycle : (int, int, int) or None
        Levels in the direction of positive affinity, lowest first; None if no three levels form a cycle.
    affinity : float
        Dimensionless, >= 0.

    References
    ----------
    Accardi & Imafuku (2002), (26).

    Examples
    --------
    >>> with np.errstate(divide="ignore"):
    ...     log_rates = np.log([[0.0, 1.0, 2.0], [2.0, 0.0, 1.0], [1.0, 2.0, 0.0]])
    >>> cycle, affinity = largest_three_cycle(log_rates)
    >>> cycle, round(float(affinity / np.log(2)), 12)
    ((0, 1, 2), 3.0)
    """
    L = log_rates.shape[0]
    two_way = np.isfinite(log_rates) & np.isfinite(log_rates.T)
    np.fill_diagonal(two_way, False)
    ratio = np.where(two_way, np.where(two_way, log_rates, 0.0) - np.where(two_way, log_rates.T, 0.0), 0.0)
    best: tuple[int, int, int] | None = None
    largest = -1.0
    for a in range(L - 2):
        # a -> b -> c -> a for all b, c above a; both directions occur as (b, c) and (c, b).
        above = np.nonzero(two_way[a, a + 1 :])[0] + a + 1
        b, c = above[:, None], above[None, :]
        around = np.where(two_way[c, b], ratio[b, a] + ratio[c, b] + ratio[a, c], -np.inf)
        if around.size and around.max() > largest:
            i, j = np.unravel_index(int(np.argmax(around)), around.shape)
            best, largest = (a, int(above[i]), int(above[j])), float(around[i, j])
    return best, max(largest, 0.0)


def _descend(tree: csr_array, ratio: RealArray) -> tuple[np.ndarray, np.ndarray, RealArray]:
    """Parents, depths and the potential `sum of log ratios` from the root, for each component of the tree."""
    from scipy.sparse.csgraph import breadth_first_order

    L = tree.shape[0]
    parents = np.full(L, -1)
    depths = np.zeros(L, dtype=int)
    potential = np.zeros(L)
    seen = np.zeros(L, dtype=bool)
    for root in range(L):
        if seen[root]:
            continue
        order, predecessor = breadth_first_order(tree, root, directed=False)
        seen[order] = True
        for level in order[1:]:
            parent = predecessor[level]
            parents[level] = parent
            depths[level] = depths[parent] + 1
            potential[level] = potential[parent] + ratio[level, parent]
    return parents, depths, potential


def _gradient_defect(ratio: RealArray, two_way: np.ndarray) -> float:
    """Root mean square residual of the least-squares fit `ratio[m, n] ~ phi[m] - phi[n]` on the edges."""
    edges = int(two_way.sum()) // 2
    if edges == 0:
        return 0.0
    degree = two_way.sum(axis=1).astype(float)
    laplacian = np.diag(degree) - two_way
    # The Laplacian has one null vector for each component; grounding a root of each leaves the gradient unchanged.
    grounded = _component_roots(two_way)
    laplacian[grounded, grounded] += 1.0
    phi = np.linalg.solve(laplacian, ratio.sum(axis=1))
    residual = np.where(two_way, ratio - (phi[:, None] - phi[None, :]), 0.0)
    return float(np.sqrt(0.5 * np.sum(residual**2) / edges))


def _component_roots(two_way: np.ndarray) -> np.ndarray:
    from scipy.sparse.csgraph import connected_components

    _, component = connected_components(csr_array(two_way), directed=False)
    return np.unique(component, return_index=True)[1]
