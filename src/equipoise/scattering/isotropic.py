"""Isotropic momentum distributions that are not thermal, in any number of dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from equipoise._checks import RealArray, finite_real, require
from equipoise._printed import amounts, described
from equipoise.scattering._normalised import density_at, require_normalised
from equipoise.scattering._printed import function_in_words
from equipoise.scattering.momentum import AbstractMomentumDistribution

SPHERES = {1: lambda p: 1.0, 2: lambda p: np.pi * abs(p), 3: lambda p: 2 * np.pi * p**2}
"""Half the area of the sphere of radius p in each dimension: both signs of p count."""


@dataclass(frozen=True, eq=False)
class IsotropicDistribution(AbstractMomentumDistribution):
    r"""Any distribution that is the same in all directions: a function of :math:`|p|` with :math:`\int G\,d^dp = 1`.

    Of a gas in two or three dimensions that is not in equilibrium: two temperatures at once, a shell of momenta.

    Parameters
    ----------
    function : callable
        G(p) >= 0 at an array of positive momenta.
    scale : float
        A momentum beyond which it falls off.
    structure : sequence of float
        Positive momenta at which it is not smooth, or near which it changes on a scale of its own.

    Raises
    ------
    InputError
        What cannot be called, a scale that is not positive; with the dimension of a gas, G that is not normalised.

    Examples
    --------
    >>> import numpy as np
    >>> from equipoise.scattering import Gas
    >>> shell = IsotropicDistribution(lambda p: np.exp(-((p - 3) ** 2)) / 211.596453, scale=3.0, structure=[3.0])
    >>> Gas("shell", shell, density=1e-3, dimension=3).inverse_temperature is None
    True
    """

    function: Callable[[RealArray], RealArray]
    scale: float
    structure: Sequence[float] = ()

    def __post_init__(self) -> None:
        require(callable(self.function), "function", "be callable", f"got {type(self.function).__name__}")
        scale = finite_real(self.scale, "scale")
        require(scale > 0, "scale", "be a positive momentum", f"got {scale:g}")
        structure = tuple(finite_real(p, f"structure[{j}]") for j, p in enumerate(self.structure))
        require(all(p > 0 for p in structure), "structure", "hold positive momenta", f"got {structure}")
        object.__setattr__(self, "structure", structure)

    @property
    def is_isotropic(self) -> bool:
        """True."""
        return True

    def check(self, dimension: int) -> None:
        """Refuse G that is not normalised in that many dimensions."""
        structure = [*self.structure, *(-p for p in self.structure)]
        require_normalised(lambda p: density_at(self.function, np.abs(p)), self.scale, structure, SPHERES[dimension])

    def log_density(self, kinetic: RealArray, direction: int, mass: float, dimension: int) -> RealArray:
        """See `AbstractMomentumDistribution`."""
        with np.errstate(divide="ignore"):
            log_G = np.log(density_at(self.function, np.sqrt(2 * mass * kinetic)))
        return np.asarray(dimension * np.log(2 * np.pi) + log_G)

    def energy_scale(self, mass: float) -> float:
        """Kinetic energy at the momentum scale."""
        return float(self.scale**2 / (2 * mass))

    def structure_points(self, mass: float) -> tuple[float, ...]:
        """See `AbstractMomentumDistribution`."""
        return tuple(sorted({p**2 / (2 * mass) for p in self.structure}))

    def __repr__(self) -> str:
        facts = [("scale", f"{self.scale:.6g}")]
        facts += [("structure", amounts(self.structure))] if self.structure else []
        return described(f"momentum distribution, {function_in_words(self.function)} of |p|, isotropic", *facts)
