"""Levels and rates that are complex are refused, not cut to their real parts."""

import numpy as np
import pytest

import equipoise as eq
from equipoise.scattering import DeltaInteraction, Target
from equipoise.spectrum import spectrum_of_levels


def system(levels):
    bath = eq.Reservoir("bath", eq.bose_einstein(temperature=1.0), eq.Ohmic(0.01, 10.0))
    return eq.OpenSystem(levels, [eq.Coupling(bath, [[0, 1], [1, 0]])])


@pytest.mark.filterwarnings("error")
def test_real_numbers_of_complex_type():
    assert system(np.array([0.0, 1.0 + 0j])).dimension == 2


@pytest.mark.parametrize(
    "make", [system, spectrum_of_levels, lambda levels: Target(levels, DeltaInteraction([1.0, 0.5])).spectrum]
)
def test_refused(make):
    with pytest.raises(eq.InputError):
        make(np.array([0.0, 1.0 - 0.2j]))


@pytest.mark.parametrize("rates", [[[0, 1j], [1, 0]], np.array([[0, 1.0 + 1e-9j], [1.0, 0]])])
def test_complex_rates_are_refused(rates):
    with pytest.raises(eq.InputError, match=r"`rates` must be real, but element \[0, 1\]"):
        eq.rate_equation(rates)


def test_complex_energies_and_particles_are_refused():
    for given in ({"energies": [0.0, 1j]}, {"particles": [0.0, 1j]}):
        with pytest.raises(eq.InputError, match=f"`{next(iter(given))}` must be real"):
            eq.rate_equation([[0, 1], [1, 0]], **given)
