"""How Sphinx builds the book; tools/book.py calls it on a copy of this folder, with the lessons."""

import json
from pathlib import Path

from docutils import nodes
from sphinx.search import SearchLanguage, languages
from sphinx.transforms import SphinxTransform
from sphinx.util.logging import getLogger

import d2lmini
from tools.language import LANGUAGES, N_, _, current_language, english_headings
from tools.run import to_mathml

project = _("One GAN, five ways")
html_title = project
author = "the d2lmini project"
version = d2lmini.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "sphinx_design",
]
# To be included and linked to, no pages.
exclude_patterns = ["speed.md", "hub.md", "*_results.md", "download", "locale"]
nb_execution_mode = "off"  # the stored outputs are what was tested
nb_render_markdown_format = "myst"  # formulas in Markdown that a cell has put out
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 3
# [so](lab:beta1=0.5) is a link to a state of the lab.
myst_url_schemes = {"http": None, "https": None, "lab": {"url": "lab.html#{{path}}"}}

# The reference needs the signatures, not the frameworks. d2lmini itself needs NumPy.
autodoc_mock_imports = sorted({*d2lmini.FRAMEWORKS, "flax"} - {"numpy"})  # flax goes with jax
autodoc_member_order = "bysource"
add_module_names = False

language = current_language()
locale_dirs = [str(Path(__file__).parent / "locale")]  # Sphinx looks for scripts from where it runs
templates_path = ["_templates"]
# What the themes say and their own catalogues lack, or say badly.
THEME = [
    N_("Skip to main content"),
    N_("Back to top"),
    N_("Search"),
    N_("Error"),
    N_("Please activate JavaScript to enable the search functionality."),
    N_("Version warning"),
    N_("Color mode"),
    N_("Light"),
    N_("Dark"),
    N_("System Settings"),
    N_("previous"),
    N_("next"),
    N_("previous page"),
    N_("next page"),
    N_("Link to this heading"),
    N_("Link to this image"),
    N_("Link to this table"),
    N_("Link to this definition"),
]
# What they say without looking for a translation; book.js has one.
LABELS = [
    N_("Main"),
    N_("Page"),
    N_("Toggle primary sidebar"),
    N_("Toggle secondary sidebar"),
    N_("Copy"),
    N_("Copy to clipboard"),
    N_("Copied!"),
    N_("Failed to copy"),
    N_("Keyword-only parameters separator (PEP 3102)"),
]

html_theme = "sphinx_book_theme"
html_theme_options = {
    "show_toc_level": 2,
    "use_download_button": False,  # each notebook's page has a link that says what comes
    "navigation_with_keys": False,  # the arrow keys are for the tabs
    "footer_content_items": [],
    "article_header_end": ["languages.html", "article-header-buttons.html"],
    "search_bar_text": _("Search..."),
    "navbar_persistent": [],  # one search field is enough, that of the sidebar
}
html_math_renderer = "mathml"
html_context = {
    "default_mode": "auto",  # light or dark as the reader's system is
    "names": {"en": "English", **LANGUAGES},
}
html_favicon = "_static/favicon.svg"
html_use_index = html_domain_indices = False  # the search is enough
html_static_path = ["_static"]
html_css_files = ["book.css"]
labels = json.dumps({label: _(label) for label in LABELS})
html_js_files = [("book.js", {"defer": "defer", "data-labels": labels})]
html_copy_source = False
html_permalinks_icon = "#"
copybutton_selector = (
    "div.highlight:not(.cell-output *, .cell_output *) > pre"  # code, not what it printed
)


class Anchors(SphinxTransform):
    """Give a section the anchor that it has in English, so that links and the switch hold."""

    default_priority = 1  # before anything else takes notice of anchors

    def apply(self, **options):
        """Change the anchors of the document's sections, and what MyST knows of them."""
        headings, changed = english_headings(), {}
        for section in self.document.findall(nodes.section):
            anchor = nodes.make_id(headings.get(section[0].rawsource, ""))
            if anchor and anchor not in self.document.ids:
                changed[section["ids"][0]] = anchor
                section["ids"] = [anchor]
                self.document.ids[anchor] = section
        slugs = getattr(self.document, "myst_slugs", {})
        for slug, (line, anchor, title) in list(slugs.items()):
            if anchor := changed.get(anchor):
                slugs[anchor] = slugs[slug] = line, anchor, title


def setup(app):
    """Write formulas as MathML, which browsers draw; and let the search find all languages."""

    def visit(display):
        def write(translator, node):
            try:
                formula = to_mathml(node.astext(), display)
            except ValueError as error:  # as a warning, it comes with its page and line
                getLogger(__name__).warning(str(error), location=node)
                raise nodes.SkipNode from None
            block = f'<div class="math" tabindex="0">{formula}</div>'  # it may need scrolling
            translator.body.append(block if display == "block" else formula)
            raise nodes.SkipNode

        return write, None

    class Words(SearchLanguage):
        """Search in a language of which Sphinx knows no word stems."""

        lang = language_name = language

    if language not in languages:
        app.add_search_language(Words)
    app.add_transform(Anchors)
    app.add_html_math_renderer("mathml", visit("inline"), visit("block"))
