r"""Spectral densities :math:`J(\omega) = \sum_k |g_k|^2 \delta(\omega - \omega_k)` and their formulas.

The Golden-Rule rate out of the system is :math:`2\pi J(1 \pm n)`. Densities quoted elsewhere often contain
the pi (or the 2 pi): the docstring of each family says what its parameters mean here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import RealArray, finite_real, positive_real, require
from equipoise.reservoirs import closed_forms
from equipoise.reservoirs.density import AbstractSpectralDensity


@dataclass(frozen=True)
class ExponentialCutoff:
    r"""Factor :math:`e^{-\omega/\omega_c}` of an Ohmic density."""

    frequency: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "frequency", positive_real(self.frequency, "cutoff.frequency"))


@dataclass(frozen=True)
class HardCutoff:
    r"""Factor :math:`\theta(\omega_c - \omega)` of an Ohmic density."""

    frequency: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "frequency", positive_real(self.frequency, "cutoff.frequency"))


@dataclass(frozen=True)
class Ohmic(AbstractSpectralDensity):
    r"""Ohmic family, :math:`J(\omega) = \eta\,\omega^s \omega_c^{1-s}\, c(\omega/\omega_c)` for omega > 0.

    c(x) = exp(-x) for an exponential cutoff, theta(1 - x) for a hard one. s < 1 is sub-Ohmic, s > 1
    super-Ohmic.

    Parameters
    ----------
    coupling : float
        eta >= 0, dimensionless.
    cutoff : float or ExponentialCutoff or HardCutoff
        omega_c > 0; a number means an exponential cutoff.
    exponent : float
        s > 0.

    Examples
    --------
    >>> float(Ohmic(0.5, cutoff=HardCutoff(8.0), exponent=2.0)(4.0))
    1.0
    """

    coupling: float
    cutoff: float | ExponentialCutoff | HardCutoff
    exponent: float = 1.0
    has_known_scales = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "coupling", _not_negative(self.coupling, "coupling"))
        object.__setattr__(self, "exponent", positive_real(self.exponent, "exponent"))
        if not isinstance(self.cutoff, ExponentialCutoff | HardCutoff):
            object.__setattr__(self, "cutoff", ExponentialCutoff(positive_real(self.cutoff, "cutoff")))

    @property
    def cutoff_frequency(self) -> float:
        """omega_c."""
        assert isinstance(self.cutoff, ExponentialCutoff | HardCutoff)
        return self.cutoff.frequency

    @property
    def support(self) -> tuple[float, float]:
        """(0, inf), or (0, omega_c) with a hard cutoff."""
        return 0.0, self.cutoff_frequency if isinstance(self.cutoff, HardCutoff) else np.inf

    def _evaluate(self, omega: RealArray) -> RealArray:
        x = omega / self.cutoff_frequency
        power = self.coupling * self.cutoff_frequency * x**self.exponent
        return np.asarray(power if isinstance(self.cutoff, HardCutoff) else power * np.exp(-x))

    def low_frequency_slope(self) -> float:
        """Return eta for s = 1, 0 above, inf below."""
        if self.coupling == 0 or self.exponent > 1:
            return 0.0
        return self.coupling if self.exponent == 1 else np.inf

    def structure_points(self) -> tuple[float, ...]:
        """Return omega_c."""
        return (self.cutoff_frequency,)

    def principal_value(self, omega: RealArray) -> RealArray | None:
        """Return the exponential integral for an exponential cutoff and s = 1, 2, 3, where it is accurate."""
        if isinstance(self.cutoff, HardCutoff) or self.exponent not in (1, 2, 3):
            return None
        x = omega / self.cutoff_frequency
        if not np.all(closed_forms.is_ohmic_form_accurate(x, int(self.exponent))):
            return None
        prefactor = self.coupling * self.cutoff_frequency
        return prefactor * closed_forms.ohmic_exponential(x, int(self.exponent))


@dataclass(frozen=True)
class DrudeLorentz(AbstractSpectralDensity):
    r"""Overdamped bath, :math:`J(\omega) = (2\lambda/\pi)\,\omega\,\omega_c/(\omega^2 + \omega_c^2)`.

    For omega > 0; the prefactor makes :math:`\lambda = \int_0^\infty J(\omega)/\omega\, d\omega`, which is
    minus the omega = 0 level shift.

    Parameters
    ----------
    reorganisation_energy : float
        lambda >= 0.
    cutoff : float
        omega_c > 0.

    Examples
    --------
    >>> round(float(np.pi * DrudeLorentz(0.5, cutoff=2.0)(2.0)), 12)
    0.5
    """

    reorganisation_energy: float
    cutoff: float
    has_known_scales = True

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "reorganisation_energy", _not_negative(self.reorganisation_energy, "reorganisation_energy")
        )
        object.__setattr__(self, "cutoff", positive_real(self.cutoff, "cutoff"))

    @property
    def support(self) -> tuple[float, float]:
        """(0, inf)."""
        return 0.0, np.inf

    def _evaluate(self, omega: RealArray) -> RealArray:
        x = omega / self.cutoff
        # Divided by x where x is large, so that x^2 cannot overflow.
        profile = np.where(x < 1, x / (1 + np.minimum(x, 1) ** 2), 1 / (x + 1 / np.maximum(x, 1)))
        return np.asarray(2 * self.reorganisation_energy / np.pi * profile)

    def low_frequency_slope(self) -> float:
        r"""Return :math:`2\lambda/(\pi\omega_c)`."""
        return 2 * self.reorganisation_energy / (np.pi * self.cutoff)

    def structure_points(self) -> tuple[float, ...]:
        """Return omega_c."""
        return (self.cutoff,)

    def principal_value(self, omega: RealArray) -> RealArray | None:
        r"""Return :math:`(2\lambda/\pi)(\pi/2 - x\log|x|)/(1 + x^2)`, x = omega/omega_c."""
        return 2 * self.reorganisation_energy / np.pi * closed_forms.drude(omega / self.cutoff)


@dataclass(frozen=True)
class Lorentzian(AbstractSpectralDensity):
    r"""One broadened level, :math:`J(\omega) = \frac{\Gamma}{2\pi}\,\frac{W^2}{(\omega - c)^2 + W^2}`.

    Parameters
    ----------
    rate : float
        Gamma >= 0, the Golden-Rule rate 2 pi J at the centre.
    centre : float
        c.
    half_width : float
        W > 0.

    Examples
    --------
    >>> round(float(2 * np.pi * Lorentzian(0.3, centre=1.0, half_width=0.1)(1.1)), 12)
    0.15
    """

    rate: float
    centre: float
    half_width: float
    has_known_scales = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", _not_negative(self.rate, "rate"))
        object.__setattr__(self, "centre", finite_real(self.centre, "centre"))
        object.__setattr__(self, "half_width", positive_real(self.half_width, "half_width"))

    @property
    def support(self) -> tuple[float, float]:
        """(-inf, inf)."""
        return -np.inf, np.inf

    def _evaluate(self, omega: RealArray) -> RealArray:
        x = (omega - self.centre) / self.half_width
        with np.errstate(over="ignore"):
            return np.asarray(self.rate / (2 * np.pi) / (1 + x**2))

    def low_frequency_slope(self) -> float:
        """Return inf: J does not vanish at omega = 0."""
        return np.inf if self.rate > 0 else 0.0

    def structure_points(self) -> tuple[float, ...]:
        """Return the centre and the two half-height points."""
        return self.centre - self.half_width, self.centre, self.centre + self.half_width

    def principal_value(self, omega: RealArray) -> RealArray:
        r"""Return :math:`-(\Gamma/2)\,x/(1 + x^2)`, x = (omega - c)/W."""
        x = (omega - self.centre) / self.half_width
        return self.rate / (2 * np.pi) * closed_forms.lorentzian(x)


@dataclass(frozen=True)
class Newns(AbstractSpectralDensity):
    r"""Semi-elliptic band, :math:`J(\omega) = \frac{\Gamma}{2\pi}\sqrt{1 - (\omega - c)^2/W^2}`.

    The band of a semi-infinite chain, seen from its end (Newns, 1969).

    Parameters
    ----------
    rate : float
        Gamma >= 0, the Golden-Rule rate 2 pi J at the centre.
    half_bandwidth : float
        W > 0.
    centre : float
        c.

    Examples
    --------
    >>> round(float(2 * np.pi * Newns(0.5, half_bandwidth=1.0)(0.6)), 12)
    0.4
    """

    rate: float
    half_bandwidth: float
    centre: float = 0.0
    has_known_scales = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", _not_negative(self.rate, "rate"))
        object.__setattr__(self, "half_bandwidth", positive_real(self.half_bandwidth, "half_bandwidth"))
        object.__setattr__(self, "centre", finite_real(self.centre, "centre"))

    @property
    def support(self) -> tuple[float, float]:
        """(c - W, c + W)."""
        return self.centre - self.half_bandwidth, self.centre + self.half_bandwidth

    def _evaluate(self, omega: RealArray) -> RealArray:
        # From the edges as they are rounded, not 1 - x^2: the root vanishes there and keeps its digits.
        lower, upper = self.support
        root = np.sqrt((omega - lower) * (upper - omega)) / self.half_bandwidth
        return np.asarray(self.rate / (2 * np.pi) * root)

    def low_frequency_slope(self) -> float:
        """Return inf where the band holds 0+, else 0."""
        return _slope_of_a_step(self.support, self.rate)

    def principal_value(self, omega: RealArray) -> RealArray | None:
        r"""Return :math:`-(\Gamma/2)\,x` in the band, x = (omega - c)/W, and what continues it outside."""
        return self.rate / (2 * np.pi) * closed_forms.semi_ellipse(omega, *self.support)


@dataclass(frozen=True)
class Flat(AbstractSpectralDensity):
    r"""Constant density, :math:`J(\omega) = \Gamma/2\pi` from `lower` to `upper` (wide band: infinite).

    The level shifts of a band without an edge diverge logarithmically: give it finite edges where they
    matter.

    Parameters
    ----------
    rate : float
        Gamma >= 0, the Golden-Rule rate 2 pi J.
    lower, upper : float
        Band edges, lower < upper; may be infinite.

    Examples
    --------
    >>> round(float(2 * np.pi * Flat(0.25)(-3.0)), 12)
    0.25
    """

    rate: float
    lower: float = -np.inf
    upper: float = np.inf
    has_known_scales = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", _not_negative(self.rate, "rate"))
        object.__setattr__(self, "lower", finite_real(self.lower, "lower", allow_infinite=True))
        object.__setattr__(self, "upper", finite_real(self.upper, "upper", allow_infinite=True))
        require(self.lower < self.upper, "upper", f"lie above `lower` = {self.lower}", f"got {self.upper}")

    @property
    def support(self) -> tuple[float, float]:
        """(lower, upper)."""
        return self.lower, self.upper

    def _evaluate(self, omega: RealArray) -> RealArray:
        return np.full(omega.shape, self.rate / (2 * np.pi))

    def low_frequency_slope(self) -> float:
        """Return inf where the band holds 0+, else 0."""
        return _slope_of_a_step(self.support, self.rate)

    def principal_value(self, omega: RealArray) -> RealArray | None:
        r"""Return :math:`(\Gamma/2\pi)\log|(b - \omega)/(\omega - a)|` for finite edges a, b."""
        if not np.all(np.isfinite(self.support)) or np.any(np.isin(omega, self.support)):
            return None  # divergent: left to the quadrature, which says so
        width, distance = self.upper - self.lower, omega - self.lower
        far = np.abs(distance) > 2 * width  # where the ratio is nearly one
        near = np.log(np.abs((self.upper - omega) / distance))
        logarithm = np.where(far, np.log1p(-width / np.where(far, distance, 2 * width)), near)
        return np.asarray(self.rate / (2 * np.pi) * logarithm)


def _slope_of_a_step(support: tuple[float, float], rate: float) -> float:
    return np.inf if rate > 0 and support[0] <= 0 < support[1] else 0.0


def _not_negative(value: object, name: str) -> float:
    number = finite_real(value, name)
    require(number >= 0, name, "be >= 0", f"got {number}")
    return number
