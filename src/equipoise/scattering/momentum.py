r"""Momentum distributions of a dilute gas.

A gas of number density n with the momentum distribution G(p), :math:`\int G\,d^dp = 1`, occupies each plane wave with

.. math:: f(p) = (2\pi)^d\, n\, G(p) \ll 1,

which is all that the low-density limit asks of it: a channel of incoming waves is met :math:`f\,de/2\pi` times per unit
of time by particles of kinetic energy between e and e + de.
"""

from __future__ import annotations

import abc
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from equipoise._checks import InputError, RealArray, UserCodeError, finite_real, positive_real, require
from equipoise._printed import amounts, described, function_in_words
from equipoise.tolerances import NORMALISED

SPHERES: dict[int, Callable[[float], float]] = {
    1: lambda p: 1.0,
    2: lambda p: np.pi * abs(p),
    3: lambda p: 2 * np.pi * p**2,
}
"""Half the area of the sphere of radius p in each dimension: both signs of p count."""


class AbstractMomentumDistribution(abc.ABC):
    """Normalised distribution of the momenta of gas particles, by kinetic energy and direction."""

    @property
    def is_isotropic(self) -> bool:
        """Whether all directions of one energy are equally populated."""
        return True

    @property
    def inverse_temperature(self) -> float | None:
        """Beta if it is thermal, else None."""
        return None

    @abc.abstractmethod
    def log_density(self, kinetic: RealArray, direction: int, mass: float, dimension: int) -> RealArray:
        r"""Logarithm of :math:`(2\pi)^d G(p)` at kinetic energies e > 0 for momenta along `direction` (+1 or -1)."""

    @abc.abstractmethod
    def energy_scale(self, mass: float) -> float:
        """Kinetic energy over which it falls by a factor e at large energies, or its mean where it does not."""

    def structure_points(self, mass: float) -> tuple[float, ...]:
        """Kinetic energies at which it is not smooth, or near which it changes."""
        return ()

    def check(self, dimension: int) -> None:  # noqa: B027
        """Refuse a distribution that is not normalised in that many dimensions, or not made for them."""


@dataclass(frozen=True)
class MaxwellBoltzmann(AbstractMomentumDistribution):
    r"""Thermal gas, :math:`(2\pi)^d G = \lambda^d e^{-\beta e}` with :math:`\lambda = \sqrt{2\pi\beta/m}`.

    Parameters
    ----------
    beta : float
        Inverse temperature, positive and finite.

    Examples
    --------
    >>> MaxwellBoltzmann(2.0).energy_scale(mass=1.0)
    0.5
    """

    beta: float

    def __repr__(self) -> str:
        return f"thermal, beta = {self.beta:.6g}"

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "beta", positive_real(self.beta, "inverse_temperature", "A gas at T = 0 does not move.")
        )

    @property
    def inverse_temperature(self) -> float:
        """Beta."""
        return self.beta

    def log_density(self, kinetic: RealArray, direction: int, mass: float, dimension: int) -> RealArray:
        """See `AbstractMomentumDistribution`."""
        return np.asarray(0.5 * dimension * np.log(2 * np.pi * self.beta / mass) - self.beta * kinetic)

    def energy_scale(self, mass: float) -> float:
        """The temperature."""
        return 1.0 / self.beta


def maxwell_boltzmann(
    *, temperature: float | None = None, inverse_temperature: float | None = None
) -> MaxwellBoltzmann:
    """Thermal momentum distribution, at a temperature or an inverse temperature.

    Parameters
    ----------
    temperature, inverse_temperature : float
        Exactly one of them, positive and finite.

    Returns
    -------
    MaxwellBoltzmann
        With the inverse temperature `beta`.

    Raises
    ------
    InputError
        Both, none, or not positive and finite.

    Examples
    --------
    >>> maxwell_boltzmann(temperature=0.5)
    thermal, beta = 2
    """
    require(
        (temperature is None) != (inverse_temperature is None),
        "temperature",
        "be given, or `inverse_temperature`: exactly one of them",
        "got neither" if temperature is None else "got temperature and inverse_temperature",
    )
    if inverse_temperature is not None:
        return MaxwellBoltzmann(inverse_temperature)
    return MaxwellBoltzmann(1.0 / positive_real(temperature, "temperature", "A gas at T = 0 does not move."))


@dataclass(frozen=True)
class Beams(AbstractMomentumDistribution):
    """Particles on a line that come from two sides: those moving right and those moving left, each at its own beta.

    Each side carries half of the particles.

    Parameters
    ----------
    rightward, leftward : MaxwellBoltzmann
        Thermal distributions of which the right-moving, left-moving half is taken.

    Examples
    --------
    >>> Beams(maxwell_boltzmann(temperature=1.0), maxwell_boltzmann(temperature=2.0)).is_isotropic
    False
    """

    rightward: MaxwellBoltzmann
    leftward: MaxwellBoltzmann

    def __repr__(self) -> str:
        return f"beams, beta = {self.rightward.beta:.6g} rightward and {self.leftward.beta:.6g} leftward"

    def __post_init__(self) -> None:
        for name in ("rightward", "leftward"):
            side = getattr(self, name)
            require(
                isinstance(side, MaxwellBoltzmann),
                name,
                "be a thermal distribution",
                f"got {type(side).__name__}",
                "Make one with maxwell_boltzmann(temperature=...).",
            )

    @property
    def is_isotropic(self) -> bool:
        """Whether the two sides are alike."""
        return self.rightward == self.leftward

    @property
    def inverse_temperature(self) -> float | None:
        """The common one, or None."""
        return self.rightward.beta if self.is_isotropic else None

    def log_density(self, kinetic: RealArray, direction: int, mass: float, dimension: int) -> RealArray:
        """See `AbstractMomentumDistribution`."""
        side = self.rightward if direction > 0 else self.leftward
        return side.log_density(kinetic, direction, mass, dimension)

    def energy_scale(self, mass: float) -> float:
        """The higher temperature."""
        return 1.0 / min(self.rightward.beta, self.leftward.beta)


@dataclass(frozen=True, eq=False)
class AbstractGivenDistribution(AbstractMomentumDistribution):
    """A distribution that the user gives as a function G(p); see `MomentumDistribution`, `IsotropicDistribution`."""

    function: Callable[[RealArray], RealArray]
    scale: float
    structure: Sequence[float] = ()

    def __post_init__(self) -> None:
        require(callable(self.function), "function", "be callable", f"got {type(self.function).__name__}")
        object.__setattr__(self, "scale", positive_real(self.scale, "scale"))
        structure = tuple(finite_real(p, f"structure[{j}]") for j, p in enumerate(self.structure))
        object.__setattr__(self, "structure", structure)

    def __repr__(self) -> str:
        facts = [("scale", f"{self.scale:.6g}")]
        facts += [("structure", amounts(self.structure))] if self.structure else []
        of = "|p|, isotropic" if self.is_isotropic else "p"
        return described(f"momentum distribution, {function_in_words(self.function)} of {of}", *facts)

    def energy_scale(self, mass: float) -> float:
        """Kinetic energy at the momentum scale."""
        return float(self.scale**2 / (2 * mass))

    def structure_points(self, mass: float) -> tuple[float, ...]:
        """See `AbstractMomentumDistribution`."""
        return tuple(sorted({p**2 / (2 * mass) for p in self.structure if p != 0}))

    def density(self, momenta: RealArray) -> RealArray:
        """G at an array of momenta; refuse what is negative, not finite or of another shape, with the momentum."""
        try:
            # An exponential that overflows in a denominator is a zero.
            with np.errstate(over="ignore", under="ignore"):
                values = np.asarray(self.function(momenta), dtype=float)
        except Exception as error:
            raise UserCodeError(f"The momentum distribution failed at p = {momenta.flat[0]:.6g}: {error}") from error
        wanted = f"return G(p) >= 0, finite, in the shape {momenta.shape} of p"
        require(values.shape == momenta.shape, "function", wanted, f"has shape {values.shape}")
        bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
        if bad.size:
            came = f"got {values.flat[bad[0]]} at p = {momenta.flat[bad[0]]:.6g}"
            raise InputError(f"Argument `function` must {wanted}, but {came}.")
        return values

    def log_density(self, kinetic: RealArray, direction: int, mass: float, dimension: int) -> RealArray:
        """See `AbstractMomentumDistribution`."""
        p = np.sqrt(2 * mass * kinetic)
        with np.errstate(divide="ignore"):
            log_G = np.log(self.density(p if self.is_isotropic else direction * p))
        return np.asarray(dimension * np.log(2 * np.pi) + log_G)

    def check(self, dimension: int) -> None:
        """Refuse G that is not normalised in that many dimensions."""
        from scipy.integrate import IntegrationWarning, quad

        def integrand(angle: float) -> float:
            p = self.scale * np.tan(angle)
            G = self.density(np.array([abs(p) if self.is_isotropic else p]))[0]
            return float(G * SPHERES[dimension](p) * self.scale / np.cos(angle) ** 2)

        mirrored = [-p for p in self.structure] if self.is_isotropic else []
        near = self.scale * np.append(0.0, 4.0 ** -np.arange(13))
        places = np.unique(np.concatenate([q + np.append(near, -near) for q in (0.0, *self.structure, *mirrored)]))
        points = np.arctan(places / self.scale)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IntegrationWarning)
            end = 0.5 * np.pi - 1e-9
            total, error = quad(integrand, -end, end, points=points, limit=2000, epsrel=1e-9)
        require(
            abs(total - 1.0) <= NORMALISED + error,
            "function",
            "be normalised to one",
            f"its integral is {total:.9g}",
            "Divide it by that, or name the momenta where it changes in `structure`.",
        )


@dataclass(frozen=True, eq=False, repr=False)
class MomentumDistribution(AbstractGivenDistribution):
    """Any distribution on a line: a function G(p) of the momentum, normalised to one.

    Parameters
    ----------
    function : callable
        G(p) >= 0 at an array of momenta of both signs; it is called with arrays.
    scale : float
        A momentum beyond which it falls off: the width of a beam, the thermal momentum.
    structure : sequence of float
        Momenta at which it is not smooth, or near which it changes on a scale of its own (the centre of a beam).

    Raises
    ------
    InputError
        What cannot be called, a scale that is not positive; with a gas, G that is not normalised or not >= 0.
    UserCodeError
        The function fails; with the momentum.

    Examples
    --------
    >>> import numpy as np
    >>> beam = MomentumDistribution(lambda p: np.exp(-((p - 3) ** 2)) / np.sqrt(np.pi), scale=3.0, structure=[3.0])
    >>> beam.energy_scale(mass=1.0)
    4.5
    """

    @property
    def is_isotropic(self) -> bool:
        """False: a function may tell the directions apart."""
        return False


@dataclass(frozen=True, eq=False, repr=False)
class IsotropicDistribution(AbstractGivenDistribution):
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

    def __post_init__(self) -> None:
        super().__post_init__()
        require(all(p > 0 for p in self.structure), "structure", "hold positive momenta", f"got {self.structure}")
