"""Units at the edge: known conversions, and refusals."""

from __future__ import annotations

import itertools

import pytest

from equipoise._checks import InputError
from equipoise.io.units import ENERGIES, electric_current, energy, power


@pytest.mark.parametrize(
    ("value", "unit", "into", "expected"),
    [
        (1.0, "meV", "GHz", 241.798924),  # e / h
        (1.0, "K", "meV", 0.08617333262),  # k_B / e
        (1.0, "meV", "cm^-1", 8.06554394),  # e / (h c)
        (1.0, "K", "GHz", 20.83661912),  # k_B / h
    ],
)
def test_conversions_are_those_of_codata(value: float, unit: str, into: str, expected: float) -> None:
    assert energy(value, unit, into) == pytest.approx(expected, rel=1e-9)


def test_there_and_back() -> None:
    for unit, into in itertools.product(ENERGIES, ENERGIES):
        assert energy(energy(1.7, unit, into), into, unit) == pytest.approx(1.7, rel=1e-15)


def test_current_and_power_of_one_quantum() -> None:
    # One electron of 1 meV in each time hbar / meV: power = (1 meV) * current / e.
    current = electric_current(1.0, "meV", "A")
    assert power(1.0, "meV", "W") == pytest.approx(1e-3 * current, rel=1e-15)
    # e^2 / h is the conductance quantum: a flow V / (2 pi) at bias V.
    assert electric_current(1e-3 / (2 * 3.141592653589793), "eV", "uA") == pytest.approx(38.740459e-3, rel=1e-7)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: energy(1.0, "kelvin", "K"), "`unit` must be one of J, eV, .* but got 'kelvin'"),
        (lambda: energy(1.0, "K", "Hz"), "`into` must be one of .* but got 'Hz'"),
        (lambda: energy(float("nan"), "K", "K"), "`value` must be a number, but got NaN"),
        (lambda: electric_current(1.0, "K", "W"), "`into` must be one of A, uA"),
        (lambda: power(1.0, "x"), "`unit` must be one of"),
    ],
)
def test_refusals(call, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
