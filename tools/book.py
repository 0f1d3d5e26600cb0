"""Build the book into _build/book, or the folder named on the command line, and in it the others.

The others are in the languages that are not English, in folders such as vi. LANGUAGE=vi builds that
one alone.

The notebooks are only read, and nothing is executed: what they say is what is shown. The book that
was there is replaced only by a whole one.
"""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sphinx import locale
from sphinx.cmd.build import build_main

from tools import files, pages
from tools.language import LANGUAGES, in_language, language_asked
from tools.lessons import ROOT

SPHINX = ["-b", "html", "-q", "-W", "--keep-going"]  # a warning is an error, and all are told
CONTENTS = "contents.txt"  # lists, in a book, all that is of it: the next book replaces no more


def stage(source: Path) -> None:
    """Fill source with all that Sphinx reads."""
    shutil.copytree(ROOT / "book", source)
    put(pages.source(), source)


def put(contents: dict[str, str | bytes], folder: Path) -> None:
    """Write files, by path, into a folder."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def why_kept(folder: Path) -> str | None:
    """Return the reason not to replace what is there, or None if it is nothing but a book."""
    if ROOT.resolve().is_relative_to(folder):
        return "the project is in it"
    if folder.exists() and not folder.is_dir():
        return "it is a file"
    listed = listed_in(folder)
    for language in LANGUAGES:
        listed |= {language} | {f"{language}/{name}" for name in listed_in(folder / language)}
    inside = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    other = next((name for name in inside if name not in listed), None)
    return f"{other} in it is not of a book" if other else None


def listed_in(folder: Path) -> set[str]:
    """Return what a book's contents.txt lists; nothing if there is none."""
    ours = folder / CONTENTS
    return set(ours.read_text(encoding="utf-8").splitlines()) if ours.is_file() else set()


def build(language: str, drafts: Path) -> Path:
    """Build the book in a language into a folder of drafts, and return it; SystemExit if it fails.

    It stands beside the others there, for MyST-NB leaves a folder of its own beside a book.
    """
    source, book = drafts / f"source-{language}", drafts / language
    locale.translators.clear()  # else Sphinx would add these texts to those of the book before
    with in_language(language):
        try:
            stage(source)
        except files.Unfit as fault:
            raise SystemExit(f"{fault}; the book is as it was") from None
        doctrees = drafts / f"doctrees-{language}"
        if build_main([*SPHINX, "-d", str(doctrees), str(source), str(book)]):
            raise SystemExit("see the warnings above; the book is as it was")
    (book / CONTENTS).touch()
    names = sorted(path.relative_to(book).as_posix() for path in book.rglob("*"))
    (book / CONTENTS).write_text("\n".join(names), encoding="utf-8")
    return book


def main() -> None:
    """Build, and only when all has gone well, put the new books in the old ones' place."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "_build" / "book").resolve()
    home, first, others = target.parent, language_asked(), []
    if first == "en":
        others = list(LANGUAGES)
    else:
        target /= first
    if reason := why_kept(target):
        raise SystemExit(f"{target} is not replaced: {reason}; remove it or name another folder")
    for language in (first, *others):
        with in_language(language):  # what is broken there is told before the long work
            pass
    home.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home) as folder:  # on the same disk, for the renames
        book, *inner = [build(language, Path(folder)) for language in (first, *others)]
        for part in inner:
            part.rename(book / part.name)
        target.parent.mkdir(exist_ok=True)
        if target.exists():
            target.rename(Path(folder, "old"))
        book.rename(target)
    for language in (first, *others):
        print(target / ("" if language == first else language) / "index.html")


if __name__ == "__main__":
    main()
