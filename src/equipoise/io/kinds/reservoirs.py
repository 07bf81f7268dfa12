"""Reservoirs in model files: a name, the occupation of its modes, and a spectral density."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from equipoise.io.kinds.densities import Density
from equipoise.io.kinds.tables import Energy, FormulaTable, NamedTable, Real, Table, refuse_twins
from equipoise.io.problems import did_you_mean, refuse, shown
from equipoise.reservoirs import (
    AbstractDistribution,
    GeneralizedGibbs,
    LocalTemperature,
    Mixture,
    Reservoir,
    Statistics,
    bose_einstein,
    fermi_dirac,
)


def _number_or_text(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise refuse("", f"must be a number or an expression in quotes, but got {shown(value)}.")
    return value


Weight = Annotated[Any, BeforeValidator(_number_or_text)]


class DistributionTable(Table):
    """An occupation of reservoir modes; its statistics are those of the reservoir."""

    kind: str

    def build(self, statistics: Statistics) -> AbstractDistribution:
        """The distribution, checked as if it had been made in Python."""
        with self.located():
            return self._distribution(statistics)

    @abstractmethod
    def _distribution(self, statistics: Statistics) -> AbstractDistribution: ...


class ThermalTable(DistributionTable):
    """Bose-Einstein or Fermi-Dirac."""

    kind: Literal["thermal"]
    temperature: Energy | None = None
    inverse_temperature: Real | None = None
    chemical_potential: Energy = 0.0
    one_of = ("temperature", "inverse_temperature")

    def _distribution(self, statistics: Statistics) -> AbstractDistribution:
        return _thermal(statistics, self)


class LocalTemperatureTable(DistributionTable, FormulaTable):
    """A temperature for each energy: beta is an expression in omega."""

    kind: Literal["local_temperature"]
    beta: str

    def _distribution(self, statistics: Statistics) -> AbstractDistribution:
        return LocalTemperature(statistics, self.formula(self.beta, "beta"))


class MixtureTable(DistributionTable, FormulaTable):
    """Weighted mean of occupations; a weight is a number or an expression in omega."""

    kind: Literal["mixture"]
    weights: list[Weight]
    components: list[Distribution]

    def _distribution(self, statistics: Statistics) -> AbstractDistribution:
        return Mixture(self.formulas("weights"), [table.build(statistics) for table in self.components])


class GeneralizedGibbsTable(DistributionTable, FormulaTable):
    """Several conserved charges; each charge is an expression in omega."""

    kind: Literal["generalized_gibbs"]
    multipliers: list[Real]
    charges: list[str]

    def _distribution(self, statistics: Statistics) -> AbstractDistribution:
        return GeneralizedGibbs(statistics, self.multipliers, self.formulas("charges"))


Distribution = Annotated[
    ThermalTable | LocalTemperatureTable | MixtureTable | GeneralizedGibbsTable, Field(discriminator="kind")
]
MixtureTable.model_rebuild()


class ReservoirTable(NamedTable):
    """One `[[reservoirs]]`: thermal by `temperature`, or any other `distribution`."""

    statistics: Literal["boson", "fermion"] | None = None
    temperature: Energy | None = None
    inverse_temperature: Real | None = None
    chemical_potential: Energy | None = None
    distribution: Distribution | None = None
    spectral_density: Density | None = None

    @model_validator(mode="after")
    def _check_occupation(self) -> ReservoirTable:
        occupation = self.given("temperature", "inverse_temperature", "distribution")
        if len(occupation) > 1:
            self.require_exactly_one("temperature", "inverse_temperature", "distribution")
        if self.chemical_potential is not None and self.distribution is not None:
            raise refuse("chemical_potential", "belongs to the distribution: give it in the `distribution` table.")
        if self.chemical_potential is not None and not occupation:
            raise refuse("chemical_potential", "needs a temperature. Add `temperature` or `inverse_temperature`.")
        if occupation and self.statistics is None:
            raise refuse("statistics", 'is missing: say statistics = "boson" or "fermion".')
        return self

    def require_rates(self) -> None:
        """Refuse a reservoir from which no rates follow: no occupation, or no spectral density."""
        if not self.given("temperature", "inverse_temperature", "distribution"):
            text = "must have exactly one of `temperature`, `inverse_temperature` and `distribution`, but got none."
            raise refuse(self.at(), text)
        if self.spectral_density is None:
            text = 'is missing. Add it, such as {kind = "ohmic", coupling = 0.01, cutoff = 10.0}.'
            raise refuse(self.at("spectral_density"), text)

    def build(self) -> Reservoir:
        """The reservoir, checked as if it had been made in Python."""
        density = None if self.spectral_density is None else self.spectral_density.build()
        with self.located():
            return Reservoir(self.name, self._distribution(), density)

    def _distribution(self) -> AbstractDistribution | None:
        if self.statistics is None:
            return None
        statistics = Statistics(self.statistics)
        if self.distribution is not None:
            return self.distribution.build(statistics)
        return _thermal(statistics, self) if self.given("temperature", "inverse_temperature") else None


def _thermal(statistics: Statistics, table: ThermalTable | ReservoirTable) -> AbstractDistribution:
    make = bose_einstein if statistics is Statistics.BOSON else fermi_dirac
    return make(
        temperature=table.temperature,
        inverse_temperature=table.inverse_temperature,
        chemical_potential=table.chemical_potential or 0.0,
    )


def build_reservoirs(tables: Sequence[ReservoirTable]) -> dict[str, Reservoir]:
    """The reservoirs of a file by name; refuse two of one name."""
    refuse_twins(tables)
    return {table.name: table.build() for table in tables}


class CausedTable(Table):
    """A table of something that a reservoir causes, if it is known which."""

    reservoir: str | None = None

    def cause(self, reservoirs: Mapping[str, Reservoir]) -> Reservoir | None:
        """The reservoir that the table refers to by name."""
        return None if self.reservoir is None else named(self.reservoir, reservoirs, self.at("reservoir"))


def named(name: str, reservoirs: Mapping[str, Reservoir], path: str) -> Reservoir:
    """The reservoir of a name that stands at a path."""
    if name not in reservoirs:
        hint = did_you_mean(name, reservoirs, what="[[reservoirs]] of this file")
        raise refuse(path, f"must name one of the [[reservoirs]], but got {name!r}. {hint}")
    return reservoirs[name]


def refuse_unused(tables: Sequence[ReservoirTable], used: Collection[str | None], remedy: str) -> None:
    """Refuse a reservoir that no other table of the file refers to."""
    for table in tables:
        if table.name not in used:
            raise refuse(table.at("name"), f"{table.name!r} is used nowhere. {remedy}, or remove this reservoir.")
