"""Detailed balance of measured maps: estimates with their covariance, and certificates."""

from equipoise.tomography.certificate import Certificate, certify
from equipoise.tomography.estimates import ChannelEstimate, GeneratorEstimate, hermitian_basis

__all__ = [
    "Certificate",
    "ChannelEstimate",
    "GeneratorEstimate",
    "certify",
    "hermitian_basis",
]
