"""Is a state Gibbs or generalised Gibbs? Fitted inverse temperature and chemical potential, and their misfit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import ROUND_OFF, Array, RealArray
from equipoise.fluxes import GeneratorAtState
from equipoise.stationary import DensityMatrix, StationaryState, gibbs_state
from equipoise.stationary.state import given_density
from equipoise.tolerances import EQUAL_WEIGHTS

_SMALLEST_WEIGHT = 1e-6
"""Weight in the fit of a population smaller than this: keeps the least-squares problem well conditioned."""

_WEIGHTS = 1e-13
"""Relative error of the weights of a state that states none."""


@dataclass(frozen=True, kw_only=True)
class GibbsFit:
    """Least-squares fit of `-log rho = beta (H - mu N) + constant` on the support of a state.

    Parameters
    ----------
    inverse_temperature : float
        beta; infinite for a state on the lowest level alone; 0 for the uniform state.
    chemical_potential : float or None
        mu; None if no number operator is given, or N does not vary independently of H.
    misfit : float
        Largest modulus of `log rho - log fit` over matrix elements, in the eigenbasis of the state: 0 if the state
        is Gibbs.
    weighted_misfit : float
        Root mean square of the same, weighted with the populations.
    tolerance : float
        Misfit explained by round-off of the logarithms.
    parameters : int
        Number of independent parameters fitted; a state with one more occupied level is always fitted.
    """

    inverse_temperature: float
    chemical_potential: float | None
    misfit: float
    weighted_misfit: float
    tolerance: float
    parameters: int


KnownState = StationaryState | DensityMatrix | GeneratorAtState
"""A state that knows its own levels."""


def density_of(state: KnownState) -> DensityMatrix:
    """The density matrix of a state that knows its own levels."""
    return state.density if isinstance(state, GeneratorAtState) else given_density(state)


def fit_gibbs(state: KnownState, number: Array | None = None) -> GibbsFit:
    """Fit inverse temperature and (given a number operator) chemical potential to a state.

    Minimises `sum_ij sqrt(p_i p_j) |(-log rho - beta H + beta mu N - c)_ij|^2` in the eigenbasis of the state;
    populations below 1e-6 of the largest weigh as much as 1e-6, so that every level on the support is fitted, but one
    whose logarithm is hardly known weighs less by its error. The errors that a stationary state states of its weights
    set the tolerance, and are no misfit.

    Parameters
    ----------
    state : StationaryState, DensityMatrix or GeneratorAtState
    number : array_like, shape (d, d), optional
        In the given basis.

    Returns
    -------
    GibbsFit

    Examples
    --------
    >>> from equipoise.spectrum import spectrum_of_levels
    >>> from equipoise.stationary import gibbs_state
    >>> fit = fit_gibbs(gibbs_state(spectrum_of_levels([0.0, 1.0, 3.0]), 2.0))
    >>> round(fit.inverse_temperature, 12), fit.misfit < 1e-12
    (2.0, True)
    """
    density = density_of(state)
    if isinstance(state, GeneratorAtState) and state.support is None and state.stationary is not None:
        state = state.stationary
    relative_accuracy, weight_error = _WEIGHTS, None
    if isinstance(state, StationaryState):
        relative_accuracy, weight_error = state.relative_accuracy, state.weight_error
    support = np.isfinite(density.log_weights)
    h = -density.log_weights[support]
    relative = density.log_weights[support] - density.log_weights[support].max()
    weight = np.exp(0.5 * np.maximum(relative, np.log(_SMALLEST_WEIGHT)))
    if isinstance(state, StationaryState):
        # What is known to a relative error e of its own counts as 1/e, next to what is known to equal weights.
        weight = weight / (1 + state.relative_weight_error[support] / EQUAL_WEIGHTS)
    operators = [np.diag(_without_offset(density)).astype(complex)]
    if number is not None:
        operators.append(density.spectrum.to_energy_basis(np.asarray(number)))
    columns = [_in_eigenbasis(density, operator, support) for operator in operators]
    known = [ROUND_OFF * float(np.linalg.norm(operator)) for operator in operators]
    identity = np.eye(h.size)
    kept = _independent(columns, known, identity)
    design = [columns[k] for k in kept]
    coefficients, residual = _least_squares(np.diag(h), [*design, identity], weight)
    by_column = dict(zip(kept, coefficients, strict=False))
    beta = float(by_column.get(0, np.inf if h.size < density.spectrum.dimension else 0.0))
    mu = None
    if 1 in by_column and np.isfinite(beta) and beta != 0.0:
        mu = float(-by_column[1] / beta)
    weighted = float(np.sqrt(np.sum(np.outer(weight, weight) * np.abs(residual) ** 2) / np.sum(weight**2)))
    tolerance = relative_accuracy + 64 * ROUND_OFF * (1 + float(np.abs(h).max()))
    if np.isfinite(beta):
        tolerance += clustering_misfit(density, beta)
    misfit = _beyond_error(residual, density.log_weights[support], weight_error, support)
    return GibbsFit(
        inverse_temperature=beta,
        chemical_potential=mu,
        misfit=misfit,
        weighted_misfit=weighted,
        tolerance=tolerance,
        parameters=len(kept),
    )


def gibbs_misfit(
    density: DensityMatrix,
    inverse_temperature: float,
    chemical_potential: float = 0.0,
    number: Array | None = None,
    weight_error: RealArray | None = None,
) -> float:
    """Largest modulus of `log rho - log rho_Gibbs` on the support, rho_Gibbs at the given beta and mu.

    Zero if the state is that Gibbs state. At zero temperature: the weight outside the lowest states of H - mu N.
    With the absolute error of each weight (shape (d,)): beyond what that explains; empty states are then known to
    hold no more than their error.
    """
    if np.isinf(inverse_temperature):
        ground = gibbs_state(density.spectrum, inverse_temperature, chemical_potential, number)
        known = 0.0 if weight_error is None else float(weight_error.max())
        return max(0.0, float(np.abs(density.elements - ground.elements).max()) - known)
    support = np.isfinite(density.log_weights)
    if not support.all():
        if weight_error is None:
            return np.inf
        due = gibbs_state(density.spectrum, inverse_temperature, chemical_potential, number)
        empty = np.diag(_in_eigenbasis(density, due.elements, ~support)).real
        if np.any(empty > weight_error[~support]):
            return np.inf
    log_weights = density.log_weights[support]
    defect = np.diag(-log_weights) - inverse_temperature * _in_eigenbasis(
        density, np.diag(_without_offset(density)), support
    )
    if number is not None and chemical_potential != 0.0:
        N = _in_eigenbasis(density, density.spectrum.to_energy_basis(np.asarray(number)), support)
        defect = defect + inverse_temperature * chemical_potential * N
    # The constant log Z is fixed by the most populated state, where the weights are known best.
    constant = np.diag(defect).real[int(np.argmax(log_weights))]
    return _beyond_error(defect - constant * np.eye(log_weights.size), log_weights, weight_error, support)


def _beyond_error(residual: Array, log_weights: RealArray, error: RealArray | None, support: np.ndarray) -> float:
    """Largest modulus of a residual of the logarithm, beyond what an absolute error of the weights explains.

    An error of rho changes element (i, j) of log rho by itself times `(log p_i - log p_j) / (p_i - p_j)`.
    """
    if error is None:
        return float(np.abs(residual).max())
    known = error[support]
    difference = np.abs(log_weights[:, None] - log_weights[None, :])
    larger = np.maximum(log_weights[:, None], log_weights[None, :])
    # (x / (1 - e^-x)) / p_larger, which is 1 / p where the weights are equal.
    steepness = np.where(difference > 1e-8, difference / -np.expm1(-np.maximum(difference, 1e-8)), 1.0)
    with np.errstate(divide="ignore", over="ignore"):
        explained = np.exp(np.log(np.maximum(known[:, None], known[None, :])) - larger) * steepness
    return float(np.maximum(np.abs(residual) - explained, 0.0).max())


def clustering_misfit(density: DensityMatrix, inverse_temperature: float) -> float:
    """`beta |e - e_level|` at most: what treating near energies as one level does to the logarithm of a state."""
    spectrum = density.spectrum
    return 2 * abs(inverse_temperature) * float(np.abs(spectrum.energies - spectrum.state_energies).max())


def _in_eigenbasis(density: DensityMatrix, elements: Array, support: np.ndarray) -> Array:
    return np.asarray(density.in_eigenbasis(elements)[np.ix_(support, support)])


def _without_offset(density: DensityMatrix) -> RealArray:
    """Energies from that of the most populated state: a difference of levels loses no digits to a common offset."""
    energies = density.spectrum.energies
    return np.asarray(energies - energies[int(np.argmax(np.diag(density.elements).real))])


def _independent(columns: list[Array], known: list[float], identity: RealArray) -> list[int]:
    """Indices of the operators that are independent of the identity and of those before them.

    What an operator adds must exceed `known`, its rounding; what depends on another up to its digits is left out too.
    """
    kept: list[int] = []
    basis = [identity]
    even = np.ones(identity.shape[0])
    for index, (column, rounding) in enumerate(zip(columns, known, strict=True)):
        _, varying = _least_squares(column, [identity], even)
        _, residual = _least_squares(column, basis, even)
        left = float(np.linalg.norm(residual))
        if left > identity.shape[0] * rounding and left > 1e-10 * float(np.linalg.norm(varying)):
            kept.append(index)
            basis.append(column)
    return kept


def _least_squares(target: Array, columns: list[Array], weight: RealArray) -> tuple[RealArray, Array]:
    """Coefficients of the columns, each solved for at length one: so no unit decides which of them counts."""
    root = np.sqrt(np.outer(weight, weight))
    stacked = np.array([(root * column).ravel() for column in columns]).T
    real = np.concatenate([stacked.real, stacked.imag])
    goal = (root * target).ravel()
    # The largest entry comes out first: squares of 1e-160 underflow.
    largest = np.maximum(np.abs(real).max(axis=0), np.finfo(float).tiny)
    length = largest * np.linalg.norm(real / largest, axis=0)
    length = np.where(length > 0, length, 1.0)
    solved = np.linalg.lstsq(real / length, np.concatenate([goal.real, goal.imag]), rcond=None)[0]
    coefficients = solved / length
    fitted = sum(c * column for c, column in zip(coefficients, columns, strict=True))
    return coefficients, np.asarray(target - fitted)
