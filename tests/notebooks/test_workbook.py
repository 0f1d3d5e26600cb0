"""The workbook: the lesson with gaps, which runs when they are filled and waits where not."""

import ast
import linecache
import re

import pytest

from d2lcheck import CHECKS, ToDo, questions
from d2lmini import FRAMEWORKS
from tests.support.lesson import FACES, GAN
from tools.copies import for_class
from tools.files import read
from tools.workbook import filled, is_practice, split, workbook

STUDENT = "An"
BOTH = pytest.mark.parametrize("lesson", [GAN, FACES], ids=["gan", "faces"])


def taught(key, lesson=GAN):
    return for_class(read(lesson.notebook(key).ipynb))


def given(key, but=(), lesson=GAN):
    """The cells of a framework's workbook, all gaps filled but for some; it trains for an epoch.

    In that of the second lesson there are fewer faces.
    """
    whole = taught(key, lesson)
    for cell in filled(workbook(whole, lesson.notebook(key)), whole, STUDENT, but).cells:
        cell.source = cell.source.replace("num_epochs = 20", "num_epochs = 1")
        if lesson is FACES:
            cell.source = cell.source.replace("4000", "200")
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


@BOTH
def test_filled_with_the_lessons_own_cells_it_runs_and_all_is_right(framework, lesson, capsys):
    said = []
    for cell, printed, error in run(given(framework, lesson=lesson), capsys):
        assert error is None, f"{cell.source}\n{error!r}"
        if "check" in cell.metadata.get("tags", ()):
            said += printed.splitlines()
    assert all(line.endswith(": right.") for line in said)
    checked = [line.partition(":")[0] for line in said]
    own = {"numpy": ["MLP"], "tensorflow": ["update_both"], "jax": ["step"]}
    own = own.get(framework, []) if lesson is GAN else []
    rest = [name for name in CHECKS[lesson.key] if name not in ("MLP", "update_both", "step")]
    assert sorted(checked) == sorted([*rest, *own, *lesson.questions])


GAPS = [(GAN, gap) for gap in ("sigmoid", "MLP", "init_net", "new_G", "update_D", "fit_errors")]
GAPS += [(FACES, gap) for gap in ("windows", "new_G", "new_D", "features")]


@pytest.mark.parametrize("lesson, gap", GAPS, ids=[f"{of.key}, {gap}" for of, gap in GAPS])
def test_with_a_gap_left_open_every_cell_runs_or_names_it(lesson, gap, capsys):
    """In NumPy, which has all kinds of gaps. A cell has up to three gaps, of which all are open."""
    open_too = {
        "sigmoid": ["saturating_loss", "non_saturating_loss"],
        "windows": ["scatter"],
        "features": ["frechet", "kernel_distance"],
    }.get(gap, [])
    waits = 0
    for cell, printed, error in run(given("numpy", but=[gap], lesson=lesson), capsys):
        if error is not None:
            assert isinstance(error, ToDo), f"{cell.source}\n{error!r}"
            (line,) = error._render_traceback_()
            assert line == f"To do: {gap}, which this cell needs"
            waits += 1
        elif "check" in cell.metadata.get("tags", ()):
            for line in printed.splitlines():
                name = line.partition(":")[0]
                end = ": still to be written" if name in (gap, *open_too) else ": right."
                waiting = [f": it waits for {each}: " for each in (gap, *open_too)]
                assert line.endswith(end) or any(words in line for words in waiting)
    assert waits > 0


def test_networks_by_hand_name_the_gap_that_they_rest_on(capsys):
    """Those of the second lesson in NumPy, whose layers are given, and what these do is not."""
    whole = given("numpy", but=["windows"], lesson=FACES)
    cells = [cell for cell in whole if "waits" not in cell.metadata.get("tags", ())]
    printed = "".join(out for _, out, _ in run(cells, capsys))
    assert "new_G: it waits for scatter: the body of this loop\n" in printed
    assert "new_D: it waits for windows: cut images" in printed


def test_what_trains_waits_and_so_is_not_run_when_a_class_is_graded(framework):
    """And what uses something that a cell makes which waits, by whatever function."""
    made = workbook(taught(framework, FACES), FACES.notebook(framework))
    sources = {c.source: {*c.metadata.get("tags", ())} for c in made.cells if c.cell_type == "code"}
    uses = r"^film = train\(|^\w+ = generate\(|^tell\(.*plain|net_D, net_G = new_D\(\), new_G"
    waiting = {source for source in sources if re.search(uses, source, re.MULTILINE)}
    assert len(waiting) >= 6 and all("waits" in sources[source] for source in waiting)
    assert "waits" not in next(tags for source, tags in sources.items() if "real again" in source)


@BOTH
def test_each_check_names_its_lesson_but_in_the_first(lesson):
    """Those of the first were handed out before there was another."""
    made = workbook(taught("numpy", lesson), lesson.notebook("numpy"))
    checks = {c.id.removeprefix("check-"): c.source for c in made.cells if c.id[:6] == "check-"}
    second = "" if lesson is GAN else ', "faces"'
    wanted = {n: f"check({n}{second})" for n in checks if n not in lesson.questions}
    wanted |= {n: f'check_answer("{n}", {n}, student)' for n in lesson.questions}
    assert checks == wanted and len(checks) > len(lesson.questions)
    assert made.metadata.get("lesson") == (None if lesson is GAN else "faces")


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


@BOTH
def test_it_is_the_lesson_but_for_the_gaps(framework, lesson):
    """No text of the lesson is changed, and none is twice."""
    whole = {cell.id: cell for cell in taught(framework, lesson).cells}
    made = workbook(taught(framework, lesson), lesson.notebook(framework))
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
    assert shown == SECTIONS[lesson.key]


SECTIONS = {
    "gan": [
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
    ],
    "faces": [
        "# Generative adversarial networks on images: a workbook",
        "## What changes with images",
        "## The real data",
        "## Convolution, and its transpose",
        "## The networks",
        "## Training",
        "## Look",
        "## Measure",
        "## What helps",
        "## A walk between two noises",
        "## On real data",
        "## Numbers of your own",
    ],
}


@BOTH
def test_no_solution_is_left(framework, lesson):
    """Of what the student writes, the signature and the docstring stay, and a loop around it."""
    own = {cell.source for cell in taught(framework, lesson).cells}
    cells = workbook(taught(framework, lesson), lesson.notebook(framework)).cells
    gaps = [cell.source for cell in cells if is_practice(cell)]
    for gap in gaps[: -len(lesson.questions) - 1]:
        assert max(map(len, gap.splitlines())) <= 100
        for function in (p for p in ast.walk(ast.parse(gap)) if isinstance(p, ast.FunctionDef)):
            *_, last = function.body
            parts = list(ast.walk(function))
            inner = [part for part in parts if isinstance(part, ast.For)]
            assert isinstance((inner[-1].body[0] if inner else last), ast.Raise)
            assert inner or not any(isinstance(part, ast.Return) for part in parts)
            assert ast.get_docstring(function)
    for question in lesson.questions:
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
