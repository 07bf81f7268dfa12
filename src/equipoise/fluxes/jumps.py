"""Jump operators between the eigenvectors of a state, each with its reverse, one group for each Bohr frequency.

With `sigma = sum_i p_i |i><i|` and two exponents a and b, every jump operator `L_k` becomes

    A_k = sigma^a L_k sigma^b,   less its component along sigma^(a + b),

and its reverse is `A_k^dagger`, with a time reversal theta `theta A_k^dagger theta^-1`. The operators

    C_forward = sum_k s_k |A_k>><<A_k|,     C_backward = sum_k s_k |A_k^dagger>><<A_k^dagger|

depend on the generator alone, not on a choice of its jump operators. `a, b = -1/4, 1/4` is the symmetrised generator of
KMS detailed balance (traceless jumps); `a, b = 0, 1/2` are the two-point amplitudes of Fagnola and Rebolledo
(`Tr[sigma L_k] = 0`), whose C between single pairs of states are the directed fluxes `W_ij p_j` and `W_ji p_i`.

Jumps of different Bohr frequency are orthogonal. A frequency-resolved generator therefore falls into one small group
for each frequency, and where one pair of states has a frequency alone, C is a number there: it is kept as a logarithm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import Array, ComplexArray, RealArray
from equipoise.generators import Dissipator, FrequencyResolved, Generator
from equipoise.spectrum import pairs_by_label
from equipoise.stationary import DensityMatrix
from equipoise.tolerances import EQUAL


@dataclass(frozen=True, eq=False, kw_only=True)
class JumpGroup:
    """K jumps and their reverses on n pairs of eigenvectors `row <- column`, orthogonal to those of other groups.

    Parameters
    ----------
    rows, columns : ndarray of int, shape (n,)
    forward, backward : ComplexArray, shape (n, K)
        Elements [row, column] of `A_k`, and of its reverse.
    signs : RealArray, shape (K,)
        `s_k = +-1`.
    frequency : RealArray, shape (n,)
        Modular frequency `log p[column] - log p[row]`.
    removed : RealArray, shape (K,)
        Modulus of the multiple of the identity taken out of each jump operator, whose round-off the elements have.
    """

    rows: np.ndarray
    columns: np.ndarray
    forward: ComplexArray
    backward: ComplexArray
    signs: RealArray
    frequency: RealArray
    removed: RealArray


@dataclass(frozen=True, eq=False, kw_only=True)
class SinglePairs:
    """Pairs of states with jumps of their own: `log sum_k |A_k[row, column]|^2` and of the reverses, (n,); or -inf."""

    rows: np.ndarray
    columns: np.ndarray
    log_forward: RealArray
    log_backward: RealArray

    @cached_property
    def forward(self) -> RealArray:
        """Of the jumps, shape (n,)."""
        return np.asarray(np.exp(self.log_forward))

    @cached_property
    def backward(self) -> RealArray:
        """Of the reverses, shape (n,)."""
        return np.asarray(np.exp(self.log_backward))


@dataclass(frozen=True, eq=False, kw_only=True)
class PairedJumps:
    """All jumps of some dissipators: groups of several pairs of states, and single pairs."""

    groups: tuple[JumpGroup, ...]
    singles: SinglePairs


def paired_jumps(
    generator: Generator,
    density: DensityMatrix,
    *,
    left: float,
    right: float,
    dissipators: tuple[Dissipator, ...] | None = None,
    time_reversal: ComplexArray | None = None,
) -> PairedJumps:
    """Jumps `sigma^left L sigma^right` of a generator in a state of full rank, with their reverses.

    No dissipator may be known by its action only; of all of them, or of the given ones. The time reversal is U of
    `theta = U K`, K the conjugation in the eigenbasis of the state, with which theta commutes. One group holds all
    pairs of states unless `resolves_frequencies`.
    """
    parts = generator.dissipators if dissipators is None else dissipators
    if resolves_frequencies(parts, density, time_reversal):
        return _by_frequency(parts, density, left, right, time_reversal)
    return _all_together(parts, density, left, right, time_reversal)


def resolves_frequencies(
    dissipators: tuple[Dissipator, ...], density: DensityMatrix, time_reversal: ComplexArray | None = None
) -> bool:
    """Whether all jumps have a Bohr frequency each that the state, and the time reversal, leave as it is.

    Both must keep to the levels; rates name states, which they may only permute.
    """
    home = density.home_levels
    if home is None or not all(part.representation.is_frequency_resolved for part in dissipators):
        return False
    if time_reversal is not None:
        outside = np.where(home[:, None] == home[None, :], 0, np.abs(time_reversal))
        if float(outside.max(initial=0.0)) > EQUAL:
            return False
    has_rates = any(part.representation.each_pair_alone for part in dissipators)
    return not has_rates or (_permutes(density.basis) and _permutes(time_reversal))


def _permutes(matrix: Array | None) -> bool:
    """Whether a unitary is a permutation up to phases."""
    return matrix is None or bool(np.all(np.abs(matrix).max(axis=0) > 1 - EQUAL))


def _tilt(density: DensityMatrix, left: float, right: float) -> RealArray:
    """Logarithm of the factor of element [i, j] in `sigma^left A sigma^right`."""
    log_p = density.log_weights
    return np.asarray(left * log_p[:, None] + right * log_p[None, :])


def scaled(elements: Array, tilt: RealArray) -> ComplexArray:
    """Elements times the exponential of the tilt, zero where they are zero however large the exponential is."""
    with np.errstate(over="ignore", invalid="ignore"):
        product = np.exp(tilt) * elements
    return np.asarray(np.where(elements == 0, 0, product))


def less_identity(stack: ComplexArray, density: DensityMatrix, power: float) -> ComplexArray:
    """Matrices in the eigenbasis less the multiple of 1 that becomes the component along sigma^power, power = a + b.

    It is the mean of the diagonal with the weights `p^(2 power)`. A multiple of the identity leaves exactly zero.
    """
    weights = np.exp(2 * power * density.log_weights)
    diagonal = np.diagonal(stack, axis1=1, axis2=2)
    rest = diagonal - diagonal[:, :1]
    out = stack.astype(complex)
    index = np.arange(stack.shape[-1])
    out[:, index, index] = rest - (rest @ weights / weights.sum())[:, None]
    return out


def _reversed(forward: ComplexArray, time_reversal: ComplexArray | None) -> ComplexArray:
    """`A^dagger`, or `theta A^dagger theta^-1 = U A^T U^dagger`."""
    if time_reversal is None:
        return np.asarray(forward.conj().transpose(0, 2, 1))
    return np.asarray(time_reversal @ forward.transpose(0, 2, 1) @ time_reversal.conj().T)


def _all_together(
    parts: tuple[Dissipator, ...], density: DensityMatrix, left: float, right: float, theta: ComplexArray | None
) -> PairedJumps:
    """One group of every pair of states."""
    d, none = density.log_weights.size, np.zeros(0)
    found = [part.representation.gauged_jumps(density.spectrum) for part in parts]
    signs = np.concatenate([none, *(part[0] for part in found)])
    stack = np.concatenate([np.zeros((0, d, d), dtype=complex), *(part[2] for part in found)])
    # A multiple of the identity alone is no jump, and leaves no rounding.
    moduli = np.abs(np.concatenate([none, *(part[1] for part in found)]))
    removed = np.where(np.any(stack != 0, axis=(1, 2)), moduli, 0.0)
    # The identity was taken out before the change of basis, which leaves its rounding of what remains.
    stack = less_identity(np.asarray(density.in_eigenbasis(stack)), density, left + right)
    forward = scaled(stack, _tilt(density, left, right))
    rows, columns = np.divmod(np.arange(d * d), d)
    group = JumpGroup(
        rows=rows,
        columns=columns,
        forward=forward.reshape(len(stack), d * d).T,
        backward=_reversed(forward, theta).reshape(len(stack), d * d).T,
        signs=signs,
        frequency=density.log_weights[columns] - density.log_weights[rows],
        removed=removed,
    )
    index = np.zeros(0, dtype=np.int64)
    singles = SinglePairs(rows=index, columns=index, log_forward=none, log_backward=none)
    return PairedJumps(groups=(group,) if signs.size else (), singles=singles)


def _by_frequency(
    parts: tuple[Dissipator, ...], density: DensityMatrix, left: float, right: float, theta: ComplexArray | None
) -> PairedJumps:
    """Pairs of states by Bohr frequency; those that have one alone together, as logarithms."""
    d, home, tilt = density.log_weights.size, density.home_levels, _tilt(density, left, right)
    assert home is not None
    rates, log_flux = np.full((d, d), -np.inf), np.full((d, d), -np.inf)
    stacks = [np.zeros((0, d, d), dtype=complex)]
    for part in parts:
        assert isinstance(part.representation, FrequencyResolved)
        if part.representation.each_pair_alone:
            rates = np.logaddexp(rates, _rates_in_eigenbasis(part.representation, density) + 2 * tilt)
        else:
            amplitudes, logs = _amplitudes(part.representation, density, left, right)
            stacks.append(amplitudes)
            log_flux = np.logaddexp(log_flux, np.logaddexp.reduce(logs))
    np.fill_diagonal(rates, -np.inf)
    log_flux = np.logaddexp(log_flux, rates)
    forward = np.concatenate(stacks)
    backward = _reversed(forward, theta)
    if _permutes(theta):
        log_reverse, reverse_rates = _reverse_fluxes(log_flux, theta), _reverse_fluxes(rates, theta)
    else:
        with np.errstate(divide="ignore"):
            log_reverse, reverse_rates = np.log(np.sum(np.abs(backward) ** 2, axis=0)), rates.T
    interferes = np.any(forward != 0, axis=0) | np.any(backward != 0, axis=0)
    label = density.spectrum.frequency_labels[np.ix_(home, home)]
    single, shared = pairs_by_label(label, interferes | np.isfinite(log_flux) | np.isfinite(log_reverse))
    groups = []
    for rows, columns in shared:
        if not interferes[rows, columns].any():
            # Rates have a jump for each pair of states.
            single = (np.concatenate([single[0], rows]), np.concatenate([single[1], columns]))
            continue
        jumps = np.hstack([forward[:, rows, columns].T, np.diag(np.exp(0.5 * rates[rows, columns]))])
        reverses = np.hstack([backward[:, rows, columns].T, np.diag(np.exp(0.5 * reverse_rates[rows, columns]))])
        used = np.any(jumps != 0, axis=0) | np.any(reverses != 0, axis=0)
        count = int(used.sum())
        groups.append(
            JumpGroup(
                rows=rows,
                columns=columns,
                forward=jumps[:, used],
                backward=reverses[:, used],
                signs=np.ones(count),
                frequency=density.log_weights[columns] - density.log_weights[rows],
                removed=np.zeros(count),
            )
        )
    rows, columns = single
    singles = SinglePairs(
        rows=rows, columns=columns, log_forward=log_flux[rows, columns], log_backward=log_reverse[rows, columns]
    )
    return PairedJumps(groups=tuple(groups), singles=singles)


def _amplitudes(
    kind: FrequencyResolved, density: DensityMatrix, left: float, right: float
) -> tuple[ComplexArray, RealArray]:
    """`A_f[i, j]` of each coupling operator in the eigenbasis, and `log |A_f[i, j]|^2` from the logarithms."""
    tilt, index = _tilt(density, left, right), np.arange(density.log_weights.size)
    given = np.asarray(density.in_eigenbasis(kind.amplitudes))
    # sigma^(a+b) is diagonal, so only frequency zero has a component along it.
    diagonal = np.diagonal(less_identity(given, density, left + right), axis1=1, axis2=2) * np.exp(np.diag(tilt))
    with np.errstate(divide="ignore"):
        if density.basis is None:
            out = np.asarray(np.exp(0.5 * kind.log_rates + tilt) * kind.coupling_operators)
            logs = kind.log_transition_rates + 2 * tilt
        else:
            out = scaled(given, tilt)
            logs = 2 * np.log(np.abs(given)) + 2 * tilt
        out[:, index, index] = diagonal
        logs[:, index, index] = 2 * np.log(np.abs(diagonal))
    return out, logs


def _rates_in_eigenbasis(kind: FrequencyResolved, density: DensityMatrix) -> RealArray:
    """Log rates between eigenvectors of the state that are energy states in another order, if at all."""
    if density.basis is None:
        return np.asarray(kind.log_rates[0])
    at = np.argmax(np.abs(density.basis), axis=0)
    return np.asarray(kind.log_rates[0][np.ix_(at, at)])


def _reverse_fluxes(log_flux: RealArray, theta: ComplexArray | None) -> RealArray:
    """Fluxes of the reverses where time reversal permutes states: of [i, j] that from the image of i to that of j."""
    if theta is None:
        return log_flux.T
    image = np.argmax(np.abs(theta), axis=0)
    out = np.empty_like(log_flux)
    out[np.ix_(image, image)] = log_flux.T
    return out
