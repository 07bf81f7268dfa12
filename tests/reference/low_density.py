"""Low-density generator of point scatterers on a line, element by element: its own T-matrix, its own quadrature.

Every X_(kl),(k'i') is an integral of its own over the kinetic energy, split at all thresholds of both amplitudes, each
piece cut into parts by a fixed rule. O(d^4) integrals: for small targets only.
"""

import itertools

import numpy as np

NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)


def amplitudes(levels, U, strengths, positions, mass, E):
    """<k, s'p_k| t |s p_i, i> at total energy E, shape (2, d, 2, d), zero where closed; and the momenta."""
    d = len(levels)
    p = np.sqrt(2 * mass * (E - np.asarray(levels)).astype(complex))
    distance = np.abs(np.subtract.outer(positions, positions))
    green = np.zeros((d, d), dtype=complex)
    for k in range(d):
        green += np.outer(U[:, k], U[:, k].conj()) * (-1j * mass / p[k]) * np.exp(1j * p[k] * distance)
    V = np.diag(strengths)
    t = np.linalg.solve(np.eye(d) - V @ green, V)
    out = np.zeros((2, d, 2, d), dtype=complex)
    is_open = np.asarray(levels) < E
    for a, s in enumerate((1, -1)):
        for k in np.nonzero(is_open)[0]:
            for b, z in enumerate((1, -1)):
                for i in np.nonzero(is_open)[0]:
                    bra = U[:, k].conj() * np.exp(-1j * s * p[k].real * np.asarray(positions))
                    ket = U[:, i] * np.exp(1j * z * p[i].real * np.asarray(positions))
                    out[a, k, b, i] = bra @ t @ ket
    return out, p.real


def pieces(levels, pair, other, start, scale, parts):
    """Kinetic energies and weights, split at the thresholds of both pairs, sin^2 between them."""
    cuts = [start]
    for _, i in (pair, other):
        cuts += [e - levels[i] for e in levels]
    cuts = sorted({round(c, 12) for c in cuts if c >= start - 1e-13})
    e, w = [], []
    for a, b in itertools.pairwise(cuts):
        for j in range(parts):
            lo, hi = 0.5 * np.pi * j / parts, 0.5 * np.pi * (j + 1) / parts
            angle = lo + 0.5 * (hi - lo) * (NODES + 1)
            e.append(a + (b - a) * np.sin(angle) ** 2)
            w.append(0.5 * (hi - lo) * WEIGHTS * (b - a) * np.sin(2 * angle))
    top = np.sqrt(45 * scale)
    for j in range(parts):
        lo, hi = top * j / parts, top * (j + 1) / parts
        x = lo + 0.5 * (hi - lo) * (NODES + 1)
        e.append(cuts[-1] + x**2)
        w.append(0.5 * (hi - lo) * WEIGHTS * 2 * x)
    return np.concatenate(e), np.concatenate(w)


def superoperator(hamiltonian, strengths, positions, *, beta, density, mass, parts=3, shift=True, betas=None):
    """L as a d^2 x d^2 matrix in the given basis, row-major; `betas` of right- and left-movers make it a gas of two.

    Levels that differ by less than 1e-9 count as equal.
    """
    levels, U = np.linalg.eigh(np.asarray(hamiltonian, dtype=complex))
    d = len(levels)
    betas = (beta, beta) if betas is None else betas
    unit = [np.sqrt(2 * np.pi * b / mass) * density for b in betas]
    E = np.zeros((d, d, d, d), dtype=complex)
    for k in range(d):
        for i in range(d):
            E[k, i] = np.outer(U[:, k], U[:, i].conj())
    one = np.eye(d)
    L = np.zeros((d * d, d * d), dtype=complex)
    K = np.asarray(hamiltonian, dtype=complex).copy()
    scale = 1 / min(betas)
    for k in range(d):
        for i in range(d):
            w = levels[k] - levels[i]
            start = max(0.0, w) if abs(w) > 1e-9 else 0.0
            for m in range(d):
                for n in range(d):
                    if abs(levels[m] - levels[n] - w) > 1e-9:
                        continue
                    e, weight = pieces(levels, (k, i), (m, n), start, scale, parts)
                    X = 0.0
                    for energy, dx in zip(e, weight, strict=True):
                        first, p = amplitudes(levels, U, strengths, positions, mass, energy + levels[i])
                        second, q = amplitudes(levels, U, strengths, positions, mass, energy + levels[n])
                        here = mass**2 / np.sqrt(p[k] * p[i] * q[m] * q[n])
                        f = [u * np.exp(-b * energy) for u, b in zip(unit, betas, strict=True)]
                        X += (
                            dx
                            / (2 * np.pi)
                            * here
                            * sum(f[a] * first[s, k, a, i] * second[s, m, a, n].conj() for s in (0, 1) for a in (0, 1))
                        )
                    M = E[m, n].conj().T @ E[k, i]
                    L += X * (np.kron(E[k, i], E[m, n].conj()) - 0.5 * np.kron(M, one) - 0.5 * np.kron(one, M.T))
            if shift and abs(w) <= 1e-9:
                e, weight = pieces(levels, (k, i), (k, i), 0.0, scale, parts)
                for energy, dx in zip(e, weight, strict=True):
                    t, p = amplitudes(levels, U, strengths, positions, mass, energy + levels[i])
                    hermitian = 0.5 * (t[:, k, :, i] + t[:, i, :, k].conj().T) * mass / np.sqrt(p[k] * p[i])
                    f = [u * np.exp(-b * energy) for u, b in zip(unit, betas, strict=True)]
                    K += dx / (2 * np.pi) * (f[0] * hermitian[0, 0] + f[1] * hermitian[1, 1]) * E[k, i]
    return L - 1j * (np.kron(K, one) - np.kron(one, K.T))
