"""Reservoirs: occupations, spectral densities, and the rates and level shifts that follow."""

from equipoise.reservoirs.bath_spectra import (
    CorrelationSpectrum,
    SpectralKMS,
    correlation_spectrum,
    kms_residual_of_spectral_function,
    sampled_correlation_spectrum,
)
from equipoise.reservoirs.correlated import CorrelatedDensity
from equipoise.reservoirs.density import AbstractSpectralDensity
from equipoise.reservoirs.distributions import (
    AbstractDistribution,
    Statistics,
    Thermal,
    bose_einstein,
    fermi_dirac,
)
from equipoise.reservoirs.environment import AbstractEnvironment
from equipoise.reservoirs.form_factor import FormFactor
from equipoise.reservoirs.gaussian_states import (
    FieldOperator,
    GaussianField,
    LocalKMS,
    gaussian_field,
    local_kms,
)
from equipoise.reservoirs.nonthermal import GeneralizedGibbs, LocalTemperature, Mixture
from equipoise.reservoirs.reservoir import Reservoir
from equipoise.reservoirs.sampled import CallableDensity, Tabulated
from equipoise.reservoirs.shells import Shells
from equipoise.reservoirs.spectral import (
    DrudeLorentz,
    ExponentialCutoff,
    Flat,
    HardCutoff,
    Lorentzian,
    Newns,
    Ohmic,
)

__all__ = [
    "AbstractDistribution",
    "AbstractEnvironment",
    "AbstractSpectralDensity",
    "CallableDensity",
    "CorrelatedDensity",
    "CorrelationSpectrum",
    "DrudeLorentz",
    "ExponentialCutoff",
    "FieldOperator",
    "Flat",
    "FormFactor",
    "GaussianField",
    "GeneralizedGibbs",
    "HardCutoff",
    "LocalKMS",
    "LocalTemperature",
    "Lorentzian",
    "Mixture",
    "Newns",
    "Ohmic",
    "Reservoir",
    "Shells",
    "SpectralKMS",
    "Statistics",
    "Tabulated",
    "Thermal",
    "bose_einstein",
    "correlation_spectrum",
    "fermi_dirac",
    "gaussian_field",
    "kms_residual_of_spectral_function",
    "local_kms",
    "sampled_correlation_spectrum",
]
