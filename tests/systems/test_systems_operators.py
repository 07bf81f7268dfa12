"""Operators: algebra, ordering, and what they refuse."""

import numpy as np
import pytest

from equipoise import InputError
from equipoise.systems.operators import (
    annihilation,
    jordan_wigner,
    ring_hopping,
    site_operator,
    spin_operators,
)


def test_oscillator_commutator_is_one_below_the_last_level():
    a = annihilation(6)
    commutator = a @ a.T - a.T @ a
    np.testing.assert_allclose(commutator, np.diag([1.0, 1, 1, 1, 1, -5]), atol=1e-14)


@pytest.mark.parametrize("spin", [0.5, 1, 1.5, 4])
def test_spin_algebra(spin):
    Sx, Sy, Sz = spin_operators(spin)
    np.testing.assert_allclose(Sx @ Sy - Sy @ Sx, 1j * Sz, atol=1e-14)
    np.testing.assert_allclose(Sy @ Sz - Sz @ Sy, 1j * Sx, atol=1e-14)
    total = Sx @ Sx + Sy @ Sy + Sz @ Sz
    np.testing.assert_allclose(total, spin * (spin + 1) * np.eye(int(2 * spin) + 1), atol=1e-13)
    assert Sz[0, 0] == spin
    for S in (Sx, Sy, Sz):
        np.testing.assert_array_equal(S, S.conj().T)


@pytest.mark.parametrize("sites", [1, 2, 5])
def test_jordan_wigner_anticommutes_exactly(sites):
    c = [operator.toarray() for operator in jordan_wigner(sites)]
    for i in range(sites):
        for j in range(sites):
            np.testing.assert_array_equal(c[i] @ c[j] + c[j] @ c[i], 0)
            np.testing.assert_array_equal(c[i] @ c[j].T + c[j].T @ c[i], (i == j) * np.eye(2**sites))


def test_first_site_is_the_slowest_index():
    first, second = jordan_wigner(2)
    # |n1 n2>: 00, 01, 10, 11; c_2 |11> = -|10> for the string of site 1.
    np.testing.assert_array_equal(first.toarray(), [[0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(second.toarray(), [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, -1], [0, 0, 0, 0]])


def test_site_operator_is_a_kronecker_product():
    rng = np.random.default_rng(1)
    A = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    expected = np.kron(np.kron(np.eye(2), A), np.eye(4))
    np.testing.assert_array_equal(site_operator(A, 1, (2, 3, 4)).toarray(), expected)


@pytest.mark.parametrize("flux", [0.0, 0.7, np.pi, -2.0])
@pytest.mark.parametrize("sites", [3, 4, 7])
def test_levels_of_a_ring(sites, flux):
    levels = np.linalg.eigvalsh(ring_hopping(sites, 1.3, flux))
    expected = np.sort(-2.6 * np.cos((2 * np.pi * np.arange(sites) + flux) / sites))
    np.testing.assert_allclose(levels, expected, atol=1e-14)
    # A flux quantum is a gauge transformation.
    quantum = np.linalg.eigvalsh(ring_hopping(sites, 1.3, flux + 2 * np.pi))
    np.testing.assert_allclose(quantum, levels, atol=1e-14)


def test_sense_of_the_flux():
    h = ring_hopping(3, 1.3, 0.6)
    for start in range(3):
        assert h[(start + 1) % 3, start] == pytest.approx(-1.3 * np.exp(0.2j))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: annihilation(1), r"`levels` must be an integer >= 2, but got 1"),
        (lambda: annihilation(2.0), r"`levels` must be an integer >= 2, but got 2.0"),
        (lambda: annihilation(True), r"`levels` must be an integer >= 2, but got True"),
        (lambda: annihilation(10**6), r"`levels` must fit in memory, but dimension 1000000 needs about"),
        (lambda: annihilation(10**400), r"`levels` must fit in memory, but it asks for more than 2\^1328 states"),
        (lambda: spin_operators(0.3), r"`spin` must be a positive multiple of 1/2, but got 0.3"),
        (lambda: spin_operators(-1), r"`spin` must be a positive multiple of 1/2, but got -1"),
        (lambda: spin_operators(1e9), r"`spin` must fit in memory.*Use a smaller spin"),
        (lambda: spin_operators(float("nan")), r"`spin` must be a number, but got NaN"),
        (lambda: site_operator(np.eye(2), 2, (2, 2)), r"`site` must be one of the 2 sites, 0..1, but got 2"),
        (lambda: site_operator(np.eye(2), -1, (2, 2)), r"`site` must be an integer >= 0, but got -1"),
        (
            lambda: site_operator(np.eye(3), 0, (2, 2)),
            r"`operator` must have shape \(2, 2\), the dimension of site 0, but has shape \(3, 3\)",
        ),
        (lambda: site_operator(np.eye(2), 0, (2, 0)), r"`dimensions\[1\]` must be an integer >= 1, but got 0"),
        (lambda: site_operator(np.eye(2), 0, [2] * 60), r"`dimensions` must fit in memory"),
        (lambda: site_operator(np.eye(2), 0, [2] * 5000), r"more than 2\^5004 bytes"),
        (lambda: jordan_wigner(0), r"`sites` must be an integer >= 1, but got 0"),
        (lambda: jordan_wigner(50), r"`sites` must fit in memory, but the sparse operators need about"),
        (lambda: jordan_wigner(10**9), r"`sites` must fit in memory"),
        (lambda: ring_hopping(2, 1.0, 0.0), r"`sites` must be an integer >= 3, but got 2"),
        (lambda: ring_hopping(3, 1j, 0.0), r"`hopping` must be a real number, but got 1j"),
        (lambda: ring_hopping(3, 1.0, np.inf), r"`flux` must be finite, but got inf"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()
