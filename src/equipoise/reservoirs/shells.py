"""Momentum shells: the modes of a field that resonate with a Bohr frequency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import RealArray


@dataclass(frozen=True, eq=False)
class Shells:
    r"""Momenta k with :math:`\omega(k) = \omega`, one row for each root, for one or many energies.

    Parameters
    ----------
    index : ndarray of int, shape (S,)
        Which of the energies asked for each row belongs to, counted in C order.
    omega : RealArray, shape (S,)
        That energy.
    momenta : RealArray, shape (S,)
        k; in one dimension with its sign, else the radius of the shell.
    branches : ndarray of int, shape (S,)
        +1 or -1, the sign of the momentum in one dimension; +1 for the whole sphere in two and three.
    velocities : RealArray, shape (S,)
        Group velocity :math:`d\omega/dk` (radial in two and three dimensions), with its sign.
    coupling_squared : RealArray, shape (S,)
        :math:`|g(k)|^2`.
    weights : RealArray, shape (S,)
        :math:`w = S_d k^{d-1} |g|^2 / |d\omega/dk|`, the part of J from this root: their sum over the roots of one
        energy is :math:`J(\omega)`.
    """

    index: np.ndarray
    omega: RealArray
    momenta: RealArray
    branches: np.ndarray
    velocities: RealArray
    coupling_squared: RealArray
    weights: RealArray

    @property
    def size(self) -> int:
        """Number S of rows; 0 where every energy lies outside the band."""
        return int(self.momenta.size)
