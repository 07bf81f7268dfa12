"""Affinities of cycles: fundamental cycles, gradients, one-way edges."""

import itertools

import numpy as np
import pytest

from equipoise import cycles, rate_equation
from equipoise.balance.cycles.tree import largest_three_cycle, spanning_tree


def log(table):
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(table, dtype=float))


def random_rates(seed, d, density=1.0):
    rng = np.random.default_rng(seed)
    W = np.exp(rng.normal(size=(d, d)))
    keep = np.triu(rng.uniform(size=(d, d)) < density, 1)
    W = np.where(keep | keep.T, W, 0.0)
    np.fill_diagonal(W, 0.0)
    return W


def affinity_around(W, loop):
    """Sum of log(forward / backward) once around, edge by edge."""
    edges = list(itertools.pairwise([*loop, loop[0]]))
    return sum(np.log(W[b, a]) - np.log(W[a, b]) for a, b in edges)


@pytest.mark.parametrize("seed", range(6))
def test_every_fundamental_cycle_has_the_affinity_found_by_walking_it(seed):
    W = random_rates(seed, 7, 0.6)
    found = spanning_tree(log(W), log(W + W.T))
    edges = int(np.triu(W > 0).sum())
    reachable = np.linalg.matrix_power((W > 0) + np.eye(7), 7) > 0
    components = len({tuple(row) for row in reachable})
    assert len(found.affinities) == edges - 7 + components
    for index, value in enumerate(found.affinities):
        loop = found.cycle(index)
        assert affinity_around(W, loop) == pytest.approx(abs(value), abs=1e-12)
        assert loop[0] == min(loop)


@pytest.mark.parametrize("seed", range(3))
def test_gradient_rates_have_no_affinity_at_any_size(seed):
    rng = np.random.default_rng(seed)
    phi = rng.uniform(-600, 600, size=8)
    symmetric = random_rates(seed, 8, 0.7)
    symmetric = np.maximum(symmetric, symmetric.T)
    log_rates = log(symmetric) + 0.5 * (phi[:, None] - phi[None, :])
    found = spanning_tree(log_rates, log(symmetric))
    assert found.largest < 1e-11
    assert found.defect < 1e-11


def test_the_tree_carries_the_most_activity():
    W = np.ones((3, 3)) - np.eye(3)
    activity = np.array([[0, 5.0, 1.0], [5.0, 0, 3.0], [1.0, 3.0, 0]])
    found = spanning_tree(log(W), log(activity))
    assert found.chords.tolist() == [[0, 2]]


def test_defect_is_the_distance_from_the_nearest_gradient():
    W = random_rates(4, 6)
    found = spanning_tree(log(W), log(W + W.T))
    logs, pairs = np.log(W + np.eye(6)), list(itertools.combinations(range(6), 2))
    ratio = logs - logs.T
    gradient = np.array([[(k == m) - (k == n) for k in range(6)] for m, n in pairs], dtype=float)
    target = np.array([ratio[m, n] for m, n in pairs])
    best = target - gradient @ np.linalg.lstsq(gradient, target, rcond=None)[0]
    assert found.defect == pytest.approx(np.sqrt(np.mean(best**2)), rel=1e-12)


def test_one_way_transitions_are_listed_and_their_cycles_have_an_infinite_affinity():
    W = np.array([[0.0, 1.0, 0.0], [2.0, 0.0, 1.0], [3.0, 1.0, 0.0]])
    found = spanning_tree(log(W), log(W + W.T))
    assert found.one_way.tolist() == [[2, 0]]
    assert found.affinities.tolist() == [np.inf]
    assert found.largest_cycle() == (0, 2, 1)  # along 0 -> 2, which has no reverse
    found = cycles(rate_equation(W))
    assert found.two_way.affinities.size == 0
    assert found.two_way.one_way.size == 0


def test_a_cycle_that_runs_neither_way_has_no_affinity():
    """0 -> 1 and 0 -> 2 run one way only, so that no direction of the triangle can be completed."""
    W = np.array([[0.0, 0.0, 0.0], [2.0, 0.0, 1.0], [3.0, 1.0, 0.0]])
    found = spanning_tree(log(W), log(W + W.T))
    assert found.affinities.tolist() == [0.0]
    assert len(found.one_way) == 2


@pytest.mark.parametrize("seed", range(8))
def test_affinities_of_cycles_through_one_way_transitions_are_those_found_by_walking_them(seed):
    rng = np.random.default_rng(seed)
    W = random_rates(seed, 8, 0.6) * (rng.uniform(size=(8, 8)) < 0.8)
    found = spanning_tree(log(W), log(W + W.T))
    for index, value in enumerate(found.affinities):
        loop = found.cycle(index)
        steps = list(itertools.pairwise([*loop, loop[0]]))
        forward, backward = (sum(log(W)[m, n] for n, m in way) for way in (steps, [(m, n) for n, m in steps]))
        expected = 0.0 if forward == backward == -np.inf else forward - backward
        assert value == pytest.approx(expected, abs=1e-12)
        m, n = found.chords[index]
        assert loop[(loop.index(n) + 1) % len(loop)] == m


def test_disconnected_levels_are_allowed():
    W = np.zeros((4, 4))
    W[0, 1], W[1, 0], W[2, 3], W[3, 2] = 1.0, 2.0, 3.0, 4.0
    found = spanning_tree(log(W), log(W + W.T))
    assert found.affinities.size == 0
    assert found.defect == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("seed", range(6))
def test_the_largest_three_cycle_is_found_by_trying_all(seed):
    W = random_rates(seed, 7, 0.7)
    loops = [
        (affinity_around(W, list(loop)), loop)
        for loop in itertools.permutations(range(7), 3)
        if loop[0] == min(loop) and all(W[a, b] > 0 for a, b in itertools.permutations(loop, 2))
    ]
    expected, loop = max(loops)
    found, affinity = largest_three_cycle(log(W))
    assert affinity == pytest.approx(expected, rel=1e-12)
    assert found == loop


@pytest.mark.parametrize("seed", range(4))
def test_on_a_complete_graph_three_cycles_decide_as_the_fundamental_cycles_do(seed):
    rng = np.random.default_rng(seed)
    phi = rng.uniform(-300, 300, size=6)
    gradient = 0.5 * (phi[:, None] - phi[None, :])
    assert largest_three_cycle(gradient)[1] < 1e-11
    bent = gradient.copy()
    bent[2, 4] += 1e-3
    assert largest_three_cycle(bent)[1] == pytest.approx(1e-3, rel=1e-8)
    assert spanning_tree(bent, np.zeros((6, 6))).largest == pytest.approx(1e-3, rel=1e-8)


def test_a_ring_of_four_has_no_three_cycle_yet_an_affinity():
    W = np.zeros((4, 4))
    for n in range(4):
        W[(n + 1) % 4, n], W[n, (n + 1) % 4] = 2.0, 1.0
    assert largest_three_cycle(log(W)) == (None, 0.0)
    assert spanning_tree(log(W), log(W + W.T)).largest == pytest.approx(4 * np.log(2))


def test_one_way_transitions_are_in_no_three_cycle():
    W = np.array([[0.0, 1.0, 0.0], [2.0, 0.0, 1.0], [3.0, 1.0, 0.0]])
    assert largest_three_cycle(log(W)) == (None, 0.0)


def test_a_triangle_that_lacks_any_one_rate_is_no_three_cycle_whatever_stands_on_the_diagonal():
    rng = np.random.default_rng(7)
    for m, n in itertools.permutations(range(3), 2):
        log_rates = rng.normal(size=(3, 3))
        log_rates[m, n] = -np.inf
        assert largest_three_cycle(log_rates) == (None, 0.0)


def test_a_tree_has_no_three_cycle_whatever_stands_on_its_diagonal():
    log_rates = np.full((4, 4), -np.inf)
    for n in range(3):
        log_rates[n, n + 1] = log_rates[n + 1, n] = 0.0
    np.fill_diagonal(log_rates, 1.0)
    assert largest_three_cycle(log_rates) == (None, 0.0)
