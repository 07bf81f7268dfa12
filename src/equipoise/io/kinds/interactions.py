"""Interactions with a gas particle in model files: `[interaction]`, by its `kind`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, ValidationInfo

from equipoise._checks import Array, RealArray
from equipoise.io.arrays import matrix
from equipoise.io.expressions import Expression
from equipoise.io.kinds.tables import FormulaTable, Matrix, NounTable, Real, Table
from equipoise.io.problems import refuse
from equipoise.scattering import (
    AbstractInteraction,
    DeltaInteraction,
    PartialWaves,
    PiecewiseConstant,
    PointScatterers,
    SmoothPotential,
    TabulatedSMatrix,
    Waves,
    t_from_s,
)


def _number_or_matrix(value: object, info: ValidationInfo) -> Array:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return np.array(float(value))
    return matrix(value, (info.context or {}).get("folder"))


Strength = Annotated[Any, BeforeValidator(_number_or_matrix)]


class ContactTable(NounTable):
    """Delta potentials at one point of a line: `couplings = [V_1, V_2, ...]`, or a Hermitian matrix."""

    kind: Literal["contact"]
    noun = DeltaInteraction
    couplings: Matrix


class PointsTable(NounTable):
    """Delta potentials at several points: a number for each, that of one site, or a matrix for each."""

    kind: Literal["points"]
    noun = PointScatterers
    positions: Annotated[list[Real], Field(min_length=1)]
    couplings: Annotated[list[Strength], Field(min_length=1)]


class LayersTable(NounTable):
    """A potential that is constant between edges: a matrix, or its diagonal, for each interval."""

    kind: Literal["layers"]
    noun = PiecewiseConstant
    edges: Annotated[list[Real], Field(min_length=2)]
    matrices: Annotated[list[Matrix], Field(min_length=1)]
    contacts: list[Matrix] | None = None


class PotentialTable(NounTable, FormulaTable):
    """A smooth potential: a matrix for each shape, an expression in q; `W(q) = sum_j shapes_j(q) matrices_j`."""

    kind: Literal["potential"]
    shapes: Annotated[list[str], Field(min_length=1)]
    matrices: Annotated[list[Matrix], Field(min_length=1)]
    support: Annotated[list[Real], Field(min_length=2, max_length=2)]
    breaks: list[Real] = Field(default_factory=list)

    def _made(self) -> AbstractInteraction:
        if len(self.matrices) != len(self.shapes):
            text = f"must have one entry for each of the {len(self.shapes)} shapes, but has {len(self.matrices)}."
            raise refuse(self.at("matrices"), text)
        sizes = sorted({np.shape(matrix)[0] for matrix in self.matrices})
        if len(sizes) > 1:
            raise refuse(self.at("matrices"), f"must be of one dimension, but got the dimensions {sizes}.")
        matrices = [np.diag(W) if np.ndim(W) == 1 else np.asarray(W) for W in self.matrices]
        shapes = SumOfShapes(tuple(self.formulas("shapes", "q")), np.array(matrices))
        return SmoothPotential(shapes, self.support, self.breaks)


class TMatrixTable(NounTable):
    """S, or T of `S = 1 - i T`, between channels on a grid of total energies; the stack of them from an array file."""

    kind: Literal["s_matrix", "t_matrix"]
    energies: Matrix
    matrices: Matrix
    waves: Literal["even", "directions", "partial"] = "partial"
    dimension: int = 3
    accuracy: Real = 1e-6
    unitarity_tolerance: Real = 1e-8

    def _made(self) -> AbstractInteraction:
        T = t_from_s(self.matrices) if self.kind == "s_matrix" else self.matrices
        return TabulatedSMatrix(
            self.energies,
            T,
            waves=Waves(self.waves),
            dimension=self.dimension,
            accuracy=self.accuracy,
            unitarity_tolerance=self.unitarity_tolerance,
        )


class BlockTable(Table):
    """One partial wave: how many times it occurs (2 J + 1), and its interaction."""

    multiplicity: Real = 1.0
    interaction: Interaction


class PartialWavesTable(NounTable):
    """Independent partial waves in two or three dimensions."""

    kind: Literal["partial_waves"]
    blocks: Annotated[list[BlockTable], Field(min_length=1)]
    dimension: int = 3

    def _made(self) -> AbstractInteraction:
        blocks = [(block.multiplicity, block.interaction.build()) for block in self.blocks]
        return PartialWaves(blocks, self.dimension)


Interaction = Annotated[
    ContactTable | PointsTable | LayersTable | PotentialTable | TMatrixTable | PartialWavesTable,
    Field(discriminator="kind"),
]
BlockTable.model_rebuild()
PartialWavesTable.model_rebuild()


@dataclass(frozen=True, eq=False)
class SumOfShapes:
    """`W(q) = sum_j shapes_j(q) matrices_j`, shape (n, d, d) at n positions."""

    shapes: tuple[Expression, ...]
    matrices: Array

    def __call__(self, q: RealArray) -> Array:
        """W at the positions."""
        return np.asarray(np.einsum("jn,jkl->nkl", np.array([shape(q) for shape in self.shapes]), self.matrices))
