"""Figures of the paper's claims: the linear regime, the temperature of a state, inversion, conversion of quanta.

Each function draws one figure from the library's own functions; `saved_figures` of `report` writes them. Flows are
positive into the system, but for the conversion currents, which are drawn as the paper counts them: into the field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from equipoise._checks import RealArray
from equipoise.balance import temperature_function
from equipoise.fluctuations import nonlinearity
from equipoise.generators import weak_coupling
from equipoise.report.palette import SERIES
from equipoise.reproduce.drawing import INK, PALE, SOFT, cross, label, panels
from equipoise.reproduce.dynamical_balance.three_levels import three_level_rates, three_level_state
from equipoise.reproduce.dynamical_balance.three_levels.inversion import inversion_threshold
from equipoise.reproduce.dynamical_balance.three_levels.rates import LOWER, UPPER
from equipoise.reservoirs import LocalTemperature, Ohmic, Reservoir, Statistics, bose_einstein
from equipoise.stationary import stationary_state
from equipoise.systems import Coupling, OpenSystem, models

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEVELS = (0.0, 1.0, 2.4)
"""Three levels with unequal gaps 1, 1.4, 2.4; the lowest gap is the unit of energy in every figure."""

DENSITY = Ohmic(0.002, 10.0)

NAMES = ("$2\\!-\\!1$", "$3\\!-\\!1$", "$3\\!-\\!2$")


def bias_figure() -> Figure:
    """Energy flow from the hotter of two reservoirs against the bias, with the linear law; and the law's error."""
    colder, hotter = 1.6, 0.4
    amplitudes = {"hot": [0.6, 1.0, 0.5], "cold": [1.0, 0.4, 0.8]}
    betas = {"hot": hotter, "cold": colder}
    fields = [
        (Reservoir(name, bose_einstein(inverse_temperature=betas[name]), DENSITY), amplitudes[name]) for name in betas
    ]
    system = models.three_levels(LEVELS, fields)
    scales = np.linspace(-1.0, 1.0, 401)
    bias = scales * (colder - hotter)
    middle = 0.5 * (colder + hotter)
    fractions = np.geomspace(0.005, 1.0, 24)
    found = nonlinearity(weak_coupling(system, lamb_shift=False), fractions)
    gaps = np.array(LEVELS)[UPPER] - np.array(LEVELS)[LOWER]
    strengths = [2 * np.pi * DENSITY(gaps) * np.square(amplitudes[name]) for name in betas]
    inverse = np.stack([middle - 0.5 * bias, middle + 0.5 * bias], axis=-1)[..., None]
    state = three_level_state(three_level_rates(LEVELS, strengths, inverse))
    exact = gaps * state.currents[:, 0]
    slopes = found.response.microcurrents(found.forces)[0, UPPER, LOWER] * gaps / (colder - hotter)
    scale = 1e3
    figure, (left, right) = panels(6.6, 2.9, 2, widths=(1.5, 1.0))
    for t in range(3):
        left.plot(bias, scale * slopes[t] * bias, color=SERIES[t], lw=0.8, dashes=(4, 3))
        left.plot(bias, scale * exact[:, t], color=SERIES[t], lw=1.5)
        label(left, bias[-1], scale * exact[-1, t], NAMES[t], SERIES[t])
    left.plot(bias, scale * slopes.sum() * bias, color=INK, lw=0.8, dashes=(4, 3))
    left.plot(bias, scale * exact.sum(axis=1), color=INK, lw=1.8)
    label(left, bias[-1], scale * exact[-1].sum(), "total", INK)
    left.plot([], [], color=SOFT, lw=1.5, label="exact")
    left.plot([], [], color=SOFT, lw=0.8, dashes=(4, 3), label="linear law")
    cross(left)
    left.set(
        xlabel=r"bias $\beta_{\rm cold} - \beta_{\rm hot}$  [1/energy unit]",
        ylabel="energy flow from the hot reservoir\n[$10^{-3}$ (energy unit)²/ħ]",
        xlim=(bias[0], bias[-1]),
    )
    left.legend(loc="upper left", handlelength=2.2)
    positive = fractions * (colder - hotter)
    for law, name, offset, colour, dashes in (
        (found.linear_error, "linear", (-6, 8), SERIES[1], (None, None)),
        (found.second_order_error, "second order", (62, -12), SERIES[4], (5, 2)),
    ):
        k = positive.size // 3
        right.loglog(positive, law, color=colour, lw=1.5, dashes=dashes)
        right.annotate(name, (positive[k], law[k]), offset, textcoords="offset points", ha="right", color=colour)
    right.set(xlabel="bias [1/energy unit]", ylabel="relative error of the law")
    right.minorticks_off()
    return figure


def temperature_figure() -> Figure:
    """Inverse temperature of a stationary state against energy, over the field's own at the gaps that it drives."""
    levels = np.array([0.0, 1.0, 2.4, 3.1, 4.7, 5.5])

    def beta(omega: RealArray) -> RealArray:
        return np.asarray(1.2 - 1.1 * np.exp(-(((omega - 3.1) / 0.45) ** 2)))

    D = np.triu(np.full((6, 6), 0.3, dtype=complex), 1)
    field = Reservoir("field", LocalTemperature(Statistics.BOSON, beta), DENSITY)
    state = stationary_state(weak_coupling(OpenSystem(levels, (Coupling(field, D + D.T),)), lamb_shift=False))
    function = temperature_function(state)
    energies = levels[1:] - levels[0]
    of_state = np.array([float(function.between(m, 0)) for m in range(1, 6)])
    m, n = np.tril_indices(6, -1)
    gaps = levels[m] - levels[n]
    omega = np.linspace(0.0, 6.0, 600)
    figure, (axes,) = panels(4.6, 3.0, 1)
    axes.vlines(energies, of_state, beta(energies), color=PALE, lw=1.0, zorder=1)
    axes.plot(omega, beta(omega), color=SERIES[1], lw=1.5, zorder=2)
    axes.plot(gaps, beta(gaps), "o", ms=3.6, mfc="white", mec=SERIES[1], mew=1.0, zorder=3)
    axes.plot(energies, of_state, "D", ms=5.0, color=SERIES[0], zorder=4)
    axes.plot([], [], "o-", color=SERIES[1], mfc="white", ms=3.6, label=r"field $\beta(\omega)$, at the gaps $\omega$")
    axes.plot([], [], "D", color=SERIES[0], ms=5.0, label=r"state $\beta_S(\epsilon)$, from the ground level")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, columnspacing=1.4, borderaxespad=0.3)
    axes.annotate("inverted", (energies[0], of_state[0]), (8, -3), textcoords="offset points", color=SERIES[0])
    axes.axhline(0.0, color=SOFT, lw=0.5, zorder=0)
    axes.set(
        xlim=(0.0, 6.0),
        ylim=(-0.2, 1.35),
        xlabel=r"$\omega$, $\epsilon$ above the ground level  [energy unit]",
        ylabel="inverse temperature [1/energy unit]",
    )
    return figure


def inversion_figure() -> Figure:
    """Where a field inverts level 2 over level 1: logarithm of their ratio over two of its inverse temperatures."""
    from matplotlib.colors import LinearSegmentedColormap

    betas = np.linspace(0.0125, 2.4875, 199)
    at_gaps = np.stack(np.broadcast_arrays(1.0, betas[None, :], betas[:, None]), axis=-1)[..., None, :]
    rates = three_level_rates(LEVELS, [[0.0, 1.0, 1.0]], at_gaps)
    logs = three_level_state(rates).log_populations
    ratio = logs[..., 1] - logs[..., 0]
    figure, (axes,) = panels(4.5, 3.5, 1)
    colours = LinearSegmentedColormap.from_list("inversion", ["#00456e", "#7fb3d9", "#fbfaf7", "#e9a27c", "#8f2f05"])
    edges = np.linspace(0.0, 2.5, 200)
    mesh = axes.pcolormesh(edges, edges, ratio, cmap=colours, vmin=-4.0, vmax=4.0, rasterized=True)
    ends = np.array([0.0, 2.5])
    axes.plot(ends, inversion_threshold(np.array(LEVELS), ends), color=INK, lw=1.6)
    printed = (LEVELS[1] - LEVELS[0]) / (LEVELS[2] - LEVELS[1])
    axes.plot(ends, printed * ends, color=INK, lw=0.9, dashes=(2, 2.5))
    axes.text(0.42, 2.15, "level 2 inverted", color=INK, ha="center")
    axes.text(2.0, 0.3, r"$\rho_{22} < \rho_{11}$", color="white", ha="center")
    slope = (LEVELS[2] - LEVELS[0]) / (LEVELS[2] - LEVELS[1])
    _along(axes, 1.0, slope, "threshold")
    _along(axes, 1.78, printed, "as printed in (108)")
    bar = figure.colorbar(mesh, ax=axes, extend="both", shrink=0.92, pad=0.03)
    bar.outline.set_linewidth(0.5)
    bar.set_label(r"$\log\,(\rho_{22}/\rho_{11})$")
    axes.set(
        xlim=(0.0, 2.5),
        ylim=(0.0, 2.5),
        aspect="equal",
        xlabel=r"$\beta(e_3 - e_1)$  [1/energy unit]",
        ylabel=r"$\beta(e_3 - e_2)$  [1/energy unit]",
    )
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
    return figure


def conversion_figure() -> Figure:
    """Energy that each transition gives to the field against delta: one quantum into two, and two into one."""
    gaps = np.array(LEVELS)[UPPER] - np.array(LEVELS)[LOWER]
    delta = np.linspace(-4.0, 4.0, 401)
    # The largest gap at the exponent 3 - delta/2, the two others together at 3 + delta/2, shared by their frequencies.
    share = np.array([gaps[0], -gaps[1], gaps[2]]) / gaps[1]
    x = 3.0 * np.abs(share) + 0.5 * delta[:, None] * share
    at_gaps = (x / gaps)[:, None, :]
    strengths = 2 * np.pi * DENSITY(gaps)
    state = three_level_state(three_level_rates(LEVELS, [strengths], at_gaps))
    given = -1e3 * gaps * state.currents[:, 0]
    figure, (axes,) = panels(4.9, 3.2, 1)
    axes.axvspan(-4.0, 0.0, color="#f4f1ea", lw=0)
    for t, dashes in zip(range(3), ((), (6.0, 2.0), (2.0, 1.6)), strict=True):
        axes.plot(delta, given[:, t], color=SERIES[t], lw=1.7, dashes=dashes or (None, None))
        label(axes, delta[-1], given[-1, t], f"$J^E_{{{('21', '31', '32')[t]}}}$", SERIES[t])
    cross(axes)
    top = float(np.abs(given).max()) * 1.12
    axes.text(-2.0, 0.84 * top, "two quanta\nbecome one", ha="center", va="center", color=SOFT)
    axes.text(1.5, 0.84 * top, "one quantum\nbecomes two", ha="center", va="center", color=SOFT)
    sides = [rf"\beta(\omega_{{{name}}})\,\omega_{{{name}}}" for name in ("21", "31", "32")]
    axes.set(
        ylim=(-top, top),
        xlim=(delta[0], delta[-1]),
        xlabel=rf"$\delta = {sides[0]} - {sides[1]} + {sides[2]}$",
        ylabel="energy given to the field\n[$10^{-3}$ (energy unit)²/ħ]",
    )
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {
    "bias": bias_figure,
    "temperature": temperature_figure,
    "inversion": inversion_figure,
    "conversion": conversion_figure,
}
"""What `saved_figures` writes: name of the file, and what draws it."""


def _along(axes: Axes, x: float, slope: float, text: str) -> None:
    """A name along a line through the origin, just above it, on axes of equal aspect."""
    angle = float(np.degrees(np.arctan(slope)))
    axes.annotate(
        text,
        (x, slope * x),
        (0, 3),
        textcoords="offset points",
        rotation=angle,
        rotation_mode="anchor",
        ha="center",
        va="bottom",
        color=INK,
    )
