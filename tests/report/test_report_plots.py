"""Figures: written, not empty, the same twice, and without shared state."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Rectangle
from report_systems import audit_of_levels, dark, disconnected, heat_valve

import equipoise as eq
from equipoise._checks import InputError
from equipoise._printed import amount
from equipoise.report.charts import budget_figure, flows_figure, populations_figure
from equipoise.report.diagram import level_diagram
from equipoise.report.drawings import write_figures
from equipoise.report.layout import layout
from equipoise.report.levels_figure import levels_figure


def test_all_figures_are_written_without_touching_shared_settings(tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    paths = write_figures(heat_valve(), tmp_path)
    assert {path.name for path in paths} == {
        f"{name}.{kind}" for name in ("levels", "flows", "populations", "budget") for kind in ("svg", "pdf")
    }
    for path in paths:
        assert path.stat().st_size > 2000
        assert path.read_bytes().startswith(b"%PDF" if path.suffix == ".pdf" else b"<?xml")
    assert dict(mpl.rcParams) == before


@pytest.mark.slow
def test_figures_are_reproducible_byte_by_byte(tmp_path: Path) -> None:
    one, two = (write_figures(heat_valve(), tmp_path / name) for name in ("one", "two"))
    assert all(path.read_bytes() == twin.read_bytes() for path, twin in zip(one, two, strict=True))


@pytest.mark.slow
def test_budget_is_left_out_where_it_is_not_applicable(tmp_path: Path) -> None:
    names = {path.stem for path in write_figures(dark(), tmp_path)}
    assert names == {"levels", "flows", "populations"}


@pytest.mark.slow
def test_sectors_have_figures_of_their_own(tmp_path: Path) -> None:
    names = {path.stem for path in write_figures(disconnected(), tmp_path)}
    assert {"sector-1-levels", "sector-2-levels"} <= names
    assert len(names) == 8


def test_flows_say_their_sign_and_carry_the_values() -> None:
    audit = heat_valve()
    panels = flows_figure(audit).axes
    assert all("into the system" in axes.get_xlabel() for axes in panels)
    # The axis of energy is labelled with the power of ten that its bars leave out.
    assert "10^{-2}" in panels[1].get_xlabel()
    bars = [patch.get_width() for patch in panels[1].patches]
    assert bars == pytest.approx(100 * audit.flows.energy)


def test_populations_hold_the_logarithmic_weights() -> None:
    audit = heat_valve(0.002, 0.001)
    points = populations_figure(audit).axes[0].lines[-1].get_ydata()
    assert points == pytest.approx(audit.state.log_weights / 2.302585092994046)
    assert min(points) < -400


def test_budget_shows_each_part() -> None:
    audit = heat_valve()
    assert audit.balance is not None
    widths = [patch.get_width() for patch in budget_figure(audit).axes[0].patches]
    assert widths == pytest.approx([audit.balance.relative_jump, audit.balance.relative_commuting])


def test_dollar_signs_in_labels_are_no_formulas() -> None:
    audit = eq.audit(eq.rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]], labels=["$\\frac", "$$", "<&>_^"]))
    figure = levels_figure(audit)
    FigureCanvasAgg(figure).draw()
    assert {"$\\frac", "$$", "<&>_^"} <= {text.get_text() for text in figure.axes[0].texts}


def test_an_audit_plots_itself() -> None:
    figure = heat_valve().plot()
    FigureCanvasAgg(figure).draw()
    assert {"hot", "cold", "level"} <= {text.get_text() for text in figure.axes[0].texts}
    with pytest.raises(InputError, match=r"`audit` must have one stationary state to be drawn, but has 2. Draw one"):
        disconnected().plot()


def test_the_level_diagram_of_a_figure_is_that_of_the_page() -> None:
    audit = heat_valve()
    axes = levels_figure(audit).axes[0]
    drawing = ET.fromstring(level_diagram(audit, layout(audit), "levels"))
    written = [str(text.text) for text in drawing.iterfind(".//{*}text")]
    assert [text.get_text() for text in axes.texts] == written
    # The current that drives the valve stands beside its arrow, and each level has a bar for its population.
    assert written.count(amount(float(audit.flows.microcurrents.max()), 3)) == 3
    bars = [patch.get_width() for patch in axes.patches if isinstance(patch, Rectangle)]
    assert bars[1::2] == pytest.approx([bars[0] * p for p in audit.state.populations], abs=0.01)
    shafts = [line.attrib["stroke-width"] for line in drawing.iterfind(".//{*}line[@class='shaft']")]
    # 0.0105 inches, of 72 points each, for a px of the page.
    expected = sorted(0.0105 * 72 * float(width) for width in shafts)
    assert sorted(line.get_linewidth() for line in axes.lines)[-3:] == pytest.approx(expected)


def test_powers_of_ten_are_raised_in_a_figure() -> None:
    audit = audit_of_levels([0.0, 1.0], temperature=1.0 / 2302.58509299404568)
    figure = levels_figure(audit)
    FigureCanvasAgg(figure).draw()
    assert "10$^{−1000}$" in {text.get_text() for text in figure.axes[0].texts}
