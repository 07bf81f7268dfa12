"""The parts of an audit that only systems of levels have: state, flows of transitions, cycles, detailed balance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from equipoise._printed import amount, amount_of_log
from equipoise.auditing.blocks import Bar, Quantity, Residuals, Section, Shares, Table
from equipoise.auditing.dataset import ENERGY_FLOW, RATE, Contents
from equipoise.auditing.findings import NOTIONS, loop_in_words
from equipoise.auditing.questions import Question
from equipoise.auditing.record import AbstractPart
from equipoise.auditing.sheet import grouped, residual_text
from equipoise.auditing.transitions import LARGEST, Resolution, net_transitions, resolution
from equipoise.auditing.verdict import Verdict
from equipoise.balance import DetailedBalance, GibbsFit
from equipoise.balance.cycles import Cycles
from equipoise.spectrum import Spectrum
from equipoise.stationary import StationaryState
from equipoise.thermodynamics import Currents
from equipoise.tolerances import ROUNDED

if TYPE_CHECKING:
    from equipoise.auditing.record import Audit

LEVEL_ROWS = 200
"""Levels listed at most in the table of the state."""

CYCLE_ROWS = 10
"""Cycles listed at most, largest affinity first."""

_LONGEST_PATH = 8


def level_energy(spectrum: Spectrum, level: int) -> float:
    """Energy of a level as printed: zero where it cannot be told from the rounding of an eigenvalue."""
    energy = float(spectrum.levels[level])
    return 0.0 if abs(energy) <= ROUNDED * float(np.abs(spectrum.levels).max()) else energy


def population(state: StationaryState, level: int) -> str:
    """Population of a level as printed; after a null-space solve, a bound where it is below its accuracy."""
    log_p = float(state.density.log_level_populations[level])
    accuracy = float(state.population_error[level])
    if not state.density.is_diagonal and log_p < np.log(accuracy):
        return f"< {amount(10.0 ** np.ceil(np.log10(accuracy)))}"
    return amount_of_log(log_p)


def resolved_flows(audit: Audit) -> Resolution:
    """Which flows of an audit of a system of levels stand above their error."""
    part = audit.part("currents")
    assert isinstance(part, CurrentsPart)
    return part.resolution


@dataclass(frozen=True, eq=False, repr=False)
class StatePart(AbstractPart):
    """The populations of the levels in the stationary state."""

    found: StationaryState
    name: ClassVar[str] = "state"

    def section(self, audit: Audit) -> Section:
        """Label, energy, degeneracy and population of the levels, ascending in energy."""
        spectrum = self.found.spectrum
        order = sorted(range(spectrum.size), key=lambda m: (spectrum.levels[m], m))[:LEVEL_ROWS]
        rows = tuple(
            (spectrum.labels[m], level_energy(spectrum, m), float(spectrum.degeneracies[m]), population(self.found, m))
            for m in order
        )
        note = f"The lowest {len(rows)} of {spectrum.size} levels." if spectrum.size > len(rows) else ""
        table = Table("", ("Level", "Energy", "States", "Population"), rows, note)
        return Section(title="Populations", blocks=(table,))

    def contents(self) -> Contents:
        """Energies, degeneracies and populations of the levels, and the spectral gap."""
        spectrum = self.found.spectrum
        variables: dict[str, object] = {
            "energy": ("level", spectrum.levels, {"units": "energy unit"}),
            "degeneracy": ("level", spectrum.degeneracies, {"units": "1"}),
            "log_population": (
                "level",
                self.found.density.log_level_populations,
                {"units": "1", "long_name": "natural logarithm of the population of the level"},
            ),
        }
        if self.found.gap is not None:
            variables["spectral_gap"] = ((), self.found.gap, {"units": RATE})
        return Contents(variables, {"level": list(spectrum.labels)})

    def record(self) -> dict[str, object]:
        """Each level with its energy, degeneracy and population."""
        spectrum = self.found.spectrum
        columns = (spectrum.labels, spectrum.levels, spectrum.degeneracies, self.found.density.log_level_populations)
        names = ("label", "energy", "degeneracy", "log_population")
        return {"levels": [dict(zip(names, level, strict=True)) for level in zip(*columns, strict=True)]}


@dataclass(frozen=True, eq=False, repr=False)
class GibbsPart(AbstractPart):
    """The Gibbs state that is nearest to the stationary state."""

    found: GibbsFit
    name: ClassVar[str] = "gibbs"

    def rows(self, audit: Audit) -> tuple[tuple[str, str], ...]:
        """Whether the state is Gibbs, and the best fit."""
        finding, fit = audit.finding(Question.GIBBS), self.found
        mu = "" if fit.chemical_potential is None else f", mu = {fit.chemical_potential:.6g}"
        text = f"{finding.answer} ({residual_text(finding)}); best fit beta = {fit.inverse_temperature:.6g}{mu}"
        return (("Gibbs state", text),)

    def section(self, audit: Audit) -> Section:
        """The fitted Gibbs state and how far it is from the state."""
        fit = self.found
        beta = fit.inverse_temperature
        temperature = np.inf if beta == 0 else 0.0 if np.isinf(beta) else 1.0 / beta
        rows: list[tuple[str, float]] = [("inverse temperature β", beta), ("temperature 1/β", float(temperature))]
        if fit.chemical_potential is not None:
            rows.append(("chemical potential μ", fit.chemical_potential))
        rows += [
            ("largest |log ρ − log fit|", fit.misfit),
            ("mean |log ρ − log fit|, weighted with ρ", fit.weighted_misfit),
            ("explained by round-off", fit.tolerance),
        ]
        return Section(title="Nearest Gibbs state", blocks=(Table("", ("Quantity", "Value"), tuple(rows)),))

    def contents(self) -> Contents:
        """The fitted inverse temperature and the misfit."""
        return Contents(
            {
                "fitted_inverse_temperature": ((), self.found.inverse_temperature, {"units": "1 / energy unit"}),
                "gibbs_misfit": ((), self.found.misfit, {"units": "1"}),
            }
        )

    def record(self) -> dict[str, object]:
        """The fitted parameters and the misfit."""
        return {
            "inverse_temperature": self.found.inverse_temperature,
            "chemical_potential": self.found.chemical_potential,
            "misfit": self.found.misfit,
        }


@dataclass(frozen=True, eq=False, repr=False)
class CurrentsPart(AbstractPart):
    """The flows of each reservoir on each transition between levels; a net flow counts beyond a tolerance."""

    found: Currents
    tolerance: float
    name: ClassVar[str] = "currents"

    @cached_property
    def resolution(self) -> Resolution:
        """Which of the flows stand above their error."""
        return resolution(self.found, self.tolerance)

    def rows(self, audit: Audit) -> tuple[tuple[str, str], ...]:
        """Whether the summed flows vanish on every transition, and the largest."""
        finding = audit.finding(Question.SUMMED_FLOWS_VANISH)
        words = {"yes": "balanced", "no": "not balanced"}.get(finding.answer, finding.answer)
        return (("energy levels", f"transitions {words} ({residual_text(finding)}); {finding.detail}"),)

    def section(self, audit: Audit) -> Section:
        """The largest microcurrents, and the energy that coherences carry."""
        flows = self.found
        found, count = net_transitions(self.resolution, LARGEST)
        labels, levels = flows.spectrum.labels, flows.spectrum.levels
        rows = tuple(
            (
                f"{labels[t.start]} → {labels[t.end]}",
                flows.reservoirs[t.reservoir],
                float(levels[t.end] - levels[t.start]),
                t.net,
                float(f"{t.share:.3g}"),
            )
            for t in found
        )
        note = "" if rows else "No transition carries a net current above its error."
        if count > len(rows):
            note = f"The largest {len(rows)} of {count} transitions that carry a net current."
        kind = audit.reservoirs[0].kind if audit.reservoirs else "Reservoir"
        columns = (
            "Transition",
            kind,
            "Energy gained [each jump]",
            "Net current [energy unit/ħ]",
            "Net / activity [1: one way]",
        )
        blocks = [Table("", columns, rows, note)]
        if np.any(flows.coherence_energy):
            carried = tuple(
                (name, Quantity(float(flows.coherence_energy[r]), self.resolution.energy_error(r)))
                for r, name in enumerate(flows.reservoirs)
            )
            title = "Energy flow that coherences carry"
            blocks.append(Table(title, (kind, "J_E [(energy unit)²/ħ]"), carried))
        return Section(title="Microcurrents", blocks=tuple(blocks))

    def story(self, audit: Audit) -> str:
        """Whether probability moves between the levels, and along which loop."""
        _, count = net_transitions(self.resolution, 1)
        if not count:
            moves = np.any(np.isfinite(self.found.directed.log_fluxes))
            return (
                "Activity goes both ways on every transition, and cancels." if moves else "No transition takes place."
            )
        text = "No energy is given or taken on balance, but "
        if not audit.state.density.is_diagonal:
            return text + "jumps move probability between the levels, and coherences help to carry it back."
        is_thermal = audit.verdict is Verdict.THERMAL_WITHOUT_DETAILED_BALANCE
        loops = audit.cycles.persistent_loops(most=1) if is_thermal else ()
        along = f", {loops[0].label.replace('->', '→')}" if loops else ""
        return text + f"probability circulates between the levels{along}."

    def contents(self) -> Contents:
        """Rates, microcurrents, and the flows that both directions of each transition carry."""
        flows = self.found
        pair = ("reservoir", "to_level", "from_level")
        carried = "flow into the system carried by both directions of a transition; symmetric, count each pair once"
        current = "net probability current from_level -> to_level caused by the reservoir"
        rates = np.exp(flows.directed.log_rates)
        variables: dict[str, object] = {
            "coherence_energy_flow": ("reservoir", flows.coherence_energy, {"units": ENERGY_FLOW}),
            "rate": (pair, rates, {"units": RATE, "long_name": "rate from_level -> to_level"}),
            "microcurrent": (pair, flows.microcurrents, {"units": RATE, "long_name": current}),
            "transition_particle_flow": (pair, flows.transition_particles, {"units": RATE, "long_name": carried}),
            "transition_energy_flow": (pair, flows.transition_energy, {"units": ENERGY_FLOW, "long_name": carried}),
            "transition_heat_flow": (pair, flows.transition_heat, {"units": ENERGY_FLOW, "long_name": carried}),
        }
        labels = list(flows.spectrum.labels)
        return Contents(variables, {"to_level": labels, "from_level": labels})

    def record(self) -> dict[str, object]:
        """Net probability currents in their direction, the largest of each reservoir first."""
        flows, labels, moves = self.found, self.found.spectrum.labels, []
        for r, name in enumerate(flows.reservoirs):
            net = np.asarray(flows.microcurrents[r])
            to, origin = np.nonzero(net > 0)
            for k in np.argsort(-net[to, origin], kind="stable"):
                m, n = to[k], origin[k]
                moves.append({"reservoir": name, "from": labels[n], "to": labels[m], "current": net[m, n]})
        return {"microcurrents": moves}


@dataclass(frozen=True, eq=False, repr=False)
class CyclesPart(AbstractPart):
    """The cycles between levels, and their affinities."""

    found: Cycles
    name: ClassVar[str] = "cycles"

    def rows(self, audit: Audit) -> tuple[tuple[str, str], ...]:
        """The largest affinity, and the cycle that has it."""
        finding, tree = audit.finding(Question.AFFINITIES_VANISH), self.found.tree
        if finding.answer == "yes" or self.found.one_way.size or not tree.affinities.size:
            return (("cycles", ("no affinity; " if finding.answer == "yes" else "") + finding.detail),)
        undecided = "undecided; " if finding.answer == "undecided" else ""
        path = loop_in_words(tree.largest_cycle(), self.found.spectrum.labels)
        around = f"affinity {amount(tree.largest)} on {path}"
        return (("cycles", f"{undecided}{around}; defect {self.found.defect:.3g}"),)

    def section(self, audit: Audit) -> Section:
        """The cycles of the largest affinities, in the direction they are driven."""
        cycles = self.found
        order = np.argsort(-cycles.affinities, kind="stable")[:CYCLE_ROWS]
        rows = tuple((self._path(int(k)), float(cycles.affinities[k])) for k in order)
        notes = []
        if len(cycles) > len(rows):
            notes.append(f"The largest {len(rows)} of {len(cycles)} fundamental cycles.")
        if not cycles:
            notes.append("The two-way transitions form a tree: there is no cycle.")
        if cycles.one_way.size:
            count = len(cycles.one_way)
            notes.append(f"{count} transitions go one way only: the affinity of a cycle through them is ∞.")
        if cycles:
            notes.append(f"Root mean square distance of the log-ratios from a gradient: {amount(cycles.defect)}.")
        table = Table("", ("Cycle, in the direction it is driven", "Affinity [k_B]"), rows, " ".join(notes))
        return Section(title="Cycle affinities", blocks=(table,))

    def _path(self, index: int) -> str:
        names = [self.found.spectrum.labels[level] for level in self.found.tree.cycle(index)]
        if len(names) > _LONGEST_PATH:
            return f"{names[0]} → {names[1]} → … → {names[-1]} → {names[0]} ({len(names)} levels)"
        return " → ".join([*names, names[0]])

    def contents(self) -> Contents:
        """Affinity of each fundamental cycle and the transition that closes it."""
        if not self.found:
            return Contents()
        closing = {"long_name": "transition that closes the fundamental cycle"}
        variables: dict[str, object] = {
            "cycle_affinity": ("cycle", self.found.affinities, {"units": "k_B"}),
            "cycle_chord": ("cycle", self._chords(), closing),
        }
        return Contents(variables)

    def _chords(self) -> list[str]:
        labels = self.found.spectrum.labels
        return [f"{labels[n]} -> {labels[m]}" for m, n in self.found.chords]

    def record(self) -> dict[str, object]:
        """Affinity of each fundamental cycle, the transition that closes it, and the distance from a gradient."""
        pairs = zip(self._chords(), self.found.affinities, strict=True)
        return {
            "cycles": [{"closed_by": chord, "affinity": affinity} for chord, affinity in pairs],
            "one_way_transitions": len(self.found.one_way),
            "defect": self.found.defect,
        }


@dataclass(frozen=True, eq=False, repr=False)
class BalancePart(AbstractPart):
    """The parts of the generator that keep and that break detailed balance; None where it cannot be asked."""

    found: DetailedBalance | None
    name: ClassVar[str] = "balance"

    def rows(self, audit: Audit) -> tuple[tuple[str, str], ...]:
        """Which notions hold."""
        findings = [audit.finding(question) for question in NOTIONS]
        if self.found is None:
            return (("detailed balance", f"not applicable: {findings[0].detail}"),)
        entries = [(f.question.name, f"{f.answer} ({residual_text(f)})") for f in findings]
        return (("detailed balance", grouped(entries, values_last=True) + "; the commuting H left out"),)

    def section(self, audit: Audit) -> Section:
        """The parts that break detailed balance and their size, the shares of the generator, and the notions."""
        notions = [audit.finding(question) for question in NOTIONS]
        rows = tuple((f.question.name, f.answer, None if f.value is None else float(f"{f.value:.3g}")) for f in notions)
        table = Table("", ("Notion of detailed balance", "Holds", "Residual"), rows)
        found = self.found
        if found is None:
            return Section(title="Detailed balance", blocks=(table,), note=f"Not applicable: {notions[0].detail}.")
        tolerance = notions[0].tolerance or 0.0
        note = (
            f"What breaks it: antisymmetric parts of the generator, that of the jumps relative to all jumps (norm "
            f"{amount(found.jump_norm)}), the coherent ones to the whole dissipative part (norm {amount(found.norm)}), "
            f"on a logarithmic scale. Dashed: the tolerance {amount(tolerance)}."
        )
        broken = (
            ("jump", "antisymmetric part of the jumps, over all jumps", found.relative_jump),
            (
                "coherent, non-commuting",
                "Hamiltonian part that does not commute with the state",
                found.relative_noncommuting,
            ),
            ("coherent, commuting", "Hamiltonian part that commutes: no violation, removed", found.relative_commuting),
        )
        shares = (
            ("GNS-balanced", "symmetric, each jump with a definite change of log σ", found.gns_part),
            ("KMS, not GNS", "symmetric, jumps that mix such changes", found.kms_but_not_gns),
            ("current-carrying", "antisymmetric: jumps and non-commuting Hamiltonian", found.current_carrying),
        )
        # Of a generator that does nothing every share is zero.
        total = sum(norm**2 for _, _, norm in shares) or 1.0
        residuals = Residuals(
            note=note,
            bars=tuple(Bar(name=name, explanation=why, value=value) for name, why, value in broken),
            tolerance=tolerance,
        )
        ladder = Shares(
            note="The ladder: shares of the squared norm of the generator, the commuting Hamiltonian left out.",
            bars=tuple(
                Bar(name=name, explanation=why, value=norm**2 / total, error=found.noise**2 / total)
                for name, why, norm in shares
            ),
        )
        return Section(title="Detailed balance", blocks=(residuals, ladder, table))

    def record(self) -> dict[str, object]:
        """Relative size of what breaks detailed balance; empty where it cannot be asked."""
        if self.found is None:
            return {}
        return {
            "jump": self.found.relative_jump,
            "coherent_noncommuting": self.found.relative_noncommuting,
            "coherent_commuting": self.found.relative_commuting,
        }


@dataclass(frozen=True, eq=False, repr=False)
class ErgotropyPart(AbstractPart):
    """The work that a unitary can extract from the state; none from a passive state."""

    found: float
    name: ClassVar[str] = "ergotropy"

    def rows(self, audit: Audit) -> tuple[tuple[str, str], ...]:
        """The ergotropy, and whether the state is passive."""
        return (("ergotropy", amount(self.found) + (" (passive)" if self.found == 0.0 else " (not passive)")),)

    def contents(self) -> Contents:
        """The ergotropy."""
        return Contents({"ergotropy": ((), self.found, {"units": "energy unit"})})

    def record(self) -> dict[str, object]:
        """The ergotropy."""
        return {"ergotropy": self.found}
