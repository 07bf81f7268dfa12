"""Directed fluxes of jump operators in a state, as the definition reads: projectors, jumps, traces."""

import numpy as np


def level_projectors(spectrum):
    """Projectors on the levels, in the given basis."""
    d = spectrum.dimension
    vectors = np.eye(d)[:, spectrum.order] if spectrum.vectors is None else spectrum.vectors
    columns = [vectors[:, spectrum.level_of == level] for level in range(spectrum.size)]
    return [V @ V.conj().T for V in columns]


def directed_fluxes(spectrum, jumps, rho, signs=None):
    """Return Tr[P_m Phi(P_n rho P_n)] of n -> m at [m, n], Phi(X) = sum_k s_k L_k X L_k^dagger; the diagonal too."""
    projectors = level_projectors(spectrum)
    found = np.zeros((len(projectors),) * 2)
    for sign, L in zip(signs or [1] * len(jumps), jumps, strict=True):
        for m, P in enumerate(projectors):
            for n, Q in enumerate(projectors):
                found[m, n] += sign * np.trace(P @ L @ Q @ rho @ Q @ L.conj().T).real
    return found


def rates(spectrum, fluxes, rho):
    """Return the fluxes over the populations of the levels they come from; 0 out of an empty level."""
    populations = np.array([np.trace(P @ rho).real for P in level_projectors(spectrum)])
    return np.divide(fluxes, populations, out=np.zeros_like(fluxes), where=populations > 0)
