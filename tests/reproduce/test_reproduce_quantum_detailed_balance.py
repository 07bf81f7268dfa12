"""Every claim on quantum detailed balance is confirmed, corrected or refuted, as the page of errata has it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from equipoise.reproduce import Reproduction, reproduce
from equipoise.reproduce.evidence import Standing
from equipoise.reproduce.explicit import random_hermitian
from equipoise.reproduce.quantum_detailed_balance import cases, figures

ERRATA = (Path(__file__).parents[2] / "docs" / "errata.md").read_text(encoding="utf-8")


@cache
def found(seed: int = 0) -> Reproduction:
    return reproduce("quantum-detailed-balance", seed)


def labels(standing: Standing) -> list[str]:
    return [row.claim.equation for row in found().rows if row.standing is standing]


@pytest.mark.parametrize("seed", range(3))
def test_no_claim_is_unconfirmed(seed: int) -> None:
    assert found(seed).failed == ()


def test_what_is_false_and_what_needs_a_hypothesis() -> None:
    assert labels(Standing.REFUTED) == ["1-2 currents", "2 passive", "2 Spohn, CPTP", "2 Gibbs", "3 necessary"]
    assert labels(Standing.CORRECTED) == [
        "1 rates",
        "2 C_AB = C_BA",
        "3 gamma, matrix",
        "3 sufficient",
        "4 state reached",
    ]


def test_counterexamples_are_not_small() -> None:
    for row in found().rows:
        if row.printed is not None:
            assert row.printed > 0.01, row.claim.equation


def test_the_page_of_errata_names_each_of_them_and_no_other() -> None:
    section = ERRATA.split("\n## Quantum detailed balance")[1].split("\n## ")[0]
    named = re.findall(r"^- \*\*(.+?)\*\*", section, re.MULTILINE)
    assert sorted(named) == sorted(labels(Standing.CORRECTED) + labels(Standing.REFUTED))


def test_rows_stand_in_the_order_of_the_sections_and_none_twice() -> None:
    sections = [row.claim.equation[0] for row in found().rows]
    assert sections == sorted(sections)
    assert len({row.claim.equation for row in found().rows}) == len(found().rows)
    assert not set(found().definitions) & {row.claim.equation for row in found().rows}


def test_phrases_fit_the_table() -> None:
    for row in found().rows:
        assert max(len(row.claim.statement), len(row.claim.checked), len(row.claim.remark)) < 90
        assert (row.claim.statement + row.claim.checked + row.claim.remark).isascii()
    assert max(map(len, str(found()).splitlines())) <= 80


def test_asymmetry_tells_the_two_products_apart() -> None:
    rng = np.random.default_rng(3)
    h = np.array([0.0, 0.7, 1.9])
    H, jumps = cases.balanced_jumps(rng, h)
    L = cases.heisenberg(H, jumps)
    sigma = np.diag(np.exp(-h) / np.exp(-h).sum())
    # By the definition of the products, element by element.
    A, B = random_hermitian(rng, 3), rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    image_A, image_B = ((L @ X.ravel()).reshape(3, 3) for X in (A, B))

    def product(X, Y, s):
        return np.trace(cases.power(sigma, s) @ X.conj().T @ cases.power(sigma, 1 - s) @ Y)

    for s, balanced in ((0.5, True), (0.0, False), (1.0, False)):
        defect = abs(product(A, image_B, s) - product(image_A, B, s))
        assert bool(defect < 1e-13) is balanced
        assert (cases.asymmetry(L, sigma, s) < 1e-14) is balanced


def test_ladder_figure_has_a_rung_for_each_generator() -> None:
    pytest.importorskip("matplotlib")
    (axes,) = figures.ladder_figure().axes
    shares = np.array([bar.get_width() for bar in axes.patches]).reshape(5, 5)
    np.testing.assert_allclose(shares.sum(axis=0), 1.0, rtol=1e-12)
    bath, bath_with_h, sampler, driven, cycle = (shares > 1e-20).T
    assert bath.tolist() == [True, False, False, False, False]
    assert bath_with_h.tolist() == [True, False, False, False, True]
    assert sampler.tolist() == [True, True, False, False, False]
    assert driven[2]
    assert driven[3]
    assert cycle.tolist() == [True, False, True, False, False]


def test_correlation_figure_shows_one_curve_where_the_form_is_right() -> None:
    pytest.importorskip("matplotlib")
    printed, symmetrised = figures.correlation_figure().axes
    forward, backward = (line.get_ydata() for line in printed.get_lines()[:2])
    assert np.abs(forward - backward).max() > 0.05 * np.abs(forward).max()
    forward, backward = (line.get_ydata() for line in symmetrised.get_lines()[:2])
    np.testing.assert_allclose(forward, backward, atol=1e-14)
