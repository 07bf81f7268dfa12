"""Generators side by side: which laws each limit keeps on one system of reservoirs."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from equipoise._checks import ROUND_OFF, ComplexArray, InputError, NumericalError, RealArray, require
from equipoise._printed import amount
from equipoise.generators import (
    Dissipator,
    Generator,
    SecularApproximationWarning,
    geometric_arithmetic,
    kms_weak_coupling,
    local,
    redfield,
    universal_lindblad,
    weak_coupling,
)
from equipoise.generators.kossakowski import smallest_kossakowski_eigenvalue
from equipoise.generators.local_limit import require_local_hamiltonians
from equipoise.reservoirs import Reservoir, Thermal
from equipoise.spectrum import Spectrum
from equipoise.stationary import gibbs_state, stationary_state
from equipoise.stationary.solve import NotPositiveError
from equipoise.systems import OpenSystem
from equipoise.thermodynamics.flows import chemical_potential
from equipoise.tolerances import BALANCED

if TYPE_CHECKING:
    import xarray

Limit = Callable[[OpenSystem], Generator]


@dataclass(frozen=True, eq=False, kw_only=True)
class ComparedGenerator:
    """The flows that one limit gives, and the laws it keeps. None where a quantity does not exist; `note` says why.

    Parameters
    ----------
    name : str
    generator : Generator or None
        None if the limit does not exist for this system.
    heat : RealArray, shape (R,), or None
        `J_Q` of each reservoir, positive into the system, accounted with the dissipator's own operators.
    boundary_work : float or None
        `sum_r Tr[(H - H_r) D_r(rho)]`.
    entropy_production : float or None
        `-sum_r beta_r J_Q,r` in the stationary state (Clausius).
    obeys_second_law : bool or None
        Whether it is >= 0, up to 1e-9 of its terms.
    equal_temperature_heat : float or None
        Largest `|J_Q|` when all reservoirs have the mean inverse temperature and mean chemical potential.
    obeys_zeroth_law : bool or None
        Whether that is 0, up to 1e-9 of the largest rate times the spread of the energies.
    kossakowski : float or None
        Most negative canonical rate; 0 if completely positive.
    smallest_weight : float or None
        Smallest eigenvalue of the stationary matrix.
    mean_force_error : float or None
        Distance of its stationary coherences with one reservoir at a time from those of the mean-force Gibbs state,
        to second order in the coupling, relative; the largest over reservoirs.
    note : str
    """

    name: str
    generator: Generator | None
    heat: RealArray | None = None
    boundary_work: float | None = None
    entropy_production: float | None = None
    obeys_second_law: bool | None = None
    equal_temperature_heat: float | None = None
    obeys_zeroth_law: bool | None = None
    kossakowski: float | None = None
    smallest_weight: float | None = None
    mean_force_error: float | None = None
    note: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """The table of `compare_generators`: prints itself, and gives a dataset.

    Parameters
    ----------
    reservoirs : tuple of str
    rows : tuple of ComparedGenerator
    """

    reservoirs: tuple[str, ...]
    rows: tuple[ComparedGenerator, ...]

    def row(self, name: str) -> ComparedGenerator:
        """The row of a limit, by its name."""
        for row in self.rows:
            if row.name == name:
                return row
        names = ", ".join(row.name for row in self.rows)
        raise InputError(f"Argument `name` must be a limit of this comparison ({names}), but got {name!r}.")

    def __repr__(self) -> str:
        return "\n".join([*self._laws(), "", *self._flows(), *self._notes()])

    def _laws(self) -> list[str]:
        head = ("entropy", "heat at", "canonical", "smallest", "mean-force")
        below = ("production", "equal beta", "rate", "weight", "error")
        lines = [_line("", head), _line("limit", below)]
        for row in self.rows:
            cells = (
                _marked(row.entropy_production, row.obeys_second_law),
                _marked(row.equal_temperature_heat, row.obeys_zeroth_law),
                _marked(row.kossakowski, None if row.kossakowski is None else row.kossakowski >= 0),
                _marked(row.smallest_weight, None if row.smallest_weight is None else row.smallest_weight >= 0),
                _short(row.mean_force_error),
            )
            lines.append(_line(row.name, cells))
        return [*lines, "! breaks: second law, zeroth law, complete positivity, positivity of the state"]

    def _flows(self) -> list[str]:
        lines = ["heat into the system, J_Q"]
        for start in range(0, len(self.reservoirs), 4):
            names = self.reservoirs[start : start + 4]
            last = start + 4 >= len(self.reservoirs)
            lines.append(_line("limit", (*(name[:11] for name in names), *(["bound. work"] if last else []))))
            for row in self.rows:
                heat = [None] * len(names) if row.heat is None else row.heat[start : start + 4]
                cells = [_short(None if q is None else float(q)) for q in heat]
                lines.append(_line(row.name, (*cells, *([_short(row.boundary_work)] if last else []))))
        return lines

    def _notes(self) -> list[str]:
        lines = [textwrap.fill(f"{row.name}: {row.note}", 80, subsequent_indent="  ") for row in self.rows if row.note]
        return ["", *lines] if lines else []

    def to_dataset(self) -> xarray.Dataset:
        """Every number with dimensions `limit` and `reservoir`; NaN (missing) where it does not exist."""
        import xarray

        flow, rate = {"units": "energy unit^2 / hbar"}, {"units": "energy unit / hbar"}
        heat = [np.full(len(self.reservoirs), np.nan) if row.heat is None else row.heat for row in self.rows]
        variables: dict[str, object] = {
            "heat_flow": (("limit", "reservoir"), np.array(heat), flow | {"long_name": "positive into the system"}),
            "note": ("limit", [row.note for row in self.rows]),
        }
        for name, attributes in (
            ("boundary_work", flow),
            ("entropy_production", {"units": "k_B energy unit / hbar"}),
            ("equal_temperature_heat", flow),
            ("kossakowski", rate),
            ("smallest_weight", {"units": "1"}),
            ("mean_force_error", {"units": "1"}),
            ("obeys_second_law", {"long_name": "1 yes, 0 no"}),
            ("obeys_zeroth_law", {"long_name": "1 yes, 0 no"}),
        ):
            values = [getattr(row, name) for row in self.rows]
            variables[name] = ("limit", [np.nan if value is None else float(value) for value in values], attributes)
        coordinates = {"limit": [row.name for row in self.rows], "reservoir": list(self.reservoirs)}
        return xarray.Dataset(variables, coordinates)


def standard_limits(local_hamiltonians: Mapping[str, object] | None = None) -> dict[str, Limit]:
    """The limits that `compare_generators` sets side by side, by name; `local` where its Hamiltonians are given."""
    limits: dict[str, Limit] = {
        "weak coupling": weak_coupling,
        "Redfield": redfield,
        "universal Lindblad": universal_lindblad,
        "geometric-arithmetic": geometric_arithmetic,
        "KMS weak coupling": kms_weak_coupling,
    }
    if local_hamiltonians is not None:
        limits["local"] = partial(local, local_hamiltonians=local_hamiltonians)
    return limits


def compare_generators(
    system: OpenSystem,
    *,
    local_hamiltonians: Mapping[str, object] | None = None,
    limits: Mapping[str, Limit] | None = None,
) -> Comparison:
    r"""Table of all limits side by side: flows, second law, equal-temperature test, positivity, mean-force error.

    - *Second law*: the stationary `-sum_r beta_r J_Q,r` must be >= 0.
    - *Equal-temperature test*: with every reservoir at the mean inverse temperature (and mean chemical potential),
      every stationary heat flow must vanish.
    - *Positivity*: the most negative canonical rate of the generator, the smallest eigenvalue of its state.
    - *Mean force*: to second order in the coupling the stationary coherence with one reservoir is
      `rho_ij = (D_r tau)_ij / (i (E_i - E_j))`, tau the Gibbs state; Redfield's equals that of the mean-force Gibbs
      state, to which the others are compared. Second-order populations are right in none of the limits.

    Parameters
    ----------
    system : OpenSystem
    local_hamiltonians : mapping of str to array_like, optional
        As for `local`, which is compared only if they are given.
    limits : mapping of str to (OpenSystem -> Generator), optional
        Limits to compare instead of `standard_limits(...)`.

    Returns
    -------
    Comparison
        A limit that does not exist for the system, or whose stationary state is not unique, keeps its row with a
        note; so does one whose secular approximation is doubtful (no warning is issued).

    Raises
    ------
    InputError
        If `system` is not an OpenSystem, no limit is given or one that cannot be called, or local Hamiltonians are not
        given for exactly the reservoirs of the system.

    References
    ----------
    Levy & Kosloff (2014); Tupkary, Dhar, Kulkarni & Purkayastha (2022); Becker, Schnell & Thingna (2022).

    Examples
    --------
    >>> from equipoise.reservoirs import Ohmic, bose_einstein
    >>> from equipoise.systems import Coupling
    >>> hot, cold = (Reservoir(n, bose_einstein(temperature=T), Ohmic(0.01, 5.0)) for n, T in (("hot", 2), ("cold", 1)))
    >>> X, Z = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])
    >>> table = compare_generators(OpenSystem([0.0, 1.0], [Coupling(hot, X + Z), Coupling(cold, X)]))
    >>> table.row("weak coupling").obeys_zeroth_law, table.row("universal Lindblad").obeys_zeroth_law
    (True, False)
    """
    require(
        isinstance(system, OpenSystem),
        "system",
        "be an OpenSystem",
        f"got {type(system).__name__}",
        "A generator that exists already has one limit only: audit(generator).",
    )
    if local_hamiltonians is not None:
        require_local_hamiltonians(system, local_hamiltonians)
        require(
            limits is None,
            "local_hamiltonians",
            "come without `limits`",
            "both were given",
            "Pass limits=standard_limits(local_hamiltonians) | {...}.",
        )
    chosen = standard_limits(local_hamiltonians) if limits is None else _named_limits(limits)
    equal = _at_equal_temperature(system)
    mean_force = _mean_force(system)
    rows = tuple(_row(name, limit, system, equal, mean_force) for name, limit in chosen.items())
    return Comparison(tuple(reservoir.name for reservoir in system.reservoirs), rows)


def _named_limits(limits: object) -> dict[str, Limit]:
    """The given limits, each checked to be callable."""
    require(
        isinstance(limits, Mapping),
        "limits",
        "be a mapping of names to functions of an OpenSystem",
        f"got {type(limits).__name__}",
        "Such as {'weak coupling': weak_coupling}.",
    )
    assert isinstance(limits, Mapping)
    require(len(limits) > 0, "limits", "hold at least one limit", "is empty")
    for name, limit in limits.items():
        require(
            callable(limit),
            f"limits[{name!r}]",
            "be a function of an OpenSystem that returns a Generator",
            f"got {type(limit).__name__}",
            "Such as weak_coupling.",
        )
    return dict(limits)


def _row(
    name: str,
    limit: Limit,
    system: OpenSystem,
    equal: OpenSystem | None,
    mean_force: list[ComplexArray] | None,
) -> ComparedGenerator:
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", SecularApproximationWarning)
            generator = limit(system)
        rho = _stationary_matrix(generator)
        heat = _heat(generator, rho)
    except (NumericalError, InputError) as error:
        return ComparedGenerator(name=name, generator=None, note=_first_sentence(error))
    produced, terms = _clausius(generator, heat)
    found = ComparedGenerator(
        name=name,
        generator=generator,
        heat=heat,
        boundary_work=_boundary_work(generator, rho),
        entropy_production=produced,
        obeys_second_law=None if produced is None else produced >= -BALANCED * terms,
        kossakowski=smallest_kossakowski_eigenvalue(generator) if generator.has_jump_operators else None,
        smallest_weight=_smallest_weight(rho),
    )
    notes = [str(warning.message).split(": the secular")[0] for warning in caught]
    if equal is not None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SecularApproximationWarning)
                other = limit(equal)
            flow = float(np.abs(_heat(other, _stationary_matrix(other))).max())
            found = replace(found, equal_temperature_heat=flow, obeys_zeroth_law=flow <= BALANCED * _scale(other))
        except (NumericalError, InputError) as error:
            notes.append(f"at equal temperatures: {_first_sentence(error)}")
    if mean_force is not None:
        found = replace(found, mean_force_error=_mean_force_error(generator, mean_force))
    return replace(found, note="; ".join(notes))


def _first_sentence(error: Exception) -> str:
    return str(error).split("\n")[0].split(". ")[0]


def _stationary_matrix(generator: Generator) -> ComplexArray:
    """Stationary matrix in the given basis: a state where it is one, the trace-one null vector where it is not."""
    try:
        return stationary_state(generator).density_matrix()
    except NotPositiveError:
        pass
    d = generator.dimension
    matrix = generator.superoperator()
    # L rho = 0 leaves one equation too many; the first, a population's, follows from conservation of the trace.
    matrix[0] = np.eye(d).ravel() * np.abs(matrix).max()
    target = np.zeros(d * d, dtype=complex)
    target[0] = matrix[0, 0]
    rho = np.linalg.solve(matrix, target).reshape(d, d)
    return np.asarray(0.5 * (rho + rho.conj().T))


def _smallest_weight(rho: ComplexArray) -> float:
    weights = np.linalg.eigvalsh(rho)
    lowest = float(weights[0])
    # Below the round-off of the diagonalisation a weight has no sign.
    return lowest if abs(lowest) > 8 * len(rho) * ROUND_OFF * float(weights[-1]) else 0.0


def _heat(generator: Generator, rho: ComplexArray) -> RealArray:
    """`Tr[(H_r - mu_r N_r) D_r(rho)]` of each dissipator."""
    flows = []
    for part in generator.dissipators:
        change = part.apply(rho)
        energy = generator.hamiltonian if part.energy is None else part.energy
        heat = float(np.einsum("ij,ji->", energy, change).real)
        mu = chemical_potential(part)
        if mu:
            N = generator.number if part.number is None else part.number
            if N is None:
                raise InputError(f"The heat of {part.name!r} needs the number operator: its mu is {mu:.6g}.")
            heat -= mu * float(np.einsum("ij,ji->", N, change).real)
        flows.append(heat)
    return np.array(flows)


def _boundary_work(generator: Generator, rho: ComplexArray) -> float:
    H = generator.hamiltonian
    total = 0.0
    for part in generator.dissipators:
        if part.energy is not None:
            total += float(np.einsum("ij,ji->", H - part.energy, part.apply(rho)).real)
    return total


def _clausius(generator: Generator, heat: RealArray) -> tuple[float | None, float]:
    """`-sum beta J_Q` and the sum of the moduli of its terms; None without temperatures or at zero temperature."""
    betas = [None if part.reservoir is None else part.reservoir.inverse_temperature for part in generator.dissipators]
    if any(beta is None or np.isinf(beta) for beta in betas):
        return None, 0.0
    terms = -np.array(betas, dtype=float) * heat
    round_off = float(np.abs(np.array(betas, dtype=float)).max()) * _scale(generator) * 1e-3
    return float(terms.sum()), max(float(np.abs(terms).sum()), round_off)


def _scale(generator: Generator) -> float:
    """Largest decay rate times the spread of the energies: what a flow is relative to."""
    uniform = np.eye(generator.dimension, dtype=complex)
    probe = np.diag(np.arange(generator.dimension)).astype(complex)
    rate = max(float(np.abs(part.representation.adjoint(probe)).max()) for part in generator.dissipators)
    rate = max(rate, max(float(np.abs(part.representation.apply(uniform)).max()) for part in generator.dissipators))
    return rate * float(np.ptp(generator.spectrum.energies))


def _at_equal_temperature(system: OpenSystem) -> OpenSystem | None:
    """The system with all reservoirs at the mean beta and mu; None if one is not thermal."""
    thermal: dict[str, Thermal] = {}
    for reservoir in system.reservoirs:
        if not isinstance(reservoir.distribution, Thermal):
            return None
        thermal[reservoir.name] = reservoir.distribution
    finite = [t.inverse_temperature for t in thermal.values() if np.isfinite(t.inverse_temperature)]
    beta = float(np.mean(finite)) if finite else np.inf
    mu = float(np.mean([t.chemical_potential for t in thermal.values()]))
    changed: dict[str, Reservoir] = {
        reservoir.name: replace(
            reservoir,
            distribution=replace(thermal[reservoir.name], inverse_temperature=beta, chemical_potential=mu),
        )
        for reservoir in system.reservoirs
    }
    couplings = tuple(replace(coupling, reservoir=changed[coupling.reservoir.name]) for coupling in system.couplings)
    return replace(system, couplings=couplings)


def second_order_coherence(part: Dissipator, spectrum: Spectrum, number_operator: ComplexArray | None) -> ComplexArray:
    """`(D_r tau)_ij / (i (E_i - E_j))` between levels, tau the Gibbs state of a thermal reservoir; energy basis."""
    assert part.reservoir is not None
    beta, mu = part.reservoir.inverse_temperature, chemical_potential(part)
    assert beta is not None
    tau = gibbs_state(spectrum, beta, mu, number_operator)
    change = part.apply_elements(tau.elements, spectrum)
    gaps = spectrum.state_energies[:, None] - spectrum.state_energies[None, :]
    between = spectrum.level_of[:, None] != spectrum.level_of[None, :]
    return np.asarray(np.where(between, change / np.where(between, 1j * gaps, 1.0), 0))


def _mean_force(system: OpenSystem) -> list[ComplexArray] | None:
    """Second-order coherence of the mean-force state of each reservoir, from Redfield's tensor; None without one."""
    if any(reservoir.inverse_temperature is None for reservoir in system.reservoirs):
        return None
    if any(reservoir.chemical_potential for reservoir in system.reservoirs) and system.number is None:
        return None
    try:
        generator = redfield(system)
    except (NumericalError, InputError):
        return None
    return [second_order_coherence(part, generator.spectrum, system.number) for part in generator.dissipators]


def _mean_force_error(generator: Generator, mean_force: list[ComplexArray]) -> float | None:
    """Largest relative distance over reservoirs; None where populations differ at lowest order (local)."""
    worst = 0.0
    if len(generator.dissipators) != len(mean_force):
        return None
    for part, expected in zip(generator.dissipators, mean_force, strict=True):
        size = float(np.linalg.norm(expected))
        if part.energy is not None or part.reservoir is None:
            return None
        found = second_order_coherence(part, generator.spectrum, generator.number)
        if size > 0:
            worst = max(worst, float(np.linalg.norm(found - expected)) / size)
    return worst


def _short(value: float | None) -> str:
    return amount(value, 3)


def _marked(value: float | None, holds: bool | None) -> str:
    return _short(value) + (" !" if holds is False else "")


def _line(name: str, cells: tuple[str, ...]) -> str:
    return f"{name[:20]:<20}" + "".join(f"{cell:>12}" for cell in cells)
