"""Response of the stationary flows to temperatures and chemical potentials."""

from equipoise.fluctuations.nonlinear import nonlinearity
from equipoise.fluctuations.quadratic import second_order
from equipoise.fluctuations.reference import Reference, mean_reference
from equipoise.fluctuations.response import linear_response
from equipoise.fluctuations.thermoelectric import thermoelectric_coefficients
from equipoise.fluctuations.transitions import transition_response

__all__ = [
    "Reference",
    "linear_response",
    "mean_reference",
    "nonlinearity",
    "second_order",
    "thermoelectric_coefficients",
    "transition_response",
]
