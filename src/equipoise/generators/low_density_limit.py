"""The low-density limit: the generator of a target bombarded by dilute gases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from equipoise._checks import ROUND_OFF, ComplexArray, RealArray, require
from equipoise._printed import counted
from equipoise.generators._elements import relative_resolution
from equipoise.generators.generator import Dissipator, Generator, Undetermined
from equipoise.generators.representations import FrequencyResolved
from equipoise.provenance import Provenance
from equipoise.scattering import Gas, Target, bound_states, scattering_rates
from equipoise.scattering.coherences import CoherenceGroup, coherence_groups
from equipoise.scattering.coherences import scattering_shift as shift_of
from equipoise.scattering.rates import ScatteringRates
from equipoise.scattering.shell_integrals.amplitudes import ResolvedAmplitudes
from equipoise.spectrum import Spectrum


def low_density(
    target: Target, gas: Gas | Sequence[Gas], *, scattering_shift: bool = True, resolution: float | None = None
) -> Generator:
    r"""Secular GKSL generator of the low-density limit: collisions with the particles of dilute gases, one at a time.

    With :math:`E_{kl} = |k\rangle\langle l|` and the T-matrix of one particle, :math:`S = 1 - iT`,

    .. math::
        L\rho = -i[H + \Delta, \rho] + \sum_\omega \sum_{(kl),(k'l')} X_{(kl),(k'l')} \bigl(
                E_{kl}\,\rho\,E_{k'l'}^\dagger - \tfrac12 \{E_{k'l'}^\dagger E_{kl}, \rho\}\bigr), \\
        X_{(kl),(k'l')} = \int \frac{de}{2\pi} \sum_{\alpha'\alpha} f_\alpha(e)\,
                T_{k\alpha',l\alpha}(e+\epsilon_l)\, T^*_{k'\alpha',l'\alpha}(e+\epsilon_{l'}),

    the sums over pairs of one Bohr frequency, :math:`\epsilon_k - \epsilon_l = \epsilon_{k'} - \epsilon_{l'}`. X is a
    positive matrix for each frequency: the generator is completely positive, and commutes with [H, .]. The rate
    l -> k is :math:`X_{(kl),(kl)}`. Elastic collisions dephase (frequency zero); equidistant and degenerate levels
    couple coherences.

    The Gibbs state at the temperature of a thermal gas is stationary, by the unitarity of S and nothing else:
    detailed balance is not needed, and currents may circulate in equilibrium. It is the only one, and every state
    relaxes to it, where no operator but the multiples of one commutes with H and with all jumps (Frigerio): where the
    transitions of non-zero rate connect all levels, for generic levels. Couplings equal for all states of the target
    scatter elastically only: then each level keeps its probability, and `stationary_state` says so.

    Where T is symmetric the flows of all pairs of levels balance, and the generator has hidden time reversal. KMS and
    GNS detailed balance ask more, that :math:`X_{(kk),(ll)}` be real but for a part that is a Hamiltonian: the phases
    of elastic amplitudes break that from three levels on, whatever protects the populations.

    Parameters
    ----------
    target : Target
        Hamiltonian of the system and its interaction with one particle.
    gas : Gas or sequence of Gas
        Each causes a dissipator; their densities are so low that collisions do not overlap.
    scattering_shift : bool, default True
        Include the Hamiltonian :math:`\Delta` of the module `equipoise.scattering.coherences`, of the order of the
        decay of coherences. It commutes with H, leaves Gibbs states and populations of generic levels alone, and is
        computed when first needed.
    resolution : float, optional
        Transitions l -> k with a root mean square of :math:`T_{kl}` up to `resolution` times the largest are left out
        and reported as `undetermined`. Default: 0 for a target given by levels; for a matrix, the round-off with
        which an element is known, as in `weak_coupling`.

    Returns
    -------
    Generator
        One dissipator for each gas, represented by FrequencyResolved, whose jumps bring no quanta. Its notes count
        bound states of target and particle and say what they do to the derivation.

    Raises
    ------
    InputError
        If an argument is no target or no gas, no gas is given, two gases have one name, or the resolution is negative.

    References
    ----------
    Alicki, Sindelka & Gelbwaser-Klimovsky (2023), (6)-(9) and (20), corrected: (20) lacks a factor 2, and the average
    of (9) holds the Hamiltonian term in addition to (7). Duemcke (1985). Frigerio (1978).

    Examples
    --------
    >>> from equipoise.scattering import DeltaInteraction, maxwell_boltzmann
    >>> target = Target([[0, 1, 1j], [1, 0, 1], [-1j, 1, 0.3]], DeltaInteraction([1.0, 0.7, 1.5]))
    >>> generator = low_density(target, Gas("helium", maxwell_boltzmann(temperature=1.0), density=0.01))
    >>> from equipoise.stationary import gibbs_state, stationary_state
    >>> gibbs = gibbs_state(target.spectrum, 1.0)
    >>> bool(np.allclose(stationary_state(generator).weights, gibbs.weights, rtol=1e-9))
    True
    """
    came, remedy = f"got {type(target).__name__}", "Make one with Target(hamiltonian, interaction)."
    require(isinstance(target, Target), "target", "be a Target", came, remedy)
    gases = _checked_gases(gas)
    relative = relative_resolution(target.spectrum, resolution, is_exact=np.ndim(target.hamiltonian) == 1)
    dissipators, undetermined = [], []
    for g in gases:
        rates, dropped = _without_round_off(scattering_rates(target, g), relative)
        amplitudes = ResolvedAmplitudes(target, g)
        kind = _secular(target.spectrum, rates.log_rates, coherence_groups(rates, amplitudes))
        amplitudes.keep_within_levels()
        dissipators.append(
            Dissipator(kind, reservoir=g, coherent_term=partial(_shift, amplitudes) if scattering_shift else None)
        )
        undetermined += dropped
    options: dict[str, float | int | bool | str] = {
        "clustering tolerance": target.spectrum.tolerance,
        "scattering shift": scattering_shift,
        "resolution": "round-off" if resolution is None else resolution,
    }
    provenance = Provenance("low density, secular", options, _notes(target, gases))
    return Generator(target.spectrum, tuple(dissipators), provenance=provenance, undetermined=tuple(undetermined))


def _notes(target: Target, gases: Sequence[Gas]) -> tuple[str, ...]:
    """How bound states limit the derivation, where a gas has any."""
    found = [(g.name, bound_states(target, g.mass)) for g in gases]
    return tuple(
        f"{counted(states.count, 'bound state')} of the target and a particle of {name!r}: {states.consequence}"
        for name, states in found
        if states.count
    )


def _checked_gases(gas: object) -> tuple[Gas, ...]:
    gases = (gas,) if isinstance(gas, Gas) or not isinstance(gas, Sequence) else tuple(gas)
    require(len(gases) > 0, "gas", "be a Gas or a sequence of gases", "is empty")
    for g in gases:
        require(isinstance(g, Gas), "gas", "be a Gas or a sequence of gases", f"got {type(g).__name__}")
    names = [g.name for g in gases]
    require(len(set(names)) == len(names), "gas", "name its gases differently", f"got {names}")
    return gases


def _without_round_off(rates: ScatteringRates, relative: RealArray) -> tuple[ScatteringRates, list[Undetermined]]:
    """Rates less those of amplitudes that cannot be told from round-off; say which."""
    log_size = rates.log_elements
    log_size -= log_size.max() if np.isfinite(log_size.max()) else 0.0
    with np.errstate(divide="ignore"):
        small = np.isfinite(log_size) & (log_size <= np.log(relative))
    if not small.any():
        return rates, []
    log_size[~small] = -np.inf
    k, into = np.unravel_index(int(np.argmax(log_size)), log_size.shape)
    found = Undetermined(rates.gas.name, int(small.sum()), float(np.exp(log_size[k, into])), (int(into), int(k)))
    return replace(rates, log_rates=np.where(small, -np.inf, rates.log_rates)), [found]


def _shift(amplitudes: ResolvedAmplitudes) -> ComplexArray:
    target = amplitudes.target
    shift = shift_of(amplitudes)
    amplitudes.forget()
    return np.asarray(target.spectrum.to_given_basis(shift), dtype=complex)


def _secular(spectrum: Spectrum, log_rates: RealArray, groups: Sequence[CoherenceGroup]) -> FrequencyResolved:
    """Coupling operators whose products are X: the first holds the pairs that are alone at their frequency, and a group
    of pairs is spread over as many as its correlation has eigenvectors.
    """
    factors = [_factor(group.correlation) for group in groups]
    count = max([1, *(factor.shape[1] for factor in factors)])
    d = spectrum.dimension
    operators = np.zeros((count, d, d), dtype=complex)
    operators[0] = np.isfinite(log_rates)
    for group, factor in zip(groups, factors, strict=True):
        operators[:, group.rows, group.columns] = 0.0
        operators[: factor.shape[1], group.rows, group.columns] = factor.T
    scale = _largest_by_level(spectrum, log_rates)
    present = np.isfinite(log_rates)
    operators[:, present] *= np.exp(0.5 * (log_rates[present] - scale[present]))
    return FrequencyResolved(
        spectrum,
        coupling_operators=operators,
        log_rates=np.where(operators != 0, scale[None], -np.inf),
        particles_per_jump=(0,) * count,
        reverse=None,
    )


def _factor(correlation: ComplexArray) -> ComplexArray:
    """B of shape (P, r) with `B B^dagger` the correlation and rows of norm one."""
    values, vectors = np.linalg.eigh(correlation)
    kept = values > 4 * values.size * ROUND_OFF * values[-1]
    B = vectors[:, kept] * np.sqrt(values[kept])
    return np.asarray(B / np.linalg.norm(B, axis=1, keepdims=True))


def _largest_by_level(spectrum: Spectrum, log_rates: RealArray) -> RealArray:
    """Largest rate between two levels, in the place of each of their states."""
    if not spectrum.is_degenerate:
        return log_rates
    level_of = spectrum.level_of
    table = np.full((spectrum.size,) * 2, -np.inf)
    np.maximum.at(table, (level_of[:, None], level_of[None, :]), log_rates)
    return np.asarray(table[np.ix_(level_of, level_of)])
