"""Local generators: each dissipator is that of its part alone; the first law closes with boundary work."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise import (
    Coupling,
    InputError,
    Ohmic,
    OpenSystem,
    Reservoir,
    audit,
    bose_einstein,
    fermi_dirac,
    stationary_state,
    weak_coupling,
)
from equipoise.generators import SecularApproximationWarning, local
from equipoise.reservoirs import Newns
from equipoise.spectrum import spectrum_of_matrix
from equipoise.stationary import gibbs_state
from random_systems import complex_matrix

n, x, one = np.diag([0.0, 1.0]), np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(2)
SWAP = np.zeros((4, 4))
SWAP[1, 2] = SWAP[2, 1] = 1.0


def qubits(w1: float, w2: float, T1: float, T2: float) -> tuple[OpenSystem, dict[str, np.ndarray]]:
    left, right = (
        Reservoir(name, bose_einstein(temperature=T), Ohmic(0.01, 10.0)) for name, T in (("left", T1), ("right", T2))
    )
    parts = {"left": w1 * np.kron(n, one), "right": w2 * np.kron(one, n)}
    couplings = [Coupling(left, np.kron(x, one)), Coupling(right, np.kron(one, x))]
    return OpenSystem(parts["left"] + parts["right"] + 0.1 * SWAP, couplings), parts


def test_dissipator_of_a_qubit_is_the_textbook_one() -> None:
    system, parts = qubits(1.0, 1.5, 2.0, 1.0)
    generator = local(system, parts, lamb_shift=False)
    rng = np.random.default_rng(0)
    rho = complex_matrix(rng, 4, 4)
    expected = -1j * (system.hamiltonian @ rho - rho @ system.hamiltonian)
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    for (bath, w), S in zip(
        zip(system.reservoirs, (1.0, 1.5), strict=True), (np.kron(lower, one), np.kron(one, lower)), strict=True
    ):
        for rate, L in ((bath.rate_out(w), S), (bath.rate_in(w), S.T)):
            expected += rate * (L @ rho @ L.T - 0.5 * (L.T @ L @ rho + rho @ L.T @ L))
    assert np.abs(generator.apply(rho) - expected).max() < 1e-14


def test_with_the_whole_hamiltonian_it_is_weak_coupling() -> None:
    system, _ = qubits(1.0, 1.5, 2.0, 1.0)
    whole = local(system, {"left": system.hamiltonian, "right": system.hamiltonian})
    assert np.allclose(whole.superoperator(), weak_coupling(system).superoperator(), atol=1e-14)


def test_two_detuned_qubits_boundary_work_and_second_law() -> None:
    """W = (w2 - w1) times the exciton current from left to right; q1 + q2 + W = 0; -sum q/T >= 0."""
    w1, w2, T1, T2 = 1.0, 1.5, 2.0, 1.0
    system, parts = qubits(w1, w2, T1, T2)
    found = audit(local(system, parts))
    rows = dict(found.first_law)
    rho = stationary_state(local(system, parts)).density_matrix()
    # Excitations leave the left qubit at the rate i <[H, n_1]>.
    N1, H = np.kron(n, one), np.asarray(system.hamiltonian)
    exciton = -float(np.trace(1j * (H @ N1 - N1 @ H) @ rho).real)
    assert exciton > 0
    assert rows["boundary work"] == pytest.approx((w2 - w1) * exciton, rel=1e-10)
    assert rows["J_E from left"] == pytest.approx(w1 * exciton, rel=1e-10)
    assert rows["J_E from right"] == pytest.approx(-w2 * exciton, rel=1e-10)
    assert found.entropy[0].name == "Clausius"
    assert found.entropy[0].value == pytest.approx((w2 / T2 - w1 / T1) * exciton, rel=1e-10)


def test_heat_counted_with_the_whole_hamiltonian_breaks_clausius() -> None:
    """Why the local Hamiltonian accounts for heat: with H the same state has heat flow from cold to hot."""
    system, parts = qubits(1.0, 3.0, 0.9, 1.0)
    generator = local(system, parts)
    rho = stationary_state(generator).density_matrix()
    H = system.hamiltonian
    whole = sum(
        -part.reservoir.inverse_temperature * np.trace(H @ part.apply(rho)).real
        for part in generator.dissipators
        if part.reservoir is not None
    )
    assert audit(generator).entropy[0].value > 0
    assert whole < -1e-7


def test_each_dissipator_keeps_the_gibbs_state_of_its_part() -> None:
    system, parts = qubits(1.0, 1.5, 2.0, 1.0)
    for part in local(system, parts).dissipators:
        assert part.reservoir is not None
        tau = gibbs_state(spectrum_of_matrix(part.energy), part.reservoir.inverse_temperature).matrix()
        assert np.abs(part.apply(tau)).max() < 1e-16


def test_equal_temperatures_are_not_an_equilibrium() -> None:
    system, parts = qubits(1.0, 1.5, 0.7, 0.7)
    assert audit(local(system, parts)).verdict.value == "thermodynamically inconsistent generator"


def test_fermions_with_number_and_diagonals() -> None:
    """Two dots, each with its lead, local Hamiltonians given by their diagonals."""
    c1 = np.kron(np.array([[0, 1], [0, 0]]), one)
    c2 = np.kron(np.diag([1.0, -1.0]), np.array([[0, 1], [0, 0]]))
    n1, n2 = c1.T @ c1, c2.T @ c2
    leads = [
        Reservoir(name, fermi_dirac(temperature=0.5, chemical_potential=mu), Newns(0.02, 5.0))
        for name, mu in (("left", 0.5), ("right", -0.5))
    ]
    H = 0.2 * n1 + 0.2 * n2 + 0.1 * (c1.T @ c2 + c2.T @ c1)
    system = OpenSystem(H, [Coupling(leads[0], c1), Coupling(leads[1], c2)], number=n1 + n2)
    found = audit(local(system, {"left": np.diag(0.2 * n1), "right": 0.2 * n2}))
    assert found.flows.particles[0] == pytest.approx(-found.flows.particles[1], rel=1e-9)
    assert found.flows.particles[0] > 0
    # Resonant dots: no boundary work.
    assert abs(dict(found.first_law)["boundary work"]) < 1e-12


def test_a_local_part_with_near_levels_is_warned_of() -> None:
    system, parts = qubits(1.0, 1.5, 2.0, 1.0)
    wide = Coupling(system.reservoirs[0], np.kron(x, one + x))
    near = {**parts, "left": np.diag([0.0, 0.001, 1.0, 1.001])}
    with pytest.warns(SecularApproximationWarning, match="In its local part: Levels 2 and 3 are 0.001 apart"):
        local(OpenSystem(system.hamiltonian, [wide, system.couplings[1]]), near)


def test_messages() -> None:
    system, parts = qubits(1.0, 1.5, 2.0, 1.0)
    with pytest.raises(InputError, match=r"must be a mapping of reservoir names.*but got list. Pass {'left': H_r"):
        local(system, [parts["left"]])  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"for each reservoir \(left, right\), but has none for right"):
        local(system, {"left": parts["left"]})
    with pytest.raises(InputError, match=r"name reservoirs of the system \(left, right\), but got middle"):
        local(system, {**parts, "middle": parts["left"]})
    with pytest.raises(InputError, match=r"`local_hamiltonians\['left'\]` must be Hermitian"):
        local(system, {**parts, "left": np.triu(np.ones((4, 4)))})
    with pytest.raises(InputError, match=r"`local_hamiltonians\['left'\]` must have shape \(4, 4\)"):
        local(system, {**parts, "left": np.diag([0.0, 1.0])})
    with pytest.raises(InputError, match=r"`local_hamiltonians\['left'\]` must have 4 levels"):
        local(system, {**parts, "left": [0.0, 1.0]})
    counted = OpenSystem(system.hamiltonian, system.couplings, number=np.kron(n, one) + np.kron(one, n))
    with pytest.raises(InputError, match=r"`local_hamiltonians\['right'\]` must commute with the particle number"):
        local(counted, {**parts, "right": np.kron(one, x)})
