"""The rows of the linear regime hold, or hold as corrected, on any random system."""

import numpy as np
import pytest

from equipoise.reproduce.dynamical_balance import linear
from equipoise.reproduce.evidence import Standing


@pytest.fixture(scope="module", params=range(3))
def rows(request):
    return linear.evidence(np.random.default_rng(request.param))


def test_every_row_is_confirmed(rows):
    assert [row.equation for row in rows if row.standing is Standing.FAILED] == []
    assert all(len(text) < 90 for row in rows for text in (row.claim, row.checked, row.correction))


def test_every_equation_has_a_row_or_is_a_definition(rows):
    named = " ".join(row.equation for row in rows) + " ".join(linear.DEFINITIONS)
    assert [number for number in range(48, 61) if f"({number}" not in named] == []
