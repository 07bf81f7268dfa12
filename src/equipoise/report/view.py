"""The contents of a page, as text, numbers and lengths of bars: the template only arranges them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from equipoise._printed import amount
from equipoise.auditing import Audit, Finding, Verdict
from equipoise.auditing.blocks import Bar, Quantity, Residuals, Section, Shares, Table, percentage
from equipoise.auditing.questions import HEADLINES, Question
from equipoise.auditing.record import ReservoirFlows
from equipoise.auditing.sheet import verdict_words
from equipoise.report.drawings import Drawing, drawing
from equipoise.report.typeset import plain_number

_LOWEST_DECADE = -18


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """All that is shown of one stationary state."""

    identifier: str
    audit: Audit
    verdict: str
    story: str
    headlines: tuple[tuple[str, str, str], ...]
    drawing: Drawing | None
    reservoirs: tuple[tuple[ReservoirFlows, float], ...]
    first_law: tuple[tuple[str, Quantity], ...]
    entropy: tuple[tuple[str, Quantity, str], ...]
    sections: tuple[Section, ...]


def sheet(audit: Audit, identifier: str) -> Sheet:
    """The content of the page for an audit with one stationary state.

    Parameters
    ----------
    audit : Audit
    identifier : str
        Prefix of every id of its part of the page.
    """
    drawings = [drawn for part in audit.parts if (drawn := drawing(part, audit, identifier)) is not None]
    sections = [section for part in audit.parts if (section := part.section(audit)) is not None]
    return Sheet(
        identifier=identifier,
        audit=audit,
        verdict=verdict_words(audit),
        story=story(audit),
        headlines=_headlines(audit),
        drawing=drawings[0] if drawings else None,
        reservoirs=tuple(zip(audit.reservoirs, _lengths(audit.reservoirs), strict=True)),
        first_law=tuple((name, Quantity(value, audit.first_law_error)) for name, value in audit.first_law),
        entropy=tuple((e.name, Quantity(e.value, _tolerance(audit) * e.scale), e.reason) for e in audit.entropy),
        sections=tuple(sections),
    )


def _tolerance(audit: Audit) -> float:
    """A tenth of the tolerance of the audit: what is undecided is not shown as zero."""
    return min((f.tolerance for f in audit.findings if f.tolerance is not None), default=0.0) / 10


def _lengths(reservoirs: Sequence[ReservoirFlows]) -> list[float]:
    """Energy flow of each reservoir relative to the largest, in [-1, 1]; 0 if it is zero to its error."""
    energies = [0.0 if flow.quantities[1].is_zero else flow.energy or 0.0 for flow in reservoirs]
    largest = max((abs(energy) for energy in energies), default=0.0)
    return [energy / largest if largest > 0 else 0.0 for energy in energies]


def story(audit: Audit) -> str:
    """Who gives and who takes, in a sentence or two."""
    clauses = []
    for flow in audit.reservoirs:
        energy = flow.quantities[1]
        if not energy.is_zero and energy.value is not None:
            verb = "gives the system" if energy.value > 0 else "takes from the system"
            clauses.append(f"{flow.name} {verb} {plain_number(amount(abs(energy.value)))}")
    if clauses:
        listed = clauses[0] if len(clauses) == 1 else ", ".join(clauses[:-1]) + " and " + clauses[-1]
        text = f"{listed} of energy per unit time."
    else:
        text = " ".join(told for part in audit.parts if (told := part.story(audit)))
    produced = next((entry for entry in audit.entropy if entry.value is not None), None)
    if produced is None or not (clauses or any(f.answer != "yes" for f in audit.answers(Question.FLOWS_VANISH))):
        return text
    rate = Quantity(produced.value, _tolerance(audit) * produced.scale)
    if rate.is_zero:
        return f"{text} No entropy is produced ({produced.name})."
    return f"{text} Entropy is produced at the rate {plain_number(rate.text)} ({produced.name})."


def _headlines(audit: Audit) -> tuple[tuple[str, str, str], ...]:
    """Short question, answer and remark for the top of the page."""
    found = []
    for question, short in HEADLINES.items():
        findings = audit.answers(question)
        if findings and not (audit.support and question is Question.UNIQUE):
            found.append((short, _joint_answer(findings), _remark(findings)))
    return tuple(found)


def _joint_answer(findings: Sequence[Finding]) -> str:
    answers = {finding.answer for finding in findings}
    return answers.pop() if len(answers) == 1 else "no" if "no" in answers else "undecided"


def _remark(findings: Sequence[Finding]) -> str:
    if findings[0].question is Question.UNIQUE:
        return findings[0].detail.partition(" (")[0]
    values = [finding.value for finding in findings if finding.value is not None]
    word = "ergotropy" if findings[0].question is Question.PASSIVE else "residual"
    return f"{word} {plain_number(amount(max(values), 2))}" if values else ""


@dataclass(frozen=True, kw_only=True)
class Track:
    """A bar as drawn: where it begins and how wide it is, in percent of its track."""

    name: str
    explanation: str
    text: str
    start: float
    width: float


@dataclass(frozen=True, kw_only=True)
class Tracks:
    """Bars under one another, with ticks (position, power of ten) and a mark, all in percent."""

    note: str
    bars: tuple[Track, ...]
    ticks: tuple[tuple[float, int], ...] = ()
    mark: float | None = None


@singledispatch
def tracks(block: Table | Residuals | Shares) -> Tracks | None:
    """The bars of a block; None for a table."""
    return None


@tracks.register
def _(block: Residuals) -> Tracks:
    """Residuals on a logarithmic axis from 1e-18 up."""
    top = max(0, *(int(np.ceil(np.log10(bar.value))) for bar in block.bars if bar.value), 0)

    def at(value: float | None) -> float:
        if not value:
            return 0.0
        return float(np.clip(100 * (np.log10(value) - _LOWEST_DECADE) / (top - _LOWEST_DECADE), 0.0, 100.0))

    def track(bar: Bar) -> Track:
        text = "undefined" if bar.value is None else amount(bar.value, 3)
        return Track(name=bar.name, explanation=bar.explanation, text=text, start=0.0, width=at(bar.value))

    ticks = tuple((at(10.0**decade), decade) for decade in range(_LOWEST_DECADE, top + 1, 6))
    return Tracks(note=block.note, bars=tuple(map(track, block.bars)), ticks=ticks, mark=at(block.tolerance))


@tracks.register
def _(block: Shares) -> Tracks:
    """Shares one after the other."""
    found, start = [], 0.0
    for bar in block.bars:
        width = 100 * (bar.value or 0.0)
        found.append(Track(name=bar.name, explanation=bar.explanation, text=percentage(bar), start=start, width=width))
        start += width
    return Tracks(note=block.note, bars=tuple(found))


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
"""Accent of each verdict, which its words say too."""
