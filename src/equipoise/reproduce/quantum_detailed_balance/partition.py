"""Section 4: ratios of populations, the partition function, free energy and mean energy, the state reached."""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm

from equipoise.balance import KMS, detailed_balance
from equipoise.generators import lindbladian
from equipoise.reproduce.cases import random_levels
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import applied, distance, random_density
from equipoise.reproduce.quantum_detailed_balance.cases import thermal
from equipoise.spectrum import spectrum_of_levels
from equipoise.stationary import gibbs_state, stationary_state

DEFINITIONS = {"4 Z": "defines the partition function Tr exp(-beta H)"}


@claim("4 p_m/p_n, p_n", "p_m/p_n = e^(-beta(E_m - E_n)), p_n = e^(-beta E_n)/Z")
def ratios(rng: np.random.Generator) -> Residual:
    """Stationary state by elimination from the rates of a thermal bath."""
    case = thermal(rng)
    state = stationary_state(case.generator)
    logs = state.log_weights
    exponents = -case.inverse_temperatures[0] * case.levels
    ratio = np.abs(logs[:, None] - logs[None, :] - exponents[:, None] + exponents[None, :]).max()
    Z = float(np.sum(np.exp(exponents)))
    return max(float(ratio), distance(np.exp(logs), np.exp(exponents) / Z))


@claim("4 F, <H>", "F = -log Z/beta, <H> = -d log Z/d beta")
def energies(rng: np.random.Generator) -> Residual:
    """F against <H> - S/beta, the derivative by a complex step."""
    levels = random_levels(rng, 5)
    beta, step = float(rng.uniform(0.5, 1.5)), 1e-30
    state = gibbs_state(spectrum_of_levels(levels), beta)
    mean = float(state.populations @ levels)
    derivative = -float(np.log(np.sum(np.exp(-(beta + 1j * step) * levels))).imag) / step
    free = -float(np.log(np.sum(np.exp(-beta * levels)))) / beta
    return max(distance(mean, derivative), distance(free, mean - state.entropy / beta))


@claim(
    "4 state reached",
    "detailed balance guarantees that the state reached is the Gibbs state",
    correction="if the stationary state is unique: pure dephasing is balanced and keeps populations",
    tolerance=1e-10,
)
def reached(rng: np.random.Generator) -> Residual:
    """exp(Lt) on a random state for 40 relaxation times."""
    case = thermal(rng, 3)
    rho = random_density(rng, 3)
    rates = -np.linalg.eigvals(case.dissipative).real
    slowest = float(np.sort(rates)[1])
    L = case.generator.superoperator()
    final = applied(expm(40 / slowest * L), rho)
    H = np.diag(case.levels)
    dephasing = lindbladian(H, [np.diag(rng.normal(size=3))])
    balanced = detailed_balance(dephasing, case.gibbs).of(KMS())
    left = applied(expm(40 / slowest * dephasing.superoperator()), rho)
    missed = distance(np.diag(left), np.diag(case.gibbs)) if balanced.without_hamiltonian < 1e-13 else 0.0
    return distance(final, case.gibbs), missed
