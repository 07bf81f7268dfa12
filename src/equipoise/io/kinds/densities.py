"""Spectral densities in model files: `spectral_density = {kind = "ohmic", coupling = 0.01, cutoff = 10.0}`."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from equipoise._checks import Array
from equipoise.io.kinds.tables import ArrayFile, Energy, FormulaTable, Matrix, NounTable, Real
from equipoise.io.problems import located, refuse
from equipoise.reservoirs import (
    AbstractSpectralDensity,
    CallableDensity,
    CorrelatedDensity,
    DrudeLorentz,
    ExponentialCutoff,
    Flat,
    FormFactor,
    HardCutoff,
    Lorentzian,
    Newns,
    Ohmic,
    Tabulated,
)


class OhmicTable(NounTable):
    """`J = coupling * w^exponent * cutoff^(1 - exponent) * exp(-w / cutoff)`, or a step at the cutoff."""

    kind: Literal["ohmic"]
    coupling: Real
    cutoff: Energy
    exponent: Real = 1.0
    cutoff_shape: Literal["exponential", "hard"] = "exponential"

    def _made(self) -> AbstractSpectralDensity:
        shape = HardCutoff if self.cutoff_shape == "hard" else ExponentialCutoff
        with located(self.at(), {"cutoff.frequency": self.at("cutoff")}):
            cutoff = shape(self.cutoff)
        return Ohmic(self.coupling, cutoff, self.exponent)


class DrudeLorentzTable(NounTable):
    """Overdamped bath with its reorganisation energy."""

    kind: Literal["drude_lorentz"]
    noun = DrudeLorentz
    reorganisation_energy: Energy
    cutoff: Energy


class LorentzianTable(NounTable):
    """One broadened level."""

    kind: Literal["lorentzian"]
    noun = Lorentzian
    rate: Energy
    centre: Energy
    half_width: Energy


class NewnsTable(NounTable):
    """Semi-elliptic band."""

    kind: Literal["newns"]
    noun = Newns
    rate: Energy
    half_bandwidth: Energy
    centre: Energy = 0.0


class FlatTable(NounTable):
    """Constant band."""

    kind: Literal["flat"]
    noun = Flat
    rate: Energy
    lower: Energy = -np.inf
    upper: Energy = np.inf


class TabulatedTable(NounTable):
    """A table of J: inline, or the two columns of an array file."""

    kind: Literal["tabulated"]
    frequencies: list[Energy] | None = None
    values: list[Energy] | None = None
    file: ArrayFile = None
    one_of = ("frequencies", "file")

    @model_validator(mode="after")
    def _check_values(self) -> TabulatedTable:
        if self.form == "file" and self.values is not None:
            raise refuse("values", "must be left out where `file` gives the table.")
        if self.form == "frequencies" and self.values is None:
            raise refuse("values", "is missing: J at each of the `frequencies`. Add it.")
        return self

    def _made(self) -> AbstractSpectralDensity:
        if self.file is None:
            assert self.frequencies is not None
            assert self.values is not None
            return Tabulated(self.frequencies, self.values)
        table: Array = np.asarray(self.file)
        if table.ndim != 2 or table.shape[1] != 2 or np.iscomplexobj(table):
            text = f"must hold two real columns, the frequency and J, but has shape {table.shape}."
            raise refuse(self.at("file"), text)
        with located(self.at(), {"frequencies": self.at("file"), "values": self.at("file")}):
            return Tabulated(table[:, 0], table[:, 1])


class ExpressionTable(NounTable, FormulaTable):
    """J as an expression in omega."""

    kind: Literal["expression"]
    expression: str
    support: Annotated[list[Energy], Field(min_length=2, max_length=2)] = Field(default_factory=lambda: [0.0, np.inf])
    structure: list[Energy] = Field(default_factory=list)

    def _made(self) -> AbstractSpectralDensity:
        lower, upper = self.support
        return CallableDensity(self.formula(self.expression, "expression"), (lower, upper), self.structure)


class FormFactorTable(NounTable, FormulaTable):
    """A field with coupling g(k) and dispersion omega(k), expressions in k."""

    kind: Literal["form_factor"]
    coupling: str
    dispersion: str
    dimension: int = 3
    momentum_range: Annotated[list[Real], Field(min_length=2, max_length=2)] = Field(
        default_factory=lambda: [0.0, np.inf]
    )
    velocity: str | None = None

    def _made(self) -> AbstractSpectralDensity:
        g = self.formula(self.coupling, "coupling", variable="k")
        omega = self.formula(self.dispersion, "dispersion", variable="k")
        velocity = None if self.velocity is None else self.formula(self.velocity, "velocity", variable="k")
        lowest, highest = self.momentum_range
        return FormFactor(g, omega, self.dimension, (lowest, highest), velocity)


class CorrelatedTable(NounTable):
    """One density for several channels, with the matrix of their correlations."""

    kind: Literal["correlated"]
    density: Density
    correlation: Matrix

    @model_validator(mode="after")
    def _check_density(self) -> CorrelatedTable:
        if self.density.kind == self.kind:
            raise refuse("density", "must be a density of one channel, but is itself correlated.")
        return self

    def _made(self) -> AbstractSpectralDensity:
        return CorrelatedDensity(self.density.build(), self.correlation)


Density = Annotated[
    OhmicTable
    | DrudeLorentzTable
    | LorentzianTable
    | NewnsTable
    | FlatTable
    | TabulatedTable
    | ExpressionTable
    | FormFactorTable
    | CorrelatedTable,
    Field(discriminator="kind"),
]
CorrelatedTable.model_rebuild()
