"""Accardi & Imafuku, "Dynamical detailed balance and local KMS condition for non-equilibrium states" (2002)."""
