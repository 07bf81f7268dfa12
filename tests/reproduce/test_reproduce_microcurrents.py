"""Microcurrents of a reservoir, and all of them from those to the ground level, with the condition number."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import Coupling, InputError, OpenSystem, Reservoir, bose_einstein, lindbladian, weak_coupling
from equipoise.balance import local_equilibrium_state
from equipoise.reproduce.dynamical_balance.microcurrents import reconstruct_microcurrents
from equipoise.reservoirs import Ohmic
from equipoise.thermodynamics import currents
from random_systems import Draw, bosonic_system
from reference import secular

seeds = st.integers(0, 10**6)


def random_generator(seed, d=4, reservoirs=2, scale=1.0):
    """Complex non-Hermitian couplings, chemical potentials; inverse temperatures up to `scale`."""
    rng = np.random.default_rng(seed)
    levels = np.cumsum(rng.uniform(0.5, 1.5, size=d))
    couplings = []
    for r in range(reservoirs):
        distribution = bose_einstein(
            inverse_temperature=scale * rng.uniform(0.3, 1.0), chemical_potential=-rng.uniform(0, 0.5)
        )
        D = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
        couplings.append(Coupling(Reservoir(f"bath {r}", distribution, Ohmic(0.05, 6.0)), np.triu(D, 1)))
    return weak_coupling(OpenSystem(levels, couplings), lamb_shift=False)


def log_populations(seed, d):
    logs = np.random.default_rng(seed + 1).uniform(-3, 0, size=d)
    return logs - np.logaddexp.reduce(logs)


@settings(max_examples=15, deadline=None)
@given(seeds, st.integers(2, 4), st.integers(1, 4))
def test_microcurrents_are_those_of_the_full_superoperator(seed, d, count):
    generator = weak_coupling(bosonic_system(Draw(seed, d, count, degenerate=False, mu=True)), lamb_shift=False)
    rho = np.diag(np.exp(log_populations(seed, d)))
    V = generator.spectrum.vectors
    projectors = [np.outer(v, v.conj()) for v in V.T]
    found = currents(generator, V @ rho @ V.conj().T).microcurrents
    for r, part in enumerate(generator.dissipators):
        jumps = part.representation.jump_operators()
        phi = sum(np.kron(L, L.conj()) for L in jumps)
        expected = secular.microcurrents(phi, projectors, V @ rho @ V.conj().T)
        assert np.allclose(found[r], expected, rtol=1e-10, atol=1e-13 * np.abs(expected).max())


def test_a_current_keeps_its_digits_near_balance():
    """One per 10^12 away from detailed balance, against 40 digits."""
    bath = Reservoir("bath", bose_einstein(inverse_temperature=1.0), Ohmic(0.05, 6.0))
    generator = weak_coupling(OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [0, 0]])]), lamb_shift=False)
    density = local_equilibrium_state(generator.spectrum, lambda e: 1.0 + 1e-12)
    with mpmath.workdps(40):
        weights = [mpmath.exp(mpmath.mpf(float(w))) for w in density.log_weights]
        down = mpmath.exp(mpmath.mpf(float(bath.log_rate_out(1.0))))
        up = mpmath.exp(mpmath.mpf(float(bath.log_rate_in(1.0))))
        expected = up * weights[0] - down * weights[1]
    # The logarithms themselves are rounded: 1e-16 of 1e-12.
    assert currents(generator, density).microcurrents[0, 1, 0] == pytest.approx(float(expected), rel=1e-3)


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(2, 6), st.booleans())
def test_all_microcurrents_follow_from_those_to_the_ground_level(seed, d, known):
    generator = random_generator(seed, d, 3)
    logs = log_populations(seed, d)
    rho = np.diag(np.exp(logs))
    expected = currents(generator, rho).microcurrents
    for r in range(3):
        found = reconstruct_microcurrents(generator, r, expected[r, 0, 1:], float(rho[0, 0]) if known else None)
        scale = found.condition * np.abs(expected[r]).max()
        assert np.abs(found.microcurrents - expected[r]).max() <= 1e-13 * scale
        assert np.allclose(found.populations, np.exp(logs), rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(2, 5), st.booleans())
def test_the_condition_number_is_reached_by_some_signs_of_the_errors_and_by_no_others(seed, d, known):
    generator = random_generator(seed, d, 1, scale=4.0)
    rho = np.diag(np.exp(log_populations(seed, d)))
    J = currents(generator, rho).microcurrents[0, 0, 1:]
    p_0 = float(rho[0, 0]) if known else None
    found = reconstruct_microcurrents(generator, 0, J, p_0)
    # The reconstruction is affine in J, so a large relative error shows the exact derivative.
    worst = 0.0
    for signs in np.ndindex(*(2,) * (d - 1)):
        wrong = reconstruct_microcurrents(generator, 0, J * (1 + 0.5 * (2 * np.array(signs) - 1)), p_0)
        worst = max(worst, float(np.abs(wrong.microcurrents - found.microcurrents).max()))
    amplification = worst / 0.5 / np.abs(found.microcurrents).max()
    assert amplification == pytest.approx(found.condition, rel=1e-6)
    assert found.condition >= 1 - 1e-12


def test_without_currents_to_the_ground_level_the_populations_are_those_of_the_reservoir_alone():
    bath = Reservoir("bath", bose_einstein(inverse_temperature=0.8), Ohmic(0.05, 6.0))
    system = OpenSystem([0.0, 1.0, 2.5], [Coupling(bath, np.triu(np.ones((3, 3)), 1))])
    found = reconstruct_microcurrents(weak_coupling(system, lamb_shift=False), 0, [0.0, 0.0])
    gibbs = np.exp(-0.8 * np.array([0.0, 1.0, 2.5]))
    assert np.allclose(found.populations, gibbs / gibbs.sum(), rtol=1e-14)
    assert np.abs(found.microcurrents).max() < 1e-16
    assert found.condition == 0.0


def test_currents_of_no_state_show_as_negative_populations():
    generator = random_generator(5, 3, 1)
    assert reconstruct_microcurrents(generator, 0, [-1e3, 0.0]).populations.min() < 0


def test_a_closed_transition_to_the_ground_level_is_named():
    bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.05, 6.0))
    ladder = np.diag([1.0, 1.0], 1)
    system = OpenSystem([0.0, 1.0, 2.5], [Coupling(bath, ladder)], labels=["g", "m", "t"])
    generator = weak_coupling(system)
    with pytest.raises(InputError, match=r"rate of reservoir 'bath' on 't' -> 'g' is 0: the transition is closed"):
        reconstruct_microcurrents(generator, 0, [0.0, 0.0])


def test_a_reservoir_at_zero_temperature_only_takes_and_can_still_be_reconstructed():
    bath = Reservoir("bath", bose_einstein(temperature=0.0), Ohmic(0.05, 6.0))
    system = OpenSystem([0.0, 1.0, 2.5], [Coupling(bath, np.triu(np.ones((3, 3)), 1))])
    generator = weak_coupling(system, lamb_shift=False)
    rho = np.diag([0.5, 0.3, 0.2])
    expected = currents(generator, rho).microcurrents[0]
    found = reconstruct_microcurrents(generator, 0, expected[0, 1:])
    assert np.allclose(found.microcurrents, expected, rtol=1e-13)


def test_arguments_are_checked():
    generator = random_generator(1, 3, 2)
    with pytest.raises(InputError, match=r"`reservoir` must be an index from 0 to 1, but got 2"):
        reconstruct_microcurrents(generator, 2, [0.0, 0.0])
    with pytest.raises(InputError, match=r"`currents_to_ground` must have shape \(2,\), but has shape \(3,\)"):
        reconstruct_microcurrents(generator, 0, [0.0, 0.0, 0.0])
    with pytest.raises(InputError, match=r"`currents_to_ground` must be finite"):
        reconstruct_microcurrents(generator, 0, [0.0, np.inf])
    with pytest.raises(InputError, match=r"`ground_population` must be finite"):
        reconstruct_microcurrents(generator, 0, [0.0, 0.0], np.inf)
    jumps = lindbladian(np.diag([0.0, 1.0]), [np.array([[0, 1], [0, 0]])])
    with pytest.raises(InputError, match=r"be secular.*Use thermodynamics.currents"):
        reconstruct_microcurrents(jumps, 0, [0.0])
