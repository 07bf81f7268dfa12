"""Monotone pieces: turning points, inversion to round-off over many decades, derivatives."""

import numpy as np
import pytest

from equipoise.linalg.monotone import derivative, monotone_pieces


def test_turning_points_of_a_polynomial():
    pieces = monotone_pieces(lambda x: x**3 - 3 * x**2 + 2.5 * x, 0.0, 10.0)
    turns = 1 + np.array([-1, 1]) / np.sqrt(6)
    np.testing.assert_allclose(pieces.ends, [0, *turns, 10], atol=1e-7)
    np.testing.assert_allclose(pieces.values[1:3], turns**3 - 3 * turns**2 + 2.5 * turns, rtol=1e-14)


def test_every_preimage_is_found():
    pieces = monotone_pieces(np.cos, 0.0, 20.0)
    targets = np.array([0.3, -0.7])
    found = [[], []]
    for chosen, x in pieces.preimages(targets):
        for i, root in zip(chosen, x, strict=True):
            found[i].append(root)
    for target, roots in zip(targets, found, strict=True):
        angle = np.arccos(target)
        expected = sorted(a for k in range(5) for a in (2 * np.pi * k + angle, 2 * np.pi * k - angle) if 0 < a < 20)
        np.testing.assert_allclose(sorted(roots), expected, rtol=4e-15)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0, 5.0])
def test_inversion_keeps_relative_accuracy_over_many_decades(power):
    pieces = monotone_pieces(lambda x: x**power, 0.0, np.inf)
    targets = np.logspace(-60, 60, 121)
    [(chosen, x)] = pieces.preimages(targets)
    np.testing.assert_array_equal(chosen, np.arange(121))
    np.testing.assert_allclose(x, targets ** (1 / power), rtol=1e-14 / min(power, 1))


def test_saturating_function_has_a_finite_limit():
    pieces = monotone_pieces(lambda x: x / (1 + x), 0.0, np.inf)
    np.testing.assert_allclose(pieces.values, [0, 1], rtol=1e-12)
    assert pieces.preimages(np.array([1.5])) == []
    assert pieces.preimages(np.array([0.75]))[0][1][0] == pytest.approx(3.0, rel=1e-14)


def test_derivative_by_differences():
    x = np.linspace(0.05, 3.0, 40)
    np.testing.assert_allclose(derivative(np.cos, x, 0.0, 3.14159), -np.sin(x), rtol=1e-11)
    np.testing.assert_allclose(derivative(np.sqrt, x, 0.0, np.inf), 0.5 / np.sqrt(x), rtol=1e-11)
