"""The gap is the least decay rate of the populations; where it is not known the answer is None."""

import doctest

import numpy as np
import pytest

from equipoise._checks import InputError
from equipoise.linalg import spectral_gap as module
from equipoise.linalg.elimination import stationary_classes, stationary_log_weights_from_rates
from equipoise.linalg.spectral_gap import LARGEST_DIMENSION, spectral_gap


def birth_death(dimension, up, down):
    step = np.arange(dimension - 1)
    rates = np.zeros((dimension, dimension))
    rates[step + 1, step], rates[step, step + 1] = up, down
    return rates


@pytest.mark.parametrize("up", [1.0, 0.1, 1e-9, 1e-40, 0.0])
def test_birth_death_chain(up):
    """A finite ladder with constant rates: gap = up + down - 2 sqrt(up down) cos(pi / d)."""
    rates = birth_death(12, up, 1.0)
    log_p = np.where(np.arange(12) > 0, -np.inf, 0.0)
    if up:
        log_p = stationary_log_weights_from_rates(rates)
    expected = up + 1.0 - 2 * np.sqrt(up) * np.cos(np.pi / 12)
    # With up = 0 the states above the lowest are transient and the generator is one large Jordan block,
    # whose eigenvalues move by the twelfth root of a perturbation; it is triangular, so there is none.
    assert spectral_gap(rates, log_p) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("dimension", [2, 3, 6, 9])
def test_driven_ring(dimension):
    """Uniform ring with rates a forward, b backward: gap = (a + b)(1 - cos(2 pi / d))."""
    a, b, ring = 2.0, 0.25, np.arange(dimension)
    rates = np.zeros((dimension, dimension))
    np.add.at(rates, ((ring + 1) % dimension, ring), a)
    np.add.at(rates, ((ring - 1) % dimension, ring), b)
    expected = (a + b) * (1 - np.cos(2 * np.pi / dimension))
    assert spectral_gap(rates, np.full(dimension, -np.log(dimension))) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("seed", range(4))
def test_random_chain_against_plain_eigenvalues(seed):
    rates = np.random.default_rng(seed).exponential(size=(8, 8)) ** 3
    np.fill_diagonal(rates, 0)
    eigenvalues = np.linalg.eigvals(rates - np.diag(rates.sum(axis=0)))
    expected = np.sort(np.abs(eigenvalues.real))[1]
    assert spectral_gap(rates, stationary_log_weights_from_rates(rates)) == pytest.approx(expected, rel=1e-10)
    unit = 1e-200
    gap = spectral_gap(rates * unit, stationary_log_weights_from_rates(rates))
    assert gap / unit == pytest.approx(expected, rel=1e-10)


def test_transient_states_count_by_their_decay():
    """State 2 leaves at rate 0.5 for the pair 0, 1, which relaxes at 4."""
    rates = np.array([[0.0, 3.0, 0.2], [1.0, 0.0, 0.3], [0.0, 0.0, 0.0]])
    with np.errstate(divide="ignore"):
        ((_, log_p),) = stationary_classes(np.log(rates))
    assert spectral_gap(rates, log_p) == pytest.approx(0.5, rel=1e-14)


def test_a_gap_of_the_size_of_round_off_is_not_reported():
    """Two pairs joined by rates 1e-18: the gap, 2e-18 in units of the largest rate, is lost in the matrix."""
    rates = np.full((4, 4), 1e-18)
    rates[:2, :2] = rates[2:, 2:] = 1.0
    assert spectral_gap(rates, np.full(4, -np.log(4))) is None
    assert spectral_gap(np.where(rates < 1, 1e-9, 1), np.full(4, -np.log(4))) == pytest.approx(4e-9, rel=1e-5)


def test_large_and_trivial_chains_have_no_gap():
    assert spectral_gap([[0.0]], [0.0]) is None
    large = LARGEST_DIMENSION + 1
    assert spectral_gap(np.ones((large, large)), np.full(large, -np.log(large))) is None


def test_two_closed_classes_are_refused():
    with pytest.raises(InputError, match=r"`log_weights` must be finite on the only closed class .* 2 closed class"):
        spectral_gap(np.zeros((2, 2)), np.log([0.5, 0.5]))


def test_weights_that_are_not_stationary_are_refused():
    with pytest.raises(InputError, match=r"`log_weights` must be stationary.*state \d has"):
        spectral_gap([[0.0, 3.0], [1.0, 0.0]], np.log([0.5, 0.5]))


def test_negative_rates_are_refused():
    with pytest.raises(InputError, match=r"`rates` must have finite, non-negative .* element \[0, 1\] is -3"):
        spectral_gap([[0.0, -3.0], [1.0, 0.0]], np.log([0.5, 0.5]))


def test_wrong_shapes_are_refused():
    with pytest.raises(InputError, match=r"`rates` must be a square matrix .* has shape \(2, 3\)"):
        spectral_gap(np.ones((2, 3)), np.zeros(2))
    with pytest.raises(InputError, match=r"`log_weights` must have shape \(2,\).* has shape \(3,\)"):
        spectral_gap(np.ones((2, 2)), np.zeros(3))


def test_weights_that_are_no_logarithms_are_refused():
    with pytest.raises(InputError, match=r"`log_weights` must be below \+inf, but has NaN"):
        spectral_gap(np.ones((2, 2)), [0.0, np.nan])


def test_example():
    assert doctest.testmod(module).failed == 0
