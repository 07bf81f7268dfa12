"""Driven systems: heat with the Hamiltonian without the drive, work as a row of the first law."""

from __future__ import annotations

import numpy as np
import pytest

import equipoise as eq
from equipoise._checks import InputError
from equipoise.auditing import Question

LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])


def bath(name, temperature):
    return eq.Reservoir(name, eq.bose_einstein(temperature=temperature))


def pair(L, omega, temperature, rate):
    n = 1 / np.expm1(omega / temperature)
    return [np.sqrt(rate * (n + 1)) * L, np.sqrt(rate * n) * L.T]


def text(found):
    return " ".join(str(found).split())


def driven_qubit(unit=1.0, omega=5.0, w=0.1, g=0.1, T=3.0):
    """Bloch: <sigma_z> = z0 / (1 + 2 w^2 / G^2); the drive gives omega for each photon that the bath takes."""
    n = 1 / np.expm1(omega / T)
    z = -1 / (2 * n + 1) / (1 + 2 * w**2 / (g * (2 * n + 1)) ** 2)
    emitted = g * (n + 1) * (1 + z) / 2 - g * n * (1 - z) / 2
    H = unit * w / 2 * (LOWER + LOWER.T)
    jumps = [np.sqrt(unit) * L for L in pair(LOWER, omega, T, g)]
    return H, jumps, unit * omega, unit**2 * omega * emitted


@pytest.mark.parametrize("unit", [1e-30, 1.0, 1e30])
def test_driven_qubit_gives_the_work_of_the_drive_as_heat(unit):
    H, jumps, omega, power = driven_qubit(unit)
    one = bath("bath", 3.0 * unit)
    found = eq.audit(eq.lindbladian(H, jumps, [one, one], energy=np.diag([0.0, omega])))
    assert found.verdict.value == "non-equilibrium steady state"
    assert found.work == pytest.approx(power, rel=1e-12)
    assert f"(driven: work {found.work:.6g})" in text(found)
    assert "Work is done on the system" in text(found)
    assert found.reservoirs[0].heat == pytest.approx(-power, rel=1e-12)
    *rows, change = (value for _, value in found.first_law)
    assert abs(sum(rows) - change) <= 1e-13 * power
    for entry in found.entropy:
        assert entry.value == pytest.approx(power / (3.0 * unit), rel=1e-12)
        assert entry.is_never_negative


def test_an_offset_of_the_energy_does_not_matter():
    H, jumps, omega, power = driven_qubit()
    one = bath("bath", 3.0)
    found = eq.audit(eq.lindbladian(H, jumps, [one, one], energy=np.diag([2.0**40, 2.0**40 + omega])))
    assert found.work == pytest.approx(power, rel=1e-12)


def test_without_an_energy_heat_is_not_known_and_the_sheet_says_what_to_pass():
    H, jumps, _, _ = driven_qubit()
    one = bath("bath", 3.0)
    found = eq.audit(eq.lindbladian(H, jumps, [one, one]))
    assert found.reservoirs[0].heat is None
    assert found.reservoirs[0].energy is None
    assert np.isnan(found.flows.heat[0])
    assert "Pass energy=H0" in text(found)
    assert "energy=H0" in found.entropy[0].reason
    assert found.finding(Question.ENTROPY_NON_NEGATIVE, "Clausius").answer == "not applicable"


def test_driven_cavity_is_a_displaced_thermal_state():
    k, e, detuning, omega, T = 0.3, 0.05, 0.4, 5.0, 1.5
    a = np.diag(np.sqrt(np.arange(1.0, 14.0)), 1)
    one = bath("bath", T)
    H = detuning * a.T @ a + e * (a + a.T)
    found = eq.audit(eq.lindbladian(H, pair(a, omega, T, k), [one, one], energy=omega * a.T @ a))
    power = omega * k * e**2 / (k**2 / 4 + detuning**2)
    assert found.work == pytest.approx(power, rel=1e-6)
    assert found.entropy[0].value == pytest.approx(power / T, rel=1e-6)


def maser(field):
    """Three levels 0, 1, 3: hot on 0 <-> 3, cold on 0 <-> 1, a resonant field on 1 <-> 3, in the rotating frame."""

    def lower(i, j):
        L = np.zeros((3, 3))
        L[i, j] = 1.0
        return L

    hot, cold = bath("hot", 8.0), bath("cold", 0.5)
    jumps = pair(lower(0, 2), 3.0, 8.0, 0.1) + pair(lower(0, 1), 1.0, 0.5, 0.1)
    H = field * (lower(1, 2) + lower(2, 1))
    return eq.lindbladian(H, jumps, [hot, hot, cold, cold], energy=np.diag([0.0, 1.0, 3.0]))


@pytest.mark.parametrize("field", [0.01, 0.3])
def test_maser_works_with_the_ratio_of_frequencies_as_its_efficiency(field):
    found = eq.audit(maser(field))
    hot, cold = (flow.heat for flow in found.reservoirs)
    assert -found.work / hot == pytest.approx(2.0 / 3.0, rel=1e-10)
    assert cold == pytest.approx(-hot / 3.0, rel=1e-10)
    assert found.work < 0 < hot
    assert "driven: work -" in text(found)


def test_maser_without_its_field_is_as_if_no_frame_were_turned():
    found = eq.audit(maser(0.0))
    assert found.work is None
    assert "driven" not in found.verdict.value


def test_a_turned_frame_without_a_drive_is_an_equilibrium():
    one = bath("bath", 3.0)
    found = eq.audit(eq.lindbladian(np.zeros((2, 2)), pair(LOWER, 5.0, 3.0, 0.1), [one, one], energy=np.diag([0, 5.0])))
    assert found.verdict.value == "equilibrium"


def test_an_energy_for_each_reservoir_leaves_the_rest_to_work():
    # Two qubits, each damped alone: the heat of each is counted with its own part.
    one = np.eye(2)
    parts = {"hot": np.kron(np.diag([0.0, 1.0]), one), "cold": np.kron(one, np.diag([0.0, 0.6]))}
    H = parts["hot"] + parts["cold"] + 0.3 * np.kron(LOWER + LOWER.T, LOWER + LOWER.T)
    jumps = pair(np.kron(LOWER, one), 1.0, 2.0, 0.1) + pair(np.kron(one, LOWER), 0.6, 1.0, 0.1)
    hot, cold = bath("hot", 2.0), bath("cold", 1.0)
    found = eq.audit(eq.lindbladian(H, jumps, [hot, hot, cold, cold], energy=parts))
    assert found.work == pytest.approx(-sum(flow.heat for flow in found.reservoirs), rel=1e-9)
    clausius, by_transition, spohn = found.entropy
    assert clausius.value == pytest.approx(by_transition.value, rel=1e-9)
    assert clausius.value == pytest.approx(spohn.value, rel=1e-8)
    assert clausius.value > 0


@pytest.mark.parametrize("seed", range(8))
def test_random_drives_give_heat_as_two_point_statistics_count_it(seed):
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 5))
    levels = np.cumsum(rng.uniform(0.5, 2.0, d))
    H = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    hot, cold = bath("hot", 2.0), bath("cold", 0.7)
    jumps, owners, energies = [], [], []
    for k in range(d - 1):
        for owner, T in ((hot, 2.0), (cold, 0.7)):
            L, omega = np.zeros((d, d)), levels[k + 1] - levels[k]
            L[k, k + 1] = 1.0
            jumps += pair(L, omega, T, rng.uniform(0.1, 1.0))
            owners += [owner, owner]
            energies += [-omega, omega]
    generator = eq.lindbladian(H + H.conj().T, jumps, owners, energy=np.diag(levels))
    rho = eq.stationary_state(generator).density_matrix()
    counted = [E * np.trace(L @ rho @ L.conj().T).real for L, E in zip(jumps, energies, strict=True)]
    want = [sum(J for J, o in zip(counted, owners, strict=True) if o is one) for one in (hot, cold)]
    found = eq.audit(generator)
    np.testing.assert_allclose([flow.heat for flow in found.reservoirs], want, rtol=1e-9, atol=1e-12)
    assert found.work == pytest.approx(-sum(want), rel=1e-9)
    assert all(entry.value > 0 and entry.is_never_negative for entry in found.entropy)


def test_energies_by_names_that_are_no_reservoirs_are_refused():
    one = bath("bath", 1.0)
    with pytest.raises(
        InputError, match=r"`energy` must name each reservoir of the jumps once \(bath\), but names sun"
    ):
        eq.lindbladian(np.zeros((2, 2)), [LOWER], [one], energy={"sun": np.eye(2)})
    with pytest.raises(InputError, match="A single matrix counts for all reservoirs"):
        eq.lindbladian(np.zeros((2, 2)), [LOWER], energy={})
