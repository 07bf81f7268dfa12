"""Flows and entropy productions in stationary and given states; ergotropy."""

import numpy as np
import pytest

from equipoise import (
    InputError,
    Reservoir,
    bose_einstein,
    currents,
    lindbladian,
    rate_equation,
    stationary_state,
    weak_coupling,
)
from equipoise.fluxes import at_state
from equipoise.generators import Dissipator, Generator, MatrixFree, kms_balanced
from equipoise.spectrum import spectrum_of_levels, spectrum_of_matrix
from equipoise.stationary import DensityMatrix, density_matrix, gibbs_state
from equipoise.thermodynamics import entropy_production, ergotropy, is_passive
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system, unitary


def random_state(spectrum, seed, pure=False):
    rng = np.random.default_rng(seed)
    d = spectrum.dimension
    A = complex_matrix(rng, d, 1 if pure else d)
    rho = A @ A.conj().T
    return density_matrix(spectrum, rho / np.trace(rho).real)


@pytest.mark.parametrize("degenerate", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_flows_in_a_given_state_sum_to_the_rates_of_change(seed, degenerate):
    for system in (bosonic_system(Draw(seed, 5, 3, degenerate)), fermionic_system(Draw(seed, 5, 2, degenerate))):
        generator = weak_coupling(system, lamb_shift=False)
        state = random_state(system.spectrum, seed)
        flows = currents(generator, state)
        change = generator.apply(state.matrix())
        energy = np.trace(system.spectrum.hamiltonian @ change).real
        assert flows.energy.sum() == pytest.approx(energy, abs=1e-12 * np.abs(flows.energy).max())
        if system.is_graded:
            particles = np.trace(system.number @ change).real
            assert flows.particles.sum() == pytest.approx(particles, abs=1e-12 * np.abs(flows.particles).max())
        net = flows.summed.sum(axis=1)
        populations = np.diag(system.spectrum.to_energy_basis(change)).real
        by_level = np.bincount(system.spectrum.level_of, weights=populations)
        np.testing.assert_allclose(net, by_level, atol=1e-13)
        np.testing.assert_allclose(flows.coherence_energy, 0.0, atol=1e-15)


def test_microcurrents_of_given_jumps_equal_those_of_the_secular_generator():
    system = bosonic_system(Draw(2, 4, 2, False))
    generator = weak_coupling(system, lamb_shift=False)
    jumps, owners = [], []
    for part in generator.dissipators:
        operators = part.representation.jump_operators()
        jumps += list(operators)
        owners += [part.reservoir] * len(operators)
    given = lindbladian(system.hamiltonian, jumps, owners)
    state = random_state(system.spectrum, 3)
    first, second = currents(generator, state), currents(given, state)
    np.testing.assert_allclose(first.microcurrents, second.microcurrents, atol=1e-12)
    np.testing.assert_allclose(first.energy, second.energy, atol=1e-12)
    free = Generator(
        given.spectrum,
        tuple(
            Dissipator(MatrixFree(p.representation.apply, p.representation.adjoint), reservoir=p.reservoir)
            for p in given.dissipators
        ),
    )
    np.testing.assert_allclose(currents(free, state).microcurrents, first.microcurrents, atol=1e-12)


def test_coherences_of_a_general_generator_close_the_energy_balance():
    rng = np.random.default_rng(0)
    H = np.diag([0.0, 1.0, 2.3])
    generator = lindbladian(H, [complex_matrix(rng, 3, 3)], [Reservoir("one")])
    state = random_state(generator.spectrum, 1)
    flows = currents(generator, state)
    carried = np.sum((flows.spectrum.levels[:, None] - flows.spectrum.levels) * flows.fluxes[0])
    assert abs(flows.coherence_energy[0]) > 1e-3
    assert np.isnan(flows.energy[0])
    assert flows.gained[0] == pytest.approx(carried + flows.coherence_energy[0])


def test_absorbed_quanta_by_bohr_frequency_carry_the_energy():
    system = bosonic_system(Draw(3, 5, 2, True))
    generator = weak_coupling(system, lamb_shift=False)
    flows = currents(generator, stationary_state(generator))
    frequencies, absorbed = flows.by_bohr_frequency()
    np.testing.assert_allclose(absorbed @ frequencies, flows.energy, atol=1e-14)


@pytest.mark.parametrize("degenerate", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_entropy_productions_agree_and_are_not_negative(seed, degenerate):
    system = bosonic_system(Draw(seed, 4, 2, degenerate))
    generator = weak_coupling(system, lamb_shift=False)
    stationary = stationary_state(generator)
    for density in (stationary.density, random_state(system.spectrum, seed)):
        found = entropy_production(generator, density, stationary=stationary)
        first, second, third = found.clausius.value, found.by_transition.value, found.spohn_of_reservoirs
        assert first > 0
        assert second == pytest.approx(first, rel=1e-10)
        assert third.value == pytest.approx(first, rel=1e-10)
        assert third.is_never_negative
        assert found.spohn.value >= -1e-15
    assert entropy_production(generator, stationary.density).spohn.value == pytest.approx(0.0, abs=1e-14)


def test_entropy_production_is_infinite_out_of_a_pure_state_and_on_one_way_transitions():
    system = bosonic_system(Draw(1, 3, 1, False))
    generator = weak_coupling(system, lamb_shift=False)
    assert entropy_production(generator, random_state(system.spectrum, 0, pure=True)).of_system == np.inf
    W = rate_equation([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    assert entropy_production(W).by_transition.value == np.inf


def test_schnakenberg_number_of_the_cyclic_chain():
    W = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    value = entropy_production(W).by_transition.value
    assert value == pytest.approx(np.log(2), rel=1e-14)


def test_productions_that_do_not_apply_say_why():
    W = rate_equation([[0, 1], [1, 0]])
    found = entropy_production(W)
    assert found.clausius.value is None
    assert "no temperature" in found.clausius.reason
    assert "no Gibbs state" in found.spohn_of_reservoirs.reason
    # The adjoint of the second jump is not among the jumps, and yet is not orthogonal to them.
    jumps = lindbladian(np.diag([0.0, 1.0]), [np.array([[0, 1], [0, 0]]), np.array([[0, 1], [2, 0]])])
    assert "reverse of a jump" in entropy_production(jumps).by_transition.reason


def test_ergotropy_is_the_best_of_many_unitaries_and_zero_for_passive_states():
    spectrum = spectrum_of_levels([0.0, 0.7, 1.5, 4.0])
    state = random_state(spectrum, 5)
    bound = ergotropy(state)
    rng = np.random.default_rng(0)
    H = spectrum.hamiltonian
    rho = state.matrix()
    drawn = [np.trace((rho - U @ rho @ U.conj().T) @ H).real for U in (unitary(rng, 4) for _ in range(300))]
    assert max(drawn) <= bound + 1e-12
    vectors = np.linalg.eigh(rho)[1]
    best = np.eye(4)[:, ::-1] @ vectors.conj().T  # largest weight on the ground state
    assert np.trace((rho - best @ rho @ best.conj().T) @ H).real == pytest.approx(bound, rel=1e-12)
    assert is_passive(gibbs_state(spectrum, 2.0))
    assert not is_passive(gibbs_state(spectrum, -2.0))


def test_heat_is_referred_to_the_chemical_potential():
    reservoir = Reservoir("r", bose_einstein(temperature=1.0, chemical_potential=-0.3))
    W = rate_equation({reservoir: [[0, 1.0], [0.2, 0]]}, energies=[0.0, 1.0], particles=[0, 1])
    flows = currents(W, DensityMatrix(W.spectrum, np.log([0.5, 0.5])))
    np.testing.assert_allclose(flows.particles, [-0.4])
    np.testing.assert_allclose(flows.energy, [-0.4])
    np.testing.assert_allclose(flows.heat, [-0.4 - 0.3 * 0.4])


def test_particle_flow_of_given_jumps_without_a_number_operator_is_not_known():
    reservoir = Reservoir("r", bose_einstein(temperature=1.0, chemical_potential=-0.3))
    jumps = [np.array([[0, 1.0], [0, 0]]), np.array([[0, 0], [0.5, 0]])]
    H, state = np.diag([0.0, 1.0]), np.diag([0.5, 0.5])
    found = entropy_production(lindbladian(H, jumps, [reservoir, reservoir]), state)
    assert found.flows["r"].particles is None
    assert found.flows["r"].heat is None
    assert "not known" in found.clausius.reason
    assert "not known" in str(found.flows)
    counted = currents(lindbladian(H, jumps, [reservoir, reservoir], number=H), state)
    assert counted[0].particles == pytest.approx(-0.5 * 1.0 + 0.5 * 0.25)


@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
def test_flows_carried_by_each_transition_add_up_to_the_totals(make):
    system = make(Draw(7, 5, 2, False, mu=True))
    generator = weak_coupling(system, lamb_shift=False)
    flows = currents(generator, random_state(system.spectrum, 2))
    upper = np.triu_indices(system.spectrum.size, 1)
    np.testing.assert_allclose(flows.transition_energy[:, *upper].sum(axis=1), flows.energy, atol=1e-13)
    np.testing.assert_allclose(flows.transition_particles[:, *upper].sum(axis=1), flows.particles, atol=1e-13)
    np.testing.assert_allclose(flows.transition_heat[:, *upper].sum(axis=1), flows.heat, atol=1e-13)
    np.testing.assert_allclose(flows.transition_particles, flows.transition_particles.transpose(0, 2, 1))
    # Given as jumps with a number operator, each transition carries the same.
    if system.number is not None:
        jumps, owners = [], []
        for part in generator.dissipators:
            operators = part.representation.jump_operators()
            jumps += list(operators)
            owners += [part.reservoir] * len(operators)
        given = currents(
            lindbladian(system.hamiltonian, jumps, owners, number=system.number),
            random_state(system.spectrum, 2).matrix(),
        )
        np.testing.assert_allclose(given.transition_particles, flows.transition_particles, atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
def test_productions_of_an_equilibrium_vanish_within_their_noise(make, seed):
    generator = weak_coupling(make(Draw(seed, 4, 1, bool(seed % 2))))
    state = stationary_state(generator)
    produced = entropy_production(generator, state)
    resolved, directed = produced.by_transition, produced.flows.directed
    for found in (resolved, produced.spohn, produced.clausius):
        assert abs(found.value) <= found.error
        assert found.error < 1e-9 * directed.rate_scales.sum()
        assert found.deficit == 0.0
    # The sum of the errors of the fluxes, each times the logarithm of its two rates.
    known = [process.log_ratios for own in directed.processes for process in own]
    logs = np.concatenate([np.abs(ratios[np.isfinite(ratios)]) for ratios in known])
    assert resolved.error <= np.max(directed.errors) * logs.sum() * (1 + 1e-12)


@pytest.mark.parametrize("cold", [1.0, 3.0, 6.0, 9.0])
def test_spohn_of_a_matrix_is_that_of_its_logarithms_within_the_noise(cold):
    """The stationary state as a matrix has lost digits of its small weights, which the logarithm makes large."""
    rng = np.random.default_rng(1)
    d = 4
    V = np.linalg.qr(rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)))[0]
    H = V @ np.diag([0.0, 0.7, 1.5, 2.8]) @ V.conj().T
    exact = gibbs_state(spectrum_of_matrix(H), cold)
    jumps = [rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)) for _ in range(2)]
    generator = kms_balanced(jumps, exact, hamiltonian=H)
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    start = A @ A.conj().T / np.trace(A @ A.conj().T).real
    for rho in (start, exact.matrix()):
        sharp, blurred = (
            entropy_production(generator, rho, stationary=sigma).spohn for sigma in (exact, exact.matrix())
        )
        assert abs(blurred.value - sharp.value) <= blurred.error
        assert blurred.error >= sharp.error * (1 - 1e-6) > 0
        assert sharp.deficit == blurred.deficit == 0.0
    found = entropy_production(generator, start, stationary=exact).spohn
    assert found.error < 1e-10 * found.value


def test_flows_of_a_matrix_carry_the_rounding_of_its_weights():
    system = bosonic_system(Draw(5, 4, 2, False))
    generator = weak_coupling(system)
    state = stationary_state(generator).density
    rounding = np.zeros((4, 4))
    rounding[0, 1] = rounding[1, 0] = 1e-15
    turned = density_matrix(generator.spectrum, state.matrix() + rounding)
    exact, rounded = currents(generator, state), currents(generator, turned)
    assert turned.relative_weight_error is not None
    assert np.all(rounded.directed.errors >= exact.directed.errors * (1 - 1e-12))
    assert np.all(np.abs(rounded.fluxes - exact.fluxes) <= rounded.directed.errors)


def test_flows_are_found_by_name_by_number_and_in_a_loop():
    generator = weak_coupling(bosonic_system(Draw(5, 4, 2, False)))
    flows = currents(generator)
    first, second = flows.reservoirs
    assert len(flows) == 2
    assert [each.name for each in flows] == [first, second]
    assert flows[second].heat == flows[1].heat == flows[-1].heat == flows.heat[1]
    assert flows[first].energy == flows.energy[0]
    np.testing.assert_array_equal(flows[first].microcurrents, flows.microcurrents[0])
    printed = str(flows[first])
    assert printed.startswith(f"flows from {first!r} into the system")
    with pytest.raises(
        InputError, match=f"must be the name of a reservoir, but got 'sun'. The reservoirs are '{first}'"
    ):
        flows["sun"]
    with pytest.raises(IndexError):
        flows[2]


def test_dissipators_of_one_name_are_told_apart_by_number():
    one, other = rate_equation([[0, 1], [2, 0]]), rate_equation([[0, 3], [1, 0]])
    flows = currents(Generator(one.spectrum, one.dissipators + other.dissipators))
    message = (
        r"must name one reservoir, but 2 are called 'unattributed'. Tell them apart by number: flows\[0\], flows\[1\]"
    )
    with pytest.raises(InputError, match=message):
        flows["unattributed"]
    assert flows[0].microcurrents[0, 1] == pytest.approx(-flows[1].microcurrents[0, 1])


def test_flows_show_as_a_table_in_a_notebook():
    named = Reservoir("<hot>", bose_einstein(temperature=1.0))
    shown = currents(rate_equation({named: [[0, 1.0], [0.2, 0]]}, energies=[0.0, 1.0]))._repr_html_()
    assert shown.startswith("<table>")
    assert "<td>&lt;hot&gt;</td><td>not known</td>" in shown


def test_the_stationary_state_is_taken_where_none_is_given():
    generator = weak_coupling(bosonic_system(Draw(2, 4, 2, False)))
    state = stationary_state(generator)
    pair = at_state(generator)
    for found in (entropy_production(generator), entropy_production(generator, state), entropy_production(pair)):
        assert found.of_system == 0.0
        assert found.clausius.value == pytest.approx(entropy_production(generator, state.density).clausius.value)
        assert found.spohn.value == pytest.approx(0.0, abs=found.spohn.error)
        assert sum(found.clausius.by_reservoir) == pytest.approx(found.clausius.value)
        assert sum(found.spohn_of_reservoirs.by_reservoir) == pytest.approx(found.spohn_of_reservoirs.value)
    np.testing.assert_array_equal(currents(pair).energy, currents(generator, state).energy)


def test_a_stationary_state_of_another_generator_is_not_at_rest():
    hot, cold = (weak_coupling(bosonic_system(Draw(seed, 3, 1, False))) for seed in (1, 2))
    state = stationary_state(hot)
    found = entropy_production(cold, state.density_matrix())
    assert entropy_production(cold, state).of_system == pytest.approx(found.of_system, rel=1e-9)
    assert abs(found.of_system) > 1e-6


def test_spohn_needs_to_know_which_of_several_stationary_states_is_meant():
    generator = rate_equation([[0, 0.0], [0.0, 0]])
    found = entropy_production(generator, np.diag([0.3, 0.7])).spohn
    assert found.value is None
    assert "several stationary states" in found.reason
