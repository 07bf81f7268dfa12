"""A hidden time reversal, warm and cold: the answer is right, or says that it is undecided."""

import numpy as np
import pytest

from equipoise import lindbladian, rate_equation, stationary_state
from equipoise.balance import HiddenTimeReversal, StandardQuantumTheta, detailed_balance
from equipoise.balance.quantum.reversals import (
    _improved,
    _mismatch,
    _on_states,
    best_time_reversal,
    evenly_best_time_reversal,
    reversal_residual,
)
from equipoise.balance.quantum.symmetrised import symmetrised
from equipoise.fluxes import at_state
from equipoise.generators import kms_balanced
from equipoise.spectrum import spectrum_of_matrix
from equipoise.stationary import gibbs_state
from random_systems import complex_matrix, unitary

LEVELS = np.array([0.0, 0.4, 1.0])
CYCLE = np.array([[0, 1, 2.0], [2, 0, 1], [1, 2, 0]])
BETAS = [1.0, 20.0, 64.0, 100.0, 200.0]


def real_in(V, rng):
    """A Hamiltonian and two couplings that are real in the basis V: time reversal is conjugation there."""
    H = V @ np.diag(LEVELS) @ V.conj().T
    return 0.5 * (H + H.conj().T), [V @ rng.normal(size=(3, 3)) @ V.conj().T for _ in range(2)]


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("seed", range(2))
def test_a_real_generator_hides_its_time_reversal_in_any_basis_and_at_any_temperature(seed, beta):
    rng = np.random.default_rng(seed)
    H, couplings = real_in(unitary(rng, 3), rng)
    state = gibbs_state(spectrum_of_matrix(H), beta)
    found = detailed_balance(kms_balanced(couplings, state, hamiltonian=H), state).of(HiddenTimeReversal())
    assert found.is_satisfied() or not found.is_resolved


@pytest.mark.parametrize("beta", BETAS)
def test_cold_rates_that_circulate_hide_none(beta):
    # The net flow is exp(-1.4 beta/2) of the traffic on the lowest pair, and yet nothing reverses it.
    tilt = np.exp(-0.5 * beta * (LEVELS[:, None] - LEVELS))
    circulating, balanced = rate_equation(tilt * CYCLE, LEVELS), rate_equation(tilt * (CYCLE + CYCLE.T), LEVELS)
    broken = detailed_balance(circulating, stationary_state(circulating)).of(HiddenTimeReversal())
    assert broken.is_resolved
    assert broken.relative > 0.1
    kept = detailed_balance(balanced, stationary_state(balanced)).of(HiddenTimeReversal())
    assert kept.is_resolved
    assert kept.is_satisfied()


@pytest.mark.parametrize("beta", [1.0, 20.0, 40.0, 64.0])
@pytest.mark.parametrize("seed", range(3))
def test_complex_couplings_hide_none(seed, beta):
    rng = np.random.default_rng(seed)
    state = gibbs_state(spectrum_of_matrix(np.diag(LEVELS)), beta)
    couplings = [complex_matrix(rng, 3, 3) for _ in range(2)]
    generator = kms_balanced([A + A.conj().T for A in couplings], state, hamiltonian=np.diag(LEVELS))
    found = detailed_balance(generator, state).of(HiddenTimeReversal())
    assert not (found.is_satisfied() and found.is_resolved)


@pytest.mark.parametrize("beta", [5.0, 30.0, 64.0, 100.0])
def test_cold_jumps_given_as_matrices_are_never_judged_wrongly(beta):
    # The same generators as matrices in a rotated basis, which lost the slow jumps.
    for seed in range(3):
        rng = np.random.default_rng(seed)
        V = unitary(rng, 3)
        tilt = np.exp(-0.25 * beta * (LEVELS[:, None] - LEVELS))
        H = V @ np.diag(LEVELS) @ V.conj().T
        H = 0.5 * (H + H.conj().T)
        state = gibbs_state(spectrum_of_matrix(H), beta)
        for rates, holds in ((CYCLE + CYCLE.T, True), (CYCLE, False)):
            jumps = []
            for i, j in np.argwhere(rates):
                L = np.zeros((3, 3))
                L[i, j] = np.sqrt(rates[i, j]) * tilt[i, j]
                jumps.append(V @ L @ V.conj().T)
            found = detailed_balance(lindbladian(H, jumps), state).of(HiddenTimeReversal())
            assert not found.is_resolved or found.is_satisfied() is holds, (beta, seed, holds)


@pytest.mark.parametrize("seed", range(4))
def test_the_value_is_that_of_the_time_reversal_found(seed):
    rng = np.random.default_rng(seed)
    d = 2 + seed % 3
    H = complex_matrix(rng, d, d)
    generator = lindbladian(H + H.conj().T, [complex_matrix(rng, d, d) for _ in range(3)])
    state = stationary_state(generator)
    picture = symmetrised(at_state(generator, state))
    phases, jump, coherent, size = evenly_best_time_reversal(picture)
    assert (jump, coherent, size) == pytest.approx(reversal_residual(picture, np.diag(np.exp(1j * phases))), rel=1e-9)
    found = detailed_balance(generator, state).of(HiddenTimeReversal())
    assert found.value == pytest.approx(np.hypot(jump, coherent), rel=1e-12)
    # No phases that one tries do better, in the measure that is minimised.
    scale = np.linalg.norm(picture.superoperator() - picture.jump_superoperator())
    least = np.hypot(jump / size, coherent / scale)
    for _ in range(200):
        other = reversal_residual(picture, np.diag(np.exp(2j * np.pi * rng.random(d))))
        assert np.hypot(other[0] / size, other[1] / scale) >= least * (1 - 1e-9)


def test_it_is_no_worse_than_a_time_reversal_that_is_known():
    rng = np.random.default_rng(3)
    V = unitary(rng, 3)
    H, couplings = real_in(V, rng)
    # In the basis V everything is real, so that theta psi = V V^T conj(psi); a little of it is broken.
    generator = lindbladian(H, [*couplings, 0.1 * complex_matrix(rng, 3, 3)])
    state = gibbs_state(spectrum_of_matrix(H), 1.0)
    given = detailed_balance(generator, state).of(StandardQuantumTheta(V @ V.T))
    assert detailed_balance(generator, state).of(HiddenTimeReversal()).value <= given.value * (1 + 1e-9)


def test_a_form_of_pairs_is_one_of_states():
    rng = np.random.default_rng(0)
    d = 4
    form, phases = rng.normal(size=(d * d, d * d)), rng.normal(size=d)
    pairs = (phases[:, None] - phases[None, :]).ravel()
    assert phases @ _on_states(form, d) @ phases == pytest.approx(pairs @ form @ pairs, rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_descent_goes_down_to_a_minimum(seed):
    rng = np.random.default_rng(seed)
    d = 4
    Q = complex_matrix(rng, d * d, d * d)
    Q = Q + Q.conj().T
    strength = np.abs(Q)

    def left(phases):
        pairs = (phases[:, None] - phases[None, :]).ravel()
        return float(np.sum(strength * (1 - np.cos(np.angle(Q) - pairs[:, None] + pairs[None, :]))))

    start = rng.uniform(-np.pi, np.pi, size=d)
    (found,) = _improved([start], Q)
    assert left(found) < left(start)
    for direction in np.eye(d):
        for size in (1e-3, 0.1):
            assert left(found) <= min(left(found + size * direction), left(found - size * direction)) * (1 + 1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_no_phases_on_a_grid_are_better_than_those_found(seed):
    rng = np.random.default_rng(seed)
    generator = lindbladian(np.diag(LEVELS), [complex_matrix(rng, 3, 3) for _ in range(2)])
    picture = symmetrised(at_state(generator))
    found = best_time_reversal(picture)
    weight = np.sqrt(np.outer(picture.root_weights, picture.root_weights)).ravel()
    B = weight[:, None] * picture.superoperator() * weight[None, :]
    grid = np.linspace(-np.pi, np.pi, 49)
    assert found.value <= min(_mismatch(B, np.array([0.0, a, b])) for a in grid for b in grid) * (1 + 1e-12)
