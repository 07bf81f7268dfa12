"""The level diagram as SVG: levels by energy, one arrow for each net flow, as wide as the flow is large."""

from __future__ import annotations

import itertools
from html import escape

import numpy as np

from equipoise._printed import amount
from equipoise.auditing import Audit
from equipoise.auditing.level_parts import level_energy, population
from equipoise.report.layout import NAME_LENGTH, Band, Layout, Stroke
from equipoise.report.palette import ReservoirStyle, reservoir_styles
from equipoise.report.typeset import clipped, html_number, split, svg_number

_TOP = 58.0
_BOTTOM = 14.0
_CHARACTER = 7.6
_LABEL_LENGTH = 22
_POPULATION_WIDTH = 86.0


def level_diagram(audit: Audit, plan: Layout, identifier: str) -> str:
    """An SVG element: levels with label, energy and population, and the net flows between them as arrows.

    The width of an arrow is proportional to the microcurrent, its head shows the direction of the net flow, its colour
    and dashes the reservoir. Classes are styled by the page; the colour of reservoir r is the variable `--r{r}`. The
    ids of title and description begin with the identifier.
    """
    columns = _Columns(audit, plan)
    style = reservoir_styles(audit)
    width, height = columns.right_edge, _TOP + plan.height + _BOTTOM
    described = description(audit, plan)
    dense = " dense" if len(plan.levels) > 8 else ""
    parts = [
        f'<svg class="diagram{dense}" viewBox="0 0 {width:.1f} {height:.1f}" '
        f'width="{width:.0f}" height="{height:.0f}" '
        f'style="max-width: {1.2 * width:.0f}px; min-width: {0.78 * width:.0f}px" '
        f'role="img" aria-labelledby="{identifier}-title {identifier}-desc" xmlns="http://www.w3.org/2000/svg">',
        f'<title id="{identifier}-title">Level diagram</title>',
        f'<desc id="{identifier}-desc">{escape(described)}</desc>',
        *_axis(plan, columns),
        *_heads_of_columns(columns),
        *(_band(audit, band, style[band.reservoir], columns) for band in plan.bands),
        *(_level(audit, plan, level, columns) for level in plan.levels),
        *(_balanced(audit, plan, s, columns, style) for s in plan.strokes if s.width == 0),
        # Narrow arrows on top of wide ones.
        *(_arrow(audit, plan, s, columns, style) for s in plan.arrows),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def description(audit: Audit, plan: Layout) -> str:
    """The diagram in words, for those who do not see it."""
    labels, names = audit.flows.spectrum.labels, audit.flows.reservoirs
    if not plan.arrows:
        return f"{len(plan.levels)} levels; no transition carries a net flow."
    listed = [
        f"{names[s.transition.reservoir]}: {labels[s.transition.start]} to {labels[s.transition.end]}, "
        f"{amount(s.transition.net, 3)}"
        for s in plan.arrows[:5]
    ]
    more = f"; and {len(plan.arrows) - 5} more" if len(plan.arrows) > 5 else ""
    return f"{len(plan.levels)} levels; net flows: " + "; ".join(listed) + more + "."


class _Columns:
    """The x of each column of the diagram: axis, plot, label, energy, population."""

    def __init__(self, audit: Audit, plan: Layout) -> None:
        spectrum = audit.flows.spectrum
        labels = [_label(spectrum.labels[m], int(spectrum.degeneracies[m])) for m in plan.levels]
        energies = [_width(amount(level_energy(spectrum, m))) for m in plan.levels]
        self.axis = 20.0
        # No axis where all energies are equal, and a wider comb where levels are spread.
        one_energy = len(set(plan.true_y.values())) == 1
        self.plot = 4.0 if one_energy else 44.0 if plan.is_to_scale else 62.0
        self.plot_end = self.plot + plan.width
        self.label = self.plot_end + 10
        self.energy = self.label + max(38.0, _CHARACTER * max(map(len, labels))) + 10 + max(44.0, *energies)
        self.population = self.energy + 20
        populations = [_width(population(audit.state, m)) for m in plan.levels]
        self.right_edge = self.population + max(_POPULATION_WIDTH, *populations) + 2


def _width(text: str) -> float:
    mantissa, power = split(text)
    return _CHARACTER * (len(mantissa) + (3 + 0.7 * len(power) if power else 0))


def _label(label: str, degeneracy: int) -> str:
    text = clipped(label, _LABEL_LENGTH)
    return text if degeneracy == 1 else f"{text} (×{degeneracy})"


def _axis(plan: Layout, columns: _Columns) -> list[str]:
    """The true energy scale at the left, from which a comb leads to the spread levels."""
    true = [plan.true_y[level] for level in plan.levels]
    if max(true) - min(true) == 0:
        return []
    x, top, bottom = columns.axis, _TOP + min(true) - 14, _TOP + max(true) + 4
    tip = (x, top)
    return [
        f'<polyline class="axis" points="{_points((x, bottom), tip, (x - 3, top + 6), tip, (x + 3, top + 6))}"/>',
        f'<text class="head" x="{x:.1f}" y="{top - 6:.1f}" text-anchor="middle">E</text>',
    ]


def _points(*pairs: tuple[float, float]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)


def _heads_of_columns(columns: _Columns) -> list[str]:
    y = 16
    return [
        f'<text class="head" x="{columns.label:.1f}" y="{y}">level</text>',
        f'<text class="head" x="{columns.energy:.1f}" y="{y}" text-anchor="end">energy</text>',
        f'<text class="head" x="{columns.population:.1f}" y="{y}">population</text>',
    ]


def _band(audit: Audit, band: Band, style: ReservoirStyle, columns: _Columns) -> str:
    name = audit.flows.reservoirs[band.reservoir]
    x0, x1 = columns.plot + band.x0, columns.plot + band.x1
    middle = (x0 + x1) / 2
    return (
        f'<text class="band" x="{middle:.1f}" y="16" text-anchor="middle" '
        f'style="--colour: var(--r{band.reservoir})">'
        f"{escape(clipped(name, NAME_LENGTH))}<title>{escape(name)}</title></text>"
        f'<line class="key" x1="{x0:.1f}" x2="{x1:.1f}" y1="25" y2="25" '
        f'stroke="var(--r{band.reservoir})"{_dash(style)}/>'
    )


def _dash(style: ReservoirStyle, width: float = 1.0) -> str:
    """Dashes grow with the width (gaps do not), so that a wide arrow reads as dashed and not as a ladder."""
    if not style.dash:
        return ""
    grown = (length + (0.7 * width if index % 2 == 0 else 0.0) for index, length in enumerate(style.dash))
    return ' stroke-dasharray="' + " ".join(f"{length:.3g}" for length in grown) + '"'


def _level(audit: Audit, plan: Layout, level: int, columns: _Columns) -> str:
    spectrum = audit.flows.spectrum
    y, true = _TOP + plan.y[level], _TOP + plan.true_y[level]
    label = spectrum.labels[level]
    log_p = float(audit.state.density.log_level_populations[level])
    bar = _POPULATION_WIDTH * float(np.exp(log_p))
    x_p, energy = columns.population, amount(level_energy(spectrum, level))
    comb = ""
    if len(set(plan.true_y.values())) > 1:
        x, start = columns.axis, columns.plot
        comb = f'<polyline class="comb" points="{_points((x, true), (x + 6, true), (start - 8, y), (start, y))}"/>'
    return (
        f'<g class="level">{comb}'
        f'<line class="line" x1="{columns.plot:.1f}" x2="{columns.plot_end:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{columns.label:.1f}" y="{y + 4:.1f}">'
        f"{escape(_label(label, int(spectrum.degeneracies[level])))}<title>{escape(label)}</title></text>"
        f'<text class="number" x="{columns.energy:.1f}" y="{y + 4:.1f}" text-anchor="end">'
        f"{svg_number(energy)}</text>"
        f'<text class="number" x="{x_p:.1f}" y="{y + 4:.1f}">{svg_number(population(audit.state, level))}</text>'
        f'<rect class="empty" x="{x_p:.1f}" y="{y + 7.5:.1f}" width="{_POPULATION_WIDTH}" height="2"/>'
        f'<rect class="full" x="{x_p:.1f}" y="{y + 7.5:.1f}" width="{bar:.2f}" height="2"/></g>'
    )


def _sentence(audit: Audit, stroke: Stroke) -> str:
    t = stroke.transition
    labels = audit.flows.spectrum.labels
    path = f"{audit.flows.reservoirs[t.reservoir]}: {labels[t.start]} → {labels[t.end]}"
    return f"{path}, net current {amount(t.net)}" if t.net > 0 else f"{path}, balanced"


def _balanced(audit: Audit, plan: Layout, stroke: Stroke, columns: _Columns, style: tuple[ReservoirStyle, ...]) -> str:
    t = stroke.transition
    x, y0, y1 = columns.plot + stroke.x, _TOP + plan.y[t.start], _TOP + plan.y[t.end]
    return (
        f'<g class="balanced" stroke="var(--r{t.reservoir})" fill="var(--r{t.reservoir})">'
        f"<title>{escape(_sentence(audit, stroke))}</title>"
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y0:.1f}" y2="{y1:.1f}"{_dash(style[t.reservoir])}/>'
        f'<circle cx="{x:.1f}" cy="{y0:.1f}" r="2"/><circle cx="{x:.1f}" cy="{y1:.1f}" r="2"/></g>'
    )


def _arrow(audit: Audit, plan: Layout, stroke: Stroke, columns: _Columns, style: tuple[ReservoirStyle, ...]) -> str:
    t = stroke.transition
    x, y0, y1 = columns.plot + stroke.x, _TOP + plan.y[t.start], _TOP + plan.y[t.end]
    sign = 1.0 if y1 > y0 else -1.0
    length, half = head_size(stroke.width, abs(y1 - y0))
    base = y1 - sign * length
    text = ""
    if plan.has_labels:
        middle = _TOP + _clear_height(plan, t.start, t.end)
        shown = svg_number(amount(t.net, 3))
        text = f'<text class="current" x="{x + half + 5:.1f}" y="{middle + 4:.1f}">{shown}</text>'
    colour = f"var(--r{t.reservoir})"
    return (
        f'<g class="arrow" stroke="{colour}" fill="{colour}">'
        f"<title>{escape(_sentence(audit, stroke))}</title>"
        f'<line class="hair" x1="{x:.1f}" x2="{x:.1f}" y1="{y0:.1f}" y2="{base:.1f}"/>'
        f'<line class="shaft" x1="{x:.1f}" x2="{x:.1f}" y1="{y0:.1f}" y2="{base:.1f}" '
        f'stroke-width="{stroke.width:.6g}"{_dash(style[t.reservoir], stroke.width)}/>'
        f'<circle stroke="none" cx="{x:.1f}" cy="{y0:.1f}" r="2.2"/>'
        f'<polygon stroke="none" points="{_points((x, y1), (x - half, base), (x + half, base))}"/>'
        f"{text}</g>"
    )


def _clear_height(plan: Layout, start: int, end: int) -> float:
    """Middle of the widest gap between the levels that an arrow crosses: no line runs through its label."""
    low, high = sorted((plan.y[start], plan.y[end]))
    crossed = sorted(y for y in plan.y.values() if low <= y <= high)
    gap, middle = max((upper - lower, (upper + lower) / 2) for lower, upper in itertools.pairwise(crossed))
    return middle if gap > 0 else (low + high) / 2


def head_size(width: float, length: float) -> tuple[float, float]:
    """Length and half width of the head of an arrow of a given width: never more than 0.8 of the arrow."""
    return min(5.0 + 0.9 * width, 0.8 * length), 3.2 + 0.75 * width


def width_key(plan: Layout) -> str:
    """The scale of the widths: the widest arrow and its current, as HTML; empty if nothing flows."""
    if not plan.arrows:
        return ""
    widest = plan.arrows[0]
    return (
        f'<svg class="width-key" width="34" height="12" viewBox="0 0 34 12" aria-hidden="true">'
        f'<line x1="0" x2="34" y1="6" y2="6" stroke="currentColor" stroke-width="{widest.width:.6g}"/></svg> '
        f"{html_number(amount(widest.transition.net))}"
    )
