"""Gibbs thermodynamics: closed forms, many digits, consistency at extreme temperatures, errors."""

import mpmath as mp
import numpy as np
import pytest

from equipoise import InputError
from equipoise.spectrum import spectrum_of_levels, spectrum_of_matrix
from equipoise.stationary import DensityMatrix
from equipoise.thermodynamics import gibbs_thermodynamics
from equipoise.thermodynamics.equilibrium import _population_defect
from random_systems import unitary


def in_many_digits(energies, beta):
    with mp.workdps(60):
        E, b = [mp.mpf(float(x)) for x in energies], mp.mpf(beta)
        Z = sum(mp.exp(-b * x) for x in E)
        mean = sum(x * mp.exp(-b * x) for x in E) / Z
        variance = sum((x - mean) ** 2 * mp.exp(-b * x) for x in E) / Z
        return [float(v) for v in (mp.log(Z), -mp.log(Z) / b, mean, mp.log(Z) + b * mean, b * b * variance)]


@pytest.mark.parametrize("beta", [1e-3, 0.7, 30.0, 2000.0, -1.5])
def test_functions_in_many_digits(beta):
    rng = np.random.default_rng(0)
    V = unitary(rng, 5)
    H = V @ np.diag([-3.0, -1.0, 0.2, 0.2, 4.0]) @ V.conj().T
    spectrum = spectrum_of_matrix(0.5 * (H + H.conj().T))
    found = gibbs_thermodynamics(spectrum, beta)
    expected = in_many_digits(spectrum.energies, beta)
    values = [found.log_partition_function, found.free_energy, found.energy, found.entropy]
    np.testing.assert_allclose(values, expected[:4], rtol=1e-10, atol=1e-12)
    assert found.heat_capacity == pytest.approx(expected[4], rel=1e-9, abs=1e-12 * beta**2)
    assert found.worst < 1e-12
    assert found.particles is None
    assert set(found.residuals) == {"energy", "free energy", "populations"}


@pytest.mark.parametrize("degenerate", [False, True])
def test_grand_canonical_fermion_modes(degenerate):
    modes, beta, mu = np.array([0.3, 0.3 if degenerate else 0.9]), 1.7, 0.4
    energies, counts = np.array([0.0, *modes, modes.sum()]), np.array([0, 1.0, 1.0, 2.0])
    V = unitary(np.random.default_rng(1), 4)
    H, N = (V @ np.diag(x) @ V.conj().T for x in (energies, counts))
    H, N = (0.5 * (X + X.conj().T) for X in (H, N))
    found = gibbs_thermodynamics(spectrum_of_matrix(H), beta, mu, N)
    f = 1 / (np.exp(beta * (modes - mu)) + 1)
    assert found.particles == pytest.approx(f.sum(), rel=1e-12)
    assert found.energy == pytest.approx(f @ modes, rel=1e-12)
    assert found.free_energy == pytest.approx(-np.log1p(np.exp(-beta * (modes - mu))).sum() / beta, rel=1e-12)
    assert found.heat_capacity == pytest.approx(beta**2 * np.sum((modes - mu) ** 2 * f * (1 - f)), rel=1e-11)
    assert found.worst < 1e-13
    assert "particles" in found.residuals


def test_number_may_mix_states_of_one_level():
    # H with a degenerate level whose states have different N, given in a rotated basis.
    V = np.eye(3, dtype=complex)
    V[1:, 1:] = unitary(np.random.default_rng(2), 2)
    N = V @ np.diag([0.0, 1.0, 2.0]) @ V.conj().T
    found = gibbs_thermodynamics(spectrum_of_levels([0.0, 1.0, 1.0]), 0.8, 0.3, 0.5 * (N + N.conj().T))
    K = np.array([0.0, 1.0 - 0.3, 1.0 - 0.6])
    assert found.log_partition_function == pytest.approx(np.log(np.exp(-0.8 * K).sum()), rel=1e-13)
    assert found.worst < 1e-13


@pytest.mark.parametrize(
    ("shift", "beta", "quanta"), [(1e9, 1.0, 1.0), (0.0, 1e-9, 1.0), (0.0, 1e5, 1.0), (0.0, 1.0, 1e7)]
)
def test_residuals_are_relative_to_the_largest_of_what_they_compare(shift, beta, quanta):
    """To an energy, to k_B T in a free energy, to beta times the spread of the energies, to the number of quanta."""
    levels = np.array([0.0, 0.3, 1.0, 1.7]) + shift
    counts = quanta * np.array([0.0, 1.0, 1.0, 2.0])
    found = gibbs_thermodynamics(spectrum_of_levels(levels), beta, 0.1 / quanta, np.diag(counts))
    assert found.worst < 1e-14


def test_a_population_that_is_off_is_off_relative_to_beta_times_the_spread_of_the_energies():
    for spread in (0.0, 4.0, 1e6):
        levels = np.array([0.0, 0.5 * spread, spread])
        log_weights = -2.0 * levels - np.logaddexp.reduce(-2.0 * levels)
        wrong = DensityMatrix(spectrum_of_levels(levels), log_weights - np.array([0.0, 0.0, 0.25]))
        assert _population_defect(wrong, 2.0, levels) == pytest.approx(0.25 / (2 * spread + 1), rel=1e-9)
        assert _population_defect(wrong, -2.0, -levels[::-1]) == pytest.approx(0.25 / (2 * spread + 1), rel=1e-9)


def test_errors_say_why():
    levels = spectrum_of_levels([0.0, 1.0])
    with pytest.raises(
        InputError, match="`inverse_temperature` must differ from 0, but got 0. At infinite temperature"
    ):
        gibbs_thermodynamics(levels, 0.0)
    with pytest.raises(InputError, match="`inverse_temperature` must be finite"):
        gibbs_thermodynamics(levels, np.inf)
    with pytest.raises(
        InputError,
        match="`number` must be the particle-number operator .* potential is 0.5",
    ):
        gibbs_thermodynamics(levels, 1.0, 0.5)
    with pytest.raises(InputError, match=r"`number` must commute with the Hamiltonian, but \|\[H, N\]\| reaches 1"):
        gibbs_thermodynamics(levels, 1.0, 0.5, [[0, 1], [1, 0]])
