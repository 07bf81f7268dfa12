"""The level diagram as a matplotlib figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise._printed import amount
from equipoise.auditing import Audit
from equipoise.auditing.level_parts import level_energy, population
from equipoise.report.diagram import head_size
from equipoise.report.figure_files import INK, PALE, SOFT
from equipoise.report.layout import NAME_LENGTH, layout
from equipoise.report.palette import reservoir_styles
from equipoise.report.typeset import clipped, math_number

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def levels_figure(audit: Audit) -> Figure:
    """The level diagram with arrows as wide as the microcurrents, in the geometry of the page."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Polygon

    plan, spectrum, style = layout(audit), audit.flows.spectrum, reservoir_styles(audit)
    labels = [clipped(spectrum.labels[m], NAME_LENGTH) for m in plan.levels]
    # Offsets in px of the page; one px is a fixed length here, so that no text can collide.
    label_x = plan.width + 10
    energy_x = label_x + max(44.0, 7.5 * max(map(len, labels))) + 52
    population_x = energy_x + 20
    right = population_x + 100
    left, top, bottom = -46.0, -44.0, plan.height + 14
    px = 0.0105
    figure = Figure(figsize=((right - left) * px, (bottom - top) * px))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(left, right), ylim=(bottom, top))
    axes.set_axis_off()
    point = px * 72
    true = list(plan.true_y.values())
    if max(true) > min(true):
        axes.annotate("", (-36, -16), (-36, max(true) + 4), arrowprops={"arrowstyle": "->", "lw": 0.6, "color": SOFT})
        axes.text(-36, -22, r"$E$", ha="center", color=SOFT)
    for m, label in zip(plan.levels, labels, strict=True):
        y = plan.y[m]
        if max(true) > min(true):
            axes.plot([-36, -30, -8, 0], [plan.true_y[m], plan.true_y[m], y, y], color=PALE, lw=0.6, zorder=1)
        axes.plot([0, plan.width], [y, y], color=INK if len(plan.levels) <= 8 else SOFT, lw=0.8, zorder=2)
        axes.text(label_x, y, label, va="center", parse_math=False)
        axes.text(energy_x, y, math_number(amount(level_energy(spectrum, m))), va="center", ha="right")
        axes.text(population_x, y, math_number(population(audit.state, m)), va="center")
    for x, text, side in (
        (label_x, "level", "left"),
        (energy_x, "energy", "right"),
        (population_x, "population", "left"),
    ):
        axes.text(x, top + 14, text, ha=side, va="center", color=SOFT, fontsize=7.5)
    for band in plan.bands:
        name = clipped(audit.flows.reservoirs[band.reservoir], NAME_LENGTH)
        middle, look = (band.x0 + band.x1) / 2, style[band.reservoir]
        axes.text(middle, top + 14, name, ha="center", va="center", color=look.light, parse_math=False)
        dash = _dash(look.dash, 1.6 / point)
        axes.plot([band.x0, band.x1], [top + 24] * 2, color=look.light, lw=1.6, ls=dash)
    for stroke in reversed(plan.strokes):
        t, x, look = stroke.transition, stroke.x, style[stroke.transition.reservoir]
        start, end = plan.y[t.start], plan.y[t.end]
        if stroke.width == 0:
            axes.plot(
                [x, x], [start, end], color=look.light, lw=0.8, ls=_dash(look.dash, 1.0), zorder=3, marker="o", ms=2.2
            )
            continue
        length, half = head_size(stroke.width, abs(end - start))
        base = end - np.sign(end - start) * length
        axes.plot([x, x], [start, base], color=look.light, lw=0.5, zorder=3)
        shaft: dict[str, Any] = {"lw": stroke.width * point, "ls": _dash(look.dash, stroke.width), "zorder": 3}
        axes.plot([x, x], [start, base], color=look.light, solid_capstyle="butt", dash_capstyle="butt", **shaft)
        axes.plot([x], [start], color=look.light, marker="o", markersize=2.4, zorder=3)
        axes.add_patch(Polygon([(x, end), (x - half, base), (x + half, base)], color=look.light, lw=0, zorder=4))
    return figure


def _dash(dash: tuple[float, ...], width: float) -> str | tuple[float, tuple[float, ...]]:
    """A dash pattern given in px, in multiples of a line width, which is what matplotlib scales it with."""
    if not dash:
        return "-"
    grown = (length + (0.7 * width if index % 2 == 0 else 0.0) for index, length in enumerate(dash))
    # Lines thinner than a point are drawn with the pattern of one point.
    return 0.0, tuple(length / width for length in grown)
