"""The Bloch-Redfield generator: weak coupling without the secular approximation, as signed jumps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from equipoise._checks import ROUND_OFF, ComplexArray, RealArray, finite_real, require, require_memory
from equipoise.generators._elements import derived_generator
from equipoise.generators._one_sided import exchanges
from equipoise.generators.generator import Dissipator, Generator, Undetermined, require_system
from equipoise.generators.kossakowski import canonical_jumps
from equipoise.generators.representations import Jumps
from equipoise.reservoirs import Reservoir
from equipoise.spectrum import Spectrum
from equipoise.systems import OpenSystem

NOTE = (
    "Redfield: trace and Hermiticity preserved, energy flows of all reservoirs add up; complete positivity, "
    "detailed balance and a non-negative entropy production are not guaranteed"
)


def redfield(
    system: OpenSystem,
    *,
    lamb_shift: bool = True,
    secular_cut: float | None = None,
    resolution: float | None = None,
) -> Generator:
    r"""Bloch-Redfield generator: second order in the coupling, time-independent, not secular.

    Each operator B of the system that meets a reservoir operator with the half-sided transform
    `Gamma(w) = int_0^inf C(t) e^{iwt} dt = rate(w)/2 + i S(w)` gives, with `Lambda = sum_w Gamma(w) B_w`::

        R(rho) = Lambda rho B^dagger + B rho Lambda^dagger - B^dagger Lambda rho - rho Lambda^dagger B.

    A Hermitian coupling D to bosons has one such B = D, with `rate(w) = 2 pi J (1 + n)` at w > 0 and
    `2 pi J(-w) n(-w)` at w < 0; any other coupling has two, D (out, `S_out`) and `D^dagger` (in, `-S_in(-w)`).
    In Kossakowski form the pair w1, w2 has the weight `Gamma(w1) + Gamma(w2)^*` and the Hamiltonian
    `(Gamma(w1) - Gamma(w2)^*) / 2i`. Each reservoir's matrix is diagonalised: a few traceless jumps with signs +1
    and -1, and a coherent term. Without a cut nothing larger than d x d is formed.

    Which laws it keeps: trace, Hermiticity, the first law (energy flows `Tr[H R_r(rho)]`). Which it does not
    guarantee: positivity (a negative canonical rate, reported in `provenance.notes`), detailed balance with the
    Gibbs state, Clausius' inequality. Its stationary coherences agree with the mean-force Gibbs state to second
    order in the coupling; its populations need the fourth order to do so.

    Parameters
    ----------
    system : OpenSystem
    lamb_shift : bool, default True
        Include the level shifts S (principal values). Without them `Gamma = rate / 2`; the coherent term that
        unequal rates bring stays.
    secular_cut : float, optional
        Keep only pairs of Bohr frequencies with `|w1 - w2| <= secular_cut` (energy; equal frequencies, up to the
        clustering tolerance, always). None: no cut, full Redfield. 0: the weak-coupling generator. A sharp cut
        restores positivity at 0 only. With a cut up to d^2 jumps are made.
    resolution : float, optional
        Coupling elements left out as round-off, as in `weak_coupling`.

    Returns
    -------
    Generator
        One dissipator represented by Jumps for each reservoir.

    Raises
    ------
    InputError
        Negative cut; a correlation matrix between channels that depends on frequency.
    NumericalError
        A level shift diverges: a coupling that is not Hermitian, with elements within levels, to an Ohmic
        reservoir.

    References
    ----------
    Redfield (1957); Breuer & Petruccione (2002), 3.3.

    Examples
    --------
    Two levels and an Ohmic reservoir, coupled along and across: one canonical rate is negative.

    >>> from equipoise.generators.kossakowski import kossakowski_eigenvalues
    >>> from equipoise.reservoirs import Ohmic, Reservoir, bose_einstein
    >>> from equipoise.systems import Coupling
    >>> bath = Reservoir("bath", bose_einstein(temperature=0.5), Ohmic(0.01, 10.0))
    >>> system = OpenSystem([0.0, 1.0], [Coupling(bath, [[0.5, 1.0], [1.0, -0.5]])])
    >>> bool(kossakowski_eigenvalues(redfield(system))[0] < 0)
    True
    """
    require_system(system)
    cut = None if secular_cut is None else finite_real(secular_cut, "secular_cut", allow_infinite=True)
    require(cut is None or cut >= 0, "secular_cut", "be >= 0 (an energy)", f"got {cut}")
    spectrum = system.spectrum
    dissipators: list[Dissipator] = []
    undetermined: list[Undetermined] = []
    notes = [NOTE]
    for reservoir in system.reservoirs:
        found, dropped = exchanges(system, reservoir, resolution)
        undetermined += dropped
        pairs = np.array([(e.operator, e.half_sided(spectrum, lamb_shift=lamb_shift)) for e in found], dtype=complex)
        if cut is None or cut == np.inf:
            rates, jumps, K = _full(pairs)
        else:
            rates, jumps, K = _with_cut(spectrum, pairs, cut + spectrum.tolerance, reservoir)
        notes.append(f"smallest canonical rate of {reservoir.name!r}: {rates.min(initial=0.0):.3g}")
        dissipators.append(_dissipator(spectrum, reservoir, rates, jumps, K))
    limit = "Bloch-Redfield, not secular" if cut is None else "Bloch-Redfield, partly secular"
    options = {"lamb shift": lamb_shift, "secular cut": "none" if cut is None else cut}
    return derived_generator(
        system, dissipators, undetermined, limit, options, resolution=resolution, notes=tuple(notes)
    )


def _dissipator(
    spectrum: Spectrum, reservoir: Reservoir, rates: RealArray, jumps: ComplexArray, K: ComplexArray
) -> Dissipator:
    scaled = np.sqrt(np.abs(rates))[:, None, None] * jumps
    operators = np.array([spectrum.to_given_basis(L) for L in scaled]).reshape(scaled.shape)
    signs = tuple(1 if rate > 0 else -1 for rate in rates)
    coherent = spectrum.to_given_basis(K)
    return Dissipator(Jumps(operators, signs), reservoir=reservoir, coherent_term=lambda: coherent)


def _full(pairs: ComplexArray) -> tuple[RealArray, ComplexArray, ComplexArray]:
    """`sum Lambda rho B^dagger + h.c.` over pairs (B, Lambda): the weights couple each B to its own Lambda."""
    count = len(pairs)
    operators = np.concatenate([pairs[:, 0], pairs[:, 1]])
    weights = np.kron(np.array([[0, 1], [1, 0]]), np.eye(count)).astype(complex)
    rates, jumps, shift = canonical_jumps(operators, weights)
    return rates, jumps, shift + _coherent(pairs)


def _coherent(pairs: ComplexArray) -> ComplexArray:
    """`sum (B^dagger Lambda - Lambda^dagger B) / 2i`."""
    product = np.einsum("pki,pkj->ij", pairs[:, 0].conj(), pairs[:, 1])
    return np.asarray((product - product.conj().T) / 2j)


def _with_cut(
    spectrum: Spectrum, pairs: ComplexArray, width: float, reservoir: Reservoir
) -> tuple[RealArray, ComplexArray, ComplexArray]:
    """`_full` with those pairs of matrix elements only whose Bohr frequencies differ by at most `width`."""
    d = spectrum.dimension
    energies = spectrum.state_energies
    # B^dagger Lambda joins w_jk and w_ji, which differ by e_k - e_i: there the cut is elementwise.
    K = np.where(np.abs(energies[:, None] - energies[None, :]) <= width, _coherent(pairs), 0)
    rates, jumps = [], []
    for i, j in _chains(energies, np.any(pairs != 0, axis=(0, 1)), width):
        require_memory(3, i.size, f"secular_cut (reservoir {reservoir.name!r})", "Use a smaller cut, or none.")
        frequency = energies[j] - energies[i]
        B, Lambda = pairs[:, 0, i, j], pairs[:, 1, i, j]
        kernel = Lambda.T @ B.conj()
        kernel = kernel + kernel.conj().T
        kernel[np.abs(frequency[:, None] - frequency[None, :]) > width] = 0.0
        # The identity has elements at frequency zero only: c = v <v, .>/d with v = 1 on the diagonal pairs.
        identity = (i == j).astype(float)
        if identity.any():
            Y = np.zeros((d, d), dtype=complex)
            Y[i, j] = kernel @ identity / d
            Y -= np.trace(Y) / d * np.eye(d)
            K = K + 0.5j * (Y - Y.conj().T)
            kernel = _without_identity(kernel, identity, d)
        values, vectors = np.linalg.eigh(kernel)
        # Relative to the terms: the shifts cancel in the kernel, and leave their round-off where the rates vanish.
        size = float(np.linalg.norm(Lambda) * np.linalg.norm(B))
        kept = np.abs(values) > 8 * i.size * ROUND_OFF * size
        found = np.zeros((int(kept.sum()), d, d), dtype=complex)
        found[:, i, j] = vectors[:, kept].T
        rates.append(values[kept])
        jumps.append(found)
    if not rates:
        return np.zeros(0), np.zeros((0, d, d), dtype=complex), K
    return np.concatenate(rates), np.concatenate(jumps), K


def _without_identity(kernel: ComplexArray, identity: RealArray, d: int) -> ComplexArray:
    """`P C P` with P the projector on traceless operators."""
    left = kernel - np.outer(identity, identity @ kernel) / d
    return np.asarray(left - np.outer(left @ identity, identity) / d)


def _chains(energies: RealArray, active: np.ndarray, width: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs (i, j) of active elements whose frequencies are linked by steps up to `width`; the diagonal is whole."""
    active = active | (np.eye(energies.size, dtype=bool) & np.any(np.diag(active)))
    i, j = np.nonzero(active)
    frequency = energies[j] - energies[i]
    order = np.argsort(frequency, kind="stable")
    breaks = np.nonzero(np.diff(frequency[order]) > width)[0] + 1
    for chain in np.split(order, breaks):
        if chain.size:
            yield i[chain], j[chain]
