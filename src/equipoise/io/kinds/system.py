"""`kind = "system"`: a Hamiltonian coupled to reservoirs, in the weak-coupling limit."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from equipoise._checks import Array
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

    @model_validator(mode="after")
    def _check_form(self) -> SystemTable:
        form = self.require_exactly_one("hamiltonian", "levels", "file", "model")
        for name in self.given("number", "labels", "tolerance") if form == "model" else ():
            raise refuse(name, "must be left out where `model` gives the system: it brings its own.")
        return self


class CouplingTable(OperatorTable):
    """`[[couplings]]`: an operator, the reservoir it couples to, and the channel there."""

    reservoir: str
    channel: int = 0


class SystemFile(ModelFile):
    """A model file of kind `system`."""

    kind: Literal["system"]
    system: SystemTable
    reservoirs: list[ReservoirTable] = Field(min_length=1)
    couplings: list[CouplingTable] = Field(default_factory=list)

    def build(self) -> OpenSystem:
        """The open system, checked as if it had been made in Python."""
        for index, table in enumerate(self.reservoirs):
            table.require_rates(f"reservoirs[{index}]")
        reservoirs = build_reservoirs(self.reservoirs)
        if self.system.model is not None:
            return self._textbook(reservoirs)
        if not self.couplings:
            raise refuse("couplings", "is missing: without [[couplings]] no reservoir acts on the system. Add one.")
        energies = self.system.energies("system")
        dimension = int(energies.shape[0])
        self.system.check_labels(dimension, "system")
        couplings = [self._coupling(k, reservoirs, dimension) for k in range(len(self.couplings))]
        unused = 'Add [[couplings]] with reservoir = "..."'
        refuse_unused(self.reservoirs, {coupling.reservoir.name for coupling in couplings}, unused)
        names = {"hamiltonian": f"system.{self.system.given('hamiltonian', 'levels', 'file')[0]}"}
        names |= {"number": "system.number", "levels": "system.levels", "tolerance": "system.tolerance"}
        names |= self._names_of_operators(couplings)
        number = self.system.number_operator(dimension, "system")
        with located("", names):
            return OpenSystem(energies, tuple(couplings), number, self.system.tolerance, self.system.level_names)

    def _coupling(self, index: int, reservoirs: dict[str, Reservoir], dimension: int) -> Coupling:
        table, path = self.couplings[index], f"couplings[{index}]"
        reservoir = named(table.reservoir, reservoirs, f"{path}.reservoir")
        operator: Array = table.matrix(dimension, self.system.labels, path)
        fields = {"channel": f"{path}.channel", f"operator (coupling to {table.reservoir!r})": f"{path}.operator"}
        with located(path, fields):
            return Coupling(reservoir, operator, table.channel)

    def _names_of_operators(self, couplings: list[Coupling]) -> dict[str, str]:
        names = {f"couplings to {coupling.reservoir.name!r}": "couplings" for coupling in couplings}
        for index, table in enumerate(self.couplings):
            field = "operator" if table.elements is None else "elements"
            names[f"couplings[{index}].operator"] = f"couplings[{index}].{field}"
        return names

    def _textbook(self, reservoirs: dict[str, Reservoir]) -> OpenSystem:
        if self.couplings:
            raise refuse("couplings", "must be left out where `system.model` gives the system: it brings its own.")
        assert self.system.model is not None
        system = textbook_system(self.system.model, reservoirs, "system.model")
        unused = "Name it in a parameter of `system.model`"
        refuse_unused(self.reservoirs, {reservoir.name for reservoir in system.reservoirs}, unused)
        return system
