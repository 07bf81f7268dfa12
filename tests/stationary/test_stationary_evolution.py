"""Evolution by sectors is the exponential of the generator, and ends in the stationary state at any size."""

import re

import numpy as np
import pytest
from scipy.linalg import expm

from equipoise import Coupling, OpenSystem, Reservoir, bose_einstein, lindbladian, rate_equation, weak_coupling
from equipoise._checks import InputError
from equipoise.generators import Dissipator, Generator, MatrixFree
from equipoise.reservoirs import Ohmic
from equipoise.stationary import evolution, gibbs_state, stationary_state
from equipoise.stationary.sectors import (
    coherence_exponents,
    coherence_sectors,
    log_population_rates,
)
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system
from reference.mp_stationary import mp_elimination_log_weights

DECADES = np.logspace(-6, 9, 31)


def random_state(rng, d):
    A = complex_matrix(rng, d, d)
    return A @ A.conj().T / np.linalg.norm(A) ** 2


def direct(generator, rho, t):
    return (expm(generator.superoperator() * t) @ rho.ravel()).reshape(rho.shape)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("degenerate", [False, True])
@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
def test_evolution_is_the_exponential_of_the_superoperator(make, degenerate, seed):
    # A random matrix has coherences everywhere: within levels, and between numbers of fermions at one energy.
    generator = weak_coupling(make(Draw(seed, 5, 2 + seed % 2, degenerate, mu=True)))
    rho = random_state(np.random.default_rng(seed), generator.dimension)
    times = [3.0, 0.0, 1e-3, 0.5, 40.0]
    found = evolution(generator, rho, times)
    A = rho @ np.diag(np.arange(generator.dimension)) @ rho.conj().T
    for k, t in enumerate(times):
        exact = direct(generator, rho, t)
        np.testing.assert_allclose(found.matrix(k), exact, atol=2e-13)
        np.testing.assert_allclose(found.state(k).matrix(), exact, atol=2e-13)
        assert found.expectation(A)[k] == pytest.approx(np.trace(A @ exact).real, abs=2e-13)


def test_diagonal_state_of_a_degenerate_system_gains_the_coherences_it_should():
    generator = weak_coupling(bosonic_system(Draw(4, 5, 2, True)))
    rho = np.diag([0.4, 0.3, 0.2, 0.1, 0.0])
    start = generator.spectrum.to_given_basis(rho.astype(complex))
    found = evolution(generator, start, [0.8])
    np.testing.assert_allclose(found.matrix(0), direct(generator, start, 0.8), atol=1e-13)


def test_equidistant_levels_hand_coherence_down_the_ladder():
    bath = Reservoir("bath", bose_einstein(temperature=0.7), Ohmic(0.05, 9.0))
    lower = np.diag(np.sqrt(np.arange(1.0, 5.0)), 1)
    generator = weak_coupling(OpenSystem(np.arange(5.0), [Coupling(bath, lower + lower.T)]))
    rho = random_state(np.random.default_rng(1), 5)
    found = evolution(generator, rho, [0.7, 20.0])
    assert found.is_relative
    for k, t in enumerate([0.7, 20.0]):
        np.testing.assert_allclose(found.matrix(k), direct(generator, rho, t), atol=1e-13)


def test_generator_that_is_not_secular_evolves_as_a_whole():
    rng = np.random.default_rng(2)
    H, rho = complex_matrix(rng, 4, 4), random_state(rng, 4)
    generator = lindbladian(H + H.conj().T, [0.3 * complex_matrix(rng, 4, 4)])
    found = evolution(generator, rho, [0.4, 2.0, 1e9])
    np.testing.assert_allclose(found.matrix(0), direct(generator, rho, 0.4), atol=1e-13)
    np.testing.assert_allclose(found.matrix(1), direct(generator, rho, 2.0), atol=1e-13)
    np.testing.assert_allclose(found.matrix(2), stationary_state(generator).density_matrix(), atol=1e-13)
    action = lindbladian(H + H.conj().T, [0.3 * np.eye(4)[::-1]]).dissipators[0].representation
    free = Generator(generator.spectrum, (Dissipator(MatrixFree(action.apply, action.adjoint)),))
    np.testing.assert_allclose(evolution(free, rho, [0.4]).matrix(0), direct(free, rho, 0.4), atol=1e-13)


@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
def test_long_times_end_in_the_stationary_state_entrywise(make):
    generator = weak_coupling(make(Draw(7, 6, 2, False)))
    found = evolution(generator, np.eye(generator.dimension) / generator.dimension, [1e9])
    np.testing.assert_allclose(found.populations[0], stationary_state(generator).populations, rtol=1e-12)


def three_cold_levels(beta):
    """Two reservoirs, beta times the largest gap = 600 for beta = 1."""
    levels = np.array([0.0, 310.0, 600.0])
    rng = np.random.default_rng(3)
    couplings = []
    for j, factor in enumerate((1.0, 0.7)):
        bath = Reservoir(f"bath {j}", bose_einstein(inverse_temperature=factor * beta), Ohmic(0.1, 400.0))
        couplings.append(Coupling(bath, complex_matrix(rng, 3, 3)))
    return weak_coupling(OpenSystem(levels, couplings), lamb_shift=False)


def test_populations_at_six_hundred_temperatures_keep_twelve_digits():
    generator = three_cold_levels(1.0)
    found = evolution(generator, np.diag([0.2, 0.3, 0.5]), [1e9])
    exact = mp_elimination_log_weights(log_population_rates(generator))
    assert exact.min() < -400
    np.testing.assert_allclose(np.expm1(found.log_populations[0] - exact), 0.0, atol=1e-12)


def test_trace_and_positivity_hold_over_fifteen_decades_in_one_call():
    generator = weak_coupling(bosonic_system(Draw(8, 5, 3, True)))
    found = evolution(generator, random_state(np.random.default_rng(4), 5), DECADES)
    for k in range(DECADES.size):
        values = np.linalg.eigvalsh(found.matrix(k))
        assert values.min() > -1e-14
        assert values.sum() == pytest.approx(1.0, abs=2e-14)


def test_diagonal_state_takes_memory_of_populations_only():
    generator = weak_coupling(bosonic_system(Draw(9, 6, 2, False)))
    found = evolution(generator, gibbs_state(generator.spectrum, 1.0), DECADES)
    assert found.coherences is None
    assert found.populations.shape == (DECADES.size, 6)
    assert found.state(3).is_diagonal


def test_two_steps_are_one():
    generator = weak_coupling(bosonic_system(Draw(10, 5, 2, True)))
    rho = random_state(np.random.default_rng(5), 5)
    first = evolution(generator, rho, [0.6]).matrix(0)
    twice = evolution(generator, first, [1.1]).matrix(0)
    np.testing.assert_allclose(twice, evolution(generator, rho, [1.7]).matrix(0), atol=1e-13)


@pytest.mark.parametrize("degenerate", [False, True])
def test_short_times_follow_the_generator(degenerate):
    generator = weak_coupling(bosonic_system(Draw(11, 5, 2, degenerate)))
    rho = random_state(np.random.default_rng(6), 5)
    h = 1e-5
    found = evolution(generator, rho, [h, 2 * h])
    slope = (4 * found.matrix(0) - found.matrix(1) - 3 * rho) / (2 * h)
    # Second order in h, with a third derivative of order 1e3; round-off is eps / h.
    np.testing.assert_allclose(slope, generator.apply(rho), atol=1e-6)


def test_coherences_decay_with_half_the_rates_out_of_both_levels():
    """(23): the exponent of a coherence, from rates and Lamb shift alone; couplings without a diagonal part."""
    system = bosonic_system(Draw(12, 4, 2, False))
    spectrum = system.spectrum
    couplings = []
    for coupling in system.couplings:
        D = spectrum.to_energy_basis(coupling.operator)
        D = D - np.diag(np.diag(D))
        couplings.append(Coupling(coupling.reservoir, spectrum.to_given_basis(D), coupling.channel))
    # Given in the energy basis, so that nothing on the diagonal is left of the change of basis.
    diagonal = [Coupling(c.reservoir, np.triu(spectrum.to_energy_basis(c.operator), 1), c.channel) for c in couplings]
    generator = weak_coupling(OpenSystem(spectrum.energies, diagonal))
    out = np.exp(log_population_rates(generator)).sum(axis=0)
    shift = sum(np.diag(part.coherent).real for part in generator.dissipators)
    e = spectrum.energies + shift
    expected = -1j * (e[:, None] - e[None, :]) - 0.5 * (out[:, None] + out[None, :])
    off = ~np.eye(4, dtype=bool)
    np.testing.assert_allclose(coherence_exponents(generator)[off], expected[off], rtol=1e-13)


def test_exponents_of_single_elements_are_those_of_their_sectors():
    generator = weak_coupling(bosonic_system(Draw(13, 5, 3, False)))
    exponents = coherence_exponents(generator)
    count = 0
    for sector in coherence_sectors(generator):
        assert sector.matrix[0, 0] == pytest.approx(exponents[sector.rows[0], sector.columns[0]], rel=1e-14)
        count += 1
    assert count == 10
    assert not list(coherence_sectors(generator, 2))


def test_sites_of_one_energy_are_no_coherent_pair():
    generator = rate_equation(np.ones((40, 40)), energies=np.zeros(40))
    rho = random_state(np.random.default_rng(7), 40)
    found = evolution(generator, rho, [0.02])
    change = (found.matrix(0) - rho) / rho
    # Every coherence decays with the rate 39 out of each of its two sites.
    np.testing.assert_allclose(change[~np.eye(40, dtype=bool)], np.expm1(-0.78), rtol=1e-12)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (1.0, "`times` must be a list of times, shape (T,), but has shape ()"),
        ([1.0, -2.0], "`times` must be finite and >= 0, but holds -2.0"),
        ([np.inf], "stationary_state(generator)"),
        ([np.nan], "`times` must be finite and >= 0, but holds nan"),
    ],
)
def test_times_that_are_none_are_refused(times, message):
    with pytest.raises(InputError, match=re.escape(message)):
        evolution(rate_equation(np.ones((2, 2))), np.eye(2) / 2, times)


def test_state_that_is_none_is_refused():
    with pytest.raises(InputError, match="have trace 1"):
        evolution(rate_equation(np.ones((2, 2))), np.eye(2), [1.0])


def test_too_large_a_superoperator_is_refused(monkeypatch):
    monkeypatch.setattr("equipoise._checks.physical_memory", lambda: 1000)
    generator = lindbladian(np.diag([0.0, 1.0, 2.5]), [np.ones((3, 3))])
    with pytest.raises(InputError, match="Only a secular generator"):
        evolution(generator, np.eye(3) / 3, [1.0])
