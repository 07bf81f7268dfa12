"""A noun in the place of another is refused with the verb that makes the right one."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np
import pytest

import equipoise as eq
from equipoise import balance, generators, stationary, thermodynamics
from equipoise.balance.cycles.time_reversal import backward_generator
from equipoise.generators.validity import decoupled_transitions

BATH = eq.Reservoir("bath", eq.bose_einstein(temperature=1.0), eq.Ohmic(1e-3, cutoff=10.0))
SYSTEM = eq.OpenSystem([0.0, 1.0, 2.5], [eq.Coupling(BATH, np.ones((3, 3)))])
GENERATOR = eq.weak_coupling(SYSTEM)
STATE = eq.stationary_state(GENERATOR)

OF_A_GENERATOR: list[Callable[..., object]] = [
    eq.stationary_state,
    stationary.stationary_states,
    stationary.relaxation_spectrum,
    balance.effective_temperatures,
    backward_generator,
    generators.secular_validity,
    decoupled_transitions,
]
OF_A_GENERATOR_AND_A_STATE: list[Callable[..., object]] = [
    eq.currents,
    balance.population_bounds,
    balance.currents_against_bias,
    eq.cycles,
    balance.time_reversed_generator,
    thermodynamics.currents_along,
    thermodynamics.field_emission,
]
OF_A_STATE: list[Callable[..., object]] = [
    balance.temperature_function,
    balance.local_kms_residual,
    lambda state: balance.fit_generalised_gibbs(state, 1),
]


@pytest.mark.parametrize("verb", OF_A_GENERATOR)
def test_a_system_is_no_generator(verb: Callable[..., object]) -> None:
    message = r"Argument `generator` must be a Generator, but got OpenSystem\. Derive its generator first"
    with pytest.raises(eq.InputError, match=message):
        verb(SYSTEM)


@pytest.mark.parametrize("verb", OF_A_GENERATOR_AND_A_STATE)
def test_the_generator_comes_before_the_state(verb: Callable[..., object]) -> None:
    message = r"Argument `generator` must be a Generator, but got StationaryState\. .* it comes before a state\."
    with pytest.raises(eq.InputError, match=message):
        verb(STATE, GENERATOR)


@pytest.mark.parametrize("verb", OF_A_STATE)
def test_an_array_or_a_generator_is_no_state(verb: Callable[..., object]) -> None:
    with pytest.raises(eq.InputError, match=r"`state` must be a StationaryState or a DensityMatrix, but got ndarray"):
        verb(np.eye(3) / 3)
    with pytest.raises(eq.InputError, match=r"but got Generator\. Take stationary_state\(generator\)"):
        verb(GENERATOR)


ROOMS = (balance, generators, stationary, thermodynamics)
FIRST = {"generator": (SYSTEM, np.eye(3), STATE), "system": (GENERATOR, np.eye(3)), "channel": (GENERATOR, np.eye(3))}
REST: dict[str, object] = {
    "state": STATE,
    "stationary": STATE,
    "notion": balance.KMS(),
    "times": [0.0],
    "factor": 1.0,
    "time": 1.0,
}


def verbs() -> list[tuple[Callable[..., object], object]]:
    """Every public function whose first argument is a generator, a system or a channel, with what is none."""
    found = []
    for room in ROOMS:
        for name in room.__all__:
            verb = getattr(room, name)
            if not inspect.isfunction(verb):
                continue
            parameters = list(inspect.signature(verb).parameters.values())
            found += [(verb, wrong) for wrong in FIRST.get(parameters[0].name if parameters else "", ())]
    return found


@pytest.mark.parametrize("verb, wrong", verbs(), ids=lambda value: getattr(value, "__name__", type(value).__name__))
def test_no_verb_takes_another_noun_for_its_first(verb: Callable[..., object], wrong: object) -> None:
    first, *others = inspect.signature(verb).parameters.values()
    given = {p.name: p for p in others if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    values = {name: REST.get(name, 1.0 if "temperature" in name else np.eye(3)) for name in given}
    with pytest.raises(eq.InputError, match=rf"`{first.name}` must be an? \w+.*, but got {type(wrong).__name__}"):
        verb(wrong, **values)


def test_a_single_thing_is_no_list_of_them() -> None:
    family, A = generators.GaussianTransitions(0.5, 1.0), np.ones((3, 3))
    H = np.diag([0.0, 1.0, 2.5])
    several = r"must be a list of .*, but got (GaussianTransitions.*|None|2\.0)\. Put a single one in a list\."
    for call in (
        lambda: generators.chen_kastoryano_gilyen(H, [A], 1.0, family),  # type: ignore[arg-type]
        lambda: generators.ding_li_lin(H, None, 1.0),  # type: ignore[arg-type]
        lambda: generators.kms_balanced(None, np.eye(3) / 3),  # type: ignore[arg-type]
        lambda: eq.lindbladian(H, None),  # type: ignore[arg-type]
        lambda: balance.compare_gaps(GENERATOR, STATE, 2.0),  # type: ignore[arg-type]
    ):
        with pytest.raises(eq.InputError, match=several):
            call()
    with pytest.raises(eq.InputError, match=r"`factors\[1\]` must be finite, but got inf"):
        balance.compare_gaps(GENERATOR, STATE, (1.0, np.inf))


def test_flows_in_time_are_those_of_an_evolution() -> None:
    with pytest.raises(eq.InputError, match=r"`evolution` must be an Evolution, but got StationaryState\. Make"):
        thermodynamics.currents_along(GENERATOR, STATE)  # type: ignore[arg-type]


def test_a_reservoir_goes_by_name_or_index() -> None:
    field = balance.effective_temperatures(GENERATOR)
    assert field.inverse_temperature(1, 0, "bath") == field.inverse_temperature(1, 0, 0)
    with pytest.raises(eq.InputError, match=r"`reservoir` must be one of 'bath', an index from 0 .* 'tub'"):
        field.inverse_temperature(1, 0, "tub")
    with pytest.raises(eq.InputError, match=r"`reservoir` must be one of 'bath', an index from 0 .* got 1"):
        field.inverse_temperature(1, 0, 1)


def test_a_noun_where_a_number_belongs_is_named_by_its_type() -> None:
    with pytest.raises(eq.InputError, match=r"`inverse_temperature` must be a real number, but got StationaryState\.$"):
        thermodynamics.green_kubo(GENERATOR, STATE)  # type: ignore[arg-type]


def test_work_is_extracted_from_a_state_with_energies() -> None:
    assert thermodynamics.ergotropy(STATE) == thermodynamics.ergotropy(STATE.density)
    assert thermodynamics.is_passive(STATE)
    with pytest.raises(eq.InputError, match=r"`density` must be a DensityMatrix or a StationaryState, but got ndarray"):
        thermodynamics.ergotropy(np.eye(3) / 3)  # type: ignore[arg-type]


def test_a_qobj_is_told_where_to_go() -> None:
    qutip = pytest.importorskip("qutip")
    with pytest.raises(
        eq.InputError, match=r"`hamiltonian` must be a numeric matrix, but got Qobj\. equipoise\.io\.qutip"
    ):
        eq.lindbladian(qutip.sigmaz(), [qutip.sigmam()])
