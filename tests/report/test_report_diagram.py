"""The level diagram: what is drawn, how wide, where."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from report_systems import audit_of_levels, chain, dark, fermions, heat_valve, ladder, random_levels

import equipoise as eq
from equipoise.auditing import Audit
from equipoise.auditing.level_parts import resolved_flows
from equipoise.auditing.transitions import balanced_transitions, net_transitions
from equipoise.report.diagram import level_diagram as drawn
from equipoise.report.layout import ROW, WIDEST, layout


def level_diagram(audit: Audit, identifier: str = "levels") -> str:
    return drawn(audit, layout(audit), identifier)


SVG = "{http://www.w3.org/2000/svg}"


def arrows(audit: Audit) -> list[ET.Element]:
    root = ET.fromstring(level_diagram(audit))
    return [g for g in root.iter(f"{SVG}g") if g.get("class") == "arrow"]


@pytest.mark.parametrize("make", [heat_valve, fermions, random_levels, ladder, chain])
def test_widths_are_proportional_to_the_microcurrents(make) -> None:
    audit = make()
    widths, currents = [], []
    for group in arrows(audit):
        shaft = next(line for line in group if line.get("class") == "shaft")
        title = group.find(f"{SVG}title")
        assert title is not None
        name, _, rest = str(title.text).partition(": ")
        start, end = re.match(r"(\w+) → (\w+),", rest).groups()  # type: ignore[union-attr]
        r = audit.flows.reservoirs.index(name)
        labels = audit.flows.spectrum.labels
        currents.append(audit.flows.microcurrents[r, labels.index(end), labels.index(start)])
        widths.append(float(str(shaft.get("stroke-width"))))
    # In the direction of the net flow, and as wide as it is large (six digits are printed).
    assert min(currents) > 0
    np.testing.assert_allclose(np.array(widths) / WIDEST, np.array(currents) / max(currents), rtol=1e-5)


@pytest.mark.parametrize(("make", "count"), [(heat_valve, 3), (fermions, 40), (random_levels, 40), (chain, 3)])
def test_at_most_forty_arrows_the_largest(make, count: int) -> None:
    audit = make()
    assert len(arrows(audit)) == count
    found, total = net_transitions(resolved_flows(audit))
    assert len(found) == count <= total
    largest = np.sort(np.abs(np.triu(audit.flows.microcurrents, 1)).ravel())[::-1][:count]
    np.testing.assert_allclose([t.net for t in found], largest)


def test_heat_valve_arrows_point_up_for_hot_and_down_for_cold() -> None:
    found, _ = net_transitions(resolved_flows(heat_valve()))
    assert {(t.reservoir, t.start, t.end) for t in found} == {(0, 0, 2), (1, 2, 1), (1, 1, 0)}
    # One cycle carries one current.
    np.testing.assert_allclose([t.net for t in found], found[0].net, rtol=1e-12)


def test_no_arrow_where_flows_cancel_or_nothing_moves() -> None:
    resting = heat_valve(1.0, 1.0)
    assert arrows(resting) == []
    assert balanced_transitions(resolved_flows(resting))[1] == 3
    assert arrows(dark()) == []
    assert layout(dark()).strokes == ()


@pytest.mark.parametrize("make", [heat_valve, fermions, random_levels, ladder, chain, dark])
def test_labels_never_overlap_and_heights_follow_energy(make) -> None:
    audit = make()
    plan = layout(audit)
    y = [plan.y[level] for level in plan.levels]
    assert all(lower - upper >= ROW - 1e-9 for lower, upper in itertools.pairwise(y))
    assert min(y) >= -1e-9
    assert max(y) <= plan.height + 1e-9
    assert np.all(np.diff(audit.flows.spectrum.levels[list(plan.levels)]) >= 0)


def test_heights_are_to_scale_where_labels_allow() -> None:
    plan = layout(heat_valve())
    assert plan.is_to_scale
    assert (plan.y[0] - plan.y[1]) / (plan.y[0] - plan.y[2]) == pytest.approx(1.0 / 2.5)
    assert not layout(fermions()).is_to_scale


def test_columns_of_reservoirs_do_not_mix_and_strokes_do_not_overlap() -> None:
    plan = layout(random_levels())
    for band in plan.bands:
        inside = [s for s in plan.strokes if s.transition.reservoir == band.reservoir]
        assert all(band.x0 <= s.x - s.width / 2 and s.x + s.width / 2 <= band.x1 for s in inside)
    for one, other in itertools.combinations(plan.strokes, 2):
        if abs(one.x - other.x) < (one.width + other.width) / 2:
            a, b = (sorted((plan.y[s.transition.start], plan.y[s.transition.end])) for s in (one, other))
            assert a[1] <= b[0] or b[1] <= a[0]


def test_many_levels_only_those_touched_by_arrows() -> None:
    audit = ladder()
    plan = layout(audit)
    touched = {level for s in plan.strokes for level in (s.transition.start, s.transition.end)}
    assert set(plan.levels) == touched
    assert plan.hidden == 80 - len(touched)


def test_labels_are_escaped_in_svg() -> None:
    name = "<b>&\"'⟩"
    audit = eq.audit(eq.rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]], labels=[f"{name}{k}" for k in range(3)]))
    root = ET.fromstring(level_diagram(audit, "x"))
    shown = {title.text for title in root.iter(f"{SVG}title")}
    assert {f"{name}{k}" for k in range(3)} <= shown
    assert root.find(f".//{SVG}b") is None


def test_title_and_description_are_named() -> None:
    root = ET.fromstring(level_diagram(heat_valve(), "part"))
    assert str(root.get("aria-labelledby")).split() == ["part-title", "part-desc"]
    desc = root.find(f"{SVG}desc")
    assert desc is not None
    assert "hot: 0 to 2" in str(desc.text)


def test_one_level_is_drawn() -> None:
    assert "<svg" in level_diagram(eq.audit(eq.rate_equation([[0.0]])))


def test_tiny_populations_are_written() -> None:
    svg = level_diagram(audit_of_levels([0.0, 1.0], temperature=1.0 / 2302.58509299404568))
    assert '>10<tspan class="sup" dy="-0.45em">−1000</tspan>' in svg
