"""How good the secular approximation is, and which transitions no reservoir can drive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import RealArray, require
from equipoise.generators.generator import Dissipator, Generator, require_generator
from equipoise.generators.representations import FrequencyResolved
from equipoise.spectrum import Spectrum

DOUBTFUL_RATIO = 0.1
"""Rate over gap above which the secular approximation is doubtful: what it drops is of this relative order."""

_NEGLIGIBLE_RATIO = 1e-3
"""Rate over gap below which pairs of levels are no longer looked for."""

_FEW_OFFSETS = 8
"""Neighbours looked at one by one; where a worse pair may be further apart, all pairs are."""


class SecularApproximationWarning(UserWarning):
    """Two distinct levels are too near for the secular approximation, compared with the rates of a reservoir."""


@dataclass(frozen=True, repr=False)
class SecularValidity:
    """The pair of distinct levels for which the secular approximation is worst.

    Parameters
    ----------
    gap : float
        `|e_m - e_n|`, in the Hamiltonian's unit; infinite if no reservoir moves both levels of any pair.
    rate : float
        Rate at which one reservoir moves both, `sum_k sqrt(Gamma_km Gamma_kn)`, out of the pair or into it.
    levels : (int, int)
        The lower and the upper level.
    names : (str, str)
        Their names.
    reservoir : str
        Whose rate it is; empty if there is none.
    """

    gap: float
    rate: float
    levels: tuple[int, int]
    names: tuple[str, str]
    reservoir: str

    @property
    def ratio(self) -> float:
        """Rate over gap: relative size of what the approximation drops."""
        return self.rate / self.gap

    @property
    def is_doubtful(self) -> bool:
        """Whether the rate exceeds a tenth of the gap."""
        return self.ratio > DOUBTFUL_RATIO

    def __repr__(self) -> str:
        if not self.reservoir:
            return "No reservoir moves two levels of a pair: the secular approximation drops nothing."
        m, n = self.names
        return (
            f"Levels {m} and {n} are {self.gap:.3g} apart, and reservoir {self.reservoir!r} moves both at the rate "
            f"{self.rate:.3g}, {self.ratio:.2g} of the gap: the secular approximation needs a rate well below it."
        )

    @property
    def remedy(self) -> str:
        """A sentence that says how to do better."""
        return (
            f"Weaken the coupling, treat the two as one level with a tolerance above the gap, OpenSystem(..., "
            f"tolerance={2 * self.gap:.2g}), or do without the approximation: "
            "kms_weak_coupling(system) or redfield(system)."
        )


def secular_validity(generator: Generator) -> SecularValidity:
    r"""How far the generator is from the limit in which its levels are resolved.

    The secular approximation drops the terms `D_w rho D_w'^dagger` of one reservoir with w != w', which rotate at
    w - w'. Those that connect populations with the coherence of levels m and n rotate at the gap `e_m - e_n` and
    have the size of `Gamma = sum_k sqrt(Gamma_km Gamma_kn)`, Gamma_km the rate m -> k of that reservoir (or k -> m,
    whichever sum is larger). They average out if Gamma is well below the gap: what is neglected is of the relative
    order `Gamma / gap`. The pair and the reservoir with the largest ratio are found, among neighbouring levels
    first, O(d^2) for each offset that may still hold a larger one; beyond a few, by matrix products.

    Parameters
    ----------
    generator : Generator
        Made by a secular limit (`weak_coupling`).

    Returns
    -------
    SecularValidity
        Ratios below 1e-3 may be those of another pair than the worst.

    Raises
    ------
    InputError
        A dissipator that is not resolved in Bohr frequency.

    References
    ----------
    Davies (1974); the limit of Accardi & Imafuku (2002), (6)-(11), takes rates to zero at fixed gaps.

    Examples
    --------
    >>> from equipoise import Coupling, Ohmic, OpenSystem, Reservoir, bose_einstein
    >>> from equipoise.generators import weak_coupling
    >>> bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(1e-4, 10.0))
    >>> V = [[0, 1, 1], [1, 0, 0], [1, 0, 0]]
    >>> found = secular_validity(weak_coupling(OpenSystem([0.0, 1.0, 1.1], [Coupling(bath, V)])))
    >>> found.levels, found.is_doubtful
    ((1, 2), False)
    """
    require_generator(generator)
    for index, part in enumerate(generator.dissipators):
        require(
            part.representation.is_frequency_resolved and not part.representation.each_pair_alone,
            f"generator.dissipators[{index}]",
            "come from a secular limit",
            f"is represented by {type(part.representation).__name__}",
            "Only weak_coupling(...) makes the approximation.",
        )
    spectrum = generator.spectrum
    worst = SecularValidity(np.inf, 0.0, (0, 0), (spectrum.labels[0],) * 2, "")
    for part in generator.dissipators:
        worst = _worst_pair(part, spectrum, worst)
    return worst


def _worst_pair(part: Dissipator, spectrum: Spectrum, worst: SecularValidity) -> SecularValidity:
    assert isinstance(part.representation, FrequencyResolved)
    order = np.argsort(spectrum.levels, kind="stable")
    energies = spectrum.levels[order]
    # Square roots of rates between levels, [k, m] for m -> k.
    tables = part.representation.log_transition_rates
    roots = [np.sqrt(spectrum.sum_over_levels(np.exp(table)))[np.ix_(order, order)] for table in tables]
    largest = _largest_rate(roots)
    for offset in range(1, spectrum.size):
        gaps = energies[offset:] - energies[:-offset]
        apart = gaps > spectrum.tolerance
        # No pair that far apart can be worse, whatever moves it; levels told apart by a number have no gap at all.
        if apart.any() and largest <= max(_NEGLIGIBLE_RATIO, worst.ratio) * float(gaps[apart].min()):
            break
        if offset > _FEW_OFFSETS:
            return _worst_of_all(part.name, spectrum, order, roots, worst)
        rates = _common_rates(roots, offset)
        ratios = np.where(apart, rates / np.where(apart, gaps, 1.0), 0.0)
        at = int(np.argmax(ratios))
        if ratios[at] > worst.ratio:
            worst = _pair(part.name, spectrum, order[at], order[at + offset], rates[at])
    return worst


def _worst_of_all(
    name: str, spectrum: Spectrum, order: np.ndarray, roots: list[RealArray], worst: SecularValidity
) -> SecularValidity:
    """The worst of all pairs at once, by matrix products."""
    rates = np.maximum(sum(root.T @ root for root in roots), sum(root @ root.T for root in roots))
    energies = spectrum.levels[order]
    gaps = energies[None, :] - energies[:, None]
    apart = gaps > spectrum.tolerance
    ratios = np.where(apart, rates / np.where(apart, gaps, 1.0), 0.0)
    m, n = np.unravel_index(int(np.argmax(ratios)), ratios.shape)
    return _pair(name, spectrum, order[m], order[n], rates[m, n]) if ratios[m, n] > worst.ratio else worst


def _pair(name: str, spectrum: Spectrum, lower: int, upper: int, rate: float) -> SecularValidity:
    gap = float(spectrum.levels[upper] - spectrum.levels[lower])
    names = (spectrum.labels[lower], spectrum.labels[upper])
    return SecularValidity(gap, float(rate), (int(lower), int(upper)), names, name)


def _largest_rate(roots: list[RealArray]) -> float:
    """Bound on the common rate of any pair: by Schwarz, the largest total rate out of a level or into it."""
    squares = [root**2 for root in roots]
    return float(max(np.sum([s.sum(axis=axis) for s in squares], axis=0).max(initial=0.0) for axis in (0, 1)))


def _common_rates(roots: list[RealArray], offset: int) -> RealArray:
    """`sum_k sqrt(Gamma_km Gamma_kn)` of sorted levels m, n = m + offset: out of the pair or into it."""
    out_of = sum(np.einsum("km,km->m", root[:, :-offset], root[:, offset:]) for root in roots)
    into = sum(np.einsum("mk,mk->m", root[:-offset], root[offset:]) for root in roots)
    return np.asarray(np.maximum(out_of, into))


@dataclass(frozen=True, eq=False)
class DecoupledTransitions:
    """Transitions at which a coupling has an element and its reservoir no modes: all their rates are zero.

    Parameters
    ----------
    reservoir : str
        Whose coupling.
    lower, upper : ndarray of int, shape (K,)
        The two levels of each.
    frequencies : RealArray, shape (K,)
        The gap between them.
    spectrum : Spectrum
        Names the levels.
    """

    reservoir: str
    lower: np.ndarray
    upper: np.ndarray
    frequencies: RealArray
    spectrum: Spectrum

    def named(self, count: int) -> str:
        """The first of them in words, the others counted."""
        names, gaps = self.spectrum.labels, self.frequencies
        pairs = zip(self.lower[:count], self.upper[:count], gaps[:count], strict=True)
        shown = ", ".join(f"{names[m]}-{names[n]} at omega = {gap:.6g}" for m, n, gap in pairs)
        more = f" and {gaps.size - count} more" if gaps.size > count else ""
        return f"{shown}{more}, outside the band of {self.reservoir!r}"


def decoupled_transitions(generator: Generator) -> tuple[DecoupledTransitions, ...]:
    """Transitions that a coupling would drive if its reservoir had modes at their Bohr frequency.

    That is no error: a narrow band decouples what it does not reach. Zero temperature is another matter, it leaves
    the emission. With correlated channels the elements are combined where there are modes, and nothing is told of
    the others.

    Parameters
    ----------
    generator : Generator

    Returns
    -------
    tuple of DecoupledTransitions
        One for each reservoir that has any.

    Examples
    --------
    >>> from equipoise import Coupling, OpenSystem, Reservoir, bose_einstein
    >>> from equipoise.generators import weak_coupling
    >>> from equipoise.reservoirs import Flat
    >>> bath = Reservoir("narrow", bose_einstein(temperature=1.0), Flat(0.01, 0.5, 2.0))
    >>> V = [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    >>> generator = weak_coupling(OpenSystem([0.0, 1.0, 2.7], [Coupling(bath, V)]))
    >>> [found.named(3) for found in decoupled_transitions(generator)]
    ["0-2 at omega = 2.7, outside the band of 'narrow'"]
    """
    require_generator(generator)
    found = []
    spectrum = generator.spectrum
    gaps = spectrum.levels[None, :] - spectrum.levels[:, None]
    for part in generator.dissipators:
        kind = part.representation
        if not isinstance(kind, FrequencyResolved) or kind.each_pair_alone:
            continue
        coupled = spectrum.sum_over_levels(np.any(kind.coupling_operators != 0, axis=0).astype(float)) > 0
        driven = spectrum.sum_over_levels(np.any(np.isfinite(kind.log_transition_rates), axis=0).astype(float)) > 0
        lower, upper = np.nonzero((coupled | coupled.T) & ~(driven | driven.T) & (gaps > 0))
        if lower.size:
            found.append(DecoupledTransitions(part.name, lower, upper, gaps[lower, upper], spectrum))
    return tuple(found)
