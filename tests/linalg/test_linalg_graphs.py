"""Closed classes are what is never left; everything else is transient."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise._checks import InputError
from equipoise.linalg.graphs import adjacency_of, closed_classes, is_irreducible


def reachability(adjacency):
    """R[i, j]: i can be reached from j, by Warshall's algorithm."""
    reach = adjacency | np.eye(len(adjacency), dtype=bool)
    for k in range(len(adjacency)):
        reach |= np.outer(reach[:, k], reach[k])
    return reach


@st.composite
def digraphs(draw):
    dimension = draw(st.integers(1, 7))
    bits = draw(st.lists(st.booleans(), min_size=dimension**2, max_size=dimension**2))
    return np.array(bits).reshape(dimension, dimension)


@given(digraphs())
def test_closed_classes_match_warshall(adjacency):
    reach = reachability(adjacency)
    # A state is recurrent iff it can be reached back from all it reaches.
    recurrent = [j for j in range(len(reach)) if all(reach[j, i] for i in np.flatnonzero(reach[:, j]))]
    expected = sorted({tuple(np.flatnonzero(reach[:, j])) for j in recurrent})
    closed, transient = closed_classes(adjacency)
    assert [tuple(states) for states in closed] == expected
    assert sorted(transient) == sorted(set(range(len(reach))) - set(recurrent))
    assert is_irreducible(adjacency_of(adjacency, "adjacency")) == reach.all()


def test_logarithms_and_booleans_describe_the_same_graph():
    adjacency = np.random.default_rng(0).uniform(size=(9, 9)) < 0.15
    logs = np.where(adjacency, -3000.0, -np.inf)
    for from_bool, from_log in zip(closed_classes(adjacency)[0], closed_classes(logs)[0], strict=True):
        np.testing.assert_array_equal(from_bool, from_log)
    np.testing.assert_array_equal(closed_classes(adjacency)[1], closed_classes(logs)[1])


def test_the_diagonal_is_ignored():
    closed, transient = closed_classes(np.array([[np.nan, 0.0], [-np.inf, np.inf]]))
    assert [list(states) for states in closed] == [[0]]
    assert list(transient) == [1]


def test_no_states_have_no_classes():
    closed, transient = closed_classes(np.empty((0, 0), dtype=bool))
    assert closed == []
    assert transient.size == 0


def test_a_matrix_that_is_not_square_is_refused():
    with pytest.raises(InputError, match=r"`transitions` must be a square matrix .* has shape \(2, 3\)"):
        closed_classes(np.zeros((2, 3)))


def test_integers_are_refused():
    with pytest.raises(InputError, match=r"booleans or logarithms of rates as floats, but has .* int64.*`rates > 0`"):
        closed_classes(np.zeros((2, 2), dtype=np.int64))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_are_refused(bad):
    logs = np.zeros((3, 3))
    logs[2, 1] = bad
    with pytest.raises(InputError, match=r"below \+inf .* element \[2, 1\] is (nan|inf)"):
        closed_classes(logs)
