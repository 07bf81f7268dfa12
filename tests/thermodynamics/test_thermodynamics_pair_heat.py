"""Heat of pairs of levels: it persists where detailed balance fails, its total vanishes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.stationary import gibbs_state, stationary_state
from equipoise.thermodynamics import currents, pair_heat_currents
from random_rates import random_rates, ring_in_a_gas


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(3, 7))
def test_total_vanishes_in_the_stationary_state(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    generator = random_rates(rng, d)
    found = pair_heat_currents(generator, stationary_state(generator))
    assert np.array_equal(found.heat, found.heat.T)
    assert abs(found.total) <= found.total_noise + 1e-14 * found.throughput
    assert found.throughput > 0
    far = np.diag(rng.dirichlet(np.ones(d)))
    assert pair_heat_currents(generator, far).total == pytest.approx(float(currents(generator, far).heat[0]), rel=1e-10)


def test_ring_in_a_gas_gives_the_equation_of_the_paper() -> None:
    """(32) with its prefactor corrected, and its sign for the cyclic pairs only."""
    beta = 1.0
    generator = ring_in_a_gas(beta)
    gibbs = gibbs_state(generator.spectrum, beta)
    found = pair_heat_currents(generator, gibbs)
    a, e, p = generator.dissipators[0].representation.rates, generator.spectrum.levels, gibbs.populations
    minus, zero, plus = 0, 1, 2
    of_the_pair = a[plus, minus] / a[minus, plus] * np.exp(beta * (e[plus] - e[minus]))
    N = a[minus, plus] * np.exp(-beta * (e[plus] - e[zero])) / np.sum(np.exp(-beta * (e - e[zero])))
    for i, j in ((plus, minus), (zero, plus), (minus, zero)):
        assert found.heat[i, j] == pytest.approx(N * (of_the_pair - 1) * (e[i] - e[j]), rel=1e-9)
        # The definition above (32), symmetric in the pair.
        ratio = a[i, j] * p[j] / (a[j, i] * p[i])
        definition = -a[j, i] * p[i] * (ratio - 1) * np.log(p[i] / p[j]) / beta
        assert found.heat[j, i] == pytest.approx(definition, rel=1e-9)
    assert abs(found.total) < 1e-12 * found.throughput


def test_printed_table_fits() -> None:
    generator = ring_in_a_gas()
    text = repr(pair_heat_currents(generator, stationary_state(generator)))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "+ <-> -" in text
    assert "positive into the system" in text


def test_round_off_of_a_balanced_ring_is_no_heat() -> None:
    generator = ring_in_a_gas(couplings=(1.0, 0.7, 1.0))
    found = pair_heat_currents(generator, stationary_state(generator))
    flows = currents(generator, stationary_state(generator))
    assert np.all(np.abs(found.heat) <= found.noise)
    assert 0 < found.total_noise < 1e-11 * flows.activity.sum()
    assert "<->" not in repr(found)
