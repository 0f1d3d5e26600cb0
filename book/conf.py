"""How Sphinx builds the book; tools/book.py calls it on a copy of this folder, with the lessons."""

from docutils import nodes
from sphinx.util.logging import getLogger

import d2lmini
from tools.run import to_mathml

project = "One GAN, five ways"
html_title = project
author = "the d2lmini project"
version = d2lmini.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["speed.md", "hub.md", "download"]  # to be included and linked to, no pages
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

html_theme = "sphinx_book_theme"
html_theme_options = {
    "show_toc_level": 2,
    "use_download_button": False,  # each notebook's page has a link that says what comes
    "navigation_with_keys": False,  # the arrow keys are for the tabs
    "footer_content_items": [],
    "navbar_persistent": [],  # one search field is enough, that of the sidebar
}
html_math_renderer = "mathml"
html_context = {"default_mode": "auto"}  # light or dark as the reader's system is
html_favicon = "_static/favicon.svg"
html_use_index = html_domain_indices = False  # the search is enough
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_js_files = [("book.js", {"defer": "defer"})]
html_copy_source = False
html_permalinks_icon = "#"
copybutton_selector = (
    "div.highlight:not(.cell-output *, .cell_output *) > pre"  # code, not what it printed
)


def setup(app):
    """Write formulas as MathML: browsers draw it themselves, without a script or a font."""

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

    app.add_html_math_renderer("mathml", visit("inline"), visit("block"))
