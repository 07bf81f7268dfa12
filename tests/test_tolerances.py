"""One table of tolerances: a threshold has a name and a meaning there, or a reason to stand beside its formula."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from pathlib import Path

import equipoise
from equipoise import tolerances

PACKAGE = Path(equipoise.__file__).parent
ELSEWHERE = {
    "linalg/": "errors, steps and ends of one algorithm each, named where it is described",
    "scattering/": "panels of shell integrals, resonances and accuracies that an interaction takes as arguments",
    "generators/_geometric_shift.py": "panels and accuracy of one quadrature",
    "reproduce/": "each row of evidence states the agreement that it asks for",
    "io/units.py": "physical constants and prefixes of units",
    "io/kinds/": "defaults of fields of a model file, in its own units",
    "reservoirs/": "steps at which a limit at zero frequency is read off, and the accuracy of one quadrature",
    "report/": "marks on logarithmic axes",
}
"""Where small numbers stand that are no tolerances of the table, and why."""

LEFT = {
    "auditing": 1,
    "balance": 41,
    "fluctuations": 12,
    "generators": 1,
    "stationary": 3,
    "thermodynamics": 14,
    "tomography": 10,
}
"""Lines of a room that still hold a small number of their own: the count may only fall."""


def small_numbers(path: Path) -> list[int]:
    """The lines of a module with a float between 0 and 1e-3."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, float)]
    return sorted({node.lineno for node in constants if 0 < node.value < 1e-3})


def entries() -> dict[str, str]:
    body = ast.parse(inspect.getsource(tolerances)).body
    return {
        ast.unparse(constant.targets[0]): ast.literal_eval(text.value)
        for constant, text in itertools.pairwise(body)
        if isinstance(constant, ast.Assign) and isinstance(text, ast.Expr)
    }


def test_every_tolerance_says_relative_to_what() -> None:
    names = {name for name in vars(tolerances) if name.isupper() and name != "ROUND_OFF"}
    assert set(entries()) == names
    for name, text in entries().items():
        assert re.search(r"; (absolute|relative to|difference)", text), f"{name}: {text}"
        assert 0 < getattr(tolerances, name) < 1e-3


def test_every_tolerance_is_used() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py") if path.name != "tolerances.py")
    assert not [name for name in entries() if not re.search(rf"\b{name}\b", text)]


def test_small_numbers_stand_in_the_table() -> None:
    found: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        where = path.relative_to(PACKAGE).as_posix()
        if where != "tolerances.py" and not where.startswith(tuple(ELSEWHERE)):
            found.setdefault(where.split("/")[0], []).extend(f"{where}:{line}" for line in small_numbers(path))
    for room, places in found.items():
        assert len(places) <= LEFT.get(room, 0), f"name them in equipoise/tolerances.py: {', '.join(places)}"
