"""Line shape of the quanta exchanged with a field, at the order at which the energy shell has a width."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import RealArray, require
from equipoise._printed import amount, counted, described, table
from equipoise.fluxes.generator_at_state import GeneratorAtState, State, at_state
from equipoise.generators import Dissipator, FrequencyResolved, Generator
from equipoise.generators.generator import require_generator
from equipoise.reservoirs import CorrelatedDensity
from equipoise.thermodynamics.field import form_factor


@dataclass(frozen=True, eq=False, kw_only=True)
class LineShape:
    r"""Rate at which field modes give quanta to the system, one line for each transition.

    Parameters
    ----------
    source, target : ndarray of int, shape (T,)
        Levels of the out-process of each line.
    centres : RealArray, shape (T,)
        Lamb-shifted frequency :math:`\omega_{mn} + \Delta_{mn}`.
    half_widths : RealArray, shape (T,)
        :math:`G_{mn}`, the decay rate of the coherence between the two levels.
    omega : RealArray, shape (K,)
        Energy of each mode asked for.
    lines : RealArray, shape (T, K)
        Contribution of each transition, positive into the system: negative when the mode gains quanta.
    """

    source: np.ndarray
    target: np.ndarray
    centres: RealArray
    half_widths: RealArray
    omega: RealArray
    lines: RealArray

    @cached_property
    def total(self) -> RealArray:
        """Sum over the transitions, shape (K,)."""
        return np.asarray(self.lines.sum(axis=0))

    def __repr__(self) -> str:
        rows = [
            [f"{m} -> {n}", amount(centre), amount(width)]
            for m, n, centre, width in zip(self.source, self.target, self.centres, self.half_widths, strict=True)
        ]
        title = f"quanta from a field at {counted(self.omega.size, 'frequency')}"
        columns = ["transition", "centre", "half width"]
        return described(title, below=table(columns, rows, "line"))


def line_shape(
    generator: Generator | GeneratorAtState, state: State | None = None, *, reservoir: str, momenta: ArrayLike
) -> LineShape:
    r"""Quanta that the modes of a form factor give to the system per time, resolved in momentum.

    It is :math:`-d\langle n_k\rangle/dt`, with

    .. math:: \frac{d\langle n_k\rangle}{dt} = 2 |g_k|^2 \sum_{m, n} |D_{nm}|^2
              \left[(1 \pm n_k)\rho_{mm} - n_k\,\rho_{nn}\right]
              \frac{G_{mn}}{(\omega(k) - \omega_{mn} - \Delta_{mn})^2 + G_{mn}^2}

    per unit of (d-dimensional) momentum, summed over the transitions m -> n that the field can take a quantum from.
    By the quantum regression theorem: :math:`d n_k/dt = 2|g_k|^2 Re \int_0^\infty ds\, e^{-i\omega_k s} [(1 \pm n_k)
    \langle D^\dagger(s) D\rangle - n_k \langle D D^\dagger(s)\rangle]`, and :math:`|m\rangle\langle n|` is an
    eigenoperator of the Heisenberg generator with the eigenvalue :math:`i(\omega_{mn} + \Delta_{mn}) - G_{mn}`.

    Valid at second order in the coupling to each mode, for :math:`|\omega(k) - \omega_{mn}|` of the order of G, up to a
    relative error of the order of G over the scale on which :math:`|g|^2` and n change. As the coupling tends to zero
    each line tends to :math:`\pi\delta(\omega(k) - \omega_{mn})`, that is to :func:`field_emission`. Within that error
    a line may be dispersive: at equilibrium its two flanks do not cancel mode by mode. Where populations change in
    time they do so within 1/G, the time in which a line forms: the rate integrated over k at each time, and over time
    at each k, is right, not each separately.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        Made by weak_coupling, no two of its gaps equal.
    state : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        None: the stationary state of the generator.
    reservoir : str
        Name of a reservoir with a FormFactor.
    momenta : array_like, shape (K,)
        k; in one dimension with its sign, else its modulus.

    Returns
    -------
    LineShape
        Positive into the system: negative where the field gains quanta.

    Raises
    ------
    InputError
        Unknown reservoir, one without a form factor, momenta out of its range, or a spectrum with equal gaps.

    References
    ----------
    Accardi & Imafuku (2002), (36a) and, for the eigenvalue, (23), corrected: G has the factor 1/2, and the sign of
    Delta. Quantum regression: Lax (1963).

    Examples
    --------
    The line of an excited atom at zero temperature, at its centre :math:`-2 |g|^2 / G` (here -2 (0.01)^2 / G):

    >>> from equipoise.generators import weak_coupling
    >>> from equipoise.reservoirs import FormFactor, Reservoir, bose_einstein
    >>> from equipoise.systems import Coupling, OpenSystem
    >>> light = Reservoir("light", bose_einstein(temperature=0.0), FormFactor(lambda k: 0.01, lambda k: k, 1))
    >>> atom = weak_coupling(OpenSystem([0.0, 1.0], [Coupling(light, [[0, 1], [0, 0]])]), lamb_shift=False)
    >>> line = line_shape(atom, [[0, 0], [0, 1]], reservoir="light", momenta=[1.0])
    >>> bool(abs(line.total[0] * line.half_widths[0] / -2e-4 - 1) < 1e-12)
    True
    """
    pair = at_state(generator, state)
    part = _dissipator(pair.generator, reservoir)
    field = form_factor(part)
    assert part.field is not None
    require(
        field is not None,
        "reservoir",
        "have a FormFactor as its spectral density",
        f"that of {reservoir!r} is a {type(part.field.spectral_density).__name__}",
        "Use emission_spectrum(...), which is resolved in frequency.",
    )
    assert field is not None
    k = np.asarray(momenta, dtype=float).ravel()
    lower, upper = field.momentum_range
    outside = (np.abs(k) < lower) | (np.abs(k) > upper) | ((k < 0) & (field.dimension > 1))
    require(
        not outside.any(),
        "momenta",
        f"lie in the range of the form factor, {lower:.6g} to {upper:.6g}"
        + (" in modulus" if field.dimension == 1 else ", as moduli"),
        f"momenta[{int(np.argmax(outside))}] is {k[outside][0] if outside.any() else 0:.6g}",
    )
    branches = np.where(k < 0, -1, 1)
    omega, squared, emission, absorption = np.zeros((4, *k.shape))
    for branch in (1, -1):
        side = branches == branch
        if side.any():
            omega[side], squared[side] = field.mode(k[side])
            emission[side], absorption[side] = _factors(part, omega[side], branch)
    return _lines(pair, part, omega, squared, emission, absorption)


def emission_spectrum(
    generator: Generator | GeneratorAtState, state: State | None = None, *, reservoir: str, frequencies: ArrayLike
) -> LineShape:
    r"""Quanta that a field gives to the system per time and unit of frequency, for any spectral density.

    :func:`line_shape` summed over the modes of one energy: :math:`|g_k|^2` becomes :math:`J(\omega)`. The integral over
    frequency tends, as the coupling tends to zero, to the flow of quanta into the system.

    Parameters
    ----------
    generator, state
        As in :func:`line_shape`.
    reservoir : str
        Name of a reservoir.
    frequencies : array_like, shape (K,)

    Returns
    -------
    LineShape
        Positive into the system: negative where the field gains quanta.

    Raises
    ------
    InputError
        Unknown reservoir, or a spectrum with equal gaps.

    Examples
    --------
    >>> from equipoise.generators import weak_coupling
    >>> from equipoise.reservoirs import Flat, Reservoir, fermi_dirac
    >>> from equipoise.systems import Coupling, OpenSystem
    >>> lead = Reservoir("lead", fermi_dirac(inverse_temperature=0.0), Flat(0.02))
    >>> dot = weak_coupling(OpenSystem([0.0, 1.0], [Coupling(lead, [[0, 1], [0, 0]])]), lamb_shift=False)
    >>> line = emission_spectrum(dot, [[0, 0], [0, 1]], reservoir="lead", frequencies=[1.0, 1.01])
    >>> (line.total * np.pi).round(12).tolist()
    [-1.0, -0.5]
    """
    pair = at_state(generator, state)
    part = _dissipator(pair.generator, reservoir)
    omega = np.asarray(frequencies, dtype=float).ravel()
    require(bool(np.isfinite(omega).all()), "frequencies", "be finite", "contains NaN or infinity")
    assert part.field is not None
    density = part.field.spectral_density
    assert density is not None
    scalar = density.density if isinstance(density, CorrelatedDensity) else density
    J, emission, absorption = np.zeros((3, *omega.shape))
    in_band = omega > 0 if part.field.statistics.sign > 0 else np.ones(omega.shape, dtype=bool)
    J[in_band] = scalar(omega[in_band])
    emission[J > 0], absorption[J > 0] = _factors(part, omega[J > 0], 1)
    return _lines(pair, part, omega, J, emission, absorption)


def coherence_decay(generator: Generator) -> tuple[RealArray, RealArray]:
    r"""Shifts Delta and decay rates G, (d, d) each, of the coherences of a secular generator without equal gaps.

    :math:`\frac{d}{dt}\rho_{mn} = (-i(\omega_{mn} + \Delta_{mn}) - G_{mn})\rho_{mn}`: Accardi & Imafuku (2002),
    (23a)-(23c), corrected: the sign of Delta, the sum over reservoirs, the factor 1/2.
    """
    require_generator(generator)
    spectrum = generator.spectrum
    d = spectrum.dimension
    require(
        not spectrum.is_degenerate and spectrum.bohr_frequencies.size == d * (d - 1) // 2,
        "generator",
        "have no degenerate levels and no two equal gaps: then each coherence decays on its own",
        f"{spectrum.size} levels of {d} states have {spectrum.bohr_frequencies.size} different gaps",
        "field_emission(...) holds for any spectrum.",
    )
    exponent = np.zeros((d, d), dtype=complex)
    for part in generator.dissipators:
        kind = part.representation
        require(
            kind.is_frequency_resolved,
            "generator",
            "be secular",
            f"{part.name} is represented by {type(kind).__name__}",
        )
        assert isinstance(kind, FrequencyResolved)
        loss = kind.exit_rates
        exponent += kind.dephasing.T @ kind.dephasing.conj() - 0.5 * (loss[:, None] + loss[None, :])
        if part.coherent is not None:
            shift = np.diag(spectrum.to_energy_basis(part.coherent)).real
            exponent -= 1j * (shift[:, None] - shift[None, :])
    np.fill_diagonal(exponent, 0.0)
    return -exponent.imag, -exponent.real


def _dissipator(generator: Generator, reservoir: str) -> Dissipator:
    found = [part for part in generator.dissipators if part.name == reservoir]
    require(
        len(found) == 1 and found[0].representation.knows_quanta and found[0].field is not None,
        "reservoir",
        "name a reservoir of a generator made by weak_coupling",
        f"got {reservoir!r}" if len(found) != 1 or found[0].field is not None else f"{reservoir!r} has no quanta",
        f"It has {', '.join(generator.names)}.",
    )
    return found[0]


def _factors(part: Dissipator, omega: RealArray, branch: int) -> tuple[RealArray, RealArray]:
    """1 +- n and n of modes of one branch."""
    assert part.field is not None
    distribution = part.field.distribution
    assert distribution is not None
    return np.exp(distribution.log_complement(omega, branch)), np.asarray(distribution.occupation(omega, branch))


def _lines(
    pair: GeneratorAtState,
    part: Dissipator,
    omega: RealArray,
    strength: RealArray,
    emission: RealArray,
    absorption: RealArray,
) -> LineShape:
    """The lines of one reservoir, for modes of given |g|^2 (or J) and factors 1 +- n and n."""
    spectrum, populations = pair.generator.spectrum, pair.density.populations
    shifts, decay = coherence_decay(pair.generator)
    kind = part.representation
    assert isinstance(kind, FrequencyResolved)
    assert kind.reverse is not None
    given = kind.out_operators
    # Elements of an open process only: virtual quanta at frequencies off the band are not resolved here.
    open_ = np.array([np.isfinite(kind.log_rates[f]) | np.isfinite(kind.log_rates[kind.reverse[f]].T) for f in given])
    squares = np.sum(np.where(open_, np.abs(kind.coupling_operators[given]) ** 2, 0.0), axis=0)
    np.fill_diagonal(squares, 0.0)
    target, source = np.nonzero(squares)
    width = decay[source, target]
    centre = spectrum.energies[source] - spectrum.energies[target] + shifts[source, target]
    profile = width[:, None] / ((omega[None, :] - centre[:, None]) ** 2 + width[:, None] ** 2)
    # Minus (1 +- n) rho_mm - n rho_nn: positive into the system.
    balance = absorption[None, :] * populations[target][:, None] - emission[None, :] * populations[source][:, None]
    lines = 2 * strength[None, :] * squares[target, source][:, None] * balance * profile
    return LineShape(source=source, target=target, centres=centre, half_widths=width, omega=omega, lines=lines)
