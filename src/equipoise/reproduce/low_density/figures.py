"""Fig. 1 with its inset, and what the violation depends on: couplings, flux, places, size; and what it gains."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from equipoise.report.palette import SERIES
from equipoise.reproduce.drawing import INK, SOFT, label, panels
from equipoise.reproduce.low_density import figure_data

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROUNDING = 1e-15
"""Balanced cases are drawn at this height: their logarithm is zero to rounding."""

LABELS = {"0,-": "$I(0,-)$", "+,-": "$I(+,-)$", "0,+": "$I(0,+)$", "-,0": "$I(-,0)$"}


def temperature_figure() -> Figure:
    """I(k,l) against beta times the gap, and both sides of the thermalisation conditions."""
    data = figure_data.temperature_data()
    figure, (axes,) = panels(5.4, 3.5)
    x = data.beta_gap.values
    for n, pair in enumerate(data.pair.values):
        y = data.balance_ratio.sel(pair=pair).values
        axes.plot(x, y, color=SERIES[n], lw=1.7)
        label(axes, x[-1], y[-1], LABELS[str(pair)], SERIES[n])
    axes.axhline(1.0, color=SOFT, lw=0.5, zorder=0)
    axes.set(
        xlim=(0.0, x[-1]), ylim=(0.72, 1.6), xlabel=r"$\beta\,\Delta E$", ylabel=r"$I(k,l)$, 1 in detailed balance"
    )
    inset = axes.inset_axes((0.46, 0.44, 0.5, 0.3))
    for n, equation in enumerate(data.equation.values):
        sides = 1e4 * data.condition.sel(equation=equation).values
        inset.plot(x, sides[:, 0], color=SERIES[3 + n], lw=2.4, alpha=0.45)
        inset.plot(x, sides[:, 1], color=INK, lw=1.0, dashes=(1.2, 1.8))
        below = -11 if sides[0, 0] < 0 else 4
        inset.annotate(
            f"({equation})", (x[9], sides[9, 0]), (2, below), textcoords="offset points", color=SERIES[3 + n]
        )
    inset.set_xlabel(r"$\beta\,\Delta E$", labelpad=1)
    inset.set(xlim=(0.0, x[-1]), ylabel=r"sides of (30) $[10^{-4}]$")
    return figure


def coupling_figure() -> Figure:
    """|I - 1| against a common factor of the couplings: the first order, and where it ends."""
    data = figure_data.coupling_data()
    figure, (axes,) = panels(4.9, 3.2)
    x = data.factor.values
    for n, pair in enumerate(data.pair.values):
        one = data.sel(pair=pair)
        label = f"{LABELS[str(pair)]}, slope {float(one.exponent):.3f}"
        axes.loglog(x, one.deviation.values, color=SERIES[n], lw=1.7, label=label)
        weak = x <= 3.0
        axes.loglog(x[weak], float(one.first_order) * x[weak], color=SERIES[n], lw=0.9, dashes=(4, 3))
    axes.plot([], [], color=SOFT, lw=0.9, dashes=(4, 3), label="second Born term")
    axes.set(xlim=(x[0], x[-1]), ylim=(1e-5, 1.5), xlabel="common factor of the couplings", ylabel=r"$|I(k,l) - 1|$")
    axes.minorticks_off()
    axes.legend(loc="lower right", handlelength=2.2)
    return figure


def flux_figure() -> Figure:
    """log I of pairs of levels against the flux; two levels meet where 2 phi is an integer."""
    data = figure_data.flux_data()
    figure, (axes,) = panels(4.9, 3.1)
    x = data.flux.values
    for n, pair in enumerate(data.levels.values):
        y = data.log_balance_ratio.sel(levels=pair).values
        for part in (x < 0.5, x > 0.5):
            label = f"$I({pair})$" if part[0] else None
            axes.plot(x[part], y[part], color=SERIES[n], lw=1.7, label=label)
    for at in (0.0, 0.5, 1.0):
        axes.axvline(at, color=SOFT, lw=0.7, dashes=(2, 2), zorder=0)
    axes.annotate("degenerate", (0.5, 0.0), (3, 14), textcoords="offset points", color=SOFT, rotation=90, va="bottom")
    axes.axhline(0.0, color=SOFT, lw=0.5, zorder=0)
    axes.set(xlim=(0.0, 1.0), xlabel=r"flux $\phi$ [flux quantum]", ylabel=r"$\log I(k,l)$, levels by energy")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, handlelength=2.2)
    return figure


def separation_figure() -> Figure:
    """Largest |log I| against the distance of the dots: what protects at one place need not protect at several."""
    data = figure_data.separation_data()
    figure, (axes,) = panels(5.4, 3.1)
    x = data.distance.values
    dashes = ((None, None), (6.0, 2.0), (2.0, 1.6), (8.0, 2.0, 2.0, 2.0))
    for n, name in enumerate(data.arrangement.values):
        y = data.log_balance_ratio.sel(arrangement=name).values
        couplings = ", ".join(f"{V:g}" for V in data.couplings.sel(arrangement=name).values)
        axes.plot(x, y, color=SERIES[n], lw=1.7, dashes=dashes[n], label=f"{name}: {couplings}")
    axes.set(
        xlim=(0.0, x[-1]),
        ylim=(-0.01, None),
        xlabel="distance of the first two dots [thermal wavelength]",
        ylabel=r"largest $|\log I|$",
    )
    axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=2, handlelength=2.4, columnspacing=1.2)
    return figure


def rings_figure() -> Figure:
    """Largest |log I| of rings of 3 to 6 dots: which choices of couplings protect."""
    data = figure_data.rings_data()
    figure, (axes,) = panels(5.4, 3.1)
    marks = ("o", "s", "D")
    for n, kind in enumerate(data.kind.values):
        for a, sites in enumerate(data.sites.values):
            y = np.maximum(data.log_balance_ratio.sel(kind=kind, sites=sites).values, ROUNDING)
            where = a + 0.24 * (n - 1) + 0.012 * (np.arange(y.size) - 0.5 * (y.size - 1))
            label = str(kind) if a == 0 else None
            axes.plot(where, y, marks[n], ms=3.6, mfc="white", mec=SERIES[n], mew=1.0, ls="", label=label)
    axes.axhspan(1e-16, 1e-12, color="#f4f1ea", lw=0, zorder=0)
    axes.annotate("detailed balance, to rounding", (3.45, 3e-12), ha="right", color=SOFT)
    axes.set(yscale="log", ylim=(1e-16, 10.0), xlim=(-0.5, 3.5), xlabel="number of dots on the ring")
    axes.set_ylabel(r"largest $|\log I|$")
    axes.set_xticks(range(4), [str(N) for N in data.sites.values])
    axes.minorticks_off()
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, title="couplings", handletextpad=0.2)
    return figure


def relaxation_figure() -> Figure:
    """Slowest relaxation rate over that of balanced rates of the same activity: what the violation gains."""
    data = figure_data.relaxation_data()
    figure, (axes,) = panels(4.6, 3.0)
    x = data.factor.values
    gain = data.slowest.sel(rates="violating").values / data.slowest.sel(rates="balanced").values - 1
    axes.semilogx(x, 100 * gain, color=SERIES[2], lw=1.7)
    top = int(np.argmax(gain))
    axes.plot(x[top], 100 * gain[top], "o", ms=4.0, color=SERIES[2])
    axes.annotate(f"{100 * gain[top]:.2g} %", (x[top], 100 * gain[top]), (7, 2), textcoords="offset points")
    axes.axhline(0.0, color=SOFT, lw=0.5, zorder=0)
    axes.minorticks_off()
    axes.set(
        xlim=(x[0], x[-1]),
        xlabel="common factor of the couplings",
        ylabel="relaxation faster than\nwith balanced rates [%]",
    )
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {
    "temperature": temperature_figure,
    "coupling": coupling_figure,
    "flux": flux_figure,
    "separation": separation_figure,
    "rings": rings_figure,
    "relaxation": relaxation_figure,
}

DATA = figure_data.DATA
