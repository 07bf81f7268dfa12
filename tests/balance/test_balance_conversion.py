"""Conversion of quanta: cycles rebuild the currents, turn with their affinity, and count their quanta."""

from itertools import combinations, permutations

import numpy as np
import pytest

from equipoise import Coupling, InputError, Ohmic, OpenSystem, Reservoir, bose_einstein, currents, stationary_state
from equipoise.balance import conversion_process, cycle_currents, field_affinity, field_temperature, quantum_conversions
from equipoise.generators import lindbladian, rate_equation, weak_coupling
from equipoise.reproduce.dynamical_balance.three_levels import ThreeLevelRates, three_level_state
from equipoise.reservoirs import LocalTemperature, Statistics
from random_systems import complex_matrix


def beta(omega):
    return 0.4 + np.sin(3 * omega) ** 2


FIELD = Reservoir("field", LocalTemperature(Statistics.BOSON, beta), Ohmic(5e-5, 6.0))
BATH = Reservoir("bath", bose_einstein(temperature=1.7, chemical_potential=-0.2), Ohmic(2e-5, 8.0))
COLD = Reservoir("cold", bose_einstein(temperature=0.4), Ohmic(8e-5, 8.0))


def generator_of(seed, d, reservoirs=(FIELD,)):
    rng = np.random.default_rng(seed)
    couplings = [Coupling(reservoir, complex_matrix(rng, d, d)) for reservoir in reservoirs]
    return weak_coupling(OpenSystem(np.cumsum(rng.uniform(0.4, 1.3, size=d)), couplings), lamb_shift=False)


def every_cycle(d):
    """Each simple cycle once, in one direction."""
    for size in range(3, d + 1):
        for chosen in combinations(range(d), size):
            for rest in permutations(chosen[1:]):
                if rest[0] < rest[-1]:
                    yield (chosen[0], *rest)


def signed(process, cycle):
    """Rate along the given direction of a cycle."""
    following = process.levels[(process.levels.index(cycle[0]) + 1) % len(cycle)]
    return process.rate if following == cycle[1] else -process.rate


@pytest.mark.parametrize("reservoirs", [(FIELD,), (FIELD, BATH), (FIELD, BATH, COLD)], ids=len)
@pytest.mark.parametrize("d", [3, 4, 7])
def test_fundamental_cycles_rebuild_the_net_currents(d, reservoirs):
    generator = generator_of(d, d, reservoirs)
    state = stationary_state(generator)
    found = cycle_currents(generator, state)
    flows = currents(generator, state)
    assert found.independent == (d - 1) * (d - 2) // 2
    np.testing.assert_allclose(found.net, flows.summed, atol=1e-14 * flows.activity.sum())
    np.testing.assert_allclose(found.summed(), found.net, atol=1e-13 * flows.activity.sum())
    np.testing.assert_array_equal(found.signs(), np.sign(found.net).astype(int))


def test_processes_of_a_tree_carry_the_currents_of_their_chords():
    generator = generator_of(11, 6, (FIELD, BATH))
    found = cycle_currents(generator, stationary_state(generator))
    total = np.zeros((6, 6))
    for process in found.processes():
        for n, m in zip(process.levels, (*process.levels[1:], process.levels[0]), strict=True):
            total[m, n] += process.rate
            total[n, m] -= process.rate
        assert sum(process.absorbed) == pytest.approx(sum(process.emitted), rel=1e-13)
    np.testing.assert_allclose(total, found.net, atol=1e-13 * np.abs(found.net).max())
    assert [p.rate for p in found.processes()] == sorted((p.rate for p in found.processes()), reverse=True)


@pytest.mark.parametrize("d", [3, 4, 5])
def test_hill_fluxes_of_all_cycles_add_up_to_the_net_currents(d):
    generator = generator_of(20 + d, d, (FIELD, COLD))
    state = stationary_state(generator)
    total = np.zeros((d, d))
    for cycle in every_cycle(d):
        process = conversion_process(generator, state, cycle)
        assert process.rate >= 0
        assert process.affinity >= 0
        rate = signed(process, cycle)
        for n, m in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            total[m, n] += rate
            total[n, m] -= rate
    net = cycle_currents(generator, state).net
    np.testing.assert_allclose(total, net, atol=1e-13 * np.abs(net).max())


def test_hill_fluxes_are_ratios_of_minors_of_the_rate_matrix():
    generator = generator_of(31, 6, (FIELD, BATH))
    state = stationary_state(generator)
    W = np.exp(
        np.logaddexp.reduce([part.representation.log_transition_rates for part in generator.dissipators], axis=(0, 1))
    )
    np.fill_diagonal(W, 0.0)
    laplacian = np.diag(W.sum(axis=0)) - W

    def minor(removed):
        keep = [k for k in range(6) if k not in removed]
        return np.linalg.det(laplacian[np.ix_(keep, keep)])

    norm = sum(minor({k}) for k in range(6))
    for process in quantum_conversions(generator, state):
        a, b, c = process.levels
        expected = (W[b, a] * W[c, b] * W[a, c] - W[a, b] * W[b, c] * W[c, a]) * minor({a, b, c}) / norm
        assert process.rate == pytest.approx(expected, rel=1e-10)
        assert process.label in {"1 -> 2", "2 -> 1"}
    assert len(quantum_conversions(generator, state)) == 20


@pytest.mark.parametrize("seed", range(5))
def test_three_levels_convert_as_their_closed_form_says(seed):
    generator = generator_of(seed, 3, (FIELD, BATH))
    found = three_level_state(ThreeLevelRates.from_generator(generator))
    (process,) = quantum_conversions(generator, stationary_state(generator))
    assert signed(process, (0, 2, 1)) == pytest.approx(float(found.conversion), rel=1e-11)
    affinity = float(found.rates.affinity())
    assert process.affinity == pytest.approx(abs(affinity), rel=1e-12)
    assert process.label == ("1 -> 2" if affinity > 0 else "2 -> 1")
    e = generator.spectrum.levels
    pair, single = sorted([e[1] - e[0], e[2] - e[1]]), e[2] - e[0]
    absorbed, emitted = ([single], pair) if affinity > 0 else (pair, [single])
    np.testing.assert_allclose(sorted(process.absorbed), absorbed)
    np.testing.assert_allclose(sorted(process.emitted), emitted)


def test_affinity_of_one_field_is_a_sum_of_its_exponents():
    generator = generator_of(3, 5)
    levels = generator.spectrum.levels
    for cycle, affinity in field_temperature(generator).cycles():
        assert field_affinity(FIELD.distribution, levels[cycle]) == pytest.approx(affinity, rel=1e-10)
    assert field_affinity(COLD.distribution, levels[[0, 2, 1]]) == pytest.approx(0.0, abs=1e-14)


def test_a_ring_of_four_levels_splits_one_quantum_into_three():
    hot = [[0, 0, 0, 1.0], [0, 0, 0, 0], [0, 0, 0, 0], [0.9, 0, 0, 0]]
    cold = [[0, 1.0, 0, 0], [0.1, 0, 1.0, 0], [0, 0.1, 0, 1.0], [0, 0, 0.1, 0]]
    ring = rate_equation(np.add(hot, cold), energies=[0.0, 1.0, 2.1, 3.3])
    found = cycle_currents(ring, stationary_state(ring))
    (process,) = found.processes()
    assert process.label == "1 -> 3"
    assert process.levels == (0, 3, 2, 1)
    assert process.absorbed == (3.3,)
    np.testing.assert_allclose(process.emitted, [1.2, 1.1, 1.0])
    assert process.affinity == pytest.approx(np.log(0.9 * 1e3), rel=1e-12)
    assert str(process).startswith("1 -> 3: 3.3 -> 1.2 + 1.1 + 1 at ")
    assert conversion_process(ring, stationary_state(ring), (0, 1, 2, 3)).rate == pytest.approx(process.rate, rel=1e-13)


def test_independent_cycles_are_transitions_minus_levels_plus_components():
    rates = np.zeros((7, 7))
    for m, n in ((0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (5, 6), (3, 6), (3, 5)):
        rates[m, n] = rates[n, m] = 1.0 + m + n
    generator = rate_equation(rates, energies=np.arange(7.0) ** 1.1)
    assert cycle_currents(generator, np.eye(7) / 7).independent == 8 - 7 + 2


def test_one_way_transitions_take_part():
    """A ring that turns one way only, and an empty level above it."""
    rates = np.zeros((4, 4))
    rates[1, 0] = rates[2, 1] = rates[0, 2] = 1.0
    rates[0, 3] = rates[1, 3] = 2.0
    generator = rate_equation(rates, energies=[0.0, 1.0, 2.5, 4.0])
    state = stationary_state(generator)
    found = cycle_currents(generator, state)
    assert found.independent == 2
    np.testing.assert_allclose(found.summed(), found.net, atol=1e-15)
    best = found.processes()[0]
    assert (best.rate, best.affinity, best.label) == (pytest.approx(1 / 3), np.inf, "2 -> 1")
    rate_of = {process.levels: process.rate for process in quantum_conversions(generator, state)}
    assert rate_of[(0, 1, 2)] == pytest.approx(1 / 3)
    assert sum(rate_of.values()) == pytest.approx(1 / 3)  # nothing passes through the empty level


def test_at_zero_temperature_nothing_is_converted():
    frozen = Reservoir("frozen", bose_einstein(temperature=0.0), Ohmic(1e-4, 5.0))
    generator = generator_of(2, 4, (frozen,))
    state = stationary_state(generator)
    assert [process.rate for process in quantum_conversions(generator, state)] == [0.0] * 4
    assert not cycle_currents(generator, state).net.any()


def test_conversions_of_rates_below_the_smallest_double():
    field = Reservoir("field", LocalTemperature(Statistics.BOSON, lambda w: 300.0 + 40 * w), Ohmic(1e-4, 5.0))
    D = [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
    generator = weak_coupling(OpenSystem([0.0, 0.5, 1.7], [Coupling(field, D)]), lamb_shift=False)
    (process,) = quantum_conversions(generator, stationary_state(generator))
    closed = float(three_level_state(ThreeLevelRates.from_generator(generator)).conversion)
    assert 0 < process.rate < 1e-150
    assert -process.rate == pytest.approx(closed, rel=1e-11)
    assert process.label == "2 -> 1"


def test_bad_input_is_refused():
    generator = generator_of(1, 4)
    state = stationary_state(generator)
    with pytest.raises(InputError, match=r"`levels` must hold at least three different levels from 0 to 3.*\[0, 1\]"):
        conversion_process(generator, state, (0, 1))
    with pytest.raises(InputError, match=r"at least three different levels.*got \[0, 1, 1\]"):
        conversion_process(generator, state, (0, 1, 1))
    chain = rate_equation([[0, 1, 0], [1, 0, 1], [0, 1, 0]], energies=[0.0, 1.0, 2.5])
    with pytest.raises(InputError, match=r"cycle of open transitions, but '2' <-> '0' is closed"):
        conversion_process(chain, np.eye(3) / 3, (0, 1, 2))
    with pytest.raises(InputError, match=r"`generator` must be secular"):
        cycle_currents(lindbladian(np.diag([0.0, 1.0]), [np.eye(2)]), np.eye(2) / 2)
    large = rate_equation(np.ones((65, 65)), energies=np.arange(65.0))
    with pytest.raises(InputError, match=r"at most 64 levels for all cycles of three, but has 65. Use cycle_currents"):
        quantum_conversions(large, np.eye(65) / 65)
    with pytest.raises(InputError, match=r"`energies` must hold at least three levels"):
        field_affinity(COLD.distribution, [0.0, 1.0])
    with pytest.raises(InputError, match=r"`energies` must change at every step"):
        field_affinity(COLD.distribution, [0.0, 1.0, 1.0])
