"""Residuals of the conditions for detailed balance on a T-matrix, pair by pair, weighted as a gas populates them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from equipoise._checks import ROUND_OFF, Array, ComplexArray, RealArray
from equipoise.scattering._antiunitary import aligned_phases
from equipoise.scattering.gas import Gas
from equipoise.scattering.interactions.interaction import AbstractInteraction
from equipoise.scattering.interactions.unitarity import defect_of
from equipoise.scattering.shell import EnergyShell, Waves
from equipoise.scattering.target import Target

NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)
"""Of each panel between thresholds: the conditions hold at every energy or at none, so no adaptive rule is needed."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PairResiduals:
    """Residuals of :func:`balance_symmetries` for each pair of states, shape (d, d); 0 where nothing passes.

    Parameters
    ----------
    born, reversal, parity, summed : RealArray
        Relative to what passes. (A mean square of `|T - T^dagger| / |T|` would be ruled by thresholds, next to which no
        coupling is weak.)
    symmetric : tuple of two RealArray
        Of `T = T^T` in the best phases, with the waves as they are and reversed.
    rounding : RealArray
        Relative error of the elements of T that its optical theorem lets expect.
    present : ndarray of bool
        Pairs of different levels whose elements are more than rounding of larger ones.
    unitarity, optical : float
        `||S^dagger S - 1||` per root of open channels at its worst energy; `||T - T^dagger + i T^dagger T|| / ||T||`.
    """

    born: RealArray
    symmetric: tuple[RealArray, ...]
    reversal: RealArray
    parity: RealArray
    summed: RealArray
    rounding: RealArray
    present: np.ndarray
    unitarity: float
    optical: float


def _panels(target: Target, gas: Gas) -> Iterator[tuple[RealArray, RealArray]]:
    """Kinetic energies (n, d) and quadrature weights (n,) between thresholds, and above the last."""
    levels, energies, scale = target.spectrum.levels, target.spectrum.state_energies, gas.energy_scale()
    for m, level in enumerate(levels):
        if m + 1 < levels.size:
            angle, width = 0.25 * np.pi * (NODES + 1), levels[m + 1] - level
            excess, measure = width * np.sin(angle) ** 2, 0.25 * np.pi * width * np.sin(2 * angle) * WEIGHTS
        else:
            reach = np.sqrt(45 * scale)
            x = 0.5 * (NODES + 1) * reach
            excess, measure = x**2, x * reach * WEIGHTS
        yield excess[:, None] + (level - energies)[None, :], np.asarray(measure)


def _shells(target: Target, gas: Gas, part: AbstractInteraction) -> Iterator[tuple[ComplexArray, RealArray]]:
    """T at the nodes of each panel, its waves seen from the centre of the couplings, and weights (n, d) by state."""
    profile = part.coupling_profile
    centre = 0.0 if profile is None else 0.5 * float(profile[0].min() + profile[0].max())
    largest = gas.log_occupation(np.array([1e-6 * gas.energy_scale()]), part.waves).max()
    for kinetic, measure in _panels(target, gas):
        shell = EnergyShell(target.spectrum, gas.mass, kinetic)
        T = part.transition_matrix(shell)
        if part.waves is Waves.DIRECTIONS and centre != 0.0:
            p = np.where(shell.is_open, shell.momenta.real, 0.0)
            phase = np.exp(1j * centre * np.array([1, -1])[None, :, None] * p[:, None, :])
            T = phase[:, :, :, None, None] * T * phase.conj()[:, None, None, :, :]
        # The occupation of the upper channel of a pair: nothing underflows, however cold the gas.
        arriving = gas.log_occupation(np.where(shell.is_open, kinetic, 1.0), part.waves).max(axis=-1)
        yield T, np.where(shell.is_open, np.exp(arriving - largest), 0.0) * measure[:, None]


def _transposes(T: Array, part: AbstractInteraction) -> tuple[Array, Array]:
    """`T_{la,kb}` at [n, b, k, a, l], with the waves as they are and reversed."""
    transposed = T.transpose(0, 3, 4, 1, 2)
    return transposed, transposed[:, ::-1, :, ::-1, :] if part.waves is Waves.DIRECTIONS else transposed


def _weighted(by_wave: RealArray, weights: RealArray) -> RealArray:
    """`sum_n w_n,kl sum_ab x_n,ak,bl`, shape (d, d)."""
    return np.asarray(np.einsum("nkl,nkl->kl", by_wave.sum(axis=(1, 3)), weights))


def pair_residuals(target: Target, gas: Gas) -> PairResiduals:
    d, level = target.dimension, target.spectrum.level_of
    upper = np.maximum(np.arange(d)[:, None], np.arange(d)[None, :])
    of_states = np.ix_(level, level)
    size, total, born, reversal, parity, summed, *symmetric = np.zeros((8, d, d))
    defect, through, unitarity = np.zeros(d), np.zeros(d), 0.0
    for multiplicity, part in target.interaction.parts():
        overlaps: list[ComplexArray | float] = [0.0, 0.0]
        for T, weight in _shells(target, gas, part):
            w = multiplicity * weight
            pairs = w[:, upper]
            both = _transposes(T, part)
            squared = T.real**2 + T.imag**2
            passed = squared.sum(axis=(1, 3))
            whole = passed.sum(axis=(1, 2))
            size += _weighted(squared, pairs)
            total += np.einsum("n,nkl->kl", whole, pairs)
            born += _weighted(np.abs(T) * np.abs(T - both[0].conj()), pairs)
            for found, back in zip((parity, reversal), _transposes(squared, part), strict=True):
                found += _weighted(np.abs(squared - back), pairs)
            by_level = target.spectrum.sum_over_levels(passed)
            net = np.abs(by_level - by_level.transpose(0, 2, 1))[:, *of_states]
            summed += np.einsum("nkl,nkl->kl", net, pairs)
            # C_{ak,bl} = sum_n w_n T_{ak,bl} T'*_{ak,bl}: its best phases z make T nearest to z T' z^*.
            overlaps = [
                C + np.einsum("nakbl,nakbl,nkl->akbl", T, other.conj(), pairs)
                for C, other in zip(overlaps, both, strict=True)
            ]
            norms = np.sum(np.abs(defect_of(T)) ** 2, axis=(1, 2))
            ranks = T.shape[1] * np.maximum((weight > 0).sum(axis=1), 1)
            defect += norms @ w
            through += whole @ w
            arriving = weight.max(axis=1) > 0
            unitarity = max(unitarity, float(np.sqrt(norms / ranks)[arriving].max(initial=0.0)))
        phases = [_channel_phases(np.asarray(C), part) for C in overlaps]
        for T, weight in _shells(target, gas, part):
            for found, z, other in zip(symmetric, phases, _transposes(T, part), strict=True):
                factor = z[:, :, None, None] * z.conj()[None, None, :, :]
                found += _weighted(np.abs(T - factor * other) ** 2, multiplicity * weight[:, upper])
    optical = float(np.sqrt(np.max(defect / np.where(through > 0, through, 1.0), initial=0.0)))
    with np.errstate(divide="ignore", invalid="ignore"):
        rounding = (32 * ROUND_OFF + 4 * optical) * np.sqrt(total / size)
    # A pair whose elements are rounding of larger ones, or that belongs to one level, has no balance to violate.
    present = (level[:, None] != level[None, :]) & (size > 0) & (rounding < 0.1)

    def relative(found: RealArray, whole: RealArray = size) -> RealArray:
        return np.divide(found, whole, out=np.zeros((d, d)), where=present)

    return PairResiduals(
        born=relative(born),
        symmetric=tuple(np.sqrt(relative(found)) for found in symmetric),
        reversal=relative(reversal),
        parity=relative(parity),
        summed=relative(summed, target.spectrum.sum_over_levels(size)[of_states]),
        rounding=np.where(present, rounding, 0.0),
        present=present,
        unitarity=unitarity,
        optical=optical,
    )


def _channel_phases(overlap: ComplexArray, part: AbstractInteraction) -> ComplexArray:
    """Best phases (A, d) of the channels: of each wave and level if waves are a choice of basis, else of each level."""
    waves, d = overlap.shape[:2]
    if part.waves is Waves.PARTIAL:
        return aligned_phases(overlap.reshape(waves * d, waves * d)).reshape(waves, d)
    return np.broadcast_to(aligned_phases(overlap.sum(axis=(0, 2))), (waves, d))
