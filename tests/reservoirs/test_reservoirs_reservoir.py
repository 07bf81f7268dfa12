"""Rates of a reservoir: Golden Rule, KMS to exp(-700), pure dephasing, and every message."""

import numpy as np
import pytest

from equipoise._checks import InputError
from equipoise.reservoirs import (
    CallableDensity,
    CorrelatedDensity,
    DrudeLorentz,
    Flat,
    GeneralizedGibbs,
    LocalTemperature,
    Lorentzian,
    Mixture,
    Newns,
    Ohmic,
    Reservoir,
    Statistics,
    Tabulated,
    Thermal,
    bose_einstein,
    fermi_dirac,
)

BOSON, FERMION = Statistics.BOSON, Statistics.FERMION
WIDE = CallableDensity(lambda w: 0.3 + 0.0 * np.asarray(w), (-np.inf, np.inf))

RESERVOIRS = [
    Reservoir("bosons", bose_einstein(temperature=1.0), DrudeLorentz(0.1, 5.0)),
    Reservoir("bosons below the band", bose_einstein(temperature=1.0, chemical_potential=-3.0), WIDE),
    Reservoir("fermions", fermi_dirac(temperature=1.0, chemical_potential=0.7), Flat(0.2)),
    Reservoir("inverted", fermi_dirac(temperature=-1.0), Lorentzian(0.2, 0.0, 100.0)),
    Reservoir("local", LocalTemperature(BOSON, lambda w: 1 + 1 / (1 + np.asarray(w) ** 2)), WIDE),
    Reservoir("gibbs", GeneralizedGibbs(BOSON, (1.0,), (lambda w, branch: w,)), WIDE),
    Reservoir("mix", Mixture((0.3, 0.7), (fermi_dirac(temperature=1.0), fermi_dirac(temperature=1.5))), WIDE),
]


def refused(match):
    return pytest.raises(InputError, match=match)


@pytest.mark.parametrize("reservoir", RESERVOIRS, ids=lambda r: r.name)
def test_ratio_of_the_rates_is_the_exponent_down_to_exp_minus_700(reservoir):
    omega = np.concatenate([np.logspace(-6, np.log10(700), 200), [700.0]])
    out, in_ = reservoir.log_rate_out(omega), reservoir.log_rate_in(omega)
    x = reservoir.distribution.exponent(omega)
    assert np.all(np.abs(out - in_ - x) <= 1e-15 * np.maximum(np.maximum(np.abs(out), np.abs(in_)), 1))
    with np.errstate(under="ignore"):
        np.testing.assert_allclose(reservoir.rate_out(omega), np.exp(out), rtol=1e-13)


@pytest.mark.parametrize("statistics", [BOSON, FERMION])
def test_golden_rule(statistics):
    reservoir = Reservoir("r", Thermal(statistics, 2.0), Ohmic(0.1, 5.0))
    n = 1 / (np.exp(2.0 * 0.8) - statistics.sign)
    j = 0.1 * 0.8 * np.exp(-0.16)
    assert reservoir.rate_out(0.8) == pytest.approx(2 * np.pi * j * (1 + statistics.sign * n), rel=1e-14)
    assert reservoir.rate_in(0.8) == pytest.approx(2 * np.pi * j * n, rel=1e-14)


def test_bosons_have_no_rate_at_negative_frequency_and_fermions_do():
    bosons = Reservoir("b", bose_einstein(temperature=1.0), Flat(0.2, -5.0, 5.0))
    assert bosons.rate_out(-1.0) == bosons.rate_in(-1.0) == 0
    fermions = Reservoir("f", fermi_dirac(temperature=0.0), Flat(0.2, -5.0, 5.0))
    np.testing.assert_allclose(fermions.rate_in([-1.0, 0.0, 1.0, -6.0]), [0.2, 0.1, 0, 0], rtol=1e-14)
    np.testing.assert_allclose(fermions.rate_out([-1.0, 0.0, 1.0, 6.0]), [0, 0.1, 0.2, 0], rtol=1e-14)


def test_shapes():
    reservoir = RESERVOIRS[0]
    assert reservoir.rate_out(np.ones((2, 3))).shape == (2, 3)
    assert np.ndim(reservoir.rate_in(1.0)) == 0
    assert reservoir.rate_out([]).shape == (0,)


def test_halves_of_the_dephasing_rate_add_to_the_textbook_one():
    bath = Reservoir("bath", bose_einstein(temperature=0.5), Ohmic(0.1, 5.0))
    assert bath.rate_out(0.0) == bath.rate_in(0.0)
    assert bath.rate_out(0.0) + bath.rate_in(0.0) == pytest.approx(2 * np.pi * 0.1 * 0.5, rel=1e-14)
    # the limit of the rates from above
    assert bath.rate_in(1e-9) == pytest.approx(bath.rate_out(0.0) + bath.rate_in(0.0), rel=1e-8)


DEPHASING = [
    (LocalTemperature(BOSON, lambda w: 2.0 + w), Ohmic(0.1, 5.0), 2 * np.pi * 0.1 / 2),
    (
        Mixture((0.5, 0.5), (bose_einstein(temperature=1.0), bose_einstein(temperature=3.0))),
        Ohmic(0.1, 5.0),
        2 * np.pi * 0.1 * 2,
    ),
    (GeneralizedGibbs(BOSON, (0.25,), (lambda w: w,)), DrudeLorentz(0.1, 1.0), 2 * np.pi * 4 * 0.2 / np.pi),
    (GeneralizedGibbs(BOSON, (0.25,), (lambda w: w + 1,)), DrudeLorentz(0.1, 1.0), 0.0),
    (bose_einstein(temperature=1.0, chemical_potential=-0.1), Ohmic(0.1, 5.0), 0.0),
    (bose_einstein(temperature=1.0), Ohmic(0.1, 5.0, 1.5), 0.0),
    (bose_einstein(temperature=0.0), Ohmic(0.1, 5.0), 0.0),
    (bose_einstein(temperature=0.0), Ohmic(0.1, 5.0, 0.5), 0.0),
    (bose_einstein(temperature=1.0), Newns(0.1, 1.0, 4.0), 0.0),
]


@pytest.mark.parametrize(("distribution", "density", "rate"), DEPHASING)
def test_dephasing_rate_is_the_limit_of_two_pi_j_n(distribution, density, rate):
    reservoir = Reservoir("r", distribution, density)
    assert reservoir.rate_out(0.0) == reservoir.rate_in(0.0) == pytest.approx(rate / 2, rel=1e-13)


def test_thermal_parameters_are_read_off():
    reservoir = Reservoir("r", fermi_dirac(temperature=0.5, chemical_potential=0.3), Flat(1.0))
    assert (reservoir.inverse_temperature, reservoir.chemical_potential) == (2.0, 0.3)
    assert reservoir.statistics is FERMION
    field = Reservoir("r", LocalTemperature(BOSON, lambda w: 1.0))
    assert field.inverse_temperature is None
    assert field.chemical_potential is None
    assert Reservoir("label").inverse_temperature is None


def test_table_reproduces_the_rates_of_the_density_it_was_made_from():
    exact = Reservoir("r", bose_einstein(temperature=1.0), Ohmic(0.3, 2.0))
    table = np.linspace(0, 40, 4001)
    tabulated = Reservoir("r", bose_einstein(temperature=1.0), Tabulated(table, Ohmic(0.3, 2.0)(table)))
    omega = np.linspace(0.5, 10, 50)
    np.testing.assert_allclose(tabulated.rate_in(omega), exact.rate_in(omega), rtol=2e-5)


def test_rate_matrices_are_hermitian_conjugates_in_the_two_processes():
    overlap = np.array([[1.0, 0.5j], [-0.5j, 0.8]])
    scalar = Reservoir("r", bose_einstein(temperature=1.0), Ohmic(0.1, 5.0))
    reservoir = Reservoir("r", scalar.distribution, CorrelatedDensity(scalar.spectral_density, overlap))
    omega = np.array([0.0, 0.7, -1.0])
    rate_out, rate_in = scalar.rate_out(omega), scalar.rate_in(omega)
    np.testing.assert_allclose(reservoir.rate_matrix_out(omega), rate_out[:, None, None] * overlap)
    np.testing.assert_allclose(reservoir.rate_matrix_in(omega), rate_in[:, None, None] * overlap.conj())
    assert reservoir.channels == 2
    assert scalar.channels == 1
    np.testing.assert_allclose(scalar.rate_matrix_out(0.7), [[scalar.rate_out(0.7)]])


def test_two_argument_functions_that_agree_on_both_branches_are_functions_of_energy():
    even = Reservoir("even", GeneralizedGibbs(FERMION, (1.0,), (lambda w, branch: w,)), Flat(1.0))
    assert even.rate_out(0.3) == pytest.approx(1 / (1 + np.exp(-0.3)))


def test_a_distribution_that_depends_on_the_branch_is_refused():
    odd = Reservoir("odd", GeneralizedGibbs(FERMION, (1.0,), (lambda w, branch: branch * w,)), Flat(1.0))
    assert odd.rate_out(0.0) == 0.5
    with refused(r"'odd' must not depend on the momentum branch .* omega = 0.3 the exponent is 0.3 on branch \+1"):
        odd.rate_out([0.0, 0.3])


def test_missing_parts_are_named():
    label = Reservoir("label")
    with refused("Reservoir 'label' has no `distribution`, which a rate needs"):
        label.rate_out(1.0)
    with refused("Reservoir 'label' has no `distribution`, which statistics needs"):
        label.statistics
    with refused("Reservoir 'warm' has no `spectral_density`, which a rate needs"):
        Reservoir("warm", bose_einstein(temperature=1.0)).log_rate_in(1.0)


def test_arguments_are_checked():
    with refused("`name` must be a non-empty string, but got ''"):
        Reservoir("")
    with refused("`distribution` must be a distribution"):
        Reservoir("r", 1.0)
    with refused(r"`spectral_density` must be a spectral density or None, but got function. Wrap"):
        Reservoir("r", None, lambda w: w)


@pytest.mark.parametrize(("mu", "density"), [(0.5, Ohmic(0.1, 1.0)), (1.0, Flat(0.1, 1.0, 2.0)), (0.1, Flat(0.1))])
def test_bosonic_chemical_potential_at_or_above_the_band_is_refused(mu, density):
    with refused(rf"`chemical_potential` must lie below the band edge .* mu = {mu:g}: bosonic .* (at|above) the band"):
        Reservoir("r", bose_einstein(temperature=1.0, chemical_potential=mu), density)


def test_bosonic_chemical_potential_inside_the_gap_is_allowed():
    gapped = Reservoir("r", bose_einstein(temperature=1.0, chemical_potential=0.9), Flat(0.1, 1.0, 2.0))
    assert gapped.rate_in(1.5) == pytest.approx(0.1 / np.expm1(0.6))


def test_divergent_dephasing_is_refused_only_where_it_is_asked():
    sub_ohmic = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.1, 5.0, 0.5))
    assert sub_ohmic.rate_out(0.1) > 0
    with refused(r"pure dephasing rate of reservoir 'bath' diverges at omega = 0"):
        sub_ohmic.rate_out([0.1, 0.0])
    infinite = Reservoir("hot", LocalTemperature(BOSON, lambda w: w), Ohmic(0.1, 5.0))
    with refused("'hot' diverges at omega = 0"):
        infinite.rate_in(0.0)


def test_invalid_density_is_refused_only_where_it_is_asked():
    reservoir = Reservoir("r", bose_einstein(temperature=1.0), CallableDensity(lambda w: 1 - np.asarray(w)))
    assert reservoir.rate_out(0.5) > 0
    with refused("spectral density is negative at omega = 2"):
        reservoir.rate_out([0.5, 2.0])
