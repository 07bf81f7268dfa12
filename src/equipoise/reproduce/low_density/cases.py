"""Random targets in a thermal gas on which the claims of the paper are recomputed, and its ring of dots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.generators import Generator, low_density
from equipoise.reproduce.cases import random_levels
from equipoise.scattering import DeltaInteraction, Gas, Target, maxwell_boltzmann

TUNNELLING = -0.5 / np.sqrt(3.0)
"""Amplitude tau of the ring of Fig. 1: at a flux of 3/4 its levels are -0.5, 0 and 0.5."""

FLUX = 0.75
COUPLINGS = (1.0, 0.7, 1.5)
LOWEST, MIDDLE, HIGHEST = 0, 1, 2
"""States -, 0 and + of the paper in the order of their energies at this flux."""


@dataclass(frozen=True, eq=False)
class Case:
    """A target in its energy basis, struck at one point by a thermal gas; couplings are its contact potential V."""

    levels: RealArray
    couplings: ComplexArray
    inverse_temperature: float
    mass: float = 1.0
    density: float = 1.0

    @property
    def target(self) -> Target:
        """For the library."""
        return Target(self.levels, DeltaInteraction(self.couplings))

    @property
    def gas(self) -> Gas:
        """For the library."""
        return thermal_gas(self.inverse_temperature, self.mass, self.density)

    @property
    def generator(self) -> Generator:
        """Of the low-density limit, by the library."""
        return low_density(self.target, self.gas)

    @property
    def dimension(self) -> int:
        """Number of states."""
        return int(self.levels.size)

    @property
    def gibbs(self) -> RealArray:
        """Populations `exp(-beta eps)/Z`, shape (d,)."""
        weights = np.exp(-self.inverse_temperature * (self.levels - self.levels.min()))
        return np.asarray(weights / weights.sum())


def thermal_gas(beta: float, mass: float = 1.0, density: float = 1.0) -> Gas:
    """A gas on a line."""
    return Gas("gas", maxwell_boltzmann(inverse_temperature=beta), density, mass)


def repulsive(rng: np.random.Generator, dimension: int, *, real: bool = False) -> ComplexArray:
    """A positive matrix of contact strengths, complex or real."""
    A = rng.normal(size=(dimension, dimension)) + (0.0 if real else 1j * rng.normal(size=(dimension, dimension)))
    return np.asarray(A @ A.conj().T / dimension + 0.3 * np.eye(dimension), dtype=complex)


def random_case(rng: np.random.Generator, dimension: int = 3, *, real: bool = False) -> Case:
    """Distinct gaps, every pair of states coupled, repulsive."""
    V = repulsive(rng, dimension, real=real)
    beta, mass, density = (float(rng.uniform(low, high)) for low, high in ((0.5, 1.5), (0.7, 1.4), (0.5, 2.0)))
    return Case(random_levels(rng, dimension), V, beta, mass, density)


def ring(flux: float, sites: int = 3, tunnelling: float = TUNNELLING) -> ComplexArray:
    """Tight-binding ring (28) threaded by a flux, shape (N, N): `<n|H|n+1> = tau exp(-2 pi i phi / N)`."""
    hop = tunnelling * np.exp(-2j * np.pi * flux / sites)
    H = np.zeros((sites, sites), dtype=complex)
    for n in range(sites):
        H[n, (n + 1) % sites] += hop
        H[(n + 1) % sites, n] += np.conj(hop)
    return H


def ring_states(flux: float, sites: int = 3, tunnelling: float = TUNNELLING) -> tuple[RealArray, ComplexArray]:
    """Plane waves `exp(-2 pi i j n / N) / sqrt(N)` of the ring as columns, by ascending energy, and the energies."""
    j = np.arange(sites)
    energies = 2 * tunnelling * np.cos(2 * np.pi * (flux + j) / sites)
    order = np.argsort(energies)
    waves = np.exp(-2j * np.pi * np.outer(j, j) / sites) / np.sqrt(sites)
    return np.asarray(energies[order]), np.asarray(waves[:, order])


def dots(couplings: Sequence[float] = COUPLINGS, flux: float = FLUX, tunnelling: float = TUNNELLING) -> Target:
    """The ring with one contact strength for each dot, all dots at one place."""
    return Target(ring(flux, len(couplings), tunnelling), DeltaInteraction(list(couplings)))


def dots_case(beta: float, couplings: Sequence[float] = COUPLINGS, flux: float = FLUX, mass: float = 1.0) -> Case:
    """The same in its energy basis, from the plane waves and not from a diagonalisation."""
    levels, waves = ring_states(flux, len(couplings))
    return Case(levels, np.asarray(waves.conj().T @ np.diag(couplings) @ waves), beta, mass)
