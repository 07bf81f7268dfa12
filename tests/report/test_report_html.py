"""The page: it parses, stands alone, escapes what users write, and has every verdict in words."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from report_systems import (
    audit_of_levels,
    chain,
    dark,
    disconnected,
    disconnected_rotated,
    fermions,
    heat_valve,
    inverted,
    ladder,
    random_levels,
)

import equipoise as eq
from equipoise._checks import InputError
from equipoise.auditing import Audit, Verdict
from equipoise.auditing.verdict import MEANING
from equipoise.report.palette import reservoir_styles, styles
from equipoise.report.view import TONES

VOID = {"meta", "link", "br", "hr", "img", "input"}

MADE = {
    "valve": heat_valve,
    "equal temperatures": lambda: heat_valve(1.0, 1.0),
    "zero temperature": lambda: heat_valve(0.0, 0.0),
    "fermions": fermions,
    "random": random_levels,
    "chain": chain,
    "dark": dark,
    "inverted": inverted,
    "ladder": ladder,
    "not unique": disconnected,
    "undecided": disconnected_rotated,
}


class Page(HTMLParser):
    """Checks nesting, and keeps text, ids and references."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.labelled: list[str] = []
        self.text: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        self._attributes(attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._attributes(attrs)

    def _attributes(self, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            assert not name.startswith("on"), f"event handler {name}"
            if name == "id":
                self.ids.append(str(value))
            if name in ("src", "href", "xlink:href", "action", "poster", "data"):
                self.references.append(str(value))
            if name == "aria-labelledby":
                self.labelled += str(value).split()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def written(audit: Audit, folder: Path, **words: str) -> str:
    path = audit.report(folder / "page.html", **words)
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MADE)
def test_page_parses_stands_alone_and_says_the_verdict(name: str, tmp_path: Path) -> None:
    audit = MADE[name]()
    text = written(audit, tmp_path, title=name)
    page = Page(text)
    assert not page.open
    assert len(page.ids) == len(set(page.ids))
    assert set(page.labelled) <= set(page.ids)
    assert all(reference.startswith("#") for reference in page.references)
    assert not page.tags & {"script", "link", "iframe", "object", "embed", "img"}
    assert not re.search(r"@import|url\(|@font-face", text)
    # Namespaces name; nothing is fetched from them.
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)
    words = "".join(page.text)
    assert audit.verdict.value in words
    assert MEANING[audit.verdict] in words
    for side in audit.both_sides:
        assert side.value in words
        assert MEANING[side] in words
    for sector in audit.sectors:
        assert sector.support in words
    for number, finding in enumerate(audit.findings):
        assert finding.sentence in words, number
    assert "nan" not in re.sub(r"[a-z]nan|nan[a-z]", "", words.lower())


def test_every_verdict_class_has_a_page(tmp_path: Path) -> None:
    # The names come from the tests of the audit; here each must be written with its meaning and its accent.
    base = heat_valve()
    assert set(TONES) == set(Verdict)
    for verdict in Verdict:
        sides = (Verdict.EQUILIBRIUM, Verdict.NON_EQUILIBRIUM) if verdict is Verdict.UNDECIDED else ()
        page = Page(written(replace(base, verdict=verdict, both_sides=sides), tmp_path))
        assert verdict.value in "".join(page.text)
        assert MEANING[verdict] in "".join(page.text)


def test_what_users_write_is_escaped_everywhere(tmp_path: Path) -> None:
    hostile = "<script>alert('x')</script> & \"q\" ⟨ψ|"
    hot, cold = (
        eq.Reservoir(f"{side} {hostile}", eq.bose_einstein(temperature=T)) for side, T in (("a", 2.0), ("b", 1))
    )
    W, V = (
        np.array([[0, 1.0, 0.2], [0.5, 0, 0], [0.1, 0, 0]]),
        np.array([[0, 0, 0], [0, 0, 1.0], [0, 0.3, 0]]),
    )
    labels = [f"{hostile} {k}" for k in range(3)]
    audit = eq.audit(eq.rate_equation({hot: W, cold: V}, [0.0, 1.0, 2.0], labels))
    text = written(audit, tmp_path, title=hostile, description=hostile, source=f"name = {hostile!r}")
    page = Page(text)
    assert "script" not in page.tags
    assert "<script" not in text
    assert "'x'" not in text.split("</style>")[1].replace("&#x27;x&#x27;", "").replace("&#39;x&#39;", "")
    # Shown as written: title, description, level labels, reservoirs.
    shown = "".join(page.text)
    assert shown.count(hostile) >= 6
    assert unescape(text).count(f"{hostile} 2") >= 2


def test_page_is_deterministic(tmp_path: Path) -> None:
    assert written(random_levels(), tmp_path) == written(random_levels(), tmp_path)


def test_populations_below_the_smallest_double_are_printed(tmp_path: Path) -> None:
    audit = audit_of_levels([0.0, 1.0], temperature=1.0 / 690.775527898213699)
    assert "10<sup>−300</sup>" in written(audit, tmp_path)
    audit = audit_of_levels([0.0, 1.0], temperature=1.0 / 2302.58509299404568)
    assert "10<sup>−1000</sup>" in written(audit, tmp_path)


def test_nothing_flows_nothing_points(tmp_path: Path) -> None:
    text = written(heat_valve(1.0, 1.0), tmp_path)
    assert 'class="arrow"' not in text
    assert 'class="balanced"' in text
    assert 'class="balanced"' not in written(dark(), tmp_path)


def test_source_and_alternatives_are_shown(tmp_path: Path) -> None:
    audit = disconnected_rotated()
    text = written(audit, tmp_path, source="levels = [0, 1]")
    assert "<summary>Source</summary>" in text
    assert "levels = [0, 1]" in text
    for alternative in audit.alternatives:
        assert alternative.reading in unescape(text)
    assert "<summary>Source</summary>" not in written(audit, tmp_path)


def test_folders_are_made_and_path_returned(tmp_path: Path) -> None:
    path = chain().report(str(tmp_path / "a" / "b" / "page.html"))
    assert path == tmp_path / "a" / "b" / "page.html"
    assert path.stat().st_size > 5000


@pytest.mark.parametrize("name", ["page.pdf", "page", "."])
def test_a_path_that_names_no_page_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"`path` must be the name of a page, which ends in .html, but got '.*to_json"):
        chain().report(tmp_path / name)


def test_a_page_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"The report cannot be written to '.*page.html'"):
        chain().report(tmp_path / "file" / "page.html")


def luminance(colour: str) -> float:
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_contrast_of_every_colour_of_text(tmp_path: Path) -> None:
    # WCAG 2.1 level AA: 4.5 for text; once for light, once for dark, once for print.
    text = written(random_levels(), tmp_path)
    themes = [block for block in re.findall(r":root \{(.*?)\n\s*\}", text, re.S) if "--page" in block]
    assert len(themes) == 3
    for block in themes:
        colours = dict(re.findall(r"--([\w]+): (#[0-9a-f]{6})\b", block))
        colours |= {
            name: "#" + "".join(2 * c for c in short) for name, short in re.findall(r"--(\w+): #(\w{3});", block)
        }
        for name in ("ink", "soft", "faint", "rest", "flow", "open", "broken", "r0", "r1", "r2"):
            for ground in ("page", "panel"):
                assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground, block)


def test_palette_has_contrast_and_never_repeats_early() -> None:
    reservoirs = {eq.Reservoir(f"r{k}", eq.bose_einstein(temperature=1.0 + k)): chain_rates() for k in range(12)}
    looks = styles(list(reservoirs))
    assert len(set(looks)) == 12
    assert all(contrast(look.light, "#fbfaf8") >= 4.5 and contrast(look.dark, "#14161a") >= 4.5 for look in looks)
    # Hottest first in the palette.
    assert looks[-1] == reservoir_styles(heat_valve())[0]


def chain_rates() -> list[list[float]]:
    return [[0, 1, 2], [2, 0, 1], [1, 2, 0]]


def test_line_breaks_of_a_description_are_joined_within_paragraphs(tmp_path: Path) -> None:
    text = "Three levels,\ntwo reservoirs.\n\nA second\nparagraph."
    page = heat_valve().report(tmp_path / "r.html", description=text).read_text(encoding="utf-8")
    assert "Three levels, two reservoirs.\n\nA second paragraph." in page


def test_flows_are_in_the_unit_of_the_model(tmp_path: Path) -> None:
    page = heat_valve().report(tmp_path / "r.html", units="GHz").read_text(encoding="utf-8")
    assert "in GHz/ħ" in page
    assert "in GHz²/ħ" in page
    assert "energy unit" not in page
    assert "(energy unit)²/ħ" in heat_valve().report(tmp_path / "s.html").read_text(encoding="utf-8")


def test_the_story_of_a_driven_qubit_does_not_speak_of_circulation(tmp_path: Path) -> None:
    lower = [[0, 0], [1.0, 0]]
    driven = eq.audit(eq.lindbladian([[0.15, 0.25], [0.25, -0.15]], [lower, [[0, 0.4], [0, 0]]]))
    cycle = eq.audit(eq.rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]]))
    texts = []
    for name, found in (("driven", driven), ("cycle", cycle)):
        found.report(tmp_path / f"{name}.html")
        texts.append((tmp_path / f"{name}.html").read_text(encoding="utf-8"))
    assert "jumps move probability between the levels, and coherences help to carry it back" in texts[0]
    assert "probability circulates between the levels" in texts[1]
    assert "of the jumps relative to all jumps (norm" in texts[0]
