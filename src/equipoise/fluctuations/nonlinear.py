"""How far from linear a bias is: the actual flows against the linear and the second-order law along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ROUND_OFF, RealArray, require
from equipoise._printed import amount, described, table
from equipoise.fluctuations.reference import (
    Reference,
    Source,
    chosen_reference,
    generator_at,
    given_generator,
    mean_reference,
    thermal_reservoirs,
)
from equipoise.fluctuations.response import LinearResponse, linear_response
from equipoise.generators import Generator
from equipoise.reservoirs import Statistics, Thermal
from equipoise.thermodynamics import currents


@dataclass(frozen=True, eq=False, kw_only=True)
class Nonlinearity:
    """Flows along a bias `X(s) = s X`, s = 0 at the reference and 1 at the reservoirs as they are.

    Parameters
    ----------
    response : LinearResponse
        At the reference; gives the order of flows and forces.
    forces : RealArray, shape (2R,)
        X, the bias of the system.
    scales : RealArray, shape (S,)
        s.
    actual, linear, second_order : RealArray, shape (S, 2R)
        Flows into the system: exact, to first and to second order in s.
    noise : RealArray, shape (S, 2)
        Round-off of the exact flows of energy and of particles: of the one-way flows they are the difference of.
    """

    response: LinearResponse
    forces: RealArray
    scales: RealArray
    actual: RealArray
    linear: RealArray
    second_order: RealArray
    noise: RealArray

    @property
    def linear_error(self) -> RealArray:
        """Relative error of the linear law at each s, shape (S,): see `relative_error`."""
        return self.relative_error(self.linear)

    @property
    def second_order_error(self) -> RealArray:
        """Relative error of the second-order law at each s, shape (S,)."""
        return self.relative_error(self.second_order)

    def relative_error(self, law: RealArray) -> RealArray:
        """Largest error of a flow over the largest actual change of a flow, for energies and particles apart.

        The larger of the two counts; 0 where nothing flows and the law says so.
        """
        R = len(self.response.reservoirs)
        error = np.abs(law - self.actual).reshape(-1, 2, R).max(axis=2)
        change = np.abs(self.actual - self.response.zeroth).reshape(-1, 2, R).max(axis=2)
        worst = np.where(error > self.noise, error, 0.0) / np.maximum(change, np.maximum(self.noise, 1e-300))
        return np.asarray(worst.max(axis=1))

    def linear_up_to(self, tolerance: float) -> float | None:
        """The largest of the scales up to which the linear law keeps its relative error within a tolerance.

        None if it fails at the smallest already.
        """
        require(tolerance > 0, "tolerance", "be > 0 (a relative error)", f"got {tolerance}")
        order = np.argsort(self.scales)
        held = np.cumprod(self.linear_error[order] <= tolerance).astype(bool)
        return float(self.scales[order][held][-1]) if held.any() else None

    def __repr__(self) -> str:
        count = len(self.scales)
        chosen = np.unique(np.linspace(0, count - 1, min(count, 6)).round().astype(int))
        errors = (self.linear_error, self.second_order_error)
        rows = [[amount(self.scales[k]), *(f"{error[k]:.2g}" for error in errors)] for k in chosen]
        pairs = zip(self.response.labels, self.forces, strict=True)
        forces = ", ".join(f"X_{label} = {amount(force)}" for label, force in pairs)
        columns = ["fraction of the bias", "error of linear law", "to second order"]
        return described("flows along the bias of a system", ("bias", forces), below=table(columns, rows))


def nonlinearity(system: Source, scales: ArrayLike, reference: Reference | None = None) -> Nonlinearity:
    """Actual flows of a system along its own bias, with the linear and the second-order law for comparison.

    Parameters
    ----------
    system : OpenSystem, Generator or GeneratorAtState
        Its reservoirs as they are define the bias, `X_E = beta_0 - beta_r`, `X_N = beta_r mu_r - beta_0 mu_0`.
    scales : array_like, shape (S,)
        Fractions s of the bias: 0 is the reference, 1 the system itself.
    reference : Reference, optional
        Default: the mean inverse temperature and chemical potential (`mean_reference`).

    Returns
    -------
    Nonlinearity

    Raises
    ------
    InputError
        Reservoirs that are not thermal or at zero temperature; no scales, scales that are not finite, or at which a
        bosonic reservoir would have no positive temperature.

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
    >>> from equipoise.systems import Coupling, OpenSystem
    >>> baths = [Reservoir(f"{T}", bose_einstein(temperature=T), Ohmic(0.01, 10.0)) for T in (1.0, 3.0)]
    >>> qubit = OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]]) for bath in baths])
    >>> found = nonlinearity(qubit, [0.0, 0.25, 0.5, 1.0])
    >>> bool(np.all(np.diff(found.linear_error) > 0))
    True
    """
    s = np.asarray(scales, dtype=float)
    require(s.ndim == 1 and s.size > 0, "scales", "be a list of numbers, shape (S,)", f"has shape {s.shape}")
    require(bool(np.all(np.isfinite(s))), "scales", "be finite", f"got {s}")
    generator = given_generator(system)
    point = chosen_reference(generator, mean_reference(generator) if reference is None else reference)
    thermal = thermal_reservoirs(generator)
    mu = point.chemical_potentials(len(thermal))
    beta = np.array([distribution.inverse_temperature for distribution in thermal])
    beta_mu = beta * [distribution.chemical_potential for distribution in thermal]
    X = np.concatenate([point.inverse_temperature - beta, beta_mu - point.inverse_temperature * mu])
    response = linear_response(generator, point)
    _require_states(thermal, s, np.stack([point.inverse_temperature - s * row for row in X[: len(thermal)]]))
    _, curvature = response.expansion.second(X, X)
    linear = response.zeroth + np.outer(s, response.matrix @ X)
    exact = [_flows(generator, point.inverse_temperature, mu, scale * X) for scale in s]
    actual, noise = (np.array(column) for column in zip(*exact, strict=True))
    return Nonlinearity(
        response=response,
        forces=X,
        scales=s,
        actual=actual,
        linear=linear,
        second_order=linear + 0.5 * np.outer(s**2, curvature),
        noise=noise,
    )


def _require_states(thermal: tuple[Thermal, ...], scales: RealArray, beta: RealArray) -> None:
    """Refuse a bias that would heat bosons beyond an infinite temperature; beta has shape (R, S)."""
    bosonic = np.array([distribution.statistics is Statistics.BOSON for distribution in thermal])
    r, k = divmod(int(np.argmin(np.where(bosonic[:, None], beta, np.inf))), beta.shape[1])
    require(
        not bosonic[r] or float(beta[r, k]) > 0,
        "scales",
        "keep the inverse temperature of bosonic reservoirs positive",
        f"at s = {scales[k]:.6g} that of reservoir {r} is {beta[r, k]:.6g}",
        "Take scales nearer to those from 0 to 1, which lie between the reference and the system.",
    )


def _flows(generator: Generator, beta: float, mu: RealArray, X: RealArray) -> tuple[RealArray, RealArray]:
    """Exact stationary flows with the reservoirs under forces, and their round-off."""
    energy, particles = X.reshape(2, -1)
    biased = generator_at(generator, beta - energy, beta * mu + particles)
    flows = currents(biased)
    levels = biased.spectrum.levels
    exchanged = np.abs(levels[:, None] - levels[None, :]) * flows.activity
    noise = 64 * ROUND_OFF * np.array([exchanged.sum(), flows.activity.sum() + flows.directed.particles_within.sum()])
    return np.concatenate([flows.energy, flows.particles]), noise
