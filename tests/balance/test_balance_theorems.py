"""The two theorems on local KMS states, and what of their statements does not hold as printed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import Coupling, OpenSystem, Reservoir, bose_einstein, cycles, weak_coupling
from equipoise.balance import GNS, dual, local_kms_residual, temperature_function, time_reversed_generator
from equipoise.reproduce.dynamical_balance.deviation import balance_deviation, current_deviation, dual_minus_backward
from equipoise.reservoirs import Ohmic
from equipoise.spectrum import spectrum_of_levels
from equipoise.stationary import DensityMatrix, density_matrix, stationary_state
from equipoise.thermodynamics import currents

seeds = st.integers(0, 10**6)
times = st.builds(complex, st.floats(-3, 3), st.floats(-1, 1))


def matrix(rng, d):
    return rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))


def unequal(seed, levels, *, betas=(0.5, 1.6)):
    rng = np.random.default_rng(seed)
    d = len(levels)
    couplings = []
    for r, beta in enumerate(betas):
        bath = Reservoir(f"bath {r}", bose_einstein(inverse_temperature=beta), Ohmic(0.05, 6.0))
        couplings.append(Coupling(bath, np.triu(matrix(rng, d), 1)))
    return weak_coupling(OpenSystem(levels, couplings))


GENERIC = [0.0, 1.0, 2.6, 3.1]


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(2, 5), times)
def test_theorem_1_every_faithful_function_of_h_is_local_kms(seed, d, time):
    rng = np.random.default_rng(seed)
    spectrum = spectrum_of_levels(np.cumsum(rng.uniform(0.4, 1.5, size=d)))
    state = DensityMatrix(spectrum, np.log(rng.dirichlet(np.ones(d))))
    x, y = matrix(rng, d), matrix(rng, d)
    scale = np.linalg.norm(x) * np.linalg.norm(y) * np.exp(abs(time.imag) * np.ptp(spectrum.levels))
    assert abs(local_kms_residual(state).of(x, y, time)) < 1e-13 * scale
    assert local_kms_residual(state).violation < 1e-12


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(2, 5))
def test_theorem_1_nothing_else_is(seed, d):
    rng = np.random.default_rng(seed)
    spectrum = spectrum_of_levels(np.cumsum(rng.uniform(0.4, 1.5, size=d)))
    weights = rng.dirichlet(np.ones(d))
    i, j = rng.choice(d, size=2, replace=False)
    rho = np.diag(weights).astype(complex)
    size = 0.3 * np.sqrt(weights[i] * weights[j])
    rho[i, j] = rho[j, i] = size
    state = density_matrix(spectrum, rho)
    # One coherence of c sqrt(p_i p_j): eigenvalues 1 +- c.
    assert local_kms_residual(state).violation == pytest.approx(0.6, rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_theorem_2_a_stationary_state_with_currents_satisfies_both_conditions(seed):
    rng = np.random.default_rng(seed)
    generator = unequal(seed, GENERIC)
    state = stationary_state(generator)
    X, Y = matrix(rng, 4), matrix(rng, 4)
    left, right = balance_deviation(generator, state, X, Y), current_deviation(generator, state, X, Y)
    assert left == pytest.approx(right, rel=1e-8, abs=1e-11)
    assert local_kms_residual(state).violation < 1e-12
    assert cycles(generator).tree.largest > 1e-3
    assert np.abs(currents(generator, state).summed).max() > 1e-8


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_theorem_2_says_nothing_about_stationarity(seed):
    """Both conditions hold for a diagonal state that is far from stationary."""
    rng = np.random.default_rng(seed)
    generator = unequal(seed, GENERIC)
    weights = rng.dirichlet(np.ones(4))
    state = DensityMatrix(generator.spectrum, np.log(weights))
    X, Y = matrix(rng, 4), matrix(rng, 4)
    left, right = balance_deviation(generator, state, X, Y), current_deviation(generator, state, X, Y)
    assert left == pytest.approx(right, rel=1e-8, abs=1e-11)
    assert local_kms_residual(state).violation < 1e-12
    assert np.abs(generator.apply(np.diag(weights))).max() > 1e-4


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_theorem_2_converse_a_coherence_breaks_both_conditions(seed):
    rng = np.random.default_rng(seed)
    generator = unequal(seed, GENERIC)
    rho = np.diag(rng.dirichlet(np.ones(4))).astype(complex)
    i, j = rng.choice(4, size=2, replace=False)
    rho[i, j] = 0.3 * np.sqrt(rho[i, i] * rho[j, j])
    rho[j, i] = rho[i, j].conj()
    # X = 1 leaves Tr[rho_off L(Y)] on the left and no coherence on the right: choose Y that the coherence feeds.
    Y = np.zeros((4, 4), dtype=complex)
    Y[j, i] = 1.0
    defect = balance_deviation(generator, rho, np.eye(4), Y) - current_deviation(generator, rho, np.eye(4), Y)
    decay = abs(generator.apply(rho)[i, j])
    assert abs(defect) == pytest.approx(decay, rel=1e-9)
    assert decay > 1e-3 * abs(rho[i, j])
    assert local_kms_residual(density_matrix(generator.spectrum, rho)).violation > 0.5


def test_coinciding_gaps_break_68b():
    """An equidistant ladder: one jump carries both transitions. The identity fails for diagonal states."""
    rng = np.random.default_rng(1)
    generator = unequal(1, [0.0, 1.0, 2.0])
    rho = np.diag([0.5, 0.3, 0.2])
    X, Y = matrix(rng, 3), matrix(rng, 3)
    J = currents(generator, rho).summed
    right = np.diag(Y) @ J @ np.diag(X)
    left = balance_deviation(generator, rho, X, Y)
    assert abs(left - right) > 1e-2 * abs(left)
    assert abs(left - right) > 1e-3


def test_the_symmetry_71_needs_an_operator_that_commutes_with_the_hamiltonian():
    rng = np.random.default_rng(2)
    generator = unequal(2, GENERIC, betas=(0.8, 0.8))
    state = stationary_state(generator)
    rho = state.density_matrix()
    X, Y = matrix(rng, 4), matrix(rng, 4)
    K = generator.hamiltonian + sum(part.coherent for part in generator.dissipators)

    def asymmetry(a, b):
        return np.trace(rho @ a @ generator.adjoint(b)) - np.trace(rho @ generator.adjoint(a) @ b)

    assert asymmetry(X, Y) == pytest.approx(-2j * np.trace(rho @ (K @ X - X @ K) @ Y), rel=1e-10)
    assert abs(asymmetry(X, Y)) > 0.1
    assert abs(asymmetry(np.diag(np.diag(X)), Y)) < 1e-12
    assert abs(asymmetry(X, np.diag(np.diag(Y)))) < 1e-12
    assert abs(balance_deviation(generator, state, X, Y)) < 1e-12


def test_the_dual_maps_one_to_zero_out_of_equilibrium_though_single_pis_do_not():
    generator = unequal(3, GENERIC)
    state = stationary_state(generator)
    single = [dual_minus_backward(generator, state, m, n, np.eye(4)) for m in range(4) for n in range(m)]
    assert max(np.abs(pi).max() for pi in single) > 1e-3
    assert np.abs(sum(single)).max() < 1e-14
    assert np.abs(dual(generator, state, GNS()).adjoint(np.eye(4))).max() < 1e-13
    assert np.abs(time_reversed_generator(generator, state).adjoint(np.eye(4))).max() < 1e-14


def test_detailed_balance_does_not_make_the_temperature_constant():
    """A ladder between two baths: no summed microcurrent, three temperatures."""
    ladder = np.diag([1.0, 0.7, 1.2], 1)
    pairs = [
        Coupling(Reservoir("one", bose_einstein(inverse_temperature=1.0), Ohmic(0.05, 6.0)), ladder),
        Coupling(Reservoir("two", bose_einstein(inverse_temperature=2.0), Ohmic(0.05, 6.0)), ladder),
    ]
    generator = weak_coupling(OpenSystem(GENERIC, pairs))
    state = stationary_state(generator)
    J = currents(generator, state).microcurrents
    assert np.abs(J.sum(axis=0)).max() < 1e-15
    assert np.abs(J[0]).max() > 1e-5
    assert temperature_function(state).spread > 0.01
