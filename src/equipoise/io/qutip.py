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
from equipoise.generators.given_jumps import jumps_as_given
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


def operator_from_qutip(operator: Any, name: str = "operator", like: Any | None = None) -> ComplexArray:
    """The matrix of a QuTiP operator, shape (d, d), tensor structure flattened as QuTiP does.

    Raises
    ------
    InputError
        If it is not a Qobj of type 'oper', with the dims of `like` (a Qobj) where that is given.
    """
    qutip = _qutip()
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
        f"have the dims {_dims(home)} of the Hamiltonian",
        f"has {_dims(operator)}",
        "Use qutip.tensor with identities to act on one subsystem.",
    )
    return np.asarray(operator.full(), dtype=complex)


def _dims(operator: Any) -> str:
    """Dims as QuTiP prints them, with the number of states where a restriction leaves fewer than they say."""
    states, listed = operator.shape[0], np.prod(np.ravel(operator.dims[0]))
    return f"{operator.dims}" if states == listed else f"{operator.dims} restricted to {states} states"


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
    jumps = [operator_from_qutip(L, f"c_ops[{k}]", hamiltonian) for k, L in enumerate(_listed(c_ops))]
    N = None if number is None else operator_from_qutip(number, "number", hamiltonian)
    owners = [reservoirs] * len(jumps) if isinstance(reservoirs, Reservoir) else reservoirs
    return lindbladian(H, jumps, owners, N)


def _listed(c_ops: Any) -> list[Any]:
    qutip = _qutip()
    if isinstance(c_ops, qutip.Qobj | qutip.QobjEvo):
        return [c_ops]
    several = isinstance(c_ops, Sequence | np.ndarray) and not isinstance(c_ops, str)
    require(several, "c_ops", "be a qutip.Qobj or a list of them", f"got {type(c_ops).__name__}")
    remedy = "Without one nothing dissipates, and there is no detailed balance to ask for."
    require(len(c_ops) > 0, "c_ops", "hold at least one collapse operator", "is empty", remedy)
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
    is_qobj = isinstance(superoperator, qutip.Qobj)
    require(
        is_qobj and superoperator.issuper,
        "superoperator",
        "be a qutip.Qobj of type 'super'",
        f"got {superoperator.type!r}" if is_qobj else f"got {type(superoperator).__name__}",
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
        superoperator._dims == qutip.spre(qutip.qeye_like(hamiltonian))._dims,
        "superoperator",
        f"act on operators with the dims {_dims(hamiltonian)} of the Hamiltonian",
        f"has the dims {_dims(superoperator)}",
    )
    d = len(H)
    S = _exchanged(np.asarray(superoperator.full(), dtype=complex), d)
    _require_generator(S, d)
    N = None if number is None else operator_from_qutip(number, "number", hamiltonian)
    spectrum = spectrum_of_matrix(H)
    own = spectrum.hamiltonian
    # Row-major, H rho is H (x) 1 and rho H is 1 (x) H^T.
    D = S + 1j * (np.kron(own, np.eye(d)) - np.kron(np.eye(d), own.T))
    representation = MatrixFree(_Action(D), _Action(D.conj().T))
    return Generator(spectrum, (Dissipator(representation),), number=N, provenance=Provenance("given superoperator"))


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
    hamiltonian, c_ops, reservoirs, number
        As `from_qutip` takes them; a reservoir is thermal, or a name only.
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
    environments = _qutip().core.environment
    bosonic = isinstance(environment, environments.BosonicEnvironment)
    if not bosonic and not isinstance(environment, environments.FermionicEnvironment):
        raise InputError(
            "Argument `environment` must be a QuTiP BosonicEnvironment or FermionicEnvironment, but got "
            f"{type(environment).__name__}."
        )
    require(
        environment.T is not None,
        "environment",
        "have a temperature (environment.T)",
        "has none",
        "Give T when you make it, or build a Reservoir with a distribution.",
    )
    temperature = float(environment.T)
    if bosonic:
        density = CallableDensity(_Rescaled(environment, BOSONIC_FACTOR), (0.0, np.inf))
        return Reservoir(name, bose_einstein(temperature=temperature), density)
    density = CallableDensity(_Rescaled(environment, FERMIONIC_FACTOR), (-np.inf, np.inf))
    mu = 0.0 if environment.mu is None else float(environment.mu)
    return Reservoir(name, fermi_dirac(temperature=temperature, chemical_potential=mu), density)


def to_qutip(subject: ComplexArray | DensityMatrix | StationaryState, like: Any) -> Any:
    """A matrix or a state as a Qobj with the dims of `like` (a Qobj of the same Hilbert space)."""
    qutip = _qutip()
    if isinstance(subject, StationaryState):
        matrix = subject.density_matrix()
    elif isinstance(subject, DensityMatrix):
        matrix = subject.matrix()
    else:
        matrix = np.asarray(subject, dtype=complex)
    _require_operator(like)
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


def liouvillian_to_qutip(generator: Generator, like: Any) -> Any:
    """The generator as a QuTiP superoperator (column-stacking) with the dims of `like`."""
    qutip = _qutip()
    _require_operator(like)
    d = generator.dimension
    require(like.shape == (d, d), "like", f"have the shape {(d, d)} of the generator", f"has shape {like.shape}")
    columns = _exchanged(generator.superoperator(), d)
    return qutip.Qobj(columns, dims=[like._dims, like._dims], superrep="super")


def _require_operator(like: Any) -> None:
    qutip = _qutip()
    is_operator = isinstance(like, qutip.Qobj) and like.isoper
    came = f"has type {like.type!r}" if isinstance(like, qutip.Qobj) else f"got {type(like).__name__}"
    require(is_operator, "like", "be an operator (Qobj of type 'oper')", came, "The Hamiltonian will do.")


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


def _qutip() -> ModuleType:
    try:
        import qutip
        import qutip.core.environment
    except ImportError as error:
        raise InputError("QuTiP is not installed. Install it with: pip install 'equipoise[qutip]'") from error
    return cast(ModuleType, qutip)
