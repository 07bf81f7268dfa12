"""Backward and time-reversed generators against explicit superoperators, and what is refused."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from equipoise import (
    Coupling,
    InputError,
    OpenSystem,
    Reservoir,
    bose_einstein,
    lindbladian,
    rate_equation,
    weak_coupling,
)
from equipoise.balance import GNS, dual, time_reversed_generator
from equipoise.balance.cycles.time_reversal import backward_generator
from equipoise.reproduce.dynamical_balance.deviation import balance_deviation, current_deviation, dual_minus_backward
from equipoise.reservoirs import Ohmic
from equipoise.stationary import stationary_state
from equipoise.thermodynamics import currents
from random_systems import Draw, bosonic_system

seeds = st.integers(0, 10**6)


def generic(seed, d=3, reservoirs=2, *, equal=False, mu=True):
    """With a diagonal Lamb shift drawn at random: its value does not matter here, and its integrals take time."""
    system = bosonic_system(Draw(seed, d, reservoirs, degenerate=False, equal=equal, mu=mu))
    bare = weak_coupling(system, lamb_shift=False)
    parts = []
    for r, part in enumerate(bare.dissipators):
        shift = np.diag(np.random.default_rng(seed + 29 + r).normal(size=d)).astype(complex)
        shift = bare.spectrum.to_given_basis(shift)
        parts.append(dataclasses.replace(part, coherent_term=lambda K=shift: K))
    return dataclasses.replace(bare, dissipators=tuple(parts))


def operators(seed, d, count=2):
    rng = np.random.default_rng(seed + 17)
    return [rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)) for _ in range(count)]


def diagonal(seed, generator):
    rng = np.random.default_rng(seed + 5)
    weights = rng.dirichlet(np.ones(generator.dimension))
    V = generator.spectrum.vectors
    return V @ np.diag(weights) @ V.conj().T


def dense_adjoint(generator):
    """The d^2 x d^2 Heisenberg matrix."""
    return generator.superoperator().conj().T


@settings(max_examples=10, deadline=None)
@given(seeds, st.integers(2, 4), st.integers(1, 3))
def test_forward_minus_backward_is_twice_the_commutator_with_all_hamiltonians(seed, d, count):
    generator = generic(seed, d, count)
    (X,) = operators(seed, d, 1)
    K = generator.hamiltonian + sum(part.coherent for part in generator.dissipators)
    difference = generator.adjoint(X) - backward_generator(generator).adjoint(X)
    expected = 2j * (K @ X - X @ K)
    assert np.allclose(difference, expected, atol=1e-12 * np.abs(expected).max())


def test_backward_twice_is_forward_with_the_same_states_and_flows():
    generator = generic(4)
    back = backward_generator(generator)
    again = backward_generator(back).superoperator()
    assert np.allclose(again, generator.superoperator(), atol=1e-13)
    state, backward_state = stationary_state(generator), stationary_state(back)
    assert np.array_equal(state.log_weights, backward_state.log_weights)
    assert np.allclose(currents(generator, state).energy, currents(back, backward_state).energy)
    assert back.provenance.limit.startswith("backward evolution of: weak coupling")
    assert back.system is None


def test_the_backward_generator_evolves_states_as_a_semigroup():
    back = backward_generator(generic(8, 3))
    # Row-major: S[(i, j), (k, l)] is the element of |k><l| in |i><j|, so C[(i, k), (j, l)] is the Choi matrix.
    S = expm(0.7 * back.superoperator()).reshape(3, 3, 3, 3)
    matrix = S.transpose(0, 2, 1, 3).reshape(9, 9)
    assert np.linalg.eigvalsh(0.5 * (matrix + matrix.conj().T)).min() > -1e-12


@settings(max_examples=15, deadline=None)
@given(seeds, st.integers(2, 4), st.integers(1, 3))
def test_the_time_reversed_generator_is_the_dual_of_the_explicit_superoperator(seed, d, count):
    generator = generic(seed, d, count)
    state = stationary_state(generator)
    rho = state.density_matrix()
    left = np.kron(rho, np.eye(d))
    # Tr[rho X L(Y)] = Tr[rho L^+(X) Y] for all Y: L^+ = rho^-1 L_* rho.
    expected = np.linalg.inv(left) @ generator.superoperator() @ left
    found = dense_adjoint(time_reversed_generator(generator, state))
    assert np.allclose(found, expected, atol=1e-9 * np.abs(expected).max())


@settings(max_examples=10, deadline=None)
@given(seeds, st.integers(2, 4))
def test_the_time_reversed_generator_is_a_generator_out_of_equilibrium_too(seed, d):
    generator = generic(seed, d, 3)
    state = stationary_state(generator)
    dual = time_reversed_generator(generator, state)
    scale = np.abs(dual.superoperator()).max()
    assert np.abs(dual.adjoint(np.eye(d))).max() < 1e-13 * scale
    assert np.abs(dual.apply(state.density_matrix())).max() < 1e-12 * scale
    forward = currents(generator, state).summed
    assert np.allclose(currents(dual, state).summed, -forward, atol=1e-13 * scale)
    # Dual of the dual.
    twice = time_reversed_generator(dual, state)
    assert np.allclose(twice.superoperator(), generator.superoperator(), atol=1e-10 * scale)
    S = expm(dual.superoperator() / scale).reshape(d, d, d, d)
    choi = S.transpose(0, 2, 1, 3).reshape(d * d, d * d)
    assert np.linalg.eigvalsh(0.5 * (choi + choi.conj().T)).min() > -1e-11


@settings(max_examples=15, deadline=None)
@given(seeds, st.integers(2, 4))
def test_the_dual_map_holds_for_every_faithful_state_and_every_generator(seed, d):
    generator = weak_coupling(bosonic_system(Draw(seed, d, 2, degenerate=seed % 2 == 0)))
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    rho = A @ A.conj().T + 0.1 * np.eye(d)
    rho = 0.5 * (rho + rho.conj().T) / np.trace(rho).real
    X, Y = operators(seed, d)
    left = np.trace(rho @ dual(generator, rho, GNS()).adjoint(X) @ Y)
    right = np.trace(rho @ X @ generator.adjoint(Y))
    assert left == pytest.approx(right, rel=1e-9, abs=1e-10)


@settings(max_examples=15, deadline=None)
@given(seeds, st.integers(2, 4))
def test_dual_minus_backward_is_the_sum_of_pi_over_transitions(seed, d):
    generator = generic(seed, d)
    (X,) = operators(seed, d, 1)
    rho = diagonal(seed, generator)
    total = sum(dual_minus_backward(generator, rho, m, n, X) for m in range(d) for n in range(m))
    difference = dual(generator, rho, GNS()).adjoint(X) - backward_generator(generator).adjoint(X)
    assert np.allclose(difference, total, atol=1e-10 * np.abs(difference).max() + 1e-13)
    assert np.allclose(dual_minus_backward(generator, rho, 0, 1, X), dual_minus_backward(generator, rho, 1, 0, X))


def test_reversal_works_with_weights_far_below_the_smallest_double():
    bath = Reservoir("bath", bose_einstein(inverse_temperature=600.0), Ohmic(0.05, 6.0))
    other = Reservoir("other", bose_einstein(inverse_temperature=550.0), Ohmic(0.05, 6.0))
    D = np.triu(np.ones((3, 3)), 1)
    generator = weak_coupling(OpenSystem([0.0, 1.0, 2.3], [Coupling(bath, D), Coupling(other, D)]))
    state = stationary_state(generator)
    assert state.log_weights.min() < -1200
    turned = time_reversed_generator(generator, state)
    assert np.allclose(stationary_state(turned).log_weights, state.log_weights, rtol=1e-12)
    with pytest.raises(InputError, match=r"weights above 1e-304.*time_reversed_generator"):
        dual(generator, state, GNS())


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(2, 4), st.integers(1, 4))
def test_the_deviation_is_the_sum_of_microcurrents_for_every_diagonal_state(seed, d, count):
    generator = generic(seed, d, count)
    X, Y = operators(seed, d)
    rho = diagonal(seed, generator)
    left, right = balance_deviation(generator, rho, X, Y), current_deviation(generator, rho, X, Y)
    assert left == pytest.approx(right, rel=1e-9, abs=1e-11)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_between_projectors_the_deviation_is_one_summed_microcurrent(seed):
    generator = generic(seed, 4)
    state = stationary_state(generator)
    V = generator.spectrum.vectors
    P = [np.outer(v, v.conj()) for v in V.T]
    J = currents(generator, state).summed
    for a in range(4):
        for b in range(4):
            assert balance_deviation(generator, state, P[a], P[b]) == pytest.approx(J[b, a], abs=1e-12)


def test_equal_reservoirs_without_chemical_potential_have_no_deviation():
    generator = generic(3, 4, equal=True, mu=False)
    state = stationary_state(generator)
    X, Y = operators(3, 4)
    assert abs(current_deviation(generator, state, X, Y)) < 1e-12
    dual = time_reversed_generator(generator, state).superoperator()
    assert np.allclose(dual, backward_generator(generator).superoperator(), atol=1e-12)


def test_unsuited_generators_and_states_are_named():
    bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.05, 6.0))
    ladder = weak_coupling(OpenSystem([0.0, 1.0, 2.0], [Coupling(bath, np.diag([1.0, 1.0], 1))]))
    state = stationary_state(ladder)
    shared = r"distinct gaps.*transitions . -> . and . -> . of reservoir 'bath' share the Bohr frequency 1"
    with pytest.raises(InputError, match=shared + ".*Use dual"):
        time_reversed_generator(ladder, state)
    with pytest.raises(InputError, match=shared + ".*Use balance_deviation"):
        current_deviation(ladder, state, np.eye(3), np.eye(3))
    with pytest.raises(InputError, match=shared):
        dual_minus_backward(ladder, state, 1, 0, np.eye(3))
    jumps = lindbladian(np.diag([0.0, 1.0]), [np.array([[0, 1], [0, 0]])])
    with pytest.raises(InputError, match=r"be secular.*Use dual"):
        time_reversed_generator(jumps, np.eye(2) / 2)
    chain = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    with pytest.raises(InputError, match=r"stationary to 1e-09 .* level .* gains or loses"):
        time_reversed_generator(chain, np.diag([0.5, 0.3, 0.2]))
    with pytest.raises(InputError, match=r"be two levels of 0 .. 2, but got 1, 1"):
        dual_minus_backward(chain, np.eye(3) / 3, 1, 1, np.eye(3))
    with pytest.raises(InputError, match=r"be two levels of 0 .. 2, but got 3, 0"):
        dual_minus_backward(chain, np.eye(3) / 3, 3, 0, np.eye(3))


def test_pure_dephasing_does_not_count_as_coinciding_gaps():
    bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.05, 6.0))
    D = np.array([[1.0, 1.0, 0.5], [0.0, 2.0, 1.0], [0.0, 0.0, -1.0]])
    generator = weak_coupling(OpenSystem([0.0, 1.0, 2.3], [Coupling(bath, D + D.T)]))
    state = stationary_state(generator)
    X, Y = operators(2, 3)
    rho = np.diag([0.5, 0.3, 0.2])
    left, right = balance_deviation(generator, rho, X, Y), current_deviation(generator, rho, X, Y)
    assert left == pytest.approx(right, abs=1e-12)
    assert np.abs(time_reversed_generator(generator, state).adjoint(np.eye(3))).max() < 1e-14
