"""Detailed balance of a quantum generator: notions, distances, duals, time reversal."""
