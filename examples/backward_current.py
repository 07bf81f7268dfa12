"""Quanta that pass from a cold reservoir to a hot one: a current runs against the bias where two levels are inverted.

Both reservoirs couple through the same operator with the same strength. The hot one pumps the chain 0 - 3 - 2 - 1, the
cold one (zero temperature) damps it, and more population gathers in level 1 than in the ground level. On the weak
link 0 - 1 the hot reservoir then takes more quanta than the cold one. The total energy still flows from hot to cold.
"""

import numpy as np

import equipoise as eq
from equipoise.balance import currents_against_bias
from equipoise.reservoirs import Flat

rate, strength = 1e-3, 1 / 758
D = np.zeros((4, 4))
D[0, 3] = D[2, 3] = D[1, 2] = 1.0
D[0, 1] = np.sqrt(strength)
hot = eq.Reservoir("hot", eq.bose_einstein(temperature=1.0), Flat(rate, 0.01, 9.0))
cold = eq.Reservoir("cold", eq.bose_einstein(temperature=0.0), Flat(rate, 0.01, 9.0))
system = eq.OpenSystem(np.log([1.0, 1.25, 5.0, 10.0]), [eq.Coupling(hot, D), eq.Coupling(cold, D)])

generator = eq.weak_coupling(system, lamb_shift=False)
state = eq.stationary_state(generator)
found = currents_against_bias(generator, state)
for (upper, lower), through in zip(found.transitions, found.through, strict=True):
    print(f"{upper} <-> {lower}: {-through:.3g} quanta per time pass from cold to hot")
print(f"energy from the hot reservoir: {eq.currents(generator, state).energy[0]:.3g} per time")

# In units of the rate: 2 strength (n_hot - n_cold) / 2 = 4 strength, times 1 - p_1 / p_0, with p_1 / p_0 = 23 / 22
# from the tree formula.
computed = found.through[0] / (2 * rate * strength * np.exp(state.log_weights[0]))
print(f"current against the bias: computed {computed:.12f}, closed form {-1 / 22:.12f}")
