"""(1)-(13): scattering amplitudes, the master equation and its two stated properties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.linalg import expm

from equipoise._checks import ComplexArray
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import applied, choi, commutator, distance, random_density
from equipoise.reproduce.low_density._collisions import Collisions
from equipoise.reproduce.low_density.cases import Case, random_case
from equipoise.scattering import DeltaInteraction, EnergyShell, scattering_rates
from equipoise.stationary import stationary_state

DEFINITIONS = {
    "(1)": "defines detailed balance at equilibrium",
    "(2)": "defines the Hamiltonian of a particle, and normalises its momentum states",
    "(3)": "defines the wave operator",
    "(5)": "defines the transition operators",
    "(11)": "defines the thermal momentum distribution",
    "(29)": "defines the interaction of the three dots with a particle",
}


@claim("(4)", "T = H_int Omega_+ is the matrix of scattering: S = 1 - i T, unitary")
def amplitudes(rng: np.random.Generator) -> Residual:
    """V psi(0) and outgoing waves by matching, d = 4, against the library's T; S^+ S."""
    case = random_case(rng, 4)
    x = Collisions(case)
    top = case.dimension - 1
    # Particles that come to the highest level: every channel is open. Nearer to it psi(0) is lost beside 1.
    away = x.arriving > 1e-3
    shell = EnergyShell.above(case.target.spectrum, case.mass, top, x.arriving[away])
    T = case.target.interaction.transition_matrix(shell)[:, 0, :, 0, :]
    p = x.momenta[away, :, top].real
    incoming = p[:, top : top + 1]
    from_potential = 2 * case.mass * x.elements[away, :, top] / np.sqrt(p * incoming)
    from_outgoing = 2j * x.scattered[away, :, top] * np.sqrt(p / incoming)
    S = np.eye(case.dimension) - 1j * T
    unitary = np.abs(S.conj().swapaxes(1, 2) @ S - np.eye(case.dimension)).max()
    return max(distance(T[..., top], from_potential), distance(T[..., top], from_outgoing), float(unitary))


@claim(
    "(6)-(9)",
    "the generator (7) is the ergodic average (8) of (9)",
    correction="average = (7) - i[dH, .], dH = nu int dp G (T_0 + T_0^+)/2, T_0 = T at omega = 0",
)
def equation(rng: np.random.Generator) -> Residual:
    """(9) from the potential and matched waves, averaged, against (7) and the library."""
    worst, missing = 0.0, np.inf
    for case in (random_case(rng, 3), equidistant(rng)):
        x = Collisions(case)
        worst = max(worst, distance(x.averaged, x.dissipator + x.rotation))
        worst = max(worst, distance(without_free(case), x.averaged))
        missing = min(missing, distance(x.averaged, x.dissipator))
    return worst, missing


def without_free(case: Case) -> ComplexArray:
    """The library's generator as a matrix, less `-i [H_S, .]`."""
    return np.asarray(case.generator.superoperator() + 1j * commutator(np.diag(case.levels)))


@claim("after (9)", "the average is necessary to preserve positivity")
def positivity(rng: np.random.Generator) -> Residual:
    """Kossakowski matrices of (8) and of (9): only that of (9) has negative eigenvalues."""
    x = Collisions(random_case(rng, 3))
    averaged, raw = (kossakowski(L) for L in (x.averaged, x.unaveraged))
    size = float(np.abs(averaged).max())
    below = -float(raw.min()) / size
    return max(0.0, -float(averaged.min()) / size) if below > 1e-3 else 1.0


def kossakowski(matrix: ComplexArray) -> np.ndarray:
    """Eigenvalues of the coefficients of a generator on traceless operators, ascending."""
    d = int(np.sqrt(len(matrix)))
    # Choi matrix, without what the identity adds.
    identity = np.eye(d).ravel() / np.sqrt(d)
    Q = np.eye(d * d) - np.outer(identity, identity)
    return np.asarray(np.linalg.eigvalsh(Q @ choi(matrix) @ Q))


@claim("(10), (13)", "L commutes with [H_S, .]; the average does not depend on where it starts")
def commutation(rng: np.random.Generator) -> Residual:
    """Commutator, and exp(i tau [H_S, .]) L exp(-i tau [H_S, .]), of (8); (9) does neither."""
    case = random_case(rng, 3)
    x = Collisions(case)
    free, L, raw = commutator(np.diag(case.levels)), x.averaged, x.unaveraged
    found = case.generator.superoperator()
    tau = float(rng.uniform(0.5, 2.0))
    turned = expm(1j * tau * free) @ L @ expm(-1j * tau * free)
    changes = distance(raw @ free, free @ raw) > 1e-3
    return max(*(distance(M @ free, free @ M) for M in (L, found)), distance(turned, L)) if changes else 1.0


@claim("(12)", "in a thermal gas the Gibbs state is stationary, balanced or not")
def gibbs(rng: np.random.Generator) -> Residual:
    """(8) of (9) on the Gibbs state, and the library's stationary state, d = 3 and 4."""
    worst, unbalanced = 0.0, np.inf
    for d in (3, 4):
        case = random_case(rng, d)
        x = Collisions(case)
        image = x.averaged @ np.diag(case.gibbs).ravel()
        worst = max(worst, float(np.abs(image).max() / np.abs(x.averaged).max()))
        state = stationary_state(case.generator)
        worst = max(worst, distance(state.density_matrix(), np.diag(case.gibbs)))
        rates = scattering_rates(case.target, case.gas)
        unbalanced = min(unbalanced, float(np.abs(rates.log_balance_ratio).max()))
    return worst if unbalanced > 1e-3 else 1.0


@claim("after (12)", "if ergodic, every initial state relaxes to the Gibbs state", tolerance=1e-10)
def ergodicity(rng: np.random.Generator) -> Residual:
    """exp(Lt) for 40 relaxation times; V = v 1 is not ergodic: no rate at all."""
    case = random_case(rng, 3)
    L = case.generator.superoperator()
    slowest = float(np.sort(-np.linalg.eigvals(L).real)[1])
    rho = applied(expm(40 / slowest * L), random_density(rng, 3))
    alike = scattering_rates(type(case.target)(case.levels, DeltaInteraction(np.eye(3) * 0.8)), case.gas)
    stuck = bool(np.all(np.isneginf(alike.log_rates[~np.eye(3, dtype=bool)])))
    return distance(rho, np.diag(case.gibbs)) if stuck else 1.0


def equidistant(rng: np.random.Generator) -> Case:
    """Three levels with equal gaps: coherences of one frequency are coupled."""
    return replace(random_case(rng, 3), levels=np.array([-0.5, 0.0, 0.5]))
