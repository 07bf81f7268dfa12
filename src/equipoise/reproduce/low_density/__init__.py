"""Alicki, Sindelka & Gelbwaser-Klimovsky, "Violation of detailed balance in quantum open systems" (2023)."""

from __future__ import annotations

from equipoise.reproduce.reproduction import Paper

PAPER = Paper(
    title=(
        'Robert Alicki, Milan Sindelka and David Gelbwaser-Klimovsky, "Violation of detailed balance in quantum open '
        'systems" (2023)'
    ),
    package=__name__,
    parts=("master_equation", "equilibrium", "balance", "laws", "dots"),
)
