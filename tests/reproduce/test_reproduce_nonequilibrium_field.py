"""Every claim of Section VI has a row, and every row stands."""

import re

import pytest

from equipoise.reproduce.dynamical_balance import nonequilibrium_field as section
from equipoise.reproduce.evidence import Standing, evidence_of

EXPECTED = {
    "(103)": Standing.CORRECTED,
    "(108)": Standing.CORRECTED,
    "(109a)": Standing.CORRECTED,
    "(110)": Standing.CORRECTED,
}


@pytest.fixture(scope="module", params=[0, 1, 2])
def rows(request):
    return evidence_of(section, request.param)


def test_no_row_fails(rows):
    failed = [row for row in rows if row.standing is Standing.FAILED]
    assert not failed


def test_corrections_and_counterexamples_are_where_they_belong(rows):
    for row in rows:
        assert row.standing is EXPECTED.get(row.claim.equation, row.standing)
        assert (row.standing is Standing.CORRECTED) == (row.claim.equation in EXPECTED)
    refuted = [(row.claim.equation, row.claim.statement) for row in rows if row.standing is Standing.REFUTED]
    assert refuted == [
        ("(102)", "it closes for constant temperature only"),
        ("after (111)", "currents always imply a deviation from equilibrium"),
    ]


def test_every_numbered_equation_has_a_row_or_is_a_definition(rows):
    numbers = {int(n) for row in rows for n in re.findall(r"\((\d+)", row.claim.equation)}
    numbers |= {int(re.search(r"\d+", name).group()) for name in section.DEFINITIONS}
    assert numbers == {101, 102, 103, 105, 106, 107, 108, 109, 110, 111, 112, 113}


def test_phrases_are_short(rows):
    assert max(len(text) for row in rows for text in (row.claim.statement, row.claim.checked, row.claim.remark)) < 90
