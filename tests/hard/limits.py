"""Other limits of hard systems, for which no reference is needed: what must never be, whatever the generator.

Nothing crashes; nothing is nan; no production that its derivation makes non-negative is negative; no verdict of rest
stands beside a production; reservoirs of one temperature keep a generator that is balanced by construction at rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from equipoise import Coupling, OpenSystem, Reservoir, bose_einstein
from equipoise.generators import geometric_arithmetic, kms_weak_coupling, local, redfield, universal_lindblad
from equipoise.reservoirs import DrudeLorentz, Ohmic
from hard.case import beta_of, hermitian, log_uniform, unitary
from hard.judge import Fault, audited, built

REST = {"equilibrium", "equilibrium at finite coupling", "balanced, not thermal", "dark state", "reversible"}


@dataclass(frozen=True, kw_only=True)
class LimitCase:
    kind: str
    seed: int
    build: Callable[[], object]
    at_rest: bool
    """Whether the construction makes it an equilibrium."""


def system(seed, rng):
    """One to three reservoirs of one temperature or not, Hermitian couplings, levels distinct or not, in some basis."""
    d = int(rng.integers(2, 5))
    levels = (
        np.sort(rng.integers(0, 4, size=d)).astype(float) if rng.random() < 0.4 else np.sort(rng.uniform(0, 3, size=d))
    )
    levels[-1] += 1.0
    span = float(np.ptp(levels))
    common, equal = beta_of(rng, span, 300.0), bool(rng.random() < 0.5)
    couplings = []
    V = unitary(rng, d) if rng.random() < 0.5 else np.eye(d)
    for k in range(int(rng.integers(1, 4))):
        beta = common if equal else beta_of(rng, span, 300.0)
        strength = log_uniform(rng, 1e-8, 0.05)
        density = Ohmic(strength, 8.0) if rng.random() < 0.7 else DrudeLorentz(strength, 4.0)
        bath = Reservoir(f"bath {k}", bose_einstein(inverse_temperature=beta), density)
        D = hermitian(rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)) * rng.integers(0, 2))
        couplings.append(Coupling(bath, hermitian(V @ D @ V.conj().T)))
    H = levels if np.array_equal(V, np.eye(d)) else hermitian((V * levels) @ V.conj().T)
    return OpenSystem(H, couplings), equal


def _limit(name, limit, balanced=False):
    def family(seed, rng):
        made, equal = system(seed, rng)
        return LimitCase(kind=f"limit, {name}", seed=seed, build=lambda: limit(made), at_rest=balanced and equal)

    family.__name__ = limit.__name__
    return family


def local_pair(seed, rng):
    """Two coupled qubits with a field each, in the local limit."""
    z, x, one = np.diag([0.0, 1.0]), np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(2)
    e = np.round(rng.uniform(0.5, 1.5, size=2), 2)
    parts = {"bath 0": e[0] * np.kron(z, one), "bath 1": e[1] * np.kron(one, z)}
    g = log_uniform(rng, 1e-6, 0.1)
    H = parts["bath 0"] + parts["bath 1"] + g * np.kron(x, x)
    betas = [beta_of(rng, 1.5, 300.0)] * 2 if rng.random() < 0.5 else [beta_of(rng, 1.5, 300.0) for _ in range(2)]
    couplings = []
    for k, (beta, D) in enumerate(zip(betas, (np.kron(x, one), np.kron(one, x)), strict=True)):
        bath = Reservoir(f"bath {k}", bose_einstein(inverse_temperature=beta), Ohmic(log_uniform(rng, 1e-6, 0.05), 8.0))
        couplings.append(Coupling(bath, D))
    made = OpenSystem(H, couplings)
    return LimitCase(kind="limit, local", seed=seed, build=lambda: local(made, parts), at_rest=False)


FAMILIES = (
    _limit("KMS-balanced", kms_weak_coupling, balanced=True),
    _limit("universal", universal_lindblad),
    _limit("Redfield", redfield),
    _limit("geometric-arithmetic", geometric_arithmetic),
    local_pair,
)


def draw(seed: int) -> LimitCase:
    """The hard system and limit of this seed."""
    rng = np.random.default_rng([seed, 4])
    return FAMILIES[seed % len(FAMILIES)](seed, rng)


def faults(case: LimitCase) -> list[Fault]:
    """All that the library says of a case and may not say."""
    generator, failure = built(case)
    if failure is not None:
        return [failure]
    found = audited(generator)
    return [found] if isinstance(found, Fault) else list(_faults(case, found))


def _faults(case: LimitCase, found) -> Iterator[Fault]:
    name = found.verdict.value
    if found.sectors:
        for sector in found.sectors:
            yield from _faults(case, sector)
        return
    if case.at_rest and name not in ("equilibrium", "undecided"):
        yield Fault("WRONG VERDICT", f"{name}, right: equilibrium")
    if name == "undecided":
        yield Fault("undecided", " / ".join(v.value for v in found.both_sides))
    rows = [value for _, value in found.first_law]
    rows += [v for flow in found.reservoirs for v in (flow.energy, flow.heat) if v is not None]
    if any(math.isnan(value) for value in rows):
        yield Fault("WRONG: nan in the first law or a flow")
    for entry in found.entropy:
        if entry.value is None:
            continue
        if math.isnan(entry.value):
            yield Fault("WRONG: production nan", entry.name)
        elif entry.is_never_negative and entry.deficit > 1e-12 and name != "thermodynamically inconsistent generator":
            yield Fault("WRONG: negative production", f"{name}, {entry.name} {entry.value:.3g} +- {entry.error:.2g}")
        elif name in REST and entry.value > 10 * entry.error + 1e-9 * entry.scale:
            yield Fault("WRONG: rest beside a production", f"{name}, {entry.name} {entry.value:.3g}")
