"""Take the pictures that README and the book's first page show, from the book as it is built."""

from pathlib import Path
from shutil import which

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
BOOK = ROOT / "_build" / "book"
MOMENT = "step=750"  # of the lab: the crosses are on their way

# Each with its page, the part of it that comes first, and whether the rest of the page is left out.
PICTURES = {
    "lab.png": (f"lab.html#{MOMENT}", "#lab-stage", True),
    "screenshot.png": ("lesson.html", "#run-it", False),
}


def main() -> None:
    """Replace the pictures in book/."""
    path = which("chromium") or which("google-chrome")
    if not path:
        raise SystemExit("want chromium or google-chrome on the path, got neither")
    with sync_playwright() as playwright:
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
        browser.close()


if __name__ == "__main__":
    main()
