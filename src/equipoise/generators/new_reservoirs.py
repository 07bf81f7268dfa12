"""Weak coupling at other occupations: rates and Lamb shift at new temperatures, nothing else is derived again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from equipoise._checks import ComplexArray, RealArray, require
from equipoise.generators._lamb_shift import lamb_shift_hamiltonian
from equipoise.generators.generator import Dissipator, Generator, require_generator
from equipoise.generators.representations import FrequencyResolved
from equipoise.generators.weak_coupling_limit import log_rates_on
from equipoise.reservoirs import CorrelatedDensity, Reservoir


def with_reservoirs(generator: Generator, reservoirs: Sequence[Reservoir]) -> Generator:
    """The weak-coupling generator of the same system with other occupations of its reservoirs.

    The matrix elements of the couplings are kept, so that no matrix is diagonalised: O(d^2) for the rates. The Lamb
    shift, where the generator has one, is computed when first needed.

    Parameters
    ----------
    generator : Generator
        Made by `weak_coupling`.
    reservoirs : sequence of Reservoir, length R
        In the order of the dissipators; each with the name, statistics and spectral density of the one it replaces.

    Returns
    -------
    Generator
        It has no `system` to be derived from again.

    Raises
    ------
    InputError
        If the generator does not come from `weak_coupling`, or a reservoir differs in more than its occupation.

    Examples
    --------
    >>> from equipoise.generators import weak_coupling
    >>> from equipoise.reservoirs import Ohmic, bose_einstein
    >>> from equipoise.systems import Coupling, OpenSystem
    >>> warm, cool = (Reservoir("bath", bose_einstein(temperature=T), Ohmic(0.01, 10.0)) for T in (2.0, 1.0))
    >>> generator = weak_coupling(OpenSystem([0.0, 1.0], [Coupling(warm, [[0, 1], [1, 0]])]))
    >>> log_rates = with_reservoirs(generator, [cool]).dissipators[0].representation.log_rates
    >>> round(float(log_rates[0, 0, 1] - log_rates[1, 1, 0]), 12)
    1.0
    """
    require_generator(generator)
    require(
        generator.system is not None and generator.is_secular,
        "generator",
        "come from weak_coupling(system), which knows the spectral densities behind its rates",
        f"was made by: {generator.provenance.limit}",
    )
    require(
        len(reservoirs) == len(generator.dissipators),
        "reservoirs",
        f"hold one Reservoir for each of the {len(generator.dissipators)} dissipators",
        f"holds {len(reservoirs)}",
    )
    parts = tuple(
        _with_occupation(generator, part, reservoir)
        for part, reservoir in zip(generator.dissipators, reservoirs, strict=True)
    )
    return replace(generator, dissipators=parts, system=None)


def coupling_elements(generator: Generator, index: int) -> ComplexArray:
    """`D_a`, (K, d, d), of one reservoir in the energy basis as its Lamb shift needs them: correlated channels unmixed.

    The generator is made by `weak_coupling`; the element [a, i, j] belongs to j -> i by the out-process.
    """
    require_generator(generator)
    part = generator.dissipators[index]
    assert isinstance(part.representation, FrequencyResolved)
    assert part.field is not None
    if not isinstance(part.field.spectral_density, CorrelatedDensity):
        return np.asarray(part.representation.coupling_operators[part.representation.out_operators])
    # Correlated channels are stored mixed, each frequency by its own matrix.
    assert generator.system is not None
    channels = generator.system.channels(part.field)
    return np.array([generator.spectrum.to_energy_basis(D) for D in channels])


def _with_occupation(generator: Generator, part: Dissipator, reservoir: Reservoir) -> Dissipator:
    old, kind = part.field, part.representation
    assert old is not None
    assert isinstance(kind, FrequencyResolved)
    if old == reservoir:
        return part
    require(
        (old.name, old.spectral_density, old.statistics)
        == (reservoir.name, reservoir.spectral_density, reservoir.statistics),
        "reservoirs",
        f"differ from {old.name!r} in nothing but the occupation",
        f"got {reservoir!r}",
    )
    log_out, log_in = log_rates_on(generator.spectrum, reservoir, kind.coupling_operators[kind.out_operators])
    log_rates: RealArray = np.array(
        [log_out if f in kind.out_operators else log_in.T for f in range(len(kind.log_rates))]
    )
    shift = None
    if part.coherent_term is not None:
        shift = partial(_lamb_shift, generator, generator.dissipators.index(part), reservoir)
    return replace(
        part,
        representation=replace(kind, log_rates=log_rates),
        reservoir=reservoir,
        coherent_term=shift,
    )


def _lamb_shift(generator: Generator, index: int, reservoir: Reservoir) -> ComplexArray:
    return lamb_shift_hamiltonian(generator.spectrum, reservoir, coupling_elements(generator, index))
