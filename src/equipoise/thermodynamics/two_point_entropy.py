"""Fagnola-Rebolledo entropy production: how well the jumps forward in time can be told from those backward."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import (
    ROUND_OFF,
    Array,
    ComplexArray,
    InputError,
    RealArray,
    require,
    require_memory,
    square_matrix,
)
from equipoise._printed import amount, described, table
from equipoise.fluxes.generator_at_state import GeneratorAtState, State, at_state
from equipoise.fluxes.jumps import JumpGroup, PairedJumps, SinglePairs, paired_jumps, resolves_frequencies
from equipoise.generators import Dissipator, Generator
from equipoise.stationary import DensityMatrix
from equipoise.stationary.pairwise import difference_of_exponentials
from equipoise.stationary.support import Support
from equipoise.thermodynamics.contractivity import bregman_terms


@dataclass(frozen=True, kw_only=True)
class TwoPointDivergence:
    """Distances between the forward and the backward two-point operator `C_f`, `C_b` of some jumps, per unit time.

    Parameters
    ----------
    relative_entropy : float
        `Tr C_f (log C_f - log C_b)`; infinite if some jump has no reverse.
    jensen_shannon : float
        `S(C_f | C_m)/2 + S(C_b | C_m)/2` with their mean `C_m`; at most `activity log 2`, always finite.
    trace_distance : float
        `t = ||C_f - C_b||_1 / 2`, at most the activity.
    activity : float
        `Tr C_f = Tr C_b`, the number of jumps per unit time in the gauge `Tr[sigma L_k] = 0`.
    """

    relative_entropy: float
    jensen_shannon: float
    trace_distance: float
    activity: float

    @property
    def bound(self) -> float:
        """`t log((a + t)/(a - t))`, below the relative entropy; finite unless no jump at all has a reverse."""
        t, a = self.trace_distance, self.activity
        if t == 0.0:
            return 0.0
        # Disjoint supports to round-off: a - t has no digit left.
        disjoint = a - t <= 64 * ROUND_OFF * a
        return float(np.inf) if disjoint else float(t * np.log((a + t) / (a - t)))


@dataclass(frozen=True, kw_only=True)
class FagnolaRebolledo:
    """Fagnola-Rebolledo entropy production of a generator in a state, whole and reservoir by reservoir.

    It is the relative entropy of the two-point states forward and backward in time. In the gauge `Tr[sigma L_k] = 0`,
    with `C_f = sum_k |L_k sigma^(1/2)>><<.|` and `C_b = sum_k |sigma^(1/2) L_k^dagger>><<.|`::

        EP = Tr C_f (log C_f - log C_b) >= 0.

    It is zero if and only if the generator obeys standard quantum detailed balance with respect to the stationary
    sigma, and Schnakenberg's entropy production for a rate equation. It depends on the generator alone, not on a
    choice of jump operators. One channel without its reverse makes it infinite; the other distances say how far from
    balance the generator is all the same. With a time reversal it is zero if the jumps satisfy SQDB with this time
    reversal; it does not see whether the Hamiltonian does. The value is a sum of non-negative terms: violations of
    1e-9 give their 1e-18.

    Parameters
    ----------
    whole : TwoPointDivergence or None
        Of all jumps together: nothing is known of who causes them. None where it is not applicable.
    reservoirs : tuple of str, length R
    resolved : tuple of TwoPointDivergence, length R
        Of the jumps of each dissipator.
    stationarity : float
        `||L(sigma)|| / (sum of |elements| of its terms)`: the meaning of the value rests on `L(sigma) = 0`.
    support : Support or None
        Of the state, to which the generator was restricted; None if it has full rank.
    reason : str
        Why it is not applicable: jumps with negative signs or none at all, a support that the generator leaves.

    References
    ----------
    Fagnola & Rebolledo (2014); Fagnola & Umanita (2010) for the gauge and the zero.
    """

    whole: TwoPointDivergence | None = None
    reservoirs: tuple[str, ...] = ()
    resolved: tuple[TwoPointDivergence, ...] = ()
    stationarity: float = np.nan
    support: Support | None = None
    reason: str = ""

    @property
    def value(self) -> float | None:
        """The entropy production rate of all jumps together, k_B per unit time, >= 0, possibly infinite."""
        return None if self.whole is None else self.whole.relative_entropy

    @property
    def resolved_value(self) -> float | None:
        """Sum over the dissipators, >= `value`, possibly infinite."""
        return None if self.whole is None else float(sum(part.relative_entropy for part in self.resolved))

    @property
    def hidden(self) -> float | None:
        """Entropy production hidden by not resolving the reservoirs, >= 0; None if `value` is infinite itself."""
        if self.value is None or self.resolved_value is None or np.isinf(self.value):
            return None
        return max(0.0, self.resolved_value - self.value)

    def __repr__(self) -> str:
        title = "Fagnola-Rebolledo entropy production"
        if self.whole is None or self.value is None:
            return described(title, ("value", "not applicable"), ("reason", self.reason))
        every = [("all jumps together", self.whole), *zip(self.reservoirs, self.resolved, strict=True)]
        rows = [
            [name, *map(amount, (part.relative_entropy, part.jensen_shannon, part.trace_distance, part.activity))]
            for name, part in every
        ]
        hidden = "unknown" if self.hidden is None else f"{amount(self.hidden)}, by not resolving the reservoirs"
        restriction = () if self.support is None else (("state", str(self.support)),)
        return described(
            title,
            ("value", amount(self.value) + (": a jump lacks its reverse" if np.isinf(self.value) else "")),
            ("hidden", hidden),
            ("stationarity", f"{self.stationarity:.1e}"),
            *restriction,
            below=table(["jumps of", "entropy", "Jensen-Shannon", "trace distance", "activity"], rows, "dissipator"),
        )


def fagnola_rebolledo(
    generator: Generator | GeneratorAtState, state: State | None = None, time_reversal: ArrayLike | None = None
) -> FagnolaRebolledo:
    """The entropy production of `FagnolaRebolledo`; U of an antiunitary `theta = U K` replaces `L_k^dagger`.

    One thin QR factorisation, O(K^2 d^2 + K^3) for K jump operators; a secular generator Bohr frequency by Bohr
    frequency, O(F d^2) without coinciding gaps. A time reversal that is not unitary, or changes the state, is refused.
    """
    pair = at_state(generator, state)
    theta = None if time_reversal is None else _checked_reversal(time_reversal, pair.density)
    try:
        found, density = pair.on_support.generator, pair.on_support.density
        resolved = tuple(_divergence(found, (part,), density, theta) for part in found.dissipators)
        whole = resolved[0] if len(resolved) == 1 else _divergence(found, found.dissipators, density, theta)
    except InputError as refusal:
        return FagnolaRebolledo(reason=str(refusal))
    return FagnolaRebolledo(
        whole=whole,
        reservoirs=found.names,
        resolved=resolved,
        stationarity=_stationarity(found, density),
        support=pair.on_support.support,
    )


def _stationarity(generator: Generator, density: DensityMatrix) -> float:
    rho, energies = density.elements, generator.spectrum.energies
    uniform = np.eye(len(rho), dtype=complex) / len(rho)
    terms = [(energies[:, None] - energies[None, :]) * rho]
    terms += [part.apply_elements(X, generator.spectrum) for part in generator.dissipators for X in (rho, uniform)]
    size = sum(float(np.linalg.norm(term)) for term in terms)
    return float(np.linalg.norm(generator.apply_elements(rho))) / size if size > 0 else 0.0


def _checked_reversal(time_reversal: ArrayLike, density: DensityMatrix) -> ComplexArray:
    """U of `theta = U K` between the occupied eigenvectors of the state; K conjugates in the given basis."""
    d = density.spectrum.dimension
    U = square_matrix(time_reversal, "time_reversal", d)
    defect = float(np.abs(U @ U.conj().T - np.eye(d)).max())
    require(defect <= 1e-10, "time_reversal", "be unitary", f"|U U^dagger - 1| reaches {defect:.3g}")
    V = density.eigenvectors
    inside = np.asarray(V.conj().T @ U @ V.conj())
    # sigma and its image differ between eigenvectors of different weight that theta connects.
    occupied = np.isfinite(density.log_weights)
    logs = np.where(occupied, density.log_weights, 0.0)
    gaps = np.abs(logs[:, None] - logs[None, :])
    gaps[occupied[:, None] != occupied[None, :]] = np.inf
    moved = float((np.abs(inside) * np.minimum(gaps, 1.0)).max())
    require(
        moved <= 1e-8,
        "time_reversal",
        "commute with the state, theta sigma theta^-1 = sigma",
        f"it connects eigenvectors of different weight (by {moved:.3g})",
        "In a magnetic field the reversed state belongs to the reversed field.",
    )
    return np.asarray(inside[np.ix_(occupied, occupied)])


def _divergence(
    generator: Generator, parts: tuple[Dissipator, ...], density: DensityMatrix, theta: ComplexArray | None
) -> TwoPointDivergence:
    jumps = two_point_amplitudes(generator, parts, density, theta)
    terms = np.array([_of_singles(jumps.singles), *(_of_group(group, len(density.weights)) for group in jumps.groups)])
    entropy, shannon, distance, activity = terms.sum(axis=0)
    # Rounding must not carry t beyond a: a sum over disjoint supports equals it.
    return TwoPointDivergence(
        relative_entropy=float(entropy),
        jensen_shannon=float(shannon),
        trace_distance=float(min(distance, activity)),
        activity=float(activity),
    )


def two_point_amplitudes(
    generator: Generator, parts: tuple[Dissipator, ...], density: DensityMatrix, theta: ComplexArray | None = None
) -> PairedJumps:
    """`L_k sigma^(1/2)`, `Tr[sigma L_k] = 0`, of some dissipators, with their reverses; theta as for `paired_jumps`."""
    if not resolves_frequencies(parts, density, theta):
        _require_explicit(parts, generator.dimension)
    return paired_jumps(generator, density, left=0.0, right=0.5, dissipators=parts, time_reversal=theta)


def _require_explicit(parts: tuple[Dissipator, ...], dimension: int) -> None:
    """Refuse dissipators without jump operators, with negative signs, or with too many jumps to write out."""
    for part in parts:
        require(
            part.representation.has_jump_operators,
            "generator",
            "have jump operators",
            f"dissipator {part.name!r} is known by its action only",
            "Up to dimension 32 detailed_balance remains.",
        )
        require(
            part.representation.is_completely_positive,
            "generator",
            "be completely positive (every jump with sign +1)",
            f"dissipator {part.name!r} has jumps with sign -1",
            "Its two-point operators are not positive, and have no logarithm; detailed_balance "
            "and the entropy production of audit(generator) remain.",
        )
    count = sum(part.representation.jump_count for part in parts)
    require_memory(4 * count, dimension, "generator", "Pass a state that is diagonal in the energy basis.")


def _of_singles(singles: SinglePairs) -> tuple[float, float, float, float]:
    log_f, log_b = singles.log_forward, singles.log_backward
    one_way = np.isfinite(log_f) & np.isneginf(log_b)
    entropy = float(bregman_terms(log_f[~one_way], log_b[~one_way]).sum())
    m = np.logaddexp(log_f, log_b) - np.log(2.0)
    some = np.isfinite(m)
    shannon = 0.5 * float(np.sum(bregman_terms(log_f[some], m[some]) + bregman_terms(log_b[some], m[some])))
    distance = 0.5 * float(np.abs(difference_of_exponentials(log_f, log_b)).sum())
    return (float(np.inf) if one_way.any() else entropy), shannon, distance, float(singles.forward.sum())


def _of_group(group: JumpGroup, dimension: int) -> tuple[float, float, float, float]:
    f, b = group.forward, group.backward
    K = f.shape[1]
    # What the rounding of large identity parts leaves in the columns.
    error = ROUND_OFF * float(np.sqrt(dimension * np.sum(group.removed**2)))
    R: ComplexArray = np.asarray(np.linalg.qr(np.hstack([f, b]), mode="r"))
    f, b = R[:, :K], R[:, K:]
    forward, backward = _eigen(f, error), _eigen(b, error)
    mean = _eigen(np.hstack([f, b]) / np.sqrt(2.0), error)
    shannon = 0.5 * sum(_relative_entropy(one, mean, error) for one in (forward, backward))
    distance = 0.5 * float(np.abs(np.linalg.eigvalsh(f @ f.conj().T - b @ b.conj().T)).sum())
    return _relative_entropy(forward, backward, error), shannon, distance, float(forward[0].sum())


def _eigen(columns: Array, error: float) -> tuple[RealArray, ComplexArray]:
    """Eigenvalues and a complete basis of eigenvectors of `C = columns columns^dagger`; round-off counts as zero."""
    vectors, values, _ = np.linalg.svd(columns, full_matrices=True)
    n = columns.shape[0]
    roots = np.zeros(n)
    roots[: values.size] = values
    # Singular values of the columns, not eigenvalues of C: resolved to 1e-16, so eigenvalues to 1e-32.
    roots[roots <= max(8 * n * ROUND_OFF * roots.max(initial=0.0), 8 * error)] = 0.0
    return roots**2, np.asarray(vectors)


def _relative_entropy(
    first: tuple[RealArray, ComplexArray], second: tuple[RealArray, ComplexArray], error: float
) -> float:
    """`Tr A (log A - log B)` of two matrices of equal trace, as a sum of terms that are all >= 0.

    `sum_ij |<u_i|v_j>|^2 (a_i log(a_i/b_j) - a_i + b_j)`, each term a Bregman distance (Klein's inequality).
    """
    (a, U), (b, V) = first, second
    overlap = np.abs(U.conj().T @ V) ** 2
    outside = overlap[:, b == 0.0].sum(axis=1)
    # An eigenvector that reaches out of the support of B by round-off does not leave it.
    n = a.size
    if np.any(a * outside > max((64 * n * ROUND_OFF) ** 2 * a.sum(), (64 * error) ** 2)):
        return float(np.inf)
    kept = b > 0.0
    x, y = np.broadcast_arrays(a[:, None], b[kept][None, :])
    with np.errstate(divide="ignore"):
        terms = bregman_terms(np.log(x), np.log(y))
    return float(np.sum(overlap[:, kept] * terms))
