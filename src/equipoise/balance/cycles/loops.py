"""Persistent currents of a stationary state, as loops of levels with a direction.

Stationary net currents neither begin nor end: they are a sum of loops that all run along them. The largest such loop is
taken out first, then the largest of the rest, until nothing above round-off remains. For three levels there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from equipoise._checks import ROUND_OFF, RealArray, require
from equipoise._printed import amount, counted, described, table
from equipoise.balance.cycles.affinities import CycleAffinities
from equipoise.balance.cycles.conversion import CycleCurrents, cycle_currents
from equipoise.generators import Generator
from equipoise.spectrum import Spectrum
from equipoise.stationary import StationaryState
from equipoise.stationary.pairwise import State, require_stationary_flows

SMALLEST = float(np.log(1e-280))
"""Logarithm of a current below which it may have no digits as a number."""


@dataclass(frozen=True)
class PersistentLoop:
    """A loop of levels along which every net current runs forward.

    Parameters
    ----------
    levels : tuple of int
        In the order in which they are visited, the lowest first; the last step returns to it.
    label : str
        By the names of the levels: `- -> 0 -> + -> -`.
    current : float
        Turns per time, positive.
    affinity : float
        `sum log(rate forward / rate backward)`, positive; infinite if a step has no reverse.
    heat : tuple of float
        Energy that each step brings into the system per time, in the order of the steps; their sum is zero.
    log_current : float
        Logarithm of the current, which itself may be too small for a number.
    """

    levels: tuple[int, ...]
    label: str
    current: float
    affinity: float
    heat: tuple[float, ...]
    log_current: float

    @property
    def amount(self) -> str:
        """The current, as the exponential of a logarithm where it is too small for a number."""
        return f"{self.current:.6g}" if self.log_current > SMALLEST else f"exp({self.log_current:.6g})"

    def __repr__(self) -> str:
        return f"{self.label}: {self.amount} (affinity {self.affinity:.6g})"


@dataclass(frozen=True, eq=False)
class PersistentLoops:
    """Net currents of a stationary state and the loops that they are made of.

    Parameters
    ----------
    spectrum : Spectrum
    net : RealArray, shape (L, L)
        Net current n -> m of all dissipators together, [m, n], antisymmetric. Next to large flows in both directions,
        whose difference has no digits, it is what the other transitions bring, so that it is conserved exactly.
    noise : RealArray, shape (L, L)
        Round-off of it.
    loops : tuple of PersistentLoop
        Largest first; empty where detailed balance holds to round-off. Where all currents are too small for a number
        they are found all the same, by their logarithms.
    rest : float
        Largest net current that the loops leave out: round-off, unless fewer loops were asked for than there are.
    is_balanced : bool
        Whether the two flows of every pair of levels agree to round-off, however small they are.
    """

    spectrum: Spectrum
    net: RealArray
    noise: RealArray
    loops: tuple[PersistentLoop, ...]
    rest: float
    is_balanced: bool

    @property
    def dominant(self) -> PersistentLoop | None:
        """The loop of the largest current; None where nothing circulates."""
        return self.loops[0] if self.loops else None

    @cached_property
    def summed(self) -> RealArray:
        """The net currents rebuilt from the loops, shape (L, L)."""
        return _summed(self.loops, len(self.net))

    def __repr__(self) -> str:
        rows = [[loop.label, loop.amount, amount(loop.affinity)] for loop in self.loops]
        largest = float(np.abs(self.net).max(initial=0.0))
        lost = "none above round-off, though some pair of flows is not balanced"
        none = "none: balanced to round-off" if self.is_balanced else lost
        return described(
            f"persistent currents between {counted(self.spectrum.size, 'level')}",
            ("loops", str(len(self.loops)) if self.loops else none),
            ("largest", f"{amount(largest)} between two levels, round-off {float(self.noise.max(initial=0.0)):.0e}"),
            ("left out", f"{self.rest:.1e}"),
            below=table(["loop", "current", "affinity"], rows, "loop") if rows else [],
        )


def persistent_loops(generator: Generator, state: State, most: int | None = None) -> PersistentLoops:
    r"""Loops of the net currents :math:`K_{jk} = a_{jk}p_k - a_{kj}p_j` of a stationary state, with their direction.

    In the Gibbs state of a gas that violates detailed balance :math:`K_{jk} = a_{kj}\,p_j\,[I(j, k) - 1]`. Each loop
    carries the smallest net current along it, chosen as large as it can be; the sum of the loops is K. Where loops
    share transitions the choice is one of several; `conversion_process` gives Hill's flux of a loop, which is its own.

    Parameters
    ----------
    generator : Generator
        Secular, without degenerate levels; any number of reservoirs.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Stationary.
    most : int, optional
        Loops after which to stop; all of them if not given, at most one for each pair of levels.

    Returns
    -------
    PersistentLoops

    Raises
    ------
    InputError
        If populations do not obey rates between pairs of levels, or the state is not stationary; `most` below one.

    References
    ----------
    Alicki, Sindelka & Gelbwaser-Klimovsky (2023), (31), corrected: the population is that of j.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> ring = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]], labels=("-", "0", "+"))
    >>> print(persistent_loops(ring, np.eye(3) / 3).dominant)
    - -> 0 -> + -> -: 0.333333 (affinity 2.07944)
    """
    require(most is None or most >= 1, "most", "be at least 1", f"got {most}")
    found = cycle_currents(generator, state)
    log_flows, spectrum = found.log_flows, found.spectrum
    require_stationary_flows(log_flows, spectrum.labels)
    accuracy = 64 * ROUND_OFF + (state.relative_accuracy if isinstance(state, StationaryState) else 0.0)
    log_unit = _log_unit(found)
    on_chords = np.where(_is_chord(found.tree, log_flows), log_flows - log_unit, -np.inf)
    # A current that is no number has the digits of its logarithm.
    digits = accuracy + 4 * ROUND_OFF * abs(log_unit)
    net = replace(found, log_flows=on_chords).summed()
    noise = _noise(found.tree, digits * np.exp(np.logaddexp(on_chords, on_chords.T)))
    left = np.where(net > noise, net, 0.0)
    loops: list[PersistentLoop] = []
    carried, width = np.zeros_like(net), np.inf
    while most is None or len(loops) < most:
        cycle = _widest_cycle(left, width)
        if cycle is None:
            break
        steps = list(pairwise([*cycle, cycle[0]]))
        ends, starts = [m for _, m in steps], [n for n, _ in steps]
        width = current = float(left[ends, starts].min())
        left[ends, starts] -= current
        # What is left of a difference of two sums below their round-off is none.
        left[ends, starts] = np.where(left[ends, starts] > noise[ends, starts], left[ends, starts], 0.0)
        loops.append(_loop(spectrum, found.log_rates, cycle, current, log_unit))
        carried[ends, starts] += current
        carried[starts, ends] -= current
    loops.sort(key=lambda loop: -loop.log_current)
    unit = float(np.exp(log_unit))
    rest = unit * float(np.abs(net - carried).max(initial=0.0))
    balanced = _is_balanced(log_flows, accuracy)
    return PersistentLoops(spectrum, unit * net, unit * noise, tuple(loops), rest, balanced)


def _is_chord(tree: CycleAffinities, log_flows: RealArray) -> np.ndarray:
    m, n = tree.chords.T
    found = np.zeros(log_flows.shape, dtype=bool)
    found[m, n] = found[n, m] = True
    return found


def _log_unit(found: CycleCurrents) -> float:
    """Logarithm of the unit in which currents are counted: zero, unless none is a normal number."""
    m, n = found.tree.chords.T
    largest = float(np.maximum(found.log_flows[m, n], found.log_flows[n, m]).max(initial=-np.inf))
    return largest if np.isfinite(largest) and largest < SMALLEST else 0.0


def _is_balanced(log_flows: RealArray, accuracy: float) -> bool:
    one_way = np.isfinite(log_flows) != np.isfinite(log_flows.T)
    known = np.where(np.isfinite(log_flows), log_flows, 0.0)
    digits = accuracy + 4 * ROUND_OFF * np.maximum(np.abs(known), np.abs(known.T))
    return not bool(np.any(one_way | (np.abs(known - known.T) > digits)))


def _noise(tree: CycleAffinities, noise: RealArray) -> RealArray:
    """Round-off of currents that are their own difference on chords and sums of those on the tree, shape (L, L)."""
    m, n = tree.chords.T
    table = np.zeros_like(noise)
    table[m, n] = table[n, m] = noise[m, n]
    beyond = table.sum(axis=1)
    for level in np.argsort(-tree.depths, kind="stable"):
        parent = tree.parents[level]
        if parent >= 0:
            table[parent, level] = table[level, parent] = beyond[level]
            beyond[parent] += beyond[level]
    return table


def _summed(loops: Sequence[PersistentLoop], size: int) -> RealArray:
    total = np.zeros((size, size))
    for loop in loops:
        for n, m in pairwise([*loop.levels, loop.levels[0]]):
            total[m, n] += loop.current
            total[n, m] -= loop.current
    return total


def _widest_cycle(current: RealArray, width: float) -> list[int] | None:
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
    loop = way[::-1]
    start = loop.index(min(loop))
    return loop[start:] + loop[:start]


def _on_a_cycle(edges: np.ndarray, within: np.ndarray | None = None) -> tuple[int, int] | None:
    """An edge (m, n), n -> m, of those given that lies on a cycle of the graph `within` (itself by default)."""
    from scipy.sparse.csgraph import connected_components

    graph = edges if within is None else within
    _, part = connected_components(csr_array(graph.T), directed=True, connection="strong")
    m, n = np.nonzero(edges & (part[:, None] == part[None, :]))
    return (int(m[0]), int(n[0])) if m.size else None


def _loop(spectrum: Spectrum, log_rates: RealArray, cycle: list[int], amount: float, log_unit: float) -> PersistentLoop:
    """The loop of a current given in a unit."""
    steps = list(pairwise([*cycle, cycle[0]]))
    forward = sum(float(log_rates[m, n]) for n, m in steps)
    backward = sum(float(log_rates[n, m]) for n, m in steps)
    current, log_current = amount * float(np.exp(log_unit)), float(np.log(amount)) + log_unit
    heat = tuple(current * float(spectrum.levels[m] - spectrum.levels[n]) for n, m in steps)
    label = " -> ".join(spectrum.labels[k] for k in [*cycle, cycle[0]])
    return PersistentLoop(tuple(cycle), label, current, forward - backward, heat, log_current)
