"""The stationary state of a generator: the chooser of algorithms, and the outcome when it is not unique."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NoReturn

import numpy as np

from equipoise._checks import (
    ROUND_OFF,
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
from equipoise.linalg.null_space import null_space
from equipoise.linalg.spectral_gap import spectral_gap
from equipoise.spectrum import Spectrum
from equipoise.stationary.enclosures import enclosure, lifted
from equipoise.stationary.invariant import InvariantState, invariant_states
from equipoise.stationary.sectors import Sector, log_population_rates, zero_frequency_sector
from equipoise.stationary.state import DensityMatrix, StationaryState
from equipoise.tolerances import DENSE_ACCURACY, NULL_AMPLITUDE, SECTOR_ACCURACY

_GAP_UNKNOWNS = 400
"""Largest number of unknowns at which the eigenvalues of a sector or superoperator take a second or so."""

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
        if isinstance(solver, Elimination):
            _refuse_elimination()
        return _dense(generator, NullSpaceSolve() if solver is None else solver)
    # Rates never couple the states of a level, and these are levels of their own.
    may_couple = generator.spectrum.is_degenerate and not generator.is_rate_equation
    zero = zero_frequency_sector(generator) if may_couple or isinstance(solver, NullSpaceSolve) else None
    if isinstance(solver, NullSpaceSolve):
        assert zero is not None
        return _in_zero_frequency_sector(generator, zero)
    if may_couple and zero is not None and _couples_coherences(zero):
        if isinstance(solver, Elimination):
            _refuse_elimination()
        return _in_zero_frequency_sector(generator, zero)
    return _by_elimination(generator)


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


def _couples_coherences(sector: Sector) -> bool:
    """Whether coherences within degenerate levels matter for the stationary state, or are conserved.

    They do not where a symmetry (particle number, say) keeps them apart from populations and they decay; then
    elimination is exact.
    """
    diagonal = sector.rows == sector.columns
    populations, coherences = np.nonzero(diagonal)[0], np.nonzero(~diagonal)[0]
    matrix = sector.matrix
    if np.any(matrix[np.ix_(populations, coherences)]) or np.any(matrix[np.ix_(coherences, populations)]):
        return True
    block = matrix[np.ix_(coherences, coherences)]
    # Each coherence in units of its own decay: one that decays slowly because the reservoirs are cold still decays.
    decay = np.abs(np.diag(block))
    return null_space(block / np.where(decay > 0, decay, 1.0)[None, :]).dimension > 0


def _by_elimination(generator: Generator) -> tuple[StationaryState, ...]:
    log_rates = log_population_rates(generator)
    classes = stationary_classes(log_rates)
    d = generator.dimension
    rates = np.exp(log_rates)
    states = []
    for members, log_weights in classes:
        gap = None
        if len(classes) == 1 and not np.any((rates == 0) & np.isfinite(log_rates)):
            # With a rate below the range of doubles the slowest decay is not known.
            gap = spectral_gap(rates, log_weights)
        density = DensityMatrix(generator.spectrum, log_weights)
        # Elimination keeps each weight to a few d round-offs of itself; logarithms add their own size.
        accuracy = 32 * ROUND_OFF * (1 + float(np.abs(log_weights[members]).max()))
        states.append(
            StationaryState(
                density=density,
                residual=_rate_residual(rates, density.weights),
                solver="Grassmann-Taksar-Heyman elimination",
                relative_accuracy=accuracy,
                population_error=accuracy * np.exp(density.log_level_populations),
                is_unique=len(classes) == 1,
                projector=None if len(classes) == 1 else np.eye(d, dtype=complex)[:, members],
                gap=gap,
            )
        )
    return tuple(states)


def _rate_residual(rates: RealArray, weights: RealArray) -> float:
    gain = rates @ weights
    loss = rates.sum(axis=0) * weights
    total = float(gain.sum() + loss.sum())
    return float(np.abs(gain - loss).sum()) / total if total > 0 else 0.0


def _in_zero_frequency_sector(generator: Generator, zero: Sector) -> tuple[StationaryState, ...]:
    rows, columns, sector = zero.rows, zero.columns, zero.matrix
    guess = _population_guess(generator)
    found = invariant_states(sector, rows, columns, generator.dimension, guess)
    if len(found) > 1:
        parts = _on_enclosures(generator, found)
        if parts is not None:
            return tuple(replace(part, is_isolated=state.is_isolated) for part, state in zip(parts, found, strict=True))
    scale_of_level = np.zeros(generator.spectrum.size)
    np.maximum.at(scale_of_level, generator.spectrum.level_of, np.exp(guess))
    gap = _gap(sector) if len(found) == 1 and rows.size <= _GAP_UNKNOWNS else None
    states = []
    for state in found:
        vector = state.elements[rows, columns]
        scale = float(np.linalg.norm(np.abs(sector) @ np.abs(vector)))
        residual = float(np.linalg.norm(sector @ vector)) / scale if scale > 0 else 0.0
        accuracy = max(SECTOR_ACCURACY, _null_vector_error(state))
        density = _by_levels(generator.spectrum, state.elements, accuracy * scale_of_level)
        states.append(
            StationaryState(
                density=density,
                residual=residual,
                solver=f"null space of the zero-frequency sector ({rows.size} unknowns)",
                relative_accuracy=accuracy,
                # Each level is solved relative to its guess, or to what it turned out to be if that is more.
                population_error=accuracy * np.maximum(scale_of_level, np.exp(density.log_level_populations)),
                is_unique=len(found) == 1,
                projector=state.projector,
                gap=gap,
                is_isolated=state.is_isolated,
            )
        )
    return tuple(states)


def _on_enclosures(generator: Generator, found: list[InvariantState]) -> tuple[StationaryState, ...] | None:
    """Each extremal state solved for on its own enclosure, where its small populations keep their digits.

    None if the enclosures are not separate: the states then differ by rates too small for the null space.
    """
    columns = []
    for state in found:
        assert state.projector is not None
        columns.append(energy_columns(generator.spectrum, enclosure(generator, state.projector)))
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


def _by_levels(spectrum: Spectrum, elements: ComplexArray, error: RealArray) -> DensityMatrix:
    """Diagonalise level by level, each scaled by its own size, so that small levels keep their digits.

    `error`, shape (L,), is what the elements of an empty level may be off zero.
    """
    basis = np.zeros_like(elements)
    log_weights = np.full(spectrum.dimension, -np.inf)
    for level in range(spectrum.size):
        states = np.nonzero(spectrum.level_of == level)[0]
        block = elements[np.ix_(states, states)]
        scale = float(np.abs(block).max())
        if scale == 0.0:
            basis[states, states] = 1.0
            continue
        values, vectors = np.linalg.eigh(block / scale)
        log_weights[states] = _log_positive(values, float(error[level]) / scale) + np.log(scale)
        basis[np.ix_(states, states)] = vectors
    return DensityMatrix(spectrum, log_weights, basis=basis)


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
    found = invariant_states(superoperator, rows, columns, d, np.zeros(d))
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
