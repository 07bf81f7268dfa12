"""The verdict: never one boolean, but a name that the first matching test gives, from flows first, shape second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum


class Verdict(Enum):
    """The kind of a stationary state, by the first test that matches."""

    NOT_UNIQUE = "not unique"
    INCONSISTENT = "thermodynamically inconsistent generator"
    EQUILIBRIUM = "equilibrium"
    EQUILIBRIUM_AT_FINITE_COUPLING = "equilibrium at finite coupling"
    BALANCED_NOT_THERMAL = "balanced, not thermal"
    DARK_STATE = "dark state"
    BALANCED_BETWEEN_UNEQUAL = "balanced between unequal reservoirs"
    THERMAL_WITHOUT_DETAILED_BALANCE = "thermal state without detailed balance"
    NON_EQUILIBRIUM = "non-equilibrium steady state"
    REVERSIBLE = "reversible"
    IRREVERSIBLE = "irreversible"
    UNDECIDED = "undecided"


MEANING = {
    Verdict.NOT_UNIQUE: "Several stationary states: which one is reached depends on the start; each has its verdict.",
    Verdict.INCONSISTENT: "The generator breaks the second law, or equal reservoirs do not share their equilibrium.",
    Verdict.EQUILIBRIUM: "Nothing flows, and the state is the Gibbs state of the reservoirs.",
    Verdict.EQUILIBRIUM_AT_FINITE_COUPLING: "Nothing flows; the state is the mean-force Gibbs state.",
    Verdict.BALANCED_NOT_THERMAL: "Nothing flows, and yet the state is not the Gibbs state of the reservoirs.",
    Verdict.DARK_STATE: "Nothing flows because nothing moves: no jump changes the state.",
    Verdict.BALANCED_BETWEEN_UNEQUAL: "Each reservoir drives flows, and on every transition they cancel.",
    Verdict.THERMAL_WITHOUT_DETAILED_BALANCE: (
        "The state is Gibbs and no energy flows on balance, yet loops of currents persist."
    ),
    Verdict.NON_EQUILIBRIUM: "Something flows from reservoir to reservoir through the system.",
    Verdict.REVERSIBLE: "Standard quantum detailed balance holds; whose equilibrium it is cannot be told.",
    Verdict.IRREVERSIBLE: "Standard quantum detailed balance fails; what drives the flows cannot be told.",
    Verdict.UNDECIDED: "A gap, a rate or a flow is too near a tolerance for the verdict to be safe.",
}

BY_ITSELF = "Something flows, kept up by a reservoir that is not in equilibrium itself."
"""Meaning of a non-equilibrium steady state where one reservoir, not a thermal one, does it all."""

WITHIN_ONE = "Something flows through the system, although it has only one reservoir, a thermal one."
"""Meaning where that reservoir is thermal, and another thing drives the flow: work, a moved particle."""


DRIVEN = "Work is done on the system, or by it, and heat makes up for it."
"""Meaning of a non-equilibrium steady state whose drive is known."""


def meaning_of(verdict: Verdict, inverse_temperatures: Sequence[float | None], is_driven: bool = False) -> str:
    """The meaning of a verdict, in a sentence, for reservoirs of these inverse temperatures (None if not thermal)."""
    if verdict is Verdict.NON_EQUILIBRIUM and is_driven:
        return DRIVEN
    if verdict is Verdict.NON_EQUILIBRIUM and len(inverse_temperatures) == 1:
        return BY_ITSELF if inverse_temperatures[0] is None else WITHIN_ONE
    return MEANING[verdict]


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """Residuals on which the verdict rests; each is zero when its statement holds.

    But for `sqdb` each is what is left of the measured value beyond its error: a lower bound, which shows that the
    statement fails where it is above the tolerance.

    Parameters
    ----------
    reservoirs_known : bool
        Whether every dissipator is attributed to a reservoir.
    sqdb : float or None
        Relative residual of standard quantum detailed balance, None if not applicable; at least the summed flows where
        the state is diagonal, since a rare transition counts little in a norm of them all.
    broken : float
        By how much it fails beyond its noise.
    entropy_deficit : float
        Largest relative negativity of an entropy production that must not be negative.
    produced : float
        Largest positive entropy production beyond its error, relative to its scale.
    by_reservoir : tuple of float
        Largest net flow of each reservoir: on one transition between levels, and of its jumps against their reverses
        within levels, relative to its activity.
    summed_flows : float
        Largest net flow of all reservoirs together on one transition between levels, relative to the activity there.
    within_levels : float
        Jumps of all reservoirs together against their reverses within levels, relative to all jumps there; of a state
        that mixes levels of H all jumps, as in `broken`. Zero where those within levels are known to be elastic.
    totals : float
        Largest total energy or particle flow of a reservoir, relative to its activity.
    is_dark, may_be_dark : bool
        Whether no jump changes the state, for sure, and as far as the error of the state tells.
    gibbs_at_reservoirs : float or None
        Misfit to the Gibbs state of the (equal) reservoirs; None if they have no common beta, mu.
    departure : str
        Between which levels the state departs most from that Gibbs state, in words.
    gibbs : float or None
        Misfit to any Gibbs state; None without energies.
    common_equilibrium_is_due : bool
        Reservoirs are equal, and mu = 0 or the couplings are graded: the Gibbs state must be stationary.
    has_equal_reservoirs : bool
        Whether all reservoirs are thermal, with one temperature and one chemical potential.
    is_equilibrium_known : bool
        Whether the state to which equal reservoirs lead is known: not without energies, nor without the number operator
        where mu is not zero.
    """

    reservoirs_known: bool
    sqdb: float | None
    broken: float
    entropy_deficit: float
    produced: float = 0.0
    by_reservoir: tuple[float, ...]
    summed_flows: float
    within_levels: float = 0.0
    totals: float
    is_dark: bool
    gibbs_at_reservoirs: float | None
    gibbs: float | None
    common_equilibrium_is_due: bool
    has_equal_reservoirs: bool = False
    may_be_dark: bool = False
    departure: str = ""
    is_equilibrium_known: bool = True

    def is_at_rest(self, tolerance: float) -> bool:
        """Whether nothing that is measured moves: no flow, no entropy production, no broken detailed balance."""
        totals = self.totals if self.reservoirs_known else 0.0
        return max(*self.by_reservoir, totals, self.produced, self.broken) <= tolerance


def first_match(found: Measurements, tolerance: float) -> Verdict:
    """First match of the table, every residual compared with one tolerance."""
    at_rest = found.is_at_rest(tolerance)
    if not found.reservoirs_known:
        if found.is_dark and at_rest:
            return Verdict.DARK_STATE
        if found.sqdb is None:
            return Verdict.UNDECIDED if at_rest else Verdict.IRREVERSIBLE
        return Verdict.REVERSIBLE if at_rest and found.sqdb <= tolerance else Verdict.IRREVERSIBLE
    misfit = found.gibbs_at_reservoirs
    if found.entropy_deficit > tolerance:
        return Verdict.INCONSISTENT
    is_dark = at_rest and found.is_dark
    if found.common_equilibrium_is_due and misfit is not None and misfit > tolerance and not is_dark:
        return Verdict.INCONSISTENT
    if at_rest:
        if misfit is not None and misfit <= tolerance:
            return Verdict.EQUILIBRIUM
        if is_dark:
            return Verdict.DARK_STATE
        return Verdict.BALANCED_NOT_THERMAL if found.is_equilibrium_known else Verdict.REVERSIBLE
    if max(found.summed_flows, found.within_levels) <= tolerance < max(*found.by_reservoir, found.totals):
        return Verdict.BALANCED_BETWEEN_UNEQUAL
    if found.gibbs is not None and found.gibbs <= tolerance and found.totals <= tolerance:
        return Verdict.THERMAL_WITHOUT_DETAILED_BALANCE
    return Verdict.NON_EQUILIBRIUM


def classify(found: Measurements, tolerance: float, safety: float = 10.0) -> tuple[Verdict, tuple[Verdict, ...]]:
    """The verdict, and the different names on both sides of the tolerance if it is not safe.

    Returns
    -------
    verdict : Verdict
        UNDECIDED if `tolerance / safety` and `tolerance * safety` give different names.
    both_sides : tuple of Verdict
        Those names (empty when they agree).
    """
    lenient = found if found.sqdb is None else replace(found, sqdb=found.broken)
    names = [first_match(found, tolerance / safety), first_match(lenient, tolerance * safety)]
    if found.may_be_dark and not found.is_dark:
        names += [first_match(replace(one, is_dark=True), tolerance) for one in (found, lenient)]
    return agreed(names)


def agreed(names: Sequence[Verdict]) -> tuple[Verdict, tuple[Verdict, ...]]:
    """One name if all agree, UNDECIDED with the distinct names otherwise."""
    distinct = tuple(dict.fromkeys(names))
    if len(distinct) == 1:
        return distinct[0], ()
    sides = tuple(name for name in distinct if name is not Verdict.UNDECIDED)
    return Verdict.UNDECIDED, sides if len(sides) > 1 else ()
