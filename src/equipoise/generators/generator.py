"""The generator of a quantum Markov semigroup: a bare Hamiltonian and a tuple of dissipators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property

import numpy as np

from equipoise._checks import Array, ComplexArray, RealArray, finite_real, require, require_memory, square_matrix
from equipoise._printed import counted, described, energies, named, preformatted
from equipoise.generators.channel import Channel, choi_channel, choi_of_superoperator
from equipoise.generators.representations import AbstractRepresentation
from equipoise.provenance import Provenance
from equipoise.reservoirs import Reservoir
from equipoise.reservoirs.environment import AbstractEnvironment
from equipoise.spectrum import Spectrum, rounding_of
from equipoise.systems import OpenSystem


@dataclass(frozen=True)
class Undetermined:
    """Matrix elements of a coupling that are below the round-off of the matrix they were computed from.

    Parameters
    ----------
    reservoir : str
        Whose coupling.
    count : int
        How many elements between energy states.
    largest : float
        The largest of them, relative to the norm of the coupling.
    states : (int, int)
        The pair of energy states (from, to) of the largest.
    """

    reservoir: str
    count: int
    largest: float
    states: tuple[int, int]


@dataclass(frozen=True, eq=False)
class EnergyBasisTerm:
    """A coherent term known by its elements (d, d) in the energy basis, which the given basis would round."""

    spectrum: Spectrum
    elements: ComplexArray

    def __call__(self) -> ComplexArray:
        """The term in the given basis."""
        return np.asarray(self.spectrum.to_given_basis(self.elements), dtype=complex)


@dataclass(frozen=True, eq=False)
class Dissipator:
    """The part of a generator that one reservoir causes.

    Parameters
    ----------
    representation : AbstractRepresentation
        How it acts: Jumps, FrequencyResolved or MatrixFree.
    reservoir : AbstractEnvironment or None
        Who causes it, a `Reservoir` of quanta or a `Gas` of particles; None for interference terms and jumps of
        unknown origin.
    coherent_term : callable or None
        Returns the Hamiltonian `K`, shape (d, d) in the given basis, that this reservoir adds (Lamb shift,
        scattering shift); evaluated when first needed, since populations often do without.
    energy, number : ComplexArray, shape (d, d), or None
        Operators with which its energy and particle flows are accounted; None for the system's H and N.
    is_given : bool
        Whether its jumps or rates were given as they are, instead of derived from a coupling to the reservoir.
    """

    representation: AbstractRepresentation
    _: KW_ONLY
    reservoir: AbstractEnvironment | None = None
    coherent_term: Callable[[], ComplexArray] | None = None
    energy: ComplexArray | None = None
    number: ComplexArray | None = None
    is_given: bool = False

    def __repr__(self) -> str:
        title, *details = repr(self.representation).splitlines()
        adds = ["  and a Hamiltonian that it adds"] if self.coherent_term is not None else []
        return described(f"dissipator of {self.name!r}: {title}", below=[*details, *adds])

    @property
    def name(self) -> str:
        """Name of the reservoir, or 'unattributed'."""
        return self.reservoir.name if self.reservoir is not None else "unattributed"

    @property
    def field(self) -> Reservoir | None:
        """The reservoir of quanta behind it; None for a gas, and where nothing is known."""
        return self.reservoir if isinstance(self.reservoir, Reservoir) else None

    @cached_property
    def coherent(self) -> ComplexArray | None:
        """The Hamiltonian that the reservoir adds, in the given basis, or None."""
        return None if self.coherent_term is None else self.coherent_term()

    def coherent_elements(self, spectrum: Spectrum) -> ComplexArray | None:
        """The coherent term in the energy basis, as exactly as it is known, or None."""
        if isinstance(self.coherent_term, EnergyBasisTerm):
            return self.coherent_term.elements
        return None if self.coherent is None else np.asarray(spectrum.to_energy_basis(self.coherent))

    def has_exact_elements(self, spectrum: Spectrum) -> bool:
        """Whether each of its elements is known in the energy basis to its own digits."""
        if spectrum.vectors is None:
            return True
        if not self.representation.has_exact_elements:
            return False
        return self.coherent_term is None or isinstance(self.coherent_term, EnergyBasisTerm)

    def rate_rounding(self, spectrum: Spectrum) -> RealArray:
        """What the rounding of jump operators given as matrices makes of each rate between levels, shape (L, L)."""
        if self.has_exact_elements(spectrum) or self.representation.has_exact_elements:
            return np.zeros((spectrum.size, spectrum.size))
        elements = self.representation.gauged_jumps(spectrum)[2]
        rounding = rounding_of(elements, spectrum)
        change = np.sum(rounding * (2 * np.abs(elements) + rounding), axis=0)
        return np.asarray(spectrum.sum_over_levels(change))

    def apply(self, rho: Array) -> ComplexArray:
        """`D_r(rho)`, with the commutator of its own coherent term."""
        out = self.representation.apply(rho)
        if self.coherent is not None:
            out = out - 1j * (self.coherent @ rho - rho @ self.coherent)
        return out

    def apply_elements(self, R: Array, spectrum: Spectrum) -> ComplexArray:
        """`D_r(rho)` for a matrix given, and returned, in the energy basis: no change of basis where none is needed."""
        out = self.representation.apply_elements(R, spectrum)
        if self._shifts(R, spectrum):
            K = self.coherent_elements(spectrum)
            if K is not None:
                out = out - 1j * (K @ R - R @ K)
        return np.asarray(out)

    def _shifts(self, R: Array, spectrum: Spectrum) -> bool:
        """Whether the coherent term can act on R: a secular one is diagonal without degenerate levels."""
        if not self.representation.is_frequency_resolved or spectrum.is_degenerate:
            return True
        return bool(np.any(R - np.diag(np.diag(R))))

    def adjoint(self, observable: Array) -> ComplexArray:
        """`D_r^adjoint(X)`, with the commutator of its own coherent term."""
        out = self.representation.adjoint(observable)
        if self.coherent is not None:
            out = out + 1j * (self.coherent @ observable - observable @ self.coherent)
        return out


@dataclass(frozen=True, eq=False)
class Generator:
    """`L(rho) = -i[H, rho] + sum_r D_r(rho)`, Schroedinger picture, trace preserving.

    Made by a limit (`weak_coupling`), by a constructor (`lindbladian`, `rate_equation`) or by a bridge; every
    diagnostic of the library takes it whatever made it.

    Parameters
    ----------
    spectrum : Spectrum
        Of the bare Hamiltonian.
    dissipators : tuple of Dissipator
        One for each reservoir, at least one.
    number : ComplexArray, shape (d, d), or None
        Particle-number operator in the given basis.
    energy : ComplexArray, shape (d, d), or None
        Hamiltonian `H_0` with which energy is counted, in the given basis, where that is not H: the rest `H - H_0` is a
        drive, which does work.
    has_energies : bool
        Whether the energies of the levels were given; where they were not, nothing is said of energy and heat.
    is_graded : bool or None
        Whether each quantum of a reservoir is a particle, `[N, D] = -D`; None if unknown.
    provenance : Provenance
        How it was made.
    system : OpenSystem or None
        The system that a limit derived it from, so that it can be derived again with other tolerances.
    undetermined : tuple of Undetermined
        Transitions left out because they cannot be told from round-off.
    """

    spectrum: Spectrum
    dissipators: tuple[Dissipator, ...]
    _: KW_ONLY
    number: ComplexArray | None = None
    energy: ComplexArray | None = None
    has_energies: bool = True
    is_graded: bool | None = None
    provenance: Provenance = field(default_factory=lambda: Provenance("given"))
    system: OpenSystem | None = None
    undetermined: tuple[Undetermined, ...] = ()

    def __post_init__(self) -> None:
        require(len(self.dissipators) > 0, "dissipators", "hold at least one Dissipator", "is empty")

    @property
    def dimension(self) -> int:
        """Dimension d of the Hilbert space."""
        return self.spectrum.dimension

    @property
    def hamiltonian(self) -> ComplexArray:
        """Bare Hamiltonian H in the given basis, shape (d, d)."""
        return self.spectrum.hamiltonian

    @cached_property
    def _relative_hamiltonian(self) -> ComplexArray:
        """H without a multiple of one: a part common to all energies moves nothing, and would cost digits."""
        return np.asarray(self.hamiltonian - self.hamiltonian[0, 0].real * np.eye(self.dimension))

    @property
    def names(self) -> tuple[str, ...]:
        """Name of the reservoir of each dissipator."""
        return tuple(dissipator.name for dissipator in self.dissipators)

    @property
    def is_secular(self) -> bool:
        """Whether every dissipator is resolved in Bohr frequency, as in the weak-coupling and low-density limits."""
        return all(part.representation.is_frequency_resolved for part in self.dissipators)

    @property
    def is_rate_equation(self) -> bool:
        """Whether every dissipator is a table of rates, one jump for each pair of states."""
        return all(part.representation.each_pair_alone for part in self.dissipators)

    @property
    def has_jump_operators(self) -> bool:
        """Whether the jump operators of every dissipator are known."""
        return all(part.representation.has_jump_operators for part in self.dissipators)

    def apply(self, rho: Array) -> ComplexArray:
        """Schroedinger action `L(rho)` on a matrix of shape (d, d) in the given basis."""
        rho = square_matrix(rho, "rho", self.dimension)
        H = self._relative_hamiltonian
        out = -1j * (H @ rho - rho @ H)
        for dissipator in self.dissipators:
            out = out + dissipator.apply(rho)
        return np.asarray(out)

    def apply_elements(self, R: Array) -> ComplexArray:
        """Schroedinger action on a matrix given, and returned, in the energy basis."""
        energies = self.spectrum.energies
        out = -1j * (energies[:, None] - energies[None, :]) * R
        for dissipator in self.dissipators:
            out = out + dissipator.apply_elements(R, self.spectrum)
        return np.asarray(out)

    def adjoint(self, observable: Array) -> ComplexArray:
        """Heisenberg action: `Tr[X L(rho)] = Tr[L^adjoint(X) rho]`."""
        X = square_matrix(observable, "observable", self.dimension)
        H = self._relative_hamiltonian
        out = 1j * (H @ X - X @ H)
        for dissipator in self.dissipators:
            out = out + dissipator.adjoint(X)
        return np.asarray(out)

    def superoperator(self) -> ComplexArray:
        """The d^2 x d^2 Schroedinger matrix, row-major: vec(A X B) = kron(A, B^T) vec X. Only when asked."""
        d = self.dimension
        require_memory(3, d * d, "generator", "Use apply(rho), which never forms this matrix.")
        identity = np.eye(d)
        K = self._relative_hamiltonian + sum(c for c in (part.coherent for part in self.dissipators) if c is not None)
        matrix = -1j * (np.kron(K, identity) - np.kron(identity, K.T))
        for dissipator in self.dissipators:
            matrix += dissipator.representation.superoperator(d)
        return np.asarray(matrix)

    def channel(self, time: float) -> Channel:
        """The channel `exp(L t)` of a time t >= 0, from the d^2 x d^2 matrix.

        Raises
        ------
        InputError
            Negative time; a generator whose semigroup is not completely positive (with the negative eigenvalue).
        """
        from scipy.linalg import expm

        time = finite_real(time, "time")
        require(time >= 0, "time", "be >= 0", f"got {time:g}")
        return choi_channel(choi_of_superoperator(expm(time * self.superoperator())))

    def _repr_html_(self) -> str:
        """The printed form, for notebooks."""
        return preformatted(self)

    def __repr__(self) -> str:
        states = counted(self.dimension, "state")
        facts = [("energies", energies(self.spectrum.levels)), ("reservoirs", named(self.names))]
        facts += [("note", note) for note in self.provenance.notes]
        return described(f"generator, {states}: {self.provenance.limit}", *facts)


CHANNEL_REMEDY = (
    "A channel is one step, not a rate: fixed_point(channel), petz_dual(channel, state) and channel_balance(channel, "
    "state) take it; its generator T - 1 has the same detailed balance."
)
"""Remedy in the refusal of a channel where a generator is expected."""


def require_generator(value: object, name: str = "generator") -> None:
    """Refuse what is not a generator: most often a system, or the state in its place."""
    if isinstance(value, OpenSystem):
        remedy = "Derive its generator first: weak_coupling(system)."
    elif isinstance(value, Channel):
        remedy = CHANNEL_REMEDY
    else:
        remedy = "Make one with weak_coupling(system), lindbladian(...) or rate_equation(...); it comes before a state."
    require(isinstance(value, Generator), name, "be a Generator", f"got {type(value).__name__}", remedy)


def require_system(value: object, name: str = "system") -> None:
    """Refuse what is not an open system: most often its Hamiltonian alone, or a generator that exists already."""
    if isinstance(value, Generator):
        remedy = "A generator that exists already has its limit; derive another from the system it was made of."
    else:
        remedy = "Make one with OpenSystem(hamiltonian, [Coupling(reservoir, operator)])."
    require(isinstance(value, OpenSystem), name, "be an OpenSystem", f"got {type(value).__name__}", remedy)


def require_channel(value: object, name: str = "channel") -> None:
    """Refuse what is not a channel: most often a generator, or the Kraus operators in its place."""
    if isinstance(value, Generator):
        remedy = "generator.channel(time) is the channel of a time; a generator itself goes to detailed_balance."
    else:
        remedy = "Make one with kraus_channel, choi_channel or superoperator_channel; it comes before a state."
    require(isinstance(value, Channel), name, "be a Channel", f"got {type(value).__name__}", remedy)
