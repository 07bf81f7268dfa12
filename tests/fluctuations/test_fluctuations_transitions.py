"""The Onsager matrix of each transition against the flows of a biased system; signs, hypothesis, messages."""

import numpy as np
import pytest

from equipoise import (
    Coupling,
    InputError,
    OpenSystem,
    Reservoir,
    bose_einstein,
    currents,
    fermi_dirac,
    stationary_state,
    weak_coupling,
)
from equipoise.fluctuations import Reference, linear_response, transition_response
from equipoise.reservoirs import Newns, Ohmic
from random_systems import complex_matrix

RNG = np.random.default_rng(5)
LEVELS = np.array([0.0, 0.7, 1.8, 3.3])
PHASES = np.exp(2j * np.pi * RNG.uniform(size=(4, 4)))
D = np.triu(complex_matrix(RNG, 4, 4), 1)


def fields(beta, mu, delta_beta=0.0, delta_mu=0.0, other=D * PHASES):
    pair = [
        Reservoir(
            f"field {j}",
            bose_einstein(inverse_temperature=beta + half * delta_beta, chemical_potential=mu - half * delta_mu),
            Ohmic(0.05, 8.0),
        )
        for j, half in ((1, 0.5), (2, -0.5))
    ]
    return OpenSystem(LEVELS, [Coupling(pair[0], D), Coupling(pair[1], other)])


@pytest.mark.parametrize("mu", [0.0, -0.35])
def test_matrix_is_the_limit_of_the_flows_from_field_two_to_field_one(mu):
    """J_{2->1,mn} = (J_1 - J_2)/2, J_j into field j; also where loops persist at the reference."""
    beta, step = 0.9, 1e-4
    found = transition_response(fields(beta, mu))
    upper = LEVELS[:, None] > LEVELS[None, :]
    w = LEVELS[:, None] - LEVELS[None, :]
    # At mu = 0 bosons allow no larger chemical potential, so no symmetric difference.
    for bias in ((0.0, step), (step, 0.0))[: 1 if mu == 0 else 2]:
        changes = []
        for sign in (1, -1):
            system = fields(beta, mu, delta_beta=sign * bias[1], delta_mu=sign * bias[0])
            generator = weak_coupling(system)
            inward = currents(generator, stationary_state(generator)).microcurrents
            out = inward.transpose(0, 2, 1)
            changes.append(np.where(upper, 0.5 * (out[0] - out[1]), 0.0))
        slope = (changes[0] - changes[1]) / 2
        J, heat = found.currents(*bias)
        scale = np.abs(slope).max()
        np.testing.assert_allclose(J, slope, atol=1e-6 * scale)
        np.testing.assert_allclose(heat, (w - mu) * slope, atol=1e-6 * scale)


def test_general_response_reduces_to_it_where_the_couplings_agree():
    beta, mu, delta_beta, delta_mu = 0.9, -0.35, 0.02, 0.03
    system = fields(beta, mu, delta_beta, delta_mu)
    found = transition_response(system).currents(delta_mu, delta_beta)[0]
    response = linear_response(system, Reference(beta, mu))
    change = np.array([-delta_beta / 2, delta_beta / 2])
    # beta_r mu_r - beta_0 mu_0 to first order.
    particles = np.array([mu * delta_beta / 2 - beta * delta_mu / 2, -mu * delta_beta / 2 + beta * delta_mu / 2])
    inward = response.microcurrents(np.concatenate([change, particles]))
    out = 0.5 * (inward[0] - inward[1]).T
    np.testing.assert_allclose(np.tril(out, -1), found, atol=1e-15)
    # The two fields take and give the same: the populations do not respond.
    np.testing.assert_allclose(inward[0], -inward[1], atol=1e-16)


def test_symmetric_positive_rank_one_and_null_direction():
    found = transition_response(fields(0.9, -0.35))
    lower = np.tril_indices(4, -1)
    assert np.all(found.gamma[lower] < 0)
    assert not np.any(np.triu(found.gamma))
    np.testing.assert_array_equal(found.matrix, found.matrix.swapaxes(-1, -2))
    values = np.linalg.eigvalsh(found.matrix[lower])
    np.testing.assert_allclose(values[:, 0], 0, atol=1e-15 * values.max())
    m, n = 3, 1
    ratio = found.null_direction[m, n]
    assert ratio == pytest.approx(-(LEVELS[m] - LEVELS[n] + 0.35))
    assert abs(found.currents(ratio * 0.1 / 0.9, 0.1)[0, m, n]) < 1e-16
    assert abs(found.entropy_production(ratio * 0.1 / 0.9, 0.1)[m, n]) < 1e-16
    assert found.entropy_production(0.1, 0.1)[m, n] > 0


class TestMessages:
    def test_couplings_that_differ_in_modulus(self):
        system = fields(1.0, 0.0, other=np.where(np.arange(16).reshape(4, 4) == 11, 1.01, 1.0) * D)
        with pytest.raises(InputError, match=r"couple both fields alike.*the rates of 3 -> 2 are"):
            transition_response(system)

    def test_one_field(self):
        bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.05, 8.0))
        with pytest.raises(InputError, match="have two reservoirs"):
            transition_response(OpenSystem(LEVELS, [Coupling(bath, D)]))

    def test_fermions(self):
        leads = [Reservoir(name, fermi_dirac(temperature=1.0), Newns(0.1, 8.0)) for name in "LR"]
        with pytest.raises(InputError, match="`reservoir 'L'` must be bosonic"):
            transition_response(OpenSystem([0.0, 1.0], [Coupling(lead, [[0, 1], [0, 0]]) for lead in leads]))

    def test_degenerate_level(self):
        baths = [Reservoir(name, bose_einstein(temperature=1.0), Ohmic(0.05, 8.0)) for name in "LR"]
        with pytest.raises(InputError, match="have no degenerate level.*3 states on 2 levels"):
            transition_response(OpenSystem([0.0, 1.0, 1.0], [Coupling(b, np.ones((3, 3))) for b in baths]))
