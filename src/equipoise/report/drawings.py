"""Drawings of an audit and of its parts: a drawing for the page, figures for a paper, as SVG and PDF."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, singledispatch
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise._checks import require
from equipoise.auditing import Audit
from equipoise.auditing.analyses import Answer
from equipoise.auditing.level_parts import BalancePart, CurrentsPart, StatePart
from equipoise.auditing.record import AbstractPart
from equipoise.report.answer_figures import answer_figure
from equipoise.report.charts import budget_figure, flows_figure, populations_figure
from equipoise.report.diagram import level_diagram, width_key
from equipoise.report.figure_files import saved_figures, settings
from equipoise.report.layout import Layout, layout
from equipoise.report.levels_figure import levels_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_SECTORS = 8
"""Sectors drawn at most; each makes up to four figures."""


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A drawing of a system on its page.

    Parameters
    ----------
    title : str
    svg : str
        The element.
    caption : tuple of str
        Sentences below it.
    width_key : str
        The scale of its arrows, as HTML, shown after the first of them; empty if it has none.
    is_wide : bool
        Whether it needs the whole width of a page.
    """

    title: str
    svg: str
    caption: tuple[str, ...]
    width_key: str = ""
    is_wide: bool = False


@singledispatch
def drawing(part: AbstractPart, audit: Audit, identifier: str) -> Drawing | None:
    """The drawing of a part of an audit; None if there is nothing to draw. `identifier` prefixes the ids in it."""
    return None


@singledispatch
def figures(part: AbstractPart) -> Mapping[str, Callable[[Audit], Figure]]:
    """The figures of a part for a paper: the name of each, and what draws it."""
    return {}


@drawing.register(CurrentsPart)
def _(part: CurrentsPart, audit: Audit, identifier: str) -> Drawing:
    plan = layout(audit)
    return Drawing(
        title="Levels and currents",
        svg=level_diagram(audit, plan, f"{identifier}-levels"),
        caption=_caption(audit, plan),
        width_key=width_key(plan),
        is_wide=plan.width > 250,
    )


@figures.register(CurrentsPart)
def _(part: CurrentsPart) -> Mapping[str, Callable[[Audit], Figure]]:
    return {"levels": levels_figure}


@figures.register(StatePart)
def _(part: StatePart) -> Mapping[str, Callable[[Audit], Figure]]:
    return {"populations": populations_figure}


@figures.register(BalancePart)
def _(part: BalancePart) -> Mapping[str, Callable[[Audit], Figure]]:
    return {} if part.found is None else {"budget": budget_figure}


def _caption(audit: Audit, plan: Layout) -> tuple[str, ...]:
    notes = []
    arrows, lines = len(plan.arrows), len(plan.strokes) - len(plan.arrows)
    if arrows:
        text = "Arrows: net probability currents, in their direction and as wide as the current is large"
        notes.append(text + (f"; the largest {arrows} of {plan.net_count}." if plan.net_count > arrows else "."))
    if lines:
        of = f" (the {lines} with most activity, of {plan.balanced_count})" if plan.balanced_count > lines else ""
        notes.append(f"Lines without a head: transitions whose two directions cancel{of}.")
    if not plan.strokes:
        notes.append("There is no arrow, since nothing moves.")
    shown = {band.reservoir for band in plan.bands}
    absent = [flow.name for r, flow in enumerate(audit.reservoirs) if r not in shown]
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
