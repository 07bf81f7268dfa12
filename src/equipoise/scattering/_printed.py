"""How interactions and their matrices print themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from equipoise._checks import Array
from equipoise._printed import amount, amounts


def couplings_in_words(matrix: Array) -> str:
    """A coupling matrix in a line: its diagonal where that is all, else what can be said of it in a few words.

    Examples
    --------
    >>> couplings_in_words(np.diag([1.0, 0.7]))
    '1, 0.7'
    >>> couplings_in_words(np.array([[1.0, 0.5j], [-0.5j, 2.0]]))
    'diagonal 1, 2; between states up to 0.5, complex'
    """
    matrix = np.asarray(matrix)
    diagonal = np.diag(matrix)
    between = np.abs(matrix - np.diag(diagonal)).max(initial=0.0)
    if between == 0:
        return amounts(diagonal.real)
    kind = ", complex" if np.any(matrix.imag) else ""
    return f"diagonal {amounts(diagonal.real)}; between states up to {amount(float(between))}{kind}"


def largest_in_words(matrices: Sequence[Array]) -> str:
    """The largest elements of several matrices, within states and between them."""
    within = max(float(np.abs(np.diag(W)).max(initial=0.0)) for W in matrices)
    between = max(float(np.abs(W - np.diag(np.diag(W))).max(initial=0.0)) for W in matrices)
    return f"{amount(within)} on the diagonal, {amount(between)} between states"


def function_in_words(function: Callable[..., object]) -> str:
    """The name of a function; of one without a name its type."""
    name = getattr(function, "__name__", "")
    return type(function).__name__ if not name or name.startswith("<") else name
