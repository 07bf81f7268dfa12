"""Every stationary population is right relative to itself, however small; each error says what to do."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise._checks import InputError
from equipoise.linalg import _linear_elimination, _log_elimination, elimination, graphs
from equipoise.linalg.elimination import (
    stationary_classes,
    stationary_classes_from_rates,
    stationary_log_weights,
    stationary_log_weights_from_rates,
)
from reference.mp_stationary import (
    mp_elimination_log_weights,
    mp_stationary_log_weights,
    mp_stationary_log_weights_from_rates,
)
from reference.rank_one_elimination import rank_one_log_weights, rank_one_weights

EPS = np.finfo(float).eps


def thermal_log_rates(span, dimension, seed, *, two_baths=True):
    """Random rates between shuffled levels over `span` k_B T; the second bath breaks detailed balance."""
    rng = np.random.default_rng(seed)
    levels = rng.uniform(0, span, dimension)
    levels[:2] = 0, span
    gaps = np.maximum(levels[:, None] - levels, 0)
    logs = np.full((dimension, dimension), -np.inf)
    for beta in (1.0, 0.8) if two_baths else (1.0,):
        strength = rng.normal(size=(dimension, dimension))
        logs = np.logaddexp(logs, strength + strength.T - beta * gaps)
    np.fill_diagonal(logs, -np.inf)
    return logs


def from_logarithms(log_rates):
    """Run the logarithmic elimination whatever the chooser would say."""
    weights = _log_elimination.log_weights(*_log_elimination.log_factors(np.asarray(log_rates, dtype=float)))
    return weights - np.logaddexp.reduce(weights)


def ordinary_numbers_suffice(log_rates):
    return _linear_elimination.linear_factors(np.exp(log_rates - log_rates.max(axis=0))) is not None


# log p is a sum of logarithms of rates, so its error is round-off of the largest of them.
@pytest.mark.parametrize("dimension", [2, 3, 17, pytest.param(40, marks=pytest.mark.slow)])
@pytest.mark.parametrize("span", [1.0, 23.0, 103.0, 452.0, 1202.0, 1e5])
def test_thermal_populations_against_multiple_precision(span, dimension):
    logs = thermal_log_rates(span, dimension, seed=dimension)
    expected = mp_elimination_log_weights(logs)
    np.testing.assert_allclose(stationary_log_weights(logs), expected, rtol=0, atol=4 * EPS * max(4.0, span))


@pytest.mark.parametrize("coupling", [1e-8, 1e-14, 1e-20, 1e-100])
def test_nearly_decomposable_chains_lose_no_digit(coupling):
    """Three clusters joined by rates of size `coupling`, shuffled: populations keep their digits."""
    rng = np.random.default_rng(5)
    rates = rng.uniform(0.1, 2.0, (24, 24))
    cluster = rng.permutation(np.repeat(np.arange(3), 8))
    rates[cluster[:, None] != cluster] *= coupling
    expected = mp_stationary_log_weights_from_rates(rates, digits=260)
    p = np.exp(stationary_log_weights_from_rates(rates))
    np.testing.assert_allclose(p, np.exp(expected), rtol=4e-15, atol=0)
    # The logarithm of a rate 1e-100 has an absolute error of 230 round-offs.
    np.testing.assert_allclose(
        np.exp(stationary_log_weights(np.log(rates))), np.exp(expected), rtol=1e-15 * (5 - np.log(coupling))
    )


@pytest.mark.parametrize("dimension", [2, 5, 63, 64, 65, 128, 200, 321])
def test_blocked_elimination_equals_the_rank_one_one(dimension):
    """Panels, their remainders and the recursion change nothing but the order of additions."""
    logs = np.random.default_rng(dimension).normal(scale=4.0, size=(dimension, dimension))
    p = np.exp(stationary_log_weights(logs))
    np.testing.assert_allclose(p, rank_one_weights(np.exp(logs)), rtol=1e-13)
    np.testing.assert_allclose(stationary_log_weights_from_rates(np.exp(logs)), np.log(p), rtol=0, atol=1e-13)


@pytest.mark.parametrize("density", [1.0, 0.15])
@pytest.mark.parametrize("dimension", [2, 15, 16, 17, 50, 100])
@pytest.mark.parametrize("scale", [1.0, 300.0, 1e5])
def test_logarithmic_elimination_equals_the_rank_one_one(scale, dimension, density):
    rng = np.random.default_rng(dimension)
    logs = rng.uniform(-scale, scale, (dimension, dimension))
    logs[rng.uniform(size=logs.shape) > density] = -np.inf
    ring = np.arange(dimension)
    logs[(ring + 1) % dimension, ring] = rng.uniform(-scale, scale, dimension)
    expected = rank_one_log_weights(logs)
    tolerance = 10 * EPS * max(scale, np.abs(expected).max(), 10.0)
    np.testing.assert_allclose(from_logarithms(logs), expected, rtol=0, atol=tolerance)
    np.testing.assert_allclose(stationary_log_weights(logs), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("seed", range(3))
def test_the_choice_changes_nothing_at_the_border(seed):
    """Around the span at which ordinary numbers cease to suffice both routes give the same populations."""
    spans = np.linspace(500, 800, 13)
    choices = []
    for span in spans:
        logs = thermal_log_rates(span, 12, seed, two_baths=False)
        choices.append(ordinary_numbers_suffice(logs))
        np.testing.assert_allclose(
            stationary_log_weights(logs),
            from_logarithms(logs),
            rtol=0,
            atol=8 * EPS * span,
            err_msg=str(span),
        )
    assert choices[0]
    assert not choices[-1]
    assert sorted(choices, reverse=True) == choices


def test_an_underflowing_detour_is_not_lost():
    """0 -> 2 -> 1 has weight exp(-800) and is the only way to 1: ordinary numbers would see no way at all."""
    logs = np.full((4, 4), -np.inf)
    logs[3, 0] = -400.0
    logs[0, 3] = 0.0
    logs[1, 3] = -400.0
    logs[0, 1] = 0.0
    logs[2, 0] = logs[0, 2] = 0.0
    assert not ordinary_numbers_suffice(logs)
    expected = mp_stationary_log_weights(logs, digits=800)
    np.testing.assert_allclose(stationary_log_weights(logs), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(stationary_log_weights_from_rates(np.exp(logs)), expected, rtol=0, atol=1e-12)


def test_a_rate_that_underflows_beside_others_from_its_state_is_not_lost():
    logs = np.array([[-np.inf, 0.0, 0.0], [0.0, -np.inf, -np.inf], [-1500.0, -np.inf, -np.inf]])
    np.testing.assert_allclose(stationary_log_weights(logs), [-np.log(2), -np.log(2), -1500 - np.log(2)], rtol=1e-15)


def test_a_ladder_beyond_double_range_keeps_ordinary_factors():
    """Nearest-neighbour rates are all moderate; only the populations, exp(-40 n), need logarithms."""
    dimension = 60
    logs = np.full((dimension, dimension), -np.inf)
    step = np.arange(dimension - 1)
    logs[step, step + 1] = 0.0
    logs[step + 1, step] = -40.0
    assert ordinary_numbers_suffice(logs)
    expected = -40.0 * np.arange(dimension) + np.log1p(-np.exp(-40.0))
    np.testing.assert_allclose(stationary_log_weights(logs), expected, rtol=4 * EPS)
    reverse = stationary_log_weights(logs[::-1, ::-1])
    np.testing.assert_allclose(reverse[::-1], expected, rtol=4 * EPS)


@given(st.integers(2, 9), st.integers(0, 2**32 - 1), st.floats(0.1, 2e4))
def test_populations_do_not_depend_on_the_labelling_or_the_unit_of_time(dimension, seed, scale):
    rng = np.random.default_rng(seed)
    logs = rng.uniform(-scale, scale, (dimension, dimension))
    order = rng.permutation(dimension)
    log_p = stationary_log_weights(logs)
    tolerance = 20 * EPS * dimension * max(scale, 1.0)
    np.testing.assert_allclose(stationary_log_weights(logs[np.ix_(order, order)]), log_p[order], rtol=0, atol=tolerance)
    np.testing.assert_allclose(stationary_log_weights(logs + 17.25), log_p, rtol=0, atol=tolerance)


def test_weights_are_normalised_to_the_last_digit():
    """The logarithm of a population near one shows the rest: log p_0 = -exp(-50)."""
    logs = np.array([[-np.inf, 0.0], [-50.0, -np.inf]])
    np.testing.assert_allclose(stationary_log_weights(logs)[0], -np.exp(-50.0), rtol=1e-15)


def test_input_is_not_modified():
    logs = np.ones((3, 3))
    stationary_log_weights(logs)
    stationary_log_weights_from_rates(logs)
    np.testing.assert_array_equal(logs, np.ones((3, 3)))


def test_a_single_state_has_weight_one():
    assert stationary_log_weights([[np.nan]])[0] == 0.0
    assert stationary_log_weights_from_rates([[-1.0]])[0] == 0.0


@pytest.mark.parametrize("logarithmic", [True, False])
def test_each_closed_class_carries_its_own_distribution(logarithmic):
    """{0, 3} and {2} are closed, 1 and 4 leak into both."""
    rates = np.zeros((5, 5))
    rates[3, 0], rates[0, 3] = 1.0, 3.0
    rates[0, 1] = rates[2, 4] = rates[1, 4] = rates[4, 1] = 1.0
    with np.errstate(divide="ignore"):
        solve = (lambda w: stationary_classes(np.log(w))) if logarithmic else stationary_classes_from_rates
        first, second = solve(rates)
    np.testing.assert_array_equal(first.indices, [0, 3])
    np.testing.assert_allclose(np.exp(first.log_weights), [0.75, 0, 0, 0.25, 0], rtol=1e-15)
    np.testing.assert_array_equal(second.indices, [2])
    np.testing.assert_array_equal(second.log_weights, [-np.inf, -np.inf, 0.0, -np.inf, -np.inf])


def test_a_reducible_matrix_is_refused_by_the_irreducible_functions():
    rates = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    with (
        np.errstate(divide="ignore"),
        pytest.raises(InputError, match=r"2 closed classes and 1 transient state\. Use"),
    ):
        stationary_log_weights(np.log(rates))
    with pytest.raises(InputError, match=r"`rates` must be irreducible .* `stationary_classes`"):
        stationary_log_weights_from_rates(rates)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_rates_that_are_no_rates_are_refused(bad):
    rates = np.ones((3, 3))
    rates[0, 2] = bad
    with pytest.raises(InputError, match=r"finite, non-negative off-diagonal elements, but element \[0, 2\] is"):
        stationary_log_weights_from_rates(rates)


def test_rates_of_the_wrong_shape_are_refused():
    with pytest.raises(InputError, match=r"`rates` must be a square matrix .* has shape \(3,\)"):
        stationary_log_weights_from_rates(np.ones(3))
    with pytest.raises(InputError, match="`log_rates` must have at least one state"):
        stationary_log_weights(np.empty((0, 0)))


def test_log_rates_of_plus_infinity_are_refused():
    with pytest.raises(InputError, match=r"`log_rates` must have elements below \+inf"):
        stationary_log_weights([[0.0, np.inf], [0.0, 0.0]])


def test_log_product_keeps_every_entry_at_any_range():
    rng = np.random.default_rng(3)
    left, right = rng.uniform(-3000, 3000, (20, 15)), rng.uniform(-3000, 3000, (15, 25))
    left[rng.uniform(size=left.shape) < 0.3] = -np.inf
    left[4], right[:, 6] = -np.inf, -np.inf
    expected = np.logaddexp.reduce(left[:, :, None] + right, axis=1)
    np.testing.assert_allclose(_log_elimination.log_product(left, right), expected, rtol=1e-15, atol=1e-12)


@pytest.mark.parametrize("module", [elimination, graphs])
def test_examples(module):
    assert doctest.testmod(module).failed == 0
