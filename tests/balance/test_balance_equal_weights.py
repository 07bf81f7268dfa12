"""States with equal weights, all of them or some, whose Hamiltonian may be any complex matrix between them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balance.balanced_systems import explicit, regauged
from equipoise import lindbladian
from equipoise.balance import (
    BKM,
    GNS,
    KMS,
    SLD,
    Alicki,
    Harmonic,
    InnerProduct,
    PopulationBalance,
    StandardQuantum,
    StandardQuantumTheta,
    compare_gaps,
    detailed_balance,
    dirichlet_form,
    dual,
    irreversible_part,
    nearest_balanced,
    reversible_part,
)
from equipoise.thermodynamics import entropy_production
from random_systems import complex_matrix, unitary
from reference import dense_balance

seeds = st.integers(0, 10**6)


def hermitian(rng, d):
    A = complex_matrix(rng, d, d)
    return A + A.conj().T


def of_random_unitaries(rng, d):
    """Random unitaries at random rates, any Hamiltonian: the uniform state is stationary, nothing else is special."""
    jumps = [np.sqrt(rng.uniform(0.2, 2.0)) * unitary(rng, d) for _ in range(2)]
    return lindbladian(*regauged(rng, hermitian(rng, d), jumps)), np.eye(d) / d


def in_blocks(rng, d):
    """Weights equal in pairs, in a rotated basis: a random reversible part, a Hamiltonian within the pairs, a cycle."""
    h = np.repeat([0.0, 0.9, 1.7, 2.1], 2)[:d]
    V = unitary(rng, d)
    sigma = np.exp(-h) / np.exp(-h).sum()
    scale = np.exp(-0.25 * (h[:, None] - h))
    jumps = [scale * hermitian(rng, d) for _ in range(2)]
    M = sum(L.conj().T @ L for L in jumps)
    H = 0.5j * np.tanh((h[:, None] - h) / 4) * M + np.where(h[:, None] == h, hermitian(rng, d), 0)
    # A one-way ring i -> i + 1 with equal flows: it keeps sigma, and carries a current.
    for i in range(d if d > 2 else 0):
        E = np.zeros((d, d))
        E[(i + 1) % d, i] = np.sqrt(0.3 / sigma[i])
        jumps.append(E)
    turn = lambda A: V @ A @ V.conj().T  # noqa: E731
    generator = lindbladian(*regauged(rng, turn(0.5 * (H + H.conj().T)), [turn(L) for L in jumps]))
    return generator, turn(np.diag(sigma))


@settings(max_examples=12, deadline=None)
@given(seeds, st.integers(2, 6), st.sampled_from([of_random_unitaries, in_blocks]))
def test_dual_parts_and_nearest_are_those_of_the_dense_superoperator(seed, d, make):
    generator, sigma = make(np.random.default_rng(seed), d)
    L = explicit(generator)
    tight = {"rtol": 0, "atol": 1e-10 * np.linalg.norm(L)}
    assert np.abs(generator.apply(sigma)).max() < 1e-12 * np.linalg.norm(L)
    due = dense_balance.dual(L, sigma, 0.5)
    np.testing.assert_allclose(explicit(dual(generator, sigma)), due, **tight)
    np.testing.assert_allclose(explicit(reversible_part(generator, sigma)), (L + due) / 2, **tight)
    np.testing.assert_allclose(explicit(irreversible_part(generator, sigma)), (L - due) / 2, **tight)
    symmetric = dense_balance.symmetrised((L + due) / 2, sigma)
    np.testing.assert_allclose(
        dense_balance.symmetrised(explicit(nearest_balanced(generator, sigma, KMS())), sigma), symmetric, **tight
    )
    np.testing.assert_allclose(
        dense_balance.symmetrised(explicit(nearest_balanced(generator, sigma, GNS())), sigma),
        dense_balance.pinched(symmetric, sigma),
        **tight,
    )
    # The standard notion keeps the Hamiltonian between equal weights, complex elements and all.
    for notion in (StandardQuantum(), Alicki()):
        near = nearest_balanced(generator, sigma, notion)
        moved = np.linalg.norm(dense_balance.symmetrised(explicit(near) - L, sigma))
        assert moved == pytest.approx(detailed_balance(generator, sigma).of(notion).value, rel=1e-9)


@settings(max_examples=12, deadline=None)
@given(seeds, st.integers(2, 6), st.sampled_from([of_random_unitaries, in_blocks]))
def test_residuals_are_those_of_the_dense_superoperator(seed, d, make):
    rng = np.random.default_rng(seed)
    generator, sigma = make(rng, d)
    L = explicit(generator)
    gns, beyond, antisymmetric = dense_balance.ladder(L, sigma)
    dense = dense_balance.budget(generator.hamiltonian, generator.dissipators[0].representation.operators, sigma)
    budget = detailed_balance(generator, sigma)
    assert budget.gns_part == pytest.approx(gns, rel=1e-10)
    assert budget.kms_but_not_gns == pytest.approx(beyond, rel=1e-9, abs=1e-10 * gns)
    for name in ("jump", "noncommuting", "commuting"):
        assert getattr(budget, name) == pytest.approx(dense[name], rel=1e-9, abs=1e-11 * gns)
    values = {
        notion: detailed_balance(generator, sigma).of(notion).value for notion in (KMS(), StandardQuantum(), GNS())
    }
    assert values[KMS()] == pytest.approx(antisymmetric, rel=1e-10)
    assert values[StandardQuantum()] == pytest.approx(dense["sqdb"], rel=1e-9, abs=1e-11 * gns)
    assert values[GNS()] == pytest.approx(np.hypot(beyond, antisymmetric), rel=1e-10)
    means = {
        InnerProduct(0.0): lambda x, y: x,
        InnerProduct(0.3): lambda x, y: x**0.7 * y**0.3,
        BKM(): lambda x, y: x if abs(x - y) < 1e-9 * x else (x - y) / np.log(x / y),
        SLD(): lambda x, y: (x + y) / 2,
        Harmonic(): lambda x, y: 2 * x * y / (x + y),
    }
    for metric, mean in means.items():
        found = detailed_balance(generator, sigma).of(metric)
        assert found.value == pytest.approx(dense_balance.metric_residual(L, sigma, mean), rel=1e-9)
    # A time reversal may mix states of equal weight.
    p, V = np.linalg.eigh(sigma)
    mixing = np.where(np.abs(p[:, None] - p) < 1e-10, complex_matrix(rng, d, d), 0)
    left, _, right = np.linalg.svd(mixing)
    U = V @ (left @ right) @ V.T
    found = detailed_balance(generator, sigma).of(StandardQuantumTheta(U))
    assert found.value == pytest.approx(dense_balance.reversal_residual(L, sigma, U), rel=1e-9)


@settings(max_examples=10, deadline=None)
@given(seeds, st.integers(2, 4), st.sampled_from([of_random_unitaries, in_blocks]))
def test_gaps_dirichlet_form_and_entropy_production_are_those_of_dense_matrices(seed, d, make):
    rng = np.random.default_rng(seed)
    generator, sigma = make(rng, d)
    L = explicit(generator)
    found = compare_gaps(generator, sigma, (3.0,))
    parts = [dense_balance.symmetrised(M, sigma) for M in (L, dense_balance.dual(L, sigma, 0.5))]
    S, A = 0.5 * (parts[0] + parts[1]), 0.5 * (parts[0] - parts[1])
    for gap, matrix in ((found.generator, S + A), (found.reversible, S), (found.accelerated[0], S + 3 * A)):
        assert gap == pytest.approx(np.sort(-np.linalg.eigvals(matrix).real)[1], rel=1e-7)
    X, root = complex_matrix(rng, d, d), dense_balance.power(sigma, 0.5)
    expected = -np.trace(root @ X.conj().T @ root @ generator.adjoint(X)).real
    assert dirichlet_form(generator, sigma, X) == pytest.approx(expected, rel=1e-9)
    jumps = [L - np.trace(sigma @ L) * np.eye(d) for L in generator.dissipators[0].representation.operators]
    forward = np.array([(L @ root).ravel() for L in jumps]).T
    backward = np.array([(root @ L.conj().T).ravel() for L in jumps]).T
    C_f, C_b = forward @ forward.conj().T, backward @ backward.conj().T
    half = 0.5 * np.abs(np.linalg.eigvalsh(C_f - C_b)).sum()
    row = entropy_production(generator, sigma).fagnola_rebolledo
    assert row.whole.trace_distance == pytest.approx(half, rel=1e-9)


def test_nothing_changes_when_equal_weights_become_nearly_equal():
    """Continuous: weights that differ by 1e-7 give the residuals of equal ones, but for what counts as commuting."""
    rng = np.random.default_rng(3)
    generator, _ = of_random_unitaries(rng, 4)
    near = np.diag(np.array([1.0, 1 + 1e-7, 1 - 1e-7, 1.0]) / 4)
    for notion in (KMS(), InnerProduct(0.0), BKM()):
        one, two = (detailed_balance(generator, sigma).of(notion).value for sigma in (np.eye(4) / 4, near))
        assert one == pytest.approx(two, rel=1e-6)


def test_a_uniform_state_makes_all_metrics_one():
    generator, sigma = of_random_unitaries(np.random.default_rng(4), 5)
    expected = detailed_balance(generator, sigma).of(KMS()).value
    for notion in (GNS(), InnerProduct(0.0), InnerProduct(0.7), BKM(), SLD(), Harmonic()):
        assert detailed_balance(generator, sigma).of(notion).value == pytest.approx(expected, rel=1e-12)


def test_populations_of_equal_weights_are_those_of_one_eigenbasis_and_the_reason_says_so():
    """A ring of three, one way round: balanced in the basis of its plane waves, where nothing moves."""
    ring = np.roll(np.eye(3), 1, axis=0)
    waves = np.exp(2j * np.pi * np.outer(range(3), range(3)) / 3) / np.sqrt(3)
    uniform = np.eye(3) / 3
    sites = detailed_balance(lindbladian(np.zeros((3, 3)), [ring]), uniform).of(PopulationBalance())
    turned = detailed_balance(lindbladian(np.zeros((3, 3)), [waves.conj().T @ ring @ waves]), uniform).of(
        PopulationBalance()
    )
    assert sites.value == pytest.approx(np.sqrt(1.5), rel=1e-12)
    assert turned.value < 1e-15
    assert sites.reason == "net flow, states 2 -> 0 of equal weight; equal weights have other eigenbases"
    assert turned.reason == "none above rounding; equal weights have other eigenbases"
    # What is standard is so in each.
    rng = np.random.default_rng(1)
    both = lindbladian(hermitian(rng, 3), [ring, ring.T, hermitian(rng, 3)])
    for V in (np.eye(3), waves, unitary(rng, 3)):
        again = lindbladian(
            V.conj().T @ both.hamiltonian @ V,
            [V.conj().T @ L @ V for L in both.dissipators[0].representation.operators],
        )
        assert detailed_balance(again, uniform).of(PopulationBalance()).relative < 1e-14
