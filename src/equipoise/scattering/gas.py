"""A dilute gas that bombards a target: its name, mass, number density and momentum distribution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import RealArray, positive_real, require
from equipoise._printed import counted, described
from equipoise.reservoirs.environment import AbstractEnvironment
from equipoise.scattering.momentum import AbstractMomentumDistribution
from equipoise.scattering.shell import Waves


@dataclass(frozen=True)
class Gas(AbstractEnvironment):
    r"""Particles of mass m and number density n that scatter off a target one at a time.

    In the low-density limit its statistics do not matter: bosons and fermions of one G(p) act alike, with relative
    corrections of the order of the occupation :math:`(2\pi)^d n G`.

    Parameters
    ----------
    name : str
        Label in every table.
    momentum_distribution : AbstractMomentumDistribution
        G(p), such as `maxwell_boltzmann(temperature=1.0)`.
    density : float
        Number of particles per length, area or volume; positive.
    mass : float
        Positive; hbar = 1.
    dimension : int
        Of the space in which they move: 1, 2 or 3.

    Raises
    ------
    InputError
        An empty name, what is no momentum distribution, a density or mass that is not positive, another dimension,
        a distribution on a line in more dimensions.

    References
    ----------
    Alicki, Sindelka & Gelbwaser-Klimovsky, "Violation of detailed balance in quantum open systems" (2023); its nu is
    (2 pi)^d times this density. Duemcke, "The low density limit for an N-level system interacting with a free Bose or
    Fermi gas" (1985).

    Examples
    --------
    >>> from equipoise.scattering import maxwell_boltzmann
    >>> gas = Gas("helium", maxwell_boltzmann(temperature=2.0), density=1e-3)
    >>> gas.inverse_temperature
    0.5
    """

    name: str
    momentum_distribution: AbstractMomentumDistribution
    density: float = 1.0
    mass: float = 1.0
    dimension: int = 1

    def __post_init__(self) -> None:
        require(isinstance(self.name, str) and bool(self.name), "name", "be a non-empty string", f"got {self.name!r}")
        require(
            isinstance(self.momentum_distribution, AbstractMomentumDistribution),
            "momentum_distribution",
            "be a momentum distribution",
            f"got {type(self.momentum_distribution).__name__}",
            "Make one with maxwell_boltzmann(temperature=...).",
        )
        for name in ("density", "mass"):
            object.__setattr__(self, name, positive_real(getattr(self, name), name))
        require(self.dimension in (1, 2, 3), "dimension", "be 1, 2 or 3", f"got {self.dimension!r}")
        require(
            self.dimension == 1 or self.momentum_distribution.is_isotropic,
            "momentum_distribution",
            f"be isotropic in {self.dimension} dimensions, where partial waves are counted",
            f"got a {type(self.momentum_distribution).__name__}, which tells two directions of a line apart",
            "Make one with maxwell_boltzmann(temperature=...) or IsotropicDistribution(G, scale).",
        )
        self.momentum_distribution.check(self.dimension)

    @property
    def inverse_temperature(self) -> float | None:
        """Beta of a thermal gas, else None."""
        return self.momentum_distribution.inverse_temperature

    @property
    def chemical_potential(self) -> float:
        """Zero: its particles scatter, none is exchanged with the target."""
        return 0.0

    @property
    def thermal_wavelength(self) -> float | None:
        r""":math:`\lambda = \sqrt{2\pi\beta/m}` of a thermal gas, else None."""
        beta = self.inverse_temperature
        return None if beta is None else float(np.sqrt(2 * np.pi * beta / self.mass))

    def log_occupation(self, kinetic: RealArray, waves: Waves) -> RealArray:
        r"""Logarithm of the occupation :math:`f = (2\pi)^d n G` of incoming waves at kinetic energies e > 0.

        Parameters
        ----------
        kinetic : ndarray, any shape

        Returns
        -------
        ndarray, shape (..., A)
            For each of the incoming channels of `waves`: two for DIRECTIONS, one otherwise (an even wave is occupied
            by the mean of both directions; partial waves are all alike).
        """
        right, left = (
            self.momentum_distribution.log_density(kinetic, direction, self.mass, self.dimension)
            for direction in (1, -1)
        )
        density = np.log(self.density)
        if waves is Waves.DIRECTIONS:
            return np.asarray(density + np.stack([right, left], axis=-1))
        return np.asarray(density + np.logaddexp(right, left)[..., None] - np.log(2.0))

    def largest_occupation(self) -> float:
        """Largest occupation f of a wave: far below one for a dilute gas, corrections are of this relative order.

        `n lambda^d` of a thermal gas; of another the largest at a few hundred energies over its spread.
        """
        return float(np.exp(self.log_occupation(self.sampled_energies(0.0), Waves.DIRECTIONS).max()))

    def sampled_energies(self, start: float) -> RealArray:
        """Kinetic energies above one of them at which the gas is asked how far it is spread, ascending or not."""
        points = np.array(self.structure_points())
        return np.concatenate([start + self.energy_scale() * np.logspace(-8, 1, 400), points[points > start]])

    def __repr__(self) -> str:
        space = {1: "length", 2: "area", 3: "volume"}[self.dimension]
        return described(
            f"gas {self.name!r} in {counted(self.dimension, 'dimension')}",
            ("momenta", str(self.momentum_distribution).replace("\n ", ";").replace("  ", " ")),
            ("density", f"{self.density:.6g} per {space}"),
            ("mass", f"{self.mass:.6g}"),
            ("occupation", f"{self.largest_occupation():.2g} of a wave at most"),
        )

    def energy_scale(self) -> float:
        """Kinetic energy over which the gas is spread: its temperature."""
        return self.momentum_distribution.energy_scale(self.mass)

    def structure_points(self) -> tuple[float, ...]:
        """Kinetic energies near which the momentum distribution changes."""
        return self.momentum_distribution.structure_points(self.mass)
