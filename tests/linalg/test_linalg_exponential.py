"""The exponential ladder: weights keep their relative accuracy at any time, and the laws of a semigroup hold."""

import re

import mpmath as mp
import numpy as np
import pytest
from scipy.linalg import expm

from equipoise._checks import InputError, NumericalError
from equipoise.linalg.exponential import matrix_action, rate_matrix_action

TIMES = np.array([1e-6, 1e-3, 0.37, 1.0, 17.3, 1e4, 1e9])


def cold(rng):
    energies = np.array([0.0, 150.0, 300.0, 420.0, 600.0])
    return np.exp(-np.maximum(energies[:, None] - energies[None, :], 0.0) + rng.normal(size=(5, 5)))


def nearly_decomposable(rng):
    W = rng.uniform(0.1, 1.0, size=(5, 5))
    W[:2, 2:] *= 1e-14
    W[2:, :2] *= 1e-14
    return W


def spread(rng):
    return np.exp(rng.normal(size=(5, 5)) * 8)


def chain(rng):
    return np.diag(rng.uniform(size=4), 1) + np.diag(rng.uniform(size=4) * 1e-60, -1)


def in_multiple_precision(rates, start, times):
    """`exp(G t) p` by scaling and squaring with 330 digits."""
    d = len(rates)
    with mp.workdps(330):
        G = mp.matrix(rates.tolist())
        for j in range(d):
            G[j, j] = -mp.fsum(G[i, j] for i in range(d) if i != j)
        out = []
        for t in times:
            doublings = max(0, int(np.ceil(np.log2(t * rates.sum(axis=0).max()))) + 8)
            A, term = G * (mp.mpf(float(t)) / mp.mpf(2) ** doublings), mp.eye(d)
            E = mp.eye(d)
            for order in range(1, 130):
                term = term * A / order
                E = E + term
            for _ in range(doublings):
                E = E * E
            p = E * mp.matrix(start.tolist())
            out.append([p[i] for i in range(d)])
    return out


@pytest.mark.parametrize("make", [cold, nearly_decomposable, spread, chain])
def test_every_weight_keeps_its_relative_accuracy(make):
    rng = np.random.default_rng(1)
    W = make(rng)
    np.fill_diagonal(W, 0.0)
    start = np.eye(5)[0]
    times = TIMES[[0, 2, 6]]
    found = rate_matrix_action(W, start, times)
    for row, exact in zip(found, in_multiple_precision(W, start, times), strict=True):
        for weight, number in zip(row, exact, strict=True):
            # Below the range of doubles there is nothing to compare.
            if number > 1e-300:
                # Weights that are exactly known times the exponential of a number up to t s ~ 40 at most.
                assert abs(weight / number - 1) < 1e-13


def test_cold_ladder_reaches_the_boltzmann_weights():
    W = np.array([[0.0, 1.0], [np.exp(-600.0), 0.0]])
    assert rate_matrix_action(W, [0.0, 1.0], [1e9])[0, 1] == pytest.approx(np.exp(-600.0), rel=1e-14)


def test_weights_are_never_negative_and_keep_their_sum():
    rng = np.random.default_rng(2)
    W = spread(rng)
    start = rng.uniform(size=5)
    found = rate_matrix_action(W, start, np.logspace(-12, 12, 97))
    assert np.all(found >= 0)
    np.testing.assert_allclose(found.sum(axis=1), start.sum(), rtol=1e-15)


def test_a_long_time_is_two_short_ones_in_any_order_of_times():
    rng = np.random.default_rng(3)
    W, start = spread(rng), np.eye(5)[2]
    whole = rate_matrix_action(W, start, [7.3, 0.0, 2.2])
    np.testing.assert_array_equal(whole[1], start)
    np.testing.assert_allclose(rate_matrix_action(W, whole[2], [5.1])[0], whole[0], rtol=1e-12)


def test_pure_decay_runs_out_of_the_range_of_doubles_without_a_warning():
    found = rate_matrix_action([[0.0, 1.0], [0.0, 0.0]], [0.0, 1.0], [1.0, 700.0, 1e9])
    np.testing.assert_allclose(found[:2, 1], np.exp([-1.0, -700.0]), rtol=1e-12)
    assert found[2].tolist() == [1.0, 0.0]


def test_a_chain_without_rates_stays():
    np.testing.assert_array_equal(rate_matrix_action(np.zeros((2, 2)), [0.25, 0.75], [0.0, 5.0]), [[0.25, 0.75]] * 2)


def test_general_matrix_agrees_with_the_exponential_of_scipy():
    rng = np.random.default_rng(4)
    M = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6)) - 8 * np.eye(6)
    start = rng.normal(size=6) + 0j
    times = np.array([0.0, 1e-4, 0.3, 2.0])
    for t, row in zip(times, matrix_action(M, start, times), strict=True):
        np.testing.assert_allclose(row, expm(M * t) @ start, atol=1e-13)


def test_conserved_functional_stays_for_fifteen_decades():
    rng = np.random.default_rng(5)
    W = rng.uniform(size=(4, 4))
    G = W - np.diag(W.sum(axis=0))
    found = matrix_action(G, [1.0, 0.0, 0.0, 0.0], TIMES, conserved=np.ones(4))
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(found, rate_matrix_action(W, [1.0, 0.0, 0.0, 0.0], TIMES), atol=1e-14)


def test_a_matrix_of_zeros_and_no_times_at_all():
    np.testing.assert_array_equal(matrix_action(np.zeros((2, 2)), [1.0, 2j], [3.0]), [[1.0, 2j]])
    assert rate_matrix_action(np.ones((2, 2)), [1.0, 0.0], []).shape == (0, 2)


def test_longest_times_of_all():
    found = rate_matrix_action([[0.0, 1e-250], [2e-250, 0.0]], [1.0, 0.0], [1e250, 1e308])
    np.testing.assert_allclose(found[:, 1], 2 / 3 * -np.expm1([-3.0, -np.inf]), rtol=1e-12)
    found = rate_matrix_action([[0.0, 1e20], [2e20, 0.0]], [1.0, 0.0], [1e308])
    np.testing.assert_allclose(found[0], [1 / 3, 2 / 3], rtol=1e-14)
    swing = np.array([[0, 1], [-1, 0]])
    np.testing.assert_allclose(matrix_action(swing, [1.0, 0.0], [1e9])[0, 0], np.cos(1e9), atol=1e-6)
    with pytest.raises(NumericalError, match="still moves after .* units of time.*Ask for shorter times"):
        matrix_action(swing, [1.0, 0.0], [1e18])


@pytest.mark.parametrize(
    ("rates", "weights", "times", "message"),
    [
        (np.ones((2, 3)), [1, 0], [1], "`rates` must be a square matrix"),
        ([[0, -1], [1, 0]], [1, 0], [1], "`rates` must have finite, non-negative off-diagonal elements"),
        (np.full((3, 3), 1e308), [1, 0, 0], [1], "`rates` must have finite column sums"),
        (np.ones((2, 2)), [1, 0, 0], [1], "`weights` must have shape (2,)"),
        (np.ones((2, 2)), [1, -1], [1], "`weights` must be finite and >= 0"),
        (np.ones((2, 2)), [1, 0], 1.0, "`times` must be a list of times"),
        (np.ones((2, 2)), [1, 0], [0.0, -1.0], "`times` must be finite and >= 0, but holds -1.0"),
        (np.ones((2, 2)), [1, 0], [np.inf], "`times` must be finite and >= 0, but holds inf"),
    ],
)
def test_bad_rates_are_refused(rates, weights, times, message):
    with pytest.raises(InputError, match=re.escape(message)):
        rate_matrix_action(rates, weights, times)


@pytest.mark.parametrize(
    ("matrix", "vector", "message"),
    [
        (np.ones((2, 3)), [1, 0], "`matrix` must have shape (n, n)"),
        (np.ones((2, 2)), [1], "`vector` must have shape (2,)"),
        ([[np.nan]], [1], "`matrix` must be finite"),
    ],
)
def test_bad_matrices_are_refused(matrix, vector, message):
    with pytest.raises(InputError, match=re.escape(message)):
        matrix_action(matrix, vector, [1.0])
