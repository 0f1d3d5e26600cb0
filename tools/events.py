"""What a process reports that executes a submission: see tools/execution.py, which writes it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class At:
    """A process has come to some place."""

    where: str


@dataclass(frozen=True)
class Code:
    """What a student has written under a name."""

    name: str
    text: str


@dataclass(frozen=True)
class Failed:
    """A cell has failed."""

    words: str


@dataclass(frozen=True)
class Student:
    """What stands in `student`, and what is wrong with it, if anything."""

    name: str | None = None
    fault: str | None = None


@dataclass(frozen=True)
class Checked:
    """What a check came to, as in Result."""

    name: str
    state: str = "unknown"
    says: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Done:
    """All has been checked."""


Report = At | Code | Failed | Student | Checked | Done
EVENTS = {"at": At, "code": Code, "failed": Failed, "student": Student, "check": Checked}
EVENTS |= {"done": Done}


def events_of(report: bytes, secret: str) -> Iterator[Report]:
    """Give what a process has reported, as far as it came; a student's own lines are left out."""
    for line in report.splitlines():
        try:
            given, kind, *things = json.loads(line)
            if given == secret:
                yield EVENTS[kind](*map(cleaned, things))
        except (ValueError, TypeError, KeyError, RecursionError):  # cut off, or a student's own
            continue


def cleaned(thing: Any) -> str | list[str] | None:
    """Return a part of a report without what a page cannot hold; TypeError if it is none."""
    match thing:
        case str():
            return plain(thing)
        case list():
            return [plain(str(words)) for words in thing]
        case None:
            return None
    raise TypeError


def plain(text: str) -> str:
    """Return text without what UTF-8 or a page cannot hold."""
    text = text.encode("utf-8", "backslashreplace").decode()
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "\N{REPLACEMENT CHARACTER}", text)
