r"""Transition rates of a target in a dilute gas.

.. math::
    a_{kl} = \int_{\max(0,\epsilon_k-\epsilon_l)}^\infty \frac{de}{2\pi}
             \sum_{\alpha'\alpha} |T_{k\alpha',l\alpha}(e+\epsilon_l)|^2 f_\alpha(e)

for l -> k: particles of kinetic energy e arrive in the wave alpha :math:`f\,de/2\pi` times per unit of time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import ROUND_OFF, NumericalError, RealArray, finite_real, require
from equipoise._printed import amounts, counted, described
from equipoise.scattering.gas import Gas
from equipoise.scattering.interactions.interaction import FINER
from equipoise.scattering.shell import Waves
from equipoise.scattering.shell_integrals.occupation import AnyOccupation, ThermalOccupation
from equipoise.scattering.shell_integrals.panels import Split, Thresholds
from equipoise.scattering.shell_integrals.quadrature import first_panels, integrate
from equipoise.scattering.target import Target

SHARPEST = 1e-8
"""Width of structure in a momentum distribution, relative to its energy, for which panels are made."""

WORTHLESS = 1e-2
"""Relative error beyond which a rate is no result."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ScatteringRates:
    r"""Rates between the states of the energy basis, as logarithms.

    Parameters
    ----------
    target : Target
    gas : Gas
    log_rates : RealArray, shape (d, d)
        `log a_kl`, [k, l] for l -> k; -inf where there is none. The diagonal holds the rates of elastic collisions,
        which dephase.
    relative_error : RealArray, shape (d, d)
        Estimate of the relative error of each rate, of the quadrature, of the T-matrix, and of the eigenvectors of a
        Hamiltonian given as a matrix, which rounding mixes where levels nearly coincide; zero where there is none.
    energies : int
        Number of energies at which the T-matrix was computed.
    asymmetry : RealArray, shape (d, d), or None
        :math:`(B_{kl} - B_{lk})/(B_{kl} + B_{lk})` with :math:`B_{kl} = e^{-\beta\epsilon_l} a_{kl}`: zero where
        detailed balance holds between k and l. None for a gas that has no temperature.
    asymmetry_noise : RealArray, shape (d, d), or None
        Part of it that may be due to quadrature and rounding, that of the eigenvectors included. Flux conservation
        makes the sums of each row and each column of B equal, so that the rounding of the sums is seen, not guessed; a
        target of two levels has nothing but noise, and so has a state of a degenerate level, which is any basis of it.
    resonances, widths : RealArray, shape (r,)
        Total energies of the resonances at which the quadrature was split, and their full widths.
    """

    target: Target
    gas: Gas
    log_rates: RealArray
    relative_error: RealArray
    energies: int
    asymmetry: RealArray | None
    asymmetry_noise: RealArray | None
    resonances: RealArray
    widths: RealArray

    @property
    def is_inelastic(self) -> bool:
        """Whether any collision changes the state; not, if the interaction is diagonal in the energy basis.

        Couplings to all states that are equal and at one place do not: the populations then never relax.
        """
        return bool(np.isfinite(self.log_rates[~np.eye(self.target.dimension, dtype=bool)]).any())

    @property
    def log_balance_ratio(self) -> RealArray:
        r"""`log I(k, l)`, shape (d, d): zero where detailed balance holds between k and l.

        :math:`a_{kl} e^{-\beta\epsilon_l} = a_{lk} e^{-\beta\epsilon_k} I(k,l)`; zero too where neither rate exists.

        Raises
        ------
        InputError
            If the gas is not thermal.
        """
        with np.errstate(divide="ignore"):
            return np.asarray(2 * np.arctanh(_thermal(self.asymmetry, self.gas)))

    @property
    def log_elements(self) -> RealArray:
        """Logarithm of the root mean square of `T_kl` over the particles that arrive with enough energy, (d, d)."""
        return _log_elements(self.log_rates, self.target, self.gas)

    @property
    def violates_balance(self) -> np.ndarray:
        """Whether detailed balance fails between two states by more than can be noise, shape (d, d).

        Raises
        ------
        InputError
            If the gas is not thermal.
        """
        return np.asarray(np.abs(_thermal(self.asymmetry, self.gas)) > _thermal(self.asymmetry_noise, self.gas))

    def __repr__(self) -> str:
        finite = self.log_rates[np.isfinite(self.log_rates)]
        d = self.target.dimension
        inelastic = int(np.isfinite(self.log_rates).sum() - np.isfinite(np.diag(self.log_rates)).sum())
        facts = [
            ("inelastic", f"{counted(inelastic, 'rate')} of {d * (d - 1)}" if inelastic else "none: no state changes"),
            ("log rates", f"{finite.min():.6g} to {finite.max():.6g}" if finite.size else "none"),
            ("relative error", f"{self.relative_error.max(initial=0.0):.1e} at most"),
            ("energies", str(self.energies)),
        ]
        if self.resonances.size:
            facts.append(("resonances", f"{amounts(self.resonances)}; narrowest width {self.widths.min():.1e}"))
        return described(f"scattering rates of {self.gas.name}, {counted(d, 'state')}", *facts)


def _thermal(value: RealArray | None, gas: Gas) -> RealArray:
    require(value is not None, "gas", "be thermal for a balance ratio", f"{gas.name!r} has no temperature")
    assert value is not None
    return value


def scattering_rates(target: Target, gas: Gas, *, tolerance: float = 1e-12) -> ScatteringRates:
    r"""Rates of the collisions of one gas with a target.

    An adaptive quadrature over total energy with panels between all thresholds, split at resonances and where the
    momentum distribution changes; all pairs share its energies, so that flux conservation, and with it the stationarity
    of the Gibbs state, holds to rounding. Each rate is referred to its own threshold: none underflows.

    Parameters
    ----------
    target : Target
    gas : Gas
    tolerance : float
        Relative, for each rate, however small it is; between 1e-15 and 0.1. Not finer than a thousandth of the
        `accuracy` of a T-matrix on a grid.

    Returns
    -------
    ScatteringRates
        With an estimate of the error of each. Resonances that the interaction names are resolved however narrow. Of an
        interaction that names none, one narrower than some thousandth of the distance between energies can be missed.

    Raises
    ------
    InputError
        A gas in another number of dimensions than the interaction, a tolerance out of range.
    NumericalError
        Rates that do not converge: a gas of infinite energy, an S-matrix full of noise.

    References
    ----------
    Alicki, Sindelka & Gelbwaser-Klimovsky (2023), (20), corrected: twice the printed rate, as the optical theorem
    has it.

    Examples
    --------
    >>> from equipoise.scattering import DeltaInteraction, Gas, maxwell_boltzmann
    >>> target = Target([0.0, 1.0], DeltaInteraction([[1.0, 0.5], [0.5, 2.0]]))
    >>> rates = scattering_rates(target, Gas("gas", maxwell_boltzmann(temperature=1.0)))
    >>> bool(abs(rates.log_rates[1, 0] - rates.log_rates[0, 1] + 1.0) < 1e-12)
    True
    """
    tolerance = finite_real(tolerance, "tolerance")
    require(1e-15 <= tolerance <= 0.1, "tolerance", "lie between 1e-15 and 0.1", f"got {tolerance:g}")
    target.interaction.require_coverage(gas, target.spectrum)
    d = target.dimension
    log_rates, log_errors, log_given = (np.full((d, d), -np.inf) for _ in range(3))
    count = 0
    balance, energies, widths = np.zeros((d, d)), [np.zeros(0)], [np.zeros(0)]
    for weight, part in target.interaction.parts():
        thresholds = Thresholds.of(target.spectrum)
        upper = float(target.spectrum.levels[-1]) + 64 * gas.energy_scale()
        resonances, breadths = part.resonances(target.spectrum, gas.mass, float(target.spectrum.levels[0]), upper)
        splits = [*thresholds.around(resonances, breadths), *_structure(thresholds, gas)]
        panels = first_panels(thresholds, gas.energy_scale(), splits)
        weighted = AnyOccupation if gas.inverse_temperature is None else ThermalOccupation
        occupation = weighted(gas, target.spectrum, part.waves)
        found = integrate(part, occupation, panels, max(tolerance, FINER * part.stated_error))
        reference = occupation.log_reference
        with np.errstate(divide="ignore"):
            log_rates = np.logaddexp(log_rates, np.log(weight * found.values) + reference)
            log_errors = np.logaddexp(log_errors, np.log(weight * found.errors) + reference)
            # The error of a given T is relative to its largest element.
            given = 2 * part.stated_error * np.sqrt(found.values * found.values.max(initial=0.0))
            log_given = np.logaddexp(log_given, np.log(weight * given) + reference)
        balance += weight * found.values
        count += found.energies
        energies.append(resonances)
        widths.append(breadths)
    exists = np.isfinite(log_rates)
    quadrature = np.exp(np.where(exists, log_errors, -np.inf) - np.where(exists, log_rates, 0.0))
    asymmetry, noise = None, np.zeros((d, d))
    if gas.inverse_temperature is not None:
        asymmetry, noise = _asymmetry(balance, target, gas.inverse_temperature)
    error = np.where(exists, quadrature + noise + 8 * ROUND_OFF, 0.0)
    worst = float(error.max(initial=0.0))
    if worst > WORTHLESS:
        k, i = np.unravel_index(int(np.argmax(error)), error.shape)
        raise NumericalError(
            f"The rate {i} -> {k} has a relative error of {worst:.1e}: the T-matrix is not smooth in energy. "
            "Is the S-matrix noisy, or not unitary, or is there a resonance it does not name?"
        )
    basis, noise = _mixing_errors(log_rates, target, gas)
    error = error + np.exp(np.where(exists, log_given, -np.inf) - np.where(exists, log_rates, 0.0))
    return ScatteringRates(
        target=target,
        gas=gas,
        log_rates=log_rates,
        relative_error=error + basis,
        energies=count,
        asymmetry=asymmetry,
        asymmetry_noise=None if asymmetry is None else 2 * np.maximum(error + noise, (error + noise).T),
        resonances=np.concatenate(energies),
        widths=np.concatenate(widths),
    )


def log_arrivals(gas: Gas, starts: RealArray) -> RealArray:
    """Logarithm of how many particles arrive per unit of time with a kinetic energy above each start, in one wave."""
    edges = gas.energy_scale() * np.concatenate([[0.0], np.geomspace(1e-4, 1e3, 400)])
    steps = np.geomspace(SHARPEST, 0.5, 100)
    near = np.multiply.outer(gas.structure_points(), 1 + np.concatenate([-steps, steps])).ravel()
    above = np.maximum(near[None, :], starts[:, None])
    edges = np.sort(np.concatenate([np.add.outer(starts, edges), above], axis=1), axis=1)
    middle, width = 0.5 * (edges[:, 1:] + edges[:, :-1]), np.diff(edges, axis=1)
    with np.errstate(divide="ignore"):
        log_f = np.where(width > 0, gas.log_occupation(np.where(width > 0, middle, 1.0), Waves.EVEN)[..., 0], -np.inf)
        # int f de / 2 pi, by the middle points of the intervals.
        return np.asarray(np.logaddexp.reduce(log_f + np.log(width), axis=-1) - np.log(2 * np.pi))


def _log_elements(log_rates: RealArray, target: Target, gas: Gas) -> RealArray:
    energies = target.spectrum.state_energies
    starts, place = np.unique(np.maximum(np.subtract.outer(energies, energies), 0), return_inverse=True)
    return np.asarray(0.5 * (log_rates - log_arrivals(gas, starts)[place].reshape(log_rates.shape)))


def _mixing_errors(log_rates: RealArray, target: Target, gas: Gas) -> tuple[RealArray, RealArray]:
    """Relative errors of rates by the rounding of the eigenvectors of H: between levels, and within them as well.

    States mixed by A change T by AT - TA, and the rate l -> k relative to itself by twice that over T_kl.
    """
    if target.spectrum.vectors is None:
        return np.zeros_like(log_rates), np.zeros_like(log_rates)
    logs = _log_elements(log_rates, target, gas)
    T = np.exp(logs - np.max(logs, where=np.isfinite(logs), initial=-1e300))
    mixed = (target.spectrum.mixing_of_levels, target.spectrum.mixing)
    found = [np.divide(2 * (A @ T + T @ A), T, out=np.zeros_like(T), where=T > 0) for A in mixed]
    return found[0], found[1]


def _asymmetry(balance: RealArray, target: Target, beta: float) -> tuple[RealArray, RealArray]:
    """Relative difference of the fluxes of each pair, and the relative rounding that flux conservation shows.

    `balance` is symmetric where detailed balance holds, each pair relative to its weight at its own threshold.
    """
    inelastic = balance - np.diag(np.diag(balance))
    total, difference = inelastic + inelastic.T, inelastic - inelastic.T
    asymmetry = np.divide(difference, total, out=np.zeros_like(total), where=total > 0)
    # In one unit for each row, the weight at the threshold of its state, the differences of a row add up to zero.
    energies = target.spectrum.state_energies
    unit = np.exp(-beta * (np.maximum(energies[:, None], energies[None, :]) - energies[:, None]))
    everything = np.sum(total * unit, axis=1)
    conserved = np.abs(np.sum(difference * unit, axis=1))
    noise = np.divide(conserved, everything, out=np.zeros_like(everything), where=everything > 0)
    return asymmetry, np.maximum(noise[:, None], noise[None, :])


def _structure(thresholds: Thresholds, gas: Gas) -> list[Split]:
    """Ends of panels where the momentum distribution changes, above each level, on whatever scale it does."""
    points = np.array(gas.structure_points())
    energies = np.add.outer(thresholds.spectrum.levels, points)
    return thresholds.around(energies.ravel(), (SHARPEST * np.broadcast_to(points, energies.shape)).ravel())
