"""An introductory article on quantum detailed balance and the second law, section by section."""

from __future__ import annotations

from equipoise.reproduce.reproduction import Reproduction, gathered

PAPER = (
    "An introductory article on quantum detailed balance. Sections: 1 From classical reversibility to quantum "
    "detailed balance; 2 Physical consequences; 3 Microscopic origins; 4 The role of the partition function"
)

_PARTS = ("reversibility", "consequences", "origins", "partition")


def reproduction(seed: int) -> Reproduction:
    """Every claim of the article on random systems, in its order, and the figures."""
    from equipoise.reproduce.quantum_detailed_balance.figures import FIGURES

    rows, definitions = gathered(__name__, _PARTS, seed)
    return Reproduction(PAPER, seed, tuple(rows), definitions, FIGURES)
