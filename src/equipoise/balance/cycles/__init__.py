"""Cycles of transitions: affinities, fluxes, loops that persist, temperatures of transitions."""
