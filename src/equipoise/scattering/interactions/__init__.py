"""Interactions of a target with one particle, each with its T-matrix on an energy shell."""
