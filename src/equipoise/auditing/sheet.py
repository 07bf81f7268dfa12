"""The balance sheet of an audit in a dozen lines: as aligned text, and as a table for a notebook."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from equipoise._printed import WIDTH, amount, measured
from equipoise.auditing.findings import limit_flags
from equipoise.auditing.questions import Finding, Question
from equipoise.auditing.verdict import Verdict

if TYPE_CHECKING:
    from equipoise.auditing.record import Audit

_NAMES = 18
"""Columns for the name of a row."""

_FLOWS = ("flows into system", "J_N", "J_E", "J_Q", "each transition")

_AT_REST = {"yes": "at rest", "no": "not at rest"}
"""Whether a reservoir has a net flow on any transition between energy levels; its totals may vanish all the same."""


def verdict_words(audit: Audit) -> str:
    """The name of the verdict; both names when it is undecided; a flag when reservoirs are equal."""
    if audit.verdict is Verdict.UNDECIDED and audit.both_sides:
        return "undecided: " + " or ".join(side.value for side in audit.both_sides)
    if audit.verdict is not Verdict.NON_EQUILIBRIUM:
        flag = ""
    elif audit.work is not None:
        flag = f" (driven: work {measured(audit.work, audit.first_law_error)})"
    else:
        flag = " (at equal reservoirs)" if audit.has_equal_reservoirs else ""
    return f"{audit.verdict.value}{flag}"


def residual_text(finding: Finding) -> str:
    """The residual of a finding to two digits; empty if it has none."""
    if finding.value is None:
        return ""
    return "0" if finding.value == 0.0 else f"{finding.value:.1e}"


def grouped(entries: Sequence[tuple[str, str]], *, values_last: bool = False) -> str:
    """Names with equal values together: `0.1 (Clausius, Spohn)`, or `KMS, GNS no (0.1)`."""
    groups: dict[str, list[str]] = {}
    for name, value in entries:
        groups.setdefault(value, []).append(name)
    if values_last:
        return ", ".join(f"{', '.join(names)} {value}" for value, names in groups.items())
    return "; ".join(f"{value} ({', '.join(names)})" for value, names in groups.items())


def summary(audit: Audit) -> str:
    """The balance sheet as text: verdict, flows, first law, entropy, and the rows of each part."""
    lines = [_row(label, text) for label, text in _head(audit)]
    if not audit.sectors:
        return "\n".join(lines + _body(audit))
    for index, sector in enumerate(audit.sectors):
        verdict = _row("verdict", verdict_words(sector))
        body = textwrap.indent("\n".join([verdict, *_body(sector)]), "  ")
        lines += ["", f"sector {index + 1}: {sector.support}", body]
    return "\n".join(lines)


def summary_in_html(audit: Audit) -> str:
    """The balance sheet as a small HTML table, without a style sheet of its own: a notebook may be dark."""
    (_, verdict), *head = _head(audit)
    rows = [_html_row("verdict", verdict, is_bold=True), *(_html_row(label, text) for label, text in head)]
    for index, sector in enumerate(audit.sectors or (audit,)):
        if audit.sectors:
            rows += [
                _html_row(f"sector {index + 1}", sector.support),
                _html_row("verdict", verdict_words(sector), is_bold=True),
            ]
        rows.append(_html_row(*_state(sector)))
        if sector.reservoirs:
            rows += [_html_cells("th", _FLOWS), *(_html_cells("td", cells) for cells in _flows(sector))]
        rows += [_html_row(label, text) for label, text in _rows(sector)]
    return f"<table>{''.join(rows)}</table>"


def _head(audit: Audit) -> list[tuple[str, str]]:
    flags = (*audit.provenance.notes, *limit_flags(audit.findings))
    if audit.verdict is Verdict.INCONSISTENT:
        flags = (*_inconsistencies(audit), *flags)
    return [
        ("verdict", verdict_words(audit)),
        ("", audit.meaning()),
        *(("", f"{alternative.verdict.value}: {alternative.reading}") for alternative in audit.alternatives),
        ("limit", audit.provenance.limit),
        *(("", flag) for flag in flags),
    ]


def _inconsistencies(audit: Audit) -> list[str]:
    """What contradicts the second law, or the common equilibrium of equal reservoirs: where, and by how much."""
    negative = [f"{f.about}: {f.detail}" for f in audit.answers(Question.ENTROPY_NON_NEGATIVE) if f.answer == "no"]
    return negative or [f.detail for f in audit.answers(Question.GIBBS_OF_RESERVOIRS) if f.detail]


def _state(audit: Audit) -> tuple[str, str]:
    """Label and text of the row that says which stationary state this is."""
    unique = audit.finding(Question.UNIQUE)
    return "stationary state", ("unique; " if unique.answer == "yes" else "") + unique.detail


def _flows(audit: Audit) -> list[tuple[str, ...]]:
    """Name, particles, energy and heat of each reservoir, and whether it is at rest."""
    answers = {finding.about: finding.answer for finding in audit.answers(Question.FLOWS_VANISH)}
    return [
        (
            flow.name,
            *(
                "0" if quantity.value is not None and quantity.is_zero else amount(quantity.value)
                for quantity in flow.quantities
            ),
            _AT_REST.get(answers.get(flow.name, ""), answers.get(flow.name, "")),
        )
        for flow in audit.reservoirs
    ]


def _rows(audit: Audit) -> list[tuple[str, str]]:
    """Label and text of each row below the flows."""
    rows = []
    if audit.first_law:
        *values, rate = (value for _, value in audit.first_law)
        error = audit.first_law_error
        total, rate = (0.0 if abs(value) <= error else value for value in (sum(values), rate))
        known_to = f" (to {error:.0e})" if error > 0 else ""
        rows.append(("first law", f"sum of its rows {amount(total)}, d<H>/dt {amount(rate)}{known_to}"))
    produced = [
        (entry.name.removesuffix(" per reservoir"), measured(entry.value, entry.error))
        for entry in audit.entropy
        if entry.value is not None
    ]
    rows.append(("entropy production", grouped(produced) if produced else "not applicable"))
    return [*rows, *(row for part in audit.parts for row in part.rows(audit))]


def _body(audit: Audit) -> list[str]:
    lines = [_row(*_state(audit))]
    if audit.reservoirs:
        name, *columns, last = _FLOWS
        lines.append(_row(name, "".join(f"{column:>13}" for column in columns) + f"   {last}"))
    for name, *values, at_rest in _flows(audit):
        lines.append(_row(f"  {name}", "".join(f"{value:>13}" for value in values) + f"   {at_rest}"))
    return lines + [_row(label, text) for label, text in _rows(audit)]


def _row(name: str, text: str) -> str:
    """A row with its text wrapped under its first word; spaces inside the text stay as they are."""
    room = WIDTH - _NAMES - 1
    lines = textwrap.wrap(text, room, drop_whitespace=False, break_long_words=False) if len(text) > room else [text]
    first, *rest = [line.rstrip() for line in lines] or [""]
    return "\n".join([f"{name:<{_NAMES}} {first}".rstrip(), *(" " * (_NAMES + 1) + line.lstrip() for line in rest)])


_LEFT = "text-align: left; vertical-align: top; padding: 0.2em 1.2em 0.2em 0"
_RIGHT = "text-align: right; font-variant-numeric: tabular-nums; padding: 0.2em 1.2em 0.2em 0"


def _html_row(label: str, text: str, *, is_bold: bool = False) -> str:
    weight = "; font-weight: bold" if is_bold else ""
    return (
        f'<tr><th style="{_LEFT}">{escape(label)}</th><td style="{_LEFT}{weight}" colspan="4">{escape(text)}</td></tr>'
    )


def _html_cells(tag: str, cells: Sequence[str]) -> str:
    first, *numbers, last = (escape(cell) for cell in cells)
    middle = "".join(f'<{tag} style="{_RIGHT}">{cell}</{tag}>' for cell in numbers)
    return f'<tr><th style="{_LEFT}">{first}</th>{middle}<{tag} style="{_LEFT}">{last}</{tag}></tr>'
