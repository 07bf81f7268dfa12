"""`kind = "rates"`: states, and the rates between them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from equipoise._checks import Array, require_memory
from equipoise.generators import Generator, rate_equation
from equipoise.io.arrays import state
from equipoise.io.kinds.model_file import ModelFile
from equipoise.io.kinds.reservoirs import CausedTable, ReservoirTable, build_reservoirs, refuse_unused
from equipoise.io.kinds.tables import MATRICES_HELD, Energies, Energy, RateMatrix, Real, Table, require_labels
from equipoise.io.problems import located, refuse
from equipoise.reservoirs import Reservoir


class StatesTable(Table):
    """`[system]`: names, energies and particle numbers of the states, each optional."""

    labels: list[str] | None = None
    energies: Energies | None = None
    particles: list[Real] | None = None


class TransitionTable(Table):
    """One rate: `{from = "ground", to = "excited", rate = 0.5}`; a state is a label or a number from 0."""

    origin: Annotated[Any, Field(alias="from")]
    to: Any
    rate: Energy


class RatesTable(CausedTable):
    """`[[rates]]`: a matrix `W[i][j]` of rates j -> i, or transitions by name; and who causes them if known."""

    matrix: RateMatrix = None
    transitions: list[TransitionTable] | None = None
    one_of = ("matrix", "transitions")

    def table(self, labels: list[str] | None, dimension: int) -> Array:
        """`W`, shape (d, d)."""
        if self.transitions is None:
            W = np.asarray(self.matrix[0])
            if np.iscomplexobj(W):
                raise refuse(self.at("matrix"), "must hold real rates, but has complex entries.")
            if W.shape != (dimension, dimension):
                text = f"must be a square matrix with a row for each of the {dimension} states"
                raise refuse(self.at("matrix"), f"{text}, but has the shape {W.shape}.")
            return W
        require_memory(MATRICES_HELD, dimension, self.at("transitions"), "Reduce the number of states.")
        W = np.zeros((dimension, dimension))
        for transition in self.transitions:
            j = state(transition.origin, labels, dimension, transition.at("from"))
            i = state(transition.to, labels, dimension, transition.at("to"))
            if i == j:
                raise refuse(transition.at(), f"must lead from one state to another, but stays in {transition.to!r}.")
            if W[i, j]:
                raise refuse(transition.at(), f"repeats the rate from {transition.origin!r} to {transition.to!r}.")
            if not transition.rate >= 0 or not np.isfinite(transition.rate):
                raise refuse(transition.at("rate"), f"must be a finite rate >= 0, but got {transition.rate}.")
            W[i, j] = transition.rate
        return W


class RatesFile(ModelFile):
    """A model file of kind `rates`; `rates = [[...]]` is short for one [[rates]] table with that matrix."""

    kind: Literal["rates"]
    system: StatesTable = Field(default_factory=StatesTable)
    rates: Annotated[list[RatesTable], Field(min_length=1)]
    reservoirs: list[ReservoirTable] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _take_a_bare_matrix(cls, data: Any) -> Any:
        bare = data.get("rates") if isinstance(data, dict) else None
        rows = isinstance(bare, list) and bare and all(isinstance(row, list) for row in bare)
        if rows or (isinstance(bare, dict) and "file" in bare):
            return data | {"rates": [{"matrix": bare}]}
        return data

    def build(self) -> Generator:
        """The generator, checked as if it had been made in Python."""
        reservoirs = build_reservoirs(self.reservoirs)
        dimension = self._dimension()
        labels = self._labels()
        require_labels(labels, dimension, "system.labels")
        # A table of unknown origin may stand beside those of reservoirs: its key is None.
        tables: dict[Reservoir | str | None, Array] = {}
        names = self.system.fields()
        for table in self.rates:
            cause = table.cause(reservoirs)
            if cause in tables:
                who = f"of {table.reservoir!r}" if cause else "without a reservoir"
                raise refuse(table.at(), f"is the second table of rates {who}. Join the two.")
            tables[cause] = table.table(labels, dimension)
            names["rates" if cause is None else f"rates[{cause.name!r}]"] = table.at("matrix")
        used = [table.reservoir for table in self.rates]
        refuse_unused(self.reservoirs, used, 'Add [[rates]] with reservoir = "..."')
        with located("", names):
            return rate_equation(tables, self.system.energies, labels, self.system.particles)

    def _labels(self) -> list[str] | None:
        """Names of the states: those of `[system]`, or those that the tables of rates bring along."""
        if self.system.labels is not None:
            return self.system.labels
        brought = [(table, table.matrix[1]) for table in self.rates if table.matrix is not None and table.matrix[1]]
        for table, names in brought[1:]:
            if names != brought[0][1]:
                raise refuse(table.at("matrix"), "must name its states as the first table does. Reorder the file.")
        return brought[0][1] if brought else None

    def _dimension(self) -> int:
        """The number of states: of the first matrix, the labels, the energies, or the highest number used."""
        for table in self.rates:
            if table.matrix is not None:
                return int(np.asarray(table.matrix[0]).shape[0])
        for given in (self.system.labels, self.system.energies, self.system.particles):
            if given is not None:
                return len(given)
        ends = [end for t in self.rates for move in t.transitions or [] for end in (move.origin, move.to)]
        return 1 + max((end for end in ends if isinstance(end, int)), default=0)
