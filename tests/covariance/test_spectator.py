"""A system beside another that it does not feel: flows, productions and verdict are those of the system alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from covariance.compare import models
from covariance.models import Bath, Raw, given_jumps, weak
from equipoise import audit

GAP = 0.59375
"""Of the spectator: no gap of a base model, and no difference of two."""

TENSORS = ("secular", "equilibrium", "degenerate", "jumps", "driven")


def beside(raw: Raw, jumps=(), bath: Bath | None = None) -> Raw:
    """The model with a two-level spectator on its right, and jumps or couplings of the spectator's own."""
    one, d = np.eye(2), len(raw.H)
    h = np.kron(np.eye(d), np.diag([0.0, GAP]))
    own = None if bath is None else len(raw.baths)
    return replace(
        raw,
        H=np.kron(raw.H, one) + h,
        baths=raw.baths if bath is None else (*raw.baths, bath),
        operators=(
            *((k, np.kron(A, one)) for k, A in raw.operators),
            *((own, np.kron(np.eye(d), A).astype(complex)) for A in jumps),
        ),
    )


def damped(raw: Raw) -> Raw:
    """The spectator in a field of its own, of the temperature of the first reservoir."""
    x = np.array([[0.0, 1.0], [1.0, 0.0]])
    if raw.make is weak:
        return beside(raw, [x], replace(raw.baths[0], name="spectator"))
    beta = raw.baths[0].beta if raw.baths else 1.0
    n = 1 / np.expm1(beta * GAP)
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    jumps = [np.sqrt(0.1 * (n + 1)) * lower, np.sqrt(0.1 * n) * lower.T]
    assert raw.make is given_jumps
    return beside(raw, jumps, replace(raw.baths[0], name="spectator") if raw.baths else None)


def check(alone, found) -> None:
    assert found.verdict is alone.verdict
    scale = float(np.abs(alone.flows.fluxes).sum() * np.ptp(alone.flows.spectrum.levels))
    flows = {flow.name: flow for flow in found.reservoirs}
    for flow in alone.reservoirs:
        for one, two in zip(flow.quantities, flows.pop(flow.name).quantities, strict=True):
            if one.value is not None:
                assert two.value == pytest.approx(one.value, rel=1e-9, abs=1e-12 * scale)
    for flow in flows.values():
        assert flow.energy == pytest.approx(0.0, abs=1e-12 * scale)
    productions = {entry.name: entry for entry in found.entropy}
    for entry in alone.entropy:
        if entry.value is not None:
            assert productions[entry.name].value == pytest.approx(entry.value, rel=1e-9, abs=1e-12 * entry.scale)


@pytest.mark.parametrize("name", TENSORS)
def test_a_spectator_in_equilibrium_with_its_own_field(name: str) -> None:
    raw = models()[name]
    check(audit(raw.make(raw)), audit(damped(raw).make(damped(raw))))


@pytest.mark.parametrize("name", TENSORS)
def test_a_spectator_that_nothing_moves_makes_two_sectors_of_the_same_answer(name: str) -> None:
    raw = models()[name]
    alone, found = audit(raw.make(raw)), audit(beside(raw).make(beside(raw)))
    assert found.verdict.value == "not unique"
    assert len(found.sectors) == 2
    for sector in found.sectors:
        check(alone, sector)
