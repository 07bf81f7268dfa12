"""Derivatives of rates and Lamb shifts: many digits, both ends of the exponent, and where the shift drops out."""

from dataclasses import replace

import mpmath as mp
import numpy as np
import pytest

from equipoise import (
    Coupling,
    NumericalError,
    OpenSystem,
    Reservoir,
    bose_einstein,
    fermi_dirac,
    stationary_state,
    weak_coupling,
)
from equipoise.fluctuations import Reference
from equipoise.fluctuations.rate_slopes import OccupationDerivative, lamb_shift_derivative, rate_derivatives
from equipoise.fluctuations.reference import generator_at_reference
from equipoise.generators.new_reservoirs import coupling_elements
from equipoise.reservoirs import Newns, Ohmic, Statistics, Thermal
from random_systems import Draw, bosonic_system, fermionic_system

WIDTHS = [1e-8, 0.3, 2.0, 40.0, 600.0]


@pytest.mark.parametrize("statistics", Statistics)
@pytest.mark.parametrize("beta", WIDTHS)
def test_relative_derivatives_against_many_digits(statistics, beta):
    """x from 1e-8 to 600: every derivative of the rates keeps fourteen digits."""
    mu = -0.2 if statistics is Statistics.BOSON else 0.4
    band = Ohmic(0.05, 8.0) if statistics is Statistics.BOSON else Newns(0.1, 8.0)
    D = np.array([[0, 1.0], [0, 0]])
    system = OpenSystem([0.0, 1.0], [Coupling(Reservoir("bath", Thermal(statistics, beta, mu), band), D)])
    found = rate_derivatives(weak_coupling(system), 0)
    sign = statistics.sign
    with mp.workdps(60):
        b, nu = mp.mpf(beta), mp.mpf(beta) * mp.mpf(mu)

        def rate(energy, particles, outward):
            x = (b - energy) * 1 - (nu + particles)
            n = 1 / (mp.exp(x) - sign)
            return 1 + sign * n if outward else n

        for outward in (True, False):
            value = rate(0, 0, outward)
            for order in ((1, 0), (0, 1), (2, 0), (1, 1), (0, 2)):
                exact = mp.diff(lambda e, p, o=outward: rate(e, p, o), (0, 0), order) / value
                forces = [0] * order[0] + [1] * order[1]
                ours = (
                    found.first(forces[0], outward=outward)
                    if len(forces) == 1
                    else found.second(forces[0], forces[1], outward=outward)
                )[0, 1]
                # Far above mu the out-rate of bosons no longer depends on temperature: e^-600 beside one is nothing.
                assert abs(ours - exact) <= 1e-13 * abs(exact) + 1e-16


def test_dephasing_depends_on_temperature_alone():
    bath = Reservoir("bath", bose_einstein(inverse_temperature=2.5), Ohmic(0.05, 8.0))
    generator = weak_coupling(OpenSystem([0.0, 1.0], [Coupling(bath, np.array([[1.0, 0.4], [0.4, -1.0]]))]))
    found = rate_derivatives(generator, 0)
    for outward in (True, False):
        assert found.first(0, outward=outward)[0, 0] == pytest.approx(1 / 2.5)
        assert found.second(0, 0, outward=outward)[0, 0] == pytest.approx(2 / 2.5**2)
        assert found.first(1, outward=outward)[0, 0] == 0.0
    assert found.still.tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize(
    "thermal", [bose_einstein(temperature=0.6, chemical_potential=-0.3), fermi_dirac(temperature=0.6)]
)
def test_occupation_derivatives_against_differences(thermal):
    v = np.array([0.05, 0.7, 3.0, 20.0])

    def n(s):
        beta = thermal.inverse_temperature - s
        return replace(thermal, inverse_temperature=beta, chemical_potential=thermal.chemical_potential / beta / 0.6)

    h = 1e-3
    first = (n(h).occupation(v) - n(-h).occupation(v)) / (2 * h)
    second = (n(h).occupation(v) - 2 * n(0.0).occupation(v) + n(-h).occupation(v)) / h**2
    np.testing.assert_allclose(OccupationDerivative(thermal, 1, 1).occupation(v), first, rtol=1e-3)
    np.testing.assert_allclose(OccupationDerivative(thermal, 2, 2).occupation(v), second, rtol=1e-3)


CASES = [
    (bosonic_system(Draw(3, 4, 2, True)), Reference(1.0, -0.3)),
    (fermionic_system(Draw(6, 5, 2, True)), Reference(1.0, 0.4)),
]


@pytest.mark.parametrize(("system", "reference"), CASES, ids=["bosons", "fermions"])
def test_lamb_shift_derivative_against_differences(system, reference):
    generator = weak_coupling(system)
    elements = coupling_elements(generator, 0)
    here = generator_at_reference(generator, reference)

    def shift(energy, particles):
        beta = reference.inverse_temperature - energy
        mu = (reference.inverse_temperature * reference.chemical_potential + particles) / beta
        there = generator_at_reference(generator, Reference(beta, mu))
        return generator.spectrum.to_energy_basis(there.dissipators[0].coherent)

    h = 2e-3
    for force, unit in ((1, (h, 0.0)), (0, (0.0, h))):
        up, down, centre = shift(*unit), shift(-unit[0], -unit[1]), shift(0.0, 0.0)
        scale = np.abs(centre).max()
        found = lamb_shift_derivative(here, 0, elements, force, 1)
        np.testing.assert_allclose(found, (up - down) / (2 * h), atol=1e-4 * scale)
        found = lamb_shift_derivative(here, 0, elements, 2 * force, 2)
        np.testing.assert_allclose(found, (up - 2 * centre + down) / h**2, atol=1e-3 * scale)


@pytest.mark.parametrize("graded", [True, False])
def test_lamb_shift_derivative_drops_out_of_the_response_of_an_equilibrium(graded):
    """It commutes with a Gibbs state; off equilibrium (bosons, mu_0 != 0) it does not."""
    system, reference = CASES[1 if graded else 0]
    generator = weak_coupling(system)
    here = generator_at_reference(generator, reference)
    rho = stationary_state(here).density.elements
    H = lamb_shift_derivative(here, 0, coupling_elements(generator, 0), 1, 1)
    size = float(np.abs(H @ rho - rho @ H).max() / np.abs(H).max())
    assert size < 1e-14 if graded else size > 1e-4


def test_lamb_shift_derivative_that_diverges():
    """At mu = 0 an Ohmic field has a derivative with respect to X_E only."""
    system, _ = CASES[0]
    generator = weak_coupling(system)
    here = generator_at_reference(generator, Reference(1.0, 0.0))
    with pytest.raises(NumericalError, match="Lamb shift of reservoir 'bath 0' with respect to X_N diverges at mu = 0"):
        lamb_shift_derivative(here, 0, coupling_elements(generator, 0), 0, 1)
    found = lamb_shift_derivative(here, 0, coupling_elements(generator, 0), 1, 1)
    assert np.all(np.isfinite(found))
    assert np.any(found)
