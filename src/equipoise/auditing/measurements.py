"""The residuals on which a verdict rests, measured on a stationary state and its flows."""

from __future__ import annotations

import numpy as np

from equipoise._checks import ROUND_OFF, Array, ComplexArray
from equipoise._printed import amount
from equipoise.auditing.activity import activities
from equipoise.auditing.verdict import Measurements
from equipoise.balance import DetailedBalance, GibbsFit
from equipoise.balance.quantum.decomposition import imbalance_within_levels, jump_imbalances
from equipoise.balance.quantum.symmetrised import is_unresolved
from equipoise.balance.temperature.gibbs import clustering_misfit, gibbs_misfit
from equipoise.fluxes import GeneratorAtState
from equipoise.generators import Dissipator, Generator
from equipoise.spectrum import spectrum_of_matrix
from equipoise.stationary import DensityMatrix, StationaryState
from equipoise.stationary.pairwise import difference_of_exponentials
from equipoise.stationary.state import density_in
from equipoise.thermodynamics import Currents
from equipoise.thermodynamics.entropy import Production
from equipoise.thermodynamics.flows import centred, chemical_potential, is_driven, power_of_drive
from equipoise.tolerances import UNCHANGED_NUMBER, UNDERFLOWS


def measure(
    pair: GeneratorAtState,
    state: StationaryState,
    flows: Currents,
    entropy: tuple[Production, ...],
    balance: DetailedBalance | None,
    fit: GibbsFit | None,
) -> Measurements:
    """Measure every residual of the verdict table on one stationary state."""
    generator = pair.generator
    known = all(part.reservoir is not None for part in _acting(generator))
    shared = _shared_by_reservoirs(generator)
    common = None if why_not_known(generator) else shared
    at_reservoirs, departs = None, ""
    if common is not None and fit is not None:
        beta, mu = common
        density = counted_density(generator, state)
        misfit = gibbs_misfit(density, beta, mu, generator.number, state.weight_error)
        clustered = clustering_misfit(density, beta) if np.isfinite(beta) else 0.0
        at_reservoirs = max(0.0, misfit - max(fit.tolerance, clustered))
        departs = _departure(state, beta, mu, generator.number) if at_reservoirs > 0 else ""
    graded = generator.is_graded is True
    driven = (
        power_of_drive(pair) is not None
        or bool(np.any(flows.transition_work))
        or any(
            is_driven(generator, part) or (part.is_given and part.energy is not generator.energy)
            for part in generator.dissipators
        )
    )
    due = common is not None and (common[1] == 0.0 or graded) and not driven
    deficits = [entry.deficit for entry in entropy if entry.is_never_negative]
    summed = imbalance(np.logaddexp.reduce(flows.directed.log_fluxes), np.logaddexp.reduce(flows.directed.log_errors))
    one_sided, mixes = one_sidedness(state, summed), pair.density.home_levels is None
    # Jumps of frequency zero exchange nothing with the reservoir that causes them.
    is_elastic = generator.is_secular and not generator.is_rate_equation
    broken = 0.0 if balance is None else max(balance.sqdb.violation, one_sided)
    return Measurements(
        reservoirs_known=known,
        sqdb=None if balance is None else max(balance.sqdb.relative, one_sided),
        broken=broken,
        entropy_deficit=max(deficits, default=0.0),
        produced=max((entry.excess for entry in entropy), default=0.0),
        by_reservoir=flow_imbalances(pair, flows),
        summed_flows=summed,
        within_levels=broken if mixes else 0.0 if balance is None or is_elastic else imbalance_within_levels(pair),
        totals=_totals(pair, flows, state.relative_accuracy),
        is_dark=all(one.is_absent for one in activities(pair)),
        may_be_dark=not any(one.is_present for one in activities(pair)),
        gibbs_at_reservoirs=at_reservoirs,
        departure=departs,
        gibbs=None if fit is None else max(0.0, fit.misfit - fit.tolerance),
        common_equilibrium_is_due=due,
        has_equal_reservoirs=shared is not None,
        is_equilibrium_known=not why_not_known(generator),
    )


def counted_density(generator: Generator, state: StationaryState) -> DensityMatrix:
    """The state, referred to the levels of the Hamiltonian with which energy is counted."""
    if generator.energy is None:
        return state.density
    return density_in(spectrum_of_matrix(generator.energy), state)


def why_not_known(generator: Generator) -> str:
    """Why the state to which equal reservoirs lead is not known; empty where it is, or where they are not equal."""
    if not generator.has_energies:
        return "no energies were given: pass energies=[...]"
    shared = _shared_by_reservoirs(generator)
    if shared is None or shared[1] == 0.0 or generator.number is not None:
        return ""
    return "a chemical potential is not zero, and the particles of each state are not known: pass number=..."


def _departure(state: StationaryState, beta: float, mu: float, number: Array | None) -> str:
    """Between which levels the ratio of populations departs most from that of a Gibbs state, and by how much."""
    density, spectrum = state.density, state.spectrum
    if not density.is_diagonal or not np.isfinite(beta):
        return ""
    exponent = beta * (spectrum.energies - spectrum.energies.min())
    if number is not None:
        exponent = exponent - beta * mu * np.diag(spectrum.to_energy_basis(number)).real
    defect = np.where(np.isfinite(density.log_weights), density.log_weights + exponent, np.nan)
    if np.isnan(defect).all():
        return ""
    high, low = int(np.nanargmax(defect)), int(np.nanargmin(defect))
    names = [spectrum.labels[spectrum.level_of[k]] for k in (high, low)]
    excess = defect[high] - defect[low]
    return f"log of the population of {names[0]} over that of {names[1]} is {amount(float(excess))} above what is due"


def flow_imbalances(pair: GeneratorAtState, flows: Currents) -> tuple[float, ...]:
    """Largest net flow of each dissipator beyond its error, relative to its activity, within levels too.

    Between levels each transition is compared with its own activity. Within levels, and where the state has coherences,
    the jumps of the dissipator are compared with their reverses.
    """
    directed = flows.directed
    between = [imbalance(*one) for one in zip(directed.log_fluxes, directed.log_errors, strict=True)]
    if pair.generator.is_secular and pair.density.is_diagonal and not pair.generator.spectrum.is_degenerate:
        return tuple(between)
    if is_unresolved(pair.generator):
        return tuple(between)
    if pair.density.home_levels is None:
        # Jumps that mix the levels of H are counted against their reverses only, not from level to level.
        return jump_imbalances(pair)
    return tuple(max(both) for both in zip(between, jump_imbalances(pair), strict=True))


def one_sidedness(state: StationaryState, summed_flows: float) -> float:
    """Residual of every notion of detailed balance that the summed flows imply; 0 where the state has coherences.

    Each notion has as many jumps one way as the other between eigenstates of the state. A transition that is rare
    relative to others counts little in a norm of them all, and is looked at by itself here.
    """
    return summed_flows if state.density.is_diagonal else 0.0


def imbalance(log_fluxes: np.ndarray, log_errors: np.ndarray) -> float:
    """Largest net flow beyond its noise, relative to the activity on the same transition, however small that is."""
    log_net, log_activity = log_net_flows(log_fluxes, log_errors)
    moving = np.isfinite(log_activity)
    return float(np.exp(np.max(log_net[moving] - log_activity[moving], initial=-np.inf)))


def log_net_flows(log_fluxes: np.ndarray, log_errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of the size of each net flow beyond its noise, and of the activity, shape (..., L, L)."""
    back, noise_back = np.swapaxes(log_fluxes, -1, -2), np.swapaxes(log_errors, -1, -2)
    log_activity = np.logaddexp(log_fluxes, back)
    unit = np.where(np.isneginf(log_activity), 0.0, log_activity)
    net = np.abs(difference_of_exponentials(log_fluxes - unit, back - unit))
    # Logarithms are known to their last digit.
    size = np.maximum(np.abs(np.where(np.isneginf(log_fluxes), 0.0, log_fluxes)), np.abs(unit))
    digits = 2 * ROUND_OFF * np.maximum(size, np.swapaxes(size, -1, -2))
    with np.errstate(over="ignore", divide="ignore"):
        noise = np.exp(np.logaddexp(log_errors, noise_back) - unit)
        return np.log(np.maximum(net - noise - digits, 0.0)) + unit, log_activity


def _totals(pair: GeneratorAtState, flows: Currents, accuracy: float) -> float:
    """Largest total energy or particle flow of a reservoir, relative to the directed fluxes that make it."""
    errors = flows.directed.errors + flows.directed.errors.transpose(0, 2, 1)
    gaps = flows.spectrum.levels[:, None] - flows.spectrum.levels[None, :]
    worst = 0.0
    for r, active in enumerate(activities(pair)):
        largest = float(flows.directed.log_fluxes[r].max(initial=-np.inf))
        if np.isfinite(largest) and largest < np.log(UNDERFLOWS):
            # No flow of the reservoir is a normal number: all of them in units of the largest.
            fluxes = np.exp(flows.directed.log_fluxes[r] - largest)
            error = np.exp(flows.directed.log_errors[r] - largest) + 2 * ROUND_OFF * abs(largest) * fluxes
            total, lost = float(np.sum(gaps * fluxes)), float(np.sum(np.abs(gaps) * (error + error.T)))
        else:
            # A flow that is not known says nothing.
            fluxes, total = flows.fluxes[r], flows[r].energy or 0.0
            lost = float(np.sum(np.abs(gaps) * errors[r])) + float(flows.energy_rounding[r])
        moved = float(np.sum(np.abs(gaps) * fluxes)) + 0.5 * float(np.abs(flows.transition_work[r]).sum())
        energy = max(0.0, abs(total) - lost)
        within = float(flows.directed.particles_within[r].sum())
        # Jumps within a level carry particles, too.
        carried = max(active.value, float(flows.activity[r].sum()) / 2 + within)
        rounding = active.error + accuracy * within
        particles = max(0.0, abs(flows[r].particles or 0.0) - float(errors[r].sum()) - rounding)
        worst = max(worst, energy / moved if moved > 0 else 0.0, particles / carried if carried > 0 else 0.0)
    return worst


def boundary_work(generator: Generator, rho: ComplexArray) -> float:
    """`sum_r Tr[(H - H_r) D_r(rho)]` of reservoirs counted with an energy operator that is not that of the system."""
    total = 0.0
    for part in generator.dissipators:
        if part.energy is not None and part.energy is not generator.energy:
            total += float(np.einsum("ij,ji->", centred(generator.hamiltonian - part.energy), part.apply(rho)).real)
    return total


def _acting(generator: Generator) -> tuple[Dissipator, ...]:
    """The dissipators that have a rate; all of them if none has."""
    found = [part for part in generator.dissipators if np.any(part.representation.rate_ceiling(generator.spectrum))]
    return tuple(found) or generator.dissipators


def _shared_by_reservoirs(generator: Generator) -> tuple[float, float] | None:
    """(beta, mu) shared by all reservoirs that do anything, if they are thermal and share one.

    A reservoir that exchanges no particles (phonons that move electrons about) fits any chemical potential.
    """
    temperatures: set[float] = set()
    potentials: set[float] = set()
    for part in _acting(generator):
        beta = None if part.reservoir is None else part.reservoir.inverse_temperature
        if beta is None:
            return None
        temperatures.add(beta)
        mu = chemical_potential(part)
        if mu != 0.0 or not _conserves_number(generator, part):
            potentials.add(mu)
    if len(temperatures) != 1 or len(potentials) > 1:
        return None
    return temperatures.pop(), potentials.pop() if potentials else 0.0


def _conserves_number(generator: Generator, part: Dissipator) -> bool:
    """Whether `D_r^adjoint(N) = 0` and `D_r^adjoint(N^2) = 0`: no jump of the reservoir changes the number."""
    if generator.number is None:
        return False
    N = generator.number
    size = float(np.abs(part.representation.adjoint(np.diag(np.arange(len(N))).astype(complex))).max()) or 1.0
    largest = float(np.abs(N).max()) ** 2
    bound = UNCHANGED_NUMBER * size * largest
    return all(float(np.abs(part.representation.adjoint(X)).max()) <= bound for X in (N, N @ N))
