"""Occupations: limits, full relative accuracy, exponents as differences of logarithms, every message."""

import mpmath
import numpy as np
import pytest

from equipoise._checks import InputError, UserCodeError
from equipoise.reservoirs import (
    GeneralizedGibbs,
    LocalTemperature,
    Mixture,
    Statistics,
    Thermal,
    bose_einstein,
    fermi_dirac,
)

BOSON, FERMION = Statistics.BOSON, Statistics.FERMION
X = np.concatenate([np.logspace(-12, np.log10(740), 80), [0.5, np.log(2.0), 1.0, 700.0]])

FAMILIES = {
    "thermal": lambda s: Thermal(s, 1.0),
    "local temperature": lambda s: LocalTemperature(s, lambda omega: 1.0 + 0.0 * omega),
    "generalised Gibbs": lambda s: GeneralizedGibbs(s, (0.5, 0.25), (lambda w: w, lambda w, branch: 2 * w)),
    "mixture": lambda s: Mixture((0.25, 0.75), (Thermal(s, 1.0), Thermal(s, 1.0))),
}


def occupation(x, sign):
    with mpmath.workdps(50):
        return float(1 / (mpmath.exp(mpmath.mpf(float(x))) - sign))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("statistics", [BOSON, FERMION])
def test_occupation_has_full_relative_accuracy(family, statistics):
    distribution = FAMILIES[family](statistics)
    expected = [occupation(x, statistics.sign) for x in X]
    np.testing.assert_allclose(distribution.occupation(X), expected, rtol=1e-15 * 8)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("statistics", [BOSON, FERMION])
def test_logarithms_stay_exact_where_the_occupation_underflows(family, statistics):
    distribution = FAMILIES[family](statistics)
    np.testing.assert_allclose(distribution.log_occupation(1e5), -1e5, rtol=4e-16)
    np.testing.assert_allclose(distribution.log_complement(600.0), statistics.sign * np.exp(-600.0), rtol=1e-13)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("statistics", [BOSON, FERMION])
def test_exponent_is_the_difference_of_the_logarithms(family, statistics):
    distribution = FAMILIES[family](statistics)
    omega = np.append(X, 1e5)
    upper, lower = distribution.log_complement(omega), distribution.log_occupation(omega)
    scale = np.maximum(np.abs(upper), np.abs(lower))
    assert np.all(np.abs(upper - lower - distribution.exponent(omega)) <= 8e-16 * scale)


def test_mixture_of_bosons_keeps_a_small_exponent_to_full_relative_accuracy():
    mixture = Mixture((0.5, 0.5), (bose_einstein(temperature=1.0), bose_einstein(temperature=3.0)))
    # n = 2 T_mean / omega at small omega, so x = omega / T_mean
    np.testing.assert_allclose(mixture.exponent(1e-9), 1e-9 / 2.0, rtol=1e-9)


def test_fermions_below_mu_mirror_those_above():
    distribution = fermi_dirac(temperature=0.1, chemical_potential=0.3)
    d = np.linspace(0, 60, 31)
    np.testing.assert_allclose(distribution.log_complement(0.3 - d), distribution.log_occupation(0.3 + d), rtol=1e-13)


def test_zero_temperature_is_a_step():
    fermions = fermi_dirac(temperature=0.0, chemical_potential=1.0)
    np.testing.assert_array_equal(fermions.occupation([0.9, 1.0, 1.1]), [1.0, 0.5, 0.0])
    np.testing.assert_array_equal(fermions.exponent([0.9, 1.0, 1.1]), [-np.inf, 0.0, np.inf])
    np.testing.assert_array_equal(fermions.log_occupation([0.9, 1.1]), [0.0, -np.inf])
    bosons = bose_einstein(temperature=0.0)
    np.testing.assert_array_equal(bosons.occupation([0.0, 0.1]), [0.0, 0.0])
    np.testing.assert_array_equal(bosons.log_complement([0.0, 0.1]), [0.0, 0.0])
    np.testing.assert_array_equal(bosons.log_occupation([0.0, 0.1]), [-np.inf, -np.inf])


def test_fermions_may_be_inverted_or_infinitely_hot():
    assert fermi_dirac(temperature=-1.0).occupation(1.0) == pytest.approx(1 / (1 + np.exp(-1.0)))
    assert fermi_dirac(inverse_temperature=0.0).occupation(7.0) == 0.5
    assert fermi_dirac(inverse_temperature=-np.inf).occupation(1.0) == 1.0


def test_shape_follows_omega():
    distribution = bose_einstein(temperature=1.0)
    assert distribution.occupation(np.ones((2, 3))).shape == (2, 3)
    assert np.ndim(distribution.occupation(1.0)) == 0
    mixture = Mixture((lambda w: 0.5, lambda w: 0.5), (distribution, distribution))
    assert mixture.occupation(np.ones((2, 3))).shape == (2, 3)


def test_local_inverse_temperature_is_exponent_over_frequency():
    omega = np.array([-1.0, 0.5, 2.0])
    fermions = fermi_dirac(temperature=0.5, chemical_potential=0.25)
    np.testing.assert_allclose(fermions.local_inverse_temperature(omega), 2.0 * (1 - 0.25 / omega), rtol=1e-15)
    assert bose_einstein(temperature=0.5).local_inverse_temperature(0.0) == 2.0
    assert LocalTemperature(BOSON, lambda w: 3.0 + w).local_inverse_temperature(0.0) == 3.0


def test_mixture_is_the_weighted_sum_with_weights_that_depend_on_energy_and_branch():
    parts = (fermi_dirac(temperature=0.4, chemical_potential=0.5), fermi_dirac(temperature=0.3))
    mixture = Mixture((lambda w, branch: 0.5 + 0.25 * branch, lambda w, branch: 0.5 - 0.25 * branch), parts)
    assert not mixture.is_branch_independent
    for branch, (a, b) in {1: (0.75, 0.25), -1: (0.25, 0.75)}.items():
        expected = a * parts[0].occupation(0.7) + b * parts[1].occupation(0.7)
        assert mixture.occupation(0.7, branch=branch) == pytest.approx(expected, rel=1e-15)


def test_mixture_of_zero_temperature_fields_is_filled_by_its_weights():
    parts = (fermi_dirac(temperature=0.0, chemical_potential=1.0), fermi_dirac(temperature=0.0))
    mixture = Mixture((0.25, 0.75), parts)
    np.testing.assert_array_equal(mixture.occupation([-1.0, 0.5, 2.0]), [1.0, 0.25, 0.0])
    np.testing.assert_allclose(mixture.exponent([-1.0, 0.5, 2.0]), [-np.inf, np.log(3.0), np.inf], rtol=1e-15)


def test_thermal_is_a_generalised_gibbs_state_of_energy_and_number():
    thermal = fermi_dirac(inverse_temperature=1.5, chemical_potential=0.5)
    gibbs = GeneralizedGibbs(FERMION, (1.5, -0.75), (lambda w: w, lambda w: 1.0))
    omega = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(gibbs.occupation(omega), thermal.occupation(omega), rtol=1e-15)
    assert gibbs.is_branch_independent


def test_functions_written_for_one_number_are_evaluated_point_by_point():
    field = LocalTemperature(BOSON, lambda w: 1.0 if w < 1 else 2.0)
    np.testing.assert_array_equal(field.exponent([0.5, 1.5]), [0.5, 3.0])


def test_a_failing_function_is_reported_with_the_first_frequency_at_which_it_fails():
    def beta(omega):
        if omega > 1:
            raise ZeroDivisionError("no fit there")
        return 1.0

    with pytest.raises(
        UserCodeError, match=r"LocalTemperature.beta_of_omega.*ZeroDivisionError at omega = 1.5: no fit"
    ):
        LocalTemperature(BOSON, beta).occupation([0.5, 1.5, 2.5])


def refused(match):
    return pytest.raises(InputError, match=match)


def test_temperature_is_given_once():
    with refused("`temperature` must be given, or else `inverse_temperature`.*got neither"):
        bose_einstein()
    with refused("exactly one of the two, but got both"):
        fermi_dirac(temperature=1.0, inverse_temperature=1.0)


def test_negative_or_nan_temperature_is_refused():
    with refused(r"`temperature` must be >= 0 for bosons .* got -1.0"):
        bose_einstein(temperature=-1.0)
    with refused("`temperature` must be finite for bosons .* got inf"):
        bose_einstein(temperature=np.inf)
    with refused(r"`inverse_temperature` must be positive for bosons .* got -2.0"):
        bose_einstein(inverse_temperature=-2.0)
    with refused("`temperature` must be a number, but got NaN"):
        fermi_dirac(temperature=float("nan"))
    with refused("`chemical_potential` must be finite"):
        fermi_dirac(temperature=1.0, chemical_potential=np.inf)
    with refused("`statistics` must be Statistics.BOSON or Statistics.FERMION, but got 'boson'"):
        Thermal("boson", 1.0)


def test_bosons_at_or_below_mu_are_refused_with_the_frequency():
    with refused(r"chemical potential of a bosonic reservoir, but omega = 0.2 with mu = 0.5"):
        bose_einstein(temperature=1.0, chemical_potential=0.5).occupation([0.7, 0.2])
    with refused(r"beta\(omega\) \* omega > 0 for bosons, but it is -1 at omega = 1"):
        LocalTemperature(BOSON, lambda w: -1.0).log_occupation(1.0)
    with refused(r"x = log\[\(1 \+ n\)/n\] > 0 for a bosonic occupation, but x = -2 at omega = 1"):
        GeneralizedGibbs(BOSON, (-2.0,), (lambda w: w,)).log_complement(1.0)


def test_branch_and_frequency_are_checked():
    with refused(r"`branch` must be \+1 or -1, but got 0"):
        bose_einstein(temperature=1.0).occupation(1.0, branch=0)
    with refused("`omega` must be finite"):
        bose_einstein(temperature=1.0).occupation(np.nan)
    with refused("`omega` must be nonzero for a local inverse temperature"):
        fermi_dirac(temperature=1.0, chemical_potential=1.0).local_inverse_temperature(0.0)


def test_values_of_functions_are_checked_with_the_frequency():
    with refused(r"`LocalTemperature.beta_of_omega` must return real numbers, .* omega = 2"):
        LocalTemperature(BOSON, lambda w: np.asarray(w) + 1j * (np.asarray(w) > 1)).exponent([1.0, 2.0])
    with refused(r"must return finite numbers, but returned inf at omega = 0"):
        LocalTemperature(FERMION, lambda w: 1 / np.asarray(w)).exponent([1.0, 0.0])
    with refused("must return one number for one frequency"):
        LocalTemperature(FERMION, lambda w: [1.0, 2.0]).exponent([1.0, 0.0, 3.0])
    with refused(r"`beta_of_omega` must be a function beta\(omega\), but got float"):
        LocalTemperature(FERMION, 2.0)


def test_mixtures_are_checked():
    cold, hot = bose_einstein(temperature=1.0), bose_einstein(temperature=2.0)
    with refused("`weights` must sum to one.*differs by 0.1 at"):
        Mixture((0.5, 0.6), (cold, hot))
    with refused(r"`weights\[1\]` must be >= 0, but is -0.5"):
        Mixture((1.5, -0.5), (cold, hot))
    with refused(r"`weights` must have one entry per component, 2, but has 1"):
        Mixture((1.0,), (cold, hot))
    with refused(r"`components\[1\]` must have the statistics of components\[0\], boson"):
        Mixture((0.5, 0.5), (cold, fermi_dirac(temperature=1.0)))
    with refused("`components` must hold at least one"):
        Mixture((), ())
    with refused(r"`components\[0\]` must be a distribution, but got float"):
        Mixture((1.0,), (1.0,))
    with refused(r"differs by 1 at omega = 2"):
        Mixture((lambda w: w, 0.0), (cold, hot)).occupation([1.0, 2.0])


def test_generalised_gibbs_states_are_checked():
    with refused("`charges` must have one function per multiplier, 2"):
        GeneralizedGibbs(FERMION, (1.0, 2.0), (lambda w: w,))
    with refused(r"`charges\[0\]` must be a function"):
        GeneralizedGibbs(FERMION, (1.0,), (1.0,))
