"""Functions of energy as the library takes them, from expressions of a model file."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from equipoise.io.expressions import Expression, parse_expression
from equipoise.io.kinds.tables import Real, Table
from equipoise.io.problems import located


class FormulaTable(Table):
    """A table with expressions, and the numbers that they name."""

    parameters: dict[str, Real] = Field(default_factory=dict)

    def formula(self, text: str, *place: str, variable: str = "omega") -> Expression:
        """Parse an expression that stands at a place in the table; errors, now and when it is called, name it."""
        path = self.at(*place)
        with located("", {path: path}):
            return parse_expression(text, (variable,), self.parameters, name=path)

    def formulas(self, field: str, variable: str = "omega") -> list[Any]:
        """The entries of a field, those that are text as formulas."""
        entries = enumerate(getattr(self, field))
        return [self.formula(e, field, f"[{k}]", variable=variable) if isinstance(e, str) else e for k, e in entries]
