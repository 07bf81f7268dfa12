"""`evolution`: populations and flows from an initial state to stationarity, at any times at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from equipoise._checks import InputError, require
from equipoise._printed import amount
from equipoise.auditing.analyses.answer import AbstractAnalysis, Answer, counted
from equipoise.auditing.blocks import Cell, Table
from equipoise.auditing.dataset import ENERGY_FLOW, RATE
from equipoise.generators import Generator
from equipoise.spectrum import Spectrum
from equipoise.stationary import DensityMatrix, StationaryState, evolution, relaxation_spectrum
from equipoise.stationary.relaxation_modes import RelaxationSpectrum
from equipoise.thermodynamics import currents_along
from equipoise.thermodynamics.relaxation import CurrentsInTime
from equipoise.tolerances import TRACE

MOST_TIMES = 16
"""Times of a printed table; the dataset holds them all."""

MOST_LEVELS = 8
"""Levels of a printed table."""


@dataclass(frozen=True)
class EvolutionAnalysis(AbstractAnalysis):
    """Relaxation from an initial state.

    Parameters
    ----------
    times : tuple of float
        Finite, >= 0, in the inverse unit of energy.
    initial : str, int, tuple of float, or None
        A level by its label, or by its number from 0 at the lowest energy (its states equally likely); populations of
        the energy states; None for the lowest level.
    """

    times: tuple[float, ...]
    initial: str | int | tuple[float, ...] | None = None
    name: ClassVar[str] = "evolution"

    def answer(self, generator: Generator, state: StationaryState) -> Answer:
        """Populations and flows along the relaxation of a generator."""
        spectrum = generator.spectrum
        start = DensityMatrix(spectrum, _log_weights(spectrum, self.initial))
        flows = currents_along(generator, evolution(generator, start, self.times))
        facts = (
            ("initial state", _described(spectrum, self.initial)),
            ("relaxation", _relaxation(generator, relaxation_spectrum(generator))),
            ("stationary", _arrival(flows, state)),
        )
        populations = level_populations(flows)
        names = {"level": list(spectrum.labels), "reservoir": list(generator.names)}
        of_reservoir, inward = ("time", "reservoir"), {"long_name": "into the system"}
        variables: dict[str, object] = {
            "population": (("time", "level"), populations, {"units": "1"}),
            "energy_flow": (of_reservoir, flows.energy, {"units": ENERGY_FLOW} | inward),
            "heat_flow": (of_reservoir, flows.heat, {"units": ENERGY_FLOW} | inward),
            "particle_flow": (of_reservoir, flows.particles, {"units": RATE} | inward),
            "system_energy": ("time", flows.system_energy, {"units": "energy unit"}),
            "entropy": ("time", flows.entropy, {"units": "k_B"}),
        }
        if flows.entropy_production is not None:
            variables["entropy_production_rate"] = ("time", flows.entropy_production, {"units": "k_B " + RATE})
        return Answer(
            name=self.name,
            title=f"Evolution at {counted(len(self.times), 'time')}",
            facts=facts,
            tables=(_table(flows, populations),),
            variables=variables,
            coordinates={"time": np.array(self.times), **names},
            found=flows,
        )


def _log_weights(spectrum: Spectrum, initial: str | int | tuple[float, ...] | None) -> np.ndarray:
    if isinstance(initial, tuple):
        weights = np.array(initial)
        require(
            weights.size == spectrum.dimension and bool(np.all(weights >= 0)) and abs(weights.sum() - 1) <= TRACE,
            "initial",
            f"be {spectrum.dimension} populations >= 0 that add up to 1",
            f"got {weights.size} that add up to {weights.sum():.6g}"
            + (f", of which [{weights.argmin()}] is {weights.min():.6g}" if np.any(weights < 0) else ""),
        )
    else:
        level = 0 if initial is None else _level(spectrum, initial)
        weights = (spectrum.level_of == level) / spectrum.degeneracies[level]
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(weights))


def _level(spectrum: Spectrum, label: str | int) -> int:
    if isinstance(label, int):
        highest = spectrum.size - 1
        require(0 <= label <= highest, "initial", f"be a level from 0 to {highest}", f"got {label}")
        return label
    if label not in spectrum.labels:
        shown = ", ".join(repr(known) for known in spectrum.labels[:12])
        raise InputError(
            f"Argument `initial` must name a level, but got {label!r}. The levels are {shown}"
            f"{', ...' if spectrum.size > 12 else ''}."
        )
    return spectrum.labels.index(label)


def _described(spectrum: Spectrum, initial: str | int | tuple[float, ...] | None) -> str:
    if isinstance(initial, tuple):
        return "the given populations"
    return f"level {spectrum.labels[_level(spectrum, 0 if initial is None else initial)]}"


def _relaxation(generator: Generator, modes: RelaxationSpectrum) -> str:
    swing = "; populations swing on their way (complex eigenvalues)" if modes.is_oscillating else ""
    if not generator.is_secular:
        return f"slowest decay rate {amount(modes.gap)}{swing}"
    coherent = f", of coherences {amount(modes.coherence_gap)}" if np.isfinite(modes.coherence_gap) else ""
    return f"slowest decay rate of populations {amount(modes.population_gap)}{coherent}{swing}"


def _arrival(flows: CurrentsInTime, state: StationaryState) -> str:
    """The first of the times from which on every population is within a thousandth of its stationary value."""
    final = state.populations
    order = np.argsort(flows.times)
    near = np.all(np.abs(flows.evolution.populations[order] - final) <= 1e-3 * final, axis=1)
    late = np.nonzero(~near)[0]
    first = 0 if not late.size else int(late[-1]) + 1
    if first == near.size:
        return "not reached: a population still differs by more than 0.1 % at the last time"
    return f"to 0.1 % of every population from t = {amount(float(flows.times[order][first]))} on"


def level_populations(flows: CurrentsInTime) -> np.ndarray:
    """Population of each level at each time, shape (T, L)."""
    spectrum = flows.generator.spectrum
    out = np.zeros((flows.times.size, spectrum.size))
    np.add.at(out.T, spectrum.level_of, flows.evolution.populations.T)
    return out


def _table(flows: CurrentsInTime, populations: np.ndarray) -> Table:
    labels = flows.generator.spectrum.labels[:MOST_LEVELS]
    count = flows.times.size
    chosen = np.unique(np.linspace(0, count - 1, min(count, MOST_TIMES)).round().astype(int))
    rows: list[tuple[Cell, ...]] = []
    for k in chosen:
        produced = None if flows.entropy_production is None else float(flows.entropy_production[k])
        cells = [float(value) for value in (*populations[k, : len(labels)], *flows.energy[k])]
        rows.append((amount(float(flows.times[k])), *cells, produced))
    columns = ("time", *(f"p({label})" for label in labels), *(f"J_E {name}" for name in flows.reservoirs), "sigma")
    shown = "" if chosen.size == count else f"{chosen.size} of {count} times; the results file has all. "
    rest = flows.generator.spectrum.size - len(labels)
    shown += f"{rest} more levels there. " if rest else ""
    note = f"{shown}J_E into the system; sigma: entropy produced per time."
    return Table("Populations and energy flows along the evolution", columns, tuple(rows), note)
