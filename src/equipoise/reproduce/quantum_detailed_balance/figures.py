"""Figures of the article: ladder of detailed balance, correlation functions, a relaxation, local against global."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise.balance import detailed_balance
from equipoise.generators import Generator, ding_li_lin, lindbladian, local, rate_equation, weak_coupling
from equipoise.report.palette import SERIES
from equipoise.reproduce.drawing import INK, SOFT, panels
from equipoise.reproduce.quantum_detailed_balance.cases import balanced_jumps, gibbs_of, heisenberg, thermal
from equipoise.reproduce.quantum_detailed_balance.consequences import correlation, symmetric_correlation
from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
from equipoise.stationary import evolution, stationary_state
from equipoise.systems import models
from equipoise.thermodynamics import currents, currents_along

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FREQUENCY, EXCHANGE, TEMPERATURE = 1.0, 0.1, 1.0
"""Splitting of the first qubit, coupling of the two, and the one temperature of both reservoirs."""

PARTS = ("GNS-balanced", "KMS, not GNS", "jumps, antisymmetric", "coherent, antisymmetric", "commuting H")


def ladder_cases() -> dict[str, tuple[Generator, ComplexArray]]:
    """A generator for each rung, with its state."""
    case = thermal(np.random.default_rng(4), 3)
    sampler = ding_li_lin(np.diag([0.0, 1.0, 2.4]), [np.ones((3, 3))], 1.0, interaction_picture=True)
    driven = lindbladian([[0.15, 0.25], [0.25, -0.15]], [[[0, 0], [1.0, 0]], [[0, 0.4], [0, 0]]])
    cycle = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    made = {
        "thermal bath, jumps": lindbladian(np.zeros((3, 3)), case.jumps),
        "thermal bath, with H": lindbladian(0.2 * np.diag(case.levels), list(case.jumps)),
        "Ding-Li-Lin sampler": sampler,
        "driven warm qubit": driven,
        "three-state cycle": cycle,
    }
    return {name: (found, stationary_state(found).density_matrix()) for name, found in made.items()}


def ladder_figure() -> Figure:
    """Shares of the squared norm of five generators: which rung of detailed balance each stands on."""
    figure, (axes,) = panels(6.4, 2.6)
    cases = ladder_cases()
    left = np.zeros(len(cases))
    budgets = [detailed_balance(generator, state) for generator, state in cases.values()]
    rows = np.array([[value**2 for _, value in budget.parts()] for budget in budgets])
    rows /= rows.sum(axis=1, keepdims=True)
    for k, part in enumerate(PARTS):
        axes.barh(list(cases), rows[:, k], left=left, color=SERIES[k], height=0.62, label=part)
        left += rows[:, k]
    axes.invert_yaxis()
    axes.set(xlim=(0.0, 1.0), xlabel=r"share of $\|\hat L\|^2$", ylabel="generator")
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3, columnspacing=1.2, handlelength=1.0)
    return figure


def correlation_figure() -> Figure:
    """Real part of two correlation functions and of their reverses, as printed and symmetrised."""
    h = np.array([0.0, 0.9, 2.1])
    H, jumps = balanced_jumps(np.random.default_rng(4), h)
    A = np.array([[0, 1, 0], [1, 0, 1j], [0, -1j, 0]])
    B = np.array([[0.5, 1j, 0.5], [-1j, 0, 0], [0.5, 0, -0.5]])
    L, sigma = heisenberg(H, jumps), gibbs_of(h)
    unit = 1 / float(np.sort(-np.linalg.eigvals(L).real)[1])
    times = np.linspace(0.0, 3.0, 61)
    figure, both = panels(6.4, 2.6, 2)
    for axes, form, title in zip(
        both,
        (correlation, symmetric_correlation),
        (r"$\mathrm{Tr}[\sigma A(t) B]$", r"$\mathrm{Tr}[\sigma^{1/2} A(t) \sigma^{1/2} B]$"),
        strict=True,
    ):
        forward = np.array([form(L, sigma, A, B, t * unit) for t in times])
        backward = np.array([form(L, sigma, B, A, t * unit) for t in times])
        axes.plot(times, forward.real, color=SERIES[1], lw=1.6, label="$A, B$")
        axes.plot(times, backward.real, color=SERIES[0], lw=1.6, dashes=(5, 2), label="$B, A$")
        axes.axhline(0.0, color=SOFT, lw=0.5, zorder=0)
        axes.set(xlabel="time [relaxation time]", ylabel="Re " + title)
        axes.legend(handlelength=2.2)
    return figure


def relaxation_figure() -> Figure:
    """Relative entropy to the Gibbs state and its rate of decrease, from a superposition of three levels."""
    bath = Reservoir("bath", bose_einstein(temperature=0.8), Ohmic(0.002, 10.0))
    generator = weak_coupling(models.three_levels([0.0, 1.0, 2.4], [(bath, [1.0, 0.6, 0.8])]), warn=False)
    times = np.linspace(0.0, 200.0, 241)
    psi = np.array([0.1, 0.2, 1.0])
    rho = 0.98 * np.outer(psi, psi) / (psi @ psi) + 0.02 * np.eye(3) / 3
    found = currents_along(generator, evolution(generator, rho, times)).contraction()
    assert found.production is not None
    figure, (left, right) = panels(6.4, 2.7, 2)
    left.plot(found.times, found.relative_entropy, color=SERIES[0], lw=1.6)
    left.set_ylabel(r"$S(\rho_t\,\Vert\,\sigma)$ [nats]")
    right.semilogy(found.times, found.production, color=SERIES[1], lw=1.6)
    right.set_ylabel(r"$\Pi(t)$ [nats × energy unit/ħ]")
    for axes in (left, right):
        axes.set(xlim=(0.0, 200.0), xlabel="time [ħ/energy unit]")
    return figure


def flows_of_qubits(detuning: float) -> tuple[RealArray, float, float]:
    """Two qubits at one temperature: local energy flows (both reservoirs), boundary work, largest global flow."""
    thermal, density = bose_einstein(temperature=TEMPERATURE), Ohmic(0.002, 10.0)
    frequencies = (FREQUENCY, FREQUENCY + detuning)
    baths = [Reservoir(name, thermal, density) for name in ("first", "second")]
    system = models.two_coupled_qubits(frequencies, EXCHANGE, baths)
    up, one = np.diag([0.5, -0.5]), np.eye(2)
    parts = {"first": np.kron(frequencies[0] * up, one), "second": np.kron(one, frequencies[1] * up)}
    apart, whole = local(system, parts), weak_coupling(system, warn=False)
    energy = np.asarray(currents(apart).energy)
    together = np.asarray(currents(whole).energy)
    return energy, -float(energy.sum()), float(np.abs(together).max())


def qubits_figure() -> Figure:
    """The local description keeps flows and boundary work going at one temperature, the global one none."""
    detunings = np.linspace(-0.6, 0.6, 61)
    found = [flows_of_qubits(float(delta)) for delta in detunings]
    energy = 1e4 * np.array([flows for flows, _, _ in found])
    figure, (axes,) = panels(4.9, 3.1)
    for r, name in enumerate(("first reservoir", "second reservoir")):
        axes.plot(detunings, energy[:, r], color=SERIES[r], lw=1.6, label=f"{name}, local")
    axes.plot(detunings, -energy.sum(axis=1), color=INK, lw=1.6, dashes=(5, 2), label="boundary work, local")
    axes.plot(detunings, [1e4 * rest for _, _, rest in found], color=SOFT, lw=1.4, dashes=(2, 2), label="any, global")
    axes.set(
        xlim=(detunings[0], detunings[-1]),
        xlabel=r"detuning $\omega_2 - \omega_1$ [energy unit]",
        ylabel="flow into the qubits\n[$10^{-4}$ (energy unit)²/ħ]",
    )
    axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=2, handlelength=2.2, columnspacing=1.2)
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {
    "ladder": ladder_figure,
    "correlations": correlation_figure,
    "relaxation": relaxation_figure,
    "local-against-global": qubits_figure,
}
