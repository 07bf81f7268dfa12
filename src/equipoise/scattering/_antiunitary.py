"""Phases of the energy states that make a table symmetric, and the antiunitary symmetries they stand for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import ROUND_OFF, ComplexArray, RealArray
from equipoise._printed import described
from equipoise.linalg.graphs import first_spanning_tree
from equipoise.spectrum import Spectrum

_SWEEPS = 20
"""Rounds of coordinate ascent: one suffices where the phases fit exactly, the rest polish a best fit."""

_PERMUTATION = 1e-9
"""How far from 0 and 1 the moduli of a permutation matrix may be."""


def aligned_phases(table: ComplexArray) -> ComplexArray:
    r"""Numbers z_k of modulus one that maximise :math:`\sum_{k<l} Re[\bar z_k z_l C_{kl}]`, C Hermitian, shape (d,).

    Exact where phases with :math:`z_k \bar z_l C_{kl}^* \ge 0` exist; otherwise a local maximum.
    """
    from scipy.sparse.csgraph import breadth_first_order

    d = len(table)
    # A spanning tree of the largest elements first: it depends on their order only.
    first, second = np.triu_indices(d, 1)
    largest = np.argsort(-np.abs(table[first, second]), kind="stable")
    largest = largest[np.abs(table[first, second])[largest] > 0]
    tree = first_spanning_tree(first[largest], second[largest], d)
    z = np.zeros(d, dtype=complex)
    for root in range(d):
        if z[root] != 0:
            continue
        z[root] = 1.0
        order, parent = breadth_first_order(tree, root, directed=False)
        for state in order[1:]:
            z[state] = z[parent[state]] * np.exp(1j * np.angle(table[state, parent[state]]))
    off = table - np.diag(np.diag(table))
    for _ in range(_SWEEPS):
        for state in range(d):
            pull = off[state] @ z
            if pull != 0:
                z[state] = pull / abs(pull)
    return z


@dataclass(frozen=True, eq=False)
class Antiunitary:
    r"""The antiunitary operator :math:`\Theta` that commutes with a Hamiltonian without degenerate levels and comes
    nearest to mapping each coupling matrix V(q) to V(q), or to V at the mirror image of q.

    Such an operator is complex conjugation in the energy basis followed by phases: there are no others to search.

    Parameters
    ----------
    phases : ComplexArray, shape (d,)
    residual : float
        `||Theta V Theta^-1 - V||` over the norm of the elements of V between different levels.
    site_map : tuple of int, or None
        Where it takes the given states, if it permutes them up to phases.
    """

    phases: ComplexArray
    residual: float
    site_map: tuple[int, ...] | None

    def __repr__(self) -> str:
        return described("antiunitary operator", ("is", self.in_words), ("residual", f"{self.residual:.2g}"))

    @property
    def in_words(self) -> str:
        """Its action in the given basis, in words."""
        if self.site_map is None:
            return "conjugation in a phased energy basis"
        moved = [(i, j) for i, j in enumerate(self.site_map) if i != j]
        if not moved:
            return "conjugation in the given basis, up to phases"
        if all(self.site_map[j] == i for i, j in moved):
            return "conjugation with states " + ", ".join(f"{i} <-> {j}" for i, j in moved if i < j)
        return "conjugation with a permutation of the given states"


def nearest_antiunitary(
    spectrum: Spectrum, positions: RealArray, matrices: ComplexArray, *, mirror: bool
) -> Antiunitary | None:
    """See `Antiunitary`; None where positions have no mirror image, or no level is coupled to another."""
    V = np.array([spectrum.to_energy_basis(matrix) for matrix in matrices])
    image = V
    if mirror:
        reach = float(np.ptp(positions))
        if np.abs(positions + positions[::-1] - positions[0] - positions[-1]).max() > 1e-9 * reach:
            return None
        image = V[::-1]
    z = aligned_phases(np.einsum("jkl,jkl->kl", image, V))
    mapped = z[None, :, None] * V.conj() * z.conj()[None, None, :]
    size = float(np.linalg.norm(V * (1 - np.eye(len(z)))))
    if size <= 64 * ROUND_OFF * float(np.linalg.norm(V)):
        return None
    U = spectrum.basis
    return Antiunitary(z, float(np.linalg.norm(mapped - image)) / size, _permutation(np.asarray((U * z) @ U.T)))


def _permutation(matrix: ComplexArray) -> tuple[int, ...] | None:
    size = np.abs(matrix)
    goal = np.argmax(size, axis=0)
    exact = np.zeros(size.shape)
    exact[goal, np.arange(goal.size)] = 1.0
    if np.unique(goal).size < goal.size or float(np.abs(size - exact).max()) > _PERMUTATION:
        return None
    return tuple(int(i) for i in goal)
