"""Detailed balance: notions, affinities of cycles, Gibbs states."""

from equipoise.balance.gibbs import GibbsFit, clustering_misfit, fit_gibbs, gibbs_misfit
from equipoise.balance.kms import DetailedBalance, detailed_balance
from equipoise.balance.kolmogorov import CycleAffinities, cycle_affinities

__all__ = [
    "CycleAffinities",
    "DetailedBalance",
    "GibbsFit",
    "clustering_misfit",
    "cycle_affinities",
    "detailed_balance",
    "fit_gibbs",
    "gibbs_misfit",
]
