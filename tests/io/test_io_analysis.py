"""The `[analysis]` table of model files: what it asks, what it refuses, and what comes out of the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from equipoise import InputError, audit
from equipoise.auditing.analyses import EvolutionAnalysis, FieldAnalysis, LocalKmsAnalysis, OnsagerAnalysis, analyse
from equipoise.cli import app
from equipoise.fluctuations import Reference
from equipoise.io import Model, ModelFileError, load_model, parse_model, read_results, write_results

VALVE = load_model("heat-valve").source
ALL = """
[analysis]
onsager = true
local_kms = {ingarden_order = 2}
field = true

[analysis.evolution]
initial = "middle"
first = 1e-6
last = 1e9
points = 4
"""


def model(analysis: str) -> Model:
    return parse_model(VALVE + analysis)


def test_each_entry_is_true_or_a_table_of_options() -> None:
    found = model(ALL).analyses
    assert [type(analysis) for analysis in found] == [
        OnsagerAnalysis,
        LocalKmsAnalysis,
        EvolutionAnalysis,
        FieldAnalysis,
    ]
    assert found[:2] == (OnsagerAnalysis(None), LocalKmsAnalysis(2))
    assert isinstance(found[2], EvolutionAnalysis)
    np.testing.assert_allclose(found[2].times, [1e-6, 1e-1, 1e4, 1e9])


def test_a_model_asks_nothing_unless_it_says_so() -> None:
    assert parse_model(VALVE).analyses == ()


def test_a_reference_is_a_temperature_with_a_unit() -> None:
    (found,) = model('[analysis.onsager]\ntemperature = "2 GHz"\nchemical_potential = -0.5').analyses
    assert found == OnsagerAnalysis(Reference(0.5, -0.5))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("[analysis]\nonsager = false", r"analysis\.onsager: must be true or a table of options"),
        ("[analysis]\nonsagar = true", r"analysis\.onsagar: is not a field of this table\. Did you mean `onsager`"),
        ("[analysis]\nfield = 3", r"analysis\.field: must be true or a table of options, but got 3"),
        (
            "[analysis]\nfield = {width = 1}",
            r"analysis\.field\.width: is not a field of this table\. It takes no fields",
        ),
        ("[analysis]\nlocal_kms = {order = 2}", r"analysis\.local_kms\.order: .* There is only `ingarden_order`\."),
        ("analysis = true", r"analysis: is not a field of this table\. It is a table of its own: write \[analysis\]"),
        ("[analysis]\nunits = 1", r"analysis\.units: .* Move it to the top of the file, above the first \[table\]"),
        ("[analysis.onsager]\ntemperature = -1.0", r"onsager\.temperature: must be finite and > 0, but got -1"),
        ("[analysis.onsager]\ntemperature = inf", r"onsager\.temperature: must be finite and > 0, but got inf"),
        ("[analysis.onsager]\ninverse_temperature = 0", r"inverse_temperature: must be finite and not 0, but got 0"),
        ("[analysis.evolution]\nfirst = 0", r"analysis\.evolution\.first: must be > 0 \(the times grow by equal fac"),
        ("[analysis.evolution]\npoints = 1", r"analysis\.evolution\.points: must be >= 2, but got 1"),
        ("[analysis.evolution]\ninitial = true", r"evolution\.initial: must be a level or a list .* got true"),
        ('[analysis.evolution]\ninitial = [0.5, "a"]', r"analysis\.evolution\.initial\[1\]: must be a number, but"),
        ("[analysis.evolution]\ninitial = [nan]", r"analysis\.evolution\.initial\[0\]: must be a number, but got nan"),
        (
            "[analysis.onsager]\ntemperature = 1.0\ninverse_temperature = 1.0",
            r"analysis\.onsager\.temperature: must be left out where `inverse_temperature` is given",
        ),
        ("[analysis.onsager]\nchemical_potential = 1.0", r"analysis\.onsager\.temperature: is missing"),
        (
            "[analysis.local_kms]\ningarden_order = 0",
            r"analysis\.local_kms\.ingarden_order: must be >= 1, but got 0",
        ),
        ("[analysis.evolution]\ntimes = [1.0]\npoints = 3", r"analysis\.evolution\.times: must be left out where"),
        (
            "[analysis.evolution]\nfirst = 2.0\nlast = 1.0",
            r"analysis\.evolution\.last: must be finite and greater",
        ),
        (
            "[analysis.evolution]\ntimes = [-1.0]",
            r"analysis\.evolution\.times\[0\]: must be finite and >= 0",
        ),
        ("[analysis.evolution]\ntimes = []", r"analysis\.evolution\.times: must have at least 1 entry, but has 0"),
    ],
)
def test_what_it_refuses(table: str, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        model(table)


def written(tmp_path: Path, analysis: str) -> Path:
    path = tmp_path / "valve.toml"
    path.write_text(VALVE + analysis, encoding="utf-8")
    return path


ANSWERS = {
    "onsager": "Linear response",
    "local_kms": "Local KMS",
    "evolution": "Evolution at 4 times",
    "field": "Field: quanta and energy",
}


def test_the_command_line_prints_the_answers(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["audit", str(written(tmp_path, ALL))])
    assert result.exit_code == 0, result.stderr
    for title in ANSWERS.values():
        assert title in result.stdout


def test_answers_are_groups_of_the_results_and_sections_of_the_report(tmp_path: Path) -> None:
    asked = model(ALL)
    found = audit(asked.subject)
    answers = analyse(found, asked.analyses)
    results = write_results(found, tmp_path / "results.nc", model=asked, answers=answers)
    assert all(read_results(results, analysis=name).sizes for name in ANSWERS)
    report = found.report(tmp_path / "report.html", answers=answers[2:3]).read_text(encoding="utf-8")
    assert "<h2>Evolution at 4 times</h2>" in report
    assert report.count('<figure class="drawing">') == 1
    assert "J<sub>E</sub> into the system; σ: entropy produced per time." in report


@pytest.mark.slow
def test_the_command_line_writes_and_draws_the_answers(tmp_path: Path) -> None:
    path, folder = written(tmp_path, ALL), tmp_path / "out"
    result = CliRunner().invoke(app, ["audit", str(path), "-o", str(folder)])
    assert result.exit_code == 0, result.stderr
    for name in ANSWERS:
        assert ANSWERS[name] in (folder / "report.html").read_text(encoding="utf-8")
        assert (folder / "figures" / f"{name}.svg").is_file()
        assert read_results(folder / "results.nc", analysis=name).sizes
    evolved = read_results(folder / "results.nc", analysis="evolution")
    np.testing.assert_allclose(evolved["population"].sum("level"), 1.0, rtol=1e-12)


def test_json_holds_the_answers(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["audit", str(written(tmp_path, "[analysis]\nlocal_kms = true")), "--json"])
    (answer,) = json.loads(result.stdout)["analyses"]
    assert answer["analysis"] == "local_kms"
    assert answer["tables"][0]["columns"] == ["level", "energy", "log population", "beta_S"]


@pytest.mark.parametrize(
    ("analysis", "message"),
    [
        ("[analysis.onsager]\ninverse_temperature = -1", "onsager.inverse_temperature: must be positive for bosons"),
        (
            "[analysis.onsager]\ntemperature = 1\nchemical_potential = 1.0",
            "analysis.onsager.chemical_potential: must lie below the band edge",
        ),
        ("[analysis.evolution]\ninitial = 3", "analysis.evolution.initial: must be a level from 0 to 2, but got 3."),
        ("[analysis.evolution]\ninitial = [0.5, 0.6, -0.1]", "got 3 that add up to 1, of which [2] is -0.1."),
    ],
)
def test_what_it_refuses_of_this_model(tmp_path: Path, analysis: str, message: str) -> None:
    path = written(tmp_path, analysis)
    result = CliRunner().invoke(app, ["audit", str(path)])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {path}: analysis.")
    assert message in result.stderr


def test_a_level_may_be_named_by_its_number() -> None:
    by_number, by_label = (model(f"[analysis.evolution]\ninitial = {name}").analyses for name in ("1", '"middle"'))
    found = audit(load_model("heat-valve").subject)
    (first,), (second,) = analyse(found, by_number), analyse(found, by_label)
    assert str(first) == str(second)


def test_an_unknown_level_is_refused_with_the_path_to_the_field(tmp_path: Path) -> None:
    path = written(tmp_path, '[analysis.evolution]\ninitial = "roof"')
    result = CliRunner().invoke(app, ["audit", str(path)])
    assert result.exit_code == 2
    assert "analysis.evolution.initial: must name a level, but got 'roof'" in result.stderr


def test_results_without_an_analysis_say_so(tmp_path: Path) -> None:
    path = write_results(audit(parse_model(VALVE).subject), tmp_path / "results.nc")
    with pytest.raises(InputError, match=r"`analysis` must be one that the model asked for, but .* holds no 'onsager'"):
        read_results(path, analysis="onsager")


def test_analyses_of_a_state_that_is_not_unique_are_left_out_with_a_word(tmp_path: Path) -> None:
    path = tmp_path / "qubits.toml"
    path.write_text(load_model("two-qubits").source + "\n[analysis]\nonsager = true\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["audit", str(path)])
    assert result.exit_code == 0
    assert "The analyses that the model asks for need one stationary state." in result.stdout
