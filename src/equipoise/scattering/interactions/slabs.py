r"""On-shell T-matrix of a stack of layers with contact potentials between them.

With B of the stack between impedances z and p the diagonal of momenta (i kappa where closed), the amplitudes at the two
ends are

.. math:: S' = -1 + 2\,p^{1/2} X\,p^{1/2}, \qquad X = (p + iN)^{-1} = B\,(1 + (p - z)B)^{-1}.

From the free line to the diagonal of the potential in the energy basis, and from there to the whole of it, X changes by

.. math:: X - X_0 = L\,(B - B_0)\,L_0, \qquad L = (1 + B(p - z))^{-1},

so that :math:`T = 2i\,p^{1/2}(X - X_0)\,p^{1/2}` of each step, up to the phases of plane waves at the ends, has full
relative accuracy: near thresholds, at weak coupling, and for levels that a strong potential hardly mixes.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from equipoise._checks import Array, ComplexArray, RealArray
from equipoise.scattering.interactions.layers import (
    divided_differences,
    glued,
    glued_deviation,
    reflection_and_transmission,
    waveforms,
)
from equipoise.scattering.shell import EnergyShell

CHUNK = 2**25
"""Bytes of one block of the layers of a chunk of energies."""

PARITY = np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2)
"""Even and odd combinations of the two ends."""


class Stack(NamedTuple):
    """Layers: B of the diagonal potential, what that adds to the free B, and what the rest of the potential adds.

    These three have shape (2, 2, n, layers, d), the last (2, 2, n, layers, d, d): end, end, energy, layer, state.
    `jumps`, shape (layers - 1, d, d), holds `2 m V` of the contact potentials V between them.
    """

    free: RealArray
    impedance: RealArray
    widths: RealArray
    reference: Array
    number: Array
    matrix: Array | None
    jumps: ComplexArray


class AbstractSlab(abc.ABC):
    """A potential on a piece of the line, cut into layers of which B is known."""

    edges: RealArray

    @abc.abstractmethod
    def stack(self, kinetic: RealArray, shell: EnergyShell, impedance: RealArray) -> Stack:
        """Its layers at energies that leave the levels a kinetic energy of shape (n, d)."""

    @property
    def strength(self) -> float:
        """Largest contact potential."""
        return 0.0

    @property
    @abc.abstractmethod
    def bytes_per_energy(self) -> int:
        """Memory of the largest array of a stack, for each energy."""

    def transition_matrix(self, shell: EnergyShell) -> ComplexArray:
        """T for both directions, shape (n, 2, d, 2, d); energies in chunks of bounded memory."""
        step, d = max(1, CHUNK // self.bytes_per_energy), shell.spectrum.dimension
        out = np.zeros((shell.size, 2, d, 2, d), dtype=complex)
        for start in range(0, shell.size, step):
            out[start : start + step] = self._transition_matrix(shell.kinetic[start : start + step], shell)
        return out

    def _transition_matrix(self, kinetic: RealArray, shell: EnergyShell) -> ComplexArray:
        m, width = shell.mass, float(self.edges[-1] - self.edges[0])
        # Of the order of the waves inside: without a width that is what a contact potential makes of them.
        least = 1.0 / width if width > 0 else 2 * m * self.strength
        z = np.sqrt(2 * m * np.abs(kinetic).max(axis=1) + least**2)[:, None]
        stack = self.stack(kinetic, shell, z)
        while stack.widths.size > 1:
            stack = _halved(stack)
        number, matrix = stack.number[:, :, :, 0], stack.matrix
        is_open = kinetic > 0
        p = np.sqrt(2 * m * kinetic.astype(complex))
        # Even and odd about the middle of the slab: L_0^-1 of the free line is diagonal, known without subtraction.
        free = waveforms(-2 * m * kinetic, np.array(0.5 * width), z)
        phase = np.exp(np.where(is_open, -0.5j * width * p, 0.0))
        inverse = np.stack([p * phase / free.even, 1j * phase / free.odd], axis=-1)  # shape (n, d, 2)
        # B - B_0 of each channel by itself, from ends a, b to even and odd waves e, f: P (B - B_0) P.
        deviation = np.einsum("ea,abnk,bf->nkef", PARITY, number, PARITY)
        offset = p - z
        # L^-1 = 1 + B (p - z) = L_0^-1 + (B - B_0)(p - z), and X - X_0 = L (B - B_0) L_0.
        L_inverse = deviation * offset[:, :, None, None]
        L_inverse[:, :, (0, 1), (0, 1)] += inverse
        L = np.linalg.inv(L_inverse)
        n, d = p.shape
        states = np.arange(d)
        X = np.zeros((n, 2, d, 2, d), dtype=complex)
        X[:, :, states, :, states] = (L @ deviation / inverse[:, :, None, :]).transpose(1, 0, 2, 3)
        if matrix is not None:
            # The same step from the diagonal potential to the whole: (L^-1 + dB (p - z)) (X' - X) = dB L.
            dB = np.einsum("ea,abnkl,bf->nekfl", PARITY, matrix[:, :, :, 0], PARITY, optimize=True)
            system = dB * offset[:, None, None, None, :]
            system[:, :, states, :, states] += L_inverse.transpose(1, 0, 2, 3)
            source = np.einsum("nekfl,nlfg->nekgl", dB, L)
            X += np.linalg.solve(system.reshape(n, 2 * d, 2 * d), source.reshape(n, 2 * d, 2 * d)).reshape(X.shape)
        roots = np.sqrt(np.where(is_open, p.real, 0.0))
        # T = 2i p^(1/2) (X - X_0) p^(1/2), from even and odd waves back to the two ends.
        X = 2j * roots[:, None, :, None, None] * X * roots[:, None, None, None, :]
        ends = np.einsum("ae,nekfl,fb->nakbl", PARITY, X, PARITY, optimize=True)
        return self._plane_waves(ends, np.where(is_open, p.real, 0.0))

    def _plane_waves(self, ends: ComplexArray, p: RealArray) -> ComplexArray:
        """From amplitudes at the ends to plane waves, whose phase is zero at the origin.

        The wave of momentum +p comes in at the left end and leaves at the right one.
        """
        signs = np.array([1.0, -1.0])[None, :, None]
        comes, leaves = self.edges[[0, -1]][None, :, None], self.edges[[-1, 0]][None, :, None]
        into = np.exp(1j * signs * p[:, None, :] * comes)
        out_of = np.exp(-1j * signs * p[:, None, :] * leaves)
        return np.asarray(out_of[:, :, :, None, None] * ends[:, ::-1] * into[:, None, None, :, :])


@dataclass(frozen=True, eq=False)
class Slab(AbstractSlab):
    """Layers of constant potential from left to right and the contacts around them, in the energy basis of a target."""

    edges: RealArray
    potentials: ComplexArray
    """Of each layer, shape (n, d, d)."""
    contacts: ComplexArray
    """Strengths of the contact potentials on the edges, shape (n + 1, d, d)."""

    @property
    def strength(self) -> float:
        """See `AbstractSlab`."""
        return float(np.abs(self.contacts).max(initial=0.0))

    @property
    def bytes_per_energy(self) -> int:
        """See `AbstractSlab`."""
        return int(16 * self.contacts.shape[1] ** 2 * (self.edges.size + 2))

    def stack(self, kinetic: RealArray, shell: EnergyShell, impedance: RealArray) -> Stack:
        """Layers at each energy, with one of no width at either end to carry the outermost contacts."""
        m, energies = shell.mass, shell.spectrum.state_energies
        d, z = energies.size, impedance[:, None, :]
        widths = np.concatenate([[0.0], np.diff(self.edges), [0.0]])
        half = 0.5 * widths[:, None]
        W = np.zeros((widths.size, d, d), dtype=complex)
        W[1:-1] = self.potentials
        diagonal = np.diagonal(W, axis1=1, axis2=2).real
        free = -2 * m * kinetic[:, None, :]
        shifted = -2 * m * (kinetic[:, None, :] - diagonal)
        of_free, of_shifted = waveforms(free, half, z), waveforms(shifted, half, z)
        changes = divided_differences(shifted, free, half, of_shifted, of_free)
        number = _symmetric(*(2 * m * diagonal * change for change in changes))
        reference = _symmetric(*reflection_and_transmission(of_shifted))
        mixing = W * (1 - np.eye(d))
        jumps = 2 * m * self.contacts
        matrix = None
        if np.any(mixing) or np.any(jumps * (1 - np.eye(d))):
            values, vectors = np.linalg.eigh(np.diag(energies - energies[0]) + W)
            exact = 2 * m * (values - kinetic[:, :1, None])
            row, column = exact[..., :, None], shifted[..., None, :]
            of_row, of_column = (waveforms(x, half[..., None], z[..., None]) for x in (row, column))
            # f(A) - f(D) = U (f[a, d] * U^dagger (A - D)): no difference of nearly equal functions.
            changes = divided_differences(row, column, half[..., None], of_row, of_column)
            overlap = 2 * m * vectors.conj().transpose(0, 2, 1) @ mixing
            matrix = _symmetric(*(vectors @ (change * overlap) for change in changes))
        return Stack(-2 * m * kinetic, impedance, widths, reference, number, matrix, jumps)


def _halved(stack: Stack) -> Stack:
    """Neighbours glued in pairs; a layer without a partner stays."""
    pairs = 2 * (stack.widths.size // 2)

    def sides(ends: Array) -> tuple[Array, Array]:
        return ends[:, :, :, 0:pairs:2], ends[:, :, :, 1:pairs:2]

    def with_rest(glued: Array, before: Array) -> Array:
        return np.concatenate([glued, before[:, :, :, pairs:]], axis=3)

    jumps = stack.jumps[0:pairs:2]
    diagonal = np.diagonal(jumps, axis1=1, axis2=2).real
    z = stack.impedance[:, None, :]
    w = 2 * z - 1j * diagonal
    free = waveforms(stack.free[:, None, :], 0.5 * stack.widths[:pairs, None], z)
    unglued = sides(_symmetric(*reflection_and_transmission(free)))
    A, C = sides(stack.reference)
    # Each channel by itself: matrices of one row and one column.
    numbers = (sides(stack.number)[0][..., None, None], sides(stack.number)[1][..., None, None])
    free_ends = (unglued[0][..., None], unglued[1][..., None])
    number = glued_deviation(*free_ends, 2 * z[..., None], *numbers, -1j * diagonal[..., None, None])[..., 0, 0]
    matrix = stack.matrix
    if matrix is not None:
        off = jumps * (1 - np.eye(jumps.shape[-1]))
        deviation = glued_deviation(A, C, w, *sides(matrix), -1j * off if np.any(off) else None)
        matrix = with_rest(deviation, matrix)
    return stack._replace(
        widths=np.concatenate([stack.widths[0:pairs:2] + stack.widths[1:pairs:2], stack.widths[pairs:]]),
        reference=with_rest(glued(A, C, w), stack.reference),
        number=with_rest(number, stack.number),
        matrix=matrix,
        jumps=stack.jumps[1::2],
    )


def _symmetric(diagonal: ComplexArray, across: ComplexArray) -> Array:
    """B of layers that are their own mirror images."""
    return np.array([[diagonal, across], [across, diagonal]])
