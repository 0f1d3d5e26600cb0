"""Write each lesson's slides to _build/slides, from its notebook as it is stored.

LANGUAGE=vi writes them in Vietnamese, to _build/slides/vi.

What becomes of a cell is its slide type (in JupyterLab: Property Inspector, Slide Type). `slide`
begins a section and is for its heading, `subslide` begins the next slide of the section, under the
same heading; a cell without a type is on the slide of the cell before it. A `fragment` appears
there at the next press of a key. `notes` is for the speaker, who presses S to see it, and `skip`
leaves out code that an audience need not see. Of a cell that draws, the slide shows the figure
alone. The sentence that matters is on the slide, in a cell of its own, and the rest is `notes`. A
slide is 1280 by 720 pixels, and the tests say which is too full.
"""

import re
from importlib.resources import files as resources_of
from pathlib import Path

from jinja2 import pass_context
from nbconvert import SlidesExporter
from traitlets.config import Config

from tools import answers, files
from tools.language import folder_of, in_language, language_asked
from tools.lessons import ROOT, every
from tools.run import PageExporter, speak

BUILD = ROOT / "_build" / "slides"


class DeckExporter(PageExporter, SlidesExporter):
    """nbconvert's slides as one file that needs no network, formulas and figures as on the page."""

    template_name = "deck"
    ending = ".slides.html"

    @property
    def default_config(self) -> Config:
        """Add colours for code that do not need JupyterLab's style sheet."""
        colours = Config({"CSSHTMLHeaderPreprocessor": {"style": "default"}})
        return Config(super().default_config, **colours)

    @pass_context
    def markdown2html(self, context, source):
        """Turn Markdown into HTML, an answer unfolded: its slide shows it at a press of a key."""
        return super().markdown2html(context, answers.unfolded(source))

    def _init_resources(self, resources):
        """Add reveal.js, which sphinx-revealjs brings along."""
        resources = super()._init_resources(resources)
        reveal = resources_of("sphinx_revealjs") / "_static" / "revealjs"

        def read(*names):
            return [(reveal / name).read_text(encoding="utf-8") for name in names]

        css = read("dist/reveal.css", "dist/theme/white.css")
        resources["reveal_css"] = [re.sub(r"@import.*?;", "", text) for text in css]  # a font
        resources["reveal_js"] = read("dist/reveal.js", "plugin/notes/notes.js")
        return resources


def write_deck(source: Path, build: Path) -> None:
    """Write the slides of a lesson into a folder; SystemExit if its notebook is not fit for it."""
    if not source.exists():
        raise SystemExit(f"{source.name} is missing: run `make notebooks`")
    notebook = files.read(source)
    speak(source.name, notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source]
    never_run = [n for n, cell in enumerate(code, start=1) if not cell.execution_count]
    if never_run or not any(cell.outputs for cell in code):
        cell = f" of code cell {never_run[0]}" if never_run else "s"
        raise SystemExit(f"{source.name} is without the output{cell}: run `make notebooks`")
    resources = {"metadata": {"path": str(source.parent), "name": source.stem}}
    html, _ = DeckExporter().from_notebook_node(notebook, resources)
    deck = build / f"{source.stem}.slides.html"
    files.write(deck, html)
    print(deck)


def main() -> None:
    """Write the slides of every lesson, in the language that LANGUAGE asks for."""
    with in_language(language_asked()):
        build = folder_of(BUILD)
        build.mkdir(parents=True, exist_ok=True)
        for notebook in every(""):
            write_deck(notebook.ipynb, build)


if __name__ == "__main__":
    main()
