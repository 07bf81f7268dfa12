r"""Scattering that the user brings: a T-matrix as a function of the energy, or on a grid of energies.

By this door come two and three dimensions, measured and ab-initio S-matrices: `t_from_s` makes T of S.
Channels are states of the energy basis, in ascending order, normalised to unit flux; what stands in rows and columns of
closed channels is ignored, NaN included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ROUND_OFF, ComplexArray, RealArray, UserCodeError, positive_real, require
from equipoise._printed import counted, described, function_in_words
from equipoise.scattering.interactions.interaction import AbstractInteraction
from equipoise.scattering.interactions.unitarity import defect_of
from equipoise.scattering.shell import EnergyShell, Waves
from equipoise.spectrum import Spectrum

THRESHOLD = 1e-8
"""Distance from a threshold, relative to the energies, below which a function of E has too few digits of momenta."""


@dataclass(frozen=True, eq=False)
class SMatrix(AbstractInteraction):
    r"""A T-matrix between channels, as a function of the total energy of target and particle.

    Parameters
    ----------
    function : callable
        T at an array of n total energies: shape (n, d, d), [energy, state out, state in], or (n, A, d, A, d) with the
        waves before the states.
    waves : Waves, optional
        Which waves the channels are: PARTIAL (default), or on a line EVEN, for shape (n, d, d), or DIRECTIONS, for
        A = 2 (momentum +p first).
    dimension : int, optional
        Of the space in which the particle moves: 3 (default), 2 or 1; 1 unless the waves are PARTIAL.
    unitarity_tolerance : float, optional
        Largest element of `T - T^dagger + i T^dagger T` between open channels, relative to the largest of T; 1e-8.

    Raises
    ------
    InputError
        What is not callable; waves that do not go with the dimension; on use, T of another shape, not finite or not
        unitary between open channels, with the defect and the worst energy.
    UserCodeError
        The function fails; with the energies.

    Examples
    --------
    The contact potential g delta(q) and a target of one level:

    >>> import numpy as np
    >>> def T(E, g=0.5):
    ...     K = g / np.sqrt(2 * E)
    ...     return (2 * K / (1 + 1j * K))[:, None, None]
    >>> SMatrix(T, waves=Waves.EVEN, dimension=1).dimension
    1
    """

    function: Callable[[RealArray], ArrayLike]
    _: KW_ONLY
    waves: Waves = Waves.PARTIAL
    dimension: int = 3
    unitarity_tolerance: float = 1e-8

    def __post_init__(self) -> None:
        require(callable(self.function), "function", "be callable", f"got {type(self.function).__name__}")
        require_waves(self.waves, self.dimension)
        tolerance = positive_real(self.unitarity_tolerance, "unitarity_tolerance")
        object.__setattr__(self, "unitarity_tolerance", tolerance)

    def __repr__(self) -> str:
        return described(
            f"T-matrix as a function of the energy, in {counted(self.dimension, 'dimension')}",
            ("function", function_in_words(self.function)),
            ("waves", self.waves.value),
            ("unitary to", f"{self.unitarity_tolerance:.1e}"),
        )

    def check(self, spectrum: Spectrum) -> None:
        """A function tells its dimension on use only."""

    def transition_matrix(self, shell: EnergyShell) -> ComplexArray:
        """See `AbstractInteraction`."""
        energies, d = energies_beside_thresholds(shell), shell.spectrum.dimension
        try:
            values = np.array(self.function(energies), dtype=complex)
        except Exception as error:
            raise UserCodeError(
                f"The T-matrix failed at {counted(energies.size, 'energy')} from {energies.min():.6g} "
                f"to {energies.max():.6g}: {error}"
            ) from error
        T = open_part(values, shell.is_open, energies, self.waves, d, "function")
        levels = shell.spectrum.state_energies
        kinetic = energies[:, None] - levels[None, :]
        scale = np.maximum(np.abs(energies), np.abs(levels).max())
        is_resolved = np.abs(kinetic).min(axis=1) > THRESHOLD * scale
        require_unitary(T[is_resolved], energies[is_resolved], self.unitarity_tolerance, "function")
        # The kinetic energy that the function could take from E has lost digits near a threshold: put them back.
        known, meant = (flux_factor(found, shell.spectrum) for found in (kinetic, shell.kinetic))
        return np.asarray(T * (meant / np.where(known > 0, known, 1.0))[:, None, :, None, :])


def energies_beside_thresholds(shell: EnergyShell) -> RealArray:
    """Total energies of a shell, moved by a rounding error where they would fall on a threshold, shape (n,).

    A node 1e-20 above a threshold is on it in double precision, and a function that counts open channels itself would
    not agree with the shell.
    """
    levels = shell.spectrum.state_energies[None, :]
    lowest = np.where(shell.is_open, np.nextafter(levels, np.inf), -np.inf).max(axis=1)
    highest = np.where(shell.is_open, np.inf, np.nextafter(levels, -np.inf)).min(axis=1)
    return np.asarray(np.clip(shell.energies, lowest, highest))


def flux_factor(kinetic: RealArray, spectrum: Spectrum) -> RealArray:
    """The factor of T between two levels by their momenta, `(e_k e_l)^(1/4)`, shape (n, d, d); one within a level."""
    root = np.where(kinetic > 0, np.abs(kinetic), 0.0) ** 0.25
    both_open = (root[:, :, None] > 0) & (root[:, None, :] > 0)
    same = spectrum.level_of[:, None] == spectrum.level_of[None, :]
    return np.asarray(np.where(same, both_open, root[:, :, None] * root[:, None, :]))


def require_unitary(T: ComplexArray, energies: RealArray, tolerance: float, name: str) -> None:
    """Refuse T-matrices, zero in closed channels, that do not conserve probability."""
    if not T.size:
        return
    defect = np.abs(defect_of(T)).max(axis=(1, 2))
    size = np.abs(T).max(axis=(1, 2, 3, 4))
    # What i (S - 1) has lost of a small T is not held against it.
    defect = np.where(defect > 64 * ROUND_OFF * T.shape[1] * T.shape[2], defect, 0.0)
    relative = defect / np.where(size > 0, size, 1.0)
    worst = int(np.argmax(relative))
    remedy = "Channels must be normalised to unit flux and S = 1 - i T; raise `unitarity_tolerance` for measured data."
    if relative[worst] > tolerance and _is_scattering(T[worst]):
        remedy = 'It is unitary itself, as S is: give t_from_s(S), in a model file kind = "s_matrix".'
    require(
        float(relative[worst]) <= tolerance,
        name,
        f"be unitary between open channels to {tolerance:.1e} of the largest element of T",
        f"|T - T^dagger + i T^dagger T| reaches {relative[worst]:.3g} of it at the energy {energies[worst]:.6g}",
        remedy,
    )


def _is_scattering(matrix: ComplexArray) -> bool:
    """Whether the part between open channels of shape (A, d, A, d) is unitary."""
    S = matrix.reshape(matrix.shape[0] * matrix.shape[1], -1)
    return bool(np.allclose(S.conj().T @ S, np.diag(np.any(S != 0, axis=0)), rtol=0.0, atol=1e-8))


def open_part(
    values: ComplexArray, is_open: np.ndarray, energies: RealArray, waves: Waves, d: int, name: str
) -> ComplexArray:
    """T of shape (n, A, d, A, d) with zeros in closed channels; refuse another shape and what is not finite."""
    n, came = energies.size, values.shape
    if values.ndim == 3:
        values = values[:, None, :, None, :]
    A = values.shape[1] if values.ndim == 5 else 1
    wanted = 2 if waves is Waves.DIRECTIONS else 1 if waves is Waves.EVEN else A
    one, two, many = f"({n}, {d}, {d})", f"({n}, 2, {d}, 2, {d})", f"({n}, A, {d}, A, {d})"
    shapes = {Waves.EVEN: one, Waves.DIRECTIONS: two, Waves.PARTIAL: f"{one} or {many}"}[waves]
    require(
        values.shape == (n, wanted, d, wanted, d),
        name,
        f"give T in the shape {shapes} for {counted(n, 'energy')}, {counted(d, 'state')} and waves {waves.name}",
        f"gave {came}",
    )
    between_open = is_open[:, None, :, None, None] & is_open[:, None, None, None, :]
    T = np.where(between_open, values, 0.0)
    bad = energies[~np.isfinite(T).all(axis=(1, 2, 3, 4))]
    where = f"does not at the energy {bad[0]:.6g}" if bad.size else ""
    require(not bad.size, name, "give finite T between open channels", where)
    return np.asarray(T)


def require_waves(waves: Waves, dimension: int) -> None:
    """Refuse waves of a line in another dimension."""
    require(isinstance(waves, Waves), "waves", "be Waves.EVEN, DIRECTIONS or PARTIAL", f"got {waves!r}")
    require(dimension in (1, 2, 3), "dimension", "be 1, 2 or 3", f"got {dimension!r}")
    require(
        waves is Waves.PARTIAL or dimension == 1,
        "waves",
        f"be Waves.PARTIAL in {dimension} dimensions",
        f"got Waves.{waves.name}, which are those of a line",
    )
