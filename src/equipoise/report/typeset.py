"""Numbers and labels as they are set in HTML, in SVG and in figures; the digits come from one formatter."""

from __future__ import annotations

import math
import re
from html import escape

from equipoise.auditing.sheet import number

_LOG_TEN = math.log(10.0)

_SMALLEST_LOG = -700.0
"""Below this natural logarithm a double loses digits (subnormal numbers) or underflows."""


def log_number(log_value: float) -> str:
    """`exp(log_value)` as the report prints a number, from its natural logarithm: 1e-300 and 1e-5000 alike.

    Examples
    --------
    >>> log_number(math.log(0.25)), log_number(-math.inf), log_number(-5000 * math.log(10.0))
    ('0.25', '0', '1e-5000')
    """
    if log_value == -math.inf or log_value > _SMALLEST_LOG:
        return number(math.exp(log_value))
    decades = log_value / _LOG_TEN
    exponent = math.floor(decades)
    mantissa = float(f"{10 ** (decades - exponent):.6g}")
    if mantissa >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"{number(mantissa)}e{exponent}"


def rounded(value: float | None, digits: int = 3) -> str:
    """A residual or an annotation to a few digits; a dash if absent."""
    return number(None if value is None else float(f"{value:.{digits}g}"))


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
    r"\b(?P<base>beta|mu|sum|[JXpeDβμτΣ])_(?P<index>[A-Za-z0-9](?:,r)?)\b"
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
