"""How far a generator is from each notion of detailed balance, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, InputError, require, square_matrix
from equipoise.balance._low_rank import first_of_largest, worst_row
from equipoise.balance._metrics import metric_residual
from equipoise.balance._prepared import Prepared, on_support, prepared
from equipoise.balance._scales import RESOLVED, TOLERANCE, Parts, is_within, ratio, relative_size
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

_CHANGED = 1e-7
"""Largest element with which a time reversal may join states of different weight: the error of an eigenvector."""


@dataclass(frozen=True)
class Residual:
    """How far a generator is from one notion of detailed balance.

    `value` is an absolute norm. `relative` compares what the jumps break with `jump_norm` and what the coherent part
    breaks with `norm`, and adds the two ratios in quadrature: in a cold state coherences decay at rates far above those
    of the rare jumps, beside which a one-sided cycle of jumps would look balanced.

    Parameters
    ----------
    notion : AbstractNotion
    value : float
        Hilbert-Schmidt norm of what breaks the notion, in the unit of the rates; zero if it holds.
    without_hamiltonian : float
        The same with the Hamiltonian that commutes with the state removed: equal to `value` where the notion leaves
        it free, and for `StandardQuantumTheta` and `HiddenTimeReversal`, which take the Hamiltonian as it is.
    norm : float
        Norm of the dissipative part in the same picture (of the commuting Hamiltonian where nothing dissipates).
    reason : str
        The offending part and the worst pair of states, in the eigenbasis of the state.
    jump, coherent : float or None
        What the jumps alone break, and the rest alone, the commuting Hamiltonian removed. Their squares add up to
        that of `without_hamiltonian`, but for the metric of a mean and for `HiddenTimeReversal`, where the parts are
        not orthogonal. None where they are not known apart.
    jump_norm : float or None
        Norm of the jump part alone: far below `norm` for a cold state. None where it is not known apart (a generator
        known by its action only).
    jump_noise, coherent_noise : float
        What rounding of the given operators, and the error of the state, make of the two parts.
    error : float
        Standard error of the value where it is estimated from random matrices; zero where it is computed.
    method : str
        How it was computed.
    support : int or None
        Dimension of the support of the state, to which the generator was restricted; None if it has full rank.
    """

    notion: AbstractNotion
    value: float
    without_hamiltonian: float
    norm: float
    reason: str
    jump: float | None
    coherent: float | None
    jump_norm: float | None
    jump_noise: float
    coherent_noise: float
    error: float = 0.0
    method: str = "QR"
    support: int | None = None

    @property
    def relative_without_hamiltonian(self) -> float:
        """`((jump / jump_norm)^2 + (coherent / norm)^2)^(1/2)`: how far the notion is, whatever the Hamiltonian.

        Where the two parts are not known apart, or cancel, `without_hamiltonian` over the smaller of the norms.
        """
        parts = None if self.jump is None or self.coherent is None else Parts(self.jump, self.coherent)
        return relative_size(self.without_hamiltonian, parts, self.jump_norm, self.norm)

    @property
    def relative(self) -> float:
        """The same with the commuting Hamiltonian, over `norm`, where the notion forbids it."""
        commuting2 = (self.value - self.without_hamiltonian) * (self.value + self.without_hamiltonian)
        commuting = ratio(float(np.sqrt(max(0.0, commuting2))), self.norm)
        return float(np.hypot(self.relative_without_hamiltonian, commuting))

    @property
    def noise(self) -> float:
        """Noise of the value, both parts in quadrature."""
        return float(np.hypot(self.jump_noise, self.coherent_noise))

    @property
    def relative_noise(self) -> float:
        """The noise in the unit of `relative`: what of it rounding and the error of the state may explain."""
        known = self.jump is not None and self.coherent is not None
        noise = Parts(self.jump_noise, self.coherent_noise)
        return relative_size(noise.total, noise if known else None, self.jump_norm, self.norm)

    def is_satisfied(self, tolerance: float = TOLERANCE) -> bool:
        """Whether `relative` is below `tolerance`, or below its noise.

        Noise above a thousandth excuses nothing: nothing is then shown, and the answer is no (`is_resolved` tells).
        """
        return is_within(self.relative, self.relative_noise, tolerance)

    @property
    def is_resolved(self) -> bool:
        """Whether the relative noise is small enough, a thousandth, for the value to decide anything."""
        return self.relative_noise <= RESOLVED


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
    return _unless_rounding(answer)


def _unless_rounding(found: Residual) -> Residual:
    return found if found.relative > found.relative_noise else replace(found, reason="none above rounding")


def _residual(ready: Prepared, notion: AbstractNotion) -> Residual:
    picture = ready.picture
    if isinstance(notion, AbstractMetric):
        return _of_metric(ready, notion)
    if isinstance(notion, StandardQuantumTheta | HiddenTimeReversal):
        return _of_reversal(ready, notion)
    if isinstance(notion, Classical):
        return _of_populations(ready, notion)
    jump, _, size = jump_norms(picture)
    coherent, commuting = picture.noncommuting_norm, 0.0
    norm = picture.dissipative_norm(size)
    causes = {"jump part": ratio(jump, size, norm), "coherent part between unequal weights": ratio(coherent, norm)}
    if isinstance(notion, GNS | Alicki):
        beyond = _beyond_gns(picture)
        causes["exchange between modular frequencies"] = beyond.beside(size, norm)
        jump, coherent = float(np.hypot(jump, beyond.jump)), float(np.hypot(coherent, beyond.coherent))
    if isinstance(notion, KMS | GNS):
        commuting = picture.commuting_norm
        causes["Hamiltonian that commutes with the state"] = ratio(commuting, norm)
    else:
        require(
            isinstance(notion, StandardQuantum | Alicki),
            "notion",
            "be one of the notions of equipoise.balance, or a metric (AbstractMetric)",
            f"is {notion.name}",
        )
    without = float(np.hypot(jump, coherent))
    return _unless_rounding(
        Residual(
            notion,
            float(np.hypot(without, commuting)),
            without,
            norm,
            _reason(picture, causes),
            jump,
            coherent,
            size,
            ready.noise.jump,
            ready.noise.coherent,
            support=ready.support,
        )
    )


def _beyond_gns(picture: Symmetrised) -> Parts:
    """Distance of the symmetric part from the nearest GNS-balanced generator."""
    _, outside = pinched_jump_norms(picture, COMMUTING_TOLERANCE)
    symmetric = 0.5 * (picture.effective + picture.effective.conj().T)
    coherent = np.sqrt(2 * picture.dimension) * np.linalg.norm(np.where(picture.commutes, 0, symmetric))
    return Parts(outside, float(coherent))


def _of_metric(ready: Prepared, notion: AbstractMetric) -> Residual:
    picture = ready.picture
    # The commuting Hamiltonian is orthogonal to the rest in every metric, with the same norm in all of them.
    found = metric_residual(_without_hamiltonian(picture), notion)
    value = float(np.hypot(found.value, picture.commuting_norm))
    jump, _, size = jump_norms(picture)
    norm = picture.dissipative_norm(size)
    # What breaks the metric is named by what breaks GNS, which implies all of them.
    violated = {
        "jump part": ratio(jump, size, norm),
        "coherent part between unequal weights": ratio(picture.noncommuting_norm, norm),
        "exchange between modular frequencies": _beyond_gns(picture).beside(size, norm),
    }
    parts = found.parts
    jumps = size if found.jump_norm is None else found.jump_norm
    rest = ratio(picture.commuting_norm, found.norm)
    causes = {
        max(violated, key=lambda name: violated[name]): relative_size(found.value, parts, jumps, found.norm),
        "Hamiltonian that commutes with the state": rest,
    }
    factor = float(np.exp(0.5 * np.ptp(notion.log_weight(picture.frequency))))
    return _unless_rounding(
        Residual(
            notion,
            value,
            found.value,
            found.norm or picture.commuting_norm,
            _reason(picture, causes),
            None if parts is None else parts.jump,
            None if parts is None else parts.coherent,
            jumps,
            factor * ready.noise.jump,
            factor * ready.noise.coherent,
            found.error * found.value / value if value > 0 else 0.0,
            found.method,
            ready.support,
        )
    )


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
    return _unless_rounding(
        Residual(
            notion,
            value,
            value,
            float(np.hypot(size, loss)) or picture.commuting_norm,
            f"net flow, {_states(picture, i, j)}",
            value,
            0.0,
            size,
            ready.noise.jump,
            0.0,
            method="populations",
            support=ready.support,
        )
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
        parts, norm, method = Parts(jump, coherent), picture.dissipative_norm(size), "QR"
        value = parts.total
        worst = "jump part" if ratio(jump, size, norm) >= ratio(coherent, norm) else "coherent part"
        where = f"{worst}, against its time reverse"
    else:
        why = _why_not(picture, notion)
        require(not why, "state", "allow a search for a hidden time reversal", f"it is {why}")
        found = best_time_reversal(picture)
        value, parts, size, norm = found.value, found.parts, found.jump_norm, found.norm or picture.commuting_norm
        method = "phases of the state's eigenvectors"
        where = "no phases of the eigenvectors of the state make it symmetric"
    return _unless_rounding(
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


def _reason(picture: Symmetrised, causes: dict[str, float]) -> str:
    """The cause that is largest relative to its scale, and where in it the worst pair of states is."""
    largest = max(causes, key=lambda name: causes[name])
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
