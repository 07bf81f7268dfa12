"""Exactly solvable systems: parameters and closed form side by side. See README.md."""
