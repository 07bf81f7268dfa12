r"""Effect of collisions on coherences: correlations of the amplitudes of pairs of states that share a Bohr frequency.

.. math::
    X_{(kl),(k'l')} = \int_{\max(0,\omega)}^\infty \frac{de}{2\pi} \sum_{\alpha'\alpha} f_\alpha(e)\,
    T_{k\alpha',l\alpha}(e+\epsilon_l)\, T^*_{k'\alpha',l'\alpha}(e+\epsilon_{l'}),
    \qquad \epsilon_k-\epsilon_l = \epsilon_{k'}-\epsilon_{l'} = \omega,

in which both amplitudes have one kinetic energy but different total energies; and the scattering shift

.. math::
    \Delta_{kl} = \int_0^\infty \frac{de}{2\pi} \sum_\alpha f_\alpha(e)\, \tfrac12 (T + T^\dagger)_{k\alpha,l\alpha}
    (e + \epsilon_l) \qquad (\epsilon_k = \epsilon_l).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import ComplexArray, RealArray
from equipoise._printed import counted, described, named
from equipoise.scattering.gas import Gas
from equipoise.scattering.interactions.interaction import FINER, AbstractInteraction
from equipoise.scattering.rates import ScatteringRates
from equipoise.scattering.shell_integrals.amplitudes import Amplitudes, ResolvedAmplitudes, reach
from equipoise.scattering.shell_integrals.bisection import bisected
from equipoise.scattering.shell_integrals.panels import Panels, Segments
from equipoise.spectrum import pairs_by_label

NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)

_TO_COEFFICIENTS = np.array(
    [(j + 0.5) * np.polynomial.legendre.legval(NODES, np.eye(16)[j]) * WEIGHTS for j in range(16)]
)

TOLERANCE = 1e-14
"""Weight of the last two Legendre coefficients of the amplitudes of a pair on a panel, relative to its rate.

Sixteen Gauss nodes integrate products of two polynomials of degree fifteen exactly.
"""

SHIFT_TOLERANCE = 1e-12
"""Size of the last two Legendre coefficients of the integrand of the shift, relative to its integral of moduli."""


@dataclass(frozen=True, eq=False)
class CoherenceGroup:
    r"""Pairs of states of one Bohr frequency, and how their transitions interfere.

    Parameters
    ----------
    rows, columns : ndarray of int, shape (P,)
        States k out, l in, of each pair.
    correlation : ComplexArray, shape (P, P)
        :math:`X_{pq} / \sqrt{X_{pp} X_{qq}}`, positive, with ones on the diagonal.
    """

    rows: np.ndarray
    columns: np.ndarray
    correlation: ComplexArray

    def __repr__(self) -> str:
        between = np.abs(self.correlation - np.diag(np.diag(self.correlation))).max(initial=0.0)
        pairs = named(f"{column} -> {row}" for row, column in zip(self.rows, self.columns, strict=True))
        return described(
            f"{counted(len(self.rows), 'transition')} of one Bohr frequency",
            ("states", pairs),
            ("correlation", f"up to {between:.6g}"),
        )


def coherence_groups(
    rates: ScatteringRates, amplitudes: ResolvedAmplitudes | None = None
) -> tuple[CoherenceGroup, ...]:
    """Correlations of the transitions that share a Bohr frequency; zero, that of elastic collisions, included.

    The rate of the pair p is `X_pp`. Pairs without a rate, or alone at their frequency, are in no group.

    Examples
    --------
    Without degenerate levels or equal gaps only elastic collisions share a frequency, zero:

    >>> from equipoise.scattering import DeltaInteraction, Target, maxwell_boltzmann, scattering_rates
    >>> target = Target([0.0, 1.0], DeltaInteraction([[1.0, 0.5], [0.5, 2.0]]))
    >>> (elastic,) = coherence_groups(scattering_rates(target, Gas("gas", maxwell_boltzmann(temperature=1.0))))
    >>> elastic.rows.tolist(), round(float(abs(elastic.correlation[0, 1])), 3)
    ([0, 1], 0.983)
    """
    amplitudes = amplitudes or ResolvedAmplitudes(rates.target, rates.gas)
    spectrum = rates.target.spectrum
    _, groups = pairs_by_label(spectrum.state_frequency_labels, np.isfinite(rates.log_rates))
    if not groups:
        return ()
    rows, columns = (np.concatenate([group[k] for group in groups]) for k in (0, 1))
    log_rates = rates.log_rates[rows, columns]
    first = np.cumsum([0, *(group[0].size for group in groups)])
    total = [np.zeros((group[0].size,) * 2, dtype=complex) for group in groups]
    for number, (weight, part) in enumerate(rates.target.interaction.parts()):
        found, index = amplitudes.of_pairs(number, rows, columns)
        for g, group in enumerate(groups):
            mine = slice(first[g], first[g + 1])
            total[g] += weight * _products(found, part, rates, (index[mine], *group), log_rates[mine])
    return tuple(CoherenceGroup(*group, _normalised(X)) for group, X in zip(groups, total, strict=True))


def scattering_shift(amplitudes: ResolvedAmplitudes) -> ComplexArray:
    r"""Hamiltonian that collisions with a gas add to that of the target, in the energy basis.

    The forward amplitude, :math:`\Delta_{kl}` above: it commutes with the Hamiltonian, leaves populations alone and
    shifts the frequencies of coherences in first order of the density, the order of their decay. Hermitian, shape
    (d, d), with elements within levels only.

    References
    ----------
    Alicki, Sindelka & Gelbwaser-Klimovsky (2023), (6)-(9), corrected: the ergodic average (8) of (9) holds this term
    in addition to (7).

    Examples
    --------
    A weak contact potential shifts the levels by its mean field, the number of particles per length times V:

    >>> from equipoise.scattering import DeltaInteraction, Gas, Target, maxwell_boltzmann
    >>> gas = Gas("gas", maxwell_boltzmann(temperature=1.0), density=0.01)
    >>> target = Target([0.0, 1.0], DeltaInteraction([1e-5, 2e-5]))
    >>> shift = scattering_shift(ResolvedAmplitudes(target, gas))
    >>> (shift.diagonal().real * 1e7).round(3).tolist()
    [1.0, 2.0]
    """
    target, gas = amplitudes.target, amplitudes.gas
    spectrum = target.spectrum
    level_of = spectrum.level_of
    rows, columns = np.nonzero(level_of[:, None] == level_of[None, :])
    shift = np.zeros((spectrum.dimension,) * 2, dtype=complex)
    for number, (weight, part) in enumerate(target.interaction.parts()):
        found, index = amplitudes.of_pairs(number, rows, columns)
        for level in range(spectrum.size):
            mine = np.nonzero(level_of[columns] == level)[0]
            forward = _forward(found, part, gas, index[mine], level)
            shift[rows[mine], columns[mine]] += weight * forward
    return np.asarray(0.5 * (shift + shift.conj().T))


def _normalised(X: ComplexArray) -> ComplexArray:
    root = np.sqrt(np.diag(X).real)
    root = np.where(root > 0, root, 1.0)
    out = X / root[:, None] / root[None, :]
    out[np.diag_indices_from(out)] = 1.0
    return np.asarray(out)


def _products(
    amplitudes: Amplitudes,
    part: AbstractInteraction,
    rates: ScatteringRates,
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray],
    log_rates: RealArray,
) -> ComplexArray:
    """X of one group, in units of its largest rate."""
    index, out, into = pairs
    gas, spectrum = rates.gas, rates.target.spectrum
    levels, level_of = spectrum.levels, spectrum.level_of
    gap = float(np.mean(levels[level_of[out]] - levels[level_of[into]]))
    start = max(gap, 0.0)
    top = np.maximum(level_of[out], level_of[into])
    log_scale = float(log_rates.max())
    rate = np.exp(log_rates - log_scale)

    def look(panels: Panels) -> tuple[RealArray, ComplexArray]:
        """Amplitudes y_p at the nodes, such that `X_pq = sum y_p y_q^*` over nodes and waves."""
        excess, measure = _nodes(segments, panels)
        flat = excess.ravel()
        # T = t / sqrt(p_k p_l), one of the momenta that of the excess, the other that of the excess and the gap.
        small, other = np.sqrt(2 * gas.mass * flat), np.sqrt(2 * gas.mass * (flat + abs(gap)))
        log_f = gas.log_occupation(start + flat, part.waves) - log_scale - np.log(2 * np.pi)
        root = np.exp(0.5 * (log_f + np.log(small / other)[:, None])) / small[:, None]
        y = np.empty((index.size, flat.size, amplitudes.waves, amplitudes.waves), dtype=complex)
        for level in np.unique(top):
            mine = np.flatnonzero(top == level)
            y[mine] = amplitudes.values(index[mine], int(level), flat)
        y *= root[None, :, None, :]
        y = y.reshape(index.size, panels.size, NODES.size, -1)
        tails = np.einsum("jn,pKna->pKja", _TO_COEFFICIENTS[-2:], y, optimize=True)
        weight = np.sum(np.abs(tails) ** 2, axis=(2, 3)) * measure.sum(axis=1)[None, :]
        y *= np.sqrt(measure[None, :, :, None])
        return np.sqrt(np.max(weight / rate[:, None], axis=0)), y

    segments, first = _first_panels(levels, np.unique(top), gas, start)
    X = np.zeros((index.size,) * 2, dtype=complex)
    allowed = np.sqrt(max(TOLERANCE, FINER * part.stated_error))
    numbers = 4 * NODES.size * index.size * amplitudes.waves**2
    found = bisected(segments, first, look, resolution=allowed, numbers=numbers)
    for _, y, done in found:
        accepted = y[:, done].reshape(index.size, -1)
        X += accepted @ accepted.conj().T
    return X


def _forward(
    amplitudes: Amplitudes, part: AbstractInteraction, gas: Gas, pairs: np.ndarray, level: int
) -> ComplexArray:
    """`int de/2pi sum_a f_a T_{ka,la}` for pairs within one level."""
    segments, first = _first_panels(amplitudes.thresholds.edges, np.array([level]), gas, 0.0)
    scale = 0.0

    def look(panels: Panels) -> tuple[RealArray, ComplexArray]:
        """The integrand times the weights of the nodes."""
        nonlocal scale
        excess, measure = _nodes(segments, panels)
        flat = excess.ravel()
        f = np.exp(gas.log_occupation(flat, part.waves)) / (2 * np.pi) / np.sqrt(2 * gas.mass * flat)[:, None]
        T = np.einsum("pnaa,na->pn", amplitudes.values(pairs, level, flat), f).reshape(pairs.size, *excess.shape)
        T *= measure
        scale = max(scale, float(np.abs(T).sum(axis=(1, 2)).max()))
        tail = np.abs(np.einsum("jn,pKn->pKj", _TO_COEFFICIENTS[-2:], T / WEIGHTS)).max(axis=(0, 2))
        return tail / (scale or 1.0), T

    allowed, numbers = max(SHIFT_TOLERANCE, FINER * part.stated_error), NODES.size * pairs.size * amplitudes.waves**2
    found = bisected(segments, first, look, resolution=allowed, numbers=numbers)
    return np.asarray(sum(T[:, done].sum(axis=(1, 2)) for _, T, done in found))


def _first_panels(levels: RealArray, tops: np.ndarray, gas: Gas, start: float) -> tuple[Segments, Panels]:
    """Intervals of the excess over a threshold between the thresholds of all pairs, each one panel.

    Pairs of one Bohr frequency have different thresholds, which lie at different excesses; and the occupation changes
    at the structure points of the gas, less the kinetic energy `start` at the threshold.
    """
    end = reach(gas, start)
    thresholds = (levels[None, :] - levels[tops][:, None]).ravel()
    cuts = np.concatenate([thresholds, np.array(gas.structure_points()) - start])
    cuts = np.concatenate([[0.0], np.unique(cuts[(cuts > 0) & (cuts < end)])])
    # Equal gaps differ by rounding.
    cuts = cuts[np.concatenate([[True], np.diff(cuts) > 1e-12 * cuts[1:]])]
    segments, every = Segments(cuts), np.arange(cuts.size)
    stop = np.where(every < segments.last, 0.5 * np.pi, np.sqrt(end - cuts[-1]))
    return segments, Panels(every, np.zeros(cuts.size, dtype=bool), np.zeros(cuts.size), stop)


def _nodes(segments: Segments, panels: Panels) -> tuple[RealArray, RealArray]:
    """Excess energies and their weights, both of shape (K, 16)."""
    above, _, slope = segments.energies(panels, NODES)
    half = 0.5 * (panels.stop - panels.start)[:, None]
    return segments.edges[panels.segment][:, None] + above, half * WEIGHTS[None, :] * slope
