"""Detailed balance: notions, affinities of cycles, Gibbs states."""

from equipoise.balance.budget import IrreversibilityBudget, irreversibility_budget
from equipoise.balance.channels import generator_of_channel
from equipoise.balance.classification import all_notions, balance_residual
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
from equipoise.balance.duals import (
    irreversible_part,
    kms_dual,
    nearest_balanced,
    reversible_part,
    with_irreversible_part,
)
from equipoise.balance.dynamical import Reconstruction, microcurrents, reconstruct_microcurrents
from equipoise.balance.field_temperature import FieldTemperature, field_temperature
from equipoise.balance.gibbs import GibbsFit, clustering_misfit, fit_gibbs, gibbs_misfit
from equipoise.balance.hidden_time_reversal import HiddenReversal, hidden_time_reversal
from equipoise.balance.ingarden import IngardenState, fit_ingarden, ingarden_state
from equipoise.balance.inversion import inversion_threshold, log_inversion
from equipoise.balance.kms import DetailedBalance, detailed_balance
from equipoise.balance.kolmogorov import CycleAffinities, cycle_affinities, largest_three_cycle
from equipoise.balance.local_kms import local_kms_residual, local_kms_violation
from equipoise.balance.microscopic import EigenoperatorTest, MicroscopicOrigin, RateRatios, microscopic_origin
from equipoise.balance.notions import (
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
from equipoise.balance.persistent import PersistentLoop, PersistentLoops, persistent_loops
from equipoise.balance.petz import ChannelBalance, channel_balance, petz_dual
from equipoise.balance.relaxation import GapComparison, compare_gaps, conserved_dimension, dirichlet_form
from equipoise.balance.relaxation_speed import RelaxationSpeed, balanced_at_equal_activity, relaxation_speed
from equipoise.balance.residual import Notions, Residual
from equipoise.balance.spectral_kms import (
    CorrelationSpectrum,
    SpectralKMS,
    correlation_spectrum,
    kms_residual_of_spectral_function,
    sampled_correlation_spectrum,
)
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
    "BKM",
    "GNS",
    "KMS",
    "SLD",
    "AbstractMetric",
    "AbstractNotion",
    "Alicki",
    "BackwardMicrocurrents",
    "ChannelBalance",
    "Classical",
    "ConversionProcess",
    "CorrelationSpectrum",
    "CycleAffinities",
    "CycleCurrents",
    "DetailedBalance",
    "EigenoperatorTest",
    "FieldTemperature",
    "GapComparison",
    "GibbsDomination",
    "GibbsFit",
    "Harmonic",
    "HiddenReversal",
    "HiddenTimeReversal",
    "IngardenState",
    "IrreversibilityBudget",
    "MicroscopicOrigin",
    "MonotoneMetric",
    "Notions",
    "PersistentLoop",
    "PersistentLoops",
    "RateRatios",
    "Reconstruction",
    "RelaxationSpeed",
    "Residual",
    "SDual",
    "SpectralKMS",
    "StandardQuantum",
    "StandardQuantumTheta",
    "TemperatureFunction",
    "ThreeLevelRates",
    "ThreeLevelState",
    "all_notions",
    "backward_generator",
    "backward_microcurrents",
    "balance_deviation",
    "balance_residual",
    "balanced_at_equal_activity",
    "channel_balance",
    "clustering_misfit",
    "compare_gaps",
    "conserved_dimension",
    "conversion_process",
    "correlation_spectrum",
    "current_deviation",
    "cycle_affinities",
    "cycle_currents",
    "detailed_balance",
    "dirichlet_form",
    "field_affinity",
    "field_temperature",
    "fit_gibbs",
    "fit_ingarden",
    "generator_of_channel",
    "gibbs_domination",
    "gibbs_misfit",
    "gns_dual",
    "hidden_time_reversal",
    "ingarden_state",
    "inversion_threshold",
    "inverted_transitions",
    "irreversibility_budget",
    "irreversible_part",
    "kms_dual",
    "kms_residual_of_spectral_function",
    "largest_three_cycle",
    "local_equilibrium_state",
    "local_kms_residual",
    "local_kms_violation",
    "log_inversion",
    "microcurrents",
    "microscopic_origin",
    "nearest_balanced",
    "persistent_loops",
    "petz_dual",
    "pi_omega",
    "quantum_conversions",
    "reconstruct_microcurrents",
    "relaxation_speed",
    "reversible_part",
    "sampled_correlation_spectrum",
    "temperature_function",
    "three_level_rates",
    "three_level_rates_in",
    "three_level_rates_of",
    "three_level_state",
    "time_reversed_generator",
    "with_irreversible_part",
]
