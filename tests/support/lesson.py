"""A lesson's own code, taken from its notebook, so that tests check what students run."""

import ast
import linecache
import re
from functools import cache

import jupytext

from tools.lessons import LESSONS, Lesson

GAN, FACES = LESSONS


def source(key: str, kind: str = "", lesson: Lesson = GAN) -> str:
    """The .py file of a lesson, or of another of the kinds of notebooks."""
    return lesson.notebook(key, kind).py.read_text(encoding="utf-8")


def with_numbers(key: str, numbers: dict[str, float], kind: str = "", lesson: Lesson = GAN) -> str:
    """A notebook's text with other numbers."""
    text = source(key, kind, lesson)
    for name, value in numbers.items():
        text, found = re.subn(rf"^{name} = .*", f"{name} = {value!r}", text, flags=re.MULTILINE)
        assert found == 1
    return text


def definitions(key: str, text: str | None = None, lesson: Lesson = GAN) -> dict:
    """What a lesson defines, or its text with a change in it, without running it.

    These are its imports, functions and classes, and the numbers and small types they rest on.
    """
    tree = ast.parse(source(key, lesson=lesson) if text is None else text)
    tree.body = [node for node in tree.body if is_definition(node)]
    names = {"__name__": lesson.notebook(key).stem}
    exec(compile(tree, f"{lesson.notebook(key).stem}.py", "exec"), names)
    return names


def is_definition(node: ast.stmt) -> bool:
    """Tell whether a statement only defines something: x = 1 does, x = f(1) does not."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.ClassDef():
            return True
        case ast.Assign(value=ast.Constant()):
            return True
        case ast.Assign(
            value=ast.Call(func=ast.Name(id="namedtuple" | "Activation" | "partial" | "Layer"))
        ):
            return True
    return False


@cache
def numpy_lesson() -> dict:
    """The reference: the definitions of the NumPy lesson."""
    return definitions("numpy")


def run_until(stop: str, key: str, text: str | None = None, lesson: Lesson = GAN) -> dict:
    """The names that a lesson has defined when it comes to a cell that starts with stop."""
    names = {"__name__": lesson.notebook(key).stem}
    run_cells(None, stop, key, names, source(key, lesson=lesson) if text is None else text)
    return names


def run_cells(start: str | None, stop: str, key: str, names: dict, text: str | None = None) -> None:
    """Run a lesson's cells in names, from the one that starts with start to that with stop."""
    cells = iter(jupytext.reads(source(key) if text is None else text, fmt="py:percent").cells)
    if start is not None:
        next(cell for cell in cells if cell.source.startswith(start))
    for i, cell in enumerate(cells):
        if cell.source.startswith(stop):
            return
        if cell.cell_type == "code":
            # TensorFlow's compiler reads the source of what it compiles.
            name = f"<gan_{key}, after {start}, cell {i}>"
            linecache.cache[name] = (len(cell.source), None, cell.source.splitlines(True), name)
            exec(compile(cell.source, name, "exec"), names)
    raise ValueError(f"gan_{key} has no cell that starts with {stop!r}")
