"""Two reservoirs of one name that differ are refused; the same one may come twice."""

import numpy as np
import pytest

import equipoise as eq


def jumps(T, g):
    n, lower = 1 / np.expm1(1 / T), np.array([[0.0, 1.0], [0.0, 0.0]])
    return [np.sqrt(g * (n + 1)) * lower, np.sqrt(g * n) * lower.T]


def test_refused():
    one, two = (eq.Reservoir("b", eq.bose_einstein(temperature=T)) for T in (1.0, 2.0))
    with pytest.raises(eq.InputError):
        eq.lindbladian(np.diag([0.0, 1.0]), jumps(1.0, 0.1) + jumps(2.0, 0.2), [one, one, two, two])


def test_refused_rates():
    one, two = (eq.Reservoir("b", eq.bose_einstein(temperature=T)) for T in (1.0, 2.0))
    with pytest.raises(eq.InputError):
        eq.rate_equation({one: [[0, 1], [np.exp(-1), 0]], two: [[0, 1], [np.exp(-0.5), 0]]}, energies=[0.0, 1.0])


def test_one_reservoir_given_twice_is_one():
    one, same = (eq.Reservoir("b", eq.bose_einstein(temperature=1.0)) for _ in range(2))
    generator = eq.lindbladian(np.diag([0.0, 1.0]), jumps(1.0, 0.1) + jumps(1.0, 0.2), [one, one, same, same])
    assert generator.names == ("b",)
