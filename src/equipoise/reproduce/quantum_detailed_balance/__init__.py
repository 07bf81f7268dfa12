"""An introductory article on quantum detailed balance and the second law, section by section."""

from __future__ import annotations

import importlib
import warnings

import numpy as np

from equipoise.generators import SecularApproximationWarning
from equipoise.reproduce.evidence import Evidence
from equipoise.reproduce.reproduction import Reproduction

PAPER = (
    "An introductory article on quantum detailed balance. Sections: 1 From classical reversibility to quantum "
    "detailed balance; 2 Physical consequences; 3 Microscopic origins; 4 The role of the partition function"
)

_PARTS = ("reversibility", "consequences", "origins", "partition")


def reproduction(seed: int) -> Reproduction:
    """Every claim of the article on random systems, in its order, and the figures."""
    from equipoise.reproduce.quantum_detailed_balance.figures import FIGURES

    rows: list[Evidence] = []
    definitions: dict[str, str] = {}
    with warnings.catch_warnings():
        # The claims are identities of the generator: they hold however strong the random couplings are.
        warnings.simplefilter("ignore", SecularApproximationWarning)
        for name in _PARTS:
            part = importlib.import_module(f"{__name__}.{name}")
            rows += part.evidence(np.random.default_rng(seed))
            definitions |= part.DEFINITIONS
    return Reproduction(PAPER, seed, tuple(rows), definitions, FIGURES)
