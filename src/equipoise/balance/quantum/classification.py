"""Ask a generator how far it is from one notion of detailed balance, or from all of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, RealArray, require, square_matrix
from equipoise.balance.quantum._exchange import beyond_gns
from equipoise.balance.quantum._low_rank import first_of_largest
from equipoise.balance.quantum._metrics import metric_residual
from equipoise.balance.quantum._offender import COMMUTING, offender, states_in_words
from equipoise.balance.quantum._prepared import Prepared, prepared
from equipoise.balance.quantum._scales import TOLERANCE, Parts, ratio
from equipoise.balance.quantum._signed_jumps import LARGEST_DENSE
from equipoise.balance.quantum._symmetrised import Symmetrised
from equipoise.balance.quantum._unresolved import unresolved_residual
from equipoise.balance.quantum.kms import jump_norms
from equipoise.balance.quantum.notions import (
    BKM,
    GNS,
    KMS,
    SLD,
    AbstractMetric,
    AbstractNotion,
    Alicki,
    Classical,
    Harmonic,
    HiddenTimeReversal,
    SDual,
    StandardQuantum,
    StandardQuantumTheta,
    require_notion,
)
from equipoise.balance.quantum.residual import NOTHING, Notions, Residual
from equipoise.balance.quantum.reversals import (
    LARGEST_HIDDEN,
    TRY_THETA,
    evenly_best_time_reversal,
    reversal_residual,
)
from equipoise.generators import Generator
from equipoise.generators.generator import require_generator
from equipoise.stationary import DensityMatrix, StationaryState, on_support

_LARGEST_EXPONENT = 300.0
"""A factor of noise with a larger logarithm leaves nothing to decide anyway."""

_GEOMETRIC = 1e-12
"""Largest logarithm of a weight that is that of the geometric mean, up to rounding."""

_CHANGED = 1e-7
"""Largest element with which a time reversal may join states of different weight: the error of an eigenvector."""


def balance_residual(
    generator: Generator, state: StationaryState | DensityMatrix | ArrayLike, notion: AbstractNotion
) -> Residual:
    """How far a generator is from a notion of detailed balance with respect to a state, and which part breaks it.

    No residual depends on the gauge of the jump operators (a unitary mixing, shifts with the Hamiltonian that goes
    with them). KMS, GNS, Alicki, standard (with and without a given time reversal), classical and `SDual` come from
    the jump operators by QR factorisations, O(K^2 d^2 + K d^3); other metrics from a d^2 x d^2 matrix up to d = 32
    and from random matrices beyond; a hidden time reversal is sought up to d = 48.

    Parameters
    ----------
    generator : Generator
        Signs -1 allowed. Known by its action only: resolved into signed jumps up to d = 32, and estimated in the
        notions that are metrics beyond.
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        A state without full rank restricts the generator to its support.
    notion : AbstractNotion
        `KMS()`, `GNS()`, `Alicki()`, `StandardQuantum()`, `StandardQuantumTheta(U)`, `HiddenTimeReversal()`,
        `Classical()`, `SDual(s)`, `BKM()`, `SLD()`, `Harmonic()` or `MonotoneMetric(mean)`.

    Returns
    -------
    Residual

    Raises
    ------
    InputError
        Wrong dimension, a support that the generator leaves, a time reversal that changes the state, a notion that
        needs jump operators of a large generator without them (says which remain).

    References
    ----------
    Alicki (1976); Kossakowski, Frigerio, Gorini & Verri (1977); Fagnola & Umanita (2007, 2010); Carlen & Maas (2017);
    Roberts, Lingenfelter & Clerk (2021).

    Examples
    --------
    >>> from equipoise.generators import lindbladian
    >>> from equipoise.stationary import stationary_state
    >>> qubit = lindbladian([[0, 0], [0, 1.0]], [[[0, 1.0], [0, 0]], [[0, 0], [0.5, 0]]])
    >>> found = balance_residual(qubit, stationary_state(qubit), KMS())
    >>> round(found.value, 12), round(found.without_hamiltonian, 12), found.reason
    (1.414213562373, 0.0, 'Hamiltonian that commutes with the state')
    """
    require_notion(notion)
    require_generator(generator)
    if _is_unresolved(generator) and isinstance(notion, AbstractMetric | KMS):
        return _estimated(generator, state, notion)
    return _residual(prepared(generator, state), notion)


def all_notions(
    generator: Generator,
    state: StationaryState | DensityMatrix | ArrayLike,
    time_reversal: ArrayLike | None = None,
) -> Notions:
    """Every notion of detailed balance, each with its residual and reason; print it for a table.

    Parameters
    ----------
    generator : Generator
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        As for `balance_residual`.
    time_reversal : array_like, shape (d, d), optional
        U of a time reversal `psi -> U conj(psi)` in the given basis, for `StandardQuantumTheta`.

    Returns
    -------
    Notions

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> from equipoise.stationary import stationary_state
    >>> cycle = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> found = all_notions(cycle, stationary_state(cycle))
    >>> round(found[KMS()].value ** 2, 12), found[KMS()].reason.split(",")[0]
    (1.5, 'jump part')
    """
    require_generator(generator)
    asked: list[AbstractNotion] = [KMS(), StandardQuantum(), GNS(), Alicki(), SDual(0.0), BKM(), SLD(), Harmonic()]
    asked.append(Classical())
    if time_reversal is not None:
        asked.append(StandardQuantumTheta(square_matrix(time_reversal, "time_reversal", generator.dimension)))
    asked.append(HiddenTimeReversal())
    residuals, unavailable = [], []
    ready = None if _is_unresolved(generator) else prepared(generator, state)
    for notion in asked:
        if ready is None:
            if isinstance(notion, AbstractMetric | KMS):
                residuals.append(_estimated(generator, state, notion))
            else:
                why = f"needs jump operators above dimension {LARGEST_DENSE}: a dissipator is known by its action only"
                unavailable.append((notion.name, why))
            continue
        why = _why_not(ready.picture, notion)
        if why:
            unavailable.append((notion.name, why))
        else:
            residuals.append(_residual(ready, notion))
    return Notions(tuple(residuals), tuple(unavailable), None if ready is None else ready.picture.stationarity)


def _is_unresolved(generator: Generator) -> bool:
    """Whether a dissipator is known by its action only, in a dimension too large to resolve it into jumps."""
    return generator.dimension > LARGEST_DENSE and not generator.has_jump_operators


def _why_not(picture: Symmetrised, notion: AbstractNotion) -> str:
    if not isinstance(notion, HiddenTimeReversal):
        return ""
    if picture.dimension > LARGEST_HIDDEN:
        return f"sought up to dimension {LARGEST_HIDDEN} only"
    off = ~np.eye(picture.dimension, dtype=bool)
    return "not sought for a state with equal weights" if bool(np.any(picture.commutes & off)) else ""


def _estimated(
    generator: Generator, state: StationaryState | DensityMatrix | ArrayLike, notion: AbstractMetric | KMS
) -> Residual:
    part, density, support = on_support(generator, state)
    metric = SDual(0.5) if isinstance(notion, KMS) else notion
    found, beyond, noise = unresolved_residual(part, density, metric)
    answer = Residual(
        notion,
        found.value,
        beyond,
        found.norm,
        "known by its action only: not resolved",
        None,
        None,
        None,
        0.0,
        noise,
        found.error,
        found.method,
        support,
    )
    return _explained(answer)


def _explained(found: Residual) -> Residual:
    """With the reason that is left where the parts that dissipate break nothing above their noise."""
    if found.relative_without_hamiltonian > found.relative_noise:
        return found
    return replace(found, reason=COMMUTING if found.relative_commuting > TOLERANCE else NOTHING)


def _residual(ready: Prepared, notion: AbstractNotion) -> Residual:
    picture = ready.picture
    if isinstance(notion, AbstractMetric):
        return _of_metric(ready, notion)
    if isinstance(notion, StandardQuantumTheta | HiddenTimeReversal):
        return _of_reversal(ready, notion)
    if isinstance(notion, Classical):
        return _of_populations(ready, notion)
    jump, size = jump_norms(picture)
    coherent, commuting, noise = picture.noncommuting_norm, 0.0, ready.noise
    norm = picture.dissipative_norm(size)
    causes = {"jump part": ratio(jump, size, norm), "coherent part between unequal weights": ratio(coherent, norm)}
    if isinstance(notion, GNS | Alicki):
        beyond, unresolved = beyond_gns(picture)
        noise = noise + unresolved
        causes["exchange between modular frequencies"] = beyond.beside(size, norm)
        jump, coherent = float(np.hypot(jump, beyond.jump)), float(np.hypot(coherent, beyond.coherent))
    if isinstance(notion, KMS | GNS):
        commuting = picture.commuting_norm
    else:
        require(
            isinstance(notion, StandardQuantum | Alicki),
            "notion",
            "be one of the notions of equipoise.balance, or a metric (AbstractMetric)",
            f"is {notion.name}",
        )
    without = float(np.hypot(jump, coherent))
    return _explained(
        Residual(
            notion,
            float(np.hypot(without, commuting)),
            without,
            norm,
            offender(picture, causes),
            jump,
            coherent,
            size,
            noise.jump,
            noise.coherent,
            support=ready.support,
        )
    )


def _of_metric(ready: Prepared, notion: AbstractMetric) -> Residual:
    picture = ready.picture
    # The commuting Hamiltonian is orthogonal to the rest in every metric, with the same norm in all of them.
    found = metric_residual(_without_hamiltonian(picture), notion)
    value = float(np.hypot(found.value, picture.commuting_norm))
    jump, size = jump_norms(picture)
    norm = picture.dissipative_norm(size)
    # What breaks the metric is named by what breaks GNS, which implies all of them.
    causes = {
        "jump part": ratio(jump, size, norm),
        "coherent part between unequal weights": ratio(picture.noncommuting_norm, norm),
        "exchange between modular frequencies": beyond_gns(picture)[0].beside(size, norm),
    }
    parts = found.parts
    jumps = size if found.jump_norm is None else found.jump_norm
    log_weight = notion.log_weight(picture.frequency)
    if float(np.ptp(log_weight)) <= _GEOMETRIC:
        # In the KMS product exchange between modular frequencies breaks nothing.
        del causes["exchange between modular frequencies"]
    of_jumps, of_rest = _amplified(picture, log_weight)
    return _explained(
        Residual(
            notion,
            value,
            found.value,
            found.norm or picture.commuting_norm,
            offender(picture, causes),
            None if parts is None else parts.jump,
            None if parts is None else parts.coherent,
            jumps,
            of_jumps * ready.noise.jump,
            of_rest * ready.noise.coherent,
            found.error * found.value / value if value > 0 else 0.0,
            found.method,
            ready.support,
        )
    )


def _amplified(picture: Symmetrised, log_weight: RealArray) -> tuple[float, float]:
    """Largest factors by which a metric may scale an error of the jumps, and of the rest.

    A transition alone, a dephasing and a diagonal effective Hamiltonian are not scaled in any metric.
    """
    factor = float(np.exp(min(0.5 * float(np.ptp(log_weight)), _LARGEST_EXPONENT)))
    pairs = all(group.signs.size == 0 or np.array_equal(group.rows, group.columns) for group in picture.groups)
    off = picture.effective[~np.eye(picture.dimension, dtype=bool)]
    return 1.0 if pairs else factor, factor if np.any(off) else 1.0


def _without_hamiltonian(picture: Symmetrised) -> Symmetrised:
    return replace(picture, effective=picture.effective + 1j * picture.commuting_hamiltonian)


def _of_populations(ready: Prepared, notion: Classical) -> Residual:
    picture = ready.picture
    d = picture.dimension
    W = np.zeros((d, d))
    for group in picture.groups:
        np.add.at(W, (group.rows, group.columns), np.sum(group.signs * np.abs(group.forward) ** 2, axis=1))
    np.add.at(W, (picture.singles.rows, picture.singles.columns), picture.singles.forward)
    np.fill_diagonal(W, 0.0)
    loss = float(np.linalg.norm(np.diag(picture.decay).real))
    net = 0.5 * (W - W.T)
    value, size = float(np.linalg.norm(net)), float(np.linalg.norm(W))
    i, j = divmod(first_of_largest(net.ravel()), d)
    found = _explained(
        Residual(
            notion,
            value,
            value,
            float(np.hypot(size, loss)) or picture.commuting_norm,
            f"net flow, {states_in_words(picture, i, j)}",
            value,
            None,
            size,
            ready.noise.jump,
            0.0,
            method="populations",
            support=ready.support,
        )
    )
    # Balanced jumps are so in every eigenbasis; of others the populations depend on which is taken.
    if bool(np.any(picture.commutes & ~np.eye(d, dtype=bool))) and jump_norms(picture)[0] > ready.noise.jump:
        return replace(found, reason=f"{found.reason}; equal weights have other eigenbases")
    return found


def _of_reversal(ready: Prepared, notion: StandardQuantumTheta | HiddenTimeReversal) -> Residual:
    picture = ready.picture
    if isinstance(notion, StandardQuantumTheta):
        jump, coherent, size = reversal_residual(picture, _in_state_basis(notion, ready))
        parts, norm, method = Parts(jump, coherent), picture.dissipative_norm(size), "QR"
        value = parts.total
        worst = "jump part" if ratio(jump, size, norm) >= ratio(coherent, norm) else "coherent part"
        where = f"{worst}, against its time reverse"
    else:
        why = _why_not(picture, notion)
        require(not why, "state", "allow a search for a hidden time reversal", f"it is {why}", TRY_THETA)
        _, jump, coherent, size = evenly_best_time_reversal(picture)
        parts, norm = Parts(jump, coherent), picture.dissipative_norm(size)
        value = parts.total
        method = "phases of the state's eigenvectors"
        where = "no phases of the eigenvectors of the state make it symmetric"
    return _explained(
        Residual(
            notion,
            value,
            value,
            norm,
            where,
            parts.jump,
            parts.coherent,
            size,
            ready.noise.jump,
            ready.noise.coherent,
            method=method,
            support=ready.support,
        )
    )


def _in_state_basis(notion: StandardQuantumTheta, ready: Prepared) -> ComplexArray:
    """The unitary of the time reversal between eigenvectors of the state, checked to leave the state as it is."""
    V = ready.vectors
    U = square_matrix(notion.unitary, "unitary", len(V))
    inner = V.conj().T @ U @ V.conj()
    outside = 1 - float((np.abs(inner) ** 2).sum(axis=0).min())
    require(
        outside <= _CHANGED**2,
        "unitary",
        "leave the state as it is, U conj(sigma) U^dagger = sigma",
        f"it takes {outside:.3g} of an occupied eigenvector of the state out of its support",
        "A time reversal of the dynamics keeps the stationary state; hidden_time_reversal seeks one.",
    )
    change = np.abs(inner) * np.minimum(np.abs(ready.picture.frequency), 1.0)
    i, j = np.unravel_index(int(np.argmax(change)), change.shape)
    require(
        float(change[i, j]) <= _CHANGED,
        "unitary",
        "leave the state as it is, U conj(sigma) U^dagger = sigma",
        f"it joins eigenvectors {j} and {i} of the state, whose log-weights differ by "
        f"{abs(ready.picture.frequency[i, j]):.3g}, with the element {abs(inner[i, j]):.3g}",
        "A time reversal of the dynamics keeps the stationary state; hidden_time_reversal seeks one.",
    )
    return np.asarray(inner)
