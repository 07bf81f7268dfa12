"""Numerical linear algebra and special functions: no physics."""
