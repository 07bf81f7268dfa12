"""The evidence for Accardi & Imafuku (2002) is complete, confirmed, and the same as the page of errata."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from equipoise import InputError
from equipoise.cli import app
from equipoise.reproduce import Reproduction, reproduce
from equipoise.reproduce.dynamical_balance import place
from equipoise.reproduce.evidence import Claim, Evidence, Standing

PAGE = (Path(__file__).parents[2] / "docs" / "errata.md").read_text(encoding="utf-8")
ERRATA = PAGE.split("\n## Dynamical detailed balance")[1].split("\n## ")[0]
LAST = 121


@cache
def found() -> Reproduction:
    return reproduce("dynamical-balance")


def numbers(label: str) -> set[int]:
    """Every equation that a label names, ranges included: (4)-(5), (41)."""
    named: set[int] = set()
    for first, last in re.findall(r"\((\d+)[a-d]?(?:, [a-d])*\)(?:-\((\d+)[a-d]?\))?", label):
        named |= set(range(int(first), int(last or first) + 1))
    return named


def test_no_claim_is_unconfirmed() -> None:
    assert found().failed == ()


def test_every_numbered_equation_is_a_row_or_a_definition() -> None:
    covered = set().union(*(numbers(row.claim.equation) for row in found().rows), *map(numbers, found().definitions))
    assert sorted(set(range(1, LAST + 1)) - covered) == []
    assert {"Theorem 1", "Theorem 2"} <= {row.claim.equation for row in found().rows}


def test_rows_stand_in_the_order_of_the_paper_and_none_twice() -> None:
    places = [place(row.claim.equation) for row in found().rows]
    assert places == sorted(places)
    claims = [(row.claim.equation, row.claim.statement) for row in found().rows]
    assert len(set(claims)) == len(claims)


def test_every_misprint_is_on_the_page_of_errata_and_no_other() -> None:
    lines = ERRATA.splitlines()
    table = set().union(*(numbers(line.split("|")[1]) for line in lines if line.startswith(("| (", "| proof"))))
    hypotheses = set().union(*(numbers(line.split("**")[1]) for line in lines if line.startswith("- **")))
    corrected = set().union(
        *(numbers(row.claim.equation) for row in found().rows if row.standing is Standing.CORRECTED)
    )
    assert table - corrected == set()
    assert corrected - table - hypotheses == set()


def test_every_false_statement_is_on_the_page_of_errata() -> None:
    refuted = {row.claim.equation for row in found().rows if row.standing is Standing.REFUTED}
    page = {text.lower() for text in re.findall(r"^- \*\*(.+?)\*\*", ERRATA, re.MULTILINE)}
    missing = {label for label in refuted if not any(_same(label, entry) for entry in page)}
    assert missing == set()


def _same(label: str, entry: str) -> bool:
    """`after (26)` and `After (26)`, `(27), (83)` and `(27)`: the same place in the paper."""
    if "theorem" in label.lower():
        return "theorem" in entry
    return bool(numbers(label) & numbers(entry)) and label.startswith("after") == entry.startswith("after")


def test_the_text_fits_80_columns_and_counts_its_rows() -> None:
    lines = str(found()).splitlines()
    assert max(map(len, lines)) <= 80
    assert found().summary().startswith(f"{len(found().rows)} claims: ")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
def test_other_random_systems_confirm_it(seed: int) -> None:
    assert reproduce("dynamical-balance", seed).failed == ()


def test_an_unknown_paper_is_refused() -> None:
    with pytest.raises(
        InputError,
        match=r"`paper` must be one of dynamical-balance, quantum-detailed-balance, low-density, but got 'x'",
    ):
        reproduce("x")


@pytest.mark.parametrize(
    "drawn",
    [("temperature",), pytest.param(("bias", "temperature", "inversion", "conversion"), marks=pytest.mark.slow)],
)
def test_the_command_line_writes_evidence_and_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawn: tuple[str, ...]
) -> None:
    figures = {name: found().figures[name] for name in drawn}
    monkeypatch.setattr("equipoise.reproduce.reproduce", lambda paper, seed: replace(found(), figures=figures))
    result = CliRunner().invoke(app, ["reproduce", "dynamical-balance", "-o", str(tmp_path)])
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[0].startswith("Luigi Accardi and Kentaro Imafuku")
    record = json.loads((tmp_path / "evidence.json").read_text(encoding="utf-8"))
    assert len(record["rows"]) == len(found().rows)
    assert {path.name for path in (tmp_path / "figures").glob("*.svg")} == {f"{name}.svg" for name in drawn}


def test_it_has_four_figures() -> None:
    assert set(found().figures) == {"bias", "temperature", "inversion", "conversion"}


def test_a_row_that_fails_is_an_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Evidence(claim=Claim(equation="(7)", statement="a claim", checked="a check"), residual=0.5)
    monkeypatch.setattr(
        "equipoise.reproduce.reproduce", lambda paper, seed: Reproduction(paper="A paper", seed=0, rows=(row,))
    )
    result = CliRunner().invoke(app, ["reproduce", "dynamical-balance"])
    assert result.exit_code == 3
    assert "Not every claim is confirmed: (7)." in result.stderr
    assert "not confirmed (residual 5.0e-01, tolerance 1e-09)" in result.stdout
