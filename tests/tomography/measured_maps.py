"""Balanced generators written out by hand, and Gaussian errors of a measured map."""

import numpy as np
from scipy.linalg import expm

from equipoise.tomography import ChannelEstimate, GeneratorEstimate, hermitian_basis
from random_systems import complex_matrix, unitary


def schroedinger(H, jumps):
    one = np.eye(len(H))
    S = -1j * (np.kron(H, one) - np.kron(one, H.T))
    for L in jumps:
        M = L.conj().T @ L
        S = S + np.kron(L, L.conj()) - 0.5 * (np.kron(M, one) + np.kron(one, M.T))
    return S


def kms_balanced(rng, d):
    """H, jumps and state of a KMS-balanced generator: Hermitian Lambda, tanh Hamiltonian; not GNS-balanced."""
    h = np.sort(rng.uniform(0, 2, d))
    s = np.exp(-h) / np.exp(-h).sum()
    jumps = []
    for _ in range(2):
        A = complex_matrix(rng, d, d)
        jumps.append(np.exp(-0.25 * (h[:, None] - h[None, :])) * (A + A.conj().T) / 2)
    M = sum(L.conj().T @ L for L in jumps)
    q = np.sqrt(s)
    return 0.5j * M * (q[None, :] - q[:, None]) / (q[:, None] + q[None, :]), jumps, s


def gns_balanced(rng, d):
    """H = 0, jumps and state of a thermal generator: rates in detailed balance, and dephasing."""
    s = np.exp(-np.sort(rng.uniform(0, 2, d)))
    s = s / s.sum()
    rates = rng.uniform(0.5, 2.0, (d, d))
    jumps = [np.diag(rng.normal(size=d)).astype(complex)]
    for i, j in zip(*np.nonzero(~np.eye(d, dtype=bool)), strict=True):
        L = np.zeros((d, d), dtype=complex)
        L[i, j] = (rates[i, j] + rates[j, i]) ** 0.5 * (s[i] / s[j]) ** 0.25
        jumps.append(L)
    return np.zeros((d, d), dtype=complex), jumps, s


def rotated(rng, H, jumps, s):
    U = unitary(rng, len(s))
    return U @ H @ U.conj().T, [U @ L @ U.conj().T for L in jumps], U @ np.diag(s) @ U.conj().T


def transfer(S):
    T = hermitian_basis(int(np.sqrt(len(S))))
    return (T.conj().T @ S @ T).real


def error_factor(rng, d, size):
    """F with covariance F F^T: correlated, of full rank on trace-preserving maps."""
    n = d * d
    F = size * (np.eye(n * n) + 0.3 * rng.normal(size=(n * n, n * n)) / n)
    t = np.concatenate([np.ones(d), np.zeros(n - d)]) / np.sqrt(d)
    return np.kron(np.eye(n) - np.outer(t, t), np.eye(n)) @ F


def noisy(rng, R, F):
    return R + (F @ rng.normal(size=len(F))).reshape(R.shape)


def known(R, F, channel=False):
    kind = ChannelEstimate if channel else GeneratorEstimate
    return kind(transfer=R, covariance=F @ F.T, degrees_of_freedom=None, source="a simulation")


def step(R, time):
    return expm(time * R)
