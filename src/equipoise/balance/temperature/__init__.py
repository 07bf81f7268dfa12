"""Temperatures of a state: Gibbs, generalised Gibbs, a function of energy, bounds on populations."""
