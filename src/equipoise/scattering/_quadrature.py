r"""Adaptive quadrature over total energy of :math:`|T_{kl}(E)|^2` times the occupation, for all pairs at once.

Kronrod's rule of 21 nodes on panels of the variables in which T is analytic (`_panels`); panels whose error is too
large for some pair, relative to that pair's own integral, are halved. All pairs share the nodes, so that identities
which hold energy by energy, unitarity above all, hold for the integrals to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise._checks import NumericalError, RealArray
from equipoise.scattering._occupation import AbstractOccupation
from equipoise.scattering._panels import (
    DIFFERENCE,
    EXTRAPOLATION,
    GUARD,
    NODES,
    WEIGHTS,
    Panels,
    Split,
    Thresholds,
    joined,
    panels_between,
)
from equipoise.scattering.interaction import AbstractInteraction
from equipoise.scattering.shell import EnergyShell

CHUNK = 8 * 2**20
"""Bytes of T-matrices and what is made of them that are held at a time: not much more than a cache."""

SHARPENING = 10.0
"""Kronrod's error is estimated as `SHARPENING * r**1.5` of a panel from which Gauss's differs by the fraction r."""

UNSEEN = 0.0025
"""Fraction of a panel between its end and its first node: so much a narrow structure at a threshold can hide."""

STAGNANT = 3
"""Bisections in a row that leave the error of a smooth panel where it is: it is then that of the T-matrix itself."""

MOST_ENERGIES = 200_000
"""Energies beyond which a rate is a numerical failure."""


@dataclass(frozen=True, eq=False)
class Integrals:
    """Integrals of all pairs, relative to the `log_reference` of the occupation.

    Attributes
    ----------
    values, errors : RealArray, shape (d, d)
        Errors are absolute.
    energies : int
        Number of T-matrices computed.
    panels : Panels
        Those that the values are sums over.
    """

    values: RealArray
    errors: RealArray
    energies: int
    panels: Panels


@dataclass(eq=False)
class _Counted:
    energies: int = 0


def integrate(
    interaction: AbstractInteraction,
    occupation: AbstractOccupation,
    panels: Panels,
    tolerance: float,
) -> Integrals:
    """Integrate until every pair is known to a relative tolerance, or as well as its T-matrix is.

    Parameters
    ----------
    interaction : AbstractInteraction
    occupation : AbstractOccupation
    panels : Panels
        To begin with; those above the last threshold end where the gas is expected to.
    tolerance : float
    """
    thresholds = Thresholds(occupation.spectrum)
    counter = _Counted()
    values, errors = _evaluated(interaction, occupation, thresholds, panels, counter)
    panels, values, errors = _with_tail(interaction, occupation, thresholds, panels, values, errors, tolerance, counter)
    done, done_errors = np.zeros(values.shape[1:]), np.zeros(values.shape[1:])
    accepted: list[Panels] = []
    stagnation = np.zeros(panels.size, dtype=int)
    while True:
        total = done + values.sum(axis=0)
        allowed = tolerance * total
        if np.all(done_errors + errors.sum(axis=0) <= allowed):
            break
        # What earlier panels left of the allowance is shared by those that are still open.
        share = np.maximum(allowed - done_errors, 0.1 * allowed) / panels.size
        excess = _largest_ratio(errors, share)
        wide = panels.stop - panels.start > 1e-14 * panels.stop
        bad = (excess > 1) & (stagnation < STAGNANT) & wide
        if not bad.any():
            break
        good = ~bad
        done += values[good].sum(axis=0)
        done_errors += errors[good].sum(axis=0)
        accepted.append(panels[good])
        if counter.energies > MOST_ENERGIES:
            raise NumericalError(
                f"The rates are not resolved after {counter.energies} energies: relative error "
                f"{_largest_ratio((done_errors + errors.sum(axis=0))[None], total)[0]:.1e}. "
                "Is the S-matrix or the momentum distribution discontinuous, or noisy? Raise the tolerance."
            )
        parents, smooth = excess[bad], _is_smooth(values[bad], errors[bad], total)
        panels = panels[bad].halves(thresholds.last)
        values, errors = _evaluated(interaction, occupation, thresholds, panels, counter)
        # A half as bad as its parent, although that was smooth: noise, which no bisection takes away.
        same = _largest_ratio(errors, share) > 0.25 * np.tile(parents, 2)
        # At a threshold the error also counts what hides there, which halves as the panel does.
        inside = (panels.start > 0) & (panels.stop < 0.5 * np.pi)
        stagnation = np.where(same & inside & np.tile(smooth, 2), np.tile(stagnation[bad], 2) + 1, 0)
    accepted.append(panels)
    return Integrals(total, done_errors + errors.sum(axis=0), counter.energies, joined(accepted))


def _largest_ratio(errors: RealArray, allowed: RealArray) -> RealArray:
    """Largest error of each panel in units of what is allowed, over the pairs that have an integral."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(allowed > 0, errors / allowed, 0.0)
    return np.asarray(ratio.max(axis=(1, 2), initial=0.0))


def _is_smooth(values: RealArray, errors: RealArray, total: RealArray) -> np.ndarray:
    """Whether the two rules agree on each panel to some digits for every pair to which it adds anything."""
    return np.asarray(np.all((errors <= 1e-4 * values) | (values <= 1e-20 * total), axis=(1, 2)))


def _with_tail(
    interaction: AbstractInteraction,
    occupation: AbstractOccupation,
    thresholds: Thresholds,
    panels: Panels,
    values: RealArray,
    errors: RealArray,
    tolerance: float,
    counter: _Counted,
) -> tuple[Panels, RealArray, RealArray]:
    """Add panels at high energies until the last of them adds nothing to any pair."""
    outermost = int(np.argmax(np.where(panels.segment == thresholds.last, panels.stop, -1.0)))
    last_value, end = values[outermost], float(panels.stop[outermost])
    for _ in range(200):
        if np.all(last_value <= 0.1 * tolerance * values.sum(axis=0)):
            return panels, values, errors
        further = panels_between(np.array([end, 2 * end]), thresholds.last)
        more, more_errors = _evaluated(interaction, occupation, thresholds, further, counter)
        panels = joined([panels, further])
        values, errors = np.concatenate([values, more]), np.concatenate([errors, more_errors])
        last_value, end = more[0], 2 * end
    raise NumericalError(
        f"The rates do not converge at high energies: collisions at kinetic energies of {end**2:.1e} still add. "
        "Is the momentum distribution normalised?"
    )


def _evaluated(
    interaction: AbstractInteraction,
    occupation: AbstractOccupation,
    thresholds: Thresholds,
    panels: Panels,
    counter: _Counted,
) -> tuple[RealArray, RealArray]:
    """Integral over each panel and estimate of its error, shapes (P, d, d)."""
    d, waves = occupation.spectrum.dimension, 1 if occupation.waves.value != "directions" else 2
    step = max(1, int(CHUNK / (64 * (waves * d) ** 2 * NODES.size)))
    pieces = [
        _evaluated_at_once(interaction, occupation, thresholds, panels[i : i + step], counter)
        for i in range(0, panels.size, step)
    ]
    if len(pieces) == 1:
        return pieces[0]
    return np.concatenate([value for value, _ in pieces]), np.concatenate([error for _, error in pieces])


def _evaluated_at_once(
    interaction: AbstractInteraction,
    occupation: AbstractOccupation,
    thresholds: Thresholds,
    panels: Panels,
    counter: _Counted,
) -> tuple[RealArray, RealArray]:
    above, below, measure = thresholds.energies(panels, NODES)
    owner, end, guards = _guards(panels, thresholds.last)
    near, under, slope = thresholds.energies(guards, np.array([2 * GUARD - 1]))
    kinetic = thresholds.kinetic(panels.segment, above, below)
    at_guards = thresholds.kinetic(guards.segment, near, under)
    P, d = panels.size, occupation.spectrum.dimension
    shell = EnergyShell(
        occupation.spectrum,
        occupation.gas.mass,
        np.concatenate([kinetic.reshape(-1, d), at_guards.reshape(-1, d)]),
    )
    counter.energies += shell.size
    T = interaction.transition_matrix(shell)
    squared = T.real**2
    squared += T.imag**2
    inner = squared[: P * NODES.size].reshape(P, NODES.size, *squared.shape[1:])
    weighted, at_nodes, factors = occupation.weigh(inner, panels.segment, above, kinetic)
    measure = measure * at_nodes
    width = panels.stop - panels.start
    rule = np.stack([WEIGHTS, DIFFERENCE])[None, :, :] * (measure * width[:, None] / (4 * np.pi))[:, None, :]
    flat = weighted.reshape(P, NODES.size, -1)
    value, difference = np.moveaxis(rule @ flat, 1, 0)
    difference = np.abs(difference)
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = np.where(value > 0, difference / value, 0.0)
    error = difference * np.minimum(1.0, SHARPENING * np.sqrt(fraction))
    if owner.size:
        outer = squared[P * NODES.size :][:, None]
        found, outside, guard_factors = occupation.weigh(outer, guards.segment, near, at_guards)
        expected = ((EXTRAPOLATION[end] * measure[owner])[:, None, :] @ flat[owner])[:, 0]
        same_units = np.divide(
            guard_factors, factors[owner], out=np.zeros_like(guard_factors), where=factors[owner] > 0
        ).reshape(owner.size, -1)
        mismatch = np.abs(slope * outside * found.reshape(owner.size, -1) * same_units - expected)
        np.add.at(error, owner, UNSEEN * mismatch * (width[owner] / (2 * np.pi))[:, None])
    return value.reshape(P, d, d) * factors, error.reshape(P, d, d) * factors


def _guards(panels: Panels, last: int) -> tuple[np.ndarray, np.ndarray, Panels]:
    """Panels that touch a threshold, at which end, and intervals that begin there."""
    at_start = np.flatnonzero(panels.start == 0)
    at_stop = np.flatnonzero(~panels.is_flipped & (panels.stop == 0.5 * np.pi) & (panels.segment != last))
    owner = np.concatenate([at_start, at_stop])
    end = np.repeat([0, 1], [at_start.size, at_stop.size])
    flipped = np.concatenate([panels.is_flipped[at_start], np.ones(at_stop.size, dtype=bool)])
    width = (panels.stop - panels.start)[owner]
    return owner, end, Panels(panels.segment[owner], flipped, np.zeros(owner.size), width)


def first_panels(thresholds: Thresholds, scale: float, splits: Sequence[Split]) -> Panels:
    """Panels to begin with: graded by the energy scale of the gas, cut at given points.

    Parameters
    ----------
    thresholds : Thresholds
    scale : float
        Kinetic energy over which the gas is spread.
    splits : sequence of Split
        In the lower half of a segment not flipped, in the upper half flipped.
    """
    found = []
    gaps = np.append(np.diff(thresholds.spectrum.levels), np.inf)
    reach = 2 * np.sqrt(scale)
    for m, gap in enumerate(gaps):
        given = [(flipped, value) for segment, flipped, value in splits if segment == m and value > 0]
        if m == thresholds.last:
            low = np.array([0.0, reach, 2 * reach, 4 * reach, *(value for _, value in given)])
            found.append(panels_between(np.unique(low), m))
            continue
        graded = reach * 2.0 ** np.arange(max(0, int(np.ceil(np.log2(np.sqrt(0.5 * gap) / reach)))))
        low = np.arcsin(graded / np.sqrt(gap))
        if not given:
            found.append(panels_between(np.concatenate([[0.0], low, [0.5 * np.pi]]), m))
            continue
        low = np.unique(np.concatenate([[0.0, 0.25 * np.pi], low, [value for flipped, value in given if not flipped]]))
        high = np.unique(np.concatenate([[0.0, 0.25 * np.pi], [value for flipped, value in given if flipped]]))
        found += [panels_between(low, m), panels_between(high, m, is_flipped=True)]
    return joined(found)
