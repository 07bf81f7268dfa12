"""Entropy productions by name: Clausius, transition-resolved, Spohn; and the entropy rate of the system."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ROUND_OFF, ComplexArray, RealArray
from equipoise._printed import amount, described
from equipoise.generators import Dissipator, Generator
from equipoise.generators.generator import require_generator
from equipoise.stationary import DensityMatrix, StationaryState, density_in, gibbs_state
from equipoise.thermodynamics.flows import Currents, processes, rate_ceiling

AnyState = StationaryState | DensityMatrix | ArrayLike
"""A state in any of its forms; a matrix is in the given basis."""


@dataclass(frozen=True, repr=False)
class EntropyProduction:
    """One entropy production rate, with its name and whether the derivation makes it non-negative.

    Parameters
    ----------
    name : str
    value : float or None
        k_B per unit time; infinite where a one-way flow has no reverse; None if not applicable.
    must_be_positive : bool
        Whether non-negativity is derived for this generator.
    reason : str
        The formula, or why it is not applicable.
    scale : float
        Sum of the moduli of its terms, to which a deficit is relative.
    noise : float
        Absolute round-off of the value.
    """

    name: str
    value: float | None
    must_be_positive: bool
    reason: str
    scale: float = 0.0
    noise: float = 0.0

    @property
    def deficit(self) -> float:
        """How far the value is below zero, beyond round-off, relative to the scale; 0 if it is not negative."""
        if self.value == -np.inf:
            return 1.0
        if self.value is None or not self.scale > 0 or not np.isfinite(self.value):
            return 0.0
        return max(0.0, -self.value - self.noise) / self.scale

    def __repr__(self) -> str:
        title = f"entropy production ({self.name})"
        if self.value is None:
            return described(title, ("value", "not applicable"), ("reason", self.reason))
        facts = [("value", f"{amount(self.value)} k_B per unit time"), ("sign", self._sign()), ("formula", self.reason)]
        if self.scale > 0:
            facts.append(("scale", f"{amount(self.scale)}, to which a deficit is relative"))
        if self.noise > 0:
            facts.append(("noise", f"{self.noise:.1g}, round-off"))
        return described(title, *facts)

    def _sign(self) -> str:
        assert self.value is not None
        is_noise = np.isfinite(self.value) and abs(self.value) <= max(self.noise, 64 * ROUND_OFF * self.scale)
        if np.isinf(self.value):
            word = "infinite"
        elif is_noise:
            word = "zero within its noise" if self.value != 0 else "zero"
        else:
            word = "positive" if self.value > 0 else "negative"
        if not self.must_be_positive:
            return f"{word}; for this generator nothing forbids a negative value"
        is_forbidden = self.deficit > 0 and not is_noise
        return f"{word}{', though the second law forbids it' if is_forbidden else '; never negative, as derived'}"


def entropy_rate(generator: Generator, state: AnyState) -> float:
    """`dS/dt = -Tr[L(rho) log rho]` of the von Neumann entropy.

    Infinite if the state gains weight outside its support (a pure state that mixes).
    """
    require_generator(generator)
    density = density_in(generator.spectrum, state)
    change = generator.apply_elements(density.elements)
    return _log_flux(change, density, _rate_of(generator))


def clausius(generator: Generator, flows: Currents, entropy_rate_of_system: float) -> EntropyProduction:
    """`dS/dt - sum_r beta_r J_Q,r`, defined when every reservoir is thermal."""
    require_generator(generator)
    name, total, scale, error = "Clausius", entropy_rate_of_system, abs(entropy_rate_of_system), 0.0
    for r, part in enumerate(generator.dissipators):
        beta = None if part.reservoir is None else part.reservoir.inverse_temperature
        if beta is None:
            return EntropyProduction(name, None, False, f"reservoir {part.name!r} has no temperature")
        if not flows.has_heat[r]:
            reason = f"the particle flow of {part.name!r} is not known: give the number operator"
            return EntropyProduction(name, None, False, reason)
        scale_of_heat, noise = _heat_moved(flows, r, part)
        total += _product(-beta, float(flows.heat[r]), noise)
        scale += _product(abs(beta), scale_of_heat, noise)
        error += _product(abs(beta), noise, noise)
    return EntropyProduction(name, total, True, "dS/dt − Σ_r β_r J_Q,r", scale, error)


def transition_resolved(
    generator: Generator, state: AnyState, flows: Currents, entropy_rate_of_system: float
) -> EntropyProduction:
    """`dS/dt + sum over reservoirs and transitions of flow times log(rate / reverse rate)`, any distribution.

    With the temperature of a transition defined by its own rates it needs no thermal reservoir; for thermal ones
    it equals the Clausius form.
    """
    require_generator(generator)
    density = density_in(generator.spectrum, state)
    name, total, scale, error = "transition-resolved", entropy_rate_of_system, abs(entropy_rate_of_system), 0.0
    for part, noise in zip(generator.dissipators, flows.noise, strict=True):
        for process in processes(part, density):
            if process.log_ratio is None:
                reason = f"the reverse of a jump of {part.name!r} is not known"
                return EntropyProduction(name, None, False, reason)
            flow = np.exp(process.log_flow)
            # A flow within its error has no direction: it produces nothing, even where the reverse has no rate.
            present = flow > noise
            terms = flow[present] * process.log_ratio[present]
            total, scale = total + float(terms.sum()), scale + float(np.abs(terms).sum())
            # Each flow is uncertain by its noise, one that is left out by no more than itself.
            known = np.isfinite(process.log_ratio) & (flow > 0)
            uncertain = np.where(present, np.broadcast_to(noise, flow.shape), flow)
            error += float(np.sum(uncertain[known] * np.abs(process.log_ratio[known])))
    return EntropyProduction(name, total, True, "dS/dt + Σ flow · log(rate / reverse rate)", scale, error)


def spohn(generator: Generator, state: AnyState, stationary: StationaryState) -> EntropyProduction:
    """`-Tr[L(rho) (log rho - log sigma)] >= 0` for a GKSL semigroup; zero at the stationary state.

    Infinite if weight moves outside the support of sigma, which it only leaves.
    """
    require_generator(generator)
    density = density_in(generator.spectrum, state)
    change = generator.apply_elements(density.elements)
    rate = _rate_of(generator)
    reference = density_in(generator.spectrum, stationary)
    leaving = _log_flux(change, reference, rate)
    value = np.inf if np.isinf(leaving) else _log_flux(change, density, rate) - leaving
    scale = float(np.abs(change).sum())
    gaps = np.abs(generator.spectrum.energies[:, None] - generator.spectrum.energies[None, :])
    size = rate + float((gaps * np.abs(density.elements)).max())
    noise = _log_flux_error(change, density, size) + _log_flux_error(change, reference, size)
    return EntropyProduction("Spohn", value, True, "−Tr[L(ρ)(log ρ − log σ)]", scale, noise)


def spohn_of_reservoirs(generator: Generator, state: AnyState, flows: Currents) -> EntropyProduction:
    """`sum_r -Tr[D_r(rho) (log rho - log tau_r)]`, tau_r the Gibbs state of H at beta_r, mu_r.

    Non-negative when every `D_r` leaves `tau_r` invariant (weak coupling with mu = 0 or graded couplings); the
    largest `||D_r(tau_r)||` decides whether that is claimed.
    """
    require_generator(generator)
    name = "Spohn per reservoir"
    density = density_in(generator.spectrum, state)
    total, defect = 0.0, 0.0
    for part, rate in zip(generator.dissipators, flows.rate_scale, strict=True):
        tau = reservoir_gibbs_state(generator, part)
        if tau is None:
            return EntropyProduction(name, None, False, f"reservoir {part.name!r} has no Gibbs state of the system")
        change = part.apply_elements(density.elements, generator.spectrum)
        value = _log_flux(change, density, rate) - _reservoir_flux(generator, part, change, tau, rate)
        if np.isnan(value):
            reason = f"the state and the Gibbs state of {part.name!r} both lack a level that weight flows into"
            return EntropyProduction(name, None, False, reason)
        total += value
        invariance = part.apply_elements(tau.elements, generator.spectrum)
        uniform = np.eye(generator.dimension, dtype=complex) / generator.dimension
        size = np.abs(part.apply_elements(uniform, generator.spectrum)).sum()
        defect = max(defect, float(np.abs(invariance).sum() / size) if size > 0 else 0.0)
    reason = "−Σ_r Tr[D_r(ρ)(log ρ − log τ_r)], τ_r the Gibbs state at β_r, μ_r"
    # Each term is a flow times a difference of logarithms: what round-off is relative to.
    logs = density.log_weights[np.isfinite(density.log_weights)]
    span = 1.0 + float(np.ptp(logs))
    noise = 64 * ROUND_OFF * float(flows.rate_scale.sum()) * span
    return EntropyProduction(name, total, defect < 1e-9, reason, float(flows.one_way.sum()) * span + noise, noise)


def reservoir_gibbs_state(generator: Generator, part: Dissipator) -> DensityMatrix | None:
    """Gibbs state of the system at the temperature and chemical potential of a reservoir, or None."""
    require_generator(generator)
    reservoir = part.reservoir
    if reservoir is None or reservoir.inverse_temperature is None:
        return None
    mu = reservoir.chemical_potential or 0.0
    if mu != 0.0 and generator.number is None:
        return None
    return gibbs_state(generator.spectrum, reservoir.inverse_temperature, mu, generator.number)


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
    """What rounding of the change, and the errors of the weights and eigenvectors of the reference, make of the flux.

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
    generator: Generator, part: Dissipator, change: ComplexArray, tau: DensityMatrix, rate: float
) -> float:
    """`-Tr[change log tau]`; at zero temperature beta times the change of `H - mu N`: infinite, with its sign."""
    assert part.reservoir is not None
    beta, mu = part.reservoir.inverse_temperature, part.reservoir.chemical_potential or 0.0
    if beta is None or np.isfinite(beta):
        return _log_flux(change, tau, rate)
    spectrum = generator.spectrum
    K = np.diag(spectrum.energies - spectrum.energies.min()).astype(complex)
    if mu != 0.0 and generator.number is not None:
        K = K - mu * spectrum.to_energy_basis(generator.number)
    gained = float(np.einsum("ij,ji->", K, change).real)
    if abs(gained) > 1e-13 * rate * float(np.abs(K).max()):
        return float(np.copysign(np.inf, beta * gained))
    lowest = np.isfinite(tau.log_weights)
    return float(-np.sum(_diagonal_in(change, tau.basis)[lowest] * tau.log_weights[lowest]))


def _rate_of(generator: Generator) -> float:
    """Largest rate that a reservoir could cause."""
    return float(max(rate_ceiling(part, generator.spectrum).max() for part in generator.dissipators))


def _diagonal_in(elements: ComplexArray, basis: ComplexArray | None) -> RealArray:
    if basis is None:
        return np.asarray(np.diag(elements).real)
    return np.asarray(np.einsum("ik,ij,jk->k", basis.conj(), elements, basis, optimize=True).real)


def _heat_moved(flows: Currents, r: int, part: Dissipator) -> tuple[float, float]:
    """Heat that moves in both directions together, to which the net heat is relative; and the error of the net."""
    gaps = np.abs(flows.spectrum.levels[:, None] - flows.spectrum.levels[None, :])
    mu = abs(part.reservoir.chemical_potential or 0.0) if part.reservoir is not None else 0.0
    scale = float(np.sum((gaps + mu) * flows.one_way[r]) + abs(flows.heat[r]))
    return scale, float(np.sum((gaps + mu) * flows.noise[r]))


def _product(factor: float, flow: float, noise: float) -> float:
    """`factor * flow`, where infinity times a flow within its error is zero: a reservoir at T = 0 that is at rest."""
    if np.isinf(factor) and abs(flow) <= noise:
        return 0.0
    return factor * flow if flow != 0.0 else 0.0
