"""How a dissipator is stored and acts: as jump operators, resolved in Bohr frequency, or by its action alone.

A dissipator acts on a state as `D(rho) = Phi(rho) - {M, rho}/2` with `M = Phi^adjoint(1)`. Every representation but
the last can name its jump operators; `FrequencyResolved` keeps its d^2 jumps implicit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property

import numpy as np

from equipoise._checks import Array, ComplexArray, InputError, RealArray, require, require_several, square_matrix
from equipoise._printed import counted, described
from equipoise.spectrum import Spectrum, element_rounding, pairs_by_label
from equipoise.tolerances import NO_DIVISOR, ROUNDED

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
    """How a dissipator acts on a density matrix in the given basis, and what its jumps are."""

    is_frequency_resolved: bool = False
    """Whether jumps of different Bohr frequency are told apart, as in the weak-coupling and low-density limits."""

    each_pair_alone: bool = False
    """Whether each pair of states has a jump of its own, as in a rate equation."""

    knows_quanta: bool = False
    """Whether it is known how many quanta each jump brings into the system."""

    has_jump_operators: bool = True
    """Whether its jump operators are known."""

    has_exact_elements: bool = True
    """Whether its elements are known in the energy basis, instead of in the given one only."""

    is_completely_positive: bool = True
    """Whether it is a sum of GKSL dissipators by construction."""

    places: tuple[int, ...] | None = None
    """Where each jump operator stood in the list that the user gave; None where there was no such list."""

    @abstractmethod
    def apply(self, rho: Array) -> ComplexArray:
        """Schroedinger action `D(rho)`."""

    @abstractmethod
    def adjoint(self, observable: Array) -> ComplexArray:
        """Heisenberg action `D^adjoint(X)`: Tr[X D(rho)] = Tr[D^adjoint(X) rho]."""

    def apply_elements(self, R: Array, spectrum: Spectrum) -> ComplexArray:
        """Schroedinger action on a matrix given, and returned, in the energy basis."""
        return np.asarray(spectrum.to_energy_basis(self.apply(spectrum.to_given_basis(R))))

    @property
    def jump_count(self) -> int:
        """Upper bound of the number of jump operators."""
        return 0

    def signed_jumps(self) -> tuple[RealArray, ComplexArray]:
        """Signs and jump operators in the given basis, shapes (K,) and (K, d, d)."""
        raise InputError(
            "Argument `generator` must have jump operators, but a dissipator of it is known by its action only "
            f"({type(self).__name__})."
        )

    def gauged_jumps(self, spectrum: Spectrum) -> tuple[RealArray, ComplexArray, ComplexArray]:
        """Signs, traces over d, and the traceless jumps in the energy basis, shapes (K,), (K,) and (K, d, d)."""
        signs, operators = self.signed_jumps()
        c, rest = split_traces(operators)
        return signs, c, np.array([spectrum.to_energy_basis(L) for L in rest]).reshape(rest.shape)

    @abstractmethod
    def rate_ceiling(self, spectrum: Spectrum) -> RealArray:
        """Rates n -> m between levels if no two paths interfered, `sum |L_ij|^2`, shape (L, L)."""

    @abstractmethod
    def restricted_to(self, columns: Array, old: Spectrum, new: Spectrum) -> AbstractRepresentation:
        """The dissipator on an invariant subspace, spanned by orthonormal columns in the energy basis of `old`."""

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
        basis would lose next to larger ones (upward jumps at low temperature); None: transform the operators.
    places : tuple of int, length K, or None
        Where each operator stood in the list that the user gave, which the reservoirs divide between them; None
        where there was no such list.
    """

    operators: ComplexArray
    signs: tuple[int, ...]
    energy_elements: ComplexArray | None = None
    places: tuple[int, ...] | None = None

    def elements(self, spectrum: Spectrum) -> ComplexArray:
        """The operators in the energy basis of the generator, as exactly as they are known, shape (K, d, d).

        Where the energy basis makes the operators sparser, elements below the round-off of the change of basis are
        zero: a transition that symmetry forbids would else be one of 1e-17.
        """
        if self.energy_elements is not None:
            return self.energy_elements
        _, c, rest = self.gauged_jumps(spectrum)
        return np.asarray(rest + c[:, None, None] * np.eye(rest.shape[-1]))

    @cached_property
    def _acting_in(self) -> dict[int, tuple[Spectrum, Jumps]]:
        """This dissipator as it acts in the energy basis of the spectra asked for."""
        return {}

    def apply_elements(self, R: Array, spectrum: Spectrum) -> ComplexArray:
        """Schroedinger action on a matrix given, and returned, in the energy basis."""
        if id(spectrum) not in self._acting_in:
            self._acting_in[id(spectrum)] = spectrum, Jumps(self.elements(spectrum), self.signs)
        return self._acting_in[id(spectrum)][1].apply(R)

    @property
    def jump_count(self) -> int:
        """Number of jump operators."""
        return len(self.operators)

    def signed_jumps(self) -> tuple[RealArray, ComplexArray]:
        """Signs and operators in the given basis."""
        return np.array(self.signs, dtype=float), self.operators

    def gauged_jumps(self, spectrum: Spectrum) -> tuple[RealArray, ComplexArray, ComplexArray]:
        """Signs, traces over d, and the traceless operators in the energy basis, shapes (K,), (K,) and (K, d, d).

        The traces are taken out where the operators are known, so that no change of basis spreads their rounding.
        """
        signs = np.array(self.signs, dtype=float)
        if self.energy_elements is not None:
            return signs, *split_traces(self.energy_elements)
        c, rest = split_traces(self.operators)
        elements = np.array([spectrum.to_energy_basis(L) for L in rest]).reshape(rest.shape)
        if spectrum.vectors is not None:
            # Not by squares alone, which underflow below 1e-154.
            largest = np.maximum(np.abs(rest).max(axis=(1, 2), initial=0.0), NO_DIVISOR)
            size = largest * np.linalg.norm(rest / largest[:, None, None], axis=(1, 2)) + np.abs(c)
            kept = np.abs(elements) > element_rounding(spectrum) * size[:, None, None]
            # Operators that are sparser as given (between Fock states, say) have no selection rules between levels.
            if np.count_nonzero(kept) <= np.count_nonzero(rest):
                elements[~kept] = 0.0
                # A trace that the change of basis of the user left is none.
                c = np.where(np.abs(c) > ROUNDED * size, c, 0.0)
        return signs, c, elements

    def rate_ceiling(self, spectrum: Spectrum) -> RealArray:
        """Rates n -> m between levels if no two jumps interfered, shape (L, L)."""
        return np.asarray(spectrum.sum_over_levels(np.sum(np.abs(self.elements(spectrum)) ** 2, axis=0)))

    def restricted_to(self, columns: Array, old: Spectrum, new: Spectrum) -> Jumps:
        """The jumps on an invariant subspace, whose energy basis is the given one of `new`."""
        U = columns
        return Jumps(np.asarray(U.conj().T @ self.elements(old) @ U, dtype=complex), self.signs)

    @property
    def has_exact_elements(self) -> bool:  # type: ignore[override]
        """Whether a constructor knew the elements in the energy basis."""
        return self.energy_elements is not None

    @property
    def is_completely_positive(self) -> bool:  # type: ignore[override]
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
        """This dissipator as jumps without large identity parts, and the `B` of the `[B, rho]` they leave.

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
    """Jumps resolved in Bohr frequency, implicit in the matrix elements of F coupling operators in the energy basis.

    Coupling operator f has one jump operator for each Bohr frequency w::

        L_{f,w} = sum over pairs with e_j - e_i = w of  a_f[i, j] |i><j|,
        a_f[i, j] = exp(log_rates[f, i, j] / 2) coupling_operators[f, i, j],

    so the d^2 jumps of a weak-coupling or low-density generator are held in F matrices, and rates far below the
    smallest double are held as logarithms. A rate equation is the special case in which each pair of states is a jump
    by itself, whatever its frequency: `FrequencyResolved.of_rates(spectrum, log_rates)`. Populations then follow the
    rates and coherences decay.

    Parameters
    ----------
    spectrum : Spectrum
        Levels and basis.
    coupling_operators : ComplexArray, shape (F, d, d)
        Matrix elements of the couplings in the energy basis, [i, j] for j -> i.
    log_rates : RealArray, shape (F, d, d)
        Logarithm of the rate that multiplies the squared modulus of the element; -inf where there is none. Constant
        within a pair of levels.
    particles_per_jump : tuple of int or None, length F
        Quanta that one jump brings into the system: -1 for out-processes, +1 for in-processes; None if unknown.
    reverse : tuple of int, length F, or None
        Coupling operator that holds the reverse of each jump (element [j, i] for [i, j]). None where no jump has a
        reverse of its own, as in the low-density limit: the coupling operators are then eigenvectors of the matrix of
        each Bohr frequency, and only their sum has a meaning.
    each_pair_alone : bool
        Whether each pair of states has a jump of its own instead of sharing one with all pairs of its frequency.
    """

    spectrum: Spectrum
    _: KW_ONLY
    coupling_operators: ComplexArray
    log_rates: RealArray
    particles_per_jump: tuple[int | None, ...]
    reverse: tuple[int, ...] | None
    each_pair_alone: bool = False
    is_frequency_resolved = True

    @classmethod
    def of_rates(cls, spectrum: Spectrum, log_rates: RealArray) -> FrequencyResolved:
        """Rates between the states of the energy basis, one jump `sqrt(W_ij) |i><j|` for each pair.

        Parameters
        ----------
        spectrum : Spectrum
            One level for each state.
        log_rates : RealArray, shape (d, d)
            `log W[i, j]` of the rate j -> i; -inf where there is none; the diagonal is ignored.
        """
        if not np.isneginf(np.diagonal(log_rates)).all():
            log_rates = log_rates.copy()
            np.fill_diagonal(log_rates, -np.inf)
        table = log_rates[None]
        # A view of a single number: the rates alone count, and a large rate matrix is held once.
        ones = np.broadcast_to(np.ones(1, dtype=complex), table.shape)
        return cls(
            spectrum,
            coupling_operators=ones,
            log_rates=table,
            particles_per_jump=(None,),
            reverse=(0,),
            each_pair_alone=True,
        )

    @cached_property
    def amplitudes(self) -> ComplexArray:
        """`a_f[i, j]` in the energy basis, shape (F, d, d)."""
        return np.asarray(np.exp(0.5 * self.log_rates) * self.coupling_operators)

    @cached_property
    def log_transition_rates(self) -> RealArray:
        """Logarithm of the rate j -> i of each coupling operator, `log |a_f[i, j]|^2`, shape (F, d, d)."""
        if self.each_pair_alone:
            return self.log_rates
        with np.errstate(divide="ignore"):
            return np.asarray(self.log_rates + 2 * np.log(np.abs(self.coupling_operators)))

    @cached_property
    def rates(self) -> RealArray:
        """Rates j -> i between states of the energy basis, `sum_f |a_f[i, j]|^2`, zero on the diagonal."""
        W = np.exp(self.log_rates[0]) if self.each_pair_alone else np.sum(np.abs(self.amplitudes) ** 2, axis=0)
        np.fill_diagonal(W, 0.0)
        return np.asarray(W)

    @cached_property
    def dephasing(self) -> ComplexArray:
        """`a_f[i, i]`: what each coupling operator does to the phase of each state, shape (F, d)."""
        operators = np.diagonal(self.coupling_operators, axis1=1, axis2=2)
        return np.asarray(np.exp(0.5 * np.diagonal(self.log_rates, axis1=1, axis2=2)) * operators)

    @property
    def knows_quanta(self) -> bool:  # type: ignore[override]
        """Whether it is known how many quanta each jump brings into the system."""
        return None not in self.particles_per_jump

    @cached_property
    def out_operators(self) -> list[int]:
        """Which coupling operators take a quantum out of the system."""
        return [f for f, quanta in enumerate(self.particles_per_jump) if quanta is not None and quanta < 0]

    @cached_property
    def exit_rates(self) -> RealArray:
        """Diagonal of `decay`, dephasing included, shape (d,)."""
        if self.each_pair_alone:
            return np.asarray(self.rates.sum(axis=0))
        return np.asarray(np.sum(np.abs(self.amplitudes) ** 2, axis=(0, 1)))

    @property
    def _decays_by_state(self) -> bool:
        return self.each_pair_alone or not self.spectrum.is_degenerate

    @cached_property
    def decay(self) -> ComplexArray:
        """`M = sum_{f,w} L^dagger L` in the energy basis: it has elements within levels only."""
        if self._decays_by_state:
            return np.diag(self.exit_rates).astype(complex)
        return np.asarray(sum(self.spectrum.within_levels(a.conj().T @ a) for a in self.amplitudes))

    def frequency_groups(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Pairs (rows i, columns j) of states of each Bohr frequency shared by two or more pairs, zero included."""
        return self._grouped_pairs[1]

    def single_pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Pairs (rows i, columns j) of states that share their jump with no other pair."""
        return self._grouped_pairs[0]

    @cached_property
    def _grouped_pairs(self) -> tuple[tuple[np.ndarray, np.ndarray], list[tuple[np.ndarray, np.ndarray]]]:
        if self.each_pair_alone:
            rows, columns = np.nonzero(np.isfinite(self.log_rates).any(axis=0))
            return (rows, columns), []
        return pairs_by_label(self.spectrum.state_frequency_labels, np.any(self.coupling_operators != 0, axis=0))

    @property
    def jump_count(self) -> int:
        """Upper bound of the number of jump operators: one for each element that is not zero."""
        present = np.isfinite(self.log_rates) if self.each_pair_alone else self.coupling_operators
        return int(np.count_nonzero(present))

    def jump_operators(self) -> ComplexArray:
        """Every jump operator `L_{f,w}` that is not zero, in the given basis, shape (K, d, d) with K up to F d^2."""
        elements = self.jump_elements()
        return np.array([self.spectrum.to_given_basis(L) for L in elements]).reshape(elements.shape)

    def jump_elements(self) -> ComplexArray:
        """Every jump operator that is not zero, in the energy basis, shape (K, d, d)."""
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

    def signed_jumps(self) -> tuple[RealArray, ComplexArray]:
        """Signs, all +1, and jump operators in the given basis."""
        operators = self.jump_operators()
        return np.ones(len(operators)), operators

    def gauged_jumps(self, spectrum: Spectrum) -> tuple[RealArray, ComplexArray, ComplexArray]:
        """Signs, traces over d, and the traceless jumps in the energy basis, where they are known."""
        elements = self.jump_elements()
        return np.ones(len(elements)), *split_traces(elements)

    def rate_ceiling(self, spectrum: Spectrum) -> RealArray:
        """Rates n -> m between levels if no two jumps interfered, shape (L, L)."""
        if self.each_pair_alone:
            return self.rates
        return np.asarray(spectrum.sum_over_levels(np.exp(self.log_transition_rates).sum(axis=0)))

    def restricted_to(self, columns: Array, old: Spectrum, new: Spectrum) -> FrequencyResolved:
        """The jumps on a sum of parts of levels, of constant rate between each two of them."""
        U = columns
        home = [np.nonzero(np.abs(U[:, a]) > 0)[0] for a in range(U.shape[1])]
        if self.each_pair_alone:
            states = np.argmax(np.abs(U), axis=0)
            return FrequencyResolved.of_rates(new, self.log_rates[0][np.ix_(states, states)])
        log_rates = [[[table[np.ix_(i, j)].max() for j in home] for i in home] for table in self.log_rates]
        operators = np.array([U.conj().T @ A @ U for A in self.coupling_operators])
        return replace(self, spectrum=new, coupling_operators=operators, log_rates=np.array(log_rates))

    def __repr__(self) -> str:
        d = self.spectrum.dimension
        if self.each_pair_alone:
            return f"{counted(self.jump_count, 'rate')} between {counted(d, 'state')}"
        present = self.log_rates[np.isfinite(self.log_rates)]
        return described(
            f"jumps resolved in frequency, between {counted(self.spectrum.size, 'level')}",
            ("couplings", str(len(self.coupling_operators))),
            ("log rates", f"{present.min():.6g} to {present.max():.6g}" if present.size else "none"),
        )

    def apply(self, rho: Array) -> ComplexArray:
        """Schroedinger action: two changes of basis, and O(d^2) for a generic spectrum, more if gaps coincide."""
        spectrum = self.spectrum
        return np.asarray(spectrum.to_given_basis(self.apply_elements(spectrum.to_energy_basis(rho), spectrum)))

    def adjoint(self, observable: Array) -> ComplexArray:
        """Heisenberg action; at the cost of `apply`."""
        X = self.spectrum.to_energy_basis(observable)
        return np.asarray(self.spectrum.to_given_basis(self._gain(X, adjoint=True) - self._loss(X)))

    def apply_elements(self, R: Array, spectrum: Spectrum) -> ComplexArray:
        """Schroedinger action on a matrix given, and returned, in the energy basis."""
        return np.asarray(self._gain(R) - self._loss(R))

    def _loss(self, R: Array) -> ComplexArray:
        """`{M, R}/2`; M is diagonal unless levels are degenerate."""
        if self._decays_by_state:
            rates = self.exit_rates
            return np.asarray(0.5 * (rates[:, None] + rates[None, :]) * R)
        return np.asarray(0.5 * (self.decay @ R + R @ self.decay))

    @cached_property
    def _single_rates(self) -> RealArray:
        """Rates of the pairs that share their jump with no other, shape (d, d)."""
        if self.each_pair_alone:
            return self.rates
        rates = np.zeros(self.log_rates.shape[1:])
        pairs = self.single_pairs()
        rates[pairs] = np.sum(np.abs(self.amplitudes[:, *pairs]) ** 2, axis=0)
        return rates

    def _gain(self, R: ComplexArray, *, adjoint: bool = False) -> ComplexArray:
        # A pair alone carries population to population: out[i, i] += W[i, j] R[j, j].
        W = self._single_rates.T if adjoint else self._single_rates
        out = np.diag((W @ np.diag(R)).astype(complex))
        # Pairs p, q of one Bohr frequency carry coherence, too: out[i_p, i_q] += a_p conj(a_q) R[j_p, j_q].
        for rows, columns in self.frequency_groups():
            a = self.amplitudes[:, rows, columns]
            i, j = (columns, rows) if adjoint else (rows, columns)
            kernel = np.einsum("fp,fq->pq", a.conj() if adjoint else a, a if adjoint else a.conj())
            np.add.at(out, (i[:, None], i[None, :]), kernel * R[np.ix_(j, j)])
        return out

    def gain_between(self, rows: np.ndarray, columns: np.ndarray) -> ComplexArray:
        """`G[p, q]`, by which the jumps feed rho[rows[p], columns[p]] from rho[rows[q], columns[q]], shape (n, n)."""
        n = rows.size
        if self.each_pair_alone:
            populations = rows == columns
            return np.where(populations[:, None] & populations[None, :], self.rates[np.ix_(rows, rows)], 0)
        # Only jumps of one Bohr frequency act from both sides.
        label = self.spectrum.state_frequency_labels
        together = label[np.ix_(rows, rows)] == label[np.ix_(columns, columns)] if n > 1 else True
        gain = np.zeros((n, n), dtype=complex)
        for a in self.amplitudes:
            gain += np.where(together, a[np.ix_(rows, rows)] * a[np.ix_(columns, columns)].conj(), 0)
        return gain


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
    has_jump_operators = False
    is_completely_positive = False

    def __repr__(self) -> str:
        return "a dissipator given by its action"

    def apply(self, rho: Array) -> ComplexArray:
        """Schroedinger action."""
        return np.asarray(self.schroedinger(rho), dtype=complex)

    def adjoint(self, observable: Array) -> ComplexArray:
        """Heisenberg action."""
        return np.asarray(self.heisenberg(observable), dtype=complex)

    def rate_ceiling(self, spectrum: Spectrum) -> RealArray:
        """Largest element of `D(1)`, for every pair of levels, since no jumps are known; shape (L, L)."""
        uniform = np.eye(spectrum.dimension, dtype=complex)
        return np.full((spectrum.size, spectrum.size), float(np.abs(self.apply(uniform)).max()))

    def restricted_to(self, columns: Array, old: Spectrum, new: Spectrum) -> MatrixFree:
        """The action on an invariant subspace: lift, act, project."""
        U = columns

        def lift(inner: Array) -> Array:
            return np.asarray(old.to_given_basis(U @ inner @ U.conj().T))

        def project(outer: Array) -> Array:
            return np.asarray(U.conj().T @ old.to_energy_basis(outer) @ U)

        return MatrixFree(lambda rho: project(self.apply(lift(rho))), lambda X: project(self.adjoint(lift(X))))


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
