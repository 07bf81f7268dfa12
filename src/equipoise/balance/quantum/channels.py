"""A quantum channel as a generator, so that every notion of detailed balance applies to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from equipoise._checks import require, square_matrix
from equipoise.generators import Channel, Generator, lindbladian
from equipoise.provenance import Provenance

_TRACE = 1e-10
"""Largest element of `sum_k K_k^dagger K_k - 1` of a channel."""


def generator_of_channel(kraus_operators: Channel | Sequence[object]) -> Generator:
    """The generator `T - 1` of a channel `T(rho) = sum_k K_k rho K_k^dagger` (of its Poisson process, at rate one).

    The identity is self-adjoint in every inner product, so the channel is in detailed balance in a metric if and
    only if `T - 1` is, with the same residual; the fixed points of T are the stationary states, and `kms_dual` has
    the Petz map for its channel. For collision models, Floquet maps and measured process maps.

    Parameters
    ----------
    kraus_operators : Channel, or sequence of array_like, each of shape (d, d)

    Returns
    -------
    Generator

    Raises
    ------
    InputError
        If the map does not preserve the trace.

    References
    ----------
    Petz (1984).

    Examples
    --------
    >>> from equipoise.balance import KMS, balance_residual
    >>> flip = generator_of_channel([np.sqrt(0.9) * np.eye(2), np.sqrt(0.1) * np.array([[0, 1], [1, 0]])])
    >>> balance_residual(flip, np.eye(2) / 2, KMS()).is_satisfied()
    True
    """
    if isinstance(kraus_operators, Channel):
        kraus_operators = list(kraus_operators.kraus)
    require(len(kraus_operators) > 0, "kraus_operators", "hold at least one operator", "is empty")
    first = square_matrix(kraus_operators[0], "kraus_operators[0]")
    d = len(first)
    stack = [square_matrix(K, f"kraus_operators[{k}]", d) for k, K in enumerate(kraus_operators)]
    defect = np.abs(sum(K.conj().T @ K for K in stack) - np.eye(d))
    i, j = np.unravel_index(int(np.argmax(defect)), defect.shape)
    require(
        float(defect[i, j]) <= _TRACE,
        "kraus_operators",
        f"preserve the trace, sum K^dagger K = 1 to {_TRACE:.0e}",
        f"it differs by {defect[i, j]:.3g} at element [{i}, {j}]",
        "Jump operators of a generator go to lindbladian.",
    )
    return replace(lindbladian(np.zeros((d, d)), stack), provenance=Provenance("channel minus identity"))
