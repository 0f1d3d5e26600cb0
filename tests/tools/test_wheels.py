"""Where a framework has wheels, and what is said where it has none."""

import pytest

import d2lmini
from tests.support.python import run
from tools import wheels

ON_ANOTHER_MACHINE = """
import sys, platform
from tools import wheels
sys.platform, platform.machine, platform.system = {platform!r}, lambda: {machine!r}, lambda: "S"
platform.python_version_tuple = lambda: {python!r}.split(".")
platform.python_version = lambda: {python!r}
print([key for key in {keys} if wheels.no_wheel(key)])
print(wheels.no_wheel("mxnet"))
"""


@pytest.mark.parametrize(
    "platform, machine, python, without",
    [
        ("linux", "x86_64", "3.11.7", set()),
        ("linux", "aarch64", "3.12.1", set()),
        ("linux", "x86_64", "3.13.0", {"mxnet"}),
        ("linux", "x86_64", "3.14.0", {"mxnet", "tensorflow"}),
        ("darwin", "arm64", "3.12.1", {"mxnet"}),
        ("darwin", "x86_64", "3.11.7", {"tensorflow", "torch", "jax"}),
        ("win32", "AMD64", "3.11.7", {"mxnet"}),
    ],
)
def test_where_no_wheel_exists_it_says_so(platform, machine, python, without):
    here = {"platform": platform, "machine": machine, "python": python}
    keys, reason = run(ON_ANOTHER_MACHINE.format(**here, keys=d2lmini.FRAMEWORKS)).splitlines()
    assert keys == str([key for key in d2lmini.FRAMEWORKS if key in without])
    if "mxnet" in without:
        why = "for S on" if platform != "linux" else f"for Python {python[:4]}, only for 3.11, 3.12"
        assert f"mxnet has no wheel {why}" in reason


def test_which_requirements_count():
    """On any system, and without the extra no framework does."""
    assert {need.name for need in wheels.requirements("jax")} == {"jax", "flax", "optax"}
    assert {"matplotlib", "torch", "pytest"} <= {need.name for need in wheels.requirements()}
    (torch,) = wheels.requirements("torch")
    linux = {"sys_platform": "linux", "platform_machine": "x86_64"}
    assert wheels.fits(torch, "torch", **linux) and not wheels.fits(torch, "jax", **linux)


def test_without_the_package_nothing_is_known_to_be_missing(monkeypatch):
    """As before the first set-up."""

    def requires(name):
        raise wheels.PackageNotFoundError(name)

    monkeypatch.setattr(wheels, "requires", requires)
    assert wheels.requirements() == [] and wheels.no_wheel("mxnet") is None
