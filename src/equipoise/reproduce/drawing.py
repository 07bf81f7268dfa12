"""Hands for the figures of a paper: panels of a size in inches, names at curves, quiet zero lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, PALE = "#1b1e23", "#686e77", "#d9d6cf"


def panels(
    width: float, height: float, count: int = 1, widths: tuple[float, ...] | None = None
) -> tuple[Figure, list[Axes]]:
    """A figure with panels side by side; no state shared with pyplot.

    Parameters
    ----------
    width, height : float
        In inches.
    count : int
    widths : tuple of float, optional
        Of the panels, relative to one another.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, list(figure.subplots(1, count, squeeze=False, width_ratios=widths)[0])


def cross(axes: Axes) -> None:
    """Zero lines, quietly behind the data."""
    axes.axhline(0.0, color=SOFT, lw=0.5, zorder=0)
    axes.axvline(0.0, color=SOFT, lw=0.5, zorder=0)


def label(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    """A name at the right end of a curve."""
    axes.annotate(
        text, (x, y), (4, 0), textcoords="offset points", va="center", color=colour, annotation_clip=False
    ).set_in_layout(True)
