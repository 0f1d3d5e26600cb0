"""A class's workbooks are graded: forty submissions, among them broken and hostile ones."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from copy import deepcopy
from functools import cache
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import nbformat
import psutil
import pytest
from nbformat.v4 import new_notebook

from tests.support.hub_class import command_of
from tests.support.lesson import FACES, GAN
from tests.support.mistakes import MISTAKES
from tests.support.workbooks import (
    NAMES,
    NAMES_OF_FACES,
    RIGHT,
    cell_of,
    filled,
    graded,
    page_of,
    stored,
    text_of,
    with_cell,
    with_code,
)
from tools import grade, pictures, sandbox
from tools.lessons import ROOT
from tools.submissions import LARGEST

NOTHING = dict.fromkeys(NAMES, "")
# Mistakes of tests/support/mistakes.py that become a submission each, with the next number.
MADE = ["real points labelled 0", "uphill", "only real points", "no loss returned",
        "generated points labelled 1", "the / 2 forgotten", "no step",
        "the saturating loss", "the discriminator moves, too", "labels swapped"]  # fmt: skip
SECONDS = 8


def with_check(student, name, source):
    """A right workbook with another check cell, or none."""
    notebook = filled(student)
    cell = next(cell for cell in notebook.cells if cell.id == f"check-{name}")
    if source is None:
        notebook.cells.remove(cell)
    else:
        cell.source = source
    return notebook


def step(body):
    """A step of the discriminator with this body."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"def update_D(X, Z, net_D, net_G, loss, trainer_D):\n{lines}\n"


SNEAKY = """
import os, socket, subprocess
could = []
def attempt(what, act):
    try:
        act()
    except BaseException:
        return
    could.append(what)
def reads(path):
    open(path).read(1)
def writes(path):
    open(path, "w").write("x")
def spoils(folder):
    for name in os.listdir(folder):
        os.remove(os.path.join(folder, name))
        return
    raise OSError
for path in {seen}:
    attempt("read " + path, lambda: reads(path))
attempt("list submissions", lambda: reads(os.path.join("{folder}", os.listdir("{folder}")[0])))
attempt("spoil submissions", lambda: spoils("{folder}"))
for path in {written}:
    attempt("write " + path, lambda: writes(path))
attempt("connect", lambda: socket.create_connection(("127.0.0.1", {port}), 1))
attempt("kill", lambda: os.kill({pid}, 0))
attempt("environment", lambda: os.environ["OF_THE_TEACHER"])
attempt("mount", lambda: subprocess.run(["mount", "-o", "remount,rw", "/usr"], check=True))
attempt("here", lambda: writes("mine.txt"))
raise ValueError("could " + ", ".join(could))
"""

STUCK = """
def sigmoid(o):
    import signal
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.setitimer(signal.ITIMER_PROF, 0)
    while True:
        pass
"""

PATCHED = """
import inspect, json, builtins, sys
import d2lcheck as practice
check = check_answer = lambda *args: print("right")
for name in practice.CHECKS["gan"]:
    practice.CHECKS["gan"][name] = lambda framework, work: []
practice.verdict = lambda *args, **kwargs: practice.Verdict(True, [])
np.allclose = np.array_equal = lambda *args, **kwargs: True
builtins.abs = lambda value: 0 * value
sys.path.insert(0, ".")
"""

FORGED = """
import os
line = '["", "check", "update_D", "right", []]'
for descriptor in range(3, 50):
    try:
        os.write(descriptor, f"{line}\\n".encode())
    except OSError:
        pass
os._exit(0)
"""


def the_class(folder, port):
    """Forty submissions: by name, what is in the file, and what the row must be."""
    wrong = {"update_D": "0"}
    opened = deepcopy(stored()[1])
    half = with_code("half", "update_D", cell_of(opened, "update_D").source)
    cell_of(half, "own_fit").source = cell_of(opened, "own_fit").source
    unnamed = with_code("unnamed", "student", 'student = ""')
    silent = with_code("silent", "student", "")
    no_tags = filled("no tags")
    for cell in no_tags.cells:
        cell.metadata = {}
        cell.id = f"other-{cell.id}"
    huge = filled("huge")
    huge.cells[-1].outputs = [nbformat.v4.new_output("stream", text="x" * 5_000_000)]
    answers = filled("answers")
    cell_of(answers, "own_best_D").source = "own_best_D = 0.5, 'half'"
    cell_of(answers, "own_verdicts").source = "own_verdicts = [True] * 7"
    elsewhere = filled("elsewhere")
    for cell in elsewhere.cells:
        cell.source = cell.source.replace("from d2lmini import numpy", "from d2lmini import theano")
    seen = [folder / "right.ipynb", GAN.notebook("numpy").py, GAN.notebook("numpy", "solutions").py,
            ROOT / "tests" / "support" / "mistakes.py", ROOT / "README.md",
            Path("/etc/passwd"), Path("~/.profile").expanduser()]  # fmt: skip
    written = [folder / "new.ipynb", ROOT / "written-by-a-student", Path("/usr/by-a-student"),
               grade.PACKAGE / "numpy.py.new"]  # fmt: skip
    sneaky = SNEAKY.format(
        seen=[*map(str, seen)], written=[*map(str, written)],
        folder=folder, port=port, pid=os.getpid()
    )  # fmt: skip
    if not isolated():  # then it would do harm
        sneaky = "return 0.5"
    missing = {name: "" for name in NAMES[:3]}
    own_names = dict.fromkeys(GAN.questions, "")
    rows = {
        "right": (filled("right"), RIGHT, ""),
        "Nguyễn Văn An": (filled("Nguyễn Văn An"), RIGHT, ""),
        "=1+1": (filled("formula"), RIGHT, ""),
        "a & <b> #1 100%": (filled("signs"), RIGHT, ""),
        "twin one": (filled("Ann Lee"), RIGHT, "the same `student` as in twin two"),
        "twin two": (filled(" ann  LEE"), RIGHT, "the same `student` as in twin one"),
        "unopened": (opened, NOTHING, "`student` is empty"),
        "half": (half, RIGHT | {"update_D": "", "own_fit": ""}, ""),
        "waiting": (
            with_code("waiting", "MLP", cell_of(opened, "MLP").source), RIGHT | {"MLP": ""}, "",
        ),
        "unnamed": (unnamed, RIGHT | own_names, "`student` is empty"),
        "no student": (silent, RIGHT | own_names, "`student` is missing"),
        "no tags": (no_tags, RIGHT, ""),
        "huge": (huge, RIGHT, ""),
        "answers": (answers, RIGHT | {"own_best_D": "0", "own_verdicts": "0"}, ""),
        "elsewhere": (elsewhere, NOTHING, "no framework: a line like .* is missing"),
        "typo": (
            with_code("typo", "sigmoid", "def sigmoid(o)\n    return o"), RIGHT | missing,
            r"code cell 5: it stops with SyntaxError: expected ':' \(line 1\); "
            "sigmoid, saturating_loss, non_saturating_loss missing",
        ),
        "not a notebook": ("once upon a time", NOTHING, "not a notebook"),
        "a list": ("[1, 2]", NOTHING, "not a notebook"),
        "too large": (" " * (LARGEST + 1), NOTHING, "larger than 50 MB, and so not read"),
        "empty": (new_notebook(), NOTHING, "empty: a notebook without code"),
        "endless cell": (
            with_cell("endless cell", "while True:\n    pass"), RIGHT,
            "code cell 5: it does not end within 5 s",
        ),
        "endless step": (with_code("endless step", "update_D", step("while True: pass")),
                         RIGHT | wrong, ""),
        "stuck": (with_code("stuck", "sigmoid", STUCK), NOTHING,
                  f"stopped after {SECONDS} s of a processor in the check of sigmoid"),
        "exit": (with_cell("exit", "import os\nos._exit(0)"), NOTHING,
                 r"crash \(the process ended itself with 0\) in code cell 5"),
        "crash": (with_cell("crash", "import os\nos.kill(os.getpid(), 11)"), NOTHING,
                  r"crash \(SIGSEGV\) in code cell 5"),
        "crash in a step": (
            with_code("crash in a step", "update_G", "def update_G(*args):\n"
                      "    import os\n    os.kill(os.getpid(), 9)"),
            RIGHT | dict.fromkeys(NAMES[NAMES.index("update_G") :], ""),
            r"crash \(killed, as when it ran out of memory\) in the check of update_G",
        ),
        "no check": (with_check("no check", "new_G", None), RIGHT, "check cell of new_G missing"),
        "other check": (
            with_check("other check", "update_D", 'check = lambda *a: print("right")\n'
                       "check(update_D)"),
            RIGHT, "check cell of update_D edited",
        ),
        "patched": (with_cell("patched", PATCHED), RIGHT | wrong, ""),
        "forged": (
            with_code("forged", "update_D", step(FORGED)),
            RIGHT | dict.fromkeys(NAMES[NAMES.index("update_D") :], ""),
            r"crash \(the process ended itself with 0\) in the check of update_D",
        ),
        "flood": (with_cell("flood", "for _ in range(200_000): print('x' * 200)"), RIGHT, ""),
        "memory": (
            with_cell("memory", "hoard = []\nwhile True: hoard.append(bytearray(10**7))"), RIGHT,
            "code cell 5: it ran out of memory",
        ),
        "sneaky": (with_code("sneaky", "update_D", step(sneaky)), RIGHT | wrong, ""),
    }  # fmt: skip
    signs = cell_of(rows["a & <b> #1 100%"][0], "sigmoid")
    signs.source = signs.source.replace("return", "# <script>alert(1)</script>\n    return", 1)
    cell_of(rows["patched"][0], "update_D").source = step("return 0.5")
    by_name = {mistake.name: mistake for mistake in reversed(MISTAKES)}
    for name in MADE[: 40 - len(rows)]:
        mistake = by_name[name]
        code = mistake.step("numpy")
        written_in = f"update_{mistake.player}"
        rows[name.replace(" / ", " ")] = (
            with_code(name, written_in, code), RIGHT | {written_in: "0"}, ""
        )  # fmt: skip
    return rows


@pytest.fixture(scope="module")
def forty(tmp_path_factory):
    """Forty submissions, graded once."""
    folder = tmp_path_factory.mktemp("the class")
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OF_THE_TEACHER", "1")
        wanted = the_class(folder, server.getsockname()[1])
        for name, (content, *_) in wanted.items():
            text = content if isinstance(content, str) else nbformat.writes(content)
            (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")
        (folder / ".ipynb_checkpoints").mkdir()
        (folder / ".ipynb_checkpoints" / "old.ipynb").write_text("{}", encoding="utf-8")
        (folder / ".hidden.ipynb").write_text("{}", encoding="utf-8")
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        build = tmp_path_factory.mktemp("project") / "_build" / "grade"
        rows = graded(build, folder, TIME=SECONDS, MEMORY=1000)
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()  # nobody has called
    return SimpleNamespace(wanted=wanted, rows=rows, build=build, folder=folder, before=before)


@cache
def isolated():
    """Whether bubblewrap works here."""
    return sandbox.why_not(sandbox.sandbox([], [])) is None


def test_the_whole_table(forty):
    assert len(forty.wanted) == 40
    names = {f"'{name}" if name[0] in "=+-@" else name: name for name in forty.wanted}
    assert list(forty.rows) == sorted(names, key=names.get)
    for shown, name in names.items():
        row = dict(forty.rows[shown])
        _, marks, note = forty.wanted[name]
        got = row.pop("note")
        assert row == {"student": shown, **marks}, (name, got)
        assert re.fullmatch(note, got), (name, got)


@pytest.mark.parametrize("name", MADE[:7])
def test_the_page_says_what_is_wrong(forty, name):
    mistake = next(mistake for mistake in MISTAKES if mistake.name == name)
    page = text_of(forty.build, name.replace(" / ", " "))
    assert all(words in page for words in mistake.says)
    assert f"{len(NAMES) - 1} of {len(NAMES)} right, 1 to mend." in page


def test_the_page_shows_the_code_as_it_stood(forty):
    for name in ("endless step", "typo", "a & <b> #1 100%"):
        page = text_of(forty.build, name)
        for check in ("sigmoid", "update_D", "own_fit"):
            source = cell_of(forty.wanted[name][0], check).source
            assert source.split("\n\n\ndef ")[0] in page, (name, check)
    assert "it does not end within 5 s" in text_of(forty.build, "endless step")
    assert "it waits for" not in text_of(forty.build, "right")
    assert "still to be written" in text_of(forty.build, "half")


def test_pages_are_whole_and_fetch_nothing(forty):
    pages = [forty.build / "index.html", *(forty.build / "feedback").iterdir()]
    assert len(pages) == 41
    for page in pages:
        html = page.read_text(encoding="utf-8")
        assert '<html lang="en">' in html and 'name="viewport"' in html
        assert not re.search(r"<b>|<script|<link|<img|@import|url\(|https?://", html), page.name


def test_the_teachers_page(forty):
    html = (forty.build / "index.html").read_text(encoding="utf-8")
    words = unescape(re.sub(r"<[^>]*>", " ", html))
    assert "40 submissions" in words
    links = re.findall(r'href="(feedback/[^"]*)"', html)
    pages = {forty.build / unquote(link) for link in links}
    assert pages == {page_of(forty.build, name) for name in forty.wanted}
    assert all(page.is_file() for page in pages)
    for check in NAMES:
        marks = [row[check] for n, row in forty.rows.items() if has_results(forty, n)]
        shown = re.search(rf"<code>{check}</code></th>\s*((<td.*\s*){{3}})", html)[1]
        counts = [marks.count("1"), marks.count("0"), marks.count("")]
        assert [int(n) for n in re.findall(r">(\d+)<", shown)] == counts, check
    times = [int(n) for n in re.findall(r'<tr><td class="count">(\d+)</td><td class="name">', html)]
    assert times == sorted(times, reverse=True) and times[0] > 1
    assert all(note in words for note in (row["note"] for row in forty.rows.values()))


def has_results(forty, shown):
    """Whether a submission came as far as to have checks at all."""
    page = page_of(forty.build, shown.removeprefix("'"))
    return "<section>" in page.read_text(encoding="utf-8")


def test_a_student_can_do_nothing_outside(forty, bwrap):
    page = text_of(forty.build, "sneaky")
    (could,) = re.findall("stops with ValueError: could (.*)", page)
    # Where the project itself is in /tmp, this is in the student's own, which is gone.
    assert set(could.split(", ")) <= {"here"} | {
        f"write {path}" for path in [ROOT / "written-by-a-student"] if path.is_relative_to("/tmp")
    }
    assert "ValueError: could here," not in page
    assert grade.NOT_APART not in (forty.build / "index.html").read_text(encoding="utf-8")


def test_nothing_but_the_results_is_written(forty, bwrap):
    after = {path: path.read_bytes() for path in forty.folder.rglob("*") if path.is_file()}
    assert after == forty.before
    assert not (ROOT / "written-by-a-student").exists()
    files_there = {path for path in forty.build.rglob("*") if path.is_file()}
    pages = {page_of(forty.build, name) for name in forty.wanted}
    others = {forty.build / name for name in ("grades.csv", "index.html", "contents.txt")}
    assert files_there == others | pages


@pytest.fixture
def few(tmp_path):
    """A folder with three submissions."""
    folder = tmp_path / "few"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.ipynb").write_text(nbformat.writes(filled(name)), encoding="utf-8")
    (folder / "c.ipynb").write_text("none", encoding="utf-8")
    return folder


def test_two_runs_give_the_same_table_and_touch_nothing_else(few, tmp_path, capsys):
    build = tmp_path / "grade"
    (build / "feedback").mkdir(parents=True)
    kept = [build / "notes.txt", build / "feedback" / "earlier.html"]
    for path in kept:
        path.write_text("the teacher's own", encoding="utf-8")
    graded(build, few)
    first = (build / "grades.csv").read_bytes()
    graded(build, few)
    assert (build / "grades.csv").read_bytes() == first
    assert all(path.read_text(encoding="utf-8") == "the teacher's own" for path in kept)
    said = capsys.readouterr()
    line = rf"3 submissions in \d+ s: {re.escape(str(build))}/grades.csv, index.html, feedback/"
    assert re.fullmatch(rf"({line}\n){{2}}", said.out)


def test_a_class_with_workbooks_of_two_lessons_is_graded_in_one_run(tmp_path):
    """By the checks of each, in columns of all, and each function of the same name once."""
    folder = tmp_path / "class"
    folder.mkdir()
    second = filled("An", FACES)
    gap = cell_of(second, "scatter")
    assert " += " in gap.source
    gap.source = gap.source.replace(" += ", " = ")
    cell_of(second, "own_shares").source = "own_shares = 0.1, 0.2"
    for name, notebook in {"first": filled("An"), "second": second}.items():
        (folder / f"{name}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    rows = graded(tmp_path / "grade", folder)
    wrong = {"scatter": "0", "own_shares": "0"}
    columns = dict.fromkeys([*NAMES[: -len(GAN.questions)], *NAMES_OF_FACES[:-1], *NAMES[-5:]], "")
    columns["own_shares"] = ""
    assert list(rows["first"]) == ["student", *columns, "note"]
    assert rows == {
        "first": columns | RIGHT | {"student": "first", "note": ""},
        "second": columns | dict.fromkeys(NAMES_OF_FACES, "1") | wrong
        | {"student": "second", "note": ""},
    }  # fmt: skip
    page = text_of(tmp_path / "grade", "second")
    assert "where windows overlap, one stands in the place of the others: add them up" in page
    assert f"{len(NAMES_OF_FACES) - 2} of {len(NAMES_OF_FACES)} right, 2 to mend." in page


def test_in_the_folder_of_a_hub_each_student_has_a_row(few, tmp_path):
    homes = tmp_path / "homes"
    for student, submission in {"an": "a", "binh": "b"}.items():
        (homes / student / "lessons").mkdir(parents=True)
        workbook = homes / student / "lessons" / "gan_numpy_workbook.ipynb"
        workbook.write_bytes((few / f"{submission}.ipynb").read_bytes())
    workbook.with_name("gan_numpy.ipynb").write_text("the lesson", encoding="utf-8")
    # A link to another's work is nobody's own.
    (homes / "chi").mkdir()
    (homes / "chi" / "lessons").symlink_to(homes / "an" / "lessons")
    (homes / "an" / "lessons" / "gan_torch_workbook.ipynb").symlink_to(workbook)
    rows = graded(tmp_path / "grade", homes)
    assert {name: (row["update_D"], row["note"]) for name, row in rows.items()} == {
        "an/lessons/gan_numpy_workbook": ("1", ""),
        "an/lessons/gan_torch_workbook": (
            "", "a link, which is not followed: it may lead to another's work",
        ),
        "binh/lessons/gan_numpy_workbook": ("1", ""),
        "chi": ("", "a folder without a workbook in it"),
    }  # fmt: skip


def test_without_bubblewrap_it_works_and_says_so(few, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    rows = graded(tmp_path / "grade", few)
    assert {name: row["update_D"] for name, row in rows.items()} == {"a": "1", "b": "1", "c": ""}
    assert grade.NOT_APART in capsys.readouterr().err
    assert grade.NOT_APART in (tmp_path / "grade" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "variables, message",
    [
        ({"SUBMISSIONS": ""}, "say where the notebooks are: make grade SUBMISSIONS=folder"),
        ({"SUBMISSIONS": "no/folder"}, "SUBMISSIONS: there is no folder no/folder"),
        ({"SUBMISSIONS": "{empty}"}, "SUBMISSIONS: there is no notebook (.ipynb) in {empty}"),
        ({"TIME": "abc"}, "TIME: want a whole number from 1 to 999999, got 'abc'"),
        ({"TIME": "0"}, "TIME: want a whole number from 1 to 999999, got '0'"),
        ({"MEMORY": "-5"}, "MEMORY: want a whole number from 1 to 999999, got '-5'"),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(map("=".join, value.items())),
)
def test_bad_input_ends_with_one_line(few, tmp_path, variables, message):
    empty = tmp_path / "empty"
    empty.mkdir()
    given = {name: value.format(empty=empty) for name, value in variables.items()}
    with pytest.raises(SystemExit) as stopped:
        graded(tmp_path / "grade", few, **given)
    assert str(stopped.value) == message.format(empty=empty)
    assert not (tmp_path / "grade").exists()


def executions(process):
    """What the command has started to run notebooks."""
    children = psutil.Process(process.pid).children()
    return [child for child in children if command_of(child).endswith(f" {grade.EXECUTION}")]


def test_an_interrupt_leaves_what_was_there(few, tmp_path):
    """Ctrl-C ends the command, and what it has started."""
    slow = with_cell("slow", "import time\ntime.sleep(50)")
    (few / "0 slow.ipynb").write_text(nbformat.writes(slow), encoding="utf-8")
    build = tmp_path / "grade"
    build.mkdir()
    (build / "grades.csv").write_text("as it was", encoding="utf-8")
    code = f"from pathlib import Path\nfrom tools import grade\ngrade.BUILD = Path({str(build)!r})"
    # Where a shell has started the tests in the background, Python would ignore the signal.
    code += "\nimport signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{code}\ngrade.main()"],
        cwd=ROOT,
        env=os.environ | {"SUBMISSIONS": str(few), "TIME": "600"},
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    while not (children := executions(process)):
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    _, alive = psutil.wait_procs(children, timeout=60)
    assert not alive
    assert said.splitlines()[-1] == f"interrupted; what was in {build} is as it was"
    assert process.returncode == 1
    assert [path.name for path in build.iterdir()] == ["grades.csv"]
    assert (build / "grades.csv").read_text(encoding="utf-8") == "as it was"


def test_the_picture_of_a_class_has_what_it_says():
    """Each mistake that is planted for it is made in a lesson's own code, in one place."""
    code = [cell.source for cell in filled("An").cells if cell.cell_type == "code"]
    for written in pictures.CLASS.values():
        assert all(sum(right in source for source in code) == 1 for right in written)
    assert pictures.OPEN.keys() <= pictures.CLASS.keys()
    assert {gap for gaps in pictures.OPEN.values() for gap in gaps} <= set(NAMES)
