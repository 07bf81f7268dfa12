"""Conditions of the pairwise relations of the stochastic limit: a generic generator, a faithful diagonal state."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ROUND_OFF, InputError, RealArray, require
from equipoise.generators import FrequencyResolved, Generator
from equipoise.stationary.state import DensityMatrix, StationaryState
from equipoise.tolerances import COHERENCE, STATIONARY_LEVELS

State = StationaryState | DensityMatrix | ArrayLike


def require_pairwise_rates(generator: Generator, remedy: str) -> None:
    """Refuse a generator whose populations do not obey rates between pairs of levels."""
    require(
        generator.is_secular,
        "generator",
        "be secular (every dissipator resolved in Bohr frequency)",
        "has a dissipator whose transitions are not resolved in Bohr frequency",
        remedy,
    )
    spectrum = generator.spectrum
    if spectrum.is_degenerate:
        level = int(np.argmax(spectrum.degeneracies))
        raise InputError(
            f"Argument `generator` must have no degenerate level, but level {spectrum.labels[level]!r} holds "
            f"{spectrum.degeneracies[level]} states. {remedy}"
        )


def require_distinct_gaps(generator: Generator, remedy: str) -> None:
    """Refuse a generator in which two transitions share a Bohr frequency: their jumps are then one jump."""
    for part in generator.dissipators:
        if not isinstance(part.representation, FrequencyResolved):
            continue
        for rows, columns in part.representation.frequency_groups():
            if np.array_equal(rows, columns):
                # Frequency zero: dephasing commutes with every diagonal state.
                continue
            energies = generator.spectrum.energies
            first, second = ((int(rows[k]), int(columns[k])) for k in (0, 1))
            gap = float(abs(energies[first[1]] - energies[first[0]]))
            raise InputError(
                "Argument `generator` must have distinct gaps (a generic spectrum), but the transitions "
                f"{first[1]} -> {first[0]} and {second[1]} -> {second[0]} of reservoir {part.name!r} share the Bohr "
                f"frequency {gap:.6g}. {remedy} If the gaps only nearly agree, derive the generator again with a "
                "smaller tolerance: OpenSystem(..., tolerance=...)."
            )


def diagonal_log_weights(density: DensityMatrix, remedy: str, name: str = "state") -> RealArray:
    """Logarithms of the populations of the levels, per state of a level, shape (L,), of a function of H.

    Raises
    ------
    InputError
        If a level is empty, a coherence is present, or the states of a level are not equally populated.
    """
    spectrum = density.spectrum
    empty = np.nonzero(np.isneginf(density.log_level_populations))[0]
    if empty.size:
        raise InputError(
            f"Argument `{name}` must be faithful (every level populated), but level "
            f"{spectrum.labels[int(empty[0])]!r} is empty. {remedy}"
        )
    return diagonal_log_populations(density, remedy, name)


def diagonal_log_populations(density: DensityMatrix, remedy: str, name: str = "state") -> RealArray:
    """`diagonal_log_weights` of a state that may leave levels empty: -inf for those."""
    spectrum = density.spectrum
    per_state = density.log_level_populations - np.log(spectrum.degeneracies)
    if density.is_diagonal:
        first = np.asarray(density.log_weights[np.unique(spectrum.level_of, return_index=True)[1]])
        if np.array_equal(first[spectrum.level_of], density.log_weights):
            return first
    defect = np.abs(density.elements - np.diag(np.exp(per_state)[spectrum.level_of]))
    root = np.exp(0.5 * per_state)[spectrum.level_of]
    excess = defect - COHERENCE * root[:, None] * root[None, :] - 64 * ROUND_OFF * float(density.weights.max())
    i, j = (int(k) for k in np.unravel_index(int(np.argmax(excess)), excess.shape))
    if excess[i, j] > 0:
        same = spectrum.level_of[i] == spectrum.level_of[j]
        what = (
            f"level {spectrum.labels[int(spectrum.level_of[i])]!r} is not equally populated"
            if same
            else f"there is a coherence between the states {i} and {j}"
        )
        raise InputError(
            f"Argument `{name}` must be a function of the Hamiltonian, but {what} (by {defect[i, j]:.3g}). {remedy}"
        )
    return np.asarray(per_state)


def flow_residuals(log_flows: RealArray) -> RealArray:
    """`|sum_l flow(l -> k) - flow(k -> l)|` over their sum for each level k, (L,), from logarithms at any size."""
    both = np.logaddexp(log_flows, log_flows.T)
    largest = both.max(axis=1, keepdims=True, initial=-np.inf)
    largest = np.where(np.isneginf(largest), 0.0, largest)
    excess = difference_of_exponentials(log_flows - largest, log_flows.T - largest).sum(axis=1)
    through = np.exp(both - largest).sum(axis=1)
    return np.asarray(np.abs(excess) / np.where(through > 0, through, 1.0))


def require_stationary_flows(log_flows: RealArray, labels: tuple[str, ...]) -> None:
    """Refuse a state in which some level gains or loses weight; `log_flows[m, n]` of n -> m."""
    residual = flow_residuals(log_flows)
    worst = int(np.argmax(residual))
    require(
        float(residual[worst]) <= STATIONARY_LEVELS,
        "state",
        f"be stationary to {STATIONARY_LEVELS:g} of what passes through each level",
        f"level {labels[worst]!r} gains or loses {residual[worst]:.2g} of it",
        "Take stationary_state(generator).",
    )


def difference_of_exponentials(a: RealArray, b: RealArray) -> RealArray:
    """`exp(a) - exp(b)`, accurate where the two nearly cancel; -inf stands for zero."""
    larger = np.maximum(a, b)
    absent = np.isneginf(larger)
    with np.errstate(invalid="ignore"):
        gap = np.where(absent, 0.0, a - b)
    return np.asarray(np.where(absent, 0.0, np.exp(larger) * -np.sign(gap) * np.expm1(-np.abs(gap))))
