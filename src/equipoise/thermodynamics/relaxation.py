"""Flows along an evolution: particles, energy, heat and entropy as functions of time, positive into the system."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from equipoise._checks import RealArray, require
from equipoise._printed import amount, counted, described
from equipoise._printed import table as in_columns
from equipoise.fluxes.generator_at_state import State, at_state
from equipoise.fluxes.levels import DirectedFluxes
from equipoise.generators import Dissipator, Generator
from equipoise.generators.generator import require_generator
from equipoise.stationary import DensityMatrix, Evolution, stationary_state
from equipoise.thermodynamics.contractivity import Contraction, contraction
from equipoise.thermodynamics.entropy import EntropyProduction, entropy_production
from equipoise.thermodynamics.flows import chemical_potential, heat_of


@dataclass(frozen=True, eq=False, kw_only=True)
class CurrentsInTime:
    """Every flow of a generator along an evolution. All flows are positive into the system.

    Parameters
    ----------
    generator : Generator
    evolution : Evolution
        Its times, T of them.
    particles, energy : RealArray, shape (T, R)
        `J_N` and `J_E` from each reservoir; `J_N` is nan where it is not known.
    entropy_rate : RealArray, shape (T,)
        `dS/dt` of the von Neumann entropy; infinite where the state gains weight outside its support.
    entropy_production : RealArray, shape (T,), or None
        `dS/dt + sum of flux times log(rate / reverse rate)` over reservoirs and transitions: the Clausius form where
        reservoirs are thermal; infinite where a flux has no reverse, None where a reverse is not known.
    """

    generator: Generator
    evolution: Evolution
    particles: RealArray
    energy: RealArray
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
    def heat(self) -> RealArray:
        """`J_Q = J_E - mu J_N` from each reservoir, shape (T, R); nan where `J_N` is not known and mu is not zero."""
        mu = np.array([chemical_potential(part) for part in self.generator.dissipators])
        return heat_of(self.energy, self.particles, mu)

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
            p, rates = self.evolution.populations, np.exp(_at_uniform_state(self.generator).log_rates)
            return np.asarray(np.outer(p[:, n], rates[:, m, n]) - np.outer(p[:, m], rates[:, n, m]))
        net = [found.flows.microcurrents[:, m, n] for found in _at_each_time(self.generator, self.evolution)]
        return np.array(net).reshape(-1, len(self.reservoirs))

    def contraction(self, stationary: State | None = None) -> Contraction:
        """Relative entropy to a stationary state at every time, ascending, and its rate of decrease.

        `Pi(t) = -Tr[L(rho_t) (log rho_t - log sigma)] = -d/dt S(rho_t | sigma) >= 0` (Spohn 1978); with a single
        thermal reservoir it is `dS/dt - beta dQ/dt`. By default sigma is the stationary state of the generator.
        """
        sigma = stationary_state(self.generator) if stationary is None else stationary
        order = np.argsort(self.times, kind="stable")
        states = [self.evolution.state(int(k)) for k in order]
        found = contraction(self.generator.spectrum, self.times[order], states, sigma)
        produced = [entropy_production(self.generator, rho, stationary=sigma).spohn.value for rho in states]
        return replace(found, production=np.array(produced, dtype=float))

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
    remedy, kind = "Make it with evolution(generator, state, times).", type(evolution).__name__
    require(isinstance(evolution, Evolution), "evolution", "be an Evolution", f"got {kind}", remedy)
    d, came = generator.dimension, evolution.spectrum.dimension
    require(came == d, "evolution", f"be of the generator, dimension {d}", f"has dimension {came}", remedy)
    if _by_rates_alone(generator):
        return _from_rates(generator, evolution)
    moments, R = _at_each_time(generator, evolution), len(generator.dissipators)
    known = [found.by_transition.value for found in moments if found.by_transition.value is not None]
    return CurrentsInTime(
        generator=generator,
        evolution=evolution,
        particles=np.array([found.flows.particles for found in moments]).reshape(-1, R),
        energy=np.array([found.flows.energy for found in moments]).reshape(-1, R),
        entropy_rate=np.array([found.of_system for found in moments]),
        entropy_production=np.array(known) if len(known) == len(moments) else None,
    )


def _at_each_time(generator: Generator, evolution: Evolution) -> list[EntropyProduction]:
    return [entropy_production(generator, evolution.state(k)) for k in range(evolution.times.size)]


def _at_uniform_state(generator: Generator) -> DirectedFluxes:
    """Rates between single states do not depend on the state: that of equal weights shows them all."""
    d = generator.dimension
    return at_state(generator, DensityMatrix(generator.spectrum, np.full(d, -np.log(d)))).directed_fluxes


def _by_rates_alone(generator: Generator) -> bool:
    """Whether flows are linear in the populations: secular, no degenerate level, own H, a diagonal N."""
    spectrum = generator.spectrum
    if spectrum.is_degenerate:
        return False
    for part in generator.dissipators:
        if not part.representation.is_frequency_resolved or part.energy is not None:
            return False
        number = generator.number if part.number is None else part.number
        if part.representation.each_pair_alone and number is not None:
            N = spectrum.to_energy_basis(number)
            if np.any(N - np.diag(np.diag(N))):
                return False
    return True


def _from_rates(generator: Generator, evolution: Evolution) -> CurrentsInTime:
    p, found = evolution.populations, _at_uniform_state(generator)
    rates = np.exp(found.log_rates)
    gaps = generator.spectrum.energies[:, None] - generator.spectrum.energies[None, :]
    particles = [_particles_per_time(generator, part, found, r) for r, part in enumerate(generator.dissipators)]
    if evolution.coherences is None:
        # The state stays diagonal: dS/dt = -sum_k dp_k/dt log p_k.
        total = rates.sum(axis=0)
        change = p @ total.T - p * total.sum(axis=0)
        entropy_rate = _sum_of_products(-change, evolution.log_populations)
    else:
        entropy_rate = np.array([found.of_system for found in _at_each_time(generator, evolution)])
    produced: RealArray | None = entropy_rate
    for process in (process for own in found.processes for process in own):
        ratios, W = process.log_ratios, np.exp(process.log_rates)
        if ratios is None or produced is None:
            produced = None
        else:
            # A rate that underflowed moves nothing, even where it has no reverse.
            each = np.sum(np.where(W > 0, W, 0.0) * np.where(W > 0, ratios, 0.0), axis=0)
            produced = produced + _sum_of_products(p, each)
    return CurrentsInTime(
        generator=generator,
        evolution=evolution,
        particles=p @ np.array(particles).T,
        energy=p @ np.sum(gaps * rates, axis=1).T,
        entropy_rate=entropy_rate,
        entropy_production=produced,
    )


def _particles_per_time(generator: Generator, part: Dissipator, found: DirectedFluxes, r: int) -> RealArray:
    """Particles that a reservoir brings per unit time into each single state, shape (d,); nan where not known."""
    if found.is_particle_number_known[r]:
        each = [(one.particles_per_jump or 0) * np.exp(one.log_rates).sum(axis=0) for one in found.processes[r]]
        return np.asarray(np.sum(each, axis=0))
    number = generator.number if part.number is None else part.number
    if number is None:
        return np.full(generator.dimension, np.nan)
    counts = np.diag(generator.spectrum.to_energy_basis(number)).real
    return np.asarray(np.sum((counts[:, None] - counts[None, :]) * np.exp(found.log_rates[r]), axis=0))


def _sum_of_products(weights: RealArray, values: RealArray) -> RealArray:
    """Row sums of `weights * values`, where a value may be infinite and counts only with a weight."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sum(np.where(weights != 0, weights * values, 0.0), axis=1))
