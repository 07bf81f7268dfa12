"""The double-dot twin in its solvable limits, and against the secular superoperator on the Fock space."""

import numpy as np
import pytest

from reference import secular
from reference.pauli_dot import DoubleDot, Lead, energies, orbitals, particle_numbers, transport

DOT = DoubleDot(eps_left=0.3, eps_right=-0.2, tunnelling=0.4, coulomb=2.5)
LEFT, RIGHT = Lead(0.01, 3.0, 0.9), Lead(0.02, 1.5, -0.4)


def fock_space(dot):
    """Return H, N, c_L, c_R on (empty, R, L, double) by Jordan-Wigner."""
    lower, parity, one = np.array([[0.0, 1.0], [0.0, 0.0]]), np.diag([1.0, -1.0]), np.eye(2)
    c_left, c_right = np.kron(lower, one), np.kron(parity, lower)
    n_left, n_right = c_left.T @ c_left, c_right.T @ c_right
    hop = dot.tunnelling * c_left.T @ c_right
    hamiltonian = dot.eps_left * n_left + dot.eps_right * n_right + dot.coulomb * n_left @ n_right + hop + hop.T
    return hamiltonian, n_left + n_right, c_left, c_right


def test_levels_are_those_of_the_fock_space():
    np.testing.assert_allclose(np.sort(energies(DOT)), np.linalg.eigvalsh(fock_space(DOT)[0]), atol=1e-14)


@pytest.mark.parametrize("signs", [(1, 1), (1, -1), (-1, 1), (-1, -1)])
def test_orbitals_are_eigenvectors_for_every_sign(signs):
    dot = DOT._replace(eps_left=0.3 * signs[0], eps_right=0.1, tunnelling=0.4 * signs[1])
    matrix = np.array([[dot.eps_left, dot.tunnelling], [dot.tunnelling, dot.eps_right]])
    for energy, *amplitudes in orbitals(dot):
        np.testing.assert_allclose(matrix @ amplitudes, energy * np.array(amplitudes), atol=1e-15)


def test_equal_leads_give_the_grand_canonical_state_and_no_flow():
    beta, mu = 2.0, 0.3
    result = transport(DOT, Lead(0.01, beta, mu), Lead(0.03, beta, mu))
    weights = np.exp(-beta * (energies(DOT) - mu * particle_numbers()))
    np.testing.assert_allclose(result.populations, weights / weights.sum(), rtol=1e-12)
    np.testing.assert_allclose(result.particle_currents, 0, atol=1e-16)
    np.testing.assert_allclose(result.energy_currents, 0, atol=1e-16)


def test_without_interaction_the_orbitals_fill_independently():
    """J = sum_a gamma_La gamma_Ra / (gamma_La + gamma_Ra) (f_L - f_R) at the orbital energies."""
    dot = DOT._replace(coulomb=0.0)
    result = transport(dot, LEFT, RIGHT)
    current, filling = 0.0, []
    for energy, left, right in orbitals(dot):
        gamma_left, gamma_right = LEFT.gamma * left**2, RIGHT.gamma * right**2
        f_left, f_right = LEFT.occupation(energy), RIGHT.occupation(energy)
        current += gamma_left * gamma_right / (gamma_left + gamma_right) * (f_left - f_right)
        filling.append((gamma_left * f_left + gamma_right * f_right) / (gamma_left + gamma_right))
    lower, upper = filling
    independent = [(1 - lower) * (1 - upper), lower * (1 - upper), (1 - lower) * upper, lower * upper]
    np.testing.assert_allclose(result.populations, independent, rtol=1e-12)
    np.testing.assert_allclose(result.particle_currents, [current, -current], rtol=1e-12)


def test_particles_and_energy_are_conserved():
    result = transport(DOT, LEFT, RIGHT)
    for currents in (result.particle_currents, result.energy_currents):
        assert abs(currents[0]) > 1e-5
        assert abs(currents.sum()) < 1e-15


def test_agrees_with_the_secular_superoperator():
    """Populations and both currents of each lead, from two derivations that share nothing."""
    hamiltonian, number, c_left, c_right = fock_space(DOT)

    def zero(w):
        return 0.0

    def reservoir(operator, lead):
        # c takes an electron of energy w out of the dot.
        return [
            (
                [operator],
                lambda w: lead.gamma * (1 - lead.occupation(w)),
                lambda w: lead.gamma * lead.occupation(w),
                zero,
                zero,
            )
        ]

    reservoirs = [reservoir(c_left, LEFT), reservoir(c_right, RIGHT)]
    full = secular.full_superoperator(hamiltonian, reservoirs, 1e-9)
    # Coherences between different parity decay as well, so the stationary state is unique.
    rho = secular.stationary_state(full)
    expected = transport(DOT, LEFT, RIGHT)
    order = np.argsort(energies(DOT), kind="stable")
    _, vectors = np.linalg.eigh(hamiltonian)
    populations = np.diag(vectors.conj().T @ rho @ vectors).real
    np.testing.assert_allclose(populations, expected.populations[order], rtol=1e-10)
    for k, channels in enumerate(reservoirs):
        _, dissipator, _ = secular.reservoir_parts(channels, hamiltonian, 1e-9)
        assert secular.current(number, dissipator, rho) == pytest.approx(expected.particle_currents[k], rel=1e-9)
        assert secular.current(hamiltonian, dissipator, rho) == pytest.approx(expected.energy_currents[k], rel=1e-9)
