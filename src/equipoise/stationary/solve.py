"""The stationary state of a generator: the chooser of algorithms, and the outcome when it is not unique."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NoReturn

import numpy as np
from scipy.sparse import csr_array

from equipoise._checks import (
    ROUND_OFF,
    Array,
    ComplexArray,
    InputError,
    NumericalError,
    RealArray,
    readable_bytes,
    require_memory,
)
from equipoise.generators import Generator
from equipoise.generators.generator import require_generator
from equipoise.generators.restriction import energy_columns, restricted_to
from equipoise.linalg.elimination import stationary_classes
from equipoise.linalg.null_space import NullSpace, null_space
from equipoise.linalg.spectral_gap import spectral_gap
from equipoise.stationary.enclosures import enclosure, lifted
from equipoise.stationary.exact_state import ExactBlock, NegativeWeightError
from equipoise.stationary.invariant import InvariantState, invariant_states
from equipoise.stationary.jump_model import JumpModel, jump_model
from equipoise.stationary.sectors import Sector, log_population_rates, zero_frequency_sector
from equipoise.stationary.state import DensityMatrix, StationaryState
from equipoise.stationary.structure import ClosedBlock, closed_block, dies_out
from equipoise.tolerances import DENSE_ACCURACY, EQUAL_WEIGHTS, NULL_AMPLITUDE, ROUNDING_DECIDES, SECTOR_ACCURACY

_GAP_UNKNOWNS = 400
"""Largest number of unknowns at which the eigenvalues of a sector or superoperator take a second or so."""

_EXACT_UNKNOWNS = 400
"""Largest number of unknowns that ball arithmetic solves for: some seconds."""

_DRAWS = 16
"""How many times the change under one random draw of the rounding bounds that under any."""

_LARGEST_BLOCK = 4096
"""Largest number of unknowns of a dense solve in doubles: 268 MB for each copy."""

_DENSE_DIMENSION = 64
"""Largest dimension for the dense d^2 x d^2 solve: 4096 unknowns, 268 MB for each copy."""


NOISELESS = "Coherences are conserved too (a noiseless subsystem): these states are one choice of a continuum."


class NotPositiveError(NumericalError):
    """The stationary matrix has a negative eigenvalue, as that of a Redfield generator may: it is no state."""


class NotUniqueError(NumericalError):
    """There are several stationary states; `states` holds each extremal one with its conserved projector."""

    def __init__(self, states: tuple[StationaryState, ...]) -> None:
        self.states = states
        lines = [f"  state {k + 1}: {describe_support(state)}" for k, state in enumerate(states)]
        super().__init__(
            f"The stationary state is not unique: {len(states)} extremal stationary states, each on a conserved "
            "projector (its probability never changes):\n"
            + "\n".join(lines)
            + ("" if all(state.is_isolated for state in states) else "\n" + NOISELESS)
            + "\nUse stationary_states(generator) for all of them, add a coupling that connects the parts, or treat "
            "one part alone."
        )


@dataclass(frozen=True)
class Elimination:
    """Grassmann-Taksar-Heyman elimination of the populations: subtraction-free, full relative accuracy.

    For generators whose populations form a closed rate equation: secular without coupled degenerate levels, or a
    rate matrix.
    """


@dataclass(frozen=True)
class NullSpaceSolve:
    """Null space of the smallest closed sector: exact, absolute accuracy (relative to the largest weight).

    Parameters
    ----------
    maximum_dimension : int
        Largest Hilbert space dimension for a generator that has no sectors (d^2 unknowns).
    """

    maximum_dimension: int = _DENSE_DIMENSION


def stationary_state(generator: Generator, solver: Elimination | NullSpaceSolve | None = None) -> StationaryState:
    """The unique stationary state `L(rho) = 0`, with residual, gap where cheap, and the solver used.

    Parameters
    ----------
    generator : Generator
    solver : Elimination or NullSpaceSolve, optional
        By default elimination where populations form a closed rate equation, the null space of the
        zero-frequency sector for a secular generator with coupled degenerate levels (dimension
        sum(degeneracy^2)), and a dense solve otherwise.

    Returns
    -------
    StationaryState

    Raises
    ------
    NotUniqueError
        If there are several; it names the conserved projectors and carries the states.
    InputError
        If the solver cannot treat this generator, or the dense solve is too large.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> state = stationary_state(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]]))
    >>> bool(np.allclose(state.weights, 1 / 3, rtol=1e-15))
    True
    """
    require_generator(generator)
    states = stationary_states(generator, solver)
    if len(states) > 1:
        raise NotUniqueError(states)
    return states[0]


def stationary_states(
    generator: Generator, solver: Elimination | NullSpaceSolve | None = None
) -> tuple[StationaryState, ...]:
    """Every extremal stationary state; one if it is unique. See `stationary_state`."""
    require_generator(generator)
    if not generator.is_secular:
        return _of_jumps(generator, solver)
    # Rates never couple the states of a level, and these are levels of their own.
    may_couple = generator.spectrum.is_degenerate and not generator.is_rate_equation
    if not may_couple and not isinstance(solver, NullSpaceSolve):
        return _by_elimination(generator, log_population_rates(generator))
    model, zero = jump_model(generator), zero_frequency_sector(generator)
    assert model is not None
    if not isinstance(solver, NullSpaceSolve) and not _couples_coherences(model, zero):
        return _by_elimination(generator, log_population_rates(generator))
    if isinstance(solver, Elimination):
        _refuse_elimination()
    block = ClosedBlock(rows=zero.rows, columns=zero.columns, matrix=zero.matrix)
    return _in_block(generator, model, block, "the zero-frequency sector")


def _of_jumps(generator: Generator, solver: Elimination | NullSpaceSolve | None) -> tuple[StationaryState, ...]:
    """States of a generator that is not secular: its populations by themselves where they are, in some basis."""
    if isinstance(solver, NullSpaceSolve):
        return _dense(generator, solver)
    model = jump_model(generator)
    block = None if model is None else closed_block(model)
    if model is not None and block is not None:
        if block.is_rate_equation and model.is_completely_positive:
            none = np.full((generator.dimension,) * 2, -np.inf)
            with np.errstate(divide="ignore"):
                log_rates = np.logaddexp.reduce([none, *(2 * np.log(np.abs(part.operator)) for part in model.parts)])
            np.fill_diagonal(log_rates, -np.inf)
            return _by_elimination(generator, log_rates, model)
        if isinstance(solver, Elimination):
            _refuse_elimination()
        if block.rows.size <= _LARGEST_BLOCK:
            return _in_block(generator, model, block, "a closed block of the superoperator")
    if isinstance(solver, Elimination):
        _refuse_elimination()
    return _dense(generator, NullSpaceSolve())


def _refuse_elimination() -> NoReturn:
    raise InputError(
        "Argument `solver` must be NullSpaceSolve() for this generator, but is Elimination(): its populations are "
        "coupled to coherences."
    )


def describe_support(state: StationaryState) -> str:
    """In words: the conserved subspace on which a stationary state lives."""
    levels = state.support_levels
    if state.projector is not None:
        # Levels that the conserved subspace reaches by more than the rounding of its basis.
        shares = np.bincount(state.spectrum.level_of, weights=np.sum(np.abs(state.projector) ** 2, axis=1))
        levels = tuple(np.nonzero(shares > ROUND_OFF)[0])
    labels = [state.spectrum.labels[m] for m in levels]
    shown = ", ".join(labels[:12]) + (f", ... ({len(labels)} levels)" if len(labels) > 12 else "")
    rank = state.projector.shape[1] if state.projector is not None else state.spectrum.dimension
    word = "level" if len(labels) == 1 else "levels"
    return f"projector of rank {rank} on {word} {shown}"


def _couples_coherences(model: JumpModel, sector: Sector) -> bool:
    """Whether coherences within degenerate levels matter for the stationary state, or are conserved.

    They do not where a symmetry (particle number, say) keeps them apart from populations and they decay; then
    elimination is exact.
    """
    diagonal = sector.rows == sector.columns
    populations, coherences = np.nonzero(diagonal)[0], np.nonzero(~diagonal)[0]
    matrix = sector.matrix
    if np.any(matrix[np.ix_(populations, coherences)]) or np.any(matrix[np.ix_(coherences, populations)]):
        return True
    apart = csr_array(matrix[np.ix_(coherences, coherences)])
    return not dies_out(model, sector.rows[coherences], sector.columns[coherences], apart)


def _by_elimination(
    generator: Generator, log_rates: RealArray, model: JumpModel | None = None
) -> tuple[StationaryState, ...]:
    """States of populations that obey rates j -> i, `exp(log_rates[i, j])`, in the basis of the model."""
    classes = stationary_classes(log_rates)
    d = generator.dimension
    basis = None if model is None else model.basis
    largest = float(log_rates.max())
    # Only ratios of rates count: the largest becomes one.
    rates = np.exp(log_rates - (largest if np.isfinite(largest) else 0.0))
    states = []
    for members, log_weights in classes:
        gap = None
        if len(classes) == 1 and not np.any((rates == 0) & np.isfinite(log_rates)):
            # With a rate below the range of doubles the slowest decay is not known.
            gap = spectral_gap(rates, log_weights)
            gap = None if gap is None else gap * float(np.exp(largest))
        density = DensityMatrix(generator.spectrum, log_weights, basis=basis)
        # Elimination keeps each weight to a few d round-offs of itself; logarithms add their own size.
        accuracy = 32 * ROUND_OFF * (1 + float(np.abs(log_weights[members]).max()))
        states.append(
            StationaryState(
                density=density,
                residual=_rate_residual(rates, density.weights),
                solver="Grassmann-Taksar-Heyman elimination",
                relative_accuracy=accuracy,
                population_error=accuracy * np.exp(density.log_level_populations),
                own_weight_error=np.full(d, accuracy),
                is_unique=len(classes) == 1,
                projector=None if len(classes) == 1 else (np.eye(d) if basis is None else basis)[:, members] + 0j,
                gap=gap,
            )
        )
    return tuple(states)


def _rate_residual(rates: RealArray, weights: RealArray) -> float:
    gain = rates @ weights
    loss = rates.sum(axis=0) * weights
    total = float(gain.sum() + loss.sum())
    return float(np.abs(gain - loss).sum()) / total if total > 0 else 0.0


def _in_block(generator: Generator, model: JumpModel, block: ClosedBlock, name: str) -> tuple[StationaryState, ...]:
    """States of a closed block: in doubles, and in ball arithmetic where doubles leave something open.

    Doubles have absolute accuracy. They decide where one direction is null and every weight is large enough; otherwise
    the block is taken as exact numbers, whose rank says how many states there are.
    """
    size = block.rows.size
    can_be_exact = size <= _EXACT_UNKNOWNS and model.is_completely_positive
    guess = np.zeros(generator.dimension)
    if generator.is_secular and not can_be_exact:
        guess = _population_guess(generator)
    weight = np.exp(0.5 * (guess[block.rows] + guess[block.columns]))
    found = null_space(block.matrix * (weight[None, :] / weight[:, None]))
    if can_be_exact:
        if found.dimension == 1:
            try:
                (state,) = _from_null_space(generator, model, block, found, weight, name)
            except NotPositiveError:
                state = None
            # A weight of zero is one that doubles have lost, or an empty state: they cannot tell.
            known = state is not None and bool(np.isfinite(state.log_weights).all())
            if state is not None and known and float(state.relative_weight_error.max()) <= EQUAL_WEIGHTS:
                return (state,)
        exact = ExactBlock.of(model, block.rows, block.columns)
        if exact.nullity == 1:
            state = _exact_state(generator, block, exact, name, is_doubtful=found.dimension > 1)
            if state is not None:
                return (state,)
        elif exact.nullity > 1:
            found = exact.null_space()
    return _from_null_space(generator, model, block, found, weight, name)


def _exact_state(
    generator: Generator, block: ClosedBlock, exact: ExactBlock, name: str, *, is_doubtful: bool
) -> StationaryState | None:
    """The one stationary state with the error that the rounding of its operators leaves it.

    None if it `is_doubtful` that it is the only one, and rounding decides which it is: then some projector is conserved
    but for rounding.
    """
    model, spectrum = exact.model, generator.spectrum
    try:
        log_weights, vectors = exact.eigenstates()
        # Where populations feed coherences, rounding of the operators leaves coherences of its own.
        moved = exact.moved() if is_doubtful or model.is_rounded or not generator.is_secular else exact
        others = (log_weights, vectors) if moved is exact or moved.nullity != 1 else moved.eigenstates()
    except NegativeWeightError:
        raise NotPositiveError(
            "The stationary matrix is not positive, by ball arithmetic: the generator is not completely positive."
        ) from None
    with np.errstate(invalid="ignore"):
        differences = np.abs(np.sort(log_weights) - np.sort(others[0]))[np.argsort(np.argsort(log_weights))]
    occupied = np.isfinite(log_weights)
    differences = np.where(occupied, differences, 0.0)
    if is_doubtful and (moved.nullity != 1 or differences.max() > ROUNDING_DECIDES):
        return None
    elements, other = ((V * np.exp(w)) @ V.conj().T for w, V in ((log_weights, vectors), others))
    # In the energy basis, where flows are counted.
    rotated = [E if model.basis is None else model.basis @ E @ model.basis.conj().T for E in (elements, other)]
    differences_of_elements = np.abs(rotated[0] - rotated[1])
    shift = _DRAWS * float(differences_of_elements.max())
    density = DensityMatrix(spectrum, log_weights, basis=model.eigenbasis(vectors))
    accuracy = 32 * ROUND_OFF * (1 + float(np.abs(log_weights[occupied]).max()))
    return StationaryState(
        density=density,
        residual=_residual(block.matrix, elements[block.rows, block.columns]),
        solver=f"ball arithmetic in {name} ({block.rows.size} unknowns)",
        relative_accuracy=accuracy + shift,
        population_error=accuracy * np.exp(density.log_level_populations) + shift,
        # Numbers that were given are exact, and the weights with them, however small.
        own_weight_error=accuracy + _DRAWS * (differences if model.is_rounded else 0.0 * differences),
        own_element_error=_DRAWS * differences_of_elements + 8 * ROUND_OFF * np.abs(rotated[0]),
        gap=_gap(block.matrix) if block.rows.size <= _GAP_UNKNOWNS else None,
    )


def _residual(matrix: ComplexArray, vector: ComplexArray) -> float:
    scale = float(np.linalg.norm(np.abs(matrix) @ np.abs(vector)))
    return float(np.linalg.norm(matrix @ vector)) / scale if scale > 0 else 0.0


def _from_null_space(
    generator: Generator, model: JumpModel, block: ClosedBlock, null: NullSpace, weight: RealArray, name: str
) -> tuple[StationaryState, ...]:
    """The extremal states of a null space in doubles, each on its own conserved subspace if there are several."""
    rows, columns, spectrum = block.rows, block.columns, generator.spectrum
    found = invariant_states(null, rows, columns, generator.dimension, weight)
    if len(found) > 1:
        projectors = [model.in_energy_basis(state.projector) for state in found if state.projector is not None]
        parts = _on_enclosures(generator, projectors)
        if parts is not None:
            return tuple(replace(part, is_isolated=state.is_isolated) for part, state in zip(parts, found, strict=True))
    gap = _gap(block.matrix) if len(found) == 1 and rows.size <= _GAP_UNKNOWNS else None
    # Weights are solved for relative to their guess, which is one unless the block is too large to be exact.
    scale_of_state = np.zeros(generator.dimension)
    np.maximum.at(scale_of_state, rows, weight * (rows == columns))
    states = []
    for state in found:
        accuracy = max(SECTOR_ACCURACY if generator.is_secular else DENSE_ACCURACY, _null_vector_error(state))
        log_weights, vectors = _by_groups(state.elements, rows, columns, accuracy * scale_of_state)
        density = DensityMatrix(spectrum, log_weights, basis=model.eigenbasis(vectors))
        error = np.full(spectrum.size, accuracy)
        if model.basis is None and generator.is_secular:
            error = np.zeros(spectrum.size)
            np.maximum.at(error, spectrum.level_of, accuracy * scale_of_state)
            error = np.maximum(error, accuracy * np.exp(density.log_level_populations))
        states.append(
            StationaryState(
                density=density,
                residual=_residual(block.matrix, state.elements[rows, columns]),
                solver=f"null space of {name} ({rows.size} unknowns)",
                relative_accuracy=accuracy,
                population_error=error,
                is_unique=len(found) == 1,
                projector=model.in_energy_basis(state.projector) if state.projector is not None else None,
                gap=gap,
                is_isolated=state.is_isolated,
            )
        )
    return tuple(states)


def _on_enclosures(generator: Generator, projectors: list[Array]) -> tuple[StationaryState, ...] | None:
    """Each extremal state solved for on its own enclosure, where its small populations keep their digits.

    None if the enclosures are not separate: the states then differ by rates too small for the null space.
    """
    columns = [energy_columns(generator.spectrum, enclosure(generator, P)) for P in projectors]
    if sum(U.shape[1] for U in columns) > generator.dimension:
        return None
    overlap = np.concatenate(columns, axis=1)
    if np.abs(overlap.conj().T @ overlap - np.eye(overlap.shape[1])).max() > NULL_AMPLITUDE:
        return None
    states = []
    for U in columns:
        inner = stationary_states(restricted_to(generator, U))
        if len(inner) > 1:
            return None
        states.append(lifted(generator.spectrum, inner[0], U))
    return tuple(states)


def _population_guess(generator: Generator) -> RealArray:
    """Populations if coherences within levels are ignored: only a scale, so any positive one will do."""
    classes = stationary_classes(log_population_rates(generator))
    if len(classes) > 1:
        return np.zeros(generator.dimension)
    members, log_weights = classes[0]
    guess = np.maximum(log_weights, log_weights[members].min())
    # The similarity scaling squares ratios; beyond e^300 it would overflow, and such weights are zero in any flow.
    return np.asarray(np.maximum(guess, guess.max() - 600.0))


def _by_groups(
    elements: ComplexArray, rows: np.ndarray, columns: np.ndarray, error: RealArray
) -> tuple[RealArray, ComplexArray]:
    """Log weights and eigenvectors, group by group of states that share coherences, each scaled by its own size.

    `error`, shape (d,), is what the elements of an empty state may be off zero.
    """
    from scipy.sparse.csgraph import connected_components

    d = len(elements)
    links = np.zeros((d, d), dtype=bool)
    links[rows, columns] = True
    count, group = connected_components(links, directed=False)
    basis, log_weights = np.eye(d, dtype=complex), np.full(d, -np.inf)
    for k in range(count):
        states = np.nonzero(group == k)[0]
        part = elements[np.ix_(states, states)]
        scale = float(np.abs(part).max())
        if scale == 0.0:
            continue
        values, vectors = np.linalg.eigh(part / scale)
        log_weights[states] = _log_positive(values, float(error[states].max()) / scale) + np.log(scale)
        basis[np.ix_(states, states)] = vectors if states.size > 1 else 1.0
    return log_weights, basis


def _log_positive(values: RealArray, error: float = 0.0) -> RealArray:
    """Logarithm of eigenvalues; what is below round-off of the largest is zero, what is well below zero an error."""
    largest = max(float(values.max()), 0.0)
    if values.min() < -max(1e-9 * largest, error):
        raise NotPositiveError(
            f"The stationary matrix is not positive: eigenvalue {values.min():.3g}, the largest {largest:.3g}. The "
            "generator is not completely positive (a Redfield generator may do this), or nearly not unique."
        )
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.where(values > 8 * ROUND_OFF * largest, values, 0.0)))


def _dense(generator: Generator, solver: NullSpaceSolve) -> tuple[StationaryState, ...]:
    d, spectrum = generator.dimension, generator.spectrum
    if d > solver.maximum_dimension:
        raise InputError(
            f"Argument `generator` must have dimension <= {solver.maximum_dimension} for the dense solve, but has "
            f"{d}: the superoperator would take {readable_bytes(16 * d**4)}. Use weak_coupling, whose populations "
            "decouple, or raise NullSpaceSolve(maximum_dimension=...) if that fits."
        )
    require_memory(4, d * d, "generator", "Use weak_coupling, whose populations decouple.")
    superoperator = generator.superoperator()
    rows, columns = np.divmod(np.arange(d * d), d)
    found = invariant_states(null_space(superoperator), rows, columns, d, np.ones(d * d))
    gap = _gap(superoperator) if len(found) == 1 and d * d <= _GAP_UNKNOWNS else None
    states = []
    for state in found:
        vector = state.elements.ravel()
        scale = float(np.linalg.norm(superoperator)) * float(np.linalg.norm(vector))
        defect = float(np.linalg.norm(superoperator @ vector))
        values, basis = np.linalg.eigh(spectrum.to_energy_basis(state.elements))
        accuracy = max(DENSE_ACCURACY, _null_vector_error(state))
        projector = state.projector
        if projector is not None:
            projector = projector[spectrum.order] if spectrum.vectors is None else spectrum.vectors.conj().T @ projector
        states.append(
            StationaryState(
                density=DensityMatrix(spectrum, _log_positive(values), basis=basis),
                residual=defect / scale if scale > 0 else 0.0,
                solver=f"null space of the superoperator ({d * d} unknowns)",
                relative_accuracy=accuracy,
                population_error=np.full(spectrum.size, accuracy),
                is_unique=len(found) == 1,
                projector=projector,
                gap=gap,
                is_isolated=state.is_isolated,
            )
        )
    return tuple(states)


def _null_vector_error(state: InvariantState) -> float:
    """Error of a null vector by perturbation theory: round-off of the matrix over the next singular value."""
    if not np.isfinite(state.next_singular_value):
        return 0.0
    return float(32 * ROUND_OFF / state.next_singular_value)


def _gap(matrix: ComplexArray) -> float:
    """Smallest -Re lambda after the one zero eigenvalue."""
    decay = np.sort(-np.linalg.eigvals(matrix).real)
    order = np.argsort(np.abs(decay))
    return float(np.sort(np.delete(decay, order[0]))[0]) if decay.size > 1 else 0.0
