"""A generator in the symmetrised picture of a state, in the traceless gauge: what every notion is computed from.

In the eigenbasis of sigma, with `h = -log sigma`, the Heisenberg generator becomes

    Lhat(X) = sum_k s_k Lambda_k^dagger X Lambda_k + Ghat^dagger X + X Ghat,
    Lambda_k = sigma^(-1/4) L_k sigma^(1/4),  Ghat = sigma^(-1/4) (-i H - M/2) sigma^(1/4),

with traceless `L_k` and H: the jump part is then orthogonal to the coherent one, and both are unique.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from equipoise._checks import ROUND_OFF, Array, ComplexArray, InputError, NumericalError, RealArray, require
from equipoise.balance.quantum._scales import Parts
from equipoise.balance.quantum._signed_jumps import LARGEST_DENSE, resolved_actions
from equipoise.fluxes.jumps import JumpGroup, SinglePairs, paired_jumps, resolves_frequencies, scaled
from equipoise.generators import Dissipator, FrequencyResolved, Generator, Jumps
from equipoise.generators.generator import EnergyBasisTerm
from equipoise.generators.representations import split_traces
from equipoise.spectrum import Spectrum
from equipoise.stationary import DensityMatrix
from equipoise.stationary.state import require_full_rank

COMMUTING_TOLERANCE = 1e-9
"""Two weights of the state are equal for the split of the coherent part when their logarithms differ by less."""

_ROUNDED = 64 * ROUND_OFF
"""A residual below this, relative to the jump part, is rounding."""


@dataclass(frozen=True, eq=False)
class Symmetrised:
    """A generator in the symmetrised picture; see the module.

    Parameters
    ----------
    h : RealArray, shape (d,)
        Minus the logarithms of the weights of the state.
    weight_error : RealArray, shape (d,)
        Relative error expected of each weight; zero where the logarithms are as exact as given.
    groups : tuple of JumpGroup
    singles : SinglePairs
    effective, decay : ComplexArray, shape (d, d)
        `Ghat` and `sigma^(-1/4) M sigma^(1/4)`, H without trace.
    is_defined : bool
        Whether the coherent terms exist (a Lamb shift may diverge; it then commutes with the state).
    noise : Parts
        What the rounding of the given operators makes of the norm of `(Lhat - Lhat^dagger)/2`, in the jump part and
        in the coherent part.
    """

    h: RealArray
    weight_error: RealArray
    groups: tuple[JumpGroup, ...]
    singles: SinglePairs
    effective: ComplexArray
    decay: ComplexArray
    is_defined: bool
    noise: Parts

    @property
    def dimension(self) -> int:
        """Dimension d of the Hilbert space."""
        return int(self.h.size)

    @cached_property
    def frequency(self) -> RealArray:
        """Modular frequencies `h_i - h_j`, shape (d, d)."""
        return np.asarray(self.h[:, None] - self.h[None, :])

    @cached_property
    def commutes(self) -> np.ndarray:
        """Whether two states have equal weights, shape (d, d)."""
        return np.asarray(np.abs(self.frequency) <= COMMUTING_TOLERANCE)

    @cached_property
    def root_weights(self) -> RealArray:
        """`sigma^(1/2)`, shape (d,)."""
        return np.asarray(np.exp(-0.5 * self.h))

    @cached_property
    def antisymmetric(self) -> ComplexArray:
        """`D = (Ghat - Ghat^dagger)/2` without trace, shape (d, d)."""
        D = 0.5 * (self.effective - self.effective.conj().T)
        return np.asarray(D - np.trace(D) / self.dimension * np.eye(self.dimension))

    @cached_property
    def commuting_hamiltonian(self) -> ComplexArray:
        """The part of H that commutes with the state, without trace, in the eigenbasis of the state."""
        return np.asarray(1j * np.where(self.commutes, self.antisymmetric, 0))

    @property
    def commuting_norm(self) -> float:
        """Hilbert-Schmidt norm of `X -> i[K, X]`, K the Hamiltonian that commutes with the state."""
        return float(np.sqrt(2 * self.dimension) * np.linalg.norm(self.commuting_hamiltonian))

    @property
    def noncommuting_norm(self) -> float:
        """Norm of the antisymmetric coherent part between unequal weights."""
        return float(np.sqrt(2 * self.dimension) * np.linalg.norm(np.where(self.commutes, 0, self.antisymmetric)))

    @property
    def decay_norm(self) -> float:
        """Norm of the decay part `X -> -(Mhat^dagger X + X Mhat)/2`, `Mhat = sigma^(-1/4) M sigma^(1/4)`."""
        size2, trace = float(np.linalg.norm(self.decay)) ** 2, float(np.trace(self.decay).real)
        return float(np.sqrt(0.5 * (self.dimension * size2 + trace**2)))

    def dissipative_norm(self, jump_norm: float) -> float:
        """Norm of jumps and decay together; of the commuting Hamiltonian where nothing dissipates."""
        return float(np.hypot(jump_norm, self.decay_norm)) or self.commuting_norm

    @cached_property
    def jumps(self) -> tuple[RealArray, ComplexArray]:
        """Signs, shape (K,), and `Lambda_k`, shape (K, d, d), one by one; K is up to d^2 for a secular generator."""
        d = self.dimension
        count = sum(group.signs.size for group in self.groups) + int(np.count_nonzero(self.singles.forward))
        stack, signs = np.zeros((count, d, d), dtype=complex), np.ones(count)
        start = 0
        for group in self.groups:
            stop = start + group.signs.size
            stack[start:stop, group.rows, group.columns] = group.forward.T
            signs[start:stop] = group.signs
            start = stop
        p = np.nonzero(self.singles.forward)[0]
        value = self.singles.forward[p]
        stack[np.arange(start, count), self.singles.rows[p], self.singles.columns[p]] = np.sqrt(np.abs(value))
        signs[start:count] = np.sign(value)
        return signs, stack

    def choi(self) -> ComplexArray:
        """`C = sum_k s_k |Lambda_k>><<Lambda_k|`, shape (d^2, d^2)."""
        d = self.dimension
        C = np.zeros((d * d, d * d), dtype=complex)
        for group in self.groups:
            p = group.rows * d + group.columns
            C[p[:, None], p[None, :]] += (group.forward * group.signs) @ group.forward.conj().T
        p = self.singles.rows * d + self.singles.columns
        C[p, p] += self.singles.forward
        return C

    def jump_superoperator(self) -> ComplexArray:
        """The jump part of `Lhat` as a d^2 x d^2 matrix on row-major vec(X)."""
        d = self.dimension
        # C[(r c), (r' c')] = Lambda[r, c] conj(Lambda[r', c']) multiplies X[r', r] into out[c', c].
        return np.asarray(self.choi().reshape(d, d, d, d).transpose(3, 1, 2, 0).reshape(d * d, d * d))

    def superoperator(self, *, hamiltonian: bool = True) -> ComplexArray:
        """`Lhat` as a d^2 x d^2 matrix on row-major vec(X); without the coherent part if asked."""
        G = self.effective if hamiltonian else -0.5 * self.decay
        identity = np.eye(self.dimension)
        return np.asarray(self.jump_superoperator() + np.kron(G.conj().T, identity) + np.kron(identity, G.T))

    def apply(self, X: Array) -> ComplexArray:
        """`Lhat(X)` on matrices of shape (..., d, d)."""
        out = np.asarray(self.effective.conj().T @ X + X @ self.effective, dtype=complex)
        for group in self.groups:
            if group.rows.size == self.dimension**2:
                for sign, L in zip(group.signs, group.forward.T.reshape(-1, *self.frequency.shape), strict=True):
                    out += sign * (L.conj().T @ X @ L)
            else:
                kernel = (group.forward.conj() * group.signs) @ group.forward.T
                _gather(out, X, kernel, group.columns, group.rows)
        single = self.singles
        _add(out, single.columns, single.columns, single.forward * X[..., single.rows, single.rows])
        return out

    def adjoint(self, X: Array) -> ComplexArray:
        """`Lhat^dagger(X)`, Hilbert-Schmidt, on matrices of shape (..., d, d)."""
        out = np.asarray(self.effective @ X + X @ self.effective.conj().T, dtype=complex)
        for group in self.groups:
            if group.rows.size == self.dimension**2:
                for sign, L in zip(group.signs, group.forward.T.reshape(-1, *self.frequency.shape), strict=True):
                    out += sign * (L @ X @ L.conj().T)
            else:
                kernel = (group.forward * group.signs) @ group.forward.conj().T
                _gather(out, X, kernel, group.rows, group.columns)
        single = self.singles
        _add(out, single.rows, single.rows, single.forward * X[..., single.columns, single.columns])
        return out

    @cached_property
    def stationarity(self) -> float:
        """`||sigma^(-1/4) L_*(sigma) sigma^(-1/4)||`: zero if the state is stationary."""
        d, root = self.dimension, self.root_weights
        out = self.effective * root[None, :] + (self.effective * root[None, :]).conj().T
        for group in self.groups:
            if group.rows.size == d * d:
                blocks = group.forward.T.reshape(-1, d, d)
                out = out + np.einsum("k,kil,l,kjl->ij", group.signs, blocks, root, blocks.conj(), optimize=True)
                continue
            same = group.columns[:, None] == group.columns[None, :]
            kernel = (group.forward * group.signs) @ group.forward.conj().T * root[group.columns]
            p, q = np.nonzero(same)
            np.add.at(out, (group.rows[p], group.rows[q]), kernel[p, q])
        single = self.singles
        np.add.at(out, (single.rows, single.rows), single.forward * root[single.columns])
        return float(np.linalg.norm(out))


def _gather(out: ComplexArray, X: Array, kernel: ComplexArray, to: np.ndarray, source: np.ndarray) -> None:
    """Add `kernel[p, q] X[source_p, source_q]` to `out[to_p, to_q]`."""
    values = kernel * X[..., source[:, None], source[None, :]]
    _add(out, to[:, None], to[None, :], values)


def _add(out: ComplexArray, rows: np.ndarray, columns: np.ndarray, values: Array) -> None:
    """Add to elements of a stack of matrices, repeated ones too."""
    index: Any = (..., rows, columns)
    np.add.at(out, index, values)


def symmetrised(generator: Generator, density: DensityMatrix) -> Symmetrised:
    """The symmetrised picture of a generator; the density is referred to its spectrum and has full rank.

    Raises
    ------
    InputError
        If a dissipator known by its action only is too large to be resolved into signed jumps.
    """
    require_full_rank(density)
    h = -density.log_weights
    explicit, rounded = _with_jumps(generator)
    secular = resolves_frequencies(explicit.dissipators, density)
    jumps = paired_jumps(explicit, density, left=-0.25, right=0.25)
    groups, singles = jumps.groups, jumps.singles
    effective, decay, is_defined, coherent_noise = _effective(explicit, density, h, secular)
    size = float(np.linalg.norm(singles.forward)) + sum(float(np.linalg.norm(g.forward)) ** 2 for g in groups)
    jump_noise = _ROUNDED * size
    if not secular:
        jump_noise += sum(_jump_noise(group, explicit, density, h) for group in groups)
    if rounded > 0:
        spread = float(np.linalg.norm(scaled(np.ones((h.size, h.size)), _tilt(h))))
        jump_noise += rounded * spread**2
        coherent_noise += rounded * float(np.sqrt(2 * h.size)) * spread
    noise = Parts(float(jump_noise), coherent_noise)
    error = np.zeros(h.size) if density.relative_weight_error is None else density.relative_weight_error
    return Symmetrised(h, error, groups, singles, effective, decay, is_defined, noise)


def _with_jumps(generator: Generator) -> tuple[Generator, float]:
    """The generator with every dissipator known by its action resolved into signed jumps, and their rounding."""
    if generator.has_jump_operators:
        return generator, 0.0
    if generator.dimension > LARGEST_DENSE:
        raise InputError(
            f"Argument `generator` must have jump operators above dimension {LARGEST_DENSE}, but one dissipator is "
            "known by its action only. Without jump operators MonotoneMetric, BKM(), SLD(), Harmonic(), SDual(s) and "
            "KMS() as a whole remain (balance_residual estimates them from the action); the split into a jump and a "
            "coherent part, and the notions that need it, do not."
        )
    return resolved_actions(generator)


def _effective(
    generator: Generator, density: DensityMatrix, h: RealArray, secular: bool
) -> tuple[ComplexArray, ComplexArray, bool, float]:
    """`Ghat`, the scaled `M`, whether the coherent terms exist, and the rounding of the coherent part."""
    spectrum = generator.spectrum
    d = h.size
    H = np.diag(spectrum.energies).astype(complex)
    M = np.zeros((d, d), dtype=complex)
    is_defined = True
    largest, spread = float(np.abs(spectrum.energies).max()), 0.0
    for part in generator.dissipators:
        shift, decay, rounded = _gauged(part.representation, spectrum)
        try:
            K = part.coherent_elements(spectrum)
        except NumericalError:
            # A Lamb shift that does not exist (a flat band without end) would commute with H; without degenerate
            # levels it commutes with the state as well.
            require(not spectrum.is_degenerate, "generator", "have a finite Lamb shift", "it diverges")
            K, is_defined = None, False
        if K is not None:
            # A secular one commutes with H; round-off between levels would be blown up by the ratio of weights.
            H = H + (spectrum.within_levels(K) if secular else K)
            largest = max(largest, float(np.abs(K).max(initial=0.0)))
        H, M = H + shift, M + decay
        largest, spread = max(largest, float(np.abs(shift).max(initial=0.0))), spread + rounded
    H = H - np.trace(H).real / d * np.eye(d)
    H, M = density.in_eigenbasis(H), density.in_eigenbasis(M)
    noise = 0.0
    if not secular:
        exact = density.basis is None and all(_is_exact(part, spectrum) for part in generator.dissipators)
        size = _rounded(H, exact=exact, largest=largest) + 0.5 * _rounded(M, exact=exact)
        # The identity parts of jumps are rounded on the diagonal of the basis in which they were given.
        of_traces = spread * (np.eye(d) if exact else np.ones((d, d)))
        off = np.abs(h[:, None] - h[None, :]) > COMMUTING_TOLERANCE
        noise = float(np.sqrt(2 * d) * np.linalg.norm(scaled(of_traces + np.where(off, size, 0), _tilt(h))))
    return scaled(-1j * H - 0.5 * M, _tilt(h)), scaled(M, _tilt(h)), is_defined, noise


def _tilt(h: RealArray) -> RealArray:
    """Logarithm of the factor of element [i, j] in `sigma^(-1/4) A sigma^(1/4)`."""
    return np.asarray(0.25 * (h[:, None] - h[None, :]))


def _is_exact(part: Dissipator, spectrum: Spectrum) -> bool:
    """Whether each element of a dissipator is known in the energy basis to its own digits."""
    if spectrum.vectors is None:
        return True
    if isinstance(part.representation, Jumps) and part.representation.energy_elements is None:
        return False
    return part.coherent_term is None or isinstance(part.coherent_term, EnergyBasisTerm)


def _rounded(elements: Array, *, exact: bool, largest: float = 0.0) -> RealArray:
    """Rounding error of matrix elements: of each of its own where no basis was changed, of the largest otherwise.

    `largest`: of the terms that add up to them, where they may cancel.
    """
    size = np.abs(elements)
    if exact:
        return np.asarray(ROUND_OFF * size)
    return np.full(size.shape, 2 * ROUND_OFF * max(largest, float(size.max(initial=0.0))))


def _jump_noise(group: JumpGroup, generator: Generator, density: DensityMatrix, h: RealArray) -> float:
    """Rounding of the jump part: rounded elements scaled, times the jumps they multiply."""
    total = 0.0
    undo = np.exp(np.clip(-0.25 * group.frequency, -700, 700))
    exact = density.basis is None and all(_is_exact(part, generator.spectrum) for part in generator.dissipators)
    for k in range(group.signs.size):
        elements = (group.forward[:, k] * undo).reshape(h.size, h.size)
        of_trace = ROUND_OFF * group.removed[k] * (np.eye(h.size) if exact else np.ones((h.size, h.size)))
        error = np.linalg.norm(scaled(_rounded(elements, exact=exact) + of_trace, _tilt(h)))
        total += float(error) * float(np.linalg.norm(group.forward[:, k]))
    return total


def _gauged(kind: object, spectrum: Spectrum) -> tuple[ComplexArray, ComplexArray, float]:
    """Hamiltonian shift and `M = sum L^dagger L` in the traceless gauge `L -> L - c`, `c = Tr L / d`, and rounding.

    `H -> H - (1/2i) sum (c^* L0 - c L0^dagger)`. In the energy basis. M is made of the traceless jumps: the given
    one would leave the rounding of `|c|^2`. The rounding is that of elements of H and M/2 for that of the diagonal
    of the jumps, `ROUND_OFF (|c|^2 + |c| |L0|)`: nothing for a multiple of the identity.
    """
    d = spectrum.dimension
    if isinstance(kind, Jumps):
        signs, c, rest = kind.gauged_jumps(spectrum)
        decay = np.einsum("k,kli,klj->ij", signs, rest.conj(), rest, optimize=True)
    elif isinstance(kind, FrequencyResolved) and not kind.each_pair_alone:
        c, rest = split_traces(kind.amplitudes)
        signs = np.ones(len(rest))
        decay = np.zeros((d, d), dtype=complex)
        if spectrum.is_degenerate:
            for L in rest:
                decay += spectrum.within_levels(L.conj().T @ L)
        else:
            decay[np.diag_indices(d)] = np.einsum("kij,kij->j", rest.conj(), rest)
        level = kind.spectrum.level_of
        rest = np.where(level[:, None] == level[None, :], rest, 0)
    else:
        assert isinstance(kind, FrequencyResolved)
        return np.zeros((d, d), dtype=complex), kind.decay, 0.0
    cross = np.einsum("k,kij->ij", signs * c.conj(), rest)
    sizes = np.abs(rest).max(axis=(1, 2), initial=0.0)
    rounded = ROUND_OFF * float(np.sum(np.where(sizes > 0, np.abs(c) ** 2 + np.abs(c) * sizes, 0.0)))
    return np.asarray(-(cross - cross.conj().T) / 2j), np.asarray(decay, dtype=complex), rounded
