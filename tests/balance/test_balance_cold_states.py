"""Cold states whose Hamiltonian is not diagonal as given: elements and weights keep their digits."""

from dataclasses import replace

import numpy as np
import pytest

from equipoise import InputError, rate_equation, stationary_state
from equipoise.balance import (
    BKM,
    GNS,
    KMS,
    Alicki,
    Classical,
    SDual,
    StandardQuantum,
    StandardQuantumTheta,
    all_notions,
    balance_residual,
    irreversibility_budget,
    kms_dual,
    nearest_balanced,
    with_irreversible_part,
)
from equipoise.generators import kms_balanced, kraus_channel
from equipoise.spectrum import spectrum_of_matrix
from equipoise.stationary import DensityMatrix, gibbs_state
from random_systems import complex_matrix, unitary


def test_eigenvectors_in_another_order_are_the_same_state():
    rng = np.random.default_rng(5)
    chain = rate_equation(rng.uniform(0.1, 2.0, size=(4, 4)))
    found = stationary_state(chain)
    order = np.array([2, 0, 3, 1])
    phases = np.exp(1j * rng.uniform(0, 6, size=4))
    same = DensityMatrix(chain.spectrum, found.log_weights[order], np.eye(4)[:, order] * phases)
    for notion in (KMS(), GNS(), Classical(), SDual(0.0)):
        first, second = (balance_residual(chain, state, notion) for state in (found, same))
        assert second.value == pytest.approx(first.value, rel=1e-12)


@pytest.mark.parametrize("beta", [20.0, 60.0, 100.0])
def test_a_cold_state_in_a_rotated_basis_keeps_its_digits(beta):
    rng = np.random.default_rng(3)
    V = unitary(rng, 3)
    H = V @ np.diag([0.0, 0.4, 1.0]) @ V.conj().T
    # A state that is referred to another diagonalisation of the same Hamiltonian than the generator.
    state = gibbs_state(spectrum_of_matrix(H), beta)
    generator = kms_balanced([complex_matrix(rng, 3, 3) for _ in range(2)], state, hamiltonian=H)
    budget = irreversibility_budget(generator, state)
    assert budget.current_carrying <= 1e-14 * budget.total
    assert budget.noise <= 1e-13 * budget.total
    other = kms_dual(generator, state)
    dual = irreversibility_budget(other, state)
    assert dual.current_carrying <= 1e-14 * dual.total
    assert dual.stationarity <= 1e-14 * dual.total
    assert dual.commuting == pytest.approx(budget.commuting, abs=1e-14 * budget.total)
    again = balance_residual(nearest_balanced(generator, state, KMS()), state, KMS())
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
    for notion in (StandardQuantum(), GNS(), Classical(), SDual(0.2), BKM(), StandardQuantumTheta(np.eye(3))):
        found = balance_residual(driven, stationary_state(driven), notion)
        assert not found.is_satisfied()
        assert found.value > 0.1 * found.jump_norm
    for notion in (StandardQuantum(), Alicki(), Classical()):
        assert balance_residual(balanced, stationary_state(balanced), notion).is_satisfied()


def test_what_is_no_generator_is_refused():
    with pytest.raises(InputError, match="`generator` must be a Generator, but got Channel"):
        balance_residual(kraus_channel([np.eye(2)]), np.eye(2) / 2, KMS())
    with pytest.raises(InputError, match="`generator` must be a Generator, but got Channel"):
        all_notions(kraus_channel([np.eye(2)]), np.eye(2) / 2)
    with pytest.raises(InputError, match="`generator` must be a Generator, but got ndarray"):
        irreversibility_budget(np.eye(2), np.eye(2) / 2)
    two = rate_equation([[0, 1.0], [1.0, 0]])
    with pytest.raises(InputError, match="`factor` must be a real number"):
        with_irreversible_part(two, stationary_state(two), "x")


@pytest.mark.parametrize("beta", [5.0, 20.0, 30.0])
def test_errors_of_a_computed_state_are_not_taken_for_a_violation(beta):
    rng = np.random.default_rng(5)
    V = unitary(rng, 3)
    H = V @ np.diag([0.0, 0.4, 1.0]) @ V.conj().T
    jumps = [V @ np.triu(complex_matrix(rng, 3, 3)) @ V.conj().T for _ in range(2)]
    generator = kms_balanced(jumps, gibbs_state(spectrum_of_matrix(H), beta), hamiltonian=H)
    found = balance_residual(generator, stationary_state(generator), StandardQuantum())
    assert found.value <= found.noise
    assert found.is_resolved
    assert found.is_satisfied()
    # Noise beyond a thousandth of the norm excuses nothing.
    drowned = replace(found, noise=found.norm, value=0.5 * found.norm)
    assert not drowned.is_resolved
    assert not drowned.is_satisfied()
