"""Detailed balance: notions, affinities of cycles, Gibbs states."""

from equipoise.balance.cycles.speed_up import relaxation_speed
from equipoise.balance.cycles.time_reversal import time_reversed_generator
from equipoise.balance.cycles.transition_temperatures import effective_temperatures
from equipoise.balance.quantum.channels import channel_balance, petz_dual
from equipoise.balance.quantum.decomposition import DetailedBalance, detailed_balance
from equipoise.balance.quantum.duals import dual, irreversible_part, nearest_balanced, reversible_part
from equipoise.balance.quantum.microscopic import microscopic_origin
from equipoise.balance.quantum.notions import (
    BKM,
    GNS,
    KMS,
    SLD,
    Alicki,
    Harmonic,
    HiddenTimeReversal,
    InnerProduct,
    MonotoneMetric,
    PopulationBalance,
    StandardQuantum,
    StandardQuantumTheta,
)
from equipoise.balance.quantum.relaxation import compare_gaps, dirichlet_form
from equipoise.balance.quantum.reversals import hidden_time_reversal
from equipoise.balance.temperature.directions import currents_against_bias, population_bounds
from equipoise.balance.temperature.generalised_gibbs import fit_generalised_gibbs
from equipoise.balance.temperature.gibbs import GibbsFit, fit_gibbs
from equipoise.balance.temperature.local_kms import local_kms_residual
from equipoise.balance.temperature.local_temperature import local_equilibrium_state, temperature_function

__all__ = [
    "BKM",
    "GNS",
    "KMS",
    "SLD",
    "Alicki",
    "DetailedBalance",
    "GibbsFit",
    "Harmonic",
    "HiddenTimeReversal",
    "InnerProduct",
    "MonotoneMetric",
    "PopulationBalance",
    "StandardQuantum",
    "StandardQuantumTheta",
    "channel_balance",
    "compare_gaps",
    "currents_against_bias",
    "detailed_balance",
    "dirichlet_form",
    "dual",
    "effective_temperatures",
    "fit_generalised_gibbs",
    "fit_gibbs",
    "hidden_time_reversal",
    "irreversible_part",
    "local_equilibrium_state",
    "local_kms_residual",
    "microscopic_origin",
    "nearest_balanced",
    "petz_dual",
    "population_bounds",
    "relaxation_speed",
    "reversible_part",
    "temperature_function",
    "time_reversed_generator",
]
