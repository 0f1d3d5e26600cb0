"""The languages: each text is translated, whole, in the agreed words; what bad input leads to."""

import ast
import csv
import os
import re
import shutil
from collections import Counter
from textwrap import shorten

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import d2lmini
from tests.support.commands import everything, refusal
from tests.support.lesson import GAN
from tests.support.python import nbval
from tools import book, copies, language, lessons, markdown, pages, run, slides, translate
from tools.language import LANGUAGES, catalogue_of, in_language

GLOSSARIES = {name: language.CATALOGUES / f"{name}.glossary.csv" for name in LANGUAGES}


@pytest.fixture(scope="module")
def wanted():
    """All texts there are."""
    return translate.template()


@pytest.fixture(params=LANGUAGES)
def catalogue(request):
    """The catalogue of each language, in turn."""
    return catalogue_of(request.param)


def texts(catalogue):
    return {message.id for message in catalogue if message.id}


def left(catalogue, wanted):
    """What is left to do in a catalogue, so that it holds the texts that are wanted."""
    new, old = texts(wanted) - texts(catalogue), texts(catalogue) - texts(wanted)
    states = dict.fromkeys(new, "new") | dict.fromkeys(old, "gone")
    for message in catalogue:
        if message.id and (message.fuzzy or not message.string):
            states[message.id] = "fuzzy" if message.fuzzy else "empty"
    return [f"{state}: {shorten(text, 70)}" for text, state in states.items()]


def test_every_text_is_translated(catalogue, wanted):
    assert left(catalogue, wanted) == []


# What a text and its translation have alike, and what of it; taken out of both in this order.
KEPT = {
    "code": (r"`[^`\n]+`", lambda found: found[0].rpartition(" <")[2]),  # [](target) has words, too
    "formula": (r"\$\$.+?\$\$|\$[^$]+\$", lambda found: re.sub(r"\\text\{[^}]*\}", "", found[0])),
    "link": (r"\]\(([^)\s]+)\)", lambda found: found[1]),
    "directive": (r"^(?::{3,}|```)\{.+?\}|^:(?!alt|caption)[\w-]+:[^\n]*$", lambda found: found[0]),
    "tag": (
        r"<[^>]+>",
        lambda found: " ".join(re.sub(r'(alt|aria-label)="[^"]*"', "", found[0]).split()),
    ),
    "number": (r"\d[\d.,]*", lambda found: found[0].rstrip(".,").replace(",", "")),
    "heading": (r"^#+ ", lambda found: found[0]),
    "item": (r"^ *(?:-|\d+\.) ", lambda found: found[0]),
    "cell": (r"\|", lambda found: found[0]),
}


def kept(text):
    """Count what a translation of a text must have, too."""
    found = {}
    for kind, (pattern, what) in KEPT.items():
        found[kind] = Counter(map(what, re.finditer(pattern, text, re.MULTILINE | re.DOTALL)))
        text = re.sub(pattern, " ", text, flags=re.MULTILINE | re.DOTALL)
    return found


@pytest.mark.parametrize(
    "english, words",
    [
        ("0.5 of it", "0,5 of it"),
        ("two, 2,500", "two, 2.500"),
        ("$x$ a", "$y$ a"),
        ("[a](b)", "[a](c)"),
        ("`a` b", "`c` b"),
        ("<b>a</b>", "a"),
        ("# A", "A"),
        ("- a\n- b", "- a"),
        ("| a | b |", "| a |"),
        (":link: lab", ":link: lesson"),
    ],
)
def test_what_a_translation_has_lost_is_noticed(english, words):
    assert kept(english) == kept(english)
    assert kept(english) != kept(words)


def test_formulas_links_code_tags_and_numbers_are_those_of_the_english(catalogue):
    for message in catalogue:
        if message.id and message.string:
            assert kept(message.string) == kept(message.id), message.id


def said(text):
    """What a text says in words, in small letters: not its code, formulas and links."""
    text = re.sub(r"\$\$.+?\$\$|\$[^$]+\$|`[^`\n]+`|\]\(\S+\)|<[^>]*>", " ", text)
    return " ".join(text.split()).lower()


def breaches(english, words, glossary):
    """The terms of a text that are not the agreed ones in its translation."""
    english, words = (" ".join(text.split()) for text in (english, words))
    for title in re.findall(r"\[[^]]+\]\(", english):  # that of a work stays as it is
        if title in words:
            english = english.replace(title, "[](")
    english, words = said(english), said(words)
    terms = [term for term in glossary if re.search(rf"\b{term}(s|es)?\b", english)]
    return [term for term in terms if glossary[term] not in words]


def glossary_of(name):
    with GLOSSARIES[name].open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    return dict(rows)


def test_a_word_that_is_not_the_agreed_one_is_noticed():
    glossary = glossary_of("vi")
    assert breaches("A generator", "Một máy phát điện", glossary) == ["generator"]
    assert breaches("A generator", "Một bộ sinh", glossary) == []


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_glossary_is_kept(name):
    glossary = glossary_of(name)
    for message in catalogue_of(name):
        if message.id and message.string:
            assert breaches(message.id, message.string, glossary) == [], message.id
            assert "máy phát" not in message.string.lower(), message.id  # a generator of current


@pytest.mark.parametrize("name", LANGUAGES)
def test_readme_is_in_step(name):
    stored = (translate.ROOT / f"README.{name}.md").read_text(encoding="utf-8")
    with in_language(name):
        assert stored == translate.readme(name)
    english = (translate.ROOT / "README.md").read_text(encoding="utf-8")
    assert f"(README.{name}.md)" in english and "(README.md)" in stored


@pytest.mark.parametrize("name", LANGUAGES)
def test_code_and_outputs_of_a_lesson_are_those_that_nbval_tests(name):
    """So they need not run in each language."""
    for path in lessons.NOTEBOOKS.glob("*/*.ipynb"):
        english, notebook = (nbformat.read(path, as_version=4) for _ in range(2))
        with in_language(name):
            language.translate(notebook)
        prose = 0
        for cell, other in zip(english.cells, notebook.cells, strict=True):
            prose += cell.source != other.source
            for about in (*language.figures(cell), *language.figures(other)):
                del about["alt"]
            if cell.cell_type == "markdown":
                other.source = cell.source
        assert english == notebook and prose > 4


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_lesson_runs_as_strictly_as_in_english(tmp_path, name):
    notebook = nbformat.read(GAN.notebook("numpy").ipynb, as_version=4)
    with in_language(name):
        language.translate(notebook)
    nbformat.write(notebook, tmp_path / "gan_numpy.ipynb")
    words = ["-p", "conftest", "-c", "pyproject.toml", "--color=no", tmp_path]
    done = nbval(*words, cwd=translate.ROOT, env=os.environ | {"BACKENDS": "numpy"})
    code = sum(cell.cell_type == "code" for cell in notebook.cells)
    assert re.search(rf"\b{code} passed in", done.stdout), done.stdout
    assert done.returncode == 0


def test_copies_are_in_the_language_and_their_code_is_the_same():
    given, lesson = {}, GAN.notebook("numpy")
    for name in "en", "vi":
        with in_language(name):
            files = copies.bundle(lesson, copies.given(lesson), copies.Wheel("d2lmini.whl", b""))
        given[name] = files
    assert given["en"].keys() == given["vi"].keys()
    assert "Python 3.11 đến 3.14" in given["vi"]["README.txt"].decode()
    for file in (file for file in given["en"] if file.endswith(".ipynb")):
        notebooks = [nbformat.reads(given[name][file].decode(), 4) for name in ("en", "vi")]
        prose, code = 0, 0
        for cell, other in zip(*(notebook.cells for notebook in notebooks), strict=True):
            if cell.cell_type == "code":
                same = ast.dump(ast.parse(cell.source)) == ast.dump(ast.parse(other.source))
                code += cell.source != other.source
                assert same and cell.metadata == other.metadata
            elif re.search(r"[^\W\d_]{2}", re.sub(r"\$\$.*?\$\$", "", cell.source, flags=re.S)):
                assert cell.source != other.source, cell.source
                prose += 1
        assert prose > 4 and code == 1  # the comment that says where d2lmini is


def test_a_page_of_a_run_is_in_the_language(tmp_path):
    cells = [new_markdown_cell("## The generator"), new_code_cell("print('said')")]
    copy = tmp_path / "{x} in C#" / "vi" / "gan_numpy.ipynb"  # whatever the folder is called
    copy.parent.mkdir(parents=True)
    lesson = copy.parent.parent / "gan_numpy.ipynb"
    nbformat.write(new_notebook(cells=cells), lesson)
    with in_language("vi"):
        run.run(lesson, copy)
        heading = language._("## The generator").lstrip("# ")
    page = BeautifulSoup(copy.with_suffix(".html").read_text(encoding="utf-8"), "html.parser")
    assert page.html["lang"] == "vi" and page.h2.get_text().startswith(heading) and "ộ" in heading
    assert "said" in page.get_text()
    assert nbformat.read(copy, as_version=4).cells[0].source == f"## {heading}"


# A sentence is changed


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of all that is translated, to be changed."""
    skipped = shutil.ignore_patterns(".*", "_build", "tests", "hub")
    root = shutil.copytree(translate.ROOT, tmp_path / "project", ignore=skipped)
    monkeypatch.setattr(translate, "ROOT", root)
    monkeypatch.setattr(lessons, "NOTEBOOKS", root / "notebooks")
    for module in language, translate:
        monkeypatch.setattr(module, "CATALOGUES", root / "locale")
    return root


def test_a_changed_sentence_is_named_until_its_translation_follows(project, wanted):
    page, path = project / "book" / "lab.md", project / "locale" / "vi.po"
    before, catalogues_before = page.read_text(encoding="utf-8"), path.read_bytes()
    text = before
    assert text.count("it trains on this page") == text.count("One run says little.") == 1
    text = text.replace("it trains on this page", "it learns on this page")
    page.write_text(text.replace("# The lab\n", "# The lab\n\nQuite new.\n"), encoding="utf-8")
    changed, *_ = [t for t in texts(translate.template()) if "it learns on this page" in t]
    assert f"new: {shorten(changed, 70)}" in left(catalogue_of("vi"), translate.template())
    translate.main()
    first = path.read_bytes()
    translate.main()
    assert path.read_bytes() == first  # with the English before the change
    catalogue = catalogue_of("vi")
    assert catalogue[changed].fuzzy and catalogue[changed].string
    assert f"fuzzy: {shorten(changed, 70)}" in left(catalogue, translate.template())
    assert re.search(r'#, fuzzy\n#\| msgid .*it trains on this page.*\nmsgid ""\n', first.decode())
    with in_language("vi"):
        assert language.translated(f"{changed}\n\n# The lab").startswith(changed)
    assert b"#~" not in first and b"POT-Creation-Date" not in first
    # Changed once more, it is still the first text that is translated; changed back, it is again.
    page.write_text(text.replace("it learns", "it studies"), encoding="utf-8")
    translate.main()
    again = path.read_text(encoding="utf-8")
    assert re.search(r'#, fuzzy\n#\| msgid .*it trains on this page.*\nmsgid ""\n', again)
    page.write_text(before, encoding="utf-8")
    translate.main()
    assert path.read_bytes() == catalogues_before


# Bad input


def broken(old, new):
    """Return what puts a mistake into a catalogue: its first entry becomes that of a command."""

    def breaking(path):
        entry = '#: tools/x.py\nmsgid "from {first} to {last}"\nmsgstr "{first}-{last}"\n'
        head, _, rest = path.read_text(encoding="utf-8").partition("\n\n")
        text = f"{head}\n\n{entry}\n{rest}"
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return breaking


LAST = 'msgid "from {first} to {last}"\nmsgstr "{last} after {first}"\n'


def twice(entry):
    """Return what adds an entry at the end of a catalogue, to which one was added at the start."""

    def breaking(path):
        broken("", "")(path)
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{entry}", encoding="utf-8")

    return breaking


FAULTS = {
    "no mark at the end": (broken('{last}"\nmsgstr', "{last}\nmsgstr"), r"line 11: no quotation"),
    "no translation": (broken('msgstr "{first}-{last}"', ""), r"line \d+: missing msgstr"),
    "another keyword": (broken('msgstr "{fir', 'msgtsr "{fir'), r"line 12: .*keyword$"),
    "two forms": (
        broken('msgstr "{first}-{last}"', 'msgid_plural "x"\nmsgstr[0] "y"\nmsgstr[1] "z"'),
        r"line \d+: msg has more translations",
    ),
    "a form too many": (
        broken('msgstr "{first}-{last}"', 'msgstr[0] "y"\nmsgstr[1] "z"'),
        r"line \d+: .*",
    ),
    "a strange plural": (broken("nplurals=1", "nplurals=some"), r"line \d+: .*some"),
    "a lost field": (broken("{first}-{last}", "{first}"), r"line 11: {last} .*: from {first} to"),
    "an open brace": (broken("{first}-{last}", "{first}-{last"), r"line 11: .*: from {first} to"),
    "a text twice": (twice(LAST), r"line \d+: a second msgid: from {first} to {last}$"),
    "a fuzzy one twice": (twice("#, fuzzy\n" + LAST), r"line \d+: a second msgid: from {first}"),
    "one in two lines": (
        twice('msgid ""\n"from {first} "\n"to {last}"\nmsgstr "{last}{first}"\n'),
        r"line \d+: a second msgid: from {first} to {last}$",
    ),
    "two translations": (
        broken('{first}-{last}"\n', '{first}-{last}"\nmsgstr "{last} {first}"\n'),
        r"line 13: a second msgstr: {last} {first}$",
    ),
    "a second head": (twice('msgid ""\nmsgstr "Language: vi\\n"\n'), r"line \d+: a second msgid"),
    "a merge's marks": (
        broken('msgstr "{first}', '<<<<<<< ours\nmsgstr "{first}'),
        r"line 12: .*keyword$",
    ),
    "another language": (broken('"Language: vi', '"Language: de'), "its language is de"),
    "no text": (lambda path: path.write_bytes(b"\xff\xfe\0"), "is not a catalogue: "),
    "no file": (lambda path: path.unlink(), "is missing: `make translate`"),
}


@pytest.fixture
def catalogues(tmp_path, monkeypatch):
    """A copy of the catalogues, to be broken."""
    folder = shutil.copytree(language.CATALOGUES, tmp_path / "locale")
    monkeypatch.setattr(language, "CATALOGUES", folder)
    monkeypatch.setattr(translate, "CATALOGUES", folder)
    return folder


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_catalogue_is_named_with_its_line(catalogues, fault):
    breaking, what = FAULTS[fault]
    breaking(catalogues / "vi.po")
    line = refusal(catalogue_of, "vi")
    assert re.match(rf"locale/vi\.po[ ,].*{what}", line), line


def test_a_formula_that_only_a_translation_has_broken_is_named(tmp_path):
    fault = r"^gan_numpy.ipynb, by locale/vi.po, cell \d+: not a formula: \\frac{"
    with in_language("vi"):
        language._catalogue["## The generator"].string = r"## Bộ sinh $\frac{$"
        with pytest.raises(SystemExit, match=fault):
            slides.write_deck(GAN.notebook("numpy").ipynb, tmp_path)
        with pytest.raises(SystemExit, match=fault):
            run.run(GAN.notebook("numpy").ipynb, tmp_path / "gan_numpy.ipynb")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def made(tmp_path, monkeypatch):
    """What each command has made before, a file in a folder of its own."""
    folders = {}
    for module in book, copies, run, slides:
        folders[module] = tmp_path / "_build" / module.__name__
        (folders[module] / "vi").mkdir(parents=True)
        (folders[module] / "vi" / "index.html").write_text("old", encoding="utf-8")
        if module is not book:
            monkeypatch.setattr(module, "BUILD", folders[module])
    contents = folders[book] / "vi" / book.CONTENTS
    contents.write_text(f"index.html\n{book.CONTENTS}", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["book", str(folders[book])])
    return folders


@pytest.mark.parametrize("command", [book, copies, run, slides])
def test_what_was_made_stays_without_a_catalogue(catalogues, made, monkeypatch, command):
    (catalogues / "vi.po").unlink()
    before = everything(made[command])
    monkeypatch.setenv("LANGUAGE", "vi")
    assert "missing" in refusal(command.main)
    assert everything(made[command]) == before


def test_a_broken_catalogue_is_not_replaced(project):
    FAULTS["two forms"][0](project / "locale" / "vi.po")
    before = everything(project)
    with pytest.raises(SystemExit, match=r"locale/vi\.po, line"):
        translate.main()
    assert everything(project) == before


@pytest.mark.parametrize(
    "value", [None, "", "en", "en_US:en", "vi_VN", "vi:en", "de_DE.UTF-8", "C", "C.UTF-8", "POSIX"]
)
def test_what_a_system_sets_asks_for_nothing(monkeypatch, capfd, value):
    monkeypatch.delenv("LANGUAGE", raising=False)
    if value is not None:
        monkeypatch.setenv("LANGUAGE", value)
    assert language.language_asked() == "en" and capfd.readouterr().err == ""


@pytest.mark.parametrize("value", ["de", "xx"])
def test_a_language_that_there_is_not_is_told_and_english_comes(monkeypatch, capfd, value):
    monkeypatch.setenv("LANGUAGE", value)
    assert language.language_asked() == "en"
    said = f"LANGUAGE={value}: there is en, vi, so this is in English\n"
    assert capfd.readouterr() == ("", said)


def test_notepads_mark_and_what_is_obsolete_are_no_faults(catalogues):
    before = len(catalogue_of("vi"))
    path = catalogues / "vi.po"
    gone = '#~ msgid "# The lab"\n#~ msgstr "old"\n'
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{gone}", encoding="utf-8-sig")
    assert len(catalogue_of("vi")) == before and catalogue_of("vi")["# The lab"].string != "old"


# One more language


def test_texts_are_cut_at_blank_lines_but_not_within_a_fence_or_a_formula():
    wanted = ["Of $$a=b$$ this.", "$$a\n\nb$$", "- in\n  ```python\n\n  x\n  ```", "Last."]
    text = "\n\n" + "\n \n".join(wanted) + "\n"
    parts = markdown.paragraphs(text)
    assert "".join(parts) == text
    assert [part for part in parts[::2] if part] == wanted


def test_a_language_costs_a_line_and_a_file(project, monkeypatch, tmp_path, capfd):
    monkeypatch.setitem(LANGUAGES, "eo", "Esperanto")
    translate.main()
    (line,) = [line for line in capfd.readouterr().out.splitlines() if line.startswith("eo: ")]
    assert re.fullmatch(r"eo: (\d+) entries, 0 translated, 0 fuzzy, \1 empty", line)
    path = project / "locale" / "eo.po"
    for text, words in {"# The lab": "# La laboratorio", "Copy": "Kopii"}.items():
        entry = f'msgid "{text}"\nmsgstr "'
        content = path.read_text(encoding="utf-8")
        assert entry in content
        path.write_text(content.replace(entry, entry + words), encoding="utf-8")
    pages_of_book = shutil.ignore_patterns("*.md")
    source = shutil.copytree(project / "book", tmp_path / "source", ignore=pages_of_book)
    monkeypatch.setenv("LANGUAGE", "eo")
    with in_language(language.language_asked()):
        page = language.translated("# The lab\n\nNot yet.")
        (source / "index.md").write_text(page, encoding="utf-8")
        book.put(pages.words(), source)
        assert book.build_main([*book.SPHINX, str(source), str(tmp_path / "book")]) == 0
        (tmp_path / "slides").mkdir()
        slides.write_deck(GAN.notebook(d2lmini.FRAMEWORKS[0]).ipynb, tmp_path / "slides")
    html = (tmp_path / "book" / "index.html").read_text(encoding="utf-8")
    page = BeautifulSoup(html, "html.parser")
    assert page.html["lang"] == "eo"
    assert page.select_one("#the-lab > h1").get_text().startswith("La laboratorio")
    assert "Kopii" in page.find("script", {"data-labels": True})["data-labels"]
    switch = {a["hreflang"]: a["href"] for a in page.select(".languages a")}
    assert switch == {"en": "../index.html", "vi": "../vi/index.html"}
    (deck,) = (tmp_path / "slides").glob("*.html")
    assert '<html lang="eo">' in deck.read_text(encoding="utf-8")
