"""Ingredients of the low-density limit: a target, a dilute gas, and the T-matrix of one with the other."""

from equipoise.scattering.binding import BoundStates, bound_states
from equipoise.scattering.coherences import CoherenceGroup, coherence_groups, scattering_shift
from equipoise.scattering.gas import Gas
from equipoise.scattering.interactions.interaction import AbstractInteraction
from equipoise.scattering.interactions.partial_waves import PartialWaves
from equipoise.scattering.interactions.points import Contact, PointScatterers
from equipoise.scattering.interactions.potentials import PiecewiseConstant, SmoothPotential
from equipoise.scattering.interactions.s_matrix import GivenScattering
from equipoise.scattering.interactions.tabulated import SampledScattering
from equipoise.scattering.interactions.unitarity import (
    optical_defect,
    scattering_of_transition,
    transition_of_scattering,
    unitarity_defect,
)
from equipoise.scattering.isotropic import IsotropicDistribution
from equipoise.scattering.momentum import (
    AbstractMomentumDistribution,
    Beams,
    MaxwellBoltzmann,
    MomentumDistribution,
    maxwell_boltzmann,
)
from equipoise.scattering.rates import ScatteringRates, scattering_rates
from equipoise.scattering.shell import EnergyShell, basis_of, shell_above
from equipoise.scattering.symmetries import BalanceCondition, BalanceSymmetries, balance_symmetries
from equipoise.scattering.target import Target
from equipoise.scattering.waves import Waves

__all__ = [
    "AbstractInteraction",
    "AbstractMomentumDistribution",
    "BalanceCondition",
    "BalanceSymmetries",
    "Beams",
    "BoundStates",
    "CoherenceGroup",
    "Contact",
    "EnergyShell",
    "Gas",
    "GivenScattering",
    "IsotropicDistribution",
    "MaxwellBoltzmann",
    "MomentumDistribution",
    "PartialWaves",
    "PiecewiseConstant",
    "PointScatterers",
    "SampledScattering",
    "ScatteringRates",
    "SmoothPotential",
    "Target",
    "Waves",
    "balance_symmetries",
    "basis_of",
    "bound_states",
    "coherence_groups",
    "maxwell_boltzmann",
    "optical_defect",
    "scattering_of_transition",
    "scattering_rates",
    "scattering_shift",
    "shell_above",
    "transition_of_scattering",
    "unitarity_defect",
]
