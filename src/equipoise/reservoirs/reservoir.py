r"""A reservoir: a name, the occupation of its modes and their spectral density; the rates that follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, InputError, RealArray, require, require_type
from equipoise._printed import amount, described, preformatted
from equipoise.linalg.limit_at_zero import limit_at_zero
from equipoise.reservoirs.correlated import CorrelatedDensity
from equipoise.reservoirs.density import AbstractSpectralDensity
from equipoise.reservoirs.distributions import (
    AbstractDistribution,
    Statistics,
    Thermal,
    _frequencies,
    require_energy_only,
)
from equipoise.reservoirs.environment import AbstractEnvironment
from equipoise.reservoirs.level_shifts import Shifts

ShiftPart = Callable[[Shifts, RealArray], RealArray]


@dataclass(frozen=True)
class Reservoir(AbstractEnvironment):
    r"""Field of free quanta coupled to the system by :math:`\sum_r D_r \otimes A_r^\dagger + h.c.`

    The out-process (operator D, a quantum given to the reservoir) has the rate :math:`2\pi J(\omega)(1 \pm
    n)`, the in-process (operator :math:`D^\dagger`) the rate :math:`2\pi J(\omega) n(\omega)`, both at the
    frequency omega = E_before - E_after of the out-process. Bosons: J = 0 for omega <= 0. Fermions: omega of
    any sign.

    Parameters
    ----------
    name : str
        Label in every table.
    distribution : AbstractDistribution, optional
        Occupation of the modes. A reservoir that only labels jump operators may lack it.
    spectral_density : AbstractSpectralDensity, optional
        J(omega). A reservoir without it has a temperature but no rates of its own.

    Raises
    ------
    InputError
        For an empty name, or a bosonic chemical potential that does not lie below the band.

    References
    ----------
    Accardi & Imafuku, "Dynamical detailed balance and local KMS condition for non-equilibrium states" (2002),
    Eq. (20): the rates are twice the real parts of its ``gamma_-`` (out) and ``gamma_+`` (in).

    Examples
    --------
    >>> import numpy as np
    >>> from equipoise.reservoirs import Ohmic, bose_einstein
    >>> bath = Reservoir("bath", bose_einstein(temperature=0.5), Ohmic(0.1, cutoff=10.0))
    >>> round(float(bath.log_rate_out(1.0) - bath.log_rate_in(1.0)), 12)
    2.0
    """

    name: str
    distribution: AbstractDistribution | None = None
    spectral_density: AbstractSpectralDensity | None = None

    def __post_init__(self) -> None:
        is_named = isinstance(self.name, str) and bool(self.name)
        require(is_named, "name", "be a non-empty string", f"got {self.name!r}")
        if self.distribution is not None:
            kind = "a distribution (such as bose_einstein(temperature=1.0)) or None"
            require_type(self.distribution, AbstractDistribution, "distribution", kind)
        if self.spectral_density is not None:
            wrap = "Wrap a function: equipoise.reservoirs.CallableDensity(function, support)."
            remedy = wrap if callable(self.spectral_density) else ""
            kind = "a spectral density or None"
            require_type(self.spectral_density, AbstractSpectralDensity, "spectral_density", kind, remedy)
        self._require_bosons_below_the_band()

    def __repr__(self) -> str:
        beta, mu = self.inverse_temperature, self.chemical_potential
        facts = [] if self.distribution is None else [("distribution", type(self.distribution).__name__)]
        facts += [(name, amount(value)) for name, value in (("beta", beta), ("mu", mu)) if value is not None]
        if self.spectral_density is not None:
            facts.append(("density", repr(self.spectral_density)))
        return described(f"reservoir {self.name!r}", *facts)

    def _repr_html_(self) -> str:
        """The printed form, for notebooks."""
        return preformatted(self)

    @property
    def statistics(self) -> Statistics:
        """Statistics of the quanta; raises InputError where there is no distribution."""
        return self._distribution("statistics").statistics

    @property
    def inverse_temperature(self) -> float | None:
        """Inverse temperature beta of a thermal reservoir, else None."""
        return self.distribution.inverse_temperature if isinstance(self.distribution, Thermal) else None

    @property
    def chemical_potential(self) -> float | None:
        """Chemical potential mu of a thermal reservoir, else None."""
        return self.distribution.chemical_potential if isinstance(self.distribution, Thermal) else None

    @property
    def channels(self) -> int:
        """Number of correlated channels K of the spectral density (1 unless it is a CorrelatedDensity)."""
        density = self.spectral_density
        return density.channels if isinstance(density, CorrelatedDensity) else 1

    def log_rate_out(self, omega: ArrayLike) -> RealArray:
        r"""Return :math:`\log[2\pi J(1 \pm n)]` at omega, the log rate of quanta given to the reservoir.

        -inf where J = 0. For bosons at omega = 0 it is half of the pure-dephasing rate
        :math:`G_0 = \lim_{\omega\to 0^+} 2\pi J(\omega) n(\omega)`, and so is the in-rate: the band edge
        takes half of the delta function in each process, and for a Hermitian D the halves add to the textbook
        rate (:math:`2\pi\eta T` for an Ohmic bath).

        Parameters
        ----------
        omega : array_like
            E_before - E_after of the out-process, any shape.

        Returns
        -------
        ndarray, shape of `omega`

        Raises
        ------
        InputError
            If the distribution or density is missing or invalid at a frequency, if it depends on the momentum
            branch, or if the dephasing rate at omega = 0 diverges (sub-Ohmic bath).
        """
        return self._log_rate(omega, outward=True)

    def log_rate_in(self, omega: ArrayLike) -> RealArray:
        r"""Return :math:`\log[2\pi J(\omega) n(\omega)]`, the log rate of quanta taken from the reservoir.

        Conventions, shapes and errors as in :meth:`log_rate_out`; the difference of the two is the exponent
        of the distribution (KMS), to round-off, also where the in-rate underflows.
        """
        return self._log_rate(omega, outward=False)

    def rate_out(self, omega: ArrayLike) -> RealArray:
        r"""Return :math:`2\pi J(1 \pm n)`; see :meth:`log_rate_out`."""
        return np.asarray(np.exp(self.log_rate_out(omega)))[()]

    def rate_in(self, omega: ArrayLike) -> RealArray:
        r"""Return :math:`2\pi J n`; see :meth:`log_rate_in`."""
        return np.asarray(np.exp(self.log_rate_in(omega)))[()]

    def rate_matrix_out(self, omega: ArrayLike) -> ComplexArray:
        r"""Return :math:`2\pi J_{ab}(1 \pm n)`, factors of :math:`D_a\rho D_b^\dagger`, shape (..., K, K)."""
        return self._rate_matrix(omega, self.rate_out(omega))

    def rate_matrix_in(self, omega: ArrayLike) -> ComplexArray:
        r"""Return :math:`2\pi J_{ab}^* n`, factors of :math:`D_a^\dagger\rho D_b`, shape (..., K, K)."""
        return self._rate_matrix(omega, self.rate_in(omega)).conj()

    def level_shift_out(self, omega: ArrayLike) -> RealArray:
        r"""Return :math:`S_{out} = -P\!\int J(v)(1 \pm n(v))/(v - \omega)\,dv`, the shift by out-processes.

        The Lamb shift is :math:`\sum_\omega S_{out}(\omega) D_\omega^\dagger D_\omega - S_{in}(\omega)
        D_\omega D_\omega^\dagger` over Bohr frequencies of both signs, those of the counter-rotating
        processes included.

        Parameters
        ----------
        omega : array_like
            E_before - E_after of the out-process, any sign and shape; thousands at once cost little more than
            one.

        Returns
        -------
        ndarray, shape of `omega`

        Raises
        ------
        NumericalError
            Where the integral diverges: at a sharp band edge, at a Fermi level at T = 0, at omega = 0 of an
            Ohmic bath (use :meth:`level_shift_difference`), or everywhere for a band without edges or a
            bosonic density that does not vanish at omega = 0.

        References
        ----------
        Accardi & Imafuku (2002), Eq. (20), the imaginary part of ``gamma_-``; its first line has a misprinted
        sign.

        Examples
        --------
        A band that is half filled throughout (infinite temperature) shifts a level at omega towards itself by
        half of its occupation-free self-energy, (Gamma/2) omega/W:

        >>> from equipoise.reservoirs import Newns, fermi_dirac
        >>> lead = Reservoir("lead", fermi_dirac(inverse_temperature=0.0), Newns(0.4, half_bandwidth=2.0))
        >>> round(float(lead.level_shift_out(1.0)), 12)
        0.05
        """
        return self._level_shift(Shifts.outward, omega)

    def level_shift_in(self, omega: ArrayLike) -> RealArray:
        r"""Return :math:`S_{in}(\omega) = -P\!\int J(v)\,n(v)/(v - \omega)\,dv`, the shift by in-processes.

        It enters the Lamb shift with a minus sign; conventions and errors as in :meth:`level_shift_out`.
        """
        return self._level_shift(Shifts.inward, omega)

    def level_shift_difference(self, omega: ArrayLike) -> RealArray:
        r"""Return :math:`S_{out}(\omega) - S_{in}(\omega)`, the shift where :math:`D_\omega` is normal.

        The factor of :math:`D_\omega^\dagger D_\omega = D_\omega D_\omega^\dagger`:
        :math:`-P\!\int J/(v - \omega)` for bosons and :math:`-P\!\int J(1 - 2n)/(v - \omega)` for fermions.
        At omega = 0 it stays finite where both parts of an Ohmic bath diverge: :math:`-\int J(v)/v\,dv`.

        Examples
        --------
        >>> from equipoise.reservoirs import DrudeLorentz, bose_einstein
        >>> bath = Reservoir("bath", bose_einstein(temperature=2.0), DrudeLorentz(0.3, cutoff=5.0))
        >>> round(float(bath.level_shift_difference(0.0)), 12)
        -0.3
        """
        return self._level_shift(Shifts.difference, omega)

    def level_shift_symmetric(self, omega: ArrayLike) -> RealArray:
        r"""Return :math:`S_{out}(\omega) - S_{in}(-\omega)`, the shift where D is Hermitian.

        For a Hermitian D, :math:`D_{-\omega} = D_\omega^\dagger`, so this alone, summed over Bohr frequencies
        of both signs, is the Lamb shift. It stays finite for an Ohmic bath as omega -> 0, where it is the
        difference.
        """
        return self._level_shift(Shifts.symmetric, omega)

    def level_shift_matrix_out(self, omega: ArrayLike) -> ComplexArray:
        r"""Return S_out of correlated channels, the factors of :math:`D_b^\dagger D_a`, shape (..., K, K)."""
        return self._shift_matrix(Shifts.outward, omega)

    def level_shift_matrix_in(self, omega: ArrayLike) -> ComplexArray:
        r"""Return S_in of correlated channels, factors of :math:`-D_b D_a^\dagger`, shape (..., K, K)."""
        return self._shift_matrix(Shifts.inward, omega).conj()

    def level_shift_matrix_difference(self, omega: ArrayLike) -> ComplexArray:
        r"""Return the matrix of S_out - S_in, for channels that commute with adjoints, shape (..., K, K)."""
        return self._shift_matrix(Shifts.difference, omega)

    def _level_shift(self, part: ShiftPart, omega: ArrayLike) -> RealArray:
        density = self._density("a level shift")
        scalar = density.density if isinstance(density, CorrelatedDensity) else density
        shifts = Shifts(self.name, self._distribution("a level shift"), scalar)
        points = _frequencies(omega)
        return np.asarray(part(shifts, points.ravel())).reshape(points.shape)[()]

    def _shift_matrix(self, part: ShiftPart, omega: ArrayLike) -> ComplexArray:
        density, distribution = self._density("a level shift"), self._distribution("a level shift")
        if not isinstance(density, CorrelatedDensity):
            return np.asarray(self._level_shift(part, omega), dtype=complex)[..., None, None]
        points = _frequencies(omega)
        return density.by_polarisation(
            lambda scalar: part(Shifts(self.name, distribution, scalar), points.ravel()).reshape(points.shape)
        )

    def _rate_matrix(self, omega: ArrayLike, rates: RealArray) -> ComplexArray:
        density = self.spectral_density
        if not isinstance(density, CorrelatedDensity):
            return np.asarray(rates, dtype=complex)[..., None, None]
        points, rates = _frequencies(omega), np.asarray(rates)
        matrices = np.zeros((*points.shape, density.channels, density.channels), dtype=complex)
        open_ = rates > 0  # a function C(omega) is not asked where there is nothing to correlate
        matrices[open_] = rates[open_][..., None, None] * density.correlation_matrix(points[open_])
        return matrices

    def _log_rate(self, omega: ArrayLike, *, outward: bool) -> RealArray:
        quantity = "a rate"
        distribution, density = self._distribution(quantity), self._density(quantity)
        given = _frequencies(omega)
        points = given.ravel()
        result = np.full(points.shape, -np.inf)
        in_band = points > 0 if distribution.statistics is Statistics.BOSON else np.ones(points.shape, dtype=bool)
        values = np.asarray(density(points[in_band]))
        in_band[in_band] = values > 0
        inside, values = points[in_band], values[values > 0]
        require_energy_only(distribution, inside, self.name)
        factor = distribution.log_complement(inside) if outward else distribution.log_occupation(inside)
        result[in_band] = np.log(2 * np.pi * values) + factor
        if distribution.statistics is Statistics.BOSON and np.any(points == 0):
            result[points == 0] = self._log_half_dephasing_rate()
        return result.reshape(given.shape)[()]

    def _log_half_dephasing_rate(self) -> float:
        """log of pi * lim J n, bosons at omega = 0."""
        distribution, density = self._distribution("a rate"), self._density("a rate")
        if density.support[0] > 0 or density.support[1] <= 0:
            return -np.inf

        def product(v: RealArray) -> RealArray:
            require_energy_only(distribution, v, self.name)
            return np.asarray(density(v)) * np.asarray(distribution.occupation(v))

        if isinstance(distribution, Thermal):
            # omega n is T at mu = 0, and vanishes below; so it does at T = 0.
            beta = distribution.inverse_temperature
            slope = density.low_frequency_slope() if distribution.chemical_potential == 0 and beta < np.inf else 0.0
            rate = 0.0 if slope == 0 else np.inf if beta == 0 else slope / beta
        else:
            rate = limit_at_zero(product, f"J n of reservoir {self.name!r}").value
        if not np.isfinite(rate):
            raise InputError(
                f"The pure dephasing rate of reservoir {self.name!r} diverges at omega = 0: J n grows "
                "unbounded as omega -> 0+. Use s >= 1, or remove the diagonal part of D."
            )
        return float(np.log(np.pi * rate)) if rate > 0 else -np.inf

    def _require_bosons_below_the_band(self) -> None:
        thermal, density = self.distribution, self.spectral_density
        if not isinstance(thermal, Thermal) or thermal.statistics is Statistics.FERMION or density is None:
            return
        edge = max(density.support[0], 0.0)
        mu = thermal.chemical_potential
        require(
            mu < edge or mu == edge == 0,
            "chemical_potential",
            f"lie below the band edge {edge:.6g} of reservoir {self.name!r} (0 is allowed for a band from 0)",
            f"is mu = {mu:.6g}: bosonic chemical potential {'at' if mu == edge else 'above'} the band",
            "Lower mu, or raise the lower edge of the spectral density.",
        )

    def _distribution(self, quantity: str) -> AbstractDistribution:
        if self.distribution is None:
            raise InputError(
                f"Reservoir {self.name!r} has no `distribution`, which {quantity} needs. "
                "Give it one, such as bose_einstein(temperature=1.0)."
            )
        return self.distribution

    def _density(self, quantity: str) -> AbstractSpectralDensity:
        if self.spectral_density is None:
            raise InputError(
                f"Reservoir {self.name!r} has no `spectral_density`, which {quantity} needs. "
                "Give it one, such as Ohmic(coupling=0.01, cutoff=10.0)."
            )
        return self.spectral_density


def require_one_for_each_name(reservoirs: Iterable[tuple[str, Reservoir]]) -> dict[str, Reservoir]:
    """The reservoirs by name; refuse two that differ under one name. Each comes with what the caller calls it."""
    first: dict[str, Reservoir] = {}
    for called, reservoir in reservoirs:
        known = first.setdefault(reservoir.name, reservoir)
        require(
            known is reservoir or known == reservoir,
            called,
            "be one object for one name",
            f"a different reservoir is already called {reservoir.name!r}",
            "Use one Reservoir for all that it causes, or give the second another name.",
        )
    return first
