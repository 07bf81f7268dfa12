"""The audit as a noun: everything found, which prints itself in a dozen aligned lines and gives a dataset."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equipoise._checks import InputError
from equipoise._printed import amount
from equipoise.auditing.dataset import (
    cycle_variables,
    finding_variables,
    flow_variables,
    sector_variables,
    state_variables,
)
from equipoise.auditing.findings import NOTIONS, loop_in_words
from equipoise.auditing.limit import limit_flags
from equipoise.auditing.questions import Finding, Question
from equipoise.auditing.verdict import Verdict, meaning_of
from equipoise.balance import DetailedBalance, GibbsFit
from equipoise.balance.cycles import Cycles
from equipoise.generators import Generator
from equipoise.provenance import Provenance
from equipoise.stationary import StationaryState
from equipoise.thermodynamics import Currents
from equipoise.thermodynamics.entropy import Production

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """The verdict under another reading of what the input leaves open.

    Parameters
    ----------
    reading : str
        Which part of the input was read differently, and how.
    verdict : Verdict
    """

    reading: str
    verdict: Verdict


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
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
    entropy : tuple of Production
    balance : DetailedBalance or None
        None if not applicable (the findings say why).
    cycles : Cycles or None
    gibbs : GibbsFit or None
    ergotropy : float or None
    alternatives : tuple of Alternative
    sectors : tuple of Audit
        One for each extremal stationary state if it is not unique.
    both_sides : tuple of Verdict
        The different verdicts on both both_sides of a tolerance.
    support : str
        For a sector: the conserved projector, in words.
    provenance : Provenance
    """

    verdict: Verdict
    generator: Generator
    state: StationaryState | None = None
    flows: Currents | None = None
    findings: tuple[Finding, ...]
    first_law: tuple[tuple[str, float], ...] = ()
    entropy: tuple[Production, ...] = ()
    balance: DetailedBalance | None = None
    cycles: Cycles | None = None
    gibbs: GibbsFit | None = None
    ergotropy: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    sectors: tuple[Audit, ...] = ()
    both_sides: tuple[Verdict, ...] = ()
    support: str = ""
    provenance: Provenance

    def __repr__(self) -> str:
        return summary(self)

    def finding(self, question: Question, about: str = "") -> Finding:
        """The answer to a question; `about` names the reservoir, or the entropy production, of one asked of each.

        Raises
        ------
        InputError
            If the audit does not answer it.

        Examples
        --------
        >>> from equipoise.auditing import Question, audit
        >>> from equipoise.generators import rate_equation
        >>> cycle = audit(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]]))
        >>> cycle.finding(Question.KMS).answer
        'no'
        """
        for finding in self.findings:
            if finding.question is question and finding.about == about:
                return finding
        asked = f"{question}" + (f" about {about!r}" if about else "")
        answered = "; ".join(f"{f.question}" + (f" about {f.about!r}" if f.about else "") for f in self.findings)
        raise InputError(
            f"Argument `question` must be one that this audit answers, but got {asked}: it has {answered}."
        )

    def to_dataset(self) -> xarray.Dataset:
        """Every number as an xarray Dataset with named dimensions and units.

        Dimensions: `reservoir`, `level` (and `from_level`, `to_level` for transitions), `finding`, `law` (rows of
        the first law), `entropy_production`, `cycle`. Flows are positive into the system. An audit whose stationary
        state is not unique has a dimension `sector` only; its sectors have datasets of their own.
        """
        import xarray

        attributes = {
            "verdict": self.verdict.value,
            "both_sides": ", ".join(side.value for side in self.both_sides),
            "alternatives": json.dumps([[a.reading, a.verdict.value] for a in self.alternatives]),
            "sign_convention": "flows are positive into the system",
            "provenance": json.dumps(self.provenance.rows()),
        }
        contents = finding_variables(self.findings)
        if self.sectors:
            found = [(sector.verdict.value, sector.support) for sector in self.sectors]
            contents |= sector_variables(found)
        elif self.state is not None and self.flows is not None:
            contents |= state_variables(self.state, self.gibbs, self.ergotropy)
            contents |= flow_variables(self.flows, self.first_law, self.entropy)
            contents |= cycle_variables(self.cycles, self.generator.spectrum.labels)
        return xarray.Dataset(contents.variables, contents.coordinates, attributes)


_NAMES = 18
"""Columns for the name of a row."""

_COLUMNS = 80
"""Columns of the printed sheet: longer rows go on in the next line, under their first word."""

_AT_REST = {"yes": "at rest", "no": "not at rest"}
"""Whether a reservoir has a net flow on any transition between energy levels; its totals may vanish all the same."""


def summary(audit: Audit) -> str:
    """The balance sheet as text: verdict, state, flows, first law, entropy, cycles, detailed balance."""
    lines = [*_head(audit)]
    if audit.sectors:
        for index, sector in enumerate(audit.sectors):
            lines += ["", f"sector {index + 1}: {sector.support}", *_indented(_body(sector))]
        return "\n".join(lines)
    return "\n".join(lines + _body(audit)[1:])


def _head(audit: Audit) -> list[str]:
    lines = [_row("verdict", verdict_words(audit)), _row("", meaning(audit, audit.verdict))]
    for alternative in audit.alternatives:
        lines.append(_row("", f"{alternative.verdict.value}: {alternative.reading}"))
    lines.append(_row("limit", audit.provenance.limit))
    return [*lines, *(_row("", flag) for flag in (*audit.provenance.notes, *limit_flags(audit.findings)))]


def verdict_words(audit: Audit) -> str:
    """The name of the verdict; both names when it is undecided; a flag when reservoirs are equal."""
    if audit.verdict is Verdict.UNDECIDED and audit.both_sides:
        return "undecided: " + " or ".join(side.value for side in audit.both_sides)
    words = audit.verdict.value
    if audit.verdict is Verdict.NON_EQUILIBRIUM and audit.gibbs is not None and _equal_reservoirs(audit):
        words += " (at equal reservoirs)"
    return words


def meaning(audit: Audit, verdict: Verdict) -> str:
    """What a verdict means for the reservoirs of an audit."""
    reservoirs = [part.reservoir for part in audit.generator.dissipators]
    return meaning_of(verdict, [None if r is None else r.inverse_temperature for r in reservoirs])


def _equal_reservoirs(audit: Audit) -> bool:
    reservoirs = [part.reservoir for part in audit.generator.dissipators]
    pairs = {(r.inverse_temperature, r.chemical_potential) for r in reservoirs if r is not None}
    return len(pairs) == 1 and None not in next(iter(pairs))


def _body(audit: Audit) -> list[str]:
    flows = audit.flows
    assert flows is not None
    lines = [_row("verdict", verdict_words(audit)), _row("stationary state", _uniqueness(audit))]
    lines.append(_row("Gibbs state", _gibbs(audit)))
    lines.append(_row("flows into system", f"{'J_N':>13}{'J_E':>13}{'J_Q':>13}   each transition"))
    for r, name in enumerate(flows.reservoirs):
        values = (flows[r].particles, flows[r].energy, flows[r].heat)
        numbers = "".join(f"{amount(value):>13}" for value in values)
        answer = audit.finding(Question.FLOWS_VANISH, name).answer
        lines.append(_row(f"  {name}", f"{numbers}   {_AT_REST.get(answer, answer)}"))
    total = sum(value for _, value in audit.first_law[:-1])
    lines.append(_row("first law", f"sum of its rows {amount(total)}, d<H>/dt {amount(audit.first_law[-1][1])}"))
    produced = [(e.name.removesuffix(" per reservoir"), amount(e.value)) for e in audit.entropy if e.value is not None]
    lines.append(_row("entropy production", _grouped(produced) if produced else "not applicable"))
    lines.append(_row("energy levels", _transitions(audit)))
    lines.append(_row("cycles", _cycles(audit)))
    lines.append(_row("detailed balance", _balance(audit)))
    work = audit.ergotropy or 0.0
    lines.append(_row("ergotropy", f"{amount(work)}" + (" (passive)" if work == 0.0 else " (not passive)")))
    return lines


def _uniqueness(audit: Audit) -> str:
    assert audit.state is not None
    gap = "" if audit.state.gap is None else f"gap {audit.state.gap:.4g}, "
    which = audit.support or "unique"
    return f"{which}; {gap}residual {audit.state.residual:.1e}"


def _gibbs(audit: Audit) -> str:
    assert audit.gibbs is not None
    finding, fit = audit.finding(Question.GIBBS), audit.gibbs
    mu = "" if fit.chemical_potential is None else f", mu = {fit.chemical_potential:.6g}"
    return f"{finding.answer} ({_value(finding)}); best fit beta = {fit.inverse_temperature:.6g}{mu}"


def _transitions(audit: Audit) -> str:
    finding = audit.finding(Question.SUMMED_FLOWS_VANISH)
    words = {"yes": "balanced", "no": "not balanced"}.get(finding.answer, finding.answer)
    return f"transitions {words} ({_value(finding)}); {finding.detail}"


def _cycles(audit: Audit) -> str:
    assert audit.cycles is not None
    finding, largest = audit.finding(Question.AFFINITIES_VANISH), audit.cycles.largest
    if finding.answer == "yes" or audit.cycles.one_way.size or largest is None:
        return ("no affinity; " if finding.answer == "yes" else "") + finding.detail
    undecided = "undecided; " if finding.answer == "undecided" else ""
    around = f"affinity {amount(largest.affinity)} on {loop_in_words(largest)}"
    return f"{undecided}{around}; defect {audit.cycles.defect:.3g}"


def _balance(audit: Audit) -> str:
    if audit.balance is None:
        return "not applicable: " + audit.finding(Question.KMS).detail
    found = [(question.name, audit.finding(question)) for question in NOTIONS]
    entries = [(name, f"{f.answer} ({_value(f)})") for name, f in found]
    return _grouped(entries, values_last=True) + "; commuting H removed"


def _grouped(entries: list[tuple[str, str]], *, values_last: bool = False) -> str:
    """Names with equal values together: `0.1 (Clausius, Spohn)`, or `KMS, GNS no (0.1)`."""
    groups: dict[str, list[str]] = {}
    for name, value in entries:
        groups.setdefault(value, []).append(name)
    if values_last:
        return ", ".join(f"{', '.join(names)} {value}" for value, names in groups.items())
    return "; ".join(f"{value} ({', '.join(names)})" for value, names in groups.items())


def _value(finding: Finding) -> str:
    if finding.value is None:
        return ""
    return "0" if finding.value == 0.0 else f"{finding.value:.1e}"


def _row(name: str, text: str) -> str:
    """A row with its text wrapped under its first word; spaces inside the text stay as they are."""
    room = _COLUMNS - _NAMES - 1
    lines = textwrap.wrap(text, room, drop_whitespace=False, break_long_words=False) if len(text) > room else [text]
    first, *rest = [line.rstrip() for line in lines] or [""]
    return "\n".join([f"{name:<{_NAMES}} {first}".rstrip(), *(" " * (_NAMES + 1) + line.lstrip() for line in rest)])


def _indented(lines: list[str]) -> list[str]:
    return [textwrap.indent(line, "  ") for line in lines]
