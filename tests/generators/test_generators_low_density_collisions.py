"""The low-density generator is what exact collisions in a large box do to a target, its Hamiltonian included."""

import numpy as np
import pytest

from equipoise.generators import low_density
from equipoise.scattering import Gas, Target, maxwell_boltzmann
from reference.collision_model import Separable, slope

V = np.array([[1.0, 0.5 + 0.3j, 0.2], [0.5 - 0.3j, 0.6, 0.4j], [0.2, -0.4j, 1.4]])
BOX = {"mass": 1.0, "beta": 1.0, "density": 1.0, "largest": 8.0}


def generated(levels: list[float], *, shift: bool = True) -> np.ndarray:
    """`L` without the motion of the bare target, [k, k', l, l'] for |l><l'| -> |k><k'|."""
    d = len(levels)
    gas = Gas("gas", maxwell_boltzmann(temperature=1.0), density=1.0)
    generator = low_density(Target(levels, Separable(V[:d, :d], 0.5)), gas, scattering_shift=shift)
    part = generator.dissipators[0]
    L = part.representation.superoperator(d)
    if shift:
        L = L - 1j * (np.kron(part.coherent, np.eye(d)) - np.kron(np.eye(d), part.coherent.T))
    return L.reshape(d, d, d, d)


def secular(levels: list[float]) -> np.ndarray:
    e = np.array(levels)
    gap = e[:, None] - e[None, :]
    return np.abs(gap[:, :, None, None] - gap[None, None, :, :]) < 1e-9


@pytest.mark.slow
def test_collisions_converge_to_the_generator() -> None:
    levels = [0.0, 0.5]
    L, kept = generated(levels), secular(levels)
    early = slope(levels, V[:2, :2], 0.5, length=200, times=(10, 20), **BOX)
    late = slope(levels, V[:2, :2], 0.5, length=400, times=(20, 40), **BOX)
    scale = np.abs(L[kept]).max()
    first, second = (np.abs((S - L)[kept]).max() / scale for S in (early, late))
    # Slow particles leave late: the transient falls as t^(-3/2).
    assert 2.2 < first / second < 3.8
    assert second < 6e-3
    limit = late + (late - early) / (2**1.5 - 1)
    assert np.abs((limit - L)[kept]).max() < 2e-3 * scale
    # The frequency of the coherence is seen, and it is not that of the dissipator alone.
    assert abs(limit[0, 1, 0, 1].imag / L[0, 1, 0, 1].imag - 1) < 1e-2
    assert abs(generated(levels, shift=False)[0, 1, 0, 1].imag - L[0, 1, 0, 1].imag) > 0.1 * abs(L[0, 1, 0, 1].imag)


@pytest.mark.slow
@pytest.mark.parametrize("levels", [[0.0, 0.6, 1.2], [0.0, 0.8, 0.8]], ids=["equidistant", "degenerate"])
def test_coherences_of_one_frequency_feed_each_other_as_in_collisions(levels: list[float]) -> None:
    L, kept = generated(levels), secular(levels)
    S = slope(levels, V, 0.5, length=160, times=(10, 20), **BOX)
    assert np.abs((S - L)[kept]).max() < 3e-2 * np.abs(L[kept]).max()
    fed = kept.copy()
    fed[np.arange(3)[:, None], np.arange(3)[None, :], np.arange(3)[:, None], np.arange(3)[None, :]] = False
    fed &= ~np.eye(3, dtype=bool)[:, :, None, None] & ~np.eye(3, dtype=bool)[None, None]
    assert np.abs(L[fed]).max() > 5e-3
    assert np.abs((S - L)[fed]).max() < 0.1 * np.abs(L[fed]).max()
