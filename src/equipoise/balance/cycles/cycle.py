"""Cycles of transitions of a system in a state: their affinities, how often they turn, and what a turn exchanges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from typing import overload

import numpy as np

from equipoise._checks import ROUND_OFF, ComplexArray, InputError, RealArray, require
from equipoise._printed import MOST, amount, counted, described, table
from equipoise.balance.cycles.hill import log_cycle_fluxes
from equipoise.balance.cycles.loops import widest_loops
from equipoise.balance.cycles.tree import SpanningTree, from_lowest, spanning_tree
from equipoise.fluxes import GeneratorAtState, at_state
from equipoise.fluxes.generator_at_state import State
from equipoise.generators import Generator
from equipoise.spectrum import Spectrum
from equipoise.stationary.pairwise import difference_of_exponentials, flow_residuals, require_stationary_flows
from equipoise.tolerances import STATIONARY_LEVELS

MOST_LEVELS = 64
"""Most levels for all three-cycles at once: 41 664 of them, each an elimination of 64 levels, take a minute or so."""

SMALLEST = float(np.log(1e-280))
"""Logarithm of a flux below which it may have no digits as a number."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Cycle:
    """A closed loop of transitions between levels, run in the direction of its affinity.

    Parameters
    ----------
    levels : tuple of int
        Levels in the order in which they are visited, the lowest first; the last step returns to it.
    label : str
        The same by the names of the levels: `- -> 0 -> + -> -`.
    affinity : float
        `sum log(rate forward / rate backward)` of the reservoirs together, >= 0; infinite if a step has no reverse.
    log_forward, log_backward : float
        Logarithms of the directed fluxes: how often per time the cycle is completed in its direction and the other
        way round. Their difference is the affinity (Hill). NaN where the fluxes between levels are not conserved. Of
        a persistent loop: the current that it carries, and -inf.
    energies : tuple of float
        Energy that each step brings into the system.
    heat, particles : mapping of str to float or None
        Heat `J_E - mu J_N` and particles that each reservoir, by name, brings into the system in one turn. A step that
        several reservoirs cause is shared between them as their rates are. None where it is not known.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> (cycle,) = cycles(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]], energies=[0.0, 1.0, 2.5]))
    >>> cycle
    0 -> 1 -> 2 -> 0: flux 0.333333, affinity 2.07944, quanta 1 + 1.5 -> 2.5
    """

    levels: tuple[int, ...]
    label: str
    affinity: float
    log_forward: float
    log_backward: float
    energies: tuple[float, ...]
    heat: Mapping[str, float | None]
    particles: Mapping[str, float | None]

    @property
    def forward(self) -> float:
        """Directed flux: completions per time in the direction of the cycle."""
        return float(np.exp(self._known(self.log_forward)))

    @property
    def backward(self) -> float:
        """Directed flux: completions per time in the other direction."""
        return float(np.exp(self._known(self.log_backward)))

    @property
    def flux(self) -> float:
        """Net turns per time in the direction of the cycle, >= 0.

        Raises
        ------
        InputError
            If the fluxes between levels are not conserved, as in a state that is not stationary, or where coherences
            carry what the transitions do not.
        """
        forward, backward = np.array([self._known(self.log_forward)]), np.array([self.log_backward])
        return float(difference_of_exponentials(forward, backward)[0])

    @property
    def log_flux(self) -> float:
        """Logarithm of the net flux, which itself may be too small for a number; -inf where nothing turns."""
        if self._known(self.log_forward) <= self.log_backward:
            return -np.inf
        return float(self.log_forward + np.log(-np.expm1(self.log_backward - self.log_forward)))

    @property
    def absorbed(self) -> tuple[float, ...]:
        """Energies of the quanta taken from the reservoirs in one turn, in the order of the steps."""
        return tuple(energy for energy in self.energies if energy > 0)

    @property
    def emitted(self) -> tuple[float, ...]:
        """Energies of the quanta given to the reservoirs in one turn, in the order of the steps."""
        return tuple(-energy for energy in self.energies if energy < 0)

    @property
    def conversion(self) -> str:
        """'1 -> 2' for a cycle in which one quantum becomes two."""
        return f"{len(self.absorbed)} -> {len(self.emitted)}"

    def _known(self, log_flux: float) -> float:
        require(
            not np.isnan(log_flux),
            "state",
            "conserve the fluxes between levels for a cycle to have a flux",
            "does not: it is not stationary, or coherences carry what transitions do not",
            "Take stationary_state(generator) of a secular generator; the affinity needs neither.",
        )
        return log_flux

    def __repr__(self) -> str:
        turns = "not conserved" if np.isnan(self.log_forward) else printed_flux(self.log_flux)
        spent, gained = (" + ".join(f"{energy:.6g}" for energy in side) for side in (self.absorbed, self.emitted))
        quanta = f", quanta {spent} -> {gained}" if spent else ""
        return described(f"{self.label}: flux {turns}, affinity {self.affinity:.6g}{quanta}")


def printed_flux(log_flux: float) -> str:
    """A flux to six digits, as the exponential of a logarithm where it is too small for a number."""
    return f"exp({log_flux:.6g})" if -np.inf < log_flux <= SMALLEST else f"{np.exp(log_flux):.6g}"


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Cycles(Sequence[Cycle]):
    """The fundamental cycles of a generator in a state, one for each transition that its spanning tree leaves out.

    A sequence of `Cycle`, as many as open transitions minus levels plus connected components: their affinities decide
    whether the reservoirs together are in detailed balance. Each has Hill's flux, computed when it is asked for. Made
    by `cycles`.

    Parameters
    ----------
    pair : GeneratorAtState
    tree : SpanningTree
        The most active transitions; transitions that run one way only belong to it too.
    """

    pair: GeneratorAtState
    tree: SpanningTree

    def __len__(self) -> int:
        return len(self.tree.chords)

    @overload
    def __getitem__(self, index: int) -> Cycle: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Cycle, ...]: ...
    def __getitem__(self, index: int | slice) -> Cycle | tuple[Cycle, ...]:
        chosen = range(len(self))[index]
        found = self._made([self.tree.cycle(k) for k in ([chosen] if isinstance(chosen, int) else chosen)])
        return found[0] if isinstance(chosen, int) else found

    def __iter__(self) -> Iterator[Cycle]:
        return iter(self._all)

    @cached_property
    def _all(self) -> tuple[Cycle, ...]:
        return self[:]

    @property
    def spectrum(self) -> Spectrum:
        """The levels between which the cycles run."""
        return self.pair.generator.spectrum

    @property
    def affinities(self) -> RealArray:
        """Affinity of each cycle, shape (C,), >= 0."""
        return self.tree.affinities

    @property
    def chords(self) -> np.ndarray:
        """Transition n -> m that closes each cycle, rows (m, n), shape (C, 2)."""
        return self.tree.chords

    @property
    def one_way(self) -> np.ndarray:
        """Transitions n -> m without a reverse, rows (m, n), shape (O, 2)."""
        return self.tree.one_way

    @property
    def defect(self) -> float:
        """Root mean square, over transitions open both ways, of the log-ratio of rates minus its nearest gradient."""
        return self.tree.defect

    @cached_property
    def largest(self) -> Cycle | None:
        """The fundamental cycle of the largest affinity; None if the transitions form a tree."""
        return self[int(np.argmax(self.affinities))] if len(self) else None

    @cached_property
    def two_way(self) -> SpanningTree:
        """The spanning tree of the transitions open both ways, without the others: its affinities are finite."""
        both = np.isfinite(self.log_rates) & np.isfinite(self.log_rates.T)
        return _tree_of(np.where(both, self.log_rates, -np.inf), self.log_fluxes)

    @cached_property
    def by_reservoir(self) -> tuple[SpanningTree, ...]:
        """The spanning tree of each reservoir's own transitions, in the order of the dissipators.

        Its affinities vanish if the temperature function of that reservoir adds up on cycles. A chemical potential
        alone makes `beta (w - mu)` non-additive.
        """
        found = self.pair.directed_fluxes
        return tuple(map(_tree_of, found.log_rates, found.log_fluxes))

    @cached_property
    def log_rates(self) -> RealArray:
        """Logarithm of the rate n -> m of all reservoirs together, shape (L, L)."""
        return np.asarray(np.logaddexp.reduce(self.pair.directed_fluxes.log_rates))

    @cached_property
    def log_fluxes(self) -> RealArray:
        """Logarithm of the directed flux n -> m of all reservoirs together, shape (L, L)."""
        return np.asarray(np.logaddexp.reduce(self.pair.directed_fluxes.log_fluxes))

    @cached_property
    def net(self) -> RealArray:
        """Net current n -> m of all reservoirs together, shape (L, L), antisymmetric."""
        return difference_of_exponentials(self.log_fluxes, self.log_fluxes.T)

    @property
    def chord_currents(self) -> RealArray:
        """Net current on the chord of each cycle, positive in the direction of the cycle, shape (C,).

        The net currents are a sum of these currents around the fundamental cycles (Schnakenberg). A chord current
        need not follow the affinity of its cycle, since cycles share transitions; the flux of a cycle does.
        """
        m, n = self.chords.T
        return np.asarray(self.net[m, n])

    @cached_property
    def conserved_net(self) -> RealArray:
        """Net currents rebuilt from those on the chords, shape (L, L): `net`, if the state is stationary.

        Where the two fluxes of a transition are so large that their difference has no digits, this is what the other
        transitions bring, so that it is conserved exactly.
        """
        return np.asarray(np.exp(self._log_unit) * self._from_chords[0])

    @cached_property
    def signs(self) -> np.ndarray:
        """Sign of the net current n -> m, shape (L, L) of int; 0 below the round-off of the two fluxes."""
        back = self.log_fluxes.T
        absent = np.isneginf(self.log_fluxes) & np.isneginf(back)
        with np.errstate(invalid="ignore"):
            excess = np.where(absent, 0.0, self.log_fluxes - back)
        size = np.where(np.isfinite(excess), np.maximum(np.abs(self.log_fluxes), np.abs(back)), 0.0)
        digits = ROUND_OFF * (128 + 4 * size)
        return np.where(np.abs(excess) > digits, np.sign(excess), 0).astype(int)

    @cached_property
    def is_balanced(self) -> bool:
        """Whether the two fluxes of every pair of levels agree to round-off, however small they are."""
        fluxes = self.log_fluxes
        if np.any(np.isfinite(fluxes) != np.isfinite(fluxes.T)):
            return False
        known = np.where(np.isfinite(fluxes), fluxes, 0.0)
        return bool(np.all(np.abs(known - known.T) <= self._accuracy + 4 * ROUND_OFF * np.abs(known)))

    def of(self, levels: Sequence[int]) -> Cycle:
        """The cycle along given levels, with Hill's flux.

        Parameters
        ----------
        levels : sequence of int
            At least three, each once, every neighbouring pair (the last with the first) an open transition; either
            direction.

        Raises
        ------
        InputError
            A level that does not exist or appears twice, a closed transition (which), a state that is not stationary.
        """
        loop = [int(level) for level in levels]
        d, labels = self.spectrum.size, self.spectrum.labels
        require(
            len(loop) >= 3 and len(set(loop)) == len(loop) and all(0 <= level < d for level in loop),
            "levels",
            f"hold at least three different levels from 0 to {d - 1}",
            f"got {loop}",
        )
        for n, m in pairwise([*loop, loop[0]]):
            if not self._is_open[m, n]:
                raise InputError(
                    "Argument `levels` must be a cycle of open transitions, "
                    f"but {labels[n]!r} <-> {labels[m]!r} is closed."
                )
        require_stationary_flows(self.log_fluxes, labels)
        return self._made([from_lowest(loop)])[0]

    @cached_property
    def conversions(self) -> tuple[Cycle, ...]:
        """Every cycle of three levels a < b < c, fastest first: quanta c - a that become (b - a) + (c - b), or back.

        Raises
        ------
        InputError
            More than 64 levels, or a state that is not stationary.

        References
        ----------
        Accardi & Imafuku (2002), (111)-(113) (J13 there is J31), for three levels.
        """
        d = self.spectrum.size
        require(
            d <= MOST_LEVELS,
            "generator",
            f"have at most {MOST_LEVELS} levels for all cycles of three",
            f"has {d}",
            "Use the cycles themselves, or .of(levels) for one.",
        )
        require_stationary_flows(self.log_fluxes, self.spectrum.labels)
        every = combinations(range(d), 3)
        found = self._made([loop for loop in every if all(self._is_open[pair] for pair in combinations(loop, 2))])
        return tuple(sorted(found, key=lambda cycle: -cycle.flux))

    def persistent_loops(self, most: int | None = None) -> tuple[Cycle, ...]:
        r"""Loops of the net currents :math:`K_{jk} = a_{jk}p_k - a_{kj}p_j`, largest first.

        Each carries the smallest net current along it, chosen as large as it can be, as its flux; the sum of all loops
        is K. Where loops share transitions the choice is one of several, and Hill's flux `of(levels)` is another
        number. Empty where detailed balance holds to round-off. Currents too small for a number are found all the
        same, by their logarithms.

        Parameters
        ----------
        most : int, optional
            Loops after which to stop; all of them if not given, at most one for each pair of levels.

        Raises
        ------
        InputError
            A state that is not stationary, or `most` below 1.

        References
        ----------
        Accardi & Imafuku (2002) for three levels, where there is one loop.

        Examples
        --------
        >>> from equipoise.generators import rate_equation
        >>> cycles(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])).persistent_loops()
        (0 -> 1 -> 2 -> 0: flux 0.333333, affinity 2.07944,)
        """
        require(most is None or most >= 1, "most", "be at least 1", f"got {most}")
        require_stationary_flows(self.log_fluxes, self.spectrum.labels)
        net, noise = self._from_chords
        found = widest_loops(net, noise, most)
        return self._made([loop for loop, _ in found], [float(np.log(width)) + self._log_unit for _, width in found])

    @property
    def _accuracy(self) -> float:
        """Relative error of a directed flux."""
        state = self.pair.stationary
        return 64 * ROUND_OFF + (0.0 if state is None else state.relative_accuracy)

    @property
    def _is_open(self) -> np.ndarray:
        return np.asarray(np.isfinite(self.log_rates) | np.isfinite(self.log_rates.T))

    @cached_property
    def _log_unit(self) -> float:
        """Logarithm of the unit in which currents are counted: zero, unless none is a normal number."""
        m, n = self.chords.T
        largest = float(np.maximum(self.log_fluxes[m, n], self.log_fluxes[n, m]).max(initial=-np.inf))
        return largest if np.isfinite(largest) and largest < SMALLEST else 0.0

    @cached_property
    def _from_chords(self) -> tuple[RealArray, RealArray]:
        """Net currents rebuilt from those on the chords, in the unit of currents, and their round-off, (L, L) each."""
        m, n = self.chords.T
        there, back = (self.log_fluxes[ends] - self._log_unit for ends in ((m, n), (n, m)))
        # A current that is no number has the digits of its logarithm.
        digits = self._accuracy + 4 * ROUND_OFF * abs(self._log_unit)
        net = self.tree.from_chords(difference_of_exponentials(there, back), -1)
        return net, self.tree.from_chords(digits * np.exp(np.logaddexp(there, back)), 1)

    @cached_property
    def _exchanged(self) -> tuple[RealArray, RealArray]:
        """Heat and particles that each reservoir brings in per jump n -> m, on average over all, (R, L, L) each.

        NaN where they are not known.
        """
        found, generator = self.pair.directed_fluxes, self.pair.generator
        particles = np.zeros(found.log_rates.shape)
        with np.errstate(invalid="ignore"):
            share = np.where(np.isfinite(self.log_rates), np.exp(found.log_rates - self.log_rates), 0.0)
            for r, (part, processes) in enumerate(zip(generator.dissipators, found.processes, strict=True)):
                number = generator.number if part.number is None else part.number
                for process in processes:
                    rate = np.exp(process.log_rates - self.log_rates)
                    if process.particles_per_jump is not None:
                        brought: RealArray = np.full(rate.shape, float(process.particles_per_jump))
                    else:
                        brought = np.full(rate.shape, np.nan) if number is None else _differences(number, self.spectrum)
                    particles[r] += np.where(rate > 0, rate * brought, 0.0)
        mu = [None if part.reservoir is None else part.reservoir.chemical_potential for part in generator.dissipators]
        gaps = self.spectrum.levels[:, None] - self.spectrum.levels[None, :]
        # A field without a chemical potential needs no count of particles for its heat.
        rows = zip(share, particles, mu, strict=True)
        return np.array([own * gaps - (mu * moved if mu else 0.0) for own, moved, mu in rows]), particles

    def _made(self, loops: Sequence[tuple[int, ...]], log_currents: Sequence[float] | None = None) -> tuple[Cycle, ...]:
        """The cycles along given levels, in the direction of their affinity, or of the currents that they carry."""
        found: dict[int, Cycle] = {}
        for size in sorted({len(loop) for loop in loops}):
            at = [k for k, loop in enumerate(loops) if len(loop) == size]
            chunk = np.array([loops[k] for k in at])
            if log_currents is None:
                along, back = (self._along(each) for each in (chunk, chunk[:, ::-1]))
                # Lowest level first: a loop turned round starts with it, too.
                turned = np.concatenate([chunk[:, :1], chunk[:, :0:-1]], axis=1)
                chunk = np.where((back > along)[:, None], turned, chunk)
            currents = None if log_currents is None else [log_currents[k] for k in at]
            found.update(zip(at, self._batch(chunk, currents), strict=True))
        return tuple(found[k] for k in range(len(loops)))

    def _along(self, chunk: np.ndarray) -> RealArray:
        """Sum of the logarithms of the rates around each loop, rows of (T, K)."""
        return np.asarray(self.log_rates[np.roll(chunk, -1, axis=1), chunk].sum(axis=1))

    def _batch(self, chunk: np.ndarray, log_currents: Sequence[float] | None) -> Iterator[Cycle]:
        """Cycles of one length, rows of (T, K), in the direction given."""
        following = np.roll(chunk, -1, axis=1)
        along, back = self._along(chunk), self._along(chunk[:, ::-1])
        # Where neither direction is open nothing drives the cycle.
        undriven = np.isneginf(along) & np.isneginf(back)
        affinities = np.where(undriven, 0.0, along - np.where(undriven, 0.0, back))
        if log_currents is not None:
            forward, backward = np.array(log_currents), np.full(len(chunk), -np.inf)
        elif self._is_conserved:
            forward, backward = log_cycle_fluxes(self.log_rates, self.pair.density.log_level_populations, chunk)
        else:
            forward = backward = np.full(len(chunk), np.nan)
        heat, particles = (self._by_name(each[:, following, chunk].sum(axis=2)) for each in self._exchanged)
        energies = self.spectrum.levels[following] - self.spectrum.levels[chunk]
        labels = self.spectrum.labels
        for k, loop in enumerate(chunk.tolist()):
            yield Cycle(
                levels=tuple(loop),
                label=" -> ".join(labels[level] for level in (*loop, loop[0])),
                affinity=float(affinities[k]),
                log_forward=float(forward[k]),
                log_backward=float(backward[k]),
                energies=tuple(energies[k].tolist()),
                heat={name: _number(values[k]) for name, values in heat.items()},
                particles={name: _number(values[k]) for name, values in particles.items()},
            )

    @cached_property
    def _is_conserved(self) -> bool:
        return float(flow_residuals(self.log_fluxes).max(initial=0.0)) <= STATIONARY_LEVELS

    def _by_name(self, values: RealArray) -> dict[str, RealArray]:
        """Rows of the dissipators, added up for those of one name."""
        names = self.pair.generator.names
        found = {name: np.zeros(values.shape[1]) for name in names}
        for name, row in zip(names, values, strict=True):
            found[name] += row
        return found

    def __repr__(self) -> str:
        order = np.argsort(-self.affinities, kind="stable")[:MOST]
        rows = []
        for cycle in self._made([self.tree.cycle(int(k)) for k in order]):
            turns = "not conserved" if np.isnan(cycle.log_forward) else printed_flux(cycle.log_flux)
            path = cycle.label if len(cycle.label) <= 40 else f"{len(cycle.levels)} levels from {cycle.label[:20]}..."
            rows.append([path, amount(cycle.affinity), turns, cycle.conversion])
        found, levels = counted(len(self), "independent cycle"), counted(self.spectrum.size, "level")
        facts = [("defect", f"{amount(self.defect)} from a gradient, root mean square")]
        facts += [("one way only", counted(len(self.one_way), "transition"))] if len(self.one_way) else []
        facts += [("shown", f"the {MOST} of largest affinity")] if len(self) > MOST else []
        below = table(["cycle", "affinity", "flux", "quanta"], rows, "cycle") if rows else []
        return described(f"{found} of transitions between {levels}", *facts, below=below)


def cycles(generator: Generator | GeneratorAtState, state: State | None = None) -> Cycles:
    r"""The independent cycles of transitions between levels: what drives each, and how often it turns.

    The affinity of a cycle is `sum log(rate forward / rate backward)` once around, the rates those of all reservoirs
    together. Hill's flux is how often the cycle is completed,

    .. math::
        J_c = (\pi_+ - \pi_-)\, \frac{\Sigma_c}{\Sigma}, \qquad \frac{J_{c+}}{J_{c-}} = \frac{\pi_+}{\pi_-} = e^{A_c},

    :math:`\pi_\pm` the products of the rates around it, :math:`\Sigma_c` the sum over forests that lead every other
    level to the cycle, :math:`\Sigma` over all spanning trees. So every cycle turns in the direction of its affinity,
    and the net current of a transition is the sum over all cycles through it, of which the independent ones are a part.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        Of any kind; of any number of reservoirs. Rates are exact for a secular generator without degenerate levels.
        Otherwise they are the directed fluxes of the state over the populations of its levels.
    state : StationaryState, DensityMatrix or array_like of shape (d, d), optional
        Default: the stationary state. Another one serves the affinities only.

    Returns
    -------
    Cycles
        Each in the direction of its affinity; heat and particles are positive into the system.

    Raises
    ------
    InputError
        If the first argument is not a generator, or the second is not a state of it.
    NotUniqueError
        No state is given and the generator has several stationary ones.

    References
    ----------
    Hill (1966); Schnakenberg (1976). Accardi & Imafuku (2002), (26), (109)-(113), for three levels.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> found = cycles(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]], energies=[0.0, 1.0, 2.5]))
    >>> len(found), round(float(found[0].affinity / np.log(2)), 12), round(found[0].flux, 12), found[0].conversion
    (1, 3.0, 0.333333333333, '2 -> 1')
    """
    pair = at_state(generator, state)
    found = pair.directed_fluxes
    rates, fluxes = (np.logaddexp.reduce(each) for each in (found.log_rates, found.log_fluxes))
    return Cycles(pair=pair, tree=_tree_of(rates, fluxes))


def _tree_of(log_rates: RealArray, log_fluxes: RealArray) -> SpanningTree:
    return spanning_tree(log_rates, np.asarray(np.logaddexp(log_fluxes, log_fluxes.T)))


def _differences(number: ComplexArray, spectrum: Spectrum) -> RealArray:
    """Mean particle number of level m minus that of level n, shape (L, L), of an operator in the given basis."""
    states = np.diag(spectrum.to_energy_basis(number)).real
    mean = np.bincount(spectrum.level_of, weights=states, minlength=spectrum.size) / spectrum.degeneracies
    return np.asarray(mean[:, None] - mean[None, :])


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
