"""The built book as a reader has it: in Chromium, from a server and from the file system."""

import re
from pathlib import Path
from zipfile import ZipFile

import nbformat
import pytest
import sphinx.search

import d2lmini
from tests.support.browser import obstacles, settle
from tests.support.lesson import GAN
from tools import language as languages
from tools.pictures import PICTURES

ROOT = Path(__file__).parents[2]
ONE_FRAMEWORK = [f"{notebook.stem}.html" for notebook in GAN.notebooks().values()]  # pages


@pytest.fixture
def language(request):
    """The language of the book; English, unless a test is about each."""
    with languages.in_language(getattr(request, "param", "en")):
        yield languages.current_language()


in_each_language = pytest.mark.parametrize("language", ["en", *languages.LANGUAGES], indirect=True)


@pytest.fixture
def book(built, language):
    """The folder of the book in a language."""
    return built if language == "en" else built / language


@pytest.fixture
def server(address, language):
    """The address of the book in a language."""
    return address if language == "en" else f"{address}/{language}"


def pages(book):
    return sorted(path.name for path in book.glob("*.html"))


def label(page, key, n=0):
    return page.locator(f"label[data-sync-id={key}]").nth(n)


def test_a_choice_is_followed_and_remembered(visit, site):
    reader = visit(site)
    page = reader.go("gan.html")
    assert reader.chosen() == {"torch"}
    label(page, "mxnet", 3).click()
    assert reader.chosen() == {"mxnet"}
    assert page.get_by_text("from d2lmini import mxnet as d2l").is_visible()
    assert page.get_by_text("from d2lmini import torch as d2l").is_hidden()
    page.reload()
    assert reader.chosen() == {"mxnet"}
    reader.again()
    reader.go("reference.html")
    reader.again()
    reader.go("gan.html")
    assert reader.chosen() == {"mxnet"}


def test_a_link_chooses_and_an_unknown_framework_does_no_harm(visit, site):
    reader = visit(site)
    reader.go("gan.html?framework=tensorflow")
    assert reader.chosen() == {"tensorflow"}
    for unknown in ("cobol", '"]', ""):
        reader.go(f"gan.html?framework={unknown}")
        assert reader.chosen() == {"tensorflow"}
        reader.go("gan.html")
        assert reader.chosen() == {"tensorflow"}


def test_tabs_work_by_keyboard(visit, server):
    reader = visit(server)
    page = reader.go("gan.html")
    page.locator(".bd-article a").last.focus()
    page.locator("a.headerlink").first.focus()
    kind = "document.activeElement.type"
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(kind) == "radio":
            break
    assert page.evaluate(kind) == "radio"
    page.keyboard.press("ArrowRight")
    assert reader.chosen() == {d2lmini.FRAMEWORKS[1]}


def test_the_tab_that_is_chosen_stays_in_its_place(visit, server):
    page = visit(server).go("gan.html")
    page.add_style_tag(content="* { overflow-anchor: none; }")  # as in Safari
    tab = label(page, "numpy", 12)
    tab.scroll_into_view_if_needed()
    before = tab.bounding_box()["y"]
    tab.click()
    page.wait_for_timeout(100)
    assert abs(tab.bounding_box()["y"] - before) < 5


@pytest.mark.parametrize(
    "language, asked",
    [("en", "discriminator"), ("vi", "discriminator"), ("vi", "bộ phân biệt")],
    indirect=["language"],
)
def test_search_finds_discriminator(visit, site, language, asked):
    page = visit(site).go(f"search.html?q={asked}")
    title = languages._("# Generative adversarial networks").lstrip("# ")
    page.locator("ul.search a", has_text=title).first.wait_for()


def test_every_figure_loads_and_is_described(visit, site, book):
    reader, count = visit(site), 0
    for name in pages(book):
        page = reader.go(name)
        look = "all => all.map(image => [image.alt, image.naturalWidth])"
        images = page.locator(".bd-article img").evaluate_all(look)
        assert [] == [image for image in images if len(image[0]) < 31 or not image[1]], name
        count += len(images)
    assert count > 30


@in_each_language
def test_formulas_are_drawn(visit, server, book):
    reader = visit(server)
    for name in pages(book):
        page = reader.go(name)
        measure = "all => all.map(math => math.getBoundingClientRect().height)"
        sizes = page.locator("math:visible").evaluate_all(measure)
        assert all(size > 5 for size in sizes)
        assert len(sizes) > 40 or name not in {*ONE_FRAMEWORK, "gan.html"}
        prose = page.locator("main").evaluate(
            """main => {
                const copy = main.cloneNode(true);
                copy.querySelectorAll("pre, code, math").forEach(part => part.remove());
                return copy.textContent;
            }"""
        )
        assert not re.search(r"[$\\]|:::|\{\w+\}", prose), name


@in_each_language
def test_nothing_scrolls_sideways(visit, server, book):
    """On a phone, and when that is turned into a desktop; with little code, and with the most."""
    phone, desktop = ({"width": 390, "height": 844}, {"width": 1280, "height": 800})
    reader = visit(server)
    for name in pages(book):
        for key in d2lmini.FRAMEWORKS[0], "numpy":
            reader.page.set_viewport_size(phone)
            page = reader.go(f"{name}?framework={key}")
            for size in phone, desktop:
                page.set_viewport_size(size)
                settle(page)
                width = page.evaluate("document.documentElement.scrollWidth")
                assert width <= size["width"], name
                shown = page.locator(".bd-article :is(img, .math, table, pre):visible")
                lefts = "all => all.map(part => part.getBoundingClientRect().left)"
                assert all(left >= 0 for left in shown.evaluate_all(lefts)), name
            if not page.locator("label[data-sync-id]").count():
                break  # it is the same with any framework


@in_each_language
def test_everyone_can_read_it(visit, server, book):
    """By day, and by night, when only the colours are others."""
    reader = visit(server)
    # Of the notebooks' own pages one will do: they are of one kind, and this takes long. The lab
    # has a test of its own, with all that it can show.
    names = [n for n in pages(book) if not n.startswith("lab") and n not in ONE_FRAMEWORK[1:]]
    if languages.current_language() != "en":  # the others have the same form
        names = [f"{name}.html" for name in ("index", "lab", "gan", "search", "teachers")]
    for name in names:
        page = reader.go(name)
        assert page.evaluate("document.documentElement.dataset.theme") == "light"
        assert obstacles(page) == [], name
        if languages.current_language() == "en":
            page.emulate_media(color_scheme="dark")
            page.reload()
            assert page.evaluate("document.documentElement.dataset.theme") == "dark"
            assert obstacles(page, runOnly=["color-contrast"]) == [], name
            page.emulate_media(color_scheme="light")


def test_figures_stay_bright_in_the_dark(visit, server):
    reader = visit(server, scheme="dark")
    for name in ("gan.html", f"gan_{d2lmini.FRAMEWORKS[0]}.html"):
        look = """all => all.map(image => getComputedStyle(image))
            .map(style => [style.backgroundColor, style.filter])"""
        looks = reader.go(name).locator(".bd-article img").evaluate_all(look)
        assert looks and all(style == "none" for _, style in looks)
        for background, _ in looks:
            assert min(map(int, re.findall(r"\d+", background)[:3])) > 200, background


@in_each_language
def test_each_exercise_has_its_solution_folded(visit, server):
    page = visit(server).go("gan_solutions.html")
    summary = page.locator("summary", has_text=languages._("Solution"))
    solutions = page.locator("details", has=summary)
    assert solutions.count() == page.locator("section[id^=exercise] > h2").count() >= 1


@pytest.mark.parametrize("name", ["gan_solutions", "gan", f"gan_{d2lmini.FRAMEWORKS[0]}"])
def test_what_is_folded_opens_when_asked(visit, server, name):
    """The solutions, and the answers in the lessons."""
    page = visit(server).go(f"{name}.html")
    for folded in page.locator(".bd-article details").all():
        summary, body = folded.locator("> summary"), folded.locator("> div")
        assert body.is_hidden()
        summary.focus()
        page.keyboard.press("Enter")
        assert body.is_visible()
        summary.click()
        assert body.is_hidden()


def test_the_contents_lead_from_the_lesson_to_what_goes_with_it(visit, server):
    page = visit(server).go("index.html")
    links = page.locator(".bd-sidebar a.reference.internal[href^=gan]")
    assert links.evaluate_all("all => all.map(a => a.getAttribute('href'))") == [
        *(f"{GAN.page(kind)}.html" for kind in GAN.kinds),
        *(f"{notebook.stem}.html" for notebook in GAN.notebooks().values()),
    ]


def test_the_pictures_are_of_pages_that_are_there(book):
    for address, part, _ in PICTURES.values():
        page, *_ = address.split("#")
        assert f'id="{part.lstrip("#")}"' in (book / page).read_text(encoding="utf-8")


def test_code_has_a_copy_button_and_its_output_none(visit, server):
    page = visit(server).go("gan.html")
    assert page.locator(".cell > .highlight-python").count() > 40
    assert page.locator(".cell > .highlight-python:not(:has(button.copybtn))").count() == 0
    assert page.locator(".cell-output pre").count() > 10
    assert page.locator(".cell-output button.copybtn").count() == 0


def test_a_notebook_can_be_downloaded_with_all_that_it_needs(visit, server):
    for start in ("gan_mxnet.html", *(f"{GAN.page(kind)}.html" for kind in GAN.kinds)):
        page = visit(server).go(start)
        with page.expect_download() as download:
            page.locator("a.download[href$='gan_mxnet.zip']").click()
        with ZipFile(download.value.path()) as archive:
            names = {Path(name).name for name in archive.namelist()}
            notebook = archive.read("gan_mxnet/gan_mxnet.ipynb").decode()
        given = {GAN.notebook("mxnet", kind).ipynb.name for kind in GAN.kinds}
        assert {"README.txt", "two_players.svg"} | given < names
        stored = nbformat.read(GAN.notebook("mxnet").ipynb, as_version=4)
        outputs = [cell.get("outputs") for cell in stored.cells]
        assert outputs == [c.get("outputs") for c in nbformat.reads(notebook, as_version=4).cells]


def test_the_package_can_be_downloaded(visit, server):
    page = visit(server).go("reference.html")
    with page.expect_download() as download:
        page.locator("a.download[href$='.whl']").click()
    with ZipFile(download.value.path()) as archive:
        assert "d2lmini/loader.py" in archive.namelist()


def test_the_switch_leads_to_the_same_section(visit, site, built):
    """By keyboard, there and back, with the framework that is chosen."""
    page = visit(site).go("gan.html?framework=jax")
    scroll = 'heading => heading.scrollIntoView({ behavior: "instant" })'
    page.locator("#the-generator > h2").evaluate(scroll)
    assert page.locator("html").get_attribute("lang") == "en"
    for label, language, folder in [("Tiếng Việt", "vi", "/vi"), ("English", "en", "")]:
        switch = page.get_by_role("link", name=label)
        assert switch.get_attribute("lang") == switch.get_attribute("hreflang") == language
        switch.focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"{site}{folder}/gan.html?framework=jax#the-generator")
        assert page.locator("html").get_attribute("lang") == language
        heading = page.locator("#the-generator > h2")
        heading.wait_for()
        page.wait_for_function("scrollY > 1000")
    assert heading.inner_text().startswith("The generator")


@pytest.mark.parametrize("name", languages.LANGUAGES)
def test_the_pages_and_sections_are_those_of_the_english_book(built, name):
    assert pages(built / name) == pages(built)
    for page in pages(built):
        texts = [(book / page).read_text(encoding="utf-8") for book in (built, built / name)]
        sections, same = (re.findall('<section id="(.+?)"', text) for text in texts)
        assert sections == same, page
    # Sphinx would search in English, without its small words, for want of something better.
    words = (built / name / "_static" / "language_data.js").read_text(encoding="utf-8")
    assert name in sphinx.search.languages or "Dummy stemmer" in words


@pytest.mark.parametrize("language", languages.LANGUAGES, indirect=True)
def test_themes_and_lab_speak_the_language_of_the_book(visit, site, language):
    """Of their texts none is English that has a translation."""
    catalogue = languages.catalogue_of(language)
    places = "book/conf.py", "book/_static/lab/"
    english = {m.id for m in catalogue for place, _ in m.locations if place.startswith(places)}
    english -= {text for text in english if languages._(text) == text}
    reader = visit(site)
    for name in "gan.html", "lab.html#runs=10&num_epochs=1", "search.html?q=gan":
        page = reader.go(name)
        if name.startswith("lab"):
            page.locator("#lab-run").click()
            page.locator("#lab-table tbody tr").wait_for()
        elif name.startswith("search"):
            page.locator("ul.search a").first.wait_for()
        parts = page.locator("[title], [aria-label], [data-tooltip], body *:not(:has(*)):visible")
        words = parts.evaluate_all(
            """all => all.filter(part => !part.closest("pre, code, .sig")).flatMap(part => [
                part.title, part.ariaLabel, part.dataset.tooltip, part.innerText?.trim()
            ])"""
        )
        assert not english.intersection(words)
    assert page.locator("h1", has_text=languages._("Search")).count() == 1
