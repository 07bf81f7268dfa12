"""Numbers behind the figures, as xarray datasets with units: all from the library's rates of the ring of dots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from equipoise.balance import relaxation_speed
from equipoise.generators import low_density
from equipoise.reproduce.low_density.balance import first_order
from equipoise.reproduce.low_density.cases import COUPLINGS, FLUX, dots, dots_case, ring, thermal_gas
from equipoise.reproduce.low_density.dots import CYCLE, log_ratios, thermalisation_sides
from equipoise.reproduce.low_density.laws import library_rates
from equipoise.scattering import PointScatterers, Target, scattering_rates
from equipoise.stationary import gibbs_state

if TYPE_CHECKING:
    from xarray import Dataset

PAIRS = ("+,-", "0,+", "-,0")
BETA = 2.0
"""Inverse temperature of every figure but the first: one over the gap of 0.5 of the ring."""

GAP = 0.5

PRINTED_DENSITY = 1 / (2 * np.pi)
"""Number density at which the paper's nu is 1."""

ARRANGEMENTS = {
    "different": ((1.0, 0.7, 1.5), 2.0),
    "two equal, no mirror images": ((1.0, 1.0, 1.5), 2.0),
    "two equal, mirror images": ((1.0, 1.5, 1.0), 2.0),
    "all equal, unevenly spaced": ((1.0, 1.0, 1.0), 2.6),
}
"""Couplings of dots at 0, x and a multiple of x, and the multiple."""

KINDS = ("different", "two equal", "mirror symmetry of the ring")


def largest_log_ratio(target: Target, beta: float) -> float:
    """The largest |log I| of any pair."""
    return float(np.abs(scattering_rates(target, thermal_gas(beta)).log_balance_ratio).max())


def temperature_data() -> Dataset:
    """Fig. 1: I against beta times the gap, and both sides of (30a), (30b) with the printed prefactor."""
    scaled = np.linspace(0.2, 12.0, 60)
    ratios, sides = [], []
    for beta in scaled / GAP:
        gas = thermal_gas(float(beta), density=PRINTED_DENSITY)
        logs = scattering_rates(dots(), gas).log_balance_ratio
        ratios.append([np.exp(logs[0, 1] * -1), np.exp(logs[2, 0]), np.exp(logs[1, 2])])
        # pi nu as printed is half of the rate.
        sides.append(thermalisation_sides(0.5 * library_rates(dots(), gas), dots_case(float(beta))))
    return _dataset(
        {
            "balance_ratio": (("beta_gap", "pair"), ratios, "I(k, l)", "1"),
            "condition": (("beta_gap", "equation", "side"), sides, "sides of (30a), (30b), prefactor pi nu", "1/time"),
        },
        {"beta_gap": scaled, "pair": ["0,-", "+,-", "0,+"], "equation": ["30a", "30b"], "side": ["left", "right"]},
        f"Fig. 1: flux {FLUX}, couplings {COUPLINGS}, levels -0.5, 0, 0.5, m = nu = 1",
    )


def coupling_data() -> Dataset:
    """|I - 1| of each pair against a common factor of the couplings, and its first order."""
    factors = np.geomspace(1e-4, 1e2, 61)
    found = [log_ratios(BETA, dots([s * V for V in COUPLINGS])) for s in factors]
    deviation = np.abs(np.expm1(found))
    # Fitted over the first decade.
    weak = factors <= 10 * factors[0]
    exponents = np.polyfit(np.log(factors[weak]), np.log(deviation[weak]), 1)[0]
    coefficients = first_order(dots_case(BETA))
    slopes = np.array([coefficients[pair] for pair in CYCLE])
    return _dataset(
        {
            "deviation": (("factor", "pair"), deviation, "|I(k, l) - 1|", "1"),
            "first_order": ("pair", np.abs(slopes), "|I(k, l) - 1| per factor, second Born term", "1"),
            "exponent": ("pair", exponents, "d log|I - 1| / d log factor at 0", "1"),
        },
        {"factor": factors, "pair": list(PAIRS)},
        f"couplings a common factor times {COUPLINGS}, beta {BETA}, flux {FLUX}, m = 1",
    )


def flux_data() -> Dataset:
    """log I of the pairs of levels by ascending energy against the flux; degenerate where 2 phi is an integer."""
    flux = np.concatenate([0.5 * k + 0.5 * np.sin(0.5 * np.pi * np.linspace(0, 1, 62)[1:-1]) ** 2 for k in range(2)])
    found = [scattering_rates(dots(COUPLINGS, float(phi)), thermal_gas(BETA)).log_balance_ratio for phi in flux]
    logs = np.array(found)[:, [1, 2, 2], [0, 0, 1]]
    return _dataset(
        {"log_balance_ratio": (("flux", "levels"), logs, "log I(upper, lower)", "1")},
        {"flux": flux, "levels": ["2,1", "3,1", "3,2"]},
        f"couplings {COUPLINGS}, beta {BETA}, m = 1; degenerate at flux 0, 1/2 and 1, where it is not defined",
    )


def separation_data() -> Dataset:
    """Largest |log I| against the distance of the first two dots on the line, for four choices of couplings."""
    # At 0 equal couplings scatter elastically only.
    distance = np.concatenate([np.geomspace(0.01, 0.3, 24), np.linspace(0.33, 2.0, 36)])
    wavelength = float(np.sqrt(2 * np.pi * BETA))
    table = [
        [
            largest_log_ratio(Target(ring(FLUX), PointScatterers([0.0, x, last * x], list(couplings))), BETA)
            for couplings, last in ARRANGEMENTS.values()
        ]
        for x in map(float, distance)
    ]
    couplings_of, last_of = zip(*ARRANGEMENTS.values(), strict=True)
    return _dataset(
        {
            "log_balance_ratio": (("distance", "arrangement"), table, "largest |log I|", "1"),
            "couplings": (("arrangement", "dot"), couplings_of, "V_i", "energy unit * length unit"),
            "last": ("arrangement", last_of, "place of the third dot over that of the second", "1"),
        },
        {"distance": distance / wavelength, "arrangement": list(ARRANGEMENTS), "dot": [1, 2, 3]},
        f"distance of the first two dots in units of the thermal wavelength; beta {BETA}, flux {FLUX}, m = 1",
    )


def ring_couplings(rng: np.random.Generator, sites: int, kind: str) -> Sequence[float]:
    """Random couplings: all different, two neighbours equal, or symmetric about an axis through site 0."""
    V = rng.uniform(0.4, 2.0, size=sites)
    if kind == KINDS[1]:
        V[1] = V[0]
    if kind == KINDS[2]:
        V = np.array([V[min(n, sites - n)] for n in range(sites)])
    return [float(v) for v in V]


def rings_data() -> Dataset:
    """Largest |log I| of rings of 3 to 6 dots at one place, for ten draws of each kind of couplings."""
    sizes, draws = (3, 4, 5, 6), 10
    rng = np.random.default_rng(6)
    table = [
        [[largest_log_ratio(dots(ring_couplings(rng, N, kind), 0.3), BETA) for _ in range(draws)] for kind in KINDS]
        for N in sizes
    ]
    return _dataset(
        {"log_balance_ratio": (("sites", "kind", "draw"), table, "largest |log I|; rounding where balanced", "1")},
        {"sites": list(sizes), "kind": list(KINDS), "draw": np.arange(1, draws + 1)},
        f"couplings from 0.4 to 2, beta {BETA}, flux 0.3, m = 1",
    )


def relaxation_data() -> Dataset:
    """Slowest relaxation rate against that of the balanced rates with the same flows a_kl p_l + a_lk p_k."""
    factors = np.geomspace(0.1, 1e3, 49)
    gibbs = gibbs_state(dots().spectrum, BETA)
    rates = []
    for s in factors:
        generator = low_density(dots([s * V for V in COUPLINGS]), thermal_gas(BETA), scattering_shift=False)
        found = relaxation_speed(generator, gibbs, start=gibbs, times=[0.0])
        rates.append((found.gap, found.balanced_gap))
    return _dataset(
        {"slowest": (("factor", "rates"), rates, "slowest relaxation rate", "1/time")},
        {"factor": factors, "rates": ["violating", "balanced"]},
        f"couplings a common factor times {COUPLINGS}, beta {BETA}, flux {FLUX}, m = n = 1",
    )


def _dataset(
    variables: dict[str, tuple[object, object, str, str]], coordinates: dict[str, object], title: str
) -> Dataset:
    from xarray import Dataset

    made = {
        name: (dims, np.asarray(values), {"long_name": long_name, "units": units})
        for name, (dims, values, long_name, units) in variables.items()
    }
    return Dataset(made, coordinates, {"title": title})


DATA: dict[str, Callable[[], Dataset]] = {
    "temperature": temperature_data,
    "coupling": coupling_data,
    "flux": flux_data,
    "separation": separation_data,
    "rings": rings_data,
    "relaxation": relaxation_data,
}
