"""Gases: what they occupy, and which are refused."""

import numpy as np
import pytest

from equipoise import InputError, UserCodeError
from equipoise.scattering import Beams, Gas, MomentumDistribution, Waves, maxwell_boltzmann

KINETIC = np.linspace(0.0, 40.0, 400_001)[1:]


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_thermal_occupation_counts_the_particles(dimension: int) -> None:
    gas = Gas("gas", maxwell_boltzmann(temperature=0.7), density=0.02, mass=1.7, dimension=dimension)
    p = np.linspace(0.0, 12.0, 10_001)[1:]
    f = np.exp(gas.log_occupation(p**2 / (2 * gas.mass), Waves.PARTIAL))[:, 0]
    sphere = {1: 2.0, 2: 2 * np.pi * p, 3: 4 * np.pi * p**2}[dimension]
    states = sphere / (2 * np.pi) ** dimension * f
    assert np.trapezoid(states, p) == pytest.approx(0.02, rel=2e-3)


def test_occupation_of_a_function_is_that_of_the_same_thermal_gas() -> None:
    beta, m = 1.4, 0.8
    gas = Gas("gas", maxwell_boltzmann(inverse_temperature=beta), 0.3, m)
    G = MomentumDistribution(lambda p: np.sqrt(beta / (2 * np.pi * m)) * np.exp(-beta * p**2 / (2 * m)), scale=1.0)
    given = Gas("gas", G, 0.3, m)
    for waves in (Waves.EVEN, Waves.DIRECTIONS):
        assert np.allclose(gas.log_occupation(KINETIC[:100], waves), given.log_occupation(KINETIC[:100], waves))


def test_an_even_wave_is_occupied_by_the_mean_of_two_beams() -> None:
    gas = Gas("beams", Beams(maxwell_boltzmann(temperature=1.0), maxwell_boltzmann(temperature=3.0)))
    both = np.exp(gas.log_occupation(KINETIC[:10], Waves.DIRECTIONS))
    assert np.allclose(np.exp(gas.log_occupation(KINETIC[:10], Waves.EVEN))[:, 0], both.mean(axis=1))
    assert gas.inverse_temperature is None
    assert Beams(maxwell_boltzmann(temperature=2.0), maxwell_boltzmann(temperature=2.0)).inverse_temperature == 0.5


def test_messages() -> None:
    with pytest.raises(InputError, match="`density` must be positive, but got -1"):
        Gas("gas", maxwell_boltzmann(temperature=1.0), density=-1)
    with pytest.raises(InputError, match="be a momentum distribution, but got float"):
        Gas("gas", 1.0)
    with pytest.raises(InputError, match="exactly one of them, but got temperature and inverse_temperature"):
        maxwell_boltzmann(temperature=1.0, inverse_temperature=1.0)
    with pytest.raises(InputError, match="A gas at T = 0 does not move"):
        maxwell_boltzmann(temperature=0.0)
    with pytest.raises(InputError, match="isotropic in 3 dimensions"):
        Gas("gas", Beams(maxwell_boltzmann(temperature=1.0), maxwell_boltzmann(temperature=3.0)), dimension=3)
    negative = Gas("gas", MomentumDistribution(lambda p: p, scale=1.0))
    with pytest.raises(InputError, match=r"G\(p\) >= 0, .* but got -"):
        negative.log_occupation(KINETIC[:3], Waves.DIRECTIONS)
    broken = Gas("gas", MomentumDistribution(lambda p: p.no_such_thing, scale=1.0))
    with pytest.raises(UserCodeError, match="momentum distribution failed at p ="):
        broken.log_occupation(KINETIC[:3], Waves.DIRECTIONS)
