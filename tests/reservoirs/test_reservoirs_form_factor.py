"""Form factors: densities of states in one to three dimensions against closed forms, and every message."""

import math

import numpy as np
import pytest

from equipoise._checks import InputError, UserCodeError
from equipoise.reservoirs import FormFactor, Newns, Reservoir, fermi_dirac

OMEGA = np.array([0.8, 1.0, 1.7, 2.5, 10.0])
SURFACE = {1: 2.0, 2: 2 * np.pi, 3: 4 * np.pi}


def coupling(k):
    return np.exp(-(k**2) / 50) * (1 + 0.5j)


def expected(k, speed, dimension):
    return SURFACE[dimension] * k ** (dimension - 1) * np.abs(coupling(k)) ** 2 / speed


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_massive_particles(dimension):
    mass = 0.7
    density = FormFactor(coupling, lambda k: k**2 / (2 * mass), dimension)
    k = np.sqrt(2 * mass * OMEGA)
    np.testing.assert_allclose(density(OMEGA), expected(k, k / mass, dimension), rtol=1e-14)
    assert density.support == (0.0, np.inf)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_linear_dispersion(dimension):
    speed = 0.5
    density = FormFactor(coupling, lambda k: speed * np.abs(k), dimension)  # abs: no complex step
    np.testing.assert_allclose(density(OMEGA), expected(OMEGA / speed, speed, dimension), rtol=1e-11)
    given = FormFactor(coupling, lambda k: speed * np.abs(k), dimension, velocity=lambda k: speed)
    np.testing.assert_allclose(given(OMEGA), expected(OMEGA / speed, speed, dimension), rtol=1e-14)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_relativistic_particles_have_a_gap(dimension):
    mass = 0.7
    density = FormFactor(coupling, lambda k: np.sqrt(mass**2 + k**2), dimension)
    k = np.sqrt(OMEGA**2 - mass**2)
    np.testing.assert_allclose(density(OMEGA), expected(k, k / OMEGA, dimension), rtol=1e-13)
    assert density(0.69) == 0
    assert density.support == (mass, np.inf)
    assert density.low_frequency_slope() == 0


def test_chain_seen_from_its_end_is_the_newns_band():
    """A semi-infinite chain: g = t' sqrt(2/pi) sin k on 0 < k < pi, so J = (t'^2/pi t) sqrt(1 - (w/2t)^2)."""
    hopping, contact = 1.5, 0.3
    chain = FormFactor(
        lambda k: contact * np.sqrt(2 / np.pi) * np.sin(k) / np.sqrt(2),
        lambda k: -2 * hopping * np.cos(k),
        1,
        (0.0, np.pi),
    )
    band = Newns(2 * contact**2 / hopping, half_bandwidth=2 * hopping)
    omega = np.linspace(-2.9, 2.9, 30)
    np.testing.assert_allclose(chain(omega), band(omega), rtol=1e-12)
    np.testing.assert_allclose(chain.support, band.support)


def test_scalar_functions_are_differentiated_by_differences():
    density = FormFactor(lambda k: 1.0, lambda k: -2 * math.cos(k), 1, (0.0, math.pi))
    omega = np.linspace(-1.9, 1.9, 9)
    np.testing.assert_allclose(density(omega), 2 / np.sqrt(4 - omega**2), rtol=1e-11)


def test_every_branch_of_a_dispersion_with_turning_points_counts():
    def roton(k):
        return k**3 - 3 * k**2 + 2.5 * k

    density = FormFactor(lambda k: 1.0, roton, 1, (0.0, 10.0), velocity=lambda k: 3 * k**2 - 6 * k + 2.5)
    for omega in (0.2, 0.5, 0.7):
        roots = np.roots([1, -3, 2.5, -omega])
        roots = roots[np.abs(roots.imag) < 1e-12].real
        assert roots.size == (3 if 0.364 < omega < 0.636 else 1)
        one_sided = np.sum(1 / np.abs(3 * roots**2 - 6 * roots + 2.5))
        assert density.branch_density(omega, 1) == pytest.approx(one_sided, rel=1e-12)
    turns = roton(1 + np.array([1, -1]) / np.sqrt(6))
    np.testing.assert_allclose(density.structure_points()[2:4], turns, rtol=1e-14)


def test_momentum_branches_of_one_dimension_are_summed():
    density = FormFactor(lambda k: 1 + 0.1 * k, lambda k: abs(k) * (1.5 + 0.5 * np.sign(k)), 1, (0.0, 10.0))
    assert density.branch_density(3.0, 1) == pytest.approx(1.15**2 / 2, rel=1e-11)
    assert density.branch_density(3.0, -1) == pytest.approx(0.7**2, rel=1e-11)
    assert density(3.0) == pytest.approx(1.15**2 / 2 + 0.7**2, rel=1e-11)
    isotropic = FormFactor(lambda k: 1.0, lambda k: k, 3)
    assert isotropic.branch_density(2.0, -1) == pytest.approx(8 * np.pi)


def test_sum_rule():
    """int J dw = int |g|^2 d^3k = pi^{3/2}."""
    density = FormFactor(lambda k: np.exp(-(k**2) / 2), lambda k: k + 0.3 * k**2, 3)
    x, weights = np.polynomial.legendre.leggauss(200)
    total = np.sum(15 * weights * density(15 * (x + 1)))
    assert total == pytest.approx(np.pi**1.5, rel=1e-10)


@pytest.mark.parametrize(
    ("dimension", "dispersion", "slope"),
    [
        (1, lambda k: k**2, np.inf),
        (1, np.abs, np.inf),
        (2, np.abs, 2 * np.pi),
        (3, np.abs, 0.0),
        (3, lambda k: k**2, np.inf),
        (3, lambda k: k**2 - 1, np.inf),
        (3, lambda k: k**2 + 1, 0.0),
    ],
)
def test_low_frequency_slope(dimension, dispersion, slope):
    density = FormFactor(lambda k: np.exp(-(k**2)), dispersion, dimension)
    assert density.low_frequency_slope() == pytest.approx(slope, rel=1e-9)


def test_reservoir_takes_it():
    field = FormFactor(lambda k: np.exp(-k), lambda k: k, 3)
    lead = Reservoir("lead", fermi_dirac(temperature=1.0), field)
    assert lead.rate_in(1.0) == pytest.approx(8 * np.pi**2 * np.exp(-2) / (1 + np.e), rel=1e-12)


def refused(match):
    return pytest.raises(InputError, match=match)


def test_van_hove_singularity_is_named_where_it_is_asked():
    density = FormFactor(lambda k: 1.0, lambda k: k**2, 1)
    with refused("spectral density is infinite at omega = 0"):
        density(0.0)


def test_arguments_are_checked():
    def g(k):
        return 1.0

    with refused("`dimension` must be 1, 2 or 3, but got 4"):
        FormFactor(g, g, 4)
    with refused(r"`momentum_range` must be \(lower, upper\) with 0 <= lower < upper"):
        FormFactor(g, lambda k: k, 1, (-1.0, 1.0))
    with refused(r"`dispersion` must change with momentum, but is 1 throughout"):
        FormFactor(g, g, 3, (0.0, 1.0))
    with refused(r"`coupling` must be a function g\(k\)"):
        FormFactor(1.0, g)
    with refused(r"`velocity` must be a function"):
        FormFactor(g, lambda k: k, velocity=1.0)
    with refused(r"`branch` must be \+1 or -1"):
        FormFactor(g, lambda k: k).branch_density(1.0, 0)
    with refused(r"`FormFactor.dispersion` must return real numbers, .* complex one at k ="):
        FormFactor(g, lambda k: np.asarray(k) * 1j)


def test_failing_functions_are_named_with_the_momentum():
    def broken(k):
        raise RuntimeError("no data")

    with pytest.raises(UserCodeError, match=r"`FormFactor.coupling` raised RuntimeError at k = 2: no data"):
        FormFactor(broken, lambda k: k)(2.0)
