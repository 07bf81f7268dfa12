"""Section 2: reversed processes, passivity, time reversal, reciprocity, the second law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.linalg import expm

from equipoise._checks import Array, RealArray
from equipoise.balance import KMS, PopulationBalance, StandardQuantumTheta, detailed_balance, fit_gibbs
from equipoise.fluctuations import linear_response
from equipoise.generators import lindbladian, rate_equation, weak_coupling
from equipoise.reproduce.cases import random_case, random_levels
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import applied, distance, random_density, random_hermitian, random_operator, slope
from equipoise.reproduce.quantum_detailed_balance.cases import (
    DENSITY,
    balanced_jumps,
    gibbs_of,
    heisenberg,
    logarithm,
    power,
    relative_entropy,
    thermal,
)
from equipoise.reservoirs import Reservoir, bose_einstein
from equipoise.stationary import stationary_state
from equipoise.systems import Coupling, OpenSystem
from equipoise.thermodynamics import entropy_production, ergotropy

DEFINITIONS = {
    "2 Theta": "defines time reversal as antiunitary",
    "2 Pi": "defines the entropy production as -d/dt of the relative entropy",
}


@claim("2 reversed", "every process is balanced by its reverse")
def processes(rng: np.random.Generator) -> Residual:
    """Flows between eigenstates of sigma, random KMS-balanced generator."""
    h = random_levels(rng, 4)
    H, jumps = balanced_jumps(rng, h)
    p = np.exp(-h) / np.exp(-h).sum()
    flow = np.sum(np.abs(jumps) ** 2, axis=0) * p[None, :]
    found = detailed_balance(lindbladian(H, list(jumps)), np.diag(p)).of(PopulationBalance())
    return max(distance(flow, flow.T), found.relative)


@claim(
    "2 passive",
    "detailed balance makes the stationary state passive",
    instead="true for a Gibbs state at beta > 0; detailed balance is relative to any sigma",
)
def passive(rng: np.random.Generator) -> Residual:
    """Two levels driven up faster than down: ergotropy (up - down)/(up + down)."""
    up, down = float(rng.uniform(1.5, 3.0)), 1.0
    chain = rate_equation([[0.0, down], [up, 0.0]], energies=[0.0, 1.0])
    state = stationary_state(chain)
    balanced = detailed_balance(chain, state).of(KMS())
    work = ergotropy(state.density)
    # p_1 - p_0 quanta of energy 1.
    exact = abs(work - (up - down) / (up + down)) < 1e-12
    return work if exact and balanced.without_hamiltonian < 1e-14 * balanced.norm else 0.0


@claim("2 Theta H Theta^-1", "a time-reversal invariant whole gives detailed balance", tolerance=1e-10)
def time_reversal(rng: np.random.Generator) -> Residual:
    """Real H and coupling: the KMS dual is the reversed generator, H included."""
    beta, d = float(rng.uniform(0.5, 1.3)), 3
    bath = Reservoir("bath", bose_einstein(inverse_temperature=beta), DENSITY)
    H, A = random_hermitian(rng, d).real, random_hermitian(rng, d).real
    generator = weak_coupling(OpenSystem(H, (Coupling(bath, np.asarray(A, dtype=complex)),)))
    sigma = expm(-beta * H)
    sigma = sigma / np.trace(sigma)
    found = detailed_balance(generator, sigma).of(StandardQuantumTheta(np.eye(d, dtype=complex)))
    L = generator.superoperator().conj().T
    weight = np.kron(power(sigma, 0.5), power(sigma, 0.5).T)
    dual = np.linalg.solve(weight, L.conj().T @ weight)
    # L' = R L R, and R(X) = Theta X^+ Theta^-1 is the transposed: Theta conjugates.
    swap = np.eye(d * d).reshape(d, d, d, d).transpose(1, 0, 2, 3).reshape(d * d, d * d)
    return max(found.relative, distance(dual, swap @ L @ swap))


TIMES = (0.0, 0.4, 1.3)

Correlation = Callable[[Array, Array, Array, Array, float], complex]


def correlation(L: Array, sigma: Array, A: Array, B: Array, time: float) -> complex:
    """`Tr[sigma A(t) B]`, `A(t) = exp(L t) A`."""
    return complex(np.trace(sigma @ applied(expm(time * L), A) @ B))


def symmetric_correlation(L: Array, sigma: Array, A: Array, B: Array, time: float) -> complex:
    """`Tr[sigma^(1/2) A(t) sigma^(1/2) B]`."""
    root = power(sigma, 0.5)
    return complex(np.trace(root @ applied(expm(time * L), A) @ root @ B))


def exchange(form: Correlation, L: Array, sigma: Array, A: Array, B: Array, parity: int = 1) -> float:
    """Largest difference of C_AB and parity times C_BA over the times, relative to the size of A and B."""
    worst = max(abs(form(L, sigma, A, B, t) - parity * form(L, sigma, B, A, t)) for t in TIMES)
    return worst / float(np.linalg.norm(A) * np.linalg.norm(B))


@claim(
    "2 C_AB = C_BA",
    "Tr[s A(t) B] = Tr[s B(t) A]",
    correction="Tr[s^1/2 A(t) s^1/2 B]; as printed it fails already at t = 0, by Tr s[A, B]",
)
def any_observables(rng: np.random.Generator) -> Residual:
    """Random KMS-balanced generator, Hermitian A and B, three times."""
    h = random_levels(rng, 3)
    H, jumps = balanced_jumps(rng, h)
    L = heisenberg(H, jumps) / 3
    sigma = gibbs_of(h)
    A, B = random_hermitian(rng, 3), random_hermitian(rng, 3)
    return exchange(symmetric_correlation, L, sigma, A, B), exchange(correlation, L, sigma, A, B)


@claim("2 C, [A, H] = 0", "so it is for appropriate observables: A commutes with H")
def conserving(rng: np.random.Generator) -> Residual:
    """Thermal bath, H and Lamb shift included, B any Hermitian."""
    case = thermal(rng)
    A, B = np.diag(rng.normal(size=4)).astype(complex), random_hermitian(rng, 4)
    return exchange(correlation, case.generator.superoperator().conj().T, case.gibbs, A, B)


@claim("2 C, parities", "so it is for appropriate observables: A and B even under time reversal")
def even_and_odd(rng: np.random.Generator) -> Residual:
    """Real thermal generator, H included; with the sign eps_A eps_B where one is odd."""
    case = thermal(rng, real=True)
    L = case.generator.superoperator().conj().T
    even, other = random_hermitian(rng, 4).real, random_hermitian(rng, 4).real
    odd = 1j * random_hermitian(rng, 4).imag
    pairs = ((even, other, 1), (even, odd, -1), (odd, odd @ odd @ odd, 1))
    return max(exchange(correlation, L, case.gibbs, A, B, parity) for A, B, parity in pairs)


@claim("2 Onsager", "cross coefficients are equal", tolerance=1e-8)
def reciprocity(rng: np.random.Generator) -> Residual:
    """Energy and quanta of two reservoirs, D_1 != D_2: differences of the flows."""
    case = random_case(rng, 4, (0.8, 0.8), (0.0, 0.0))
    found = linear_response(case.system).matrix

    def flows(X: RealArray) -> RealArray:
        # X_E = -d beta, X_N = d(beta mu).
        beta = 0.8 - X[:2]
        moved = replace(case, inverse_temperatures=beta, chemical_potentials=X[2:] / beta)
        taken = -moved.given(moved.weights)
        return np.concatenate([(taken * moved.gaps).sum(axis=(1, 2)), taken.sum(axis=(1, 2))])

    def along(force: RealArray) -> RealArray:
        return slope(lambda step: flows(step * force))

    explicit = np.array([along(force) for force in np.eye(4)]).T
    return max(distance(found, explicit), distance(explicit, explicit.T), distance(found, found.T))


@claim(
    "2 Spohn, CPTP",
    "S(rho_t || sigma) never grows under any CPTP evolution with stationary sigma",
    instead="true for a semigroup, and where each step is a channel that keeps sigma",
)
def any_evolution(rng: np.random.Generator) -> Residual:
    """Coherence multiplied by cos t: growth from t = pi/2 to pi."""
    p = float(rng.uniform(0.3, 0.7))
    sigma = np.diag([p, 1 - p]).astype(complex)
    angle = float(rng.uniform(0.6, 1.0))
    psi = np.array([np.cos(angle), np.sin(angle)])

    def entropy(t: float) -> float:
        rho = np.outer(psi, psi).astype(complex)
        rho[0, 1] *= np.cos(t)
        rho[1, 0] *= np.cos(t)
        return relative_entropy(rho, sigma)

    return entropy(np.pi - 1e-3) - entropy(0.5 * np.pi)


@claim("2 Spohn", "d/dt S(rho_t || sigma) <= 0")
def semigroup(rng: np.random.Generator) -> Residual:
    """Semigroups of random generators and states, rate and a finite step."""
    residual = 0.0
    for _ in range(4):
        jumps = [0.5 * random_operator(rng, 3) for _ in range(2)]
        generator = lindbladian(random_hermitian(rng, 3), jumps)
        state = stationary_state(generator)
        L = heisenberg(generator.hamiltonian, jumps).conj().T
        sigma = state.density_matrix()
        rho = random_density(rng, 3)
        change = applied(L, rho)
        value = -float(np.trace(change @ (logarithm(rho) - logarithm(sigma))).real)
        fall = relative_entropy(rho, sigma) - relative_entropy(applied(expm(0.3 * L), rho), sigma)
        found = entropy_production(generator, rho, stationary=state).spohn.value
        assert found is not None
        residual = max(residual, distance(found, value), max(0.0, -value), max(0.0, -fall))
    return residual


@claim(
    "2 Gibbs",
    "detailed balance makes sigma the Gibbs state of the environment's beta",
    instead="true if every rate ratio is e^(-beta w) at one beta, for the physical H",
)
def gibbs(rng: np.random.Generator) -> Residual:
    """Three levels, each step with a bath of its own: misfit of log sigma to -beta H."""
    levels = random_levels(rng, 3)
    steps = [np.diag([1.0, 0.0], 1), np.diag([0.0, 1.0], 1)]
    baths = [Reservoir(name, bose_einstein(inverse_temperature=b), DENSITY) for name, b in (("a", 0.5), ("b", 2.0))]
    couplings = tuple(Coupling(bath, D + D.T + 0j) for bath, D in zip(baths, steps, strict=True))
    generator = weak_coupling(OpenSystem(levels, couplings), lamb_shift=False)
    state = stationary_state(generator)
    balanced = detailed_balance(generator, state).of(KMS())
    misfit = fit_gibbs(state.density).misfit
    return misfit if balanced.without_hamiltonian < 1e-14 * balanced.norm else 0.0


@claim("2 Pi = S - beta Q", "Pi = dS/dt - beta d<H>/dt", tolerance=1e-8)
def decomposition(rng: np.random.Generator) -> Residual:
    """Slope of the relative entropy along exp(Lt), in differences.

    `-d/dt S(rho_t || sigma) = dS/dt - beta d<H>/dt`.
    """
    case = thermal(rng, 3)
    L = case.generator.superoperator()
    H = case.generator.hamiltonian
    rho = random_density(rng, 3)
    step = 0.02 / float(np.linalg.norm(L))

    def divergence(t: float) -> float:
        return relative_entropy((expm(t * L) @ rho.ravel()).reshape(3, 3), case.gibbs)

    heat = float(np.trace(H @ case.generator.apply(rho)).real)
    found = entropy_production(case.generator, rho).of_system - case.inverse_temperatures[0] * heat
    return distance(found, -slope(divergence, step))


@claim("2 Clausius", "dS/dt >= beta dQ/dt")
def clausius(rng: np.random.Generator) -> Residual:
    """Ten random states over a thermal bath."""
    case = thermal(rng)
    worst = 0.0
    for _ in range(10):
        rho = random_density(rng, 4)
        change = case.generator.apply(rho)
        entropy = -float(np.trace(change @ logarithm(rho)).real)
        heat = float(np.trace(case.generator.hamiltonian @ change).real)
        found = entropy_production(case.generator, rho).of_system
        worst = max(worst, case.inverse_temperatures[0] * heat - entropy, distance(entropy, found))
    return worst
