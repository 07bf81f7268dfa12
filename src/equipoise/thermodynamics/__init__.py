"""Flows, entropy productions and extractable work."""

from equipoise.thermodynamics.bonds import bond_currents, exchange_currents
from equipoise.thermodynamics.contractivity import (
    Contraction,
    coherence_between_levels,
    contraction,
    relative_entropy,
    spohn_along,
)
from equipoise.thermodynamics.correlation_response import GreenKubo, green_kubo
from equipoise.thermodynamics.correlations import (
    ReversalSymmetry,
    kms_correlation,
    reversal_symmetry,
    two_time_correlation,
)
from equipoise.thermodynamics.entropy import (
    EntropyProduction,
    clausius,
    entropy_rate,
    reservoir_gibbs_state,
    spohn,
    spohn_of_reservoirs,
    transition_resolved,
)
from equipoise.thermodynamics.equilibrium import GibbsThermodynamics, gibbs_thermodynamics
from equipoise.thermodynamics.field import FieldEmission, field_emission
from equipoise.thermodynamics.flows import Currents, Process, currents, processes
from equipoise.thermodynamics.housekeeping import AdiabaticSplit, GeometricSplit, adiabatic_split, geometric_split
from equipoise.thermodynamics.line_shapes import LineShape, coherence_decay, emission_spectrum, line_shape
from equipoise.thermodynamics.pair_heat import PairHeat, pair_heat_currents
from equipoise.thermodynamics.passivity import ergotropy, is_passive
from equipoise.thermodynamics.relaxation import CurrentsInTime, currents_along
from equipoise.thermodynamics.thermalisation import ThermalisationConditions, thermalisation_conditions
from equipoise.thermodynamics.two_point_entropy import FagnolaRebolledo, TwoPointDivergence, fagnola_rebolledo
from equipoise.thermodynamics.violation import BalanceViolation, balance_violation

__all__ = [
    "AdiabaticSplit",
    "BalanceViolation",
    "Contraction",
    "Currents",
    "CurrentsInTime",
    "EntropyProduction",
    "FagnolaRebolledo",
    "FieldEmission",
    "GeometricSplit",
    "GibbsThermodynamics",
    "GreenKubo",
    "LineShape",
    "PairHeat",
    "Process",
    "ReversalSymmetry",
    "ThermalisationConditions",
    "TwoPointDivergence",
    "adiabatic_split",
    "balance_violation",
    "bond_currents",
    "clausius",
    "coherence_between_levels",
    "coherence_decay",
    "contraction",
    "currents",
    "currents_along",
    "emission_spectrum",
    "entropy_rate",
    "ergotropy",
    "exchange_currents",
    "fagnola_rebolledo",
    "field_emission",
    "geometric_split",
    "gibbs_thermodynamics",
    "green_kubo",
    "is_passive",
    "kms_correlation",
    "line_shape",
    "pair_heat_currents",
    "processes",
    "relative_entropy",
    "reservoir_gibbs_state",
    "reversal_symmetry",
    "spohn",
    "spohn_along",
    "spohn_of_reservoirs",
    "thermalisation_conditions",
    "transition_resolved",
    "two_time_correlation",
]
