"""Thermodynamics of a Gibbs state, with the identities that tie its functions together checked on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import RealArray, finite_real, hermitian_matrix, require
from equipoise._printed import amount, amounts, described
from equipoise.spectrum import Spectrum
from equipoise.stationary import DensityMatrix, gibbs_state

_STEP = 1e-30
"""Imaginary step of a derivative: nothing is subtracted, so it can be as small as one likes."""


@dataclass(frozen=True, eq=False, kw_only=True)
class GibbsThermodynamics:
    """Thermodynamic functions of `exp(-beta (H - mu N))/Z`.

    Parameters
    ----------
    state : DensityMatrix
    log_partition_function : float
        `log Z`, Z = Tr exp(-beta (H - mu N)).
    free_energy : float
        `-log Z / beta`: Helmholtz's free energy, or with mu the grand potential.
    energy : float
        `<H>`.
    particles : float or None
        `<N>`.
    entropy : float
        `-Tr rho log rho`, k_B = 1.
    heat_capacity : float
        `beta^2 Var(H - mu N)`, at constant mu (H commutes with N).
    residuals : dict of str to float
        Relative defects of `<H - mu N> = -d log Z/d beta`, `F = <H - mu N> - T S`, `<N> = -dF/d mu` and of the ratio of
        the extreme populations, each computed on two ways.
    """

    state: DensityMatrix
    log_partition_function: float
    free_energy: float
    energy: float
    particles: float | None
    entropy: float
    heat_capacity: float
    residuals: dict[str, float]

    @property
    def worst(self) -> float:
        """Largest of the residuals."""
        return max(self.residuals.values())

    def __repr__(self) -> str:
        particles = [] if self.particles is None else [("<N>", amount(self.particles))]
        return described(
            "thermodynamics of a Gibbs state",
            ("populations", amounts(self.state.populations)),
            ("log Z", amount(self.log_partition_function)),
            ("free energy", amount(self.free_energy)),
            ("<H>", amount(self.energy)),
            *particles,
            ("entropy", amount(self.entropy)),
            ("heat capacity", amount(self.heat_capacity)),
            ("residuals", f"at most {self.worst:.1e}"),
        )


def gibbs_thermodynamics(
    spectrum: Spectrum,
    inverse_temperature: float,
    chemical_potential: float = 0.0,
    number: ArrayLike | None = None,
) -> GibbsThermodynamics:
    """Partition function, free energy, energy, entropy and heat capacity of a Gibbs state, and their consistency.

    `log Z` by a shifted sum, at any beta and energy without overflow; its derivatives with an imaginary step,
    `Im log Z(beta + i h)/h`, to round-off; the expectation values from the density matrix in the given basis.

    Parameters
    ----------
    spectrum : Spectrum
    inverse_temperature : float
        beta, finite and not zero.
    chemical_potential : float
        mu; other than zero needs a number operator.
    number : array_like, shape (d, d), optional
        N in the given basis; commutes with H.

    Returns
    -------
    GibbsThermodynamics

    Raises
    ------
    InputError
        beta = 0 or infinite, mu without N, N that does not commute with H.

    Examples
    --------
    >>> from equipoise.spectrum import spectrum_of_levels
    >>> found = gibbs_thermodynamics(spectrum_of_levels([0.0, 1.0]), 2.0)
    >>> bool(np.isclose(found.energy, 1 / (np.exp(2.0) + 1))), found.worst < 1e-14
    (True, True)
    """
    from scipy.special import logsumexp

    beta = finite_real(inverse_temperature, "inverse_temperature")
    require(beta != 0.0, "inverse_temperature", "differ from 0", "got 0", "At infinite temperature F has no value.")
    mu = finite_real(chemical_potential, "chemical_potential")
    N = None if number is None else hermitian_matrix(number, "number", spectrum.dimension)
    counts, energies, H = np.zeros(spectrum.dimension), spectrum.energies, spectrum.hamiltonian
    if N is not None:
        defect = float(np.abs(H @ N - N @ H).max())
        size = float(np.abs(H).max() * np.abs(N).max())
        require(
            defect <= 1e-10 * size or size == 0,
            "number",
            "commute with the Hamiltonian",
            f"|[H, N]| reaches {defect:.3g}",
            "Without that no state is an equilibrium at both beta and mu.",
        )
        inside = spectrum.within_levels(spectrum.to_energy_basis(N))
        counts = np.diag(inside).real.copy()
        if np.any(inside - np.diag(np.diag(inside))):
            # Within a level H is a number, and N is diagonal with the level's states.
            scale = mu if mu != 0.0 else 1.0
            shifted, V = np.linalg.eigh(np.diag(energies) - scale * inside)
            counts = np.einsum("ik,ij,jk->k", V.conj(), inside, V, optimize=True).real
            energies = shifted + scale * counts
    state = gibbs_state(spectrum, beta, mu, N)
    K = energies - mu * counts
    log_Z = float(logsumexp(-beta * K))
    F, rho = -log_Z / beta, state.matrix()
    energy = float(np.vdot(H, rho).real)
    particles = None if N is None else float(np.vdot(N, rho).real)
    mean = energy - mu * (particles or 0.0)
    p = state.weights[np.argsort(-state.log_weights, kind="stable")]
    ordered = np.sort(beta * K) / beta
    variance = float(np.sum(p * (ordered - mean) ** 2))
    scale = float(np.abs(K).max()) + 1 / abs(beta)
    residuals = {
        "energy": abs(mean + _derivative(-(beta + 1j * _STEP) * K)) / scale,
        "free energy": abs(F - (mean - state.entropy / beta)) / scale,
        "populations": _population_defect(state, beta, ordered),
    }
    if particles is not None:
        slope = _derivative(-beta * (energies - (mu + 1j * _STEP) * counts)) / beta
        residuals["particles"] = abs(particles - slope) / max(1.0, float(np.abs(counts).max()))
    return GibbsThermodynamics(
        state=state,
        log_partition_function=log_Z,
        free_energy=F,
        energy=energy,
        particles=particles,
        entropy=state.entropy,
        heat_capacity=beta**2 * variance,
        residuals=residuals,
    )


def _derivative(exponents: np.ndarray) -> float:
    """`Im log sum exp(x + i y)/h` for exponents that carry the imaginary step h."""
    real = exponents.real
    weights = np.exp(real - real.max())
    return float(np.sum(weights * exponents.imag) / np.sum(weights) / _STEP)


def _population_defect(state: DensityMatrix, beta: float, ordered: RealArray) -> float:
    """Relative error of the logarithm of the ratio of the largest and the smallest population."""
    expected = float(abs(beta) * np.ptp(ordered))
    return abs(float(np.ptp(state.log_weights)) - expected) / (expected + 1.0)
