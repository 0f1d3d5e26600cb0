"""What the project says of itself: README, environment, pinned versions, workflow."""

import json
import os
import re
import subprocess
import sysconfig
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import d2lmini
from tests.support.lesson import FACES
from tools import wheels
from tools.build import picture
from tools.lessons import LESSONS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
PINS = [Requirement(line) for line in LOCK if not line.startswith("#")]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def targets():
    return set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("page", ["README.md", "README.vi.md", "CONTRIBUTING.md"])
def test_links_and_commands_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    assert not [link for link in links if "://" not in link and not (ROOT / link).exists()]
    commands = set(re.findall(r"^    make (\w+)|`(?:BACKENDS=\w+ )?make (\w+)", text, re.MULTILINE))
    assert commands and {"".join(command) for command in commands} <= targets()


def test_readme_is_short_and_starts_with_the_commands():
    lines = README.splitlines()
    assert len(lines) <= 60
    first = "\n".join(lines[:20])
    assert "make run" in first and "make test" in first and "README.png" in first


def test_readme_lists_every_lesson_and_says_how_much_it_needs():
    sizes, lines = PYPROJECT["tool"]["d2lmini"]["gigabytes"], README.splitlines()
    for key in d2lmini.FRAMEWORKS:
        links = [f"({lesson.notebook(key).ipynb.relative_to(ROOT)})" for lesson in LESSONS]
        (row,) = [line for line in lines if all(link in line for link in links)]
        assert f" {sizes['run'] + sizes[key]:.1f} " in row


def test_readmes_picture_is_that_of_the_stored_run():
    notebook = nbformat.read(FACES.notebook(d2lmini.FRAMEWORKS[0]).ipynb, as_version=4)
    assert (ROOT / "README.png").read_bytes() == picture(notebook), "run `make notebooks`"


LINUX = {"sys_platform": "linux", "platform_machine": "x86_64", "os_name": "posix"}


def holds(requirement, python):
    """Whether a requirement counts, whatever extra it belongs to, on Linux with this Python."""
    here = LINUX | {"python_version": python, "python_full_version": f"{python}.9"}
    return requirement.marker is None or requirement.marker.evaluate(here)


@pytest.mark.parametrize("python", wheels.PYTHONS)
def test_every_dependency_is_pinned_on_every_python(python):
    extras = PROJECT["optional-dependencies"]
    wanted = map(Requirement, sum(extras.values(), PROJECT["dependencies"]))
    for need in wanted:
        if need.name != "d2lmini" and holds(need, python):
            pins = [pin for pin in PINS if pin.name == need.name and holds(pin, python)]
            assert len(pins) == 1, f"{need.name} has {len(pins)} pins: run `make lock`"
            (pinned,) = pins[0].specifier
            assert pinned.operator == "==" and need.specifier.contains(pinned.version), pins[0]


def test_no_pin_is_of_a_local_build():
    assert all("+" not in str(pin.specifier) for pin in PINS)  # it is not to be had elsewhere


# Of this environment alone: once imported, setuptools puts packages of its own on the path.
INSTALLED = list(distributions(path=[sysconfig.get_path("purelib")]))


def test_what_runs_here_is_what_is_pinned():
    """And nothing else is here but the installers; what is not asked for need not be here."""
    pinned = {canonicalize_name(pin.name): pin for pin in PINS if holds_here(pin)}
    here = {canonicalize_name(d.name): d.version.split("+")[0] for d in INSTALLED}
    for name in here.keys() - {"pip", "uv", "setuptools", "d2lmini"}:
        assert name in pinned, f"{name} is not in requirements.txt: run `make lock`"
        assert pinned[name].specifier.contains(here[name], prereleases=True), pinned[name]


def holds_here(pin):
    return pin.marker is None or pin.marker.evaluate()


def test_the_pythons_are_the_same_everywhere():
    """In pyproject.toml, the Makefile, the workflow, the environment for conda, tools.wheels."""
    fits = SpecifierSet(PROJECT["requires-python"])
    assert tuple(f"3.{n}" for n in range(30) if f"3.{n}.0" in fits) == wheels.PYTHONS
    first, end = map(int, re.search(r"\(3, (\d+)\) <= .* < \(3, (\d+)\)", MAKEFILE).groups())
    assert tuple(f"3.{n}" for n in range(first, end)) == wheels.PYTHONS
    assert all(f"python{python}" in MAKEFILE for python in wheels.PYTHONS)
    assert tuple(WORKFLOW["jobs"]["test"]["strategy"]["matrix"]["python"]) == wheels.PYTHONS
    assert CONDA["dependencies"][0] == f"python={wheels.PYTHONS[0]}"


def test_conda_installs_every_framework_and_jupyterlab():
    *plain, pip = CONDA["dependencies"]
    assert CONDA["channels"] == ["conda-forge"] and plain[1:] == ["pip"]
    extras = ",".join([*d2lmini.FRAMEWORKS, "lab"])
    assert pip == {"pip": ["--constraint requirements.txt", f"--editable .[{extras}]"]}


def test_workflow_reads_the_one_list_of_frameworks():
    (step,) = [s for s in WORKFLOW["jobs"]["frameworks"]["steps"] if s.get("id") == "list"]
    command = step["run"].removesuffix('>> "$GITHUB_OUTPUT"')
    printed = subprocess.check_output(command, shell=True, cwd=ROOT, encoding="utf-8")
    name, _, keys = printed.strip().partition("=")
    assert name == "keys" and tuple(json.loads(keys)) == d2lmini.FRAMEWORKS


def test_ci_says_what_readme_says_in_its_order_and_then_the_rest():
    steps = [step.get("run", "") for step in WORKFLOW["jobs"]["test"]["steps"]]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    for lines in steps, script:
        words = (re.search(r"^[^#]*\bmake ([a-z-]+)", line) for line in lines)
        assert [word[1] for word in words if word][:2] == ["run", "test-all"]
    commands = [line.strip() for line in script if re.search(r"^[^#]*\bmake ", line)]
    assert all(command.startswith("alone ") for command in commands)
    said = re.findall(r"^    make (\S+)", README, re.MULTILINE)
    assert said == ["run", "test"] and re.search("^test-all: test ", MAKEFILE, re.MULTILINE)


FAKE_PYTHON = """#!/bin/sh
# Writes down how it is called; fails where a file fail-<argument> says so.
echo "$@" >> calls
for word in "$@"; do [ ! -e "fail-$word" ] || exit 1; done
case "$*" in
    "-m venv"*) for venv; do :; done; mkdir -p "$venv/bin" && cp "$0" "$venv/bin/python";;
    *version_info\\[:2]*) echo 3.13;;
esac
"""


@pytest.fixture
def make(tmp_path):
    """Call make in a folder with the Makefile, and a python3.11 that only takes notes."""
    (tmp_path / "Makefile").write_text(MAKEFILE, encoding="utf-8")
    fake = tmp_path / "bin" / "python3.11"
    fake.parent.mkdir()
    fake.write_text(FAKE_PYTHON, encoding="utf-8")
    fake.chmod(0o755)
    path = os.pathsep.join([str(fake.parent), os.environ["PATH"]])

    def call(*words):
        """Return make's result, and how the Python was called."""
        (tmp_path / "calls").write_text("", encoding="utf-8")
        # Without what a `make test PYTHON=...` hands on to the commands that it calls.
        own = {"PYTHON", "MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL"}
        environment = {k: v for k, v in os.environ.items() if k not in own} | {"PATH": path}
        command = ["make", "-C", tmp_path, *words]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment)
        calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
        return done, [call for call in calls if not call.startswith("-c ")]

    return call


def test_an_unfit_python_is_told_what_is_wanted(make, tmp_path):
    (tmp_path / "fail--c").touch()  # python -c, the question whether it fits
    for python in (tmp_path / "bin" / "python3.11", tmp_path / "nowhere"):
        done, _ = make("run", f"PYTHON={python}")
        assert done.returncode != 0 and "d2lmini wants Python 3.11 to 3.14" in done.stdout
        assert not list(tmp_path.glob(".venv*"))


def test_a_command_makes_the_environment_once_and_installs_what_it_needs(make):
    venv, uv, *rest = make("run")[1]
    assert (venv, uv) == ("-m venv .venv", "-m tools.install")
    assert rest == make("run")[1] == ["-m tools.install run frameworks", "-m tools.run"]
    assert make("book")[1] == ["-m tools.install book", "-m tools.book"]


def test_another_python_has_an_environment_of_its_own(make, tmp_path):
    make("run")
    assert make("run", "PYTHON=python3.11")[1][0] == "-m venv .venv-3.13"
    assert (tmp_path / ".venv" / "bin" / "python").exists()


def test_a_failed_set_up_is_repeated(make, tmp_path):
    (tmp_path / "fail-venv").touch()
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "mine").touch()
    assert make("run")[0].returncode != 0 and (tmp_path / ".venv" / "mine").exists()
    (tmp_path / "fail-venv").unlink()
    (tmp_path / "fail-tools.install").touch()
    done, calls = make("run")
    assert done.returncode != 0 and "-m tools.run" not in calls
    (tmp_path / "fail-tools.install").unlink()
    assert make("run")[0].returncode == 0


def test_what_is_set_for_another_python_does_not_count(make, tmp_path, monkeypatch):
    for name in "PYTHONSAFEPATH", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONWARNINGS":
        monkeypatch.setenv(name, "set")
    fake = tmp_path / "bin" / "python3.11"
    notes = "echo $PYTHONHOME >> homes; env > environment\n"
    fake.write_text(f"{FAKE_PYTHON}{notes}", encoding="utf-8")
    assert make("run")[0].returncode == 0
    assert not (tmp_path / "homes").read_text(encoding="utf-8").split()  # it finds no library
    seen = (tmp_path / "environment").read_text(encoding="utf-8")
    assert re.findall("^PYTHON.*$", seen, re.MULTILINE) == ["PYTHONUTF8=1"]


@pytest.mark.parametrize("tool", ["check", "format", "pytest"])
def test_make_test_fails_when_one_of_its_tools_does(make, tmp_path, tool):
    assert make("test")[0].returncode == 0
    (tmp_path / f"fail-{tool}").touch()
    assert make("test")[0].returncode != 0


# What the code in each folder may import of ours. What tests share is in tests/support.
MAY_IMPORT = {
    "d2lmini": "d2lmini",
    "d2lcheck": "d2lmini d2lcheck",
    "tools": "d2lmini d2lcheck tools",
    "book": "d2lmini tools",
    "hub": "d2lmini tools hub",
    "benchmarks": "d2lmini d2lcheck tools tests/support benchmarks",
    "tests/support": "d2lmini d2lcheck tools tests/support",
    "tests/benchmarks": "d2lmini d2lcheck tools tests/support benchmarks",
    "tests": "d2lmini d2lcheck tools tests/support hub",
}
PLANTING = {"test_guards.py"}  # it plants mistakes for other tests to see


def folder_of(place):
    """Which of our folders a path or a module belongs to."""
    inside = [folder for folder in MAY_IMPORT if f"{place}/".startswith(f"{folder}/")]
    return max(inside, key=len, default=None)


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_no_import_leads_back(folder):
    for path in (ROOT / folder).rglob("*.py"):
        place = path.relative_to(ROOT).as_posix()
        if folder_of(place) != folder or path.name in PLANTING:
            continue
        text = path.read_text(encoding="utf-8")
        modules = re.findall(r"^ *(?:from|import) ([\w.]+)", text, re.MULTILINE)
        ours = {folder_of(module.replace(".", "/")) for module in modules} - {None}
        assert ours <= set(MAY_IMPORT[folder].split()), place
