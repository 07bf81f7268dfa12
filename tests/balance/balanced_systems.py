"""Generators whose notions of detailed balance are known: random, KMS-balanced, GNS-balanced, with time reversal."""

import numpy as np

from equipoise import lindbladian
from equipoise.spectrum import spectrum_of_matrix
from equipoise.stationary import DensityMatrix, density_matrix
from random_systems import complex_matrix, unitary


def random_state(rng, d):
    A = complex_matrix(rng, d, d)
    A = A @ A.conj().T + 0.2 * np.eye(d)
    return A / np.trace(A).real


def random_generator(rng, d, count=3, signs=None):
    H = complex_matrix(rng, d, d)
    return lindbladian(H + H.conj().T, [complex_matrix(rng, d, d) for _ in range(count)], signs=signs)


def explicit(generator):
    """Heisenberg superoperator, by the definition."""
    return generator.superoperator().conj().T


def kms_balanced_matrices(rng, h, count=2, real=False, V=None):
    """T3: jumps sigma^(1/4) Lambda sigma^(-1/4) with Hermitian Lambda, and the tanh Hamiltonian; sigma."""
    d = len(h)
    scale = np.exp(-0.25 * (h[:, None] - h))
    jumps = []
    for _ in range(count):
        A = rng.normal(size=(d, d)) if real else complex_matrix(rng, d, d)
        jumps.append(scale * (A + A.conj().T))
    M = sum(L.conj().T @ L for L in jumps)
    H = 0.5j * np.tanh((h[:, None] - h) / 4) * M
    V = np.eye(d) if V is None else V
    sigma = np.exp(-h) / np.exp(-h).sum()
    turn = lambda A: V @ A @ V.conj().T  # noqa: E731
    return turn(0.5 * (H + H.conj().T)), [turn(L) for L in jumps], turn(np.diag(sigma))


def kms_balanced_generator(rng, d, count=2):
    """In a rotated basis, with its state."""
    H, jumps, sigma = kms_balanced_matrices(rng, np.cumsum(rng.uniform(0.2, 1.0, size=d)), count, V=unitary(rng, d))
    return lindbladian(H, jumps), sigma


def gns_balanced_matrices(rng, h, V=None):
    """Jumps |i><j| both ways with weights in the ratio of the state, and a dephasing one."""
    d = len(h)
    V = np.eye(d) if V is None else V
    jumps = []
    for i in range(d):
        for j in range(d):
            if i != j:
                E = np.zeros((d, d))
                E[i, j] = np.sqrt((1 + min(i, j)) * np.exp(-(h[i] - h[j]) / 2))
                jumps.append(V @ E @ V.conj().T)
    jumps.append(V @ np.diag(rng.normal(size=d)) @ V.conj().T)
    sigma = np.exp(-h) / np.exp(-h).sum()
    return np.zeros((d, d)), jumps, V @ np.diag(sigma) @ V.conj().T


def regauged(rng, H, jumps):
    """The same generator: jumps mixed by a random unitary and shifted, the Hamiltonian with them."""
    d, count = len(H), len(jumps)
    mixed = np.einsum("kl,lij->kij", unitary(rng, count), np.array(jumps))
    shifts = complex_matrix(rng, count, 1)[:, 0]
    shift = sum(0.5j * (c.conj() * L - c * L.conj().T) for c, L in zip(shifts, mixed, strict=True))
    return H - shift, list(mixed + shifts[:, None, None] * np.eye(d))


def on(generator, sigma):
    return density_matrix(generator.spectrum, 0.5 * (sigma + sigma.conj().T))


def diagonal_state(h):
    """A spectrum with levels h, and the state exp(-h) in it, by logarithms."""
    spectrum = spectrum_of_matrix(np.diag(h))
    return DensityMatrix(spectrum, -h - np.logaddexp.reduce(-h))
