"""Limits omega -> 0 of functions that lose their digits there, in any unit."""

import numpy as np

import equipoise as eq
from equipoise.generators import redfield
from equipoise.reservoirs import CallableDensity


def naive(w):
    return 0.02 * (1 - np.exp(-w)) * np.exp(-w / 5)


def careful(w):
    return -0.02 * np.expm1(-w) * np.exp(-w / 5)


def test_rate_at_zero_frequency():
    # J -> 0.02 w, so the textbook dephasing rate is 2 pi 0.02 T.
    for J in (careful, naive, lambda w: 0.1 * (np.exp(0.2 * w) - 1) * np.exp(-w), lambda w: 0.02 * np.log1p(w)):
        bath = eq.Reservoir("bath", eq.bose_einstein(temperature=0.7), CallableDensity(J))
        np.testing.assert_allclose(2 * bath.rate_out(0.0), 2 * np.pi * 0.02 * 0.7, rtol=1e-6)


def test_decay_of_a_coherence():
    # D = [[0.8, 1], [1, -0.6]]: pure dephasing (0.8 + 0.6)^2 / 2 times 2 pi 0.02 T, plus half of the two rates.
    T = 1.0
    down = 2 * np.pi * careful(1.0) * (1 + 1 / np.expm1(1.0 / T))
    want = 0.5 * 1.4**2 * 2 * np.pi * 0.02 * T + 0.5 * down * (1 + np.exp(-1.0 / T))
    for J in (careful, naive):
        bath = eq.Reservoir("bath", eq.bose_einstein(temperature=T), CallableDensity(J))
        system = eq.OpenSystem([0.0, 1.0], [eq.Coupling(bath, [[0.8, 1.0], [1.0, -0.6]])])
        np.testing.assert_allclose(-eq.weak_coupling(system).superoperator()[1, 1].real, want, rtol=1e-6)


def test_redfield_heat_current():
    # The two spellings are one function: one heat current (0.00216748; the naive one gives 0.00266313).
    D1 = np.array([[0.8, 1.0, 0.4], [1.0, -0.6, 0.5], [0.4, 0.5, 0.1]])
    D2 = np.array([[0.2, 0.1, 1.0], [0.1, 0.3, 0.5], [1.0, 0.5, 0.1]])
    heat = []
    for J in (careful, naive):
        hot, cold = (
            eq.Reservoir(n, eq.bose_einstein(temperature=T), CallableDensity(J)) for n, T in (("h", 1.0), ("c", 0.5))
        )
        generator = redfield(eq.OpenSystem([0.0, 1.0, 2.5], [eq.Coupling(hot, D1), eq.Coupling(cold, D2)]))
        heat.append(eq.currents(generator, eq.stationary_state(generator)).heat[0])
    np.testing.assert_allclose(heat[1], heat[0], rtol=1e-6)


def test_degenerate_level_is_mixed():
    # Two levels of one energy, coupled along and across in two channels: the only state is 1/2, an equilibrium.
    for J in (careful, naive):
        bath = eq.Reservoir("bath", eq.bose_einstein(temperature=1.0), CallableDensity(J))
        couplings = [
            eq.Coupling(bath, [[0.3, 1.0], [1.0, -0.2]]),
            eq.Coupling(bath, [[1.0, 0.0], [0.0, -1.0]], channel=1),
        ]
        assert eq.audit(eq.OpenSystem([0.0, 0.0], couplings)).verdict.value == "equilibrium"


def test_limits_of_a_function_in_any_unit():
    for unit in (1e-30, 1e-8, 1.0, 1e8, 1e30):
        for shape, slope in (
            (lambda v: 1 - np.exp(-v), 1.0),
            (lambda v: np.log(1 + v), 1.0),
            (lambda v: v**3, 0.0),
            (lambda v: np.sqrt(v), np.inf),
            (lambda v: v * np.exp(-v), 1.0),
        ):
            J = CallableDensity(lambda w, shape=shape, unit=unit: shape(w / unit))
            np.testing.assert_allclose(J.low_frequency_slope() * unit, slope, rtol=1e-6)


def test_a_degenerate_pair_of_a_model_file_is_mixed(tmp_path):
    text = """
kind = "system"
title = "A degenerate pair that its bath mixes"

[system]
levels = [0.0, 0.0]

[[reservoirs]]
name = "bath"
statistics = "boson"
temperature = 1.0
spectral_density = {kind = "expression", expression = "0.02 * (1 - exp(-omega)) * exp(-omega / 5)"}

[[couplings]]
reservoir = "bath"
channel = 0
operator = [[0.3, 1.0], [1.0, -0.2]]

[[couplings]]
reservoir = "bath"
channel = 1
operator = [[1.0, 0.0], [0.0, -1.0]]
"""
    (tmp_path / "pair.toml").write_text(text)
    from equipoise.io import load_model

    assert eq.audit(load_model(tmp_path / "pair.toml").subject).verdict.value == "equilibrium"
