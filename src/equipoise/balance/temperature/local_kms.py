"""The local KMS condition of a density matrix: residuals for operators and complex times, and the worst of all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import Array, ComplexArray, InputError, NumericalError, RealArray, require, square_matrix
from equipoise._printed import amount, described
from equipoise.balance.temperature.gibbs import KnownState, density_of
from equipoise.balance.temperature.local_temperature import TemperatureFunction
from equipoise.stationary import DensityMatrix


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class LocalKmsResidual:
    """The residual of the local KMS condition of a state, as a function of two operators and a time.

    Parameters
    ----------
    density : DensityMatrix
    logs : RealArray, shape (d,)
        `-beta(e) e` of each state of the energy basis, up to a constant.
    """

    density: DensityMatrix
    logs: RealArray

    def of(self, x: Array, y: Array, time: complex = 0.0) -> complex:
        """`<<x y(t + i beta(H))>> - <<y(t) x>>` at a real or complex time.

        Parameters
        ----------
        x, y : array_like, shape (d, d)
            In the given basis.
        time : complex, default 0
            t, in units of an inverse energy; an imaginary part moves through the strip of the KMS condition.

        Raises
        ------
        NumericalError
            If a factor `exp(beta(H) H)` overflows.
        """
        density, logs, spectrum = self.density, self.logs, self.density.spectrum
        X, Y = (
            spectrum.to_energy_basis(square_matrix(A, name, spectrum.dimension)) for A, name in ((x, "x"), (y, "y"))
        )
        energies = spectrum.state_energies
        rotation = 1j * complex(time) * (energies[:, None] - energies[None, :])
        # exp(-b_j + b_k) y_jk with b = -log sigma, and p_k: one exponential, so that small weights do not underflow.
        with np.errstate(over="ignore", invalid="ignore"):
            if density.basis is None:
                forward = Y * np.exp(rotation + logs[:, None] - logs[None, :] + density.log_weights[None, :])
                backward = Y * np.exp(rotation + density.log_weights[:, None])
                value = np.einsum("kj,jk->", X, forward - backward)
            else:
                forward = Y * np.exp(rotation + logs[:, None] - logs[None, :])
                rho = density.elements
                value = np.einsum("kj,jk->", rho @ X, forward) - np.einsum("jk,kj->", Y * np.exp(rotation), X @ rho)
        if not np.isfinite(value):
            raise NumericalError(
                f"A factor exp(beta(H) H) exp(i t H) overflows: log populations from {logs.min():.4g} to "
                f"{logs.max():.4g}, time {time}. Take a smaller imaginary part of the time, or a temperature function "
                "nearer the state's own."
            )
        return complex(value)

    @cached_property
    def violation(self) -> float:
        r"""The largest residual over all operators x and y, with the state's own temperature function.

        With sigma the level average of rho (`sum_m P_m Tr[P_m rho] / g_m`) and operators scaled by it,
        `||sigma^(1/2) x sigma^(1/2)||_2 <= 1` and `||sigma^(1/2) y sigma^(-1/2)||_2 <= 1` (Hilbert-Schmidt) ::

            sup |<<x y(i beta(H))>> - <<y x>>| = lambda_max - lambda_min,

        the spread of the eigenvalues of `sigma^(-1/2) rho sigma^(-1/2)`. In these coordinates the residual is
        `Tr[x [y, D]]` with D that operator. It does not depend on a basis, and is at most d. It is zero if and only if
        rho is a faithful function of H: a coherence violates the condition, and so does a degenerate level with
        unequal populations.
        """
        density = self.density
        logs = _log_local_gibbs(density, None)[density.spectrum.level_of]
        if density.basis is None:
            values = np.exp(density.log_weights - logs)
        else:
            values = np.linalg.svd(_scaled_root(density, logs), compute_uv=False) ** 2
        return float(values.max() - values.min())

    def __repr__(self) -> str:
        return described("residual of the local KMS condition of a state", ("violation", amount(self.violation)))


def local_kms_residual(state: KnownState, temperature_function: TemperatureFunction | None = None) -> LocalKmsResidual:
    r"""The residual `<<x y(t + i beta(H))>> - <<y(t) x>>` of the local KMS condition, and how large it can be.

    `y(t + i beta(H)) = exp(-beta(H) H) exp(i t H) y exp(-i t H) exp(beta(H) H)`. It is data, not a verdict: the
    residual is zero for *every* faithful function of H with its own temperature function, in or out of equilibrium.
    The test with content is whether the temperatures that the reservoirs impose add up on cycles
    (`equipoise.cycles(generator).affinities`).

    Parameters
    ----------
    state : StationaryState, DensityMatrix or GeneratorAtState
        Any density matrix, coherent or not, with every level populated; a state within a level may be empty.
    temperature_function : TemperatureFunction, optional
        beta, of the levels of this spectrum; by default the state's own, read off its mean populations per level.

    Returns
    -------
    LocalKmsResidual

    Raises
    ------
    InputError
        If a level is empty (and no temperature function is given), or the function has other levels.

    References
    ----------
    Accardi & Imafuku (2002), Theorem 1, (73a), (74b), (75).

    Examples
    --------
    >>> from equipoise.spectrum import spectrum_of_levels
    >>> from equipoise.stationary import density_matrix
    >>> state = density_matrix(spectrum_of_levels([0.0, 1.0, 2.0]), np.diag([0.2, 0.5, 0.3]))
    >>> x, y = np.arange(9.0).reshape(3, 3), np.ones((3, 3))
    >>> abs(local_kms_residual(state).of(x, y, time=0.4 + 0.7j)) < 1e-14
    True
    >>> coherent = density_matrix(spectrum_of_levels([0.0, 1.0]), [[0.5, 0.1], [0.1, 0.5]])
    >>> round(local_kms_residual(coherent).violation, 12)
    0.4
    """
    density = density_of(state)
    logs = _log_local_gibbs(density, temperature_function)[density.spectrum.level_of]
    return LocalKmsResidual(density=density, logs=logs)


def _scaled_root(density: DensityMatrix, logs: RealArray) -> ComplexArray:
    """`sigma^(-1/2) rho^(1/2)` in the energy basis, up to a unitary on the right."""
    assert density.basis is not None
    with np.errstate(divide="ignore"):
        size = np.log(np.abs(density.basis)) + 0.5 * (density.log_weights[None, :] - logs[:, None])
    return np.asarray(np.exp(size) * np.exp(1j * np.angle(density.basis)))


def _log_local_gibbs(density: DensityMatrix, given: TemperatureFunction | None) -> RealArray:
    """`-beta(e_m) e_m` up to a constant, per level: given, or the logarithm of the mean population of its states."""
    spectrum = density.spectrum
    if given is not None:
        require(
            given.has_levels_of(spectrum),
            "temperature_function",
            f"have the {spectrum.size} levels of the state",
            f"has {given.size} levels from {given.levels[0]:.6g} to {given.levels[-1]:.6g}",
        )
        return given.log_weights
    logs = density.log_level_populations - np.log(spectrum.degeneracies)
    empty = np.nonzero(np.isneginf(logs))[0]
    if empty.size:
        raise InputError(
            "Argument `state` must be faithful (every level populated), but level "
            f"{spectrum.labels[int(empty[0])]!r} is empty and has no finite temperature. Restrict the state to the "
            "populated levels."
        )
    return np.asarray(logs)
