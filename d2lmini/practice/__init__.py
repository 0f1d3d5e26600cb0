"""Checks that name a mistake: ``d2l.check(update_D)`` in a workbook."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from inspect import unwrap
from io import StringIO
from types import CodeType, ModuleType

from d2lmini.practice import steps


class ToDo(NotImplementedError):
    """What a gap raises as long as it is open."""


@dataclass(frozen=True)
class Verdict:
    """Whether a student's work is right, and if not, what is wrong with it, a sentence each."""

    right: bool
    says: list[str]

    def _ipython_display_(self):
        """Show nothing more: check has printed it."""


def checker(key: str) -> Callable[..., Verdict]:
    """Return the function ``check`` of a framework's module of d2lmini."""

    def check(work: Callable) -> Verdict:
        """Say whether a function of the lesson is right, and if not, what is wrong with it.

        work: the student's ``update_D`` or ``update_G``. It is called with small networks and
        points of the check's own; nothing of the student's is changed. Prints a line for each thing
        to say, and returns them with ``right``. Raises ValueError for a function of another name.
        """
        name = getattr(work, "__name__", None)
        if name not in CHECKS:
            raise ValueError(f"check: want one of {', '.join(CHECKS)}, got {name or repr(work)}")
        framework = import_module(f"d2lmini.practice.{key}")
        try:
            says = CHECKS[name](framework, work)
        except ToDo as gap:
            says = [str(gap)]
        for line in says or ["right."]:
            print(f"{name}: {line}")
        return Verdict(not says, says)

    return check


def check_step(player: str) -> Callable[[ModuleType, Callable], list[str]]:
    """Return the check of a player's step."""

    def check(framework: ModuleType, step: Callable) -> list[str]:
        first = None
        # A right step may make float32 itself, as all is in the lesson, and fail with float64.
        for dtype in ("float64", "float32"):
            shown = nullcontext() if first is None else redirect_stdout(StringIO())
            try:
                with shown:
                    seen = steps.watch(framework, player, step, dtype)
                with redirect_stdout(StringIO()):  # what a step prints is printed once
                    again = steps.watch(framework, player, step, dtype, seed=1)
            except ToDo:
                raise
            except (Exception, SystemExit) as error:  # whatever a student's code may raise
                first = first or error
            else:
                return steps.diagnose(player, seen, again)
        return [where(framework, first, step)]

    return check


def where(framework: ModuleType, error: BaseException, function: Callable) -> str:
    """Return a sentence on an error: what it means, or in which line of the function it arose."""
    message = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
    if known := next((words for part, words in framework.ERRORS.items() if part in message), None):
        return known
    if len(message) > 200:
        message = f"{message[:200]} ..."
    code = getattr(unwrap(function), "__code__", None)
    lines = set(code_lines(code)) if code else set()
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if code and frame.filename == code.co_filename and frame.lineno in lines:
            line = frame.lineno - code.co_firstlineno + 1
            return f"line {line}, `{frame.line}`, stops with {message}"
    return f"it cannot be called as the lesson does: {message}"


def code_lines(code: CodeType) -> Iterator[int]:
    """Give the numbers of the lines of a function's code, with that of functions inside."""
    yield from (line for *_, line in code.co_lines() if line is not None)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from code_lines(inner)


CHECKS = {"update_D": check_step("D"), "update_G": check_step("G")}
