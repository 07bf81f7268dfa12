"""Bridge to QuTiP 5: its Hamiltonians, collapse operators and environments in, its Qobj back with dims kept.

QuTiP is imported on first use.
"""

from equipoise.io.qutip._qutip import operator_from_qutip as operator_from_qutip
from equipoise.io.qutip.environments import reservoir_from_qutip as reservoir_from_qutip
from equipoise.io.qutip.operators import c_ops_to_qutip as c_ops_to_qutip
from equipoise.io.qutip.operators import from_qutip as from_qutip
from equipoise.io.qutip.operators import to_qutip as to_qutip
from equipoise.io.qutip.operators import write_lindblad_model as write_lindblad_model
from equipoise.io.qutip.superoperators import generator_from_qutip as generator_from_qutip
from equipoise.io.qutip.superoperators import liouvillian_to_qutip as liouvillian_to_qutip
