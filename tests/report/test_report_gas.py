"""The report of a target in a dilute gas: what circulates, in which direction, and that nothing is given or taken."""

import re
from pathlib import Path

import pytest

from equipoise import audit
from equipoise.io import load_model


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = Path(tmp_path_factory.mktemp("ring")) / "report.html"
    audit(load_model("three-dot-ring").subject).report(path)
    return path.read_text(encoding="utf-8")


def test_the_story_names_the_loop_and_its_direction(page: str) -> None:
    text = " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert "probability circulates between the levels, lower → upper → middle → lower." in text
    assert "No entropy is produced (Clausius)." in text
    assert "yet loops of currents persist" in text


def test_the_sheet_speaks_of_a_gas_and_its_temperature(page: str) -> None:
    assert '<th scope="col">Gas</th>' in page
    assert '<th scope="col">Reservoir</th>' not in page
    assert "T = 0.5" in page


def test_currents_beside_arrows_have_room(page: str) -> None:
    texts = [float(x) for x in re.findall(r'<text class="current" x="([\d.]+)"', page)]
    shafts = sorted({float(x) for x in re.findall(r'<line class="shaft" x1="([\d.]+)"', page)})
    assert len(shafts) == 2
    # Ten characters and a power, before the head of the next arrow begins.
    assert shafts[1] - 11 - min(texts) >= 50


def test_an_energy_that_is_rounding_is_printed_as_zero(page: str) -> None:
    assert "5.55" not in page
