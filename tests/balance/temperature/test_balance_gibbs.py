"""Fitted inverse temperature and chemical potential, and their misfit."""

import numpy as np
import pytest

from equipoise import Coupling, Ohmic, OpenSystem, Reservoir, audit, bose_einstein, rate_equation
from equipoise.auditing import Question
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


@pytest.mark.parametrize("unit", [1e-150, 1e-30, 1e-22, 1e-6, 1e15, 1e30, 1e150])
@pytest.mark.parametrize("offset", [0.0, 2.0**30])
def test_the_fit_does_not_depend_on_the_unit_or_the_zero_of_energy(unit, offset):
    """Levels are multiples of 1/8, so that the offset leaves them exact."""
    levels = unit * (np.array([0.0, 0.625, 1.875, 2.0]) + offset)
    number = np.diag([0.0, 1.0, 1.0, 2.0])
    for N, mu in ((None, 0.0), (number, 0.25 * unit)):
        without = gibbs_state(spectrum_of_levels(levels - levels[0]), 2 / unit, mu, N)
        state = DensityMatrix(spectrum_of_levels(levels), without.log_weights)
        fit = fit_gibbs(state, N)
        assert fit.inverse_temperature * unit == pytest.approx(2, rel=1e-12)
        assert fit.misfit < 1e-12
        if N is not None:
            assert fit.chemical_potential / unit == pytest.approx(0.25, rel=1e-11)


@pytest.mark.parametrize("unit", [1e-22, 1.0, 1e15])
def test_an_audit_says_gibbs_in_any_unit(unit):
    bath = Reservoir("bath", bose_einstein(temperature=unit), Ohmic(0.01, 10.0 * unit))
    found = audit(OpenSystem(unit * np.array([0.0, 1.0, 2.5]), [Coupling(bath, np.ones((3, 3)))]))
    assert found.finding(Question.GIBBS).answer == "yes"
