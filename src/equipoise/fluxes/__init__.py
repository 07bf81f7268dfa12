"""A generator at a state: the pair that detailed balance, flows, entropy production and the audit all read."""

from equipoise.fluxes.at_state import GeneratorAtState, at_state

__all__ = ["GeneratorAtState", "at_state"]
