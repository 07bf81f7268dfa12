"""Nested quadrature rules: exact for the polynomials they are made for."""

import numpy as np
import pytest

from equipoise.scattering.shell_integrals import rules

LEGENDRE = np.polynomial.legendre.legval


def test_kronrod_and_gauss_are_exact_up_to_their_degrees() -> None:
    moments = np.array([rules.WEIGHTS @ LEGENDRE(rules.NODES, row) for row in np.eye(32)])
    assert np.allclose(moments, 2 * np.eye(32)[0], atol=4e-15)
    gauss = np.array([(rules.WEIGHTS - rules.DIFFERENCE) @ LEGENDRE(rules.NODES, row) for row in np.eye(20)])
    assert np.allclose(gauss, 2 * np.eye(20)[0], atol=4e-15)


@pytest.mark.parametrize("degree", range(66))
def test_patterson_is_exact_up_to_degree_65(degree: int) -> None:
    row = np.eye(66)[degree]
    found = rules.EXTENDED_WEIGHTS @ LEGENDRE(rules.NODES, row) + rules.MORE_WEIGHTS @ LEGENDRE(rules.MORE_NODES, row)
    assert abs(found - 2 * (degree == 0)) < 4e-15


@pytest.mark.parametrize("degree", range(43))
def test_extrapolation_is_exact_up_to_the_degree_of_the_interpolant(degree: int) -> None:
    row = np.eye(43)[degree]
    ends = np.array([(-1.0) ** degree, 1.0])
    at_nodes, at_more = LEGENDRE(rules.NODES, row), LEGENDRE(rules.MORE_NODES, row)
    if degree < 21:
        assert np.allclose(rules.EXTRAPOLATION @ at_nodes, ends, atol=1e-14)
    assert np.allclose(rules.EXTENDED_EXTRAPOLATION @ at_nodes + rules.MORE_EXTRAPOLATION @ at_more, ends, atol=1e-14)
