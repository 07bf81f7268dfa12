"""An audit as an xarray Dataset: named dimensions, units and sign conventions in the attributes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray

    from equipoise.audit.audit import Audit

RATE = "energy unit / hbar"


def dataset(audit: Audit) -> xarray.Dataset:
    """Every number of an audit.

    Dimensions: `reservoir`, `level` (and `from_level`, `to_level` for transitions), `finding`, `law` (rows of the
    first law), `entropy_production`, `cycle`. Flows are positive into the system. An audit whose stationary
    state is not unique has a dimension `sector` only; its sectors have datasets of their own.
    """
    import xarray

    attributes = {
        "verdict": audit.verdict.value,
        "sides": ", ".join(side.value for side in audit.sides),
        "alternatives": json.dumps([[a.reading, a.verdict.value] for a in audit.alternatives]),
        "sign_convention": "flows are positive into the system",
        "provenance": json.dumps(audit.provenance.rows()),
    }
    data: dict[str, object] = {}
    coordinates: dict[str, object] = {}
    _add_findings(audit, data, coordinates)
    if audit.sectors:
        coordinates["sector"] = np.arange(len(audit.sectors))
        data["sector_verdict"] = ("sector", [sector.verdict.value for sector in audit.sectors])
        data["sector_support"] = ("sector", [sector.support for sector in audit.sectors])
        return xarray.Dataset(data, coordinates, attributes)
    _add_state(audit, data, coordinates)
    _add_flows(audit, data, coordinates)
    _add_cycles(audit, data)
    return xarray.Dataset(data, coordinates, attributes)


def _add_findings(audit: Audit, data: dict[str, object], coordinates: dict[str, object]) -> None:
    coordinates["finding"] = [finding.question for finding in audit.findings]
    data["answer"] = ("finding", [finding.answer for finding in audit.findings])
    # NaN is netCDF's own mark for a missing value: these questions have no residual.
    data["residual"] = ("finding", [np.nan if f.value is None else f.value for f in audit.findings])
    data["tolerance"] = ("finding", [np.nan if f.tolerance is None else f.tolerance for f in audit.findings])
    data["norm"] = ("finding", [finding.norm for finding in audit.findings])
    data["detail"] = ("finding", [finding.detail for finding in audit.findings])


def _add_state(audit: Audit, data: dict[str, object], coordinates: dict[str, object]) -> None:
    assert audit.state is not None
    spectrum = audit.state.spectrum
    coordinates["level"] = list(spectrum.labels)
    data["energy"] = ("level", spectrum.levels, {"units": "energy unit"})
    data["degeneracy"] = ("level", spectrum.degeneracies, {"units": "1"})
    data["log_population"] = (
        "level",
        audit.state.density.log_level_populations,
        {"units": "1", "long_name": "natural logarithm of the population of the level"},
    )
    if audit.gibbs is not None:
        data["fitted_inverse_temperature"] = ((), audit.gibbs.inverse_temperature, {"units": "1 / energy unit"})
        data["gibbs_misfit"] = ((), audit.gibbs.misfit, {"units": "1"})
    data["ergotropy"] = ((), audit.ergotropy, {"units": "energy unit"})
    if audit.state.gap is not None:
        data["spectral_gap"] = ((), audit.state.gap, {"units": RATE})


def _add_flows(audit: Audit, data: dict[str, object], coordinates: dict[str, object]) -> None:
    flows = audit.flows
    assert flows is not None
    labels = list(flows.spectrum.labels)
    coordinates |= {"reservoir": list(flows.reservoirs), "to_level": labels, "from_level": labels}
    data["particle_flow"] = ("reservoir", flows.particles, {"units": RATE})
    data["energy_flow"] = ("reservoir", flows.energy, {"units": "energy unit^2 / hbar"})
    data["heat_flow"] = ("reservoir", flows.heat, {"units": "energy unit^2 / hbar"})
    data["coherence_energy_flow"] = ("reservoir", flows.coherence_energy, {"units": "energy unit^2 / hbar"})
    pair = ("reservoir", "to_level", "from_level")
    data["rate"] = (pair, np.exp(flows.log_rates), {"units": RATE, "long_name": "rate from_level -> to_level"})
    data["microcurrent"] = (
        pair,
        flows.microcurrents,
        {"units": RATE, "long_name": "net probability current from_level -> to_level caused by the reservoir"},
    )
    coordinates["law"] = [name for name, _ in audit.first_law]
    data["first_law"] = ("law", [value for _, value in audit.first_law], {"units": "energy unit^2 / hbar"})
    coordinates["entropy_production"] = [entry.name for entry in audit.entropy]
    data["entropy_production_rate"] = (
        "entropy_production",
        [np.nan if entry.value is None else entry.value for entry in audit.entropy],
        {"units": "k_B " + RATE},
    )


def _add_cycles(audit: Audit, data: dict[str, object]) -> None:
    if audit.cycles is None or not audit.cycles.affinities.size:
        return
    labels = audit.generator.spectrum.labels
    chords = [f"{labels[n]} -> {labels[m]}" for m, n in audit.cycles.chords]
    data["cycle_affinity"] = ("cycle", audit.cycles.affinities, {"units": "k_B"})
    data["cycle_chord"] = ("cycle", chords, {"long_name": "transition that closes the fundamental cycle"})
