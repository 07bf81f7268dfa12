"""A generator split into what is balanced and what is not with respect to a state, and asked for any notion."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import finite_real, require, square_matrix
from equipoise._printed import amount
from equipoise.balance.quantum.by_notion import estimated_residual, residual_in
from equipoise.balance.quantum.modular import is_split_safe, modular_split
from equipoise.balance.quantum.notions import (
    BKM,
    GNS,
    KMS,
    SLD,
    AbstractMetric,
    AbstractNotion,
    Alicki,
    Harmonic,
    HiddenTimeReversal,
    InnerProduct,
    PopulationBalance,
    StandardQuantum,
    StandardQuantumTheta,
    require_notion,
)
from equipoise.balance.quantum.parts import Parts, ratio
from equipoise.balance.quantum.residual import Notions, Residual
from equipoise.balance.quantum.reversals import why_not_sought
from equipoise.balance.quantum.signed_jumps import LARGEST_DENSE
from equipoise.balance.quantum.symmetrised import Symmetrised, is_unresolved, jump_norms, symmetrised
from equipoise.fluxes import GeneratorAtState, at_state
from equipoise.fluxes.generator_at_state import State
from equipoise.fluxes.jumps import resolves_frequencies
from equipoise.generators import Generator
from equipoise.stationary.support import Support
from equipoise.tolerances import EQUAL_WEIGHTS

_WIDTH = 58
"""Characters of the printed bar."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class DetailedBalance:
    """How far a generator is from detailed balance with respect to a state sigma, split by cause.

    In the symmetrised picture `Lhat = sigma^(1/4) L(sigma^(-1/4) . sigma^(-1/4)) sigma^(1/4)` (Heisenberg), with
    traceless jump operators, the Hilbert-Schmidt norm of the generator splits exactly into

        ||Lhat||^2 = gns_part^2 + kms_but_not_gns^2 + jump^2 + noncommuting^2 + commuting^2,

    and the last three are `||(Lhat - Lhat^dagger)/2||^2`: the distance to the nearest KMS-balanced generator, if the
    state is stationary. `kms`, `gns`, `sqdb` and `alicki` say how far it is from each notion, `of` from any other, and
    `notions` from all. Each number is worked out when it is first read. Print it for the split and the answers.

    Parameters
    ----------
    pair : GeneratorAtState
        On the support of the state.
    tolerance : float
        Modular frequencies (differences of log-weights) are equal when linked by steps below this.
    """

    pair: GeneratorAtState
    tolerance: float = EQUAL_WEIGHTS
    _asked: dict[AbstractNotion, Residual] = field(default_factory=dict, init=False)

    def of(self, notion: AbstractNotion) -> Residual:
        """How far the generator is from a notion of detailed balance, and which part of it breaks the notion.

        No residual depends on the gauge of the jump operators (a unitary mixing, shifts with the Hamiltonian that goes
        with them). KMS, GNS, Alicki, standard (with and without a given time reversal), population balance and
        `InnerProduct` come from the jump operators by QR factorisations, O(K^2 d^2 + K d^3); other metrics from a
        d^2 x d^2 matrix up to d = 32 and from random matrices beyond; a hidden time reversal is sought up to d = 48.

        Parameters
        ----------
        notion : AbstractNotion
            `KMS()`, `GNS()`, `Alicki()`, `StandardQuantum()`, `StandardQuantumTheta(U)`, `HiddenTimeReversal()`,
            `PopulationBalance()`, `InnerProduct(s)`, `BKM()`, `SLD()`, `Harmonic()` or `MonotoneMetric(mean)`.

        Returns
        -------
        Residual
            With `value`, `relative`, `relative_noise`, `verdict` and `reason`.

        Raises
        ------
        InputError
            A time reversal that changes the state; a notion that needs jump operators of a large generator without
            them (says which remain).

        Examples
        --------
        >>> from equipoise.generators import lindbladian
        >>> qubit = lindbladian([[0, 0], [0, 1.0]], [[[0, 1.0], [0, 0]], [[0, 0], [0.5, 0]]])
        >>> found = detailed_balance(qubit).of(KMS())
        >>> round(found.value, 12), round(found.without_hamiltonian, 12), found.reason
        (1.414213562373, 0.0, 'Hamiltonian that commutes with the state')
        """
        require_notion(notion)
        if notion not in self._asked:
            if is_unresolved(self.pair.generator) and isinstance(notion, AbstractMetric | KMS):
                self._asked[notion] = estimated_residual(notion, self.pair)
            else:
                self._asked[notion] = residual_in(notion, self._picture, self.tolerance)
        return self._asked[notion]

    @property
    def kms(self) -> Residual:
        """KMS detailed balance, `L' = L`."""
        return self.of(KMS())

    @property
    def gns(self) -> Residual:
        """GNS detailed balance: the distance to the nearest GNS-balanced generator."""
        return self.of(GNS())

    @property
    def sqdb(self) -> Residual:
        """Standard quantum detailed balance, `L - L' = 2i[K, .]` with [K, sigma] = 0."""
        return self.of(StandardQuantum())

    @property
    def alicki(self) -> Residual:
        """Alicki's detailed balance: GNS with the Hamiltonian that commutes with the state left free."""
        return self.of(Alicki())

    def notions(self, time_reversal: ArrayLike | None = None) -> Notions:
        """Every notion side by side, each with its residual and reason; print it for a table.

        Parameters
        ----------
        time_reversal : array_like, shape (d, d), optional
            U of a time reversal `psi -> U conj(psi)` in the given basis, for `StandardQuantumTheta`.

        Examples
        --------
        >>> from equipoise.generators import rate_equation
        >>> found = detailed_balance(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])).notions()
        >>> round(found[KMS()].value ** 2, 12), found[KMS()].reason.split(",")[0]
        (1.5, 'jump part')
        """
        asked: list[AbstractNotion] = [KMS(), StandardQuantum(), GNS(), Alicki(), InnerProduct(0.0), BKM(), SLD()]
        asked += [Harmonic(), PopulationBalance()]
        if time_reversal is not None:
            d = len(self.pair.vectors)
            asked.append(StandardQuantumTheta(square_matrix(time_reversal, "time_reversal", d)))
        asked.append(HiddenTimeReversal())
        why_not = {notion: self._why_not(notion) for notion in asked}
        return Notions(
            residuals=tuple(self.of(notion) for notion in asked if not why_not[notion]),
            unavailable=tuple((notion.name, why) for notion, why in why_not.items() if why),
            stationarity=None if is_unresolved(self.pair.generator) else self.stationarity,
        )

    def _why_not(self, notion: AbstractNotion) -> str:
        if is_unresolved(self.pair.generator):
            needs = f"needs jump operators above dimension {LARGEST_DENSE}: a dissipator is known by its action only"
            return "" if isinstance(notion, AbstractMetric | KMS) else needs
        return why_not_sought(self._picture) if isinstance(notion, HiddenTimeReversal) else ""

    @property
    def _picture(self) -> Symmetrised:
        return symmetrised(self.pair)

    @cached_property
    def _split(self) -> tuple[Parts, Parts]:
        return modular_split(self._picture, self.tolerance)

    @property
    def gns_part(self) -> float:
        """Norm of the GNS-balanced part: symmetric, and without exchange between modular frequencies."""
        return self._split[0].total

    @property
    def kms_but_not_gns(self) -> float:
        """Norm of the symmetric part that joins unequal modular frequencies."""
        return self._split[1].total

    @property
    def jump(self) -> float:
        """Norm of the antisymmetric part of the jumps, which carries currents."""
        return self._picture.antisymmetric_jump_norm

    @property
    def noncommuting(self) -> float:
        """Norm of the antisymmetric coherent part between states of unequal weight."""
        return self._picture.noncommuting_norm

    @property
    def commuting(self) -> float | None:
        """Norm of the Hamiltonian that commutes with the state, which standard quantum detailed balance leaves free.

        None if a coherent term does not exist (a divergent Lamb shift); it then enters no notion.
        """
        return self._picture.commuting_norm if self._picture.is_defined else None

    @property
    def current_carrying(self) -> float:
        """`(jump^2 + noncommuting^2)^(1/2)`, the violation of standard quantum detailed balance."""
        return float(np.hypot(self.jump, self.noncommuting))

    @property
    def irreversible(self) -> float:
        """`||(Lhat - Lhat^dagger)/2||`, the commuting Hamiltonian included."""
        return float(np.hypot(self.current_carrying, self.commuting or 0.0))

    @property
    def total(self) -> float:
        """`||Lhat||`."""
        return float(np.sqrt(self.gns_part**2 + self.kms_but_not_gns**2 + self.irreversible**2))

    @property
    def norm(self) -> float:
        """Norm of the dissipative part (of the commuting Hamiltonian where nothing dissipates)."""
        return self._picture.norm

    @property
    def jump_norm(self) -> float:
        """Norm of the jump part alone: far below `norm` for a cold state, whose coherences decay much faster."""
        return self._picture.jump_norm

    @property
    def relative_jump(self) -> float:
        """`jump / jump_norm`: from zero to `1/sqrt(2)`, where nothing goes back the way it came."""
        return ratio(self.jump, self.jump_norm, self.norm)

    @property
    def relative_noncommuting(self) -> float:
        """`noncommuting / norm`."""
        return ratio(self.noncommuting, self.norm)

    @property
    def relative_commuting(self) -> float | None:
        """`commuting / norm`; None if there is no such term."""
        return None if self.commuting is None else ratio(self.commuting, self.norm)

    @property
    def noise(self) -> float:
        """Norm of what rounding of the given operators, and the error of the state, make of the antisymmetric parts."""
        return self._picture.noise.total

    @property
    def stationarity(self) -> float:
        """`||sigma^(-1/4) L_*(sigma) sigma^(-1/4)||`: zero if the state is stationary, else sigma is a candidate.

        It is at most twice `current_carrying`.
        """
        return self._picture.stationarity

    @property
    def is_clustering_safe(self) -> bool:
        """False if some modular frequencies are neither clearly equal nor clearly distinct.

        `gns_part` and `kms_but_not_gns` then depend on the tolerance; the other parts never do.
        """
        return is_split_safe(self._picture, self.tolerance)

    @property
    def support(self) -> Support | None:
        """Support of the state, to which the generator was restricted; None if the state has full rank."""
        return self.pair.support

    def parts(self) -> list[tuple[str, float]]:
        """Name and norm of each part of the generator, the best balanced first."""
        rows = [
            ("GNS-balanced", self.gns_part),
            ("KMS-balanced, not GNS-balanced", self.kms_but_not_gns),
            ("antisymmetric part of the jumps", self.jump),
            ("coherent, between unequal weights", self.noncommuting),
        ]
        return rows if self.commuting is None else [*rows, ("Hamiltonian commuting with state", self.commuting)]

    def __repr__(self) -> str:
        if is_unresolved(self.pair.generator):
            return repr(self.notions())
        total2 = max(self.total**2, np.finfo(float).tiny)
        marks = "=-#%."
        shares = [value**2 / total2 for _, value in self.parts()]
        ends = np.rint(_WIDTH * np.cumsum(shares)).astype(int)
        bar = "".join(mark * int(end - start) for mark, start, end in zip(marks, [0, *ends], ends, strict=False))
        lines = ["detailed balance of a generator with respect to a state", f"  [{bar}]  share of ||L||^2"]
        for mark, (name, value), share in zip(marks, self.parts(), shares, strict=False):
            lines.append(f"  {mark} {name:34}{value:12.4g}  {100 * share:6.2f} %")
        if self.commuting is None:
            lines.append("  a Lamb shift diverges: the Hamiltonian that commutes with the state is undefined")
        for name, found in (("KMS", self.kms), ("standard", self.sqdb), ("GNS", self.gns), ("Alicki", self.alicki)):
            relative = f"{found.relative_without_hamiltonian:.3g} relative, noise {found.relative_noise:.1g}"
            lines.append(f"  {name:9} {found.verdict}: {relative}")
        lines.append(f"  relative to {amount(self.jump_norm)} (jumps) and {amount(self.norm)} (coherent part)")
        lines.append("  residuals leave out the Hamiltonian that commutes with the state")
        lines.append(f"  norm of L applied to the state {self.stationarity:.3g}, zero if it is stationary")
        if not self.is_clustering_safe:
            lines.append("  GNS against KMS: some modular frequencies are nearly equal, the split depends on it")
        if self.support is not None:
            lines.append(f"  {self.support}")
        return "\n".join(lines)


def detailed_balance(
    generator: Generator | GeneratorAtState, state: State | None = None, *, tolerance: float = EQUAL_WEIGHTS
) -> DetailedBalance:
    """How far a generator is from detailed balance with respect to a state, in every notion, and what breaks it.

    Exact and independent of the gauge of the jump operators, O(K^2 d^2 + K d^3) and never a d^2 x d^2 matrix: the
    jump part comes from a QR factorisation of the jump operators and resolves violations of 1e-11 of the norm.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        With jump operators (signs -1 allowed), or of dimension up to 32. Known by its action only and larger: the
        notions that are metrics are estimated, and the split is refused.
    state : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        Stationary (None: the stationary state), or a candidate. A state without full rank restricts the generator to
        its support.
    tolerance : float
        Modular frequencies (differences of log-weights) are equal when linked by steps below this.

    Returns
    -------
    DetailedBalance

    Raises
    ------
    InputError
        Wrong dimension, a support that the generator leaves.

    References
    ----------
    Alicki (1976); Kossakowski, Frigerio, Gorini & Verri (1977); Fagnola & Umanita (2007, 2010); Carlen & Maas (2017)
    for GNS against KMS; Roberts, Lingenfelter & Clerk (2021). A Hamiltonian that commutes with the state is
    anti-self-adjoint and carries no current: it is reported apart.

    Examples
    --------
    A classical cycle with rates 2 and 1: half of the difference on each of six directed pairs is irreversible.

    >>> from equipoise.generators import rate_equation
    >>> found = detailed_balance(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]]))
    >>> round(found.jump**2, 12), round(found.irreversible**2, 12), found.kms_but_not_gns
    (1.5, 1.5, 0.0)
    >>> found.sqdb.verdict
    'broken'
    """
    tolerance = finite_real(tolerance, "tolerance")
    require(tolerance > 0, "tolerance", "be positive", f"got {tolerance:g}")
    pair = at_state(generator, state).on_support
    if not is_unresolved(pair.generator):
        symmetrised(pair)
    return DetailedBalance(pair=pair, tolerance=tolerance)


def jump_imbalances(pair: GeneratorAtState) -> tuple[float, ...]:
    """How far the jumps of each dissipator are from their own reverses, beyond noise and relative to its jumps.

    A lower bound of the violation of the standard notion by each dissipator alone; 0 for one of the Hamiltonian only.
    """
    inner, found = pair.on_support, []
    for part in inner.generator.dissipators:
        is_alone = len(inner.generator.dissipators) == 1
        picture = symmetrised(
            inner if is_alone else replace(inner, generator=replace(inner.generator, dissipators=(part,)))
        )
        beyond = max(0.0, picture.antisymmetric_jump_norm - picture.noise.jump)
        found.append(ratio(beyond, picture.jump_norm))
    return tuple(found)


def imbalance_within_levels(pair: GeneratorAtState) -> float:
    """How far the jumps of all dissipators within levels are from their reverses, beyond noise and relative to them.

    Of a state whose eigenvectors lie in one energy level each. Between levels the directed fluxes tell the same.
    """
    picture, home = symmetrised(pair), pair.on_support.density.home_levels
    if home is None:
        return 0.0
    parts = []
    for group in picture.groups:
        inside = home[group.rows] == home[group.columns]
        parts.append(jump_norms(replace(group, forward=group.forward[inside], backward=group.backward[inside])))
    single = picture.singles
    inside = home[single.rows] == home[single.columns]
    there, back = single.forward[inside], single.backward[inside]
    parts.append((float(0.5 * np.linalg.norm(there - back)), float(np.linalg.norm(there))))
    antisymmetric, whole = np.linalg.norm(np.array(parts), axis=0)
    noise = picture.noise.jump
    if resolves_frequencies(pair.on_support.generator.dissipators, pair.on_support.density):
        # Each frequency has the noise of its own jumps.
        noise = noise * ratio(float(whole), picture.jump_norm)
    return ratio(max(0.0, float(antisymmetric) - noise), float(whole))
