"""`kind = "lindblad"`: a Hamiltonian and jump operators that are given."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from equipoise._checks import Array
from equipoise.generators import Generator, lindbladian
from equipoise.io.kinds.model_file import ModelFile
from equipoise.io.kinds.reservoirs import CausedTable, ReservoirTable, build_reservoirs, refuse_unused
from equipoise.io.kinds.tables import BasisTable, Matrix, OperatorTable
from equipoise.io.problems import located


class LindbladTable(BasisTable):
    """`[system]`: exactly one of `hamiltonian`, `levels` and `file`."""

    one_of = ("hamiltonian", "levels", "file")

    energy: Matrix = None
    """Hamiltonian without the drive, with which heat is counted; a list is its diagonal."""


class JumpTable(OperatorTable, CausedTable):
    """`[[jumps]]`: an operator, rate included, and the reservoir that causes it if that is known."""


class LindbladFile(ModelFile):
    """A model file of kind `lindblad`."""

    kind: Literal["lindblad"]
    system: LindbladTable
    jumps: Annotated[list[JumpTable], Field(min_length=1)]
    reservoirs: list[ReservoirTable] = Field(default_factory=list)

    def build(self) -> Generator:
        """The generator, checked as if it had been made in Python."""
        reservoirs = build_reservoirs(self.reservoirs)
        energies = self.system.energies()
        H: Array = np.diag(energies) if energies.ndim == 1 else energies
        dimension = int(H.shape[0])
        labels = self.system.level_names(dimension)
        causes = [jump.cause(reservoirs) for jump in self.jumps]
        operators = [jump.matrix(dimension, labels) for jump in self.jumps]
        used = [jump.reservoir for jump in self.jumps]
        refuse_unused(self.reservoirs, used, 'Add [[jumps]] with reservoir = "..."')
        names = {f"jump_operators[{k}]": jump.at("operator") for k, jump in enumerate(self.jumps)}
        names |= {"hamiltonian": self.system.at(self.system.form), "number": "system.number", "energy": "system.energy"}
        number = self.system.number_operator(dimension)
        energy = self.system.diagonal_or_matrix(self.system.energy, "energy", dimension)
        with located("", names):
            return lindbladian(H, operators, causes, number, labels=labels, energy=energy)
