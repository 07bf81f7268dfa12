"""How a result was made: version, limit, options, solver and tolerances, so that it can be made again."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import numpy as np
import scipy

from equipoise._printed import described
from equipoise._version import __version__


@dataclass(frozen=True)
class Provenance:
    """The record of how a result was made.

    Parameters
    ----------
    limit : str
        The limit or construction that gave the generator, in words ("weak coupling, secular").
    options : mapping of str to (float, int, bool or str)
        Every option with the value that was used, defaults included.
    notes : tuple of str
        Remarks on the run: transitions below round-off, warnings.

    Examples
    --------
    >>> print("\\n".join(repr(Provenance("weak coupling", {"secular": True})).split("\\n")[:3]))
    How it was made
      limit      weak coupling
      secular    True
    """

    limit: str
    options: Mapping[str, float | int | bool | str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def rows(self) -> list[tuple[str, str]]:
        """The record as (name, value) rows for a table."""
        rows = [("limit", self.limit)]
        rows += [(name, str(value)) for name, value in self.options.items()]
        rows += [(f"note {index + 1}", note) for index, note in enumerate(self.notes)]
        return rows + [(name, value) for name, value in environment().items()]

    def __repr__(self) -> str:
        return described("How it was made", *self.rows())

    def _repr_html_(self) -> str:
        cells = (f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in self.rows())
        return f"<table>{''.join(cells)}</table>"


def environment() -> dict[str, str]:
    """Versions that a result depends on."""
    return {
        "equipoise": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }
