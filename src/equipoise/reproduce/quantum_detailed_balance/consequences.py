"""Section 2: reversed processes, passivity, time reversal, reciprocity, the second law."""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm

from equipoise._checks import RealArray
from equipoise.balance import KMS, Classical, StandardQuantumTheta, balance_residual, fit_gibbs
from equipoise.fluctuations import linear_response
from equipoise.generators import lindbladian, rate_equation, weak_coupling
from equipoise.reproduce.dynamical_balance._explicit import distance, random_operator
from equipoise.reproduce.dynamical_balance.cases import random_case, random_levels
from equipoise.reproduce.evidence import Evidence
from equipoise.reproduce.quantum_detailed_balance import correlations
from equipoise.reproduce.quantum_detailed_balance.cases import (
    DENSITY,
    balanced_jumps,
    heisenberg,
    logarithm,
    power,
    random_density,
    random_hermitian,
    relative_entropy,
    thermal,
)
from equipoise.reservoirs import Reservoir, bose_einstein
from equipoise.stationary import stationary_state
from equipoise.systems import Coupling, OpenSystem
from equipoise.thermodynamics import entropy_rate, ergotropy, spohn

DEFINITIONS = {
    "2 Theta": "defines time reversal as antiunitary",
    "2 Pi": "defines the entropy production as -d/dt of the relative entropy",
}


def processes(rng: np.random.Generator) -> Evidence:
    """`w_ij p_j = w_ji p_i` in the eigenbasis of sigma, whatever the coherences do."""
    h = random_levels(rng, 4)
    H, jumps = balanced_jumps(rng, h)
    p = np.exp(-h) / np.exp(-h).sum()
    flow = np.sum(np.abs(jumps) ** 2, axis=0) * p[None, :]
    found = balance_residual(lindbladian(H, list(jumps)), np.diag(p), Classical())
    return Evidence(
        "2 reversed",
        "every process is balanced by its reverse",
        "flows between eigenstates of sigma, random KMS-balanced generator",
        max(distance(flow, flow.T), found.relative),
    )


def passive(rng: np.random.Generator) -> Evidence:
    """An inverted qubit in detailed balance."""
    up, down = float(rng.uniform(1.5, 3.0)), 1.0
    chain = rate_equation([[0.0, down], [up, 0.0]], energies=[0.0, 1.0])
    state = stationary_state(chain)
    balanced = balance_residual(chain, state, KMS())
    work = ergotropy(state.density)
    # p_1 - p_0 quanta of energy 1.
    exact = abs(work - (up - down) / (up + down)) < 1e-12
    size = work if exact and balanced.without_hamiltonian < 1e-14 * balanced.norm else 0.0
    return Evidence(
        "2 passive",
        "detailed balance makes the stationary state passive",
        "two levels driven up faster than down: ergotropy (up - down)/(up + down)",
        size,
        size,
        "true for a Gibbs state at beta > 0; detailed balance is relative to any sigma",
        refuted=True,
    )


def time_reversal(rng: np.random.Generator) -> Evidence:
    """H and couplings real: `L' = R L R`, `R(X) = Theta X^+ Theta^-1`, the Hamiltonian included."""
    beta, d = float(rng.uniform(0.5, 1.3)), 3
    bath = Reservoir("bath", bose_einstein(inverse_temperature=beta), DENSITY)
    H, A = random_hermitian(rng, d).real, random_hermitian(rng, d).real
    generator = weak_coupling(OpenSystem(H, (Coupling(bath, np.asarray(A, dtype=complex)),)))
    sigma = expm(-beta * H)
    sigma = sigma / np.trace(sigma)
    found = balance_residual(generator, sigma, StandardQuantumTheta(np.eye(d, dtype=complex)))
    L = generator.superoperator().conj().T
    weight = np.kron(power(sigma, 0.5), power(sigma, 0.5).T)
    dual = np.linalg.solve(weight, L.conj().T @ weight)
    # Theta conjugates: R(X) is the transposed.
    swap = np.eye(d * d).reshape(d, d, d, d).transpose(1, 0, 2, 3).reshape(d * d, d * d)
    return Evidence(
        "2 Theta H Theta^-1",
        "a time-reversal invariant whole gives detailed balance",
        "real H and coupling: the KMS dual is the reversed generator, H included",
        max(found.relative, distance(dual, swap @ L @ swap)),
        tolerance=1e-10,
    )


def reciprocity(rng: np.random.Generator) -> Evidence:
    """Energy and quanta of two reservoirs with couplings of their own, mu = 0, in finite differences."""
    case = random_case(rng, 4, (0.8, 0.8), (0.0, 0.0))
    found = linear_response(case.system).matrix
    gaps = case.levels[:, None] - case.levels[None, :]
    below = gaps > 0
    strengths = np.zeros((2, 4, 4))
    for r, reservoir in enumerate(case.reservoirs):
        assert reservoir.spectral_density is not None
        J = reservoir.spectral_density(np.where(below, gaps, 1.0))
        strengths[r] = np.where(below, 2 * np.pi * J * np.abs(case.couplings[r].T) ** 2, 0.0)

    def flows(X: RealArray) -> RealArray:
        exponent = np.where(below, (0.8 - X[:2, None, None]) * gaps - X[2:, None, None], 1.0)
        n = 1 / np.expm1(exponent)
        down, up = strengths * (1 + n), (strengths * n).transpose(0, 2, 1)
        leave = (down + up).sum(axis=0)
        matrix = leave.T - np.diag(leave.sum(axis=1))
        p = np.linalg.solve(np.vstack([matrix[:-1], np.ones(4)]), np.eye(4)[3])
        taken = up.transpose(0, 2, 1) * p[None, None, :] - down * p[None, :, None]
        return np.concatenate([(taken * gaps).sum(axis=(1, 2)), taken.sum(axis=(1, 2))])

    step = 1e-3
    # Fourth order: errors of 1e-12 and 1e-16/step.
    columns = [
        (8 * (flows(step * e) - flows(-step * e)) - flows(2 * step * e) + flows(-2 * step * e)) / (12 * step)
        for e in np.eye(4)
    ]
    explicit = np.array(columns).T
    return Evidence(
        "2 Onsager",
        "cross coefficients are equal",
        "energy and quanta of two reservoirs, D_1 != D_2: differences of the flows",
        max(distance(found, explicit), distance(explicit, explicit.T), distance(found, found.T)),
        tolerance=1e-8,
    )


def any_evolution(rng: np.random.Generator) -> Evidence:
    """Dephasing with the coherence multiplied by cos t: completely positive at each t, sigma invariant."""
    p = float(rng.uniform(0.3, 0.7))
    sigma = np.diag([p, 1 - p]).astype(complex)
    angle = float(rng.uniform(0.6, 1.0))
    psi = np.array([np.cos(angle), np.sin(angle)])

    def entropy(t: float) -> float:
        rho = np.outer(psi, psi).astype(complex)
        rho[0, 1] *= np.cos(t)
        rho[1, 0] *= np.cos(t)
        return relative_entropy(rho, sigma)

    rise = entropy(np.pi - 1e-3) - entropy(0.5 * np.pi)
    return Evidence(
        "2 Spohn, CPTP",
        "S(rho_t || sigma) never grows under any CPTP evolution with stationary sigma",
        "coherence multiplied by cos t: growth from t = pi/2 to pi",
        rise,
        rise,
        "true for a semigroup, and where each step is a channel that keeps sigma",
        refuted=True,
    )


def semigroup(rng: np.random.Generator) -> Evidence:
    """`-Tr[L(rho)(log rho - log sigma)]` for generators that are not balanced."""
    residual = 0.0
    for _ in range(4):
        jumps = [0.5 * random_operator(rng, 3) for _ in range(2)]
        generator = lindbladian(random_hermitian(rng, 3), jumps)
        state = stationary_state(generator)
        L = heisenberg(generator.hamiltonian, jumps).conj().T
        sigma = state.density_matrix()
        rho = random_density(rng, 3)
        change = (L @ rho.ravel()).reshape(3, 3)
        value = -float(np.trace(change @ (logarithm(rho) - logarithm(sigma))).real)
        fall = relative_entropy(rho, sigma) - relative_entropy((expm(0.3 * L) @ rho.ravel()).reshape(3, 3), sigma)
        found = spohn(generator, rho, state).value
        assert found is not None
        residual = max(residual, distance(found, value), max(0.0, -value), max(0.0, -fall))
    return Evidence(
        "2 Spohn",
        "d/dt S(rho_t || sigma) <= 0",
        "semigroups of random generators and states, rate and a finite step",
        residual,
    )


def gibbs(rng: np.random.Generator) -> Evidence:
    """A ladder whose steps have baths of different temperature."""
    levels = random_levels(rng, 3)
    steps = [np.diag([1.0, 0.0], 1), np.diag([0.0, 1.0], 1)]
    baths = [Reservoir(name, bose_einstein(inverse_temperature=b), DENSITY) for name, b in (("a", 0.5), ("b", 2.0))]
    couplings = tuple(Coupling(bath, D + D.T + 0j) for bath, D in zip(baths, steps, strict=True))
    generator = weak_coupling(OpenSystem(levels, couplings), lamb_shift=False)
    state = stationary_state(generator)
    balanced = balance_residual(generator, state, KMS())
    misfit = fit_gibbs(state.density).misfit
    size = misfit if balanced.without_hamiltonian < 1e-14 * balanced.norm else 0.0
    return Evidence(
        "2 Gibbs",
        "detailed balance makes sigma the Gibbs state of the environment's beta",
        "three levels, each step with a bath of its own: misfit of log sigma to -beta H",
        size,
        size,
        "true if every rate ratio is e^(-beta w) at one beta, for the physical H",
        refuted=True,
    )


def decomposition(rng: np.random.Generator) -> Evidence:
    """`-d/dt S(rho_t || sigma) = dS/dt - beta d<H>/dt`."""
    case = thermal(rng, 3)
    L = case.generator.superoperator()
    H = case.generator.hamiltonian
    rho = random_density(rng, 3)
    step = 1e-3 / float(np.linalg.norm(L))

    def divergence(t: float) -> float:
        return relative_entropy((expm(t * L) @ rho.ravel()).reshape(3, 3), case.gibbs)

    slope = 8 * (divergence(step) - divergence(-step)) - divergence(2 * step) + divergence(-2 * step)
    slope /= 12 * step
    heat = float(np.trace(H @ case.generator.apply(rho)).real)
    found = entropy_rate(case.generator, rho) - case.inverse_temperature * heat
    return Evidence(
        "2 Pi = S - beta Q",
        "Pi = dS/dt - beta d<H>/dt",
        "slope of the relative entropy along exp(Lt), in differences",
        distance(found, -slope),
        tolerance=1e-8,
    )


def clausius(rng: np.random.Generator) -> Evidence:
    """`dS/dt >= beta dQ/dt` from random states."""
    case = thermal(rng)
    worst = 0.0
    for _ in range(10):
        rho = random_density(rng, 4)
        change = case.generator.apply(rho)
        entropy = -float(np.trace(change @ logarithm(rho)).real)
        heat = float(np.trace(case.generator.hamiltonian @ change).real)
        worst = max(
            worst, case.inverse_temperature * heat - entropy, distance(entropy, entropy_rate(case.generator, rho))
        )
    return Evidence("2 Clausius", "dS/dt >= beta dQ/dt", "ten random states over a thermal bath", worst)


def evidence(rng: np.random.Generator) -> list[Evidence]:
    """Every row of the section, those on correlation functions among them."""
    first = [processes(rng), passive(rng), time_reversal(rng)]
    second = [reciprocity(rng), any_evolution(rng), semigroup(rng), gibbs(rng)]
    return [*first, *correlations.evidence(rng), *second, decomposition(rng), clausius(rng)]
