"""A generator at other occupations is the one derived anew there; messages."""

from dataclasses import replace

import numpy as np
import pytest

from equipoise import Coupling, InputError, OpenSystem, Reservoir, bose_einstein, rate_equation, weak_coupling
from equipoise.generators import with_reservoirs
from equipoise.reservoirs import CorrelatedDensity, Ohmic
from random_systems import Draw, bosonic_system, complex_matrix, fermionic_system


def warmer(reservoir):
    return replace(
        reservoir,
        distribution=replace(reservoir.distribution, inverse_temperature=0.8 * reservoir.inverse_temperature),
    )


def correlated_system():
    rng = np.random.default_rng(2)
    C = np.array([[1.0, 0.3 + 0.4j], [0.3 - 0.4j, 1.2]])
    bath = Reservoir("bath", bose_einstein(temperature=1.0), CorrelatedDensity(Ohmic(0.05, 8.0), C))
    return OpenSystem([0.0, 0.7, 1.9], [Coupling(bath, np.triu(complex_matrix(rng, 3, 3), 1), a) for a in range(2)])


@pytest.mark.parametrize(
    "system",
    [bosonic_system(Draw(1, 4, 2, True)), fermionic_system(Draw(2, 4, 2, False)), correlated_system()],
    ids=["degenerate bosons", "fermions", "correlated channels"],
)
def test_same_superoperator_as_derived_anew(system):
    changed = [warmer(reservoir) for reservoir in system.reservoirs]
    by_name = {reservoir.name: reservoir for reservoir in changed}
    couplings = [replace(c, reservoir=by_name[c.reservoir.name]) for c in system.couplings]
    anew = weak_coupling(replace(system, couplings=couplings)).superoperator()
    ours = with_reservoirs(weak_coupling(system), changed).superoperator()
    np.testing.assert_allclose(ours, anew, atol=1e-13 * np.abs(anew).max())


def test_unchanged_reservoirs_keep_their_dissipators():
    generator = weak_coupling(bosonic_system(Draw(1, 4, 2, False)))
    same = with_reservoirs(generator, [part.reservoir for part in generator.dissipators])
    assert same.dissipators == generator.dissipators
    assert same.system is None


def test_messages():
    generator = weak_coupling(bosonic_system(Draw(1, 3, 1, False)))
    (bath,) = (part.reservoir for part in generator.dissipators)
    with pytest.raises(InputError, match="`generator` must come from weak_coupling"):
        with_reservoirs(rate_equation([[0, 1], [1, 0]]), [bath])
    with pytest.raises(InputError, match="one Reservoir for each of the 1 dissipators, but holds 2"):
        with_reservoirs(generator, [bath, bath])
    with pytest.raises(InputError, match="differ from 'bath 0' in nothing but the occupation"):
        with_reservoirs(generator, [replace(bath, name="other", distribution=bose_einstein(temperature=9.0))])
