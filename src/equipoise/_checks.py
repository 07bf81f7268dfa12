"""One phrasing of every error: name, requirement, what came, remedy.

All input checks of the library go through :func:`require` or one of the array readers below, so that a
message reads the same wherever it is raised::

    Argument `hamiltonian` must be Hermitian, but max |H - H^dagger| = 0.2 at element [0, 1]. Symmetrise it ...
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

P = ParamSpec("P")
T = TypeVar("T")

Array = NDArray[Any]
RealArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

ROUND_OFF = float(np.finfo(np.float64).eps)
"""Unit round-off of double precision, 2.2e-16."""


_SMALLEST_HELD = 2.0**-232
"""Its fourth power is a double with digits to spare, and so is that of its inverse."""


class InputError(ValueError):
    """Input that the library refuses: the message names the argument, the requirement, what came, a remedy."""


class NumericalError(RuntimeError):
    """A numerical outcome that is not a result: the message names the likely causes and what to try next."""


class UserCodeError(RuntimeError):
    """An exception raised inside a callable given by the user; carries the point at which it failed."""


def require(condition: bool, name: str, requirement: str, came: str, remedy: str = "") -> None:
    """Raise :class:`InputError` unless `condition` holds.

    The message is ``Argument `name` must requirement, but came. remedy``.
    """
    if not condition:
        raise InputError(f"Argument `{name}` must {requirement}, but {came}." + (f" {remedy}" if remedy else ""))


def _shown(value: object) -> str:
    """The given value in one line: a noun that prints itself as a table by its type."""
    text = repr(value)
    return type(value).__name__ if "\n" in text or len(text) > 80 else text


def real_array(value: object, name: str) -> RealArray:
    """Return `value` as a new array of real numbers, of any shape; refuse what is not, imaginary parts above all.

    Complex numbers without imaginary parts are real.
    """
    try:
        array = np.asarray(value)
        if array.dtype.kind == "c":
            bad = np.argwhere(array.imag != 0)
            if bad.size:
                index = tuple(int(k) for k in bad[0])
                where = f"element {list(index)}" if index else "it"
                require(
                    False, name, "be real", f"{where} is {array[index]}", "Take its .real if the rest is round-off."
                )
            array = array.real
        require(array.dtype.kind in "biufO", name, "hold real numbers", f"got {_shown(value)}")
        return np.array(array, dtype=np.float64)
    except InputError:
        raise
    except (TypeError, ValueError):
        raise InputError(
            f"Argument `{name}` must be an array of real numbers, but got {_shown(value)}: its rows differ in length, "
            "or an entry is not a number."
        ) from None


def finite_real(value: object, name: str, *, allow_infinite: bool = False) -> float:
    """Return `value` as a float; refuse what is not a real number, NaN, and (by default) infinity."""
    if isinstance(value, complex | np.complexfloating) and value.imag == 0:
        value = value.real
    try:
        require(not isinstance(value, np.complexfloating), name, "be a real number", f"got {value}")
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(f"Argument `{name}` must be a real number, but got {_shown(value)}.") from None
    require(not np.isnan(number), name, "be a number", "got NaN")
    require(allow_infinite or np.isfinite(number), name, "be finite", f"got {number}")
    return number


def asked_by_name(function: Callable[P, T]) -> Callable[P, T]:
    """A function of keyword arguments that says in words which it takes where it is called with others."""
    expected = signature(function)

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            expected.bind(*args, **kwargs)
        except TypeError:
            names = [f"`{name}`" for name in expected.parameters]
            came = (
                f"{args[0]!r} without a name"
                if args
                else ", ".join(f"`{k}`" for k in kwargs if k not in expected.parameters)
            )
            raise InputError(
                f"Arguments of {function.__name__} must be given by name, out of {', '.join(names)}, but got {came}."
            ) from None
        return function(*args, **kwargs)

    return checked


def positive_real(value: object, name: str, remedy: str = "") -> float:
    """Return `value` as a float; refuse what is not a finite number above zero."""
    number = finite_real(value, name)
    require(number > 0, name, "be positive", f"got {number:g}", remedy)
    return number


def require_type(value: object, kind: Any, name: str, what: str, remedy: str = "") -> None:
    """Refuse what is not of this type, for example what="a Reservoir"."""
    require(isinstance(value, kind), name, f"be {what}", f"got {type(value).__name__}", remedy)


def require_held(largest: float, name: str, what: str) -> None:
    """Refuse operators or rates of which products of four leave the range of doubles; smaller ones beside them do not.

    `largest` is the size of the largest; zero is allowed.
    """
    require(
        largest == 0.0 or _SMALLEST_HELD <= largest <= 1.0 / _SMALLEST_HELD,
        name,
        f"hold {what} whose largest element lies between {_SMALLEST_HELD:.1g} and {1.0 / _SMALLEST_HELD:.1g}",
        f"it is {largest:.3g}",
        "Choose a unit of energy in which the numbers are nearer to one.",
    )


def require_several(value: object, name: str, of: str) -> None:
    """Refuse a single thing, or none, where a list of them is expected."""
    require(
        hasattr(value, "__iter__"), name, f"be a list of {of}", f"got {_shown(value)}", "Put a single one in a list."
    )


def square_matrix(value: object, name: str, dimension: int | None = None) -> ComplexArray:
    """Return `value` (dense or scipy sparse) as a dense complex square matrix with finite entries."""
    shape = getattr(value, "shape", ())
    if len(shape) == 2:
        require_memory(1, max(shape), name, "Reduce the dimension.")
    toarray = getattr(value, "toarray", None)
    try:
        matrix = np.array(toarray() if toarray is not None else value, dtype=np.complex128)
    except (TypeError, ValueError):
        remedy = " equipoise.io.qutip takes Qobj; of one alone pass its .full()." if hasattr(value, "full") else ""
        came = type(value).__name__
        raise InputError(f"Argument `{name}` must be a numeric matrix, but got {came}.{remedy}") from None
    require(
        matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1],
        name,
        "be a square matrix of shape (d, d)",
        f"has shape {matrix.shape}",
        "Write a diagonal as numpy.diag([...])." if matrix.ndim == 1 else "",
    )
    if dimension is not None:
        require(
            matrix.shape[0] == dimension,
            name,
            f"have shape ({dimension}, {dimension}), the dimension of the Hamiltonian",
            f"has shape {matrix.shape}",
        )
    bad = np.argwhere(~np.isfinite(matrix))
    if bad.size:
        i, j = bad[0]
        raise InputError(f"Argument `{name}` must have finite entries, but element [{i}, {j}] is {matrix[i, j]}.")
    return matrix


def hermitian_matrix(value: object, name: str, dimension: int | None = None) -> ComplexArray:
    """Return `value` as a dense Hermitian matrix; refuse a defect above round-off of its norm."""
    matrix = square_matrix(value, name, dimension)
    defect = np.abs(matrix - matrix.conj().T)
    if matrix.size:
        i, j = np.unravel_index(int(np.argmax(defect)), defect.shape)
        scale = float(np.abs(matrix).max())
        # 64 round-offs: what a handful of matrix products leaves behind in a matrix that is Hermitian on paper.
        require(
            float(defect[i, j]) <= 64 * ROUND_OFF * scale,
            name,
            f"be Hermitian to {64 * ROUND_OFF * scale:.1e} (64 round-offs of its largest entry)",
            f"|A - A^dagger| reaches {defect[i, j]:.3g} at element [{i}, {j}]",
            f"Pass 0.5 * ({name} + {name}.conj().T) if the defect is numerical noise.",
        )
    return np.asarray(0.5 * (matrix + matrix.conj().T))


def physical_memory() -> int:
    """Physical memory of this machine in bytes; 8 GiB where the system does not tell."""
    try:
        return int(os.sysconf("SC_PAGE_SIZE")) * int(os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return 8 * 2**30


def require_memory(count: int, dimension: int, name: str, remedy: str) -> None:
    """Refuse work that holds `count` dense complex matrices of `dimension` when memory cannot hold them."""
    needed = 16 * count * dimension**2
    available = physical_memory()
    require(
        needed <= available,
        name,
        "fit in memory",
        f"dimension {dimension} needs about {readable_bytes(needed)} ({count} dense complex matrices of "
        f"{readable_bytes(16 * dimension**2)} each) and this machine has {readable_bytes(available)}",
        remedy,
    )


def readable_bytes(count: float) -> str:
    """A number of bytes with a unit a person reads: 1.5 GiB."""
    if count > 2**1000:
        return "more than any number of bytes"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if count < 1024:
            return f"{count:.3g} {unit}"
        count /= 1024
    return f"{count:.4g} PiB"
