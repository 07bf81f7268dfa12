"""A measured map: how its stationary state, its eigenbasis and its equal weights follow from its errors."""

import numpy as np
import pytest
from measured_maps import error_factor, kms_balanced, known, rotated, schroedinger, step, transfer
from scipy.linalg import null_space

from equipoise.tomography import hermitian_basis
from equipoise.tomography.measured import MeasuredMap, measured
from random_systems import complex_matrix


def estimate(rng, d, is_channel):
    S = schroedinger(*rotated(rng, *kms_balanced(rng, d))[:2])
    R = step(transfer(S), 0.4) if is_channel else transfer(S)
    return known(R, error_factor(rng, d, 1e-3), is_channel)


def stationary(R, d, is_channel):
    found = null_space(R - is_channel * np.eye(d * d), rcond=1e-9)[:, 0]
    return found / found[:d].sum()


@pytest.mark.parametrize("is_channel", [False, True])
@pytest.mark.parametrize("d", [2, 3])
def test_response_of_the_stationary_state_is_its_derivative(d, is_channel):
    rng = np.random.default_rng(d)
    found = measured(estimate(rng, d, is_channel), None)
    n = d * d
    for _ in range(3):
        change = rng.normal(size=(n, n))
        change -= np.outer(np.concatenate([np.ones(d), np.zeros(n - d)]) / d, change[:d].sum(axis=0))
        up, down = (stationary(found.transfer + by * change, d, is_channel) for by in (1e-6, -1e-6))
        np.testing.assert_allclose(found.state_response @ change.ravel(), (up - down) / 2e-6, atol=1e-7)


def of_weights(weights, log_weight_covariance):
    n = len(weights) ** 2
    none = np.zeros((n, n))
    found = MeasuredMap(
        basis=np.eye(len(weights)),
        weights=np.asarray(weights),
        transfer=none,
        covariance=np.zeros((n * n, n * n)),
        is_channel=False,
        is_stationary=False,
    )
    object.__setattr__(found, "log_weight_covariance", np.asarray(log_weight_covariance))
    return found


def test_weights_are_compared_with_the_error_of_their_difference():
    # log 2 = 0.69 apart; the errors are 0.5 each, together 0.1 or 1 for the difference.
    for correlation, equal in ((0.98, False), (-1.0, True)):
        C = 0.25 * np.array([[1.0, correlation], [correlation, 1.0]])
        np.testing.assert_array_equal(of_weights([2 / 3, 1 / 3], C).equal_weights(), [[True, equal], [equal, True]])


def test_equal_weights_are_blocks():
    weights = np.exp([0.0, -0.3, -0.6])
    found = of_weights(weights / weights.sum(), 0.1**2 / 2 * np.eye(3)).equal_weights()
    np.testing.assert_array_equal(found, np.ones((3, 3), dtype=bool))


def fourth_root_and_basis(rho, held, reference):
    """`s^(1/4)` of the whole matrix if the basis is held, else `s^(1/4) U^+` with the phases of the reference."""
    values, V = np.linalg.eigh(rho)
    if held:
        return V @ np.diag(values**0.25) @ V.conj().T
    values, V = values[::-1], V[:, ::-1]
    overlap = np.diag(reference.conj().T @ V)
    V = V * (overlap.conj() / np.abs(overlap))
    return np.diag(values**0.25) @ V.conj().T


@pytest.mark.parametrize("held", [False, True])
def test_tilts_are_derivatives_of_the_symmetrised_picture(held):
    rng = np.random.default_rng(4)
    d = 3
    found = measured(estimate(rng, d, False), None)
    tilts = found._tilts(np.eye(d, dtype=bool) | held)
    T, s = hermitian_basis(d), np.diag(found.weights)
    Y = complex_matrix(rng, d, d)
    Y = Y + Y.conj().T
    for c in range(d * d):
        E = T[:, c].reshape(d, d)
        up, down = (fourth_root_and_basis(s + by * E, held, np.eye(d)) for by in (1e-5, -1e-5))
        N = (up - down) / 2e-5 @ np.diag(found.weights**-0.25)
        expected = (T.conj().T @ (N @ Y + Y @ N.conj().T).ravel()).real
        np.testing.assert_allclose(tilts[c] @ (T.conj().T @ Y.ravel()).real, expected, rtol=1e-5, atol=1e-6)
