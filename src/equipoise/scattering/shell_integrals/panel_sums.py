r"""Integrals of :math:`|T_{kl}(E)|^2` times the occupation over panels, with estimates of their errors.

The error of a rule is estimated from the rule inside it; at a threshold also from how far the integrand there is from
what the nodes extrapolate to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np

from equipoise._checks import ROUND_OFF, RealArray
from equipoise.scattering.interactions.interaction import AbstractInteraction
from equipoise.scattering.shell import EnergyShell
from equipoise.scattering.shell_integrals.occupation import AbstractOccupation
from equipoise.scattering.shell_integrals.panels import GUARD, Panels, Thresholds
from equipoise.scattering.shell_integrals.rules import (
    EXTENDED_EXTRAPOLATION,
    EXTRAPOLATION,
    MORE_EXTRAPOLATION,
    MORE_NODES,
    MORE_WEIGHTS,
    NODES,
    RULE,
)

CHUNK = 8 * 2**20
"""Bytes of T-matrices and what is made of them that are held at a time: not much more than a cache."""

SHARPENING = 10.0
"""A rule's error is `SHARPENING * r**1.5` of a panel from which the rule inside it differs by the fraction r."""

UNSEEN, STILL_UNSEEN = 0.0025, 0.0004
"""Fraction of a panel between its end and its first node, of Kronrod and of Patterson: where structure can hide."""


NARROW = 0.02
"""Width of a panel, relative to its distance to thresholds, below which the rounding of energies may be seen."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PanelSums:
    """Integrals over each panel and their errors, shapes (P, d, d).

    Attributes
    ----------
    value : RealArray
    rule_error : RealArray
        Of the quadrature.
    hidden_error : RealArray
        What may hide between a threshold and the first node.
    partial : RealArray
        What Kronrod's nodes add to Patterson's rule.
    ends : RealArray, shape (P, 2, d, d)
        Integrand at thresholds less what Kronrod's nodes add to Patterson's extrapolation to them.
    noise : RealArray
        What rounding of the energies does to the integral, which no finer panels take away.
    """

    value: RealArray
    rule_error: RealArray
    hidden_error: RealArray
    partial: RealArray
    ends: RealArray
    noise: RealArray

    @property
    def error(self) -> RealArray:
        """Of the quadrature of the integral, shape (P, d, d)."""
        return self.rule_error + self.hidden_error

    def __getitem__(self, chosen: np.ndarray) -> PanelSums:
        return PanelSums(**{column.name: getattr(self, column.name)[chosen] for column in fields(PanelSums)})


def all_sums(parts: Sequence[PanelSums]) -> PanelSums:
    """Those of several sets of panels."""
    if len(parts) == 1:
        return parts[0]
    joint = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in (f.name for f in fields(PanelSums))
    }
    return PanelSums(**joint)


@dataclass(eq=False)
class Integrand:
    """The integrand, and how often it has been computed."""

    interaction: AbstractInteraction
    occupation: AbstractOccupation
    thresholds: Thresholds
    energies: int = 0


def promised_errors(sums: PanelSums) -> RealArray:
    """Errors to be expected of Patterson's rule, from those of Kronrod's."""
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = np.where(sums.value > 0, sums.rule_error / (SHARPENING * sums.value), 0.0)
        extrapolated = np.where(sums.value > 0, sums.hidden_error / (UNSEEN * sums.value), 0.0)
    return sums.hidden_error * np.minimum(extrapolated, 1.0) + sums.rule_error * np.sqrt(fraction)


def _chunks(integrand: Integrand, panels: Panels) -> list[slice]:
    d, waves = integrand.occupation.spectrum.dimension, 1 if integrand.occupation.waves.value != "directions" else 2
    step = max(1, int(CHUNK / (64 * (waves * d) ** 2 * NODES.size)))
    return [slice(first, first + step) for first in range(0, panels.size, step)]


def evaluated(integrand: Integrand, panels: Panels) -> PanelSums:
    """Integral over each panel by Kronrod's rule, and estimates of its error."""
    chunks = _chunks(integrand, panels)
    if len(chunks) == 1:
        return _evaluated_at_once(integrand, panels)
    # Filled as they come: joining them afterwards would hold everything twice.
    shape = (panels.size, *(integrand.occupation.spectrum.dimension,) * 2)
    tables = {name: np.empty(shape) for name in ("value", "rule_error", "hidden_error", "partial", "noise")}
    found = PanelSums(**tables, ends=np.empty((shape[0], 2, *shape[1:])))
    for chunk in chunks:
        part = _evaluated_at_once(integrand, panels[chunk])
        for column in fields(PanelSums):
            getattr(found, column.name)[chunk] = getattr(part, column.name)
    return found


def _evaluated_at_once(integrand: Integrand, panels: Panels) -> PanelSums:
    owner, end, guards = _guards(panels, integrand.thresholds.last)
    inner, outer = _weighed(integrand, (panels, NODES), (guards, np.array([2 * GUARD - 1])))
    value, difference, partial = _summed(RULE, panels, inner)
    noise = _noise(panels, inner)
    error = _sharpened(difference, value)
    # Below the noise the difference of two rules says nothing.
    error = np.where(error > noise, error, 0.0)
    hidden, ends = np.zeros_like(error), np.zeros((panels.size, 2, error.shape[1]))
    if owner.size:
        whose = inner.factors[owner]
        units = np.divide(outer.factors, whose, out=np.zeros_like(whose), where=whose > 0).reshape(owner.size, -1)
        at_end = outer.measure * outer.values[:, 0] * units
        rows = np.stack([EXTRAPOLATION[end], EXTENDED_EXTRAPOLATION[end]], axis=1)
        expected = (rows * inner.measure[owner][:, None, :]) @ inner.values[owner]
        reach = ((panels.stop - panels.start)[owner] / (2 * np.pi))[:, None]
        np.add.at(hidden, owner, UNSEEN * reach * np.abs(at_end - expected[:, 0]))
        ends[owner, end] = reach * (at_end - expected[:, 1])
    tables = {"value": value, "rule_error": error, "hidden_error": hidden, "partial": partial, "noise": noise}
    scaled = {name: table.reshape(inner.factors.shape) * inner.factors for name, table in tables.items()}
    ends = ends.reshape(panels.size, 2, *inner.factors.shape[1:]) * inner.factors[:, None]
    return PanelSums(**scaled, ends=ends)


class _Weighed(NamedTuple):
    """The integrand at nodes of panels: values (P, n, pairs) times `measure` (P, n) times `factors` (P, d, d)."""

    values: RealArray
    measure: RealArray
    factors: RealArray
    kinetic: RealArray
    slope: RealArray
    """dE / d variable, shape (P, n)."""


def _weighed(integrand: Integrand, *sets: tuple[Panels, RealArray]) -> list[_Weighed]:
    """The integrand at the nodes of several sets of panels, for which T is computed at once."""
    occupation, thresholds = integrand.occupation, integrand.thresholds
    d, places = occupation.spectrum.dimension, [thresholds.energies(panels, nodes) for panels, nodes in sets]
    kinetic = [
        thresholds.kinetic(panels.segment, above, below)
        for (panels, _), (above, below, _) in zip(sets, places, strict=True)
    ]
    shell = EnergyShell(occupation.spectrum, occupation.gas.mass, np.concatenate([e.reshape(-1, d) for e in kinetic]))
    integrand.energies += shell.size
    T = integrand.interaction.transition_matrix(shell)
    squared = T.real**2
    squared += T.imag**2
    found, first = [], 0
    for (panels, nodes), (above, _, slope), e in zip(sets, places, kinetic, strict=True):
        P, last = panels.size, first + panels.size * nodes.size
        part = squared[first:last].reshape(P, nodes.size, *squared.shape[1:])
        weighted, at_nodes, factors = occupation.weigh(part, panels.segment, above, e)
        values = weighted.reshape(P, nodes.size, d * d)
        found.append(_Weighed(values, slope * at_nodes, factors, e, slope))
        first = last
    return found


def _noise(panels: Panels, inner: _Weighed) -> RealArray:
    """Error by rounding of the energies in the integrals over panels that are narrow relative to their distance to all
    thresholds, from which energies are counted: those around resonances, shape (P, pairs).
    """
    noise = np.zeros((panels.size, inner.values.shape[2]))
    width = inner.slope.max(axis=1) * (panels.stop - panels.start)
    narrow = np.flatnonzero(width < NARROW * np.abs(inner.kinetic).min(axis=(1, 2)))
    if narrow.size:
        # Each node is moved by some last digits of the energy, by itself: errors add up in squares.
        blur = 2 * ROUND_OFF * np.abs(inner.kinetic[narrow]).max(axis=(1, 2)) / inner.slope[narrow].mean(axis=1)
        steps = np.diff(inner.values[narrow] * inner.measure[narrow][:, :, None], axis=1)
        noise[narrow] = np.sqrt(np.sum(steps**2, axis=1)) * (blur / (2 * np.pi))[:, None]
    return noise


def extended(integrand: Integrand, panels: Panels, sums: PanelSums) -> PanelSums:
    """Integral over each panel by Patterson's rule, with the sums by Kronrod's as they are known."""
    added, ends = (
        np.concatenate(found)
        for found in zip(
            *(_added_at_once(integrand, panels[chunk]) for chunk in _chunks(integrand, panels)), strict=True
        )
    )
    value = sums.partial + added
    hidden = STILL_UNSEEN * np.abs(np.where(sums.ends != 0, sums.ends - ends, 0.0)).sum(axis=1)
    error = _sharpened(value - sums.value, value)
    error = np.where(error > sums.noise, error, 0.0)
    return replace(sums, value=value, rule_error=error, hidden_error=hidden)


def _added_at_once(integrand: Integrand, panels: Panels) -> tuple[RealArray, RealArray]:
    """Contribution of the further nodes to the integrals and to the integrand extrapolated to both ends."""
    # An extrapolated value counts as if it were that of the whole panel.
    rule = np.concatenate([MORE_WEIGHTS[None, :], 2 * MORE_EXTRAPOLATION])
    (more,) = _weighed(integrand, (panels, MORE_NODES))
    found = np.moveaxis(_summed(rule, panels, more), 0, 1)
    found = found.reshape(panels.size, 3, *more.factors.shape[1:]) * more.factors[:, None]
    return found[:, 0], found[:, 1:]


def _summed(rule: RealArray, panels: Panels, at: _Weighed) -> RealArray:
    """Integrals of each panel by several rules, shape (rules, P, pairs)."""
    # int dE/2pi g(E) of a panel: sum over nodes of w_n (width / 2) (dE/dphi)_n g_n / 2 pi.
    weights = rule[None, :, :] * (at.measure * ((panels.stop - panels.start) / (4 * np.pi))[:, None])[:, None, :]
    return np.moveaxis(weights @ at.values, 1, 0)


def _sharpened(difference: RealArray, value: RealArray) -> RealArray:
    """Error of a rule from its difference from the rule inside it."""
    difference = np.abs(difference)
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = np.where(value > 0, difference / value, 0.0)
    return np.asarray(difference * np.minimum(1.0, SHARPENING * np.sqrt(fraction)))


def _guards(panels: Panels, last: int) -> tuple[np.ndarray, np.ndarray, Panels]:
    """Panels that touch a threshold, at which end, and intervals that begin there."""
    at_start = np.flatnonzero(panels.start == 0)
    at_stop = np.flatnonzero(~panels.is_flipped & (panels.stop == 0.5 * np.pi) & (panels.segment != last))
    owner = np.concatenate([at_start, at_stop])
    end = np.repeat([0, 1], [at_start.size, at_stop.size])
    flipped = np.concatenate([panels.is_flipped[at_start], np.ones(at_stop.size, dtype=bool)])
    width = (panels.stop - panels.start)[owner]
    return owner, end, Panels(panels.segment[owner], flipped, np.zeros(owner.size), width)
