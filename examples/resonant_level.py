"""One level between two electronic leads: the current of the rate equation is Gamma_L Gamma_R / Gamma (f_L - f_R)."""

import numpy as np

import equipoise as eq
from equipoise.reservoirs import Flat

energy, rate_left, rate_right, temperature = 0.7, 0.02, 0.05, 0.5
left = eq.Reservoir(
    "left", eq.fermi_dirac(temperature=temperature, chemical_potential=1.0), Flat(rate_left, -50.0, 50.0)
)
right = eq.Reservoir("right", eq.fermi_dirac(temperature=temperature), Flat(rate_right, -50.0, 50.0))
annihilate = np.array([[0, 1], [0, 0]])

dot = eq.OpenSystem(
    [0.0, energy], [eq.Coupling(left, annihilate), eq.Coupling(right, annihilate)], number=np.diag([0, 1])
)
audit = eq.audit(dot)
print(audit)


def fermi(mu):
    """Occupation of a lead at the energy of the level."""
    return 1 / (np.exp((energy - mu) / temperature) + 1)


expected = rate_left * rate_right / (rate_left + rate_right) * (fermi(1.0) - fermi(0.0))
print(f"current: computed {audit.flows.particles[0]:.12f}, closed form {expected:.12f}")
