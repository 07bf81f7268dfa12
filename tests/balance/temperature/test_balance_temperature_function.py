"""The generalised temperature of a state: round trips, inversion, the zero of energy, what is not a function of H."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise import InputError, UserCodeError
from equipoise.balance import local_equilibrium_state, temperature_function
from equipoise.spectrum import spectrum_of_levels, spectrum_of_matrix, spectrum_of_states
from equipoise.stationary import DensityMatrix, density_matrix, gibbs_state
from random_systems import unitary

log_weights = st.lists(st.floats(-600, 0), min_size=2, max_size=7)


def state_of(log_populations, levels=None):
    populations = np.asarray(log_populations, dtype=float)
    energies = np.arange(populations.size) * 0.7 - 0.9 if levels is None else levels
    return DensityMatrix(spectrum_of_levels(energies), populations - np.logaddexp.reduce(populations))


@given(log_weights)
def test_round_trip_keeps_every_log_weight_bit_for_bit(logs):
    state = state_of(logs)
    again = temperature_function(state).state(state.spectrum)
    assert np.array_equal(again.log_weights, state.log_weights)


@given(log_weights)
def test_inverse_temperatures_and_partition_function_rebuild_the_state(logs):
    state = state_of(logs)
    beta = temperature_function(state)
    rise = np.concatenate([[0.0], beta.relative_to_ground * (beta.levels[1:] - beta.levels[0])])
    assert np.allclose(-rise - beta.log_partition, state.log_weights, rtol=1e-14, atol=1e-12)
    assert np.logaddexp.reduce(-rise) == pytest.approx(beta.log_partition, rel=1e-13, abs=1e-12)


@given(log_weights)
def test_the_literal_form_rebuilds_the_state_with_partition_function_one(logs):
    state = state_of(logs)
    beta = temperature_function(state)
    again = local_equilibrium_state(state.spectrum, lambda e: beta.literal(int(np.argmin(abs(beta.levels - e)))))
    assert np.allclose(again.log_weights, state.log_weights, rtol=1e-13, atol=1e-11)


def test_populations_of_1e_260_keep_their_digits():
    levels = [0.0, 1.0, 2.5, 3.1]
    beta = temperature_function(state_of([0.0, -600.0, -1.0, -598.75], levels))
    with mpmath.workdps(40):
        expected = [-(mpmath.mpf(-600) - 0) / 1, -(mpmath.mpf(-1) + 600) / mpmath.mpf("1.5")]
    assert beta.slopes[0] == pytest.approx(float(expected[0]), rel=1e-14)
    assert beta.slopes[1] == pytest.approx(float(expected[1]), rel=1e-14)
    assert beta.between(3, 0) == pytest.approx(598.75 / 3.1, rel=1e-14)


def test_inversion_is_a_negative_temperature_and_is_named():
    beta = temperature_function(state_of(np.log([0.3, 0.6, 0.1]), [0.0, 1.0, 2.0]))
    assert beta.between(1, 0) == pytest.approx(-np.log(2.0), rel=1e-14)
    assert beta.between(0, 1) == beta.between(1, 0)
    assert beta.relative_to_ground[0] < 0
    assert beta.inverted == ((1, 0),)


@given(st.floats(-3, 3), st.integers(2, 6))
def test_gibbs_states_of_any_temperature_are_constant_and_nothing_else_is(value, size):
    spectrum = spectrum_of_levels(np.cumsum(np.arange(1, size + 1)))
    beta = temperature_function(gibbs_state(spectrum, value))
    assert beta.spread < 1e-12
    assert np.allclose(beta.relative_to_ground, value, atol=1e-12)
    bent = local_equilibrium_state(spectrum, lambda e: value + 0.1 * e)
    assert (temperature_function(bent).spread > 0.1) == (size > 2)


@given(log_weights)
def test_spread_over_neighbours_is_the_spread_over_all_pairs(logs):
    beta = temperature_function(state_of(logs))
    m, n = np.tril_indices(beta.size, -1)
    values = beta.between(m, n)
    assert np.ptp(values) == pytest.approx(beta.spread, rel=1e-9, abs=1e-9)


def test_the_literal_form_of_a_gibbs_state_is_not_constant():
    spectrum = spectrum_of_levels([0.5, 1.5, 2.5])
    beta = temperature_function(gibbs_state(spectrum, 0.8))
    log_z = np.log(np.sum(np.exp(-0.8 * spectrum.levels)))
    assert np.allclose(beta.literal_values, 0.8 + log_z / spectrum.levels, rtol=1e-14)
    assert beta.undefined == ()


def test_the_literal_form_skips_and_refuses_a_level_at_zero_energy():
    beta = temperature_function(gibbs_state(spectrum_of_levels([-1.0, 0.0, 2.0], labels=["a", "b", "c"]), 0.8))
    assert beta.undefined == (1,)
    assert beta.literal_values.shape == (2,)
    assert np.isfinite(beta.literal_values).all()
    with pytest.raises(InputError, match=r"level 'b' is at 0: .*undefined at zero energy. Use differences"):
        beta.literal(1)


def test_degenerate_levels_count_per_state():
    spectrum = spectrum_of_levels([0.0, 1.0, 1.0, 2.0])
    beta = temperature_function(gibbs_state(spectrum, 0.6))
    assert beta.spread < 1e-14
    assert np.allclose(beta.state(spectrum).log_weights, gibbs_state(spectrum, 0.6).log_weights, atol=1e-15)


def test_a_function_of_a_matrix_hamiltonian_given_as_a_matrix_is_recognised():
    rng = np.random.default_rng(3)
    V = unitary(rng, 4)
    levels, weights = np.array([0.0, 1.0, 1.0, 2.5]), np.array([0.4, 0.25, 0.25, 0.1])
    H, rho = V @ np.diag(levels) @ V.conj().T, V @ np.diag(weights) @ V.conj().T
    spectrum = spectrum_of_matrix(0.5 * (H + H.conj().T), tolerance=1e-9)
    beta = temperature_function(density_matrix(spectrum, 0.5 * (rho + rho.conj().T)))
    assert np.allclose(np.exp(beta.log_weights), [0.4, 0.25, 0.1], rtol=1e-12)


def test_states_that_are_no_function_of_the_energy_are_refused():
    degenerate = spectrum_of_levels([0.0, 1.0, 1.0], labels=["g", "a", "b"])
    with pytest.raises(InputError, match=r"function of the Hamiltonian, but level 'a \+ b' is not equally populated"):
        temperature_function(density_matrix(degenerate, np.diag([0.5, 0.3, 0.2])))
    coherent = np.array([[0.5, 0.1], [0.1, 0.5]])
    with pytest.raises(InputError, match=r"coherence between the states 0 and 1 \(by 0.1\)"):
        temperature_function(density_matrix(spectrum_of_levels([0.0, 1.0]), coherent))
    with pytest.raises(InputError, match=r"faithful.*level '1' is empty"):
        temperature_function(density_matrix(spectrum_of_levels([0.0, 1.0]), np.diag([1.0, 0.0])))
    with pytest.raises(InputError, match=r"distinct energies, but levels 'x' and 'y' are at 1 and 1"):
        temperature_function(DensityMatrix(spectrum_of_states([1.0, 1.0], ["x", "y"]), np.log([0.5, 0.5])))


def test_other_arguments_are_checked():
    beta = temperature_function(gibbs_state(spectrum_of_levels([0.0, 1.0]), 1.0))
    with pytest.raises(InputError, match=r"two different levels, but level 1 was paired with itself"):
        beta.between(1, 1)
    with pytest.raises(InputError, match=r"have the 2 levels of the temperature function.*local_equilibrium_state"):
        beta.state(spectrum_of_levels([0.0, 1.1]))
    with pytest.raises(InputError, match=r"finite at every level, but is inf at the energy 1"):
        local_equilibrium_state(spectrum_of_levels([1.0, 2.0]), lambda e: np.inf)
    with pytest.raises(UserCodeError, match=r"`beta` failed at the energy 0: ZeroDivisionError"):
        local_equilibrium_state(spectrum_of_levels([0.0, 2.0]), lambda e: 1 / e)


@pytest.mark.parametrize(("m", "n", "got"), [(-1, 2, -1), (0, 3, 3)])
def test_a_level_that_does_not_exist_has_no_temperature(m, n, got):
    beta = temperature_function(state_of(np.log([0.5, 0.3, 0.2])))
    with pytest.raises(InputError, match=rf"`m, n` must be levels, 0 \.\. 2, but got {got}\."):
        beta.between(m, n)


def test_the_literal_form_of_a_level_that_does_not_exist_is_refused():
    beta = temperature_function(state_of(np.log([0.5, 0.3, 0.2]), [0.0, 1.0, 2.0]))
    with pytest.raises(InputError, match=r"`level` must be a level, 0 \.\. 2, but got -3\."):
        beta.literal(-3)
