"""Accardi & Imafuku, "Dynamical detailed balance and local KMS condition for non-equilibrium states" (2002)."""

from __future__ import annotations

import importlib
import re
import warnings

import numpy as np

from equipoise._checks import NumericalError
from equipoise.generators import SecularApproximationWarning
from equipoise.reproduce.evidence import Evidence
from equipoise.reproduce.reproduction import Reproduction

PAPER = (
    'Luigi Accardi and Kentaro Imafuku, "Dynamical detailed balance and local KMS condition for non-equilibrium '
    'states" (2002)'
)

_PARTS = ("field", "evolution", "balance", "linear", "local_kms", "nonequilibrium_field")


def reproduction(seed: int) -> Reproduction:
    """Every numbered claim of the paper on random systems, and its figures."""
    from equipoise.reproduce.dynamical_balance.figures import FIGURES

    rows: list[Evidence] = []
    definitions: dict[str, str] = {}
    with warnings.catch_warnings():
        # The claims are identities of the generator: they hold however strong the random couplings are.
        warnings.simplefilter("ignore", SecularApproximationWarning)
        for name in _PARTS:
            part = importlib.import_module(f"{__name__}.{name}")
            rows += part.evidence(np.random.default_rng(seed))
            definitions |= part.DEFINITIONS
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
