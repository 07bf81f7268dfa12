"""The generator of the stochastic (weak coupling, secular) limit as one dense matrix, from its formula.

    L rho = -i [H + H_LS, rho] + sum_r D_r rho

with explicit projectors P_m on the levels of H and explicit components of each coupling operator,

    D_w = sum_{E_m - E_n = w} P_n D P_m,

one for every Bohr frequency w, positive, zero and negative. A channel is a tuple

    (operators, rate_out, rate_in, shift_out, shift_in)

of a list of operators D_a and four functions of w, each returning a number (one operator) or a Hermitian
matrix [a, b] (several operators, correlated):

    out:   sum_ab rate_out[a, b] (D_a,w rho D_b,w^dagger - 1/2 {D_b,w^dagger D_a,w, rho})
    in:    sum_ab rate_in[a, b]  (D_a,w^dagger rho D_b,w - 1/2 {D_b,w D_a,w^dagger, rho})
    H_LS = sum_ab shift_out[a, b] D_b,w^dagger D_a,w - shift_in[a, b] D_b,w D_a,w^dagger

For the interaction sum_a D_a A_a^dagger + h.c., A_a = sum_k g_ak a_k, with
J_ab(w) = sum_k g_ak g_bk^* delta(w - w_k), these are

    rate_out = 2 pi (1 +- n) J^T,                          rate_in = 2 pi n J,
    shift_out = - P int J^T(v) (1 +- n(v)) / (v - w) dv,   shift_in = - P int J(v) n(v) / (v - w) dv.

A reservoir is a list of channels, independent of each other. Vectorisation is row-major,
vec(A X B) = kron(A, B^T) vec(X), and superoperators act on density matrices.
"""

import itertools

import numpy as np


def left_right(left, right):
    """Return the superoperator X -> left X right."""
    return np.kron(left, np.transpose(right))


def commutator(hamiltonian):
    """Return the superoperator rho -> -i [hamiltonian, rho]."""
    one = np.eye(len(hamiltonian))
    return -1j * (left_right(hamiltonian, one) - left_right(one, hamiltonian))


def apply(superoperator, rho):
    """Return the matrix that the superoperator makes of rho."""
    return (superoperator @ np.reshape(rho, -1)).reshape(np.shape(rho))


def clusters(values, tolerance):
    """Group the indices of `values`: sorted neighbours in a group differ by at most `tolerance`."""
    order = np.argsort(values, kind="stable")
    groups = [[order[0]]]
    for previous, current in itertools.pairwise(order):
        if values[current] - values[previous] <= tolerance:
            groups[-1].append(current)
        else:
            groups.append([current])
    return groups


def levels_and_projectors(hamiltonian, tolerance):
    """Return the distinct levels E_m, ascending, and the projectors P_m on their eigenspaces."""
    energies, vectors = np.linalg.eigh(hamiltonian)
    levels, projectors = [], []
    for group in clusters(energies, tolerance):
        levels.append(np.mean(energies[group]))
        projectors.append(vectors[:, group] @ vectors[:, group].conj().T)
    return np.array(levels), projectors


def bohr_frequencies(levels, tolerance):
    """Return the distinct differences E_m - E_n, and for each the list of pairs (m, n)."""
    pairs = [(m, n) for m in range(len(levels)) for n in range(len(levels))]
    differences = np.array([levels[m] - levels[n] for m, n in pairs])
    groups = clusters(differences, tolerance)
    return [(np.mean(differences[group]), [pairs[k] for k in group]) for group in groups]


def components(operators, hamiltonian, tolerance):
    """Return a list of (w, [D_a,w for each operator]) over all Bohr frequencies."""
    levels, projectors = levels_and_projectors(hamiltonian, tolerance)
    return [
        (w, [sum(projectors[n] @ operator @ projectors[m] for m, n in pairs) for operator in operators])
        for w, pairs in bohr_frequencies(levels, tolerance)
    ]


def channel_parts(channel, hamiltonian, tolerance):
    """Return (jump superoperator, dissipator superoperator, Lamb shift Hamiltonian) of one channel."""
    operators, rate_out, rate_in, shift_out, shift_in = channel
    dimension = len(hamiltonian)
    one = np.eye(dimension)
    jump = np.zeros((dimension**2, dimension**2), dtype=complex)
    loss = np.zeros((dimension, dimension), dtype=complex)
    lamb = np.zeros((dimension, dimension), dtype=complex)
    for w, parts in components(operators, hamiltonian, tolerance):
        out, into, s_out, s_in = (np.atleast_2d(f(w)) for f in (rate_out, rate_in, shift_out, shift_in))
        for a, d_a in enumerate(parts):
            for b, d_b in enumerate(parts):
                a_dagger, b_dagger = d_a.conj().T, d_b.conj().T
                jump += out[a, b] * left_right(d_a, b_dagger) + into[a, b] * left_right(a_dagger, d_b)
                loss += out[a, b] * b_dagger @ d_a + into[a, b] * d_b @ a_dagger
                lamb += s_out[a, b] * b_dagger @ d_a - s_in[a, b] * d_b @ a_dagger
    dissipator = jump - 0.5 * (left_right(loss, one) + left_right(one, loss))
    return jump, dissipator, lamb


def reservoir_parts(channels, hamiltonian, tolerance):
    """Return (jump superoperator, dissipator superoperator, Lamb shift Hamiltonian) of one reservoir."""
    parts = [channel_parts(channel, hamiltonian, tolerance) for channel in channels]
    return tuple(sum(part[k] for part in parts) for k in range(3))


def full_superoperator(hamiltonian, reservoirs, tolerance):
    """Return the d^2 x d^2 generator -i [H + H_LS, .] + sum_r D_r on density matrices.

    `reservoirs` is a list of lists of channels (see the module); `tolerance` is the absolute difference up to
    which neighbouring levels, and neighbouring Bohr frequencies, count as equal.
    """
    result = commutator(np.asarray(hamiltonian, dtype=complex))
    for channels in reservoirs:
        _, dissipator, lamb = reservoir_parts(channels, hamiltonian, tolerance)
        result = result + dissipator + commutator(lamb)
    return result


def stationary_states(superoperator, tolerance=1e-10):
    """Return an orthonormal basis (k, d, d) of the null space: singular values up to tolerance * norm."""
    _, values, rows = np.linalg.svd(superoperator)
    dimension = round(np.sqrt(len(superoperator)))
    return rows[values <= tolerance * values[0]].conj().reshape(-1, dimension, dimension)


def stationary_state(superoperator, tolerance=1e-10):
    """Return the density matrix of a generator whose stationary state is unique."""
    (state,) = stationary_states(superoperator, tolerance)
    return state / np.trace(state)


def current(observable, dissipator, rho):
    """Return Tr[observable D_r rho]: the flow of H (energy) or N (particles) from r into the system."""
    return np.trace(observable @ apply(dissipator, rho)).real


def microcurrents(jump, projectors, rho):
    """Return I[m, n] = Tr[P_m Phi_r(P_n rho P_n)] - Tr[P_n Phi_r(P_m rho P_m)], the net flow n -> m."""
    forward = np.array(
        [[np.trace(p_m @ apply(jump, p_n @ rho @ p_n)).real for p_n in projectors] for p_m in projectors]
    )
    return forward - forward.T
