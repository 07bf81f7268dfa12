"""Rows (61)-(93) with Theorems 1 and 2: backward generators, duals and the local KMS condition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.linalg import expm

from equipoise._checks import Array, ComplexArray
from equipoise.balance import GNS, dual, local_kms_residual, time_reversed_generator
from equipoise.balance.cycles import cycles
from equipoise.balance.cycles.time_reversal import backward_generator
from equipoise.generators import weak_coupling
from equipoise.reproduce.cases import Case, equal_fields, random_case, random_levels, unequal_fields
from equipoise.reproduce.dynamical_balance.deviation import balance_deviation, current_deviation, dual_minus_backward
from equipoise.reproduce.evidence import Residual, claim
from equipoise.reproduce.explicit import applied, choi, distance, extrapolated, random_density, random_operator
from equipoise.spectrum import spectrum_of_levels
from equipoise.stationary import DensityMatrix, density_matrix
from equipoise.thermodynamics import currents

DEFINITIONS = {
    "(64)": "defines the forward and backward evolutions",
    "(66)": "names the dual of (65a), which is (22a): see (62)",
    "(68c)": "names the diagonal elements",
    "(69)": "chooses the projectors of (70)",
    "(72)": "writes the Hamiltonian in its eigenprojectors",
    "(73a)-(73b)": "define the evolution under a function of the Hamiltonian",
    "(87)": "defines the dual",
}


def exponentials(subject: Case) -> tuple[ComplexArray, ComplexArray]:
    """`exp(beta_S(H) H)` and its inverse, up to factors: powers of the stationary state."""
    return np.diag(1 / subject.weights).astype(complex), subject.rho


def commutator(A: ComplexArray, B: ComplexArray) -> ComplexArray:
    """`[A, B]`."""
    return np.asarray(A @ B - B @ A)


def size(table: Array) -> float:
    """Largest modulus of an element."""
    return float(np.abs(table).max())


@claim("(61)", "the semigroup drives to equilibrium", "Equal fields: long evolution")
@claim("(62)", "Schroedinger and Heisenberg generators are dual", "Random X and Y")
@claim("(63a)-(63b)", "at equilibrium L - L^+ = 2i [H, .]", "Equal fields, mu = 0; dense L")
def equilibrium(rng: np.random.Generator) -> list[Residual]:
    """(61)-(63) and the statements on equilibrium after (70) and after Theorem 2."""
    equal = equal_fields(rng)
    X, Y, A = (random_operator(rng, equal.dimension) for _ in range(3))
    generator = equal.generator
    scale = size(equal.dissipative)
    still = size(generator.apply(equal.gibbs)) / scale
    later = applied(expm(400.0 / scale * (equal.rotation + equal.dissipative)).conj().T, A @ A.conj().T)
    duality = distance(np.trace(X @ generator.apply(Y)), np.trace(Y @ generator.adjoint(X)))
    plus = equal.in_interaction_picture(dual(generator, equal.state, GNS()).adjoint(X), X, -1.0)
    pairing = distance(equal.mean(plus @ Y), equal.mean(X @ equal.forward(Y)))
    rotated = distance(equal.forward(X) - plus, 2j * commutator(equal.delta, X))
    return [max(still, distance(later / np.trace(later), equal.gibbs)), duality, max(pairing, rotated)]


@claim("(65a)-(65b)", "forward and backward master equations", tolerance=1e-8)
def evolutions(rng: np.random.Generator) -> Residual:
    """Collision unitary, u^+ X u and u X u^+."""
    subject = random_case(rng, 3, (0.5, 1.3), (-0.2, 0.0))
    d = subject.dimension
    X = random_operator(rng, d)
    scale = float(np.abs(subject.dissipative).max())
    channels = [pair for _, _, E, down, up in subject.transitions for pair in ((down, E), (up, E.conj().T))]
    lift = np.array([[0, 0], [1, 0]])

    def kraus(dt: float) -> list[ComplexArray]:
        """Elements <k| U |0> of the collision unitary between states of the ancillas, up to the order that counts."""
        size = 2 ** len(channels)
        H = np.kron(dt * subject.delta / scale, np.eye(size)).astype(complex)
        for c, (rate, L) in enumerate(channels):
            raised = np.kron(np.kron(np.eye(2**c), lift), np.eye(2 ** (len(channels) - c - 1)))
            term = np.sqrt(dt * rate / scale) * np.kron(L, raised)
            H += term + term.conj().T
        # Hermitian: both U and its adjoint from one diagonalisation.
        values, vectors = np.linalg.eigh(H)
        U = (vectors * np.exp(-1j * values)) @ vectors.conj().T
        return [U.reshape(d, size, d, size)[:, :, :, 0], U.reshape(d, size, d, size)[:, 0, :, :]]

    def generators(dt: float) -> ComplexArray:
        column, row = kraus(dt)
        forward = np.einsum("aki,ab,bkj->ij", column.conj(), X, column)
        backward = np.einsum("iak,ab,jbk->ij", row, X, row.conj())
        return np.asarray(np.array([forward - X, backward - X]) * (scale / dt), dtype=complex)

    # Only integer powers of dt survive in the ground state.
    forward, backward = extrapolated(generators, 0.04, count=4)
    library = subject.generator
    back = subject.in_interaction_picture(backward_generator(library).adjoint(X), X, -1.0)
    return max(
        distance(forward, subject.forward(X)),
        distance(backward, subject.backward(X)),
        distance(subject.in_interaction_picture(library.adjoint(X), X), forward),
        distance(back, backward),
    )


@claim("(67)", "forward and backward have one stationary state", "Dense L_B* on rho_S")
@claim("(68a)", "L - L_B = 2i [Delta, .]", "Dense (65); the library's, with H beside Delta")
def backward_state(rng: np.random.Generator) -> list[Residual]:
    """After (67) and (68a)."""
    subject = unequal_fields(rng)
    library = backward_generator(subject.generator)
    left = applied((subject.dissipative - subject.rotation).conj().T, subject.rho)
    X = random_operator(rng, subject.dimension)
    difference = subject.generator.adjoint(X) - library.adjoint(X)
    in_picture = subject.forward(X) - subject.backward(X)
    rotated = distance(in_picture, 2j * commutator(subject.delta, X))
    with_free = distance(difference, 2j * commutator(subject.delta + np.diag(subject.levels), X))
    left_over = max(size(left), size(library.apply(subject.rho))) / size(subject.dissipative)
    return [left_over, max(rotated, with_free)]


@claim("(68b)", "the deviation is the sum of microcurrents", "Dense L and L_B, random X, Y")
@claim("(70)", "(68b) for projectors is one microcurrent", "Every pair of levels")
@claim(
    "after (70)",
    "(68) characterises dynamical detailed balance",
    "(68b) to round-off in a state that is far from stationary",
    instead="(68b) is an identity for every diagonal state, stationary or not",
)
def deviations(rng: np.random.Generator) -> list[Residual]:
    """(68b), (70) and what they characterise."""
    subject = unequal_fields(rng)
    d, p = subject.dimension, subject.weights
    X, Y = random_operator(rng, d), random_operator(rng, d)
    left = subject.mean(X @ subject.forward(Y)) - subject.mean(subject.backward(X) @ Y)
    net = p[:, None] * subject.rates - (p[:, None] * subject.rates).T
    right = np.diag(X) @ net @ np.diag(Y)
    library = balance_deviation(subject.generator, subject.state, X, Y)
    summed = current_deviation(subject.generator, subject.state, X, Y)
    scale = abs(subject.mean(X @ subject.forward(Y)))
    identity = float(max(abs(value - right) for value in (left, library, summed)) / scale)
    P = [np.diag(row) for row in np.eye(d)]
    single = np.array([[balance_deviation(subject.generator, subject.state, A, B) for B in P] for A in P])
    weights = rng.dirichlet(np.ones(d))
    anywhere = DensityMatrix(subject.generator.spectrum, np.log(weights))
    defect = balance_deviation(subject.generator, anywhere, X, Y) - current_deviation(subject.generator, anywhere, X, Y)
    change = subject.rates.T @ weights - subject.rates.sum(axis=1) * weights
    moves = size(change) / float(subject.rates.max())
    return [identity, size(single - net) / size(net), moves if abs(defect) / scale < 1e-9 else 0.0]


@claim("after (70)", "at equilibrium the deviation vanishes", "Equal fields, mu = 0")
@claim(
    "(71)",
    "tr(rho X L(Y)) = tr(rho L(X) Y) for all X, Y",
    "Dense L at equilibrium",
    correction="only if X or Y commutes with Delta; else it is -2i tr(rho [Delta, X] Y)",
)
def symmetry(rng: np.random.Generator) -> list[Residual]:
    """(71), and the equilibrium case of (68b)."""
    equal = equal_fields(rng)
    d = equal.dimension
    X, Y = random_operator(rng, d), random_operator(rng, d)
    scale = abs(equal.mean(X @ equal.forward(Y)))
    backward = abs(balance_deviation(equal.generator, equal.state, X, Y)) / scale
    middle = equal.mean(X @ equal.forward(Y)) - equal.mean(equal.forward(X) @ Y)
    corrected = -2j * equal.mean(commutator(equal.delta, X) @ Y)
    return [backward, (max(backward, abs(middle - corrected) / scale), abs(middle) / scale)]


@claim("(74a)-(74b), (75)", "functions of H satisfy local KMS", "Matrix exponentials, complex time")
@claim("(76)-(77)", "local KMS as an identity of operators", "The same state")
@claim(
    "(78)", "(77) for y exp(-beta(H) H)", "The replacement, carried out", correction="right side rho y exp(-beta(H) H)"
)
@claim("(79)-(82)", "exp(beta(H) H) rho is a scalar", "The same state")
@claim(
    "Theorem 1",
    "local KMS if and only if rho is a function of H",
    "No residual for one; the closed form of the worst for a coherent state",
)
def first_theorem(rng: np.random.Generator) -> list[Residual]:
    """(74)-(82) and Theorem 1, with matrix exponentials of beta(H) H."""
    d = 4
    levels = random_levels(rng, d) + 0.7
    spectrum = spectrum_of_levels(levels)
    curve = rng.uniform(0.3, 0.8, size=2)
    B = np.diag(levels * (curve[0] + curve[1] * np.sin(levels)))
    H = np.diag(levels)
    Z = float(np.trace(expm(-B)))
    rho = expm(-B) / Z
    up, down = expm(B), expm(-B)
    x, y, t = random_operator(rng, d), random_operator(rng, d), complex(rng.normal(), 0.3 * rng.normal())
    y_t = expm(1j * t * H) @ y @ expm(-1j * t * H)
    first, second, third = np.trace(rho @ x @ down @ y_t @ up), np.trace(x @ down @ y_t) / Z, np.trace(y_t @ x @ rho)
    scale = float(np.linalg.norm(x) * np.linalg.norm(y_t))
    of_rho = local_kms_residual(density_matrix(spectrum, rho))
    local = max(abs(first - third), abs(second - third), abs(of_rho.of(x, y, t))) / scale
    trace = abs(np.trace(down @ y_t @ up @ rho @ x) - np.trace(rho @ y_t @ x)) / scale
    operators = max(trace, distance(down @ y_t @ up @ rho, rho @ y_t))
    # (77) at t = 0 with y replaced by y e^(-B).
    both = down @ (y @ down) @ up @ rho
    shifted = (distance(both, rho @ y @ down), distance(both, rho @ up @ y))
    scalar = max(distance(up @ rho, rho @ up), distance(y @ up @ rho, up @ rho @ y), distance(up @ rho, np.eye(d) / Z))
    coherent = random_density(rng, d)
    coherent = 0.5 * (coherent + coherent.conj().T)
    of_coherent = local_kms_residual(density_matrix(spectrum, coherent))
    violation = of_coherent.violation
    populations = np.sqrt(np.diag(coherent).real)
    _, vectors = np.linalg.eigh(coherent / populations[:, None] / populations[None, :])
    worst_x = np.outer(vectors[:, 0], vectors[:, -1].conj()) / populations[:, None] / populations[None, :]
    worst_y = np.outer(vectors[:, -1], vectors[:, 0].conj()) / populations[:, None] * populations[None, :]
    missed = abs(abs(of_coherent.of(worst_x, worst_y)) - violation) / violation
    theorem = max(of_rho.violation, missed if violation > 1e-3 else 1.0)
    return [local, operators, shifted, scalar, theorem]


@claim("(84)", "<<A B>> = <<B(-i beta_S) A>>", "Random A and B")
@claim("(85a)-(85b)", "Delta and E_w shifted in imaginary time", "Powers of rho_S")
@claim("(86a)-(86d)", "Delta and jumps moved through the state", "Every jump")
def exchange(rng: np.random.Generator) -> list[Residual]:
    """(84)-(86): moving operators through the state."""
    subject = unequal_fields(rng)
    X, Y = random_operator(rng, subject.dimension), random_operator(rng, subject.dimension)
    up, down = exponentials(subject)
    mean, delta = subject.mean, subject.delta
    moved = distance(mean(X @ Y), mean(up @ Y @ down @ X)) if abs(mean(X @ Y)) > 1e-6 else 1.0
    # x(-i beta) = e^B x e^-B.
    shifts = [distance(up @ delta @ down, delta)]
    jumps = []
    b = -np.log(subject.weights)
    for m, n, E, *_ in subject.transitions:
        factor = np.exp(b[n] - b[m])
        E_dag = E.conj().T
        shifts += [distance(up @ E @ down, factor * E), distance(up @ E_dag @ down, E_dag / factor)]
        for decay in (E_dag @ E, E @ E_dag):
            jumps.append(distance(mean(X @ (decay @ Y + Y @ decay)), mean((X @ decay + decay @ X) @ Y)))
        jumps.append(distance(mean(X @ E_dag @ Y @ E), factor * mean(E @ X @ E_dag @ Y)))
        jumps.append(distance(mean(X @ E @ Y @ E_dag), mean(E_dag @ X @ E @ Y) / factor))
    jumps.append(distance(mean(X @ commutator(delta, Y)), mean(commutator(X, delta) @ Y)))
    return [moved, max(shifts), max(jumps)]


@claim("(88a)-(88b)", "L_G^+ = L_B + sum of Pi_w", "Dense dual against the jumps")
@claim("(89)-(90)", "the deviation from the Pi_w, summed", "Dense L, random X and Y")
@claim(
    "after Theorem 2",
    "L_G^+(1) is not 0 off equilibrium, L_G^+ is no generator",
    "Dense dual of 1; Choi matrix of exp(t L_G^+); single Pi_w(1) are not 0",
    instead="L_G^+(1) = 0; it generates the time-reversed semigroup",
)
def duals(rng: np.random.Generator) -> list[Residual]:
    """(88)-(90) and the statement after Theorem 2."""
    subject = unequal_fields(rng)
    d, p = subject.dimension, subject.weights
    X, Y = random_operator(rng, d), random_operator(rng, d)
    generator, state = subject.generator, subject.state
    plus, scale = subject.dual(X), size(subject.dissipative)
    explicit_pi, library_pi, ones = np.zeros((d, d), dtype=complex), np.zeros((d, d), dtype=complex), []
    for m, n, E, down, up in subject.transitions:
        ratio = p[n] / p[m]
        raised, lowered = E.conj().T @ X @ E, E @ X @ E.conj().T
        explicit_pi += (up * ratio - down) * raised + (down / ratio - up) * lowered
        library_pi += dual_minus_backward(generator, state, m, n, X)
        ones.append(dual_minus_backward(generator, state, m, n, np.eye(d)))
    reversal = time_reversed_generator(generator, state)
    images = (
        subject.backward(X) + explicit_pi,
        subject.backward(X) + library_pi,
        subject.in_interaction_picture(reversal.adjoint(X), X, -1.0),
    )
    net = p[:, None] * subject.rates - (p[:, None] * subject.rates).T
    pairing = subject.mean(X @ subject.forward(Y))
    direct = pairing - subject.mean(subject.backward(X) @ Y)
    through_pi = subject.mean(explicit_pi @ Y)
    summed = complex(np.diag(X) @ net @ np.diag(Y))
    sums = max(abs(direct - through_pi), abs(through_pi - summed)) / abs(pairing)
    of_one = max(size(subject.dual(np.eye(d, dtype=complex))), size(np.sum(ones, axis=0))) / scale
    positive = np.linalg.eigvalsh(choi(expm(reversal.superoperator() / scale))).min()
    broken = min(max(map(size, ones)) / scale, cycles(generator, state).tree.largest)
    is_generator = of_one < 1e-10 and positive > -1e-10
    return [max(distance(plus, image) for image in images), sums, broken if is_generator else 0.0]


@claim("(91)", "(68) moves L(Y) through the state", "Random X and Y")
@claim("(92)", "off-diagonal operators are of the form L(Y)", "Linear solution")
@claim("(93)", "<<X y(t)>> = <<y(t + i beta_S) X>>", "Off-diagonal y, powers of rho_S", correction="y(t - i beta_S)")
def converse(rng: np.random.Generator) -> list[Residual]:
    """(91)-(93): from (68) back to local KMS."""
    subject = unequal_fields(rng)
    d = subject.dimension
    X, Y, y = (random_operator(rng, d) for _ in range(3))
    np.fill_diagonal(y, 0.0)
    up, down = exponentials(subject)
    image = subject.forward(Y)
    moved = distance(subject.mean(X @ image), subject.mean(up @ image @ down @ X))
    full = subject.rotation + subject.dissipative
    solution = np.linalg.lstsq(full, y.ravel(), rcond=None)[0].reshape(d, d).astype(np.complex128)
    solved = distance(subject.forward(solution), y)
    t, H = float(rng.normal()), np.diag(subject.levels)
    y_t = expm(1j * t * H) @ y @ expm(-1j * t * H)
    left = subject.mean(X @ y_t)
    shifted = [distance(left, subject.mean(A @ y_t @ B @ X)) for A, B in ((up, down), (down, up))]
    return [moved, solved, (shifted[0], shifted[1])]


@claim("Theorem 2", "(68) if and only if (74)", "generic: both hold if rho is diagonal, both fail with a coherence")
@claim(
    "after Theorem 2",
    "a generic spectrum is assumed for simplicity only",
    "(68b) for equal gaps, in a diagonal state",
    instead="(68b) needs levels that are not degenerate and gaps that differ",
)
def second_theorem(rng: np.random.Generator) -> list[Residual]:
    """Theorem 2: for a generic system both conditions hold for diagonal states and both fail with a coherence."""
    subject = unequal_fields(rng)
    d, spectrum = subject.dimension, subject.generator.spectrum
    X, Y = random_operator(rng, d), random_operator(rng, d)
    scale = abs(subject.mean(X @ subject.forward(Y)))

    def defect(state: DensityMatrix, A: ComplexArray) -> float:
        difference = balance_deviation(subject.generator, state, A, Y) - current_deviation(
            subject.generator, state, A, Y
        )
        return abs(difference) / scale

    residual = max(local_kms_residual(subject.state).violation, defect(subject.state, X))
    rho = subject.rho.copy()
    rho[0, 1] = rho[1, 0] = 0.4 * np.sqrt(subject.weights[0] * subject.weights[1])
    coherent = density_matrix(spectrum, rho)
    broken = defect(coherent, np.eye(d, dtype=complex))
    fails = broken > 1e-6 and abs(local_kms_residual(coherent).violation - 0.8) < 1e-9
    ladder = weak_coupling(replace(subject, levels=np.arange(d, dtype=float)).system)
    weights = rng.dirichlet(np.ones(d))
    net = currents(ladder, np.diag(weights)).summed
    left = balance_deviation(ladder, np.diag(weights), X, Y)
    right = complex(np.diag(Y) @ net @ np.diag(X))
    return [residual if fails else 1.0, abs(left - right) / max(abs(left), abs(right))]


@claim("after Theorem 2", "at equilibrium Pi_w = 0 and L_B = L_G^+")
def equilibrium_dual(rng: np.random.Generator) -> Residual:
    """Equal fields, mu = 0; dense dual."""
    equal = equal_fields(rng)
    X = random_operator(rng, equal.dimension)
    pis = [dual_minus_backward(equal.generator, equal.state, m, n, X) for m, n, *_ in equal.transitions]
    return max(max(map(size, pis)) / size(equal.dissipative), distance(equal.dual(X), equal.backward(X)))
