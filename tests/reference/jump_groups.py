"""Jump operators in the eigenbasis of a state, one by one, in the two gauges that the theory uses.

Two constructions of their own, as each is defined: `sigma^(-1/4) L sigma^(1/4)` of traceless jumps, and
`L sigma^(1/2)` of jumps with `Tr[sigma L] = 0`. Each returns the d^2 x d^2 matrices

    C_forward = sum_k s_k vec(A_k) vec(A_k)^dagger,   C_backward = sum_k s_k vec(A_k^dagger) vec(A_k^dagger)^dagger,

of all jumps together, rows and columns numbered row-major.
"""

import numpy as np

from equipoise.generators import Jumps


def jump_operators(generator, density):
    """Return signs and jump operators in the eigenbasis of the state, one for each frequency, coupling and rate."""
    d = generator.dimension
    levels = generator.spectrum.levels[generator.spectrum.level_of]
    signs, operators = [], []
    for part in generator.dissipators:
        kind = part.representation
        if isinstance(kind, Jumps):
            signs += kind.signs
            operators += list(kind.elements(generator.spectrum))
        elif kind.each_pair_alone:
            for i in range(d):
                for j in range(d):
                    if i != j and np.isfinite(kind.log_rates[0, i, j]):
                        L = np.zeros((d, d), dtype=complex)
                        L[i, j] = np.exp(0.5 * kind.log_rates[0, i, j])
                        signs.append(1)
                        operators.append(L)
        else:
            gaps = levels[None, :] - levels[:, None]
            for matrix, log_rates in zip(kind.coupling_operators, kind.log_rates, strict=True):
                left = np.ones((d, d), dtype=bool)
                while left.any():
                    i, j = np.argwhere(left)[0]
                    here = left & (np.abs(gaps - gaps[i, j]) <= 10 * generator.spectrum.tolerance)
                    left &= ~here
                    signs.append(1)
                    operators.append(np.where(here, np.exp(0.5 * log_rates) * matrix, 0))
    basis = np.eye(d) if density.basis is None else density.basis
    return signs, [basis.conj().T @ L @ basis for L in operators]


def symmetrised(generator, density):
    """Return (C_forward, C_backward) of `sigma^(-1/4) L sigma^(1/4)`, L without trace."""
    d = generator.dimension
    root = np.exp(0.25 * density.log_weights)
    images = []
    signs, operators = jump_operators(generator, density)
    for L in operators:
        L = L - np.trace(L) / d * np.eye(d)
        images.append(L * root[None, :] / root[:, None])
    return _sums(signs, images, [A.conj().T for A in images], d)


def two_point(generator, density, reversal=None):
    """Return (C_forward, C_backward) of `L sigma^(1/2)`, `Tr[sigma L] = 0`; `reversal`: U in the eigenbasis."""
    d = generator.dimension
    p = np.exp(density.log_weights)
    forward, backward = [], []
    signs, operators = jump_operators(generator, density)
    for L in operators:
        A = (L - np.sum(p * np.diag(L)) * np.eye(d)) * np.sqrt(p)[None, :]
        forward.append(A)
        backward.append(A.conj().T if reversal is None else reversal @ A.T @ reversal.conj().T)
    return _sums(signs, forward, backward, d)


def _sums(signs, forward, backward, d):
    out = []
    for matrices in (forward, backward):
        C = np.zeros((d * d, d * d), dtype=complex)
        for sign, A in zip(signs, matrices, strict=True):
            C += sign * np.outer(A.ravel(), A.ravel().conj())
        out.append(C)
    return tuple(out)
