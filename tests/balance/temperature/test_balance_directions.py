"""Bounds on populations, inversion, currents against the bias, and detailed balance as absence of net currents."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import Coupling, InputError, OpenSystem, Reservoir, bose_einstein, cycles, rate_equation, weak_coupling
from equipoise.balance import currents_against_bias, effective_temperatures, population_bounds, temperature_function
from equipoise.reservoirs import Flat, Ohmic
from equipoise.spectrum import spectrum_of_levels
from equipoise.stationary import DensityMatrix, stationary_state
from equipoise.thermodynamics import currents

seeds = st.integers(0, 10**6)


def thermal(name, beta, mu=0.0):
    return Reservoir(name, bose_einstein(inverse_temperature=beta, chemical_potential=mu), Ohmic(0.05, 6.0))


def coupling(rng, d):
    return np.triu(rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)), 1)


def driven(seed, d, betas, mus=None, *, same=False):
    rng = np.random.default_rng(seed)
    levels = np.cumsum(rng.uniform(0.2, 1.5, size=d))
    D = coupling(rng, d)
    couplings = [
        Coupling(thermal(f"bath {r}", beta, 0.0 if mus is None else mus[r]), D if same else coupling(rng, d))
        for r, beta in enumerate(betas)
    ]
    return weak_coupling(OpenSystem(levels, couplings), lamb_shift=False)


def pumped():
    """The four levels of the docstring: p_1 / p_0 = 23 / 22."""
    D = np.zeros((4, 4))
    D[0, 3] = D[1, 2] = D[2, 3] = 1.0
    D[0, 1] = 758**-0.5
    hot = Reservoir("hot", bose_einstein(temperature=1.0), Flat(1.0, 0.01, 9.0))
    cold = Reservoir("cold", bose_einstein(temperature=0.0), Flat(1.0, 0.01, 9.0))
    levels = np.log([1.0, 1.25, 5.0, 10.0])
    return weak_coupling(OpenSystem(levels, [Coupling(hot, D), Coupling(cold, D)]), lamb_shift=False)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(2, 5), st.integers(1, 4), st.booleans())
def test_populations_are_dominated_exactly_where_the_flows_are_not_all_of_one_sign(seed, d, count, stationary):
    rng = np.random.default_rng(seed)
    generator = driven(seed, d, rng.uniform(0.2, 3, size=count), -rng.uniform(0, 0.5, size=count))
    weights = rng.dirichlet(np.ones(d))
    state = stationary_state(generator) if stationary else np.diag(weights)
    found = population_bounds(generator, state)
    J = currents(generator, state).microcurrents
    m, n = found.transitions.T
    out = J[:, n, m]
    mixed = (out.max(axis=0) >= 0) & (out.min(axis=0) <= 0)
    assert np.array_equal(found.has_opposite_flows, found.is_within)
    populations = np.diag(state) if not stationary else np.exp(state.log_weights)
    activity = np.exp(effective_temperatures(generator).log_rates)[:, n, m] * populations[m]
    safe = (np.abs(out) / activity).min(axis=0) > 1e-10
    assert np.array_equal(found.is_within[safe], mixed[safe])


@settings(max_examples=15, deadline=None)
@given(seeds, st.integers(2, 5))
def test_the_printed_bound_holds_when_reservoir_one_is_the_colder(seed, d):
    generator = driven(seed, d, [2.0, 0.5])
    found = population_bounds(generator, stationary_state(generator))
    omega = np.subtract(*generator.spectrum.levels[found.transitions.T])
    assert np.allclose(found.log_lower, -2.0 * omega, rtol=1e-12)
    assert np.allclose(found.log_upper, -0.5 * omega, rtol=1e-12)


def test_at_equilibrium_every_bound_is_met_with_equality():
    generator = driven(3, 5, [0.7, 0.7])
    found = population_bounds(generator, stationary_state(generator))
    assert found.holds_everywhere
    assert found.has_opposite_flows.all()


def test_zero_temperature_bounds_from_below_by_nothing():
    found = population_bounds(pumped(), stationary_state(pumped()))
    assert np.isneginf(found.log_lower).all()
    assert not np.isnan(found.log_ratio).any()
    assert found.is_within.tolist() == [False, True, True, True]


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(2, 6), st.floats(0.3, 2), st.floats(0.3, 2))
def test_with_equal_couplings_a_current_runs_backward_exactly_where_levels_are_inverted(seed, d, one, two):
    generator = driven(seed, d, [one, two], same=True)
    rho = np.diag(np.random.default_rng(seed).dirichlet(np.ones(d)))
    density = DensityMatrix(generator.spectrum, np.log(np.diag(rho)))
    found = currents_against_bias(generator, density)
    if abs(one - two) > 1e-6:
        assert {tuple(pair) for pair in found.transitions.tolist()} == set(found.inverted_transitions)
        assert set(found.inverted_transitions) == set(temperature_function(density).inverted)
        assert found.count == d * (d - 1) // 2


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(2, 5), st.integers(2, 4))
def test_the_colder_reservoir_never_gives_while_the_hotter_takes(seed, d, count):
    rng = np.random.default_rng(seed)
    generator = driven(seed, d, rng.uniform(0.2, 3, size=count), -rng.uniform(0, 0.5, size=count))
    J = currents(generator, np.diag(rng.dirichlet(np.ones(d)))).microcurrents
    field = effective_temperatures(generator)
    m, n = field.transitions.T
    absorbed = J[:, m, n]
    for k in range(m.size):
        order = np.argsort(field.exponents[:, k])
        # From hot to cold: once a reservoir gives, every hotter one gives.
        gives = absorbed[order, k] > 0
        assert not np.any(np.diff(gives.astype(int)) > 0)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(2, 5), st.floats(0.3, 2), st.floats(0.3, 2), st.booleans())
def test_the_total_energy_flows_from_hot_to_cold_and_some_microcurrent_with_it(seed, d, one, two, same):
    betas = sorted([one, two])
    if betas[1] - betas[0] < 1e-6:
        return
    generator = driven(seed, d, betas, same=same)
    state = stationary_state(generator)
    energy = currents(generator, state).energy
    assert energy[0] >= -1e-12 * np.abs(currents(generator, state).microcurrents).max()
    found = currents_against_bias(generator, state)
    assert found.count == 0 or found.through.size < found.count


def test_the_frozen_example_has_one_backward_current_and_closed_forms():
    generator = pumped()
    state = stationary_state(generator)
    assert np.exp(state.log_weights[1] - state.log_weights[0]) == pytest.approx(23 / 22, rel=1e-12)
    found = currents_against_bias(generator, state)
    assert found.inverted_transitions == ((1, 0),)
    assert found.transitions.tolist() == [[1, 0]]
    # n_hot = 1 / (1.25 - 1) = 4, n_cold = 0: a_hot - a_cold = Gamma 4 (p_0 - p_1).
    expected = 0.5 * 4 / 758 * np.exp(state.log_weights[0]) * (1 - 23 / 22)
    assert found.through[0] == pytest.approx(expected, rel=1e-9)
    assert found.count == 4


def net_is_zero(generator):
    state = stationary_state(generator)
    summed = currents(generator, state).summed
    logs = effective_temperatures(generator).log_summed_rates + state.log_weights[None, :]
    return bool(np.all(np.abs(summed) <= 1e-11 * (np.exp(logs) + np.exp(logs.T))))


def satisfies_kolmogorov(generator):
    return cycles(generator).tree.largest < 1e-10


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(2, 5), st.sampled_from(["equal", "unequal", "equal mu", "tree"]))
def test_summed_microcurrents_vanish_if_and_only_if_detailed_balance_holds(seed, d, kind):
    rng = np.random.default_rng(seed)
    if kind == "tree":
        levels = np.cumsum(rng.uniform(0.5, 1.5, size=d))
        parent = [int(rng.integers(0, m)) for m in range(1, d)]
        D = np.zeros((2, d, d))
        for r in range(2):
            for m, n in enumerate(parent, start=1):
                D[r, n, m] = rng.uniform(0.5, 1.5)
        pairs = [Coupling(thermal("one", 0.5, -0.1), D[0]), Coupling(thermal("two", 1.5), D[1])]
        generator = weak_coupling(OpenSystem(levels, pairs), lamb_shift=False)
    else:
        betas = [0.8, 0.8] if kind != "unequal" else [0.5, 1.5]
        generator = driven(seed, d, betas, [-0.4, -0.4] if kind == "equal mu" else None)
    due = kind in ("equal", "tree") or d == 2
    assert net_is_zero(generator) == due
    assert satisfies_kolmogorov(generator) == due


def test_equal_reservoirs_with_a_chemical_potential_drive_a_loop_of_affinity_beta_mu():
    generator = driven(11, 3, [0.8, 0.8], [-0.4, -0.4])
    (found,) = cycles(generator)
    cycle = found.levels
    assert found.affinity == pytest.approx(0.8 * 0.4, rel=1e-12)
    summed = currents(generator, stationary_state(generator)).summed
    # In the direction of positive affinity, the same current on every edge of the loop.
    around = [summed[b, a] for a, b in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
    assert min(around) > 0
    assert np.allclose(around, around[0], rtol=1e-9)


def test_a_state_that_is_not_faithful_or_not_diagonal_is_refused():
    generator = driven(1, 3, [1.0, 2.0])
    with pytest.raises(InputError, match=r"faithful.*level '1' is empty. Use thermodynamics.currents"):
        population_bounds(generator, np.diag([0.5, 0.0, 0.5]))
    coherent = np.diag([0.4, 0.3, 0.3]).astype(complex)
    coherent[0, 1] = coherent[1, 0] = 0.05
    with pytest.raises(InputError, match=r"coherence between the states 0 and 1"):
        currents_against_bias(generator, coherent)


def test_inversion_is_listed_for_any_state():
    state = DensityMatrix(spectrum_of_levels([0.0, 1.0, 2.0]), np.log([0.2, 0.5, 0.3]))
    assert temperature_function(state).inverted == ((1, 0), (2, 0))
    chain = rate_equation(np.ones((3, 3)) - np.eye(3), energies=[0.0, 1.0, 2.0])
    assert currents_against_bias(chain, state).inverted_transitions == ((1, 0), (2, 0))


@pytest.mark.parametrize("seed", range(12))
def test_no_current_is_backward_between_reservoirs_of_one_temperature(seed):
    rng = np.random.default_rng(seed)
    beta = rng.uniform(0.5, 5)
    levels = np.cumsum(rng.uniform(0.3, 1.5, size=5))
    baths = [
        Reservoir("wide", bose_einstein(inverse_temperature=beta), Ohmic(1e-3, 10.0)),
        Reservoir("narrow", bose_einstein(inverse_temperature=beta), Ohmic(3e-4, 3.0, 3.0)),
    ]
    system = OpenSystem(levels, [Coupling(bath, coupling(rng, 5)) for bath in baths])
    generator = weak_coupling(system, lamb_shift=False)
    found = currents_against_bias(generator, stationary_state(generator))
    assert (len(found.transitions), found.count) == (0, 0)
