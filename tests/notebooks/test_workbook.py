"""The workbook: the lesson with gaps, which runs when they are filled and waits where not."""

import ast
import linecache
import re

import pytest

from d2lcheck import CHECKS, ToDo, questions
from d2lmini import FRAMEWORKS
from tests.support.lesson import GAN
from tools.copies import for_class
from tools.files import read
from tools.workbook import filled, is_practice, split, workbook

STUDENT = "An"


def lesson(key):
    return for_class(read(GAN.notebook(key).ipynb))


def given(key, but=()):
    """The cells of a framework's workbook, all gaps filled but for some; it trains for an epoch."""
    whole = lesson(key)
    for cell in filled(workbook(whole, GAN.notebook(key)), whole, STUDENT, but).cells:
        cell.source = cell.source.replace("num_epochs = 20", "num_epochs = 1")
        yield cell


def run(cells, capsys):
    """Run cells of code; give each with what it printed, and the error that it stopped with."""
    names = {"__name__": "__main__"}
    for n, cell in enumerate(cells):
        if cell.cell_type == "code":
            file, error = f"<cell {n}>", None
            linecache.cache[file] = (len(cell.source), None, cell.source.splitlines(True), file)
            try:
                exec(compile(cell.source, file, "exec"), names)
            except Exception as stop:
                error = stop
            yield cell, "".join(capsys.readouterr()), error


def test_filled_with_the_lessons_own_cells_it_runs_and_all_is_right(framework, capsys):
    said = []
    for cell, printed, error in run(given(framework), capsys):
        assert error is None, f"{cell.source}\n{error!r}"
        if "check" in cell.metadata.get("tags", ()):
            said += printed.splitlines()
    assert all(line.endswith(": right.") for line in said)
    checked = [line.partition(":")[0] for line in said]
    own = {"numpy": ["MLP"], "tensorflow": ["update_both"], "jax": ["step"]}
    rest = [name for name in CHECKS if name not in ("MLP", "update_both", "step")]
    assert sorted(checked) == sorted([*rest, *own.get(framework, []), *questions.QUESTIONS])


@pytest.mark.parametrize("gap", ["sigmoid", "MLP", "init_net", "new_G", "update_D", "fit_errors"])
def test_with_a_gap_left_open_every_cell_runs_or_names_it(gap, capsys):
    """In NumPy, which has all kinds of gaps. A cell has up to three gaps, of which all are open."""
    open_too = {"sigmoid": ["saturating_loss", "non_saturating_loss"]}.get(gap, [])
    waits = 0
    for cell, printed, error in run(given("numpy", but=[gap]), capsys):
        if error is not None:
            assert isinstance(error, ToDo), f"{cell.source}\n{error!r}"
            (line,) = error._render_traceback_()
            assert line == f"To do: {gap}, which this cell needs"
            waits += 1
        elif "check" in cell.metadata.get("tags", ()):
            for line in printed.splitlines():
                name = line.partition(":")[0]
                end = ": still to be written" if name in (gap, *open_too) else ": right."
                assert line.endswith(end) or f": it waits for {gap}: " in line
    assert waits > 0


@pytest.mark.parametrize(
    "framework, gap",
    [(key, f"update_{player}") for key in FRAMEWORKS for player in "DG"]
    + [("jax", "step"), ("tensorflow", "update_both")],
    indirect=["framework"],
)
def test_the_loops_check_does_not_need_the_steps(framework, gap, capsys):
    """It has steps of its own; a gap in the loop itself it names."""
    printed = "".join(out for _, out, _ in run(given(framework, but=[gap]), capsys))
    assert f"{gap}: still to be written\n" in printed
    own = gap.startswith("update_") and gap != "update_both"
    assert f"train_epochs: {'right.' if own else f'it waits for {gap}: '}" in printed


def test_it_is_the_lesson_but_for_the_gaps(framework):
    """No text of the lesson is changed, and none is twice."""
    whole = {cell.id: cell for cell in lesson(framework).cells}
    made = workbook(lesson(framework), GAN.notebook(framework))
    ids = [cell.id for cell in made.cells]
    assert len(set(ids)) == len(ids)
    for cell in made.cells:
        tags = cell.metadata.get("tags", ())
        if cell.id in whole and not {"practice", "waits"} & {*tags}:
            assert cell.source == whole[cell.id].source
        elif "waits" in tags:
            first, _, rest = cell.source.partition("\n")
            assert first.startswith("waits_for(") and rest == whole[cell.id].source
    shown = [section[0].source.partition("\n")[0] for section in split(made.cells)]
    assert shown == [
        "# Generative adversarial networks: a workbook",
        "## From telling apart to making up",
        "## What each player minimises",
        "## The real data",
        "## The generator",
        "## The discriminator",
        "## One step each",
        "## The training loop",
        "## Run it",
        "## Did it learn?",
        "## Numbers of your own",
    ]


def test_no_solution_is_left(framework):
    """Of what the student writes, the signature and the docstring stay, and a loop around it."""
    own = {cell.source for cell in lesson(framework).cells}
    cells = workbook(lesson(framework), GAN.notebook(framework)).cells
    gaps = [cell.source for cell in cells if is_practice(cell)]
    for gap in gaps[: -len(questions.QUESTIONS) - 1]:
        assert max(map(len, gap.splitlines())) <= 100
        parts = list(ast.walk(ast.parse(gap)))
        assert not any(isinstance(part, ast.Return) for part in parts)
        for function in (part for part in parts if isinstance(part, ast.FunctionDef)):
            *_, last = function.body
            inner = [part for part in ast.walk(function) if isinstance(part, ast.For)]
            assert isinstance((inner[-1].body[0] if inner else last), ast.Raise)
            assert ast.get_docstring(function)
    for question in questions.QUESTIONS:
        (gap,) = [gap for gap in gaps if gap.startswith(f"{question} =")]
        assert gap.startswith(f"{question} = ...  # ")
    assert not own.intersection(gaps)


# What the solutions print, for each verdict.
MEASURED = (
    "lr_D = 0.02 has the largest median: True",
    "from (0, 0) it is as fast: True",
    "nearly all of the ten worst improve: True\nand get nearer than with the old one: True",
    "linear: few points near a cloud: True",
    "p below 0.05 for most GANs: True",
)


def test_the_verdicts_are_those_that_were_measured():
    """What a question takes for true is what the solutions of the exercise print."""
    stored = read(GAN.notebook("numpy", "solutions").ipynb)
    part, printed = 0, dict.fromkeys(range(1, 8), "")
    for cell in stored.cells:
        if found := re.match(r"## Exercise (\d)", cell.source):
            part = int(found[1])
        elif cell.source.startswith("## "):
            part = 0
        for output in cell.get("outputs", ()) if part else ():
            printed[part] += output.get("text", "")
    two, three, *exercises = questions.VERDICTS  # of those of the runs, test_study has the numbers
    assert all("(Why it does not arrive)." in statement for statement in (*two, *three))
    for (true, false), line in zip(exercises, MEASURED, strict=True):
        exercise = re.search(r"\(exercise (\d)\)\.$", true)
        assert false.endswith(exercise[0]) and true != false
        assert line in printed[int(exercise[1])]
