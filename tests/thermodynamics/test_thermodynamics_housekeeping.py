"""Adiabatic and geometric splits: sums, signs, a dense twin, what vanishes where, and the negative adiabatic part."""

import numpy as np
import pytest

from equipoise import (
    Coupling,
    InputError,
    NumericalError,
    OpenSystem,
    lindbladian,
    rate_equation,
    stationary_state,
    weak_coupling,
)
from equipoise.generators import Dissipator, Generator, Jumps
from equipoise.generators.pairing import jump_pairs
from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
from equipoise.spectrum import spectrum_of_matrix
from equipoise.stationary import DensityMatrix, gibbs_state
from equipoise.thermodynamics import (
    adiabatic_split,
    entropy_production,
    geometric_split,
)
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system, unitary
from reference import geometric


def random_state(seed, d):
    A = complex_matrix(np.random.default_rng(seed), d, d)
    rho = A @ A.conj().T
    rho = 0.5 * (rho + rho.conj().T)
    return rho / np.trace(rho).real


CASES = [
    (make, degenerate, seed)
    for make in (bosonic_system, fermionic_system)
    for degenerate in (False, True)
    for seed in (0, 1)
]


@pytest.mark.parametrize("make, degenerate, seed", CASES)
def test_both_splits_add_up_to_the_entropy_production(make, degenerate, seed):
    generator = weak_coupling(make(Draw(seed, 4, 2, degenerate)))
    rho = random_state(seed, generator.dimension)
    stationary = stationary_state(generator)
    produced = entropy_production(generator, rho, stationary=stationary)
    total, of_jumps = produced.spohn_of_reservoirs.value, produced.by_transition.value
    adiabatic = adiabatic_split(generator, rho, stationary)
    assert adiabatic.total == pytest.approx(total, rel=1e-10)
    assert adiabatic.nonadiabatic == pytest.approx(produced.spohn.value, rel=1e-10)
    assert adiabatic.nonadiabatic + adiabatic.adiabatic == pytest.approx(total, rel=1e-10)
    assert adiabatic.nonadiabatic >= 0
    split = geometric_split(generator, rho)
    assert split.total == pytest.approx(of_jumps, rel=1e-10)
    assert split.housekeeping + split.excess == pytest.approx(split.total, rel=1e-9)
    assert split.housekeeping > 0
    assert split.excess > 0
    assert split.residual < 1e-10
    assert np.trace(split.potential) == pytest.approx(0, abs=1e-10)
    np.testing.assert_allclose(split.potential, split.potential.conj().T, atol=1e-9)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_the_residual_of_the_projection_is_relative_whatever_the_unit_of_time(unit):
    rng = np.random.default_rng(0)
    pairs = [(complex_matrix(rng, 4, 4), rng.uniform(-2, 2)) for _ in range(2)]
    jumps = [np.sqrt(unit) * x for L, s in pairs for x in (np.exp(s / 4) * L, np.exp(-s / 4) * L.conj().T)]
    found = geometric_split(lindbladian(np.zeros((4, 4)), jumps), random_state(1, 4), tolerance=1e-2)
    exact = geometric_split(lindbladian(np.zeros((4, 4)), jumps), random_state(1, 4))
    assert 1e-5 < found.residual <= 1e-2
    assert found.steps < exact.steps
    assert found.excess == pytest.approx(exact.excess, rel=3e-2)
    assert found.excess != exact.excess


@pytest.mark.parametrize("seed", range(3))
def test_geometric_split_is_the_dense_projection(seed):
    rng = np.random.default_rng(seed)
    d = 3
    pairs = [(complex_matrix(rng, d, d), rng.uniform(-2, 2)) for _ in range(2)]
    jumps = [x for L, s in pairs for x in (np.exp(s / 4) * L, np.exp(-s / 4) * L.conj().T)]
    H = complex_matrix(rng, d, d)
    rho = random_state(seed, d)
    found = geometric_split(lindbladian(H + H.conj().T, jumps), rho)
    total, housekeeping, excess = geometric.split(pairs, rho)
    assert found.total == pytest.approx(total, rel=1e-9)
    assert found.excess == pytest.approx(excess, rel=1e-8)
    assert found.housekeeping == pytest.approx(housekeeping, rel=1e-7)


def test_gradient_current_alone_changes_the_state_as_the_dissipators_do():
    generator = weak_coupling(bosonic_system(Draw(3, 4, 2, True)))
    rho = random_state(3, 4)
    split = geometric_split(generator, rho)
    pairs = jump_pairs(generator)
    change = np.zeros((4, 4), dtype=complex)
    for L, s in zip(pairs.operators, pairs.entropies, strict=True):
        J = geometric.weighted(L @ split.potential - split.potential @ L, s, rho)
        half = 0.5 * (J @ L.conj().T - L.conj().T @ J)
        change += half + half.conj().T
    expected = sum(part.representation.apply(rho) for part in generator.dissipators)
    np.testing.assert_allclose(change, expected, atol=1e-8 * np.abs(expected).max())


def test_detailed_balance_keeps_no_house_and_a_stationary_state_has_no_excess():
    generator = weak_coupling(bosonic_system(Draw(5, 4, 1, False)))
    rho = random_state(5, 4)
    split = geometric_split(generator, rho)
    assert abs(split.housekeeping) < 1e-12 * split.excess
    adiabatic = adiabatic_split(generator, rho, stationary_state(generator))
    assert abs(adiabatic.adiabatic) < 1e-12 * adiabatic.total
    generator = weak_coupling(bosonic_system(Draw(5, 4, 2, False)))
    state = stationary_state(generator)
    split = geometric_split(generator, state)
    assert split.excess < 1e-20 * split.housekeeping
    assert split.housekeeping == pytest.approx(adiabatic_split(generator, state, state).adiabatic, rel=1e-10)


def test_excess_of_a_coherent_stationary_state_does_not_vanish():
    # A driven qubit: the dissipator undoes what the drive does, D(rho) = i[H, rho] != 0.
    down, up = np.array([[0, 1.2], [0, 0]]), np.array([[0, 0], [0.5, 0]])
    generator = lindbladian(np.array([[0, 0.4], [0.4, 0.0]]), [down, up])
    split = geometric_split(generator, stationary_state(generator))
    assert split.excess > 1e-2
    assert split.housekeeping >= 0


def test_classical_adiabatic_part_is_never_negative_and_gauged_by_the_modular_residual():
    for seed in range(5):
        generator = weak_coupling(bosonic_system(Draw(seed, 4, 2, False)))
        split = adiabatic_split(generator, random_state(seed, 4), stationary_state(generator))
        assert split.modular < 1e-12
        assert split.least > 0


def test_adiabatic_part_can_be_negative_in_a_quantum_state():
    generator = weak_coupling(bosonic_system(Draw(1, 4, 2, True)))
    stationary = stationary_state(generator)
    split = adiabatic_split(generator, random_state(1, 4), stationary)
    assert split.least < -0.1
    assert split.modular > 1e-2
    # Reached by a state: the eigenvector, mixed with a little of everything to have full rank.
    vector = split.least_state
    rho = 0.999 * np.outer(vector, vector.conj()) + 0.001 * np.eye(4) / 4
    rho = 0.5 * (rho + rho.conj().T)
    worst = adiabatic_split(generator, rho, stationary)
    assert worst.adiabatic < 0.9 * split.least
    assert worst.total > 0
    assert worst.nonadiabatic > worst.total
    # The geometric parts stay non-negative in that very state.
    geometric_parts = geometric_split(generator, rho)
    assert min(geometric_parts.housekeeping, geometric_parts.excess) >= 0


def test_no_general_order_between_geometric_excess_and_nonadiabatic_part():
    signs = set()
    for seed in range(6):
        generator = weak_coupling(bosonic_system(Draw(seed, 4, 2, True)))
        rho = random_state(seed, 4)
        nonadiabatic = adiabatic_split(generator, rho, stationary_state(generator)).nonadiabatic
        signs.add(bool(geometric_split(generator, rho).excess > nonadiabatic))
    assert signs == {True, False}


def test_pairs_rebuild_the_dissipators():
    for make, degenerate in ((bosonic_system, True), (fermionic_system, True), (bosonic_system, False)):
        generator = weak_coupling(make(Draw(2, 4, 2, degenerate)))
        pairs = jump_pairs(generator)
        for r, part in enumerate(generator.dissipators):
            jumps = []
            for L, s, owner in zip(pairs.operators, pairs.entropies, pairs.dissipators, strict=True):
                if owner == r:
                    jumps += [np.exp(s / 4) * L, np.exp(-s / 4) * L.conj().T]
            rebuilt = lindbladian(np.zeros((generator.dimension,) * 2), jumps).superoperator()
            np.testing.assert_allclose(rebuilt, part.representation.superoperator(generator.dimension), atol=1e-12)


def test_pairs_of_given_jumps_are_found_whatever_their_phase_and_order():
    a = np.diag(np.sqrt([1.0, 2.0]), 1)
    z = np.diag([1.0, 0.0, -1.0])
    generator = lindbladian(np.diag([0.0, 1, 2]), [0.5j * a.T, z, 2 * a, 1j * a])
    pairs = jump_pairs(generator)
    assert sorted(np.round(pairs.entropies, 12)) == pytest.approx(sorted([0.0, -np.log(5 / 0.25)]))
    jumps = [
        x
        for L, s in zip(pairs.operators, pairs.entropies, strict=True)
        for x in (np.exp(s / 4) * L, np.exp(-s / 4) * L.conj().T)
    ]
    rebuilt = lindbladian(np.diag([0.0, 1, 2]), jumps).superoperator()
    np.testing.assert_allclose(rebuilt, generator.superoperator(), atol=1e-14)


def test_errors_say_what_is_missing():
    decay = lindbladian(np.diag([0.0, 1.0]), [[[0, 1], [0, 0]]])
    with pytest.raises(
        InputError, match="reverse of each jump, but dissipator 'unattributed' lacks the reverse of its jump operator 0"
    ):
        geometric_split(decay, np.eye(2) / 2)
    with pytest.raises(InputError, match="lacks the reverse between the states 0 and 1"):
        geometric_split(rate_equation([[0, 0], [1, 0]]), np.eye(2) / 2)
    with pytest.raises(InputError, match="completely positive .* sign -1. A signed jump has no reverse: derive"):
        jump_pairs(lindbladian(np.diag([0.0, 1.0]), [np.eye(2)], signs=[-1]))
    cold = rate_equation({Reservoir("cold", bose_einstein(temperature=0.0)): [[0, 1.0], [0.5, 0]]}, energies=[0.0, 1.0])
    state = stationary_state(cold)
    with pytest.raises(InputError, match="reservoirs at finite temperatures .* reservoir 'cold' has no Gibbs state"):
        adiabatic_split(cold, state, state)
    with pytest.raises(
        InputError, match="`reservoir_states` must have one state for each of the 1 dissipators, but has 2"
    ):
        adiabatic_split(cold, state, state, [state, state])
    empty = DensityMatrix(cold.spectrum, np.array([0.0, -np.inf]))
    with pytest.raises(InputError, match="`stationary` must have full rank, but has 1 empty"):
        adiabatic_split(cold, state, empty, [gibbs_state(cold.spectrum, 1.0)])
    with pytest.raises(NumericalError, match="has not converged after 2000 steps"):
        geometric_split(weak_coupling(bosonic_system(Draw(0, 4, 2, False))), random_state(0, 4), tolerance=0.0)


@pytest.mark.parametrize("beta", [5.0, 60.0, 120.0])
def test_a_cold_split_in_a_rotated_basis_is_that_of_its_rates(beta):
    # Three levels with gaps 0.4 and 0.6 between two reservoirs; nothing of exp(-beta) may drown in a change of basis.
    rng = np.random.default_rng(1)
    e = np.array([0.0, 0.4, 1.0])
    V = unitary(rng, 3)
    H = V @ np.diag(e) @ V.conj().T
    couplings = []
    for r, T in enumerate((1 / beta, 1.3 / beta)):
        D = complex_matrix(rng, 3, 3)
        np.fill_diagonal(D, 0.0)
        D = V @ (D + D.conj().T) @ V.conj().T
        couplings.append(Coupling(Reservoir(f"bath {r}", bose_einstein(temperature=T), Ohmic(0.05, 6.0)), D))
    generator = weak_coupling(OpenSystem(0.5 * (H + H.conj().T), couplings))
    tables = {
        part.reservoir: np.exp(part.representation.log_transition_rates).sum(axis=0) for part in generator.dissipators
    }
    classical = rate_equation(tables, e)
    for log_p in (stationary_state(generator).log_weights, np.array([-beta, -0.5 * beta, 0.0])):
        log_p = log_p - np.log(np.exp(log_p).sum())
        found = geometric_split(generator, DensityMatrix(generator.spectrum, log_p))
        expected = geometric_split(classical, DensityMatrix(classical.spectrum, log_p))
        total = 0.0
        for W in tables.values():
            for i, j in ((0, 1), (0, 2), (1, 2)):
                there, back = np.log(W[i, j]) + log_p[j], np.log(W[j, i]) + log_p[i]
                total += (np.exp(there) - np.exp(back)) * (there - back)
        assert found.total == pytest.approx(total, rel=1e-10)
        assert found.total == pytest.approx(expected.total, rel=1e-10)
        assert found.excess == pytest.approx(expected.excess, rel=1e-6, abs=1e-12 * total)
        assert found.housekeeping == pytest.approx(expected.housekeeping, rel=1e-6, abs=1e-12 * total)
        split = adiabatic_split(generator, DensityMatrix(generator.spectrum, log_p), stationary_state(generator))
        assert split.total == pytest.approx(total, rel=1e-10)
        assert split.nonadiabatic + split.adiabatic == pytest.approx(total, rel=1e-10)
        assert split.nonadiabatic >= -1e-12 * total
        assert split.adiabatic >= -1e-12 * total


def test_given_cold_jumps_are_paired_by_their_elements():
    # The constructor knows the slow jumps in the energy basis; the given one would lose them.
    V = unitary(np.random.default_rng(2), 2)
    H = V @ np.diag([0.0, 1.0]) @ V.conj().T
    spectrum = spectrum_of_matrix(0.5 * (H + H.conj().T))
    down, up = np.array([[0, 1.0], [0, 0]]), np.exp(-50.0) * np.array([[0, 0], [1.0, 0]])
    elements = np.array([down, up], dtype=complex)
    jumps = Jumps(np.array([spectrum.to_given_basis(L) for L in elements]), (1, 1), elements)
    generator = Generator(spectrum, (Dissipator(jumps),))
    (s,) = jump_pairs(generator).entropies
    assert s == pytest.approx(100.0, rel=1e-14)
    split = geometric_split(generator, DensityMatrix(spectrum, np.array([0.0, -90.0])))
    # One pair: flow exp(-90) down, exp(-100) up.
    assert split.total == pytest.approx((np.exp(-90.0) - np.exp(-100.0)) * 10.0, rel=1e-10)


def test_jumps_that_do_nothing_produce_nothing():
    rho = random_state(4, 3)
    for jumps in ([np.zeros((3, 3))], [np.zeros((3, 3)), 3.0 * np.eye(3)], [(0.1 + 0.2j) * np.eye(3)]):
        split = geometric_split(lindbladian(np.diag([0.0, 1.0, 2.5]), jumps), rho)
        assert split.total == split.housekeeping == split.excess == 0.0
    # An identity part of a jump that is its own reverse changes nothing.
    z = np.diag([1.0, 0.3, -1.0])
    plain, shifted = (
        geometric_split(lindbladian(np.diag([0.0, 1.0, 2.5]), [z + c * np.eye(3)]), rho) for c in (0.0, 1e4)
    )
    assert shifted.total == pytest.approx(plain.total, rel=1e-8)
    assert shifted.excess == pytest.approx(plain.excess, rel=1e-7)
