"""Stationary states: unique or not, small populations, degenerate levels, named outcomes."""

import mpmath
import numpy as np
import pytest
from scipy.linalg import expm

from equipoise import (
    Coupling,
    InputError,
    NumericalError,
    Ohmic,
    OpenSystem,
    Reservoir,
    bose_einstein,
    lindbladian,
    rate_equation,
    stationary_state,
    weak_coupling,
)
from equipoise.spectrum import spectrum_of_levels, spectrum_of_matrix
from equipoise.stationary import Elimination, NotUniqueError, NullSpaceSolve, density_matrix, gibbs_state
from equipoise.stationary.solve import stationary_states
from random_systems import Draw, bosonic_system, complex_matrix, unitary


def bath(temperature, name="bath"):
    return Reservoir(name, bose_einstein(temperature=temperature), Ohmic(0.1, 20.0))


def test_populations_down_to_1e_minus_300_have_full_relative_accuracy():
    energies = np.array([0.0, 3.0, 300.0, 690.0])
    D = np.ones((4, 4)) - np.eye(4)
    state = stationary_state(weak_coupling(OpenSystem(energies, [Coupling(bath(1.0), D)]), lamb_shift=False))
    with mpmath.workdps(40):
        weights = [mpmath.exp(-mpmath.mpf(float(e))) for e in energies]
        exact = [w / sum(weights) for w in weights]
        errors = [abs(mpmath.mpf(float(p)) / q - 1) for p, q in zip(state.weights, exact, strict=True)]
    # 690 is rounded in beta * E to 1e-13 of itself at most: the bound is the conditioning of the exponential.
    assert max(errors) < 2e-13
    assert state.weights[3] < 1e-299


def test_logarithmic_weights_go_beyond_the_range_of_doubles():
    system = OpenSystem([0.0, 1.0, 5000.0], [Coupling(bath(0.5), np.ones((3, 3)) - np.eye(3))])
    state = stationary_state(weak_coupling(system, lamb_shift=False))
    assert state.log_weights[2] - state.log_weights[0] == pytest.approx(-10000.0, rel=1e-14)


@pytest.mark.parametrize("seed", range(4))
def test_elimination_null_space_and_dense_solve_agree(seed):
    system = bosonic_system(Draw(seed, 4, 2, False))
    generator = weak_coupling(system, lamb_shift=False)
    jumps = [L for part in generator.dissipators for L in part.representation.jump_operators()]
    general = lindbladian(system.hamiltonian, jumps)
    by_elimination = stationary_state(generator, Elimination())
    in_sector = stationary_state(generator, NullSpaceSolve())
    dense = stationary_state(general, NullSpaceSolve())
    given = stationary_state(general)
    assert by_elimination.solver.startswith("Grassmann")
    assert "zero-frequency sector" in in_sector.solver
    assert "superoperator" in dense.solver
    assert given.solver.startswith("Grassmann")
    for other in (in_sector, dense, given):
        np.testing.assert_allclose(other.density_matrix(), by_elimination.density_matrix(), atol=1e-12)
        assert other.residual < 1e-13
    # The population gap is an eigenvalue of the whole generator; the dense gap may be a coherence's.
    eigenvalues = np.linalg.eigvals(general.superoperator())
    assert np.abs(-eigenvalues.real - by_elimination.gap).min() < 1e-10
    assert dense.gap == pytest.approx(np.sort(-eigenvalues.real)[1], abs=1e-10)


def test_coherence_of_a_degenerate_level_is_in_the_stationary_state():
    # V system: a degenerate excited doublet seen by one reservoir as (|1> + |2>), by another as (|1> + 0.3 |2>).
    hot, cold = bath(2.0, "hot"), bath(0.5, "cold")
    D1, D2 = np.zeros((3, 3)), np.zeros((3, 3))
    D1[0, 1], D1[0, 2] = 1.0, 1.0
    D2[0, 1], D2[0, 2] = 1.0, 0.3
    system = OpenSystem([0.0, 1.0, 1.0], [Coupling(hot, D1 + D1.T), Coupling(cold, D2 + D2.T)])
    generator = weak_coupling(system, lamb_shift=False)
    state = stationary_state(generator)
    rho = state.density_matrix()
    assert abs(rho[1, 2]) > 1e-2
    assert np.abs(generator.apply(rho)).max() < 1e-15  # beside rates of order one
    assert np.linalg.eigvalsh(rho)[0] > 0


def test_small_degenerate_levels_keep_their_digits():
    rng = np.random.default_rng(2)
    energies = np.array([0.0, 0.0, 50.0, 50.0])
    A = complex_matrix(rng, 4, 4)
    V = np.kron(np.eye(2), np.ones((2, 2)))
    first = Coupling(bath(1.0), A + A.conj().T)
    system = OpenSystem(energies, [first, Coupling(bath(1.0, "other"), V + 0.3 * A.T @ A.conj())])
    generator = weak_coupling(system, lamb_shift=False)
    state = stationary_state(generator, NullSpaceSolve())
    assert state.density.log_level_populations[1] == pytest.approx(-50.0, abs=1e-10)


def test_decoupled_parts_are_found_and_named():
    W = np.zeros((5, 5))
    W[0, 1], W[1, 0] = 1.0, 2.0
    W[2, 3], W[3, 2] = 3.0, 1.0
    W[0, 4] = W[2, 4] = 1.0  # state 4 is transient
    generator = rate_equation(W, labels=["a", "b", "c", "d", "e"])
    with pytest.raises(NotUniqueError, match=r"2 extremal stationary states.*\n.*levels a, b\n.*levels c, d"):
        stationary_state(generator)
    first, second = stationary_states(generator)
    np.testing.assert_allclose(first.density.weights, [1 / 3, 2 / 3, 0, 0, 0], rtol=1e-15)
    np.testing.assert_allclose(second.density.weights, [0, 0, 3 / 4, 1 / 4, 0], rtol=1e-15)


def test_two_decoupled_sectors_of_a_lindbladian_in_a_rotated_basis():
    rng = np.random.default_rng(3)
    V = unitary(rng, 4)
    H = np.zeros((4, 4), dtype=complex)
    L = np.zeros((4, 4), dtype=complex)
    for block in (slice(0, 2), slice(2, 4)):
        A = complex_matrix(rng, 2, 2)
        H[block, block], L[block, block] = A + A.conj().T, complex_matrix(rng, 2, 2)
    H, L = V @ H @ V.conj().T, V @ L @ V.conj().T
    generator = lindbladian((H + H.conj().T) / 2, [L])
    states = stationary_states(generator)
    assert len(states) == 2
    for state in states:
        assert np.abs(generator.apply(state.density_matrix())).max() < 1e-12
        assert state.projector.shape == (4, 2)
    assert abs(np.trace(states[0].density_matrix() @ states[1].density_matrix())) < 1e-12
    first_block = V[:, :2] @ V[:, :2].conj().T
    weights = sorted(np.trace(first_block @ state.density_matrix()).real for state in states)
    np.testing.assert_allclose(weights, [0, 1], atol=1e-12)


def test_conserved_coherence_of_an_uncoupled_degenerate_level_is_not_overlooked():
    # Levels 1 and 2 are degenerate and dark: every state on them is stationary.
    D = np.zeros((3, 3))
    D[0, 0] = 1.0
    generator = weak_coupling(OpenSystem([0.0, 1.0, 1.0], [Coupling(bath(1.0), D)]), lamb_shift=False)
    assert len(stationary_states(generator)) == 3


def test_dark_state_at_zero_temperature():
    generator = weak_coupling(OpenSystem([0.0, 1.0, 2.5], [Coupling(bath(0.0), np.ones((3, 3)))]), lamb_shift=False)
    state = stationary_state(generator)
    np.testing.assert_array_equal(state.weights, [1.0, 0.0, 0.0])


def test_gibbs_state_and_density_matrix_round_trip():
    system = bosonic_system(Draw(1, 5, 1, True))
    gibbs = gibbs_state(system.spectrum, 1.3)
    back = density_matrix(system.spectrum, gibbs.matrix())
    np.testing.assert_allclose(back.elements, gibbs.elements, atol=1e-15)
    assert gibbs.entropy == pytest.approx(back.entropy)
    assert gibbs.expectation(system.spectrum.hamiltonian) == pytest.approx(gibbs.populations @ system.spectrum.energies)


def test_a_gibbs_state_needs_a_number_operator_where_mu_is_not_zero():
    spectrum = spectrum_of_levels([0.0, 1.0])
    message = (
        "`number` must be the particle-number operator where the chemical potential is not 0, but got None and the "
        "chemical potential is 0.3. Give number= here, or where the system or the generator is made"
    )
    with pytest.raises(InputError, match=message):
        gibbs_state(spectrum, 1.0, 0.3)
    with pytest.raises(InputError, match=r"`number` must have shape \(2, 2\)"):
        gibbs_state(spectrum, 1.0, 0.3, np.eye(3))
    with pytest.raises(InputError, match="`inverse_temperature` must be a number, but got NaN"):
        gibbs_state(spectrum, float("nan"))
    np.testing.assert_array_equal(gibbs_state(spectrum, 1.0, 0.0).weights, gibbs_state(spectrum, 1.0).weights)


def test_a_gibbs_state_of_operators_that_do_not_commute_is_their_exponential():
    rng = np.random.default_rng(0)
    H, N = (A + A.conj().T for A in (complex_matrix(rng, 3, 3), complex_matrix(rng, 3, 3)))
    exact = expm(-0.7 * (H - 0.4 * N))
    found = gibbs_state(spectrum_of_matrix(H), 0.7, 0.4, N).matrix()
    np.testing.assert_allclose(found, exact / np.trace(exact), atol=1e-13)


def test_zero_temperature_gibbs_state_is_the_ground_level():
    system = bosonic_system(Draw(1, 5, 1, False))
    np.testing.assert_array_equal(gibbs_state(system.spectrum, np.inf).weights, [1, 0, 0, 0, 0])


@pytest.mark.parametrize(
    "rho, message",
    [
        (np.eye(2), "have trace 1, but has trace 2. Divide"),
        (np.diag([1.5, -0.5]), "positive semidefinite, but has the eigenvalue -0.5"),
        ([[0.5, 1.0], [0.0, 0.5]], "`rho` must be Hermitian"),
        (np.eye(3) / 3, r"`rho` must have shape \(2, 2\)"),
    ],
)
def test_matrices_that_are_no_states_are_refused(rho, message):
    with pytest.raises(InputError, match=message):
        density_matrix(rate_equation([[0, 1], [1, 0]]).spectrum, rho)


def test_solver_that_does_not_apply_is_refused():
    generator = lindbladian([[0.0, 0.3], [0.3, 1.0]], [np.array([[0, 1], [0, 0]])])
    with pytest.raises(InputError, match=r"must be NullSpaceSolve\(\) for this generator, but is Elimination"):
        stationary_state(generator, Elimination())
    with pytest.raises(InputError, match=r"must have dimension <= 1 for the dense solve, but has 2"):
        stationary_state(generator, NullSpaceSolve(maximum_dimension=1))


def test_a_generator_that_loses_trace_is_a_named_outcome():
    from equipoise.generators import Dissipator, Generator, MatrixFree

    spectrum = lindbladian(np.diag([0.0, 1.0]), [np.eye(2)]).spectrum
    leak = Generator(spectrum, (Dissipator(MatrixFree(lambda rho: -rho, lambda X: -X)),))
    with pytest.raises(NumericalError, match="No stationary state found.*not trace preserving"):
        stationary_state(leak)


@pytest.mark.parametrize("seed", range(6))
def test_empty_degenerate_level_at_zero_temperature_is_empty(seed):
    """What round-off leaves in an empty doublet need not be a positive matrix."""
    V = np.random.default_rng(seed).normal(size=(4, 4))
    bath = Reservoir("bath", bose_einstein(temperature=0.0), Ohmic(0.05, 6.0))
    state = stationary_state(weak_coupling(OpenSystem([0.0, 1.0, 1.0, 2.5], [Coupling(bath, V + V.T)])))
    np.testing.assert_allclose(state.populations, [1.0, 0.0, 0.0, 0.0], atol=1e-12)
