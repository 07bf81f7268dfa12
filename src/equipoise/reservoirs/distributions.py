r"""Occupations of reservoir modes: which n(omega) a field has, and the exponent that fixes its rates.

Everything follows from one number per frequency, the exponent

.. math:: x(\omega) = \log\frac{1 \pm n(\omega)}{n(\omega)}, \qquad n = \frac{1}{e^{x} \mp 1}

(upper sign bosons). It is the logarithm of the ratio of the rates out of and into the system, so the local
KMS condition (Accardi & Imafuku, 2002) holds by construction: nothing is subtracted that was large.
"""

from __future__ import annotations

import abc
import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import InputError, RealArray, asked_by_name, finite_real, require
from equipoise.tolerances import ROUNDED


class Statistics(enum.Enum):
    """Statistics of the quanta of a reservoir; 1 + sign n is the factor of an emission."""

    BOSON = "boson"
    FERMION = "fermion"

    @property
    def sign(self) -> int:
        """+1 for bosons, -1 for fermions."""
        return 1 if self is Statistics.BOSON else -1


class AbstractDistribution(abc.ABC):
    """Occupation n(omega) of the modes of a reservoir, with its statistics.

    A distribution may differ between the momentum branches +k and -k of one energy: every method takes
    `branch`.
    """

    statistics: Statistics

    @property
    def is_branch_independent(self) -> bool:
        """Whether n depends on energy alone by construction (False: it may depend on the branch)."""
        return True

    @abc.abstractmethod
    def exponent(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        r"""Return :math:`x = \log[(1 \pm n)/n]` at `omega`; infinite at zero temperature."""

    def occupation(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        r"""Return the mean occupation :math:`n = 1/(e^x \mp 1)`, to full relative accuracy until underflow.

        Raises
        ------
        InputError
            For bosons with x <= 0 (at or below the chemical potential), where no occupation exists.
        """
        return occupation_at(self.statistics, self._admissible_exponent(omega, branch))[()]

    def log_occupation(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        """Return log n, also where n itself underflows."""
        return log_occupation_at(self.statistics, self._admissible_exponent(omega, branch))[()]

    def log_complement(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        r"""Return :math:`\log(1 \pm n)`, the logarithm of the factor of an emission into the reservoir."""
        return log_complement_at(self.statistics, self._admissible_exponent(omega, branch))[()]

    def local_inverse_temperature(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        r"""Return the temperature function :math:`\beta(\omega) = x/\omega` of the local KMS condition.

        Raises
        ------
        InputError
            At omega = 0, unless the distribution has a limit there.
        """
        points = _frequencies(omega)
        require(bool(np.all(points != 0)), "omega", "be nonzero for a local inverse temperature x/omega", "contains 0")
        return np.asarray(self.exponent(points, branch) / points)[()]

    def structure_points(self) -> tuple[float, ...]:
        """Return the frequencies at which n is not smooth, or nearly so, for quadratures."""
        return ()

    def thermal_scale(self) -> float:
        """Return the smallest scale on which n changes there and above band edges; infinite where unknown."""
        return float(np.inf)

    def _admissible_exponent(self, omega: ArrayLike, branch: int) -> RealArray:
        x = np.asarray(self.exponent(omega, branch))
        if self.statistics is Statistics.BOSON:
            bad = ~(x > 0)
            if bad.any():
                points = np.broadcast_to(_frequencies(omega), x.shape)
                index = int(np.argmax(bad))
                raise InputError(self._no_bosonic_occupation(float(points.flat[index]), float(x.flat[index])))
        return x

    def _no_bosonic_occupation(self, omega: float, x: float) -> str:
        return (
            "Argument `omega` must have an exponent x = log[(1 + n)/n] > 0 for a bosonic occupation, "
            f"but x = {x:.6g} at omega = {omega:.6g}. Raise the energy of the mode, or change {self!r}."
        )


@dataclass(frozen=True)
class Thermal(AbstractDistribution):
    r"""Bose-Einstein or Fermi-Dirac occupation, :math:`x(\omega) = \beta(\omega - \mu)`.

    At zero temperature (beta = inf) x is +inf above mu and -inf below. At omega = mu exactly a fermionic mode
    is half filled (x = 0) and a bosonic one empty (x = inf).

    Parameters
    ----------
    statistics : Statistics
    inverse_temperature : float
        beta, in the inverse of the Hamiltonian's unit. Bosons: > 0. Fermions: any, also negative. May be
        infinite.
    chemical_potential : float
        mu, in the Hamiltonian's unit.

    Raises
    ------
    InputError
        For NaN, and for beta <= 0 with bosons.

    Examples
    --------
    >>> float(Thermal(Statistics.FERMION, 2.0, chemical_potential=1.0).occupation(1.0))
    0.5
    """

    statistics: Statistics
    inverse_temperature: float
    chemical_potential: float = 0.0

    def __post_init__(self) -> None:
        _require_statistics(self.statistics)
        beta = finite_real(self.inverse_temperature, "inverse_temperature", allow_infinite=True)
        require(
            self.statistics is Statistics.FERMION or beta > 0,
            "inverse_temperature",
            "be positive for bosons (negative temperature is for fermions only)",
            f"got {beta}",
        )
        object.__setattr__(self, "inverse_temperature", beta)
        object.__setattr__(self, "chemical_potential", finite_real(self.chemical_potential, "chemical_potential"))

    def exponent(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        r"""Return :math:`\beta(\omega - \mu)`."""
        _require_branch(branch)
        distance = np.asarray(_frequencies(omega) - self.chemical_potential)
        if np.isfinite(self.inverse_temperature):
            with np.errstate(over="ignore"):  # an exponent beyond double range is one at zero temperature
                return np.asarray(self.inverse_temperature * distance)[()]
        at_mu = 0.0 if self.statistics is Statistics.FERMION else np.inf
        side = np.where(np.sign(distance) == np.sign(self.inverse_temperature), np.inf, -np.inf)
        return np.asarray(np.where(distance == 0, at_mu, side))[()]

    def local_inverse_temperature(self, omega: ArrayLike, branch: int = 1) -> RealArray:
        r"""Return :math:`\beta(1 - \mu/\omega)`; at mu = 0 this is beta, also at omega = 0."""
        if self.chemical_potential == 0:
            _require_branch(branch)
            return np.full(np.shape(omega), self.inverse_temperature)[()]
        return super().local_inverse_temperature(omega, branch)

    def structure_points(self) -> tuple[float, ...]:
        """Return mu."""
        return (self.chemical_potential,)

    def thermal_scale(self) -> float:
        """Return abs(T); infinite and zero where beta is 0 and infinite."""
        beta = abs(self.inverse_temperature)
        return 1 / beta if beta else float(np.inf)

    def _no_bosonic_occupation(self, omega: float, x: float) -> str:
        return (
            "Argument `omega` must lie above the chemical potential of a bosonic reservoir, "
            f"but omega = {omega:.6g} with mu = {self.chemical_potential:.6g}. Lower mu below the band."
        )


@asked_by_name
def bose_einstein(
    *,
    temperature: float | None = None,
    inverse_temperature: float | None = None,
    chemical_potential: float = 0.0,
) -> Thermal:
    r"""Return the Bose-Einstein occupation :math:`n = 1/(e^{\beta(\omega-\mu)} - 1)`.

    Parameters
    ----------
    temperature, inverse_temperature : float
        Exactly one of the two; k_B = 1. Zero temperature is allowed, a negative one is not.
    chemical_potential : float
        mu, below the band of the reservoir (0 for a band that starts at 0).

    Raises
    ------
    InputError
        For none or both temperatures, a negative or NaN one.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(bose_einstein(temperature=1.0).occupation(np.log(2.0))), 12)
    1.0
    """
    return Thermal(Statistics.BOSON, _beta(temperature, inverse_temperature, Statistics.BOSON), chemical_potential)


@asked_by_name
def fermi_dirac(
    *,
    temperature: float | None = None,
    inverse_temperature: float | None = None,
    chemical_potential: float = 0.0,
) -> Thermal:
    r"""Return the Fermi-Dirac occupation :math:`n = 1/(e^{\beta(\omega-\mu)} + 1)`.

    Parameters
    ----------
    temperature, inverse_temperature : float
        Exactly one of the two; k_B = 1. Zero temperature is allowed, and so is a negative one (population
        inversion).
    chemical_potential : float
        mu, in the Hamiltonian's unit.

    Raises
    ------
    InputError
        For none or both temperatures, or a NaN one.

    Examples
    --------
    >>> float(fermi_dirac(temperature=0.0, chemical_potential=1.0).occupation(0.9))
    1.0
    """
    return Thermal(Statistics.FERMION, _beta(temperature, inverse_temperature, Statistics.FERMION), chemical_potential)


def require_energy_only(distribution: AbstractDistribution, omega: RealArray, reservoir: str) -> None:
    """Refuse a distribution whose two momentum branches differ at one of these energies."""
    if distribution.is_branch_independent or omega.size == 0:
        return
    forward, backward = (np.asarray(distribution.exponent(omega, branch)) for branch in (1, -1))
    scale = np.maximum(np.abs(forward), np.abs(backward))
    differ = (forward != backward) & ~(np.abs(forward - backward) <= ROUNDED * scale)
    if differ.any():
        i = int(np.argmax(differ))
        raise InputError(
            f"The distribution of reservoir {reservoir!r} must not depend on the momentum branch where "
            f"energy alone is used, but at omega = {omega[i]:.6g} the exponent is {forward[i]:.6g} on "
            f"branch +1 and {backward[i]:.6g} on branch -1. Use a mixture state of the continuum instead."
        )


def _beta(temperature: float | None, inverse_temperature: float | None, statistics: Statistics) -> float:
    require(
        (temperature is None) != (inverse_temperature is None),
        "temperature",
        "be given, or else `inverse_temperature`: exactly one of the two",
        "got both" if temperature is not None else "got neither",
    )
    if inverse_temperature is not None:
        return finite_real(inverse_temperature, "inverse_temperature", allow_infinite=True)
    value = finite_real(temperature, "temperature", allow_infinite=True)
    if statistics is Statistics.BOSON:
        allowed = "be >= 0 for bosons (0 is allowed, a negative temperature is for fermions only)"
        require(value >= 0, "temperature", allowed, f"got {value}")
        has_occupation = "be finite for bosons (an infinite one has no occupation)"
        require(bool(np.isfinite(value)), "temperature", has_occupation, f"got {value}")
    return float(np.inf) if value == 0 else 1.0 / value


def occupation_at(statistics: Statistics, x: RealArray) -> RealArray:
    r""":math:`n = 1/(e^x \mp 1)` from the exponent, to full relative accuracy until underflow."""
    if statistics is Statistics.BOSON:
        return np.asarray(np.exp(-x) / -np.expm1(-x))
    small = np.exp(-np.abs(x))  # expit would flush the denormal range to zero
    return np.asarray(np.where(x > 0, small, 1.0) / (1 + small))


def log_occupation_at(statistics: Statistics, x: RealArray) -> RealArray:
    r""":math:`\log n` from the exponent."""
    return np.asarray(log_complement_at(statistics, x) - x if statistics is Statistics.BOSON else -np.logaddexp(0.0, x))


def log_complement_at(statistics: Statistics, x: RealArray) -> RealArray:
    r""":math:`\log(1 \pm n) = \mp\log(1 \mp e^{-x})` from the exponent."""
    if statistics is Statistics.FERMION:
        return np.asarray(-np.logaddexp(0.0, -x))
    with np.errstate(divide="ignore"):
        # expm1 below log 2, log1p above, where each keeps its relative accuracy.
        return np.asarray(-np.where(x < np.log(2.0), np.log(-np.expm1(-x)), np.log1p(-np.exp(-x))))


def _frequencies(omega: ArrayLike) -> RealArray:
    points = np.asarray(omega, dtype=float)
    require(bool(np.all(np.isfinite(points))), "omega", "be finite", "contains NaN or infinity")
    return points


def _require_statistics(statistics: object) -> None:
    known = isinstance(statistics, Statistics)
    require(known, "statistics", "be Statistics.BOSON or Statistics.FERMION", f"got {statistics!r}")


def _require_branch(branch: int) -> None:
    require(branch in (1, -1), "branch", "be +1 or -1", f"got {branch!r}")
