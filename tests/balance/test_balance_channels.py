"""Channels have the notions of detailed balance of their generator, and the Petz map for a dual."""

import numpy as np
import pytest

from balance.balanced_systems import explicit, on
from equipoise import InputError, stationary_state
from equipoise.balance import BKM, KMS, InnerProduct, StandardQuantum, detailed_balance, dual
from equipoise.balance.quantum.channels import generator_of_channel
from equipoise.generators import kraus_channel
from random_systems import complex_matrix
from reference import dense_balance


def random_channel(rng, d, count):
    K = np.linalg.qr(complex_matrix(rng, count * d, d))[0]
    return list(K.reshape(count, d, d))


@pytest.mark.parametrize("d", [2, 3])
def test_residuals_are_those_of_the_channel_and_the_dual_is_the_petz_map(d):
    kraus = random_channel(np.random.default_rng(d), d, 3)
    generator = generator_of_channel(kraus)
    state = stationary_state(generator)
    sigma = state.density_matrix()
    T = sum(dense_balance.left_right(K.conj().T, K) for K in kraus)
    np.testing.assert_allclose(explicit(generator), T - np.eye(d * d), atol=1e-13)
    logarithmic = lambda x, y: x if abs(x - y) < 1e-12 else (x - y) / np.log(x / y)  # noqa: E731
    for notion, mean in (
        (KMS(), lambda x, y: np.sqrt(x * y)),
        (InnerProduct(0.0), lambda x, y: x),
        (BKM(), logarithmic),
    ):
        expected = dense_balance.metric_residual(T, sigma, mean)
        assert detailed_balance(generator, state).of(notion).value == pytest.approx(expected, rel=1e-8)
    root, inverse = dense_balance.power(sigma, 0.5), dense_balance.power(sigma, -0.5)
    petz = [root @ K.conj().T @ inverse for K in kraus]
    due = sum(dense_balance.left_right(K.conj().T, K) for K in petz) - np.eye(d * d)
    np.testing.assert_allclose(explicit(dual(generator, state)), due, atol=1e-9)
    # T followed by its Petz map is balanced, by construction.
    both = generator_of_channel([K @ P for K in kraus for P in petz])
    balanced = detailed_balance(both, on(both, sigma)).of(KMS())
    assert balanced.relative < 1e-9
    assert detailed_balance(both, on(both, sigma)).of(StandardQuantum()).relative < 1e-9


def test_a_channel_is_taken_as_it_is():
    channel = kraus_channel([np.sqrt(0.9) * np.eye(2), np.sqrt(0.1) * np.array([[0, 1], [1, 0]])])
    given = generator_of_channel(channel).superoperator()
    assert np.abs(given - (channel.superoperator() - np.eye(4))).max() < 1e-15


def test_what_is_no_channel():
    with pytest.raises(InputError, match="preserve the trace.*differs by 1 at element .0, 0.. Jump operators"):
        generator_of_channel([np.array([[0, 1.0], [0, 0]])])
    with pytest.raises(InputError, match="`kraus_operators` must hold at least one operator, but is empty"):
        generator_of_channel([])
    with pytest.raises(InputError, match=r"`kraus_operators\[1\]` must have shape \(2, 2\)"):
        generator_of_channel([np.eye(2), np.eye(3)])
