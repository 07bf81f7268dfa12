"""The tables of a page: rows of plain text and printed numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise._checks import InputError
from equipoise._printed import amount
from equipoise.auditing import Audit, Question
from equipoise.balance import irreversibility_budget
from equipoise.report.diagram import level_energy, population
from equipoise.report.transitions import LARGEST, Resolution, net_transitions
from equipoise.report.typeset import plain_number
from equipoise.thermodynamics.entropy import Production

LEVEL_ROWS = 200
"""Levels listed at most in the table of the state."""

CYCLE_ROWS = 10
"""Cycles listed at most, largest affinity first."""

_LONGEST_PATH = 8
_LOWEST_DECADE = -18


@dataclass(frozen=True)
class Number:
    """A printed number; `is_zero` if it is zero to the accuracy of the state."""

    text: str
    is_zero: bool = False


@dataclass(frozen=True)
class ReservoirRow:
    """A line of the balance sheet; `bar` is the energy flow relative to the largest, in [-1, 1]."""

    index: int
    name: str
    condition: str
    particles: Number
    energy: Number
    heat: Number
    bar: float
    coherence: Number


@dataclass(frozen=True)
class Bar:
    """A residual on the logarithmic axis of the budget; `position` in percent, 0 if below the axis."""

    name: str
    explanation: str
    value: str
    position: float


@dataclass(frozen=True)
class Budget:
    """The detailed-balance budget: bars relative to the jumps or the dissipative part, ticks and tolerance, percent."""

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, int], ...]
    tolerance: float
    tolerance_text: str
    norm: str
    jump_norm: str
    ladder: tuple[Rung, ...] = ()


@dataclass(frozen=True)
class Rung:
    """A part of the generator on the ladder of detailed balance; where its share begins and how wide it is, percent."""

    name: str
    explanation: str
    share: str
    start: float
    width: float


@dataclass(frozen=True)
class CurrentRow:
    """A microcurrent: reservoir, path, energy gained in each jump, net current, share of the activity."""

    index: int
    reservoir: str
    path: str
    gain: str
    net: str
    share: str


def flow_number(value: float | None, error: float) -> Number:
    """A flow as printed, marked if it is zero to its error or not known."""
    if value is None:
        return Number("not known", True)
    return Number(amount(value), abs(value) <= error)


def entropy_number(entry: Production, tolerance: float) -> Number:
    """An entropy production as printed, marked if it is zero relative to the sum of its terms."""
    if entry.value is None:
        return Number("not applicable", True)
    return flow_number(entry.value, tolerance * entry.scale)


def reservoir_rows(audit: Audit, resolved: Resolution) -> tuple[ReservoirRow, ...]:
    """The balance sheet: one row for each reservoir."""
    flows = audit.flows
    assert flows is not None
    count = len(flows.reservoirs)
    significant = [0.0 if resolved.is_zero_energy(r) else float(flows.energy[r]) for r in range(count)]
    largest = max((abs(value) for value in significant), default=0.0)
    rows = []
    for r in range(count):
        energy_error, particle_error = resolved.energy_error(r), resolved.particle_error(r)
        mu = _chemical_potential(audit, r)
        rows.append(
            ReservoirRow(
                r,
                flows.reservoirs[r],
                _condition(audit, r),
                flow_number(flows[r].particles, particle_error),
                flow_number(float(flows.energy[r]), energy_error),
                flow_number(flows[r].heat, energy_error + abs(mu) * particle_error),
                significant[r] / largest if largest > 0 else 0.0,
                flow_number(float(flows.coherence_energy[r]), energy_error),
            )
        )
    return tuple(rows)


def _chemical_potential(audit: Audit, r: int) -> float:
    reservoir = audit.generator.dissipators[r].reservoir
    return 0.0 if reservoir is None else reservoir.chemical_potential or 0.0


def _condition(audit: Audit, r: int) -> str:
    """Temperature and chemical potential of a reservoir, or what is known instead."""
    reservoir = audit.generator.dissipators[r].reservoir
    if reservoir is None:
        return "of unknown origin"
    beta = reservoir.inverse_temperature
    if beta is None:
        field = audit.generator.dissipators[r].field
        return "no temperature given" if field is not None and field.distribution is None else "not thermal"
    temperature = 0.0 if np.isinf(beta) else np.inf if beta == 0 else 1.0 / beta
    mu = reservoir.chemical_potential or 0.0
    return f"T = {plain_number(amount(temperature))}" + (f", μ = {plain_number(amount(mu))}" if mu != 0.0 else "")


def budget_bars(audit: Audit) -> Budget | None:
    """The budget of detailed balance, or None if it is not applicable."""
    balance = audit.balance
    if balance is None:
        return None
    parts = (
        ("jump", "antisymmetric part of the jumps, over all jumps", balance.relative_jump),
        (
            "coherent, non-commuting",
            "Hamiltonian part that does not commute with the state",
            balance.relative_noncommuting,
        ),
        ("coherent, commuting", "Hamiltonian part that commutes: no violation, removed", balance.relative_commuting),
    )
    relative = [value for _, _, value in parts]
    top = max(0, *(int(np.ceil(np.log10(v))) for v in relative if v), 0)
    span = top - _LOWEST_DECADE

    def at(value: float) -> float:
        return float(np.clip(100 * (np.log10(value) - _LOWEST_DECADE) / span, 0.0, 100.0)) if value > 0 else 0.0

    bars = tuple(
        Bar(name, why, "undefined" if v is None else amount(v, 3), 0.0 if v is None else at(v))
        for (name, why, _), v in zip(parts, relative, strict=True)
    )
    tolerance = audit.finding(Question.KMS).tolerance or 0.0
    ticks = tuple((at(10.0**decade), decade) for decade in range(_LOWEST_DECADE, top + 1, 6))
    return Budget(
        bars, ticks, at(tolerance), amount(tolerance), amount(balance.norm), amount(balance.jump_norm), _ladder(audit)
    )


def _ladder(audit: Audit) -> tuple[Rung, ...]:
    """Shares of the squared norm that are GNS-balanced, KMS-balanced beyond GNS, and current-carrying."""
    assert audit.state is not None
    try:
        budget = irreversibility_budget(audit.generator, audit.state)
    except InputError:
        # A state whose support is left within the tolerance of the audit has no dual.
        return ()
    parts = (
        ("GNS-balanced", "symmetric, each jump with a definite change of log σ", budget.gns),
        ("KMS beyond GNS", "symmetric, jumps that mix such changes", budget.beyond_gns),
        ("current-carrying", "antisymmetric: jumps and non-commuting Hamiltonian", budget.current_carrying),
    )
    total = sum(value**2 for _, _, value in parts)
    rungs, start = [], 0.0
    for name, why, value in parts:
        width = 100 * value**2 / total if total > 0 else 0.0
        share = f"{width:.2f} %" if width >= 0.01 or value <= budget.noise else "< 0.01 %"
        rungs.append(Rung(name, why, share, start, width))
        start += width
    return tuple(rungs)


def cycle_rows(audit: Audit) -> tuple[tuple[tuple[str, str], ...], str]:
    """The cycles of the largest affinities, in the direction they are driven, and a note."""
    cycles = audit.cycles
    if cycles is None:
        return (), ""
    labels = audit.generator.spectrum.labels
    order = np.argsort(-cycles.affinities, kind="stable")[:CYCLE_ROWS]
    rows = []
    for index in order:
        names = [labels[level] for level in cycles.tree.cycle(int(index))]
        path = " → ".join([*names, names[0]]) if len(names) <= _LONGEST_PATH else _long_path(names)
        rows.append((path, amount(float(cycles.affinities[index]))))
    notes = []
    if len(cycles) > len(rows):
        notes.append(f"The largest {len(rows)} of {len(cycles)} fundamental cycles.")
    if not cycles:
        notes.append("The two-way transitions form a tree: there is no cycle.")
    if cycles.one_way.size:
        notes.append(f"{len(cycles.one_way)} transitions go one way only: the affinity of a cycle through them is ∞.")
    if cycles:
        notes.append(f"Root mean square distance of the log-ratios from a gradient: {amount(cycles.defect)}.")
    return tuple(rows), " ".join(notes)


def _long_path(names: Sequence[str]) -> str:
    return f"{names[0]} → {names[1]} → … → {names[-1]} → {names[0]} ({len(names)} levels)"


def current_rows(audit: Audit, resolved: Resolution) -> tuple[tuple[CurrentRow, ...], str]:
    """The largest microcurrents, and a note that says what is left out."""
    flows = audit.flows
    assert flows is not None
    found, count = net_transitions(resolved, LARGEST)
    labels, levels = flows.spectrum.labels, flows.spectrum.levels
    rows = tuple(
        CurrentRow(
            t.reservoir,
            flows.reservoirs[t.reservoir],
            f"{labels[t.start]} → {labels[t.end]}",
            amount(float(levels[t.end] - levels[t.start])),
            amount(t.net),
            amount(t.share, 3),
        )
        for t in found
    )
    if count > len(rows):
        return rows, f"The largest {len(rows)} of {count} transitions that carry a net current."
    return rows, "" if rows else "No transition carries a net current above its error."


def gibbs_rows(audit: Audit) -> tuple[tuple[str, str], ...]:
    """The fitted Gibbs state and how far it is from the state."""
    fit = audit.gibbs
    assert fit is not None
    beta = fit.inverse_temperature
    temperature = "∞" if beta == 0 else amount(0.0 if np.isinf(beta) else 1.0 / beta)
    rows = [("inverse temperature β", amount(beta)), ("temperature 1/β", temperature)]
    if fit.chemical_potential is not None:
        rows.append(("chemical potential μ", amount(fit.chemical_potential)))
    return (
        *rows,
        ("largest |log ρ − log fit|", amount(fit.misfit)),
        ("the same, weighted with ρ", amount(fit.weighted_misfit)),
        ("explained by round-off", amount(fit.tolerance)),
    )


def level_rows(audit: Audit) -> tuple[tuple[tuple[str, str, int, str], ...], str]:
    """Label, energy, degeneracy and population of the levels, ascending in energy, and a note."""
    assert audit.state is not None
    spectrum = audit.state.spectrum
    order = sorted(range(spectrum.size), key=lambda m: (spectrum.levels[m], m))[:LEVEL_ROWS]
    rows = tuple(
        (
            spectrum.labels[m],
            amount(level_energy(spectrum, m)),
            int(spectrum.degeneracies[m]),
            population(audit, m),
        )
        for m in order
    )
    return rows, f"The lowest {len(rows)} of {spectrum.size} levels." if spectrum.size > len(rows) else ""
