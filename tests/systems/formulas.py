"""Occupations, golden-rule rates and spanning trees, from the textbook; independent of the library."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def bose(energy: float, temperature: float) -> float:
    """1 / (exp(E/T) - 1)."""
    return 0.0 if temperature == 0 else float(1 / np.expm1(energy / temperature))


def fermi(energy: float, temperature: float, mu: float) -> float:
    """1 / (exp((E - mu)/T) + 1)."""
    if temperature == 0:
        return 0.5 * (1 - float(np.sign(energy - mu)))
    # exp(-log(1 + e^x)): neither cancels nor overflows in the tails.
    return float(np.exp(-np.logaddexp(0.0, (energy - mu) / temperature)))


def ohmic_rate(energy: float, coupling: float, cutoff: float) -> float:
    """2 pi J(E) of an Ohmic density with exponential cutoff."""
    return float(2 * np.pi * coupling * energy * np.exp(-energy / cutoff))


def ring_populations(forward: Sequence[float], backward: Sequence[float]) -> np.ndarray:
    """Stationary state of states 0, 1, ..., K-1 in a ring; rates k -> k+1 and k+1 -> k (modulo K).

    By the matrix-tree theorem p_k is proportional to the sum, over the edge that is left out, of the products of
    all rates that lead to k along the rest of the ring. Every term is positive.
    """
    K = len(forward)
    weights = np.zeros(K)
    for k in range(K):
        for clockwise in range(K):
            # `clockwise` edges are walked forward into k, the other K - 1 - clockwise backward.
            ahead = [forward[(k - 1 - i) % K] for i in range(clockwise)]
            behind = [backward[(k + i) % K] for i in range(K - 1 - clockwise)]
            weights[k] += np.prod(ahead) * np.prod(behind)
    return weights / weights.sum()
