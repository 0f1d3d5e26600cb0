"""For tests and notebooks alike: which frameworks take part."""

import os
import re
import shutil
import sys
from importlib import import_module

import pytest
from playwright.sync_api import sync_playwright
from xdist.scheduler import LoadScopeScheduling

import d2lmini
from tools.backends import why_not
from tools.elsewhere import PROCESSORS, as_on
from tools.lessons import of
from tools.processors import ONE_THREAD, available

os.environ.setdefault("MPLBACKEND", "agg")  # no window, whatever the computer
os.environ.pop("LANGUAGE", None)  # a test that is about a language says so


def pytest_addoption(parser):
    """Add --processor, for `make elsewhere`."""
    about = "run the notebooks as on a processor with no newer instructions than these"
    parser.addoption("--processor", choices=PROCESSORS, help=about)


def pytest_configure(config):
    """Let the notebooks' kernels, which come later, run as on the processor that is named."""
    if name := config.getoption("--processor"):
        os.environ.update(as_on(name))


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
    if path.endswith(".ipynb"):
        return (notebook := of(path)) and notebook.framework
    return named and named[1]


def pytest_collection_modifyitems(items):
    """Skip the notebooks of a framework that is left out, and say why."""
    # What takes longest comes first, so that no worker is left with it: see ByFramework.
    items.sort(key=lambda item: (item.path.suffix != ".ipynb", framework_of(item.nodeid) is None))
    for item in items:
        if item.path.suffix == ".ipynb":
            notebook = of(item.path)
            if reason := why_not(notebook.framework) if notebook else "not one of the lessons":
                item.add_marker(pytest.mark.skip(reason=reason))


class ByFramework(LoadScopeScheduling):
    """Gives each framework's tests to a worker of their own, and the rest file by file to any.

    No process may import two frameworks: after TensorFlow, PyTorch with GPU libraries ends it. (A
    notebook's kernel is a process of its own anyway.) So there are as many workers as frameworks.
    Only so many work at a time as there are processors; the others wait until they take over.
    """

    def _split_scope(self, nodeid):
        return (
            not nodeid.startswith("notebooks")
            and framework_of(nodeid)
            or super()._split_scope(nodeid)
        )

    def schedule(self):
        """Begin, with no more workers than there are processors."""
        begun = self.collection is not None
        waiting = [] if begun else self.nodes[available() :]
        for node in waiting:
            del self.assigned_work[node]
        super().schedule()
        self.assigned_work.update((node, {}) for node in waiting)

    def _reschedule(self, node):
        """Give a worker that is nearly done more, but no second framework."""
        if node.shutting_down or self._pending_of(self.assigned_work[node]) > 2:
            return
        frameworks = self.assigned_work[node].keys() & {*d2lmini.FRAMEWORKS}
        waiting = [other for other, work in self.assigned_work.items() if not work]
        if frameworks and waiting and next(iter(self.workqueue), None) in d2lmini.FRAMEWORKS:
            node.shutdown()  # after what is left of its own
            self._assign_work_unit(waiting[0])
            self._reschedule(waiting[0])
        else:
            super()._reschedule(node)


def pytest_xdist_make_scheduler(config, log):
    """Let `make test` distribute the tests by framework."""
    return ByFramework(config, log)


def pytest_xdist_auto_num_workers():
    """Return the number of workers for `-n auto`, at least one for each framework."""
    taking_part = sum(why_not(key) is None for key in d2lmini.FRAMEWORKS)
    return max(taking_part, min(available(), len(d2lmini.FRAMEWORKS)))


def pytest_xdist_setupnodes(config):
    """Give each worker one thread: side by side they would wait for each other.

    Elsewhere they have as many as a computer has, as the stored outputs had.
    """
    if not config.getoption("--processor"):
        os.environ.update(ONE_THREAD | os.environ)


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
    adapter = import_module("tests.support.frameworks").adapter_of(framework)
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
