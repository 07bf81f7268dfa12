"""`[analysis]`: what a model file asks beyond the verdict."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from equipoise.auditing.analyses import EvolutionAnalysis, FieldAnalysis, LocalKmsAnalysis, OnsagerAnalysis
from equipoise.auditing.analyses.answer import AbstractAnalysis
from equipoise.fluctuations import Reference
from equipoise.io.kinds.tables import Energy, Real, Table
from equipoise.io.problems import refuse, shown


def _asked(value: object) -> object:
    """`onsager = true` asks with every option at its default."""
    if value is False:
        raise refuse("", "must be true or a table of options. Leave it out to not ask.")
    if not isinstance(value, dict | bool):
        raise refuse("", f"must be true or a table of options, but got {shown(value)}.")
    return {} if value is True else value


def _start(value: object) -> object:
    """A level by its label or its number, or a population for each state."""
    if isinstance(value, bool) or not isinstance(value, str | int | list):
        raise refuse("", f"must be a level or a list of populations, but got {shown(value)}.")
    for k, weight in enumerate(value if isinstance(value, list) else ()):
        if isinstance(weight, bool) or not isinstance(weight, int | float) or np.isnan(weight):
            raise refuse(f"[{k}]", f"must be a number, but got {shown(weight)}.")
    return tuple(float(weight) for weight in value) if isinstance(value, list) else value


class OnsagerTable(Table):
    """`onsager`: linear response about a reference; by default the common or the mean parameters."""

    temperature: Energy | None = None
    inverse_temperature: Real | None = None
    chemical_potential: Energy = 0.0

    @model_validator(mode="after")
    def _check_reference(self) -> OnsagerTable:
        if len(self.given("temperature", "inverse_temperature")) > 1:
            raise refuse("temperature", "must be left out where `inverse_temperature` is given.")
        if self.temperature is not None and not 0 < self.temperature < np.inf:
            raise refuse("temperature", f"must be finite and > 0, but got {self.temperature:g}.")
        if self.inverse_temperature is not None and not 0 < abs(self.inverse_temperature) < np.inf:
            raise refuse("inverse_temperature", f"must be finite and not 0, but got {self.inverse_temperature:g}.")
        if "chemical_potential" in self.model_fields_set and self.beta is None:
            raise refuse("temperature", "is missing: a reference is a temperature and a chemical potential.")
        return self

    @property
    def beta(self) -> float | None:
        """Inverse temperature of the reference, if given."""
        return self.inverse_temperature if self.temperature is None else 1.0 / self.temperature

    def request(self) -> OnsagerAnalysis:
        """The analysis it asks for."""
        return OnsagerAnalysis(None if self.beta is None else Reference(self.beta, self.chemical_potential))


class LocalKmsTable(Table):
    """`local_kms`: temperature functions of state and field, local KMS, deviation from detailed balance."""

    ingarden_order: Annotated[int, Field(ge=1)] | None = None

    def request(self) -> LocalKmsAnalysis:
        """The analysis it asks for."""
        return LocalKmsAnalysis(self.ingarden_order)


class EvolutionTable(Table):
    """`evolution`: populations and flows at times from an initial state to stationarity."""

    initial: Annotated[Any, BeforeValidator(_start)] = None
    times: Annotated[list[Real], Field(min_length=1)] | None = None
    first: Real = 1e-6
    last: Real = 1e9
    points: Annotated[int, Field(ge=2, le=100_000)] = 61

    @model_validator(mode="after")
    def _check_times(self) -> EvolutionTable:
        if self.times is not None and self.model_fields_set & {"first", "last", "points"}:
            raise refuse("times", "must be left out where `first`, `last` and `points` are given.")
        for k, time in enumerate(self.times or ()):
            if not 0 <= time < np.inf:
                raise refuse(f"times[{k}]", f"must be finite and >= 0, but got {time:g}.")
        if self.times is None and not self.first > 0:
            raise refuse("first", f"must be > 0 (the times grow by equal factors), but got {self.first:g}.")
        if self.times is None and not self.first < self.last < np.inf:
            raise refuse("last", f"must be finite and greater than `first`, {self.first:g}, but got {self.last:g}.")
        return self

    def request(self) -> EvolutionAnalysis:
        """The analysis it asks for."""
        times = np.geomspace(self.first, self.last, self.points) if self.times is None else np.array(self.times)
        return EvolutionAnalysis(tuple(float(t) for t in times), self.initial)


class FieldTable(Table):
    """`field`: what each reservoir's field gains and loses, frequency by frequency; conversion of quanta."""

    def request(self) -> FieldAnalysis:
        """The analysis it asks for."""
        return FieldAnalysis()


class AnalysisTable(Table):
    """`[analysis]`: each entry `true`, or a table of its options."""

    onsager: Annotated[OnsagerTable | None, BeforeValidator(_asked)] = None
    local_kms: Annotated[LocalKmsTable | None, BeforeValidator(_asked)] = None
    evolution: Annotated[EvolutionTable | None, BeforeValidator(_asked)] = None
    field: Annotated[FieldTable | None, BeforeValidator(_asked)] = None

    def requests(self) -> tuple[AbstractAnalysis, ...]:
        """The analyses asked for, in this order."""
        tables = (self.onsager, self.local_kms, self.evolution, self.field)
        return tuple(table.request() for table in tables if table is not None)
