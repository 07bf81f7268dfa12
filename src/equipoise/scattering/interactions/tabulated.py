r"""A T-matrix on a grid of energies, interpolated between the thresholds of the target.

Between two thresholds a < b the momenta are smooth functions of :math:`\varphi`, :math:`E = a + (b - a)\sin^2\varphi`,
above the last of :math:`\sqrt{E - a}`, and so is :math:`T_{kl}/(p_k p_l)^{1/2}` between different levels: these are
interpolated, by rational functions without poles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, InputError, RealArray, positive_real, require
from equipoise._printed import counted, described
from equipoise.scattering.gas import Gas
from equipoise.scattering.interactions.couplings import ascending
from equipoise.scattering.interactions.interaction import AbstractInteraction
from equipoise.scattering.interactions.interpolation import barycentric_weights, interpolated
from equipoise.scattering.interactions.s_matrix import flux_factor, open_part, require_unitary, require_waves
from equipoise.scattering.shell import EnergyShell, Waves
from equipoise.spectrum import Spectrum

FEWEST = 4
"""Energies between two thresholds: with fewer, leaving out every other one tells nothing."""

LONGEST_GAP = 2.5
"""Steps of the grid over which it is continued to a threshold."""


@dataclass(frozen=True, eq=False)
class TabulatedSMatrix(AbstractInteraction):
    r"""A T-matrix between channels on a grid of total energies of target and particle.

    The grid must reach from threshold to threshold, about one step away from each, and as far up as the gas does.
    Above the last energy T is that of the last energy.

    Parameters
    ----------
    energies : array_like, shape (n,)
        Ascending.
    matrices : array_like, shape (n, d, d) or (n, A, d, A, d)
        T at each, as in `SMatrix`.
    waves : Waves, optional
    dimension : int, optional
    accuracy : float, optional
        Error of T, relative to its largest element and averaged over the collisions of the gas, with which the user is
        content; default 1e-6. A grid that is too coarse for it is refused.
    unitarity_tolerance : float, optional
        See `SMatrix`.

    Raises
    ------
    InputError
        Energies that do not ascend, another number of matrices; at the door of a target, T that is not unitary between
        open channels, with the defect and the worst energy; with a gas, a grid that does not reach its energies or is
        too coarse, with the region.

    Examples
    --------
    >>> import numpy as np
    >>> E = np.linspace(0.1, 4.0, 40) ** 2
    >>> K = 0.5 / np.sqrt(2 * E)
    >>> sampled = TabulatedSMatrix(E, (2 * K / (1 + 1j * K))[:, None, None], waves=Waves.EVEN, dimension=1)
    >>> sampled.energies.size
    40
    """

    energies: ArrayLike
    matrices: ArrayLike
    _: KW_ONLY
    waves: Waves = Waves.PARTIAL
    dimension: int = 3
    accuracy: float = 1e-6
    unitarity_tolerance: float = 1e-8
    _segments: dict[bytes, list[_Segment]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        require_waves(self.waves, self.dimension)
        energies = np.array(self.energies, dtype=float)
        require(
            energies.ndim == 1 and energies.size > 0 and bool(np.isfinite(energies).all()),
            "energies",
            "be a list of finite energies",
            f"has shape {energies.shape}",
        )
        ascending(energies, "energies", "Sort them, and the matrices with them.")
        matrices = np.array(self.matrices, dtype=complex)
        require(
            matrices.ndim in (3, 5) and matrices.shape[0] == energies.size,
            "matrices",
            f"hold one T for each of the {counted(energies.size, 'energy')}",
            f"has shape {matrices.shape}",
        )
        object.__setattr__(self, "energies", energies)
        object.__setattr__(self, "matrices", matrices)
        for name in ("accuracy", "unitarity_tolerance"):
            object.__setattr__(self, name, positive_real(getattr(self, name), name))

    def __repr__(self) -> str:
        energies, states = np.asarray(self.energies), counted(np.shape(self.matrices)[-1], "state")
        return described(
            f"T-matrix at {counted(energies.size, 'energy')}, {states}, in {counted(self.dimension, 'dimension')}",
            ("energies", f"{energies[0]:.6g} to {energies[-1]:.6g}"),
            ("waves", self.waves.value),
            ("accuracy", f"{self.accuracy:.1e} of T, the mean over collisions"),
            ("unitary to", f"{self.unitarity_tolerance:.1e}"),
        )

    @property
    def stated_error(self) -> float:
        """The accuracy."""
        return self.accuracy

    def check(self, spectrum: Spectrum) -> None:
        """Refuse another dimension, and T that is not finite or not unitary on the grid."""
        self._prepared(spectrum)

    def left_out_errors(self, spectrum: Spectrum) -> tuple[RealArray, RealArray]:
        """Every other energy and the error at it of an interpolation between the rest.

        The error on the whole grid is smaller, down to 2^-9 of it where the grid is fine; alike where data are noisy.

        Parameters
        ----------
        spectrum : Spectrum

        Returns
        -------
        (ndarray, ndarray), shape (k,) each
            Energies, and the largest error of an element of T there, relative to the largest element on the grid.
        """
        found = self._prepared(spectrum)
        energies = np.concatenate([segment.energies[::2] for segment in found])
        return energies, np.concatenate([segment.errors for segment in found])

    def require_coverage(self, gas: Gas, spectrum: Spectrum) -> None:
        """Refuse a gas that populates energies which the grid does not reach, or where it is too coarse."""
        super().require_coverage(gas, spectrum)
        beyond, arrivals = float(np.asarray(self.energies)[-1]), _arrivals(gas, spectrum.levels)
        mean, worst = 0.0, (0.0, 0.0, 0.0)
        for segment, (lower, upper) in zip(self._prepared(spectrum), pairwise([*spectrum.levels, np.inf]), strict=True):
            E, x, is_last = segment.energies, segment.x, np.isinf(upper)
            if E.size < FEWEST:
                share = arrivals(lower, upper)
                require(
                    share <= self.accuracy,
                    "energies",
                    f"hold at least {FEWEST} between {lower:.6g} and {upper:.6g}, where up to {share:.2g} of the "
                    f"particles of {gas.name!r} arrive",
                    f"there {'is' if E.size == 1 else 'are'} {E.size}",
                )
                continue
            # The way from either end of the grid to its threshold, in steps of the grid there, and who arrives there.
            gap = max(x[0] / (x[1] - x[0]), 0.0 if is_last else (0.5 * np.pi - x[-1]) / (x[-1] - x[-2]))
            ends = max(arrivals(lower, E[0]), 0.0 if is_last else arrivals(E[-1], upper))
            require(
                gap <= LONGEST_GAP or ends <= self.accuracy,
                "energies",
                f"come near the threshold at {lower:.6g}"
                if is_last
                else f"come near the thresholds at {lower:.6g} and {upper:.6g}",
                f"between them they run from {E[0]:.6g} to {E[-1]:.6g}, which leaves out "
                f"{ends:.2g} of the particles of {gas.name!r}",
                "The first and the last should be no further from a threshold than from the next energy.",
            )
            edges = [lower, *0.5 * (E[:-2:2] + E[2::2]), min(upper, beyond)]
            shares = [
                (error * arrivals(left, right), left, right)
                for error, (left, right) in zip(segment.errors, pairwise(edges), strict=True)
            ]
            mean += sum(share for share, _, _ in shares)
            worst = max([worst, *shares])
        share = arrivals(beyond, np.inf)
        require(
            share <= self.accuracy,
            "energies",
            f"reach as far up as the gas {gas.name!r}: to an accuracy of {self.accuracy:g} no more than that part of "
            "it may arrive above the last one",
            f"they end at {beyond:.6g}, above which up to {share:.2g} of its particles arrive",
            "Continue the grid, or raise `accuracy`.",
        )
        require(
            mean <= self.accuracy,
            "energies",
            f"be fine enough for the gas {gas.name!r} to the accuracy {self.accuracy:g}",
            f"leaving out every other energy changes T by {mean:.2g} of its largest element in the mean over "
            f"collisions, most between {worst[1]:.6g} and {worst[2]:.6g}",
            "Refine the grid there, or raise `accuracy`.",
        )

    def transition_matrix(self, shell: EnergyShell) -> ComplexArray:
        """See `AbstractInteraction`."""
        segments, spectrum = self._prepared(shell.spectrum), shell.spectrum
        state_of = [int(np.argmax(spectrum.level_of == m)) for m in range(spectrum.size)]
        count = shell.is_open[:, state_of].sum(axis=1)
        d, A = spectrum.dimension, np.asarray(self.matrices).shape[1] if np.ndim(self.matrices) == 5 else 1
        out = np.zeros((shell.size, A, d, A, d), dtype=complex)
        for m in np.unique(count[count > 0]) - 1:
            here, segment = np.nonzero(count == m + 1)[0], segments[m]
            lower, upper = spectrum.levels[m], [*spectrum.levels, np.inf][m + 1]
            if not segment.energies.size:
                raise InputError(
                    f"Argument `energies` must hold energies between {lower:.6g} and {upper:.6g}, but there is none."
                )
            kinetic = shell.kinetic[here]
            above = kinetic[:, state_of[m]]
            if np.isfinite(upper):
                x = _variable(above, -kinetic[:, state_of[m + 1]])
            else:
                # Above the grid T itself is held, not T over the roots of momenta: it stays unitary.
                beyond = above > segment.energies[-1] - lower
                x = np.minimum(_variable(above, None), segment.x[-1])
                kinetic = np.where(beyond[:, None], segment.last_kinetic, kinetic)
            reduced = interpolated(segment.x, segment.weights, segment.values, x)
            out[here] = reduced * flux_factor(kinetic, spectrum)[:, None, :, None, :]
        return out

    def _prepared(self, spectrum: Spectrum) -> list[_Segment]:
        key = spectrum.state_energies.tobytes()
        if key not in self._segments:
            self._segments[key] = self._made(spectrum)
        return self._segments[key]

    def _made(self, spectrum: Spectrum) -> list[_Segment]:
        energies = np.asarray(self.energies)
        # An energy on a threshold belongs below it: there T of the lower channels is known, that of the new one is not.
        kinetic = energies[:, None] - spectrum.state_energies[None, :]
        T = open_part(np.asarray(self.matrices), kinetic > 0, energies, self.waves, spectrum.dimension, "matrices")
        require_unitary(T, energies, self.unitarity_tolerance, "matrices")
        scale = float(np.abs(T).max(initial=0.0)) or 1.0
        segments = []
        for lower, upper in pairwise([*spectrum.levels, np.inf]):
            inside = (energies > lower) & (energies <= upper)
            E = energies[inside]
            x = _variable(E - lower, upper - E if np.isfinite(upper) else None)
            factor = flux_factor(kinetic[inside], spectrum)[:, None, :, None, :]
            values = np.where(factor > 0, T[inside] / np.where(factor > 0, factor, 1.0), 0.0)
            errors = np.full(E[::2].size, np.inf)
            if E.size >= FEWEST:
                kept = slice(1, None, 2)
                between = interpolated(x[kept], barycentric_weights(x[kept]), values[kept], x[::2])
                errors = np.abs((between - values[::2]) * factor[::2]).max(axis=(1, 2, 3, 4)) / scale
            last = kinetic[inside][-1:]
            segments.append(_Segment(energies=E, x=x, values=values, errors=errors, last_kinetic=last))
        return segments


@dataclass(frozen=True, eq=False, kw_only=True)
class _Segment:
    """T over the root of the momenta between two thresholds, and its error without every other energy."""

    energies: RealArray
    x: RealArray
    values: ComplexArray
    errors: RealArray
    last_kinetic: RealArray

    @cached_property
    def weights(self) -> RealArray:
        """See `barycentric_weights`."""
        return barycentric_weights(self.x)


def _variable(above: RealArray, below: RealArray | None) -> RealArray:
    """In which T is smooth: of the energies above the lower threshold and below the upper one, if there is one."""
    if below is None:
        return np.asarray(np.sqrt(above))
    return np.asarray(np.arctan2(np.sqrt(above), np.sqrt(below)))


def _arrivals(gas: Gas, levels: RealArray) -> Callable[[float, float], float]:
    """Share of the particles that arrive between two total energies, for that level for which it is largest."""
    top = max([80.0 * gas.energy_scale(), *(4.0 * point for point in gas.structure_points())])
    root = np.linspace(0.0, np.sqrt(top), 4001)[1:]
    weight = 2 * root * np.exp(gas.log_occupation(root**2, Waves.EVEN))[:, 0]
    total = np.concatenate([[0.0], np.cumsum(weight)])
    grid = np.concatenate([[0.0], root**2])

    def share(lower: float, upper: float) -> float:
        inside = np.interp(upper - levels, grid, total) - np.interp(lower - levels, grid, total)
        return float(inside.max() / total[-1])

    return share
