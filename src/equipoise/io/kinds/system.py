"""`kind = "system"`: a Hamiltonian coupled to reservoirs, in the weak-coupling limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, model_validator

from equipoise.io.kinds.model_file import ModelFile
from equipoise.io.kinds.reservoirs import ReservoirTable, build_reservoirs, named, refuse_unused
from equipoise.io.kinds.tables import BasisTable, Energy, OperatorTable
from equipoise.io.kinds.textbook import textbook_system
from equipoise.io.problems import located, refuse
from equipoise.reservoirs import Reservoir
from equipoise.systems import Coupling, OpenSystem


class SystemTable(BasisTable):
    """`[system]`: exactly one of `hamiltonian`, `levels`, `file` and `model`."""

    model: dict[str, Any] | None = None
    tolerance: Energy | None = None
    one_of = ("hamiltonian", "levels", "file", "model")

    @model_validator(mode="after")
    def _check_textbook(self) -> SystemTable:
        for name in self.given("number", "labels", "tolerance") if self.form == "model" else ():
            raise refuse(name, "must be left out where `model` gives the system: it brings its own.")
        return self


class CouplingTable(OperatorTable):
    """`[[couplings]]`: an operator, the reservoir it couples to, and the channel there."""

    reservoir: str
    channel: int = 0

    def build(self, reservoirs: Mapping[str, Reservoir], dimension: int, labels: Sequence[str] | None) -> Coupling:
        """The coupling, checked as if it had been made in Python."""
        reservoir = named(self.reservoir, reservoirs, self.at("reservoir"))
        operator = self.matrix(dimension, labels)
        named_by_library = f"operator (coupling to {self.reservoir!r})"
        with located(self.at(), {"channel": self.at("channel"), named_by_library: self.at("operator")}):
            return Coupling(reservoir, operator, self.channel)


class SystemFile(ModelFile):
    """A model file of kind `system`."""

    kind: Literal["system"]
    system: SystemTable
    reservoirs: list[ReservoirTable] = Field(min_length=1)
    couplings: list[CouplingTable] = Field(default_factory=list)

    def build(self) -> OpenSystem:
        """The open system, checked as if it had been made in Python."""
        for table in self.reservoirs:
            table.require_rates()
        reservoirs = build_reservoirs(self.reservoirs)
        if self.system.model is not None:
            return self._textbook(reservoirs)
        if not self.couplings:
            raise refuse("couplings", "is missing: without [[couplings]] no reservoir acts on the system. Add one.")
        energies = self.system.energies()
        dimension = int(energies.shape[0])
        labels = self.system.level_names(dimension)
        couplings = [table.build(reservoirs, dimension, labels) for table in self.couplings]
        unused = 'Add [[couplings]] with reservoir = "..."'
        refuse_unused(self.reservoirs, {coupling.reservoir.name for coupling in couplings}, unused)
        names = self.system.fields() | {"hamiltonian": self.system.at(self.system.form)}
        names |= {f"couplings to {coupling.reservoir.name!r}": "couplings" for coupling in couplings}
        names |= {table.at("operator"): table.at(table.form) for table in self.couplings}
        number = self.system.number_operator(dimension)
        with located("", names):
            return OpenSystem(energies, tuple(couplings), number, self.system.tolerance, labels)

    def _textbook(self, reservoirs: dict[str, Reservoir]) -> OpenSystem:
        if self.couplings:
            raise refuse("couplings", "must be left out where `system.model` gives the system: it brings its own.")
        assert self.system.model is not None
        system = textbook_system(self.system.model, reservoirs, "system.model")
        unused = "Name it in a parameter of `system.model`"
        refuse_unused(self.reservoirs, {reservoir.name for reservoir in system.reservoirs}, unused)
        return system
