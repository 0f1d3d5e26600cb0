"""Bring each language's catalogue, locale/*.po, up to date with the texts, and write its README.

A new text is empty, a changed one fuzzy, with the English before the change; one that is gone is
dropped. Nothing is written unless all can be.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import jupytext
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import denormalize, write_po

from tools import files
from tools.language import (
    CATALOGUES,
    LANGUAGES,
    catalogue_of,
    figures,
    has_words,
    in_language,
    paragraphs,
    translated,
)
from tools.lessons import ROOT, every

MARKS = ("_", "N_", "say")
# Which files have texts that are marked as _("..."), and how Babel reads these.
MARKED = {
    "tools/*.py": ("python", {}),
    "book/*.py": ("python", {}),
    "tools/*/*.j2": ("jinja2", {"silent": "false"}),
    "book/_templates/*.html": ("jinja2", {"silent": "false"}),
    "book/_static/lab/*.js": ("javascript", {}),
}
# Of these, what has figures in it stays in English: `make bench` writes it anew.
MEASURED = ["benchmarks/results.md", "benchmarks/hub.md"]
# It has no dates, which would change with every run.
HEADER = """\
# {name}: the lessons, the book and the commands. CONTRIBUTING.md says how to translate.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""


def texts() -> Iterator[tuple[str, str]]:
    """Give each text to be translated, and the file that it is in."""
    for notebook in every():
        for cell in jupytext.read(notebook.py).cells:
            if cell.cell_type == "markdown":
                yield from of_markdown(cell.source, notebook.py)
        for cell in files.read(notebook.ipynb).cells:
            yield from ((about["alt"], name_of(notebook.ipynb)) for about in figures(cell))
    for page in (*sorted(ROOT.glob("book/*.md")), ROOT / "README.md"):
        yield from of_markdown(page.read_text(encoding="utf-8"), page)
    for page in MEASURED:
        found = of_markdown((ROOT / page).read_text(encoding="utf-8"), ROOT / page)
        yield from (part for part in found if not re.search(r"\d", part[0]))
    for pattern, (method, options) in MARKED.items():
        for path in sorted(ROOT.glob(pattern)):
            marked = extract_from_file(method, path, dict.fromkeys(MARKS), options=options)
            yield from ((text, name_of(path)) for _, text, *_ in marked)


def of_markdown(text: str, path: Path) -> Iterator[tuple[str, str]]:
    """Give what is to be translated of a file's Markdown, and the file."""
    return ((part, name_of(path)) for part in paragraphs(text)[::2] if has_words(part))


def name_of(path: Path) -> str:
    """Return a path as it is from the project's folder."""
    return path.relative_to(ROOT).as_posix()


def template() -> Catalog:
    """Return all texts as a catalogue without translations."""
    catalogue = Catalog()
    for text, place in texts():
        if text not in catalogue:
            catalogue.add(text, locations=[(place, None)])
    return catalogue


def updated(language: str, wanted: Catalog) -> Catalog:
    """Return a language's catalogue with the texts that are wanted, and no others."""
    known = (CATALOGUES / f"{language}.po").exists()
    catalogue = catalogue_of(language) if known else Catalog(language)
    for message in catalogue:
        recall(message)
    before = {message.id: message.previous_id for message in catalogue}
    catalogue.update(wanted)
    for message in catalogue:
        message.flags &= {"fuzzy"}  # Babel takes some formulas for formats
        if message.fuzzy:  # what was fuzzy before is a translation of an older text yet
            old = message.id if message.id in before else message.previous_id[0]
            message.previous_id = before.get(old) or message.previous_id
            if message.previous_id == [message.id]:  # it is again what was translated
                message.flags.clear()
                message.previous_id = []
    return catalogue


def recall(message: Message) -> None:
    """Put an English text from before a change where Babel writes it from; it reads a comment."""
    lines = [line for line in message.user_comments if line.startswith("|")]
    message.user_comments = [line for line in message.user_comments if line not in lines]
    if quoted := re.findall(r'"(?:[^"\\]|\\.)*"', "\n".join(lines)):
        message.previous_id = [denormalize("\n".join(quoted))]


def written(language: str, catalogue: Catalog) -> bytes:
    """Return a catalogue as it is stored: a line for a line of text, places without numbers."""
    buffer = BytesIO()
    options = {"omit_header": True, "ignore_obsolete": True, "include_previous": True}
    write_po(buffer, catalogue, width=10**6, include_lineno=False, **options)
    names = {"name": LANGUAGES[language], "plurals": catalogue.plural_forms}
    return HEADER.format(language=language, **names).encode() + buffer.getvalue()


def readme(language: str) -> str:
    """Return README.md in a language, with a link to the English where that has one to it."""
    text = translated((ROOT / "README.md").read_text(encoding="utf-8"))
    return text.replace(f"[{LANGUAGES[language]}](README.{language}.md)", "[English](README.md)")


def main() -> None:
    """Write the catalogues, and each language's README, and say what is left to do."""
    wanted = template()
    catalogues = {language: updated(language, wanted) for language in LANGUAGES}
    CATALOGUES.mkdir(exist_ok=True)
    for language, catalogue in catalogues.items():
        files.write(CATALOGUES / f"{language}.po", written(language, catalogue))
        with in_language(language):
            files.write(ROOT / f"README.{language}.md", readme(language))
        messages = [message for message in catalogue if message.id]
        fuzzy = sum(message.fuzzy for message in messages)
        empty = sum(not message.string for message in messages)
        done = len(messages) - fuzzy - empty
        counts = f"{done} translated, {fuzzy} fuzzy, {empty} empty"
        print(f"{language}: {len(messages)} entries, {counts}")


if __name__ == "__main__":
    main()
