"""An open system: Hamiltonian, couplings to named reservoirs, optional particle number; checked once when made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import (
    ROUND_OFF,
    ComplexArray,
    InputError,
    RealArray,
    hermitian_matrix,
    require,
    require_memory,
    require_type,
)
from equipoise._printed import amounts, counted, described, named, preformatted
from equipoise.reservoirs import CorrelatedDensity, Reservoir, Statistics
from equipoise.reservoirs.reservoir import require_one_for_each_name
from equipoise.spectrum import Spectrum, resolved_by_number, spectrum_of_levels, spectrum_of_matrix
from equipoise.systems._parameters import MATRICES_OF_AN_AUDIT
from equipoise.systems.coupling import Coupling
from equipoise.tolerances import COMMUTES, COUNTS


@dataclass(frozen=True, eq=False)
class OpenSystem:
    """A system with Hamiltonian `H` coupled to reservoirs: `H + sum_r (D_r (x) A_r^dagger + h.c.)`.

    Parameters
    ----------
    hamiltonian : array_like or sparse array of shape (d, d), or sequence of d levels
        A Hermitian matrix, or the energies of a system diagonal in the basis of the couplings. Levels, and the
        couplings between them, are exact numbers: an element of 1e-200 is a transition. Elements of couplings to
        a dense matrix that lie below its round-off are undetermined (see `weak_coupling`).
    couplings : sequence of Coupling
        At least one. Several may share a reservoir.
    number : array_like, shape (d, d), optional
        Particle-number operator `N` with `[H, N] = 0`; needed for `d<N>/dt` and to know that the couplings are
        graded (`[N, D] = -D`).
    tolerance : float, optional
        Absolute clustering tolerance of levels and Bohr frequencies; default 1e-10 of the spectral spread.
    labels : sequence of str, optional
        A name for each state of the basis. Levels are named after them where the Hamiltonian is diagonal, and
        numbered where it mixes them.

    Raises
    ------
    InputError
        Hamiltonian not Hermitian (by how much, where), coupling of the wrong shape (which), `[H, N] != 0`,
        fermionic coupling that does not change the parity, two reservoirs of one name, more memory than there is.

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
    >>> bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.01, 10.0))
    >>> system = OpenSystem([0.0, 1.0], [Coupling(bath, [[0, 1], [1, 0]])])
    >>> system.dimension, [reservoir.name for reservoir in system.reservoirs]
    (2, ['bath'])
    """

    hamiltonian: ComplexArray | RealArray
    couplings: tuple[Coupling, ...]
    number: ComplexArray | None = None
    tolerance: float | None = None
    labels: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        _refuse_too_large(self.hamiltonian)
        remedy = "Put it in a list: [Coupling(...)]." if isinstance(self.couplings, Coupling) else ""
        require_type(self.couplings, Iterable, "couplings", "a list of Coupling", remedy)
        object.__setattr__(self, "couplings", tuple(self.couplings))
        object.__setattr__(self, "labels", None if self.labels is None else tuple(self.labels))
        require(len(self.couplings) > 0, "couplings", "hold at least one Coupling", "is empty")
        spectrum = self._bare_spectrum
        for index, coupling in enumerate(self.couplings):
            require_type(coupling, Coupling, f"couplings[{index}]", "a Coupling")
            require(
                coupling.operator.shape == (spectrum.dimension, spectrum.dimension),
                f"couplings[{index}].operator (to {coupling.reservoir.name!r})",
                f"have shape ({spectrum.dimension}, {spectrum.dimension}), as the Hamiltonian",
                f"has shape {coupling.operator.shape}",
            )
        self._check_reservoirs()
        if self.number is not None:
            object.__setattr__(self, "number", _checked_number(self.number, spectrum))
        for index, coupling in enumerate(self.couplings):
            distribution = coupling.reservoir.distribution
            if distribution is not None and distribution.statistics is Statistics.FERMION:
                self._check_parity(index, coupling)

    @cached_property
    def spectrum(self) -> Spectrum:
        """Levels and energy basis; states of one energy and different number of fermions are separate levels."""
        statistics = {c.reservoir.distribution.statistics for c in self.couplings if c.reservoir.distribution}
        if self.number is not None and self.is_graded and statistics == {Statistics.FERMION}:
            return resolved_by_number(self._bare_spectrum, self.number, self.labels)
        return self._bare_spectrum

    @cached_property
    def _bare_spectrum(self) -> Spectrum:
        if self.is_given_by_levels:
            return spectrum_of_levels(self.hamiltonian, self.tolerance, self.labels)
        return spectrum_of_matrix(self.hamiltonian, self.tolerance, self.labels)

    @property
    def is_given_by_levels(self) -> bool:
        """Whether the Hamiltonian was given as a list of energies, so that couplings are exact numbers."""
        return not hasattr(self.hamiltonian, "toarray") and np.ndim(self.hamiltonian) == 1

    @property
    def dimension(self) -> int:
        """Dimension d of the Hilbert space."""
        return self._bare_spectrum.dimension

    @cached_property
    def reservoirs(self) -> tuple[Reservoir, ...]:
        """The distinct reservoirs, in the order of the couplings."""
        found: dict[str, Reservoir] = {}
        for coupling in self.couplings:
            found.setdefault(coupling.reservoir.name, coupling.reservoir)
        return tuple(found.values())

    def channels(self, reservoir: Reservoir) -> tuple[ComplexArray, ...]:
        """Operators `D_a` of each channel of a reservoir in ascending channel number, coherent sums done."""
        sums: dict[int, ComplexArray] = {}
        for coupling in self.couplings:
            if coupling.reservoir.name == reservoir.name:
                present = sums.get(coupling.channel)
                sums[coupling.channel] = coupling.operator if present is None else present + coupling.operator
        return tuple(sums[channel] for channel in sorted(sums))

    @cached_property
    def is_graded(self) -> bool | None:
        """Whether `[N, D] = -D` for every coupling (each quantum is a particle); None without a number operator."""
        if self.number is None:
            return None
        return all(
            _is_small(self.number @ D - D @ self.number + D, self.number, D)
            for D in (coupling.operator for coupling in self.couplings)
        )

    def _check_reservoirs(self) -> None:
        first = require_one_for_each_name(
            (f"couplings[{k}].reservoir", c.reservoir) for k, c in enumerate(self.couplings)
        )
        for reservoir in first.values():
            density = reservoir.spectral_density
            if isinstance(density, CorrelatedDensity):
                used = sorted({c.channel for c in self.couplings if c.reservoir.name == reservoir.name})
                require(
                    used == list(range(density.channels)),
                    f"couplings to {reservoir.name!r}",
                    f"use the channels 0..{density.channels - 1} of its matrix-valued spectral density",
                    f"they use {used}",
                )

    def _check_parity(self, index: int, coupling: Coupling) -> None:
        name = f"couplings[{index}].operator (to {coupling.reservoir.name!r})"
        D = coupling.operator
        if self.number is not None:
            parity = _parity(self.number)
            even = parity @ D + D @ parity
            require(
                _is_small(even, parity, D),
                name,
                "change the fermion parity, (-1)^N D = -D (-1)^N: a fermionic reservoir exchanges one electron",
                f"the even part of D has norm {np.linalg.norm(even) / 2:.3g}",
                "Use creation and annihilation operators (systems.models has Jordan-Wigner constructors).",
            )
            return
        require(
            _has_two_colouring(self._bare_spectrum, D),
            name,
            "change the fermion parity: no assignment of parities to the energy levels makes D odd",
            "a cycle of odd length connects states of one parity",
            "Pass number=... (its parity is used), or use a bosonic reservoir.",
        )

    def __repr__(self) -> str:
        facts = (
            ("energies", amounts(self.spectrum.levels)),
            ("reservoirs", named(reservoir.name for reservoir in self.reservoirs)),
            ("couplings", str(len(self.couplings))),
        )
        return described(f"open system, {counted(self.dimension, 'state')}", *facts)

    def _repr_html_(self) -> str:
        """The printed form, for notebooks."""
        return preformatted(self)


def _refuse_too_large(hamiltonian: object) -> None:
    shape = getattr(hamiltonian, "shape", None)
    if shape is None:
        shape = (len(hamiltonian),) if isinstance(hamiltonian, Sequence) else (1,)
    if shape:
        remedy = "Reduce the dimension, for instance to one symmetry sector or to the levels that matter."
        require_memory(MATRICES_OF_AN_AUDIT, int(shape[0]), "hamiltonian", remedy)


def _is_small(defect: ComplexArray, *factors: ComplexArray) -> bool:
    scale = float(np.prod([np.linalg.norm(factor) for factor in factors]))
    return float(np.linalg.norm(defect)) <= COMMUTES * scale


def _checked_number(number: object, spectrum: Spectrum) -> ComplexArray:
    N = hermitian_matrix(number, "number", spectrum.dimension)
    H = spectrum.hamiltonian
    defect = float(np.linalg.norm(H @ N - N @ H))
    bound = COMMUTES * float(np.linalg.norm(H)) * float(np.linalg.norm(N))
    require(
        defect <= bound,
        "number",
        "commute with the Hamiltonian, [H, N] = 0",
        f"||[H, N]|| = {defect:.3g} exceeds {bound:.1e} (COMMUTES ||H|| ||N||)",
        "Drop it if particles are not conserved.",
    )
    return N


def _parity(number: ComplexArray) -> ComplexArray:
    values, vectors = np.linalg.eigh(number)
    rounded = np.rint(values)
    if np.abs(values - rounded).max() > COUNTS:
        raise InputError(
            "Argument `number` must have integer eigenvalues when a reservoir is fermionic, but has "
            f"{values[int(np.argmax(np.abs(values - rounded)))]:.6g}."
        )
    return np.asarray((vectors * np.where(rounded % 2 == 0, 1.0, -1.0)) @ vectors.conj().T)


def _has_two_colouring(spectrum: Spectrum, operator: ComplexArray) -> bool:
    """Whether parities can be given to the energy basis states so that `operator` is odd (bipartite graph)."""
    elements = spectrum.to_energy_basis(operator)
    scale = float(np.abs(elements).max(initial=0.0))
    linked = np.abs(elements) > 1e3 * ROUND_OFF * scale
    linked |= linked.T
    colour = np.zeros(spectrum.dimension, dtype=int)
    for start in range(spectrum.dimension):
        if colour[start]:
            continue
        colour[start] = 1
        frontier = [start]
        while frontier:
            state = frontier.pop()
            neighbours = np.nonzero(linked[state])[0]
            if np.any(colour[neighbours] == colour[state]):
                return False
            fresh = neighbours[colour[neighbours] == 0]
            colour[fresh] = -colour[state]
            frontier.extend(int(k) for k in fresh)
    return True
