"""`kind = "scattering"`: a target bombarded by dilute gases, in the low-density limit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from equipoise._checks import Array
from equipoise.generators import Generator, low_density, sum_of
from equipoise.io.kinds.gases import GasTable, build_gases
from equipoise.io.kinds.interactions import Interaction, InteractionTable
from equipoise.io.kinds.model_file import ModelFile
from equipoise.io.kinds.tables import BasisTable, Energy, Real, Table
from equipoise.io.problems import fields_of, located, refuse
from equipoise.scattering import Target
from equipoise.systems.operators import ring_hopping


class RingTable(Table):
    """One particle on a ring of sites threaded by a flux; hopping is `-hopping exp(i flux / sites)`."""

    sites: int
    hopping: Energy
    flux: Real = 0.0

    def matrix(self) -> Array:
        """The Hamiltonian, shape (sites, sites)."""
        with located("target.ring", fields_of("target.ring", *type(self).model_fields)):
            return ring_hopping(self.sites, self.hopping, self.flux)


class TargetTable(BasisTable):
    """`[target]`: exactly one of `hamiltonian`, `levels`, `file` and `ring`."""

    ring: RingTable | None = None
    tolerance: Energy | None = None

    @model_validator(mode="after")
    def _check_form(self) -> TargetTable:
        self.require_exactly_one("hamiltonian", "levels", "file", "ring")
        if self.number is not None:
            raise refuse("number", "must be left out: a gas exchanges no particles with the target.")
        return self

    def build(self, table: InteractionTable, path: str) -> Target:
        """The target of the interaction in the table at `path`."""
        interaction = table.build(path)
        H = self.energies("target") if self.ring is None else self.ring.matrix()
        self.check_labels(int(H.shape[0]), "target")
        fields = {"hamiltonian": f"target.{self.given('hamiltonian', 'levels', 'file', 'ring')[0]}"}
        fields |= {name: f"target.{name}" for name in ("levels", "tolerance", "labels")}
        with located(path, _fields_of_interaction(table, path) | fields):
            return Target(H, interaction, self.tolerance, self.level_names)


def _fields_of_interaction(table: InteractionTable, path: str) -> dict[str, str]:
    """Arguments of an interaction that are fields of its table."""
    return fields_of(path, *(set(type(table).model_fields) - {"dimension"}))


class BombardingGasTable(GasTable):
    """A gas, and its own interaction with the target where it has one."""

    interaction: Interaction | None = None


class ScatteringFile(ModelFile):
    """A model file of kind `scattering`; a gas without an interaction of its own shares the `[interaction]`."""

    kind: Literal["scattering"]
    target: TargetTable
    interaction: Interaction | None = None
    gases: Annotated[list[BombardingGasTable], Field(min_length=1)]
    scattering_shift: bool = True

    def build(self) -> Generator:
        """The low-density generator, checked as if it had been made in Python."""
        gases = build_gases(self.gases)
        shared = [gas for gas, table in zip(gases, self.gases, strict=True) if table.interaction is None]
        if shared and self.interaction is None:
            text = f"is missing: {shared[0].name!r} has no interaction of its own. Add [interaction]."
            raise refuse("interaction", text)
        if self.interaction is not None and not shared:
            raise refuse("interaction", "is used nowhere: every gas has an interaction of its own. Remove it.")
        parts = []
        if self.interaction is not None:
            target = self.target.build(self.interaction, "interaction")
            with located("gases", {"gas": "gases"} | _fields_of_interaction(self.interaction, "interaction")):
                parts.append(low_density(target, shared, scattering_shift=self.scattering_shift))
        for index, (gas, table) in enumerate(zip(gases, self.gases, strict=True)):
            if table.interaction is not None:
                path = f"gases[{index}].interaction"
                target = self.target.build(table.interaction, path)
                with located(path, {"gas": f"gases[{index}]"} | _fields_of_interaction(table.interaction, path)):
                    parts.append(low_density(target, gas, scattering_shift=self.scattering_shift))
        return parts[0] if len(parts) == 1 else sum_of(*parts)
