"""Couplings of any strength give the verdict and populations of strength one, or are refused by name."""

import numpy as np
import pytest

import equipoise as eq

D1 = np.array([[0, 1, 0], [1, 0, 0.3], [0, 0.3, 0]])
D2 = np.array([[0, 0, 1], [0, 0, 0.7], [1, 0.7, 0]])


def test_strengths():
    cases = (
        ([0.0, 1.0, 2.5], "non-equilibrium steady state"),
        ([0.0, 1.0, 1.0], "balanced between unequal reservoirs"),
    )
    for levels, verdict in cases:
        base = None
        for strength in (1.0, 1e-40, 1e-65, 1e-80, 1e-200, 1e40, 1e65, 1e80, 1e150):
            hot, cold = (
                eq.Reservoir(n, eq.bose_einstein(temperature=T), eq.Ohmic(0.01, 10.0))
                for n, T in (("h", 1.0), ("c", 0.5))
            )
            couplings = [eq.Coupling(hot, strength * D1), eq.Coupling(cold, strength * D2)]
            if not 1e-70 <= strength <= 1e70:
                with pytest.raises(eq.InputError, match="couplings to 'h'.*must hold operators whose largest element"):
                    eq.audit(eq.OpenSystem(levels, couplings))
                continue
            found = eq.audit(eq.OpenSystem(levels, couplings))
            assert found.verdict.value == verdict, (strength, found.verdict.value)
            base = found.state.populations if base is None else base
            np.testing.assert_allclose(found.state.populations, base, rtol=1e-10)
