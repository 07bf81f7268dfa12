"""One quantum into two: three levels in a field that is hot at one frequency only.

The field is one reservoir with a temperature for each frequency. The levels take quanta of energy 5 from it and return
each as one of 2 and one of 3, so energy is conserved while the number of quanta grows; the entropy produced by one
conversion is delta = 2 beta(2) + 3 beta(3) - 5 beta(5).
"""

import equipoise as eq
from equipoise.reservoirs import LocalTemperature, Statistics
from equipoise.systems.models import three_levels


def beta(omega):
    """Temperature 1, but 4 in a band around 5."""
    return 1.0 - 0.75 / (1.0 + (omega - 5.0) ** 2)


light = eq.Reservoir("light", LocalTemperature(Statistics.BOSON, beta), eq.Ohmic(0.001, 50.0))
generator = eq.weak_coupling(three_levels([0.0, 2.0, 5.0], [(light, [1.0, 1.0, 1.0])]))

(cycle,) = eq.cycles(generator).conversions
print(cycle)

audit = eq.audit(generator)
flows = audit.flows
print(f"quanta gained by the field, per conversion: {-flows.particles[0] / cycle.flux:.12f}")

(entropy,) = (entry.value for entry in audit.entropy if entry.name == "transition-resolved")
delta = 2.0 * beta(2.0) + 3.0 * beta(3.0) - 5.0 * beta(5.0)
print(f"entropy of one conversion: computed {entropy / cycle.flux:.12f}, closed form {delta:.12f}")
