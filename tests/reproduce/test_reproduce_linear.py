"""The rows of the linear regime hold, or hold as corrected, on any random system."""

import pytest

from equipoise.reproduce.dynamical_balance import linear
from equipoise.reproduce.evidence import Standing, evidence_of


@pytest.fixture(scope="module", params=range(3))
def rows(request):
    return evidence_of(linear, request.param)


def test_every_row_is_confirmed(rows):
    assert [row.claim.equation for row in rows if row.standing is Standing.FAILED] == []
    assert all(len(text) < 90 for row in rows for text in (row.claim.statement, row.claim.checked, row.claim.remark))


def test_every_equation_has_a_row_or_is_a_definition(rows):
    named = " ".join(row.claim.equation for row in rows) + " ".join(linear.DEFINITIONS)
    assert [number for number in range(48, 61) if f"({number}" not in named] == []
