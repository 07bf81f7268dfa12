"""A target and one gas particle in a large box, evolved exactly: the low-density generator without scattering theory.

The particle of momentum p_n is in a plane wave of a ring of length L, the target in |l><l'|; both evolve together under

    H = H_S + p^2 / 2m + V (x) |g><g|,    <p|g> = exp(-sigma^2 p^2 / 2),

and the particle is traced out. A gas of density n holds n L such particles, which change the target one at a time:

    M(t) = n sum_n 2 pi G(p_n) (Tr_P[U(t) (rho (x) |p_n><p_n|) U(t)^dagger] - U_S rho U_S^dagger),

in the interaction picture. Between the transients after t = 0 and the first return around the ring its elements of one
frequency grow linearly: the slope is the generator, with the Hamiltonian that collisions add. Only even waves scatter.
"""

import numpy as np
from scipy.special import wofz

from equipoise.scattering import AbstractInteraction, Waves


class Separable(AbstractInteraction):
    """The interaction V (x) |g><g| of the box, on the whole line: its T-matrix in even waves."""

    def __init__(self, V, sigma):
        self.V, self.sigma = np.asarray(V, dtype=complex), sigma

    @property
    def waves(self):
        return Waves.EVEN

    @property
    def dimension(self):
        return 1

    def check(self, spectrum):
        assert len(self.V) == spectrum.dimension

    def transition_matrix(self, shell):
        V = shell.spectrum.to_energy_basis(self.V)
        p = shell.momenta
        # int dp/2pi |<p|g>|^2 2m / (p_k^2 - p^2 + i0)
        green = -1j * shell.mass / p * wofz(self.sigma * p)
        t = np.linalg.solve(np.eye(len(V)) - V * green[:, None, :], np.broadcast_to(V, (len(p), *V.shape)))
        form = np.where(shell.is_open, np.exp(-0.5 * (self.sigma * p.real) ** 2), 0.0)
        root = form * np.sqrt(shell.mass / np.where(shell.is_open, p.real, 1.0))
        return (2 * root[:, :, None] * t * root[:, None, :])[:, None, :, None, :]


def slope(levels, V, sigma, *, mass, beta, density, length, largest, times):
    """`(M(t_2) - M(t_1)) / (t_2 - t_1)`, shape (d, d, d, d): [k, k', l, l'] for |l><l'| -> |k><k'|."""
    levels = np.asarray(levels, dtype=float)
    d = len(levels)
    p = 2 * np.pi / length * np.arange(int(largest * length / (2 * np.pi)))
    g = np.exp(-0.5 * (sigma * p) ** 2) * np.sqrt(np.where(p > 0, 2.0, 1.0) / length)
    free = (levels[:, None] + p[None, :] ** 2 / (2 * mass)).ravel()
    H = np.diag(free).astype(complex) + np.kron(V, np.outer(g, g))
    energies, W = np.linalg.eigh(H)
    weight = density * 2 * np.pi * np.sqrt(beta / (2 * np.pi * mass)) * np.exp(-beta * p**2 / (2 * mass))
    found = []
    for t in times:
        # Only momenta that the gas holds need to start; the interaction picture undoes the motion of the target.
        start = weight > 1e-9 * weight[0]
        columns = np.tile(start, d)
        U = (W * np.exp(-1j * energies * t)) @ W[columns].conj().T
        U = U.reshape(d, p.size, d, int(start.sum()))
        U = U * np.exp(1j * levels * t)[:, None, None, None]
        moved = np.einsum("kqlp,p,mqnp->kmln", U, weight[start], U.conj(), optimize=True)
        identity = np.einsum("kl,mn->kmln", np.eye(d), np.eye(d)) * weight[start].sum()
        found.append(moved - identity)
    return (found[1] - found[0]) / (times[1] - times[0])
