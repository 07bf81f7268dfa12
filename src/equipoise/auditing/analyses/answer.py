"""What an analysis answers: facts and tables that print themselves, and a dataset."""

from __future__ import annotations

import textwrap
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from equipoise._printed import amount
from equipoise.generators import Generator
from equipoise.stationary import StationaryState

if TYPE_CHECKING:
    import xarray

Cell = str | float | None
"""Of a table: text, a number (infinite is allowed), or nothing."""

_WIDTH = 80
_LABEL = 19
"""Columns of the label of a fact, as on the balance sheet."""


@dataclass(frozen=True)
class Table:
    """Rows under named columns.

    Parameters
    ----------
    title : str
    columns : tuple of str
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
        out = textwrap.wrap(self.title, _WIDTH)
        for chosen in _fitting(widths):
            for row in cells:
                first, *others = ((row[k], widths[k]) for k in chosen)
                line = "  " + first[0].ljust(first[1])
                out.append(line + "".join("  " + text.rjust(width) for text, width in others))
        return out + textwrap.wrap(self.note, _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _fitting(widths: Sequence[int]) -> list[list[int]]:
    """Groups of columns that fit side by side, each beginning with the first column."""
    groups: list[list[int]] = [[0]]
    used = 2 + widths[0]
    for k in range(1, len(widths)):
        if used + 2 + widths[k] > _WIDTH and len(groups[-1]) > 1:
            groups.append([0])
            used = 2 + widths[0]
        groups[-1].append(k)
        used += 2 + widths[k]
    return groups


def shown(cell: Cell) -> str:
    """A cell as text; what is not there is a dash."""
    if cell is None:
        return "-"
    return cell if isinstance(cell, str) else amount(cell)


@dataclass(frozen=True, eq=False, repr=False)
class Answer:
    """The answer of an analysis.

    Parameters
    ----------
    name : str
        As the model file calls it.
    title : str
    facts : tuple of (str, str)
        Label and text, one line or two each.
    tables : tuple of Table
    variables, coordinates : mapping
        Of the dataset, as xarray takes them: dimensions, values, attributes.
    found : object
        What the library found, for figures.
    """

    name: str
    title: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...] = ()
    variables: Mapping[str, object] = field(default_factory=dict)
    coordinates: Mapping[str, object] = field(default_factory=dict)
    found: object = None

    def __repr__(self) -> str:
        lines = [self.title]
        for label, text in self.facts:
            head = f"{label:<{_LABEL}}"
            head = head if head.endswith(" ") else head + " "
            lines += textwrap.wrap(head + text, _WIDTH, subsequent_indent=" " * _LABEL)
        for table in self.tables:
            lines += ["", *table.lines()]
        return "\n".join(lines)

    def to_dataset(self) -> xarray.Dataset:
        """Every number with named dimensions and units."""
        import xarray

        return xarray.Dataset(dict(self.variables), coords=dict(self.coordinates), attrs={"title": self.title})


class AbstractAnalysis(ABC):
    """A question that a model file asks beyond the verdict, with its options."""

    name: ClassVar[str]
    """As a model file calls it."""

    @abstractmethod
    def answer(self, generator: Generator, state: StationaryState) -> Answer:
        """Answer it for a generator and its stationary state."""
