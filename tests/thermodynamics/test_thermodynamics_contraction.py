"""Spohn's inequality along evolutions; relative entropy against matrices; an evolution with memory that violates it."""

import mpmath as mp
import numpy as np
import pytest
from scipy.linalg import logm

from equipoise import InputError, lindbladian, rate_equation, stationary_state, weak_coupling
from equipoise.spectrum import spectrum_of_levels
from equipoise.stationary import DensityMatrix, evolution
from equipoise.thermodynamics import contraction, currents_along, relative_entropy
from equipoise.thermodynamics.contractivity import coherence_between_levels
from random_systems import Draw, bosonic_system, complex_matrix


def random_state(seed, d):
    A = complex_matrix(np.random.default_rng(seed), d, d)
    rho = A @ A.conj().T
    rho = 0.5 * (rho + rho.conj().T)
    return rho / np.trace(rho).real


@pytest.mark.parametrize("seed", range(3))
def test_relative_entropy_is_that_of_matrices(seed):
    rho, sigma = random_state(seed, 3), random_state(seed + 9, 3)
    expected = np.trace(rho @ (logm(rho) - logm(sigma))).real
    assert relative_entropy(spectrum_of_levels([0.0, 1.0, 2.5]), rho, sigma) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("levels", [[0.0, 1.0, 2.5], [0.0, 1.0, 1.0]])
def test_coherence_between_levels_is_the_entropy_that_dephasing_adds(levels):
    rho = random_state(4, 3)
    same = np.equal.outer(levels, levels)
    values = [np.linalg.eigvalsh(X) for X in (np.where(same, rho, 0), rho)]
    pinched, own = (-np.sum(p * np.log(p)) for p in values)
    found = coherence_between_levels(spectrum_of_levels(levels), rho)
    assert found == pytest.approx(pinched - own, rel=1e-10)
    assert coherence_between_levels(spectrum_of_levels(levels), np.where(same, rho, 0)) < 1e-28


def test_relative_entropy_keeps_its_digits_near_zero_and_for_small_weights():
    levels = spectrum_of_levels([0.0, 1.0])
    eps = 1e-10
    near = relative_entropy(levels, np.diag([0.5 + eps, 0.5 - eps]), np.eye(2) / 2)
    with mp.workdps(50):
        p = [mp.mpf(float(x)) for x in (0.5 + eps, 0.5 - eps)]
        exact = float(sum(x * mp.log(2 * x) for x in p))
    assert near == pytest.approx(exact, rel=1e-6)
    cold = DensityMatrix(levels, np.array([np.log1p(-1e-200), np.log(1e-200)]))
    colder = DensityMatrix(levels, np.array([0.0, np.log(2e-200)]))
    assert relative_entropy(levels, cold, colder) == pytest.approx(1e-200 * (1 - np.log(2.0)), rel=1e-9)
    assert relative_entropy(levels, np.eye(2) / 2, np.diag([1.0, 0.0])) == np.inf
    assert relative_entropy(levels, np.diag([1.0, 0.0]), np.diag([1.0, 0.0])) == 0.0


@pytest.mark.parametrize("degenerate", [False, True])
def test_production_is_the_slope_of_the_relative_entropy_and_never_negative(degenerate):
    generator = weak_coupling(bosonic_system(Draw(2, 4, 2, degenerate)))
    state = stationary_state(generator)
    rho = random_state(5, 4)
    step = 1e-4
    times = np.sort(np.concatenate([[x, x + step, x + 2 * step] for x in (0.01, 0.1, 0.5)]))
    found = currents_along(generator, evolution(generator, rho, times[::-1])).contraction(state)
    np.testing.assert_array_equal(found.times, times)
    S = found.relative_entropy.reshape(3, 3)
    slopes = (S[:, 2] - S[:, 0]) / (2 * step)
    np.testing.assert_allclose(found.production[1::3], -slopes, rtol=1e-5)
    assert np.all(found.production > 0)
    assert found.largest_increase == 0.0


def test_one_reservoir_gives_the_clausius_form():
    generator = weak_coupling(bosonic_system(Draw(6, 4, 1, False)))
    beta = generator.dissipators[0].reservoir.inverse_temperature
    path = evolution(generator, random_state(1, 4), [0.1, 1.0])
    flows = currents_along(generator, path)
    expected = flows.entropy_rate - beta * flows.heat[:, 0]
    np.testing.assert_allclose(flows.contraction().production, expected, rtol=1e-9)


def test_evolution_with_memory_increases_the_relative_entropy():
    # Dephasing with coherence cos t: CPTP at each time, no semigroup.
    times = np.linspace(0, np.pi, 7)
    states = [0.5 * np.array([[1, 0.9 * np.cos(t)], [0.9 * np.cos(t), 1]]) for t in times]
    found = contraction(spectrum_of_levels([0.0, 1.0]), times, states, np.eye(2) / 2)
    assert found.production is None
    assert found.largest_increase > 0.1
    outside = contraction(
        spectrum_of_levels([0.0, 1.0]),
        [0, 1, 2],
        [np.diag(p) for p in ([1.0, 0], [0, 1.0], [0, 1.0])],
        np.diag([1.0, 0]),
    )
    assert outside.largest_increase == np.inf
    damped = [0.5 * np.array([[1, 0.9 * np.exp(-t)], [0.9 * np.exp(-t), 1]]) for t in times]
    assert contraction(spectrum_of_levels([0.0, 1.0]), times, damped, np.eye(2) / 2).largest_increase == 0.0


def test_errors_name_the_argument():
    generator = rate_equation([[0, 3], [1, 0]])
    three = lindbladian(np.diag([0.0, 1, 2]), [np.ones((3, 3))])
    path = evolution(three, np.eye(3) / 3, [0.0])
    with pytest.raises(InputError, match="`evolution` must be of the generator, dimension 2, but has dimension 3"):
        currents_along(generator, path)
    levels = spectrum_of_levels([0.0, 1.0])
    with pytest.raises(InputError, match="`times` must ascend"):
        contraction(levels, [1.0, 0.0], [np.eye(2) / 2] * 2, np.eye(2) / 2)
    with pytest.raises(InputError, match="`states` must hold one state for each of the 2 times, but has 1"):
        contraction(levels, [0.0, 1.0], [np.eye(2) / 2], np.eye(2) / 2)
