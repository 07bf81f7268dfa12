"""Figures on disk: one look for all of them, as SVG and PDF, the same bytes each time."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, PALE = "#1b1e23", "#686e77", "#d9d6cf"
"""Colours of lines, of what stands behind them, and of what is only a hint, on a white page."""

SETTINGS: dict[str, object] = {
    "svg.hashsalt": "equipoise",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8.0,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.frameon": False,
    "text.usetex": False,
    "axes.unicode_minus": True,
}
"""Of every figure of the package; the first two make its bytes reproducible."""


def panels(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure of a size in inches with axes in rows and columns; it shares no state with pyplot."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex="col", sharey="row")
    return figure, list(axes.ravel())


def saved_figures(drawings: Mapping[str, Callable[[], Figure]], folder: str | Path) -> list[Path]:
    """Draw figures with the settings of the package and write each as SVG and PDF.

    Parameters
    ----------
    drawings : mapping of str to callable
        Name of the file, without suffix, and what draws it.
    folder : str or Path
        Made if missing.

    Returns
    -------
    list of Path
        The files written.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    with settings():
        for name, draw in drawings.items():
            written += _save(draw(), target, name)
    return written


def inline_svg(draw: Callable[[], Figure]) -> str:
    """A figure as an `<svg>` element for a page, without a background: a page may be dark."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    with settings():
        page, figure = io.StringIO(), draw()
        for patch in (figure.patch, *(axes.patch for axes in figure.axes)):
            patch.set_alpha(0.0)
        FigureCanvasSVG(figure).print_figure(page, metadata={"Date": None, "Creator": "equipoise"}, format="svg")
    text = page.getvalue()
    return text[text.index("<svg") :]


@contextmanager
def settings() -> Iterator[None]:
    """The look of the package; what makes output reproducible can be reached through the shared parameters only."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)  # type: ignore[arg-type]
        yield


def _save(figure: Figure, folder: Path, name: str) -> list[Path]:
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    svg, pdf = folder / f"{name}.svg", folder / f"{name}.pdf"
    # No dates and no version: equal audits give equal bytes.
    FigureCanvasSVG(figure).print_figure(svg, metadata={"Date": None, "Creator": "equipoise"}, format="svg")
    # Both have the same layout, which takes longer than drawing.
    figure.set_layout_engine("none")
    FigureCanvasPdf(figure).print_figure(
        pdf, metadata={"CreationDate": None, "Creator": "equipoise", "Producer": "equipoise"}, format="pdf"
    )
    return [svg, pdf]
