"""What leaves the project works outside it: the copies for a class, and the zips of the book."""

import ast
import os
import re
import shutil
from email import message_from_string
from functools import cache
from itertools import product
from pathlib import Path
from zipfile import ZipFile

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

import d2lmini
from tests.support.lesson import GAN
from tests.support.python import python
from tools import build, copies, lessons, wheels

ROOT = Path(__file__).parents[2]
KEYS = d2lmini.FRAMEWORKS
GIVEN = [kind for kind in GAN.kinds if kind != lessons.SOLUTIONS]
NO_WHEEL = copies.Wheel("d2lmini.whl", b"")
WHEEL = f"d2lmini-{d2lmini.__version__}-py3-none-any.whl"
BUILT = shutil.ignore_patterns(".*", "_build", "*.egg-info", "__pycache__")


def files_in(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def leave_traces(path):
    """Save a notebook as a teacher's editors do, with a kernel of their own."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.kernelspec.update(name="my-env", display_name="Of my own")
    about = {"language_info": {"name": "python", "version": "3.11.2"}, "widgets": {"state": {}}}
    notebook.metadata.update(about, toc={})
    for cell in notebook.cells:
        cell.metadata.update(collapsed=True, scrolled=True, jupyter={"source_hidden": True})
        cell.metadata.update(execution={"iopub.execute_input": "2026-11-25T18:00:00Z"})
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    """What `make student` writes in a copy of the project whose notebooks bear traces."""
    project = tmp_path_factory.mktemp("project") / "project"
    shutil.copytree(ROOT, project, ignore=BUILT)
    for path in (project / "notebooks").glob("*/*.ipynb"):
        leave_traces(path)
    student = project / "_build" / "student"
    (student / "gan_torch").mkdir(parents=True)
    (student / "gan_torch" / "marks.txt").write_text("a teacher's own", encoding="utf-8")
    before = files_in(project)
    done = python("-B", "-m", "tools.copies", cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    after = files_in(project)
    assert {path: after.get(path) for path in before} == before
    made = {path for path in after.keys() - before if path.parent.name != "handed_out"}
    assert sorted(done.stdout.splitlines()) == sorted(map(str, made))
    return student


def read(path):
    return nbformat.read(path, as_version=4)


def said(cell):
    """What a cell says, links or not; and what it does, whatever its comments."""
    if cell.cell_type == "code":
        return ast.dump(ast.parse(cell.source))
    return re.sub(r"\[([^][]+)\]\([^)]+\)", r"\1", cell.source)


def test_students_get_all_but_the_solutions_without_outputs(student):
    paths = sorted(student.glob("gan/*.ipynb"))
    kinds = [*GIVEN, "workbook"]
    wanted = {GAN.notebook(key, kind).stem for key in KEYS for kind in kinds}
    assert {path.stem for path in paths} == wanted
    for path in (path for path in paths if not path.stem.endswith("_workbook")):
        cells, lesson = read(path).cells, read(GAN.folder / path.name).cells
        wanted = [c for c in lesson if "solutions" not in c.metadata.get("tags", ())]
        assert [(c.id, said(c)) for c in cells] == [(c.id, said(c)) for c in wanted]
        code = [cell for cell in cells if cell.cell_type == "code"]
        assert code and not any(cell.outputs or cell.execution_count for cell in code)
        assert "_solutions" not in path.read_text(encoding="utf-8")
        folder = f"gan_{lessons.of(path).framework}"
        with ZipFile(student / f"{folder}.zip") as archive:
            assert archive.read(f"{folder}/{path.name}") == path.read_bytes()


def test_each_lesson_is_handed_out_with_its_workbook(student):
    """In the zip, and beside it; and kept, with its lesson, for grading."""
    for lesson, key in product(lessons.LESSONS, KEYS):
        name = f"{lesson.notebook(key).stem}_workbook.ipynb"
        beside = student / lesson.key / name
        with ZipFile(student / f"{lesson.notebook(key).stem}.zip") as archive:
            folder = lesson.notebook(key).stem
            assert archive.read(f"{folder}/{name}") == beside.read_bytes()
        kept = student.parent / "handed_out" / f"{read(beside).metadata.workbook}.ipynb"
        assert read(kept).metadata.get("lesson", "gan") == lesson.key


def test_students_find_the_answers_folded(tmp_path):
    answer = "<details>\n<summary>Answer</summary>\n\nSee [x](gone.md).\n\n</details>"
    lesson = new_notebook(cells=[new_markdown_cell("What is it?"), new_markdown_cell(answer)])
    lesson.cells[1].metadata["tags"] = ["answer"]
    given = {"gan_numpy.ipynb": copies.for_class(lesson)}
    files = copies.bundle(GAN.notebook("numpy"), given, NO_WHEEL)
    (_, cell) = nbformat.reads(files["gan_numpy.ipynb"].decode(), as_version=4).cells
    assert cell.source == answer.replace("[x](gone.md)", "x")


def test_copies_bear_no_traces_of_whoever_ran_them_or_when(student, tmp_path):
    """They are the same, byte for byte, as those of the notebooks without traces."""
    wheel = copies.build_wheel()
    assert (student / wheel.name).read_bytes() == wheel.content
    for path in student.glob("*.zip"):
        given = copies.given(lessons.of(path))
        files = copies.bundle(lessons.of(path), given, wheel)
        with ZipFile(path) as archive:
            for name in given:
                assert archive.read(f"{path.stem}/{name}").decode() == files[name].decode()
        assert path.read_bytes() == copies.zipped(files, lessons.of(path))
        for archive in (ZipFile(path), ZipFile(student / wheel.name)):
            assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


@pytest.fixture(scope="module")
def unzipped(student, tmp_path_factory):
    """The NumPy lesson, somewhere else."""
    folder = tmp_path_factory.mktemp("elsewhere")
    with ZipFile(student / "gan_numpy.zip") as archive:
        archive.extractall(folder)
    (folder,) = folder.iterdir()
    return folder


def test_a_lesson_runs_from_its_zip(unzipped):
    """Up to its figure, and with the wheel on the path, which is as good as installed."""
    lesson = read(unzipped / "gan_numpy.ipynb")
    cells = lesson.cells[: build.training_cell(lesson) + 1]
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    code = code.replace("num_epochs = 20", "num_epochs = 1")
    code += "\nimport sys; modules = sys.modules.items()\n"
    code += "print(*(module.__file__ for name, module in modules if 'd2lmini' in name[:7]))"
    (wheel,) = unzipped.glob("*.whl")
    done = python("-c", code, cwd=unzipped, env=os.environ | {"PYTHONPATH": str(wheel)})
    assert done.returncode == 0, done.stderr
    (*_, speed, modules) = done.stdout.splitlines()
    assert "examples/sec" in speed
    assert modules and all(Path(module).is_relative_to(wheel) for module in modules.split())


def test_its_requirements_are_its_own_at_the_tested_versions(unzipped):
    lines = (unzipped / "requirements.txt").read_text(encoding="utf-8").splitlines()
    constraints, package, lab = lines
    lock = (ROOT / "requirements.txt").read_bytes()
    assert constraints == "-c constraints.txt" and lab == "jupyterlab"
    assert (unzipped / "constraints.txt").read_bytes() == lock and b"\njupyterlab==" in lock
    wheel, _, extra = package.removeprefix("./").partition("[")
    assert extra == "numpy]"
    with ZipFile(unzipped / wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        assert {"d2lmini/numpy.py", "d2lcheck/numpy.py"} <= set(archive.namelist())
        metadata = message_from_string(archive.read(name).decode())
    assert {*d2lmini.FRAMEWORKS, "lab"} <= set(metadata.get_all("Provides-Extra"))


def test_its_readme_names_what_is_there(unzipped):
    text = (unzipped / "README.txt").read_text(encoding="utf-8")
    named = set(re.findall(r"\w+\.(?:ipynb|txt|whl)", text))
    kinds = [*GIVEN, "workbook"]
    wanted = {GAN.notebook("numpy", kind).ipynb.name for kind in kinds}
    assert named == {*wanted, "requirements.txt"}
    assert all((unzipped / name).exists() for name in named)
    assert len([line for line in text.splitlines() if line]) == 5


@cache
def bundled(key):
    """What is in a zip of the book's, but for the wheel."""
    paths = [GAN.notebook(key, kind).ipynb for kind in GAN.kinds]
    notebooks = {path.name: read(path) for path in paths}
    return copies.bundle(GAN.notebook(key), notebooks, NO_WHEEL)


@pytest.mark.parametrize("kind", GAN.kinds)
def test_where_d2lmini_is_missing_the_error_says_what_to_do(kind):
    """In IPython's traceback, as a notebook shows it."""
    content = bundled("torch")[GAN.notebook("torch", kind).ipynb.name]
    notebook = nbformat.reads(content.decode(), as_version=4)
    (cell,) = [cell for cell in notebook.cells if "from d2lmini import" in cell.source]
    code = "import sys; from IPython.core.interactiveshell import InteractiveShell as Shell\n"
    code += f"sys.modules['d2lmini'] = None; Shell(colors='nocolor').run_cell({cell.source!r})"
    done = python("-c", code)
    assert "ModuleNotFoundError" in done.stdout
    assert "gan_torch.zip" in done.stdout
    assert "python -m pip install -r requirements.txt" in done.stdout


@pytest.mark.parametrize("key", KEYS)
def test_every_link_and_picture_leads_somewhere(key):
    files = bundled(key)
    assert {"two_players.svg", "speed.png"} <= files.keys()
    for name in (name for name in files if name.endswith(".ipynb")):
        notebook = nbformat.reads(files[name].decode(), as_version=4)
        prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
        links = re.findall(r"\]\(([^)]+)\)", prose)
        assert {link for link in links if "://" not in link} <= files.keys()
    assert f"](gan_{key}_solutions.ipynb)" in files[f"gan_{key}.ipynb"].decode()


@pytest.mark.parametrize(
    "source, wanted",
    [
        ("the [table\nof `x`](../a.md).", "the table\nof `x`."),
        ("[a](gone.ipynb#b), [c](gone.ipynb)", "a, c"),
        ("[a](here.ipynb#b) [c](https://d2l.ai/a.md) [d](#e)", None),
        ("![a](gone.png) `[a](b)` $u[i](x)$", None),
    ],
)
def test_a_link_that_leads_nowhere_becomes_text(source, wanted):
    assert copies.without_dead(source, {"here.ipynb"}, "") == (wanted or source)


@pytest.mark.parametrize(
    "source, what",
    [
        ("![A picture.](gone.png)", "no picture gone.png in gan/"),
        ("![A picture.](../README.png)", "no picture ../README.png in gan/"),
        ("<img src='gone.png'>", "no picture gone.png in gan/"),
        ("<a href='gone.md'>here</a>", "gone.md is not in the zip"),
        ("[here][1]\n\n[1]: gone.md", "gone.md is not in the zip"),
    ],
)
def test_what_cannot_leave_is_named_and_nothing_written(
    tmp_path, notebooks, monkeypatch, source, what
):
    path = notebooks / "gan_numpy.ipynb"
    lesson = read(path)
    lesson.cells[1].source = source
    nbformat.write(lesson, path)
    (tmp_path / "student").mkdir()
    monkeypatch.setattr(copies, "HANDED_OUT", tmp_path / "handed_out")
    monkeypatch.setattr(copies, "BUILD", tmp_path / "student")
    monkeypatch.setattr(copies, "build_wheel", lambda: NO_WHEEL)
    with pytest.raises(SystemExit, match=f"gan_numpy.ipynb, cell 2: {what}"):
        copies.main()
    assert list((tmp_path / "student").iterdir()) == []
    assert not copies.HANDED_OUT.exists()


def test_a_wheel_that_cannot_be_built_is_told_in_a_line(tmp_path, monkeypatch):
    shutil.copytree(ROOT, tmp_path / "project", ignore=BUILT)
    (tmp_path / "project" / "pyproject.toml").write_text("[project]\nname = 3", encoding="utf-8")
    monkeypatch.setattr(copies, "ROOT", tmp_path / "project")
    with pytest.raises(SystemExit, match="^setuptools cannot build the wheel of d2lmini: .+$"):
        copies.build_wheel()


@pytest.mark.parametrize(
    "needs, wanted",
    [
        (["a"], "3.10 to 3.12"),
        (["a; python_version < '3.12'", "b; python_version == '3.11'"], "3.10 to 3.11"),
        (["a; sys_platform == 'darwin'", "a; python_full_version >= '3.12'"], "3.12"),
    ],
)
def test_a_readme_tells_which_pythons_will_do(monkeypatch, needs, wanted):
    lines = [f"{need}{' and' if ';' in need else ';'} extra == 'a'" for need in needs]
    monkeypatch.setattr(wheels, "requires", lambda name: lines)
    monkeypatch.setattr(wheels, "PYTHONS", ("3.10", "3.11", "3.12"))
    assert copies.pythons("a") == wanted
