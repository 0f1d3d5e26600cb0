"""What several tests of pages share: the book, and a reader's browser."""

import os
import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from filelock import FileLock

from tests.support.python import python
from tools import lessons
from tools.sandbox import sandbox, why_not

ROOT = Path(__file__).parent.parent
CHECKED = "input[name^=sd-tab-set]:checked + label[data-sync-group=framework]"


@pytest.fixture(scope="session")
def bwrap():
    """Skip without a bubblewrap that works, but not on a CI service."""
    if reason := why_not(sandbox([], [])):
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing(reason)


@pytest.fixture(scope="session")
def built(tmp_path_factory, worker_id, browser):
    """The book in English, with those in other languages in it, built once for all workers."""
    alone = worker_id == "master"
    folder = tmp_path_factory.getbasetemp() if alone else tmp_path_factory.getbasetemp().parent
    with FileLock(folder / "book.lock"):
        if not (folder / "book").exists():
            build_the_book(tmp_path_factory.mktemp("project")).rename(folder / "book")
    return folder / "book"


def build_the_book(folder):
    """Build the book in a copy of the project in a folder, and return where it is."""
    project = folder / "project"
    shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(".*", "_build"))
    # Not even a system that knows no letter beyond ASCII must make a difference.
    ascii = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LANGUAGE": "en_US:en"}
    done = python("-m", "tools.book", cwd=project, env=os.environ | ascii)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return project / "_build" / "book"


@pytest.fixture(scope="session")
def address(built):
    """The books' address on a server of this computer's own, which ends with the tests."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=built)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def book(built):
    """The book's folder."""
    return built


@pytest.fixture
def server(address):
    """The book's address."""
    return address


@pytest.fixture(params=["server", "file system"])
def site(request, book, server):
    """Where the book is, in turn."""
    return server if request.param == "server" else book.as_uri()


@pytest.fixture
def notebooks(tmp_path, monkeypatch):
    """A copy of the notebooks, to be spoiled: the folder of the first lesson."""
    shutil.copytree(lessons.NOTEBOOKS, tmp_path / "notebooks")
    monkeypatch.setattr(lessons, "NOTEBOOKS", tmp_path / "notebooks")
    return lessons.LESSONS[0].folder


@pytest.fixture
def fill_the_disk(monkeypatch):
    """Let the disk be full: of each file it takes a part."""

    def write_bytes(self, data):
        with open(self, "wb") as half:
            half.write(data[:1])
        raise OSError("no space left")

    return lambda: monkeypatch.setattr(Path, "write_bytes", write_bytes)


class Visit:
    """A reader's browser with its storage, which notes whatever goes wrong."""

    def __init__(self, browser, site, width=1280, height=800, scheme="light"):
        self.site, self.faults = site, []
        # Of what a page makes by itself.
        self.origin = "/".join(site.split("/")[:3]) if site.startswith("http") else "null"
        size = {"width": width, "height": height}
        self.context = browser.new_context(viewport=size, color_scheme=scheme)
        self.context.on("request", self._request)
        self.context.on("console", self._console)
        self.context.on("weberror", lambda e: self.faults.append(str(e.error)))
        self.context.set_default_timeout(60_000)  # however busy the computer is
        self.page = self.context.new_page()

    def _request(self, request):
        if not request.url.startswith((self.site, "data:", f"blob:{self.origin}")):
            self.faults.append(f"asked for {request.url}")

    def _console(self, message):
        if message.type == "error":
            self.faults.append(f"{message.text} {message.location['url']}")

    def go(self, page):
        self.page.goto(f"{self.site}/{page}")
        return self.page

    def again(self):
        """Close the page and open another."""
        self.page.close()
        self.page = self.context.new_page()

    def chosen(self):
        """The frameworks that are chosen in the tabs of the page."""
        labels = self.page.locator(CHECKED)
        assert labels.count() > 1
        return set(labels.evaluate_all("all => all.map(label => label.dataset.syncId)"))


@pytest.fixture
def visit(browser):
    """Open a browser on a site; when the test ends, nothing must have gone wrong in it."""
    visits = []

    def start(*args, **options):
        visits.append(Visit(browser, *args, **options))
        return visits[-1]

    yield start
    for visit in visits:
        visit.context.close()
        assert visit.faults == []
