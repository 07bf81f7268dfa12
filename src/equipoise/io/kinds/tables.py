"""Rules that the tables of all model files share: no unknown fields, no silent conversions, paths in every error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from equipoise._checks import Array, ComplexArray, require_memory
from equipoise.io.arrays import matrix, operator_of_elements, rates_of, read_array
from equipoise.io.expressions import Expression, parse_expression
from equipoise.io.problems import FieldProblem, did_you_mean, joined, listed, located, refuse, shown
from equipoise.io.units import ENERGIES, energy

TOP = ("kind", "title", "description", "units", "scattering_shift")
"""Fields of the top of the file; in TOML all that follows a [table] belongs to it."""

MATRICES_HELD = 12
"""Dense complex matrices of an audit, for the check that a request fits in memory before it is made."""


def _folder(info: ValidationInfo) -> Path | None:
    return (info.context or {}).get("folder")


def _not_nan(value: float) -> float:
    if np.isnan(value):
        raise refuse("", "must be a number, but got nan.")
    return value


def _in_model_units(value: object, info: ValidationInfo) -> object:
    """An energy as a number in the unit of the model, or as text with a unit of its own: "50 mK"."""
    if not isinstance(value, str):
        return value
    number, _, unit = value.strip().partition(" ")
    own = (info.context or {}).get("units", "")
    try:
        amount = float(number)
    except ValueError:
        raise refuse("", f'must be a number, or text such as "50 mK", but got {shown(value)}.') from None
    if unit.strip() not in ENERGIES:
        raise refuse("", f"has an unknown unit in {value!r}. {did_you_mean(unit, ENERGIES, what='units')}")
    if own not in ENERGIES:
        remedy = f"set `units` of the model to {listed([*ENERGIES], 'or')}"
        raise refuse("", f"cannot be converted from {value!r}: {remedy}.")
    return energy(amount, unit.strip(), into=own)


def _matrix(value: object, info: ValidationInfo) -> Array:
    return matrix(value, _folder(info))


def _rate_matrix(value: object, info: ValidationInfo) -> tuple[Array, list[str] | None]:
    return rates_of(value, _folder(info))


def _energies(value: object, info: ValidationInfo) -> object:
    """A list of energies, or a table {file = "e.csv"} that holds them."""
    if not isinstance(value, Mapping):
        return value
    numbers = matrix(value, _folder(info))
    if numbers.ndim == 2 and 1 in numbers.shape:
        numbers = numbers.ravel()
    if numbers.ndim != 1 or np.iscomplexobj(numbers):
        raise refuse("", f"must be a list of real numbers, but the file holds an array of shape {numbers.shape}.")
    return numbers.tolist()


def _array_file(value: object, info: ValidationInfo) -> Array:
    if not isinstance(value, str):
        raise refuse("", f'must be the name of an array file in quotes, such as "h.npy", but got {shown(value)}.')
    return read_array(value, _folder(info))


Real = Annotated[float, AfterValidator(_not_nan)]
Energy = Annotated[float, BeforeValidator(_in_model_units), AfterValidator(_not_nan)]
Matrix = Annotated[Any, BeforeValidator(_matrix)]
RateMatrix = Annotated[Any, BeforeValidator(_rate_matrix)]
Energies = Annotated[list[Energy], BeforeValidator(_energies)]
ArrayFile = Annotated[Any, BeforeValidator(_array_file)]


def _belongs(name: str) -> str:
    """Where a field of the top of the file belongs that stands below the header of a table."""
    if name == "analysis":
        return "It is a table of its own: write [analysis], and below it what to ask."
    return "Move it to the top of the file, above the first [table]." if name in TOP else ""


class Table(BaseModel):
    """A table of a model file; once the whole file is read, it knows its path in it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)

    one_of: ClassVar[tuple[str, ...]] = ()
    """Fields of which the file gives exactly one."""

    _path: str = ""

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_fields(cls, data: object) -> object:
        if isinstance(data, dict):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            problems = [
                (name, f"is not a field of this table. {_belongs(name) or did_you_mean(name, known, what='fields')}")
                for name in data
                if name not in known
            ]
            if problems:
                raise FieldProblem(*problems)
        return data

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        if self.one_of:
            self.require_exactly_one(*self.one_of)
        return self

    def given(self, *names: str) -> list[str]:
        """Those of the fields that the file gives."""
        return [name for name in names if getattr(self, name) is not None]

    @property
    def form(self) -> str:
        """The one of the fields `one_of` that the file gives."""
        return self.given(*self.one_of)[0]

    def require_exactly_one(self, *names: str) -> None:
        """Refuse none of the fields, and several."""
        found = self.given(*names)
        if len(found) != 1:
            came = "got none" if not found else f"got {listed(found)}"
            raise refuse("", f"must have exactly one of {listed(names)}, but {came}.")

    def place(self, path: str) -> None:
        """Tell this table, and those in it, where they stand in the file."""
        self._path = path
        for name, value in self:
            if isinstance(value, Table):
                value.place(self.at(name))
            for k, item in enumerate(value if isinstance(value, list) else ()):
                if isinstance(item, Table):
                    item.place(self.at(name, f"[{k}]"))

    def at(self, *parts: str) -> str:
        """The path of something in this table: of the table itself without parts."""
        return joined(self._path, *parts)

    def fields(self, *, without: str = "") -> dict[str, str]:
        """The paths of the fields by name, for :func:`located`."""
        return {name: self.at(name) for name in type(self).model_fields if name != without}

    def located(self) -> AbstractContextManager[None]:
        """Give what a constructor of the library refuses the path to the field of the same name."""
        return located(self._path, self.fields())


class NounTable(Table):
    """A table of some kind whose fields are the arguments of `noun`, unless `_made` says otherwise."""

    kind: str
    noun: ClassVar[type[Any]]

    def build(self) -> Any:
        """The noun that the table describes, checked as if it had been made in Python."""
        with located(self._path, self.fields()):
            return self._made()

    def _made(self) -> Any:
        return self.noun(**{name: value for name, value in self if name != "kind"})


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


class NamedTable(Table):
    """A table with a name that no other of its kind bears."""

    name: Annotated[str, Field(min_length=1)]


def refuse_twins(tables: Sequence[NamedTable]) -> None:
    """Refuse two tables of one name."""
    names = [table.name for table in tables]
    for index, table in enumerate(tables):
        first = names.index(table.name)
        if first < index:
            text = f"must be unique, but {tables[first].at()} is {table.name!r} too."
            raise refuse(table.at("name"), text)


class BasisTable(Table):
    """A Hamiltonian and what is given in its basis."""

    hamiltonian: Matrix = None
    file: ArrayFile = None
    levels: Annotated[list[Energy], Field(min_length=1)] | None = None
    number: Matrix = None
    labels: list[str] | None = None

    def level_names(self, dimension: int) -> tuple[str, ...] | None:
        """The labels, if any: one for each state."""
        require_labels(self.labels, dimension, self.at("labels"))
        return None if self.labels is None else tuple(self.labels)

    def energies(self) -> Array:
        """The Hamiltonian as the file gives it: a matrix, or a vector of levels."""
        if self.levels is not None:
            require_memory(MATRICES_HELD, len(self.levels), self.at("levels"), "Reduce the number of levels.")
            return np.array(self.levels)
        H = np.asarray(self.hamiltonian if self.file is None else self.file)
        where = self.at("hamiltonian" if self.file is None else "file")
        if H.ndim == 1:
            raise refuse(where, "must be a square matrix, but is a list of numbers. For energies use `levels`.")
        require_memory(MATRICES_HELD, int(H.shape[0]), where, "Reduce the dimension, or take one symmetry sector.")
        return H

    def number_operator(self, dimension: int) -> Array | None:
        """The particle number; a list is its diagonal."""
        return self.diagonal_or_matrix(self.number, "number", dimension)

    def diagonal_or_matrix(self, given: Any, name: str, dimension: int) -> Array | None:
        """The operator of a field, given as a matrix or as a list, which is its diagonal; None if it is not given."""
        A = None if given is None else np.asarray(given)
        if A is None or A.ndim == 2:
            return A
        if A.shape != (dimension,):
            text = f"must have one entry for each of the {dimension} states, or be a matrix, but has {A.size}."
            raise refuse(self.at(name), text)
        return np.diag(A)


class OperatorTable(Table):
    """An operator: a matrix, or its nonzero elements."""

    operator: Matrix = None
    elements: list[list[Any]] | None = None
    hermitian: bool = False
    one_of = ("operator", "elements")

    @model_validator(mode="after")
    def _check_hermitian(self) -> OperatorTable:
        if self.form == "operator" and "hermitian" in self.model_fields_set:
            raise refuse("hermitian", "belongs to `elements`: a matrix is taken as it is. Remove it.")
        return self

    def matrix(self, dimension: int, labels: Sequence[str] | None) -> ComplexArray:
        """The operator, shape (d, d)."""
        if self.elements is None:
            return np.asarray(self.operator, dtype=complex)
        return operator_of_elements(self.elements, self.hermitian, labels, dimension, self.at("elements"))


def require_labels(labels: Sequence[str] | None, dimension: int, path: str) -> None:
    """Refuse labels that do not name each state once."""
    if labels is None:
        return
    if len(labels) != dimension:
        raise refuse(path, f"must name each of the {dimension} states, but has {len(labels)} entries.")
    for index, label in enumerate(labels):
        if not label or label in labels[:index]:
            raise refuse(joined(path, f"[{index}]"), f"must be a name that no other state has, but got {label!r}.")
