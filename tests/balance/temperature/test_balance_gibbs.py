"""Fitted inverse temperature and chemical potential, and their misfit."""

import numpy as np
import pytest

from equipoise import rate_equation
from equipoise.balance import (
    fit_generalised_gibbs,
    fit_gibbs,
    local_kms_residual,
    temperature_function,
    time_reversed_generator,
)
from equipoise.balance.temperature.gibbs import gibbs_misfit
from equipoise.fluxes import at_state
from equipoise.spectrum import spectrum_of_levels
from equipoise.stationary import DensityMatrix, density_matrix, gibbs_state
from random_systems import Draw, fermionic_system


@pytest.mark.parametrize("beta", [1e-3, 1.0, 40.0, 300.0, -2.0])
def test_gibbs_states_are_recognised_at_any_temperature(beta):
    state = gibbs_state(spectrum_of_levels([0.0, 0.3, 1.1, 2.0]), beta)
    fit = fit_gibbs(state)
    assert fit.inverse_temperature == pytest.approx(beta, rel=1e-10)
    assert fit.misfit <= fit.tolerance
    assert gibbs_misfit(state, beta) <= fit.tolerance


@pytest.mark.parametrize("seed", [1, 2])
def test_grand_canonical_states_give_beta_and_mu(seed):
    system = fermionic_system(Draw(seed, 6, 1, False))
    state = gibbs_state(system.spectrum, 1.7, 0.6, system.number)
    again = density_matrix(system.spectrum, state.matrix())
    for density in (state, again):
        fit = fit_gibbs(density, system.number)
        assert fit.inverse_temperature == pytest.approx(1.7, rel=1e-9)
        assert fit.chemical_potential == pytest.approx(0.6, rel=1e-9)
        assert fit.parameters == 2
        assert gibbs_misfit(density, 1.7, 0.6, system.number) < 1e-9


def test_misfit_of_a_state_that_is_not_gibbs_is_seen():
    spectrum = spectrum_of_levels([0.0, 1.0, 2.0])
    state = DensityMatrix(spectrum, np.log([0.5, 0.2, 0.3]))
    fit = fit_gibbs(state)
    assert fit.misfit > 0.1
    assert gibbs_misfit(state, fit.inverse_temperature) > 0.1


def test_coherence_between_levels_is_a_misfit_even_with_thermal_populations():
    spectrum = spectrum_of_levels([0.0, 1.0])
    rho = np.diag(np.exp([0.0, -1.0]) / (1 + np.exp(-1.0))).astype(complex)
    rho[0, 1] = rho[1, 0] = 0.1
    assert fit_gibbs(density_matrix(spectrum, rho)).misfit > 0.1


def test_number_that_follows_the_energy_gives_no_chemical_potential():
    spectrum = spectrum_of_levels([0.0, 1.0, 2.0])
    fit = fit_gibbs(gibbs_state(spectrum, 1.0), np.diag([0.0, 1.0, 2.0]))
    assert fit.chemical_potential is None
    assert fit.parameters == 1


def test_pure_and_uniform_states():
    spectrum = spectrum_of_levels([0.0, 1.0])
    assert fit_gibbs(DensityMatrix(spectrum, np.array([0.0, -np.inf]))).inverse_temperature == np.inf
    assert fit_gibbs(DensityMatrix(spectrum, np.log([0.5, 0.5]))).inverse_temperature == pytest.approx(0.0, abs=1e-15)
    assert gibbs_misfit(DensityMatrix(spectrum, np.array([0.0, -np.inf])), np.inf) == 0.0
    assert gibbs_misfit(DensityMatrix(spectrum, np.array([0.0, -np.inf])), 1.0) == np.inf


def test_questions_about_a_state_are_answered_for_the_pair_of_a_generator_and_its_state():
    pair = at_state(rate_equation([[0, 1.0, 3.0], [2.5, 0, 1.0], [1.5, 2.5, 0]], energies=[0.0, 1.0, 2.5]))
    state = pair.stationary
    assert fit_gibbs(pair) == fit_gibbs(state)
    assert np.array_equal(temperature_function(pair).slopes, temperature_function(state).slopes)
    assert local_kms_residual(pair).violation == local_kms_residual(state).violation
    assert np.array_equal(fit_generalised_gibbs(pair, 2).coefficients, fit_generalised_gibbs(state, 2).coefficients)
    one, two = (time_reversed_generator(*given) for given in ((pair,), (pair.generator, state)))
    assert np.array_equal(one.superoperator(), two.superoperator())
