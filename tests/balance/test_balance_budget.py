"""The irreversibility budget: exact, from the dense superoperator, and resolved at any size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balance.balanced_systems import (
    explicit,
    gns_balanced_matrices,
    kms_balanced_generator,
    random_generator,
    random_state,
    regauged,
)
from equipoise import InputError, lindbladian, rate_equation, stationary_state, weak_coupling
from equipoise.balance import GNS, KMS, detailed_balance
from equipoise.balance.quantum import _low_rank as low_rank
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system, unitary
from reference import dense_balance

seeds = st.integers(0, 10**6)


@settings(max_examples=20)
@given(seeds, st.integers(2, 5), st.booleans())
def test_parts_are_orthogonal_and_those_of_the_dense_superoperator(seed, d, stationary):
    rng = np.random.default_rng(seed)
    generator = random_generator(rng, d, 2)
    sigma = stationary_state(generator).density_matrix() if stationary else random_state(rng, d)
    found = detailed_balance(generator, sigma)
    L = explicit(generator)
    gns, beyond, antisymmetric = dense_balance.ladder(L, sigma)
    dense = dense_balance.budget(generator.hamiltonian, generator.dissipators[0].representation.operators, sigma)
    assert found.gns_part == pytest.approx(gns, rel=1e-9)
    assert found.kms_but_not_gns == pytest.approx(beyond, rel=1e-9)
    assert found.irreversible == pytest.approx(antisymmetric, rel=1e-9)
    assert found.total == pytest.approx(np.linalg.norm(dense_balance.symmetrised(L, sigma)), rel=1e-9)
    for name in ("jump", "noncommuting", "commuting"):
        assert getattr(found, name) == pytest.approx(dense[name], rel=1e-8, abs=1e-10 * found.total)
    root = dense_balance.power(sigma, -0.25)
    assert found.stationarity == pytest.approx(
        np.linalg.norm(root @ generator.apply(sigma) @ root), rel=1e-8, abs=1e-9 * found.total
    )
    # A candidate that is nearly balanced is nearly stationary: Gamma^(-1/2) L_*(sigma) = -2 A sigma^(1/2).
    assert found.stationarity <= 2 * found.current_carrying * (1 + 1e-9) + found.noise
    assert found.is_clustering_safe


@pytest.mark.parametrize("degenerate", [False, True])
@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
def test_of_secular_generators(make, degenerate):
    generator = weak_coupling(make(Draw(4, 5, 2, degenerate)))
    state = stationary_state(generator)
    found = detailed_balance(generator, state)
    gns, beyond, antisymmetric = dense_balance.ladder(explicit(generator), state.density_matrix())
    assert found.gns_part == pytest.approx(gns, rel=1e-9)
    assert found.kms_but_not_gns == pytest.approx(beyond, abs=1e-9 * gns)
    assert found.irreversible == pytest.approx(antisymmetric, rel=1e-9)


@settings(max_examples=10)
@given(seeds, st.integers(2, 5))
def test_ladder_of_balanced_generators(seed, d):
    rng = np.random.default_rng(seed)
    generator, sigma = kms_balanced_generator(rng, d)
    found = detailed_balance(generator, sigma)
    assert found.irreversible < 1e-12 * found.total
    assert found.kms_but_not_gns > 1e-6 * found.total
    H, jumps, sigma = gns_balanced_matrices(rng, np.cumsum(rng.uniform(0.2, 1.0, size=d)), unitary(rng, d))
    found = detailed_balance(lindbladian(*regauged(rng, H, jumps)), sigma)
    assert max(found.irreversible, found.kms_but_not_gns) < 1e-12 * found.total


def covariant_vectors(rng, size, groups, columns):
    label = rng.integers(0, groups, size=size)
    vectors = np.zeros((size, columns), dtype=complex)
    for k in range(columns):
        mine = label == rng.integers(0, groups)
        vectors[mine, k] = rng.normal(size=mine.sum())
    return vectors, label


@pytest.mark.parametrize("violation", [1e-2, 1e-5, 1e-9, 1e-13])
def test_split_norms_resolve_a_small_part_between_blocks(monkeypatch, violation):
    rng = np.random.default_rng(3)
    vectors, label = covariant_vectors(rng, 300, 200, 5)
    vectors = (vectors + violation * complex_matrix(rng, 300, 5)) @ unitary(rng, 5)
    signs = np.array([1.0, 1, 1, 1, 1])
    C = (vectors * signs) @ vectors.conj().T
    same = label[:, None] == label[None, :]
    direct = low_rank.split_norms(vectors, signs, label)
    np.testing.assert_allclose(direct, [np.linalg.norm(C[same]), np.linalg.norm(C[~same])], rtol=1e-12)
    monkeypatch.setattr(low_rank, "_DENSE", 10)
    inside, outside = low_rank.split_norms(vectors, signs, label)
    assert inside == pytest.approx(direct[0], rel=1e-12)
    assert outside == pytest.approx(direct[1], rel=1e-3 if violation > 1e-12 else 0.1)


def test_nearly_equal_modular_frequencies_are_said():
    generator = random_generator(np.random.default_rng(1), 3)
    p = np.array([1.0, np.exp(-0.5), np.exp(-1 - 3e-8)])
    found = detailed_balance(generator, np.diag(p / p.sum()))
    assert not found.is_clustering_safe
    assert "some modular frequencies are nearly equal" in str(found)
    # On either side: these are merged, but a tolerance a hundred times narrower would tell them apart.
    q = np.array([1.0, np.exp(-0.5), np.exp(-1 - 3e-11)])
    merged = detailed_balance(generator, np.diag(q / q.sum()))
    assert not merged.is_clustering_safe
    wide = detailed_balance(generator, np.diag(p / p.sum()), tolerance=1e-6)
    assert wide.gns_part > found.gns_part
    assert wide.irreversible == found.irreversible
    with pytest.raises(InputError, match="`tolerance` must be positive, but got 0"):
        detailed_balance(generator, np.diag(p / p.sum()), tolerance=0)


def test_it_prints_as_a_bar():
    cycle = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    found = detailed_balance(cycle, stationary_state(cycle))
    lines = str(found).splitlines()
    assert len(lines[1].split("]")[0]) == 61
    shares = [float(line.split()[-2]) for line in lines[2:7]]
    assert sum(shares) == pytest.approx(100, abs=0.03)
    assert lines[1].count("#") == pytest.approx(0.58 * shares[2], abs=1)
    assert found.support is None
    leaky = rate_equation([[0, 2.0, 1.0], [1.0, 0, 1.0], [0, 0, 0]], [0.0, 1.0, 2.0])
    assert "restricted to the support of the state (2 of 3 states)" in str(
        detailed_balance(leaky, stationary_state(leaky))
    )


def test_it_agrees_with_the_residuals():
    rng = np.random.default_rng(0)
    generator, sigma = random_generator(rng, 4), random_state(rng, 4)
    found = detailed_balance(generator, sigma)
    assert found.irreversible == pytest.approx(detailed_balance(generator, sigma).of(KMS()).value, rel=1e-13)
    expected = np.hypot(found.kms_but_not_gns, found.irreversible)
    assert detailed_balance(generator, sigma).of(GNS()).value == pytest.approx(expected, rel=1e-12)
