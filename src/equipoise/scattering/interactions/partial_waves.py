"""Partial waves: blocks of the T-matrix that a conserved angular momentum separates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise._checks import ComplexArray, RealArray, positive_real, require
from equipoise._printed import amounts, counted, described
from equipoise.scattering.gas import Gas
from equipoise.scattering.interactions.interaction import AbstractInteraction
from equipoise.scattering.shell import EnergyShell, Waves
from equipoise.spectrum import Spectrum


@dataclass(frozen=True, eq=False)
class PartialWaves(AbstractInteraction):
    r"""Blocks that a conserved quantity separates, such as the partial waves of a target without orientation.

    Rates and generators add the blocks, each as often as it occurs.

    Parameters
    ----------
    blocks : sequence of (multiplicity, interaction)
        Of total angular momentum J in three dimensions: multiplicity 2 J + 1.
    dimension : int, optional
        Of the space in which the particle moves; default 3.

    Raises
    ------
    InputError
        No blocks, what is no pair, a multiplicity that is not positive, an interaction in another dimension.

    Examples
    --------
    Hard spheres, s and p waves, at small momenta:

    >>> import numpy as np
    >>> from scipy.special import spherical_jn, spherical_yn
    >>> from equipoise.scattering import SMatrix
    >>> def hard_sphere(L, radius=1.0):
    ...     def T(E):
    ...         k = np.sqrt(2 * E) * radius
    ...         j, y = spherical_jn(L, k), spherical_yn(L, k)
    ...         return (-2 * j / (1j * j - y))[:, None, None]
    ...     return SMatrix(T)
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
            multiplicity, part = positive_real(block[0], f"blocks[{j}][0]"), block[1]
            given = f"blocks[{j}][1]"
            require(isinstance(part, AbstractInteraction), given, "be an interaction", f"got {type(part).__name__}")
            wanted = f"be that of a particle in {self.dimension} dimensions"
            require(part.dimension in (None, self.dimension), given, wanted, f"it is one in {part.dimension}")
            blocks.append((multiplicity, part))
        require(len(blocks) > 0, "blocks", "hold at least one block", "is empty")
        object.__setattr__(self, "blocks", tuple(blocks))

    @property
    def waves(self) -> Waves:
        """Partial waves."""
        return Waves.PARTIAL

    def __repr__(self) -> str:
        return described(
            f"{counted(len(self.blocks), 'partial wave')} in {counted(self.dimension, 'dimension')}",
            ("occurring", f"{amounts(multiplicity for multiplicity, _ in self.blocks)} times"),
            ("given as", ", ".join(sorted({type(part).__name__ for _, part in self.blocks}))),
        )

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
        found = np.concatenate([part.resonances(spectrum, mass, lower, upper) for _, part in self.blocks], axis=1)
        return found[0], found[1]

    def transition_matrix(self, shell: EnergyShell) -> ComplexArray:
        """All blocks along the diagonal, each once however often it occurs."""
        blocks = [part.transition_matrix(shell) for _, part in self.parts()]
        ends = np.cumsum([0, *(T.shape[1] for T in blocks)])
        d = shell.spectrum.dimension
        out = np.zeros((shell.size, ends[-1], d, ends[-1], d), dtype=complex)
        for T, start, end in zip(blocks, ends[:-1], ends[1:], strict=True):
            out[:, start:end, :, start:end, :] = T
        return out
