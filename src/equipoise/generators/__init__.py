"""Generators of quantum Markov semigroups, and the limits and constructors that make them."""

from equipoise.generators.generator import Dissipator, Generator, Undetermined
from equipoise.generators.kinds import AbstractKind, Jumps, MatrixFree, Rates, Secular
from equipoise.generators.lindbladian import lindbladian, rate_equation
from equipoise.generators.restriction import restricted
from equipoise.generators.weak_coupling import weak_coupling

__all__ = [
    "AbstractKind",
    "Dissipator",
    "Generator",
    "Jumps",
    "MatrixFree",
    "Rates",
    "Secular",
    "Undetermined",
    "lindbladian",
    "rate_equation",
    "restricted",
    "weak_coupling",
]
