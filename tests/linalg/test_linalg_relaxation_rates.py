"""Eigenvalues of a rate matrix against multiple precision, slow ones far below round-off included."""

import re

import mpmath as mp
import numpy as np
import pytest

from equipoise._checks import InputError
from equipoise.linalg.relaxation_rates import relaxation_eigenvalues


def in_multiple_precision(rates):
    d = len(rates)
    with mp.workdps(200):
        G = mp.matrix(rates.tolist())
        for j in range(d):
            G[j, j] = -mp.fsum(G[i, j] for i in range(d) if i != j)
        return [complex(value) for value in mp.eig(G, left=False, right=False)]


def assert_same(found, exact, relative):
    left = list(exact)
    for value in found:
        nearest = int(np.argmin([abs(value - other) for other in left]))
        other = left.pop(nearest)
        assert abs(value - other) <= relative * abs(other) + 1e-150


def generic(rng):
    return np.exp(3 * rng.normal(size=(5, 5)))


def barriers(rng):
    """Reversible: wells behind barriers, rates over fifty decades."""
    wells, barrier = rng.uniform(0, 30, size=5), rng.uniform(0, 60, size=(5, 5))
    return np.exp(wells[None, :] - barrier - barrier.T)


def nearly_decomposable(rng):
    W = rng.uniform(0.1, 1, size=(5, 5))
    W[:2, 2:] *= 1e-14
    W[2:, :2] *= 1e-18
    return W


def slow_cycle(rng):
    """A driven cycle at rates 1e-40 beside a fast pair: slow complex eigenvalues."""
    W = np.zeros((6, 6))
    for k in range(5):
        W[(k + 1) % 5, k] = rng.uniform(1.0, 1.5) * 1e-40
    W[5, 0], W[0, 5] = 1.0, 2.0
    return W


@pytest.mark.parametrize("make", [generic, barriers, nearly_decomposable, slow_cycle])
def test_eigenvalues_keep_their_digits_however_small(make):
    W = make(np.random.default_rng(0))
    np.fill_diagonal(W, 0.0)
    found = relaxation_eigenvalues(W)
    assert_same(found, in_multiple_precision(W), 1e-10)
    assert found[0] == 0
    assert np.all(np.diff(found.real) <= 0)


def test_reversible_chains_have_real_eigenvalues_exactly():
    W = barriers(np.random.default_rng(1))
    np.fill_diagonal(W, 0.0)
    assert np.all(relaxation_eigenvalues(W).imag == 0)


def test_one_zero_for_each_closed_class_and_transient_states_decay():
    W = np.zeros((5, 5))
    W[0, 1] = W[1, 0] = 1.0
    W[2, 4] = 0.25
    np.testing.assert_allclose(relaxation_eigenvalues(W), [0, 0, 0, -0.25, -2], atol=1e-15)
    np.testing.assert_array_equal(relaxation_eigenvalues(np.zeros((2, 2))), [0, 0])


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        (np.ones((2, 3)), "`rates` must be a square matrix of shape (d, d)"),
        ([[0, -1], [1, 0]], "`rates` must have finite, non-negative off-diagonal"),
    ],
)
def test_bad_rates_are_refused(rates, message):
    with pytest.raises(InputError, match=re.escape(message)):
        relaxation_eigenvalues(rates)
