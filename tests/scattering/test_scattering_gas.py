"""Gases: what they occupy, and which are refused."""

import numpy as np
import pytest
from scipy.integrate import trapezoid

from equipoise import InputError, UserCodeError
from equipoise.generators import low_density
from equipoise.scattering import (
    Beams,
    Gas,
    IsotropicDistribution,
    MomentumDistribution,
    SMatrix,
    Target,
    Waves,
    maxwell_boltzmann,
    scattering_rates,
)
from equipoise.stationary import stationary_state

KINETIC = np.linspace(0.0, 40.0, 400_001)[1:]


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_thermal_occupation_counts_the_particles(dimension: int) -> None:
    gas = Gas("gas", maxwell_boltzmann(temperature=0.7), density=0.02, mass=1.7, dimension=dimension)
    p = np.linspace(0.0, 12.0, 10_001)[1:]
    f = np.exp(gas.log_occupation(p**2 / (2 * gas.mass), Waves.PARTIAL))[:, 0]
    sphere = {1: 2.0, 2: 2 * np.pi * p, 3: 4 * np.pi * p**2}[dimension]
    states = sphere / (2 * np.pi) ** dimension * f
    assert trapezoid(states, p) == pytest.approx(0.02, rel=2e-3)


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
    with pytest.raises(InputError, match=r"G\(p\) >= 0, .* but got -"):
        Gas("gas", MomentumDistribution(lambda p: p, scale=1.0))
    with pytest.raises(UserCodeError, match="momentum distribution failed at p ="):
        Gas("gas", MomentumDistribution(lambda p: p.no_such_thing, scale=1.0))
    with pytest.raises(InputError, match=r"be normalised to one, but its integral is 1\.77245"):
        Gas("gas", MomentumDistribution(lambda p: np.exp(-(p**2)), scale=1.0))
    with pytest.raises(InputError, match="hold positive momenta"):
        IsotropicDistribution(lambda p: np.exp(-(p**2)), 1.0, structure=[-1.0])


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_an_isotropic_function_is_normalised_in_its_dimension(dimension: int) -> None:
    beta, m = 1.4, 0.8
    G = IsotropicDistribution(
        lambda p: (beta / (2 * np.pi * m)) ** (dimension / 2) * np.exp(-beta * p**2 / (2 * m)), 1.0
    )
    given = Gas("gas", G, 0.3, m, dimension)
    thermal = Gas("gas", maxwell_boltzmann(inverse_temperature=beta), 0.3, m, dimension)
    same = (gas.log_occupation(KINETIC[:100], Waves.PARTIAL) for gas in (given, thermal))
    assert np.allclose(*same, rtol=1e-13)
    with pytest.raises(InputError, match="be normalised to one"):
        Gas("gas", G, 0.3, m, 1 + dimension % 3)


def test_two_temperatures_at_once_in_space_are_no_equilibrium() -> None:
    def maxwell(p: np.ndarray, T: float) -> np.ndarray:
        return np.exp(-(p**2) / (2 * T)) / (2 * np.pi * T) ** 1.5

    both = IsotropicDistribution(lambda p: 0.5 * (maxwell(p, 0.5) + maxwell(p, 4.0)), scale=2.0)
    V = np.array([[0.4, 0.2, 0.1j], [0.2, 0.5, 0.3], [-0.1j, 0.3, 0.1]])
    s_wave = SMatrix(lambda E: born_unitary(E, V), dimension=3)
    target = Target([0.0, 1.0, 2.5], s_wave)
    halves = [Gas(n, maxwell_boltzmann(temperature=T), 0.005, dimension=3) for n, T in (("a", 0.5), ("b", 4.0))]
    mixed = scattering_rates(target, Gas("both", both, 0.01, dimension=3)).log_rates
    apart = np.logaddexp(*(scattering_rates(target, gas).log_rates for gas in halves))
    assert np.allclose(mixed, apart, rtol=0, atol=1e-10)
    weights = stationary_state(low_density(target, Gas("both", both, 0.01, dimension=3))).density.log_weights
    beta = -np.diff(weights) / np.diff([0.0, 1.0, 2.5])
    assert 0.25 < beta.min() < beta.max() < 2.0
    assert np.ptp(beta) > 0.05


def born_unitary(E: np.ndarray, V: np.ndarray) -> np.ndarray:
    """T of K = sqrt(p) V sqrt(p) between open channels, unitary by construction."""
    p = np.sqrt(np.maximum(2 * (E[:, None] - np.array([0.0, 1.0, 2.5])), 0.0))
    K = np.sqrt(p)[:, :, None] * V * np.sqrt(p)[:, None, :]
    return K @ np.linalg.inv(np.eye(3) + 0.5j * K)
