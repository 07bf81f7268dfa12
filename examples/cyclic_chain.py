"""A classical three-state chain with rates 2 and 1 around the circle: stationary, uniform, and not in equilibrium."""

import numpy as np

import equipoise as eq

chain = eq.rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]], labels=["1", "2", "3"])
audit = eq.audit(chain)
print(audit)

production = next(entry.value for entry in audit.entropy if entry.name == "transition-resolved")
print(f"entropy production: computed {production:.12f}, closed form {np.log(2):.12f}")
