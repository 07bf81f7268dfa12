"""The point about which a response is expanded: one inverse temperature and chemical potential for all reservoirs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from equipoise._checks import ComplexArray, InputError, RealArray, finite_real, require
from equipoise.fluxes import GeneratorAtState
from equipoise.generators import Generator, weak_coupling, with_reservoirs
from equipoise.reservoirs import Reservoir, Thermal
from equipoise.systems import OpenSystem

Source = OpenSystem | Generator | GeneratorAtState
"""Anything that has reservoirs; of a pair, the generator counts."""


@dataclass(frozen=True)
class Reference:
    """Inverse temperature and chemical potential at which all reservoirs are held when no force acts.

    Parameters
    ----------
    inverse_temperature : float
        `beta_0`, finite; > 0 if a reservoir is bosonic.
    chemical_potential : float or tuple of float
        `mu_0`; one for each reservoir where they differ (phonons at 0 and electrons at mu_0).

    Examples
    --------
    >>> Reference(2.0, -0.1)
    Reference(inverse_temperature=2.0, chemical_potential=-0.1)
    """

    inverse_temperature: float
    chemical_potential: float | tuple[float, ...] = 0.0

    def __post_init__(self) -> None:
        beta = finite_real(self.inverse_temperature, "inverse_temperature", allow_infinite=True)
        require(
            bool(np.isfinite(beta)),
            "inverse_temperature",
            "be finite: at zero temperature flows are not analytic in the forces",
            f"got {beta}",
        )
        object.__setattr__(self, "inverse_temperature", beta)
        mu = self.chemical_potential
        if isinstance(mu, tuple | list | np.ndarray):
            values = tuple(finite_real(value, f"chemical_potential[{r}]") for r, value in enumerate(mu))
            object.__setattr__(self, "chemical_potential", values)
        else:
            object.__setattr__(self, "chemical_potential", finite_real(mu, "chemical_potential"))

    def chemical_potentials(self, count: int) -> RealArray:
        """`mu_0` of each of `count` reservoirs."""
        mu = self.chemical_potential
        if isinstance(mu, float):
            return np.full(count, mu)
        require(len(mu) == count, "chemical_potential", f"name each of the {count} reservoirs", f"has {len(mu)} values")
        return np.array(mu)


def mean_reference(system: Source) -> Reference:
    """The mean inverse temperature and the mean chemical potential of the reservoirs.

    References
    ----------
    Accardi & Imafuku (2002), (48), for two reservoirs.

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, bose_einstein
    >>> from equipoise.systems import Coupling
    >>> baths = [Reservoir(f"bath {b}", bose_einstein(inverse_temperature=b), Ohmic(0.01, 10.0)) for b in (1.0, 3.0)]
    >>> mean_reference(OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]]) for bath in baths]))
    Reference(inverse_temperature=2.0, chemical_potential=0.0)
    """
    thermal = thermal_reservoirs(system)
    return Reference(
        float(np.mean([distribution.inverse_temperature for distribution in thermal])),
        float(np.mean([distribution.chemical_potential for distribution in thermal])),
    )


def thermal_reservoirs(system: Source) -> tuple[Thermal, ...]:
    """The occupations of the reservoirs of a system, which must be thermal."""
    found = []
    for reservoir in reservoirs_of(system):
        distribution = reservoir.distribution
        require(
            isinstance(distribution, Thermal),
            f"reservoir {reservoir.name!r}",
            "be thermal: its forces are differences of inverse temperature and of beta mu",
            f"has {distribution!r}",
        )
        assert isinstance(distribution, Thermal)
        require(
            bool(np.isfinite(distribution.inverse_temperature)),
            f"reservoir {reservoir.name!r}",
            "have a finite inverse temperature: at zero temperature flows are not analytic in the forces",
            "has an infinite one",
        )
        found.append(distribution)
    return tuple(found)


def reservoirs_of(system: Source) -> tuple[Reservoir, ...]:
    """The reservoirs of a system, or of the dissipators of a generator."""
    if isinstance(system, OpenSystem):
        return system.reservoirs
    found = []
    for part in given_generator(system).dissipators:
        if part.field is None:
            came = "one is unattributed" if part.reservoir is None else f"{part.name!r} is a gas"
            raise InputError(
                f"Argument `generator` must have a reservoir of quanta behind every dissipator, but {came}. "
                "Derive it with weak_coupling(system)."
            )
        found.append(part.field)
    return tuple(found)


def given_generator(system: Source) -> Generator:
    """The generator itself, that of a pair, or that of a system in the weak-coupling limit."""
    came = f"got {type(system).__name__}"
    require(isinstance(system, Source), "system", "be an OpenSystem, a Generator or a GeneratorAtState", came)
    if isinstance(system, GeneratorAtState):
        return system.generator
    return weak_coupling(system) if isinstance(system, OpenSystem) else system


def chosen_reference(system: Source, reference: Reference | None) -> Reference:
    """The given reference, or the values that all reservoirs share."""
    if reference is not None:
        require(isinstance(reference, Reference), "reference", "be a Reference", f"got {type(reference).__name__}")
        return reference
    thermal = thermal_reservoirs(system)
    names = [reservoir.name for reservoir in reservoirs_of(system)]
    for name, other in zip(names[1:], thermal[1:], strict=True):
        pair = (other.inverse_temperature, other.chemical_potential)
        first = (thermal[0].inverse_temperature, thermal[0].chemical_potential)
        require(
            pair == first,
            "reference",
            "be given, for the reservoirs do not share one temperature and chemical potential",
            f"(beta, mu) is {first} for {names[0]!r} and {pair} for {name!r}",
            "Use mean_reference(system), or Reference(inverse_temperature, chemical_potential).",
        )
    return Reference(thermal[0].inverse_temperature, thermal[0].chemical_potential)


def generator_at(generator: Generator, beta: RealArray, beta_mu: RealArray) -> Generator:
    """The generator with its reservoirs at these inverse temperatures and products beta mu, shape (R,) each."""
    thermal = thermal_reservoirs(generator)
    reservoirs = []
    for reservoir, old, b, nu in zip(reservoirs_of(generator), thermal, beta, beta_mu, strict=True):
        # A reservoir that already is there keeps its rates to the last bit.
        mu = old.chemical_potential if b * old.chemical_potential == nu else (nu / b if nu else 0.0)
        reservoirs.append(replace(reservoir, distribution=Thermal(old.statistics, float(b), float(mu))))
    return with_reservoirs(generator, reservoirs)


def generator_at_reference(generator: Generator, reference: Reference) -> Generator:
    """The generator with every reservoir at the reference."""
    mu = reference.chemical_potentials(len(generator.dissipators))
    beta = np.full(mu.size, reference.inverse_temperature)
    return generator_at(generator, beta, beta * mu)


def is_equilibrium_by_grading(generator: Generator, chemical_potentials: RealArray) -> bool:
    """Whether `exp(-beta_0 (H - mu_0 N))` is stationary for every reservoir by the algebra of its couplings.

    With mu = 0 it always is; a graded coupling, `[N, D] = -D`, allows any mu_0; one that conserves N asks for 0.
    """
    if not np.any(chemical_potentials):
        return True
    if generator.is_graded:
        return bool(np.all(chemical_potentials == chemical_potentials[0]))
    if generator.system is None or generator.number is None:
        return False
    mu0 = common_chemical_potential(chemical_potentials)
    return all(
        mu == mu0 * change
        for mu, change in zip(chemical_potentials, _number_changes(generator.system, generator.number), strict=True)
    )


def common_chemical_potential(chemical_potentials: RealArray) -> float:
    """The chemical potential of the reservoirs that exchange particles: the one that is not zero."""
    return float(chemical_potentials[int(np.argmax(np.abs(chemical_potentials)))])


def _number_changes(system: OpenSystem, number: ComplexArray) -> list[float]:
    """1 for a reservoir whose quanta are particles, 0 for one that conserves N, nan for neither."""
    found = []
    for reservoir in system.reservoirs:
        changes = set()
        for D in system.channels(reservoir):
            commutator = number @ D - D @ number
            small = 1e-12 * float(np.linalg.norm(number)) * float(np.linalg.norm(D))
            graded = float(np.linalg.norm(commutator + D)) <= small
            conserved = float(np.linalg.norm(commutator)) <= small
            changes.add(1.0 if graded else 0.0 if conserved else np.nan)
        found.append(changes.pop() if len(changes) == 1 else np.nan)
    return found
