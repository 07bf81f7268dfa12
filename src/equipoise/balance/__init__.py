"""Detailed balance: notions, affinities of cycles, Gibbs states."""

from equipoise.balance.conversion import (
    ConversionProcess,
    CycleCurrents,
    conversion_process,
    cycle_currents,
    field_affinity,
    quantum_conversions,
)
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
from equipoise.balance.ingarden import IngardenState, fit_ingarden, ingarden_state
from equipoise.balance.inversion import inversion_threshold, log_inversion
from equipoise.balance.kms import DetailedBalance, detailed_balance
from equipoise.balance.kolmogorov import CycleAffinities, cycle_affinities, largest_three_cycle
from equipoise.balance.local_kms import local_kms_residual, local_kms_violation
from equipoise.balance.temperature_function import TemperatureFunction, local_equilibrium_state, temperature_function
from equipoise.balance.three_level import ThreeLevelState, three_level_state
from equipoise.balance.three_level_rates import (
    ThreeLevelRates,
    three_level_rates,
    three_level_rates_in,
    three_level_rates_of,
)
from equipoise.balance.time_reversal import (
    backward_generator,
    balance_deviation,
    current_deviation,
    gns_dual,
    pi_omega,
    time_reversed_generator,
)

__all__ = [
    "BackwardMicrocurrents",
    "ConversionProcess",
    "CycleAffinities",
    "CycleCurrents",
    "DetailedBalance",
    "FieldTemperature",
    "GibbsDomination",
    "GibbsFit",
    "IngardenState",
    "Reconstruction",
    "TemperatureFunction",
    "ThreeLevelRates",
    "ThreeLevelState",
    "backward_generator",
    "backward_microcurrents",
    "balance_deviation",
    "clustering_misfit",
    "conversion_process",
    "current_deviation",
    "cycle_affinities",
    "cycle_currents",
    "detailed_balance",
    "field_affinity",
    "field_temperature",
    "fit_gibbs",
    "fit_ingarden",
    "gibbs_domination",
    "gibbs_misfit",
    "gns_dual",
    "ingarden_state",
    "inversion_threshold",
    "inverted_transitions",
    "largest_three_cycle",
    "local_equilibrium_state",
    "local_kms_residual",
    "local_kms_violation",
    "log_inversion",
    "microcurrents",
    "pi_omega",
    "quantum_conversions",
    "reconstruct_microcurrents",
    "temperature_function",
    "three_level_rates",
    "three_level_rates_in",
    "three_level_rates_of",
    "three_level_state",
    "time_reversed_generator",
]
