"""One audit for any generator: verdict, flows, entropy, detailed balance, and how it was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import singledispatch

import numpy as np

from equipoise._checks import InputError
from equipoise.audit.verdict import Facts, Finding, Verdict, decide, judged, settle
from equipoise.balance import (
    CycleAffinities,
    DetailedBalance,
    GibbsFit,
    clustering_misfit,
    cycle_affinities,
    detailed_balance,
    fit_gibbs,
    gibbs_misfit,
)
from equipoise.generators import Dissipator, Generator, MatrixFree, restricted, weak_coupling
from equipoise.provenance import Provenance
from equipoise.reservoirs import Statistics
from equipoise.spectrum import UNSAFE_FACTOR
from equipoise.stationary import NOISELESS, StationaryState, describe_support, stationary_state, stationary_states
from equipoise.systems import OpenSystem
from equipoise.thermodynamics import (
    Currents,
    EntropyProduction,
    clausius,
    currents,
    ergotropy,
    spohn_of_reservoirs,
    transition_resolved,
)

FLOW_TOLERANCE = 1e-9
"""A residual relative to its norm counts as zero below this; within a factor 10 of it the audit is undecided."""


_KEPT_ROUND_OFF = 1e-12
"""In a reading that keeps round-off, net flows up to this fraction of the largest one-way flow are round-off too."""


@dataclass(frozen=True)
class Alternative:
    """The verdict under another reading of what the input leaves open.

    Parameters
    ----------
    reading : str
        What was read differently, in words.
    verdict : Verdict
    """

    reading: str
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Audit:
    """The answer to: is this stationary state an equilibrium, and if not, what flows?

    Parameters
    ----------
    verdict : Verdict
        By the first matching test; UNDECIDED if a tolerance or a reading of the input decides.
    generator : Generator
    state : StationaryState or None
        None if it is not unique.
    flows : Currents or None
        Positive into the system.
    findings : tuple of Finding
        One for each question: answer, residual, tolerance, norm.
    first_law : tuple of (str, float)
        Printed rows; the last is d<H>/dt, which the others sum to.
    entropy : tuple of EntropyProduction
    balance : DetailedBalance or None
        None if not applicable (the findings say why).
    cycles : CycleAffinities or None
    gibbs : GibbsFit or None
    ergotropy : float or None
    alternatives : tuple of Alternative
    sectors : tuple of Audit
        One for each extremal stationary state if it is not unique.
    sides : tuple of Verdict
        The different verdicts on both sides of a tolerance.
    support : str
        For a sector: the conserved projector, in words.
    provenance : Provenance
    """

    verdict: Verdict
    generator: Generator
    state: StationaryState | None
    flows: Currents | None
    findings: tuple[Finding, ...]
    first_law: tuple[tuple[str, float], ...]
    entropy: tuple[EntropyProduction, ...]
    balance: DetailedBalance | None
    cycles: CycleAffinities | None
    gibbs: GibbsFit | None
    ergotropy: float | None
    alternatives: tuple[Alternative, ...]
    sectors: tuple[Audit, ...]
    sides: tuple[Verdict, ...]
    support: str
    provenance: Provenance

    def __str__(self) -> str:
        from equipoise.audit.text import summary

        return summary(self)

    def finding(self, question: str) -> Finding:
        """The finding whose question starts with the given words."""
        for finding in self.findings:
            if finding.question.startswith(question):
                return finding
        raise InputError(
            f"Argument `question` must be the start of a question of this audit, but got {question!r}. They are: "
            + "; ".join(finding.question for finding in self.findings)
            + "."
        )

    def to_dataset(self) -> object:
        """Every number as an xarray Dataset with named dimensions and units; see `audit.dataset`."""
        from equipoise.audit.dataset import dataset

        return dataset(self)


@singledispatch
def audit(subject: object, *, tolerance: float = FLOW_TOLERANCE) -> Audit:
    """Audit an open system (in the weak-coupling limit) or any generator.

    Finds the stationary state, every flow, which detailed balance holds and how far from it, and gives the
    verdict: *equilibrium*, *balanced between unequal reservoirs*, *non-equilibrium steady state*, ... (see
    `Verdict`). Where a gap, a round-off rate or a flow is too near a tolerance the verdict is *undecided*, and both
    sides are shown.

    Parameters
    ----------
    subject : OpenSystem or Generator
    tolerance : float
        A residual relative to its norm counts as zero below this.

    Returns
    -------
    Audit
        Prints itself in a dozen lines; `to_dataset()` gives the numbers.

    Raises
    ------
    InputError
        If the subject is neither, or is invalid.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> audit(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])).verdict.value
    'irreversible'
    """
    raise InputError(
        "Argument `subject` must be an OpenSystem or a Generator, but got "
        f"{type(subject).__name__}. Build one with OpenSystem(...), lindbladian(...), rate_equation(...) or "
        "io.qutip.from_qutip(...)."
    )


@audit.register
def _(subject: OpenSystem, *, tolerance: float = FLOW_TOLERANCE) -> Audit:
    return audit(weak_coupling(subject), tolerance=tolerance)


@audit.register
def _(subject: Generator, *, tolerance: float = FLOW_TOLERANCE) -> Audit:
    found = _audit_as_it_is(subject, tolerance)
    alternatives = _alternatives(subject, tolerance)
    if not alternatives:
        return found
    verdict, sides = settle([found.verdict, *(alternative.verdict for alternative in alternatives)])
    return replace(found, verdict=verdict, alternatives=tuple(alternatives), sides=sides or found.sides)


def _alternatives(generator: Generator, tolerance: float) -> list[Alternative]:
    """Verdicts under the readings that the input leaves open: round-off elements, gaps near the tolerance."""
    system = generator.system
    if system is None:
        return []
    lamb_shift = bool(generator.provenance.options.get("lamb shift", True))
    readings: list[tuple[str, Generator]] = []
    if generator.undetermined:
        count = sum(entry.count for entry in generator.undetermined)
        largest = max(entry.largest for entry in generator.undetermined)
        reading = f"with {count} coupling elements below round-off (up to {largest:.1e} of the coupling) kept"
        readings.append((reading, weak_coupling(system, lamb_shift=lamb_shift, resolution=0.0)))
    for i, j, gap in generator.spectrum.unsafe_gaps[:1]:
        for factor, word in ((1 / UNSAFE_FACTOR, "distinct"), (UNSAFE_FACTOR, "equal")):
            width = generator.spectrum.tolerance * factor
            reading = f"with states {i}, {j} (gap {gap:.1e}) {word}: clustering tolerance {width:.1e}"
            changed = replace(system, tolerance=width)
            readings.append((reading, weak_coupling(changed, lamb_shift=lamb_shift)))
    return [
        Alternative(reading, _audit_as_it_is(other, tolerance, _KEPT_ROUND_OFF).verdict) for reading, other in readings
    ]


def _audit_as_it_is(generator: Generator, tolerance: float, floor: float = 0.0) -> Audit:
    """The audit of one reading; net flows below `floor` times the largest one-way flow count as none."""
    states = stationary_states(generator)
    if len(states) == 1:
        return _audit_state(generator, states[0], tolerance, "", floor)
    sectors = tuple(_audit_sector(generator, state, tolerance, floor) for state in states)
    unique = Finding(
        "is the stationary state unique",
        "no",
        float(len(states)),
        None,
        "number of extremal stationary states",
        "; ".join([*(describe_support(state) for state in states), *_continuum(states)]),
    )
    return Audit(
        Verdict.NOT_UNIQUE,
        generator,
        None,
        None,
        (unique,),
        (),
        (),
        None,
        None,
        None,
        None,
        (),
        sectors,
        (),
        "",
        generator.provenance,
    )


def _continuum(states: tuple[StationaryState, ...]) -> list[str]:
    return [] if all(state.is_isolated for state in states) else [NOISELESS]


def _audit_sector(generator: Generator, state: StationaryState, tolerance: float, floor: float) -> Audit:
    """The audit of one extremal stationary state, on the conserved subspace where it lives."""
    assert state.projector is not None
    part = restricted(generator, state.projector)
    return _audit_state(part, stationary_state(part), tolerance, describe_support(state), floor)


def _audit_state(generator: Generator, state: StationaryState, tolerance: float, support: str, floor: float) -> Audit:
    flows = currents(generator, state)
    flows = replace(flows, noise=flows.noise + floor * float(flows.one_way.max(initial=0.0)))
    fit = fit_gibbs(state.density, generator.number, state.relative_accuracy, state.weight_error)
    entropy = (
        clausius(generator, flows, 0.0),
        transition_resolved(generator, state.density, flows, 0.0),
        spohn_of_reservoirs(generator, state.density, flows),
    )
    balance, note = _detailed_balance(generator, state)
    cycles = _cycles(flows)
    fields = _field_cycles(flows)
    facts = _facts(generator, state, flows, entropy, balance, fit)
    verdict, sides = decide(facts, tolerance)
    findings = (
        _uniqueness(state, support),
        *_gibbs_findings(fit, facts, tolerance),
        *_flow_findings(generator, flows, facts, tolerance),
        _affinity_finding(cycles, tolerance, generator),
        *_balance_findings(balance, note, tolerance),
        *(_field_finding(name, field, tolerance) for name, field in fields),
        *_entropy_findings(entropy, tolerance),
    )
    return Audit(
        verdict,
        generator,
        state,
        flows,
        findings,
        _first_law(generator, state, flows),
        entropy,
        balance,
        cycles,
        fit,
        ergotropy(state.density),
        (),
        (),
        sides,
        support,
        generator.provenance,
    )


def _detailed_balance(generator: Generator, state: StationaryState) -> tuple[DetailedBalance | None, str]:
    if any(isinstance(part.kind, MatrixFree) for part in generator.dissipators):
        return None, "a dissipator is known by its action only, without jump operators"
    occupied = np.isfinite(state.log_weights)
    if occupied.all():
        return detailed_balance(generator, state), ""
    basis = np.eye(occupied.size) if state.density.basis is None else state.density.basis
    part = restricted(generator, basis[:, occupied])
    note = f"restricted to the support of the state ({int(occupied.sum())} of {occupied.size} states)"
    if part.dimension == 1:
        return None, f"{note}: a single state has no transitions"
    return detailed_balance(part, stationary_state(part)), note


def _cycles(flows: Currents) -> CycleAffinities:
    return cycle_affinities(_log_sum(flows.log_rates), _log_traffic(_log_sum(flows.log_one_way)))


def _field_cycles(flows: Currents) -> list[tuple[str, CycleAffinities]]:
    """Cycles of each reservoir's own transitions: zero affinity if its temperature function is additive on them."""
    return [
        (name, cycle_affinities(rates, _log_traffic(one_way)))
        for name, rates, one_way in zip(flows.reservoirs, flows.log_rates, flows.log_one_way, strict=True)
    ]


def _log_sum(tables: np.ndarray) -> np.ndarray:
    total = tables[0].copy()
    for table in tables[1:]:
        np.logaddexp(total, table, out=total)
    return np.asarray(total)


def _log_traffic(log_one_way: np.ndarray) -> np.ndarray:
    return np.asarray(np.logaddexp(log_one_way, log_one_way.T))


def _facts(
    generator: Generator,
    state: StationaryState,
    flows: Currents,
    entropy: tuple[EntropyProduction, ...],
    balance: DetailedBalance | None,
    fit: GibbsFit,
) -> Facts:
    known = all(part.reservoir is not None for part in generator.dissipators)
    noise = flows.noise + flows.noise.transpose(0, 2, 1)
    common = _common_equilibrium(generator)
    at_reservoirs = None
    if common is not None:
        beta, mu = common
        misfit = gibbs_misfit(state.density, beta, mu, generator.number, state.weight_error)
        clustered = clustering_misfit(state.density, beta) if np.isfinite(beta) else 0.0
        at_reservoirs = max(0.0, misfit - max(fit.tolerance, clustered))
    graded = generator.is_graded is True
    due = common is not None and (common[1] == 0.0 or graded)
    deficits = [entry.deficit for entry in entropy if entry.must_be_positive]
    return Facts(
        reservoirs_known=known,
        sqdb=None if balance is None else balance.sqdb,
        sqdb_noise=0.0 if balance is None else balance.noise / balance.norm,
        entropy_deficit=max(deficits, default=0.0),
        flows=_imbalance(flows.microcurrents, flows.traffic, noise),
        summed_flows=_imbalance(flows.summed[None], flows.traffic.sum(axis=0)[None], noise.sum(axis=0)[None]),
        totals=_totals(flows, noise, state.relative_accuracy),
        is_dark=_is_dark(generator, state, flows),
        gibbs_at_reservoirs=at_reservoirs,
        gibbs=max(0.0, fit.misfit - fit.tolerance),
        common_equilibrium_is_due=due,
    )


def _imbalance(net: np.ndarray, traffic: np.ndarray, noise: np.ndarray) -> float:
    """Largest net flow beyond its noise, relative to the traffic on the same transition."""
    moving = traffic > 0
    excess = np.maximum(np.abs(net) - noise, 0.0)
    return float(np.max(excess[moving] / traffic[moving], initial=0.0))


def _totals(flows: Currents, noise: np.ndarray, accuracy: float) -> float:
    """Largest total energy or particle flow of a reservoir, relative to the one-way flows that make it."""
    gaps = np.abs(flows.spectrum.levels[:, None] - flows.spectrum.levels[None, :])
    worst = 0.0
    for r in range(len(flows.reservoirs)):
        moved = float(np.sum(gaps * flows.one_way[r]))
        energy = max(0.0, abs(float(flows.energy[r])) - float(np.sum(gaps * noise[r])))
        within = float(flows.within[r].sum())
        quanta = float(flows.traffic[r].sum()) / 2 + within
        particles = max(0.0, abs(float(flows.particles[r])) - float(noise[r].sum()) - accuracy * within)
        worst = max(worst, energy / moved if moved > 0 else 0.0, particles / quanta if quanta > 0 else 0.0)
    return worst


def _is_dark(generator: Generator, state: StationaryState, flows: Currents) -> bool:
    """Whether no one-way flow is left: exactly none after elimination, none above its error otherwise.

    A flow that underflows is still a flow: its logarithm is finite. Fermions that enter and leave within a level
    are a flow; bosons of frequency zero only dephase.
    """
    for r, part in enumerate(generator.dissipators):
        distribution = None if part.reservoir is None else part.reservoir.distribution
        fermions = distribution is not None and distribution.statistics is Statistics.FERMION
        if fermions and np.any(flows.within[r] > state.relative_accuracy * flows.rate_scale[r]):
            return False
    if state.density.is_diagonal:
        return bool(np.all(np.isneginf(flows.log_one_way)))
    return bool(np.all(flows.one_way <= flows.noise))


def _common_equilibrium(generator: Generator) -> tuple[float, float] | None:
    """(beta, mu) shared by all reservoirs, if they are thermal and share one.

    A reservoir that exchanges no particles (phonons that move electrons about) fits any chemical potential.
    """
    temperatures: set[float] = set()
    potentials: set[float] = set()
    for part in generator.dissipators:
        beta = None if part.reservoir is None else part.reservoir.inverse_temperature
        if beta is None or part.reservoir is None:
            return None
        temperatures.add(beta)
        mu = part.reservoir.chemical_potential or 0.0
        if mu != 0.0 or not _conserves_number(generator, part):
            potentials.add(mu)
    if len(temperatures) != 1 or len(potentials) > 1:
        return None
    mu = potentials.pop() if potentials else 0.0
    return (temperatures.pop(), mu) if mu == 0.0 or generator.number is not None else None


def _conserves_number(generator: Generator, part: Dissipator) -> bool:
    """Whether `D_r^adjoint(N) = 0` and `D_r^adjoint(N^2) = 0`: no jump of the reservoir changes the number."""
    if generator.number is None:
        return False
    N = generator.number
    size = float(np.abs(part.kind.adjoint(np.diag(np.arange(len(N))).astype(complex))).max()) or 1.0
    largest = float(np.abs(N).max()) ** 2
    return all(float(np.abs(part.kind.adjoint(X)).max()) <= 1e-10 * size * largest for X in (N, N @ N))


def _uniqueness(state: StationaryState, support: str) -> Finding:
    if support:
        return Finding("is the stationary state unique", "no", None, None, "", f"this one: {support}")
    detail = f"{state.solver}; residual {state.residual:.1e}"
    if state.gap is not None:
        detail += f"; gap {state.gap:.4g}"
    return Finding(
        "is the stationary state unique", "yes", state.residual, None, "relative residual of L(rho) = 0", detail
    )


def _gibbs_findings(fit: GibbsFit, facts: Facts, tolerance: float) -> list[Finding]:
    mu = "" if fit.chemical_potential is None else f", mu = {fit.chemical_potential:.6g}"
    detail = f"fitted beta = {fit.inverse_temperature:.6g}{mu}; weighted misfit {fit.weighted_misfit:.2e}"
    norm = "largest |log rho - log fit|"
    found = [judged("is the state Gibbs", facts.gibbs, tolerance, norm, detail)]
    if facts.gibbs_at_reservoirs is None:
        reason = "the reservoirs do not share one temperature and chemical potential"
        found.append(Finding("is it the Gibbs state of the reservoirs", "not applicable", detail=reason))
    else:
        question = "is it the Gibbs state of the reservoirs"
        found.append(judged(question, facts.gibbs_at_reservoirs, tolerance, "largest |log rho - log Gibbs|"))
    return found


def _flow_findings(generator: Generator, flows: Currents, facts: Facts, tolerance: float) -> list[Finding]:
    found = []
    noise = flows.noise + flows.noise.transpose(0, 2, 1)
    for r, name in enumerate(flows.reservoirs):
        value = _imbalance(flows.microcurrents[r : r + 1], flows.traffic[r : r + 1], noise[r : r + 1])
        found.append(
            judged(
                f"is every flow of {name} zero",
                value,
                tolerance,
                "net over one-way flows of a transition",
                _largest(flows.microcurrents[r], flows),
            )
        )
    question = "do the summed flows vanish on every transition"
    norm = "net over one-way flows of a transition"
    found.append(judged(question, facts.summed_flows, tolerance, norm, _largest(flows.summed, flows)))
    return found


def _largest(net: np.ndarray, flows: Currents) -> str:
    if not np.any(net):
        return "no net flow"
    m, n = np.unravel_index(int(np.argmax(net)), net.shape)
    labels = flows.spectrum.labels
    return f"largest {net[m, n]:.4g} on {labels[n]} -> {labels[m]}"


def _affinity_finding(cycles: CycleAffinities, tolerance: float, generator: Generator) -> Finding:
    question = "do all cycle affinities vanish (Kolmogorov)"
    if cycles.one_way.size:
        m, n = cycles.one_way[0]
        labels = generator.spectrum.labels
        detail = f"{len(cycles.one_way)} one-way transitions, such as {labels[n]} -> {labels[m]}: affinity infinite"
        return Finding(question, "no", np.inf, tolerance, "k_B", detail)
    if not cycles.affinities.size:
        return Finding(question, "yes", 0.0, tolerance, "k_B", "the transitions form a tree: there is no cycle")
    names = [generator.spectrum.labels[level] for level in cycles.largest_cycle()]
    path = " -> ".join([*names, names[0]]) if len(names) <= 8 else f"a cycle of {len(names)} levels"
    detail = f"{_count(cycles.affinities.size, 'cycle')}; largest on {path}; least-squares defect {cycles.defect:.3g}"
    return judged(question, cycles.largest, tolerance, "k_B", detail)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _balance_findings(balance: DetailedBalance | None, note: str, tolerance: float) -> list[Finding]:
    names = {"KMS": "kms", "GNS": "gns", "SQDB": "sqdb"}
    if balance is None:
        return [Finding(f"does {name} detailed balance hold", "not applicable", detail=note) for name in names]
    norm = "Hilbert-Schmidt, symmetrised, over the dissipative part; commuting Hamiltonian removed"
    commuting = "undefined" if balance.commuting is None else f"{balance.commuting:.3g}"
    detail = f"jump {balance.jump:.2e}, non-commuting {balance.noncommuting:.2e}, commuting {commuting}"
    detail += f"; {note}" if note else ""
    return [
        judged(f"does {name} detailed balance hold", getattr(balance, attribute), tolerance, norm, detail)
        for name, attribute in names.items()
    ]


def _field_finding(name: str, field: CycleAffinities, tolerance: float) -> Finding:
    question = f"is the temperature function of {name} additive on cycles"
    if field.one_way.size:
        return Finding(question, "not applicable", detail=f"{len(field.one_way)} of its transitions are one-way")
    if not field.affinities.size:
        return Finding(question, "yes", 0.0, tolerance, "k_B", "its transitions form a tree")
    return judged(question, field.largest, tolerance, "k_B", _count(field.affinities.size, "cycle"))


def _entropy_findings(entropy: tuple[EntropyProduction, ...], tolerance: float) -> list[Finding]:
    found = []
    for entry in entropy:
        question = f"is the {entry.name} entropy production non-negative"
        if entry.value is None:
            found.append(Finding(question, "not applicable", detail=entry.reason))
            continue
        detail = f"{entry.value:.6g}: {entry.reason}"
        found.append(judged(question, entry.deficit, tolerance, "deficit over the sum of its terms", detail))
    return found


def _first_law(generator: Generator, state: StationaryState, flows: Currents) -> tuple[tuple[str, float], ...]:
    """Energy flows, work, boundary work and unattributed flow; the last row is d<H>/dt, to which they sum."""
    attributed = [part.reservoir is not None for part in generator.dissipators]
    rows = [
        (f"J_E from {name}", float(energy))
        for name, energy, known in zip(flows.reservoirs, flows.energy, attributed, strict=True)
        if known
    ]
    unattributed = float(sum(e for e, known in zip(flows.energy, attributed, strict=True) if not known))
    boundary = _boundary_work(generator, state)
    rows += [("work (H does not depend on time)", 0.0), ("boundary work", boundary), ("unattributed", unattributed)]
    return (*rows, ("d<H>/dt", _energy_rate(generator, state)))


def _boundary_work(generator: Generator, state: StationaryState) -> float:
    """`sum_r Tr[(H - H_r) D_r(rho)]` of reservoirs accounted with an energy operator of their own."""
    total = 0.0
    for part in generator.dissipators:
        if part.energy is not None:
            change = part.apply(state.density_matrix())
            total += float(np.einsum("ij,ji->", generator.hamiltonian - part.energy, change).real)
    return total


def _energy_rate(generator: Generator, state: StationaryState) -> float:
    """`Tr[H L(rho)]` from the action of the whole generator, independent of the flows."""
    return float(np.diag(generator.apply_elements(state.density.elements)).real @ generator.spectrum.energies)
