"""Currents as dynamics of the field: quanta from each momentum shell that resonates with a transition."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import RealArray, require
from equipoise._printed import amount, described, table
from equipoise.fluxes.generator_at_state import GeneratorAtState, State, at_state
from equipoise.fluxes.levels import Process
from equipoise.generators import Dissipator, Generator
from equipoise.reservoirs import AbstractSpectralDensity, CorrelatedDensity, FormFactor
from equipoise.spectrum import Spectrum
from equipoise.thermodynamics.flows import upward_rates


@dataclass(frozen=True, eq=False, kw_only=True)
class FieldEmission:
    r"""Net rate of quanta from each momentum shell, positive into the system: negative where the shell gains quanta.

    One row for each transition source -> target that gives a quantum to a field, together with its reverse, and each
    momentum that resonates with it.

    Parameters
    ----------
    spectrum : Spectrum
    reservoirs : tuple of str, length R
        The reservoirs with a form factor, in the order of the generator.
    reservoir : ndarray of int, shape (S,)
        Index into `reservoirs`.
    source, target : ndarray of int, shape (S,)
        Levels of the out-process; for bosons the source is the upper one.
    momenta : RealArray, shape (S,)
        k of the shell: with its sign in one dimension, else the radius.
    branches : ndarray of int, shape (S,)
        +1 or -1 as in :class:`~equipoise.reservoirs.shells.Shells`.
    quanta : RealArray, shape (S,)
        :math:`-\int_{shell} dk\, d\langle n_k\rangle/dt`, the net number of quanta per time that the shell loses.
    """

    spectrum: Spectrum
    reservoirs: tuple[str, ...]
    reservoir: np.ndarray
    source: np.ndarray
    target: np.ndarray
    momenta: RealArray
    branches: np.ndarray
    quanta: RealArray

    @property
    def omega(self) -> RealArray:
        """Energy of the quanta of each shell, e_source - e_target, shape (S,)."""
        return np.asarray(self.spectrum.levels[self.source] - self.spectrum.levels[self.target])

    @property
    def energy(self) -> RealArray:
        """Energy per time from each shell, omega times quanta, shape (S,); positive into the system."""
        return np.asarray(self.omega * self.quanta)

    @cached_property
    def microcurrents(self) -> RealArray:
        """Net current n -> m, [r, m, n], shape (R, L, L), from the quanta of all shells of the pair.

        Antisymmetric; the current J_{r,mn} of the paper, with m above n, is element [r, n, m].
        """
        L = self.spectrum.size
        # A quantum that comes in takes the system from the target of the out-process back to its source.
        upward = np.zeros((len(self.reservoirs), L, L))
        np.add.at(upward, (self.reservoir, self.source, self.target), self.quanta)
        return np.asarray(upward - upward.transpose(0, 2, 1))

    @property
    def particles(self) -> RealArray:
        """Quanta per time that each field loses, shape (R,): positive into the system."""
        return np.asarray(np.bincount(self.reservoir, self.quanta, len(self.reservoirs)), dtype=float)

    @property
    def energy_flow(self) -> RealArray:
        """Energy per time that each field loses, shape (R,): positive into the system."""
        return np.asarray(np.bincount(self.reservoir, self.energy, len(self.reservoirs)), dtype=float)

    def by_bohr_frequency(self) -> tuple[RealArray, RealArray]:
        """As :meth:`equipoise.thermodynamics.Currents.by_bohr_frequency`: (F,), and (R, F) from the shells."""
        return upward_rates(self.spectrum, self.microcurrents)

    def __repr__(self) -> str:
        labels = self.spectrum.labels
        shells = zip(self.reservoir, self.source, self.target, self.omega, self.momenta, self.quanta, strict=True)
        rows = [
            [self.reservoirs[r], f"{labels[m]} -> {labels[n]}", *map(amount, values)] for r, m, n, *values in shells
        ]
        columns = ["reservoir", "transition", "omega", "k", "quanta per time"]
        return described("quanta from the momentum shells of each field", below=table(columns, rows, "shell"))


def field_emission(generator: Generator | GeneratorAtState, state: State | None = None) -> FieldEmission:
    r"""Quanta that the field's modes give to the system per time, in a stationary or any other state.

    The populations of the modes change at the rate

    .. math:: \frac{d\langle n_k\rangle}{dt} = 2\sum_{m, n} \delta(\omega(k) - \omega_{mn})
              \left[\gamma_-(k)\,\rho_{mm} - \gamma_+(k)\,\rho_{nn}\right], \qquad
              \gamma_-(k) = \pi |g_k|^2 |D_{nm}|^2 (1 \pm n_k),\quad \gamma_+(k) = \pi |g_k|^2 |D_{nm}|^2 n_k

    with :math:`\omega_{mn} = \epsilon_m - \epsilon_n`, integrated over each shell :math:`\omega(k) = \omega_{mn}`. With
    degenerate levels :math:`|D_{nm}|^2\rho_{mm}` stands for :math:`Tr[P_n D P_m\rho P_m D^\dagger]`. The sum over the
    shells of a transition, with the opposite sign, is the flow into the system: its microcurrent.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        Made by :func:`~equipoise.generators.weak_coupling`, at least one of its reservoirs with a
        :class:`~equipoise.reservoirs.FormFactor`. The occupations of resonant modes of both branches are equal: the
        generator was refused otherwise.
    state : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        Of the system, at the time at which the rates are wanted; None: its stationary state.

    Returns
    -------
    FieldEmission
        Positive into the system: an excited atom in empty space has negative entries.

    Raises
    ------
    InputError
        If no reservoir of a secular dissipator has a form factor.

    References
    ----------
    Accardi & Imafuku (2002), (33)-(38), with the opposite sign, and corrected: :math:`|g|^2` in (38c).

    Examples
    --------
    >>> from equipoise.generators import weak_coupling
    >>> from equipoise.reservoirs import Reservoir, bose_einstein
    >>> from equipoise.systems import Coupling, OpenSystem
    >>> light = Reservoir("light", bose_einstein(temperature=0.0), FormFactor(lambda k: 0.1, lambda k: k**2, 1))
    >>> atom = weak_coupling(OpenSystem([0.0, 4.0], [Coupling(light, [[0, 1], [0, 0]])]), lamb_shift=False)
    >>> emission = field_emission(atom, [[0, 0], [0, 1]])
    >>> emission.momenta.round(12).tolist(), (emission.quanta / np.pi).round(12).tolist()
    ([2.0, -2.0], [-0.005, -0.005])
    """
    pair = at_state(generator, state)
    names: list[str] = []
    columns = []
    for part, processes in zip(pair.generator.dissipators, pair.directed_fluxes.processes, strict=True):
        field = form_factor(part)
        if field is None:
            continue
        columns.append(_rows(processes, field, pair.generator.spectrum, len(names)))
        names.append(part.name)
    require(
        bool(columns),
        "generator",
        "have a reservoir with a FormFactor as its spectral density, made by weak_coupling",
        f"its reservoirs are {', '.join(pair.generator.names)}",
        "The momenta of other densities are not known; `currents(...).by_bohr_frequency()` needs none.",
    )
    reservoir, source, target, momenta, branches, quanta = (
        np.concatenate(column) for column in zip(*columns, strict=True)
    )
    return FieldEmission(
        spectrum=pair.generator.spectrum,
        reservoirs=tuple(names),
        reservoir=reservoir,
        source=source,
        target=target,
        momenta=momenta,
        branches=branches,
        quanta=quanta,
    )


def form_factor(part: Dissipator) -> FormFactor | None:
    """The form factor of the reservoir of a secular dissipator, None where there is none."""
    density: AbstractSpectralDensity | None = None if part.field is None else part.field.spectral_density
    if isinstance(density, CorrelatedDensity):
        density = density.density
    return density if isinstance(density, FormFactor) and part.representation.knows_quanta else None


def _rows(
    processes: tuple[Process, ...], field: FormFactor, spectrum: Spectrum, reservoir: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, RealArray, np.ndarray, RealArray]:
    """Columns of the table of one reservoir."""
    net = np.zeros((spectrum.size, spectrum.size))
    is_open = np.zeros(net.shape, dtype=bool)
    for process in processes:
        given = process.particles_per_jump == -1
        flux, rates = (one if given else one.T for one in (process.log_fluxes, process.log_rates))
        net += -np.exp(flux) if given else np.exp(flux)
        # An empty level hides its rate, not the shell: the reverse process shows it.
        is_open |= np.isfinite(rates)
    np.fill_diagonal(is_open, False)
    target, source = np.nonzero(is_open)
    shells = field.shells(spectrum.levels[source] - spectrum.levels[target])
    whole = np.bincount(shells.index, weights=shells.weights, minlength=source.size)
    source, target = source[shells.index], target[shells.index]
    quanta = net[target, source] * shells.weights / whole[shells.index]
    return np.full(shells.size, reservoir), source, target, shells.momenta, shells.branches, np.asarray(quanta)
