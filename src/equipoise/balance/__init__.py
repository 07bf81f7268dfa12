"""Detailed balance: notions, affinities of cycles, Gibbs states."""

from equipoise.balance.field_temperature import FieldTemperature, field_temperature
from equipoise.balance.gibbs import GibbsFit, clustering_misfit, fit_gibbs, gibbs_misfit
from equipoise.balance.kms import DetailedBalance, detailed_balance
from equipoise.balance.kolmogorov import CycleAffinities, cycle_affinities
from equipoise.balance.temperature_function import TemperatureFunction, local_equilibrium_state, temperature_function

__all__ = [
    "CycleAffinities",
    "DetailedBalance",
    "FieldTemperature",
    "GibbsFit",
    "TemperatureFunction",
    "clustering_misfit",
    "cycle_affinities",
    "detailed_balance",
    "field_temperature",
    "fit_gibbs",
    "gibbs_misfit",
    "local_equilibrium_state",
    "temperature_function",
]
