"""The notebooks as files: pairs in step, one text in all frameworks, outputs fit to be kept."""

import ast
import re
import shutil
from itertools import groupby, pairwise
from pathlib import Path
from statistics import median

import jupytext
import nbformat
import pytest
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class

import d2lmini
from tools import answers
from tools.backends import KINDS, key_of, lessons, solutions
from tools.prose import CONFIG
from tools.run import FIGURES, read_figures

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "notebooks").glob("*.py"))
REFERENCE = ROOT / "notebooks" / f"gan_{d2lmini.FRAMEWORKS[0]}.py"
LESSONS, SOLUTIONS = lessons(".py"), solutions(".py")
EACH = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
EACH_LESSON = pytest.mark.parametrize("source", LESSONS, ids=lambda path: path.stem)
EACH_SOLUTION = pytest.mark.parametrize("source", SOLUTIONS, ids=lambda path: path.stem)


def reference(source):
    """The PyTorch notebook of the same kind."""
    first = d2lmini.FRAMEWORKS[0]
    return source.with_name(source.name.replace(f"gan_{key_of(source)}", f"gan_{first}"))


def cells(source):
    """Type, tags and text of each cell of a .py or .ipynb file."""
    notebook = jupytext.read(source)
    return [(c.cell_type, c.metadata.get("tags", []), c.source) for c in notebook.cells]


def outputs(source):
    """All (cell, output) of the executed notebook."""
    notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    return [(c, o) for c in notebook.cells if c.cell_type == "code" for o in c.outputs]


def code(source):
    """The syntax tree of a notebook's code."""
    return ast.parse(source.read_text(encoding="utf-8"))


def functions(tree, kinds=ast.FunctionDef):
    """The top-level functions of a syntax tree, by name."""
    return {node.name: node for node in tree.body if isinstance(node, kinds)}


def test_every_framework_has_its_lesson_and_its_solutions():
    wanted = {f"gan_{key}{kind}" for key in d2lmini.FRAMEWORKS for kind in KINDS}
    assert {path.stem for path in SOURCES} == wanted
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} == wanted


@EACH
def test_pair_is_in_step(source):
    """To the letter, or JupyterLab would refuse to open the older of the two."""
    notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    assert jupytext.writes(notebook, fmt="py:percent", config=CONFIG) == source.read_text(
        encoding="utf-8"
    ), f"{source.stem}.ipynb is not what {source.name} says: run `make notebooks`"


def test_jupyterlab_keeps_the_pair_together(tmp_path):
    """Saving an unchanged notebook leaves its .py as it was; an edit arrives there."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    contents = build_sync_jupytext_contents_manager_class(LargeFileManager)()
    contents.root_dir = str(tmp_path)
    path = f"notebooks/{REFERENCE.stem}.ipynb"
    model = contents.get(path)
    contents.save(model, path)
    text = (tmp_path / "notebooks" / REFERENCE.name).read_text(encoding="utf-8")
    assert text == REFERENCE.read_text(encoding="utf-8")
    model["content"]["cells"][2]["source"] += "\n\nOne more line."
    contents.save(model, path)
    assert "# One more line." in (tmp_path / "notebooks" / REFERENCE.name).read_text(
        encoding="utf-8"
    )


@EACH
def test_every_cell_was_run_in_order(source):
    notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    counts = [c.execution_count for c in notebook.cells if c.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


@EACH
def test_text_is_the_same_in_every_framework(source):
    """All cells but those tagged framework are the same to the letter, and in the same order."""

    def shared(path):
        every = ("its own" if "framework" in cell[1] else cell for cell in cells(path))
        return [cell for cell, _ in groupby(every)]  # its own cells, one or many, are one place

    for i, (got, want) in enumerate(zip(shared(source), shared(reference(source)), strict=True)):
        assert got == want, f"{source.name}, place {i + 1}: run `make prose`, or tag it framework"


@EACH
def test_functions_have_the_same_names_and_arguments(source):
    def signatures(path):
        lesson, _, _ = path.read_text(encoding="utf-8").partition(
            "# ## Going faster"
        )  # its ways are its own
        return {name: ast.dump(node.args) for name, node in functions(ast.parse(lesson)).items()}

    # The NumPy lesson has a few more, for what a framework brings along.
    assert signatures(reference(source)).items() <= signatures(source).items()


@EACH
def test_headings_are_shared(source):
    own = [text for _, tags, text in cells(source) if "framework" in tags]
    assert not any(
        line.startswith("#") for text in own for line in text.splitlines() if text[0] == "#"
    )


@EACH_LESSON
@pytest.mark.parametrize("name", ["update_D", "update_G"])
def test_steps_are_those_of_the_package(source, name):
    """The same syntax tree: what the lesson shows is what d2lmini exports."""
    package = code(ROOT / "d2lmini" / f"{key_of(source)}.py")
    assert ast.unparse(functions(code(source))[name]) == ast.unparse(functions(package)[name])


@EACH_SOLUTION
def test_solutions_change_nothing_that_they_take_from_the_lesson(source):
    """The same syntax tree for a function or class of the same name."""
    kinds = ast.FunctionDef | ast.ClassDef
    solved = functions(code(source), kinds)
    lesson = functions(code(ROOT / "notebooks" / f"gan_{key_of(source)}.py"), kinds)
    taken = solved.keys() & lesson.keys()
    assert "fit_errors" in taken
    assert {n: ast.unparse(solved[n]) for n in taken} == {n: ast.unparse(lesson[n]) for n in taken}


@EACH_SOLUTION
def test_each_exercise_is_solved_in_the_lessons_words(source):
    def plain(text):
        return " ".join(text.replace("*", "").split())

    lesson = [text for _, _, text in cells(REFERENCE) if text.startswith("## Exercises")]
    tasks = re.findall(r"^\d\. (.*(?:\n   .*)*)", lesson[0], re.MULTILINE)
    solved = [text for _, _, text in cells(source) if text.startswith("## Exercise ")]
    assert len(tasks) == len(solved) == 5
    for n, (task, text) in enumerate(zip(tasks, solved, strict=True), start=1):
        assert text.startswith(f"## Exercise {n}: ")
        assert plain(text.split("\n\n")[1]) == plain(task)


@EACH
def test_what_is_folded_answers_a_question(source):
    """And on the slides it comes after the question."""
    for before, cell in pairwise([None, *jupytext.read(source).cells]):
        answers.check(cell, before)
        assert answers.is_answer(cell) == ("<details>" in cell.source), cell.source
        if answers.is_answer(cell):
            kinds = [c.metadata.get("slideshow", {}).get("slide_type") for c in (before, cell)]
            assert kinds[0] not in {"notes", "skip"} and kinds[1] == "fragment", cell.source


@EACH
def test_imports_its_own_framework_only(source):
    imported = set()
    for node in ast.walk(code(source)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {f"{node.module}.{alias.name}" for alias in node.names}
    assert {name for name in imported if name.startswith("d2lmini")} == {
        f"d2lmini.{key_of(source)}"
    }
    others = set(d2lmini.FRAMEWORKS) - {key_of(source), "numpy"}
    assert not {name.split(".")[0] for name in imported} & others


@EACH_LESSON
def test_hyperparameters_stand_in_one_cell(source):
    (text,) = [text for _, tags, text in cells(source) if "parameters" in tags]
    names = {}
    exec(text, names)
    lesson = {"batch_size": 8, "num_epochs": 20, "lr_D": 0.05, "lr_G": 0.005, "latent_dim": 2}
    assert {name: names[name] for name in lesson} == lesson
    assert isinstance(names["seed"], int)


@EACH
def test_cells_are_short(source):
    lengths = [len(text.splitlines()) for kind, _, text in cells(source) if kind == "code"]
    assert median(lengths) <= 6 and max(lengths) <= 40


@EACH
def test_outputs_are_clean(source):
    for cell, output in outputs(source):
        assert output.output_type in {"stream", "display_data"}, cell.source
        assert output.get("name") != "stderr", cell.source
    notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    printed = [output.get("text", "") for _, output in outputs(source)]
    assert not re.search(r"/(home|root|tmp|Users)/|\d\d:\d\d:\d\d|0x[0-9a-f]{6}", "".join(printed))
    assert set(notebook.metadata) == {"kernelspec"}
    assert notebook.metadata.kernelspec.name == "python3"
    kept = {"tags", "slideshow", "lines_to_next_cell"}
    assert all(set(cell.metadata) <= kept for cell in notebook.cells)


@EACH
def test_every_figure_is_a_png_with_its_description(source):
    pictures = [output for _, output in outputs(source) if output.output_type == "display_data"]
    assert len(pictures) >= (3 if source in SOLUTIONS else 4)
    for picture in pictures:
        assert set(picture.data) == {"image/png", "text/plain"}
        assert len(picture.metadata["image/png"]["alt"]) > 30
    for alt, _ in re.findall(r"!\[(.*?)\]\((.*?)\)", source.read_text(encoding="utf-8"), re.DOTALL):
        assert len(alt) > 30


@EACH
def test_images_exist(source):
    images = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", source.read_text(encoding="utf-8"))
    assert images or source in SOLUTIONS
    assert all((source.parent / image).is_file() for image in images)


@EACH
def test_notebook_is_small(source):
    assert source.with_suffix(".ipynb").stat().st_size < 300_000


@EACH
def test_only_what_varies_is_left_uncompared(source):
    """The verdicts on the fit and on the compiled steps are compared; digits and speeds are not."""
    tags = {tag for _, tags, _ in cells(source) for tag in tags}
    assert tags <= {"answer", "framework", "parameters", "solutions", "nbval-ignore-output"}
    assert not re.search("NBVAL_|PYTEST_VALIDATE_", source.read_text(encoding="utf-8"))
    loose = [text for _, tags, text in cells(source) if "nbval-ignore-output" in tags]
    own = [text for _, tags, text in cells(source) if {"framework", *tags} == set(tags)]
    assert len(set(loose) - set(own)) == (6 if source in SOLUTIONS else 3)
    code = [text for kind, _, text in cells(source) if kind == "code"]
    verdicts = [text for text in code if "within" in text or "same W and c" in text]
    assert source in SOLUTIONS or len(verdicts) >= 2 and not set(verdicts) & set(loose)


@EACH_LESSON
def test_the_stored_verdicts_are_those_that_the_text_reads(source):
    """A seed for which the statistician happens to lose, say, does not fit the text."""
    printed = "".join(output.get("text", "") for _, output in outputs(source))
    assert printed.count(": True\n") >= 4 and "False" not in printed


@EACH_SOLUTION
def test_solutions_print_verdicts_that_hold(source):
    """All that is compared says True, at least once in each exercise."""
    said = [o.text for c, o in outputs(source) if "text" in o and "tags" not in c.metadata]
    assert len(said) > 5
    assert all(line.endswith(": True") for text in said for line in text.splitlines())


@EACH_LESSON
def test_make_run_finds_the_figures(source):
    notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    figures = read_figures(notebook)
    assert figures.keys() == FIGURES.keys()
    assert all(float(value) > 0 for value in figures.values())
