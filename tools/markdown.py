"""Markdown, as markdown-it-py reads it: its paragraphs, its links, its pictures."""

import re
from collections.abc import Callable, Iterable
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

_reader = MarkdownIt("commonmark").use(dollarmath_plugin)
_reader.normalizeLink = _reader.normalizeLinkText = str  # as it is written
WHOLE = {"fence", "math_block"}  # a blank line in one of these ends no paragraph


def paragraphs(markdown: str) -> list[str]:
    """Cut Markdown at its blank lines, but not within a fence or a formula.

    Every second item is what stood between two paragraphs; joined, all items give the text back.
    """
    whole = [token.map for token in _reader.parse(markdown) if token.type in WHOLE]
    parts, start = [], 0
    for gap in re.finditer(r"\n[ \n]*(?:\n|\Z)", markdown):
        line = markdown.count("\n", 0, gap.start()) + 1
        if not any(first < line < last for first, last in whole):
            parts += [markdown[start : gap.start()], gap[0]]
            start = gap.end()
    return [*parts, markdown[start:]]


class _Files(HTMLParser):
    """Collects where the links and the pictures of a page lead."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {"a": [], "img": []}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the address of a link or a picture."""
        name = {"a": "href", "img": "src"}.get(tag)
        self.found.get(tag, []).extend(value for key, value in attrs if key == name and value)


def links(markdown: str) -> list[str]:
    """Return where the links in Markdown lead, also those in its HTML."""
    return _addresses(markdown)["a"]


def pictures(markdown: str) -> list[str]:
    """Return where the pictures in Markdown are, also those in its HTML."""
    return _addresses(markdown)["img"]


def _addresses(markdown: str) -> dict[str, list[str]]:
    page = _Files()
    page.feed(_reader.render(markdown))
    return page.found


def relinked(markdown: str, turn: Callable[[str], str]) -> str:
    """Return Markdown with links and pictures turned: turn gives the new address for an old."""
    addresses = {
        re.escape(address): turn(address) for address in sum(_addresses(markdown).values(), [])
    }
    for address, new in addresses.items():
        markdown = re.sub(rf"\]\({address}(?=[)\s])", lambda _, new=new: f"]({new}", markdown)
    return markdown


def unlinked(markdown: str, addresses: Iterable[str]) -> str:
    """Return Markdown in which links that lead to some addresses are the text they are of."""
    for address in addresses:
        markdown = re.sub(rf"(?<!!)\[([^][]+)\]\({re.escape(address)}\)", r"\1", markdown)
    return markdown


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table, its first column of text and the others of numbers."""
    header = list(header)
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
