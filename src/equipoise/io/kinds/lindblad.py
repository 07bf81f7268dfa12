"""`kind = "lindblad"`: a Hamiltonian and jump operators that are given."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from equipoise._checks import Array
from equipoise.generators import Generator, lindbladian
from equipoise.io.kinds.model_file import ModelFile
from equipoise.io.kinds.reservoirs import ReservoirTable, build_reservoirs, named, refuse_unused
from equipoise.io.kinds.tables import BasisTable, OperatorTable
from equipoise.io.problems import located


class LindbladTable(BasisTable):
    """`[system]`: exactly one of `hamiltonian`, `levels` and `file`."""

    @model_validator(mode="after")
    def _check_form(self) -> LindbladTable:
        self.require_exactly_one("hamiltonian", "levels", "file")
        return self


class JumpTable(OperatorTable):
    """`[[jumps]]`: an operator, rate included, and the reservoir that causes it if that is known."""

    reservoir: str | None = None


class LindbladFile(ModelFile):
    """A model file of kind `lindblad`."""

    kind: Literal["lindblad"]
    system: LindbladTable
    jumps: Annotated[list[JumpTable], Field(min_length=1)]
    reservoirs: list[ReservoirTable] = Field(default_factory=list)

    def build(self) -> Generator:
        """The generator, checked as if it had been made in Python."""
        reservoirs = build_reservoirs(self.reservoirs)
        energies = self.system.energies("system")
        H: Array = np.diag(energies) if energies.ndim == 1 else energies
        dimension = int(H.shape[0])
        self.system.check_labels(dimension, "system")
        operators = []
        causes = []
        for index, jump in enumerate(self.jumps):
            path = f"jumps[{index}]"
            causes.append(None if jump.reservoir is None else named(jump.reservoir, reservoirs, f"{path}.reservoir"))
            operators.append(jump.matrix(dimension, self.system.labels, path))
        used = {jump.reservoir for jump in self.jumps if jump.reservoir is not None}
        refuse_unused(self.reservoirs, used, 'Add [[jumps]] with reservoir = "..."')
        names = {f"jump_operators[{k}]": f"jumps[{k}].operator" for k in range(len(self.jumps))}
        names["hamiltonian"] = f"system.{self.system.given('hamiltonian', 'levels', 'file')[0]}"
        names["number"] = "system.number"
        number = self.system.number_operator(dimension, "system")
        with located("", names):
            return lindbladian(H, operators, causes, number, labels=self.system.level_names)
