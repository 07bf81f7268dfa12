"""The interface of every interaction between a target and a gas particle: its on-shell transition matrix."""

from __future__ import annotations

import abc
from typing import ClassVar

import numpy as np

from equipoise._checks import ComplexArray, RealArray, require
from equipoise.scattering.gas import Gas
from equipoise.scattering.interactions.couplings import without_round_off
from equipoise.scattering.shell import EnergyShell, Waves
from equipoise.spectrum import Spectrum

FINER = 1e-3
"""Tolerance of what is computed from T over the error that whoever gave it allows for."""


class AbstractInteraction(abc.ABC):
    r"""Scattering of a particle by a target, through the dimensionless on-shell transition matrix

    .. math:: S = 1 - i\,T, \qquad T - T^\dagger = -i\,T^\dagger T

    between open channels: level k of the target and wave a of the particle, normalised to unit flux. On a line, for
    momenta of signs s and s', :math:`T_{ks',ls} = (m/\sqrt{p_k p_l})\, 2\pi \langle k, s'p_k|T|s p_l, l\rangle`.
    """

    @property
    @abc.abstractmethod
    def waves(self) -> Waves:
        """Which waves of the particle the channels are."""

    @property
    @abc.abstractmethod
    def dimension(self) -> int | None:
        """Dimension of the space in which the particle moves, None if any."""

    @property
    def stated_error(self) -> float:
        """Relative error of T that whoever gave it allows for: zero where T is computed."""
        return 0.0

    @abc.abstractmethod
    def transition_matrix(self, shell: EnergyShell) -> ComplexArray:
        """T on an energy shell, shape (n, A, d, A, d), indexed [energy, wave out, state out, wave in, state in].

        States are those of the energy basis; rows and columns of closed channels are zero.
        """

    @abc.abstractmethod
    def check(self, spectrum: Spectrum) -> None:
        """Refuse a target of another dimension."""

    def resonances(self, spectrum: Spectrum, mass: float, lower: float, upper: float) -> tuple[RealArray, RealArray]:
        """Total energies of resonances between two energies, and their widths; none where the interaction knows none.

        A quadrature splits there: without it a width of 1e-8 falls between the nodes.
        """
        return np.zeros(0), np.zeros(0)

    def require_coverage(self, gas: Gas, spectrum: Spectrum) -> None:
        """Refuse a gas whose collisions the interaction does not describe: another dimension, unknown energies."""
        require(
            self.dimension in (None, gas.dimension),
            "gas",
            f"move in {self.dimension} dimension{'' if self.dimension == 1 else 's'}, as the interaction asks",
            f"{gas.name!r} moves in {gas.dimension}",
        )

    def binding_energies(self, spectrum: Spectrum, mass: float) -> RealArray | None:
        """Binding energies of bound states below the lowest threshold, None where the interaction does not tell."""
        return None

    def joined(self, spectrum: Spectrum) -> np.ndarray:
        """Whether the interaction leads, in any order, from one state of the energy basis to another, shape (d, d).

        Decided by its matrix elements: where none leads from k to l there is no transition at all, not one of 1e-17.
        """
        return np.ones((spectrum.dimension, spectrum.dimension), dtype=bool)

    @property
    def coupling_profile(self) -> tuple[RealArray, ComplexArray] | None:
        """Positions, shape (n,), and coupling matrices in the given basis, (n, d, d); None where T alone is known."""
        return None

    def parts(self) -> tuple[tuple[float, AbstractInteraction], ...]:
        """Independent parts that a conserved quantity separates, each with how many times it occurs.

        A partial wave of total angular momentum J occurs 2 J + 1 times.
        """
        return ((1.0, self),)


class AbstractLineInteraction(AbstractInteraction):
    """An interaction by matrices that act on the states of the target while a particle on a line passes."""

    given_as: ClassVar[str] = "couplings"
    """Name of the field that holds the matrices."""

    @property
    @abc.abstractmethod
    def coupling_profile(self) -> tuple[RealArray, ComplexArray]:
        """Positions, shape (n,), and coupling matrices in the given basis, (n, d, d), each with its width if any."""

    @property
    def waves(self) -> Waves:
        """Both directions."""
        return Waves.DIRECTIONS

    @property
    def dimension(self) -> int:
        """A line."""
        return 1

    def check(self, spectrum: Spectrum) -> None:
        """See `AbstractInteraction`."""
        size, d = self.coupling_profile[1].shape[-1], spectrum.dimension
        require(size == d, f"interaction.{self.given_as}", f"act on the {d} states of the target", f"acts on {size}")

    def joined(self, spectrum: Spectrum) -> np.ndarray:
        """See `AbstractInteraction`: whether a chain of matrix elements that are not zero leads from state to state."""
        from scipy.sparse.csgraph import connected_components

        sizes = sum(np.abs(without_round_off(spectrum, matrix)) for matrix in self.coupling_profile[1])
        _, block = connected_components(sizes > 0, directed=False)
        return np.asarray(block[:, None] == block[None, :])
