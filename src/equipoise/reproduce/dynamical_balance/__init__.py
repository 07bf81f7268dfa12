"""Accardi & Imafuku, "Dynamical detailed balance and local KMS condition for non-equilibrium states" (2002)."""

from __future__ import annotations

import re

from equipoise._checks import NumericalError
from equipoise.reproduce.reproduction import Paper

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


PAPER = Paper(
    title=(
        'Luigi Accardi and Kentaro Imafuku, "Dynamical detailed balance and local KMS condition for non-equilibrium '
        'states" (2002)'
    ),
    package=__name__,
    parts=(
        "field",
        "stochastic_limit",
        "field_states",
        "evolution",
        "balance",
        "linear",
        "local_kms",
        "nonequilibrium_field",
    ),
    place=place,
)
