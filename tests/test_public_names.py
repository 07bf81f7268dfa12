"""The public names are few, and each is documented and shown at work in a page, an example or its own docstring."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import equipoise

ROOT = Path(__file__).parents[1]
MOST = 220
PAGES = [path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts and path.name != "renamed.md"]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in [*PAGES, *(ROOT / "examples").glob("*.py")])
WORDS = set(re.findall(r"\w+", TEXT))


def public() -> dict[str, object]:
    """Each public name with what it names; one that the front door names too counts once."""
    found: dict[str, object] = {}
    packages = [m.name for m in pkgutil.walk_packages(equipoise.__path__, "equipoise.") if m.ispkg]
    for package in map(importlib.import_module, ["equipoise", *packages]):
        found |= {name: getattr(package, name) for name in getattr(package, "__all__", [])}
    return {name: value for name, value in found.items() if not inspect.ismodule(value) and name != "__version__"}


def has_example(value: object) -> bool:
    """Whether a docstring of it, or of one of its methods, holds an example."""
    parts = [value, *(vars(value).values() if inspect.isclass(value) else [])]
    return any(">>>" in (inspect.getdoc(part) or "") for part in parts)


def test_the_public_names_are_few() -> None:
    assert len(public()) <= MOST


@pytest.mark.parametrize("name", sorted(public()))
def test_every_public_name_is_shown_at_work(name: str) -> None:
    assert name in WORDS or has_example(public()[name]), f"no page, example or docstring shows {name}"


@pytest.mark.parametrize("name", sorted(public()))
def test_every_public_name_says_what_it_is(name: str) -> None:
    value = public()[name]
    if callable(value):
        assert inspect.getdoc(value), f"{name} has no docstring"


def returned() -> set[str]:
    """Classes of the package, not public, that a public function returns or a public noun carries."""
    modules = [m.name for m in pkgutil.walk_packages(equipoise.__path__, "equipoise.")]
    named = {}
    for module in (importlib.import_module(name) for name in modules if not name.endswith(("__main__", ".qutip"))):
        named |= {name: value for name, value in vars(module).items() if inspect.isclass(value)}
    words: set[str] = set()
    for value in public().values():
        members = [value]
        if inspect.isclass(value) and value.__module__.startswith("equipoise"):
            words |= set(re.findall(r"\w+", " ".join(map(str, getattr(value, "__annotations__", {}).values()))))
            members = [getattr(m, "fget", None) or getattr(m, "func", None) or m for m in vars(value).values()]
        for member in filter(inspect.isfunction, members):
            if not member.__name__.startswith("_"):
                words |= set(re.findall(r"\w+", str(inspect.signature(member).return_annotation)))
    own = {w for w in words & set(named) if named[w].__module__.startswith("equipoise")}
    return {word for word in own - set(public()) if not word.startswith("_")}


@pytest.mark.parametrize("name", sorted(returned()))
def test_every_record_that_is_returned_has_its_page(name: str) -> None:
    page = (ROOT / "docs" / "reference" / "results.md").read_text(encoding="utf-8")
    assert re.search(rf"^\.\. autoclass:: [\w.]+\.{name}$", page, re.MULTILINE), (
        f"docs/reference/results.md lacks {name}"
    )
