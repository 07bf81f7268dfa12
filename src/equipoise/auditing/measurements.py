"""The residuals on which a verdict rests, measured on a stationary state and its flows."""

from __future__ import annotations

import numpy as np

from equipoise._checks import ROUND_OFF, ComplexArray
from equipoise.auditing.verdict import Measurements
from equipoise.balance import DetailedBalance, GibbsFit
from equipoise.balance.temperature.gibbs import clustering_misfit, gibbs_misfit
from equipoise.generators import Dissipator, Generator
from equipoise.reservoirs import Statistics
from equipoise.stationary import StationaryState
from equipoise.stationary.pairwise import difference_of_exponentials
from equipoise.thermodynamics import Currents
from equipoise.thermodynamics.entropy import Production
from equipoise.thermodynamics.flows import chemical_potential
from equipoise.tolerances import UNCHANGED_NUMBER, UNDERFLOWS


def measure(
    generator: Generator,
    state: StationaryState,
    flows: Currents,
    entropy: tuple[Production, ...],
    balance: DetailedBalance | None,
    fit: GibbsFit,
) -> Measurements:
    """Measure every residual of the verdict table on one stationary state."""
    known = all(part.reservoir is not None for part in generator.dissipators)
    shared = _shared_by_reservoirs(generator)
    common = shared if shared is not None and (shared[1] == 0.0 or generator.number is not None) else None
    at_reservoirs = None
    if common is not None:
        beta, mu = common
        misfit = gibbs_misfit(state.density, beta, mu, generator.number, state.weight_error)
        clustered = clustering_misfit(state.density, beta) if np.isfinite(beta) else 0.0
        at_reservoirs = max(0.0, misfit - max(fit.tolerance, clustered))
    graded = generator.is_graded is True
    due = common is not None and (common[1] == 0.0 or graded)
    deficits = [entry.deficit for entry in entropy if entry.is_never_negative]
    summed = imbalance(np.logaddexp.reduce(flows.directed.log_fluxes), np.logaddexp.reduce(flows.directed.log_errors))
    return Measurements(
        reservoirs_known=known,
        sqdb=None if balance is None else max(balance.sqdb.relative, one_sidedness(state, summed)),
        sqdb_noise=0.0 if balance is None else balance.sqdb.relative_noise,
        entropy_deficit=max(deficits, default=0.0),
        flows=imbalance(flows.directed.log_fluxes, flows.directed.log_errors),
        summed_flows=summed,
        totals=_totals(flows, state.relative_accuracy),
        is_dark=_is_dark(generator, state, flows),
        gibbs_at_reservoirs=at_reservoirs,
        gibbs=max(0.0, fit.misfit - fit.tolerance),
        common_equilibrium_is_due=due,
        has_equal_reservoirs=shared is not None,
    )


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


def _totals(flows: Currents, accuracy: float) -> float:
    """Largest total energy or particle flow of a reservoir, relative to the directed fluxes that make it."""
    errors = flows.directed.errors + flows.directed.errors.transpose(0, 2, 1)
    gaps = flows.spectrum.levels[:, None] - flows.spectrum.levels[None, :]
    worst = 0.0
    for r in range(len(flows.reservoirs)):
        largest = float(flows.directed.log_fluxes[r].max(initial=-np.inf))
        if np.isfinite(largest) and largest < np.log(UNDERFLOWS):
            # No flow of the reservoir is a normal number: all of them in units of the largest.
            fluxes = np.exp(flows.directed.log_fluxes[r] - largest)
            error = np.exp(flows.directed.log_errors[r] - largest) + 2 * ROUND_OFF * abs(largest) * fluxes
            total, lost = float(np.sum(gaps * fluxes)), float(np.sum(np.abs(gaps) * (error + error.T)))
        else:
            fluxes, total = flows.fluxes[r], float(flows.energy[r])
            lost = float(np.sum(np.abs(gaps) * errors[r]))
        moved = float(np.sum(np.abs(gaps) * fluxes))
        energy = max(0.0, abs(total) - lost)
        within = float(flows.directed.particles_within[r].sum())
        carried = float(flows.activity[r].sum()) / 2 + within
        particles = max(0.0, abs(flows[r].particles or 0.0) - float(errors[r].sum()) - accuracy * within)
        worst = max(worst, energy / moved if moved > 0 else 0.0, particles / carried if carried > 0 else 0.0)
    return worst


def boundary_work(generator: Generator, rho: ComplexArray) -> float:
    """`sum_r Tr[(H - H_r) D_r(rho)]` of reservoirs accounted with an energy operator of their own."""
    total = 0.0
    for part in generator.dissipators:
        if part.energy is not None:
            total += float(np.einsum("ij,ji->", generator.hamiltonian - part.energy, part.apply(rho)).real)
    return total


def _is_dark(generator: Generator, state: StationaryState, flows: Currents) -> bool:
    """Whether no directed flux is left: exactly none after elimination, none above its error otherwise.

    A flow that underflows is still a flow: its logarithm is finite. Fermions that enter and leave within a level
    are a flow; bosons of frequency zero only dephase.
    """
    for r, part in enumerate(generator.dissipators):
        distribution = None if part.field is None else part.field.distribution
        fermions = distribution is not None and distribution.statistics is Statistics.FERMION
        smallest = state.relative_accuracy * flows.directed.rate_scales[r]
        if fermions and np.any(flows.directed.particles_within[r] > smallest):
            return False
    if state.density.is_diagonal:
        return bool(np.all(np.isneginf(flows.directed.log_fluxes)))
    return bool(np.all(flows.fluxes <= flows.directed.errors))


def _shared_by_reservoirs(generator: Generator) -> tuple[float, float] | None:
    """(beta, mu) shared by all reservoirs, if they are thermal and share one.

    A reservoir that exchanges no particles (phonons that move electrons about) fits any chemical potential.
    """
    temperatures: set[float] = set()
    potentials: set[float] = set()
    for part in generator.dissipators:
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
