"""Conversion of quanta: cycles rebuild the currents, turn with their affinity, and count their quanta."""

from itertools import combinations, permutations

import numpy as np
import pytest

from equipoise import (
    Coupling,
    InputError,
    Ohmic,
    OpenSystem,
    Reservoir,
    bose_einstein,
    currents,
    cycles,
    fermi_dirac,
    stationary_state,
)
from equipoise.fluxes import at_state
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


def signed(found, levels):
    """Flux along the given direction of a cycle."""
    following = found.levels[(found.levels.index(levels[0]) + 1) % len(levels)]
    return found.flux if following == levels[1] else -found.flux


@pytest.mark.parametrize("reservoirs", [(FIELD,), (FIELD, BATH), (FIELD, BATH, COLD)], ids=len)
@pytest.mark.parametrize("d", [3, 4, 7])
def test_fundamental_cycles_rebuild_the_net_currents(d, reservoirs):
    generator = generator_of(d, d, reservoirs)
    state = stationary_state(generator)
    found = cycles(generator, state)
    flows = currents(generator, state)
    assert len(found) == (d - 1) * (d - 2) // 2
    np.testing.assert_allclose(found.net, flows.summed, atol=1e-14 * flows.activity.sum())
    np.testing.assert_allclose(found.conserved_net, found.net, atol=1e-13 * flows.activity.sum())
    np.testing.assert_array_equal(found.signs, np.sign(found.net).astype(int))


def test_currents_of_the_chords_around_their_cycles_add_up_to_the_net_currents():
    generator = generator_of(11, 6, (FIELD, BATH))
    found = cycles(generator)
    total = np.zeros((6, 6))
    for cycle, current in zip(found, found.chord_currents, strict=True):
        for n, m in zip(cycle.levels, (*cycle.levels[1:], cycle.levels[0]), strict=True):
            total[m, n] += current
            total[n, m] -= current
        assert sum(cycle.absorbed) == pytest.approx(sum(cycle.emitted), rel=1e-13)
    np.testing.assert_allclose(total, found.net, atol=1e-13 * np.abs(found.net).max())


def test_the_tree_and_its_cycles_state_one_affinity():
    """A ring of rates 1 and 2 has the affinity 3 log 2 = 2.08, whoever is asked."""
    ring = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    found = cycles(ring)
    assert found.tree.largest == pytest.approx(3 * np.log(2), rel=1e-14)
    assert found.affinities.tolist() == pytest.approx([3 * np.log(2)], rel=1e-14)
    assert found.largest.affinity == pytest.approx(3 * np.log(2), rel=1e-14)
    generator = generator_of(13, 6, (FIELD, BATH))
    for cycle, affinity in zip(cycles(generator), cycles(generator).tree.affinities, strict=True):
        assert cycle.affinity == pytest.approx(affinity, abs=1e-12)


def test_directed_fluxes_of_a_cycle_have_the_exponential_of_its_affinity_as_their_ratio():
    found = cycles(generator_of(14, 5, (FIELD, COLD)))
    assert len(found) == 6
    for index, cycle in enumerate(found):
        assert cycle.forward / cycle.backward == pytest.approx(np.exp(cycle.affinity), rel=1e-11)
        assert cycle.flux == pytest.approx(cycle.forward - cycle.backward, rel=1e-9)
        assert np.exp(cycle.log_flux) == pytest.approx(cycle.flux, rel=1e-9)
        assert found[index].levels == cycle.levels
        assert found[index].flux == cycle.flux
    assert [cycle.levels for cycle in found[1:3]] == [found[1].levels, found[2].levels]


def test_heat_of_a_turn_times_inverse_temperatures_is_the_affinity():
    """Three reservoirs, one for each transition: the entropy that a turn gives to them is what drives it."""
    betas, mus = np.array([0.4, 1.1, 2.3]), np.array([-0.1, -0.3, 0.0])
    couplings = []
    for r, (m, n) in enumerate([(0, 1), (1, 2), (0, 2)]):
        D = np.zeros((3, 3))
        D[m, n] = 1.0
        field = bose_einstein(inverse_temperature=betas[r], chemical_potential=mus[r])
        couplings.append(Coupling(Reservoir(f"bath {r}", field, Ohmic(1e-4, 6.0)), D))
    generator = weak_coupling(OpenSystem([0.0, 1.0, 2.6], couplings), lamb_shift=False)
    (cycle,) = cycles(generator)
    heat = np.array([cycle.heat[f"bath {r}"] for r in range(3)])
    particles = np.array([cycle.particles[f"bath {r}"] for r in range(3)])
    assert sorted(np.abs(particles)) == [1.0, 1.0, 1.0]
    assert np.sum(heat + mus * particles) == pytest.approx(0.0, abs=1e-14)
    assert -betas @ heat == pytest.approx(cycle.affinity, rel=1e-11)
    flows = currents(generator, stationary_state(generator))
    np.testing.assert_allclose(cycle.flux * heat, flows.heat, rtol=1e-9)
    np.testing.assert_allclose(cycle.flux * particles, flows.particles, rtol=1e-9)


def test_particles_of_a_turn_are_counted_by_the_leads():
    """Two leads on two dots with Coulomb repulsion: a turn carries as much into the system as out of it."""
    left = Reservoir("left", fermi_dirac(temperature=1.0, chemical_potential=0.8), Ohmic(1e-3, 9.0))
    right = Reservoir("right", fermi_dirac(temperature=0.5, chemical_potential=-0.3), Ohmic(2e-3, 9.0))
    a = np.kron([[0, 1.0], [0, 0]], np.eye(2))
    b = np.kron(np.diag([1.0, -1.0]), [[0, 1.0], [0, 0]])
    number = a.T @ a + b.T @ b
    H = 0.7 * a.T @ a + 1.3 * b.T @ b + 0.5 * (a.T @ a) @ (b.T @ b)
    couplings = [Coupling(left, a), Coupling(right, 0.6 * b + 0.3 * a), Coupling(left, 0.2 * b)]
    found = cycles(weak_coupling(OpenSystem(H, couplings, number=number), lamb_shift=False))
    assert len(found)
    for cycle in found:
        assert sum(cycle.particles.values()) == pytest.approx(0.0, abs=1e-13)
        energy = (
            cycle.heat["left"] + cycle.heat["right"] + 0.8 * cycle.particles["left"] - 0.3 * cycle.particles["right"]
        )
        assert energy == pytest.approx(0.0, abs=1e-13)


def test_particles_that_nobody_counts_are_not_known():
    (cycle,) = cycles(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]], energies=[0.0, 1.0, 2.5]))
    assert cycle.particles == {"unattributed": None}
    assert cycle.heat["unattributed"] == pytest.approx(0.0, abs=1e-15)


def test_a_state_that_is_not_stationary_serves_affinities_only():
    ring = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    (cycle,) = cycles(ring, np.diag([0.5, 0.3, 0.2]))
    assert cycle.affinity == pytest.approx(3 * np.log(2), rel=1e-14)
    assert "not conserved" in str(cycle)
    with pytest.raises(InputError, match="`state` must conserve the fluxes between levels for a cycle to have a flux"):
        _ = cycle.flux


@pytest.mark.parametrize("d", [3, 4, 5])
def test_hill_fluxes_of_all_cycles_add_up_to_the_net_currents(d):
    pair = at_state(generator_of(20 + d, d, (FIELD, COLD)))
    total = np.zeros((d, d))
    for cycle in every_cycle(d):
        found = cycles(pair).of(cycle)
        assert found.flux >= 0
        assert found.affinity >= 0
        rate = signed(found, cycle)
        for n, m in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            total[m, n] += rate
            total[n, m] -= rate
    net = cycles(pair).net
    np.testing.assert_allclose(total, net, atol=1e-13 * np.abs(net).max())


def test_hill_fluxes_are_ratios_of_minors_of_the_rate_matrix():
    generator = generator_of(31, 6, (FIELD, BATH))
    jumps = [part.representation.log_transition_rates for part in generator.dissipators]
    W = np.exp(np.logaddexp.reduce(jumps, axis=(0, 1)))
    np.fill_diagonal(W, 0.0)
    laplacian = np.diag(W.sum(axis=0)) - W

    def minor(removed):
        keep = [k for k in range(6) if k not in removed]
        return np.linalg.det(laplacian[np.ix_(keep, keep)])

    norm = sum(minor({k}) for k in range(6))
    found = cycles(generator).conversions
    for process in found:
        a, b, c = process.levels
        expected = (W[b, a] * W[c, b] * W[a, c] - W[a, b] * W[b, c] * W[c, a]) * minor({a, b, c}) / norm
        assert process.flux == pytest.approx(expected, rel=1e-10)
        assert process.conversion in {"1 -> 2", "2 -> 1"}
    assert len(found) == 20
    assert [process.flux for process in found] == sorted((process.flux for process in found), reverse=True)


@pytest.mark.parametrize("seed", range(5))
def test_three_levels_convert_as_their_closed_form_says(seed):
    generator = generator_of(seed, 3, (FIELD, BATH))
    found = three_level_state(ThreeLevelRates.from_generator(generator))
    (process,) = cycles(generator).conversions
    assert signed(process, (0, 2, 1)) == pytest.approx(float(found.conversion), rel=1e-11)
    affinity = float(found.rates.affinity())
    assert process.affinity == pytest.approx(abs(affinity), rel=1e-12)
    assert process.conversion == ("1 -> 2" if affinity > 0 else "2 -> 1")
    e = generator.spectrum.levels
    pair, single = sorted([e[1] - e[0], e[2] - e[1]]), e[2] - e[0]
    absorbed, emitted = ([single], pair) if affinity > 0 else (pair, [single])
    np.testing.assert_allclose(sorted(process.absorbed), absorbed)
    np.testing.assert_allclose(sorted(process.emitted), emitted)


def test_affinity_of_one_field_is_a_sum_of_its_exponents():
    """`sum_down x(w) - sum_up x(w)`, x = beta(w) w: zero on every cycle of a field of one temperature."""
    for field, reservoir in ((FIELD, FIELD), (COLD, COLD)):
        for cycle in cycles(generator_of(3, 5, (reservoir,))):
            released = -np.array(cycle.energies)
            affinity = np.sum(np.sign(released) * field.distribution.exponent(np.abs(released)))
            assert cycle.affinity == pytest.approx(affinity, rel=1e-10, abs=1e-13)
            assert field is FIELD or cycle.affinity < 1e-13


def test_a_ring_of_four_levels_splits_one_quantum_into_three():
    hot = [[0, 0, 0, 1.0], [0, 0, 0, 0], [0, 0, 0, 0], [0.9, 0, 0, 0]]
    cold = [[0, 1.0, 0, 0], [0.1, 0, 1.0, 0], [0, 0.1, 0, 1.0], [0, 0, 0.1, 0]]
    ring = rate_equation(np.add(hot, cold), energies=[0.0, 1.0, 2.1, 3.3])
    (process,) = cycles(ring)
    assert process.conversion == "1 -> 3"
    assert process.levels == (0, 3, 2, 1)
    assert process.absorbed == (3.3,)
    np.testing.assert_allclose(process.emitted, [1.2, 1.1, 1.0])
    assert process.affinity == pytest.approx(np.log(0.9 * 1e3), rel=1e-12)
    assert str(process).startswith("0 -> 3 -> 2 -> 1 -> 0: ")
    assert " ".join(str(process).split()).endswith(", quanta 3.3 -> 1.2 + 1.1 + 1")
    again = cycles(ring).of((0, 1, 2, 3))
    assert again.levels == process.levels
    assert again.flux == pytest.approx(process.flux, rel=1e-13)


def test_independent_cycles_are_transitions_minus_levels_plus_components():
    rates = np.zeros((7, 7))
    for m, n in ((0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (5, 6), (3, 6), (3, 5)):
        rates[m, n] = rates[n, m] = 1.0 + m + n
    generator = rate_equation(rates, energies=np.arange(7.0) ** 1.1)
    assert len(cycles(generator, np.eye(7) / 7)) == 8 - 7 + 2


def test_one_way_transitions_take_part():
    """A ring that turns one way only, and an empty level above it."""
    rates = np.zeros((4, 4))
    rates[1, 0] = rates[2, 1] = rates[0, 2] = 1.0
    rates[0, 3] = rates[1, 3] = 2.0
    generator = rate_equation(rates, energies=[0.0, 1.0, 2.5, 4.0])
    state = stationary_state(generator)
    found = cycles(generator, state)
    assert len(found) == 2
    np.testing.assert_allclose(found.conserved_net, found.net, atol=1e-15)
    best = max(found, key=lambda cycle: cycle.flux)
    assert (best.flux, best.affinity, best.conversion) == (pytest.approx(1 / 3), np.inf, "2 -> 1")
    flux_of = {cycle.levels: cycle.flux for cycle in found.conversions}
    assert flux_of[(0, 1, 2)] == pytest.approx(1 / 3)
    assert sum(flux_of.values()) == pytest.approx(1 / 3)  # nothing passes through the empty level


def test_at_zero_temperature_nothing_is_converted():
    frozen = Reservoir("frozen", bose_einstein(temperature=0.0), Ohmic(1e-4, 5.0))
    generator = generator_of(2, 4, (frozen,))
    found = cycles(generator)
    assert [process.flux for process in found.conversions] == [0.0] * 4
    assert not found.net.any()


def test_conversions_of_rates_below_the_smallest_double():
    field = Reservoir("field", LocalTemperature(Statistics.BOSON, lambda w: 300.0 + 40 * w), Ohmic(1e-4, 5.0))
    D = [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
    generator = weak_coupling(OpenSystem([0.0, 0.5, 1.7], [Coupling(field, D)]), lamb_shift=False)
    (process,) = cycles(generator).conversions
    closed = float(three_level_state(ThreeLevelRates.from_generator(generator)).conversion)
    assert 0 < process.flux < 1e-150
    assert -process.flux == pytest.approx(closed, rel=1e-11)
    assert process.conversion == "2 -> 1"


def test_bad_input_is_refused():
    found = cycles(generator_of(1, 4))
    with pytest.raises(InputError, match=r"`levels` must hold at least three different levels from 0 to 3.*\[0, 1\]"):
        found.of((0, 1))
    with pytest.raises(InputError, match=r"at least three different levels.*got \[0, 1, 1\]"):
        found.of((0, 1, 1))
    chain = rate_equation([[0, 1, 0], [1, 0, 1], [0, 1, 0]], energies=[0.0, 1.0, 2.5])
    with pytest.raises(InputError, match=r"cycle of open transitions, but '2' <-> '0' is closed"):
        cycles(chain).of((0, 1, 2))
    assert cycles(chain).largest is None
    moving = cycles(generator_of(1, 4), np.diag([0.4, 0.3, 0.2, 0.1]))
    with pytest.raises(InputError, match=r"`state` must be stationary to 1e-09"):
        moving.of((0, 1, 2))
    with pytest.raises(InputError, match=r"`state` must be stationary to 1e-09"):
        _ = moving.conversions
    large = rate_equation(np.ones((65, 65)), energies=np.arange(65.0))
    with pytest.raises(InputError, match=r"at most 64 levels for all cycles of three, but has 65. Use the cycles"):
        _ = cycles(large, np.eye(65) / 65).conversions


def test_coherences_that_carry_current_leave_affinities_without_fluxes():
    lower = np.diag(np.ones(2), 1)
    jumps = [lower, 0.5 * lower.T, 0.3 * np.array([[0, 0, 1.0], [0, 0, 0], [0.7, 0, 0]])]
    driven = lindbladian(np.diag([0.0, 1.0, 2.2]) + 0.4 * (lower + lower.T), jumps)
    found = cycles(driven, np.eye(3) / 3)
    assert len(found) == 1
    with pytest.raises(InputError, match="conserve the fluxes"):
        _ = found[0].flux
