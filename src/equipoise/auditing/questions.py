"""The questions of an audit, and an answer to one of them: a finding."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Question(Enum):
    """A question that an audit can ask; its value is the sentence that is printed.

    Some are asked of each reservoir, or of each entropy production: their sentence has a gap, `{}`, for its name.

    Examples
    --------
    >>> Question.FLOWS_VANISH.about("hot")
    'is every flow of hot zero'
    """

    UNIQUE = "is the stationary state unique"
    GIBBS = "is the state Gibbs"
    GIBBS_OF_RESERVOIRS = "is it the Gibbs state of the reservoirs"
    FLOWS_VANISH = "is every flow of {} zero"
    SUMMED_FLOWS_VANISH = "do the summed flows vanish on every transition"
    AFFINITIES_VANISH = "do all cycle affinities vanish (Kolmogorov)"
    KMS = "does KMS detailed balance hold"
    GNS = "does GNS detailed balance hold"
    SQDB = "does SQDB detailed balance hold"
    TEMPERATURE_ADDITIVE = "is the temperature function of {} additive on cycles"
    ENTROPY_NON_NEGATIVE = "is the {} entropy production non-negative"
    TEMPERATURE_DECLARED = "do the given rates of {} have its temperature"
    SECULAR_SAFE = "is the secular approximation safe"
    GAS_DILUTE = "is every gas dilute"
    MODES_FOUND = "does every coupling find modes in its reservoir"
    PASSIVE = "is the state passive, so that no unitary extracts work from it"

    def about(self, name: str) -> str:
        """The sentence with a name in its gap; a sentence without a gap as it is."""
        return self.value.format(name)


HEADLINES = {
    Question.UNIQUE: "Unique",
    Question.GIBBS: "Gibbs state",
    Question.FLOWS_VANISH: "Each transition at rest",
    Question.SUMMED_FLOWS_VANISH: "Summed flows vanish",
    Question.KMS: "KMS detailed balance",
    Question.PASSIVE: "Passive",
}
"""Questions whose answers stand at the top of a report, each with its short form."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One question of an audit and its answer.

    Parameters
    ----------
    question : Question
    about : str
        The reservoir or the entropy production it is asked of; empty if it is asked of the whole system.
    answer : str
        'yes', 'no', 'undecided' or 'not applicable'.
    value : float or None
        The measured residual.
    tolerance : float or None
        Below which the answer is yes.
    norm : str
        To which the value is relative.
    detail : str
        The offender, the parameters, or why the question is not applicable.
    """

    question: Question
    answer: str
    about: str = ""
    value: float | None = None
    tolerance: float | None = None
    norm: str = ""
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The question in words."""
        return self.question.about(self.about)


def compare(
    question: Question,
    value: float,
    tolerance: float,
    *,
    norm: str,
    about: str = "",
    detail: str = "",
    safety: float = 10.0,
) -> Finding:
    """Answer a question by comparing its residual with a tolerance.

    The answer is *undecided* where the residual is within a factor `safety` of the tolerance, on either side.
    """
    near = tolerance / safety < value < tolerance * safety
    answer = "undecided" if near else "yes" if value <= tolerance else "no"
    return Finding(
        question=question, answer=answer, about=about, value=value, tolerance=tolerance, norm=norm, detail=detail
    )
