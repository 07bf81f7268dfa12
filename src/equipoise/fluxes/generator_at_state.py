"""The pair of a generator and a state, checked once, which every diagnostic takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import ComplexArray, require
from equipoise._printed import described, named
from equipoise.fluxes.levels import DirectedFluxes, directed_fluxes
from equipoise.generators import Generator
from equipoise.generators.generator import require_generator
from equipoise.stationary import DensityMatrix, StationaryState, stationary_state
from equipoise.stationary.state import density_in
from equipoise.stationary.support import Support, on_support

T = TypeVar("T")
State = StationaryState | DensityMatrix | ArrayLike
"""A state in any of its forms; a matrix is in the given basis."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class GeneratorAtState:
    """A generator together with a state on the same Hilbert space.

    Made by `at_state`, and accepted by every function that takes a generator and a state: what one diagnostic has
    worked out is then there for the next.

    Parameters
    ----------
    generator : Generator
    density : DensityMatrix
        The state, referred to the spectrum of the generator, with the relative errors of its weights.
    stationary : StationaryState or None
        The state with the evidence for it, where it is one.
    support : Support or None
        How much of a larger Hilbert space this pair was restricted to; None if it was not restricted.
    vectors : ComplexArray, shape (d, k)
        Occupied eigenvectors of the state as columns, in the given basis of the generator that was given.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> print(at_state(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])))
    generator at a stationary state, 3 states
      reservoirs   unattributed
      populations  0.333333, 0.333333, 0.333333
    """

    generator: Generator
    density: DensityMatrix
    stationary: StationaryState | None
    support: Support | None
    vectors: ComplexArray
    _found: dict[Callable[[GeneratorAtState], Any], Any] = field(default_factory=dict, init=False)

    def once(self, work_out: Callable[[GeneratorAtState], T]) -> T:
        """The value of a function of this pair, computed at the first call and kept for later ones."""
        if work_out not in self._found:
            self._found[work_out] = work_out(self)
        found: T = self._found[work_out]
        return found

    @property
    def has_full_rank(self) -> bool:
        """Whether every eigenvector of the state is occupied."""
        return bool(np.isfinite(self.density.log_weights).all())

    @cached_property
    def on_support(self) -> GeneratorAtState:
        """The same pair restricted to the occupied eigenvectors of the state, which then has full rank.

        Raises
        ------
        InputError
            If the generator takes weight out of the support, or turns it: such a state is not stationary.
        """
        if self.has_full_rank:
            return self
        generator, density, support = on_support(self.generator, self.density)
        return replace(self, generator=generator, density=density, support=support)

    @cached_property
    def directed_fluxes(self) -> DirectedFluxes:
        """How often each reservoir takes the system from one level to another in this state."""
        # The evidence for a stationary state speaks of the levels it was found with, not of those of a restriction.
        return directed_fluxes(self.generator, self.density, self.stationary if self.support is None else None)

    def __repr__(self) -> str:
        kind = "a state" if self.stationary is None else "a stationary state"
        facts = [("reservoirs", named(self.generator.names))]
        facts.append(("populations", named(f"{p:.6g}" for p in self.density.populations)))
        facts += [] if self.support is None else [("support", str(self.support))]
        return described(f"generator at {kind}, {self.generator.dimension} states", *facts)


def at_state(generator: Generator | GeneratorAtState, state: State | None = None) -> GeneratorAtState:
    """Pair a generator with a state on its Hilbert space, after checking both.

    Parameters
    ----------
    generator : Generator or GeneratorAtState
        A pair that exists already is returned as it is.
    state : StationaryState, DensityMatrix, array_like of shape (d, d), or None
        None: the stationary state of the generator, which must be unique.

    Returns
    -------
    GeneratorAtState

    Raises
    ------
    InputError
        If the first argument is not a generator (but a system or a channel), if the state is not a state or has another
        dimension, or if a state is given in addition to a pair.
    NotUniqueError
        No state is given and the generator has several stationary ones.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> pair = at_state(rate_equation([[0, 1.0], [3.0, 0]]))
    >>> pair.density.populations.round(12).tolist(), at_state(pair) is pair
    ([0.25, 0.75], True)
    """
    if isinstance(generator, GeneratorAtState):
        require(
            state is None,
            "state",
            "be left out where the generator comes with a state (a GeneratorAtState)",
            f"got {type(state).__name__}",
            "Pass its .generator and the other state, or the pair alone.",
        )
        return generator
    require_generator(generator)
    found = stationary_state(generator) if state is None else state
    density = density_in(generator.spectrum, found)
    return GeneratorAtState(
        generator=generator,
        density=density,
        stationary=found if isinstance(found, StationaryState) else None,
        support=None,
        vectors=density.eigenvectors[:, np.isfinite(density.log_weights)],
    )
