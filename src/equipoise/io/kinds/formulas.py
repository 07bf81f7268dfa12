"""Functions of energy as the library takes them, from expressions of a model file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from numpy.typing import ArrayLike

from equipoise._checks import RealArray
from equipoise.io.expressions import Expression, parse_expression
from equipoise.io.problems import located


@dataclass(frozen=True, repr=False)
class Formula:
    """An expression in one variable that shows itself as its text."""

    expression: Expression

    def __call__(self, point: ArrayLike) -> RealArray:
        """Value at the points, in their shape."""
        return self.expression(point)

    def __repr__(self) -> str:
        return f'"{self.expression.text}"'


def formula(text: str, path: str, parameters: Mapping[str, float] | None = None, variable: str = "omega") -> Formula:
    """Parse an expression in a variable; errors, now and when it is called, name `path`."""
    with located("", {path: path}):
        return Formula(parse_expression(text, (variable,), parameters, name=path))
