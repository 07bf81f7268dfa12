r"""A contact target in a thermal gas by matching waves: the other side of every comparison.

Nothing of the library's scattering is used. A wave :math:`e^{ipq}` in level l gives at the contact

.. math:: \psi_k(0) = \delta_{kl} + r_k, \qquad 2 i p_k r_k = 2 m \sum_j V_{kj}\,\psi_j(0)

from the jump of the derivative. Integrals over energies are double-exponential, between the energies at which channels
open.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.reproduce.explicit import commutator
from equipoise.reproduce.low_density.cases import Case

SAME = 1e-9
"""Bohr frequencies closer than this are one."""


@dataclass(frozen=True, eq=False)
class Segment:
    """Double-exponential nodes between two thresholds, by their distances above and below: neither loses its digits."""

    lower: float
    upper: float
    above: RealArray
    below: RealArray
    weights: RealArray

    def beyond(self, threshold: float) -> RealArray:
        """`x - threshold`, exact at both ends; negative below it."""
        if abs(threshold - self.lower) < SAME:
            return self.above
        if abs(threshold - self.upper) < SAME:
            return -self.below
        return self.above + (self.lower - threshold)


def segments(thresholds: RealArray, scale: float) -> list[Segment]:
    """Segments of (thresholds[0], infinity), split at each threshold; `scale` is that of the decay."""
    found = []
    t = np.arange(-80, 81) * 0.05
    for a, b in itertools.pairwise(thresholds):
        fall = np.exp(-np.pi * np.sinh(t))
        weights = (b - a) * np.pi * np.cosh(t) * fall / (1 + fall) ** 2 * 0.05
        found.append(Segment(a, b, (b - a) / (1 + fall), (b - a) * fall / (1 + fall), weights))
    t = np.arange(-68, 69) * 0.0625
    x = scale * np.exp(t - np.exp(-t))
    a = thresholds[-1]
    return [*found, Segment(a, np.inf, x, np.full_like(x, np.inf), x * (1 + np.exp(-t)) * 0.0625)]


@dataclass(frozen=True, eq=False)
class Collisions:
    """Everything that one-particle collisions do to a case; n counts the kinetic energies of arriving particles."""

    case: Case

    @cached_property
    def segments(self) -> list[Segment]:
        """Kinetic energies of arriving particles, split where a channel opens."""
        gaps = (self.case.levels[:, None] - self.case.levels[None, :]).ravel()
        starts = np.sort(np.concatenate([[0.0], gaps[gaps > SAME]]))
        distinct = starts[np.diff(starts, prepend=-np.inf) > SAME]
        return segments(distinct, 1 / self.case.inverse_temperature)

    @cached_property
    def arriving(self) -> RealArray:
        """Kinetic energies e, shape (n,)."""
        return np.concatenate([part.beyond(0.0) for part in self.segments])

    @cached_property
    def weights(self) -> RealArray:
        """Of the energies, without the gas, shape (n,)."""
        return np.concatenate([part.weights for part in self.segments])

    @cached_property
    def kinetic(self) -> RealArray:
        """`e + eps_l - eps_k`, shape (n, k, l)."""
        levels = self.case.levels
        table = [[[part.beyond(out - came) for part in self.segments] for came in levels] for out in levels]
        return np.moveaxis(np.array([[np.concatenate(parts) for parts in row] for row in table]), -1, 0)

    @cached_property
    def momenta(self) -> ComplexArray:
        """Of the particle in level k when it came with e to level l, shape (n, k, l)."""
        return np.asarray(np.sqrt(2 * self.case.mass * self.kinetic.astype(complex)))

    @cached_property
    def scattered(self) -> ComplexArray:
        """Amplitudes `r_k` for a particle that came to level l, shape (n, k, l)."""
        m, V, d = self.case.mass, self.case.couplings, self.case.dimension
        # One system (i p - m V) r = m V[:, l] for each energy and each l, shape (n, l, d, d).
        system = 1j * self.momenta.swapaxes(1, 2)[..., None] * np.eye(d) - m * V
        right = np.broadcast_to(m * V.T[:, :, None], (len(system), d, d, 1))
        return np.asarray(np.linalg.solve(system, right)[..., 0].swapaxes(1, 2))

    @cached_property
    def at_contact(self) -> ComplexArray:
        """`psi_k(0)` of the scattering state that comes in on level l, shape (n, k, l), without 1/sqrt(2 pi)."""
        return np.asarray(np.eye(self.case.dimension) + self.scattered)

    @cached_property
    def elements(self) -> ComplexArray:
        """`2 pi <k, p'|T|p, l> = (V psi)(0)`, (4), shape (n, k, l)."""
        return np.asarray(self.case.couplings @ self.at_contact)

    @cached_property
    def per_energy(self) -> RealArray:
        """`n dp G(p)` of both directions: measure of the particles between e and e + de, shape (n,)."""
        e, weights = self.arriving, self.weights
        beta, m = self.case.inverse_temperature, self.case.mass
        thermal = np.exp(-beta * e) / np.sqrt(2 * np.pi * m / beta)
        return np.asarray(2 * self.case.density * thermal * weights * np.sqrt(m / (2 * e)))

    @cached_property
    def is_open(self) -> np.ndarray:
        """Whether the particle can leave, shape (n, k, l)."""
        return np.asarray(self.kinetic > 0)

    @cached_property
    def rates(self) -> RealArray:
        """(20) from collisions: particles that arrive times the probability of l -> k, shape (d, d), diagonal zero."""
        speeds = np.sqrt(2 * self.arriving / self.case.mass)
        p = self.momenta.real
        incoming = np.sqrt(2 * self.case.mass * self.arriving)[:, None, None]
        # Reflected and transmitted alike: |r|^2 p_k / p_l each.
        probability = np.where(self.is_open, 2 * np.abs(self.scattered) ** 2 * p / incoming, 0.0)
        found = np.einsum("n,nkl->kl", self.per_energy * speeds, probability)
        np.fill_diagonal(found, 0.0)
        return np.asarray(found)

    @cached_property
    def unaveraged(self) -> ComplexArray:
        """(9) as a d^2 x d^2 matrix on vec(rho), row-major: `-i Tr_P [H_int, Omega rho rho_P Omega^+]`."""
        d, T, psi = self.case.dimension, self.elements, self.at_contact
        first = np.einsum("n,nkl,nij->kilj", self.per_energy, T, psi.conj(), optimize=True)
        second = np.einsum("n,nkl,nij->kilj", self.per_energy, psi, T.conj(), optimize=True)
        return np.asarray((-1j * (first - second)).reshape(d * d, d * d))

    @cached_property
    def averaged(self) -> ComplexArray:
        """(8): the average of (9) keeps what rotates at one frequency."""
        return np.asarray(np.where(self.secular.reshape(self.unaveraged.shape), self.unaveraged, 0.0))

    @cached_property
    def secular(self) -> np.ndarray:
        """Whether `eps_k - eps_i = eps_l - eps_j`, shape (k, i, l, j)."""
        bohr = self.case.levels[:, None] - self.case.levels[None, :]
        return np.asarray(np.abs(bohr[:, :, None, None] - bohr[None, None, :, :]) < SAME)

    @cached_property
    def dissipator(self) -> ComplexArray:
        """(7) as a matrix like `averaged`."""
        d, m = self.case.dimension, self.case.mass
        # int dp' delta(E_p' - E): two momenta, each with m / p'.
        out = np.where(self.is_open, m / np.where(self.is_open, self.momenta.real, 1.0), 0.0)
        amplitude = np.where(self.is_open, self.elements, 0.0)
        jump = 2 * np.einsum("n,nkl,nkl,nij->kilj", self.per_energy, out, amplitude, amplitude.conj(), optimize=True)
        jump = np.where(self.secular, jump, 0.0)
        # sum_k T_kl conj(T_kj) with eps_l = eps_j.
        decay = np.einsum("kklj->jl", jump)
        one = np.eye(d)
        return np.asarray(jump.reshape(d * d, d * d) - 0.5 * (np.kron(decay, one) + np.kron(one, decay.T)))

    @cached_property
    def shift(self) -> ComplexArray:
        """dH: the Hermitian part of the forward elements between states of one level."""
        forward = np.einsum("n,nkl->kl", self.per_energy, self.elements)
        same = np.abs(self.case.levels[:, None] - self.case.levels[None, :]) < SAME
        return np.asarray(np.where(same, 0.5 * (forward + forward.conj().T), 0.0))

    @cached_property
    def rotation(self) -> ComplexArray:
        """`rho -> -i [dH, rho]` as a matrix."""
        return -1j * commutator(self.shift)
