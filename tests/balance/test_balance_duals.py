"""KMS dual, reversible and irreversible part, nearest balanced generators, gaps and the Dirichlet form."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad_vec

from balance.balanced_systems import (
    explicit,
    gns_balanced_matrices,
    kms_balanced_generator,
    kms_balanced_matrices,
    random_generator,
    random_state,
)
from equipoise import (
    Coupling,
    InputError,
    Ohmic,
    OpenSystem,
    Reservoir,
    bose_einstein,
    lindbladian,
    rate_equation,
    stationary_state,
    weak_coupling,
)
from equipoise.balance import (
    BKM,
    GNS,
    KMS,
    SLD,
    Alicki,
    Harmonic,
    InnerProduct,
    MonotoneMetric,
    StandardQuantum,
    compare_gaps,
    detailed_balance,
    dirichlet_form,
    dual,
    irreversible_part,
    nearest_balanced,
    reversible_part,
)
from equipoise.balance.quantum import relaxation
from equipoise.balance.quantum.duals import with_irreversible_part
from equipoise.balance.quantum.relaxation import conserved_dimension
from equipoise.fluxes import at_state
from equipoise.generators import Generator, redfield
from equipoise.stationary import DensityMatrix
from random_systems import Draw, bosonic_system, complex_matrix, unitary
from reference import dense_balance

seeds = st.integers(0, 10**6)


INNER_PRODUCTS = [
    (KMS(), lambda x, y: np.sqrt(x * y)),
    (GNS(), lambda x, y: x),
    (InnerProduct(0.3), lambda x, y: x**0.7 * y**0.3),
    (InnerProduct(1.0), lambda x, y: y),
    (BKM(), lambda x, y: np.where(x == y, x, (x - y) / np.log(x / np.where(x == y, 0.5 * y, y)))),
    (SLD(), lambda x, y: (x + y) / 2),
    (Harmonic(), lambda x, y: 2 * x * y / (x + y)),
    (MonotoneMetric(lambda x, y: ((np.sqrt(x) + np.sqrt(y)) / 2) ** 2), lambda x, y: ((x**0.5 + y**0.5) / 2) ** 2),
]


def distance(one: Generator, two: Generator, sigma):
    return np.linalg.norm(dense_balance.symmetrised(explicit(one) - explicit(two), sigma))


def is_gksl(generator):
    return all(part.representation.is_completely_positive for part in generator.dissipators)


@settings(max_examples=8)
@given(seeds, st.integers(2, 4))
@pytest.mark.parametrize(("notion", "mean"), INNER_PRODUCTS, ids=lambda value: getattr(value, "name", ""))
def test_dual_is_the_adjoint_in_every_inner_product(notion, mean, seed, d):
    """`<A, L'(B)> = <L(A), B>` with `<A, B> = sum_ij m(p_i, p_j) conj(A_ij) B_ij` in the eigenbasis of the state."""
    rng = np.random.default_rng(seed)
    generator = random_generator(rng, d, 3)
    pair = at_state(generator)
    p, V = np.linalg.eigh(pair.stationary.density_matrix())
    m = mean(p[:, None], p[None, :])

    def inner(X, Y):
        X, Y = (V.conj().T @ Z @ V for Z in (X, Y))
        return np.sum(m * X.conj() * Y)

    A, B = complex_matrix(rng, d, d), complex_matrix(rng, d, d)
    found = dual(pair, notion=notion)
    size = np.linalg.norm(explicit(generator)) * np.linalg.norm(A) * np.linalg.norm(B)
    # The weights of a computed state are known to 1e-13 or so, and divide.
    assert abs(inner(A, found.adjoint(B)) - inner(generator.adjoint(A), B)) < 1e-11 * size
    # The Schroedinger picture of the same dual: Tr[rho L'(B)] = Tr[L'_*(rho) B].
    traces = np.trace(A @ found.adjoint(B)), np.trace(found.apply(A) @ B)
    assert abs(traces[0] - traces[1]) < 1e-11 * size / p[0]


@settings(max_examples=15)
@given(seeds, st.integers(2, 5))
def test_dual_and_parts_are_those_of_the_dense_superoperator(seed, d):
    generator = random_generator(np.random.default_rng(seed), d, 2)
    state = stationary_state(generator)
    sigma = state.density_matrix()
    L, size = explicit(generator), np.linalg.norm(explicit(generator))
    due = dense_balance.dual(L, sigma, 0.5)
    tight = {"rtol": 0, "atol": 1e-7 * size}
    found = dual(generator, state)
    np.testing.assert_allclose(explicit(found), due, **tight)
    assert is_gksl(found)
    np.testing.assert_allclose(explicit(reversible_part(generator, state)), (L + due) / 2, **tight)
    assert is_gksl(reversible_part(generator, state))
    irreversible = irreversible_part(generator, state)
    np.testing.assert_allclose(explicit(irreversible), (L - due) / 2, **tight)
    assert not is_gksl(irreversible)
    more = with_irreversible_part(generator, state, 3.0)
    np.testing.assert_allclose(explicit(more), (L + due) / 2 + 1.5 * (L - due), **tight)
    for part in (found, irreversible, more):
        assert np.linalg.norm(part.apply(sigma)) < 1e-9 * size
        assert np.linalg.norm(part.adjoint(np.eye(d))) < 1e-12 * size
    assert is_gksl(with_irreversible_part(generator, state, -0.4))
    # Twice the dual is the generator.
    np.testing.assert_allclose(explicit(dual(found, sigma)), L, **tight)


@settings(max_examples=15)
@given(seeds, st.integers(2, 5))
def test_nearest_balanced_is_balanced_gksl_and_at_the_distance_of_the_residual(seed, d):
    rng = np.random.default_rng(seed)
    generator = random_generator(rng, d, 2)
    state = stationary_state(generator)
    sigma = state.density_matrix()
    for notion in (KMS(), GNS(), StandardQuantum(), Alicki()):
        near = nearest_balanced(generator, state, notion)
        assert is_gksl(near)
        assert detailed_balance(near, sigma).of(notion).relative < 1e-10
        residual = detailed_balance(generator, sigma).of(notion).value
        assert distance(near, generator, sigma) == pytest.approx(residual, rel=1e-8)
    # No other balanced generator is nearer.
    near = nearest_balanced(generator, state, KMS())
    h, V = np.linalg.eigh(dense_balance.modular_hamiltonian(sigma))
    for other in (kms_balanced_matrices(rng, h, 1, V=V), gns_balanced_matrices(rng, h, V)):
        mixed = (explicit(near) + 0.1 * explicit(lindbladian(*other[:2]))) / 1.1
        farther = np.linalg.norm(dense_balance.symmetrised(mixed - explicit(generator), sigma))
        assert farther >= detailed_balance(generator, sigma).of(KMS()).value * (1 - 1e-9)


@settings(max_examples=10)
@given(seeds, st.integers(2, 5))
def test_a_candidate_state_is_made_stationary(seed, d):
    rng = np.random.default_rng(seed)
    generator, sigma = random_generator(rng, d, 2), random_state(rng, d)
    assert detailed_balance(generator, sigma).stationarity > 1e-3
    for notion in (KMS(), GNS()):
        near = nearest_balanced(generator, sigma, notion)
        assert is_gksl(near)
        assert np.linalg.norm(near.apply(sigma)) < 1e-11 * np.linalg.norm(explicit(generator))
        assert detailed_balance(near, sigma).of(notion).relative < 1e-10
    X = np.diag(np.arange(d))
    asked = (dual, reversible_part, irreversible_part, compare_gaps, conserved_dimension)
    for part in (*asked, lambda g, s: with_irreversible_part(g, s, 0.5), lambda g, s: dirichlet_form(g, s, X)):
        with pytest.raises(InputError, match="be stationary, or the KMS dual does not map 1 to 0.*nearest_balanced"):
            part(generator, sigma)


def test_nearest_balanced_keeps_its_digits_at_large_gaps():
    h = np.array([0.0, 35.0, 60.0, 100.0])
    rng = np.random.default_rng(2)
    generator = lindbladian(np.diag(h), [complex_matrix(rng, 4, 4) for _ in range(2)])
    state = DensityMatrix(generator.spectrum, -h - np.logaddexp.reduce(-h))
    for notion in (KMS(), GNS()):
        near = nearest_balanced(generator, state, notion)
        again = detailed_balance(near, state).of(notion)
        assert again.is_satisfied(1e-13)


def test_known_answers():
    pauli = lindbladian(np.zeros((2, 2)), [[[0, 1.0], [1.0, 0]], [[0.5, 0], [0, -0.5]]])
    half = np.eye(2) / 2
    assert np.linalg.norm(explicit(irreversible_part(pauli, half))) < 1e-14
    cycle = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    odd = irreversible_part(cycle, stationary_state(cycle))
    np.testing.assert_allclose(odd.apply(np.diag([1.0, 0, 0])).real, np.diag([0, 0.5, -0.5]), atol=1e-14)
    # One bath: the dual turns the Hamiltonian round, the reversible part has none.
    generator = weak_coupling(bosonic_system(Draw(7, 4, 1, False)))
    state = stationary_state(generator)
    total = generator.hamiltonian + generator.dissipators[0].coherent
    turned = dual(generator, state)
    found = turned.hamiltonian + turned.dissipators[0].coherent
    free = lambda H: H - np.trace(H) / 4 * np.eye(4)  # noqa: E731
    np.testing.assert_allclose(free(found), -free(total), atol=1e-10)
    near = nearest_balanced(generator, state, StandardQuantum())
    np.testing.assert_allclose(explicit(near), explicit(generator), atol=1e-10)


@settings(max_examples=15)
@given(seeds, st.integers(2, 4))
def test_theorem_a_generator_relaxes_no_slower_than_its_reversible_part(seed, d):
    generator = random_generator(np.random.default_rng(seed), d, 2)
    state = stationary_state(generator)
    found = compare_gaps(generator, state, (0.0, 1.0, -1.0))
    values = np.sort(-np.linalg.eigvals(explicit(generator)).real)
    assert found.generator == pytest.approx(values[1], rel=1e-8)
    assert found.reversible == pytest.approx(
        np.sort(-np.linalg.eigvals(explicit(reversible_part(generator, state))).real)[1], rel=1e-7
    )
    assert found.acceleration >= 1 - 1e-9
    np.testing.assert_allclose(found.accelerated, [found.reversible, found.generator, found.generator], rtol=1e-8)
    assert conserved_dimension(generator, state) == 1


def test_gap_of_the_reversible_part_by_lanczos(monkeypatch):
    generator = random_generator(np.random.default_rng(1), 5)
    state = stationary_state(generator)
    dense = compare_gaps(generator, state)
    monkeypatch.setattr(relaxation, "LARGEST_DENSE", 3)
    found = compare_gaps(generator, state)
    assert found.generator is None
    assert found.acceleration is None
    assert found.reversible == pytest.approx(dense.reversible, rel=1e-10)
    with pytest.raises(InputError, match="must be empty above dimension 3, but holds 1 and the dimension is 5"):
        compare_gaps(generator, state, (1.0,))


@pytest.mark.parametrize("d", [2, 3])
def test_dirichlet_form_is_a_sum_of_squares_of_commutators(d):
    """-<X, L X> = sum_k Int ds sech(2 pi s) ||[Lambda_k(s), X]||^2 in the KMS norm, for Hermitian Lambda_k."""
    rng = np.random.default_rng(d)
    generator, sigma = kms_balanced_generator(rng, d)
    X = complex_matrix(rng, d, d)
    quarter, inverse = dense_balance.power(sigma, 0.25), dense_balance.power(sigma, -0.25)
    values, V = np.linalg.eigh(sigma)

    def density(s):
        U = V @ np.diag(np.exp(1j * s * np.log(values))) @ V.conj().T
        total = 0.0
        for L in generator.dissipators[0].representation.operators:
            turned = U @ (inverse @ L @ quarter) @ U.conj().T
            total += np.linalg.norm(quarter @ (turned @ X - X @ turned) @ quarter) ** 2
        return total / np.cosh(2 * np.pi * s)

    integral, _ = quad_vec(density, -6, 6, epsabs=1e-12)
    assert dirichlet_form(generator, sigma, X) == pytest.approx(integral, rel=1e-9)
    assert dirichlet_form(generator, sigma, np.eye(d)) == pytest.approx(0, abs=1e-12)


def test_dirichlet_form_is_minus_the_kms_product_with_the_image():
    rng = np.random.default_rng(3)
    generator = random_generator(rng, 3)
    state = stationary_state(generator)
    X, root = complex_matrix(rng, 3, 3), dense_balance.power(state.density_matrix(), 0.5)
    expected = -np.trace(root @ X.conj().T @ root @ generator.adjoint(X)).real
    assert dirichlet_form(generator, state, X) == pytest.approx(expected, rel=1e-9)
    assert expected > 0


def test_conserved_observables_are_counted_by_the_commutant():
    rng = np.random.default_rng(5)
    V = unitary(rng, 4)
    # Two blocks that nothing connects, each thermal: the projectors on them are conserved.
    h = np.array([0.0, 0.7, 0.3, 1.6])
    down, up = np.zeros((4, 4)), np.zeros((4, 4))
    down[0, 1], up[1, 0], down[2, 3], up[3, 2] = 1.0, np.exp(-0.35), 2.0, 2 * np.exp(-0.65)
    H, jumps = np.zeros((4, 4)), [V @ L @ V.conj().T for L in (down, up)]
    sigma = V @ np.diag(np.exp(-h) / np.exp(-h).sum()) @ V.conj().T
    generator = lindbladian(H, jumps)
    kernel = np.abs(np.linalg.eigvals(explicit(nearest_balanced(generator, sigma, KMS())))) < 1e-10
    assert conserved_dimension(generator, sigma) == kernel.sum() == 2
    cycle = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    signed = irreversible_part(cycle, stationary_state(cycle))
    with pytest.raises(InputError, match="GKSL form, but 6 of its jumps have sign -1. compare_gaps.*holds for it"):
        conserved_dimension(signed, np.eye(3) / 3)


def test_what_is_refused():
    rng = np.random.default_rng(0)
    signed, sigma = random_generator(rng, 2, 2, signs=[1, -1]), random_state(rng, 2)
    with pytest.raises(
        InputError, match="be of GKSL form for the nearest.*1 of its jumps have the sign -1. detailed_balance"
    ):
        nearest_balanced(signed, sigma, KMS())
    generator = random_generator(rng, 2)
    with pytest.raises(InputError, match=r"be KMS\(\), GNS\(\), StandardQuantum\(\) or Alicki\(\), but got BKM\(\)"):
        nearest_balanced(generator, sigma, BKM())
    with pytest.raises(InputError, match="`factor` must be finite, but got inf"):
        with_irreversible_part(generator, stationary_state(generator), np.inf)
    leaky = rate_equation([[0, 2.0, 1.0], [1.0, 0, 1.0], [0, 0, 0]], [0.0, 1.0, 2.0])
    assert dual(leaky, stationary_state(leaky)).dimension == 2
    large = rate_equation(np.ones((33, 33)), np.arange(33.0))
    with pytest.raises(InputError, match="have dimension up to 32, but has 33. compare_gaps"):
        conserved_dimension(large, stationary_state(large))


def test_a_reversible_part_that_grows_has_a_negative_gap():
    x = np.array([[0.0, 1.0], [1.0, 0.0]])
    bath = Reservoir("bath", bose_einstein(temperature=2.0), Ohmic(0.05, cutoff=10.0))
    generator = redfield(OpenSystem(np.diag([0.0, 1.0]) + 0.3 * x, [Coupling(bath, x)]))
    state = stationary_state(generator)
    found = compare_gaps(generator, state)
    values = np.linalg.eigvals(reversible_part(generator, state).superoperator()).real
    assert values.max() > 1e-3
    assert found.reversible == pytest.approx(-values.max(), rel=1e-9)
    assert found.acceleration is None


@pytest.mark.parametrize("d", [4, 25, 30])
def test_a_gap_that_is_zero_is_zero_to_rounding(d):
    diagonal = lindbladian(np.diag(np.arange(d) * 1.0), [np.diag(np.arange(d) / d)])
    assert 0 <= compare_gaps(diagonal, np.eye(d) / d).reversible < 1e-13


def test_the_nearest_generator_remembers_a_state_that_was_a_candidate_or_not_of_full_rank():
    generator = rate_equation([[0.0, 1.0], [3.0, 0.0]])
    assert nearest_balanced(generator, stationary_state(generator), KMS()).provenance.notes == ()
    (candidate,) = nearest_balanced(generator, np.diag([0.5, 0.5]), KMS()).provenance.notes
    assert candidate == "the state was not stationary under the given generator: norm of L(sigma) 2"
    decay = lindbladian(
        np.diag([0.0, 1.0, 2.0]), [[[0, 1.0, 0], [0.5, 0, 0], [0, 0, 0]], [[0, 0, 1.0], [0, 0, 0], [0, 0, 0]]]
    )
    found = nearest_balanced(decay, stationary_state(decay), KMS())
    assert found.provenance.notes == ("restricted to the support of the state (2 of 3 states)",)
    assert "restricted to the support of the state (2 of 3 states)" in repr(found)
