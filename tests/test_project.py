"""What the project says of itself: README, environment, pinned versions, workflow."""

import json
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
    assert plain == [f"python={sys.version_info[0]}.{sys.version_info[1]}", "pip"]
    assert pip == {"pip": ["--requirement requirements.txt", "--editable ."]}


def test_workflow_reads_the_one_list_of_frameworks():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    (step,) = [s for s in workflow["jobs"]["frameworks"]["steps"] if s.get("id") == "list"]
    command = step["run"].removesuffix('>> "$GITHUB_OUTPUT"')
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=True)
    name, _, keys = done.stdout.strip().partition("=")
    assert name == "keys" and tuple(json.loads(keys)) == d2lmini.FRAMEWORKS
    runs = [step.get("run") for step in workflow["jobs"]["test"]["steps"]]
    assert "make test" in runs and "make run" in runs


def test_an_unfit_python_is_told_what_is_wanted(tmp_path):
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    for python in (fake, tmp_path / "nowhere"):
        make = ["make", "-C", tmp_path, "run", f"PYTHON={python}"]
        done = subprocess.run(make, capture_output=True, text=True)
        assert done.returncode != 0 and "d2lmini wants Python 3.11 or 3.12" in done.stdout
        assert not (tmp_path / ".venv").exists()
