"""The multiple-precision twin agrees with the matrix-tree theorem and with the rank-one elimination."""

import mpmath as mp
import numpy as np

from reference.mp_stationary import (
    mp_elimination,
    mp_kirchhoff_weights,
    mp_log_rates,
    mp_stationary,
    mp_stationary_log_weights,
    mp_stationary_log_weights_from_rates,
)
from reference.rank_one_elimination import rank_one_log_weights, rank_one_weights


def test_null_space_agrees_with_spanning_trees():
    log_rates = np.random.default_rng(1).uniform(-40, 40, (6, 6))
    with mp.workdps(120):
        rates = mp_log_rates(log_rates)
        for p, tree in zip(mp_stationary(rates), mp_kirchhoff_weights(rates), strict=True):
            assert abs(p / tree - 1) < mp.mpf(10) ** -60
        for p, eliminated in zip(mp_stationary(rates), mp_elimination(rates), strict=True):
            assert abs(p / eliminated - 1) < mp.mpf(10) ** -60


def test_null_space_agrees_with_rank_one_elimination():
    log_rates = np.random.default_rng(2).uniform(-30, 30, (7, 7))
    expected = mp_stationary_log_weights(log_rates, digits=150)
    np.testing.assert_allclose(rank_one_log_weights(log_rates), expected, rtol=0, atol=1e-13)
    np.testing.assert_allclose(np.log(rank_one_weights(np.exp(log_rates))), expected, rtol=0, atol=1e-13)
    from_rates = mp_stationary_log_weights_from_rates(np.exp(log_rates), digits=150)
    np.testing.assert_allclose(from_rates, expected, rtol=0, atol=1e-13)
