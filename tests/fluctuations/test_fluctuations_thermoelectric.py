"""Thermoelectric coefficients against differences of the actual flows, and messages."""

import numpy as np
import pytest

from equipoise import (
    Coupling,
    InputError,
    OpenSystem,
    Reservoir,
    bose_einstein,
    currents,
    fermi_dirac,
    stationary_state,
    weak_coupling,
)
from equipoise.fluctuations import Reference, linear_response, thermoelectric_coefficients
from equipoise.reservoirs import Newns, Ohmic

LOWER = [np.kron(np.array([[0, 1], [0, 0]]), np.eye(2)), np.kron(np.diag([1, -1]), np.array([[0, 1], [0, 0]]))]
N = sum(D.T @ D for D in LOWER)
H = 0.4 * LOWER[0].T @ LOWER[0] + 1.3 * LOWER[1].T @ LOWER[1] + 0.5 * LOWER[0].T @ LOWER[0] @ LOWER[1].T @ LOWER[1]


def dot(T=0.5, mu=0.2, dT=0.0, dmu=0.0):
    leads = [
        Reservoir(name, fermi_dirac(temperature=T + s * dT, chemical_potential=mu + s * dmu), Newns(rate, 8.0))
        for name, rate, s in (("L", 0.1, 0.5), ("R", 0.2, -0.5))
    ]
    return OpenSystem(H, [Coupling(lead, D) for lead in leads for D in LOWER], number=N)


def flow(system, mu):
    generator = weak_coupling(system)
    flows = currents(generator, stationary_state(generator))
    return np.array([flows.particles[0], flows.energy[0] - mu * flows.particles[0]])


def test_coefficients_are_ratios_of_small_flows():
    found = thermoelectric_coefficients(linear_response(dot()))
    h = 1e-3
    by_mu = (flow(dot(dmu=h), 0.2) - flow(dot(dmu=-h), 0.2)) / (2 * h)
    by_T = (flow(dot(dT=h), 0.2) - flow(dot(dT=-h), 0.2)) / (2 * h)
    assert found.conductance == pytest.approx(by_mu[0], rel=1e-5)
    assert found.conductance * found.seebeck == pytest.approx(by_T[0], rel=1e-5)
    assert found.peltier == pytest.approx(by_mu[1] / by_mu[0], rel=1e-5)
    assert found.thermal_conductance == pytest.approx(by_T[1] - by_mu[1] * by_T[0] / by_mu[0], rel=1e-5)
    assert found.peltier == pytest.approx(0.5 * found.seebeck, rel=1e-12)
    assert found.figure_of_merit > 0


def test_messages():
    X = [[0, 1], [1, 0]]
    baths = [Reservoir(name, bose_einstein(temperature=1.0), Ohmic(0.05, 8.0)) for name in "LRM"]

    def response(levels, count, reference=None):
        D = X if len(levels) == 2 else np.ones((3, 3))
        return linear_response(OpenSystem(levels, [Coupling(bath, D) for bath in baths[:count]]), reference)

    with pytest.raises(InputError, match="be that of two reservoirs, but has 3"):
        thermoelectric_coefficients(response([0.0, 1.0], 3))
    with pytest.raises(InputError, match="conserve particles"):
        thermoelectric_coefficients(response([0.0, 1.0, 2.5], 2))
    idle = Reservoir("idle", bose_einstein(temperature=1.0), Ohmic(0.0, 8.0))
    with pytest.raises(InputError, match="and conduct, but J_N of the two reservoirs is 0 and 0"):
        thermoelectric_coefficients(linear_response(OpenSystem([0.0, 1.0], [Coupling(idle, X), Coupling(baths[0], X)])))
    with pytest.raises(InputError, match="be about an equilibrium, but flows persist"):
        thermoelectric_coefficients(response([0.0, 1.0, 2.5], 2, Reference(1.0, -0.3)))


@pytest.mark.parametrize("gap", [1.0, 600.0])
def test_one_transition_couples_tightly_however_cold(gap):
    """The heat of a quantum is its energy: Pi = w, K = 0, ZT infinite, also where conductances are 1e-250."""
    baths = [Reservoir(name, bose_einstein(inverse_temperature=1.0), Ohmic(1e-6, 1000.0)) for name in "LR"]
    qubit = OpenSystem([0.0, gap], [Coupling(b, [[0, 1], [0, 0]]) for b in baths])
    found = thermoelectric_coefficients(linear_response(qubit))
    assert found.peltier == pytest.approx(gap, rel=1e-12)
    assert found.figure_of_merit == np.inf
    assert abs(found.thermal_conductance) <= 1e-12 * found.conductance * gap**2
