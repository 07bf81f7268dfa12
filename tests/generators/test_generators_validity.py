"""The secular approximation is measured where it fails, and said once."""

import re
import warnings

import numpy as np
import pytest

from equipoise import (
    Coupling,
    OpenSystem,
    Reservoir,
    audit,
    bose_einstein,
    fermi_dirac,
    lindbladian,
    rate_equation,
    weak_coupling,
)
from equipoise._checks import InputError, UserCodeError
from equipoise.auditing import Question
from equipoise.generators import SecularApproximationWarning, secular_validity
from equipoise.generators.validity import decoupled_transitions
from equipoise.reservoirs import CallableDensity, Flat, LocalTemperature, Newns, Ohmic, Statistics
from equipoise.stationary import evolution
from random_systems import Draw, bosonic_system, fermionic_system


def split_excited_level(gap, rate=0.01):
    """A ground state and two excited ones `gap` apart, reached from it by one reservoir."""
    bath = Reservoir("hot", bose_einstein(temperature=1.0), Flat(rate, 0.5, 5.0))
    V = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    return OpenSystem([0.0, 1.0, 1.0 + gap], [Coupling(bath, V)])


def brute_force(generator):
    """Largest ratio over all pairs of distinct levels and reservoirs, from the amplitudes themselves."""
    best = 0.0
    levels, level_of = generator.spectrum.levels, generator.spectrum.level_of
    for part in generator.dissipators:
        W = np.zeros((len(part.representation.amplitudes), levels.size, levels.size))
        for f, a in enumerate(part.representation.amplitudes):
            np.add.at(W[f], (level_of[:, None], level_of[None, :]), np.abs(a) ** 2)
        for m in range(levels.size):
            for n in range(m):
                gap = abs(levels[m] - levels[n])
                if gap > generator.spectrum.tolerance:
                    out_of = np.sqrt(W[:, :, m] * W[:, :, n]).sum()
                    into = np.sqrt(W[:, m, :] * W[:, n, :]).sum()
                    best = max(best, out_of / gap, into / gap)
    return best


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("degenerate", [False, True])
@pytest.mark.parametrize("make", [bosonic_system, fermionic_system])
def test_the_worst_pair_of_all_is_found(make, degenerate, seed):
    generator = weak_coupling(make(Draw(seed, 6, 2, degenerate)), warn=False)
    found = secular_validity(generator)
    assert found.ratio == pytest.approx(brute_force(generator), rel=1e-12)
    levels = generator.spectrum.levels
    if found.reservoir:
        assert found.gap == pytest.approx(levels[found.levels[1]] - levels[found.levels[0]], rel=1e-12)


def test_selection_rules_hide_the_worst_pair_from_neighbours():
    """Fifteen levels, of which only the first and the eleventh are moved by one jump, to the last."""
    V = np.zeros((15, 15))
    V[0, 14] = V[10, 14] = 1.0
    bath = Reservoir("bath", bose_einstein(temperature=3.0), Ohmic(0.2, 20.0))
    system = OpenSystem(np.arange(15.0) ** 1.02, [Coupling(bath, V + V.T)])
    generator = weak_coupling(system, lamb_shift=False, warn=False)
    found = secular_validity(generator)
    assert found.ratio == pytest.approx(brute_force(generator), rel=1e-12)
    assert found.levels == (0, 10)


def test_common_rate_of_two_excited_levels():
    found = secular_validity(weak_coupling(split_excited_level(0.02), warn=False))
    n = 1 / np.expm1([1.0, 1.02])
    assert found.rate == pytest.approx(0.01 * np.sqrt((1 + n).prod()), rel=1e-12)
    assert (found.levels, found.reservoir) == ((1, 2), "hot")
    assert found.ratio == pytest.approx(found.rate / 0.02)


def test_what_the_approximation_drops_is_of_the_order_of_the_ratio():
    """Decay of one of two near levels through a common jump, kept whole: the coherence that the limit has not."""
    largest, ratios = [], []
    for gap in (0.4, 0.8, 1.6):
        jump = np.zeros((3, 3))
        jump[0, 1:] = np.sqrt(0.01)
        whole = lindbladian(np.diag([0.0, 5.0, 5.0 + gap]), [jump])
        path = evolution(whole, np.diag([0.0, 1.0, 0.0]), np.linspace(0, 6 / gap, 40))
        largest.append(max(abs(path.elements(k)[1, 2]) for k in range(40)))
        ratios.append(0.01 / gap)
    # Half of the rate feeds the coherence, which swings once around: its size is the ratio.
    np.testing.assert_allclose(largest, ratios, rtol=0.1)


def test_two_near_levels_warn_with_both_numbers_and_the_remedy():
    message = (
        r"Levels 1 and 2 are 0.05 apart, and reservoir 'hot' moves both at the rate 0.015\d, 0.31 of the gap: the "
        r"secular approximation needs a rate well below it\. Weaken the coupling, treat the two as one level with a "
        r"tolerance above the gap, OpenSystem\(\.\.\., tolerance=0\.1\), or do without the approximation: kms_weak"
    )
    with pytest.warns(SecularApproximationWarning, match=message) as caught:
        weak_coupling(split_excited_level(0.05))
    assert caught[0].filename == __file__


def test_levels_far_apart_or_one_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        weak_coupling(split_excited_level(0.5))
        near = split_excited_level(0.05)
        weak_coupling(OpenSystem(near.hamiltonian, near.couplings, tolerance=0.1), lamb_shift=False)


def test_number_keeps_levels_apart_however_near_they_are():
    """No coherence between particle numbers: a resonant dot level at zero energy is no problem."""
    lead = Reservoir("lead", fermi_dirac(temperature=1.0), Newns(0.5, 10.0))
    dot = OpenSystem([0.0, 1e-5], [Coupling(lead, [[0, 1], [0, 0]])], number=np.diag([0, 1]))
    found = secular_validity(weak_coupling(dot, warn=False))
    assert found.ratio == 0.0
    assert str(found).startswith("No reservoir moves two levels")


def test_rates_have_no_secular_limit():
    with pytest.raises(InputError, match=re.escape("`generator.dissipators[0]` must come from a secular limit")):
        secular_validity(rate_equation(np.ones((2, 2))))


def test_audit_says_it_once_and_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = audit(split_excited_level(0.05))
        # Nearly degenerate: other readings are derived too.
        near = split_excited_level(1e-10)
        text = str(audit(near))
    assert found.finding(Question.SECULAR_SAFE).answer == "no"
    assert " ".join(str(found).split()).count("Levels 1 and 2 are 0.05 apart") == 1
    assert " ".join(text.split()).count("needs a rate well below") == 1
    assert audit(split_excited_level(0.5)).finding(Question.SECULAR_SAFE).answer == "yes"


def test_transitions_outside_the_band_are_named_and_no_error():
    V = np.ones((3, 3)) - np.eye(3)
    cold = Reservoir("cold", bose_einstein(temperature=1.0), Flat(0.01, 0.5, 2.0))
    wide = Reservoir("wide", bose_einstein(temperature=0.0), Flat(0.01, 0.5, 4.0))
    system = OpenSystem([0.0, 1.0, 3.1], [Coupling(cold, V), Coupling(wide, V)])
    (found,) = decoupled_transitions(weak_coupling(system, lamb_shift=False, warn=False))
    assert found.reservoir == "cold"
    assert list(zip(found.lower, found.upper, strict=True)) == [(0, 2), (1, 2)]
    np.testing.assert_allclose(found.frequencies, [3.1, 2.1])
    assert found.named(1) == "0-2 at omega = 3.1 and 1 more, outside the band of 'cold'"
    sheet = " ".join(str(audit(system)).split())
    assert "decoupled: 0-2 at omega = 3.1, 1-2 at omega = 2.1, outside the band of 'cold'" in sheet


def test_failures_of_a_distribution_name_the_transition():
    field = LocalTemperature(Statistics.BOSON, lambda omega: 1.0 - omega / 2.0)
    bath = Reservoir("field", field, Ohmic(0.001, 10.0))
    V = np.ones((3, 3)) - np.eye(3)
    with pytest.raises(InputError, match=r"at omega = 2\.6.*This is reservoir 'field', transition 0-2 at omega = 2\.6"):
        weak_coupling(OpenSystem([0.0, 1.0, 2.6], [Coupling(bath, V)]))


def test_failures_at_zero_frequency_and_of_user_code_name_the_place():
    def density(omega):
        raise ValueError("no such frequency")

    bath = Reservoir("bath", bose_einstein(temperature=1.0), CallableDensity(density, (0.0, 5.0)))
    with pytest.raises(UserCodeError, match="This is reservoir 'bath', transition 0-1 at omega = 1"):
        weak_coupling(OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]])]))
    sub = Reservoir("sub", bose_einstein(temperature=1.0), Ohmic(0.01, 5.0, 0.5))
    with pytest.raises(InputError, match="This is reservoir 'sub', within level 0 at omega = 0"):
        weak_coupling(OpenSystem([0.0, 1.0], [Coupling(sub, [[1, 1], [1, 0]])]))


def test_bosonic_potential_in_the_band_names_the_reservoir():
    with pytest.raises(InputError, match="band edge 0 of reservoir 'bath'.*mu = 0.4"):
        Reservoir("bath", bose_einstein(temperature=1.0, chemical_potential=0.4), Ohmic(0.01, 5.0))
