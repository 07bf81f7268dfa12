"""Detailed balance of measured maps: estimates with their covariance, and certificates."""

from equipoise.tomography.certificate import Certificate, certify
from equipoise.tomography.estimates import ChannelEstimate, GeneratorEstimate, covariance_of_choi, hermitian_basis

__all__ = [
    "Certificate",
    "ChannelEstimate",
    "GeneratorEstimate",
    "certify",
    "covariance_of_choi",
    "hermitian_basis",
]
