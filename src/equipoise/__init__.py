"""equipoise: is this stationary state an equilibrium, and if not, what flows?

The path from a reservoir to an audit::

    reservoir = Reservoir("hot", bose_einstein(temperature=2.0), Ohmic(0.01, 10.0))
    system = OpenSystem(hamiltonian, [Coupling(reservoir, operator), ...])
    print(audit(system))

Subpackages are namespaces: `reservoirs`, `systems`, `scattering`, `generators`, `stationary`, `balance`,
`thermodynamics`, `fluctuations`, `audit`, `io`, `report`, `reproduce`. Importing equipoise loads numpy and scipy only.
"""

from equipoise._checks import InputError, NumericalError, UserCodeError
from equipoise._version import __version__
from equipoise.auditing import Audit, Verdict, audit
from equipoise.auditing.record import VIEWS as _VIEWS
from equipoise.balance import detailed_balance
from equipoise.balance.cycles import cycles
from equipoise.generators import Generator, lindbladian, rate_equation, weak_coupling
from equipoise.reservoirs import DrudeLorentz, Ohmic, Reservoir, bose_einstein, fermi_dirac
from equipoise.stationary import StationaryState, stationary_state
from equipoise.systems import Coupling, OpenSystem
from equipoise.thermodynamics import currents, entropy_production

__all__ = [
    "Audit",
    "Coupling",
    "DrudeLorentz",
    "Generator",
    "InputError",
    "NumericalError",
    "Ohmic",
    "OpenSystem",
    "Reservoir",
    "StationaryState",
    "UserCodeError",
    "Verdict",
    "__version__",
    "audit",
    "bose_einstein",
    "currents",
    "cycles",
    "detailed_balance",
    "entropy_production",
    "fermi_dirac",
    "lindbladian",
    "rate_equation",
    "stationary_state",
    "weak_coupling",
]


def _figure(audit: Audit) -> object:
    from equipoise.report.drawings import figure

    return figure(audit)


def _report(audit: Audit, path: object, **words: object) -> object:
    from equipoise.report.html import write_report

    return write_report(audit, path, **words)  # type: ignore[arg-type]


# Reports stand on a floor above audits, and only the front door looks down on both.
_VIEWS |= {"figure": _figure, "report": _report}
