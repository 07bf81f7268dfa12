"""What detailed balance, and the reversible part, say of the relaxation: random generators, d = 2-8."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from balance.balanced_systems import (
    explicit,
    gns_balanced_matrices,
    kms_balanced_generator,
    kms_balanced_matrices,
    random_generator,
    random_state,
    regauged,
)
from equipoise import lindbladian, rate_equation, stationary_state
from equipoise.balance import GNS, KMS, compare_gaps, detailed_balance, dirichlet_form, reversible_part
from equipoise.balance.quantum.duals import with_irreversible_part
from equipoise.balance.quantum.relaxation import conserved_dimension
from random_systems import complex_matrix, unitary
from reference import dense_balance

seeds, dimensions = st.integers(0, 10**6), st.integers(2, 8)


def kms_norm(X, sigma):
    quarter = dense_balance.power(sigma, 0.25)
    return np.linalg.norm(quarter @ X @ quarter)


@settings(max_examples=12, deadline=None)
@given(seeds, dimensions)
def test_observables_contract_at_the_gap_of_the_reversible_part_with_prefactor_one(seed, d):
    """||T_t X|| <= exp(-gap(S) t) ||X|| in the KMS norm, at every time, if Tr[sigma X] = 0."""
    rng = np.random.default_rng(seed)
    generator = random_generator(rng, d, 2)
    state = stationary_state(generator)
    sigma, gap = state.density_matrix(), compare_gaps(generator, state).reversible
    X = complex_matrix(rng, d, d)
    X = X - np.trace(sigma @ X) * np.eye(d)
    L = explicit(generator)
    for t in (1e-3 / gap, 0.1 / gap, 0.5 / gap, 2.0 / gap):
        after = (expm(t * L) @ X.ravel()).reshape(d, d)
        assert kms_norm(after, sigma) <= np.exp(-gap * t) * kms_norm(X, sigma) * (1 + 1e-9)
    # It is the best rate at the start: for the slowest mode of S the slope is the gap.
    symmetric = dense_balance.symmetrised(explicit(reversible_part(generator, state)), sigma)
    values, modes = np.linalg.eigh(0.5 * (symmetric + symmetric.conj().T))
    inverse = dense_balance.power(sigma, -0.25)
    slow = inverse @ modes[:, -2].reshape(d, d) @ inverse
    assert values[-2] == pytest.approx(-gap, rel=1e-6)
    assert dirichlet_form(generator, state, slow) == pytest.approx(gap * kms_norm(slow, sigma) ** 2, rel=1e-6)


@settings(max_examples=12, deadline=None)
@given(seeds, st.integers(2, 5))
def test_the_decay_rates_add_up_to_those_of_the_reversible_part(seed, d):
    """sum Re lambda(L) = Tr S: what the irreversible part speeds up here it slows down there."""
    generator = random_generator(np.random.default_rng(seed), d, 2)
    state = stationary_state(generator)
    ours = np.linalg.eigvals(explicit(generator)).real
    theirs = np.linalg.eigvals(explicit(reversible_part(generator, state))).real
    assert ours.sum() == pytest.approx(theirs.sum(), rel=1e-8)
    faster = np.linalg.eigvals(explicit(with_irreversible_part(generator, state, 7.0))).real
    assert faster.sum() == pytest.approx(theirs.sum(), rel=1e-8)


def test_irreversibility_accelerates_up_to_a_limit():
    """A ring of six with a uniform state: no current helps its Fourier modes, but one of unequal flows does."""
    ring = rate_equation(2 * np.roll(np.eye(6), 1, axis=0) + np.roll(np.eye(6), -1, axis=0))
    plain = compare_gaps(ring, stationary_state(ring), (10.0,))
    assert plain.accelerated[0] == pytest.approx(plain.reversible, rel=1e-10)
    generator = random_generator(np.random.default_rng(4), 4, 2)
    found = compare_gaps(generator, stationary_state(generator), (0.0, 1.0, 10.0, 100.0, 1000.0))
    none, one, ten, hundred, thousand = found.accelerated
    assert none < one < ten
    assert none == pytest.approx(found.reversible, rel=1e-9)
    assert one == pytest.approx(found.generator, rel=1e-9)
    # The fastest mixing there is: S averaged over the flow of A. It no longer depends on the factor.
    assert thousand == pytest.approx(hundred, rel=1e-2)


@settings(max_examples=12, deadline=None)
@given(seeds, dimensions)
def test_a_candidate_state_drifts_by_the_antisymmetric_part(seed, d):
    """sigma^(-1/4) L(sigma) sigma^(-1/4) = -2 A sigma^(1/2), A = (Lhat - Lhat^dagger)/2: equal, not a bound."""
    rng = np.random.default_rng(seed)
    generator, sigma = random_generator(rng, d, 2), random_state(rng, d)
    lhat = dense_balance.symmetrised(explicit(generator), sigma)
    A = 0.5 * (lhat - lhat.conj().T)
    root, inverse = dense_balance.power(sigma, 0.5), dense_balance.power(sigma, -0.25)
    drift = inverse @ generator.apply(sigma) @ inverse
    np.testing.assert_allclose(drift.ravel(), -2 * A @ root.ravel(), atol=1e-10 * np.linalg.norm(lhat))
    found = detailed_balance(generator, sigma).stationarity
    assert found == pytest.approx(2 * np.linalg.norm(A @ root.ravel()), rel=1e-9)


@settings(max_examples=10, deadline=None)
@given(seeds, st.integers(2, 5))
def test_decay_of_a_kms_balanced_generator_in_modular_components(seed, d):
    """Ghat = -sum_k sum_{n1, n2} e^((n1 - n2)/4)/(2 cosh((n1 + n2)/4)) Lambda_n1 Lambda_n2, Hermitian Lambda_k.

    Lambda_n joins states of modular frequency h_i - h_j = n. From L_k = sigma^(1/4) Lambda_k sigma^(-1/4) alone.
    """
    rng = np.random.default_rng(seed)
    h = np.cumsum(rng.uniform(0.3, 1.0, size=d))
    H, jumps, sigma = kms_balanced_matrices(rng, h)
    generator = lindbladian(H, jumps)
    G = np.zeros((d, d), dtype=complex)
    scale = np.exp(0.25 * (h[:, None] - h))
    for L in jumps:
        Lambda = scale * L
        for i in range(d):
            for k in range(d):
                for j in range(d):
                    first, second = h[i] - h[k], h[k] - h[j]
                    weight = np.exp((first - second) / 4) / (2 * np.cosh((first + second) / 4))
                    G[i, j] -= weight * Lambda[i, k] * Lambda[k, j]
    np.testing.assert_allclose(G, G.conj().T, atol=1e-12 * np.linalg.norm(G))
    one = np.eye(d)
    expected = dense_balance.left_right(G, one) + dense_balance.left_right(one, G)
    for L in jumps:
        expected = expected + dense_balance.left_right(scale * L, scale * L)
    found = dense_balance.symmetrised(explicit(generator), sigma)
    np.testing.assert_allclose(found, expected, atol=1e-11 * np.linalg.norm(found))


@settings(max_examples=12, deadline=None)
@given(seeds, dimensions)
def test_balanced_generators_with_one_state_form_a_cone(seed, d):
    """Sums with positive factors are balanced with respect to the same state; differences too, with signs."""
    rng = np.random.default_rng(seed)
    h = np.cumsum(rng.uniform(0.3, 1.0, size=d))
    V, factor = unitary(rng, d), rng.uniform(0.1, 3.0)
    (H1, first, sigma), (H2, second, _) = kms_balanced_matrices(rng, h, V=V), kms_balanced_matrices(rng, h, V=V)
    total = lindbladian(*regauged(rng, H1 + factor * H2, [*first, *(np.sqrt(factor) * L for L in second)]))
    assert detailed_balance(total, sigma).of(KMS()).relative < 1e-12
    difference = lindbladian(H1 - H2, [*first, *second], signs=[1, 1, -1, -1])
    assert detailed_balance(difference, sigma).of(KMS()).relative < 1e-12
    H3, third, _ = gns_balanced_matrices(rng, h, V)
    assert detailed_balance(lindbladian(H3, [2 * L for L in third]), sigma).of(GNS()).relative < 1e-12
    mixed = lindbladian(H1 + H3, [*first, *third])
    assert detailed_balance(mixed, sigma).of(KMS()).relative < 1e-12
    assert detailed_balance(mixed, sigma).of(GNS()).relative > 1e-4


@settings(max_examples=12, deadline=None)
@given(seeds, st.integers(1, 3), st.integers(1, 2), st.integers(1, 2))
def test_the_kernel_of_the_reversible_part_is_the_commutant_of_the_resolved_jumps(seed, block, copies, others):
    """Jumps A x 1 on the copies of a block, beside other blocks: copies^2 + others observables are conserved."""
    rng = np.random.default_rng(seed)
    pieces = [(block, copies), *((2, 1) for _ in range(others))]
    d = sum(size * count for size, count in pieces)
    h, jumps, start = np.zeros(d), [], 0
    for size, count in pieces:
        levels = np.cumsum(rng.uniform(0.3, 1.0, size=size))
        stop = start + size * count
        h[start:stop] = np.repeat(levels, count)
        scale = np.exp(-0.25 * (levels[:, None] - levels))
        for _ in range(2):
            A = complex_matrix(rng, size, size)
            jumps.append(np.zeros((d, d), dtype=complex))
            jumps[-1][start:stop, start:stop] = np.kron(scale * (A + A.conj().T), np.eye(count))
        start = stop
    M = sum(L.conj().T @ L for L in jumps)
    H = 0.5j * np.tanh((h[:, None] - h) / 4) * M
    V = unitary(rng, d)
    turn = lambda A: V @ A @ V.conj().T  # noqa: E731
    sigma = turn(np.diag(np.exp(-h) / np.exp(-h).sum()))
    generator = lindbladian(*regauged(rng, turn(0.5 * (H + H.conj().T)), [turn(L) for L in jumps]))
    assert detailed_balance(generator, sigma).of(KMS()).relative < 1e-12
    assert conserved_dimension(generator, sigma) == copies**2 + others
    kernel = np.linalg.svd(explicit(generator), compute_uv=False)
    assert int(np.sum(kernel < 1e-10 * kernel[0])) == copies**2 + others
    assert compare_gaps(generator, sigma).reversible == 0.0


@settings(max_examples=12, deadline=None)
@given(seeds, dimensions, st.booleans())
def test_standard_balance_is_a_unitary_between_the_jumps_and_their_duals(seed, d, balanced):
    """Fagnola and Umanita: sigma^(1/2) L_k^dagger = sum_l u_kl L_l sigma^(1/2), u unitary, where Tr[sigma L_k] = 0."""
    rng = np.random.default_rng(seed)
    H, jumps, sigma = kms_balanced_matrices(rng, np.cumsum(rng.uniform(0.3, 1.0, size=d)), 2, V=unitary(rng, d))
    if not balanced:
        jumps = [jumps[0], jumps[1] + 0.1 * complex_matrix(rng, d, d)]
    _, jumps = regauged(rng, H, jumps)
    root = dense_balance.power(sigma, 0.5)
    jumps = [L - np.trace(sigma @ L) * np.eye(d) for L in jumps]
    forward = np.array([(L @ root).ravel() for L in jumps])
    backward = np.array([(root @ L.conj().T).ravel() for L in jumps])
    u = np.linalg.lstsq(forward.T, backward.T, rcond=None)[0].T
    holds = np.abs(backward - u @ forward).max() < 1e-9 * np.abs(forward).max()
    holds = holds and np.abs(u @ u.conj().T - np.eye(2)).max() < 1e-9
    found = detailed_balance(lindbladian(np.zeros((d, d)), jumps), sigma)
    assert bool(holds) is balanced
    assert (found.jump < 1e-10 * found.gns_part) is balanced
    if balanced:
        np.testing.assert_allclose(u, u.T, atol=1e-9)


@settings(max_examples=12, deadline=None)
@given(seeds, st.integers(2, 5), st.sampled_from([0.0, 0.2, 0.9, 1.0]))
def test_a_dual_of_another_s_preserves_hermiticity_if_and_only_if_the_generator_is_covariant(seed, d, s):
    rng = np.random.default_rng(seed)
    h = np.cumsum(rng.uniform(0.3, 1.0, size=d))
    # Covariant, and in no balance: rates at random between the states, dephasing, energies.
    jumps = [np.diag(rng.normal(size=d))]
    for i in range(d):
        for j in range(d):
            if i != j:
                jumps.append(np.zeros((d, d)))
                jumps[-1][i, j] = rng.uniform(0.2, 1.0)
    V = unitary(rng, d)
    covariant = lindbladian(V @ np.diag(h) @ V.conj().T, [V @ L @ V.conj().T for L in jumps])
    sigma = stationary_state(covariant).density_matrix()

    def defect(generator):
        dual = dense_balance.dual(explicit(generator), sigma, s)
        X = complex_matrix(rng, d, d)
        X = X + X.conj().T
        image = (dual @ X.ravel()).reshape(d, d)
        return np.abs(image - image.conj().T).max() / np.linalg.norm(dual)

    assert defect(covariant) < 1e-9
    assert detailed_balance(covariant, sigma).kms_but_not_gns < 1e-9
    near = reversible_part(covariant, sigma)
    assert detailed_balance(near, sigma).of(GNS()).relative < 1e-9
    other, _ = kms_balanced_generator(rng, d)
    assert defect(other) > 1e-6
