"""How the notions of detailed balance follow from one another, and how they do not: random generators, d = 2-8."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from balance.balanced_systems import explicit, kms_balanced_matrices, random_generator, random_state, regauged
from equipoise import lindbladian, stationary_state
from equipoise.balance import (
    BKM,
    GNS,
    KMS,
    Alicki,
    HiddenTimeReversal,
    InnerProduct,
    PopulationBalance,
    StandardQuantum,
    StandardQuantumTheta,
    detailed_balance,
    dual,
    nearest_balanced,
    reversible_part,
)
from equipoise.generators import Generator
from random_systems import complex_matrix, unitary
from reference import dense_balance

seeds, dimensions = st.integers(0, 10**6), st.integers(2, 8)


def hermitian(rng, d):
    A = complex_matrix(rng, d, d)
    return 0.5 * (A + A.conj().T)


def choi_of(L):
    """Choi matrix of a superoperator, row-major; positive off the identity if exp(Lt) is completely positive."""
    d = round(len(L) ** 0.5)
    return L.reshape(d, d, d, d).transpose(0, 2, 1, 3).reshape(d * d, d * d)


def least_off_identity(L):
    """Smallest eigenvalue of the Choi matrix of a Heisenberg generator on the complement of the identity."""
    d = round(len(L) ** 0.5)
    one = np.eye(d).ravel() / np.sqrt(d)
    P = np.eye(d * d) - np.outer(one, one)
    C = P @ choi_of(L.conj().T) @ P
    return float(np.linalg.eigvalsh(0.5 * (C + C.conj().T))[0])


def hermiticity_defect(L):
    """How far L(X)^dagger is from L(X^dagger)."""
    C = choi_of(L)
    return float(np.abs(C - C.conj().T).max())


@settings(max_examples=12, deadline=None)
@given(seeds, st.integers(2, 5))
def test_1_the_kms_dual_is_a_generator_and_no_other_dual_is(seed, d):
    generator = random_generator(np.random.default_rng(seed), d, 2)
    state = stationary_state(generator)
    sigma = state.density_matrix()
    L = explicit(generator)
    size = np.linalg.norm(L)
    due = dense_balance.dual(L, sigma, 0.5)
    assert np.abs(due @ np.eye(d).ravel()).max() < 1e-7 * size
    assert least_off_identity(due) > -1e-7 * np.linalg.norm(due)
    found = dual(generator, state)
    assert isinstance(found, Generator)
    assert np.abs(explicit(found) - due).max() < 1e-7 * size
    for s in (0.0, 0.3, 1.0):
        assert hermiticity_defect(dense_balance.dual(L, sigma, s)) > 1e-6 * size


def test_1_the_bkm_dual_of_most_qubit_generators_is_not_completely_positive():
    negative = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        generator = random_generator(rng, 2, 1)
        sigma = stationary_state(generator).density_matrix()
        weights, V = np.linalg.eigh(sigma)
        x, y = weights[:, None], weights[None, :]
        mean = np.where(np.eye(2) > 0, x, (x - y) / np.where(np.eye(2) > 0, 1, np.log(x / y)))
        into = np.kron(V, V.conj())
        metric = into @ np.diag(mean.ravel()) @ into.conj().T
        L = explicit(generator)
        dual = np.linalg.solve(metric, L.conj().T @ metric)
        assert hermiticity_defect(dual) < 1e-8 * np.linalg.norm(dual)
        assert np.abs(dual @ np.eye(2).ravel()).max() < 1e-8 * np.linalg.norm(dual)
        negative += least_off_identity(dual) < -1e-6 * np.linalg.norm(dual)
    assert negative > 20


@settings(max_examples=15, deadline=None)
@given(seeds, dimensions)
def test_2_gns_is_kms_and_modular_covariance(seed, d):
    """The nearest GNS-balanced generator of a random one: KMS-balanced, covariant, balanced for every s."""
    generator = random_generator(np.random.default_rng(seed), d, 2)
    state = stationary_state(generator)
    sigma = state.density_matrix()
    near = nearest_balanced(generator, state, GNS())
    for notion in (
        GNS(),
        KMS(),
        InnerProduct(0.0),
        InnerProduct(0.2),
        InnerProduct(0.9),
        InnerProduct(1.0),
        BKM(),
        PopulationBalance(),
    ):
        assert detailed_balance(near, sigma).of(notion).relative < 1e-9
    if d <= 4:
        h = dense_balance.modular_hamiltonian(sigma)
        ad = dense_balance.left_right(h, np.eye(d)) - dense_balance.left_right(np.eye(d), h)
        L = explicit(near)
        assert np.linalg.norm(ad @ L - L @ ad) < 1e-8 * np.linalg.norm(ad) * np.linalg.norm(L)


@settings(max_examples=15, deadline=None)
@given(seeds, dimensions)
def test_2_kms_alone_is_not_gns_nor_covariant(seed, d):
    rng = np.random.default_rng(seed)
    H, jumps, sigma = kms_balanced_matrices(rng, np.cumsum(rng.uniform(0.3, 1.0, size=d)), V=unitary(rng, d))
    generator = lindbladian(*regauged(rng, H, jumps))
    assert detailed_balance(generator, sigma).of(KMS()).relative < 1e-10
    assert np.abs(generator.apply(sigma)).max() < 1e-12 * np.linalg.norm(explicit(generator))
    assert detailed_balance(generator, sigma).kms_but_not_gns > 1e-3
    assert detailed_balance(generator, sigma).of(InnerProduct(0.0)).relative > 1e-4


def test_2_bkm_alone_is_not_gns():
    """The symmetric means give both elements that one jump of a qubit exchanges the same weight."""
    jump = np.array([[0, 2.0], [0.5, 0]])
    sigma = np.diag([16.0, 1.0]) / 17
    generator = lindbladian(np.zeros((2, 2)), [jump])
    assert detailed_balance(generator, sigma).of(BKM()).relative < 1e-14
    assert detailed_balance(generator, sigma).of(GNS()).relative > 0.1


@settings(max_examples=15, deadline=None)
@given(seeds, dimensions)
def test_3_every_kms_balanced_generator_has_hermitian_jumps_and_the_tanh_hamiltonian(seed, d):
    """The reversible part of any generator, which is one by its dual alone."""
    rng = np.random.default_rng(seed)
    generator = random_generator(rng, d, 2)
    state = stationary_state(generator)
    part = reversible_part(generator, state)
    sigma = state.density_matrix()
    weights, V = np.linalg.eigh(sigma)
    jumps = np.array([V.conj().T @ L @ V for p in part.dissipators for L in p.representation.operators])
    H = part.hamiltonian + sum(p.coherent for p in part.dissipators if p.coherent is not None)
    H, jumps = dense_balance.traceless_gauge(V.conj().T @ H @ V, list(jumps))
    h = -np.log(weights)
    M = sum(L.conj().T @ L for L in jumps)
    expected = 0.5j * np.tanh((h[:, None] - h[None, :]) / 4) * M
    np.testing.assert_allclose(H, expected, atol=1e-7 * np.linalg.norm(M))
    # {Lambda_k} and {Lambda_k^dagger} have one Choi matrix.
    scale = np.exp(0.25 * (h[:, None] - h[None, :]))
    columns = np.array([(scale * L).ravel() for L in jumps]).T
    daggers = np.array([(scale * L).conj().T.ravel() for L in jumps]).T
    forward, backward = columns @ columns.conj().T, daggers @ daggers.conj().T
    np.testing.assert_allclose(forward, backward, atol=1e-7 * np.linalg.norm(forward))


@settings(max_examples=15, deadline=None)
@given(seeds, dimensions)
def test_3_the_hamiltonian_of_a_kms_balanced_generator_need_not_commute_with_the_state(seed, d):
    rng = np.random.default_rng(seed)
    H, jumps, sigma = kms_balanced_matrices(rng, np.cumsum(rng.uniform(0.3, 1.0, size=d)))
    assert np.abs(H @ sigma - sigma @ H).max() > 1e-4
    assert detailed_balance(lindbladian(H, jumps), sigma).of(KMS()).relative < 1e-12
    # What commutes makes it standard, and KMS no more.
    K = np.diag(rng.uniform(0.5, 1.0, size=d) * np.arange(1, d + 1))
    both = lindbladian(H + K, jumps)
    assert detailed_balance(both, sigma).of(StandardQuantum()).relative < 1e-12
    assert detailed_balance(both, sigma).of(KMS()).relative > 1e-3


@settings(max_examples=15, deadline=None)
@given(seeds, dimensions)
def test_4_with_an_invariant_state_the_jumps_decide_on_standard_detailed_balance(seed, d):
    """Balanced jumps and any Hamiltonian: SQDB if and only if sigma is invariant."""
    rng = np.random.default_rng(seed)
    H, jumps, sigma = kms_balanced_matrices(rng, np.cumsum(rng.uniform(0.3, 1.0, size=d)), V=unitary(rng, d))
    disturbed = lindbladian(H + 0.3 * hermitian(rng, d), jumps)
    budget = detailed_balance(disturbed, sigma)
    assert budget.jump < 1e-10 * budget.gns_part
    assert budget.noncommuting > 1e-3
    assert budget.stationarity > 1e-4
    _, V = np.linalg.eigh(sigma)
    kept = lindbladian(H + (V * rng.normal(size=d)) @ V.conj().T, jumps)
    found = detailed_balance(kept, sigma)
    assert found.stationarity < 1e-10 * found.gns_part
    assert found.current_carrying < 1e-10 * found.gns_part


@settings(max_examples=12, deadline=None)
@given(seeds, st.integers(2, 8), st.booleans())
def test_5_real_jumps_and_a_real_hamiltonian_are_reversed_by_conjugation(seed, d, real):
    rng = np.random.default_rng(seed)
    H, jumps, sigma = kms_balanced_matrices(rng, np.cumsum(rng.uniform(0.3, 1.0, size=d)), real=real)
    energies = np.diag(rng.normal(size=d))
    found = detailed_balance(lindbladian(H + energies, jumps), sigma).of(StandardQuantumTheta(np.eye(d)))
    assert (found.relative < 1e-12) is real
    if real and d <= 4:
        assert detailed_balance(lindbladian(H + energies, jumps), sigma).of(HiddenTimeReversal()).relative < 1e-9


@settings(max_examples=12, deadline=None)
@given(seeds, dimensions)
def test_a_random_generator_and_a_candidate_state_satisfy_nothing_and_the_antisymmetric_part_says_so(seed, d):
    """||sigma^(-1/4) L(sigma) sigma^(-1/4)|| = 2 ||A sigma^(1/2)|| <= 2 ||A||: balance implies invariance."""
    rng = np.random.default_rng(seed)
    generator, sigma = random_generator(rng, d, 2), random_state(rng, d)
    budget = detailed_balance(generator, sigma)
    assert 0 < budget.stationarity <= 2 * budget.current_carrying * (1 + 1e-12)
    for notion in (KMS(), GNS(), Alicki(), StandardQuantum(), PopulationBalance()):
        assert detailed_balance(generator, sigma).of(notion).relative > 1e-3 or d == 2
