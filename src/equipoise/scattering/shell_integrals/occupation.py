"""How a gas weighs the energies of panels: one weight for all levels if it is thermal, one for each if it is not.

Weights are relative to each pair's own threshold, or to its largest, so that nothing underflows however cold the gas.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import RealArray
from equipoise.scattering.gas import Gas
from equipoise.scattering.shell import Waves
from equipoise.spectrum import Spectrum

LOWEST = -1e300
"""Logarithm that stands for an occupation of zero where differences are taken."""


@dataclass(frozen=True, eq=False)
class AbstractOccupation(abc.ABC):
    """Occupation of incoming waves by one gas, as weights within a panel and a factor for the whole of it."""

    gas: Gas
    spectrum: Spectrum
    waves: Waves

    @cached_property
    def first_open(self) -> np.ndarray:
        """Level at whose threshold both states of a pair are open, shape (d, d)."""
        return np.asarray(np.maximum(self.spectrum.level_of[:, None], self.spectrum.level_of[None, :]))

    @abc.abstractmethod
    def weigh(
        self, squared: RealArray, segment: np.ndarray, above: RealArray, kinetic: RealArray
    ) -> tuple[RealArray, RealArray, RealArray]:
        """Sum :math:`|T|^2`, shape (P, n, a, d, b, d) by panel and node, over waves as the gas occupies them.

        Energies are given `above` the lower threshold of the `segment` of each panel, and as `kinetic` ones of each
        state. Three factors are returned: by pair and node, (P, n, d, d); by node for all pairs, (P, n); by pair for
        the whole panel, (P, d, d), relative to `log_reference`.
        """

    @property
    @abc.abstractmethod
    def log_reference(self) -> RealArray:
        """Logarithm by which the integrals are to be multiplied, shape (d, d)."""


class ThermalOccupation(AbstractOccupation):
    """A thermal gas: at a total energy all levels are weighed alike, up to `exp(beta eps_l)`."""

    @property
    def beta(self) -> float:
        """Inverse temperature."""
        assert self.gas.inverse_temperature is not None
        return self.gas.inverse_temperature

    def weigh(
        self, squared: RealArray, segment: np.ndarray, above: RealArray, kinetic: RealArray
    ) -> tuple[RealArray, RealArray, RealArray]:
        """See `AbstractOccupation`."""
        summed = squared[:, :, 0, :, 0, :] if squared.shape[2] == 1 else squared.sum(axis=(2, 4))
        return summed, np.exp(-self.beta * above), self._factors[segment]

    @cached_property
    def _factors(self) -> RealArray:
        """`exp(-beta (e_m - e_M))` for segment m and pairs that open at M, shape (L, d, d); zero for m < M."""
        levels, opens = self.spectrum.levels, self.first_open
        is_open = opens[None, :, :] <= np.arange(levels.size)[:, None, None]
        exponent = -self.beta * (levels[:, None, None] - levels[opens][None, :, :])
        return np.asarray(np.where(is_open, np.exp(np.where(is_open, exponent, 0.0)), 0.0))

    @property
    def log_reference(self) -> RealArray:
        """See `AbstractOccupation`: the occupation at the pair's threshold."""
        prefactor = self.gas.log_occupation(np.zeros(1), self.waves)[0, 0]
        levels = self.spectrum.levels
        return np.asarray(prefactor - self.beta * (levels[self.first_open] - self.spectrum.state_energies[None, :]))


class AnyOccupation(AbstractOccupation):
    """Any gas: each level has the occupation at its own kinetic energies."""

    def weigh(
        self, squared: RealArray, segment: np.ndarray, above: RealArray, kinetic: RealArray
    ) -> tuple[RealArray, RealArray, RealArray]:
        """See `AbstractOccupation`."""
        is_open = kinetic > 0
        logarithms = self.gas.log_occupation(np.where(is_open, kinetic, self.gas.energy_scale()), self.waves)
        logarithms = np.where(is_open[..., None], logarithms, LOWEST)
        largest = np.maximum(logarithms.max(axis=(1, 3)), LOWEST)
        weighted = np.einsum("pnakbl,pnlb->pnkl", squared, np.exp(logarithms - largest[:, None, :, None]))
        is_open = self.first_open[None, :, :] <= segment[:, None, None]
        exponent = np.where(is_open, largest[:, None, :] - self.log_reference[None, :, :], LOWEST)
        return weighted, np.ones(above.shape), np.exp(np.minimum(exponent, 600.0))

    @cached_property
    def log_reference(self) -> RealArray:
        """See `AbstractOccupation`: about the largest occupation from the pair's threshold on."""
        starts = self.spectrum.levels[self.first_open] - self.spectrum.state_energies[None, :]
        distinct, place = np.unique(np.maximum(starts, 0.0), return_inverse=True)
        found = [self.gas.log_occupation(self.gas.sampled_energies(start), self.waves).max() for start in distinct]
        return np.maximum(found, LOWEST)[place].reshape(starts.shape)
