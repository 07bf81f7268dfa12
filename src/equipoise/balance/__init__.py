"""Detailed balance: notions, affinities of cycles, Gibbs states."""

from equipoise.balance.cycles.speed_up import relaxation_speed
from equipoise.balance.cycles.time_reversal import gns_dual, time_reversed_generator
from equipoise.balance.cycles.transition_temperatures import effective_temperatures
from equipoise.balance.quantum.budget import IrreversibilityBudget, irreversibility_budget
from equipoise.balance.quantum.channels import generator_of_channel
from equipoise.balance.quantum.classification import all_notions, balance_residual
from equipoise.balance.quantum.duals import (
    irreversible_part,
    kms_dual,
    nearest_balanced,
    reversible_part,
    with_irreversible_part,
)
from equipoise.balance.quantum.kms import DetailedBalance, detailed_balance
from equipoise.balance.quantum.microscopic import EigenoperatorTest, MicroscopicOrigin, RateRatios, microscopic_origin
from equipoise.balance.quantum.notions import (
    BKM,
    GNS,
    KMS,
    SLD,
    AbstractMetric,
    AbstractNotion,
    Alicki,
    Classical,
    Harmonic,
    HiddenTimeReversal,
    MonotoneMetric,
    SDual,
    StandardQuantum,
    StandardQuantumTheta,
)
from equipoise.balance.quantum.petz import ChannelBalance, channel_balance, petz_dual
from equipoise.balance.quantum.relaxation import GapComparison, compare_gaps, conserved_dimension, dirichlet_form
from equipoise.balance.quantum.residual import Notions, Residual
from equipoise.balance.quantum.reversals import HiddenReversal, hidden_time_reversal
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
    "AbstractMetric",
    "AbstractNotion",
    "Alicki",
    "ChannelBalance",
    "Classical",
    "DetailedBalance",
    "EigenoperatorTest",
    "GapComparison",
    "GibbsFit",
    "Harmonic",
    "HiddenReversal",
    "HiddenTimeReversal",
    "IrreversibilityBudget",
    "MicroscopicOrigin",
    "MonotoneMetric",
    "Notions",
    "RateRatios",
    "Residual",
    "SDual",
    "StandardQuantum",
    "StandardQuantumTheta",
    "all_notions",
    "balance_residual",
    "channel_balance",
    "compare_gaps",
    "conserved_dimension",
    "currents_against_bias",
    "detailed_balance",
    "dirichlet_form",
    "effective_temperatures",
    "fit_generalised_gibbs",
    "fit_gibbs",
    "generator_of_channel",
    "gns_dual",
    "hidden_time_reversal",
    "irreversibility_budget",
    "irreversible_part",
    "kms_dual",
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
    "with_irreversible_part",
]
