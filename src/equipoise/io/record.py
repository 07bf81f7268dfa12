"""An audit as plain data for machines: strict JSON, in which infinities are text and what is absent is null."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from equipoise._checks import RealArray
from equipoise.auditing import Audit
from equipoise.auditing.analyses import Answer
from equipoise.auditing.sheet import meaning
from equipoise.io.model import Model

SCHEMA = 1
"""Version of the layout below: it changes when a field is renamed or removed, not when one is added."""


def audit_record(audit: Audit, model: Model | None = None, answers: Sequence[Answer] = ()) -> dict[str, Any]:
    """The contents of an audit as dictionaries, lists, numbers and text.

    Parameters
    ----------
    audit : Audit
    model : Model, optional
        What was audited.
    answers : sequence of Answer, optional
        Of the analyses that the model asks for: `analyses` of the record.

    Returns
    -------
    dict
        `verdict`, `meaning`, `sides`, `alternatives`, `findings`, `provenance`; for a unique state also `levels`,
        `reservoirs` (flows positive into the system), `first_law`, `entropy_production`, `gibbs`, `ergotropy`; else
        `sectors`, each of them such a record. Infinities are "Infinity" and "-Infinity".

    Examples
    --------
    >>> from equipoise.auditing import audit
    >>> from equipoise.generators import rate_equation
    >>> record = audit_record(audit(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])))
    >>> record["verdict"], record["levels"][0]["log_population"]
    ('irreversible', -1.0986122886681098)
    """
    record: dict[str, Any] = {"schema": SCHEMA}
    if model is not None:
        record["model"] = {"name": model.name, "title": model.title, "units": model.units}
    record |= _record(audit)
    record["provenance"] = dict(audit.provenance.rows())
    if answers:
        record["analyses"] = [_analysis(answer) for answer in answers]
    return record


def to_json(record: dict[str, Any]) -> str:
    """Strict JSON: neither NaN nor Infinity, which JSON does not have."""
    return json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)


def _record(audit: Audit) -> dict[str, Any]:
    record: dict[str, Any] = {
        "verdict": audit.verdict.value,
        "meaning": meaning(audit, audit.verdict),
        "sides": [side.value for side in audit.both_sides],
        "alternatives": [{"reading": a.reading, "verdict": a.verdict.value} for a in audit.alternatives],
        "findings": [
            {
                "question": finding.sentence,
                "answer": finding.answer,
                "residual": _number(finding.value),
                "tolerance": _number(finding.tolerance),
                "norm": finding.norm,
                "detail": finding.detail,
            }
            for finding in audit.findings
        ],
    }
    if audit.sectors:
        return record | {"sectors": [{"support": part.support} | _record(part) for part in audit.sectors]}
    return record | _levels(audit) | _flows(audit) | _summary(audit)


def _levels(audit: Audit) -> dict[str, Any]:
    assert audit.state is not None
    spectrum = audit.state.spectrum
    columns = (spectrum.labels, spectrum.levels, spectrum.degeneracies, audit.state.density.log_level_populations)
    return {
        "levels": [
            {
                "label": label,
                "energy": _number(energy),
                "degeneracy": int(degeneracy),
                "log_population": _number(weight),
            }
            for label, energy, degeneracy, weight in zip(*columns, strict=True)
        ]
    }


def _flows(audit: Audit) -> dict[str, Any]:
    flows = audit.flows
    assert flows is not None
    labels = flows.spectrum.labels
    return {
        "sign_convention": "flows are positive into the system",
        "reservoirs": [
            {
                "name": name,
                "particle_flow": _number(flows[r].particles),
                "energy_flow": _number(flows.energy[r]),
                "heat_flow": _number(flows[r].heat),
                "microcurrents": _microcurrents(np.asarray(flows.microcurrents[r]), labels),
            }
            for r, name in enumerate(flows.reservoirs)
        ],
    }


def _microcurrents(net: RealArray, labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """Net probability currents in their direction, the largest first."""
    to, origin = np.nonzero(net > 0)
    order = np.argsort(-net[to, origin], kind="stable")
    return [
        {"from": labels[n], "to": labels[m], "current": _number(net[m, n])}
        for m, n in zip(to[order], origin[order], strict=True)
    ]


def _summary(audit: Audit) -> dict[str, Any]:
    fit = audit.gibbs
    return {
        "first_law": [{"name": name, "value": _number(value)} for name, value in audit.first_law],
        "entropy_production": [
            {"name": entry.name, "value": _number(entry.value), "note": entry.reason} for entry in audit.entropy
        ],
        "gibbs": None
        if fit is None
        else {
            "inverse_temperature": _number(fit.inverse_temperature),
            "chemical_potential": _number(fit.chemical_potential),
            "misfit": _number(fit.misfit),
        },
        "ergotropy": _number(audit.ergotropy),
    }


def _analysis(answer: Answer) -> dict[str, Any]:
    tables = [
        {
            "title": table.title,
            "columns": list(table.columns),
            "rows": [[cell if isinstance(cell, str) else _number(cell) for cell in row] for row in table.rows],
            "note": table.note,
        }
        for table in answer.tables
    ]
    return {"analysis": answer.name, "title": answer.title, "facts": dict(answer.facts), "tables": tables}


def _number(value: float | None) -> float | str | None:
    """A finite number as it is, an infinity as text, NaN and None as null."""
    if value is None or np.isnan(value):
        return None
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(value)
