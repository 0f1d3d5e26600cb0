"""What tests ask of a page in Chromium."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = {"serious", "critical"}
# Preloading asks for style sheets at wrong addresses.
AXE = {"preload": False, "resultTypes": ["violations"]}


def settle(page: Page) -> None:
    """Wait until what moves or fades in has come to its end."""
    moving = "move.playState === 'running' && move.effect.getComputedTiming().endTime < Infinity"
    page.wait_for_function(f"!document.getAnimations().some((move) => {moving})")


def obstacles(page: Page, **only) -> list[tuple[str, str]]:
    """What keeps somebody from reading a page: the rule, and the first place it is broken at."""
    settle(page)
    found = Axe().run(page, options=AXE | only).response["violations"]
    return [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in GRAVE]
