"""Hard GKSL generators given by jump operators: thermal pairs, drives, rings, cavities, slow decays, other gauges."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from flint import arb

from equipoise import Reservoir, bose_einstein, lindbladian
from hard.case import Case, beta_of, hermitian, log_uniform, unitary
from reference.ball_generator import Bath, Ingredients, Jump
from reference.balls import exact

NON_EQUILIBRIUM = frozenset({"non-equilibrium steady state"})


class Drawing:
    """A generator as it is put together: exact ingredients beside the doubles that the library is given."""

    def __init__(self, d):
        self.d, self.jumps, self.matrices, self.owners, self.baths = d, [], [], [], []

    def bath(self, beta):
        """A new reservoir; returns its number."""
        self.baths.append(Bath(beta=beta))
        return len(self.baths) - 1

    def jump(self, operator, g=1.0, owner=0):
        """One jump without a reverse."""
        operator = np.asarray(operator, dtype=complex)
        self.jumps.append(Jump(owner=owner, operator=operator, rate=lambda: exact(g)))
        self.matrices.append(math.sqrt(g) * operator)
        self.owners.append(owner)

    def pair(self, operator, g, x, owner=0):
        """g (n + 1) of the operator and g n of its conjugate, n = 1/(exp(x) - 1); x = inf: the first only."""
        operator = np.asarray(operator, dtype=complex)
        k = len(self.jumps)
        if math.isinf(_double(x)):
            up, down, entropy = (lambda: arb(0)), (lambda: exact(g)), (lambda: arb(math.inf))
            n = 0.0
        else:
            down = lambda: exact(g) / (1 - (-_ball(x)).exp())  # noqa: E731
            up = lambda: exact(g) / _ball(x).expm1()  # noqa: E731
            entropy = lambda: _ball(x)  # noqa: E731
            n = 1.0 / math.expm1(_double(x)) if _double(x) < 709 else math.exp(-_double(x))
        self.jumps.append(Jump(owner=owner, operator=operator, rate=down, reverse=k + 1, entropy=entropy))
        self.jumps.append(Jump(owner=owner, operator=operator.conj().T, rate=up, reverse=k, entropy=lambda: -entropy()))
        self.matrices += [math.sqrt(g) * math.sqrt(1.0 + n) * operator, math.sqrt(g) * math.sqrt(n) * operator.conj().T]
        self.owners += [owner, owner]

    def ratio(self, operator, g, x, owner=0):
        """g exp(x / 2) of the operator and g exp(-x / 2) of its conjugate."""
        operator = np.asarray(operator, dtype=complex)
        k = len(self.jumps)
        for sign, L, other in ((1, operator, k + 1), (-1, operator.conj().T, k)):
            rate = lambda sign=sign: exact(g) * (sign * exact(x) / 2).exp()  # noqa: E731
            entropy = lambda sign=sign: sign * exact(x)  # noqa: E731
            self.jumps.append(Jump(owner=owner, operator=L, rate=rate, reverse=other, entropy=entropy))
            self.matrices.append(math.sqrt(g) * math.exp(sign * x / 4) * L)
            self.owners.append(owner)

    def case(self, kind, seed, rng, energies, drive=None, named=False, rotate=False, gauge=False, expected=None):
        """The case; `named` reservoirs or jumps of unknown origin, in a random basis, in another gauge."""
        energies = np.asarray(energies, dtype=float)
        raw = Ingredients(
            energies=tuple(energies),
            jumps=tuple(self.jumps),
            baths=tuple(self.baths) if named else None,
            drive=drive,
        )
        if not named:
            raw = replace(raw, jumps=tuple(replace(jump, owner=0) for jump in raw.jumps))
        H = np.diag(energies).astype(complex) + (0 if drive is None else drive)
        matrices, owners = list(self.matrices), list(self.owners)
        basis = unitary(rng, self.d) if rotate else None
        if basis is not None:
            H = hermitian(basis @ H @ basis.conj().T)
            matrices = [basis @ L @ basis.conj().T for L in matrices]
        if gauge:
            H, matrices = _other_gauge(rng, H, matrices)
        given = None
        if rotate or gauge:
            written = tuple(Jump(owner=0, operator=L, rate=lambda: arb(1)) for L in matrices)
            given = Ingredients(energies=(0.0,) * self.d, jumps=written, baths=None, drive=H)

        def build():
            made = None
            if named:
                each = [
                    Reservoir(f"bath {r}", None if b.beta is None else bose_einstein(inverse_temperature=b.beta))
                    for r, b in enumerate(self.baths)
                ]
                made = [each[r] for r in owners]
            return lindbladian(H, matrices, made)

        return Case(
            kind=kind,
            seed=seed,
            build=build,
            ingredients=raw,
            basis=basis,
            given=given,
            expected=expected,
            resolves_levels=drive is None and not gauge,
        )


def _ball(x):
    """A log ratio: a double, or (beta, omega), whose product is exact."""
    return exact(x[0]) * exact(x[1]) if isinstance(x, tuple) else exact(x)


def _double(x):
    return x[0] * x[1] if isinstance(x, tuple) else x


def _other_gauge(rng, H, matrices):
    """Jumps mixed by a unitary and shifted by constants, with the Hamiltonian corrected: the same generator."""
    mixing = unitary(rng, len(matrices))
    mixed = [sum(u * L for u, L in zip(row, matrices, strict=True)) for row in mixing]
    moved, one = [], np.eye(len(H))
    for L in mixed:
        c = (rng.normal() + 1j * rng.normal()) * np.abs(L).max() * rng.integers(0, 2)
        H = H + (np.conj(c) * L - c * L.conj().T) / 2j
        moved.append(L + c * one)
    return hermitian(H), moved


def unit(d, to, start):
    """|to><start|."""
    L = np.zeros((d, d), dtype=complex)
    L[to, start] = 1.0
    return L


def levels(rng, d, spread=1.0):
    return np.concatenate([[0], np.cumsum(rng.integers(1, 2**20, size=d - 1) | 1)]) * 2.0**-20 * spread


def log_ratio(beta, w):
    return math.inf if math.isinf(beta) else (beta, float(w))


def thermal_pairs(seed, rng):
    """A jump down and one up for each edge of a connected graph, with reservoirs of one or several temperatures."""
    d = int(rng.integers(2, 7))
    E = levels(rng, d)
    draw, count = Drawing(d), int(rng.integers(1, 4))
    common, equal = beta_of(rng, float(E[-1])), rng.random() < 0.5
    for _ in range(count):
        draw.bath(common if equal else beta_of(rng, float(E[-1])))
    for i in range(1, d):
        targets = {int(rng.integers(0, i))} | {int(k) for k in np.flatnonzero(rng.random(i) < 0.3)}
        for k in targets:
            owner = int(rng.integers(0, count))
            draw.pair(
                unit(d, k, i), log_uniform(rng, 1e-10, 1.0), log_ratio(draw.baths[owner].beta, E[i] - E[k]), owner
            )
    used = sorted(set(draw.owners))
    draw.baths = [draw.baths[r] for r in used]
    draw.owners = [used.index(r) for r in draw.owners]
    draw.jumps = [replace(jump, owner=used.index(jump.owner)) for jump in draw.jumps]
    # Reservoirs of the library come in the order in which jumps name them.
    seen = list(dict.fromkeys(draw.owners))
    draw.baths = [draw.baths[r] for r in seen]
    draw.owners = [seen.index(r) for r in draw.owners]
    draw.jumps = [replace(jump, owner=seen.index(jump.owner)) for jump in draw.jumps]
    named, rotate = bool(rng.random() < 0.6), bool(rng.random() < 0.5)
    return draw.case("jumps, thermal pairs", seed, rng, E, named=named, rotate=rotate)


def slow_decay(seed, rng):
    """Carriers up to 1e18 times the rates, and rates that differ by many decades among themselves."""
    d = int(rng.integers(2, 5))
    E = levels(rng, d, 2.0 ** int(rng.integers(0, 60)))
    draw = Drawing(d)
    draw.bath(beta_of(rng, float(E[-1]), coldest=5.0, zero=0.0))
    for i in range(1, d):
        k = int(rng.integers(0, i))
        draw.pair(unit(d, k, i), log_uniform(rng, 1e-6, 1.0), log_ratio(draw.baths[0].beta, E[i] - E[k]))
    named, rotate = bool(rng.random() < 0.5), bool(rng.random() < 0.25)
    return draw.case("jumps, slow decay", seed, rng, E, named=named, rotate=rotate)


def driven(seed, rng):
    """A ladder with a drive between neighbours, damped by one thermal reservoir, in its rotating frame."""
    d = int(rng.integers(2, 5))
    detuning = np.round(rng.normal(size=d), 3) * (rng.random() < 0.7)
    drive = np.zeros((d, d), dtype=complex)
    for k in range(d - 1):
        drive[k, k + 1] = np.round(rng.normal(), 3) or 0.5
    drive = (drive + drive.T) * log_uniform(rng, 1e-3, 1.0)
    draw = Drawing(d)
    named = bool(rng.random() < 0.5)
    x = log_uniform(rng, 0.1, 60.0 if rng.random() < 0.3 else 5.0)
    draw.bath(x / 10.0)
    for k in range(d - 1):
        draw.pair(unit(d, k, k + 1), log_uniform(rng, 1e-2, 1.0), x)
    rotate, gauge = bool(rng.random() < 0.25), bool(not named and rng.random() < 0.4)
    expected = NON_EQUILIBRIUM if named else None
    return draw.case("jumps, driven", seed, rng, detuning, drive, named, rotate, gauge, expected)


def ring(seed, rng):
    """A ring of states with a force, strong, weak or none, of equal energies or not; with a tail now and then."""
    n = int(rng.integers(3, 7))
    d = n + int(rng.integers(0, 2))
    E = np.zeros(d) if rng.random() < 0.5 else levels(rng, d)[rng.permutation(d)]
    force = float(rng.choice([0.0, 1e-3, 0.3, 3.0, 40.0]))
    draw = Drawing(d)
    draw.bath(None)
    for i in range(n):
        j = (i + 1) % n
        draw.ratio(unit(d, j, i), log_uniform(rng, 1e-5, 1.0), float(E[i] - E[j] + force))
    if d > n:
        draw.ratio(unit(d, n, 0), log_uniform(rng, 1e-5, 1.0), float(E[0] - E[n]))
    rotate, gauge = bool(rng.random() < 0.4), bool(rng.random() < 0.3)
    named = bool(force and rng.random() < 0.3)
    expected = NON_EQUILIBRIUM if named else None
    return draw.case("jumps, ring", seed, rng, E, None, named, rotate, gauge, expected)


def cavity(seed, rng):
    """A truncated mode: Kerr, driven by one photon or by two, damped, with a trace of single-photon loss."""
    d = int(rng.integers(3, 13))
    a = np.diag(np.sqrt(np.arange(1.0, d)), 1)
    detuning = np.round(rng.normal(), 2) * rng.integers(0, 2)
    kerr = np.round(rng.uniform(0, 1), 2) * rng.integers(0, 2)
    draw = Drawing(d)
    draw.bath(None)
    n = float(rng.choice([0.0, 0.0, 1e-4, 0.05, 0.7]))
    x = math.inf if n == 0 else math.log1p(1 / n)
    if rng.random() < 0.4 and d > 4:
        e = log_uniform(rng, 1e-2, 1.0)
        drive = e * (a @ a + a.T @ a.T)
        draw.jump(a @ a, 1.0)
        draw.pair(a, log_uniform(rng, 1e-16, 1e-2), x)
    else:
        e = log_uniform(rng, 1e-4, 1.0)
        drive = e * (a + a.T)
        draw.pair(a, log_uniform(rng, 0.05, 1.0), x)
    E = detuning * np.arange(d) + kerr * np.arange(d) * (np.arange(d) - 1)
    rotate, gauge = bool(rng.random() < 0.15), bool(rng.random() < 0.3)
    # A linear mode at T = 0 is in a coherent state, which no jump changes; where it is cut off, hardly one does.
    is_coherent = n == 0 and kerr == 0 and len(draw.jumps) == 2
    expected = frozenset({"dark state", "irreversible"}) if is_coherent else None
    return draw.case("jumps, cavity", seed, rng, E, drive.astype(complex), False, rotate, gauge, expected)


def dense(seed, rng):
    """Random Hamiltonian and random jumps, strengths over many decades."""
    d = int(rng.integers(2, 6))
    M = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    drive = hermitian(M) * log_uniform(rng, 1e-3, 1e3)
    draw = Drawing(d)
    for _ in range(int(rng.integers(1, 4))):
        draw.jump(rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)), log_uniform(rng, 1e-8, 1.0))
    return draw.case("jumps, dense", seed, rng, np.zeros(d), drive, gauge=bool(rng.random() < 0.3))


def balanced(seed, rng):
    """Detailed balance by construction, with a Hamiltonian that commutes with the state and has levels of its own."""
    d = int(rng.integers(2, 6))
    E = levels(rng, d)
    draw = Drawing(d)
    draw.bath(None)
    span = log_uniform(rng, 0.1, 200.0)
    for i in range(1, d):
        for k in range(i):
            if k == i - 1 or rng.random() < 0.4:
                draw.pair(unit(d, k, i), log_uniform(rng, 1e-4, 1.0), (span, float(E[i] - E[k])))
    if rng.random() < 0.5:
        # Dephasing is its own reverse.
        draw.jump(np.diag(rng.normal(size=d)), log_uniform(rng, 1e-3, 1.0))
    # The Hamiltonian commutes with the state, and its levels are in another order.
    own = np.round(rng.normal(size=d), 3) * rng.integers(0, 2)
    rotate, gauge = bool(rng.random() < 0.6), bool(rng.random() < 0.4)
    case = draw.case("jumps, balanced", seed, rng, own, None, False, rotate, gauge)
    return replace(case, resolves_levels=False)


def dark(seed, rng):
    """Driven ground states that share an excited one: the state that the drive does not see is pure and dark."""
    low = int(rng.integers(2, 4))
    d = low + 1
    drive = np.zeros((d, d), dtype=complex)
    drive[:low, low] = np.round(rng.normal(size=low), 2) + 0.005
    drive = (drive + drive.conj().T) * log_uniform(rng, 1e-3, 1.0)
    draw = Drawing(d)
    draw.bath(None)
    for k in range(low):
        draw.jump(unit(d, k, low), log_uniform(rng, 1e-3, 1.0))
    E = np.zeros(d)
    E[low] = np.round(rng.normal(), 2)
    rotate, gauge = bool(rng.random() < 0.4), bool(rng.random() < 0.3)
    return draw.case("jumps, dark", seed, rng, E, drive, False, rotate, gauge)


FAMILIES = (thermal_pairs, thermal_pairs, slow_decay, driven, ring, cavity, dense, balanced, dark)


def draw(seed: int) -> Case:
    """The hard generator of this seed."""
    rng = np.random.default_rng([seed, 2])
    return FAMILIES[seed % len(FAMILIES)](seed, rng)
