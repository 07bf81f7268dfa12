"""Jumps of a generator as pairs of reverse processes: `e^(s/4) L` and `e^(-s/4) L^dagger`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import ROUND_OFF, ComplexArray, InputError, RealArray, require, require_memory
from equipoise.generators.generator import Generator, require_generator
from equipoise.generators.representations import AbstractRepresentation, FrequencyResolved, Jumps
from equipoise.spectrum import Spectrum
from equipoise.tolerances import REVERSED, ROUNDED

_NEAR = 1 - REVERSED**2 / 2 - 64 * ROUND_OFF


@dataclass(frozen=True, eq=False)
class JumpPairs:
    """The dissipative part of a generator as K pairs of jumps `e^(s_k/4) L_k`, `e^(-s_k/4) L_k^dagger`.

    Parameters
    ----------
    elements : ComplexArray, shape (K, d, d)
        `L_k`, the geometric mean of the pair, in the energy basis: the given one would lose jumps that are
        slow relative to others.
    spectrum : Spectrum
        Of the generator.
    entropies : RealArray, shape (K,)
        `s_k`, logarithm of the rate of `L_k` over the rate of its reverse: what a jump gives to the reservoir.
    dissipators : ndarray of int, shape (K,)
        Dissipator of each pair.
    """

    elements: ComplexArray
    spectrum: Spectrum
    entropies: RealArray
    dissipators: np.ndarray

    @cached_property
    def operators(self) -> ComplexArray:
        """`L_k` in the given basis, shape (K, d, d)."""
        found = [self.spectrum.to_given_basis(L) for L in self.elements]
        return np.array(found, dtype=complex).reshape(self.elements.shape)


def jump_pairs(generator: Generator) -> JumpPairs:
    """Pair each jump operator of a generator with its reverse, dissipator by dissipator.

    Weak-coupling generators and rate equations know the reverse of each jump; of given jump operators the reverse of
    `L` is the one proportional to `L^dagger`, and a jump proportional to its own adjoint is its own reverse. Jumps of
    one dissipator that are proportional to each other count as one: name the reservoir of each to keep them apart.

    Parameters
    ----------
    generator : Generator
        Completely positive. A secular one has up to F d^2 / 2 pairs, written out.

    Returns
    -------
    JumpPairs

    Raises
    ------
    InputError
        A jump without a reverse (which, and whose), jumps with sign -1, a dissipator known by its action only.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> pairs = jump_pairs(rate_equation([[0, 4.0], [1.0, 0]]))
    >>> [round(float(abs(s)), 9) for s in pairs.entropies], round(float(abs(pairs.operators).max() ** 2), 9)
    ([1.386294361], 2.0)
    """
    require_generator(generator)
    d = generator.dimension
    count = sum(part.representation.jump_count for part in generator.dissipators)
    require_memory(count, d, "generator", "Reduce the dimension.")
    elements, entropies, owners = [], [], []
    for index, part in enumerate(generator.dissipators):
        for L, s in _pairs(part.representation, part.name, generator.spectrum):
            elements.append(L)
            entropies.append(s)
            owners.append(index)
    stack = np.array(elements, dtype=complex) if elements else np.zeros((0, d, d), dtype=complex)
    return JumpPairs(stack, generator.spectrum, np.array(entropies, dtype=float), np.array(owners, dtype=np.int64))


def _pairs(jumps: AbstractRepresentation, name: str, spectrum: Spectrum) -> Iterator[tuple[ComplexArray, float]]:
    """Geometric mean in the energy basis, and entropy, of each pair."""
    if isinstance(jumps, FrequencyResolved) and jumps.each_pair_alone:
        yield from _rate_pairs(jumps.log_rates[0], name)
    elif isinstance(jumps, FrequencyResolved):
        yield from _secular_pairs(jumps, name)
    elif isinstance(jumps, Jumps):
        yield from _given_pairs(jumps, name, spectrum)
    else:
        require(False, "generator", "have jump operators", f"dissipator {name!r} is known by its action only")


def _secular_pairs(kind: FrequencyResolved, name: str) -> Iterator[tuple[ComplexArray, float]]:
    rows, columns = kind.single_pairs()
    if kind.reverse is None:
        yield from _pairs_without_reverse(kind, name)
        return
    groups = [*kind.frequency_groups(), *((rows[k : k + 1], columns[k : k + 1]) for k in range(rows.size))]
    for f, back in enumerate(kind.reverse):
        for rows, columns in groups if back >= f else ():
            present = kind.coupling_operators[f, rows, columns] != 0
            i, j = rows[present], columns[present]
            there, here = kind.log_rates[f, i, j], kind.log_rates[back, j, i]
            if np.isneginf(there).all() and np.isneginf(here).all():
                continue
            label = kind.spectrum.state_frequency_labels[i[0], j[0]]
            if back == f and label < 0:
                # The reverse of a jump of the same coupling operator, met at the positive frequency.
                continue
            gap = float(kind.spectrum.state_energies[j[0]] - kind.spectrum.state_energies[i[0]])
            _require_reverse(
                bool(np.isfinite(here).all() and np.isfinite(there).all()), name, f"at frequency {gap:.6g}"
            )
            s = float(np.mean(there - here))
            require(
                float(np.ptp(there - here)) <= REVERSED * (1 + abs(s)),
                "generator",
                "have one rate ratio for all transitions of a jump",
                f"the ratios of dissipator {name!r} at frequency {gap:.6g} spread by {np.ptp(there - here):.3g}",
            )
            # A coupling operator that is its own reverse holds a jump of frequency zero once: half for each direction.
            half = 0.5 if back == f and label == 0 else 1.0
            L = np.zeros(kind.coupling_operators.shape[1:], dtype=complex)
            L[i, j] = np.sqrt(half) * np.exp(0.25 * (there + here)) * kind.coupling_operators[f, i, j]
            yield L, s


def _pairs_without_reverse(kind: FrequencyResolved, name: str) -> Iterator[tuple[ComplexArray, float]]:
    """Transitions alone at their frequency pair with the way back; the jumps of the others must find their own."""
    rows, columns = kind.single_pairs()
    single = np.full(kind.coupling_operators.shape[1:], -np.inf)
    single[rows, columns] = np.logaddexp.reduce(kind.log_transition_rates)[rows, columns]
    # At opposite frequencies the pairs (i, j) and (j, i) may be in a group each, or one alone where the other lacks.
    lonely = np.isfinite(single) & np.isneginf(single.T)
    single[lonely] = -np.inf
    yield from _rate_pairs(single, name)
    jumps = kind.jump_elements()
    on = np.isfinite(single) & ~np.eye(len(single), dtype=bool)
    others = [L for L in jumps if not on[L != 0].all()]
    if not others:
        return
    elements = np.array(others, dtype=complex)
    operators = np.array([kind.spectrum.to_given_basis(L) for L in others])
    where = [f"at frequency {_frequency(kind, L):.6g}" for L in others]
    yield from _given_pairs(Jumps(operators, (1,) * len(others), elements), name, kind.spectrum, where)


def _frequency(kind: FrequencyResolved, jump: ComplexArray) -> float:
    i, j = np.unravel_index(int(np.argmax(np.abs(jump))), jump.shape)
    return float(kind.spectrum.state_energies[j] - kind.spectrum.state_energies[i])


def _rate_pairs(log_rates: RealArray, name: str) -> Iterator[tuple[ComplexArray, float]]:
    d = len(log_rates)
    for i in range(d):
        for j in range(i):
            there, here = log_rates[i, j], log_rates[j, i]
            if np.isneginf(there) and np.isneginf(here):
                continue
            _require_reverse(bool(np.isfinite(there) and np.isfinite(here)), name, f"between the states {j} and {i}")
            L = np.zeros((d, d), dtype=complex)
            L[i, j] = np.exp(0.25 * (there + here))
            yield L, float(there - here)


def _given_pairs(
    kind: Jumps, name: str, spectrum: Spectrum, where: Sequence[str] | None = None
) -> Iterator[tuple[ComplexArray, float]]:
    require(
        kind.is_completely_positive,
        "generator",
        "be completely positive (every jump with sign +1)",
        f"dissipator {name!r} has jumps with sign -1",
        "A signed jump has no reverse: derive a positive generator of the same system, such as weak_coupling(system) "
        "or universal_lindblad(system).",
    )
    found = _Proportional(kind.elements(spectrum))
    for k, a in enumerate(found.place):
        b = found.reverse[k]
        _require_reverse(b >= 0, name, f"of its jump operator {a}" if where is None else where[a])
        if b == k:
            yield found.unit[k] * found.norms[k] / np.sqrt(2.0), 0.0
        elif b > k:
            yield found.unit[k] * np.sqrt(found.norms[k] * found.norms[b]), found.log_ratio(k, b)


class _Proportional:
    """Operators of one dissipator that are not proportional to each other: the first stands for all that are.

    `unit` (n, d, d) are normalised, `norms` (n,) hold the summed rate of all that are proportional, `place` (n,) is
    where each stood, and `reverse` (n,) the number of the one proportional to its adjoint, -1 where there is none.
    """

    def __init__(self, operators: ComplexArray) -> None:
        sizes = np.array([np.linalg.norm(L) for L in operators])
        kept = np.nonzero(sizes)[0]
        unit = operators[kept] / sizes[kept, None, None]
        parallel = np.abs(_overlaps(unit, unit)) >= _NEAR
        first = np.argmax(parallel, axis=1) if kept.size else kept
        chosen = np.unique(first)
        self.place, self.unit = kept[chosen], unit[chosen]
        largest = sizes.max(initial=0.0) or 1.0
        self.norms = largest * np.sqrt(np.bincount(first, (sizes[kept] / largest) ** 2, kept.size)[chosen])
        back = np.abs(_overlaps(_adjoints(self.unit), self.unit)) >= _NEAR
        self.reverse = np.where(back.any(axis=1), np.argmax(back, axis=1), -1) if kept.size else kept

    def log_ratio(self, a: int, b: int) -> float:
        """Logarithm of the rate of a over that of b."""
        # Antisymmetric to the last digit, so that equal fluxes there and back produce nothing.
        return float(2 * (np.log(self.norms[a]) - np.log(self.norms[b])))

    def connected(self) -> Iterator[np.ndarray]:
        """Sets of operators of which none is orthogonal to all others, or to the adjoints of all others."""
        meets = np.abs(_overlaps(self.unit, self.unit)) > ROUNDED
        meets |= np.abs(_overlaps(_adjoints(self.unit), self.unit)) > ROUNDED
        left = np.ones(len(self.unit), dtype=bool)
        while left.any():
            inside = np.zeros(left.size, dtype=bool)
            inside[np.argmax(left)] = True
            while not np.array_equal(grown := inside | meets[inside].any(axis=0), inside):
                inside = grown
            left &= ~inside
            yield np.nonzero(inside)[0]


def directed_jumps(operators: ComplexArray) -> tuple[ComplexArray, RealArray, RealArray] | None:
    """Jumps of one dissipator that each have a rate of their own relative to that of their reverse.

    Where every operator has its adjoint among the others, up to a factor, they are taken as they are. Where a unitary
    mixed them, those are found that are orthogonal to each other and to which an adjoint with one rate belongs: the
    eigenvectors of `C = sum_k |L_k>><<L_k|`, if it commutes with that of the adjoints.

    Parameters
    ----------
    operators : ComplexArray, shape (K, d, d)
        Rates included. A multiple of the identity in them is taken for a part of the jump.

    Returns
    -------
    jumps : ComplexArray, shape (n, d, d)
        Rates included, in both directions; together they make the dissipator of the given ones.
    log_ratios : RealArray, shape (n,)
        Logarithm of the rate of each over that of its reverse; infinite where there is no reverse.
    errors : RealArray, shape (n,)
        Of the logarithms of jumps that had to be told apart; zero for given ones.

    None if no such jumps exist: the reverse of some jump is then not known.
    """
    found, jumps, ratios, errors = _Proportional(operators), [], [], []
    for inside in found.connected():
        back = found.reverse[inside]
        if np.all(back >= 0):
            jumps += [found.unit[k] * found.norms[k] for k in inside]
            ratios += [found.log_ratio(k, b) for k, b in zip(inside, back, strict=True)]
            errors += [0.0] * inside.size
        elif inside.size == 1 and abs(np.trace(found.unit[inside[0]] @ found.unit[inside[0]])) <= ROUNDED:
            # Orthogonal to its own adjoint too: nothing takes it back.
            jumps.append(found.unit[inside[0]] * found.norms[inside[0]])
            ratios.append(np.inf)
            errors.append(0.0)
        else:
            mixed = _unmixed(found.unit[inside] * found.norms[inside, None, None])
            if mixed is None:
                return None
            jumps += list(mixed[0])
            ratios += list(mixed[1])
            errors += list(mixed[2])
    shape = (-1, *operators.shape[1:])
    return np.array(jumps, dtype=complex).reshape(shape), np.array(ratios, dtype=float), np.array(errors, dtype=float)


def _unmixed(operators: ComplexArray) -> tuple[ComplexArray, RealArray, RealArray] | None:
    """Common eigenvectors of C and of C of the adjoints, as jumps with their log ratios and errors, or None."""
    shape = operators.shape
    scale = float(np.abs(operators).max())
    both = np.concatenate([operators, _adjoints(operators)]).reshape(2 * shape[0], -1) / scale
    _, sizes, Q = np.linalg.svd(both, full_matrices=False)
    Q = Q[sizes > ROUNDED * sizes[0]]
    forward, backward = (rows @ Q.conj().T for rows in np.split(both, 2))
    C, R = (rows.T @ rows.conj() for rows in (forward, backward))
    # Eigenvectors of one combination that no symmetry of the two makes degenerate.
    vectors = np.linalg.eigh(C + R / np.pi)[1]
    C, R = (vectors.conj().T @ one @ vectors for one in (C, R))
    rates, reverses = np.diag(C).real, np.diag(R).real
    rounding = ROUNDED * len(C) * float(rates.max())
    off = max(float(np.abs(one - np.diag(np.diag(one))).max(initial=0.0)) for one in (C, R))
    # A rate below the rounding of the largest is not known, nor is then its ratio.
    if off > rounding or min(float(rates.min()), float(reverses.min())) <= rounding:
        return None
    jumps = np.sqrt(rates)[:, None] * (vectors.T @ Q) * scale
    return jumps.reshape(-1, *shape[1:]), np.log(rates / reverses), rounding / rates + rounding / reverses


def _adjoints(operators: ComplexArray) -> ComplexArray:
    return np.asarray(operators.conj().transpose(0, 2, 1))


def _overlaps(left: ComplexArray, right: ComplexArray) -> ComplexArray:
    """`Tr[A_i^dagger B_j]`."""
    d2 = max(1, int(np.prod(left.shape[1:])))
    return np.asarray(left.reshape(-1, d2).conj() @ right.reshape(-1, d2).T)


def _require_reverse(found: bool, name: str, where: str) -> None:
    if not found:
        raise InputError(
            f"Argument `generator` must have the reverse of each jump, but dissipator {name!r} lacks the reverse "
            f"{where}. A process without its reverse produces infinite entropy."
        )
