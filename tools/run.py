"""Run every notebook in a copy under _build/run, write its page, and sum up.

The notebooks themselves are only read. BACKENDS="torch mxnet" runs those frameworks alone.
"""

import re
import sys
from html import unescape
from pathlib import Path
from time import perf_counter

import latex2mathml.converter
import nbformat
import papermill
from jinja2 import pass_context
from nbconvert import HTMLExporter
from papermill.exceptions import PapermillExecutionError

from tools.backends import key_of, why_not
from tools.build import NOTEBOOKS, QUIET_KERNEL, ROOT

BUILD = ROOT / "_build" / "run"

# What a lesson prints, and under which name it stands in the summary.
FIGURES = {
    "examples/sec": r"(\d+) examples/sec",
    "mean error": r"GAN +mean error ([\d.]+)",
    "covariance error": r"GAN .*covariance error ([\d.]+)",
    "Fréchet": r"GAN .*Fréchet ([\d.]+)",
}


def run(source: Path) -> str:
    """Execute source with papermill's progress bar, write its page, and return its line."""
    BUILD.mkdir(parents=True, exist_ok=True)
    copy = BUILD / source.name
    start = perf_counter()
    bar = {"desc": source.stem}
    papermill.execute_notebook(
        source, copy, cwd=source.parent, progress_bar=bar, extra_arguments=QUIET_KERNEL
    )
    seconds = perf_counter() - start
    notebook = nbformat.read(copy, as_version=4)
    page = copy.with_suffix(".html")
    resources = {"metadata": {"path": str(source.parent), "name": source.stem}}
    html, _ = PageExporter().from_notebook_node(notebook, resources)
    page.write_text(html, encoding="utf-8")
    text = "".join(o.text for c in notebook.cells for o in c.get("outputs", ()) if "text" in o)
    figures = {name: re.search(pattern, text) for name, pattern in FIGURES.items()}
    shown = [f"{name} {found[1]}" for name, found in figures.items() if found]
    return ", ".join([f"{source.stem}: {seconds:.1f} s", *shown, str(page.relative_to(ROOT))])


class PageExporter(HTMLExporter):
    """nbconvert's page as one file that needs no network: images in it, formulas as MathML."""

    template_name = "page"
    extra_template_basedirs = [str(ROOT / "tools")]
    embed_images = True

    @pass_context
    def markdown2html(self, context, source):
        """Turn a Markdown cell into HTML, the TeX between dollars into MathML."""
        page = super().markdown2html(context, source)
        page = re.sub(r"\$\$(.+?)\$\$", to_mathml("block"), page, flags=re.DOTALL)
        return re.sub(r"\$(.+?)\$", to_mathml("inline"), page, flags=re.DOTALL)


def to_mathml(display: str):
    """Return a replacement for re.sub that turns the TeX in group 1 into MathML."""

    def convert(found):
        math = latex2mathml.converter.convert(unescape(found[1]), display=display)
        # A browser puts no space around the name of a function unless told to.
        return re.sub("<mi>(log|ln|tr)</mi>", r'<mo lspace=".17em" rspace=".17em">\1</mo>', math)

    return convert


def main() -> None:
    """Run the notebooks of every framework that is wanted, and exit with 1 if one fails."""
    lines, failed = [], False
    for source in sorted(NOTEBOOKS.glob("*.ipynb")):
        try:
            reason = why_not(key_of(source))
            lines.append(f"{source.stem}: skipped, {reason}" if reason else run(source))
        except PapermillExecutionError as error:
            failed = True
            print(error, file=sys.stderr)
            lines.append(f"{source.stem}: FAILED in cell {error.cell_index + 1}, see above")
    print("", *lines, sep="\n")
    sys.exit(failed)


if __name__ == "__main__":
    main()
