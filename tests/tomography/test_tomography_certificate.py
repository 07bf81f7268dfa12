"""Certificates: uniform p-values under detailed balance, growing power beyond it, no dependence on basis or gauge."""

import numpy as np
import pytest
from measured_maps import (
    error_factor,
    gns_balanced,
    kms_balanced,
    known,
    noisy,
    rotated,
    schroedinger,
    step,
    transfer,
)
from scipy import stats
from scipy.linalg import logm

from equipoise import InputError
from equipoise.balance import BKM, GNS, KMS, Alicki, StandardQuantum, channel_balance
from equipoise.generators import lindbladian
from equipoise.generators.channel import choi_of_superoperator
from equipoise.stationary import stationary_state
from equipoise.tomography import ChannelEstimate, GeneratorEstimate, certify, hermitian_basis
from equipoise.tomography.certificate import _p_value, _quantile
from equipoise.tomography.estimates import covariance_of_choi
from random_systems import complex_matrix, unitary

NOTIONS = (KMS(), StandardQuantum(), GNS(), Alicki())


def balanced(notion, rng, d):
    """A generator that satisfies the notion and no stronger one, in a random basis, and its state."""
    H, jumps, s = (gns_balanced if isinstance(notion, GNS | Alicki) else kms_balanced)(rng, d)
    if isinstance(notion, StandardQuantum | Alicki):
        H = H + np.diag(rng.normal(size=d) * 3)
    H, jumps, sigma = rotated(rng, H, jumps, s)
    return schroedinger(H, jumps), sigma


def p_values(notion, d, given, trials, seed, samples=None, channel=False, size=1e-3):
    rng = np.random.default_rng(seed)
    S, sigma = balanced(notion, rng, d)
    R = step(transfer(S), 0.2) if channel else transfer(S)
    F = error_factor(rng, d, size)
    found = []
    for _ in range(trials):
        if samples is None:
            estimate = known(noisy(rng, R, F), F, channel)
        else:
            shots = np.array([noisy(rng, R, F * np.sqrt(samples)) for _ in range(samples)])
            mean = shots.mean(axis=0)
            spread = (shots - mean).reshape(samples, -1)
            C = spread.T @ spread / (samples - 1) / samples
            estimate = GeneratorEstimate(
                transfer=mean, covariance=C, degrees_of_freedom=samples - 1, source="repetitions"
            )
        found.append(certify(estimate, notion, sigma if given else None))
    return found


def bounded_away(certificate):
    # A given state that is stationary is taken for one that is not in one case of a thousand.
    bound = certificate.entropy_production
    return bound is not None and bound.lower > 0


def is_uniform(certificates):
    return stats.kstest([found.p_value for found in certificates], "uniform").pvalue > 0.01


@pytest.mark.parametrize("notion", [KMS(), StandardQuantum(), GNS(), Alicki()], ids=lambda n: type(n).__name__)
def test_p_values_are_uniform_under_the_null(notion):
    found = p_values(notion, 2, False, 60, 6)
    assert is_uniform(found)
    # The bound on the entropy production is above its true value 0 in no more than 5 %.
    assert np.mean([bounded_away(one) for one in found]) <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("samples", [None, 40])
@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("notion", NOTIONS, ids=lambda n: type(n).__name__)
def test_p_values_are_uniform_for_qubits(notion, given, samples):
    found = p_values(notion, 2, given, 800 if samples is None else 400, 11, samples)
    assert is_uniform(found)
    assert np.mean([one.p_value < 0.05 for one in found]) == pytest.approx(0.05, abs=0.03)
    assert np.mean([bounded_away(one) for one in found]) <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("notion", NOTIONS, ids=lambda n: type(n).__name__)
def test_p_values_are_uniform_for_three_levels(notion, given):
    assert is_uniform(p_values(notion, 3, given, 250, 12))


def test_weights_that_are_not_resolved_count_as_equal_instead_of_violating():
    # Weights 0.4985 and 0.5015: the errors turn the eigenvectors of the state far beyond first order.
    found = p_values(GNS(), 2, False, 60, 5)
    assert is_uniform(found)
    assert {one.degrees_of_freedom for one in found} == {3}
    assert any("1 pairs of weights of the state are not resolved" in note for note in found[0].notes)
    (nothing,) = p_values(StandardQuantum(), 2, False, 1, 5, size=0.03)
    assert nothing.degrees_of_freedom == 0
    assert nothing.p_value == 1.0
    assert any("nothing to test" in note for note in nothing.notes)


def test_a_map_without_errors_is_violated_exactly_and_not_untested():
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    driven = lindbladian(0.3 * (lower + lower.T), [lower, 0.6 * lower.T])
    found = certify(GeneratorEstimate.from_covariance(driven.superoperator(), np.zeros((32, 32))), StandardQuantum())
    assert found.p_value == 0.0
    assert any("violated as exactly as the map is known" in note for note in found.notes)
    assert not any("nothing to test" in note for note in found.notes)


@pytest.mark.slow
@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("notion", [KMS(), GNS()], ids=lambda n: type(n).__name__)
def test_p_values_are_uniform_for_channels(notion, given):
    # The step is short: an error of 1e-3 would leave the stationary state of the slowest mode unknown.
    assert is_uniform(p_values(notion, 2, given, 500, 13, channel=True, size=1e-4))


@pytest.mark.parametrize("given", [True, False])
def test_dimension_of_each_hypothesis_is_that_of_the_balanced_maps_left_out(given):
    # Trace-preserving maps of a qubit: 12 numbers. Balanced with a given state: KMS 6, SQDB one more (the commuting
    # Hamiltonian), GNS 2 (one rate, one decay of coherence), Alicki one more. An unknown state has 3 numbers itself.
    expected = {"KMS": 6, "StandardQuantum": 5, "GNS": 10, "Alicki": 9}
    for notion in NOTIONS:
        (found,) = p_values(notion, 2, given, 1, 3)
        assert found.degrees_of_freedom == expected[type(notion).__name__] - (0 if given else 3)


def test_power_grows_with_the_violation():
    rng = np.random.default_rng(2)
    S, _ = balanced(KMS(), rng, 2)
    broken = schroedinger(np.zeros((2, 2)), [complex_matrix(rng, 2, 2)])
    F = error_factor(rng, 2, 5e-3)
    power, lower = [], []
    for strength in (0.0, 0.01, 0.03, 0.3):
        R = transfer(S + strength * broken)
        found = [certify(known(noisy(rng, R, F), F), StandardQuantum()) for _ in range(25)]
        power.append(np.mean([one.p_value < 0.05 for one in found]))
        lower.append(np.mean([one.entropy_production.lower for one in found]))
    assert power[0] <= 0.15
    assert power[-1] == 1.0
    assert power == sorted(power)
    assert lower[0] < 1e-6 < lower[-1]


@pytest.mark.parametrize("state_given", [True, False])
@pytest.mark.parametrize("notion", NOTIONS, ids=lambda n: type(n).__name__)
def test_no_dependence_on_the_basis(notion, state_given):
    rng = np.random.default_rng(8)
    d = 3
    S, sigma = balanced(notion, rng, d)
    F = error_factor(rng, d, 1e-3)
    R = noisy(rng, transfer(S), F)
    U = unitary(rng, d)
    T = hermitian_basis(d)
    turn = (T.conj().T @ np.kron(U, U.conj()) @ T).real
    one = certify(known(R, F), notion, sigma if state_given else None)
    two = certify(
        known(turn @ R @ turn.T, np.kron(turn, turn) @ F), notion, U @ sigma @ U.conj().T if state_given else None
    )
    assert one.statistic == pytest.approx(two.statistic, rel=1e-6)
    assert one.degrees_of_freedom == two.degrees_of_freedom
    assert one.entropy_production.lower == pytest.approx(two.entropy_production.lower, rel=1e-6, abs=1e-9)


def test_first_order_propagation_is_the_spread_over_many_measurements():
    # The covariance of a component with an estimated state, against its spread; here beyond the null as well.
    rng = np.random.default_rng(4)
    S = schroedinger(np.diag([0.0, 1.0]), [complex_matrix(rng, 2, 2), complex_matrix(rng, 2, 2)])
    F = error_factor(rng, 2, 1e-3)
    found = [certify(known(noisy(rng, transfer(S), F), F), KMS()).entropy_production for _ in range(150)]
    for value, error in (("distance", "distance_error"), ("activity", "activity_error")):
        spread = np.std([getattr(one, value) for one in found])
        assert np.mean([getattr(one, error) for one in found]) == pytest.approx(spread, rel=0.2)


def test_bound_lies_below_the_entropy_production_and_grows_to_it():
    rng = np.random.default_rng(6)
    d = 2
    for _ in range(5):
        jumps = [complex_matrix(rng, d, d) for _ in range(4)]
        generator = lindbladian(np.diag([0.0, 1.0]), jumps)
        sigma = stationary_state(generator).density_matrix()
        values, vectors = np.linalg.eigh(sigma)
        root = (vectors * np.sqrt(values)) @ vectors.conj().T
        centred = [L - np.trace(sigma @ L) * np.eye(d) for L in jumps]
        forward = sum(np.outer((L @ root).ravel(), (L @ root).ravel().conj()) for L in centred)
        backward = sum(np.outer((root @ L.conj().T).ravel(), (root @ L.conj().T).ravel().conj()) for L in centred)
        # Both live on the three dimensions orthogonal to sigma^(1/2).
        _, where = np.linalg.eigh(np.outer(root.ravel(), root.ravel().conj()))
        where = where[:, :3]
        f, b = (where.conj().T @ C @ where for C in (forward, backward))
        production = float(np.trace(f @ (logm(f) - logm(b))).real)
        bound = certify(known(transfer(generator.superoperator()), np.zeros((16, 16))), KMS()).entropy_production
        assert bound.activity == pytest.approx(np.trace(forward).real, rel=1e-10)
        assert bound.distance == pytest.approx(np.abs(np.linalg.eigvalsh(forward - backward)).sum() / 2, rel=1e-9)
        assert 0 < bound.lower == pytest.approx(bound.estimate)
        assert bound.lower <= production


def test_cycle_names_the_net_flow_and_bounds_the_known_entropy_production():
    W = np.array([[0, 1, 2], [2, 0, 1], [1, 2, 0]], dtype=float)
    units = np.eye(3)
    jumps = [np.sqrt(W[i, j]) * np.outer(units[i], units[j]) for i in range(3) for j in range(3) if i != j]
    jumps.append(np.diag([0.3, 0.0, -0.4]))
    # Weights made unequal would not be known in closed form: the state is uniform, activity 3, net forward excess 1.
    S = schroedinger(np.zeros((3, 3)), jumps)
    F = error_factor(np.random.default_rng(0), 3, 1e-3)
    found = certify(known(noisy(np.random.default_rng(1), transfer(S), F), F), KMS(), np.eye(3) / 3)
    assert found.confidence > 1 - 1e-12
    assert all("population" in one.name and one.significance > 100 for one in found.components[:3])
    bound = found.entropy_production
    assert bound.distance == pytest.approx(1.0, abs=0.02)
    assert 0.5 < bound.lower < bound.estimate < np.log(2) + 0.02  # here the production is log 2
    assert "violated with confidence 100 %" in str(found) or "1 - " in str(found)
    assert "entropy production >=" in str(found)


def test_without_error_a_violation_is_certain_and_its_absence_no_evidence():
    rng = np.random.default_rng(3)
    S, sigma = balanced(KMS(), rng, 2)
    exact = np.zeros((16, 16))
    assert certify(known(transfer(S), exact), KMS(), sigma).p_value == 1.0
    broken = schroedinger(np.zeros((2, 2)), [complex_matrix(rng, 2, 2)])
    assert certify(known(transfer(S + broken), exact), KMS(), sigma).p_value == 0.0


def test_a_state_that_is_not_stationary_is_refuted_and_bounds_nothing():
    rng = np.random.default_rng(3)
    S, sigma = balanced(KMS(), rng, 2)
    F = error_factor(rng, 2, 1e-4)
    found = certify(known(noisy(rng, transfer(S), F), F), KMS(), 0.9 * sigma + 0.05 * np.eye(2))
    assert found.p_value < 1e-6
    assert found.entropy_production is None
    assert any("not stationary within the errors" in note for note in found.notes)


def test_repetitions_and_draws_of_one_experiment_agree():
    rng = np.random.default_rng(7)
    S, _ = balanced(StandardQuantum(), rng, 2)
    T = hermitian_basis(2)
    n = 400
    F = error_factor(rng, 2, 1e-2)
    shots = np.array([T @ noisy(rng, transfer(S), F) @ T.conj().T for _ in range(n)])
    mean = certify(GeneratorEstimate.from_repetitions(shots), StandardQuantum())
    assert mean.error_degrees_of_freedom == n - 1
    drawn = shots.mean(axis=0) + (shots - shots.mean(axis=0)) / np.sqrt(n)
    again = certify(GeneratorEstimate.from_draws(drawn, shots.mean(axis=0)), StandardQuantum())
    assert again.statistic == pytest.approx(mean.statistic, rel=1e-9)
    assert "Hotelling's T^2" in str(mean)


def test_covariance_of_real_and_imaginary_parts_and_of_a_choi_matrix_is_read():
    rng = np.random.default_rng(9)
    S, sigma = balanced(KMS(), rng, 2)
    T = hermitian_basis(2)
    F = error_factor(rng, 2, 1e-3)
    left = np.kron(T, T.conj())  # vec S from vec R
    V = np.vstack([left.real, left.imag]) @ F
    noisy_map = T @ noisy(rng, transfer(S), F) @ T.conj().T
    direct = certify(known(transfer(noisy_map), F), KMS(), sigma)
    read = certify(GeneratorEstimate.from_covariance(noisy_map, V @ V.T), KMS(), sigma)
    assert read.statistic == pytest.approx(direct.statistic, rel=1e-8)
    order = choi_of_superoperator(np.arange(16).reshape(4, 4)).real.astype(int).ravel()
    both = np.concatenate([order, order + 16])
    choi_covariance = (V @ V.T)[np.ix_(both, both)]
    np.testing.assert_allclose(covariance_of_choi(choi_covariance), V @ V.T, atol=0)


def test_a_measured_channel_is_told_from_its_reverse():
    rng = np.random.default_rng(10)
    generator = lindbladian(np.diag([0.0, 0.0]), [complex_matrix(rng, 2, 2) for _ in range(3)])
    channel = generator.channel(0.3)
    T = hermitian_basis(2)
    F = error_factor(rng, 2, 1e-2)
    shots = [T @ noisy(rng, transfer(channel.superoperator()), F) @ T.conj().T for _ in range(100)]
    found = certify(ChannelEstimate.from_repetitions(shots), KMS())
    sigma = stationary_state(generator).density_matrix()
    assert channel_balance(channel, sigma).kms > 0.02
    assert found.p_value < 1e-6
    assert found.entropy_production.activity == pytest.approx(1.0, abs=1e-9)
    assert found.entropy_production.lower > 0


def test_bad_estimates_are_refused_with_the_remedy():
    rng = np.random.default_rng(1)
    S, sigma = balanced(KMS(), rng, 2)
    zero = np.zeros((32, 32))
    with pytest.raises(InputError, match=r"must be a generator, .* it is a channel. Use ChannelEstimate"):
        GeneratorEstimate.from_covariance(np.eye(4), zero)
    with pytest.raises(InputError, match=r"must be a channel, .* it is a generator. Use GeneratorEstimate"):
        ChannelEstimate.from_covariance(S, zero)
    with pytest.raises(
        InputError, match=r"preserve the trace, Tr L\(rho\) = 0, but misses it by 0.1. Pass each matrix"
    ):
        GeneratorEstimate.from_covariance(S + 0.1 * np.diag([1, 0, 0, 0]), zero)
    with pytest.raises(InputError, match=r"`covariance` must be that of maps that preserve Hermiticity"):
        GeneratorEstimate.from_covariance(S, np.eye(32))
    left = np.kron(hermitian_basis(2), hermitian_basis(2).conj())
    V = np.vstack([left.real, left.imag])
    with pytest.raises(InputError, match=r"`covariance` must be that of maps that preserve the trace"):
        GeneratorEstimate.from_covariance(S, V @ V.T)
    with pytest.raises(InputError, match=r"`covariance` must have no negative eigenvalue, but the least is -"):
        GeneratorEstimate.from_covariance(S, -(V @ V.T))
    with pytest.raises(InputError, match=r"`covariance` must have shape \(32, 32\): the real and then"):
        GeneratorEstimate.from_covariance(S, np.eye(4))
    with pytest.raises(InputError, match=r"`covariance` must be symmetric"):
        GeneratorEstimate.from_covariance(S, np.triu(np.ones((32, 32))))
    with pytest.raises(InputError, match=r"`covariance` must be finite"):
        GeneratorEstimate.from_covariance(S, np.full((32, 32), np.nan))
    with pytest.raises(InputError, match=r"`covariance` must have shape \(2 d\^4, 2 d\^4\)"):
        covariance_of_choi(np.eye(3))
    with pytest.raises(InputError, match=r"`superoperator` must preserve Hermiticity"):
        GeneratorEstimate.from_covariance(S + 0.1j * np.eye(4), zero)
    with pytest.raises(InputError, match=r"`superoperator` must have d <= 8: its covariance has d\^8 entries"):
        GeneratorEstimate.from_covariance(np.zeros((81, 81)), zero)
    with pytest.raises(InputError, match=r"`superoperators` must have shape \(n, d\^2, d\^2\), but has shape \(4, 4\)"):
        GeneratorEstimate.from_repetitions(S)
    with pytest.raises(InputError, match=r"`superoperators` must hold at least 3 samples, but holds 2"):
        GeneratorEstimate.from_repetitions([S, S])
    shots = [GeneratorEstimate.trace_preserving(S + 0.01 * k * np.diag([1, -1, -1, 1])) for k in range(4)]
    shots = [one + 0.01 * transfer_noise(rng) for one in shots]
    with pytest.raises(
        InputError, match=r"more samples than there are components .* has 4 samples for 6 .* at least 9"
    ):
        certify(GeneratorEstimate.from_repetitions(shots), KMS(), sigma)
    estimate = GeneratorEstimate.from_covariance(S, zero)
    with pytest.raises(InputError, match=r"`notion` must be KMS\(\), StandardQuantum\(\), GNS\(\) or Alicki\(\)"):
        certify(estimate, BKM())
    with pytest.raises(InputError, match=r"`confidence` must lie between 0 and 1, but got 1.5"):
        certify(estimate, KMS(), confidence=1.5)
    with pytest.raises(
        InputError, match=r"`estimate` must be a GeneratorEstimate or a ChannelEstimate, but got ndarray"
    ):
        certify(S, KMS())
    with pytest.raises(InputError, match=r"`state` must have full rank, but its least weight is 0. .* measure more"):
        certify(estimate, KMS(), np.diag([1.0, 0.0]))
    with pytest.raises(InputError, match=r"`state` must have trace 1, but has trace 2"):
        certify(estimate, KMS(), np.eye(2))
    damped = schroedinger(np.zeros((2, 2)), [np.array([[0, 1], [0, 0]], dtype=complex)])
    with pytest.raises(InputError, match=r"The stationary state of the estimate must have full rank"):
        certify(GeneratorEstimate.from_covariance(damped, zero), KMS())
    with pytest.raises(InputError, match=r"`estimate` must have one stationary state.*Name the reference state"):
        certify(GeneratorEstimate.from_covariance(np.diag([0, -1.0, -1.0, 0]), zero), KMS())


def transfer_noise(rng):
    T = hermitian_basis(2)
    return GeneratorEstimate.trace_preserving(T @ rng.normal(size=(4, 4)) @ T.conj().T)


@pytest.mark.parametrize("degrees", [4, 9, 60])
@pytest.mark.parametrize("size", [0.1, 3.0, 40.0])
def test_hotellings_law_has_its_closed_forms_for_one_and_two_components(degrees, size):
    """One component: Student's t squared. Two: (1 + T^2/n)^(-(n - 1)/2). Many samples: chi-square."""
    one, two = (_p_value(size, p, degrees) for p in (1, 2))
    assert one == pytest.approx(2 * stats.t.sf(np.sqrt(size), degrees), rel=1e-9)
    assert two == pytest.approx((1 + size / degrees) ** (-(degrees - 1) / 2), rel=1e-9)
    assert _quantile(1 - one, 1, degrees) == pytest.approx(size, rel=1e-6)
    assert _quantile(1 - two, 2, degrees) == pytest.approx(size, rel=1e-6)
    assert _p_value(size, 3, 10**7) == pytest.approx(_p_value(size, 3, None), rel=1e-4)
    assert _quantile(0.9, 3, 10**7) == pytest.approx(_quantile(0.9, 3, None), rel=1e-4)
    assert _quantile(0.9, degrees + 1, degrees) is None


def test_hotellings_law_is_that_of_drawn_samples():
    """T^2 = n mean S^-1 mean of n Gaussian samples of p components, n - 1 degrees of freedom: p-values are uniform."""
    rng = np.random.default_rng(3)
    found = []
    for _ in range(400):
        x = rng.normal(size=(9, 4))
        mean = x.mean(axis=0)
        found.append(_p_value(9 * mean @ np.linalg.solve(np.cov(x.T), mean), 4, 8))
    assert stats.kstest(found, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("channel, components", [(False, 3), (True, 6)])
def test_the_region_of_the_bound_has_a_dimension_for_each_antisymmetric_component_and_the_activity(
    monkeypatch, channel, components
):
    """Jumps of a qubit live on 3 traceless matrices, Kraus operators on 4: n (n - 1)/2 antisymmetric elements."""
    from equipoise.tomography import certificate

    asked = []
    true = certificate._quantile
    monkeypatch.setattr(certificate, "_quantile", lambda *args: asked.append(args) or true(*args))
    rng = np.random.default_rng(1)
    R, F = transfer(balanced(StandardQuantum(), rng, 2)[0]), error_factor(rng, 2, 1e-5)
    certify(known(step(R, 0.3) if channel else R, F, channel), StandardQuantum())
    assert [args[1] for args in asked] == [components + 1]


def test_an_estimate_gives_its_superoperator_back_and_keeps_the_trace_when_asked():
    rng = np.random.default_rng(2)
    for d in (2, 3):
        generator = lindbladian(rotated(rng, *kms_balanced(rng, d))[0], [complex_matrix(rng, d, d)])
        L, T = generator.superoperator(), generator.channel(0.4).superoperator()
        found = known(transfer(L), np.zeros((d**4, d**4)))
        np.testing.assert_allclose(found.superoperator(), L, atol=1e-12)
        one, noise = np.eye(d).ravel(), complex_matrix(rng, d * d, d * d)
        for whole, kind, image in ((L, GeneratorEstimate, 0 * one), (T, ChannelEstimate, one)):
            np.testing.assert_allclose(kind.trace_preserving(whole), whole, atol=1e-12)
            np.testing.assert_allclose(one @ kind.trace_preserving(whole + noise), image, atol=1e-12)


def test_draws_have_one_degree_of_freedom_less_than_their_number():
    rng = np.random.default_rng(5)
    S, F = balanced(KMS(), rng, 2)[0], error_factor(rng, 2, 1e-3)
    T = hermitian_basis(2)
    draws = [T @ noisy(rng, transfer(S), F) @ T.conj().T for _ in range(40)]
    assert GeneratorEstimate.from_draws(draws).degrees_of_freedom == 39
    assert GeneratorEstimate.from_repetitions(draws).degrees_of_freedom == 39
