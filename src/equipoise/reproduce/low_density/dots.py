"""(28)-(32) and Fig. 1: an electron on three dots in a magnetic field."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from equipoise._checks import RealArray
from equipoise.balance import relaxation_speed
from equipoise.balance.cycles import cycles
from equipoise.generators import Generator, low_density
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import distance
from equipoise.reproduce.low_density._collisions import Collisions
from equipoise.reproduce.low_density.cases import (
    FLUX,
    HIGHEST,
    LOWEST,
    MIDDLE,
    Case,
    dots,
    dots_case,
    random_case,
    ring,
    thermal_gas,
)
from equipoise.reproduce.low_density.laws import library_rates
from equipoise.scattering import DeltaInteraction, EnergyShell, Target, scattering_rates
from equipoise.stationary import DensityMatrix, gibbs_state
from equipoise.thermodynamics import pair_heat_currents, thermalisation_conditions

CYCLE = ((HIGHEST, LOWEST), (MIDDLE, HIGHEST), (LOWEST, MIDDLE))
"""Pairs (+,-), (0,+), (-,0)."""


@claim(
    "(28)",
    "energies -2|tau| cos[2 pi(phi + j)/3], degenerate at few values of the flux",
    correction="2 tau cos[...], with amplitudes exp(-2 pi i j n/3); as printed for tau < 0",
)
def diagonal_form(rng: np.random.Generator) -> Residual:
    """The matrix on plane waves, both signs of tau; degenerate where 2 phi is an integer."""
    worst, printed = 0.0, np.inf
    flux, j = float(rng.uniform(0.1, 0.4)) + float(rng.integers(3)), np.arange(3)
    for tau in (-0.7, 0.7):
        H = ring(flux, 3, tau)
        waves = np.exp(-2j * np.pi * np.outer(j, j) / 3) / np.sqrt(3)
        found = np.sort(np.linalg.eigvalsh(H))
        right = 2 * tau * np.cos(2 * np.pi * (flux + j) / 3)
        worst = max(worst, distance(H @ waves, waves * right), distance(found, np.sort(right)))
        if tau > 0:
            printed = distance(found, np.sort(-2 * abs(tau) * np.cos(2 * np.pi * (flux + j) / 3)))
    gaps = [np.diff(np.linalg.eigvalsh(ring(f))).min() for f in (0.0, 0.5, 1.0, 1.5)]
    return max(worst, float(np.max(gaps))), printed


@claim("after (29)", "detailed balance holds if two of the three constants are equal")
def two_equal(rng: np.random.Generator) -> Residual:
    """Library's log I of the ring, and of any H_S on three sites; four sites violate it."""
    v, w = rng.uniform(0.5, 2.0, size=2)
    gas = thermal_gas(float(rng.uniform(0.5, 2.0)))
    A = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    targets = [dots((v, w, v), float(rng.uniform(0.6, 0.9))), Target(A + A.conj().T, DeltaInteraction([v, v, w]))]
    worst = max(float(np.abs(scattering_rates(target, gas).log_balance_ratio).max()) for target in targets)
    four = scattering_rates(dots((v, v, w, 2 * w), 0.6), gas)
    broken = float(np.abs(four.log_balance_ratio).max())
    return worst if broken > 1e-4 else 1.0


@claim("Fig. 1", "I(0,-) tends to 1 at large beta, I(+,-) and I(0,+) do not")
def caption_ratios(_: np.random.Generator) -> Residual:
    """Library at beta E = 5, 20, 80; at the first also by matching waves."""
    logs = np.array([log_ratios(beta) for beta in (10.0, 40.0, 160.0)])
    first, second, third = np.abs(logs).T
    # By matching waves, at the last temperature: no channel but the two lowest is open then.
    x = Collisions(dots_case(10.0))
    gibbs = dots_case(10.0).gibbs
    explicit = [np.log(x.rates[k, j] * gibbs[j] / (x.rates[j, k] * gibbs[k])) for k, j in CYCLE]
    tends = bool(np.all(np.diff(third) < 0) and third[-1] < 1e-8)
    stays = bool(min(first[-1], second[-1]) > 0.1)
    return distance(logs[0], explicit) if tends and stays else 1.0


def log_ratios(beta: float, target: Target | None = None) -> RealArray:
    """log I of (+,-), (0,+), (-,0), by default of the ring of Fig. 1."""
    logs = scattering_rates(target or dots(), thermal_gas(beta)).log_balance_ratio
    return np.array([logs[pair] for pair in CYCLE])


@claim(
    "Fig. 1, inset",
    "compliance with (30) verifies the numerical calculation",
    instead="unitarity gives (30) energy by energy: any nodes shared by all pairs comply",
)
def no_test_of_quadrature(rng: np.random.Generator) -> Residual:
    """Three nodes between thresholds: largest relative error of a rate, with (30) to rounding."""
    case = dots_case(float(rng.uniform(1.0, 4.0)))
    crude = crude_rates(case)
    sides = thermalisation_sides(crude, case)
    off = ~np.eye(3, dtype=bool)
    wrong = float(np.max(np.abs(crude / np.where(off, Collisions(case).rates, 1.0) - 1)[off]))
    return wrong if distance(sides[:, 0], sides[:, 1]) < 1e-12 else 0.0


@claim("(30a)-(30b)", "thermalisation conditions between rates of different Bohr frequencies")
def thermalisation(rng: np.random.Generator) -> Residual:
    """Library's conditions, and rates by matching waves, parameters of Fig. 1."""
    case = dots_case(float(rng.uniform(1.0, 8.0)))
    found = thermalisation_conditions(*_equilibrium(case))
    sides = np.array([found.condition(MIDDLE, HIGHEST), found.condition(HIGHEST, MIDDLE)])
    explicit = thermalisation_sides(Collisions(case).rates, case)
    return max(distance(sides[:, 0], sides[:, 1]), distance(sides, explicit))


def _equilibrium(case: Case) -> tuple[Generator, DensityMatrix]:
    """The library's generator of the ring, and its Gibbs state."""
    generator = low_density(dots(), case.gas)
    return generator, gibbs_state(generator.spectrum, case.inverse_temperature)


def thermalisation_sides(a: RealArray, case: Case) -> RealArray:
    """Left and right side of (30a), (30b), shape (2, 2)."""
    gibbs = case.gibbs
    ratio = np.divide(a * gibbs[None, :], a.T * gibbs[:, None], out=np.ones((3, 3)), where=a > 0)
    m, z, p = LOWEST, MIDDLE, HIGHEST
    return np.array(
        [
            [a[p, z] * (1 - ratio[z, p]), a[m, z] * (ratio[z, m] - 1)],
            [a[z, p] * (1 - 1 / ratio[z, p]), a[m, p] * (ratio[p, m] - 1)],
        ]
    )


def crude_rates(case: Case) -> RealArray:
    """Rates from three Gauss nodes between thresholds, the same for all pairs."""
    nodes, weights = np.polynomial.legendre.leggauss(3)
    spectrum, interaction = case.target.spectrum, case.target.interaction
    edges = [*case.levels, case.levels[-1] + 6 / case.inverse_temperature]
    total = np.zeros((3, 3))
    for a, b in itertools.pairwise(edges):
        E = 0.5 * (a + b) + 0.5 * (b - a) * nodes
        kinetic = E[:, None] - case.levels[None, :]
        T = interaction.transition_matrix(EnergyShell(spectrum, case.mass, kinetic))[:, 0, :, 0, :]
        arriving = np.exp(case.gas.log_occupation(np.maximum(kinetic, 1e-300), interaction.waves))[..., 0]
        total += np.einsum("n,nkl,nl->kl", 0.5 * (b - a) * weights / (2 * np.pi), np.abs(T) ** 2, arriving)
    np.fill_diagonal(total, 0.0)
    return total


@claim(
    "(31)",
    "K_jk = a_kj p_k^eq [I(j,k) - 1] persist, in closed loops",
    correction="p_j^eq for p_k^eq, as in the general formula above (32)",
)
def probability_currents(rng: np.random.Generator) -> Residual:
    """a_jk p_k - a_kj p_j by matching waves; the one loop that the library names."""
    case = dots_case(float(rng.uniform(1.0, 4.0)))
    a, gibbs = library_rates(dots(), case.gas), case.gibbs
    x = Collisions(case).rates * gibbs[None, :]
    K = x - x.T
    loops = cycles(*_equilibrium(case)).persistent_loops()
    # 0 -> 2 -> 1 -> 0 or the reverse, with the current of each pair.
    strength = K[HIGHEST, LOWEST]
    named = (LOWEST, HIGHEST, MIDDLE) if strength > 0 else (LOWEST, MIDDLE, HIGHEST)
    alone = len(loops) == 1 and loops[0].levels == named
    ratio = np.exp(scattering_rates(dots(), case.gas).log_balance_ratio)
    right = a.T * gibbs[:, None] * (ratio - 1)
    printed = a.T * gibbs[None, :] * (ratio - 1)
    closed = distance([K[pair] for pair in CYCLE], np.full(3, K[CYCLE[0]]))
    return max(distance(right, K), closed, distance(loops[0].flux, abs(strength))) if alone else 1.0, distance(
        printed, K
    )


@claim(
    "before (32)",
    "J_ml = -a_lm p_m [I(m,l) - 1] ln(p_m/p_l)/beta; their total is zero",
    "Net flow of each pair times its gap, by matching waves; symmetric in m, l",
)
@claim(
    "(32)",
    "J_ij = N [I(+,-) - 1](E_i - E_j), N = a_-+ e^(-beta(E_- - E_0))/Z",
    "J_ml above it, pairs (+,-), (0,+), (-,0)",
    correction="exponent E_+ - E_0 in N, which is a_-+ p_+",
)
@claim(
    "(32), pairs",
    "for all pairs i, j = 0, +, -",
    "J_ml above it, pairs (-,+), (+,0), (0,-)",
    correction="J is symmetric: for the reversed pairs the opposite sign",
)
def heat_currents(rng: np.random.Generator) -> list[Residual]:
    """Heat of pairs: symmetric in the pair, total zero."""
    case = dots_case(float(rng.uniform(1.0, 4.0)))
    beta, E, gibbs = case.inverse_temperature, case.levels, case.gibbs
    a = library_rates(dots(), case.gas)
    ratio = np.exp(scattering_rates(dots(), case.gas).log_balance_ratio)
    logs = np.log(gibbs)
    general = -a.T * gibbs[:, None] * (ratio - 1) * (logs[:, None] - logs[None, :]) / beta
    x = Collisions(case).rates * gibbs[None, :]
    gap = E[:, None] - E[None, :]
    energy = (x - x.T) * gap
    total = abs(sum(general[k, j] for k, j in CYCLE)) / np.abs(general).max()
    heat = pair_heat_currents(*_equilibrium(case))
    first = max(distance(general, energy), float(total), distance(general, general.T), distance(heat.heat, energy))
    m, p = LOWEST, HIGHEST
    # e^(-beta(E_+ - E_0))/Z is p_+.
    N, N_printed = a[m, p] * gibbs[p], a[m, p] * gibbs[m]

    def missed(factor: float, pairs: Sequence[tuple[int, int]]) -> float:
        right = [factor * (ratio[p, m] - 1) * gap[pair] for pair in pairs]
        return distance(right, [general[pair] for pair in pairs])

    backwards = [(j, k) for k, j in CYCLE]
    return [first, (missed(N, CYCLE), missed(N_printed, CYCLE)), (missed(-N, backwards), missed(N, backwards))]


@claim("after (32), dots", "every energy eigenstate occupies all dots equally")
def occupation(_: np.random.Generator) -> Residual:
    """Eigenvectors of (28) at the flux of Fig. 1."""
    states = np.linalg.eigh(ring(FLUX))[1]
    return distance(np.abs(states) ** 2, np.full((3, 3), 1 / 3))


@claim("after (32), speed", "violating detailed balance can speed up thermalisation")
def speed(rng: np.random.Generator) -> Residual:
    """Slowest rate against balanced rates of one activity: never slower, some faster."""
    gain, worst = 0.0, 0.0
    for case in (dots_case(2.0), random_case(rng), random_case(rng)):
        a, p = Collisions(case).rates, case.gibbs
        found = relaxation_speed(case.generator, np.diag(p), start=np.diag(np.eye(3)[0]), times=[0.0])
        # (a_kl p_l + a_lk p_k)/2 over p_l.
        balanced = 0.5 * (a + a.T * p[:, None] / p[None, :])
        slowest = [np.sort(np.linalg.eigvals(np.diag(w.sum(axis=0)) - w).real)[1] for w in (a, balanced)]
        worst = max(worst, distance([found.gap, found.balanced_gap], slowest))
        gain = max(gain, float(slowest[0] / slowest[1] - 1))
        worst = max(worst, float(1 - slowest[0] / slowest[1]))
    return worst if gain > 1e-4 else 1.0
