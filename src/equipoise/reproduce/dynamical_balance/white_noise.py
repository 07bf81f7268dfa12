"""Rows (9)-(11), (17)-(19) and (97)-(99): the rescaled field becomes white noise."""

from __future__ import annotations

import numpy as np

from equipoise._checks import RealArray
from equipoise.reproduce.dynamical_balance._half_fourier import random_system
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import extrapolated
from equipoise.reservoirs import AbstractDistribution, FormFactor, LocalTemperature, Statistics, bose_einstein


def _smeared(distribution: AbstractDistribution | None, *, emission: bool, same: bool) -> float:
    """Rescaled correlations of a field on a line, tested with Gaussians in time, against their limit.

    (1/lambda^2) int dk W(k) f((w(k) - W1)/lambda^2) conj h((w(k) - W2)/lambda^2) -> 2 pi delta_{12} sum over shells.
    """
    field = FormFactor(
        lambda k: np.exp(-(k**2) / 8) * (1 + 0.2 * k), lambda k: 0.5 + k**2 / 2, 1, (0.0, 8.0), lambda k: k
    )
    resonant, delay = 1.3, 0.5
    k = np.linspace(-8.0, 8.0, 40_001)
    omega, squared = field.mode(k)

    def factor(w: RealArray) -> RealArray:
        if distribution is None:
            return np.ones(w.shape)
        n = np.asarray(distribution.occupation(w))
        return 1 + n if emission else n

    weight = squared * factor(omega) * (k[1] - k[0])
    shells = field.shells(resonant)
    limit = np.sqrt(np.pi) * np.exp(-(delay**2) / 4) * np.sum(shells.weights * factor(shells.omega))

    def correlation(step: float) -> complex:
        f = (omega - resonant) / step
        h = f if same else (omega - resonant - 0.6) / step
        return complex(np.sum(weight * np.exp(-(f**2) / 2 - h**2 / 2 + 1j * h * delay)) / step)

    return float(abs(extrapolated(correlation, 0.08) / limit - (1.0 if same else 0.0)))


_QUADRATURE = "quadrature over k, test functions in time"


@claim("(9)", "commutators of the rescaled field tend to delta functions", _QUADRATURE, tolerance=1e-3)
@claim("(11a)-(11b)", "so do its correlations", _QUADRATURE, tolerance=1e-3)
@claim("(17)-(18b)", "noises of different w are independent, correlations delta", _QUADRATURE, tolerance=1e-3)
@claim("(97), (99a)-(99b)", "the same for a locally thermal field", _QUADRATURE, tolerance=1e-3)
def white_noise(rng: np.random.Generator) -> list[Residual]:
    """(9), (11), (17)-(18), (99): rescaled fields tend to white noises, independent for different Bohr frequencies."""
    bose = bose_einstein(inverse_temperature=float(rng.uniform(0.5, 2)), chemical_potential=-float(rng.uniform(0, 1)))
    slope = float(rng.uniform(0.2, 1.0))
    local = LocalTemperature(Statistics.BOSON, lambda w: 1.0 + slope * np.cos(w) ** 2)

    def worst(distribution: AbstractDistribution | None, *, same: bool) -> float:
        return max(_smeared(distribution, emission=emission, same=same) for emission in (True, False))

    alike, unlike = worst(bose, same=True), worst(bose, same=False)
    locally = max(worst(local, same=same) for same in (True, False))
    commutators = max(_smeared(None, emission=True, same=same) for same in (True, False))
    return [commutators, alike, max(alike, unlike), locally]


@claim("(19c)-(19d)", "Ito table: dB dB^dagger = 2 Re gamma dt", tolerance=1e-3)
def ito_table(rng: np.random.Generator) -> Residual:
    """Field in a time window."""
    system, _ = random_system(rng)
    field = system.reservoirs[0]
    w = float(system.spectrum.bohr_frequencies[-1])
    assert field.spectral_density is not None
    assert field.distribution is not None
    v = np.linspace(1e-6, 22.0, 60_001)
    J, n = np.asarray(field.spectral_density(v)), np.asarray(field.distribution.occupation(v))
    worst = 0.0
    for weight, rate in ((J * (1 + n), field.rate_out(w)), (J * n, field.rate_in(w))):

        def intensity(step: float, weight: RealArray = weight) -> complex:
            # dB = int_0^1 b dt: the modulus squared of the transform of a window of unit length.
            window = np.sinc((v - w) / step / (2 * np.pi)) ** 2
            return complex(np.sum(weight * window) * (v[1] - v[0]) / step)

        worst = max(worst, abs(extrapolated(intensity, 0.1) / complex(rate) - 1))
    return worst
