"""An audit as plain data for machines: strict JSON, in which infinities are text and null stands for nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from equipoise.auditing.record import Audit

SCHEMA = 2
"""Version of the layout: it changes when a field is renamed or removed, not when one is added."""


def json_text(data: object) -> str:
    """Strict JSON of dictionaries, lists, arrays, numbers and text."""
    return json.dumps(_plain(data), indent=2, ensure_ascii=False, allow_nan=False)


def record_of(audit: Audit) -> dict[str, Any]:
    """The contents of an audit as dictionaries, lists, numbers and text."""
    record: dict[str, Any] = {
        "verdict": audit.verdict.value,
        "meaning": audit.meaning(),
        "both_sides": [side.value for side in audit.both_sides],
        "alternatives": [{"reading": a.reading, "verdict": a.verdict.value} for a in audit.alternatives],
        "findings": [
            {
                "question": finding.question.name,
                "about": finding.about,
                "sentence": finding.sentence,
                "answer": finding.answer,
                "residual": finding.value,
                "tolerance": finding.tolerance,
                "norm": finding.norm,
                "detail": finding.detail,
            }
            for finding in audit.findings
        ],
    }
    if audit.sectors:
        return record | {"sectors": [{"support": part.support} | record_of(part) for part in audit.sectors]}
    return record | {
        "sign_convention": "flows are positive into the system",
        "reservoirs": [
            {
                "name": flow.name,
                "inverse_temperature": flow.inverse_temperature,
                "chemical_potential": flow.chemical_potential,
                "particle_flow": flow.particles,
                "energy_flow": flow.energy,
                "heat_flow": flow.heat,
            }
            for flow in audit.reservoirs
        ],
        "first_law": [{"name": name, "value": value} for name, value in audit.first_law],
        "entropy_production": [
            {"name": entry.name, "value": entry.value, "note": entry.reason} for entry in audit.entropy
        ],
        "parts": {part.name: part.record() for part in audit.parts},
    }


def _plain(data: object) -> object:
    """A finite number as it is, an infinity as text, NaN and None as null."""
    if isinstance(data, Mapping):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, np.ndarray):
        return _plain(data.tolist())
    if isinstance(data, Sequence) and not isinstance(data, str):
        return [_plain(value) for value in data]
    if isinstance(data, (float, np.floating)):
        value = float(data)
        return None if np.isnan(value) else value if np.isfinite(value) else "Infinity" if value > 0 else "-Infinity"
    return int(data) if isinstance(data, np.integer) else data
