"""The evidence for Alicki, Sindelka & Gelbwaser-Klimovsky (2023) is complete, confirmed, and the page of errata's."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad
from typer.testing import CliRunner

from equipoise.cli import app
from equipoise.reproduce import Reproduction, reproduce
from equipoise.reproduce.evidence import Standing
from equipoise.reproduce.low_density import _collisions, _matching, _resolvent, cases, dots

PAGE = (Path(__file__).parents[2] / "docs" / "errata.md").read_text(encoding="utf-8")
ERRATA = PAGE.split("\n## Violation of detailed balance by scattering")[1].split("\n## ")[0]
LAST = 32


@cache
def found(seed: int = 0) -> Reproduction:
    return reproduce("low-density", seed)


def labels(standing: Standing) -> list[str]:
    return [row.claim.equation for row in found().rows if row.standing is standing]


def numbers(label: str) -> set[int]:
    """Every equation that a label names, ranges included; what is said after one does not count."""
    named: set[int] = set()
    if label.startswith(("after", "before", "Fig.")):
        return named
    for first, last in re.findall(r"\((\d+)[ab]?\)(?:-\((\d+)[ab]?\))?", label):
        named |= set(range(int(first), int(last or first) + 1))
    return named


@pytest.mark.parametrize("seed", range(3))
def test_no_claim_is_unconfirmed(seed: int) -> None:
    assert found(seed).failed == ()


def test_every_numbered_equation_is_a_row_or_a_definition() -> None:
    covered = set().union(*(numbers(row.claim.equation) for row in found().rows), *map(numbers, found().definitions))
    assert sorted(set(range(1, LAST + 1)) - covered) == []
    assert not set(found().definitions) & {row.claim.equation for row in found().rows}


def test_rows_stand_in_the_order_of_the_paper_and_none_twice() -> None:
    places = [min(named) for row in found().rows if (named := numbers(row.claim.equation))]
    assert places == sorted(places)
    assert len({row.claim.equation for row in found().rows}) == len(found().rows)


def test_the_table_of_errata_is_that_of_the_misprints() -> None:
    table = [line.split("|")[1].strip() for line in ERRATA.splitlines() if line.startswith("| (")]
    assert table == labels(Standing.CORRECTED)


def test_the_false_statements_are_those_of_the_page() -> None:
    assert re.findall(r"^- \*\*(.+?)\*\*", ERRATA, re.MULTILINE) == labels(Standing.REFUTED)


def test_misprints_are_not_small() -> None:
    for row in found().rows:
        if row.printed is not None:
            assert row.printed > 0.01, row.claim.equation


def test_phrases_fit_the_table() -> None:
    for row in found().rows:
        assert max(len(row.claim.statement), len(row.claim.checked), len(row.claim.remark)) < 90
        assert (row.claim.statement + row.claim.checked + row.claim.remark).isascii()
    assert max(map(len, str(found()).splitlines())) <= 80


def test_the_command_line_prints_the_table() -> None:
    result = CliRunner().invoke(app, ["reproduce", "low-density"])
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Robert Alicki, Milan Sindelka and David Gelbwaser-Klimovsky")


def test_double_exponential_nodes_integrate_square_roots_at_both_ends() -> None:
    parts = _collisions.segments(np.array([0.0, 0.7, 2.0]), 0.5)

    def f(part: _collisions.Segment) -> np.ndarray:
        return np.sqrt(np.abs(part.beyond(0.7))) / np.sqrt(part.beyond(0.0)) * np.exp(-2 * part.beyond(0.0))

    total = sum(float(np.sum(part.weights * f(part))) for part in parts)
    with mpmath.workdps(40):  # at 15 digits nodes are lost beside the inverse square root
        exact = mpmath.quad(
            lambda x: mpmath.sqrt(abs(x - mpmath.mpf(0.7)) / x) * mpmath.exp(-2 * x), [0, 0.1, 0.7, 0.8, 2, 5, 40]
        )
    assert total == pytest.approx(float(exact), rel=1e-12)


def test_waves_matched_at_one_point_are_those_of_the_contact() -> None:
    case = cases.random_case(np.random.default_rng(5))
    excess = 0.37
    S = _matching.scattering_matrix(
        case.levels[-1] + excess, case.levels, np.array([0.0]), case.couplings[None], case.mass
    )
    np.testing.assert_allclose(S.reshape(6, 6) @ S.reshape(6, 6).conj().T, np.eye(6), atol=1e-13)
    x = _collisions.Collisions(case)
    nearest = int(np.argmin(np.abs(x.arriving - excess)))
    p = np.sqrt(2 * case.mass * (x.arriving[nearest] + case.levels[-1] - case.levels))
    again = _matching.scattering_matrix(
        x.arriving[nearest] + case.levels[-1], case.levels, np.array([0.0]), case.couplings[None], case.mass
    )
    np.testing.assert_allclose(again[1, :, 0, -1], x.scattered[nearest, :, -1] * np.sqrt(p / p[-1]), rtol=1e-12)


def test_thermal_matrix_of_one_delta_is_the_known_integral() -> None:
    # One level, repulsive: <0|exp(-beta H)|0> = int dp/2 pi exp(-beta p^2/2) p^2/(p^2 + V^2).
    case = cases.Case(np.array([0.0]), np.array([[0.8 + 0j]]), 1.3)
    exact = quad(lambda p: np.exp(-0.65 * p * p) * p * p / (p * p + 0.64) / (2 * np.pi), -np.inf, np.inf, epsrel=1e-12)
    assert _resolvent.at_contact(case)[0, 0].real == pytest.approx(exact[0], rel=1e-11)


def test_bound_state_of_one_delta_is_the_known_one() -> None:
    ((energy, psi),) = _resolvent.bound_states(cases.Case(np.array([0.3]), np.array([[-0.9 + 0j]]), 1.0, mass=1.2))
    assert energy == pytest.approx(0.3 - 1.2 * 0.81 / 2, rel=1e-12)
    assert abs(psi[0]) ** 2 == pytest.approx(1.2 * 0.9, rel=1e-12)


def test_levels_of_the_figure() -> None:
    energies, waves = cases.ring_states(cases.FLUX)
    np.testing.assert_allclose(energies, [-0.5, 0.0, 0.5], atol=1e-15)
    np.testing.assert_allclose(cases.ring(cases.FLUX) @ waves, waves * energies, atol=1e-15)


def test_three_nodes_are_too_few_and_comply_all_the_same() -> None:
    case = cases.dots_case(2.0)
    sides = dots.thermalisation_sides(dots.crude_rates(case), case)
    np.testing.assert_allclose(sides[:, 0], sides[:, 1], rtol=1e-11)
    assert (
        np.abs(sides[:, 0] / dots.thermalisation_sides(_collisions.Collisions(case).rates, case)[:, 0] - 1).max() > 0.01
    )
