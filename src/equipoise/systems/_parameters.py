"""Readers of the parameters of operators and models: numbers for each site, amplitudes, reservoirs."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from equipoise._checks import (
    Array,
    ComplexArray,
    InputError,
    RealArray,
    hermitian_matrix,
    physical_memory,
    readable_bytes,
    require,
    require_memory,
)
from equipoise.reservoirs import Reservoir
from equipoise.systems.coupling import Coupling

MATRICES_OF_AN_AUDIT = 12
"""Dense complex matrices that an audit of one system holds at one time, couplings not counted."""

_LARGEST_EXPONENT = 62
"""Beyond 2^62 states a request is refused without arithmetic on the number of states."""

_FEWER_SITES = "Use fewer sites, or one symmetry sector."


def integer(value: object, name: str, minimum: int) -> int:
    """Return `value` as an int; refuse what is not an integer >= `minimum`."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = minimum - 1
    is_one = number >= minimum and not isinstance(value, bool)
    require(is_one, name, f"be an integer >= {minimum}", f"got {value!r}")
    return number


def real_numbers(value: ArrayLike, name: str, count: int, each: str) -> RealArray:
    """Return `count` finite real numbers from one number for all or a sequence with one for `each`."""
    try:
        given = np.asarray(value)
        numbers = given.astype(float, casting="safe") if given.size else np.zeros(given.shape)
    except (TypeError, ValueError):
        raise InputError(f"Argument `{name}` must hold real numbers, but got {value!r}.") from None
    require(
        numbers.shape in ((), (count,)),
        name,
        f"be one number or have one entry for each {each}, shape ({count},)",
        f"has shape {numbers.shape}",
    )
    numbers = np.full(count, numbers[()]) if numbers.ndim == 0 else numbers.copy()
    bad = np.flatnonzero(~np.isfinite(numbers))
    if bad.size:
        raise InputError(f"Argument `{name}` must be finite, but entry [{bad[0]}] is {numbers[bad[0]]}.")
    return numbers


def pairs_of_sites(value: ArrayLike, name: str, sites: int, chain: bool) -> ComplexArray:
    """Return a Hermitian (N, N) matrix with zero diagonal from a matrix or one number.

    With `chain` one number, or N - 1 numbers `A[j, j+1]`, describe the bonds of an open chain; without it one
    number is the element of every pair.
    """
    given = np.asarray(value)
    matrix = np.zeros((sites, sites), dtype=complex)
    if chain and (given.ndim == 0 or given.shape == (sites - 1,)):
        _require_finite(given, name)
        bonds = np.broadcast_to(given, (sites - 1,))
        matrix[np.arange(sites - 1), np.arange(1, sites)] = bonds
        return matrix + matrix.conj().T
    if given.ndim == 0:
        _require_finite(given, name)
        matrix[:] = given - given * np.eye(sites)
    else:
        shapes = f"({sites}, {sites})" + (f" or ({sites - 1},) for the bonds of a chain" if chain else "")
        is_table = given.shape == (sites, sites)
        require(is_table, name, f"be one number or have shape {shapes}", f"has shape {given.shape}")
        matrix = hermitian_matrix(given, name)
    diagonal = np.diag(matrix)
    worst = int(np.argmax(np.abs(diagonal)))
    require(
        not diagonal.any(),
        name,
        "have a zero diagonal",
        f"element [{worst}, {worst}] is {diagonal[worst].real:g}",
        "Energies of single sites belong in `energies`.",
    )
    return matrix


def amplitude_rows(value: ArrayLike | int, name: str, sites: int) -> ComplexArray:
    """Return amplitudes, shape (channels, sites), from a site index, one row, or one row a channel."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        site = int(value)
        require(0 <= site < sites, name, f"be one of the sites 0..{sites - 1}", f"got {site}")
        return np.eye(1, sites, site, dtype=complex)
    given = np.asarray(value)
    require(
        given.ndim in (1, 2) and given.shape[-1] == sites and given.size > 0,
        name,
        f"be a site or have {sites} amplitudes, shape ({sites},) or (channels, {sites})",
        f"has shape {given.shape}",
    )
    _require_finite(given, name)
    return np.atleast_2d(given).astype(complex)


def reservoir_pairs(value: object, name: str) -> list[tuple[Reservoir, ArrayLike]]:
    """Return the list of (Reservoir, amplitudes) of an argument; refuse what is not one."""
    require(
        isinstance(value, Iterable) and not isinstance(value, str),
        name,
        "be a sequence of pairs (reservoir, amplitudes)",
        f"got {type(value).__name__}",
        f"Write {name}=[(reservoir, amplitudes)].",
    )
    found: list[tuple[Reservoir, ArrayLike]] = []
    for index, pair in enumerate(value):  # type: ignore[arg-type, var-annotated]
        is_pair = isinstance(pair, Sequence) and len(pair) == 2 and isinstance(pair[0], Reservoir)
        came = f"got {type(pair).__name__}"
        require(is_pair, f"{name}[{index}]", "be a pair (reservoir, amplitudes)", came)
        require(
            all(pair[0].name != reservoir.name for reservoir, _ in found),
            f"{name}[{index}]",
            "be a reservoir that is not listed before",
            f"{pair[0].name!r} is",
            "Give all its amplitudes at once: one row for a coherent sum, a row for each independent channel.",
        )
        found.append((pair[0], pair[1]))
    require(len(found) > 0, name, "hold at least one pair (reservoir, amplitudes)", "is empty")
    return found


def row_couplings(
    pairs: Sequence[tuple[Reservoir, ArrayLike]],
    name: str,
    operators: Sequence[Array | csr_array],
    hermitian: bool,
) -> list[Coupling]:
    """Couplings `D_p = sum_j v_pj A_j`, plus the adjoint if `hermitian`, row p in channel p."""
    couplings = []
    for index, (reservoir, amplitudes) in enumerate(pairs):
        for channel, row in enumerate(amplitude_rows(amplitudes, f"{name}[{index}].amplitudes", len(operators))):
            D = sum((v * A for v, A in zip(row, operators, strict=True) if v), np.zeros(operators[0].shape, complex))
            couplings.append(Coupling(reservoir, D + D.conj().T if hermitian else D, channel))
    return couplings


def diagonal_or_matrix(hamiltonian: Array) -> Array:
    """The levels of a Hamiltonian if it is diagonal (couplings are then exact), or the matrix."""
    diagonal = np.diag(hamiltonian)
    if np.count_nonzero(hamiltonian) == np.count_nonzero(diagonal):
        return diagonal.real.copy()
    return hamiltonian if np.any(hamiltonian.imag) else hamiltonian.real.copy()


def require_states(dimension: int, name: str, couplings: int, remedy: str) -> None:
    """Refuse a dense open system of `dimension` states that memory cannot hold, before anything is built."""
    require(
        dimension.bit_length() <= _LARGEST_EXPONENT,
        name,
        "fit in memory",
        f"it asks for more than 2^{dimension.bit_length() - 1} states",
        remedy,
    )
    require_memory(MATRICES_OF_AN_AUDIT + couplings, dimension, name, remedy)


def require_sites(sites: int, name: str, couplings: int) -> None:
    """Refuse a dense open system of 2^sites states that memory cannot hold."""
    # min: 2^sites itself may be too large to write down.
    require_states(2 ** min(sites, _LARGEST_EXPONENT + 1), name, couplings, _FEWER_SITES)


def require_sparse(entries: int, name: str) -> None:
    """Refuse sparse operators that memory cannot hold: at most 24 bytes for an entry with its indices."""
    needed, available = 24 * entries, physical_memory()
    size = readable_bytes(needed) if needed.bit_length() < 1000 else f"more than 2^{needed.bit_length() - 1} bytes"
    require(
        needed <= available,
        name,
        "fit in memory",
        f"the sparse operators need about {size} and this machine has {readable_bytes(available)}",
        _FEWER_SITES,
    )


def _require_finite(given: Array, name: str) -> None:
    require(given.dtype.kind in "biufc", name, "hold numbers", f"got an array of {given.dtype}")
    bad = given[~np.isfinite(given)]
    require(not bad.size, name, "be finite", f"got {bad[0]}" if bad.size else "")
