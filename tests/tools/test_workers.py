"""How `make test` shares out the tests: one worker a framework, no more at work than there are
processors, and an end when a worker dies."""

import os
import shutil
from pathlib import Path

import pytest

from tests.support.python import python

ROOT = Path(__file__).parents[2]
# Tests of two frameworks, for which stand-ins are imported, and one with a mistake in it.
TESTS = """
import importlib, os, time
import pytest

@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("key", ["mxnet", "torch"])
def test_import(key, turn):
    importlib.import_module(key)
    with open("order", "a") as file:
        file.write(key[0])
    time.sleep(0.3)

@pytest.mark.parametrize("key", ["numpy"])
def test_the_mistake(key):
    {mistake}
"""


def run(folder, mistake, processors=None):
    """Run the tests as `make test` does, with the project's conftest.py."""
    shutil.copy(ROOT / "conftest.py", folder)
    for key in "mxnet", "torch":
        (folder / f"{key}.py").touch()
    (folder / "test_planted.py").write_text(TESTS.format(mistake=mistake), encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (line,) = [line for line in makefile.splitlines() if "-m pytest -n" in line]
    options = line.partition("-m pytest ")[2].replace("-n auto", "-n 2").split()
    settings = {"cwd": folder, "timeout": 120}
    settings["env"] = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    if processors:
        settings["preexec_fn"] = lambda: os.sched_setaffinity(0, processors)
    done = python("-m", "pytest", "-p", "no:cacheprovider", *options, **settings)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    "mistake, says",
    [("import torch, mxnet", "has imported torch and mxnet"), ("os._exit(139)", "crashed")],
)
def test_each_framework_has_a_process_of_its_own(tmp_path, mistake, says):
    """So only the planted mistake is noticed, and it ends the run."""
    code, printed = run(tmp_path, mistake)
    assert code == 1 and says in printed, printed
    assert "1 error" in printed or "1 failed" in printed, printed


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="all processors or none")
def test_on_one_processor_a_framework_waits_until_another_is_nearly_done(tmp_path):
    one = [min(os.sched_getaffinity(0))]
    code, printed = run(tmp_path, "pass", one)
    assert code == 0, printed
    order = (tmp_path / "order").read_text(encoding="utf-8")
    assert len(order) == 8 and {*order[:2]} == {order[0]} and {*order[-2:]} == {order[-1]}
