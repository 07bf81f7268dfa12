"""Generators and inner products as explicit matrices: the other side of every comparison."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from equipoise._checks import Array, ComplexArray, RealArray
from equipoise.reproduce.cases import Case, lowering, random_levels
from equipoise.reproduce.explicit import commutator, dissipator, random_hermitian
from equipoise.reservoirs import Ohmic

DENSITY = Ohmic(0.05, 8.0)


def heisenberg(hamiltonian: Array, jumps: Sequence[Array] | Array) -> ComplexArray:
    """`i[H, X] + sum_k (L^+ X L - {L^+ L, X}/2)` as a d^2 x d^2 matrix on observables."""
    return np.asarray((dissipator(jumps, len(hamiltonian)) - 1j * commutator(hamiltonian)).conj().T)


def power(sigma: Array, exponent: float) -> ComplexArray:
    """A power of a positive matrix."""
    weights, vectors = np.linalg.eigh(sigma)
    return np.asarray((vectors * weights**exponent) @ vectors.conj().T)


def logarithm(sigma: Array) -> ComplexArray:
    """The logarithm of a positive matrix."""
    weights, vectors = np.linalg.eigh(sigma)
    return np.asarray((vectors * np.log(weights)) @ vectors.conj().T)


def relative_entropy(rho: Array, sigma: Array) -> float:
    """`Tr[rho (log rho - log sigma)]`; rho may have empty eigenvectors."""
    weights = np.linalg.eigvalsh(rho)
    weights = weights[weights > 0]
    return float(np.sum(weights * np.log(weights)) - np.trace(rho @ logarithm(sigma)).real)


def asymmetry(L: Array, sigma: Array, s: float = 0.5) -> float:
    """`||L - L^(s)|| / 2` in the norm of `Tr[sigma^s A^+ sigma^(1-s) B]`, relative to that of L.

    `Tr[sigma^s A^+ sigma^(1-s) B] = vec(A)^+ kron(sigma^(1-s), (sigma^s)^T) vec(B)`.
    """
    root = np.kron(power(sigma, 0.5 * (1 - s)), power(sigma, 0.5 * s).T)
    inverse = np.kron(power(sigma, -0.5 * (1 - s)), power(sigma, -0.5 * s).T)
    B = root @ L @ inverse
    return float(0.5 * np.linalg.norm(B - B.conj().T) / np.linalg.norm(B))


def thermal(rng: np.random.Generator, dimension: int = 4, *, real: bool = False) -> Case:
    """One thermal reservoir: distinct gaps, every transition open, a complex coupling (or a real one)."""
    beta, D = float(rng.uniform(0.5, 1.3)), lowering(rng, dimension)
    couplings = np.array([np.abs(D) if real else D])
    return Case(random_levels(rng, dimension), couplings, np.array([beta]), np.zeros(1))


def gibbs_of(h: RealArray) -> ComplexArray:
    """`exp(-h)/Z`, diagonal."""
    return np.diag(np.exp(-h) / np.exp(-h).sum()).astype(complex)


def balanced_jumps(rng: np.random.Generator, h: RealArray, count: int = 2) -> tuple[ComplexArray, ComplexArray]:
    """KMS-balanced and nothing more, with sigma = exp(-h)/Z diagonal: the coherent term, and the jumps.

    `L = sigma^(1/4) Lambda sigma^(-1/4)` with any Hermitian Lambda, and `H sigma^(1/2) + sigma^(1/2) H =
    (i/2)[M, sigma^(1/2)]`, solved element by element.
    """
    scale = np.exp(-0.25 * (h[:, None] - h[None, :]))
    jumps = np.array([scale * random_hermitian(rng, len(h)) for _ in range(count)])
    M = np.einsum("kli,klj->ij", jumps.conj(), jumps)
    root = np.exp(-0.5 * h)
    H = 0.5j * M * (root[None, :] - root[:, None]) / (root[None, :] + root[:, None])
    return np.asarray(H), jumps
