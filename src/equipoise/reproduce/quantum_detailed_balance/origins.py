"""Section 3: the KMS condition of the bath, eigenoperators, rate ratios, and what they are sufficient for."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.linalg import null_space

from equipoise._checks import Array, ComplexArray, RealArray
from equipoise.balance import GNS, KMS, StandardQuantum, detailed_balance
from equipoise.generators import lindbladian
from equipoise.reproduce.cases import random_levels
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import distance, random_hermitian, random_operator
from equipoise.reproduce.quantum_detailed_balance.cases import (
    DENSITY,
    asymmetry,
    balanced_jumps,
    gibbs_of,
    heisenberg,
    thermal,
)
from equipoise.reservoirs import Reservoir, bose_einstein
from equipoise.stationary.sectors import log_rates_of_dissipators

DEFINITIONS = {"3 n_B": "defines the Bose-Einstein distribution", "3 [H, L]": "defines eigenoperators of H"}


@claim("3 KMS", "G(-w) = e^(-beta w) G(w)")
def bath(rng: np.random.Generator) -> Residual:
    """Spectral lines of a random bath of 8 levels; rates of an Ohmic reservoir."""
    beta = float(rng.uniform(0.3, 1.0))
    E, V = np.linalg.eigh(random_hermitian(rng, 8))
    p = np.exp(-beta * (E - E.min()))
    B = V.conj().T @ random_hermitian(rng, 8) @ V
    # Line of weight p_i |B_ij|^2 at w = E_j - E_i.
    lines = (p / p.sum())[:, None] * np.abs(B) ** 2
    omega = E[None, :] - E[:, None]
    found = distance(lines.T, np.exp(-beta * omega) * lines)
    reservoir = Reservoir("bath", bose_einstein(inverse_temperature=beta), DENSITY)
    w = rng.uniform(0.1, 6.0, size=20)
    ratio = reservoir.log_rate_in(w) - reservoir.log_rate_out(w) + beta * w
    return max(found, float(np.abs(ratio).max()))


@claim("3 J(n+1), J n", "G(w) ~ J (n + 1) for w > 0, J(|w|) n for w < 0; n = e^(-beta w)(n + 1)")
def bosons(rng: np.random.Generator) -> Residual:
    """Oscillator with 120 levels in its Gibbs state against the reservoir."""
    beta, w = float(rng.uniform(0.8, 1.2)), float(rng.uniform(0.6, 1.5))
    reservoir = Reservoir("bath", bose_einstein(inverse_temperature=beta), DENSITY)
    count = 120
    a = np.diag(np.sqrt(np.arange(1.0, count)), 1)
    p = np.exp(-beta * w * np.arange(count))
    p /= p.sum()
    # <(a + a^+)(t) (a + a^+)> has the lines <a a^+> at w and <a^+ a> at -w.
    emitted, absorbed = float(np.sum(p * np.diag(a @ a.T))), float(np.sum(p * np.diag(a.T @ a)))
    J = float(DENSITY(np.array(w)))
    expected = 2 * np.pi * J * np.array([emitted, absorbed])
    found = [float(reservoir.rate_out(np.array(w))), float(reservoir.rate_in(np.array(w)))]
    n = 1 / np.expm1(beta * w)
    return max(distance(found, expected), distance(n, np.exp(-beta * w) * (n + 1)))


@claim("3 [H, L] = -w L", "jumps lower the energy by a Bohr frequency; [H, H_LS] = 0")
def eigenoperators(rng: np.random.Generator) -> Residual:
    """Every jump operator and the Lamb shift of the weak-coupling limit."""
    case = thermal(rng)
    H = np.diag(case.levels)
    worst = float(np.abs(H @ case.delta - case.delta @ H).max()) / float(np.abs(case.delta).max())
    frequencies = (case.levels[None, :] - case.levels[:, None]).ravel()
    for L in case.generator.dissipators[0].representation.signed_jumps()[1]:
        commutator = H @ L - L @ H
        w = -float(np.vdot(L, commutator).real / np.vdot(L, L).real)
        # [H, L^+] = w L^+ is its adjoint.
        worst = max(worst, distance(commutator, -w * L))
        worst = max(worst, float(np.abs(frequencies - w).min()))
    return worst


@claim("3 gamma(-w)", "gamma(-w) = e^(-beta w) gamma(w)")
def rate_ratio(rng: np.random.Generator) -> Residual:
    """Rates of every transition of the weak-coupling limit."""
    case = thermal(rng)
    logs = log_rates_of_dissipators(case.generator)[0]
    gaps = case.levels[:, None] - case.levels[None, :]
    off = ~np.eye(4, dtype=bool)
    ratio = logs[off] - logs.T[off] + case.inverse_temperatures[0] * gaps[off]
    return float(np.abs(ratio).max())


@claim(
    "3 gamma, matrix",
    "the same for transitions that share a frequency",
    correction="gamma_ab(-w) = e^(-beta w) gamma_ba(w), transposed; scalar ratios do not suffice",
)
def degenerate(rng: np.random.Generator) -> Residual:
    """Two qubits of one frequency in a correlated bath: GNS residual."""
    beta, w = float(rng.uniform(0.5, 1.5)), 1.0
    a = random_operator(rng, 2)
    gamma = a @ a.conj().T
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    A = [np.kron(lower, np.eye(2)), np.kron(np.eye(2), lower)]
    p = np.exp(-beta * w * np.array([0.0, 1.0, 1.0, 2.0]))
    sigma = np.diag(p / p.sum()).astype(complex)

    def residual(absorbed: Array) -> float:
        # gamma_ab(w) A_b rho A_a^+ and, with A(-w) = A(w)^+, gamma_ab(-w) A_b^+ rho A_a.
        jumps = _diagonalised(gamma, A) + _diagonalised(absorbed, [x.T for x in A])
        found = detailed_balance(lindbladian(np.zeros((4, 4)), jumps), sigma).of(GNS())
        explicit = asymmetry(heisenberg(np.zeros((4, 4)), jumps), sigma, 0.0)
        return max(found.relative, explicit)

    return residual(np.exp(-beta * w) * gamma.T), residual(np.exp(-beta * w) * gamma)


def _diagonalised(gamma: Array, operators: list[RealArray]) -> list[ComplexArray]:
    """Jumps of `sum_ab gamma_ab A_b rho A_a^+`."""
    rates, vectors = np.linalg.eigh(gamma)
    columns = np.sqrt(np.maximum(rates, 0.0)) * vectors
    # sum_k conj(c_ak) ... : gamma_ab = sum_k c_ak conj(c_bk) multiplies A_b rho A_a^+.
    return [np.asarray(sum(c.conj() * A for c, A in zip(column, operators, strict=True))) for column in columns.T]


@claim(
    "3 sufficient",
    "eigenoperators, rate ratio and [H, H_LS] = 0 make L self-adjoint",
    correction="L - L^+ = 2i[H + H_LS, .]: i[H, .] itself is anti-self-adjoint",
)
def sufficient(rng: np.random.Generator) -> Residual:
    """Thermal bath: L - i[H + H_LS, .] in the KMS and in the GNS product."""
    case = thermal(rng)
    L = case.generator.superoperator().conj().T
    found = detailed_balance(case.generator, case.gibbs).of(StandardQuantum())
    kms = detailed_balance(case.generator, case.gibbs).of(KMS())
    return max(
        asymmetry(L - case.coherent, case.gibbs), asymmetry(L - case.coherent, case.gibbs, 0.0), found.relative
    ), min(asymmetry(L, case.gibbs), kms.relative)


@claim(
    "3 necessary",
    "and they are necessary for self-adjointness in Tr[s^1/2 A^+ s^1/2 B]",
    instead="necessary in the product Tr[s A^+ B] (GNS), which is stronger",
)
def necessary(rng: np.random.Generator) -> Residual:
    """KMS-balanced, no jump an eigenoperator: distance to all that have such jumps."""
    h = random_levels(rng, 4)
    H, jumps = balanced_jumps(rng, h)
    sigma = gibbs_of(h)
    L = heisenberg(H, jumps)
    generator = lindbladian(H, list(jumps))
    missed = detailed_balance(generator, sigma).of(GNS()).relative
    balanced = max(asymmetry(L, sigma), detailed_balance(generator, sigma).of(KMS()).relative)
    return missed if balanced < 1e-13 else 0.0


@claim("3 necessary, GNS", "eigenoperators are necessary in the product Tr[s A^+ B]")
def covariant(rng: np.random.Generator) -> Residual:
    """All maps self-adjoint there, d = 2 and 3: each commutes with the modular flow.

    The linear conditions are solved for all d^4 elements of the map at once: for the sigma drawn none is left out.
    """
    worst = 0.0
    for d in (2, 3):
        h = random_levels(rng, d)
        p = np.exp(-h) / np.exp(-h).sum()
        n = d * d
        # Elements of the map L[(i,j),(k,l)]; <E_ij, L E_kl> = p_j L[(i,j),(k,l)] for s = 0 (here Tr[A^+ B s]).
        index = {pair: k for k, pair in enumerate(itertools.product(range(d), repeat=2))}
        rows = []
        for (i, j), (k, m) in itertools.product(index, repeat=2):
            q, r = index[i, j], index[k, m]
            # Self-adjoint: p_j L_qr = conj(p_m L_rq); Hermiticity: L[(j,i),(m,k)] = conj(L_qr). Real and imaginary.
            for (u, x), (v, y), sign in (((q, r), (r, q), p[m] / p[j]), ((q, r), (index[j, i], index[m, k]), 1.0)):
                for part, parity in ((0, 1.0), (1, -1.0)):
                    row = np.zeros(2 * n * n)
                    row[2 * (u * n + x) + part] += 1.0
                    row[2 * (v * n + y) + part] -= parity * sign
                    rows.append(row)
        solutions = null_space(np.array(rows))
        omega = (h[:, None] - h[None, :]).ravel()
        maps = solutions.reshape(n, n, 2, -1)
        worst = max(worst, float(np.abs(maps * (omega[:, None] - omega[None, :])[:, :, None, None]).max()))
        worst = max(worst, 0.0 if solutions.shape[1] else 1.0)
    return worst
