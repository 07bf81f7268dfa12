"""Tables, bars and sections: the one form in which results are shown, as text, as JSON and on a page."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from equipoise._printed import WIDTH, amount

LABEL = 19
"""Columns of the label of a row in printed text."""


@dataclass(frozen=True)
class Quantity:
    """A number with the error below which it counts as zero; None where it is not known."""

    value: float | None
    error: float = 0.0

    @property
    def is_zero(self) -> bool:
        """Whether the number is not known, or zero to its error."""
        return self.value is None or abs(self.value) <= self.error

    @property
    def text(self) -> str:
        """The number to six digits."""
        return "not known" if self.value is None else "0" if self.is_zero else amount(self.value)


Cell = str | float | Quantity | None
"""Of a table: text, a number (which may be infinite), a number with its error, or nothing."""


def shown(cell: Cell) -> str:
    """A cell as text; a dash for nothing."""
    if isinstance(cell, Quantity):
        return cell.text
    return cell if isinstance(cell, str) else amount(cell)


@dataclass(frozen=True)
class Table:
    """Rows under named columns.

    Parameters
    ----------
    title : str
    columns : tuple of str
        A unit or a remark stands in square brackets after the name.
    rows : tuple of tuple of Cell
        The first cell of each is its name.
    note : str
        A sentence below it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def lines(self) -> list[str]:
        """As text: columns aligned, as many on a line as 80 columns hold."""
        cells = [self.columns, *(tuple(shown(cell) for cell in row) for row in self.rows)]
        widths = [max(len(row[k]) for row in cells) for k in range(len(self.columns))]
        out = textwrap.wrap(self.title, WIDTH)
        for chosen in _fitting(widths) if self.rows else ():
            for row in cells:
                first, *others = ((row[k], widths[k]) for k in chosen)
                line = "  " + first[0].ljust(first[1])
                out.append(line + "".join("  " + text.rjust(width) for text, width in others))
        return out + textwrap.wrap(self.note, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _fitting(widths: Sequence[int]) -> list[list[int]]:
    """Groups of columns that fit side by side, each beginning with the first column."""
    groups: list[list[int]] = [[0]]
    used = 2 + widths[0]
    for k in range(1, len(widths)):
        if used + 2 + widths[k] > WIDTH and len(groups[-1]) > 1:
            groups.append([0])
            used = 2 + widths[0]
        groups[-1].append(k)
        used += 2 + widths[k]
    return groups


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A number >= 0 with its name and an explanation; its value is None where it is not defined."""

    name: str
    explanation: str
    value: float | None
    error: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Residuals:
    """Residuals as bars on a logarithmic scale, with the tolerance as a mark."""

    note: str
    bars: tuple[Bar, ...]
    tolerance: float

    def lines(self) -> list[str]:
        """As text: a table of names and values."""
        rows = tuple((bar.name, "undefined" if bar.value is None else bar.value) for bar in self.bars)
        return Table(self.note, ("part", "residual"), rows).lines()


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Shares of a whole, one after the other: the values add up to one."""

    note: str
    bars: tuple[Bar, ...]

    def lines(self) -> list[str]:
        """As text: a table of names and percentages."""
        return Table(self.note, ("part", "share"), tuple((bar.name, percentage(bar)) for bar in self.bars)).lines()


def percentage(bar: Bar) -> str:
    """A share in percent: one that is more than its error never prints as zero."""
    share = bar.value or 0.0
    return f"{100 * share:.2f} %" if share >= 1e-4 or share <= bar.error else "< 0.01 %"


@dataclass(frozen=True, kw_only=True)
class Section:
    """A titled piece of a result.

    Parameters
    ----------
    title : str
    facts : tuple of (str, Cell)
        Label and text or number, one line or two each.
    blocks : tuple of Table, Residuals or Shares
    note : str
        A sentence or two below them.
    """

    title: str
    facts: tuple[tuple[str, Cell], ...] = ()
    blocks: tuple[Table | Residuals | Shares, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        lines = textwrap.wrap(self.title, WIDTH)
        for label, cell in self.facts:
            head = f"{label:<{LABEL}}"
            head = head if head.endswith(" ") else head + " "
            lines += textwrap.wrap(head + shown(cell), WIDTH, subsequent_indent=" " * LABEL)
        for block in self.blocks:
            lines += ["", *block.lines()]
        return "\n".join([*lines, *textwrap.wrap(self.note, WIDTH)])
