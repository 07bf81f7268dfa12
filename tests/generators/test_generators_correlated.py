"""Correlated channels: a function C(omega) is asked only where there is something to correlate."""

import numpy as np

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
