r"""Relaxation of populations with and without detailed balance, at equal activity.

Rates :math:`a_{kl}` with the stationary populations :math:`\pi` are compared with the balanced rates of the same
activity, :math:`a^{bal}_{kl}\pi_l = \frac12 (a_{kl}\pi_l + a_{lk}\pi_k)`: as many transitions between each pair, and no
net current. In the symmetrised picture :math:`\pi^{-1/2} a\,\pi^{1/2} = S + A` those are the symmetric part S alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, RealArray, require
from equipoise._printed import amount, counted, described, table
from equipoise.fluxes import GeneratorAtState, at_state
from equipoise.fluxes.generator_at_state import State
from equipoise.generators import Dissipator, FrequencyResolved, Generator
from equipoise.provenance import Provenance
from equipoise.spectrum import Spectrum
from equipoise.stationary import DensityMatrix, evolution
from equipoise.stationary.pairwise import (
    diagonal_log_populations,
    diagonal_log_weights,
    require_pairwise_rates,
    require_stationary_flows,
)
from equipoise.stationary.sectors import log_population_rates
from equipoise.stationary.state import density_in

_REMEDY = "The comparison is one of populations that follow rates between pairs of levels."


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class RelaxationSpeed:
    """How fast populations relax, and how fast they would with detailed balance at the same activity.

    Parameters
    ----------
    spectrum : Spectrum
    eigenvalues, balanced_eigenvalues : ComplexArray and RealArray, shape (L - 1,)
        Of the rate equation and of the balanced one, without the eigenvalue 0, slowest first.
    times : RealArray, shape (T,)
    distance, balanced_distance : RealArray, shape (T,)
        `sqrt(sum (p_k - pi_k)^2 / pi_k)` along time, from one starting state.
    variation, balanced_variation : RealArray, shape (T,)
        Total variation distance `sum |p_k - pi_k| / 2`.
    """

    spectrum: Spectrum
    eigenvalues: ComplexArray
    balanced_eigenvalues: RealArray
    times: RealArray
    distance: RealArray
    balanced_distance: RealArray
    variation: RealArray
    balanced_variation: RealArray

    @property
    def gap(self) -> float:
        """Smallest `-Re lambda` of the rate equation: its slowest decay rate."""
        return float(-self.eigenvalues[0].real)

    @property
    def balanced_gap(self) -> float:
        """Slowest decay rate of the balanced rate equation, never larger."""
        return float(-self.balanced_eigenvalues[0])

    @property
    def acceleration(self) -> float:
        """`gap / balanced_gap >= 1`: what the violation of detailed balance gains."""
        return self.gap / self.balanced_gap

    @property
    def most(self) -> float:
        """Largest acceleration that any circulation could reach: the mean decay rate, which none changes, over the
        balanced gap.
        """
        return float(-self.balanced_eigenvalues.mean()) / self.balanced_gap

    @cached_property
    def bound(self) -> RealArray:
        """`distance[0] exp(-balanced_gap t)`, which `distance` never exceeds, shape (T,)."""
        return np.asarray(self.distance[0] * np.exp(-self.balanced_gap * (self.times - self.times[0])))

    def __repr__(self) -> str:
        chosen = np.unique(np.linspace(0, self.times.size - 1, min(self.times.size, 5)).round().astype(int))
        rows = [
            [amount(self.times[k]), *(f"{one[k]:.4g}" for one in (self.distance, self.balanced_distance))]
            for k in chosen
        ]
        return described(
            f"relaxation of {counted(self.spectrum.size, 'level')}, and balanced at the same activity",
            ("gap", f"{amount(self.gap)}, balanced {amount(self.balanced_gap)}"),
            ("acceleration", f"{self.acceleration:.10g}, at most {amount(self.most)} by any circulation"),
            below=table(["time", "distance", "balanced"], rows, "time"),
        )


def balanced_at_equal_activity(generator: Generator | GeneratorAtState, state: State | None = None) -> Generator:
    r"""Rate equation with :math:`a^{bal}_{kl}\pi_l = \frac12(a_{kl}\pi_l + a_{lk}\pi_k)`: detailed balance in pi.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        Secular, without degenerate levels.
    state : StationaryState, DensityMatrix or array_like of shape (d, d), optional
        pi, diagonal and of full rank. Default: the stationary state.

    Returns
    -------
    Generator
        Of populations, one dissipator of rates.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> ring = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> float(balanced_at_equal_activity(ring, np.eye(3) / 3).dissipators[0].representation.rates[1, 0].round(12))
    1.5
    """
    pair = at_state(generator, state)
    return _balanced(pair.generator, *_rates_and_weights(pair))


def relaxation_speed(
    generator: Generator | GeneratorAtState,
    state: State | None = None,
    *,
    start: State,
    times: ArrayLike | None = None,
) -> RelaxationSpeed:
    r"""Compare the relaxation of populations with that of the balanced rate equation of the same activity.

    In the symmetrised picture the rate equation is S + A, S symmetric and A antisymmetric, and both annihilate
    :math:`\sqrt\pi`. Eigenvalues have real parts in the numerical range, so :math:`gap \ge gap_{bal}`; and
    :math:`d\|x\|^2/dt = 2\langle x, S x\rangle`, so the distance stays below :math:`e^{-gap_{bal}\,t}` times its start,
    which for the balanced equation some starting state attains. No circulation is slower in this sense, though from a
    given start it may be for some time. The trace is that of S: the acceleration is at most the mean over the least of
    the balanced decay rates, and for three levels, decay rates s < r and a circulation that couples them by c,

    .. math:: gap = \frac{s + r}{2} - Re\sqrt{\tfrac14 (r - s)^2 - c^2},

    of second order in the violation of detailed balance.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        Secular, without degenerate levels, at least two of them; coherences do not enter.
    state : StationaryState, DensityMatrix or array_like of shape (d, d), optional
        pi, stationary, diagonal and of full rank. Default: the stationary state.
    start : StationaryState, DensityMatrix or array_like of shape (d, d)
        Diagonal; levels may be empty.
    times : array_like, shape (T,), optional
        Default: 101 times up to eight decay times of the balanced equation.

    Returns
    -------
    RelaxationSpeed

    Raises
    ------
    InputError
        No pairwise rates, a state that is not stationary, levels that no path of transitions connects.

    References
    ----------
    Alicki, Sindelka & Gelbwaser-Klimovsky (2023), who expect a speed-up. Hwang, Hwang-Ma & Sheu (2005).

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> ring = rate_equation([[0, 1.0, 3.0], [2.5, 0, 1.0], [1.5, 2.5, 0]], energies=[0.0, 1.0, 2.0])
    >>> found = relaxation_speed(ring, start=np.diag([1.0, 0, 0]))
    >>> found.acceleration >= 1.0
    True
    """
    pair = at_state(generator, state)
    generator = pair.generator
    log_rates, log_pi = _rates_and_weights(pair)
    require(generator.dimension > 1, "generator", "have at least two levels", "has one")
    require_stationary_flows(log_rates + log_pi[None, :], generator.spectrum.labels)
    log_p = diagonal_log_populations(density_in(generator.spectrum, start), _REMEDY, "start")
    balanced = _balanced(generator, log_rates, log_pi)
    picture = np.exp(log_rates + 0.5 * (log_pi[None, :] - log_pi[:, None]))
    np.fill_diagonal(picture, 0.0)
    # Columns of the rate matrix sum to zero; the diagonal is the same in the picture.
    picture[np.diag_indices(len(picture))] = -np.exp(np.logaddexp.reduce(log_rates, axis=0))
    eigenvalues = _nonzero(picture, log_pi)
    symmetric = 0.5 * (picture + picture.T)
    balanced_eigenvalues = _nonzero(symmetric, log_pi).real
    slowest = -float(balanced_eigenvalues[0])
    require(
        slowest > 1e-13 * float(np.abs(picture).max()),
        "generator",
        "connect all levels by transitions",
        "some are not connected, or so weakly that their relaxation is lost in round-off",
        "Restrict the system to a connected part.",
    )
    points = np.linspace(0.0, 8.0 / slowest, 101) if times is None else np.asarray(times, dtype=float)
    plain = Generator(
        generator.spectrum,
        (Dissipator(FrequencyResolved.of_rates(generator.spectrum, log_rates)),),
        provenance=generator.provenance,
    )
    from_ = DensityMatrix(generator.spectrum, log_p)
    curves = []
    for one in (plain, balanced):
        away = evolution(one, from_, points).populations - np.exp(log_pi)
        curves.append((np.linalg.norm(away * np.exp(-0.5 * log_pi), axis=1), 0.5 * np.abs(away).sum(axis=1)))
    (distance, variation), (balanced_distance, balanced_variation) = curves
    return RelaxationSpeed(
        spectrum=generator.spectrum,
        eigenvalues=eigenvalues,
        balanced_eigenvalues=np.asarray(balanced_eigenvalues),
        times=points,
        distance=np.asarray(distance),
        balanced_distance=np.asarray(balanced_distance),
        variation=np.asarray(variation),
        balanced_variation=np.asarray(balanced_variation),
    )


def _rates_and_weights(pair: GeneratorAtState) -> tuple[RealArray, RealArray]:
    require_pairwise_rates(pair.generator, _REMEDY)
    return log_population_rates(pair.generator), diagonal_log_weights(pair.density, _REMEDY)


def _balanced(generator: Generator, log_rates: RealArray, log_pi: RealArray) -> Generator:
    log_flows = log_rates + log_pi[None, :]
    mean = np.logaddexp(log_flows, log_flows.T) - np.log(2.0) - log_pi[None, :]
    spectrum = generator.spectrum
    return Generator(
        spectrum,
        (Dissipator(FrequencyResolved.of_rates(spectrum, mean)),),
        provenance=Provenance("balanced at equal activity"),
    )


def _nonzero(picture: RealArray, log_pi: RealArray) -> ComplexArray:
    """Eigenvalues on the complement of sqrt(pi), which the matrix annihilates from both sides, slowest first."""
    root = np.exp(0.5 * log_pi)
    # A reflection that takes sqrt(pi) to the first unit vector; the other columns span the complement.
    axis = root.copy()
    axis[0] += 1.0 if root[0] >= 0 else -1.0
    reflection = np.eye(root.size) - 2 * np.outer(axis, axis) / (axis @ axis)
    inner = (reflection @ picture @ reflection)[1:, 1:]
    hermitian = np.array_equal(picture, picture.T)
    values = np.linalg.eigvalsh(0.5 * (inner + inner.T)) if hermitian else np.linalg.eigvals(inner)
    return np.asarray(values[np.argsort(-values.real, kind="stable")], dtype=complex)
