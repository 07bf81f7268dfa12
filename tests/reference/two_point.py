"""Two-point operators of a generator in a state, as dense d^2 x d^2 matrices, as the definitions read.

In the gauge Tr[sigma L_k] = 0:

    C_f = sum_k |L_k sigma^(1/2)>><<.|,    C_b = sum_k |sigma^(1/2) theta L_k^dagger theta^-1>><<.|
"""

import mpmath as mp
import numpy as np

from reference.dense_balance import power


def two_point_operators(jumps, sigma, reversal=None):
    """Return (C_f, C_b); `reversal` is U of theta = U K, K complex conjugation."""
    dimension = len(sigma)
    root = power(sigma, 0.5)
    forward, backward = (np.zeros((dimension**2,) * 2, dtype=complex) for _ in range(2))
    for jump in jumps:
        fixed = jump - np.trace(sigma @ jump) * np.eye(dimension)
        reverse = fixed.conj().T
        if reversal is not None:
            reverse = reversal @ reverse.conj() @ reversal.conj().T
        for matrix, operator in ((forward, fixed @ root), (backward, root @ reverse)):
            matrix += np.outer(operator.ravel(), operator.ravel().conj())
    return forward, backward


def relative_entropy(first, second):
    """Return Tr A (log A - log B), infinite if the support of A is not within that of B."""
    a, U = np.linalg.eigh(first)
    b, V = np.linalg.eigh(second)
    a, b = (np.where(x > 1e-13 * x.max(), x, 0) for x in (a, b))
    weight = (np.abs(V.conj().T @ U) ** 2) @ a
    if np.any(weight[b == 0] > 1e-12 * a.sum()):
        return np.inf
    return np.sum(a[a > 0] * np.log(a[a > 0])) - np.sum(weight[b > 0] * np.log(b[b > 0]))


def jensen_shannon(first, second):
    """Return the mean relative entropy to the mean."""
    mean = (first + second) / 2
    return (relative_entropy(first, mean) + relative_entropy(second, mean)) / 2


def trace_distance(first, second):
    """Return ||A - B||_1 / 2."""
    return np.abs(np.linalg.eigvalsh(first - second)).sum() / 2


def two_point_states_rate(superoperator, sigma, time="1e-25", digits=90):
    """Return S(Omega_t | Omega'_t) / t at a small t, in many digits, for a Schroedinger superoperator.

    Omega_t = (e^{tL} x 1)|sigma^(1/2)>><<sigma^(1/2)|, and Omega'_t the same with the KMS dual,
    L'_* = Gamma L Gamma^-1 (L: Heisenberg, Gamma = sigma^(1/2) . sigma^(1/2)). L to first order in t is enough.
    """
    dimension = len(sigma)
    with mp.workdps(digits):
        t = mp.mpf(time)
        values, vectors = mp.eighe(mp.matrix(sigma.tolist()))
        root = vectors * mp.diag([mp.sqrt(v) for v in values]) * vectors.transpose_conj()
        inverse = vectors * mp.diag([1 / mp.sqrt(v) for v in values]) * vectors.transpose_conj()
        L = mp.matrix(superoperator.tolist())
        step = mp.eye(dimension**2) + t * L + t**2 / 2 * L * L
        sides = {}
        for name in ("forward", "backward"):
            omega = mp.zeros(dimension**2)
            for j in range(dimension):
                for m in range(dimension):
                    column = mp.matrix(dimension, 1)
                    row = mp.matrix(1, dimension)
                    column[j], row[m] = 1, 1
                    image = (root * column) * (row * root)
                    if name == "backward":
                        image = inverse * image * inverse
                    flat = mp.matrix([image[a, b] for a in range(dimension) for b in range(dimension)])
                    moved = step * flat if name == "forward" else step.transpose_conj() * flat
                    out = mp.matrix(dimension, dimension)
                    for a in range(dimension):
                        for b in range(dimension):
                            out[a, b] = moved[a * dimension + b]
                    if name == "backward":
                        out = root * out * root
                    for a in range(dimension):
                        for b in range(dimension):
                            omega[a * dimension + j, b * dimension + m] = out[a, b]
            sides[name] = (omega + omega.transpose_conj()) / 2
        a, U = mp.eighe(sides["forward"])
        b, V = mp.eighe(sides["backward"])
        total = mp.mpf(0)
        overlap = U.transpose_conj() * V
        for i in range(dimension**2):
            for j in range(dimension**2):
                total += abs(overlap[i, j]) ** 2 * (a[i] * mp.log(a[i] / b[j]) - a[i] + b[j])
        return float(total / t)
