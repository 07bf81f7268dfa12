"""The quantum stochastic equation: unitarity, Ito calculus, the weak-coupling generator and an exact field."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import eigh_tridiagonal

from equipoise import InputError
from equipoise.generators import stochastic_equation, weak_coupling
from equipoise.reservoirs import (
    CallableDensity,
    CorrelatedDensity,
    Flat,
    FormFactor,
    Lorentzian,
    Ohmic,
    Reservoir,
    bose_einstein,
    fermi_dirac,
)
from equipoise.systems import Coupling, OpenSystem
from equipoise.thermodynamics import currents
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system

DRAWS = st.builds(Draw, st.integers(0, 10**6), st.integers(2, 4), st.integers(1, 3), st.booleans(), mu=st.booleans())


def system_of(draw, fermions):
    return fermionic_system(draw) if fermions else bosonic_system(draw)


@given(DRAWS, st.booleans())
@settings(max_examples=12)
def test_langevin_is_the_weak_coupling_generator_without_the_hamiltonian(draw, fermions):
    system = system_of(draw, fermions)
    generator, equation = weak_coupling(system), stochastic_equation(system)
    d = equation.dimension
    X = complex_matrix(np.random.default_rng(draw.seed), d, d)
    H = generator.hamiltonian
    expected = generator.adjoint(X) - 1j * (H @ X - X @ H)
    np.testing.assert_allclose(equation.langevin(X), expected, atol=1e-12 * np.abs(expected).max())


@given(DRAWS, st.booleans())
@settings(max_examples=12)
def test_implicit_terms_are_the_sums_over_noises(draw, fermions):
    equation = stochastic_equation(system_of(draw, fermions))
    d = equation.dimension
    X = complex_matrix(np.random.default_rng(draw.seed), d, d)
    K, gain = np.zeros((d, d), dtype=complex), np.zeros((d, d), dtype=complex)
    for noise, (out, back) in zip(equation.noises, equation.ito_table, strict=True):
        E = noise.operator
        K += noise.gamma_minus * E.conj().T @ E + np.conj(noise.gamma_plus) * E @ E.conj().T
        gain += out * E.conj().T @ X @ E + back * E @ X @ E.conj().T
    scale = np.abs(K).max()
    np.testing.assert_allclose(equation.drift, K, atol=1e-13 * scale)
    np.testing.assert_allclose(equation.langevin(X), gain - K.conj().T @ X - X @ K, atol=1e-12 * scale)
    assert equation.unitarity_defect() < 1e-13
    assert np.abs(equation.langevin(np.eye(d))).max() < 1e-13 * scale


@given(DRAWS)
@settings(max_examples=10)
def test_langevin_obeys_the_ito_product_rule(draw):
    """d(XY) = dX Y + X dY + dX dY with the Ito table, for the deterministic parts."""
    equation = stochastic_equation(bosonic_system(draw))
    rng = np.random.default_rng(draw.seed)
    X, Y = (complex_matrix(rng, equation.dimension, equation.dimension) for _ in range(2))
    a, b = equation.noise_coefficients(X), equation.noise_coefficients(Y)
    out, back = equation.ito_table.T
    correction = np.einsum("n,nij,njk->ik", out, a[:, 1], b[:, 0]) + np.einsum("n,nij,njk->ik", back, a[:, 0], b[:, 1])
    expected = equation.langevin(X) @ Y + X @ equation.langevin(Y) + correction
    found = equation.langevin(X @ Y)
    np.testing.assert_allclose(found, expected, atol=1e-13 * np.abs(found).max() + 1e-13 * np.abs(correction).max())


@given(DRAWS)
@settings(max_examples=8)
def test_number_operators_have_the_flow_of_quanta_as_their_mean(draw):
    system = bosonic_system(draw)
    generator, equation = weak_coupling(system), stochastic_equation(system)
    A = complex_matrix(np.random.default_rng(draw.seed), equation.dimension, equation.dimension)
    rho = A @ A.conj().T / np.trace(A @ A.conj().T).real
    flows = currents(generator, rho)
    for r, name in enumerate(flows.reservoirs):
        entering = sum(np.trace(noise.quanta @ rho).real for noise in equation.noises if noise.reservoir == name)
        # Dephasing moves quanta both ways, too: the rates at zero frequency set the round-off.
        scale = equation.ito_table.max() * max(np.linalg.norm(noise.operator, 2) ** 2 for noise in equation.noises)
        assert entering == pytest.approx(flows.particles[r], abs=1e-13 * scale)


def test_susceptibilities_are_half_sided_fourier_transforms():
    """Half-filled Lorentzian band: int_0^inf ds e^{iws} C(s) with C(s) = (Gamma W/4) e^{-(W + ic)s}."""
    lead = Reservoir("lead", fermi_dirac(inverse_temperature=0.0), Lorentzian(0.4, centre=0.3, half_width=2.0))
    equation = stochastic_equation(OpenSystem([0.0, 1.1], [Coupling(lead, [[0, 1], [0, 0]])]))
    (noise,) = equation.noises
    expected = 0.4 * 2.0 / 4 / (2.0 + 1j * (0.3 - 1.1))
    assert noise.frequency == 1.1
    assert noise.gamma_minus == pytest.approx(expected, rel=1e-12)
    assert noise.gamma_plus == pytest.approx(expected, rel=1e-12)


def test_counter_rotating_terms_shift_without_noise():
    bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.05, 5.0))
    equation = stochastic_equation(OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]])]))
    below = equation.noises[0]
    assert below.frequency == -1.0
    assert below.ito == (0.0, 0.0)
    assert below.gamma_minus.imag == pytest.approx(float(bath.level_shift_out(-1.0)), rel=1e-13)


def test_without_lamb_shift_the_drift_is_hermitian():
    lead = Reservoir("lead", fermi_dirac(temperature=1.0), Flat(0.2))
    equation = stochastic_equation(OpenSystem([0.0, 1.0], [Coupling(lead, [[0, 1], [0, 0]])]), lamb_shift=False)
    assert np.abs(equation.hamiltonian).max() == 0
    assert equation.unitarity_defect() < 1e-15


def chain_amplitude(coupling, energy, time, sites):
    """Amplitude of an excitation that decays into a uniform chain of many modes, exactly."""
    diagonal, hopping = np.zeros(sites + 1), -np.ones(sites)
    diagonal[0], hopping[0] = energy, coupling
    energies, vectors = eigh_tridiagonal(diagonal, hopping)
    return np.sum(vectors[0] ** 2 * np.exp(-1j * (energies - energy) * time))


def test_exact_decay_into_a_field_tends_to_the_drift():
    """Single excitation, T = 0: c(t) e^{i e t} -> exp(-gamma_- t) at fixed coupling^2 t; fitted order 2."""
    couplings = np.array([0.2, 0.1, 0.05])
    errors, ratios = [], []
    for coupling in couplings:
        field = FormFactor(
            lambda k, c=coupling: c * np.sqrt(2 / np.pi) * np.sin(k) * (np.asarray(k) > 0),
            lambda k: 3 - 2 * np.cos(k),
            1,
            (0.0, np.pi),
        )
        vacuum = Reservoir("vacuum", bose_einstein(temperature=0.0), field)
        equation = stochastic_equation(OpenSystem([0.0, 3.7], [Coupling(vacuum, [[0, 1], [0, 0]])]))
        gamma = equation.noises[0].gamma_minus
        time = 1 / coupling**2
        exact = chain_amplitude(coupling, 0.7, time, 1100)
        errors.append(abs(exact - np.exp(-gamma * time)))
        effective = -np.log(exact) / time
        ratios.append((effective.real / gamma.real, effective.imag / gamma.imag))
    assert np.polyfit(np.log(couplings), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.1)
    np.testing.assert_allclose(ratios[-1], 1.0, atol=2e-3)


def test_exact_filling_of_a_dot_from_a_warm_chain_tends_to_the_langevin_equation():
    """Free fermions, 400 modes at T = 0.7: <n(t)> at fixed coupling^2 t against exp of the 2 x 2 rates; order 2."""
    couplings = np.array([0.3, 0.15, 0.075])
    lead_state = fermi_dirac(temperature=0.7, chemical_potential=0.4)
    momenta = np.pi * np.arange(1, 401) / 401
    modes = np.sqrt(2 / 401) * np.sin(np.outer(np.arange(1, 401), momenta))
    errors = []
    for coupling in couplings:
        diagonal, hopping = np.zeros(401), -np.ones(400)
        diagonal[0], hopping[0] = 0.6, coupling
        energies, vectors = eigh_tridiagonal(diagonal, hopping)
        time = 1 / coupling**2
        row = (vectors[0] * np.exp(-1j * energies * time)) @ vectors.T
        exact = np.abs(row[1:] @ modes) ** 2 @ lead_state.occupation(-2 * np.cos(momenta))
        band = FormFactor(
            lambda k, c=coupling: c * np.sqrt(2 / np.pi) * np.sin(k) * (np.asarray(k) > 0),
            lambda k: -2 * np.cos(k),
            1,
            (0.0, np.pi),
        )
        lead = Reservoir("lead", lead_state, band)
        dot = OpenSystem([0.0, 0.6], [Coupling(lead, [[0, 1], [0, 0]])])
        equation = stochastic_equation(dot, lamb_shift=False)
        number = np.diag([0.0, 1.0])
        # d<n>/dt = <L(n)> is linear in n: L(n) = in-rate (1 - n) - out-rate n.
        start, slope = (equation.langevin(number)[i, i].real for i in (0, 1))
        rate = start - slope
        errors.append(abs(exact - start / rate * (1 - np.exp(-rate * time))))
    assert np.polyfit(np.log(couplings), np.log(errors), 1)[0] == pytest.approx(2.0, abs=0.15)
    assert errors[-1] < 3e-3


def refused(match):
    return pytest.raises(InputError, match=match)


def test_what_is_not_covered_is_refused():
    density = CorrelatedDensity(Ohmic(0.1, 5.0), [[1.0, 0.5], [0.5, 1.0]])
    bath = Reservoir("bath", bose_einstein(temperature=1.0), density)
    couplings = [Coupling(bath, [[0, 1], [1, 0]], channel) for channel in (0, 1)]
    with refused("`system` must have scalar spectral densities .* channels of reservoir 'bath' are correlated"):
        stochastic_equation(OpenSystem([0.0, 1.0], couplings))


def test_a_bad_density_names_its_reservoir():
    bath = Reservoir("sun", bose_einstein(temperature=1.0), CallableDensity(lambda w: -w, (0.0, 5.0)))
    with refused("spectral density is negative at omega = 1.* This is reservoir 'sun'"):
        stochastic_equation(OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]])]))


def test_operators_have_the_dimension_of_the_system():
    bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.05, 5.0))
    equation = stochastic_equation(OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]])]))
    with refused(r"`observable` must have shape \(2, 2\)"):
        equation.langevin(np.eye(3))
    with refused(r"`observable` must have shape \(2, 2\)"):
        equation.noise_coefficients(np.eye(3))


def test_one_channel_that_is_not_normal_within_a_level_keeps_both_shifts_at_frequency_zero():
    rng = np.random.default_rng(3)
    bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(1e-3, 5.0, 3.0))
    normal, other = np.zeros((2, 3, 3), dtype=complex)
    normal[1:, 1:] = [[1.0, 0.5j], [-0.5j, 0.3]]
    other[1:, 1:] = complex_matrix(rng, 2, 2)
    couplings = [Coupling(bath, D, channel) for channel, D in enumerate((normal, other))]
    system = OpenSystem([0.0, 1.0, 1.0], couplings)
    generator, equation = weak_coupling(system), stochastic_equation(system)
    X, H = complex_matrix(rng, 3, 3), generator.hamiltonian
    expected = generator.adjoint(X) - 1j * (H @ X - X @ H)
    np.testing.assert_allclose(equation.langevin(X), expected, atol=1e-12 * np.abs(expected).max())
