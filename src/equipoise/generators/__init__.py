"""Generators of quantum Markov semigroups, and the limits and constructors that make them."""

from equipoise.generators.balanced import kms_balanced
from equipoise.generators.channel import (
    Channel,
    choi_channel,
    choi_of_superoperator,
    kraus_channel,
    superoperator_channel,
    superoperator_of_choi,
)
from equipoise.generators.collisions import CollisionStep, collision_step
from equipoise.generators.filters import AbstractFilter, FilterFunction, GaussianFilter, MetropolisFilter
from equipoise.generators.generator import Dissipator, Generator, Undetermined
from equipoise.generators.gibbs_samplers import GaussianTransitions, chen_kastoryano_gilyen, ding_li_lin
from equipoise.generators.given_jumps import lindbladian, rate_equation
from equipoise.generators.kossakowski import kossakowski_eigenvalues
from equipoise.generators.local_limit import local
from equipoise.generators.low_density_limit import low_density
from equipoise.generators.new_reservoirs import coupling_elements, with_reservoirs
from equipoise.generators.pairing import JumpPairs, jump_pairs
from equipoise.generators.redfield_equation import redfield
from equipoise.generators.representations import AbstractRepresentation, FrequencyResolved, Jumps, MatrixFree
from equipoise.generators.restriction import restricted_to
from equipoise.generators.stochastic import Noise, StochasticEquation, stochastic_equation
from equipoise.generators.sums import sum_of
from equipoise.generators.universal import geometric_arithmetic, kms_weak_coupling, universal_lindblad
from equipoise.generators.validity import (
    DecoupledTransitions,
    SecularApproximationWarning,
    SecularValidity,
    decoupled_transitions,
    secular_validity,
)
from equipoise.generators.weak_coupling_limit import derived, weak_coupling

__all__ = [
    "AbstractFilter",
    "AbstractRepresentation",
    "Channel",
    "CollisionStep",
    "DecoupledTransitions",
    "Dissipator",
    "FilterFunction",
    "FrequencyResolved",
    "GaussianFilter",
    "GaussianTransitions",
    "Generator",
    "JumpPairs",
    "Jumps",
    "MatrixFree",
    "MetropolisFilter",
    "Noise",
    "SecularApproximationWarning",
    "SecularValidity",
    "StochasticEquation",
    "Undetermined",
    "chen_kastoryano_gilyen",
    "choi_channel",
    "choi_of_superoperator",
    "collision_step",
    "coupling_elements",
    "decoupled_transitions",
    "derived",
    "ding_li_lin",
    "geometric_arithmetic",
    "jump_pairs",
    "kms_balanced",
    "kms_weak_coupling",
    "kossakowski_eigenvalues",
    "kraus_channel",
    "lindbladian",
    "local",
    "low_density",
    "rate_equation",
    "redfield",
    "restricted_to",
    "secular_validity",
    "stochastic_equation",
    "sum_of",
    "superoperator_channel",
    "superoperator_of_choi",
    "universal_lindblad",
    "weak_coupling",
    "with_reservoirs",
]
