"""A paper recomputed: its rows of evidence, what it defines, and its figures; as text, data and files."""

from __future__ import annotations

import importlib
import textwrap
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equipoise._version import __version__
from equipoise.generators import SecularApproximationWarning
from equipoise.reproduce.evidence import Evidence, Standing, evidence_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from xarray import Dataset

_WIDTH = 80
_EQUATION = 16
"""Columns of the equation number; longer ones take a line of their own."""

_RESIDUAL = (
    "The residual is what separates the two sides of a claim, relative to their size; of a claim that is false as "
    "stated, the size of the counterexample."
)

_COUNTED = {
    Standing.HOLDS: ("holds as printed", "hold as printed"),
    Standing.CORRECTED: ("holds as corrected", "hold as corrected"),
    Standing.REFUTED: ("is false as stated", "are false as stated"),
    Standing.FAILED: ("is not confirmed", "are not confirmed"),
}


@dataclass(frozen=True, kw_only=True, repr=False)
class Reproduction:
    """Every numbered claim of a paper, recomputed.

    Parameters
    ----------
    paper, seed : str, int
        Authors, title, year; and the seed of the random systems on which the claims were recomputed.
    rows : tuple of Evidence
        In the order of the paper.
    definitions : mapping of str to str
        Equations that make no claim, and why.
    figures : mapping of str to callable
        Name of a file, and what draws it.
    data : mapping of str to callable
        Name of a file, and what computes the numbers behind a figure.
    """

    paper: str
    seed: int
    rows: tuple[Evidence, ...]
    definitions: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, Callable[[], Figure]] = field(default_factory=dict)
    data: Mapping[str, Callable[[], Dataset]] = field(default_factory=dict)

    @property
    def failed(self) -> tuple[Evidence, ...]:
        """Rows that are not confirmed: none, if the library is right."""
        return tuple(row for row in self.rows if row.standing is Standing.FAILED)

    def summary(self) -> str:
        """How many claims hold, in a sentence."""
        counts = Counter(row.standing for row in self.rows)
        parts = [f"{counts[s]} {_COUNTED[s][counts[s] != 1]}" for s in Standing if counts[s]]
        return f"{len(self.rows)} claims: {', '.join(parts)}."

    def __repr__(self) -> str:
        """The table of evidence in 80 columns."""
        lines = [*textwrap.wrap(self.paper, _WIDTH), f"recomputed on random systems drawn with seed {self.seed}", ""]
        lines += [*textwrap.wrap(_RESIDUAL, _WIDTH), ""]
        lines.append(f"{'equation':<{_EQUATION}}{'residual':<10}claim")
        for row in self.rows:
            lines += _row(row)
        lines += ["", *textwrap.wrap(self.summary(), _WIDTH)]
        if self.definitions:
            lines += ["", "Equations that define and claim nothing:"]
            for reason in dict.fromkeys(self.definitions.values()):
                equations = ", ".join(number for number, why in self.definitions.items() if why == reason)
                lines += textwrap.wrap(f"{equations}: {reason}", _WIDTH, initial_indent="  ", subsequent_indent="    ")
        return "\n".join(lines)

    def record(self) -> dict[str, Any]:
        """Everything but the figures, as dictionaries, lists, numbers and text."""
        return {
            "paper": self.paper,
            "seed": self.seed,
            "equipoise_version": __version__,
            "rows": [
                {
                    "equation": row.claim.equation,
                    "claim": row.claim.statement,
                    "checked": row.claim.checked,
                    "standing": row.standing.value,
                    "residual": row.residual,
                    "residual_as_printed": row.residual if row.claim.instead else row.printed,
                    "correction": row.claim.remark,
                    "tolerance": row.claim.tolerance,
                }
                for row in self.rows
            ],
            "definitions": dict(self.definitions),
        }

    def write_figures(self, folder: str | Path) -> list[Path]:
        """Write every figure as SVG, PDF and PNG into a folder, made if missing; the same bytes each time."""
        from equipoise.report.figure_files import saved_figures

        return saved_figures(self.figures, folder)

    def write_data(self, folder: str | Path) -> list[Path]:
        """Write the numbers behind the figures as netCDF, with units and the parameters they belong to.

        The folder is made if there is anything to write.
        """
        target, written = Path(folder), []
        for name, compute in self.data.items():
            target.mkdir(parents=True, exist_ok=True)
            dataset = compute().assign_attrs(equipoise_version=__version__)
            dataset.to_netcdf(target / f"{name}.nc", engine="h5netcdf")
            written.append(target / f"{name}.nc")
        return written


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A paper as the package that recomputes it: its title, and the modules that hold its claims.

    Parameters
    ----------
    title : str
        Authors, title, year.
    package : str
        Full name of the package. Its module `figures` has `FIGURES` and, for the numbers behind them, `DATA`.
    parts : tuple of str
        Modules with functions decorated by `claim`, and with `DEFINITIONS` where equations claim nothing.
    place : callable, optional
        From the label of an equation to its place in the paper, where the parts do not follow the paper's order.
    """

    title: str
    package: str
    parts: tuple[str, ...]
    place: Callable[[str], Any] | None = None

    def recompute(self, seed: int) -> Reproduction:
        """Every claim on random systems drawn from the seed, and the figures."""
        rows: list[Evidence] = []
        definitions: dict[str, str] = {}
        with warnings.catch_warnings():
            # The claims are identities of the generator: they hold however strong the random couplings are.
            warnings.simplefilter("ignore", SecularApproximationWarning)
            for name in self.parts:
                part = importlib.import_module(f"{self.package}.{name}")
                rows += evidence_of(part, seed)
                definitions |= getattr(part, "DEFINITIONS", {})
        if (place := self.place) is not None:
            rows.sort(key=lambda row: place(row.claim.equation))
            definitions = {equation: definitions[equation] for equation in sorted(definitions, key=place)}
        figures = importlib.import_module(f"{self.package}.figures")
        return Reproduction(
            paper=self.title,
            seed=seed,
            rows=tuple(rows),
            definitions=definitions,
            figures=figures.FIGURES,
            data=getattr(figures, "DATA", {}),
        )


def _row(row: Evidence) -> list[str]:
    claim, standing = row.claim, row.standing
    residual = f"{row.residual:.1e}"
    lines = [claim.equation] if len(claim.equation) >= _EQUATION else []
    first = (" " * _EQUATION if lines else claim.equation.ljust(_EQUATION)) + f"{residual:<10}"
    verdict = standing.value
    if row.printed is not None:
        verdict += f": {claim.correction} (as printed {row.printed:.1e})"
    elif claim.instead:
        verdict += f": {claim.instead}"
    if standing is Standing.FAILED:
        verdict += f" (residual {residual}, tolerance {claim.tolerance:.0e})"
    indent = " " * len(first)
    lines += textwrap.wrap(claim.statement, _WIDTH, initial_indent=first, subsequent_indent=indent)
    for text in (f"checked: {claim.checked}", verdict):
        lines += textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")
    return lines
