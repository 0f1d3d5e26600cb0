"""One student's notebook, run and checked in a process of its own: what tools.grade starts.

Reads a job, JSON, from standard input. Writes to standard output, as it goes, a line of JSON for
each thing to report: the job's secret, what kind of thing, and the thing. Needs no other file than
the environment's and d2lmini's, so that it runs where nothing else can be seen.

It holds off mistakes and simple tricks. What the student wrote runs in this very process, though,
so someone who sets out to forge a report, and knows Python well, can.
"""

import inspect
import json
import math
import os
import re
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

LONGEST = 20_000  # characters of a student's code to report
MEGABYTE = 2**20
LATE = {"torch": ["torch._dynamo"]}  # what the first optimiser imports, which takes seconds


class Over(BaseException):
    """Raised in code that does not end: no `except Exception` of a student's catches it."""


def quiet() -> int:
    """Send what is printed from here on to nowhere; return the old standard output."""
    out, nowhere = os.dup(1), os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    return out


def limit(seconds: int, megabytes: int, apart: bool) -> None:
    """Set what this process, and each that it starts, may use. apart: whether in a sandbox."""
    most = {
        resource.RLIMIT_DATA: megabytes * MEGABYTE,
        resource.RLIMIT_FSIZE: 100 * MEGABYTE,
        resource.RLIMIT_CPU: 2 * seconds,
        resource.RLIMIT_CORE: 0,
    }
    if apart:  # elsewhere it would count all processes of the teacher's
        most[resource.RLIMIT_NPROC] = 2000
    for kind, value in most.items():
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # A little is kept for what comes after memory has run out.
        soft = value * 9 // 10 if kind == resource.RLIMIT_DATA else value
        resource.setrlimit(kind, (soft, value))
    if sys.platform == "linux":  # if the computer's memory runs out, this is what has to go
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="utf-8")


@contextmanager
def ending(seconds: float) -> Iterator[None]:
    """Raise Over in what takes longer than this, and each second again."""

    def stop(*_):
        raise Over(f"it does not end within {seconds:.0f} s")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def attempt(work: Callable[[], Any], seconds: float) -> tuple[Any, str | None]:
    """Return what a student's code returns or None, and what is to be said of how it failed."""
    try:
        with ending(seconds):
            try:
                return work(), None
            except Exception as error:
                return None, failure(error)
    except Over as over:
        return None, str(over)
    except BaseException as error:  # SystemExit, and what a student derives from BaseException
        return None, f"it stops with {type(error).__name__}"


def failure(error: BaseException) -> str:
    """Return what is to be said of an error."""
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
        return "it ran out of memory"
    message = " ".join(re.sub("<ipython-input[^>]*>, ", "", str(error)).split())
    return f"it stops with {type(error).__name__}: {message[:100]}".removesuffix(": ")


def imported(key: str, package: str) -> ModuleType:
    """Return d2lmini.practice, with all that is needed for a framework, as it is on the disk."""
    for name in [name for name in sys.modules if name.split(".")[0] == "d2lmini"]:
        del sys.modules[name]
    sys.path.insert(0, package)
    try:
        for name in (f"d2lmini.{key}", f"d2lmini.practice.{key}", *LATE.get(key, ())):
            import_module(name)
        return import_module("d2lmini.practice")
    finally:
        sys.path.remove(package)


def code_of(name: str, sources: list[str]) -> str:
    """Return the code of a function, a class or a variable as the student wrote it last."""
    head = rf"(?:(?:@.*\n)*(?:async )?(?:def|class) {name}\b|{name}\s*(?::|=(?!=)))"
    found = re.compile(rf"^{head}.*(?:\n(?=[\s)\]}}#]|$).*)*", re.MULTILINE)
    codes = [match[0].rstrip() for source in sources for match in found.finditer(source)]
    return codes[-1][:LONGEST] if codes else ""


def run(sources: list[tuple[int, str]], shell, seconds: float, report: Callable) -> None:
    """Run a notebook's cells, each with its number; one that fails does not stop the rest."""

    def cell(source):
        done = shell.run_cell(source)
        if error := done.error_before_exec or done.error_in_exec:
            raise error

    for n, source in sources:
        report("at", f"code cell {n}")
        _, failed = attempt(lambda source=source: cell(source), seconds)
        if failed and not failed.startswith("it stops with ToDo"):
            report("failed", f"code cell {n}: {failed}")


def check(name: str, key: str, practice: ModuleType, names: dict) -> tuple[str, list[str]]:
    """Return a check's result, right, wrong, open or missing, and what it says."""
    if name not in names:
        return "missing", ["it is not there"]
    work, student = names[name], names.get("student")
    if name in practice.questions.QUESTIONS:
        if work is not ... and not (isinstance(student, str) and student.strip()):
            return "open", ["write your name into `student` first"]
        verdict = practice.check_answer(name, work, student)
    elif getattr(work, "__name__", None) != name:
        return "wrong", ["what has this name is not what was written under it"]
    else:
        verdict = practice.checker(key)(work)
    state = "right" if verdict.right else "open" if verdict.todo else "wrong"
    return state, [words[:500] for words in verdict.says[:10]]


def main() -> None:
    """Run and check what the job on standard input holds."""
    job = json.load(sys.stdin)
    out, key = quiet(), job["key"]

    def report(*thing):
        os.write(out, f"{json.dumps([job['secret'], *thing])}\n".encode())

    report("at", "the start")
    limit(job["seconds"], job["megabytes"], job["apart"])
    if job["fonts"]:  # else Matplotlib would look for all fonts of the system, each time
        Path(os.environ["MPLCONFIGDIR"], job["fonts"][0]).write_text(
            job["fonts"][1], encoding="utf-8"
        )
    for name in job["checks"]:
        report("code", name, code_of(name, [source for _, source in job["cells"]]))
    report("at", f"the import of {key}")
    todo = imported(key, job["package"]).ToDo  # under no limit but that of the whole process

    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.showtraceback = shell.showsyntaxerror = lambda *args, **kwargs: None  # nobody reads them
    tools = [sys.modules[name] for name in ("builtins", "numpy", "numpy.linalg")]
    tools += [inspect, json, math, os, re, signal, sys, traceback]
    kept = [(module, dict(vars(module))) for module in tools]
    paths = [(found, list(found)) for found in (sys.path, sys.meta_path, sys.path_hooks)]
    run(job["cells"], shell, job["pause"], report)

    # What a student has put in the place of a check, or of what checks are made with, is undone.
    report("at", "the import of the checks")
    for module, names in kept:
        vars(module).update(names)
        sys.modules[module.__name__] = module
    for found, before in paths:
        found[:] = before
    names = dict(shell.user_ns)
    practice = imported(key, job["package"])
    practice.ToDo = todo  # gaps raise that of the d2lmini which the notebook has imported
    student = names.get("student")
    report("student", student[:200] if isinstance(student, str) else None)
    for name in job["checks"]:
        report("at", f"the check of {name}")
        result, failed = attempt(lambda name=name: check(name, key, practice, names), job["pause"])
        report("check", name, *(("wrong", [failed]) if failed else result))
    report("done")
    os._exit(0)  # whatever threads a student has left behind


if __name__ == "__main__":
    main()
