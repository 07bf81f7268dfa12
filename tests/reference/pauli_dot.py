"""A Coulomb-blockaded double dot between two fermionic leads: Pauli master equation from Fermi's golden rule.

    H = eps_L n_L + eps_R n_R + t (c_L^dagger c_R + h.c.) + U n_L n_R      (spinless)

Four many-body states: empty; one electron in the lower or the upper orbital; doubly occupied. Lead L couples
to site L, lead R to site R, with rates gamma (2 pi times the density of |tunnelling amplitude|^2, constant):

    a -> b with one electron more:   gamma |<b| c_site^dagger |a>|^2 f(E_b - E_a)
    b -> a with one electron less:   the same with 1 - f

The two orbitals must not be degenerate (then their coherence couples to the populations and no rate equation
holds), and their splitting must be large against gamma. Everything is written out by hand.
"""

from typing import NamedTuple

import numpy as np

EMPTY, LOWER, UPPER, DOUBLE = range(4)


class Lead(NamedTuple):
    """A lead: tunnelling rate, inverse temperature, chemical potential."""

    gamma: float
    inverse_temperature: float
    chemical_potential: float

    def occupation(self, energy):
        """Return the Fermi function, without overflow."""
        x = self.inverse_temperature * (energy - self.chemical_potential)
        return 0.5 * (1.0 - np.tanh(0.5 * x))


class DoubleDot(NamedTuple):
    """Energies of the sites, tunnelling between them, Coulomb energy."""

    eps_left: float
    eps_right: float
    tunnelling: float
    coulomb: float


def orbitals(dot):
    """Return ((energy, amplitude on L, amplitude on R) of the lower orbital, the same of the upper one)."""
    middle = 0.5 * (dot.eps_left + dot.eps_right)
    half = 0.5 * (dot.eps_left - dot.eps_right)
    split = np.hypot(half, dot.tunnelling)
    # tan(2 angle) = t / half; cos and sin of the angle are the amplitudes of the upper orbital.
    angle = 0.5 * np.arctan2(dot.tunnelling, half)
    upper = (middle + split, np.cos(angle), np.sin(angle))
    lower = (middle - split, -np.sin(angle), np.cos(angle))
    return lower, upper


def energies(dot):
    """Return the energies of (empty, lower, upper, double)."""
    lower, upper = orbitals(dot)
    return np.array([0.0, lower[0], upper[0], dot.eps_left + dot.eps_right + dot.coulomb])


def particle_numbers():
    """Return the number of electrons in (empty, lower, upper, double)."""
    return np.array([0, 1, 1, 2])


def addition_weights(dot, side):
    """Return |<b| c_side^dagger |a>|^2 as a matrix [b, a]; side is 0 for L, 1 for R."""
    weights = np.zeros((4, 4))
    for state, (_, left, right) in zip((LOWER, UPPER), orbitals(dot), strict=True):
        on_site, on_other = (left, right) if side == 0 else (right, left)
        weights[state, EMPTY] = on_site**2  # c^dagger |0> has amplitude of the site in the orbital
        weights[DOUBLE, state] = on_other**2  # the electron must have been on the other site
    return weights


def rates(dot, lead, side):
    """Return W[i, j], the golden-rule rate j -> i through one lead."""
    e = energies(dot)
    weights = addition_weights(dot, side)
    matrix = np.zeros((4, 4))
    for b in range(4):
        for a in range(4):
            if weights[b, a] > 0:
                f = lead.occupation(e[b] - e[a])
                matrix[b, a] = lead.gamma * weights[b, a] * f
                matrix[a, b] = lead.gamma * weights[b, a] * (1.0 - f)
    return matrix


def stationary_populations(rate_matrix):
    """Return p with sum_j W[i, j] p_j = (sum_k W[k, i]) p_i, by the null space of the generator."""
    generator = rate_matrix - np.diag(rate_matrix.sum(axis=0))
    _, values, rows = np.linalg.svd(generator)
    assert values[-2] > 1e-12 * values[0], "more than one stationary state"
    p = rows[-1]
    return p / p.sum()


class Transport(NamedTuple):
    """Populations (empty, lower, upper, double) and flows into the dot from (left, right)."""

    populations: np.ndarray
    particle_currents: np.ndarray
    energy_currents: np.ndarray


def transport(dot, left, right):
    """Solve the master equation and count what each lead gives to the dot per unit of time."""
    by_lead = [rates(dot, left, 0), rates(dot, right, 1)]
    p = stationary_populations(by_lead[0] + by_lead[1])
    numbers, e = particle_numbers(), energies(dot)
    particles, energy = [], []
    for matrix in by_lead:
        flow = matrix * p  # flow[i, j]: j -> i
        particles.append(sum(flow[i, j] * (numbers[i] - numbers[j]) for i in range(4) for j in range(4)))
        energy.append(sum(flow[i, j] * (e[i] - e[j]) for i in range(4) for j in range(4)))
    return Transport(p, np.array(particles), np.array(energy))
