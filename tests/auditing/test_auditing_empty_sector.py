"""A number operator restricted to a sector without particles is zero, not an operator that is not Hermitian."""

import numpy as np
import pytest

import equipoise as eq
from equipoise.reservoirs import Newns


@pytest.mark.parametrize("seed", range(4))
def test_isolated_vacuum(seed):
    # Energies 0, 1, 3 with 0, 1, 2 particles; the lead takes one of two particles and never the last: two stationary
    # states, the vacuum and p2/p1 = exp(-(2 - mu)/T).
    T, mu = 1.0, 0.3
    rng = np.random.default_rng(seed)
    V = np.linalg.qr(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))[0]
    D = np.zeros((3, 3))
    D[1, 2] = 1.0
    H, N = (V @ np.diag(values) @ V.conj().T for values in ([0.0, 1.0, 3.0], [0.0, 1.0, 2.0]))
    H, N = (H + H.conj().T) / 2, (N + N.conj().T) / 2
    lead = eq.Reservoir("lead", eq.fermi_dirac(temperature=T, chemical_potential=mu), Newns(0.1, 8.0))
    found = eq.audit(eq.OpenSystem(H, [eq.Coupling(lead, V @ D @ V.conj().T)], number=N))
    # "undecided" where the 1e-17 that rotation left between the vacuum and the rest is counted as a rate.
    assert found.verdict.value in ("not unique", "undecided")
