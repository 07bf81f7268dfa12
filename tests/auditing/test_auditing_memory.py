"""A thousand levels between two reservoirs are audited within two gigabytes."""

import subprocess
import sys

import pytest

SCRIPT = """
import resource
import numpy as np
import equipoise as eq

d = 1000
rng = np.random.default_rng(1)


def hermitian():
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return (A + A.conj().T) / np.sqrt(8 * d)


hot = eq.Reservoir("hot", eq.bose_einstein(temperature=2.0), eq.Ohmic(0.01, 10.0))
cold = eq.Reservoir("cold", eq.bose_einstein(temperature=1.0), eq.Ohmic(0.01, 10.0))
audit = eq.audit(eq.OpenSystem(hermitian(), [eq.Coupling(hot, hermitian()), eq.Coupling(cold, hermitian())]))
assert audit.verdict is eq.Verdict.NON_EQUILIBRIUM, audit.verdict
assert abs(audit.flows.energy.sum()) <= 1e-12 * abs(audit.flows.energy).max()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_a_thousand_levels_are_audited_within_two_gigabytes():
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    # Linux counts in KiB, macOS in bytes.
    peak = int(run.stdout) * (1024 if sys.platform.startswith("linux") else 1)
    assert peak < 2e9
