"""Heat through three levels: the entropy of one turn of the loop is a ratio of energies over temperatures.

Each turn takes one quantum of energy 2.5 from the hot reservoir and gives it to the cold one in two steps, so the
entropy production is the loop current times 2.5 (1/T_cold - 1/T_hot).
"""

import numpy as np

import equipoise as eq

hot = eq.Reservoir("hot", eq.bose_einstein(temperature=2.0), eq.Ohmic(0.01, 10.0))
cold = eq.Reservoir("cold", eq.bose_einstein(temperature=1.0), eq.Ohmic(0.01, 10.0))
pump = np.array([[0, 0, 1], [0, 0, 0], [1, 0, 0]])
steps = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])

audit = eq.audit(eq.OpenSystem([0.0, 1.0, 2.5], [eq.Coupling(hot, pump), eq.Coupling(cold, steps)]))
print(audit)

computed = audit.entropy[0].value / audit.flows.microcurrents[0, 2, 0]
print(f"entropy of one turn: computed {computed:.12f}, closed form {2.5 * (1 / 1.0 - 1 / 2.0):.12f}")
