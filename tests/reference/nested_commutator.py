"""The second-order (Born-Markov) generator from its double commutator with an explicit bath, made secular.

    K rho = - int_0^inf ds exp(-kappa s) Tr_B [H_I, [H_I(-s), rho (x) rho_B]],
    H_I(-s) = exp(-i (H + H_B) s) H_I exp(+i (H + H_B) s)

System and a few bath modes are matrices on one space; for fermions the anticommutation of system and bath is
carried by Jordan-Wigner strings. The factor exp(-kappa s) broadens each mode to a Lorentzian of half width
kappa, so the integral exists and is the solution of a linear system, (kappa + i ad_{H + H_B})^{-1} H_I. No
spectral density, projector or eigenoperator is used: this checks :mod:`reference.secular`.
"""

import numpy as np


def solve_kappa_plus_i_ad(hamiltonian, operator, kappa):
    """Return X with kappa X + i [hamiltonian, X] = operator, by a dense linear solve."""
    one = np.eye(len(hamiltonian))
    matrix = kappa * np.kron(one, one) + 1j * (np.kron(hamiltonian, one) - np.kron(one, hamiltonian.T))
    return np.linalg.solve(matrix, operator.reshape(-1)).reshape(operator.shape)


def trace_out_second(operator, dimension):
    """Return the partial trace over the second factor; the first has the given dimension."""
    other = len(operator) // dimension
    return np.einsum("iaja->ij", operator.reshape(dimension, other, dimension, other))


def double_commutator(hamiltonian, bath_hamiltonian, bath_state, interaction, kappa):
    """Return K as a d^2 x d^2 matrix (row-major), without -i [H, .].

    `interaction` is H_I on system (x) bath; its first-order average Tr_B[H_I rho_B] must vanish.
    """
    dimension = len(hamiltonian)
    total = np.kron(hamiltonian, np.eye(len(bath_hamiltonian))) + np.kron(np.eye(dimension), bath_hamiltonian)
    history = solve_kappa_plus_i_ad(total, interaction, kappa)
    columns = []
    for k in range(dimension**2):
        unit = np.zeros(dimension**2)
        unit[k] = 1.0
        joint = np.kron(unit.reshape(dimension, dimension), bath_state)
        inner = history @ joint - joint @ history
        outer = interaction @ inner - inner @ interaction
        columns.append(-trace_out_second(outer, dimension).reshape(-1))
    return np.array(columns).T


def secular_projection(superoperator, hamiltonian, tolerance):
    """Return the average of exp(-L_0 t) K exp(L_0 t) over all times, L_0 = -i [H, .].

    Blocks of K between eigenvectors of ad_H with equal eigenvalue survive; ad_H is diagonalised as a matrix.
    """
    one = np.eye(len(hamiltonian))
    frequencies, vectors = np.linalg.eigh(np.kron(hamiltonian, one) - np.kron(one, hamiltonian.T))
    rotated = vectors.conj().T @ superoperator @ vectors
    rotated[np.abs(frequencies[:, None] - frequencies) > tolerance] = 0.0
    return vectors @ rotated @ vectors.conj().T


def time_average(superoperator, hamiltonian, duration, steps):
    """Return the same average taken over a finite time, by the midpoint rule: error ~ 1 / duration."""
    energies, vectors = np.linalg.eigh(hamiltonian)
    total = np.zeros_like(superoperator)
    for k in range(steps):
        phases = np.exp(-1j * energies * duration * (k + 0.5) / steps)
        u = vectors @ (phases[:, None] * vectors.conj().T)
        evolve = np.kron(u, u.conj())
        total += np.linalg.solve(evolve, superoperator @ evolve)
    return total / steps
