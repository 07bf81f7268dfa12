"""Entropy production of a generator in a state, by its several names: Clausius, by transition, Spohn, two-point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ROUND_OFF, ComplexArray, RealArray
from equipoise._printed import amount, described, measured
from equipoise.fluxes.generator_at_state import GeneratorAtState, State, at_state
from equipoise.generators import Dissipator, Generator, Jumps
from equipoise.spectrum import spectrum_of_matrix
from equipoise.stationary import DensityMatrix, NotUniqueError, gibbs_state, stationary_state
from equipoise.stationary.state import density_in
from equipoise.thermodynamics.flows import (
    GIVE_ENERGY,
    Currents,
    centred,
    chemical_potential,
    currents,
    energy_is_known,
    is_driven,
    not_transitions,
)
from equipoise.thermodynamics.jump_exchange import jump_exchange
from equipoise.thermodynamics.two_point_entropy import FagnolaRebolledo, fagnola_rebolledo

_STATIONARY = 1e-9
"""Largest `||L(rho)||`, relative to the rates and energies that act on rho, of a state that counts as stationary."""

_TWO_INFINITIES = "two reservoirs at T = 0 exchange heat, and infinity less infinity is not defined"
"""Why a sum over reservoirs has no value."""

_INVARIANT = 1e-9
"""Largest `||D_r(tau_r)||`, relative to `||D_r(1/d)||`, of a Gibbs state that counts as left invariant."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Production:
    """One entropy production rate: its value and error, and whether its derivation makes it non-negative.

    Parameters
    ----------
    name : str
    value : float or None
        k_B per unit time; infinite where a directed flux has no reverse; None if not applicable.
    is_never_negative : bool
        Whether non-negativity is derived for this generator.
    reason : str
        The formula, or why it is not applicable.
    scale : float
        Sum of the moduli of its terms; `deficit` is relative to it.
    error : float
        Absolute error of the value: round-off, and the error of the state.
    by_reservoir : tuple of float
        The terms of the reservoirs, in the order of the dissipators, where the value is a sum of such.
    """

    name: str
    value: float | None
    is_never_negative: bool = False
    reason: str = ""
    scale: float = 0.0
    error: float = 0.0
    by_reservoir: tuple[float, ...] = ()

    @property
    def deficit(self) -> float:
        """How far the value is below zero, beyond its error, relative to the scale; 0 if it is not negative."""
        if self.value == -np.inf:
            return 1.0
        if self.value is None or not self.scale > 0 or not np.isfinite(self.value):
            return 0.0
        return max(0.0, -self.value - self.error) / self.scale

    @property
    def excess(self) -> float:
        """How far the value is above zero, beyond its error, relative to the scale; 0 if it is not positive."""
        if self.value is None or not self.value > self.error:
            return 0.0
        return 1.0 if np.isinf(self.value) else (self.value - self.error) / max(self.scale, self.value)

    def __repr__(self) -> str:
        title = f"entropy production ({self.name})"
        if self.value is None:
            return described(title, ("value", "not applicable"), ("reason", self.reason))
        facts = [
            ("value", f"{measured(self.value, self.error)} k_B per unit time"),
            ("sign", self._sign()),
            ("formula", self.reason),
        ]
        if self.scale > 0:
            facts.append(("scale", f"{amount(self.scale)}, the sum of the moduli of its terms"))
        if self.error > 0:
            facts.append(("error", f"{self.error:.1g}"))
        return described(title, *facts)

    def _sign(self) -> str:
        assert self.value is not None
        is_error = np.isfinite(self.value) and abs(self.value) <= max(self.error, 64 * ROUND_OFF * self.scale)
        if np.isinf(self.value):
            word = "infinite"
        elif is_error:
            word = "zero within its error" if self.value != 0 else "zero"
        else:
            word = "positive" if self.value > 0 else "negative"
        if not self.is_never_negative:
            return f"{word}; for this generator nothing forbids a negative value"
        is_forbidden = self.deficit > 0 and not is_error
        law = ", though the second law forbids it" if is_forbidden else "; the second law allows no negative value"
        return word + law


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class EntropyProduction:
    """The entropy production rates of a generator in a state, each worked out when it is first read.

    All are in units of k_B per unit time. At a stationary state of thermal reservoirs Clausius, by transition and, for
    reservoirs that each drive the system to a Gibbs state, Spohn of the reservoirs agree. Made by
    `entropy_production`, from the flows in the state and what Spohn's and the Fagnola-Rebolledo form ask for.
    """

    pair: GeneratorAtState
    flows: Currents
    stationary: State | None = None
    time_reversal: ArrayLike | None = None

    @cached_property
    def of_system(self) -> float:
        """`dS/dt = -Tr[L(rho) log rho]` of the von Neumann entropy; exactly zero at the stationary state.

        Infinite if the state gains weight outside its support (a pure state that mixes).
        """
        if self._is_stationary:
            return 0.0
        return _log_flux(self._change, self.pair.density, self._rate)

    @cached_property
    def clausius(self) -> Production:
        """`dS/dt - sum_r beta_r J_Q,r`, defined when every reservoir is thermal."""
        name, scale, error = "Clausius", abs(self.of_system), 0.0
        terms: list[float] = []
        for part, flow, (moved, heat_error) in zip(self._parts, self.flows, self._heat_moved(), strict=True):
            beta = None if part.reservoir is None else part.reservoir.inverse_temperature
            if beta is None:
                return Production(name=name, value=None, reason=f"reservoir {part.name!r} has no temperature")
            if not self.pair.generator.has_energies:
                return Production(name=name, value=None, reason="no energies were given: no heat is known")
            if flow.energy is None:
                return Production(name=name, value=None, reason=f"{not_transitions([part.name])} {GIVE_ENERGY}")
            if flow.heat is None:
                reason = f"the particle flow of {part.name!r} is not known: give the number operator"
                return Production(name=name, value=None, reason=reason)
            terms.append(_product(-beta, flow.heat, heat_error))
            scale += _product(abs(beta), moved + abs(flow.heat), heat_error)
            error += _product(abs(beta), heat_error, heat_error)
        found = self._sum_of(name, terms, "dS/dt − Σ_r β_r J_Q,r", scale, error)
        if any(is_driven(self.pair.generator, part) for part in self._parts):
            return replace(found, is_never_negative=False)
        return found

    @cached_property
    def by_transition(self) -> Production:
        """`dS/dt + sum over reservoirs and jumps of flux times log(rate / reverse rate)`, any distribution.

        With the temperature of a transition defined by its own rates it needs no thermal reservoir; for thermal ones
        it equals the Clausius form.
        """
        name, scale, error = "transition-resolved", abs(self.of_system), 0.0
        terms: list[float] = []
        for r, part in enumerate(self._parts):
            produced = 0.0
            for ratios, flux, errors, inexact in self._exchanged(r):
                if ratios is None:
                    reason = f"the reverse of a jump of {part.name!r} is not known"
                    return Production(name=name, value=None, reason=reason)
                # A flux within its error has no direction: it produces nothing, even where the reverse has no rate.
                present = flux > errors
                each = flux[present] * ratios[present]
                produced, scale = produced + float(each.sum()), scale + float(np.abs(each).sum())
                # Each flux is uncertain by its error, one that is left out by no more than itself.
                known = np.isfinite(ratios) & (flux > 0)
                error += float(np.sum(np.where(present, errors, flux)[known] * np.abs(ratios[known])))
                error += float(np.sum(flux * inexact))
            terms.append(produced)
        return self._sum_of(name, terms, "dS/dt + Σ flux · log(rate / reverse rate)", scale, error)

    @cached_property
    def spohn(self) -> Production:
        """`-Tr[L(rho) (log rho - log sigma)] >= 0` for a GKSL semigroup; zero at the stationary state.

        Infinite if weight moves outside the support of sigma, which it only leaves.
        """
        generator, density, change = self.pair.generator, self.pair.density, self._change
        reference = self._reference
        if reference is None:
            reason = "there are several stationary states: give the one that is meant, stationary=..."
            return Production(name="Spohn", value=None, reason=reason)
        leaving = _log_flux(change, reference, self._rate)
        value = np.inf if np.isinf(leaving) else _log_flux(change, density, self._rate) - leaving
        gaps = np.abs(generator.spectrum.energies[:, None] - generator.spectrum.energies[None, :])
        size = self._rate + float((gaps * np.abs(density.elements)).max())
        return Production(
            name="Spohn",
            value=value,
            is_never_negative=True,
            reason="−Tr[L(ρ)(log ρ − log σ)]",
            scale=float(np.abs(change).sum()),
            error=_log_flux_error(change, density, size) + _log_flux_error(change, reference, size),
        )

    @cached_property
    def spohn_of_reservoirs(self) -> Production:
        """`sum_r -Tr[D_r(rho) (log rho - log tau_r)]`, tau_r the Gibbs state at beta_r, mu_r of its energy operator.

        Non-negative when every `D_r` leaves `tau_r` invariant (weak coupling with mu = 0 or graded couplings); the
        largest `||D_r(tau_r)||` decides whether that is claimed.
        """
        name, terms, defect, density = "Spohn per reservoir", [], 0.0, self.pair.density
        generator, directed = self.pair.generator, self.flows.directed
        span, spans = 1.0 + _span(density), []
        for part, rate, (_, known) in zip(self._parts, directed.rate_scales, self._heat_moved(), strict=True):
            tau = reservoir_gibbs_state(generator, part) if generator.has_energies else None
            if tau is None:
                reason = f"reservoir {part.name!r} has no Gibbs state of the system"
                return Production(name=name, value=None, reason=reason)
            if not energy_is_known(generator, part):
                return Production(name=name, value=None, reason=f"{not_transitions([part.name])} {GIVE_ENERGY}")
            spans.append(_span(tau))
            change = part.apply_elements(density.elements, generator.spectrum)
            value = _log_flux(change, density, rate) - _reservoir_flux(generator, part, change, tau, (rate, known))
            if np.isnan(value):
                reason = f"the state and the Gibbs state of {part.name!r} both lack a level that weight flows into"
                return Production(name=name, value=None, reason=reason)
            terms.append(value)
            defect = max(defect, gibbs_defect(generator, part, tau))
        # Each term is a flow times a difference of logarithms: what round-off is relative to.
        spread = span + np.array(spans)
        error = float(np.sum((64 * ROUND_OFF * directed.rate_scales + directed.errors.sum(axis=(1, 2))) * spread))
        if {np.inf, -np.inf} <= set(terms):
            return Production(name=name, value=None, reason=_TWO_INFINITIES)
        return Production(
            name=name,
            value=float(sum(terms)),
            is_never_negative=defect < _INVARIANT,
            reason="−Σ_r Tr[D_r(ρ)(log ρ − log τ_r)], τ_r the Gibbs state at β_r, μ_r of the energy it is counted with",
            scale=float(directed.fluxes.sum()) * span + error,
            error=error,
            by_reservoir=tuple(terms),
        )

    @cached_property
    def fagnola_rebolledo(self) -> FagnolaRebolledo:
        """Relative entropy of the two-point states forward and backward in time, whole and reservoir by reservoir.

        It needs a stationary state and jumps with positive signs; without them its value is None, with a reason.
        """
        return fagnola_rebolledo(self.pair, time_reversal=self.time_reversal)

    @property
    def _parts(self) -> tuple[Dissipator, ...]:
        return self.pair.generator.dissipators

    @cached_property
    def _change(self) -> ComplexArray:
        """`L(rho)` in the energy basis."""
        return self.pair.generator.apply_elements(self.pair.density.elements)

    @property
    def _rate(self) -> float:
        """Largest rate that a reservoir could cause."""
        return float(self.flows.directed.rate_scales.max())

    @cached_property
    def _is_stationary(self) -> bool:
        """Whether the state came as a stationary one, and is one of this generator."""
        if self.pair.stationary is None:
            return False
        size = self._rate + float(np.ptp(self.pair.generator.spectrum.energies)) * (not self.pair.density.is_diagonal)
        return float(np.abs(self._change).max()) <= _STATIONARY * size

    @cached_property
    def _reference(self) -> DensityMatrix | None:
        """sigma of Spohn's form; None where there are several."""
        spectrum = self.pair.generator.spectrum
        if self.stationary is not None:
            return density_in(spectrum, self.stationary)
        if self._is_stationary:
            return self.pair.density
        try:
            return density_in(spectrum, stationary_state(self.pair.generator))
        except NotUniqueError:
            return None

    def _exchanged(self, r: int) -> Iterator[tuple[RealArray | None, RealArray, RealArray, RealArray]]:
        """Log ratios of rates, fluxes, and the errors of the fluxes and of the ratios, of each process of a reservoir.

        Of given jump operators each is a process; their levels do not matter.
        """
        part, directed = self._parts[r], self.flows.directed
        if isinstance(part.representation, Jumps):
            found = jump_exchange(self.pair, part)
            none = np.zeros(0)
            if found is None:
                yield None, none, none, none
            else:
                yield found.log_ratios, found.fluxes, found.errors, found.ratio_errors
            return
        for process in directed.processes[r]:
            yield process.log_ratios, np.exp(process.log_fluxes), directed.errors[r], np.zeros(1)

    def _heat_moved(self) -> list[tuple[float, float]]:
        """Heat that each reservoir moves in both directions together, and the error of the net heat."""
        directed, levels = self.flows.directed, self.flows.spectrum.levels
        reach = np.abs(levels[:, None] - levels[None, :]) + np.abs(self.flows.chemical_potentials)[:, None, None]
        moved, errors = ((reach * one).sum(axis=(1, 2)) for one in (directed.fluxes, directed.errors))
        errors = errors + self.flows.energy_rounding
        return list(zip(moved.tolist(), errors.tolist(), strict=True))

    def _sum_of(self, name: str, terms: list[float], formula: str, scale: float, error: float) -> Production:
        """`dS/dt` plus what each reservoir receives, never negative."""
        if {np.inf, -np.inf} <= set(terms):
            return Production(name=name, value=None, reason=_TWO_INFINITIES)
        return Production(
            name=name,
            value=self.of_system + float(sum(terms)),
            is_never_negative=True,
            reason=formula,
            scale=scale,
            error=error,
            by_reservoir=tuple(terms),
        )

    def __repr__(self) -> str:
        kind = "the stationary state" if self._is_stationary else "a state"
        facts = [] if self._is_stationary else [("dS/dt", amount(self.of_system))]
        shown = (self.clausius, self.by_transition, self.spohn_of_reservoirs)
        for label, found in zip(("Clausius", "by transition", "Spohn, by reservoir"), shown, strict=True):
            value = 0.0 if found.value is not None and abs(found.value) <= found.error else found.value
            text = f"not applicable: {found.reason}" if value is None else amount(value)
            facts.append((label, text + (f" +- {found.error:.1g}" if found.error > 0 else "")))
        return described(f"entropy production in {kind}, k_B per unit time", *facts)


def entropy_production(
    generator: Generator | GeneratorAtState,
    state: State | None = None,
    *,
    stationary: State | None = None,
    time_reversal: ArrayLike | None = None,
) -> EntropyProduction:
    """Entropy production of a generator in a state, in every form that applies to it.

    With `J_Q,r` the heat from reservoir r into the system and `J_r(n -> m)` the directed flux of a transition::

        clausius             dS/dt - sum_r beta_r J_Q,r,
        by_transition        dS/dt + sum_r,m,n J_r(n -> m) log(rate_r(n -> m) / rate_r(m -> n)),
        spohn                -Tr[L(rho) (log rho - log sigma)],
        spohn_of_reservoirs  -sum_r Tr[D_r(rho) (log rho - log tau_r)],
        fagnola_rebolledo    relative entropy of the jumps forward and backward in time.

    Nothing is computed before it is read.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
    state : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        None: the stationary state of the generator, where dS/dt is zero.
    stationary : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        sigma of Spohn's form; None: the stationary state of the generator.
    time_reversal : array_like, shape (d, d), or None
        For the Fagnola-Rebolledo form: unitary U of an antiunitary `theta = U K`, K complex conjugation in the given
        basis, that commutes with the state; `L_k^dagger` is then replaced by `theta L_k^dagger theta^-1`.

    Returns
    -------
    EntropyProduction
        Rates in units of k_B, each with its error.

    Raises
    ------
    InputError
        If the first argument is not a generator, or the state has another dimension.
    NotUniqueError
        No state is given and there are several stationary ones.

    References
    ----------
    Spohn (1978); Schnakenberg (1976) for the sum over transitions; Fagnola & Rebolledo (2014).

    Examples
    --------
    A ring of three with rates 2 one way and 1 the other produces log 2:

    >>> from equipoise.generators import rate_equation
    >>> found = entropy_production(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]]))
    >>> bool(np.isclose(found.by_transition.value, np.log(2.0))), found.clausius.value is None
    (True, True)
    """
    pair = at_state(generator, state)
    return EntropyProduction(pair=pair, flows=currents(pair), stationary=stationary, time_reversal=time_reversal)


def reservoir_gibbs_state(generator: Generator, part: Dissipator) -> DensityMatrix | None:
    """Gibbs state of the system at the temperature and chemical potential of a reservoir, or None."""
    reservoir = part.reservoir
    if reservoir is None or reservoir.inverse_temperature is None:
        return None
    mu = chemical_potential(part)
    if mu != 0.0 and generator.number is None:
        return None
    if part.energy is None:
        return gibbs_state(generator.spectrum, reservoir.inverse_temperature, mu, generator.number)
    # The state that the dissipator itself may leave alone is made of the energy that it exchanges.
    own = gibbs_state(spectrum_of_matrix(centred(part.energy)), reservoir.inverse_temperature, mu, generator.number)
    return density_in(generator.spectrum, own)


def gibbs_defect(generator: Generator, part: Dissipator, tau: DensityMatrix) -> float:
    """`||D_r(tau)||` relative to `||D_r(1/d)||`, sums of moduli in the energy basis; 0 where nothing acts."""
    uniform = np.eye(generator.dimension, dtype=complex) / generator.dimension
    kept, size = (np.abs(part.apply_elements(R, generator.spectrum)).sum() for R in (tau.elements, uniform))
    return float(kept / size) if size > 0 else 0.0


def _log_flux(change: ComplexArray, reference: DensityMatrix, rate: float) -> float:
    """`-Tr[change log reference]` with logarithmic weights; +inf if weight flows where the reference has none.

    `rate` is the size of the rates, relative to which a change is round-off.
    """
    diagonal = _diagonal_in(change, reference.basis)
    empty = np.isneginf(reference.log_weights)
    if np.any(np.abs(diagonal[empty]) > 1e-13 * rate):
        return np.inf
    return float(-np.sum(diagonal[~empty] * reference.log_weights[~empty]))


def _log_flux_error(change: ComplexArray, reference: DensityMatrix, size: float) -> float:
    """Error of the flux from rounding of the change and from errors of the weights and eigenvectors of the reference.

    Eigenvectors turn into each other by the error of the weights over their difference.
    """
    occupied = np.isfinite(reference.log_weights)
    logs, p = reference.log_weights[occupied], reference.weights[occupied]
    found = 64 * ROUND_OFF * size * (1.0 + float(np.ptp(logs)))
    if reference.relative_weight_error is None:
        return found
    error = reference.relative_weight_error[occupied]
    found += float(np.sum(np.abs(_diagonal_in(change, reference.basis)[occupied]) * error))
    if reference.basis is None:
        return found
    V = reference.basis[:, occupied]
    apart = np.abs(p[:, None] - p[None, :])
    largest = float(np.max(error * p))
    angle = np.where(apart > 0, largest / np.maximum(apart, largest), 0.0)
    within = np.abs(V.conj().T @ change @ V)
    return found + float(np.sum(within * angle * np.abs(logs[:, None] - logs[None, :])))


def _reservoir_flux(
    generator: Generator, part: Dissipator, change: ComplexArray, tau: DensityMatrix, sizes: tuple[float, float]
) -> float:
    """`-Tr[change log tau]`; at zero temperature beta times the change of `H - mu N`: infinite, with its sign.

    `sizes` are that of the rates and the error of the heat, within which nothing flows.
    """
    rate, known = sizes
    assert part.reservoir is not None
    beta, mu = part.reservoir.inverse_temperature, chemical_potential(part)
    if beta is None or np.isfinite(beta):
        return _log_flux(change, tau, rate)
    spectrum = generator.spectrum
    K = np.diag(spectrum.energies - spectrum.energies.min()).astype(complex)
    if part.energy is not None:
        K = np.asarray(spectrum.to_energy_basis(centred(part.energy)), dtype=complex)
    if mu != 0.0 and generator.number is not None:
        K = K - mu * spectrum.to_energy_basis(generator.number)
    gained = float(np.einsum("ij,ji->", K, change).real)
    if abs(gained) > max(known, 1e-13 * rate * float(np.abs(K).max())):
        return float(np.copysign(np.inf, beta * gained))
    lowest = np.isfinite(tau.log_weights)
    return float(-np.sum(_diagonal_in(change, tau.basis)[lowest] * tau.log_weights[lowest]))


def _diagonal_in(elements: ComplexArray, basis: ComplexArray | None) -> RealArray:
    if basis is None:
        return np.asarray(np.diag(elements).real)
    return np.asarray(np.einsum("ik,ij,jk->k", basis.conj(), elements, basis, optimize=True).real)


def _span(density: DensityMatrix) -> float:
    """Largest difference of the logarithms of occupied weights."""
    return float(np.ptp(density.log_weights[np.isfinite(density.log_weights)]))


def _product(factor: float, flow: float, noise: float) -> float:
    """`factor * flow`, where infinity times a flow within its error is zero: a reservoir at T = 0 that is at rest."""
    if np.isinf(factor) and abs(flow) <= noise:
        return 0.0
    return factor * flow if flow != 0.0 else 0.0
