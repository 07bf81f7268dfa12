"""The symmetrised picture of a generator is that of its explicit superoperator, whatever kind of generator it is."""

import numpy as np
import pytest

from equipoise import InputError, Reservoir, lindbladian, rate_equation, stationary_state, weak_coupling
from equipoise.balance import detailed_balance
from equipoise.balance.quantum.signed_jumps import signed_jumps
from equipoise.balance.quantum.symmetrised import symmetrised
from equipoise.fluxes import at_state
from equipoise.generators import Dissipator, Generator, MatrixFree
from equipoise.spectrum import spectrum_of_matrix
from equipoise.stationary import density_matrix
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system
from reference import dense_balance


def random_state(rng, d):
    A = complex_matrix(rng, d, d)
    A = A @ A.conj().T + 0.2 * np.eye(d)
    return A / np.trace(A).real


def in_basis_of(density, superoperator):
    """A superoperator on matrices in the given basis, on matrices in the eigenbasis of the state."""
    d = density.spectrum.dimension
    V = density.spectrum.to_given_basis(np.eye(d)) if density.spectrum.vectors is None else density.spectrum.vectors
    V = V if density.basis is None else V @ density.basis
    return np.kron(V.conj().T, V.T) @ superoperator @ np.kron(V, V.conj())


def assert_is_explicit(generator, state):
    pair = at_state(generator, state)
    density, picture = pair.density, symmetrised(pair)
    sigma = density.matrix()
    explicit = dense_balance.symmetrised(generator.superoperator().conj().T, sigma)
    expected = in_basis_of(density, explicit)
    np.testing.assert_allclose(picture.superoperator(), expected, atol=1e-10 * np.linalg.norm(expected))
    rng = np.random.default_rng(1)
    X = complex_matrix(rng, len(sigma), len(sigma))
    scale = np.linalg.norm(expected) * np.linalg.norm(X)
    np.testing.assert_allclose(picture.apply(X).ravel(), expected @ X.ravel(), atol=1e-10 * scale)
    np.testing.assert_allclose(picture.adjoint(X).ravel(), expected.conj().T @ X.ravel(), atol=1e-10 * scale)
    root = dense_balance.power(sigma, -0.25)
    lost = np.linalg.norm(root @ generator.apply(sigma) @ root)
    assert picture.stationarity == pytest.approx(lost, abs=1e-12 * np.linalg.norm(expected))


@pytest.mark.parametrize("seed", range(3))
def test_of_jumps_in_any_state(seed):
    rng = np.random.default_rng(seed)
    d = 2 + seed
    H = complex_matrix(rng, d, d)
    generator = lindbladian(H + H.conj().T, [complex_matrix(rng, d, d) for _ in range(3)], signs=[1, -1, 1])
    assert_is_explicit(generator, random_state(rng, d))


@pytest.mark.parametrize("degenerate", [False, True])
@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
def test_of_a_secular_generator(make, degenerate):
    generator = weak_coupling(make(Draw(5, 4, 2, degenerate)))
    state = stationary_state(generator)
    assert_is_explicit(generator, state)
    # As a plain matrix its eigenvectors come in another order than the levels; and a state may mix levels.
    assert_is_explicit(generator, state.density_matrix())
    assert_is_explicit(generator, random_state(np.random.default_rng(3), generator.dimension))


def test_of_rates_of_several_reservoirs_and_their_sum_is_what_counts():
    hot, cold = Reservoir("hot"), Reservoir("cold")
    generator = rate_equation({hot: [[0, 2.0], [1.0, 0]], cold: [[0, 5.0], [1.0, 0]]}, [0.0, 1.0])
    state = stationary_state(generator)
    assert_is_explicit(generator, state)
    # Two levels are always balanced, though neither reservoir is.
    assert detailed_balance(generator, state).kms.relative_without_hamiltonian < 1e-14


def test_of_an_action_alone():
    rng = np.random.default_rng(4)
    d = 3
    H = complex_matrix(rng, d, d)
    known = lindbladian(H + H.conj().T, [complex_matrix(rng, d, d) for _ in range(2)], signs=[1, -1])
    kind = known.dissipators[0].representation
    free = Generator(known.spectrum, (Dissipator(MatrixFree(kind.apply, kind.adjoint)),))
    assert_is_explicit(free, random_state(rng, d))
    resolved = signed_jumps(free).dissipators[0]
    assert sorted(resolved.representation.signs) == [-1, 1]
    np.testing.assert_allclose(signed_jumps(free).superoperator(), known.superoperator(), atol=1e-12)
    shifted = Generator(
        known.spectrum, (Dissipator(free.dissipators[0].representation, coherent_term=lambda: H + H.conj().T),)
    )
    np.testing.assert_allclose(signed_jumps(shifted).superoperator(), shifted.superoperator(), atol=1e-12)


def test_actions_that_are_no_generator():
    spectrum = spectrum_of_matrix(np.diag([0.0, 1.0]))
    keep = np.diag([0.6, 0.8])
    trace = Generator(spectrum, (Dissipator(MatrixFree(lambda rho: keep @ rho @ keep, lambda X: keep @ X @ keep)),))
    with pytest.raises(InputError, match="preserve the trace.*A channel T keeps it as Tr T"):
        symmetrised(at_state(trace, density_matrix(spectrum, np.diag([0.5, 0.5]))))
    skew = Generator(spectrum, (Dissipator(MatrixFree(lambda rho: 1j * rho, lambda X: -1j * X)),))
    with pytest.raises(InputError, match="preserve Hermiticity, but the action of dissipator 'unattributed' does not"):
        symmetrised(at_state(skew, density_matrix(spectrum, np.diag([0.5, 0.5]))))
