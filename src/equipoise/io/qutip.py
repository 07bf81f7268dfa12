"""Bridge to QuTiP 5: its Hamiltonians, collapse operators and environments in, its Qobj back with dims kept.

QuTiP's bosonic spectral density is pi times the one used here (`J_qutip = pi J`), its fermionic one 2 pi times;
the conversion is made here and nowhere else. QuTiP is imported on first use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np

from equipoise._checks import ComplexArray, InputError, RealArray, require
from equipoise.generators import Generator, Jumps, Secular, lindbladian
from equipoise.io._lindblad_writer import write_lindblad
from equipoise.reservoirs import CallableDensity, Reservoir, bose_einstein, fermi_dirac
from equipoise.stationary import DensityMatrix, StationaryState

BOSONIC_FACTOR = np.pi
"""J_qutip / J for a bosonic environment: there the power spectrum is 2 J (n + 1), here 2 pi J (n + 1)."""

FERMIONIC_FACTOR = 2 * np.pi
"""J_qutip / J for a fermionic environment: there the rate in is J f, here 2 pi J f."""


def operator_from_qutip(operator: Any, name: str = "operator") -> ComplexArray:
    """The matrix of a QuTiP operator, shape (d, d), tensor structure flattened as QuTiP does.

    Raises
    ------
    InputError
        If it is not a Qobj of type 'oper'.
    """
    qutip = _qutip()
    require(
        isinstance(operator, qutip.Qobj),
        name,
        "be a qutip.Qobj",
        f"got {type(operator).__name__}",
        "Time-dependent operators are out of scope." if isinstance(operator, list | qutip.QobjEvo) else "",
    )
    require(
        operator.type == "oper",
        name,
        "be an operator (Qobj of type 'oper')",
        f"has type {operator.type!r}",
        "Pass the Hamiltonian and the list of collapse operators, not the Liouvillian." if operator.issuper else "",
    )
    return np.asarray(operator.full(), dtype=complex)


def from_qutip(
    hamiltonian: Any,
    c_ops: Sequence[Any],
    reservoirs: Sequence[Reservoir | None] | None = None,
    number: Any | None = None,
) -> Generator:
    """Generator of `qutip.mesolve(H, ..., c_ops)`.

    Parameters
    ----------
    hamiltonian : qutip.Qobj
        Time-independent.
    c_ops : sequence of qutip.Qobj
        Collapse operators, rates included, with the dims of the Hamiltonian.
    reservoirs : sequence of (Reservoir or None), optional
        Who causes each; see `lindbladian`.
    number : qutip.Qobj, optional

    Returns
    -------
    Generator

    Raises
    ------
    InputError
        Not a Qobj, a superoperator, or dims that differ (which).

    Examples
    --------
    >>> import qutip
    >>> generator = from_qutip(qutip.sigmaz(), [qutip.sigmam()])
    >>> generator.dimension
    2
    """
    H = operator_from_qutip(hamiltonian, "hamiltonian")
    jumps = []
    for index, c_op in enumerate(c_ops):
        L = operator_from_qutip(c_op, f"c_ops[{index}]")
        _require_dims(c_op, hamiltonian, f"c_ops[{index}]")
        jumps.append(L)
    N = None
    if number is not None:
        N = operator_from_qutip(number, "number")
        _require_dims(number, hamiltonian, "number")
    return lindbladian(H, jumps, reservoirs, N)


def write_lindblad_model(
    path: str | Path,
    hamiltonian: Any,
    c_ops: Sequence[Any],
    reservoirs: Sequence[Reservoir | None] | None = None,
    number: Any | None = None,
    title: str = "",
    units: str = "",
) -> Path:
    """Write a QuTiP Hamiltonian and collapse operators as a model file that `equipoise audit` reads.

    QuTiP's own files (`qsave`) are pickles: whoever reads one runs what is in it, so they are not read here. This
    writes plain numbers: a .toml of kind "lindblad", and an .npz of the same name beside it. Tensor dims are
    flattened as QuTiP does.

    Parameters
    ----------
    path : str or Path
        Ends in .toml; files of that name are replaced.
    hamiltonian : qutip.Qobj
    c_ops : sequence of qutip.Qobj
        Collapse operators, rates included, with the dims of the Hamiltonian.
    reservoirs : sequence of (Reservoir or None), optional
        Who causes each: thermal, or a name only.
    number : qutip.Qobj, optional
        Particle number.
    title, units : str, optional
        For the head of the file.

    Returns
    -------
    Path
        Of the .toml file.

    Raises
    ------
    InputError
        As `from_qutip`; another suffix; a reservoir with a distribution that is not thermal.
    """
    generator = from_qutip(hamiltonian, c_ops, reservoirs, number)
    return write_lindblad(path, generator, title, units)


def reservoir_from_qutip(environment: Any, name: str) -> Reservoir:
    """A reservoir with the temperature and spectral density of a QuTiP 5 environment.

    `J = J_qutip / pi` for a bosonic environment (on w > 0), `J = J_qutip / (2 pi)` for a fermionic one.

    Parameters
    ----------
    environment : qutip.core.environment.BosonicEnvironment or FermionicEnvironment
        With a temperature.
    name : str

    Raises
    ------
    InputError
        Not an environment, or one without a temperature.
    """
    qutip = _qutip()
    environments = qutip.core.environment
    if isinstance(environment, environments.BosonicEnvironment):
        temperature = _temperature(environment)
        density = CallableDensity(_Rescaled(environment, BOSONIC_FACTOR), (0.0, np.inf))
        return Reservoir(name, bose_einstein(temperature=temperature), density)
    if isinstance(environment, environments.FermionicEnvironment):
        mu = 0.0 if environment.mu is None else float(environment.mu)
        density = CallableDensity(_Rescaled(environment, FERMIONIC_FACTOR), (-np.inf, np.inf))
        distribution = fermi_dirac(temperature=_temperature(environment), chemical_potential=mu)
        return Reservoir(name, distribution, density)
    raise InputError(
        "Argument `environment` must be a QuTiP BosonicEnvironment or FermionicEnvironment, but got "
        f"{type(environment).__name__}."
    )


def to_qutip(subject: ComplexArray | DensityMatrix | StationaryState, like: Any) -> Any:
    """A matrix or a state as a Qobj with the dims of `like` (a Qobj of the same Hilbert space)."""
    qutip = _qutip()
    if isinstance(subject, StationaryState):
        matrix = subject.density_matrix()
    elif isinstance(subject, DensityMatrix):
        matrix = subject.matrix()
    else:
        matrix = np.asarray(subject, dtype=complex)
    require(
        matrix.shape == like.shape,
        "like",
        f"have the shape {matrix.shape} of the matrix",
        f"has shape {like.shape}",
    )
    return qutip.Qobj(matrix, dims=like.dims)


def c_ops_to_qutip(generator: Generator, like: Any) -> tuple[Any, list[Any]]:
    """Hamiltonian (coherent terms included) and collapse operators of a generator, with the dims of `like`.

    Raises
    ------
    InputError
        If a dissipator has no jump operators, or one with a negative sign.
    """
    H = generator.hamiltonian
    c_ops = []
    for part in generator.dissipators:
        if part.coherent is not None:
            H = H + part.coherent
        kind = part.kind
        if isinstance(kind, Jumps):
            require(
                kind.is_completely_positive,
                "generator",
                "be completely positive to be written with collapse operators",
                f"the dissipator of {part.name!r} has jumps with a negative sign",
                "Use liouvillian_to_qutip.",
            )
            jumps = kind.operators
        else:
            require(
                isinstance(kind, Secular),
                "generator",
                "have jump operators",
                f"the dissipator of {part.name!r} is of kind {type(kind).__name__}",
                "Use liouvillian_to_qutip.",
            )
            jumps = kind.jump_operators()  # type: ignore[attr-defined]
        c_ops += [to_qutip(L, like) for L in jumps]
    return to_qutip(H, like), c_ops


def liouvillian_to_qutip(generator: Generator, like: Any) -> Any:
    """The generator as a QuTiP superoperator (column-stacking) with the dims of `like`."""
    qutip = _qutip()
    d = generator.dimension
    # Row-major to column-stacking: exchange the two indices of each operator.
    rows = generator.superoperator().reshape(d, d, d, d)
    columns = rows.transpose(1, 0, 3, 2).reshape(d * d, d * d)
    return qutip.Qobj(columns, dims=[like.dims, like.dims], superrep="super")


@dataclass(frozen=True, eq=False)
class _Rescaled:
    """Spectral density of a QuTiP environment in the convention of this library."""

    environment: Any
    factor: float

    def __call__(self, omega: RealArray) -> RealArray:
        values = self.environment.spectral_density(np.atleast_1d(omega))
        return np.asarray(np.real(values), dtype=float) / self.factor


def _temperature(environment: Any) -> float:
    temperature = environment.T
    require(
        temperature is not None,
        "environment",
        "have a temperature (environment.T)",
        "has none",
        "Give T when you make it, or build a Reservoir with a distribution.",
    )
    return float(temperature)


def _require_dims(operator: Any, reference: Any, name: str) -> None:
    require(
        operator.dims == reference.dims,
        name,
        f"have the dims {reference.dims} of the Hamiltonian",
        f"has {operator.dims}",
        "Use qutip.tensor with identities to act on one subsystem.",
    )


def _qutip() -> ModuleType:
    try:
        import qutip
        import qutip.core.environment
    except ImportError as error:
        raise InputError("QuTiP is not installed. Install it with: pip install 'equipoise[qutip]'") from error
    return cast(ModuleType, qutip)
