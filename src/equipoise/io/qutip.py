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

from equipoise._checks import Array, ComplexArray, InputError, RealArray, require
from equipoise.generators import Dissipator, Generator, MatrixFree, lindbladian
from equipoise.io._lindblad_writer import write_lindblad
from equipoise.provenance import Provenance
from equipoise.reservoirs import CallableDensity, Reservoir, bose_einstein, fermi_dirac
from equipoise.spectrum import spectrum_of_matrix
from equipoise.stationary import DensityMatrix, StationaryState
from equipoise.tolerances import PRESERVED

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
        "Pass the Hamiltonian and the list of collapse operators, or the Liouvillian to generator_from_qutip."
        if operator.issuper
        else "",
    )
    return np.asarray(operator.full(), dtype=complex)


def from_qutip(
    hamiltonian: Any,
    c_ops: Any,
    reservoirs: Sequence[Reservoir | None] | Reservoir | None = None,
    number: Any | None = None,
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
    jumps = []
    listed = _listed(c_ops)
    for index, c_op in enumerate(listed):
        L = operator_from_qutip(c_op, f"c_ops[{index}]")
        _require_dims(c_op, hamiltonian, f"c_ops[{index}]")
        jumps.append(L)
    N = None
    if number is not None:
        N = operator_from_qutip(number, "number")
        _require_dims(number, hamiltonian, "number")
    owners = [reservoirs] * len(jumps) if isinstance(reservoirs, Reservoir) else reservoirs
    return lindbladian(H, jumps, owners, N)


def _listed(c_ops: Any) -> list[Any]:
    """Collapse operators as a list; one alone is a list of one, as in QuTiP."""
    qutip = _qutip()
    if isinstance(c_ops, qutip.Qobj | qutip.QobjEvo):
        return [c_ops]
    require(
        isinstance(c_ops, Sequence | np.ndarray) and not isinstance(c_ops, str),
        "c_ops",
        "be a qutip.Qobj or a list of them",
        f"got {type(c_ops).__name__}",
    )
    require(
        len(c_ops) > 0,
        "c_ops",
        "hold at least one collapse operator",
        "is empty",
        "Without one nothing dissipates, and there is no detailed balance to ask for.",
    )
    return list(c_ops)


def generator_from_qutip(superoperator: Any, hamiltonian: Any, number: Any | None = None) -> Generator:
    """Generator of a QuTiP superoperator: a Liouvillian, or the tensor of `qutip.bloch_redfield_tensor`.

    The Hamiltonian is named apart, since a superoperator does not say which part of it is bare; what is left,
    `L(rho) + i[H, rho]`, is one dissipator known by its action. It need not be completely positive.

    Parameters
    ----------
    superoperator : qutip.Qobj
        Of type 'super' and representation 'super', such as `qutip.liouvillian(H, c_ops)` or
        `qutip.bloch_redfield_tensor(H, a_ops, fock_basis=True)`: in the basis of the Hamiltonian.
    hamiltonian : qutip.Qobj
        Bare Hamiltonian, in the basis of the Hilbert space, with the dims on which the superoperator acts.
    number : qutip.Qobj, optional

    Returns
    -------
    Generator
        Of kind MatrixFree. Every notion of detailed balance holds for it up to dimension 32, the metrics beyond.

    Raises
    ------
    InputError
        No superoperator, another representation, dims that differ, a trace or Hermiticity that is not preserved (a
        channel, for instance).

    Examples
    --------
    >>> import qutip
    >>> L = qutip.liouvillian(qutip.sigmaz(), [qutip.sigmam()])
    >>> generator = generator_from_qutip(L, qutip.sigmaz())
    >>> bool((liouvillian_to_qutip(generator, qutip.sigmaz()) - L).norm() < 1e-14)
    True
    """
    qutip = _qutip()
    H = operator_from_qutip(hamiltonian, "hamiltonian")
    require(
        isinstance(superoperator, qutip.Qobj) and superoperator.issuper,
        "superoperator",
        "be a qutip.Qobj of type 'super'",
        f"got {superoperator.type!r}"
        if isinstance(superoperator, qutip.Qobj)
        else f"got {type(superoperator).__name__}",
        "For a Hamiltonian and collapse operators use from_qutip; of a tensor in its eigenbasis take fock_basis=True.",
    )
    require(
        superoperator.superrep == "super",
        "superoperator",
        "be in the representation 'super'",
        f"is in {superoperator.superrep!r}",
        "Convert it with qutip.to_super.",
    )
    require(
        superoperator.dims == [hamiltonian.dims, hamiltonian.dims],
        "superoperator",
        f"act on operators with the dims {hamiltonian.dims} of the Hamiltonian",
        f"has the dims {superoperator.dims}",
    )
    d = len(H)
    S = _exchanged(np.asarray(superoperator.full(), dtype=complex), d)
    _require_generator(S, d)
    N = None
    if number is not None:
        N = operator_from_qutip(number, "number")
        _require_dims(number, hamiltonian, "number")
    spectrum = spectrum_of_matrix(H)
    own = spectrum.hamiltonian
    D = S + 1j * (np.kron(own, np.eye(d)) - np.kron(np.eye(d), own.T))
    kind = MatrixFree(_Action(D), _Action(D.conj().T))
    return Generator(spectrum, (Dissipator(kind),), number=N, provenance=Provenance("given superoperator"))


def write_lindblad_model(
    path: str | Path,
    hamiltonian: Any,
    c_ops: Any,
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
    c_ops : qutip.Qobj or sequence of qutip.Qobj
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
        kind = part.representation
        require(
            kind.has_jump_operators,
            "generator",
            "have jump operators",
            f"the dissipator of {part.name!r} is known by its action only",
            "Use liouvillian_to_qutip.",
        )
        require(
            kind.is_completely_positive,
            "generator",
            "be completely positive to be written with collapse operators",
            f"the dissipator of {part.name!r} has jumps with a negative sign",
            "Use liouvillian_to_qutip.",
        )
        c_ops += [to_qutip(L, like) for L in kind.signed_jumps()[1]]
    return to_qutip(H, like), c_ops


def liouvillian_to_qutip(generator: Generator, like: Any) -> Any:
    """The generator as a QuTiP superoperator (column-stacking) with the dims of `like`."""
    qutip = _qutip()
    columns = _exchanged(generator.superoperator(), generator.dimension)
    return qutip.Qobj(columns, dims=[like.dims, like.dims], superrep="super")


def _exchanged(matrix: ComplexArray, d: int) -> ComplexArray:
    """Row-major to column-stacking, and back: exchange the two indices of each operator."""
    return np.asarray(matrix.reshape(d, d, d, d).transpose(1, 0, 3, 2).reshape(d * d, d * d))


def _require_generator(S: ComplexArray, d: int) -> None:
    """Refuse a row-major superoperator that does not preserve trace and Hermiticity."""
    size = max(float(np.linalg.norm(S)), np.finfo(float).tiny)
    lost = float(np.linalg.norm(np.einsum("iijk->jk", S.reshape(d, d, d, d)))) / size
    require(
        lost <= PRESERVED,
        "superoperator",
        "preserve the trace, Tr L(rho) = 0",
        f"changes it by {lost:.2g} of its norm",
        "A channel is no generator: its Kraus operators go to equipoise.generators.kraus_channel.",
    )
    C = S.reshape(d, d, d, d).transpose(0, 2, 1, 3).reshape(d * d, d * d)
    defect = float(np.linalg.norm(C - C.conj().T)) / size
    require(defect <= PRESERVED, "superoperator", "preserve Hermiticity", f"breaks it by {defect:.2g} of its norm")


@dataclass(frozen=True, eq=False)
class _Action:
    """A row-major superoperator as a function of a matrix."""

    matrix: ComplexArray

    def __call__(self, X: Array) -> ComplexArray:
        return np.asarray((self.matrix @ np.asarray(X).ravel()).reshape(X.shape))


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
