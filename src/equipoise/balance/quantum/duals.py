"""KMS dual, reversible and irreversible part of a generator, and the nearest one in detailed balance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import Array, ComplexArray, InputError, RealArray, finite_real, require, require_memory
from equipoise.balance.quantum._exchange import frequency_labels
from equipoise.balance.quantum._prepared import Prepared, prepared, stationary_prepared
from equipoise.balance.quantum._symmetrised import COMMUTING_TOLERANCE, Symmetrised
from equipoise.balance.quantum.notions import GNS, KMS, Alicki, StandardQuantum
from equipoise.generators import Dissipator, Generator, Jumps
from equipoise.generators.generator import EnergyBasisTerm
from equipoise.provenance import Provenance
from equipoise.stationary import DensityMatrix, StationaryState
from equipoise.tolerances import STATIONARY

State = StationaryState | DensityMatrix | ArrayLike

_FACTOR = 1e-14
"""Eigenvalues below this share of the largest are no jumps when a Choi matrix is factorised."""


def kms_dual(generator: Generator, state: State) -> Generator:
    """The adjoint L' of a generator in the KMS inner product, itself a generator (of GKSL form if L is).

        L'_k = sigma^(1/2) L_k^dagger sigma^(-1/2),    G' = sigma^(1/2) G^dagger sigma^(-1/2),    H' = (i/2)(G' - G'^+),

    in the traceless gauge. `sigma` is its stationary state too; a Hamiltonian that commutes with it changes sign.

    Parameters
    ----------
    generator : Generator
        With jump operators (signs -1 allowed), or of dimension up to 32.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Stationary. A state without full rank restricts the generator to its support.

    Returns
    -------
    Generator
        One dissipator without reservoir, in the basis and with the spectrum of the given one.

    Raises
    ------
    InputError
        If the state is not stationary.

    References
    ----------
    Petz (1984); Fagnola & Umanita (2010).

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> from equipoise.stationary import stationary_state
    >>> cycle = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> dual = kms_dual(cycle, stationary_state(cycle))
    >>> dual.apply(np.diag([1.0, 0, 0])).real.round(12).diagonal().tolist()  # the other way round
    [-3.0, 1.0, 2.0]
    """
    ready = stationary_prepared(generator, state)
    signs, stack = ready.picture.jumps
    G = ready.picture.effective.conj().T
    return _assembled(ready, signs, stack.conj().transpose(0, 2, 1), G, "KMS dual")


def reversible_part(generator: Generator, state: State) -> Generator:
    """The part `S = (L + L')/2`, KMS-balanced and of GKSL form if L is; sigma is its stationary state.

    The nearest KMS-balanced generator in the norm of the symmetrised picture. For a state that is only a candidate
    use `nearest_balanced`.

    Parameters
    ----------
    generator : Generator
        As for `kms_dual`.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Stationary.

    Returns
    -------
    Generator
    """
    return _weighted(stationary_prepared(generator, state), 0.5, 0.5, "reversible part")


def irreversible_part(generator: Generator, state: State) -> Generator:
    """The part `A = (L - L')/2` that carries the currents: anti-self-adjoint in the KMS inner product.

    Jumps of L with their signs and of L' with the opposite ones: it maps 1 to 0 and leaves sigma as it is, and is
    not completely positive. `reversible_part + irreversible_part` is the generator.

    Parameters
    ----------
    generator : Generator
        As for `kms_dual`.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Stationary.

    Returns
    -------
    Generator
        Of signed jumps.
    """
    return _weighted(stationary_prepared(generator, state), 0.5, -0.5, "irreversible part")


def with_irreversible_part(generator: Generator, state: State, factor: float) -> Generator:
    """`S + a A`: the reversible part with `a` times the irreversible one; a = 1 is L, a = -1 its KMS dual.

    Of GKSL form for `|a| <= 1` if L is; beyond, usually not (signs -1), though sigma stays stationary.

    Parameters
    ----------
    generator : Generator
        As for `kms_dual`.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Stationary.
    factor : float
        a.
    """
    factor = finite_real(factor, "factor")
    ready = stationary_prepared(generator, state)
    return _weighted(ready, 0.5 * (1 + factor), 0.5 * (1 - factor), f"reversible + {factor:g} irreversible part")


def nearest_balanced(generator: Generator, state: State, notion: KMS | GNS | StandardQuantum | Alicki) -> Generator:
    """The nearest generator in detailed balance with respect to a state, of GKSL form.

    Nearest in the Hilbert-Schmidt norm of the symmetrised picture, if the state is stationary; the distance is then
    the residual of the notion. For KMS it is the reversible part; for GNS jumps are resolved in modular frequency as
    well. `StandardQuantum` and `Alicki` keep the Hamiltonian that commutes with the state. If the state is only a
    candidate the jumps are symmetrised and the coherent term made anew,

        H_ij = (i/2) tanh((h_i - h_j)/4) M_ij,   h = -log sigma,   M = sum_k L_k^dagger L_k:

    a generator with exactly that stationary state, near to the given one if the irreversibility budget is small.

    Parameters
    ----------
    generator : Generator
        With jump operators, all signs +1, or of dimension up to 32 and completely positive.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        A state without full rank restricts the generator to its support.
    notion : KMS(), GNS(), StandardQuantum() or Alicki()

    Returns
    -------
    Generator

    Raises
    ------
    InputError
        If the generator is not of GKSL form, or the notion has no nearest generator in closed form.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> from equipoise.stationary import stationary_state
    >>> cycle = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> nearest = nearest_balanced(cycle, stationary_state(cycle), KMS())
    >>> nearest.apply(np.diag([1.0, 0, 0])).real.round(12).diagonal().tolist()
    [-3.0, 1.5, 1.5]
    """
    require(
        isinstance(notion, KMS | GNS | StandardQuantum | Alicki),
        "notion",
        "be KMS(), GNS(), StandardQuantum() or Alicki()",
        f"got {notion!r}",
        "The nearest generator in another notion is not known in closed form.",
    )
    ready = prepared(generator, state)
    picture = ready.picture
    signs, stack = picture.jumps
    if bool(np.any(signs < 0)):
        raise InputError(
            "Argument `generator` must be of GKSL form for the nearest one in detailed balance to be so, but "
            f"{int(np.sum(signs < 0))} of its jumps have the sign -1. balance_residual and irreversibility_budget "
            "hold for it; reversible_part gives its symmetric part, with signs."
        )
    both = np.concatenate([stack, stack.conj().transpose(0, 2, 1)]) * np.sqrt(0.5)
    if isinstance(notion, GNS | Alicki):
        both = _pinched(both, picture)
    # Mhat = sum Delta^(1/2)(Lambda^dagger) Lambda, and Ghat = -M/(2 cosh): Hermitian by construction.
    weight = np.exp(0.5 * picture.frequency)
    M = np.einsum("kli,il,klj->ij", both.conj(), weight, both, optimize=True)
    # sigma^(-1/4) M sigma^(1/4) with -i H added is M_ij (1 - tanh)/2 = M_ij e^(-x)/(2 cosh x), x = (h_i - h_j)/4.
    x = 0.25 * picture.frequency
    G = -M * np.exp(-x - np.abs(x)) / (1 + np.exp(-2 * np.abs(x)))
    G = 0.5 * (G + G.conj().T)
    if isinstance(notion, StandardQuantum | Alicki):
        G = G - 1j * picture.commuting_hamiltonian
    return _assembled(ready, np.ones(len(both)), both, np.asarray(G), f"nearest in {notion.name} balance")


def _weighted(ready: Prepared, forward: float, backward: float, how: str) -> Generator:
    """`forward L + backward L'`, jumps of negative weight with the opposite sign."""
    signs, stack = ready.picture.jumps
    G = forward * ready.picture.effective + backward * ready.picture.effective.conj().T
    parts = [(w, A) for w, A in ((forward, stack), (backward, stack.conj().transpose(0, 2, 1))) if w != 0]
    jumps = np.concatenate([np.sqrt(abs(w)) * A for w, A in parts])
    return _assembled(ready, np.concatenate([np.sign(w) * signs for w, _ in parts]), jumps, np.asarray(G), how)


def _pinched(stack: ComplexArray, picture: Symmetrised) -> ComplexArray:
    """Jumps of one modular frequency each, with the same Choi matrix within every frequency."""
    d = picture.dimension
    rows, columns = np.divmod(np.arange(d * d), d)
    label = frequency_labels(picture, rows, columns, COMMUTING_TOLERANCE)
    elements = stack.reshape(len(stack), -1).T
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.nonzero(np.diff(label[order]))[0] + 1)
    groups = [pairs for pairs in groups if np.any(elements[pairs])]
    count = sum(min(pairs.size, elements.shape[1]) for pairs in groups)
    require_memory(2, int(np.sqrt(max(count, 1)) * d), "generator", "Its resolved jumps are as many as its pairs.")
    jumps = []
    for pairs in groups:
        vectors, sizes, _ = np.linalg.svd(elements[pairs], full_matrices=False)
        for vector, size in zip(vectors.T, sizes, strict=True):
            if size > _FACTOR * sizes[0]:
                jump = np.zeros(d * d, dtype=complex)
                jump[pairs] = size * vector
                jumps.append(jump.reshape(d, d))
    return np.array(jumps).reshape(-1, d, d)


def _assembled(ready: Prepared, signs: RealArray, stack: ComplexArray, G: Array, how: str) -> Generator:
    """A generator in the given basis from `Lambda_k` and `Ghat`: the coherent term makes up for the Hamiltonian."""
    generator, picture = ready.generator, ready.picture
    spectrum, basis = generator.spectrum, ready.density.basis
    tilt = np.exp(0.25 * picture.frequency)
    elements, inner = stack / tilt, G / tilt
    M = np.einsum("k,kli,klj->ij", signs, elements.conj(), elements, optimize=True)
    # It maps 1 to 0, G + G^dagger = -M: of two reverse elements of G the one known to its digits gives H = i (G + M/2).
    known = picture.frequency >= -COMMUTING_TOLERANCE
    half = np.where(known, 1j * (inner + 0.5 * M), 0)
    H = np.where(known & known.T, 0.5 * (half + half.conj().T), half + half.conj().T)
    if basis is not None:
        elements, H = basis @ elements @ basis.conj().T, basis @ H @ basis.conj().T
    H = 0.5 * (H + H.conj().T)
    # Kept in the energy basis: going to the given one and back would lose the slow jumps of a cold state.
    operators = np.array([spectrum.to_given_basis(L) for L in elements], dtype=complex).reshape(elements.shape)
    kind = Jumps(operators, tuple(int(sign) for sign in signs), np.asarray(elements, dtype=complex))
    coherent = EnergyBasisTerm(spectrum, np.asarray(H - np.diag(spectrum.energies)))
    notes = (*generator.provenance.notes, *_remarks(ready))
    provenance = Provenance(f"{how} of: {generator.provenance.limit}", generator.provenance.options, notes)
    return replace(
        generator,
        dissipators=(Dissipator(kind, coherent_term=coherent),),
        is_graded=None,
        provenance=provenance,
        system=None,
        undetermined=(),
    )


def _remarks(ready: Prepared) -> tuple[str, ...]:
    """What a reader must know of the state: that it is not of full rank, or a candidate that is not stationary."""
    remarks = []
    if ready.support is not None:
        remarks.append(str(ready.support))
    size = ready.picture.stationarity
    if size > max(STATIONARY * float(np.linalg.norm(ready.picture.effective)), ready.noise.total):
        remarks.append(f"the state was not stationary under the given generator: norm of L(sigma) {size:.3g}")
    return tuple(remarks)
