"""Relaxation with and without detailed balance at the same activity: violation never slows it down."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from equipoise import InputError
from equipoise.balance import compare_gaps, relaxation_speed
from equipoise.balance.cycles.speed_up import balanced_at_equal_activity
from equipoise.generators import lindbladian, rate_equation
from equipoise.stationary import gibbs_state, relaxation_spectrum, stationary_state
from random_rates import populated, random_rates, ring_in_a_gas


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(2, 7))
def test_never_slower_than_the_balanced_rates(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    generator = random_rates(rng, d)
    sigma = stationary_state(generator)
    found = relaxation_speed(generator, sigma, start=np.diag(rng.dirichlet(np.ones(d))))
    assert 1 - 1e-9 <= found.acceleration <= found.most * (1 + 1e-9)
    assert np.all(found.distance <= found.bound * (1 + 1e-9) + 1e-12)
    assert np.all(found.balanced_distance <= found.bound * (1 + 1e-9) + 1e-12)
    # Eigenvalues by the plain rate matrix.
    W = generator.dissipators[0].representation.rates
    values = np.linalg.eigvals(W - np.diag(W.sum(axis=0)))
    values = np.delete(values, np.argmin(np.abs(values)))
    assert found.gap == pytest.approx(float(-values.real.max()), rel=1e-8)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(2, 6))
def test_balanced_rates_have_the_same_activity_and_no_currents(seed: int, d: int) -> None:
    generator = random_rates(np.random.default_rng(seed), d)
    sigma = stationary_state(generator)
    p = sigma.populations
    flows = generator.dissipators[0].representation.rates * p[None, :]
    balanced = balanced_at_equal_activity(generator, sigma)
    other = balanced.dissipators[0].representation.rates * p[None, :]
    assert np.allclose(other, other.T, rtol=1e-12)
    assert np.allclose(other + other.T, flows + flows.T, rtol=1e-12)


def test_curves_are_those_of_the_exponential() -> None:
    generator = random_rates(np.random.default_rng(2), 4)
    sigma = stationary_state(generator)
    start, times = np.array([0.7, 0.0, 0.1, 0.2]), np.array([0.0, 0.03, 0.2, 1.0])
    found = relaxation_speed(generator, sigma, start=np.diag(start), times=times)
    p = sigma.populations
    W = generator.dissipators[0].representation.rates
    B = balanced_at_equal_activity(generator, sigma).dissipators[0].representation.rates
    for rates, distance, variation in (
        (W, found.distance, found.variation),
        (B, found.balanced_distance, found.balanced_variation),
    ):
        L = rates - np.diag(rates.sum(axis=0))
        away = np.array([expm(L * t) @ start - p for t in times])
        assert np.allclose(distance, np.sqrt((away**2 / p).sum(axis=1)), rtol=1e-10, atol=1e-13)
        assert np.allclose(variation, 0.5 * np.abs(away).sum(axis=1), rtol=1e-10, atol=1e-13)


def test_three_levels_have_the_closed_gap() -> None:
    """gap = (s + r)/2 - Re sqrt((r - s)^2/4 - c^2), c^2 from the determinant on the complement of sqrt(pi)."""
    generator = ring_in_a_gas(beta=1.0, couplings=(1.0, 0.4, 3.0))
    found = relaxation_speed(generator, gibbs_state(generator.spectrum, 1.0), start=np.eye(3) / 3)
    s, r = -found.balanced_eigenvalues
    c2 = float(np.prod(found.eigenvalues).real) - s * r
    assert c2 > 0
    closed = 0.5 * (s + r) - np.sqrt(complex(0.25 * (r - s) ** 2 - c2)).real
    assert found.gap == pytest.approx(closed, rel=1e-10)
    assert found.acceleration > 1 + 1e-6
    whole = compare_gaps(generator, gibbs_state(generator.spectrum, 1.0))
    # Populations alone: the gap of the whole generator may be that of a coherence.
    assert whole.reversible is not None
    assert whole.reversible <= found.balanced_gap * (1 + 1e-9)
    assert float(-relaxation_spectrum(generator).populations[1].real) == pytest.approx(found.gap, rel=1e-9)


def test_speed_up_of_the_ring_is_of_second_order_in_the_coupling() -> None:
    strengths = np.array([1e-2, 1e-3])
    gains = []
    for s in strengths:
        generator = ring_in_a_gas(1.0, tuple(s * np.array([1.0, 0.7, 1.5])))
        found = relaxation_speed(generator, gibbs_state(generator.spectrum, 1.0), start=np.eye(3) / 3, times=[0.0])
        gains.append(found.acceleration - 1)
    assert np.log(gains[0] / gains[1]) / np.log(10) == pytest.approx(2.0, abs=0.15)
    assert all(gain > 0 for gain in gains)


def test_printed_table_and_messages() -> None:
    generator = ring_in_a_gas()
    gibbs = gibbs_state(generator.spectrum, 1.0)
    text = repr(relaxation_speed(generator, gibbs, start=populated(generator, [0.0, 0.0, 1.0])))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "acceleration" in text
    with pytest.raises(InputError, match="`state` must be stationary .* level '.' gains or loses .* stationary_state"):
        relaxation_speed(generator, gibbs_state(generator.spectrum, 2.0), start=gibbs)
    with pytest.raises(InputError, match="`start` must be a function of the Hamiltonian"):
        relaxation_speed(generator, gibbs, start=np.diag([1.0, 0.0, 0.0]))
    with pytest.raises(InputError, match="connect all levels by transitions"):
        relaxation_speed(rate_equation([[0, 1, 0], [1, 0, 0], [0, 0, 0]]), np.eye(3) / 3, start=np.eye(3) / 3)
    with pytest.raises(InputError, match="have at least two levels, but has one"):
        relaxation_speed(rate_equation([[0.0]]), [[1.0]], start=[[1.0]])
    with pytest.raises(InputError, match="be secular"):
        relaxation_speed(
            lindbladian(np.diag([0, 1.0]), [np.array([[0, 1], [0, 0]])]), np.eye(2) / 2, start=np.eye(2) / 2
        )
