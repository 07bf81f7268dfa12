"""Refusals name a way out that the caller can take."""

import numpy as np
import pytest

import equipoise as eq
from equipoise.generators import superoperator_channel, weak_coupling
from equipoise.reservoirs import CallableDensity, Flat

X, LOWER = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 0.0]])


@pytest.mark.parametrize("density", [Flat(0.01), CallableDensity(lambda w: 0.01 * w)])
def test_divergent_level_shift(density):
    a, b = (eq.Reservoir(n, eq.bose_einstein(temperature=T), density) for n, T in (("a", 2.0), ("b", 1.0)))
    couplings = [eq.Coupling(a, np.kron(X, np.eye(2))), eq.Coupling(b, np.kron(np.eye(2), X))]
    system = eq.OpenSystem([0.0, 1.0, 1.0, 2.5], couplings)
    assert eq.audit(weak_coupling(system, lamb_shift=False)).verdict.value == "balanced between unequal reservoirs"
    assert eq.audit(system, lamb_shift=False).verdict.value == "balanced between unequal reservoirs"
    with pytest.raises(eq.NumericalError, match="lamb_shift=False"):
        eq.audit(system)


def test_pauli_transfer_matrix():
    paulis = [np.eye(2), X, np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1.0])]
    kraus = [np.diag([1.0, 0.8]), 0.6 * LOWER]
    R = np.array([[0.5 * np.trace(p @ sum(K @ q @ K.T for K in kraus)).real for q in paulis] for p in paulis])
    B = np.array([p.ravel() for p in paulis]).T / np.sqrt(2)
    want = sum(np.kron(K, K.conj()) for K in kraus)
    np.testing.assert_allclose(superoperator_channel(B @ R @ B.conj().T).superoperator(), want, atol=1e-12)
    with pytest.raises(eq.InputError, match="`superoperator`"):
        superoperator_channel(R)


def test_one_reservoir():
    bath = eq.Reservoir("bath", eq.bose_einstein(temperature=1.0))
    try:
        generator = eq.lindbladian(np.diag([0.0, 1.0]), [LOWER, np.exp(-0.5) * LOWER.T], bath)
    except eq.InputError:
        return
    assert eq.audit(generator).verdict.value == "equilibrium"


@pytest.mark.parametrize("arguments, keywords", [((1.0,), {}), ((), {"T": 1.0})])
@pytest.mark.parametrize("distribution", [eq.bose_einstein, eq.fermi_dirac])
def test_temperature(distribution, arguments, keywords):
    with pytest.raises((eq.InputError, TypeError), match="temperature"):
        distribution(*arguments, **keywords)


def test_options_of_a_limit_are_refused_for_a_generator():
    generator = eq.rate_equation([[0, 1], [2, 0]])
    with pytest.raises(eq.InputError, match="`lamb_shift` must be left out for a generator"):
        eq.audit(generator, lamb_shift=False)


def test_the_solver_is_handed_on():
    from equipoise.stationary import NullSpaceSolve

    generator = eq.lindbladian(np.diag([0.0, 1.0]), [LOWER, 0.5 * LOWER.T])
    assert "null space" in eq.audit(generator, solver=NullSpaceSolve()).state.solver
    assert "elimination" in eq.audit(generator).state.solver
