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
from equipoise.thermodynamics.fagnola_rebolledo import FagnolaRebolledo, TwoPointDivergence, fagnola_rebolledo
from equipoise.thermodynamics.field import FieldEmission, field_emission
from equipoise.thermodynamics.housekeeping import AdiabaticSplit, GeometricSplit, adiabatic_split, geometric_split
from equipoise.thermodynamics.line_shape import LineShape, coherence_decay, emission_spectrum, line_shape
from equipoise.thermodynamics.passivity import ergotropy, is_passive
from equipoise.thermodynamics.relaxation import CurrentsInTime, currents_along

__all__ = [
    "AdiabaticSplit",
    "Currents",
    "CurrentsInTime",
    "EntropyProduction",
    "FagnolaRebolledo",
    "FieldEmission",
    "GeometricSplit",
    "LineShape",
    "Process",
    "TwoPointDivergence",
    "adiabatic_split",
    "clausius",
    "coherence_decay",
    "currents",
    "currents_along",
    "emission_spectrum",
    "entropy_rate",
    "ergotropy",
    "fagnola_rebolledo",
    "field_emission",
    "geometric_split",
    "is_passive",
    "line_shape",
    "processes",
    "reservoir_gibbs_state",
    "spohn",
    "spohn_of_reservoirs",
    "transition_resolved",
]
