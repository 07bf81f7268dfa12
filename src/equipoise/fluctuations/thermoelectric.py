"""Thermoelectric coefficients of a system between two reservoirs, from its Onsager matrix."""

from __future__ import annotations

from dataclasses import dataclass

from equipoise._checks import ROUND_OFF, require
from equipoise.fluctuations.response import LinearResponse


@dataclass(frozen=True, kw_only=True)
class ThermoelectricCoefficients:
    """Coefficients of `J_N = G dmu + G S dT`, `J_Q = G Pi dmu + (K + G S Pi) dT`, flows from the first reservoir.

    `dmu = mu_1 - mu_2`, `dT = T_1 - T_2`, `J_Q` the heat that leaves the first reservoir; charge and k_B are one.

    Parameters
    ----------
    conductance : float
        G.
    seebeck : float
        S = -dmu/dT at no particle flow.
    peltier : float
        Pi = J_Q/J_N at dT = 0; `T S` where reciprocity holds.
    thermal_conductance : float
        K = J_Q/dT at no particle flow.
    figure_of_merit : float
        `G S Pi / K` (ZT); infinite where K is no more than round-off (every particle carries the same heat).
    """

    conductance: float
    seebeck: float
    peltier: float
    thermal_conductance: float
    figure_of_merit: float


def thermoelectric_coefficients(response: LinearResponse) -> ThermoelectricCoefficients:
    """Conductance, Seebeck and Peltier coefficients and thermal conductance between two reservoirs.

    With `M` the block of the first reservoir, `Q = E - mu_0 N`: `G = beta_0 M_NN`, `S = beta_0 M_NQ / M_NN`,
    `Pi = M_QN / M_NN`, `K = beta_0^2 (M_QQ - M_NQ M_QN / M_NN)`.

    Parameters
    ----------
    response : LinearResponse
        Of two reservoirs that exchange conserved particles, about an equilibrium.

    Raises
    ------
    InputError
        Other than two reservoirs, quanta that are not conserved, a reference that is not in equilibrium, or no
        conductance at all.

    Examples
    --------
    The Seebeck coefficient of a single level is `(e - mu) / T`, and it conducts no heat without particles:

    >>> from equipoise import Coupling, OpenSystem, Reservoir, fermi_dirac
    >>> from equipoise.fluctuations import linear_response
    >>> from equipoise.reservoirs import Flat
    >>> leads = [Reservoir(name, fermi_dirac(temperature=0.5), Flat(0.1, -20.0, 20.0)) for name in ("left", "right")]
    >>> dot = OpenSystem([0.0, 1.0], [Coupling(lead, [[0, 1], [0, 0]]) for lead in leads], number=[[0, 0], [0, 1]])
    >>> found = thermoelectric_coefficients(linear_response(dot))
    >>> round(found.seebeck, 12), abs(found.thermal_conductance) < 1e-16
    (2.0, True)
    """
    R = len(response.reservoirs)
    require(R == 2, "response", "be that of two reservoirs", f"has {R}")
    require(response.is_equilibrium, "response", "be about an equilibrium", "flows persist at its reference")
    M = response.matrix
    scale = min(abs(M[2, 2]), abs(M[3, 3]))
    lost = max(abs(M[2, 2] + M[3, 2]), abs(M[2, 3] + M[3, 3]))
    require(
        scale > 0 and lost <= max(1e-10, response.resolution) * scale,
        "response",
        "conserve particles, sum_r J_N = 0, and conduct",
        f"J_N of the two reservoirs is {M[2, 2]:.3g} and {M[3, 2]:.3g} for one unit of X_N",
        "Couplings must be graded, [N, D] = -D.",
    )
    mu = float(response.reference.chemical_potentials(2)[0])
    beta = response.reference.inverse_temperature
    NN, NQ, QN = M[2, 2], M[2, 0] - mu * M[2, 2], M[0, 2] - mu * M[2, 2]
    QQ = M[0, 0] - mu * (M[0, 2] + M[2, 0]) + mu**2 * M[2, 2]
    # Conductances may be as small as 1e-250: their product would underflow.
    heat = beta**2 * (QQ - NQ * (QN / NN))
    conductance, seebeck, peltier = beta * NN, beta * NQ / NN, QN / NN
    is_tight = heat <= max(64 * ROUND_OFF, response.resolution) * beta**2 * QQ
    merit = float("inf") if is_tight else conductance * seebeck * peltier / heat
    return ThermoelectricCoefficients(
        conductance=float(conductance),
        seebeck=float(seebeck),
        peltier=float(peltier),
        thermal_conductance=float(heat),
        figure_of_merit=float(merit),
    )
