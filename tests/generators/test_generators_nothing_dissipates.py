"""Dissipators that do nothing: zero and identity couplings, no modes at any Bohr frequency, one state."""

import numpy as np
import pytest

import equipoise as eq
from equipoise.balance import GNS, detailed_balance, nearest_balanced
from equipoise.generators import redfield
from equipoise.stationary import stationary_states

X = np.array([[0.0, 1.0], [1.0, 0.0]])


def bath(name, T, eta=0.01):
    return eq.Reservoir(name, eq.bose_einstein(temperature=T), eq.Ohmic(eta, 10.0))


@pytest.mark.parametrize("second", [np.zeros((2, 2)), np.eye(2), 0.3 * np.eye(2)])
def test_beside_another(second):
    system = eq.OpenSystem([0.0, 1.0], [eq.Coupling(bath("b", 1.0), X), eq.Coupling(bath("silent", 0.5), second)])
    found = eq.audit(redfield(system, lamb_shift=False))
    p = np.array([1.0, np.exp(-1.0)]) / (1 + np.exp(-1.0))
    np.testing.assert_allclose(found.state.populations, p, rtol=1e-10)
    np.testing.assert_allclose(found.flows.energy, 0, atol=1e-12)


def test_density_zero():
    system = eq.OpenSystem([0.0, 1.0], [eq.Coupling(bath("b", 1.0), X), eq.Coupling(bath("off", 0.5, 0.0), X)])
    assert eq.audit(redfield(system)).verdict is not None


@pytest.mark.parametrize("operator", [np.zeros((2, 2)), np.eye(2)])
def test_alone(operator):
    system = eq.OpenSystem([0.0, 1.0], [eq.Coupling(bath("b", 1.0), operator)])
    assert eq.audit(redfield(system)).verdict.value == "not unique"


def test_one_state():
    system = eq.OpenSystem([1.0], [eq.Coupling(bath("b", 1.0), [[1.0]])])
    generator = redfield(system)
    assert eq.audit(generator).verdict.value == "equilibrium"  # as weak_coupling says
    detailed_balance(generator, eq.stationary_state(generator))


def test_nearest_balanced():
    system = eq.OpenSystem([0.0, 1.0], [eq.Coupling(bath("b", 1.0), np.diag([1.0, -1.0]))])
    generator = eq.weak_coupling(system)
    nearest_balanced(generator, stationary_states(generator)[0], GNS())
