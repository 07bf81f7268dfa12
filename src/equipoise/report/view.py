"""What a page shows of an audit, as plain text and printed numbers: the template only arranges it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise._printed import amount
from equipoise.auditing import Audit, Finding, Question, Verdict
from equipoise.auditing.findings import NOTIONS
from equipoise.auditing.sheet import meaning, verdict_words
from equipoise.report.diagram import draw, width_key
from equipoise.report.layout import Layout, layout
from equipoise.report.palette import ReservoirStyle, styles
from equipoise.report.tables import (
    Budget,
    CurrentRow,
    Number,
    ReservoirRow,
    budget_bars,
    current_rows,
    cycle_rows,
    entropy_number,
    flow_number,
    gibbs_rows,
    level_rows,
    reservoir_rows,
)
from equipoise.report.transitions import Resolution, resolution
from equipoise.report.typeset import plain_number
from equipoise.scattering import Gas


@dataclass(frozen=True)
class Side:
    """A verdict with its meaning, for both sides of an undecided one."""

    name: str
    meaning: str


@dataclass(frozen=True)
class Fact:
    """One line of the answer at the top: question, answer, number or remark."""

    question: str
    answer: str
    remark: str


@dataclass(frozen=True)
class Sheet:
    """Everything shown of one stationary state."""

    identifier: str
    verdict: str
    meaning: str
    sides: tuple[Side, ...]
    support: str
    story: str
    facts: tuple[Fact, ...]
    diagram: str
    width_key: str
    is_wide: bool
    caption: tuple[str, ...]
    environment: str
    reservoirs: tuple[ReservoirRow, ...]
    has_coherence: bool
    first_law: tuple[tuple[str, Number], ...]
    rate: Number
    entropy: tuple[tuple[str, Number, str], ...]
    budget: Budget | None
    budget_note: str
    notions: tuple[Finding, ...]
    cycles: tuple[tuple[str, str], ...]
    cycles_note: str
    currents: tuple[CurrentRow, ...]
    currents_note: str
    gibbs: tuple[tuple[str, str], ...]
    ergotropy: str
    levels: tuple[tuple[str, str, int, str], ...]
    levels_note: str
    findings: tuple[Finding, ...]
    styles: tuple[ReservoirStyle, ...]


def sides(audit: Audit) -> tuple[Side, ...]:
    """The verdicts on both sides of a tolerance, with their meanings."""
    return tuple(Side(side.value, meaning(audit, side)) for side in audit.both_sides)


def sheet(audit: Audit, identifier: str) -> Sheet:
    """The content of the page for an audit with one stationary state.

    Parameters
    ----------
    audit : Audit
    identifier : str
        Prefix of every id of its part of the page.
    """
    assert audit.flows is not None
    assert audit.gibbs is not None
    plan, resolved = layout(audit), resolution(audit)
    rows = reservoir_rows(audit, resolved)
    currents, currents_note = current_rows(audit, resolved)
    cycles, cycles_note = cycle_rows(audit)
    levels, levels_note = level_rows(audit)
    scale = sum(resolved.energy_error(r) for r in range(len(audit.flows.reservoirs)))
    law = tuple((name, flow_number(value, scale)) for name, value in audit.first_law)
    return Sheet(
        identifier=identifier,
        verdict=verdict_words(audit),
        meaning=meaning(audit, audit.verdict),
        sides=sides(audit),
        support=audit.support,
        story=_story(audit, resolved, plan),
        facts=_facts(audit),
        diagram=draw(audit, plan, f"{identifier}-levels"),
        width_key=width_key(plan),
        is_wide=plan.width > 250,
        caption=_caption(audit, plan),
        environment="Gas" if all(isinstance(d.reservoir, Gas) for d in audit.generator.dissipators) else "Reservoir",
        reservoirs=rows,
        has_coherence=bool(np.any(audit.flows.coherence_energy != 0.0)),
        first_law=law[:-1],
        rate=law[-1][1],
        entropy=tuple((e.name, entropy_number(e, resolved.tolerance), e.reason) for e in audit.entropy),
        budget=budget_bars(audit),
        budget_note="" if audit.balance is not None else audit.finding(Question.KMS).detail,
        notions=tuple(audit.finding(question) for question in NOTIONS),
        cycles=cycles,
        cycles_note=cycles_note,
        currents=currents,
        currents_note=currents_note,
        gibbs=gibbs_rows(audit),
        ergotropy=amount(audit.ergotropy),
        levels=levels,
        levels_note=levels_note,
        findings=audit.findings,
        styles=styles(audit.generator),
    )


def _story(audit: Audit, resolved: Resolution, plan: Layout) -> str:
    """Who gives and who takes, in a sentence or two."""
    flows = audit.flows
    assert flows is not None
    clauses = []
    for r, name in enumerate(flows.reservoirs):
        if not resolved.is_zero_energy(r):
            verb = "gives the system" if flows.energy[r] > 0 else "takes from the system"
            clauses.append(f"{name} {verb} {plain_number(amount(abs(float(flows.energy[r]))))}")
    if clauses:
        text = _sentence(clauses) + " of energy per unit time."
    elif plan.net_count:
        assert audit.state is not None
        text = "No energy is given or taken on balance, but "
        if audit.state.density.is_diagonal:
            text += f"probability circulates between the levels{_around(audit)}."
        else:
            text += "jumps move probability between the levels, and coherences help to carry it back."
    elif plan.balanced_count:
        text = "Traffic goes both ways on every transition, and cancels."
    else:
        text = "No transition takes place."
    produced = next((entry for entry in audit.entropy if entry.value is not None), None)
    if produced is not None and produced.value is not None and (clauses or plan.net_count):
        rate = entropy_number(produced, resolved.tolerance)
        happens = "No entropy is" if rate.is_zero else "Entropy is"
        at = "" if rate.is_zero else f" at the rate {plain_number(rate.text)}"
        text += f" {happens} produced{at} ({produced.name})."
    return text


def _around(audit: Audit) -> str:
    """Along which loop it circulates in a thermal state."""
    if audit.verdict is not Verdict.THERMAL_WITHOUT_DETAILED_BALANCE:
        return ""
    assert audit.cycles is not None
    largest = audit.cycles.persistent_loops(most=1)
    return f", {largest[0].label.replace('->', '→')}" if largest else ""


def _sentence(clauses: Sequence[str]) -> str:
    return clauses[0] if len(clauses) == 1 else ", ".join(clauses[:-1]) + " and " + clauses[-1]


def _facts(audit: Audit) -> tuple[Fact, ...]:
    unique = audit.finding(Question.UNIQUE)
    gibbs = audit.finding(Question.GIBBS)
    summed = audit.finding(Question.SUMMED_FLOWS_VANISH)
    balance = audit.finding(Question.KMS)
    assert audit.gibbs is not None
    each = [f.answer for f in audit.findings if f.question is Question.FLOWS_VANISH]
    still = "yes" if all(a == "yes" for a in each) else "no" if "no" in each else "undecided"
    work = audit.ergotropy or 0.0
    return (
        *(() if audit.support else (Fact("Unique", unique.answer, _gap(audit)),)),
        Fact(
            "Gibbs state",
            gibbs.answer,
            f"β = {plain_number(amount(audit.gibbs.inverse_temperature))}, fitted",
        ),
        Fact("Each transition at rest", still, _residual(max(_values(audit, Question.FLOWS_VANISH), default=None))),
        Fact("Summed flows vanish", summed.answer, _residual(summed.value)),
        Fact("KMS detailed balance", balance.answer, _residual(balance.value)),
        Fact("Passive", "yes" if work == 0.0 else "no", f"ergotropy {plain_number(amount(work, 3))}"),
    )


def _values(audit: Audit, question: Question) -> list[float]:
    return [f.value for f in audit.findings if f.question is question and f.value is not None]


def _residual(value: float | None) -> str:
    return "" if value is None else f"residual {plain_number(amount(value, 2))}"


def _gap(audit: Audit) -> str:
    assert audit.state is not None
    gap = audit.state.gap
    return "" if gap is None or gap == 0.0 else f"gap {plain_number(amount(gap, 4))}"


def _caption(audit: Audit, plan: Layout) -> tuple[str, ...]:
    assert audit.flows is not None
    notes = []
    arrows, lines = len(plan.arrows), len(plan.strokes) - len(plan.arrows)
    if arrows:
        text = "Arrows: net probability currents, in their direction and as wide as the current is large"
        notes.append(text + (f"; the largest {arrows} of {plan.net_count}." if plan.net_count > arrows else "."))
    if lines:
        of = f" (the {lines} with most activity, of {plan.balanced_count})" if plan.balanced_count > lines else ""
        notes.append(f"Lines without a head: transitions whose two directions cancel{of}.")
    if not plan.strokes:
        notes.append("No arrow: nothing moves.")
    shown = {band.reservoir for band in plan.bands}
    absent = [name for r, name in enumerate(audit.flows.reservoirs) if r not in shown]
    if plan.strokes and absent:
        notes.append(f"None of those drawn is caused by {' or '.join(absent)}.")
    if not plan.is_to_scale:
        notes.append(
            "All levels have the same energy; they are drawn apart."
            if len(set(plan.true_y.values())) == 1
            else "Levels too close to label are spread; the axis at the left has their energies to scale."
        )
    if plan.hidden:
        notes.append(f"{plan.hidden} levels that no drawn transition touches are left out.")
    return tuple(notes)


TONES = {
    Verdict.EQUILIBRIUM: "rest",
    Verdict.EQUILIBRIUM_AT_FINITE_COUPLING: "rest",
    Verdict.BALANCED_NOT_THERMAL: "rest",
    Verdict.DARK_STATE: "rest",
    Verdict.REVERSIBLE: "rest",
    Verdict.BALANCED_BETWEEN_UNEQUAL: "flow",
    Verdict.THERMAL_WITHOUT_DETAILED_BALANCE: "flow",
    Verdict.NON_EQUILIBRIUM: "flow",
    Verdict.IRREVERSIBLE: "flow",
    Verdict.NOT_UNIQUE: "open",
    Verdict.UNDECIDED: "open",
    Verdict.INCONSISTENT: "broken",
}
"""Accent of each verdict; the words say the same."""
