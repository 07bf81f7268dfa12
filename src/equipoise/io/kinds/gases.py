"""Gases in model files: a name, what occupies the momenta, a number density and a mass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, model_validator

from equipoise.io.kinds.formulas import formula
from equipoise.io.kinds.tables import Energy, Real, Table
from equipoise.io.problems import fields_of, joined, located, refuse
from equipoise.scattering import Beams, Gas, IsotropicDistribution, MomentumDistribution, maxwell_boltzmann
from equipoise.scattering.momentum import AbstractMomentumDistribution, MaxwellBoltzmann


class MaxwellTable(Table):
    """A thermal distribution: `{temperature = 0.5}` or `{inverse_temperature = 2.0}`."""

    temperature: Energy | None = None
    inverse_temperature: Real | None = None

    @model_validator(mode="after")
    def _check_temperature(self) -> MaxwellTable:
        self.require_exactly_one("temperature", "inverse_temperature")
        return self

    def build(self, path: str) -> MaxwellBoltzmann:
        """The distribution, with errors at `path`."""
        with located(path, fields_of(path, *type(self).model_fields)):
            return maxwell_boltzmann(temperature=self.temperature, inverse_temperature=self.inverse_temperature)


class BeamsTable(Table):
    """Particles that come from two sides, each at a temperature of its own."""

    rightward: MaxwellTable
    leftward: MaxwellTable


class MomentumTable(Table):
    """G(p) as an expression in p, normalised to one; `isotropic`, of the modulus p in any number of dimensions."""

    expression: str
    scale: Real
    structure: list[Real] = Field(default_factory=list)
    isotropic: bool = False
    parameters: dict[str, Real] = Field(default_factory=dict)


class GasTable(Table):
    """One `[[gases]]`: thermal by its temperature, or `beams`, or any `momentum_distribution`."""

    name: Annotated[str, Field(min_length=1)]
    density: Real
    mass: Real = 1.0
    dimension: int = 1
    temperature: Energy | None = None
    inverse_temperature: Real | None = None
    beams: BeamsTable | None = None
    momentum_distribution: MomentumTable | None = None

    @model_validator(mode="after")
    def _check_distribution(self) -> GasTable:
        self.require_exactly_one("temperature", "inverse_temperature", "beams", "momentum_distribution")
        return self

    def build(self, path: str) -> Gas:
        """The gas, with errors at `path`."""
        fields = fields_of(path, *type(self).model_fields)
        with located(path, fields | {"function": joined(path, "momentum_distribution", "expression")}):
            return Gas(self.name, self._momenta(path), self.density, self.mass, self.dimension)

    def _momenta(self, path: str) -> AbstractMomentumDistribution:
        if self.beams is not None:
            right = self.beams.rightward.build(joined(path, "beams", "rightward"))
            return Beams(right, self.beams.leftward.build(joined(path, "beams", "leftward")))
        if self.momentum_distribution is not None:
            table, here = self.momentum_distribution, joined(path, "momentum_distribution")
            function = formula(table.expression, joined(here, "expression"), table.parameters, "p")
            with located(here, fields_of(here, *type(table).model_fields)):
                make = IsotropicDistribution if table.isotropic else MomentumDistribution
                return make(function, table.scale, table.structure)
        return maxwell_boltzmann(temperature=self.temperature, inverse_temperature=self.inverse_temperature)


def build_gases(tables: Sequence[GasTable]) -> list[Gas]:
    """The gases of a file; refuse two of one name."""
    found: list[Gas] = []
    for index, table in enumerate(tables):
        path = f"gases[{index}]"
        names = [gas.name for gas in found]
        if table.name in names:
            text = f"must be unique, but gases[{names.index(table.name)}] is {table.name!r} too."
            raise refuse(joined(path, "name"), text)
        found.append(table.build(path))
    return found
