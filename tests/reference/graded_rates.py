"""Slow twin of the scattering rates of a contact potential: no adaptivity, many nodes, another formula for T.

Every interval between two thresholds, and between break points that a test knows, is cut in panels that shrink towards
both of its ends; each has thirty nodes. T comes from `t = (1 - V G)^-1 V`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

NODES, WEIGHTS = np.polynomial.legendre.leggauss(30)


def squared(V: np.ndarray, mass: float, kinetic: np.ndarray) -> np.ndarray:
    """Modulus squared of T from kinetic energies relative to each level, shape (n, d); V in the energy basis."""
    size = np.sqrt(np.abs(kinetic) * 2 * mass)
    p = np.where(kinetic > 0, size, 1j * size)
    green = (-1j * mass / p)[:, None, :] * np.eye(p.shape[1])
    t = np.linalg.solve(np.eye(p.shape[1]) - V @ green, np.broadcast_to(V, green.shape))
    flux = np.where(kinetic > 0, np.sqrt(mass / size), 0.0)
    return np.abs(2 * flux[:, :, None] * t * flux[:, None, :]) ** 2


def rates(
    levels: np.ndarray, V: np.ndarray, mass: float, beta: float, breaks: Sequence[float] = (), depth: int = 30
) -> np.ndarray:
    """a_kl of a thermal gas of density one, levels ascending and all different."""
    wavelength = np.sqrt(2 * np.pi * beta / mass)
    total = np.zeros(V.shape)
    for m, level in enumerate(levels):
        last = m + 1 == levels.size
        width = 45 / beta if last else levels[m + 1] - level
        # Half from below, half from above: x^2 counted from either end.
        cut = [e - level for e in breaks if level < e < level + width]
        for x, dx in _graded(width, cut, depth, both=not last):
            above, below = x[:, :1], x[:, 1:]
            kinetic = np.where(
                levels <= level, above + (level - levels), -(below + (levels - levels[min(m + 1, levels.size - 1)]))
            )
            arriving = wavelength * np.exp(-beta * np.where(kinetic > 0, kinetic, np.inf))
            total += np.einsum("n,nkl,nl->kl", dx / (2 * np.pi), squared(V, mass, kinetic), arriving)
    return total


def _graded(width: float, cut: Sequence[float], depth: int, both: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    found = []
    half = 0.5 * width if both else width
    for upper in (False, True) if both else (False,):
        root = np.sqrt(half)
        inside = [np.sqrt(width - c if upper else c) for c in cut if (c > half) == upper]
        ends = [0.0, *sorted(inside), root]
        for a, b in pairwise(ends):
            steps = 0.5 * (b - a) * 2.0 ** -np.arange(depth)
            points = np.unique(np.concatenate([[a, b], a + steps, b - steps]))
            for low, high in pairwise(points):
                x = low + 0.5 * (high - low) * (1 + NODES)
                near, dx = x**2, x * (high - low) * WEIGHTS
                found.append((np.stack([width - near, near] if upper else [near, width - near], axis=1), dx))
    return found
