"""Textbook systems, each a function that returns an `OpenSystem`.

Energies share the unit of the Hamiltonian (hbar = k_B = 1). The coupling operators are dimensionless: the
spectral density of a reservoir carries the strength. Where amplitudes are given, one row is a
coherent sum, and several rows are independent channels. One reservoir given for two places (two qubits, both
ends of a chain) is one environment in one channel: it sees the sum of their operators.
"""

from equipoise.systems.models.dots import double_dot, fermionic_dots, ring_with_flux
from equipoise.systems.models.levels import (
    excitation_ring,
    harmonic_ladder,
    lambda_system,
    three_level_maser,
    three_levels,
    v_system,
)
from equipoise.systems.models.spins import spin_chain_ising, spin_chain_xxz, two_coupled_qubits

__all__ = [
    "double_dot",
    "excitation_ring",
    "fermionic_dots",
    "harmonic_ladder",
    "lambda_system",
    "ring_with_flux",
    "spin_chain_ising",
    "spin_chain_xxz",
    "three_level_maser",
    "three_levels",
    "two_coupled_qubits",
    "v_system",
]
