"""What every exactly solvable system answers."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from equipoise import Generator, Verdict


class ExactSystem(Protocol):
    """A system with its closed form; flows are positive into the system."""

    def generator(self) -> Generator:
        """The library's generator of this system."""
        ...

    @property
    def verdict(self) -> Verdict:
        """What an audit must say."""
        ...

    @property
    def populations(self) -> np.ndarray:
        """Stationary population of each state of the energy basis, ascending in energy."""
        ...

    @property
    def particle_currents(self) -> dict[str, float]:
        """Quanta that each reservoir gives, per time; nan where its jumps do not tell."""
        ...

    @property
    def energy_currents(self) -> dict[str, float]:
        """Energy that each reservoir gives, per time."""
        ...

    @property
    def entropy_production(self) -> float:
        """Clausius, or transition-resolved where there is no temperature."""
        ...
