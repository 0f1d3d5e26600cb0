"""The commands behind the Makefile: what they do with bad input, above all."""

import shutil
import subprocess
import sys
from pathlib import Path

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
    for module in (backends, build, run):
        monkeypatch.setattr(module, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(run, "BUILD", tmp_path / "_build" / "run")
    monkeypatch.setattr(run, "why_not", lambda key: None)
    monkeypatch.setattr(build, "why_not", lambda key: None)
    return notebooks


def write(path, *sources):
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "", "language": "python"}
    nbformat.write(notebook, path)
    return path


# make run


GOOD = "print('7 examples/sec\\nGAN  mean error 0.5, covariance error 1e-05, Fréchet nan')"


def run_all(capsys):
    """Run main; return its exit code, the lines of its summary, and what went to stderr."""
    with pytest.raises(SystemExit) as stop:
        run.main()
    printed = capsys.readouterr()
    return stop.value.code, printed.out.strip().splitlines(), printed.err


def test_run_sums_up_and_goes_on_after_a_failure(folder, capsys, monkeypatch):
    monkeypatch.setattr(run, "why_not", lambda key: "not here" if key == "torch" else None)
    write(folder / "gan_mxnet.ipynb", "x = 1", "print(unheard_of)", "x = 2")
    write(folder / "gan_tensorflow.ipynb", GOOD)
    write(folder / "gan_torch.ipynb", GOOD)
    write(folder / "Untitled.ipynb", "a stray file")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    code, (failed, ran, skipped), log = run_all(capsys)
    assert code == 1
    assert failed == "gan_mxnet: FAILED in cell In [2], see above"
    assert "NameError" in log and "unheard_of" in log
    page = run.BUILD / "gan_tensorflow.html"
    assert ran.startswith("gan_tensorflow: ") and ran.endswith(str(page)) and page.exists()
    assert "examples/sec 7, mean error 0.5, covariance error 1e-05, Fréchet nan" in ran
    assert skipped == "gan_torch: skipped, not here"
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("source", ["raise SystemExit", "import os; os._exit(1)"])
def test_run_notices_a_notebook_that_does_not_reach_its_end(folder, capsys, source):
    write(folder / "gan_torch.ipynb", "x = 1", source, "x = 2")
    page = run.BUILD / "gan_torch.html"
    page.parent.mkdir(parents=True)
    page.write_text("of an earlier run")
    code, (line,), _ = run_all(capsys)
    assert code == 1 and line.startswith("gan_torch: FAILED in cell In [")
    assert not page.exists()


def test_run_passes_when_all_do(folder, capsys):
    write(folder / "gan_torch.ipynb", GOOD)
    assert run_all(capsys)[0] == 0


def test_run_does_not_pass_when_there_is_nothing(folder, capsys):
    code, (line,), _ = run_all(capsys)
    assert code == 1 and line.startswith("no lessons in ")


def test_an_interrupted_run_says_so_in_one_line(folder, monkeypatch):
    write(folder / "gan_torch.ipynb", GOOD)

    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "run", interrupt)
    with pytest.raises(SystemExit, match="gan_torch: interrupted; the notebooks are as they were"):
        run.main()


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


def test_build_keeps_the_notebook_when_a_cell_fails(folder, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["build"])
    bad, good = folder / "gan_mxnet.py", folder / "gan_torch.py"
    bad.write_text(PERCENT + "# %%\nprint(1)\n\n# %%\nraise OSError('no')\n")
    good.write_text(PERCENT + "# %%\ntrain = print\n\n# %%\ntrain(3)\n")
    monkeypatch.setattr(build, "picture", lambda notebook: b"PNG")
    before = write(bad.with_suffix(".ipynb"), "print(1)").read_bytes()
    with pytest.raises(SystemExit, match="gan_mxnet.py stopped, .*as before(.|\n)*OSError"):
        build.main()
    assert bad.with_suffix(".ipynb").read_bytes() == before
    assert "3\\n" in good.with_suffix(".ipynb").read_text()  # the others are built
    assert not list(folder.glob("*.tmp"))


def test_build_runs_the_source_and_keeps_the_ids(tmp_path):
    source = tmp_path / "gan_torch.py"
    source.write_text(PERCENT + "# %%\nprint(1)\n\n# %%\nprint(2)\n")
    target = write(tmp_path / "gan_torch.ipynb", "print(1)")
    (old,) = nbformat.read(target, as_version=4).cells
    build.build(source)
    first, second = nbformat.read(target, as_version=4).cells
    assert (first.outputs[0].text, second.outputs[0].text) == ("1\n", "2\n")
    assert first.id == old.id and "execution" not in first.metadata


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
    with pytest.raises(SystemExit, match="gan_b.py has cells tagged framework in 0 places"):
        prose.copy_shared_cells(source, target)
    assert target.read_text() == before


# which notebooks


@pytest.mark.parametrize(
    "name, key",
    [
        ("gan_torch.ipynb", "torch"),
        ("gan_torch_solutions.py", "torch"),
        ("gan_torch_old.ipynb", None),
        ("gan_solutions.ipynb", None),
        ("Untitled.ipynb", None),
    ],
)
def test_a_notebooks_name_tells_its_framework(name, key):
    assert backends.key_of(Path(name)) == key


def test_lessons_and_solutions_are_kept_apart(folder):
    for name in ("gan_torch.py", "gan_torch_solutions.py", "gan_torch_old.py", "gan_mxnet.py"):
        (folder / name).touch()
    assert [path.stem for path in backends.lessons(".py")] == ["gan_mxnet", "gan_torch"]
    assert [path.stem for path in backends.solutions(".py")] == ["gan_torch_solutions"]
    assert backends.lessons(".ipynb") == []


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
    monkeypatch.setattr(backends.d2lmini, "no_wheel", lambda key: None)
    if isinstance(answer, type):
        with pytest.raises(answer):
            backends.why_not("mxnet")
    else:
        assert backends.why_not("mxnet") == answer


@pytest.mark.parametrize("asked, ci", [("", ""), ("", "true"), ("mxnet", "true")])
def test_a_framework_without_a_wheel_is_left_out_with_the_reason(monkeypatch, asked, ci):
    """Also where all are required: it is no omission."""
    monkeypatch.setenv("BACKENDS", asked)
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(backends, "find_spec", lambda key: None)
    monkeypatch.setattr(backends.d2lmini, "no_wheel", lambda key: f"no wheel of {key}")
    assert backends.why_not("mxnet") == "no wheel of mxnet"


# pytest --nbval


@pytest.mark.parametrize("stored, failures", [("True", 0), ("False", 1)])
def test_nbval_compares_the_verdict(tmp_path, stored, failures):
    path = write(tmp_path / "gan_torch.ipynb", "print('mean within 0.2:', True)")
    notebook = nbformat.read(path, as_version=4)
    text = f"mean within 0.2: {stored}\n"
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
    notebook.cells[0].execution_count = 1
    nbformat.write(notebook, path)
    shutil.copy(build.NOTEBOOKS.parent / "pyproject.toml", tmp_path)
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == failures, done.stdout
    assert "mean within" in done.stdout or not failures


def test_nbval_notices_a_wrong_generator(tmp_path):
    """The NumPy lesson up to its verdict, with a generator that has lost its bias."""
    notebook = nbformat.read(build.NOTEBOOKS / "gan_numpy.ipynb", as_version=4)
    sources = [cell.source for cell in notebook.cells]
    verdict = [source.startswith('print("mean within') for source in sources].index(True)
    notebook.cells = notebook.cells[: verdict + 1]
    shutil.copy(build.NOTEBOOKS.parent / "pyproject.toml", tmp_path)
    path = tmp_path / "gan_numpy.ipynb"
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", str(path)]
    for planted, failures in ("", 0), ("\nnet_G.parameters[1][...] = 0", 1):
        train = [source.startswith("train(") for source in sources].index(True)
        notebook.cells[train].source = sources[train] + planted
        nbformat.write(notebook, path)
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert f"{failures} failed" in done.stdout or not failures, done.stdout
        assert done.returncode == failures and ("within 0.2: False" in done.stdout) == bool(planted)
