"""An audit as an xarray dataset: named dimensions, with units and sign conventions in the attributes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from equipoise.auditing.questions import Finding

if TYPE_CHECKING:
    import xarray

    from equipoise.auditing.record import Audit

RATE = "energy unit / hbar"
ENERGY_FLOW = "energy unit^2 / hbar"


@dataclass(frozen=True)
class Contents:
    """Variables and coordinates of a dataset, to be joined with `|`."""

    variables: dict[str, object] = field(default_factory=dict)
    coordinates: dict[str, object] = field(default_factory=dict)

    def __or__(self, other: Contents) -> Contents:
        return Contents(self.variables | other.variables, self.coordinates | other.coordinates)


def dataset_of(audit: Audit) -> xarray.Dataset:
    """The numbers of an audit, those of its parts among them."""
    import xarray

    attributes = {
        "verdict": audit.verdict.value,
        "both_sides": ", ".join(side.value for side in audit.both_sides),
        "alternatives": json.dumps([[a.reading, a.verdict.value] for a in audit.alternatives]),
        "sign_convention": "flows are positive into the system",
        "provenance": json.dumps(audit.provenance.rows()),
    }
    contents = _findings(audit.findings)
    contents |= _sectors(audit.sectors) if audit.sectors else _flows(audit)
    for part in audit.parts:
        contents |= part.contents()
    return xarray.Dataset(contents.variables, contents.coordinates, attributes)


def missing(values: Sequence[float | None]) -> np.ndarray:
    """Numbers in which NaN, netCDF's own mark for a missing value, stands for None."""
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _findings(findings: Sequence[Finding]) -> Contents:
    variables: dict[str, object] = {
        name: ("finding", [getattr(finding, name) for finding in findings]) for name in ("answer", "norm", "detail")
    }
    variables["residual"] = ("finding", missing([finding.value for finding in findings]))
    variables["tolerance"] = ("finding", missing([finding.tolerance for finding in findings]))
    return Contents(variables, {"finding": [finding.sentence for finding in findings]})


def _sectors(sectors: Sequence[Audit]) -> Contents:
    variables: dict[str, object] = {
        "sector_verdict": ("sector", [sector.verdict.value for sector in sectors]),
        "sector_support": ("sector", [sector.support for sector in sectors]),
    }
    return Contents(variables, {"sector": np.arange(len(sectors))})


def _flows(audit: Audit) -> Contents:
    """Flows of each reservoir, rows of the first law, entropy productions."""
    flows, produced = audit.reservoirs, missing([entry.value for entry in audit.entropy])
    variables: dict[str, object] = {
        "particle_flow": ("reservoir", missing([flow.particles for flow in flows]), {"units": RATE}),
        "energy_flow": ("reservoir", missing([flow.energy for flow in flows]), {"units": ENERGY_FLOW}),
        "heat_flow": ("reservoir", missing([flow.heat for flow in flows]), {"units": ENERGY_FLOW}),
        "first_law": ("law", [value for _, value in audit.first_law], {"units": ENERGY_FLOW}),
        "entropy_production_rate": ("entropy_production", produced, {"units": "k_B " + RATE}),
    }
    coordinates: dict[str, object] = {
        "reservoir": [flow.name for flow in flows],
        "law": [name for name, _ in audit.first_law],
        "entropy_production": [entry.name for entry in audit.entropy],
    }
    return Contents(variables, coordinates)
