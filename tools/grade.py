"""Check the workbooks of a class, a notebook for each student, into _build/grade.

SUBMISSIONS names the folder, which may have folders in it, as learning platforms pack them. TIME is
how many seconds of a processor a notebook may take from its first cell on (60), MEMORY how many
megabytes of data each of its processes may hold (4000). What a student wrote runs in a process of
its own: with bubblewrap, where that is installed, in a sandbox without a network, in which neither
the other submissions can be seen nor the lessons, and nothing can be written that stays.
"""

import csv
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from io import StringIO
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from threading import Event
from time import perf_counter
from typing import NamedTuple

import matplotlib
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib import font_manager
from nbformat import NotebookNode
from tqdm import tqdm

import d2lmini
from d2lcheck import CHECKS, FIRST
from d2lcheck.questions import QUESTIONS, generator
from tools import files, wheels
from tools.copies import HANDED_OUT, given
from tools.events import At, Checked, Code, Done, Failed, Report, Student, events_of, plain
from tools.lessons import ROOT, every
from tools.processors import available
from tools.sandbox import NOT_APART, environment, sandbox, why_not
from tools.submissions import Cell, Work, read, submissions
from tools.workbook import VERSION

BUILD = ROOT / "_build" / "grade"
EXECUTION = Path(__file__).with_name("execution.py")
PACKAGE = Path(d2lmini.__file__).parent
CONTENTS = "contents.txt"  # what a run has written
REPORTED = 2**20  # bytes of a report that are read
IMPORTS = 300  # seconds for the start and the imports, before a notebook's time begins
PATIENCE = 10  # seconds by the clock for each of a processor, for the computer may be busy
RESERVED = {"", "con", "prn", "aux", "nul"} | {f"{p}{n}" for p in ("com", "lpt") for n in range(10)}
SKIPPED = {"check", "ask", "waits"}  # tags of cells that do not run: see tools.workbook
running, interrupted = set(), Event()  # processes to be ended if the command is; whether it is


class Workbook(NamedTuple):
    """What students were given: names to check, cells of checks, cells that do not run.

    lesson: the key of the lesson that it is of.
    """

    lesson: str
    checks: list[str]
    cells: list[Cell]
    skipped: set[str]


class Result(NamedTuple):
    """What a check came to: right, wrong, open, missing or unknown; its sentences, and the code."""

    state: str
    says: list[str]
    code: str


@dataclass
class Row:
    """What is known of a submission."""

    name: str
    notes: list[str] = field(default_factory=list)
    results: dict[str, Result] = field(default_factory=dict)
    student: str | None = None
    lesson: str = ""  # the key of that which its workbook is of
    page: str = ""  # the name of its file

    def count(self, state: str) -> int:
        """Return how many checks came to this."""
        return sum(result.state == state for result in self.results.values())


@dataclass
class Limits:
    """What a submission may use, and the command, if there is one, that keeps it apart."""

    seconds: int
    megabytes: int
    sandbox: list[str]


def number(name: str, default: int) -> int:
    """Return a whole number above 0 from the environment; SystemExit if it is none."""
    text = os.environ.get(name) or str(default)
    if not re.fullmatch("[0-9]{1,6}", text) or not int(text):
        raise SystemExit(f"{name}: want a whole number from 1 to 999999, got {text!r}")
    return int(text)


def folder() -> Path:
    """Return the folder SUBMISSIONS; SystemExit if there is none."""
    if not (name := os.environ.get("SUBMISSIONS")):
        raise SystemExit("say where the notebooks are: make grade SUBMISSIONS=folder")
    found = Path(name).expanduser().resolve()
    if not found.is_dir():
        raise SystemExit(f"SUBMISSIONS: there is no folder {name}")
    if not os.access(found, os.R_OK | os.X_OK):
        raise SystemExit(f"SUBMISSIONS: the folder {name} may not be read by you")
    return found


def squeezed(source: str) -> str:
    """Return a source without its white space."""
    return "".join(source.split())


def framework(cells: list[Cell]) -> str:
    """Return which framework a submission is for. Raises ValueError with what to note."""
    line = rf"^from d2lmini import ({'|'.join(d2lmini.FRAMEWORKS)})\b"
    found = (re.search(line, cell.source, re.MULTILINE) for cell in cells)
    key = next((match[1] for match in found if match), None)
    if key is None:
        raise ValueError("no framework: a line like `from d2lmini import torch as d2l` is missing")
    if find_spec(key) is None:
        raise ValueError(wheels.no_wheel(key) or f"{key} is not installed")
    return key


def handed_out(work: Work, key: str) -> tuple[Workbook, list[str]]:
    """Return the workbook that a submission in a framework was made from, and what to note of it.

    That is the one of the version that it bears, if that was kept when it was handed out; else
    today's of the lesson with which it shares most cells of checks.
    """
    today = todays(key)
    if work.version in today:
        return today[work.version], []
    kept = HANDED_OUT / f"{work.version}.ipynb"
    if re.fullmatch(VERSION, work.version) and kept.is_file():
        return contents(files.read(kept)), ["graded by the workbook as it was handed out, which "
                                            "the lesson has changed since"]  # fmt: skip
    nearest = min(today.values(), key=lambda made: len(changed(work.cells, made.cells)))
    notes = ["its workbook is of a version that is not here, so graded by that of today"]
    return nearest, notes if work.version else []


@cache
def todays(key: str) -> dict[str, Workbook]:
    """Return by version a framework's workbooks, as made from the stored lessons."""
    lessons = [notebook for notebook in every("") if notebook.framework == key]
    made = [given(lesson).get(f"{lesson.stem}_workbook.ipynb") for lesson in lessons]
    if not any(made):
        raise files.Unfit(f"{' and '.join(lesson.ipynb.name for lesson in lessons)}: no workbook")
    return {workbook.metadata.workbook: contents(workbook) for workbook in filter(None, made)}


def contents(workbook: NotebookNode) -> Workbook:
    """Return what grading needs of a workbook."""
    code = [cell for cell in workbook.cells if cell.cell_type == "code"]
    cells = [Cell(c.source, set(c.metadata.get("tags", ())), c.id) for c in code]
    checks = [cell for cell in cells if "check" in cell.tags]
    names = [name for cell in checks for name in checked(cell.source)]
    skipped = {squeezed(cell.source) for cell in cells if cell.tags & SKIPPED}
    return Workbook(workbook.metadata.get("lesson", FIRST), names, checks, skipped)


def checked(source: str) -> list[str]:
    """Return the names that a cell checks."""
    return re.findall(r'\bcheck(?:_answer)?\("?(\w+)', source)


def changed(cells: list[Cell], checks: list[Cell]) -> list[str]:
    """Return the notes on cells of checks that a submission lacks, or has otherwise."""
    there, notes = {squeezed(cell.source) for cell in cells}, []
    for wanted in checks:
        if squeezed(wanted.source) not in there:
            name = checked(wanted.source)[0]
            like = [c for c in cells if c.id == wanted.id or name in checked(c.source)]
            notes.append(f"check cell of {name} {'edited' if like else 'missing'}")
    return notes


def grade(name: str, path: Path, limits: Limits, fonts: list[str]) -> Row:
    """Return what comes of a submission; SystemExit if the lesson itself is not to be read."""
    try:
        work = read(path)
        key = framework(work.cells)
    except ValueError as error:
        return Row(plain(name), [str(error)])
    except OSError as error:
        return Row(plain(name), [f"cannot be read: {error.strerror}"])
    (lesson, checks, check_cells, skipped), notes = handed_out(work, key)
    pause = max(5, limits.seconds / 6)
    job = {
        "secret": secrets.token_hex(),
        "key": key,
        "lesson": lesson,
        "package": str(PACKAGE.parent),
        "checks": checks,
        "cells": [
            (n, cell.source)
            for n, cell in enumerate(work.cells, start=1)
            if not cell.tags & SKIPPED and squeezed(cell.source) not in skipped
        ],
        "fonts": fonts,
        "imports": IMPORTS,
        "seconds": limits.seconds,
        "pause": [pause, PATIENCE * pause],  # for a cell, or a check
        "megabytes": limits.megabytes,
        "apart": bool(limits.sandbox),
    }
    report, code = execute(job, limits)
    events = list(events_of(report, job["secret"]))
    row = row_of(plain(name), checks, events, ended(code, limits.seconds))
    row.notes[:0], row.lesson = [*notes, *changed(work.cells, check_cells)], lesson
    return row


def execute(job: dict, limits: Limits) -> tuple[bytes, int | None]:
    """Run a job in a process of its own; return its report and its exit code, None if too slow."""
    with TemporaryFile() as report, TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [*limits.sandbox, sys.executable, "-I", str(EXECUTION)],
            cwd=folder,
            env=environment("/tmp" if limits.sandbox else folder),
            stdin=subprocess.PIPE,
            stdout=report,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        running.add(process)
        if interrupted.is_set():  # while this one was started
            end(process)
        try:
            process.communicate(json.dumps(job).encode(), timeout=longest(limits.seconds))
            code = process.returncode
        except subprocess.TimeoutExpired:
            code = None
        finally:
            end(process)
            running.discard(process)
        report.seek(0)
        return report.read(REPORTED), code


def longest(seconds: int) -> int:
    """Return how many seconds by the clock a notebook may take that has so many of a processor."""
    return IMPORTS + PATIENCE * seconds


def end(process: subprocess.Popen) -> None:
    """End a process and those that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def row_of(name: str, checks: list[str], events: list[Report], ended: str) -> Row:
    """Return the row of a submission. ended: how its process did, for one that was not done."""

    def of(kind):
        return [event for event in events if isinstance(event, kind)]

    codes = {event.name: event.text for event in of(Code)}
    found = {event.name: event for event in of(Checked)}
    student = of(Student)[-1] if of(Student) else Student()
    failed = [event.words for event in of(Failed)] + [student.fault] * bool(student.fault)
    results = {}
    for check in checks:
        event = found.get(check, Checked(check))
        results[check] = Result(event.state, event.says, codes.get(check, ""))
        if any("MemoryError" in words or "ran out of memory" in words for words in event.says):
            failed.append(f"ran out of memory in the check of {check}")
    if missing := [check for check, result in results.items() if result.state == "missing"]:
        failed.append(f"{', '.join(missing)} missing")
    notes = failed[:5] + [f"and {len(failed) - 5} more"] * (len(failed) > 5)
    if not of(Done):
        at = of(At)[-1].where if of(At) else "the start"
        notes.append(f"{ended} in {at}")
    return Row(name, notes, results, student.name)


def ended(code: int | None, seconds: int) -> str:
    """Return how a process ended before it was done."""
    number = -code if code and code < 0 else (code or 0) - 128  # as a shell tells, and bwrap does
    if code is None:
        return f"stopped after {longest(seconds):.0f} s by the clock"
    if number == signal.SIGXCPU:
        return f"stopped after {seconds} s of a processor"
    if number == signal.SIGKILL:
        return "crash (killed, as when it ran out of memory)"
    if number in signal.valid_signals():
        return f"crash ({signal.Signals(number).name})"
    return f"crash (the process ended itself with {code})"


def note_namesakes(rows: list[Row]) -> None:
    """Note which submissions of a lesson have the same name in `student`, and so its numbers."""
    same = defaultdict(list)
    for row in rows:
        if row.student and row.student.strip():
            same[row.lesson, generator(row.student, "").bytes(16)].append(row)
    for group in same.values():
        for row in group:
            others = [other.name for other in group if other is not row]
            if others:
                more = f" and {len(others) - 3} more" * (len(others) > 3)
                row.notes.append(f"the same `student` as in {', '.join(others[:3])}{more}")


def page_name(name: str, taken: set[str]) -> str:
    """Return a name for a submission's page that any system takes, and add it to those taken.

    Some systems make no difference between capitals and small letters, or between two ways to type
    an accent; some take no more than 143 bytes.
    """
    allowed = re.sub(r'[<>:"/\\|?*\s]+', " ", plain(name)).strip()
    short = allowed.encode()[:120].decode(errors="ignore")
    for n in count(1):
        page = f"{n} {short}" if n > 1 else short
        key = unicodedata.normalize("NFC", page).casefold()
        if key not in taken and key.split(".")[0].strip() not in RESERVED:
            taken.add(key)
            return page


def harmless(cell: str | int) -> str:
    """Return a cell of the table, in one line, that no spreadsheet takes for a formula.

    Where a comma is used for a point, as in German, Excel begins a new cell at each semicolon.
    """
    line = " ".join(plain(str(cell)).split())
    return re.sub(r"(^|;)(?=\s*[=+@＝＋－＠\N{REPLACEMENT CHARACTER}-])", r"\1'", line)


def table(rows: list[Row], checks: Iterable[str]) -> str:
    """Return the table as CSV."""
    text, marks = StringIO(), {"right": 1, "wrong": 0}
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["student", *checks, "note"])
    for row in rows:
        states = [row.results[name].state if name in row.results else "" for name in checks]
        cells = [row.name, *(marks.get(state, "") for state in states), "; ".join(row.notes)]
        lines.writerow(map(harmless, cells))
    return text.getvalue()


def write(rows: list[Row], apart: bool, build: Path) -> None:
    """Write the table and the pages into a folder. apart: whether all ran in a sandbox."""
    taken = set()
    for row in rows:
        row.page = page_name(row.name, taken)
    folder = FileSystemLoader(Path(__file__).with_name("page"))
    options = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    pages = Environment(loader=folder, undefined=StrictUndefined, **options)
    names = dict.fromkeys(name for checks in (*CHECKS.values(), QUESTIONS) for name in checks)
    checks = [n for n in names if any(n in row.results for row in rows)]
    counts = {n: Counter(r.results[n].state for r in rows if n in r.results) for n in checks}
    mistakes = Counter(
        (name, words)
        for row in rows
        for name, result in row.results.items()
        if result.state == "wrong"
        for words in result.says
    )
    warning = "" if apart else NOT_APART
    overview = pages.get_template("grades.html.j2").render(
        rows=rows, counts=counts, mistakes=mistakes.most_common(), warning=warning
    )
    feedback = pages.get_template("feedback.html.j2")
    texts = {"grades.csv": f"\N{BYTE ORDER MARK}{table(rows, checks)}"}  # the mark is for Excel
    texts["index.html"] = overview
    texts |= {f"feedback/{row.page}.html": feedback.render(row=row) for row in rows}
    replace(build, texts | {CONTENTS: "\n".join(texts)})


def replace(build: Path, texts: dict[str, str]) -> None:
    """Put texts into a folder's files, by name, in place of an earlier run's, once all are written.

    What CONTENTS there does not name is no run's, and stays. SystemExit if a file cannot be put.
    """
    earlier = written(build) - texts.keys()
    handler = signal.getsignal(signal.SIGINT)
    try:
        (build / "feedback").mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=build) as drafts:
            for n, text in enumerate(texts.values()):
                Path(drafts, str(n)).write_bytes(text.encode())
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # all or nothing: what comes is quick
            for n, name in enumerate(texts):
                Path(drafts, str(n)).replace(build / name)
        for page in (build / "feedback").iterdir():
            if f"feedback/{page.name}" in earlier:
                page.unlink()
    except OSError as error:
        name = error.filename2 or error.filename or build
        raise SystemExit(f"cannot write {name}: {error.strerror}") from None
    finally:
        signal.signal(signal.SIGINT, handler)


def written(build: Path) -> set[str]:
    """Return the names of the files that an earlier run has written into a folder."""
    ours = build / CONTENTS
    return set(ours.read_text(encoding="utf-8").splitlines()) if ours.is_file() else set()


def grade_all(paths: dict[str, Path], limits: Limits) -> list[Row]:
    """Return the rows of all submissions, as many at a time as there are processors."""
    cached = Path(
        matplotlib.get_cachedir(), f"fontlist-v{font_manager.FontManager.__version__}.json"
    )
    fonts = [cached.name, cached.read_text(encoding="utf-8")] if cached.exists() else []
    pool = ThreadPoolExecutor(available())
    interrupted.clear()
    try:
        futures = [pool.submit(grade, *item, limits, fonts) for item in paths.items()]
        bar = tqdm(as_completed(futures), total=len(paths), desc="grade", disable=None)
        for future in bar:
            future.result()  # raises at once what is wrong with a lesson
        return [future.result() for future in futures]
    finally:
        interrupted.set()
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list(running):
            end(process)


def main() -> None:
    """Grade the submissions, and say where the table is."""
    given, start = folder(), perf_counter()
    paths = submissions(given)
    seconds, megabytes = number("TIME", 60), number("MEMORY", 4000)
    try:
        command = sandbox([ROOT, given], [PACKAGE, PACKAGE.with_name("d2lcheck"), EXECUTION])
        reason = why_not(command)
        limits = Limits(seconds, megabytes, [] if reason else command)
        if reason:
            print(f"{NOT_APART} {reason}", file=sys.stderr)
        rows = grade_all(paths, limits)
        note_namesakes(rows)
        write(rows, bool(limits.sandbox), BUILD)
    except KeyboardInterrupt:
        raise SystemExit(f"interrupted; what was in {BUILD} is as it was") from None
    took = f"{len(rows)} submission{'s' * (len(rows) > 1)} in {perf_counter() - start:.0f} s"
    print(f"{took}: {BUILD / 'grades.csv'}, index.html, feedback/")


if __name__ == "__main__":
    main()
