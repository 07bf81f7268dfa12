"""The ladder of detailed balance in a report: which share of the generator stands on which rung."""

import numpy as np
import pytest

from equipoise import Coupling, OpenSystem, Reservoir, audit, bose_einstein, rate_equation, weak_coupling
from equipoise.auditing.blocks import Shares
from equipoise.generators import ding_li_lin
from equipoise.report.view import tracks
from equipoise.reservoirs import Ohmic


def thermal():
    bath = Reservoir("bath", bose_einstein(temperature=1.0), Ohmic(0.01, 10.0))
    return weak_coupling(OpenSystem([0.0, 1.0, 2.5], [Coupling(bath, np.ones((3, 3)))]), lamb_shift=False)


CASES = {
    "thermal": (thermal, ["100.00 %", "0.00 %", "0.00 %"]),
    "sampler": (lambda: ding_li_lin([0.0, 1.0, 2.4], [np.ones((3, 3))], 1.0), None),
    # Decay 3 on nine elements, rates 2 and 1 on three pairs: 81 + 15, of which 6/4 antisymmetric.
    "cycle": (lambda: rate_equation([[0, 1, 2], [2, 0, 1], [1, 2, 0]]), ["98.44 %", "0.00 %", "1.56 %"]),
}


@pytest.mark.parametrize("name", CASES)
def test_shares_add_up_and_follow_one_another(name):
    make, shares = CASES[name]
    found = audit(make())
    section = found.part("balance").section(found)
    (shared,) = (block for block in section.blocks if isinstance(block, Shares))
    ladder = tracks(shared).bars
    assert [rung.name for rung in ladder] == ["GNS-balanced", "KMS, not GNS", "current-carrying"]
    widths = [rung.width for rung in ladder]
    assert sum(widths) == pytest.approx(100.0)
    assert [rung.start for rung in ladder] == pytest.approx([0.0, widths[0], widths[0] + widths[1]])
    if shares is None:
        assert widths[1] > 1.0
        assert widths[2] < 1e-20
    else:
        assert [rung.text for rung in ladder] == shares


def test_the_report_shows_it_and_the_printed_sheet_stays_short(tmp_path):
    found = audit(CASES["cycle"][0]())
    found.report(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "The ladder: shares of the squared norm" in page
    assert "current-carrying" in page
    assert len(str(found).splitlines()) <= 16
