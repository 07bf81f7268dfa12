"""Coherences: positive correlations that belong to the rates, amplitudes read off exactly, the shift."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.scattering import (
    Beams,
    DeltaInteraction,
    EnergyShell,
    Gas,
    PointScatterers,
    Target,
    Waves,
    maxwell_boltzmann,
    scattering_rates,
)
from equipoise.scattering.coherences import (
    _products,
    coherence_groups,
    scattering_shift,
)
from equipoise.scattering.rates import log_arrivals
from equipoise.scattering.shell_integrals.amplitudes import ResolvedAmplitudes, reach, resolved_amplitudes

GAS = Gas("gas", maxwell_boltzmann(temperature=0.8), 0.01, 1.3)


def hermitian(rng: np.random.Generator, d: int) -> np.ndarray:
    A = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
    return 0.5 * (A + A.conj().T)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), d=st.integers(2, 5))
def test_correlations_are_positive_with_ones_on_the_diagonal(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    target = Target(np.diag(np.arange(d) * 0.7), DeltaInteraction(hermitian(rng, d)))
    groups = coherence_groups(scattering_rates(target, GAS))
    assert len(groups) == 2 * d - 3  # every gap but the largest, both ways, and zero
    for group in groups:
        C = group.correlation
        assert np.allclose(np.diag(C), 1.0)
        assert np.linalg.eigvalsh(C).min() > -1e-13
        gaps = target.spectrum.levels[group.rows] - target.spectrum.levels[group.columns]
        assert np.ptp(gaps) < 1e-12


@pytest.mark.parametrize(("seed", "beta", "at"), [(1, 0.05, 0.0), (2, 1.0, 0.6), (3, 30.0, 0.6), (4, 1e3, 0.0)])
def test_their_diagonal_is_the_rates(seed: int, beta: float, at: float) -> None:
    # Two quadratures that share no node: adaptive rates, and amplitudes read off piecewise polynomials.
    rng = np.random.default_rng(seed)
    d = 3
    interaction = PointScatterers([0.0, at], [hermitian(rng, d), hermitian(rng, d)])
    target = Target([0.0, 0.5, 1.4], interaction)
    rates = scattering_rates(target, Gas("gas", maxwell_boltzmann(inverse_temperature=beta), 0.01, 1.3))
    rows, columns = (index.ravel() for index in np.indices((d, d)))
    amplitudes, _ = ResolvedAmplitudes(target, rates.gas).of_pairs(0, rows, columns)
    for pair in range(d * d):
        at_pair = np.array([pair])
        out, into = rows[at_pair], columns[at_pair]
        X = _products(amplitudes, interaction, rates, (at_pair, out, into), rates.log_rates[out, into])
        assert X[0, 0].real == pytest.approx(1.0, rel=1e-10)


@pytest.mark.parametrize("strength", [1e-8, 1e-11])
@pytest.mark.parametrize("levels", [[0.0, 0.0, 1.0], [0.0, 0.7, 1.4]], ids=["degenerate", "equidistant"])
def test_weak_couplings_are_resolved_at_the_thresholds(strength: float, levels: list[float]) -> None:
    # T changes at momenta of m V: far below the first nodes, where it looks like noise that no halving takes away.
    V = hermitian(np.random.default_rng(1), 3)
    interaction = DeltaInteraction(strength * V @ V)
    target = Target(levels, interaction)
    rates = scattering_rates(target, Gas("gas", maxwell_boltzmann(temperature=1.0)))
    rows, columns = (index.ravel() for index in np.indices((3, 3)))
    amplitudes, _ = ResolvedAmplitudes(target, rates.gas).of_pairs(0, rows, columns)
    for pair in range(9):
        at_pair = np.array([pair])
        out, into = rows[at_pair], columns[at_pair]
        X = _products(amplitudes, interaction, rates, (at_pair, out, into), rates.log_rates[out, into])
        assert X[0, 0].real == pytest.approx(1.0, rel=1e-12)


def test_amplitudes_are_read_off_at_any_energy() -> None:
    rng = np.random.default_rng(3)
    target = Target([0.0, 0.5, 1.4], PointScatterers([0.0, 0.9], [hermitian(rng, 3), hermitian(rng, 3)]))
    rows, columns = (index.ravel() for index in np.indices((3, 3)))
    amplitudes = resolved_amplitudes(target.interaction, target.spectrum, 1.3, rows, columns, [(0, 30.0)])
    excess = np.concatenate([10.0 ** -np.arange(1, 9), rng.uniform(0, 20, 50)])
    for top in range(3):
        shell = EnergyShell.above(target.spectrum, 1.3, top, excess)
        p = np.where(shell.is_open, shell.momenta.real, 0.0)
        T = target.interaction.transition_matrix(shell)[:, :, rows, :, columns]
        expected = T * np.sqrt(p[:, rows] * p[:, columns]).T[:, :, None, None]
        found = amplitudes.values(np.arange(9), top, excess)
        assert np.abs(found - expected).max() < 1e-11 * np.abs(expected).max()


def test_the_shift_is_the_forward_amplitude() -> None:
    rng = np.random.default_rng(4)
    target = Target([0.0, 0.5, 1.4], DeltaInteraction(hermitian(rng, 3)))
    shift = scattering_shift(ResolvedAmplitudes(target, GAS))
    assert np.allclose(shift, np.diag(np.diag(shift)))
    x, w = np.polynomial.legendre.leggauss(300)
    for state in range(3):
        cuts, total = [*(target.spectrum.levels[state:] - target.spectrum.levels[state]), 45.0], 0.0
        for a, b in itertools.pairwise(cuts):
            angle = 0.25 * np.pi * (x + 1)
            e = a + (b - a) * np.sin(angle) ** 2
            T = target.interaction.transition_matrix(EnergyShell.above(target.spectrum, 1.3, state, e))[
                :, 0, state, 0, state
            ]
            f = np.exp(GAS.log_occupation(e, Waves.EVEN)[:, 0])
            total += np.sum(0.25 * np.pi * w * (b - a) * np.sin(2 * angle) * f * T.real) / (2 * np.pi)
        assert shift[state, state].real == pytest.approx(total, rel=1e-9, abs=1e-12)


def test_the_shift_of_weak_scatterers_is_their_mean_field() -> None:
    V = [np.array([[1.0, 0.4j], [-0.4j, 2.0]]), np.array([[0.3, 0.1], [0.1, -0.5]])]
    for levels in ([0.0, 1.0], [0.7, 0.7]):
        target = Target(levels, PointScatterers([0.0, 1.0], [1e-7 * v for v in V]))
        expected = 0.01 * 1e-7 * target.spectrum.within_levels(target.spectrum.to_energy_basis(V[0] + V[1]))
        assert np.allclose(scattering_shift(ResolvedAmplitudes(target, GAS)), expected, rtol=1e-5, atol=1e-14)


def test_reach_and_arrivals() -> None:
    assert 40 * 0.8 < reach(GAS, 0.0) < 60 * 0.8
    assert reach(GAS, 5.0) == pytest.approx(reach(GAS, 0.0))
    wavelength = GAS.thermal_wavelength
    assert wavelength is not None
    exact = 0.01 * wavelength * 0.8 / (2 * np.pi) * np.exp(-1.5 / 0.8)
    assert np.exp(log_arrivals(GAS, np.array([1.5]))[0]) == pytest.approx(exact, rel=1e-2)
    hot = Gas("beams", Beams(maxwell_boltzmann(temperature=0.8), maxwell_boltzmann(temperature=4.0)), 0.01, 1.3)
    assert reach(hot, 0.0) > 4 * reach(GAS, 0.0)


def test_a_segment_is_searched_for_resonances_up_to_the_next_threshold_and_no_further() -> None:
    # The distance of these levels, added to the lower one, gives a number beyond the upper one.
    rng = np.random.default_rng(2)
    levels = np.sort(rng.normal(size=3)) * 10 ** rng.uniform(-2, 2)
    assert any(lower + (upper - lower) > upper for lower, upper in itertools.pairwise(levels))
    target = Target(levels, PointScatterers([0, 0.7, 1.9], [1.0, 0.7, 0.5]))
    assert np.isfinite(
        scattering_shift(ResolvedAmplitudes(target, Gas("gas", maxwell_boltzmann(inverse_temperature=95.5))))
    ).all()


def test_amplitudes_that_are_known_are_not_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    target = Target(np.diag(np.arange(3) * 0.7), DeltaInteraction(hermitian(rng, 3)))
    rates = scattering_rates(target, GAS)
    alone = scattering_shift(ResolvedAmplitudes(target, GAS))
    amplitudes = ResolvedAmplitudes(target, GAS)
    groups = coherence_groups(rates, amplitudes)
    for mine, theirs in zip(groups, coherence_groups(rates), strict=True):
        assert np.array_equal(mine.correlation, theirs.correlation)
    amplitudes.keep_within_levels()
    monkeypatch.setattr(DeltaInteraction, "transition_matrix", None)
    assert np.allclose(scattering_shift(amplitudes), alone, rtol=1e-12, atol=0)
    monkeypatch.undo()
    amplitudes.forget()
    assert np.array_equal(scattering_shift(amplitudes), alone)


def test_pairs_beyond_those_known_are_resolved() -> None:
    rng = np.random.default_rng(4)
    amplitudes = ResolvedAmplitudes(Target([0.0, 0.7, 1.1], DeltaInteraction(hermitian(rng, 3))), GAS)
    first, at = amplitudes.of_pairs(0, np.array([0, 2]), np.array([0, 1]))
    again, place = amplitudes.of_pairs(0, np.array([2]), np.array([1]))
    assert again is first
    assert (at.tolist(), place.tolist()) == ([0, 1], [1])
    more, place = amplitudes.of_pairs(0, np.array([1]), np.array([2]))
    assert more is not first
    assert place.tolist() == [0]
