"""The Hamiltonian without the drive, in a model file and from QuTiP."""

from __future__ import annotations

import numpy as np
import pytest

import equipoise as eq
from equipoise.io import load_model

TEXT = """
kind = "lindblad"
[system]
hamiltonian = [[0.0, 0.05], [0.05, 0.0]]
energy = [0.0, 5.0]
[[jumps]]
operator = [[0.0, 0.4], [0.0, 0.0]]
reservoir = "bath"
[[jumps]]
operator = [[0.0, 0.0], [0.1, 0.0]]
reservoir = "bath"
[[reservoirs]]
name = "bath"
"""


def test_a_model_file_and_qutip_take_the_energy(tmp_path):
    (tmp_path / "driven.toml").write_text(TEXT, encoding="utf-8")
    found = eq.audit(load_model(tmp_path / "driven.toml").subject)
    assert found.work > 0
    qutip = pytest.importorskip("qutip")
    from equipoise.io.qutip import from_qutip, write_lindblad_model

    H, energy = qutip.Qobj([[0.0, 0.05], [0.05, 0.0]]), qutip.Qobj(np.diag([0.0, 5.0]))
    jumps = [qutip.Qobj([[0.0, 0.4], [0.0, 0.0]]), qutip.Qobj([[0.0, 0.0], [0.1, 0.0]])]
    owners = [eq.Reservoir("bath")] * 2
    for given in (energy, {"bath": energy}):
        assert eq.audit(from_qutip(H, jumps, owners, energy=given)).work == pytest.approx(found.work, rel=1e-12)
    write_lindblad_model(tmp_path / "written.toml", H, jumps, owners, energy=energy)
    again = eq.audit(load_model(tmp_path / "written.toml").subject)
    assert again.work == pytest.approx(found.work, rel=1e-12)
