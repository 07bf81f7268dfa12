"""Entropy production by pairs: the two sums add up to the Spohn rate in any state, and cancel in the stationary one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import InputError
from equipoise.generators import lindbladian, rate_equation
from equipoise.stationary import gibbs_state, stationary_state
from equipoise.thermodynamics import balance_violation, entropy_production
from random_rates import populated, random_rates, ring_in_a_gas


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(2, 7))
def test_the_two_sums_add_up_to_the_spohn_rate(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    generator = random_rates(rng, d)
    sigma = stationary_state(generator)
    rho = np.diag(rng.dirichlet(np.ones(d)))
    split = balance_violation(generator, rho, sigma)
    production = entropy_production(generator, rho, stationary=sigma).spohn.value
    scale = split.schnakenberg + abs(split.deviation)
    assert split.production == pytest.approx(production, rel=1e-10, abs=1e-12 * scale)
    assert split.schnakenberg + split.deviation == pytest.approx(production, rel=1e-10, abs=1e-12 * scale)
    assert split.production >= -1e-13 * scale
    assert np.all(split.pair_schnakenberg >= 0)
    for table in (split.pair_production, split.pair_schnakenberg, split.pair_deviation):
        assert np.allclose(table, table.T, rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(3, 7))
def test_in_the_stationary_state_violation_takes_back_what_the_flows_produce(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    generator = random_rates(rng, d)
    sigma = stationary_state(generator)
    split = balance_violation(generator, sigma, sigma)
    assert split.production == pytest.approx(0.0, abs=1e-13 * split.schnakenberg)
    assert split.deviation == pytest.approx(-split.schnakenberg, rel=1e-12)
    assert split.deviation == pytest.approx(split.stationary_deviation, rel=1e-12)
    assert np.all(split.pair_deviation <= 0)
    # (27) and (31) term by term, from the rates themselves.
    a, p = np.exp(split.log_rates), sigma.populations
    np.fill_diagonal(a, 0.0)
    ratio = np.exp(split.log_ratio)
    assert np.allclose(a * p[None, :], a.T * p[:, None] * ratio, rtol=1e-12)
    terms = a * p[None, :] * (1 - ratio.T) * np.log(ratio.T)  # [j, k]: a_jk p_k [1 - I(k, j)] ln I(k, j)
    assert np.allclose(split.pair_deviation, terms, rtol=1e-9, atol=1e-12)
    assert np.allclose(split.stationary_currents, a.T * p[:, None] * (ratio - 1), rtol=1e-9, atol=1e-13)


def test_detailed_balance_leaves_no_deviation() -> None:
    rng = np.random.default_rng(5)
    p = rng.dirichlet(np.ones(5))
    S = rng.uniform(size=(5, 5))
    generator = rate_equation((S + S.T) / p[None, :])
    split = balance_violation(generator, np.eye(5) / 5, np.diag(p))
    assert abs(split.deviation) < 1e-13 * split.schnakenberg
    assert split.production == pytest.approx(split.schnakenberg, rel=1e-12)


def test_ring_in_a_gas_is_gibbs_with_currents() -> None:
    generator = ring_in_a_gas(beta=2.0)
    gibbs = gibbs_state(generator.spectrum, 2.0)
    split = balance_violation(generator, gibbs, gibbs)
    assert abs(split.production) < 1e-13 * split.schnakenberg
    assert split.stationary_deviation == pytest.approx(-split.schnakenberg, rel=1e-12)
    K = split.stationary_currents
    assert K[1, 0] == pytest.approx(K[2, 1], rel=1e-12)
    assert K[2, 1] == pytest.approx(K[0, 2], rel=1e-12)
    assert abs(K[1, 0]) > 1e-4
    # Far from equilibrium the sums differ, and add up.
    hot = gibbs_state(generator.spectrum, 0.1)
    far = balance_violation(generator, hot, gibbs)
    assert far.production == pytest.approx(entropy_production(generator, hot).spohn.value, rel=1e-10)


def test_empty_levels_and_one_way_transitions_are_infinite_not_nan() -> None:
    cycle = rate_equation([[0, 0, 1.0], [1.0, 0, 0], [0, 1.0, 0]])
    uniform = np.eye(3) / 3
    split = balance_violation(cycle, uniform, uniform)
    assert split.schnakenberg == np.inf
    assert split.deviation == -np.inf
    assert split.production == 0.0
    generator = ring_in_a_gas()
    pure = balance_violation(generator, populated(generator, [1.0, 0.0, 0.0]), gibbs_state(generator.spectrum, 1.0))
    assert pure.production == np.inf
    assert np.isfinite(pure.deviation)
    assert not np.isnan(pure.pair_production).any()


def test_printed_table_fits() -> None:
    generator = ring_in_a_gas()
    gibbs = gibbs_state(generator.spectrum, 1.0)
    text = repr(balance_violation(generator, gibbs, gibbs))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "+, -" in text
    assert "by violation" in text


def test_messages() -> None:
    generator = ring_in_a_gas()
    gibbs = gibbs_state(generator.spectrum, 1.0)
    with pytest.raises(InputError, match="`stationary` must be faithful .* level '0' is empty"):
        balance_violation(generator, gibbs, populated(generator, [0.5, 0.0, 0.5]))
    tilted = np.full((3, 3), 0.1) + np.diag([0.3, 0.2, 0.2])
    with pytest.raises(InputError, match="`state` must be a function of the Hamiltonian, but there is a coherence"):
        balance_violation(generator, tilted, gibbs)
    with pytest.raises(InputError, match="be secular"):
        balance_violation(lindbladian(np.diag([0, 1.0]), [np.array([[0, 1], [0, 0]])]), np.eye(2) / 2, np.eye(2) / 2)
