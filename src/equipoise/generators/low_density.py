"""The low-density limit: the generator of a target bombarded by dilute gases."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from equipoise._checks import ROUND_OFF, ComplexArray, RealArray, require
from equipoise.generators.generator import Dissipator, Generator
from equipoise.generators.kinds import Secular
from equipoise.provenance import Provenance
from equipoise.scattering import Gas, Target, scattering_rates
from equipoise.scattering import scattering_shift as shift_of_collisions
from equipoise.scattering.coherences import CoherenceGroup, coherence_groups
from equipoise.spectrum import Spectrum


def low_density(target: Target, gas: Gas | Sequence[Gas], *, scattering_shift: bool = True) -> Generator:
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

    Parameters
    ----------
    target : Target
        Hamiltonian of the system and its interaction with one particle.
    gas : Gas or sequence of Gas
        Each causes a dissipator; their densities are so low that collisions do not overlap.
    scattering_shift : bool, default True
        Include the Hamiltonian :math:`\Delta` (`equipoise.scattering.scattering_shift`), of the order of the decay of
        coherences. It commutes with H, leaves Gibbs states and populations of generic levels alone, and is computed
        when first needed.

    Returns
    -------
    Generator
        One dissipator for each gas, of kind Secular, whose jumps bring no quanta.

    Raises
    ------
    InputError
        What is no target or gas, no gas at all, two gases of one name.

    References
    ----------
    Alicki, Sindelka & Gelbwaser-Klimovsky (2023), (6)-(9) and (20), corrected: (20) lacks a factor 2, and the average
    of (9) holds the Hamiltonian term beside (7). Duemcke (1985). Frigerio (1978).

    Examples
    --------
    >>> from equipoise.scattering import Contact, maxwell_boltzmann
    >>> target = Target([[0, 1, 1j], [1, 0, 1], [-1j, 1, 0.3]], Contact([1.0, 0.7, 1.5]))
    >>> generator = low_density(target, Gas("helium", maxwell_boltzmann(temperature=1.0), density=0.01))
    >>> from equipoise.stationary import gibbs_state, stationary_state
    >>> gibbs = gibbs_state(target.spectrum, 1.0)
    >>> bool(np.allclose(stationary_state(generator).density.weights, gibbs.weights, rtol=1e-9))
    True
    """
    _require_target(target)
    gases = _checked_gases(gas)
    dissipators = [_dissipator(target, g, scattering_shift) for g in gases]
    options: dict[str, float | int | bool | str] = {
        "clustering tolerance": target.spectrum.tolerance,
        "scattering shift": scattering_shift,
    }
    return Generator(target.spectrum, tuple(dissipators), provenance=Provenance("low density, secular", options))


def _require_target(target: object) -> None:
    require(
        isinstance(target, Target),
        "target",
        "be a Target",
        f"got {type(target).__name__}",
        "Make one with Target(hamiltonian, interaction).",
    )


def _checked_gases(gas: object) -> tuple[Gas, ...]:
    gases = (gas,) if isinstance(gas, Gas) or not isinstance(gas, Sequence) else tuple(gas)
    require(len(gases) > 0, "gas", "be a Gas or a sequence of gases", "is empty")
    for g in gases:
        require(isinstance(g, Gas), "gas", "be a Gas or a sequence of gases", f"got {type(g).__name__}")
    names = [g.name for g in gases]
    require(len(set(names)) == len(names), "gas", "name its gases differently", f"got {names}")
    return gases


def _dissipator(target: Target, gas: Gas, scattering_shift: bool) -> Dissipator:
    rates = scattering_rates(target, gas)
    kind = _secular(target.spectrum, rates.log_rates, coherence_groups(rates))
    return Dissipator(kind, gas, partial(_shift, target, gas) if scattering_shift else None)


def _shift(target: Target, gas: Gas) -> ComplexArray:
    return np.asarray(target.spectrum.to_given_basis(shift_of_collisions(target, gas)), dtype=complex)


def _secular(spectrum: Spectrum, log_rates: RealArray, groups: Sequence[CoherenceGroup]) -> Secular:
    """Families whose products are X: pairs alone at their frequency in the first, groups by their eigenvectors."""
    factors = [_factor(group.correlation) for group in groups]
    families = max([1, *(factor.shape[1] for factor in factors)])
    d = spectrum.dimension
    operators = np.zeros((families, d, d), dtype=complex)
    operators[0] = np.isfinite(log_rates)
    for group, factor in zip(groups, factors, strict=True):
        operators[:, group.rows, group.columns] = 0.0
        operators[: factor.shape[1], group.rows, group.columns] = factor.T
    scale = _largest_by_level(spectrum, log_rates)
    present = np.isfinite(log_rates)
    operators[:, present] *= np.exp(0.5 * (log_rates[present] - scale[present]))
    family_rates = np.where(operators != 0, scale[None], -np.inf)
    return Secular(spectrum, operators, np.asarray(family_rates), (0,) * families, None)


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
