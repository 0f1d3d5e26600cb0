"""What the project says of itself: README, environment, pinned versions, workflow."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement

import d2lmini
from tools.build import picture

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINS = [
    Requirement(line)
    for line in (ROOT / "requirements.txt").read_text().splitlines()
    if not line.startswith("#")
]


def targets():
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_links_and_commands_exist(page):
    text = (ROOT / page).read_text()
    links = re.findall(r"\]\(([^)]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    assert not [link for link in links if "://" not in link and not (ROOT / link).exists()]
    commands = set(re.findall(r"^    make (\w+)|`(?:BACKENDS=\w+ )?make (\w+)", text, re.MULTILINE))
    assert commands and {"".join(command) for command in commands} <= targets()


def test_readme_is_short_and_starts_with_the_commands():
    lines = README.splitlines()
    assert len(lines) <= 60
    first = "\n".join(lines[:20])
    assert "make run" in first and "make test" in first and "README.png" in first


def test_readme_lists_every_lesson():
    for key in d2lmini.FRAMEWORKS:
        assert f"(notebooks/gan_{key}.ipynb)" in README


def test_readmes_picture_is_that_of_the_stored_run():
    lesson = ROOT / "notebooks" / f"gan_{d2lmini.FRAMEWORKS[0]}.ipynb"
    notebook = nbformat.read(lesson, as_version=4)
    assert (ROOT / "README.png").read_bytes() == picture(notebook), "run `make notebooks`"


def test_every_dependency_is_pinned():
    extras = PROJECT["optional-dependencies"]
    wanted = map(Requirement, sum(extras.values(), PROJECT["dependencies"]))
    for need in wanted:
        pins = [pin for pin in PINS if pin.name == need.name]
        assert pins, f"{need.name} is not in requirements.txt: run `make lock`"
        for pin in pins:
            (pinned,) = pin.specifier
            assert pinned.operator == "==" and need.specifier.contains(pinned.version), pin
    assert all("+" not in str(pin.specifier) for pin in PINS)  # a local build is not to be had


def test_what_runs_here_is_what_is_pinned():
    here = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate()]
    assert len(here) > 100
    for pin in here:
        installed = version(pin.name).split("+")[0]
        assert pin.specifier.contains(installed, prereleases=True), f"{pin}, not {installed}"


def test_environment_names_the_python_and_the_pins_used_here():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())
    *plain, pip = conda["dependencies"]
    assert conda["channels"] == ["conda-forge"]
    steps = WORKFLOW["jobs"]["test"]["steps"]
    (python,) = [
        s["with"]["python-version"] for s in steps if "python-version" in s.get("with", {})
    ]
    assert plain == [f"python={python}", "pip"]
    if os.environ.get("CI") == "true":
        assert python == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert pip == {"pip": ["--requirement requirements.txt", "--editable ."]}


def test_workflow_reads_the_one_list_of_frameworks():
    (step,) = [s for s in WORKFLOW["jobs"]["frameworks"]["steps"] if s.get("id") == "list"]
    command = step["run"].removesuffix('>> "$GITHUB_OUTPUT"')
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=True)
    name, _, keys = done.stdout.strip().partition("=")
    assert name == "keys" and tuple(json.loads(keys)) == d2lmini.FRAMEWORKS
    runs = [step.get("run") for step in WORKFLOW["jobs"]["test"]["steps"]]
    assert "make test" in runs and "make run" in runs


FAKE_PYTHON = """#!/bin/sh
# Writes down how it is called; fails where a file fail-<argument> says so.
echo "$@" >> calls
for word in "$@"; do [ ! -e "fail-$word" ] || exit 1; done
case "$*" in "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python;; esac
"""


@pytest.fixture
def make(tmp_path):
    """Call make in a copy of the project's set-up, with a Python that only takes notes."""
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    fake = tmp_path / "python"
    fake.write_text(FAKE_PYTHON)
    fake.chmod(0o755)

    def call(target, python=fake):
        """Return make's result, and how the Python was called."""
        (tmp_path / "calls").write_text("")
        command = ["make", "-C", tmp_path, target, f"PYTHON={python}"]
        done = subprocess.run(command, capture_output=True, text=True)
        return done, (tmp_path / "calls").read_text()

    return call


def test_an_unfit_python_is_told_what_is_wanted(make, tmp_path):
    (tmp_path / "fail--c").touch()  # python -c, the question whether it fits
    for python in (tmp_path / "python", tmp_path / "nowhere"):
        done, _ = make("run", python)
        assert done.returncode != 0 and "d2lmini wants Python 3.11 or 3.12" in done.stdout
        assert not (tmp_path / ".venv").exists()


def test_set_up_is_made_once_and_again_when_its_inputs_change(make, tmp_path):
    first, again = make("run")[1], make("run")[1]
    assert "-m pip install" in first and first.endswith("-m tools.run\n")
    assert again == "-m tools.run\n"
    (tmp_path / "requirements.txt").touch()
    assert "-m pip install" in make("test")[1]


def test_a_failed_set_up_is_repeated(make, tmp_path):
    (tmp_path / "fail-install").touch()
    done, calls = make("run")
    assert done.returncode != 0 and "tools.run" not in calls
    (tmp_path / "fail-install").unlink()
    assert "-m pip install" in make("run")[1]


@pytest.mark.parametrize("tool", ["check", "format", "pytest"])
def test_make_test_fails_when_one_of_its_tools_does(make, tmp_path, tool):
    assert make("test")[0].returncode == 0
    (tmp_path / f"fail-{tool}").touch()
    assert make("test")[0].returncode != 0
