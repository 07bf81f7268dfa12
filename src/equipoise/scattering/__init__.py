"""Ingredients of the low-density limit: a target, a dilute gas, and the T-matrix of one with the other."""

from equipoise.scattering.binding import bound_states
from equipoise.scattering.gas import Gas
from equipoise.scattering.interactions.interaction import AbstractInteraction
from equipoise.scattering.interactions.partial_waves import PartialWaves
from equipoise.scattering.interactions.points import DeltaInteraction, PointScatterers
from equipoise.scattering.interactions.potentials import PiecewiseConstant, SmoothPotential
from equipoise.scattering.interactions.s_matrix import SMatrix
from equipoise.scattering.interactions.tabulated import TabulatedSMatrix
from equipoise.scattering.interactions.unitarity import s_from_t, t_from_s
from equipoise.scattering.momentum import Beams, IsotropicDistribution, MomentumDistribution, maxwell_boltzmann
from equipoise.scattering.rates import scattering_rates
from equipoise.scattering.shell import EnergyShell, Waves
from equipoise.scattering.symmetries import balance_symmetries
from equipoise.scattering.target import Target

__all__ = [
    "AbstractInteraction",
    "Beams",
    "DeltaInteraction",
    "EnergyShell",
    "Gas",
    "IsotropicDistribution",
    "MomentumDistribution",
    "PartialWaves",
    "PiecewiseConstant",
    "PointScatterers",
    "SMatrix",
    "SmoothPotential",
    "TabulatedSMatrix",
    "Target",
    "Waves",
    "balance_symmetries",
    "bound_states",
    "maxwell_boltzmann",
    "s_from_t",
    "scattering_rates",
    "t_from_s",
]
