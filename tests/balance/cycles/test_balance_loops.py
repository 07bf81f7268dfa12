"""Loops of persistent currents: they rebuild the net currents, run along them, and have names."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import InputError, cycles
from equipoise.balance.cycles import Cycles
from equipoise.generators import Dissipator, FrequencyResolved, Generator, rate_equation
from equipoise.provenance import Provenance
from equipoise.stationary import gibbs_state, stationary_state
from random_rates import random_rates, ring_in_a_gas


def summed(loops, d: int) -> np.ndarray:
    """The net currents that loops carry together."""
    total = np.zeros((d, d))
    for loop in loops:
        for n, m in zip(loop.levels, (*loop.levels[1:], loop.levels[0]), strict=True):
            total[m, n] += loop.flux
            total[n, m] -= loop.flux
    return total


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(3, 9))
def test_loops_rebuild_the_net_currents_and_run_along_them(seed: int, d: int) -> None:
    generator = random_rates(np.random.default_rng(seed), d)
    sigma = stationary_state(generator)
    found = cycles(generator, sigma)
    loops = found.persistent_loops()
    a, p = generator.dissipators[0].representation.rates, sigma.populations
    net = a * p[None, :] - (a * p[None, :]).T
    assert np.allclose(found.conserved_net, net, rtol=1e-9, atol=1e-13 * np.abs(net).max())
    assert np.allclose(summed(loops, d), net, atol=1e-11 * np.abs(net).max())
    assert np.allclose(summed(loops, d), found.conserved_net, atol=1e-11 * np.abs(net).max())
    assert len(loops) <= d * (d - 1) // 2
    sizes = [loop.flux for loop in loops]
    assert sizes == sorted(sizes, reverse=True)
    for loop in loops:
        assert loop.levels[0] == min(loop.levels)
        assert len(set(loop.levels)) == len(loop.levels) >= 3
        following = np.roll(loop.levels, -1)
        assert np.all(net[following, loop.levels] > 0)
        assert np.all(net[following, loop.levels] >= loop.flux * (1 - 1e-12))
        assert loop.affinity > 0
        assert sum(loop.energies) == pytest.approx(0.0, abs=1e-13 * max(map(abs, loop.energies)))
    assert not found.is_balanced


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(2, 6))
def test_balanced_rates_have_no_loops(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    p, S = rng.dirichlet(np.ones(d)), rng.uniform(size=(d, d))
    found = cycles(rate_equation((S + S.T) / p[None, :]), np.diag(p))
    assert found.persistent_loops() == ()
    assert found.is_balanced


def test_ring_of_three_names_its_loop_and_direction() -> None:
    generator = ring_in_a_gas()
    gibbs = gibbs_state(generator.spectrum, 1.0)
    found = cycles(generator, gibbs)
    (loop,) = found.persistent_loops()
    a, p = generator.dissipators[0].representation.rates, gibbs.populations
    upward = a[1, 0] * p[0] - a[0, 1] * p[1]
    assert loop.label == ("- -> 0 -> + -> -" if upward > 0 else "- -> + -> 0 -> -")
    assert loop.flux == pytest.approx(abs(upward), rel=1e-10)
    hill = found.of((0, 1, 2))
    assert hill.levels == loop.levels
    assert hill.flux == pytest.approx(loop.flux, rel=1e-9)
    assert hill.affinity == pytest.approx(loop.affinity, rel=1e-9)
    # Exchanging two couplings reflects the ring: the loop turns round.
    (turned,) = cycles(ring_in_a_gas(couplings=(1.5, 0.7, 1.0)), gibbs).persistent_loops()
    assert turned.label != loop.label
    assert turned.flux == pytest.approx(loop.flux, rel=1e-9)
    assert str(loop).startswith(loop.label + ": ")


def test_one_way_rates_have_an_infinite_affinity() -> None:
    cycle = rate_equation([[0, 0, 1.0], [1.0, 0, 0], [0, 1.0, 0]])
    (loop,) = cycles(cycle, np.eye(3) / 3).persistent_loops()
    assert loop.levels == (0, 1, 2)
    assert loop.affinity == np.inf


def test_fewer_loops_on_request() -> None:
    generator = random_rates(np.random.default_rng(8), 7)
    sigma = stationary_state(generator)
    found = cycles(generator, sigma)
    every, one = found.persistent_loops(), found.persistent_loops(most=1)
    assert len(every) > 1
    assert [loop.levels for loop in one] == [every[0].levels]
    assert one[0].flux == every[0].flux
    assert max(len(line) for line in repr(found).splitlines()) <= 80


def test_cold_ring_keeps_its_loop_where_the_flows_next_to_it_have_no_digits_left() -> None:
    """At beta = 200 the flows between the two lowest levels are e^50 times the current: their difference is noise."""
    generator = ring_in_a_gas(beta=200.0)
    gibbs = gibbs_state(generator.spectrum, 200.0)
    found = cycles(generator, gibbs)
    loop = found.persistent_loops()[0]
    assert loop.label == "- -> + -> 0 -> -"
    hill = found.of((0, 2, 1))
    assert hill.levels == loop.levels
    assert hill.flux == pytest.approx(loop.flux, rel=1e-9)


def test_loops_of_flows_below_the_smallest_number_are_found_by_logarithms() -> None:
    rates = np.log([[1.0, 1, 2], [2, 1.0, 1], [1, 2, 1.0]])
    spectrum = random_rates(np.random.default_rng(0), 3).spectrum

    def cycles_at(shift: float) -> Cycles:
        kind = FrequencyResolved.of_rates(spectrum, rates + shift)
        return cycles(Generator(spectrum, (Dissipator(kind),), provenance=Provenance("slow")), np.eye(3) / 3)

    (expected,), slow = cycles_at(0.0).persistent_loops(), cycles_at(-800.0)
    (loop,) = slow.persistent_loops()
    assert loop.levels == expected.levels
    assert loop.flux == 0.0
    assert loop.log_flux == pytest.approx(expected.log_flux - 800.0, abs=1e-11)
    assert loop.affinity == pytest.approx(expected.affinity, abs=1e-11)
    assert not slow.is_balanced
    assert str(loop).startswith(f"{loop.label}: flux exp(-801.099), affinity 2.07944")
    assert "exp(-801.099)" in repr(slow)
    # A number without digits is none either.
    (loop,) = cycles_at(-740.0).persistent_loops()
    assert loop.log_flux == pytest.approx(expected.log_flux - 740.0, abs=1e-11)


@pytest.mark.parametrize("beta", [1e3, 1e5, 1e7])
def test_the_ring_turns_as_it_does_in_a_warm_gas_however_cold_it_is(beta: float) -> None:
    generator = ring_in_a_gas(beta=beta)
    state = stationary_state(generator)
    found = cycles(generator, state)
    loop = found.persistent_loops()[0]
    assert loop.label == "- -> + -> 0 -> -"
    assert loop.log_flux < -0.9 * beta
    signs = found.signs
    assert signs[2, 0] == signs[1, 2] == 1
    # Between - and 0 as many go either way, to all digits.
    assert signs[0, 1] == 0
    still = cycles(ring_in_a_gas(beta=beta, couplings=(1.0, 1.0, 1.5)), state)
    assert still.is_balanced
    assert still.persistent_loops() == ()


def test_messages() -> None:
    generator = ring_in_a_gas()
    with pytest.raises(InputError, match="`state` must be stationary to 1e-09 .* level '.' gains or loses"):
        cycles(generator, gibbs_state(generator.spectrum, 2.0)).persistent_loops()
    with pytest.raises(InputError, match="`most` must be at least 1, but got 0"):
        cycles(generator, gibbs_state(generator.spectrum, 1.0)).persistent_loops(most=0)
