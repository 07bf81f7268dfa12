"""What given rates say of the temperature of their reservoir, beside what is declared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise._checks import RealArray
from equipoise._printed import amount
from equipoise.generators import Dissipator, FrequencyResolved, Generator, Jumps
from equipoise.generators.pairing import directed_jumps
from equipoise.tolerances import GIVEN_FUNCTION


@dataclass(frozen=True, eq=False, kw_only=True)
class EncodedRatios:
    """Rates over the rates of their reverses, beside what the temperature of the reservoir makes due.

    Local detailed balance says `log(rate / rate of the reverse) = -beta (dE - mu dN)` for a jump that changes the
    energy of the system by dE and its particles by dN.

    Parameters
    ----------
    inverse_temperature : float
        beta of the reservoir, as declared.
    names : tuple of str, length n
        Of the jumps.
    gaps : RealArray, shape (n,)
        `dE - mu dN` of each.
    log_ratios : RealArray, shape (n,)
        Infinite where there is no reverse.
    keeps_gibbs_state : bool
        Whether the rates leave the Gibbs state of the declared temperature as it is, with or without detailed balance,
        as the collisions of a gas may do: then they contradict nothing.
    """

    inverse_temperature: float
    names: tuple[str, ...]
    gaps: RealArray
    log_ratios: RealArray
    keeps_gibbs_state: bool = False

    @property
    def departures(self) -> RealArray:
        """`log_ratio + beta (dE - mu dN)`, zero where local detailed balance holds, shape (n,)."""
        with np.errstate(invalid="ignore"):
            due = np.where(self.gaps == 0.0, 0.0, -self.inverse_temperature * self.gaps)
            found = np.where(self.log_ratios == due, 0.0, self.log_ratios - due)
        return np.asarray(found)

    @property
    def largest(self) -> float:
        """Largest departure, relative to one and to the ratio; zero where nothing contradicts the temperature."""
        if self.keeps_gibbs_state:
            return 0.0
        size = np.abs(self.departures)
        scale = np.where(np.isfinite(self.log_ratios), 1.0 + np.abs(self.log_ratios), 1.0)
        return float(np.max(size / scale, initial=0.0))

    @property
    def encoded(self) -> float | None:
        """The one inverse temperature that all ratios have; None where they have none in common."""
        moved = self.gaps != 0.0
        if (
            not moved.any()
            or not np.isfinite(self.log_ratios).all()
            or np.any(np.abs(self.log_ratios[~moved]) > GIVEN_FUNCTION)
        ):
            return None
        beta = -self.log_ratios[moved] / self.gaps[moved]
        return float(beta.mean()) if np.ptp(beta) <= GIVEN_FUNCTION * float(np.abs(beta).max()) else None

    def sentence(self, name: str) -> str:
        """What the rates say, beside what is declared, with both numbers."""
        beta = self.encoded
        if beta is not None:
            encoded, declared = (f"{amount(one)} (T = {_temperature(one)})" for one in (beta, self.inverse_temperature))
            return f"the rates of {name} are those of beta = {encoded}, declared {declared}"
        k = int(np.argmax(np.abs(self.departures)))
        return (
            f"the rates of {name} depart from exp(-beta (dE - mu dN)) by {amount(abs(float(self.departures[k])))} in "
            f"the log of a ratio, most on {self.names[k]}: work is done there, or a temperature or an energy is wrong"
        )


def encoded_ratios(generator: Generator, part: Dissipator) -> EncodedRatios | None:
    """Of the given rates or jumps of a thermal reservoir; None where there is nothing to compare.

    That is: derived jumps, which have the ratios of their reservoir; jumps whose reverse or whose energy is not known;
    a chemical potential without a number operator.
    """
    reservoir, kind = part.reservoir, part.representation
    beta = None if reservoir is None else reservoir.inverse_temperature
    mu = 0.0 if reservoir is None else reservoir.chemical_potential or 0.0
    number = generator.number if part.number is None else part.number
    if beta is None or not part.is_given or not generator.has_energies or (mu != 0.0 and number is None):
        return None
    spectrum = generator.spectrum
    energies = spectrum.energies - spectrum.energies.min()
    E = np.diag(energies)
    if part.energy is not None:
        E = spectrum.to_energy_basis(part.energy - part.energy[0, 0] * np.eye(spectrum.dimension))
    K = E - (mu * spectrum.to_energy_basis(number) if mu != 0.0 and number is not None else 0.0)
    if isinstance(kind, FrequencyResolved):
        logs = kind.log_rates[0]
        to, origin = np.nonzero(np.isfinite(logs))
        found, back = logs[to, origin], logs[origin, to]
        values = np.diag(K).real
        names = [
            f"{spectrum.labels[spectrum.level_of[j]]} -> {spectrum.labels[spectrum.level_of[i]]}"
            for i, j in zip(to, origin, strict=True)
        ]
        return EncodedRatios(
            inverse_temperature=beta,
            names=tuple(names),
            gaps=values[to] - values[origin],
            log_ratios=found - back,
            keeps_gibbs_state=_keeps(logs, -beta * (values - values.min())) if np.isfinite(beta) else False,
        )
    jumps = (
        directed_jumps(kind.gauged_jumps(spectrum)[2])
        if isinstance(kind, Jumps) and kind.is_completely_positive
        else None
    )
    if jumps is None:
        return None
    gaps, names = [], []
    for L in jumps[0]:
        turned, size = K @ L - L @ K, float(np.vdot(L, L).real)
        gap = float(np.vdot(L, turned).real) / size
        scale = float(np.abs(K).max())
        if float(np.linalg.norm(turned - gap * L)) > GIVEN_FUNCTION * scale * np.sqrt(size):
            return None
        i, j = np.unravel_index(int(np.argmax(np.abs(L))), L.shape)
        gaps.append(gap if abs(gap) > GIVEN_FUNCTION * scale else 0.0)
        names.append(f"{spectrum.labels[spectrum.level_of[j]]} -> {spectrum.labels[spectrum.level_of[i]]}")
    return EncodedRatios(inverse_temperature=beta, names=tuple(names), gaps=np.array(gaps), log_ratios=jumps[1])


def forced_work(generator: Generator, part: Dissipator) -> RealArray | None:
    """Work that each jump n -> m of a rate equation takes in, [m, n] between levels; None where there is no force.

    The heat that a jump takes from a reservoir at T is `-T log(rate / rate of the reverse)`, the rest of
    `dE - mu dN` is work: `w(n -> m) = dE - mu dN + T log(rate / rate of the reverse)`. Rates that are those of one
    other temperature are taken for that of a reservoir declared wrongly, and not for a force.
    """
    kind, found = part.representation, encoded_ratios(generator, part)
    if found is None or not isinstance(kind, FrequencyResolved) or found.largest <= GIVEN_FUNCTION:
        return None
    if found.encoded is not None or not np.isfinite(found.departures).all() or found.inverse_temperature == 0.0:
        return None
    spectrum = generator.spectrum
    to, origin = np.nonzero(np.isfinite(kind.log_rates[0]))
    work = np.zeros((spectrum.size, spectrum.size))
    work[spectrum.level_of[to], spectrum.level_of[origin]] = found.departures / found.inverse_temperature
    return work


def _keeps(log_rates: RealArray, log_weights: RealArray) -> bool:
    """Whether what enters each state, with these weights, is what leaves it."""
    from scipy.special import logsumexp

    fluxes = log_rates + log_weights[None, :]
    entering, leaving = logsumexp(fluxes, axis=1), logsumexp(fluxes, axis=0)
    same = np.isneginf(entering) & np.isneginf(leaving)
    with np.errstate(invalid="ignore"):
        return bool(np.all(same | (np.abs(entering - leaving) <= GIVEN_FUNCTION)))


def _temperature(beta: float) -> str:
    return "inf" if beta == 0.0 else amount(1.0 / beta)
