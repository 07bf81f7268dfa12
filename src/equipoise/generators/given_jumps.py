"""Generators that the user already has: jump operators, or a classical rate matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, RealArray, hermitian_matrix, real_array, require, require_memory
from equipoise.generators.generator import Dissipator, Generator
from equipoise.generators.representations import FrequencyResolved, Jumps, checked_jumps
from equipoise.provenance import Provenance
from equipoise.reservoirs import Reservoir
from equipoise.reservoirs.reservoir import require_one_for_each_name
from equipoise.spectrum import Spectrum, spectrum_of_matrix, spectrum_of_states
from equipoise.tolerances import GIVEN_FUNCTION


def lindbladian(
    hamiltonian: object,
    jump_operators: Sequence[object],
    reservoirs: Reservoir | Sequence[Reservoir | None] | None = None,
    number: object | None = None,
    signs: Sequence[int] | None = None,
    labels: Sequence[str] | None = None,
    energy: object | Mapping[str, object] | None = None,
) -> Generator:
    """Generator `-i[H, rho] + sum_k s_k (L_k rho L_k^dagger - {L_k^dagger L_k, rho}/2)` from given operators.

    Parameters
    ----------
    hamiltonian : array_like or sparse array, shape (d, d)
        Hermitian.
    jump_operators : sequence of array_like, each of shape (d, d)
        Rates included: `L_k` has the dimension of the square root of a rate.
    reservoirs : Reservoir, or sequence of (Reservoir or None) of the same length, optional
        Who causes each jump, or all of them; jumps of one reservoir form one dissipator. None: of unknown origin. A
        reservoir may carry a name only, or a distribution too (then heat is referred to its temperature).
    number : array_like, shape (d, d), optional
        Particle-number operator.
    signs : sequence of +1 or -1, optional
        Signs of the jumps; all +1 (completely positive) by default.
    labels : sequence of str, optional
        A name for each state of the basis; levels are named after them where the Hamiltonian is diagonal.
    energy : array_like of shape (d, d), or mapping of str to such arrays, optional
        Hamiltonian `H_0` without the drive, with which energy and heat are counted; what H adds to it does work. By
        the names of the reservoirs, the part of it that each exchanges energy with. Without it heat is counted with
        H where the jumps are transitions of H, and is not known where they are not: in a rotating frame, or with a
        coupling that the jumps leave out.

    Returns
    -------
    Generator

    Raises
    ------
    InputError
        Non-Hermitian Hamiltonian, jump of the wrong shape (which), list of reservoirs of another length, energies by
        names that are not those of the reservoirs.

    Examples
    --------
    >>> generator = lindbladian([[0.0, 0.0], [0.0, 1.0]], [[[0.0, 1.0], [0.0, 0.0]]])
    >>> generator.apply([[0.0, 0.0], [0.0, 1.0]]).real.tolist()
    [[1.0, 0.0], [0.0, -1.0]]
    """
    spectrum = spectrum_of_matrix(hamiltonian, labels=labels)
    jumps = checked_jumps(jump_operators, signs, spectrum.dimension)
    require(len(jumps.operators) > 0, "jump_operators", "hold at least one operator", "is empty")
    if reservoirs is None or isinstance(reservoirs, Reservoir):
        reservoirs = [reservoirs] * len(jumps.operators)
    owners = list(reservoirs)
    require(
        len(owners) == len(jumps.operators),
        "reservoirs",
        f"have one entry (a Reservoir or None) for each of the {len(jumps.operators)} jump operators",
        f"has {len(owners)}",
    )
    for index, owner in enumerate(owners):
        require(
            owner is None or isinstance(owner, Reservoir),
            f"reservoirs[{index}]",
            "be a Reservoir or None",
            f"got {type(owner).__name__}",
            "Reservoir('name') is enough.",
        )
    named = ((f"reservoirs[{index}]", owner) for index, owner in enumerate(owners) if owner is not None)
    require_one_for_each_name(named)
    groups: dict[str | None, list[int]] = {}
    for index, owner in enumerate(owners):
        groups.setdefault(None if owner is None else owner.name, []).append(index)
    counted = _energies(energy, list(groups), spectrum.dimension)
    whole = None if isinstance(energy, Mapping) else next(iter(counted.values()))
    dissipators = tuple(
        Dissipator(
            Jumps(jumps.operators[members], tuple(jumps.signs[k] for k in members), places=tuple(members)),
            reservoir=owners[members[0]],
            energy=counted[name],
            is_given=True,
        )
        for name, members in groups.items()
    )
    N: ComplexArray | None = None if number is None else hermitian_matrix(number, "number", spectrum.dimension)
    return Generator(spectrum, dissipators, number=N, energy=whole, provenance=Provenance("given jump operators"))


def _energies(energy: object, names: list[str | None], dimension: int) -> dict[str | None, ComplexArray | None]:
    """The operator with which the energy of each reservoir is counted."""
    if energy is None:
        return dict.fromkeys(names)
    if not isinstance(energy, Mapping):
        return dict.fromkeys(names, hermitian_matrix(energy, "energy", dimension))
    known = {name for name in names if name is not None}
    require(
        set(energy) == known == set(names),
        "energy",
        f"name each reservoir of the jumps once ({', '.join(sorted(known)) or 'there is none'})",
        f"names {', '.join(sorted(map(str, energy))) or 'none'}",
        "A single matrix counts for all reservoirs, and for jumps of unknown origin.",
    )
    return {name: hermitian_matrix(energy[str(name)], f"energy[{name!r}]", dimension) for name in names}


def jumps_as_given(generator: Generator) -> list[tuple[Dissipator, ComplexArray]]:
    """Each jump operator with its dissipator, in the order in which they were given, else dissipator by dissipator."""
    jumps = [(part, L) for part in generator.dissipators for L in part.representation.signed_jumps()[1]]
    places = [place for part in generator.dissipators for place in part.representation.places or ()]
    if sorted(places) != list(range(len(jumps))):
        return jumps
    return [jumps[k] for k in np.argsort(places)]


def rate_equation(
    rates: ArrayLike | Mapping[Reservoir | str | None, ArrayLike],
    energies: Sequence[float] | RealArray | None = None,
    labels: Sequence[str] | None = None,
    particles: Sequence[float] | RealArray | None = None,
) -> Generator:
    """Pauli generator of a classical rate matrix, `dp_i/dt = sum_j (W[i, j] p_j - W[j, i] p_i)`.

    Parameters
    ----------
    rates : array_like of shape (d, d), or mapping of Reservoir, str or None to such arrays
        `W[i, j] >= 0` is the rate j -> i. A diagonal is not needed; where one is given, the columns must add up to 0
        (a generator) or to 1 (a stochastic matrix). Rates are exact numbers at any size. Tables with labels, as pandas
        has them, name the states. A key that is
        a str names a reservoir of unknown temperature: its flows are told apart, but no entropy is counted with its
        temperature. Rates under the key None have no known origin, as those of a single matrix.
    energies : sequence of float, shape (d,), optional
        Energy of each state; zero if not given (then every heat is zero).
    labels : sequence of str, optional
        A name for each state.
    particles : sequence of float, shape (d,), optional
        Particle number of each state.

    Returns
    -------
    Generator

    Raises
    ------
    InputError
        Negative or non-finite rate (which), matrix not square, sizes that differ; a key that is neither a Reservoir
        nor a name, or two keys of one name.

    Examples
    --------
    >>> rate_equation({"hot": [[0, 2.0], [3.0, 0]], "cold": [[0, 2.0], [0.5, 0]]}).names
    ('hot', 'cold')

    The cyclic three-state chain with rates 2 and 1 has a uniform stationary state and a current 1/3:

    >>> W = [[0, 1, 2], [2, 0, 1], [1, 2, 0]]
    >>> generator = rate_equation(W)
    >>> float(abs(generator.apply(np.eye(3) / 3)).max()) < 1e-15
    True
    """
    tables: dict[Reservoir | None, ArrayLike] = {None: rates}  # type: ignore[dict-item]
    if isinstance(rates, Mapping):
        tables = dict(zip(named_reservoirs(rates, "rates"), rates.values(), strict=True))
    require(len(tables) > 0, "rates", "hold at least one rate matrix", "is empty")
    checked = {reservoir: _checked_rates(table, reservoir) for reservoir, table in tables.items()}
    dimension = next(iter(checked.values())).shape[0]
    labels = _names_of_states(tables) if labels is None else labels
    for reservoir, table in checked.items():
        require(
            table.shape[0] == dimension, _rates_name(reservoir), f"have {dimension} states", f"has {table.shape[0]}"
        )
    spectrum = spectrum_of_states(np.zeros(dimension) if energies is None else energies, labels)
    require(
        spectrum.dimension == dimension,
        "energies",
        f"have one entry for each of the {dimension} states",
        f"has {spectrum.dimension}",
    )
    N = None if particles is None else np.diag(real_array(particles, "particles")).astype(complex)
    require(
        N is None or N.shape[0] == dimension,
        "particles",
        f"have one entry for each of the {dimension} states",
        f"has {0 if N is None else N.shape[0]}",
    )
    dissipators = tuple(
        Dissipator(_rates(spectrum, table), reservoir=reservoir, is_given=True) for reservoir, table in checked.items()
    )
    made = Provenance("given rate matrix")
    return Generator(spectrum, dissipators, number=N, has_energies=energies is not None, provenance=made)


def named_reservoirs(keys: Iterable[object], name: str) -> list[Reservoir | None]:
    """The reservoirs that the keys of a mapping stand for, given as such, by their names alone, or None."""
    owners: list[Reservoir | None] = []
    for key in keys:
        require(
            key is None or (isinstance(key, Reservoir | str) and key != ""),
            name,
            "have a Reservoir, or the name of one, for each key",
            f"got the key {key!r}",
            "Reservoir('name', bose_einstein(temperature=1.0)) also says how warm it is.",
        )
        owner = key if key is None or isinstance(key, Reservoir) else Reservoir(str(key))
        require(
            owner is None or owner.name not in {known.name for known in owners if known is not None},
            name,
            "name each reservoir once",
            f"has two keys named {owner and owner.name!r}",
            "Add what stands under them.",
        )
        owners.append(owner)
    return owners


def _names_of_states(tables: Mapping[Reservoir | None, ArrayLike]) -> list[str] | None:
    """Names of the states where the tables have labels (a pandas DataFrame), the same along rows and columns."""
    names: list[str] | None = None
    for owner, table in tables.items():
        index, columns = getattr(table, "index", None), getattr(table, "columns", None)
        if index is None or columns is None or callable(index):
            continue
        rows = [str(label) for label in index]
        same = rows == [str(label) for label in columns]
        require(
            same and names in (None, rows),
            _rates_name(owner),
            "name its states alike along rows and columns, and in every table",
            f"the rows are {rows[:4]} and the columns {[str(label) for label in list(columns)[:4]]}",
            "Reorder it, for example by table.loc[names, names].",
        )
        names = rows
    return names


def _rates(spectrum: Spectrum, table: RealArray) -> FrequencyResolved:
    with np.errstate(divide="ignore"):
        return FrequencyResolved.of_rates(spectrum, np.log(table))


def _rates_name(reservoir: Reservoir | None) -> str:
    return "rates" if reservoir is None else f"rates[{reservoir.name!r}]"


def _check_diagonal(W: RealArray, name: str) -> None:
    """Refuse a diagonal that says that the matrix is not one of rates j -> i.

    A generator holds minus the sum of the rates out of each state, and a stochastic matrix one minus it, both in the
    columns of W[i, j]. Any other diagonal that is not negative means nothing: a state that stays.
    """
    diagonal, scale = np.diag(W), GIVEN_FUNCTION * np.abs(W).max(initial=0.0)
    is_generator = bool(np.any(diagonal < 0))
    expected = 0.0 if is_generator else 1.0
    columns, rows = (bool(np.all(np.abs(W.sum(axis=axis) - expected) <= scale)) for axis in (0, 1))
    if columns or not (is_generator or (rows and np.any(diagonal))):
        return
    require(
        False,
        name,
        f"hold rates W[i, j] of j -> i: with this diagonal its columns add up to {expected:g}",
        "its rows do" if rows else "neither its columns nor its rows do",
        "Transpose it: W.T." if rows else "Set the diagonal to zero if it means nothing.",
    )


def _checked_rates(table: ArrayLike, reservoir: Reservoir | None) -> RealArray:
    name = _rates_name(reservoir)
    shape = getattr(table, "shape", ())
    if len(shape) == 2:
        require_memory(1, max(shape), name, "Reduce the number of states.")
    toarray = getattr(table, "toarray", None)
    W = real_array(table if toarray is None else toarray(), name)
    require(
        W.ndim == 2 and W.shape[0] == W.shape[1] and W.size > 0,
        name,
        "be a square matrix of rates W[i, j] (j -> i)",
        f"has shape {W.shape}",
    )
    _check_diagonal(W, name)
    np.fill_diagonal(W, 0.0)
    bad = np.argwhere(~(np.isfinite(W) & (W >= 0)))
    if bad.size:
        i, j = bad[0]
        require(False, name, "hold finite rates >= 0", f"W[{i}, {j}] (the rate {j} -> {i}) is {W[i, j]}")
    return W
