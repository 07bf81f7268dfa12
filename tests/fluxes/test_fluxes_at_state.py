"""A generator at a state: checked once, restricted to the support when asked."""

import numpy as np
import pytest

from equipoise import InputError, lindbladian, rate_equation, stationary_state
from equipoise.fluxes import at_state
from equipoise.stationary import NotUniqueError

CYCLE = [[0, 1, 2], [2, 0, 1], [1, 2, 0]]
LOWERING = np.array([[0.0, 1.0], [0.0, 0.0]])


def test_without_a_state_it_is_the_stationary_one() -> None:
    pair = at_state(rate_equation(CYCLE))
    assert pair.stationary is not None
    np.testing.assert_allclose(pair.density.populations, 1 / 3)
    assert pair.on_support is pair


def test_a_pair_is_returned_as_it_is() -> None:
    pair = at_state(rate_equation(CYCLE))
    assert at_state(pair) is pair
    with pytest.raises(InputError, match="be left out where the generator comes with a state"):
        at_state(pair, stationary_state(pair.generator))


def test_a_state_without_full_rank_restricts_the_pair_to_its_support() -> None:
    decay = lindbladian(np.diag([0.0, 1.0]), [LOWERING])
    pair = at_state(decay)
    assert not pair.has_full_rank
    inner = pair.on_support
    assert inner.generator.dimension == 1
    assert inner.has_full_rank
    assert str(inner.support) == "restricted to the support of the state (1 of 2 states)"
    assert pair.on_support is inner


def test_what_is_no_generator_is_refused_with_the_way_out() -> None:
    with pytest.raises(InputError, match=r"must be a Generator, but got ndarray.*it comes before a state"):
        at_state(np.eye(2))  # type: ignore[arg-type]


def test_several_stationary_states_must_be_chosen_from() -> None:
    with pytest.raises(NotUniqueError):
        at_state(rate_equation([[0, 0], [0, 0]]))
