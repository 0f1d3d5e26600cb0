"""A lesson's own code, taken from its notebook, so that tests check what students run."""

import ast
from functools import cache

import jupytext

from tools.backends import NOTEBOOKS


def source(key: str) -> str:
    """The .py file of a lesson."""
    return (NOTEBOOKS / f"gan_{key}.py").read_text()


def definitions(key: str, text: str | None = None) -> dict:
    """The imports, functions and classes of a lesson, or of its text with a change in it."""
    tree = ast.parse(source(key) if text is None else text)
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
    tree.body = [node for node in tree.body if isinstance(node, kinds)]
    names = {"__name__": f"gan_{key}"}
    exec(compile(tree, f"gan_{key}.py", "exec"), names)
    return names


@cache
def numpy_lesson() -> dict:
    """The reference: the definitions of the NumPy lesson."""
    return definitions("numpy")


def run_until(heading: str, key: str, text: str | None = None) -> dict:
    """The names that a lesson has defined when it comes to a heading."""
    names = {"__name__": f"gan_{key}"}
    for cell in jupytext.reads(source(key) if text is None else text, fmt="py:percent").cells:
        if cell.cell_type == "markdown" and cell.source.startswith(heading):
            return names
        if cell.cell_type == "code":
            exec(compile(cell.source, f"gan_{key}", "exec"), names)
    raise ValueError(f"gan_{key} has no heading {heading!r}")
