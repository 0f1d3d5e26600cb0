"""A lesson with gaps: what `make student` makes of the cells that are tagged `practice`."""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Set
from copy import deepcopy
from hashlib import sha256
from symtable import SymbolTable, symtable
from textwrap import indent, wrap

import numpy as np
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from d2lcheck import FIRST
from d2lcheck.questions import QUESTIONS, asked
from tools.language import N_, _, title_of
from tools.lessons import Notebook

VERSION = "[0-9a-f]{16}"
INTRO = N_("""\
# {title}: a workbook

This is [the lesson]({lesson}.ipynb) with gaps. In a gap stands `raise ToDo(...)`, with a word
on what is missing. Write your code in place of it, run the cell, and then the check below it, which
says that your code is right, or what is wrong with it. Run it as often as you like: it works on
networks and numbers of its own.

Go from top to bottom. A cell that needs what you have not written yet names it.
""")
CHECKS = "from d2lcheck.{key} import ToDo, ask, check, check_answer, waits_for"
NUMBERS = N_("""\
## Numbers of your own

Write your name in the next cell, as it stands in the list of your class: the numbers in the
questions depend on it. An exercise that they speak of is at the end of
[the lesson]({lesson}.ipynb).
""")


def workbook(lesson: NotebookNode, of: Notebook) -> NotebookNode:
    """Return a lesson's workbook: the sections up to the last gap, and questions.

    of: which notebook the lesson is.

    Cells are tagged: `practice` where the student writes, `check` below it, `waits` where code of
    the lesson needs a gap to be filled. `workbook` in its metadata is its VERSION, a hash of its
    code, which is the same in all languages; `lesson` is the key of its lesson, if not the first.
    """
    sections = list(split(lesson.cells))
    last = max(n for n, cells in enumerate(sections) if any(map(is_practice, cells)))
    intro = _(INTRO).format(title=title_of(lesson), lesson=of.stem).strip()
    gaps, cells = Gaps(of.lesson.key), [new_markdown_cell(intro, id="intro")]
    for n, section in enumerate(sections[: last + 1]):
        codes = [i for i, cell in enumerate(section) if cell.cell_type == "code"]
        for cell in section[codes[0] if n == 0 else 0 :]:  # instead of the lesson's introduction
            cells += gaps.fit(deepcopy(cell))
            if re.search("^from d2lmini import ", cell.source, re.MULTILINE):
                cells.append(new_code_cell(CHECKS.format(key=of.framework), id="checks"))
    copy = deepcopy(lesson)
    copy.cells = cells + list(questions(of))
    code = [[cell.source, cell.id] for cell in copy.cells if cell.cell_type == "code"]
    copy.metadata.workbook = sha256(json.dumps(code).encode()).hexdigest()[:16]
    if of.lesson.key != FIRST:  # as there were none of another, those handed out do not say so
        copy.metadata.lesson = of.lesson.key
    return copy


def filled(
    workbook: NotebookNode, lesson: NotebookNode, student: str, but: Iterable[str] = ()
) -> NotebookNode:
    """Return a workbook as a student leaves it who has all right, but for the gaps left open.

    The gaps have the lesson's own code; but: names of functions, classes and questions.
    """
    own, copy = {cell.id: cell.source for cell in lesson.cells}, deepcopy(workbook)
    for cell in filter(is_practice, copy.cells):
        name = cell.id.removeprefix("answer-")
        if name == "student":
            cell.source = f"student = {student!r}"
        elif name in QUESTIONS and name not in but:
            cell.source = f"{name} = {np.asarray(asked(name, student).right).tolist()}"
        elif name not in QUESTIONS:
            made = {getattr(part, "name", None) for part in ast.parse(cell.source).body}
            if made.isdisjoint(but):
                cell.source = own[cell.id]
    return copy


def split(cells: list[NotebookNode]) -> Iterator[list[NotebookNode]]:
    """Give the cells of each section: a new one starts with each heading but the title."""
    section = []
    for cell in cells:
        if cell.cell_type == "markdown" and re.match("###? ", cell.source):
            yield section
            section = []
        section.append(cell)
    yield section


def is_practice(cell: NotebookNode) -> bool:
    """Tell whether the student writes what is in a cell."""
    return "practice" in cell.metadata.get("tags", ())


class Gaps:
    """The gaps of a lesson's workbook, and which names of its cells need which of them."""

    def __init__(self, lesson: str):
        self.lesson, self.names = lesson, []
        # By name in the notebook, those that it needs: a function, when it is called.
        self.needs = {}

    def fit(self, cell: NotebookNode) -> list[NotebookNode]:
        """Return what stands in the workbook for a cell of the lesson."""
        if cell.cell_type != "code":
            return [cell]
        tree = ast.parse(cell.source)
        if is_practice(cell):
            works = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
            for work in works:
                self.names.append(work.name)
                self.needs[work.name] = loaded(work)
            cell.source = with_gaps(cell.source, tree)
            return [cell, *(check(work.name, self.call(work.name)) for work in works)]
        waits, made = set(), set()
        for statement in tree.body:
            if isinstance(statement, ast.FunctionDef | ast.ClassDef):
                self.needs[statement.name] = loaded(statement)
            else:
                own = made | stored(statement) if isinstance(statement, ast.For) else made
                waits |= self.needed(loaded(statement) - own)
                made |= stored(statement)
        self.needs |= dict.fromkeys(made, waits)  # a cell that waits makes none of them
        if waits:
            works = ", ".join(name for name in self.names if name in waits)
            cell.source = f"waits_for({works})\n{cell.source}"
            cell.metadata.tags = [*cell.metadata.get("tags", ()), "waits"]
        return [cell]

    def call(self, name: str) -> str:
        """Return the call that checks a function."""
        return f"check({name})" if self.lesson == FIRST else f'check({name}, "{self.lesson}")'

    def needed(self, names: Set[str]) -> set[str]:
        """Return the gaps that must be filled for names to be used as they are by now."""
        found, new = set(), set(names)
        while new:
            found |= new
            new = set().union(*(self.needs.get(name, ()) for name in new)) - found
        return found.intersection(self.names)


def loaded(node: ast.stmt) -> set[str]:
    """Return the names of the notebook that a statement uses, or a function when it is called."""
    return {
        symbol.get_name()
        for table in scopes(symtable(ast.unparse(node), "", "exec"))
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (table.get_type() == "module" or symbol.is_global())
    }


def scopes(table: SymbolTable) -> Iterator[SymbolTable]:
    """Give a piece of code's table of names, and those of the functions and classes in it."""
    yield table
    for inner in table.get_children():
        yield from scopes(inner)


def stored(node: ast.stmt) -> set[str]:
    """Return the names that a statement stores in the notebook."""
    symbols = symtable(ast.unparse(node), "", "exec").get_symbols()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned()}


def with_gaps(source: str, tree: ast.Module) -> str:
    """Return a cell's code with the bodies of its functions taken out, but for their docstrings.

    Of a function with a loop in a loop, that of the inner loop alone is taken out.
    """
    lines = source.splitlines()
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    top = [n for n in functions if not any(n in ast.walk(f) and n is not f for f in functions)]
    for function in reversed(top):
        docstring, *body = function.body
        what, start = docstring.value.value.splitlines()[0].rstrip("."), docstring.end_lineno
        if inner := inner_loop(function):
            body, what, start = inner.body, "the body of this loop", inner.body[0].lineno - 1
        todo = wrap(f"{function.name}: {what[0].lower()}{what[1:]}", 72, drop_whitespace=False)
        words = "\n    ".join(f'"{line}"' for line in todo)
        words = f"\n    {words}\n" if len(todo) > 1 else words
        gap = indent(f"raise ToDo({words})", " " * body[0].col_offset)
        lines[start : body[-1].end_lineno] = [gap]
    return "\n".join(lines)


def inner_loop(function: ast.FunctionDef) -> ast.For | None:
    """Return the loop in a function's loop, if there is one."""
    loops = [part for part in ast.walk(function) if isinstance(part, ast.For)]
    return next((a for a in loops for b in loops if a is not b and a in ast.walk(b)), None)


def check(name: str, source: str) -> NotebookNode:
    """Return the cell that checks a gap; nbgrader, if a teacher has it, gives a point for it."""
    cell = tagged(source, "check", f"check-{name}")
    cell.metadata.nbgrader = {
        "schema_version": 3,
        "grade_id": cell.id,
        "cell_type": "code",
        "points": 1,
        "grade": True,
        "locked": True,
        "solution": False,
        "task": False,
    }
    return cell


def tagged(source: str, tag: str, name: str) -> NotebookNode:
    """Return a cell of code with a tag, and a name for its id."""
    return new_code_cell(source, metadata={"tags": [tag]}, id=name)


def questions(of: Notebook) -> Iterator[NotebookNode]:
    """Give the cells that ask for numbers, if a lesson's workbook does."""
    if not of.lesson.questions:
        return
    yield new_markdown_cell(_(NUMBERS).format(lesson=of.stem).strip(), id="numbers")
    yield tagged('student = ""', "practice", "student")
    for name in of.lesson.questions:
        yield tagged(f'ask("{name}", student)', "ask", f"ask-{name}")
        yield tagged(f"{name} = ...  # {QUESTIONS[name].wants}", "practice", f"answer-{name}")
        yield check(name, f'check_answer("{name}", {name}, student)')
