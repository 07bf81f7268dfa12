"""Level shifts over many decades of every parameter, by identities: no reference is as fast as the closed forms.

For fermions emission and absorption add up to the occupation-free shift, which is elementary; for bosons a mixture of a
distribution with itself is that distribution, integrated on panels that know nothing of its temperature.
"""

import numpy as np
import pytest

from equipoise.reservoirs import (
    CallableDensity,
    DrudeLorentz,
    Flat,
    HardCutoff,
    Lorentzian,
    Mixture,
    Newns,
    Ohmic,
    Reservoir,
    bose_einstein,
    fermi_dirac,
)

UNITS = [1e-9, 1.0, 1.0, 1e9]
"""A user's energies may be in any unit."""

TOLERANCE = 1e-10
"""The promised accuracy, relative to the larger of the terms."""


def poles(rng, scale, beta, mu, support):
    """Near and far, at mu and multiples of T from it, at the edges and next to them."""
    temperature = 1 / beta
    found = [scale * rng.normal(), -scale * 10 ** rng.uniform(-8, 3), scale * 10 ** rng.uniform(-8, 3)]
    found += [mu + x * temperature for x in (rng.normal(), 1e-3, 8, -64)] + [scale, mu + 1e-9 * scale]
    for edge in support:
        if np.isfinite(edge):
            found += [edge + scale * 10 ** rng.uniform(-12, -1), edge - scale * 10 ** rng.uniform(-12, -1)]
            found += [(edge + mu) / 2]
    return [pole for pole in found if pole not in (mu, *support)]


def fermionic_band(rng, scale):
    width = 0.1 * scale
    family = rng.integers(5)
    if family == 0:
        return Ohmic(0.1, scale, float(rng.integers(1, 4)))
    if family == 1:
        return DrudeLorentz(width, scale)
    if family == 2:
        return Newns(width, scale, scale * rng.normal())
    if family == 3:
        return Flat(width, -scale * rng.uniform(0.1, 2), scale * rng.uniform(0.1, 2))
    return Lorentzian(width, scale * rng.normal(), scale * 10 ** rng.uniform(-3, 0))


def check_fermions(seed):
    rng = np.random.default_rng(seed)
    scale = float(rng.choice(UNITS) * 10 ** rng.uniform(-1, 1))
    beta = float(10 ** rng.uniform(-4, 6) / scale)
    mu = float(rng.choice([0.0, scale * rng.normal(), scale * 10 ** rng.uniform(-6, 2)]))
    band = fermionic_band(rng, scale)
    sign = 1 if rng.random() < 0.9 else -1
    distribution = fermi_dirac(inverse_temperature=sign * beta, chemical_potential=mu)
    omega = np.array([*poles(rng, scale, beta, mu, band.support), mu])
    if isinstance(band, Newns):  # continuous at its edges
        omega = np.append(omega, band.support)
    free = band.principal_value(omega)
    if free is None:
        return
    hidden = CallableDensity(band, band.support, structure=band.structure_points())
    reservoir = Reservoir("r", distribution, hidden if isinstance(band, Lorentzian) else band)
    out, in_ = reservoir.level_shift_out(omega), reservoir.level_shift_in(omega)
    scale_ = np.abs(out) + np.abs(in_) + band(omega)  # both may vanish at the centre of a symmetric band
    assert np.all(np.abs(out + in_ + free) <= TOLERANCE * scale_)
    assert np.all(np.abs(out - in_ - reservoir.level_shift_difference(omega)) <= TOLERANCE * scale_)


def bosonic_band(rng, scale):
    family = rng.integers(4)
    if family == 0:
        return Ohmic(0.1, scale, rng.uniform(0.1, 4))
    if family == 1:
        return Ohmic(0.1, HardCutoff(scale), rng.uniform(0.1, 4))
    if family == 2:
        return DrudeLorentz(0.1 * scale, scale)
    return Newns(0.1 * scale, scale, scale * (1 + 10 ** rng.uniform(-4, 1)))


def check_bosons(seed):
    rng = np.random.default_rng(seed)
    scale = float(rng.choice([1e-6, 1.0, 1e6]) * 10 ** rng.uniform(-1, 1))
    beta = float(10 ** rng.uniform(-4, 6) / scale)
    band = bosonic_band(rng, scale)
    edge = band.support[0]
    mu = 0.0 if edge == 0 and rng.random() < 0.6 else float(edge - scale * 10 ** rng.uniform(-6, 1))
    thermal = bose_einstein(inverse_temperature=beta, chemical_potential=mu)
    omega = np.array([pole for pole in poles(rng, scale, beta, mu, band.support) if pole])
    known = Reservoir("r", thermal, band)
    unknown = Reservoir(
        "r",
        Mixture((0.5, 0.5), (thermal, thermal)),
        CallableDensity(band, band.support, structure=band.structure_points()),
    )
    in_, out = known.level_shift_in(omega), known.level_shift_out(omega)
    np.testing.assert_allclose(unknown.level_shift_in(omega), in_, rtol=TOLERANCE, atol=1e-290)
    scale_ = np.abs(in_) + np.abs(out) + band(omega)  # both vanish at the centre of a symmetric band
    assert np.all(np.abs(unknown.level_shift_out(omega) - out) <= TOLERANCE * scale_)


@pytest.mark.parametrize("seed", range(20))
def test_emission_and_absorption_of_fermions_add_to_the_elementary_shift(seed):
    check_fermions(seed)


@pytest.mark.parametrize("seed", range(8))
def test_bosons_of_unknown_scales_are_integrated_like_those_of_known_ones(seed):
    check_bosons(seed)


@pytest.mark.slow
def test_sum_rules_on_many_more_reservoirs():
    for seed in range(100, 250):
        check_fermions(seed)
        check_bosons(seed)
