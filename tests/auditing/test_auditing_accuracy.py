"""What a null-space solve cannot resolve is no evidence against equilibrium."""

import numpy as np
import pytest

from equipoise.auditing import Question, Verdict, audit
from equipoise.generators import Generator, lindbladian, weak_coupling
from equipoise.reservoirs import Lorentzian, Ohmic, Reservoir, bose_einstein, fermi_dirac
from equipoise.stationary import stationary_state
from equipoise.systems import Coupling, OpenSystem


def _thermal_jumps(beta: float, other: float | None = None) -> Generator:
    """Thermal jumps between all pairs of three levels, in a rotated basis; one pair may have a bath of its own."""
    rng = np.random.default_rng(0)
    U = np.linalg.qr(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))[0]
    energies = np.array([0.0, 1.0, 1.7])
    jumps, owners = [], []
    for i, k in ((1, 0), (2, 0), (2, 1)):
        inverse = beta if other is None or (i, k) != (2, 0) else other
        owner = Reservoir(f"bath {inverse}", bose_einstein(inverse_temperature=inverse))
        n = 1 / np.expm1(inverse * (energies[i] - energies[k]))
        down = np.outer(U[:, k], U[:, i].conj())
        jumps += [np.sqrt(1 + n) * down, np.sqrt(n) * down.conj().T]
        owners += [owner, owner]
    return lindbladian((U * energies) @ U.conj().T, jumps, owners)


@pytest.mark.parametrize("beta", [5.0, 10.0, 20.0, 50.0, 200.0])
def test_jumps_of_one_cold_reservoir_are_at_equilibrium(beta: float) -> None:
    assert audit(_thermal_jumps(beta)).verdict is Verdict.EQUILIBRIUM


def test_jumps_of_two_reservoirs_are_not() -> None:
    assert audit(_thermal_jumps(5.0, 4.0)).verdict is Verdict.NON_EQUILIBRIUM


@pytest.mark.parametrize("weakness", [1e-2, 1e-3, 1e-4, 1e-5])
def test_a_slow_part_of_a_degenerate_system_does_not_break_equilibrium(weakness: float) -> None:
    rng = np.random.default_rng(1)
    X, Y = (A + A.T for A in rng.normal(size=(2, 4, 4)))
    for A in (X, Y):
        A[0, 1:] *= weakness
        A[1:, 0] *= weakness
    baths = [Reservoir(name, bose_einstein(temperature=1.0), Ohmic(0.01, 10.0)) for name in ("a", "b")]
    couplings = [Coupling(baths[0], X), Coupling(baths[1], Y)]
    system = OpenSystem([0.0, 1.0, 1.0, 2.3], couplings)
    state = stationary_state(weak_coupling(system))
    error = np.abs(np.sort(state.log_weights) - np.sort(-np.array([0, 1, 1, 2.3]) + state.log_weights.max()))
    assert error.max() < 10 * state.relative_accuracy
    assert audit(system).verdict is Verdict.EQUILIBRIUM


@pytest.mark.parametrize("gap", [1e-9, 1e-8, 1e-7])
def test_a_reading_that_merges_near_levels_is_at_the_equilibrium_of_the_merged_levels(gap: float) -> None:
    rng = np.random.default_rng(4)
    X, Y = (A + A.T for A in rng.normal(size=(2, 4, 4)))
    baths = [Reservoir(name, bose_einstein(temperature=1.0), Ohmic(0.01, 10.0)) for name in ("a", "b")]
    found = audit(OpenSystem([0.0, 1.0, 1.0 + gap, 2.3], [Coupling(baths[0], X), Coupling(baths[1], Y)]))
    assert {alternative.verdict for alternative in found.alternatives} == {Verdict.EQUILIBRIUM}
    assert found.verdict is Verdict.EQUILIBRIUM


@pytest.mark.parametrize("temperature", [0.05, 0.02, 0.01])
def test_two_cold_degenerate_dots_between_equal_leads_are_at_equilibrium(temperature: float) -> None:
    lower, sign = np.array([[0.0, 1.0], [0.0, 0.0]]), np.diag([1.0, -1.0])
    c = []
    for k in range(4):
        factors = [sign] * k + [lower] + [np.eye(2)] * (3 - k)
        c.append(np.kron(np.kron(factors[0], factors[1]), np.kron(factors[2], factors[3])))
    n = [a.T @ a for a in c]
    hopping = c[0].T @ c[2] + c[1].T @ c[3]
    H = -sum(n) + 2.0 * (n[0] @ n[1] + n[2] @ n[3]) - 0.5 * (hopping + hopping.T)
    thermal = fermi_dirac(temperature=temperature, chemical_potential=0.2)
    left, right = (Reservoir(name, thermal, Lorentzian(0.1, 0.0, 10.0)) for name in ("left", "right"))
    couplings = [Coupling(left, c[0], 0), Coupling(left, c[1], 1), Coupling(right, c[2], 0), Coupling(right, c[3], 1)]
    found = audit(OpenSystem(H, couplings, number=sum(n)))
    assert found.verdict is Verdict.EQUILIBRIUM
    assert found.finding(Question.SQDB).answer == "yes"
