"""Detailed balance from its microscopic origin: the conditions on each jump, tested one by one, with the offender."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from equipoise._checks import ComplexArray, InputError, RealArray, finite_real, require
from equipoise._printed import MOST, amount, described
from equipoise.generators import FrequencyResolved, Generator, Jumps
from equipoise.generators.generator import require_generator
from equipoise.generators.representations import AbstractRepresentation, split_traces
from equipoise.stationary import DensityMatrix, gibbs_state


@dataclass(frozen=True, kw_only=True)
class EigenoperatorTest:
    """Whether a given jump operator changes the energy by one amount, `[H, L] = -omega L`.

    Parameters
    ----------
    dissipator : str
    index : int
        Of the jump within its dissipator.
    frequency : float
        `omega`, the energy it takes out: best in the sense of least squares.
    residual : float
        `||[H, L] + omega L|| / ||L||`, an energy: the spread of what it takes out.
    """

    dissipator: str
    index: int
    frequency: float
    residual: float


@dataclass(frozen=True, eq=False, kw_only=True)
class RateRatios:
    """Rates of the jumps up and down in energy, one row for each dissipator and Bohr frequency omega >= 0.

    Of one row, with `C(omega) = sum_k |L_k>><<L_k|` over the jumps that take omega out, the condition is the matrix
    equation `C^dagger(-omega) = e^(-x) C(omega)`, the dagger on each jump, x = `beta (omega - mu nu)`.

    Parameters
    ----------
    dissipators : ndarray of int, shape (n,)
    frequencies : RealArray, shape (n,)
    log_ratios : RealArray, shape (n,)
        `log(Tr C(-omega) / Tr C(omega))`; +-inf where one direction is missing.
    expected : RealArray, shape (n,)
        -x.
    pairing : RealArray, shape (n,)
        `||C^dagger(-omega) / Tr - C(omega) / Tr||`: the jumps up are not the adjoints of those down, whatever the
        ratio. 0 where it is a matter of one number.
    residuals : RealArray, shape (n,)
        `||e^(x/2) C^dagger(-omega) - e^(-x/2) C(omega)||` over the sum of the traces, 0 to 1.
    """

    dissipators: np.ndarray
    frequencies: RealArray
    log_ratios: RealArray
    expected: RealArray
    pairing: RealArray
    residuals: RealArray


@dataclass(frozen=True, eq=False, kw_only=True)
class MicroscopicOrigin:
    """The conditions under which a thermal environment makes a generator detailed balanced, each with its residual.

    Parameters
    ----------
    inverse_temperature, chemical_potential : float
        Of the Gibbs state that is tested.
    reservoirs : tuple of str, length R
    eigenoperators : tuple of EigenoperatorTest
        One for each given jump operator; secular dissipators and rates have eigenoperators by construction.
    covariance : RealArray, shape (R,)
        `||[ad_H, C]|| / ||C||`, an energy: zero if *some* choice of jump operators are eigenoperators, also where a
        mixture of them was given. With mu the same of H - mu N, frequency by frequency, if that is larger.
    ratios : RateRatios
    lamb_shift : float
        `||[H, H_LS]||` over the spread of H times `||H_LS|| + sum_k ||L_k||^2`; H_LS is all that is coherent and not H,
        in the traceless gauge.
    hamiltonian : float
        `||H + H_LS||` without trace: what makes the whole generator not self-adjoint even if all conditions hold.
    scale : float
        Spread of the energies, to which the residuals that are energies are relative.
    """

    inverse_temperature: float
    chemical_potential: float
    reservoirs: tuple[str, ...]
    eigenoperators: tuple[EigenoperatorTest, ...]
    covariance: RealArray
    ratios: RateRatios
    lamb_shift: float
    hamiltonian: float
    scale: float

    def offenders(self, tolerance: float = 1e-9) -> tuple[str, ...]:
        """One sentence for each condition that fails, naming the jump, the frequency and the reservoir."""
        shift = (f"the Lamb shift does not commute with H (by {self.lamb_shift:.2g})",)
        found = (*self._mixed_jumps(tolerance), *self._wrong_ratios(tolerance))
        return (*found, *shift) if self.lamb_shift > tolerance else found

    def dissipators_are_balanced(self, tolerance: float = 1e-9) -> bool:
        """Whether every dissipator by itself is GNS-self-adjoint for the Gibbs state."""
        return bool(np.all(self.covariance <= tolerance * self.scale) and np.all(self.ratios.residuals <= tolerance))

    def is_balanced(self, tolerance: float = 1e-9) -> bool:
        """Whether `L - L^+ = 2i[H + H_LS, .]` with a Hamiltonian that commutes with the Gibbs state (Alicki)."""
        return self.dissipators_are_balanced(tolerance) and self.lamb_shift <= tolerance

    def __repr__(self) -> str:
        mu = "" if self.chemical_potential == 0 else f", mu = {amount(self.chemical_potential)}"
        offenders = self.offenders()
        facts = [
            ("Gibbs state", f"beta = {amount(self.inverse_temperature)}{mu}"),
            (
                "eigenoperators",
                f"residual {self.covariance.max(initial=0.0) / self.scale:.3g}" if self.scale else "all",
            ),
            ("rate ratios", f"residual {self.ratios.residuals.max(initial=0.0):.3g}"),
            ("[H, H_LS] = 0", f"residual {self.lamb_shift:.3g}"),
            ("balanced", "no" if offenders else "yes"),
        ]
        facts += [("", sentence) for sentence in offenders[:MOST]]
        facts += [("", f"... ({len(offenders)} in all)")] if len(offenders) > MOST else []
        return described("conditions on a generator of thermal origin", *facts)

    def _mixed_jumps(self, tolerance: float) -> Iterator[str]:
        for r, name in enumerate(self.reservoirs):
            if self.covariance[r] <= tolerance * self.scale:
                continue
            own = [test for test in self.eigenoperators if test.dissipator == name]
            worst = max(own, key=lambda test: test.residual, default=None)
            where = "" if worst is None else f": jump {worst.index} takes {worst.frequency:.6g} +- {worst.residual:.2g}"
            yield f"the jumps of {name!r} are no eigenoperators of [H, .]{where}"

    def _wrong_ratios(self, tolerance: float) -> Iterator[str]:
        rows = self.ratios
        for k in np.argsort(-rows.residuals):
            if rows.residuals[k] <= tolerance:
                return
            where = f"of {self.reservoirs[rows.dissipators[k]]!r} at omega = {rows.frequencies[k]:.6g}"
            if np.isinf(rows.log_ratios[k]):
                missing = "in" if rows.log_ratios[k] < 0 else "out"
                yield f"no {missing}-process {where}"
            elif rows.pairing[k] > tolerance:
                yield f"the jumps {where} are not the adjoints of their reverse (by {rows.pairing[k]:.2g})"
            else:
                yield f"log rate ratio {where} is {rows.log_ratios[k]:.6g} instead of {rows.expected[k]:.6g}"


def microscopic_origin(
    generator: Generator, inverse_temperature: float, chemical_potential: float = 0.0
) -> MicroscopicOrigin:
    """Test the conditions that a weakly coupled thermal environment imposes, one by one.

    Eigenoperators `[H, L] = -omega L`, jumps up that are adjoints of those down with the rate ratio
    `e^(-beta (omega - mu nu))`, and `[H, H_LS] = 0`. Together they are equivalent to

        L - L^+ = 2i [H + H_LS, .],    ^+ the adjoint for Tr[sigma A^dagger B], sigma = e^(-beta (H - mu N))/Z.

    Three statements that are often made and are stronger than what holds: the generator itself is self-adjoint only
    without a Hamiltonian part, which is anti-self-adjoint; the conditions are *not* necessary for self-adjointness in
    the KMS product `Tr[sigma^(1/2) A^dagger sigma^(1/2) B]`, whose jumps need not be eigenoperators; and where
    several jumps share a frequency, a ratio of total rates is not enough, the ratio is one of matrices.

    Parameters
    ----------
    generator : Generator
        Completely positive, with jump operators; shifted and mixed jump operators are allowed.
    inverse_temperature : float
        beta, finite.
    chemical_potential : float
        mu; other than zero needs the number operator of the generator.

    Returns
    -------
    MicroscopicOrigin

    Raises
    ------
    InputError
        A generator without jump operators or with negative signs; mu without a number operator.

    References
    ----------
    Davies (1974); Alicki (1976); Kossakowski, Frigerio, Gorini & Verri (1977).

    Examples
    --------
    >>> from equipoise.generators import lindbladian
    >>> decay, heating = [[0, 1.0], [0, 0]], [[0, 0], [0.5, 0]]
    >>> qubit = lindbladian([[0, 0], [0, 1.0]], [decay, heating])
    >>> microscopic_origin(qubit, np.log(4.0)).is_balanced()
    True
    >>> microscopic_origin(qubit, 1.0).offenders()
    ("log rate ratio of 'unattributed' at omega = 1 is -1.38629 instead of -1",)
    """
    require_generator(generator)
    beta = finite_real(inverse_temperature, "inverse_temperature")
    mu = finite_real(chemical_potential, "chemical_potential")
    density = gibbs_state(generator.spectrum, beta, mu, generator.number)
    tests: list[EigenoperatorTest] = []
    covariance = np.zeros(len(generator.dissipators))
    rows: list[tuple[float, ...]] = []
    shift = np.zeros((generator.dimension,) * 2, dtype=complex)
    energies = generator.spectrum.state_energies
    activity = 0.0
    for r, part in enumerate(generator.dissipators):
        kind = part.representation
        if part.coherent is not None:
            shift = shift + generator.spectrum.to_energy_basis(part.coherent)
        if isinstance(kind, Jumps):
            stack, own = _traceless(kind, generator)
            shift = shift + own
            tests += _eigenoperator_tests(stack, part.name, energies)
            covariance[r] = _covariance(stack, energies)
            activity += float(np.linalg.norm(stack)) ** 2
        elif isinstance(kind, FrequencyResolved):
            activity += float(kind.exit_rates.sum())
        for *row, spread in _ratios(_scaled(kind, part.name, generator, density), density, kind):
            rows.append((float(r), *row))
            covariance[r] = max(covariance[r], spread / abs(beta) if beta != 0.0 else 0.0)
    table = np.array(rows, dtype=float).reshape(-1, 6).T
    ratios = RateRatios(
        dissipators=table[0].astype(np.int64),
        frequencies=table[1],
        log_ratios=table[2],
        expected=table[3],
        pairing=table[4],
        residuals=table[5],
    )
    shift = shift - np.trace(shift) / len(shift) * np.eye(len(shift))
    H = np.diag(energies - energies.mean())
    spread = float(np.ptp(energies))
    scale = spread if spread > 0 else 1.0
    size = scale * (float(np.linalg.norm(shift)) + activity)
    return MicroscopicOrigin(
        inverse_temperature=beta,
        chemical_potential=mu,
        reservoirs=generator.names,
        eigenoperators=tuple(tests),
        covariance=covariance,
        ratios=ratios,
        lamb_shift=float(np.linalg.norm(H @ shift - shift @ H)) / size if size > 0 else 0.0,
        hamiltonian=float(np.linalg.norm(H + shift)),
        scale=scale,
    )


def _traceless(kind: Jumps, generator: Generator) -> tuple[ComplexArray, ComplexArray]:
    """Traceless jumps in the energy basis, and the Hamiltonian that their traces stand for."""
    c, rest = kind.gauged_jumps(generator.spectrum)[1:]
    cross = np.einsum("k,kij->ij", c.conj(), rest)
    return rest, np.asarray(-(cross - cross.conj().T) / 2j)


def _eigenoperator_tests(stack: ComplexArray, name: str, energies: RealArray) -> Iterator[EigenoperatorTest]:
    taken = energies[None, :] - energies[:, None]
    for index, L in enumerate(stack):
        weight = np.abs(L) ** 2
        total = float(weight.sum())
        if total == 0.0:
            continue
        omega = float(np.sum(weight * taken)) / total
        spread = float(np.sqrt(np.sum(weight * (taken - omega) ** 2) / total))
        yield EigenoperatorTest(dissipator=name, index=index, frequency=omega, residual=spread)


def _covariance(stack: ComplexArray, energies: RealArray) -> float:
    """`||[ad_H, C]|| / ||C||` of `C = sum |L_k>><<L_k|`, by a QR factorisation."""
    K = len(stack)
    if K == 0:
        return 0.0
    columns = stack.reshape(K, -1).T
    taken = (energies[None, :] - energies[:, None]).ravel()
    R: ComplexArray = np.asarray(np.linalg.qr(np.hstack([columns, taken[:, None] * columns]), mode="r"))
    a, b = R[:, :K], R[:, K:]
    size = float(np.linalg.norm(a @ a.conj().T))
    return float(np.linalg.norm(b @ a.conj().T - a @ b.conj().T)) / size if size > 0 else 0.0


def _scaled(kind: AbstractRepresentation, name: str, generator: Generator, density: DensityMatrix) -> ComplexArray:
    """`sigma^(-1/4) L sigma^(1/4)` of every jump, or family of jumps, in the eigenbasis of the Gibbs state."""
    h = -density.log_weights
    tilt = 0.25 * (h[:, None] - h[None, :])
    if isinstance(kind, FrequencyResolved):
        if density.basis is None:
            return _without_trace(np.asarray(np.exp(0.5 * kind.log_rates + tilt) * kind.coupling_operators), kind)
        stack = density.basis.conj().T @ _without_trace(kind.amplitudes, kind) @ density.basis
    elif isinstance(kind, Jumps):
        require(
            kind.is_completely_positive,
            "generator",
            "be completely positive (every jump with sign +1)",
            f"dissipator {name!r} has jumps with sign -1",
            "detailed_balance(generator, state) takes signs.",
        )
        stack, _ = _traceless(kind, generator)
        if density.basis is not None:
            stack = density.basis.conj().T @ stack @ density.basis
    else:
        raise InputError(
            f"Argument `generator` must have jump operators, but dissipator {name!r} is known by its action only."
        )
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.where(stack == 0, 0, np.exp(tilt) * stack))


def _without_trace(stack: ComplexArray, kind: FrequencyResolved) -> ComplexArray:
    """Families less their trace where none is another's reverse: a multiple of one only shifts the Hamiltonian."""
    return stack if kind.reverse is not None else split_traces(stack)[1]


def _ratios(stack: ComplexArray, density: DensityMatrix, kind: AbstractRepresentation) -> Iterator[tuple[float, ...]]:
    """Rows (frequency, log ratio, expected, pairing, residual, modular defect) of one dissipator."""
    spectrum, h = density.spectrum, -density.log_weights
    # The Gibbs state mixes states within levels only, so that its eigenvectors have a level each.
    label = spectrum.state_frequency_labels
    active = np.any(stack != 0, axis=0)
    active = (active | active.T) & (label >= 0)
    pairs = np.nonzero(active.ravel())[0]
    keys = label.ravel()[pairs]
    if kind.each_pair_alone:
        # Each transition is a jump of its own; of zero gaps one direction is enough.
        rows, columns = np.divmod(pairs, len(h))
        pairs = pairs[(keys > 0) | (rows < columns)]
        keys = np.arange(pairs.size)
    order = np.argsort(keys, kind="stable")
    _, first = np.unique(keys[order], return_index=True)
    energies = spectrum.state_energies
    largest = 0.0
    for group in np.split(pairs[order], first[1:]) if pairs.size else ():
        i, j = np.divmod(group, len(h))
        F, B = stack[:, i, j].T, stack[:, j, i].conj().T
        up, down = float(np.linalg.norm(B) ** 2), float(np.linalg.norm(F) ** 2)
        largest = max(largest, up, down)
        weight = np.sum(np.abs(F) ** 2 + np.abs(B) ** 2, axis=1)
        expected = float(np.sum(weight * (h[i] - h[j])) / weight.sum()) if weight.sum() > 0 else 0.0
        # What is round-off of the largest jump is no jump (a matrix given in another basis).
        if up + down <= 1e-28 * largest:
            continue
        with np.errstate(divide="ignore"):
            ratio = float(np.log(up) - np.log(down))
        pairing = 0.0
        if up > 0 and down > 0:
            pairing = _distance(F / np.sqrt(down), B / np.sqrt(up))
        frequency = float(energies[j[0]] - energies[i[0]])
        residual = _distance(F, B) / (up + down)
        yield frequency, expected + ratio, expected, pairing, residual, _modular_defect(F, h[i] - h[j])


def _modular_defect(F: ComplexArray, taken: RealArray) -> float:
    """`||[ad_h, C]|| / ||C||` of the jumps of one frequency: with mu, one energy may go with several numbers."""
    if F.shape[1] == 0 or np.ptp(taken) <= 1e-9 or not np.any(F):
        return 0.0
    C = F @ F.conj().T
    return float(np.linalg.norm(taken[:, None] * C - C * taken[None, :]) / np.linalg.norm(C))


def _distance(F: ComplexArray, B: ComplexArray) -> float:
    """`||F F^dagger - B B^dagger||` without cancellation of squares."""
    if F.shape[0] > F.shape[1] + B.shape[1]:
        R: ComplexArray = np.asarray(np.linalg.qr(np.hstack([F, B]), mode="r"))
        F, B = R[:, : F.shape[1]], R[:, F.shape[1] :]
    return float(np.linalg.norm(F @ F.conj().T - B @ B.conj().T))
