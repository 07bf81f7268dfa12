"""Base models as raw ingredients, and the changes of description under which every answer is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from equipoise import Coupling, OpenSystem, Reservoir, bose_einstein, fermi_dirac, lindbladian, rate_equation
from equipoise.generators import local, low_density, redfield, weak_coupling
from equipoise.reservoirs import Flat, Ohmic
from equipoise.scattering import DeltaInteraction, Gas, Target, maxwell_boltzmann


@dataclass(frozen=True, kw_only=True)
class Bath:
    """A reservoir: temperature, potential, and its strength (eta of bosons, a rate of fermions)."""

    name: str
    beta: float | None = None
    mu: float = 0.0
    strength: float = 0.0
    cutoff: float = 8.0
    is_fermionic: bool = False

    def reservoir(self) -> Reservoir:
        if self.beta is None:
            return Reservoir(self.name)
        kind = fermi_dirac if self.is_fermionic else bose_einstein
        distribution = kind(inverse_temperature=self.beta, chemical_potential=self.mu)
        if self.strength == 0.0:
            return Reservoir(self.name, distribution)
        density = (
            Flat(self.strength, -self.cutoff, self.cutoff) if self.is_fermionic else Ohmic(self.strength, self.cutoff)
        )
        return Reservoir(self.name, distribution, density)


@dataclass(frozen=True, kw_only=True)
class Raw:
    """A model before any basis, unit or order is chosen for good.

    `operators` pairs each coupling operator, jump operator or matrix of rates with the place of its bath in `baths`
    (None: of unknown origin). `parts` are the local Hamiltonians of the local limit, by name of the bath.
    """

    name: str
    H: np.ndarray
    baths: tuple[Bath, ...]
    operators: tuple[tuple[int | None, np.ndarray], ...]
    make: Callable[[Raw], object]
    number: np.ndarray | None = None
    parts: dict[str, np.ndarray] = field(default_factory=dict)
    observable: np.ndarray | None = None
    time: float = 1.0
    """The unit of time that rates are in, for what follows a state in time."""
    energy: float = 1.0
    density: float = 0.01
    """Of a gas."""

    def system(self) -> OpenSystem:
        H = np.diag(self.H).real if is_diagonal(self.H) else self.H
        couplings = [Coupling(self.baths[k].reservoir(), D) for k, D in self.operators]
        return OpenSystem(H, couplings, number=self.number)


def is_diagonal(M: np.ndarray) -> bool:
    return not np.any(M - np.diag(np.diag(M)))


def weak(raw: Raw):
    return weak_coupling(raw.system(), warn=False)


def bloch_redfield(raw: Raw):
    return redfield(raw.system())


def local_limit(raw: Raw):
    return local(raw.system(), raw.parts)


def given_jumps(raw: Raw):
    owners = [None if k is None else raw.baths[k].reservoir() for k, _ in raw.operators]
    return lindbladian(raw.H, [L for _, L in raw.operators], owners, number=raw.number)


def given_rates(raw: Raw):
    by_bath = {raw.baths[k].reservoir(): W.real for k, W in raw.operators}
    return rate_equation(by_bath, energies=np.diag(raw.H).real)


def gas(raw: Raw):
    H = np.diag(raw.H).real if is_diagonal(raw.H) else raw.H
    each = [
        Gas(bath.name, maxwell_boltzmann(inverse_temperature=bath.beta), density=bath.strength * raw.density)
        for bath in (raw.baths[k] for k, _ in raw.operators)
    ]
    return low_density(Target(H, DeltaInteraction(raw.operators[0][1])), each)


def hermitian(rng, d, real=False):
    M = rng.normal(size=(d, d)) + (0 if real else 1j * rng.normal(size=(d, d)))
    return np.triu(M, 1) + np.triu(M, 1).conj().T + np.diag(np.diag(M).real)


def unit(d, to, start):
    L = np.zeros((d, d), dtype=complex)
    L[to, start] = 1.0
    return L


def thermal(d, pairs):
    """(bath, jump) of (bath, lower, upper, g, x): g (n + 1) down and g n up."""
    found = []
    for k, low, high, g, x in pairs:
        n = 1 / np.expm1(x)
        found += [(k, np.sqrt(g * (n + 1)) * unit(d, low, high)), (k, np.sqrt(g * n) * unit(d, high, low))]
    return tuple(found)


def base_models() -> dict[str, Raw]:
    rng = np.random.default_rng(7)
    two = (Bath(name="hot", beta=0.5, strength=0.01), Bath(name="cold", beta=1.5, strength=0.02))
    distinct = np.diag([0.0, 1.0, 2.5]).astype(complex)
    found = [
        Raw(name="secular", H=distinct, baths=two, operators=tuple((k, hermitian(rng, 3)) for k in (0, 1)), make=weak),
        Raw(
            name="degenerate",
            H=np.diag([0.0, 1.0, 1.0, 2.25]).astype(complex),
            baths=two,
            operators=tuple((k, hermitian(rng, 4, real=True)) for k in (0, 1)),
            make=weak,
        ),
        Raw(
            name="equilibrium",
            H=np.diag([0.0, 1.0, 1.0]).astype(complex),
            baths=tuple(replace(bath, beta=2.0) for bath in two),
            operators=tuple((k, hermitian(rng, 3, real=True)) for k in (0, 1)),
            make=weak,
        ),
        Raw(
            name="equal fields",
            H=distinct,
            baths=tuple(replace(bath, strength=0.01) for bath in two),
            operators=tuple((k, np.ones((3, 3), dtype=complex)) for k in (0, 1)),
            make=weak,
        ),
        Raw(
            name="rates",
            H=np.diag([0.0, 1.0, 1.75, 2.5]).astype(complex),
            baths=(Bath(name="a"), Bath(name="b")),
            operators=tuple((k, np.where(np.eye(4), 0, rng.uniform(0.1, 1.0, size=(4, 4)))) for k in (0, 1)),
            make=given_rates,
        ),
        Raw(
            name="jumps",
            H=distinct,
            baths=(Bath(name="hot", beta=0.5), Bath(name="cold", beta=1.5)),
            operators=thermal(
                3, [(0, 0, 1, 0.2, 0.5), (1, 0, 2, 0.1, 1.5 * 2.5), (0, 1, 2, 0.3, 0.75), (1, 1, 2, 0.2, 2.25)]
            ),
            make=given_jumps,
        ),
        Raw(
            name="driven",
            H=np.array([[0.0, 0.5, 0.0], [0.5, 0.25, 0.125], [0.0, 0.125, 1.0]], dtype=complex),
            baths=(),
            operators=thermal(3, [(None, 0, 1, 0.2, 1.5), (None, 1, 2, 0.3, 2.0)]),
            make=given_jumps,
        ),
        Raw(
            name="redfield",
            H=distinct,
            baths=two,
            operators=tuple((k, hermitian(rng, 3)) for k in (0, 1)),
            make=bloch_redfield,
        ),
        Raw(
            name="low density",
            H=distinct,
            baths=(Bath(name="gas", beta=0.75, strength=1.0),),
            operators=((0, hermitian(rng, 3)),),
            make=gas,
        ),
        _two_qubits(),
        _two_dots(),
    ]
    return {raw.name: raw for raw in found}


def _two_qubits() -> Raw:
    z, x, one = np.diag([0.0, 1.0]), np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(2)
    parts = {"hot": np.kron(z, one).astype(complex), "cold": 1.25 * np.kron(one, z).astype(complex)}
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    hop = np.kron(lower, lower.T)
    return Raw(
        name="local",
        H=parts["hot"] + parts["cold"] + 0.0625 * (hop + hop.T),
        baths=(Bath(name="hot", beta=0.5, strength=0.01), Bath(name="cold", beta=1.5, strength=0.02)),
        operators=((0, np.kron(x, one).astype(complex)), (1, np.kron(one, x).astype(complex))),
        make=local_limit,
        parts=parts,
    )


def _two_dots() -> Raw:
    # Two spinless dots with an interaction: energies 0, 0.5, 1, 2 with 0, 1, 1, 2 particles.
    left, right = np.zeros((4, 4), dtype=complex), np.zeros((4, 4), dtype=complex)
    left[0, 1], left[2, 3] = 1.0, 0.5
    right[0, 2], right[1, 3], right[0, 1] = 1.0, -0.75, 0.25
    return Raw(
        name="dots",
        H=np.diag([0.0, 0.5, 1.0, 2.0]).astype(complex),
        baths=(
            Bath(name="left", beta=1.0, mu=0.75, strength=0.02, is_fermionic=True, cutoff=32.0),
            Bath(name="right", beta=2.0, mu=0.25, strength=0.03, is_fermionic=True, cutoff=32.0),
        ),
        operators=((0, left), (1, right)),
        make=weak,
        number=np.diag([0.0, 1.0, 1.0, 2.0]).astype(complex),
    )


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of description: how raw ingredients change, and how answers do.

    Energies are multiplied by `energy`, rates by `rate`; operators turn into `U A U^dagger`, complex conjugated first
    if `conjugates`. `apply` returns None of a model that it is not for.
    """

    name: str
    apply: Callable[[Raw], Raw | None]
    energy: float = 1.0
    rate: float = 1.0
    unitary: Callable[[int], np.ndarray] = np.eye
    conjugates: bool = False
    renames: Callable[[str], str] = str
    """The base model's name of a reservoir, from the changed one's; "" if it has none."""
    keeps_levels: bool = True
    keeps_ratio: bool = True
    """Whether the Hamiltonian keeps its size relative to the rates, and its sign."""
    splits: bool = False
    rtol: float = 1e-9

    def __str__(self) -> str:
        return self.name


def _each(raw: Raw, function) -> Raw:
    return replace(
        raw,
        H=function(raw.H),
        operators=tuple((k, function(A)) for k, A in raw.operators),
        number=None if raw.number is None else function(raw.number),
        parts={name: function(part) for name, part in raw.parts.items()},
        observable=None if raw.observable is None else function(raw.observable),
    )


def unit_of_energy(factor: float):
    def apply(raw: Raw) -> Raw:
        jumps = {given_jumps: np.sqrt(factor), given_rates: factor, gas: np.sqrt(factor)}.get(raw.make, 1.0)
        baths = tuple(
            replace(
                bath,
                beta=None if bath.beta is None else bath.beta / factor,
                mu=bath.mu * factor,
                cutoff=bath.cutoff * factor,
                strength=bath.strength * (factor if bath.is_fermionic else 1.0),
            )
            for bath in raw.baths
        )
        return replace(
            raw,
            H=raw.H * factor,
            baths=baths,
            operators=tuple((k, A * jumps) for k, A in raw.operators),
            parts={name: part * factor for name, part in raw.parts.items()},
            observable=None if raw.observable is None else raw.observable * factor,
            time=raw.time * factor,
            energy=raw.energy * factor,
            density=raw.density * np.sqrt(factor),
        )

    return Change(name=f"energies times {factor:.0e}", apply=apply, energy=factor, rate=factor)


def unit_of_time(factor: float):
    def apply(raw: Raw) -> Raw | None:
        if raw.name not in ("secular", "rates", "jumps", "low density"):
            return None
        if raw.make is weak:
            baths = tuple(replace(bath, strength=bath.strength * factor) for bath in raw.baths)
            return replace(raw, baths=baths, time=raw.time * factor)
        if raw.make is gas:
            return replace(raw, density=raw.density * factor, time=raw.time * factor)
        scale = np.sqrt(factor) if raw.make is given_jumps else factor
        return replace(raw, operators=tuple((k, A * scale) for k, A in raw.operators), time=raw.time * factor)

    return Change(name=f"rates times {factor:.0e}", apply=apply, rate=factor, keeps_ratio=False)


def offset(gaps: float):
    def apply(raw: Raw) -> Raw:
        return replace(raw, H=raw.H + gaps * np.eye(len(raw.H)))

    return Change(name=f"energies plus {gaps:.0e}", apply=apply)


def _permutation(d: int) -> np.ndarray:
    return np.eye(d)[np.random.default_rng(d).permutation(d)]


def permute_levels(raw: Raw) -> Raw:
    P = _permutation(len(raw.H))
    return _each(raw, lambda A: P @ A @ P.T)


def permute_baths(raw: Raw) -> Raw | None:
    if len(raw.baths) < 2:
        return None
    return replace(raw, operators=raw.operators[::-1])


def _rotation(d: int) -> np.ndarray:
    rng = np.random.default_rng(d)
    return np.linalg.qr(rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)))[0]


def rotate(raw: Raw) -> Raw | None:
    if raw.make is given_rates:
        return None
    U = _rotation(len(raw.H))

    def turned(A):
        found = U @ A @ U.conj().T
        return 0.5 * (found + found.conj().T) if np.array_equal(A, A.conj().T) else found

    return _each(raw, turned)


def conjugate(raw: Raw) -> Raw | None:
    """All operators conjugated: a symmetry where the Hamiltonian does not act on the state."""
    return _each(raw, np.conj) if raw.name in ("secular", "rates", "jumps", "dots") else None


def reverse(raw: Raw) -> Raw | None:
    """Jumps of unknown origin under complex conjugation: the Hamiltonian changes its sign as well."""
    if raw.make is not given_jumps or raw.baths:
        return None
    return replace(_each(raw, np.conj), H=-raw.H.conj())


def zero_operator(raw: Raw) -> Raw | None:
    if raw.make is gas:
        return None
    k, A = raw.operators[0]
    if raw.make is given_rates:
        return None
    return replace(raw, operators=(*raw.operators, (k, np.zeros_like(A))))


def idle_bath(raw: Raw) -> Raw | None:
    if raw.make not in (weak, bloch_redfield, given_jumps, given_rates) or not raw.baths:
        return None
    beta = None if raw.baths[0].beta is None else 3.0 * raw.baths[0].beta
    baths = (*raw.baths, replace(raw.baths[0], name="idle", beta=beta))
    return replace(raw, baths=baths, operators=(*raw.operators, (len(raw.baths), np.zeros_like(raw.H))))


def split(raw: Raw) -> Raw | None:
    """The first reservoir as two of half its strength, of the same temperature."""
    if raw.make is local_limit or not raw.baths:
        return None
    first = raw.baths[0]
    if raw.make in (weak, bloch_redfield, gas):
        first = replace(first, strength=0.5 * first.strength)
        scale = 1.0
    else:
        scale = 0.5 if raw.make is given_rates else np.sqrt(0.5)
    half = replace(first, name=first.name + " again")
    baths = (first, *raw.baths[1:], half)
    operators = []
    for k, A in raw.operators:
        operators += [(k, scale * A), (len(baths) - 1, scale * A)] if k == 0 else [(k, A)]
    return replace(raw, baths=baths, operators=tuple(operators))


def mix_jumps(raw: Raw) -> Raw | None:
    """The jumps of each reservoir mixed by a unitary and shifted by constants, the Hamiltonian corrected."""
    if raw.make is not given_jumps or raw.baths:
        return None
    rng = np.random.default_rng(3)
    H, jumps = raw.H, [L for _, L in raw.operators]
    moved = []
    for row in _rotation(len(jumps)):
        L = sum(u * A for u, A in zip(row, jumps, strict=True))
        c = 0.25 * (rng.normal() + 1j * rng.normal())
        H = H + (np.conj(c) * L - c * L.conj().T) / 2j
        moved.append((None, L + c * np.eye(len(H))))
    return replace(raw, H=0.5 * (H + H.conj().T), operators=tuple(moved))


def mix_within_baths(raw: Raw) -> Raw | None:
    if raw.make is not given_jumps:
        return None
    operators = []
    for owner in dict.fromkeys(k for k, _ in raw.operators):
        own = [L for k, L in raw.operators if k == owner]
        for row in _rotation(len(own)):
            operators.append((owner, sum(u * A for u, A in zip(row, own, strict=True))))
    return replace(raw, operators=tuple(operators))


CHANGES = [
    unit_of_energy(1e-30),
    unit_of_energy(1e30),
    unit_of_time(1e-6),
    offset(2.0**10),
    offset(2.0**30),
    Change(name="levels permuted", apply=permute_levels, unitary=_permutation),
    Change(name="reservoirs permuted", apply=permute_baths),
    Change(name="basis rotated", apply=rotate, unitary=_rotation),
    Change(name="complex conjugate", apply=conjugate, conjugates=True, keeps_ratio=False),
    Change(name="reversed in time", apply=reverse, conjugates=True, keeps_levels=False),
    Change(name="zero operator added", apply=zero_operator),
    Change(name="idle reservoir added", apply=idle_bath, renames=lambda name: "" if name == "idle" else name),
    Change(
        name="reservoir split",
        apply=split,
        renames=lambda name: name.removesuffix(" again"),
        splits=True,
    ),
    Change(name="jumps mixed and shifted", apply=mix_jumps, keeps_levels=False),
    Change(name="jumps mixed", apply=mix_within_baths),
]
