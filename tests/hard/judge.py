"""Hold the library's answer on a case against the reference: one word for each thing that is wrong."""

from __future__ import annotations

import math
import signal
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from equipoise import InputError, NumericalError, UserCodeError, audit
from equipoise.auditing import Question
from hard.case import Case
from reference.ball_generator import APART, ZERO, NotUnique, Solved, number, stationary, verdicts

EPS = 2.0**-52
LIMIT = 120
"""Seconds after which a case counts as hanging."""


@dataclass(frozen=True)
class Fault:
    """What is wrong on one case; `word` groups them in the table."""

    word: str
    detail: str = ""


class Hangs(Exception):
    pass


def faults(case: Case) -> list[Fault]:
    """All that the library says wrongly of a case; empty if nothing."""
    generator, failure = built(case)
    if failure is not None:
        return [failure]
    try:
        solved = stationary(case.ingredients)
    except NotUnique:
        solved = None
    right = case.expected or verdicts(case.ingredients, solved)
    found = audited(generator, right)
    if isinstance(found, Fault):
        return [found]
    given = _given(case) if solved is not None else None
    return [
        *_verdict(case, right, found, solved),
        *(_numbers(case, found, solved, given) if solved is not None else ()),
    ]


def audited(generator, right=frozenset()):
    """The audit, or the fault that it is not one."""
    signal.signal(signal.SIGALRM, _stop)
    signal.alarm(LIMIT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            return audit(generator)
    except Hangs:
        return Fault("hangs", f"after {LIMIT} s")
    except (InputError, NumericalError, UserCodeError) as error:
        return Fault(f"refused: {type(error).__name__}", f"{str(error)[:200]} (right: {_names(right)})")
    except Exception as error:
        return Fault(f"CRASH: {type(error).__name__}", str(error)[:200])
    finally:
        signal.alarm(0)


def built(case):
    """The generator and None, or None and the fault."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            return case.build(), None
    except (InputError, NumericalError, UserCodeError) as error:
        return None, Fault(f"refused when built: {type(error).__name__}", str(error)[:200])
    except Exception as error:
        return None, Fault(f"CRASH when built: {type(error).__name__}", str(error)[:200])


def _stop(signum, frame):
    raise Hangs


def _given(case: Case) -> Solved | None:
    if case.given is None:
        return None
    try:
        return stationary(case.given, largest=1024)
    except NotUnique:
        return None


def _names(verdicts) -> str:
    return " / ".join(sorted(verdicts))


def _verdict(case: Case, right, found, solved) -> Iterator[Fault]:
    name = found.verdict.value
    if name in right:
        return
    text = f"{name}, right: {_names(right)}"
    if name != "undecided":
        yield Fault("WRONG VERDICT, rounded input" if case.is_rounded else "WRONG VERDICT", text)
    elif len(right) == 1:
        # Where the input was rounded when it was written, weights below rounding may decide; there nothing is known.
        yield Fault("undecided, rounded input" if case.is_rounded and _is_open(case, solved) else "undecided", text)


def _is_open(case: Case, solved: Solved | None) -> bool:
    """Whether a weight or a rate is so small that the rounding of the input may decide."""
    if solved is None:
        return True
    p = [float(x) for x in solved.populations()]
    return min(p) < 1e-12 or _rate_range(case) > 1e12


def _rates(case: Case) -> list[float]:
    jumps = case.ingredients.jumps
    return [float(j.rate()) * float(abs(x)) ** 2 for j in jumps for x in j.operator[j.operator != 0]]


def _rate_range(case: Case) -> float:
    return max(_rates(case)) / min((r for r in _rates(case) if r > 0), default=1.0)


def _slack(case: Case) -> float:
    """Relative rounding of the input: of beta times a gap, and of a sum over the states."""
    E = case.ingredients.energies
    span = max(E) - min(E)
    cold = max(
        (b.beta * (span + abs(b.mu)) for b in case.ingredients.baths or () if b.beta and math.isfinite(b.beta)),
        default=0,
    )
    return 16 * EPS * (len(E) + cold)


def _numbers(case: Case, found, solved: Solved, given: Solved | None) -> Iterator[Fault]:
    if found.sectors:
        return
    slack = _slack(case)
    state = found.state
    yield from _state(case, state, solved, given, slack)
    yield from _notions(case, found, solved)
    if not case.is_rounded:
        yield from _weights(case, state, solved, slack)
    if not case.resolves_levels:
        return
    yield from _flows(case, found, solved, slack)
    yield from _productions(case, found, solved, slack)


def _state(case: Case, state, solved: Solved, given: Solved | None, slack: float) -> Iterator[Fault]:
    V = np.eye(case.ingredients.dimension) if case.basis is None else case.basis
    right = V @ _doubles(solved) @ V.conj().T
    written = right if given is None else _doubles(given)
    mine = state.density_matrix()
    # Taken to the given basis, with eigenvectors of H that are known to eps ||H|| over their gaps.
    bound = float(np.max(state.population_error)) + slack + float(state.spectrum.mixing_of_levels.max())
    miss = max(_outside(f(mine), f(right), f(written)) for f in (np.real, np.imag))
    if not miss <= bound:
        yield Fault("ERROR EXCEEDED: state", f"off by {miss:.2g}, bound {bound:.2g}")
    if not case.resolves_levels:
        return
    p = np.array([float(x) for x in solved.level_populations()])
    mine = np.exp(state.density.log_level_populations)
    if p.shape != mine.shape:
        yield Fault("WRONG: number of levels", f"{mine.size}, right: {p.size}")
        return
    also = p
    if given is not None:
        inside = np.diag(V.conj().T @ written @ V).real
        also = np.array([inside[members].sum() for members in case.ingredients.levels])
    bound = state.population_error + slack * (p + case.is_rounded)
    miss = np.maximum(np.minimum(p, also) - mine, mine - np.maximum(p, also))
    worst = int(np.argmax(miss - bound))
    if not miss[worst] <= bound[worst]:
        text = f"{mine[worst]:.6g}, right: {p[worst]:.6g} (as written {also[worst]:.6g}), bound {bound[worst]:.2g}"
        yield Fault("ERROR EXCEEDED: population", text)


def _weights(case: Case, state, solved: Solved, slack: float) -> Iterator[Fault]:
    """Logarithms of all weights: each within its error, none lost unless its error says so."""
    right, order = solved.log_weights(), np.argsort(state.log_weights)
    for want, got, error in zip(right, state.log_weights[order], state.relative_weight_error[order], strict=True):
        if math.isinf(want) and math.isinf(got):
            continue
        if math.isinf(want) or math.isinf(got):
            # A weight below the error of all of them may be lost; one that a double holds easily may not.
            size = math.exp(max(want, got))
            if not size <= float(np.max(state.population_error)) + 1e-300:
                yield Fault("ERROR EXCEEDED: weight lost", f"log weight {got:.6g}, right: {want:.6g}")
            return
        bound = error + slack * (2 + abs(want)) if error < 1 else math.inf
        if not abs(got - want) <= bound:
            yield Fault("ERROR EXCEEDED: log weight", f"{got:.10g}, right: {want:.10g}, bound {bound:.2g}")
            return


def _notions(case: Case, found, solved: Solved) -> Iterator[Fault]:
    """No notion of detailed balance answered wrongly where the reference is clear."""
    entries = [f for f in found.findings if f.question in (Question.KMS, Question.GNS, Question.SQDB)]
    entries = [f for f in entries if f.answer in ("yes", "no")]
    if not entries or case.ingredients.dimension > 6:
        return
    balance = solved.balance()
    for entry in entries:
        worst = max(balance.relative, balance.by_entry)
        least = balance.relative
        if entry.question is Question.GNS:
            worst, least = max(worst, balance.modular), max(least, balance.modular)
        # The printed residual is relative to a norm: what is rare may count as nothing there.
        if worst < ZERO and entry.answer == "no":
            yield Fault("WRONG: a notion that holds", f"{entry.question.name}: no, {entry.value}")
        if least > APART and entry.answer == "yes":
            yield Fault("WRONG: a notion that fails", f"{entry.question.name}: yes, {entry.value}; 2**{least:.0f}")


def _doubles(solved: Solved) -> np.ndarray:
    return np.array([[complex(float(x.real), float(x.imag)) for x in row] for row in solved.rho])


def _outside(x, a, b) -> float:
    """How far x lies outside the interval between a and b, at most."""
    return float(np.max(np.maximum(np.minimum(a, b) - x, x - np.maximum(a, b))))


def _flows(case: Case, found, solved: Solved, slack: float) -> Iterator[Fault]:
    baths = case.ingredients.baths
    if baths is None:
        return
    flows = found.flows
    right = np.array([[[number(x) for x in row] for row in F] for F in solved.fluxes()])
    for m in range(right.shape[1]):
        right[:, m, m] = 0.0
    mine, errors = flows.directed.fluxes, flows.directed.errors
    # A rounded input has rates that are not there, below the rounding of the largest.
    scale = max(_rates(case)) if case.is_rounded else 0.0
    bound = errors + slack * (right + scale)
    worst = np.unravel_index(np.argmax(np.abs(mine - right) - bound), right.shape)
    if not abs(mine[worst] - right[worst]) <= bound[worst]:
        yield Fault("ERROR EXCEEDED: flux", f"{mine[worst]:.6g}, right: {right[worst]:.6g}, bound {bound[worst]:.2g}")
    levels = np.array(case.ingredients.level_energies)
    gaps = np.abs(levels[:, None] - levels[None, :])
    for r, J in enumerate(solved.energy_flow()):
        got, entry = float(flows.energy[r]), found.reservoirs[r]
        # What the flow is known to: the errors of the directed fluxes that make it.
        bound = float(np.sum(gaps * (errors[r] + slack * (right[r] + scale))))
        bound = max(bound, entry.energy_error) + 4 * EPS * abs(got)
        if not abs(got - number(J)) <= bound:
            yield Fault("ERROR EXCEEDED: energy flow", f"{got:.6g}, right: {number(J):.6g}, bound {bound:.2g}")


def _productions(case: Case, found, solved: Solved, slack: float) -> Iterator[Fault]:
    right = {"Clausius": solved.clausius(), "transition-resolved": solved.pair_production()}
    for entry in found.entropy:
        if entry.value is None:
            continue
        if math.isnan(entry.value):
            yield Fault("WRONG: production nan", entry.name)
            continue
        if entry.is_never_negative and entry.value < -entry.error - slack * entry.scale:
            yield Fault("WRONG: negative production", f"{entry.name} {entry.value:.3g} +- {entry.error:.2g}")
        want = right.get(entry.name)
        if want is None or not math.isfinite(entry.value):
            continue
        scale = entry.scale if not case.is_rounded else max(entry.scale, 1.0)
        bound = entry.error + slack * scale
        if not abs(entry.value - number(want)) <= bound:
            text = f"{entry.name} {entry.value:.6g}, right: {number(want):.6g}, bound {bound:.2g}"
            yield Fault("ERROR EXCEEDED: production", text)
        rest = {"equilibrium", "balanced, not thermal", "dark state", "reversible"}
        if found.verdict.value in rest and entry.value > 10 * entry.error + 1e-9 * entry.scale:
            yield Fault("WRONG: rest beside a production", f"{found.verdict.value}, {entry.name} {entry.value:.3g}")
