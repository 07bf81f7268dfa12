"""The reason names the transition that breaks a notion: one is broken on purpose, in every place in turn."""

import itertools

import numpy as np
import pytest

from balance.balanced_systems import gns_balanced_matrices, kms_balanced_matrices, regauged
from equipoise import lindbladian
from equipoise.balance import GNS, KMS, Alicki, PopulationBalance, StandardQuantum, detailed_balance
from random_systems import unitary

h = np.array([0.0, 0.7, 1.9, 2.2])
PAIRS = list(itertools.permutations(range(4), 2))


def states(i, j):
    """The words of a reason for j -> i: eigenvectors of a matrix are numbered by ascending weight."""
    return f"states {3 - j} -> {3 - i}, modular frequency {h[i] - h[j]:.3g}"


def element(i, j, value=1.0):
    E = np.zeros((4, 4), dtype=complex)
    E[i, j] = value
    return E


def balanced(*more, hamiltonian=0.0):
    """GNS-balanced, with more jumps; its jumps are mixed at random, so that none is the transition in question."""
    rng = np.random.default_rng(0)
    H, jumps, sigma = gns_balanced_matrices(rng, h)
    return lindbladian(*regauged(rng, H + np.diag(h) + hamiltonian, [*jumps, *more])), sigma


@pytest.mark.parametrize("i, j", PAIRS)
def test_a_jump_without_its_reverse_is_named_with_its_direction(i, j):
    generator, sigma = balanced(element(i, j, 1e-3))
    where = states(i, j)
    for notion in (StandardQuantum(), Alicki()):
        assert detailed_balance(generator, sigma).of(notion).reason == f"jump part, {where}"
    assert detailed_balance(generator, sigma).of(PopulationBalance()).reason == f"net flow, {where}"


@pytest.mark.parametrize("i, j", [(i, j) for i, j in PAIRS if i < j])
def test_a_jump_both_ways_at_once_is_named_where_only_gns_forbids_it(i, j):
    y = h[j] - h[i]
    both = element(i, j, np.exp(y / 4)) + element(j, i, np.exp(-y / 4))
    generator, sigma = balanced(3e-2 * both)
    assert detailed_balance(generator, sigma).of(StandardQuantum()).is_satisfied()
    found = detailed_balance(generator, sigma).of(Alicki()).reason
    assert found in {f"exchange between modular frequencies, {states(*pair)}" for pair in ((i, j), (j, i))}


@pytest.mark.parametrize("i, j", [(i, j) for i, j in PAIRS if i < j])
def test_a_hamiltonian_between_unequal_weights_is_named(i, j):
    generator, sigma = balanced(hamiltonian=element(i, j, 1e-3j) + element(j, i, -1e-3j))
    names = {f"coherent part between unequal weights, {states(*pair)}" for pair in ((i, j), (j, i))}
    for notion in (StandardQuantum(), Alicki()):
        assert detailed_balance(generator, sigma).of(notion).reason in names


def test_what_commutes_is_named_as_such_by_the_notions_that_mind_it():
    generator, sigma = balanced()
    for notion in (KMS(), GNS()):
        assert detailed_balance(generator, sigma).of(notion).reason == "Hamiltonian that commutes with the state"


def test_coherence_made_by_balanced_jumps_is_an_exchange_between_modular_frequencies():
    """Jumps 0 <-> 1 and 1 <-> 2 through one operator: the decay of GNS-balanced jumps joins no 0 and 2."""
    steps = np.array([[0, 1.0, 0], [1.0, 0, 1.0], [0, 1.0, 0]])
    levels = np.array([0.0, -10.0, 0.6])  # by ascending weight: 2, 0, 1
    scale = np.exp(-0.25 * (levels[:, None] - levels))
    L = scale * steps
    H = 0.5j * np.tanh((levels[:, None] - levels) / 4) * (L.conj().T @ L)
    generator = lindbladian(H, [L])
    found = detailed_balance(generator, np.diag(np.exp(-levels) / np.exp(-levels).sum())).of(GNS())
    # Into the heavy middle the decay of 0 and 2 together is almost all there is: M_02 = (L^dagger L)_02.
    assert found.reason.startswith("exchange between modular frequencies, states ")
    assert {0, 1} == {int(word) for word in found.reason.split(",")[1].split() if word.isdigit()}


def test_a_kms_balanced_generator_has_no_offender_in_the_standard_notion():
    rng = np.random.default_rng(2)
    H, jumps, sigma = kms_balanced_matrices(rng, h, V=unitary(rng, 4))
    found = detailed_balance(lindbladian(*regauged(rng, H, jumps)), sigma).of(StandardQuantum())
    assert found.reason == "none above rounding"
