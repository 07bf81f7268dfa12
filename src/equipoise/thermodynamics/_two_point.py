"""Forward and backward two-point amplitudes of the jumps of a generator in a state, group by group.

In the eigenbasis of sigma, and in the gauge `Tr[sigma L_k] = 0`, the columns

    forward_k = vec(L_k sigma^(1/2)),    backward_k = vec(sigma^(1/2) L_k^dagger)

carry the operators `C_f = sum |forward_k>><<forward_k|` and `C_b`, which are unique. Jumps of different Bohr frequency
are orthogonal, so a secular generator falls into one small group for each frequency, and mostly into single pairs of
states, where C_f and C_b are numbers: the one-way flows `W_ij p_j` and `W_ji p_i`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from equipoise._checks import ROUND_OFF, Array, ComplexArray, RealArray, require, require_memory
from equipoise.generators import AbstractRepresentation, Dissipator, FrequencyResolved, Generator, Jumps, Rates
from equipoise.generators.representations import split_traces
from equipoise.stationary import DensityMatrix


@dataclass(frozen=True, eq=False)
class Group:
    """Jumps on n pairs of states: `forward`, `backward` of shape (n, K), and `h_i - h_j` of each pair [i, j].

    `error`: norm of what the rounding of large identity parts leaves in the columns.
    """

    forward: ComplexArray
    backward: ComplexArray
    modular: RealArray
    error: float = 0.0


@dataclass(frozen=True, eq=False)
class Flows:
    """One-way flows of pairs of states that share their jumps with no other pair, as logarithms, shape (n,)."""

    log_forward: RealArray
    log_backward: RealArray


@dataclass(frozen=True, eq=False)
class TwoPoint:
    """The amplitudes of several dissipators together."""

    groups: tuple[Group, ...]
    flows: Flows


def two_point(
    generator: Generator, parts: tuple[Dissipator, ...], density: DensityMatrix, theta: ComplexArray | None = None
) -> TwoPoint:
    """Amplitudes of some dissipators of a generator in a faithful state.

    `theta`: unitary U of the time reversal `U K` in the eigenbasis of the state; None for no time reversal. It
    commutes with the state; where the dissipators are secular it must also keep the levels, or None of the structure
    is used.
    """
    home = density.home_levels
    keeps_levels = home is not None and (theta is None or _is_within(theta, home))
    if any(isinstance(part.representation, Rates) for part in parts):
        # Rates name states: the structure stays if basis and reversal only permute them.
        keeps_levels = keeps_levels and _permutes(density.basis) and _permutes(theta)
    if keeps_levels and all(isinstance(part.representation, FrequencyResolved | Rates) for part in parts):
        assert home is not None
        return _by_frequency(generator, parts, density, home, theta)
    require_explicit(parts, generator.dimension)
    stack, error = _explicit(generator, parts, density)
    if not len(stack):
        return TwoPoint((), _no_flows())
    forward = stack * np.exp(0.5 * density.log_weights)[None, None, :]
    backward = _reversed(forward, theta)
    frequency = density.log_weights[None, :] - density.log_weights[:, None]
    shape = (len(stack), -1)
    group = Group(forward.reshape(shape).T, backward.reshape(shape).T, frequency.ravel(), error)
    return TwoPoint((group,), _no_flows())


def require_explicit(parts: tuple[Dissipator, ...], dimension: int) -> None:
    """Refuse dissipators without jump operators, with negative signs, or with too many jumps to write out."""
    for part in parts:
        require(
            isinstance(part.representation, Jumps | FrequencyResolved | Rates),
            "generator",
            "have jump operators",
            f"dissipator {part.name!r} is known by its action only",
            "Up to dimension 32 balance_residual and irreversibility_budget remain.",
        )
        require(
            not isinstance(part.representation, Jumps) or part.representation.is_completely_positive,
            "generator",
            "be completely positive (every jump with sign +1)",
            f"dissipator {part.name!r} has jumps with sign -1",
            "Its two-point operators are not positive, and have no logarithm; balance_residual, "
            "irreversibility_budget and the entropy production of audit(generator) remain.",
        )
    count = sum(_count(part.representation) for part in parts)
    require_memory(4 * count, dimension, "generator", "Pass a state that is diagonal in the energy basis.")


def _count(kind: AbstractRepresentation) -> int:
    if isinstance(kind, Jumps):
        return len(kind.operators)
    if isinstance(kind, FrequencyResolved):
        return int(np.count_nonzero(kind.operators))
    assert isinstance(kind, Rates)
    return int(np.count_nonzero(kind.rates))


def _reversed(forward: ComplexArray, theta: ComplexArray | None) -> ComplexArray:
    """`(L sigma^(1/2))^dagger = sigma^(1/2) L^dagger`, time-reversed if asked: `theta X theta^-1 = U X^* U^dagger`."""
    if theta is None:
        return np.asarray(forward.conj().transpose(0, 2, 1))
    return np.asarray(theta @ forward.transpose(0, 2, 1) @ theta.conj().T)


def _is_within(matrix: ComplexArray, home: np.ndarray) -> bool:
    outside = np.where(home[:, None] == home[None, :], 0, np.abs(matrix))
    return bool(outside.max(initial=0.0) <= 1e-12)


def _permutes(matrix: Array | None) -> bool:
    """Whether a unitary is a permutation up to phases."""
    return matrix is None or bool(np.all(np.abs(matrix).max(axis=0) > 1 - 1e-12))


def _no_flows() -> Flows:
    return Flows(np.zeros(0), np.zeros(0))


def _gauged(stack: ComplexArray, density: DensityMatrix) -> ComplexArray:
    """`L - Tr[sigma L]` of operators in the eigenbasis of the state."""
    means = np.einsum("kii,i->k", stack, density.weights)
    return np.asarray(stack - means[:, None, None] * np.eye(stack.shape[-1]))


def _explicit(
    generator: Generator, parts: tuple[Dissipator, ...], density: DensityMatrix
) -> tuple[ComplexArray, float]:
    """Every jump operator in the eigenbasis of the state and in its gauge, shape (K, d, d), and its rounding."""
    d = generator.dimension
    found = [np.zeros((0, d, d), dtype=complex)]
    error2 = 0.0
    for part in parts:
        kind = part.representation
        if isinstance(kind, Rates):
            rows, columns = np.nonzero(kind.rates)
            jumps = np.zeros((rows.size, d, d), dtype=complex)
            jumps[np.arange(rows.size), rows, columns] = np.sqrt(kind.rates[rows, columns])
            found.append(density.in_eigenbasis(jumps))
            continue
        assert isinstance(kind, Jumps | FrequencyResolved)
        # The identity part first: a change of basis would spread its rounding.
        c, rest = kind.gauged(generator.spectrum) if isinstance(kind, Jumps) else split_traces(kind.jump_elements())
        moving = np.any(rest != 0, axis=(1, 2))
        error2 += d * float(np.sum(np.abs(c[moving]) ** 2))
        found.append(density.in_eigenbasis(rest))
    return _gauged(np.concatenate(found), density), ROUND_OFF * float(np.sqrt(error2))


def _by_frequency(
    generator: Generator,
    parts: tuple[Dissipator, ...],
    density: DensityMatrix,
    home: np.ndarray,
    theta: ComplexArray | None,
) -> TwoPoint:
    d = generator.dimension
    log_p = density.log_weights
    classical = np.full((d, d), -np.inf)
    families = [np.zeros((0, d, d), dtype=complex)]
    for part in parts:
        kind = part.representation
        if isinstance(kind, Rates):
            classical = np.logaddexp(classical, _rates_in_eigenbasis(kind, density) + log_p[None, :])
        else:
            assert isinstance(kind, FrequencyResolved)
            families.append(_amplitudes(kind, density))
    np.fill_diagonal(classical, -np.inf)
    forward = np.concatenate(families)
    backward = _reversed(forward, theta)
    reverse = classical.T if theta is None else _moved(classical, theta)
    label = generator.spectrum.frequency_labels[np.ix_(home, home)]
    active = np.any(forward != 0, axis=0) | np.any(backward != 0, axis=0)
    groups, logs = [], [np.zeros((2, 0))]
    for rows, columns, is_single in _pairs_by_frequency(label, active | np.isfinite(classical) | np.isfinite(reverse)):
        if is_single or not active[rows, columns].any():
            with np.errstate(divide="ignore"):
                resolved = [2 * np.log(np.abs(stack[:, rows, columns])) for stack in (forward, backward)]
            log_f = np.logaddexp(np.logaddexp.reduce(resolved[0], axis=0), classical[rows, columns])
            log_b = np.logaddexp(np.logaddexp.reduce(resolved[1], axis=0), reverse[rows, columns])
            logs.append(np.array([log_f, log_b]))
            continue
        f = np.hstack([forward[:, rows, columns].T, np.diag(np.exp(0.5 * classical[rows, columns]))])
        b = np.hstack([backward[:, rows, columns].T, np.diag(np.exp(0.5 * reverse[rows, columns]))])
        groups.append(Group(_without_zeros(f), _without_zeros(b), log_p[columns] - log_p[rows]))
    joined = np.concatenate(logs, axis=1)
    return TwoPoint(tuple(groups), Flows(joined[0], joined[1]))


def _without_zeros(columns: ComplexArray) -> ComplexArray:
    return np.asarray(columns[:, np.any(columns != 0, axis=0)])


def _rates_in_eigenbasis(kind: Rates, density: DensityMatrix) -> RealArray:
    """Log rates between eigenvectors of the state that are energy states in another order, if at all."""
    if density.basis is None:
        return kind.log_rates
    at = np.argmax(np.abs(density.basis), axis=0)
    return np.asarray(kind.log_rates[np.ix_(at, at)])


def _amplitudes(kind: FrequencyResolved, density: DensityMatrix) -> ComplexArray:
    """`L_f sigma^(1/2)` of each family, rates and weights combined as logarithms."""
    log_p = density.log_weights
    if density.basis is None:
        scaled = np.exp(0.5 * (kind.log_rates + log_p[None, None, :])) * kind.operators
    else:
        scaled = density.in_eigenbasis(kind.amplitudes) * np.exp(0.5 * log_p)[None, None, :]
    # Tr[sigma L] is a sum over the diagonal: over frequency zero.
    diagonal = np.arange(log_p.size)
    root = np.exp(0.5 * log_p)
    scaled[:, diagonal, diagonal] -= (scaled[:, diagonal, diagonal] @ root)[:, None] * root[None, :]
    return np.asarray(scaled)


def _moved(classical: RealArray, theta: ComplexArray) -> RealArray:
    """Reverse flows where time reversal permutes the states: of [i, j] the flow from the image of i to that of j."""
    image = np.argmax(np.abs(theta), axis=0)
    out = np.empty_like(classical)
    out[np.ix_(image, image)] = classical.T
    return out


def _pairs_by_frequency(label: np.ndarray, active: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
    """Pairs of states by Bohr frequency; the frequencies that one pair has alone come together."""
    d = label.shape[0]
    pairs = np.nonzero(active.ravel())[0]
    order = pairs[np.argsort(label.ravel()[pairs], kind="stable")]
    _, first, count = np.unique(label.ravel()[order], return_index=True, return_counts=True)
    single = order[first[count == 1]]
    if single.size:
        yield single // d, single % d, True
    for start, size in zip(first[count > 1], count[count > 1], strict=True):
        group = order[start : start + size]
        yield group // d, group % d, False
