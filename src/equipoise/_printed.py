"""How nouns print themselves: a title, and beneath it facts in aligned lines, at most 80 columns wide."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterable, Sequence
from html import escape

from equipoise.tolerances import ROUNDED

WIDTH = 80
"""Columns of what is printed."""

MOST = 6
"""Entries of a list that are printed; of a longer one the first few, and the last."""


def amount(value: complex | None, digits: int = 6) -> str:
    """A number as everything prints it, to `digits` digits: complex only where it is, a dash where there is none.

    Examples
    --------
    >>> amount(0.1), amount(-0.5 + 2j), amount(-0.0), amount(0.12345, 3), amount(None)
    ('0.1', '-0.5+2j', '0', '0.123', '-')
    """
    if value is None:
        return "-"
    # Adding zero takes the sign off a zero.
    return f"{value.real + 0.0:.{digits}g}" if value.imag == 0 else f"{value:.{digits}g}"


def measured(value: float | None, error: float) -> str:
    """A number as :func:`amount` prints it; one that its error may explain is zero, with the error beside it.

    Examples
    --------
    >>> measured(0.25, 1e-17), measured(-3.5e-18, 4e-18), measured(0.0, 4e-18), measured(-math.inf, 1.0)
    ('0.25', '0 +- 4e-18', '0', '-inf')
    """
    if value is None or value == 0.0 or not abs(value) <= error:
        return amount(value)
    return f"0 +- {error:.0e}"


def amount_of_log(log_value: float) -> str:
    """`exp(log_value)` as :func:`amount` prints it, from its natural logarithm: 1e-300 and 1e-5000 alike.

    Examples
    --------
    >>> amount_of_log(math.log(0.25)), amount_of_log(-math.inf), amount_of_log(-5000 * math.log(10.0))
    ('0.25', '0', '1e-5000')
    """
    # Below exp(-700) a double loses digits (subnormal numbers) or underflows.
    if log_value == -math.inf or log_value > -700.0:
        return amount(math.exp(log_value))
    decades = log_value / math.log(10.0)
    exponent = math.floor(decades)
    mantissa = float(f"{10 ** (decades - exponent):.6g}")
    if mantissa >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"{amount(mantissa)}e{exponent}"


def counted(count: int, noun: str) -> str:
    """`1 level`, `3 levels`, `2 frequencies`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun[:-1]}ies" if noun.endswith("y") else f"{count} {noun}s"


def amounts(values: Iterable[complex]) -> str:
    """Numbers in a line; of many, the first few and the last.

    Examples
    --------
    >>> amounts(range(9))
    '0, 1, 2, 3, ... 8 (9 in all)'
    """
    return named(amount(value) for value in values) or "none"


def energies(levels: Iterable[float]) -> str:
    """Energies in a line; one that is only rounding relative to the largest is zero.

    Examples
    --------
    >>> energies([-0.5, 5.6e-16, 0.5])
    '-0.5, 0, 0.5'
    """
    every = list(levels)
    rounding = ROUNDED * max((abs(energy) for energy in every), default=0.0)
    return amounts(0.0 if abs(energy) <= rounding else energy for energy in every)


def named(words: Iterable[str]) -> str:
    """Words in a line; of many, the first few and the last."""
    every = list(words)
    if len(every) <= MOST:
        return ", ".join(every)
    return f"{', '.join(every[: MOST - 2])}, ... {every[-1]} ({len(every)} in all)"


def described(title: str, *facts: tuple[str, str], below: Sequence[str] = ()) -> str:
    """A title, facts with aligned labels, and lines that are set already.

    Examples
    --------
    >>> print(described("Two levels", ("energies", "0, 1"), ("gap", "1")))
    Two levels
      energies  0, 1
      gap       1
    """
    label = 2 + max((len(name) for name, _ in facts), default=0) + 2
    lines = textwrap.wrap(title, WIDTH - 2)
    for name, text in facts:
        lines += textwrap.wrap(f"  {name}".ljust(label) + text, WIDTH, subsequent_indent=" " * label)
    return "\n".join([*lines, *below])


def preformatted(noun: object) -> str:
    """A noun as a notebook shows it: what it prints at a prompt, in a fixed width.

    Examples
    --------
    >>> preformatted(1 < 2)
    '<pre>True</pre>'
    """
    return f"<pre>{escape(repr(noun))}</pre>"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], what: str = "row") -> list[str]:
    """Aligned columns, as many as fit; of many rows the first few and the last.

    Examples
    --------
    >>> print(*table(["level", "population"], [["0", "0.75"], ["1", "0.25"]]), sep="\\n")
      level  population
      0            0.75
      1            0.25
    """
    shown = list(rows) if len(rows) <= 2 * MOST else [*rows[: 2 * MOST - 1], rows[-1]]
    widths = [max(len(row[k]) for row in [columns, *shown]) for k in range(len(columns))]
    fit = len(columns)
    while fit > 1 and sum(widths[:fit]) + 2 * fit > WIDTH:
        fit -= 1
    lines = [
        "  " + "  ".join([row[0].ljust(widths[0]), *(row[k].rjust(widths[k]) for k in range(1, fit))])
        for row in [columns, *shown]
    ]
    if len(shown) < len(rows):
        lines.insert(-1, f"  ... ({counted(len(rows), what)} in all)")
    return lines + ([f"  (and {counted(len(columns) - fit, 'column')} more)"] if fit < len(columns) else [])


def function_in_words(function: Callable[..., object]) -> str:
    """The name of a function; of one without a name its type."""
    name = getattr(function, "__name__", "")
    return type(function).__name__ if not name or name.startswith("<") else name
