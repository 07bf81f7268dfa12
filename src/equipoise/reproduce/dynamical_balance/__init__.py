"""Accardi & Imafuku, "Dynamical detailed balance and local KMS condition for non-equilibrium states" (2002)."""

from __future__ import annotations

import re

from equipoise._checks import NumericalError
from equipoise.reproduce.reproduction import Reproduction, gathered

PAPER = (
    'Luigi Accardi and Kentaro Imafuku, "Dynamical detailed balance and local KMS condition for non-equilibrium '
    'states" (2002)'
)

_PARTS = ("field", "evolution", "balance", "linear", "local_kms", "nonequilibrium_field")


def reproduction(seed: int) -> Reproduction:
    """Every numbered claim of the paper on random systems, and its figures."""
    from equipoise.reproduce.dynamical_balance.figures import FIGURES

    rows, definitions = gathered(__name__, _PARTS, seed)
    rows.sort(key=lambda row: place(row.equation))
    ordered = {equation: definitions[equation] for equation in sorted(definitions, key=place)}
    return Reproduction(PAPER, seed, tuple(rows), ordered, FIGURES)


_THEOREMS = {"Theorem 1": 82.5, "Theorem 2": 93.5}
"""Behind the equations that prove them."""


def place(equation: str) -> tuple[float, str]:
    """Where in the paper an equation belongs, by the first in its label; what is said after it comes later."""
    after = equation.startswith("after")
    for theorem, where in _THEOREMS.items():
        if theorem in equation:
            return where + 0.1 * after, ""
    found = re.search(r"\((\d+)([a-d]?)\)", equation)
    if found is None:
        raise NumericalError(f"The label {equation!r} names no equation of the paper.")
    number, letter = int(found[1]), found[2]
    return (number + 0.5, "") if after else (float(number), letter)
