"""Figures of an audit for a paper: level diagram, flows, populations, detailed balance; as SVG and PDF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise._checks import InputError
from equipoise.auditing import Audit
from equipoise.auditing.analyses import Answer
from equipoise.report.answer_figures import answer_figure
from equipoise.report.charts import budget_figure, flows_figure, populations_figure
from equipoise.report.figure_files import saved_figures
from equipoise.report.levels_figure import levels_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_SECTORS = 8
"""Sectors drawn at most; each makes up to four figures."""


def write_figures(audit: Audit, folder: str | Path, answers: Sequence[Answer] = ()) -> list[Path]:
    """Write the figures of an audit as SVG and PDF, the same bytes for equal audits.

    `levels`: level diagram with the microcurrents; `flows`: particle, energy and heat flow of each reservoir,
    positive into the system; `populations`: weights of the state against energy on a logarithmic scale, with
    the fitted Gibbs state; `budget`: the detailed-balance budget (left out where it is not applicable). If
    the stationary state is not unique, each of the first eight sectors has its own (`sector-1-...`).

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

    Raises
    ------
    InputError
        If `audit` is not an Audit.
    """
    if not isinstance(audit, Audit):
        raise InputError(
            f"Argument `audit` must be an Audit, but got {type(audit).__name__}. Make one with audit(...)."
        )
    parts = [(f"sector-{k}-", sector) for k, sector in enumerate(audit.sectors[:MOST_SECTORS], start=1)]
    drawings: dict[str, Callable[[], Figure]] = {
        prefix + name: partial(draw, part)
        for prefix, part in parts or [("", audit)]
        for name, draw in _FIGURES.items()
        if name != "budget" or part.balance is not None
    }
    drawings |= {answer.name: draw for answer in answers if (draw := answer_figure(answer)) is not None}
    return saved_figures(drawings, folder)


_FIGURES: dict[str, Callable[[Audit], Figure]] = {
    "levels": levels_figure,
    "flows": flows_figure,
    "populations": populations_figure,
    "budget": budget_figure,
}
