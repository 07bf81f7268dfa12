"""The detailed-balance twin on generators whose balance is known by construction."""

import numpy as np
import pytest

from reference.dense_balance import (
    alicki_residual,
    budget,
    dual,
    gns_residual,
    heisenberg,
    kms_residual,
    modular_hamiltonian,
    power,
    traceless_gauge,
)

# Residuals that vanish on paper are sums of some hundred products of numbers of order one to ten.
ZERO = 1e-11


def random_matrix(rng, dimension):
    return rng.normal(size=(dimension, dimension)) + 1j * rng.normal(size=(dimension, dimension))


def random_hermitian(rng, dimension):
    a = random_matrix(rng, dimension)
    return (a + a.conj().T) / 2


def random_state(rng, dimension):
    a = random_matrix(rng, dimension)
    rho = a @ a.conj().T + 0.2 * np.eye(dimension)
    return rho / np.trace(rho).real


def kms_balanced(rng, sigma, count=2):
    """L_k = sigma^{1/4} Lambda_k sigma^{-1/4}, Lambda_k Hermitian, H = (i/2) tanh(ad_h / 4)(M)."""
    dimension = len(sigma)
    jumps = [power(sigma, 0.25) @ random_hermitian(rng, dimension) @ power(sigma, -0.25) for _ in range(count)]
    m = sum(jump.conj().T @ jump for jump in jumps)
    values, vectors = np.linalg.eigh(modular_hamiltonian(sigma))
    m = vectors.conj().T @ m @ vectors
    hamiltonian = 0.5j * np.tanh((values[:, None] - values) / 4) * m
    return vectors @ hamiltonian @ vectors.conj().T, jumps


def thermal_jumps(levels, beta, rng, basis):
    """One jump per ordered pair of nondegenerate levels, rates in the ratio exp(-beta gap): weak coupling."""
    jumps = []
    for m in range(len(levels)):
        for n in range(m):
            rate = rng.uniform(0.5, 1.5)
            down = np.outer(basis[:, n], basis[:, m].conj())
            jumps += [np.sqrt(rate) * down]
            jumps += [np.sqrt(rate * np.exp(-beta * (levels[m] - levels[n]))) * down.conj().T]
    return jumps


def test_weak_coupling_is_balanced_in_every_sense_but_for_its_commuting_hamiltonian():
    """The commuting part is sqrt(2 d) times the norm of the traceless Hamiltonian."""
    rng = np.random.default_rng(0)
    levels, beta = np.array([0.0, 0.7, 1.9]), 0.8
    basis, _ = np.linalg.qr(random_matrix(rng, 3))
    hamiltonian = basis @ np.diag(levels) @ basis.conj().T
    p = np.exp(-beta * levels) / np.exp(-beta * levels).sum()
    sigma = basis @ np.diag(p) @ basis.conj().T
    jumps = thermal_jumps(levels, beta, rng, basis)
    result = budget(hamiltonian, jumps, sigma)
    assert max(result[key] for key in ("jump", "noncommuting", "sqdb", "gns", "stationarity")) < ZERO
    expected = np.sqrt(6) * np.linalg.norm(levels - levels.mean())
    assert result["commuting"] == pytest.approx(expected, rel=1e-12)
    assert result["kms"] == pytest.approx(expected, rel=1e-12)
    full = heisenberg(hamiltonian, jumps)
    assert alicki_residual(full, sigma) < ZERO
    assert gns_residual(full, sigma) > 0.1
    assert gns_residual(heisenberg(0 * hamiltonian, jumps), sigma) < ZERO


@pytest.mark.parametrize("dimension", [2, 3, 4])
def test_kms_balanced_generators_have_no_budget_and_need_not_be_gns_balanced(dimension):
    rng = np.random.default_rng(dimension)
    sigma = random_state(rng, dimension)
    hamiltonian, jumps = kms_balanced(rng, sigma)
    result = budget(hamiltonian, jumps, sigma)
    assert max(result[key] for key in ("jump", "noncommuting", "commuting", "kms", "stationarity")) < ZERO
    assert result["gns"] > 0.1
    assert alicki_residual(heisenberg(hamiltonian, jumps), sigma) > 0.01


def test_a_hamiltonian_that_commutes_with_the_state_leaves_standard_balance():
    rng = np.random.default_rng(1)
    sigma = random_state(rng, 3)
    hamiltonian, jumps = kms_balanced(rng, sigma)
    commuting = modular_hamiltonian(sigma)
    result = budget(hamiltonian + commuting, jumps, sigma)
    assert max(result["sqdb"], result["stationarity"]) < ZERO
    traceless = commuting - np.trace(commuting) / 3 * np.eye(3)
    assert result["commuting"] == pytest.approx(np.sqrt(6) * np.linalg.norm(traceless), rel=1e-12)


@pytest.mark.parametrize("dimension", [2, 3, 4])
def test_the_budget_adds_up_and_does_not_depend_on_the_representation(dimension):
    """Pythagoras; mixing the jumps unitarily, shifting them by constants, padding them: nothing changes."""
    rng = np.random.default_rng(10 + dimension)
    sigma, hamiltonian = random_state(rng, dimension), random_hermitian(rng, dimension)
    jumps = [random_matrix(rng, dimension) for _ in range(2)]
    result = budget(hamiltonian, jumps, sigma)
    parts = np.sqrt(result["jump"] ** 2 + result["noncommuting"] ** 2 + result["commuting"] ** 2)
    assert parts == pytest.approx(result["kms"], rel=1e-12)
    assert kms_residual(heisenberg(hamiltonian, jumps), sigma) == pytest.approx(result["kms"], rel=1e-12)

    mixing, _ = np.linalg.qr(random_matrix(rng, 3))
    mixed = [sum(mixing[k, j] * jump for j, jump in enumerate(jumps)) for k in range(3)]
    shifts = rng.normal(size=3) + 1j * rng.normal(size=3)
    other = hamiltonian + 0.37 * np.eye(dimension)
    for c, jump in zip(shifts, mixed, strict=True):
        # gen(L + c, H') = gen(L, H) for H' = H - (i/2)(c^* L - c L^dagger)
        other = other - 0.5j * (np.conj(c) * jump - c * jump.conj().T)
    shifted = [jump + c * np.eye(dimension) for c, jump in zip(shifts, mixed, strict=True)]
    np.testing.assert_allclose(heisenberg(other, shifted), heisenberg(hamiltonian, jumps), atol=1e-12)
    for key, value in budget(other, shifted, sigma).items():
        assert value == pytest.approx(result[key], rel=1e-10), key


def test_the_gauge_fixed_generator_is_the_same_generator():
    rng = np.random.default_rng(3)
    hamiltonian, jumps = random_hermitian(rng, 3), [random_matrix(rng, 3) for _ in range(2)]
    fixed_hamiltonian, fixed = traceless_gauge(hamiltonian, jumps)
    np.testing.assert_allclose(heisenberg(fixed_hamiltonian, fixed), heisenberg(hamiltonian, jumps), atol=1e-13)
    np.testing.assert_allclose([np.trace(x) for x in [fixed_hamiltonian, *fixed]], 0, atol=1e-14)


def test_the_kms_dual_is_the_petz_dual():
    """For stationary sigma L' has the jumps sigma^{1/2} L^dagger sigma^{-1/2}; the dual of the dual is L."""
    rng = np.random.default_rng(5)
    hamiltonian, jumps = random_hermitian(rng, 3), [random_matrix(rng, 3) for _ in range(2)]
    full = heisenberg(hamiltonian, jumps)
    values, vectors = np.linalg.eig(full.conj().T)
    sigma = vectors[:, np.argmin(np.abs(values))].reshape(3, 3)
    sigma = sigma / np.trace(sigma)
    sigma = (sigma + sigma.conj().T) / 2
    half, inverse = power(sigma, 0.5), power(sigma, -0.5)
    g = -1j * hamiltonian - 0.5 * sum(jump.conj().T @ jump for jump in jumps)
    dual_g = half @ g.conj().T @ inverse
    dual_jumps = [half @ jump.conj().T @ inverse for jump in jumps]
    expected = heisenberg(0.5j * (dual_g - dual_g.conj().T), dual_jumps)
    np.testing.assert_allclose(dual(full, sigma, 0.5), expected, atol=1e-11)
    np.testing.assert_allclose(dual(dual(full, sigma, 0.5), sigma, 0.5), full, atol=1e-11)


def test_a_classical_cycle_shows_its_currents():
    """Jumps sqrt(W_ij) |i><j|: jump^2 = sum_{i<j} (J_ij)^2 / (2 p_i p_j), J_ij = W_ij p_j - W_ji p_i."""
    rates = np.array([[0.0, 1.0, 3.0], [2.0, 0.0, 0.5], [0.7, 1.1, 0.0]])
    generator = rates - np.diag(rates.sum(axis=0))
    p = np.linalg.svd(generator)[2][-1]
    p = p / p.sum()
    unit = np.eye(3)
    jumps = [np.sqrt(rates[i, j]) * np.outer(unit[i], unit[j]) for i in range(3) for j in range(3) if i != j]
    result = budget(np.zeros((3, 3)), jumps, np.diag(p).astype(complex))
    net = rates * p - (rates * p).T
    assert result["jump"] ** 2 == pytest.approx(np.sum(np.triu(net**2 / np.outer(p, p))) / 2, rel=1e-12)
    assert max(result["noncommuting"], result["commuting"], result["gns"]) < ZERO
