"""The audit as a record: what was found of a system of any kind, of which every printed form is a view."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from equipoise._checks import InputError
from equipoise.auditing.blocks import Quantity, Section
from equipoise.auditing.dataset import Contents, dataset_of
from equipoise.auditing.plain import SCHEMA, json_text, record_of
from equipoise.auditing.questions import Finding, Question
from equipoise.auditing.sheet import summary, summary_in_html
from equipoise.auditing.verdict import Verdict, meaning_of
from equipoise.provenance import Provenance
from equipoise.thermodynamics.entropy import Production

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

    from equipoise.auditing.analyses import Answer
    from equipoise.balance import DetailedBalance, GibbsFit
    from equipoise.balance.cycles import Cycles
    from equipoise.stationary import StationaryState
    from equipoise.thermodynamics import Currents

VIEWS: dict[str, Callable[..., Any]] = {}
"""Functions that draw ("figure") and report ("report") an audit, from a room above: the front door names them."""


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """The verdict under another reading of what the input leaves open.

    Parameters
    ----------
    reading : str
        Which part of the input was read differently, and how.
    verdict : Verdict
    """

    reading: str
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class ReservoirFlows:
    """Net flows from one reservoir into the system, whatever kind of system it is.

    Parameters
    ----------
    name : str
    particles, energy, heat : float or None
        Per unit time, positive into the system; None where it is not known.
    particle_error, energy_error : float
        A flow up to this size counts as zero; that of heat follows from both.
    inverse_temperature, chemical_potential : float or None
        None if the reservoir has none: it is not thermal, or of unknown origin.
    condition : str
        Temperature and chemical potential in words, or the reason why there are none.
    kind : str
        Its heading in a table: "Reservoir", "Gas".
    is_known : bool
        Whether it is known what causes the flows: of jumps of unknown origin it is not.
    """

    name: str
    particles: float | None
    energy: float | None
    heat: float | None
    particle_error: float = 0.0
    energy_error: float = 0.0
    inverse_temperature: float | None = None
    chemical_potential: float | None = None
    condition: str = ""
    kind: str = "Reservoir"
    is_known: bool = True

    @property
    def quantities(self) -> tuple[Quantity, Quantity, Quantity]:
        """`J_N`, `J_E` and `J_Q`, each with its error."""
        heat_error = self.energy_error + abs(self.chemical_potential or 0.0) * self.particle_error
        return (
            Quantity(self.particles, self.particle_error),
            Quantity(self.energy, self.energy_error),
            Quantity(self.heat, heat_error),
        )


class AbstractPart(ABC):
    """A part of an audit that only systems of one kind have, such as the cycles between levels.

    It knows how each view shows it: the printed sheet (`rows`), the report (`section`), the dataset (`contents`) and
    JSON (`record`).
    """

    name: ClassVar[str]
    found: Any
    """The noun that the part shows."""

    def rows(self, audit: Audit) -> tuple[tuple[str, str], ...]:
        """Label and text of its lines on the printed sheet; none by default."""
        return ()

    def section(self, audit: Audit) -> Section | None:
        """Its section of the report; none by default."""
        return None

    def contents(self) -> Contents:
        """Its variables and coordinates in the dataset; none by default."""
        return Contents()

    @abstractmethod
    def record(self) -> dict[str, object]:
        """Its contents as dictionaries, lists, arrays, numbers and text, for JSON."""

    def story(self, audit: Audit) -> str:
        """A sentence on what moves in it although no reservoir gives or takes energy on balance; may be empty."""
        return ""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Audit:
    """The answer to: is this stationary state an equilibrium, and if not, what flows?

    It prints itself, in text and in a notebook; `to_dataset`, `to_json`, `plot` and `report` show the rest.

    Parameters
    ----------
    verdict : Verdict
        By the first matching test; UNDECIDED if a tolerance or a reading of the input decides.
    generator : object
        That which was audited.
    findings : tuple of Finding
        One for each question: answer, residual, tolerance, norm.
    reservoirs : tuple of ReservoirFlows
        Positive into the system; empty if the stationary state is not unique.
    first_law : tuple of (str, float)
        Printed rows; the last is d<H>/dt, which the others sum to.
    work : float or None
        Power of a drive, positive into the system; None where no drive is known.
    entropy : tuple of Production
    parts : tuple of AbstractPart
        Of a system of levels: `currents`, `gibbs`, `state`, `cycles`, `balance` and `ergotropy`.
    alternatives : tuple of Alternative
    sectors : tuple of Audit
        One for each extremal stationary state if it is not unique.
    both_sides : tuple of Verdict
        The different verdicts on both sides of a tolerance.
    has_equal_reservoirs : bool
        Whether all reservoirs share one temperature and one chemical potential.
    support : str
        For a sector: the conserved projector, in words.
    provenance : Provenance
    """

    verdict: Verdict
    generator: Any
    findings: tuple[Finding, ...]
    reservoirs: tuple[ReservoirFlows, ...] = ()
    first_law: tuple[tuple[str, float], ...] = ()
    work: float | None = None
    entropy: tuple[Production, ...] = ()
    parts: tuple[AbstractPart, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    sectors: tuple[Audit, ...] = ()
    both_sides: tuple[Verdict, ...] = ()
    has_equal_reservoirs: bool = False
    support: str = ""
    provenance: Provenance

    def __repr__(self) -> str:
        return summary(self)

    def _repr_html_(self) -> str:
        """The balance sheet as a small table for a notebook, the verdict on top."""
        return summary_in_html(self)

    @property
    def first_law_error(self) -> float:
        """A row of the first law up to this size counts as zero: the errors of all energy flows together."""
        return sum(flow.energy_error for flow in self.reservoirs)

    def meaning(self, verdict: Verdict | None = None) -> str:
        """The meaning of the verdict, or of another one, for these reservoirs, in a sentence."""
        betas = [flow.inverse_temperature for flow in self.reservoirs]
        return meaning_of(self.verdict if verdict is None else verdict, betas, self.work is not None)

    def finding(self, question: Question, about: str = "") -> Finding:
        """The answer to a question; `about` names the reservoir, or the entropy production, of one asked of each.

        Raises
        ------
        InputError
            If the audit does not answer it.

        Examples
        --------
        >>> from equipoise.auditing import Question, audit
        >>> from equipoise.generators import rate_equation
        >>> cycle = audit(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]]))
        >>> cycle.finding(Question.KMS).answer
        'no'
        """
        for finding in self.findings:
            if finding.question is question and finding.about == about:
                return finding
        asked = f"{question}" + (f" about {about!r}" if about else "")
        answered = "; ".join(f"{f.question}" + (f" about {f.about!r}" if f.about else "") for f in self.findings)
        raise InputError(
            f"Argument `question` must be one that this audit answers, but got {asked}: it has {answered}."
        )

    def answers(self, question: Question) -> tuple[Finding, ...]:
        """All findings of a question: one for each reservoir of one asked of each, none if it is not asked."""
        return tuple(finding for finding in self.findings if finding.question is question)

    def part(self, name: str) -> AbstractPart:
        """A part by its name.

        Raises
        ------
        InputError
            If the audit has none of this name, as where the stationary state is not unique: its sectors have them.
        """
        for part in self.parts:
            if part.name == name:
                return part
        if self.sectors:
            raise InputError(
                f"The audit has no part {name!r}: its stationary state is not unique. Ask one of its sectors, such as "
                "audit.sectors[0]."
            )
        names = ", ".join(part.name for part in self.parts)
        raise InputError(
            f"Argument `name` must be a part of this audit ({names}), but got {name!r}. The parts `gibbs` and "
            "`ergotropy` need the energies of the states: pass energies=[...]."
        )

    @property
    def state(self) -> StationaryState:
        """The stationary state of a system of levels."""
        found: StationaryState = self.part("state").found
        return found

    @property
    def flows(self) -> Currents:
        """The flows of a system of levels for each reservoir and each transition, positive into the system."""
        found: Currents = self.part("currents").found
        return found

    @property
    def balance(self) -> DetailedBalance | None:
        """The parts of a generator that keep and that break detailed balance; None where it cannot be asked."""
        found: DetailedBalance | None = self.part("balance").found
        return found

    @property
    def cycles(self) -> Cycles:
        """The cycles between levels, with their affinities."""
        found: Cycles = self.part("cycles").found
        return found

    @property
    def gibbs(self) -> GibbsFit:
        """The Gibbs state nearest to the stationary state of a system of levels."""
        found: GibbsFit = self.part("gibbs").found
        return found

    @property
    def ergotropy(self) -> float:
        """The work that a unitary can extract from the stationary state of a system of levels."""
        found: float = self.part("ergotropy").found
        return found

    def to_dataset(self) -> xarray.Dataset:
        """Every number as an xarray Dataset with named dimensions and units.

        Dimensions: `finding`, `reservoir`, `law` (rows of the first law), `entropy_production`, and those of the
        parts: of a system of levels `level` (and `from_level`, `to_level` for transitions) and `cycle`. Flows are
        positive into the system. An audit whose stationary state is not unique has a dimension `sector` only; its
        sectors have datasets of their own.
        """
        return dataset_of(self)

    def to_json(self) -> str:
        """Every finding, flow and part as strict JSON, in which infinities are text and null stands for nothing.

        Examples
        --------
        >>> import json
        >>> from equipoise.auditing import audit
        >>> from equipoise.generators import rate_equation
        >>> record = json.loads(audit(rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]])).to_json())
        >>> record["verdict"], record["parts"]["state"]["levels"][0]["log_population"]
        ('irreversible', -1.0986122886681098)
        """
        return json_text({"schema": SCHEMA} | record_of(self) | {"provenance": dict(self.provenance.rows())})

    def plot(self) -> Figure:
        """A figure of the system: its levels, with the currents as arrows; if there is no such drawing, the flows.

        Raises
        ------
        InputError
            If the stationary state is not unique: its sectors have a figure each.
        """
        return VIEWS["figure"](self)  # type: ignore[no-any-return]

    def report(
        self,
        path: str | Path,
        *,
        title: str = "",
        description: str = "",
        source: str = "",
        units: str = "",
        answers: Sequence[Answer] = (),
    ) -> Path:
        """Write one HTML page that needs nothing else: no network, no script, no font.

        It holds the verdict in words (with both sides if undecided, and every sector if the stationary state is not
        unique), the drawing of the system, the balance sheet, the first law, the entropy productions, a section for
        each part, the findings and the provenance. Flows are positive into the system. The page follows the reader's
        preference for light or dark. Equal audits give equal pages.

        Parameters
        ----------
        path : str or Path
            File to write, of a name that ends in .html; missing folders are made, a file that exists is replaced.
        title, description : str, optional
            Heading of the page, and a paragraph of plain text below it.
        source : str, optional
            Text of the file the system came from, shown folded at the end.
        units : str, optional
            Unit of the energies of the system, such as GHz; "energy unit" if none is given.
        answers : sequence of Answer, optional
            Of analyses beyond the verdict: a section each, with a figure where there is one.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        InputError
            If the name of the file does not end in .html, or it cannot be written.

        Examples
        --------
        >>> import tempfile
        >>> import equipoise
        >>> cycle = equipoise.audit(equipoise.rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]]))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     page = cycle.report(folder + "/cycle.html", title="Cyclic chain")
        ...     "irreversible" in page.read_text(encoding="utf-8")
        True
        """
        words = {"title": title, "description": description, "source": source, "units": units}
        return VIEWS["report"](self, path, **words, answers=answers)  # type: ignore[no-any-return]
