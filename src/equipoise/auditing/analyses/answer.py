"""The answer of an analysis: facts and tables that print themselves, and a dataset."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from equipoise.auditing.blocks import Section, Table
from equipoise.generators import Generator
from equipoise.stationary import StationaryState

if TYPE_CHECKING:
    import xarray


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
