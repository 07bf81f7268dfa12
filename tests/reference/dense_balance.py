"""Residuals of detailed balance from dense d^2 x d^2 matrices, as the definitions read.

Heisenberg picture, L(X) = i[H, X] + sum_k (L_k^dagger X L_k - 1/2 {L_k^dagger L_k, X}), written as

    L(X) = Phi(X) + G^dagger X + X G,    Phi(X) = sum_k L_k^dagger X L_k,
    G = -i H - 1/2 M,                    M = sum_k L_k^dagger L_k,

in the gauge of traceless L_k and H, in which Phi is unique and H as well. For a state sigma > 0,
h = -log sigma, and <A, B>_s = Tr[sigma^s A^dagger sigma^(1-s) B] = Tr[A^dagger Gamma_s(B)],

    s-dual:             L^(s) = Gamma_s^{-1} L_* Gamma_s      (KMS: s = 1/2; GNS: s = 0 or 1)
    symmetrised:        Lhat = Gamma^{1/2} L Gamma^{-1/2}     (s = 1/2); KMS-balanced iff Lhat is Hermitian.

The squared norm of (Lhat - Lhat^dagger)/2 splits without cross terms into the jump part, and 2 d times the
squared norms of the parts of D = (Ghat - Ghat^dagger)/2 (trace removed) that do not and do commute with h:

    KMS detailed balance                    all three vanish
    standard (SQDB, Fagnola and Umanita)    jump and non-commuting part vanish, the commuting one is free
    GNS / Alicki                            in addition [ad_h, Phi] = 0

Norms are Frobenius norms throughout. vec is row-major.
"""

import numpy as np


def left_right(left, right):
    """Return the superoperator X -> left X right."""
    return np.kron(left, np.transpose(right))


def power(sigma, exponent):
    """Return sigma^exponent for a positive definite matrix."""
    values, vectors = np.linalg.eigh(sigma)
    return vectors @ np.diag(values**exponent) @ vectors.conj().T


def modular_hamiltonian(sigma):
    """Return h = -log sigma."""
    values, vectors = np.linalg.eigh(sigma)
    return vectors @ np.diag(-np.log(values)) @ vectors.conj().T


def traceless_gauge(hamiltonian, jumps):
    """Return (H, jumps) of the same generator with all jumps and H traceless."""
    hamiltonian = np.array(hamiltonian, dtype=complex)
    dimension = len(hamiltonian)
    one = np.eye(dimension)
    fixed = []
    for jump in jumps:
        c = np.trace(jump) / dimension
        rest = jump - c * one
        hamiltonian = hamiltonian - (np.conj(c) * rest - c * rest.conj().T) / 2j
        fixed.append(rest)
    return hamiltonian - np.trace(hamiltonian) / dimension * one, fixed


def jump_part(jumps, dimension):
    """Return Phi: X -> sum_k L_k^dagger X L_k as a matrix."""
    return sum(
        (left_right(jump.conj().T, jump) for jump in jumps),
        np.zeros((dimension**2, dimension**2), dtype=complex),
    )


def heisenberg(hamiltonian, jumps):
    """Return L on observables as a matrix."""
    dimension = len(hamiltonian)
    one = np.eye(dimension)
    result = 1j * (left_right(hamiltonian, one) - left_right(one, hamiltonian)) + jump_part(jumps, dimension)
    for jump in jumps:
        m = jump.conj().T @ jump
        result = result - 0.5 * (left_right(m, one) + left_right(one, m))
    return result


def weight(sigma, s):
    """Return Gamma_s: X -> sigma^(1-s) X sigma^s as a matrix."""
    return left_right(power(sigma, 1 - s), power(sigma, s))


def dual(superoperator, sigma, s):
    """Return the s-dual Gamma_s^{-1} L_* Gamma_s of a Heisenberg superoperator (L_*: its adjoint)."""
    gamma = weight(sigma, s)
    return np.linalg.solve(gamma, superoperator.conj().T @ gamma)


def symmetrised(superoperator, sigma):
    """Return Lhat = Gamma^{1/2} L Gamma^{-1/2} of a Heisenberg superoperator."""
    quarter, inverse = power(sigma, 0.25), power(sigma, -0.25)
    return left_right(quarter, quarter) @ superoperator @ left_right(inverse, inverse)


def kms_residual(superoperator, sigma):
    """Return ||(Lhat - Lhat^dagger) / 2||."""
    lhat = symmetrised(superoperator, sigma)
    return np.linalg.norm(lhat - lhat.conj().T) / 2


def gns_residual(superoperator, sigma):
    """Return ||(L - L^(1)) / 2||, the distance from its GNS dual, unweighted."""
    return np.linalg.norm(superoperator - dual(superoperator, sigma, 1.0)) / 2


def alicki_residual(superoperator, sigma):
    """Return min over K of ||(L - L^(1)) / 2 - i [K, .]||: detailed balance up to a Hamiltonian.

    The matrices i[K, .] form a real linear space; the minimum is a least-squares problem.
    """
    dimension = len(sigma)
    one = np.eye(dimension)
    target = (superoperator - dual(superoperator, sigma, 1.0)) / 2
    columns = []
    for i in range(dimension):
        for j in range(dimension):
            unit = np.zeros((dimension, dimension), dtype=complex)
            if i <= j:
                unit[i, j] = unit[j, i] = 1.0
            else:
                unit[i, j], unit[j, i] = 1j, -1j
            generator = 1j * (left_right(unit, one) - left_right(one, unit))
            columns.append(np.concatenate([generator.real.ravel(), generator.imag.ravel()]))
    design = np.array(columns).T
    flat = np.concatenate([target.real.ravel(), target.imag.ravel()])
    solution, *_ = np.linalg.lstsq(design, flat, rcond=1e-10)
    return np.linalg.norm(flat - design @ solution)


def stationarity_residual(superoperator, sigma):
    """Return ||L_*(sigma)|| for a Heisenberg superoperator."""
    return np.linalg.norm(superoperator.conj().T @ sigma.reshape(-1))


def budget(hamiltonian, jumps, sigma, tolerance=1e-9):
    """Return the irreversibility budget and what goes with it, a dictionary of floats.

    jump, noncommuting, commuting
        Square roots of the three terms that add up, squared, to `kms` squared.
    kms
        ||(Lhat - Lhat^dagger) / 2||, computed from the whole superoperator.
    sqdb
        Square root of jump^2 + noncommuting^2.
    gns
        Modular residual ||[ad_h, Phi]||, Phi in the traceless gauge, not symmetrised.
    norm, norm_jump, norm_without_hamiltonian
        ||Lhat||, ||Phihat||, ||Lhat|| with the (gauge-fixed) Hamiltonian left out.
    stationarity
        ||L_*(sigma)||.

    `tolerance` is the difference up to which eigenvalues of h = -log sigma count as equal.
    """
    dimension = len(sigma)
    one = np.eye(dimension)
    lhat = symmetrised(heisenberg(hamiltonian, jumps), sigma)
    fixed_hamiltonian, fixed = traceless_gauge(hamiltonian, jumps)
    phi = jump_part(fixed, dimension)
    phi_hat = symmetrised(phi, sigma)
    m = sum((jump.conj().T @ jump for jump in fixed), np.zeros((dimension, dimension), dtype=complex))
    ghat = power(sigma, -0.25) @ (-1j * fixed_hamiltonian - 0.5 * m) @ power(sigma, 0.25)
    d = (ghat - ghat.conj().T) / 2
    d = d - np.trace(d) / dimension * one
    values, vectors = np.linalg.eigh(modular_hamiltonian(sigma))
    d = vectors.conj().T @ d @ vectors
    equal = np.abs(values[:, None] - values) <= tolerance
    modular = modular_hamiltonian(sigma)
    ad_h = left_right(modular, one) - left_right(one, modular)
    jump = np.linalg.norm(phi_hat - phi_hat.conj().T) / 2
    noncommuting = np.sqrt(2 * dimension) * np.linalg.norm(d[~equal])
    return {
        "jump": jump,
        "noncommuting": noncommuting,
        "commuting": np.sqrt(2 * dimension) * np.linalg.norm(d[equal]),
        "kms": np.linalg.norm(lhat - lhat.conj().T) / 2,
        "sqdb": np.hypot(jump, noncommuting),
        "gns": np.linalg.norm(ad_h @ phi - phi @ ad_h),
        "norm": np.linalg.norm(lhat),
        "norm_jump": np.linalg.norm(phi_hat),
        "norm_without_hamiltonian": np.linalg.norm(
            symmetrised(heisenberg(np.zeros_like(fixed_hamiltonian), fixed), sigma)
        ),
        "stationarity": stationarity_residual(heisenberg(hamiltonian, jumps), sigma),
    }


def metric_weights(sigma, mean):
    """Return the superoperator that multiplies element (i, j), in the eigenbasis of sigma, by sqrt(mean(s_i, s_j))."""
    values, vectors = np.linalg.eigh(sigma)
    into = left_right(vectors.conj().T, vectors)
    means = np.array([[mean(x, y) for y in values] for x in values])
    return into.conj().T @ np.diag(np.sqrt(means).ravel()) @ into


def metric_residual(superoperator, sigma, mean):
    """Return ||(Lhat - Lhat^dagger) / 2|| in the metric of a mean, Lhat = Gamma^{1/2} L Gamma^{-1/2}."""
    gamma = metric_weights(sigma, mean)
    lhat = gamma @ superoperator @ np.linalg.inv(gamma)
    return np.linalg.norm(lhat - lhat.conj().T) / 2


def reversal(unitary):
    """Return R: X -> theta X^dagger theta^{-1} as a matrix, theta psi = U conj(psi): X -> U X^T U^dagger."""
    dimension = len(unitary)
    transpose = np.zeros((dimension**2, dimension**2))
    for i in range(dimension):
        for j in range(dimension):
            transpose[i * dimension + j, j * dimension + i] = 1.0
    return left_right(unitary, unitary.conj().T) @ transpose


def reversal_residual(superoperator, sigma, unitary):
    """Return ||L' - R L R^{-1}|| / 2 in the symmetrised picture, L' the KMS dual."""
    R = reversal(unitary)
    difference = dual(superoperator, sigma, 0.5) - R @ superoperator @ np.linalg.inv(R)
    return np.linalg.norm(symmetrised(difference, sigma)) / 2


def weighted_reversal_residual(superoperator, sigma, unitary):
    """Return the same with matrix elements weighted once more: of the form <X, L Y> of the KMS inner product."""
    R = reversal(unitary)
    difference = dual(superoperator, sigma, 0.5) - R @ superoperator @ np.linalg.inv(R)
    half = left_right(power(sigma, 0.25), power(sigma, 0.25))
    return np.linalg.norm(half @ symmetrised(difference, sigma) @ half) / 2


def pinched(superoperator, sigma, tolerance=1e-9):
    """Return the part of a superoperator that keeps the modular frequency h_i - h_j of the element it acts on."""
    values, vectors = np.linalg.eigh(modular_hamiltonian(sigma))
    into = left_right(vectors.conj().T, vectors)
    frequency = (values[:, None] - values).ravel()
    kept = np.abs(frequency[:, None] - frequency) <= tolerance
    return into.conj().T @ np.where(kept, into @ superoperator @ into.conj().T, 0) @ into


def ladder(superoperator, sigma, tolerance=1e-9):
    """Return the norms of the GNS-balanced part, the KMS-balanced rest and the antisymmetric part of Lhat."""
    lhat = symmetrised(superoperator, sigma)
    symmetric = (lhat + lhat.conj().T) / 2
    gns = pinched(symmetric, sigma, tolerance)
    return np.linalg.norm(gns), np.linalg.norm(symmetric - gns), np.linalg.norm(lhat - symmetric)
