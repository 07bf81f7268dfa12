"""Figures: written, not empty, the same twice, and without shared state."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from report_systems import dark, disconnected, heat_valve

import equipoise as eq
from equipoise._checks import InputError
from equipoise.report.charts import budget_figure, flows_figure, populations_figure
from equipoise.report.drawings import write_figures
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
