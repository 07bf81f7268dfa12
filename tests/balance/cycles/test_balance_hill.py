"""Currents of a chain from two derivations that share nothing with elimination: Hill's cycles, Zia and Schmittmann."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import rate_equation, stationary_state
from equipoise.balance import KMS, PopulationBalance, detailed_balance, reversible_part
from equipoise.thermodynamics import currents, entropy_production

seeds = st.integers(0, 10**6)


def directed_cycles(d):
    """Every cycle of three states or more, both ways round, and every pair there and back; each once."""
    for size in range(2, d + 1):
        for states in itertools.permutations(range(d), size):
            if states[0] == min(states):
                yield states


def hill(W):
    """J_c = (product of rates along c) det(-K without the states of c)/Z, Z = sum_i det(-K without i)."""
    d = len(W)
    K = W - np.diag(W.sum(axis=0))

    def minor(removed):
        kept = [k for k in range(d) if k not in removed]
        return np.linalg.det(-K[np.ix_(kept, kept)]) if kept else 1.0

    Z = sum(minor((k,)) for k in range(d))
    out = {}
    for states in directed_cycles(d):
        steps = list(zip(states, (*states[1:], states[0]), strict=True))
        out[states] = np.prod([W[j, i] for i, j in steps]) * minor(states) / Z, steps
    return out


@settings(max_examples=10, deadline=None)
@given(seeds, st.integers(3, 5))
def test_flows_and_entropy_production_are_sums_over_hills_cycles(seed, d):
    rng = np.random.default_rng(seed)
    W = rng.uniform(0.1, 2.0, size=(d, d))
    np.fill_diagonal(W, 0.0)
    chain = rate_equation(W)
    state = stationary_state(chain)
    p = state.density_matrix().real.diagonal()
    flow, production = np.zeros((d, d)), 0.0
    for size, steps in hill(W).values():
        affinity = sum(np.log(W[j, i] / W[i, j]) for i, j in steps)
        production += size * affinity
        for i, j in steps:
            flow[j, i] += size
    np.testing.assert_allclose(flow, W * p, rtol=1e-9)
    np.testing.assert_allclose(currents(chain, state).microcurrents[0], flow - flow.T, atol=1e-10)
    found = entropy_production(chain, state)
    assert found.by_transition.value == pytest.approx(production, rel=1e-9)
    assert found.fagnola_rebolledo.value == pytest.approx(production, rel=1e-8)


@settings(max_examples=10, deadline=None)
@given(seeds, st.integers(3, 7))
def test_populations_and_currents_label_a_family_of_chains_with_any_activity(seed, d):
    """W_ij = (S_ij + J_ij)/(2 p_j), S symmetric and at least |J|: stationary p and net currents J."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(d))
    J = np.zeros((d, d))
    for current in (0.1, 0.2, 0.4):
        ring = rng.permutation(d)[:3]
        for i, j in zip(ring, np.roll(ring, -1), strict=True):
            J[j, i] += current
            J[i, j] -= current
    productions = []
    for _ in range(2):
        S = rng.uniform(0.1, 1.0, size=(d, d))
        S = S + S.T + np.abs(J)
        np.fill_diagonal(S, 0.0)
        chain = rate_equation((S + J) / (2 * p))
        state = stationary_state(chain)
        np.testing.assert_allclose(state.density_matrix().real.diagonal(), p, rtol=1e-10)
        np.testing.assert_allclose(currents(chain, state).microcurrents[0], J, atol=1e-11)
        # The violation is made of J and p alone, whatever the activity; the entropy production is not.
        expected = np.linalg.norm(J / (2 * np.sqrt(np.outer(p, p))))
        assert detailed_balance(chain, state).of(PopulationBalance()).value == pytest.approx(expected, rel=1e-9)
        assert detailed_balance(chain, state).of(KMS()).value == pytest.approx(expected, rel=1e-9)
        near = reversible_part(chain, state)
        moved = np.array([near.apply(np.diag(row)).real.diagonal() for row in np.eye(d)]).T
        off = ~np.eye(d, dtype=bool)
        np.testing.assert_allclose(moved[off], (S / (2 * p))[off], rtol=1e-9)
        productions.append(entropy_production(chain, state).by_transition.value)
    assert productions[0] != pytest.approx(productions[1], rel=1e-3)
