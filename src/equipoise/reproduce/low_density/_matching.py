r"""Scattering off several points of a line by matching waves at each: unknown amplitudes between every two points.

Between two points a wave is :math:`A\,e^{ip(q - q_j)} + B\,e^{-ip(q - q_{j+1})}`. Continuity, and the jump of the
derivative by 2 m V psi, give one linear system for each energy.
"""

from __future__ import annotations

import numpy as np

from equipoise._checks import ComplexArray, RealArray


def scattering_matrix(
    energy: float, levels: RealArray, positions: RealArray, couplings: ComplexArray, mass: float = 1.0
) -> ComplexArray:
    """S at one total energy with every channel open, shape (2, d, 2, d): [sign out, k, sign in, l], signs +, -.

    Positions ascend; their couplings, shape (n, d, d), are in the energy basis.
    """
    d = levels.size
    p = np.sqrt(2 * mass * (energy - levels))
    S = np.empty((2, d, 2, d), dtype=complex)
    for s, sign in enumerate((1, -1)):
        # A wave from the right is one from the left on the mirrored line.
        q, V = (positions, couplings) if sign > 0 else (-positions[::-1], couplings[::-1])
        reflected, transmitted = _from_the_left(p, q, V, mass)
        S[s, :, s, :] = transmitted
        S[1 - s, :, s, :] = reflected
    return np.asarray(S * np.sqrt(p)[None, :, None, None] / np.sqrt(p)[None, None, None, :])


def _from_the_left(p: RealArray, q: RealArray, V: ComplexArray, mass: float) -> tuple[ComplexArray, ComplexArray]:
    d, n = p.size, q.size
    one = np.eye(d)
    # Unknowns: reflected; A_j, B_j in each of the n - 1 gaps; transmitted. Each referred to its own end.
    system = np.zeros((2 * n * d, 2 * n * d), dtype=complex)
    right = np.zeros((2 * n * d, d), dtype=complex)
    wave = np.diag(np.exp(1j * p * q[0]))
    for j in range(n):
        value, slope = slice(2 * j * d, (2 * j + 1) * d), slice((2 * j + 1) * d, (2 * j + 2) * d)
        before, after = [], []  # columns: (block, value at the point, derivative there)
        if j == 0:
            before.append((0, one, np.diag(-1j * p)))
        else:
            across = np.diag(np.exp(1j * p * (q[j] - q[j - 1])))
            before += [(2 * j - 1, across, 1j * p[:, None] * across), (2 * j, one, np.diag(-1j * p))]
        if j == n - 1:
            after.append((2 * n - 1, one, np.diag(1j * p)))
        else:
            across = np.diag(np.exp(1j * p * (q[j + 1] - q[j])))
            after += [(2 * j + 1, one, np.diag(1j * p)), (2 * j + 2, across, -1j * p[:, None] * across)]
        # Continuity of psi, and psi' after - psi' before - 2 m V psi = 0.
        jump = [(block, A, slope_of - 2 * mass * V[j] @ A) for block, A, slope_of in after]
        jump += [(block, -A, -slope_of) for block, A, slope_of in before]
        for block, amplitude, derivative in jump:
            columns = slice(block * d, (block + 1) * d)
            system[value, columns] += amplitude
            system[slope, columns] += derivative
        if j == 0:
            right[value] = wave
            right[slope] = 1j * p[:, None] * wave
    found = np.linalg.solve(system, right)
    reflected = np.exp(1j * p * q[0])[:, None] * found[:d]
    transmitted = np.exp(-1j * p * q[-1])[:, None] * found[-d:]
    return np.asarray(reflected), np.asarray(transmitted)
