"""An audit as JSON, and on disk as netCDF, with the model it came from, so that it can be run again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise._checks import InputError, require
from equipoise._version import __version__
from equipoise.auditing import Audit
from equipoise.auditing.analyses import Answer
from equipoise.auditing.plain import SCHEMA, json_text, record_of
from equipoise.io.model import Model

if TYPE_CHECKING:
    from xarray import Dataset

ENGINE = "h5netcdf"

LONGEST_ATTRIBUTE = 60_000
"""Bytes of text that fit into an attribute: HDF5 allows 64 KiB; a longer model is stored as a variable."""


def write_results(
    audit: Audit, path: str | Path, *, model: Model | None = None, answers: Sequence[Answer] = ()
) -> Path:
    """Write every number of an audit as netCDF.

    The root group is `audit.to_dataset()`. If the stationary state is not unique, the groups `sector_0`,
    `sector_1`, ... hold the audits of its sectors. Each answer has a group of its name, such as `onsager`. The
    attributes `equipoise_version`, `tolerance` and, with a model, `model_name`, `model_source` and `energy_unit` are
    what it takes to run it again.

    Parameters
    ----------
    audit : Audit
    path : str or Path
        Of the file; one that exists is replaced.
    model : Model, optional
        The model that was audited.
    answers : sequence of Answer, optional
        Of the analyses that the model asks for.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from equipoise.auditing import audit
    >>> from equipoise.io import load_model, parse_model, read_results
    >>> model = load_model("cyclic-chain")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_results(audit(model.subject), folder + "/results.nc", model=model)
    ...     results = read_results(path)
    >>> round(float(results["entropy_production_rate"].sel(entropy_production="transition-resolved")), 6)
    0.693147
    >>> audit(parse_model(results.attrs["model_source"]).subject).verdict.value == results.attrs["verdict"]
    True
    """
    path = Path(path)
    datasets: list[tuple[str | None, Dataset]] = [(None, _dataset(audit, model))]
    datasets += [(f"sector_{k}", _dataset(sector, model)) for k, sector in enumerate(audit.sectors)]
    datasets += [(answer.name, answer.to_dataset()) for answer in answers]
    try:
        for group, dataset in datasets:
            mode = "w" if group is None else "a"
            dataset.to_netcdf(path, mode=mode, group=group, engine=ENGINE)  # type: ignore[call-overload]
    except OSError as error:
        raise InputError(f"Results cannot be written to {str(path)!r}: {error.strerror or error}.") from error
    return path


def read_results(path: str | Path, *, sector: int | None = None, analysis: str | None = None) -> Dataset:
    """Read the numbers of an audit that `write_results` wrote.

    Parameters
    ----------
    path : str or Path
    sector : int, optional
        Of a stationary state that is not unique: the audit of this sector, from 0.
    analysis : str, optional
        The answer of this analysis instead: "onsager", "local_kms", "evolution" or "field".

    Returns
    -------
    Dataset
        In memory, as `audit.to_dataset()` gave it; its attributes hold the model and the version.

    Raises
    ------
    InputError
        For a missing file, one that is not netCDF, a sector or an analysis that it does not hold.
    """
    import xarray

    path = Path(path)
    require(path.is_file(), "path", "name a file of results", f"there is no file {str(path)!r}")
    require(sector is None or analysis is None, "analysis", "be left out where `sector` is given", f"got {analysis!r}")
    group = analysis if sector is None else f"sector_{sector}"
    if sector is not None:
        count = read_results(path).sizes.get("sector", 0)
        came = f"got {sector}, and the file has {count} sectors" if count else "the stationary state is unique"
        require(0 <= sector < count, "sector", "be one of the sectors of the file, from 0", came)
    try:
        dataset = xarray.load_dataset(path, group=group, engine=ENGINE)
    except (OSError, ValueError, KeyError) as error:
        if analysis is not None:
            raise InputError(
                f"Argument `analysis` must be one that the model asked for, but {str(path)!r} holds no {analysis!r}."
            ) from error
        raise InputError(f"The file {str(path)!r} cannot be read as netCDF: {error}.") from error
    if "model_source" in dataset:
        dataset.attrs["model_source"] = str(dataset["model_source"].item())
        dataset = dataset.drop_vars("model_source")
    return dataset


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
        record["analyses"] = [
            {
                "analysis": answer.name,
                "title": answer.title,
                "facts": dict(answer.facts),
                "tables": [
                    {"title": table.title, "columns": table.columns, "rows": table.rows, "note": table.note}
                    for table in answer.tables
                ],
            }
            for answer in answers
        ]
    if files is not None:
        record["files"] = [str(path) for path in files]
    return json_text(record)


def _dataset(audit: Audit, model: Model | None) -> Dataset:
    from xarray import Dataset

    dataset = audit.to_dataset()
    assert isinstance(dataset, Dataset)
    dataset.attrs["equipoise_version"] = __version__
    findings = [finding for part in (audit, *audit.sectors) for finding in part.findings]
    tolerances = [finding.tolerance for finding in findings if finding.tolerance is not None]
    if tolerances:
        dataset.attrs["tolerance"] = tolerances[0]
    if model is not None:
        dataset.attrs |= {"model_name": model.name, "title": model.title}
        if len(model.source.encode()) <= LONGEST_ATTRIBUTE:
            dataset.attrs["model_source"] = model.source
        else:
            dataset["model_source"] = model.source
        if model.units:
            dataset.attrs["energy_unit"] = model.units
            unit = model.units if model.units.isalpha() else f"({model.units})"
            for variable in dataset.variables.values():
                if "units" in variable.attrs:
                    variable.attrs["units"] = variable.attrs["units"].replace("energy unit", unit)
    return dataset
