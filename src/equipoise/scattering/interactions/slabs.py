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

from equipoise._checks import ComplexArray, RealArray
from equipoise.scattering.interactions.layers import (
    MATRICES,
    NUMBERS,
    Ends,
    divided_differences,
    glued,
    glued_deviation,
    reflection_and_transmission,
    spread,
    waveforms,
)
from equipoise.scattering.shell import EnergyShell

CHUNK = 2**25
"""Bytes of one block of the layers of a chunk of energies."""

PARITY = np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2)
"""Even and odd combinations of the two ends."""


class Stack(NamedTuple):
    """Layers with a second axis that counts them: B of the diagonal potential and what it adds, what the rest adds.

    `jumps`, shape (layers - 1, d, d), holds `2 m V` of the contact potentials V between them.
    """

    free: RealArray
    impedance: RealArray
    widths: RealArray
    reference: Ends
    number: Ends
    matrix: Ends | None
    jumps: ComplexArray


class AbstractSlab(abc.ABC):
    """A potential on a piece of the line, cut into layers of which B is known."""

    edges: RealArray

    @abc.abstractmethod
    def stack(self, kinetic: RealArray, shell: EnergyShell, impedance: RealArray) -> Stack:
        """Its layers at energies that leave the levels a kinetic energy of shape (n, d)."""

    @property
    @abc.abstractmethod
    def strength(self) -> float:
        """Largest contact potential."""

    @property
    @abc.abstractmethod
    def bytes_per_energy(self) -> int:
        """Memory of the largest array of a stack, for each energy."""

    def transition_matrix(self, shell: EnergyShell) -> ComplexArray:
        """T for both directions, shape (n, 2, d, 2, d); energies in chunks of bounded memory."""
        d = shell.spectrum.dimension
        step = max(1, CHUNK // self.bytes_per_energy)
        out = np.zeros((shell.size, 2, d, 2, d), dtype=complex)
        for start in range(0, shell.size, step):
            part = slice(start, start + step)
            out[part] = self._transition_matrix(shell.kinetic[part], shell)
        return out

    def _transition_matrix(self, kinetic: RealArray, shell: EnergyShell) -> ComplexArray:
        m, width = shell.mass, float(self.edges[-1] - self.edges[0])
        # Of the order of the waves inside: without a width that is what a contact potential makes of them.
        least = 1.0 / width if width > 0 else 2 * m * self.strength
        z = np.sqrt(2 * m * np.abs(kinetic).max(axis=1) + least**2)[:, None]
        number, matrix = _united(self.stack(kinetic, shell, z))
        is_open = kinetic > 0
        p = np.sqrt(2 * m * kinetic.astype(complex))
        # Even and odd about the middle of the slab: L_0^-1 of the free line is diagonal, known without subtraction.
        free = waveforms(-2 * m * kinetic, np.array(0.5 * width), z)
        phase = np.exp(np.where(is_open, -0.5j * width * p, 0.0))
        inverse = np.stack([p * phase / free.even, 1j * phase / free.odd], axis=-1)  # shape (n, d, 2)
        # B - B_0 of each channel by itself, from ends a, b to even and odd waves e, f: P (B - B_0) P.
        deviation = np.einsum("ea,abnk,bf->nkef", PARITY, _as_blocks(number), PARITY)
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
            dB = np.einsum("ea,abnkl,bf->nekfl", PARITY, _as_blocks(matrix), PARITY, optimize=True)
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
    """Layers of constant potential from left to right and the contacts around them, in the energy basis of a target.

    Parameters
    ----------
    edges : RealArray, shape (n + 1,)
    potentials : ComplexArray, shape (n, d, d)
        Constant in each layer.
    contacts : ComplexArray, shape (n + 1, d, d)
        Strengths of the contact potentials on the edges.
    """

    edges: RealArray
    potentials: ComplexArray
    contacts: ComplexArray

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
        number = symmetric(*(2 * m * diagonal * change for change in changes))
        reference = symmetric(*reflection_and_transmission(of_shifted))
        mixing = W * (1 - np.eye(d))
        jumps = 2 * m * self.contacts
        matrix = None
        if np.any(mixing) or np.any(jumps * (1 - np.eye(d))):
            values, vectors = np.linalg.eigh(np.diag(energies - energies[0]) + W)
            exact = 2 * m * (values - kinetic[:, :1, None])
            of_exact = waveforms(exact, half, z)
            # f(A) - f(D) = U (f[a, d] * U^dagger (A - D)): no difference of nearly equal functions.
            changes = divided_differences(
                exact[..., :, None],
                shifted[..., None, :],
                half[..., None],
                spread(of_exact, -1),
                spread(of_shifted, -2),
            )
            overlap = 2 * m * vectors.conj().transpose(0, 2, 1) @ mixing
            matrix = symmetric(*(vectors @ (change * overlap) for change in changes))
        return Stack(-2 * m * kinetic, impedance, widths, reference, number, matrix, jumps)


def _united(stack: Stack) -> tuple[Ends, Ends | None]:
    """Glue neighbours until one layer is left; the second axis is then gone."""
    while stack.widths.size > 1:
        stack = _halved(stack)
    number = Ends(*(block[:, 0] for block in stack.number))
    return number, None if stack.matrix is None else Ends(*(block[:, 0] for block in stack.matrix))


def _halved(stack: Stack) -> Stack:
    pairs = 2 * (stack.widths.size // 2)
    jumps = stack.jumps[0:pairs:2]
    diagonal = np.diagonal(jumps, axis1=1, axis2=2).real
    z = stack.impedance[:, None, :]
    w = 2 * z - 1j * diagonal
    free = reflection_and_transmission(waveforms(stack.free[:, None, :], 0.5 * stack.widths[:pairs, None], z))
    A0, C0 = (symmetric(*(block[:, side::2] for block in free)) for side in (0, 1))
    A, C = _pair(stack.reference, pairs)
    dA, dC = _pair(stack.number, pairs)
    number = glued_deviation(NUMBERS, A0, C0, 2 * z, dA, dC, -1j * diagonal)
    matrix = stack.matrix
    if matrix is not None:
        off = jumps * (1 - np.eye(jumps.shape[-1]))
        dA, dC = _pair(matrix, pairs)
        matrix = glued_deviation(MATRICES, A, C, w, dA, dC, -1j * off if np.any(off) else None)
        matrix = _with_rest(matrix, stack.matrix, pairs)
    widths = np.concatenate([stack.widths[0:pairs:2] + stack.widths[1:pairs:2], stack.widths[pairs:]])
    return stack._replace(
        widths=widths,
        reference=_with_rest(glued(A, C, w), stack.reference, pairs),
        number=_with_rest(number, stack.number, pairs),
        matrix=matrix,
        jumps=stack.jumps[1::2],
    )


def _pair(ends: Ends, pairs: int) -> tuple[Ends, Ends]:
    return Ends(*(block[:, 0:pairs:2] for block in ends)), Ends(*(block[:, 1:pairs:2] for block in ends))


def _with_rest(glued: Ends, before: Ends | None, pairs: int) -> Ends:
    """Append the layer that had no partner."""
    assert before is not None
    rest = zip(glued, before, strict=True)
    return Ends(*(np.concatenate([block, old[:, pairs:]], axis=1) for block, old in rest))


def symmetric(diagonal: ComplexArray, across: ComplexArray) -> Ends:
    """Ends of a layer that is its own mirror image."""
    return Ends(diagonal, across, across, diagonal)


def _as_blocks(ends: Ends) -> ComplexArray:
    return np.array([[ends.left, ends.across_left], [ends.across_right, ends.right]])
