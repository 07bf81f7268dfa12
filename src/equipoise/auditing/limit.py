"""Findings about the limit itself: are levels resolved, gases dilute, and what do the reservoirs not reach."""

from __future__ import annotations

from collections.abc import Iterable

from equipoise.auditing.questions import Finding, Question
from equipoise.generators import Generator, secular_validity
from equipoise.generators.validity import DOUBTFUL_RATIO, decoupled_transitions
from equipoise.scattering import Gas

DENSE_OCCUPATION = 0.1
"""Occupation of an incoming wave above which the low-density limit is doubtful: it drops terms of this order."""

_SHOWN = 3
"""Decoupled transitions that are named; the others are counted."""


def limit_findings(generator: Generator) -> list[Finding]:
    """How near levels are compared with the rates, and which transitions lie outside a band.

    Only for generators that a secular limit derived, from a system or from the collisions of gases alone.
    """
    gases = [part.reservoir for part in generator.dissipators if isinstance(part.reservoir, Gas)]
    derived = generator.system is not None or len(gases) == len(generator.dissipators)
    if not derived or not generator.is_secular:
        return []
    validity = secular_validity(generator)
    detail = f"{validity} {validity.remedy}" if validity.is_doubtful else str(validity)
    answer = "no" if validity.is_doubtful else "yes"
    norm = f"rate that moves two levels over their gap, safe up to {DOUBTFUL_RATIO:g}"
    secular = Finding(question=Question.SECULAR_SAFE, answer=answer, value=validity.ratio, norm=norm, detail=detail)
    if gases:
        return [secular, _dilute(gases)]
    silent = decoupled_transitions(generator)
    reached = Finding(
        question=Question.MODES_FOUND,
        answer="no" if silent else "yes",
        value=float(sum(entry.frequencies.size for entry in silent)),
        norm="transitions whose rates are all zero",
        detail="decoupled: " + "; ".join(entry.named(_SHOWN) for entry in silent) if silent else "",
    )
    return [secular, reached]


def _dilute(gases: Iterable[Gas]) -> Finding:
    """Whether the particles of every gas come one at a time."""
    densest = max(gases, key=lambda gas: gas.largest_occupation())
    value = densest.largest_occupation()
    detail = f"Each incoming wave of {densest.name!r} is occupied {value:.2g} times"
    answer = "yes"
    if value > DENSE_OCCUPATION:
        answer = "no"
        detail += ": particles of a dilute gas come one at a time. Lower its density."
    norm = f"largest occupation of an incoming wave, n lambda^d of a thermal gas; safe up to {DENSE_OCCUPATION:g}"
    return Finding(question=Question.GAS_DILUTE, answer=answer, value=value, norm=norm, detail=detail)


def limit_flags(findings: Iterable[Finding]) -> list[str]:
    """Where the limit is doubtful, a sentence for each reason; empty if all is well."""
    of_limit = (Question.SECULAR_SAFE, Question.GAS_DILUTE, Question.MODES_FOUND)
    return [f.detail for f in findings if f.question in of_limit and f.answer == "no"]
