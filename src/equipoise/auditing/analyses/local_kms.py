"""`local_kms`: the temperature functions of the state and of the field, and where they fall short of one number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from equipoise._checks import ROUND_OFF
from equipoise._printed import amount
from equipoise.auditing.analyses.answer import AbstractAnalysis, Answer, attempted, counted, listed
from equipoise.auditing.blocks import Cell, Table
from equipoise.auditing.findings import loop_in_words
from equipoise.balance import (
    currents_against_bias,
    effective_temperatures,
    fit_generalised_gibbs,
    population_bounds,
    temperature_function,
)
from equipoise.balance.cycles import Cycles, cycles
from equipoise.balance.cycles.transition_temperatures import EffectiveTemperatures
from equipoise.balance.temperature.generalised_gibbs import GeneralisedGibbsFit
from equipoise.balance.temperature.local_temperature import TemperatureFunction
from equipoise.generators import Generator
from equipoise.stationary import StationaryState
from equipoise.tolerances import BALANCED, NO_AFFINITY


@dataclass(frozen=True)
class LocalKmsFound:
    """Temperature functions, for figures; None where there is none."""

    generator: Generator
    state: TemperatureFunction | None
    field: EffectiveTemperatures | None


@dataclass(frozen=True)
class LocalKmsAnalysis(AbstractAnalysis):
    """Temperature functions, bounds on populations, currents against the bias; an Ingarden state if an order is given.

    Parameters
    ----------
    ingarden_order : int, optional
        Order n of the fit `exp(-sum_{j <= n} beta_j H^j) / Z`.
    """

    ingarden_order: int | None = None
    name: ClassVar[str] = "local_kms"

    def answer(self, generator: Generator, state: StationaryState) -> Answer:
        """Temperature functions of a generator and its stationary state."""
        of_state, why_not_state = attempted(lambda: temperature_function(state))
        of_field, why_not_field = attempted(lambda: effective_temperatures(generator))
        facts: list[tuple[str, str]] = []
        tables: list[Table] = []
        variables: dict[str, object] = {}
        coordinates = {"reservoir": list(generator.names), "level": list(generator.spectrum.labels)}
        if of_state is None:
            facts.append(("state", f"no temperature function: {why_not_state}"))
        else:
            facts += [("state", _constancy(of_state)), ("inversion", _inversion(of_state))]
            tables.append(_levels(of_state))
            label = "from the lowest level"
            attributes = {"units": "1 / energy unit", "long_name": label}
            variables["state_inverse_temperature"] = ("upper_level", of_state.relative_to_ground, attributes)
            coordinates["upper_level"] = list(of_state.labels[1:])
        if of_field is None:
            facts.append(("field", f"no temperature function: {why_not_field}"))
        else:
            facts.append(("field", _additivity(of_field, cycles(generator, state))))
            facts += _directions(generator, state, of_field)
            tables.append(_transitions(of_field, of_state))
            variables["field_exponent"] = (("reservoir", "transition"), of_field.exponents, {"units": "1"})
            variables["frequency"] = ("transition", of_field.frequencies, {"units": "energy unit"})
            ends = {"long_name": "upper, lower"}
            variables["transition_levels"] = (("transition", "end"), of_field.transitions, ends)
        if self.ingarden_order is not None:
            order = self.ingarden_order
            fit, why_not = attempted(lambda: fit_generalised_gibbs(state.density, order))
            if fit is None:
                facts.append(("Ingarden state", f"not applicable: {why_not}"))
            else:
                tables.append(_ingarden(fit))
        return Answer(
            name=self.name,
            title="Local KMS: temperature functions of the state and of the field",
            facts=tuple(facts),
            tables=tuple(tables),
            variables=variables,
            coordinates=coordinates,
            found=LocalKmsFound(generator, of_state, of_field),
        )


def transition(labels: Sequence[str], m: int, n: int) -> str:
    """Upper level first, as in an emission."""
    return f"{labels[m]} -> {labels[n]}"


def _constancy(found: TemperatureFunction) -> str:
    if found.size == 1:
        return "one level: no temperature"
    low, high = float(found.slopes.min()), float(found.slopes.max())
    # Levels that nearly coincide magnify the round-off of their populations.
    size = 1 + np.abs(found.log_weights[1:]) + np.abs(found.log_weights[:-1])
    noise = 64 * ROUND_OFF * size / np.diff(found.levels)
    middle = float(found.slopes[np.argmin(noise)])
    if bool(np.all(np.abs(found.slopes - middle) <= BALANCED * abs(middle) + noise)):
        return f"Gibbs: beta_S = {amount(middle)} between all levels"
    return f"not Gibbs: beta_S between neighbouring levels from {amount(low)} to {amount(high)}"


def _inversion(found: TemperatureFunction) -> str:
    pairs = found.inverted
    if not pairs:
        return "none: every level is populated less than those below it"
    shown = ", ".join(f"{found.labels[m]} above {found.labels[n]}" for m, n in pairs[:4])
    more = f" and {len(pairs) - 4} more" if len(pairs) > 4 else ""
    return f"{shown}{more}"


def _additivity(found: EffectiveTemperatures, around: Cycles) -> str:
    """How far the exponents of the field are from one inverse temperature for all transitions."""
    if not around.one_way.size:
        return _closure(found, around)
    rest = f"; on the others {_closure(found, around)}" if around.two_way.affinities.size else ""
    return f"beta(w) is infinite on {counted(len(around.one_way), 'transition')}, open one way only{rest}"


def _closure(found: EffectiveTemperatures, around: Cycles) -> str:
    """Whether the exponents of transitions that are open both ways add up on their cycles."""
    tree, labels = around.two_way, found.spectrum.labels
    count = tree.affinities.size
    if count == 0:
        return "no cycle of transitions: any beta(w) w is additive"
    word = counted(count, "independent cycle")
    scale = max(1.0, float(np.abs(found.summed_exponents[np.isfinite(found.summed_exponents)]).max(initial=0.0)))
    if tree.largest <= NO_AFFINITY * scale:
        return f"beta(w) w is additive on {word}"
    path = loop_in_words(tree.largest_cycle(), labels)
    return f"beta(w) w is not additive: affinity {amount(tree.largest)} on {path}; {word}"


def _directions(generator: Generator, state: StationaryState, field: EffectiveTemperatures) -> list[tuple[str, str]]:
    bound, why_not = attempted(lambda: population_bounds(generator, state))
    if bound is None:
        return [("population bounds", f"not applicable: {why_not}")]
    labels = generator.spectrum.labels
    # Where one field drives a transition alone there is nothing between which the populations could lie.
    shared = {
        (int(m), int(n)) for (m, n), open_ in zip(field.transitions, field.is_open.T, strict=True) if sum(open_) > 1
    }
    is_shared = np.array([(int(m), int(n)) in shared for m, n in bound.transitions], dtype=bool)
    outside = [transition(labels, int(m), int(n)) for m, n in bound.transitions[is_shared & ~bound.is_within]]
    count = int(is_shared.sum())
    held = f"holds on {counted(count, 'transition')} that several fields drive: on each some take and some give"
    if not count:
        held = "not applicable: no transition is driven by more than one field"
    elif outside:
        held = f"fails on {len(outside)} of {counted(count, 'transition')} that several fields drive, "
        held += f"where all take or all give: {_listed(outside)}"
    facts = [("population bounds", held)]
    backward = currents_against_bias(generator, state)
    names = generator.names
    entries = [
        f"{transition(labels, int(m), int(n))} from {names[c]} to {names[h]}"
        for (m, n), h, c in zip(backward.transitions, backward.hotter, backward.colder, strict=True)
    ]
    return [*facts, ("from cold to hot", _listed(entries) if entries else "no microcurrent")]


def _listed(entries: list[str]) -> str:
    return ", ".join(entries[:4]) + (f" and {len(entries) - 4} more" if len(entries) > 4 else "")


def _levels(found: TemperatureFunction) -> Table:
    # Of the lowest level relative to itself there is none.
    betas: list[float | None] = [None, *found.relative_to_ground.tolist()]
    rows = list(zip(found.labels, found.levels.tolist(), found.log_weights.tolist(), betas, strict=True))
    note = "beta_S is -log(p_m / p_0) / (e_m - e_0) from the lowest level, negative where inverted."
    return listed("Temperature function of the state", ("level", "energy", "log population", "beta_S"), rows, note)


def _transitions(field: EffectiveTemperatures, state: TemperatureFunction | None) -> Table:
    labels, omega, (upper, lower) = field.spectrum.labels, field.frequencies, field.transitions.T
    exponents = np.vstack([np.where(field.is_open, field.exponents, np.nan), field.summed_exponents])
    with np.errstate(divide="ignore", invalid="ignore"):
        betas = np.where(omega == 0.0, np.nan, exponents / omega)
    of_state = [None] * omega.size if state is None else np.atleast_1d(state.between(upper, lower)).tolist()
    rows: list[tuple[Cell, ...]] = [
        (
            transition(labels, upper[k], lower[k]),
            float(omega[k]),
            *(None if np.isnan(beta) else float(beta) for beta in betas[:, k]),
            of_state[k],
        )
        for k in np.argsort(omega, kind="stable")
    ]
    columns = ("transition", "omega", *field.reservoirs, "all fields", "state")
    note = "Inverse temperatures x(w) / w, x = log(rate down / rate up); a dash where a reservoir does not couple."
    return listed("Inverse temperatures at the transitions", columns, rows, note)


def _ingarden(fit: GeneralisedGibbsFit) -> Table:
    rows = tuple((f"H^{j}", float(value)) for j, value in enumerate(fit.coefficients, start=1))
    note = f"exp(-sum_j beta_j H^j) / Z; relative entropy of the state to the fit {amount(fit.misfit)}."
    return Table(f"Ingarden state of order {fit.order}", ("power", "beta_j"), rows, note)
