"""Open systems: Hamiltonian, couplings, operators to build them from, textbook models."""

from equipoise.systems import models, operators
from equipoise.systems.coupling import Coupling
from equipoise.systems.open_system import OpenSystem

__all__ = ["Coupling", "OpenSystem", "models", "operators"]
