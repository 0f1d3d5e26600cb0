"""The language of what readers see: LANGUAGE=vi takes it from locale/vi.po, text by text.

A text is a paragraph of Markdown, a figure's description, or what Python and templates mark as
`_("...")`. It is translated whole, with its formulas, code and links, or stays English.
"""

import os
import re
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Formatter
from textwrap import shorten

from babel.messages.catalog import Catalog, Message, TranslationError
from babel.messages.checkers import num_plurals
from babel.messages.pofile import PoFileError, read_po
from nbformat import NotebookNode

from tools.markdown import paragraphs

LANGUAGES = {"vi": "Tiếng Việt"}  # beside English; each has its file in CATALOGUES
CATALOGUES = Path(__file__).parent.parent / "locale"

# What is left of a paragraph's words without these is to be translated.
NO_WORDS = re.compile(
    r"^```(?!\{(?:figure|raw|toctree)\}).*?^```"  # code, and what is not shown as it stands
    r"|\$\$(?:(?!\\text).)*?\$\$"
    r"|^:{3,}(?:\{[\w-]+\}[ \d]*)?$"  # where a directive starts and ends, without a title
    r"|^:(?!caption|alt)[\w-]+:.*$"
    r"|^\([\w-]+\)=$"
    r"|\A---\n.*?^---$"  # what a page says to Sphinx
    r"|</?(?:details|a|div|span)\b[^>]*>",
    re.MULTILINE | re.DOTALL,
)


def has_words(paragraph: str) -> bool:
    """Tell whether there is anything to translate in a paragraph."""
    return bool(re.search(r"[^\W\d_]{2}", NO_WORDS.sub("", paragraph)))


_catalogue = Catalog("en")  # that of the language that is spoken; English needs no texts


def language_asked() -> str:
    """Return the language that LANGUAGE asks for: "en" without one.

    A list such as en_US:en is the system's own, and says nothing of the lessons. A language that
    there is not is told on stderr, for the system may have set that, too.
    """
    name = os.environ.get("LANGUAGE", "").strip()
    if name in ("en", *LANGUAGES):
        return name
    if name and not re.search(r"[_:]|^(C|POSIX)\b", name):
        there = ", ".join(("en", *LANGUAGES))
        print(f"LANGUAGE={name}: there is {there}, so this is in English", file=sys.stderr)
    return "en"


def catalogue_of(language: str) -> Catalog:
    """Return a language's catalogue; SystemExit, with the line, if it is missing or broken."""
    path = CATALOGUES / f"{language}.po"
    name = f"{path.parent.name}/{path.name}"
    if not path.exists():
        raise SystemExit(f"{name} is missing: `make translate` makes it")
    lines = path.read_bytes().removeprefix(BOM_UTF8).splitlines(keepends=True)
    for n, line in enumerate(lines, start=1):  # of such a line Babel would drop the last letter
        if line.startswith((b"msg", b'"')) and not line.rstrip().endswith(b'"'):
            raise SystemExit(f"{name}, line {n}: no quotation mark at the end")
    try:
        catalogue = read_po(lines, locale=language, abort_invalid=True)
    except PoFileError as error:
        why = str(error).rpartition(" on ")[0]  # Babel counts lines from 0
        raise SystemExit(f"{name}, line {error.lineno + 1}: {why}") from None
    except Exception as error:  # of many kinds, for what is no catalogue
        raise SystemExit(f"{name} is not a catalogue: {error}") from None
    for n, fault in twice(b"".join(lines).decode(errors="replace")):
        raise SystemExit(f"{name}, line {n}: {fault}")
    if catalogue.locale_identifier != language:
        raise SystemExit(f"{name} says that its language is {catalogue.locale_identifier}")
    for message in catalogue:
        if fault := fault_of(message, catalogue):
            entry = shorten(str(message.id), 60)
            raise SystemExit(f"{name}, line {message.lineno}: {fault}: {entry}")
    return catalogue


def twice(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines of a catalogue at which Babel would drop what comes a second time."""
    seen, before = set(), ""
    for entry in re.finditer(r'^\s*(msgid|msgstr)((?:\s*".*"[ \r]*\n?)+)', text, re.MULTILINE):
        keyword, words = entry[1], "".join(re.findall('"(.*)"', entry[2]))
        n = text.count("\n", 0, entry.start(1)) + 1
        if keyword == before or keyword == "msgid" and words in seen:
            yield n, f"a second {keyword}: {shorten(words, 60)}"
        seen |= {words} if keyword == "msgid" else set()
        before = keyword


def fault_of(message: Message, catalogue: Catalog) -> str | None:
    """Return why a translation cannot stand in the place of its text; None if it can."""
    try:
        num_plurals(catalogue, message)
        # In prose, braces belong to formulas and roles.
        places = [place for place, *_ in message.locations]
        formats = any(place.startswith(("tools/", "book/_static/")) for place in places)
        if message.pluralizable or not message.string or not formats:
            return None
        wanted, got = (
            {part[1:] for part in Formatter().parse(text) if part[1] is not None}
            for text in (message.id, message.string)
        )
    except (TranslationError, ValueError) as error:
        return str(error)
    return f"{{{min(wanted ^ got, key=str)[0]}}} is not in both" if wanted != got else None


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Let all that is made be in a language; SystemExit if its catalogue is missing or broken."""
    global _catalogue
    before = _catalogue
    _catalogue = Catalog("en") if language == "en" else catalogue_of(language)
    try:
        yield
    finally:
        _catalogue = before


def current_language() -> str:
    """Return the language that is spoken."""
    return _catalogue.locale_identifier


def folder_of(build: Path) -> Path:
    """Return where in a folder the spoken language's things are; in English, the folder itself."""
    return build if current_language() == "en" else build / current_language()


def _(text: str) -> str:
    """Return a text in the language that is spoken; in English if that has none for sure."""
    message = _catalogue.get(text) if text else None
    return message.string if message and message.string and not message.fuzzy else text


def N_(text: str) -> str:
    """Return a text as it is: it is in the catalogue, to be translated where it is used."""
    return text


def translated(markdown: str) -> str:
    """Return Markdown in the language that is spoken."""
    parts = paragraphs(markdown)
    parts[::2] = map(_, parts[::2])
    return "".join(parts)


def translate(notebook: NotebookNode) -> None:
    """Put a notebook's prose, and its figures' descriptions, into the language that is spoken."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = translated(cell.source)
        for about in figures(cell):
            alt = about["alt"]  # a name, for Babel would take _("...") for a text
            about["alt"] = _(alt)


def title_of(notebook: NotebookNode) -> str:
    """Return what a notebook's first line says, in the language that is spoken."""
    return translated(notebook.cells[0].source).split("\n", 1)[0].lstrip("# ")


def english_headings() -> dict[str, str]:
    """Return the English of each heading, without its #, by what it is where it is spoken."""
    found = (re.fullmatch(r"#+ (.+)", message.id) for message in _catalogue if message.id)
    return {_(match[0]).lstrip("# "): match[1] for match in found if match}


def figures(cell: NotebookNode) -> list[dict]:
    """Return what is noted of the figures that a cell has drawn, if they are described."""
    notes = [note for o in cell.get("outputs", ()) for note in o.get("metadata", {}).values()]
    return [note for note in notes if isinstance(note, dict) and "alt" in note]
