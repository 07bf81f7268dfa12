"""No residual depends on the gauge of the jumps: mixed by a unitary, shifted by multiples of the identity up to 1e6."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balance.balanced_systems import (
    gns_balanced_matrices,
    kms_balanced_matrices,
    random_state,
)
from equipoise import lindbladian, stationary_state
from equipoise.balance import (
    BKM,
    GNS,
    KMS,
    SLD,
    Alicki,
    Harmonic,
    HiddenTimeReversal,
    InnerProduct,
    PopulationBalance,
    StandardQuantum,
    detailed_balance,
    hidden_time_reversal,
)
from equipoise.generators import Dissipator, Generator, Jumps, MatrixFree
from equipoise.generators.representations import split_traces
from equipoise.spectrum import spectrum_of_levels
from equipoise.stationary import gibbs_state
from random_systems import complex_matrix, unitary

NOTIONS = [
    KMS(), StandardQuantum(), GNS(), Alicki(), InnerProduct(0.0), InnerProduct(0.8), BKM(), SLD(), Harmonic(),
    PopulationBalance(),
]  # fmt: skip


def shifted(rng, H, jumps, size, *, real=False):
    """The same generator: jumps mixed, then shifted by c of the given size, the Hamiltonian with them."""
    count = len(jumps)
    mixed = np.einsum("kl,lij->kij", unitary(rng, count), np.array(jumps))
    shifts = size * (rng.normal(size=count) if real else complex_matrix(rng, count, 1)[:, 0])
    shift = sum(0.5j * (np.conj(c) * L - c * L.conj().T) for c, L in zip(shifts, mixed, strict=True))
    return 0.5 * ((H - shift) + (H - shift).conj().T), list(mixed + shifts[:, None, None] * np.eye(len(H)))


def drawn(rng, kind, d):
    h = np.cumsum(rng.uniform(0.2, 1.0, size=d))
    V = unitary(rng, d)
    if kind == "random":
        H = complex_matrix(rng, d, d)
        return H + H.conj().T, [complex_matrix(rng, d, d) for _ in range(3)], random_state(rng, d)
    H, jumps, sigma = kms_balanced_matrices(rng, h, V=V) if kind == "KMS" else gns_balanced_matrices(rng, h, V=V)
    return H, jumps, 0.5 * (sigma + sigma.conj().T)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["random", "KMS", "GNS"]), exponent=st.integers(-3, 6))
def test_no_residual_changes_beyond_its_noise(seed, kind, exponent):
    rng = np.random.default_rng(seed)
    H, jumps, sigma = drawn(rng, kind, int(rng.integers(2, 5)))
    first, second = lindbladian(H, jumps), lindbladian(*shifted(rng, H, jumps, 10.0**exponent))
    for notion in NOTIONS:
        one, two = detailed_balance(first, sigma).of(notion), detailed_balance(second, sigma).of(notion)
        change = abs(one.value - two.value)
        assert change <= one.noise + two.noise, notion
        if exponent <= 3:
            assert change <= 1e-9 * one.norm, notion
        if one.is_satisfied():
            # Round-off of the shift is never called a violation.
            assert two.is_satisfied() or not two.is_resolved, notion


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3, 1e6])
def test_a_hidden_time_reversal_stays_hidden(size):
    # A driven qubit that decays into the vacuum.
    rng = np.random.default_rng(4)
    H, jumps = np.array([[0.3, 0.5], [0.5, -0.3]]), [np.array([[0, 0], [1.0, 0]])]
    plain = lindbladian(H, jumps)
    state = stationary_state(plain).density_matrix()
    assert hidden_time_reversal(plain, state).relative < 1e-14
    found = detailed_balance(lindbladian(*shifted(rng, H, jumps, size)), state).of(HiddenTimeReversal())
    assert found.value <= found.noise
    assert found.reason == "none above rounding"


@pytest.mark.parametrize("size", [1e3, 1e9])
def test_a_residual_of_round_off_is_none_or_unresolved(size):
    rng = np.random.default_rng(5)
    H, jumps, sigma = drawn(rng, "KMS", 4)
    found = detailed_balance(lindbladian(*shifted(rng, H, jumps, size)), sigma).of(StandardQuantum())
    assert found.reason == "none above rounding"
    assert found.is_satisfied() is found.is_resolved
    assert found.is_resolved is (size < 1e9)


@pytest.mark.parametrize("c", [1.0, 0.1 + 0.7j, 1e6, 1e12])
def test_a_multiple_of_the_identity_changes_nothing(c):
    rng = np.random.default_rng(6)
    H, jumps, sigma = drawn(rng, "KMS", 3)
    plain, padded = lindbladian(H, jumps), lindbladian(H, [*jumps, c * np.eye(3)])
    np.testing.assert_array_equal(split_traces(np.array([c * np.eye(3)]))[1], 0)
    for notion in NOTIONS:
        one, two = detailed_balance(plain, sigma).of(notion), detailed_balance(padded, sigma).of(notion)
        assert two.noise == pytest.approx(one.noise, rel=1e-9), notion
        assert abs(one.value - two.value) <= 1e-14 * one.norm, notion
    rho = random_state(rng, 3)
    np.testing.assert_allclose(padded.apply(rho), plain.apply(rho), atol=1e-14)
    alone = lindbladian(H, [c * np.eye(3)])
    assert detailed_balance(alone, sigma).jump == 0.0
    np.testing.assert_allclose(alone.adjoint(rho), 1j * (H @ rho - rho @ H), atol=1e-13)


@pytest.mark.parametrize("size", [1e2, 1e4])
def test_a_real_shift_leaves_an_action_its_digits(size):
    # Of D[L + c] only c [L - L^dagger, .] / 2 is as large as c, nothing as c^2.
    rng = np.random.default_rng(7)
    H = np.diag([0.0, 1.0, 2.5])
    jumps = [complex_matrix(rng, 3, 3) for _ in range(2)]
    plain, moved = lindbladian(H, jumps), lindbladian(*shifted(rng, H, jumps, size, real=True))
    rho = random_state(rng, 3)
    scale = np.linalg.norm(plain.apply(rho))
    error = 1e-14 * size * scale
    np.testing.assert_allclose(moved.apply(rho), plain.apply(rho), atol=error)
    np.testing.assert_allclose(moved.adjoint(rho), plain.adjoint(rho), atol=error)
    np.testing.assert_allclose(moved.superoperator(), plain.superoperator(), atol=error)
    np.testing.assert_allclose(
        stationary_state(moved).density_matrix(), stationary_state(plain).density_matrix(), atol=1e-13 * size
    )


@pytest.mark.parametrize("size", [1.0, 1e2, 1e3])
def test_the_noise_of_an_action_counts_what_a_double_keeps_of_it(size):
    rng = np.random.default_rng(8)
    H, jumps, sigma = drawn(rng, "GNS", 3)
    moved_H, moved = shifted(rng, H, jumps, size)
    full = sum(np.kron(L, L.conj()) for L in moved)
    M = sum(L.conj().T @ L for L in moved)
    full = full - 0.5 * (np.kron(M, np.eye(3)) + np.kron(np.eye(3), M.T))
    known = lindbladian(moved_H, moved)
    free = MatrixFree(
        lambda rho: (full @ np.ravel(rho)).reshape(3, 3), lambda X: (full.conj().T @ np.ravel(X)).reshape(3, 3)
    )
    found = detailed_balance(Generator(known.spectrum, (Dissipator(free),)), sigma).of(GNS())
    assert found.value <= found.noise


def test_the_noise_of_a_cold_action_counts_the_slow_jumps_it_lost():
    # beta gap = 60: the upward rate 1e-26 is nothing beside one in the matrix of the action.
    spectrum = spectrum_of_levels([0.0, 1.0])
    down, up = np.array([[0, 1.0], [0, 0]]), np.exp(-30.0) * np.array([[0, 0], [1.0, 0]])
    kind = Jumps(np.array([down, up], dtype=complex), (1, 1))
    state = gibbs_state(spectrum, 60.0)
    exact = detailed_balance(Generator(spectrum, (Dissipator(kind),)), state).of(StandardQuantum())
    assert exact.is_satisfied()
    assert exact.value < 1e-13 * exact.jump_norm
    free = Generator(spectrum, (Dissipator(MatrixFree(kind.apply, kind.adjoint)),))
    found = detailed_balance(free, state).of(StandardQuantum())
    assert found.value <= found.noise
