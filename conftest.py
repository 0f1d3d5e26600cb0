"""For tests and notebooks alike: which frameworks take part."""

import os
import shutil
from importlib import import_module

import pytest
from playwright.sync_api import sync_playwright

import d2lmini
from tools.backends import key_of, why_not

os.environ.setdefault("MPLBACKEND", "agg")  # no window, whatever the computer


def pytest_sessionstart(session):
    """Refuse to start, and so to pass, without a framework that is required."""
    try:
        for key in d2lmini.FRAMEWORKS:
            why_not(key)
    except (ValueError, ModuleNotFoundError) as error:
        raise pytest.UsageError(str(error)) from None


def pytest_collection_modifyitems(items):
    """Skip the notebooks of a framework that is left out, and say why."""
    for item in items:
        if item.path.suffix == ".ipynb":
            key = key_of(item.path)
            if reason := why_not(key) if key else "not one of the lessons":
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(params=d2lmini.FRAMEWORKS)
def framework(request) -> str:
    """Each framework's key, in turn."""
    if reason := why_not(request.param):
        pytest.skip(reason)
    return request.param


@pytest.fixture
def adapter(framework):
    """How the tests build each framework's networks, in turn."""
    return import_module(f"tests.adapters.{framework}")


@pytest.fixture
def d2l(framework):
    """Each framework's module of d2lmini, in turn."""
    return import_module(f"d2lmini.{framework}")


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium, or Google's; without one skipped, but not on a CI service."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("neither chromium nor google-chrome is on the path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
