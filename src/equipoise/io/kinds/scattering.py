"""`kind = "scattering"`: a target bombarded by dilute gases, in the low-density limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from equipoise._checks import Array
from equipoise.generators import Generator, low_density, sum_of
from equipoise.io.kinds.gases import GasTable
from equipoise.io.kinds.interactions import Interaction
from equipoise.io.kinds.model_file import ModelFile
from equipoise.io.kinds.tables import BasisTable, Energy, NounTable, Real, Table, refuse_twins
from equipoise.io.problems import located, refuse
from equipoise.scattering import Gas, Target
from equipoise.systems.operators import ring_hopping


class RingTable(Table):
    """One particle on a ring of sites threaded by a flux; hopping is `-hopping exp(i flux / sites)`."""

    sites: int
    hopping: Energy
    flux: Real = 0.0

    def matrix(self) -> Array:
        """The Hamiltonian, shape (sites, sites)."""
        with self.located():
            return ring_hopping(self.sites, self.hopping, self.flux)


class TargetTable(BasisTable):
    """`[target]`: exactly one of `hamiltonian`, `levels`, `file` and `ring`."""

    ring: RingTable | None = None
    tolerance: Energy | None = None
    one_of = ("hamiltonian", "levels", "file", "ring")

    @model_validator(mode="after")
    def _check_number(self) -> TargetTable:
        if self.number is not None:
            raise refuse("number", "must be left out: a gas exchanges no particles with the target.")
        return self

    def build(self, table: NounTable) -> Target:
        """The target with the interaction of a table."""
        interaction = table.build()
        H = self.energies() if self.ring is None else self.ring.matrix()
        labels = self.level_names(int(H.shape[0]))
        fields = {name: self.at(name) for name in ("levels", "tolerance", "labels")}
        with located(table.at(), table.fields(without="dimension") | fields | {"hamiltonian": self.at(self.form)}):
            return Target(H, interaction, self.tolerance, labels)


class ScatteringFile(ModelFile):
    """A model file of kind `scattering`; a gas without an interaction of its own shares the `[interaction]`."""

    kind: Literal["scattering"]
    target: TargetTable
    interaction: Interaction | None = None
    gases: Annotated[list[GasTable], Field(min_length=1)]
    scattering_shift: bool = True

    def build(self) -> Generator:
        """The low-density generator, checked as if it had been made in Python."""
        refuse_twins(self.gases)
        gases = [table.build() for table in self.gases]
        shared = [gas for gas, table in zip(gases, self.gases, strict=True) if table.interaction is None]
        if shared and self.interaction is None:
            text = f"is missing: {shared[0].name!r} has no interaction of its own. Add [interaction]."
            raise refuse("interaction", text)
        if self.interaction is not None and not shared:
            raise refuse("interaction", "is used nowhere: every gas has an interaction of its own. Remove it.")
        parts = []
        if self.interaction is not None:
            parts.append(self._bombarded(self.interaction, shared, "gases"))
        for gas, table in zip(gases, self.gases, strict=True):
            if table.interaction is not None:
                parts.append(self._bombarded(table.interaction, [gas], table.at()))
        return parts[0] if len(parts) == 1 else sum_of(*parts)

    def _bombarded(self, interaction: Interaction, gases: Sequence[Gas], path: str) -> Generator:
        target = self.target.build(interaction)
        with located(path, {"gas": path} | interaction.fields(without="dimension")):
            return low_density(target, gases, scattering_shift=self.scattering_shift)
