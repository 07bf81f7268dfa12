"""Gibbs samplers in exact KMS detailed balance that do not resolve Bohr frequencies: two kinds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import (
    ROUND_OFF,
    ComplexArray,
    RealArray,
    finite_real,
    require,
    require_memory,
    require_several,
    square_matrix,
)
from equipoise.generators.balanced import balanced_generator
from equipoise.generators.filters import AbstractFilter, FilterFunction, GaussianFilter
from equipoise.generators.generator import Generator
from equipoise.provenance import Provenance
from equipoise.reservoirs import Reservoir
from equipoise.spectrum import Spectrum, spectrum_of_levels, spectrum_of_matrix


def ding_li_lin(
    hamiltonian: object,
    couplings: Sequence[object],
    inverse_temperature: float,
    filter_function: AbstractFilter | Callable[[RealArray], ArrayLike] | None = None,
    *,
    interaction_picture: bool = False,
    reservoir: Reservoir | None = None,
) -> Generator:
    r"""Ding-Li-Lin sampler: one jump for each coupling, filtered by the energy it gains.

    With `A_nu` the part of A that raises the energy by nu::

        L_a = sum_nu q(nu) e^{-beta nu / 4} A^a_nu,   q(-nu) = q(nu)^*,
        K   = (i/2) tanh(beta ad_H / 4)(sum_a L_a^dagger L_a).

    Exactly KMS-balanced with the Gibbs state `e^{-beta H}/Z`, with as many jumps as couplings, made elementwise in the
    energy basis. It is not GNS-balanced: populations and coherences are coupled.

    Parameters
    ----------
    hamiltonian : array_like of shape (d, d), or list of d levels
    couplings : sequence of array_like, each of shape (d, d)
        Hermitian, or a set that holds the adjoint of each member.
    inverse_temperature : float
        beta > 0, finite.
    filter_function : GaussianFilter, MetropolisFilter or callable, optional
        q, or any vectorised function `nu -> q(nu)`; `GaussianFilter()` by default.
    interaction_picture : bool, default False
        False: the generator contains `-i[H, rho]`, which keeps the Gibbs state and makes it SQDB. True: only the
        sampler, which is KMS-balanced as it is.
    reservoir : Reservoir, optional
        A label, or a temperature, for its flows.

    Returns
    -------
    Generator
        One dissipator represented by Jumps.

    Raises
    ------
    InputError
        Coupling whose adjoint is missing, beta not positive and finite, filter without `q(-nu) = q(nu)^*`.

    References
    ----------
    Ding, Li & Lin (2025).

    Examples
    --------
    >>> generator = ding_li_lin([0.0, 1.0, 2.5], [np.ones((3, 3))], inverse_temperature=2.0)
    >>> gibbs = np.exp(-2.0 * np.array([0.0, 1.0, 2.5]))
    >>> bool(np.abs(generator.apply(np.diag(gibbs / gibbs.sum()))).max() < 1e-15)
    True
    """
    chosen = GaussianFilter() if filter_function is None else filter_function
    if not isinstance(chosen, AbstractFilter):
        require(
            callable(chosen),
            "filter_function",
            "be a filter such as GaussianFilter(), or a function q(nu)",
            f"got {type(chosen).__name__}",
        )
        chosen = FilterFunction(chosen)
    spectrum, beta, A = _checked(hamiltonian, couplings, inverse_temperature)
    gained = spectrum.energies[:, None] - spectrum.energies[None, :]
    elements = np.exp(chosen.log_weight(gained, beta) - 0.25 * beta * gained) * A
    options: dict[str, float | int | bool | str] = {
        "inverse temperature": beta,
        "filter": repr(chosen),
        "interaction picture": interaction_picture,
    }
    provenance = Provenance("Ding-Li-Lin sampler, KMS-balanced", options)
    h = beta * spectrum.energies
    return balanced_generator(spectrum, h, elements, provenance, reservoir, interaction_picture=interaction_picture)


@dataclass(frozen=True)
class GaussianTransitions:
    r"""Transitions of the Chen-Kastoryano-Gilyen sampler around one energy, with Gaussian weights.

    Parts of a coupling that gain n1 and n2 meet with the weight::

        alpha(n1, n2) = weight sqrt(g^2 / V) exp(-(n1 + n2 + 2 centre)^2 / 8 V) exp(-(n1 - n2)^2 / 8 resolution^2),
        V = resolution^2 + g^2 = 2 centre / beta,

    so that `alpha(n1, n2) = alpha(-n2, -n1) e^{-beta (n1 + n2)/2}`. As resolution -> 0, far below the distance of
    different Bohr frequencies, only n1 = n2 remains: the weak-coupling (Davies) generator with the rate
    `alpha(n, n)`.

    Parameters
    ----------
    resolution : float
        Energy resolution sigma_E > 0 of the filter, with sigma_E^2 < 2 centre / beta.
    centre : float
        omega > 0: the most frequent jumps lose this energy.
    weight : float
        >= 0, a rate.
    """

    resolution: float
    centre: float
    weight: float = 1.0

    def __post_init__(self) -> None:
        for name in ("resolution", "centre"):
            value = finite_real(getattr(self, name), name)
            require(value > 0, name, "be > 0 (an energy)", f"got {value}")
        require(finite_real(self.weight, "weight") >= 0, "weight", "be >= 0", f"got {self.weight}")

    def log_rate(self, gained: RealArray, inverse_temperature: float) -> RealArray:
        """`log alpha(n, n)`, the rate at which A gains the energy n, up to `|A|^2`."""
        V = 2 * self.centre / inverse_temperature
        with np.errstate(divide="ignore"):
            prefactor = np.log(self.weight) + 0.5 * np.log1p(-(self.resolution**2) / V)
        return np.asarray(prefactor - (gained + self.centre) ** 2 / (2 * V))

    def inverse_width(self, inverse_temperature: float) -> float:
        """kappa of the correlation `alpha / sqrt(alpha alpha) = exp(-kappa (n1 - n2)^2 / 8)`."""
        V = 2 * self.centre / inverse_temperature
        require(
            self.resolution**2 < V,
            "resolution",
            f"be below sqrt(2 centre / beta) = {np.sqrt(V):.6g}",
            f"got {self.resolution:.6g}",
            "Lower it, or raise the centre.",
        )
        return float(1 / self.resolution**2 - 1 / V)


def chen_kastoryano_gilyen(
    hamiltonian: object,
    couplings: Sequence[object],
    inverse_temperature: float,
    transitions: Sequence[GaussianTransitions],
    *,
    interaction_picture: bool = False,
    reservoir: Reservoir | None = None,
) -> Generator:
    r"""Chen-Kastoryano-Gilyen sampler: transitions of finite energy resolution, in exact KMS detailed balance.

    `Phi(X) = sum_{n1, n2} alpha(n1, n2) A_n1^dagger X A_n2` summed over the given transitions (a positive
    superposition stays balanced; several centres make it Metropolis-like), with the coherent term
    `(i/2) tanh(beta ad_H / 4)(M)`.

    The kernel is `sqrt(alpha(n1, n1) alpha(n2, n2))` times a Gaussian of n1 - n2, which is factorised by pivoted
    Cholesky on the even and odd functions of n: each factor is one jump, Hermitian in the symmetrised picture to
    the last bit, and rates are exact to round-off relative to themselves. Their number grows as the spread of the
    Bohr frequencies over the resolution, up to one for each different Bohr frequency.

    Parameters
    ----------
    hamiltonian, couplings, inverse_temperature, interaction_picture, reservoir
        As in `ding_li_lin`.
    transitions : sequence of GaussianTransitions
        At least one.

    Returns
    -------
    Generator
        One dissipator represented by Jumps.

    Raises
    ------
    InputError
        Coupling whose adjoint is missing, a resolution too coarse for its centre, more jumps than memory holds.

    References
    ----------
    Chen, Kastoryano & Gilyen (2023).

    Examples
    --------
    >>> family = GaussianTransitions(resolution=0.5, centre=1.0)
    >>> generator = chen_kastoryano_gilyen([0.0, 1.0, 2.5], [np.ones((3, 3))], 1.0, [family])
    >>> gibbs = np.exp(-np.array([0.0, 1.0, 2.5]))
    >>> bool(np.abs(generator.apply(np.diag(gibbs / gibbs.sum()))).max() < 1e-15)
    True
    """
    require_several(transitions, "transitions", "GaussianTransitions")
    families = list(transitions)
    require(len(families) > 0, "transitions", "hold at least one GaussianTransitions", "is empty")
    spectrum, beta, A = _checked(hamiltonian, couplings, inverse_temperature)
    gained = spectrum.energies[:, None] - spectrum.energies[None, :]
    stacks: list[ComplexArray] = []
    for index, family in enumerate(families):
        require(
            isinstance(family, GaussianTransitions),
            f"transitions[{index}]",
            "be a GaussianTransitions",
            f"got {type(family).__name__}",
        )
        factors = _factors(gained, family.inverse_width(beta))
        require_memory(
            3 * len(factors) * len(A),
            spectrum.dimension,
            f"transitions[{index}].resolution",
            "Raise it; where it resolves all Bohr frequencies use weak_coupling.",
        )
        amplitude = np.exp(0.5 * family.log_rate(gained, beta)) * factors
        stacks.append((amplitude[:, None] * A[None, :]).reshape(-1, *gained.shape))
    options: dict[str, float | int | bool | str] = {
        "inverse temperature": beta,
        "transitions": ", ".join(repr(family) for family in families),
        "interaction picture": interaction_picture,
    }
    provenance = Provenance("Chen-Kastoryano-Gilyen sampler, KMS-balanced", options)
    h = beta * spectrum.energies
    return balanced_generator(
        spectrum, h, np.concatenate(stacks), provenance, reservoir, interaction_picture=interaction_picture
    )


def _factors(gained: RealArray, kappa: float) -> RealArray:
    """Functions psi_r with `sum_r psi_r(n1) psi_r(n2) = exp(-kappa (n1 - n2)^2 / 8)`, each even or odd; (r, d, d)."""
    moduli, where = np.unique(np.abs(gained), return_inverse=True)

    def row(pivot: int, sign: int) -> RealArray:
        near = np.exp(-kappa * (moduli - moduli[pivot]) ** 2 / 8)
        return np.asarray(0.5 * (near + sign * np.exp(-kappa * (moduli + moduli[pivot]) ** 2 / 8)))

    twice = np.exp(-kappa * moduli**2 / 2)
    even = _pivoted_cholesky(0.5 * (1 + twice), lambda pivot: row(pivot, 1))
    odd = _pivoted_cholesky(-0.5 * np.expm1(-kappa * moduli**2 / 2), lambda pivot: row(pivot, -1))
    at = where.reshape(gained.shape)
    return np.concatenate([even[:, at], odd[:, at] * np.sign(gained)])


def _pivoted_cholesky(diagonal: RealArray, row: Callable[[int], RealArray]) -> RealArray:
    """Rows `psi_r` with `sum_r psi_r psi_r^T = kernel` to round-off of 1, from its diagonal and rows as asked for."""
    residual = diagonal.copy()
    factors = np.empty((8, residual.size))
    count = 0
    while residual.max(initial=0.0) > 4 * ROUND_OFF and count < residual.size:
        if count == len(factors):
            factors = np.concatenate([factors, np.empty_like(factors)])
        pivot = int(np.argmax(residual))
        known = factors[:count]
        factors[count] = (row(pivot) - known[:, pivot] @ known) / np.sqrt(residual[pivot])
        residual = np.maximum(residual - factors[count] ** 2, 0.0)
        residual[pivot] = 0.0
        count += 1
    return factors[:count]


def _checked(
    hamiltonian: object, couplings: Sequence[object], inverse_temperature: float
) -> tuple[Spectrum, float, ComplexArray]:
    """Spectrum, beta, and couplings in the energy basis as an adjoint-closed set."""
    require_several(couplings, "couplings", "matrices")
    beta = finite_real(inverse_temperature, "inverse_temperature")
    require(beta > 0, "inverse_temperature", "be > 0", f"got {beta}")
    is_levels = not hasattr(hamiltonian, "toarray") and np.ndim(hamiltonian) == 1  # type: ignore[arg-type]
    spectrum = spectrum_of_levels(hamiltonian) if is_levels else spectrum_of_matrix(hamiltonian)
    matrices = [square_matrix(A, f"couplings[{k}]", spectrum.dimension) for k, A in enumerate(couplings)]
    require(len(matrices) > 0, "couplings", "hold at least one operator", "is empty")
    elements = np.array([spectrum.to_energy_basis(A) for A in matrices])
    for k, A in enumerate(elements):
        size = 64 * ROUND_OFF * float(np.abs(A).max())
        distance = [float(np.abs(A.conj().T - B).max()) for B in elements]
        require(
            min(distance) <= size,
            f"couplings[{k}]",
            "be Hermitian, or come with its adjoint",
            f"its adjoint is missing by {min(distance):.3g} at the nearest",
            "Add couplings[k].conj().T to the list.",
        )
        if distance[k] <= size:
            # Hermitian to the last bit, after the change of basis too.
            elements[k] = 0.5 * (A + A.conj().T)
    return spectrum, beta, elements
