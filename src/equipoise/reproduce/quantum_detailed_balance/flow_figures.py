"""Figures of the second law: a relaxation with its entropy production, and two qubits, local against global."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equipoise._checks import RealArray
from equipoise.generators import local, weak_coupling
from equipoise.report.palette import SERIES
from equipoise.reproduce.drawing import INK, SOFT, panels
from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
from equipoise.stationary import evolution
from equipoise.systems import models
from equipoise.thermodynamics import currents, currents_along

if TYPE_CHECKING:
    from matplotlib.figure import Figure


FREQUENCY, EXCHANGE, TEMPERATURE = 1.0, 0.1, 1.0
"""Splitting of the first qubit, coupling of the two, and the one temperature of both reservoirs."""


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
