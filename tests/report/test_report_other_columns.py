"""An audit of a system that has no levels and no spectrum is printed, stored and reported by the same views."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from equipoise import InputError
from equipoise.auditing import Audit, Finding, Question, Verdict
from equipoise.auditing.blocks import Bar, Residuals, Section, Shares, Table
from equipoise.auditing.dataset import Contents
from equipoise.auditing.record import AbstractPart, ReservoirFlows
from equipoise.io import read_results, to_json, write_results
from equipoise.provenance import Provenance


@dataclass(frozen=True)
class Modes(AbstractPart):
    """Normal modes of a network, with the transmission through each."""

    found: tuple[float, ...]
    name: ClassVar[str] = "modes"

    def rows(self, audit: Audit) -> tuple[tuple[str, str], ...]:
        return (("modes", f"{len(self.found)}, the best transmits {max(self.found):.3g}"),)

    def section(self, audit: Audit) -> Section:
        rows = tuple((f"mode {k}", value, "left lead") for k, value in enumerate(self.found))
        bars = tuple(Bar(name=f"mode {k}", explanation="damping", value=value) for k, value in enumerate(self.found))
        table = Table("Transmissions", ("Mode", "Transmission [1]", "Reservoir"), rows, "Each is a probability.")
        return Section(
            title="Normal modes",
            facts=(("count", str(len(self.found))),),
            blocks=(table, Residuals(note="Residuals.", bars=bars, tolerance=1e-9), Shares(note="Shares.", bars=bars)),
            note="In the order of their frequencies.",
        )

    def contents(self) -> Contents:
        return Contents({"transmission": ("mode", list(self.found), {"units": "1"})})

    def record(self) -> dict[str, object]:
        return {"transmission": self.found}


@pytest.fixture
def network() -> Audit:
    """Two leads and three modes; heat goes from left to right."""
    left, right = (
        ReservoirFlows(
            name=f"{side} lead",
            particles=sign * 0.25,
            energy=sign * 0.5,
            heat=None,
            inverse_temperature=1.0,
            chemical_potential=0.5 * sign,
            condition=f"T = 1, mu = {0.5 * sign:g}",
        )
        for side, sign in (("left", 1), ("right", -1))
    )
    question = Question.FLOWS_VANISH
    still = [Finding(question=question, about=flow.name, answer="no", value=1.0) for flow in (left, right)]
    return Audit(
        verdict=Verdict.NON_EQUILIBRIUM,
        generator="a network",
        findings=(Finding(question=Question.UNIQUE, answer="yes", detail="gap 0.1"), *still),
        reservoirs=(left, right),
        first_law=(("left", 0.5), ("right", -0.5), ("d<H>/dt", 0.0)),
        parts=(Modes((0.5, 0.3, 0.2)),),
        provenance=Provenance("quasi-free network"),
    )


def test_it_prints(network: Audit) -> None:
    text = str(network)
    assert text.startswith("verdict            non-equilibrium steady state\n")
    assert "  left lead                 0.25          0.5            -   not at rest\n" in text
    assert "modes              3, the best transmits 0.5" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "<td" in network._repr_html_()
    assert "the best transmits 0.5" in network._repr_html_()


def test_its_parts_are_found_by_name(network: Audit) -> None:
    assert network.part("modes").found == (0.5, 0.3, 0.2)
    with pytest.raises(InputError, match=r"`name` must be a part of this audit \(modes\), but got 'cycles'"):
        _ = network.cycles


def test_it_is_stored_and_read_back(network: Audit, tmp_path: Path) -> None:
    found = read_results(write_results(network, tmp_path / "results.nc"))
    assert found["transmission"].values.tolist() == [0.5, 0.3, 0.2]
    assert found["energy_flow"].values.tolist() == [0.5, -0.5]
    assert found["heat_flow"].isnull().all()
    assert found.attrs["verdict"] == "non-equilibrium steady state"


def test_it_is_plain_data(network: Audit) -> None:
    record = json.loads(network.to_json())
    assert record["parts"] == {"modes": {"transmission": [0.5, 0.3, 0.2]}}
    assert record["reservoirs"][0]["heat_flow"] is None
    assert json.loads(to_json(network)) == record


def test_it_is_reported_and_drawn(network: Audit, tmp_path: Path) -> None:
    page = network.report(tmp_path / "page.html", units="meV").read_text(encoding="utf-8")
    assert "left lead gives the system 0.5 and right lead takes from the system 0.5 of energy per unit time." in page
    for words in ("Normal modes", "Transmissions", "mode 2", "Each is a probability.", "In the order", "50.00 %"):
        assert words in page
    assert '<svg class="diagram' not in page
    figure = network.plot()
    FigureCanvasAgg(figure).draw()
    assert len(figure.axes) == 3
