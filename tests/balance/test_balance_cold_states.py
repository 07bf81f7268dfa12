"""Cold states whose Hamiltonian is not diagonal as given: elements and weights keep their digits."""

import numpy as np
import pytest

from equipoise import rate_equation, stationary_state
from equipoise.balance import (
    GNS,
    KMS,
    Classical,
    SDual,
    balance_residual,
    irreversibility_budget,
    kms_dual,
    nearest_balanced,
)
from equipoise.generators import kms_balanced
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
