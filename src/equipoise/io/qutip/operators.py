"""Hamiltonians, collapse operators and states between QuTiP and the generators of this library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from equipoise._checks import ComplexArray, require
from equipoise.generators import Generator, lindbladian
from equipoise.generators.given_jumps import jumps_as_given
from equipoise.io._lindblad_writer import write_lindblad
from equipoise.io.qutip._qutip import operator_from_qutip, qutip_package, require_operator
from equipoise.reservoirs import Reservoir
from equipoise.stationary import DensityMatrix, StationaryState


def from_qutip(
    hamiltonian: Any,
    c_ops: Any,
    reservoirs: Sequence[Reservoir | None] | Reservoir | None = None,
    number: Any | None = None,
    energy: Any | Mapping[str, Any] | None = None,
) -> Generator:
    """Generator of `qutip.mesolve(H, ..., c_ops)`.

    Parameters
    ----------
    hamiltonian : qutip.Qobj
        Time-independent.
    c_ops : qutip.Qobj or sequence of qutip.Qobj
        Collapse operators, rates included, with the dims of the Hamiltonian; one alone counts as a list of one, as
        in QuTiP.
    reservoirs : Reservoir or sequence of (Reservoir or None), optional
        Who causes each; see `lindbladian`. One alone causes them all.
    number : qutip.Qobj, optional
    energy : qutip.Qobj, or mapping of str to qutip.Qobj, optional
        Hamiltonian without the drive, with which heat is counted; see `lindbladian`.

    Returns
    -------
    Generator

    Raises
    ------
    InputError
        Not a Qobj, a superoperator, dims that differ (which), or no collapse operator.

    Examples
    --------
    >>> import qutip
    >>> generator = from_qutip(qutip.sigmaz(), [qutip.sigmam()])
    >>> generator.dimension
    2
    """
    H = operator_from_qutip(hamiltonian, "hamiltonian")
    jumps = [operator_from_qutip(L, f"c_ops[{k}]", hamiltonian) for k, L in enumerate(_listed(c_ops))]
    N = None if number is None else operator_from_qutip(number, "number", hamiltonian)
    owners = [reservoirs] * len(jumps) if isinstance(reservoirs, Reservoir) else reservoirs
    counted: object = energy
    if isinstance(energy, Mapping):
        counted = {name: operator_from_qutip(E, f"energy[{name!r}]", hamiltonian) for name, E in energy.items()}
    elif energy is not None:
        counted = operator_from_qutip(energy, "energy", hamiltonian)
    return lindbladian(H, jumps, owners, N, energy=counted)


def _listed(c_ops: Any) -> list[Any]:
    qutip = qutip_package()
    if isinstance(c_ops, qutip.Qobj | qutip.QobjEvo):
        return [c_ops]
    several = isinstance(c_ops, Sequence | np.ndarray) and not isinstance(c_ops, str)
    require(several, "c_ops", "be a qutip.Qobj or a list of them", f"got {type(c_ops).__name__}")
    remedy = "Without one nothing dissipates, and there is no detailed balance to ask for."
    require(len(c_ops) > 0, "c_ops", "hold at least one collapse operator", "is empty", remedy)
    return list(c_ops)


def write_lindblad_model(
    path: str | Path,
    hamiltonian: Any,
    c_ops: Any,
    reservoirs: Sequence[Reservoir | None] | None = None,
    number: Any | None = None,
    title: str = "",
    units: str = "",
    energy: Any | None = None,
) -> Path:
    """Write a QuTiP Hamiltonian and collapse operators as a model file that `equipoise audit` reads.

    QuTiP's own files (`qsave`) are pickles: whoever reads one runs what is in it, so they are not read here. This
    writes plain numbers: a .toml of kind "lindblad", and an .npz of the same name beside it. Tensor dims are
    flattened as QuTiP does.

    Parameters
    ----------
    path : str or Path
        Ends in .toml; files of that name are replaced.
    hamiltonian, c_ops, reservoirs, number
        As `from_qutip` takes them; a reservoir is thermal, or a name only.
    title, units : str, optional
        For the head of the file.
    energy : qutip.Qobj, optional
        Hamiltonian without the drive, with which heat is counted.

    Returns
    -------
    Path
        Of the .toml file.

    Raises
    ------
    InputError
        As `from_qutip`; another suffix; a reservoir with a distribution that is not thermal.
    """
    generator = from_qutip(hamiltonian, c_ops, reservoirs, number, energy)
    return write_lindblad(path, generator, title, units)


def to_qutip(subject: ComplexArray | DensityMatrix | StationaryState, like: Any) -> Any:
    """A matrix or a state as a Qobj with the dims of `like` (a Qobj of the same Hilbert space)."""
    qutip = qutip_package()
    if isinstance(subject, StationaryState):
        matrix = subject.density_matrix()
    elif isinstance(subject, DensityMatrix):
        matrix = subject.matrix()
    else:
        matrix = np.asarray(subject, dtype=complex)
    require_operator(like)
    came = f"has shape {like.shape}"
    require(matrix.shape == like.shape, "like", f"have the shape {matrix.shape} of the matrix", came)
    return qutip.Qobj(matrix, dims=like._dims)


def c_ops_to_qutip(generator: Generator, like: Any) -> tuple[Any, list[Any]]:
    """Hamiltonian (coherent terms included) and collapse operators of a generator, with the dims of `like`.

    What `from_qutip` took comes back to the last digit, and in the same order.

    Raises
    ------
    InputError
        If a dissipator has no jump operators, or one with a negative sign.
    """
    H = generator.hamiltonian
    for part in generator.dissipators:
        if part.coherent is not None:
            H = H + part.coherent
        for holds, requirement, came in (
            (part.representation.has_jump_operators, "have jump operators", "is known by its action only"),
            (
                part.representation.is_completely_positive,
                "be completely positive to be written with collapse operators",
                "has jumps with a negative sign",
            ),
        ):
            text = f"the dissipator of {part.name!r} {came}"
            require(holds, "generator", requirement, text, "Use liouvillian_to_qutip.")
    return to_qutip(H, like), [to_qutip(L, like) for _, L in jumps_as_given(generator)]
