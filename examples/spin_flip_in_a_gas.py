"""A spin flipped by the particles of a dilute gas, at any strength of the contact interaction g sigma_x delta(q).

The golden rule gives an infinite rate, however small g is: to a slow particle every obstacle is strong. Each collision
solved exactly gives g^2 log(1/g) at first, and then a maximum: a very strong interaction reflects every particle,
whatever the spin does.
"""

import numpy as np
from scipy.special import exp1

from equipoise.generators import low_density
from equipoise.scattering import DeltaInteraction, Gas, Target, maxwell_boltzmann

beta, mass, density = 2.0, 1.5, 0.01
gas = Gas("gas", maxwell_boltzmann(inverse_temperature=beta), density, mass)
sigma_z = np.diag([1.0, -1.0])


def flip_rate(g):
    """Half the rate at which sigma_z decays under the low-density generator."""
    generator = low_density(Target([0.0, 0.0], DeltaInteraction([[0.0, g], [g, 0.0]])), gas)
    return -0.5 * generator.adjoint(sigma_z)[0, 0].real


# |T|^2 = 4 c e / (e + c)^2 with c = m g^2 / 2, averaged over a thermal gas; x = beta c.
def closed_form(g):
    """The same, by the exponential integral."""
    x = 0.5 * beta * mass * g**2
    return 2 * density * gas.thermal_wavelength / (np.pi * beta) * x * ((1 + x) * np.exp(x) * exp1(x) - 1)


for g in (0.01, 0.1, 0.5, 1.0, 3.0, 10.0):
    print(f"g = {g:5.2f}: {flip_rate(g):.4e} flips per time")
print(f"flip rate at g = 0.5: computed {flip_rate(0.5):.14f}, closed form {closed_form(0.5):.14f}")
