"""An audit as JSON, with the model it came from and the answers that the model asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from equipoise.auditing import Audit
from equipoise.auditing.analyses import Answer
from equipoise.auditing.plain import SCHEMA, answer_record, json_text, record_of
from equipoise.io.model import Model


def to_json(
    audit: Audit, *, model: Model | None = None, answers: Sequence[Answer] = (), files: Sequence[Path] | None = None
) -> str:
    """An audit as strict JSON, which has neither NaN nor Infinity.

    Parameters
    ----------
    audit : Audit
    model : Model, optional
        The model that was audited: its name, title and units stand under `model`.
    answers : sequence of Answer, optional
        Of the analyses that the model asks for: `analyses` of the record.
    files : sequence of Path, optional
        Files that were written with it.

    Returns
    -------
    str
        `schema`, `verdict`, `meaning`, `both_sides`, `alternatives`, `findings`, `provenance`; for a unique state also
        `reservoirs` (flows positive into the system), `first_law`, `entropy_production` and `parts` by name; else
        `sectors`, each of them such a record. Infinities are "Infinity" and "-Infinity".

    Examples
    --------
    >>> import json
    >>> from equipoise.auditing import audit
    >>> from equipoise.io import load_model
    >>> model = load_model("cyclic-chain")
    >>> record = json.loads(to_json(audit(model.subject), model=model))
    >>> record["model"]["name"], record["verdict"]
    ('cyclic-chain', 'thermal state without detailed balance')
    """
    record: dict[str, object] = {"schema": SCHEMA}
    if model is not None:
        record["model"] = {"name": model.name, "title": model.title, "units": model.units}
    record |= record_of(audit) | {"provenance": dict(audit.provenance.rows())}
    if answers:
        record["analyses"] = [answer_record(answer) for answer in answers]
    if files is not None:
        record["files"] = [str(path) for path in files]
    return json_text(record)
