"""The report: one self-contained HTML page for an audit, to read on any screen, to print and to send."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise._checks import InputError, require
from equipoise._printed import amount
from equipoise.auditing import Audit
from equipoise.auditing.analyses import Answer
from equipoise.auditing.blocks import Quantity
from equipoise.auditing.findings import limit_flags
from equipoise.report.answer_figures import answer_figure
from equipoise.report.figure_files import inline_svg
from equipoise.report.palette import reservoir_styles
from equipoise.report.typeset import html_number, html_prose
from equipoise.report.view import TONES, sheet, tracks

if TYPE_CHECKING:
    from jinja2 import Template

OPEN_SECTORS = 4
"""Sectors whose sheet is unfolded; those beyond are folded."""

_HEADING = "Balance sheet of a stationary state"


def write_report(
    audit: Audit,
    path: str | Path,
    *,
    title: str = "",
    description: str = "",
    source: str = "",
    units: str = "",
    answers: Sequence[Answer] = (),
) -> Path:
    """Write an audit as one HTML page: see `Audit.report`."""
    target = Path(path)
    require(
        target.suffix.lower() in (".html", ".htm"),
        "path",
        "be the name of a page, which ends in .html",
        f"got {str(path)!r}",
        "audit.to_dataset() and audit.to_json() hold the numbers, audit.plot() makes a figure.",
    )
    sectors = audit.sectors or (audit,)
    sheets = [sheet(part, f"sector-{k}" if audit.sectors else "state") for k, part in enumerate(sectors, start=1)]
    page = _template(units).render(
        title=title or _HEADING,
        has_title=bool(title),
        description=_paragraphs(description),
        source=source,
        audit=audit,
        verdict="undecided" if audit.both_sides else sheets[0].verdict if not audit.sectors else audit.verdict.value,
        tone=TONES[audit.verdict],
        limit_flags=[*audit.provenance.notes, *limit_flags(audit.findings)],
        sheets=sheets,
        styles=reservoir_styles(sectors[0]),
        open_sectors=OPEN_SECTORS,
        answers=[(answer.section, _figure(answer)) for answer in answers],
    )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"The report cannot be written to {str(path)!r}: {error.strerror or error}.") from error
    return target


def _figure(answer: Answer) -> str:
    draw = answer_figure(answer)
    return "" if draw is None else inline_svg(draw)


@functools.cache
def _template(units: str) -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def typeset(cell: str | float | Quantity | None) -> Markup:
        """A cell as HTML: a number from one formatter, text with the formulas in it."""
        if isinstance(cell, str):
            return Markup(html_prose(cell))
        return Markup(html_number(cell.text if isinstance(cell, Quantity) else amount(cell)))

    def in_units(text: str) -> str:
        """Text in which the unit of the energies stands for the words "energy unit"."""
        squared = f"{units}²" if units.isalpha() else f"({units})²"
        return text.replace("(energy unit)²", squared).replace("energy unit", units) if units else text

    environment = Environment(
        loader=PackageLoader("equipoise.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = typeset
    environment.filters["drawn"] = Markup
    environment.filters["in_units"] = in_units
    environment.filters["tracks"] = tracks
    environment.filters["rounded"] = lambda value: amount(value, 3)
    environment.tests["tracks"] = lambda block: tracks(block) is not None
    return environment.get_template("report.html.j2")


def _paragraphs(text: str) -> str:
    """Text with its lines joined within paragraphs: line breaks of a model file are for its own width."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
