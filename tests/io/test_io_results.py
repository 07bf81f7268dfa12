"""Results on disk and as JSON: everything comes back, and what was run can be run again."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

from equipoise._checks import InputError
from equipoise.auditing import Audit, audit
from equipoise.generators import rate_equation
from equipoise.io import (
    load_model,
    parse_model,
    read_results,
    shipped_models,
    starter_model,
    to_json,
    write_results,
)
from equipoise.io.model import starter_kinds


@pytest.fixture(scope="module")
def audits() -> dict[str, Audit]:
    return {name: audit(load_model(name).subject) for name in shipped_models()}


@pytest.mark.parametrize("name", ["heat-valve", "two-qubits"])
def test_results_come_back_from_disk(name: str, audits: dict[str, Audit], tmp_path: Path) -> None:
    path = write_results(audits[name], tmp_path / "results.nc", model=load_model(name))
    expected = audits[name].to_dataset()
    assert isinstance(expected, xarray.Dataset)
    found = read_results(path)
    assert set(found.variables) == set(expected.variables)
    for key, variable in expected.variables.items():
        np.testing.assert_array_equal(found[key].values, variable.values)
        assert found[key].dims == variable.dims
    assert found.attrs["verdict"] == audits[name].verdict.value
    assert found.attrs["sign_convention"] == "flows are positive into the system"
    assert found.attrs["tolerance"] == 1e-9


def test_units_of_the_model_replace_the_word_for_them(audits: dict[str, Audit], tmp_path: Path) -> None:
    found = read_results(write_results(audits["double-dot"], tmp_path / "r.nc", model=load_model("double-dot")))
    assert found.attrs["energy_unit"] == "meV"
    assert found["energy"].attrs["units"] == "meV"
    assert found["energy_flow"].attrs["units"] == "meV^2 / hbar"
    bare = read_results(write_results(audits["double-dot"], tmp_path / "r.nc"))
    assert bare["energy"].attrs["units"] == "energy unit"


def test_a_file_of_results_can_be_run_again(audits: dict[str, Audit], tmp_path: Path) -> None:
    found = read_results(write_results(audits["heat-valve"], tmp_path / "r.nc", model=load_model("heat-valve")))
    again = audit(parse_model(found.attrs["model_source"]).subject, tolerance=found.attrs["tolerance"])
    np.testing.assert_array_equal(again.flows.energy, found["energy_flow"].values)


def test_long_models_are_kept_too(tmp_path: Path) -> None:
    model = parse_model(starter_model("rates") + "# λ" * 100_000)
    found = read_results(write_results(audit(model.subject), tmp_path / "r.nc", model=model))
    assert found.attrs["model_source"] == model.source


def test_sectors_are_groups(audits: dict[str, Audit], tmp_path: Path) -> None:
    path = write_results(audits["two-qubits"], tmp_path / "r.nc")
    assert list(read_results(path)["sector_verdict"].values) == ["balanced between unequal reservoirs", "dark state"]
    triplet = read_results(path, sector=0)
    flows = audits["two-qubits"].sectors[0].flows
    np.testing.assert_array_equal(triplet["energy_flow"].values, flows.energy)
    with pytest.raises(InputError, match="`sector` must be one of the sectors .* got 2, and the file has 2 sectors"):
        read_results(path, sector=2)


def test_infinities_survive(tmp_path: Path) -> None:
    found = audit(rate_equation([[0, 1], [0, 0]]))
    results = read_results(write_results(found, tmp_path / "r.nc"))
    assert results["log_population"].values.tolist() == [0.0, -np.inf]
    levels = json.loads(to_json(found))["parts"]["state"]["levels"]
    assert [level["log_population"] for level in levels] == [0.0, "-Infinity"]


def test_bad_files(audits: dict[str, Audit], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`path` must name a file of results, but there is no file"):
        read_results(tmp_path / "none.nc")
    (tmp_path / "text.nc").write_text("no")
    with pytest.raises(InputError, match=r"text.nc' cannot be read as netCDF"):
        read_results(tmp_path / "text.nc")
    with pytest.raises(InputError, match="Results cannot be written to"):
        write_results(audits["cyclic-chain"], tmp_path / "no" / "results.nc")
    path = write_results(audits["cyclic-chain"], tmp_path / "results.nc")
    with pytest.raises(InputError, match="`sector` must be .* but the stationary state is unique"):
        read_results(path, sector=0)


def strict(text: str) -> Any:
    """JSON by the letter: NaN and Infinity are refused."""

    def refuse(word: str) -> None:
        raise AssertionError(word)

    return json.loads(text, parse_constant=refuse)


def check_numbers(node: Any) -> None:
    """Every number finite; every other leaf text, a flag or null."""
    if isinstance(node, dict):
        for key, value in node.items():
            assert isinstance(key, str)
            check_numbers(value)
    elif isinstance(node, list):
        for value in node:
            check_numbers(value)
    else:
        assert node is None or isinstance(node, str | bool) or math.isfinite(node)


UNIQUE = {
    "alternatives": list,
    "both_sides": list,
    "entropy_production": list,
    "findings": list,
    "first_law": list,
    "meaning": str,
    "parts": dict,
    "reservoirs": list,
    "sign_convention": str,
    "verdict": str,
}


@pytest.mark.parametrize("name", shipped_models())
def test_json_has_its_schema(name: str, audits: dict[str, Audit]) -> None:
    record = strict(to_json(audits[name], model=load_model(name)))
    check_numbers(record)
    assert record.pop("schema") == 2
    assert record.pop("model")["name"] == name
    assert record.pop("provenance")["equipoise"]
    if name == "two-qubits":
        sectors = record.pop("sectors")
        assert set(record) == {"verdict", "meaning", "both_sides", "alternatives", "findings"}
    else:
        sectors = [record]
    for sector in sectors:
        assert {key: type(value) for key, value in sector.items() if key != "support"} == UNIQUE
        assert [set(reservoir) for reservoir in sector["reservoirs"]] == [
            {"name", "inverse_temperature", "chemical_potential", "particle_flow", "energy_flow", "heat_flow"}
        ] * len(sector["reservoirs"])
        assert list(sector["parts"]) == ["gibbs", "currents", "cycles", "balance", "state", "ergotropy"]


def test_json_says_what_flows(audits: dict[str, Audit]) -> None:
    record = json.loads(to_json(audits["heat-valve"]))
    hot, _ = record["reservoirs"]
    flows = audits["heat-valve"].flows
    assert hot["energy_flow"] == flows.energy[0]
    moves = record["parts"]["currents"]["microcurrents"]
    (move,) = (entry for entry in moves if entry["reservoir"] == "hot")
    assert (move["from"], move["to"]) == flows.spectrum.labels[::2]
    assert [entry["current"] > 0 for entry in moves if entry["reservoir"] == "cold"] == [True, True]


@pytest.mark.parametrize("kind", starter_kinds())
def test_json_of_every_kind_is_strict(kind: str) -> None:
    check_numbers(strict(audit(parse_model(starter_model(kind)).subject).to_json()))
