"""Second-order response of the stationary flows: the first correction to the linear law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import RealArray
from equipoise._printed import described, named
from equipoise.fluctuations.reference import Reference, Source
from equipoise.fluctuations.response import Forces, LinearResponse, checked_forces, linear_response


@dataclass(frozen=True, eq=False)
class SecondOrderResponse:
    """Flows to second order in the forces, `J = zeroth + matrix X + (1/2) sum_ab tensor[:, a, b] X_a X_b`.

    Parameters
    ----------
    linear : LinearResponse
        The orders below, with the order of flows and forces.
    tensor : RealArray, shape (2R, 2R, 2R)
        `d^2 J / dX_a dX_b`, [flow, a, b], symmetric in a, b.
    """

    linear: LinearResponse
    tensor: RealArray

    @property
    def labels(self) -> tuple[str, ...]:
        """Name of each flow and force."""
        return self.linear.labels

    def flows(self, forces: Forces) -> RealArray:
        """Flows into the system to second order, shape (2R,)."""
        X = checked_forces(forces, self.labels)
        return np.asarray(self.linear.flows(X) + 0.5 * (self.tensor @ X) @ X)

    def __repr__(self) -> str:
        title = "response to second order: flows(X) = zeroth + M X + X T X / 2"
        return described(title, ("flows", named(self.labels)), ("tensor", " x ".join(map(str, self.tensor.shape))))


def second_order(system: Source, reference: Reference | None = None) -> SecondOrderResponse:
    """First and second derivatives of the stationary flows with respect to the forces, exact.

    The stationary state is differentiated twice, `L rho_ab = -(L_ab rho + L_a rho_b + L_b rho_a)`, with the rates'
    derivatives in closed form, and the Lamb shift's where coherences within degenerate levels feel it.

    Parameters
    ----------
    system : OpenSystem, Generator or GeneratorAtState
    reference : Reference, optional
        As for `linear_response`.

    Returns
    -------
    SecondOrderResponse

    Raises
    ------
    InputError
        As `linear_response`.
    NumericalError
        Where a derivative does not exist: for bosons at mu = 0, with respect to X_N, if a rate at omega = 0 or the
        Lamb shift acts within a degenerate level.

    Examples
    --------
    Heat through a qubit between equal couplings is odd in the bias, so there is no second order along it:

    >>> from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
    >>> from equipoise.systems import Coupling, OpenSystem
    >>> baths = [Reservoir(name, bose_einstein(temperature=1.0), Ohmic(0.01, 10.0)) for name in ("left", "right")]
    >>> response = second_order(OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]]) for bath in baths]))
    >>> bias = np.array([0.1, -0.1, 0.0, 0.0])
    >>> bool(np.abs(response.flows(bias) - response.linear.flows(bias)).max() < 1e-16)
    True
    """
    linear = linear_response(system, reference)
    units = np.eye(len(linear.matrix))
    tensor = np.zeros((len(units),) * 3)
    for a, b in zip(*np.tril_indices(len(units)), strict=True):
        tensor[:, a, b] = tensor[:, b, a] = linear.expansion.second(units[a], units[b])[1]
    return SecondOrderResponse(linear, tensor)
