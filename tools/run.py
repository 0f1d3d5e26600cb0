"""Run every lesson in a copy under _build/run, write its page, and sum up.

The notebooks themselves are only read. BACKENDS="torch mxnet" runs those frameworks alone;
LANGUAGE=vi writes the pages, and the copies, in Vietnamese, to _build/run/vi.
"""

import os
import re
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from posixpath import normpath
from time import perf_counter
from typing import NamedTuple

import latex2mathml.converter
import nbformat
import papermill
import psutil
from jinja2 import pass_context
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import (
    InvalidNotebook,
    IPythonRenderer,
    MarkdownWithMath,
)

from tools import KERNEL, QUIET_KERNEL, answers, files, lessons
from tools.backends import why_not
from tools.language import _, current_language, folder_of, in_language, language_asked, translate
from tools.lessons import ROOT, Lesson, every, of
from tools.processors import ONE_THREAD, available

BUILD = ROOT / "_build" / "run"


def run(source: Path, copy: Path, position: int = 0) -> str:
    """Execute source into copy with papermill's progress bar, write its page, return its line.

    position: where the bar is on a terminal, in lines from the first; elsewhere there is none.
    """
    speak(source.name, files.read(source))
    page = copy.with_suffix(".html")
    for stale in (copy, page):
        stale.unlink(missing_ok=True)
    start = perf_counter()
    papermill.execute_notebook(
        plain(source),
        plain(copy),
        # Not cwd, with which papermill changes the folder of all lessons that run.
        resources={"metadata": {"path": str(source.parent)}},
        kernel_name=KERNEL,
        progress_bar={"desc": source.stem, "position": position, "disable": None},
        execution_timeout=600,
        extra_arguments=QUIET_KERNEL,
    )
    seconds = perf_counter() - start
    notebook = files.read(copy)
    if cell := unfinished(notebook):
        raise RuntimeError(f"the notebook ended itself before In [{cell}]")
    speak(source.name, notebook)
    if current_language() != "en":
        files.write(copy, nbformat.writes(notebook))
    resources = {"metadata": {"path": str(source.parent), "name": source.stem}}
    html = PageExporter().from_notebook_node(notebook, resources)[0]
    files.write(page, html)
    printed = read_figures(notebook, of(source).lesson)
    figures = [f"{name} {value}" for name, value in printed.items()]
    return ", ".join([f"{source.stem}: {seconds:.1f} s", *figures, str(page)])


def plain(path: Path) -> str:
    """Return a path as papermill takes it, for which a folder {x} would be a parameter."""
    return str(path).replace("{", "{{").replace("}", "}}")


def unfinished(notebook: nbformat.NotebookNode) -> int | None:
    """Return the n of the first cell In [n] that did not come through, or None."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source]
    # papermill calls a cell completed in which the kernel died; one that failed has a count, too.
    done = [c.execution_count and c.metadata.papermill.status == "completed" for c in code]
    return next((n for n, came_through in enumerate(done, start=1) if not came_through), None)


def read_figures(notebook: nbformat.NotebookNode, lesson: Lesson) -> dict[str, str]:
    """Return the figures that a lesson's notebook has printed, by name."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    text = "".join(output.text for output in outputs if "text" in output)
    found = {name: re.search(p, text, re.MULTILINE) for name, p in lesson.figures.items()}
    return {name: match[1] for name, match in found.items() if match}


class Prose(IPythonRenderer):
    """nbconvert's Markdown, its formulas as MathML, its links turned to hold from a page.

    An English page is two folders below the project's, another three. ending: that of the other
    lessons' pages.
    """

    def __init__(self, ending: str, **options):
        super().__init__(escape=False, **options)
        self.ending = ending

    def inline_math(self, body: str) -> str:
        """Return what stood between single dollars."""
        return to_mathml(body, "inline")

    def block_math(self, body: str) -> str:
        """Return what stood between double dollars."""
        return to_mathml(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        r"""Return what stood between \begin{name} and \end{name}, without dollars."""
        return to_mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")

    def _html_embed_images(self, html: str) -> str:
        """Return HTML with its pictures in it. Else as it is: it may be the start of an element."""
        embed = super()._html_embed_images  # closes whatever is open at the end
        return re.sub(r"""<img\b(?:"[^"]*"|'[^']*'|[^'">])*>""", lambda tag: embed(tag[0]), html)

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """Return a link; one to a lesson leads to its page."""
        file, *anchor = url.split("#")
        if file.endswith(".ipynb") and (notebook := of(file)) and not notebook.kind:
            url = "#".join([f"{notebook.stem}{self.ending}", *anchor])
        elif not re.match(r"\w+:|[/#]", url):
            up = "../" * (2 if current_language() == "en" else 3)
            url = normpath(f"{up}notebooks/{Path(self.path).name}/{url}")
        return super().link(text, url, title)


def to_html(markdown: str, ending: str = ".html", **options) -> str:
    """Return Markdown as HTML; ValueError or InvalidNotebook if a part of it cannot be shown.

    options: for nbconvert's renderer.
    """
    page = MarkdownWithMath(Prose(ending, **options)).render(markdown)
    # A browser would start a line with the comma after a formula unless told not to.
    whole = r'<span style="white-space: nowrap">\g<0></span>'
    return re.sub(r"<math(?:(?!<math).)*?</math>[.,:;)]+", whole, page, flags=re.DOTALL)


def to_mathml(tex: str, display: str) -> str:
    """Return TeX as MathML, for display "inline" or "block"; ValueError if it is ill-formed."""
    # The converter numbers the lines of align, each time from 1, and does not know aligned.
    unnumbered = re.sub(r"\{align(ed)?\}", "{align*}", tex)
    try:
        math = latex2mathml.converter.convert(unnumbered, display=display)
    except Exception as error:  # of a kind of its own for each mistake, without words
        formula = " ".join(tex.split())
        raise ValueError(f"not a formula: {formula} ({type(error).__name__})") from None
    # A browser puts no space around the name of a function unless told to.
    return re.sub("<mi>(log|ln|tr)</mi>", r'<mo lspace=".17em" rspace=".17em">\1</mo>', math)


def check_prose(name: str, notebook: nbformat.NotebookNode) -> None:
    """Raise Unfit at the first cell with a formula, attachment or answer that cannot be shown."""
    for n, (before, cell) in enumerate(pairwise([None, *notebook.cells]), start=1):
        texts = [cell.source] if cell.cell_type == "markdown" else []
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            texts += [data[kind] for kind in ("text/markdown", "text/latex") if kind in data]
        try:
            answers.check(cell, before)
            for text in texts:
                to_html(text, attachments=cell.get("attachments"))
        except (ValueError, InvalidNotebook) as error:
            raise files.Unfit(f"{name}, cell {n}: {error}") from None


def speak(name: str, notebook: nbformat.NotebookNode) -> None:
    """Put a notebook into the language that is spoken. Raises as check_prose, there and before."""
    check_prose(name, notebook)
    if current_language() != "en":
        translate(notebook)
        check_prose(f"{name}, by locale/{current_language()}.po", notebook)


class PageExporter(HTMLExporter):
    """nbconvert's page as one file that needs no network: images in it, formulas as MathML."""

    template_name = "page"
    ending = ".html"
    extra_template_basedirs = extra_template_paths = [str(Path(__file__).parent)]

    def __init__(self, **options):
        super().__init__(language_code=current_language(), **options)
        self.environment.globals["_"] = _

    @pass_context
    def markdown2html(self, context, source):
        """Turn Markdown into HTML."""
        path = context["resources"]["metadata"]["path"]
        pictures = {"embed_images": True, "path": path}
        attachments = context["cell"].get("attachments")
        return to_html(source, self.ending, attachments=attachments, **pictures)


def failed_in(copy: Path) -> str:
    """Return where a failed run ended, in words."""
    cell = unfinished(nbformat.read(copy, as_version=4)) if copy.exists() else None
    return f"in cell In [{cell}]" if cell else "after its cells had run"


class Outcome(NamedTuple):
    """What came of a lesson: its line in the summary, and what went wrong, if anything."""

    line: str
    trace: str = ""
    failed: bool = False


def attempt(source: Path, copy: Path, position: int) -> Outcome:
    """Run a lesson, whatever comes of it: one that fails does not stop the others."""
    try:
        if reason := why_not(of(source).framework):
            return Outcome(f"{source.stem}: skipped, {reason}")
        return Outcome(run(source, copy, position))
    except files.Unfit as fault:
        return Outcome(f"{source.stem}: FAILED, {fault}", failed=True)
    except Exception:
        line = f"{source.stem}: FAILED {failed_in(copy)}, see above"
        return Outcome(line, traceback.format_exc(), failed=True)


def main() -> None:
    """Run the lessons of every framework that is wanted, and exit with 1 if one fails."""
    with in_language(language_asked()):
        run_all(folder_of(BUILD))


def run_all(build: Path) -> None:
    """Run the lessons into a folder, as many at a time as there are processors, and exit."""
    build.mkdir(parents=True, exist_ok=True)
    sources = sorted(notebook.ipynb for notebook in every("") if notebook.ipynb.exists())
    os.environ.update(ONE_THREAD | os.environ)  # side by side they would wait for each other
    with ThreadPoolExecutor(available()) as pool:
        jobs = [pool.submit(attempt, path, build / path.name, n) for n, path in enumerate(sources)]
        try:
            for job in as_completed(jobs):
                print(job.result().trace, end="", file=sys.stderr)
                if not sys.stderr.isatty():  # where it is, there are bars
                    print(job.result().line.split(",")[0], file=sys.stderr)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in psutil.Process().children():
                with suppress(psutil.NoSuchProcess):
                    if "ipykernel_launcher" in process.cmdline():
                        process.kill()  # so that its lesson's thread ends, too
            sys.exit("interrupted; the notebooks are as they were")
    outcomes = [job.result() for job in jobs]
    lines = [outcome.line for outcome in outcomes] or [f"no lessons in {lessons.NOTEBOOKS}"]
    print("", *lines, sep="\n")
    sys.exit(not outcomes or any(outcome.failed for outcome in outcomes))


if __name__ == "__main__":
    main()
