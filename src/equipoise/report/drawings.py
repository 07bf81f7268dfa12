"""Drawings of the parts of an audit: a drawing for the page, figures for a paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING

from equipoise.auditing import Audit
from equipoise.auditing.level_parts import BalancePart, CurrentsPart, StatePart
from equipoise.auditing.record import AbstractPart
from equipoise.report.charts import budget_figure, populations_figure
from equipoise.report.diagram import draw, width_key
from equipoise.report.layout import Layout, layout
from equipoise.report.levels_figure import levels_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
        svg=draw(audit, plan, f"{identifier}-levels"),
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
