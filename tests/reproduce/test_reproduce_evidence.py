"""How a row of evidence is judged."""

import math
from types import ModuleType

import numpy as np
import pytest

from equipoise import InputError
from equipoise.reproduce.evidence import Claim, Evidence, Residual, Standing, claim, evidence_of


def row(residual: float, printed: float | None = None, correction: str = "", *, instead: str = "") -> Standing:
    claim = Claim(equation="(1)", statement="claim", checked="check", correction=correction, instead=instead)
    return Evidence(claim=claim, residual=residual, printed=printed).standing


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
    assert row(0.3, instead="needs mu = 0") is Standing.REFUTED
    assert row(1e-15, instead="needs mu = 0") is Standing.FAILED


def test_a_correction_without_a_printed_residual_is_refused() -> None:
    with pytest.raises(InputError, match=r"printed.*exactly where the claim has a correction.*Row \(1\)"):
        row(1e-15, None, "a sign")


def test_a_claim_is_corrected_or_false_but_not_both() -> None:
    with pytest.raises(InputError, match=r"claim.*either a correction or a statement that is true instead.*Row \(1\)"):
        row(0.3, 0.3, "a sign", instead="needs mu = 0")


def test_claims_stand_above_their_function_in_the_order_of_its_residuals() -> None:
    @claim("(1)", "first", "check")
    @claim("(2)", "second", "check", correction="a sign")
    def both(rng: np.random.Generator) -> list[Residual]:
        return [1e-15, (1e-15, float(rng.uniform(0.5, 1.0)))]

    rows = both(np.random.default_rng(0))
    assert [row.claim.equation for row in rows] == ["(1)", "(2)"]
    assert [row.standing for row in rows] == [Standing.HOLDS, Standing.CORRECTED]


def test_each_check_of_a_module_draws_afresh() -> None:
    @claim("(1)", "draws", "check")
    def one(rng: np.random.Generator) -> Residual:
        return float(rng.uniform(0.0, 1e-12))

    part = ModuleType("part")
    vars(part).update(one=one, two=one)
    first, second = evidence_of(part, 3)
    assert first.residual == second.residual
