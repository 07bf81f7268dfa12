"""Population inversion of three levels by a field with a temperature for each energy."""

import numpy as np
import pytest

from equipoise import Coupling, InputError, OpenSystem, Reservoir, stationary_state, weak_coupling
from equipoise.balance import temperature_function
from equipoise.reproduce.dynamical_balance.three_levels.inversion import inversion_threshold, log_inversion
from equipoise.reservoirs import LocalTemperature, Ohmic, Statistics
from equipoise.reservoirs.distributions import AbstractDistribution

LEVELS = np.array([0.0, 0.7, 2.0])


def state_of(beta_32, beta_31):
    """Stationary state of three levels without the transition 2-1."""
    slope = (beta_31 - beta_32) / 0.7

    def beta(omega):
        return beta_32 + slope * (omega - 1.3)

    field: AbstractDistribution = LocalTemperature(Statistics.BOSON, beta)
    D = [[0, 0, 1.0 - 0.4j], [0, 0, 0.3j], [0, 0, 0]]
    system = OpenSystem(LEVELS, [Coupling(Reservoir("field", field, Ohmic(1e-4, 4.0)), D)])
    return stationary_state(weak_coupling(system, lamb_shift=False))


@pytest.mark.parametrize("beta_31", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("factor", [0.5, 0.99, 1.01, 2.0])
def test_inversion_begins_at_the_threshold(beta_31, factor):
    beta_32 = factor * float(inversion_threshold(LEVELS, beta_31))
    state = state_of(beta_32, beta_31)
    logs = state.density.log_level_populations
    found = float(log_inversion(LEVELS, beta_32, beta_31))
    assert logs[1] - logs[0] == pytest.approx(found, abs=1e-13)
    assert ((1, 0) in temperature_function(state).inverted) == (found > 0) == (factor > 1)
    assert (temperature_function(state).between(1, 0) < 0) == (factor > 1)


def test_a_map_over_two_temperatures_is_one_call():
    betas = np.linspace(0.1, 3.0, 40)
    table = log_inversion(LEVELS, betas[:, None], betas[None, :])
    assert table.shape == (40, 40)
    np.testing.assert_array_equal(table > 0, betas[:, None] > inversion_threshold(LEVELS, betas)[None, :])


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([0.0, 2.0, 1.0], r"`levels` must be finite and ascend, but is \[0.0, 2.0, 1.0\]"),
        ([0.0, 1.0], r"`levels` must have shape \(..., 3\), but has shape \(2,\)"),
        ([0.0, 1.0, np.inf], r"`levels` must be finite and ascend, but is \[0.0, 1.0, inf\]"),
    ],
)
def test_levels_that_do_not_ascend_are_refused(levels, message):
    with pytest.raises(InputError, match=message):
        log_inversion(levels, 1.0, 1.0)
    with pytest.raises(InputError, match=message):
        inversion_threshold(levels, 1.0)
