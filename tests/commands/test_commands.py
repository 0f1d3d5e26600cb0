"""Each command alone, as a reader types it first: it needs no more than its own extras install.

In a copy of the project, from nothing: no environment, no variables but the way home and the path.
One framework is enough, for what a framework needs is an extra of its own.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from urllib.request import urlopen

import nbformat
import pytest

from tests.support.hub_class import three_ports

ROOT = Path(__file__).parents[2]
PATIENCE = 300  # seconds for a server to answer, its set-up included


@pytest.fixture
def project(tmp_path):
    """A copy of the project as it comes, but for a lesson cut short: what it says is no matter."""
    made = shutil.ignore_patterns(".*", "_build", "hub-data", "*.egg-info", "__pycache__")
    return shutil.copytree(ROOT, tmp_path / "project", ignore=made)


def environment(project):
    """What `env -i HOME=$HOME PATH=$PATH BACKENDS=numpy` leaves, without this environment."""
    path = [p for p in os.environ["PATH"].split(os.pathsep) if Path(p).parent != Path(sys.prefix)]
    home = {name: os.environ[name] for name in ("HOME", "USERPROFILE") if name in os.environ}
    # JupyterLab starts for no root without being told to, and would open a browser.
    settings = {"allow_root": True, "open_browser": False, "ip": "127.0.0.1"}
    config = project.parent / "jupyter"
    config.mkdir(exist_ok=True)
    text = json.dumps({"ServerApp": settings})
    (config / "jupyter_server_config.json").write_text(text, encoding="utf-8")
    jupyter = {"JUPYTER_CONFIG_DIR": str(config)}
    return home | {"PATH": os.pathsep.join(path), "BACKENDS": "numpy"} | jupyter


def make(project, command, *words):
    """The words of `make`, with the Python that runs this test."""
    return ["make", "-C", str(project), command, f"PYTHON={sys._base_executable}", *words]


def cut_short(project):
    """Let the NumPy lesson end where its data begin."""
    path = project / "notebooks" / "gan" / "gan_numpy.ipynb"
    notebook = nbformat.read(path, as_version=4)
    sources = [cell.source for cell in notebook.cells]
    notebook.cells = notebook.cells[: sources.index(next(s for s in sources if "real data" in s))]
    nbformat.write(notebook, path)


def hand_in(project):
    """Put a submission into a folder: the lesson as it is, with no check in it."""
    (project / "class").mkdir()
    shutil.copy(project / "notebooks" / "gan" / "gan_numpy.ipynb", project / "class" / "An.ipynb")


# What each command is told, what has to be done before, and what it has made in the end.
COMMANDS = {
    "run": ([], cut_short, "_build/run/gan_numpy.html"),
    "book": ([], None, "_build/book/index.html"),
    "slides": ([], None, "_build/slides/gan_numpy.slides.html"),
    "student": ([], None, "_build/student/gan_numpy.zip"),
    "grade": (["SUBMISSIONS=class", "TIME=10"], hand_in, "_build/grade/grades.csv"),
    "notebooks": ([], None, "README.png"),
    "prose": ([], None, "notebooks/gan/gan_jax.py"),
    "translate": ([], None, "README.vi.md"),
    "bench": (["QUICK=1"], None, "_build/bench/numpy.json"),
    "study": (["QUICK=1"], None, "notebooks/gan/study.png"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_works_from_nothing(project, command):
    words, prepare, made = COMMANDS[command]
    if prepare:
        prepare(project)
    command, env = make(project, command, *words), environment(project)
    done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / made).exists()


def class_list(project):
    (project / "class.csv").write_text("student,password\nan,long enough\n", encoding="utf-8")


@pytest.mark.usefixtures("bwrap")
@pytest.mark.parametrize("command", ["lab", "hub"])
def test_a_server_works_from_nothing(project, command, tmp_path):
    class_list(project)
    words = ["STUDENTS=class.csv", f"PORT={three_ports()}"] if command == "hub" else []
    log = tmp_path / "log"
    with log.open("w", encoding="utf-8") as out:
        started, env = make(project, command, *words), environment(project)
        server = subprocess.Popen(started, env=env, stdout=out, stderr=out, start_new_session=True)
    try:
        assert answer(server, log), log.read_text(encoding="utf-8")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)


def answer(server, log):
    """Wait for a server to say where it is and to answer there; tell whether it has."""
    end = monotonic() + PATIENCE
    while server.poll() is None and monotonic() < end:
        said = re.search(r"http://127\.0\.0\.1:\d+\S*", log.read_text(encoding="utf-8"))
        try:
            if said and urlopen(said[0].rstrip(",;")).status == 200:
                return True
        except OSError:  # it says where before it listens
            pass
        sleep(0.5)
    return False
