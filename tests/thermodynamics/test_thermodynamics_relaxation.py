"""Flows along an evolution are those of each moment, and account for what changes in the system."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import Reservoir, bose_einstein, lindbladian, rate_equation, weak_coupling
from equipoise._checks import InputError
from equipoise.stationary import evolution, stationary_state
from equipoise.thermodynamics import currents, currents_along, entropy_production
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system

TIMES = np.logspace(-3, 3, 4)


def random_state(rng, d):
    A = complex_matrix(rng, d, d)
    return A @ A.conj().T / np.linalg.norm(A) ** 2


def diagonal_state(generator, rng):
    p = rng.uniform(size=generator.dimension)
    return generator.spectrum.to_given_basis(np.diag(p / p.sum()).astype(complex))


draws = st.builds(
    Draw,
    seed=st.integers(0, 10**6),
    dimension=st.integers(2, 5),
    reservoirs=st.integers(2, 4),
    degenerate=st.booleans(),
    mu=st.booleans(),
)


@settings(max_examples=8, deadline=None)
@given(draw=draws, make=st.sampled_from([bosonic_system, fermionic_system]), diagonal=st.booleans())
def test_flows_account_for_every_population_and_for_the_energy(draw, make, diagonal):
    """(41) and (42), with their signs: flows into a level are its growth, energy flows that of <H>."""
    generator = weak_coupling(make(draw), lamb_shift=not draw.degenerate)
    rng = np.random.default_rng(draw.seed)
    start = diagonal_state(generator, rng) if diagonal else random_state(rng, generator.dimension)
    path = evolution(generator, start, TIMES[1:3])
    flows = currents_along(generator, path)
    scale = max(1.0, float(np.abs(generator.apply(start)).max()))
    spectrum = generator.spectrum
    for k in range(2):
        change = generator.apply_elements(path.elements(k))
        growth = np.bincount(spectrum.level_of, weights=np.diag(change).real)
        net = [sum(flows.microcurrent(m, n)[k].sum() for n in range(spectrum.size)) for m in range(spectrum.size)]
        np.testing.assert_allclose(net, growth, atol=1e-12 * scale)
        assert flows.energy[k].sum() == pytest.approx(np.diag(change).real @ spectrum.energies, abs=1e-11 * scale)


@pytest.mark.parametrize("degenerate", [False, True])
@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
def test_each_moment_is_what_currents_gives(make, degenerate):
    generator = weak_coupling(make(Draw(3, 5, 3, degenerate, mu=True)))
    rng = np.random.default_rng(0)
    for start in (random_state(rng, generator.dimension), diagonal_state(generator, rng)):
        path = evolution(generator, start, TIMES)
        flows = currents_along(generator, path)
        assert flows.reservoirs == generator.names
        for k in range(TIMES.size):
            state = path.state(k)
            produced = entropy_production(generator, state)
            now = produced.flows
            np.testing.assert_allclose(flows.particles[k], now.particles, atol=1e-12)
            np.testing.assert_allclose(flows.energy[k], now.energy, atol=1e-12)
            np.testing.assert_allclose(flows.heat[k], now.heat, atol=1e-12)
            np.testing.assert_allclose(flows.microcurrent(1, 0)[k], now.microcurrents[:, 1, 0], atol=1e-12)
            assert flows.entropy[k] == pytest.approx(state.entropy, abs=1e-12)
            assert flows.entropy_rate[k] == pytest.approx(produced.of_system, abs=1e-10)
            assert flows.entropy_production[k] == pytest.approx(produced.by_transition.value, abs=1e-10)
            assert flows.entropy_production[k] == pytest.approx(produced.clausius.value, abs=1e-10)
            assert flows.entropy_production[k] > -1e-11


@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
def test_two_reservoirs_exchange_energy_at_stationarity(make):
    """(43): what the one gives the other takes."""
    generator = weak_coupling(make(Draw(4, 5, 2, False, mu=True)))
    path = evolution(generator, np.eye(generator.dimension) / generator.dimension, [1e9])
    one, other = currents_along(generator, path).energy[0]
    assert abs(one) > 1e-6
    assert one == pytest.approx(-other, rel=1e-12)
    still = currents(generator, stationary_state(generator)).energy
    assert one == pytest.approx(still[0], rel=1e-10)


def test_flows_over_all_time_add_up_to_the_change_of_energy():
    generator = weak_coupling(bosonic_system(Draw(5, 5, 2, False)))
    # Gauss-Legendre panels in the logarithm of time, from where nothing has happened yet.
    nodes, weights = np.polynomial.legendre.leggauss(12)
    edges = np.linspace(np.log(1e-14), np.log(1e4), 41)
    half, middle = np.diff(edges)[:, None] / 2, (edges[1:] + edges[:-1])[:, None] / 2
    times = np.exp(middle + half * nodes).ravel()
    measure = (half * weights).ravel() * times
    start = diagonal_state(generator, np.random.default_rng(1))
    flows = currents_along(generator, evolution(generator, start, times))
    ends = currents_along(generator, evolution(generator, start, [0.0, 1e4]))
    gained = measure @ flows.energy.sum(axis=1)
    assert gained == pytest.approx(np.diff(ends.system_energy)[0], rel=1e-10)
    assert measure @ flows.entropy_rate == pytest.approx(np.diff(ends.entropy)[0], rel=1e-9)


def test_pure_states_gain_entropy_at_an_infinite_rate_and_nothing_is_nan():
    flows = _qubit([0.0, 1.0])
    assert flows.entropy_rate[0] == np.inf
    assert flows.entropy_production[0] == np.inf
    assert np.isfinite(flows.entropy_production[1])
    assert flows.entropy[0] == 0.0


def _qubit(times):
    generator = rate_equation([[0.0, 2.0], [1.0, 0.0]], energies=[0.0, 1.0])
    return currents_along(generator, evolution(generator, np.diag([0.0, 1.0]), times))


def test_a_rate_without_reverse_produces_entropy_without_bound():
    generator = rate_equation([[0.0, 2.0], [0.0, 0.0]], energies=[0.0, 1.0])
    flows = currents_along(generator, evolution(generator, np.diag([0.4, 0.6]), [0.0, 2.0, 1e9]))
    assert flows.entropy_production[:2].tolist() == [np.inf, np.inf]
    assert flows.entropy_production[2] == 0.0


def test_number_operator_counts_particles_where_quanta_are_not_known():
    reservoir = Reservoir("lead", bose_einstein(temperature=1.0))
    generator = rate_equation({reservoir: [[0.0, 2.0], [1.0, 0.0]]}, energies=[0.0, 1.0], particles=[0, 1])
    flows = currents_along(generator, evolution(generator, np.diag([0.4, 0.6]), [0.0]))
    assert flows.particles[0, 0] == pytest.approx(0.4 - 1.2)


def test_generator_that_is_not_secular_has_flows_too():
    rng = np.random.default_rng(2)
    H = complex_matrix(rng, 3, 3)
    generator = lindbladian(H + H.conj().T, [complex_matrix(rng, 3, 3)], energy=H + H.conj().T)
    path = evolution(generator, random_state(rng, 3), [0.0, 0.3])
    flows = currents_along(generator, path)
    change = generator.apply_elements(path.elements(1))
    assert flows.energy[1].sum() == pytest.approx(np.diag(change).real @ generator.spectrum.energies, rel=1e-12)
    assert flows.entropy_production is None
    assert np.all(np.isnan(flows.particles))
    assert flows.microcurrent(0, 1).shape == (2, 1)
    assert currents_along(generator, evolution(generator, np.eye(3) / 3, [])).energy.shape == (0, 1)


def test_a_level_that_is_none_and_another_system_are_refused():
    flows = _qubit([1.0])
    with pytest.raises(InputError, match=re.escape("`n` must be a level, 0 .. 1, but got 2")):
        flows.microcurrent(0, 2)
    with pytest.raises(InputError, match=re.escape("`evolution` must be of the generator, dimension 3")):
        currents_along(rate_equation(np.ones((3, 3))), flows.evolution)
