"""Flows along an evolution: particles, energy, heat and entropy as functions of time, positive into the system."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import RealArray, require
from equipoise._printed import amount, counted, described
from equipoise._printed import table as in_columns
from equipoise.generators import Dissipator, FrequencyResolved, Generator, Rates
from equipoise.generators.generator import require_generator
from equipoise.stationary import DensityMatrix, Evolution
from equipoise.stationary.sectors import log_rates_of_dissipators
from equipoise.thermodynamics.entropy import entropy_rate, transition_resolved
from equipoise.thermodynamics.flows import Currents, chemical_potential, currents, processes


@dataclass(frozen=True, eq=False)
class CurrentsInTime:
    """Every flow of a generator along an evolution. All flows are positive into the system.

    Parameters
    ----------
    generator : Generator
    evolution : Evolution
        Its times, T of them.
    particles, energy, heat : RealArray, shape (T, R)
        `J_N`, `J_E`, `J_Q = J_E - mu J_N` from each reservoir; where `J_N` is not known it counts as 0.
    has_particles : tuple of bool, length R
        Whether `J_N` of each reservoir is known.
    entropy_rate : RealArray, shape (T,)
        `dS/dt` of the von Neumann entropy; infinite where the state gains weight outside its support.
    entropy_production : RealArray, shape (T,), or None
        `dS/dt + sum of flow times log(rate / reverse rate)` over reservoirs and transitions: the Clausius form where
        reservoirs are thermal; infinite where a flow has no reverse, None where a reverse is not known.
    """

    generator: Generator
    evolution: Evolution
    particles: RealArray
    energy: RealArray
    heat: RealArray
    has_particles: tuple[bool, ...]
    entropy_rate: RealArray
    entropy_production: RealArray | None

    @property
    def times(self) -> RealArray:
        """Times, shape (T,)."""
        return self.evolution.times

    @property
    def reservoirs(self) -> tuple[str, ...]:
        """Name of the reservoir of each dissipator, length R."""
        return self.generator.names

    @cached_property
    def system_energy(self) -> RealArray:
        """`<H>` of the bare Hamiltonian, shape (T,)."""
        return np.asarray(self.evolution.populations @ self.generator.spectrum.energies)

    @cached_property
    def entropy(self) -> RealArray:
        """Von Neumann entropy of the system, shape (T,)."""
        if self.evolution.coherences is None:
            return _sum_of_products(-self.evolution.populations, self.evolution.log_populations)
        return np.array([self.evolution.state(k).entropy for k in range(self.times.size)])

    def microcurrent(self, m: int, n: int) -> RealArray:
        """Net probability current from level n to level m that each reservoir causes, shape (T, R)."""
        size = self.generator.spectrum.size
        for name, level in (("m", m), ("n", n)):
            require(0 <= level < size, name, f"be a level, 0 .. {size - 1}", f"got {level}")
        if _by_rates_alone(self.generator):
            p, rates = self.evolution.populations, self._rates
            return np.asarray(np.outer(p[:, n], rates[:, m, n]) - np.outer(p[:, m], rates[:, n, m]))
        net = [flows.microcurrents[:, m, n] for flows in self._moments]
        return np.array(net) if net else np.zeros((0, len(self.reservoirs)))

    @cached_property
    def _moments(self) -> list[Currents]:
        return _at_each_time(self.generator, self.evolution)

    @cached_property
    def _rates(self) -> RealArray:
        return np.asarray(np.exp(log_rates_of_dissipators(self.generator)))

    def __repr__(self) -> str:
        chosen = np.unique(np.linspace(0, self.times.size - 1, min(self.times.size, 6)).round().astype(int))
        produced = self.entropy_production
        columns = ["time", *(f"J_E {name}" for name in self.reservoirs)]
        columns += [] if produced is None else ["entropy production"]
        rows = []
        for k in chosen:
            values = [self.times[k], *self.energy[k], *([] if produced is None else [produced[k]])]
            rows.append([amount(value) for value in values])
        title = f"flows into the system at {counted(self.times.size, 'time')}"
        return described(title, below=in_columns(columns, rows, "time"))


def currents_along(generator: Generator, evolution: Evolution) -> CurrentsInTime:
    """Flows of particles, energy and heat, and the entropy production, at every time of an evolution.

    Without degenerate levels the flows of a secular generator are linear in the populations, and all times are done
    at once, in O(R d^2 + T R d); otherwise `currents` is called at each time.

    Parameters
    ----------
    generator : Generator
        The one that made the evolution.
    evolution : Evolution

    Returns
    -------
    CurrentsInTime

    Raises
    ------
    InputError
        An evolution in another Hilbert space.

    References
    ----------
    Accardi & Imafuku (2002), (38), (41)-(43) with the opposite sign (there positive out of the system); (42) and
    (43) as printed vanish identically, and are sums over transitions here.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> from equipoise.stationary import evolution
    >>> generator = rate_equation([[0, 3], [1, 0]], energies=[0.0, 2.0])
    >>> flows = currents_along(generator, evolution(generator, [[0, 0], [0, 1]], [0.0, 1e9]))
    >>> [round(abs(float(flow)), 12) for flow in flows.energy[:, 0]]
    [6.0, 0.0]
    """
    require_generator(generator)
    require(
        isinstance(evolution, Evolution),
        "evolution",
        "be an Evolution",
        f"got {type(evolution).__name__}",
        "Make it with evolution(generator, state, times).",
    )
    require(
        evolution.spectrum.dimension == generator.dimension,
        "evolution",
        f"be of the generator, dimension {generator.dimension}",
        f"has dimension {evolution.spectrum.dimension}",
        "Make it with evolution(generator, state, times).",
    )
    if _by_rates_alone(generator):
        return _from_rates(generator, evolution)
    flows = _at_each_time(generator, evolution)
    empty = np.zeros((0, len(generator.dissipators)))
    states = [evolution.state(k) for k in range(evolution.times.size)]
    rates = np.array([entropy_rate(generator, state) for state in states])
    produced = [
        transition_resolved(generator, state, flow, float(rate)).value
        for state, flow, rate in zip(states, flows, rates, strict=True)
    ]
    known = [value for value in produced if value is not None]
    return CurrentsInTime(
        generator,
        evolution,
        np.array([flow.particles for flow in flows]) if flows else empty,
        np.array([flow.energy for flow in flows]) if flows else empty,
        np.array([flow.heat for flow in flows]) if flows else empty,
        flows[0].has_particles if flows else (True,) * len(generator.dissipators),
        rates,
        np.array(known) if len(known) == len(produced) else None,
    )


def _at_each_time(generator: Generator, evolution: Evolution) -> list[Currents]:
    return [currents(generator, evolution.state(k)) for k in range(evolution.times.size)]


def _by_rates_alone(generator: Generator) -> bool:
    """Whether flows are linear in the populations: secular, no degenerate level, own H, a diagonal N."""
    spectrum = generator.spectrum
    if spectrum.is_degenerate:
        return False
    for part in generator.dissipators:
        if not isinstance(part.representation, FrequencyResolved | Rates) or part.energy is not None:
            return False
        number = generator.number if part.number is None else part.number
        if isinstance(part.representation, Rates) and number is not None:
            N = spectrum.to_energy_basis(number)
            if np.any(N - np.diag(np.diag(N))):
                return False
    return True


def _from_rates(generator: Generator, evolution: Evolution) -> CurrentsInTime:
    p = evolution.populations
    tables = [_rate_tables(generator, part) for part in generator.dissipators]
    gaps = generator.spectrum.energies[:, None] - generator.spectrum.energies[None, :]
    particles = np.array([p @ table.particles for table in tables]).T
    energy = np.array([p @ np.sum(gaps * table.rates, axis=0) for table in tables]).T
    potentials = np.array([chemical_potential(part) for part in generator.dissipators])
    total = np.asarray(sum(table.rates for table in tables))
    rates = _entropy_rates(generator, evolution, total)
    produced: RealArray | None = rates
    for table in tables:
        if table.log_ratio is None or produced is None:
            produced = None
        else:
            produced = produced + _sum_of_products(p, table.log_ratio)
    return CurrentsInTime(
        generator,
        evolution,
        particles,
        energy,
        energy - potentials * particles,
        tuple(table.has_particles for table in tables),
        rates,
        produced,
    )


@dataclass(frozen=True, eq=False)
class _RateTables:
    """What a dissipator does per unit of population of each state: particles brought, log ratios passed."""

    rates: RealArray
    particles: RealArray
    log_ratio: RealArray | None
    has_particles: bool


def _rate_tables(generator: Generator, part: Dissipator) -> _RateTables:
    d = generator.dimension
    # Rates between single states do not depend on the state: any will do.
    anything = DensityMatrix(generator.spectrum, np.full(d, -np.log(d)))
    rates, particles, log_ratio = np.zeros((d, d)), np.zeros(d), np.zeros(d)
    number = generator.number if part.number is None else part.number
    has_quanta = has_ratio = True
    for process in processes(part, anything):
        W = np.exp(process.log_rate)
        rates += W
        has_quanta = has_quanta and process.quanta is not None
        particles += (process.quanta or 0) * W.sum(axis=0)
        has_ratio = has_ratio and process.log_ratio is not None
        if process.log_ratio is not None:
            # A rate that underflowed moves nothing, even where it has no reverse.
            log_ratio += np.sum(np.where(W > 0, W, 0.0) * np.where(W > 0, process.log_ratio, 0.0), axis=0)
    np.fill_diagonal(rates, 0.0)
    if not has_quanta:
        counts = np.zeros(d) if number is None else np.diag(generator.spectrum.to_energy_basis(number)).real
        particles = np.sum((counts[:, None] - counts[None, :]) * rates, axis=0)
    return _RateTables(rates, particles, log_ratio if has_ratio else None, has_quanta or number is not None)


def _entropy_rates(generator: Generator, evolution: Evolution, rates: RealArray) -> RealArray:
    """`dS/dt` at each time: from the rates if the state stays diagonal."""
    if evolution.coherences is not None:
        return np.array([entropy_rate(generator, evolution.state(k)) for k in range(evolution.times.size)])
    p = evolution.populations
    change = p @ rates.T - p * rates.sum(axis=0)
    return _sum_of_products(-change, evolution.log_populations)


def _sum_of_products(weights: RealArray, values: RealArray) -> RealArray:
    """Row sums of `weights * values`, where a value may be infinite and counts only with a weight."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sum(np.where(weights != 0, weights * values, 0.0), axis=1))
