"""Spectral densities in model files: `spectral_density = {kind = "ohmic", coupling = 0.01, cutoff = 10.0}`."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from equipoise._checks import Array
from equipoise.io.kinds.formulas import formula
from equipoise.io.kinds.tables import ArrayFile, Energy, Matrix, Real, Table
from equipoise.io.problems import fields_of, joined, located, refuse
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


class DensityTable(Table):
    """A family of spectral densities."""

    kind: str

    def build(self, path: str) -> AbstractSpectralDensity:
        """The spectral density, with errors at `path`."""
        with located(path, fields_of(path, *type(self).model_fields)):
            return self._density(path)

    def _density(self, path: str) -> AbstractSpectralDensity:
        raise NotImplementedError


class OhmicTable(DensityTable):
    """`J = coupling * w^exponent * cutoff^(1 - exponent) * exp(-w / cutoff)`, or a step at the cutoff."""

    kind: Literal["ohmic"]
    coupling: Real
    cutoff: Energy
    exponent: Real = 1.0
    cutoff_shape: Literal["exponential", "hard"] = "exponential"

    def _density(self, path: str) -> AbstractSpectralDensity:
        shape = HardCutoff if self.cutoff_shape == "hard" else ExponentialCutoff
        with located(path, {"cutoff.frequency": joined(path, "cutoff")}):
            cutoff = shape(self.cutoff)
        return Ohmic(self.coupling, cutoff, self.exponent)


class DrudeLorentzTable(DensityTable):
    """Overdamped bath with its reorganisation energy."""

    kind: Literal["drude_lorentz"]
    reorganisation_energy: Energy
    cutoff: Energy

    def _density(self, path: str) -> AbstractSpectralDensity:
        return DrudeLorentz(self.reorganisation_energy, self.cutoff)


class LorentzianTable(DensityTable):
    """One broadened level."""

    kind: Literal["lorentzian"]
    rate: Energy
    centre: Energy
    half_width: Energy

    def _density(self, path: str) -> AbstractSpectralDensity:
        return Lorentzian(self.rate, self.centre, self.half_width)


class NewnsTable(DensityTable):
    """Semi-elliptic band."""

    kind: Literal["newns"]
    rate: Energy
    half_bandwidth: Energy
    centre: Energy = 0.0

    def _density(self, path: str) -> AbstractSpectralDensity:
        return Newns(self.rate, self.half_bandwidth, self.centre)


class FlatTable(DensityTable):
    """Constant band."""

    kind: Literal["flat"]
    rate: Energy
    lower: Energy = -np.inf
    upper: Energy = np.inf

    def _density(self, path: str) -> AbstractSpectralDensity:
        return Flat(self.rate, self.lower, self.upper)


class TabulatedTable(DensityTable):
    """A table of J: inline, or the two columns of an array file."""

    kind: Literal["tabulated"]
    frequencies: list[Energy] | None = None
    values: list[Energy] | None = None
    file: ArrayFile = None

    @model_validator(mode="after")
    def _check_form(self) -> TabulatedTable:
        form = self.require_exactly_one("frequencies", "file")
        if form == "file" and self.values is not None:
            raise refuse("values", "must be left out where `file` gives the table.")
        if form == "frequencies" and self.values is None:
            raise refuse("values", "is missing: J at each of the `frequencies`. Add it.")
        return self

    def _density(self, path: str) -> AbstractSpectralDensity:
        if self.file is None:
            assert self.frequencies is not None
            assert self.values is not None
            return Tabulated(self.frequencies, self.values)
        table: Array = np.asarray(self.file)
        if table.ndim != 2 or table.shape[1] != 2 or np.iscomplexobj(table):
            text = f"must hold two real columns, the frequency and J, but has shape {table.shape}."
            raise refuse(joined(path, "file"), text)
        with located(path, {"frequencies": joined(path, "file"), "values": joined(path, "file")}):
            return Tabulated(table[:, 0], table[:, 1])


class ExpressionTable(DensityTable):
    """J as an expression in omega."""

    kind: Literal["expression"]
    expression: str
    parameters: dict[str, Real] = Field(default_factory=dict)
    support: Annotated[list[Energy], Field(min_length=2, max_length=2)] = Field(default_factory=lambda: [0.0, np.inf])
    structure: list[Energy] = Field(default_factory=list)

    def _density(self, path: str) -> AbstractSpectralDensity:
        function = formula(self.expression, joined(path, "expression"), self.parameters)
        return CallableDensity(function, (self.support[0], self.support[1]), self.structure)


class FormFactorTable(DensityTable):
    """A field with coupling g(k) and dispersion omega(k), expressions in k."""

    kind: Literal["form_factor"]
    coupling: str
    dispersion: str
    dimension: int = 3
    momentum_range: Annotated[list[Real], Field(min_length=2, max_length=2)] = Field(
        default_factory=lambda: [0.0, np.inf]
    )
    velocity: str | None = None
    parameters: dict[str, Real] = Field(default_factory=dict)

    def _density(self, path: str) -> AbstractSpectralDensity:
        functions = [
            None if text is None else formula(text, joined(path, name), self.parameters, "k")
            for name, text in (
                ("coupling", self.coupling),
                ("dispersion", self.dispersion),
                ("velocity", self.velocity),
            )
        ]
        g, omega, velocity = functions
        assert g is not None
        assert omega is not None
        return FormFactor(g, omega, self.dimension, (self.momentum_range[0], self.momentum_range[1]), velocity)


class CorrelatedTable(DensityTable):
    """One density for several channels, with the matrix of their correlations."""

    kind: Literal["correlated"]
    density: Density
    correlation: Matrix

    @model_validator(mode="after")
    def _check_density(self) -> CorrelatedTable:
        if self.density.kind == self.kind:
            raise refuse("density", "must be a density of one channel, but is itself correlated.")
        return self

    def _density(self, path: str) -> AbstractSpectralDensity:
        return CorrelatedDensity(self.density.build(joined(path, "density")), self.correlation)


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
