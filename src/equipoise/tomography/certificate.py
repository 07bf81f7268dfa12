"""Is detailed balance violated, given a generator or a channel with error bars? A test, and a bound on what it costs.

The norm of the antisymmetric part is the distance from detailed balance, but it is singular at zero: noise alone
makes it positive, so no error bar on the norm tests anything. The antisymmetric part itself is linear in the map
(given the state), its noise is Gaussian where that of the map is, and its independent components give a chi-square.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import InputError, RealArray, finite_real, require
from equipoise.balance.quantum.notions import KMS, AbstractNotion
from equipoise.tomography.entropy_bound import EntropyBound, entropy_bound
from equipoise.tomography.estimates import AbstractEstimate
from equipoise.tomography.hypotheses import hypothesis
from equipoise.tomography.measured import MeasuredMap, measured

RANK_TOLERANCE = 1e-9
"""An eigenvalue of the correlation matrix of the components below this fraction of the largest is no component."""

RESOLVED = 0.05
"""Below this p-value the summary says that a notion is violated; the number itself is always given."""

NEAR_EDGE = 5.0
"""A least weight of the state within so many standard errors of zero makes linear error propagation doubtful."""

_SHOWN = 5


@dataclass(frozen=True)
class Component:
    """One element of the part of a map that detailed balance forbids.

    Parameters
    ----------
    name : str
        In the eigenbasis of the state, largest weight first: states are numbered from 0.
    value, standard_error : float
        In the symmetrised picture, in the unit of the map.
    """

    name: str
    value: float
    standard_error: float

    @property
    def significance(self) -> float:
        """Value over standard error."""
        return self.value / self.standard_error if self.standard_error > 0 else float("inf")


@dataclass(frozen=True, kw_only=True, repr=False)
class Certificate:
    """Whether a measured map violates a notion of detailed balance; print it for a summary.

    Parameters
    ----------
    notion : AbstractNotion
        Of detailed balance, the null hypothesis.
    statistic : float
        Squared distance of the forbidden components from zero, in units of their covariance: chi-square with
        `degrees_of_freedom`, or Hotelling's T^2 if the covariance was estimated from samples.
    degrees_of_freedom : int
        Independent forbidden components that carry an error.
    error_degrees_of_freedom : int or None
        Of the covariance; None if it is known.
    p_value : float
        Probability of a statistic as large, or larger, under detailed balance.
    components : tuple of Component
        The most significant ones.
    entropy_production : EntropyBound or None
        None where the given state is not stationary within the errors.
    notes : tuple of str
        What the state is, and what the errors assume.
    """

    notion: AbstractNotion
    statistic: float
    degrees_of_freedom: int
    error_degrees_of_freedom: int | None
    p_value: float
    components: tuple[Component, ...]
    entropy_production: EntropyBound | None
    notes: tuple[str, ...]

    @property
    def confidence(self) -> float:
        """Confidence that the notion is violated, `1 - p_value`."""
        return 1.0 - self.p_value

    def __repr__(self) -> str:
        law = "chi-square"
        if self.error_degrees_of_freedom is not None:
            law = f"Hotelling's T^2, errors from {self.error_degrees_of_freedom} degrees of freedom"
        verdict = "violated with confidence" if self.p_value < RESOLVED else "no violation resolved, confidence"
        lines = [
            f"{type(self.notion).__name__} detailed balance: {self.notion.name}",
            f"statistic {self.statistic:.4g} on {self.degrees_of_freedom} components ({law})",
            f"p-value {self.p_value:.3g}: {verdict} {_percent(self.p_value)}",
        ]
        for part in self.components:
            size = f"{part.value:.3g} +- {part.standard_error:.2g}"
            lines.append(f"  {part.name}: {size} ({part.significance:.1f} standard errors)")
        bound = self.entropy_production
        if bound is not None:
            lines.append(
                f"entropy production >= {bound.lower:.3g} at confidence {bound.confidence:.0%} "
                f"(at the measured map: >= {bound.estimate:.3g})"
            )
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


def certify(
    estimate: AbstractEstimate, notion: AbstractNotion, state: ArrayLike | None = None, confidence: float = 0.95
) -> Certificate:
    """Test a measured generator or channel for detailed balance, and bound its entropy production from below.

    The forbidden components (for KMS the antisymmetric part `(Lhat - Lhat^dagger)/2` in the symmetrised picture, for
    SQDB less the rotations that commute with the state, for GNS with the exchange of unequal modular frequencies) are
    projected on their independent real combinations; `y^T C^-1 y` has p degrees of freedom. A covariance that is known
    makes it chi-square; one estimated with m degrees of freedom makes `(m - p + 1)/(m p) y^T C^-1 y` follow the
    F-distribution with p and m - p + 1 (Hotelling), exactly for Gaussian errors.

    Parameters
    ----------
    estimate : GeneratorEstimate or ChannelEstimate
    notion : AbstractNotion
        `KMS()`, `StandardQuantum()`, `GNS()` or `Alicki()`. A Hamiltonian that commutes with the state violates KMS()
        and GNS(): ask StandardQuantum() or Alicki() where it should not count. For a channel of finite angle this
        Hamiltonian is excluded to first order in its angle only.
    state : array_like, shape (d, d), optional
        Reference state without error, in the given basis; its stationarity is then part of what is tested. By default
        the stationary state of the estimate, with its own error propagated to first order.
    confidence : float, default 0.95
        Level of the bound on the entropy production.

    Returns
    -------
    Certificate

    Raises
    ------
    InputError
        A notion that is not linear in the map, too few samples for the number of components (how many are needed), a
        state that is not of full rank, several stationary states, a confidence outside (0, 1).

    References
    ----------
    Hotelling (1931); Scheffe (1953); Fagnola & Rebolledo (2015) for the entropy production.

    Examples
    --------
    A thermal qubit, measured with independent errors of 0.01 in a Hermitian basis, and asked for detailed balance up
    to its Hamiltonian:

    >>> from equipoise.tomography import GeneratorEstimate, hermitian_basis
    >>> from equipoise.balance import StandardQuantum
    >>> from equipoise.generators import lindbladian
    >>> qubit = lindbladian([[0, 0], [0, 1.0]], [[[0, 1.0], [0, 0]], [[0, 0], [0.6, 0]]])
    >>> rng, T = np.random.default_rng(1), hermitian_basis(2)
    >>> noisy = [qubit.superoperator() + 0.01 * T @ rng.normal(size=(4, 4)) @ T.conj().T for _ in range(60)]
    >>> shots = [GeneratorEstimate.trace_preserving(S) for S in noisy]
    >>> found = certify(GeneratorEstimate.from_repetitions(shots), StandardQuantum())
    >>> found.degrees_of_freedom, found.p_value > 0.05, found.entropy_production.lower
    (2, True, 0.0)
    """
    require(
        isinstance(estimate, AbstractEstimate),
        "estimate",
        "be a GeneratorEstimate or a ChannelEstimate",
        f"got {type(estimate).__name__}",
        "Make one with GeneratorEstimate.from_covariance(superoperator, covariance) or .from_repetitions(samples).",
    )
    confidence = finite_real(confidence, "confidence")
    require(0 < confidence < 1, "confidence", "lie between 0 and 1", f"got {confidence:g}", "Such as 0.95.")
    found = measured(estimate, state)
    degrees = estimate.degrees_of_freedom
    # KMS does not ask which weights are equal: the eigenbasis is held fixed as a whole.
    blocks = found.equal_weights() if not isinstance(notion, KMS) else np.ones((found.dimension,) * 2, dtype=bool)
    kept = found.kept_frequencies(blocks)
    rows = hypothesis(notion, np.sqrt(found.weights), blocks, kept, stationary=found.is_stationary)
    values, covariance = found.components(rows, blocks)
    size = float(np.linalg.norm(found.symmetrised))
    statistic, p = _statistic(values, covariance, size, degrees)
    notes = _notes(found, estimate.source, notion, blocks)
    if p == 0:
        # There is no distribution to compare with.
        exact = "no forbidden component carries an error, and one is not zero: violated as exactly as the map is known"
        allowed = "nothing to test: no forbidden component carries an error that the notion does not allow"
        notes = (*notes, exact if np.isinf(statistic) else allowed)
    bound, why = _bound(found, degrees, confidence)
    return Certificate(
        notion=notion,
        statistic=statistic,
        degrees_of_freedom=p,
        error_degrees_of_freedom=degrees,
        p_value=_p_value(statistic, p, degrees),
        components=_named(found, rows, blocks),
        entropy_production=bound,
        notes=(*notes, *why),
    )


def _statistic(values: RealArray, covariance: RealArray, size: float, degrees: int | None) -> tuple[float, int]:
    """`y^T C^+ y` and the rank of C; infinite if a combination without error is not zero."""
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    # What rounding leaves of a variance that is exactly zero.
    floor = 1e-12 * max(size, float(error.max(initial=0.0)))
    carried = error > floor
    exact = float(np.abs(values[~carried]).max(initial=0.0))
    y = values[carried] / error[carried]
    C = covariance[np.ix_(carried, carried)] / np.outer(error[carried], error[carried])
    if y.size == 0:
        return (float("inf") if exact > 1e-8 * size else 0.0), 0
    spread, directions = np.linalg.eigh(0.5 * (C + C.T))
    independent = spread > RANK_TOLERANCE * float(spread[-1])
    p = int(independent.sum())
    if degrees is not None and degrees < p + 1:
        raise InputError(
            f"Argument `estimate` must have more samples than there are components to test, but has {degrees + 1} "
            f"samples for {p if p < degrees else len(values)} components: the covariance of so few is singular. Take "
            f"at least {len(values) + 3} samples, or give a covariance that is known."
        )
    null = directions[:, ~independent] / error[carried][:, None]
    if null.size:
        exact = max(exact, float((np.abs(null.T @ values[carried]) / np.linalg.norm(null, axis=0)).max()))
    if exact > 1e-8 * size:
        return float("inf"), p
    projected = directions[:, independent].T @ y
    return float(np.sum(projected**2 / spread[independent])), p


def _p_value(statistic: float, p: int, degrees: int | None) -> float:
    from scipy import stats

    if p == 0 or not np.isfinite(statistic):
        return 1.0 if statistic == 0 else 0.0
    if degrees is None:
        return float(stats.chi2.sf(statistic, p))
    return float(stats.f.sf(statistic * (degrees - p + 1) / (degrees * p), p, degrees - p + 1))


def _quantile(confidence: float, p: int, degrees: int | None) -> float | None:
    """Squared radius of the confidence region of p components; None if the samples are too few for one."""
    from scipy import stats

    if degrees is None:
        return float(stats.chi2.ppf(confidence, p))
    if degrees - p + 1 <= 0:
        return None
    return float(stats.f.ppf(confidence, p, degrees - p + 1)) * degrees * p / (degrees - p + 1)


def _bound(found: MeasuredMap, degrees: int | None, confidence: float) -> tuple[EntropyBound | None, tuple[str, ...]]:
    d = found.dimension
    if not found.is_stationary:
        residual = found.change @ found.state
        take = np.kron(np.eye(d * d), found.state)
        # One of the populations follows from the trace.
        covariance = (take @ found.covariance @ take.T)[1:, 1:]
        chi2, p = _statistic(residual[1:], covariance, float(np.linalg.norm(found.transfer)), degrees)
        if _p_value(chi2, p, degrees) < 1e-3:
            return None, ("entropy production not bounded: the given state is not stationary within the errors",)
    # Antisymmetric components of the jump part, and the activity.
    count = (d * d - 1) * (d * d - 2) // 2 if not found.is_channel else d * d * (d * d - 1) // 2
    quantile = _quantile(confidence, count + 1, degrees)
    if quantile is None:
        return None, (f"entropy production not bounded: that takes more than {count + 1} samples",)
    return entropy_bound(found, quantile, confidence), ()


def _notes(found: MeasuredMap, source: str, notion: AbstractNotion, blocks: np.ndarray) -> tuple[str, ...]:
    notes = [f"errors from {source}, taken as Gaussian"]
    if found.is_stationary:
        notes.append("state: stationary state of the estimate, its error propagated to first order")
        index = found.dimension - 1
        error = float(np.sqrt(max(found.log_weight_covariance[index, index], 0.0)))
        if error * NEAR_EDGE > 1:
            notes.append(
                f"the least weight of the state, {found.weights[-1]:.2g}, is {1 / error:.1f} standard errors from "
                "zero: the propagation is doubtful"
            )
        merged = int((blocks & ~np.eye(found.dimension, dtype=bool)).sum()) // 2
        if merged and not isinstance(notion, KMS):
            notes.append(f"{merged} pairs of weights of the state are not resolved, and count as equal")
    else:
        notes.append("state: as given, without error; that it is stationary is part of what is tested")
    return tuple(notes)


def _named(found: MeasuredMap, rows: RealArray, blocks: np.ndarray) -> tuple[Component, ...]:
    """The forbidden part, projected and read off element by element, most significant first."""
    n = found.dimension**2
    values = np.einsum("rab,ab->r", rows, found.symmetrised)
    part = np.einsum("r,rab->ab", values, rows)
    _, covariance = found.components(rows, blocks)
    # Standard errors of the elements of the projected part.
    flat = rows.reshape(len(rows), n * n)
    error = np.sqrt(np.maximum(np.einsum("ri,rs,si->i", flat, covariance, flat, optimize=True), 0.0)).reshape(n, n)
    names = _names(found.dimension)
    floor = 1e-12 * float(np.linalg.norm(found.symmetrised))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(error > floor, np.abs(part) / error, np.where(np.abs(part) > 1e4 * floor, np.inf, 0.0))
    chosen: list[Component] = []
    seen: set[tuple[int, int]] = set()
    for k in np.argsort(-z, axis=None, kind="stable"):
        a, b = (int(x) for x in np.unravel_index(int(k), z.shape))
        if z[a, b] == 0 or len(chosen) == _SHOWN:
            break
        if (a, b) in seen:
            continue
        seen |= {(a, b), (b, a)}
        if part[a, b] < 0 and part[b, a] > 0:
            a, b = b, a
        chosen.append(Component(f"{names[b]} -> {names[a]}", float(part[a, b]), float(error[a, b])))
    return tuple(chosen)


def _names(d: int) -> list[str]:
    i, j = np.triu_indices(d, 1)
    coherences = [f"{part} coherence {m}-{n}" for m, n in zip(i, j, strict=True) for part in ("Re", "Im")]
    return [f"population {m}" for m in range(d)] + coherences


def _percent(p_value: float) -> str:
    return "100 %" if p_value == 0 else f"{100 * (1 - p_value):.4g} %" if p_value > 1e-6 else f"1 - {p_value:.1e}"
