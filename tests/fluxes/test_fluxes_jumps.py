"""Jumps with their reverses are those of the plain constructions, in either gauge, whatever kind of generator it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import Reservoir, lindbladian, rate_equation, stationary_state, weak_coupling
from equipoise.fluxes.jumps import paired_jumps, resolves_frequencies
from equipoise.generators import sum_of
from equipoise.stationary import density_matrix, gibbs_state
from equipoise.stationary.state import density_in
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system, unitary
from reference import jump_groups

seeds = st.integers(0, 10**6)
GAUGES = {(-0.25, 0.25): jump_groups.symmetrised, (0.0, 0.5): jump_groups.two_point}


def gathered(found, d):
    """C of the jumps and of their reverses, from groups and single pairs."""
    forward, backward = np.zeros((d * d, d * d), dtype=complex), np.zeros((d * d, d * d), dtype=complex)
    for group in found.groups:
        at = np.ix_(group.rows * d + group.columns, group.rows * d + group.columns)
        forward[at] += (group.forward * group.signs) @ group.forward.conj().T
        backward[at] += (group.backward * group.signs) @ group.backward.conj().T
    at = found.singles.rows * d + found.singles.columns
    forward[at, at] += found.singles.forward
    backward[at, at] += found.singles.backward
    return forward, backward


def assert_is_plain(generator, density, reversal=None):
    for (left, right), plain in GAUGES.items():
        if reversal is not None and plain is jump_groups.symmetrised:
            continue
        found = paired_jumps(generator, density, left=left, right=right, time_reversal=reversal)
        expected = plain(generator, density) if reversal is None else plain(generator, density, reversal)
        for C, D in zip(gathered(found, generator.dimension), expected, strict=True):
            np.testing.assert_allclose(C, D, rtol=0, atol=1e-13 * np.linalg.norm(D))


def random_density(rng, spectrum):
    A = complex_matrix(rng, spectrum.dimension, spectrum.dimension)
    A = A @ A.conj().T + 0.1 * np.eye(spectrum.dimension)
    return density_matrix(spectrum, 0.5 * (A + A.conj().T) / np.trace(A).real)


@settings(max_examples=15)
@given(seeds, st.integers(2, 5))
def test_of_signed_jumps(seed, d):
    rng = np.random.default_rng(seed)
    H = complex_matrix(rng, d, d)
    jumps = [complex_matrix(rng, d, d) + 3 * k * np.eye(d) for k in range(3)]
    generator = lindbladian(H + H.conj().T, jumps, signs=[1, -1, 1])
    density = random_density(rng, generator.spectrum)
    assert not resolves_frequencies(generator.dissipators, density)
    assert_is_plain(generator, density)
    theta = np.diag(np.exp(1j * rng.uniform(0, 6, size=d)))
    assert_is_plain(generator, density, theta)


@settings(max_examples=15)
@given(seeds, st.booleans(), st.sampled_from([bosonic_system, fermionic_system]))
def test_of_frequency_resolved_jumps(seed, degenerate, make):
    generator = weak_coupling(make(Draw(seed, 4, 2, degenerate)))
    density = density_in(generator.spectrum, stationary_state(generator))
    assert resolves_frequencies(generator.dissipators, density)
    assert_is_plain(generator, density)
    rng = np.random.default_rng(seed)
    assert_is_plain(generator, density, np.diag(np.exp(1j * rng.uniform(0, 6, size=generator.dimension))))
    # In a state that mixes levels nothing of the structure is left.
    mixed = random_density(rng, generator.spectrum)
    assert not resolves_frequencies(generator.dissipators, mixed)
    assert_is_plain(generator, mixed)


def test_of_a_time_reversal_that_mixes_the_states_of_a_level():
    generator = weak_coupling(bosonic_system(Draw(5, 4, 2, True)))
    spectrum, rng = generator.spectrum, np.random.default_rng(0)
    density = gibbs_state(spectrum, 1.0)
    theta = np.zeros((4, 4), dtype=complex)
    for level in range(spectrum.size):
        mine = np.nonzero(spectrum.level_of == level)[0]
        theta[np.ix_(mine, mine)] = unitary(rng, mine.size)
    assert resolves_frequencies(generator.dissipators, density, theta)
    assert_is_plain(generator, density, theta)
    assert not resolves_frequencies(generator.dissipators, density, unitary(rng, 4))
    assert_is_plain(generator, density, unitary(rng, 4))


@settings(max_examples=15)
@given(seeds, st.integers(2, 5), st.booleans())
def test_of_rates(seed, d, coinciding):
    rng = np.random.default_rng(seed)
    energies = np.arange(d) * 1.0 if coinciding else np.sort(rng.uniform(0, 4, size=d))
    hot, cold = Reservoir("hot"), Reservoir("cold")
    rates = {bath: rng.uniform(0, 2, size=(d, d)) * (rng.random((d, d)) < 0.8) for bath in (hot, cold)}
    generator = rate_equation(rates, energies)
    p = rng.uniform(0.1, 1.0, size=d)
    assert_is_plain(generator, density_matrix(generator.spectrum, np.diag(p / p.sum())))
    assert_is_plain(generator, random_density(rng, generator.spectrum))
    swap = np.eye(d)[rng.permutation(d)]
    uniform = density_matrix(generator.spectrum, np.eye(d) / d)
    assert_is_plain(generator, uniform, swap)


def test_of_rates_where_time_reversal_exchanges_states_of_one_energy():
    generator = rate_equation([[0, 1.0, 3.0], [2.0, 0, 0], [5.0, 7.0, 0]], [1.0, 0.0, 0.0])
    density = gibbs_state(generator.spectrum, 1.0)
    swap = np.eye(3)[[1, 0, 2]] if density.log_weights[0] == density.log_weights[1] else np.eye(3)[[0, 2, 1]]
    assert_is_plain(generator, density, swap)


def test_of_several_kinds_together():
    system = bosonic_system(Draw(3, 3, 1, False))
    secular = weak_coupling(system)
    jumps = lindbladian(system.hamiltonian, [complex_matrix(np.random.default_rng(1), 3, 3)])
    whole = sum_of(secular, jumps)
    assert_is_plain(whole, density_in(whole.spectrum, stationary_state(whole)))
    (one,) = secular.dissipators
    found = paired_jumps(secular, gibbs_state(secular.spectrum, 1.0), left=0.0, right=0.5, dissipators=(one,))
    again = paired_jumps(secular, gibbs_state(secular.spectrum, 1.0), left=0.0, right=0.5)
    np.testing.assert_array_equal(gathered(found, 3), gathered(again, 3))


@pytest.mark.parametrize("beta", [1.0, 30.0, 64.0])
def test_in_a_cold_state(beta):
    generator = weak_coupling(bosonic_system(Draw(8, 4, 1, False)))
    assert_is_plain(generator, gibbs_state(generator.spectrum, beta))


def test_without_any_jump():
    rates = rate_equation(np.zeros((2, 2)), [0.0, 1.0])
    density = gibbs_state(rates.spectrum, 1.0)
    for (left, right), parts in zip(GAUGES, (None, ()), strict=True):
        found = paired_jumps(rates, density, left=left, right=right, dissipators=parts)
        assert found.groups == ()
        assert found.singles.rows.size == 0
    shifted = lindbladian(np.diag([0.0, 1.0]), [1e6 * np.eye(2)])
    (group,) = paired_jumps(shifted, density, left=0.0, right=0.5).groups
    assert not group.forward.any()
    assert group.removed.tolist() == [0.0]


def test_fluxes_far_below_the_smallest_double_are_logarithms():
    energies = np.array([0.0, 1.0, 2.3])
    generator = rate_equation(np.ones((3, 3)) - np.eye(3), energies)
    density = gibbs_state(generator.spectrum, 2000.0)
    singles = paired_jumps(generator, density, left=0.0, right=0.5).singles
    np.testing.assert_allclose(singles.log_forward, density.log_weights[singles.columns], rtol=1e-15, atol=1e-15)
    np.testing.assert_allclose(singles.log_backward, density.log_weights[singles.rows], rtol=1e-15, atol=1e-15)
    assert singles.log_forward.min() < -4000
