"""Figures of the paper: they show what the library computes, and each run writes the same bytes."""

import numpy as np
import pytest

from equipoise.report.figure_files import saved_figures
from equipoise.reproduce.dynamical_balance import figures

pytest.importorskip("matplotlib")


def curves(axes, dashed):
    """Data of the curves on the whole axis, in the order drawn, solid or dashed."""
    return [line.get_xydata() for line in axes.get_lines() if len(line.get_xdata()) > 50 and line.is_dashed() == dashed]


def test_linear_laws_are_the_tangents_of_the_currents():
    left, right = figures.bias_figure().axes
    exact, laws = curves(left, dashed=False), curves(left, dashed=True)
    assert len(exact) == len(laws) == 4
    middle = len(exact[0]) // 2
    for curve, law in zip(exact, laws, strict=True):
        slope = (curve[middle + 1, 1] - curve[middle - 1, 1]) / (curve[middle + 1, 0] - curve[middle - 1, 0])
        # The centred difference misses by its step squared.
        assert law[-1, 1] / law[-1, 0] == pytest.approx(slope, rel=1e-3)
    np.testing.assert_allclose(sum(curve[:, 1] for curve in exact[:3]), exact[3][:, 1], atol=1e-12)
    linear, second = (line.get_ydata() for line in right.get_lines())
    assert second[0] < 0.2 * linear[0]


def test_conversion_currents_cross_zero_at_balance_and_conserve_energy():
    (axes,) = figures.conversion_figure().axes
    J21, J31, J32 = (line.get_xydata() for line in axes.get_lines()[:3])
    delta = J21[:, 0]
    np.testing.assert_allclose(J21[:, 1] + J31[:, 1] + J32[:, 1], 0.0, atol=1e-13)
    off = np.abs(delta) > 1e-9
    np.testing.assert_array_equal(np.sign(J21[off, 1]), np.sign(delta[off]))
    np.testing.assert_array_equal(np.sign(J31[off, 1]), -np.sign(delta[off]))
    assert np.abs(J31[~off, 1]).max() < 1e-9


def test_inversion_begins_at_the_line_drawn():
    map_axes = figures.inversion_figure().axes[0]
    ratio = map_axes.collections[0].get_array()
    betas = np.linspace(0.0125, 2.4875, 199)
    ends = map_axes.get_lines()[0].get_xydata()
    slope = ends[1, 1] / ends[1, 0]
    above = betas[:, None] - slope * betas[None, :]
    off = np.abs(above) > 1e-9
    np.testing.assert_array_equal((ratio > 0)[off], (above > 0)[off])


@pytest.mark.parametrize("name", figures.FIGURES)
def test_every_axis_is_named(name):
    for axes in figures.FIGURES[name]().axes:
        assert axes.get_ylabel()
        assert axes.get_xlabel() or axes.get_label() == "<colorbar>"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["inversion", "conversion"])
def test_a_figure_is_written_with_the_same_bytes(name, tmp_path):
    drawing = {name: figures.FIGURES[name]}
    first = saved_figures(drawing, tmp_path / "first")
    again = saved_figures(drawing, tmp_path / "again")
    assert [path.name for path in first] == [f"{name}.svg", f"{name}.pdf"]
    for one, other in zip(first, again, strict=True):
        assert one.read_bytes() == other.read_bytes()
