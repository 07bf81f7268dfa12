"""A generator at a state: the pair that detailed balance, flows, entropy production and the audit all read."""

from equipoise.fluxes.generator_at_state import GeneratorAtState, at_state
from equipoise.fluxes.jumps import JumpGroup

__all__ = ["GeneratorAtState", "JumpGroup", "at_state"]
