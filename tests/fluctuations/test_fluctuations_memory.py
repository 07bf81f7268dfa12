"""The response of many levels holds a fixed number of d x d tables."""

import tracemalloc

import numpy as np

from equipoise import weak_coupling
from equipoise.fluctuations import linear_response, mean_reference
from random_systems import Draw, bosonic_system


def peak(d):
    """In complex d x d matrices."""
    generator = weak_coupling(bosonic_system(Draw(0, d, 2, False)))
    tracemalloc.start()
    response = linear_response(generator, mean_reference(generator))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert response.smallest_eigenvalue > -1e-12
    assert np.abs(response.matrix[:2].sum(axis=0)).max() < 1e-12 * np.abs(response.matrix).max()
    return most / (16 * d**2)


def test_memory_is_quadratic_in_the_number_of_levels():
    small, large = peak(60), peak(240)
    assert large < 40
    assert large < 1.2 * small
