"""The residuals on which a verdict rests, measured on a stationary state and its flows."""

from __future__ import annotations

import numpy as np

from equipoise._checks import ROUND_OFF
from equipoise.auditing.verdict import Measurements
from equipoise.balance import DetailedBalance, GibbsFit, clustering_misfit, gibbs_misfit
from equipoise.generators import Dissipator, Generator
from equipoise.reservoirs import Statistics
from equipoise.stationary import StationaryState
from equipoise.stationary.pairwise import difference_of_exponentials
from equipoise.thermodynamics import Currents, EntropyProduction
from equipoise.thermodynamics.flows import chemical_potential

SMALLEST = 1e-280
"""Flows of a reservoir that are all below this are taken in units of the largest of them."""


def measure(
    generator: Generator,
    state: StationaryState,
    flows: Currents,
    entropy: tuple[EntropyProduction, ...],
    balance: DetailedBalance | None,
    fit: GibbsFit,
) -> Measurements:
    """Measure every residual of the verdict table on one stationary state."""
    known = all(part.reservoir is not None for part in generator.dissipators)
    common = _common_equilibrium(generator)
    at_reservoirs = None
    if common is not None:
        beta, mu = common
        misfit = gibbs_misfit(state.density, beta, mu, generator.number, state.weight_error)
        clustered = clustering_misfit(state.density, beta) if np.isfinite(beta) else 0.0
        at_reservoirs = max(0.0, misfit - max(fit.tolerance, clustered))
    graded = generator.is_graded is True
    due = common is not None and (common[1] == 0.0 or graded)
    deficits = [entry.deficit for entry in entropy if entry.must_be_positive]
    summed = imbalance(np.logaddexp.reduce(flows.log_one_way), np.logaddexp.reduce(flows.log_noise))
    return Measurements(
        reservoirs_known=known,
        sqdb=None if balance is None else max(balance.sqdb, one_sidedness(state, summed)),
        sqdb_noise=0.0 if balance is None else balance.relative_noise,
        entropy_deficit=max(deficits, default=0.0),
        flows=imbalance(flows.log_one_way, flows.log_noise),
        summed_flows=summed,
        totals=_totals(flows, state.relative_accuracy),
        is_dark=_is_dark(generator, state, flows),
        gibbs_at_reservoirs=at_reservoirs,
        gibbs=max(0.0, fit.misfit - fit.tolerance),
        common_equilibrium_is_due=due,
    )


def one_sidedness(state: StationaryState, summed_flows: float) -> float:
    """Residual of every notion of detailed balance that the summed flows imply; 0 where the state has coherences.

    Each notion has as many jumps one way as the other between eigenstates of the state. A transition that is rare
    relative to others counts little in a norm of them all, and is looked at by itself here.
    """
    return summed_flows if state.density.is_diagonal else 0.0


def imbalance(log_one_way: np.ndarray, log_noise: np.ndarray) -> float:
    """Largest net flow beyond its noise, relative to the traffic on the same transition, however small that is."""
    log_net, log_traffic = log_net_flows(log_one_way, log_noise)
    moving = np.isfinite(log_traffic)
    return float(np.exp(np.max(log_net[moving] - log_traffic[moving], initial=-np.inf)))


def log_net_flows(log_one_way: np.ndarray, log_noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of the size of each net flow beyond its noise, and of the traffic, shape (..., L, L)."""
    back, noise_back = np.swapaxes(log_one_way, -1, -2), np.swapaxes(log_noise, -1, -2)
    log_traffic = np.logaddexp(log_one_way, back)
    unit = np.where(np.isneginf(log_traffic), 0.0, log_traffic)
    net = np.abs(difference_of_exponentials(log_one_way - unit, back - unit))
    # Logarithms are known to their last digit.
    size = np.maximum(np.abs(np.where(np.isneginf(log_one_way), 0.0, log_one_way)), np.abs(unit))
    digits = 2 * ROUND_OFF * np.maximum(size, np.swapaxes(size, -1, -2))
    with np.errstate(over="ignore", divide="ignore"):
        noise = np.exp(np.logaddexp(log_noise, noise_back) - unit)
        return np.log(np.maximum(net - noise - digits, 0.0)) + unit, log_traffic


def _totals(flows: Currents, accuracy: float) -> float:
    """Largest total energy or particle flow of a reservoir, relative to the one-way flows that make it."""
    noise = flows.noise + flows.noise.transpose(0, 2, 1)
    gaps = flows.spectrum.levels[:, None] - flows.spectrum.levels[None, :]
    worst = 0.0
    for r in range(len(flows.reservoirs)):
        largest = float(flows.log_one_way[r].max(initial=-np.inf))
        if np.isfinite(largest) and largest < np.log(SMALLEST):
            # No flow of the reservoir is a normal number: all of them in units of the largest.
            one_way = np.exp(flows.log_one_way[r] - largest)
            error = np.exp(flows.log_noise[r] - largest) + 2 * ROUND_OFF * abs(largest) * one_way
            total, lost = float(np.sum(gaps * one_way)), float(np.sum(np.abs(gaps) * (error + error.T)))
        else:
            one_way, total = flows.one_way[r], float(flows.energy[r])
            lost = float(np.sum(np.abs(gaps) * noise[r]))
        moved = float(np.sum(np.abs(gaps) * one_way))
        energy = max(0.0, abs(total) - lost)
        within = float(flows.within[r].sum())
        quanta = float(flows.traffic[r].sum()) / 2 + within
        particles = max(0.0, abs(float(flows.particles[r])) - float(noise[r].sum()) - accuracy * within)
        worst = max(worst, energy / moved if moved > 0 else 0.0, particles / quanta if quanta > 0 else 0.0)
    return worst


def _is_dark(generator: Generator, state: StationaryState, flows: Currents) -> bool:
    """Whether no one-way flow is left: exactly none after elimination, none above its error otherwise.

    A flow that underflows is still a flow: its logarithm is finite. Fermions that enter and leave within a level
    are a flow; bosons of frequency zero only dephase.
    """
    for r, part in enumerate(generator.dissipators):
        distribution = None if part.field is None else part.field.distribution
        fermions = distribution is not None and distribution.statistics is Statistics.FERMION
        if fermions and np.any(flows.within[r] > state.relative_accuracy * flows.rate_scale[r]):
            return False
    if state.density.is_diagonal:
        return bool(np.all(np.isneginf(flows.log_one_way)))
    return bool(np.all(flows.one_way <= flows.noise))


def _common_equilibrium(generator: Generator) -> tuple[float, float] | None:
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
    mu = potentials.pop() if potentials else 0.0
    return (temperatures.pop(), mu) if mu == 0.0 or generator.number is not None else None


def _conserves_number(generator: Generator, part: Dissipator) -> bool:
    """Whether `D_r^adjoint(N) = 0` and `D_r^adjoint(N^2) = 0`: no jump of the reservoir changes the number."""
    if generator.number is None:
        return False
    N = generator.number
    size = float(np.abs(part.representation.adjoint(np.diag(np.arange(len(N))).astype(complex))).max()) or 1.0
    largest = float(np.abs(N).max()) ** 2
    return all(float(np.abs(part.representation.adjoint(X)).max()) <= 1e-10 * size * largest for X in (N, N @ N))
