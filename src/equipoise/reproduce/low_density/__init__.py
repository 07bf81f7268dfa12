"""Alicki, Sindelka & Gelbwaser-Klimovsky, "Violation of detailed balance in quantum open systems" (2023)."""

from __future__ import annotations

from equipoise.reproduce.reproduction import Reproduction, gathered

PAPER = (
    'Robert Alicki, Milan Sindelka and David Gelbwaser-Klimovsky, "Violation of detailed balance in quantum open '
    'systems" (2023)'
)

_PARTS = ("master_equation", "equilibrium", "balance", "laws", "dots")


def reproduction(seed: int) -> Reproduction:
    """Every numbered claim of the paper on random targets and on its three dots, in its order, and the figures."""
    from equipoise.reproduce.low_density.figure_data import DATA
    from equipoise.reproduce.low_density.figures import FIGURES

    rows, definitions = gathered(__name__, _PARTS, seed)
    return Reproduction(PAPER, seed, tuple(rows), definitions, FIGURES, DATA)
