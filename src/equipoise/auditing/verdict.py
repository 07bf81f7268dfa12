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
    Verdict.DARK_STATE: "Nothing flows because nothing moves: the one-way flows vanish too.",
    Verdict.BALANCED_BETWEEN_UNEQUAL: "Each reservoir drives flows, and on every transition they cancel.",
    Verdict.THERMAL_WITHOUT_DETAILED_BALANCE: (
        "The state is Gibbs and no energy flows on balance, yet loops of currents persist."
    ),
    Verdict.NON_EQUILIBRIUM: "Something flows from reservoir to reservoir through the system.",
    Verdict.REVERSIBLE: "Jumps of unknown origin that satisfy standard quantum detailed balance.",
    Verdict.IRREVERSIBLE: "Jumps of unknown origin that violate standard quantum detailed balance.",
    Verdict.UNDECIDED: "A gap, a rate or a flow is too near a tolerance for the verdict to be safe.",
}

BY_ITSELF = "Something flows, kept up by a reservoir that is not in equilibrium itself."
"""Meaning of a non-equilibrium steady state where one reservoir, not a thermal one, does it all."""

WITHIN_ONE = "Something flows through the system, although it has only one reservoir, a thermal one."
"""Meaning where that reservoir is thermal, and another thing drives the flow: work, a moved particle."""


def meaning_of(verdict: Verdict, inverse_temperatures: Sequence[float | None]) -> str:
    """The meaning of a verdict, in a sentence, for reservoirs of these inverse temperatures (None if not thermal)."""
    if verdict is Verdict.NON_EQUILIBRIUM and len(inverse_temperatures) == 1:
        return BY_ITSELF if inverse_temperatures[0] is None else WITHIN_ONE
    return MEANING[verdict]


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """Residuals on which the verdict rests; each is zero when its statement holds.

    Parameters
    ----------
    reservoirs_known : bool
        Whether every dissipator is attributed to a reservoir.
    sqdb : float or None
        Relative residual of standard quantum detailed balance, None if not applicable; at least the summed flows where
        the state is diagonal, since a rare transition counts little in a norm of them all.
    sqdb_noise : float
        How much of it the error of the state may explain.
    entropy_deficit : float
        Largest relative negativity of an entropy production that must not be negative.
    flows : float
        Largest net flow of one reservoir on one transition, relative to its activity there.
    summed_flows : float
        The same for the flows of all reservoirs together.
    totals : float
        Largest total energy or particle flow of a reservoir, relative to its activity.
    is_dark : bool
        Whether the one-way flows vanish too.
    gibbs_at_reservoirs : float or None
        Misfit to the Gibbs state of the (equal) reservoirs; None if they have no common beta, mu.
    gibbs : float
        Misfit to any Gibbs state.
    common_equilibrium_is_due : bool
        Reservoirs are equal, and mu = 0 or the couplings are graded: the Gibbs state must be stationary.
    has_equal_reservoirs : bool
        Whether all reservoirs are thermal, with one temperature and one chemical potential.
    """

    reservoirs_known: bool
    sqdb: float | None
    sqdb_noise: float
    entropy_deficit: float
    flows: float
    summed_flows: float
    totals: float
    is_dark: bool
    gibbs_at_reservoirs: float | None
    gibbs: float
    common_equilibrium_is_due: bool
    has_equal_reservoirs: bool = False


def first_match(found: Measurements, tolerance: float) -> Verdict:
    """First match of the table, every residual compared with one tolerance."""
    if not found.reservoirs_known:
        if found.is_dark:
            return Verdict.DARK_STATE
        if found.sqdb is None:
            return Verdict.UNDECIDED
        return Verdict.REVERSIBLE if found.sqdb <= tolerance else Verdict.IRREVERSIBLE
    at_rest = found.flows <= tolerance and found.totals <= tolerance
    misfit = found.gibbs if found.gibbs_at_reservoirs is None else found.gibbs_at_reservoirs
    if found.entropy_deficit > tolerance:
        return Verdict.INCONSISTENT
    if found.common_equilibrium_is_due and misfit > tolerance and not (at_rest and found.is_dark):
        return Verdict.INCONSISTENT
    if at_rest:
        if found.gibbs_at_reservoirs is not None and misfit <= tolerance:
            return Verdict.EQUILIBRIUM
        return Verdict.DARK_STATE if found.is_dark else Verdict.BALANCED_NOT_THERMAL
    if found.summed_flows <= tolerance:
        return Verdict.BALANCED_BETWEEN_UNEQUAL
    if found.gibbs <= tolerance and found.totals <= tolerance:
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
    lenient = found if found.sqdb is None else replace(found, sqdb=max(0.0, found.sqdb - found.sqdb_noise))
    names = [first_match(found, tolerance / safety), first_match(lenient, tolerance * safety)]
    return agreed(names)


def agreed(names: Sequence[Verdict]) -> tuple[Verdict, tuple[Verdict, ...]]:
    """One name if all agree, UNDECIDED with the distinct names otherwise."""
    distinct = tuple(dict.fromkeys(names))
    return (distinct[0], ()) if len(distinct) == 1 else (Verdict.UNDECIDED, distinct)
