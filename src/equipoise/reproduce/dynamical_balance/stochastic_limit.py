"""Rows (4)-(22) and (94)-(100): from the Hamiltonian of system and fields to the master equation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import eigh_tridiagonal, expm

from equipoise._checks import ComplexArray
from equipoise.generators import stochastic_equation, weak_coupling
from equipoise.generators.stochastic import Noise, StochasticEquation
from equipoise.reproduce.cases import random_levels
from equipoise.reproduce.dynamical_balance._half_fourier import (
    born_markov_secular,
    random_locally_thermal_system,
    random_system,
    susceptibilities,
)
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import applied, commutator, distance, extrapolated, random_hermitian, random_operator
from equipoise.reservoirs import FormFactor, LocalTemperature, Ohmic, Reservoir, Statistics, bose_einstein
from equipoise.systems import Coupling, OpenSystem


@claim("(4)-(5), (14)", "Schroedinger equation of U in the interaction picture")
def evolution_operator(rng: np.random.Generator) -> Residual:
    """Difference quotient."""
    free, interaction = 2 * random_hermitian(rng, 6), 2 * random_hermitian(rng, 6)
    strength, t, h = 0.3, 0.7, 3e-4

    def U(time: float) -> ComplexArray:
        return np.asarray(expm(1j * time * free) @ expm(-1j * time * (free + strength * interaction)))

    derivative = (8 * (U(t + h) - U(t - h)) - (U(t + 2 * h) - U(t - 2 * h))) / (12 * h)
    rotated = expm(1j * t * free) @ interaction @ expm(-1j * t * free)
    return distance(derivative, -1j * strength * rotated @ U(t))


@claim("(6)-(7)", "the dynamics at t/lambda^2 converges as lambda -> 0", tolerance=2e-4)
def limit_of_the_dynamics(rng: np.random.Generator) -> Residual:
    """Exact decay into 400 modes, extrapolated in lambda^2."""
    energy = float(rng.uniform(-1.0, 1.0))

    def deviation(squared: float) -> complex:
        coupling = np.sqrt(squared)
        gamma = _chain_equation(coupling, energy).noises[0].gamma_minus
        diagonal, hopping = np.zeros(401), -np.ones(400)
        diagonal[0], hopping[0] = energy, coupling
        energies, vectors = eigh_tridiagonal(diagonal, hopping)
        time = 1 / squared
        exact = np.sum(vectors[0] ** 2 * np.exp(-1j * (energies - energy) * time))
        return complex(exact / np.exp(-gamma * time) - 1)

    return abs(extrapolated(deviation, 0.02))


def _chain_equation(coupling: float, energy: float) -> StochasticEquation:
    field = FormFactor(
        lambda k: coupling * np.sqrt(2 / np.pi) * np.sin(k) * (np.asarray(k) > 0),
        lambda k: 3 - 2 * np.cos(k),
        1,
        (0.0, np.pi),
        lambda k: 2 * np.sin(k),
    )
    vacuum = Reservoir("vacuum", bose_einstein(temperature=0.0), field)
    return stochastic_equation(
        OpenSystem(np.array([0.0, 3.0 + energy]), (Coupling(vacuum, np.eye(2, k=1, dtype=complex)),))
    )


@claim("(15a)-(16a)", "D(t) = sum_w E_w e^{-iwt}", "Matrix exponentials, degenerate H")
@claim(
    "after (15c)",
    "generic spectrum: one pair of levels for every w in F",
    "Pairs beyond one for any w, counted over random levels: those of w = 0",
    instead="true for w != 0; w = 0 has to be excluded",
)
def interaction_picture(rng: np.random.Generator) -> list[Residual]:
    """(15a)-(16a): the coupling is a sum of eigenoperators; degenerate levels and coinciding gaps included."""
    levels = np.array([0.0, 1.0, 2.0, 2.0])
    A = np.linalg.qr(random_operator(rng, 4))[0]
    H = A @ np.diag(levels) @ A.conj().T
    D = random_operator(rng, 4)
    bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.1, 5.0))
    equation = stochastic_equation(OpenSystem((H + H.conj().T) / 2, (Coupling(bath, D),)), lamb_shift=False)
    gaps = random_levels(rng, 4)
    _, pairs = np.unique((gaps[:, None] - gaps[None, :]).round(9), return_counts=True)
    most = float(pairs.max() - 1) if np.sort(pairs)[-2] == 1 else 0.0
    t = 0.9
    rotated = expm(1j * t * H) @ D @ expm(-1j * t * H)
    found = np.sum([np.exp(-1j * noise.frequency * t) * noise.operator for noise in equation.noises], axis=0)
    return [distance(found, rotated), most]


@claim(
    "(19a)",
    "drift of the stochastic Schroedinger equation",
    correction="gamma_- E^dagger E + conj(gamma_+) E E^dagger, summed over w",
)
def stochastic_schroedinger(rng: np.random.Generator) -> Residual:
    """K + K^dagger against the Ito table (19c)."""
    system, _ = random_system(rng)
    equation = stochastic_equation(system)
    d = equation.dimension
    ito, printed = np.zeros((d, d), dtype=complex), np.zeros((d, d), dtype=complex)
    for noise in equation.noises:
        E, (out, back) = noise.operator, noise.ito
        ito += out * E.conj().T @ E + back * E @ E.conj().T
        printed += noise.gamma_minus * E @ E.conj().T + np.conj(noise.gamma_plus) * E.conj().T @ E
    K = equation.drift
    return distance(K + K.conj().T, ito), distance(printed + printed.conj().T, ito)


_FIRST_LINES = "first lines: omega(k) - w - i0; the second lines are right"


@claim(
    "(20a)-(20b)",
    "susceptibilities of the field",
    "Half-sided Fourier integral of <A(s) A^dagger>",
    correction=_FIRST_LINES,
    tolerance=1e-6,
)
@claim(
    "(100c)-(100d)",
    "susceptibilities of the field",
    "Half-sided Fourier integral of <A(s) A^dagger>",
    correction=_FIRST_LINES,
    tolerance=1e-6,
)
def transport_coefficients(rng: np.random.Generator) -> list[Residual]:
    """(20), (100c,d): half-sided transforms of the correlations of thermal and of locally thermal fields."""
    return [_susceptibilities_of(make(rng)[0]) for make in (random_system, random_locally_thermal_system)]


def _susceptibilities_of(system: OpenSystem) -> tuple[float, float]:
    residual, printed = 0.0, 0.0
    noises = stochastic_equation(system).noises
    for field in system.reservoirs:
        here = [noise for noise in noises if noise.reservoir == field.name]
        found = susceptibilities(field, np.array([noise.frequency for noise in here]))
        library = np.array([(noise.gamma_minus, noise.gamma_plus) for noise in here]).T
        for values, gammas in zip(found, library, strict=True):
            residual = max(residual, distance(gammas, values))
            printed = max(printed, distance(gammas.conj(), values))
    return residual, printed


@claim(
    "(21)",
    "deterministic part of the Langevin equation",
    correction="E and E^dagger interchanged, signs of Im gamma reversed",
    tolerance=1e-6,
)
def langevin_equation(rng: np.random.Generator) -> Residual:
    """Dual of the secular double commutator."""
    system, couplings = random_system(rng)
    X = random_operator(rng, 3)
    exact = born_markov_secular(system.spectrum.levels, couplings, list(system.reservoirs))
    dual = applied(exact.conj().T, X)
    stochastic = stochastic_equation(system)
    return distance(stochastic.langevin(X), dual), distance(_printed_langevin(stochastic.noises, X), dual)


@claim(
    "(22a)-(22b)",
    "Lamb shift of the master equation",
    "Secular double commutator of H_I, time integrals by quadrature",
    correction="no factor i in Delta",
    tolerance=1e-6,
)
@claim(
    "(100a)",
    "Lamb shift of the master equation",
    "Secular double commutator of H_I, time integrals by quadrature",
    correction="no factor i in Delta",
    tolerance=1e-6,
)
def master_equation(rng: np.random.Generator) -> list[Residual]:
    """(22a)-(22b), (100a): against the double commutator of the interaction, built as a superoperator."""
    residuals: list[Residual] = []
    for make in (random_system, random_locally_thermal_system):
        system, couplings = make(rng)
        levels = system.spectrum.levels
        exact = born_markov_secular(levels, couplings, list(system.reservoirs))
        generator = weak_coupling(system)
        found = generator.superoperator() + 1j * commutator(np.diag(levels))
        shift = -1j * sum(commutator(part.coherent) for part in generator.dissipators if part.coherent is not None)
        residuals.append((distance(found, exact), distance(found - shift + 1j * shift, exact)))
    return residuals


def _printed_langevin(noises: Sequence[Noise], X: ComplexArray) -> ComplexArray:
    """The dt part of (21) as it stands."""
    total = np.zeros_like(X)
    for noise in noises:
        E, minus, plus = noise.operator, noise.gamma_minus, noise.gamma_plus
        F = E.conj().T
        total += 1j * (-minus.imag * (E @ F @ X - X @ E @ F) + plus.imag * (F @ E @ X - X @ F @ E))
        total -= minus.real * (E @ F @ X + X @ E @ F - 2 * E @ X @ F)
        total -= plus.real * (F @ E @ X + X @ F @ E - 2 * F @ X @ E)
    return total


@claim("(96)", "constant beta(w): the Gibbs factor")
def constant_temperature(rng: np.random.Generator) -> Residual:
    """Planck's formula at 20 frequencies."""
    beta, omega = float(rng.uniform(0.3, 3.0)), rng.uniform(0.1, 5.0, size=20)
    local = LocalTemperature(Statistics.BOSON, lambda w: beta * np.ones_like(w))
    return distance(local.occupation(omega), 1 / np.expm1(beta * omega))
