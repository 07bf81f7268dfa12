r"""A T-matrix on a grid of energies, interpolated between the thresholds of the target.

Between two thresholds a < b the momenta are smooth functions of :math:`\varphi`, :math:`E = a + (b - a)\sin^2\varphi`,
above the last of :math:`\sqrt{E - a}`, and so is :math:`T_{kl}/(p_k p_l)^{1/2}` between different levels: these are
interpolated, by rational functions without poles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, InputError, RealArray, positive_real, require
from equipoise._printed import counted, described
from equipoise.scattering.gas import Gas
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
    _segments: dict[bytes, list[_Segment | None]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        require_waves(self.waves, self.dimension)
        energies = np.array(self.energies, dtype=float)
        require(
            energies.ndim == 1 and energies.size > 0 and bool(np.isfinite(energies).all()),
            "energies",
            "be a list of finite energies",
            f"has shape {energies.shape}",
        )
        steps = np.diff(energies)
        if np.any(steps <= 0):
            j = int(np.argmax(steps <= 0))
            raise InputError(
                f"Argument `energies` must ascend, but energies[{j + 1}] = {energies[j + 1]:g} follows "
                f"{energies[j]:g}. Sort them, and the matrices with them."
            )
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
        energies, d = np.asarray(self.energies), np.shape(self.matrices)[-1]
        return described(
            f"T-matrix at {counted(energies.size, 'energy')}, {counted(d, 'state')}, in "
            f"{counted(self.dimension, 'dimension')}",
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
        found = [segment for segment in self._prepared(spectrum) if segment is not None]
        if not found:
            return np.zeros(0), np.zeros(0)
        return (
            np.concatenate([segment.energies[::2] for segment in found]),
            np.concatenate([segment.errors for segment in found]),
        )

    def require_coverage(self, gas: Gas, spectrum: Spectrum) -> None:
        """Refuse a gas that populates energies which the grid does not reach, or where it is too coarse."""
        super().require_coverage(gas, spectrum)
        beyond, levels = float(np.asarray(self.energies)[-1]), spectrum.levels
        arrivals = _arrivals(gas, levels)
        segments = self._prepared(spectrum)
        mean, worst, region = 0.0, 0.0, (0.0, 0.0)
        for m, segment in enumerate(segments):
            lower = levels[m]
            upper = levels[m + 1] if m + 1 < levels.size else np.inf
            if segment is None or segment.energies.size < FEWEST:
                share = arrivals(lower, upper)
                count = 0 if segment is None else segment.energies.size
                require(
                    share <= self.accuracy,
                    "energies",
                    f"hold at least {FEWEST} between {lower:.6g} and {upper:.6g}, where up to {share:.2g} of the "
                    f"particles of {gas.name!r} arrive",
                    f"there {'is' if count == 1 else 'are'} {count}",
                )
                continue
            gap = segment.gap(0.5 * np.pi if np.isfinite(upper) else np.inf)
            ends = max(arrivals(lower, segment.energies[0]), arrivals(min(segment.energies[-1], upper), upper))
            ends = ends if np.isfinite(upper) else arrivals(lower, segment.energies[0])
            require(
                gap <= LONGEST_GAP or ends <= self.accuracy,
                "energies",
                f"come near the threshold{'s' if np.isfinite(upper) else ''} at {lower:.6g}"
                + (f" and {upper:.6g}" if np.isfinite(upper) else ""),
                f"between them they run from {segment.energies[0]:.6g} to {segment.energies[-1]:.6g}, which leaves out "
                f"{ends:.2g} of the particles of {gas.name!r}",
                "The first and the last should be no further from a threshold than from the next energy.",
            )
            marks = segment.energies[::2]
            edges = np.concatenate([[lower], 0.5 * (marks[:-1] + marks[1:]), [min(upper, beyond)]])
            for left, right, error in zip(edges[:-1], edges[1:], segment.errors, strict=True):
                share = error * arrivals(left, right)
                mean += share
                if share > worst:
                    worst, region = share, (left, right)
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
            f"collisions, most between {region[0]:.6g} and {region[1]:.6g}",
            "Refine the grid there, or raise `accuracy`.",
        )

    def transition_matrix(self, shell: EnergyShell) -> ComplexArray:
        """See `AbstractInteraction`."""
        segments, spectrum = self._prepared(shell.spectrum), shell.spectrum
        state_of = [int(np.argmax(spectrum.level_of == m)) for m in range(spectrum.size)]
        count = np.array([shell.is_open[:, state] for state in state_of]).sum(axis=0)
        d, A = spectrum.dimension, np.asarray(self.matrices).shape[1] if np.ndim(self.matrices) == 5 else 1
        out = np.zeros((shell.size, A, d, A, d), dtype=complex)
        for m in np.unique(count[count > 0]) - 1:
            here, segment = np.nonzero(count == m + 1)[0], segments[m]
            upper = spectrum.levels[m + 1] if m + 1 < spectrum.size else np.inf
            if segment is None:
                raise InputError(
                    f"Argument `energies` must hold energies between {spectrum.levels[m]:.6g} and {upper:.6g}, but "
                    "there is none."
                )
            above = shell.kinetic[here, state_of[m]]
            kinetic = shell.kinetic[here]
            if np.isfinite(upper):
                x = _variable(above, -kinetic[:, state_of[m + 1]])
            else:
                # Above the grid T itself is held, not T over the roots of momenta: it stays unitary.
                beyond = above > segment.energies[-1] - spectrum.levels[m]
                x = np.minimum(_variable(above, None), segment.x[-1])
                kinetic = np.where(beyond[:, None], segment.last_kinetic, kinetic)
            out[here] = segment.at(x) * flux_factor(kinetic, spectrum)[:, None, :, None, :]
        return out

    def _prepared(self, spectrum: Spectrum) -> list[_Segment | None]:
        key = spectrum.state_energies.tobytes()
        if key not in self._segments:
            self._segments[key] = self._made(spectrum)
        return self._segments[key]

    def _made(self, spectrum: Spectrum) -> list[_Segment | None]:
        energies, levels = np.asarray(self.energies), spectrum.levels
        # An energy on a threshold belongs below it: there T of the lower channels is known, that of the new one is not.
        kinetic = energies[:, None] - spectrum.state_energies[None, :]
        T = open_part(np.asarray(self.matrices), kinetic > 0, energies, self.waves, spectrum.dimension, "matrices")
        require_unitary(T, energies, self.unitarity_tolerance, "matrices")
        scale = float(np.abs(T).max(initial=0.0))
        segments: list[_Segment | None] = []
        for m, lower in enumerate(levels):
            upper = levels[m + 1] if m + 1 < levels.size else np.inf
            inside = (energies > lower) & (energies <= upper)
            if not inside.any():
                segments.append(None)
                continue
            E = energies[inside]
            x = _variable(E - lower, upper - E if np.isfinite(upper) else None)
            factor = flux_factor(kinetic[inside], spectrum)[:, None, :, None, :]
            reduced = np.where(factor > 0, T[inside] / np.where(factor > 0, factor, 1.0), 0.0)
            segments.append(_segment(E, x, reduced, factor, scale, kinetic[inside][-1]))
        return segments


@dataclass(frozen=True, eq=False, kw_only=True)
class _Segment:
    """T over the root of the momenta between two thresholds."""

    energies: RealArray
    x: RealArray
    weights: RealArray
    values: ComplexArray
    errors: RealArray
    last_kinetic: RealArray

    def at(self, x: RealArray) -> ComplexArray:
        return np.asarray(interpolated(self.x, self.weights, self.values, x))

    def gap(self, end: float) -> float:
        """The longest way from an end of the grid to a threshold, in steps of the grid there."""
        if self.x.size < 2:
            return np.inf
        lower, upper = self.x[0] / (self.x[1] - self.x[0]), (end - self.x[-1]) / (self.x[-1] - self.x[-2])
        return float(max(lower, upper if np.isfinite(end) else 0.0))


def _segment(
    energies: RealArray, x: RealArray, values: ComplexArray, factor: RealArray, scale: float, last: RealArray
) -> _Segment:
    weights = barycentric_weights(x)
    errors = np.full(energies[::2].size, np.inf)
    if energies.size >= FEWEST:
        kept = slice(1, None, 2)
        between = interpolated(x[kept], barycentric_weights(x[kept]), values[kept], x[::2])
        difference = np.abs(between - values[::2]) * factor[::2]
        errors = difference.max(axis=(1, 2, 3, 4)) / (scale if scale > 0 else 1.0)
    return _Segment(energies=energies, x=x, weights=weights, values=values, errors=errors, last_kinetic=last)


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
