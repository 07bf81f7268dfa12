"""Potentials of chains: the equations, digits on chains that nearly fall apart, rates beyond the range of doubles."""

import mpmath as mp
import numpy as np

from equipoise.linalg.potentials import Potentials


def chain(rates):
    return rates / rates.sum(axis=0)


def test_solves_its_equations():
    rng = np.random.default_rng(0)
    W = rng.uniform(size=(7, 7)) * (1 - np.eye(7))
    steps = chain(W)
    stationary = np.linalg.svd(np.eye(7) - steps)[2][-1]
    sources = rng.normal(size=(3, 7))
    sources -= np.outer(sources @ stationary, stationary) / (stationary @ stationary)
    phi = Potentials(steps).solve(sources)
    np.testing.assert_allclose(phi - phi @ steps, sources, atol=1e-13)
    np.testing.assert_array_equal(phi[:, 0], 0.0)


def reversible(link, rng):
    T = rng.uniform(0.5, 1.5, size=(6, 6))
    T = T + T.T
    T[:3, 3:] *= link
    T[3:, :3] *= link
    np.fill_diagonal(T, 0.0)
    return T


def test_differences_inside_a_part_keep_their_digits_when_the_link_is_weak():
    rng = np.random.default_rng(1)
    T = reversible(1e-11, rng)
    e = rng.uniform(size=(6, 6))
    e = e - e.T
    exits = T.sum(axis=0)
    phi = Potentials(T / exits).solve(((T * e).sum(axis=1) / exits)[None])[0]
    with mp.workdps(60):
        G = mp.matrix(6, 6)
        b = mp.matrix(6, 1)
        for i in range(6):
            for j in range(6):
                if i != j:
                    G[i, j] = -mp.mpf(float(T[i, j]))
                    b[i] += mp.mpf(float(T[i, j])) * mp.mpf(float(e[i, j]))
            G[i, i] = -mp.fsum(G[i, j] for j in range(6) if j != i)
        exact = mp.lu_solve(G[1:, 1:], b[1:])
    np.testing.assert_allclose(phi[1:3], [float(exact[k]) for k in range(2)], rtol=1e-13)


def test_steps_beyond_the_range_of_doubles():
    steps = chain(np.array([[0, 1, 0.5], [1, 0, 1e-320], [1e-320, 1e-320, 0]]))
    phi = Potentials(steps).solve(np.array([[0.0, 0.3, 0.2]]))[0]
    np.testing.assert_allclose(phi, [0.0, 0.3, 0.2], rtol=1e-14)
