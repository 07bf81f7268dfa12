"""Gases in model files: a name, what occupies the momenta, a number density and a mass."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from equipoise.io.kinds.interactions import Interaction
from equipoise.io.kinds.tables import Energy, FormulaTable, NamedTable, Real, Table
from equipoise.io.problems import located
from equipoise.scattering import Beams, Gas, IsotropicDistribution, MomentumDistribution, maxwell_boltzmann
from equipoise.scattering.momentum import AbstractMomentumDistribution, MaxwellBoltzmann


class MaxwellTable(Table):
    """A thermal distribution: `{temperature = 0.5}` or `{inverse_temperature = 2.0}`."""

    temperature: Energy | None = None
    inverse_temperature: Real | None = None
    one_of: ClassVar[tuple[str, ...]] = ("temperature", "inverse_temperature")

    def thermal(self) -> MaxwellBoltzmann:
        """The thermal distribution, checked as if it had been made in Python."""
        with self.located():
            return maxwell_boltzmann(temperature=self.temperature, inverse_temperature=self.inverse_temperature)


class BeamsTable(Table):
    """Particles that come from two sides, each at a temperature of its own."""

    rightward: MaxwellTable
    leftward: MaxwellTable


class MomentumTable(FormulaTable):
    """G(p) as an expression in p, normalised to one; `isotropic`, of the modulus p in any number of dimensions."""

    expression: str
    scale: Real
    structure: list[Real] = Field(default_factory=list)
    isotropic: bool = False


class GasTable(NamedTable, MaxwellTable):
    """One `[[gases]]`: thermal by its temperature, or `beams`, or any `momentum_distribution`.

    It may have an interaction of its own with the target.
    """

    density: Real
    mass: Real = 1.0
    dimension: int = 1
    beams: BeamsTable | None = None
    momentum_distribution: MomentumTable | None = None
    interaction: Interaction | None = None
    one_of = ("temperature", "inverse_temperature", "beams", "momentum_distribution")

    def build(self) -> Gas:
        """The gas, checked as if it had been made in Python."""
        with located(self.at(), self.fields() | {"function": self.at("momentum_distribution", "expression")}):
            return Gas(self.name, self._momenta(), self.density, self.mass, self.dimension)

    def _momenta(self) -> AbstractMomentumDistribution:
        if self.beams is not None:
            return Beams(self.beams.rightward.thermal(), self.beams.leftward.thermal())
        if self.momentum_distribution is not None:
            table = self.momentum_distribution
            function = table.formula(table.expression, "expression", variable="p")
            with table.located():
                make = IsotropicDistribution if table.isotropic else MomentumDistribution
                return make(function, table.scale, table.structure)
        return self.thermal()
