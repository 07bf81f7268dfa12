"""How far a generator is from one notion of detailed balance, and why; and every notion side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equipoise._checks import InputError, finite_real
from equipoise._printed import WIDTH, amount, described
from equipoise.balance.quantum.notions import AbstractNotion, require_notion
from equipoise.balance.quantum.parts import RESOLVED, Parts, is_within, ratio, relative_size, verdict
from equipoise.stationary.support import Support
from equipoise.tolerances import BALANCED

NOTHING = "none above rounding"
"""The reason of a residual that is no more than its noise."""

COMMUTING = "Hamiltonian that commutes with the state"
"""The part that breaks KMS, GNS and every metric, and that the standard and Alicki's notion leave free."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Residual:
    """How far a generator is from one notion of detailed balance.

    `value` is an absolute norm. `relative` compares what the jumps break with `jump_norm` and what the coherent part
    breaks with `norm`, and adds the two ratios in quadrature: in a cold state coherences decay at rates far above those
    of the rare jumps, relative to which a one-sided cycle of jumps would look balanced.

    Parameters
    ----------
    notion : AbstractNotion
    value : float
        Hilbert-Schmidt norm of what breaks the notion, in the unit of the rates; zero if it holds.
    without_hamiltonian : float
        The residual with the Hamiltonian that commutes with the state removed: equal to `value` where the notion leaves
        it free, and for `StandardQuantumTheta` and `HiddenTimeReversal`, which take the Hamiltonian as it is.
    norm : float
        Norm of the dissipative part in the same picture (of the commuting Hamiltonian where nothing dissipates).
    offender : callable
        Names the part that breaks the notion, asked for only where something does; see `reason`.
    parts : Parts or None
        Residuals of the jumps alone and of the rest alone, without the commuting Hamiltonian. Their squares add up to
        that of `without_hamiltonian`, but for the metric of a mean, where the parts are not orthogonal. None where they
        are not known apart.
    jump_norm : float or None
        Norm of the jump part alone: far below `norm` for a cold state. None where it is not known apart (a generator
        known by its action only).
    noise_parts : Parts
        Errors of the two parts, from rounding of the given operators and from the error of the state.
    error : float
        Standard error of the value where it is estimated from random matrices; zero where it is computed.
    method : str
        How it was computed.
    support : Support or None
        Of the state, to which the generator was restricted; None if it has full rank.
    remark : str
        Added to the reason, whatever it is.
    among_known : callable
        Relative violation that the states whose weights are known show beyond its noise; zero if none.
    """

    notion: AbstractNotion
    value: float
    without_hamiltonian: float
    norm: float
    offender: Callable[[], str]
    parts: Parts | None
    jump_norm: float | None
    noise_parts: Parts
    error: float = 0.0
    method: str = "QR"
    support: Support | None = None
    remark: str = ""
    among_known: Callable[[], float] = lambda: 0.0

    @cached_property
    def violation(self) -> float:
        """How far the notion is broken beyond all noise, relative: a lower bound, zero where nothing is shown.

        Where the noise may explain the residual, what the states whose weights are known show of it.
        """
        beyond = max(0.0, self.relative_without_hamiltonian - self.relative_noise)
        return beyond if beyond > 0 or self.is_resolved else self.among_known()

    @cached_property
    def reason(self) -> str:
        """The offending part and the worst pair of states, eigenvectors of the state.

        They are numbered from 0 as in its `log_weights`: as the energies where the state is diagonal in them, and by
        ascending weight if it came as a matrix that is not.
        """
        reason = NOTHING
        if self.violation > 0:
            reason = self.offender()
        elif self.relative_commuting > BALANCED:
            reason = COMMUTING
        return f"{reason}; {self.remark}" if self.remark else reason

    @property
    def relative_without_hamiltonian(self) -> float:
        """`((jump / jump_norm)^2 + (coherent / norm)^2)^(1/2)`: how far the notion is, whatever the Hamiltonian.

        Where the two parts are not known apart, or cancel, `without_hamiltonian` over the smaller of the norms.
        """
        return relative_size(self.without_hamiltonian, self.parts, self.jump_norm, self.norm)

    @property
    def relative_commuting(self) -> float:
        """Residual of the Hamiltonian that commutes with the state, over `norm`; zero where it is left free."""
        commuting2 = (self.value - self.without_hamiltonian) * (self.value + self.without_hamiltonian)
        return ratio(float(np.sqrt(max(0.0, commuting2))), self.norm)

    @property
    def relative(self) -> float:
        """`relative_without_hamiltonian` and `relative_commuting` in quadrature: the notion as it reads."""
        return float(np.hypot(self.relative_without_hamiltonian, self.relative_commuting))

    @property
    def noise(self) -> float:
        """Noise of the value, both parts in quadrature."""
        return self.noise_parts.total

    @property
    def relative_noise(self) -> float:
        """The noise in the unit of `relative`: what of it rounding and the error of the state may explain."""
        known = None if self.parts is None else self.noise_parts
        return relative_size(self.noise, known, self.jump_norm, self.norm)

    def is_satisfied(self, tolerance: float = BALANCED) -> bool:
        """Whether `relative` is below `tolerance`, or below its noise.

        Noise above a thousandth excuses nothing: nothing is then shown, and the answer is no (`is_resolved` tells).
        """
        return is_within(self.relative, self.relative_noise, finite_real(tolerance, "tolerance"))

    @property
    def is_resolved(self) -> bool:
        """Whether the relative noise is small enough, a thousandth, for the value to decide anything."""
        return self.relative_noise <= RESOLVED

    @property
    def verdict(self) -> str:
        """`holds`, `holds within its noise`, `holds but for H`, `broken` or `not resolved`.

        H is the Hamiltonian that commutes with the state; a notion is not resolved when noise that is not small may
        explain its residual.
        """
        word = verdict(self.relative_without_hamiltonian, self.relative_noise)
        word = "broken" if word == "not resolved" and self.violation > BALANCED else word
        return "holds but for H" if word.startswith("holds") and self.relative_commuting > BALANCED else word

    def __repr__(self) -> str:
        relative = f"{self.relative_without_hamiltonian:.3g}"
        residual = f"{self.without_hamiltonian:.3g}"
        if self.relative_commuting > BALANCED:
            relative += f"; {self.relative:.3g} with H, the Hamiltonian that commutes with the state"
            residual += f"; {self.value:.3g} with H"
        facts = [
            ("asks", self.notion.definition),
            ("relative", relative),
            ("residual", f"{residual}, in the unit of the rates"),
        ]
        if self.parts is not None and self.jump_norm is not None:
            facts.append(("jumps", f"{self.parts.jump:.3g} relative to {amount(self.jump_norm)} of all jumps"))
        if self.parts is not None:
            of = f"{amount(self.norm)} of all that dissipates"
            facts.append(("coherent", f"{self.parts.coherent:.3g} relative to {of}"))
        if self.error > 0:
            facts.append(("error", f"{self.error:.1g}, standard error of the residual"))
        facts += [("noise", f"{self.relative_noise:.1g}, relative"), ("reason", self.reason), ("method", self.method)]
        if self.support is not None:
            facts.append(("state", str(self.support)))
        return described(f"{self.notion.name} detailed balance: {self.verdict}", *facts)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Notions:
    """Every notion of detailed balance of a generator with respect to a state, each named.

    Parameters
    ----------
    residuals : tuple of Residual
    unavailable : tuple of (str, str)
        Notions that could not be asked, and why.
    stationarity : float or None
        Norm of `L(sigma)` in the symmetrised picture: far above rounding where sigma is a mere candidate. None where
        the generator is known by its action only and too large.
    """

    residuals: tuple[Residual, ...]
    unavailable: tuple[tuple[str, str], ...]
    stationarity: float | None = None

    def __getitem__(self, notion: AbstractNotion) -> Residual:
        require_notion(notion)
        for residual in self.residuals:
            if residual.notion == notion:
                return residual
        names = ", ".join(residual.notion.name for residual in self.residuals)
        raise InputError(
            f"Argument `notion` must be one that was computed ({names}), but is {notion.name}. "
            "detailed_balance(generator, state).of(notion) asks for any."
        )

    def __repr__(self) -> str:
        lines = ["notions of detailed balance of a generator with respect to a state"]
        lines.append(f"  {'notion':20}{'without H':>11}{'with H':>11}{'residual':>11}   verdict")
        for found in self.residuals:
            numbers = (found.relative_without_hamiltonian, found.relative, found.value)
            columns = "".join(f"{number:11.2g}" for number in numbers)
            lines.append(f"  {found.notion.name:20}{columns}{'~' if found.error > 0 else ' '}  {found.verdict}")
        reasons: dict[str, list[str]] = {}
        for found in self.residuals:
            if found.reason != NOTHING:
                reasons.setdefault(found.reason, []).append(found.notion.name)
        if reasons:
            lines.append("what breaks them")
        for reason, names in reasons.items():
            lines += _wrapped(f"{', '.join(names)}: {reason}")
        for why in dict.fromkeys(why for _, why in self.unavailable):
            names = [name for name, other in self.unavailable if other == why]
            lines += _wrapped(f"{', '.join(names)} not asked: {why}")
        lines += textwrap.wrap(_LEGEND, WIDTH)
        if any(found.error > 0 for found in self.residuals):
            lines.append("~ estimated from random matrices")
        if self.stationarity is not None:
            lines.append(f"norm of L applied to the state {self.stationarity:.3g}, zero if it is stationary")
        support = self.residuals[0].support if self.residuals else None
        if support is not None:
            lines.append(str(support))
        return "\n".join(lines)


_LEGEND = (
    "H commutes with the state. Without and with it: jumps relative to all jumps, the rest to all that dissipates. "
    "The residual is with H, in the unit of the rates."
)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
