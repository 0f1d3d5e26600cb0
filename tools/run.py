"""Run every lesson in a copy under _build/run, write its page, and sum up.

The notebooks themselves are only read. BACKENDS="torch mxnet" runs those frameworks alone.
"""

import re
import sys
import traceback
from html import unescape
from pathlib import Path
from time import perf_counter

import latex2mathml.converter
import nbformat
import papermill
from jinja2 import pass_context
from nbconvert import HTMLExporter

from tools.backends import NOTEBOOKS, key_of, lessons, why_not
from tools.build import QUIET_KERNEL

BUILD = NOTEBOOKS.parent / "_build" / "run"

# What a lesson prints, and under which name it stands in the summary.
FIGURES = {
    "examples/sec": r"^(\S+) examples/sec$",
    "mean error": r"^GAN +mean error (\S+),",
    "covariance error": r"^GAN .* covariance error (\S+),",
    "Fréchet": r"^GAN .* Fréchet (\S+)$",
}


def run(source: Path, copy: Path) -> str:
    """Execute source into copy with papermill's progress bar, write its page, return its line."""
    page = copy.with_suffix(".html")
    for stale in (copy, page):
        stale.unlink(missing_ok=True)
    start = perf_counter()
    papermill.execute_notebook(
        source,
        copy,
        cwd=source.parent,
        progress_bar={"desc": source.stem},
        execution_timeout=600,
        extra_arguments=QUIET_KERNEL,
    )
    seconds = perf_counter() - start
    notebook = nbformat.read(copy, as_version=4)
    if cell := unfinished(notebook):
        raise RuntimeError(f"the notebook ended itself before In [{cell}]")
    resources = {"metadata": {"path": str(source.parent), "name": source.stem}}
    html, _ = PageExporter().from_notebook_node(notebook, resources)
    page.write_text(html, encoding="utf-8")
    figures = [f"{name} {value}" for name, value in read_figures(notebook).items()]
    return ", ".join([f"{source.stem}: {seconds:.1f} s", *figures, str(page)])


def unfinished(notebook: nbformat.NotebookNode) -> int | None:
    """Return the n of the first cell In [n] that did not come through, or None."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source]
    # papermill calls a cell completed in which the kernel died; one that failed has a count, too.
    done = [c.execution_count and c.metadata.papermill.status == "completed" for c in code]
    return next((n for n, came_through in enumerate(done, start=1) if not came_through), None)


def read_figures(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Return the figures that a notebook has printed, by name."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    text = "".join(output.text for output in outputs if "text" in output)
    found = {name: re.search(pattern, text, re.MULTILINE) for name, pattern in FIGURES.items()}
    return {name: match[1] for name, match in found.items() if match}


class PageExporter(HTMLExporter):
    """nbconvert's page as one file that needs no network: images in it, formulas as MathML."""

    template_name = "page"
    ending = ".html"  # of the other lessons' pages, which links should lead to
    extra_template_basedirs = extra_template_paths = [str(Path(__file__).parent)]
    embed_images = True

    @pass_context
    def markdown2html(self, context, source):
        """Turn a Markdown cell into HTML, the TeX between dollars into MathML.

        Links hold from where the page is, two folders below the project's.
        """
        page = super().markdown2html(context, source)
        page = re.sub(r'href="(gan_[^_]+)\.ipynb"', rf'href="\1{self.ending}"', page)
        page = re.sub(r'href="(gan_\w+\.ipynb)"', r'href="../notebooks/\1"', page)
        page = page.replace('href="../', 'href="../../')
        page = re.sub(r"\$\$(.+?)\$\$", found_as("block"), page, flags=re.DOTALL)
        page = re.sub(r"\$(.+?)\$", found_as("inline"), page, flags=re.DOTALL)
        # A browser would start a line with the comma after a formula unless told not to.
        whole = r'<span style="white-space: nowrap">\g<0></span>'
        return re.sub(r"<math(?:(?!<math).)*?</math>[.,:;)]+", whole, page, flags=re.DOTALL)


def found_as(display: str):
    """Return a replacement for re.sub that turns the TeX in group 1 into MathML."""
    return lambda found: to_mathml(unescape(found[1]), display)


def to_mathml(tex: str, display: str) -> str:
    """Return TeX as MathML, for display "inline" or "block"."""
    math = latex2mathml.converter.convert(tex, display=display)
    # A browser puts no space around the name of a function unless told to.
    return re.sub("<mi>(log|ln|tr)</mi>", r'<mo lspace=".17em" rspace=".17em">\1</mo>', math)


def failed_in(copy: Path) -> str:
    """Return where a failed run ended, in words."""
    cell = unfinished(nbformat.read(copy, as_version=4)) if copy.exists() else None
    return f"in cell In [{cell}]" if cell else "after its cells had run"


def main() -> None:
    """Run the lessons of every framework that is wanted, and exit with 1 if one fails."""
    BUILD.mkdir(parents=True, exist_ok=True)
    lines, failed = [], not lessons(".ipynb")
    for source in lessons(".ipynb"):
        copy = BUILD / source.name
        try:
            reason = why_not(key_of(source))
            lines.append(f"{source.stem}: skipped, {reason}" if reason else run(source, copy))
        except Exception:  # whatever it is, the others run, and this one is named
            failed = True
            traceback.print_exc()
            lines.append(f"{source.stem}: FAILED {failed_in(copy)}, see above")
        except KeyboardInterrupt:
            sys.exit(f"{source.stem}: interrupted; the notebooks are as they were")
    print("", *(lines or [f"no lessons in {NOTEBOOKS}"]), sep="\n")
    sys.exit(failed)


if __name__ == "__main__":
    main()
