"""The fermionic double dot of the library agrees with a Pauli master equation written out by hand."""

import numpy as np
import pytest

from equipoise import Reservoir, Verdict, audit, currents, fermi_dirac, stationary_state, weak_coupling
from equipoise.reservoirs import Flat
from equipoise.systems.models import double_dot
from reference import pauli_dot


@pytest.mark.parametrize("seed", range(6))
def test_populations_and_currents_of_a_random_double_dot(seed):
    rng = np.random.default_rng(seed)
    energies, tunnelling, coulomb = rng.uniform(-1, 1, size=2), rng.uniform(0.2, 1.0), rng.uniform(0.5, 5.0)
    leads = [pauli_dot.Lead(rng.uniform(0.01, 0.05), rng.uniform(0.5, 20.0), rng.uniform(-2, 2)) for _ in range(2)]
    theirs = pauli_dot.transport(pauli_dot.DoubleDot(*energies, tunnelling, coulomb), *leads)
    reservoirs = [
        Reservoir(
            name,
            fermi_dirac(inverse_temperature=lead.inverse_temperature, chemical_potential=lead.chemical_potential),
            Flat(lead.gamma),
        )
        for name, lead in zip(("left", "right"), leads, strict=True)
    ]
    system = double_dot(energies, tunnelling, coulomb, *reservoirs)
    generator = weak_coupling(system)
    state = stationary_state(generator)
    flows = currents(generator, state)
    # Levels ascend here; there the order is empty, lower, upper, double.
    order = np.argsort(pauli_dot.energies(pauli_dot.DoubleDot(*energies, tunnelling, coulomb)), kind="stable")
    np.testing.assert_allclose(state.populations, np.asarray(theirs.populations)[order], rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(flows.particles, theirs.particle_currents, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(flows.energy, theirs.energy_currents, rtol=1e-9, atol=1e-15)
    # Flat bands without end have no finite Lamb shift, and no population asks for it.
    assert audit(system).verdict is Verdict.NON_EQUILIBRIUM
