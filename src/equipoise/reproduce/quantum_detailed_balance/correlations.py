"""Section 2: the time-reversal symmetry of equilibrium correlation functions, as printed and as it holds."""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm

from equipoise._checks import Array
from equipoise.reproduce.dynamical_balance.cases import random_levels
from equipoise.reproduce.evidence import Evidence
from equipoise.reproduce.quantum_detailed_balance.cases import (
    balanced_jumps,
    heisenberg,
    power,
    random_hermitian,
    thermal,
)

TIMES = (0.0, 0.4, 1.3)


def correlation(L: Array, sigma: Array, A: Array, B: Array, time: float) -> complex:
    """`Tr[sigma A(t) B]`, `A(t) = exp(L t) A`."""
    moved = (expm(time * L) @ A.ravel()).reshape(A.shape)
    return complex(np.trace(sigma @ moved @ B))


def symmetric_correlation(L: Array, sigma: Array, A: Array, B: Array, time: float) -> complex:
    """`Tr[sigma^(1/2) A(t) sigma^(1/2) B]`."""
    moved = (expm(time * L) @ A.ravel()).reshape(A.shape)
    root = power(sigma, 0.5)
    return complex(np.trace(root @ moved @ root @ B))


def any_observables(rng: np.random.Generator) -> Evidence:
    """Symmetric in the product that defines detailed balance, and in no other."""
    h = random_levels(rng, 3)
    H, jumps = balanced_jumps(rng, h)
    L = heisenberg(H, jumps) / 3
    sigma = np.diag(np.exp(-h) / np.exp(-h).sum())
    A, B = random_hermitian(rng, 3), random_hermitian(rng, 3)
    scale = float(np.linalg.norm(A) * np.linalg.norm(B))
    pairs = [(symmetric_correlation(L, sigma, A, B, t), symmetric_correlation(L, sigma, B, A, t)) for t in TIMES]
    printed = [(correlation(L, sigma, A, B, t), correlation(L, sigma, B, A, t)) for t in TIMES]
    return Evidence(
        "2 C_AB = C_BA",
        "Tr[s A(t) B] = Tr[s B(t) A]",
        "random KMS-balanced generator, Hermitian A and B, three times",
        max(abs(one - other) for one, other in pairs) / scale,
        max(abs(one - other) for one, other in printed) / scale,
        "Tr[s^1/2 A(t) s^1/2 B]; as printed it fails already at t = 0, by Tr s[A, B]",
    )


def conserving(rng: np.random.Generator) -> Evidence:
    """One of the two commutes with H and sigma: the printed form, Hamiltonian included."""
    case = thermal(rng)
    L = case.dissipator + case.coherent
    A, B = np.diag(rng.normal(size=4)).astype(complex), random_hermitian(rng, 4)
    pairs = [(correlation(L, case.gibbs, A, B, t), correlation(L, case.gibbs, B, A, t)) for t in TIMES]
    return Evidence(
        "2 C, [A, H] = 0",
        "so it is for appropriate observables: A commutes with H",
        "thermal bath, H and Lamb shift included, B any Hermitian",
        max(abs(one - other) for one, other in pairs) / float(np.linalg.norm(A) * np.linalg.norm(B)),
    )


def even_and_odd(rng: np.random.Generator) -> Evidence:
    """A time-reversal invariant generator: the parities of the observables."""
    case = thermal(rng, real=True)
    L = case.dissipator + case.coherent
    even, other = random_hermitian(rng, 4).real, random_hermitian(rng, 4).real
    odd = 1j * random_hermitian(rng, 4).imag
    scale = float(np.linalg.norm(even) * max(np.linalg.norm(odd), np.linalg.norm(other)))
    worst = 0.0
    for A, B, parity in ((even, other, 1), (even, odd, -1), (odd, odd @ odd @ odd, 1)):
        size = max(scale, float(np.linalg.norm(A) * np.linalg.norm(B)))
        for t in TIMES:
            C = correlation(L, case.gibbs, A.astype(complex), B.astype(complex), t)
            worst = max(worst, abs(C - parity * correlation(L, case.gibbs, B + 0j, A + 0j, t)) / size)
    return Evidence(
        "2 C, parities",
        "so it is for appropriate observables: A and B even under time reversal",
        "real thermal generator, H included; with the sign eps_A eps_B where one is odd",
        worst,
    )


def evidence(rng: np.random.Generator) -> list[Evidence]:
    """The rows on correlation functions."""
    return [any_observables(rng), conserving(rng), even_and_odd(rng)]
