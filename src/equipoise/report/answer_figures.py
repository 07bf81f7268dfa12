"""A figure for the answer of each analysis: linear response, temperature functions, evolution, field."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise._checks import RealArray
from equipoise.auditing.analyses import Answer
from equipoise.auditing.analyses.evolution import level_populations
from equipoise.auditing.analyses.field import FieldFound
from equipoise.auditing.analyses.local_kms import LocalKmsFound
from equipoise.fluctuations.nonlinear import Nonlinearity
from equipoise.generators import Generator
from equipoise.report.figure_files import INK, PALE, SOFT, panels
from equipoise.report.palette import ReservoirStyle, styles
from equipoise.report.typeset import clipped
from equipoise.thermodynamics.relaxation import CurrentsInTime

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_LINES = 8
"""Levels drawn as lines; more are drawn in one pale colour."""


def answer_figure(answer: Answer) -> Callable[[], Figure] | None:
    """The function that draws the figure of an answer; None where there is nothing to draw."""
    found = answer.found
    if isinstance(found, Nonlinearity):
        return partial(bias_figure, found) if np.any(found.forces) else None
    if isinstance(found, LocalKmsFound):
        return None if found.field is None or not found.field.transitions.size else partial(temperatures_figure, found)
    if isinstance(found, CurrentsInTime):
        return partial(evolution_figure, found) if np.sum(found.times > 0) > 1 else None
    if isinstance(found, FieldFound):
        return partial(spectrum_figure, found) if found.spectra else None
    return None


def _style(generator: Generator) -> dict[str, ReservoirStyle]:
    return dict(zip(generator.names, styles([part.reservoir for part in generator.dissipators]), strict=True))


def _dash(style: ReservoirStyle) -> object:
    return (0, tuple(length / 2 for length in style.dash)) if style.dash else "solid"


def _legend(axes: Axes) -> None:
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)


def _zero(axes: Axes) -> None:
    axes.axhline(0, color=PALE, lw=0.7, zorder=0)


def bias_figure(found: Nonlinearity) -> Figure:
    """Energy flows along the bias with the linear and the second-order law, and the error of both."""
    names = found.response.reservoirs
    palette = _style(found.response.expansion.generator)
    figure, (flows, errors) = panels(6.6, 4.0, 2)
    for r, name in enumerate(names):
        colour = palette[name].light
        flows.plot(found.scales, found.actual[:, r], color=colour, lw=1.6, label=clipped(name, 20))
        flows.plot(found.scales, found.linear[:, r], color=colour, lw=0.9, ls=(0, (4, 2)))
        flows.plot(found.scales, found.second_order[:, r], color=colour, lw=0.9, ls=(0, (1, 1.5)))
    _zero(flows)
    flows.plot([], [], color=SOFT, lw=0.9, ls=(0, (4, 2)), label="linear law")
    flows.plot([], [], color=SOFT, lw=0.9, ls=(0, (1, 1.5)), label="second order")
    flows.set_ylabel("$J_E$ into the system")
    _legend(flows)
    for error, dash, label in (
        (found.linear_error, (0, (4, 2)), "linear law"),
        (found.second_order_error, (0, (1, 1.5)), "second order"),
    ):
        seen = (error > 0) & (found.scales > 0)
        if seen.any():
            errors.semilogy(found.scales[seen], error[seen], color=INK, lw=1.1, ls=dash, label=label)
    errors.set_xlabel("fraction of the bias")
    errors.set_ylabel("relative error")
    errors.set_xlim(0, 1)
    return figure


def temperatures_figure(found: LocalKmsFound) -> Figure:
    """Inverse temperatures of each field at the Bohr frequencies, and of the state between the same levels."""
    field = found.field
    assert field is not None
    palette = _style(found.generator)
    figure, (axes,) = panels(6.6, 3.0)
    omega = field.frequencies
    positive = omega > 0
    for r, name in enumerate(field.reservoirs):
        open_ = field.is_open[r] & positive & np.isfinite(field.exponents[r])
        beta = field.exponents[r, open_] / omega[open_]
        look: dict[str, Any] = {"ls": "", "marker": "osD^v"[r % 5], "ms": 5, "color": palette[name].light}
        axes.plot(omega[open_], beta, label=clipped(name, 20), **look)
    summed = positive & np.isfinite(field.summed_exponents)
    bars: dict[str, Any] = {"ls": "", "marker": "_", "ms": 11, "mew": 1.6, "color": INK}
    axes.plot(omega[summed], field.summed_exponents[summed] / omega[summed], label="all fields", **bars)
    if found.state is not None:
        m, n = field.transitions[positive].T
        beta = np.atleast_1d(found.state.between(m, n))
        rings: dict[str, Any] = {"ls": "", "marker": "o", "ms": 8, "mfc": "none", "mec": SOFT, "mew": 1.1}
        axes.plot(omega[positive], beta, label="state, $\\beta_S$", **rings)
    low, high = axes.get_ylim()
    if low > 0:
        axes.set_ylim(0, 1.05 * high)
    else:
        _zero(axes)
    axes.set_xlabel("Bohr frequency $\\omega$ [energy unit]")
    axes.set_ylabel("inverse temperature [1/energy unit]")
    axes.set_xlim(left=0)
    _legend(axes)
    return figure


def evolution_figure(found: CurrentsInTime) -> Figure:
    """Populations, energy flows and entropy production against the logarithm of time."""
    order = np.argsort(found.times)
    order = order[found.times[order] > 0]
    times = found.times[order]
    spectrum = found.generator.spectrum
    palette = _style(found.generator)
    figure, (levels, flows, entropy) = panels(6.6, 5.6, 3)
    populations = level_populations(found)[order]
    _levels(levels, times, populations, spectrum.labels)
    for r, name in enumerate(found.reservoirs):
        style = palette[name]
        flows.plot(times, found.energy[order, r], color=style.light, ls=_dash(style), lw=1.4, label=clipped(name, 20))
    _zero(flows)
    flows.set_ylabel("$J_E$ into the system")
    _legend(flows)
    if found.entropy_production is not None:
        produced = found.entropy_production[order]
        seen = np.isfinite(produced) & (produced > 0)
        entropy.loglog(times[seen], produced[seen], color=INK, lw=1.3)
    entropy.set_ylabel("entropy production")
    entropy.set_xlabel("time [1/energy unit]")
    entropy.set_xscale("log")
    entropy.set_xlim(times[0], times[-1])
    return figure


def _levels(axes: Axes, times: RealArray, populations: RealArray, labels: tuple[str, ...]) -> None:
    from matplotlib import colormaps

    if len(labels) > MOST_LINES:
        axes.plot(times, populations, color=SOFT, lw=0.6)
    else:
        shades = colormaps["cividis"](np.linspace(0.0, 0.85, len(labels)))
        for k, label in enumerate(labels):
            axes.plot(times, populations[:, k], color=shades[k], lw=1.4, label=clipped(label, 20))
        _legend(axes)
    axes.set_ylabel("population")
    axes.set_ylim(-0.02, 1.02)


def spectrum_figure(found: FieldFound) -> Figure:
    """Net quanta per unit of frequency from each field, at the natural width of the lines."""
    palette = _style(found.generator)
    figure, rows = panels(6.6, 0.7 + 1.4 * len(found.spectra), len(found.spectra))
    for axes, (name, line) in zip(rows, found.spectra.items(), strict=True):
        axes.fill_between(line.omega, line.total, 0, color=palette[name].light, alpha=0.25, lw=0)
        axes.plot(line.omega, line.total, color=palette[name].light, lw=1.1)
        _zero(axes)
        axes.set_ylabel(f"from {clipped(name, 16)}")
    figure.supylabel("net quanta per time and frequency", fontsize="medium")
    rows[-1].set_xlabel("frequency $\\omega$ of the quanta [energy unit]")
    return figure
