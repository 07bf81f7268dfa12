"""Figures of an audit for a paper: level diagram, flows, populations, detailed balance; as SVG and PDF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise._checks import require
from equipoise.auditing import Audit
from equipoise.auditing.analyses import Answer
from equipoise.report.answer_figures import answer_figure
from equipoise.report.charts import flows_figure
from equipoise.report.drawings import figures
from equipoise.report.figure_files import saved_figures, settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_SECTORS = 8
"""Sectors drawn at most; each makes up to four figures."""


def figure(audit: Audit) -> Figure:
    """The figure of an audit: see `Audit.plot`."""
    require(
        not audit.sectors,
        "audit",
        "have one stationary state to be drawn",
        f"has {len(audit.sectors)}",
        "Draw one of them: audit.sectors[0].plot().",
    )
    with settings():
        return next(iter(_drawings(audit).values()))()


def write_figures(audit: Audit, folder: str | Path, answers: Sequence[Answer] = ()) -> list[Path]:
    """Write the figures of an audit as SVG and PDF, the same bytes for equal audits.

    Of a system of levels, `levels`: level diagram with the microcurrents; `flows`: particle, energy and heat flow of
    each reservoir, positive into the system; `populations`: weights of the state against energy on a logarithmic
    scale, with the fitted Gibbs state; `budget`: the parts of the generator that break detailed balance (left out where
    it is not applicable). If the stationary state is not unique, each of the first eight sectors has its own
    (`sector-1-...`).

    Parameters
    ----------
    audit : Audit
    folder : str or Path
        Made if missing.
    answers : sequence of Answer, optional
        Of analyses: a figure of the name of each that has one.

    Returns
    -------
    list of Path
        The files written.
    """
    parts = [(f"sector-{k}-", sector) for k, sector in enumerate(audit.sectors[:MOST_SECTORS], start=1)]
    drawings = {
        prefix + name: draw for prefix, part in parts or [("", audit)] for name, draw in _drawings(part).items()
    }
    drawings |= {answer.name: draw for answer in answers if (draw := answer_figure(answer)) is not None}
    return saved_figures(drawings, folder)


def _drawings(audit: Audit) -> dict[str, Callable[[], Figure]]:
    """The figures of the parts of an audit, and the flows of its reservoirs, which all systems have."""
    named = {name: draw for part in audit.parts for name, draw in figures(part).items()} | {"flows": flows_figure}
    return {name: partial(draw, audit) for name, draw in named.items()}
