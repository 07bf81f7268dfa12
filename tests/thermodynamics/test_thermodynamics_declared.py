"""Given rates beside the temperature of their reservoir, and the work of forces on transitions."""

from __future__ import annotations

import numpy as np
import pytest

import equipoise as eq
from equipoise.auditing import Question
from equipoise.thermodynamics.declared import encoded_ratios

LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])


def bath(name, temperature, mu=0.0):
    return eq.Reservoir(name, eq.bose_einstein(temperature=temperature, chemical_potential=mu))


def pair(L, omega, temperature, rate):
    n = 1 / np.expm1(omega / temperature)
    return [np.sqrt(rate * (n + 1)) * L, np.sqrt(rate * n) * L.T]


def ring(energies, force, T):
    d, W = len(energies), np.zeros((len(energies),) * 2)
    for i in range(d):
        j = (i + 1) % d
        W[j, i] = np.exp(-(energies[j] - energies[i] - force) / (2 * T))
        W[i, j] = np.exp((energies[j] - energies[i] - force) / (2 * T))
    return W


def text(found):
    return " ".join(str(found).split())


@pytest.mark.parametrize("unit", [1e-20, 1.0, 1e20])
def test_rates_of_another_temperature_are_named_with_both(unit):
    hot, cold = bath("hot", 2.0 * unit), bath("cold", unit)
    jumps = pair(LOWER, 1.0, 3.0, 0.1) + pair(LOWER, 1.0, 1.0, 0.1)
    found = eq.audit(eq.lindbladian(np.diag([0.0, unit]), jumps, [hot, hot, cold, cold]))
    said = found.finding(Question.TEMPERATURE_DECLARED, "hot")
    assert said.answer == "no"
    assert f"the rates of hot are those of beta = {1 / 3 / unit:.6g} (T = {3 * unit:.6g})" in said.detail
    assert f"declared {0.5 / unit:.6g} (T = {2 * unit:.6g})" in said.detail
    assert said.detail.split(",")[0] in text(found)
    assert found.finding(Question.TEMPERATURE_DECLARED, "cold").answer == "yes"


@pytest.mark.parametrize("T", [0.2, 1.0, 30.0])
@pytest.mark.parametrize("force", [0.3, -1.7])
def test_a_force_round_a_ring_under_one_bath_does_work(T, force):
    energies = np.array([0.0, 0.4, 0.9, 0.3, 0.7])
    W = ring(energies, force, T)
    found = eq.audit(eq.rate_equation({bath("bath", T): W}, energies=energies))
    p = found.state.density_matrix().diagonal().real
    current = W[1, 0] * p[0] - W[0, 1] * p[1]
    assert found.verdict.value == "non-equilibrium steady state"
    assert found.work == pytest.approx(5 * force * current, rel=1e-11)
    assert f"(driven: work {found.work:.6g})" in text(found)
    assert found.reservoirs[0].heat == pytest.approx(-found.work, rel=1e-10)
    clausius, by_transition, _ = found.entropy
    assert clausius.value == pytest.approx(found.work / T, rel=1e-10)
    assert by_transition.value == pytest.approx(clausius.value, rel=1e-10)
    *rows, change = (value for _, value in found.first_law)
    assert sum(rows) == pytest.approx(change, abs=1e-13 * abs(found.work))
    # The work of one transition, and the heat: its energy is both together.
    flows = found.flows
    assert flows.transition_work[0, 1, 0] == pytest.approx(force * current, rel=1e-11)
    each = (energies[1] - energies[0]) * current
    assert flows.transition_heat[0, 1, 0] == pytest.approx(each - force * current, rel=1e-9)
    assert f"depart from exp(-beta (dE - mu dN)) by {abs(force) / T:.6g}" in text(found)


def test_collisions_that_keep_the_gibbs_state_without_detailed_balance_do_no_work():
    generator = eq.rate_equation({bath("gas", 2.0): [[0, 1, 2], [2, 0, 1], [1, 2, 0]]}, energies=[0.0] * 3)
    found = eq.audit(generator)
    assert found.verdict.value == "thermal state without detailed balance"
    assert found.work is None
    assert found.finding(Question.TEMPERATURE_DECLARED, "gas").answer == "yes"


def test_rates_that_obey_local_detailed_balance_do_no_work():
    W = ring(np.array([0.0, 1.0, 2.5]), 0.0, 1.5)
    found = eq.audit(eq.rate_equation({bath("bath", 1.5): W}, energies=[0.0, 1.0, 2.5]))
    assert found.verdict.value == "equilibrium"
    assert found.work is None
    assert not np.any(found.flows.transition_work)
    assert found.finding(Question.TEMPERATURE_DECLARED, "bath").answer == "yes"


def test_particles_count_with_the_chemical_potential():
    lead = eq.Reservoir("lead", eq.fermi_dirac(temperature=0.5, chemical_potential=0.3))
    due = np.exp(-(1.0 - 0.3) / 0.5)
    for factor, answer in ((1.0, "yes"), (2.0, "no")):
        rates = {lead: [[0.0, 1.0], [factor * due, 0.0]]}
        generator = eq.rate_equation(rates, energies=[0.0, 1.0], particles=[0, 1])
        assert eq.audit(generator).finding(Question.TEMPERATURE_DECLARED, "lead").answer == answer
    # Without the number of particles there is nothing to compare.
    generator = eq.rate_equation(rates, energies=[0.0, 1.0])
    assert encoded_ratios(generator, generator.dissipators[0]) is None


def test_zero_temperature_is_declared_by_rates_that_only_lead_down():
    cold = bath("cold", 0.0)
    for up, answer in ((0.0, "yes"), (0.1, "no")):
        generator = eq.rate_equation({cold: [[0.0, 1.0], [up, 0.0]]}, energies=[0.0, 1.0])
        assert eq.audit(generator).finding(Question.TEMPERATURE_DECLARED, "cold").answer == answer
