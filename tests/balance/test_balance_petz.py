"""Detailed balance of channels against dense matrices, and against the generators that they come from."""

import numpy as np
import pytest

from equipoise import InputError, stationary_state, weak_coupling
from equipoise.balance import channel_balance, detailed_balance, petz_dual
from equipoise.generators import channel_of, kraus_channel, lindbladian
from equipoise.stationary import fixed_point
from random_systems import Draw, bosonic_system, complex_matrix, unitary
from reference import dense_balance as dense


def random_channel(seed, d=3):
    rng = np.random.default_rng(seed)
    H = complex_matrix(rng, d, d)
    generator = lindbladian(H + H.conj().T, [complex_matrix(rng, d, d) for _ in range(2)])
    return generator, channel_of(generator, 0.3)


@pytest.mark.parametrize("seed", range(4))
def test_split_adds_up_to_the_dense_residual(seed):
    _, channel = random_channel(seed, 2 + seed % 3)
    sigma = fixed_point(channel)
    heisenberg = channel.superoperator().conj().T
    found = channel_balance(channel, sigma)
    h = dense.modular_hamiltonian(sigma)
    ad = dense.left_right(h, np.eye(len(h))) - dense.left_right(np.eye(len(h)), h)
    assert found.kms * found.norm == pytest.approx(dense.kms_residual(heisenberg, sigma), rel=1e-11)
    assert found.norm == pytest.approx(np.linalg.norm(dense.symmetrised(heisenberg, sigma)), rel=1e-12)
    assert found.modular == pytest.approx(np.linalg.norm(ad @ heisenberg - heisenberg @ ad), rel=1e-10)
    both = np.hypot(dense.kms_residual(heisenberg, sigma), found.modular)
    assert found.gns == pytest.approx(both / np.linalg.norm(dense.symmetrised(heisenberg, sigma)), rel=1e-10)
    assert found.stationarity < 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_split_does_not_depend_on_the_kraus_operators(seed):
    _, channel = random_channel(seed)
    sigma = fixed_point(channel)
    mixed = np.tensordot(unitary(np.random.default_rng(seed), len(channel.kraus)), channel.kraus, 1)
    one, two = channel_balance(channel, sigma), channel_balance(kraus_channel(list(mixed)), sigma)
    for name in ("jump", "noncommuting", "commuting", "modular", "norm"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-11)


@pytest.mark.parametrize("seed", range(3))
def test_short_step_has_the_budget_of_its_generator(seed):
    generator, _ = random_channel(seed)
    time = 1e-6
    state = stationary_state(generator)
    rate = detailed_balance(generator, state)
    step = channel_balance(channel_of(generator, time), state.density_matrix())
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
    found = channel_balance(channel_of(generator, 1e-4), sigma)
    assert found.modular < 1e-12
    assert found.commuting > 1e3 * np.hypot(found.jump, found.noncommuting)


def test_bad_states_are_refused():
    _, channel = random_channel(0)
    with pytest.raises(InputError, match=r"`state` must be left as it is .* = 0\.\d+. fixed_point\(channel\) gives"):
        petz_dual(channel, np.diag([0.5, 0.3, 0.2]))
    with pytest.raises(
        InputError, match=r"`state` must have full rank, but its least weight is 0. Restrict the channel"
    ):
        channel_balance(channel, np.diag([1.0, 0.0, 0.0]))
    with pytest.raises(InputError, match=r"`state` must have trace 1, but has trace 3"):
        channel_balance(channel, np.eye(3))
