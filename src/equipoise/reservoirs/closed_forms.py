r"""Principal values :math:`P\!\int J(v)(\cdot)/(v - \omega)\,dv` in closed form.

Occupation-free parts by elementary functions and the exponential integral; thermal parts by the digamma
function, from :math:`\mathrm{Im}\,\psi(1/2 + iy) = (\pi/2)\tanh\pi y`, :math:`\mathrm{Im}\,\psi(1 + iy) =
-1/(2y) + (\pi/2)\coth\pi y` and the residues of J.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise._checks import ComplexArray, RealArray

BoolArray = NDArray[np.bool_]


ASYMPTOTIC = 50.0
"""|x| beyond which the exponential integral is its asymptotic series, whose least term is e^-|x|."""


LARGEST_ARGUMENT = {1: 50.0, 2: 20.0, 3: 10.0}
"""|x| up to which the recurrence in s keeps 12 digits, by s: it cancels like |x|^(s+1)/s!."""


def is_ohmic_form_accurate(x: RealArray, s: int) -> BoolArray:
    """Whether :func:`ohmic_exponential` reaches 1e-12: between the recurrence and the series it does not."""
    return (np.abs(x) <= LARGEST_ARGUMENT[s]) | (np.abs(x) > ASYMPTOTIC)


def ohmic_exponential(x: RealArray, s: int) -> RealArray:
    r"""Return :math:`P\!\int_0^\infty u^s e^{-u}/(u - x)\,du` for s = 1, 2, 3.

    From :math:`I_0 = -e^{-x}\mathrm{Ei}(x)` by :math:`I_s = (s-1)! + x I_{s-1}`, which cancels like |x|^s;
    beyond |x| = 50 by :math:`-\sum_k (s+k)!/x^{k+1}`.
    """
    from scipy.special import exp1, expi

    result = np.empty(x.shape)
    near = np.abs(x) <= ASYMPTOTIC
    inner = x[near]
    value = np.empty(inner.shape)
    right = inner > 0
    value[right] = -np.exp(-inner[right]) * expi(inner[right])
    # I_0(0) diverges, but only x I_0 enters: any finite value will do there.
    value[~right] = np.exp(-inner[~right]) * exp1(np.where(inner == 0, 1.0, -inner)[~right])
    for power in range(1, s + 1):
        value = math.factorial(power - 1) + inner * value
    result[near] = value
    outer = x[~near]
    series, term = np.zeros(outer.shape), math.factorial(s) / outer
    for k in range(int(ASYMPTOTIC) - s):
        series += term
        term = term * (s + k + 1) / outer
    result[~near] = -series
    return result


def drude(x: RealArray) -> RealArray:
    r"""Return :math:`P\!\int_0^\infty \frac{u}{(u^2+1)(u - x)}\,du = \frac{\pi/2 - x\log|x|}{1 + x^2}`."""
    size = np.abs(x)
    log = np.log(np.where(size == 0, 1.0, size))
    large = size > 1
    u = np.where(large, 1 / np.where(large, size, 1.0), size)  # x or 1/x: the square stays in range
    numerator = np.where(large, (np.pi / 2) * u**2 - np.sign(x) * u * log, np.pi / 2 - x * log)
    return np.asarray(numerator / (1 + u**2))


def semi_ellipse(omega: RealArray, lower: float, upper: float) -> RealArray:
    r"""Return :math:`P\!\int_{-1}^1 \sqrt{1-u^2}/(u - x)\,du`, x = -1, 1 at the edges of the band.

    It is -pi x inside, and :math:`-\pi\,\mathrm{sgn}(x)/(|x| + \sqrt{x^2 - 1})` outside.
    """
    below, above = omega - lower, omega - upper  # rather than x: nothing is lost at the edges
    x = (below + above) / (upper - lower)
    root = 2 * np.sqrt(np.maximum(below * above, 0.0)) / (upper - lower)
    outside = np.maximum(np.abs(x), 1.0) + root
    return np.asarray(-np.pi * np.where(below * above <= 0, x, np.sign(x) / outside))


def lorentzian(x: RealArray) -> RealArray:
    r"""Return :math:`P\!\int \frac{1}{(u^2 + 1)(u - x)}\,du = -\pi x/(1 + x^2)` over the real line."""
    return np.asarray(-np.pi * x / (1 + x**2))


def lorentzian_fermions(
    omega: RealArray, centre: float, half_width: float, beta: float, chemical_potential: float
) -> RealArray:
    r"""Return :math:`P\!\int \frac{W^2}{(v - c)^2 + W^2}\,\frac{\tanh[\beta(v-\mu)/2]}{v - \omega}\,dv`.

    .. math:: 2\,\frac{W^2}{(\omega - c)^2 + W^2}\Big[\mathrm{Re}\,\Lambda(W - i(c - \mu))
        + \frac{\omega - c}{W}\,\mathrm{Im}\,\Lambda(W - i(c-\mu)) - \mathrm{Re}\,\Lambda(i(\omega-\mu))\Big]

    with :math:`\Lambda(z) = \psi(1/2 + \beta z/2\pi) - \log(\beta/2\pi)`, which is log z at zero temperature.
    """
    pole = _shifted_digamma(np.array(half_width - 1j * (centre - chemical_potential)), beta)
    here = _shifted_digamma(1j * (omega - chemical_potential), beta)
    distance = (omega - centre) / half_width
    return np.asarray(2 / (1 + distance**2) * (pole.real + distance * pole.imag - here.real))


def drude_bosons(omega: RealArray, cutoff: float, beta: float) -> RealArray:
    r"""Return :math:`P\!\int \frac{v\,\omega_c}{v^2+\omega_c^2}\,\frac{n(v)}{v + \omega}\,dv`, all v.

    n is the Bose function at mu = 0 continued to negative frequencies, n(-v) = -1 - n(v): the symmetric level
    shift.

    .. math:: \frac{\pi T\omega}{N} - \frac{\pi\omega_c^2}{2N} + \frac{\omega\,\omega_c}{N}\Big[
        \mathrm{Re}\,\psi\big(1 + \tfrac{i\beta\omega}{2\pi}\big) - \psi\big(1 +
        \tfrac{\beta\omega_c}{2\pi}\big)\Big], \quad N = \omega^2 + \omega_c^2
    """
    from scipy.special import digamma

    y = beta / (2 * np.pi)
    bracket = digamma(1 + 1j * y * omega).real - digamma(1 + y * cutoff)
    x = omega / cutoff
    return np.asarray((np.pi * x / (beta * cutoff) - np.pi / 2 + x * bracket) / (1 + x**2))


def _shifted_digamma(z: Any, beta: float) -> ComplexArray:
    from scipy.special import digamma

    if np.isinf(beta):
        return np.asarray(np.log(z))
    return np.asarray(digamma(0.5 + beta / (2 * np.pi) * z) - np.log(beta / (2 * np.pi)))
