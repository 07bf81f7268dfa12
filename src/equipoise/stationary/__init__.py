"""Stationary states, with their evidence."""

from equipoise.stationary.fixed_points import fixed_point
from equipoise.stationary.relaxation_modes import relaxation_spectrum
from equipoise.stationary.solve import Elimination, NotUniqueError, NullSpaceSolve, stationary_state, stationary_states
from equipoise.stationary.state import DensityMatrix, StationaryState, density_matrix, gibbs_state
from equipoise.stationary.time_evolution import Evolution, evolution

__all__ = [
    "DensityMatrix",
    "Elimination",
    "Evolution",
    "NotUniqueError",
    "NullSpaceSolve",
    "StationaryState",
    "density_matrix",
    "evolution",
    "fixed_point",
    "gibbs_state",
    "relaxation_spectrum",
    "stationary_state",
    "stationary_states",
]
