"""Density matrices with logarithmic weights, and stationary states with their evidence."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import (
    ROUND_OFF,
    Array,
    ComplexArray,
    InputError,
    RealArray,
    finite_real,
    hermitian_matrix,
    require,
)
from equipoise._printed import amount, amounts, counted, described, named
from equipoise.spectrum import Spectrum
from equipoise.tolerances import COMMUTES, EQUAL, POSITIVE, TRACE


@dataclass(frozen=True, eq=False)
class DensityMatrix:
    """A state as an orthonormal basis with logarithmic weights, `rho = sum_i exp(w_i) |b_i><b_i|`.

    A matrix in the laboratory frame cannot hold a population of 1e-300 next to one of order one; this can.

    Parameters
    ----------
    spectrum : Spectrum
        Of the Hamiltonian to which the state is referred.
    log_weights : RealArray, shape (d,)
        Natural logarithms of the eigenvalues; -inf for an empty state.
    basis : Array, shape (d, d), or None
        Columns `b_i` in the energy basis; None if they are the energy basis.
    relative_weight_error : RealArray, shape (d,), or None
        Relative error expected of each weight; None where the logarithms are as exact as given. Eigenvalues of a matrix
        are known to the rounding of the largest, which is much of a small one.
    """

    spectrum: Spectrum
    log_weights: RealArray
    _: KW_ONLY
    basis: Array | None = None
    relative_weight_error: RealArray | None = None

    @cached_property
    def weights(self) -> RealArray:
        """Eigenvalues, shape (d,)."""
        return np.asarray(np.exp(self.log_weights))

    @property
    def is_diagonal(self) -> bool:
        """Whether the state is diagonal in the energy basis."""
        return self.basis is None

    @cached_property
    def eigenvectors(self) -> ComplexArray:
        """Eigenvectors as columns in the given basis, shape (d, d)."""
        energy = _energy_vectors(self.spectrum)
        return np.asarray(energy if self.basis is None else energy @ self.basis, dtype=complex)

    @cached_property
    def elements(self) -> ComplexArray:
        """Matrix in the energy basis, shape (d, d)."""
        if self.basis is None:
            return np.diag(self.weights).astype(complex)
        return np.asarray((self.basis * self.weights) @ self.basis.conj().T, dtype=complex)

    @cached_property
    def populations(self) -> RealArray:
        """Diagonal in the energy basis, shape (d,)."""
        if self.basis is None:
            return self.weights
        return np.asarray((np.abs(self.basis) ** 2) @ self.weights)

    @cached_property
    def log_level_populations(self) -> RealArray:
        """Logarithm of `Tr[P_m rho]`, shape (L,)."""
        from scipy.special import logsumexp

        if self.basis is None:
            per_state = self.log_weights
        else:
            with np.errstate(divide="ignore"):
                overlap = 2 * np.log(np.abs(self.basis))
            per_state = logsumexp(overlap + self.log_weights[None, :], axis=1)
        if not self.spectrum.is_degenerate:
            return np.asarray(per_state)
        return np.array([logsumexp(per_state[self.spectrum.level_of == level]) for level in range(self.spectrum.size)])

    @cached_property
    def within_levels(self) -> ComplexArray:
        """The part `sum_m P_m rho P_m` in the energy basis, shape (d, d)."""
        return np.asarray(self.spectrum.within_levels(self.elements))

    @cached_property
    def home_levels(self) -> np.ndarray | None:
        """Level in which each eigenvector of the state lies, shape (d,); None if one lies in several."""
        spectrum = self.spectrum
        if self.basis is None:
            return spectrum.level_of
        share = np.array([(np.abs(self.basis[spectrum.level_of == m]) ** 2).sum(axis=0) for m in range(spectrum.size)])
        home = np.argmax(share, axis=0)
        return home if bool(np.all(share[home, np.arange(home.size)] > 1 - EQUAL)) else None

    def in_eigenbasis(self, elements: Array) -> Array:
        """Matrix or stack of matrices, given in the energy basis, in the eigenbasis of the state."""
        if self.basis is None:
            return elements
        return np.asarray(self.basis.conj().T @ elements @ self.basis)

    @property
    def entropy(self) -> float:
        """Von Neumann entropy `-Tr rho log rho`."""
        occupied = self.weights > 0
        return float(-np.sum(self.weights[occupied] * self.log_weights[occupied]))

    def matrix(self) -> ComplexArray:
        """Density matrix in the given basis, shape (d, d)."""
        return np.asarray(self.spectrum.to_given_basis(self.elements), dtype=complex)

    def expectation(self, operator: Array) -> float:
        """`Tr[A rho]` of a Hermitian operator in the given basis."""
        A = hermitian_matrix(operator, "operator", self.spectrum.dimension)
        elements = self.spectrum.to_energy_basis(A)
        if self.basis is None:
            return float(np.diag(elements).real @ self.weights)
        return float(np.einsum("ij,ji->", elements, self.elements).real)

    def __repr__(self) -> str:
        facts = [("populations", amounts(self.populations)), ("of the levels", named(self.spectrum.labels))]
        if self.spectrum.size < self.spectrum.dimension:
            facts.append(("degeneracy", amounts(self.spectrum.degeneracies)))
        kind = "diagonal in the energy basis" if self.is_diagonal else "with coherences in the energy basis"
        return described(f"density matrix of {counted(self.spectrum.dimension, 'state')}, {kind}", *facts)


def density_matrix(spectrum: Spectrum, rho: object) -> DensityMatrix:
    """A `DensityMatrix` from a matrix in the given basis.

    Raises
    ------
    InputError
        Not Hermitian, trace not one (to 1e-10), an eigenvalue below -1e-12.
    """
    return _density_of_matrix(spectrum, rho, "rho")


def _density_of_matrix(spectrum: Spectrum, rho: object, name: str) -> DensityMatrix:
    matrix = hermitian_matrix(rho, name, spectrum.dimension)
    trace = float(np.trace(matrix).real)
    require(abs(trace - 1) <= TRACE, name, "have trace 1", f"has trace {trace:.12g}", "Divide it by its trace.")
    elements = spectrum.to_energy_basis(matrix)
    return density_of_elements(spectrum, elements, name)


def density_in(spectrum: Spectrum, state: StationaryState | DensityMatrix | ArrayLike) -> DensityMatrix:
    """Any state (a stationary state, a density matrix, a matrix in the given basis) referred to a spectrum."""
    if isinstance(state, StationaryState):
        density = replace(state.density, relative_weight_error=state.relative_weight_error)
    elif isinstance(state, DensityMatrix):
        density = state
    else:
        return _density_of_matrix(spectrum, state, "state")
    if density.spectrum is spectrum:
        return density if density.basis is None else _with_basis(spectrum, density, density.basis)
    if density.spectrum.dimension != spectrum.dimension:
        return _density_of_matrix(spectrum, density.matrix(), "state")
    # The weights keep their logarithms: a matrix would round those far below the largest.
    columns = density.eigenvectors
    return _with_basis(spectrum, density, _energy_vectors(spectrum).conj().T @ columns)


def _energy_vectors(spectrum: Spectrum) -> Array:
    """Energy states as columns in the given basis."""
    return np.eye(spectrum.dimension)[:, spectrum.order] if spectrum.vectors is None else spectrum.vectors


def _with_basis(spectrum: Spectrum, density: DensityMatrix, basis: Array) -> DensityMatrix:
    """Eigenvectors that are energy states but for rounding, in another order or phase, need no basis."""
    log_weights, error = density.log_weights, density.relative_weight_error
    d = len(log_weights)
    home = np.argmax(np.abs(basis), axis=0)
    rest = np.abs(basis)
    rest[home, np.arange(d)] = 0.0
    if float(rest.max(initial=0.0)) > 8 * d * ROUND_OFF or np.unique(home).size < d:
        return DensityMatrix(spectrum, log_weights, basis=basis, relative_weight_error=error)
    order = np.argsort(home)
    error = None if error is None else error[order]
    return DensityMatrix(spectrum, log_weights[order], relative_weight_error=error)


def given_density(state: object) -> DensityMatrix:
    """The density matrix of a state that knows its own levels; refuse what does not, such as an array."""
    density = state.density if isinstance(state, StationaryState) else state
    if not isinstance(density, DensityMatrix):
        raise InputError(
            f"Argument `state` must be a StationaryState or a DensityMatrix, but got {type(state).__name__}. Take "
            "stationary_state(generator), or density_matrix(generator.spectrum, rho) of an array."
        )
    return density


def density_of_elements(spectrum: Spectrum, elements: ComplexArray, name: str = "rho") -> DensityMatrix:
    """A `DensityMatrix` from a matrix in the energy basis."""
    if not np.any(elements - np.diag(np.diag(elements))):
        weights, basis, error = np.diag(elements).real, None, None
    else:
        weights, basis = np.linalg.eigh(elements)
        # An eigenvalue of the size of the round-off of the diagonalisation is an empty state, whatever its sign.
        resolved = 8 * weights.size * ROUND_OFF * float(weights[-1])
        weights = np.where(np.abs(weights) > resolved, weights, 0.0)
        rounding = weights.size * ROUND_OFF * float(weights[-1])
        error = rounding / np.where(weights > 0, weights, np.inf)
    lowest = float(weights.min())
    require(
        lowest >= -POSITIVE,
        name,
        "be positive semidefinite",
        f"has the eigenvalue {lowest:.3g}",
        "A negative eigenvalue means that it is not a state.",
    )
    with np.errstate(divide="ignore"):
        # Eigenvalues in [-1e-12, 0] are zeros of a matrix known to round-off.
        return DensityMatrix(spectrum, np.log(np.maximum(weights, 0.0)), basis=basis, relative_weight_error=error)


def require_full_rank(density: DensityMatrix, name: str = "state") -> None:
    """Refuse a state with empty states; `name` is what the caller calls it."""
    require(
        bool(np.isfinite(density.log_weights).all()),
        name,
        "have full rank",
        f"has {counted(int(np.isneginf(density.log_weights).sum()), 'empty state')}",
        "Restrict the system to the support of the state.",
    )


_HELD = -650.0
"""Logarithm of the smallest weight that a double holds with its error."""


def gibbs_state(
    spectrum: Spectrum, inverse_temperature: float, chemical_potential: float = 0.0, number: Array | None = None
) -> DensityMatrix:
    """`exp(-beta (H - mu N)) / Z` with logarithmic weights.

    Parameters
    ----------
    spectrum : Spectrum
    inverse_temperature : float
        beta; infinity gives the uniform mixture of the lowest states of H - mu N.
    chemical_potential : float
        mu.
    number : array_like, shape (d, d), or None
        N in the given basis, Hermitian; needed if mu is not zero.

    Raises
    ------
    InputError
        mu without a number operator, a number operator of another dimension, beta or mu that is no number.

    Examples
    --------
    >>> from equipoise.spectrum import spectrum_of_levels
    >>> found = gibbs_state(spectrum_of_levels([0.0, 1.0]), np.log(3.0), 0.5, np.diag([0.0, 2.0]))
    >>> np.round(found.weights, 12).tolist()
    [0.5, 0.5]
    """
    inverse_temperature = finite_real(inverse_temperature, "inverse_temperature", allow_infinite=True)
    chemical_potential = finite_real(chemical_potential, "chemical_potential")
    if chemical_potential == 0.0:
        return DensityMatrix(spectrum, _boltzmann(spectrum.energies, inverse_temperature))
    require(
        number is not None,
        "number",
        "be the particle-number operator where the chemical potential is not 0",
        f"got None and the chemical potential is {chemical_potential:g}",
        "Give number= here, or where the system or the generator is made; without one the chemical potential is 0.",
    )
    elements = spectrum.to_energy_basis(hermitian_matrix(number, "number", spectrum.dimension))
    N = spectrum.within_levels(elements)
    gaps = spectrum.energies[:, None] - spectrum.energies[None, :]
    commutator = float(np.abs(gaps * (elements - N)).max())
    if commutator > COMMUTES * float(np.abs(spectrum.energies).max()) * float(np.abs(elements).max()):
        # N does not commute with H: its elements between levels are more than rounding.
        N = elements
    if not np.any(N - np.diag(np.diag(N))):
        energies = spectrum.energies - chemical_potential * np.diag(N).real
        return DensityMatrix(spectrum, _boltzmann(energies, inverse_temperature))
    energies, basis = np.linalg.eigh(np.diag(spectrum.energies) - chemical_potential * N)
    return DensityMatrix(spectrum, _boltzmann(energies, inverse_temperature), basis=basis)


def _boltzmann(energies: RealArray, inverse_temperature: float) -> RealArray:
    from scipy.special import logsumexp

    if np.isinf(inverse_temperature):
        extreme = energies.min() if inverse_temperature > 0 else energies.max()
        scale = float(np.abs(energies).max())
        lowest = np.abs(energies - extreme) <= EQUAL * scale
        return np.where(lowest, -np.log(lowest.sum()), -np.inf)
    exponent = -inverse_temperature * (energies - energies.min())
    return np.asarray(exponent - logsumexp(exponent))


@dataclass(frozen=True, eq=False, kw_only=True)
class StationaryState:
    """A stationary state with the evidence for it.

    Parameters
    ----------
    density : DensityMatrix
    residual : float
        `||L(rho)|| / (sum of the norms of its terms)`, Frobenius: round-off if the state is stationary.
    solver : str
        The algorithm that found it.
    relative_accuracy : float
        Relative error expected of the weights that are not small; after subtraction-free elimination and in ball
        arithmetic, of every weight.
    population_error : RealArray, shape (L,)
        Absolute error expected of the population of each level.
    own_weight_error : RealArray, shape (d,), or None
        Relative error of each weight where each is known by itself, however small; None if all have one absolute error.
    own_element_error : RealArray, shape (d, d), or None
        Absolute error of each element in the energy basis, where each is known by itself.
    is_unique : bool
        Whether it is the only stationary state.
    projector : Array, shape (d, k), or None
        When it is not unique: columns, in the energy basis, that span the conserved subspace it lives on.
    gap : float or None
        Smallest non-zero `-Re lambda`, where cheap: of the populations after elimination, of the sector or of the
        whole superoperator after a null-space solve.
    is_isolated : bool
        False if it is one choice out of a continuum of extremal states: a noiseless subsystem.
    """

    density: DensityMatrix
    residual: float
    solver: str
    relative_accuracy: float
    population_error: RealArray
    own_weight_error: RealArray | None = None
    own_element_error: RealArray | None = None
    is_unique: bool = True
    projector: Array | None = None
    gap: float | None = None
    is_isolated: bool = True

    @property
    def spectrum(self) -> Spectrum:
        """Spectrum of the bare Hamiltonian."""
        return self.density.spectrum

    @property
    def log_weights(self) -> RealArray:
        """Logarithms of the eigenvalues, shape (d,)."""
        return self.density.log_weights

    @property
    def weights(self) -> RealArray:
        """Eigenvalues of the density matrix, shape (d,)."""
        return self.density.weights

    @property
    def populations(self) -> RealArray:
        """Populations of the energy states, the diagonal in the energy basis, shape (d,)."""
        return self.density.populations

    @property
    def entropy(self) -> float:
        """Von Neumann entropy `-Tr rho log rho`."""
        return self.density.entropy

    def expectation(self, operator: Array) -> float:
        """Mean `Tr[A rho]` of a Hermitian operator in the given basis, shape (d, d)."""
        return self.density.expectation(operator)

    def density_matrix(self) -> ComplexArray:
        """Density matrix in the given basis, shape (d, d)."""
        return self.density.matrix()

    @cached_property
    def weight_error(self) -> RealArray:
        """Absolute error expected of each weight, shape (d,)."""
        return np.asarray(self.population_error[self.spectrum.level_of])

    @cached_property
    def relative_weight_error(self) -> RealArray:
        """Relative error expected of each eigenvalue, in the order of `log_weights`, shape (d,)."""
        if self.own_weight_error is not None:
            return self.own_weight_error
        if self.density.basis is None:
            error = self.weight_error
        else:
            error = np.full(self.log_weights.size, float(self.population_error.max(initial=0.0)))
        # Weights that a double does not hold come from elimination, with the accuracy of all others.
        held = self.log_weights > _HELD
        relative = error / np.exp(np.where(held, self.log_weights, 0.0))
        return np.asarray(np.where(held, relative, self.relative_accuracy))

    @cached_property
    def element_error(self) -> RealArray:
        """Absolute error expected of each element of the state in the energy basis, shape (d, d)."""
        if self.own_element_error is not None:
            return self.own_element_error
        if self.density.basis is None:
            return np.diag(self.relative_weight_error * self.weights)
        return np.full((self.log_weights.size,) * 2, float(self.population_error.max(initial=0.0)))

    @cached_property
    def support_levels(self) -> tuple[int, ...]:
        """Levels on which the state has weight."""
        return tuple(int(m) for m in np.nonzero(np.isfinite(self.density.log_level_populations))[0])

    def __repr__(self) -> str:
        facts = [("populations", amounts(self.populations)), ("of the levels", named(self.spectrum.labels))]
        facts += [("unique", "yes" if self.is_unique else "no")]
        facts += [] if self.gap is None else [("gap", f"{amount(self.gap)}, the slowest decay rate")]
        facts += [("residual", f"{self.residual:.1e}, by {self.solver}")]
        return described("stationary state", *facts)
