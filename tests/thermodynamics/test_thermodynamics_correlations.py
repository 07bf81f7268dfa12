"""Correlation functions against dense exponentials, and the three cases in which they are symmetric in time."""

import numpy as np
import pytest
from scipy.linalg import expm

from equipoise import (
    Coupling,
    InputError,
    OpenSystem,
    Reservoir,
    bose_einstein,
    lindbladian,
    stationary_state,
    weak_coupling,
)
from equipoise.reservoirs import Ohmic
from equipoise.thermodynamics import reversal_symmetry, two_time_correlation
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system, unitary
from reference.dense_balance import power

TIMES = np.array([0.0, 0.3, 2.0, 40.0])


def hermitian(rng, d):
    A = complex_matrix(rng, d, d)
    return A + A.conj().T


def dense(generator, A, X, times):
    S, d = generator.superoperator(), generator.dimension
    return np.array([np.trace(A @ (expm(S * t) @ X.ravel()).reshape(d, d)) for t in times])


@pytest.mark.parametrize("degenerate", [False, True])
@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
def test_sectors_evolve_as_the_whole_superoperator(make, degenerate):
    generator = weak_coupling(make(Draw(1, 4, 2, degenerate)))
    state = stationary_state(generator)
    sigma = state.density_matrix()
    rng = np.random.default_rng(0)
    A, B = complex_matrix(rng, 4, 4), complex_matrix(rng, 4, 4)
    root = power(sigma, 0.5)
    for symmetric, X in ((False, B @ sigma), (True, root @ B @ root)):
        expected = dense(generator, A, X, TIMES)
        found = two_time_correlation(generator, state, A, B, TIMES, symmetric=symmetric)
        np.testing.assert_allclose(found, expected, atol=1e-11)


def test_any_other_generator_evolves_as_a_whole():
    rng = np.random.default_rng(2)
    generator = lindbladian(hermitian(rng, 3), [complex_matrix(rng, 3, 3)])
    state = stationary_state(generator)
    A, B = complex_matrix(rng, 3, 3), complex_matrix(rng, 3, 3)
    expected = dense(generator, A, B @ state.density_matrix(), TIMES)
    np.testing.assert_allclose(two_time_correlation(generator, state, A, B, TIMES), expected, atol=1e-11)


def test_correlations_start_at_the_moments_and_end_uncorrelated():
    generator = weak_coupling(bosonic_system(Draw(5, 4, 2, True)))
    state = stationary_state(generator)
    sigma = state.density_matrix()
    rng = np.random.default_rng(3)
    A, B = hermitian(rng, 4), hermitian(rng, 4)
    found = two_time_correlation(generator, state, A, B, [0.0, 1e6])
    assert found[0] == pytest.approx(np.trace(sigma @ A @ B), rel=1e-12)
    assert found[1] == pytest.approx(np.trace(sigma @ A) * np.trace(sigma @ B), rel=1e-6)


def single_bath(D, levels=(0.0, 0.7, 1.9)):
    return weak_coupling(
        OpenSystem(np.diag(levels), [Coupling(Reservoir("bath", bose_einstein(temperature=0.8), Ohmic(0.05, 6.0)), D)])
    )


def test_printed_symmetry_fails_in_detailed_balance_already_at_time_zero():
    rng = np.random.default_rng(0)
    generator = single_bath(complex_matrix(rng, 3, 3))
    state = stationary_state(generator)
    A, B = hermitian(rng, 3), hermitian(rng, 3)
    found = reversal_symmetry(generator, state, A, B, [0.0])
    commutator = abs(np.trace(state.density_matrix() @ (A @ B - B @ A)))
    assert found.exchanged == pytest.approx(commutator, rel=1e-10)
    assert commutator > 0.05


def test_case_one_kms_product_without_a_hamiltonian():
    # L = sigma^(1/4) Lambda sigma^(-1/4) with the tanh Hamiltonian: self-adjoint in the KMS product.
    rng = np.random.default_rng(1)
    h = np.array([0.0, 0.7, 1.9])
    L = np.exp(-0.25 * (h[:, None] - h)) * hermitian(rng, 3)
    M = L.conj().T @ L
    H = 0.5j * np.tanh((h[:, None] - h) / 4) * M
    sigma = np.diag(np.exp(-h) / np.exp(-h).sum())
    V = unitary(rng, 3)
    H, L, sigma = (V @ X @ V.conj().T for X in (H, L, sigma))
    sigma = 0.5 * (sigma + sigma.conj().T)
    A, B = complex_matrix(rng, 3, 3), complex_matrix(rng, 3, 3)
    found = reversal_symmetry(lindbladian(0.5 * (H + H.conj().T), [L]), sigma, A, B, TIMES)
    assert found.kms < 1e-12 * found.scale
    assert found.exchanged > 0.05
    with_hamiltonian = single_bath(complex_matrix(rng, 3, 3))
    found = reversal_symmetry(with_hamiltonian, stationary_state(with_hamiltonian), A, B, TIMES)
    assert found.kms > 1e-2


def test_case_two_one_operator_commutes_with_hamiltonian_and_state():
    rng = np.random.default_rng(2)
    generator = single_bath(complex_matrix(rng, 3, 3))
    A, B = np.diag([1.0, -2.0, 0.5]), hermitian(rng, 3)
    found = reversal_symmetry(generator, stationary_state(generator), A, B, TIMES)
    assert found.exchanged < 1e-12 * found.scale


def test_case_three_time_reversal_with_parities():
    rng = np.random.default_rng(3)
    real = rng.normal(size=(3, 3))
    generator = single_bath(real)
    state = stationary_state(generator)
    even, other = real + real.T, np.diag([1.0, 2.0, 4.0]) + np.ones((3, 3))
    odd = 1j * (real - real.T)
    found = reversal_symmetry(generator, state, even, other, TIMES)
    assert max(found.reversed_in_time, found.exchanged) < 1e-12 * found.scale
    found = reversal_symmetry(generator, state, even, odd, TIMES)
    assert found.reversed_in_time < 1e-12 * found.scale
    assert found.exchanged > 0.01
    plain = two_time_correlation(generator, state, even, odd, TIMES)
    np.testing.assert_allclose(plain, -two_time_correlation(generator, state, odd, even, TIMES), atol=1e-12)
    # In a rotated basis conjugation is another one, and must be given.
    V = unitary(rng, 3)
    rotated = lindbladian(
        V @ generator.hamiltonian @ V.conj().T,
        [V @ L @ V.conj().T for L in generator.dissipators[0].representation.jump_operators()],
    )
    sigma = V @ state.density_matrix() @ V.conj().T
    arguments = (rotated, 0.5 * (sigma + sigma.conj().T), V @ even @ V.conj().T, V @ odd @ V.conj().T, TIMES)
    assert reversal_symmetry(*arguments, time_reversal=V @ V.T).reversed_in_time < 1e-11
    assert reversal_symmetry(*arguments).reversed_in_time > 1e-3
    # With a spin a half that no bath sees its square is -1: U is antisymmetric. Spin and orbital flip together.
    spin, one = np.array([[0, 1.0], [-1.0, 0]]), np.eye(2)
    H, jumps = rotated.hamiltonian, rotated.dissipators[0].representation.operators
    both = lindbladian(np.kron(H, one), [np.kron(L, one) for L in jumps])
    A = np.kron(arguments[2], one) + np.kron(arguments[3], np.diag([1.0, -1.0]))
    B = np.kron(arguments[2], np.diag([0.3, 0.7])) - 0.4 * np.kron(arguments[3], one)
    doubled = (both, np.kron(arguments[1], one / 2), A, B, TIMES)
    assert reversal_symmetry(*doubled, time_reversal=np.kron(V @ V.T, spin)).reversed_in_time < 1e-11
    assert reversal_symmetry(*doubled).reversed_in_time > 1e-3


def test_without_detailed_balance_time_reversal_does_not_help():
    generator = weak_coupling(bosonic_system(Draw(3, 3, 2, False)))
    V = generator.spectrum.vectors
    A, B = (V @ np.diag(x) @ V.conj().T for x in ([1.0, 0, 0], [0, 1.0, 0]))
    A, B = (0.5 * (X + X.conj().T) for X in (A, B))
    found = reversal_symmetry(generator, stationary_state(generator), A, B, [1.0])
    # Populations of two reservoirs circulate.
    assert found.exchanged > 1e-4
    assert found.kms == pytest.approx(found.exchanged, rel=1e-6)


def test_errors_name_the_argument():
    generator = single_bath(np.ones((3, 3)))
    state = stationary_state(generator)
    with pytest.raises(InputError, match=r"`first` must have shape \(3, 3\)"):
        two_time_correlation(generator, state, np.eye(2), np.eye(3), [0.0])
    with pytest.raises(InputError, match=r"`second` must have shape \(3, 3\)"):
        two_time_correlation(generator, state, np.eye(3), np.eye(2), [0.0], symmetric=True)
    with pytest.raises(
        InputError, match=r"`times` must be finite and >= 0, but holds -1.0. C_AB\(-t\) = C_BA\(t\)\^\*"
    ):
        two_time_correlation(generator, state, np.eye(3), np.eye(3), [-1.0])
    with pytest.raises(InputError, match=r"`times` must be a list of times, shape \(T,\)"):
        two_time_correlation(generator, state, np.eye(3), np.eye(3), 1.0)
    with pytest.raises(InputError, match="`time_reversal` must be unitary"):
        reversal_symmetry(generator, state, np.eye(3), np.eye(3), [0.0], time_reversal=2 * np.eye(3))
