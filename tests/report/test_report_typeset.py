"""Numbers in HTML, SVG and figures come from one formatter."""

from __future__ import annotations

import doctest
import math

import pytest

import equipoise.report.html
import equipoise.report.typeset
from equipoise._printed import amount, amount_of_log
from equipoise.report.typeset import (
    clipped,
    html_number,
    html_prose,
    math_number,
    plain_number,
    svg_number,
)


@pytest.mark.parametrize(
    ("text", "html", "plain", "tex"),
    [
        ("0", "0", "0", "$0$"),
        ("-1.5", "−1.5", "−1.5", "$−1.5$"),
        ("1e-09", "10<sup>−9</sup>", "10⁻⁹", "$10^{−9}$"),
        ("-1e+20", "−10<sup>20</sup>", "−10²⁰", "$−10^{20}$"),
        ("2.5e-300", "2.5 × 10<sup>−300</sup>", "2.5 × 10⁻³⁰⁰", r"$2.5\times 10^{−300}$"),
        ("inf", "∞", "∞", r"$\infty$"),
        ("-inf", "−∞", "−∞", r"$−\infty$"),
        ("-", "–", "–", "$–$"),
        ("< 1e-11", "&lt; 10<sup>−11</sup>", "< 10⁻¹¹", "$< 10^{−11}$"),
        ("not applicable", "not applicable", "not applicable", "$not applicable$"),
        ("<i>", "&lt;i&gt;", "<i>", "$<i>$"),
    ],
)
def test_a_printed_number_in_each_medium(text: str, html: str, plain: str, tex: str) -> None:
    assert html_number(text).split(">", 1)[1] == html + "</data>"
    assert plain_number(text) == plain
    assert math_number(text) == tex


def test_svg_raises_the_power() -> None:
    assert svg_number("2e-05") == '2×10<tspan class="sup" dy="-0.45em">−5</tspan>'


@pytest.mark.parametrize("exponent", [-1, -299, -300, -303.9, -304.1, -307.95, -1000, -12345.5])
def test_logarithms_print_as_the_number_they_are(exponent: float) -> None:
    text = amount_of_log(exponent * math.log(10.0))
    mantissa, _, power = text.partition("e")
    assert math.log10(float(mantissa)) + int(power or 0) == pytest.approx(exponent, abs=1e-5)
    assert 1 <= float(mantissa) < 10 or not power


def test_a_mantissa_rounded_to_ten_carries() -> None:
    assert amount_of_log(-1000 * math.log(10.0) - 1e-9) == "1e-1000"


def test_rounding_and_clipping() -> None:
    assert (amount(0.123456, 3), amount(None), amount(0.0), amount(2.0e-17, 2)) == (
        "0.123",
        "-",
        "0",
        "2e-17",
    )
    assert clipped("a\n  b", 9) == "a b"
    assert clipped("long enough", 6) == "long…"


@pytest.mark.parametrize("module", [equipoise.report.typeset, equipoise.report.html])
def test_examples_run(module) -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("1 -> 0, omega >= 2", "1 → 0, ω ≥ 2"),
        ("X_E = beta_0 - beta_r", "X<sub>E</sub> = β<sub>0</sub> − β<sub>r</sub>"),
        ("beta = 1.25, mu = -0.1", "β = 1.25, μ = −0.1"),
        ("beta(w) w is additive", "β(ω) ω is additive"),
        ("exp(-sum_j beta_j H^j) / Z", "exp(−Σ<sub>j</sub> β<sub>j</sub> H<sup>j</sup>) / Z"),
        ("residual 0.0e+00 or 1.2e-07", "residual 0.0 or 1.2 × 10<sup>−7</sup>"),
        ("a <b> & KMS-symmetric, 60.5% of 3-level", "a &lt;b&gt; &amp; KMS-symmetric, 60.5% of 3-level"),
        ("mu_left beta_hot omega_2 H_S v1.2e5x", "mu_left beta_hot omega_2 H_S v1.2e5x"),
    ],
)
def test_prose_is_set_and_escaped(text: str, html: str) -> None:
    assert html_prose(text) == html
