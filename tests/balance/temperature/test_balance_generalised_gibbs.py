"""Generalised Gibbs states: round trips, matched moments against 40 digits, inversion, conditioning."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import InputError, NumericalError
from equipoise.balance import fit_generalised_gibbs, local_equilibrium_state
from equipoise.balance.temperature.generalised_gibbs import generalised_gibbs_state
from equipoise.spectrum import spectrum_of_levels, spectrum_of_states
from equipoise.stationary import DensityMatrix, gibbs_state

seeds = st.integers(0, 10**6)


def random_state(seed, size, *, degenerate=False):
    rng = np.random.default_rng(seed)
    levels = np.cumsum(rng.uniform(0.3, 1.5, size=size)) - 1.0
    if degenerate:
        levels = np.repeat(levels, rng.integers(1, 4, size=size))
    spectrum = spectrum_of_levels(levels)
    logs = np.log(rng.dirichlet(np.ones(size)))[spectrum.level_of]
    return DensityMatrix(spectrum, logs - np.logaddexp.reduce(logs))


def moments(state, order):
    energies = state.spectrum.state_energies
    return [float(state.weights @ energies**j) for j in range(1, order + 1)]


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(2, 6), st.booleans())
def test_at_the_highest_order_every_function_of_h_is_met_exactly(seed, size, degenerate):
    state = random_state(seed, size, degenerate=degenerate)
    fit = fit_generalised_gibbs(state, size - 1)
    assert fit.misfit == 0.0
    assert np.array_equal(fit.density.log_weights, state.log_weights)
    again = generalised_gibbs_state(state.spectrum, fit.coefficients)
    assert np.allclose(again.log_weights, state.log_weights, atol=1e-14 * fit.condition * 10)


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(3, 7), st.integers(1, 4), st.booleans())
def test_below_it_the_moments_are_those_of_the_state(seed, size, order, degenerate):
    order = min(order, size - 2)
    state = random_state(seed, size, degenerate=degenerate)
    fit = fit_generalised_gibbs(state, order)
    assert np.allclose(moments(fit.density, order), moments(state, order), rtol=1e-11, atol=1e-11)
    assert fit.density.weights.sum() == pytest.approx(1.0, rel=1e-13)
    assert fit.density.entropy >= state.entropy - 1e-13
    assert fit.misfit == pytest.approx(fit.density.entropy - state.entropy, abs=1e-11)
    again = generalised_gibbs_state(state.spectrum, fit.coefficients)
    assert np.allclose(again.log_weights, fit.density.log_weights, atol=1e-13 * fit.condition)


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(3, 7), st.integers(1, 3))
def test_round_trip_of_coefficients(seed, size, order):
    rng = np.random.default_rng(seed)
    order = min(order, size - 1)
    spectrum = spectrum_of_levels(np.cumsum(rng.uniform(0.3, 1.0, size=size)))
    given_ = rng.normal(size=order) / 3.0 ** np.arange(order)
    fit = fit_generalised_gibbs(generalised_gibbs_state(spectrum, given_), order)
    assert np.allclose(fit.coefficients, given_, atol=1e-12 * fit.condition)
    weights = np.exp(-np.polynomial.Polynomial([0.0, *given_])(spectrum.levels))
    assert fit.log_partition == pytest.approx(np.log(weights.sum()), abs=1e-12 * fit.condition)
    assert fit.misfit < 1e-24
    scaled = np.polynomial.Polynomial([0.0, *fit.scaled_coefficients])((spectrum.levels - fit.centre) / fit.scale)
    plain = np.polynomial.Polynomial([0.0, *fit.coefficients])(spectrum.levels)
    assert np.ptp(scaled - plain) < 1e-12 * fit.condition


def test_the_fit_agrees_with_40_digits():
    levels, weights = [0.0, 1.0, 2.3, 3.1, 4.7], [0.3, 0.25, 0.05, 0.3, 0.1]
    fit = fit_generalised_gibbs(DensityMatrix(spectrum_of_levels(levels), np.log(weights)), 2)
    with mpmath.workdps(40):
        e, p = [mpmath.mpf(str(x)) for x in levels], [mpmath.mpf(str(x)) for x in weights]
        goal = [mpmath.fsum(pm * em**j for pm, em in zip(p, e, strict=True)) for j in (1, 2)]

        def defect(b1, b2):
            q = [mpmath.exp(-b1 * em - b2 * em**2) for em in e]
            Z = mpmath.fsum(q)
            return [mpmath.fsum(qm * em**j for qm, em in zip(q, e, strict=True)) / Z - goal[j - 1] for j in (1, 2)]

        expected = mpmath.findroot(defect, (float(fit.coefficients[0]), float(fit.coefficients[1])))
    assert np.allclose(fit.coefficients, [float(b) for b in expected], rtol=1e-12)


def test_an_inverted_state_needs_a_negative_coefficient():
    state = DensityMatrix(spectrum_of_levels([0.0, 1.0, 2.6]), np.log([0.05, 0.9, 0.05]))
    fit = fit_generalised_gibbs(state, 2)
    ratio = np.log(18.0)
    # -b1 - b2 = log 18 and b1 + 2.6 b2 = 0.
    assert np.allclose(fit.coefficients, [-2.6 * ratio / 1.6, ratio / 1.6], rtol=1e-12)
    assert fit.coefficients[0] < 0 < fit.coefficients[1]


@pytest.mark.parametrize("beta", [-2.0, 0.0, 0.5, 3.0])
@pytest.mark.parametrize("order", [1, 2])
def test_gibbs_states_are_of_first_order(beta, order):
    fit = fit_generalised_gibbs(gibbs_state(spectrum_of_levels([0.0, 0.9, 1.7, 3.0]), beta), order)
    assert fit.coefficients[0] == pytest.approx(beta, abs=1e-11)
    assert np.abs(fit.coefficients[1:]).max(initial=0.0) < 1e-11
    assert fit.misfit < 1e-24


def test_weights_of_1e_260_are_met_at_the_highest_order():
    state = DensityMatrix(spectrum_of_levels([0.0, 1.0, 2.5, 3.0]), np.array([0.0, -600.0, -3.0, -580.0]))
    fit = fit_generalised_gibbs(state, 3)
    assert fit.largest_log_misfit == 0.0
    assert np.allclose(
        generalised_gibbs_state(state.spectrum, fit.coefficients).log_weights, state.log_weights - 0.0486, atol=0.01
    )


def test_a_far_zero_of_energy_costs_the_coefficients_digits_and_not_the_state():
    near = fit_generalised_gibbs(random_state(3, 5), 3)
    levels = random_state(3, 5).spectrum.levels + 1e4
    shifted = DensityMatrix(spectrum_of_levels(levels), random_state(3, 5).log_weights)
    far = fit_generalised_gibbs(shifted, 3)
    assert np.allclose(far.density.log_weights, near.density.log_weights, atol=1e-9)
    assert np.allclose(far.scaled_coefficients, near.scaled_coefficients, atol=1e-8)
    assert far.condition > 1e6 * near.condition


def test_unresolved_moments_and_bad_arguments_are_named():
    spectrum = spectrum_of_levels([0.0, 1.0, 2.0, 3.5, 4.2])
    frozen = local_equilibrium_state(spectrum, lambda e: 200.0 + 3 * np.sin(5 * e))
    with pytest.raises(NumericalError, match=r"order 3 was not found.*fall off so fast.*number of levels less one"):
        fit_generalised_gibbs(frozen, 3)
    with pytest.raises(InputError, match=r"`order` must be an integer from 1 to 4 .*got 5"):
        fit_generalised_gibbs(frozen, 5)
    with pytest.raises(InputError, match=r"`order` must be an integer .*got 1.5"):
        fit_generalised_gibbs(frozen, 1.5)
    with pytest.raises(InputError, match=r"faithful.*empty. Fit a state without coherences"):
        fit_generalised_gibbs(DensityMatrix(spectrum_of_levels([0.0, 1.0]), np.array([0.0, -np.inf])), 1)
    with pytest.raises(InputError, match=r"levels of distinct energies, but two coincide"):
        fit_generalised_gibbs(DensityMatrix(spectrum_of_states([1.0, 1.0]), np.log([0.5, 0.5])), 1)
    with pytest.raises(InputError, match=r"`coefficients` must be a list of numbers, but has shape \(\)"):
        generalised_gibbs_state(spectrum, 1.0)
    with pytest.raises(InputError, match=r"`coefficients` must be finite"):
        generalised_gibbs_state(spectrum, [np.inf])


@pytest.mark.parametrize("seed", [1, 2, 5, 8, 13])
def test_states_far_from_any_generalised_gibbs_state_are_fitted_too(seed):
    """Log populations scattered over 30: full Newton steps overshoot."""
    rng = np.random.default_rng(seed)
    logs = rng.uniform(-30, 0, size=6)
    spectrum = spectrum_of_levels(np.cumsum(rng.uniform(0.3, 1.5, size=6)))
    state = DensityMatrix(spectrum, logs - np.logaddexp.reduce(logs))
    fit = fit_generalised_gibbs(state, 2)
    assert np.allclose(moments(fit.density, 2), moments(state, 2), rtol=1e-10)


def test_a_single_level_has_no_moments():
    with pytest.raises(InputError, match=r"`state` must have at least two levels, but has one\."):
        fit_generalised_gibbs(gibbs_state(spectrum_of_levels([0.3]), 1.0), 1)
