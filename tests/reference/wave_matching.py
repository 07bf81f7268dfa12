"""Scattering off a piecewise constant potential with contact potentials on its edges, by matching waves.

Slow and obvious: no T-matrix, no Green's function. In every interval the wave function is a sum of plane or evanescent
waves of the local Hamiltonian; its value, and its derivative up to the jump at a contact potential, agree at every
edge; one linear system for each energy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def matched_s_matrix(
    levels: np.ndarray,
    basis: np.ndarray,
    mass: float,
    energy: float,
    edges: Sequence[float],
    potentials: Sequence[np.ndarray],
    contacts: Sequence[np.ndarray],
) -> np.ndarray:
    """S between open channels, shape (2, d, 2, d): [direction out, level out, direction in, level in].

    `levels` and the columns of `basis` are the target's; `potentials`, one for each interval between two of the edges,
    and `contacts`, one for each edge, are matrices in the given basis. Rows and columns of closed channels are those
    of the unit matrix.
    """
    d, n = len(levels), len(edges)
    hamiltonian = basis @ np.diag(levels) @ basis.conj().T
    # Each region: vectors, momenta, and where its right- and left-going waves have modulus one.
    regions = [(basis, np.asarray(levels), edges[0], edges[0])]
    for j, W in enumerate(potentials):
        values, vectors = np.linalg.eigh(hamiltonian + W)
        regions.append((vectors, values, edges[j], edges[j + 1]))
    regions.append((basis, np.asarray(levels), edges[-1], edges[-1]))

    def waves(region: int, q: float, sign: int) -> tuple[np.ndarray, np.ndarray]:
        vectors, values, left, right = regions[region]
        k = np.sqrt(2 * mass * (energy - values).astype(complex))
        amplitude = np.exp(1j * sign * k * (q - (left if sign > 0 else right)))
        return vectors * amplitude, vectors * (1j * sign * k * amplitude)

    # Unknowns: left-going waves on the far left, both in each interval, right-going on the far right.
    system = np.zeros((2 * d * n, 2 * d * n), dtype=complex)
    given = np.zeros((2 * d * n, 2, d), dtype=complex)

    def place(region: int, sign: int) -> slice | None:
        if region == 0:
            return slice(0, d) if sign < 0 else None
        if region == n:
            return slice(2 * d * n - d, 2 * d * n) if sign > 0 else None
        start = d + 2 * d * (region - 1) + (0 if sign > 0 else d)
        return slice(start, start + d)

    for j, q in enumerate(edges):
        value_rows, slope_rows = slice(2 * d * j, 2 * d * j + d), slice(2 * d * j + d, 2 * d * (j + 1))
        for region, side in ((j, -1.0), (j + 1, 1.0)):
            for sign in (1, -1):
                value, slope = waves(region, q, sign)
                # psi(q+) - psi(q-) = 0, psi'(q+) - psi'(q-) - 2 m V psi(q-) = 0
                jump = 2 * mass * contacts[j] @ value if side < 0 else 0.0
                columns = place(region, sign)
                if columns is None:
                    given[value_rows, 0 if sign > 0 else 1, :] -= side * value
                    given[slope_rows, 0 if sign > 0 else 1, :] -= side * slope - jump
                else:
                    system[value_rows, columns] += side * value
                    system[slope_rows, columns] += side * slope - jump
    solution = np.linalg.solve(system, given.reshape(2 * d * n, 2 * d)).reshape(-1, 2, d)
    momenta = np.sqrt(2 * mass * np.maximum(energy - levels, 0.0))
    is_open = energy > levels
    roots = np.where(is_open, np.sqrt(momenta), 0.0)
    inverse = np.where(is_open, 1 / np.where(is_open, roots, 1.0), 0.0)
    S = np.zeros((2, d, 2, d), dtype=complex)
    ends = (edges[0], edges[-1])
    for out, rows in ((0, slice(2 * d * n - d, 2 * d * n)), (1, slice(0, d))):
        S[out] = roots[:, None, None] * solution[rows] * inverse[None, None, :]
    # Waves had modulus one at the edges; plane waves exp(i s p q) have it at the origin.
    sign = np.array([1.0, -1.0])
    into = np.exp(1j * sign[:, None] * momenta[None, :] * np.array(ends)[:, None])
    out_of = np.exp(-1j * sign[:, None] * momenta[None, :] * np.array(ends[::-1])[:, None])
    S = out_of[:, :, None, None] * S * into[None, None, :, :]
    for k in np.nonzero(~is_open)[0]:
        S[:, k, :, :] = 0
        S[:, :, :, k] = 0
        S[:, k, :, k] = np.eye(2)
    return S


def matched_transition_matrix(*args: object) -> np.ndarray:
    """T = i (S - 1) of `matched_s_matrix`."""
    S = matched_s_matrix(*args)  # type: ignore[arg-type]
    size = S.shape[0] * S.shape[1]
    return 1j * (S.reshape(size, size) - np.eye(size)).reshape(S.shape)
