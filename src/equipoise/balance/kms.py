"""KMS, GNS and standard quantum detailed balance of a generator with respect to a state, and the budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise._checks import Array, ComplexArray, NumericalError, RealArray, require
from equipoise.generators import Generator, Jumps, Rates, Secular
from equipoise.stationary import DensityMatrix, StationaryState, density_in

COMMUTING_TOLERANCE = 1e-9
"""Two weights of the state are equal for the split of the coherent part when their logarithms differ by less."""


@dataclass(frozen=True)
class DetailedBalance:
    """How far a generator is from detailed balance with respect to a state sigma, split by cause.

    All norms are Hilbert-Schmidt norms of the generator in the symmetrised picture,
    `Lhat = sigma^(1/4) L(sigma^(-1/4) . sigma^(-1/4)) sigma^(1/4)` (Heisenberg), in the traceless gauge of the jump
    operators, and

        ||(Lhat - Lhat^dagger)/2||^2 = jump^2 + noncommuting^2 + commuting^2   (exactly).

    Parameters
    ----------
    jump : float
        Antisymmetric part of the jump (completely positive) part.
    noncommuting, commuting : float or None
        Antisymmetric coherent part between unequal and equal weights of sigma. None if a coherent term does not
        exist (a divergent Lamb shift); it then commutes with sigma and enters no notion below.
    modular : float
        `||[ad_h, C]||`, h = -log sigma: the jump part's failure to commute with the modular flow.
    norm : float
        Norm of the dissipative part, to which the residuals are relative.
    noise : float
        Error of the non-commuting part that comes with the error of the state: a Hamiltonian far above the rates
        turns a small error of its eigenbasis into a residual.
    """

    jump: float
    noncommuting: float
    commuting: float | None
    modular: float
    norm: float
    noise: float = 0.0

    @property
    def sqdb(self) -> float:
        """Relative residual of standard quantum detailed balance, `L - L' = 2i[K, .]` with [K, sigma] = 0."""
        return float(np.hypot(self.jump, self.noncommuting)) / self.norm

    @property
    def kms(self) -> float:
        """Relative residual of KMS detailed balance with a Hamiltonian that commutes with sigma removed."""
        return self.sqdb

    @property
    def kms_with_hamiltonian(self) -> float | None:
        """Relative residual of KMS detailed balance of the generator as it is, commuting Hamiltonian included."""
        if self.commuting is None:
            return None
        return float(np.sqrt(self.jump**2 + self.noncommuting**2 + self.commuting**2)) / self.norm

    @property
    def gns(self) -> float:
        """Relative residual of GNS detailed balance, commuting Hamiltonian removed."""
        return float(np.sqrt(self.jump**2 + self.noncommuting**2 + self.modular**2)) / self.norm


@dataclass(frozen=True, eq=False)
class _Group:
    """Jumps as columns: vec(Lambda_k) and vec(Lambda_k^dagger) on the same pairs, with h_i - h_j of each pair."""

    forward: ComplexArray
    backward: ComplexArray
    signs: RealArray
    modular_frequency: RealArray


def detailed_balance(generator: Generator, state: StationaryState | DensityMatrix | ArrayLike) -> DetailedBalance:
    """Residuals of KMS, GNS and standard quantum detailed balance, and the irreversibility budget.

    KMS detailed balance is self-adjointness of the Heisenberg generator in `Tr[s^(1/2) A^dagger s^(1/2) B]`, GNS
    in `Tr[s A^dagger B]`. The jump parts are compared as completely positive maps, through a QR factorisation of
    the jump operators (a Gram matrix would hide violations below 1e-8); secular generators frequency by
    frequency, O(d^2) for a generic spectrum.

    Parameters
    ----------
    generator : Generator
    state : StationaryState, DensityMatrix or array_like of shape (d, d)
        Full rank.

    Returns
    -------
    DetailedBalance

    Raises
    ------
    InputError
        If the state is not of full rank, or the generator has no jump operators (MatrixFree).

    References
    ----------
    Fagnola & Umanita (2007); Carlen & Maas (2017). A Hamiltonian that commutes with the state is anti-self-adjoint
    and never part of a violation: it is reported apart.

    Examples
    --------
    >>> from equipoise.generators import rate_equation
    >>> from equipoise.stationary import stationary_state
    >>> cycle = rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    >>> found = detailed_balance(cycle, stationary_state(cycle))
    >>> round(found.jump**2, 12)  # three pairs, both directions, (2 - 1)/2 each
    1.5
    """
    density = density_in(generator.spectrum, state)
    require(
        bool(np.isfinite(density.log_weights).all()),
        "state",
        "have full rank",
        f"has {int(np.isneginf(density.log_weights).sum())} empty states",
        "Restrict the system to the support of the state.",
    )
    h = -density.log_weights
    if all(isinstance(part.kind, Secular | Rates) for part in generator.dissipators):
        jump, modular, size = _secular_jump_part(generator, density, h)
    else:
        jump, modular, size = _norms(_whole_group(generator, density, h))
    noncommuting, commuting, decay = _coherent_part(generator, density, h)
    norm = float(np.sqrt(size**2 + decay**2))
    noise = _basis_noise(generator, state)
    return DetailedBalance(jump, noncommuting, commuting, modular, norm if norm > 0 else 1.0, noise)


def _basis_noise(generator: Generator, state: StationaryState | DensityMatrix | ArrayLike) -> float:
    """What an error of the eigenbasis of the state makes of a Hamiltonian that commutes with the exact one."""
    if not isinstance(state, StationaryState) or state.density.basis is None:
        return 0.0
    if all(isinstance(part.kind, Secular | Rates) for part in generator.dissipators):
        # The basis stays within levels, where the Hamiltonian is a number.
        return 0.0
    spread = float(np.ptp(generator.spectrum.energies))
    return float(np.sqrt(2) * generator.dimension * spread * state.relative_accuracy)


def _norms(group: _Group) -> tuple[float, float, float]:
    """`||(C - C')/2||`, `||[ad_h, C]||` and `||C||` for `C = sum_k s_k |L_k>><<L_k|` from one thin QR."""
    K = group.forward.shape[1]
    twisted = group.modular_frequency[:, None] * group.forward
    R: ComplexArray = np.asarray(np.linalg.qr(np.hstack([group.forward, group.backward, twisted]), mode="r"))
    a, b, t = R[:, :K], R[:, K : 2 * K], R[:, 2 * K :]
    signed = a * group.signs
    jump = 0.5 * (signed @ a.conj().T - (b * group.signs) @ b.conj().T)
    modular = (t * group.signs) @ a.conj().T - signed @ t.conj().T
    return float(np.linalg.norm(jump)), float(np.linalg.norm(modular)), float(np.linalg.norm(signed @ a.conj().T))


def _scaled(elements: Array, h: RealArray) -> Array:
    """`sigma^(-1/4) A sigma^(1/4)` in the eigenbasis of sigma."""
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.exp(0.25 * (h[:, None] - h[None, :])) * elements
    return np.where(elements == 0, 0, scaled)


def _in_eigenbasis(density: DensityMatrix, elements: Array) -> Array:
    if density.basis is None:
        return elements
    return np.asarray(density.basis.conj().T @ elements @ density.basis)


def _whole_group(generator: Generator, density: DensityMatrix, h: RealArray) -> _Group:
    jumps, signs = [], []
    for part in generator.dissipators:
        for sign, L in _jump_list(part.kind):
            elements = _in_eigenbasis(density, generator.spectrum.to_energy_basis(L))
            traceless = elements - np.trace(elements) / len(h) * np.eye(len(h))
            jumps.append(_scaled(traceless, h))
            signs.append(sign)
    stack = np.array(jumps)
    modular = (h[:, None] - h[None, :]).ravel()
    forward = stack.reshape(len(stack), -1).T
    backward = stack.conj().transpose(0, 2, 1).reshape(len(stack), -1).T
    return _Group(forward, backward, np.array(signs, dtype=float), modular)


def _jump_list(kind: object) -> Iterator[tuple[int, ComplexArray]]:
    if isinstance(kind, Jumps):
        yield from zip(kind.signs, kind.operators, strict=True)
    elif isinstance(kind, Secular):
        yield from ((1, L) for L in kind.jump_operators())
    elif isinstance(kind, Rates):
        W = kind.rates
        for i, j in np.argwhere(W > 0):
            jump = np.zeros(W.shape, dtype=complex)
            jump[i, j] = np.sqrt(W[i, j])
            yield 1, np.asarray(kind.spectrum.to_given_basis(jump))
    else:
        require(False, "generator", "have jump operators", "one dissipator is known by its action only")


def _secular_jump_part(generator: Generator, density: DensityMatrix, h: RealArray) -> tuple[float, float, float]:
    """The same norms, Bohr frequency by Bohr frequency: components of different frequency are orthogonal."""
    spectrum = generator.spectrum
    level = spectrum.level_of
    families = [_scaled_families(part.kind, density, h) for part in generator.dissipators]
    resolved = [f for f in families if f is not None]
    jump2 = modular2 = size2 = 0.0
    if resolved:
        stack = np.concatenate(resolved)
        diagonal = np.arange(len(h))
        stack[:, diagonal, diagonal] -= (np.trace(stack, axis1=1, axis2=2) / len(h))[:, None]
        label = spectrum.frequency_labels[np.ix_(level, level)]
        for rows, columns in _frequency_groups(label, np.any(stack != 0, axis=0)):
            if rows.ndim == 2:
                # One pair for each frequency: all of them at once.
                forward = np.einsum("fp,fp->p", stack[:, rows[0], columns[0]], stack[:, rows[0], columns[0]].conj())
                backward = np.einsum("fp,fp->p", stack[:, columns[0], rows[0]], stack[:, columns[0], rows[0]].conj())
                jump2 += 0.25 * float(np.sum(np.abs(forward - backward) ** 2))
                size2 += float(np.sum(np.abs(forward) ** 2))
                continue
            group = _Group(
                stack[:, rows, columns].T,
                stack[:, columns, rows].conj().T,
                np.ones(len(stack)),
                h[rows] - h[columns],
            )
            jump, modular, size = _norms(group)
            jump2, modular2, size2 = jump2 + jump**2, modular2 + modular**2, size2 + size**2
    for part in generator.dissipators:
        if isinstance(part.kind, Rates):
            with np.errstate(over="ignore"):
                W = np.exp(part.kind.log_rates + 0.5 * (h[:, None] - h[None, :]))
            np.fill_diagonal(W, 0.0)
            jump2 += 0.25 * float(np.sum((W - W.T) ** 2))
            size2 += float(np.sum(W**2))
    return float(np.sqrt(jump2)), float(np.sqrt(modular2)), float(np.sqrt(size2))


def _scaled_families(kind: object, density: DensityMatrix, h: RealArray) -> ComplexArray | None:
    """`Lambda_f` of each family in the eigenbasis of the state, rates and scaling combined as logarithms."""
    if not isinstance(kind, Secular):
        return None
    tilt = 0.25 * (h[:, None] - h[None, :])
    if density.basis is None:
        return np.asarray(np.exp(0.5 * kind.log_rates + tilt) * kind.operators)
    rotated = np.array([_in_eigenbasis(density, a) for a in kind.amplitudes])
    return np.array([_scaled(a, h) for a in rotated])


def _frequency_groups(label: np.ndarray, active: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of states by Bohr frequency; the frequencies with one pair come together, as arrays of shape (1, n)."""
    d = label.shape[0]
    # A pair and its reverse are compared, so both belong to the group if either is active.
    pairs = np.nonzero((active | active.T).ravel())[0]
    order = pairs[np.argsort(label.ravel()[pairs], kind="stable")]
    _, first, count = np.unique(label.ravel()[order], return_index=True, return_counts=True)
    single = order[first[count == 1]]
    if single.size:
        yield (single // d)[None, :], (single % d)[None, :]
    for start, size in zip(first[count > 1], count[count > 1], strict=True):
        group = order[start : start + size]
        yield group // d, group % d


def _coherent_part(generator: Generator, density: DensityMatrix, h: RealArray) -> tuple[float, float | None, float]:
    """Norms of the antisymmetric coherent part between unequal and equal weights, and of the decay part."""
    spectrum = generator.spectrum
    d = len(h)
    H = np.diag(spectrum.energies).astype(complex)
    M = np.zeros((d, d), dtype=complex)
    defined = True
    secular = all(isinstance(part.kind, Secular | Rates) for part in generator.dissipators)
    for part in generator.dissipators:
        shift, decay = _gauged(part.kind, spectrum.dimension)
        try:
            coherent = part.coherent
        except NumericalError:
            # A Lamb shift that does not exist (a flat band without end) would commute with H; without degenerate
            # levels it commutes with the state as well.
            require(not spectrum.is_degenerate, "generator", "have a finite Lamb shift", "it diverges")
            coherent, defined = None, False
        if coherent is not None:
            K = spectrum.to_energy_basis(coherent)
            # A secular one commutes with H; round-off between levels would be blown up by the ratio of weights.
            H = H + (spectrum.within_levels(K) if secular else K)
        H = H + spectrum.to_energy_basis(shift) if isinstance(part.kind, Jumps) else H + shift
        M = M + (spectrum.to_energy_basis(decay) if isinstance(part.kind, Jumps) else decay)
    scaled = _scaled(_in_eigenbasis(density, -1j * H - 0.5 * M), h)
    antisymmetric = 0.5 * (scaled - scaled.conj().T)
    antisymmetric = antisymmetric - np.trace(antisymmetric) / d * np.eye(d)
    equal = np.abs(h[:, None] - h[None, :]) <= COMMUTING_TOLERANCE
    root = np.sqrt(2 * d)
    noncommuting = float(root * np.linalg.norm(np.where(equal, 0, antisymmetric)))
    commuting = float(root * np.linalg.norm(np.where(equal, antisymmetric, 0)))
    decay_norm = float(root * np.linalg.norm(0.5 * _scaled(_in_eigenbasis(density, M), h)))
    return noncommuting, commuting if defined else None, decay_norm


def _gauged(kind: object, d: int) -> tuple[ComplexArray, ComplexArray]:
    """Hamiltonian shift and `M = sum L^dagger L` in the traceless gauge `L -> L - c`, `c = Tr L / d`.

    `H -> H - (1/2i) sum (c^* L0 - c L0^dagger)`. In the given basis for Jumps, in the energy basis otherwise.
    """
    if isinstance(kind, Jumps):
        stack, signs = kind.operators, np.array(kind.signs, dtype=float)
        decay = kind.decay
    elif isinstance(kind, Secular):
        level = kind.spectrum.level_of
        stack = np.where(level[:, None] == level[None, :], kind.amplitudes, 0)
        signs = np.ones(len(stack))
        decay = kind.decay
    elif isinstance(kind, Rates):
        return np.zeros((d, d), dtype=complex), np.diag(kind.rates.sum(axis=0)).astype(complex)
    else:
        raise TypeError(type(kind).__name__)
    c = np.trace(stack, axis1=1, axis2=2) / d
    traceless = stack - c[:, None, None] * np.eye(d)
    cross = np.einsum("k,kij->ij", signs * c.conj(), traceless)
    shift = -(cross - cross.conj().T) / 2j
    gauged = decay - cross - cross.conj().T - np.sum(signs * np.abs(c) ** 2) * np.eye(d)
    return shift, gauged
