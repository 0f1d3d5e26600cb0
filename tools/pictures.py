"""Take the pictures that README and the book show, of the book as it is built and of a class."""

from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import nbformat
from playwright.sync_api import sync_playwright

from tools import grade
from tools.copies import for_class
from tools.files import read
from tools.lessons import LESSONS, ROOT
from tools.workbook import filled, workbook

BOOK = ROOT / "_build" / "book"
MOMENT = "step=750"  # of the lab: the crosses are on their way

# Each with its page, the part of it that comes first, and whether the rest of the page is left out.
PICTURES = {
    "lab.png": (f"lab.html#{MOMENT}", "#lab-stage", True),
    "screenshot.png": ("gan.html", "#run-it", False),
}
# A small class: what each has written in place of what stands in the lesson, or left open.
CLASS = {
    "An": {},
    "Bình": {"(1 + np.tanh(o / 2)) / 2": "1 / (1 + np.exp(-o))"},
    "Chi": {"loss.slope(fake_Y, 0)": "loss.slope(fake_Y, 1)"},
    "Dũng": {"loss.slope(fake_Y, 0)": "loss.slope(fake_Y, 1)", "slope.sum(-2": "slope.mean(-2"},
    "Giang": {"(loss(real_Y, 1) + loss(fake_Y, 0)) / 2": "loss(real_Y, 1) + loss(fake_Y, 0)"},
    "Hà": {"MLP(2, 5, 3, 1,": "MLP(2, 5, 1,"},
    "Khoa": {"loss.slope(fake_Y, 0)": "loss.slope(fake_Y, 1)"},
    "Linh": {" / np.linalg.norm(true_cov)": ""},
}
OPEN = {"Giang": ["train_epochs", "fit_errors"], "Hà": ["MLP", "own_fit", "own_verdicts"]}


def grade_class(folder: Path) -> Path:
    """Write the small class's workbooks into a folder, grade them, and return the page of it."""
    notebook = LESSONS[0].notebook("numpy")
    lesson = for_class(read(notebook.ipynb))
    gaps = workbook(lesson, notebook)
    for student, written in CLASS.items():
        copy = filled(gaps, lesson, student, OPEN.get(student, ()))
        for cell in copy.cells:
            for right, wrong in written.items():
                cell.source = cell.source.replace(right, wrong)
        nbformat.write(copy, folder / f"{student}.ipynb")
    paths = {path.stem: path for path in sorted(folder.glob("*.ipynb"))}
    grade.write(grade.grade_all(paths, grade.Limits(60, 4000, [])), True, folder)
    return folder / "index.html"


def main() -> None:
    """Replace the pictures in book/."""
    path = which("chromium") or which("google-chrome")
    if not path:
        raise SystemExit("want chromium or google-chrome on the path, got neither")
    with sync_playwright() as playwright, TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name, (address, first, alone) in PICTURES.items():
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"{BOOK.as_uri()}/{address}")
            part = page.locator(first)
            part.evaluate("part => part.scrollIntoView()")
            page.wait_for_timeout(1000)  # for what fades in
            page.wait_for_function("typeof session === 'undefined' || !is_going()")
            (part if alone else page).screenshot(path=ROOT / "book" / name)
            page.close()
        page = browser.new_page(viewport={"width": 900, "height": 980})
        page.goto(grade_class(Path(folder)).as_uri())
        page.screenshot(path=ROOT / "book" / "grades.png")
        browser.close()


if __name__ == "__main__":
    main()
