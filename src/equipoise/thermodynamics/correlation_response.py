"""Onsager coefficients from the fluctuations of an equilibrium state: the Green-Kubo form in the KMS product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import Array, ComplexArray, RealArray, finite_real, require, require_memory
from equipoise._printed import amount, described, table
from equipoise.fluxes.generator_at_state import at_state
from equipoise.generators import Generator
from equipoise.generators.generator import require_generator
from equipoise.stationary import DensityMatrix, gibbs_state, stationary_states
from equipoise.stationary.sectors import resonant_sector
from equipoise.thermodynamics.correlations import half_weighted

_CONSERVED = 1e-12
"""Singular value below which, relative to the largest, an observable is conserved where some are."""


@dataclass(frozen=True, eq=False, kw_only=True)
class GreenKubo:
    """Onsager matrix of a generator in equilibrium.

    Parameters
    ----------
    matrix : RealArray, shape (A R, A R)
        `M[i, j] = d(flow i)/d(force j)`: energy flows of the R dissipators first, then (with a number operator)
        particle flows, all into the system; forces `X_E = beta_0 - beta_r`, `X_N = beta_r mu_r - beta_0 mu_0`.
    labels : tuple of str
        'E hot', ..., 'N hot', ...
    stationarity : float
        Largest `||D_r(sigma)||` over the size of `D_r`: each reservoir leaves the Gibbs state alone.
    """

    matrix: RealArray
    labels: tuple[str, ...]
    stationarity: float

    @property
    def asymmetry(self) -> float:
        """Largest `|M_ij - M_ji|` over `sqrt(M_ii M_jj)`: zero with time reversal (Onsager)."""
        roots = np.sqrt(np.abs(np.diag(self.matrix)))
        scale = np.outer(roots, roots)
        defect = np.abs(self.matrix - self.matrix.T)
        return float(np.max(np.where(scale > 0, defect / np.where(scale > 0, scale, 1.0), 0.0), initial=0.0))

    def __repr__(self) -> str:
        rows = [[name, *map(amount, row)] for name, row in zip(self.labels, self.matrix, strict=True)]
        facts = [("asymmetry", f"{self.asymmetry:.1e}"), ("stationarity", f"{self.stationarity:.1e}")]
        return described("Onsager matrix, d(flow)/d(force)", *facts, below=table(["flow", *self.labels], rows, "flow"))


def green_kubo(generator: Generator, inverse_temperature: float, chemical_potential: float = 0.0) -> GreenKubo:
    """Response of the stationary flows to temperatures and potentials, from the equilibrium dynamics alone.

    In `<A, B> = Tr[sigma^(1/2) A^dagger sigma^(1/2) B]`, with `D_r` the Heisenberg dissipators and L the whole
    generator in equilibrium::

        M_(a m),(b k) = <L^-1 D_m A_a, D_k A_b> - delta_mk <A_a, D_k A_b>,    A = H, N.

    (The inverse stands on the side of the flow that is measured; on the other side it gives the transpose.)

    It needs no derivative of a rate: only that every `D_r`, at any temperature, is self-adjoint in the KMS product of
    its own Gibbs state of H (and N), which weak coupling and KMS-balanced constructions grant, without secular
    approximation. The matrix is symmetric if a time reversal commutes with everything, `M(B) = M(-B)^T` otherwise, and
    positive semidefinite. Nothing here checks that property of the dissipators beyond `D_r(sigma) = 0`.

    Parameters
    ----------
    generator : Generator
        With all reservoirs at one temperature and potential. Secular: solved among what does not rotate; any other:
        d^2 x d^2.
    inverse_temperature : float
        beta_0, finite.
    chemical_potential : float
        mu_0.

    Returns
    -------
    GreenKubo
        Flows positive into the system.

    Raises
    ------
    InputError
        A Gibbs state that some dissipator changes (which); mu without a number operator; dissipators accounted with an
        energy operator of their own.

    References
    ----------
    Green (1954); Kubo (1957); Spohn & Lebowitz (1978); Jaksic, Pillet & Westrich (2014).

    Examples
    --------
    A two-state system between two reservoirs of one temperature: rate times half the variance of the energy,

    >>> from equipoise.generators import rate_equation
    >>> from equipoise.reservoirs import Reservoir
    >>> left, right, W = Reservoir("left"), Reservoir("right"), [[0, 2.0], [1.0, 0]]
    >>> found = green_kubo(rate_equation({left: W, right: W}, energies=[0.0, 1.0]), np.log(2.0))
    >>> bool(np.allclose(found.matrix, np.array([[1, -1], [-1, 1]]) * 0.5 * 3 * 2 / 9))
    True
    """
    require_generator(generator)
    beta = finite_real(inverse_temperature, "inverse_temperature")
    mu = finite_real(chemical_potential, "chemical_potential")
    for part in generator.dissipators:
        require(
            part.energy is None and part.number is None,
            "generator",
            "be accounted with one H and one N",
            f"dissipator {part.name!r} has operators of its own",
            "The reciprocity of local heats is another one.",
        )
    spectrum = generator.spectrum
    sigma = gibbs_state(spectrum, beta, mu, generator.number)
    stationarity = _stationarity(generator, sigma)
    charges = {"E": generator.hamiltonian} | ({} if generator.number is None else {"N": generator.number})
    rates = [spectrum.to_energy_basis(part.adjoint(A)) for A in charges.values() for part in generator.dissipators]
    given = [spectrum.to_energy_basis(A) for A in charges.values()]
    weighted = [half_weighted(sigma, X) for X in rates]
    solved = _inverse(generator, sigma, rates)
    count = len(generator.dissipators)
    matrix = np.zeros((len(rates), len(rates)))
    for i in range(len(rates)):
        for j in range(len(rates)):
            matrix[i, j] = np.vdot(solved[i], weighted[j]).real
            if i % count == j % count:
                matrix[i, j] -= np.vdot(half_weighted(sigma, given[i // count]), rates[j]).real
    labels = tuple(f"{charge} {reservoir}" for charge in charges for reservoir in generator.names)
    return GreenKubo(matrix=matrix, labels=labels, stationarity=stationarity)


def _stationarity(generator: Generator, sigma: DensityMatrix) -> float:
    worst = 0.0
    spectrum = generator.spectrum
    uniform = np.eye(generator.dimension, dtype=complex)
    rates = at_state(generator, sigma).directed_fluxes.rate_scales
    for part, rate in zip(generator.dissipators, rates, strict=True):
        change = float(np.linalg.norm(part.apply_elements(sigma.elements, spectrum)))
        # What it does to the uniform state is nothing where it is unital, as a dephasing is: its rates are.
        size = max(float(np.linalg.norm(part.apply_elements(uniform, spectrum))), float(rate))
        defect = change / size if size > 0 else 0.0
        require(
            defect <= 1e-8,
            "generator",
            "be in equilibrium, D_r(sigma) = 0 for each reservoir",
            f"{part.name!r} changes the Gibbs state (by {defect:.2g} of its size)",
            "Give the temperature and potential that all reservoirs share.",
        )
        worst = max(worst, defect)
    return worst


def _inverse(generator: Generator, sigma: DensityMatrix, rates: list[Array]) -> ComplexArray:
    """`L^-1 X` in the Heisenberg picture for operators with `Tr[sigma X] = 0`, energy basis, `Tr[sigma Y] = 0`."""
    d = generator.dimension
    if generator.is_secular:
        sector = resonant_sector(generator)
        rows, columns, M = sector.rows, sector.columns, sector.matrix
    else:
        require_memory(4, d * d, "generator", "Only a secular generator is solved without its superoperator.")
        rows, columns = np.divmod(np.arange(d * d), d)
        # Row-major, columns of V the energy states in the given basis: vec(V X V^dagger) = kron(V, V*) vec X.
        V = np.eye(d)[:, generator.spectrum.order] if generator.spectrum.vectors is None else generator.spectrum.vectors
        change = np.kron(V, V.conj())
        M = change.conj().T @ generator.superoperator() @ change
    # Tr[A rho] = sum_e A[column, row] rho[row, column]: observables evolve by the transpose.
    state = sigma.elements[rows, columns]
    one = (rows == columns).astype(complex)
    scale = float(np.abs(M).max())
    # A rank-one term on the null space, which is the identity; it leaves what is orthogonal to sigma alone.
    right = np.array([X[columns, rows] for X in rates]).T
    matrix = M.T - scale * np.outer(one, state)
    if scale == 0.0 or len(stationary_states(generator)) > 1:
        # Conserved observables span the null space: of the solutions the least. Rates are orthogonal to all of it.
        solution = np.linalg.lstsq(matrix, right, rcond=_CONSERVED)[0]
    else:
        solution = np.linalg.solve(matrix, right)
    out = np.zeros((len(rates), d, d), dtype=complex)
    out[:, columns, rows] = solution.T
    return out
