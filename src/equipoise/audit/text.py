"""An audit in a dozen aligned lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equipoise.audit.verdict import MEANING, Finding, Verdict

if TYPE_CHECKING:
    from equipoise.audit.audit import Audit

_WIDTH = 18


def summary(audit: Audit) -> str:
    """The balance sheet as text: verdict, state, flows, first law, entropy, cycles, detailed balance."""
    lines = [*_head(audit)]
    if audit.sectors:
        for index, sector in enumerate(audit.sectors):
            lines += ["", f"sector {index + 1}: {sector.support}", *_indented(_body(sector))]
        return "\n".join(lines)
    return "\n".join(lines + _body(audit)[1:])


def _head(audit: Audit) -> list[str]:
    lines = [_row("verdict", verdict_words(audit)), _row("", MEANING[audit.verdict])]
    for alternative in audit.alternatives:
        lines.append(_row("", f"{alternative.verdict.value}: {alternative.reading}"))
    lines.append(_row("limit", audit.provenance.limit))
    return lines


def verdict_words(audit: Audit) -> str:
    """The name of the verdict; both names when it is undecided; a flag when reservoirs are equal."""
    if audit.verdict is Verdict.UNDECIDED and audit.sides:
        return "undecided: " + " or ".join(side.value for side in audit.sides)
    words = audit.verdict.value
    if audit.verdict is Verdict.NON_EQUILIBRIUM and audit.gibbs is not None and _equal_reservoirs(audit):
        words += " (at equal reservoirs)"
    return words


def _equal_reservoirs(audit: Audit) -> bool:
    reservoirs = [part.reservoir for part in audit.generator.dissipators]
    pairs = {(r.inverse_temperature, r.chemical_potential) for r in reservoirs if r is not None}
    return len(pairs) == 1 and None not in next(iter(pairs))


def _body(audit: Audit) -> list[str]:
    flows, fit = audit.flows, audit.gibbs
    assert flows is not None
    assert fit is not None
    lines = [_row("verdict", verdict_words(audit))]
    lines.append(_row("stationary state", _answer(audit, "is the stationary state unique", show_value=False)))
    lines.append(_row("Gibbs", _answer(audit, "is the state Gibbs")))
    lines.append(_row("flows into system", f"{'J_N':>14}{'J_E':>14}{'J_Q':>14}   every flow zero?"))
    for r, name in enumerate(flows.reservoirs):
        numbers = "".join(f"{number(value):>14}" for value in (flows.particles[r], flows.energy[r], flows.heat[r]))
        finding = audit.finding(f"is every flow of {name} zero")
        lines.append(_row(f"  {name}", f"{numbers}   {finding.answer} ({finding.detail})"))
    total = sum(value for _, value in audit.first_law[:-1])
    lines.append(_row("first law", f"sum of rows {number(total)}, d<H>/dt {number(audit.first_law[-1][1])}"))
    produced = [f"{e.name} {number(e.value)}" for e in audit.entropy if e.value is not None]
    lines.append(_row("entropy production", ", ".join(produced) if produced else "not applicable"))
    lines.append(_row("transitions", _answer(audit, "do the summed flows vanish")))
    lines.append(_row("cycles", _answer(audit, "do all cycle affinities vanish")))
    lines.append(_row("detailed balance", _balance(audit)))
    work = audit.ergotropy or 0.0
    lines.append(_row("ergotropy", f"{number(work)}" + (" (passive)" if work == 0.0 else " (not passive)")))
    return lines


def _balance(audit: Audit) -> str:
    if audit.balance is None:
        return "not applicable: " + audit.finding("does KMS").detail
    found = [(name, audit.finding(f"does {name}")) for name in ("KMS", "GNS", "SQDB")]
    return ", ".join(f"{name} {f.answer} ({_value(f)})" for name, f in found) + "; commuting H removed"


def _answer(audit: Audit, question: str, *, show_value: bool = True) -> str:
    finding = audit.finding(question)
    value = f" ({_value(finding)})" if show_value and finding.value is not None else ""
    return f"{finding.answer}{value}" + (f"; {finding.detail}" if finding.detail else "")


def _value(finding: Finding) -> str:
    if finding.value is None:
        return ""
    return "0" if finding.value == 0.0 else f"{finding.value:.1e}"


def number(value: float | None) -> str:
    """A number as the report prints it: six digits, zero as 0, absent as a dash."""
    if value is None:
        return "-"
    if value == 0.0:
        return "0"
    return f"{value:.6g}" if np.isfinite(value) else str(value)


def _row(name: str, text: str) -> str:
    return f"{name:<{_WIDTH}} {text}".rstrip()


def _indented(lines: list[str]) -> list[str]:
    return ["  " + line for line in lines]
