"""The numbers of an audit as xarray variables: named dimensions, units and sign conventions in the attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from equipoise.auditing.questions import Finding
from equipoise.balance import GibbsFit
from equipoise.balance.cycles import Cycles
from equipoise.stationary import StationaryState
from equipoise.thermodynamics import Currents
from equipoise.thermodynamics.entropy import Production

RATE = "energy unit / hbar"
ENERGY_FLOW = "energy unit^2 / hbar"


@dataclass(frozen=True)
class Contents:
    """Variables and coordinates of a dataset, to be joined with `|`."""

    variables: dict[str, object] = field(default_factory=dict)
    coordinates: dict[str, object] = field(default_factory=dict)

    def __or__(self, other: Contents) -> Contents:
        return Contents(self.variables | other.variables, self.coordinates | other.coordinates)


def finding_variables(findings: Sequence[Finding]) -> Contents:
    """Question, answer, residual, tolerance and norm of each finding."""
    # NaN is netCDF's own mark for a missing value: these questions have no residual.
    variables: dict[str, object] = {
        "answer": ("finding", [finding.answer for finding in findings]),
        "residual": ("finding", [np.nan if f.value is None else f.value for f in findings]),
        "tolerance": ("finding", [np.nan if f.tolerance is None else f.tolerance for f in findings]),
        "norm": ("finding", [finding.norm for finding in findings]),
        "detail": ("finding", [finding.detail for finding in findings]),
    }
    return Contents(variables, {"finding": [finding.sentence for finding in findings]})


def sector_variables(sectors: Sequence[tuple[str, str]]) -> Contents:
    """Verdict and conserved projector, in words, of each sector."""
    variables: dict[str, object] = {
        "sector_verdict": ("sector", [verdict for verdict, _ in sectors]),
        "sector_support": ("sector", [support for _, support in sectors]),
    }
    return Contents(variables, {"sector": np.arange(len(sectors))})


def state_variables(state: StationaryState, gibbs: GibbsFit | None, ergotropy: float | None) -> Contents:
    """Energies, populations, fitted temperature, ergotropy and gap."""
    spectrum = state.spectrum
    variables: dict[str, object] = {
        "energy": ("level", spectrum.levels, {"units": "energy unit"}),
        "degeneracy": ("level", spectrum.degeneracies, {"units": "1"}),
        "log_population": (
            "level",
            state.density.log_level_populations,
            {"units": "1", "long_name": "natural logarithm of the population of the level"},
        ),
        "ergotropy": ((), ergotropy, {"units": "energy unit"}),
    }
    if gibbs is not None:
        variables["fitted_inverse_temperature"] = ((), gibbs.inverse_temperature, {"units": "1 / energy unit"})
        variables["gibbs_misfit"] = ((), gibbs.misfit, {"units": "1"})
    if state.gap is not None:
        variables["spectral_gap"] = ((), state.gap, {"units": RATE})
    return Contents(variables, {"level": list(spectrum.labels)})


def flow_variables(flows: Currents, first_law: Sequence[tuple[str, float]], entropy: Sequence[Production]) -> Contents:
    """Flows for each reservoir and transition, rows of the first law, entropy productions; NaN where not known."""
    pair = ("reservoir", "to_level", "from_level")
    carried = "flow into the system carried by both directions of a transition; symmetric, count each pair once"
    current = "net probability current from_level -> to_level caused by the reservoir"
    variables: dict[str, object] = {
        "particle_flow": ("reservoir", flows.particles, {"units": RATE}),
        "energy_flow": ("reservoir", flows.energy, {"units": ENERGY_FLOW}),
        "heat_flow": ("reservoir", flows.heat, {"units": ENERGY_FLOW}),
        "coherence_energy_flow": ("reservoir", flows.coherence_energy, {"units": ENERGY_FLOW}),
        "rate": (pair, np.exp(flows.directed.log_rates), {"units": RATE, "long_name": "rate from_level -> to_level"}),
        "microcurrent": (pair, flows.microcurrents, {"units": RATE, "long_name": current}),
        "transition_particle_flow": (pair, flows.transition_particles, {"units": RATE, "long_name": carried}),
        "transition_energy_flow": (pair, flows.transition_energy, {"units": ENERGY_FLOW, "long_name": carried}),
        "transition_heat_flow": (pair, flows.transition_heat, {"units": ENERGY_FLOW, "long_name": carried}),
        "first_law": ("law", [value for _, value in first_law], {"units": ENERGY_FLOW}),
        "entropy_production_rate": (
            "entropy_production",
            [np.nan if entry.value is None else entry.value for entry in entropy],
            {"units": "k_B " + RATE},
        ),
    }
    labels = list(flows.spectrum.labels)
    coordinates: dict[str, object] = {
        "reservoir": list(flows.reservoirs),
        "to_level": labels,
        "from_level": labels,
        "law": [name for name, _ in first_law],
        "entropy_production": [entry.name for entry in entropy],
    }
    return Contents(variables, coordinates)


def cycle_variables(cycles: Cycles | None, labels: Sequence[str]) -> Contents:
    """Affinity of each fundamental cycle and the transition that closes it."""
    if not cycles:
        return Contents()
    chords = [f"{labels[n]} -> {labels[m]}" for m, n in cycles.chords]
    closing = {"long_name": "transition that closes the fundamental cycle"}
    variables: dict[str, object] = {
        "cycle_affinity": ("cycle", cycles.affinities, {"units": "k_B"}),
        "cycle_chord": ("cycle", chords, closing),
    }
    return Contents(variables)
