"""Conditions between rates that make a state stationary without detailed balance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import InputError
from equipoise.stationary import gibbs_state, stationary_state
from equipoise.thermodynamics import thermalisation_conditions
from random_rates import random_rates, ring_in_a_gas


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(2, 7))
def test_they_hold_for_the_stationary_state_and_no_other(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    generator = random_rates(rng, d)
    found = thermalisation_conditions(generator, stationary_state(generator))
    assert found.largest < 1e-13
    assert np.abs(found.terms.sum(axis=1)).max() < 1e-13 * np.exp(found.log_rates).max() * d
    p = rng.dirichlet(np.ones(d))
    other = thermalisation_conditions(generator, np.diag(p))
    a = np.exp(other.log_rates)
    np.fill_diagonal(a, 0.0)
    incoming, outgoing = a @ p, a.sum(axis=0) * p
    assert np.allclose(other.incoming, incoming, rtol=1e-12)
    assert np.allclose(other.outgoing, outgoing, rtol=1e-12)
    assert np.allclose(other.residuals, np.abs(incoming - outgoing) / (incoming + outgoing), atol=1e-12)
    assert other.largest > 1e-3
    # One of the conditions follows from the others.
    assert (other.incoming - other.outgoing).sum() == pytest.approx(0.0, abs=1e-12 * other.incoming.sum())


def test_three_levels_give_the_equations_of_the_paper() -> None:
    """(30a) and (30b) of the ring, with I from the ratio of rates."""
    beta = 1.0
    generator = ring_in_a_gas(beta)
    found = thermalisation_conditions(generator, gibbs_state(generator.spectrum, beta))
    a, e = np.exp(found.log_rates), generator.spectrum.levels
    np.fill_diagonal(a, 1.0)
    ratio = (a / a.T) * np.exp(beta * (e[:, None] - e[None, :]))
    minus, zero, plus = 0, 1, 2
    lhs, rhs = found.condition(zero, first=plus)
    assert lhs == pytest.approx(a[plus, zero] * (1 - ratio[zero, plus]), rel=1e-10)
    assert rhs == pytest.approx(a[minus, zero] * (ratio[zero, minus] - 1), rel=1e-10)
    assert lhs == pytest.approx(rhs, rel=1e-11)
    lhs, rhs = found.condition(plus, first=zero)
    assert lhs == pytest.approx(a[zero, plus] * (1 - 1 / ratio[zero, plus]), rel=1e-10)
    assert rhs == pytest.approx(a[minus, plus] * (ratio[plus, minus] - 1), rel=1e-10)
    assert lhs == pytest.approx(rhs, rel=1e-11)


def test_printed_table_and_messages() -> None:
    generator = ring_in_a_gas()
    found = thermalisation_conditions(generator, gibbs_state(generator.spectrum, 1.0))
    text = repr(found)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert text.startswith("thermalisation conditions of 3 levels")
    with pytest.raises(InputError, match="`level` must be from 0 to 2, but got 3"):
        found.condition(3, first=0)
    with pytest.raises(InputError, match="`first` must be another level, but got 1 for both"):
        found.condition(1, first=1)
