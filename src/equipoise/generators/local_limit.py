"""The local GKSL generator: each reservoir acts as if only its own part of the Hamiltonian existed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np

from equipoise._checks import InputError, hermitian_matrix, real_array, require
from equipoise.generators._elements import derived_generator
from equipoise.generators.generator import Dissipator, Generator, Undetermined, require_system
from equipoise.generators.representations import FrequencyResolved, Jumps
from equipoise.generators.validity import SecularApproximationWarning, secular_validity
from equipoise.generators.weak_coupling_limit import weak_coupling
from equipoise.reservoirs import Reservoir
from equipoise.systems import Coupling, OpenSystem
from equipoise.tolerances import COMMUTES

NOTE = (
    "local: completely positive; heat of a reservoir is counted with its local Hamiltonian H_r and obeys Clausius' "
    "inequality, the rest Tr[(H - H_r) D_r(rho)] is boundary work; the Gibbs state of the whole H is not stationary "
    "at equal temperatures, and heat counted with H may flow from cold to hot"
)


def local(
    system: OpenSystem,
    local_hamiltonians: Mapping[str, object],
    *,
    lamb_shift: bool = True,
    resolution: float | None = None,
) -> Generator:
    r"""Local GKSL generator: reservoir r damps the system as if its Hamiltonian were `H_r`, its own part alone.

    The whole H generates the motion, and each reservoir has the weak-coupling dissipator of its local part::

        L(rho) = -i[H, rho] + sum_r D_r(rho),   D_r = dissipator of weak_coupling with H_r in place of H.

    Heat is counted with `H_r`, `J_E,r = Tr[H_r D_r(rho)]`; `boundary work = sum_r Tr[(H - H_r) D_r(rho)]` closes the
    first law, and an audit prints it. With both, `sum_r J_E,r + boundary work = d<H>/dt` exactly.

    Which laws it keeps: complete positivity, the first law with boundary work, `dS/dt - sum_r beta_r J_Q,r >= 0`
    with heat counted by `H_r`, detailed balance of each `D_r` with the Gibbs state of `H_r`. Which it does not:
    reservoirs of one temperature do not drive the system to the Gibbs state of H, and keep boundary work going
    unless the parts are resonant; heat counted with H may flow from cold to hot.

    Parameters
    ----------
    system : OpenSystem
    local_hamiltonians : mapping of str to array_like of shape (d, d), or list of d levels
        For each reservoir, by its name: the Hamiltonian `H_r` of the part it touches, as an operator on the whole
        space (`numpy.kron(h, numpy.eye(...))`), or its diagonal.
    lamb_shift : bool, default True
        Include the Lamb shift of each reservoir, which commutes with its `H_r`.
    resolution : float, optional
        Coupling elements left out as round-off, as in `weak_coupling`.

    Returns
    -------
    Generator
        One dissipator represented by Jumps for each reservoir, with `energy = H_r`.

    Raises
    ------
    InputError
        A reservoir without a local Hamiltonian, a name that is no reservoir, an `H_r` that is not Hermitian, has
        another dimension, or does not commute with the particle number.

    Warns
    -----
    SecularApproximationWarning
        Where two levels of a local part are too near for its rates.

    References
    ----------
    Levy & Kosloff (2014) for the violation; Barra (2015) and De Chiara et al. (2018) for the boundary work.

    Examples
    --------
    Two detuned qubits, each with its own reservoir:

    >>> from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
    >>> left, right = (Reservoir(n, bose_einstein(temperature=1.0), Ohmic(0.01, 10.0)) for n in ("left", "right"))
    >>> n, x, one = np.diag([0.0, 1.0]), np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(2)
    >>> parts = {"left": 1.0 * np.kron(n, one), "right": 1.5 * np.kron(one, n)}
    >>> swap = np.zeros((4, 4))
    >>> swap[1, 2] = swap[2, 1] = 0.1
    >>> couplings = [Coupling(left, np.kron(x, one)), Coupling(right, np.kron(one, x))]
    >>> system = OpenSystem(parts["left"] + parts["right"] + swap, couplings)
    >>> [len(part.representation.operators) for part in local(system, parts).dissipators]
    [2, 2]
    """
    require_system(system)
    require_local_hamiltonians(system, local_hamiltonians)
    dissipators: list[Dissipator] = []
    undetermined: list[Undetermined] = []
    for reservoir in system.reservoirs:
        part = _part(system, reservoir, local_hamiltonians[reservoir.name])
        alone = weak_coupling(part, lamb_shift=lamb_shift, resolution=resolution, warn=False)
        validity = secular_validity(alone)
        if validity.is_doubtful:
            warnings.warn(f"In its local part: {validity}", SecularApproximationWarning, stacklevel=2)
        undetermined += alone.undetermined
        (secular,) = alone.dissipators
        assert isinstance(secular.representation, FrequencyResolved)
        jumps = secular.representation.jump_operators()
        dissipators.append(
            Dissipator(
                Jumps(jumps, (1,) * len(jumps)),
                reservoir=reservoir,
                coherent_term=secular.coherent_term,
                energy=np.asarray(part.spectrum.hamiltonian),
            )
        )
    options = {"lamb shift": lamb_shift}
    return derived_generator(
        system, dissipators, undetermined, "local GKSL", options, resolution=resolution, notes=(NOTE,)
    )


def require_local_hamiltonians(system: OpenSystem, local_hamiltonians: Mapping[str, object]) -> None:
    """Refuse what does not give exactly one local Hamiltonian to each reservoir of the system, by its name."""
    names = [reservoir.name for reservoir in system.reservoirs]
    require(
        isinstance(local_hamiltonians, Mapping),
        "local_hamiltonians",
        "be a mapping of reservoir names to Hamiltonians",
        f"got {type(local_hamiltonians).__name__}",
        f"Pass {{{names[0]!r}: H_r, ...}}.",
    )
    unknown = [str(name) for name in local_hamiltonians if name not in names]
    require(
        not unknown,
        "local_hamiltonians",
        f"name reservoirs of the system ({', '.join(names)})",
        f"got {', '.join(unknown)}",
        "Names are matched letter by letter.",
    )
    missing = [name for name in names if name not in local_hamiltonians]
    require(
        not missing,
        "local_hamiltonians",
        f"have a Hamiltonian for each reservoir ({', '.join(names)})",
        f"has none for {', '.join(missing)}",
        "For a reservoir that touches the whole system pass the Hamiltonian of the system.",
    )


def _part(system: OpenSystem, reservoir: Reservoir, hamiltonian: object) -> OpenSystem:
    """The system that one reservoir sees: its local Hamiltonian, its couplings."""
    name = f"local_hamiltonians[{reservoir.name!r}]"
    d = system.dimension
    if not hasattr(hamiltonian, "toarray") and np.ndim(hamiltonian) == 1:  # type: ignore[arg-type]
        levels = real_array(hamiltonian, name)
        require(levels.shape == (d,), name, f"have {d} levels, the dimension of the system", f"has {levels.size}")
        given: object = levels
        H = np.diag(levels).astype(complex)
    else:
        given = H = hermitian_matrix(hamiltonian, name, d)
    N = system.number
    if N is not None:
        defect = float(np.linalg.norm(H @ N - N @ H))
        bound = COMMUTES * float(np.linalg.norm(H)) * float(np.linalg.norm(N))
        require(
            defect <= bound,
            name,
            "commute with the particle number, [H_r, N] = 0",
            f"||[H_r, N]|| = {defect:.3g} exceeds {bound:.1e}",
        )
    couplings: list[Coupling] = [c for c in system.couplings if c.reservoir.name == reservoir.name]
    try:
        return OpenSystem(given, tuple(couplings), N, system.tolerance)  # type: ignore[arg-type]
    except InputError as error:
        raise InputError(f"{error} This is the system that reservoir {reservoir.name!r} sees alone.") from error
