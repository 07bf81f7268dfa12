r"""Conversion of quanta by a system out of equilibrium: which cycles of levels turn, how fast, and p quanta into q.

A cycle of transitions that goes up p times and down q times takes p quanta from the fields and returns q others. In a
stationary state the net currents are made of such cycles, in two ways: Hill's cycle fluxes, one for every cycle, each
in the direction of its affinity; and the currents along the fundamental cycles of a spanning tree, fewer and enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ROUND_OFF, InputError, RealArray, require
from equipoise._printed import MOST, counted, described
from equipoise.balance.cycles.affinities import CycleAffinities, cycle_affinities
from equipoise.generators import Generator
from equipoise.generators.generator import require_generator
from equipoise.reservoirs import AbstractDistribution
from equipoise.spectrum import Spectrum
from equipoise.stationary import density_in
from equipoise.stationary.pairwise import State, difference_of_exponentials, require_pairwise_rates
from equipoise.stationary.sectors import log_population_rates

MOST_LEVELS = 64
"""Most levels for all three-cycles at once: 41 664 of them, each an elimination of 64 levels, take a minute or so."""

_BATCH_ELEMENTS = 1 << 18
"""Rates in one batch of eliminations: 2 MB."""

_REMEDY = "Lift the degeneracy, or use thermodynamics.currents for the flows."


@dataclass(frozen=True, repr=False)
class ConversionProcess:
    """A cycle of transitions, run in the direction of its net rate.

    Parameters
    ----------
    levels : tuple of int
        Levels in the order in which they are visited, the lowest first; the last step returns to it.
    rate : float
        Net turns per time, >= 0.
    affinity : float
        `sum log(rate forward / rate backward)` in this direction; infinite if a step has no reverse.
    absorbed, emitted : tuple of float
        Energies of the quanta taken from and given to the fields in one turn, in the order of the steps. Their sums
        are equal.
    """

    levels: tuple[int, ...]
    rate: float
    affinity: float
    absorbed: tuple[float, ...]
    emitted: tuple[float, ...]

    @property
    def label(self) -> str:
        """'1 -> 2' for a process in which one quantum becomes two."""
        return f"{len(self.absorbed)} -> {len(self.emitted)}"

    def __repr__(self) -> str:
        """Quanta of these energies become quanta of those, with the rate."""
        spent, gained = (" + ".join(f"{energy:.6g}" for energy in side) for side in (self.absorbed, self.emitted))
        return f"{self.label}: {spent} -> {gained} at {self.rate:.6g} (affinity {self.affinity:.6g})"


@dataclass(frozen=True, eq=False)
class CycleCurrents:
    """Stationary net currents as a sum of currents around the fundamental cycles of the maximum-traffic tree.

    Parameters
    ----------
    spectrum : Spectrum
    log_rates : RealArray, shape (L, L)
        Logarithm of the rate n -> m of all reservoirs together.
    log_flows : RealArray, shape (L, L)
        Logarithm of the one-way flow n -> m in the state.
    tree : CycleAffinities
        Tree and chords; transitions that run one way only belong to it too.
    """

    spectrum: Spectrum
    log_rates: RealArray
    log_flows: RealArray
    tree: CycleAffinities

    @property
    def independent(self) -> int:
        """Number of independent cycles, and affinities: open transitions - levels + connected components."""
        return len(self.tree.chords)

    @cached_property
    def net(self) -> RealArray:
        """Net current n -> m of all reservoirs together, shape (L, L)."""
        return difference_of_exponentials(self.log_flows, self.log_flows.T)

    @property
    def currents(self) -> RealArray:
        """Current around each fundamental cycle, positive along its chord n -> m, rows (m, n) of `tree.chords`."""
        m, n = self.tree.chords.T
        return np.asarray(self.net[m, n])

    def signs(self) -> np.ndarray:
        """Sign of the net current n -> m, shape (L, L) of int; 0 below the round-off of the two flows."""
        back = self.log_flows.T
        absent = np.isneginf(self.log_flows) & np.isneginf(back)
        with np.errstate(invalid="ignore"):
            excess = np.where(absent, 0.0, self.log_flows - back)
        size = np.where(np.isfinite(excess), np.maximum(np.abs(self.log_flows), np.abs(back)), 0.0)
        digits = ROUND_OFF * (128 + 4 * size)
        return np.where(np.abs(excess) > digits, np.sign(excess), 0).astype(int)

    def summed(self) -> RealArray:
        """The net currents rebuilt from the cycles, shape (L, L): `net`, if the state is stationary.

        A tree transition carries what its chords bring into the branch beyond it.
        """
        m, n = self.tree.chords.T
        table = np.zeros_like(self.net)
        table[m, n] = self.currents
        table[n, m] = -self.currents
        surplus = table.sum(axis=1)
        parents = self.tree.parents
        for level in np.argsort(-self.tree.depths, kind="stable"):
            parent = parents[level]
            if parent >= 0:
                table[parent, level], table[level, parent] = surplus[level], -surplus[level]
                surplus[parent] += surplus[level]
        return table

    def process(self, index: int) -> ConversionProcess:
        """A fundamental cycle as a conversion of quanta, in the direction of its current."""
        m, n = (int(k) for k in self.tree.chords[index])
        current = float(self.currents[index])
        loop = self.tree.cycle(index)
        forward = loop if _follows(loop, n, m) == (current >= 0) else loop[::-1]
        return _process(self.spectrum, self.log_rates, forward, abs(current))

    def processes(self) -> tuple[ConversionProcess, ...]:
        """Every fundamental cycle, fastest first."""
        found = [self.process(index) for index in range(self.independent)]
        return tuple(sorted(found, key=lambda process: -process.rate))

    def __repr__(self) -> str:
        cycles, levels = counted(self.independent, "independent cycle"), counted(self.spectrum.size, "level")
        title = f"{cycles} of transitions between {levels}"
        every = self.processes()
        more = f", the first {MOST}" if len(every) > MOST else ""
        lines = [line for process in every[:MOST] for line in described(str(process)).splitlines()]
        return "\n".join([f"{title}{more}", *(f"  {line}" for line in lines)])


def cycle_currents(generator: Generator, state: State) -> CycleCurrents:
    """Decompose the stationary net currents into currents around independent cycles.

    The current around a fundamental cycle is the net current on its chord; it need not follow the affinity of that
    cycle, because cycles share transitions. See `conversion_process` for fluxes that do.

    Parameters
    ----------
    generator : Generator
        Secular, without degenerate levels; any number of reservoirs, of any distribution.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Stationary.

    Returns
    -------
    CycleCurrents

    Raises
    ------
    InputError
        If populations do not obey rates between pairs of levels.

    References
    ----------
    Schnakenberg (1976). Accardi & Imafuku (2002), (109)-(113), for any number of levels.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> ring = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]], energies=[0.0, 1.0, 2.5])
    >>> found = cycle_currents(ring, np.eye(3) / 3)
    >>> found.independent, str(found.process(0))
    (1, '2 -> 1: 1 + 1.5 -> 2.5 at 0.333333 (affinity 2.07944)')
    """
    require_generator(generator)
    log_rates, log_flows = _flows(generator, state)
    traffic = np.logaddexp(log_flows, log_flows.T)
    # A tree over all open transitions: an empty level has no traffic, and joins by its rates.
    joint = np.logaddexp(log_rates, log_rates.T)
    return CycleCurrents(generator.spectrum, log_rates, log_flows, cycle_affinities(joint, traffic))


def conversion_process(generator: Generator, state: State, levels: Sequence[int]) -> ConversionProcess:
    r"""Net rate at which a cycle of levels is completed: Hill's cycle flux.

    .. math::
        J_c = (\pi_+ - \pi_-)\, \frac{\Sigma_c}{\Sigma}, \qquad \frac{J_{c+}}{J_{c-}} = \frac{\pi_+}{\pi_-} = e^{A_c},

    :math:`\pi_\pm` the products of the rates around it, :math:`\Sigma_c` the sum over forests that lead every other
    level to the cycle, :math:`\Sigma` over all spanning trees. So every cycle turns in the direction of its affinity,
    for three levels :math:`\delta`, and the net current of a transition is the sum over all cycles through it.

    Parameters
    ----------
    generator : Generator
        Secular, without degenerate levels.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Stationary.
    levels : sequence of int
        At least three, each once, every neighbouring pair (the last with the first) an open transition; either
        direction.

    Returns
    -------
    ConversionProcess
        In the direction in which it runs.

    Raises
    ------
    InputError
        A level that does not exist or appears twice, a closed transition (which), or no pairwise rates.

    References
    ----------
    Hill (1966). Accardi & Imafuku (2002), (112)-(113) (J13 there is J31), for a cycle in any system.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> ring = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]], energies=[0.0, 1.0, 2.5])
    >>> conversion_process(ring, np.eye(3) / 3, (0, 2, 1)).levels
    (0, 1, 2)
    """
    require_generator(generator)
    log_rates, _ = _flows(generator, state)
    cycle = [int(level) for level in levels]
    _require_cycle(generator, log_rates, cycle)
    log_p = density_in(generator.spectrum, state).log_level_populations
    return _hill(generator.spectrum, log_rates, log_p, np.array([cycle]))[0]


def quantum_conversions(generator: Generator, state: State) -> tuple[ConversionProcess, ...]:
    """Every cycle of three levels a < b < c: quanta c - a that become (b - a) + (c - b), or the reverse.

    Parameters
    ----------
    generator : Generator
        Secular, without degenerate levels, at most 64 of them.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Stationary.

    Returns
    -------
    tuple of ConversionProcess
        Fastest first; label '1 -> 2' or '2 -> 1', rates by Hill's formula (see `conversion_process`).

    Raises
    ------
    InputError
        Too many levels, or no pairwise rates.

    References
    ----------
    Accardi & Imafuku (2002), (111)-(113), for three levels.
    """
    require_generator(generator)
    log_rates, _ = _flows(generator, state)
    require(
        generator.dimension <= MOST_LEVELS,
        "generator",
        f"have at most {MOST_LEVELS} levels for all cycles of three",
        f"has {generator.dimension}",
        "Use cycle_currents, or conversion_process for one cycle.",
    )
    is_open = np.isfinite(log_rates) | np.isfinite(log_rates.T)
    found = [t for t in combinations(range(generator.dimension), 3) if all(is_open[p] for p in combinations(t, 2))]
    log_p = density_in(generator.spectrum, state).log_level_populations
    processes = _hill(generator.spectrum, log_rates, log_p, np.array(found, dtype=int).reshape(-1, 3))
    return tuple(sorted(processes, key=lambda process: -process.rate))


def field_affinity(distribution: AbstractDistribution, energies: ArrayLike) -> float:
    r"""Affinity that one field gives a cycle of levels: :math:`\delta = \sum_{down} x(\omega) - \sum_{up} x(\omega)`.

    With :math:`x = \beta(\omega)\,\omega`. Zero for every cycle if and only if x is additive (constant temperature,
    no chemical potential), though it can vanish on some cycles of any field.

    Parameters
    ----------
    distribution : AbstractDistribution
    energies : array_like, shape (K,)
        Energies of the levels in the order of the cycle, which returns from the last to the first.

    Raises
    ------
    InputError
        Fewer than three energies, or two neighbours that are equal.

    References
    ----------
    Accardi & Imafuku (2002), (106) and (111): the cycle 1 -> 3 -> 2 -> 1.

    Examples
    --------
    >>> from equipoise.reservoirs import LocalTemperature, Statistics
    >>> field = LocalTemperature(Statistics.BOSON, lambda omega: 1.0 + omega)
    >>> field_affinity(field, [0.0, 2.5, 1.0])  # 2 + 3.75 - 8.75
    -3.0
    """
    e = np.asarray(energies, dtype=float)
    require(e.ndim == 1 and e.size >= 3, "energies", "hold at least three levels", f"has shape {e.shape}")
    released = e - np.roll(e, -1)
    require(bool(np.all(released != 0)), "energies", "change at every step of the cycle", f"got {e.tolist()}")
    x = np.asarray(distribution.exponent(np.abs(released)))
    return float(np.sum(np.sign(released) * x))


def _flows(generator: Generator, state: State) -> tuple[RealArray, RealArray]:
    require_pairwise_rates(generator, _REMEDY)
    log_rates = log_population_rates(generator)
    density = density_in(generator.spectrum, state)
    return log_rates, log_rates + density.log_level_populations[None, :]


def _require_cycle(generator: Generator, log_rates: RealArray, cycle: list[int]) -> None:
    d = generator.dimension
    require(
        len(cycle) >= 3 and len(set(cycle)) == len(cycle) and all(0 <= level < d for level in cycle),
        "levels",
        f"hold at least three different levels from 0 to {d - 1}",
        f"got {cycle}",
    )
    for n, m in pairwise([*cycle, cycle[0]]):
        if not (np.isfinite(log_rates[m, n]) or np.isfinite(log_rates[n, m])):
            labels = generator.spectrum.labels
            raise InputError(
                f"Argument `levels` must be a cycle of open transitions, but {labels[n]!r} <-> {labels[m]!r} is closed."
            )


def _hill(spectrum: Spectrum, log_rates: RealArray, log_p: RealArray, cycles: np.ndarray) -> list[ConversionProcess]:
    """Hill's flux of each cycle, rows of (T, K)."""
    count, K = cycles.shape
    step = max(1, _BATCH_ELEMENTS // log_rates.size)
    found = []
    for start in range(0, count, step):
        chunk = cycles[start : start + step]
        # From the most populated level: the smallest rate out of it is the best known.
        first = np.argmax(log_p[chunk], axis=1)
        chunk = np.take_along_axis(chunk, (first[:, None] + np.arange(K)) % K, axis=1)
        following = np.roll(chunk, -1, axis=1)
        per_rate = log_p[chunk[:, 0]] - _log_trees_into_first(log_rates, chunk)
        forward, backward = log_rates[following, chunk].sum(axis=1), log_rates[chunk, following].sum(axis=1)
        # A cycle of empty levels does not turn.
        per_rate = np.where(np.isfinite(per_rate), per_rate, -np.inf)
        for cycle, rate in zip(chunk, difference_of_exponentials(forward + per_rate, backward + per_rate), strict=True):
            loop = [int(level) for level in cycle]
            found.append(_process(spectrum, log_rates, loop if rate >= 0 else loop[::-1], abs(float(rate))))
    return found


def _log_trees_into_first(log_rates: RealArray, cycles: np.ndarray) -> RealArray:
    """Log of the trees of a cycle's levels into its first one, all other levels eliminated, shape (T,)."""
    d, (count, K) = len(log_rates), cycles.shape
    rest = np.ones((count, d), dtype=bool)
    np.put_along_axis(rest, cycles, False, axis=1)
    order = np.concatenate([cycles, np.nonzero(rest)[1].reshape(count, d - K)], axis=1)
    W = np.ascontiguousarray(np.moveaxis(log_rates[order[:, :, None], order[:, None, :]], 0, -1))
    total = np.zeros(count)
    with np.errstate(invalid="ignore"):
        for n in range(d - 1, 0, -1):
            exit_ = np.logaddexp.reduce(W[:n, n], axis=0)
            if n < K:
                total += exit_
            share = np.where(exit_ == -np.inf, -np.inf, W[:n, n] - exit_)
            W[:n, :n] = np.logaddexp(W[:n, :n], share[:, None] + W[n, :n])
    return total


def _process(spectrum: Spectrum, log_rates: RealArray, loop: list[int], rate: float) -> ConversionProcess:
    start = loop.index(min(loop))
    levels = loop[start:] + loop[:start]
    steps = list(pairwise([*levels, levels[0]]))
    changes = [float(spectrum.levels[m] - spectrum.levels[n]) for n, m in steps]
    forward = sum(float(log_rates[m, n]) for n, m in steps)
    backward = sum(float(log_rates[n, m]) for n, m in steps)
    return ConversionProcess(
        tuple(levels),
        rate,
        # Neither direction open: nothing drives it.
        0.0 if forward == backward == -np.inf else forward - backward,
        tuple(change for change in changes if change > 0),
        tuple(-change for change in changes if change < 0),
    )


def _follows(loop: list[int], n: int, m: int) -> bool:
    """Whether m comes right after n."""
    return loop[(loop.index(n) + 1) % len(loop)] == m
