"""The orders of the laws along a bias, and how far each holds."""

import numpy as np
import pytest

from equipoise import Coupling, InputError, OpenSystem, Reservoir, bose_einstein
from equipoise.fluctuations import Reference, nonlinearity
from equipoise.reservoirs import Ohmic
from random_systems import Draw, bosonic_system, fermionic_system

CASES = {
    "bosons": (bosonic_system(Draw(1, 5, 3, False)), None),
    "degenerate bosons": (bosonic_system(Draw(3, 5, 2, True)), None),
    "bosons below the band": (bosonic_system(Draw(5, 4, 2, False, mu=True)), None),
    "degenerate fermions": (fermionic_system(Draw(6, 6, 3, True)), Reference(1.0, 0.1)),
}


@pytest.mark.parametrize(("system", "reference"), CASES.values(), ids=CASES)
def test_errors_are_of_second_and_third_order(system, reference):
    s = np.array([0.01, 0.02, 0.04])
    found = nonlinearity(system, s, reference)
    for law, order in ((found.linear, 2), (found.second_order, 3)):
        error = np.abs(law - found.actual).max(axis=1)
        slope = np.polyfit(np.log(s), np.log(error), 1)[0]
        assert slope == pytest.approx(order, abs=0.15)


def baths(cold=1.0, hot=3.0):
    pair = [Reservoir(f"bath at {T}", bose_einstein(temperature=T), Ohmic(0.05, 8.0)) for T in (cold, hot)]
    return OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]]) for bath in pair])


def test_law_holds_up_to_where_its_error_says():
    found = nonlinearity(baths(), np.linspace(0.0, 1.0, 21))
    assert found.linear_error[0] == 0.0
    assert np.all(np.diff(found.linear_error) > 0)
    reach = found.linear_up_to(0.01)
    assert 0 < reach < 1
    inside = found.scales <= reach
    assert np.all(found.linear_error[inside] <= 0.01)
    assert np.all(found.linear_error[~inside] > 0.01)
    assert found.linear_up_to(1e3) == 1.0
    # At s = 1 the flows are those of the system itself.
    np.testing.assert_allclose(found.forces, [2 / 3 - 1, 2 / 3 - 1 / 3, 0, 0], atol=1e-15)


def test_equal_reservoirs_are_linear_at_any_scale():
    found = nonlinearity(baths(1.0, 1.0), [0.0, 1.0, 5.0])
    np.testing.assert_array_equal(found.linear_error, 0.0)
    np.testing.assert_array_equal(found.second_order_error, 0.0)


def test_law_that_fails_everywhere():
    assert nonlinearity(baths(), [0.9, 1.0]).linear_up_to(1e-9) is None


def test_messages():
    with pytest.raises(InputError, match=r"`scales` must be a list of numbers, shape \(S,\), but has shape \(\)"):
        nonlinearity(baths(), 0.5)
    with pytest.raises(InputError, match="`scales` must be finite"):
        nonlinearity(baths(), [0.0, np.inf])
    with pytest.raises(InputError, match="`tolerance` must be > 0"):
        nonlinearity(baths(), [0.5]).linear_up_to(0.0)
    with pytest.raises(InputError, match=r"`scales` must keep .* positive, but at s = -3 that of .* is -0\.33"):
        nonlinearity(baths(), [0.0, -3.0])
