"""KMS residual of spectra in closed form, sampled and noisy; spectra from correlation functions of time."""

import mpmath
import numpy as np
import pytest

from equipoise import InputError
from equipoise._checks import NumericalError, UserCodeError
from equipoise.reservoirs import CorrelationSpectrum, correlation_spectrum


def ohmic(w, beta=1.3, cutoff=4.0):
    """2 pi J (n + 1) continued to negative frequencies, J = w e^(-|w|/cutoff)."""
    return 2 * np.pi * w * np.exp(-abs(w) / cutoff) / -np.expm1(-beta * w)


def drude_correlation(t, beta=1.3, gamma=2.0, terms=4000):
    """C(t) for J = 2 lam gamma w / (w^2 + gamma^2), lam = 1, as G = 2 J (n + 1): an exponential series."""
    nu = 2 * np.pi * np.arange(1, terms + 1) / beta
    c0 = gamma * (1 / np.tan(beta * gamma / 2) - 1j)
    return c0 * np.exp(-gamma * t) + np.sum(4 * gamma * nu / (beta * (nu**2 - gamma**2)) * np.exp(-nu * t))


def drude(w, beta=1.3, gamma=2.0):
    return 4 * gamma * w / (w**2 + gamma**2) / -np.expm1(-beta * w)


def given(w, values):
    return CorrelationSpectrum(frequencies=w, values=values)


def test_exact_spectrum_has_no_residual_and_another_temperature_has_the_tanh_of_it():
    w = np.array([0.1, 1.0, 5.0, 30.0])
    found = CorrelationSpectrum.of_function(ohmic, w).kms_residual(1.3)
    assert found.worst < 1e-13
    np.testing.assert_allclose(found.local_inverse_temperatures, 1.3, rtol=1e-12)
    assert found.fitted_inverse_temperature == pytest.approx(1.3, rel=1e-12)
    other = CorrelationSpectrum.of_function(ohmic, -w).kms_residual(1.0)
    np.testing.assert_allclose(other.residuals, -np.tanh(0.5 * 0.3 * w), rtol=1e-9)


def test_large_frequencies_do_not_overflow():
    found = given([5000.0, -5000.0], [1.0, 0.0]).kms_residual(1.0)
    assert np.isfinite(found.residuals).all()
    assert np.isposinf(found.local_inverse_temperatures).all()
    assert found.fitted_inverse_temperature is None


def test_a_side_without_signal_has_the_temperature_of_its_sign():
    """Nothing taken up is at zero temperature, nothing given off inverted; noise below zero counts as nothing."""
    w = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    absorbed = np.array([2.0, 2.0, 0.0, -0.1, 0.0, np.e**6])
    emitted = np.array([0.0, -0.1, 2.0, 2.0, 0.0, 1.0])
    found = given([*w, *-w], [*absorbed, *emitted]).kms_residual(1.0)
    expected = [np.inf, np.inf, -np.inf, -np.inf, 0.0, 1.0]
    np.testing.assert_allclose(found.local_inverse_temperatures, expected, rtol=1e-14)
    assert found.fitted_inverse_temperature == pytest.approx(1.0, rel=1e-14)


def test_noisy_samples_are_judged_by_their_error_bars():
    rng = np.random.default_rng(0)
    w = np.linspace(-6, 6, 60)
    exact = np.array([ohmic(x) for x in w])
    bars = 0.02 * exact + 0.01
    probabilities = []
    for _ in range(40):
        measured = exact + bars * rng.normal(size=w.size)
        found = given(w, measured).kms_residual(1.3, bars)
        probabilities.append(found.probability)
    # Uniform between 0 and 1 if the condition holds: mean 1/2 +- 0.046.
    assert np.mean(probabilities) == pytest.approx(0.5, abs=0.15)
    assert found.fitted_inverse_temperature == pytest.approx(1.3, abs=0.05)
    assert given(w, measured).kms_residual(1.0, bars).probability < 1e-6


def test_spectrum_of_a_correlation_function_is_thermal():
    w = np.array([-2.0, -0.5, 0.5, 2.0, 0.0])
    exact = np.array([*drude(w[:4]), 4 / (2.0 * 1.3)])
    found = correlation_spectrum(drude_correlation, w)
    # The series is cut: 1/terms of the logarithmic real part at t = 0.
    np.testing.assert_allclose(found.values, exact, atol=2e-4)
    assert given(w[:4], found.values[:4]).kms_residual(1.3).worst < 1e-3
    smooth = correlation_spectrum(lambda t: np.exp(-(t**2) / 2 - 1.5j * t), [-1.0, 0.0, 1.5, 4.0], cutoff=12.0)
    expected = np.sqrt(2 * np.pi) * np.exp(-0.5 * (smooth.frequencies - 1.5) ** 2)
    np.testing.assert_allclose(smooth.values, expected, atol=1e-10)
    assert np.all(np.abs(smooth.values - expected) <= np.maximum(smooth.errors, 1e-12))


def test_samples_converge_with_the_square_of_the_step():
    w = np.array([-3.0, 0.0, 1e-5, 1.5, 40.0])
    exact = np.sqrt(2 * np.pi) * np.exp(-0.5 * (w - 1.5) ** 2)
    errors = []
    for points in (201, 401, 801):
        t = np.linspace(0, 12, points)
        found = CorrelationSpectrum.of_samples(t, np.exp(-(t**2) / 2 - 1.5j * t), w)
        errors.append(np.abs(found.values - exact).max())
        assert np.all(np.abs(found.values - exact) <= found.errors + 1e-14)
    np.testing.assert_allclose(np.log2(np.array(errors[:-1]) / errors[1:]), 2, atol=0.1)
    uneven = np.concatenate([np.linspace(0, 2, 900), np.linspace(2.02, 12, 500)])
    found = CorrelationSpectrum.of_samples(uneven, np.exp(-(uneven**2) / 2 - 1.5j * uneven), w)
    np.testing.assert_allclose(found.values, exact, atol=1e-3)


def test_errors_name_the_frequency_and_the_remedy():
    with pytest.raises(InputError, match="hold -omega for each omega, but 2 .entry 1. has no partner.* Interpolate"):
        given([1.0, 2.0, -1.0], [1, 1, 1]).kms_residual(1.0)
    with pytest.raises(InputError, match="`values` must have shape"):
        given([1.0, -1.0], [1.0])
    with pytest.raises(InputError, match=r"`values` must be finite, but values.1. is nan"):
        given([1.0, -1.0], [1.0, np.nan])
    with pytest.raises(InputError, match="`standard_deviations` must be positive, but the smallest is 0"):
        given([1.0, -1.0], [1.0, 1.0]).kms_residual(1.0, [0.0, 1.0])
    with pytest.raises(InputError, match="`standard_deviations` must have shape"):
        given([1.0, -1.0], [1.0, 1.0]).kms_residual(1.0, [1.0])
    with pytest.raises(InputError, match="`omega` must be finite"):
        CorrelationSpectrum.of_function(ohmic, [np.inf])
    with pytest.raises(InputError, match="`frequencies` must hold a frequency other than zero"):
        given([0.0], [1.0]).kms_residual(1.0)
    with pytest.raises(InputError, match="`spectrum` must return finite numbers, but returned inf at omega = -2"):
        CorrelationSpectrum.of_function(lambda w: 1.0 if w > 0 else np.inf, [2.0])
    with pytest.raises(UserCodeError, match="`spectrum` raised ZeroDivisionError at omega = 2: division"):
        CorrelationSpectrum.of_function(lambda w: 1 / 0, [2.0])
    with pytest.raises(UserCodeError, match="`correlation` raised ZeroDivisionError at t = .*division"):
        correlation_spectrum(lambda t: 1 / 0, [1.0])
    with pytest.raises(
        InputError, match=r"`correlation` must be callable, t -> C\(t\), but got float. CorrelationSpectrum.of_s"
    ):
        correlation_spectrum(1.0, [1.0])
    with pytest.raises(NumericalError, match="at omega = 0 has not converged .* A correlation that does not decay"):
        correlation_spectrum(lambda t: 1.0, [0.0])
    with pytest.raises(InputError, match="`cutoff` must be a time > 0"):
        correlation_spectrum(lambda t: 1.0, [0.0], cutoff=0.0)
    with pytest.raises(InputError, match="`omega` must be finite"):
        correlation_spectrum(lambda t: 1.0, [np.nan])
    with pytest.raises(InputError, match="`times` must hold at least five"):
        CorrelationSpectrum.of_samples([0.0, 1.0], [1.0, 1.0], [1.0])
    with pytest.raises(InputError, match="`times` must ascend from 0, but starts at 1. Sort them"):
        CorrelationSpectrum.of_samples(np.arange(1.0, 8.0), np.ones(7), [1.0])
    with pytest.raises(InputError, match="`correlation` must have shape"):
        CorrelationSpectrum.of_samples(np.arange(7.0), np.ones(6), [1.0])
    with pytest.raises(InputError, match="`correlation` must be finite"):
        CorrelationSpectrum.of_samples(np.arange(7.0), np.full(7, np.inf), [1.0])


@pytest.mark.parametrize("omega", [0.0, 1e-3, 0.05, 0.0999, 0.1001, 2.0])
def test_a_piecewise_linear_correlation_is_integrated_exactly_at_any_frequency(omega):
    """Straight between samples, complex: the series at small frequency times step meets the closed form."""
    t = np.array([0.0, 0.01, 0.02, 0.03, 0.05, 0.08])
    C = np.array([1.0, 0.7 + 0.2j, 0.4 - 0.1j, 0.3, 0.1j, 0.0])
    with mpmath.workdps(40):
        exact = mpmath.mpf(0)
        for k in range(5):
            start, h = mpmath.mpf(t[k]), mpmath.mpf(t[k + 1]) - mpmath.mpf(t[k])

            def line(u, k=k, start=start, h=h):
                value = mpmath.mpc(C[k]) * (1 - u) + mpmath.mpc(C[k + 1]) * u
                return h * mpmath.re(mpmath.exp(1j * omega * (start + u * h)) * value)

            exact += 2 * mpmath.quad(line, [0, 1])
    found = CorrelationSpectrum.of_samples(t, C, [omega])
    assert found.values[0] == pytest.approx(float(exact), rel=1e-10)


def test_the_error_of_a_correlation_cut_short_covers_what_is_missing():
    """exp(-t) known up to t = 3 only: the rest of the integral is within the stated error, and not far below."""
    t = np.linspace(0, 3, 2001)
    omega = np.array([0.0, 0.4, 1.5])
    found = CorrelationSpectrum.of_samples(t, np.exp(-t), omega)
    missing = np.abs(found.values - 2 / (1 + omega**2))
    assert np.all(missing <= found.errors)
    assert found.errors.max() < 4 * missing.max()
