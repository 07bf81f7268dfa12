"""Functions of energy in model files: small arithmetic expressions, parsed and never run as Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import InputError, RealArray, finite_real, require
from equipoise.io._grammar import CONSTANTS, FUNCTIONS, NAME, Parser, Step, shortened


@dataclass(frozen=True, repr=False)
class Expression:
    """A real function of its variables, made by :func:`parse_expression`.

    Called with one array per variable, in order; the arrays are broadcast against each other.
    """

    text: str
    variables: tuple[str, ...]
    program: tuple[Step, ...]
    name: str = "expression"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f'"{self.text}"'

    def __call__(self, *values: ArrayLike) -> RealArray:
        """Value at the given points.

        Parameters
        ----------
        *values
            One real array for each of `variables`, of any shapes that broadcast together.

        Returns
        -------
        ndarray of float
            Of the broadcast shape, also where the expression is constant.

        Raises
        ------
        InputError
            For a wrong number of arguments, complex arguments, shapes that do not broadcast, or a value that
            is not finite (the message names the first such point). Only the final value counts:
            ``1/(exp(omega) - 1)`` is 0 where the exponential overflows.
        """
        points = self._points(values)
        # Infinities inside an expression may cancel, so only the final value is judged, below.
        with np.errstate(all="ignore"):
            value = self._run(dict(zip(self.variables, points, strict=True)))
        result = np.array(np.broadcast_to(value, points[0].shape if points else ()), dtype=np.float64)
        bad = np.argwhere(~np.isfinite(result))
        if len(bad):
            where = tuple(bad[0])
            place = " and ".join(f"{name} = {point[where]}" for name, point in zip(self.variables, points, strict=True))
            raise InputError(
                f"Argument `{self.name}` must be finite wherever it is used, but `{shortened(self.text)}` is "
                f"{result[where]}{place and f' at {place}'}. "
                "Look for a division by zero, an overflow, or a log, root or power of a negative number."
            )
        return result

    def _run(self, values: Mapping[str, RealArray]) -> ArrayLike:
        stack: list[ArrayLike] = []
        for step in self.program:
            if isinstance(step, np.ufunc):
                stack[-step.nin :] = [step(*stack[-step.nin :])]
            else:
                stack.append(values[step] if isinstance(step, str) else step)
        return stack[0]

    def _points(self, values: Sequence[ArrayLike]) -> list[RealArray]:
        names = ", ".join(self.variables)
        requirement = f"be called with one array for each of ({names})"
        require(len(values) == len(self.variables), self.name, requirement, f"got {len(values)}")
        arrays = [_real_array(value, name) for name, value in zip(self.variables, values, strict=True)]
        try:
            return list(np.broadcast_arrays(*arrays))
        except ValueError:
            shapes = " and ".join(str(array.shape) for array in arrays)
            requirement = f"be called with arrays ({names}) that broadcast together"
            raise InputError(f"Argument `{self.name}` must {requirement}, but got shapes {shapes}.") from None


def parse_expression(
    text: str,
    variables: Sequence[str] = ("omega",),
    parameters: Mapping[str, float] | None = None,
    name: str = "expression",
) -> Expression:
    """Read a function of energy from text, without ever running the text.

    The text may use numbers, `variables`, `parameters`, ``pi``, ``+ - * / ^`` (or ``**``), parentheses, and
    the functions abs, cos, cosh, exp, expm1, heaviside(x, value at 0), log, log1p, maximum, minimum, sin,
    sinh, sqrt, tan, tanh.

    Parameters
    ----------
    text
        The expression, at most 2000 characters, nested at most 50 deep.
    variables
        Names of the arguments, in the order in which the expression is called with them. Energies are in the
        unit of the Hamiltonian.
    parameters
        Named real numbers; their values are put in when the text is read.
    name
        Name of the expression in error messages, such as the path to its field in a model file.

    Returns
    -------
    Expression
        A function of one real array per variable.

    Raises
    ------
    InputError
        For anything outside the grammar, with the column and a pointer to it; for a name that is not made of
        letters, digits and underscores, or is in use already; for a parameter that is not a finite number.

    Examples
    --------
    An inverse temperature that falls with energy:

    >>> beta = parse_expression("b / (1 + (omega/width)^2)", parameters={"b": 2.0, "width": 1.0})
    >>> beta([0.0, 1.0, 3.0])
    array([2. , 1. , 0.2])

    Text that tries to be code is refused:

    >>> parse_expression("1 + __import__('os')")
    Traceback (most recent call last):
    ...
    equipoise._checks.InputError: Argument `expression` must be arithmetic in omega, but has an unknown name
    `__import__` at column 5. Names are omega, pi and the functions abs, cos, ..., tanh.
        1 + __import__('os')
            ^
    """
    require(isinstance(text, str), name, "be text", f"got {type(text).__name__}")
    require(not isinstance(variables, str), "variables", "be a sequence of names", f"got the text {variables!r}")
    values = dict(parameters or {})
    taken: list[object] = [*CONSTANTS, *FUNCTIONS]
    for argument, words in (("variables", list(variables)), ("parameters", list(values))):
        for word in words:
            well_formed = isinstance(word, str) and NAME.fullmatch(word) is not None
            require(well_formed, argument, "have names of letters, digits and underscores", f"got {word!r}")
            require(word not in taken, argument, "have names of their own", f"`{word}` is already in use")
            taken.append(word)
    numbers = {**CONSTANTS, **{key: finite_real(value, f"parameters[{key!r}]") for key, value in values.items()}}
    program = Parser(text, tuple(variables), numbers, name).parse()
    return Expression(text, tuple(variables), program, name)


def _real_array(value: ArrayLike, name: str) -> RealArray:
    try:
        array = np.asarray(value)
    except ValueError:
        raise InputError(f"Argument `{name}` must be an array of real numbers, but is ragged.") from None
    require(array.dtype.kind in "fiub", name, "be an array of real numbers", f"has dtype {array.dtype}")
    return array.astype(np.float64)
