"""Checks that name a mistake: ``check(update_D)`` in a workbook."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import getmembers, isfunction
from textwrap import fill
from types import CodeType
from typing import Any

from d2lcheck import (
    backward,
    convolution,
    features,
    fit,
    images,
    loop,
    losses,
    nets,
    questions,
    steps,
)
from d2lcheck.errors import Stops, told
from d2lcheck.framework import Framework
from d2lcheck.watch import plain
from d2lmini.checks import shown

__all__ = ["ToDo", "ask", "check_answer", "waits_for"]


class ToDo(NotImplementedError):
    """What a gap raises as long as it is open."""

    def _render_traceback_(self) -> list[str]:
        """Show a notebook's reader one line, and not the way to it."""
        return [f"To do: {self}"]


@dataclass(frozen=True)
class Verdict:
    """Whether a student's work is right, and if not, what is wrong with it, a sentence each.

    todo: whether it is not wrong, but still to be written, or waits for what is.
    """

    right: bool
    says: list[str]
    todo: bool = False

    def _ipython_display_(self):
        """Show nothing more: what made it has printed it."""


def checker(framework: Framework) -> Callable[[Callable], Verdict]:
    """Return the function ``check`` of a framework's module."""

    def check(work: Callable, lesson: str = FIRST) -> Verdict:
        """Say whether a function of a lesson is right, and if not, what is wrong with it.

        work: the student's function, or class, under its name in the lesson. It is called with
        small networks and points of the check's own; nothing of the student's is changed. lesson:
        which one it is of, since two may have functions of the same name. Prints a line for each
        thing to say, and returns them with ``right``. Raises ValueError for a lesson without
        checks, and for a function of another name.
        """
        if not isinstance(lesson, str) or lesson not in CHECKS:
            raise ValueError(f"check: want a lesson, {' or '.join(CHECKS)}; got {shown(lesson)}")
        checks, name = CHECKS[lesson], getattr(work, "__name__", None)
        if name not in checks:
            wanted = f"a function or a class that is defined as one of {', '.join(checks)}"
            raise ValueError(f"check: want {wanted}; got {name or shown(work)}")
        try:
            return verdict(name, checks[name](framework, work))
        except (Exception, SystemExit) as error:  # whatever a student's code may raise
            if gap := reason(error):
                said = "still to be written" if gap_of(work) else f"it waits for {gap}"
                return verdict(name, [said], todo=True)
            return verdict(name, [where(framework, error, work)])

    return check


def verdict(name: str, says: list[str], todo: bool = False) -> Verdict:
    """Print what there is to say of a student's work, and return it.

    What is wrong goes to standard error: a notebook shows that in red, and nbgrader gives no point.
    """
    for line in says or ["right."]:
        print(f"{name}: {line}", file=sys.stderr if says else sys.stdout)
    return Verdict(not says, says, todo)


def ask(question: str, student: str) -> None:
    """Print a question with the numbers of a student: see d2lcheck.questions."""
    for line in questions.asked(question, student).text.splitlines():
        print(fill(line, 90, subsequent_indent="   " * line[0].isdigit()))


def check_answer(question: str, answer: Any, student: str) -> Verdict:
    """Say whether a student's answer to a question is right, as ``check`` does of a function.

    answer: numbers in the order in which they are asked for; ... as long as there is none. Raises
    ValueError for a question that there is not, and without a name.
    """
    if answer is ...:
        return verdict(question, ["still to be written"], todo=True)
    return verdict(question, questions.wrong(question, answer, student))


def waits_for(*works: Callable) -> None:
    """Raise ToDo if one of the functions or classes that a cell needs is still to be written."""
    for work in works:
        if gap_of(work):
            raise ToDo(f"{work.__name__}, which this cell needs")


def gap_of(work: Callable) -> bool:
    """Tell whether a function or a class has a gap that is still open."""
    return any("ToDo" in part.co_names for code in codes(work) for part in parts(code))


def codes(work: Callable) -> list[CodeType]:
    """Return the code of a function that a student wrote, or of each method of a class."""
    functions = dict(getmembers(work, isfunction)).values() if isinstance(work, type) else [work]
    found = (getattr(plain(function), "__code__", None) for function in functions)
    return [code for code in found if code]


def reason(error: BaseException | None) -> ToDo | None:
    """Return the open gap that an error comes from, if it does."""
    while error and not isinstance(error, ToDo):
        error = error.__cause__ or error.__context__
    return error


def where(framework: Framework, error: BaseException, function: Callable) -> str:
    """Return a sentence on an error: what it means, or in which line of the function it arose."""
    if isinstance(error, Stops):
        return str(error)
    message, whole = told(error), " ".join(str(error).split())
    if known := next((words for part, words in framework.errors.items() if part in whole), None):
        return known
    for code in codes(function):
        lines = {line for part in parts(code) for *_, line in part.co_lines()}
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if frame.filename == code.co_filename and frame.lineno in lines:
                line = frame.lineno - code.co_firstlineno + 1
                return f"line {line}, `{frame.line}`, stops with {message}"
    return f"it cannot be called as the lesson does: {message}"


def parts(code: CodeType) -> Iterator[CodeType]:
    """Give a function's code, and that of the functions inside."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from parts(inner)


Check = Callable[[Framework, Callable], list[str]]

# By the lesson's key and the name of the function, in the order of the lesson. Each takes a
# framework and the student's function, and returns what is wrong, a sentence each. A new one costs
# a function and a line here.
CHECKS: dict[str, dict[str, Check]] = {
    "gan": {
        "sigmoid": losses.check_function("sigmoid"),
        "saturating_loss": losses.check_function("saturating_loss"),
        "non_saturating_loss": losses.check_function("non_saturating_loss"),
        "MLP": backward.check_MLP,
        "init_net": nets.check_start,
        "new_G": nets.check_net("new_G"),
        "new_D": nets.check_net("new_D"),
        "update_D": steps.check_step("D"),
        "update_G": steps.check_step("G"),
        "step": loop.check_loop,
        "update_both": loop.check_loop,
        "train_epochs": loop.check_loop,
        "fit_errors": fit.check_fit_errors,
    },
    "faces": {
        "windows": convolution.check_windows,
        "scatter": convolution.check_scatter,
        "new_G": images.check_net("new_G"),
        "new_D": images.check_net("new_D"),
        "features": features.check_features,
        "frechet": features.check_frechet,
        "kernel_distance": features.check_kernel_distance,
    },
}
FIRST = next(iter(CHECKS))  # the lesson of a check that names none
