"""How far a generator is from each notion of detailed balance, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, InputError, require, square_matrix
from equipoise.balance._low_rank import first_of_largest, worst_row
from equipoise.balance._metrics import metric_residual
from equipoise.balance._prepared import Prepared, on_support, prepared
from equipoise.balance._signed_jumps import LARGEST_DENSE
from equipoise.balance._symmetrised import COMMUTING_TOLERANCE, Symmetrised
from equipoise.balance._unresolved import unresolved_residual
from equipoise.balance.budget import pinched_jump_norms
from equipoise.balance.hidden_time_reversal import (
    LARGEST_HIDDEN,
    best_time_reversal,
    eigenvectors,
    reversal_residual,
)
from equipoise.balance.kms import jump_norms
from equipoise.balance.notions import (
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
)
from equipoise.generators import Generator, MatrixFree
from equipoise.generators.generator import require_generator
from equipoise.stationary import DensityMatrix, StationaryState

_RESOLVED = 1e-3
"""Share of the norm up to which noise may explain a residual."""

_CHANGED = 1e-7
"""Largest element with which a time reversal may join states of different weight: the error of an eigenvector."""


@dataclass(frozen=True)
class Residual:
    """How far a generator is from one notion of detailed balance.

    Parameters
    ----------
    notion : AbstractNotion
    value : float
        Hilbert-Schmidt norm of what breaks the notion, in the unit of the rates; zero if it holds.
    without_hamiltonian : float
        The same with the Hamiltonian that commutes with the state removed: equal to `value` where the notion leaves
        it free, and for `StandardQuantumTheta` and `HiddenTimeReversal`, which take the Hamiltonian as it is.
    norm : float
        Norm of the dissipative part in the same picture.
    reason : str
        The offending part and the worst pair of states, in the eigenbasis of the state.
    noise : float
        What rounding of the given operators, and the error of the state, make of the value.
    error : float
        Standard error of the value where it is estimated from random matrices; zero where it is computed.
    method : str
        How it was computed.
    support : int or None
        Dimension of the support of the state, to which the generator was restricted; None if it has full rank.
    jump_norm : float or None
        Norm of the jump part alone: far below `norm` for a cold state, whose coherences decay much faster than its
        rare jumps happen. None where it is not known apart (a generator known by its action only).
    """

    notion: AbstractNotion
    value: float
    without_hamiltonian: float
    norm: float
    reason: str
    noise: float
    error: float = 0.0
    method: str = "QR"
    support: int | None = None
    jump_norm: float | None = None

    @property
    def relative(self) -> float:
        """`value / norm`; zero for a generator without dissipation that breaks nothing."""
        return self.value / self.norm if self.norm > 0 else float(np.sign(self.value) * np.inf if self.value else 0.0)

    def is_satisfied(self, tolerance: float = 1e-9) -> bool:
        """Whether the value is below `tolerance` times the norm of the jump part, or below its noise.

        Where the jump part is not known apart, `norm` stands for it. Noise above a thousandth of `norm` excuses
        nothing: nothing is then shown, and the answer is no (`is_resolved` tells).
        """
        scale = self.norm if self.jump_norm is None else min(self.jump_norm, self.norm)
        return bool(self.value <= max(tolerance * scale, min(self.noise, _RESOLVED * self.norm)))

    @property
    def is_resolved(self) -> bool:
        """Whether the noise is small enough, a thousandth of `norm`, for the value to decide anything."""
        return bool(self.noise <= _RESOLVED * self.norm)


@dataclass(frozen=True)
class Notions:
    """Every notion of detailed balance of a generator with respect to a state, each named.

    Parameters
    ----------
    residuals : tuple of Residual
    unavailable : tuple of (str, str)
        Notions that could not be asked, and why.
    stationarity : float or None
        Norm of `L(sigma)` in the symmetrised picture: far above rounding where sigma is a mere candidate. None where
        the generator is known by its action only and too large.
    """

    residuals: tuple[Residual, ...]
    unavailable: tuple[tuple[str, str], ...]
    stationarity: float | None = None

    def __getitem__(self, notion: AbstractNotion) -> Residual:
        for residual in self.residuals:
            if residual.notion == notion:
                return residual
        names = ", ".join(residual.notion.name for residual in self.residuals)
        raise InputError(f"Argument `notion` must be one that was computed ({names}), but is {notion.name}.")

    def __str__(self) -> str:
        lines = [f"{'notion':22}{'residual':>11}{'relative':>11}{'without H':>11}  what breaks it"]
        for found in self.residuals:
            value = f"{found.value:.3g}" if found.error == 0 else f"{found.value:.2g}~"
            numbers = f"{value:>11}{found.relative:11.2g}{found.without_hamiltonian:11.2g}"
            lines.append(f"{found.notion.name:22}{numbers}  {found.reason}")
        lines += [f"{name:22}{'-':>11}  {why}" for name, why in self.unavailable]
        support = self.residuals[0].support if self.residuals else None
        if self.stationarity is not None:
            lines.append(f"{'stationarity':22}{self.stationarity:11.3g}{'':24}norm of L applied to the state")
        if support is not None:
            lines.append(f"restricted to the support of the state, dimension {support}")
        return "\n".join(lines)


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
    require(
        isinstance(notion, AbstractNotion),
        "notion",
        "be a notion of detailed balance such as KMS() or GNS()",
        f"got {notion!r}",
        "all_notions(generator, state) reports every one.",
    )
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
        asked.append(StandardQuantumTheta(np.asarray(time_reversal, dtype=complex)))
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
    return generator.dimension > LARGEST_DENSE and any(isinstance(p.kind, MatrixFree) for p in generator.dissipators)


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
    reason = "known by its action only: not resolved" if found.value > noise else "none above rounding"
    return Residual(notion, found.value, beyond, found.norm, reason, noise, found.error, found.method, support)


def _residual(ready: Prepared, notion: AbstractNotion) -> Residual:
    picture = ready.picture
    if isinstance(notion, AbstractMetric):
        return _of_metric(ready, notion)
    if isinstance(notion, StandardQuantumTheta | HiddenTimeReversal):
        return _of_reversal(ready, notion)
    if isinstance(notion, Classical):
        return _of_populations(ready, notion)
    jump, _, size = jump_norms(picture)
    parts = {"jump part": jump, "coherent part between unequal weights": picture.noncommuting_norm}
    if isinstance(notion, GNS | Alicki):
        parts["exchange between modular frequencies"] = _beyond_gns(picture)
    without = float(np.linalg.norm(list(parts.values())))
    if isinstance(notion, KMS | GNS):
        parts["Hamiltonian that commutes with the state"] = picture.commuting_norm
    else:
        require(
            isinstance(notion, StandardQuantum | Alicki),
            "notion",
            "be one of the notions of equipoise.balance, or a metric (AbstractMetric)",
            f"is {notion.name}",
        )
    value = float(np.linalg.norm(list(parts.values())))
    norm = float(np.hypot(size, picture.decay_norm))
    reason = _reason(picture, parts, value, ready.noise)
    return Residual(notion, value, without, norm, reason, ready.noise, support=ready.support, jump_norm=size)


def _beyond_gns(picture: Symmetrised) -> float:
    """Distance of the symmetric part from the nearest GNS-balanced generator."""
    _, outside = pinched_jump_norms(picture, COMMUTING_TOLERANCE)
    symmetric = 0.5 * (picture.effective + picture.effective.conj().T)
    coherent = np.sqrt(2 * picture.dimension) * np.linalg.norm(np.where(picture.commutes, 0, symmetric))
    return float(np.hypot(outside, coherent))


def _of_metric(ready: Prepared, notion: AbstractMetric) -> Residual:
    picture = ready.picture
    # The commuting Hamiltonian is orthogonal to the rest in every metric, with the same norm in all of them.
    found = metric_residual(_without_hamiltonian(picture), notion)
    without = found.value
    value = float(np.hypot(without, picture.commuting_norm))
    error = found.error * without / value if value > 0 else 0.0
    parts = {"Hamiltonian that commutes with the state": picture.commuting_norm}
    jump, _, size = jump_norms(picture)
    violated = {
        "jump part": jump,
        "coherent part between unequal weights": picture.noncommuting_norm,
        "exchange between modular frequencies": _beyond_gns(picture),
    }
    largest = max(violated, key=lambda name: violated[name])
    parts[largest] = without
    noise = ready.noise * float(np.exp(0.5 * np.ptp(notion.log_weight(picture.frequency))))
    reason = _reason(picture, parts, value, noise)
    return Residual(notion, value, without, found.norm, reason, noise, error, found.method, ready.support, size)


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
    value, norm = float(np.linalg.norm(net)), float(np.hypot(np.linalg.norm(W), loss))
    reason = "none above rounding"
    if value > ready.noise:
        i, j = divmod(first_of_largest(net.ravel()), d)
        reason = f"net flow, {_states(picture, i, j)}"
    return Residual(
        notion, value, value, norm, reason, ready.noise, 0.0, "populations", ready.support, float(np.linalg.norm(W))
    )


def _of_reversal(ready: Prepared, notion: StandardQuantumTheta | HiddenTimeReversal) -> Residual:
    picture = ready.picture
    if isinstance(notion, StandardQuantumTheta):
        require(
            ready.support is None,
            "state",
            "have full rank for a given time reversal",
            f"has a support of dimension {ready.support}",
            "Restrict generator and time reversal to it (equipoise.generators.restricted).",
        )
        jump, coherent, size = reversal_residual(picture, _in_state_basis(notion, ready))
        parts = {"jump part": jump, "coherent part": coherent}
        value, norm, method = float(np.hypot(jump, coherent)), float(np.hypot(size, picture.decay_norm)), "QR"
        jumps: float = size
        where = f"{max(parts, key=lambda name: parts[name])}, against its time reverse"
    else:
        why = _why_not(picture, notion)
        require(not why, "state", "allow a search for a hidden time reversal", f"it is {why}")
        found = best_time_reversal(picture)
        value, norm, method = found.value, found.norm, "phases of the state's eigenvectors"
        jumps = found.jump_norm
        where = "no phases of the eigenvectors of the state make it symmetric"
    reason = where if value > ready.noise else "none above rounding"
    return Residual(notion, value, value, norm, reason, ready.noise, 0.0, method, ready.support, jumps)


def _in_state_basis(notion: StandardQuantumTheta, ready: Prepared) -> ComplexArray:
    """The unitary of the time reversal between eigenvectors of the state, checked to leave the state as it is."""
    U = square_matrix(notion.unitary, "unitary", ready.generator.dimension)
    V = eigenvectors(ready.density)
    inner = V.conj().T @ U @ V.conj()
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


def _reason(picture: Symmetrised, parts: dict[str, float], value: float, noise: float) -> str:
    """The largest part, and where in it the worst pair of states is."""
    if value <= noise:
        return "none above rounding"
    largest = max(parts, key=lambda name: parts[name])
    if largest == "jump part":
        i, j = _worst_jump(picture)
    elif largest == "exchange between modular frequencies":
        i, j = _worst_exchange(picture)
    elif largest == "coherent part between unequal weights":
        D = np.where(picture.commutes, 0, np.abs(picture.antisymmetric))
        i, j = divmod(first_of_largest(D.ravel()), picture.dimension)
    else:
        return largest
    return f"{largest}, {_states(picture, i, j)}"


def _states(picture: Symmetrised, i: int, j: int) -> str:
    frequency = picture.frequency[i, j]
    if abs(frequency) <= COMMUTING_TOLERANCE:
        return f"states {j} -> {i} of equal weight"
    return f"states {j} -> {i}, modular frequency {frequency:.3g}"


def _worst_jump(picture: Symmetrised) -> tuple[int, int]:
    single = picture.singles
    i, j, most = 0, 0, 0.0
    if single.forward.size:
        net = 0.5 * (single.forward - single.backward)
        p = first_of_largest(net)
        i, j, most = int(single.rows[p]), int(single.columns[p]), float(net[p])
    for group in picture.groups:
        a, b, s = group.forward, group.backward, group.signs
        p, size = worst_row(0.5 * np.hstack([s * a, -s * b]), np.hstack([a, b]))
        if size > most * (1 + 1e-9):
            i, j, most = int(group.rows[p]), int(group.columns[p]), size
            # A pair and its reverse break the balance alike: named is the direction that goes too often.
            if float(np.sum(s * (np.abs(a[p]) ** 2 - np.abs(b[p]) ** 2))) < 0:
                i, j = j, i
    return i, j


def _worst_exchange(picture: Symmetrised) -> tuple[int, int]:
    symmetric = np.where(picture.commutes, 0, np.abs(picture.effective + picture.effective.conj().T))
    i, j = divmod(first_of_largest(symmetric.ravel()), picture.dimension)
    most = 0.0
    for group in picture.groups:
        a, twisted = group.forward, group.frequency[:, None] * group.forward
        left = np.hstack([twisted * group.signs, -a * group.signs])
        p, size = worst_row(left, np.hstack([a, twisted]))
        if size > most:
            i, j, most = int(group.rows[p]), int(group.columns[p]), size
    return i, j
