"""Cold states whose Hamiltonian is not diagonal as given: elements and weights keep their digits."""

from dataclasses import replace

import numpy as np
import pytest

from equipoise import InputError, lindbladian, rate_equation, stationary_state
from equipoise.balance import (
    BKM,
    GNS,
    KMS,
    SLD,
    Alicki,
    Harmonic,
    InnerProduct,
    PopulationBalance,
    StandardQuantum,
    StandardQuantumTheta,
    detailed_balance,
    dual,
    nearest_balanced,
)
from equipoise.balance.quantum.duals import with_irreversible_part
from equipoise.balance.quantum.parts import Parts, ratio, relative_size
from equipoise.generators import kms_balanced, kraus_channel
from equipoise.spectrum import spectrum_of_matrix
from equipoise.stationary import DensityMatrix, NullSpaceSolve, density_matrix, gibbs_state
from random_systems import complex_matrix, unitary


def test_eigenvectors_in_another_order_are_the_same_state():
    rng = np.random.default_rng(5)
    chain = rate_equation(rng.uniform(0.1, 2.0, size=(4, 4)))
    found = stationary_state(chain)
    order = np.array([2, 0, 3, 1])
    phases = np.exp(1j * rng.uniform(0, 6, size=4))
    same = DensityMatrix(chain.spectrum, found.log_weights[order], basis=np.eye(4)[:, order] * phases)
    for notion in (KMS(), GNS(), PopulationBalance(), InnerProduct(0.0)):
        first, second = (detailed_balance(chain, state).of(notion) for state in (found, same))
        assert second.value == pytest.approx(first.value, rel=1e-12)


@pytest.mark.parametrize("beta", [20.0, 60.0, 100.0])
def test_a_cold_state_in_a_rotated_basis_keeps_its_digits(beta):
    rng = np.random.default_rng(3)
    V = unitary(rng, 3)
    H = V @ np.diag([0.0, 0.4, 1.0]) @ V.conj().T
    # A state that is referred to another diagonalisation of the same Hamiltonian than the generator.
    state = gibbs_state(spectrum_of_matrix(H), beta)
    generator = kms_balanced([complex_matrix(rng, 3, 3) for _ in range(2)], state, hamiltonian=H)
    budget = detailed_balance(generator, state)
    assert budget.current_carrying <= 1e-14 * budget.total
    assert budget.noise <= 1e-13 * budget.total
    other = dual(generator, state)
    reverse = detailed_balance(other, state)
    assert reverse.current_carrying <= 1e-14 * reverse.total
    assert reverse.stationarity <= 1e-14 * reverse.total
    assert reverse.commuting == pytest.approx(budget.commuting, abs=1e-14 * budget.total)
    again = detailed_balance(nearest_balanced(generator, state, KMS()), state).of(KMS())
    assert again.relative <= 1e-14


@pytest.mark.parametrize("beta", [1.0, 50.0, 150.0])
def test_a_driven_cycle_is_not_balanced_however_cold(beta):
    energies = np.array([0.0, 1.0, 2.0])
    gain = np.subtract.outer(energies, energies)
    rates = np.where(gain > 0, np.exp(-beta * gain), 1.0)
    balanced = rate_equation(rates, energies=energies)
    rates[2, 0] *= 50
    driven = rate_equation(rates, energies=energies)
    # Coherences decay at rates of order one, beside which a cold cycle turns slowly.
    for notion in (
        StandardQuantum(),
        GNS(),
        PopulationBalance(),
        InnerProduct(0.2),
        BKM(),
        StandardQuantumTheta(np.eye(3)),
    ):
        found = detailed_balance(driven, stationary_state(driven)).of(notion)
        assert not found.is_satisfied()
        assert found.value > 0.1 * found.jump_norm
    for notion in (StandardQuantum(), Alicki(), PopulationBalance()):
        assert detailed_balance(balanced, stationary_state(balanced)).of(notion).is_satisfied()


def test_what_is_no_generator_is_refused():
    with pytest.raises(InputError, match="`generator` must be a Generator, but got Channel"):
        detailed_balance(kraus_channel([np.eye(2)]), np.eye(2) / 2).of(KMS())
    with pytest.raises(InputError, match="`generator` must be a Generator, but got Channel"):
        detailed_balance(kraus_channel([np.eye(2)]), np.eye(2) / 2).notions()
    with pytest.raises(InputError, match="`generator` must be a Generator, but got ndarray"):
        detailed_balance(np.eye(2), np.eye(2) / 2)
    two = rate_equation([[0, 1.0], [1.0, 0]])
    with pytest.raises(InputError, match="`factor` must be a real number"):
        with_irreversible_part(two, stationary_state(two), "x")


def driven_kms(beta):
    """A KMS-balanced generator of the Gibbs state of a rotated Hamiltonian, whose state is then computed."""
    rng = np.random.default_rng(5)
    V = unitary(rng, 3)
    H = V @ np.diag([0.0, 0.4, 1.0]) @ V.conj().T
    jumps = [V @ np.triu(complex_matrix(rng, 3, 3)) @ V.conj().T for _ in range(2)]
    return kms_balanced(jumps, gibbs_state(spectrum_of_matrix(H), beta), hamiltonian=H)


@pytest.mark.parametrize("beta", [5.0, 20.0, 27.0])
def test_errors_of_a_computed_state_are_not_taken_for_a_violation(beta):
    generator = driven_kms(beta)
    found = detailed_balance(generator, stationary_state(generator)).of(StandardQuantum())
    assert found.value <= found.noise
    assert found.is_resolved
    assert found.is_satisfied()
    whole = detailed_balance(generator, stationary_state(generator))
    assert whole.sqdb.is_resolved
    assert whole.sqdb.relative == pytest.approx(found.relative, rel=1e-12)
    assert whole.sqdb.relative_noise == pytest.approx(found.relative_noise, rel=1e-12)
    # Noise of one half of the jumps excuses nothing, however much faster the coherences decay.
    size = 0.4 * found.jump_norm
    drowned = replace(
        found,
        noise_parts=Parts(0.5 * found.jump_norm, found.noise_parts.coherent),
        parts=Parts(size, found.parts.coherent),
        value=size,
        without_hamiltonian=size,
    )
    assert not drowned.is_resolved
    assert not drowned.is_satisfied()


def test_a_weight_known_to_a_hundredth_resolves_nothing():
    # The smallest weight is exp(-33), 5e-15, of a state computed to 1e-16 or so.
    generator = driven_kms(33.0)
    found = detailed_balance(generator, stationary_state(generator, NullSpaceSolve())).of(StandardQuantum())
    assert found.relative <= found.relative_noise
    assert not found.is_resolved
    assert not found.is_satisfied()


def cold_cycle(beta, size):
    """Transitions between equal gaps at a low temperature, one direction of the cycle favoured."""
    energies = np.array([0.0, 1.0, 2.0])
    gain = np.subtract.outer(energies, energies)
    rates = np.exp(-beta * np.maximum(gain, 0.0))
    rates[2, 0] *= size
    return rate_equation(rates, energies=energies)


@pytest.mark.parametrize("beta", [1.0, 40.0, 150.0])
def test_jumps_are_compared_with_jumps(beta):
    # Symmetrised jump elements Lhat_mn = w_mn sqrt(p_n/p_m), by hand from the rates and the weights of the state.
    generator = cold_cycle(beta, 50.0)
    state = stationary_state(generator)
    W = generator.dissipators[0].representation.rates * np.exp(
        0.5 * np.subtract.outer(-state.log_weights, -state.log_weights)
    )
    np.fill_diagonal(W, 0.0)
    expected = np.linalg.norm(0.5 * (W - W.T)) / np.linalg.norm(W)
    for notion in (KMS(), StandardQuantum(), GNS(), Alicki(), InnerProduct(0.0), PopulationBalance()):
        found = detailed_balance(generator, state).of(notion)
        assert found.relative_without_hamiltonian == pytest.approx(expected, rel=1e-9)
        assert found.parts.jump == pytest.approx(
            found.value if notion == PopulationBalance() else found.without_hamiltonian
        )
    for metric in (BKM(), SLD(), Harmonic()):
        # The scaled jumps of a rate matrix still lie between populations, which no mean scales.
        assert detailed_balance(generator, state).of(metric).parts.jump == pytest.approx(found.parts.jump, rel=1e-9)
    assert detailed_balance(generator, state).sqdb.relative == pytest.approx(expected, rel=1e-9)
    assert expected > 0.3


@pytest.mark.parametrize("beta", [100.0, 700.0])
def test_a_metric_does_not_scale_the_noise_of_single_transitions(beta):
    generator = cold_cycle(beta, 50.0)
    state = stationary_state(generator)
    for notion in (InnerProduct(0.0), InnerProduct(0.9), BKM(), SLD(), Harmonic()):
        found = detailed_balance(generator, state).of(notion)
        assert found.is_resolved
        assert found.verdict == "broken"
    # Jumps that share a frequency are scaled, and the factor stays a number.
    many = lindbladian(np.diag([0.0, 1.0, 2.0]), [np.eye(3, k=1), np.exp(-500.0) * np.eye(3, k=-1)])
    weights = DensityMatrix(many.spectrum, -1000.0 * np.arange(3.0) - np.log1p(np.exp(-1000.0)))
    assert np.isfinite(detailed_balance(many, weights).of(InnerProduct(0.0)).relative_noise)


def test_a_coherent_violation_is_compared_with_the_decay_of_coherences():
    # H = eps sigma_x between the weights of a cold qubit, x = log(p_0/p_1): its elements are scaled by exp(+-x/4), and
    # the antisymmetric part of -iH has |D_01| = |D_10| = eps cosh(x/4), its superoperator the norm sqrt(2 d) ||D||.
    x, eps = 12.0, 1e-4
    down, up = np.array([[0, 1.0], [0, 0]]), np.array([[0, 0], [np.exp(-x / 2), 0]])
    generator = lindbladian(np.array([[0, eps], [eps, 0]]), [down, up])
    sigma = np.diag(1 / (1 + np.exp([-x, x])))
    found = detailed_balance(generator, sigma).of(StandardQuantum())
    assert found.parts.jump < 1e-9 * found.jump_norm
    assert found.parts.coherent == pytest.approx(np.sqrt(8) * eps * np.cosh(x / 4), rel=1e-9)
    # Decay of coherences at the rate (1 + e^-x)/2; M = diag(e^-x, 1) commutes with the state.
    m = np.diag([np.exp(-x), 1.0])
    decay2 = 0.5 * (2 * np.sum(m**2) + np.trace(m) ** 2)
    jumps2 = 2 * np.exp(-x)
    assert found.jump_norm == pytest.approx(np.sqrt(jumps2), rel=1e-9)
    assert found.norm == pytest.approx(np.sqrt(jumps2 + decay2), rel=1e-9)
    assert found.relative == pytest.approx(found.parts.coherent / np.sqrt(jumps2 + decay2), rel=1e-9)
    # Beside the jumps alone it would look hundreds of times as large.
    assert found.value / found.jump_norm > 300 * found.relative


def test_what_does_not_dissipate_is_measured_by_its_hamiltonian():
    free = lindbladian(np.diag([0.0, 1.0]), [np.zeros((2, 2))])
    found = detailed_balance(free, np.diag([0.3, 0.7])).of(KMS())
    assert found.relative == pytest.approx(1.0)
    assert found.relative_without_hamiltonian == 0.0
    assert detailed_balance(free, density_matrix(free.spectrum, np.diag([0.3, 0.7]))).kms.relative == 1.0
    assert ratio(0.0, 0.0) == 0.0
    assert ratio(1.0, 0.0) == np.inf
    assert ratio(1.0, 0.0, 2.0) == 0.5


def test_parts_that_cancel_or_are_not_known_apart_are_compared_as_a_whole():
    assert relative_size(0.0, Parts(1.0, 1.0), 1e-6, 1.0) == 0.0
    assert relative_size(1e-9, Parts(1e-9, 1e-9), 1e-6, 1.0) == pytest.approx(1e-3)
    assert relative_size(1e-9, None, None, 1.0) == 1e-9
    assert relative_size(1e-9, None, 1e-6, 1.0) == pytest.approx(1e-3)


@pytest.mark.parametrize("beta", [1.0, 5.0, 15.0, 22.0, 29.0])
def test_a_plain_matrix_is_not_resolved_where_rounding_took_the_digits_of_its_small_weights(beta):
    """As logarithms the weights of a balanced generator are exact; of a matrix they are known to the largest."""
    rng = np.random.default_rng(3)
    V = unitary(rng, 3)
    H = V @ np.diag([0.0, 0.4, 1.0]) @ V.conj().T
    exact = gibbs_state(spectrum_of_matrix(H), beta)
    generator = kms_balanced([complex_matrix(rng, 3, 3) for _ in range(2)], exact, hamiltonian=H)
    plain = density_matrix(generator.spectrum, exact.matrix())
    assert exact.relative_weight_error is None
    error = np.abs(np.expm1(np.sort(plain.log_weights) - np.sort(exact.log_weights)))
    assert np.all(error <= np.sort(plain.relative_weight_error)[::-1] + 1e-14)
    for notion in (KMS(), StandardQuantum(), PopulationBalance()):
        assert detailed_balance(generator, exact).of(notion).verdict.startswith("holds")
        found = detailed_balance(generator, exact.matrix()).of(notion)
        assert not found.verdict.startswith("broken")
        assert found.relative_without_hamiltonian <= found.relative_noise
        assert found.verdict.startswith("holds") == (beta < 25)
    found = detailed_balance(generator, exact.matrix())
    assert found.sqdb.relative <= found.sqdb.relative_noise
    assert detailed_balance(generator, exact.matrix()).noise >= detailed_balance(generator, exact).kms.noise_parts.jump


def test_a_plain_matrix_that_is_diagonal_with_the_hamiltonian_loses_no_digits():
    levels = np.diag([0.0, 1.0, 2.0])
    state = density_matrix(
        lindbladian(levels, [np.eye(3)[[1, 2, 0]]]).spectrum, np.diag([1 - 1e-13 - 1e-30, 1e-13, 1e-30])
    )
    assert state.relative_weight_error is None
