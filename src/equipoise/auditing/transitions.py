"""Which transitions carry a net flow, which are balanced, and which numbers are zero to their accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import RealArray
from equipoise.thermodynamics import Currents

LARGEST = 40
"""Transitions drawn and tabulated at most."""

_SAFETY = 10.0
"""A flow is drawn when it exceeds the audit's tolerance over this: what is undecided is drawn too."""


@dataclass(frozen=True)
class Transition:
    """A pair of levels between which one reservoir moves the system.

    Parameters
    ----------
    reservoir : int
    start, end : int
        Levels, in the direction of the net flow (upwards in energy if there is none).
    net : float
        Net probability current start -> end, >= 0; 0 if balanced.
    log_activity : float
        Logarithm of the directed fluxes of both directions added.
    """

    reservoir: int
    start: int
    end: int
    net: float
    log_activity: float

    @property
    def share(self) -> float:
        """Net current over activity, 1 for a one-way transition."""
        return float(min(1.0, self.net / np.exp(self.log_activity))) if self.net > 0 else 0.0


@dataclass(frozen=True, eq=False)
class Resolution:
    """Which flows stand above their error.

    Parameters
    ----------
    flows : Currents
    error : RealArray, shape (R, L, L)
        Error of the microcurrents: the noise the flows carry, and (after a null-space solve) the absolute
        error of a population times the largest rate.
    tolerance : float
        Flows smaller than this, relative to the activity, count as zero.
    """

    flows: Currents
    error: RealArray
    tolerance: float

    @cached_property
    def is_net(self) -> np.ndarray:
        """Whether a net flow stands above error and tolerance, shape (R, L, L), symmetric."""
        return np.asarray(np.abs(self.flows.microcurrents) - self.error > self.tolerance * self.flows.activity)

    @cached_property
    def _moved_energy(self) -> tuple[RealArray, RealArray]:
        levels = self.flows.spectrum.levels
        gaps = np.abs(levels[:, None] - levels[None, :])
        return (gaps * self.error).sum(axis=(1, 2)), (gaps * self.flows.fluxes).sum(axis=(1, 2))

    def energy_error(self, r: int) -> float:
        """Energy flow of a reservoir below which it counts as zero."""
        error, moved = self._moved_energy
        return float(error[r] + self.flows.energy_rounding[r] + self.tolerance * moved[r])

    def particle_error(self, r: int) -> float:
        """Particle flow of a reservoir below which it counts as zero."""
        return float(self.error[r].sum() + self.tolerance * self.flows.fluxes[r].sum())


def resolution(flows: Currents, tolerance: float) -> Resolution:
    """Errors of flows, with a tenth of the tolerance of an audit: what is undecided is drawn, too."""
    errors = flows.directed.errors
    return Resolution(flows, errors + errors.transpose(0, 2, 1), tolerance / _SAFETY)


def net_transitions(resolved: Resolution, limit: int = LARGEST) -> tuple[tuple[Transition, ...], int]:
    """The transitions of the largest net flows, largest first, and how many there are in all."""
    return _largest(resolved, resolved.is_net, np.abs(resolved.flows.microcurrents), limit)


def balanced_transitions(resolved: Resolution, limit: int = LARGEST) -> tuple[tuple[Transition, ...], int]:
    """The transitions of the largest activity whose two directions cancel, and how many there are in all."""
    activity, log_activity = resolved.flows.activity, _log_activity(resolved.flows)
    # After elimination the error is relative: every directed flux exists, at any size.
    exists = np.isfinite(log_activity) & ((activity > resolved.error) | (activity < np.finfo(float).tiny))
    return _largest(resolved, exists & ~resolved.is_net, log_activity, limit)


def _log_activity(flows: Currents) -> RealArray:
    return np.asarray(np.logaddexp(flows.directed.log_fluxes, flows.directed.log_fluxes.transpose(0, 2, 1)))


def _largest(resolved: Resolution, kept: np.ndarray, size: RealArray, limit: int) -> tuple[tuple[Transition, ...], int]:
    """The largest of some transitions, each in the direction of its net flow, or upwards if it has none."""
    flows, levels, log_activity = resolved.flows, resolved.flows.spectrum.levels, _log_activity(resolved.flows)
    pairs = np.argwhere(np.triu(kept, 1))
    order = np.argsort(-size[tuple(pairs.T)], kind="stable")[:limit]
    found = []
    for r, m, n in pairs[order].tolist():
        # microcurrents[r, m, n] > 0 flows n -> m.
        net = float(flows.microcurrents[r, m, n]) if resolved.is_net[r, m, n] else 0.0
        start, end = (n, m) if net > 0 or (net == 0 and levels[m] > levels[n]) else (m, n)
        found.append(Transition(r, start, end, abs(net), float(log_activity[r, m, n])))
    return tuple(found), len(pairs)
