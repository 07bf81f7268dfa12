"""Random systems on which the claims of the paper are recomputed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.generators import Generator, derived
from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
from equipoise.systems import Coupling, OpenSystem


@dataclass(frozen=True, eq=False)
class Case:
    """A generic system in its energy basis: no two gaps are equal, every transition is open.

    Parameters
    ----------
    levels : RealArray, shape (d,)
    couplings : ComplexArray, shape (R, d, d)
        Not Hermitian; only elements that lower the energy, as the paper has them.
    reservoirs : tuple of Reservoir
        Bosonic, Ohmic.
    """

    levels: RealArray
    couplings: ComplexArray
    reservoirs: tuple[Reservoir, ...]

    @property
    def system(self) -> OpenSystem:
        """The open system."""
        pairs = zip(self.reservoirs, self.couplings, strict=True)
        return OpenSystem(self.levels, tuple(Coupling(reservoir, D) for reservoir, D in pairs))

    @property
    def generator(self) -> Generator:
        """Its generator in the weak-coupling limit, Lamb shift included."""
        return derived(self.system)


def random_levels(rng: np.random.Generator, dimension: int) -> RealArray:
    """Ascending levels from 0 whose gaps all differ by at least 0.05."""
    while True:
        levels = np.concatenate([[0.0], np.cumsum(rng.uniform(0.5, 1.5, size=dimension - 1))])
        gaps = np.sort((levels[:, None] - levels[None, :])[np.tril_indices(dimension, -1)])
        if gaps.size < 2 or np.diff(gaps).min() > 0.05:
            return np.asarray(levels)


def lowering(rng: np.random.Generator, dimension: int) -> ComplexArray:
    """A complex operator with elements |n><m| for m above n only, none of them small."""
    phases = np.exp(2j * np.pi * rng.uniform(size=(dimension, dimension)))
    return np.asarray(np.triu(rng.uniform(0.5, 1.5, size=(dimension, dimension)) * phases, 1))


def random_case(
    rng: np.random.Generator,
    dimension: int = 4,
    inverse_temperatures: Sequence[float] = (0.6, 1.1),
    chemical_potentials: Sequence[float] = (0.0, 0.0),
) -> Case:
    """A generic case with one Ohmic reservoir for each inverse temperature, all with couplings of their own."""
    levels = random_levels(rng, dimension)
    reservoirs = tuple(
        Reservoir(f"field {j}", bose_einstein(inverse_temperature=beta, chemical_potential=mu), Ohmic(0.05, 8.0))
        for j, (beta, mu) in enumerate(zip(inverse_temperatures, chemical_potentials, strict=True), start=1)
    )
    couplings = np.array([lowering(rng, dimension) for _ in reservoirs])
    return Case(levels, couplings, reservoirs)
