"""Rates of a target in a dilute gas: Gibbs is stationary, detailed balance need not hold."""

import numpy as np

from equipoise.scattering import Contact, Gas, Target, maxwell_boltzmann, scattering_rates
from equipoise.systems.operators import ring_hopping


def test_ring_of_three_dots_is_stationary_in_the_gibbs_state_without_detailed_balance() -> None:
    target = Target(ring_hopping(3, 0.5 / np.sqrt(3), 1.5 * np.pi), Contact([1.0, 0.7, 1.5]), labels=("-", "0", "+"))
    rates = scattering_rates(target, Gas("gas", maxwell_boltzmann(inverse_temperature=2.0)))
    assert np.allclose(target.spectrum.levels, [-0.5, 0, 0.5], atol=1e-14)
    a = np.exp(rates.log_rates)
    p = np.exp(-2.0 * target.spectrum.levels)
    assert np.allclose(a @ p, a.sum(axis=0) * p, rtol=1e-13)
    log_I = rates.log_balance_ratio
    assert np.abs(log_I[~np.eye(3, dtype=bool)]).min() > 0.1
