"""Principal values: closed forms with every kind of edge, tail and pole; divergences are named."""

import numpy as np
import pytest
from scipy.special import exp1, expi

from equipoise._checks import NumericalError
from equipoise.linalg.principal_value import principal_value

ROUND_OFF = 2e-13  # what the condition of the sums below leaves of 1e-16


def step(a, b, pole):
    return np.log(np.abs((b - pole) / (a - pole)))


@pytest.mark.parametrize("pole", [-3.0, -1 - 1e-9, -1 + 1e-9, -0.3, 0.0, 0.5, 1 - 1e-6, 1 + 1e-6, 7.0, 1e5])
def test_constant_between_edges(pole):
    value = principal_value(np.ones_like, np.array([pole]), lower=-1.0, upper=1.0)
    assert value[0] == pytest.approx(step(-1.0, 1.0, pole), rel=ROUND_OFF, abs=1e-15)


def test_square_root_edges_up_to_the_edges_themselves():
    pole = np.array([-1.0, -0.9999999, -0.3, 0.0, 0.25, 0.99, 1.0, 1.0000001, 1.5, 1e4])
    value = principal_value(lambda v: np.sqrt((1 - v) * (1 + v)), pole, lower=-1.0, upper=1.0)
    outside = np.sign(pole) / (np.maximum(np.abs(pole), 1) + _root(pole))
    expected = -np.pi * np.where(np.abs(pole) <= 1, pole, outside)
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-14)


def _root(pole):
    return np.sqrt(np.maximum((np.abs(pole) - 1) * (np.abs(pole) + 1), 0))


def test_inverse_square_root_edges():
    pole = np.array([-2.0, -1.001, -0.9, 0.0, 0.3, 0.999, 1.01, 30.0])
    value = principal_value(lambda v: 1 / np.sqrt((1 - v) * (1 + v)), pole, lower=-1.0, upper=1.0)
    expected = np.where(np.abs(pole) < 1, 0.0, -np.pi * np.sign(pole) / np.where(_root(pole) > 0, _root(pole), 1))
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("power", [-0.5, -0.2, 0.3, 1.0, 2.5])
def test_power_laws_at_an_edge(power):
    """P int_0^1 v^p/(v - w) dv = the same over (0, inf), -pi cot(pi p) w^p, less a series of the tail."""
    pole = np.array([1e-8, 1e-3, 0.2, 0.5])
    value = principal_value(lambda v: v**power, pole, lower=0.0, upper=1.0)
    # int_1^inf v^p/(v - w) dv = -sum_k w^k/(p - k), continued analytically to p > 0
    tail = sum(-(pole**k) / (power - k) if power != k else np.zeros(4) for k in range(120))
    whole = -np.pi / np.tan(np.pi * power) * pole**power if power % 1 else pole**power * np.log(1 / pole)
    # Inside the band of an inverse square root, terms of the size w^p cancel.
    assert np.all(np.abs(value - (whole - tail)) <= 2e-13 * (1 + np.abs(whole) + pole**power))


def test_exponential_tail():
    pole = np.array([-50.0, -1.0, -1e-6, 1e-6, 0.3, 1.0, 10.0, 100.0, 1e6])
    value = principal_value(lambda v: np.exp(-v), pole, lower=0.0, upper=np.inf, points=(1.0,))
    size = np.minimum(np.abs(pole), 500)
    expected = np.where(pole < 0, np.exp(size) * exp1(size), -np.exp(-size) * expi(size))
    expected[-1] = -sum(k * 1e6 ** -(i + 1) for i, k in enumerate([1, 1, 2, 6]))
    np.testing.assert_allclose(value, expected, rtol=1e-12)


def test_algebraic_tails_at_any_distance():
    pole = np.array([-1e9, -30.0, -1.0, 0.1, 1.0, 2.0, 1e3, 1e12])
    value = principal_value(lambda v: 1 / (1 + v**2), pole, lower=-np.inf, upper=np.inf, points=(0.0,))
    np.testing.assert_allclose(value, -np.pi * pole / (1 + pole**2), rtol=1e-11)


def test_poles_on_panel_ends_and_midpoints_agree_with_their_neighbours():
    """A pole on the junction of two panels, or as near as doubles go, is nothing special."""
    junction = 0.5
    pole = junction + np.array([0.0, 1e-16, 3e-16, -1e-15, 1e-14, -1e-12, 1e-10, 1e-8])
    value = principal_value(lambda v: 2 * v, pole, lower=0.0, upper=1.0)
    np.testing.assert_allclose(value, 2 + 2 * pole * step(0.0, 1.0, pole), rtol=1e-12)


def test_cusp_named_as_a_point():
    pole = np.array([-0.5, 0.2999999, 0.3, 0.8])
    value = principal_value(lambda v: np.abs(v - 0.3), pole, lower=-1.0, upper=1.0, points=(0.3,))
    # |v - c|/(v - w) = +-[1 + (w - c)/(v - w)] on the two sides of c
    off = np.where(pole == 0.3, 0.0, pole - 0.3)
    apart = np.where(pole == 0.3, 0.0, pole)
    expected = (0.7 + off * step(0.3, 1.0, apart)) - (1.3 + off * step(-1.0, 0.3, apart))
    np.testing.assert_allclose(value, expected, rtol=1e-12)


def test_unnamed_kink_is_found():
    pole = np.array([-0.5, 0.8])
    smooth = principal_value(lambda v: np.abs(v - 0.3), pole, lower=-1.0, upper=1.0, points=(0.3,))
    np.testing.assert_allclose(
        principal_value(lambda v: np.abs(v - 0.3), pole, lower=-1.0, upper=1.0), smooth, rtol=1e-11
    )


def test_narrow_peak_far_below_the_scale_is_found_on_exploration():
    width = 1e-7

    def peak(v):
        return v / (v**2 + width**2)

    pole = np.array([-1.0, width, 0.5])
    value = principal_value(peak, pole, lower=0.0, upper=np.inf, explore=True)
    x = pole / width
    expected = (np.pi / 2 - x * np.log(np.abs(x))) / (1 + x**2) / width
    np.testing.assert_allclose(value, expected, rtol=1e-12)


def test_shape_follows_the_poles_and_repeated_ones_agree():
    pole = np.array([[0.1, 0.2], [0.2, 0.1], [3.0, 0.1]])
    value = principal_value(np.ones_like, pole, lower=-1.0, upper=1.0)
    assert value.shape == (3, 2)
    assert value[0, 0] == value[1, 1] == value[2, 1]
    assert principal_value(np.ones_like, np.zeros((0, 2)), lower=-1.0, upper=1.0).shape == (0, 2)


def test_thousands_of_poles_are_those_one_by_one():
    pole = np.linspace(-3, 5, 2000)

    def bump(v):
        return np.exp(-(v**2))

    many = principal_value(bump, pole, lower=-np.inf, upper=np.inf)
    few = np.array([principal_value(bump, np.array([p]), lower=-np.inf, upper=np.inf)[0] for p in pole[::400]])
    np.testing.assert_allclose(many[::400], few, rtol=1e-12)


def test_zero_function():
    np.testing.assert_array_equal(principal_value(np.zeros_like, np.array([0.1]), lower=0.0, upper=np.inf), [0.0])


def failure(match):
    return pytest.raises(NumericalError, match=match)


def test_pole_on_a_sharp_edge_is_named():
    with failure(r"^The shift diverges at omega = 1, where its integrand jumps .* Ohmic bath. Move it.$"):
        principal_value(np.ones_like, np.array([0.5, 1.0]), lower=-1.0, upper=1.0, what="The shift", remedy="Move it.")
    with failure("diverges at omega = 0.25"):
        principal_value(lambda v: 1.0 * (v > 0.25), np.array([0.25]), lower=0.0, upper=1.0, points=(0.25,))


def test_integrals_that_diverge_at_infinity_are_named():
    with failure(r"does not vanish towards v = \+inf. Give the band finite edges"):
        principal_value(np.ones_like, np.array([0.5]), lower=0.0, upper=np.inf)
    with failure(r"does not vanish towards v = -inf"):
        principal_value(lambda v: v / (1 + np.abs(v)), np.array([0.5]), lower=-np.inf, upper=0.0)


def test_integrands_that_are_not_integrable_are_named():
    with failure(r"not integrable at v = 0. The spectral density must vanish there"):
        principal_value(lambda v: 1 / v, np.array([0.5]), lower=0.0, upper=1.0)
    with failure(r"cannot be resolved: its integrand is (singular|noisy), which leaves a relative error of"):
        principal_value(lambda v: 1 / (v - 1), np.array([5.0]), lower=1.0, upper=2.0)


def test_integrands_that_cannot_be_resolved_are_named():
    with failure(r"did not converge: 50000 panels leave its integrand unresolved near v = "):
        principal_value(lambda v: 1 + np.sin(1e9 * v), np.array([5.0]), lower=0.0, upper=1.0)


def test_distant_peak_of_unknown_scale_is_found_on_exploration():
    def peak(v):
        return np.exp(-((v - 1000.0) ** 2))

    pole = np.array([-1.0, 900.0, 2000.0])
    value = principal_value(peak, pole, lower=0.0, upper=np.inf, explore=True)
    offset = 1000.0 - pole
    # sqrt(pi)/offset (1 + <x^2>/offset^2 + ...), <x^2> = 1/2
    np.testing.assert_allclose(value, np.sqrt(np.pi) / offset * (1 + 0.5 / offset**2 + 0.75 / offset**4), rtol=1e-11)
