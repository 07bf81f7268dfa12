"""Detailed balance: notions, affinities of cycles, Gibbs states."""

from equipoise.balance.directions import (
    BackwardMicrocurrents,
    GibbsDomination,
    backward_microcurrents,
    gibbs_domination,
    inverted_transitions,
)
from equipoise.balance.dynamical import Reconstruction, microcurrents, reconstruct_microcurrents
from equipoise.balance.field_temperature import FieldTemperature, field_temperature
from equipoise.balance.gibbs import GibbsFit, clustering_misfit, fit_gibbs, gibbs_misfit
from equipoise.balance.kms import DetailedBalance, detailed_balance
from equipoise.balance.kolmogorov import CycleAffinities, cycle_affinities
from equipoise.balance.temperature_function import TemperatureFunction, local_equilibrium_state, temperature_function

__all__ = [
    "BackwardMicrocurrents",
    "CycleAffinities",
    "DetailedBalance",
    "FieldTemperature",
    "GibbsDomination",
    "GibbsFit",
    "Reconstruction",
    "TemperatureFunction",
    "backward_microcurrents",
    "clustering_misfit",
    "cycle_affinities",
    "detailed_balance",
    "field_temperature",
    "fit_gibbs",
    "gibbs_domination",
    "gibbs_misfit",
    "inverted_transitions",
    "local_equilibrium_state",
    "microcurrents",
    "reconstruct_microcurrents",
    "temperature_function",
]
