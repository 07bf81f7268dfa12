"""The two-bath model audit: who keeps which law, with known answers."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from equipoise import (
    Coupling,
    InputError,
    NumericalError,
    Ohmic,
    OpenSystem,
    Reservoir,
    bose_einstein,
    fermi_dirac,
    weak_coupling,
)
from equipoise.auditing import compare_generators, standard_limits
from equipoise.auditing.compare import second_order_coherence
from equipoise.balance import detailed_balance
from equipoise.generators import Generator, kms_weak_coupling, redfield, universal_lindblad
from equipoise.reservoirs import LocalTemperature, Newns, Statistics
from equipoise.stationary import gibbs_state, stationary_state

n, x, one = np.diag([0.0, 1.0]), np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(2)


def three_levels(coupling: float = 0.01, T: tuple[float, float] = (2.0, 1.0)) -> OpenSystem:
    """Complex Hermitian couplings that do not commute with each other, in the energy basis."""
    hot, cold = (
        Reservoir(name, bose_einstein(temperature=t), Ohmic(coupling, 4.0))
        for name, t in zip(("hot", "cold"), T, strict=True)
    )
    A = np.array([[0.3, 1, 0.5j], [1, 0, 0.7], [-0.5j, 0.7, -1]])
    B = np.array([[0.9, 1j, 0.5], [-1j, 0, 0.7], [0.5, 0.7, -0.2]])
    return OpenSystem([0.0, 1.0, 2.3], [Coupling(hot, A), Coupling(cold, B)])


def two_qubits(T: tuple[float, float] = (2.0, 1.0)) -> tuple[OpenSystem, dict[str, np.ndarray]]:
    left, right = (
        Reservoir(name, bose_einstein(temperature=t), Ohmic(0.01, 10.0))
        for name, t in zip(("left", "right"), T, strict=True)
    )
    parts = {"left": np.kron(n, one), "right": 1.5 * np.kron(one, n)}
    swap = np.zeros((4, 4))
    swap[1, 2] = swap[2, 1] = 0.3
    couplings = [Coupling(left, np.kron(x, one)), Coupling(right, np.kron(one, x))]
    return OpenSystem(parts["left"] + parts["right"] + swap, couplings), parts


def test_who_keeps_which_law_on_two_detuned_qubits() -> None:
    system, parts = two_qubits()
    table = compare_generators(system, local_hamiltonians=parts)
    kept = {row.name: (row.obeys_second_law, row.obeys_zeroth_law, row.kossakowski == 0) for row in table.rows}
    assert kept == {
        "weak coupling": (True, True, True),
        "Redfield": (True, False, False),
        "universal Lindblad": (True, False, True),
        "geometric-arithmetic": (True, False, True),
        "KMS weak coupling": (True, True, True),
        "local": (True, False, True),
    }
    # One mark for each broken law, and none at a state that is positive.
    marks = {line[:22].strip(): line.count("!") for line in str(table).splitlines()[3:9]}
    assert marks == {name: sum(not law for law in laws) for name, laws in kept.items()}
    for row in table.rows:
        assert row.heat is not None
        assert row.boundary_work is not None
        # The first law closes in each of them, boundary work included.
        assert abs(row.heat.sum() + row.boundary_work) < 1e-13
        assert (row.boundary_work != 0) == (row.name == "local")
    errors = {row.name: row.mean_force_error for row in table.rows}
    assert errors["Redfield"] == 0.0
    assert errors["local"] is None
    # No coherence at second order at all: neither the secular nor the KMS-balanced generator has any.
    assert errors["weak coupling"] == pytest.approx(1.0, rel=1e-12)
    assert errors["KMS weak coupling"] == pytest.approx(1.0, rel=1e-12)
    assert errors["universal Lindblad"] is not None
    assert errors["universal Lindblad"] > 0.1


def test_redfield_coherence_is_that_of_the_mean_force_state() -> None:
    """Second order of Tr_B exp(-beta(H + X B + H_B)), by quadrature in imaginary time."""
    beta, e = 1.0, np.array([0.0, 1.0, 2.3])
    system = three_levels(0.02, (1.0, 1.0))
    bath, X = system.reservoirs[0], np.asarray(system.couplings[0].operator)
    J = bath.spectral_density
    assert J is not None

    def K(s: float) -> float:
        def integrand(v: float) -> float:
            return float(J(np.array(v))) * (np.exp(-v * s) + np.exp(-v * (beta - s))) / -np.expm1(-beta * v)

        return float(quad(integrand, 0, np.inf, epsabs=1e-13, epsrel=1e-11, limit=200)[0])

    nodes, weights = np.polynomial.legendre.leggauss(24)
    nodes, weights = 0.5 * (nodes + 1), 0.5 * weights
    # Differences s - s' = u in [0, beta], s' in [0, beta - u].
    total = np.zeros((3, 3), dtype=complex)
    for u, wu in zip(nodes * beta, weights * beta, strict=True):
        inner = np.zeros((3, 3), dtype=complex)
        for s, ws in zip(nodes * (beta - u), weights * (beta - u), strict=True):
            left = np.exp((s + u) * (e[:, None] - e[None, :])) * X
            inner += ws * left @ (np.exp(s * (e[:, None] - e[None, :])) * X)
        total += wu * K(u) * inner
    rho2 = np.exp(-beta * e)[:, None] * total / np.exp(-beta * e).sum()
    generator = redfield(system)
    found = second_order_coherence(generator.dissipators[0], generator.spectrum, None)
    off = ~np.eye(3, dtype=bool)
    assert np.abs(found - rho2)[off].max() < 1e-8 * np.abs(rho2[off]).max()


def test_a_balanced_generator_is_given_the_coherence_of_redfield_by_a_hamiltonian() -> None:
    """K_ij = i (R tau)_ij/(tau_j - tau_i): -i[K, tau] is what Redfield does to the coherences of tau. It stays GKSL."""
    system = replace(three_levels(0.02, (1.0, 1.0)), couplings=three_levels(0.02, (1.0, 1.0)).couplings[:1])
    reference, balanced = redfield(system), kms_weak_coupling(system)
    tau = np.diag(gibbs_state(balanced.spectrum, 1.0).matrix()).real
    gap = tau[None, :] - tau[:, None]
    off = ~np.eye(3, dtype=bool)
    K = np.where(off, 1j * reference.dissipators[0].apply(np.diag(tau)) / np.where(off, gap, 1.0), 0)
    assert np.abs(K - K.conj().T).max() < 1e-13 * np.abs(K).max()
    part = balanced.dissipators[0]
    assert part.coherent is not None
    repaired = replace(part, coherent_term=lambda: part.coherent + 0.5 * (K + K.conj().T))
    found, wanted, before = (
        second_order_coherence(one, balanced.spectrum, None) for one in (repaired, reference.dissipators[0], part)
    )
    assert np.abs(found - wanted)[off].max() < 1e-12 * np.abs(wanted[off]).max()
    assert np.abs(before[off]).max() < 1e-12 * np.abs(wanted[off]).max()
    assert replace(balanced, dissipators=(repaired,)).dissipators[0].representation.is_completely_positive
    # What the coherence costs: the jumps keep their balance, the Hamiltonian is the one thing that breaks it.
    alone = replace(balanced, dissipators=(repaired,))
    broken = detailed_balance(alone, gibbs_state(balanced.spectrum, 1.0))
    assert broken.jump < 1e-13 * broken.norm
    assert broken.noncommuting > 1e-4 * broken.norm


def test_second_order_coherence_is_the_limit_of_the_stationary_state() -> None:
    """(rho - second order) / coupling falls off as the coupling."""
    distances = []
    for coupling in (4e-3, 2e-3, 1e-3):
        system = replace(three_levels(coupling, (1.0, 1.0)), couplings=three_levels(coupling, (1.0, 1.0)).couplings[:1])
        generator = universal_lindblad(system)
        expected = second_order_coherence(generator.dissipators[0], generator.spectrum, None)
        rho = stationary_state(generator).density_matrix()
        distances.append(np.linalg.norm((rho - expected)[~np.eye(3, dtype=bool)]) / coupling)
    order = np.polyfit(np.log([4e-3, 2e-3, 1e-3]), np.log(distances), 1)[0]
    assert order == pytest.approx(1.0, abs=0.1)


def test_equal_temperature_flow_of_geometric_jumps_and_its_repair() -> None:
    """Without the coherent term geometric jumps carry heat at one temperature, with that of detailed balance none."""

    def bare(system: OpenSystem) -> Generator:
        return universal_lindblad(system, lamb_shift=False)

    table = compare_generators(three_levels(), limits={"bare": bare, "repaired": kms_weak_coupling})
    flow, none = (row.equal_temperature_heat for row in table.rows)
    assert flow is not None
    assert none is not None
    assert flow > 5e-5
    assert none < 1e-15
    assert [row.obeys_zeroth_law for row in table.rows] == [False, True]


def test_a_small_bias_against_that_flow_breaks_the_second_law() -> None:
    """Heat still flows the way it did at equal temperatures, now from cold to hot."""
    limits = {"ule": universal_lindblad, "redfield": redfield, "kms": kms_weak_coupling, "secular": weak_coupling}
    one, other = (compare_generators(three_levels(0.01, T), limits=limits) for T in ((1.0, 1.0001), (1.0001, 1.0)))
    for name in ("ule", "redfield"):
        verdicts = {one.row(name).obeys_second_law, other.row(name).obeys_second_law}
        assert verdicts == {True, False}
    for name in ("kms", "secular"):
        assert one.row(name).obeys_second_law
        assert other.row(name).obeys_second_law


def test_equal_temperature_flow_is_of_second_order_in_the_rates() -> None:
    flows = []
    for coupling in (1e-3, 5e-4, 2.5e-4):
        row = compare_generators(three_levels(coupling), limits={"ule": universal_lindblad}).row("ule")
        assert row.equal_temperature_heat is not None
        flows.append(row.equal_temperature_heat)
    order = np.polyfit(np.log([1e-3, 5e-4, 2.5e-4]), np.log(flows), 1)[0]
    assert order == pytest.approx(2.0, abs=0.1)


def test_kms_weak_coupling_is_balanced_reservoir_by_reservoir() -> None:
    generator = kms_weak_coupling(three_levels())
    for part in generator.dissipators:
        assert part.reservoir is not None
        beta = part.reservoir.inverse_temperature
        assert beta is not None
        alone = replace(generator, dissipators=(part,))
        found = detailed_balance(alone, gibbs_state(generator.spectrum, beta))
        assert found.sqdb.relative < 1e-13
        assert found.gns.relative_without_hamiltonian > 1e-2


def test_kms_weak_coupling_of_fermions_with_a_chemical_potential() -> None:
    c1 = np.kron(np.array([[0, 1], [0, 0]]), one)
    c2 = np.kron(np.diag([1.0, -1.0]), np.array([[0, 1], [0, 0]]))
    n1, n2 = c1.T @ c1, c2.T @ c2
    leads = [
        Reservoir(name, fermi_dirac(temperature=0.5, chemical_potential=mu), Newns(rate, 5.0))
        for name, mu, rate in (("left", 0.5, 0.02), ("right", -0.5, 0.05))
    ]
    H = 0.2 * n1 + 0.4 * n2 + 0.1 * (c1.T @ c2 + c2.T @ c1)
    system = OpenSystem(H, [Coupling(leads[0], c1), Coupling(leads[1], c2)], number=n1 + n2)
    table = compare_generators(system)
    assert all(row.note == "" for row in table.rows)
    assert table.row("KMS weak coupling").obeys_zeroth_law
    assert not table.row("universal Lindblad").obeys_zeroth_law
    heat = table.row("KMS weak coupling").heat
    assert heat is not None
    flows = kms_weak_coupling(system)
    rho = stationary_state(flows).density_matrix()
    particles = np.trace((n1 + n2) @ flows.dissipators[0].apply(rho)).real
    # Joule: heat into the system summed over the leads is minus the power.
    assert heat.sum() == pytest.approx(-1.0 * particles, rel=1e-9)
    ungraded = replace(system, number=None)
    with pytest.raises(InputError, match="must have mu = 0 unless the couplings remove one particle"):
        kms_weak_coupling(ungraded)
    assert "needs the number operator" in compare_generators(ungraded).row("Redfield").note


def test_zero_temperature() -> None:
    """The coherent term becomes a sign; the ground state is stationary."""
    system = three_levels(0.01, (0.0, 0.0))
    generator = kms_weak_coupling(system)
    assert np.abs(generator.apply(np.diag([1.0, 0.0, 0.0]))).max() < 1e-15
    row = compare_generators(system, limits={"kms": kms_weak_coupling}).row("kms")
    assert row.entropy_production is None
    assert row.obeys_zeroth_law


def test_a_redfield_state_that_is_not_positive_is_shown() -> None:
    cold = Reservoir("cold", bose_einstein(temperature=0.02), Ohmic(0.2, 3.0))
    system = OpenSystem([0.0, 0.3], [Coupling(cold, [[1.0, 1.0], [1.0, -1.0]])])
    row = compare_generators(system).row("Redfield")
    assert row.smallest_weight is not None
    assert row.smallest_weight < 0
    generator = row.generator
    assert generator is not None
    with pytest.raises(NumericalError, match="not positive"):
        stationary_state(generator)
    # The printed matrix is the null vector: its heat flow vanishes with one reservoir.
    assert row.heat is not None
    assert abs(row.heat[0]) < 1e-14


def test_prints_in_80_columns_and_gives_a_dataset() -> None:
    system, parts = two_qubits()
    table = compare_generators(system, local_hamiltonians=parts)
    text = str(table)
    assert max(map(len, text.splitlines())) <= 80
    assert "universal Lindblad" in text
    assert "!" in text
    data = table.to_dataset()
    assert data.heat_flow.dims == ("limit", "reservoir")
    assert float(data.kossakowski.sel(limit="Redfield")) < 0
    assert np.isnan(float(data.mean_force_error.sel(limit="local")))
    assert "positive into the system" in data.heat_flow.attrs["long_name"]


def test_many_reservoirs_wrap() -> None:
    baths = [Reservoir(f"reservoir {k}", bose_einstein(temperature=1 + k), Ohmic(0.01, 4.0)) for k in range(6)]
    system = OpenSystem([0.0, 1.0], [Coupling(bath, x) for bath in baths])
    lines = str(compare_generators(system, limits={"weak": weak_coupling})).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("  limit ") for line in lines) == 3


def test_a_limit_that_does_not_exist_keeps_its_row() -> None:
    """A field with a temperature function: no common temperature, no KMS generator, no entropy by Clausius."""
    strange = LocalTemperature(Statistics.BOSON, lambda w: 1.0 + 0.1 * w)
    bath = Reservoir("strange", strange, Ohmic(0.01, 4.0))
    table = compare_generators(OpenSystem([0.0, 1.0], [Coupling(bath, x)]))
    row = table.row("KMS weak coupling")
    assert row.generator is None
    assert "must be thermal" in row.note
    assert "KMS weak coupling: Argument" in str(table)
    assert table.row("weak coupling").equal_temperature_heat is None
    assert table.row("weak coupling").entropy_production is None


def test_a_doubtful_secular_approximation_is_a_note() -> None:
    system, _ = two_qubits()
    strong = replace(
        system,
        couplings=tuple(
            replace(c, reservoir=replace(c.reservoir, spectral_density=Ohmic(0.05, 10.0))) for c in system.couplings
        ),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = compare_generators(strong)
    assert table.row("weak coupling").note.startswith("Levels 1 and 2 are 0.781 apart, and reservoir 'left' moves both")
    assert table.row("Redfield").note == ""
    assert max(map(len, str(table).splitlines())) <= 80


def test_messages() -> None:
    system, parts = two_qubits()
    with pytest.raises(InputError, match="`system` must be an OpenSystem, but got Generator"):
        compare_generators(weak_coupling(system))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="`limits` must hold at least one limit"):
        compare_generators(system, limits={})
    table = compare_generators(system, limits={"weak": weak_coupling})
    with pytest.raises(InputError, match=r"must be a limit of this comparison \(weak\), but got 'strong'"):
        table.row("strong")
    assert "local" in standard_limits(parts)
    assert "local" not in standard_limits()


def test_local_hamiltonians_and_limits_are_checked_at_the_door() -> None:
    """A misspelt reservoir is an error that names the known ones, not a note in the last row."""
    system, parts = two_qubits()
    first, second = parts
    with pytest.raises(InputError, match=rf"reservoirs of the system \({first}, {second}\), but got middle. N"):
        compare_generators(system, local_hamiltonians={first: parts[first], "middle": parts[second]})
    with pytest.raises(InputError, match=rf"for each reservoir \({first}, {second}\), but has none for {second}"):
        compare_generators(system, local_hamiltonians={first: parts[first]})
    with pytest.raises(InputError, match="be a mapping of reservoir names to Hamiltonians, but got list"):
        compare_generators(system, local_hamiltonians=list(parts.values()))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="`local_hamiltonians` must come without `limits`, but both were given. Pass"):
        compare_generators(system, local_hamiltonians=parts, limits={"weak": weak_coupling})
    with pytest.raises(InputError, match="`limits` must be a mapping of names to functions of an OpenSystem, but got"):
        compare_generators(system, limits=[weak_coupling])  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"`limits\['weak'\]` must be a function of an OpenSystem .*, but got str"):
        compare_generators(system, limits={"weak": "weak coupling"})  # type: ignore[dict-item]


def test_the_page_gives_the_mean_force_errors_of_its_own_model() -> None:
    """The table of docs/how-to/choose_a_generator.md, from its first code cell."""
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "choose_a_generator.md").read_text(encoding="utf-8")
    cell = page.split("```{code-cell} python\n")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(cell.replace("print(table)", ""), names)
    printed = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", page, re.MULTILINE))
    rows = {
        "redfield": "Redfield",
        "weak_coupling": "weak coupling",
        "kms_weak_coupling": "KMS weak coupling",
        "universal_lindblad": "universal Lindblad",
        "geometric_arithmetic": "geometric-arithmetic",
    }
    assert set(printed) == set(rows)
    for limit, row in rows.items():
        assert names["table"].row(row).mean_force_error == pytest.approx(float(printed[limit]), abs=5e-3), limit
