"""House-keeping and excess by a dense least-squares problem over a basis of Hermitian matrices.

Pairs (L, s): force F = s L + [L, log rho], product sum Tr A^dagger [rho]_s(B), where

    [rho]_s(B) = int_0^1 du (e^{s/2})^u (e^{-s/2})^{1-u} rho^{1-u} B rho^u      (tilted logarithmic mean)

by Gauss-Legendre quadrature.
"""

import numpy as np
from scipy.linalg import logm


def weighted(operator, s, rho, points=40):
    """Return [rho]_s(B): of x = e^{s/2} rho from the right and y = e^{-s/2} rho from the left."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    values, vectors = np.linalg.eigh(rho)
    inside = vectors.conj().T @ operator @ vectors
    total = np.zeros_like(operator, dtype=complex)
    for u, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        left, right = values ** (1 - u), values**u
        total += weight * np.exp(s / 2 * u - s / 2 * (1 - u)) * left[:, None] * inside * right[None, :]
    return vectors @ total @ vectors.conj().T


def hermitian_basis(dimension):
    """Return d^2 Hermitian matrices that span all of them."""
    out = []
    for i in range(dimension):
        for j in range(i + 1):
            unit = np.zeros((dimension, dimension), dtype=complex)
            unit[i, j] = unit[j, i] = 1
            out.append(unit)
            if i != j:
                unit = np.zeros((dimension, dimension), dtype=complex)
                unit[i, j], unit[j, i] = 1j, -1j
                out.append(unit)
    return out


def split(pairs, rho):
    """Return (total, housekeeping, excess)."""
    log_rho = logm(rho)
    force = [s * L + L @ log_rho - log_rho @ L for L, s in pairs]
    basis = hermitian_basis(len(rho))
    gradients = [[L @ X - X @ L for L, _ in pairs] for X in basis]

    def product(A, B):
        return sum(np.trace(a.conj().T @ weighted(b, s, rho)).real for a, b, (_, s) in zip(A, B, pairs, strict=True))

    gram = np.array([[product(a, b) for b in gradients] for a in gradients])
    goal = np.array([product(a, force) for a in gradients])
    coefficients = np.linalg.lstsq(gram, goal, rcond=1e-12)[0]
    excess = coefficients @ goal
    total = product(force, force)
    return total, total - excess, excess
