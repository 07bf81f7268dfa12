"""The residual of a generator in one notion of detailed balance: one function for each kind of notion."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

import numpy as np

from equipoise._checks import ComplexArray, RealArray, require, square_matrix
from equipoise.balance.quantum._low_rank import first_of_largest
from equipoise.balance.quantum.known import known_violation
from equipoise.balance.quantum.metrics import metric_residual, unresolved_residual
from equipoise.balance.quantum.modular import kms_but_not_gns
from equipoise.balance.quantum.notions import (
    GNS,
    KMS,
    AbstractMetric,
    AbstractNotion,
    Alicki,
    HiddenTimeReversal,
    InnerProduct,
    PopulationBalance,
    StandardQuantum,
    StandardQuantumTheta,
)
from equipoise.balance.quantum.offenders import offender, states_in_words
from equipoise.balance.quantum.parts import Parts, ratio
from equipoise.balance.quantum.residual import Residual
from equipoise.balance.quantum.reversals import (
    TRY_THETA,
    evenly_best_time_reversal,
    reversal_residual,
    why_not_sought,
)
from equipoise.balance.quantum.symmetrised import Symmetrised
from equipoise.fluxes import GeneratorAtState
from equipoise.tolerances import EQUAL, EQUAL_WEIGHTS

_LARGEST_EXPONENT = 300.0
"""A factor of noise with a larger logarithm leaves nothing to decide anyway."""

_CHANGED = 1e-7
"""Largest element with which a time reversal may join states of different weight: the error of an eigenvector."""


@singledispatch
def residual_in(notion: AbstractNotion, picture: Symmetrised, tolerance: float = EQUAL_WEIGHTS) -> Residual:
    """How far the generator of a picture is from a notion.

    Modular frequencies closer than `tolerance` are equal.
    """
    require(
        False,
        "notion",
        "be one of the notions of equipoise.balance, or a metric (AbstractMetric)",
        f"is {notion.name}",
    )
    raise AssertionError


@residual_in.register
def _(notion: KMS | StandardQuantum, picture: Symmetrised, tolerance: float = EQUAL_WEIGHTS) -> Residual:
    return _with_hamiltonian(_standard(notion, picture), picture)


@residual_in.register
def _(notion: GNS | Alicki, picture: Symmetrised, tolerance: float = EQUAL_WEIGHTS) -> Residual:
    return _with_hamiltonian(_covariant(notion, picture, tolerance), picture)


def _with_hamiltonian(found: Residual, picture: Symmetrised) -> Residual:
    """The residual with the Hamiltonian that commutes with the state, where the notion does not leave it free."""
    if isinstance(found.notion, StandardQuantum | Alicki):
        return found
    return replace(found, value=float(np.hypot(found.without_hamiltonian, picture.commuting_norm)))


def _standard(notion: AbstractNotion, picture: Symmetrised) -> Residual:
    """`(Lhat - Lhat^dagger)/2` without the Hamiltonian that commutes with the state."""
    parts = Parts(picture.antisymmetric_jump_norm, picture.noncommuting_norm)
    return Residual(
        notion=notion,
        value=parts.total,
        without_hamiltonian=parts.total,
        norm=picture.norm,
        offender=lambda: offender(picture, _causes(picture)),
        parts=parts,
        jump_norm=picture.jump_norm,
        noise_parts=picture.noise,
        support=picture.pair.support,
        among_known=lambda: known_violation(picture),
    )


def _covariant(notion: AbstractNotion, picture: Symmetrised, tolerance: float) -> Residual:
    """The same and, in quadrature, the symmetric part that joins unequal modular frequencies."""
    found = _standard(notion, picture)
    beyond, unresolved = kms_but_not_gns(picture, tolerance)
    assert found.parts is not None
    parts = Parts(
        float(np.hypot(found.parts.jump, beyond.jump)), float(np.hypot(found.parts.coherent, beyond.coherent))
    )
    return replace(
        found,
        value=parts.total,
        without_hamiltonian=parts.total,
        offender=lambda: offender(picture, _causes(picture, beyond)),
        parts=parts,
        noise_parts=picture.noise + unresolved,
    )


def _causes(picture: Symmetrised, beyond: Parts | None = None) -> dict[str, float]:
    """Relative size of each part that may break a notion, by what it is called."""
    causes = {
        "jump part": ratio(picture.antisymmetric_jump_norm, picture.jump_norm, picture.norm),
        "coherent part between unequal weights": ratio(picture.noncommuting_norm, picture.norm),
    }
    if beyond is not None:
        causes["exchange between modular frequencies"] = beyond.relative_to(picture.jump_norm, picture.norm)
    return causes


@residual_in.register
def _(notion: AbstractMetric, picture: Symmetrised, tolerance: float = EQUAL_WEIGHTS) -> Residual:
    # The commuting Hamiltonian is orthogonal to the rest in every metric, with the same norm in all of them.
    without = replace(picture, effective=picture.effective + 1j * picture.commuting_hamiltonian)
    found = metric_residual(without, notion)
    value = float(np.hypot(found.value, picture.commuting_norm))
    log_weight = notion.log_weight(picture.frequency)

    def broken_by() -> str:
        # What breaks a metric breaks GNS, which implies all of them. In the KMS product exchange breaks nothing.
        is_kms = float(np.ptp(log_weight)) <= EQUAL
        return offender(picture, _causes(picture, None if is_kms else kms_but_not_gns(picture)[0]))

    of_jumps, of_rest = _amplified(picture, log_weight)
    return Residual(
        notion=notion,
        value=value,
        without_hamiltonian=found.value,
        norm=found.norm or picture.commuting_norm,
        offender=broken_by,
        parts=found.parts,
        jump_norm=picture.jump_norm if found.jump_norm is None else found.jump_norm,
        noise_parts=Parts(of_jumps * picture.noise.jump, of_rest * picture.noise.coherent),
        error=found.error * found.value / value if value > 0 else 0.0,
        method=found.method,
        support=picture.pair.support,
    )


def _amplified(picture: Symmetrised, log_weight: RealArray) -> tuple[float, float]:
    """Largest factors by which a metric may scale an error of the jumps, and of the rest.

    A transition alone, a dephasing and a diagonal effective Hamiltonian are not scaled in any metric.
    """
    factor = float(np.exp(min(0.5 * float(np.ptp(log_weight)), _LARGEST_EXPONENT)))
    pairs = all(group.signs.size == 0 or np.array_equal(group.rows, group.columns) for group in picture.groups)
    off = picture.effective[~np.eye(picture.dimension, dtype=bool)]
    return 1.0 if pairs else factor, factor if np.any(off) else 1.0


def estimated_residual(notion: AbstractMetric | KMS, pair: GeneratorAtState) -> Residual:
    """Residual of a generator that is too large to be resolved into jumps and known by its action only."""
    metric = InnerProduct(0.5) if isinstance(notion, KMS) else notion
    found, without, noise = unresolved_residual(pair, metric)
    return Residual(
        notion=notion,
        value=found.value,
        without_hamiltonian=without,
        norm=found.norm,
        offender=lambda: "known by its action only: not resolved",
        parts=None,
        jump_norm=None,
        noise_parts=Parts(0.0, noise),
        error=found.error,
        method=found.method,
        support=pair.support,
    )


@residual_in.register
def _(notion: PopulationBalance, picture: Symmetrised, tolerance: float = EQUAL_WEIGHTS) -> Residual:
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
    # Balanced jumps are so in every eigenbasis; of others the populations depend on which is taken.
    is_ambiguous = picture.has_equal_weights and picture.antisymmetric_jump_norm > picture.noise.jump
    return Residual(
        notion=notion,
        value=value,
        without_hamiltonian=value,
        norm=float(np.hypot(size, loss)) or picture.commuting_norm,
        offender=lambda: f"net flow, {states_in_words(picture, i, j)}",
        parts=Parts(value, 0.0),
        jump_norm=size,
        noise_parts=Parts(picture.noise.jump, 0.0),
        method="populations",
        support=picture.pair.support,
        remark="equal weights have other eigenbases" if is_ambiguous else "",
    )


@residual_in.register
def _(notion: StandardQuantumTheta, picture: Symmetrised, tolerance: float = EQUAL_WEIGHTS) -> Residual:
    jump, coherent, size = reversal_residual(picture, _in_state_basis(notion, picture))
    parts = Parts(jump, coherent)
    worst = "jump part" if ratio(jump, size, picture.norm) >= ratio(coherent, picture.norm) else "coherent part"
    return _of_reversal(notion, picture, parts, f"{worst}, against its time reverse", "QR")


@residual_in.register
def _(notion: HiddenTimeReversal, picture: Symmetrised, tolerance: float = EQUAL_WEIGHTS) -> Residual:
    why = why_not_sought(picture)
    require(not why, "state", "allow a search for a hidden time reversal", f"it is {why}", TRY_THETA)
    _, jump, coherent, _ = evenly_best_time_reversal(picture)
    where = "no phases of the eigenvectors of the state make it symmetric"
    return _of_reversal(notion, picture, Parts(jump, coherent), where, "phases of the state's eigenvectors")


def _of_reversal(notion: AbstractNotion, picture: Symmetrised, parts: Parts, where: str, method: str) -> Residual:
    return Residual(
        notion=notion,
        value=parts.total,
        without_hamiltonian=parts.total,
        norm=picture.norm,
        offender=lambda: where,
        parts=parts,
        jump_norm=picture.jump_norm,
        noise_parts=picture.noise,
        method=method,
        support=picture.pair.support,
    )


def _in_state_basis(notion: StandardQuantumTheta, picture: Symmetrised) -> ComplexArray:
    """The unitary of the time reversal between eigenvectors of the state, checked to leave the state as it is."""
    V = picture.pair.vectors
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
    change = np.abs(inner) * np.minimum(np.abs(picture.frequency), 1.0)
    i, j = np.unravel_index(int(np.argmax(change)), change.shape)
    require(
        float(change[i, j]) <= _CHANGED,
        "unitary",
        "leave the state as it is, U conj(sigma) U^dagger = sigma",
        f"it joins eigenvectors {j} and {i} of the state, whose log-weights differ by "
        f"{abs(picture.frequency[i, j]):.3g}, with the element {abs(inner[i, j]):.3g}",
        "A time reversal of the dynamics keeps the stationary state; hidden_time_reversal seeks one.",
    )
    return np.asarray(inner)
