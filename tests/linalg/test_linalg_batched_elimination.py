"""Every point of a stack gets what it would get alone."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise._checks import InputError
from equipoise.linalg import batched_elimination
from equipoise.linalg.batched_elimination import stationary_log_weights_batch
from equipoise.linalg.elimination import stationary_log_weights

EPS = np.finfo(float).eps


@given(st.integers(1, 8), st.integers(0, 2**32 - 1), st.floats(0.1, 2000.0), st.floats(0.0, 0.6))
def test_a_stack_equals_its_points(dimension, seed, scale, absent):
    """Over ordinary and extreme ranges alike, dense and sparse; a ring keeps each matrix irreducible."""
    rng = np.random.default_rng(seed)
    logs = rng.uniform(-scale, scale, (2, 3, dimension, dimension))
    logs[rng.uniform(size=logs.shape) < absent] = -np.inf
    ring = np.arange(dimension)
    logs[..., (ring + 1) % dimension, ring] = rng.uniform(-scale, scale, (2, 3, dimension))
    log_p = stationary_log_weights_batch(logs)
    assert log_p.shape == (2, 3, dimension)
    tolerance = 40 * EPS * max(scale, 10.0) * dimension
    for point in np.ndindex(2, 3):
        expected = stationary_log_weights(logs[point])
        np.testing.assert_allclose(log_p[point], expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("spread", [10.0, 100.0, 160.0, 170.0, 300.0, 640.0, 650.0, 800.0, 1e5])
def test_points_of_every_range_share_a_chunk(spread):
    """Thermal three-level systems, from hot to exp(-spread), in one call: log p = -E - log Z."""
    beta = np.linspace(0.0, spread, 301)
    levels = np.array([0.0, 0.3, 1.0])
    gaps = np.maximum(levels[:, None] - levels, 0.0)
    log_p = stationary_log_weights_batch(-beta[:, None, None] * gaps)
    boltzmann = -beta[:, None] * levels
    expected = boltzmann - np.log(np.exp(boltzmann).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(log_p, expected, rtol=8 * EPS, atol=8 * EPS)


def test_an_underflowing_detour_is_not_lost():
    """0 -> 3 -> 1 has weight exp(-800) and is the only way to 1; 0 -> 2 at exp(-1500) the only way to 2."""
    logs = np.full((2, 4, 4), -np.inf)
    logs[:, 3, 0] = logs[:, 1, 3] = -400.0
    logs[:, 0, 1:] = 0.0
    logs[:, 2, 0] = 0.0, -1500.0
    expected = [stationary_log_weights(point) for point in logs]
    np.testing.assert_allclose(stationary_log_weights_batch(logs), expected, rtol=1e-14)


def test_many_chunks_and_their_remainder():
    rng = np.random.default_rng(0)
    logs = rng.normal(size=(20_011, 3, 3))
    log_p = stationary_log_weights_batch(logs)
    for point in (0, 7280, 7281, 7282, 14_563, 20_010):
        np.testing.assert_allclose(log_p[point], stationary_log_weights(logs[point]), rtol=0, atol=20 * EPS)
    np.testing.assert_allclose(np.exp(log_p).sum(axis=1), 1.0, rtol=8 * EPS)


def test_a_single_matrix_and_an_empty_stack_keep_their_shapes():
    logs = np.random.default_rng(1).normal(size=(4, 4))
    np.testing.assert_allclose(stationary_log_weights_batch(logs), stationary_log_weights(logs), atol=1e-14)
    assert stationary_log_weights_batch(np.empty((0, 5, 4, 4))).shape == (0, 5, 4)


def test_transient_states_have_weight_zero():
    """State 0 decays into the pair 1, 2; state 3 decays into 0."""
    rates = np.zeros((2, 4, 4))
    rates[:, 1, 0] = rates[:, 2, 1] = rates[:, 0, 3] = 1.0
    rates[:, 1, 2] = 3.0
    rates[1] = rates[1][::-1, ::-1]
    with np.errstate(divide="ignore"):
        p = np.exp(stationary_log_weights_batch(np.log(rates)))
    np.testing.assert_allclose(p[0], [0, 0.75, 0.25, 0], rtol=4 * EPS)
    np.testing.assert_allclose(p[1], [0, 0.25, 0.75, 0], rtol=4 * EPS)


def test_an_absorbing_state_takes_all():
    logs = np.full((2, 2, 2), -np.inf)
    logs[0, 0, 1] = logs[1, 1, 0] = 3.0
    np.testing.assert_array_equal(stationary_log_weights_batch(logs), [[0.0, -np.inf], [-np.inf, 0.0]])


def test_a_point_with_two_stationary_states_is_named():
    logs = np.zeros((2, 3, 3, 3))
    logs[1, 2, :2, 2] = logs[1, 2, 2, :2] = -np.inf
    with pytest.raises(InputError, match=r"`log_rates\[1, 2\]` must have a single closed class, but has 2\."):
        stationary_log_weights_batch(logs)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_infinite_element_is_named(bad):
    logs = np.zeros((2, 3, 3, 3))
    logs[0, 2, 1, 0] = bad
    with pytest.raises(InputError, match=r"`log_rates\[0, 2\]` .* element \[1, 0\] is (nan|inf)"):
        stationary_log_weights_batch(logs)


def test_a_stack_of_the_wrong_shape_is_refused():
    with pytest.raises(InputError, match=r"of shape \(\.\.\., d, d\), d > 0, but has shape \(4, 3, 2\)"):
        stationary_log_weights_batch(np.zeros((4, 3, 2)))


def test_example():
    assert doctest.testmod(batched_elimination).failed == 0
