"""The report: one self-contained HTML page for an audit, to read on any screen, to print and to send."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise._checks import InputError
from equipoise._printed import amount
from equipoise.auditing import Audit
from equipoise.auditing.analyses import Answer
from equipoise.auditing.limit import limit_flags
from equipoise.auditing.sheet import meaning, verdict_words
from equipoise.report.answer_figures import answer_figure
from equipoise.report.figure_files import inline_svg
from equipoise.report.tables import Number
from equipoise.report.typeset import html_number, html_prose
from equipoise.report.view import TONES, sheet, sides

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
    """Write an audit as one HTML page that needs nothing else: no network, no script, no font.

    It holds the verdict in words (with both sides if undecided, and every conserved sector if the stationary
    state is not unique), the level diagram with arrows as wide as the microcurrents, the balance sheet, first
    law, entropy productions, detailed-balance budget, affinities, microcurrents, findings and provenance.
    Flows are positive into the system. The page follows the reader's preference for light or dark. Equal
    audits give equal pages.

    Parameters
    ----------
    audit : Audit
    path : str or Path
        File to write; missing folders are made.
    title : str, optional
        Heading of the page.
    description : str, optional
        A paragraph below it, plain text.
    source : str, optional
        Text of the file the system came from, shown folded at the end.
    units : str, optional
        Unit of the energies of the system, such as GHz; "energy unit" if none is given.
    answers : sequence of Answer, optional
        Of analyses beyond the verdict: a section each, with a figure where there is one.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        If `audit` is not an Audit.

    Examples
    --------
    >>> import tempfile
    >>> import equipoise
    >>> cycle = equipoise.audit(equipoise.rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_report(cycle, folder + "/cycle.html", title="Cyclic chain")
    ...     text = page.read_text(encoding="utf-8")
    >>> "irreversible" in text
    True
    """
    if not isinstance(audit, Audit):
        raise InputError(
            f"Argument `audit` must be an Audit, but got {type(audit).__name__}. Make one with audit(...)."
        )
    page = _template().render(
        title=title or _HEADING,
        has_title=bool(title),
        description=_paragraphs(description),
        source=source,
        unit=units or "energy unit",
        unit_squared=f"{units}²" if units.isalpha() else f"({units or 'energy unit'})²",
        verdict=verdict_words(audit).removesuffix(_sides_suffix(audit)),
        meaning=meaning(audit, audit.verdict),
        tone=TONES[audit.verdict],
        sides=sides(audit),
        alternatives=[(entry.verdict.value, entry.reading) for entry in audit.alternatives],
        limit=audit.provenance.limit,
        limit_flags=[*audit.provenance.notes, *limit_flags(audit.findings)],
        sheets=_sheets(audit),
        sector_findings=audit.findings if audit.sectors else (),
        provenance=audit.provenance.rows(),
        open_sectors=OPEN_SECTORS,
        answers=[_section(answer) for answer in answers],
    )
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page, encoding="utf-8", newline="\n")
    return target


def _section(answer: Answer) -> dict[str, object]:
    figure = answer_figure(answer)
    return {
        "title": answer.title,
        "facts": answer.facts,
        "tables": answer.tables,
        "figure": "" if figure is None else inline_svg(figure),
    }


def _sides_suffix(audit: Audit) -> str:
    """What follows 'undecided' in the verdict's words: the page shows the sides on their own."""
    return ": " + " or ".join(side.value for side in audit.both_sides) if audit.both_sides else ""


def _sheets(audit: Audit) -> list[object]:
    if audit.sectors:
        return [sheet(sector, f"sector-{index}") for index, sector in enumerate(audit.sectors, start=1)]
    return [sheet(audit, "state")]


@functools.cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def typeset(value: str | float | Number | None) -> Markup:
        """A number, from one formatter; what is no number (as 'not applicable') is escaped text."""
        if isinstance(value, Number):
            return Markup(html_number(value.text))
        return Markup(html_number(value if isinstance(value, str) else amount(value)))

    environment = Environment(
        loader=PackageLoader("equipoise.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["n"] = typeset
    environment.filters["r"] = lambda value: typeset(amount(value, 3))
    environment.filters["drawn"] = Markup
    environment.filters["prose"] = lambda text: Markup(html_prose(text))
    return environment.get_template("report.html.j2")


def _paragraphs(text: str) -> str:
    """Text with its lines joined within paragraphs: line breaks of a model file are for its own width."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
