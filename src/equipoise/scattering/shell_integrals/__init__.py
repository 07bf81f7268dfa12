"""Integrals over energy shells: panels, one integrator, occupations, amplitudes kept for reuse."""
