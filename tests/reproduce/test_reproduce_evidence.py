"""How a row of evidence is judged."""

import math

import pytest

from equipoise import InputError
from equipoise.reproduce import Evidence, Standing


def row(residual: float, printed: float | None = None, correction: str = "", *, refuted: bool = False) -> Standing:
    return Evidence("(1)", "claim", "check", residual, printed, correction, refuted=refuted).standing


def test_a_small_residual_confirms_the_printed_form() -> None:
    assert row(1e-14) is Standing.HOLDS


@pytest.mark.parametrize("residual", [1e-3, math.nan])
def test_a_residual_above_the_tolerance_confirms_nothing(residual: float) -> None:
    assert row(residual) is Standing.FAILED
    assert row(residual, 0.3, "a sign") is Standing.FAILED


def test_a_misprint_must_miss_clearly_to_be_called_one() -> None:
    assert row(1e-15, 0.3, "a sign") is Standing.CORRECTED
    assert row(1e-15, 1e-8, "a sign") is Standing.FAILED


def test_a_counterexample_refutes_a_statement() -> None:
    assert row(0.3, 0.3, "needs mu = 0", refuted=True) is Standing.REFUTED
    assert row(1e-15, 1e-15, "needs mu = 0", refuted=True) is Standing.FAILED


def test_a_correction_without_a_printed_residual_is_refused() -> None:
    with pytest.raises(InputError, match=r"correction.*exactly where the printed form fails.*Row \(1\)"):
        row(1e-15, None, "a sign")
