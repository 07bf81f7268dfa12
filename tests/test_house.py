"""The map in docs/house.md is true: every module has a room in it, and imports run downward only."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

import equipoise

PACKAGE = Path(equipoise.__file__).parent
MAP = (Path(__file__).parents[1] / "docs" / "house.md").read_text(encoding="utf-8")
# A row of the map: | 3 | `generators/` | ... |, a column of the house: | 2-6 | `quasifree/` | ... |
ROOMS = {
    room.removesuffix("/").removesuffix(".py"): (int(low), int(high or low))
    for low, high, room in re.findall(r"^\| (\d+)(?:-(\d+))? \| `([^`]+)` \|", MAP, re.MULTILINE)
}
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def room_of(name: str) -> str:
    """`generators` for `equipoise.generators.weak_coupling`, `` (the front door) for `equipoise` itself."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


def module_name(path: Path) -> str:
    return ".".join(["equipoise", *path.with_suffix("").parts]).removesuffix(".__init__")


def imported_names(path: Path) -> list[str]:
    """The names of the equipoise modules that the file imports, wherever in it the import stands."""
    here = module_name(path).split(".")
    package = here if path.name == "__init__.py" else here[:-1]
    names = []
    for node in ast.walk(ast.parse((PACKAGE / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            # `from equipoise import spectrum` names the module behind the word `import`.
            names += [f"{source}.{alias.name}" for alias in node.names] if source == "equipoise" else [source]
    return [name for name in names if name.split(".")[0] == "equipoise"]


def test_map_lists_the_floors() -> None:
    assert ROOMS["linalg"] == (0, 0)
    assert ROOMS["fluxes"] == (5, 5)
    assert ROOMS["quasifree"] == (2, 7)
    assert ROOMS["cli"] == (12, 12)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_every_module_has_a_room_on_the_map(path: Path) -> None:
    room = room_of(module_name(path))
    assert room in ROOMS or room in {"", "__main__"}, f"docs/house.md has no row for `{room}`"


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(module_name(path)) in ROOMS], ids=str)
def test_imports_run_downward_only(path: Path) -> None:
    here = room_of(module_name(path))
    for name in imported_names(path):
        there = room_of(name)
        if there in {here, "_checks", "_printed", "_version", "tolerances"}:
            continue
        assert there in ROOMS, f"{path} imports {name}: the root imports the rooms, no room imports the root"
        assert ROOMS[there][1] < ROOMS[here][0], (
            f"{path} (floor {ROOMS[here][0]}) imports {name} (floor {ROOMS[there][1]}); imports run downward"
        )


def public_names(package: Path) -> list[str]:
    """The `__all__` of a package."""
    for node in ast.parse((package / "__init__.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            return list(ast.literal_eval(node.value))
    return []


PACKAGES = sorted(path.parent for path in PACKAGE.rglob("__init__.py"))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_no_module_bears_the_name_of_a_public_function_of_its_package(package: Path) -> None:
    # Were it so, `import equipoise.room.name` would give the function where the module is meant.
    rooms = {path.parent.name for path in package.glob("*/__init__.py")}
    modules = {path.stem for path in package.glob("*.py")} | rooms
    house = importlib.import_module(module_name(package.relative_to(PACKAGE) / "__init__.py"))
    functions = {name for name in public_names(package) if not inspect.ismodule(getattr(house, name))}
    assert not modules & functions
