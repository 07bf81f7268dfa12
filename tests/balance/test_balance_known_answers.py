"""A test for each quantity with a known answer: closed forms, zeros, infinities; nothing is compared with itself."""

import itertools

import numpy as np
import pytest

from balance.balanced_systems import explicit, gns_balanced_matrices, kms_balanced_generator, random_state
from equipoise import (
    Coupling,
    OpenSystem,
    Reservoir,
    audit,
    bose_einstein,
    lindbladian,
    rate_equation,
    stationary_state,
    weak_coupling,
)
from equipoise.balance import (
    BKM,
    GNS,
    KMS,
    SLD,
    Alicki,
    Harmonic,
    StandardQuantum,
    detailed_balance,
    hidden_time_reversal,
    irreversible_part,
    nearest_balanced,
)
from equipoise.generators import ding_li_lin, kms_balanced, kms_weak_coupling, local
from equipoise.reservoirs import Ohmic
from equipoise.stationary import gibbs_state
from equipoise.thermodynamics import currents, entropy_production, geometric_split, green_kubo
from random_systems import complex_matrix, unitary

ONE, N, X = np.eye(2), np.diag([0.0, 1.0]), np.array([[0.0, 1.0], [1.0, 0.0]])
LEVELS = [0.0, 1.0, 2.7, 3.3]


def bath(name, temperature):
    return Reservoir(name, bose_einstein(temperature=temperature), Ohmic(0.02, 8.0))


def thermal(rng, dimension=4):
    A = complex_matrix(rng, dimension, dimension)
    return weak_coupling(OpenSystem(LEVELS[:dimension], [Coupling(bath("bath", 0.9), A + A.conj().T)]))


def sampler(rng):
    A = complex_matrix(rng, 4, 4)
    return ding_li_lin(np.diag(LEVELS), [A + A.conj().T], 1.1, interaction_picture=True)


# Residuals and budget


def test_thermal_generator_breaks_nothing_but_by_its_hamiltonian():
    """Weak coupling: all zero, but the commuting Hamiltonian, whose share is 2d |H + H_LS - trace|^2."""
    generator = thermal(np.random.default_rng(1))
    budget = detailed_balance(generator, gibbs_state(generator.spectrum, 1 / 0.9))
    H = generator.hamiltonian + generator.dissipators[0].coherent
    free = H - np.trace(H) / 4 * np.eye(4)
    assert budget.commuting == pytest.approx(np.sqrt(2 * 4) * np.linalg.norm(free), rel=1e-12)
    assert max(budget.jump, budget.noncommuting, budget.kms_but_not_gns) < 1e-13 * budget.gns_part
    assert (
        detailed_balance(generator, gibbs_state(generator.spectrum, 1 / 0.9)).kms_but_not_gns < 1e-13 * budget.gns_part
    )


def test_ding_li_lin_is_balanced_in_kms_and_not_in_gns():
    generator = sampler(np.random.default_rng(2))
    found = detailed_balance(generator, stationary_state(generator))
    assert found.kms.relative < 1e-13
    assert found.kms_but_not_gns > 0.1 * found.norm


@pytest.mark.parametrize("metric", [BKM(), SLD(), Harmonic()])
def test_other_metrics_vanish_for_a_thermal_generator_and_not_for_ding_li_lin(metric):
    generator = thermal(np.random.default_rng(3))
    found = detailed_balance(generator, gibbs_state(generator.spectrum, 1 / 0.9)).of(metric)
    assert found.without_hamiltonian < 1e-13 * found.norm
    generator = sampler(np.random.default_rng(3))
    assert detailed_balance(generator, stationary_state(generator)).of(metric).relative > 1e-2


@pytest.mark.parametrize("y", [0.3, 1.4, 20.0])
def test_one_jump_both_ways_is_root_two_beyond_gns_at_every_temperature(y):
    """L = s^(1/4) X s^(-1/4): KMS-balanced; quadratures decay at cosh(y/2) -+ 1; BKM cannot tell, s = 0 can."""
    L = np.array([[0, np.exp(y / 4)], [np.exp(-y / 4), 0]])
    generator = lindbladian(np.zeros((2, 2)), [L])
    sigma = np.diag([1.0, np.exp(-y)]) / (1 + np.exp(-y))
    budget = detailed_balance(generator, sigma)
    assert budget.kms_but_not_gns == pytest.approx(np.sqrt(2), rel=1e-12)
    assert budget.irreversible < 1e-13 * budget.gns_part
    assert -np.trace(X @ generator.apply(X)).real / 2 == pytest.approx(np.cosh(y / 2) - 1, rel=1e-12)
    found = detailed_balance(generator, sigma).notions()
    assert all(found[notion].is_satisfied() for notion in (KMS(), StandardQuantum(), BKM(), SLD(), Harmonic()))
    assert not any(found[notion].is_satisfied() for notion in (GNS(), Alicki()))


# Dual and parts


@pytest.mark.parametrize("rates", [(0.3, 1.7), (2.0, 0.1)])
def test_a_qubit_with_two_pauli_rates_has_no_irreversible_part(rates):
    Z = np.diag([1.0, -1.0])
    generator = lindbladian(np.zeros((2, 2)), [np.sqrt(rates[0]) * X, np.sqrt(rates[1]) * Z])
    assert np.abs(explicit(irreversible_part(generator, np.eye(2) / 2))).max() < 1e-15
    found = detailed_balance(generator, np.eye(2) / 2).notions()
    assert all(residual.value < 1e-14 for residual in found.residuals)


def test_irreversible_part_of_a_cycle_is_its_antisymmetric_current():
    """On populations A = J/p, J the antisymmetric table of net currents over two."""
    rng = np.random.default_rng(4)
    generator = rate_equation(rng.uniform(0.2, 2.0, size=(3, 3)))
    state = stationary_state(generator)
    p = state.density_matrix().real.diagonal()
    J = currents(generator, state).microcurrents[0]
    odd = irreversible_part(generator, state)
    for n in range(3):
        expected = J[:, n] / (2 * p[n])
        assert np.allclose(odd.apply(np.diag(np.eye(3)[n])).real.diagonal(), expected, atol=1e-13)


# Entropy production


def test_fagnola_rebolledo_is_schnakenbergs_number_of_a_chain_zero_in_balance_and_infinite_without_reverse():
    rng = np.random.default_rng(5)
    W = rng.uniform(0.2, 2.0, size=(4, 4))
    np.fill_diagonal(W, 0.0)
    chain = rate_equation(W)
    state = stationary_state(chain)
    p = state.density_matrix().real.diagonal()
    schnakenberg = 0.5 * sum(
        (W[i, j] * p[j] - W[j, i] * p[i]) * np.log(W[i, j] / W[j, i]) for i, j in itertools.permutations(range(4), 2)
    )
    assert entropy_production(chain, state).fagnola_rebolledo.value == pytest.approx(schnakenberg, rel=1e-11)
    balanced, sigma = kms_balanced_generator(rng, 3)
    assert entropy_production(balanced, sigma).fagnola_rebolledo.value < 1e-20 + 1e-13 * np.linalg.norm(
        explicit(balanced)
    )
    driven = lindbladian([[0.3, 0.5], [0.5, -0.3]], [[[0, 0], [1.0, 0]]])
    found = entropy_production(driven).fagnola_rebolledo
    assert found.value == np.inf
    assert found.hidden is None


# Hidden time reversal


def test_driven_qubit_has_a_hidden_time_reversal_at_zero_temperature_only():
    down = np.array([[0.0, 1.0], [0.0, 0.0]])
    for H in ([[0.3, 0.5], [0.5, -0.3]], [[-0.7, 0.2j], [-0.2j, 0.7]]):
        cold = lindbladian(H, [down])
        assert hidden_time_reversal(cold, stationary_state(cold)).relative < 1e-13
        assert detailed_balance(cold, stationary_state(cold)).of(StandardQuantum()).relative > 0.02
        warm = lindbladian(H, [down, 0.5 * down.T])
        assert hidden_time_reversal(warm, stationary_state(warm)).relative > 1e-2


# Cycle currents


@pytest.mark.parametrize("size", [3, 4, 6])
def test_current_of_a_single_cycle(size):
    """J = (product forward - product backward)/Z, Z the sum over rooted spanning trees (all of them, one by one)."""
    rng = np.random.default_rng(size)
    forward, backward = rng.uniform(0.3, 2.0, size=(2, size))
    W = np.zeros((size, size))
    for k in range(size):
        W[(k + 1) % size, k], W[k, (k + 1) % size] = forward[k], backward[k]
    chain = rate_equation(W)
    Z = 0.0
    for cut, root in itertools.product(range(size), repeat=2):
        # Without edge cut -> cut + 1 the ring is a line from cut + 1 to cut; every other state moves towards the root.
        line = [(cut + 1 + k) % size for k in range(size)]
        at = line.index(root)
        Z += np.prod([forward[k] for k in line[:at]]) * np.prod([backward[k] for k in line[at:-1]])
    J = currents(chain, stationary_state(chain)).microcurrents[0]
    for k in range(size):
        assert J[(k + 1) % size, k] == pytest.approx((np.prod(forward) - np.prod(backward)) / Z, rel=1e-11)


# Clausius, Spohn, boundary work


def qubits(w, T, g=0.2):
    parts = {"left": w[0] * np.kron(N, ONE), "right": w[1] * np.kron(ONE, N)}
    exchange = np.zeros((4, 4))
    exchange[1, 2] = exchange[2, 1] = g
    couplings = [Coupling(bath("left", T[0]), np.kron(X, ONE)), Coupling(bath("right", T[1]), np.kron(ONE, X))]
    return OpenSystem(parts["left"] + parts["right"] + exchange, couplings), parts


def exciton_current(system, w, T, g=0.2):
    """Of two sites with free particles, between their own occupations 1/(e^(w/T) + 1)."""
    G = [float(r.rate_out(x) + r.rate_in(x)) for r, x in zip(system.reservoirs, w, strict=True)]
    f = [1 / (np.exp(x / t) + 1) for x, t in zip(w, T, strict=True)]
    mean = sum(G) / 2
    K = 2 * g**2 * mean / (mean**2 + (w[1] - w[0]) ** 2)
    return K * (f[0] - f[1]) / (1 + K * (1 / G[0] + 1 / G[1]))


@pytest.mark.parametrize("w, T", [((1.0, 1.5), (2.0, 1.0)), ((1.0, 1.5), (0.8, 0.8)), ((1.0, 1.5), (1.0, 1.5))])
def test_boundary_work_of_two_detuned_qubits(w, T):
    """W = (w2 - w1) I with I in closed form: zero at equal w/T, not at equal T."""
    system, parts = qubits(w, T)
    generator = local(system, parts, lamb_shift=False)
    found = audit(generator)
    rows = dict(found.first_law)
    current = exciton_current(system, w, T)
    scale = max(abs(current), 1e-4)
    assert rows["boundary work"] == pytest.approx((w[1] - w[0]) * current, abs=1e-11 * scale)
    assert rows["J_E from left"] == pytest.approx(w[0] * current, abs=1e-11 * scale)
    assert found.entropy[0].value == pytest.approx((w[1] / T[1] - w[0] / T[0]) * current, abs=1e-11 * scale)
    assert bool(abs(current) < 1e-15) is bool(T[0] / w[0] == T[1] / w[1])


def test_two_detuned_qubits_are_caught_and_every_repair_holds():
    system, parts = qubits((1.0, 1.5), (0.8, 0.8))
    textbook = local(system, parts, lamb_shift=False)
    tau = gibbs_state(textbook.spectrum, 1 / 0.8)
    assert audit(textbook).verdict.value == "thermodynamically inconsistent generator"
    assert not detailed_balance(textbook, tau).of(StandardQuantum()).is_satisfied()
    assert np.abs(textbook.apply(tau.matrix())).max() > 1e-3
    for repaired in (
        nearest_balanced(textbook, tau, StandardQuantum()),
        weak_coupling(system, lamb_shift=False),
        kms_weak_coupling(system),
    ):
        assert detailed_balance(repaired, tau).of(StandardQuantum()).is_satisfied()
        assert np.abs(repaired.apply(tau.matrix())).max() < 1e-16
        for part in repaired.dissipators:
            assert np.abs(part.apply(tau.matrix())).max() < 1e-15


# House-keeping and excess


def test_house_keeping_vanishes_in_balance_and_both_add_up():
    rng = np.random.default_rng(6)
    A = complex_matrix(rng, 3, 3)
    one = weak_coupling(OpenSystem(LEVELS[:3], [Coupling(bath("bath", 0.9), A + A.conj().T)]))
    rho = np.diag([0.2, 0.5, 0.3])
    found = geometric_split(one, rho)
    assert found.housekeeping < 1e-9 * found.total
    assert found.excess == pytest.approx(found.total, rel=1e-9)
    couplings = [Coupling(bath("hot", 2.0), A + A.conj().T), Coupling(bath("cold", 0.5), np.ones((3, 3)))]
    two = weak_coupling(OpenSystem(LEVELS[:3], couplings))
    state = stationary_state(two)
    found = geometric_split(two, state)
    produced = entropy_production(two, state).by_transition
    assert found.housekeeping + found.excess == pytest.approx(found.total, rel=1e-12)
    assert found.total == pytest.approx(produced.value, rel=1e-9)
    assert found.excess < 1e-9 * found.total


# Balanced by construction


@pytest.mark.parametrize("d", [2, 3, 5, 8])
def test_any_jumps_become_kms_balanced_with_any_state(d):
    rng = np.random.default_rng(d)
    sigma = random_state(rng, d)
    generator = kms_balanced([complex_matrix(rng, d, d) for _ in range(2)], sigma)
    assert detailed_balance(generator, sigma).of(KMS()).relative < 1e-14
    assert np.abs(generator.apply(sigma)).max() < 1e-14 * np.linalg.norm(explicit(generator))


def test_gns_generator_of_every_pair_satisfies_every_notion():
    rng = np.random.default_rng(7)
    H, jumps, sigma = gns_balanced_matrices(rng, np.array(LEVELS), unitary(rng, 4))
    assert all(
        residual.relative < 1e-12 for residual in detailed_balance(lindbladian(H, jumps), sigma).notions().residuals
    )


# Onsager


def three_site_ring(flux):
    """Two reservoirs of one temperature, without the secular approximation; the flux is a magnetic field."""
    hop = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]]) * np.exp(1j * flux / 3)
    H = np.diag([0.0, 0.4, 1.1]) + 0.5 * (hop + hop.conj().T)
    A, B = np.array([[1.0, 0.6, 0.1], [0.6, 0.2, 0.3], [0.1, 0.3, 0.4]]), np.diag([0.0, 1.0, -0.5])
    return OpenSystem(H, [Coupling(bath("left", 1.0), A), Coupling(bath("right", 1.0), B)])


def test_onsager_is_symmetric_and_casimir_under_field_reversal():
    free = green_kubo(kms_weak_coupling(three_site_ring(0.0)), 1.0).matrix
    assert np.abs(free - free.T).max() < 1e-13 * np.abs(free).max()
    assert np.linalg.eigvalsh(0.5 * (free + free.T))[0] > -1e-13 * np.abs(free).max()
    # Energy is conserved: what one reservoir gives the other takes.
    assert np.abs(free.sum(axis=0)).max() < 1e-13 * np.abs(free).max()
    along, against = (green_kubo(kms_weak_coupling(three_site_ring(flux)), 1.0).matrix for flux in (1.1, -1.1))
    assert np.abs(along - against.T).max() < 1e-12 * np.abs(along).max()
    assert np.abs(along - free).max() > 1e-3 * np.abs(along).max()
