"""The Kubo-Martin-Schwinger condition of a bath's correlation spectrum, computed, tabulated or measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import InputError, NumericalError, RealArray, UserCodeError, finite_real, require
from equipoise._printed import amount, counted, described, table
from equipoise.tolerances import GIVEN_FUNCTION

Function = Callable[[float], complex]


@dataclass(frozen=True, eq=False)
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
    chi_squared: float | None
    probability: float | None

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


def kms_residual_of_spectral_function(
    omega: ArrayLike,
    spectrum: ArrayLike | Callable[[float], float],
    inverse_temperature: float,
    errors: ArrayLike | None = None,
) -> SpectralKMS:
    """Residual of the KMS condition `G(-omega) = exp(-beta omega) G(omega)` of any correlation spectrum.

    `G(omega) = int dt exp(i omega t) <B(t) B(0)>`: omega > 0 is what the bath absorbs, emission by the system.

    Parameters
    ----------
    omega : array_like, shape (n,)
        Frequencies. For a callable spectrum: positive ones are enough. For sampled values: each with its negative.
    spectrum : array_like, shape (n,), or callable
        G at these frequencies, real; measured values may be negative by noise.
    inverse_temperature : float
        beta, finite.
    errors : array_like, shape (n,), optional
        Standard deviation of each sampled value, independent.

    Returns
    -------
    SpectralKMS

    Raises
    ------
    InputError
        A frequency without its negative, shapes that differ, errors that are not positive, errors of a callable.
    UserCodeError
        If the callable fails (at which frequency).

    References
    ----------
    Kubo (1957); Martin & Schwinger (1959).

    Examples
    --------
    >>> def bath(w, beta=2.0):
    ...     return w / -np.expm1(-beta * w)
    >>> found = kms_residual_of_spectral_function([0.5, 1.0, 3.0], bath, 2.0)
    >>> found.worst < 1e-15, round(found.fitted_inverse_temperature, 12)
    (True, 2.0)
    """
    beta = finite_real(inverse_temperature, "inverse_temperature")
    points = np.asarray(omega, dtype=float)
    require(
        points.ndim == 1 and bool(np.isfinite(points).all()),
        "omega",
        "be finite, shape (n,)",
        f"got shape {points.shape}",
    )
    if callable(spectrum):
        require(errors is None, "errors", "be None for a callable spectrum", "got error bars")
        positive = np.unique(np.abs(points[points != 0]))
        up = np.array([_evaluated(spectrum, float(w)) for w in positive])
        down = np.array([_evaluated(spectrum, float(-w)) for w in positive])
        return _result(positive, up, down, beta, None)
    values = np.asarray(spectrum, dtype=float)
    require(values.shape == points.shape, "spectrum", f"have shape {points.shape} like omega", f"has {values.shape}")
    require(bool(np.isfinite(values).all()), "spectrum", "be finite", "holds infinities or NaN")
    positive, here, mirror = _paired(points)
    sigma = None
    if errors is not None:
        bars = np.asarray(errors, dtype=float)
        require(bars.shape == points.shape, "errors", f"have shape {points.shape} like omega", f"has {bars.shape}")
        require(bool(np.all(np.isfinite(bars) & (bars > 0))), "errors", "be positive", f"the smallest is {bars.min()}")
        sigma = (bars[here], bars[mirror])
    return _result(positive, values[here], values[mirror], beta, sigma)


def _paired(points: RealArray) -> tuple[RealArray, np.ndarray, np.ndarray]:
    order = np.argsort(points)
    here = order[points[order] > 0]
    mirror = []
    scale = float(np.abs(points).max(initial=0.0))
    for k in here:
        match = int(np.argmin(np.abs(points + points[k])))
        # The same grid point up to the rounding of a grid.
        if abs(points[match] + points[k]) > GIVEN_FUNCTION * scale:
            raise InputError(
                f"Argument `omega` must hold -omega for each omega, but {points[k]:.6g} (entry {k}) has no partner: "
                f"the nearest to its negative is {points[match]:.6g}. Interpolate, or pass a callable."
            )
        mirror.append(match)
    require(here.size > 0, "omega", "hold a frequency other than zero", "holds none")
    return points[here], here, np.array(mirror)


def _evaluated(spectrum: Callable[[float], float], w: float) -> float:
    try:
        value = float(spectrum(w))
    except Exception as error:
        raise UserCodeError(f"The spectral function failed at omega = {w:.6g}: {error}") from error
    require(bool(np.isfinite(value)), "spectrum", "be finite", f"is {value} at omega = {w:.6g}")
    return value


def _result(
    w: RealArray, up: RealArray, down: RealArray, beta: float, errors: tuple[RealArray, RealArray] | None
) -> SpectralKMS:
    from scipy.special import gammaincc

    # Relative factors, so that beta omega = 1000 neither overflows nor loses the smaller side.
    half = 0.5 * beta * w
    left, right = np.exp(half - np.abs(half)), np.exp(-half - np.abs(half))
    total = np.abs(left * down) + np.abs(right * up)
    difference = left * down - right * up
    residuals = np.where(total > 0, difference / np.where(total > 0, total, 1.0), 0.0)
    both = (up > 0) & (down > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(np.where(both, up, 1.0)) - np.log(np.where(both, down, 1.0))
        local = np.where(both, ratio / w, np.where(up > 0, np.inf, np.where(down > 0, -np.inf, 0.0)))
    fitted = None
    if both.any():
        x, y = w[both], ratio[both]
        weight = np.ones(x.size)
        if errors is not None:
            weight = 1 / ((errors[0][both] / up[both]) ** 2 + (errors[1][both] / down[both]) ** 2)
        fitted = float(np.sum(weight * x * y) / np.sum(weight * x * x))
    if errors is None:
        return SpectralKMS(w, residuals, local, fitted, None, None)
    variance = (left * errors[1]) ** 2 + (right * errors[0]) ** 2
    chi = float(np.sum(difference**2 / variance))
    return SpectralKMS(w, residuals, local, fitted, chi, float(gammaincc(0.5 * w.size, 0.5 * chi)))


@dataclass(frozen=True, eq=False)
class CorrelationSpectrum:
    """A correlation spectrum computed from its function of time, with the error expected of it.

    Parameters
    ----------
    frequencies, values, errors : RealArray, shape (n,)
        `G(omega)` and its estimated absolute error.
    """

    frequencies: RealArray
    values: RealArray
    errors: RealArray


def correlation_spectrum(correlation: Function, omega: ArrayLike, cutoff: float = np.inf) -> CorrelationSpectrum:
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
        "sampled_correlation_spectrum(t, values, omega) takes sampled values.",
    )
    points = np.atleast_1d(np.asarray(omega, dtype=float))
    require(
        points.ndim == 1 and bool(np.isfinite(points).all()),
        "omega",
        "be finite, shape (n,)",
        f"got shape {points.shape}",
    )
    require(cutoff > 0, "cutoff", "be a time > 0", f"got {cutoff}")

    def at(t: float) -> complex:
        try:
            return complex(correlation(t))
        except Exception as error:
            raise UserCodeError(f"The correlation function failed at t = {t:.6g}: {error}") from error

    found = [_half_fourier(at, float(w), cutoff) for w in points]
    return CorrelationSpectrum(points, np.array([v for v, _ in found]), np.array([e for _, e in found]))


def _half_fourier(at: Function, w: float, cutoff: float) -> tuple[float, float]:
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


def sampled_correlation_spectrum(times: ArrayLike, correlation: ArrayLike, omega: ArrayLike) -> CorrelationSpectrum:
    """Spectrum of a bath from samples of its correlation function at times t >= 0, in any spacing.

    `2 Re int_0^T dt exp(i omega t) C(t)` with C linear between the samples, integrated exactly: no period is assumed,
    and omega need not lie on a grid. The error estimate compares with every second sample, and adds
    `2 |C(T)| / max(|omega|, 1/T)` for what lies beyond the end.

    Parameters
    ----------
    times : array_like, shape (T,)
        Ascending, from 0.
    correlation : array_like, shape (T,)
        `C(t) = <B(t) B(0)>`, complex.
    omega : array_like, shape (n,)

    Returns
    -------
    CorrelationSpectrum

    Raises
    ------
    InputError
        Times that do not ascend from zero, fewer than five, shapes that differ.

    Examples
    --------
    >>> t = np.linspace(0, 20, 2001)
    >>> found = sampled_correlation_spectrum(t, np.exp(-2.0 * t), [0.0, 1.0])
    >>> bool(np.all(np.abs(found.values - [1.0, 0.8]) <= 2 * found.errors)), bool(np.all(found.errors < 1e-3))
    (True, True)
    """
    t, C = np.asarray(times, dtype=float), np.asarray(correlation, dtype=complex)
    require(t.ndim == 1 and t.size >= 5, "times", "hold at least five times, shape (T,)", f"has shape {t.shape}")
    require(
        t[0] == 0.0 and bool(np.all(np.diff(t) > 0)), "times", "ascend from 0", f"starts at {t[0]:.6g}", "Sort them."
    )
    require(C.shape == t.shape, "correlation", f"have shape {t.shape} like times", f"has shape {C.shape}")
    require(bool(np.isfinite(C).all()), "correlation", "be finite", "holds infinities or NaN")
    w = np.atleast_1d(np.asarray(omega, dtype=float))
    kept = np.union1d(np.arange(0, t.size, 2), [t.size - 1])
    fine, coarse = _piecewise(t, C, w), _piecewise(t[kept], C[kept], w)
    tail = 2 * abs(C[-1]) / np.maximum(np.abs(w), 1 / t[-1])
    return CorrelationSpectrum(w, fine, np.abs(fine - coarse) + tail)


def _piecewise(t: RealArray, C: np.ndarray, w: RealArray) -> RealArray:
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
