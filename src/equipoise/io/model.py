"""Model files: TOML in, an open system or a generator out; nothing in them is ever run."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from equipoise._checks import require
from equipoise.auditing.analyses.answer import AbstractAnalysis
from equipoise.generators import Generator
from equipoise.io._grammar import excerpt
from equipoise.io.arrays import NO_PICKLES, PICKLES
from equipoise.io.problems import FieldProblem, did_you_mean, in_file, listed, problems_of, refuse
from equipoise.systems import OpenSystem

LARGEST_FILE = 64 * 2**20
"""Bytes of a model file: far more than anyone writes by hand; large matrices belong in array files."""


@dataclass(frozen=True, eq=False)
class Model:
    """The contents of a model file.

    Parameters
    ----------
    name : str
        Of the file, without its suffix.
    kind : str
        "system", "lindblad", "rates" or "scattering".
    title, description : str
    subject : OpenSystem or Generator
        What `audit` takes.
    units : str
        Unit of energy of every number, for tables and plots; empty if the file does not say.
    source : str
        Text of the file, so that a result can be made again from it.
    analyses : tuple of AbstractAnalysis
        Questions of its `[analysis]` table beyond the verdict.
    """

    name: str
    kind: str
    title: str
    description: str
    subject: OpenSystem | Generator
    units: str
    source: str
    analyses: tuple[AbstractAnalysis, ...] = ()


def load_model(source: str | Path) -> Model:
    """Read a model file, or a shipped model by its name.

    Parameters
    ----------
    source : str or Path
        Path to a TOML file (arrays that it names lie in its folder), or to a .csv file of rates (a matrix, with or
        without names of the states, or edges under the header `from,to,rate`), or one of `shipped_models()`.

    Returns
    -------
    Model

    Raises
    ------
    ModelFileError
        For a missing file, malformed TOML (with line and column), an unknown, missing or wrong field (with the
        path to it), an expression that is not arithmetic, a pickled array. An `InputError`.

    Examples
    --------
    >>> from equipoise.auditing import audit
    >>> audit(load_model("heat-valve-equal-temperatures").subject).verdict.value
    'equilibrium'
    """
    if isinstance(source, str) and source in shipped_models():
        return parse_model(_package_text(f"models/{source}.toml"), name=source)
    path = Path(source)
    if path.suffix == ".csv":
        # A table of rates by itself: a matrix, with or without names, or a list of edges.
        title = json.dumps(path.stem)
        text = f'kind = "rates"\ntitle = {title}\nrates = {{file = {json.dumps(path.name)}}}\n'
        return parse_model(text, name=path.stem, folder=path.parent, file=str(source))
    with in_file(str(source)):
        text = _read(path, str(source))
    return parse_model(text, name=path.stem, folder=path.parent, file=str(source))


def parse_model(text: str, *, name: str = "model", folder: Path | None = None, file: str | None = None) -> Model:
    """Read a model from the text of a model file.

    Parameters
    ----------
    text : str
    name : str
        Of the model.
    folder : Path, optional
        Where the array files lie that the model names; without it, it may name none.
    file : str, optional
        Name of the file in error messages; `name` by default.

    Returns
    -------
    Model

    Raises
    ------
    ModelFileError
        As `load_model`.

    Examples
    --------
    >>> model = parse_model('kind = "rates"\\nrates = [[0, 1], [2, 0]]', name="two states")
    >>> model.subject.dimension
    2
    """
    file = name if file is None else file
    with in_file(file):
        data = _toml(text)
        try:
            subject, top = _built(data, folder)
        except FieldProblem as error:
            raise FieldProblem(*_as_written(error.problems, data)) from error.__cause__
    return Model(name, top.kind, top.title, top.description, subject, top.units, text, top.requests())


def shipped_models() -> list[str]:
    """Names of the models that come with the package, in alphabetical order.

    Examples
    --------
    >>> shipped_models()
    ['cyclic-chain', 'double-dot', 'heat-valve', ..., 'three-dot-ring', 'two-qubits']
    """
    return _names("models")


def starter_kinds() -> list[str]:
    """The kinds for which there is a starter model."""
    return _names("io/starters")


def starter_model(kind: str) -> str:
    """A commented model file of a kind, valid as it is, to start from.

    Parameters
    ----------
    kind : str
        "system" (a Hamiltonian with reservoirs), "lindblad" (given jump operators), "rates" (given
        rates) or "scattering" (a target in dilute gases).

    Returns
    -------
    str
        TOML.

    Raises
    ------
    InputError
        For another kind.

    Examples
    --------
    >>> print(starter_model("rates").splitlines()[0])
    # A rate equation: states, and the rates between them.
    """
    kinds = starter_kinds()
    require(
        kind in kinds, "kind", f"be {listed(kinds, 'or')}", f"got {kind!r}", did_you_mean(kind, kinds, what="kinds")
    )
    return _package_text(f"io/starters/{kind}.toml")


def _built(data: dict[str, Any], folder: Path | None) -> tuple[OpenSystem | Generator, Any]:
    from pydantic import ValidationError

    from equipoise.io.kinds import KINDS

    kind = data.get("kind")
    if kind is None:
        choices = listed([*KINDS], "or", quote='"')
        raise refuse("kind", f"is missing. Begin the file with kind = {choices}.")
    if not isinstance(kind, str) or kind not in KINDS:
        raise refuse("kind", f"is unknown, {kind!r}. {did_you_mean(kind, KINDS, what='kinds')}")
    units = data.get("units")
    context = {"folder": folder, "units": units if isinstance(units, str) else ""}
    try:
        top = KINDS[kind].model_validate(data, context=context)
    except ValidationError as error:
        raise FieldProblem(*problems_of(error, data)) from None
    top.place("")
    return top.build(), top


def _as_written(problems: tuple[tuple[str, str], ...], data: dict[str, Any]) -> list[tuple[str, str]]:
    """Paths as the file has them: `rates[0].matrix` is `rates` where the matrix stands there itself."""
    rates = data.get("rates")
    if isinstance(rates, list) and rates and isinstance(rates[0], list):
        return [(re.sub(r"^rates\[0\](\.matrix)?", "rates", path), text) for path, text in problems]
    return list(problems)


def _read(path: Path, given: str) -> str:
    if path.suffix in PICKLES:
        raise refuse("", NO_PICKLES)
    try:
        if path.stat().st_size > LARGEST_FILE:
            limit = f"{LARGEST_FILE // 2**20} MiB"
            raise refuse("", f"must be smaller than {limit}. Put large matrices in .npy files beside it.")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        remedy = did_you_mean(given, shipped_models(), what="shipped models")
        raise refuse("", f"there is no such file, and no shipped model of that name. {remedy}") from None
    except IsADirectoryError:
        raise refuse("", "is a folder. Name a model file, such as model.toml.") from None
    except OSError as error:
        raise refuse("", f"cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError as error:
        raise refuse("", f"must be text in UTF-8, but byte {error.start} is not. Save it as UTF-8.") from None


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise refuse("", "must be nested less deep: its brackets do not end.") from None
    except tomllib.TOMLDecodeError as error:
        raise refuse(*_toml_problem(str(error), text)) from None


def _toml_problem(message: str, text: str) -> tuple[str, str]:
    found = re.fullmatch(r"(?P<what>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)", message, re.DOTALL)
    what = found["what"] if found else message.removesuffix(" (at end of document)")
    what = what[:1].lower() + what[1:]
    lines = text.splitlines() or [""]
    if found is None:
        return f"line {len(lines)}", f"{what}, and there the file ends."
    line, column = int(found["line"]), int(found["column"])
    written = lines[line - 1] if line <= len(lines) else ""
    return f"line {line}, column {column}", f"{what}.{excerpt(written, column - 1)}"


def _names(folder: str) -> list[str]:
    items = resources.files("equipoise").joinpath(folder).iterdir()
    return sorted(item.name.removesuffix(".toml") for item in items if item.name.endswith(".toml"))


def _package_text(path: str) -> str:
    return resources.files("equipoise").joinpath(path).read_text(encoding="utf-8")
