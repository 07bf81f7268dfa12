"""Rate matrices as people have them: generators, stochastic matrices, tables with names, lists of edges."""

import numpy as np
import pytest

import equipoise as eq
from equipoise.io import load_model

W = np.array([[0.0, 1.0, 2.0], [2.0, 0.0, 1.0], [1.0, 2.0, 0.0]])  # W[i, j]: j -> i, a ring that produces log 2


def production(subject):
    return next(entry.value for entry in eq.audit(subject).entropy if entry.name == "transition-resolved")


def test_diagonal():
    uneven = np.array([[0.0, 1.0, 2.0], [4.0, 0.0, 3.0], [1.0, 2.0, 0.0]])
    generator = uneven - np.diag(uneven.sum(axis=0))
    np.testing.assert_allclose(production(eq.rate_equation(generator)), 0.5060858985216685, rtol=1e-12)
    with pytest.raises(eq.InputError, match="ranspose"):
        eq.rate_equation(generator.T)
    with pytest.raises(eq.InputError):
        eq.rate_equation([[-5.0, 2.0], [1.0, -7.0]])


def test_labels_of_a_table():
    pandas = pytest.importorskip("pandas")
    names = ["low", "middle", "high"]
    found = eq.audit(eq.rate_equation(pandas.DataFrame(W, index=names, columns=names)))
    np.testing.assert_allclose(found.state.weights, np.ones(3) / 3, rtol=1e-12)
    assert "middle" in str(found)


FILES = {
    "matrix": "0,1,2\n2,0,1\n1,2,0\n",
    "matrix with names": ",low,middle,high\nlow,0,1,2\nmiddle,2,0,1\nhigh,1,2,0\n",
    "edges": "from,to,rate\n0,1,2\n1,0,1\n1,2,2\n2,1,1\n2,0,2\n0,2,1\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_file_of_rates(text, tmp_path):
    (tmp_path / "W.csv").write_text(text)
    (tmp_path / "model.toml").write_text('kind = "rates"\ntitle = "ring"\nrates = {file = "W.csv"}\n')
    np.testing.assert_allclose(production(load_model(tmp_path / "model.toml").subject), np.log(2.0), rtol=1e-12)


def test_file_of_energies(tmp_path):
    (tmp_path / "E.csv").write_text("0\n1\n2.5\n")
    head = 'kind = "rates"\ntitle = "ring"\nrates = [[0, 1, 2], [2, 0, 1], [1, 2, 0]]\n'
    (tmp_path / "model.toml").write_text(head + '[system]\nenergies = {file = "E.csv"}\n')
    np.testing.assert_allclose(load_model(tmp_path / "model.toml").subject.spectrum.levels, [0.0, 1.0, 2.5])


def test_a_stochastic_matrix_in_rows_is_refused():
    T = np.array([[0.7, 0.3], [0.1, 0.9]])
    with pytest.raises(eq.InputError, match="its columns add up to 1, but its rows do. Transpose it"):
        eq.rate_equation(T)
    assert eq.rate_equation(T.T).dimension == 2


def test_the_command_line_takes_a_table(tmp_path):
    from typer.testing import CliRunner

    from equipoise.cli import app

    (tmp_path / "ring.csv").write_text("from,to,rate\na,b,2\nb,a,1\nb,c,2\nc,b,1\nc,a,2\na,c,1\n")
    result = CliRunner().invoke(app, ["audit", str(tmp_path / "ring.csv")])
    assert result.exit_code == 0, result.output
    assert "irreversible" in result.output
    assert "0.693147" in result.output


@pytest.mark.parametrize(
    "text, message",
    [
        (",a,b\nb,0,1\na,2,0\n", "name its states alike"),
        ("from,to,rate\na,b\n", "three entries in each row"),
        ("from,to,rate\na,b,1\na,b,2\n", "repeats a -> b"),
        ("from,to,rate\na,b,fast\n", "must hold real rates"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path, text, message):
    (tmp_path / "w.csv").write_text(text)
    with pytest.raises(eq.InputError, match=message):
        load_model(tmp_path / "w.csv")
