"""Energy shells: at each total energy the kinetic energy and momentum that each level of the target leaves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise._printed import counted, described
from equipoise.spectrum import Spectrum


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

    @property
    def basis(self) -> ComplexArray:
        """Columns are the energy basis in the given basis, shape (d, d)."""
        return basis_of(self.spectrum)


def basis_of(spectrum: Spectrum) -> ComplexArray:
    """The energy basis as columns in the given basis, shape (d, d): `U[i, k] = <i|k>`.

    Examples
    --------
    >>> from equipoise.spectrum import spectrum_of_levels
    >>> basis_of(spectrum_of_levels([1.0, 0.0])).real.tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    if spectrum.vectors is not None:
        return np.asarray(spectrum.vectors, dtype=complex)
    return np.asarray(np.eye(spectrum.dimension, dtype=complex)[:, spectrum.order])


def shell_above(spectrum: Spectrum, mass: float, state: int, excess: RealArray) -> EnergyShell:
    """The shell of energies `eps_state + excess`, with kinetic energies exact near that threshold.

    Parameters
    ----------
    spectrum : Spectrum
    mass : float
    state : int
        In the energy basis.
    excess : RealArray, shape (n,)
        Positive.

    Examples
    --------
    >>> from equipoise.spectrum import spectrum_of_levels
    >>> shell_above(spectrum_of_levels([0.0, 1.0]), 1.0, 1, np.array([1e-30])).kinetic.tolist()
    [[1.0, 1e-30]]
    """
    energies = spectrum.state_energies
    return EnergyShell(spectrum, mass, excess[:, None] + (energies[state] - energies)[None, :])
