"""Directed fluxes are those of the jump operators, whatever the representation, and keep their digits at any size."""

import numpy as np
import pytest

from equipoise import Reservoir, bose_einstein, lindbladian, rate_equation, stationary_state, weak_coupling
from equipoise.fluxes import at_state
from equipoise.generators import Dissipator, Generator, MatrixFree, redfield
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system
from reference.directed_fluxes import directed_fluxes, rates


def random_state(seed, d):
    A = complex_matrix(np.random.default_rng(seed), d, d)
    return A @ A.conj().T / np.trace(A @ A.conj().T).real


def without_diagonal(table):
    return table - np.diag(np.diag(table))


def assert_is_the_twin(generator, jumps_of, rho):
    found = at_state(generator, rho).directed_fluxes
    for r, part in enumerate(generator.dissipators):
        expected = without_diagonal(directed_fluxes(generator.spectrum, jumps_of(part.representation), rho))
        expected = np.maximum(expected, 0.0)
        scale = expected.max()
        np.testing.assert_allclose(found.fluxes[r], expected, atol=1e-13 * scale)
        np.testing.assert_allclose(
            np.exp(found.log_rates[r]), rates(generator.spectrum, expected, rho), rtol=1e-9, atol=1e-14
        )
        np.testing.assert_allclose(found.net[r], expected - expected.T, atol=1e-13 * scale)
        np.testing.assert_allclose(found.activity[r], expected + expected.T, atol=1e-13 * scale)


@pytest.mark.parametrize("degenerate", [False, True])
@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
def test_fluxes_of_a_secular_generator_are_those_of_its_jumps(make, degenerate):
    generator = weak_coupling(make(Draw(4, 4, 2, degenerate)), lamb_shift=False)
    for rho in (random_state(0, generator.dimension), stationary_state(generator).density_matrix()):
        assert_is_the_twin(generator, lambda kind: kind.jump_operators(), rho)


@pytest.mark.parametrize("degenerate", [False, True])
def test_each_process_carries_the_fluxes_of_its_own_jumps_and_knows_its_reverse(degenerate):
    generator = weak_coupling(fermionic_system(Draw(6, 4, 2, degenerate)), lamb_shift=False)
    rho = random_state(1, generator.dimension)
    found = at_state(generator, rho).directed_fluxes
    spectrum = generator.spectrum
    for part, own in zip(generator.dissipators, found.processes, strict=True):
        for amplitude, process in zip(part.representation.amplitudes, own, strict=True):
            jump = spectrum.to_given_basis(amplitude)
            expected = directed_fluxes(spectrum, [jump], rho)
            np.testing.assert_allclose(np.exp(process.log_fluxes), expected, atol=1e-14)
        assert [process.particles_per_jump for process in own] == list(part.representation.particles_per_jump)
        beta, mu = part.reservoir.inverse_temperature, part.reservoir.chemical_potential or 0.0
        gain = spectrum.levels[:, None] - spectrum.levels[None, :]
        for process in own:
            open_ = np.isfinite(process.log_ratios) & (process.log_ratios != 0)
            expected = -beta * (gain - mu * process.particles_per_jump)
            np.testing.assert_allclose(process.log_ratios[open_], expected[open_], rtol=1e-9, atol=1e-12)


def test_given_jumps_and_a_known_action_have_the_same_fluxes():
    rng = np.random.default_rng(2)
    H = complex_matrix(rng, 4, 4)
    jumps = [complex_matrix(rng, 4, 4) for _ in range(2)]
    generator = lindbladian(H + H.conj().T, jumps, [Reservoir("a"), Reservoir("b")])
    rho = random_state(3, 4)
    assert_is_the_twin(generator, lambda kind: kind.operators, rho)
    free = tuple(
        Dissipator(MatrixFree(p.representation.apply, p.representation.adjoint), reservoir=p.reservoir)
        for p in generator.dissipators
    )
    one, other = (at_state(g, rho).directed_fluxes for g in (generator, Generator(generator.spectrum, free)))
    np.testing.assert_allclose(one.fluxes, other.fluxes, atol=1e-13)
    assert not any(one.is_particle_number_known)
    assert all(process.log_ratios is None for own in one.processes for process in own)


def test_signed_jumps_have_no_negative_fluxes():
    generator = redfield(bosonic_system(Draw(3, 3, 1, False)), lamb_shift=False)
    found = at_state(generator, random_state(5, 3)).directed_fluxes
    assert np.all(found.fluxes >= 0)


def test_fluxes_below_the_smallest_double_keep_their_logarithms():
    hot = Reservoir("hot", bose_einstein(inverse_temperature=1.0))
    chain = rate_equation({hot: np.array([[0.0, 1.0], [1e-300, 0.0]])}, energies=[0.0, 690.0])
    pair = at_state(chain, [[0.5, 0.0], [0.0, 0.5]])
    found = pair.directed_fluxes
    assert found is pair.directed_fluxes
    assert found.log_fluxes[0, 1, 0] == pytest.approx(np.log(1e-300) + np.log(0.5))
    assert found.log_fluxes[0, 0, 0] == -np.inf
    (process,) = found.processes[0]
    assert process.log_ratios[1, 0] == pytest.approx(np.log(1e-300))
    assert process.particles_per_jump is None


def test_a_pair_restricted_to_its_support_has_the_fluxes_that_are_left():
    closed = [[0, 1, 0], [0.5, 0, 0], [0, 0, 0]]
    decay = [[0, 0, 1.0], [0, 0, 0], [0, 0, 0]]
    pair = at_state(lindbladian(np.diag([0.0, 1.0, 2.0]), [closed, decay]))
    assert not pair.has_full_rank
    inner = pair.on_support.directed_fluxes
    np.testing.assert_allclose(inner.fluxes[0], pair.directed_fluxes.fluxes[0][:2, :2], atol=1e-13)
    assert np.all(inner.errors < 1e-12)


def test_directed_fluxes_print_in_a_few_lines():
    ring = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    assert str(at_state(ring).directed_fluxes).splitlines() == [
        "directed fluxes between 3 levels",
        "                largest flux  largest net",
        "  unattributed      0.666667     0.333333",
    ]
