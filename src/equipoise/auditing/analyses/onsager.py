"""`onsager`: the response of the stationary flows, and how far from linear the system's own bias is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from equipoise._checks import InputError
from equipoise._printed import amount
from equipoise.auditing.analyses.answer import AbstractAnalysis, Answer, attempted
from equipoise.auditing.blocks import Cell, Table
from equipoise.fluctuations import Reference, nonlinearity, thermoelectric_coefficients
from equipoise.fluctuations.nonlinear import Nonlinearity
from equipoise.fluctuations.response import LinearResponse
from equipoise.generators import Generator
from equipoise.stationary import StationaryState
from equipoise.tolerances import BALANCED

SCALES = tuple(float(s) for s in np.linspace(0.0, 1.0, 21))
"""Fractions of the system's bias at which the linear law is compared with the flows."""

WITHIN = 0.05
"""Relative error up to which a bias is called linear."""


@dataclass(frozen=True)
class OnsagerAnalysis(AbstractAnalysis):
    """Macroscopic Onsager matrix about a reference, and the error of the linear law along the bias.

    Parameters
    ----------
    reference : Reference, optional
        Default: the mean inverse temperature and chemical potential of the reservoirs.
    """

    reference: Reference | None = None
    name: ClassVar[str] = "onsager"

    def answer(self, generator: Generator, state: StationaryState) -> Answer:
        """Linear response of a generator made by `weak_coupling` with thermal reservoirs.

        Raises
        ------
        InputError
            If the reservoirs cannot be held at the reference, but can at the mean.
        """
        title = "Linear response: Onsager matrix of the energy and particle flows"
        along, why_not = attempted(lambda: nonlinearity(generator, SCALES, self.reference))
        if along is None:
            if self.reference is not None and attempted(lambda: nonlinearity(generator, (0.0, 1.0)))[0] is not None:
                # It applies about the mean parameters, so that the reference is what is wrong.
                raise InputError(why_not)
            return Answer(name=self.name, title=title, facts=(("not applicable", why_not),))
        response = along.response
        facts = [("reference", _reference(response)), ("reciprocity", _reciprocity(response))]
        facts += [("second law", _positivity(response)), ("bias", _bias(along))]
        terminals, _ = attempted(lambda: thermoelectric_coefficients(response))
        if terminals is not None:
            coefficients = (
                ("conductance", terminals.conductance),
                ("Seebeck", terminals.seebeck),
                ("Peltier", terminals.peltier),
                ("thermal conductance", terminals.thermal_conductance),
            )
            facts.append(("two terminals", ", ".join(f"{name} {amount(value)}" for name, value in coefficients)))
        labels = list(response.labels)
        variables: dict[str, object] = {
            "onsager_matrix": (("flow", "force"), response.matrix, {"long_name": "d(flow into the system)/d(force)"}),
            "force_of_the_system": ("force", along.forces, {"units": "1 / energy unit for E, 1 for N"}),
            "actual_flow": (("scale", "flow"), along.actual, {"long_name": "at this fraction of the bias"}),
            "linear_flow": (("scale", "flow"), along.linear, {}),
            "second_order_flow": (("scale", "flow"), along.second_order, {}),
            "linear_error": ("scale", along.linear_error, {"units": "1"}),
        }
        coordinates = {"flow": labels, "force": labels, "scale": along.scales}
        return Answer(
            name=self.name,
            title=title,
            facts=tuple(facts),
            tables=(_matrix(response), _errors(along)),
            variables=variables,
            coordinates=coordinates,
            found=along,
        )


def _reference(response: LinearResponse) -> str:
    mu = response.reference.chemical_potential
    shown = amount(mu) if isinstance(mu, float) else ", ".join(amount(value) for value in mu)
    text = f"beta = {amount(response.reference.inverse_temperature)}, mu = {shown}"
    if response.is_equilibrium:
        return f"{text}: an equilibrium"
    largest = float(np.abs(response.zeroth).max())
    return f"{text}: not an equilibrium; flows of up to {amount(largest)} persist there (mu drives open cycles)"


def _reciprocity(response: LinearResponse) -> str:
    word = "the matrix is symmetric" if response.asymmetry < BALANCED else "the matrix is not symmetric"
    return f"{word} (residual {response.asymmetry:.1e})"


def _positivity(response: LinearResponse) -> str:
    smallest, silent = response.smallest_eigenvalue, len(response.null_space)
    word = "positive semidefinite" if smallest > -max(BALANCED, response.resolution) else "not positive"
    directions = "direction" if silent == 1 else "directions"
    return f"{word} (smallest eigenvalue {smallest:.1e}, scaled); {silent} {directions} of no dissipation"


def _bias(along: Nonlinearity) -> str:
    if not np.any(along.forces):
        return "none: every reservoir is at the reference"
    error = float(along.linear_error[-1])
    upto = along.linear_up_to(WITHIN)
    part = "not even at a twentieth of the bias" if upto is None or upto == 0.0 else f"up to {upto:.0%} of the bias"
    return f"the linear law is off by {100 * error:.2g}% of the flows at full bias; within {WITHIN:.0%} {part}"


def _matrix(response: LinearResponse) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (f"J_{flow}", *row.tolist()) for flow, row in zip(response.labels, response.matrix, strict=True)
    ]
    note = "X_E = beta_0 - beta_r, X_N = beta_r mu_r - beta_0 mu_0; flows are positive into the system."
    return Table("Onsager matrix", ("flow", *(f"X_{force}" for force in response.labels)), tuple(rows), note)


def _errors(along: Nonlinearity) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            f"{along.scales[k]:.0%}",
            *along.actual[k, : len(along.response.reservoirs)].tolist(),
            float(along.linear_error[k]),
            float(along.second_order_error[k]),
        )
        for k in range(4, len(along.scales), 4)
    ]
    columns = ("of the bias", *(f"J_E {name}" for name in along.response.reservoirs), "error, 1st", "error, 2nd")
    note = "Last columns: relative error of all flows, energy and particles, by the law to first and to second order."
    return Table("Flows along the bias", columns, tuple(rows), note)
