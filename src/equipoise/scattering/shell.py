"""Channels of a collision: the free waves that an interaction mixes, and energy shells.

A channel is a level of the target together with a free wave of the particle. On an energy shell the total energy is
given, and with it the kinetic energy that each level of the target leaves to the particle.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise._printed import counted, described
from equipoise.spectrum import Spectrum


class Waves(Enum):
    """Which free waves of one kinetic energy a scattering matrix joins, for each level of the target.

    EVEN
        One channel: the even combination of the two directions of a line. A scatterer at one point mixes no other.
    DIRECTIONS
        Two channels: momentum +p, then momentum -p, of particles on a line.
    PARTIAL
        Partial waves in any number of dimensions, as many as the interaction has: the gas must be isotropic.
    """

    EVEN = "even"
    DIRECTIONS = "directions"
    PARTIAL = "partial"


@dataclass(frozen=True, eq=False)
class EnergyShell:
    r"""Energies E of target and particle together, and :math:`p_k = \sqrt{2m(E - \epsilon_k)}` in each channel.

    Kinetic energies are given, not computed as E - eps_k: near a threshold the difference has no digits left.

    Parameters
    ----------
    spectrum : Spectrum
        Of the target.
    mass : float
        Of the particle.
    kinetic : RealArray, shape (n, d)
        `E - eps_k` for each state of the energy basis; negative where the channel is closed, never zero.
    """

    spectrum: Spectrum
    mass: float
    kinetic: RealArray

    @classmethod
    def above(cls, spectrum: Spectrum, mass: float, state: int, excess: RealArray) -> EnergyShell:
        """The shell of total energies `eps_state + excess`, with kinetic energies exact near that threshold.

        Parameters
        ----------
        spectrum : Spectrum
            Of the target.
        mass : float
            Of the particle.
        state : int
            In the energy basis; its channel is open where `excess` is positive.
        excess : RealArray, shape (n,)
            Kinetic energies of the particle that leave the target in that state.

        Returns
        -------
        EnergyShell
            Of n energies.

        Examples
        --------
        >>> from equipoise.spectrum import spectrum_of_levels
        >>> EnergyShell.above(spectrum_of_levels([0.0, 1.0]), 1.0, 1, np.array([1e-30])).kinetic.tolist()
        [[1.0, 1e-30]]
        """
        energies = spectrum.state_energies
        return cls(spectrum, mass, excess[:, None] + (energies[state] - energies)[None, :])

    def __repr__(self) -> str:
        n_open = self.is_open.sum(axis=1)
        return described(
            f"{counted(self.size, 'energy')} of a target of {counted(self.spectrum.dimension, 'state')} and a particle",
            ("energies", f"{self.energies.min():.6g} to {self.energies.max():.6g}" if self.size else "none"),
            ("open states", f"{n_open.min()} to {n_open.max()}" if self.size else "none"),
            ("mass", f"{self.mass:.6g}"),
        )

    @property
    def size(self) -> int:
        """Number n of energies."""
        return int(self.kinetic.shape[0])

    @cached_property
    def energies(self) -> RealArray:
        """Total energy E, shape (n,)."""
        return np.asarray(self.kinetic[:, 0] + self.spectrum.state_energies[0])

    @cached_property
    def is_open(self) -> np.ndarray:
        """Whether a particle can leave the target in each state, shape (n, d)."""
        return np.asarray(self.kinetic > 0)

    @cached_property
    def momenta(self) -> ComplexArray:
        """`p_k`, positive where open and `i kappa_k` where closed, shape (n, d)."""
        return np.asarray(np.sqrt(2 * self.mass * self.kinetic.astype(complex)))
