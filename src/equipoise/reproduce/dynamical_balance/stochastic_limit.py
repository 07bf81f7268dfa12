"""Rows (4)-(22) and (94)-(100): from the Hamiltonian through white noise to the master equation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from scipy.linalg import eigh_tridiagonal, expm

from equipoise._checks import ComplexArray, RealArray
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
from equipoise.reproduce.explicit import (
    applied,
    commutator,
    distance,
    extrapolated,
    random_hermitian,
    random_operator,
    slope,
)
from equipoise.reservoirs import (
    AbstractDistribution,
    FormFactor,
    LocalTemperature,
    Ohmic,
    Reservoir,
    Statistics,
    bose_einstein,
)
from equipoise.systems import Coupling, OpenSystem


@claim("(4)-(5), (14)", "Schroedinger equation of U in the interaction picture")
def evolution_operator(rng: np.random.Generator) -> Residual:
    """Difference quotient."""
    free, interaction = 2 * random_hermitian(rng, 6), 2 * random_hermitian(rng, 6)
    strength, t = 0.3, 0.7

    def U(time: float) -> ComplexArray:
        return np.asarray(expm(1j * time * free) @ expm(-1j * time * (free + strength * interaction)))

    rotated = expm(1j * t * free) @ interaction @ expm(-1j * t * free)
    return distance(slope(lambda h: U(t + h)), -1j * strength * rotated @ U(t))


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


def _smeared(distribution: AbstractDistribution | None, *, emission: bool, same: bool) -> float:
    """Rescaled correlations of a field on a line, tested with Gaussians in time, against their limit.

    (1/lambda^2) int dk W(k) f((w(k) - W1)/lambda^2) conj h((w(k) - W2)/lambda^2) -> 2 pi delta_{12} sum over shells.
    """
    field = FormFactor(
        lambda k: np.exp(-(k**2) / 8) * (1 + 0.2 * k), lambda k: 0.5 + k**2 / 2, 1, (0.0, 8.0), lambda k: k
    )
    resonant, delay = 1.3, 0.5
    k = np.linspace(-8.0, 8.0, 40_001)
    omega, squared = field.mode(k)

    def factor(w: RealArray) -> RealArray:
        if distribution is None:
            return np.ones(w.shape)
        n = np.asarray(distribution.occupation(w))
        return 1 + n if emission else n

    weight = squared * factor(omega) * (k[1] - k[0])
    shells = field.shells(resonant)
    limit = np.sqrt(np.pi) * np.exp(-(delay**2) / 4) * np.sum(shells.weights * factor(shells.omega))

    def correlation(step: float) -> complex:
        f = (omega - resonant) / step
        h = f if same else (omega - resonant - 0.6) / step
        return complex(np.sum(weight * np.exp(-(f**2) / 2 - h**2 / 2 + 1j * h * delay)) / step)

    return float(abs(extrapolated(correlation, 0.08) / limit - (1.0 if same else 0.0)))


_QUADRATURE = "quadrature over k, test functions in time"


@claim("(9)", "commutators of the rescaled field tend to delta functions", _QUADRATURE, tolerance=1e-3)
@claim("(11a)-(11b)", "so do its correlations", _QUADRATURE, tolerance=1e-3)
@claim("(17)-(18b)", "noises of different w are independent, correlations delta", _QUADRATURE, tolerance=1e-3)
@claim("(97), (99a)-(99b)", "the same for a locally thermal field", _QUADRATURE, tolerance=1e-3)
def white_noise(rng: np.random.Generator) -> list[Residual]:
    """(9), (11), (17)-(18), (99): rescaled fields tend to white noises, independent for different Bohr frequencies."""
    bose = bose_einstein(inverse_temperature=float(rng.uniform(0.5, 2)), chemical_potential=-float(rng.uniform(0, 1)))
    slope = float(rng.uniform(0.2, 1.0))
    local = LocalTemperature(Statistics.BOSON, lambda w: 1.0 + slope * np.cos(w) ** 2)

    def worst(distribution: AbstractDistribution | None, *, same: bool) -> float:
        return max(_smeared(distribution, emission=emission, same=same) for emission in (True, False))

    alike, unlike = worst(bose, same=True), worst(bose, same=False)
    locally = max(worst(local, same=same) for same in (True, False))
    commutators = max(_smeared(None, emission=True, same=same) for same in (True, False))
    return [commutators, alike, max(alike, unlike), locally]


@claim("(19c)-(19d)", "Ito table: dB dB^dagger = 2 Re gamma dt", tolerance=1e-3)
def ito_table(rng: np.random.Generator) -> Residual:
    """Field in a time window."""
    system, _ = random_system(rng)
    field = system.reservoirs[0]
    w = float(system.spectrum.bohr_frequencies[-1])
    assert field.spectral_density is not None
    assert field.distribution is not None
    v = np.linspace(1e-6, 22.0, 60_001)
    J, n = np.asarray(field.spectral_density(v)), np.asarray(field.distribution.occupation(v))
    worst = 0.0
    for weight, rate in ((J * (1 + n), field.rate_out(w)), (J * n, field.rate_in(w))):

        def intensity(step: float, weight: RealArray = weight) -> complex:
            # dB = int_0^1 b dt: the modulus squared of the transform of a window of unit length.
            window = np.sinc((v - w) / step / (2 * np.pi)) ** 2
            return complex(np.sum(weight * window) * (v[1] - v[0]) / step)

        worst = max(worst, abs(extrapolated(intensity, 0.1) / complex(rate) - 1))
    return worst


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


susceptibilities_claim = partial(
    claim,
    statement="susceptibilities of the field",
    checked="Half-sided Fourier integral of <A(s) A^dagger>",
    correction="first lines: omega(k) - w - i0; the second lines are right",
    tolerance=1e-6,
)


@susceptibilities_claim("(20a)-(20b)")
@susceptibilities_claim("(100c)-(100d)")
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


lamb_shift_claim = partial(
    claim,
    statement="Lamb shift of the master equation",
    checked="Secular double commutator of H_I, time integrals by quadrature",
    correction="no factor i in Delta",
    tolerance=1e-6,
)


@lamb_shift_claim("(22a)-(22b)")
@lamb_shift_claim("(100a)")
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
