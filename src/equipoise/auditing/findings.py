"""The questions of an audit and their answers, from the residuals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from equipoise._printed import amount, counted, measured
from equipoise.auditing.measurements import log_net_flows
from equipoise.auditing.questions import Finding, Question, compare
from equipoise.auditing.verdict import Measurements
from equipoise.balance import DetailedBalance, GibbsFit
from equipoise.balance.cycles import Cycles
from equipoise.balance.cycles.tree import SpanningTree
from equipoise.generators import Generator, secular_validity
from equipoise.generators.validity import DOUBTFUL_RATIO, decoupled_transitions
from equipoise.scattering import Gas
from equipoise.stationary import StationaryState
from equipoise.thermodynamics import Currents
from equipoise.thermodynamics.declared import encoded_ratios
from equipoise.thermodynamics.entropy import Production

NOTIONS = (Question.KMS, Question.GNS, Question.SQDB)
"""Notions of detailed balance that every audit asks for."""

DENSE_OCCUPATION = 0.1
"""Occupation of an incoming wave above which the low-density limit is doubtful: it drops terms of this order."""

_SHOWN = 3
"""Decoupled transitions that are named; the others are counted."""

_NONE = "no net flow"
_NET_OVER_FLUXES = "net over directed fluxes of a transition"
_NET_OVER_JUMPS = "net over directed fluxes of a transition, jumps against their reverses over all jumps within levels"


def uniqueness_finding(state: StationaryState, support: str) -> Finding:
    """Is the stationary state unique; for a sector, which one this is."""
    gap = "" if state.gap is None else f"gap {state.gap:.4g}, "
    return Finding(
        question=Question.UNIQUE,
        answer="no" if support else "yes",
        value=state.residual,
        norm="relative residual of L(rho) = 0",
        detail=f"{support}{'; ' if support else ''}{gap}residual {state.residual:.1e}",
    )


def gibbs_findings(fit: GibbsFit | None, found: Measurements, why: str, tolerance: float) -> list[Finding]:
    """Is the state Gibbs, and is it the Gibbs state of the reservoirs; `why` the latter is not known, if it is not."""
    question = Question.GIBBS_OF_RESERVOIRS
    if fit is None or found.gibbs is None:
        return [Finding(question=asked, answer="not applicable", detail=why) for asked in (Question.GIBBS, question)]
    mu = "" if fit.chemical_potential is None else f", mu = {fit.chemical_potential:.6g}"
    detail = f"fitted beta = {fit.inverse_temperature:.6g}{mu}; weighted misfit {fit.weighted_misfit:.2e}"
    any_gibbs = compare(Question.GIBBS, found.gibbs, tolerance, norm="largest |log rho - log fit|", detail=detail)
    if why:
        return [any_gibbs, Finding(question=question, answer="undecided", detail=why)]
    if found.gibbs_at_reservoirs is None:
        reason = "the reservoirs do not share one temperature and chemical potential"
        return [any_gibbs, Finding(question=question, answer="not applicable", detail=reason)]
    norm = "largest |log rho - log Gibbs|"
    return [any_gibbs, compare(question, found.gibbs_at_reservoirs, tolerance, norm=norm, detail=found.departure)]


def passivity_finding(work: float | None) -> Finding:
    """Is the state passive, which it is where its ergotropy is zero; None where no energies are known."""
    if work is None:
        return Finding(question=Question.PASSIVE, answer="not applicable", detail="no energies were given")
    answer = "yes" if work == 0.0 else "no"
    return Finding(question=Question.PASSIVE, answer=answer, value=work, norm="ergotropy, in energy units")


def flow_findings(flows: Currents, found: Measurements, tolerance: float) -> list[Finding]:
    """Is every flow of each reservoir zero, and do the summed flows vanish on every transition."""
    each = [
        compare(
            Question.FLOWS_VANISH,
            found.by_reservoir[r],
            tolerance,
            norm=_NET_OVER_JUMPS,
            about=name,
            detail=_largest(flows.microcurrents[r], flows.directed.log_fluxes[r], flows)
            if found.by_reservoir[r]
            else _NONE,
        )
        for r, name in enumerate(flows.reservoirs)
    ]
    largest = (
        _largest(flows.summed, np.logaddexp.reduce(flows.directed.log_fluxes), flows) if found.summed_flows else _NONE
    )
    question, norm = Question.SUMMED_FLOWS_VANISH, _NET_OVER_FLUXES
    return [*each, compare(question, found.summed_flows, tolerance, norm=norm, detail=largest)]


def _largest(net: np.ndarray, log_fluxes: np.ndarray, flows: Currents) -> str:
    labels = flows.spectrum.labels
    if np.any(net):
        m, n = np.unravel_index(int(np.argmax(net)), net.shape)
        return f"largest {net[m, n]:.4g} on {labels[n]} -> {labels[m]}"
    log_net, _ = log_net_flows(log_fluxes, np.full(log_fluxes.shape, -np.inf))
    log_net = np.where(log_fluxes > log_fluxes.T, log_net, -np.inf)
    if not np.any(np.isfinite(log_net)):
        return _NONE
    m, n = np.unravel_index(int(np.argmax(log_net)), log_net.shape)
    return f"largest exp({log_net[m, n]:.6g}) on {labels[n]} -> {labels[m]}"


def affinity_finding(cycles: Cycles, tolerance: float) -> Finding:
    """Do all cycle affinities vanish, with the largest named by its levels."""
    question, norm = Question.AFFINITIES_VANISH, "k_B"
    if cycles.one_way.size:
        m, n = cycles.one_way[0]
        labels = cycles.spectrum.labels
        detail = f"{len(cycles.one_way)} one-way transitions, such as {labels[n]} -> {labels[m]}: affinity infinite"
        return Finding(question=question, answer="no", value=np.inf, tolerance=tolerance, norm=norm, detail=detail)
    # Read off the spanning tree: a `Cycle` would work out how often it turns, which costs an elimination.
    tree = cycles.tree
    if not tree.affinities.size:
        detail = "the transitions form a tree: there is no cycle"
        return Finding(question=question, answer="yes", value=0.0, tolerance=tolerance, norm=norm, detail=detail)
    path = loop_in_words(tree.largest_cycle(), cycles.spectrum.labels)
    detail = f"{counted(len(cycles), 'cycle')}; largest on {path}; least-squares defect {cycles.defect:.3g}"
    return compare(question, tree.largest, tolerance, norm=norm, detail=detail)


def loop_in_words(loop: Sequence[int], labels: Sequence[str]) -> str:
    """A closed loop by the names of its levels, or how many they are."""
    return " -> ".join(labels[k] for k in [*loop, loop[0]]) if len(loop) <= 8 else f"a cycle of {len(loop)} levels"


def balance_findings(
    balance: DetailedBalance | None, note: str, tolerance: float, one_sided: float = 0.0
) -> list[Finding]:
    """Which notions of detailed balance hold; not applicable with the reason where none can be asked.

    A transition that goes more one way than the other, `one_sided` of its activity, breaks all of them, however rare it
    is relative to others.
    """
    if balance is None:
        return [Finding(question=q, answer="not applicable", detail=note) for q in NOTIONS]
    norm = "jumps over jumps, coherent part over the dissipative part, symmetrised; commuting Hamiltonian removed"
    commuting = "undefined" if balance.commuting is None else f"{balance.commuting:.3g}"
    detail = f"jump {balance.jump:.2e}, non-commuting {balance.noncommuting:.2e}, commuting {commuting}"
    detail += f"; {note}" if note else ""
    found = []
    for question, asked in zip(NOTIONS, (balance.kms, balance.gns, balance.sqdb), strict=True):
        value, noise = asked.relative_without_hamiltonian, asked.relative_noise
        if asked.violation > tolerance * 10.0 and noise >= value:
            text = f"{detail}; among the states whose weights are known, the others are below noise {noise:.1e}"
            found.append(compare(question, asked.violation, tolerance, norm=norm, detail=text))
            continue
        finding = compare(question, value, tolerance, norm=norm, detail=detail)
        if finding.answer != "no" and one_sided > tolerance:
            text = f"{detail}; a transition by itself, {one_sided:.1e} of its activity"
            found.append(compare(question, one_sided, tolerance, norm=_NET_OVER_FLUXES, detail=text))
            continue
        # A residual that the error of the state may explain is not decided, as in the verdict.
        if compare(question, max(0.0, value - noise), tolerance, norm=norm).answer != finding.answer:
            finding = replace(finding, answer="undecided", detail=f"{detail}; noise {noise:.1e}")
        found.append(finding)
    return found


def field_finding(name: str, field: SpanningTree, tolerance: float) -> Finding:
    """Is the temperature function of one reservoir additive on the cycles of its own transitions."""
    question, norm = Question.TEMPERATURE_ADDITIVE, "k_B"
    if field.one_way.size:
        detail = f"{len(field.one_way)} of its transitions are one-way"
        return Finding(question=question, about=name, answer="not applicable", detail=detail)
    count = field.affinities.size
    detail = counted(count, "cycle") if count else "its transitions form a tree"
    return compare(question, field.largest, tolerance, norm=norm, about=name, detail=detail)


def entropy_findings(entropy: Sequence[Production], names: Sequence[str], tolerance: float) -> list[Finding]:
    """Is each entropy production non-negative, beyond its round-off; by which reservoir it is not."""
    question, norm = Question.ENTROPY_NON_NEGATIVE, "deficit over the sum of its terms"
    return [
        Finding(question=question, about=entry.name, answer="not applicable", detail=entry.reason)
        if entry.value is None
        else compare(
            question,
            entry.deficit,
            tolerance,
            norm=norm,
            about=entry.name,
            detail=f"{measured(entry.value, entry.error)}: {entry.reason}{_most_negative(entry, names)}",
        )
        for entry in entropy
    ]


def _most_negative(entry: Production, names: Sequence[str]) -> str:
    """Which reservoir makes a production negative, and by how much; nothing where it is not negative."""
    if not entry.deficit > 0 or not entry.by_reservoir:
        return ""
    r = int(np.argmin(entry.by_reservoir))
    return f"; the share of {names[r]} is {amount(entry.by_reservoir[r])}"


def declared_findings(generator: Generator, tolerance: float) -> list[Finding]:
    """Do given rates and jumps have the temperature that is declared for their reservoir; with both numbers if not."""
    question, found = Question.TEMPERATURE_DECLARED, []
    for part in generator.dissipators:
        ratios = encoded_ratios(generator, part)
        if ratios is not None:
            finding = compare(
                question, ratios.largest, tolerance, norm="departure of the log of a ratio of rates", about=part.name
            )
            found.append(finding if finding.answer == "yes" else replace(finding, detail=ratios.sentence(part.name)))
    return found


def limit_findings(generator: Generator) -> list[Finding]:
    """How near levels are compared with the rates, and which transitions lie outside a band.

    Only for generators that a secular limit derived, from a system or from the collisions of gases alone.
    """
    gases = [part.reservoir for part in generator.dissipators if isinstance(part.reservoir, Gas)]
    derived = generator.system is not None or len(gases) == len(generator.dissipators)
    if not derived or not generator.is_secular:
        return []
    validity = secular_validity(generator)
    detail = f"{validity} {validity.remedy}" if validity.is_doubtful else str(validity)
    answer = "no" if validity.is_doubtful else "yes"
    norm = f"rate that moves two levels over their gap, safe up to {DOUBTFUL_RATIO:g}"
    secular = Finding(question=Question.SECULAR_SAFE, answer=answer, value=validity.ratio, norm=norm, detail=detail)
    if gases:
        return [secular, _dilute(gases)]
    silent = decoupled_transitions(generator)
    reached = Finding(
        question=Question.MODES_FOUND,
        answer="no" if silent else "yes",
        value=float(sum(entry.frequencies.size for entry in silent)),
        norm="transitions whose rates are all zero",
        detail="decoupled: " + "; ".join(entry.named(_SHOWN) for entry in silent) if silent else "",
    )
    return [secular, reached]


def _dilute(gases: Iterable[Gas]) -> Finding:
    """Whether the particles of every gas come one at a time."""
    densest = max(gases, key=lambda gas: gas.largest_occupation())
    value = densest.largest_occupation()
    detail = f"Each incoming wave of {densest.name!r} is occupied {value:.2g} times"
    answer = "yes"
    if value > DENSE_OCCUPATION:
        answer = "no"
        detail += ": particles of a dilute gas come one at a time. Lower its density."
    norm = f"largest occupation of an incoming wave, n lambda^d of a thermal gas; safe up to {DENSE_OCCUPATION:g}"
    return Finding(question=Question.GAS_DILUTE, answer=answer, value=value, norm=norm, detail=detail)


def limit_flags(findings: Iterable[Finding]) -> list[str]:
    """What was not given, and where the limit is doubtful, a sentence for each; empty if all is well."""
    given = [f.detail for f in findings if f.question is Question.GIBBS_OF_RESERVOIRS and f.answer == "undecided"]
    of_limit = (Question.TEMPERATURE_DECLARED, Question.SECULAR_SAFE, Question.GAS_DILUTE, Question.MODES_FOUND)
    return given + [f.detail for f in findings if f.question in of_limit and f.answer == "no"]
