"""Audits to be reported: one of each look."""

from __future__ import annotations

import numpy as np

import equipoise as eq
from equipoise.auditing import Audit
from equipoise.reservoirs import Flat


def bath(name: str, temperature: float, coupling: float = 0.01) -> eq.Reservoir:
    return eq.Reservoir(name, eq.bose_einstein(temperature=temperature), eq.Ohmic(coupling, 10.0))


def links(dimension: int, *pairs: tuple[int, int]) -> np.ndarray:
    operator = np.zeros((dimension, dimension))
    for i, j in pairs:
        operator[i, j] = operator[j, i] = 1.0
    return operator


def audited(system: eq.OpenSystem) -> Audit:
    return eq.audit(eq.weak_coupling(system, lamb_shift=False))


def heat_valve(hot: float = 2.0, cold: float = 1.0) -> Audit:
    couplings = [
        eq.Coupling(bath("hot", hot), links(3, (0, 2))),
        eq.Coupling(bath("cold", cold, 0.02), links(3, (0, 1), (1, 2))),
    ]
    return audited(eq.OpenSystem([0.0, 1.0, 2.5], couplings))


def audit_of_levels(levels: list[float], temperature: float) -> Audit:
    size = len(levels)
    operator = links(size, *((k, k + 1) for k in range(size - 1)))
    return audited(eq.OpenSystem(levels, [eq.Coupling(bath("bath", temperature), operator)]))


def random_levels(dimension: int = 40) -> Audit:
    rng = np.random.default_rng(3)
    levels = np.sort(rng.uniform(0.0, 6.0, dimension))
    couplings = []
    for name, temperature in (("furnace", 4.0), ("room", 2.0), ("ice", 0.5)):
        matrix = rng.normal(size=(dimension, dimension))
        couplings.append(eq.Coupling(bath(name, temperature), matrix + matrix.T))
    return audited(eq.OpenSystem(levels, couplings))


def ladder(dimension: int = 80) -> Audit:
    steps = np.arange(dimension)
    couplings = [
        eq.Coupling(bath("hot", 2.0), links(dimension, *((k, k + 1) for k in range(dimension - 1)))),
        eq.Coupling(bath("cold", 1.0), links(dimension, *((k, k + 2) for k in range(dimension - 2)))),
    ]
    return audited(eq.OpenSystem(0.01 * steps + 0.003 * steps**1.5, couplings))


def fermions() -> Audit:
    """Four modes by Jordan-Wigner, 16 levels, between two leads."""
    lower, parity, one = np.array([[0.0, 1.0], [0.0, 0.0]]), np.diag([1.0, -1.0]), np.eye(2)
    c = []
    for k in range(4):
        product = np.eye(1)
        for j in range(4):
            product = np.kron(product, parity if j < k else lower if j == k else one)
        c.append(product)
    n = [a.T @ a for a in c]
    H = sum(e * occupied for e, occupied in zip((0.3, 0.35, 0.5, 0.62), n, strict=True))
    H = H + 2.0 * (n[0] @ n[1] + n[2] @ n[3]) + 0.7 * (n[0] + n[1]) @ (n[2] + n[3])
    H = H + 0.2 * (c[0].T @ c[2] + c[2].T @ c[0] + c[1].T @ c[3] + c[3].T @ c[1])
    couplings = []
    for name, mu, modes in (("left lead", 1.0, (0, 1)), ("right lead", 0.0, (2, 3))):
        lead = eq.Reservoir(name, eq.fermi_dirac(temperature=0.3, chemical_potential=mu), Flat(0.02))
        couplings += [eq.Coupling(lead, c[mode], channel) for channel, mode in enumerate(modes)]
    return audited(eq.OpenSystem(H, couplings, number=sum(n)))


def chain() -> Audit:
    return eq.audit(eq.rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]], labels=["a", "b", "c"]))


def dark() -> Audit:
    return eq.audit(eq.lindbladian(np.diag([0.0, 1.0, 2.5]), [np.diag([1.0, 0.5], 1)]))


def inverted() -> Audit:
    raising = np.array([[0.0, 0.0], [2.0, 0.0]])
    return eq.audit(eq.lindbladian(np.diag([0.0, 1.0]), [raising, 0.5 * raising.T]))


def _blocks() -> tuple[np.ndarray, np.ndarray]:
    H, D = np.zeros((4, 4)), np.zeros((4, 4))
    H[:2, :2], H[2:, 2:] = [[0.0, 0.3], [0.3, 1.0]], [[0.2, 0.1], [0.1, 1.7]]
    D[:2, :2], D[2:, 2:] = [[1.0, 0.3], [0.3, -1.0]], [[0.2, 0.1], [0.1, -1.7]]
    return H, D


def disconnected() -> Audit:
    """Two blocks that no coupling connects: two stationary states."""
    H, D = _blocks()
    return audited(eq.OpenSystem(H, [eq.Coupling(bath("hot", 2.0), D)]))


def disconnected_rotated() -> Audit:
    """The same in a rotated basis, where round-off might connect them."""
    H, D = _blocks()
    Q = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    return audited(eq.OpenSystem(Q @ H @ Q.T, [eq.Coupling(bath("hot", 2.0), Q @ D @ Q.T)]))
