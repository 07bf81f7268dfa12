"""Figures of an audit for a paper: level diagram, flows, populations, detailed balance; as SVG and PDF."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise._checks import InputError
from equipoise.audit import Audit
from equipoise.report.charts import budget_figure, flows_figure, populations_figure
from equipoise.report.levels_figure import levels_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_SECTORS = 8
"""Sectors drawn at most; each makes up to four figures."""

_INK = "#1b1e23"
_SETTINGS: dict[str, object] = {
    "svg.hashsalt": "equipoise",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8.0,
    "axes.edgecolor": _INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.frameon": False,
    "text.usetex": False,
    "axes.unicode_minus": True,
}


def write_figures(audit: Audit, folder: str | Path) -> list[Path]:
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
    import matplotlib as mpl

    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    parts = [(f"sector-{k}-", sector) for k, sector in enumerate(audit.sectors[:MOST_SECTORS], start=1)]
    written = []
    # The settings that make output reproducible can be reached through the shared parameters only.
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)  # type: ignore[arg-type]
        for prefix, part in parts or [("", audit)]:
            for name, draw in _FIGURES.items():
                if name != "budget" or part.balance is not None:
                    written += _save(draw(part), target, prefix + name)
    return written


def _save(figure: Figure, folder: Path, name: str) -> list[Path]:
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    svg, pdf = folder / f"{name}.svg", folder / f"{name}.pdf"
    # No dates and no version: equal audits give equal bytes.
    FigureCanvasSVG(figure).print_figure(svg, metadata={"Date": None, "Creator": "equipoise"}, format="svg")
    FigureCanvasPdf(figure).print_figure(
        pdf, metadata={"CreationDate": None, "Creator": "equipoise", "Producer": "equipoise"}, format="pdf"
    )
    return [svg, pdf]


_FIGURES: dict[str, Callable[[Audit], Figure]] = {
    "levels": levels_figure,
    "flows": flows_figure,
    "populations": populations_figure,
    "budget": budget_figure,
}
