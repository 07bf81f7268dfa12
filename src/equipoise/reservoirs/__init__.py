"""Reservoirs: occupations, spectral densities, and the rates and level shifts that follow."""

from equipoise.reservoirs.bath_spectra import CorrelationSpectrum, correlation_spectrum
from equipoise.reservoirs.correlated import CorrelatedDensity
from equipoise.reservoirs.density import AbstractSpectralDensity
from equipoise.reservoirs.distributions import (
    AbstractDistribution,
    Statistics,
    Thermal,
    bose_einstein,
    fermi_dirac,
)
from equipoise.reservoirs.form_factor import FormFactor
from equipoise.reservoirs.gaussian_states import GaussianField
from equipoise.reservoirs.nonthermal import GeneralizedGibbs, LocalTemperature, Mixture
from equipoise.reservoirs.reservoir import Reservoir
from equipoise.reservoirs.sampled import CallableDensity, Tabulated
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
    "AbstractSpectralDensity",
    "CallableDensity",
    "CorrelatedDensity",
    "CorrelationSpectrum",
    "DrudeLorentz",
    "ExponentialCutoff",
    "Flat",
    "FormFactor",
    "GaussianField",
    "GeneralizedGibbs",
    "HardCutoff",
    "LocalTemperature",
    "Lorentzian",
    "Mixture",
    "Newns",
    "Ohmic",
    "Reservoir",
    "Statistics",
    "Tabulated",
    "Thermal",
    "bose_einstein",
    "correlation_spectrum",
    "fermi_dirac",
]
