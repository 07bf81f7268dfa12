"""The generalised inverse temperature of a state that is a function of the Hamiltonian."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import InputError, RealArray, UserCodeError, require
from equipoise._printed import amounts, described, named
from equipoise.balance.temperature.gibbs import KnownState, density_of
from equipoise.spectrum import Spectrum
from equipoise.stationary import DensityMatrix
from equipoise.stationary.pairwise import diagonal_log_weights

_PER_STATE = "Use the log_weights of the state, which need no function of H."


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class TemperatureFunction:
    """`rho = exp(-beta(H) H) / Z` read as inverse temperatures between levels.

    Only differences are free of a choice: an inverse temperature belongs to a *pair* of levels. Referred to the
    ground level it is a function of the level; the literal form of the paper also depends on the zero of energy.
    Inverse temperatures are negative between inverted levels.

    Parameters
    ----------
    levels : RealArray, shape (L,)
        Distinct energies, ascending.
    log_weights : RealArray, shape (L,)
        `log rho_m` of one state of each level.
    degeneracies : ndarray of int, shape (L,)
    labels : tuple of str
    tolerance : float
        Energies closer than this are one.
    """

    levels: RealArray
    log_weights: RealArray
    degeneracies: np.ndarray
    labels: tuple[str, ...]
    tolerance: float

    @property
    def size(self) -> int:
        """Number of levels."""
        return int(self.levels.size)

    @cached_property
    def differences(self) -> RealArray:
        """Exponents `-(log rho_m - log rho_n)`, shape (L, L), antisymmetric: `beta(m, n) (e_m - e_n)`."""
        return np.asarray(self.log_weights[None, :] - self.log_weights[:, None])

    def between(self, m: ArrayLike, n: ArrayLike) -> RealArray:
        """Inverse temperature `-(log rho_m - log rho_n) / (e_m - e_n)` between levels m and n, symmetric in them."""
        upper, lower = np.broadcast_arrays(np.asarray(m), np.asarray(n))
        for level in (*upper.flat, *lower.flat):
            require(0 <= level < self.size, "m, n", f"be levels, 0 .. {self.size - 1}", f"got {level}")
        for level in upper[upper == lower].flat:
            came = f"level {level} was paired with itself"
            require(False, "m, n", "be two different levels", came, "A temperature belongs to a pair of levels.")
        rise = self.log_weights[upper] - self.log_weights[lower]
        return np.asarray(-rise / (self.levels[upper] - self.levels[lower]))[()]

    @cached_property
    def slopes(self) -> RealArray:
        """Inverse temperatures between neighbouring levels, shape (L - 1,)."""
        return np.asarray(-np.diff(self.log_weights) / np.diff(self.levels))

    @cached_property
    def relative_to_ground(self) -> RealArray:
        """`-log(rho_m / rho_0) / (e_m - e_0)` of the levels m = 1 .. L - 1, shape (L - 1,)."""
        return np.asarray(-(self.log_weights[1:] - self.log_weights[0]) / (self.levels[1:] - self.levels[0]))

    @property
    def log_partition(self) -> float:
        """`log Z = -log rho_0` of the form referred to the ground level, `Z = sum_m g_m exp(-beta_m (e_m - e_0))`."""
        return float(-self.log_weights[0])

    @cached_property
    def undefined(self) -> tuple[int, ...]:
        """Levels at zero energy, where the literal form has no value."""
        return tuple(int(m) for m in np.nonzero(np.abs(self.levels) <= self.tolerance)[0])

    @cached_property
    def literal_values(self) -> RealArray:
        """`-log rho_m / e_m` of every level that is not `undefined`, in order: fewer than L values if some are."""
        defined = np.setdiff1d(np.arange(self.size), self.undefined)
        return np.asarray(-self.log_weights[defined] / self.levels[defined])

    def literal(self, level: int) -> float:
        """The literal form `-log rho_m / e_m` of one level: Z = 1, and it changes with the zero of energy.

        A Gibbs state at beta has the value `beta + log(Z) / e_m` here, which is not constant.

        Raises
        ------
        InputError
            If the energy of the level is zero, or there is no such level.
        """
        require(0 <= level < self.size, "level", f"be a level, 0 .. {self.size - 1}", f"got {level}")
        if level in self.undefined:
            raise InputError(
                f"Argument `level` must have an energy different from zero, but level {self.labels[level]!r} is at "
                f"{self.levels[level]:.3g}: -log(rho) / energy is undefined at zero energy. Use differences: "
                "between(m, n) or relative_to_ground."
            )
        return float(-self.log_weights[level] / self.levels[level])

    @cached_property
    def spread(self) -> float:
        """Largest minus smallest inverse temperature over all pairs of levels; 0 if and only if the state is Gibbs.

        The temperature of any pair is a mean of those of the neighbours between them, so neighbours suffice.
        """
        return float(np.ptp(self.slopes)) if self.slopes.size else 0.0

    @cached_property
    def inverted(self) -> tuple[tuple[int, int], ...]:
        """Pairs (m, n), m above n, with more population in a state of m than of n."""
        m, n = np.nonzero(np.tril(self.differences < 0, -1))
        return tuple((int(a), int(b)) for a, b in zip(m, n, strict=True))

    def has_levels_of(self, spectrum: Spectrum) -> bool:
        """Whether the levels are those of a spectrum, to its tolerance or to that of this function."""
        width = max(self.tolerance, spectrum.tolerance)
        return spectrum.size == self.size and bool(np.all(np.abs(spectrum.levels - self.levels) <= width))

    def state(self, spectrum: Spectrum) -> DensityMatrix:
        """The state `exp(-beta(H) H) / Z` of a spectrum with these levels; its log weights are these, bit for bit.

        Raises
        ------
        InputError
            If the levels or their degeneracies are not these.
        """
        require(
            self.has_levels_of(spectrum) and np.array_equal(spectrum.degeneracies, self.degeneracies),
            "spectrum",
            f"have the {self.size} levels of the temperature function, with their degeneracies",
            f"has levels {np.array2string(spectrum.levels, threshold=6, precision=6)}",
            "For another spectrum use local_equilibrium_state(spectrum, beta).",
        )
        return DensityMatrix(spectrum, self.log_weights[spectrum.level_of])

    def __repr__(self) -> str:
        facts = [("levels", named(self.labels)), ("energies", amounts(self.levels))]
        if self.size > 1:
            facts.append(("neighbours", f"beta_S = {amounts(self.slopes)}"))
            inverted = [f"{self.labels[m]} above {self.labels[n]}" for m, n in self.inverted]
            facts.append(("inverted", named(inverted) or "none"))
        return described("temperature function of a state", *facts)


def temperature_function(state: KnownState) -> TemperatureFunction:
    """Generalised inverse temperature of a faithful state that is a function of H.

    `beta(m, n) = -(log rho_m - log rho_n) / (e_m - e_n)`, from logarithms: populations of 1e-260 keep their digits.

    Parameters
    ----------
    state : StationaryState, DensityMatrix or GeneratorAtState
        Diagonal in energy, equal populations within each level, no empty level.

    Returns
    -------
    TemperatureFunction

    Raises
    ------
    InputError
        If the state is not a function of H (names the level or the states), a level is empty, or two levels of one
        energy are told apart by something else than the energy.

    References
    ----------
    Accardi & Imafuku (2002), (27)-(28), (83), corrected: positivity needs positive energies and no inversion, the
    printed form is singular at zero energy and not constant for a Gibbs state; referred to gaps it is neither.

    Examples
    --------
    >>> from equipoise.spectrum import spectrum_of_levels
    >>> from equipoise.stationary import gibbs_state
    >>> beta = temperature_function(gibbs_state(spectrum_of_levels([0.0, 1.0, 3.0]), 2.0))
    >>> [round(float(value), 12) for value in beta.relative_to_ground], beta.undefined
    ([2.0, 2.0], (0,))
    """
    density = density_of(state)
    spectrum = density.spectrum
    gaps = np.diff(spectrum.levels)
    if np.any(gaps <= 0):
        level = int(np.argmax(gaps <= 0))
        raise InputError(
            "Argument `state` must belong to levels of ascending, distinct energies, but levels "
            f"{spectrum.labels[level]!r} and {spectrum.labels[level + 1]!r} are at {spectrum.levels[level]:.6g} and "
            f"{spectrum.levels[level + 1]:.6g}. {_PER_STATE}"
        )
    log_weights = diagonal_log_weights(density, _PER_STATE)
    return TemperatureFunction(
        levels=spectrum.levels,
        log_weights=log_weights,
        degeneracies=spectrum.degeneracies,
        labels=spectrum.labels,
        tolerance=spectrum.tolerance,
    )


def local_equilibrium_state(spectrum: Spectrum, beta: Callable[[float], float]) -> DensityMatrix:
    """The state `exp(-beta(H) H) / Z` of any real temperature function, normalised, with logarithmic weights.

    Parameters
    ----------
    spectrum : Spectrum
    beta : callable
        `beta(e)` of one energy; of any sign, finite. A level at zero energy has the weight 1/Z whatever beta is.

    Raises
    ------
    InputError, UserCodeError
        If beta is not finite at a level, or fails there.

    References
    ----------
    Accardi & Imafuku (2002), (74a).

    Examples
    --------
    >>> from equipoise.spectrum import spectrum_of_levels
    >>> state = local_equilibrium_state(spectrum_of_levels([0.0, 1.0, 2.0]), lambda e: np.log(2.0) / e if e else 1.0)
    >>> [round(float(weight), 12) for weight in state.weights]
    [0.5, 0.25, 0.25]
    """
    from scipy.special import logsumexp

    exponents = np.empty(spectrum.size)
    for level, energy in enumerate(spectrum.levels):
        try:
            value = float(beta(float(energy)))
        except Exception as error:
            raise UserCodeError(f"`beta` failed at the energy {energy:.6g}: {error!r}.") from error
        require(np.isfinite(value), "beta", "be finite at every level", f"is {value} at the energy {energy:.6g}")
        exponents[level] = -value * energy
    log_weights = exponents[spectrum.level_of]
    return DensityMatrix(spectrum, log_weights - logsumexp(log_weights))
