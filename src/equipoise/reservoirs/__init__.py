"""Reservoirs: occupations, spectral densities, and the rates and level shifts that follow."""

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
from equipoise.reservoirs.gaussian_field import (
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
    "Statistics",
    "Tabulated",
    "Thermal",
    "bose_einstein",
    "fermi_dirac",
    "gaussian_field",
    "local_kms",
]
