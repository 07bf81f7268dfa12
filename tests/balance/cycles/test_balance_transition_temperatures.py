"""The field's temperature function: its own exponents, and additivity on cycles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import Coupling, InputError, OpenSystem, Reservoir, bose_einstein, cycles, lindbladian, weak_coupling
from equipoise.balance import effective_temperatures
from equipoise.fluxes import at_state
from equipoise.reservoirs import LocalTemperature, Ohmic, Statistics
from equipoise.stationary import gibbs_state, stationary_state
from random_systems import Draw, bosonic_system, fermionic_system


def lowering(rng, d):
    return np.triu(rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)), 1)


def generic(seed, betas, mus, d=4):
    rng = np.random.default_rng(seed)
    levels = np.cumsum(rng.uniform(0.5, 1.5, size=d))
    baths = [
        Reservoir(f"bath {r}", bose_einstein(inverse_temperature=beta, chemical_potential=mu), Ohmic(0.05, 6.0))
        for r, (beta, mu) in enumerate(zip(betas, mus, strict=True))
    ]
    couplings = [Coupling(bath, lowering(rng, d)) for bath in baths]
    return weak_coupling(OpenSystem(levels, couplings), lamb_shift=False)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_exponents_are_those_of_each_reservoirs_distribution(seed, count):
    rng = np.random.default_rng(seed)
    betas, mus = rng.uniform(0.3, 2, size=count), -rng.uniform(0, 0.5, size=count)
    field = effective_temperatures(generic(seed, betas, mus))
    assert field.is_open.all()
    expected = betas[:, None] * (field.frequencies[None, :] - mus[:, None])
    assert np.allclose(field.exponents, expected, rtol=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_the_summed_field_lies_between_its_reservoirs(seed):
    field = effective_temperatures(generic(seed, [0.4, 1.7], [0.0, -0.2]))
    summed = field.summed_exponents
    assert np.all((summed >= field.exponents.min(axis=0)) & (summed <= field.exponents.max(axis=0)))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.3, 2), st.integers(3, 6))
def test_equal_reservoirs_add_up_unless_a_chemical_potential_counts_the_quanta(seed, beta, d):
    count = (d - 1) * (d - 2) // 2
    at_zero = cycles(generic(seed, [beta, beta], [0.0, 0.0], d))
    assert len(at_zero) == count
    assert at_zero.tree.largest < 1e-11
    shifted = cycles(generic(seed, [beta, beta], [-0.4, -0.4], d))
    for cycle in shifted:
        # One path emits one quantum for each downward step; each step counts mu once.
        steps = np.sign(cycle.energies).sum()
        assert cycle.affinity == pytest.approx(abs(beta * 0.4 * steps), abs=1e-11)
    for alone in shifted.by_reservoir:
        # The fundamental cycles depend on the tree, the least-squares defect does not.
        assert alone.defect == pytest.approx(shifted.defect, abs=1e-11)


def test_the_number_of_independent_affinities_is_edges_minus_levels_plus_components():
    bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.05, 6.0))
    D = np.zeros((6, 6))
    for n, m in [(0, 1), (1, 2), (0, 2), (0, 3), (4, 5)]:
        D[n, m] = 1.0
    generator = weak_coupling(OpenSystem([0, 1, 2.3, 3.1, 4.7, 5.2], [Coupling(bath, D)]))
    field = effective_temperatures(generator)
    assert len(cycles(generator, gibbs_state(generator.spectrum, 1.0))) == 5 - 6 + 2
    assert field.transitions.tolist() == [[1, 0], [2, 0], [2, 1], [3, 0], [5, 4]]


def test_a_bent_temperature_function_is_additive_only_when_the_paper_delta_vanishes():
    levels = np.array([0.0, 1.0, 2.5])
    values = {1.0: 1.3, 1.5: 0.9}
    # delta = b(w21) w21 - b(w31) w31 + b(w32) w32
    for third, delta in [((1.3 * 1.0 + 0.9 * 1.5) / 2.5, 0.0), (0.7, 1.3 + 1.35 - 1.75)]:
        table = {**values, 2.5: third}
        bath = Reservoir(
            "field",
            LocalTemperature(Statistics.BOSON, lambda w, t=table: np.interp(w, sorted(t), [t[k] for k in sorted(t)])),
            Ohmic(0.05, 6.0),
        )
        system = OpenSystem(levels, [Coupling(bath, np.triu(np.ones((3, 3)), 1))])
        generator = weak_coupling(system, lamb_shift=False)
        field = effective_temperatures(generator)
        assert cycles(generator).tree.largest == pytest.approx(abs(delta), abs=1e-12)
        assert field.inverse_temperature(2, 0, 0) == pytest.approx(third, rel=1e-12)


def test_zero_temperature_has_infinite_exponents_and_no_nan():
    generator = generic(1, [np.inf, 1.0], [0.0, 0.0])
    field = effective_temperatures(at_state(generator))
    assert np.isposinf(field.exponents[0]).all()
    assert np.isfinite(field.summed_exponents).all()
    assert cycles(generator).by_reservoir[0].one_way.shape[0] == 6


def test_closed_transitions_and_unsuited_generators_are_named():
    bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.05, 6.0))
    other = Reservoir("other", bose_einstein(temperature=2.0), Ohmic(0.05, 6.0))
    pair = np.zeros((3, 3))
    pair[0, 1] = 1.0
    chain = pair.copy()
    chain[1, 2] = 1.0
    system = OpenSystem([0.0, 1.0, 2.5], [Coupling(bath, pair), Coupling(other, chain)], labels=["a", "b", "c"])
    field = effective_temperatures(weak_coupling(system))
    assert field.is_open.tolist() == [[True, False], [True, True]]
    assert field.exponents[0, 1] == 0.0
    with pytest.raises(InputError, match=r"the rate of reservoir 'bath' on 'c' <-> 'b' is zero"):
        field.inverse_temperature(2, 1, 0)
    with pytest.raises(InputError, match=r"the rate of all reservoirs on 'c' <-> 'a' is zero"):
        field.inverse_temperature(2, 0)
    jumps = lindbladian(np.diag([0.0, 1.0]), [np.array([[0, 1], [0, 0]])])
    with pytest.raises(InputError, match=r"be secular.*local_inverse_temperature"):
        effective_temperatures(jumps)
    degenerate = OpenSystem([0.0, 1.0, 1.0], [Coupling(bath, np.triu(np.ones((3, 3)), 1))], labels=["g", "x", "y"])
    with pytest.raises(InputError, match=r"level 'x \+ y' holds 2 states"):
        effective_temperatures(weak_coupling(degenerate, lamb_shift=False))


def test_states_at_one_energy_have_an_exponent_but_no_temperature():
    from equipoise import rate_equation

    field = effective_temperatures(rate_equation([[0, 2.0], [1.0, 0]]))
    with pytest.raises(InputError, match=r"is at frequency zero, where a temperature is undefined"):
        field.inverse_temperature(1, 0)
    assert field.summed_exponents[0] == pytest.approx(np.log(2.0))


def test_random_lab_frame_systems_are_additive_exactly_when_their_state_carries_no_loop():
    for seed in range(4):
        generator = weak_coupling(bosonic_system(Draw(seed, 4, 2, degenerate=False, equal=seed % 2 == 0)))
        field = effective_temperatures(generator)
        logs = field.log_summed_rates + stationary_state(generator).log_weights[None, :]
        net = np.exp(logs) - np.exp(logs.T)
        activity = np.exp(logs) + np.exp(logs.T)
        balanced = bool(np.all(np.abs(net) <= 1e-10 * activity))
        assert balanced == (cycles(generator).tree.largest < 1e-9) == (seed % 2 == 0)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 5))
def test_leads_that_count_particles_add_up_at_any_common_chemical_potential(seed, d):
    """With couplings graded by the number, beta (w - mu) is a difference of beta (H - mu N)."""
    system = fermionic_system(Draw(seed, d, 2, degenerate=False, equal=True, mu=True))
    generator = weak_coupling(system)
    field = effective_temperatures(generator)
    assert cycles(generator).tree.largest < 1e-10
    lead = system.reservoirs[0].distribution
    N = np.diag(system.spectrum.to_energy_basis(system.number)).real
    for k, (m, n) in enumerate(field.transitions):
        # The quantum leaves with the particle: downward in energy, or upward.
        sign = np.sign(N[m] - N[n])
        expected = sign * lead.exponent(sign * field.frequencies[k])
        assert field.summed_exponents[k] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_levels_and_reservoirs_that_do_not_exist_are_refused():
    field = effective_temperatures(generic(1, [1.0], [0.0]))
    with pytest.raises(InputError, match=r"`m, n` must be levels, 0 \.\. 3, but got -1, 0\."):
        field.inverse_temperature(-1, 0)
    with pytest.raises(InputError, match=r"`reservoir` must be .* an index from 0 to 0, or None .*, but got 1\."):
        field.inverse_temperature(1, 0, 1)
