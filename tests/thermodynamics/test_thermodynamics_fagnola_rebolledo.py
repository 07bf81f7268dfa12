"""Fagnola-Rebolledo entropy production: dense twin, two-point states in many digits, zero iff SQDB, known answers."""

import re

import mpmath
import numpy as np
import pytest

from equipoise import InputError, lindbladian, rate_equation, stationary_state, weak_coupling
from equipoise.balance import detailed_balance
from equipoise.generators import Dissipator, Generator, MatrixFree
from equipoise.reservoirs import Reservoir
from equipoise.stationary import DensityMatrix
from equipoise.thermodynamics import entropy_production
from equipoise.thermodynamics.contractivity import bregman_terms
from equipoise.thermodynamics.two_point_entropy import fagnola_rebolledo
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system, unitary
from reference import two_point


def explicit(generator):
    return [L for part in generator.dissipators for L in part.representation.jump_operators()]


def assert_is_dense(found, jumps, sigma, reversal=None):
    forward, backward = two_point.two_point_operators(jumps, sigma, reversal)
    assert found.activity == pytest.approx(np.trace(forward).real, rel=1e-10)
    assert found.relative_entropy == pytest.approx(two_point.relative_entropy(forward, backward), rel=1e-8, abs=1e-12)
    assert found.jensen_shannon == pytest.approx(two_point.jensen_shannon(forward, backward), rel=1e-8, abs=1e-12)
    assert found.trace_distance == pytest.approx(two_point.trace_distance(forward, backward), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("degenerate", [False, True])
@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
def test_secular_structure_explicit_jumps_and_dense_matrices_agree(make, degenerate):
    generator = weak_coupling(make(Draw(0, 4, 2, degenerate)))
    state = stationary_state(generator)
    found = fagnola_rebolledo(generator, state)
    jumps, sigma = explicit(generator), state.density_matrix()
    assert_is_dense(found.whole, jumps, sigma)
    assert_is_dense(fagnola_rebolledo(lindbladian(generator.hamiltonian, jumps), sigma).whole, jumps, sigma)
    for part, whole in zip(generator.dissipators, found.resolved, strict=True):
        assert_is_dense(whole, list(part.representation.jump_operators()), sigma)
    assert found.stationarity < 1e-13


@pytest.mark.parametrize("seed", range(3))
def test_value_is_the_rate_of_the_relative_entropy_of_two_point_states(seed):
    rng = np.random.default_rng(seed)
    H = complex_matrix(rng, 2, 2)
    jumps = [complex_matrix(rng, 2, 2) for _ in range(4)]
    generator = lindbladian(H + H.conj().T, jumps)
    sigma = stationary_state(generator).density_matrix()
    found = fagnola_rebolledo(generator, sigma)
    assert found.value == pytest.approx(two_point.two_point_states_rate(generator.superoperator(), sigma), rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_companions_are_finite_and_bound_it(seed):
    rng = np.random.default_rng(seed)
    d = 2 + seed
    jumps = [complex_matrix(rng, d, d) for _ in range(d * d)]
    generator = lindbladian(np.diag(np.arange(d)), jumps)
    found = fagnola_rebolledo(generator, stationary_state(generator)).whole
    assert 0 < found.bound <= found.relative_entropy < np.inf
    assert found.jensen_shannon <= found.activity * np.log(2)
    # Two jumps do not span what their reverses span.
    generator = lindbladian(np.diag(np.arange(d)), jumps[:2])
    alone = fagnola_rebolledo(generator, stationary_state(generator)).whole
    assert alone.relative_entropy == np.inf
    assert 0 < alone.bound < np.inf
    assert 0 < alone.jensen_shannon <= alone.activity * np.log(2)


def test_decay_without_any_reverse_is_infinite_and_so_is_the_bound():
    cycle = rate_equation([[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    found = fagnola_rebolledo(cycle, stationary_state(cycle)).whole
    assert found.relative_entropy == np.inf
    assert found.bound == np.inf
    assert found.jensen_shannon == pytest.approx(np.log(2), rel=1e-14)
    assert found.trace_distance == pytest.approx(1.0, rel=1e-14)


def random_rates(seed, d=5):
    W = np.random.default_rng(seed).uniform(0.1, 2.0, size=(d, d))
    return W - np.diag(np.diag(W))


def schnakenberg(W, p):
    J = W * p[None, :] - (W * p[None, :]).T
    ratio = np.log(np.where(W > 0, W, 1) / np.where(W.T > 0, W.T, 1))
    return 0.5 * np.sum(J * ratio)


def test_rate_equations_give_schnakenberg_as_rates_and_as_jump_operators():
    W = random_rates(3)
    generator = rate_equation(W)
    state = stationary_state(generator)
    expected = schnakenberg(W, state.weights)
    assert fagnola_rebolledo(generator, state).value == pytest.approx(expected, rel=1e-12)
    jumps = [np.sqrt(W[i, j]) * np.outer(np.eye(5)[i], np.eye(5)[j]) for i, j in np.argwhere(W > 0)]
    V = unitary(np.random.default_rng(1), 5)
    rotated = lindbladian(np.diag(np.arange(5.0)), [V @ L @ V.conj().T for L in jumps])
    sigma = V @ np.diag(state.weights) @ V.conj().T
    found = fagnola_rebolledo(rotated, 0.5 * (sigma + sigma.conj().T))
    assert found.value == pytest.approx(expected, rel=1e-10)


def test_resolving_reservoirs_reveals_what_their_sum_hides():
    hot, cold = Reservoir("hot"), Reservoir("cold")
    tables = {hot: np.array([[0, 2.0], [1.0, 0]]), cold: np.array([[0, 3.0], [0.5, 0]])}
    generator = rate_equation(tables)
    state = stationary_state(generator)
    p = state.weights
    found = fagnola_rebolledo(generator, state)
    # Two states have no cycle: seen from the system alone, nothing is irreversible.
    assert found.value < 1e-30
    assert found.resolved_value == pytest.approx(sum(schnakenberg(W, p) for W in tables.values()), rel=1e-12)
    assert found.hidden == pytest.approx(found.resolved_value, rel=1e-12)
    assert found.reservoirs == ("hot", "cold")


@pytest.mark.parametrize("seed", range(6))
def test_unresolved_value_is_at_most_the_sum(seed):
    generator = weak_coupling(bosonic_system(Draw(seed, 3 + seed % 3, 3, False)))
    found = fagnola_rebolledo(generator, stationary_state(generator))
    assert 0 < found.value <= found.resolved_value
    assert found.hidden == pytest.approx(found.resolved_value - found.value, rel=1e-12)
    assert found.hidden > 0


def kms_balanced(seed, d=3):
    """Jumps sigma^(1/4) Lambda sigma^(-1/4), Lambda Hermitian, and a Hamiltonian that commutes with sigma added."""
    rng = np.random.default_rng(seed)
    h = np.array([0.0, 0.7, 1.9])[:d]
    scale = np.exp(-0.25 * (h[:, None] - h))
    jumps = []
    for _ in range(2):
        A = complex_matrix(rng, d, d)
        jumps.append(scale * (A + A.conj().T))
    M = sum(L.conj().T @ L for L in jumps)
    H = 0.5j * np.tanh((h[:, None] - h) / 4) * M + np.diag([0.0, 2.0, 3.1])
    return 0.5 * (H + H.conj().T), jumps, np.diag(np.exp(-h) / np.exp(-h).sum())


def test_zero_exactly_for_standard_detailed_balance_and_quadratic_near_it():
    H, jumps, sigma = kms_balanced(0)
    exact = lindbladian(H, jumps)
    assert detailed_balance(exact, sigma).sqdb.relative < 1e-14
    assert fagnola_rebolledo(exact, sigma).value < 1e-27
    W = np.array([[0, 1.0, 2.0], [3.0, 0, 0.7], [1.0, 0.4, 0]])
    p = np.array([0.2, 0.3, 0.5])
    symmetric = (W + W.T) / p[None, :]
    cycle = np.array([[0, 0, 1.0], [1.0, 0, 0], [0, 1.0, 0]]) - np.array([[0, 1.0, 0], [0, 0, 1.0], [1.0, 0, 0]])
    values = []
    for size in (1e-3, 1e-6, 1e-9):
        perturbed = symmetric + size * cycle / p[None, :]
        generator = rate_equation(perturbed)
        jumps = [np.sqrt(perturbed[i, j]) * np.outer(np.eye(3)[i], np.eye(3)[j]) for i, j in np.argwhere(W > 0)]
        spectrum_free = lindbladian(np.diag([0.0, 1.0, 2.3]), jumps)
        sigma = np.diag(p)
        by_pairs = fagnola_rebolledo(generator, DensityMatrix(generator.spectrum, np.log(p))).value
        by_jumps = fagnola_rebolledo(spectrum_free, sigma).value
        # Four parts in 1e16 of the amplitudes against a violation of 1e-9.
        assert by_jumps == pytest.approx(by_pairs, rel=1e-5)
        values.append(by_pairs / size**2)
    assert values[1] == pytest.approx(values[0], rel=1e-4)
    assert values[2] == pytest.approx(values[1], rel=1e-6)


@pytest.mark.parametrize("u", [1e-300, 1e-9, 1e-4, 0.003, 0.0099, 0.0101, 0.3, 5.0, 80.0])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_terms_keep_their_digits_at_any_ratio(u, sign):
    """x log(x/y) - x + y against 60 digits: the series and the difference meet at |log x/y| = 0.01."""
    x = 0.37
    with mpmath.workdps(700 if u < 1e-200 else 60):
        log_x, log_y = mpmath.mpf(np.log(x)), mpmath.mpf(float(np.log(x) + sign * u))
        exact = mpmath.exp(log_x) * (log_x - log_y) - mpmath.exp(log_x) + mpmath.exp(log_y)
        found = bregman_terms(np.array([np.log(x)]), np.array([float(np.log(x) + sign * u)]))[0]
        assert found == pytest.approx(float(exact), rel=1e-10, abs=0)


def test_value_does_not_depend_on_the_jump_operators_chosen():
    rng = np.random.default_rng(4)
    H = complex_matrix(rng, 3, 3)
    H, jumps = H + H.conj().T, np.array([complex_matrix(rng, 3, 3) for _ in range(9)])
    shifts = complex_matrix(rng, 9, 1)[:, 0]
    mixed = np.einsum("kl,lij->kij", unitary(rng, 9), jumps)
    moved = mixed + shifts[:, None, None] * np.eye(3)
    shift = sum(-0.5j * (c.conj() * L - c * L.conj().T) for c, L in zip(shifts, mixed, strict=True))
    first, second = lindbladian(H, list(jumps)), lindbladian(H + shift, list(moved))
    np.testing.assert_allclose(first.superoperator(), second.superoperator(), atol=1e-11)
    sigma = stationary_state(first).density_matrix()
    one, two = fagnola_rebolledo(first, sigma), fagnola_rebolledo(second, sigma)
    assert two.value == pytest.approx(one.value, rel=1e-9)
    assert two.whole.activity == pytest.approx(one.whole.activity, rel=1e-12)


@pytest.mark.parametrize("degenerate", [False, True])
def test_time_reversal_enters_the_backward_operator(degenerate):
    generator = weak_coupling(bosonic_system(Draw(2, 4, 2, degenerate)))
    state = stationary_state(generator)
    sigma = state.density_matrix()
    _, vectors = np.linalg.eigh(sigma)
    # theta = conjugation in the eigenbasis of sigma, with phases.
    phases = np.exp(1j * np.random.default_rng(0).uniform(0, 6, size=4))
    U = vectors @ np.diag(phases) @ vectors.T
    found = fagnola_rebolledo(generator, state, U)
    assert_is_dense(found.whole, explicit(generator), sigma, U)
    # In another basis U is unitary and not symmetric; it is asked for as such.
    V = unitary(np.random.default_rng(2), 4)
    turned = lindbladian(V @ generator.hamiltonian @ V.conj().T, [V @ L @ V.conj().T for L in explicit(generator)])
    again = fagnola_rebolledo(turned, V @ sigma @ V.conj().T, V @ U @ V.T)
    assert again.value == pytest.approx(found.value, rel=1e-7)
    rates = rate_equation(random_rates(1, 4))
    classical = stationary_state(rates)
    # Conjugation changes nothing of real jumps between states.
    reversed_ = fagnola_rebolledo(rates, classical, np.diag(phases))
    assert reversed_.value == pytest.approx(fagnola_rebolledo(rates, classical).value, rel=1e-13)


def test_reversal_that_permutes_equal_states_relabels_the_reverse_flows():
    # A ring of three with a uniform state: exchanging two sites reverses the circulation.
    W = np.array([[0, 1.0, 2.0], [2.0, 0, 1.0], [1.0, 2.0, 0]])
    ring = rate_equation(W)
    swap = np.array([[0, 1.0, 0], [1.0, 0, 0], [0, 0, 1.0]])
    state = stationary_state(ring)
    assert fagnola_rebolledo(ring, state, swap).value < 1e-30
    assert fagnola_rebolledo(ring, state).value == pytest.approx(np.log(2), rel=1e-12)


def test_a_reversal_whose_square_is_minus_one_is_one_too():
    """A spin a half: U is antisymmetric. Pauli jumps change sign, which no jump minds."""
    paulis = [np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1.0])]
    spin = lindbladian(np.zeros((2, 2)), [np.sqrt(rate) * P for rate, P in zip((0.3, 1.0, 2.0), paulis, strict=True)])
    assert fagnola_rebolledo(spin, np.eye(2) / 2, [[0, 1.0], [-1.0, 0]]).value < 1e-28


def test_cold_rates_keep_their_digits():
    energies = np.array([0.0, 150.0, 300.0])
    K = np.array([[0, 1, 2.0], [1, 0, 3], [2, 3, 0]])
    W = np.exp(-0.5 * (energies[:, None] - energies)) * K
    W[2, 0] *= 1.5
    generator = rate_equation(W, energies)
    state = stationary_state(generator)
    log_p = state.log_weights
    with np.errstate(divide="ignore"):
        f = np.log(W) + log_p[None, :]
    pairs = [(0, 1), (0, 2), (1, 2)]
    expected = sum((np.exp(f[i, j]) - np.exp(f[j, i])) * (f[i, j] - f[j, i]) for i, j in pairs)
    assert expected < 1e-30
    assert fagnola_rebolledo(generator, state).value == pytest.approx(expected, rel=1e-9)


def test_errors_say_what_to_do():
    generator = rate_equation([[0, 1], [1, 0]])
    state = stationary_state(generator)
    free = Generator(generator.spectrum, (Dissipator(MatrixFree(lambda rho: 0 * rho, lambda X: 0 * X)),))
    found = entropy_production(free, state).fagnola_rebolledo
    assert found.value is found.resolved_value is found.hidden is None
    assert re.search("have jump operators, but dissipator 'unattributed' is known by its act.*remain", found.reason)
    assert "value" in str(found)
    assert "not applicable" in str(found)
    signed = lindbladian(np.diag([0.0, 1.0]), [np.eye(2), np.ones((2, 2))], signs=[1, -1])
    found = entropy_production(signed, np.eye(2) / 2).fagnola_rebolledo
    assert found.value is None
    assert re.search("completely positive .* has jumps with sign -1. Its two", found.reason)
    with pytest.raises(InputError, match=r"`time_reversal` must be unitary, but \|U U\^dagger - 1\| reaches 3"):
        fagnola_rebolledo(generator, state, 2 * np.eye(2))
    biased = rate_equation([[0, 1], [2, 0]])
    with pytest.raises(InputError, match="commute with the state.*connects eigenvectors of different weight"):
        fagnola_rebolledo(biased, stationary_state(biased), [[0, 1], [1, 0]])


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3, 1e6])
def test_shifts_and_mixing_of_the_jumps_change_nothing(size):
    rng = np.random.default_rng(11)
    H = np.diag([0.0, 1.0, 2.2]).astype(complex)
    V = unitary(rng, 3)
    pairs = []
    for i, j in ((0, 1), (1, 2), (0, 2)):
        for a, b, rate in ((i, j, rng.uniform(0.5, 2)), (j, i, rng.uniform(0.5, 2))):
            jump = np.zeros((3, 3), dtype=complex)
            jump[a, b] = np.sqrt(rate)
            pairs.append(V @ jump @ V.conj().T)
    H = V @ H @ V.conj().T
    H = 0.5 * (H + H.conj().T)
    plain = lindbladian(H, pairs)
    sigma = stationary_state(plain).density_matrix()
    mixed = np.einsum("kl,lij->kij", unitary(rng, 6), np.array(pairs))
    c = size * complex_matrix(rng, 6, 1)[:, 0]
    shift = sum(0.5j * (z.conj() * L - z * L.conj().T) for z, L in zip(c, mixed, strict=True))
    moved = lindbladian(H - 0.5 * (shift + shift.conj().T), list(mixed + c[:, None, None] * np.eye(3)))
    one, two = fagnola_rebolledo(plain, sigma), fagnola_rebolledo(moved, sigma)
    # Every pair of states is joined both ways: finite, and still so when the identity parts are large.
    assert 0 < one.value < np.inf
    assert two.value == pytest.approx(one.value, rel=1e-14 * max(1e2, size))
    assert two.whole.trace_distance == pytest.approx(one.whole.trace_distance, rel=1e-14 * max(1e2, size))
    # And a single channel has no reverse however it is written.
    alone, other = (
        lindbladian(H, pairs[:1]),
        lindbladian(H - 0.5 * (shift + shift.conj().T), [pairs[0] + c[0] * np.eye(3)]),
    )
    assert fagnola_rebolledo(alone, np.eye(3) / 3).value == fagnola_rebolledo(other, np.eye(3) / 3).value == np.inf
