"""Interface of an expansion of the stationary state in the forces, for populations and for coherences."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from equipoise._checks import Array, NumericalError, RealArray
from equipoise.generators import Generator
from equipoise.stationary import DensityMatrix


class AbstractExpansion(ABC):
    """The stationary state at the reference and its derivatives; forces and flows in the order E_1..E_R, N_1..N_R.

    Flows are positive into the system. A derivative of the state is an array whose first axes run over forces.
    """

    generator: Generator
    density: DensityMatrix
    is_equilibrium: bool

    @property
    def reservoirs(self) -> int:
        """Number R of reservoirs."""
        return len(self.generator.dissipators)

    @property
    @abstractmethod
    def zeroth(self) -> RealArray:
        """Flows at the reference, shape (2R,)."""

    @property
    @abstractmethod
    def first(self) -> Array:
        """First derivative of the state with respect to each force, shape (2R, ...)."""

    @abstractmethod
    def populations(self, derivative: Array) -> RealArray:
        """Diagonal of a derivative of the state in the energy basis, shape (d,)."""

    @abstractmethod
    def flows(self) -> RealArray:
        """First derivative of the flows, [flow, force], shape (2R, 2R)."""

    def matrix(self) -> RealArray:
        """First derivative of the flows in its most accurate form."""
        return self.flows()

    @abstractmethod
    def exchange(self) -> RealArray:
        """Response of each flow to its own force if the populations stood still, shape (2R,), >= 0.

        Responses are what is left of it: the scale of their round-off.
        """

    @abstractmethod
    def microcurrents(self, forces: RealArray) -> RealArray:
        """Change of the microcurrents [r, m, n] to first order in the forces, shape (R, L, L)."""

    @abstractmethod
    def second(self, first: RealArray, second: RealArray) -> tuple[Array, RealArray]:
        """Second derivatives of the state and of the flows along two directions of the space of forces."""

    def _between_levels(self, net: RealArray) -> RealArray:
        """Tables [r, i, j] of states summed over levels, without what stays within a level."""
        levels = self.generator.spectrum.sum_over_levels(net)
        levels[:, np.arange(levels.shape[1]), np.arange(levels.shape[1])] = 0.0
        return levels

    def _refuse_jump_of_dephasing(self, r: int, still: Array, directions: tuple[RealArray, ...]) -> None:
        """Refuse a second derivative with respect to X_N where a bosonic rate at w = 0 acts within a level."""
        if still.any() and any(direction.reshape(2, -1)[1, r] for direction in directions):
            raise NumericalError(
                "The second-order response to X_N of bosonic reservoir "
                f"{self.generator.dissipators[r].name!r} does not exist at mu = 0: its rate at omega = 0, which acts "
                "within a degenerate level, jumps to zero at any mu < 0. Ask for a direction without X_N "
                "(`nonlinearity` does, where no chemical potential differs), or take the reference at mu < 0."
            )
