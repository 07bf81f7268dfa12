"""Hard systems in the weak-coupling limit: degenerate levels, dark and collective couplings, very cold reservoirs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from flint import arb

from equipoise import Coupling, OpenSystem, Reservoir, bose_einstein, fermi_dirac, weak_coupling
from equipoise.reservoirs import Flat, Ohmic
from hard.case import Case, beta_of, hermitian, log_uniform, unitary
from reference.ball_generator import Bath, Ingredients, Jump
from reference.balls import exact


class Boson:
    """Rates of a bosonic reservoir with J = eta w exp(-w / cutoff), from their formulas, and the library's twin."""

    def __init__(self, name, beta, eta, cutoff):
        self.name, self.beta, self.eta, self.cutoff = name, beta, eta, cutoff
        self.bath = Bath(beta=beta)
        self.carries = 0

    def reservoir(self):
        return Reservoir(self.name, bose_einstein(inverse_temperature=self.beta), Ohmic(self.eta, self.cutoff))

    def frequencies(self, found):
        return [w for w in found if w >= 0]

    def rates(self, w):
        """(rate out, rate in, log ratio) as functions without arguments."""
        if w == 0.0:
            # Half of lim 2 pi J n each way: 2 pi eta / beta together.
            dephasing = self._zero
            return dephasing, dephasing, lambda: arb(0)
        return (
            lambda: self._golden(w) * (1 + self._occupation(w)),
            lambda: self._golden(w) * self._occupation(w),
            lambda: arb(math.inf) if math.isinf(self.beta) else exact(self.beta) * exact(w),
        )

    def _zero(self):
        return arb(0) if math.isinf(self.beta) else arb.pi() * exact(self.eta) / exact(self.beta)

    def _golden(self, w):
        w = exact(w)
        return 2 * arb.pi() * exact(self.eta) * w * (-w / exact(self.cutoff)).exp()

    def _occupation(self, w):
        return arb(0) if math.isinf(self.beta) else 1 / (exact(self.beta) * exact(w)).expm1()


class Fermion:
    """Rates of a lead with a flat band."""

    def __init__(self, name, beta, mu, rate):
        self.name, self.beta, self.mu, self.rate = name, beta, mu, rate
        self.bath = Bath(beta=beta, mu=mu)
        self.carries = 1

    def reservoir(self):
        distribution = fermi_dirac(inverse_temperature=self.beta, chemical_potential=self.mu)
        return Reservoir(self.name, distribution, Flat(self.rate))

    def frequencies(self, found):
        return list(found)

    def rates(self, w):
        return (
            lambda: exact(self.rate) * self._filled(-1, w),
            lambda: exact(self.rate) * self._filled(1, w),
            lambda: arb(math.copysign(math.inf, w - self.mu)) if math.isinf(self.beta) else self._x(w),
        )

    def _x(self, w):
        return exact(self.beta) * (exact(w) - exact(self.mu))

    def _filled(self, sign, w):
        if math.isinf(self.beta):
            return arb(int((w < self.mu) == (sign > 0)))
        return 1 / ((sign * self._x(w)).exp() + 1)


def ingredients(levels, baths, operators, numbers=None):
    """Secular jumps: the part of each operator at each Bohr frequency, out and in."""
    levels = np.asarray(levels, dtype=float)
    gaps = levels[None, :] - levels[:, None]  # [m, n] = E_n - E_m of |m><n|
    jumps = []
    for owner, (bath, D) in enumerate(zip(baths, operators, strict=True)):
        for w in bath.frequencies(sorted({float(x) for x in gaps[D != 0]})):
            part = np.where(gaps == w, D, 0).astype(complex)
            out, into, ratio = bath.rates(w)
            k = len(jumps)
            jumps.append(
                Jump(owner=owner, operator=part, rate=out, reverse=k + 1, entropy=ratio, particles=-bath.carries)
            )
            jumps.append(
                Jump(
                    owner=owner,
                    operator=part.conj().T,
                    rate=into,
                    reverse=k,
                    entropy=lambda ratio=ratio: -ratio(),
                    particles=bath.carries,
                )
            )
    own = tuple(bath.bath for bath in baths)
    return Ingredients(energies=tuple(levels), jumps=tuple(jumps), baths=own, numbers=numbers)


def case(kind, seed, rng, levels, baths, operators, number=None, rotate=False, lamb_shift=False):
    """The case of these levels and couplings, in a random basis where asked."""
    levels, d = np.asarray(levels, dtype=float), len(levels)
    basis = unitary(rng, d) if rotate else None
    order = rng.permutation(d)
    if basis is None:
        levels, operators = levels[order], [D[np.ix_(order, order)] for D in operators]
        number = None if number is None else number[np.ix_(order, order)]

    def to_given(matrix):
        return matrix if basis is None else basis @ matrix @ basis.conj().T

    def build():
        H = levels if basis is None else hermitian(to_given(np.diag(levels).astype(complex)))
        couplings = []
        for bath, D in zip(baths, operators, strict=True):
            given = to_given(D)
            if np.array_equal(D, D.conj().T):
                given = hermitian(given)
            couplings.append(Coupling(bath.reservoir(), given))
        N = None if number is None else hermitian(to_given(number))
        return weak_coupling(OpenSystem(H, couplings, number=N), lamb_shift=lamb_shift, warn=False)

    numbers = None if number is None else tuple(int(n) for n in np.diag(number).real)
    raw = ingredients(levels, baths, operators, numbers=numbers)
    if lamb_shift and basis is None:
        raw = replace(raw, shift=lamb_shifts(levels, baths, operators))
    return Case(kind=kind, seed=seed, build=build, ingredients=raw, basis=basis)


def lamb_shifts(levels, baths, operators):
    """S_out(w) D_w^dagger D_w - S_in(w) D_w D_w^dagger of every w; the library integrates S, a number each."""
    gaps = levels[None, :] - levels[:, None]
    found = []
    for bath, D in zip(baths, operators, strict=True):
        reservoir = bath.reservoir()
        for w in sorted({float(x) for x in gaps[D != 0]}):
            part, at = np.where(gaps == w, D, 0).astype(complex), np.array([w])
            if w == 0.0:
                # Both shifts diverge there, and only their difference enters where D is Hermitian.
                found.append((float(reservoir.level_shift_difference(at)[0]), part.conj().T @ part))
                continue
            found.append((float(reservoir.level_shift_out(at)[0]), part.conj().T @ part))
            found.append((-float(reservoir.level_shift_in(at)[0]), part @ part.conj().T))
    return tuple(found)


def bosons(rng, count, span, unit):
    """`count` reservoirs, of one temperature in half of the draws; strengths over ten decades."""
    equal, common = rng.random() < 0.5, beta_of(rng, span)
    betas = [common if equal else beta_of(rng, span) for _ in range(count)]
    cutoff = float(unit * 2.0 ** rng.integers(2, 6))
    names = rng.permutation(count)
    return [
        Boson(f"bath {k}", beta, log_uniform(rng, 1e-10, 1.0), cutoff) for k, beta in zip(names, betas, strict=True)
    ]


def _unit(rng):
    """A power of two from 1e-30 to 1e30, often one."""
    return 1.0 if rng.random() < 0.5 else 2.0 ** int(rng.integers(-100, 100))


def generic(seed, rng):
    """Distinct levels, Hermitian couplings whose elements span ten decades, some of them absent."""
    d = int(rng.integers(2, 7))
    steps = rng.integers(1, 2**20, size=d - 1) | 1
    unit = _unit(rng)
    levels = np.concatenate([[0], np.cumsum(steps)]) * 2.0**-20 * unit
    baths = bosons(rng, int(rng.integers(1, 5)), float(np.ptp(levels)), unit)
    return case(
        "weak, distinct levels", seed, rng, levels, baths, [_sparse(rng, d) for _ in baths], rotate=_rotates(rng)
    )


def _sparse(rng, d):
    M = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)) * rng.integers(0, 2)
    M = M * 10.0 ** (-rng.uniform(0, 5) * rng.random((d, d)))
    M = np.where(rng.random((d, d)) < 0.7, M, 0)
    # A path through all levels keeps the state unique.
    M[np.arange(d - 1), np.arange(1, d)] += 0.5
    M = np.triu(M)
    np.fill_diagonal(M, rng.normal(size=d) * rng.integers(0, 2))
    return M + np.triu(M, 1).conj().T


def _rotates(rng):
    return bool(rng.random() < 0.25)


def degenerate(seed, rng):
    """Levels on a lattice, several of them equal, gaps too; couplings of full rank or of rank one."""
    d = int(rng.integers(3, 6))
    while True:
        steps = np.sort(rng.integers(0, 3, size=d))
        if 1 < len(set(steps)) < d:
            break
    unit = _unit(rng)
    levels = steps * unit
    baths = bosons(rng, int(rng.integers(1, 4)), float(np.ptp(levels)), unit)
    operators = []
    for _ in baths:
        if rng.random() < 0.5:
            v = rng.normal(size=d) + 1j * rng.normal(size=d) * rng.integers(0, 2)
            # A few binary digits, so that the product is exact, and with it the dark states that its rank makes.
            v = np.round(64 * v) / 64
            operators.append(np.outer(v, v.conj()))
        else:
            operators.append(_sparse(rng, d))
    operators = [np.triu(D) + np.triu(D, 1).conj().T for D in operators]
    operators = [D - np.diag(1j * np.diag(D).imag) for D in operators]
    rotate = _rotates(rng)
    # With level shifts, which mix the states of a level: taken from the library as numbers.
    shifted = not rotate and (seed // 7) % 5 < 2
    return case("weak, degenerate levels", seed, rng, levels, baths, operators, rotate=rotate, lamb_shift=shifted)


def small_atom(seed, rng):
    """Lambda, V, tripod and double-Lambda atoms: each reservoir has superpositions of its own, sometimes shared."""
    low, high = [(2, 1), (1, 2), (3, 1), (2, 2)][int(rng.integers(0, 4))]
    unit = _unit(rng)
    levels = np.array([0.0] * low + [1.0] * high) * unit
    baths = bosons(rng, int(rng.integers(1, 5)), unit, unit)
    shared = rng.integers(-3, 4, size=(low, high)).astype(float)
    operators = []
    for _ in baths:
        block = rng.integers(-3, 4, size=(low, high)).astype(float) if rng.random() < 0.8 else shared
        if rng.random() < 0.3:
            block = block + 1j * rng.integers(-2, 3, size=(low, high))
        if not block.any():
            block[0, 0] = 1.0
        D = np.zeros((low + high,) * 2, dtype=complex)
        D[:low, low:] = block
        operators.append(D + D.conj().T if rng.random() < 0.5 else D)
    rotate = _rotates(rng)
    shifted = not rotate and (seed // 7) % 5 < 2
    return case("weak, small atom", seed, rng, levels, baths, operators, rotate=rotate, lamb_shift=shifted)


def identical_atoms(seed, rng):
    """Two or three two-level atoms with collective couplings, or with weights of their own."""
    atoms = int(rng.integers(2, 4)) if rng.random() < 0.3 else 2
    unit = _unit(rng)
    d = 2**atoms
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    each = [np.kron(np.kron(np.eye(2**k), lower), np.eye(2 ** (atoms - k - 1))) for k in range(atoms)]
    levels = np.array([bin(i).count("1") for i in range(d)]) * unit
    baths = bosons(rng, int(rng.integers(1, 4)), atoms * unit, unit)
    operators = []
    for _ in baths:
        weights = np.ones(atoms) if rng.random() < 0.5 else rng.integers(-2, 3, size=atoms).astype(float)
        if not weights.any():
            weights[0] = 1.0
        D = sum(w * lowering for w, lowering in zip(weights, each, strict=True))
        operators.append((D + D.T).astype(complex))
    return case("weak, identical atoms", seed, rng, levels, baths, operators, rotate=_rotates(rng))


def leads(seed, rng):
    """Fermions: levels with 0 to 2 particles, degenerate or not, leads of any temperature and potential."""
    sizes = [(1, 1, 0), (1, 2, 0), (1, 2, 1), (1, 3, 1), (1, 1, 1)][int(rng.integers(0, 5))]
    number = np.repeat(np.arange(3), sizes)
    d, unit = number.size, _unit(rng)
    levels = (
        number * rng.integers(-2, 3) + (number == 2) * rng.integers(0, 3) + (number == 1) * rng.integers(0, 2, size=d)
    )
    levels = levels.astype(float) * unit
    span = max(float(np.ptp(levels)), unit)
    equal = rng.random() < 0.5
    common = (beta_of(rng, span), (rng.integers(-8, 8) + 0.5) * 0.25 * unit)
    baths = []
    for k in range(int(rng.integers(1, 4))):
        beta, mu = common if equal else (beta_of(rng, span), (rng.integers(-8, 8) + 0.5) * 0.25 * unit)
        baths.append(Fermion(f"lead {k}", beta, float(mu), log_uniform(rng, 1e-10, 1.0) * unit))
    operators = []
    for _ in baths:
        D = np.where(number[:, None] == number[None, :] - 1, rng.normal(size=(d, d)), 0).astype(complex)
        operators.append(D * 10.0 ** -rng.uniform(0, 4))
    N = np.diag(number).astype(complex)
    return case("weak, fermions", seed, rng, levels, baths, operators, number=N, rotate=_rotates(rng))


FAMILIES = (generic, degenerate, degenerate, small_atom, small_atom, identical_atoms, leads)


def draw(seed: int) -> Case:
    """The hard weak-coupling system of this seed."""
    rng = np.random.default_rng([seed, 1])
    return FAMILIES[seed % len(FAMILIES)](seed, rng)
