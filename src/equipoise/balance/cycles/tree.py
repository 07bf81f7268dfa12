"""Kolmogorov's criterion: a spanning tree of transitions and the affinities of the cycles that it leaves to close."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from equipoise._checks import RealArray
from equipoise._printed import amount, counted, described
from equipoise.linalg.graphs import first_spanning_tree


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class SpanningTree:
    """The spanning tree of the most active transitions, and the fundamental cycles, one for each other transition.

    The affinity of a cycle is `sum log(rate forward / rate backward)` once around. All affinities are zero if and
    only if the rates satisfy detailed balance (Kolmogorov), and the fundamental cycles decide for all. The largest
    affinity of *any* cycle is not computed: that problem is NP-hard.

    Parameters
    ----------
    chords : ndarray of int, shape (C, 2)
        Transition (m, n) that closes each cycle. The cycle runs n -> m and back through the tree, in the direction of
        its affinity.
    affinities : RealArray, shape (C,)
        Dimensionless, >= 0; infinite if a step of the cycle has no reverse; 0 if neither direction can be run.
    parents : ndarray of int, shape (L,)
        Parent of each level in the tree, -1 at the root of each connected component.
    depths : ndarray of int, shape (L,)
        Steps from the root to each level.
    one_way : ndarray of int, shape (O, 2)
        Transitions n -> m, rows (m, n), whose reverse has rate zero.
    defect : float
        Root mean square, over the transitions open both ways, of `log(w_mn / w_nm)` minus its least-squares gradient.
    """

    chords: np.ndarray
    affinities: RealArray
    parents: np.ndarray
    depths: np.ndarray
    one_way: np.ndarray
    defect: float

    @cached_property
    def largest(self) -> float:
        """Largest affinity of a fundamental cycle; 0 if there is none."""
        return float(self.affinities.max(initial=0.0))

    def cycle(self, index: int) -> tuple[int, ...]:
        """Levels of a fundamental cycle in the direction of its affinity, starting at the lowest level."""
        m, n = (int(k) for k in self.chords[index])
        left, right = [m], [n]
        while left[-1] != right[-1]:
            if self.depths[left[-1]] >= self.depths[right[-1]]:
                left.append(int(self.parents[left[-1]]))
            else:
                right.append(int(self.parents[right[-1]]))
        # n -> m along the chord, m -> ... -> apex -> ... -> n through the tree.
        return from_lowest([*left[:-1], *right[::-1]])

    def largest_cycle(self) -> tuple[int, ...]:
        """Levels of the fundamental cycle of the largest affinity; () if there is none."""
        return self.cycle(int(np.argmax(self.affinities))) if self.affinities.size else ()

    def from_chords(self, values: RealArray, sign: int) -> RealArray:
        """A table of all transitions from its values on the chords n -> m, shape (L, L), [m, n].

        A transition of the tree carries what the chords bring into the branch beyond it. With `sign` -1 the table is
        antisymmetric, the net current that the chord currents determine; with +1 it is symmetric, their error.
        """
        m, n = self.chords.T
        table = np.zeros((self.parents.size,) * 2)
        table[m, n], table[n, m] = values, sign * values
        beyond = table.sum(axis=1)
        for level in np.argsort(-self.depths, kind="stable"):
            parent = self.parents[level]
            if parent >= 0:
                table[parent, level], table[level, parent] = beyond[level], sign * beyond[level]
                beyond[parent] += beyond[level]
        return table

    def __repr__(self) -> str:
        facts = [("largest", amount(self.largest))]
        if self.affinities.size:
            loop = self.largest_cycle()
            path = " -> ".join(str(m) for m in [*loop, loop[0]]) if len(loop) <= 12 else str(len(loop))
            facts.append(("on the levels", path))
        facts.append(("defect", amount(self.defect)))
        if len(self.one_way):
            facts.append(("one way only", counted(len(self.one_way), "transition")))
        return described(f"affinities of {counted(self.affinities.size, 'independent cycle')}", *facts)


def spanning_tree(log_rates: RealArray, log_activity: RealArray) -> SpanningTree:
    """The spanning tree of the most active transitions and its fundamental cycles, O(L^2) apart from the defect.

    Parameters
    ----------
    log_rates : RealArray, shape (L, L)
        `log w[m, n]` of n -> m; -inf where there is none. Logarithms keep affinities exact at any size of rates.
    log_activity : RealArray, shape (L, L)
        Logarithm of the flux of both directions, which ranks the transitions; its size does not enter an affinity.

    Returns
    -------
    SpanningTree

    References
    ----------
    Accardi & Imafuku (2002), (26), for three levels; Schnakenberg (1976).

    Examples
    --------
    >>> with np.errstate(divide="ignore"):
    ...     log_rates = np.log([[0.0, 1.0, 2.0], [2.0, 0.0, 1.0], [1.0, 2.0, 0.0]])
    >>> found = spanning_tree(log_rates, log_rates + log_rates.T)
    >>> round(float(found.largest / np.log(2)), 12), found.largest_cycle()
    (3.0, (0, 1, 2))
    """
    L = log_rates.shape[0]
    is_open = np.isfinite(log_rates)
    np.fill_diagonal(is_open, False)
    two_way = is_open & is_open.T
    ratio = _log_ratio(log_rates, two_way)
    m, n = np.nonzero(np.triu(is_open | is_open.T, 1))
    # Most active edges first: the tree depends on their order only.
    order = np.argsort(-log_activity[m, n], kind="stable")
    tree = first_spanning_tree(m[order], n[order], L)
    parents, depths, potential = _descend(tree, ratio)
    in_tree = (parents[m] == n) | (parents[n] == m)
    chords = np.stack([m[~in_tree], n[~in_tree]], axis=1)
    affinities = (ratio[m, n] - (potential[m] - potential[n]))[~in_tree]
    one_way = np.argwhere(is_open & ~is_open.T)
    if one_way.size:
        along, back = _can_be_run(chords, parents, depths, is_open)
        only = np.where(along, np.inf, np.where(back, -np.inf, 0.0))
        affinities = np.where(along & back, affinities, only)
    chords = np.where(affinities[:, None] < 0, chords[:, ::-1], chords)
    return SpanningTree(
        chords=chords,
        affinities=np.abs(affinities),
        parents=parents,
        depths=depths,
        one_way=one_way,
        defect=_gradient_defect(ratio, two_way),
    )


def largest_three_cycle(log_rates: RealArray) -> tuple[tuple[int, int, int] | None, float]:
    """The cycle of three levels with the largest affinity, directly from all of them, O(L^3) time and O(L^2) memory.

    Kolmogorov's criterion in the form of the paper: `w_ml w_lk w_km = w_lm w_kl w_mk` for all m, l, k. It decides
    detailed balance where every pair of levels is connected; a ring of four has no three-cycle, and there the
    fundamental cycles of the spanning tree decide.

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
    ratio = _log_ratio(log_rates, two_way)
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


def from_lowest(loop: list[int]) -> tuple[int, ...]:
    """A closed loop of levels, started at the lowest of them."""
    start = loop.index(min(loop))
    return (*loop[start:], *loop[:start])


def _log_ratio(log_rates: RealArray, two_way: np.ndarray) -> RealArray:
    """`log(w[m, n] / w[n, m])` of transitions open both ways, 0 elsewhere."""
    known = np.where(two_way, log_rates, 0.0)
    return np.asarray(known - known.T)


def _can_be_run(
    chords: np.ndarray, parents: np.ndarray, depths: np.ndarray, is_open: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Whether every step of each fundamental cycle is open, along its chord n -> m and the other way round."""
    m, n = chords.T.copy()
    along, back = is_open[m, n], is_open[n, m]
    # m climbs and n climbs, the deeper of the two first, until they meet at the apex of the cycle.
    while np.any(apart := m != n):
        left, right = apart & (depths[m] >= depths[n]), apart & (depths[m] < depths[n])
        above, below = parents[m[left]], m[left]
        along[left], back[left] = along[left] & is_open[above, below], back[left] & is_open[below, above]
        m[left] = above
        above, below = parents[n[right]], n[right]
        along[right], back[right] = along[right] & is_open[below, above], back[right] & is_open[above, below]
        n[right] = above
    return along, back


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
    from scipy.sparse.csgraph import connected_components

    edges = int(two_way.sum()) // 2
    if edges == 0:
        return 0.0
    degree = two_way.sum(axis=1).astype(float)
    laplacian = np.diag(degree) - two_way
    # The Laplacian has one null vector for each component; grounding a root of each leaves the gradient unchanged.
    _, component = connected_components(csr_array(two_way), directed=False)
    grounded = np.unique(component, return_index=True)[1]
    laplacian[grounded, grounded] += 1.0
    phi = np.linalg.solve(laplacian, ratio.sum(axis=1))
    residual = np.where(two_way, ratio - (phi[:, None] - phi[None, :]), 0.0)
    return float(np.sqrt(0.5 * np.sum(residual**2) / edges))
