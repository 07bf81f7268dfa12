"""Flows, entropy productions and extractable work."""

from equipoise.thermodynamics.bonds import bond_currents
from equipoise.thermodynamics.contractivity import contraction, relative_entropy
from equipoise.thermodynamics.correlation_response import green_kubo
from equipoise.thermodynamics.correlations import reversal_symmetry, two_time_correlation
from equipoise.thermodynamics.entropy import EntropyProduction, entropy_production
from equipoise.thermodynamics.equilibrium import gibbs_thermodynamics
from equipoise.thermodynamics.field import field_emission
from equipoise.thermodynamics.flows import Currents, currents
from equipoise.thermodynamics.housekeeping import adiabatic_split, geometric_split
from equipoise.thermodynamics.line_shapes import emission_spectrum, line_shape
from equipoise.thermodynamics.pair_heat import pair_heat_currents
from equipoise.thermodynamics.passivity import ergotropy, is_passive
from equipoise.thermodynamics.relaxation import currents_along
from equipoise.thermodynamics.thermalisation import thermalisation_conditions
from equipoise.thermodynamics.violation import balance_violation

__all__ = [
    "Currents",
    "EntropyProduction",
    "adiabatic_split",
    "balance_violation",
    "bond_currents",
    "contraction",
    "currents",
    "currents_along",
    "emission_spectrum",
    "entropy_production",
    "ergotropy",
    "field_emission",
    "geometric_split",
    "gibbs_thermodynamics",
    "green_kubo",
    "is_passive",
    "line_shape",
    "pair_heat_currents",
    "relative_entropy",
    "reversal_symmetry",
    "thermalisation_conditions",
    "two_time_correlation",
]
