"""Reservoirs: occupations, spectral densities, and the rates and level shifts that follow."""

from equipoise.reservoirs.composite import GeneralizedGibbs, Mixture
from equipoise.reservoirs.correlated import CorrelatedDensity
from equipoise.reservoirs.distributions import (
    AbstractDistribution,
    LocalTemperature,
    Statistics,
    Thermal,
    bose_einstein,
    fermi_dirac,
)
from equipoise.reservoirs.reservoir import Reservoir
from equipoise.reservoirs.sampled import CallableDensity, Tabulated
from equipoise.reservoirs.spectral import (
    AbstractSpectralDensity,
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
    "DrudeLorentz",
    "ExponentialCutoff",
    "Flat",
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
    "fermi_dirac",
]
