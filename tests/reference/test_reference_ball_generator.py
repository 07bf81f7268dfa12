"""The ball-arithmetic twin against closed forms."""

import math

import numpy as np
import pytest
from flint import arb

from reference.ball_generator import Bath, Ingredients, Jump, NotUnique, stationary, verdicts
from reference.balls import dagger, exact, hermitian_eigen, log2_size, precision, product


def pair(d, to, start, g, x, owner=0, at=0):
    """g (n + 1) of |to><start|, g n back; `at` is the number of jumps before it."""
    L = np.zeros((d, d))
    L[to, start] = 1.0
    return matrix_pair(L, g, x, owner, at)


def matrix_pair(L, g, x, owner=0, at=0):
    return [
        Jump(
            owner=owner, operator=L, rate=lambda: g / (1 - (-exact(x)).exp()), reverse=at + 1, entropy=lambda: exact(x)
        ),
        Jump(owner=owner, operator=L.T, rate=lambda: g / exact(x).expm1(), reverse=at, entropy=lambda: -exact(x)),
    ]


def ring(forward, backward):
    jumps = []
    for k in range(3):
        there, back = np.zeros((3, 3)), np.zeros((3, 3))
        there[(k + 1) % 3, k] = back[k, (k + 1) % 3] = 1.0
        for L, rate, s in ((there, forward, 1), (back, backward, -1)):
            entropy = lambda s=s: s * (arb(forward) / backward).log()  # noqa: E731
            other = len(jumps) + s
            jumps.append(Jump(owner=0, operator=L, rate=lambda r=rate: arb(r), reverse=other, entropy=entropy))
    return tuple(jumps)


@pytest.mark.parametrize("x", [1.0, 60.0, 700.0])
def test_thermal_qubit(x):
    system = Ingredients(energies=(0.0, 1.0), jumps=tuple(pair(2, 0, 1, 0.1, x)), baths=(Bath(beta=x),))
    found = stationary(system)
    p = found.populations()
    assert float((p[1] / p[0]).log()) == pytest.approx(-x, rel=1e-15)
    assert verdicts(system, found) == {"equilibrium"}
    assert log2_size(found.clausius()) < -80


def test_heat_through_a_doublet():
    # rho_ground = 2 p_e A_ij / (k_i + k_j) in the eigenbasis of K = sum g n u u^T; the first reservoir's heat.
    jumps, eta = [], 0.01
    for owner, (u, beta) in enumerate((((1.0, 0.0), 1.0), ((0.6, 0.8), 40.0))):
        L = np.zeros((3, 3))
        L[:2, 2] = u
        g = 2 * math.pi * eta * math.exp(-1 / 5)
        jumps += matrix_pair(L, g, beta, owner, len(jumps))
    system = Ingredients(energies=(0.0, 0.0, 1.0), jumps=tuple(jumps), baths=(Bath(beta=1.0), Bath(beta=40.0)))
    found = stationary(system)
    np.testing.assert_allclose([float(x) for x in found.energy_flow()], [7.86763487e-20, -7.86763487e-20], rtol=1e-8)
    assert verdicts(system, found) == {"balanced between unequal reservoirs"}


def test_resonantly_driven_qubit():
    # Bloch: <sigma_z> = z0 / (1 + 2 w^2 / G^2), G = g (2 n + 1).
    n, g, w = 0.2, 0.1, 0.1
    z = -1 / (2 * n + 1) / (1 + 2 * w**2 / (g * (2 * n + 1)) ** 2)
    drive = np.array([[0, w / 2], [w / 2, 0]])
    jumps = tuple(pair(2, 0, 1, g, math.log(1 + 1 / n)))
    found = stationary(Ingredients(energies=(0.0, 0.0), jumps=jumps, baths=None, drive=drive))
    p = [float(x) for x in found.populations()]
    assert p[1] - p[0] == pytest.approx(z, rel=1e-14)
    emitted = g * (n + 1) * p[1] - g * n * p[0]
    assert float(found.pair_production()) == pytest.approx(emitted * math.log((n + 1) / n), rel=1e-12)
    assert verdicts(found.system, found) == {"irreversible"}


def test_ring_with_and_without_a_force():
    driven = Ingredients(energies=(0.0, 0.0, 0.0), jumps=ring(2, 1), baths=None)
    found = stationary(driven)
    assert float(found.pair_production()) == pytest.approx(math.log(2), rel=1e-15)
    assert verdicts(driven, found) == {"irreversible"}
    still = Ingredients(energies=(0.0, 0.0, 0.0), jumps=ring(1, 1), baths=None)
    assert verdicts(still, stationary(still)) == {"reversible"}


def test_dark_singlet_is_not_unique():
    lower, one = np.array([[0.0, 1.0], [0.0, 0.0]]), np.eye(2)
    L = np.kron(lower, one) + np.kron(one, lower)
    system = Ingredients(
        energies=(0.0, 1.0, 1.0, 2.0), jumps=tuple(matrix_pair(L, 0.1, 40.0)), baths=(Bath(beta=40.0),)
    )
    with pytest.raises(NotUnique):
        stationary(system)


def test_gauge_does_not_matter_for_detailed_balance():
    # L -> L + c with H corrected, of a balanced qubit beside a commuting Hamiltonian.
    lower, c = np.array([[0.0, 1.0], [0.0, 0.0]]), 0.25 + 0.5j
    jumps, drive = [], np.diag([0.0, 1.0]).astype(complex)
    for rate, L in ((0.75, lower), (0.25, lower.T)):
        jumps.append(Jump(owner=0, operator=L + c * np.eye(2), rate=lambda r=rate: arb(r)))
        drive += rate * (np.conj(c) * L - c * L.T) / 2j
    system = Ingredients(energies=(0.0, 0.0), jumps=tuple(jumps), baths=None, drive=drive)
    found = stationary(system)
    np.testing.assert_allclose([float(x) for x in found.populations()], [0.75, 0.25], rtol=1e-15)
    assert verdicts(system, found) == {"reversible"}


def test_eigenvectors():
    rng = np.random.default_rng(0)
    M = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    M = np.tril(M, -1) + np.tril(M, -1).conj().T + np.diag(np.diag(M).real)
    with precision(400):
        exact_matrix = [[exact(complex(x)) for x in row] for row in M]
        values, V = hermitian_eigen(exact_matrix)
        inside = product(dagger(V), product(exact_matrix, V))
        off = max(log2_size(inside[i][j] - (values[i] if i == j else 0)) for i in range(4) for j in range(4))
    assert off < -380
    np.testing.assert_allclose(sorted(float(x) for x in values), np.linalg.eigvalsh(M), rtol=1e-12)
