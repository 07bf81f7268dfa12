"""Generators side by side: which laws each limit keeps on one system of reservoirs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from equipoise._checks import ROUND_OFF, ComplexArray, InputError, NumericalError, RealArray, require
from equipoise._printed import amount
from equipoise.auditing.blocks import Cell, Section, Table
from equipoise.auditing.dataset import ENERGY_FLOW, RATE, missing
from equipoise.auditing.measurements import boundary_work
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
from equipoise.reservoirs import Thermal
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
        laws: list[tuple[Cell, ...]] = [
            (
                row.name,
                _marked(row.entropy_production, row.obeys_second_law is not False),
                _marked(row.equal_temperature_heat, row.obeys_zeroth_law is not False),
                _marked(row.kossakowski, (row.kossakowski or 0.0) >= 0),
                _marked(row.smallest_weight, (row.smallest_weight or 0.0) >= 0),
                amount(row.mean_force_error, 3),
            )
            for row in self.rows
        ]
        flows: list[tuple[Cell, ...]] = [
            (row.name, *(amount(value, 3) for value in (*self._heat(row).tolist(), row.boundary_work)))
            for row in self.rows
        ]
        columns = ("limit", "entropy", "equal beta", "rate", "weight", "mean force")
        note = (
            "Entropy production; heat at equal temperatures; most negative canonical rate; smallest weight of the "
            "state; error of its coherences. A ! breaks: second law, zeroth law, complete positivity, positivity."
        )
        tables = (
            Table("", columns, tuple(laws), note),
            Table("Heat into the system, J_Q", ("limit", *self.reservoirs, "boundary work"), tuple(flows)),
        )
        notes = tuple((f"{row.name}:", row.note) for row in self.rows if row.note)
        text = str(Section(title="Limits side by side: which laws each of them keeps", blocks=tables))
        return text + (f"\n\n{Section(title='', facts=notes)}" if notes else "")

    def _heat(self, row: ComparedGenerator) -> RealArray:
        return np.full(len(self.reservoirs), np.nan) if row.heat is None else row.heat

    def to_dataset(self) -> xarray.Dataset:
        """Every number with dimensions `limit` and `reservoir`; NaN (missing) where it does not exist."""
        import xarray

        flow = {"units": ENERGY_FLOW}
        heat = np.array([self._heat(row) for row in self.rows])
        variables: dict[str, object] = {
            "heat_flow": (("limit", "reservoir"), heat, flow | {"long_name": "positive into the system"}),
            "note": ("limit", [row.note for row in self.rows]),
        }
        for name, attributes in (
            ("boundary_work", flow),
            ("entropy_production", {"units": "k_B " + RATE}),
            ("equal_temperature_heat", flow),
            ("kossakowski", {"units": RATE}),
            ("smallest_weight", {"units": "1"}),
            ("mean_force_error", {"units": "1"}),
            ("obeys_second_law", {"long_name": "1 yes, 0 no"}),
            ("obeys_zeroth_law", {"long_name": "1 yes, 0 no"}),
        ):
            variables[name] = ("limit", missing([getattr(row, name) for row in self.rows]), attributes)
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
    >>> from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
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
            generator, rho, heat = _at_rest(limit, system)
    except (NumericalError, InputError) as error:
        return ComparedGenerator(name=name, generator=None, note=_first_sentence(error))
    notes = [str(warning.message).split(": the secular")[0] for warning in caught]
    produced, second_law = _second_law(generator, heat)
    flow, zeroth_law = None, None
    if equal is not None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SecularApproximationWarning)
                other, _, others = _at_rest(limit, equal)
            flow = float(np.abs(others).max())
            zeroth_law = flow <= BALANCED * _scale(other)
        except (NumericalError, InputError) as error:
            notes.append(f"at equal temperatures: {_first_sentence(error)}")
    return ComparedGenerator(
        name=name,
        generator=generator,
        heat=heat,
        boundary_work=boundary_work(generator, rho),
        entropy_production=produced,
        obeys_second_law=second_law,
        equal_temperature_heat=flow,
        obeys_zeroth_law=zeroth_law,
        kossakowski=smallest_kossakowski_eigenvalue(generator) if generator.has_jump_operators else None,
        smallest_weight=_smallest_weight(rho),
        mean_force_error=None if mean_force is None else _mean_force_error(generator, mean_force),
        note="; ".join(notes),
    )


def _first_sentence(error: Exception) -> str:
    return str(error).split("\n")[0].split(". ")[0]


def _at_rest(limit: Limit, system: OpenSystem) -> tuple[Generator, ComplexArray, RealArray]:
    """A limit, its stationary matrix, and the heat `Tr[(H_r - mu_r N_r) D_r(rho)]` from each of its reservoirs."""
    generator = limit(system)
    rho = _stationary_matrix(generator)
    heat = []
    for part in generator.dissipators:
        K = generator.hamiltonian if part.energy is None else part.energy
        if mu := chemical_potential(part):
            N = generator.number if part.number is None else part.number
            if N is None:
                raise InputError(f"The heat of {part.name!r} needs the number operator: its mu is {mu:.6g}.")
            K = K - mu * N
        heat.append(float(np.einsum("ij,ji->", K, part.apply(rho)).real))
    return generator, rho, np.array(heat)


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


def _second_law(generator: Generator, heat: RealArray) -> tuple[float | None, bool | None]:
    """`-sum_r beta_r J_Q,r` and whether it is >= 0; None without temperatures or at zero temperature."""
    betas = missing([None if p.reservoir is None else p.reservoir.inverse_temperature for p in generator.dissipators])
    if not np.all(np.isfinite(betas)):
        return None, None
    terms = -betas * heat
    round_off = float(np.abs(betas).max()) * _scale(generator) * 1e-3
    size = max(float(np.abs(terms).sum()), round_off)
    return float(terms.sum()), bool(terms.sum() >= -BALANCED * size)


def _scale(generator: Generator) -> float:
    """Largest decay rate times the spread of the energies: what a flow is relative to."""
    uniform = np.eye(generator.dimension, dtype=complex)
    probe = np.diag(np.arange(generator.dimension)).astype(complex)
    rate = max(float(np.abs(part.representation.adjoint(probe)).max()) for part in generator.dissipators)
    rate = max(rate, max(float(np.abs(part.representation.apply(uniform)).max()) for part in generator.dissipators))
    return rate * float(np.ptp(generator.spectrum.energies))


def _at_equal_temperature(system: OpenSystem) -> OpenSystem | None:
    """The system with all reservoirs at the mean beta and mu; None if one is not thermal."""
    thermal = [r.distribution for r in system.reservoirs if isinstance(r.distribution, Thermal)]
    if len(thermal) < len(system.reservoirs):
        return None
    finite = [t.inverse_temperature for t in thermal if np.isfinite(t.inverse_temperature)]
    beta = float(np.mean(finite)) if finite else np.inf
    mu = float(np.mean([t.chemical_potential for t in thermal]))
    changed = {
        r.name: replace(r, distribution=replace(t, inverse_temperature=beta, chemical_potential=mu))
        for r, t in zip(system.reservoirs, thermal, strict=True)
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


def _marked(value: float | None, holds: bool) -> str:
    return amount(value, 3) + ("" if holds else " !")
