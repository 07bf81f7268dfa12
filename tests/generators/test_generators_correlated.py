"""Correlated channels: a function C(omega) is asked only where there is something to correlate."""

import numpy as np
import pytest

from equipoise.generators import weak_coupling
from equipoise.reservoirs import CorrelatedDensity, Ohmic, Reservoir, bose_einstein
from equipoise.stationary import stationary_state
from equipoise.systems import Coupling, OpenSystem


def test_a_correlation_is_not_asked_outside_the_band() -> None:
    def correlation(omega: float) -> np.ndarray:
        if omega <= 0:
            raise ValueError("no modes here")
        return np.array([[1.0, 0.5 * np.exp(-omega)], [0.5 * np.exp(-omega), 1.0]])

    bath = Reservoir("bath", bose_einstein(temperature=1.0), CorrelatedDensity(Ohmic(0.01, 10.0), correlation, 2))
    X, Y = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]])
    state = stationary_state(weak_coupling(OpenSystem([0.0, 1.0], [Coupling(bath, X, 0), Coupling(bath, Y, 1)])))
    np.testing.assert_allclose(np.diff(state.log_weights), -1.0, rtol=1e-14)


@pytest.mark.parametrize("offset", [0.0, 0.3])
def test_the_lamb_shift_of_correlated_hermitian_channels_is_finite_in_a_degenerate_level(offset: float) -> None:
    # w = 0 parts that do not commute with each other: only S_out - S_in enters, since C is real.
    rng = np.random.default_rng(3)
    X, Y = (A + A.conj().T for A in rng.normal(size=(2, 4, 4)) + 1j * rng.normal(size=(2, 4, 4)))
    C = np.array([[1.0, offset], [offset, 1.0]])
    thermal = bose_einstein(temperature=1.0)
    common = Reservoir("bath", thermal, CorrelatedDensity(Ohmic(0.01, 10.0), C))
    found = weak_coupling(OpenSystem([0.0, 1.0, 1.0, 2.3], [Coupling(common, X, 0), Coupling(common, Y, 1)]))
    # Independent channels along the eigenvectors of C.
    values, vectors = np.linalg.eigh(C)
    single = Reservoir("bath", thermal, Ohmic(0.01, 10.0))
    mixed = [np.sqrt(v) * (u[0] * X + u[1] * Y) for v, u in zip(values, vectors.T, strict=True)]
    expected = weak_coupling(OpenSystem([0.0, 1.0, 1.0, 2.3], [Coupling(single, D, k) for k, D in enumerate(mixed)]))
    np.testing.assert_allclose(found.superoperator(), expected.superoperator(), atol=1e-13)
