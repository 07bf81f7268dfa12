"""Sectors hold all of a secular generator: their eigenvalues are those of the full superoperator."""

import numpy as np
import pytest

from equipoise import rate_equation, weak_coupling
from equipoise.spectrum import spectrum_of_levels
from equipoise.stationary.sectors import coherence_sectors, log_population_rates, zero_frequency_sector
from random_systems import Draw, bosonic_system, fermionic_system


@pytest.mark.parametrize("degenerate", [False, True])
@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
def test_eigenvalues_of_the_sectors_are_those_of_the_superoperator(make, degenerate):
    generator = weak_coupling(make(Draw(5, 5, 2, degenerate)))
    assert generator.is_secular
    found = list(np.linalg.eigvals(zero_frequency_sector(generator).matrix))
    for sector in coherence_sectors(generator):
        values = np.linalg.eigvals(sector.matrix)
        found += [*values, *values.conj()]
    whole = list(np.linalg.eigvals(generator.superoperator()))
    if make is bosonic_system:
        assert len(found) == len(whole)
    # Every eigenvalue found is one of the whole, each used once.
    for value in found:
        nearest = int(np.argmin(np.abs(np.array(whole) - value)))
        assert abs(whole.pop(nearest) - value) < 1e-7


@pytest.mark.parametrize("degenerate", [False, True])
def test_sectors_evolve_the_elements_as_the_generator_does(degenerate):
    system = bosonic_system(Draw(6, 5, 2, degenerate))
    generator = weak_coupling(system)
    rng = np.random.default_rng(0)
    R = rng.normal(size=(5, 5)) + 1j * rng.normal(size=(5, 5))
    out = generator.apply_elements(R)
    for sector in [zero_frequency_sector(generator), *coherence_sectors(generator)]:
        at = sector.rows, sector.columns
        np.testing.assert_allclose(sector.matrix @ R[at], out[at], atol=1e-12)


def test_equidistant_levels_couple_coherences_and_generic_ones_do_not():
    ladder = spectrum_of_levels([0.0, 1.0, 2.0, 3.0])
    assert ladder.bohr_frequencies.size == 3
    generic = weak_coupling(bosonic_system(Draw(1, 4, 1, False)), lamb_shift=False)
    assert all(sector.rows.size == 1 for sector in coherence_sectors(generic))


def test_population_rates_add_over_reservoirs():
    generator = weak_coupling(bosonic_system(Draw(2, 4, 2, False)), lamb_shift=False)
    total = np.exp(log_population_rates(generator))
    direct = sum(np.abs(a) ** 2 for part in generator.dissipators for a in part.representation.amplitudes)
    np.fill_diagonal(direct, 0.0)
    np.testing.assert_allclose(total, direct, rtol=1e-13)
    W = rate_equation([[0.0, 2.0], [3.0, 0.0]])
    np.testing.assert_allclose(np.exp(log_population_rates(W)), [[0.0, 2.0], [3.0, 0.0]])
