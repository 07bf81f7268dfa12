"""The verb: ask analyses of what an audit found."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise._checks import InputError
from equipoise.auditing.analyses.answer import AbstractAnalysis, Answer
from equipoise.auditing.record import Audit


def analyse(audit: Audit, analyses: Sequence[AbstractAnalysis]) -> tuple[Answer, ...]:
    """Answer analyses for the generator and the stationary state of an audit.

    Parameters
    ----------
    audit : Audit
        Of a system with one stationary state.
    analyses : sequence of AbstractAnalysis

    Returns
    -------
    tuple of Answer
        In the order of the analyses; each prints itself and gives a dataset.

    Raises
    ------
    InputError
        If the stationary state is not unique.

    Examples
    --------
    >>> from equipoise.auditing import audit
    >>> from equipoise.auditing.analyses import LocalKmsAnalysis
    >>> from equipoise.generators import rate_equation
    >>> found = audit(rate_equation([[0, 3], [1, 0]], energies=[0.0, 1.0]))
    >>> answer, = analyse(found, [LocalKmsAnalysis()])
    >>> dict(answer.facts)["state"]
    'Gibbs: beta_S = 1.09861 between all levels'
    """
    if audit.sectors:
        raise InputError(
            "Argument `audit` must have one stationary state, but its state is not unique. Restrict the generator to a "
            "sector, and audit that: restricted_to(generator, columns)."
        )
    return tuple(analysis.answer(audit.generator, audit.state) for analysis in analyses)
