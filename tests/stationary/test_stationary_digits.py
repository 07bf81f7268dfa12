"""Stationary states that doubles cannot resolve: cold, slow, nearly not unique, in any basis."""

import numpy as np
import pytest

from equipoise import Coupling, OpenSystem, Reservoir, bose_einstein, lindbladian, stationary_state, weak_coupling
from equipoise.generators import ding_li_lin
from equipoise.reservoirs import Ohmic
from equipoise.stationary import NotUniqueError, relaxation_spectrum, stationary_states

LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])


def bath(name: str, beta: float, coupling: float = 0.01) -> Reservoir:
    return Reservoir(name, bose_einstein(inverse_temperature=beta), Ohmic(coupling, 10.0))


@pytest.mark.parametrize("x", [20.0, 60.0, 200.0, 700.0, 2000.0])
def test_degenerate_levels_far_above_the_temperature(x: float) -> None:
    D = np.array([[0.2, 1, 0.3, 0.1], [1, 0.4, 0.2, 0.5], [0.3, 0.2, 0.7, 0.6], [0.1, 0.5, 0.6, 0.1]])
    levels = np.array([0.0, 1.0, 1.0, 2.3])
    system = OpenSystem(levels, [Coupling(bath("a", x), np.ones((4, 4))), Coupling(bath("b", x, 0.02), D)])
    weights = np.sort(stationary_state(weak_coupling(system)).log_weights)
    np.testing.assert_allclose(weights - weights.max(), np.sort(-x * levels), rtol=1e-9)


@pytest.mark.parametrize("x", [3.0, 60.0, 700.0])
@pytest.mark.parametrize("angle", [0.0, 0.4])
def test_jumps_of_a_thermal_ladder_in_any_basis(x: float, angle: float) -> None:
    c, s = np.cos(angle), np.sin(angle)
    V = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]) @ np.array([[1.0, 0, 0], [0, c, -s], [0, s, c]])
    E, jumps = np.array([0.0, 1.0, 2.5]), []
    for i, k in ((1, 0), (2, 1)):
        down = np.outer(V[:, k], V[:, i])
        jumps += [down, np.exp(-x * (E[i] - E[k]) / 2) * down.T]
    state = stationary_state(lindbladian((V * E) @ V.T, jumps))
    weights = np.sort(state.log_weights)[::-1]
    np.testing.assert_allclose(weights - weights[0], -x * E, rtol=1e-9)


@pytest.mark.parametrize("x", [10.0, 40.0, 100.0, 600.0, np.inf])
def test_the_singlet_of_two_atoms_in_one_field_is_conserved_at_every_temperature(x: float) -> None:
    one = np.eye(2)
    D = np.kron(LOWER, one) + np.kron(one, LOWER)
    states = stationary_states(weak_coupling(OpenSystem([0.0, 1.0, 1.0, 2.0], [Coupling(bath("field", x), D + D.T)])))
    singlet, ladder = sorted((state.density_matrix().real for state in states), key=lambda rho: rho[0, 0])
    np.testing.assert_allclose(singlet, 0.5 * np.outer([0, 1, -1, 0], [0, 1, -1, 0]), atol=1e-12)
    w = np.exp(-x)
    np.testing.assert_allclose(np.diag(ladder), np.array([1, w / 2, w / 2, w * w]) / (1 + w + w * w), rtol=1e-9)


@pytest.mark.parametrize("betas", [(30.0, 30.0), (100.0, 100.0), (10.0, 70.0), (535.0, 62.0), (0.01, 700.0)])
def test_an_atom_whose_reservoirs_span_its_ground_states_has_one_state(betas: tuple[float, float]) -> None:
    couplings = []
    for name, beta, u in zip("ab", betas, ((1.0, 1.0), (0.3, 1.0)), strict=True):
        D = np.zeros((3, 3))
        D[:2, 2] = u
        couplings.append(Coupling(bath(name, beta), D))
    generator = weak_coupling(OpenSystem([0.0, 0.0, 1.0], couplings), lamb_shift=False)
    state = stationary_state(generator)
    assert state.is_unique
    if betas == (535.0, 62.0):
        # Reservoir b leaves (1, -0.3) alone, and a takes from it e^-473 as fast as b from (0.3, 1).
        dark = np.array([1.0, -0.3]) / np.hypot(1.0, 0.3)
        np.testing.assert_allclose(state.density_matrix()[:2, :2], np.outer(dark, dark), atol=1e-12)


@pytest.mark.parametrize("carrier, rate", [(1.0, 1e-9), (1.0, 1e-16), (2 * np.pi * 5e9, 1e-2), (2.7e15, 6e-3)])
def test_slow_decay_of_a_fast_carrier(carrier: float, rate: float) -> None:
    generator = lindbladian(carrier * np.diag([0.0, 1.0]), [np.sqrt(1.3 * rate) * LOWER, np.sqrt(0.3 * rate) * LOWER.T])
    np.testing.assert_allclose(stationary_state(generator).populations, [1.3 / 1.6, 0.3 / 1.6], rtol=1e-12)
    found = np.sort(-relaxation_spectrum(generator).populations.real)
    np.testing.assert_allclose(found, [0.0, 1.6 * rate], rtol=1e-9)


@pytest.mark.parametrize("g", [1.0, 1e-9, 1e-13, 1e-20])
def test_slow_tunnelling_between_states_of_one_energy(g: float) -> None:
    # Two sites of energy 1 with tunnelling g, filled from 0 to 1 and emptied from 2 at the rate g: 4/13, 5/13, 4/13.
    H = np.diag([0.0, 1.0, 1.0])
    H[1, 2] = H[2, 1] = g
    fill, empty = np.zeros((2, 3, 3))
    fill[1, 0] = empty[0, 2] = np.sqrt(g)
    state = stationary_state(lindbladian(H, [fill, empty]))
    np.testing.assert_allclose(np.diag(state.density_matrix()).real, np.array([4.0, 5.0, 4.0]) / 13, rtol=1e-9)


@pytest.mark.parametrize("loss", [1e-6, 1e-9, 1e-12, 1e-16])
def test_a_trace_of_single_photon_loss_makes_the_state_unique(loss: float) -> None:
    a = np.diag(np.sqrt(np.arange(1.0, 16.0)), 1)
    H = 0.7 * (a @ a + a.T @ a.T)
    state = stationary_state(lindbladian(H, [a @ a, np.sqrt(loss) * a]))
    assert state.expectation(a.T @ a) == pytest.approx(1.4 * np.tanh(2.8), rel=1e-3)
    with pytest.raises(NotUniqueError):
        stationary_state(lindbladian(H, [a @ a]))


@pytest.mark.parametrize("beta", [3.0, 10.0, 30.0])
def test_cold_gibbs_sampler(beta: float) -> None:
    X, Z = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])
    H = -0.9 * X - 0.7 * Z
    E, V = np.linalg.eigh(H)
    p = np.exp(-beta * (E - E[0]))
    state = stationary_state(ding_li_lin(H, [X, Z], beta))
    np.testing.assert_allclose(state.density_matrix().real, (V * (p / p.sum())) @ V.T, atol=1e-9)


def test_current_between_two_cold_cavities() -> None:
    # Second moments close: J = K (n1 - n2) / (1 + K/k1 + K/k2), K = g^2 (k1 + k2) / ((e1 - e2)^2 + (k1 + k2)^2 / 4).
    N, e1, e2, g, k, x1, x2 = 5, 1.0, 1.1, 0.002, 0.12, 9.0, 11.0
    n1, n2 = 1 / np.expm1(x1), 1 / np.expm1(x2)
    K = g**2 * 2 * k / ((e1 - e2) ** 2 + k**2)
    J = K * (n1 - n2) / (1 + 2 * K / k)
    one, a = np.eye(N), np.diag(np.sqrt(np.arange(1.0, N)), 1)
    A, B = np.kron(a, one), np.kron(one, a)
    jumps = [np.sqrt(k * (n1 + 1)) * A, np.sqrt(k * n1) * A.T, np.sqrt(k * (n2 + 1)) * B, np.sqrt(k * n2) * B.T]
    state = stationary_state(lindbladian(e1 * A.T @ A + e2 * B.T @ B + g * (A.T @ B + B.T @ A), jumps))
    flow = k * (n1 - state.expectation(A.T @ A))
    np.testing.assert_allclose(flow, J, rtol=1e-9)


def test_a_balanced_qubit_whose_coherence_rotates_is_not_said_to_be_off_balance() -> None:
    found = relaxation_spectrum(lindbladian(np.diag([0.0, 1.0]), [LOWER, np.sqrt(0.3) * LOWER.T]))
    np.testing.assert_allclose(sorted(-found.eigenvalues.real), [0.0, 0.65, 0.65, 1.3], atol=1e-12)
    assert not found.is_oscillating
    assert "off detailed balance" not in repr(found)
