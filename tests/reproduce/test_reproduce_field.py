"""Every row on the field: confirmed for random systems, and every number of the paper in its range accounted for."""

import functools
import re

import pytest

from equipoise.reproduce.dynamical_balance import field, field_states, place, stochastic_limit
from equipoise.reproduce.evidence import Standing, evidence_of

RANGES = (range(1, 23), range(29, 37), range(94, 101), range(114, 121))


PARTS = (field, stochastic_limit, field_states)


@functools.cache
def rows_of(seed):
    rows = [row for part in PARTS for row in evidence_of(part, seed)]
    return sorted(rows, key=lambda row: place(row.claim.equation))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_row_is_unconfirmed(seed):
    rows = rows_of(seed)
    assert [row.claim.equation for row in rows if row.standing is Standing.FAILED] == []
    assert all(len(text) < 90 for row in rows for text in (row.claim.statement, row.claim.checked, row.claim.remark))


def numbers(label):
    """Equations that a label names: '(11a)-(11b)' is 11, '(4)-(5), (14)' is 4, 5 and 14."""
    found = set()
    for part in label.split(","):
        ends = [int(n) for n in re.findall(r"\((\d+)", part)]
        found |= set(range(ends[0], ends[-1] + 1)) if ends else set()
    return found


def test_every_numbered_equation_has_a_row_or_a_reason():
    rows = rows_of(1)
    named = set().union(
        *(numbers(row.claim.equation) for row in rows), *(numbers(label) for label in field.DEFINITIONS)
    )
    assert {number for numbers in RANGES for number in numbers} <= named
    assert [row.claim.equation for row in rows][:3] == ["(4)-(5), (14)", "(6)-(7)", "(9)"]
