"""Calls a user's function of frequency: vectorised where it can be, naming the frequency where it fails."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, InputError, RealArray, UserCodeError, require


def evaluate(
    function: Callable[..., Any],
    omega: ArrayLike,
    field: str,
    *,
    variable: str = "omega",
    branch: int | None = None,
) -> RealArray:
    r"""Return the real values of `function` at the frequencies `omega`, in their shape.

    The function is called once with the whole array. Where that fails, or gives another shape, it is called
    frequency by frequency, so functions written for one number work, and an exception is reported with the
    first frequency that raises it.

    A function that takes a second argument is given the momentum branch, if there is one. `field` and `variable` name
    the function and its argument in messages, for example ``LocalTemperature.beta_of_omega`` and ``omega``.

    Raises
    ------
    UserCodeError
        If `function` raises: the message names the field and the frequency, the cause is chained.
    InputError
        If a value is complex, not a number, or infinite: the message names the field and the frequency.
    """
    points = np.asarray(omega, dtype=float)
    values = _values(function, points, field, variable, branch)
    if np.iscomplexobj(values):
        first = points.flat[int(np.argmax(values.imag != 0))]
        raise InputError(
            f"Argument `{field}` must return real numbers, but returned a complex one at {variable} = {first:.6g}."
        )
    return np.asarray(values, dtype=float)


def evaluate_complex(
    function: Callable[..., Any], omega: ArrayLike, field: str, *, variable: str = "omega"
) -> ComplexArray:
    """Return the values of a real or complex `function`; everything else as in :func:`evaluate`."""
    points = np.asarray(omega, dtype=float)
    return np.asarray(_values(function, points, field, variable, None), dtype=complex)


def takes_branch(function: Callable[..., Any]) -> bool:
    """Whether `function` takes a second positional argument, the momentum branch."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (
        TypeError,
        ValueError,
    ):  # numpy ufuncs and some builtins have no signature: functions of energy alone
        return False
    positional = [
        p
        for p in parameters
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and (p.default is p.empty or p.name == "branch")
    ]
    return len(positional) >= 2


def require_callable(value: object, name: str, signature: str) -> None:
    """Refuse what is not a function."""
    require(callable(value), name, f"be a function {signature}", f"got {type(value).__name__}")


def finite_vector(value: ArrayLike, name: str) -> RealArray:
    """Return a read-only copy of a vector of finite real numbers."""
    try:
        vector = np.array(value, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"Argument `{name}` must be a vector of real numbers, but got {value!r}.") from None
    require(vector.ndim == 1, name, "be a vector of shape (n,)", f"has shape {vector.shape}")
    if not np.all(np.isfinite(vector)):
        i = int(np.argmax(~np.isfinite(vector)))
        raise InputError(f"Argument `{name}` must be finite, but {name}[{i}] is {vector[i]}.")
    vector.setflags(write=False)
    return vector


def _values(function: Callable[..., Any], points: RealArray, field: str, variable: str, branch: int | None) -> Any:
    extra = () if branch is None or not takes_branch(function) else (branch,)
    values = _vectorised(function, points, extra)
    if values is None:
        values = _pointwise(function, points, extra, field, variable)
    bad = ~np.isfinite(values)
    if bad.any():
        index = int(np.argmax(bad))
        raise InputError(
            f"Argument `{field}` must return finite numbers, but returned {values.flat[index]} "
            f"at {variable} = {points.flat[index]:.6g}."
        )
    return values


def _vectorised(function: Callable[..., Any], points: RealArray, extra: tuple[int, ...]) -> Any:
    """One call with the whole array; None where the function is not written for arrays."""
    try:
        with np.errstate(all="ignore"):
            values = np.asarray(function(points.copy(), *extra))
    except Exception:  # whatever it is, the pointwise pass meets it again and names the frequency
        return None
    if values.dtype.kind not in "iufcb":
        return None
    if values.ndim == 0:  # a constant
        return np.broadcast_to(values, points.shape)
    return values if values.shape == points.shape else None


def _pointwise(
    function: Callable[..., Any], points: RealArray, extra: tuple[int, ...], field: str, variable: str
) -> Any:
    """One call per frequency, each a plain float."""
    values = []
    for point in points.flat:
        try:
            with np.errstate(all="ignore"):
                value = function(float(point), *extra)
        except Exception as error:
            raise UserCodeError(
                f"The function given as `{field}` raised {type(error).__name__} at {variable} = {point:.6g}: {error}"
            ) from error
        number = np.asarray(value)
        require(
            number.size == 1 and number.dtype.kind in "iufcb",
            field,
            "return one number for one frequency",
            f"returned {value!r} at {variable} = {point:.6g}",
        )
        values.append(number.reshape(()))
    return np.array(values).reshape(points.shape)
