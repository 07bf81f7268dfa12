"""Figures of the violation of detailed balance: their numbers against waves that were matched, and their symmetries."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import xarray

from equipoise.reproduce import Reproduction
from equipoise.reproduce.evidence import Claim, Evidence
from equipoise.reproduce.low_density import figure_data, figures
from equipoise.reproduce.low_density._collisions import Collisions
from equipoise.reproduce.low_density.cases import COUPLINGS, Case, dots, dots_case
from equipoise.scattering import PointScatterers, Target

pytest.importorskip("matplotlib")

QUICK = ("temperature", "coupling", "flux", "relaxation")


@cache
def data(name: str) -> xarray.Dataset:
    return figure_data.DATA[name]()


def matched(case: Case) -> np.ndarray:
    """I(k, l) from matched waves and another quadrature, diagonal 1."""
    flow = Collisions(case).rates * case.gibbs[None, :]
    np.fill_diagonal(flow, 1.0)
    return np.asarray(flow / flow.T)


def test_ratios_of_figure_1_are_those_of_matched_waves() -> None:
    one = data("temperature").isel(beta_gap=17)
    expected = matched(dots_case(float(one.beta_gap) / figure_data.GAP))
    found = [float(one.balance_ratio.sel(pair=pair)) for pair in ("0,-", "+,-", "0,+")]
    np.testing.assert_allclose(found, [expected[1, 0], expected[2, 0], expected[1, 2]], rtol=1e-11)


def test_only_the_lower_pair_is_balanced_in_a_cold_gas() -> None:
    last = data("temperature").balance_ratio.isel(beta_gap=-1)
    np.testing.assert_allclose(last, [1.0, 1.54, 1.5], atol=5e-3)


def test_both_sides_of_the_conditions_agree_and_have_the_printed_scale() -> None:
    sides = data("temperature").condition.values
    np.testing.assert_allclose(sides[..., 0], sides[..., 1], rtol=1e-7)  # differences of nearly equal flows when cold
    assert 1e-4 < np.abs(sides).max() < 1e-3


def test_the_deviation_is_of_first_order_with_the_coefficient_of_the_second_born_term() -> None:
    found = data("coupling")
    np.testing.assert_allclose(found.exponent, 1.0, atol=1e-3)
    weakest = found.isel(factor=0)
    np.testing.assert_allclose(weakest.deviation / weakest.factor, weakest.first_order, rtol=1e-3)
    strong = found.sel(factor=1.0, method="nearest")
    expected = matched(dots_case(figure_data.BETA, [float(strong.factor) * V for V in COUPLINGS]))
    pairs = [expected[2, 0], expected[1, 2], expected[0, 1]]
    np.testing.assert_allclose(strong.deviation, np.abs(np.subtract(pairs, 1.0)), rtol=1e-11)


def test_time_reversal_turns_the_flux_and_inverts_every_ratio() -> None:
    found = data("flux")
    np.testing.assert_allclose(found.flux + found.flux[::-1].values, 1.0, atol=1e-12)
    logs = found.log_balance_ratio.values
    np.testing.assert_allclose(logs, -logs[::-1], atol=1e-10)


def test_levels_that_meet_do_not_restore_balance() -> None:
    nearest = data("flux").log_balance_ratio.isel(flux=0)
    assert np.abs(nearest).min() > 0.3


def test_violation_speeds_up_the_relaxation() -> None:
    slowest = data("relaxation").slowest
    gain = slowest.sel(rates="violating") / slowest.sel(rates="balanced") - 1
    assert float(gain.min()) > -1e-12
    assert float(gain.max()) == pytest.approx(0.0194, abs=5e-4)
    one = slowest.isel(factor=int(np.argmax(gain.values)))
    case = dots_case(figure_data.BETA, [float(one.factor) * V for V in COUPLINGS])
    a, p = Collisions(case).rates, case.gibbs
    values = [
        np.sort(np.linalg.eigvals(np.diag(w.sum(axis=0)) - w).real)[1]
        for w in (a, 0.5 * (a + a.T * p[:, None] / p[None, :]))
    ]
    np.testing.assert_allclose(one, values, rtol=1e-10)


@pytest.mark.parametrize(
    ("name", "balanced"), [("two equal, mirror images", True), ("two equal, no mirror images", False)]
)
def test_mirror_images_at_different_places_protect(name: str, balanced: bool) -> None:
    couplings, last = figure_data.ARRANGEMENTS[name]
    target = Target(dots().hamiltonian, PointScatterers([0.0, 0.3, 0.3 * last], list(couplings)))
    assert (figure_data.largest_log_ratio(target, figure_data.BETA) < 1e-11) is balanced


@pytest.mark.parametrize("sites", [3, 5])
def test_two_equal_dots_protect_three_only_and_a_mirror_any_number(sites: int) -> None:
    rng = np.random.default_rng(2)
    different, equal, mirror = (
        figure_data.largest_log_ratio(dots(figure_data.ring_couplings(rng, sites, kind), 0.3), 2.0)
        for kind in figure_data.KINDS
    )
    assert different > 1e-3
    assert (equal < 1e-11) is (sites == 3)
    assert mirror < 1e-11


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in figures.FIGURES]
)
def test_every_axis_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figure_data, f"{name}_data", lambda: data(name))
    for axes in figures.FIGURES[name]().axes:
        assert axes.get_xlabel()
        assert axes.get_ylabel()


def test_numbers_are_written_with_units_and_what_they_belong_to(tmp_path) -> None:
    row = Evidence(claim=Claim(equation="(1)", statement="a claim", checked="a check"), residual=0.0)
    found = Reproduction(paper="A paper", seed=0, rows=(row,), data={"flux": lambda: data("flux")})
    (path,) = found.write_data(tmp_path / "data")
    read = xarray.load_dataset(path, engine="h5netcdf")
    xarray.testing.assert_equal(read, data("flux"))
    assert read.log_balance_ratio.attrs["units"] == "1"
    assert "couplings" in read.attrs["title"]
    assert replace(found, data={}).write_data(tmp_path / "none") == []
    assert not (tmp_path / "none").exists()
