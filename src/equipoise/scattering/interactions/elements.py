r"""Spectral elements: B of pieces of a smooth potential, by polynomials on Gauss-Lobatto nodes.

On an element the equation :math:`\psi'' = X(q)\psi` with impedances at the ends is :math:`A\psi = J`,

.. math:: A = z\,(\text{ends}) + i\,(K + wX), \qquad K_{ij} = \int l_i' l_j'\,dq,

w the weights of the nodes, at which X acts; B is the block of :math:`A^{-1}` between the ends. Its error falls as
:math:`h^{2p}` with the width h of elements of degree p. What the potential changes is summed over the nodes,
:math:`B - B_0 = -i\,B_0\,w(X - X_0)\,B`, without a difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.scattering.interactions.slabs import AbstractSlab, Stack
from equipoise.scattering.shell import EnergyShell

DEGREE = 10
"""Of the polynomials: a compromise between the order and the cube of the number of nodes."""


@cache
def lobatto(degree: int) -> tuple[RealArray, RealArray, RealArray]:
    """Nodes and weights of Gauss and Lobatto on [-1, 1], and the stiffness matrix of the polynomials through them."""
    legendre = np.polynomial.legendre.Legendre.basis(degree)
    inner = legendre.deriv().roots()
    for _ in range(3):
        inner = inner - legendre.deriv()(inner) / legendre.deriv(2)(inner)
    nodes = np.concatenate([[-1.0], np.sort(inner.real), [1.0]])
    values = legendre(nodes)
    weights = 2.0 / (degree * (degree + 1) * values**2)
    apart = nodes[:, None] - nodes[None, :] + np.eye(degree + 1)
    slopes = values[:, None] / values[None, :] / apart
    slopes[np.arange(degree + 1), np.arange(degree + 1)] = 0.0
    # Rows that sum to zero: the derivative of a constant, exactly.
    slopes -= np.diag(slopes.sum(axis=1))
    stiffness = slopes.T @ (weights[:, None] * slopes)
    stiffness -= np.diag(stiffness.sum(axis=1))
    return nodes, weights, stiffness


@dataclass(frozen=True, eq=False)
class Elements(AbstractSlab):
    """A smooth potential on elements from left to right, in the energy basis of a target."""

    edges: RealArray
    potentials: ComplexArray
    """At the nodes of each element, shape (n, degree + 1, d, d)."""

    def born_scale(self, shell: EnergyShell) -> RealArray:
        """First-order amplitudes without interference, at most one, shape (n, d, d)."""
        weights = lobatto(self.potentials.shape[1] - 1)[1]
        total = np.einsum("c,j,cjkl->kl", 0.5 * np.diff(self.edges), weights, np.abs(self.potentials))
        p = np.abs(shell.momenta)
        return np.asarray(np.minimum(1.0, shell.mass * total / np.sqrt(p[:, :, None] * p[:, None, :])))

    @property
    def bytes_per_energy(self) -> int:
        """See `AbstractSlab`."""
        n, nodes, d, _ = self.potentials.shape
        return int(16 * n * (nodes * d) ** 2)

    def stack(self, kinetic: RealArray, shell: EnergyShell, impedance: RealArray) -> Stack:
        """See `AbstractSlab`."""
        m, (count, nodes, d, _) = shell.mass, self.potentials.shape
        _, weights, stiffness = lobatto(nodes - 1)
        widths = np.diff(self.edges)
        # K_ij = int l_i' l_j' dq and the weights w_i of each element, scaled from [-1, 1] to its width.
        K = stiffness * (2 / widths)[:, None, None]
        w = 0.5 * widths[:, None] * weights
        states, points = np.arange(d), np.arange(nodes)
        diagonal = 2 * m * np.diagonal(self.potentials, axis1=2, axis2=3).real  # (elements, nodes, d)
        mixing = 2 * m * self.potentials * (1 - np.eye(d))
        free = -2 * m * kinetic
        # Each channel by itself, without the potential, then with its diagonal: (n, elements, d, nodes, nodes).
        alone = np.zeros((kinetic.shape[0], count, d, nodes, nodes), dtype=complex)
        alone += 1j * K[:, None]
        alone[..., points, points] += 1j * w[:, None, :] * free[:, None, :, None]
        alone[..., (0, -1), (0, -1)] += impedance[:, None, :, None]
        from_ends = np.zeros((nodes, 2))
        from_ends[(0, -1), (0, 1)] = 1.0
        without = np.linalg.solve(alone, np.broadcast_to(from_ends, (*alone.shape[:-1], 2)))
        alone[..., points, points] += 1j * (w[:, None, :] * diagonal.transpose(0, 2, 1))
        within = np.linalg.solve(alone, np.broadcast_to(from_ends, (*alone.shape[:-1], 2)))
        # B - B_0 = -i B_0 w (X - X_0) B, summed over the nodes j, between the ends e and f.
        change = -1j * np.einsum("cj,cjk,nckje,nckjf->efnck", w, diagonal, without, within, optimize=True)
        reference = within[..., (0, -1), :].transpose(3, 4, 0, 1, 2)
        matrix = None
        if np.any(mixing):
            # A = z (ends) + i (K + w X) with X a matrix at each node, [node, state, node, state].
            system = np.zeros((kinetic.shape[0], count, nodes, d, nodes, d), dtype=complex)
            system[:, :, :, states, :, states] = alone.transpose(2, 0, 1, 3, 4)
            system[:, :, points, :, points, :] += 1j * (w[:, :, None, None] * mixing).transpose(1, 0, 2, 3)[:, None]
            sources = np.zeros((nodes, d, 2, d))
            sources[0, states, 0, states] = sources[-1, states, 1, states] = 1.0
            flat = system.reshape(*system.shape[:2], nodes * d, nodes * d)
            waves = np.linalg.solve(
                flat, np.broadcast_to(sources.reshape(nodes * d, 2 * d), (*flat.shape[:-1], 2 * d))
            ).reshape(*system.shape[:4], 2 * d)
            scattered = (w[:, :, None, None] * mixing) @ waves
            parts = -1j * np.einsum("nckje,ncjkf->ncekf", within, scattered, optimize=True)
            matrix = parts.reshape(*parts.shape[:4], 2, d).transpose(2, 4, 0, 1, 3, 5)
        jumps = np.zeros((count - 1, d, d), dtype=complex)
        return Stack(free, impedance, widths, reference, change, matrix, jumps)


def elements_of(
    function: Callable[[RealArray], ComplexArray], marks: RealArray, count: int, degree: int = DEGREE
) -> tuple[RealArray, ComplexArray]:
    """Edges of `count` elements between each two ascending marks, and a matrix function at their nodes.

    At the marks the function need not be smooth.
    """
    starts = marks[:-1, None] + np.diff(marks)[:, None] * np.arange(count) / count
    edges = np.append(starts.ravel(), marks[-1])
    nodes = lobatto(degree)[0]
    q = 0.5 * (edges[:-1] + edges[1:])[:, None] + 0.5 * np.diff(edges)[:, None] * nodes
    # What holds at a mark is either side's: ask for it just inside.
    inside = 4 * np.finfo(float).eps * np.maximum(np.abs(edges).max(), 1.0)
    q[:, 0] += inside
    q[:, -1] -= inside
    values = function(q.ravel())
    return edges, values.reshape(*q.shape, *values.shape[1:])
