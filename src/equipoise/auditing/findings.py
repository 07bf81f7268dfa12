"""The questions of an audit and their answers, from the residuals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from equipoise._printed import counted
from equipoise.auditing.facts import imbalance, log_net_flows
from equipoise.auditing.verdict import Facts, Finding, judged
from equipoise.balance import CycleAffinities, DetailedBalance, GibbsFit
from equipoise.generators import Generator
from equipoise.stationary import StationaryState
from equipoise.thermodynamics import Currents, EntropyProduction


def uniqueness_finding(state: StationaryState, support: str) -> Finding:
    """Is the stationary state unique; for a sector, which one this is."""
    if support:
        return Finding("is the stationary state unique", "no", None, None, "", f"this one: {support}")
    detail = f"{state.solver}; residual {state.residual:.1e}"
    if state.gap is not None:
        detail += f"; gap {state.gap:.4g}"
    return Finding(
        "is the stationary state unique", "yes", state.residual, None, "relative residual of L(rho) = 0", detail
    )


def gibbs_findings(fit: GibbsFit, facts: Facts, tolerance: float) -> list[Finding]:
    """Is the state Gibbs, and is it the Gibbs state of the reservoirs."""
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


def flow_findings(generator: Generator, flows: Currents, facts: Facts, tolerance: float) -> list[Finding]:
    """Is every flow of each reservoir zero, and do the summed flows vanish on every transition."""
    found = []
    for r, name in enumerate(flows.reservoirs):
        value = imbalance(flows.log_one_way[r], flows.log_noise[r])
        found.append(
            judged(
                f"is every flow of {name} zero",
                value,
                tolerance,
                "net over one-way flows of a transition",
                _largest(flows.microcurrents[r], flows.log_one_way[r], flows),
            )
        )
    question = "do the summed flows vanish on every transition"
    norm = "net over one-way flows of a transition"
    largest = _largest(flows.summed, np.logaddexp.reduce(flows.log_one_way), flows)
    found.append(judged(question, facts.summed_flows, tolerance, norm, largest))
    return found


def _largest(net: np.ndarray, log_one_way: np.ndarray, flows: Currents) -> str:
    labels = flows.spectrum.labels
    if np.any(net):
        m, n = np.unravel_index(int(np.argmax(net)), net.shape)
        return f"largest {net[m, n]:.4g} on {labels[n]} -> {labels[m]}"
    log_net, _ = log_net_flows(log_one_way, np.full(log_one_way.shape, -np.inf))
    log_net = np.where(log_one_way > log_one_way.T, log_net, -np.inf)
    if not np.any(np.isfinite(log_net)):
        return "no net flow"
    m, n = np.unravel_index(int(np.argmax(log_net)), log_net.shape)
    return f"largest exp({log_net[m, n]:.6g}) on {labels[n]} -> {labels[m]}"


def affinity_finding(cycles: CycleAffinities, tolerance: float, generator: Generator) -> Finding:
    """Do all cycle affinities vanish, with the largest named by its levels."""
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
    detail = f"{counted(cycles.affinities.size, 'cycle')}; largest on {path}; least-squares defect {cycles.defect:.3g}"
    return judged(question, cycles.largest, tolerance, "k_B", detail)


def balance_findings(
    balance: DetailedBalance | None, note: str, tolerance: float, one_sided: float = 0.0
) -> list[Finding]:
    """Which notions of detailed balance hold; not applicable with the reason where none can be asked.

    A transition that goes more one way than the other, `one_sided` of its traffic, breaks all of them, however rare it
    is beside others.
    """
    names = {"KMS": "kms", "GNS": "gns", "SQDB": "sqdb"}
    if balance is None:
        return [Finding(f"does {name} detailed balance hold", "not applicable", detail=note) for name in names]
    norm = "jumps over jumps, coherent part over the dissipative part, symmetrised; commuting Hamiltonian removed"
    commuting = "undefined" if balance.commuting is None else f"{balance.commuting:.3g}"
    detail = f"jump {balance.jump:.2e}, non-commuting {balance.noncommuting:.2e}, commuting {commuting}"
    detail += f"; {note}" if note else ""
    found = []
    for name, attribute in names.items():
        question, value = f"does {name} detailed balance hold", getattr(balance, attribute)
        finding = judged(question, value, tolerance, norm, detail)
        if finding.answer != "no" and one_sided > tolerance:
            text = f"{detail}; a transition by itself, {one_sided:.1e} of its traffic"
            found.append(judged(question, one_sided, tolerance, "net over one-way flows of a transition", text))
            continue
        # What the error of the state may explain is not decided, as in the verdict.
        noise = balance.relative_gns_noise if name == "GNS" else balance.relative_noise
        if judged(question, max(0.0, value - noise), tolerance, norm).answer != finding.answer:
            finding = replace(finding, answer="undecided", detail=f"{detail}; noise {noise:.1e}")
        found.append(finding)
    return found


def field_finding(name: str, field: CycleAffinities, tolerance: float) -> Finding:
    """Is the temperature function of one reservoir additive on the cycles of its own transitions."""
    question = f"is the temperature function of {name} additive on cycles"
    if field.one_way.size:
        return Finding(question, "not applicable", detail=f"{len(field.one_way)} of its transitions are one-way")
    if not field.affinities.size:
        return Finding(question, "yes", 0.0, tolerance, "k_B", "its transitions form a tree")
    return judged(question, field.largest, tolerance, "k_B", counted(field.affinities.size, "cycle"))


def entropy_findings(entropy: tuple[EntropyProduction, ...], tolerance: float) -> list[Finding]:
    """Is each entropy production non-negative, beyond its round-off."""
    found = []
    for entry in entropy:
        question = f"is the {entry.name} entropy production non-negative"
        if entry.value is None:
            found.append(Finding(question, "not applicable", detail=entry.reason))
            continue
        detail = f"{entry.value:.6g}: {entry.reason}"
        found.append(judged(question, entry.deficit, tolerance, "deficit over the sum of its terms", detail))
    return found
