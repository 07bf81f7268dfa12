"""The answer of an analysis: facts and tables that print themselves, and a dataset."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, TypeVar

from equipoise._checks import InputError, NumericalError
from equipoise._printed import counted as number_of
from equipoise.auditing.blocks import Cell, Section, Table
from equipoise.auditing.record import Audit
from equipoise.generators import Generator
from equipoise.stationary import StationaryState

if TYPE_CHECKING:
    import xarray

MOST_ROWS = 24
"""Rows of a printed table; the dataset holds them all."""

T = TypeVar("T")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
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
        The noun that the library found, for figures.
    """

    name: str
    title: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...] = ()
    variables: Mapping[str, object] = field(default_factory=dict)
    coordinates: Mapping[str, object] = field(default_factory=dict)
    found: object = None

    def __repr__(self) -> str:
        return str(self.section)

    @property
    def section(self) -> Section:
        """Facts and tables under the title, as a report shows them."""
        return Section(title=self.title, facts=self.facts, blocks=self.tables)

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


def analyse(audit: Audit, analyses: Sequence[AbstractAnalysis]) -> tuple[Answer, ...]:
    """Answer analyses for the generator and the stationary state of an audit.

    Parameters
    ----------
    audit : Audit
        Of a system with one stationary state.
    analyses : sequence of AbstractAnalysis

    Returns
    -------
    tuple of Answer
        In the order of the analyses; each prints itself and gives a dataset.

    Raises
    ------
    InputError
        If the stationary state is not unique.

    Examples
    --------
    >>> from equipoise.auditing import audit
    >>> from equipoise.auditing.analyses import LocalKmsAnalysis
    >>> from equipoise.generators import rate_equation
    >>> found = audit(rate_equation([[0, 3], [1, 0]], energies=[0.0, 1.0]))
    >>> answer, = analyse(found, [LocalKmsAnalysis()])
    >>> dict(answer.facts)["state"]
    'Gibbs: beta_S = 1.09861 between all levels'
    """
    if audit.sectors:
        raise InputError(
            "Argument `audit` must have one stationary state, but its state is not unique. Restrict the generator to a "
            "sector, and audit that: restricted_to(generator, columns)."
        )
    return tuple(analysis.answer(audit.generator, audit.state) for analysis in analyses)


def attempted(ask: Callable[[], T]) -> tuple[T | None, str]:
    """The result of a function, or the words with which it refuses: a question need not apply to every system."""
    try:
        return ask(), ""
    except (InputError, NumericalError) as error:
        return None, str(error)


def counted(count: int, noun: str) -> str:
    """`1 cycle`, `2 cycles`, `no frequency`."""
    return number_of(count, noun) if count else f"no {noun}"


def listed(
    title: str, columns: Sequence[str], rows: Sequence[tuple[Cell, ...]], note: str, *, is_stored: bool = True
) -> Table:
    """A table of the first rows, with the remark that there are more, and whether the dataset has them."""
    if len(rows) > MOST_ROWS:
        note += f" The first {MOST_ROWS} of {len(rows)}" + ("; the results file has all." if is_stored else ".")
    return Table(title, tuple(columns), tuple(rows[:MOST_ROWS]), note)
