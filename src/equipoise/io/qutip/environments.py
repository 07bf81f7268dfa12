"""QuTiP 5 environments as reservoirs.

QuTiP's bosonic spectral density is pi times the one used here (`J_qutip = pi J`), its fermionic one 2 pi times;
the conversion is made here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from equipoise._checks import InputError, RealArray, require
from equipoise.io.qutip._qutip import qutip_package
from equipoise.reservoirs import CallableDensity, Reservoir, bose_einstein, fermi_dirac

BOSONIC_FACTOR = np.pi
"""J_qutip / J for a bosonic environment: there the power spectrum is 2 J (n + 1), here 2 pi J (n + 1)."""

FERMIONIC_FACTOR = 2 * np.pi
"""J_qutip / J for a fermionic environment: there the rate in is J f, here 2 pi J f."""


def reservoir_from_qutip(environment: Any, name: str) -> Reservoir:
    """A reservoir with the temperature and spectral density of a QuTiP 5 environment.

    `J = J_qutip / pi` for a bosonic environment (on w > 0), `J = J_qutip / (2 pi)` for a fermionic one.

    Parameters
    ----------
    environment : qutip.core.environment.BosonicEnvironment or FermionicEnvironment
        With a temperature.
    name : str

    Raises
    ------
    InputError
        Not an environment, or one without a temperature.
    """
    environments = qutip_package().core.environment
    bosonic = isinstance(environment, environments.BosonicEnvironment)
    if not bosonic and not isinstance(environment, environments.FermionicEnvironment):
        raise InputError(
            "Argument `environment` must be a QuTiP BosonicEnvironment or FermionicEnvironment, but got "
            f"{type(environment).__name__}."
        )
    require(
        environment.T is not None,
        "environment",
        "have a temperature (environment.T)",
        "has none",
        "Give T when you make it, or build a Reservoir with a distribution.",
    )
    temperature = float(environment.T)
    if bosonic:
        density = CallableDensity(_Rescaled(environment, BOSONIC_FACTOR), (0.0, np.inf))
        return Reservoir(name, bose_einstein(temperature=temperature), density)
    density = CallableDensity(_Rescaled(environment, FERMIONIC_FACTOR), (-np.inf, np.inf))
    mu = 0.0 if environment.mu is None else float(environment.mu)
    return Reservoir(name, fermi_dirac(temperature=temperature, chemical_potential=mu), density)


@dataclass(frozen=True, eq=False)
class _Rescaled:
    """Spectral density of a QuTiP environment in the convention of this library."""

    environment: Any
    factor: float

    def __call__(self, omega: RealArray) -> RealArray:
        values = self.environment.spectral_density(np.atleast_1d(omega))
        return np.asarray(np.real(values), dtype=float) / self.factor
