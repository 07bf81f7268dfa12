"""The four kinds of dissipator: what each stores, and how it acts.

A dissipator acts on a state as `D(rho) = Phi(rho) - {M, rho}/2` with `M = Phi^adjoint(1)`. Every kind but the
last can name its jump operators; `FrequencyResolved` and `Rates` keep their d^2 jumps implicit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import Array, ComplexArray, RealArray, require, require_several, square_matrix
from equipoise._printed import counted, described
from equipoise.spectrum import Spectrum, pairs_by_label

_DOMINANT = 4.0
"""An identity part of a jump this many times larger than the rest is taken out before the jump acts."""


def split_traces(operators: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
    """`c_k = Tr L_k / d` and the traceless `L_k - c_k`, shapes (K,) and (K, d, d).

    A multiple of the identity leaves exactly zero, and a large identity part no more than its own rounding.
    """
    d = operators.shape[-1]
    one = np.eye(d)
    first = operators[:, 0, 0]
    rest = operators - first[:, None, None] * one
    mean = np.trace(rest, axis1=1, axis2=2) / d
    return np.asarray(first + mean), np.asarray(rest - mean[:, None, None] * one)


class AbstractRepresentation(ABC):
    """How a dissipator acts on a density matrix in the given basis."""

    @abstractmethod
    def apply(self, rho: Array) -> ComplexArray:
        """Schroedinger action `D(rho)`."""

    @abstractmethod
    def adjoint(self, observable: Array) -> ComplexArray:
        """Heisenberg action `D^adjoint(X)`: Tr[X D(rho)] = Tr[D^adjoint(X) rho]."""

    def superoperator(self, dimension: int) -> ComplexArray:
        """The d^2 x d^2 matrix of `apply`, row-major: vec(A X B) = kron(A, B^T) vec X."""
        matrix = np.empty((dimension**2, dimension**2), dtype=complex)
        unit = np.zeros((dimension, dimension), dtype=complex)
        for k in range(dimension**2):
            unit.flat[k] = 1.0
            matrix[:, k] = self.apply(unit).ravel()
            unit.flat[k] = 0.0
        return matrix


@dataclass(frozen=True, eq=False)
class Jumps(AbstractRepresentation):
    """`D(rho) = sum_k s_k (L_k rho L_k^dagger - {L_k^dagger L_k, rho}/2)` with signs `s_k = +-1`.

    Parameters
    ----------
    operators : array_like, shape (K, d, d)
        Jump operators in the given basis, rates included (dimension: square root of a rate).
    signs : tuple of int, length K
        All +1 for a GKSL dissipator; a Redfield dissipator has negative ones.
    energy_elements : ComplexArray, shape (K, d, d), or None
        The same operators in the energy basis of the generator, where a constructor knows elements that the given
        basis would lose beside larger ones (upward jumps at low temperature); None: transform the operators.
    """

    operators: ComplexArray
    signs: tuple[int, ...]
    energy_elements: ComplexArray | None = None

    def elements(self, spectrum: Spectrum) -> ComplexArray:
        """The operators in the energy basis of the generator, as exactly as they are known, shape (K, d, d)."""
        if self.energy_elements is not None:
            return self.energy_elements
        return np.array([spectrum.to_energy_basis(L) for L in self.operators]).reshape(self.operators.shape)

    @cached_property
    def in_energy_basis(self) -> Jumps | None:
        """The same dissipator acting on matrices in the energy basis; None where its elements are not known there."""
        return None if self.energy_elements is None else Jumps(self.energy_elements, self.signs)

    def gauged(self, spectrum: Spectrum) -> tuple[ComplexArray, ComplexArray]:
        """Traces over d, and the traceless operators in the energy basis, shapes (K,) and (K, d, d).

        The traces are taken out where the operators are known, so that no change of basis spreads their rounding.
        """
        if self.energy_elements is not None:
            return split_traces(self.energy_elements)
        c, rest = split_traces(self.operators)
        return c, np.array([spectrum.to_energy_basis(L) for L in rest]).reshape(rest.shape)

    @property
    def is_completely_positive(self) -> bool:
        """Whether every sign is +1."""
        return all(sign > 0 for sign in self.signs)

    @cached_property
    def decay(self) -> ComplexArray:
        """`M = sum_k s_k L_k^dagger L_k`, shape (d, d)."""
        terms = zip(self.signs, self.operators, strict=True)
        nothing = np.zeros(self.operators.shape[1:], dtype=complex)
        return np.asarray(sum((sign * (L.conj().T @ L) for sign, L in terms), nothing))

    @cached_property
    def _acting(self) -> tuple[Jumps, ComplexArray]:
        """The same dissipator as jumps without large identity parts, and the `B` of the `[B, rho]` they leave.

        `D[L + c](rho) = D[L](rho) + [c^* L - c L^dagger, rho]/2`: nothing of the size `|c|^2` cancels.
        """
        c, rest = split_traces(self.operators)
        size = np.linalg.norm(rest, axis=(1, 2)) / np.sqrt(max(1, rest.shape[-1]))
        large = np.abs(c) > _DOMINANT * size
        if not large.any():
            return self, np.zeros(self.operators.shape[1:], dtype=complex)
        weights = np.where(large, np.array(self.signs) * c.conj(), 0)
        cross = np.einsum("k,kij->ij", weights, rest)
        kept = np.where(large[:, None, None], rest, self.operators)
        return Jumps(kept, self.signs), np.asarray(0.5 * (cross - cross.conj().T))

    def __repr__(self) -> str:
        count, d, _ = np.shape(self.operators)
        negative = sum(sign < 0 for sign in self.signs)
        return described(
            f"{counted(count, 'jump operator')} on {counted(d, 'state')}",
            *([("negative", f"{negative}: not of GKSL form")] if negative else []),
        )

    def apply(self, rho: Array) -> ComplexArray:
        """Schroedinger action, O(K d^3)."""
        jumps, B = self._acting
        gain = sum(sign * (L @ rho @ L.conj().T) for sign, L in zip(jumps.signs, jumps.operators, strict=True))
        G = B - 0.5 * jumps.decay
        return np.asarray(gain + G @ rho + rho @ G.conj().T)

    def adjoint(self, observable: Array) -> ComplexArray:
        """Heisenberg action, O(K d^3)."""
        X = observable
        jumps, B = self._acting
        gain = sum(sign * (L.conj().T @ X @ L) for sign, L in zip(jumps.signs, jumps.operators, strict=True))
        G = B - 0.5 * jumps.decay
        return np.asarray(gain + G.conj().T @ X + X @ G)

    def superoperator(self, dimension: int) -> ComplexArray:
        """The d^2 x d^2 matrix of `apply`, from Kronecker products."""
        identity = np.eye(dimension)
        jumps, B = self._acting
        G = B - 0.5 * jumps.decay
        matrix = np.kron(G, identity) + np.kron(identity, G.conj())
        for sign, L in zip(jumps.signs, jumps.operators, strict=True):
            matrix += sign * np.kron(L, L.conj())
        return np.asarray(matrix)


@dataclass(frozen=True, eq=False)
class FrequencyResolved(AbstractRepresentation):
    """Jumps resolved in Bohr frequency, implicit in F families of matrix elements in the energy basis.

    Family f has one jump operator for each Bohr frequency w::

        L_{f,w} = sum over pairs with e_j - e_i = w of  a_f[i, j] |i><j|,
        a_f[i, j] = exp(log_rates[f, i, j] / 2) operators[f, i, j],

    so the d^2 jumps of a weak-coupling or low-density generator are held in F matrices, and rates far below the
    smallest double are held as logarithms.

    Parameters
    ----------
    spectrum : Spectrum
        Levels and basis.
    operators : ComplexArray, shape (F, d, d)
        Matrix elements of the couplings in the energy basis, [i, j] for j -> i.
    log_rates : RealArray, shape (F, d, d)
        Logarithm of the rate that multiplies `|operators|^2`; -inf where there is none. Constant within a pair
        of levels.
    particles_per_jump : tuple of int, length F
        Quanta that one jump brings into the system: -1 for out-processes, +1 for in-processes.
    reverse : tuple of int, length F, or None
        Family that holds the reverse of each jump (element [j, i] for [i, j]). None where no jump has a reverse of
        its own, as in the low-density limit: families are then eigenvectors of the matrix of each Bohr frequency,
        and only their sum has a meaning.
    """

    spectrum: Spectrum
    _: KW_ONLY
    operators: ComplexArray
    log_rates: RealArray
    particles_per_jump: tuple[int, ...]
    reverse: tuple[int, ...] | None

    @cached_property
    def amplitudes(self) -> ComplexArray:
        """`a_f[i, j]` in the energy basis, shape (F, d, d)."""
        return np.asarray(np.exp(0.5 * self.log_rates) * self.operators)

    @cached_property
    def log_transition_rates(self) -> RealArray:
        """Logarithm of the rate j -> i of each family between states, `log |a_f[i, j]|^2`, shape (F, d, d)."""
        with np.errstate(divide="ignore"):
            return np.asarray(self.log_rates + 2 * np.log(np.abs(self.operators)))

    @cached_property
    def decay(self) -> ComplexArray:
        """`M = sum_{f,w} L^dagger L` in the energy basis: it has elements within levels only."""
        if not self.spectrum.is_degenerate:
            totals = np.einsum("fij,fij->j", self.amplitudes, self.amplitudes.conj())
            return np.diag(totals).astype(complex)
        return np.asarray(sum(self.spectrum.within_levels(a.conj().T @ a) for a in self.amplitudes))

    def frequency_groups(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Pairs (rows i, columns j) of states of each Bohr frequency shared by two or more pairs, zero included."""
        return self._grouped_pairs[1]

    def single_pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Pairs (rows i, columns j) of states whose Bohr frequency no other pair has."""
        return self._grouped_pairs[0]

    @cached_property
    def _grouped_pairs(self) -> tuple[tuple[np.ndarray, np.ndarray], list[tuple[np.ndarray, np.ndarray]]]:
        return pairs_by_label(self.spectrum.state_frequency_labels, np.any(self.operators != 0, axis=0))

    def jump_operators(self) -> ComplexArray:
        """Every jump operator `L_{f,w}` that is not zero, in the given basis, shape (K, d, d) with K up to F d^2."""
        elements = self.jump_elements()
        return np.array([self.spectrum.to_given_basis(L) for L in elements]).reshape(elements.shape)

    def jump_elements(self) -> ComplexArray:
        """The same in the energy basis."""
        jumps = []
        rows, columns = self.single_pairs()
        groups = [*self.frequency_groups(), *((rows[k : k + 1], columns[k : k + 1]) for k in range(rows.size))]
        for a in self.amplitudes:
            for i, j in groups:
                if np.any(a[i, j] != 0):
                    jump = np.zeros_like(a)
                    jump[i, j] = a[i, j]
                    jumps.append(jump)
        d = self.spectrum.dimension
        return np.array(jumps) if jumps else np.zeros((0, d, d), dtype=complex)

    def __repr__(self) -> str:
        present = self.log_rates[np.isfinite(self.log_rates)]
        return described(
            f"secular jumps between {counted(self.spectrum.size, 'level')}",
            ("families", str(len(self.operators))),
            ("log rates", f"{present.min():.6g} to {present.max():.6g}" if present.size else "none"),
        )

    def apply(self, rho: Array) -> ComplexArray:
        """Schroedinger action; beside two changes of basis O(d^2) for a generic spectrum, more if gaps coincide."""
        return np.asarray(self.spectrum.to_given_basis(self.apply_elements(self.spectrum.to_energy_basis(rho))))

    def adjoint(self, observable: Array) -> ComplexArray:
        """Heisenberg action; same cost as `apply`."""
        X = self.spectrum.to_energy_basis(observable)
        reversed_amplitudes = self.amplitudes.conj().transpose(0, 2, 1)
        out = self._gain(X, reversed_amplitudes, adjoint=True) - self._loss(X)
        return np.asarray(self.spectrum.to_given_basis(out))

    def apply_elements(self, R: Array) -> ComplexArray:
        """Schroedinger action on a matrix given in the energy basis."""
        return np.asarray(self._gain(R, self.amplitudes) - self._loss(R))

    def _loss(self, R: Array) -> ComplexArray:
        """`{M, R}/2`; M is diagonal unless levels are degenerate."""
        if self.spectrum.is_degenerate:
            return np.asarray(0.5 * (self.decay @ R + R @ self.decay))
        rates = np.diag(self.decay)
        return np.asarray(0.5 * (rates[:, None] + rates[None, :]) * R)

    def _gain(self, R: ComplexArray, amplitudes: ComplexArray, *, adjoint: bool = False) -> ComplexArray:
        # sum over pairs p, q of one Bohr frequency: out[i_p, i_q] += a_p conj(a_q) R[j_p, j_q].
        out = np.zeros(R.shape, dtype=complex)
        rows, columns = self.single_pairs()
        if adjoint:
            rows, columns = columns, rows
        weights = np.einsum("fp,fp->p", amplitudes[:, rows, columns], amplitudes[:, rows, columns].conj())
        np.add.at(out, (rows, rows), weights * R[columns, columns])
        for group_rows, group_columns in self.frequency_groups():
            i, j = (group_columns, group_rows) if adjoint else (group_rows, group_columns)
            a = amplitudes[:, i, j]
            kernel = np.einsum("fp,fq->pq", a, a.conj()) * R[np.ix_(j, j)]
            np.add.at(out, (i[:, None], i[None, :]), kernel)
        return out


@dataclass(frozen=True, eq=False)
class Rates(AbstractRepresentation):
    """A Pauli (classical) dissipator: rates between the states of the energy basis, one jump for each pair.

    Acting on a density matrix it is the GKSL dissipator with jumps `sqrt(W_ij) |i><j|`: populations follow the
    rate equation, coherences decay.

    Parameters
    ----------
    spectrum : Spectrum
        One level for each state.
    log_rates : RealArray, shape (d, d)
        `log W[i, j]` of the rate j -> i; -inf where there is none; the diagonal is ignored.
    """

    spectrum: Spectrum
    log_rates: RealArray

    @cached_property
    def rates(self) -> RealArray:
        """`W[i, j]`, the rate j -> i, zero on the diagonal."""
        W = np.exp(self.log_rates)
        np.fill_diagonal(W, 0.0)
        return np.asarray(W)

    def __repr__(self) -> str:
        count = int(np.isfinite(self.log_rates[~np.eye(self.spectrum.dimension, dtype=bool)]).sum())
        return f"{counted(count, 'rate')} between {counted(self.spectrum.dimension, 'state')}"

    def apply(self, rho: Array) -> ComplexArray:
        """Schroedinger action, O(d^2)."""
        return np.asarray(self.spectrum.to_given_basis(self.apply_elements(self.spectrum.to_energy_basis(rho))))

    def apply_elements(self, R: Array) -> ComplexArray:
        """Schroedinger action on a matrix given in the energy basis."""
        loss = self.rates.sum(axis=0)
        out = -0.5 * (loss[:, None] + loss[None, :]) * R
        out[np.diag_indices_from(out)] += self.rates @ np.diag(R)
        return np.asarray(out)

    def adjoint(self, observable: Array) -> ComplexArray:
        """Heisenberg action, O(d^2)."""
        X = self.spectrum.to_energy_basis(observable)
        loss = self.rates.sum(axis=0)
        out = -0.5 * (loss[:, None] + loss[None, :]) * X
        out[np.diag_indices_from(out)] += self.rates.T @ np.diag(X)
        return np.asarray(self.spectrum.to_given_basis(out))


@dataclass(frozen=True, eq=False)
class MatrixFree(AbstractRepresentation):
    """A dissipator known only by its action (a Redfield tensor, a user's superoperator).

    Parameters
    ----------
    schroedinger, heisenberg : callable
        `rho -> D(rho)` and `X -> D^adjoint(X)`, matrices of shape (d, d) in the given basis.
    """

    schroedinger: Callable[[Array], Array]
    heisenberg: Callable[[Array], Array]

    def __repr__(self) -> str:
        return "a dissipator given by its action"

    def apply(self, rho: Array) -> ComplexArray:
        """Schroedinger action."""
        return np.asarray(self.schroedinger(rho), dtype=complex)

    def adjoint(self, observable: Array) -> ComplexArray:
        """Heisenberg action."""
        return np.asarray(self.heisenberg(observable), dtype=complex)


def checked_jumps(
    operators: Iterable[object], signs: Iterable[int] | None, dimension: int, name: str = "jump_operators"
) -> Jumps:
    """Validate a list of jump operators (and signs) against a dimension."""
    require_several(operators, name, "matrices")
    matrices = [square_matrix(L, f"{name}[{k}]", dimension) for k, L in enumerate(operators)]
    values = (1,) * len(matrices) if signs is None else tuple(signs)
    require(
        len(values) == len(matrices) and all(value in (1, -1) for value in values),
        "signs",
        f"be +1 or -1 for each of the {len(matrices)} jump operators",
        f"got {values}",
    )
    stack = np.array(matrices) if matrices else np.zeros((0, dimension, dimension), dtype=complex)
    return Jumps(stack, values)
