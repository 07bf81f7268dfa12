"""The promises that the repository's front page makes about itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import equipoise

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def fenced_lines(marker: str) -> list[str]:
    """The lines of the fenced block that follows `<!-- marker -->` in the README."""
    match = re.search(rf"^<!-- {marker} -->\n```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert match, f"README.md has no fenced block after <!-- {marker} -->"
    return match.group(1).splitlines()


def test_readme_commands_are_one_line_each_and_make_their_own_environment() -> None:
    for marker in ("main", "tests"):
        (command,) = fenced_lines(marker)
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")


def test_readme_main_command_calls_the_entry_point() -> None:
    (command,) = fenced_lines("main")
    assert PROJECT["scripts"] == {"equipoise": "equipoise.cli:main"}
    assert command.split(" && ")[-1].startswith(".venv/bin/equipoise audit ")


def test_readme_has_five_bullets() -> None:
    assert len(re.findall(r"^- \*\*", README, re.MULTILINE)) == 5


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_local_links_lead_somewhere(page: str) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    assert targets
    for target in targets:
        assert (ROOT / target).exists(), target


def test_version_is_the_same_wherever_it_is_written() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.*)$", citation, re.MULTILINE) == [equipoise.__version__]
    assert PROJECT["version"] == equipoise.__version__


# A code block with its output: the text block that follows it, with nothing between them but blank lines.
VISIBLE = re.sub(r"<!--.*?-->", "", README, flags=re.DOTALL)
EXAMPLES = re.findall(r"^```python\n(.*?)^```\n\s*```text\n(.*?)^```$", VISIBLE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("code", "output"), EXAMPLES)
def test_readme_example_prints_what_the_readme_says(code: str, output: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    assert capsys.readouterr().out.rstrip() == output.rstrip()


def test_entries_of_the_bibliography_are_closed_and_in_order() -> None:
    entries = re.split(r"^@", (ROOT / "docs" / "references.bib").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    for entry in entries:
        assert entry.count("{") == entry.count("}"), entry
    keys = [re.split("[{,]", entry)[1] for entry in entries]
    assert keys == sorted(set(keys))
