"""One student's notebook, run and checked in a process of its own: what tools.grade starts.

Reads a job, JSON, from standard input. Writes to standard output, as it goes, a line of JSON for
each thing to report: the job's secret, what kind of thing, and the thing. Needs no other file than
the environment's and those of PACKAGES, so that it runs where nothing else can be seen.

It holds off mistakes and simple tricks. What the student wrote runs in this very process, though,
so someone who sets out to forge a report, and knows Python well, can.
"""

import ast
import inspect
import json
import math
import os
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

LONGEST = 20_000  # characters of a student's code to report
MEGABYTE = 2**20
PACKAGES = {"d2lmini", "d2lcheck"}
LATE = {"torch": ["torch._dynamo"]}  # what the first optimiser imports, which takes seconds


class Over(BaseException):
    """Raised in code that does not end: no `except Exception` of a student's catches it."""


def quiet() -> None:
    """Send what is printed to nowhere, also where a student has closed what it was printed to."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard, name in enumerate(("stdin", "stdout", "stderr")):
        os.dup2(nowhere, standard)
        file = open(standard, "w" if standard else "r", encoding="utf-8", closefd=False)
        setattr(sys, name, file)
    if nowhere > 2:
        os.close(nowhere)


def limit(seconds: int, megabytes: int, apart: bool) -> None:
    """Set the most that this process, and each that it starts, may use.

    seconds: of a processor, in all; see allow. apart: whether this is in a sandbox.
    """
    most = {
        resource.RLIMIT_DATA: megabytes * MEGABYTE,
        resource.RLIMIT_FSIZE: 100 * MEGABYTE,
        resource.RLIMIT_CPU: seconds,
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


def allow(seconds: float) -> None:
    """Let this process use so many seconds more of a processor before the system ends it."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = math.ceil(time.process_time() + max(1, seconds))
    resource.setrlimit(resource.RLIMIT_CPU, (min(soft, hard), hard))


@contextmanager
def ending(busy: float, waiting: float) -> Iterator[None]:
    """Raise Over in what takes longer than this, and each second again.

    busy: seconds of a processor, so that it makes no difference what else the computer does.
    waiting: seconds by the clock, more of them, for what sleeps or waits for another process.
    """

    def stop(*_):
        raise Over(f"it does not end within {busy:.0f} s")  # the same on a busy computer

    signal.signal(signal.SIGPROF, stop)
    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_PROF, busy, 1)
    signal.setitimer(signal.ITIMER_REAL, waiting, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def attempt(work: Callable[[], Any], busy: float, waiting: float) -> tuple[Any, str | None]:
    """Return what a student's code returns or None, and what is to be said of how it failed."""
    quiet()
    try:
        with ending(busy, waiting):
            try:
                return work(), closed()
            except Exception as error:
                return None, failure(error)
    except Over as over:
        return None, str(over)
    except SystemExit:
        return None, "it ends the notebook, as exit() does"
    except BaseException as error:  # KeyboardInterrupt, and what a student derives from it
        return None, f"it stops with {type(error).__name__}"


def closed() -> str | None:
    """Return what is to be said if nothing can be printed any more: the next attempt can again."""
    return "it closes sys.stdout" if getattr(sys.stdout, "closed", True) else None


def failure(error: BaseException) -> str:
    """Return what is to be said of an error."""
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
        return "it ran out of memory"
    message = " ".join(re.sub("<ipython-input[^>]*>, ", "", str(error)).split())
    return f"it stops with {type(error).__name__}: {message[:100]}".removesuffix(": ")


def imported(key: str, package: str) -> ModuleType:
    """Return d2lcheck, with all that is needed for a framework, as it is on the disk."""
    for name in [name for name in sys.modules if name.split(".")[0] in PACKAGES]:
        del sys.modules[name]
    sys.path.insert(0, package)
    try:
        for name in (f"d2lcheck.{key}", *LATE.get(key, ())):
            import_module(name)
        return import_module("d2lcheck")
    finally:
        sys.path.remove(package)


def code_of(name: str, sources: list[str]) -> str:
    """Return the code of a function, a class or a variable as the student wrote it last."""
    for source in reversed(sources):
        try:
            body = ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # shown as it is
            if re.search(rf"^[^#\n]*\b{name}\b", source, re.MULTILINE):
                return source[:LONGEST]
            continue
        for node in reversed(body):
            if name in names_of(node):
                first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
                return "\n".join(source.splitlines()[first - 1 : node.end_lineno])[:LONGEST]
    return ""


def names_of(node: ast.stmt) -> set[str]:
    """Return the names that a statement gives: to a function, a class or a variable."""
    match node:
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            return {name}
        case ast.AnnAssign(ast.Name(name)):
            return {name}
        case ast.Assign(targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
    return set()


def run(sources: list[tuple[int, str]], shell, pause: list[float], report: Callable) -> None:
    """Run a notebook's cells, each with its number; one that fails does not stop the rest."""

    def cell(source):
        done = shell.run_cell(source)
        if error := done.error_before_exec or done.error_in_exec:
            raise error

    for n, source in sources:
        report("at", f"code cell {n}")
        _, failed = attempt(lambda source=source: cell(source), *pause)
        if failed and not failed.startswith("it stops with ToDo"):
            report("failed", f"code cell {n}: {failed}")


def unnamed(names: dict) -> str | None:
    """Return what is to be said of the student's name if it is none."""
    match names.get("student", ...):
        case str(student) if student.strip():
            return None
        case str():
            return "`student` is empty"
        case int() | float():
            return "`student` is a number: want a name, in quotation marks"
        case _ if "student" not in names:
            return "`student` is missing"
        case student:
            kind = type(student).__name__[:50]
            return f"`student` is of type {kind}: want a name, in quotation marks"


def check(
    name: str, lesson: str, key: str, practice: ModuleType, names: dict
) -> tuple[str, list[str]]:
    """Return a check's result, right, wrong, open or missing, and what it says."""
    if name not in names:
        return "missing", ["it is not there"]
    work, student = names[name], names.get("student")
    if name in practice.questions.QUESTIONS:
        if work is not ... and unnamed(names):
            return "open", ["write your name into `student` first, in quotation marks"]
        verdict = practice.check_answer(name, work, student)
    elif getattr(work, "__name__", None) != name:
        return "wrong", ["what has this name is not what was written under it"]
    else:
        verdict = import_module(f"d2lcheck.{key}").check(work, lesson)
    state = "right" if verdict.right else "open" if verdict.todo else "wrong"
    return state, [words[:500] for words in verdict.says[:10]]


def main() -> None:
    """Run and check what the job on standard input holds."""
    job = json.load(sys.stdin)
    out, key, lesson = os.dup(1), job["key"], job["lesson"]
    quiet()

    def report(*thing):
        os.write(out, f"{json.dumps([job['secret'], *thing])}\n".encode())

    report("at", "the start")
    limit(job["imports"] + 2 * job["seconds"], job["megabytes"], job["apart"])
    allow(job["imports"])
    if job["fonts"]:  # else Matplotlib would look for all fonts of the system, each time
        Path(os.environ["MPLCONFIGDIR"], job["fonts"][0]).write_text(
            job["fonts"][1], encoding="utf-8"
        )
    for name in job["checks"]:
        report("code", name, code_of(name, [source for _, source in job["cells"]]))
    report("at", f"the import of {key}")
    todo = imported(key, job["package"]).ToDo

    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.showtraceback = shell.showsyntaxerror = lambda *args, **kwargs: None  # nobody reads them
    shell.ask_exit = sys.exit  # what exit() calls
    tools = [sys.modules[name] for name in ("builtins", "numpy", "numpy.linalg")]
    tools += [inspect, json, math, os, re, resource, signal, sys, time, traceback]
    kept = [(module, dict(vars(module))) for module in tools]
    paths = [(found, list(found)) for found in (sys.path, sys.meta_path, sys.path_hooks)]
    began = time.process_time()
    allow(job["seconds"])
    run(job["cells"], shell, job["pause"], report)

    # What a student has put in the place of a check, or of what checks are made with, is undone.
    report("at", "the import of the checks")
    for module, names in kept:
        vars(module).update(names)
        sys.modules[module.__name__] = module
    for found, before in paths:
        found[:] = before
    used = time.process_time() - began
    allow(job["imports"])
    names = dict(shell.user_ns)
    practice = imported(key, job["package"])
    practice.ToDo = todo  # gaps raise that of the d2lcheck which the notebook has imported
    student = names.get("student")
    report("student", student[:200] if isinstance(student, str) else None, unnamed(names))
    allow(job["seconds"] - used)
    for name in job["checks"]:
        report("at", f"the check of {name}")
        result, failed = attempt(
            lambda name=name: check(name, lesson, key, practice, names), *job["pause"]
        )
        report("check", name, *(("wrong", [failed]) if failed else result))
    report("done")
    os._exit(0)  # whatever threads a student has left behind


if __name__ == "__main__":
    main()
