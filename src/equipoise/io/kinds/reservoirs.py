"""Reservoirs in model files: a name, the occupation of its modes, and a spectral density."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from equipoise.io.kinds.densities import Density
from equipoise.io.kinds.formulas import formula
from equipoise.io.kinds.tables import Energy, Real, Table
from equipoise.io.problems import did_you_mean, fields_of, joined, located, refuse, shown
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

    def build(self, statistics: Statistics, path: str) -> AbstractDistribution:
        """The distribution, with errors at `path`."""
        with located(path, fields_of(path, *type(self).model_fields)):
            return self._distribution(statistics, path)

    def _distribution(self, statistics: Statistics, path: str) -> AbstractDistribution:
        raise NotImplementedError


class ThermalTable(DistributionTable):
    """Bose-Einstein or Fermi-Dirac."""

    kind: Literal["thermal"]
    temperature: Energy | None = None
    inverse_temperature: Real | None = None
    chemical_potential: Energy = 0.0

    @model_validator(mode="after")
    def _check_temperature(self) -> ThermalTable:
        self.require_exactly_one("temperature", "inverse_temperature")
        return self

    def _distribution(self, statistics: Statistics, path: str) -> AbstractDistribution:
        make = bose_einstein if statistics is Statistics.BOSON else fermi_dirac
        return make(
            temperature=self.temperature,
            inverse_temperature=self.inverse_temperature,
            chemical_potential=self.chemical_potential,
        )


class LocalTemperatureTable(DistributionTable):
    """A temperature for each energy: beta is an expression in omega."""

    kind: Literal["local_temperature"]
    beta: str
    parameters: dict[str, Real] = Field(default_factory=dict)

    def _distribution(self, statistics: Statistics, path: str) -> AbstractDistribution:
        return LocalTemperature(statistics, formula(self.beta, joined(path, "beta"), self.parameters))


class MixtureTable(DistributionTable):
    """Weighted mean of occupations; a weight is a number or an expression in omega."""

    kind: Literal["mixture"]
    weights: list[Weight]
    components: list[Distribution]
    parameters: dict[str, Real] = Field(default_factory=dict)

    def _distribution(self, statistics: Statistics, path: str) -> AbstractDistribution:
        weights = [
            formula(weight, joined(path, "weights", f"[{k}]"), self.parameters) if isinstance(weight, str) else weight
            for k, weight in enumerate(self.weights)
        ]
        components = [
            table.build(statistics, joined(path, "components", f"[{k}]")) for k, table in enumerate(self.components)
        ]
        return Mixture(weights, components)


class GeneralizedGibbsTable(DistributionTable):
    """Several conserved charges; each charge is an expression in omega."""

    kind: Literal["generalized_gibbs"]
    multipliers: list[Real]
    charges: list[str]
    parameters: dict[str, Real] = Field(default_factory=dict)

    def _distribution(self, statistics: Statistics, path: str) -> AbstractDistribution:
        charges = [
            formula(charge, joined(path, "charges", f"[{k}]"), self.parameters) for k, charge in enumerate(self.charges)
        ]
        return GeneralizedGibbs(statistics, self.multipliers, charges)


Distribution = Annotated[
    ThermalTable | LocalTemperatureTable | MixtureTable | GeneralizedGibbsTable, Field(discriminator="kind")
]
MixtureTable.model_rebuild()


class ReservoirTable(Table):
    """One `[[reservoirs]]`: thermal by `temperature`, or any other `distribution`."""

    name: Annotated[str, Field(min_length=1)]
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

    def require_rates(self, path: str) -> None:
        """Refuse a reservoir from which no rates follow: no occupation, or no spectral density."""
        if not self.given("temperature", "inverse_temperature", "distribution"):
            text = "must have exactly one of `temperature`, `inverse_temperature` and `distribution`, but got none."
            raise refuse(path, text)
        if self.spectral_density is None:
            text = 'is missing. Add it, such as {kind = "ohmic", coupling = 0.01, cutoff = 10.0}.'
            raise refuse(joined(path, "spectral_density"), text)

    def build(self, path: str) -> Reservoir:
        """The reservoir, with errors at `path`."""
        density = None
        if self.spectral_density is not None:
            density = self.spectral_density.build(joined(path, "spectral_density"))
        with located(path, fields_of(path, *type(self).model_fields)):
            return Reservoir(self.name, self._distribution(path), density)

    def _distribution(self, path: str) -> AbstractDistribution | None:
        if self.statistics is None:
            return None
        statistics = Statistics(self.statistics)
        if self.distribution is not None:
            return self.distribution.build(statistics, joined(path, "distribution"))
        if not self.given("temperature", "inverse_temperature"):
            return None
        make = bose_einstein if statistics is Statistics.BOSON else fermi_dirac
        return make(
            temperature=self.temperature,
            inverse_temperature=self.inverse_temperature,
            chemical_potential=self.chemical_potential or 0.0,
        )


def build_reservoirs(tables: Sequence[ReservoirTable]) -> dict[str, Reservoir]:
    """The reservoirs of a file by name; refuse two of one name."""
    found: dict[str, Reservoir] = {}
    for index, table in enumerate(tables):
        path = f"reservoirs[{index}]"
        if table.name in found:
            earlier = [other.name for other in tables].index(table.name)
            raise refuse(joined(path, "name"), f"must be unique, but reservoirs[{earlier}] is {table.name!r} too.")
        found[table.name] = table.build(path)
    return found


def named(name: str, reservoirs: Mapping[str, Reservoir], path: str) -> Reservoir:
    """The reservoir that a table refers to by name."""
    if name not in reservoirs:
        hint = did_you_mean(name, reservoirs, what="[[reservoirs]] of this file")
        raise refuse(path, f"must name one of the [[reservoirs]], but got {name!r}. {hint}")
    return reservoirs[name]


def refuse_unused(tables: Sequence[ReservoirTable], used: set[str], remedy: str) -> None:
    """Refuse a reservoir that no other table of the file refers to."""
    for index, table in enumerate(tables):
        if table.name not in used:
            text = f"{table.name!r} is used nowhere. {remedy}, or remove this reservoir."
            raise refuse(f"reservoirs[{index}].name", text)
