"""The notebooks as files: pairs in step, one text in all frameworks, outputs fit to be kept."""

import ast
import re
import shutil
from itertools import groupby, pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

import jupytext
import nbformat
import pytest
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class

import d2lmini
from tools import answers
from tools.lessons import LESSONS, SOLUTIONS, every, of
from tools.prose import CONFIG
from tools.run import read_figures

ROOT = Path(__file__).parents[2]
REFERENCE = LESSONS[0].notebook(d2lmini.FRAMEWORKS[0]).py


class Wanted(NamedTuple):
    """What is wanted of a kind of notebook."""

    figures: int  # that its cells draw, at least
    pictures: int  # that its text shows, at least
    verdicts: int  # that it prints, at least
    loose: int  # shared cells whose outputs are not compared
    median: int  # lines of a code cell
    longest: int
    taken: str = "init_net"  # a function or class that is the lesson's


WANTED = {  # by the page of the book
    "gan": Wanted(figures=7, pictures=3, verdicts=3, loose=6, median=10, longest=25),
    "gan_faster": Wanted(figures=0, pictures=1, verdicts=1, loose=1, median=5, longest=25),
    "gan_solutions": Wanted(4, 0, verdicts=9, loose=8, median=5, longest=25, taken="fit_errors"),
    "faces": Wanted(figures=11, pictures=0, verdicts=5, loose=10, median=10, longest=26),
    "faces_solutions": Wanted(8, 0, verdicts=12, loose=13, median=8, longest=26),
}


class InClass(NamedTuple):
    """What is wanted of a lesson that is to fit into a class."""

    words: int  # at most
    cells: int  # of code, at most
    checkpoints: int
    numbers: dict[str, float]  # that it begins with


IN_CLASS = {
    "gan": InClass(
        words=3300,
        cells=53,
        checkpoints=6,
        numbers={"batch_size": 8, "num_epochs": 20, "lr_D": 0.05, "lr_G": 0.005, "latent_dim": 2},
    ),
    "faces": InClass(
        words=2500,
        cells=45,
        checkpoints=3,
        numbers={"num_faces": 4000, "batch_size": 64, "num_epochs": 20, "latent_dim": 16},
    ),
}


def each(*kinds):
    """Run a test with every notebook of these kinds."""
    sources = [notebook.py for notebook in every(*kinds)]
    return pytest.mark.parametrize("source", sources, ids=lambda path: path.stem)


EACH, EACH_LESSON, EACH_SOLUTION = each(), each(""), each(SOLUTIONS)
EACH_OTHER = each(*{kind for lesson in LESSONS for kind in lesson.more})


def key_of(source):
    """The framework of a notebook."""
    return of(source).framework


def kind_of(source):
    """What kind of notebook it is: "" is the lesson."""
    return of(source).kind


def wanted(source):
    """What is wanted of a notebook."""
    return WANTED[of(source).lesson.page(kind_of(source))]


def in_class(source):
    """What is wanted of a lesson in class."""
    return IN_CLASS[of(source).lesson.key]


def lesson_of(source):
    """The lesson that a notebook goes with."""
    return of(source).lesson.notebook(key_of(source)).py


def reference(source):
    """The PyTorch notebook of the same kind."""
    return of(source).lesson.notebook(d2lmini.FRAMEWORKS[0], kind_of(source)).py


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


def before_ways(source):
    """The syntax tree of its code up to the ways to get faster, which are a framework's own."""
    text = source.read_text(encoding="utf-8")
    return ast.parse(re.split("# ## (?:Going faster|The plain step)", text)[0])


def functions(tree, kinds=ast.FunctionDef):
    """The top-level functions of a syntax tree, by name."""
    return {node.name: node for node in tree.body if isinstance(node, kinds)}


def test_every_framework_has_a_notebook_of_each_kind():
    assert WANTED.keys() == {lesson.page(kind) for lesson in LESSONS for kind in lesson.kinds}
    stored = {path.relative_to(ROOT) for path in (ROOT / "notebooks").rglob("*.*py*")}
    pairs = (path for notebook in every() for path in (notebook.py, notebook.ipynb))
    assert stored == {path.relative_to(ROOT) for path in pairs}


@EACH
def test_pair_is_in_step(source):
    """To the letter, or JupyterLab would refuse to open the older of the two."""
    notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    text = jupytext.writes(notebook, fmt="py:percent", config=CONFIG)
    fault = f"{source.stem}.ipynb is not what {source.name} says: run `make notebooks`"
    assert text == source.read_text(encoding="utf-8"), fault


def test_jupyterlab_keeps_the_pair_together(tmp_path):
    """Saving an unchanged notebook leaves its .py as it was; an edit arrives there."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    contents = build_sync_jupytext_contents_manager_class(LargeFileManager)()
    contents.root_dir = str(tmp_path)
    path = f"notebooks/gan/{REFERENCE.stem}.ipynb"
    text = (tmp_path / path).with_suffix(".py")
    model = contents.get(path)
    contents.save(model, path)
    assert text.read_text(encoding="utf-8") == REFERENCE.read_text(encoding="utf-8")
    model["content"]["cells"][2]["source"] += "\n\nOne more line."
    contents.save(model, path)
    assert "# One more line." in text.read_text(encoding="utf-8")


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
        found = functions(before_ways(path))
        return {name: [a.arg for a in node.args.args] for name, node in found.items()}

    # The NumPy lesson has a few more, for what a framework brings along.
    assert signatures(reference(source)).items() <= signatures(source).items()


@EACH
def test_headings_are_shared(source):
    own = [text for _, tags, text in cells(source) if "framework" in tags]
    assert not any(text.startswith("#") for text in own)


@EACH_LESSON
def test_steps_are_those_of_the_package(source):
    """What the first lesson shows has the same syntax tree; another calls what d2lmini exports.

    So do the loss and the optimiser, where the first lesson has to write them.
    """
    key, kinds = key_of(source), ast.FunctionDef | ast.ClassDef
    package = functions(code(ROOT / "d2lmini" / f"{key}.py"), kinds)
    shown = functions(code(source), kinds)
    first = functions(code(LESSONS[0].notebook(key).py), kinds)
    steps = {"update_D", "update_G"}
    assert steps <= package.keys() and steps <= first.keys()
    for name in first.keys() & package.keys():
        if name in shown:
            assert ast.unparse(shown[name]) == ast.unparse(package[name])
        elif name != "sigmoid":  # which the loss alone needs there
            assert f"d2l.{name}" in source.read_text(encoding="utf-8")


@EACH_OTHER
def test_what_is_taken_from_the_lesson_is_as_it_is_there(source):
    """The same syntax tree for a function or class of the same name."""
    kinds = ast.FunctionDef | ast.ClassDef
    here = functions(code(source), kinds)
    lesson = functions(before_ways(lesson_of(source)), kinds)
    taken = here.keys() & lesson.keys()
    assert wanted(source).taken in taken
    assert {n: ast.unparse(here[n]) for n in taken} == {n: ast.unparse(lesson[n]) for n in taken}


@EACH_SOLUTION
def test_each_exercise_is_solved_in_the_lessons_words(source):
    def plain(text):
        return " ".join(text.replace("*", "").split())

    lesson = cells(reference(lesson_of(source)))
    lesson = [text for _, _, text in lesson if text.startswith("## Exercises")]
    tasks = re.findall(r"^\d\. (.*(?:\n   .*)*)", lesson[0], re.MULTILINE)
    solved = [text for _, _, text in cells(source) if text.startswith("## Exercise ")]
    assert len(tasks) == len(solved) > 4
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
    ours = {name for name in imported if name.startswith("d2lmini")}
    assert ours - {"d2lmini.faces"} == {f"d2lmini.{key_of(source)}"}
    others = set(d2lmini.FRAMEWORKS) - {key_of(source), "numpy"}
    assert not {name.split(".")[0] for name in imported} & others


@EACH_LESSON
def test_hyperparameters_stand_in_one_cell(source):
    (text,) = [text for _, tags, text in cells(source) if "parameters" in tags]
    names = {}
    exec(text, names)
    lesson = in_class(source).numbers
    assert {name: names[name] for name in lesson} == lesson
    assert isinstance(names["seed"], int)


@EACH
def test_cells_are_short(source):
    lesson = cells(lesson_of(source)) if kind_of(source) else []
    taken = {text for _, _, text in lesson}
    own = [text for kind, _, text in cells(source) if kind == "code" and text not in taken]
    lengths = [len(text.splitlines()) for text in own]
    assert median(lengths) <= wanted(source).median and max(lengths) <= wanted(source).longest


@EACH_LESSON
def test_a_lesson_fits_into_a_class(source):
    """Its words, without formulas, addresses, descriptions and marks; its cells; its functions."""
    texts = [text for kind, _, text in cells(source) if kind == "markdown"]
    unread = r"!\[[^]]*\]|\$\$.*?\$\$|\$[^$]*\$|\]\([^)]*\)"
    prose = re.sub(unread, " ", "\n".join(texts), flags=re.DOTALL)
    assert len(re.findall(r"\S*[A-Za-z]\S*", prose)) <= in_class(source).words
    assert sum(kind == "code" for kind, _, _ in cells(source)) <= in_class(source).cells
    nodes = [node for node in ast.walk(code(source)) if isinstance(node, ast.FunctionDef)]
    assert max(node.end_lineno - node.lineno + 1 for node in nodes) <= 25


@EACH_LESSON
def test_a_lesson_has_its_checkpoints(source):
    found = sum("answer" in tags for _, tags, _ in cells(source))
    assert found == in_class(source).checkpoints


@EACH
def test_outputs_are_clean(source):
    for cell, output in outputs(source):
        assert output.output_type in {"stream", "display_data"}, cell.source
        assert output.get("name") != "stderr", cell.source
    notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    printed = [output.get("text", "") for _, output in outputs(source)]
    assert not re.search(r"/(home|root|tmp|Users)/|\d\d:\d\d:\d\d|0x[0-9a-f]{6}", "".join(printed))
    assert set(notebook.metadata) == {"kernelspec", "made_by"}
    assert notebook.metadata.kernelspec.name == "python3"
    kept = {"tags", "slideshow", "lines_to_next_cell"}
    assert all(set(cell.metadata) <= kept for cell in notebook.cells)


@EACH
def test_every_figure_is_a_png_with_its_description(source):
    pictures = [output for _, output in outputs(source) if output.output_type == "display_data"]
    assert len(pictures) >= wanted(source).figures
    for picture in pictures:
        assert set(picture.data) == {"image/png", "text/plain"}
        assert len(picture.metadata["image/png"]["alt"]) > 30
    for alt, _ in re.findall(r"!\[(.*?)\]\((.*?)\)", source.read_text(encoding="utf-8"), re.DOTALL):
        assert len(alt) > 30


@EACH
def test_images_exist(source):
    images = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", source.read_text(encoding="utf-8"))
    assert len(images) >= wanted(source).pictures
    assert all((source.parent / image).is_file() for image in images)


@EACH
def test_notebook_is_small(source):
    assert source.with_suffix(".ipynb").stat().st_size < 700_000


@EACH
def test_only_what_varies_is_left_uncompared(source):
    """The verdicts on the fit and on the compiled steps are compared; digits and speeds are not."""
    tags = {tag for _, tags, _ in cells(source) for tag in tags}
    known = {"answer", "framework", "parameters", "practice", "results", "solutions"}
    known |= {"nbval-ignore-output"}
    assert tags <= known
    assert not re.search("NBVAL_|PYTEST_VALIDATE_", source.read_text(encoding="utf-8"))
    loose = [text for _, tags, text in cells(source) if "nbval-ignore-output" in tags]
    own = [text for _, tags, text in cells(source) if {"framework", *tags} == set(tags)]
    assert len(set(loose) - set(own)) == wanted(source).loose


@EACH
def test_the_stored_verdicts_are_those_that_the_text_reads(source):
    """None is false, and none stands where it is not compared."""
    printed = {True: "", False: ""}  # by whether it is compared
    for cell, output in outputs(source):
        compared = "nbval-ignore-output" not in cell.metadata.get("tags", ())
        printed[compared] += output.get("text", "")
    assert printed[True].count(": True\n") >= wanted(source).verdicts
    assert "False" not in printed[True] and not re.search("True|False", printed[False])


@EACH_SOLUTION
def test_solutions_compare_verdicts_alone(source):
    said = [o.text for c, o in outputs(source) if "text" in o and "tags" not in c.metadata]
    assert all(line.endswith(": True") for text in said for line in text.splitlines())


@EACH_LESSON
def test_make_run_finds_the_figures(source):
    notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    figures = read_figures(notebook, of(source).lesson)
    assert figures.keys() == of(source).lesson.figures.keys()
    assert all(float(value) > 0 for value in figures.values())
