"""KMS, GNS and standard detailed balance: against dense matrices, gauge invariance, known answers, small violations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise import InputError, audit, lindbladian, rate_equation, stationary_state, weak_coupling
from equipoise.balance import GNS, detailed_balance, nearest_balanced
from equipoise.generators import Dissipator, Generator, MatrixFree
from equipoise.spectrum import spectrum_of_levels
from equipoise.stationary import DensityMatrix, density_matrix
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system, unitary
from reference import dense_balance


def explicit(generator):
    jumps = []
    for part in generator.dissipators:
        jumps += list(part.representation.jump_operators())
    return jumps


def random_state(seed, d):
    A = complex_matrix(np.random.default_rng(seed), d, d)
    return A @ A.conj().T / np.trace(A @ A.conj().T).real


def assert_matches(found, dense):
    scale = dense["norm"]
    assert found.jump == pytest.approx(dense["jump"], abs=1e-12 * scale)
    assert found.noncommuting == pytest.approx(dense["noncommuting"], abs=1e-11 * scale)
    assert found.commuting == pytest.approx(dense["commuting"], abs=1e-11 * scale)
    assert np.sqrt(found.jump**2 + found.noncommuting**2 + found.commuting**2) == pytest.approx(dense["kms"], rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_budget_of_random_jumps_is_that_of_the_dense_superoperator(seed):
    rng = np.random.default_rng(seed)
    d = 2 + seed
    H = complex_matrix(rng, d, d)
    H, jumps = H + H.conj().T, [complex_matrix(rng, d, d) for _ in range(3)]
    generator = lindbladian(H, jumps)
    sigma = stationary_state(generator).density_matrix() if seed % 2 else random_state(seed, d)
    found = detailed_balance(generator, density_matrix(generator.spectrum, sigma))
    assert_matches(found, dense_balance.budget(H, jumps, sigma))
    assert found.kms.relative > found.kms.relative_without_hamiltonian > 1e-3


@pytest.mark.parametrize("degenerate", [False, True])
@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
def test_secular_route_is_the_route_of_its_explicit_jumps(make, degenerate):
    system = make(Draw(11, 4, 2, degenerate))
    generator = weak_coupling(system)
    state = stationary_state(generator)
    found = detailed_balance(generator, state)
    H = system.spectrum.hamiltonian + sum(part.coherent for part in generator.dissipators)
    assert_matches(found, dense_balance.budget(H, explicit(generator), state.density_matrix()))
    # A state of another spectrum, or a plain matrix, is referred to the generator's own.
    general = detailed_balance(lindbladian(H, explicit(generator)), state)
    again = detailed_balance(lindbladian(H, explicit(generator)), state.density_matrix())
    assert again.jump == pytest.approx(general.jump, rel=1e-12)
    assert general.jump == pytest.approx(found.jump, abs=1e-12)
    assert general.kms_but_not_gns == pytest.approx(found.kms_but_not_gns, abs=1e-11)


@given(st.integers(0, 2**32 - 1), st.integers(2, 4))
def test_gns_residual_is_the_distance_to_the_nearest_gns_balanced_generator(seed, d):
    """One number: of the whole classification, of the notion, of the dense pinching, and of `nearest_balanced`."""
    rng = np.random.default_rng(seed)
    H = complex_matrix(rng, d, d)
    H, jumps = H + H.conj().T, [complex_matrix(rng, d, d) for _ in range(2)]
    generator = lindbladian(H, jumps)
    sigma = stationary_state(generator).density_matrix()
    found, notion = detailed_balance(generator, sigma), detailed_balance(generator, sigma).of(GNS())
    assert found.gns.relative_without_hamiltonian == pytest.approx(notion.relative_without_hamiltonian, rel=1e-13)
    distance = np.sqrt(found.jump**2 + found.noncommuting**2 + found.kms_but_not_gns**2)
    assert distance == pytest.approx(notion.without_hamiltonian, rel=1e-13)
    whole = dense_balance.symmetrised(dense_balance.heisenberg(H, jumps), sigma)
    nearest = dense_balance.pinched(0.5 * (whole + whole.conj().T), sigma)
    assert np.hypot(distance, found.commuting) == pytest.approx(np.linalg.norm(whole - nearest), rel=1e-8)
    near = nearest_balanced(generator, sigma, GNS())
    given_back = dense_balance.symmetrised(near.superoperator().conj().T, sigma)
    np.testing.assert_allclose(given_back, nearest, atol=1e-8 * np.linalg.norm(whole))
    assert detailed_balance(near, sigma).kms_but_not_gns < 1e-10 * found.norm


@pytest.mark.parametrize("cold", [1.0, 3.0, 5.0, 6.0, 7.0, 8.0])
def test_frequencies_that_a_computed_state_does_not_tell_apart_break_nothing(cold):
    """A thermal oscillator, all gaps equal, with weights that come with errors: GNS-balanced, or not resolved."""
    d = 5
    quanta = 1 / np.expm1(cold)
    lower = np.diag(np.sqrt(np.arange(1, d)), 1)
    for V in (np.eye(d), unitary(np.random.default_rng(0), d)):
        jumps = [np.sqrt(1 + quanta) * lower, np.sqrt(quanta) * lower.T]
        generator = lindbladian(V @ np.diag(np.arange(d)) @ V.conj().T, [V @ L @ V.conj().T for L in jumps])
        state = stationary_state(generator)
        notion = detailed_balance(generator, state).of(GNS())
        assert not notion.verdict.startswith("broken")
        assert notion.verdict.startswith("holds") or cold > 5
        found = detailed_balance(generator, state)
        assert found.gns.relative_without_hamiltonian <= max(1e-9, found.gns.relative_noise)
        assert found.gns.relative_without_hamiltonian == pytest.approx(notion.relative_without_hamiltonian, rel=1e-13)
        assert nearest_balanced(generator, state, GNS()) is not None


@pytest.mark.parametrize("seed", range(3))
def test_gauge_of_the_jumps_changes_no_residual(seed):
    rng = np.random.default_rng(seed)
    H = complex_matrix(rng, 3, 3)
    H, jumps = H + H.conj().T, np.array([complex_matrix(rng, 3, 3) for _ in range(2)])
    shifts = complex_matrix(rng, 2, 1)[:, 0]
    mixed = np.einsum("kl,lij->kij", unitary(rng, 2), jumps)
    moved = mixed + shifts[:, None, None] * np.eye(3)
    # L -> L + c with H -> H + (i/2)(c^* L - c L^dagger) ... chosen so that the generator is the same.
    shift = sum(0.5j * (c * L.conj().T - c.conj() * L) for c, L in zip(shifts, mixed, strict=True))
    first, second = lindbladian(H, list(jumps)), lindbladian(H + shift, list(moved))
    if not np.allclose(first.superoperator(), second.superoperator(), atol=1e-12):
        second = lindbladian(H - shift, list(moved))
    np.testing.assert_allclose(first.superoperator(), second.superoperator(), atol=1e-12)
    sigma = random_state(seed, 3)
    one = detailed_balance(first, density_matrix(first.spectrum, sigma))
    two = detailed_balance(second, density_matrix(second.spectrum, sigma))
    for name in ("jump", "noncommuting", "commuting", "kms_but_not_gns"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-10)
    for name in ("jump", "coherent"):
        assert getattr(one.gns.parts, name) == pytest.approx(getattr(two.gns.parts, name), rel=1e-10)


def test_single_thermal_bath_is_balanced_in_every_notion_and_its_hamiltonian_commutes():
    for degenerate in (False, True):
        system = bosonic_system(Draw(7, 5, 1, degenerate))
        generator = weak_coupling(system)
        state = stationary_state(generator)
        found = detailed_balance(generator, state)
        assert (
            max(found.kms.relative_without_hamiltonian, found.gns.relative_without_hamiltonian, found.sqdb.relative)
            < 1e-13
        )
        H = system.spectrum.energies - system.spectrum.energies.mean()
        shift = system.spectrum.to_energy_basis(generator.dissipators[0].coherent)
        total = np.diag(H) + shift - np.trace(shift) / 5 * np.eye(5)
        assert found.commuting == pytest.approx(np.sqrt(10) * np.linalg.norm(total), rel=1e-10)


def kms_not_gns(seed=0):
    """L = sigma^(1/4) Lambda sigma^(-1/4) with Lambda Hermitian, and the tanh Hamiltonian: KMS but not GNS."""
    rng = np.random.default_rng(seed)
    h = np.array([0.0, 0.7, 1.9])
    scale = np.exp(-0.25 * (h[:, None] - h))
    A = complex_matrix(rng, 3, 3)
    L = scale * (A + A.conj().T)
    M = L.conj().T @ L
    H = 0.5j * np.tanh((h[:, None] - h) / 4) * M
    sigma = np.exp(-h) / np.exp(-h).sum()
    return H, L, np.diag(sigma)


def test_kms_does_not_imply_gns():
    H, L, sigma = kms_not_gns()
    generator = lindbladian(0.5 * (H + H.conj().T), [L])
    assert np.abs(generator.apply(sigma)).max() < 1e-14
    found = detailed_balance(generator, density_matrix(generator.spectrum, sigma))
    assert found.kms.relative < 1e-14
    assert found.gns.relative_without_hamiltonian > 1e-2


@pytest.mark.parametrize("size", [1e-4, 1e-8, 1e-11])
def test_small_violations_are_resolved_and_linear(size):
    H, L, sigma = kms_not_gns()
    B = complex_matrix(np.random.default_rng(9), 3, 3)
    found = detailed_balance(
        lindbladian(0.5 * (H + H.conj().T), [L + size * B]),
        density_matrix(lindbladian(0.5 * (H + H.conj().T), [L]).spectrum, sigma),
    )
    big = detailed_balance(
        lindbladian(0.5 * (H + H.conj().T), [L + 1e-4 * B]),
        density_matrix(lindbladian(0.5 * (H + H.conj().T), [L]).spectrum, sigma),
    )
    assert found.jump == pytest.approx(big.jump * size / 1e-4, rel=1e-2)


def test_rates_and_small_populations():
    # beta * gap = 100: symmetrised rates stay of order one.
    energies = np.array([0.0, 50.0, 100.0])
    W = np.exp(-0.5 * (energies[:, None] - energies)) * np.array([[0, 1, 2.0], [1, 0, 3], [2, 3, 0]])
    generator = rate_equation(W, energies)
    found = detailed_balance(generator, stationary_state(generator))
    assert found.kms.relative_without_hamiltonian < 1e-13
    assert found.norm > 1.0


def test_states_and_generators_it_does_not_apply_to():
    large = spectrum_of_levels(np.arange(33.0))
    free = Generator(large, (Dissipator(MatrixFree(lambda rho: 0 * rho, lambda X: 0 * X)),))
    with pytest.raises(InputError, match="have jump operators above dimension 32, but one dissipator is known by its"):
        detailed_balance(free, DensityMatrix(large, np.full(33, -np.log(33.0)))).sqdb


def test_a_generator_known_by_its_action_is_balanced_as_its_jumps_are():
    rng = np.random.default_rng(5)
    jumps = rng.normal(size=(2, 3, 3)) + 1j * rng.normal(size=(2, 3, 3))
    known = lindbladian(np.diag([0.0, 1.0, 2.3]), list(jumps))
    kind = known.dissipators[0].representation
    action = Generator(known.spectrum, (Dissipator(MatrixFree(kind.apply, kind.adjoint)),))
    state = stationary_state(known)
    found, wanted = detailed_balance(action, state), detailed_balance(known, state)
    assert found.kms.relative == pytest.approx(wanted.kms.relative, rel=1e-10)
    assert found.gns.relative == pytest.approx(wanted.gns.relative, rel=1e-10)
    assert audit(action).verdict is audit(known).verdict
