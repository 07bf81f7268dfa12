"""A GKSL generator from its raw ingredients in ball arithmetic: stationary state, flows, productions, balance, verdict.

    d rho/dt = -i [H, rho] + sum_k g_k (L_k rho L_k^dagger - 1/2 {L_k^dagger L_k, rho})

The matrices hold exact doubles in a basis in which the construction is sparse; a rate g_k is a function without
arguments that gives a ball at the present precision, so that exp(-beta omega) has as many digits as are asked for. A
jump names its reverse and the entropy s = log(g_k / g_reverse) that one jump gives to its reservoir.

The stationary state solves the linear system of each closed set of elements rho_ij (found from what couples to what),
at a precision at which all its elements are known. Nothing is shared with the library, and nothing is read from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from flint import acb, arb, ctx

from reference.balls import (
    bits_known,
    dagger,
    exact,
    hermitian_eigen,
    log2_size,
    middle,
    precision,
    product,
    solve,
)

DIGITS = 100
"""Bits to which every element of the stationary state is known."""

ZERO, APART = -80.0, math.log2(1e-6)
"""A ratio below 2**ZERO is zero (of 100 bits), one above 2**APART is not; between them both answers are accepted."""


@dataclass(frozen=True, kw_only=True)
class Jump:
    """`rate()` times the dissipator of `operator`; `reverse` is the index of its reverse, `entropy()` what it gives."""

    owner: int
    operator: np.ndarray
    rate: Callable[[], arb]
    reverse: int | None = None
    entropy: Callable[[], arb] | None = None
    particles: int = 0


@dataclass(frozen=True, kw_only=True)
class Bath:
    """Inverse temperature (None: not thermal) and chemical potential."""

    beta: float | None
    mu: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Ingredients:
    """All that a generator is made of. `energies` are the levels of the bare Hamiltonian, exact, in this basis.

    `shift` is a Hamiltonian that commutes with the bare one (a Lamb shift), given as numbers with the operators that
    they multiply; `drive` is one that need not commute. States of one
    energy and of different `numbers` of particles are different levels.
    """

    energies: tuple[float, ...]
    jumps: tuple[Jump, ...]
    baths: tuple[Bath, ...] | None
    shift: tuple[tuple[float, np.ndarray], ...] = ()
    drive: np.ndarray | None = None
    graded: bool = True
    numbers: tuple[int, ...] | None = None

    @property
    def dimension(self) -> int:
        return len(self.energies)

    @property
    def levels(self) -> list[list[int]]:
        """The states of each level, ascending."""
        labels = list(zip(self.energies, self.numbers or [0] * self.dimension, strict=True))
        return [[i for i, found in enumerate(labels) if found == label] for label in sorted(set(labels))]

    @property
    def level_energies(self) -> list[float]:
        return [self.energies[members[0]] for members in self.levels]


class NotUnique(Exception):
    """The generator has more than one stationary state."""


def balls(matrix: np.ndarray) -> list[list[acb]]:
    return [[acb(exact(complex(x))) for x in row] for row in np.asarray(matrix)]


def effective(system: Ingredients) -> list[list[acb]]:
    """G = -i H - 1/2 sum_k g_k L_k^dagger L_k."""
    d = system.dimension
    G = [[acb(0) for _ in range(d)] for _ in range(d)]
    for i, e in enumerate(system.energies):
        G[i][i] += acb(0, -1) * exact(float(e))
    for size, extra in (*system.shift, *(() if system.drive is None else ((1.0, system.drive),))):
        for i, j, x in nonzero(extra):
            G[i][j] += acb(0, -1) * exact(size) * x
    for jump in system.jumps:
        g = jump.rate()
        if g.is_zero():
            continue
        entries = nonzero(jump.operator)
        for i, j, x in entries:
            for k, h, y in entries:
                if i == k:
                    G[h][j] -= g * y.conjugate() * x / 2
    return G


def nonzero(matrix: np.ndarray) -> list[tuple[int, int, acb]]:
    return [(int(i), int(j), acb(exact(complex(matrix[i, j])))) for i, j in zip(*np.nonzero(matrix), strict=True)]


def superoperator(system: Ingredients) -> dict[tuple[int, int], dict[tuple[int, int], acb]]:
    """L as a sparse table [to][from] of pairs (i, j) that stand for rho_ij."""
    d = system.dimension
    table: dict[tuple[int, int], dict[tuple[int, int], acb]] = {(i, j): {} for i in range(d) for j in range(d)}

    def add(to, start, value):
        row = table[to]
        row[start] = row[start] + value if start in row else value

    G = effective(system)
    for i in range(d):
        for k in range(d):
            if not G[i][k].is_zero():
                for j in range(d):
                    add((i, j), (k, j), G[i][k])
                    add((j, i), (j, k), G[i][k].conjugate())
    for jump in system.jumps:
        g = jump.rate()
        if g.is_zero():
            continue
        entries = nonzero(jump.operator)
        for i, k, x in entries:
            scaled = g * x
            for j, h, y in entries:
                add((i, j), (k, h), scaled * y.conjugate())
    return table


def closed_sets(table) -> list[list[tuple[int, int]]]:
    """Sets of elements that are not coupled to each other in either direction."""
    parent = {pair: pair for pair in table}

    def root(pair):
        while parent[pair] != pair:
            parent[pair] = parent[parent[pair]]
            pair = parent[pair]
        return pair

    for to, row in table.items():
        for start in row:
            parent[root(to)] = root(start)
    sets: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for pair in table:
        sets.setdefault(root(pair), []).append(pair)
    return list(sets.values())


@dataclass
class Solved:
    """The stationary state, at the precision `bits` at which its elements are known."""

    system: Ingredients
    bits: int
    rho: list[list[acb]]
    _cache: dict = field(default_factory=dict)

    @property
    def is_simple(self) -> bool:
        """Whether levels hold one state each, or the state has coherences between levels."""
        alone = all(len(members) == 1 for members in self.system.levels)
        level_of = {i: m for m, members in enumerate(self.system.levels) for i in members}
        across = any(
            not x.is_zero() and level_of[i] != level_of[j] for i, row in enumerate(self.rho) for j, x in enumerate(row)
        )
        return alone or across

    def populations(self) -> list[arb]:
        return [self.rho[i][i].real for i in range(self.system.dimension)]

    def level_populations(self) -> list[arb]:
        with precision(self.bits):
            p = self.populations()
            return [sum((p[i] for i in members), arb(0)) for members in self.system.levels]

    def _flux_tables(self):
        """Directed flux n -> m of each jump, by level pair, as balls [k][m][n]."""
        if "flux" not in self._cache:
            with precision(self.bits):
                level_of = {i: m for m, members in enumerate(self.system.levels) for i in members}
                size, found = len(self.system.levels), []
                for jump in self.system.jumps:
                    table = [[arb(0)] * size for _ in range(size)]
                    g, entries = jump.rate(), nonzero(jump.operator)
                    for i, k, x in entries:
                        for j, h, y in entries:
                            # <i|L|k> rho_kh <h|L^dagger|j>, i = j, k and h of one level
                            if i == j and level_of[k] == level_of[h]:
                                value = (g * x * self.rho[k][h] * y.conjugate()).real
                                m, n = level_of[i], level_of[k]
                                table[m][n] = table[m][n] + value
                    found.append(table)
                self._cache["flux"] = found
        return self._cache["flux"]

    def fluxes(self) -> list[list[list[arb]]]:
        """Directed flux n -> m caused by each bath, [r][m][n]."""
        with precision(self.bits):
            size, count = len(self.system.levels), len(self.system.baths or (None,))
            total = [[[arb(0)] * size for _ in range(size)] for _ in range(count)]
            for jump, table in zip(self.system.jumps, self._flux_tables(), strict=True):
                for m in range(size):
                    for n in range(size):
                        total[jump.owner][m][n] = total[jump.owner][m][n] + table[m][n]
            return total

    def activity(self) -> list[arb]:
        """How often each jump happens: g Tr[L rho L^dagger]."""
        with precision(self.bits):
            found = []
            for jump in self.system.jumps:
                g, entries, total = jump.rate(), nonzero(jump.operator), arb(0)
                for i, k, x in entries:
                    for j, h, y in entries:
                        if i == j:
                            total = total + (g * x * self.rho[k][h] * y.conjugate()).real
                found.append(total)
            return found

    def energy_flow(self) -> list[arb]:
        """Tr[H_0 D_r(rho)] of each bath, H_0 the bare Hamiltonian: for secular jumps, what the level pairs carry."""
        with precision(self.bits):
            flows = [arb(0)] * len(self.system.baths or (None,))
            E = [exact(float(e)) for e in self.system.energies]
            for jump in self.system.jumps:
                g, entries, total = jump.rate(), nonzero(jump.operator), arb(0)
                for i, k, x in entries:
                    for j, h, y in entries:
                        if i == j:
                            value = g * x * self.rho[k][h] * y.conjugate()
                            total = total + ((E[i] - (E[k] + E[h]) / 2) * value).real
                flows[jump.owner] = flows[jump.owner] + total
            return flows

    def particle_flow(self) -> list[arb]:
        with precision(self.bits):
            flows = [arb(0)] * len(self.system.baths or (None,))
            for jump, often in zip(self.system.jumps, self.activity(), strict=True):
                flows[jump.owner] = flows[jump.owner] + jump.particles * often
            return flows

    def clausius(self) -> arb | None:
        """-sum_r beta_r J_Q,r; None where a bath has no temperature or beta = inf meets a flow."""
        if self.system.baths is None or any(bath.beta is None for bath in self.system.baths):
            return None
        with precision(self.bits):
            total = arb(0)
            for bath, J, N in zip(self.system.baths, self.energy_flow(), self.particle_flow(), strict=True):
                heat = J - exact(bath.mu) * N
                if math.isinf(bath.beta):
                    return None
                total = total - exact(bath.beta) * heat
            return total

    def pair_production(self) -> arb | None:
        """sum over jumps of how often times the entropy that one gives; None if a jump that happens has no reverse."""
        with precision(self.bits):
            total = arb(0)
            for jump, often in zip(self.system.jumps, self.activity(), strict=True):
                if often.contains(0):
                    continue
                if jump.reverse is None or jump.entropy is None:
                    return None
                s = jump.entropy()
                if not s.is_finite():
                    return None
                total = total + often * s
            return total

    def log_weights(self) -> list[float]:
        """Logarithms of the eigenvalues of the state, ascending; -inf of what is zero at this precision."""
        if "weights" not in self._cache:
            with precision(self.bits):
                w, _, keep = _support(self)
                self._cache["weights"] = sorted(float(w[k].log()) if k in keep else -math.inf for k in range(len(w)))
        return self._cache["weights"]

    def balance(self) -> SQDB:
        if "sqdb" not in self._cache:
            self._cache["sqdb"] = standard_detailed_balance(self)
        return self._cache["sqdb"]


def number(ball: arb) -> float:
    """The double of a ball; zero where it holds zero: what cancels leaves the rounding of the working precision."""
    return 0.0 if ball.contains(0) else float(ball)


def stationary(system: Ingredients, largest: int = 20000, digits: int = DIGITS) -> Solved:
    """The stationary state with every element known to `digits` bits, or enclosed in a ball about zero at the cap.

    Raises
    ------
    NotUnique
        If there are several: two closed sets of populations, or a system that is singular at every precision.
    """
    bits = 256
    cap = _cap(system, largest) + 2 * (digits - DIGITS)
    while True:
        with precision(bits):
            found = _attempt(system)
        if found is not None:
            known = min((bits_known(x) for row in found for x in row if not x.is_zero()), default=digits)
            # At the cap what is not known is zero, and encloses it closely.
            vague = [x for row in found for x in row if bits_known(x) < digits]
            is_zero = bits >= cap and all(x.contains(0) and log2_size(x) < -digits for x in vague)
            if known >= digits or is_zero or bits >= 4 * cap:
                with precision(bits):
                    return Solved(system, bits, _with_zeros(found))
        elif bits >= cap:
            raise NotUnique
        bits = min(2 * bits, cap) if bits < cap else 2 * bits


def _with_zeros(rho: list[list[acb]]) -> list[list[acb]]:
    """Parts of elements that are enclosed about zero at this precision, as exact zeros."""

    def part(ball: arb) -> arb:
        return arb(0) if ball.contains(0) and log2_size(ball) < -ctx.prec / 4 else ball

    return [[acb(part(x.real), part(x.imag)) for x in row] for row in rho]


def _cap(system: Ingredients, largest: int) -> int:
    """Bits after which an element that is not known yet is zero: the range of the rates, once for each state."""
    return int(min(largest, 256 + 1.3 * _spread(system) * system.dimension))


def _spread(system: Ingredients) -> float:
    """Bits between the largest and the smallest rate or element of the Hamiltonian that acts on the state."""
    with precision(128):
        sizes = [log2_size(j.rate()) + 2 * math.log2(abs(x)) for j in system.jumps for x in j.operator[j.operator != 0]]
        sizes = [s for s in sizes if math.isfinite(s)]
    for size, extra in (*system.shift, *(() if system.drive is None else ((1.0, system.drive),))):
        if size:
            sizes += [math.log2(abs(size)) + math.log2(x) for x in np.abs(extra[extra != 0])]
    return max(sizes) - min(sizes)


def _attempt(system: Ingredients) -> list[list[acb]] | None:
    d, table = system.dimension, superoperator(system)
    rho = [[acb(0) for _ in range(d)] for _ in range(d)]
    with_populations = 0
    for members in closed_sets(table):
        place = {pair: n for n, pair in enumerate(members)}
        rows = [[table[to].get(start, acb(0)) for start in members] for to in members]
        diagonal = [place[i, i] for i in range(d) if (i, i) in place]
        right = [acb(0)] * len(members)
        if diagonal:
            with_populations += 1
            if with_populations > 1:
                raise NotUnique
            # Trace preservation makes one of the rows of populations superfluous. In the unit of the rows.
            unit = max((row[n] for n, row in enumerate(rows)), key=log2_size)
            unit = acb(middle(abs(unit)))
            rows[diagonal[0]] = [unit if n in diagonal else acb(0) for n in range(len(members))]
            right[diagonal[0]] = unit
        x = solve(rows, right)
        if x is None:
            return None
        for (i, j), n in place.items():
            rho[i][j] = x[n]
    return rho


@dataclass(frozen=True)
class SQDB:
    """Standard quantum detailed balance: log2 of the largest violation, entry by entry and relative to the largest.

    `modular` is that of the further condition of GNS: the jump part commutes with the modular group of the state.
    """

    relative: float
    by_entry: float
    support: int
    modular: float


def _support(solved: Solved) -> tuple[list[arb], list[list[acb]], list[int]]:
    """Eigenvalues and eigenvectors of the state, and which eigenvalues are not zero."""
    w, V = hermitian_eigen([[middle(x) for x in row] for row in solved.rho])
    top = log2_size(max(w, key=log2_size))
    return w, V, [k for k in range(len(w)) if log2_size(w[k]) - top > -0.4 * solved.bits and w[k] > 0]


def standard_detailed_balance(solved: Solved) -> SQDB:
    """In the traceless gauge: the jump part is KMS-symmetric, and sigma^(-1/4) G sigma^(1/4) has as antihermitian part
    one that commutes with sigma. On the support of sigma, which is what is left at any precision."""
    system = solved.system
    with precision(solved.bits):
        w, V, keep = _support(solved)
    # An eigenvalue is zero if it is not found where the smallest that the rates allow would be.
    enough = min(2.5 * (128 + _spread(system) * system.dimension), 20000)
    while len(keep) < len(w) and solved.bits < enough:
        bits = 2 * solved.bits
        with precision(bits):
            solved = Solved(system, bits, _with_zeros(_attempt(system) or []))
            w, V, keep = _support(solved)
    with precision(solved.bits):
        d = len(keep)
        U = [[V[i][k] for k in keep] for i in range(system.dimension)]
        root = [middle(w[k].sqrt().sqrt()) for k in keep]
        G = product(dagger(U), product(effective(system), U))
        A = []
        for jump in system.jumps:
            g = jump.rate()
            if g.is_zero():
                continue
            L = product(dagger(U), product(balls(jump.operator), U))
            amplitude = middle(g.sqrt())
            L = [[amplitude * x for x in row] for row in L]
            c = sum((L[i][i] for i in range(d)), acb(0)) / d
            for i in range(d):
                L[i][i] = L[i][i] - c
            # L -> L - c changes G by c* L - |c|^2 ... : G' = G + c* (L - c) + |c|^2 / 2, up to multiples of one.
            for i in range(d):
                for j in range(d):
                    G[i][j] = G[i][j] + c.conjugate() * L[i][j]
            A.append([L[i][j] * root[j] / root[i] for i in range(d) for j in range(d)])
        B = [[G[i][j] * root[j] / root[i] for j in range(d)] for i in range(d)]
        # (violation, size of what it is a part of, size of the entries) of each entry.
        entries = []
        if A:
            A_t = [[a[j * d + i].conjugate() for i in range(d) for j in range(d)] for a in A]
            C, C_t = _gram(A), _gram(A_t)
            for p in range(d * d):
                for q in range(d * d):
                    ceiling = max(log2_size(M[p][p]) + log2_size(M[q][q]) for M in (C, C_t)) / 2
                    size = max(log2_size(C[p][q]), log2_size(C_t[p][q]))
                    entries.append((log2_size(C[p][q] - C_t[p][q]), ceiling, size))
        for i in range(d):
            for j in range(d):
                w_i, w_j = w[keep[i]], w[keep[j]]
                if i != j and log2_size(w_i - w_j) - max(log2_size(w_i), log2_size(w_j)) > ZERO:
                    size = max(log2_size(B[i][j]), log2_size(B[j][i]))
                    entries.append((log2_size((B[i][j] - B[j][i].conjugate()) / 2), size, size))
        largest = max((size for _, _, size in entries), default=-math.inf)
        # Below this an entry is rounding of the working precision.
        entries = [(wrong, whole) for wrong, whole, _ in entries if whole > largest - solved.bits / 2]
        worst = max((wrong for wrong, _ in entries), default=-math.inf)
        entry = max((wrong - whole for wrong, whole in entries), default=-math.inf)
        modular = -math.inf
        if A:
            for p in range(d * d):
                for q in range(d * d):
                    ratio = w[keep[p // d]] * w[keep[q % d]] / (w[keep[p % d]] * w[keep[q // d]])
                    if log2_size(ratio - 1) > ZERO:
                        modular = max(modular, log2_size(C[p][q]))
        return SQDB(relative=worst - largest, by_entry=entry, support=d, modular=modular - largest)


def _gram(rows: list[list[acb]]) -> list[list[acb]]:
    """sum_k a_k[p] a_k[q]^* at [p][q]."""
    return product([list(column) for column in zip(*rows, strict=True)], [[x.conjugate() for x in row] for row in rows])


def verdicts(system: Ingredients, solved: Solved | None) -> frozenset[str]:
    """The verdicts that are right, by the table: one, or two where a flow is neither zero nor clearly not.

    `solved` is None where the stationary state is not unique.
    """
    if solved is None:
        return frozenset({"not unique"})
    if system.baths is None:
        return _of_unknown_origin(solved)
    if any(len(members) > 1 for members in system.levels):
        # Eigenvalues within a level may be what is left of elements that cancel.
        solved = stationary(system, digits=_enough(system))
    with precision(solved.bits):
        rest, cancel = _moves(solved)
    with precision(solved.bits):
        found = set()
        for at_rest in rest:
            for cancels in cancel:
                if at_rest:
                    found.add(_at_rest(solved))
                elif cancels:
                    found.add("balanced between unequal reservoirs")
                else:
                    found.add("non-equilibrium steady state")
        return frozenset(found)


def _of_unknown_origin(solved: Solved) -> frozenset[str]:
    balance = solved.balance()
    if balance.support == 1:
        return frozenset({"dark state"})
    if max(balance.relative, balance.by_entry) < ZERO:
        return frozenset({"reversible"})
    if min(balance.relative, balance.by_entry) > APART:
        return frozenset({"irreversible"})
    return frozenset({"reversible", "irreversible"})


def _enough(system: Ingredients) -> int:
    """Digits (in bits) with which eigenvalues as small as the rates allow are told from zero."""
    return int(min(256 + 1.3 * _spread(system) * system.dimension, 12000))


def _moves(solved: Solved) -> tuple[set[bool], set[bool]]:
    """Whether each bath is at rest on every transition, and whether the flows of all cancel; both where it is near.

    Transitions are those between eigenstates of the state, within levels too; eigenstates of one level and of one
    weight are one. A state that is diagonal in the levels is asked for; of any other the levels are what is compared.
    """
    rest, cancel = _at_rest_and_cancelling(solved.fluxes())
    if solved.is_simple:
        return rest, cancel
    # Each bath is at rest if it is within levels too. A loop through several states of one level is one of flows that
    # cancel between levels and do not between states: the table does not say which is meant.
    rest, inside = _at_rest_and_cancelling(resolved_fluxes(solved))
    return rest, cancel | inside


def _at_rest_and_cancelling(fluxes) -> tuple[set[bool], set[bool]]:
    size = len(fluxes[0])
    total = [[sum((F[m][n] for F in fluxes), arb(0)) for n in range(size)] for m in range(size)]
    return _zero(fluxes), _zero([total])


def resolved_fluxes(solved: Solved) -> list[list[list[arb]]]:
    """Directed flux b -> a of each bath between groups of eigenstates of the state, [r][a][b]; midpoints."""
    system, known = solved.system, _enough(solved.system)
    groups: list[tuple[arb, list[list[acb]]]] = []
    for members in system.levels:
        w, V = hermitian_eigen([[middle(solved.rho[i][j]) for j in members] for i in members])
        own: list[tuple[arb, list[list[acb]]]] = []
        for k, weight in enumerate(w):
            vector = [acb(0)] * system.dimension
            for row, i in enumerate(members):
                vector[i] = V[row][k]
            value = weight if log2_size(weight) > -0.5 * known and weight > 0 else arb(0)
            for same, vectors in own:
                if _is_equal(same, value):
                    vectors.append(vector)
                    break
            else:
                own.append((value, [vector]))
        groups += own
    size = len(groups)
    found = [[[arb(0)] * size for _ in range(size)] for _ in range(len(system.baths or (None,)))]
    for jump in system.jumps:
        g, entries = jump.rate(), nonzero(jump.operator)
        if g.is_zero() or not entries:
            continue
        largest = 2 * max(log2_size(x) for _, _, x in entries)
        for b, (weight, vectors) in enumerate(groups):
            if weight.is_zero():
                continue
            for start in vectors:
                image = [acb(0)] * system.dimension
                for i, j, x in entries:
                    image[i] = image[i] + x * start[j]
                for a, (_, targets) in enumerate(groups):
                    for end in targets:
                        amplitude = sum((u.conjugate() * x for u, x in zip(end, image, strict=True)), acb(0))
                        often = middle(amplitude.real**2 + amplitude.imag**2)
                        if log2_size(often) > largest - known:
                            found[jump.owner][a][b] = found[jump.owner][a][b] + middle(g * often * weight)
    return [[[middle(x) for x in row] for row in F] for F in found]


def _is_equal(a: arb, b: arb) -> bool:
    larger = max(log2_size(a), log2_size(b))
    return larger == -math.inf or log2_size(a - b) - larger < ZERO


def _zero(tables) -> set[bool]:
    worst = -math.inf
    for F in tables:
        for m in range(len(F)):
            for n in range(m):
                activity = F[m][n] + F[n][m]
                if not activity.contains(0):
                    worst = max(worst, log2_size(F[m][n] - F[n][m]) - log2_size(activity))
    if worst < ZERO:
        return {True}
    return {False} if worst > APART else {True, False}


def _at_rest(solved: Solved) -> str:
    """Nothing flows: by the state, and by what the baths have in common."""
    baths = solved.system.baths
    equal = len({(bath.beta, bath.mu) for bath in baths}) == 1 and baths[0].beta is not None
    if equal and (baths[0].mu == 0 or solved.system.graded):
        beta = baths[0].beta
        if math.isfinite(beta):
            return "equilibrium"
        p = solved.populations()
        numbers = solved.system.numbers or [0] * solved.system.dimension
        free = [exact(float(e)) - n * exact(baths[0].mu) for e, n in zip(solved.system.energies, numbers, strict=True)]
        ground = [i for i, f in enumerate(free) if all(f <= other for other in free)]
        uniform = all(log2_size(p[i] - arb(1) / len(ground)) < ZERO for i in ground)
        coherent = any(log2_size(solved.rho[i][j]) > ZERO for i in ground for j in ground if i != j)
        return "equilibrium" if uniform and not coherent else "dark state"
    if all(x.contains(0) for x in solved.activity()):
        return "dark state"
    return "balanced, not thermal"
