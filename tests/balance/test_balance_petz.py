"""Detailed balance of channels against dense matrices, and against the generators that they come from."""

import numpy as np
import pytest

from equipoise import InputError, stationary_state, weak_coupling
from equipoise.balance import channel_balance, detailed_balance, petz_dual
from equipoise.generators import kraus_channel, lindbladian
from equipoise.stationary import fixed_point
from equipoise.stationary.support import Support
from random_systems import Draw, bosonic_system, complex_matrix, unitary
from reference import dense_balance as dense


def random_channel(seed, d=3):
    rng = np.random.default_rng(seed)
    H = complex_matrix(rng, d, d)
    generator = lindbladian(H + H.conj().T, [complex_matrix(rng, d, d) for _ in range(2)])
    return generator, generator.channel(0.3)


@pytest.mark.parametrize("seed", range(4))
def test_split_adds_up_to_the_dense_residual(seed):
    _, channel = random_channel(seed, 2 + seed % 3)
    sigma = fixed_point(channel)
    heisenberg = channel.superoperator().conj().T
    found = channel_balance(channel, sigma)
    assert found.kms * found.norm == pytest.approx(dense.kms_residual(heisenberg, sigma), rel=1e-11)
    assert found.norm == pytest.approx(np.linalg.norm(dense.symmetrised(heisenberg, sigma)), rel=1e-12)
    # GNS: the distance to the nearest map, in the same picture.
    whole = dense.symmetrised(heisenberg, sigma)
    symmetric = 0.5 * (whole + whole.conj().T)
    nearest = dense.pinched(symmetric, sigma)
    assert found.exchange == pytest.approx(np.linalg.norm(symmetric - nearest), rel=1e-10)
    assert found.gns * found.norm == pytest.approx(np.linalg.norm(whole - nearest), rel=1e-10)
    assert found.stationarity < 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_split_does_not_depend_on_the_kraus_operators(seed):
    _, channel = random_channel(seed)
    sigma = fixed_point(channel)
    mixed = np.tensordot(unitary(np.random.default_rng(seed), len(channel.kraus)), channel.kraus, 1)
    one, two = channel_balance(channel, sigma), channel_balance(kraus_channel(list(mixed)), sigma)
    for name in ("jump", "noncommuting", "commuting", "exchange", "norm"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-11)


@pytest.mark.parametrize("seed", range(3))
def test_short_step_has_the_budget_of_its_generator(seed):
    generator, _ = random_channel(seed)
    time = 1e-6
    state = stationary_state(generator)
    rate = detailed_balance(generator, state)
    step = channel_balance(generator.channel(time), state.density_matrix())
    for name in ("jump", "noncommuting", "commuting"):
        assert getattr(step, name) / time == pytest.approx(getattr(rate, name), rel=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_petz_dual_is_the_kms_dual_and_an_involution(seed):
    _, channel = random_channel(seed)
    sigma = fixed_point(channel)
    dual = petz_dual(channel, sigma)
    expected = dense.dual(channel.superoperator().conj().T, sigma, 0.5)
    np.testing.assert_allclose(dual.superoperator().conj().T, expected, atol=1e-12)
    np.testing.assert_allclose(petz_dual(dual, sigma).superoperator(), channel.superoperator(), atol=1e-12)
    # Half of each is in detailed balance.
    half = kraus_channel(list(np.concatenate([channel.kraus, dual.kraus]) / np.sqrt(2)))
    assert channel_balance(half, sigma).kms < 1e-13
    assert channel_balance(half, sigma).gns > 1e-3  # KMS does not imply GNS


def test_davies_step_violates_by_its_rotation_only():
    generator = weak_coupling(bosonic_system(Draw(3, 3, 1, False)))
    sigma = stationary_state(generator).density_matrix()
    found = channel_balance(generator.channel(1e-4), sigma)
    assert found.exchange < 1e-12
    assert found.commuting > 1e3 * np.hypot(found.jump, found.noncommuting)


@pytest.mark.parametrize("seed", range(3))
def test_a_state_without_full_rank_restricts_the_channel_to_its_support(seed):
    """Two more states that decay into the first three: the answer is that of the channel on those three."""
    rng = np.random.default_rng(seed)
    generator, _ = random_channel(seed)
    inner = generator.channel(0.3)
    V = unitary(rng, 5)
    kraus = []
    for K in inner.kraus:
        whole = np.zeros((5, 5), dtype=complex)
        whole[:3, :3] = K
        kraus.append(whole)
    for k in (3, 4):
        down = np.zeros((5, 5), dtype=complex)
        down[seed, k] = 1.0
        kraus.append(down)
    outer = kraus_channel([V @ K @ V.conj().T for K in kraus])
    state = np.zeros((5, 5), dtype=complex)
    state[:3, :3] = fixed_point(inner)
    found, due = channel_balance(outer, V @ state @ V.conj().T), channel_balance(inner, fixed_point(inner))
    assert found.support == Support(3, 5)
    assert due.support is None
    for name in ("jump", "noncommuting", "commuting", "exchange", "norm"):
        assert getattr(found, name) == pytest.approx(getattr(due, name), rel=1e-9)
    assert str(found).splitlines()[-1].endswith("restricted to the support of the state (3 of 5 states)")


def test_bad_states_are_refused():
    _, channel = random_channel(0)
    with pytest.raises(InputError, match=r"`state` must be left as it is .* = 0\.\d+. fixed_point\(channel\) gives"):
        petz_dual(channel, np.diag([0.5, 0.3, 0.2]))
    with pytest.raises(InputError, match=r"`state` must have full rank, but its least weight is 0. The dual has no"):
        petz_dual(channel, np.diag([1.0, 0.0, 0.0]))
    with pytest.raises(InputError, match=r"`state` must have full rank or a support that the generator does not leave"):
        channel_balance(channel, np.diag([1.0, 0.0, 0.0]))
    with pytest.raises(InputError, match=r"`state` must have trace 1, but has trace 3"):
        channel_balance(channel, np.eye(3))
