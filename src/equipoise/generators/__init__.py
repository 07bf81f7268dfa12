"""Generators of quantum Markov semigroups, and the limits and constructors that make them."""

from equipoise.generators.balanced import kms_balanced
from equipoise.generators.channel import Channel, choi_channel, kraus_channel, superoperator_channel
from equipoise.generators.collisions import collision_step
from equipoise.generators.filters import GaussianFilter, MetropolisFilter
from equipoise.generators.generator import Dissipator, Generator
from equipoise.generators.gibbs_samplers import GaussianTransitions, chen_kastoryano_gilyen, ding_li_lin
from equipoise.generators.given_jumps import lindbladian, rate_equation
from equipoise.generators.local_limit import local
from equipoise.generators.low_density_limit import low_density
from equipoise.generators.new_reservoirs import with_reservoirs
from equipoise.generators.redfield_equation import redfield
from equipoise.generators.representations import FrequencyResolved, Jumps, MatrixFree
from equipoise.generators.stochastic import stochastic_equation
from equipoise.generators.sums import sum_of
from equipoise.generators.universal import geometric_arithmetic, kms_weak_coupling, universal_lindblad
from equipoise.generators.validity import SecularApproximationWarning, secular_validity
from equipoise.generators.weak_coupling_limit import weak_coupling

__all__ = [
    "Channel",
    "Dissipator",
    "FrequencyResolved",
    "GaussianFilter",
    "GaussianTransitions",
    "Generator",
    "Jumps",
    "MatrixFree",
    "MetropolisFilter",
    "SecularApproximationWarning",
    "chen_kastoryano_gilyen",
    "choi_channel",
    "collision_step",
    "ding_li_lin",
    "geometric_arithmetic",
    "kms_balanced",
    "kms_weak_coupling",
    "kraus_channel",
    "lindbladian",
    "local",
    "low_density",
    "rate_equation",
    "redfield",
    "secular_validity",
    "stochastic_equation",
    "sum_of",
    "superoperator_channel",
    "universal_lindblad",
    "weak_coupling",
    "with_reservoirs",
]
