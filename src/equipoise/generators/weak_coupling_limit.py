"""The weak-coupling (stochastic) limit: the secular GKSL generator of a system with its reservoirs."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import partial

import numpy as np

from equipoise._checks import ComplexArray, InputError, RealArray, UserCodeError
from equipoise.generators._elements import derived_generator, elements_of_couplings
from equipoise.generators._lamb_shift import lamb_shift_hamiltonian, root_of_conjugate
from equipoise.generators.generator import Dissipator, Generator, Undetermined, require_system
from equipoise.generators.representations import FrequencyResolved
from equipoise.generators.validity import SecularApproximationWarning, secular_validity
from equipoise.reservoirs import CorrelatedDensity, Reservoir
from equipoise.spectrum import Spectrum
from equipoise.systems import OpenSystem


def weak_coupling(
    system: OpenSystem, *, lamb_shift: bool = True, resolution: float | None = None, warn: bool = True
) -> Generator:
    r"""Secular GKSL generator of the weak-coupling (van Hove, stochastic) limit.

    With `D_w = sum_{e_n - e_m = w} P_m D P_n` and `D[L](rho) = L rho L^dagger - {L^dagger L, rho}/2`::

        L(rho) = -i[H + H_LS, rho]
                 + sum_{r, w} ( 2 pi J_r(w) (1 +- n_r(w)) D[D_w] + 2 pi J_r(w) n_r(w) D[D_w^dagger] ),
        H_LS   = sum_{r, w} ( S_out(w) D_w^dagger D_w - S_in(w) D_w D_w^dagger ),

    `S_out(w) = -P int J(v) (1 +- n(v)) / (v - w) dv`, `S_in(w) = -P int J(v) n(v) / (v - w) dv`, upper sign for
    bosons, the sum over Bohr frequencies of both signs and zero. Degenerate levels and coinciding gaps couple
    coherences and are kept. At w = 0 a bosonic reservoir dephases at the rate `lim 2 pi J n` (2 pi eta T for an
    Ohmic one), half in each term, and only `S_out - S_in` enters. Nothing of size d^2 x d^2 is formed.

    Parameters
    ----------
    system : OpenSystem
    lamb_shift : bool, default True
        Include `H_LS`, which commutes with H; it is computed when first needed.
    resolution : float, optional
        Coupling elements of modulus up to `resolution` times the norm of the coupling are left out and reported
        as `undetermined`. Default: 0 for a system given by levels; for a matrix, the round-off with which an
        element is known, `4 sqrt(d) eps (1 + ||H|| / gap_i + ||H|| / gap_j)`, gap_i the distance of state i to
        the nearest other level.
    warn : bool, default True
        Warn where the limit is doubtful; False if you look at `secular_validity(generator)` yourself.

    Returns
    -------
    Generator
        One dissipator for each reservoir, represented by FrequencyResolved.

    Warns
    -----
    SecularApproximationWarning
        Two levels are so near that a reservoir moves both at more than a tenth of their gap.

    Raises
    ------
    InputError
        Spectral density negative or infinite at a Bohr frequency, bosonic chemical potential above the band.

    References
    ----------
    Accardi & Imafuku (2002), (17)-(24), corrected: (22b) has no factor i; (23c) lacks 1/2; w = 0 and w < 0 are
    part of the Lamb shift. Davies (1974). Correlated channels: rate matrix `gamma_ab = 2 pi J_ab (1 +- n)` of
    `D_a rho D_b^dagger`.

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
    >>> from equipoise.systems import Coupling
    >>> bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.01, 10.0))
    >>> generator = weak_coupling(OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]])]))
    >>> gibbs = np.diag(np.exp([0.0, -1.0])) / (1 + np.exp(-1.0))
    >>> bool(np.abs(generator.apply(gibbs)).max() < 1e-17)
    True
    """
    require_system(system)
    spectrum = system.spectrum
    dissipators = []
    undetermined: list[Undetermined] = []
    for reservoir in system.reservoirs:
        elements, dropped = elements_of_couplings(system, reservoir, resolution)
        undetermined += dropped
        kind = _secular(spectrum, reservoir, elements)
        shift = partial(lamb_shift_hamiltonian, spectrum, reservoir, elements) if lamb_shift else None
        dissipators.append(Dissipator(kind, reservoir=reservoir, coherent_term=shift))
    limit = "weak coupling (stochastic limit), secular"
    options = {"clustering tolerance": spectrum.tolerance, "lamb shift": lamb_shift}
    derived = derived_generator(system, dissipators, undetermined, limit, options, resolution=resolution)
    generator = replace(derived, system=system)
    if warn and (validity := secular_validity(generator)).is_doubtful:
        warnings.warn(f"{validity} {validity.remedy}", SecularApproximationWarning, stacklevel=2)
    return generator


def _secular(spectrum: Spectrum, reservoir: Reservoir, elements: ComplexArray) -> FrequencyResolved:
    """Coupling operators `D` for out-processes, `D^dagger` for in-processes: k and K + k are each other's reverse."""
    mixed = _independent_channels(spectrum, reservoir, elements)
    log_out, log_in = log_rates_on(spectrum, reservoir, mixed)
    K = len(mixed)
    operators = np.concatenate([mixed, mixed.conj().transpose(0, 2, 1)])
    log_rates = np.concatenate(
        [np.broadcast_to(log_out, mixed.shape), np.broadcast_to(log_in.T, mixed.shape)],
    )
    return FrequencyResolved(
        spectrum,
        coupling_operators=operators,
        log_rates=log_rates,
        particles_per_jump=(-1,) * K + (1,) * K,
        reverse=(*range(K, 2 * K), *range(K)),
    )


def log_rates_on(spectrum: Spectrum, reservoir: Reservoir, elements: ComplexArray) -> tuple[RealArray, RealArray]:
    """Logarithms of the out- and in-rates at `w = e_j - e_i` on the element [i, j] of D, shape (d, d)."""
    frequencies = spectrum.state_energies[None, :] - spectrum.state_energies[:, None]
    needed = np.any(elements != 0, axis=0)
    log_out = np.full(frequencies.shape, -np.inf)
    log_in = np.full(frequencies.shape, -np.inf)
    # Only frequencies at which D has an element are asked: a density may be undefined elsewhere.
    try:
        log_out[needed] = reservoir.log_rate_out(frequencies[needed])
        log_in[needed] = reservoir.log_rate_in(frequencies[needed])
    except (InputError, UserCodeError) as error:
        # The cause stays the user's own exception, for those who look for it.
        where = _first_failure(spectrum, reservoir, needed)
        raise type(error)(f"{error} This is reservoir {reservoir.name!r}{where}.") from error.__cause__
    return log_out, log_in


def _first_failure(spectrum: Spectrum, reservoir: Reservoir, needed: np.ndarray) -> str:
    """A transition whose rates cannot be had, in words: `, transition 0-2 at omega = 1.5`."""
    energies = spectrum.state_energies
    pairs = np.argwhere(needed)
    while len(pairs) > 1:
        half = pairs[: len(pairs) // 2]
        pairs = half if _fails(reservoir, energies[half[:, 1]] - energies[half[:, 0]]) else pairs[len(half) :]
    i, j = pairs[0]
    omega = float(energies[j] - energies[i])
    if not _fails(reservoir, np.array([omega])):
        # Only all frequencies together fail.
        return ""
    lower, upper = sorted((int(spectrum.level_of[i]), int(spectrum.level_of[j])))
    if lower == upper:
        return f", within level {spectrum.labels[lower]} at omega = 0"
    return f", transition {spectrum.labels[lower]}-{spectrum.labels[upper]} at omega = {omega:.6g}"


def _fails(reservoir: Reservoir, frequencies: RealArray) -> bool:
    try:
        reservoir.log_rate_out(frequencies)
        reservoir.log_rate_in(frequencies)
    except (InputError, UserCodeError):
        return True
    return False


def _independent_channels(spectrum: Spectrum, reservoir: Reservoir, elements: ComplexArray) -> ComplexArray:
    """Channels that add incoherently: `sum_a R_ka D_a` with `R = sqrt(conj C)` for `J_ab = J C_ab`."""
    density = reservoir.spectral_density
    if not isinstance(density, CorrelatedDensity):
        return elements
    frequencies = spectrum.state_energies[None, :] - spectrum.state_energies[:, None]
    mixed = np.zeros_like(elements)
    # A function C(omega) is asked only where D has an element and the reservoir has modes.
    needed = np.any(elements != 0, axis=0)
    needed[needed] = np.isfinite(reservoir.log_rate_out(frequencies[needed])) | np.isfinite(
        reservoir.log_rate_in(frequencies[needed])
    )
    roots = root_of_conjugate(density.correlation_matrix(frequencies[needed]))
    mixed[:, needed] = np.einsum("pka,ap->kp", roots, elements[:, needed])
    return mixed
