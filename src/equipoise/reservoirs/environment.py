"""The cause of a dissipator: a field of quanta or a gas of particles, with a name and perhaps a temperature."""

from __future__ import annotations

import abc


class AbstractEnvironment(abc.ABC):
    """Surroundings of a system that drive one dissipator: a `Reservoir` of quanta, or a `Gas` that bombards it.

    The balance sheet asks no more of it than these three.
    """

    name: str

    @property
    @abc.abstractmethod
    def inverse_temperature(self) -> float | None:
        """Inverse temperature beta in thermal equilibrium, else None."""

    @property
    @abc.abstractmethod
    def chemical_potential(self) -> float | None:
        """Chemical potential of the particles that it exchanges with the system, None where it has none."""
