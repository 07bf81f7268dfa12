"""Every row on evolution stands, whatever the random systems."""

import numpy as np
import pytest

from equipoise.reproduce.dynamical_balance import evolution
from equipoise.reproduce.evidence import Standing, evidence_of


@pytest.mark.parametrize("seed", range(3))
def test_every_row_stands(seed):
    rows = evidence_of(evolution, seed)
    failed = [(row.claim.equation, row.residual, row.printed) for row in rows if row.standing is Standing.FAILED]
    assert not failed
    for row in rows:
        assert max(len(row.claim.statement), len(row.claim.checked), len(row.claim.remark)) < 90


def test_misprints_are_told_from_what_is_right():
    standing = {row.claim.equation: row.standing for row in evidence_of(evolution, 3)}
    assert standing["(22c), (100b)"] is Standing.REFUTED
    assert {name for name, kind in standing.items() if kind is Standing.HOLDS} == {
        "(24a)",
        "(24b)",
        "(41)",
        "(104b)-(104c)",
    }


@pytest.mark.parametrize("seed", [34, 188, 239])
def test_the_dephasing_integral_converges_without_a_warning(seed):
    """Integrals so small that the default accuracy is below their round-off."""
    (row,) = evolution.dephasing_at_zero_frequency(np.random.default_rng(seed))
    assert row.standing is Standing.REFUTED
