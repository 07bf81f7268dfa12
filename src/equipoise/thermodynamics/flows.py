"""Flows of particles, energy and heat: per reservoir and per transition, positive into the system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, singledispatch

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ROUND_OFF, Array, ComplexArray, RealArray
from equipoise._printed import amount, described, table
from equipoise.generators import AbstractRepresentation, Dissipator, FrequencyResolved, Generator, Jumps, Rates
from equipoise.generators.generator import require_generator
from equipoise.spectrum import Spectrum
from equipoise.stationary import DensityMatrix, StationaryState, density_in


@dataclass(frozen=True, eq=False)
class Process:
    """One kind of transition that a reservoir causes, with its one-way flows between levels.

    Parameters
    ----------
    log_flow : RealArray, shape (L, L)
        `log Tr[P_m Phi(P_n rho P_n)]` for n -> m, [m, n]; -inf where there is none. The diagonal holds jumps
        within a level (they may carry quanta at frequency zero).
    log_rate : RealArray, shape (L, L)
        Logarithm of the rate n -> m: flow over the population of level n.
    log_ratio : RealArray, shape (L, L), or None
        `log(rate n -> m / rate of the reverse process m -> n)`; None if the reverse is not known.
    quanta : int or None
        Quanta brought into the system by each jump; None if not known.
    """

    log_flow: RealArray
    log_rate: RealArray
    log_ratio: RealArray | None
    quanta: int | None


@dataclass(frozen=True, eq=False)
class Currents:
    """Every flow of a generator in a state. All flows are positive into the system.

    Parameters
    ----------
    spectrum : Spectrum
    reservoirs : tuple of str, length R
        Name of the reservoir of each dissipator.
    log_one_way : RealArray, shape (R, L, L)
        Logarithm of the one-way flow n -> m, [r, m, n].
    log_rates : RealArray, shape (R, L, L)
        Logarithm of the rate n -> m.
    log_noise : RealArray, shape (R, L, L)
        Logarithm of the error expected of each one-way flow: relative round-off after elimination; after a null-space
        solve a fraction of the flow that the same population would give without interference.
    rate_scale : RealArray, shape (R,)
        Largest rate between levels that each reservoir could cause, for judging what is round-off.
    particles, energy, heat : RealArray, shape (R,)
        `J_N`, `J_E`, `J_Q = J_E - mu J_N` of each reservoir (mu = 0 where it has none). Where the quanta of a jump
        and a number operator are both missing, `J_N` is not known and counts as 0; see `known_particles`.
    coherence_energy : RealArray, shape (R,)
        The part of `J_E` that no level pair carries: coherences between levels (zero for secular generators).
    within : RealArray, shape (R, L)
        One-way flow of quanta, in both directions together, by jumps within each level: no microcurrent, yet they
        carry particles (a fermionic level at zero energy whose number states were not told apart).
    transition_particles : RealArray, shape (R, L, L)
        Particle flow into the system carried by the transitions m <-> n in both directions, symmetric in m, n; the
        sum over pairs, with the quanta moved within levels, is `particles`.
    chemical_potentials : RealArray, shape (R,)
        mu of each reservoir, 0 where it has none.
    has_particles, has_heat : tuple of bool, length R
        Whether `J_N` and `J_Q` of each reservoir are known.
    """

    spectrum: Spectrum
    reservoirs: tuple[str, ...]
    log_one_way: RealArray
    log_rates: RealArray
    log_noise: RealArray
    rate_scale: RealArray
    particles: RealArray
    energy: RealArray
    heat: RealArray
    coherence_energy: RealArray
    within: RealArray
    transition_particles: RealArray
    chemical_potentials: RealArray
    has_particles: tuple[bool, ...]
    has_heat: tuple[bool, ...]

    def known_particles(self, r: int) -> float | None:
        """`J_N` of reservoir r, None where it is not known."""
        return float(self.particles[r]) if self.has_particles[r] else None

    def known_heat(self, r: int) -> float | None:
        """`J_Q` of reservoir r, None where `J_N` is not known and mu is not zero."""
        return float(self.heat[r]) if self.has_heat[r] else None

    @cached_property
    def one_way(self) -> RealArray:
        """One-way flows `Tr[P_m Phi_r(P_n rho P_n)]` of n -> m, shape (R, L, L)."""
        return np.asarray(np.exp(self.log_one_way))

    @cached_property
    def noise(self) -> RealArray:
        """Error expected of each one-way flow, shape (R, L, L)."""
        return np.asarray(np.exp(self.log_noise))

    @cached_property
    def microcurrents(self) -> RealArray:
        """Net probability current n -> m caused by each reservoir, shape (R, L, L), antisymmetric in m, n."""
        return np.asarray(self.one_way - self.one_way.transpose(0, 2, 1))

    @cached_property
    def transition_energy(self) -> RealArray:
        """Energy flow into the system carried by the transitions m <-> n, shape (R, L, L), symmetric in m, n."""
        levels = self.spectrum.levels
        return np.asarray((levels[:, None] - levels[None, :]) * self.microcurrents)

    @cached_property
    def transition_heat(self) -> RealArray:
        """Heat flow into the system carried by the transitions m <-> n, energy minus mu times particles, (R, L, L)."""
        return np.asarray(self.transition_energy - self.chemical_potentials[:, None, None] * self.transition_particles)

    @cached_property
    def summed(self) -> RealArray:
        """Net current n -> m of all reservoirs together, shape (L, L)."""
        return np.asarray(self.microcurrents.sum(axis=0))

    @cached_property
    def traffic(self) -> RealArray:
        """One-way flows of both directions added, shape (R, L, L)."""
        return np.asarray(self.one_way + self.one_way.transpose(0, 2, 1))

    def by_bohr_frequency(self) -> tuple[RealArray, RealArray]:
        """Net quanta per time that the system gives up at each Bohr frequency.

        Returns
        -------
        frequencies : RealArray, shape (F,)
        emitted : RealArray, shape (R, F)
            Net rate of downward transitions; multiply by minus the frequency for the energy flow into the system.
        """
        labels = self.spectrum.frequency_labels
        lower, upper = np.nonzero(labels > 0)
        count = self.spectrum.bohr_frequencies.size
        emitted = [
            np.bincount(labels[lower, upper] - 1, weights=J[lower, upper], minlength=count) for J in self.microcurrents
        ]
        return self.spectrum.bohr_frequencies, np.array(emitted)

    def __repr__(self) -> str:
        rows = [
            [name, _known(self.known_particles(r)), amount(self.energy[r]), _known(self.known_heat(r))]
            for r, name in enumerate(self.reservoirs)
        ]
        return described("flows into the system", below=table(["", "particles", "energy", "heat"], rows, "reservoir"))


def _known(value: float | None) -> str:
    return "not known" if value is None else amount(value)


def currents(generator: Generator, state: StationaryState | DensityMatrix | ArrayLike) -> Currents:
    """Microcurrents and total flows of particles, energy and heat, in a stationary or any other state.

    `microcurrent[r, m, n] = Tr[P_m Phi_r(P_n rho P_n)] - Tr[P_n Phi_r(P_m rho P_m)]`,
    `J_E = Tr[H_r D_r(rho)]`, `J_N` = quanta lost by the reservoir (or `Tr[N_r D_r(rho)]` where quanta are not
    known), `J_Q = J_E - mu J_N`.

    Parameters
    ----------
    generator : Generator
    state : StationaryState, DensityMatrix or array_like of shape (d, d)

    Returns
    -------
    Currents
        Positive into the system.

    References
    ----------
    Accardi & Imafuku (2002), (35)-(38), with the opposite sign (there a current is positive out of the system)
    and with `|g|^2` in (38c).

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> from equipoise.stationary import stationary_state
    >>> generator = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> flows = currents(generator, stationary_state(generator))
    >>> round(float(flows.microcurrents[0, 1, 0]), 12)
    0.333333333333
    """
    require_generator(generator)
    density = density_in(generator.spectrum, state)
    parts = [list(processes(part, density)) for part in generator.dissipators]
    log_one_way = np.array([_between_levels([p.log_flow for p in part]) for part in parts])
    log_rates = np.array([_between_levels([p.log_rate for p in part]) for part in parts])
    one_way = np.exp(log_one_way)
    spectrum = generator.spectrum
    gaps = spectrum.levels[:, None] - spectrum.levels[None, :]
    particles, energy, coherence = (np.zeros(len(parts)) for _ in range(3))
    for r, (dissipator, part) in enumerate(zip(generator.dissipators, parts, strict=True)):
        carried = float(np.sum(gaps * one_way[r]))
        if isinstance(dissipator.representation, FrequencyResolved | Rates) and dissipator.energy is None:
            energy[r] = carried
        else:
            energy[r] = _expectation_rate(dissipator, dissipator.energy, generator, density)
            coherence[r] = energy[r] - carried
        particles[r] = _particle_flow(dissipator, part, generator, density)
    mu = np.array([chemical_potential(part) for part in generator.dissipators])
    known = tuple(
        _has_quanta(processes_of) or generator.number is not None or part.number is not None
        for processes_of, part in zip(parts, generator.dissipators, strict=True)
    )
    by_transition = [
        _transition_particles(dissipator, part, one_way[r], generator)
        for r, (dissipator, part) in enumerate(zip(generator.dissipators, parts, strict=True))
    ]
    ceilings = np.array([rate_ceiling(part, spectrum) for part in generator.dissipators])
    return Currents(
        spectrum,
        generator.names,
        log_one_way,
        log_rates,
        _log_noise(state, density, log_one_way, ceilings),
        ceilings.max(axis=(1, 2)),
        particles,
        energy,
        energy - mu * particles,
        coherence,
        np.array([_quanta_within_levels(part) for part in parts]),
        np.array(by_transition),
        mu,
        known,
        tuple(is_known or mu[r] == 0.0 for r, is_known in enumerate(known)),
    )


def _has_quanta(part: list[Process]) -> bool:
    return all(process.quanta is not None for process in part)


def _transition_particles(
    dissipator: Dissipator, part: list[Process], one_way: RealArray, generator: Generator
) -> RealArray:
    """Particles that the transitions m <-> n bring into the system, from quanta or from a number operator."""
    if _has_quanta(part):
        brought = np.asarray(sum((process.quanta or 0) * np.exp(process.log_flow) for process in part))
        np.fill_diagonal(brought, 0.0)
        return np.asarray(brought + brought.T)
    number = generator.number if dissipator.number is None else dissipator.number
    if number is None:
        return np.zeros(one_way.shape)
    spectrum = generator.spectrum
    states = np.diag(spectrum.to_energy_basis(number)).real
    mean = np.bincount(spectrum.level_of, weights=states, minlength=spectrum.size) / spectrum.degeneracies
    return np.asarray((mean[:, None] - mean[None, :]) * (one_way - one_way.T))


def _quanta_within_levels(part: list[Process]) -> RealArray:
    flows = [abs(process.quanta or 0) * np.exp(np.diag(process.log_flow)) for process in part]
    return np.asarray(np.sum(flows, axis=0))


def _between_levels(tables: list[RealArray]) -> RealArray:
    total = np.logaddexp.reduce(tables)
    np.fill_diagonal(total, -np.inf)
    return np.asarray(total)


def rate_ceiling(dissipator: Dissipator, spectrum: Spectrum) -> RealArray:
    """Rates n -> m between levels if no two paths interfered, `sum |L_ij|^2`, shape (L, L)."""
    kind = dissipator.representation
    if isinstance(kind, Rates):
        return kind.rates
    if isinstance(kind, FrequencyResolved):
        return np.asarray(spectrum.sum_over_levels(np.exp(kind.log_transition_rates).sum(axis=0)))
    if isinstance(kind, Jumps):
        squares = [np.abs(spectrum.to_energy_basis(L)) ** 2 for L in kind.operators]
        return np.asarray(spectrum.sum_over_levels(np.sum(squares, axis=0)))
    # Known by its action only: what it does to the uniform state, spread over all pairs.
    uniform = np.eye(spectrum.dimension, dtype=complex)
    return np.full((spectrum.size, spectrum.size), float(np.abs(kind.apply(uniform)).max()))


def _log_noise(
    state: StationaryState | DensityMatrix | ArrayLike,
    density: DensityMatrix,
    log_one_way: RealArray,
    ceilings: RealArray,
) -> RealArray:
    with np.errstate(divide="ignore"):
        if not isinstance(state, StationaryState):
            rounding, error = np.log(32 * ROUND_OFF) + log_one_way, density.relative_weight_error
            if error is None:
                return np.asarray(rounding)
            # Weights of a matrix are all known to the same absolute error.
            return np.asarray(np.logaddexp(rounding, np.log(ceilings * float(np.max(error * density.weights)))))
        if density.is_diagonal:
            return np.asarray(np.log(state.relative_accuracy) + log_one_way)
        return np.asarray(np.log(ceilings * state.population_error[None, None, :]))


def chemical_potential(dissipator: Dissipator) -> float:
    """`mu` with which the heat of a dissipator is counted: that of its reservoir, 0 where it has none."""
    reservoir = dissipator.reservoir
    mu = None if reservoir is None else reservoir.chemical_potential
    return 0.0 if mu is None else mu


def _particle_flow(dissipator: Dissipator, part: list[Process], generator: Generator, density: DensityMatrix) -> float:
    if _has_quanta(part):
        return float(sum((process.quanta or 0) * np.exp(process.log_flow).sum() for process in part))
    number = generator.number if dissipator.number is None else dissipator.number
    return 0.0 if number is None else _expectation_rate(dissipator, number, generator, density)


def _expectation_rate(
    dissipator: Dissipator, observable: ComplexArray | None, generator: Generator, density: DensityMatrix
) -> float:
    """`Tr[A D_r(rho)]`, A in the given basis; the Hamiltonian if None."""
    spectrum = generator.spectrum
    change = dissipator.apply_elements(density.elements, spectrum)
    if observable is None:
        return float(np.diag(change).real @ spectrum.energies)
    return float(np.einsum("ij,ji->", spectrum.to_energy_basis(observable), change).real)


def processes(dissipator: Dissipator, density: DensityMatrix) -> Iterator[Process]:
    """The one-way flows of a dissipator in a state, resolved into processes of known reverse where possible."""
    return _processes(dissipator.representation, density)


@singledispatch
def _processes(kind: AbstractRepresentation, density: DensityMatrix) -> Iterator[Process]:
    # For m != n, Tr[P_m D(P_n rho P_n)] holds the jump part only: no jump operators needed.
    spectrum = density.spectrum
    flow = np.zeros((spectrum.size, spectrum.size))
    blocks = density.within_levels
    for level in range(spectrum.size):
        member = spectrum.level_of == level
        block = np.where(member[None, :], blocks, 0)
        rate = np.diag(spectrum.to_energy_basis(kind.apply(spectrum.to_given_basis(block)))).real
        flow[:, level] = np.bincount(spectrum.level_of, weights=rate, minlength=spectrum.size)
    np.fill_diagonal(flow, 0.0)
    # Negative entries are round-off, or a generator that is not completely positive: not one-way flows.
    yield _process_of_flow(np.maximum(flow, 0.0), density, None, None)


@_processes.register
def _(kind: Jumps, density: DensityMatrix) -> Iterator[Process]:
    spectrum = density.spectrum
    blocks = density.within_levels
    flow = np.zeros((spectrum.size, spectrum.size))
    for sign, L in zip(kind.signs, kind.operators, strict=True):
        flow += sign * _level_flow(spectrum, spectrum.to_energy_basis(L), blocks)
    # A generator with negative signs may have negative "flows"; they are not rates and count as none.
    yield _process_of_flow(np.maximum(flow, 0.0), density, None, None)


@_processes.register
def _(kind: Rates, density: DensityMatrix) -> Iterator[Process]:
    log_rate = kind.log_rates.copy()
    np.fill_diagonal(log_rate, -np.inf)
    log_flow = log_rate + density.log_level_populations[None, :]
    yield Process(log_flow, log_rate, _log_ratio(log_rate, log_rate), None)


@_processes.register
def _(kind: FrequencyResolved, density: DensityMatrix) -> Iterator[Process]:
    spectrum = density.spectrum
    resolved = spectrum.is_degenerate and not density.is_diagonal
    if kind.reverse is None:
        yield _summed_families(kind, density)
        return
    for family, quanta in enumerate(kind.particles_per_jump):
        back = kind.reverse[family]
        ratio = _log_ratio(_by_level(spectrum, kind.log_rates[family]), _by_level(spectrum, kind.log_rates[back]))
        log_rate = kind.log_transition_rates[family]
        if resolved:
            flow = _level_flow(spectrum, kind.amplitudes[family], density.within_levels)
            yield _process_of_flow(flow, density, ratio, quanta)
        elif spectrum.is_degenerate:
            log_flow = _log_level_sum(spectrum, log_rate + density.log_weights[None, :])
            yield Process(log_flow, _minus_population(log_flow, density), ratio, quanta)
        else:
            yield Process(log_rate + density.log_level_populations[None, :], log_rate, ratio, quanta)


def _summed_families(kind: FrequencyResolved, density: DensityMatrix) -> Process:
    """All jumps between two levels as one process, whose reverse is all jumps back.

    Out of a degenerate level the rates back depend on the state within it: no ratio of rates is that of the process.
    """
    spectrum = density.spectrum
    log_rate = np.logaddexp.reduce(kind.log_transition_rates)
    quanta = kind.particles_per_jump[0] if len(set(kind.particles_per_jump)) == 1 else None
    if not spectrum.is_degenerate:
        log_flow = log_rate + density.log_level_populations[None, :]
        return Process(log_flow, log_rate, _log_ratio(log_rate, log_rate), quanta)
    if density.is_diagonal:
        log_flow = _log_level_sum(spectrum, log_rate + density.log_weights[None, :])
        return Process(log_flow, _minus_population(log_flow, density), None, quanta)
    blocks = density.within_levels
    flows = (_level_flow(spectrum, a, blocks) for a in kind.amplitudes)
    return _process_of_flow(np.asarray(sum(flows)), density, None, quanta)


def _process_of_flow(flow: RealArray, density: DensityMatrix, ratio: RealArray | None, quanta: int | None) -> Process:
    with np.errstate(divide="ignore"):
        log_flow = np.log(flow)
    return Process(log_flow, _minus_population(log_flow, density), ratio, quanta)


def _minus_population(log_flow: RealArray, density: DensityMatrix) -> RealArray:
    """Logarithm of the rate: flow over population; -inf out of an empty level, whose rate no flow reveals."""
    population = density.log_level_populations[None, :]
    occupied = np.isfinite(population)
    return np.asarray(np.where(occupied, log_flow - np.where(occupied, population, 0.0), -np.inf))


def _level_flow(spectrum: Spectrum, amplitude: Array, blocks: ComplexArray) -> RealArray:
    """`Tr[P_m L P_n rho P_n L^dagger]` from the elements of L and the blocks of rho, both in the energy basis."""
    table = ((amplitude @ blocks) * amplitude.conj()).real
    # A sum of squares: negative only by round-off of an empty block.
    return np.asarray(np.maximum(spectrum.sum_over_levels(table), 0.0))


def _log_level_sum(spectrum: Spectrum, table: RealArray) -> RealArray:
    """logsumexp of a (d, d) table of state pairs over level pairs."""
    from scipy.special import logsumexp

    rows = np.array([logsumexp(table[spectrum.level_of == m], axis=0) for m in range(spectrum.size)])
    return np.array([logsumexp(rows[:, spectrum.level_of == n], axis=1) for n in range(spectrum.size)]).T


def _by_level(spectrum: Spectrum, table: RealArray) -> RealArray:
    """A (d, d) table that is constant on level pairs (or -inf where not needed), as (L, L): its largest value."""
    if not spectrum.is_degenerate:
        return table
    rows = np.array([table[spectrum.level_of == m].max(axis=0) for m in range(spectrum.size)])
    return np.array([rows[:, spectrum.level_of == n].max(axis=1) for n in range(spectrum.size)]).T


def _log_ratio(forward: RealArray, backward: RealArray) -> RealArray:
    """`forward[m, n] - backward[n, m]`, 0 where neither process exists."""
    absent = np.isneginf(forward) & np.isneginf(backward.T)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(absent, 0.0, forward - backward.T))
