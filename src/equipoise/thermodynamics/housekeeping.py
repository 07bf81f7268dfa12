"""Entropy production split into what keeps a stationary state going and what changes the state.

Two splits. That of Hatano and Sasa compares with the stationary state: its non-adiabatic part is never negative, its
adiabatic part may be, for a quantum state. The geometric one projects the thermodynamic force on gradients: both
parts are norms, and never negative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from equipoise._checks import ComplexArray, NumericalError, RealArray, require
from equipoise._printed import amount, counted, described
from equipoise.fluxes.generator_at_state import GeneratorAtState, State, at_state
from equipoise.generators import Generator
from equipoise.generators.pairing import jump_pairs
from equipoise.generators.representations import split_traces
from equipoise.stationary import DensityMatrix
from equipoise.stationary.state import density_in, require_full_rank
from equipoise.thermodynamics.entropy import reservoir_gibbs_state
from equipoise.thermodynamics.two_point_entropy import two_point_amplitudes

MOST_STEPS = 2000
"""Conjugate-gradient steps after which the projection counts as not converged."""


@dataclass(frozen=True, eq=False, kw_only=True)
class AdiabaticSplit:
    """`sigma_total = nonadiabatic + adiabatic` in a state, and how negative the adiabatic part can become.

    Parameters
    ----------
    total : float
        `-sum_r Tr[D_r(rho) (log rho - log tau_r)]`.
    nonadiabatic : float
        `-Tr[L(rho) (log rho - log pi)]` >= 0 for a GKSL semigroup (Hatano-Sasa; Spohn).
    adiabatic : float
        `Tr[rho X]`, the rest.
    operator : ComplexArray, shape (d, d)
        `X = sum_r D_r^adjoint(log tau_r) - L^adjoint(log pi)` in the given basis.
    least : float
        Smallest eigenvalue of X: the least adiabatic part of any state. Negative: the split is not one of two
        productions.
    least_state : ComplexArray, shape (d,)
        Eigenvector of X that reaches it, given basis.
    modular : float
        Largest over the dissipators of `||[ad_h, C_r]|| / ||C_r||`, `h = -log pi`, C_r the two-point operator of the
        jumps. Zero: jumps that are eigenoperators of log pi exist, and the adiabatic part is then not negative.
    """

    total: float
    nonadiabatic: float
    adiabatic: float
    operator: ComplexArray
    least: float
    least_state: ComplexArray
    modular: float

    def __repr__(self) -> str:
        return described(
            "entropy production, split by the stationary state",
            ("total", amount(self.total)),
            ("non-adiabatic", amount(self.nonadiabatic)),
            ("adiabatic", f"{amount(self.adiabatic)}; least of any state {amount(self.least)}"),
            ("modular", f"{self.modular:.3g}"),
        )


def adiabatic_split(
    generator: Generator | GeneratorAtState,
    state: State | None = None,
    stationary: State | None = None,
    reservoir_states: Sequence[State] | None = None,
) -> AdiabaticSplit:
    """Adiabatic and non-adiabatic entropy production of a state, and the least adiabatic one over all states.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        Each dissipator with a state of its own that it leaves invariant.
    state : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        rho, of full rank; None: the stationary state.
    stationary : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        pi, of full rank; None: the stationary state.
    reservoir_states : sequence of states, length R, optional
        `tau_r` of each dissipator; default: the Gibbs state of the system at its temperature and chemical potential.

    Returns
    -------
    AdiabaticSplit
        Rates in units of k_B.

    Raises
    ------
    InputError
        States without full rank; a reservoir without a temperature, or at zero temperature, and no state given for it.

    References
    ----------
    Hatano & Sasa (2001); Horowitz & Parrondo (2013); Manzano, Horowitz & Parrondo (2018): the adiabatic part is not
    negative if jumps are eigenoperators of log pi.

    Examples
    --------
    At the stationary state the non-adiabatic part vanishes:

    >>> from equipoise.generators import rate_equation
    >>> from equipoise.stationary import gibbs_state
    >>> from equipoise.reservoirs import Reservoir
    >>> hot, cold = Reservoir("hot"), Reservoir("cold")
    >>> generator = rate_equation({hot: [[0, 2.0], [1.0, 0]], cold: [[0, 4.0], [1.0, 0]]}, energies=[0.0, 1.0])
    >>> own = [gibbs_state(generator.spectrum, np.log(ratio)) for ratio in (2.0, 4.0)]
    >>> split = adiabatic_split(generator, reservoir_states=own)
    >>> abs(split.nonadiabatic) < 1e-15, bool(np.isclose(split.adiabatic, split.total))
    (True, True)
    """
    pair = at_state(generator, state)
    generator, density = pair.generator, pair.density
    require_full_rank(density, "state")
    reference = at_state(generator, stationary).density
    require_full_rank(reference, "stationary")
    taus = _reservoir_states(generator, reservoir_states)
    X, total = -generator.adjoint(_logarithm(reference)), 0.0
    # Flows are taken in the energy basis: a change of basis would drown those of a cold state.
    spectrum, rho = generator.spectrum, density.elements
    log_rho = _log_elements(density)
    for part, tau in zip(generator.dissipators, taus, strict=True):
        X = X + part.adjoint(_logarithm(tau))
        total -= float(np.vdot(log_rho - _log_elements(tau), part.apply_elements(rho, spectrum)).real)
    X = np.asarray(0.5 * (X + X.conj().T), dtype=complex)
    values, vectors = np.linalg.eigh(X)
    nonadiabatic = -float(np.vdot(log_rho - _log_elements(reference), generator.apply_elements(rho)).real)
    modular = max(_modular(generator, r, reference) for r in range(len(generator.dissipators)))
    return AdiabaticSplit(
        total=total,
        nonadiabatic=nonadiabatic,
        adiabatic=total - nonadiabatic,
        operator=X,
        least=float(values[0]),
        least_state=vectors[:, 0],
        modular=modular,
    )


def _reservoir_states(generator: Generator, given: Sequence[State] | None) -> list[DensityMatrix]:
    count, found = len(generator.dissipators), []
    if given is not None:
        came = f"has {len(given)}"
        require(len(given) == count, "reservoir_states", f"have one state for each of the {count} dissipators", came)
        for r, state in enumerate(given):
            found.append(density_in(generator.spectrum, state))
            require_full_rank(found[-1], f"reservoir_states[{r}]")
        return found
    for part in generator.dissipators:
        tau = reservoir_gibbs_state(generator, part)
        require(
            tau is not None and bool(np.isfinite(tau.log_weights).all()),
            "generator",
            "have reservoirs at finite temperatures (and a number operator where mu is not zero)",
            f"reservoir {part.name!r} has no Gibbs state of full rank",
            "Pass reservoir_states: a state that each dissipator leaves invariant.",
        )
        assert tau is not None
        found.append(tau)
    return found


def _log_elements(density: DensityMatrix) -> ComplexArray:
    """`log rho` in the energy basis."""
    B = density.basis
    if B is None:
        return np.diag(density.log_weights).astype(complex)
    return np.asarray((B * density.log_weights) @ B.conj().T, dtype=complex)


def _logarithm(density: DensityMatrix) -> ComplexArray:
    """`log rho` in the given basis."""
    return np.asarray(density.spectrum.to_given_basis(_log_elements(density)))


def _modular(generator: Generator, r: int, reference: DensityMatrix) -> float:
    """`||[ad_h, C_r]|| / ||C_r||` of one dissipator; pairs of a frequency of their own commute."""
    jumps = two_point_amplitudes(generator, (generator.dissipators[r],), reference)
    size2 = float(np.sum(jumps.singles.forward**2))
    defect2 = 0.0
    for group in jumps.groups:
        K = group.forward.shape[1]
        both = np.hstack([group.forward, group.frequency[:, None] * group.forward])
        R: ComplexArray = np.asarray(np.linalg.qr(both, mode="r"))
        a, b = R[:, :K], R[:, K:]
        defect2 += float(np.linalg.norm(b @ a.conj().T - a @ b.conj().T)) ** 2
        size2 += float(np.linalg.norm(a @ a.conj().T)) ** 2
    return float(np.sqrt(defect2 / size2)) if size2 > 0 else 0.0


@dataclass(frozen=True, eq=False, kw_only=True)
class GeometricSplit:
    """Entropy production as the squared norm of a force, and its split by the best gradient.

    Parameters
    ----------
    total : float
        `sum_k Tr[F_k^dagger J_k]`: dS/dt plus the entropy given to the reservoirs.
    housekeeping, excess : float
        Squared norms of the rest and of the gradient part; both >= 0, and their sum is `total`.
    potential : ComplexArray, shape (d, d)
        phi of the gradient `[L_k, phi]`, Hermitian, without trace, given basis. Its current alone reproduces D(rho).
    residual : float
        `||D(rho) of the gradient part - D(rho)|| / ||D(rho)||`: accuracy of the projection.
    steps : int
        Conjugate-gradient steps.
    """

    total: float
    housekeeping: float
    excess: float
    potential: ComplexArray
    residual: float
    steps: int

    def __repr__(self) -> str:
        return described(
            "entropy production, split by the best gradient",
            ("total", amount(self.total)),
            ("housekeeping", amount(self.housekeeping)),
            ("excess", amount(self.excess)),
            ("residual", f"{self.residual:.1e} after {counted(self.steps, 'step')}"),
        )


def geometric_split(
    generator: Generator | GeneratorAtState, state: State | None = None, tolerance: float = 1e-11
) -> GeometricSplit:
    """House-keeping and excess entropy production that are both non-negative in any state.

    With pairs of jumps `e^(s_k/4) L_k`, `e^(-s_k/4) L_k^dagger`::

        force    F_k = s_k L_k + [L_k, log rho],
        current  J_k = e^(s_k/2) L_k rho - e^(-s_k/2) rho L_k = [rho]_k (F_k),
        D(rho)   = (1/2) sum_k [J_k, L_k^dagger] + h.c.,        EP = sum_k Tr[F_k^dagger J_k],

    `[rho]_k` multiplies the element [i, j] in the eigenbasis of rho by the logarithmic mean of `e^(s_k/2) p_j` and
    `e^(-s_k/2) p_i`. The excess is the part of F along gradients `[L_k, phi]`, phi Hermitian, in the product
    `sum_k Tr[A_k^dagger [rho]_k(B_k)]`; house-keeping is the rest. Preconditioned conjugate gradients, O(K d^3) for
    each step, O(K d^2) memory for K pairs.

    The excess vanishes when `D(rho) = 0`. In a stationary state with coherences `D(rho) = i[H, rho]` may not vanish,
    and then it does not. It has no general order with the non-adiabatic part of `adiabatic_split`.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        Each jump with its reverse (`jump_pairs`). Coherent terms do not enter: they produce no entropy.
    state : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        rho, of full rank; None: the stationary state.
    tolerance : float
        Relative residual at which the projection stops.

    Returns
    -------
    GeometricSplit
        Rates in units of k_B.

    Raises
    ------
    InputError
        A state without full rank, a jump without its reverse.
    NumericalError
        If the projection does not converge.

    References
    ----------
    Maes & Netocny (2014) for Markov chains; the framework for GKSL generators is that of Yoshimura, Maekawa, Nagayama
    & Ito (2025).

    Examples
    --------
    A cycle of three states in its stationary state only keeps house:

    >>> from equipoise.generators import rate_equation
    >>> split = geometric_split(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]]))
    >>> bool(np.isclose(split.housekeeping, np.log(2.0))), split.excess
    (True, 0.0)
    """
    pair = at_state(generator, state)
    generator, density = pair.generator, pair.density
    require_full_rank(density, "state")
    pairs = jump_pairs(generator)
    spectrum = generator.spectrum
    # What is its own reverse acts by commutators alone: its identity part would leave rounding of its size.
    elements = np.where(pairs.entropies[:, None, None] == 0, split_traces(pairs.elements)[1], pairs.elements)
    L = np.asarray(density.in_eigenbasis(elements), dtype=complex)
    log_p = density.log_weights
    s = pairs.entropies[:, None, None]
    log_x, log_y = 0.5 * s + log_p[None, None, :], -0.5 * s + log_p[None, :, None]
    slope = log_x - log_y
    mean = _logarithmic_mean(log_x, log_y)
    force = slope * L
    total = float(np.sum(mean * np.abs(force) ** 2))
    goal = _divergence(L, mean * force)
    phi, steps = _solve(lambda X: _divergence(L, mean * (L @ X - X @ L)), goal, _diagonal(L, mean), tolerance)
    gradient = L @ phi - phi @ L
    excess = float(np.sum(mean * np.abs(gradient) ** 2))
    rest = float(np.sum(mean * np.abs(force - gradient) ** 2))
    missed = float(np.linalg.norm(_divergence(L, mean * gradient) - goal))
    size = float(np.linalg.norm(goal))
    phi = phi - np.trace(phi).real / len(phi) * np.eye(len(phi))
    if density.basis is not None:
        phi = density.basis @ phi @ density.basis.conj().T
    return GeometricSplit(
        total=total,
        housekeeping=rest,
        excess=excess,
        potential=np.asarray(spectrum.to_given_basis(phi)),
        residual=missed / size if size > 0 else 0.0,
        steps=steps,
    )


def _logarithmic_mean(log_x: RealArray, log_y: RealArray) -> RealArray:
    """`(x - y)/(log x - log y)`, x where they are equal."""
    larger, gap = np.maximum(log_x, log_y), np.abs(log_x - log_y)
    ratio = np.where(gap > 0, -np.expm1(-gap) / np.where(gap > 0, gap, 1.0), 1.0)
    return np.asarray(np.exp(larger) * ratio)


def _divergence(L: ComplexArray, current: ComplexArray) -> ComplexArray:
    """`(1/2) sum_k [L_k^dagger, J_k] + h.c.`, minus the change of the state that the currents cause."""
    adjoint = L.conj().transpose(0, 2, 1)
    out = (adjoint @ current - current @ adjoint).sum(axis=0)
    return np.asarray(0.5 * (out + out.conj().T))


def _diagonal(L: ComplexArray, mean: RealArray) -> RealArray:
    """Diagonal of the projection's normal operator in matrix units, symmetrised: the preconditioner, (d, d)."""
    size = np.abs(L) ** 2
    own = np.diagonal(size, axis1=1, axis2=2)
    level = np.diagonal(L, axis1=1, axis2=2)
    # sum_i m[i, b] |L[i, a]|^2 without i = a, sum_j m[a, j] |L[b, j]|^2 without j = b, and what they share.
    first = np.einsum("kib,kia->ab", mean, size, optimize=True) - np.einsum("kab,ka->ab", mean, own)
    second = np.einsum("kaj,kbj->ab", mean, size, optimize=True) - np.einsum("kab,kb->ab", mean, own)
    shared = np.einsum("kab,kab->ab", mean, np.abs(level[:, :, None] - level[:, None, :]) ** 2)
    total = first + second + shared
    return np.asarray(0.5 * (total + total.T))


def _solve(
    apply: Callable[[ComplexArray], ComplexArray], goal: ComplexArray, diagonal: RealArray, tolerance: float
) -> tuple[ComplexArray, int]:
    """Conjugate gradients for `A phi = goal` among Hermitian matrices; A is singular on what commutes with them."""
    phi = np.zeros_like(goal)
    size = float(np.linalg.norm(goal))
    # A goal below the round-off of its terms is zero: the state is stationary under the dissipators.
    if size <= 1e-14 * float(diagonal.max(initial=0.0)):
        return phi, 0
    scale = np.where(diagonal > 1e-300, diagonal, 1.0)
    residual = goal.copy()
    direction = residual / scale
    weight = float(np.vdot(residual, direction).real)
    for step in range(1, MOST_STEPS + 1):
        image = apply(direction)
        length = weight / float(np.vdot(direction, image).real)
        phi = phi + length * direction
        residual = residual - length * image
        if float(np.linalg.norm(residual)) <= tolerance * size:
            return phi, step
        preconditioned = residual / scale
        new = float(np.vdot(residual, preconditioned).real)
        direction = preconditioned + (new / weight) * direction
        weight = new
    raise NumericalError(
        f"The projection of the force on gradients has not converged after {MOST_STEPS} steps: the residual is "
        f"{float(np.linalg.norm(residual)) / size:.2g} of its goal. Populations or rates of very different size make "
        "it slow; ask for a looser tolerance."
    )
