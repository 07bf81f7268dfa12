"""Directed fluxes: how often each reservoir takes a system in a state from one level to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, singledispatch

import numpy as np

from equipoise._checks import ROUND_OFF, Array, RealArray
from equipoise._printed import amount, described, table
from equipoise.generators import FrequencyResolved, Generator, Jumps
from equipoise.generators.representations import AbstractRepresentation
from equipoise.spectrum import Spectrum
from equipoise.stationary import DensityMatrix, StationaryState


@dataclass(frozen=True, eq=False, kw_only=True)
class Process:
    """The jumps of one reservoir that share a reverse and a number of particles.

    A field of quanta causes two processes, one that takes quanta and one that brings them; each is the reverse of the
    other. All tables hold n -> m at [m, n]; -inf means never.

    Parameters
    ----------
    log_fluxes : RealArray, shape (L, L)
        `log Tr[P_m Phi(P_n rho P_n)]`; on the diagonal jumps within a level, which may carry particles, too.
    log_rates : RealArray, shape (L, L)
        Logarithm of the flux over the population of level n.
    log_ratios : RealArray, shape (L, L), or None
        `log(rate of n -> m / rate of the reverse m -> n)`; None where the reverse is not known.
    particles_per_jump : int or None
        Particles that each jump brings into the system; None where this is not known.
    """

    log_fluxes: RealArray
    log_rates: RealArray
    log_ratios: RealArray | None
    particles_per_jump: int | None

    @property
    def brought(self) -> RealArray:
        """Particles that the jumps bring into the system per unit time, n -> m at [m, n]; zero where not known."""
        return np.asarray((self.particles_per_jump or 0) * np.exp(self.log_fluxes))


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class DirectedFluxes:
    """How often per unit time each reservoir causes each transition between levels, in both directions.

    The directed flux of n -> m is `Tr[P_m Phi_r(P_n rho P_n)]`, Phi_r the jump part of the dissipator of reservoir r,
    held as a logarithm: fluxes far below 1e-300 keep their digits. Found as `at_state(...).directed_fluxes`.

    Parameters
    ----------
    spectrum : Spectrum
    reservoirs : tuple of str, length R
        Name of the reservoir of each dissipator.
    processes : tuple of R tuples of Process
        The fluxes of each reservoir, separated by their reverse and by the particles they carry, where known.
    log_errors : RealArray, shape (R, L, L)
        Logarithm of the error expected of each flux: relative round-off after elimination; after a null-space solve
        a fraction of the flux that the same population would give without interference.
    rate_scales : RealArray, shape (R,)
        Largest rate between levels that each reservoir could cause, relative to which a rate is round-off.

    Examples
    --------
    >>> from equipoise.fluxes import at_state
    >>> from equipoise.generators import rate_equation
    >>> found = at_state(rate_equation([[0, 1.0], [3.0, 0]])).directed_fluxes
    >>> found.fluxes[0].round(12).tolist(), float(abs(found.net).max()) < 1e-15
    ([[0.0, 0.75], [0.75, 0.0]], True)
    """

    spectrum: Spectrum
    reservoirs: tuple[str, ...]
    processes: tuple[tuple[Process, ...], ...]
    log_errors: RealArray
    rate_scales: RealArray

    @cached_property
    def log_fluxes(self) -> RealArray:
        """Logarithm of the directed flux n -> m of each reservoir, [r, m, n], shape (R, L, L); -inf on the diagonal."""
        return _between_levels([[process.log_fluxes for process in own] for own in self.processes])

    @cached_property
    def log_rates(self) -> RealArray:
        """Logarithm of the rate n -> m of each reservoir, [r, m, n], shape (R, L, L); -inf on the diagonal."""
        return _between_levels([[process.log_rates for process in own] for own in self.processes])

    @cached_property
    def fluxes(self) -> RealArray:
        """Directed flux n -> m of each reservoir, [r, m, n], shape (R, L, L)."""
        return np.asarray(np.exp(self.log_fluxes))

    @cached_property
    def errors(self) -> RealArray:
        """Error expected of each directed flux, shape (R, L, L)."""
        return np.asarray(np.exp(self.log_errors))

    @cached_property
    def net(self) -> RealArray:
        """Net probability current n -> m caused by each reservoir, shape (R, L, L), antisymmetric in m, n."""
        return np.asarray(self.fluxes - self.fluxes.transpose(0, 2, 1))

    @cached_property
    def activity(self) -> RealArray:
        """Directed fluxes of both directions added, shape (R, L, L), symmetric in m, n."""
        return np.asarray(self.fluxes + self.fluxes.transpose(0, 2, 1))

    @cached_property
    def particles_within(self) -> RealArray:
        """Particles that jumps within each level carry in both directions together, shape (R, L).

        They are no current between levels: a fermionic level at zero energy whose number states were not told apart.
        """
        return np.array([sum(np.abs(np.diag(process.brought)) for process in own) for own in self.processes])

    @property
    def is_particle_number_known(self) -> tuple[bool, ...]:
        """Whether the particles that each jump carries are known, for each reservoir, length R."""
        return tuple(all(process.particles_per_jump is not None for process in own) for own in self.processes)

    def __repr__(self) -> str:
        every = zip(self.reservoirs, self.fluxes, self.net, strict=True)
        rows = [[name, *(amount(float(one.max(initial=0.0))) for one in both)] for name, *both in every]
        below = table(["", "largest flux", "largest net"], rows, "reservoir")
        return described(f"directed fluxes between {self.spectrum.size} levels", below=below)


def directed_fluxes(generator: Generator, density: DensityMatrix, stationary: StationaryState | None) -> DirectedFluxes:
    """The directed fluxes of a generator in a state; `stationary` is the evidence for the state, where there is any."""
    parts = generator.dissipators
    processes = tuple(tuple(_processes(part.representation, density)) for part in parts)
    rounding = (
        _log(np.array([part.rate_rounding(generator.spectrum) for part in parts])) + density.log_level_populations
    )
    ceilings = np.array([part.representation.rate_ceiling(generator.spectrum) for part in parts])
    log_fluxes = _between_levels([[process.log_fluxes for process in own] for own in processes])
    return DirectedFluxes(
        spectrum=generator.spectrum,
        reservoirs=generator.names,
        processes=processes,
        log_errors=np.logaddexp(rounding, _log_errors(stationary, density, log_fluxes, ceilings)),
        rate_scales=ceilings.max(axis=(1, 2)),
    )


def _between_levels(tables: list[list[RealArray]]) -> RealArray:
    total = np.array([np.logaddexp.reduce(own) for own in tables])
    total[:, np.arange(total.shape[1]), np.arange(total.shape[1])] = -np.inf
    return total


def _log_errors(
    stationary: StationaryState | None, density: DensityMatrix, log_fluxes: RealArray, ceilings: RealArray
) -> RealArray:
    if stationary is not None:
        if density.is_diagonal:
            relative = _log(np.asarray(stationary.relative_accuracy))
            # After a dense solve small populations, and those found empty, are known to an absolute accuracy.
            whole = _log(stationary.population_error)
            absolute = np.where(whole > relative + density.log_level_populations + 1.0, whole, -np.inf)
            return np.asarray(np.logaddexp(relative + log_fluxes, _log(ceilings) + absolute[None, None, :]))
        return _log(ceilings * stationary.population_error[None, None, :])
    rounding, error = np.log(32 * ROUND_OFF) + log_fluxes, density.relative_weight_error
    if error is None:
        return np.asarray(rounding)
    # Weights of a matrix are all known to the same absolute error.
    return np.asarray(np.logaddexp(rounding, _log(ceilings * float(np.max(error * density.weights)))))


@singledispatch
def _processes(kind: AbstractRepresentation, density: DensityMatrix) -> Iterator[Process]:
    # For m != n, Tr[P_m D(P_n rho P_n)] holds the jump part only: no jump operators needed.
    spectrum = density.spectrum
    flux = np.zeros((spectrum.size, spectrum.size))
    for level in range(spectrum.size):
        block = np.where(spectrum.level_of[None, :] == level, density.within_levels, 0)
        change = np.diag(spectrum.to_energy_basis(kind.apply(spectrum.to_given_basis(block)))).real
        flux[:, level] = np.bincount(spectrum.level_of, weights=change, minlength=spectrum.size)
    np.fill_diagonal(flux, 0.0)
    # Negative entries are round-off, or those of a generator that is not completely positive: no directed fluxes.
    yield _process(_log(np.maximum(flux, 0.0)), density)


@_processes.register
def _(kind: Jumps, density: DensityMatrix) -> Iterator[Process]:
    flux = np.zeros((density.spectrum.size,) * 2)
    for sign, L in zip(kind.signs, kind.elements(density.spectrum), strict=True):
        flux += sign * _level_flux(L, density)
    yield _process(_log(np.maximum(flux, 0.0)), density)


@_processes.register
def _(kind: FrequencyResolved, density: DensityMatrix) -> Iterator[Process]:
    spectrum, every = density.spectrum, kind.log_transition_rates
    if kind.reverse is None:
        # All jumps between two levels are one process, whose reverse is all jumps back. Out of a degenerate level
        # the rates back depend on the state within it: no ratio of rates is that of the process.
        whole = np.logaddexp.reduce(every)
        ratios = [None if spectrum.is_degenerate else log_ratios(whole, whole)]
        groups = [(slice(None), kind.particles_per_jump[0] if len(set(kind.particles_per_jump)) == 1 else None)]
    else:
        by_level = [_over_levels(np.maximum, spectrum, log_rates) for log_rates in kind.log_rates]
        ratios = [log_ratios(forward, by_level[f]) for forward, f in zip(by_level, kind.reverse, strict=True)]
        groups = [(slice(f, f + 1), particles) for f, particles in enumerate(kind.particles_per_jump)]
    for (own, particles), log_ratio in zip(groups, ratios, strict=True):
        log_rates = np.logaddexp.reduce(every[own])
        if not spectrum.is_degenerate:
            # The rate is known by itself, even out of an empty level.
            log_fluxes = log_rates + density.log_level_populations[None, :]
            yield Process(
                log_fluxes=log_fluxes, log_rates=log_rates, log_ratios=log_ratio, particles_per_jump=particles
            )
            continue
        if density.is_diagonal:
            log_fluxes = _over_levels(np.logaddexp, spectrum, log_rates + density.log_weights[None, :])
        else:
            log_fluxes = _log(np.sum([_level_flux(L, density) for L in kind.amplitudes[own]], axis=0))
        yield _process(log_fluxes, density, log_ratio, particles)


def _process(
    log_fluxes: RealArray, density: DensityMatrix, log_ratios: RealArray | None = None, particles: int | None = None
) -> Process:
    """A process whose rates are its fluxes over the populations; an empty level hides them."""
    population = density.log_level_populations[None, :]
    occupied = np.isfinite(population)
    log_rates = np.where(occupied, log_fluxes - np.where(occupied, population, 0.0), -np.inf)
    return Process(log_fluxes=log_fluxes, log_rates=log_rates, log_ratios=log_ratios, particles_per_jump=particles)


def _level_flux(L: Array, density: DensityMatrix) -> RealArray:
    """`Tr[P_m L P_n rho P_n L^dagger] >= 0` from the elements of L in the energy basis, shape (L, L)."""
    by_states = ((L @ density.within_levels) * L.conj()).real
    return np.asarray(np.maximum(density.spectrum.sum_over_levels(by_states), 0.0))


def _over_levels(combine: np.ufunc, spectrum: Spectrum, table: RealArray) -> RealArray:
    """A (d, d) table of logarithms of state pairs, combined over level pairs: (L, L)."""
    if not spectrum.is_degenerate:
        return table
    found = np.full((spectrum.size, spectrum.size), -np.inf)
    combine.at(found, (spectrum.level_of[:, None], spectrum.level_of[None, :]), table)
    return found


def log_ratios(forward: RealArray, backward: RealArray) -> RealArray:
    """`forward[m, n] - backward[n, m]`, 0 where neither process exists."""
    absent = np.isneginf(forward) & np.isneginf(backward.T)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(absent, 0.0, forward - backward.T))


def _log(values: RealArray) -> RealArray:
    """Logarithms, -inf of zero."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values))
