"""Momentum shells: the roots of a dispersion against closed forms and polynomial roots; their weights sum to J."""

import numpy as np
import pytest

from equipoise._checks import InputError
from equipoise.reservoirs import FormFactor

OMEGA = np.array([0.3, 0.5, 0.9, 2.0])
SURFACE = {1: 1.0, 2: 2 * np.pi, 3: 4 * np.pi}


def g(k):
    return (1 + 0.2j * k) * np.exp(-(k**2) / 20)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_weights_sum_to_the_spectral_density(dimension):
    field = FormFactor(g, lambda k: np.sqrt(0.04 + k**2), dimension)
    shells = field.shells(OMEGA)
    total = np.bincount(shells.index, weights=shells.weights, minlength=OMEGA.size)
    np.testing.assert_allclose(total, field(OMEGA), rtol=1e-15)
    np.testing.assert_allclose(np.abs(shells.momenta), np.sqrt(shells.omega**2 - 0.04), rtol=1e-14)
    np.testing.assert_allclose(shells.velocities, shells.momenta / shells.omega, rtol=1e-12)
    np.testing.assert_allclose(shells.coupling_squared, np.abs(g(shells.momenta)) ** 2, rtol=1e-15)
    expected = SURFACE[dimension] * np.abs(shells.momenta) ** (dimension - 1) * shells.coupling_squared
    np.testing.assert_allclose(shells.weights * np.abs(shells.velocities), expected, rtol=1e-12)
    assert shells.size == OMEGA.size * (2 if dimension == 1 else 1)


def test_several_roots_of_each_branch_are_found():
    """A dispersion w(k) = |k|^3 - 3 k^2 + 2.5 |k|, three roots on each side between its turns."""
    field = FormFactor(lambda k: 1 + 0.1 * k, lambda k: np.abs(k) ** 3 - 3 * k**2 + 2.5 * np.abs(k), 1, (0.0, 10.0))
    shells = field.shells(0.5)
    roots = np.sort(np.roots([1, -3, 2.5, -0.5]).real)
    np.testing.assert_allclose(shells.momenta, [*roots, *-roots], rtol=1e-9)
    assert shells.branches.tolist() == [1, 1, 1, -1, -1, -1]
    slope = 3 * roots**2 - 6 * roots + 2.5
    np.testing.assert_allclose(shells.velocities, [*slope, *-slope], rtol=1e-8)
    np.testing.assert_allclose(shells.weights, (1 + 0.1 * shells.momenta) ** 2 / np.abs(shells.velocities), rtol=1e-12)
    assert shells.weights.sum() == pytest.approx(field(0.5), rel=1e-14)


def test_no_momenta_outside_the_band():
    field = FormFactor(g, lambda k: -2 * np.cos(k), 1, (0.0, np.pi))
    assert field.shells([-2.5, 3.0]).size == 0
    assert field.shells([-2.5, 0.0, 3.0]).index.tolist() == [1, 1]


def test_a_van_hove_singularity_is_refused():
    with pytest.raises(InputError, match="spectral density is infinite at omega = 0"):
        FormFactor(lambda k: 1.0, lambda k: k**2, 1).shells([1.0, 0.0])


def test_energies_are_finite():
    with pytest.raises(InputError, match="`omega` must be finite"):
        FormFactor(lambda k: 1.0, lambda k: k**2, 1).shells([1.0, np.nan])
