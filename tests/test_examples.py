"""Every example runs, and the number it ends with is its closed form."""

import contextlib
import io
import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_ends_in_its_closed_form(path):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        runpy.run_path(str(path))
    last = printed.getvalue().splitlines()[-1]
    computed, closed = re.search(r"computed (\S+), closed form (\S+)$", last).groups()
    assert float(computed) == pytest.approx(float(closed), abs=2e-12)


def test_there_are_examples():
    assert len(EXAMPLES) >= 3
