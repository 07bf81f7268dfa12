"""A generator as exact numbers: its jump operators and its Hamiltonian in the basis where they have fewest elements.

The evolution of chosen elements of the density matrix, `d rho[rows, columns]/dt = S rho[rows, columns]`, is then one
formula in three arithmetics: doubles, integers modulo a prime (which decide ranks) and balls (which give digits).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array, diags_array, eye_array, kron

from equipoise._checks import ROUND_OFF, Array, ComplexArray, RealArray
from equipoise.generators import FrequencyResolved, Generator, Jumps
from equipoise.linalg.exact import IMAGINARY_UNIT, PRIME, Dyadic
from equipoise.spectrum import Spectrum, element_rounding

_SPARSE_PRODUCTS = 1 << 24
"""Largest number of products of elements of jumps for which the superoperator is formed as a sparse matrix."""


@dataclass(frozen=True, eq=False, kw_only=True)
class JumpPart:
    """One jump operator, or one coupling operator that stands for a jump at each Bohr frequency.

    Parameters
    ----------
    sign : int
        +1, or -1 for the negative jumps of a Redfield generator.
    operator : ComplexArray, shape (d, d)
    error : RealArray, shape (d, d)
        How far each element may be off: the rounding of a number, or of a change of basis.
    log_scale : RealArray, shape (d, d), or None
        The elements are `exp(log_scale) operator`; None for `operator`.
    labels : ndarray of int, shape (d, d), or None
        Elements of one label are one jump; None if all are.
    within : ndarray of bool, shape (d, d), or None
        Where `L^dagger L`, summed over the labels, has elements; None for everywhere.
    """

    sign: int
    operator: ComplexArray
    error: RealArray
    log_scale: RealArray | None = None
    labels: np.ndarray | None = None
    within: np.ndarray | None = None


@dataclass(frozen=True, kw_only=True)
class Arithmetic:
    """Numbers in which the evolution is written.

    Parameters
    ----------
    lift : callable
        Arrays of the numbers of an operator, and of their complex conjugates, from its values and log scales.
    half, unit : number
        1/2 and i.
    reduced : callable
        Applied to sums of products.
    """

    lift: Callable[[ComplexArray, RealArray | None], tuple[np.ndarray, np.ndarray]]
    half: Any
    unit: Any
    reduced: Callable[[np.ndarray], np.ndarray]


def modular_arithmetic() -> Arithmetic:
    """Integers modulo a prime."""
    return Arithmetic(
        lift=lambda values, scale: Dyadic.of(values, scale).modular(),
        half=(PRIME + 1) // 2,
        unit=IMAGINARY_UNIT,
        reduced=lambda numbers: numbers % PRIME,
    )


def ball_arithmetic() -> Arithmetic:
    """Complex balls of the precision in force."""
    import flint

    return Arithmetic(
        lift=lambda values, scale: Dyadic.of(values, scale).balls(),
        half=flint.acb(0.5),
        unit=flint.acb(0, 1),
        reduced=lambda numbers: numbers,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class JumpModel:
    """The jumps and the Hamiltonian of a generator in one basis.

    Parameters
    ----------
    spectrum : Spectrum
    basis : Array, shape (d, d), or None
        Columns of the basis of the model in the energy basis; None for the energy basis itself.
    parts : tuple of JumpPart
    hamiltonians : tuple of ComplexArray, shape (d, d)
        Hermitian terms; their sum acts by its commutator.
    is_rounded : bool
        Whether the elements are results of a computation: of a change of basis here, or by the user. A given matrix
        with few zeros is taken for such a result; one with many (between Fock states, say) is exact.
    """

    spectrum: Spectrum
    basis: Array | None
    parts: tuple[JumpPart, ...]
    hamiltonians: tuple[ComplexArray, ...]
    is_rounded: bool

    @property
    def dimension(self) -> int:
        """Dimension d of the Hilbert space."""
        return self.spectrum.dimension

    @property
    def is_completely_positive(self) -> bool:
        """Whether no jump has a negative sign."""
        return all(part.sign > 0 for part in self.parts)

    def evolution(self, rows: np.ndarray, columns: np.ndarray, numbers: Arithmetic) -> np.ndarray:
        """`S[p, q]`: how rho[rows[q], columns[q]] feeds rho[rows[p], columns[p]], shape (n, n)."""
        d, n = self.dimension, rows.size
        across, along = np.ix_(rows, rows), np.ix_(columns, columns)
        nothing, _ = numbers.lift(np.zeros((1, 1), dtype=complex), None)
        S, G, conjugate = (np.full((size, size), nothing[0, 0], dtype=object) for size in (n, d, d))
        for part in self.parts:
            A, B = numbers.lift(part.operator, part.log_scale)
            gain = A[across] * B[along]
            decay, mirrored = numbers.reduced(B.T @ A), numbers.reduced(A.T @ B)
            if part.labels is not None and part.within is not None:
                gain = np.where(part.labels[across] == part.labels[along], gain, nothing[0, 0])
                decay = np.where(part.within, decay, nothing[0, 0])
                mirrored = np.where(part.within, mirrored, nothing[0, 0])
            S = S + part.sign * numbers.reduced(gain)
            G = G - part.sign * (numbers.half * decay)
            conjugate = conjugate - part.sign * (numbers.half * mirrored)
        for term in self.hamiltonians:
            K, other = numbers.lift(term, None)
            # -i K on the left; the conjugate of -i K is +i K^* on the right.
            G, conjugate = G - numbers.unit * K, conjugate + numbers.unit * other
        left = np.where(columns[:, None] == columns[None, :], G[across], nothing[0, 0])
        right = np.where(rows[:, None] == rows[None, :], conjugate[along], nothing[0, 0])
        return numbers.reduced(S + numbers.reduced(left + right))

    @cached_property
    def superoperator(self) -> csr_array | None:
        """The evolution of all d^2 elements in doubles, sparse, with sums that cancel to round-off left out.

        None where the products of its elements are too many to be held.
        """
        if any(part.labels is not None for part in self.parts):
            return None
        if sum(int(np.count_nonzero(part.operator)) ** 2 for part in self.parts) > _SPARSE_PRODUCTS:
            return None
        d = self.dimension
        one = eye_array(d, format="csr")
        S, size = csr_array((d * d, d * d), dtype=complex), csr_array((d * d, d * d))
        G, largest = csr_array((d, d), dtype=complex), csr_array((d, d))
        for part in self.parts:
            L = csr_array(part.operator)
            S = S + part.sign * kron(L, L.conj(), format="csr")
            size = size + kron(abs(L), abs(L), format="csr")
            G = G - 0.5 * part.sign * (L.conj().T @ L)
            largest = largest + 0.5 * (abs(L).T @ abs(L))
        energies = np.sum([np.diag(term).real for term in self.hamiltonians], axis=0)
        for term in self.hamiltonians:
            K = csr_array(term - np.diag(np.diag(term)))
            G, largest = G - 1j * K, largest + abs(K)
        S = S + kron(G, one, format="csr") + kron(one, G.conj(), format="csr")
        size = size + kron(largest, one, format="csr") + kron(one, largest, format="csr")
        floor = abs(S) - (4 * ROUND_OFF) * size
        # Energies enter as differences only: next to a large one a slow decay would drown.
        turning = csr_array(diags_array((energies[:, None] - energies[None, :]).ravel()))
        kept = csr_array(S.multiply(floor > 0)) - 1j * turning
        kept.eliminate_zeros()
        return kept

    def in_energy_basis(self, vectors: Array) -> Array:
        """Columns given in the basis of the model in the energy basis."""
        return vectors if self.basis is None else np.asarray(self.basis @ vectors)

    def eigenbasis(self, vectors: Array) -> Array | None:
        """Eigenvectors given in the basis of the model in the energy basis; None if they are the energy basis."""
        if np.array_equal(vectors, np.eye(self.dimension)):
            return self.basis
        return self.in_energy_basis(vectors)

    def perturbed(self, seed: int) -> JumpModel:
        """The model with each element that is not zero moved by its error: what the numbers given leave open."""
        rng = np.random.default_rng(seed)
        parts = []
        for part in self.parts:
            signs = rng.choice([-1.0, 1.0], size=part.operator.shape) * (part.operator != 0)
            parts.append(replace(part, operator=part.operator + part.error * signs))
        terms = []
        for K in self.hamiltonians:
            signs = np.triu(rng.choice([-1.0, 1.0], size=K.shape), 1)
            terms.append(K * (1 + ROUND_OFF * (signs + signs.T)))
        return replace(self, parts=tuple(parts), hamiltonians=tuple(terms))


def _errors(spectrum: Spectrum, operators: Iterable[ComplexArray], *, rounded: bool) -> list[RealArray]:
    if not rounded:
        return [ROUND_OFF * np.abs(L) for L in operators]
    relative = element_rounding(spectrum) / 4
    return [np.broadcast_to(relative * np.linalg.norm(L), L.shape) for L in operators]


def jump_model(generator: Generator) -> JumpModel | None:
    """The exact model of a generator; None if a dissipator is known by its action only."""
    if not generator.has_jump_operators:
        return None
    if generator.is_secular:
        return _secular(generator)
    spectrum = generator.spectrum
    parts = _energy_parts(generator)
    # Energies count from one of them: next to a part common to all, a level shift would lose digits.
    apart = _told_apart(spectrum)
    energies = np.diag(apart - apart[0]).astype(complex)
    terms = [K for K in (part.coherent_elements(spectrum) for part in generator.dissipators) if K is not None]
    basis, kinds = None, [part.representation for part in generator.dissipators]
    given = all(isinstance(k, Jumps) and k.energy_elements is None for k in kinds)
    is_rounded = given and spectrum.vectors is not None
    if given and spectrum.vectors is not None:
        # Numbers that were given are exact; a change of basis rounds them, and pays where it shows selection rules.
        operators = np.concatenate([kind.signed_jumps()[1] for kind in kinds])
        filled = np.count_nonzero(operators)
        if filled <= sum(np.count_nonzero(part.operator) for part in parts):
            parts = [
                JumpPart(sign=part.sign, operator=L, error=ROUND_OFF * np.abs(L))
                for part, L in zip(parts, operators, strict=True)
            ]
            H = np.asarray(generator.hamiltonian, dtype=complex)
            energies, basis = H - H[0, 0].real * np.eye(len(H)), spectrum.vectors.conj().T
            terms = [part.coherent for part in generator.dissipators if part.coherent is not None]
            is_rounded = bool(2 * filled > operators.size)
    return JumpModel(
        spectrum=spectrum,
        basis=basis,
        parts=tuple(parts),
        hamiltonians=_hermitian([energies, *terms]),
        is_rounded=is_rounded,
    )


def _hermitian(terms: list[ComplexArray]) -> tuple[ComplexArray, ...]:
    """The terms Hermitian to the last bit: otherwise they would not keep the trace exactly."""
    return tuple(0.5 * (K + K.conj().T) for K in terms)


def _told_apart(spectrum: Spectrum) -> RealArray:
    """Energies of the states, equal within a level where only the rounding of the diagonalisation splits them."""
    if spectrum.vectors is None:
        return spectrum.energies
    rounding = spectrum.dimension * ROUND_OFF * np.abs(spectrum.energies).max()
    same = np.abs(spectrum.energies - spectrum.state_energies) <= rounding
    return np.where(same, spectrum.state_energies, spectrum.energies)


def _energy_parts(generator: Generator) -> list[JumpPart]:
    """Every jump operator in the energy basis."""
    spectrum, parts = generator.spectrum, []
    for part in generator.dissipators:
        kind = part.representation
        if isinstance(kind, FrequencyResolved):
            elements, rounded = kind.jump_elements(), False
            signs = [1] * len(elements)
        else:
            assert isinstance(kind, Jumps)
            rounded = spectrum.vectors is not None and kind.energy_elements is None
            elements, signs = kind.elements(spectrum), list(kind.signs)
        errors = _errors(spectrum, elements, rounded=rounded)
        parts += [
            JumpPart(sign=int(sign), operator=np.asarray(L, dtype=complex), error=error)
            for sign, L, error in zip(signs, elements, errors, strict=True)
        ]
    return parts


def _secular(generator: Generator) -> JumpModel:
    """Coupling operators with their rates: only jumps of one Bohr frequency act from both sides of a state."""
    spectrum, d = generator.spectrum, generator.dimension
    parts, terms = [], [np.diag(spectrum.state_energies - spectrum.state_energies[0]).astype(complex)]
    level = spectrum.level_of[:, None] == spectrum.level_of[None, :]
    for part in generator.dissipators:
        kind = part.representation
        assert isinstance(kind, FrequencyResolved)
        alone = kind.each_pair_alone
        errors = _errors(spectrum, kind.coupling_operators, rounded=spectrum.vectors is not None)
        labels = np.arange(d * d).reshape(d, d) if alone else spectrum.state_frequency_labels
        parts += [
            JumpPart(
                sign=1,
                operator=np.asarray(np.where(np.isneginf(rates), 0, D), dtype=complex),
                error=error,
                log_scale=0.5 * rates,
                labels=labels,
                within=np.eye(d, dtype=bool) if alone else level,
            )
            for rates, D, error in zip(kind.log_rates, kind.coupling_operators, errors, strict=True)
            if np.any(np.isfinite(rates) & (D != 0))
        ]
        if part.coherent_term is not None:
            K = part.coherent_elements(spectrum)
            assert K is not None
            terms.append(spectrum.within_levels(K))
    return JumpModel(
        spectrum=spectrum,
        basis=None,
        parts=tuple(parts),
        hamiltonians=_hermitian(terms),
        is_rounded=spectrum.vectors is not None,
    )
