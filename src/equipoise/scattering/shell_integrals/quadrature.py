r"""Adaptive quadrature over total energy of :math:`|T_{kl}(E)|^2` times the occupation, for all pairs at once.

Kronrod's rule of 21 nodes on panels of the variables in which T is analytic (`_panels`); panels whose error is too
large for some pair, relative to that pair's own integral, are extended to Patterson's 43 nodes where these promise to
be enough, and halved otherwise. All pairs share the nodes, so that identities which hold energy by energy, unitarity
above all, hold for the integrals to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise._checks import NumericalError, RealArray
from equipoise.scattering.interactions.interaction import AbstractInteraction
from equipoise.scattering.shell_integrals.occupation import AbstractOccupation
from equipoise.scattering.shell_integrals.panel_sums import (
    Integrand,
    PanelSums,
    all_sums,
    evaluated,
    extended,
    promised_errors,
)
from equipoise.scattering.shell_integrals.panels import Panels, Split, Thresholds, joined, panels_between

SPENT = 0.5
"""Fraction of what is left of the allowance that the panels accepted in one round may use up."""

RESERVE = 0.01
"""Fraction of the allowance that there always is for a round."""

STAGNANT = 3
"""Bisections that leave the error of a smooth panel where it is: it is then that of the T-matrix itself."""

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
    """

    values: RealArray
    errors: RealArray
    energies: int


def integrate(
    interaction: AbstractInteraction,
    occupation: AbstractOccupation,
    panels: Panels,
    tolerance: float,
) -> Integrals:
    """Integrate until every pair is known to a relative tolerance, or as well as its T-matrix is.

    The panels to begin with end, above the last threshold, where the gas is expected to.
    """
    integrand = Integrand(interaction, occupation, Thresholds.of(occupation.spectrum))
    last = integrand.thresholds.last
    panels, sums = _with_tail(integrand, panels, evaluated(integrand, panels), tolerance)
    done, done_errors, noise = (np.zeros(sums.value.shape[1:]) for _ in range(3))
    stagnation, is_extended = np.zeros(panels.size, dtype=int), np.zeros(panels.size, dtype=bool)
    while True:
        total, errors = done + sums.value.sum(axis=0), sums.error
        allowed = tolerance * total
        open_errors = done_errors + errors.sum(axis=0)
        if np.all(open_errors <= allowed):
            break
        left = SPENT * np.maximum(allowed - done_errors, RESERVE * allowed)
        excess = _largest_ratio(errors, left)
        # The best panels are accepted, as many as together stay within what may be spent.
        order = np.argsort(excess)
        is_bad = np.empty(panels.size, dtype=bool)
        is_bad[order] = np.cumsum(excess[order]) > 1
        wide = panels.stop - panels.start > 1e-14 * panels.stop
        is_bad &= (stagnation < STAGNANT) & wide
        if not is_bad.any():
            break
        good = ~is_bad
        done += sums.value[good].sum(axis=0)
        done_errors += errors[good].sum(axis=0)
        noise += sums.noise[good].sum(axis=0)
        if integrand.energies > MOST_ENERGIES:
            raise NumericalError(
                f"The rates are not resolved after {integrand.energies} energies: relative error "
                f"{_largest_ratio(open_errors[None], total)[0]:.1e}. "
                "Is the S-matrix or the momentum distribution discontinuous, or noisy? Raise the tolerance."
            )
        panels, sums, parents = panels[is_bad], sums[is_bad], excess[is_bad]
        stagnation, is_extended = stagnation[is_bad], is_extended[is_bad]
        extend = ~is_extended & (stagnation == 0) & (_largest_ratio(promised_errors(sums), left / panels.size) <= 1)
        halve = ~extend
        parts, kept = [], panels[extend]
        if extend.any():
            parts.append(extended(integrand, kept, sums[extend]))
        stuck = np.zeros(0, dtype=int)
        pieces = panels[halve].halves(last)
        if pieces.size:
            smooth = _is_smooth(sums.value[halve], sums.error[halve], total)
            parts.append(evaluated(integrand, pieces))
            # A half as bad as its parent, although that was smooth: noise, which no bisection takes away.
            same = _largest_ratio(parts[-1].error, left) > 0.25 * np.tile(parents[halve], 2)
            # At a threshold the error also counts what hides there, which halves as the panel does.
            inside = (pieces.start > 0) & (pieces.stop < 0.5 * np.pi)
            # Noise is random: a half that happens to be better does not start the count anew.
            stuck = np.tile(stagnation[halve], 2) + (same & inside & np.tile(smooth, 2))
        panels, sums = joined([kept, pieces]), all_sums(parts)
        stagnation = np.concatenate([stagnation[extend], stuck])
        is_extended = np.arange(panels.size) < kept.size
    return Integrals(total, open_errors + noise + sums.noise.sum(axis=0), integrand.energies)


def _largest_ratio(errors: RealArray, allowed: RealArray) -> RealArray:
    """Largest error of each panel in units of what is allowed, over the pairs that have an integral."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(allowed > 0, errors / allowed, 0.0)
    return np.asarray(ratio.max(axis=(1, 2), initial=0.0))


def _is_smooth(values: RealArray, errors: RealArray, total: RealArray) -> np.ndarray:
    """Whether the two rules agree on each panel to some digits for every pair to which it adds anything."""
    return np.asarray(np.all((errors <= 1e-4 * values) | (values <= 1e-20 * total), axis=(1, 2)))


def _with_tail(integrand: Integrand, panels: Panels, sums: PanelSums, tolerance: float) -> tuple[Panels, PanelSums]:
    """Add panels at high energies until the last of them adds nothing to any pair."""
    last = integrand.thresholds.last
    outermost = int(np.argmax(np.where(panels.segment == last, panels.stop, -1.0)))
    last_value, end = sums.value[outermost], float(panels.stop[outermost])
    for _ in range(200):
        if np.all(last_value <= 0.1 * tolerance * sums.value.sum(axis=0)):
            return panels, sums
        further = panels_between(np.array([end, 2 * end]), last)
        more = evaluated(integrand, further)
        panels, sums = joined([panels, further]), all_sums([sums, more])
        last_value, end = more.value[0], 2 * end
    raise NumericalError(
        f"The rates do not converge at high energies: collisions at kinetic energies of {end**2:.1e} still add. "
        "Is the momentum distribution normalised?"
    )


def first_panels(thresholds: Thresholds, scale: float, splits: Sequence[Split]) -> Panels:
    """Panels to begin with: graded by the kinetic energy over which the gas is spread, cut at given points.

    Points in the lower half of a segment are not flipped, those in the upper half are.
    """
    found = []
    reach = 2 * np.sqrt(scale)
    for m, gap in enumerate(thresholds.gaps):
        given = [(flipped, value) for segment, flipped, value in splits if segment == m and value > 0]
        if m == thresholds.last:
            low = np.array([0.0, reach, 2 * reach, 4 * reach, 8 * reach, *(value for _, value in given)])
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
