"""Stationary states, with their evidence."""

from equipoise.stationary.fixed_points import fixed_point
from equipoise.stationary.relaxation_modes import RelaxationSpectrum, relaxation_spectrum
from equipoise.stationary.solve import (
    NOISELESS,
    Elimination,
    NotUniqueError,
    NullSpaceSolve,
    describe_support,
    stationary_state,
    stationary_states,
)
from equipoise.stationary.state import DensityMatrix, StationaryState, density_in, density_matrix, gibbs_state
from equipoise.stationary.support import Support, on_support
from equipoise.stationary.time_evolution import Coherences, Evolution, evolution

__all__ = [
    "NOISELESS",
    "Coherences",
    "DensityMatrix",
    "Elimination",
    "Evolution",
    "NotUniqueError",
    "NullSpaceSolve",
    "RelaxationSpectrum",
    "StationaryState",
    "Support",
    "density_in",
    "density_matrix",
    "describe_support",
    "evolution",
    "fixed_point",
    "gibbs_state",
    "on_support",
    "relaxation_spectrum",
    "stationary_state",
    "stationary_states",
]
