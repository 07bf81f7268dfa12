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
from equipoise.balance.quantum.noise import is_exact, jump_rounding, rounded, state_noise
from equipoise.balance.quantum.parts import Parts
from equipoise.balance.quantum.signed_jumps import LARGEST_DENSE, resolved_actions
from equipoise.fluxes import GeneratorAtState
from equipoise.fluxes.jumps import JumpGroup, SinglePairs, paired_jumps, resolves_frequencies, scaled
from equipoise.generators import FrequencyResolved, Generator, Jumps
from equipoise.generators.representations import split_traces
from equipoise.spectrum import Spectrum
from equipoise.stationary import DensityMatrix
from equipoise.tolerances import EQUAL_WEIGHTS, STATIONARY


@dataclass(frozen=True, eq=False, kw_only=True)
class Symmetrised:
    """A generator in the symmetrised picture; see the module.

    Parameters
    ----------
    pair : GeneratorAtState
        On the support of the state.
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
    rounding : float
        Rounding of an element of `Ghat`, before sigma scales it.
    noise : Parts
        Error, from rounding of the given operators and from the error of the state, of the norm of
        `(Lhat - Lhat^dagger)/2`, in the jump part and in the coherent part.
    """

    pair: GeneratorAtState
    h: RealArray
    weight_error: RealArray
    groups: tuple[JumpGroup, ...]
    singles: SinglePairs
    effective: ComplexArray
    decay: ComplexArray
    is_defined: bool
    rounding: float
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
        return np.asarray(np.abs(self.frequency) <= EQUAL_WEIGHTS)

    @property
    def has_equal_weights(self) -> bool:
        """Whether two states have equal weights: the eigenbasis of the state is then not unique."""
        return int(np.count_nonzero(self.commutes)) > self.dimension

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

    @cached_property
    def _jump_norms(self) -> tuple[float, float]:
        norms = np.array([jump_norms(group) for group in self.groups] or [(0.0, 0.0)])
        antisymmetric, whole = np.sqrt(np.sum(norms**2, axis=0))
        single = self.singles
        antisymmetric = np.hypot(antisymmetric, 0.5 * np.linalg.norm(single.forward - single.backward))
        return float(antisymmetric), float(np.hypot(whole, np.linalg.norm(single.forward)))

    @property
    def antisymmetric_jump_norm(self) -> float:
        """Norm `||(C - C')/2||` of what the jumps do against their reverses."""
        return self._jump_norms[0]

    @property
    def jump_norm(self) -> float:
        """Norm `||C||` of the jump part."""
        return self._jump_norms[1]

    @property
    def norm(self) -> float:
        """Norm of jumps and decay together; of the commuting Hamiltonian where nothing dissipates."""
        return float(np.hypot(self.jump_norm, self.decay_norm)) or self.commuting_norm

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
        return self._image(X, is_adjoint=False)

    def adjoint(self, X: Array) -> ComplexArray:
        """`Lhat^dagger(X)`, Hilbert-Schmidt, on matrices of shape (..., d, d)."""
        return self._image(X, is_adjoint=True)

    def _image(self, X: Array, *, is_adjoint: bool) -> ComplexArray:
        """`sum s A X A^dagger + B X + X B^dagger`: A = Lambda^dagger and B = Ghat^dagger, or the adjoints of both."""
        B = self.effective if is_adjoint else self.effective.conj().T
        out = np.asarray(B @ X + X @ B.conj().T, dtype=complex)
        for group in self.groups:
            if group.rows.size == self.dimension**2:
                stack = group.forward.T.reshape(-1, *self.frequency.shape)
                for sign, L in zip(group.signs, stack, strict=True):
                    A = L if is_adjoint else L.conj().T
                    out += sign * (A @ X @ A.conj().T)
                continue
            # Lambda[row, column] takes X[column, column'] to out[row, row']; its adjoint goes the other way.
            to, source = (group.rows, group.columns) if is_adjoint else (group.columns, group.rows)
            elements = group.forward if is_adjoint else group.forward.conj()
            kernel = (elements * group.signs) @ elements.conj().T
            _add(out, to[:, None], to[None, :], kernel * X[..., source[:, None], source[None, :]])
        single = self.singles
        to, source = (single.rows, single.columns) if is_adjoint else (single.columns, single.rows)
        _add(out, to, to, single.forward * X[..., source, source])
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


def _add(out: ComplexArray, rows: np.ndarray, columns: np.ndarray, values: Array) -> None:
    """Add to elements of a stack of matrices, repeated ones too."""
    index: Any = (..., rows, columns)
    np.add.at(out, index, values)


def symmetrised(pair: GeneratorAtState) -> Symmetrised:
    """The symmetrised picture of a generator at a state, on its support; worked out once for each pair.

    Raises
    ------
    InputError
        If the generator leaves the support of the state, or a dissipator known by its action only is too large to be
        resolved into signed jumps.
    """
    return pair.on_support.once(_symmetrised)


def stationary_symmetrised(pair: GeneratorAtState) -> Symmetrised:
    """The picture for what exists in a stationary state only: the dual, the two parts, and how fast they relax.

    Raises
    ------
    InputError
        If the state is not stationary.
    """
    picture = symmetrised(pair)
    require(
        is_stationary(picture),
        "state",
        "be stationary, or the KMS dual does not map 1 to 0",
        f"||sigma^(-1/4) L(sigma) sigma^(-1/4)|| = {picture.stationarity:.3g}, to be compared with "
        f"{float(np.linalg.norm(picture.effective)):.3g}",
        "nearest_balanced makes a generator for which it is; detailed_balance holds for any state.",
    )
    return picture


def is_stationary(picture: Symmetrised) -> bool:
    """Whether the state is stationary up to its noise."""
    return picture.stationarity <= max(STATIONARY * float(np.linalg.norm(picture.effective)), picture.noise.total)


def is_unresolved(generator: Generator) -> bool:
    """Whether a dissipator is known by its action only, in a dimension too large to resolve it into jumps."""
    return generator.dimension > LARGEST_DENSE and not generator.has_jump_operators


def _symmetrised(pair: GeneratorAtState) -> Symmetrised:
    density, d = pair.density, pair.generator.dimension
    if is_unresolved(pair.generator):
        raise InputError(
            f"Argument `generator` must have jump operators above dimension {LARGEST_DENSE}, but one dissipator is "
            "known by its action only. Without jump operators detailed_balance(generator, state).of(notion) remains "
            "for KMS(), InnerProduct(s), BKM(), SLD(), Harmonic() and MonotoneMetric(mean), estimated from the action; "
            "the split into a jump and a coherent part, and the notions that need it, do not."
        )
    generator, error_of_action = resolved_actions(pair.generator)
    jumps = paired_jumps(generator, density, left=-0.25, right=0.25)
    effective, decay, is_defined, rounding, coherent_noise = _effective(generator, density)
    noise = Parts(jump_rounding(jumps, generator, density), coherent_noise)
    if error_of_action > 0:
        spread = float(np.linalg.norm(scaled(np.ones((d, d)), _tilt(density))))
        noise = noise + Parts(error_of_action * spread**2, error_of_action * float(np.sqrt(2 * d)) * spread)
    noise = noise + state_noise(jumps, effective, generator, density)
    error = density.relative_weight_error
    return Symmetrised(
        pair=pair,
        h=-density.log_weights,
        weight_error=np.zeros(d) if error is None else error,
        groups=jumps.groups,
        singles=jumps.singles,
        effective=effective,
        decay=decay,
        is_defined=is_defined,
        rounding=rounding,
        noise=noise,
    )


def jump_norms(group: JumpGroup) -> tuple[float, float]:
    """`||(C - C')/2||` and `||C||` of one group from one thin QR."""
    K = group.forward.shape[1]
    R: ComplexArray = np.asarray(np.linalg.qr(np.hstack([group.forward, group.backward]), mode="r"))
    a, b = R[:, :K], R[:, K:]
    signed = a * group.signs
    jump = 0.5 * (signed @ a.conj().T - (b * group.signs) @ b.conj().T)
    return float(np.linalg.norm(jump)), float(np.linalg.norm(signed @ a.conj().T))


def _effective(generator: Generator, density: DensityMatrix) -> tuple[ComplexArray, ComplexArray, bool, float, float]:
    """`Ghat`, the scaled `M`, whether the coherent terms exist, rounding of an element and of the coherent part."""
    spectrum = generator.spectrum
    secular = resolves_frequencies(generator.dissipators, density)
    d, tilt = spectrum.dimension, _tilt(density)
    H = np.diag(spectrum.energies).astype(complex)
    M = np.zeros((d, d), dtype=complex)
    is_defined = True
    largest, spread = float(np.abs(spectrum.energies).max()), 0.0
    for part in generator.dissipators:
        shift, decay, of_diagonal = _gauged(part.representation, spectrum)
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
        largest, spread = max(largest, float(np.abs(shift).max(initial=0.0))), spread + of_diagonal
    H = H - np.trace(H).real / d * np.eye(d)
    H, M = density.in_eigenbasis(H), density.in_eigenbasis(M)
    rounding, noise = 2 * ROUND_OFF * largest + spread, 0.0
    if not secular:
        exact = is_exact(generator, density)
        size = rounded(H, exact=exact, largest=largest) + 0.5 * rounded(M, exact=exact)
        # The identity parts of jumps are rounded on the diagonal of the basis in which they were given.
        of_traces = spread * (np.eye(d) if exact else np.ones((d, d)))
        off = np.abs(4 * tilt) > EQUAL_WEIGHTS
        noise = float(np.sqrt(2 * d) * np.linalg.norm(scaled(of_traces + np.where(off, size, 0), tilt)))
    return scaled(-1j * H - 0.5 * M, tilt), scaled(M, tilt), is_defined, rounding, noise


def _tilt(density: DensityMatrix) -> RealArray:
    """Logarithm of the factor of element [i, j] in `sigma^(-1/4) A sigma^(1/4)`."""
    return np.asarray(0.25 * (density.log_weights[None, :] - density.log_weights[:, None]))


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
    of_diagonal = ROUND_OFF * float(np.sum(np.where(sizes > 0, np.abs(c) ** 2 + np.abs(c) * sizes, 0.0)))
    return np.asarray(-(cross - cross.conj().T) / 2j), np.asarray(decay, dtype=complex), of_diagonal
