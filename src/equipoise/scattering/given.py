r"""Scattering that the user brings: a T-matrix as a function of the energy, or on a grid of energies.

By this door come two and three dimensions, measured and ab-initio S-matrices: `transition_of_scattering` makes T of S.
Channels are states of the energy basis, in ascending order, normalised to unit flux; what stands in rows and columns of
closed channels is ignored, NaN included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, InputError, RealArray, UserCodeError, finite_real, require
from equipoise._printed import counted
from equipoise.scattering.gas import Gas
from equipoise.scattering.interaction import AbstractInteraction
from equipoise.scattering.shell import EnergyShell
from equipoise.scattering.unitarity import defect_of
from equipoise.scattering.waves import Waves
from equipoise.spectrum import Spectrum


@dataclass(frozen=True, eq=False)
class GivenScattering(AbstractInteraction):
    r"""A T-matrix between channels, as a function of the total energy of target and particle.

    Parameters
    ----------
    function : callable
        T at an array of n total energies: shape (n, d, d), [energy, state out, state in], or (n, A, d, A, d) with the
        waves beside the states.
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
    >>> GivenScattering(T, waves=Waves.EVEN, dimension=1).dimension
    1
    """

    function: Callable[[RealArray], ArrayLike]
    waves: Waves = Waves.PARTIAL
    dimension: int = 3
    unitarity_tolerance: float = 1e-8

    def __post_init__(self) -> None:
        require(callable(self.function), "function", "be callable", f"got {type(self.function).__name__}")
        _require_waves(self.waves, self.dimension)
        object.__setattr__(self, "unitarity_tolerance", _tolerance(self.unitarity_tolerance, "unitarity_tolerance"))

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
        T = _open_part(values, shell.is_open, energies, self.waves, d, "function")
        require_unitary(T, energies, self.unitarity_tolerance, "function")
        return T


@dataclass(frozen=True, eq=False)
class PartialWaves(AbstractInteraction):
    r"""Blocks that a conserved quantity separates, such as the partial waves of a target without orientation.

    Rates and generators add the blocks, each as often as it occurs.

    Parameters
    ----------
    blocks : sequence of (multiplicity, interaction)
        Of total angular momentum J in three dimensions: multiplicity 2 J + 1.
    dimension : int
        Of the space in which the particle moves.

    Examples
    --------
    Hard spheres, s and p waves, at small momenta:

    >>> import numpy as np
    >>> def hard_sphere(L, radius=1.0):
    ...     from scipy.special import spherical_jn, spherical_yn
    ...     def T(E):
    ...         k = np.sqrt(2 * E) * radius
    ...         j, y = spherical_jn(L, k), spherical_yn(L, k)
    ...         return (-2 * j / (1j * j - y))[:, None, None]
    ...     return GivenScattering(T, waves=Waves.PARTIAL, dimension=3)
    >>> len(PartialWaves([(1, hard_sphere(0)), (3, hard_sphere(1))], dimension=3).parts())
    2
    """

    blocks: Sequence[tuple[float, AbstractInteraction]]
    dimension: int = 3

    def __post_init__(self) -> None:
        require(self.dimension in (1, 2, 3), "dimension", "be 1, 2 or 3", f"got {self.dimension!r}")
        blocks = []
        for j, block in enumerate(self.blocks):
            require(
                isinstance(block, Sequence) and len(block) == 2,
                f"blocks[{j}]",
                "be a pair of a multiplicity and an interaction",
                f"got {type(block).__name__}",
            )
            multiplicity = finite_real(block[0], f"blocks[{j}][0]")
            require(multiplicity > 0, f"blocks[{j}][0]", "be a positive multiplicity", f"got {multiplicity:g}")
            part = block[1]
            require(
                isinstance(part, AbstractInteraction),
                f"blocks[{j}][1]",
                "be an interaction",
                f"got {type(part).__name__}",
            )
            require(
                part.dimension in (None, self.dimension),
                f"blocks[{j}][1]",
                f"be that of a particle in {self.dimension} dimensions",
                f"it is one in {part.dimension}",
            )
            blocks.append((multiplicity, part))
        require(len(blocks) > 0, "blocks", "hold at least one block", "is empty")
        object.__setattr__(self, "blocks", tuple(blocks))

    @property
    def waves(self) -> Waves:
        """Partial waves."""
        return Waves.PARTIAL

    def check(self, spectrum: Spectrum) -> None:
        """See `AbstractInteraction`."""
        for _, part in self.blocks:
            part.check(spectrum)

    def require_coverage(self, gas: Gas, spectrum: Spectrum) -> None:
        """See `AbstractInteraction`."""
        for _, part in self.blocks:
            part.require_coverage(gas, spectrum)
        super().require_coverage(gas, spectrum)

    def parts(self) -> tuple[tuple[float, AbstractInteraction], ...]:
        """The blocks."""
        return tuple((n * m, inner) for n, part in self.blocks for m, inner in part.parts())

    def resonances(self, spectrum: Spectrum, mass: float, lower: float, upper: float) -> tuple[RealArray, RealArray]:
        """Those of all blocks."""
        found = [part.resonances(spectrum, mass, lower, upper) for _, part in self.blocks]
        return np.concatenate([energies for energies, _ in found]), np.concatenate([widths for _, widths in found])

    def transition_matrix(self, shell: EnergyShell) -> ComplexArray:
        """All blocks beside each other, each once however often it occurs."""
        blocks = [part.transition_matrix(shell) for _, part in self.parts()]
        ends = np.cumsum([0, *(T.shape[1] for T in blocks)])
        d = shell.spectrum.dimension
        out = np.zeros((shell.size, ends[-1], d, ends[-1], d), dtype=complex)
        for T, start, end in zip(blocks, ends[:-1], ends[1:], strict=True):
            out[:, start:end, :, start:end, :] = T
        return out


def energies_beside_thresholds(shell: EnergyShell) -> RealArray:
    """Total energies of a shell, moved by a rounding error where they would fall on a threshold, shape (n,).

    A node 1e-20 above a threshold is on it in double precision, and a function that counts open channels itself would
    not agree with the shell.
    """
    levels = shell.spectrum.state_energies[None, :]
    lowest = np.where(shell.is_open, np.nextafter(levels, np.inf), -np.inf).max(axis=1)
    highest = np.where(shell.is_open, np.inf, np.nextafter(levels, -np.inf)).min(axis=1)
    return np.asarray(np.clip(shell.energies, lowest, highest))


def require_unitary(T: ComplexArray, energies: RealArray, tolerance: float, name: str) -> None:
    """Refuse T-matrices, zero in closed channels, that do not conserve probability."""
    if not T.size:
        return
    defect = np.abs(defect_of(T)).max(axis=(1, 2))
    size = np.abs(T).max(axis=(1, 2, 3, 4))
    relative = defect / np.where(size > 0, size, 1.0)
    worst = int(np.argmax(relative))
    require(
        float(relative[worst]) <= tolerance,
        name,
        f"be unitary between open channels to {tolerance:.1e} of the largest element of T",
        f"|T - T^dagger + i T^dagger T| reaches {relative[worst]:.3g} of it at the energy {energies[worst]:.6g}",
        "Channels must be normalised to unit flux and S = 1 - i T; raise `unitarity_tolerance` for measured data.",
    )


def _open_part(
    values: ComplexArray, is_open: np.ndarray, energies: RealArray, waves: Waves, d: int, name: str
) -> ComplexArray:
    """T of shape (n, A, d, A, d) with zeros in closed channels."""
    n = energies.size
    if values.ndim == 3:
        values = values[:, None, :, None, :]
    A = values.shape[1] if values.ndim == 5 else 1
    wanted = 2 if waves is Waves.DIRECTIONS else 1 if waves is Waves.EVEN else A
    shapes = f"({n}, {d}, {d}) or ({n}, A, {d}, A, {d})" if wanted != 2 else f"({n}, 2, {d}, 2, {d})"
    require(
        values.shape == (n, wanted, d, wanted, d),
        name,
        f"give T in the shape {shapes} for {counted(n, 'energy')}, {counted(d, 'state')} and waves {waves.name}",
        f"gave {values.shape}",
    )
    between_open = is_open[:, None, :, None, None] & is_open[:, None, None, None, :]
    T = np.where(between_open, values, 0.0)
    bad = ~np.isfinite(T).all(axis=(1, 2, 3, 4))
    if bad.any():
        raise InputError(
            f"Argument `{name}` must give finite T between open channels, but does not at the energy "
            f"{energies[bad][0]:.6g}."
        )
    return np.asarray(T)


def _require_waves(waves: Waves, dimension: int) -> None:
    require(isinstance(waves, Waves), "waves", "be Waves.EVEN, DIRECTIONS or PARTIAL", f"got {waves!r}")
    require(dimension in (1, 2, 3), "dimension", "be 1, 2 or 3", f"got {dimension!r}")
    require(
        waves is Waves.PARTIAL or dimension == 1,
        "waves",
        f"be Waves.PARTIAL in {dimension} dimensions",
        f"got Waves.{waves.name}, which are those of a line",
    )


def _tolerance(value: float, name: str) -> float:
    tolerance = finite_real(value, name)
    require(tolerance > 0, name, "be positive", f"got {tolerance:g}")
    return tolerance
