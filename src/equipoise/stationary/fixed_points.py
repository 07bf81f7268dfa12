"""The state that a channel leaves as it is."""

from __future__ import annotations

import numpy as np

from equipoise._checks import ComplexArray, NumericalError
from equipoise.generators import Channel
from equipoise.generators.generator import require_channel
from equipoise.linalg.null_space import null_space


def fixed_point(channel: Channel) -> ComplexArray:
    """The stationary state of a channel, `T(sigma) = sigma`, from its d^2 x d^2 matrix.

    Parameters
    ----------
    channel : Channel

    Returns
    -------
    ComplexArray, shape (d, d)
        In the given basis, trace 1.

    Raises
    ------
    NumericalError
        If several states are left as they are.

    Examples
    --------
    >>> from equipoise.generators import kraus_channel
    >>> damping = kraus_channel([[[1, 0], [0, 0.8]], [[0, 0.6], [0, 0]]])
    >>> bool(np.allclose(fixed_point(damping), [[1.0, 0.0], [0.0, 0.0]], atol=1e-12))
    True
    """
    require_channel(channel)
    d = channel.dimension
    found = null_space(channel.superoperator() - np.eye(d * d))
    if found.dimension != 1:
        raise NumericalError(
            f"The channel leaves {found.dimension} independent matrices as they are, so its stationary state is not "
            "unique. Name the state, or restrict the channel to one of its invariant subspaces."
        )
    sigma = found.right[:, 0].reshape(d, d)
    sigma = sigma / np.trace(sigma)
    return np.asarray(0.5 * (sigma + sigma.conj().T))
