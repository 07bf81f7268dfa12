"""Detailed balance of measured maps: estimates with their covariance, and certificates."""

from equipoise.tomography.certificate import Certificate, Component, certify
from equipoise.tomography.entropy_bound import EntropyBound
from equipoise.tomography.estimates import (
    ChannelEstimate,
    GeneratorEstimate,
    MapEstimate,
    channel_estimate,
    channel_from_draws,
    channel_from_repetitions,
    covariance_of_choi,
    generator_estimate,
    generator_from_draws,
    generator_from_repetitions,
    hermitian_basis,
    trace_preserving,
)

__all__ = [
    "Certificate",
    "ChannelEstimate",
    "Component",
    "EntropyBound",
    "GeneratorEstimate",
    "MapEstimate",
    "certify",
    "channel_estimate",
    "channel_from_draws",
    "channel_from_repetitions",
    "covariance_of_choi",
    "generator_estimate",
    "generator_from_draws",
    "generator_from_repetitions",
    "hermitian_basis",
    "trace_preserving",
]
