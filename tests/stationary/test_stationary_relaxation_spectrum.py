"""The relaxation spectrum is that of the full superoperator, with populations and coherences told apart."""

import numpy as np
import pytest

from equipoise import lindbladian, rate_equation, weak_coupling
from equipoise._checks import InputError
from equipoise.stationary import evolution, relaxation_spectrum, stationary_state
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system


def assert_same(found, exact, atol):
    left = list(exact)
    for value in found:
        other = left.pop(int(np.argmin(np.abs(np.array(left) - value))))
        assert abs(value - other) < atol


@pytest.mark.parametrize("degenerate", [False, True])
@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
def test_eigenvalues_are_those_of_the_superoperator(make, degenerate):
    generator = weak_coupling(make(Draw(5, 5, 2, degenerate)))
    found = relaxation_spectrum(generator)
    exact = np.linalg.eigvals(generator.superoperator())
    if not (degenerate and make is fermionic_system):
        # There a superselection rule forbids some coherences, and they are in no sector.
        assert found.eigenvalues.size == exact.size
    # Nearly defective pairs: the square root of round-off of a norm of ten.
    assert_same(found.eigenvalues, exact, 1e-6)
    assert found.gap == pytest.approx(np.sort(-exact.real)[1], abs=1e-9)
    assert np.all(found.frequencies > 0)


def test_coherences_rotate_at_their_bohr_frequency_with_the_lamb_shift():
    generator = weak_coupling(bosonic_system(Draw(6, 4, 2, False)), lamb_shift=False)
    found = relaxation_spectrum(generator)
    np.testing.assert_allclose(-found.coherences.imag, found.frequencies, rtol=1e-12)
    assert found.coherence_gap > 0


def test_population_gap_is_that_of_the_stationary_state():
    generator = weak_coupling(bosonic_system(Draw(7, 5, 2, False)))
    assert relaxation_spectrum(generator).population_gap == pytest.approx(stationary_state(generator).gap, rel=1e-9)


def test_detailed_balance_forbids_oscillations_and_a_driven_cycle_has_them():
    rng = np.random.default_rng(1)
    S, p = rng.uniform(size=(4, 4)), rng.uniform(size=4)
    assert not relaxation_spectrum(rate_equation((S + S.T) / p)).is_oscillating
    cycle = rate_equation([[0, 0.1, 1.0], [1.0, 0, 0.1], [0.1, 1.0, 0]])
    found = relaxation_spectrum(cycle)
    assert found.is_oscillating
    np.testing.assert_allclose(np.sort_complex(found.populations)[:2], -1.65 + 0.45j * np.sqrt(3) * np.array([-1, 1]))


def test_slow_relaxation_is_seen_in_the_evolution():
    W = np.zeros((4, 4))
    W[0, 1] = W[1, 0] = W[2, 3] = W[3, 2] = 1.0
    W[1, 2] = W[2, 1] = 1e-18
    generator = rate_equation(W)
    slow = relaxation_spectrum(generator).population_gap
    assert slow == pytest.approx(1e-18, rel=1e-10)
    p = evolution(generator, np.diag([1.0, 0, 0, 0]), [0.5e18]).populations[0]
    assert p[0] + p[1] - p[2] - p[3] == pytest.approx(np.exp(-0.5), rel=1e-10)


def test_not_secular_spectra_are_mixed():
    rng = np.random.default_rng(2)
    H = complex_matrix(rng, 3, 3)
    generator = lindbladian(H + H.conj().T, [complex_matrix(rng, 3, 3)])
    found = relaxation_spectrum(generator)
    assert found.populations.size == found.coherences.size == 0
    assert found.mixed.size == 9
    assert found.mixed[0] == 0
    assert found.is_oscillating


def test_all_conserved_has_an_infinite_gap():
    found = relaxation_spectrum(rate_equation(np.zeros((2, 2))))
    assert found.gap == np.inf


def test_sites_of_one_energy_have_coherences_too():
    found = relaxation_spectrum(rate_equation(np.ones((3, 3))))
    assert found.eigenvalues.size == 9
    np.testing.assert_allclose(found.coherences, -2.0)


def test_too_large_a_superoperator_is_refused(monkeypatch):
    monkeypatch.setattr("equipoise._checks.physical_memory", lambda: 1000)
    with pytest.raises(InputError, match="decomposes into sectors"):
        relaxation_spectrum(lindbladian(np.diag([0.0, 1.0, 2.5]), [np.ones((3, 3))]))
