"""Rows (30)-(36): quanta of the field, their rates and currents."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh, expm

from equipoise._checks import ComplexArray
from equipoise.generators import collision_step, stochastic_equation, weak_coupling
from equipoise.reproduce.cases import lowering, random_levels
from equipoise.reproduce.dynamical_balance._half_fourier import random_system
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import distance, extrapolated, random_density, random_operator
from equipoise.reservoirs import FormFactor, Reservoir, bose_einstein
from equipoise.systems import Coupling, OpenSystem
from equipoise.thermodynamics import field_emission

DEFINITIONS: dict[str, str] = {
    "(1)": "defines the Hamiltonian",
    "(2)": "defines the rescaled time",
    "(3)": "defines the evolution operator",
    "(8)": "defines the rescaled field; its limit is (9)",
    "(10)": "defines the state of the field",
    "(12a)-(12c)": "defines the model",
    "(13)": "defines the states of the two fields",
    "(15c)": "defines the set of Bohr frequencies",
    "(16b)": "defines the generic case of (15b)",
    "(19b)": "defines the stochastic differentials",
    "(29)": "is (17a) for one field",
    "(32)": "defines the rate of the simplest case",
    "(94a)-(94c)": "defines the model with one field",
    "(95)": "defines the locally thermal state",
    "(98)": "defines the noise; its correlations are (99)",
}
"""Numbers without a row, and why they make no claim."""


@claim("(30)", "[b_k, n_k'] = b_k delta")
def number_commutator(rng: np.random.Generator) -> Residual:
    """Two modes in Fock space."""
    a = np.diag(np.sqrt(np.arange(1.0, 5)), 1)
    one = np.eye(5)
    modes = [np.kron(a, one), np.kron(one, a)]
    phase = np.exp(2j * np.pi * rng.uniform())
    worst = 0.0
    for i, b in enumerate(modes):
        for j, other in enumerate(modes):
            n = other.T @ other
            worst = max(worst, distance(phase * (b @ n - n @ b) + 1.0, phase * b * (i == j) + 1.0))
    return worst


@claim(
    "(31)", "Langevin equation of the number of quanta", correction="E^dagger in the annihilation term", tolerance=1e-6
)
def langevin_of_the_number(rng: np.random.Generator) -> Residual:
    """Collision with a mode in a coherent state."""
    E = random_operator(rng, 3)
    rho = random_density(rng, 3)
    # Turned so that its mean is imaginary: then E and E^dagger differ as much as they can.
    mean = np.trace(E @ rho)
    E = E * 1j * abs(mean) / mean
    gamma, amplitude = 0.4, np.exp(2j * np.pi * rng.uniform())
    a = np.diag(np.sqrt(np.arange(1.0, 6)), 1)
    n = np.kron(np.eye(3), a.T @ a)
    H = np.sqrt(2 * gamma) * (np.kron(E, a.T) + np.kron(E.conj().T, a))

    def rate(duration: float) -> complex:
        alpha = amplitude * np.sqrt(duration)
        coherent = expm(alpha * a.T - np.conj(alpha) * a)[:, 0]
        joint = np.kron(rho, np.outer(coherent, coherent.conj()))
        V = expm(-1j * np.sqrt(duration) * H)
        return complex(np.trace(n @ (V @ joint @ V.conj().T - joint)) / duration)

    emission = 2 * gamma * np.trace(E.conj().T @ E @ rho)
    created = np.conj(amplitude) * np.trace(E @ rho)
    found = extrapolated(rate, 1e-3)
    # The annihilation term has E^dagger, E as printed.
    right, printed = (
        distance(found, emission - 1j * np.sqrt(2 * gamma) * (created - amplitude * np.trace(L @ rho)))
        for L in (E.conj().T, E)
    )
    return right, printed


@claim("(33)-(34)", "T = 0: quanta enter the shell at the rate 2 gamma(k) rho_mm", tolerance=1e-3)
def emission_into_branches(rng: np.random.Generator) -> Residual:
    """Exact decay into 400 modes on two branches, extrapolated."""
    skew, resonant = float(rng.uniform(0.2, 0.6)), float(rng.uniform(1.3, 1.7))

    def profile(k: ComplexArray) -> ComplexArray:
        return np.asarray(np.sin(np.pi * (np.abs(k) - 0.5) / 2) * (1 + skew * np.sign(k)))

    field = FormFactor(profile, np.abs, 1, (0.5, 2.5), np.sign)
    shells = field.shells(resonant)
    omega = 0.5 + 2 * (np.arange(200) + 0.5) / 200
    k = np.concatenate([omega, -omega])

    def deviation(squared: float) -> complex:
        star = np.diag(np.concatenate([[resonant], np.abs(k)]))
        star[0, 1:] = star[1:, 0] = np.sqrt(squared * 0.01) * profile(k)
        energies, vectors = eigh(star)
        time = 0.1 / squared
        populations = np.abs(vectors @ (np.exp(-1j * energies * time) * vectors[0])) ** 2
        # d n / dt = 2 pi w rho_ee on each shell, and rho_ee falls with the sum of the rates.
        decayed = 1 - np.exp(-2 * np.pi * shells.weights.sum() * squared * time)
        expected = shells.weights / shells.weights.sum() * decayed
        return complex(populations[1:201].sum() - expected[0] + 1j * (populations[201:].sum() - expected[1]))

    return abs(extrapolated(deviation, 0.008))


@claim("(35a)-(35b)", "mean change of the quanta resonant with each w", tolerance=1e-5)
def counted_quanta(rng: np.random.Generator) -> Residual:
    """Counted in a collision model."""
    system, couplings = random_system(rng)
    equation = stochastic_equation(system)
    rho = random_density(rng, 3)
    levels = system.spectrum.levels
    noises = [noise for noise in equation.noises if sum(noise.ito) > 0]

    def counts(duration: float) -> ComplexArray:
        return np.asarray(collision_step(equation, duration).advance(rho)[1] / duration, dtype=complex)

    # Minus: here a count is positive into the field.
    found = counts(1e-4) - 2 * counts(5e-5)
    expected = []
    for noise in noises:
        field = next(f for f in system.reservoirs if f.name == noise.reservoir)
        D = couplings[system.reservoirs.index(field)]
        assert field.spectral_density is not None
        assert field.distribution is not None
        n, m = next((n, m) for n in range(3) for m in range(3) if abs(levels[m] - levels[n] - noise.frequency) < 1e-9)
        N = float(field.distribution.occupation(noise.frequency))
        gamma = np.pi * float(field.spectral_density(noise.frequency)) * abs(D[n, m]) ** 2
        expected.append(2 * gamma * ((N + 1) * rho[m, m] - N * rho[n, n]))
    return distance(found, np.array(expected))


@claim("(36a)-(36b)", "d<n_k>/dt of each field on each energy shell", tolerance=1e-5)
def emission_of_each_field(rng: np.random.Generator) -> Residual:
    """Integral over k with a nascent delta function."""
    levels = random_levels(rng, 3)
    fields = [
        Reservoir(
            f"field {j}",
            bose_einstein(inverse_temperature=float(rng.uniform(0.5, 1.5)), chemical_potential=mu),
            FormFactor(_coupling, lambda k: k**2 / 4 + np.abs(k), 1, (0.0, 6.0), lambda k: k / 2 + np.sign(k)),
        )
        for j, mu in enumerate((-0.2, -0.4))
    ]
    couplings = [lowering(rng, 3) for _ in fields]
    pairs = zip(fields, couplings, strict=True)
    system = OpenSystem(levels, tuple(Coupling(field, D) for field, D in pairs))
    rho = random_density(rng, 3)
    emission = field_emission(weak_coupling(system, lamb_shift=False), rho)
    size = np.linspace(0.0, 6.0, 60_001)[1:]
    expected = []
    for r, m, n, branch in zip(emission.reservoir, emission.source, emission.target, emission.branches, strict=True):
        distribution = fields[r].distribution
        assert distribution is not None
        omega, w = size**2 / 4 + size, levels[m] - levels[n]
        N = np.asarray(distribution.occupation(omega))
        gamma = np.pi * np.abs(_coupling(branch * size) * couplings[r][n, m]) ** 2
        rate = 2 * gamma * ((N + 1) * rho[m, m].real - N * rho[n, n].real) * size[0]

        def integral(variance: float, rate: ComplexArray = rate, distance: ComplexArray = omega - w) -> complex:
            nascent = np.exp(-(distance**2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
            return complex(rate @ nascent)

        expected.append(extrapolated(integral, 4e-3).real)
    return distance(-emission.quanta, np.array(expected))


def _coupling(k: ComplexArray) -> ComplexArray:
    return np.asarray(0.3 * np.exp(-(k**2) / 10) * (1 + 0.2 * k + 0.1j * k))
