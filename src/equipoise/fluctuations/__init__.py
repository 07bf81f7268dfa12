"""Response of the stationary flows to temperatures and chemical potentials."""

from equipoise.fluctuations.nonlinear import Linearity, linearity
from equipoise.fluctuations.quadratic import SecondOrderResponse, second_order
from equipoise.fluctuations.rate_slopes import RateDerivatives, lamb_shift_derivative, rate_derivatives
from equipoise.fluctuations.reference import Reference, mean_reference
from equipoise.fluctuations.response import LinearResponse, linear_response
from equipoise.fluctuations.thermoelectric import TwoTerminal, two_terminal
from equipoise.fluctuations.transitions import TransitionResponse, transition_response

__all__ = [
    "LinearResponse",
    "Linearity",
    "RateDerivatives",
    "Reference",
    "SecondOrderResponse",
    "TransitionResponse",
    "TwoTerminal",
    "lamb_shift_derivative",
    "linear_response",
    "linearity",
    "mean_reference",
    "rate_derivatives",
    "second_order",
    "transition_response",
    "two_terminal",
]
