"""QuTiP itself, imported on first use, and what every part of the bridge asks of a Qobj."""

from __future__ import annotations

from types import ModuleType
from typing import Any, cast

import numpy as np

from equipoise._checks import ComplexArray, InputError, require


def qutip_package() -> ModuleType:
    """The package, or a refusal that says how to install it."""
    try:
        import qutip
        import qutip.core.environment
    except ImportError as error:
        raise InputError("QuTiP is not installed. Install it with: pip install 'equipoise[qutip]'") from error
    return cast(ModuleType, qutip)


def operator_from_qutip(operator: Any, name: str = "operator", like: Any | None = None) -> ComplexArray:
    """The matrix of a QuTiP operator, shape (d, d), tensor structure flattened as QuTiP does.

    Raises
    ------
    InputError
        If it is not a Qobj of type 'oper', with the dims of `like` (a Qobj) where that is given.
    """
    qutip = qutip_package()
    varies = isinstance(operator, list | qutip.QobjEvo)
    remedy = "Time-dependent operators are out of scope." if varies else ""
    require(isinstance(operator, qutip.Qobj), name, "be a qutip.Qobj", f"got {type(operator).__name__}", remedy)
    remedy = "Pass the Hamiltonian and the list of collapse operators, or the Liouvillian to generator_from_qutip."
    require(
        operator.type == "oper",
        name,
        "be an operator (Qobj of type 'oper')",
        f"has type {operator.type!r}",
        remedy if operator.issuper else "",
    )
    # The dimension object, not the list `dims`: only it knows a space whose number of excitations is restricted.
    home = operator if like is None else like
    require(
        operator._dims == home._dims,
        name,
        f"have the dims {printed_dims(home)} of the Hamiltonian",
        f"has {printed_dims(operator)}",
        "Use qutip.tensor with identities to act on one subsystem.",
    )
    return np.asarray(operator.full(), dtype=complex)


def printed_dims(operator: Any) -> str:
    """Dims as QuTiP prints them, with the number of states where a restriction leaves fewer than they say."""
    states, listed = operator.shape[0], np.prod(np.ravel(operator.dims[0]))
    return f"{operator.dims}" if states == listed else f"{operator.dims} restricted to {states} states"


def require_operator(like: Any) -> None:
    """Refuse an object whose dims cannot be those of an operator."""
    qutip = qutip_package()
    is_operator = isinstance(like, qutip.Qobj) and like.isoper
    came = f"has type {like.type!r}" if isinstance(like, qutip.Qobj) else f"got {type(like).__name__}"
    require(is_operator, "like", "be an operator (Qobj of type 'oper')", came, "The Hamiltonian will do.")
