"""The audit: one verdict, every flow, for any generator; and generators side by side."""

from equipoise.audit._entropy_bound import EntropyBound
from equipoise.audit.audit import audit
from equipoise.audit.certificate import Certificate, Component, certify
from equipoise.audit.compare import ComparedGenerator, Comparison, compare_generators, standard_limits
from equipoise.audit.estimates import (
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
from equipoise.audit.sheet import Alternative, Audit
from equipoise.audit.verdict import Finding, Verdict

__all__ = [
    "Alternative",
    "Audit",
    "Certificate",
    "ChannelEstimate",
    "ComparedGenerator",
    "Comparison",
    "Component",
    "EntropyBound",
    "Finding",
    "GeneratorEstimate",
    "MapEstimate",
    "Verdict",
    "audit",
    "certify",
    "channel_estimate",
    "channel_from_draws",
    "channel_from_repetitions",
    "compare_generators",
    "covariance_of_choi",
    "generator_estimate",
    "generator_from_draws",
    "generator_from_repetitions",
    "hermitian_basis",
    "standard_limits",
    "trace_preserving",
]
