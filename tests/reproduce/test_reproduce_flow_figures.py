"""Figures of the second law: the production adds up to what the relative entropy loses; work pays for local flows."""

import numpy as np
import pytest

from equipoise.reproduce.quantum_detailed_balance import figures

pytest.importorskip("matplotlib")


def test_production_integrates_to_the_fall_of_the_relative_entropy():
    left, right = figures.relaxation_figure().axes
    time, entropy = left.get_lines()[0].get_data()
    production = right.get_lines()[0].get_ydata()
    assert np.all(production > 0)
    assert np.all(np.diff(entropy) < 0)
    integral = np.cumsum(0.5 * (production[1:] + production[:-1]) * np.diff(time))
    np.testing.assert_allclose(integral, entropy[0] - entropy[1:], atol=2e-3)


def test_boundary_work_is_the_detuning_times_the_current_of_excitations():
    for detuning in (-0.4, 0.25):
        energy, work, rest = figures.flows_of_qubits(detuning)
        excitations = energy[0] / figures.FREQUENCY
        assert energy[1] == pytest.approx(-excitations * (figures.FREQUENCY + detuning), rel=1e-9)
        assert work == pytest.approx(detuning * excitations, rel=1e-9)
        assert work > 1e-6
        assert rest < 1e-12 * abs(energy[0]) + 1e-15


def test_all_four_figures_are_listed():
    assert set(figures.FIGURES) == {"ladder", "correlations", "relaxation", "local-against-global"}
    (axes,) = figures.FIGURES["local-against-global"]().axes
    first, second, work, rest = (line.get_ydata() for line in axes.get_lines())
    np.testing.assert_allclose(first + second + work, 0.0, atol=1e-12)
    assert np.abs(rest).max() < 1e-9
