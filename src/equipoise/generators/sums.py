"""Sums of generators of one Hamiltonian: several gases, or a gas and reservoirs of quanta."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from equipoise._checks import ComplexArray, InputError, require
from equipoise.generators.generator import Generator, require_generator
from equipoise.provenance import Provenance
from equipoise.spectrum import Spectrum
from equipoise.tolerances import COMMUTES, CONSERVED


def sum_of(*generators: Generator) -> Generator:
    r"""Add generators of one Hamiltonian: :math:`L\rho = -i[H, \rho] + \sum_k D_k(\rho)`, each dissipator as it was.

    That is what independent environments do in the weak-coupling and low-density limits: neither sees the other.

    Parameters
    ----------
    *generators : Generator
        Two or more, of the same Hamiltonian in the same energy basis (made from the same matrix or levels), whose
        reservoirs have different names.

    Returns
    -------
    Generator
        With the dissipators of all, in their order, and the particle number of those that have one.

    Raises
    ------
    InputError
        Fewer than two generators, another Hamiltonian or other levels (which and by how much), two reservoirs of one
        name, two number operators, a generator that changes the number that another counts.

    Examples
    --------
    >>> from equipoise.generators import low_density, weak_coupling
    >>> from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
    >>> from equipoise.scattering import DeltaInteraction, Gas, Target, maxwell_boltzmann
    >>> from equipoise.systems import Coupling, OpenSystem
    >>> x = [[0, 1], [1, 0]]
    >>> light = Reservoir("light", bose_einstein(temperature=1.0), Ohmic(0.01, 10.0))
    >>> gas = Gas("gas", maxwell_boltzmann(temperature=2.0), density=0.01)
    >>> both = sum_of(
    ...     weak_coupling(OpenSystem([0.0, 1.0], [Coupling(light, x)])),
    ...     low_density(Target([0.0, 1.0], DeltaInteraction([[1, 0.5], [0.5, 2]])), gas),
    ... )
    >>> both.names
    ('light', 'gas')
    """
    for k, generator in enumerate(generators):
        require_generator(generator, f"generators[{k}]")
    count = len(generators)
    require(count >= 2, "generators", "be two or more", f"got {count}", "One generator needs no sum.")
    for k, other in enumerate(generators[1:], start=1):
        _require_same(generators[0].spectrum, other.spectrum, f"generators[{k}]")
    names = [name for generator in generators for name in generator.names]
    repeated = sorted({name for name in names if names.count(name) > 1})
    require(
        not repeated,
        "generators",
        "name their reservoirs differently",
        f"{', '.join(map(repr, repeated))} occurs {names.count(repeated[0]) if repeated else 0} times",
    )
    number = _number(generators)
    graded = {generator.is_graded for generator in generators if generator.number is not None}
    return Generator(
        generators[0].spectrum,
        tuple(part for generator in generators for part in generator.dissipators),
        number=number,
        is_graded=graded.pop() if len(graded) == 1 else None,
        provenance=_provenance(generators),
        system=None,
        undetermined=tuple(element for generator in generators for element in generator.undetermined),
    )


def _require_same(first: Spectrum, other: Spectrum, name: str) -> None:
    require(
        other.dimension == first.dimension,
        name,
        f"have the dimension {first.dimension} of the first generator",
        f"has {other.dimension}",
    )
    difference = float(np.abs(first.hamiltonian - other.hamiltonian).max())
    require(
        difference <= max(first.tolerance, other.tolerance),
        name,
        "have the Hamiltonian of the first generator",
        f"differs from it by {difference:.3g} in an element",
    )
    if not _same_basis(first, other) or not np.array_equal(first.frequency_labels, other.frequency_labels):
        raise InputError(
            f"Argument `{name}` must have the levels and the energy basis of the first generator, but resolves the "
            "same Hamiltonian otherwise. Give both the same matrix (or levels) and the same tolerance; a particle "
            "number splits levels of equal energy."
        )


def _same_basis(first: Spectrum, other: Spectrum) -> bool:
    if not np.array_equal(first.level_of, other.level_of):
        return False
    if first.vectors is None or other.vectors is None:
        return first.vectors is None and other.vectors is None and np.array_equal(first.order, other.order)
    return bool(np.allclose(first.vectors, other.vectors, rtol=0.0, atol=COMMUTES))


def _number(generators: Sequence[Generator]) -> ComplexArray | None:
    """The particle number of those generators that have one; the others must conserve it."""
    counted = [k for k, generator in enumerate(generators) if generator.number is not None]
    if not counted:
        return None
    N = generators[counted[0]].number
    assert N is not None
    for k, generator in enumerate(generators):
        if generator.number is not None:
            require(
                bool(np.allclose(generator.number, N)),
                f"generators[{k}]",
                f"count the particles that generators[{counted[0]}] counts",
                "has another number operator",
            )
            continue
        change = float(np.abs(generator.adjoint(N)).max())
        size = max(float(np.abs(part.representation.adjoint(N @ N)).max()) for part in generator.dissipators)
        tables = [part.representation.rate_ceiling(generator.spectrum) for part in generator.dissipators]
        rate = max(float(table.sum(axis=0).max()) for table in tables)
        require(
            change <= CONSERVED * max(size, rate),
            f"generators[{k}]",
            f"conserve the particle number that generators[{counted[0]}] counts",
            f"changes it at a rate of up to {change:.3g}",
        )
    return N


def _provenance(generators: Sequence[Generator]) -> Provenance:
    limits: list[str] = []
    options: dict[str, float | int | bool | str] = {}
    for generator in generators:
        if generator.provenance.limit not in limits:
            limits.append(generator.provenance.limit)
        for name, value in generator.provenance.options.items():
            if name not in options:
                options[name] = value
            elif options[name] != value:
                options[f"{name} ({', '.join(generator.names)})"] = value
    notes = tuple(note for generator in generators for note in generator.provenance.notes)
    return Provenance(" + ".join(limits), options, notes)
