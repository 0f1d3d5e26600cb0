"""The commands behind the Makefile: what they do with bad input, above all."""

import shutil
import subprocess
import sys

import jupytext
import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import backends, build, prose, run

PERCENT = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty project."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(run, "BUILD", tmp_path / "_build" / "run")
    monkeypatch.setattr(run.PageExporter, "extra_template_basedirs", [str(build.ROOT / "tools")])
    monkeypatch.delenv("BACKENDS", raising=False)
    monkeypatch.delenv("CI", raising=False)
    return notebooks


def write(path, *sources):
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "", "language": "python"}
    nbformat.write(notebook, path)
    return path


# make run


def test_run_sums_up_and_goes_on_after_a_failure(folder, capsys, monkeypatch):
    monkeypatch.setattr(run, "why_not", lambda key: "not here" if key == "c" else None)
    write(folder / "gan_a.ipynb", "x = 1", "print(unheard_of)")
    good = "print('7 examples/sec\\nGAN  mean error 0.5, covariance error 0.25, Fréchet 0.125')"
    write(folder / "gan_b.ipynb", good)
    write(folder / "gan_c.ipynb", good)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(SystemExit) as stop:
        run.main()
    assert stop.value.code == 1
    printed = capsys.readouterr()
    failed, ran, skipped = printed.out.strip().splitlines()
    assert failed == "gan_a: FAILED in cell 2, see above"
    assert "NameError" in printed.err and "unheard_of" in printed.err
    assert ran.startswith("gan_b: ") and ran.endswith("_build/run/gan_b.html")
    for figure in ("7", "mean error 0.5", "covariance error 0.25", "Fréchet 0.125"):
        assert figure in ran
    assert skipped == "gan_c: skipped, not here"
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_run_passes_when_all_do(folder, monkeypatch):
    monkeypatch.setattr(run, "why_not", lambda key: None)
    write(folder / "gan_a.ipynb", "x = 1")
    with pytest.raises(SystemExit) as stop:
        run.main()
    assert stop.value.code == 0


def test_a_page_needs_no_network_and_keeps_descriptions():
    picture = nbformat.v4.new_output(
        "display_data",
        {"image/png": "AAAA", "text/plain": "x"},
        metadata={"image/png": {"alt": 'A "curve" & <more>', "width": 50}},
    )
    cells = [new_markdown_cell("Then $a < b$ and\n\n$$\\log_2 x$$"), new_code_cell("'$1$'")]
    cells[1].outputs = [picture]
    html, _ = run.PageExporter().from_notebook_node(new_notebook(cells=cells))
    assert BeautifulSoup(html, "html.parser").img["alt"] == 'A "curve" & <more>'
    assert html.count("<math") == 2 and "&lt;" in html.partition("<math")[2]
    assert "<script src" not in html and "<link" not in html
    assert "No description" not in html


# make notebooks


def test_build_keeps_the_notebook_when_a_cell_fails(tmp_path, monkeypatch):
    source = tmp_path / "gan_torch.py"
    source.write_text(PERCENT + "# %%\nprint(1)\n\n# %%\nraise OSError('no')\n")
    target = write(tmp_path / "gan_torch.ipynb", "print(1)")
    before = target.read_bytes()
    monkeypatch.setattr("sys.argv", ["build", str(source)])
    with pytest.raises(SystemExit, match="gan_torch.py stopped, .*as before(.|\n)*OSError"):
        build.main()
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gan_torch.ipynb", "gan_torch.py"]


def test_build_runs_the_source_and_keeps_the_ids(tmp_path):
    source = tmp_path / "gan_torch.py"
    source.write_text(PERCENT + "# %%\nprint(1)\n\n# %%\nprint(2)\n")
    target = write(tmp_path / "gan_torch.ipynb", "print(1)")
    (old,) = nbformat.read(target, as_version=4).cells
    build.build(source)
    first, second = nbformat.read(target, as_version=4).cells
    assert (first.outputs[0].text, second.outputs[0].text) == ("1\n", "2\n")
    assert first.id == old.id and first.metadata == {}


# make prose


def test_prose_copies_what_is_shared_and_keeps_what_is_own(tmp_path):
    source, target = tmp_path / "gan_a.py", tmp_path / "gan_b.py"
    own = '# %% tags=["framework"]\n{} = 1\n\n'
    source.write_text(PERCENT + "# %% [markdown]\n# New.\n\n" + own.format("a") + "# %%\ny = 2\n")
    target.write_text(PERCENT + "# %% [markdown]\n# Old.\n\n" + own.format("b"))
    prose.copy_shared_cells(source, target)
    wanted = jupytext.read(source).cells
    wanted[1].source = "b = 1"
    assert [c.source for c in jupytext.read(target).cells] == [c.source for c in wanted]
    assert "jupytext" not in target.read_text()  # the header stays short


def test_prose_refuses_when_the_own_cells_do_not_match(tmp_path):
    source, target = tmp_path / "gan_a.py", tmp_path / "gan_b.py"
    source.write_text(PERCENT + '# %% tags=["framework"]\na = 1\n')
    target.write_text(PERCENT + "# %%\nx = 1\n")
    before = target.read_text()
    with pytest.raises(SystemExit, match="gan_b.py has 0 cells tagged framework, gan_a.py has 1"):
        prose.copy_shared_cells(source, target)
    assert target.read_text() == before


# BACKENDS


@pytest.mark.parametrize(
    "asked, ci, installed, answer",
    [
        ("", "", True, None),
        ("", "", False, "mxnet is not installed"),
        ("", "true", False, ModuleNotFoundError),
        ("", "true", True, None),
        ("torch,mxnet", "", True, None),
        ("mxnet", "", False, ModuleNotFoundError),
        ("torch", "true", False, "mxnet is not among BACKENDS"),
        ("torhc", "", True, ValueError),
    ],
)
def test_which_frameworks_take_part(monkeypatch, asked, ci, installed, answer):
    monkeypatch.setenv("BACKENDS", asked)
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(backends, "find_spec", lambda key: object() if installed else None)
    if isinstance(answer, type):
        with pytest.raises(answer):
            backends.why_not("mxnet")
    else:
        assert backends.why_not("mxnet") == answer


# pytest --nbval


def test_nbval_reports_a_wrong_verdict(tmp_path):
    """The run of a changed notebook turns red, and in the changed cell."""
    path = write(tmp_path / "gan_torch.ipynb", "print('mean within 0.2:', False)")
    notebook = nbformat.read(path, as_version=4)
    output = nbformat.v4.new_output("stream", name="stdout", text="mean within 0.2: True\n")
    notebook.cells[0].outputs, notebook.cells[0].execution_count = [output], 1
    nbformat.write(notebook, path)
    shutil.copy(build.ROOT / "pyproject.toml", tmp_path)
    pytest_ = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", str(path)]
    done = subprocess.run(pytest_, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1 and "1 failed" in done.stdout and "mean within" in done.stdout
