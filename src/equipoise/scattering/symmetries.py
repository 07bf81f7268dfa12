r"""Which symmetry of a scattering problem protects detailed balance, and which pairs of levels violate it.

.. math:: a_{kl} e^{-\beta\epsilon_l} = a_{lk} e^{-\beta\epsilon_k} I(k, l)

holds with I = 1 for all pairs if the T-matrix is symmetric in some phases of its channels, or if its squared moduli are
symmetric under time reversal, alone or with space inversion. Behind each of them stands an antiunitary operator.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from equipoise._checks import ROUND_OFF, ComplexArray, RealArray, finite_real, require
from equipoise._printed import amount, counted, described, table
from equipoise.scattering._antiunitary import Antiunitary, nearest_antiunitary
from equipoise.scattering._pair_residuals import PairResiduals, pair_residuals
from equipoise.scattering.gas import Gas
from equipoise.scattering.rates import ScatteringRates, scattering_rates
from equipoise.scattering.target import Target
from equipoise.tolerances import BALANCED, NO_DIVISOR


@dataclass(frozen=True)
class BalanceCondition:
    """One condition, how far it is from being met, and why.

    Parameters
    ----------
    name : str
    residual : float or None
        Relative, zero if the condition holds exactly; None where it does not apply or is a matter of counting.
    holds : bool or None
        None where it does not apply.
    protects : bool
        Whether the condition, if it holds, makes I(k, l) = 1 for all pairs.
    reason : str
    """

    name: str
    residual: float | None
    holds: bool | None
    protects: bool
    reason: str

    def __repr__(self) -> str:
        verdict = "does not apply" if self.holds is None else "holds" if self.holds else "does not hold"
        facts = [("residual", amount(self.residual, 2))] if self.residual is not None else []
        facts += [("reason", self.reason)] if self.reason else []
        return described(f"{self.name}: {verdict}", *facts)


@dataclass(frozen=True, eq=False, kw_only=True)
class BalanceSymmetries:
    """Detailed balance of a target in a thermal gas: conditions with their residuals, and pairs that violate it.

    Parameters
    ----------
    target : Target
    gas : Gas
    rates : ScatteringRates
    conditions : tuple of BalanceCondition
        Those on the T-matrix, then those on the couplings, then consistency.
    log_ratio : RealArray, shape (L, L)
        `log I(k, l)` of the levels.
    noise : RealArray, shape (L, L)
        Error of `log_ratio`: of the quadrature, of rounding, and of the T-matrix as its optical theorem tells.
    antiunitary : Antiunitary or None
        The symmetry found in the couplings, with or without a mirror; None if there is none.
    """

    target: Target
    gas: Gas
    rates: ScatteringRates
    conditions: tuple[BalanceCondition, ...]
    log_ratio: RealArray
    noise: RealArray
    antiunitary: Antiunitary | None

    def condition(self, name: str) -> BalanceCondition:
        """The condition of that name."""
        found = {one.name: one for one in self.conditions}
        require(name in found, "name", f"be one of {', '.join(found)}", f"got {name!r}")
        return found[name]

    @property
    def protecting(self) -> tuple[str, ...]:
        """Names of the conditions that hold and make detailed balance exact."""
        return tuple(one.name for one in self.conditions if one.protects and one.holds)

    @property
    def is_protected(self) -> bool:
        """Whether some condition makes detailed balance exact."""
        return bool(self.protecting)

    @cached_property
    def violation(self) -> RealArray:
        """`|log I|` above its noise, 0 below, shape (L, L)."""
        size = np.abs(self.log_ratio)
        return np.asarray(np.where(size > self.noise, size, 0.0))

    @property
    def largest(self) -> float:
        """Largest `|log I|` above noise; 0 if detailed balance holds as far as can be told."""
        return float(self.violation.max(initial=0.0))

    def violating_pairs(self) -> tuple[tuple[int, int], ...]:
        """Pairs of levels (k, l), k above l, whose `log I` exceeds its noise; the largest first."""
        upper, lower = np.nonzero(np.tril(self.violation, -1))
        order = np.argsort(-self.violation[upper, lower], kind="stable")
        return tuple((int(upper[i]), int(lower[i])) for i in order)

    def __repr__(self) -> str:
        labels, applying = self.target.spectrum.labels, [one for one in self.conditions if one.holds is not None]
        rows = [[one.name, amount(one.residual, 2), "yes" if one.holds else "no"] for one in applying]
        pairs = [
            [f"{labels[m]}, {labels[n]}", f"{np.exp(self.log_ratio[m, n]):.6g}", f"{self.noise[m, n]:.0e}"]
            for m, n in self.violating_pairs()
        ]
        facts = [("protected by", ", ".join(self.protecting) if self.protecting else "nothing that was looked for")]
        facts += [(one.name, one.reason) for one in applying if one.protects and one.holds and one.reason]
        undecided: dict[str, list[str]] = {}
        for one in self.conditions:
            if one.holds is None:
                undecided.setdefault(one.reason, []).append(one.name)
        facts += [("does not apply", f"{', '.join(names)}: {why}") for why, names in undecided.items()]
        below = table(["condition", "residual", "holds"], rows, "condition")
        below += table(["k, l", "I(k, l)", "noise of log I"], pairs, "pair") if pairs else ["  I = 1 for every pair"]
        title = f"detailed balance of {counted(self.target.spectrum.size, 'level')} in a gas"
        return described(title, *facts, below=below)


def balance_symmetries(target: Target, gas: Gas, *, tolerance: float = BALANCED) -> BalanceSymmetries:
    r"""Ask of a target in a thermal gas which symmetry protects detailed balance, and by how much each one fails.

    On the T-matrix, with residuals weighted by the particles that arrive (each pair of levels by itself, in the channel
    of its upper level; the largest over the pairs is given):

    * ``Born order``: mean of :math:`|T - T^\dagger|/|T|`. By the optical theorem :math:`T - T^\dagger = -iT^\dagger T`,
      so it vanishes only with T: it holds to first order in the coupling, and measures the distance from it.
    * ``symmetric T``: :math:`T_{k\alpha', l\alpha} = T_{l\alpha, k\alpha'}` in the best phases of the levels (of
      the channels, for partial waves), on a line also with both directions reversed (the better of the two).
    * ``time reversal``: :math:`|T_{ks', ls}|^2 = |T_{l\,-s, k\,-s'}|^2`.
    * ``reversal and parity``: :math:`|T_{ks', ls}|^2 = |T_{ls, ks'}|^2`.
    * ``energy by energy``: the same summed over waves, the least that makes I = 1 at every temperature.

    All of them are about populations. A symmetric T also gives the generator hidden time reversal, but not KMS (or GNS)
    detailed balance: elastic amplitudes :math:`T_{kk}` of different phases dephase by jumps that are not their own
    adjoints, and from three levels on no Hamiltonian makes up for it.

    On the couplings, where the interaction has coupling matrices: ``antiunitary`` and ``antiunitary, mirror`` look for
    an antiunitary operator that commutes with H_S and maps V(q) to V(q), to V at the mirror image of q. Without
    degenerate levels it is a set of phases in the energy basis, so the search is complete. ``all equal`` and ``all
    equal but one`` name special cases of coupling strengths at one place. ``no loop``: two levels, or transitions
    without a loop, are balanced because the Gibbs state is stationary.

    Parameters
    ----------
    target : Target
    gas : Gas
        Thermal.
    tolerance : float
        Residual up to which a condition counts as met.

    Returns
    -------
    BalanceSymmetries
        Its `conditions`, each with name, residual, verdict and reason; the names of those `protecting` detailed
        balance; `log_ratio`, which is log I(k, l) of the levels, and its `noise`; `violating_pairs()`, the largest
        first; and the `antiunitary` symmetry of the couplings, None if there is none. It prints as a table.

    Raises
    ------
    InputError
        If the gas is not thermal.

    References
    ----------
    Alicki, Sindelka & Gelbwaser-Klimovsky (2023), (21)-(24); there a Hermitian T is a sufficient condition, which the
    optical theorem allows to first order only.

    Examples
    --------
    Two equal couplings make a ring of three symmetric under conjugation with a reflection:

    >>> from equipoise.scattering import DeltaInteraction, maxwell_boltzmann
    >>> gas = Gas("gas", maxwell_boltzmann(temperature=1.0))
    >>> H = [[0, -1j, 1j], [1j, 0, -1j], [-1j, 1j, 0]]
    >>> balance_symmetries(Target(H, DeltaInteraction([1.0, 0.7, 1.5])), gas).is_protected
    False
    >>> found = balance_symmetries(Target(H, DeltaInteraction([1.0, 0.7, 1.0])), gas)
    >>> found.antiunitary.in_words
    'conjugation with states 0 <-> 2'
    """
    tolerance = finite_real(tolerance, "tolerance")
    require(
        gas.inverse_temperature is not None,
        "gas",
        "be thermal: without a temperature there is no balance to protect",
        f"{gas.name!r} has none",
    )
    rates = scattering_rates(target, gas)
    sums = pair_residuals(target, gas)
    on_the_couplings, antiunitary = _on_the_couplings(target, tolerance)
    log_ratio, noise = _ratios(target, gas, rates, sums)
    consistency = (
        BalanceCondition("unitary S", sums.unitarity, sums.unitarity <= tolerance, False, "S^dagger S = 1"),
        BalanceCondition("optical theorem", sums.optical, sums.optical <= tolerance, False, "relative to ||T||"),
    )
    return BalanceSymmetries(
        target=target,
        gas=gas,
        rates=rates,
        conditions=(*_on_the_matrix(target, sums, tolerance), *on_the_couplings, *consistency),
        log_ratio=log_ratio,
        noise=noise,
        antiunitary=antiunitary,
    )


def _ratios(target: Target, gas: Gas, rates: ScatteringRates, sums: PairResiduals) -> tuple[RealArray, RealArray]:
    """`log I` of the levels and its noise, by the rates summed over the states of both levels."""
    beta, levels = gas.inverse_temperature, target.spectrum.levels
    assert beta is not None
    level, L = target.spectrum.level_of, target.spectrum.size
    at = (level[:, None], level[None, :])
    on_levels = np.full((L, L), -np.inf)
    np.logaddexp.at(on_levels, at, rates.log_rates)
    absent = np.isneginf(on_levels) | np.isneginf(on_levels.T)
    np.fill_diagonal(absent, True)
    known = np.where(absent, 0.0, on_levels)
    gaps = beta * (levels[:, None] - levels[None, :])
    log_ratio = np.where(absent, 0.0, known - known.T + gaps)
    stated, rounding = np.zeros((L, L)), np.zeros((L, L))
    np.fmax.at(stated, at, rates.relative_error)
    np.maximum.at(rounding, at, sums.rounding)
    missing = np.ones((L, L), dtype=bool)
    np.logical_and.at(missing, at, ~sums.present)
    digits = 8 * ROUND_OFF * (np.abs(known) + np.abs(known.T) + np.abs(gaps) + 4)
    noise = stated + stated.T + 2 * np.maximum(rounding, rounding.T) + digits
    # A pair whose elements of T are rounding of larger ones has no ratio.
    gone = absent | missing
    return np.where(gone, 0.0, log_ratio), np.where(gone, 0.0, noise)


def _on_the_matrix(target: Target, sums: PairResiduals, tolerance: float) -> tuple[BalanceCondition, ...]:
    spectrum = target.spectrum
    tabled = [
        ("Born order", sums.born, False, "to first order in the coupling only"),
        ("symmetric T", min(sums.symmetric, key=lambda ratio: float(ratio.max(initial=0.0))), True, ""),
        ("time reversal", sums.reversal, True, ""),
        ("reversal and parity", sums.parity, True, ""),
        ("energy by energy", sums.summed, True, ""),
    ]
    found = []
    for name, ratio, protects, reason in tabled:
        if spectrum.is_degenerate and name != "energy by energy":
            worst = spectrum.labels[int(np.argmax(spectrum.degeneracies))]
            why = f"level {worst!r} is degenerate: its states, and so the elements of T, are not unique"
            found.append(BalanceCondition(name, None, None, protects, why))
            continue
        holds = bool(np.all(ratio <= np.maximum(tolerance, sums.rounding)))
        found.append(BalanceCondition(name, float(ratio.max(initial=0.0)), holds, protects, reason))
    loops = _has_loop(sums.present, spectrum.level_of)
    why = "" if loops else "no three levels or more in a loop: the stationary Gibbs state balances each pair"
    return (*found, BalanceCondition("no loop", None, not loops, True, why))


def _has_loop(present: np.ndarray, level: np.ndarray) -> bool:
    """Whether transitions between levels close a loop of three or more: more pairs than a forest of them has."""
    from scipy.sparse.csgraph import connected_components

    count = int(level.max()) + 1
    joined = np.zeros((count, count), dtype=bool)
    first, second = np.nonzero(present | present.T)
    joined[level[first], level[second]] = True
    pieces, _ = connected_components(csr_array(joined), directed=False)
    return int(np.triu(joined, 1).sum()) > count - int(pieces)


def _on_the_couplings(target: Target, tolerance: float) -> tuple[tuple[BalanceCondition, ...], Antiunitary | None]:
    names = ("antiunitary", "antiunitary, mirror")
    profile = target.interaction.coupling_profile
    if profile is None:
        why = f"{type(target.interaction).__name__} has no coupling matrices: T decides"
        return tuple(BalanceCondition(name, None, None, True, why) for name in names), None
    positions, matrices = profile
    found: list[BalanceCondition] = []
    symmetry: Antiunitary | None = None
    if target.spectrum.is_degenerate:
        found += _real_in_the_given_basis(target, matrices, tolerance)
    else:
        for name, mirror in zip(names, (False, True), strict=True):
            one = nearest_antiunitary(target.spectrum, positions, matrices, mirror=mirror)
            found.append(_of_antiunitary(name, one, positions, tolerance, mirror=mirror))
            symmetry = one if found[-1].holds and symmetry is None else symmetry
    if positions.size == 1 and not np.any(matrices[0] - np.diag(np.diag(matrices[0]))):
        found += _equal_strengths(np.diag(matrices[0]).real, tolerance)
    return tuple(found), symmetry


def _of_antiunitary(
    name: str, one: Antiunitary | None, positions: RealArray, tolerance: float, *, mirror: bool
) -> BalanceCondition:
    if mirror and positions.size == 1:
        return BalanceCondition(name, None, None, True, "all couplings sit at one place")
    if one is None:
        why = "the positions are not mirror images of each other, or no level is coupled to another"
        return BalanceCondition(name, None, False, True, why)
    holds = one.residual <= tolerance
    words = one.in_words + (" and reflection of the line" if mirror else "")
    why = words if holds else "no such operator: this is the nearest"
    return BalanceCondition(name, one.residual, holds, True, why)


def _real_in_the_given_basis(
    target: Target, matrices: ComplexArray, tolerance: float
) -> tuple[BalanceCondition, BalanceCondition]:
    H = target.spectrum.hamiltonian
    size = max(float(np.linalg.norm(V.imag)) / max(float(np.linalg.norm(V)), NO_DIVISOR) for V in (H, matrices))
    why = "conjugation in the given basis; others were not looked for, a level is degenerate"
    undecided = "not looked for: a level is degenerate"
    return (
        BalanceCondition("antiunitary", size, True if size <= tolerance else None, True, why),
        BalanceCondition("antiunitary, mirror", None, None, True, undecided),
    )


def _equal_strengths(strengths: RealArray, tolerance: float) -> list[BalanceCondition]:
    ordered = np.sort(strengths)
    scale = float(np.abs(strengths).max(initial=0.0)) or 1.0
    spread = float(np.ptp(ordered)) / scale
    rest = min(float(np.ptp(ordered[1:])), float(np.ptp(ordered[:-1]))) / scale if ordered.size > 1 else 0.0
    pair = float(np.diff(ordered).min(initial=np.inf)) / scale
    found = [
        ("all equal", spread, True, "nothing scatters inelastically"),
        ("all equal but one", rest, True, "V is real in a phased energy basis, whatever H_S"),
        ("two equal", pair, False, "protects a uniform ring of three, or three states; not four"),
    ]
    return [
        BalanceCondition(name, size, size <= tolerance, protects, why)
        for name, size, protects, why in found
        if np.isfinite(size)
    ]
