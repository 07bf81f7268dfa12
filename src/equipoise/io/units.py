"""Units at the edge: energies of a model file in one unit, flows in those of a laboratory.

The library has hbar = k_B = e = 1 and one unit of energy. A temperature of 50 mK is the energy k_B x 50 mK, a
frequency of 5 GHz the energy h x 5 GHz (an ordinary frequency, not an angular one).
"""

from __future__ import annotations

from collections.abc import Mapping

from equipoise._checks import finite_real, require

PLANCK = 6.62607015e-34
"""h in J s, exact since 2019."""

HBAR = PLANCK / 6.283185307179586
ELEMENTARY_CHARGE = 1.602176634e-19
BOLTZMANN = 1.380649e-23
SPEED_OF_LIGHT = 299792458.0

ENERGIES: Mapping[str, float] = {
    "J": 1.0,
    "eV": ELEMENTARY_CHARGE,
    "meV": 1e-3 * ELEMENTARY_CHARGE,
    "ueV": 1e-6 * ELEMENTARY_CHARGE,
    "K": BOLTZMANN,
    "mK": 1e-3 * BOLTZMANN,
    "THz": 1e12 * PLANCK,
    "GHz": 1e9 * PLANCK,
    "MHz": 1e6 * PLANCK,
    "cm^-1": 100 * PLANCK * SPEED_OF_LIGHT,
}
"""Joule for each unit of energy."""

CURRENTS: Mapping[str, float] = {"A": 1.0, "uA": 1e-6, "nA": 1e-9, "pA": 1e-12, "fA": 1e-15}
POWERS: Mapping[str, float] = {"W": 1.0, "nW": 1e-9, "pW": 1e-12, "fW": 1e-15, "aW": 1e-18}


def energy(value: float, unit: str, into: str) -> float:
    """Convert an energy, a temperature or a frequency.

    Examples
    --------
    >>> round(energy(50, "mK", into="GHz"), 4)
    1.0418
    """
    amount = finite_real(value, "value", allow_infinite=True)
    return amount * _known(unit, ENERGIES, "unit") / _known(into, ENERGIES, "into")


def electric_current(flow: float, unit: str, into: str = "pA") -> float:
    """Electric current `e J_N` of a particle flow `J_N` given in units of energy / hbar.

    Parameters
    ----------
    flow : float
        As `currents(...).particles` has it, positive into the system.
    unit : str
        The energy unit of the model.
    into : str
        "A", "uA", "nA", "pA" or "fA".

    Examples
    --------
    A flow of 1 ueV / hbar is 1.5 electrons per nanosecond:

    >>> round(electric_current(1.0, "ueV"), 2)
    243.41
    """
    return flow * ELEMENTARY_CHARGE * _known(unit, ENERGIES, "unit") / HBAR / _known(into, CURRENTS, "into")


def power(flow: float, unit: str, into: str = "fW") -> float:
    """Power of an energy or heat flow given in units of energy^2 / hbar.

    Examples
    --------
    >>> round(power(1.0, "ueV"), 4)
    0.2434
    """
    return flow * _known(unit, ENERGIES, "unit") ** 2 / HBAR / _known(into, POWERS, "into")


def _known(unit: str, table: Mapping[str, float], name: str) -> float:
    require(unit in table, name, f"be one of {', '.join(table)}", f"got {unit!r}")
    return table[unit]
