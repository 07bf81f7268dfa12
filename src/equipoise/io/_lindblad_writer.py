"""Write a Lindblad equation as a model file: TOML to read, and an .npz of plain numbers beside it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from equipoise._checks import InputError, require
from equipoise.generators import Generator
from equipoise.generators.given_jumps import jumps_as_given
from equipoise.reservoirs import Reservoir, Thermal


def write_lindblad(path: str | Path, generator: Generator, title: str, units: str) -> Path:
    """Write a generator of given jumps to `path` (.toml) and its arrays to the same name with .npz."""
    file = Path(path)
    require(file.suffix == ".toml", "path", "end in .toml", f"got {str(path)!r}")
    arrays = {"hamiltonian": generator.hamiltonian}
    lines = ['kind = "lindblad"']
    lines += [f"{name} = {_text(value)}" for name, value in (("title", title), ("units", units)) if value]
    archive = file.with_suffix(".npz").name
    lines += ["", "[system]", f"hamiltonian = {_array(archive, 'hamiltonian')}"]
    if generator.number is not None:
        arrays["number"] = generator.number
        lines.append(f"number = {_array(archive, 'number')}")
    if generator.energy is not None:
        arrays["energy"] = generator.energy
        lines.append(f"energy = {_array(archive, 'energy')}")
    for part, L in jumps_as_given(generator):
        name = f"jump_{len(arrays):03d}"
        arrays[name] = L
        lines += ["", "[[jumps]]", f"operator = {_array(archive, name)}"]
        if part.field is not None:
            lines.append(f"reservoir = {_text(part.field.name)}")
    for reservoir in [part.field for part in generator.dissipators if part.field is not None]:
        lines += ["", "[[reservoirs]]", f"name = {_text(reservoir.name)}", *_occupation(reservoir)]
    np.savez(file.with_suffix(".npz"), **arrays)  # type: ignore[arg-type]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _occupation(reservoir: Reservoir) -> list[str]:
    distribution = reservoir.distribution
    if distribution is None:
        return []
    if not isinstance(distribution, Thermal):
        raise InputError(
            f"Argument `reservoirs` must be thermal, or carry a name only, to be written to a model file, but the "
            f"distribution of {reservoir.name!r} is {type(distribution).__name__}. Write its [[reservoirs]] by hand."
        )
    lines = [f"statistics = {_text(distribution.statistics.value)}"]
    lines.append(f"inverse_temperature = {float(distribution.inverse_temperature)!r}")
    if distribution.chemical_potential:
        lines.append(f"chemical_potential = {float(distribution.chemical_potential)!r}")
    return lines


def _array(archive: str, name: str) -> str:
    return f'{{file = {_text(archive)}, array = "{name}"}}'


def _text(value: str) -> str:
    # A JSON string without non-ASCII escapes is a basic string of TOML; only DEL differs.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
