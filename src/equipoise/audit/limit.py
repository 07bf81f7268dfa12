"""Findings about the limit itself: is the secular approximation good, and what do the reservoirs not reach."""

from __future__ import annotations

from collections.abc import Iterable

from equipoise.audit.verdict import Finding
from equipoise.generators import Generator, Secular, decoupled_transitions, secular_validity
from equipoise.generators.validity import DOUBTFUL_RATIO

SECULAR = "is the secular approximation safe"
"""Question of `limit_findings`."""

REACHED = "does every coupling find modes in its reservoir"
"""Question of `limit_findings`."""

_SHOWN = 3
"""Decoupled transitions that are named; the others are counted."""


def limit_findings(generator: Generator) -> list[Finding]:
    """How near levels are compared with the rates, and which transitions lie outside a band.

    Only for generators that a secular limit derived from a system.
    """
    if generator.system is None or not all(isinstance(part.kind, Secular) for part in generator.dissipators):
        return []
    validity = secular_validity(generator)
    detail = f"{validity} {validity.remedy}" if validity.is_doubtful else str(validity)
    answer = "no" if validity.is_doubtful else "yes"
    norm = f"rate that moves two levels over their gap, safe up to {DOUBTFUL_RATIO:g}"
    found = [Finding(SECULAR, answer, validity.ratio, None, norm, detail)]
    silent = decoupled_transitions(generator)
    if silent:
        named = "decoupled: " + "; ".join(entry.named(_SHOWN) for entry in silent)
        count = float(sum(entry.frequencies.size for entry in silent))
        found.append(Finding(REACHED, "no", count, None, "transitions whose rates are all zero", named))
    else:
        found.append(Finding(REACHED, "yes", 0.0, None, "transitions whose rates are all zero"))
    return found


def limit_flags(findings: Iterable[Finding]) -> list[str]:
    """What a reader must know of the limit, in a sentence each; empty if all is well."""
    return [f.detail for f in findings if f.question in (SECULAR, REACHED) and f.answer == "no"]
