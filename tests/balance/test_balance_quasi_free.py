"""Free modes in the space of all their occupations: detailed balance is a condition on n x n matrices of rates.

sigma = exp(-a^dagger eta a)/Z, rates out sum Gm_ij a_j rho a_i^dagger and in sum Gp_ij a_i^dagger rho a_j:

    standard  <=>  Gp = exp(-eta/2) Gm exp(-eta/2),
    KMS       <=>  also  h = (i/2) tanh(ad_eta / 4)(Gm - Gp) for fermions.
"""

import numpy as np
import pytest
from scipy.linalg import expm, sqrtm

from equipoise import lindbladian, stationary_state
from equipoise.balance import GNS, KMS, StandardQuantum, detailed_balance, nearest_balanced
from random_systems import complex_matrix


def fermions(n):
    """Annihilation operators of n modes on 2^n states."""
    lower, parity = np.array([[0, 1.0], [0, 0]]), np.diag([1.0, -1.0])
    out = []
    for k in range(n):
        a = np.eye(1)
        for m in range(n):
            a = np.kron(a, lower if m == k else parity if m < k else np.eye(2))
        out.append(a)
    return out


def quadratic(h, a):
    n = len(a)
    return sum(h[i, j] * a[i].conj().T @ a[j] for i in range(n) for j in range(n))


def model(h, Gm, Gp, a):
    """Jumps sum_j sqrt(Gm)_kj a_j and sum_i sqrt(Gp)_ik a_i^dagger."""
    out, into = sqrtm(Gm), sqrtm(Gp)
    n = len(a)
    jumps = [sum(out[k, j] * a[j] for j in range(n)) for k in range(n)]
    jumps += [sum(into[i, k] * a[i].conj().T for i in range(n)) for k in range(n)]
    return lindbladian(quadratic(h, a), jumps)


def positive(rng, n):
    A = complex_matrix(rng, n, n)
    return A @ A.conj().T + 0.1 * np.eye(n)


def hermitian(rng, n):
    A = complex_matrix(rng, n, n)
    return 0.5 * (A + A.conj().T)


def tanh_hamiltonian(eta, M):
    e, V = np.linalg.eigh(eta)
    inner = V.conj().T @ M @ V
    return V @ (0.5j * np.tanh((e[:, None] - e) / 4) * inner) @ V.conj().T


def gaussian(eta, a):
    sigma = expm(-quadratic(eta, a))
    return sigma / np.trace(sigma).real


@pytest.mark.parametrize("n, seed", [(1, 0), (2, 1), (2, 2), (3, 3)])
def test_fermions_are_balanced_when_their_rate_matrices_are(n, seed):
    rng = np.random.default_rng(seed)
    a, eta, Gm = fermions(n), hermitian(rng, n), positive(rng, n)
    half = expm(-0.5 * eta)
    Gp, sigma = half @ Gm @ half, gaussian(eta, a)
    h = tanh_hamiltonian(eta, Gm - Gp)
    generator = model(h, Gm, Gp, a)
    assert detailed_balance(generator, sigma).of(KMS()).relative < 1e-12
    if n > 1:
        # The jumps mix modes of unequal eta: no GNS balance, and the Hamiltonian does not commute with the state.
        assert detailed_balance(generator, sigma).of(GNS()).relative > 1e-3
        assert np.abs(h @ eta - eta @ h).max() > 1e-3
    # The stationary occupations are (exp(eta) + 1)^-1, whatever the rates.
    found = stationary_state(generator).density_matrix()
    C = np.array([[np.trace(found @ a[j].conj().T @ a[i]) for j in range(n)] for i in range(n)])
    np.testing.assert_allclose(C, np.linalg.inv(expm(eta) + np.eye(n)), atol=1e-11)
    # With a Hamiltonian that commutes with eta: standard. With another in the rates: nothing.
    kept = model(h + 0.7 * eta, Gm, Gp, a)
    assert detailed_balance(kept, sigma).of(StandardQuantum()).relative < 1e-12
    assert detailed_balance(kept, sigma).of(KMS()).relative > 1e-2
    unequal = model(h, Gm, 1.1 * Gp, a)
    assert detailed_balance(unequal, sigma).of(StandardQuantum()).relative > 1e-3
    if n > 1:
        bent = model(h + 0.1 * hermitian(rng, n), Gm, Gp, a)
        assert detailed_balance(bent, sigma).of(StandardQuantum()).relative > 1e-3


def test_the_nearest_generator_of_free_fermions_is_that_of_the_mean_rates():
    """Rates out and in of one mode: the nearest balanced ones have the means of each and its dual."""
    a, x = fermions(1), 0.9
    generator = model(np.zeros((1, 1)), np.array([[2.0]]), np.array([[0.3]]), a)
    near = nearest_balanced(generator, gaussian(np.array([[x]]), a), KMS())
    # Dual of the rate out: 2 e^(-x) in; of the rate in: 0.3 e^x out.
    out, into = 0.5 * (2.0 + 0.3 * np.exp(x)), 0.5 * (0.3 + 2.0 * np.exp(-x))
    moved = near.apply(np.diag([1.0, 0.0])).real.diagonal()
    np.testing.assert_allclose(moved, [-into, into], atol=1e-13)
    moved = near.apply(np.diag([0.0, 1.0])).real.diagonal()
    np.testing.assert_allclose(moved, [out, -out], atol=1e-13)


def test_bosons_are_balanced_when_their_rates_are_and_occupied_as_planck_says():
    """Two oscillators, up to 12 quanta in all, so cold that the cut does not matter."""
    most, n = 12, 2
    states = [(p, q) for p in range(most + 1) for q in range(most + 1 - p)]
    index = {state: k for k, state in enumerate(states)}
    a = [np.zeros((len(states), len(states))) for _ in range(n)]
    for (p, q), k in index.items():
        if p:
            a[0][index[p - 1, q], k] = np.sqrt(p)
        if q:
            a[1][index[p, q - 1], k] = np.sqrt(q)
    rng = np.random.default_rng(3)
    eta = np.array([[3.0, 0.4 + 0.2j], [0.4 - 0.2j, 3.8]])
    Gm = positive(rng, n)
    half = expm(-0.5 * eta)
    Gp = half @ Gm @ half
    # For bosons the decay of the modes goes as the difference of the rates, the coherent term as the sum.
    h = tanh_hamiltonian(eta, Gm + Gp)
    sigma = gaussian(eta, a)
    generator = model(h, Gm, Gp, a)
    drift = generator.apply(sigma)
    assert np.abs(drift).max() < 1e-12
    C = np.array([[np.trace(sigma @ a[j].conj().T @ a[i]) for j in range(n)] for i in range(n)])
    np.testing.assert_allclose(C, np.linalg.inv(expm(eta) - np.eye(n)), atol=1e-12)
    other = model(tanh_hamiltonian(eta, Gm - Gp), Gm, Gp, a)
    assert np.abs(other.apply(sigma)).max() > 1e-4
