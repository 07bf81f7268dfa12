"""The command line: what it prints and writes, its exit codes, and that errors are one paragraph on stderr."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from html import escape
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import equipoise
from equipoise import cli
from equipoise._checks import NumericalError, UserCodeError
from equipoise.auditing import audit
from equipoise.io import load_model, read_results, shipped_models, starter_model
from equipoise.io.model import starter_kinds


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, list(arguments))


def fails(code: int, *arguments: str) -> str:
    """The message of a command that fails: nothing on stdout, no traceback, one paragraph on stderr."""
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert "\n\n" not in result.stderr
    return result.stderr


@pytest.mark.parametrize("name", shipped_models())
def test_audit_prints_the_balance_sheet_of_a_shipped_model(name: str) -> None:
    result = run("audit", name)
    assert result.exit_code == 0
    model = load_model(name)
    assert result.stdout.startswith(f"{model.title}\n\nverdict ")
    assert str(audit(model.subject)) in result.stdout
    assert ("\nunits  " in result.stdout) == bool(model.units)
    assert result.stderr == ""


def test_audit_takes_a_file(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_text(starter_model("rates"))
    result = run("audit", str(path))
    assert result.exit_code == 0
    assert "non-equilibrium steady state" in result.stdout


def test_json_is_all_there_is_on_stdout() -> None:
    result = run("audit", "heat-valve", "--json")
    record = json.loads(result.stdout)
    assert record["verdict"] == "non-equilibrium steady state"
    assert record["files"] == []
    assert result.stderr == ""


@pytest.mark.parametrize("as_json", [False, True])
def test_output_folder_holds_results_report_and_figures(as_json: bool, tmp_path: Path) -> None:
    folder = tmp_path / "some" / "out"
    result = run("audit", "double-dot", "-o", str(folder), *(["--json"] if as_json else []))
    assert result.exit_code == 0, result.stderr
    names = [folder / "results.nc", folder / "report.html", folder / "figures" / "levels.svg"]
    assert all(name.exists() for name in names)
    if as_json:
        told = json.loads(result.stdout)["files"]
    else:
        told = [line.removeprefix("wrote ") for line in result.stdout.splitlines() if line.startswith("wrote ")]
    assert set(map(str, names)) <= set(told)
    assert all(Path(name).stat().st_size > 0 for name in told)
    model = load_model("double-dot")
    assert read_results(names[0]).attrs["model_source"] == model.source
    page = names[1].read_text(encoding="utf-8")
    assert model.title in page
    assert "in meV/ħ" in page
    assert escape(model.source.splitlines()[0]) in page


def test_tolerance_reaches_the_audit() -> None:
    loose = json.loads(run("audit", "heat-valve", "--json", "--tolerance", "1e3").stdout)
    assert loose["findings"][3]["tolerance"] == 1e3
    assert loose["findings"][3]["answer"] == "yes"


def test_validate_says_what_the_model_is(tmp_path: Path) -> None:
    result = run("validate", "heat-valve")
    assert result.stdout == "heat-valve is a valid model of kind system: 3 states, reservoirs hot, cold.\n"
    path = tmp_path / "model.toml"
    path.write_text(starter_model("lindblad"))
    assert run("validate", str(path)).stdout.endswith("of kind lindblad: 2 states, jumps of unknown origin.\n")


NEAR_LEVELS = """
kind = "system"
[system]
levels = [0.0, 1.0, 1.05]
[[reservoirs]]
name = "hot"
statistics = "boson"
temperature = 1.0
spectral_density = {kind = "ohmic", coupling = 0.01, cutoff = 50.0}
[[couplings]]
reservoir = "hot"
elements = [[0, 1, 1.0], [0, 2, 1.0]]
hermitian = true
"""


@pytest.mark.parametrize("command", ["audit", "validate"])
def test_doubtful_secular_approximation_is_said_once_and_not_as_a_python_warning(command: str, tmp_path: Path) -> None:
    path = tmp_path / "near.toml"
    path.write_text(NEAR_LEVELS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = run(command, str(path))
    assert result.exit_code == 0
    assert result.stderr == ""
    assert " ".join(result.stdout.split()).count("Levels 1 and 2 are 0.05 apart, and reservoir 'hot' moves both") == 1


@pytest.mark.parametrize("kind", starter_kinds())
def test_new_writes_a_model_that_is_valid(kind: str, tmp_path: Path) -> None:
    assert run("new", kind).stdout == starter_model(kind)
    path = tmp_path / "model.toml"
    assert run("new", kind, "--output", str(path)).exit_code == 0
    assert run("validate", str(path)).exit_code == 0
    assert run("audit", str(path)).exit_code == 0
    assert "exists already. Choose another name" in fails(2, "new", kind, "-o", str(path))
    assert path.read_text() == starter_model(kind)


def test_models_lists_the_shipped_ones_with_their_titles() -> None:
    lines = run("models").stdout.splitlines()
    for name, line in zip(shipped_models(), lines, strict=False):
        assert line.split(maxsplit=1) == [name, load_model(name).title]


def test_version() -> None:
    assert run("--version").stdout == f"equipoise {equipoise.__version__}\n"


def test_bad_input_exits_with_2(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_text(starter_model("system").replace("temperature = 1.0", "temperature = -2.0"))
    message = fails(2, "audit", str(path))
    assert message.startswith(f"Error: {path}: reservoirs[1].temperature: must be >= 0 for bosons")
    assert fails(2, "validate", str(path)) == message
    assert "Error: nope.toml: there is no such file" in fails(2, "audit", "nope.toml", "--json")
    assert "`kind` must be `lindblad`, `rates`, `scattering` or `system`, but got 'x'" in fails(2, "new", "x")
    assert "`--tolerance` must be a positive number" in fails(2, "audit", "heat-valve", "--tolerance", "-1")
    assert "`--tolerance` must be a positive number" in fails(2, "audit", "heat-valve", "--tolerance", "nan")
    assert "cannot be made" in fails(2, "audit", "heat-valve", "-o", str(path))
    assert "cannot be written" in fails(2, "new", "rates", "-o", str(path / "x.toml"))


@pytest.mark.parametrize("command", ["audit", "validate"])
def test_failing_expressions_name_file_and_path(command: str, tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_text(starter_model("system").replace("eta * omega", "eta * log(omega - 2)"))
    message = fails(2, command, str(path))
    assert message.startswith(f"Error: {path}: reservoirs[1].spectral_density.expression: must be finite")
    path.write_text(starter_model("system").replace("eta * omega", "eta * (omega - 2)"))
    assert fails(2, command, str(path)).startswith(f"Error: {path}: The spectral density is negative at omega = 1")


def test_usage_errors_exit_with_2() -> None:
    assert run("audit").exit_code == 2
    assert run("audit", "heat-valve", "--tolerance", "small").exit_code == 2
    assert run("adit").exit_code == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NumericalError("No convergence. Try a smaller step."), 3),
        (np.linalg.LinAlgError("Singular matrix"), 3),
        (MemoryError("Unable to allocate 16 TiB"), 3),
        (UserCodeError("The function raised."), 2),
    ],
)
def test_failures_of_the_audit_have_exit_codes(error: Exception, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(subject: object, *, tolerance: float) -> None:
        raise error

    monkeypatch.setattr("equipoise.auditing.audit", failing)
    assert str(error) in fails(code, "audit", "heat-valve")


def test_importing_equipoise_loads_numpy_and_scipy_only() -> None:
    # What SciPy itself does not load with its linear algebra costs more than the whole library: it is imported on use.
    rooms = ("integrate", "interpolate", "optimize", "special", "spatial", "stats", "sparse.csgraph", "sparse.linalg")
    heavy = (
        *("xarray", "pydantic", "typer", "rich", "matplotlib", "jinja2", "qutip", "h5netcdf", "pandas"),
        *(f"scipy.{room}" for room in rooms),
    )
    # Some versions of SciPy load rooms of its own with sparse arrays.
    before = "import sys, numpy, scipy.linalg, scipy.sparse; before = set(sys.modules)"
    code = (
        f"{before}; import equipoise, equipoise.io; print([x for x in {heavy} if x in sys.modules and x not in before])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_the_command_runs_as_a_process() -> None:
    command = [sys.executable, "-m", "equipoise", "audit", "cyclic-chian", "--json"]
    failed = subprocess.run(command, capture_output=True, text=True)
    assert failed.returncode == 2
    assert failed.stdout == ""
    assert failed.stderr.startswith("Error: cyclic-chian: there is no such file")
    assert "Did you mean `cyclic-chain`?" in failed.stderr


@pytest.mark.parametrize("setting, coloured", [({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)])
def test_the_word_error_has_no_colour_where_none_is_wanted(setting: dict[str, str], coloured: bool) -> None:
    result = CliRunner().invoke(cli.app, ["audit", "no-such-model"], env=setting, color=True)
    assert ("\x1b[31m" in result.stderr) is coloured


def test_only_the_meaning_of_the_verdict_is_in_italics() -> None:
    line = " " * 19 + "defect 0.417"
    assert cli._styled(line, is_title=False, is_head=True).spans
    assert not cli._styled(line, is_title=False, is_head=False).spans
