"""One audit for any generator: verdict, flows, entropy, detailed balance, and how it was found."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

import numpy as np

from equipoise._checks import InputError, NumericalError, finite_real, require
from equipoise._printed import amount
from equipoise.auditing.findings import (
    affinity_finding,
    balance_findings,
    declared_findings,
    entropy_findings,
    field_finding,
    flow_findings,
    gibbs_findings,
    limit_findings,
    passivity_finding,
    uniqueness_finding,
)
from equipoise.auditing.level_parts import (
    BalancePart,
    CurrentsPart,
    CyclesPart,
    ErgotropyPart,
    GibbsPart,
    StatePart,
)
from equipoise.auditing.measurements import boundary_work, counted_density, measure, one_sidedness, why_not_known
from equipoise.auditing.questions import Finding, Question
from equipoise.auditing.record import Alternative, Audit, ReservoirFlows
from equipoise.auditing.transitions import resolution
from equipoise.auditing.verdict import Verdict, agreed, classify
from equipoise.balance import DetailedBalance, detailed_balance, fit_gibbs
from equipoise.balance.cycles import cycles
from equipoise.balance.quantum.signed_jumps import LARGEST_DENSE
from equipoise.fluxes import GeneratorAtState, at_state
from equipoise.generators import Channel, Dissipator, Generator, weak_coupling
from equipoise.generators.generator import CHANNEL_REMEDY
from equipoise.generators.restriction import restricted_to
from equipoise.scattering import Gas
from equipoise.spectrum import UNSAFE_FACTOR
from equipoise.stationary import Elimination, NullSpaceSolve, StationaryState, stationary_state, stationary_states
from equipoise.stationary.solve import NOISELESS, describe_support
from equipoise.systems import OpenSystem
from equipoise.thermodynamics import Currents, EntropyProduction, currents, ergotropy
from equipoise.thermodynamics.flows import GIVE_ENERGY, centred, chemical_potential, not_transitions, power_of_drive
from equipoise.tolerances import BALANCED, BALANCED_ROUNDED

Solver = Elimination | NullSpaceSolve


@singledispatch
def audit(
    subject: object, *, tolerance: float = BALANCED, lamb_shift: bool = True, solver: Solver | None = None
) -> Audit:
    """Audit an open system (in the weak-coupling limit) or any generator.

    Finds the stationary state, every flow, which detailed balance holds and how far from it, and gives the
    verdict: *equilibrium*, *balanced between unequal reservoirs*, *non-equilibrium steady state*, ... (see
    `Verdict`). Where a gap, a round-off rate or a flow is too near a tolerance the verdict is *undecided*, and both
    sides are shown. Where the secular approximation is doubtful the sheet says so, without a warning.

    Parameters
    ----------
    subject : OpenSystem, Generator or GeneratorAtState
        A pair of a generator and a stationary state is audited at that state.
    tolerance : float
        A residual relative to its norm counts as zero below this.
    lamb_shift : bool
        Whether the weak-coupling limit of an open system keeps its level shifts; of anything else there is nothing to
        choose.
    solver : Elimination or NullSpaceSolve, optional
        How the stationary state is found; None takes what suits the generator.

    Returns
    -------
    Audit
        Prints itself in a dozen lines; `to_dataset()` gives the numbers.

    Raises
    ------
    InputError
        If the subject is none of these, or is invalid, or a pair whose state is not stationary.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> audit(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])).verdict.value
    'irreversible'
    """
    if isinstance(subject, Channel):
        raise InputError(f"Argument `subject` must be a Generator, but got Channel. {CHANNEL_REMEDY}")
    raise InputError(
        "Argument `subject` must be an OpenSystem, a Generator or a generator at a state, but got "
        f"{type(subject).__name__}. Build one with OpenSystem(...), lindbladian(...), rate_equation(...) or "
        "io.qutip.from_qutip(...)."
    )


@audit.register
def _(
    subject: OpenSystem, *, tolerance: float = BALANCED, lamb_shift: bool = True, solver: Solver | None = None
) -> Audit:
    return audit(weak_coupling(subject, lamb_shift=lamb_shift, warn=False), tolerance=tolerance, solver=solver)


@audit.register
def _(
    subject: GeneratorAtState, *, tolerance: float = BALANCED, lamb_shift: bool = True, solver: Solver | None = None
) -> Audit:
    _require_no_choice(lamb_shift)
    require(solver is None, "solver", "be left out for a generator at a state", f"got {solver}", "Its state is known.")
    if subject.stationary is None:
        raise InputError(
            "Argument `subject` must be at a stationary state, but its state is not known to be one. Leave the state "
            "out: audit(generator)."
        )
    support = "" if subject.support is None else str(subject.support)
    return _audit_state(subject.generator, subject.stationary, _positive(tolerance), support, 0.0)


def _require_no_choice(lamb_shift: bool) -> None:
    remedy = "Give it where the generator is derived: weak_coupling(system, lamb_shift=False)."
    require(lamb_shift is True, "lamb_shift", "be left out for a generator, which has its limit", "was given", remedy)


def _positive(tolerance: float) -> float:
    tolerance = finite_real(tolerance, "tolerance")
    require(tolerance > 0, "tolerance", "be positive, such as 1e-9", f"got {tolerance:g}")
    return tolerance


@audit.register
def _(
    subject: Generator, *, tolerance: float = BALANCED, lamb_shift: bool = True, solver: Solver | None = None
) -> Audit:
    _require_no_choice(lamb_shift)
    tolerance = _positive(tolerance)
    found = _audit_as_it_is(subject, tolerance, solver=solver)
    alternatives = _alternatives(subject, tolerance)
    if not alternatives:
        return found
    verdict, both_sides = agreed([found.verdict, *(alternative.verdict for alternative in alternatives)])
    if verdict is Verdict.UNDECIDED:
        left_out = ", undetermined elements left out" if subject.undetermined else ""
        alternatives.append(Alternative(reading=f"as audited below{left_out}", verdict=found.verdict))
    return replace(found, verdict=verdict, alternatives=tuple(alternatives), both_sides=both_sides or found.both_sides)


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
        reading = (
            f"with {count} undetermined coupling elements (below round-off, up to {largest:.1e} of the coupling) kept"
        )
        readings.append((reading, weak_coupling(system, lamb_shift=lamb_shift, resolution=0.0, warn=False)))
    for i, j, gap in generator.spectrum.unsafe_gaps[:1]:
        for factor, word in ((1 / UNSAFE_FACTOR, "distinct"), (UNSAFE_FACTOR, "equal")):
            width = generator.spectrum.tolerance * factor
            reading = f"with states {i}, {j} (gap {gap:.1e}) {word}: clustering tolerance {width:.1e}"
            changed = replace(system, tolerance=width)
            readings.append((reading, weak_coupling(changed, lamb_shift=lamb_shift, warn=False)))
    return [_alternative(reading, other, tolerance) for reading, other in readings]


def _alternative(reading: str, generator: Generator, tolerance: float) -> Alternative:
    try:
        verdict = _audit_as_it_is(generator, tolerance, BALANCED_ROUNDED).verdict
        return Alternative(reading=reading, verdict=verdict)
    except NumericalError as error:
        # A level of nearly equal states may have no Lamb shift where the states apart have one.
        return Alternative(reading=f"{reading}; no verdict: {error}", verdict=Verdict.UNDECIDED)


def _audit_as_it_is(
    generator: Generator, tolerance: float, floor: float = 0.0, *, solver: Solver | None = None
) -> Audit:
    """The audit of one reading; net flows below `floor` times the largest directed flux count as none."""
    states = stationary_states(generator, solver)
    if len(states) == 1:
        return _audit_state(generator, states[0], tolerance, "", floor)
    sectors = tuple(_audit_sector(generator, state, tolerance, floor) for state in states)
    continuum = [] if all(state.is_isolated for state in states) else [NOISELESS]
    unique = Finding(
        question=Question.UNIQUE,
        answer="no",
        value=float(len(states)),
        norm="number of extremal stationary states",
        detail="; ".join([*(describe_support(state) for state in states), *continuum]),
    )
    return Audit(
        verdict=Verdict.NOT_UNIQUE,
        generator=generator,
        findings=(unique, *limit_findings(generator)),
        sectors=sectors,
        provenance=generator.provenance,
    )


def _audit_sector(generator: Generator, state: StationaryState, tolerance: float, floor: float) -> Audit:
    """The audit of one extremal stationary state, on the conserved subspace where it lives."""
    assert state.projector is not None
    part = restricted_to(generator, state.projector)
    return _audit_state(part, stationary_state(part), tolerance, describe_support(state), floor)


def _audit_state(generator: Generator, state: StationaryState, tolerance: float, support: str, floor: float) -> Audit:
    pair = at_state(generator, state)
    flows = currents(pair)
    if floor > 0:
        largest = float(flows.directed.log_fluxes.max(initial=-np.inf))
        log_errors = np.logaddexp(flows.directed.log_errors, np.log(floor) + largest)
        flows = replace(flows, directed=replace(flows.directed, log_errors=log_errors))
    counted = state if generator.energy is None else counted_density(generator, state)
    fit = fit_gibbs(counted, generator.number) if generator.has_energies else None
    produced = EntropyProduction(pair=pair, flows=flows)
    entropy = (produced.clausius, produced.by_transition, produced.spohn_of_reservoirs)
    balance, note = _detailed_balance(generator, state)
    work = ergotropy(counted_density(generator, state)) if generator.has_energies else None
    made = generator.provenance
    around = cycles(pair)
    found = measure(pair, state, flows, entropy, balance, fit)
    verdict, both_sides = classify(found, tolerance)
    findings = (
        uniqueness_finding(state, support),
        *gibbs_findings(fit, found, why_not_known(generator), tolerance),
        *flow_findings(flows, found, tolerance),
        affinity_finding(around, tolerance),
        *balance_findings(balance, note, tolerance, one_sidedness(state, found.summed_flows)),
        *(field_finding(*field, tolerance) for field in zip(flows.reservoirs, around.by_reservoir, strict=True)),
        *entropy_findings(entropy, flows.reservoirs, tolerance),
        passivity_finding(work),
        *declared_findings(generator, tolerance),
        *limit_findings(generator),
    )
    return Audit(
        verdict=verdict,
        generator=generator,
        findings=findings,
        reservoirs=_reservoir_flows(generator, flows, tolerance),
        first_law=_first_law(pair, state, flows) if generator.has_energies else (),
        work=_work(pair, flows),
        entropy=entropy,
        parts=(
            *([] if fit is None else [GibbsPart(fit)]),
            CurrentsPart(flows, tolerance),
            CyclesPart(around),
            BalancePart(balance),
            StatePart(state),
            *([] if work is None else [ErgotropyPart(work)]),
        ),
        both_sides=both_sides,
        has_equal_reservoirs=found.has_equal_reservoirs,
        support=support,
        provenance=replace(
            made, options={**made.options, "solver": state.solver}, notes=(*made.notes, *_drives(generator, flows))
        ),
    )


def _drives(generator: Generator, flows: Currents) -> list[str]:
    """A note on reservoirs of which it is not known what heat their jumps carry, if there are any."""
    each = zip(generator.dissipators, flows, strict=True)
    names = [flow.name for part, flow in each if part.reservoir is not None and flow.energy is None]
    return [f"{not_transitions(names)} {GIVE_ENERGY}"] if names else []


def _work(pair: GeneratorAtState, flows: Currents) -> float | None:
    """Power that is put into a system of given jumps, counted with the energies given for them; None if none are."""
    generator = pair.generator
    if generator.energy is not None:
        return power_of_drive(pair)
    if np.any(flows.transition_work):
        return 0.5 * float(flows.transition_work.sum())
    # With an energy for each reservoir, work is what is left of the energy of H.
    is_counted = any(part.is_given and part.energy is not None for part in generator.dissipators)
    return boundary_work(generator, pair.density.matrix()) if is_counted else None


def _reservoir_flows(generator: Generator, flows: Currents, tolerance: float) -> tuple[ReservoirFlows, ...]:
    """The net flows of each reservoir, each with the size below which it counts as zero."""
    resolved = resolution(flows, tolerance)
    found = []
    for r, (part, flow) in enumerate(zip(generator.dissipators, flows, strict=True)):
        reservoir = part.reservoir
        found.append(
            ReservoirFlows(
                name=flow.name,
                particles=flow.particles,
                energy=flow.energy if generator.has_energies else None,
                heat=flow.heat if generator.has_energies else None,
                particle_error=resolved.particle_error(r),
                energy_error=resolved.energy_error(r),
                inverse_temperature=None if reservoir is None else reservoir.inverse_temperature,
                chemical_potential=None if reservoir is None else reservoir.chemical_potential,
                condition=_condition(part),
                is_known=reservoir is not None,
                kind="Gas" if isinstance(reservoir, Gas) else "Reservoir",
            )
        )
    return tuple(found)


def _condition(part: Dissipator) -> str:
    """Temperature and chemical potential of what causes a dissipator, or the reason why there are none."""
    if part.reservoir is None:
        return "of unknown origin"
    beta = part.reservoir.inverse_temperature
    if beta is None:
        return "no temperature given" if part.field is not None and part.field.distribution is None else "not thermal"
    mu = chemical_potential(part)
    temperature = amount(np.inf if beta == 0 else 0.0 if np.isinf(beta) else 1.0 / beta)
    return f"T = {temperature}" + (f", mu = {amount(mu)}" if mu != 0.0 else "")


def _detailed_balance(generator: Generator, state: StationaryState) -> tuple[DetailedBalance | None, str]:
    if generator.dimension > LARGEST_DENSE and not generator.has_jump_operators:
        return None, f"above dimension {LARGEST_DENSE} a dissipator known by its action only has no jump operators"
    found = detailed_balance(generator, state)
    if found.support is None:
        return found, ""
    if found.support.states == 1:
        return None, f"{found.support}: a single state has no transitions"
    return found, str(found.support)


def _first_law(pair: GeneratorAtState, state: StationaryState, flows: Currents) -> tuple[tuple[str, float], ...]:
    """Energy flows, work, boundary work and unattributed flow; the last row is d<H>/dt, to which they sum.

    With a drive H is the Hamiltonian without it. What is not known to come from a reservoir is unattributed.
    """
    generator = pair.generator
    known = [part.reservoir is not None for part in generator.dissipators] & ~np.isnan(flows.energy)
    rows = [
        (f"J_E from {flow.name}", float(flow.energy or 0.0))
        for flow, is_known in zip(flows, known, strict=True)
        if is_known
    ]
    # Tr[H L(rho)] from the action of the whole generator, independent of the flows.
    change, work = generator.apply_elements(state.density.elements), power_of_drive(pair)
    forced = 0.5 * float(flows.transition_work.sum())
    energies = generator.spectrum.energies
    # The trace does not change: energies count from the lowest, and a common part of them costs no digits.
    total = float(np.diag(change).real @ (energies - energies.min()))
    if generator.energy is not None:
        H_0 = generator.spectrum.to_energy_basis(centred(generator.energy))
        total = float(np.einsum("ij,ji->", H_0, change).real)
    return (
        *rows,
        (
            "work (H does not depend on time)" if work is None and not forced else "work of the drive",
            (work or 0.0) + forced,
        ),
        ("boundary work", boundary_work(generator, state.density_matrix())),
        ("unattributed", float(flows.gained[~known].sum())),
        ("d<H>/dt", total),
    )
