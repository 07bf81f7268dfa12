"""Collision model of the stochastic limit: fresh ancillas in place of the white noise of the field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm

from equipoise._checks import Array, ComplexArray, RealArray, finite_real, require, square_matrix
from equipoise.generators.stochastic import Noise, StochasticEquation


@dataclass(frozen=True, eq=False)
class CollisionStep:
    r"""One round of collisions of length dt: the system meets one fresh ancilla for each noise, one after the other.

    Every map is completely positive and trace preserving (or unital) at any dt, not only in the limit.

    Parameters
    ----------
    noises : tuple of Noise
        Those with a rate, in the order of the collisions.
    duration : float
        dt.
    shift : ComplexArray, shape (d, d)
        Unitary of the Lamb shift, applied first.
    kraus : ComplexArray, shape (n, 2, 2, d, d)
        :math:`\sqrt{p_a}\,\langle b|V|a\rangle` of each collision, [noise, b, a]; ancilla state 1 holds a quantum more.
    backward_kraus : ComplexArray, shape (n, 2, 2, d, d)
        :math:`\sqrt{p_a}\,\langle a|V|b\rangle`, [noise, b, a].
    """

    noises: tuple[Noise, ...]
    duration: float
    shift: ComplexArray
    kraus: ComplexArray
    backward_kraus: ComplexArray

    @property
    def dimension(self) -> int:
        """Dimension d of the system."""
        return int(self.shift.shape[0])

    def apply(self, rho: Array) -> ComplexArray:
        r"""State after the round, :math:`Tr_A[V(\rho \otimes \eta)V^\dagger]`, interaction picture."""
        return self.advance(rho)[0]

    def advance(self, rho: Array) -> tuple[ComplexArray, RealArray]:
        """State after the round, and the mean number of quanta that the ancilla of each noise gives to the system.

        Parameters
        ----------
        rho : array_like, shape (d, d)

        Returns
        -------
        rho : ComplexArray, shape (d, d)
        quanta : RealArray, shape (n,)
            Quanta that each ancilla loses, exactly; over dt a current, positive into the system.
        """
        state = square_matrix(rho, "rho", self.dimension)
        state = self.shift @ state @ self.shift.conj().T
        quanta = np.zeros(len(self.noises))
        for k, V in enumerate(self.kraus):
            parts = V @ state @ V.conj().swapaxes(-1, -2)
            # [b, a]: the ancilla goes from a to b, and loses a quantum as it goes from 1 to 0.
            quanta[k] = np.trace(parts[0, 1] - parts[1, 0]).real
            state = parts.sum(axis=(0, 1))
        return np.asarray(state), quanta

    def adjoint(self, observable: Array) -> ComplexArray:
        r"""Forward Heisenberg map, :math:`Tr_A[(1 \otimes \eta) V^\dagger (X \otimes 1) V]`."""
        X = square_matrix(observable, "observable", self.dimension)
        for V in self.kraus[::-1]:
            X = np.einsum("baji,jk,bakl->il", V.conj(), X, V)
        return np.asarray(self.shift.conj().T @ X @ self.shift)

    def backward(self, observable: Array) -> ComplexArray:
        r"""Backward Heisenberg map, :math:`Tr_A[(1 \otimes \eta) V (X \otimes 1) V^\dagger]`.

        To first order in dt the dissipative part is that of the forward map, and the Lamb shift changes sign.
        """
        X = square_matrix(observable, "observable", self.dimension)
        X = self.shift @ X @ self.shift.conj().T
        for V in self.backward_kraus:
            X = np.einsum("baij,jk,balk->il", V, X, V.conj())
        return np.asarray(X)

    def repeat(self, rho: Array, rounds: int) -> tuple[ComplexArray, RealArray]:
        """State after many rounds, and the quanta that the ancillas of each noise gave in all of them, shape (n,)."""
        require(rounds >= 0, "rounds", "be >= 0", f"got {rounds}")
        state = square_matrix(rho, "rho", self.dimension)
        total = np.zeros(len(self.noises))
        for _ in range(rounds):
            state, quanta = self.advance(state)
            total += quanta
        return state, total


def collision_step(equation: StochasticEquation, duration: float) -> CollisionStep:
    r"""Repeated-interaction model of a quantum stochastic equation.

    In each interval dt the noise of one reservoir and Bohr frequency is replaced by a fresh two-level ancilla with
    :math:`V = \exp[-i\sqrt{dt}(E_w \otimes b^\dagger + E_w^\dagger \otimes b)]`, :math:`b = \sqrt{\Gamma_- + \Gamma_+}
    |0\rangle\langle 1|`, that holds a quantum with probability :math:`\Gamma_+/(\Gamma_- + \Gamma_+)`. Its second
    moments :math:`\langle b b^\dagger\rangle = \Gamma_-`, :math:`\langle b^\dagger b\rangle = \Gamma_+` are those of
    the Ito table, all that counts as dt tends to zero, for bosons and fermions alike (fermions: for states of
    definite parity). The Lamb shift acts as a Hamiltonian, as it does in the drift.

    The map is :math:`e^{(L + i[H, \cdot])dt}` up to O(dt^2) in one round, O(dt) in a given time. Matrices of the size
    of the system only, but one collision for each noise, up to d^2 for each reservoir: for small d.

    Parameters
    ----------
    equation : StochasticEquation
        From :func:`~equipoise.generators.stochastic_equation`.
    duration : float
        dt > 0, short compared with the inverse of the largest rate.

    Returns
    -------
    CollisionStep

    Raises
    ------
    InputError
        If dt is not positive.

    References
    ----------
    Accardi & Imafuku (2002), (19)-(22), (31), (65), of which it is a check; repeated interactions: Attal & Pautrat
    (2006).

    Examples
    --------
    >>> from equipoise.generators import stochastic_equation
    >>> from equipoise.reservoirs import Lorentzian, Reservoir, fermi_dirac
    >>> from equipoise.systems import Coupling, OpenSystem
    >>> lead = Reservoir("lead", fermi_dirac(inverse_temperature=0.0), Lorentzian(0.2, 1.0, half_width=5.0))
    >>> dot = OpenSystem([0.0, 1.0], [Coupling(lead, [[0, 1], [0, 0]])])
    >>> step = collision_step(stochastic_equation(dot), 1e-3)
    >>> state, quanta = step.advance(np.diag([0.0, 1.0]))
    >>> round(float(quanta[0]) / step.duration, 4)
    -0.1
    """
    dt = finite_real(duration, "duration")
    require(dt > 0, "duration", "be positive", f"got {duration}")
    noises = tuple(noise for noise in equation.noises if sum(noise.ito) > 0)
    d = equation.dimension
    forward = np.zeros((len(noises), 2, 2, d, d), dtype=complex)
    backward = np.zeros_like(forward)
    for k, noise in enumerate(noises):
        V = _collision(noise, dt)
        for a, probability in enumerate(_occupation(noise)):
            forward[k, :, a] = np.sqrt(probability) * V[:, a]
            backward[k, :, a] = np.sqrt(probability) * V[a, :]
    shift = np.asarray(expm(-1j * dt * equation.hamiltonian))
    return CollisionStep(noises, dt, shift, forward, backward)


def _occupation(noise: Noise) -> tuple[float, float]:
    """Probabilities of the ancilla without and with a quantum."""
    out, back = noise.ito
    return out / (out + back), back / (out + back)


def _collision(noise: Noise, duration: float) -> ComplexArray:
    """Blocks `<b|V|a>` of the collision unitary, shape (2, 2, d, d)."""
    E = np.sqrt(duration * sum(noise.ito)) * noise.operator
    zero = np.zeros_like(E)
    d = E.shape[0]
    V = expm(-1j * np.block([[zero, E.conj().T], [E, zero]]))
    return np.asarray(V.reshape(2, d, 2, d).transpose(0, 2, 1, 3))
