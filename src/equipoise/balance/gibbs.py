"""Is a state Gibbs or generalised Gibbs? Fitted inverse temperature and chemical potential, and their misfit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import ROUND_OFF, Array, RealArray
from equipoise.stationary import DensityMatrix, gibbs_state

_SMALLEST_WEIGHT = 1e-6
"""Weight in the fit of a population smaller than this: keeps the least-squares problem well conditioned."""


@dataclass(frozen=True)
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


def fit_gibbs(density: DensityMatrix, number: Array | None = None, relative_accuracy: float = 1e-13) -> GibbsFit:
    """Fit inverse temperature and (given a number operator) chemical potential to a state.

    Minimises `sum_ij sqrt(p_i p_j) |(-log rho - beta H + beta mu N - c)_ij|^2` in the eigenbasis of the state;
    populations below 1e-6 of the largest weigh as much as 1e-6, so that every level on the support is fitted.

    Parameters
    ----------
    density : DensityMatrix
    number : array_like, shape (d, d), optional
        In the given basis.
    relative_accuracy : float
        Relative error of the weights, which sets the tolerance.

    Examples
    --------
    >>> from equipoise.spectrum import spectrum_of_levels
    >>> from equipoise.stationary import gibbs_state
    >>> fit = fit_gibbs(gibbs_state(spectrum_of_levels([0.0, 1.0, 3.0]), 2.0))
    >>> round(fit.inverse_temperature, 12), fit.misfit < 1e-12
    (2.0, True)
    """
    support = np.isfinite(density.log_weights)
    h = -density.log_weights[support]
    relative = density.log_weights[support] - density.log_weights[support].max()
    weight = np.exp(0.5 * np.maximum(relative, np.log(_SMALLEST_WEIGHT)))
    energy = _in_eigenbasis(density, np.diag(density.spectrum.energies).astype(complex), support)
    columns = [energy]
    if number is not None:
        columns.append(_in_eigenbasis(density, density.spectrum.to_energy_basis(np.asarray(number)), support))
    identity = np.eye(h.size)
    kept = _independent(columns, weight, identity)
    design = [columns[k] for k in kept]
    coefficients, residual = _least_squares(np.diag(h), [*design, identity], weight)
    by_column = dict(zip(kept, coefficients, strict=False))
    beta = float(by_column.get(0, np.inf if h.size < density.spectrum.dimension else 0.0))
    mu = None
    if 1 in by_column and np.isfinite(beta) and beta != 0.0:
        mu = float(-by_column[1] / beta)
    weighted = float(np.sqrt(np.sum(np.outer(weight, weight) * np.abs(residual) ** 2) / np.sum(weight**2)))
    tolerance = relative_accuracy + 64 * ROUND_OFF * (1 + float(np.abs(h).max()))
    return GibbsFit(beta, mu, float(np.abs(residual).max()), weighted, tolerance, len(kept))


def gibbs_misfit(
    density: DensityMatrix, inverse_temperature: float, chemical_potential: float = 0.0, number: Array | None = None
) -> float:
    """Largest modulus of `log rho - log rho_Gibbs` on the support, rho_Gibbs at the given beta and mu.

    Zero if the state is that Gibbs state. At zero temperature: the weight outside the lowest states of H - mu N.
    """
    if np.isinf(inverse_temperature):
        ground = gibbs_state(density.spectrum, inverse_temperature, chemical_potential, number)
        return float(np.abs(density.elements - ground.elements).max())
    support = np.isfinite(density.log_weights)
    if not support.all():
        return np.inf
    defect = np.diag(-density.log_weights) - inverse_temperature * _in_eigenbasis(
        density, np.diag(density.spectrum.energies), support
    )
    if number is not None and chemical_potential != 0.0:
        N = _in_eigenbasis(density, density.spectrum.to_energy_basis(np.asarray(number)), support)
        defect = defect + inverse_temperature * chemical_potential * N
    # The constant log Z is fixed by the most populated state, where the weights are known best.
    constant = np.diag(defect).real[int(np.argmax(density.log_weights))]
    return float(np.abs(defect - constant * np.eye(support.size)).max())


def _in_eigenbasis(density: DensityMatrix, elements: Array, support: np.ndarray) -> Array:
    if density.basis is not None:
        elements = density.basis.conj().T @ elements @ density.basis
    return np.asarray(elements[np.ix_(support, support)])


def _independent(columns: list[Array], weight: RealArray, identity: RealArray) -> list[int]:
    """Indices of the operators that are independent of the identity and of those before them, in the fit's metric."""
    kept: list[int] = []
    basis = [identity]
    for index, column in enumerate(columns):
        _, residual = _least_squares(column, basis, np.ones_like(weight))
        if np.linalg.norm(residual) > 1e-10 * np.linalg.norm(column):
            kept.append(index)
            basis.append(column)
    return kept


def _least_squares(target: Array, columns: list[Array], weight: RealArray) -> tuple[RealArray, Array]:
    root = np.sqrt(np.outer(weight, weight))
    stacked = np.array([(root * column).ravel() for column in columns]).T
    real = np.concatenate([stacked.real, stacked.imag])
    goal = (root * target).ravel()
    coefficients = np.linalg.lstsq(real, np.concatenate([goal.real, goal.imag]), rcond=None)[0]
    fitted = sum(c * column for c, column in zip(coefficients, columns, strict=True))
    return coefficients, np.asarray(target - fitted)
