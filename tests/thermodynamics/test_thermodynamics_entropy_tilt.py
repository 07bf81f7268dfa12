"""Fluctuations of the entropy flow of KMS-balanced reservoirs, by the symmetric tilt of each dissipator.

    L_alpha = -i[H, .] + sum_r Gamma_r^-alpha_r D_r Gamma_r^alpha_r,   Gamma_r^a(X) = tau_r^(a/2) X tau_r^(a/2),

on density matrices, tau_r the Gibbs state of reservoir r. Its largest eigenvalue e(alpha) generates the cumulants
of the entropy taken from the reservoirs; no secular approximation is made. Everything but the generator is dense.
"""

import numpy as np
import pytest

from equipoise import Coupling, OpenSystem, Reservoir, bose_einstein, stationary_state, weak_coupling
from equipoise.generators import kms_weak_coupling, universal_lindblad
from equipoise.reservoirs import Ohmic
from equipoise.thermodynamics import currents, entropy_production, green_kubo
from random_systems import complex_matrix
from reference import dense_balance

BETAS = (0.6, 1.5)


def system(rng, betas=BETAS, *, real=True, d=3):
    """Levels and Hermitian couplings without any symmetry; all real, or with a magnetic field."""
    baths = [
        Reservoir(f"bath {r}", bose_einstein(inverse_temperature=beta), Ohmic(0.05 * (1 + r), 6.0))
        for r, beta in enumerate(betas)
    ]
    couplings = []
    for bath in baths:
        A = complex_matrix(rng, d, d)
        A = A.real if real else A
        couplings.append(Coupling(bath, A + A.T.conj()))
    return OpenSystem(np.cumsum(rng.uniform(0.3, 1.0, size=d)), couplings)


def conjugate(whole):
    """The same with the field reversed."""
    couplings = [Coupling(c.reservoir, np.asarray(c.operator).conj()) for c in whole.couplings]
    return OpenSystem(whole.spectrum.energies, couplings)


def tilted(generator, alpha):
    H = generator.hamiltonian
    d = len(H)
    one = np.eye(d)
    L = -1j * (dense_balance.left_right(H, one) - dense_balance.left_right(one, H))
    for a, part in zip(alpha, generator.dissipators, strict=True):
        beta = part.reservoir.inverse_temperature
        tau = np.diag(np.exp(-beta * np.diag(H).real))
        D = np.array([part.apply(E.reshape(d, d)).ravel() for E in np.eye(d * d, dtype=complex)]).T
        gamma, inverse = dense_balance.power(tau, -a / 2), dense_balance.power(tau, a / 2)
        L = L + dense_balance.left_right(gamma, gamma) @ D @ dense_balance.left_right(inverse, inverse)
    return L


def largest(generator, alpha):
    return np.linalg.eigvals(tilted(generator, alpha)).real.max()


@pytest.mark.parametrize("alpha", [(0.3, 0.3), (0.8, -0.4), (1.7, 0.2)])
@pytest.mark.parametrize("seed", range(3))
def test_symmetry_of_the_tilt_under_alpha_to_one_minus_alpha(seed, alpha):
    """With time reversal the full spectra agree; without it, those of opposite fields."""
    opposite = tuple(1 - a for a in alpha)
    for real in (True, False):
        whole = system(np.random.default_rng(seed), real=real)
        other = conjugate(whole)
        one = np.sort_complex(np.linalg.eigvals(tilted(kms_weak_coupling(whole), alpha)))
        two = np.sort_complex(np.linalg.eigvals(tilted(kms_weak_coupling(other), opposite)))
        np.testing.assert_allclose(np.sort(one.real), np.sort(two.real), atol=1e-10 * np.abs(one).max())
        np.testing.assert_allclose(np.sort(np.abs(one.imag)), np.sort(np.abs(two.imag)), atol=1e-9 * np.abs(one).max())
    # With a field, and the field kept, it fails; so it does for jumps that are not KMS-balanced.
    assert abs(largest(kms_weak_coupling(whole), alpha) - largest(kms_weak_coupling(whole), opposite)) > 1e-7
    real = system(np.random.default_rng(seed))
    bare = universal_lindblad(real)
    assert abs(largest(bare, alpha) - largest(bare, opposite)) > 1e-8


def test_the_slope_of_the_tilt_is_the_clausius_flow_and_one_is_its_zero():
    generator = kms_weak_coupling(system(np.random.default_rng(5)))
    state = stationary_state(generator)
    rho, flows = state.density_matrix(), currents(generator, state)
    assert largest(generator, (0.0, 0.0)) == pytest.approx(0, abs=1e-13)
    assert largest(generator, (1.0, 1.0)) == pytest.approx(0, abs=1e-13)
    step = 1e-4
    for r, beta in enumerate(BETAS):
        at = [0.0, 0.0]
        at[r] = step
        slope = (largest(generator, at) - largest(generator, [-a for a in at])) / (2 * step)
        # Entropy that the system takes from the reservoir, -Tr[rho D(log tau)] = beta times the heat.
        assert slope == pytest.approx(beta * flows.heat[r], rel=1e-6)
    assert entropy_production(generator, rho).spohn_of_reservoirs.value == pytest.approx(
        -sum(beta * heat for beta, heat in zip(BETAS, flows.heat, strict=True)), rel=1e-9
    )


def test_the_tilt_of_a_secular_generator_counts_the_energy_of_its_jumps():
    """A factor exp(a beta times the energy that the system gains) at each jump."""
    generator = weak_coupling(system(np.random.default_rng(1)), lamb_shift=False)
    alpha = (0.4, -0.7)
    H = generator.hamiltonian
    E, one = np.diag(H).real, np.eye(3)
    counted = -1j * (dense_balance.left_right(H, one) - dense_balance.left_right(one, H))
    for a, part in zip(alpha, generator.dissipators, strict=True):
        beta = part.reservoir.inverse_temperature
        for L in part.representation.jump_operators():
            i, j = np.argwhere(np.abs(L) > 1e-12)[0]
            M = L.conj().T @ L
            counted = counted + np.exp(a * beta * (E[i] - E[j])) * dense_balance.left_right(L, L.conj().T)
            counted = counted - 0.5 * (dense_balance.left_right(M, one) + dense_balance.left_right(one, M))
    np.testing.assert_allclose(tilted(generator, alpha), counted, atol=1e-12)


def test_translation_symmetry_where_all_reservoirs_share_the_hamiltonian():
    """e depends on the differences of alpha_r beta_r alone: energy given to one comes from another."""
    generator = kms_weak_coupling(system(np.random.default_rng(2), real=False))
    shifts = [0.9 / beta for beta in BETAS]
    one, two = (0.2, -0.5), tuple(a + c for a, c in zip((0.2, -0.5), shifts, strict=True))
    assert largest(generator, one) == pytest.approx(largest(generator, two), rel=1e-9)


@pytest.mark.parametrize("real", [True, False])
def test_its_curvature_at_equilibrium_is_the_symmetric_part_of_green_kubo(real):
    """(1/2) d^2 e / dl_m dl_k, l = alpha beta: the third of three routes that share nothing."""
    beta = 0.8
    generator = kms_weak_coupling(system(np.random.default_rng(7), (beta, beta), real=real))
    matrix = green_kubo(generator, beta).matrix
    step = 2e-3
    found = np.empty((2, 2))
    for m in range(2):
        for k in range(2):
            corners = 0.0
            for a in (-1, 1):
                for b in (-1, 1):
                    at = np.zeros(2)
                    at[m] += a * step
                    at[k] += b * step
                    corners += a * b * largest(generator, at / beta)
            found[m, k] = 0.5 * corners / (4 * step**2)
    symmetric = 0.5 * (matrix + matrix.T)
    np.testing.assert_allclose(found, symmetric, rtol=2e-5, atol=2e-5 * np.abs(symmetric).max())


def test_without_its_coherent_term_a_balanced_reservoir_seems_to_break_the_second_law():
    """-Tr D(rho)(log rho - log tau) >= 0 needs D(tau) = 0: the tanh term belongs to the dissipator."""
    generator = kms_weak_coupling(system(np.random.default_rng(3), (1.5,), real=False))
    part = generator.dissipators[0]
    H = np.diag(generator.hamiltonian).real
    tau = np.diag(np.exp(-1.5 * H) / np.exp(-1.5 * H).sum())

    def rate(D, rho):
        values, V = np.linalg.eigh(rho)
        log = V @ np.diag(np.log(values)) @ V.conj().T
        return -np.trace(D @ (log - np.diag(np.log(np.diag(tau))))).real

    rng = np.random.default_rng(0)
    least = 0.0
    for _ in range(200):
        A = complex_matrix(rng, 3, 3)
        A = A + A.conj().T
        rho = tau + 0.02 * (A - np.trace(A) / 3 * np.eye(3)) * np.sqrt(np.outer(np.diag(tau), np.diag(tau)))
        rho = rho / np.trace(rho).real
        assert rate(part.apply(rho), rho) > 0
        jumps_only = part.representation.apply(rho)
        least = min(least, rate(jumps_only, rho))
    assert least < -1e-7
