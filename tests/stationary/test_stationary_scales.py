"""The stationary state does not depend on the scale of the rates or on how well conditioned they are."""

import numpy as np

from equipoise.generators import weak_coupling
from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
from equipoise.stationary import stationary_state
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
