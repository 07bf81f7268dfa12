"""Coupling of a system operator to a channel of a reservoir."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import ComplexArray, require, require_type, square_matrix
from equipoise.reservoirs import Reservoir


@dataclass(frozen=True, eq=False)
class Coupling:
    """One term `D (x) A^dagger + h.c.` of the interaction, `A = sum_k g_k a_k` in a reservoir channel.

    `D` takes a quantum out of the system and gives it to the reservoir. For bosons a Hermitian `D` is the usual
    `X (x) (A + A^dagger)`. For fermions `D` changes the fermion parity.

    Parameters
    ----------
    reservoir : Reservoir
        With a distribution and a spectral density.
    operator : array_like or sparse array, shape (d, d)
        `D` in the basis of the Hamiltonian; dimensionless when `J` carries the strength.
    channel : int, default 0
        Couplings of one reservoir in the same channel add coherently (one environment mode sees their sum);
        different channels are independent, or correlated if the spectral density is a matrix `J_ab`.

    Raises
    ------
    InputError
        If the operator is not a finite square matrix or the channel is not an integer >= 0.
    """

    reservoir: Reservoir
    operator: ComplexArray
    channel: int = 0

    def __post_init__(self) -> None:
        remedy = "Build one with Reservoir(name, distribution, spectral_density)."
        require_type(self.reservoir, Reservoir, "reservoir", "a Reservoir", remedy)
        is_channel = isinstance(self.channel, int | np.integer) and self.channel >= 0
        require(is_channel, "channel", "be an integer >= 0", f"got {self.channel!r}")
        name = f"operator (coupling to {self.reservoir.name!r})"
        object.__setattr__(self, "operator", square_matrix(self.operator, name))
