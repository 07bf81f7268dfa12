"""The command line loads a model file, calls the library and writes the results.

Exit codes: 0 fine, 2 bad input, 3 numerical failure. Results go to stdout, errors to stderr as one paragraph.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, ParamSpec, TypeVar

import numpy as np
import typer

from equipoise._checks import InputError, NumericalError, UserCodeError, require
from equipoise._printed import counted
from equipoise._version import __version__

if TYPE_CHECKING:
    from rich.text import Text

    from equipoise.auditing import Audit
    from equipoise.auditing.analyses import Answer
    from equipoise.io import Model

BAD_INPUT = 2
NUMERICAL_FAILURE = 3

P = ParamSpec("P")
R = TypeVar("R")

app = typer.Typer(
    name="equipoise",
    help="Is the stationary state of an open quantum system an equilibrium, and if not, what flows?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="A model file, or the name of a shipped model (`equipoise models`).")
]


def main() -> None:
    """Entry point of the `equipoise` command."""
    app(prog_name="equipoise")


def reports_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn what the library raises into one paragraph on stderr and an exit code."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (InputError, UserCodeError) as error:
            _fail(str(error), BAD_INPUT)
        except (NumericalError, np.linalg.LinAlgError) as error:
            _fail(str(error), NUMERICAL_FAILURE)
        except MemoryError as error:
            _fail(f"This machine has not enough memory for the model. {error}".strip(), NUMERICAL_FAILURE)

    return wrapped


def _fail(message: str, code: int) -> NoReturn:
    typer.secho("Error: ", fg=None if os.environ.get("NO_COLOR") else "red", bold=True, nl=False, err=True)
    typer.echo(message, err=True)
    raise typer.Exit(code)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"equipoise {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Is the stationary state of an open quantum system an equilibrium, and if not, what flows?"""


@app.command()
@reports_errors
def audit(
    model: ModelArgument,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for results.nc, report.html and figures/; made where missing."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
    tolerance: Annotated[
        float | None, typer.Option(help="A relative residual below this counts as zero. \\[default: 1e-9]")
    ] = None,
) -> None:
    """Audit a model: verdict, flows, entropy, detailed balance; then what its \\[analysis] table asks."""
    from equipoise.auditing import audit as audit_subject
    from equipoise.io import load_model, to_json
    from equipoise.io.problems import in_file
    from equipoise.tolerances import BALANCED

    width = BALANCED if tolerance is None else tolerance
    require(np.isfinite(width) and width > 0, "--tolerance", "be a positive number, such as 1e-9", f"got {width:g}")
    loaded = load_model(model)
    folder = None if output is None else _made(output)
    with in_file(model):
        found = audit_subject(loaded.subject, tolerance=width)
    answers = _answers(found, loaded, model)
    written = [] if folder is None else _write(found, loaded, answers, folder)
    if as_json:
        typer.echo(to_json(found, model=loaded, answers=answers, files=written))
        return
    _print_sheet(found, loaded)
    if loaded.analyses and found.sectors:
        typer.echo("\nThe analyses that the model asks for need one stationary state.")
    for answer in answers:
        typer.echo(f"\n{answer}")
    for path in written:
        typer.echo(f"wrote {path}")


@app.command()
@reports_errors
def validate(model: ModelArgument) -> None:
    """Check a model file without auditing it. Its rates are computed, so every formula in it is evaluated."""
    from equipoise.auditing.findings import limit_findings, limit_flags
    from equipoise.generators import weak_coupling
    from equipoise.io import load_model
    from equipoise.io.problems import in_file
    from equipoise.systems import OpenSystem

    loaded = load_model(model)
    with in_file(model):
        subject = loaded.subject
        generator = weak_coupling(subject, warn=False) if isinstance(subject, OpenSystem) else subject
    states = counted(generator.dimension, "state")
    typer.echo(f"{model} is a valid model of kind {loaded.kind}: {states}, {_named(generator.names)}.")
    for flag in limit_flags(limit_findings(generator)):
        typer.echo(flag)


@app.command()
@reports_errors
def new(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="One of system, lindblad, rates and scattering.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; stdout if not given.")] = None,
) -> None:
    """Write a commented model file to start from."""
    from equipoise.io import starter_model

    text = starter_model(kind)
    if output is None:
        typer.echo(text, nl=False)
        return
    if output.exists():
        raise InputError(f"The file {str(output)!r} exists already. Choose another name, or remove it first.")
    with _told(f"The file {str(output)!r} cannot be written"), output.open("x", encoding="utf-8") as file:
        file.write(text)
    typer.echo(f"wrote {output}. Audit it with   equipoise audit {output}")


@app.command()
@reports_errors
def reproduce(
    paper: Annotated[
        str, typer.Argument(metavar="PAPER", help="One of dynamical-balance, quantum-detailed-balance, low-density.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for evidence.json, figures/ and data/.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of the random systems on which the claims are recomputed.")] = 0,
) -> None:
    """Recompute every numbered claim of a paper. The exit code is 3 if one is not confirmed."""
    from equipoise.auditing.plain import json_text
    from equipoise.reproduce import reproduce as recompute

    folder = None if output is None else _made(output)
    found = recompute(paper, seed)
    record = json_text(found.record())
    written = []
    if folder is not None:
        evidence = folder / "evidence.json"
        with _told(f"The folder {str(folder)!r} cannot be written to"):
            evidence.write_text(record + "\n", encoding="utf-8")
            written = [evidence, *found.write_figures(folder / "figures"), *found.write_data(folder / "data")]
    if as_json:
        typer.echo(record)
    else:
        typer.echo(str(found))
        for path in written:
            typer.echo(f"wrote {path}")
    if found.failed:
        equations = ", ".join(row.claim.equation for row in found.failed)
        raise NumericalError(f"Not every claim is confirmed: {equations}. The rows say by how much they miss.")


@app.command()
@reports_errors
def models() -> None:
    """List the models that come with the package."""
    from equipoise.io import load_model, shipped_models

    names = shipped_models()
    width = max(len(name) for name in names)
    for name in names:
        typer.echo(f"{name:<{width}}  {load_model(name).title}")
    typer.echo("\nAudit one with   equipoise audit NAME")


def _made(folder: Path) -> Path:
    with _told(f"The folder {str(folder)!r} cannot be made"):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def _told(problem: str) -> Iterator[None]:
    """Put what the operating system refuses in words: the problem and its reason."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{problem}: {error.strerror or error}.") from error


def _answers(found: Audit, model: Model, file: str) -> tuple[Answer, ...]:
    """The answers that the model asks for beyond the verdict; none where there are several stationary states."""
    from equipoise.auditing.analyses import analyse
    from equipoise.io.problems import in_file, located

    answers: tuple[Answer, ...] = ()
    arguments = ("initial", "times", "inverse_temperature", "chemical_potential")
    for analysis in () if found.sectors else model.analyses:
        path = f"analysis.{analysis.name}"
        fields = {name: f"{path}.{name}" for name in arguments}
        with in_file(file), located(path, fields):
            answers += analyse(found, [analysis])
    return answers


def _write(found: Audit, model: Model, answers: tuple[Answer, ...], folder: Path) -> list[Path]:
    from equipoise.io import write_results
    from equipoise.report.drawings import write_figures

    results, report = folder / "results.nc", folder / "report.html"
    with _told(f"The folder {str(folder)!r} cannot be written to"):
        write_results(found, results, model=model, answers=answers)
        title = model.title or model.name
        described = model.description.strip()
        texts = {"title": title, "description": described, "source": model.source, "units": model.units}
        found.report(report, **texts, answers=answers)
        return [results, report, *write_figures(found, folder / "figures", answers)]


def _print_sheet(found: Audit, model: Model) -> None:
    """The balance sheet under the title of the model; with colours on a terminal."""
    sheet = [model.title or model.name, "", *str(found).splitlines()]
    if model.units:
        unit = model.units if model.units.isalpha() else f"({model.units})"
        sheet.append(f"{'units':<18} energies {model.units}, J_N {unit}/hbar, J_E and J_Q {unit}^2/hbar")
    if not sys.stdout.isatty():
        typer.echo("\n".join(sheet))
        return
    from rich.console import Console

    console = Console(highlight=False)
    head = next((number for number, line in enumerate(sheet) if line.startswith("limit")), 0)
    for number, line in enumerate(sheet):
        console.print(_styled(line, is_title=number == 0, is_head=number < head), soft_wrap=True)


def _styled(line: str, *, is_title: bool, is_head: bool) -> Text:
    from rich.text import Text

    text = Text(line)
    if is_title:
        text.stylize("bold")
    elif line.lstrip().startswith("verdict"):
        text.stylize("bold", line.index("verdict") + len("verdict"))
    elif line.startswith("sector"):
        text.stylize("bold", 0, line.index(":"))
    elif is_head and line.startswith(" " * 19):
        text.stylize("italic")
    return text


def _named(reservoirs: tuple[str, ...]) -> str:
    known = [name for name in reservoirs if name != "unattributed"]
    if not known:
        return "jumps of unknown origin"
    return f"{'reservoir' if len(known) == 1 else 'reservoirs'} {', '.join(known)}"
