"""For tests and notebooks alike: which frameworks take part."""

import os
import re
import shutil
import sys
from importlib import import_module
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from xdist.scheduler import LoadScopeScheduling

import d2lmini
from tools.backends import key_of, why_not

os.environ.setdefault("MPLBACKEND", "agg")  # no window, whatever the computer
os.environ.pop("LANGUAGE", None)  # a test that is about a language says so


def pytest_sessionstart(session):
    """Refuse to start, and so to pass, without a framework that is required."""
    try:
        for key in d2lmini.FRAMEWORKS:
            why_not(key)
    except (ValueError, ModuleNotFoundError) as error:
        raise pytest.UsageError(str(error)) from None


def framework_of(nodeid: str) -> str | None:
    """Return the framework that a test is about: its notebook's, or the one in its parameters."""
    path, _, name = nodeid.partition("::")
    named = re.search(rf"\b({'|'.join(d2lmini.FRAMEWORKS)})\b", name.partition("[")[2])
    return key_of(Path(path)) if path.endswith(".ipynb") else named and named[1]


def pytest_collection_modifyitems(items):
    """Skip the notebooks of a framework that is left out, and say why."""
    items.sort(key=lambda item: framework_of(item.nodeid) is None)  # theirs first: see ByFramework
    for item in items:
        if item.path.suffix == ".ipynb":
            key = key_of(item.path)
            if reason := why_not(key) if key else "not one of the lessons":
                item.add_marker(pytest.mark.skip(reason=reason))


class ByFramework(LoadScopeScheduling):
    """Gives each framework's tests to one worker, and the others file by file to any worker.

    No process may import two frameworks: after TensorFlow, PyTorch with GPU libraries ends it.
    There are as many workers as frameworks, and at first each takes one of what comes first.
    """

    def _split_scope(self, nodeid):
        return framework_of(nodeid) or super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    """Let `make test` distribute the tests by framework."""
    return ByFramework(config, log)


def pytest_xdist_auto_num_workers():
    """Return the number of workers for `-n auto`, one for each framework that takes part."""
    return max(1, sum(why_not(key) is None for key in d2lmini.FRAMEWORKS))


def pytest_xdist_setupnodes():
    """Give each worker one thread of OpenMP, OpenBLAS and TensorFlow, which wait by spinning.

    JAX and Numba keep theirs. The stored outputs were computed with as many as a computer has.
    """
    for threads in ("OMP_NUM", "OPENBLAS_NUM", "TF_NUM_INTRAOP", "TF_NUM_INTEROP"):
        os.environ.setdefault(f"{threads}_THREADS", "1")


@pytest.fixture(autouse=True)
def one_framework():
    """Fail where a worker has imported a second framework."""
    yield
    if "PYTEST_XDIST_WORKER" not in os.environ:  # all in one process, as for a single file
        return
    others = [key for key in d2lmini.FRAMEWORKS if key != "numpy" and sys.modules.get(key)]
    assert len(others) < 2, f"one process has imported {' and '.join(others)}"


@pytest.fixture(params=d2lmini.FRAMEWORKS)
def framework(request) -> str:
    """Each framework's key, in turn."""
    if reason := why_not(request.param):
        pytest.skip(reason)
    return request.param


@pytest.fixture
def adapter(framework):
    """How the tests build each framework's networks, in turn, in float64 where they ask for it."""
    adapter = import_module(f"tests.adapters.{framework}")
    with adapter.double():
        yield adapter


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
