"""Flows of particles, energy and heat: per reservoir and per transition, positive into the system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape

import numpy as np

from equipoise._checks import ComplexArray, InputError, RealArray
from equipoise._printed import amount, described, table
from equipoise.fluxes.generator_at_state import GeneratorAtState, State, at_state
from equipoise.fluxes.levels import DirectedFluxes
from equipoise.generators import Dissipator, Generator, Jumps
from equipoise.spectrum import Spectrum, element_rounding
from equipoise.thermodynamics.declared import forced_work
from equipoise.thermodynamics.jump_exchange import weight_errors
from equipoise.tolerances import COMMUTES

_COLUMNS = ("", "particles", "energy", "heat")


@dataclass(frozen=True, eq=False, kw_only=True)
class ReservoirFlows:
    """The flows from one reservoir, positive into the system.

    Parameters
    ----------
    name : str
        Of the reservoir.
    particles : float or None
        `J_N`; None where neither the particles of a jump nor a number operator are known.
    energy : float or None
        `J_E`; None where it is not known which Hamiltonian the jumps belong to.
    heat : float or None
        `J_Q = J_E - mu J_N`; None where `J_E` is not known, or `J_N` is not and mu is not zero.
    microcurrents : RealArray, shape (L, L)
        Net probability current n -> m at [m, n].
    """

    name: str
    particles: float | None
    energy: float | None
    heat: float | None
    microcurrents: RealArray

    def cells(self) -> list[str]:
        """The name and the three flows as text."""
        values = (self.particles, self.energy, self.heat)
        return [self.name, *("not known" if value is None else amount(value) for value in values)]

    def __repr__(self) -> str:
        facts = zip(_COLUMNS[1:], self.cells()[1:], strict=True)
        return described(f"flows from {self.name!r} into the system", *facts)


@dataclass(frozen=True, eq=False, kw_only=True)
class Currents:
    """Every flow of a generator in a state. All flows are positive into the system.

    The flows of one reservoir are found by its name or by its number, `flows["hot"].heat`, `flows[0].energy`; a loop
    goes over all of them. Arrays of all reservoirs together are attributes.

    Parameters
    ----------
    directed : DirectedFluxes
        How often each reservoir causes each transition, in both directions; `directed.errors` holds what is not known.
    particles : RealArray, shape (R,)
        `J_N` of each reservoir; nan where neither the particles of a jump nor a number operator are known.
    energy : RealArray, shape (R,)
        `J_E` of each reservoir; nan where given jumps are no transitions of H and no other energy is given for them.
    gained : RealArray, shape (R,)
        `Tr[H_r D_r(rho)]`, what each reservoir adds to the mean of its energy operator; `J_E` where that is known.
    energy_rounding : RealArray, shape (R,)
        What the rounding of jump operators given as matrices makes of `J_E`, beyond the errors of the fluxes.
    coherence_energy : RealArray, shape (R,)
        The part of `J_E` that no level pair carries: coherences between levels (zero for secular generators).
    transition_work : RealArray, shape (R, L, L)
        Work that a force does on the transitions m <-> n of a rate equation, symmetric in m, n; zero without one.
    transition_particles : RealArray, shape (R, L, L)
        Particle flow into the system carried by the transitions m <-> n in both directions, symmetric in m, n; the
        sum over pairs, with the particles moved within levels, is `particles`.
    chemical_potentials : RealArray, shape (R,)
        mu of each reservoir, 0 where it has none.
    """

    directed: DirectedFluxes
    particles: RealArray
    energy: RealArray
    gained: RealArray
    energy_rounding: RealArray
    coherence_energy: RealArray
    transition_work: RealArray
    transition_particles: RealArray
    chemical_potentials: RealArray

    @property
    def spectrum(self) -> Spectrum:
        """Levels between which the flows run."""
        return self.directed.spectrum

    @property
    def reservoirs(self) -> tuple[str, ...]:
        """Name of the reservoir of each dissipator, length R."""
        return self.directed.reservoirs

    @cached_property
    def heat(self) -> RealArray:
        """`J_Q = J_E - mu J_N` of each reservoir, shape (R,); nan where `J_N` is not known and mu is not zero."""
        return heat_of(self.energy, self.particles, self.chemical_potentials)

    @property
    def fluxes(self) -> RealArray:
        """Directed flux n -> m of each reservoir, shape (R, L, L)."""
        return self.directed.fluxes

    @property
    def microcurrents(self) -> RealArray:
        """Net probability current n -> m caused by each reservoir, shape (R, L, L), antisymmetric in m, n."""
        return self.directed.net

    @property
    def activity(self) -> RealArray:
        """Directed fluxes of both directions added, shape (R, L, L)."""
        return self.directed.activity

    @cached_property
    def summed(self) -> RealArray:
        """Net current n -> m of all reservoirs together, shape (L, L)."""
        return np.asarray(self.microcurrents.sum(axis=0))

    @cached_property
    def transition_energy(self) -> RealArray:
        """Energy flow into the system carried by the transitions m <-> n, shape (R, L, L), symmetric in m, n.

        Without the work done on them; nan where `energy` is.
        """
        levels, unknown = self.spectrum.levels, np.where(np.isnan(self.energy), np.nan, 0.0)
        carried = (levels[:, None] - levels[None, :]) * self.microcurrents
        return np.asarray(carried - self.transition_work + unknown[:, None, None])

    @cached_property
    def transition_heat(self) -> RealArray:
        """Heat flow into the system carried by the transitions m <-> n, energy minus mu times particles, (R, L, L)."""
        return heat_of(self.transition_energy, self.transition_particles, self.chemical_potentials[:, None, None])

    def by_bohr_frequency(self) -> tuple[RealArray, RealArray]:
        """Net rate at which each reservoir raises the system by each Bohr frequency, positive into the system.

        Returns
        -------
        frequencies : RealArray, shape (F,)
            Positive Bohr frequencies, ascending.
        absorbed : RealArray, shape (R, F)
            Net rate of upward transitions; times the frequency it is the energy flow into the system.
        """
        return upward_rates(self.spectrum, self.microcurrents)

    def __getitem__(self, reservoir: str | int) -> ReservoirFlows:
        """The flows of one reservoir, by its name or its number; several of one name are told apart by number."""
        r = self._number(reservoir)
        return ReservoirFlows(
            name=self.reservoirs[r],
            particles=_known(self.particles[r]),
            energy=_known(self.energy[r]),
            heat=_known(self.heat[r]),
            microcurrents=self.microcurrents[r],
        )

    def __len__(self) -> int:
        return len(self.reservoirs)

    def __iter__(self) -> Iterator[ReservoirFlows]:
        return (self[r] for r in range(len(self)))

    def _number(self, reservoir: str | int) -> int:
        if not isinstance(reservoir, str):
            # An IndexError beyond the last one, as a sequence gives.
            return range(len(self))[reservoir]
        places = [r for r, name in enumerate(self.reservoirs) if name == reservoir]
        if not places:
            raise InputError(
                f"Argument `reservoir` must be the name of a reservoir, but got {reservoir!r}. The reservoirs are "
                f"{', '.join(map(repr, self.reservoirs))}."
            )
        if len(places) > 1:
            raise InputError(
                f"Argument `reservoir` must name one reservoir, but {len(places)} are called {reservoir!r}. Tell them "
                f"apart by number: {', '.join(f'flows[{r}]' for r in places)}."
            )
        return places[0]

    def __repr__(self) -> str:
        below = table(_COLUMNS, [flows.cells() for flows in self], "reservoir")
        return described("flows into the system", below=below)

    def _repr_html_(self) -> str:
        """A table for notebooks, one row for each reservoir."""
        head = "".join(f"<th>{word}</th>" for word in _COLUMNS)
        rows = ["".join(f"<td>{escape(cell)}</td>" for cell in flows.cells()) for flows in self]
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        caption = "<caption>flows into the system</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def upward_rates(spectrum: Spectrum, microcurrents: RealArray) -> tuple[RealArray, RealArray]:
    """Positive Bohr frequencies (F,), and the net currents [r, m, n] of n -> m summed over the upward ones of each."""
    labels = spectrum.frequency_labels
    lower, upper = np.nonzero(labels > 0)
    count = spectrum.bohr_frequencies.size
    found = [np.bincount(labels[lower, upper] - 1, weights=J[upper, lower], minlength=count) for J in microcurrents]
    return spectrum.bohr_frequencies, np.array(found)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def heat_of(energy: RealArray, particles: RealArray, mu: RealArray) -> RealArray:
    """Energy minus mu times particles; particles that are not known count only where mu is not zero."""
    return np.asarray(energy - np.where(mu == 0.0, 0.0, mu * particles))


def currents(generator: Generator | GeneratorAtState, state: State | None = None) -> Currents:
    """Microcurrents and total flows of particles, energy and heat, in a stationary or any other state.

    `microcurrent[r, m, n] = Tr[P_m Phi_r(P_n rho P_n)] - Tr[P_n Phi_r(P_m rho P_m)]`,
    `J_E = Tr[H_r D_r(rho)]`, `J_N` the particles that the jumps bring (or `Tr[N_r D_r(rho)]` where those are not
    known), `J_Q = J_E - mu J_N`.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
    state : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        None: the stationary state of the generator.

    Returns
    -------
    Currents
        Positive into the system.

    Raises
    ------
    InputError
        If the first argument is not a generator, or the state has another dimension.
    NotUniqueError
        No state is given and there are several stationary ones.

    References
    ----------
    Accardi & Imafuku (2002), (35)-(38), with the opposite sign (there a current is positive out of the system)
    and with `|g|^2` in (38c).

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> from equipoise.reservoirs import Reservoir
    >>> hot, cold = Reservoir("hot"), Reservoir("cold")
    >>> flows = currents(rate_equation({hot: [[0, 1.0], [1.0, 0]], cold: [[0, 1.0], [0, 0]]}, energies=[0.0, 3.0]))
    >>> round(flows["hot"].energy, 12), round(flows["cold"].energy, 12)
    (1.0, -1.0)
    """
    pair = at_state(generator, state)
    found, parts = pair.directed_fluxes, pair.generator.dissipators
    levels = found.spectrum.levels
    carried = np.array([float(np.sum((levels[:, None] - levels[None, :]) * fluxes)) for fluxes in found.fluxes])
    energy, rounding = carried.copy(), np.zeros(len(parts))
    for r, part in enumerate(parts):
        # Of a secular dissipator accounted with H, Tr[H D_r(rho)] is exactly what the level pairs carry.
        if not part.representation.is_frequency_resolved or part.energy is not None:
            energy[r] = _expectation_rate(pair, part, part.energy)
            if not part.has_exact_elements(found.spectrum):
                # Elements of D_r(rho) round as its largest terms do.
                width = float(np.ptp(found.spectrum.energies)) if part.energy is None else _width(part.energy)
                rounding[r] = width * found.rate_scales[r] * float(np.max(element_rounding(found.spectrum)))
            if part.energy is not None:
                # Levels of H say nothing of the energy that an error of the state stands for.
                rounding[r] += _width(part.energy) * found.rate_scales[r] * float(np.sum(weight_errors(pair)))
    work = np.zeros_like(found.fluxes)
    for r, part in enumerate(parts):
        each = forced_work(pair.generator, part)
        if each is not None:
            work[r] = each * found.fluxes[r] + (each * found.fluxes[r]).T
            rounding[r] += float(np.sum(np.abs(each) * found.errors[r]))
    gained, energy = energy, energy - 0.5 * work.sum(axis=(1, 2))
    own = [_particle_flows(pair, part, r) for r, part in enumerate(parts)]
    return Currents(
        directed=found,
        particles=np.array([total for total, _ in own]),
        energy=np.array(
            [J if energy_is_known(pair.generator, p) else np.nan for J, p in zip(energy, parts, strict=True)]
        ),
        gained=gained,
        energy_rounding=rounding,
        coherence_energy=gained - carried,
        transition_work=work,
        transition_particles=np.array([by_transition for _, by_transition in own]),
        chemical_potentials=np.array([chemical_potential(part) for part in parts]),
    )


def chemical_potential(dissipator: Dissipator) -> float:
    """`mu` with which the heat of a dissipator is counted: that of its reservoir, 0 where it has none."""
    reservoir = dissipator.reservoir
    mu = None if reservoir is None else reservoir.chemical_potential
    return 0.0 if mu is None else mu


def is_driven(generator: Generator, dissipator: Dissipator) -> bool:
    """Whether given jump operators are no transitions of the Hamiltonian with which their energy would be counted.

    A dissipator of transitions commutes with the motion under H, `D([H, X]) = [H, D(X)]`. Where it does not, H holds a
    drive, as in a rotating frame, or a coupling that the jumps leave out: the reservoir does not lead to the Gibbs
    state of H, and the entropy production whose heat is counted with H may have any sign.
    """
    kind, spectrum = dissipator.representation, generator.spectrum
    if not dissipator.is_given or not isinstance(kind, Jumps):
        return False
    H = np.diag(spectrum.state_energies - spectrum.state_energies.min()).astype(complex)
    if dissipator.energy is not None:
        H = np.asarray(spectrum.to_energy_basis(centred(dissipator.energy)), dtype=complex)
    # Any matrix that no symmetry of the jumps or of H leaves alone.
    d = spectrum.dimension
    X = np.cos(np.arange(d * d) ** 2).reshape(d, d) + 1j * np.sin(3.0 * np.arange(d * d) ** 2).reshape(d, d)
    image = kind.apply_elements(X, spectrum)
    defect = kind.apply_elements(H @ X - X @ H, spectrum) - (H @ image - image @ H)
    size = float(np.abs(H).max()) * float(np.linalg.norm(image))
    return bool(np.linalg.norm(defect) > COMMUTES * d * size)


def energy_is_known(generator: Generator, dissipator: Dissipator) -> bool:
    """Whether it is known what energy the jumps of a dissipator exchange with its reservoir.

    It is where an energy operator was given for it, where a limit derived the jumps, and where given jumps are
    transitions of H. Jumps that are not belong to another Hamiltonian, which only the user knows.
    """
    return dissipator.energy is not None or not is_driven(generator, dissipator)


def power_of_drive(pair: GeneratorAtState) -> float | None:
    """`-i Tr[H_0 [H, rho]]`, what `H - H_0` does to the mean of the energy operator; None where there is no drive."""
    generator, spectrum = pair.generator, pair.generator.spectrum
    if generator.energy is None:
        return None
    H_0, energies = spectrum.to_energy_basis(centred(generator.energy)), spectrum.energies
    turned = (energies[:, None] - energies[None, :]) * H_0
    if float(np.abs(turned).max()) <= COMMUTES * float(np.ptp(energies)) * float(np.abs(H_0).max()):
        return None
    return float(np.einsum("ij,ji->", 1j * turned, pair.density.elements).real)


def not_transitions(names: Sequence[str]) -> str:
    """A sentence on reservoirs whose jumps do not belong to H."""
    return (
        f"The jumps of {', '.join(names)} are no transitions of H, which holds a drive, or a coupling that they leave "
        "out: what heat they carry is not known."
    )


GIVE_ENERGY = (
    "Pass energy=H0, the Hamiltonian without the drive, or energy={'name': H_r}, the part that each exchanges."
)
"""Remedy where the energy of given jumps is not known."""


def _particle_flows(pair: GeneratorAtState, part: Dissipator, r: int) -> tuple[float, RealArray]:
    """`J_N`, and the part of it that the transitions m <-> n carry, (L, L); nan where neither is known."""
    found, spectrum = pair.directed_fluxes, pair.generator.spectrum
    if found.is_particle_number_known[r]:
        brought = sum((process.brought for process in found.processes[r]), np.zeros((spectrum.size,) * 2))
        total = float(brought.sum())
        np.fill_diagonal(brought, 0.0)
        return total, np.asarray(brought + brought.T)
    number = pair.generator.number if part.number is None else part.number
    if number is None:
        return np.nan, np.full((spectrum.size,) * 2, np.nan)
    states = np.diag(spectrum.to_energy_basis(number)).real
    mean = np.bincount(spectrum.level_of, weights=states, minlength=spectrum.size) / spectrum.degeneracies
    return _expectation_rate(pair, part, number), np.asarray((mean[:, None] - mean[None, :]) * found.net[r])


def _expectation_rate(pair: GeneratorAtState, part: Dissipator, observable: ComplexArray | None) -> float:
    """`Tr[A D_r(rho)]`, A in the given basis; the Hamiltonian if None."""
    spectrum = pair.generator.spectrum
    change = part.apply_elements(pair.density.elements, spectrum)
    if observable is None:
        return float(np.diag(change).real @ (spectrum.energies - spectrum.energies.min()))
    return float(np.einsum("ij,ji->", spectrum.to_energy_basis(centred(observable)), change).real)


def centred(operator: ComplexArray) -> ComplexArray:
    """An operator less its first diagonal element and then its mean: rates of change do not depend on them."""
    one = np.eye(len(operator))
    rest = operator - operator[0, 0] * one
    return np.asarray(rest - np.trace(rest) / len(operator) * one)


def _width(operator: ComplexArray) -> float:
    """A bound of the difference of two eigenvalues."""
    return 2 * float(np.linalg.norm(centred(operator), 2))
