"""`field`: what the field of each reservoir gives and takes, frequency by frequency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from equipoise._checks import RealArray
from equipoise._printed import amount
from equipoise.auditing.analyses.answer import AbstractAnalysis, Answer, attempted, counted, listed
from equipoise.auditing.blocks import Cell, Table
from equipoise.auditing.dataset import ENERGY_FLOW, RATE
from equipoise.balance.cycles import Cycle, cycles
from equipoise.generators import Generator
from equipoise.stationary import StationaryState
from equipoise.thermodynamics import Currents, currents, emission_spectrum, field_emission
from equipoise.thermodynamics.field import FieldEmission
from equipoise.thermodynamics.line_shapes import LineShape
from equipoise.tolerances import NO_AFFINITY

POINTS = 400
"""Frequencies at which an emission spectrum is drawn."""


@dataclass(frozen=True)
class FieldFound:
    """The spectrum of the quanta from each reservoir that has one, for figures."""

    generator: Generator
    spectra: dict[str, LineShape]


@dataclass(frozen=True)
class FieldAnalysis(AbstractAnalysis):
    """Quanta and energy from the field of each reservoir at each Bohr frequency, and their conversion."""

    name: ClassVar[str] = "field"

    def answer(self, generator: Generator, state: StationaryState) -> Answer:
        """Dynamics of the field that a generator implies in its stationary state."""
        flows = currents(generator, state)
        frequencies, absorbed = flows.by_bohr_frequency()
        noise = _noise(flows)
        tables = [_frequencies(flows, frequencies, absorbed)]
        facts = [(name, _balance(flows, absorbed[r], noise[r], r)) for r, name in enumerate(flows.reservoirs)]
        conversions, why_not = attempted(lambda: cycles(generator, state).conversions)
        turning = [cycle for cycle in conversions or () if cycle.flux > 0 and cycle.affinity > NO_AFFINITY]
        text = f"not applicable: {why_not}" if conversions is None else _converted(conversions, turning)
        facts.append(("conversion", text))
        if turning:
            tables.append(_conversions(turning))
        shells, _ = attempted(lambda: field_emission(generator, state))
        if shells is not None:
            tables.append(_shells(shells))
        pair = ("reservoir", "frequency")
        inward = "net rate from the field of the reservoir into the system"
        variables: dict[str, object] = {
            "absorbed_quanta": (pair, absorbed, {"units": RATE, "long_name": inward}),
            "absorbed_energy": (pair, absorbed * frequencies, {"units": ENERGY_FLOW, "long_name": inward}),
        }
        coordinates: dict[str, object] = {"reservoir": list(flows.reservoirs), "frequency": frequencies}
        return Answer(
            name=self.name,
            title="Field: quanta and energy from each reservoir, by frequency",
            facts=tuple(facts),
            tables=tuple(tables),
            variables=variables,
            coordinates=coordinates,
            found=FieldFound(generator, _spectra(generator, state, frequencies)),
        )


def _noise(flows: Currents) -> RealArray:
    """Round-off of the net rate at each Bohr frequency, shape (R, F): of the directed fluxes it is made of."""
    labels = flows.spectrum.frequency_labels
    lower, upper = np.nonzero(labels > 0)
    count, errors = flows.spectrum.bohr_frequencies.size, flows.directed.errors
    both = (errors + errors.transpose(0, 2, 1))[:, lower, upper]
    return np.array([np.bincount(labels[lower, upper] - 1, weights=table, minlength=count) for table in both])


def _balance(flows: Currents, absorbed: RealArray, noise: RealArray, r: int) -> str:
    gifts, takings = int(np.sum(absorbed > noise)), int(np.sum(absorbed < -noise))
    energy = float(flows.energy[r])
    verb = "gives" if energy > 0 else "takes"
    levels = flows.spectrum.levels
    round_off = float(np.sum(np.abs(levels[:, None] - levels[None, :]) * flows.directed.errors[r]))
    net = "gives no energy" if abs(energy) <= round_off else f"{verb} energy at the rate {amount(abs(energy))}"
    return f"{net}; gives quanta at {counted(gifts, 'frequency')}, takes them at {counted(takings, 'frequency')}"


def _frequencies(flows: Currents, frequencies: RealArray, absorbed: RealArray) -> Table:
    active = np.nonzero(np.any(absorbed != 0, axis=0))[0]
    rows: list[tuple[Cell, ...]] = [(amount(float(frequencies[k])), *absorbed[:, k].tolist()) for k in active]
    note = "Positive: the field gives quanta of this frequency to the system. Times omega: the energy it gives."
    return listed("Net quanta per time from each field", ("omega", *flows.reservoirs), rows, note)


def _converted(found: tuple[Cycle, ...], turning: list[Cycle]) -> str:
    if not found:
        return "no cycle of three transitions"
    splitting = sum(cycle.conversion == "1 -> 2" for cycle in turning)
    parts = [
        f"{counted(count, 'cycle')} of three levels {does}"
        for count, does in (
            (splitting, "splitting one quantum into two"),
            (len(turning) - splitting, "joining two quanta into one"),
        )
        if count
    ]
    return ", ".join(parts) or "no cycle of three levels turns"


def _conversions(turning: list[Cycle]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            cycle.label,
            cycle.conversion,
            " + ".join(amount(energy) for energy in cycle.absorbed),
            " + ".join(amount(energy) for energy in cycle.emitted),
            cycle.flux,
            cycle.affinity,
        )
        for cycle in turning
    ]
    note = "Net turns per time of each cycle of three levels, in the direction of its affinity (Hill)."
    columns = ("cycle", "quanta", "absorbed", "emitted", "rate", "affinity")
    return listed("Conversion of quanta", columns, rows, note, is_stored=False)


def _shells(found: FieldEmission) -> Table:
    labels = found.spectrum.labels
    rows: list[tuple[Cell, ...]] = [
        (found.reservoirs[r], f"{labels[source]} -> {labels[target]}", *map(float, numbers))
        for r, source, target, *numbers in zip(
            found.reservoir, found.source, found.target, found.omega, found.momenta, found.quanta, strict=True
        )
    ]
    note = "k with its sign in one dimension, else the radius of the shell; quanta per time from it."
    columns = ("reservoir", "transition", "omega", "k", "quanta")
    return listed("Momentum shells", columns, rows, note, is_stored=False)


def _spectra(generator: Generator, state: StationaryState, frequencies: RealArray) -> dict[str, LineShape]:
    """Spectra of the quanta from each reservoir at the natural width of each line, for a generic spectrum of levels."""
    if not frequencies.size:
        return {}
    omega = np.linspace(0.5 * float(frequencies[0]), 1.25 * float(frequencies[-1]), POINTS)
    spectra = {}
    for name in dict.fromkeys(generator.names):
        line, _ = attempted(lambda name=name: emission_spectrum(generator, state, reservoir=name, frequencies=omega))  # type: ignore[misc]
        if line is not None:
            spectra[name] = line
    return spectra
