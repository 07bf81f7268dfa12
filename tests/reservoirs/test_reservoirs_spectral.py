"""Spectral densities: formula and prefactor of each family, supports, low-frequency slopes, messages."""

import numpy as np
import pytest
from scipy.integrate import quad

from equipoise._checks import InputError, UserCodeError
from equipoise.reservoirs import (
    CallableDensity,
    CorrelatedDensity,
    DrudeLorentz,
    ExponentialCutoff,
    Flat,
    HardCutoff,
    Lorentzian,
    Newns,
    Ohmic,
    Tabulated,
)

OMEGA = np.array([-2.0, -0.3, 0.0, 0.2, 0.9, 2.5, 40.0])


def refused(match):
    return pytest.raises(InputError, match=match)


@pytest.mark.parametrize("s", [0.5, 1.0, 3.0])
def test_ohmic_family(s):
    positive = np.where(OMEGA > 0, OMEGA, 0.0)
    power = 0.1 * positive**s * 5.0 ** (1 - s)
    np.testing.assert_allclose(Ohmic(0.1, 5.0, s)(OMEGA), power * np.exp(-positive / 5), rtol=1e-14)
    np.testing.assert_allclose(Ohmic(0.1, HardCutoff(5.0), s)(OMEGA), power * (OMEGA <= 5), rtol=1e-14)
    assert Ohmic(0.1, 5.0, s) == Ohmic(0.1, ExponentialCutoff(5.0), s)


def test_drude_lorentz_integrates_to_its_reorganisation_energy():
    density = DrudeLorentz(0.7, cutoff=3.0)
    total = quad(lambda w: density(w) / w, 0, np.inf)[0]
    assert total == pytest.approx(0.7, rel=1e-9)
    assert density(1e200) == pytest.approx(2 * 0.7 * 3.0 / np.pi * 1e-200)


@pytest.mark.parametrize(
    ("density", "centre"), [(Lorentzian(0.4, 0.3, 0.2), 0.3), (Newns(0.4, 1.5, 0.3), 0.3), (Flat(0.4), 0.3)]
)
def test_rate_is_two_pi_j_at_the_centre(density, centre):
    assert 2 * np.pi * density(centre) == pytest.approx(0.4)


def test_widths():
    assert 2 * np.pi * Lorentzian(1.0, 0.3, 0.2)(0.5) == pytest.approx(0.5)
    assert 2 * np.pi * Newns(1.0, 2.0, 1.0)(1.0 + 2.0 * 0.6) == pytest.approx(0.8)
    assert quad(Newns(1.0, 2.0, 1.0), -1, 3)[0] == pytest.approx(2.0 / 4)  # (Gamma / 2 pi) W pi / 2


def test_newns_is_zero_at_its_edges_however_they_round():
    density = Newns(1.0, 0.1, 0.2)
    assert np.all(np.asarray(density(np.array(density.support))) < 1e-8)
    assert density(0.31) == 0


def test_flat_band_has_edges():
    np.testing.assert_array_equal(Flat(2 * np.pi, -1, 1)([-1.1, 0.0, 1.1]), [0, 1, 0])


def test_shape_follows_omega():
    assert Ohmic(0.1, 1.0)(np.ones((2, 3))).shape == (2, 3)
    assert np.ndim(Ohmic(0.1, 1.0)(1.0)) == 0


def test_table_of_a_smooth_density_reproduces_it():
    exact = Ohmic(0.3, 2.0)
    table = np.linspace(0, 40, 4001)
    density = Tabulated(table, exact(table))
    omega = np.linspace(0.013, 39, 977)
    np.testing.assert_allclose(density(table), exact(table), rtol=4e-16)
    # Fourth-order in the step except in the cell of the maximum, where the monotone slope is 0: second order.
    assert np.max(np.abs(density(omega) - exact(omega))) < 1e-5 * np.max(exact(omega))
    far = np.abs(omega - 2.0) > 0.03
    assert np.max(np.abs(density(omega) - exact(omega))[far]) < 1e-7
    np.testing.assert_array_equal(density([-0.1, 40.1]), [0, 0])


def test_table_never_undershoots_zero():
    density = Tabulated([0, 1, 2, 3, 4, 5], [0, 0, 1, 0, 0, 0.3])
    assert np.min(density(np.linspace(0, 5, 2001))) >= 0


def test_callable_density_is_asked_inside_its_support_only():
    density = CallableDensity(lambda w: np.sqrt(w - 1), support=(1.0, 4.0))
    np.testing.assert_array_equal(density([0.5, 2.0, 5.0]), [0.0, 1.0, 0.0])
    scalar = CallableDensity(lambda w: w if w < 1 else 1.0)
    np.testing.assert_array_equal(scalar([0.5, 2.0]), [0.5, 1.0])


SLOPES = [
    (Ohmic(0.1, 5.0), 0.1),
    (Ohmic(0.1, 5.0, 0.9), np.inf),
    (Ohmic(0.1, 5.0, 1.1), 0.0),
    (Ohmic(0.0, 5.0, 0.9), 0.0),
    (DrudeLorentz(0.5, 2.0), 0.5 / np.pi),
    (Lorentzian(0.1, 3.0, 0.1), np.inf),
    (Newns(0.1, 1.0), np.inf),
    (Newns(0.1, 1.0, 3.0), 0.0),
    (Newns(0.1, 1.0, -1.0), 0.0),
    (Flat(0.1), np.inf),
    (Flat(0.1, 0.5, 1.0), 0.0),
    (CallableDensity(lambda w: 0.3 * np.sin(w), (0.0, 1.0)), 0.3),
    (CallableDensity(lambda w: w**2), 0.0),
    (CallableDensity(lambda w: w**0.5), np.inf),
    (CallableDensity(lambda w: w * np.exp(-1 / np.asarray(w))), 0.0),
    (CallableDensity(lambda w: w, (1.0, 2.0)), 0.0),
    (Tabulated([1.0, 2.0], [1.0, 1.0]), 0.0),
    (Tabulated([0.0, 2.0], [1.0, 1.0]), np.inf),
    (Tabulated([0.0, 1.0, 2.0], [0.0, 0.5, 1.0]), 0.5),
    (CorrelatedDensity(Ohmic(0.1, 5.0), np.eye(2)), 0.1),
]


@pytest.mark.parametrize(("density", "slope"), SLOPES)
def test_low_frequency_slope(density, slope):
    assert density.low_frequency_slope() == pytest.approx(slope, rel=1e-12)


def test_correlated_density_is_the_scalar_one_times_the_matrix():
    overlap = np.array([[1.0, 0.5j], [-0.5j, 0.8]])
    density = CorrelatedDensity(Ohmic(0.1, 5.0), overlap)
    assert density.channels == 2
    assert density.matrix(OMEGA).shape == (7, 2, 2)
    np.testing.assert_allclose(density.matrix(2.5), Ohmic(0.1, 5.0)(2.5) * overlap)
    varying = CorrelatedDensity(Ohmic(0.1, 5.0), lambda w: [[1.0, np.exp(-w)], [np.exp(-w), 1.0]], channels=2)
    assert varying.matrix([0.5, 1.0])[1, 0, 1] == pytest.approx(Ohmic(0.1, 5.0)(1.0) * np.exp(-1))


def test_parameters_are_checked():
    with refused("`coupling` must be >= 0, but got -0.1"):
        Ohmic(-0.1, 1.0)
    with refused("`cutoff` must be positive, but got 0"):
        Ohmic(0.1, 0.0)
    with refused("`cutoff.frequency` must be positive"):
        HardCutoff(-1.0)
    with refused("`exponent` must be positive"):
        Ohmic(0.1, 1.0, exponent=0)
    with refused("`reorganisation_energy` must be >= 0"):
        DrudeLorentz(-1.0, 1.0)
    with refused("`half_width` must be positive"):
        Lorentzian(1.0, 0.0, 0.0)
    with refused("`half_bandwidth` must be a number, but got NaN"):
        Newns(1.0, float("nan"))
    with refused("`upper` must lie above `lower` = 2.0, but got 1.0"):
        Flat(1.0, 2.0, 1.0)
    with refused("`rate` must be a real number, but got 'fast'"):
        Flat("fast")


def test_frequencies_must_be_finite():
    with refused("`omega` must be finite"):
        Flat(1.0)([0.0, np.nan])


def test_a_bad_value_is_named_with_its_frequency():
    with refused(r"spectral density is negative at omega = 3: J = -1"):
        CallableDensity(lambda w: 2 - np.asarray(w))([1.0, 3.0])
    with refused(r"`CallableDensity.function` must return finite numbers, but returned inf at omega = 0"):
        CallableDensity(lambda w: 1 / np.asarray(w))([1.0, 0.0])
    with refused(r"returned nan at omega = 2"):
        CallableDensity(lambda w: np.sqrt(1.5 - np.asarray(w)))([1.0, 2.0])


def test_a_failing_function_is_named_with_its_frequency():
    with pytest.raises(UserCodeError, match=r"`CallableDensity.function` raised KeyError at omega = 1"):
        CallableDensity(lambda w: {}[w])(1.0)


def test_tables_are_checked():
    with refused(r"strictly increasing, but frequencies\[2\] = 1 follows 1"):
        Tabulated([0, 1, 1, 2], [0, 0, 0, 0])
    with refused(r"values\[1\] = -0.5: spectral density negative at omega = 1"):
        Tabulated([0, 1, 2], [0, -0.5, 0])
    with refused("`values` must have one entry per frequency, 2"):
        Tabulated([0, 1], [0, 1, 2])
    with refused("at least two entries"):
        Tabulated([0], [0])
    with refused(r"`values` must be finite, but values\[1\] is nan"):
        Tabulated([0, 1], [0, np.nan])
    with refused(r"`frequencies` must be a vector of shape \(n,\), but has shape \(1, 2\)"):
        Tabulated([[0, 1]], [[0, 1]])


def test_supports_and_functions_are_checked():
    with refused(r"`support` must be \(lower, upper\) with lower < upper"):
        CallableDensity(abs, (1.0, 0.0))
    with refused(r"`function` must be a function J\(omega\), but got float"):
        CallableDensity(1.0)


def test_correlations_are_checked():
    flat = Flat(1.0)
    with refused("`correlation` must be Hermitian"):
        CorrelatedDensity(flat, [[1, 1], [0, 1]])
    with refused(r"`correlation` must be positive semidefinite.*eigenvalue -1"):
        CorrelatedDensity(flat, [[1, 2], [2, 1]])
    with refused(r"`correlation\(omega = 0.5\)` must have shape \(2, 2\)"):
        CorrelatedDensity(flat, lambda w: np.eye(3), channels=2).matrix(0.5)
    with refused("`channels` must be given"):
        CorrelatedDensity(flat, lambda w: np.eye(3))
    with refused("`density` must be a scalar spectral density"):
        CorrelatedDensity(CorrelatedDensity(flat, np.eye(2)), np.eye(2))
    with pytest.raises(UserCodeError, match=r"`CorrelatedDensity.correlation` raised .* at omega = 0.5"):
        CorrelatedDensity(flat, lambda w: w / 0, channels=2).matrix(0.5)
