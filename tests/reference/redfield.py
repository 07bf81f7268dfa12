"""The Bloch-Redfield generator as one dense matrix, from nested commutators with explicit half-sided transforms.

For the interaction `sum_a D_a A_a^dagger + h.c.` with independent channels, every coupling in two processes, whether
Hermitian or not,

    K rho = sum over (B, Lambda) of - [B^dagger, Lambda rho] + [B, rho Lambda^dagger],

    out:  B = D,          Lambda = sum_w (rate_out(w) / 2 + i shift_out(w)) D_w,
    in:   B = D^dagger,   Lambda = sum_w (rate_in(w) / 2 - i shift_in(w)) D_w^dagger,

with D_w cut out by explicit projectors. `window(w1, w2)` multiplies the term of the pair of Bohr frequencies.
Channels are the tuples of :mod:`reference.secular`, each with one operator.
"""

import numpy as np

from reference.secular import commutator, components, left_right


def parts(channel, hamiltonian, tolerance):
    """Return the lists [(w, B_w, Gamma)] of the out- and in-process; w is what B_w takes out of the system."""
    (operator,), rate_out, rate_in, shift_out, shift_in = channel
    out, into = [], []
    for w, (d_w,) in components([operator], hamiltonian, tolerance):
        if not np.any(np.abs(d_w) > 1e-14):
            continue
        out.append((w, d_w, rate_out(w) / 2 + 1j * shift_out(w)))
        into.append((-w, d_w.conj().T, rate_in(w) / 2 - 1j * shift_in(w)))
    return out, into


def redfield_superoperator(hamiltonian, channels, tolerance, window=lambda w1, w2: 1.0):
    """Return -i [H, .] + K as a d^2 x d^2 matrix, row-major."""
    hamiltonian = np.asarray(hamiltonian, dtype=complex)
    one = np.eye(len(hamiltonian))
    result = commutator(hamiltonian)
    for channel in channels:
        for process in parts(channel, hamiltonian, tolerance):
            for w1, b1, gamma in process:
                for w2, b2, _ in process:
                    weight = gamma * window(w1, w2)
                    adjoint = b2.conj().T
                    # -[B2^dagger, Gamma B1 rho] and its Hermitian conjugate, +[B2, rho Gamma^* B1^dagger].
                    result = result - weight * (left_right(adjoint @ b1, one) - left_right(b1, adjoint))
                    conjugate = b1.conj().T
                    result = result + np.conj(weight) * (left_right(b2, conjugate) - left_right(one, conjugate @ b2))
    return result
