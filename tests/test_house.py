"""The map in docs/house.md is true: every module has a room in it, and imports run downward only."""

from __future__ import annotations

import ast
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
    assert ROOMS["quasifree"] == (2, 6)
    assert ROOMS["cli"] == (11, 11)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_every_module_has_a_room_on_the_map(path: Path) -> None:
    room = room_of(module_name(path))
    assert room in ROOMS or room in {"", "__main__"}, f"docs/house.md has no row for `{room}`"


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(module_name(path)) in ROOMS], ids=str)
def test_imports_run_downward_only(path: Path) -> None:
    here = room_of(module_name(path))
    for name in imported_names(path):
        there = room_of(name)
        if there in {here, "_checks", "_version"}:
            continue
        assert there in ROOMS, f"{path} imports {name}: the root imports the rooms, no room imports the root"
        assert ROOMS[there][1] < ROOMS[here][0], (
            f"{path} (floor {ROOMS[here][0]}) imports {name} (floor {ROOMS[there][1]}); imports run downward"
        )
