"""A constant added to all energies changes no flow, and the rows of the first law still add up."""

import warnings

import numpy as np

import equipoise as eq
from equipoise.generators import kms_weak_coupling, redfield, universal_lindblad, weak_coupling


def test_flows():
    warnings.simplefilter("ignore")
    D1 = np.array([[0.2, 1, 0], [1, 0, 0.3], [0, 0.3, 0]])
    D2 = np.array([[0, 0, 1], [0, 0.1, 0.7], [1, 0.7, 0]])
    for make in (weak_coupling, redfield, universal_lindblad, kms_weak_coupling):
        found = []
        for offset in (0.0, 2.0**30):
            hot, cold = (
                eq.Reservoir(n, eq.bose_einstein(temperature=T), eq.Ohmic(0.01, 10.0))
                for n, T in (("h", 1.0), ("c", 0.5))
            )
            system = eq.OpenSystem(offset + np.array([0.0, 1.0, 2.5]), [eq.Coupling(hot, D1), eq.Coupling(cold, D2)])
            audit = eq.audit(make(system))
            found.append(audit.flows.energy)
            assert abs(audit.first_law[-1][1]) < 1e-12, (make.__name__, offset, audit.first_law[-1])
        np.testing.assert_allclose(found[1], found[0], rtol=1e-10, err_msg=make.__name__)
