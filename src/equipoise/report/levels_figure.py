"""The level diagram as a matplotlib figure: the drawing of the page, element by element."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from equipoise.auditing import Audit
from equipoise.report.diagram import level_diagram
from equipoise.report.figure_files import INK, PALE, SOFT
from equipoise.report.layout import layout
from equipoise.report.palette import reservoir_styles

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PX = 0.0105 * 72
"""Points for each px of the page: a fixed length, so that no text can collide."""

_WIDTHS = {"line": 0.8, "axis": 0.6, "comb": 0.6, "hair": 0.5, "key": 1.6}
"""Widths of lines in points, by the class that the page styles; those of flows are in the drawing itself."""

_COLOURS = {"axis": SOFT, "head": SOFT, "comb": PALE, "empty": PALE, "full": "#4c535d"}
"""Colours by class, where they are not black and not that of a reservoir."""


def levels_figure(audit: Audit) -> Figure:
    """The level diagram of the page for a paper: levels, populations, arrows as wide as the microcurrents."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Polygon, Rectangle

    drawing = ET.fromstring(level_diagram(audit, layout(audit), "levels"))
    width, height = (float(length) for length in drawing.attrib["viewBox"].split()[2:])
    figure = Figure(figsize=(width * _PX / 72, height * _PX / 72))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0.0, width), ylim=(height, 0.0))
    axes.set_axis_off()
    colours = [style.light for style in reservoir_styles(audit)]
    # Levels are drawn paler where there are many of them.
    by_class = _COLOURS | {"line": SOFT if "dense" in drawing.attrib["class"] else INK}
    for order, (kind, element, colour) in enumerate(_elements(drawing, colours, by_class, INK)):
        at = {name: float(element.get(name, 0)) for name in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r")}
        corners = [tuple(map(float, pair.split(","))) for pair in element.get("points", "").split()]
        match kind:
            case "text":
                side: Any = {"end": "right", "middle": "center"}.get(element.get("text-anchor", ""), "left")
                text, power = element.text or "", element.find("{*}tspan")
                if power is not None:
                    text += f"$^{{{power.text}}}$"
                look: dict[str, Any] = {"ha": side, "va": "baseline", "parse_math": power is not None}
                axes.text(at["x"], at["y"], text, color=colour, zorder=order, **look)
            case "circle":
                axes.plot([at["cx"]], [at["cy"]], "o", ms=2 * at["r"] * _PX, mew=0, color=colour, zorder=order)
            case "rect":
                size = (float(element.attrib["width"]), float(element.attrib["height"]))
                axes.add_patch(Rectangle((at["x"], at["y"]), *size, color=colour, lw=0, zorder=order))
            case "polygon":
                axes.add_patch(Polygon(corners, color=colour, lw=0, zorder=order))
            case "line" | "polyline":
                x, y = zip(*(corners or [(at["x1"], at["y1"]), (at["x2"], at["y2"])]), strict=True)
                lw = float(element.get("stroke-width", 0)) * _PX or _WIDTHS.get(element.get("class", ""), 0.8)
                # Of dashes in px, matplotlib wants multiples of the width of their line.
                dashes = tuple(float(length) * _PX / lw for length in element.get("stroke-dasharray", "").split())
                style: Any = (0.0, dashes) if dashes else "-"
                caps: dict[str, Any] = {"solid_capstyle": "butt", "dash_capstyle": "butt"}
                axes.plot(x, y, color=colour, lw=lw, ls=style, zorder=order, **caps)
    return figure


def _elements(
    parent: ET.Element, colours: list[str], by_class: dict[str, str], inherited: str
) -> Iterator[tuple[str, ET.Element, str]]:
    """Every element of an SVG drawing in its order, with its tag and its colour."""
    for element in parent:
        named = re.search(r"var\(--r(\d+)\)", element.get("stroke", "") + element.get("style", ""))
        colour = colours[int(named[1])] if named else by_class.get(element.get("class", ""), inherited)
        yield element.tag.partition("}")[2], element, colour
        if element.tag.endswith("}g"):
            yield from _elements(element, colours, by_class, colour)
