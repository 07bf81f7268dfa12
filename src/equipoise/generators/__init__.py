"""Generators of quantum Markov semigroups, and the limits and constructors that make them."""

from equipoise.generators.collisions import CollisionStep, collision_step
from equipoise.generators.generator import Dissipator, Generator, Undetermined
from equipoise.generators.kinds import AbstractKind, Jumps, MatrixFree, Rates, Secular
from equipoise.generators.lindbladian import lindbladian, rate_equation
from equipoise.generators.redistributed import coupling_elements, redistributed
from equipoise.generators.restriction import restricted
from equipoise.generators.stochastic import Noise, StochasticEquation, stochastic_equation
from equipoise.generators.weak_coupling import weak_coupling

__all__ = [
    "AbstractKind",
    "CollisionStep",
    "Dissipator",
    "Generator",
    "Jumps",
    "MatrixFree",
    "Noise",
    "Rates",
    "Secular",
    "StochasticEquation",
    "Undetermined",
    "collision_step",
    "coupling_elements",
    "lindbladian",
    "rate_equation",
    "redistributed",
    "restricted",
    "stochastic_equation",
    "weak_coupling",
]
