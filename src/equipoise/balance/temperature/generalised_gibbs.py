"""Generalised Gibbs states `exp(-sum_j beta_j H^j) / Z`: of largest entropy at given moments of the energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial, chebyshev
from scipy.linalg import solve_triangular

from equipoise._checks import ROUND_OFF, NumericalError, RealArray, require
from equipoise._printed import amount, amounts, described
from equipoise.balance.temperature.gibbs import KnownState, density_of
from equipoise.spectrum import Spectrum
from equipoise.stationary import DensityMatrix
from equipoise.stationary.pairwise import diagonal_log_weights

_ITERATIONS = 200
"""Newton steps: a convex problem takes a dozen, a state far from its fit some tens."""

_CONVERGED = 1e-13
"""Newton decrement: distance from matched moments, in standard deviations of the fitted state."""

_FULL_STEP = 1e-3
"""Newton decrement below which a full step converges quadratically, and the objective no longer resolves progress."""

_FAITHFUL = "Fit a state without coherences, restricted to its populated levels."


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class GeneralisedGibbsFit:
    """A state `exp(-sum_{j=1}^n beta_j H^j) / Z` fitted to another one.

    Parameters
    ----------
    coefficients : RealArray, shape (n,)
        `beta_1 .. beta_n`, of any sign, in inverse powers of the energy unit; beta_1 is the inverse temperature if
        the others vanish.
    log_partition : float
        `log Z` with these coefficients.
    scaled_coefficients : RealArray, shape (n,)
        The same exponent in powers of `(H - centre) / scale`: dimensionless, and well conditioned where the
        coefficients are not.
    centre, scale : float
        Middle and half width of the spectrum.
    density : DensityMatrix
        The fitted state.
    misfit : float
        Relative entropy `S(rho || fit) = Tr rho (log rho - log fit)`, >= 0, 0 if and only if rho is of this form.
    largest_log_misfit : float
        Largest modulus of `log rho - log fit` over the levels.
    condition : float
        Sum of the moduli of all terms `beta_j E^j` and of what cancels in making them, E the largest modulus of a
        level: log populations rebuilt from the plain coefficients are wrong by about 1e-16 times this. Large where
        the zero of energy lies far from the levels; the fitted state itself does not suffer.
    """

    coefficients: RealArray
    log_partition: float
    scaled_coefficients: RealArray
    centre: float
    scale: float
    density: DensityMatrix
    misfit: float
    largest_log_misfit: float
    condition: float

    @property
    def order(self) -> int:
        """Highest power n of H."""
        return int(self.coefficients.size)

    def __repr__(self) -> str:
        return described(
            f"state exp(-sum_j beta_j H^j) / Z of order {self.order}",
            ("beta_1, ...", amounts(self.coefficients)),
            ("misfit", f"relative entropy {amount(self.misfit)}, log populations within {self.largest_log_misfit:.1e}"),
        )


def fit_generalised_gibbs(state: KnownState, order: int) -> GeneralisedGibbsFit:
    r"""The generalised Gibbs state of an order n nearest to a state: its moments `<H>, .., <H^n>`, the largest entropy.

    Among all states of the form `exp(-sum_{j<=n} beta_j H^j)/Z` it minimises the relative entropy
    `S(rho || fit)`, and among all states with the moments of rho it maximises the entropy: the two are one convex
    problem, which is why moments are matched and not logarithms fitted. The solution is found by Newton's method on
    the exponent as a function of the level, in polynomials orthonormal in the current state, so that the Hessian is
    the identity whatever the populations. At order L - 1, with L levels, every faithful function of H is met exactly.

    Parameters
    ----------
    state : StationaryState, DensityMatrix or GeneratorAtState
        A faithful function of H.
    order : int
        n, from 1 (Gibbs) to the number of levels less one (exact).

    Returns
    -------
    GeneralisedGibbsFit

    Raises
    ------
    InputError
        If the order is out of range, a level is empty, or the state is not a function of H.
    NumericalError
        If the populations do not determine as many moments in double precision.

    References
    ----------
    Accardi & Imafuku (2002), (121), after Ingarden; corrected: coefficients are of any sign, an inverted state needs a
    negative one.

    Examples
    --------
    >>> from equipoise.spectrum import spectrum_of_levels
    >>> from equipoise.stationary import density_matrix
    >>> inverted = density_matrix(spectrum_of_levels([0.0, 1.0, 2.0]), np.diag([0.1, 0.7, 0.2]))
    >>> fit = fit_generalised_gibbs(inverted, 2)
    >>> np.round(fit.coefficients, 2), bool(fit.misfit < 1e-15)
    (array([-3.55,  1.6 ]), True)
    """
    density = density_of(state)
    spectrum = density.spectrum
    L = spectrum.size
    require(L > 1, "state", "have at least two levels", "has one", "A single level has no moments to match.")
    require(
        isinstance(order, int | np.integer) and 1 <= order <= L - 1,
        "order",
        f"be an integer from 1 to {L - 1} (the number of levels less one, where the fit is exact)",
        f"got {order!r}",
    )
    levels = spectrum.levels
    require(bool(np.all(np.diff(levels) > 0)), "state", "belong to levels of distinct energies", "two coincide")
    target = diagonal_log_weights(density, _FAITHFUL)
    log_degeneracy = np.log(spectrum.degeneracies)
    centre, scale = 0.5 * float(levels[0] + levels[-1]), 0.5 * float(levels[-1] - levels[0])
    basis: RealArray = np.asarray(chebyshev.chebvander((levels - centre) / scale, int(order)), dtype=float)
    exponent = target if order == L - 1 else _match_moments(basis, target, log_degeneracy)
    expansion = np.linalg.lstsq(basis, exponent, rcond=None)[0]
    scaled: RealArray = np.asarray(chebyshev.cheb2poly(expansion), dtype=float)
    in_energy = Polynomial(scaled, domain=[levels[0], levels[-1]], window=[-1.0, 1.0]).convert(domain=[-1.0, 1.0])
    powers: RealArray = np.asarray(in_energy.coef, dtype=float)
    # Trailing zeros are dropped by the conversion.
    powers = np.concatenate([powers, np.zeros(order + 1 - powers.size)])
    scaled = np.concatenate([scaled, np.zeros(order + 1 - scaled.size)])
    step = exponent - target
    return GeneralisedGibbsFit(
        coefficients=-powers[1:],
        log_partition=-float(powers[0]),
        scaled_coefficients=-scaled[1:],
        centre=centre,
        scale=scale,
        density=DensityMatrix(spectrum, exponent[spectrum.level_of]),
        misfit=_relative_entropy(target + log_degeneracy, step),
        largest_log_misfit=float(np.abs(step).max()),
        condition=_conversion_condition(scaled, centre, scale, float(np.abs(levels).max())),
    )


def generalised_gibbs_state(spectrum: Spectrum, coefficients: Sequence[float] | RealArray) -> DensityMatrix:
    """The state `exp(-sum_{j=1}^n beta_j H^j) / Z` with logarithmic weights.

    Parameters
    ----------
    spectrum : Spectrum
    coefficients : sequence of float, length n
        `beta_1 .. beta_n`, of any sign.

    References
    ----------
    Accardi & Imafuku (2002), (121).

    Examples
    --------
    >>> from equipoise.spectrum import spectrum_of_levels
    >>> state = generalised_gibbs_state(spectrum_of_levels([0.0, 1.0, 2.0]), [-np.log(2.0), np.log(2.0)])
    >>> [round(float(weight), 12) for weight in state.weights]
    [0.444444444444, 0.444444444444, 0.111111111111]
    """
    from scipy.special import logsumexp

    values = np.asarray(coefficients, dtype=float)
    require(values.ndim == 1 and values.size > 0, "coefficients", "be a list of numbers", f"has shape {values.shape}")
    require(bool(np.isfinite(values).all()), "coefficients", "be finite", f"got {values[~np.isfinite(values)][:1]}")
    exponent = -Polynomial(np.concatenate([[0.0], values]))(spectrum.state_energies)
    return DensityMatrix(spectrum, np.asarray(exponent - logsumexp(exponent)))


def _match_moments(basis: RealArray, target: RealArray, log_degeneracy: RealArray) -> RealArray:
    """The normalised exponent in the span of the basis whose state has the moments of the target.

    Minimises the convex `log sum_m g_m exp(phi_m) - sum_m p_m phi_m`.
    """
    from scipy.special import logsumexp

    p = np.exp(target + log_degeneracy)
    root = np.sqrt(np.maximum(p, 1e-8 * p.max()))
    phi = basis @ np.linalg.lstsq(root[:, None] * basis, root * target, rcond=None)[0]
    phi = np.asarray(phi - logsumexp(phi + log_degeneracy))
    for _ in range(_ITERATIONS):
        direction, decrement = _newton_direction(basis, phi + log_degeneracy, p)
        if decrement < _CONVERGED:
            return phi
        length = 1.0
        if decrement > _FULL_STEP:
            # Armijo's rule; the slope along the direction is minus the square of the decrement.
            start = -float(p @ phi)
            while _objective(phi + length * direction, log_degeneracy, p) > start - 0.25 * length * decrement**2:
                length *= 0.5
                if length < 1e-12:
                    raise NumericalError(_undetermined(basis.shape[1] - 1, decrement))
        phi = phi + length * direction
        phi = np.asarray(phi - logsumexp(phi + log_degeneracy))
        if decrement < 1e-8:
            # Quadratic convergence: the step just taken ended below round-off.
            return phi
    raise NumericalError(_undetermined(basis.shape[1] - 1, decrement))


def _objective(phi: RealArray, log_degeneracy: RealArray, p: RealArray) -> float:
    from scipy.special import logsumexp

    return float(logsumexp(phi + log_degeneracy)) - float(p @ phi)


def _newton_direction(basis: RealArray, log_q: RealArray, p: RealArray) -> tuple[RealArray, float]:
    """Newton step as a function of the level, and its decrement, in polynomials orthonormal in the state q."""
    q = np.exp(log_q)
    # Heavy rows first: Householder QR is then accurate row by row.
    heavy = np.argsort(-q, kind="stable")
    R = np.linalg.qr(np.sqrt(q)[heavy, None] * basis[heavy], mode="r")
    if np.abs(np.diag(R)).min() < 8 * ROUND_OFF * np.abs(np.diag(R)).max():
        raise NumericalError(_undetermined(basis.shape[1] - 1, 1.0))
    orthonormal = solve_triangular(R, basis.T, trans="T", lower=False).T
    gradient = (p - q) @ orthonormal
    # The constant is fixed by normalisation.
    gradient[0] = 0.0
    return np.asarray(orthonormal @ gradient), float(np.linalg.norm(gradient))


def _undetermined(order: int, decrement: float) -> str:
    return (
        f"The generalised Gibbs state of order {order} was not found: its moments are off by {decrement:.2g} standard "
        "deviations. The populations fall off so fast that they do not determine as many moments in double precision. "
        "Take a lower order, or the number of levels less one, where the fit is exact."
    )


def _relative_entropy(log_p: RealArray, step: RealArray) -> float:
    """`sum p (log p - log q)` as a sum of terms >= 0, `p (e^u - 1 - u)`, u = log(q/p): no cancellation."""
    excess = np.where(np.abs(step) < 1e-4, step**2 * (0.5 + step / 6 + step**2 / 24), np.expm1(step) - step)
    return float(np.exp(log_p) @ excess)


def _conversion_condition(scaled: RealArray, centre: float, scale: float, largest: float) -> float:
    """`sum_jk |c_k| binom(k, j) |centre|^(k - j) E^j / scale^k`: the terms of the exponent, before they cancel."""
    k = np.arange(scaled.size)
    return max(1.0, float(np.abs(scaled) @ ((abs(centre) + largest) / scale) ** k))
