"""Cycles of transitions: affinities, fluxes, persistent loops; temperatures of transitions and time reversal."""

from equipoise.balance.cycles.cycle import Cycle, Cycles, cycles

__all__ = ["Cycle", "Cycles", "cycles"]
