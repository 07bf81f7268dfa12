"""Response of the stationary flows to temperatures and chemical potentials."""

from equipoise.fluctuations.linearity import Linearity, linearity
from equipoise.fluctuations.rate_derivatives import RateDerivatives, lamb_shift_derivative, rate_derivatives
from equipoise.fluctuations.reference import Reference, mean_reference
from equipoise.fluctuations.response import LinearResponse, linear_response
from equipoise.fluctuations.second_order import SecondOrderResponse, second_order
from equipoise.fluctuations.transitions import TransitionResponse, transition_response
from equipoise.fluctuations.two_terminal import TwoTerminal, two_terminal

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
