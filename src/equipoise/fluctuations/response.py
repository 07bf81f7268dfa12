"""Linear response of the stationary flows to the temperatures and chemical potentials of the reservoirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ROUND_OFF, RealArray, require
from equipoise._printed import amount, amounts, described, table
from equipoise.fluctuations._coherences import CoherenceExpansion
from equipoise.fluctuations._expansion import AbstractExpansion
from equipoise.fluctuations._populations import PopulationExpansion
from equipoise.fluctuations.reference import (
    Reference,
    Source,
    chosen_reference,
    common_chemical_potential,
    generator_at_reference,
    given_generator,
    is_equilibrium_by_grading,
    reservoirs_of,
    thermal_reservoirs,
)
from equipoise.generators import FrequencyResolved, Generator
from equipoise.linalg.graphs import is_irreducible
from equipoise.stationary import gibbs_state, stationary_state
from equipoise.stationary.sectors import log_population_rates

NULL_EIGENVALUE = 1e-10
"""Eigenvalue of the Onsager matrix, scaled to unit diagonal, below which a direction of forces drives nothing."""

RESOLVED = 256 * ROUND_OFF
"""Error of a response, relative to what the reservoirs exchange with the system."""

BALANCED = 1e-11
"""Net flow of a transition, relative to its activity, that is the round-off of the populations: equilibrium."""


Forces = ArrayLike | Mapping[str, float]
"""An array (2R,), or a mapping from labels such as "E hot" to numbers; forces that it does not name are zero."""


@dataclass(frozen=True, eq=False, kw_only=True)
class LinearResponse:
    """Flows into the system to first order in the forces, `J = zeroth + matrix X`.

    Flows and forces are ordered `E_1 .. E_R, N_1 .. N_R`: energy and particle (quanta) flow from each reservoir into
    the system, and `X_E = beta_0 - beta_r`, `X_N = beta_r mu_r - beta_0 mu_0`. Forces are given in this order or, by
    label, as a mapping such as `{"E hot": 0.1}`.

    Parameters
    ----------
    reference : Reference
    reservoirs : tuple of str, length R
    matrix : RealArray, shape (2R, 2R)
        `dJ/dX`, [flow, force].
    zeroth : RealArray, shape (2R,)
        Flows at the reference: zero in equilibrium; bosons with mu_0 != 0 drive closed loops if a path of two quanta
        competes with a path of one.
    is_equilibrium : bool
        Whether no transition carries a net flow at the reference.
    asymmetry : float
        Residual of reciprocity, largest `|M - M^T|_ab / sqrt(M_aa M_bb)`, each flow computed for itself; differences
        that are the round-off of what the reservoirs exchange with the system count as none.
    expansion : AbstractExpansion
        The derivatives of the state that stand behind it.
    """

    reference: Reference
    reservoirs: tuple[str, ...]
    matrix: RealArray
    zeroth: RealArray
    is_equilibrium: bool
    asymmetry: float
    expansion: AbstractExpansion

    def coefficient(self, flow: str, force: str) -> float:
        """Element of the matrix by labels: `coefficient("E hot", "N cold")` is `dJ_E,hot / dX_N,cold`."""
        row, column = (checked_label(label, self.labels) for label in (flow, force))
        return float(self.matrix[row, column])

    @property
    def labels(self) -> tuple[str, ...]:
        """Name of each flow: `E hot`, ..., `N hot`, ...; the forces have the same order."""
        return tuple(f"{kind} {name}" for kind in "EN" for name in self.reservoirs)

    @cached_property
    def state_derivative(self) -> RealArray:
        """Derivative of the populations in the energy basis with respect to each force, shape (2R, d)."""
        return np.array([self.expansion.populations(derivative) for derivative in self.expansion.first])

    @cached_property
    def _scaled(self) -> tuple[RealArray, RealArray]:
        """The symmetric part with unit diagonal, and the roots of the diagonal; zero and 1 where that is round-off."""
        diagonal = np.abs(np.diag(self.matrix))
        # Of a sum of squares, the errors are squares.
        acts = diagonal > RESOLVED**2 * self.expansion.exchange()
        roots = np.sqrt(np.where(acts, diagonal, 1.0))
        symmetric = np.where(acts[:, None] & acts[None, :], 0.5 * (self.matrix + self.matrix.T), 0.0)
        return symmetric / roots[:, None] / roots[None, :], roots

    @cached_property
    def resolution(self) -> float:
        """Error of an eigenvalue of the matrix scaled to unit diagonal: large where little of what the reservoirs
        exchange with the system passes through it."""
        scaled, roots = self._scaled
        acts = np.diag(scaled) > 0
        passed = np.sqrt(self.expansion.exchange()[acts]) / roots[acts]
        return float(RESOLVED * np.max(passed, initial=1.0))

    @property
    def smallest_eigenvalue(self) -> float:
        """Smallest eigenvalue of the symmetric part scaled to unit diagonal: >= 0 by the second law, to round-off."""
        return float(np.linalg.eigvalsh(self._scaled[0])[0])

    @cached_property
    def null_space(self) -> RealArray:
        """Orthonormal directions of forces that produce no entropy, shape (k, 2R), in the unit of the scaled forces.

        One common change of all temperatures is among them, and of all beta mu if quanta are conserved.
        """
        scaled, roots = self._scaled
        values, vectors = np.linalg.eigh(scaled)
        silent = np.abs(values) < max(NULL_EIGENVALUE, self.resolution)
        directions = (vectors[:, silent] / roots[:, None]).T
        return np.asarray(np.linalg.qr(directions.T)[0].T)

    def flows(self, forces: Forces) -> RealArray:
        """`zeroth + matrix X`, shape (2R,)."""
        return np.asarray(self.zeroth + self.matrix @ checked_forces(forces, self.labels))

    def entropy_production(self, forces: Forces) -> float:
        """`X^T matrix X`, the entropy produced per time to lowest order about an equilibrium."""
        X = checked_forces(forces, self.labels)
        return float(X @ self.matrix @ X)

    def microcurrents(self, forces: Forces) -> RealArray:
        """Change to first order of the net current n -> m that each reservoir causes, [r, m, n], shape (R, L, L).

        The response of the populations included; the energies and quanta it carries sum to `matrix @ forces`.
        """
        return self.expansion.microcurrents(checked_forces(forces, self.labels))

    def __repr__(self) -> str:
        mu = self.reference.chemical_potential
        about = f"beta = {amount(self.reference.inverse_temperature)}, mu = {amounts(np.atleast_1d(mu))}"
        rest = "an equilibrium" if self.is_equilibrium else "not an equilibrium: flows persist without forces"
        rows = [
            [f"J_{label}", *(amount(value) for value in row)]
            for label, row in zip(self.labels, self.matrix, strict=True)
        ]
        return described(
            "response of the flows into the system",
            ("forces", "X_E = beta_0 - beta_r, X_N = beta_r mu_r - beta_0 mu_0"),
            ("reference", f"{about}, {rest}"),
            ("asymmetry", f"{self.asymmetry:.1e} of the matrix"),
            below=table(["", *(f"X_{label}" for label in self.labels)], rows, "flow"),
        )


def linear_response(system: Source, reference: Reference | None = None) -> LinearResponse:
    r"""Onsager matrix of the energy and particle flows of R thermal reservoirs at stationarity.

    The stationary state is differentiated exactly, `L rho' = -L' rho`, with derivatives of the rates in closed form;
    no differences are taken. Generic, degenerate and coinciding spectra, bosons and fermions, any couplings.

    At a reference in equilibrium the matrix is positive semidefinite, and symmetric whenever the populations obey a
    rate equation of their own, complex couplings or not: only `|D|^2` enters. Coherences within degenerate levels may
    break the symmetry if the Lamb shift rotates them and no choice of phases makes all couplings real; then
    `M(D)^T = M(D^*)` (Onsager & Casimir), and the antisymmetric part dissipates nothing.

    Parameters
    ----------
    system : OpenSystem, Generator or GeneratorAtState
        A generator must come from `weak_coupling`.
    reference : Reference, optional
        Default: the inverse temperature and chemical potential that all reservoirs share.

    Returns
    -------
    LinearResponse
        Flows positive into the system.

    Raises
    ------
    InputError
        Reservoirs that are not thermal, at zero temperature, or unequal while no reference is given.
    NotUniqueError
        If the stationary state at the reference is not unique.

    References
    ----------
    Accardi & Imafuku (2002), (48)-(60), corrected and for all transitions together; Spohn & Lebowitz (1978).

    Examples
    --------
    A qubit between two reservoirs carries heat at the rate `w^2 (1/2) 2 pi J n (1 - p)` for each unit of `X_E`:

    >>> from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
    >>> from equipoise.systems import Coupling, OpenSystem
    >>> baths = [Reservoir(name, bose_einstein(temperature=1.0), Ohmic(0.01, 10.0)) for name in ("left", "right")]
    >>> response = linear_response(OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]]) for bath in baths]))
    >>> ground = 1 / (1 + np.exp(-1.0))
    >>> bool(np.isclose(response.matrix[0, 0], 0.5 * float(baths[0].rate_in(1.0)) * ground, rtol=1e-14))
    True
    >>> bool(response.coefficient("N left", "E right") == response.matrix[2, 1])
    True
    """
    found = chosen_reference(system, reference)
    thermal_reservoirs(system)
    expansion = expansion_at(given_generator(system), found)
    flows = expansion.flows()
    matrix = expansion.matrix()
    names = tuple(reservoir.name for reservoir in reservoirs_of(expansion.generator))
    roots, exchange = np.sqrt(np.abs(np.diag(matrix))), np.sqrt(expansion.exchange())
    scale, difference = np.outer(roots, roots), np.abs(flows - flows.T)
    counts = (difference > RESOLVED * np.outer(exchange, exchange)) & (scale > 0)
    asymmetry = float(np.max(np.where(counts, difference, 0.0) / np.where(counts, scale, 1.0), initial=0.0))
    return LinearResponse(
        reference=found,
        reservoirs=names,
        matrix=matrix,
        zeroth=expansion.zeroth,
        is_equilibrium=expansion.is_equilibrium,
        asymmetry=asymmetry,
        expansion=expansion,
    )


def expansion_at(generator: Generator, reference: Reference) -> AbstractExpansion:
    """The stationary state at the reference with what is needed to differentiate it."""
    at_reference = generator_at_reference(generator, reference)
    closed = _has_closed_populations(at_reference)
    mu = reference.chemical_potentials(len(generator.dissipators))
    gibbs = is_equilibrium_by_grading(generator, mu)
    if gibbs:
        beta = reference.inverse_temperature
        potential = common_chemical_potential(mu) if beta != 0.0 else 0.0
        density = gibbs_state(at_reference.spectrum, beta, potential, at_reference.number)
        # Forward and backward transitions are open together, so connected means irreducible.
        if not closed or not is_irreducible(np.isfinite(log_population_rates(at_reference))):
            stationary_state(at_reference)
    else:
        density = stationary_state(at_reference).density
    if closed and density.is_diagonal:
        populations = PopulationExpansion(at_reference, density, gibbs)
        if gibbs or not populations.is_balanced(BALANCED):
            return populations
        return PopulationExpansion(at_reference, density, True)
    return CoherenceExpansion(at_reference, density, gibbs, generator)


def _has_closed_populations(generator: Generator) -> bool:
    """Whether no reservoir, whatever its temperature, links populations and coherences within degenerate levels.

    True if no two states of one level are reached from, or lead to, a common state by one coupling.
    """
    spectrum = generator.spectrum
    if not spectrum.is_degenerate:
        return True
    for part in generator.dissipators:
        assert isinstance(part.representation, FrequencyResolved)
        for D in part.representation.coupling_operators:
            modulus = np.abs(D)
            for product in (modulus.T @ modulus, modulus @ modulus.T):
                np.fill_diagonal(product, 0.0)
                if np.any(spectrum.within_levels(product)):
                    return False
    return True


def checked_label(label: str, labels: tuple[str, ...]) -> int:
    """Index of a flow or force."""
    require(label in labels, "label", f"be one of {', '.join(labels)}", f"got {label!r}")
    return labels.index(label)


def checked_forces(forces: Forces, labels: tuple[str, ...]) -> RealArray:
    """Forces as an array (2R,): energies first, then particles."""
    if isinstance(forces, Mapping):
        X = np.zeros(len(labels))
        for label, value in forces.items():
            X[checked_label(label, labels)] = value
    else:
        X = np.asarray(forces, dtype=float)
    require(
        X.shape == (len(labels),),
        "forces",
        f"have shape ({len(labels)},): X_E of each reservoir, then X_N of each",
        f"has shape {X.shape}",
    )
    require(bool(np.all(np.isfinite(X))), "forces", "be finite", f"got {X}")
    return X
