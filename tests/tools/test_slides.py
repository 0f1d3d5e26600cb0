"""The slides in a real browser: every one fits, shows its figures, and fetches nothing."""

import re
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import d2lmini
from tests.support.commands import refusal
from tools import slides
from tools.language import LANGUAGES, current_language, in_language
from tools.lessons import LESSONS, ROOT, every

# What the current slide shows, in CSS pixels of a window of 1280 x 720.
LOOK = """() => {
  const slide = Reveal.getCurrentSlide(), size = (e) => parseFloat(getComputedStyle(e).fontSize);
  const all = [...slide.querySelectorAll("*")].filter((e) => !e.closest("aside.notes"));
  const box = (e) => e.getBoundingClientRect();
  const outside = (e) => box(e).width > 0 && (box(e).left < 0 || box(e).right > 1280
    || box(e).top < 0 || box(e).bottom > 710
    || e.matches("pre") && e.scrollWidth > e.clientWidth);
  const meet = (a, b) => box(a).left < box(b).right && box(b).left < box(a).right
    && box(a).top < box(b).bottom && box(b).top < box(a).bottom;
  const figures = all.filter((e) => e.matches(".figure"));
  const texts = all.filter((e) => e.matches("h1, h2, h3, p, li, pre, table"));
  return {
    heading: slide.querySelector("h1, h2, h3")?.innerText,
    text: slide.innerText,
    number: document.querySelector(".slide-number").innerText,
    outside: all.filter(outside).map((e) => `<${e.tagName}> ${e.innerText}`.slice(0, 60)),
    covered: texts.filter((t) => figures.some((f) => meet(f, t))).map((t) => t.innerText),
    smallest: Math.min(...texts.map(size)),
    images: all.filter((e) => e.matches("img")).map((e) => ({alt: e.alt, width: e.naturalWidth})),
  };
}"""


WINDOW = {"width": 1280, "height": 720}
# Each lesson's slides, and in each language those of NumPy, which have the most words.
DECKS = [
    (lesson, language, key)
    for lesson in LESSONS
    for language, key in [
        *(("en", key) for key in d2lmini.FRAMEWORKS),
        *((language, "numpy") for language in LANGUAGES),
    ]
]
NOTED = {  # by the lesson, a slide, and what is noted there
    "gan": ("1", {"en": "two-sample test", "vi": "kiểm định hai mẫu"}),
    "faces": ("0, 0", {"en": "nothing is downloaded", "vi": "không phải tải gì về"}),
}


@pytest.fixture(scope="module", params=DECKS, ids=lambda deck: f"{deck[0].key}-{deck[1]}-{deck[2]}")
def deck(request, tmp_path_factory):
    """The file of each of these, in turn, freshly written."""
    lesson, language, key = request.param
    build = tmp_path_factory.mktemp("slides") / language
    build.mkdir()
    with in_language(language):
        slides.write_deck(lesson.notebook(key).ipynb, build)
    return build / f"{lesson.notebook(key).stem}.slides.html"


@pytest.fixture(scope="module")
def page(browser, deck):
    """A window with the slides, opened from the file system; it notes requests and complaints."""
    page = browser.new_page(viewport=WINDOW)
    page.requests, page.complaints = [], []
    page.context.on("request", lambda request: page.requests.append(request.url))
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(deck.as_uri())
    page.wait_for_function("Reveal.isReady()")
    yield page
    page.close()


@pytest.fixture(scope="module")
def seen(page):
    """What each slide shows at last, walking through them with the keyboard."""
    looks = []
    for _ in range(page.evaluate("Reveal.getTotalSlides()")):
        while page.evaluate("Reveal.availableFragments().next"):
            page.keyboard.press("ArrowRight")
        looks.append(page.evaluate(LOOK))
        page.keyboard.press("ArrowRight")
    return looks


def test_keyboard_leads_through_a_lecture_of_slides(deck, seen):
    last = len(seen)
    # The NumPy lesson has a few more, for what a framework brings along and for the hundred runs;
    # JAX's, for its compiler.
    assert 20 <= last <= (52 if re.search("numpy|jax", deck.name) else 46)
    assert [look["number"] for look in seen] == [f"{i} / {last}" for i in range(1, last + 1)]


def test_every_slide_fits_and_can_be_read(seen):
    for look in seen:
        where = f"slide {look['number']}, {look['heading']}"
        assert look["heading"], where
        assert look["images"] or look["text"].strip() != look["heading"].strip(), where
        assert not look["outside"], where
        assert not look["covered"], where
        assert look["smallest"] >= 14, where


def test_no_answer_is_left_folded(page):
    assert page.locator("details").count() == 0


def test_figures_are_there_with_their_alt_text(seen):
    images = [image for look in seen for image in look["images"]]
    assert len(images) >= 5  # the players, the losses, the data, the training, the plane
    assert all(image["width"] > 0 and len(image["alt"]) > 30 for image in images)
    # This is what nbconvert says of an image that comes without.
    assert not any("No description" in image["alt"] for image in images)


def test_formulas_are_rendered(deck):
    html = BeautifulSoup(deck.read_text(encoding="utf-8"), "html.parser").main
    assert len(html.find_all("math")) > 8
    for code in html.find_all(["pre", "code", "math"]):
        code.clear()
    assert "$" not in html.get_text()


def test_nothing_is_fetched_and_nothing_goes_wrong(page, deck, seen):
    assert seen and {url for url in page.requests if not url.startswith("data:")} == {deck.as_uri()}
    assert page.complaints == []


def test_speaker_finds_the_notes(page, deck, seen):
    slide, phrases = NOTED[deck.name.partition("_")[0]]
    page.evaluate(f"Reveal.slide({slide})")
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    notes = popup.value.locator(".speaker-controls-notes .value")
    notes.get_by_text(phrases[deck.parent.name]).wait_for()
    popup.value.close()


def typed(cell, kind):
    """A cell with its slide type."""
    cell.metadata["slideshow"] = {"slide_type": kind}
    return cell


@pytest.fixture
def checkpoint(browser, tmp_path):
    """The slides of a small lesson, at its question."""
    dot = {"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"}
    about = {"image/svg+xml": {"alt": "A dot", "width": 500}}
    figure = new_output("display_data", dot, metadata=about)
    answer = "<details>\n<summary>Answer</summary>\n\nIt is $x$.\n\n- `y`\n\n</details>"
    answer = new_markdown_cell(answer, metadata={"tags": ["answer"]})
    cells = [
        typed(new_markdown_cell("# Title"), "slide"),
        typed(new_markdown_cell("> **Predict.** What is it?"), "subslide"),
        typed(answer, "fragment"),
        typed(new_markdown_cell("To say first."), "notes"),
        typed(new_markdown_cell("To say then."), "notes"),
        typed(new_code_cell("plot()", outputs=[figure]), "fragment"),
        typed(new_markdown_cell("The end."), "subslide"),
    ]
    resources = {"metadata": {"path": "", "name": ""}}
    html, _ = slides.DeckExporter().from_notebook_node(new_notebook(cells=cells), resources)
    (tmp_path / "deck.html").write_text(html, encoding="utf-8")
    page = browser.new_page(viewport=WINDOW)
    page.goto((tmp_path / "deck.html").as_uri() + "#/0/1")
    page.wait_for_function("Reveal.isReady()")
    yield page
    page.close()


def test_a_question_comes_first_and_its_answer_at_a_press_of_a_key(checkpoint):
    announced = checkpoint.locator(".aria-status").inner_text()
    assert "What is it?" in announced and "It is" not in announced
    slide = checkpoint.locator("section.present > .present")
    question, answer, end = (slide.get_by_text(t) for t in ("What is", "It is", "The end"))
    figure = slide.locator(".figure")
    steps = []
    for _ in range(4):
        steps.append([part.is_visible() for part in (question, answer, figure, end)])
        checkpoint.keyboard.press("ArrowRight")
    assert steps == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1]]
    assert checkpoint.locator("details").count() == 0  # nothing is left to unfold
    assert checkpoint.locator(".celltag_answer math").count() == 1


def test_speaker_has_all_notes_at_a_fragment(checkpoint):
    checkpoint.keyboard.press("ArrowRight")
    with checkpoint.expect_popup() as popup:
        checkpoint.keyboard.press("s")
    notes = popup.value.locator(".speaker-controls-notes .value")
    notes.get_by_text("To say then.").wait_for()
    assert "To say first." in notes.inner_text()
    popup.value.close()


def test_links_between_files_lead_somewhere(deck):
    folder = deck.parent.name if deck.parent.name in LANGUAGES else ""
    here = (ROOT / "_build" / "slides" / folder / deck.name).as_uri()
    html = BeautifulSoup(deck.read_text(encoding="utf-8"), "html.parser")
    links = {a["href"] for a in html.main.select("a")}
    files = {urldefrag(urljoin(here, link))[0] for link in links if "://" not in link}
    lesson = deck.name.partition("_")[0]
    made = {here.replace(deck.name, f"{lesson}_{key}.slides.html") for key in d2lmini.FRAMEWORKS}
    readme = (ROOT / "README.md").as_uri()
    assert readme in files
    assert all(Path(unquote(urlsplit(file).path)).exists() for file in files - made)


@pytest.mark.parametrize("lesson", every(""), ids=lambda lesson: lesson.stem)
def test_sections_begin_slides_and_no_prose_is_left_out(lesson):
    lesson = nbformat.read(lesson.ipynb, as_version=4)
    for cell in lesson.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        assert kind in {"-", "slide", "subslide", "fragment", "notes", "skip"}, cell.source
        if cell.cell_type == "markdown":
            assert kind != "skip", cell.source
            assert cell.source.startswith("#") == (kind == "slide"), cell.source


STATE, VIEW = (f"application/vnd.jupyter.widget-{kind}+json" for kind in ("state", "view"))


@pytest.mark.parametrize("state", [{}, {"state": {}}, {STATE: {}}, {STATE: {"state": {"m": {}}}}])
def test_a_widget_is_shown_as_the_text_that_it_has(tmp_path, state):
    data = {VIEW: {"model_id": "m"}, "text/plain": "A slider"}
    cell = new_code_cell("slider", execution_count=1, outputs=[new_output("display_data", data)])
    notebook = new_notebook(cells=[typed(new_markdown_cell("# One"), "slide"), cell])
    notebook.metadata["widgets"] = state
    nbformat.write(notebook, tmp_path / "gan_numpy.ipynb")
    slides.write_deck(tmp_path / "gan_numpy.ipynb", tmp_path)
    html = (tmp_path / "gan_numpy.slides.html").read_text(encoding="utf-8")
    assert "A slider" in html and "unpkg" not in html


def spoil(how, path):
    if how == " is missing":
        return path.unlink()
    if how == " is not a valid notebook":
        return path.write_text("{", encoding="utf-8")
    notebook = nbformat.read(path, as_version=4)
    if ", cell 2: not a formula" in how:
        notebook.cells[1].source = r"$\left( x$"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        cell.outputs = [] if how == " is without the outputs" else cell.outputs
    if how == " is without the output of code cell 3":
        code[2].execution_count = None
    nbformat.write(notebook, path)


UNFIT = {
    " is missing": ": run `make notebooks`",
    " is without the outputs": ": run `make notebooks`",
    " is without the output of code cell 3": ": run `make notebooks`",
    " is not a valid notebook": ": Notebook does not appear to be JSON",
    ", cell 2: not a formula": r": \left( x ",
}


@pytest.mark.parametrize("how", UNFIT)
def test_unfit_notebook_is_named_and_the_slides_stay(tmp_path, notebooks, monkeypatch, how):
    monkeypatch.setattr(slides, "BUILD", tmp_path)
    first = f"gan_{d2lmini.FRAMEWORKS[0]}"
    old = tmp_path / f"{first}.slides.html"
    old.write_text("whole", encoding="utf-8")
    spoil(how, notebooks / f"{first}.ipynb")
    assert refusal(slides.main).startswith(f"{first}.ipynb{how}{UNFIT[how]}")
    assert old.read_text(encoding="utf-8") == "whole"


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_each_lesson_has_its_slides_in_the_language_that_is_asked_for(
    tmp_path, monkeypatch, language
):
    def note(source, build):
        written.append((source.stem, build.is_dir() and build, current_language()))

    written, build = [], tmp_path / "_build" / "slides"
    monkeypatch.setattr(slides, "BUILD", build)
    monkeypatch.setattr(slides, "write_deck", note)
    monkeypatch.setenv("LANGUAGE", language)
    slides.main()
    folder = build if language == "en" else build / language
    assert written == [(lesson.stem, folder, language) for lesson in every("")]


def test_half_made_slides_replace_nothing(tmp_path, monkeypatch, fill_the_disk):
    monkeypatch.setattr(slides, "BUILD", tmp_path)
    old = tmp_path / f"gan_{d2lmini.FRAMEWORKS[0]}.slides.html"
    old.write_text("whole", encoding="utf-8")
    fill_the_disk()
    with pytest.raises(OSError, match="no space"):
        slides.main()
    assert old.read_text(encoding="utf-8") == "whole" and list(tmp_path.iterdir()) == [old]
