"""A generator at a state: the pair that detailed balance, flows, entropy production and the audit all read."""

from equipoise.fluxes.generator_at_state import GeneratorAtState, at_state
from equipoise.fluxes.jumps import JumpGroup
from equipoise.fluxes.levels import DirectedFluxes

__all__ = ["DirectedFluxes", "GeneratorAtState", "JumpGroup", "at_state"]
