"""Numbers and labels as they are set in HTML, in SVG and in figures; the digits come from one formatter."""

from __future__ import annotations

import re
from html import escape


def split(text: str) -> tuple[str, str]:
    """Mantissa and power of ten of a printed number, with true minus signs; no power: empty."""
    if text == "-":
        return "–", ""
    if text.startswith("< "):
        mantissa, power = split(text[2:])
        # A bound is a power of ten: its mantissa of one is not written.
        return ("< " if mantissa == "1" and power else f"< {mantissa}"), power
    if text in ("inf", "-inf"):
        return text.replace("inf", "∞").replace("-", "−"), ""
    mantissa, _, exponent = text.partition("e")
    if not _is_decimal(mantissa) or (exponent and not _is_decimal(exponent)):
        return text, ""
    power = str(int(exponent)) if exponent else ""
    return mantissa.replace("-", "−"), power.replace("-", "−")


def _is_decimal(text: str) -> bool:
    return bool(text) and text.lstrip("+-").replace(".", "", 1).isdigit()


_SUPERSCRIPTS = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def plain_number(text: str) -> str:
    """A printed number as plain text with raised digits, for sentences and descriptions."""
    mantissa, power = split(text)
    return _joined(mantissa, " × ", "10", power.translate(_SUPERSCRIPTS), "")


def html_number(text: str) -> str:
    """A printed number as HTML, with its machine-readable form kept in a `data` element."""
    mantissa, power = split(text)
    return f'<data value="{escape(text)}">{_joined(escape(mantissa), " × ", "10<sup>", power, "</sup>")}</data>'


_SIGNS = {
    "->": "→",
    ">=": "≥",
    "<=": "≤",
    "-": "−",
    "beta": "β",
    "mu": "μ",
    "omega": "ω",
    "sigma": "σ",
    "w": "ω",
    "sum": "Σ",
}

_PROSE = re.compile(
    r"\b(?P<base>beta|mu|sum|[JXkpeDβμτΣ])_(?P<index>[A-Za-z0-9](?:,r)?)\b"
    r"|\bH\^(?P<power>\w)\b"
    r"|(?P<sign>->|[<>]=|(?<= )-(?= )|(?<![\w)])-(?=[a-z])|\b(?:omega|sigma)\b|\b(?:beta|mu)(?= = )|\bbeta(?=\(w\))"
    r"|(?<=\()w(?=\))|(?<=\) )w\b|(?<=/ )w\b)"
    r"|(?P<number>(?<![\w.^-])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.]*\w))"
)
"""Formulas and numbers in the plain text of an answer; a user's labels have none of these shapes, or may bear it."""


def html_prose(text: str) -> str:
    """A sentence of plain text as HTML: indices lowered, powers raised, arrows, Greek letters and true minus signs.

    Examples
    --------
    >>> html_prose("beta_S from -5.2e-16 to 0.5 on 0 -> 2")
    'β<sub>S</sub> from −5.2 × 10<sup>−16</sup> to 0.5 on 0 → 2'
    """
    pieces, last = [], 0
    for found in _PROSE.finditer(text):
        pieces += [escape(text[last : found.start()]), _set(found)]
        last = found.end()
    return "".join([*pieces, escape(text[last:])])


def _set(found: re.Match[str]) -> str:
    if found["base"]:
        return f"{_SIGNS.get(found['base'], found['base'])}<sub>{found['index']}</sub>"
    if found["power"]:
        return f"H<sup>{found['power']}</sup>"
    if found["sign"]:
        return _SIGNS[found["sign"]]
    mantissa, power = split(found["number"])
    if power == "0":
        power = ""
    return _joined(mantissa, " × ", "10<sup>", power, "</sup>")


def svg_number(text: str) -> str:
    """A printed number as the content of an SVG text element."""
    mantissa, power = split(text)
    return _joined(escape(mantissa), "×", '10<tspan class="sup" dy="-0.45em">', power, "</tspan>")


def _joined(mantissa: str, times: str, before: str, power: str, after: str) -> str:
    """Mantissa times a power of ten; a mantissa of one is not written (nor that of a bound, "< ")."""
    if not power:
        return mantissa
    bare = mantissa.endswith(" ") or mantissa in ("1", "−1")
    return (mantissa.removesuffix("1") if bare else mantissa + times) + before + power + after


def math_number(text: str) -> str:
    """A printed number as matplotlib mathtext."""
    mantissa, power = split(text)
    mantissa = mantissa.replace("∞", r"\infty")
    return "$" + _joined(mantissa, r"\times ", "10^{", power, "}") + "$"


def clipped(text: str, length: int) -> str:
    """A user's label on one line, cut with an ellipsis if it is longer than `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
