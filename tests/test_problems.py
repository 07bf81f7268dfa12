"""Every worked problem runs as it is printed, and the numbers that it ends with are their closed forms."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest
from matplotlib import pyplot

FOLDER = Path(__file__).parents[1] / "docs" / "problems"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.stem != "index")


def printed(page: Path) -> str:
    """What the cells of a page print, run in order in one namespace."""
    cells = re.findall(
        r"^```\{code-cell\} python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    out, names = io.StringIO(), {}
    with contextlib.redirect_stdout(out):
        for cell in cells:
            # Tags and magics are the notebook's own.
            python = re.sub(r"^(:|%).*$", "", cell, flags=re.MULTILINE)
            exec(compile(python, str(page), "exec"), names)
    for number in pyplot.get_fignums():
        pyplot.figure(number).canvas.draw()
    pyplot.close("all")
    return out.getvalue()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_problem_ends_in_its_closed_form(page: Path) -> None:
    text = printed(page)
    pairs = re.findall(r"computed (\S+), closed form (\S+)$", text, re.MULTILINE)
    assert text.splitlines()[-1].endswith(pairs[-1][1])
    for computed, closed in pairs:
        assert float(computed) == pytest.approx(float(closed), rel=1e-10)
    assert "False" not in text.split("holds:")[-1].split("\n")[0]
    assert max(map(len, text.splitlines())) <= 150


def test_there_are_four_and_the_index_names_each() -> None:
    index = (FOLDER / "index.md").read_text(encoding="utf-8")
    assert [page.stem for page in PAGES if f"\n{page.stem}\n" in index] == [page.stem for page in PAGES]
    assert len(PAGES) == 4
