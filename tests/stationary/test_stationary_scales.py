"""The stationary state does not depend on the scale of the rates or on how well conditioned they are."""

import numpy as np
import pytest

from equipoise.auditing import Verdict, audit
from equipoise.generators import weak_coupling
from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
from equipoise.stationary import stationary_state, stationary_states
from equipoise.systems import Coupling, OpenSystem


def _degenerate(scale: float) -> OpenSystem:
    rng = np.random.default_rng(2)
    X, Y = (A + A.T for A in rng.normal(size=(2, 4, 4)))
    hot = Reservoir("hot", bose_einstein(temperature=1.0), Ohmic(0.01 * scale, 10.0))
    cold = Reservoir("cold", bose_einstein(temperature=0.3), Ohmic(0.02 * scale, 10.0))
    return OpenSystem([0.0, 1.0, 1.0, 2.3], [Coupling(hot, X), Coupling(cold, Y)])


def test_a_lamb_shift_far_below_the_energies_keeps_its_digits() -> None:
    reference = stationary_state(weak_coupling(_degenerate(1.0))).density_matrix()
    assert abs(reference[1, 2].imag) > 1e-4
    for scale in (1e-9, 1e-16):
        weak = stationary_state(weak_coupling(_degenerate(scale))).density_matrix()
        np.testing.assert_allclose(weak, reference, atol=1e-13)


@pytest.mark.parametrize("beta", [1.0, 15.0, 25.0, 60.0])
def test_decoupled_degenerate_sectors_keep_their_small_populations(beta: float) -> None:
    bath = Reservoir("bath", bose_einstein(inverse_temperature=beta), Ohmic(0.01, 10.0))
    X, Y = np.zeros((2, 6, 6))
    X[0, 1:3], X[3, 4:], Y[0, 1:3], Y[3, 4:] = (1.0, 0.5), (1.0, 0.2), (0.3, -0.9), (0.1, 1.2)
    couplings = [Coupling(bath, X + X.T, 0), Coupling(bath, Y + Y.T, 1)]
    system = OpenSystem([0.0, 1.0, 1.0, 0.3, 1.3, 1.3], couplings)
    states = stationary_states(weak_coupling(system))
    assert len(states) == 2
    for state in states:
        assert state.projector is not None
        assert state.projector.shape == (6, 3)
        occupied = np.sort(state.log_weights[np.isfinite(state.log_weights)])
        np.testing.assert_allclose(occupied - occupied[-1], [-beta, -beta, 0.0], rtol=1e-11, atol=1e-11)
        matrix = state.density_matrix()
        assert np.abs(weak_coupling(system).apply(matrix)).max() < 1e-16
    assert [sector.verdict for sector in audit(system).sectors] == [Verdict.EQUILIBRIUM] * 2


def test_a_dark_superposition_and_the_thermal_states_beside_it() -> None:
    bath = Reservoir("bath", bose_einstein(inverse_temperature=30.0), Ohmic(0.01, 10.0))
    X = np.zeros((3, 3))
    X[0, 1:] = 1.0, 0.5
    states = stationary_states(weak_coupling(OpenSystem([0.0, 1.0, 1.0], [Coupling(bath, X + X.T)])))
    supports = sorted(int(np.isfinite(state.log_weights).sum()) for state in states)
    assert supports == [1, 2]
    dark = next(state for state in states if np.isfinite(state.log_weights).sum() == 1)
    expected = np.outer([0, 1, -2], [0, 1, -2]) / 5
    np.testing.assert_allclose(dark.density_matrix(), expected, atol=1e-12)


def test_every_extremal_state_of_a_rotated_direct_sum_is_stationary() -> None:
    rng = np.random.default_rng(5)

    def hermitian(d: int) -> np.ndarray:
        A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
        return np.asarray(A + A.conj().T)

    U = np.linalg.qr(hermitian(7))[0]
    couplings = []
    for name, temperature in (("hot", 1.0), ("cold", 0.4)):
        M = np.zeros((7, 7), dtype=complex)
        M[:4, :4], M[4:, 4:] = np.kron(hermitian(2), np.eye(2)), hermitian(3)
        bath = Reservoir(name, bose_einstein(temperature=temperature), Ohmic(0.05, 7.0))
        couplings.append(Coupling(bath, U @ M @ U.conj().T))
    H = U @ np.diag([0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]) @ U.conj().T
    generator = weak_coupling(OpenSystem((H + H.conj().T) / 2, couplings))
    states = stationary_states(generator)
    assert sorted(state.projector.shape[1] for state in states if state.projector is not None) == [2, 2, 3]
    for state in states:
        assert np.abs(generator.apply(state.density_matrix())).max() < 1e-13
