"""Checks that name a mistake: ``d2l.check(update_D)`` in a workbook."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from types import ModuleType

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
        try:
            seen = steps.watch(framework, player, step)
            dtype = "float64"
        except ToDo:
            raise
        except Exception as error:  # whatever a student's code may raise
            try:  # it may be right but for what it makes in float32, as the lesson has all
                with redirect_stdout(StringIO()):
                    seen, dtype = steps.watch(framework, player, step, "float32"), "float32"
            except Exception:
                return [where(framework, error, step)]
        with redirect_stdout(StringIO()):  # what a step prints is printed once
            again = steps.watch(framework, player, step, dtype, seed=1)
        return steps.diagnose(player, seen, again)

    return check


def where(framework: ModuleType, error: Exception, function: Callable) -> str:
    """Return a sentence on an error: what it means, or in which line of the function it arose."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if frame.filename == function.__code__.co_filename]
    message = f"{type(error).__name__}: {' '.join(str(error).split())}"
    if known := next((words for part, words in framework.ERRORS.items() if part in message), None):
        return known
    if len(message) > 200:
        message = f"{message[:200]} ..."
    if not inside:
        return f"it cannot be called as the lesson does: {message}"
    line = inside[-1].lineno - function.__code__.co_firstlineno + 1
    return f"line {line}, `{inside[-1].line}`, stops with {message}"


CHECKS = {"update_D": check_step("D"), "update_G": check_step("G")}
