"""Onsager matrix of every single transition between two bosonic fields that couple alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import RealArray, require
from equipoise._printed import amount, described, table
from equipoise.fluctuations._populations import PopulationExpansion
from equipoise.fluctuations.reference import Reference, Source, given_generator, mean_reference
from equipoise.fluctuations.response import expansion_at
from equipoise.generators import FrequencyResolved, Generator
from equipoise.reservoirs import Statistics
from equipoise.spectrum import Spectrum

EQUAL = 1e-12
"""Relative difference of two rates at one temperature that counts as none."""


@dataclass(frozen=True, eq=False)
class TransitionResponse:
    r"""Currents of quanta and heat on each transition, from field 2 through the system into field 1.

    For levels m above n, `w = e_m - e_n` and the forces `(mu_2 - mu_1, (beta_1 - beta_2)/beta_0)`::

        (J_{2->1,mn}, J^Q_{2->1,mn}) = -Gamma_mn [[1, w - mu_0], [w - mu_0, (w - mu_0)^2]] (dmu, dbeta/beta_0),

    `J_{2->1} = (J_1 - J_2)/2` with `J_j` positive *into field j*: `J_{j,mn} = microcurrents[j, n, m]`, opposite to the
    sign of a flow of this library.

    Parameters
    ----------
    reference : Reference
    spectrum : Spectrum
    gamma : RealArray, shape (L, L)
        `Gamma_mn`, [m, n], for m above n; zero elsewhere. Negative where the lower level is the more populated.
    """

    reference: Reference
    spectrum: Spectrum
    gamma: RealArray

    @property
    def distance(self) -> RealArray:
        """`w - mu_0` for each pair m, n, shape (L, L)."""
        levels = self.spectrum.levels
        return np.asarray(levels[:, None] - levels[None, :] - self.reference.chemical_potentials(2)[0])

    @property
    def matrix(self) -> RealArray:
        """The matrix of each transition, [m, n, flow, force], shape (L, L, 2, 2): symmetric, of rank one."""
        q = self.distance
        columns = np.stack([np.ones_like(q), q], axis=-1)
        return np.asarray(-self.gamma[..., None, None] * columns[..., :, None] * columns[..., None, :])

    @property
    def null_direction(self) -> RealArray:
        """The ratio `dmu / (dbeta/beta_0) = -(w - mu_0)` at which a transition carries no current, shape (L, L)."""
        return -self.distance

    def currents(self, delta_mu: float, delta_beta: float) -> RealArray:
        """`J_{2->1,mn}` and `J^Q_{2->1,mn}` for a bias, [flow, m, n], shape (2, L, L)."""
        forces = np.array([delta_mu, delta_beta / self.reference.inverse_temperature])
        return np.asarray(np.moveaxis(self.matrix @ forces, -1, 0))

    def entropy_production(self, delta_mu: float, delta_beta: float) -> RealArray:
        """`beta_0 (J dmu + J^Q dbeta/beta_0)` of each transition, shape (L, L): >= 0 where Gamma <= 0."""
        beta = self.reference.inverse_temperature
        J, heat = self.currents(delta_mu, delta_beta)
        return np.asarray(beta * (J * delta_mu + heat * delta_beta / beta))

    def __repr__(self) -> str:
        labels = self.spectrum.labels
        pairs = [(m, n) for m, n in np.argwhere(self.gamma != 0) if m > n]
        rows = [
            [f"{labels[m]} - {labels[n]}", *map(amount, (-self.gamma[m, n], self.distance[m, n]))] for m, n in pairs
        ]
        columns = ["transition", "-Gamma", "w - mu_0"]
        return described("quanta from field 2 to field 1, to first order", below=table(columns, rows, "transition"))


def transition_response(system: Source, reference: Reference | None = None) -> TransitionResponse:
    r"""Linear response of each transition of a system between two bosonic fields with equal couplings.

    With rates that do not tell the fields apart, the populations respond in second order only to a bias that is
    antisymmetric about the reference, and each transition has a matrix of its own with ::

        Gamma_mn = pi J(w) |D_mn|^2 beta_0 n (1 + n) (rho_mm - rho_nn),    n at w = e_m - e_n, beta_0, mu_0.

    For unequal couplings the populations respond in first order; `linear_response(...).microcurrents` includes that.

    Parameters
    ----------
    system : OpenSystem, Generator or GeneratorAtState
        Without degenerate levels.
    reference : Reference, optional
        Default: the means of the two fields (`mean_reference`).

    Returns
    -------
    TransitionResponse

    Raises
    ------
    InputError
        Unless there are two bosonic fields whose rates agree on every transition at one temperature, which is named
        where they do not.

    References
    ----------
    Accardi & Imafuku (2002), (54)-(60), corrected: `Z` does not divide (54); the entries of (57a,c) are those above;
    in (59) both terms have the sign of the flow from 2 to 1; in (60) `L^2 - Gamma M = 0` and
    `dmu = -(w - mu_0) dbeta/beta_0`. The form factors *and* the matrix elements of the two couplings must agree.

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
    >>> from equipoise.systems import Coupling, OpenSystem
    >>> baths = [Reservoir(f"{b}", bose_einstein(inverse_temperature=b), Ohmic(0.01, 10.0)) for b in (1.1, 0.9)]
    >>> response = transition_response(OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]]) for bath in baths]))
    >>> bool(response.gamma[1, 0] < 0), bool(response.currents(0.0, 0.2)[0, 1, 0] > 0)
    (True, True)
    """
    generator, remedy = given_generator(system), "Use linear_response(system).microcurrents(forces)."
    requirement = "have two reservoirs for a current from one to the other on each transition"
    count = len(generator.dissipators)
    require(count == 2, "system", requirement, f"has {count}", remedy)
    point = mean_reference(generator) if reference is None else reference
    for part in generator.dissipators:
        assert part.field is not None
        is_bosonic = part.field.statistics is Statistics.BOSON
        require(is_bosonic, f"reservoir {part.name!r}", "be bosonic", "is fermionic", remedy)
    require(
        not generator.spectrum.is_degenerate,
        "system",
        "have no degenerate level: a transition is a pair of states",
        f"has {generator.spectrum.dimension} states on {generator.spectrum.size} levels",
        remedy,
    )
    expansion = expansion_at(generator, point)
    assert isinstance(expansion, PopulationExpansion)
    _require_equal_rates(expansion.generator)
    edges = expansion.edges[0]
    T, D = edges.tables(np.zeros(1), balanced=expansion.is_equilibrium)
    # The force X_N alone: h X_N is h, since its weight is one.
    conductance = 0.5 * point.inverse_temperature * (T * edges.rates.weights[1] - D * edges.rates.half[1])
    return TransitionResponse(point, generator.spectrum, -conductance.T)


def _require_equal_rates(generator: Generator) -> None:
    first, second = (part.representation for part in generator.dissipators)
    assert isinstance(first, FrequencyResolved)
    assert isinstance(second, FrequencyResolved)
    a, b = (np.exp(np.logaddexp.reduce(kind.log_transition_rates)) for kind in (first, second))
    np.fill_diagonal(a, 0.0)
    np.fill_diagonal(b, 0.0)
    difference = np.abs(a - b)
    m, n = (int(k) for k in np.unravel_index(int(np.argmax(difference / np.maximum(a + b, 1e-300))), a.shape))
    levels = generator.spectrum.labels
    require(
        bool(difference[m, n] <= EQUAL * (a[m, n] + b[m, n])),
        "system",
        "couple both fields alike: equal spectral densities and |<n|D_1|m>| = |<n|D_2|m>|",
        f"at one temperature the rates of {levels[n]} -> {levels[m]} are {a[m, n]:.6g} and {b[m, n]:.6g}",
        "Use linear_response(system).microcurrents(forces), which includes the response of the populations.",
    )
