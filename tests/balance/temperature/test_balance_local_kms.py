"""Local KMS residuals against explicit matrix functions, and the closed form of the worst of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from equipoise import InputError, NumericalError
from equipoise.balance import local_equilibrium_state, local_kms_residual, temperature_function
from equipoise.spectrum import spectrum_of_levels, spectrum_of_matrix
from equipoise.stationary import DensityMatrix, density_matrix, gibbs_state
from random_systems import unitary

seeds = st.integers(0, 10**6)
times = st.builds(complex, st.floats(-3, 3), st.floats(-1, 1))


def random_density(rng, d):
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    rho = A @ A.conj().T + 0.05 * np.eye(d)
    return 0.5 * (rho + rho.conj().T) / np.trace(rho).real


def pair(rng, d):
    return rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)), rng.normal(size=(d, d)) + 1j * rng.normal(
        size=(d, d)
    )


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(2, 4), times)
def test_residual_is_that_of_explicit_exponentials(seed, d, time):
    """rho coherent, H in a rotated basis, beta of another state: every operator as a matrix exponential."""
    rng = np.random.default_rng(seed)
    V = unitary(rng, d)
    H = V @ np.diag(np.cumsum(rng.uniform(0.4, 1.5, size=d)) - 1.0) @ V.conj().T
    H = 0.5 * (H + H.conj().T)
    spectrum = spectrum_of_matrix(H)
    rho = random_density(rng, d)
    x, y = pair(rng, d)
    beta = temperature_function(local_equilibrium_state(spectrum, lambda e: 0.5 + 0.3 * e))
    B = 0.5 * H + 0.3 * H @ H
    y_t = expm(1j * time * H) @ y @ expm(-1j * time * H)
    shifted = expm(-B) @ y_t @ expm(B)
    expected = np.trace(rho @ x @ shifted) - np.trace(rho @ y_t @ x)
    found = local_kms_residual(density_matrix(spectrum, rho), beta).of(x, y, time)
    assert found == pytest.approx(expected, rel=1e-8, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(2, 5), times)
def test_with_the_temperature_function_of_another_state_the_residual_is_not_zero(seed, d, time):
    rng = np.random.default_rng(seed)
    spectrum = spectrum_of_levels(np.cumsum(rng.uniform(0.4, 1.5, size=d)))
    state = DensityMatrix(spectrum, np.log(rng.dirichlet(np.ones(d))))
    hotter = temperature_function(local_equilibrium_state(spectrum, lambda e: 0.1))
    x, y = pair(rng, d)
    expected = sum(
        x[k, j]
        * y[j, k]
        * np.exp(1j * time * (spectrum.levels[j] - spectrum.levels[k]))
        * (np.exp(hotter.log_weights[j] - hotter.log_weights[k]) * state.weights[k] - state.weights[j])
        for j in range(d)
        for k in range(d)
    )
    assert local_kms_residual(state, hotter).of(x, y, time) == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_tiny_weights_leave_no_residual():
    spectrum = spectrum_of_levels([0.0, 1.0, 2.0])
    state = gibbs_state(spectrum, 600.0)
    x, y = pair(np.random.default_rng(1), 3)
    assert abs(local_kms_residual(state).of(x, y, 0.3)) < 1e-12


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(2, 5), st.booleans())
def test_the_violation_is_reached_by_operators_and_never_exceeded(seed, d, degenerate):
    rng = np.random.default_rng(seed)
    levels = np.sort(rng.integers(0, 3, size=d)).astype(float) if degenerate else np.cumsum(rng.uniform(0.4, 1.5, d))
    spectrum = spectrum_of_levels(levels)
    rho = random_density(rng, d)
    state = density_matrix(spectrum, rho)
    worst = local_kms_residual(state).violation
    populations = np.array([rho.diagonal().real[spectrum.level_of == m].mean() for m in range(spectrum.size)])
    s = np.sqrt(populations[spectrum.level_of])
    D = rho / s[:, None] / s[None, :]
    values, vectors = np.linalg.eigh(D)
    assert worst == pytest.approx(values[-1] - values[0], rel=1e-10)
    # x = s^-1 |low><high| s^-1 and y = s^-1 |high><low| s are of norm one in the stated norms.
    high, low = vectors[:, -1], vectors[:, 0]
    x = np.outer(low, high.conj()) / s[:, None] / s[None, :]
    y = np.outer(high, low.conj()) / s[:, None] * s[None, :]
    assert abs(local_kms_residual(state).of(x, y)) == pytest.approx(worst, rel=1e-9)
    a, b = pair(rng, d)
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    other = abs(local_kms_residual(state).of(a / s[:, None] / s[None, :], b / s[:, None] * s[None, :]))
    assert other <= worst * (1 + 1e-9)


@settings(max_examples=15, deadline=None)
@given(seeds, st.integers(2, 5))
def test_the_violation_does_not_depend_on_the_basis(seed, d):
    rng = np.random.default_rng(seed)
    levels = np.cumsum(rng.uniform(0.4, 1.5, size=d))
    rho, V = random_density(rng, d), unitary(rng, d)
    H = V @ np.diag(levels) @ V.conj().T
    turned = V @ rho @ V.conj().T
    there = density_matrix(spectrum_of_matrix(0.5 * (H + H.conj().T)), 0.5 * (turned + turned.conj().T))
    here = density_matrix(spectrum_of_levels(levels), rho)
    assert local_kms_residual(there).violation == pytest.approx(local_kms_residual(here).violation, rel=1e-9)


def test_a_degenerate_level_with_unequal_weights_violates_and_one_with_equal_weights_does_not():
    spectrum = spectrum_of_levels([0.0, 1.0, 1.0])
    assert local_kms_residual(density_matrix(spectrum, np.diag([0.5, 0.25, 0.25]))).violation == 0.0
    # Mean 0.25: ratios 1.2 and 0.8.
    assert local_kms_residual(density_matrix(spectrum, np.diag([0.5, 0.3, 0.2]))).violation == pytest.approx(
        0.4, rel=1e-12
    )


def test_a_pure_superposition_violates_by_the_number_of_its_levels():
    plus = np.full((3, 3), 1 / 3)
    assert local_kms_residual(density_matrix(spectrum_of_levels([0.0, 1.0, 2.5]), plus)).violation == pytest.approx(3.0)


def test_errors_are_named():
    spectrum = spectrum_of_levels([0.0, 1.0])
    ground = density_matrix(spectrum, np.diag([1.0, 0.0]))
    with pytest.raises(InputError, match=r"faithful.*level '1' is empty and has no finite temperature"):
        local_kms_residual(ground)
    other = temperature_function(gibbs_state(spectrum_of_levels([0.0, 1.0, 2.0]), 1.0))
    with pytest.raises(InputError, match=r"`temperature_function` must have the 2 levels of the state, but has 3"):
        local_kms_residual(gibbs_state(spectrum, 1.0), other)
    cold = temperature_function(gibbs_state(spectrum, 900.0))
    with pytest.raises(NumericalError, match=r"exp\(beta\(H\) H\) .*overflows: log populations from -900 to"):
        local_kms_residual(gibbs_state(spectrum, 0.1), cold).of(np.ones((2, 2)), np.ones((2, 2)))
