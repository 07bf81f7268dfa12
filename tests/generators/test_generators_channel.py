"""A channel: the same map from Kraus operators, Choi matrix and matrix, and refused where it is none."""

import numpy as np
import pytest
from scipy.linalg import expm

from equipoise import InputError, audit, currents, stationary_state
from equipoise._checks import NumericalError
from equipoise.generators import choi_channel, kraus_channel, lindbladian, superoperator_channel
from equipoise.generators.channel import choi_of_superoperator
from equipoise.stationary import fixed_point, relaxation_spectrum
from random_systems import complex_matrix, unitary


def random_kraus(seed, d=3, count=4):
    rng = np.random.default_rng(seed)
    isometry = unitary(rng, d * count)[:, :d]
    return isometry.reshape(count, d, d)


@pytest.mark.parametrize("seed", range(3))
def test_kraus_choi_and_matrix_are_one_channel(seed):
    kraus = random_kraus(seed)
    rho = complex_matrix(np.random.default_rng(seed), 3, 3)
    direct = sum(K @ rho @ K.conj().T for K in kraus)
    S = sum(np.kron(K, K.conj()) for K in kraus)
    channel = kraus_channel(list(kraus))
    np.testing.assert_allclose(channel.superoperator(), S, atol=1e-14)
    for same in (channel, superoperator_channel(S), choi_channel(channel.choi)):
        np.testing.assert_allclose(same.apply(rho), direct, atol=1e-13)
        np.testing.assert_allclose(same.adjoint(rho).ravel(), S.conj().T @ rho.ravel(), atol=1e-13)
    np.testing.assert_array_equal(choi_of_superoperator(choi_of_superoperator(S)), S)
    i, j, k, m = 0, 2, 1, 2
    unit = np.zeros((3, 3))
    unit[j, m] = 1
    assert abs(channel.choi[3 * i + j, 3 * k + m] - sum(K @ unit @ K.conj().T for K in kraus)[i, k]) < 1e-14


def test_channel_of_a_generator_is_its_exponential_and_keeps_its_stationary_state():
    rng = np.random.default_rng(4)
    H = complex_matrix(rng, 3, 3)
    generator = lindbladian(H + H.conj().T, [complex_matrix(rng, 3, 3) for _ in range(2)])
    channel = generator.channel(0.3)
    np.testing.assert_allclose(channel.superoperator(), expm(0.3 * generator.superoperator()), atol=1e-12)
    np.testing.assert_allclose(fixed_point(channel), stationary_state(generator).density_matrix(), atol=1e-11)


def test_what_is_no_channel_is_refused_with_the_defect():
    damping = lindbladian([[0, 0], [0, 1.0]], [[[0, 1.0], [0, 0]]])
    with pytest.raises(InputError, match=r"`kraus` must preserve the trace, .* differs from 1 by 0.21. Jump operators"):
        kraus_channel([1.1 * np.eye(2)])
    with pytest.raises(InputError, match=r"`kraus` must hold at least one operator, but is empty"):
        kraus_channel([])
    with pytest.raises(InputError, match=r"gives Tr L\(rho\) = 0: it is a generator. Pass generator.channel\(time\)"):
        superoperator_channel(damping.superoperator())
    with pytest.raises(
        InputError, match=r"no negative eigenvalue: .* the least is -1. A measured map goes to ChannelE"
    ):
        superoperator_channel(np.eye(4)[[0, 2, 1, 3]])  # the transposition
    with pytest.raises(InputError, match=r"`choi` must be Hermitian.*reaches 1"):
        choi_channel(np.triu(np.ones((4, 4))))
    with pytest.raises(InputError, match=r"`choi` must have shape \(d\^2, d\^2\), but has shape \(3, 3\)"):
        choi_channel(np.eye(3))
    with pytest.raises(InputError, match=r"`time` must be >= 0, but got -1"):
        damping.channel(-1.0)
    with pytest.raises(NumericalError, match=r"leaves 4 independent matrices as they are"):
        fixed_point(kraus_channel([np.eye(2)]))


def test_a_channel_for_a_generator_is_told_what_to_do():
    channel = kraus_channel([np.eye(2)])
    for verb in (stationary_state, audit, relaxation_spectrum, currents):
        with pytest.raises(InputError, match=r"must be a Generator, but got Channel. .*petz_dual\(channel, state\)"):
            verb(channel)
    assert not hasattr(channel, "spectrum")
