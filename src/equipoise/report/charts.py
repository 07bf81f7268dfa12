"""Charts of an audit as matplotlib figures: flows, populations, detailed-balance budget."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise._checks import RealArray
from equipoise._printed import amount
from equipoise.auditing import Audit, Question
from equipoise.report.figure_files import INK, SOFT, panels
from equipoise.report.palette import reservoir_styles
from equipoise.report.typeset import clipped, math_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOWEST = 1e-18
_HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\")


def flows_figure(audit: Audit) -> Figure:
    """Bars of particle, energy and heat flow for each reservoir, positive into the system."""
    style, count = reservoir_styles(audit), len(audit.reservoirs)
    figure, columns = panels(6.4, 1.15 + 0.34 * count, 1, 3)
    quantities = zip(*(flow.quantities for flow in audit.reservoirs), strict=True)
    for axes, name, unit, values in zip(
        columns,
        ("particle flow $J_N$", "energy flow $J_E$", "heat flow $J_Q$"),
        ("energy unit/ħ", "(energy unit)²/ħ", "(energy unit)²/ħ"),
        quantities,
        strict=True,
    ):
        shown = np.array([0.0 if value.is_zero else value.value for value in values], dtype=float)
        power = _power(shown)
        shown = shown / 10.0**power
        for r, value in enumerate(shown):
            hatch = _HATCHES[r % len(_HATCHES)]
            axes.barh(r, value, height=0.56, color=style[r].light, hatch=hatch, edgecolor="white", lw=0)
        _symmetric(axes, shown)
        axes.axvline(0, color=INK, lw=0.7)
        axes.set_title(name)
        scale = f"$10^{{{power}}}$ " if power else ""
        axes.set_xlabel(f"into the system\n({scale}{unit})")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    columns[0].set_yticks(range(count), [clipped(flow.name, 24) for flow in audit.reservoirs], parse_math=False)
    columns[0].set_ylim(count - 0.5, -0.5)
    return figure


def _power(values: RealArray) -> int:
    """Power of ten that an axis leaves to its label: 0 for numbers that read well without."""
    largest = float(np.abs(values).max(initial=0.0))
    power = int(np.floor(np.log10(largest))) if largest > 0 else 0
    return 0 if -1 <= power < 3 else power


def _symmetric(axes: Axes, values: RealArray) -> None:
    from matplotlib.ticker import MaxNLocator

    largest = float(np.abs(values).max(initial=0.0))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, symmetric=True))
    if largest > 0:
        axes.set_xlim(-1.12 * largest, 1.12 * largest)
    else:
        axes.set_xlim(-1, 1)
        axes.set_xticks([0.0])


def populations_figure(audit: Audit) -> Figure:
    """Weights of the state against energy (less mu N where fitted), with the fitted Gibbs state."""
    density, fit = audit.state.density, audit.gibbs
    figure, (axes,) = panels(4.2, 3.0)
    energy, label = _energies(audit)
    decades = density.log_weights / np.log(10.0)
    error = audit.state.population_error[density.spectrum.level_of]
    seen = np.isfinite(decades) if density.is_diagonal else decades > np.log10(error)
    beta = fit.inverse_temperature
    if np.isfinite(beta):
        # Normalised on the states that are occupied, as the fit is.
        exponent = -beta * energy
        offset = np.logaddexp.reduce(exponent[seen]) - np.logaddexp.reduce(density.log_weights[seen])
        ends = np.array([energy.min(), energy.max()])
        text = "fitted Gibbs state, β = " + math_number(f"{beta:.4g}")
        axes.plot(ends, (-beta * ends - offset) / np.log(10.0), color=SOFT, lw=1.0, label=text, zorder=1)
    dots: dict[str, Any] = {"ls": "", "marker": "o", "ms": 4, "mfc": "#00659e", "mec": "white", "mew": 0.5, "zorder": 3}
    axes.plot(energy[seen], decades[seen], label="stationary state", **dots)
    hidden = int((~seen).sum())
    if hidden and density.is_diagonal:
        floor = decades[seen].min() - 0.1 * max(1.0, float(np.ptp(decades[seen])))
        axes.plot(energy[~seen], [floor] * hidden, ls="", marker="v", ms=5, mfc="white", mec=SOFT, label="empty")
    elif hidden:
        # Their eigenvectors are as undetermined as their weights: they have no energy to be drawn at.
        axes.set_title(f"{hidden} states below the accuracy of the solution are not drawn", fontsize=7)
    _decade_axis(axes, decades[seen])
    margin = 0.04 * float(np.ptp(energy)) or 0.5
    axes.set_xlim(float(energy.min()) - margin, float(energy.max()) + margin)
    axes.set_xlabel(label)
    axes.set_ylabel("population of each state")
    axes.legend(loc="best")
    return figure


def _energies(audit: Audit) -> tuple[RealArray, str]:
    """Expectation of H (less mu N where a mu is fitted) in each eigenstate of the state."""
    density, mu, number_operator = audit.state.density, audit.gibbs.chemical_potential, audit.generator.number
    operator = np.diag(density.spectrum.energies).astype(complex)
    label = "energy (unit of the Hamiltonian)"
    if mu is not None and number_operator is not None:
        operator = operator - mu * density.spectrum.to_energy_basis(number_operator)
        label = r"$E - \mu N$ with the fitted $\mu$ (unit of the Hamiltonian)"
    V = np.eye(len(operator)) if density.basis is None else density.basis
    return np.asarray(np.einsum("ik,ij,jk->k", V.conj(), operator, V, optimize=True).real), label


def _decade_axis(axes: Axes, decades: RealArray) -> None:
    """Ticks at powers of ten on an axis that holds logarithms, which reach below the smallest double."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

    low, high = float(decades.min()), float(decades.max())
    if high - low < 2.0:
        marks = [factor * 10.0**k for k in range(math.floor(low) - 1, math.ceil(high) + 1) for factor in (1, 2, 5)]
        axes.set_ylim(min(low - 0.2, high - 1.0), high + 0.1)
        axes.yaxis.set_major_locator(FixedLocator(np.log10(marks).tolist()))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: math_number(amount(float(f"{10**value:.1g}")))))
        return
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"$10^{{{value:.0f}}}$" if value else "1"))


def budget_figure(audit: Audit) -> Figure:
    """Antisymmetric parts of the generator, jumps relative to jumps and coherent ones to the dissipative part."""
    assert audit.balance is not None
    balance = audit.balance
    parts = (
        ("jump", balance.relative_jump),
        ("coherent,\nnon-commuting", balance.relative_noncommuting),
        ("coherent,\ncommuting (removed)", balance.relative_commuting),
    )
    figure, (axes,) = panels(5.0, 1.75)
    for row, (_, value) in enumerate(parts):
        relative = 0.0 if value is None else value
        if relative > _LOWEST:
            axes.barh(row, relative, height=0.5, color="#4c535d" if row < 2 else "#b3b8c0", zorder=2)
        text = "undefined" if value is None else math_number(amount(float(f"{relative:.3g}")))
        axes.annotate(text, (max(relative, _LOWEST), row), (4, 0), textcoords="offset points", va="center")
    tolerance = audit.finding(Question.KMS).tolerance
    if tolerance:
        axes.plot([tolerance] * 2, [-0.5, len(parts) - 0.5], color="#b3400d", lw=0.9, ls=(0, (4, 3)), zorder=1)
        look: dict[str, Any] = {"ha": "center", "va": "bottom", "color": "#b3400d", "fontsize": 7}
        axes.annotate("tolerance", (tolerance, -0.5), (0, 1), textcoords="offset points", **look)
    axes.set_xscale("log")
    largest = max((value for _, value in parts if value), default=1.0)
    # Room for the number beside the longest bar.
    axes.set_xlim(_LOWEST, max(1.0, largest) * 1e4)
    axes.set_xticks([10.0**k for k in range(-18, int(max(0.0, np.log10(max(largest, 1.0)))) + 1, 3)])
    axes.minorticks_off()
    axes.set_yticks(range(len(parts)), [name for name, _ in parts])
    axes.set_ylim(len(parts) - 0.5, -0.9)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("antisymmetric part: of jumps over jumps, coherent over dissipative part")
    return figure
