"""Every public verb that returns numbers, with how its numbers change under a change of description.

A verb is given a `Given` (the generator, its system, its state, an observable, times) and returns named quantities. The
exponents say by which powers of the units of energy and of rate a number is multiplied; arrays over reservoirs are
dictionaries by name. What is no number (nouns, files, papers) is listed with the reason in NO_NUMBERS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from covariance.models import Raw, bloch_redfield, gas, local_limit, weak
from equipoise import (
    audit,
    balance,
    currents,
    cycles,
    detailed_balance,
    entropy_production,
    fluctuations,
    scattering,
    stationary,
    thermodynamics,
    tomography,
)
from equipoise import generators as limits
from equipoise.auditing import Question, analyses, compare_generators
from equipoise.fluxes import at_state
from equipoise.scattering import Gas, Target
from equipoise.stationary import evolution, relaxation_spectrum, stationary_state


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number or an array, its powers of energy and rate, and what it is made of.

    `kind`: "plain" (no basis, levels in ascending order), "operator" (d, d), "superoperator" (d^2, d^2), "by bath" (a
    dictionary that adds up over parts of a reservoir), "of each bath" (one that does not), "word" (compared as it is).
    `scale`: what a difference is relative to, in the unit of the number; its largest entry by default.
    """

    value: object
    energy: int = 0
    rate: int = 0
    kind: str = "plain"
    scale: float | None = None
    levels: bool = True
    """Whether it refers to the levels of the Hamiltonian, which mixed and shifted jumps change."""
    is_absolute: bool = False
    """Whether it is the difference of two large numbers here: its scale is then that of the larger description."""
    mixes: bool = False
    """Whether the Hamiltonian and the rates both matter: a change of rates alone is no change of description then."""


class Given:
    """A raw model, and the nouns that verbs are called with, each made once."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw
        self.generator = raw.make(raw)

    @cached_property
    def system(self):
        return self.raw.system()

    @cached_property
    def state(self):
        return stationary_state(self.generator)

    @cached_property
    def pair(self):
        return at_state(self.generator, self.state)

    @cached_property
    def audit(self):
        return audit(self.generator)

    @cached_property
    def other(self):
        """A state that is not stationary: a mixture of the stationary one and the uniform one."""
        rho = self.state.density_matrix()
        return 0.75 * rho + 0.25 * np.eye(len(rho)) / len(rho)

    @property
    def times(self):
        return np.array([0.0, 0.5, 2.0]) / self.raw.time * 20.0

    @property
    def observable(self):
        return self.raw.observable

    @property
    def names(self):
        return self.generator.names

    @property
    def gaps(self):
        levels = self.generator.spectrum.levels
        return float(np.ptp(levels))


class NotThisModel(Exception):
    """The verb is not for this model."""


def _system_only(g):
    if g.raw.make not in (weak, bloch_redfield, local_limit):
        raise NotThisModel
    return g.system


def _moved(g):
    """All directed fluxes together: what a flow of particles may be relative to."""
    return float(np.abs(g.pair.directed_fluxes.fluxes).sum())


def plain(value, energy=0, rate=0, **words):
    return Number(value=np.asarray(value), energy=energy, rate=rate, **words)


def word(value, **words):
    return Number(value=value, kind="word", **words)


def operator(value, energy=0, rate=0, **words):
    return Number(value=np.asarray(value), energy=energy, rate=rate, kind="operator", **words)


def by_bath(names, values, energy=0, rate=0, **words):
    return Number(value=_dictionary(names, values), energy=energy, rate=rate, kind="by bath", **words)


def of_each(names, values, energy=0, rate=0, **words):
    return Number(value=_dictionary(names, values), energy=energy, rate=rate, kind="of each bath", **words)


def _dictionary(names, values):
    return [(name, np.asarray(value)) for name, value in zip(names, values, strict=True)]


def superoperator(generator, **words):
    value = generator.superoperator()
    return Number(value=value, energy=0, rate=1, kind="superoperator", **words)


def decays(generator):
    """The spectrum of a generator: its decay rates. (Frequencies are energies.)"""
    found = np.linalg.eigvals(generator.superoperator())
    return plain(np.sort(-found.real), rate=1, scale=None)


def _flows(flows, generator, state=None):
    moved = np.abs(flows.fluxes).sum(axis=(1, 2))
    names, span = flows.reservoirs, float(np.ptp(flows.spectrum.levels))
    found = {
        "energy": by_bath(names, flows.energy, 1, 1, scale=float(moved.sum()) * span),
        "fluxes": by_bath(names, flows.fluxes, 0, 1),
        "coherence energy": by_bath(names, flows.coherence_energy, 1, 1, scale=float(moved.sum()) * span),
    }
    if np.all(np.isfinite(flows.particles)):
        found["particles"] = by_bath(names, flows.particles, 0, 1, scale=float(moved.sum()))
    if np.all(np.isfinite(flows.heat)):
        found["heat"] = by_bath(names, flows.heat, 1, 1, scale=float(moved.sum()) * span)
    return found


def _audit(g):
    found = g.audit
    numbers = {"verdict": word(found.verdict.value)}
    if found.sectors:
        return numbers
    moved = float(np.abs(found.flows.fluxes).sum())
    span = float(np.ptp(found.flows.spectrum.levels))
    for flow in ("particles", "energy", "heat"):
        values = [getattr(r, flow) for r in found.reservoirs]
        if all(value is not None for value in values):
            e = 0 if flow == "particles" else 1
            numbers[flow] = by_bath([r.name for r in found.reservoirs], values, e, 1, scale=moved * (span if e else 1))
    for entry in found.entropy:
        if entry.value is not None and np.isfinite(entry.value):
            numbers[f"{entry.name} production"] = plain(
                entry.value, 0, 1, scale=max(entry.scale, entry.error), levels=True
            )
    for finding in found.findings:
        if not finding.about:
            numbers[f"{finding.question}"] = word(finding.answer, mixes=finding.question is Question.SECULAR_SAFE)
    numbers["ergotropy"] = plain(found.ergotropy, 1, 0, scale=span)
    numbers["work and other rows"] = plain(
        [value for label, value in found.first_law if not label.startswith("J_E")], 1, 1, scale=moved * span
    )
    return numbers


def _cycles(g):
    found = cycles(g.pair)
    return {
        "affinities": plain(np.sort(np.abs(found.affinities)), scale=1.0),
        "defect": plain(found.defect, scale=1.0),
        "net": plain(np.abs(found.net), 0, 1, scale=float(np.exp(found.log_fluxes).max())),
    }


def _balance(g):
    found = detailed_balance(g.pair)
    numbers = {
        name: plain(getattr(found, name).relative, scale=1.0, mixes=name in ("kms", "gns"), levels=False)
        for name in ("kms", "gns", "sqdb", "alicki")
    }
    numbers |= {
        name: plain(getattr(found, name), 0, 1, scale=float(found.norm))
        for name in ("jump", "noncommuting", "jump_norm")
    }
    return numbers


def _entropy(g):
    found = entropy_production(g.generator, g.other)
    numbers = {"of system": plain(found.of_system, 0, 1)}
    for name in ("clausius", "by_transition", "spohn", "spohn_of_reservoirs"):
        entry = getattr(found, name)
        if entry.value is not None:
            by = {"levels": name not in ("spohn",)}
            numbers[name] = plain(entry.value, 0, 1, scale=max(entry.scale, abs(entry.value)), **by)
    at_rest = entropy_production(g.pair).fagnola_rebolledo
    if at_rest.value is not None:
        numbers["Fagnola-Rebolledo"] = plain(
            at_rest.value, 0, 1, scale=max(abs(at_rest.value), _moved(g)), levels=False
        )
    return numbers


def _state(g):
    return {
        "density matrix": operator(g.state.density_matrix(), levels=False),
        "log weights": plain(np.sort(g.state.log_weights), scale=1.0, levels=False),
        "populations": plain(np.exp(g.state.density.log_level_populations)),
        "entropy": plain(g.state.entropy, levels=False),
        "gap": plain(0.0 if g.state.gap is None else g.state.gap, 0, 1, levels=False),
    }


def _spectrum(g):
    found = relaxation_spectrum(g.generator)
    return {
        "decays": plain(np.sort(-found.eigenvalues.real), 0, 1, levels=False),
        "gap": plain(found.gap, 0, 1, levels=False),
    }


def _compare(g):
    found = compare_generators(_system_only(g), local_hamiltonians=g.raw.parts or None)
    numbers = {}
    for row in found.rows:
        mixes = row.name != "weak coupling"
        numbers[f"{row.name}: second law"] = word(row.obeys_second_law, mixes=mixes)
        if row.heat is not None:
            numbers[f"{row.name}: heat"] = by_bath(
                found.reservoirs, row.heat, 1, 1, scale=_moved(g) * g.gaps, mixes=mixes
            )
        if row.entropy_production is not None:
            produced = row.entropy_production
            numbers[f"{row.name}: production"] = plain(produced, 0, 1, scale=_moved(g), mixes=mixes)
    return numbers


def _evolution(g):
    found = evolution(g.generator, g.other, g.times)
    return {"matrix": operator(found.matrix(1), levels=False, mixes=True)}


def _relaxation_speed(g):
    found = balance.relaxation_speed(g.pair, start=g.other, times=g.times[1:])
    return {
        "gap": plain(found.gap, 0, 1, levels=False),
        "balanced gap": plain(found.balanced_gap, 0, 1, levels=False),
        "distance": plain(found.distance, levels=False, scale=1.0),
    }


def _blocks(g, found):
    """Diagonal of each block of an Onsager matrix: energy against energy, particles against particles."""
    M, R = np.diag(found.matrix), len(found.reservoirs)
    return {"energy": of_each(found.reservoirs, M[:R], 2, 1), "particles": of_each(found.reservoirs, M[R:], 0, 1)}


def _reference(g):
    """One temperature, and the potential in the middle where there are any."""
    mu = float(np.mean([bath.mu for bath in g.raw.baths[:2]]))
    return fluctuations.Reference(inverse_temperature=1.0 / g.raw.energy, chemical_potential=mu)


def _nonlinearity(g):
    found = fluctuations.nonlinearity(_system_only(g), [0.5, 1.0], _reference(g))
    R = len(found.response.reservoirs)
    return {
        "actual": of_each(found.response.reservoirs, found.actual[:, :R].T, 1, 1, scale=_moved(g) * g.gaps),
        "linear": of_each(found.response.reservoirs, found.linear[:, :R].T, 1, 1, scale=_moved(g) * g.gaps),
    }


def _second(g):
    found = fluctuations.second_order(_system_only(g), _reference(g))
    R = len(found.linear.reservoirs)
    return {
        "energy": of_each(
            found.linear.reservoirs, [found.tensor[r, r, r] for r in range(R)], 3, 1, scale=_moved(g) * g.raw.energy**3
        )
    }


def _transitions(g):
    found = fluctuations.transition_response(_system_only(g), _reference(g))
    return {"gamma": plain(found.gamma, -1, 1)}


def _thermoelectric(g):
    found = fluctuations.thermoelectric_coefficients(fluctuations.linear_response(_system_only(g), _reference(g)))
    return {
        "conductance": plain(found.conductance, -1, 1),
        "Seebeck": plain(found.seebeck),
        "thermal conductance": plain(found.thermal_conductance, 0, 1, scale=_moved(g)),
        "figure of merit": plain(found.figure_of_merit),
    }


def _directed(g):
    found = g.pair.directed_fluxes
    return {"fluxes": by_bath(found.reservoirs, found.fluxes, 0, 1)}


def _against_bias(g):
    found = balance.currents_against_bias(g.pair)
    return {"count": plain(found.count), "through": plain(np.sort(np.abs(np.ravel(found.through))), 0, 1)}


def _effective(g):
    found = balance.effective_temperatures(g.generator)
    return {
        "frequencies": plain(found.frequencies, 1, 0),
        "exponents": of_each(found.reservoirs, found.exponents, scale=1.0),
        "summed": plain(found.summed_exponents, scale=1.0),
    }


def _fit(g):
    found = balance.fit_gibbs(g.state, g.generator.number)
    return {"beta": plain(found.inverse_temperature, -1, 0), "misfit": plain(found.misfit, scale=1.0)}


def _general_fit(g):
    found = balance.fit_generalised_gibbs(g.state, 2)
    return {"misfit": plain(found.misfit, scale=1.0), "weights": plain(np.sort(found.density.weights))}


def _microscopic(g):
    beta = g.raw.baths[0].beta if g.raw.baths else 1.0 / g.raw.energy
    found = balance.microscopic_origin(g.generator, beta)
    return {"is balanced": word(bool(found.is_balanced()))}


def _bounds(g):
    found = balance.population_bounds(g.pair)
    return {
        "ratios": plain(np.sort(np.abs(found.log_ratio)), scale=1.0),
        "slack": plain(np.sort(np.ravel(found.slack)), scale=1.0),
    }


def _slopes(g):
    found = balance.temperature_function(g.state)
    size = len(g.generator.spectrum.levels)
    between = [found.between(m, n) for m in range(size) for n in range(m)]
    return {
        "slopes": plain(between, -1, 0),
        "spread": plain(found.spread, -1, 0, scale=float(np.max(np.abs(between), initial=0.0))),
    }


def _local_equilibrium(g):
    unit = g.raw.energy
    levels = g.generator.spectrum.levels - g.generator.spectrum.levels[0]
    from equipoise.spectrum import spectrum_of_levels

    found = balance.local_equilibrium_state(spectrum_of_levels(levels), lambda e: (1.0 + e / unit) / unit)
    return {"weights": plain(np.sort(found.weights))}


def _gibbs_thermodynamics(g):
    found = thermodynamics.gibbs_thermodynamics(g.generator.spectrum, 0.75 / g.raw.energy)
    ground = float(g.generator.spectrum.levels[0])
    scale = g.gaps + 1e-6 * abs(ground)
    return {
        "entropy": plain(found.entropy),
        "heat capacity": plain(found.heat_capacity),
        # Energies themselves are known to the digits of the largest.
        "energy above the ground": plain(found.energy - ground, 1, 0, scale=scale, is_absolute=True),
        "free energy above the ground": plain(found.free_energy - ground, 1, 0, scale=scale, is_absolute=True),
    }


def _violation(g):
    found = thermodynamics.balance_violation(g.generator, g.other)
    return {"production": plain(found.production, 0, 1), "Schnakenberg": plain(found.schnakenberg, 0, 1)}


def _adiabatic(g):
    found = thermodynamics.adiabatic_split(g.generator, g.other)
    return {name: plain(getattr(found, name), 0, 1, scale=_moved(g)) for name in ("total", "nonadiabatic", "adiabatic")}


def _geometric(g):
    found = thermodynamics.geometric_split(g.generator, g.other)
    total = float(found.total)
    return {name: plain(getattr(found, name), 0, 1, scale=total) for name in ("total", "housekeeping", "excess")}


def _bonds(g):
    X = g.observable
    scale = g.gaps * float(np.abs(X).max())
    return {"current": plain(thermodynamics.bond_currents(g.generator, g.other, terms=[g.raw.H, X]), 2, 0, scale=scale)}


def _along(g):
    found = thermodynamics.currents_along(g.generator, evolution(g.generator, g.other, g.times))
    names = tuple(found.reservoirs)
    numbers = {"energy": by_bath(names, np.asarray(found.energy).T, 1, 1)}
    if found.entropy_production is not None:
        numbers["production"] = plain(found.entropy_production, 0, 1)
    return numbers


def _lines(g):
    centre = g.generator.spectrum.bohr_frequencies[0]
    name = g.raw.baths[0].name
    found = thermodynamics.emission_spectrum(g.pair, reservoir=name, frequencies=centre * np.array([0.99, 1.0, 1.02]))
    return {"total": of_each([name], [found.total], -1, 1, mixes=True)}


def _pair_heat(g):
    found = thermodynamics.pair_heat_currents(g.pair)
    scale = _moved(g) * g.gaps
    return {"heat": plain(found.heat, 1, 1, scale=scale), "total": plain(found.total, 1, 1, scale=scale)}


def _reversal(g):
    X = g.observable / g.raw.energy
    found = thermodynamics.reversal_symmetry(g.generator, g.state, X, X @ X, g.times)
    return {"kms": plain(found.kms, scale=found.scale, mixes=True)}


def _correlation(g):
    X = g.observable
    # At times after which what rotates has gone through many turns, an angle is known to its digits only.
    found = thermodynamics.two_time_correlation(g.generator, g.state, X, X, g.times[:2])
    return {"real": plain(found.real, 2, 0, levels=False, scale=float(np.abs(found).max()), mixes=True)}


def _thermalisation(g):
    found = thermodynamics.thermalisation_conditions(g.pair)
    return {"residuals": plain(found.residuals, scale=1.0)}


def _green_kubo(g):
    beta = g.raw.baths[0].beta
    found = thermodynamics.green_kubo(g.generator, beta)
    R = len(g.names)
    return {"energy": of_each(g.names, np.diag(found.matrix)[:R], 2, 1, scale=_moved(g) * g.gaps**2)}


def _contraction(g):
    times = g.times
    states = evolution(g.generator, g.other, times)
    found = thermodynamics.contraction(
        g.generator.spectrum, times, [states.matrix(k) for k in range(len(times))], g.state
    )
    return {"relative entropy": plain(found.relative_entropy, levels=False)}


def _validity(g):
    found = limits.secular_validity(g.generator)
    return {
        "gap": plain(found.gap, 1, 0, mixes=True),
        "rate": plain(found.rate, 0, 1, mixes=True),
        "is doubtful": word(found.is_doubtful, mixes=True),
    }


def _gaps(g):
    found = balance.compare_gaps(g.pair)
    numbers = {"reversible": plain(found.reversible, 0, 1, levels=False)}
    if found.generator is not None:
        numbers["whole"] = plain(found.generator, 0, 1, levels=False)
    return numbers


def _dirichlet(g):
    return {"form": plain(balance.dirichlet_form(g.generator, g.state, g.observable), 2, 1, levels=False)}


def _part(make):
    return lambda g: {"generator": superoperator(make(g), levels=False, mixes=True)}


def _limit(make):
    """A limit of an open system: how fast everything decays."""
    return lambda g: {"decays": plain(np.sort(-np.linalg.eigvals(make(g).superoperator()).real), 0, 1, mixes=True)}


def _jump(g):
    """The observable as a jump operator: in the unit of the square root of a rate."""
    return g.observable / np.sqrt(g.raw.energy)


def _sampler(make):
    return lambda g: {"decays": plain(np.sort(-np.linalg.eigvals(make(g).superoperator()).real), 0, 1, mixes=True)}


def _kms_balanced(g):
    sigma = stationary.gibbs_state(g.generator.spectrum, 0.5 / g.raw.energy)
    lower = g.observable / g.raw.energy
    made = limits.kms_balanced([lower @ lower + lower], sigma)
    return {"decays": plain(np.sort(-np.linalg.eigvals(made.superoperator()).real))}


def _channel(g):
    """A channel whose Kraus operators come from the observable: half of it with a balanced partner, half without."""
    X = g.observable / g.raw.energy
    w, V = np.linalg.eigh(X)
    U = (V * np.exp(1j * w)) @ V.conj().T
    P = np.outer(V[:, 0], V[:, 1].conj())
    rest = np.eye(len(X)) - 0.25 * P.conj().T @ P
    u, W = np.linalg.eigh(rest)
    kraus = [0.5 * P, U @ ((W * np.sqrt(u)) @ W.conj().T)]
    return limits.kraus_channel(kraus)


def _mixed(g):
    rho = np.eye(len(g.raw.H)) + 0.5 * g.observable @ g.observable / np.trace(g.observable @ g.observable).real
    return rho / np.trace(rho).real


def _channel_numbers(make):
    def numbers(g):
        channel = make(g)
        return {"choi": plain(np.sort(np.linalg.eigvalsh(channel.choi))), "image": operator(channel.apply(_mixed(g)))}

    return numbers


def _fixed_point(g):
    kraus = _channel(g).kraus
    dephased = [np.sqrt(0.5) * K for K in kraus] + [np.sqrt(0.5 / len(g.raw.H)) * np.eye(len(g.raw.H))] * 0
    swap = np.linalg.eigh(g.observable)[1]
    noise = [np.sqrt(0.5) * np.outer(swap[:, k], swap[:, (k + 1) % len(swap)].conj()) for k in range(len(swap))]
    return {"state": operator(stationary.fixed_point(limits.kraus_channel([*dephased, *noise])))}


def _stationary_channel(g):
    swap = np.linalg.eigh(g.observable)[1]
    d = len(swap)
    p = np.arange(1.0, d + 1) / (d * (d + 1) / 2)
    jumps = [np.sqrt(p[j]) * np.outer(swap[:, j], swap[:, k].conj()) for k in range(d) for j in range(d)]
    return limits.kraus_channel(jumps), (swap * p) @ swap.conj().T


def _channel_balance(g):
    found = balance.channel_balance(*_stationary_channel(g))
    return {
        "jump": plain(found.jump, scale=1.0),
        "norm": plain(found.norm),
        "stationarity": plain(found.stationarity, scale=1.0),
    }


def _petz(g):
    channel, rho = _stationary_channel(g)
    return {"image": operator(balance.petz_dual(channel, rho).apply(_mixed(g)))}


def _certify(g):
    V = np.linalg.eigh(g.observable)[1]
    around = [(1.0 + k) * np.outer(V[:, k], V[:, (k + 1) % len(V)].conj()) for k in range(len(V))]
    L = limits.lindbladian(0.0 * g.raw.H, around)
    d = len(g.raw.H)
    T = tomography.hermitian_basis(d)
    rng = np.random.default_rng(1)
    noise = rng.normal(scale=1e-3, size=(d**4 + 3 * d * d, d * d, d * d))
    S = L.superoperator()
    estimates = [S + T @ N @ T.conj().T for N in noise]
    made = tomography.GeneratorEstimate.from_repetitions(
        [tomography.GeneratorEstimate.trace_preserving(one) for one in estimates]
    )
    return {"verdict": word(bool(tomography.certify(made, balance.StandardQuantum()).p_value < 1e-3))}


def _target(g):
    if g.raw.make is not gas:
        raise NotThisModel
    raw = g.raw
    H = np.diag(raw.H).real if not np.any(raw.H - np.diag(np.diag(raw.H))) else raw.H
    target = Target(H, scattering.DeltaInteraction(raw.operators[0][1]))
    beta = raw.baths[0].beta
    return target, Gas("gas", scattering.maxwell_boltzmann(inverse_temperature=beta), density=raw.density)


def _scattering_rates(g):
    found = scattering.scattering_rates(*_target(g))
    return {"rates": plain(np.exp(found.log_rates), 0, 1)}


def _balance_symmetries(g):
    found = scattering.balance_symmetries(*_target(g))
    return {"is protected": word(bool(found.is_protected)), "largest": plain(found.violation, scale=1.0)}


def _bound_states(g):
    found = scattering.bound_states(_target(g)[0])
    return {"binding energies": plain(found.binding_energies, 1, 0)}


def _s_and_t(g):
    _target(g)
    X = g.observable / g.raw.energy
    S = np.linalg.inv(np.eye(len(X)) + 0.5j * X) @ (np.eye(len(X)) - 0.5j * X)
    return scattering.t_from_s(S), S


def _collision(g):
    equation = limits.stochastic_equation(_system_only(g))
    return limits.collision_step(equation, 0.01 / g.raw.energy), equation


def _analyse(g):
    (found,) = analyses.analyse(g.audit, [analyses.OnsagerAnalysis()])
    return {"title": word(found.title)}


def _samplers_chen(g):
    beta = 0.5 / g.raw.energy
    return limits.chen_kastoryano_gilyen(g.raw.H, [_jump(g)], beta, [limits.GaussianTransitions(0.5 / beta, 1 / beta)])


VERBS: dict[str, Callable[[Given], dict[str, Number]]] = {
    "adiabatic_split": _adiabatic,
    "analyse": _analyse,
    "at_state": _directed,
    "audit": _audit,
    "balance_symmetries": _balance_symmetries,
    "balance_violation": _violation,
    "bond_currents": _bonds,
    "bound_states": _bound_states,
    "certify": _certify,
    "channel_balance": _channel_balance,
    "chen_kastoryano_gilyen": _sampler(_samplers_chen),
    "choi_channel": _channel_numbers(lambda g: limits.choi_channel(_channel(g).choi)),
    "collision_step": lambda g: {"image": operator(_collision(g)[0].advance(g.other)[0], mixes=True)},
    "compare_gaps": _gaps,
    "compare_generators": _compare,
    "contraction": _contraction,
    "currents": lambda g: _flows(currents(g.pair), g.generator),
    "currents_against_bias": _against_bias,
    "currents_along": _along,
    "cycles": _cycles,
    "density_matrix": lambda g: {
        "weights": plain(np.sort(stationary.density_matrix(g.generator.spectrum, _mixed(g)).weights))
    },
    "detailed_balance": _balance,
    "ding_li_lin": _sampler(lambda g: limits.ding_li_lin(g.raw.H, [_jump(g)], 0.5 / g.raw.energy)),
    "dirichlet_form": _dirichlet,
    "dual": _part(lambda g: balance.dual(g.pair)),
    "effective_temperatures": _effective,
    "emission_spectrum": _lines,
    "entropy_production": _entropy,
    "ergotropy": lambda g: {"work": plain(thermodynamics.ergotropy(g.state), 1, 0, scale=g.gaps)},
    "evolution": _evolution,
    "fit_generalised_gibbs": _general_fit,
    "fit_gibbs": _fit,
    "fixed_point": _fixed_point,
    "geometric_arithmetic": _limit(lambda g: limits.geometric_arithmetic(_system_only(g))),
    "geometric_split": _geometric,
    "gibbs_state": lambda g: {
        "matrix": operator(stationary.gibbs_state(g.generator.spectrum, 0.5 / g.raw.energy).matrix())
    },
    "gibbs_thermodynamics": _gibbs_thermodynamics,
    "green_kubo": _green_kubo,
    "hidden_time_reversal": lambda g: {
        "residual": plain(balance.hidden_time_reversal(g.pair).relative, scale=1.0, levels=False)
    },
    "irreversible_part": _part(lambda g: balance.irreversible_part(g.pair)),
    "is_passive": lambda g: {"is passive": word(bool(thermodynamics.is_passive(g.state)))},
    "kms_balanced": _kms_balanced,
    "kms_weak_coupling": _limit(lambda g: limits.kms_weak_coupling(_system_only(g))),
    "kraus_channel": _channel_numbers(_channel),
    "linear_response": lambda g: _blocks(g, fluctuations.linear_response(_system_only(g), _reference(g))),
    "local": _limit(lambda g: limits.local(_system_only(g), g.raw.parts)),
    "local_equilibrium_state": _local_equilibrium,
    "local_kms_residual": lambda g: {
        "violation": plain(np.max(np.abs(balance.local_kms_residual(g.state).violation)), scale=1.0)
    },
    "low_density": _limit(lambda g: limits.low_density(*_target(g))),
    "mean_reference": lambda g: {
        "beta": plain(fluctuations.mean_reference(_system_only(g)).inverse_temperature, -1, 0)
    },
    "microscopic_origin": _microscopic,
    "nearest_balanced": _part(lambda g: balance.nearest_balanced(g.pair)),
    "nonlinearity": _nonlinearity,
    "pair_heat_currents": _pair_heat,
    "petz_dual": _petz,
    "population_bounds": _bounds,
    "redfield": _limit(lambda g: limits.redfield(_system_only(g))),
    "relative_entropy": lambda g: {
        "value": plain(thermodynamics.relative_entropy(g.generator.spectrum, g.other, g.state), levels=False)
    },
    "relaxation_spectrum": _spectrum,
    "relaxation_speed": _relaxation_speed,
    "reversal_symmetry": _reversal,
    "reversible_part": _part(lambda g: balance.reversible_part(g.pair)),
    "s_from_t": lambda g: {"S": operator(scattering.s_from_t(_s_and_t(g)[0]), mixes=True)},
    "scattering_rates": _scattering_rates,
    "second_order": _second,
    "secular_validity": _validity,
    "stationary_state": _state,
    "stationary_states": lambda g: {"count": plain(len(stationary.stationary_states(g.generator)), levels=False)},
    "stochastic_equation": lambda g: {"drift": operator(_collision(g)[1].drift, 0, 1, mixes=True)},
    "sum_of": _part(lambda g: limits.sum_of(g.generator, limits.lindbladian(g.raw.H, [_jump(g)]))),
    "superoperator_channel": _channel_numbers(lambda g: limits.superoperator_channel(_channel(g).superoperator())),
    "t_from_s": lambda g: {"T": operator(_s_and_t(g)[0], mixes=True)},
    "temperature_function": _slopes,
    "thermalisation_conditions": _thermalisation,
    "thermoelectric_coefficients": _thermoelectric,
    "time_reversed_generator": _part(lambda g: balance.time_reversed_generator(g.pair)),
    "transition_response": _transitions,
    "two_time_correlation": _correlation,
    "universal_lindblad": _limit(lambda g: limits.universal_lindblad(_system_only(g))),
    "weak_coupling": _limit(lambda g: limits.weak_coupling(_system_only(g), warn=False)),
}

EXCEPTIONS = {
    ("secular_validity", "reservoir split"): "the rate of one reservoir",
    ("collision_step", "reservoirs permuted"): "the order of the ancillas matters to second order in the duration",
    ("collision_step", "reservoir split"): "the order of the ancillas matters to second order in the duration",
    ("thermoelectric_coefficients", "idle reservoir added"): "for two reservoirs",
    ("thermoelectric_coefficients", "reservoir split"): "for two reservoirs",
    ("transition_response", "idle reservoir added"): "for two reservoirs",
    ("transition_response", "reservoir split"): "for two reservoirs",
    ("mean_reference", "idle reservoir added"): "the mean over all reservoirs, idle or not",
    ("mean_reference", "reservoir split"): "the mean over all reservoirs counts both halves",
    ("currents_against_bias", "reservoir split"): "counts pairs of reservoirs",
}
"""What is no fault: the verb depends on how the model is told, and says so."""

NO_NUMBERS = {
    "a noun is made of what is given": (
        "bose_einstein fermi_dirac lindbladian maxwell_boltzmann rate_equation with_reservoirs standard_limits "
        "double_dot excitation_ring fermionic_dots harmonic_ladder hermitian_basis lambda_system ring_with_flux "
        "spin_chain_ising spin_chain_xxz three_level_maser three_levels two_coupled_qubits v_system"
    ),
    "files and text": (
        "load_model parse_expression parse_model read_results shipped_models starter_model to_json write_results"
    ),
    "papers, in the units of the papers": "reproduce three_level_rates three_level_state",
    "needs a form factor or a function, which has a suite of its own": "correlation_spectrum field_emission line_shape",
}
"""Public functions that return no number whose change under a change of description could be stated, and why."""
