"""Dual of a generator in an inner product, its reversible and irreversible part, and the nearest balanced one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from equipoise._checks import Array, ComplexArray, InputError, RealArray, finite_real, require, require_memory
from equipoise.balance.quantum.modular import frequency_labels
from equipoise.balance.quantum.notions import (
    GNS,
    KMS,
    AbstractMetric,
    Alicki,
    InnerProduct,
    StandardQuantum,
)
from equipoise.balance.quantum.symmetrised import Symmetrised, is_stationary, stationary_symmetrised, symmetrised
from equipoise.fluxes import GeneratorAtState, at_state
from equipoise.fluxes.generator_at_state import State
from equipoise.generators import Dissipator, Generator, Jumps, MatrixFree
from equipoise.generators.generator import EnergyBasisTerm
from equipoise.provenance import Provenance
from equipoise.tolerances import EQUAL_WEIGHTS

_FACTOR = 1e-14
"""Eigenvalues below this share of the largest are no jumps when a Choi matrix is factorised."""

_SMALLEST = -700.0
"""Logarithm of the smallest weight by which a matrix can be divided without overflow."""


def dual(
    generator: Generator | GeneratorAtState,
    state: State | None = None,
    notion: KMS | GNS | AbstractMetric = KMS(),  # noqa: B008
) -> Generator:
    """The adjoint L' of a generator in the inner product of a notion of detailed balance, `<L'(A), B> = <A, L(B)>`.

    In the KMS inner product it is a generator of GKSL form if L is:

        L'_k = sigma^(1/2) L_k^dagger sigma^(-1/2),    G' = sigma^(1/2) G^dagger sigma^(-1/2),    H' = (i/2)(G' - G'^+),

    in the traceless gauge. `sigma` is its stationary state too; a Hamiltonian that commutes with it changes sign. In
    any other, `<A, B> = sum_ij m_ij conj(A_ij) B_ij` in the eigenbasis of sigma, it is given by its action
    `L'(X) = m^-1 L_*(m X)`, element by element, `L_*` the Schroedinger action: of GNS, `sigma^-1 L_*(sigma X)`. That
    one maps Hermitian operators to Hermitian ones only if L commutes with the modular flow.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        For KMS with jump operators (signs -1 allowed), or of dimension up to 32.
    state : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        Stationary (None: the stationary state); for KMS this is checked, in any other inner product the dual of a
        candidate does not preserve the trace. A state without full rank restricts the generator to its support.
    notion : KMS(), GNS(), or a metric: InnerProduct(s), BKM(), SLD(), Harmonic(), MonotoneMetric(mean)

    Returns
    -------
    Generator
        One dissipator without reservoir, in the basis and with the spectrum of the given one.

    Raises
    ------
    InputError
        If the notion has no inner product; for KMS if the state is not stationary; for others if a weight is too small
        to divide a matrix by it.

    References
    ----------
    Petz (1984); Fagnola & Umanita (2010). For GNS Accardi & Imafuku (2002), (63a), (87).

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> cycle = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> dual(cycle).apply(np.diag([1.0, 0, 0])).real.round(12).diagonal().tolist()  # the other way round
    [-3.0, 1.0, 2.0]
    """
    require(
        isinstance(notion, KMS | GNS | AbstractMetric),
        "notion",
        "be KMS(), GNS() or a metric, which have an inner product",
        f"got {notion!r}",
    )
    pair = at_state(generator, state)
    if isinstance(notion, GNS):
        return _dual_in_metric(pair.on_support, InnerProduct(0.0))
    if isinstance(notion, AbstractMetric):
        return _dual_in_metric(pair.on_support, notion)
    picture = stationary_symmetrised(pair)
    signs, stack = picture.jumps
    return _assembled(picture, signs, stack.conj().transpose(0, 2, 1), picture.effective.conj().T, "KMS dual")


def _dual_in_metric(pair: GeneratorAtState, metric: AbstractMetric) -> Generator:
    given, density = pair.generator, pair.density
    log_p = density.log_weights
    lowest = float(log_p.min())
    require(
        lowest >= _SMALLEST,
        "state",
        "have weights above 1e-304 to be divided by",
        f"has one of exp({lowest:.4g})",
        "The KMS dual works with logarithms, and so does time_reversed_generator for a generic generator.",
    )
    m = np.exp(0.5 * (log_p[:, None] + log_p[None, :]) + metric.log_weight(log_p[None, :] - log_p[:, None]))
    V, H = density.eigenvectors, given.hamiltonian

    def weighted(factor: RealArray, X: Array) -> ComplexArray:
        return np.asarray(V @ (factor * (V.conj().T @ X @ V)) @ V.conj().T)

    def heisenberg(X: Array) -> ComplexArray:
        return weighted(1 / m, given.apply(weighted(m, X))) - 1j * (H @ X - X @ H)

    def schroedinger(rho: Array) -> ComplexArray:
        return weighted(m.T, given.adjoint(weighted(1 / m.T, rho))) + 1j * (H @ rho - rho @ H)

    return _made(given, Dissipator(MatrixFree(schroedinger, heisenberg)), f"dual in {metric.name}", ())


def reversible_part(generator: Generator | GeneratorAtState, state: State | None = None) -> Generator:
    """The part `S = (L + L')/2`, KMS-balanced and of GKSL form if L is; sigma is its stationary state.

    The nearest KMS-balanced generator in the norm of the symmetrised picture. For a state that is only a candidate
    use `nearest_balanced`. Parameters are those of `dual`.
    """
    return _weighted(stationary_symmetrised(at_state(generator, state)), 0.5, 0.5, "reversible part")


def irreversible_part(generator: Generator | GeneratorAtState, state: State | None = None) -> Generator:
    """The part `A = (L - L')/2` that carries the currents: anti-self-adjoint in the KMS inner product.

    Jumps of L with their signs and of L' with the opposite ones: it maps 1 to 0 and leaves sigma as it is, and is
    not completely positive. `reversible_part + irreversible_part` is the generator. Parameters are those of `dual`.
    """
    return _weighted(stationary_symmetrised(at_state(generator, state)), 0.5, -0.5, "irreversible part")


def with_irreversible_part(generator: Generator | GeneratorAtState, state: State | None, factor: float) -> Generator:
    """`S + a A`: the reversible part with `a` times the irreversible one; a = 1 is L, a = -1 its KMS dual.

    Of GKSL form for `|a| <= 1` if L is; beyond, usually not (signs -1), though sigma stays stationary.
    """
    factor = finite_real(factor, "factor")
    picture = stationary_symmetrised(at_state(generator, state))
    return _weighted(picture, 0.5 * (1 + factor), 0.5 * (1 - factor), f"reversible + {factor:g} irreversible part")


def nearest_balanced(
    generator: Generator | GeneratorAtState,
    state: State | None = None,
    notion: KMS | GNS | StandardQuantum | Alicki = KMS(),  # noqa: B008
) -> Generator:
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
    picture = symmetrised(at_state(generator, state))
    signs, stack = picture.jumps
    if bool(np.any(signs < 0)):
        raise InputError(
            "Argument `generator` must be of GKSL form for the nearest one in detailed balance to be so, but "
            f"{int(np.sum(signs < 0))} of its jumps have the sign -1. detailed_balance "
            "holds for it; reversible_part gives its symmetric part, with signs."
        )
    both = np.concatenate([stack, stack.conj().transpose(0, 2, 1)]) * np.sqrt(0.5)
    if isinstance(notion, GNS | Alicki):
        both = _modular_average(both, picture)
    # Mhat = sum Delta^(1/2)(Lambda^dagger) Lambda, and Ghat = -M/(2 cosh): Hermitian by construction.
    weight = np.exp(0.5 * picture.frequency)
    M = np.einsum("kli,il,klj->ij", both.conj(), weight, both, optimize=True)
    # sigma^(-1/4) M sigma^(1/4) with -i H added is M_ij (1 - tanh)/2 = M_ij e^(-x)/(2 cosh x), x = (h_i - h_j)/4.
    x = 0.25 * picture.frequency
    G = -M * np.exp(-x - np.abs(x)) / (1 + np.exp(-2 * np.abs(x)))
    G = 0.5 * (G + G.conj().T)
    if isinstance(notion, StandardQuantum | Alicki):
        G = G - 1j * picture.commuting_hamiltonian
    return _assembled(picture, np.ones(len(both)), both, np.asarray(G), f"nearest in {notion.name} balance")


def _weighted(picture: Symmetrised, forward: float, backward: float, how: str) -> Generator:
    """`forward L + backward L'`, jumps of negative weight with the opposite sign."""
    signs, stack = picture.jumps
    G = forward * picture.effective + backward * picture.effective.conj().T
    parts = [(w, A) for w, A in ((forward, stack), (backward, stack.conj().transpose(0, 2, 1))) if w != 0]
    jumps = np.concatenate([np.sqrt(abs(w)) * A for w, A in parts])
    return _assembled(picture, np.concatenate([np.sign(w) * signs for w, _ in parts]), jumps, np.asarray(G), how)


def _modular_average(stack: ComplexArray, picture: Symmetrised) -> ComplexArray:
    """Jumps of one modular frequency each, with the same Choi matrix within every frequency."""
    d = picture.dimension
    rows, columns = np.divmod(np.arange(d * d), d)
    label = frequency_labels(picture, rows, columns, EQUAL_WEIGHTS)
    elements = stack.reshape(len(stack), d * d).T
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


def _assembled(picture: Symmetrised, signs: RealArray, stack: ComplexArray, G: Array, how: str) -> Generator:
    """A generator in the given basis from `Lambda_k` and `Ghat`: the coherent term makes up for the Hamiltonian."""
    generator, basis = picture.pair.generator, picture.pair.density.basis
    spectrum = generator.spectrum
    tilt = np.exp(0.25 * picture.frequency)
    elements, inner = stack / tilt, G / tilt
    M = np.einsum("k,kli,klj->ij", signs, elements.conj(), elements, optimize=True)
    # It maps 1 to 0, G + G^dagger = -M: of two reverse elements of G the one known to its digits gives H = i (G + M/2).
    known = picture.frequency >= -EQUAL_WEIGHTS
    half = np.where(known, 1j * (inner + 0.5 * M), 0)
    H = np.where(known & known.T, 0.5 * (half + half.conj().T), half + half.conj().T)
    if basis is not None:
        elements, H = basis @ elements @ basis.conj().T, basis @ H @ basis.conj().T
    H = 0.5 * (H + H.conj().T)
    # Kept in the energy basis: going to the given one and back would lose the slow jumps of a cold state.
    operators = np.array([spectrum.to_given_basis(L) for L in elements], dtype=complex).reshape(elements.shape)
    jumps = Jumps(operators, tuple(int(sign) for sign in signs), np.asarray(elements, dtype=complex))
    coherent = EnergyBasisTerm(spectrum, np.asarray(H - np.diag(spectrum.energies)))
    return _made(generator, Dissipator(jumps, coherent_term=coherent), how, _remarks(picture))


def _made(generator: Generator, dissipator: Dissipator, how: str, remarks: tuple[str, ...]) -> Generator:
    """The generator with this dissipator in place of its own, and the record of how it was made."""
    given = generator.provenance
    return replace(
        generator,
        dissipators=(dissipator,),
        is_graded=None,
        provenance=Provenance(f"{how} of: {given.limit}", given.options, (*given.notes, *remarks)),
        system=None,
        undetermined=(),
    )


def _remarks(picture: Symmetrised) -> tuple[str, ...]:
    """Warnings about the state: that it is not of full rank, or a candidate that is not stationary."""
    remarks = []
    if picture.pair.support is not None:
        remarks.append(str(picture.pair.support))
    if not is_stationary(picture):
        size = picture.stationarity
        remarks.append(f"the state was not stationary under the given generator: norm of L(sigma) {size:.3g}")
    return tuple(remarks)
