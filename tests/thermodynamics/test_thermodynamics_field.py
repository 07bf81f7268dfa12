"""Quanta absorbed into momentum shells: against the formula written out, and against the microcurrents."""

import numpy as np
import pytest

from equipoise import InputError, stationary_state
from equipoise.generators import lindbladian, weak_coupling
from equipoise.reservoirs import CorrelatedDensity, FormFactor, Ohmic, Reservoir, bose_einstein, fermi_dirac
from equipoise.systems import Coupling, OpenSystem
from equipoise.thermodynamics import currents, field_emission

LEVELS = np.array([0.0, 0.7, 1.9, 3.3])


def one_dimensional(k):
    return 0.1 * (1 + 0.3j * k) * np.exp(-(k**2) / 30)


def dispersion(k):
    return np.abs(k) * (1 + 0.2 * np.sign(k)) + 0.1 * k**2


def velocity(k):
    return np.sign(k) * (1 + 0.2 * np.sign(k)) + 0.2 * k


LINE = FormFactor(one_dimensional, dispersion, 1, (0.0, 50.0), velocity)
SPACE = FormFactor(lambda k: 0.05 * np.exp(-k / 4), lambda k: np.sqrt(0.09 + k**2), 3)


def complex_matrix(rng, d):
    return rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))


def bosons(rng, levels=LEVELS):
    """Three fields, one without a form factor, with complex couplings that are not Hermitian."""
    d = len(levels)
    fields = [
        Reservoir("line", bose_einstein(temperature=0.8, chemical_potential=-0.2), LINE),
        Reservoir("ohmic", bose_einstein(temperature=2.0), Ohmic(0.02, 5.0)),
        Reservoir("space", bose_einstein(temperature=1.3, chemical_potential=-0.1), SPACE),
    ]
    matrices = [complex_matrix(rng, d) for _ in fields]
    matrices[1] += matrices[1].conj().T
    system = OpenSystem(levels, [Coupling(f, D) for f, D in zip(fields, matrices, strict=True)])
    return weak_coupling(system, lamb_shift=False), matrices


def random_state(rng, d):
    A = complex_matrix(rng, d)
    return A @ A.conj().T / np.trace(A @ A.conj().T).real


def test_each_shell_is_the_formula_written_out():
    """2 delta(omega(k) - w) (gamma_+(k) rho_nn - gamma_-(k) rho_mm), by the roots of the quadratic dispersion."""
    rng = np.random.default_rng(1)
    generator, matrices = bosons(rng)
    rho = random_state(rng, 4)
    emission = field_emission(generator, rho)
    found = {
        (int(m), int(n), int(b)): (k, J)
        for r, m, n, b, k, J in zip(
            emission.reservoir,
            emission.source,
            emission.target,
            emission.branches,
            emission.momenta,
            emission.quanta,
            strict=True,
        )
        if r == 0
    }
    assert len(found) == 12
    for m in range(4):
        for n in range(m):
            w = LEVELS[m] - LEVELS[n]
            occupation = 1 / np.expm1((w + 0.2) / 0.8)
            for branch, slope in ((1, 1.2), (-1, 0.8)):
                k = branch * (-slope + np.sqrt(slope**2 + 0.4 * w)) / 0.2
                gamma = np.pi * abs(one_dimensional(k)) ** 2 * abs(matrices[0][n, m]) ** 2 / abs(velocity(k))
                rate = 2 * gamma * (occupation * rho[n, n] - (1 + occupation) * rho[m, m]).real
                assert found[m, n, branch] == (pytest.approx(k, rel=1e-12), pytest.approx(rate, rel=1e-11))


@pytest.mark.parametrize("levels", [LEVELS, [0.0, 1.0, 2.0, 2.0]])
def test_shells_sum_to_the_microcurrents(levels):
    """Also where gaps coincide and a level is degenerate with coherence in it."""
    rng = np.random.default_rng(2)
    generator, _ = bosons(rng, levels)
    for state in (stationary_state(generator), random_state(rng, 4)):
        emission, flows = field_emission(generator, state), currents(generator, state)
        assert emission.reservoirs == ("line", "space")
        scale = np.abs(flows.microcurrents).max()
        np.testing.assert_allclose(emission.microcurrents, flows.microcurrents[[0, 2]], atol=1e-14 * scale)
        np.testing.assert_allclose(emission.particles, flows.particles[[0, 2]], atol=1e-13 * scale)
        np.testing.assert_allclose(emission.energy_flow, flows.energy[[0, 2]], atol=1e-13 * scale)
        absorbed = emission.by_bohr_frequency()[1]
        np.testing.assert_allclose(absorbed, flows.by_bohr_frequency()[1][[0, 2]], atol=1e-14 * scale)


def test_fermions_give_quanta_upward_too():
    """A coupling with elements both ways: a quantum of negative energy leaves when the level rises."""
    lead = FormFactor(lambda k: 0.1, lambda k: -2 * np.cos(k), 1, (0.0, np.pi))
    reservoir = Reservoir("lead", fermi_dirac(temperature=0.5, chemical_potential=0.3), lead)
    generator = weak_coupling(OpenSystem([0.0, 0.8], [Coupling(reservoir, [[0, 1], [0.5j, 0]])]))
    rho = np.diag([0.3, 0.7])
    emission, flows = field_emission(generator, rho), currents(generator, rho)
    assert set(np.round(emission.omega, 12)) == {0.8, -0.8}
    np.testing.assert_allclose(emission.microcurrents, flows.microcurrents, rtol=1e-14)
    np.testing.assert_allclose(emission.particles, flows.particles, rtol=1e-13)
    np.testing.assert_allclose(emission.energy_flow, flows.energy, rtol=1e-13)
    np.testing.assert_allclose(emission.by_bohr_frequency()[1], flows.by_bohr_frequency()[1], rtol=1e-13)


def test_correlated_channels_share_the_shells_of_their_form_factor():
    density = CorrelatedDensity(SPACE, [[1.0, 0.4j], [-0.4j, 1.0]])
    bath = Reservoir("bath", bose_einstein(temperature=1.0), density)
    rng = np.random.default_rng(3)
    couplings = [Coupling(bath, complex_matrix(rng, 4), channel) for channel in (0, 1)]
    generator = weak_coupling(OpenSystem(LEVELS, couplings))
    rho = random_state(rng, 4)
    expected = currents(generator, rho).microcurrents
    np.testing.assert_allclose(field_emission(generator, rho).microcurrents, expected, rtol=1e-12)


def test_a_transition_out_of_the_band_has_no_shell():
    field = FormFactor(lambda k: 0.1, lambda k: np.sin(k), 1, (0.0, 1.5))
    bath = Reservoir("bath", bose_einstein(temperature=1.0), field)
    D = np.triu(np.ones((3, 3)), 1)
    emission = field_emission(weak_coupling(OpenSystem([0.0, 0.6, 2.0], [Coupling(bath, D)])), np.eye(3) / 3)
    np.testing.assert_allclose(emission.omega, 0.6)
    assert emission.quanta.size == 1


def test_a_generator_without_momenta_is_refused():
    bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.1, 5.0))
    message = "have a reservoir with a FormFactor .* its reservoirs are bath"
    with pytest.raises(InputError, match=message):
        field_emission(weak_coupling(OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]])])), np.eye(2) / 2)
    with pytest.raises(InputError, match="its reservoirs are unattributed"):
        field_emission(lindbladian(np.diag([0.0, 1.0]), [[[0, 1], [0, 0]]]), np.eye(2) / 2)
