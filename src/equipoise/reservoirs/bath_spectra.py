"""Correlation spectra of baths, computed, tabulated or measured, and how well they satisfy the KMS condition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise._checks import ComplexArray, InputError, NumericalError, RealArray, finite_real, require
from equipoise._printed import amount, counted, described, table
from equipoise.reservoirs._callables import evaluate, evaluate_complex, finite_vector
from equipoise.tolerances import GIVEN_FUNCTION


@dataclass(frozen=True, eq=False, kw_only=True)
class SpectralKMS:
    """How well `G(-omega) = exp(-beta omega) G(omega)` holds, pair of frequencies by pair.

    Parameters
    ----------
    frequencies : RealArray, shape (n,)
        omega > 0, ascending.
    residuals : RealArray, shape (n,)
        `(e^(beta w/2) G(-w) - e^(-beta w/2) G(w)) / (their sum)`, from -1 to 1 for a positive spectrum: half the error
        of the log ratio where that is small. Positive: too much absorption, the bath is hotter than beta says.
    local_inverse_temperatures : RealArray, shape (n,)
        `log(G(w)/G(-w)) / w`; infinite where only G(w) is positive, minus infinite where only G(-w) is, 0 where
        neither is.
    fitted_inverse_temperature : float or None
        The one beta that fits all pairs best (by the error bars where given); None if no pair is positive.
    chi_squared : float or None
        Sum over pairs of (residual over its error)^2; None without error bars.
    probability : float or None
        That errors of this size alone make chi^2 so large; small: the condition is violated.
    """

    frequencies: RealArray
    residuals: RealArray
    local_inverse_temperatures: RealArray
    fitted_inverse_temperature: float | None
    chi_squared: float | None = None
    probability: float | None = None

    @property
    def worst(self) -> float:
        """Largest modulus of the residuals."""
        return float(np.abs(self.residuals).max(initial=0.0))

    def __repr__(self) -> str:
        fitted = self.fitted_inverse_temperature
        facts = [("worst residual", f"{self.worst:.3g}")]
        facts += [("fitted beta", "none: no pair is positive" if fitted is None else amount(fitted))]
        if self.chi_squared is not None and self.probability is not None:
            facts += [("chi squared", f"{amount(self.chi_squared)} on {counted(self.frequencies.size, 'pair')}")]
            facts += [("probability", f"{self.probability:.3g}, that errors alone make it so large")]
        columns = ["omega", "residual", "local beta"]
        values = zip(self.frequencies, self.residuals, self.local_inverse_temperatures, strict=True)
        rows = [[amount(w), f"{residual:.3g}", amount(beta)] for w, residual, beta in values]
        return described("KMS condition of a spectral function", *facts, below=table(columns, rows, "pair"))


@dataclass(frozen=True, eq=False, kw_only=True)
class CorrelationSpectrum:
    r"""Correlation spectrum of a bath, :math:`G(\omega) = \int dt\, e^{i\omega t}\langle B(t) B(0)\rangle`.

    At omega > 0 the bath absorbs what the system emits. This constructor takes measured values, :meth:`of_function` a
    formula, :meth:`of_samples` samples of the correlation in time, and :func:`correlation_spectrum` a function of time.

    Parameters
    ----------
    frequencies, values : array_like, shape (n,)
        omega, and G there, real; measured values may be negative by noise.
    errors : RealArray, shape (n,), or None
        Absolute error that a computation expects of the values.

    Raises
    ------
    InputError
        Arrays that are not finite, or differ in shape.

    Examples
    --------
    >>> measured = CorrelationSpectrum(frequencies=[-1.0, 1.0], values=[0.25, 1.0])
    >>> round(measured.kms_residual(1.0).fitted_inverse_temperature, 6)
    1.386294
    """

    frequencies: RealArray
    values: RealArray
    errors: RealArray | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "frequencies", finite_vector(self.frequencies, "frequencies"))
        object.__setattr__(self, "values", self._like_frequencies(self.values, "values"))

    @classmethod
    def of_function(cls, spectrum: Callable[..., float], omega: ArrayLike) -> CorrelationSpectrum:
        """Evaluate a function G(omega), of an array or of one number, at these frequencies and at their negatives.

        Raises
        ------
        UserCodeError
            If the function fails (at which frequency).

        Examples
        --------
        >>> def bath(w, beta=2.0):
        ...     return w / -np.expm1(-beta * w)
        >>> found = CorrelationSpectrum.of_function(bath, [0.5, 1.0, 3.0]).kms_residual(2.0)
        >>> found.worst < 1e-15, round(found.fitted_inverse_temperature, 12)
        (True, 2.0)
        """
        points = finite_vector(omega, "omega")
        positive = np.unique(np.abs(points[points != 0]))
        both = np.concatenate([positive, -positive])
        return cls(frequencies=both, values=evaluate(spectrum, both, "spectrum"))

    @classmethod
    def of_samples(cls, times: ArrayLike, correlation: ArrayLike, omega: ArrayLike) -> CorrelationSpectrum:
        """Spectrum of a bath from samples of its correlation function at times t >= 0, in any spacing.

        `2 Re int_0^T dt exp(i omega t) C(t)` with C linear between the samples, integrated exactly: no period is
        assumed, and omega need not lie on a grid. The error estimate compares with every second sample, and adds
        `2 |C(T)| / max(|omega|, 1/T)` for what lies beyond the end.

        Parameters
        ----------
        times : array_like, shape (T,)
            Ascending, from 0.
        correlation : array_like, shape (T,)
            `C(t) = <B(t) B(0)>`, complex.
        omega : array_like, shape (n,)

        Raises
        ------
        InputError
            Times that do not ascend from zero, fewer than five, shapes that differ.

        Examples
        --------
        >>> t = np.linspace(0, 20, 2001)
        >>> found = CorrelationSpectrum.of_samples(t, np.exp(-2.0 * t), [0.0, 1.0])
        >>> bool(np.all(np.abs(found.values - [1.0, 0.8]) <= 2 * found.errors)), bool(np.all(found.errors < 1e-3))
        (True, True)
        """
        t, C = np.asarray(times, dtype=float), np.asarray(correlation, dtype=complex)
        require(t.ndim == 1 and t.size >= 5, "times", "hold at least five times, shape (T,)", f"has shape {t.shape}")
        require(
            t[0] == 0.0 and bool(np.all(np.diff(t) > 0)),
            "times",
            "ascend from 0",
            f"starts at {t[0]:.6g}",
            "Sort them.",
        )
        require(C.shape == t.shape, "correlation", f"have shape {t.shape} like times", f"has shape {C.shape}")
        require(bool(np.isfinite(C).all()), "correlation", "be finite", "holds infinities or NaN")
        w = finite_vector(np.atleast_1d(omega), "omega")
        kept = np.union1d(np.arange(0, t.size, 2), [t.size - 1])
        fine, coarse = _piecewise(t, C, w), _piecewise(t[kept], C[kept], w)
        tail = 2 * abs(C[-1]) / np.maximum(np.abs(w), 1 / t[-1])
        return cls(frequencies=w, values=fine, errors=np.abs(fine - coarse) + tail)

    def kms_residual(self, inverse_temperature: float, standard_deviations: ArrayLike | None = None) -> SpectralKMS:
        """Residual of the KMS condition `G(-omega) = exp(-beta omega) G(omega)` at each pair of frequencies.

        Parameters
        ----------
        inverse_temperature : float
            beta, finite.
        standard_deviations : array_like, shape (n,), optional
            Error bars of the values, where these are independent measurements.

        Returns
        -------
        SpectralKMS
            With the temperature that fits best and, from error bars, the probability that they explain the residuals.

        Raises
        ------
        InputError
            A frequency without its negative, error bars that are not positive.

        References
        ----------
        Kubo (1957); Martin & Schwinger (1959).
        """
        from scipy.special import gammaincc

        beta = finite_real(inverse_temperature, "inverse_temperature")
        here, mirror = _paired(self.frequencies)
        w, up, down = self.frequencies[here], self.values[here], self.values[mirror]
        # Relative factors, so that beta omega = 1000 neither overflows nor loses the smaller side.
        half = 0.5 * beta * w
        left, right = np.exp(half - np.abs(half)), np.exp(-half - np.abs(half))
        total = np.abs(left * down) + np.abs(right * up)
        difference = left * down - right * up
        both = (up > 0) & (down > 0)
        ratio = np.log(np.where(both, up, 1.0)) - np.log(np.where(both, down, 1.0))
        one_sided = np.where(up > 0, np.inf, np.where(down > 0, -np.inf, 0.0))
        weight, chi, probability = both.astype(float), None, None
        if standard_deviations is not None:
            bars = self._like_frequencies(standard_deviations, "standard_deviations")
            require(bool(np.all(bars > 0)), "standard_deviations", "be positive", f"the smallest is {bars.min()}")
            # Variance of the log ratio: the squares of the relative errors add.
            relative = (bars[here] / np.where(both, up, 1.0)) ** 2 + (bars[mirror] / np.where(both, down, 1.0)) ** 2
            weight = both / relative
            chi = float(np.sum(difference**2 / ((left * bars[mirror]) ** 2 + (right * bars[here]) ** 2)))
            probability = float(gammaincc(0.5 * w.size, 0.5 * chi))
        return SpectralKMS(
            frequencies=w,
            residuals=np.where(total > 0, difference / np.where(total > 0, total, 1.0), 0.0),
            local_inverse_temperatures=np.where(both, ratio / w, one_sided),
            # Least squares of ratio = beta w.
            fitted_inverse_temperature=float(np.sum(weight * w * ratio) / np.sum(weight * w**2))
            if both.any()
            else None,
            chi_squared=chi,
            probability=probability,
        )

    def _like_frequencies(self, given: ArrayLike, name: str) -> RealArray:
        array, shape = finite_vector(given, name), np.shape(self.frequencies)
        require(array.shape == shape, name, f"have shape {shape} like frequencies", f"has {array.shape}")
        return array


def correlation_spectrum(
    correlation: Callable[..., complex], omega: ArrayLike, cutoff: float = np.inf
) -> CorrelationSpectrum:
    """Spectrum of a bath from its correlation function, `G(omega) = int dt exp(i omega t) <B(t) B(0)>`.

    With `C(-t) = C(t)^*` it is `2 Re int_0^inf dt exp(i omega t) C(t)`, by adaptive Fourier quadrature.

    Parameters
    ----------
    correlation : callable
        `t -> C(t) = <B(t) B(0)>`, complex, for t >= 0.
    omega : array_like, shape (n,)
    cutoff : float
        Time beyond which C is taken as zero; infinity by default.

    Returns
    -------
    CorrelationSpectrum

    Raises
    ------
    InputError
        A correlation that cannot be called, frequencies that are not finite, a cutoff that is not positive.
    UserCodeError
        If the function fails (at which time).
    NumericalError
        If the integral does not converge.

    Examples
    --------
    >>> found = correlation_spectrum(lambda t: np.exp(-2.0 * t), [0.0, 1.0])
    >>> bool(np.allclose(found.values, [4 / 4, 4 / 5], atol=1e-9))
    True
    """
    require(
        callable(correlation),
        "correlation",
        "be callable, t -> C(t)",
        f"got {type(correlation).__name__}",
        "CorrelationSpectrum.of_samples(t, values, omega) takes sampled values.",
    )
    points = finite_vector(np.atleast_1d(omega), "omega")
    require(cutoff > 0, "cutoff", "be a time > 0", f"got {cutoff}")

    def at(t: float) -> complex:
        return complex(evaluate_complex(correlation, t, "correlation", variable="t"))

    values, errors = np.array([_half_fourier(at, float(w), cutoff) for w in points]).T
    return CorrelationSpectrum(frequencies=points, values=values, errors=errors)


def _half_fourier(at: Callable[[float], complex], w: float, cutoff: float) -> tuple[float, float]:
    """`2 int_0^cutoff (Re C cos - Im C sin)` and its error."""
    from scipy.integrate import quad

    parts = [("cos", lambda t: at(t).real, 1.0)]
    if w != 0.0:
        parts.append(("sin", lambda t: at(t).imag, -1.0))
    total, error = 0.0, 0.0
    for weight, part, sign in parts:
        if w == 0.0:
            value, bound, *rest = quad(part, 0.0, cutoff, limit=500, epsabs=1e-12, epsrel=1e-11, full_output=1)
        else:
            value, bound, *rest = quad(
                part, 0.0, cutoff, weight=weight, wvar=w, limit=500, limlst=500, epsabs=1e-11, full_output=1
            )
        # A message comes along only when the quadrature gave up; of a divergent integral its error says nothing.
        message = str(rest[1]) if len(rest) > 1 else ""
        if message and ("divergent" in message or not bound <= 1e-6 * (1 + abs(value))):
            raise NumericalError(
                f"The integral of the correlation function over time at omega = {w:.6g} has not converged (error "
                f"{bound:.2g}). A correlation that does not decay has no spectrum; else give a cutoff in time."
            )
        total, error = total + 2 * sign * value, error + 2 * bound
    return float(total), float(error)


def _paired(points: RealArray) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places of the positive frequencies, ascending, and of the negative of each."""
    order = np.argsort(points)
    here = order[points[order] > 0]
    require(here.size > 0, "frequencies", "hold a frequency other than zero", "holds none")
    apart = np.abs(points[here, None] + points)
    mirror = np.argmin(apart, axis=1)
    # One grid point up to the rounding of a grid.
    lonely = apart.min(axis=1) > GIVEN_FUNCTION * np.abs(points).max()
    if lonely.any():
        k, nearest = here[lonely][0], points[mirror[lonely][0]]
        raise InputError(
            f"Argument `frequencies` must hold -omega for each omega, but {points[k]:.6g} (entry {k}) has no partner: "
            f"the nearest to its negative is {nearest:.6g}. Interpolate, or evaluate a function by `of_function`."
        )
    return here, mirror


def _piecewise(t: RealArray, C: ComplexArray, w: RealArray) -> RealArray:
    """`2 Re int exp(i w t) C(t)` of a piecewise linear C."""
    h = np.diff(t)
    z = 1j * w[:, None] * h[None, :]
    small = np.abs(z) < 1e-3
    safe = np.where(small, 1.0, z)
    # int_0^1 e^(zu) (1 - u) du and int_0^1 e^(zu) u du.
    falling = np.where(small, 0.5 + z / 6 + z * z / 24 + z**3 / 120, (np.exp(safe) - 1 - safe) / safe**2)
    rising = np.where(small, 0.5 + z / 3 + z * z / 8 + z**3 / 30, (np.exp(safe) * (safe - 1) + 1) / safe**2)
    phase = np.exp(1j * w[:, None] * t[None, :-1])
    return np.asarray(2 * np.sum(phase * h * (falling * C[:-1] + rising * C[1:]), axis=1).real)
