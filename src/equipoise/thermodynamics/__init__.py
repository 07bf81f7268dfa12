"""Flows, entropy productions and extractable work."""

from equipoise.thermodynamics.currents import Currents, Process, currents, processes
from equipoise.thermodynamics.entropy import (
    EntropyProduction,
    clausius,
    entropy_rate,
    reservoir_gibbs_state,
    spohn,
    spohn_of_reservoirs,
    transition_resolved,
)
from equipoise.thermodynamics.passivity import ergotropy, is_passive
from equipoise.thermodynamics.relaxation import CurrentsInTime, currents_along

__all__ = [
    "Currents",
    "CurrentsInTime",
    "EntropyProduction",
    "Process",
    "clausius",
    "currents",
    "currents_along",
    "entropy_rate",
    "ergotropy",
    "is_passive",
    "processes",
    "reservoir_gibbs_state",
    "spohn",
    "spohn_of_reservoirs",
    "transition_resolved",
]
